// SPDX-License-Identifier: MIT
// ranks: 2 4
// exit: failure
// expect: the message of rank 1
// expect: left with exit status 3
// expect not: not reached
// time limit: 30
// One rank unwinds through a fence epoch, a lock and the end of a window, which would wait for the
// others; it comes to its own error message, and the job ends.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <stdexcept>
#include <vector>

using namespace mpi4cxx;

int main() {
  auto comm = MPI::COMM_WORLD;
  std::vector<int> memory(4), other(4);
  try {
    auto first = MPI::Win::Create(memory, {.comm = comm});
    auto second = MPI::Win::Create(other, {.comm = comm});
    auto epoch = first.fence_epoch();
    auto lock = second.lock(0, MPI::LOCK_SHARED);
    if (comm.Get_rank() == 1) throw std::runtime_error("the message of rank 1");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
  comm.barrier();
  std::puts("not reached");
}
