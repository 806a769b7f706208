// SPDX-License-Identifier: MIT
// Recv writes.
// expect: mpi4cxx: cannot receive into const memory
#include <mpi4cxx/mpi4cxx.hpp>

#include <vector>

int main() {
  const std::vector<double> numbers(3);
  mpi4cxx::MPI::COMM_WORLD.Recv(numbers, {.source = 0});
}
