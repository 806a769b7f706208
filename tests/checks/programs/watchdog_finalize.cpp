// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_WATCHDOG=1s,abort
// time limit: 40
// exit: failure
// expect: watchdog: rank
// expect: rank 0 waits for
// expect: in recv with rank 1, tag 5 on COMM_WORLD at
// expect: rank 1 waits for
// expect: in Finalize at
// expect: the job is ended, as MPI4CXX_WATCHDOG says
// expect not: it went through
// A rank that left main while another still waits for it is seen in Finalize.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  if (comm.Get_rank() == 1) return 0;
  comm.recv<int>({.source = 1, .tag = 5});
  std::puts("it went through");
}
