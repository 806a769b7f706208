// SPDX-License-Identifier: MIT
// scenarios NAME: one program for everything that is about the start, the end and the failure of
// whole jobs. CMakeLists.txt beside it says how each scenario is started and what shall come out of
// it.
#include <mpi4cxx/mpi4cxx.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace mpi4cxx;

namespace {

using Bytes = std::vector<unsigned char>;
using Strings = std::vector<std::string>;
constexpr std::size_t mebibyte = std::size_t{1} << 20;

// Without MPI and without the library, whose state is what is under test.
void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "FAILED: %s\n", what);
  std::fflush(stderr);
  std::_Exit(99);
}

/// Each rank that is content says so: the exit status of a launcher is not enough.
int held() {
  std::printf("held\n");
  std::fflush(stdout);
  return 0;
}

template <class Exception = MPI::Exception, class Function>
std::string sentence_of(Function&& function) {
  try {
    function();
  } catch (const Exception& error) {
    return error.what();
  }
  require(false, "an exception was expected");
  return {};
}
template <class Function>
void require_sentence(Function&& function, const char* part) {
  const std::string sentence = sentence_of(function);
  if (sentence.find(part) == std::string::npos) std::fprintf(stderr, "%s\n", sentence.c_str());
  require(sentence.find(part) != std::string::npos, part);
}

Bytes pattern(std::size_t size, int seed) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<unsigned char>(i * 31 + static_cast<unsigned>(seed));
  return bytes;
}

/// The others wait here for a rank that never comes.
int wait_for_ever() {
  MPI::COMM_WORLD.barrier();
  require(false, "the barrier ended");
  return 0;
}

struct ThrowingSave {
  template <class Archive>
  void save(Archive&) const {
    throw std::runtime_error("save cannot go on");
  }
  template <class Archive>
  void load(Archive&) {}
};

/// Large, so that it has parts, of which one is not yet taken when load() throws.
struct ThrowingLoad {
  Bytes first = pattern(100'000, 1), second = pattern(100'000, 2);
  template <class Archive>
  void save(Archive& archive) const {
    archive(first, second);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(first);
    throw std::runtime_error("load cannot go on");
  }
};

// ---- a failing rank ends the job

/// What rank 1 has in hand while the stack unwinds.
struct in_hand {
  MPI::Intracomm duplicate, half;
  Bytes memory = Bytes(mebibyte);
  std::vector<MPI::Request> requests;
  std::vector<MPI::ObjectRequest<Bytes>> receives;
};
void take_in_hand(in_hand& hand, const std::string& what) {
  const auto& comm = MPI::COMM_WORLD;
  if (what == "Isend") hand.requests.push_back(comm.Isend(hand.memory, 0, 7));
  if (what == "Irecv") hand.requests.push_back(comm.Irecv(hand.memory, 0, 7));
  if (what == "isend") hand.requests.push_back(comm.isend(hand.memory, 0, 7));
  if (what == "isend_borrowed") hand.requests.push_back(comm.isend(MPI::borrow(hand.memory), 0, 7));
  if (what == "irecv_into") hand.requests.push_back(comm.irecv_into(hand.memory, 0, 7));
  if (what == "irecv") hand.receives.push_back(comm.irecv<Bytes>(0, 7));
}

/// Rank 1 throws with `what` in hand; main catches and returns 1, or lets it pass.
int unwind(const std::string& what, bool rethrow) {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  try {
    in_hand hand;
    if (what == "communicators") {
      hand.duplicate = comm.Dup();
      hand.half = comm.Split(rank % 2, rank);
    }
    if (rank == 1) {
      take_in_hand(hand, what);
      throw std::runtime_error("rank 1 gives up");
    }
    wait_for_ever();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "caught: %s\n", error.what());
    if (rethrow) throw;
    return 1;
  }
  return 0;
}

