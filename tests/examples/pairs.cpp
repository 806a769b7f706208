// SPDX-License-Identifier: MIT
// ranks: serial
// Which pairs count as similar, and in what order they are reported.
#include <common/generator.hpp>
#include <common/pairs.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using course::Pair;
using course::Sentence;

}  // namespace

TEST_CASE("similar is above the threshold, not at it") {
  const std::vector<Sentence> left{{1, "abcde"}};
  const std::vector<Sentence> right{{2, "abcdX"}, {3, "abcde"}, {4, "abcd"}};
  CHECK(course::similar_pairs(left, right, 0.8) == std::vector<Pair>{{1, 3, 1.0}, {1, 4, 8.0 / 9}});
  CHECK(course::similar_pairs(left, right, 0.79).size() == 3);
  CHECK(course::similar_pairs(left, right, 1.0).empty());
}

TEST_CASE("the ratio is over characters, not bytes") {
  // One of five characters differs; in bytes it would be two of six, and three of seven.
  const std::vector<Sentence> left{{1, "Lódź."}};
  const std::vector<Sentence> right{{2, "Lódz."}, {3, "L–dź."}};
  CHECK(course::similar_pairs(left, right, 0.0) == std::vector<Pair>{{1, 2, 0.8}, {1, 3, 0.8}});
}

TEST_CASE("empty lists have no pairs") {
  const std::vector<Sentence> none, one{{1, "a"}};
  CHECK(course::similar_pairs(none, one, 0.0).empty());
  CHECK(course::similar_pairs(one, none, 0.0).empty());
}

TEST_CASE("the best come first, equals by their ids, whichever rank found them") {
  const Pair best{5, 5, 1.0}, second{1, 3, 0.9}, third{1, 4, 0.9}, fourth{2, 1, 0.9},
      last{0, 0, 0.85};
  const std::vector<Pair> sorted{best, second, third, fourth, last};
  CHECK(course::best_first({{last, fourth}, {}, {third, best, second}}) == sorted);
  CHECK(course::best_first({{second, third, best}, {fourth, last}}) == sorted);
  CHECK(course::best_first({}).empty());
}

TEST_CASE("blocks of the left list together find what the whole finds") {
  const course::SentenceLists lists = course::generate_sentences(200);
  const auto whole = course::similar_pairs(lists.left, lists.right, 0.8);
  CHECK(!whole.empty());
  CHECK(whole.size() < 200);
  const std::span<const Sentence> left(lists.left);
  CHECK(course::best_first({course::similar_pairs(left.first(67), lists.right, 0.8),
                            course::similar_pairs(left.subspan(67), lists.right, 0.8)}) ==
        course::best_first({whole}));
}
