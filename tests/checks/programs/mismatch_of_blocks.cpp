// SPDX-License-Identifier: MIT
// ranks: 2 3
// environment: MPI4CXX_CHECK=1
// exit: failure
// expect: rank 1 of COMM_WORLD gives 12 bytes to rank 0, which expects 8
// expect not: it went through
// The blocks of a nonblocking v call are compared, too. What fits goes through.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <numeric>
#include <vector>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  std::vector<int> counts(static_cast<std::size_t>(size));
  std::iota(counts.begin(), counts.end(), 1);
  std::vector<int> mine(static_cast<std::size_t>(rank + 1), rank), all(20, -1);
  comm.Igatherv(mine, {all, counts}, 0).Wait();
  comm.Iallgatherv(mine, {all, counts}).Wait();
  if (all[2] != 1) return 2;
  if (rank == 1) mine.push_back(1);
  comm.Igatherv(mine, {all, counts}, 0).Wait();
  comm.Barrier();
  std::puts("it went through");
}
