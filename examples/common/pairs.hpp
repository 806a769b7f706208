// SPDX-License-Identifier: MIT
// Pairs of similar sentences: found, put in order, printed and written.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

#include "indel.hpp"
#include "sentence.hpp"
#include "utf8.hpp"

namespace course {

/// Trivially copyable, so a vector of pairs travels as it lies in memory.
struct Pair {
  std::int64_t left_id = 0;
  std::int64_t right_id = 0;
  double ratio = 0;
  bool operator==(const Pair&) const = default;
};

/// Compares every left sentence with every right one; keeps the pairs with a ratio above the
/// threshold, in the order of the lists.
inline std::vector<Pair> similar_pairs(std::span<const Sentence> left,
                                       std::span<const Sentence> right, double threshold) {
  std::vector<std::u32string> right_points;
  right_points.reserve(right.size());
  for (const Sentence& sentence : right) right_points.push_back(code_points(sentence.text));

  std::vector<Pair> pairs;
  for (const Sentence& sentence : left) {
    const indel::Pattern pattern(code_points(sentence.text));
    for (std::size_t i = 0; i < right.size(); ++i) {
      const double ratio = pattern.ratio(right_points[i]);
      if (ratio > threshold) pairs.push_back({sentence.id, right[i].id, ratio});
    }
  }
  return pairs;
}

/// The pairs of all ranks in one list, the most similar first; among equals by left id, then right
/// id, so that the order is the same at any rank count.
inline std::vector<Pair> best_first(const std::vector<std::vector<Pair>>& pairs_of_ranks) {
  std::vector<Pair> all;
  for (const auto& pairs : pairs_of_ranks) all.insert(all.end(), pairs.begin(), pairs.end());
  std::sort(all.begin(), all.end(), [](const Pair& a, const Pair& b) {
    return std::tuple(-a.ratio, a.left_id, a.right_id) <
           std::tuple(-b.ratio, b.left_id, b.right_id);
  });
  return all;
}

/// Prints the last lines of every string matching program: the time, how many pairs, the ten best.
/// The pairs are in order.
inline void print_results(const std::vector<Pair>& pairs, double seconds, int processes) {
  fmt::print("MultiProcessing completed in {:.2f} seconds with {} mpi processes.\n", seconds,
             processes);
  fmt::print("Found {} similar pairs\n", pairs.size());
  if (pairs.empty()) return;
  fmt::print("{:>10} {:>10} {:>8}\n", "id_left", "id_right", "ratio");
  for (std::size_t i = 0; i < std::min<std::size_t>(10, pairs.size()); ++i)
    fmt::print("{:>10} {:>10} {:>8.6f}\n", pairs[i].left_id, pairs[i].right_id, pairs[i].ratio);
}

/// The file for all pairs, opened before the work begins: a bad path should not cost an hour.
class PairsFile {
 public:
  /// Without a path nothing is written.
  explicit PairsFile(const std::string& path) : path_(path) {
    if (path_.empty()) return;
    errno = 0;
    file_.open(path_);
    if (!file_) fail("cannot open ");
  }

  /// Writes the pairs, tab-separated under a header; ratios in the digits that read back exactly.
  void write(const std::vector<Pair>& pairs) {
    if (path_.empty()) return;
    errno = 0;
    file_ << "id_left\tid_right\tratio\n";
    for (const Pair& pair : pairs)
      file_ << fmt::format("{}\t{}\t{}\n", pair.left_id, pair.right_id, pair.ratio);
    file_.close();
    if (!file_) fail("cannot write ");
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(what + path_ + ": " + std::generic_category().message(errno));
  }

  std::string path_;
  std::ofstream file_;
};

}  // namespace course
