// SPDX-License-Identifier: MIT
// ranks: 1 2
// environment: MPI4CXX_RC_WAIT=sleep
// sleeps: it gives up after ten seconds
// expect: rank 0 of
// expect: an object sent with isend or bsend was never received; finalizing without it
// expect: rank 0 is at its end
// A dropped isend that nobody receives does not hold up the exit for ever.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <string>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
  // too large to leave before it is received
  if (rank == 0) {
    auto dropped = comm.isend(std::string(10'000'000, 'x'), {.dest = last, .tag = 5});
  }
  comm.barrier();
  if (rank == 0) std::puts("rank 0 is at its end");
}
