// SPDX-License-Identifier: MIT
#include <mpi4cxx/mpi4cxx.hpp>

#include <string>
#include <vector>

std::vector<std::string> receive_in_other_unit(int source) {
  return mpi4cxx::MPI::COMM_WORLD.recv<std::vector<std::string>>({.source = source});
}
