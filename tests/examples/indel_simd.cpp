// SPDX-License-Identifier: MIT
// ranks: serial
// time limit: 180
// The vector kernel of the string matching programs, with every instruction set that this machine
// has, against the textbook algorithm.
#include <algorithm>
#include <cmath>
#include <common/generator.hpp>
#include <common/indel_prepared.hpp>
#include <common/indel_simd.hpp>
#include <common/utf8.hpp>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "examples/textbook.hpp"
#include "support/catch.hpp"

namespace {

using Texts = std::vector<std::u32string>;
using Ratios = std::vector<std::vector<double>>;         // of each left text and each right one
using Matches = std::vector<std::vector<indel::Match>>;  // of each left text

Ratios textbook_ratios(const Texts& left, const Texts& right) {
  Ratios ratios;
  for (const auto& a : left) {
    ratios.emplace_back();
    for (const auto& b : right) ratios.back().push_back(textbook_ratio(a, b));
  }
  return ratios;
}

Matches above(double threshold, const Ratios& ratios) {
  Matches matches;
  for (const auto& row : ratios) {
    matches.emplace_back();
    for (std::size_t right = 0; right < row.size(); ++right)
      if (row[right] > threshold) matches.back().push_back({right, row[right]});
  }
  return matches;
}

Matches found_above(double threshold, const Texts& left, const Texts& right) {
  Matches matches;
  indel::for_each_above(threshold, left, right, [&](std::size_t i, auto of_left) {
    REQUIRE(i == matches.size());  // each left text once, in order
    matches.emplace_back(of_left.begin(), of_left.end());
  });
  return matches;
}

/// All pairs of the lists, at all thresholds, with all instruction sets.
void check_lists(const Texts& left, const Texts& right, std::vector<double> thresholds) {
  const Ratios ratios = textbook_ratios(left, right);
  thresholds.push_back(-1);  // every pair
  for (const std::string& name : indel::instruction_sets()) {
    CAPTURE(name);
    indel::use_instruction_set(name);
    for (const double threshold : thresholds) {
      CAPTURE(threshold);
      CHECK(found_above(threshold, left, right) == above(threshold, ratios));
    }
  }
  indel::use_instruction_set();
}

// Random changes, `count` of them, each one symbol left out, put in or replaced.
std::u32string changed(std::u32string text, std::size_t count, course::SplitMix64& random,
                       std::u32string_view alphabet) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = random.below(text.size() + 1);
    const std::size_t kind = random.below(3);
    if (kind != 0 && place < text.size()) text.erase(place, 1);
    if (kind != 1) text.insert(place, 1, alphabet[random.below(alphabet.size())]);
  }
  return text;
}

const std::vector<double> usual_thresholds{0, 0.3, 0.5, 0.8, 0.9, 1};

}  // namespace

TEST_CASE("the best instruction set comes first, and others are refused") {
  const auto names = indel::instruction_sets();
  REQUIRE(!names.empty());
  for (const auto& name : names) {
    indel::use_instruction_set(name);
    CHECK(indel::instruction_sets() == names);
  }
  indel::use_instruction_set();
  CHECK_THROWS_AS(indel::use_instruction_set("no such set"), std::invalid_argument);
  CHECK(indel::instruction_sets() == names);
}

TEST_CASE("empty lists, empty texts, one symbol, symbols that only one side has") {
  const Texts few{U"", U"a", U"b", U"é", U"aa", U"ab", U"ba", U"\U0010FFFF", U"東京", U"a東京b"};
  check_lists({}, few, usual_thresholds);
  check_lists(few, {}, usual_thresholds);
  check_lists({U""}, {U""}, usual_thresholds);
  check_lists(few, few, usual_thresholds);
  check_lists({U"", U"aaaa"}, {U"bbbb", std::u32string(300, U'é'), U""}, usual_thresholds);
}

TEST_CASE("random texts of random lengths in every alphabet") {
  course::SplitMix64 random(11);
  Texts left, right;
  for (int i = 0; i < 40; ++i)
    left.push_back(random_text(random, random.below(300), alphabets[random.below(4)]));
  for (int i = 0; i < 300; ++i)
    right.push_back(random_text(random, random.below(300), alphabets[random.below(4)]));
  check_lists(left, right, usual_thresholds);
}

TEST_CASE("lengths around the ends of the machine words") {
  course::SplitMix64 random(12);
  Texts texts;
  for (const std::size_t length : {1U,   7U,   8U,   9U,   62U,  63U,  64U,  65U,  66U,  127U, 128U,
                                   129U, 191U, 192U, 193U, 255U, 256U, 257U, 320U, 321U, 385U})
    texts.push_back(random_text(random, length, alphabets[0]));
  check_lists(texts, texts, usual_thresholds);
}

TEST_CASE("texts that differ by about the largest distance, at thresholds that are their ratios") {
  course::SplitMix64 random(13);
  for (const std::u32string_view alphabet : {alphabets[0], alphabets[1], alphabets[3]}) {
    Texts left, right;
    for (std::size_t length = 20; length < 420; length += 25) {
      left.push_back(random_text(random, length, alphabet));
      for (std::size_t changes = 0; changes <= length / 3; changes += 1 + length / 20)
        right.push_back(changed(left.back(), changes, random, alphabet));
    }
    std::vector<double> thresholds{0.5, 0.7, 0.8, 0.9};
    // exactly the ratio of a pair, which is not above it, and the least that is below
    for (int i = 0; i < 6; ++i) {
      const double ratio =
          textbook_ratio(left[random.below(left.size())], right[random.below(right.size())]);
      thresholds.push_back(ratio);
      thresholds.push_back(std::nextafter(ratio, 0.0));
    }
    check_lists(left, right, thresholds);
  }
}