int uncaught() {
  if (MPI::COMM_WORLD.Get_rank() == 1) throw std::runtime_error("rank 1 gives up");
  return wait_for_ever();
}
int uncaught_of_library() {
  if (MPI::COMM_WORLD.Get_rank() == 1) MPI::COMM_WORLD.send(1, 99);
  return wait_for_ever();
}
int uncaught_number() {
  if (MPI::COMM_WORLD.Get_rank() == 1) throw 42;
  return wait_for_ever();
}
int exit_status_3() {
  if (MPI::COMM_WORLD.Get_rank() == 1) std::exit(3);
  return wait_for_ever();
}
int return_2() {
  return MPI::COMM_WORLD.Get_rank() == 1 ? 2 : wait_for_ever();
}
int terminate() {
  if (MPI::COMM_WORLD.Get_rank() == 1) std::terminate();
  return wait_for_ever();
}
int abort_7() {
  if (MPI::COMM_WORLD.Get_rank() == 1) MPI::COMM_WORLD.Abort(7);
  return wait_for_ever();
}
int uncaught_in_thread() {
  if (MPI::COMM_WORLD.Get_rank() == 1) {
    std::thread([] { throw std::runtime_error("a thread of rank 1 gives up"); }).join();
  }
  return wait_for_ever();
}
int reduction_callable() {
  const auto comm = MPI::COMM_WORLD;
  comm.barrier();
  comm.reduce(
      std::string("text"),
      [](const std::string&, const std::string&) -> std::string {
        throw std::runtime_error("cannot combine");
      },
      1);
  return wait_for_ever();
}
int op_callable() {
  const auto comm = MPI::COMM_WORLD;
  const auto op =
      MPI::Op::Create<int>([](int, int) -> int { throw std::runtime_error("cannot combine"); });
  int mine = 1, sum = 0;
  comm.Reduce(mine, sum, op, 0);
  return wait_for_ever();
}
int save_throws() {
  const auto comm = MPI::COMM_WORLD;
  if (comm.Get_rank() == 1) comm.send(ThrowingSave(), 0);
  return wait_for_ever();
}
int load_throws() {
  const auto comm = MPI::COMM_WORLD;
  if (comm.Get_rank() == 0) comm.send(ThrowingLoad(), 1);
  if (comm.Get_rank() == 1) comm.recv<ThrowingLoad>(0);
  return wait_for_ever();
}
int killed_while_sending() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const Bytes object = pattern(mebibyte, rank);
  for (int round = 0;; ++round) {
    auto incoming = comm.irecv<Bytes>((rank + size - 1) % size);
    comm.send(object, (rank + 1) % size);
    require(incoming.wait().size() == object.size(), "1 MiB arrived");
    if (round == 20 && rank == 1) {
      std::printf("kill me: %d\n", static_cast<int>(getpid()));
      std::fflush(stdout);
    }
  }
}

// ---- failures that are caught, after which the job goes on

int caught_in_save_and_load() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  if (rank == 0) {
    sentence_of<std::runtime_error>([&] { comm.send(ThrowingSave(), 1); });
    comm.send(ThrowingLoad(), 1);
    comm.send(ThrowingLoad(), 1);
    comm.send(std::string("in order"), 1);
  }
  if (rank == 1) {
    sentence_of<std::runtime_error>([&] { comm.recv<ThrowingLoad>(0); });
    auto later = comm.irecv<ThrowingLoad>(0);
    sentence_of<std::runtime_error>([&] { later.wait(); });
    require(comm.recv<std::string>(0) == "in order", "the message after a load() that threw");
  }
  comm.barrier();
  return held();
}

/// An object send that an exception drops goes on by itself.
int isend_goes_on_when_unwound() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  for (const std::size_t size : {std::size_t{10}, mebibyte, 8 * mebibyte}) {
    if (rank == 0) {
      try {
        auto request = comm.isend(pattern(size, 5), 1);
        throw std::runtime_error("unwinds over the request");
      } catch (const std::runtime_error&) {
      }
    }
    comm.barrier();  // only now does rank 1 receive
    if (rank == 1)
      require(comm.recv<Bytes>(0) == pattern(size, 5), "the object of a dropped isend");
  }
  comm.barrier();
  return held();
}

/// A borrowed send that is dropped waits, and is not lost.
int borrowed_isend_is_not_lost() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const Bytes object = pattern(8 * mebibyte, 6);
  if (rank == 0) {
    { auto request = comm.issend(MPI::borrow(object), 1, 1); }
    comm.send(1, 1, 2);
  } else if (rank == 1) {
    // long enough for rank 0 to be in the destructor; if it is not, the test just shows less
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    require(comm.recv<Bytes>(0, 1) == object, "the object of a dropped borrowed isend");
    require(comm.recv<int>(0, 2) == 1, "the message after it");
  }
  comm.barrier();
  return held();
}

/// Cancelling an object send never loses half of it.
int cancelled_isend_is_whole_or_nothing() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  if (rank == 0) {
    auto request = comm.issend(pattern(8 * mebibyte, 7), 1, 1);
    request.Cancel();
    comm.barrier();
    MPI::Status status;
    request.Wait(&status);
    comm.send(status.Is_cancelled(), 1, 2);
  } else {
    comm.barrier();
    auto object = comm.irecv<Bytes>(0, 1);
    while (!comm.iprobe(0, 2)) object.get_status();
    if (comm.recv<bool>(0, 2))
      object.cancel();
    else
      require(object.wait() == pattern(8 * mebibyte, 7),
              "the object whose cancelling came too late");
  }
  comm.barrier();
  return held();
}

