// SPDX-License-Identifier: MIT
// What arrives would be gone at once.
// expect: mpi4cxx: cannot receive into a temporary
#include <mpi4cxx/mpi4cxx.hpp>

#include <vector>

int main() { mpi4cxx::MPI::COMM_WORLD.Recv(std::vector<double>(3), {.source = 0}); }
