// SPDX-License-Identifier: MIT
// Its elements have no addresses.
// expect: mpi4cxx: a std::vector<bool> is no buffer
#include <mpi4cxx/mpi4cxx.hpp>

#include <vector>

int main() {
  std::vector<bool> flags(3);
  mpi4cxx::MPI::COMM_WORLD.Send(flags, {.dest = 1});
}
