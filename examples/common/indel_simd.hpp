// SPDX-License-Identifier: MIT
// Every string of one list against every string of another, with the vectors of the machine.
//
// indel.hpp says what is computed, and is the reference: this gives the same ratios, to the last
// bit. Take along indel*.hpp and indel_simd.cpp; they need Highway
// (https://github.com/google/highway) and know nothing of MPI.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace indel {

/// The index of a right string, and its ratio to the left string at hand.
struct Match {
  std::size_t right = 0;
  double ratio = 0;
  bool operator==(const Match&) const = default;
};

/// Compares every left string with every right one, and calls `found` for each left string in turn
/// with the right strings whose ratio is above the threshold, in the order of their list.
///
/// Strings are Unicode code points. Pairs that cannot come above the threshold are left out before
/// they are aligned, by their lengths and by how often each symbol occurs in them; with a threshold
/// below 0 all pairs are aligned, and found.
void for_each_above(double threshold, std::span<const std::u32string> left,
                    std::span<const std::u32string> right,
                    const std::function<void(std::size_t left, std::span<const Match>)>& found);

/// The instruction sets that this machine and this program have, the best first; the best is used.
std::vector<std::string> instruction_sets();

/// Uses another one of instruction_sets(), for tests and measurements; the best again without a
/// name.
void use_instruction_set(const std::string& name = "");

}  // namespace indel
