// SPDX-License-Identifier: MIT
// ranks: 2 3
// environment: MPI4CXX_WATCHDOG=0.2s
// time limit: 40
// labels: threads
// expect: watchdog: rank
// expect: it went through
// Without ",abort" the ranks go on waiting, and what comes late is taken.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <thread>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
  std::thread late;
  // the lateness is the case
  if (rank == last)
    late = std::thread([&] {
      const double end = MPI::Wtime() + 1.5;
      while (MPI::Wtime() < end) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      for (int each = 0; each <= last; ++each) comm.send(each, each, 3);
    });
  if (comm.recv<int>({.source = last, .tag = 3}) == rank && rank == 0) std::puts("it went through");
  if (late.joinable()) late.join();
}
