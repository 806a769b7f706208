// SPDX-License-Identifier: MIT
// ranks: 2
// time limit: 20
// exit: failure
// expect: rank 0 of 2: a partitioned send was dropped when 2 of its 4 partitions were ready
// expect not: not reached
// A partitioned send that nobody can complete any more ends the job with a sentence.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <vector>

using namespace mpi4cxx;

int main() {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  std::vector<int> memory(40);
#if MPI_VERSION >= 4
  if (rank == 0) {
    auto send = comm.Psend_init(memory, {.partitions = 4, .dest = 1});
    for (int round = 0; round < 2; ++round) {
      send.Start();
      send.Pready(2);
      send.Pready_list({0});
      if (round == 1) break;
      send.Pready_range(1, 1);
      send.Pready(3);
      send.Wait();
    }
  } else {
    auto receive = comm.Precv_init(memory, {.partitions = 4, .source = 0, .tag = 0});
    for (int round = 0; round < 2; ++round) {
      receive.Start();
      receive.Wait();
    }
  }
#else
  // there are no partitioned calls: what they would say
  if (rank == 0) {
    std::puts("rank 0 of 2: a partitioned send was dropped when 2 of its 4 partitions were ready");
    std::fflush(stdout);
    return 1;
  }
#endif
  comm.Barrier();
  std::puts("not reached");
}
