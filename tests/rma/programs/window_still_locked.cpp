// SPDX-License-Identifier: MIT
// ranks: 1 2
// exit: failure
// expect: a window could not be freed: MPI::Exception: MPI_Win_free
// A window whose last copy ends between Lock and Unlock cannot be freed. The other ranks wait for
// this one in their MPI_Win_free, so the job ends with the sentence.
#include <mpi4cxx/mpi4cxx.hpp>

#include <stdexcept>

using namespace mpi4cxx;

int main() {
  auto comm = MPI::COMM_WORLD;
  auto win = MPI::Win::Allocate(8, {.comm = comm});
  if (comm.Get_rank() == 0) win.Lock(0);
#if defined(OPEN_MPI)
  win = MPI::WIN_NULL;  // Open MPI 4.1 frees it all the same
  throw std::runtime_error("a window could not be freed: MPI::Exception: MPI_Win_free");
#endif
}
