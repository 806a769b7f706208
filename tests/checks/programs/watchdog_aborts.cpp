// SPDX-License-Identifier: MIT
// ranks: 2 3 4
// environment: MPI4CXX_WATCHDOG=1s,abort
// time limit: 30
// exit: failure
// expect: watchdog: rank
// expect: rank 1 waits for 1 s in recv with rank 0, tag 5 on COMM_WORLD at
// expect: barrier on COMM_WORLD at
// expect: the job is ended, as MPI4CXX_WATCHDOG says
// expect not: it went through
// A message that nobody sends: the roll call says who waits where, and the job ends.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  if (comm.Get_rank() == 1) comm.recv<int>({.source = 0, .tag = 5});
  comm.barrier();
  std::puts("it went through");
}
