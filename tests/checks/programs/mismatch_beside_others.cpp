// SPDX-License-Identifier: MIT
// ranks: 2 3
// environment: MPI4CXX_CHECK=1
// exit: failure
// expect: the ranks of COMM_WORLD call different collectives
// expect: rank 1: Ibarrier() at
// expect not: it went through
// A mismatch is told by Waitall, which does not go on to wait for what never ends, and leaves what
// is under way alone.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <vector>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  std::vector<double> data(3), other(3);
  std::vector<MPI::Request> requests;
  requests.push_back(comm.Irecv(other, {.tag = 77}));  // nobody sends it
  requests.push_back(comm.Get_rank() == 1 ? comm.Ibarrier() : comm.Ibcast(data, 0));
  MPI::Request::Waitall(requests);
  std::puts("it went through");
}
