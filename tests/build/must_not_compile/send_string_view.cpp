// SPDX-License-Identifier: MIT
// The other side would have nothing to look at.
// expect: mpi4cxx: a view cannot be sent
#include <mpi4cxx/mpi4cxx.hpp>

#include <string_view>

int main() { mpi4cxx::MPI::COMM_WORLD.send(std::string_view("text"), {.dest = 1}); }
