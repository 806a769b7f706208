// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_WATCHDOG=0.2s,abort MPI4CXX_RC_THREAD_LEVEL=funneled
// expect: MPI4CXX_WATCHDOG needs the thread level multiple
// expect: which MPI does not give here: there is no watchdog
// expect: it went through
// expect not: watchdog: rank
// Where MPI gives too low a thread level the program is told so, and goes on without a watchdog.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  // the lateness is the case: a watchdog would end the job
  if (comm.Get_rank() == 1)
    for (const double end = MPI::Wtime() + 1; MPI::Wtime() < end;) {
    }
  comm.barrier();
  if (comm.Get_rank() == 0) std::puts("it went through");
}
