// SPDX-License-Identifier: MIT
// A user's program, the same for every way of building one. To be run on 2 ranks.
// expect: the consumer works
// expect not: warning:
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <vector>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  const std::vector<int> numbers{1, 2, 3};
  if (comm.Get_size() != 2) return 1;
  if (comm.Get_rank() == 0) {
    comm.send(numbers, {.dest = 1});
  } else {
    if (comm.recv<std::vector<int>>({.source = 0}) != numbers) return 1;
    std::puts("the consumer works");
  }
}
