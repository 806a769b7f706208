// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// The helpers of this folder.
#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/messages.hpp"

#include <algorithm>
#include <set>

TEST_CASE("every communicator has this rank in it", "[harness]") {
  int count = 0;
  for_each_communicator([&](const auto& comm) {
    REQUIRE(comm.Get_size() > 0);
    REQUIRE(comm.Get_rank() < comm.Get_size());
    ++count;
  });
  REQUIRE(count == 4);
}

TEST_CASE("messages are copied, compared and told from their defaults", "[harness]") {
  int count = 0, defaults = 0;
  for_each_message([&](const auto& message) {
    auto copy = message;
    REQUIRE(copy == message);
    copy = {};
    if (copy == message) ++defaults;
    ++count;
  });
  REQUIRE(count > 40);
  REQUIRE(defaults == 5);  // 0, and the empty string, vector, map and optional
}
