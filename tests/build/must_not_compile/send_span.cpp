// SPDX-License-Identifier: MIT
// expect: mpi4cxx: a view cannot be sent
#include <mpi4cxx/mpi4cxx.hpp>

#include <span>
#include <vector>

int main() {
  std::vector<int> numbers(3);
  mpi4cxx::MPI::COMM_WORLD.send(std::span(numbers), {.dest = 1});
}
