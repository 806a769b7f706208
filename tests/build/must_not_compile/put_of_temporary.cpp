// SPDX-License-Identifier: MIT
// The transfer reads it until the next synchronization.
// expect: mpi4cxx: a nonblocking call cannot use a temporary
#include <mpi4cxx/mpi4cxx.hpp>

#include <vector>

int main() { mpi4cxx::MPI::Win().Put(std::vector<double>(3), {.target_rank = 1}); }
