// SPDX-License-Identifier: MIT
// ranks: 1 2
// environment: MPI4CXX_CHECK=1 MPI4CXX_RC_CHANNEL=0
// expect: rank 0 leaves out because of MPI4CXX_RC_CHANNEL=0
// expect: no calls are compared, and there is no watchdog
// expect: done
// What cannot be had is told.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>

int main() {
  mpi4cxx::MPI::COMM_WORLD.barrier();
  if (mpi4cxx::MPI::COMM_WORLD.Get_rank() == 0) std::puts("done");
}