TEST_CASE("four fifths are 0.8 and not a bit more; what is left out lies at one end") {
  Texts left, right;
  for (std::size_t fifth = 1; fifth <= 90; fifth += 3) {
    const std::u32string common(4 * fifth, U'a');
    left.push_back(common + std::u32string(fifth, U'b'));
    left.push_back(std::u32string(fifth, U'b') + common);
    for (const auto& other : {std::u32string(fifth, U'c'), std::u32string(fifth - 1, U'c')}) {
      right.push_back(common + other);
      right.push_back(other + common);
    }
  }
  check_lists(left, right, {0.8, std::nextafter(0.8, 0.0), std::nextafter(0.8, 1.0)});
}

TEST_CASE("the diagonal is left as far as the threshold allows, early or late") {
  course::SplitMix64 random(14);
  Texts left, right;
  for (const std::size_t length : {60U, 100U, 140U, 200U, 260U, 400U})
    for (std::size_t spare = 0; spare <= length / 2; spare += 1 + length / 16) {
      const std::u32string common = random_text(random, length, alphabets[1]);
      const std::u32string before = random_text(random, spare, alphabets[3]);
      const std::u32string behind = random_text(random, spare, alphabets[3]);
      left.push_back(before + common);
      left.push_back(common + behind);
      right.push_back(common + behind);
      right.push_back(before + common);
      right.push_back(before + common + behind);
      right.push_back(common);
    }
  check_lists(left, right, {0.5, 0.6, 2.0 / 3, 0.75, 0.8, 0.9});
}

TEST_CASE("identical texts, many of them") {
  course::SplitMix64 random(15);
  Texts texts;
  for (const std::u32string_view alphabet : alphabets)
    for (const std::size_t length : {1U, 63U, 64U, 65U, 128U, 129U, 400U})
      texts.insert(texts.end(), 5, random_text(random, length, alphabet));
  check_lists(texts, texts, {0.8, std::nextafter(1.0, 0.0), 1});
}

TEST_CASE("more than 255 times the same symbol") {
  Texts texts;
  for (const std::size_t length : {200U, 254U, 255U, 256U, 257U, 300U, 700U}) {
    texts.push_back(std::u32string(length, U'a'));
    texts.push_back(std::u32string(length, U'a') + std::u32string(length, U'b'));
    texts.push_back(std::u32string(length, U'b') + std::u32string(300, U'a'));
  }
  check_lists(texts, texts, usual_thresholds);
}

TEST_CASE("more symbols than a byte can number") {
  for (const std::size_t symbols : {254U, 255U, 256U, 257U, 3000U}) {
    CAPTURE(symbols);
    course::SplitMix64 random(16);
    std::u32string alphabet;
    for (std::size_t i = 0; i < symbols; ++i) alphabet += static_cast<char32_t>(0xFF00 + i);
    Texts left{alphabet}, right{alphabet};  // so that all of them occur
    for (int i = 0; i < 12; ++i) {
      left.push_back(random_text(random, 60 + random.below(200), alphabet));
      for (const std::size_t changes : {0U, 5U, 20U, 40U})
        right.push_back(changed(left.back(), changes, random, alphabet));
    }
    check_lists(left, right, {0.5, 0.8});
  }
}

TEST_CASE("ten thousand characters") {
  course::SplitMix64 random(17);
  const std::u32string text = random_text(random, 10'000, alphabets[1]);
  const Texts left{text, random_text(random, 70, alphabets[1])};
  const Texts right{text, changed(text, 1000, random, alphabets[1]), U"",
                    random_text(random, 70, alphabets[1])};
  check_lists(left, right, {0, 0.5, 0.8, textbook_ratio(text, right[1])});
}

TEST_CASE("sentences: generated lists against the textbook") {
  const course::SentenceLists lists = course::generate_sentences(150);
  Texts left, right;
  for (const auto& sentence : lists.left) left.push_back(course::code_points(sentence.text));
  for (const auto& sentence : lists.right) right.push_back(course::code_points(sentence.text));
  check_lists(left, right, {0.5, 0.8});
}

TEST_CASE("the largest distance is the largest whose ratio is above the threshold") {
  for (const double threshold : {-1.0, 0.0, 0.1, 1.0 / 3, 0.5, 0.8, std::nextafter(0.8, 1.0), 0.99,
                                 1.0, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(threshold);
    const auto largest = indel::prepared::largest_distances(300, threshold);
    for (std::size_t lengths = 0; lengths <= 300; ++lengths) {
      std::ptrdiff_t expected = -1;
      for (std::size_t distance = 0; distance <= lengths; ++distance) {
        const double ratio =
            lengths == 0 ? 1.0
                         : static_cast<double>(lengths - distance) / static_cast<double>(lengths);
        if (ratio > threshold) expected = static_cast<std::ptrdiff_t>(distance);
      }
      CHECK(largest[lengths] == expected);
    }
  }
}
