// SPDX-License-Identifier: MIT
// expect: mpi4cxx: the keyword .target_rank is required
#include <mpi4cxx/mpi4cxx.hpp>

int main() {
  int value = 0;
  mpi4cxx::MPI::Win().Put(value, {.target = 1});
}
