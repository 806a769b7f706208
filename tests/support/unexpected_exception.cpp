// SPDX-License-Identifier: MIT
// ranks: 3
// time limit: 20
// An exception that leaves a test case on one rank ends all.
// exit: failure
// expect: [rank 2 of 3] FAILED: one rank throws
// expect: [rank 2 of 3] unexpected exception:
// expect: [rank 2 of 3]   thrown on purpose
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <stdexcept>

TEST_CASE("one rank throws", "[harness]") {
  if (mpi4cxx::MPI::COMM_WORLD.Get_rank() == 2) throw std::runtime_error("thrown on purpose");
  mpi4cxx::MPI::COMM_WORLD.Barrier();
}
