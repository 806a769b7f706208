// SPDX-License-Identifier: MIT
// expect: mpi4cxx: cannot receive into a temporary
#include <mpi4cxx/mpi4cxx.hpp>

#include <vector>

int main() { mpi4cxx::MPI::Win::Create(std::vector<double>(3)); }