/// sendrecv gets a wrong type on one rank; the object sent by it arrives all the same.
int sendrecv_of_wrong_type() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  const Bytes mine = pattern(8 * mebibyte, rank);
  if (rank == 0) {
    sentence_of<MPI::TypeMismatch>([&] { comm.sendrecv<std::string>(mine, other, 0, other, 0); });
  } else {
    const Bytes got = comm.sendrecv(mine, other, 0, other, 0);
    require(got == pattern(8 * mebibyte, 0), "the object sent by a sendrecv that threw");
  }
  comm.barrier();
  return held();
}

/// An error that testall or get_status told of is not forgotten.
int error_is_told_again() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  for (int way = 0; way < 3; ++way) {
    if (rank == 0) comm.send(std::vector<double>(200'000, 0.5), 1);
    if (rank == 1) {
      std::vector<MPI::Request> requests;
      Strings target;
      requests.push_back(comm.irecv_into(target, 0));
      sentence_of<MPI::TypeMismatch>([&] {
        while (!MPI::Request::Testall(requests)) {
        }
      });
      if (way == 0) sentence_of<MPI::TypeMismatch>([&] { requests[0].Wait(); });
      if (way == 1) sentence_of<MPI::TypeMismatch>([&] { MPI::Request::Waitall(requests); });
    }  // way 2: dropped
    comm.barrier();
  }
  if (rank == 0) comm.send(std::vector<double>(200'000, 0.5), 1);
  if (rank == 1) {
    auto request = comm.irecv<std::vector<int>>(0);
    sentence_of<MPI::TypeMismatch>([&] {
      while (!request.get_status()) {
      }
    });
    sentence_of<MPI::TypeMismatch>([&] { request.wait(); });
  }
  comm.barrier();
  return held();
}

/// A reduction callable that throws on the root leaves nothing behind for the next reduction.
int reduction_after_a_failed_one() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const auto fail = [](const std::string&, const std::string&) -> std::string {
    throw std::runtime_error("cannot combine");
  };
  if (rank == 0)
    sentence_of<std::runtime_error>([&] { comm.reduce(std::string("old"), fail); });
  else
    comm.reduce(std::string("old"), fail);
  const auto joined = comm.reduce(std::to_string(rank), MPI::SUM);
  if (rank == 0) require(*joined == "012", "the reduction after one that failed");
  comm.barrier();
  return held();
}

// ---- start and finish

int after_finalize() {
  const auto& comm = MPI::COMM_WORLD;
  auto duplicate = comm.Dup();
  auto half = comm.Split(comm.Get_rank() % 2);
  auto group = comm.Get_group();
  auto op = MPI::Op::Create<int>([](int a, int b) { return a + b; });
  auto type = MPI::INT.Create_contiguous(3);
  type.Commit();
  const int other = 1 - comm.Get_rank();
  auto sending = comm.isend(std::string("text"), other);
  auto receiving = comm.irecv<std::string>(other);
  auto unmatched = comm.irecv<Bytes>(other, 5);
  int number = 0;
  auto unmatched_buffer = comm.Irecv(number, other, 6);
  require(receiving.wait() == "text", "an object before the end");
  sending.wait();

  require(!MPI::Is_finalized(), "not finalized");
  MPI::Finalize();
  require(MPI::Is_finalized(), "finalized");
  require(MPI::Is_initialized(), "and initialized before");
  require(MPI::Get_version().first >= 3, "the version, after finalize");
  const char* const sentence = "after it was finalized";
  require_sentence([&] { comm.Get_rank(); }, sentence);
  require_sentence([&] { comm.send(1, other); }, sentence);
  require_sentence([&] { comm.recv<int>(other); }, sentence);
  require_sentence([&] { comm.isend(1, other).Wait(); }, sentence);
  require_sentence([&] { comm.irecv<int>(other).wait(); }, sentence);
  require_sentence([&] { comm.allreduce(1); }, sentence);
  require_sentence([&] { comm.barrier(); }, sentence);
  require_sentence([&] { comm.Send(number, other); }, sentence);
  require_sentence([&] { duplicate.Dup(); }, sentence);
  require_sentence([&] { duplicate.Free(); }, sentence);
  require_sentence([&] { half.Get_size(); }, sentence);
  require_sentence([&] { MPI::Init(); }, sentence);
  require_sentence([&] { MPI::Finalize(); }, sentence);
  require_sentence([&] { unmatched.wait(); }, sentence);
  require_sentence([&] { unmatched_buffer.Wait(); }, sentence);
  return held();
}

int explicit_init() {
  require(!MPI::Is_initialized(), "not initialized");
  require(!MPI::Is_finalized(), "not finalized");
  require(MPI::Get_version().first >= 3, "the version");
  require(!MPI::Get_library_version().empty(), "the name");
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const MPI::Intracomm copy = world;
  require(copy == world && copy, "handles, without MPI");
  require(!MPI::Is_initialized(), "still not initialized");
  MPI::Init();
  require(MPI::Is_initialized(), "initialized");
  require_sentence([] { MPI::Init(); }, "initialized already");
  require_sentence([] { MPI::Init_thread(); }, "initialized already");
  require(MPI::Is_thread_main(), "the main thread");
  require(copy.allreduce(1) == copy.Get_size(), "a collective");
  MPI::Finalize();
  require(MPI::Is_finalized(), "finalized");
  return held();
}
int init_thread() {
  const int provided = MPI::Init_thread(MPI::THREAD_FUNNELED);
  require(provided >= MPI::THREAD_FUNNELED && provided == MPI::Query_thread(), "the thread level");
  const auto comm = MPI::COMM_WORLD;
  require(comm.allgather(pattern(mebibyte, 1)).size() == 2, "a collective");
  return held();
}
int late_init() {
  require(MPI::COMM_WORLD.Get_size() == 2, "the first use initializes");
  require_sentence([] { MPI::Init(); }, "initialized already");
  return held();
}
int no_initialize() {
  rc.initialize = false;
  require_sentence([] { MPI::COMM_WORLD.Get_rank(); }, "rc.initialize");
  require_sentence([] { MPI::COMM_WORLD.send(1, 0); }, "MPI::Init()");
  require(!MPI::Is_initialized(), "not initialized");
  MPI::Init();
  require(MPI::COMM_WORLD.allreduce(1) == 2, "a collective");
  return held();
}

// Registered before the first use, so that it runs after what the library does at exit.
void finalize_by_hand() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  require(!finalized, "not finalized with rc.finalize = false");
  MPI_Finalize();
  held();
}
int no_finalize() {
  rc.finalize = false;
  std::atexit(finalize_by_hand);
  require(MPI::COMM_WORLD.Get_size() == 2, "the size");
  require(MPI::COMM_WORLD.allreduce(1) == 2, "a collective");
  return 0;
}
int no_finalize_after_init() {
  rc.finalize = false;
  std::atexit(finalize_by_hand);
  MPI::Init();
  require(MPI::COMM_WORLD.allreduce(1) == 2, "a collective");
  return 0;
}
int failing_after_finalize() {
  require(MPI::COMM_WORLD.Get_size() == 2, "the size");
  require(MPI::COMM_WORLD.allreduce(1) == 2, "a collective");
  MPI::Finalize();
  held();
  std::fprintf(stderr, "leaves with 3\n");
  return 3;
}

// Made before the first use and after it; they end after MPI does, and before.
MPI::Intracomm static_comm;
MPI::Group static_group;
MPI::Op static_op;
MPI::Datatype static_type;
MPI::Request static_send;
MPI::ObjectRequest<Bytes> static_receive;
int static_handles() {
  const int other = 1 - MPI::COMM_WORLD.Get_rank();
  static_comm = MPI::COMM_WORLD.Dup();
  static_group = static_comm.Get_group();
  static_op = MPI::Op::Create<int>([](int a, int b) { return a * b; });
  static_type = MPI::DOUBLE.Create_contiguous(5).Commit();
  static_send = static_comm.isend(std::string("text"), other);
  require(static_comm.recv<std::string>(other) == "text", "an object");
  static_receive = static_comm.irecv<Bytes>(other, 9);  // never sent
  static MPI::Intracomm late = static_comm.Split(0, -other);
  static MPI::Group late_group = late.Get_group();
  require(late.allreduce(1) == 2, "a collective");
  return held();
}

/// Objects that were dropped unsent arrive before the end.
int dropped_sends_arrive() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const Bytes object = pattern(mebibyte, 3);
  if (rank == 0) {
    for (int i = 0; i < 10; ++i) comm.bsend(object, 1);
    return held();  // its exit must wait for them
  }
  for (int i = 0; i < 10; ++i) require(comm.recv<Bytes>(0) == object, "the object of a bsend");
  return held();
}

