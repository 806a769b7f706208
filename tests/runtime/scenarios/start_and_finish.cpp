// SPDX-License-Identifier: MIT
// The start and the end: in all orders, with MPI that somebody else initialized, where only some
// ranks use the library, and with settings.
#include "scenarios.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace {

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
    require_sentence([&] { MPI::COMM_WORLD.Send(number, 99); }, "nvalid rank");
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

}  // namespace

const Scenarios start_and_finish = {
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
};
