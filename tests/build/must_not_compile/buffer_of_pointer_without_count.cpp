// SPDX-License-Identifier: MIT
// expect: mpi4cxx: a pointer is no buffer
#include <mpi4cxx/mpi4cxx.hpp>

#include <vector>

int main() {
  std::vector<double> numbers(3);
  mpi4cxx::MPI::COMM_WORLD.Send(numbers.data(), {.dest = 1});
}