int forked_child(int status) {
  const auto comm = MPI::COMM_WORLD;
  comm.barrier();
  const auto duplicate = comm.Dup();
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    { const auto copy = duplicate; }
    std::exit(status);
  }
  int ended = 0;
  waitpid(child, &ended, 0);
  require(WIFEXITED(ended) && WEXITSTATUS(ended) == status, "the child's exit status");
  require(std::system("true") == 0, "system() with success");
  require(std::system("exit 3") != 0, "system() with failure");
  require(duplicate.allreduce(1) == comm.Get_size(), "a collective after the child's end");
  return held();
}
int forked_child_throws() {
  const auto comm = MPI::COMM_WORLD;
  comm.barrier();
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    std::set_terminate(nullptr);
    std::_Exit(0);
  }
  waitpid(child, nullptr, 0);
  const pid_t second = fork();
  if (second == 0) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) std::_Exit(1);
    throw std::runtime_error("in the child");
  }
  int ended = 0;
  waitpid(second, &ended, 0);
  require(WIFSIGNALED(ended), "the child's end by an exception is its own affair");
  require(comm.allreduce(1) == comm.Get_size(), "a collective after the child's end");
  return held();
}

// ---- MPI that somebody else initialized

void ignore_error(MPI_Comm*, int*, ...) {}

