// SPDX-License-Identifier: MIT
// One row of a list: what the string matching programs compare and send.
#pragma once

#include <cstdint>
#include <string>

namespace course {

/// An id and a UTF-8 string. A plain aggregate: mpi4cxx sends it as it is.
struct Sentence {
  std::int64_t id = 0;
  std::string text;
  bool operator==(const Sentence&) const = default;
};

}  // namespace course
