// SPDX-License-Identifier: MIT
// Uses the library on its own account; nothing of it is visible but these functions.
#include <mpi4cxx/mpi4cxx.hpp>

#include <string>
#include <vector>

using namespace mpi4cxx;

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT bool plugin_sees_initialized() { return MPI::Is_initialized(); }

EXPORT int plugin_sum_of_ranks() { return MPI::COMM_WORLD.allreduce(MPI::COMM_WORLD.Get_rank()); }

// Large enough to travel in parts, which the program's code on the other rank must find.
EXPORT void plugin_send(int dest) {
  MPI::COMM_WORLD.send(std::vector<std::string>{"from the plugin", std::string(100'000, 'p')}, dest, 1);
  MPI::COMM_WORLD.send(std::vector<double>(100'000, 2.5), dest, 2);
}

EXPORT bool plugin_receives(int source) {
  return MPI::COMM_WORLD.recv<std::vector<double>>(source, 3) == std::vector<double>(100'000, 3.5);
}