void exchange(int count) {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  for (int i = 0; i < count; ++i) {
    const Bytes object = pattern(mebibyte, rank + i);
    require(comm.sendrecv(object, right, i, left, i) == pattern(mebibyte, left + i),
            "sendrecv of 1 MiB");
    auto incoming = comm.irecv<Bytes>(left, 50);
    comm.send(object, right, 50);
    require(incoming.wait() == pattern(mebibyte, left + i), "irecv of 1 MiB");
    require(comm.bcast(rank == size - 1 ? object : Bytes(), size - 1) ==
                pattern(mebibyte, size - 1 + i),
            "bcast");
    require(comm.allreduce(rank) == size * (size - 1) / 2, "allreduce");
    require(comm.allgather(std::to_string(rank)).at(1) == "1", "allgather");
    require(comm.allreduce(std::to_string(rank), MPI::SUM).size() == static_cast<std::size_t>(size),
            "sum of strings");
    auto half = comm.Split(rank % 2, rank);
    require(half.allgather(pattern(5000, rank)).at(0) == pattern(5000, rank % 2), "a half");
  }
}
int foreign(bool expect_exceptions) {
  MPI_Init(nullptr, nullptr);
  MPI_Errhandler mine = MPI_ERRHANDLER_NULL, found = MPI_ERRHANDLER_NULL;
  MPI_Comm_create_errhandler(ignore_error, &mine);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, mine);
  exchange(2);
  MPI::Init();
  MPI::Init();  // nothing more to do
  exchange(2);
  MPI_Comm_get_errhandler(MPI_COMM_WORLD, &found);
  require(found == (expect_exceptions ? MPI_ERRORS_RETURN : mine),
          "the error handler of the world");
  if (expect_exceptions) {
    int number = 0;
    require_sentence([&] { MPI::COMM_WORLD.Send(number, 99); }, "99");
  }
  MPI_Errhandler_free(&mine);
  MPI_Finalize();
  require_sentence([] { MPI::COMM_WORLD.Get_rank(); }, "after it was finalized");
  return held();
}
/// A receive that was started before the channel was made is fulfilled after.
int foreign_receive_across_init() {
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided);
  const auto comm = MPI::COMM_WORLD;
  const int other = 1 - comm.Get_rank();
  auto early = comm.irecv<std::string>(other, 1);
  auto large = comm.irecv<Bytes>(other, 2);
  MPI::Init();
  comm.send(std::string("text"), other, 1);
  comm.send(pattern(mebibyte, other), other, 2);
  require(early.wait() == "text", "a small object across MPI::Init");
  require(large.wait() == pattern(mebibyte, 1 - other), "a large object across MPI::Init");
  MPI_Finalize();
  return held();
}
/// An exception in a job whose MPI is somebody else's is left to them.
int foreign_failure() {
  MPI_Init(nullptr, nullptr);
  const int rank = MPI::COMM_WORLD.Get_rank();
  try {
    if (rank == 1) throw std::runtime_error("rank 1 gives up");
    wait_for_ever();
  } catch (const std::exception&) {
    MPI_Abort(MPI_COMM_WORLD, 5);
  }
  return 0;
}

// ---- only some ranks use the library

int launched_rank() {
  for (const char* const name : {"PMI_RANK", "OMPI_COMM_WORLD_RANK"})
    if (const char* const text = std::getenv(name)) return std::atoi(text);
  return 0;
}
int occurrences_in_output(const std::string& text) {
  std::ifstream file(std::getenv("EXPECT_OUTPUT"));
  std::stringstream output;
  output << file.rdbuf();
  const std::string all = output.str();
  int count = 0;
  for (std::size_t at = 0; (at = all.find(text, at)) != std::string::npos; at += text.size())
    ++count;
  return count;
}
int some_ranks_wait() {
  if (launched_rank() < 2) {
    MPI::COMM_WORLD.Get_rank();
    require(false, "the start is collective");
  }
  // It is no user of the library, and ends the job when it has read what the others say.
  MPI_Init(nullptr, nullptr);
  const auto begin = std::chrono::steady_clock::now();
  while (occurrences_in_output("MPI4CXX_RC_CHANNEL=0") < 2 &&
         std::chrono::steady_clock::now() - begin < std::chrono::seconds(20))
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  MPI_Abort(MPI_COMM_WORLD, 5);
  return 5;
}
int some_ranks_work() {
  if (launched_rank() >= 2) {
    MPI_Init(nullptr, nullptr);
    MPI_Finalize();
    return held();
  }
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  require(comm.Get_size() == 3, "three ranks");
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{10}, std::size_t{4096}, 5 * mebibyte}) {
    const Bytes object = pattern(size, rank);
    auto incoming = comm.irecv<Bytes>(other, 1);
    comm.send(object, other, 1);
    require(incoming.wait() == pattern(size, other), "irecv");
    auto outgoing = comm.isend(object, other, 2);
    require(comm.recv<Bytes>(other, 2) == pattern(size, other), "recv");
    outgoing.wait();
    // two at once on the same tag stay in order
    auto first = comm.irecv<Bytes>(other, 3);
    auto second = comm.irecv<std::string>(other, 3);
    comm.bsend(object, other, 3);
    comm.bsend(std::string("second"), other, 3);
    require(second.wait() == "second", "the second of two");
    require(first.wait() == pattern(size, other), "the first of two");
  }
  return held();
}

