// SPDX-License-Identifier: MIT
// The command line of its neighbours compiles what is right.
#include <mpi4cxx/mpi4cxx.hpp>

#include <vector>

int main() {
  const auto comm = mpi4cxx::MPI::COMM_WORLD;
  std::vector<int> numbers{1, 2, 3};
  comm.send(numbers, {.dest = 1, .tag = 3});
  comm.Recv(numbers, {.source = 1});
}
