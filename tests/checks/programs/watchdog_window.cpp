// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_WATCHDOG=1s,abort
// exit: failure
// expect: in ~Win
// expect: in Win.Fence at THIS_FILE:21
// expect not: synchronization.hpp
// expect not: went to its end
// The end of a window, and that of an epoch, is told; an epoch's with the place where it began.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <optional>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  std::optional<MPI::Win> first = MPI::Win::Allocate(64, {.comm = comm});
  std::optional<MPI::Win> second = MPI::Win::Allocate(64, {.comm = comm});
  if (comm.Get_rank() == 0) auto epoch = second->fence_epoch();
  // both are collective: rank 0 waits in one, rank 1 in the other
  first.reset();
  std::puts("went to its end");
}
