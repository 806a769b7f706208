// SPDX-License-Identifier: MIT
#include <mpi4cxx/mpi4cxx.hpp>

#include <string>
#include <vector>

using namespace mpi4cxx;

std::vector<std::string> receive_in_other_unit(int source);

int main() {
  const auto comm = MPI::COMM_WORLD;
  if (comm.Get_rank() == 0) comm.send(std::vector<std::string>{"one", "two"}, {.dest = 1});
  if (comm.Get_rank() == 1 && receive_in_other_unit(0).back() != "two") return 1;
}