// ---- settings

int use() {
  const auto comm = MPI::COMM_WORLD;
  comm.barrier();
  return held();
}
/// A disagreement that is caught is one again at the next use.
int disagreement_stays() {
  for (int i = 0; i < 2; ++i)
    require_sentence([] { MPI::COMM_WORLD.Get_rank(); },
                     "MPI4CXX_RC_INLINE_LIMIT must be equal on all ranks");
  held();
  std::fflush(stdout);
  MPI_Finalize();
  return 0;
}

// ---- threads and waiting

int threads() {
  const auto world = MPI::COMM_WORLD;
  const int rank = world.Get_rank(), other = 1 - rank;
  std::vector<MPI::Intracomm> comms;
  for (int i = 0; i < 4; ++i) comms.push_back(world.Dup());
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i)
    workers.emplace_back([&, i] {
      const auto comm = comms[static_cast<std::size_t>(i)];
      for (int round = 0; round < 200; ++round) {
        const int seed = i * 1000 + round;
        const Bytes object =
            pattern(static_cast<std::size_t>(round % 4 == 0 ? 20'000 : 100), seed + rank);
        auto incoming = comm.irecv<Bytes>(other, 1);
        auto outgoing = comm.isend(object, other, 1);
        require(incoming.wait() == pattern(object.size(), seed + other), "an object of a thread");
        outgoing.wait();
        std::vector<int> mine(300, seed), theirs(300);
        comm.Sendrecv(mine, theirs, {.dest = other, .sendtag = 2, .source = other, .recvtag = 2});
        require(theirs == mine, "a buffer of a thread");
        require(comm.allreduce(seed) == 2 * seed, "a collective of a thread");
        const Strings strings = comm.allgather(std::to_string(seed + rank));
        require(strings.at(static_cast<std::size_t>(other)) == std::to_string(seed + other),
                "objects of a thread");
      }
    });
  for (std::thread& worker : workers) worker.join();
  world.barrier();
  return held();
}
int first_use_by_threads() {
  std::atomic<int> ready = 0, sum = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i)
    workers.emplace_back([&, i] {
      for (++ready; ready < 3;) {
      }
      const auto comm = MPI::COMM_WORLD;
      const int other = 1 - comm.Get_rank();
      auto incoming = comm.irecv<int>(other, i);
      comm.send(i, other, i);
      sum += incoming.wait();
    });
  for (std::thread& worker : workers) worker.join();
  require(sum == 3, "one start for all threads");
  return held();
}
/// A thread that blocks in MPI does not keep a receive of another thread from going on.
int receive_while_another_thread_blocks() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  const auto control = comm.Dup();
  if (rank == 0) {
    comm.recv<int>(other, 3);
    comm.send(pattern(8 * mebibyte, 1), other,
              1);  // until it has gone, rank 1's thread has no message
    control.send(1, other, 2);
  } else {
    std::thread blocked([&] { control.recv<int>(other, 2); });
    // long enough for the thread to be inside MPI; if it is not, the test just shows less
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    auto incoming = comm.irecv<Bytes>(other, 1);
    comm.send(1, other, 3);
    blocked.join();
    require(incoming.wait() == pattern(8 * mebibyte, 1), "the receive of the other thread");
  }
  comm.barrier();
  return held();
}

int waiting() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  comm.barrier();
  comm.Barrier();
  for (const std::size_t length : {std::size_t{8}, mebibyte}) {
    require(comm.allreduce(rank) == size * (size - 1) / 2, "allreduce");
    const Bytes object = pattern(length, rank);
    if (size > 1) {
      if (rank % 2 == 0) comm.send(object, right);
      require(comm.recv<Bytes>(left) == pattern(length, left), "recv");
      if (rank % 2 != 0) comm.send(object, right);
    }
    auto incoming = comm.irecv<Bytes>(left);
    comm.send(object, right);
    require(incoming.wait() == pattern(length, left), "irecv; send; wait");
    incoming = comm.irecv<Bytes>(left);
    comm.send(object, right);
    comm.Barrier();
    require(incoming.wait() == pattern(length, left), "irecv; Barrier; wait");
    Bytes in(length);
    comm.Sendrecv(object, in, {.dest = right, .source = left});
    require(in == pattern(length, left), "Sendrecv");
    comm.Bcast(in, size - 1);  // what the last rank got from its left
    require(in == pattern(length, size > 1 ? size - 2 : 0), "Bcast");
  }
  return held();
}

