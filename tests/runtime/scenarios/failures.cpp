// SPDX-License-Identifier: MIT
// Jobs that a failing rank ends, and failures after which the job goes on.
#include "scenarios.hpp"

#include <stdexcept>
#include <thread>

namespace {

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

}  // namespace

const Scenarios failures = {
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
};

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
