// SPDX-License-Identifier: MIT
// The definition of the indel ratio itself, and texts to try it on.
#pragma once

#include <algorithm>
#include <common/generator.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// One row of the table at a time.
inline std::size_t textbook_distance(std::u32string_view a, std::u32string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = a[i - 1] == b[j - 1] ? diagonal : std::min(above, row[j - 1]) + 1;
      diagonal = above;
    }
  }
  return row[b.size()];
}

inline double textbook_ratio(std::u32string_view a, std::u32string_view b) {
  const std::size_t lengths = a.size() + b.size();
  if (lengths == 0) return 1.0;
  return static_cast<double>(lengths - textbook_distance(a, b)) / static_cast<double>(lengths);
}

inline std::u32string random_text(course::SplitMix64& random, std::size_t length,
                                  std::u32string_view alphabet) {
  std::u32string text;
  for (std::size_t i = 0; i < length; ++i) text += alphabet[random.below(alphabet.size())];
  return text;
}

// Few symbols make long common subsequences, many make short ones; the last two cross the end of
// the ASCII table, the end of the basic plane and both ends of Unicode.
inline const std::u32string_view alphabets[] = {
    U"ab",
    U"abcdefghijklmnopqrstuvwxyz .",
    {U"\0a\u007F\u0080é–東\U0010FFFF", 8},
    U"αβγδεζηθικλμνξοπρστυφχψωабвгдежзийклмнопрстуфхцчшщъыьэюя𝄞𝄢",
};
