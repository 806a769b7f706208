// SPDX-License-Identifier: MIT
// ranks: 3
// time limit: 20
// An exception that leaves main() on one rank ends the job, while the others wait in a barrier and
// the rank itself unwinds scopes that hold a communicator and an unfinished request.
// exit: failure
// expect: rank 1 of 3
// expect: thrown on purpose
// expect not: never printed
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD.Dup();
  auto request = comm.irecv<std::string>({.source = 0});
  if (comm.Get_rank() == 1) throw std::runtime_error("thrown on purpose");
  comm.Barrier();
  std::puts("never printed");
}
