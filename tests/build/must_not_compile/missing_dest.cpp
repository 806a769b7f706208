// SPDX-License-Identifier: MIT
// A forgotten keyword is not rank 0.
// expect: mpi4cxx: the keyword .dest is required
#include <mpi4cxx/mpi4cxx.hpp>

int main() { mpi4cxx::MPI::COMM_WORLD.send(1, {.tag = 3}); }
