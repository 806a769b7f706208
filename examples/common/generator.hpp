// SPDX-License-Identifier: MIT
// Sentences that stand in for the course's lists: as many, as long, some of them near-duplicates.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "random.hpp"
#include "sentence.hpp"

namespace course {

namespace detail {

// Words of newspaper English.
inline constexpr auto words = std::to_array<std::string_view>(
    {"a",         "about",     "according",  "after",     "again",     "agency",    "all",
     "also",      "an",        "analysts",   "and",       "announced", "area",      "as",
     "at",        "attack",    "back",       "bank",      "based",     "be",        "because",
     "been",      "before",    "began",      "between",   "billion",   "board",     "brought",
     "business",  "but",       "by",         "called",    "campaign",  "case",      "change",
     "charges",   "chief",     "children",   "city",      "closed",    "committee", "companies",
     "company",   "computer",  "contract",   "could",     "council",   "country",   "court",
     "customers", "cut",       "day",        "deal",      "December",  "decided",   "decision",
     "declined",  "director",  "doctors",    "down",      "during",    "earlier",   "economy",
     "employees", "energy",    "estimate",   "evidence",  "executive", "expected",  "fell",
     "final",     "financial", "first",      "five",      "following", "for",       "force",
     "former",    "found",     "Friday",     "from",      "full",      "game",      "government",
     "group",     "growth",    "had",        "has",       "have",      "he",        "health",
     "help",      "her",       "high",       "his",       "hospital",  "hours",     "however",
     "in",        "including", "increase",   "index",     "industry",  "insurance", "interest",
     "into",      "investors", "is",         "issue",     "it",        "its",       "judge",
     "July",      "killed",    "know",       "last",      "late",      "law",       "leader",
     "least",     "legal",     "less",       "local",     "lost",      "made",      "major",
     "market",    "may",       "meeting",    "members",   "military",  "million",   "minister",
     "Monday",    "money",     "month",      "more",      "morning",   "national",  "nearly",
     "network",   "new",       "news",       "next",      "no",        "not",       "number",
     "of",        "offer",     "office",     "officials", "oil",       "on",        "one",
     "only",      "operating", "or",         "other",     "out",       "over",      "part",
     "party",     "patients",  "people",     "percent",   "plan",      "plans",     "players",
     "police",    "power",     "president",  "press",     "price",     "products",  "profit",
     "program",   "public",    "quarter",    "questions", "rate",      "recent",    "record",
     "release",   "reported",  "research",   "results",   "right",     "river",     "rose",
     "said",      "sales",     "school",     "second",    "security",  "September", "server",
     "service",   "several",   "shares",     "she",       "should",    "since",     "software",
     "some",      "south",     "special",    "spokesman", "standard",  "state",     "statement",
     "states",    "stock",     "storm",      "street",    "study",     "such",      "support",
     "system",    "team",      "technology", "than",      "that",      "the",       "their",
     "there",     "they",      "third",      "this",      "thousands", "three",     "through",
     "Thursday",  "time",      "to",         "today",     "told",      "total",     "trade",
     "trial",     "troops",    "Tuesday",    "two",       "under",     "union",     "up",
     "use",       "vote",      "was",        "water",     "we",        "week",      "were",
     "when",      "which",     "while",      "who",       "will",      "win",       "with",
     "workers",   "world",     "would",      "year",      "years",     "yesterday", "yield",
     "zone"});

// Rare ones that are more bytes than characters: two bytes for a letter, three, and four.
inline constexpr auto words_beyond_ascii =
    std::to_array<std::string_view>({"café", "Cécile", "España", "Iraq—", "Martínez", "Müller",
                                     "Łódź", "“no”", "company’s", "–", "€5", "東京", "𝄞"});

using Words = std::vector<std::string_view>;

inline std::string_view any_word(SplitMix64& random) {
  if (random.below(500) == 0) return words_beyond_ascii[random.below(words_beyond_ascii.size())];
  return words[random.below(words.size())];
}

// Words until the sentence has about the length wanted: 125 characters in the middle, seldom fewer
// than 70 or more than 180.
inline Words any_sentence(SplitMix64& random) {
  std::size_t wanted = 35;
  for (int dice = 0; dice < 4; ++dice) wanted += random.below(45);
  Words sentence;
  for (std::size_t length = 0; length < wanted; length += sentence.back().size() + 1)
    sentence.push_back(any_word(random));
  return sentence;
}

// The same news by another agency: some words left out, replaced or added, few to more than half.
inline Words reworded(const Words& sentence, SplitMix64& random) {
  const std::size_t chance_in_100 = 3 + random.below(55);
  Words other;
  for (const std::string_view word : sentence) {
    if (random.below(100) >= chance_in_100) {
      other.push_back(word);
      continue;
    }
    const std::size_t change = random.below(3);  // 0 leaves the word out, 1 replaces it, 2 adds one
    if (change == 2) other.push_back(word);
    if (change != 0) other.push_back(any_word(random));
  }
  return other;
}

inline std::string joined(const Words& sentence) {
  std::string text;
  for (const std::string_view word : sentence) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text + '.';
}

}  // namespace detail

struct SentenceLists {
  std::vector<Sentence> left;
  std::vector<Sentence> right;
};

/// Two lists of `count` sentences of about 125 characters, the same bytes on every machine. Half of
/// the right list is reworded from the left one, close or far; the rest has nothing to do with it.
inline SentenceLists generate_sentences(std::size_t count = 1725, std::uint64_t seed = 42) {
  SplitMix64 random(seed);
  SentenceLists lists;
  const auto first_id = static_cast<std::int64_t>(1'000'000);
  for (std::size_t row = 0; row < count; ++row) {
    const auto id = first_id + 2 * static_cast<std::int64_t>(row);
    const detail::Words sentence = detail::any_sentence(random);
    const bool related = random.below(2) == 0;
    lists.left.push_back({id, detail::joined(sentence)});
    lists.right.push_back({id + 1, detail::joined(related ? detail::reworded(sentence, random)
                                                          : detail::any_sentence(random))});
  }
  // As in a real collection, the row of a sentence says nothing of the row of its like.
  for (std::size_t row = count; row > 1; --row)
    std::swap(lists.right[row - 1], lists.right[random.below(row)]);
  return lists;
}

}  // namespace course
