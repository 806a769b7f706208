// SPDX-License-Identifier: MIT
// ranks: 1 2
// environment: MPI4CXX_WATCHDOG=soon
// exit: failure
// expect: MPI4CXX_WATCHDOG is "soon": it must be a time such as 30s or 10min
#include <mpi4cxx/mpi4cxx.hpp>

int main() {
  mpi4cxx::MPI::COMM_WORLD.barrier();
}
