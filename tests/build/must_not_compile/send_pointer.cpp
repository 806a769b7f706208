// SPDX-License-Identifier: MIT
// An address means nothing in another process.
// expect: mpi4cxx: a pointer or reference cannot be sent
#include <mpi4cxx/mpi4cxx.hpp>

int main() {
  int number = 1;
  mpi4cxx::MPI::COMM_WORLD.send(&number, {.dest = 1});
}
