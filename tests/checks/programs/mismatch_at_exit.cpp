// SPDX-License-Identifier: MIT
// ranks: 2 3 4
// environment: MPI4CXX_CHECK=1
// expect: the ranks of COMM_WORLD call different collectives
// expect: rank 1: Finalize(), at its end
// expect: Barrier() at
// expect: it goes on
// expect not: it went through
// A rank that leaves main while the others call a collective: they are told, each time, and may end
// in peace.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  comm.Barrier();
  if (comm.Get_rank() == 1) return 0;
  for (int i = 0; i < 2; ++i) try {
      comm.Barrier();
      std::puts("it went through");
    } catch (const MPI::Exception& error) {
      std::puts(error.what());
    }
  if (comm.Get_rank() == 0) std::puts("it goes on");
}
