// SPDX-License-Identifier: MIT
// ranks: 2 4
// time limit: 20
// A check that fails on one rank ends all, says where, and the others do not wait for ever.
// exit: failure
// expect: FAILED: one rank fails / in a section
// expect: THIS_FILE:21
// expect:   CHECK( rank != 1 )
// expect:   1 != 1
// expect:   the reason
// expect: [rank 1 of
// expect not: [rank 0 of
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

TEST_CASE("one rank fails", "[harness]") {
  SECTION("in a section") {
    const int rank = mpi4cxx::MPI::COMM_WORLD.Get_rank();
    INFO("the reason");
    CHECK(rank != 1);
    mpi4cxx::MPI::COMM_WORLD.Barrier();
  }
}
