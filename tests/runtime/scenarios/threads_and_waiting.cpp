// SPDX-License-Identifier: MIT
// Threads, and the ways of waiting with more ranks than cores.
#include "scenarios.hpp"

#include <atomic>
#include <chrono>
#include <thread>

namespace {

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

}  // namespace

const Scenarios threads_and_waiting = {
    {"threads", threads},
    {"first_use_by_threads", first_use_by_threads},
    {"receive_while_another_thread_blocks", receive_while_another_thread_blocks},
    {"waiting", waiting},
};
