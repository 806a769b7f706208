// SPDX-License-Identifier: MIT
// ranks: serial
// Which pairs count as similar, and in what order they are reported.
#include <algorithm>
#include <common/generator.hpp>
#include <common/pairs.hpp>
#include <common/sentences.hpp>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using course::Pair;
using course::Sentence;
using course::SimilarPairs;

SimilarPairs similar(std::vector<Pair> pairs) {
  const auto count = pairs.size();
  return {count, std::move(pairs)};
}

}  // namespace

TEST_CASE("similar is above the threshold, not at it") {
  const std::vector<Sentence> left{{1, "abcde"}};
  const std::vector<Sentence> right{{2, "abcdX"}, {3, "abcde"}, {4, "abcd"}};
  CHECK(course::similar_pairs(left, right, 0.8) == similar({{1, 3, 1.0}, {1, 4, 8.0 / 9}}));
  CHECK(course::similar_pairs(left, right, 0.79).count == 3);
  CHECK(course::similar_pairs(left, right, 1.0) == similar({}));
}

TEST_CASE("the ratio is over characters, not bytes") {
  // One of five characters differs; in bytes it would be two of six, and three of seven.
  const std::vector<Sentence> left{{1, "Lódź."}};
  const std::vector<Sentence> right{{2, "Lódz."}, {3, "L–dź."}};
  CHECK(course::similar_pairs(left, right, 0.0) == similar({{1, 2, 0.8}, {1, 3, 0.8}}));
}

TEST_CASE("empty lists have no pairs") {
  const std::vector<Sentence> none, one{{1, "a"}};
  CHECK(course::similar_pairs(none, one, 0.0) == similar({}));
  CHECK(course::similar_pairs(one, none, 0.0) == similar({}));
}

TEST_CASE("the best come first, equals by their ids, whichever rank found them") {
  const Pair best{5, 5, 1.0}, second{1, 3, 0.9}, third{1, 4, 0.9}, fourth{2, 1, 0.9},
      last{0, 0, 0.85};
  const SimilarPairs sorted = similar({best, second, third, fourth, last});
  CHECK(course::best_first({similar({last, fourth}), {}, similar({third, best, second})}) ==
        sorted);
  CHECK(course::best_first({similar({second, third, best}), similar({fourth, last})}) == sorted);
  CHECK(course::best_first({}) == similar({}));
}

TEST_CASE("blocks of the left list together find what the whole finds") {
  const course::SentenceLists lists = course::generate_sentences(200);
  const auto whole = course::similar_pairs(lists.left, lists.right, 0.8);
  CHECK(whole.count > 0);
  CHECK(whole.count < 200);
  CHECK(whole.count == whole.pairs.size());
  const std::span<const Sentence> left(lists.left);
  CHECK(course::best_first({course::similar_pairs(left.first(67), lists.right, 0.8),
                            course::similar_pairs(left.subspan(67), lists.right, 0.8)}) ==
        course::best_first({whole}));
}

TEST_CASE("keeping the best alone: the same count, and the best are the same at any division") {
  const course::SentenceLists lists = course::generate_sentences(100);
  const std::span<const Sentence> left(lists.left);
  for (const double threshold : {0.0, 0.5, 0.8})
    for (const std::size_t keep : {std::size_t{1}, course::best_pairs, std::size_t{1000}}) {
      CAPTURE(threshold, keep);
      const auto all = course::best_first({course::similar_pairs(left, lists.right, threshold)});
      const auto wanted = std::span(all.pairs).first(std::min(keep, all.pairs.size()));
      for (const std::size_t part : {0U, 1U, 50U, 100U}) {
        const auto some = course::best_first(
            {course::similar_pairs(left.first(part), lists.right, threshold, keep),
             course::similar_pairs(left.subspan(part), lists.right, threshold, keep)});
        CHECK(some.count == all.count);
        REQUIRE(some.pairs.size() >= wanted.size());
        CHECK(std::equal(wanted.begin(), wanted.end(), some.pairs.begin()));
        CHECK(some.pairs.size() <= 2 * (2 * keep + 100));  // not everything, of each part
      }
    }
}

TEST_CASE("lists that are too long for the machine are refused with a remedy") {
  const std::vector<Sentence> list{{1, std::string(10'000'000, 'a')}};
  CHECK_NOTHROW(course::require_memory_for(list, list, 1));
  try {
    course::require_memory_for(list, {}, 100'000'000);
    FAIL("nobody has a petabyte of memory");
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()).find("choose a smaller N") != std::string::npos);
  }
}
