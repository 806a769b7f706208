// SPDX-License-Identifier: MIT
// One-sided communication: tasks are numbered by a counter on rank 0, which each rank increments by
// itself to get its next one. Nobody hands them out.
#include <fmt/format.h>

#include <mpi4cxx/mpi4cxx.hpp>

using namespace mpi4cxx;

int main() {
  auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const long tasks = 1000;

  auto win = MPI::Win::Allocate(rank == 0 ? sizeof(long) : 0, {.comm = comm});
  if (rank == 0) win.memory<long>()[0] = 0;
  comm.barrier();

  long done = 0, sum = 0;
  {
    auto epoch = win.lock_all();  // until the end of this scope
    const long one = 1;
    while (true) {
      long task = 0;
      win.Fetch_and_op(one, task, {.target_rank = 0, .op = MPI::SUM});
      win.Flush(0);
      if (task >= tasks) break;
      ++done;
      sum += task;
    }
  }

  const auto all_done = comm.reduce(done, {.op = MPI::SUM, .root = 0});
  const auto total = comm.reduce(sum, {.op = MPI::SUM, .root = 0});
  if (rank == 0) fmt::print("{} tasks were done, their numbers add up to {}\n", *all_done, *total);
}
