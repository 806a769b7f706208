// SPDX-License-Identifier: MIT
// ranks: 2 3
// environment: MPI4CXX_CHECK=1
// exit: failure
// expect: the ranks of COMM_WORLD call ibcast with different roots:
// expect: rank 1: ibcast(int, root 0) at
// expect not: it went through
// Nonblocking object calls are compared with their roots and types, when the ranks wait.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  comm.ireduce(1, MPI::MAX, 1).wait();
  auto request = comm.ibcast(comm.Get_rank(), comm.Get_rank() == 1 ? 0 : 1);
  request.wait();
  std::puts("it went through");
}
