// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_RC_THREAD_LEVEL=serialized MPI4CXX_RC_WAIT=spin MPI4CXX_RC_START_NOTICE=0.2
// expect: rank 0 waits in a call within which an unfinished irecv or object collective cannot go on, since MPI provides thread level serialized only
// expect: held
// expect not: rank 1 waits
// expect not: FAILED
// A receive that cannot go on, since there may be no thread that drives it, is told of; not where
// the call is short.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <vector>

#include <unistd.h>

using namespace mpi4cxx;

int main() {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  auto incoming = comm.irecv<std::vector<double>>(other);
  comm.Barrier();
  // rank 0 is in the barrier for long: what it says must have been written before rank 1 comes
  if (rank == 1) sleep(2);
  comm.Barrier();
  comm.send(std::vector<double>(100, rank), other);
  if (incoming.wait() != std::vector<double>(100, other)) std::puts("FAILED: the object");
  if (comm.allreduce(1) == 2 && rank == 0) std::puts("held");
}