/// Every call may be the first one of a program.
const std::map<std::string, std::function<void(const MPI::Intracomm&)>> first_calls = {
    {"Get_rank", [](const auto& comm) { require(comm.Get_rank() < 2, "a rank"); }},
    {"Get_size", [](const auto& comm) { require(comm.Get_size() == 2, "the size"); }},
    {"native", [](const auto& comm) { require(comm.native() == MPI_COMM_WORLD, "the world"); }},
    {"Get_name",
     [](const auto& comm) { require(comm.Get_name() == "MPI_COMM_WORLD", "the name"); }},
    {"Get_group", [](const auto& comm) { require(comm.Get_group().Get_size() == 2, "the group"); }},
    {"Compare",
     [](const auto& comm) { require(comm.Compare(MPI::COMM_SELF) == MPI::UNEQUAL, "comparison"); }},
    {"Dup", [](const auto& comm) { require(comm.Dup().Get_size() == 2, "a duplicate"); }},
    {"Split", [](const auto& comm) { require(comm.Split(0).Get_size() == 2, "a split"); }},
    {"Barrier", [](const auto& comm) { comm.Barrier(); }},
    {"barrier", [](const auto& comm) { comm.barrier(); }},
    {"bcast_raw", [](const auto& comm) { require(comm.bcast(5, 1) == 5, "bcast"); }},
    {"bcast", [](const auto& comm) { require(comm.bcast(std::string("b"), 1) == "b", "bcast"); }},
    {"gather", [](const auto& comm) { comm.gather(std::string("g"), 1); }},
    {"gather_raw", [](const auto& comm) { comm.gather(1, 1); }},
    {"allgather",
     [](const auto& comm) { require(comm.allgather(std::string("a")).size() == 2, "allgather"); }},
    {"allgather_raw",
     [](const auto& comm) { require(comm.allgather(1).size() == 2, "allgather"); }},
    {"scatter",
     [](const auto& comm) {
       require(comm.scatter(Strings{"x", "x"}, 1) == "x", "scatter");
     }},
    {"scatter_raw",
     [](const auto& comm) {
       require(comm.scatter(std::vector<int>{4, 4}, 1) == 4, "scatter");
     }},
    {"alltoall",
     [](const auto& comm) {
       require(comm.alltoall(Strings{"x", "x"}).size() == 2, "alltoall");
     }},
    {"reduce", [](const auto& comm) { comm.reduce(std::string("r"), MPI::SUM, 1); }},
    {"reduce_raw", [](const auto& comm) { comm.reduce(1, MPI::SUM, 1); }},
    {"allreduce",
     [](const auto& comm) { require(comm.allreduce(std::string("r")) == "rr", "allreduce"); }},
    {"allreduce_raw", [](const auto& comm) { require(comm.allreduce(1) == 2, "allreduce"); }},
    {"allreduce_vector",
     [](const auto& comm) {
       require(comm.allreduce(std::vector<int>{1, 2}).at(1) == 4, "allreduce");
     }},
    {"scan", [](const auto& comm) { require(comm.scan(std::string("s")).front() == 's', "scan"); }},
    {"scan_raw", [](const auto& comm) { require(comm.scan(1) > 0, "scan"); }},
    {"exscan", [](const auto& comm) { comm.exscan(std::string("s")); }},
    {"exscan_raw", [](const auto& comm) { comm.exscan(1); }},
    {"Allreduce",
     [](const auto& comm) {
       int mine = 1, sum = 0;
       comm.Allreduce(mine, sum);
       require(sum == 2, "Allreduce");
     }},
    {"Gather",
     [](const auto& comm) {
       int mine = 1, all[2] = {};
       comm.Gather(mine, all, 1);
     }},
    {"Ibarrier", [](const auto& comm) { comm.Ibarrier().Wait(); }},
    {"send",
     [](const auto& comm) {
       // one rank starts with a send, the other with a receive from any
       if (launched_rank() == 0)
         comm.send(std::string("s"), 1);
       else
         require(comm.template recv<std::string>() == "s", "recv");
     }},
    {"isend",
     [](const auto& comm) {
       if (launched_rank() == 0)
         comm.isend(std::string("s"), 1).Wait();
       else
         require(comm.template irecv<std::string>().wait() == "s", "irecv");
     }},
    {"Send",
     [](const auto& comm) {
       int number = 5;
       if (launched_rank() == 0)
         comm.Send(number, 1);
       else
         comm.Recv(number);
     }},
    {"Isend",
     [](const auto& comm) {
       int number = 5;
       if (launched_rank() == 0)
         comm.Isend(number, 1).Wait();
       else
         comm.Irecv(number).Wait();
     }},
    {"probe",
     [](const auto& comm) {
       if (launched_rank() == 0)
         comm.send(1, 1);
       else
         require(comm.probe() && comm.template recv<int>() == 1, "probe");
     }},
    {"improbe",
     [](const auto& comm) {
       if (launched_rank() == 0) comm.send(1, 1);
       std::optional<MPI::Message> message;
       while (launched_rank() == 1 && !message) message = comm.improbe();
       if (message) require(message->template recv<int>() == 1, "improbe");
     }},
    {"sendrecv",
     [](const auto& comm) {
       require(comm.sendrecv(std::string("s"), 1 - launched_rank()) == "s", "sendrecv");
     }},
    {"Op_Create",
     [](const auto& comm) {
       const auto op = MPI::Op::Create<int>([](int a, int b) { return a + b; });
       int mine = 1, sum = 0;
       comm.Allreduce(mine, sum, op);
       require(sum == 2, "Allreduce");
     }},
    {"Datatype",
     [](const auto&) { require(MPI::INT.Create_contiguous(2).Get_size() == 8, "a datatype"); }},
    {"Get_processor_name",
     [](const auto&) { require(!MPI::Get_processor_name().empty(), "a name"); }},
    {"Wtime", [](const auto&) { require(MPI::Wtime() >= 0, "the time"); }},
};
int first_call(const std::string& name) {
  const auto found = first_calls.find(name);
  require(found != first_calls.end(), "the name of a call");
  found->second(MPI::COMM_WORLD);
  require(MPI::COMM_WORLD.Get_size() == 2, "the size");
  return held();
}

