// SPDX-License-Identifier: MIT
// ranks: 2 3
// environment: MPI4CXX_WATCHDOG=30s
// expect: MPI4CXX_WATCHDOG needs the thread level multiple
// expect: it went through
// Ranks with different thread levels: where one can have no watchdog, none has.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace mpi4cxx;

int main() {
  const char* rank = std::getenv("PMI_RANK");
  if (!rank) rank = std::getenv("OMPI_COMM_WORLD_RANK");
  if (rank && std::string(rank) == "1") rc.thread_level = "funneled";
  const auto comm = MPI::COMM_WORLD;
  const auto twin = comm.Dup();
  twin.barrier();
  if (comm.Get_rank() == 0) std::puts("it went through");
}
