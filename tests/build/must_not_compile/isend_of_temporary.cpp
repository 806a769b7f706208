// SPDX-License-Identifier: MIT
// MPI would read it after its end.
// expect: mpi4cxx: a nonblocking call cannot use a temporary
#include <mpi4cxx/mpi4cxx.hpp>

#include <vector>

int main() { mpi4cxx::MPI::COMM_WORLD.Isend(std::vector<double>(3), {.dest = 1}).Wait(); }
