// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_WATCHDOG=1s,abort
// exit: failure
// expect: in ~Request
// expect: in Wait with rank 0, tag 42 at THIS_FILE:
// expect not: went to its end
// A wait within a destructor is told as what it is; that for a request, with the peer and the tag
// that the request has.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <vector>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  std::vector<double> data(1'000'000);
  if (comm.Get_rank() == 0) {
    const MPI::Request dropped = comm.Isend(data, 1, 7);  // nobody receives it
  } else {
    comm.Irecv(data, 0, 42).Wait();  // nobody sends it
  }
  std::puts("went to its end");
}
