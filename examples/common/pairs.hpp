// SPDX-License-Identifier: MIT
// Pairs of similar sentences: found, put in order, printed and written.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

#include "indel_simd.hpp"
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

/// The most similar pairs first, then by left id, then by right id: the same order at any rank
/// count.
inline bool better(const Pair& a, const Pair& b) {
  return std::tuple(-a.ratio, a.left_id, a.right_id) < std::tuple(-b.ratio, b.left_id, b.right_id);
}

/// How many similar pairs there are, and all of them, or the best.
struct SimilarPairs {
  std::uint64_t count = 0;
  std::vector<Pair> pairs;
  bool operator==(const SimilarPairs&) const = default;
};

constexpr std::size_t best_pairs = 10;
constexpr std::size_t all_pairs = std::numeric_limits<std::size_t>::max();

/// Compares every left sentence with every right one; counts the pairs with a ratio above the
/// threshold and keeps at least the best `keep` of them.
inline SimilarPairs similar_pairs(std::span<const Sentence> left, std::span<const Sentence> right,
                                  double threshold, std::size_t keep = all_pairs) {
  const auto texts = [](std::span<const Sentence> list) {
    std::vector<std::u32string> points;
    points.reserve(list.size());
    for (const Sentence& sentence : list) points.push_back(code_points(sentence.text));
    return points;
  };
  SimilarPairs result;
  auto& pairs = result.pairs;
  indel::for_each_above(threshold, texts(left), texts(right), [&](std::size_t i, auto matches) {
    result.count += matches.size();
    for (const indel::Match& match : matches)
      pairs.push_back({left[i].id, right[match.right].id, match.ratio});
    if (pairs.size() / 2 < keep) return;  // now and then only: this way costs next to nothing
    std::nth_element(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(keep), pairs.end(),
                     better);
    pairs.resize(keep);
  });
  return result;
}

/// What all ranks found in one list, the best first.
inline SimilarPairs best_first(std::vector<SimilarPairs> found_by_ranks) {
  SimilarPairs all;
  for (auto& found : found_by_ranks) {
    all.count += found.count;
    all.pairs.insert(all.pairs.end(), found.pairs.begin(), found.pairs.end());
    found.pairs = {};
  }
  std::sort(all.pairs.begin(), all.pairs.end(), better);
  return all;
}

/// Prints the last lines of every string matching program: the time, how many pairs, the ten best.
inline void print_results(const SimilarPairs& results, double seconds, int processes) {
  fmt::print("MultiProcessing completed in {:.2f} seconds with {} mpi processes.\n", seconds,
             processes);
  fmt::print("Found {} similar pairs\n", results.count);
  const auto& pairs = results.pairs;
  if (pairs.empty()) return;
  fmt::print("{:>10} {:>10} {:>8}\n", "id_left", "id_right", "ratio");
  for (std::size_t i = 0; i < std::min(best_pairs, pairs.size()); ++i)
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
  void write(const SimilarPairs& results) {
    if (path_.empty()) return;
    errno = 0;
    file_ << "id_left\tid_right\tratio\n";
    for (const Pair& pair : results.pairs)
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
