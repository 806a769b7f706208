// SPDX-License-Identifier: MIT
// Shared memory: ranks 0 and 1 play a ball that lies in memory of both; no message is sent.
#include <fmt/format.h>

#include <atomic>
#include <mpi4cxx/mpi4cxx.hpp>
#include <stdexcept>
#include <thread>

using namespace mpi4cxx;

struct Ball {
  std::atomic<int> player;  // whose turn it is
  int hits;
};

int main() {
  auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  if (comm.Get_size() < 2) throw std::runtime_error("10_shared_ping_pong needs at least 2 ranks");

  // Rank 0 gives the memory
  auto win = MPI::Win::Allocate_shared(rank == 0 ? sizeof(Ball) : 0, {.comm = comm});
  Ball& ball = win.Shared_query<Ball>(0).front();
  if (rank == 0) {
    ball.hits = 0;
    ball.player = 0;
  }
  comm.barrier();

  const int rounds = 1000;
  if (rank < 2) {
    for (int round = 0; round < rounds; ++round) {
      while (ball.player != rank) std::this_thread::yield();
      ++ball.hits;
      ball.player = 1 - rank;
    }
  }
  comm.barrier();

  if (rank == 0) fmt::print("After {} rounds the ball was hit {} times\n", rounds, ball.hits);
}
