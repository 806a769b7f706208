// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_TEST_RANKS=3
// The wrong launcher would run every rank alone; all would pass.
// exit: failure
// expect: [rank 0 of 2] FAILED: the test was started on 3 ranks, but MPI sees 2
#include "support/catch.hpp"

TEST_CASE("never reached", "[harness]") { SUCCEED(); }
