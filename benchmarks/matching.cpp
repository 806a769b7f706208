// SPDX-License-Identifier: MIT
// How many ratios a second the string matching programs compute on one core, in each way they can.
//
//   build/release/benchmarks/matching [ROUNDS [LEFT RIGHT]]
//
// All ways are measured in turn in each round; printed are the medians, and their ratio to the
// scalar kernel. LEFT and RIGHT are lists as the programs read them, else lists are generated.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <common/indel.hpp>
#include <common/indel_simd.hpp>
#include <common/sentences.hpp>
#include <common/utf8.hpp>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace {

using Texts = std::span<const std::u32string>;

struct Way {
  std::string name;
  std::size_t rows;  // so many left strings, that all ways take about as long
  std::function<std::size_t(Texts left, Texts right)> count_similar;
  std::vector<double> rates = {};
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::size_t scalar(double threshold, Texts left, Texts right) {
  std::size_t count = 0;
  for (const auto& text : left) {
    const indel::Pattern pattern(text);
    for (const auto& other : right) count += pattern.ratio(other) > threshold;
  }
  return count;
}

std::size_t vectors(const std::string& set, double threshold, Texts left, Texts right) {
  std::size_t count = 0;
  indel::use_instruction_set(set);
  indel::for_each_above(threshold, left, right,
                        [&](std::size_t, auto matches) { count += matches.size(); });
  return count;
}

std::vector<std::u32string> texts(const std::vector<course::Sentence>& list) {
  std::vector<std::u32string> result;
  for (const auto& sentence : list) result.push_back(course::code_points(sentence.text));
  return result;
}

}  // namespace

int main(int argc, char** argv) try {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 11;
  if (rounds <= 0 || argc == 3 || argc > 4) {
    fmt::print(stderr, "usage: matching [ROUNDS [LEFT RIGHT]]\n");
    return EXIT_FAILURE;
  }
  const auto lists = argc > 3 ? course::load_lists(argv[2], argv[3]) : course::load_lists("", "");
  const auto left = texts(lists.first), right = texts(lists.second);

  using namespace std::placeholders;
  std::vector<Way> ways{{"scalar, all pairs aligned", 100, std::bind(scalar, 0.8, _1, _2)}};
  for (const auto& set : indel::instruction_sets()) {
    ways.push_back({set + ", all pairs aligned", 100, std::bind(vectors, set, -1, _1, _2)});
    ways.push_back({set + ", above 0.8", left.size(), std::bind(vectors, set, 0.8, _1, _2)});
  }
  for (int round = 0; round < rounds; ++round)
    for (Way& way : ways) {
      const Texts rows = Texts(left).first(std::min(way.rows, left.size()));
      const auto begin = std::chrono::steady_clock::now();
      volatile std::size_t count = way.count_similar(rows, right);
      (void)count;
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
      way.rates.push_back(static_cast<double>(rows.size() * right.size()) / seconds.count());
    }

  fmt::print("{} x {} sentences, {} rounds; medians\n{:<32}{:>16}{:>12}\n", left.size(),
             right.size(), rounds, "way", "million ratios/s", "to scalar");
  for (const Way& way : ways)
    fmt::print("{:<32}{:>16.1f}{:>12.1f}\n", way.name, median(way.rates) / 1e6,
               median(way.rates) / median(ways.front().rates));
} catch (const std::exception& error) {
  fmt::print(stderr, "matching: {}\n", error.what());
  return EXIT_FAILURE;
}
