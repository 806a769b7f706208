// SPDX-License-Identifier: MIT
// ranks: 1 2 3
// expect: all ranks are at their end
// expect not: Assertion
// Windows that nobody frees are freed at the end: one of static lifetime, and those whose ranks
// were unwinding. MPICH over UCX would abort in its finalize otherwise.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <stdexcept>
#include <vector>

using namespace mpi4cxx;

static MPI::Win board;
static std::vector<int> squares(4);
static int one = 1;

int main() {
  auto comm = MPI::COMM_WORLD;
  board = MPI::Win::Create(squares, {.disp_unit = sizeof(int), .comm = comm});
  try {
    auto second = MPI::Win::Allocate(64, {.comm = comm});
    auto third = MPI::Win::Create(one, {.comm = comm});
    auto epoch = third.lock_all();
    if (comm.Get_rank() >= 0) throw std::runtime_error("all ranks unwind");
  } catch (const std::runtime_error&) {
  }
  board.Fence();
  if (comm.reduce(1) == comm.Get_size()) std::puts("all ranks are at their end");
}
