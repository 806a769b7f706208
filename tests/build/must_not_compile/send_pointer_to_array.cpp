// SPDX-License-Identifier: MIT
// expect: mpi4cxx: a smart pointer to an array does not know how long the array is
#include <mpi4cxx/mpi4cxx.hpp>

#include <memory>

int main() {
  const std::unique_ptr<int[]> numbers(new int[3]);
  mpi4cxx::MPI::COMM_WORLD.send(numbers, {.dest = 1});
}
