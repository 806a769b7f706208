// SPDX-License-Identifier: MIT
// ranks: 2 3 4
// environment: MPI4CXX_CHECK=1
// exit: failure
// expect: the ranks of COMM_WORLD call different collectives
// expect: rank 1: Ibarrier() at
// expect: Ibcast(MPI_DOUBLE, gives 24 bytes, root 0) at
// expect not: it went through
// A nonblocking collective is compared when the ranks wait.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <vector>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  std::vector<double> data(3);
  auto request = comm.Get_rank() == 1 ? comm.Ibarrier() : comm.Ibcast(data, 0);
  request.Wait();
  comm.Barrier();
  std::puts("it went through");
}
