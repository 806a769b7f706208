// SPDX-License-Identifier: MIT
// ranks: 2 3
// environment: MPI4CXX_CHECK=1
// exit: failure
// expect: uncaught exception
// expect: the ranks of COMM_WORLD call different collectives
// expect not: it went through
// waitall tells of the first mismatch, and does not wait for the others, which may never end.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <vector>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  const bool is_last = comm.Get_rank() + 1 == comm.Get_size();
  auto& requests = *new std::vector<MPI::ObjectRequest<int>>;
  for (int i = 0; i < 2; ++i) requests.push_back(is_last ? comm.ibcast(7, 0) : comm.iallreduce(7));
  MPI::Request::waitall(requests);
  std::puts("it went through");
}
