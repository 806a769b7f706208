// SPDX-License-Identifier: MIT
// ranks: 2 3
// environment: MPI4CXX_CHECK=1
// exit: failure
// expect: the ranks of COMM_WORLD call different collectives
// expect: rank 1: Ibarrier() at
// Who never waits is told of a mismatch by the tests. (The root of a broadcast may be done.)
#include <mpi4cxx/mpi4cxx.hpp>

#include <string>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  if (comm.Get_rank() == 1) {
    auto request = comm.ibarrier();
    while (!request.test()) {
    }
  } else {
    auto request = comm.ibcast(std::string("x"), 0);
    while (!request.test()) {
    }
  }
}
