// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_WATCHDOG=1s,abort MPI4CXX_RC_WAIT=spin
// time limit: 30
// exit: failure
// expect: rank 0 waits for 1 s in Recv with any rank, tag 7 on a communicator of 2 ranks at
// expect: rank 1 computes for
// expect not: it went through
// The watchdog sees ranks that are blocked inside MPI, and those that compute outside of it.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD.Dup();
  int number = 0;
  if (comm.Get_rank() == 0)
    comm.Recv(number, MPI::ANY_SOURCE, 7);
  else
    for (volatile bool busy = true; busy;) {
    }
  std::puts("it went through");
}
