// SPDX-License-Identifier: MIT
// ranks: 2 3
// environment: MPI4CXX_WATCHDOG=1s,abort
// time limit: 40
// exit: failure
// expect: watchdog: rank
// expect: rank 0 does not answer: dead, stopped, or out of reach
// expect: in barrier on COMM_WORLD at
// expect: the job is ended, as MPI4CXX_WATCHDOG says
// A rank that is stopped is named, also where it is the first, whom the others ask first.
#include <mpi4cxx/mpi4cxx.hpp>

#include <csignal>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  comm.barrier();
  if (comm.Get_rank() == 0) std::raise(SIGSTOP);
  comm.barrier();
}
