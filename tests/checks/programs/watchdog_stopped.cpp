// SPDX-License-Identifier: MIT
// ranks: 2 3
// environment: MPI4CXX_WATCHDOG=1s,abort
// time limit: 40
// exit: failure
// expect: rank 1 does not answer: dead, stopped, or out of reach
// expect: rank 0
// A rank that is stopped is named.
#include <mpi4cxx/mpi4cxx.hpp>

#include <csignal>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  comm.barrier();
  if (comm.Get_rank() == 1) std::raise(SIGSTOP);
  comm.barrier();
}