using Scenario = std::function<int()>;
const std::map<std::string, Scenario> scenarios = {
    {"uncaught", uncaught},
    {"uncaught_of_library", uncaught_of_library},
    {"uncaught_number", uncaught_number},
    {"uncaught_in_thread", uncaught_in_thread},
    {"exit_status_3", exit_status_3},
    {"return_2", return_2},
    {"terminate", terminate},
    {"abort_7", abort_7},
    {"reduction_callable", reduction_callable},
    {"op_callable", op_callable},
    {"save_throws", save_throws},
    {"load_throws", load_throws},
    {"killed_while_sending", killed_while_sending},
    {"caught_in_save_and_load", caught_in_save_and_load},
    {"isend_goes_on_when_unwound", isend_goes_on_when_unwound},
    {"borrowed_isend_is_not_lost", borrowed_isend_is_not_lost},
    {"cancelled_isend_is_whole_or_nothing", cancelled_isend_is_whole_or_nothing},
    {"sendrecv_of_wrong_type", sendrecv_of_wrong_type},
    {"error_is_told_again", error_is_told_again},
    {"reduction_after_a_failed_one", reduction_after_a_failed_one},
    {"after_finalize", after_finalize},
    {"explicit_init", explicit_init},
    {"init_thread", init_thread},
    {"late_init", late_init},
    {"no_initialize", no_initialize},
    {"no_finalize", no_finalize},
    {"no_finalize_after_init", no_finalize_after_init},
    {"failing_after_finalize", failing_after_finalize},
    {"static_handles", static_handles},
    {"dropped_sends_arrive", dropped_sends_arrive},
    {"forked_child_0", [] { return forked_child(0); }},
    {"forked_child_3", [] { return forked_child(3); }},
    {"forked_child_throws", forked_child_throws},
    {"foreign", [] { return foreign(false); }},
    {"foreign_with_exceptions", [] { return foreign(true); }},
    {"foreign_receive_across_init", foreign_receive_across_init},
    {"foreign_failure", foreign_failure},
    {"some_ranks_wait", some_ranks_wait},
    {"some_ranks_work", some_ranks_work},
    {"use", use},
    {"disagreement_stays", disagreement_stays},
    {"threads", threads},
    {"first_use_by_threads", first_use_by_threads},
    {"receive_while_another_thread_blocks", receive_while_another_thread_blocks},
    {"waiting", waiting},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "unwind" && argc > 2) return unwind(argv[2], argc > 3);
  if (name == "first" && argc > 2) return first_call(argv[2]);
  if (name == "singleton_throws" && argc > 2 && MPI::COMM_WORLD.Get_size() == 1)
    throw std::runtime_error(argv[2]);
  const auto found = scenarios.find(name);
  require(found != scenarios.end(), "the name of a scenario");
  return found->second();
}
