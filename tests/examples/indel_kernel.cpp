// SPDX-License-Identifier: MIT
// ranks: serial
// The bit-parallel kernel of the string matching programs against the textbook algorithm.
#include <common/generator.hpp>
#include <common/indel.hpp>
#include <common/utf8.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "examples/textbook.hpp"
#include "support/catch.hpp"

namespace {

void check_pair(std::u32string_view a, std::u32string_view b) {
  CAPTURE(a.size(), b.size());
  const indel::Pattern pattern(a);
  CHECK(pattern.size() == a.size());
  CHECK(pattern.distance(b) == textbook_distance(a, b));
  CHECK(pattern.ratio(b) == textbook_ratio(a, b));  // to the last bit
}

}  // namespace

TEST_CASE("known ratios of python-Levenshtein's documentation") {
  CHECK(indel::Pattern(U"Hello world!").ratio(U"Holly grail!") == 0.5833333333333334);
  CHECK(indel::Pattern(U"Brian").ratio(U"Jesus") == 0.0);
}

TEST_CASE("a substitution costs two") {
  CHECK(indel::Pattern(U"cat").distance(U"cut") == 2);
  CHECK(indel::Pattern(U"cat").common_length(U"cut") == 2);
}

TEST_CASE("empty strings") {
  CHECK(indel::Pattern(U"").ratio(U"") == 1.0);
  CHECK(indel::Pattern(U"").ratio(U"a") == 0.0);
  CHECK(indel::Pattern(U"a").ratio(U"") == 0.0);
  check_pair(U"", std::u32string(200, U'x'));
  check_pair(std::u32string(200, U'x'), U"");
}

TEST_CASE("one character") {
  check_pair(U"a", U"a");
  check_pair(U"a", U"b");
  check_pair(U"é", U"é");
  check_pair(U"é", U"e");
  check_pair(U"a", U"bbbabbb");
}

TEST_CASE("lengths around the ends of the machine words") {
  course::SplitMix64 random(1);
  const std::size_t lengths[] = {1,   2,   62,  63,  64,  65,  66,  127, 128,
                                 129, 191, 192, 193, 255, 256, 257, 320, 321};
  for (const std::u32string_view alphabet : alphabets)
    for (const std::size_t left : lengths)
      for (const std::size_t right : lengths)
        check_pair(random_text(random, left, alphabet), random_text(random, right, alphabet));
}

TEST_CASE("random strings of random lengths") {
  course::SplitMix64 random(2);
  for (int i = 0; i < 2000; ++i) {
    const std::u32string_view alphabet = alphabets[random.below(std::size(alphabets))];
    const std::size_t left = random.below(300);
    const std::size_t right = random.below(300);
    check_pair(random_text(random, left, alphabet), random_text(random, right, alphabet));
  }
}

TEST_CASE("strings without a common symbol, and symbols that only one side has") {
  for (const std::size_t length : {1U, 64U, 129U, 400U}) {
    check_pair(std::u32string(length, U'a'), std::u32string(length, U'b'));
    check_pair(std::u32string(length, U'a'), std::u32string(length, U'é'));
    check_pair(std::u32string(length, U'é'), std::u32string(length, U'è'));
  }
}

TEST_CASE("identical strings") {
  course::SplitMix64 random(3);
  for (const std::u32string_view alphabet : alphabets)
    for (const std::size_t length : {1U, 63U, 64U, 65U, 128U, 129U, 1000U}) {
      const std::u32string text = random_text(random, length, alphabet);
      CHECK(indel::Pattern(text).distance(text) == 0);
      CHECK(indel::Pattern(text).ratio(text) == 1.0);
      check_pair(text, text);
    }
}

TEST_CASE("ten thousand characters") {
  course::SplitMix64 random(4);
  const std::u32string text = random_text(random, 10'000, alphabets[1]);
  check_pair(text, random_text(random, 10'000, alphabets[1]));
  check_pair(text, random_text(random, 70, alphabets[1]));
  check_pair(random_text(random, 70, alphabets[1]), text);
  CHECK(indel::Pattern(text).distance(text) == 0);
}

TEST_CASE("one pattern serves any number of strings in any order") {
  const indel::Pattern pattern(U"the quick brown fox");
  const double first = pattern.ratio(U"the quick brown dog");
  (void)pattern.ratio(U"");
  (void)pattern.ratio(std::u32string(500, U'é'));
  CHECK(pattern.ratio(U"the quick brown dog") == first);
}

TEST_CASE("four fifths are 0.8 and not a bit more") {
  CHECK(indel::Pattern(U"abcde").ratio(U"abcdX") == 0.8);
  for (std::size_t fifth = 1; fifth <= 100; ++fifth) {
    const std::u32string common(4 * fifth, U'a');
    const std::u32string a = common + std::u32string(fifth, U'b');
    const std::u32string b = std::u32string(fifth, U'c') + common;
    CHECK(indel::Pattern(a).ratio(b) == 0.8);
    CHECK_FALSE(indel::Pattern(a).ratio(b) > 0.8);
    CHECK(indel::Pattern(a + U"b").ratio(b) < 0.8);
    CHECK(indel::Pattern(a.substr(1)).ratio(b.substr(0, b.size() - 2)) ==
          textbook_ratio(a.substr(1), b.substr(0, b.size() - 2)));
  }
}

TEST_CASE("sentences: generated rows against the textbook") {
  const course::SentenceLists lists = course::generate_sentences(60);
  for (const auto& left : lists.left)
    for (const auto& right : lists.right)
      check_pair(course::code_points(left.text), course::code_points(right.text));
}
