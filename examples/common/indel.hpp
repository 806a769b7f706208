// SPDX-License-Identifier: MIT
// The similarity of two strings as python-Levenshtein's ratio() defines it, by bit-parallel LCS.
//
// This header stands alone: it needs the standard library only and knows nothing of MPI.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace indel {

/// The similarity of two strings of so many symbols together, from their distance: 1 for equal
/// ones.
inline double ratio(std::size_t lengths, std::size_t distance) {
  if (lengths == 0) return 1.0;
  return static_cast<double>(lengths - distance) / static_cast<double>(lengths);
}

/// A string prepared to be compared with many others.
///
/// Preparing marks, for each symbol, the positions at which it stands; every comparison then reads
/// one such bit row for each symbol of the other string. Symbols are Unicode code points.
///
///     const indel::Pattern left(U"kitten");
///     left.ratio(U"sitting");  // 0.615...
class Pattern {
 public:
  explicit Pattern(std::u32string_view text)
      : length_(text.size()),
        words_(std::max<std::size_t>(1, (text.size() + bits_in_word - 1) / bits_in_word)),
        rows_((ascii_symbols + 1) * words_, 0) {
    for (const char32_t symbol : text)
      if (symbol >= ascii_symbols) other_symbols_.push_back(symbol);
    std::sort(other_symbols_.begin(), other_symbols_.end());
    other_symbols_.erase(std::unique(other_symbols_.begin(), other_symbols_.end()),
                         other_symbols_.end());
    rows_.resize(rows_.size() + other_symbols_.size() * words_, 0);
    for (std::size_t position = 0; position < text.size(); ++position)
      rows_[row_of(text[position]) + position / bits_in_word] |= Word{1}
                                                                 << (position % bits_in_word);
  }

  /// How many code points the string has.
  std::size_t size() const { return length_; }

  /// The length of the longest common subsequence with `other`.
  std::size_t common_length(std::u32string_view other) const {
    switch (words_) {  // sentences are short: a known number of words stays in registers
      case 1:
        return common_length_in<1>(other);
      case 2:
        return common_length_in<2>(other);
      case 3:
        return common_length_in<3>(other);
      case 4:
        return common_length_in<4>(other);
      default:
        return common_length_in_many(other);
    }
  }

  /// The least number of insertions and deletions that turn one string into the other.
  std::size_t distance(std::u32string_view other) const {
    return length_ + other.size() - 2 * common_length(other);
  }

  /// (length + length - distance) / (length + length); 1 for two empty strings.
  double ratio(std::u32string_view other) const {
    return indel::ratio(length_ + other.size(), distance(other));
  }

 private:
  using Word = std::uint64_t;
  static constexpr std::size_t bits_in_word = 64;
  static constexpr std::size_t ascii_symbols = 128;

  // Where the bit row of a symbol begins: ASCII is a table, then one row of zeros for symbols
  // that do not occur, then the others in the order of `other_symbols_`.
  std::size_t row_of(char32_t symbol) const {
    if (symbol < ascii_symbols) [[likely]]
      return symbol * words_;
    const auto found = std::lower_bound(other_symbols_.begin(), other_symbols_.end(), symbol);
    if (found == other_symbols_.end() || *found != symbol) return ascii_symbols * words_;
    return (ascii_symbols + 1 + static_cast<std::size_t>(found - other_symbols_.begin())) * words_;
  }

  // One step of Hyyro (2004, "Bit-parallel LCS-length computation revisited") on one word. A zero
  // bit in `state` is a place where the LCS grows. The addition runs through the whole row, so its
  // carry goes on into the next word; what leaves the last word means nothing.
  static void step(Word& state, Word positions, Word& carry) {
    const Word matches = state & positions;
    const Word partial = state + matches;
    const Word sum = partial + carry;
    carry = static_cast<Word>(partial < state) | static_cast<Word>(sum < partial);
    state = sum | (state - matches);
  }

  template <std::size_t Words>
  std::size_t common_length_in(std::u32string_view other) const {
    std::array<Word, Words> state;
    state.fill(~Word{0});
    for (const char32_t symbol : other) {
      const Word* row = rows_.data() + row_of(symbol);
      Word carry = 0;
      for (std::size_t word = 0; word < Words; ++word) step(state[word], row[word], carry);
    }
    return count_zeros(state);
  }

  std::size_t common_length_in_many(std::u32string_view other) const {
    std::vector<Word> state(words_, ~Word{0});
    for (const char32_t symbol : other) {
      const Word* row = rows_.data() + row_of(symbol);
      Word carry = 0;
      for (std::size_t word = 0; word < words_; ++word) step(state[word], row[word], carry);
    }
    return count_zeros(state);
  }

  // Bits behind the end of the string are never matched and so stay ones.
  template <class Words>
  static std::size_t count_zeros(const Words& state) {
    std::size_t zeros = 0;
    for (const Word word : state) zeros += static_cast<std::size_t>(std::popcount(~word));
    return zeros;
  }

  std::size_t length_;
  std::size_t words_;
  std::vector<char32_t> other_symbols_;
  std::vector<Word> rows_;
};

}  // namespace indel
