// SPDX-License-Identifier: MIT
// What indel_simd.cpp prepares of the two lists before it compares them.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "indel.hpp"

namespace indel::prepared {

/// For each sum of two lengths up to `most`, the largest distance whose ratio is above the
/// threshold, or -1. Tried with the very comparison that decides in the end, so nothing is lost to
/// rounding.
///
/// With one symbol more the largest distance is the same or one more.
inline std::vector<std::ptrdiff_t> largest_distances(std::size_t most, double threshold) {
  std::vector<std::ptrdiff_t> largest;
  largest.reserve(most + 1);
  std::ptrdiff_t distance = -1;
  for (std::size_t lengths = 0; lengths <= most; ++lengths) {
    while (distance < static_cast<std::ptrdiff_t>(lengths) &&
           ratio(lengths, static_cast<std::size_t>(distance + 1)) > threshold)
      ++distance;
    largest.push_back(distance);
  }
  return largest;
}

/// The symbols of the left list numbered from 1, the most frequent first. All others are 0: they
/// match nothing, whichever they are.
class Symbols {
 public:
  explicit Symbols(std::span<const std::u32string> left) : low_(0x10000, 0) {
    std::unordered_map<char32_t, std::size_t> counts;
    for (const std::u32string& text : left)
      for (const char32_t symbol : text) ++counts[symbol];
    std::vector<std::pair<char32_t, std::size_t>> symbols(counts.begin(), counts.end());
    std::sort(symbols.begin(), symbols.end(), [](const auto& a, const auto& b) {
      return std::pair(b.second, a.first) < std::pair(a.second, b.first);
    });
    for (const auto& [symbol, count] : symbols)
      (symbol < low_.size() ? low_[symbol] : high_[symbol]) = ++last_;
  }

  std::uint32_t number(char32_t symbol) const {
    if (symbol < low_.size()) [[likely]]
      return low_[symbol];
    const auto found = high_.find(symbol);
    return found == high_.end() ? 0 : found->second;
  }
  /// How many numbers there are, with 0.
  std::size_t size() const { return last_ + std::size_t{1}; }

 private:
  std::vector<std::uint32_t> low_;  // the basic plane; the others are rare
  std::unordered_map<char32_t, std::uint32_t> high_;
  std::uint32_t last_ = 0;
};

/// How often the symbols of a string occur: each frequent one counted alone, all rare ones
/// together. Symbols that share a count, and counts that end at 255, can only make two strings more
/// alike.
constexpr std::size_t bins = 64;

inline std::array<std::uint8_t, bins> histogram(std::u32string_view text, const Symbols& symbols) {
  std::array<std::uint8_t, bins> counts{};
  for (const char32_t symbol : text) {
    const std::size_t number = symbols.number(symbol);
    if (number == 0) continue;
    std::uint8_t& count = counts[std::min(number, bins) - 1];
    count = static_cast<std::uint8_t>(count + (count < 255));
  }
  return counts;
}

/// 128 right strings of about the same length: their histograms side by side, a row for each bin.
struct Block {
  static constexpr std::size_t width = 128;
  alignas(64) std::array<std::array<std::uint8_t, width>, bins> counts{};
  std::size_t first = 0;  ///< of its strings in the order of Rights
  std::size_t size = 0;
  std::size_t shortest = 0;
  std::size_t longest = 0;
};

/// The right list by length: histograms in blocks, strings as numbers of symbols.
class Rights {
 public:
  Rights(std::span<const std::u32string> list, const Symbols& symbols)
      : symbol_bits_(symbols.size() <= 256 ? 8 : 32), order_(list.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return list[a].size() < list[b].size(); });
    const std::size_t in_word = 64 / symbol_bits_;
    for (std::size_t place = 0; place < order_.size(); ++place) {
      const std::u32string& text = list[order_[place]];
      if (place % Block::width == 0) {
        blocks_.emplace_back().first = place;
        blocks_.back().shortest = text.size();
      }
      Block& block = blocks_.back();
      const auto counts = histogram(text, symbols);
      for (std::size_t bin = 0; bin < bins; ++bin) block.counts[bin][block.size] = counts[bin];
      ++block.size;
      block.longest = text.size();

      lengths_.push_back(text.size());
      starts_.push_back(words_.size());
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (i % in_word == 0) words_.push_back(0);
        words_.back() |= std::uint64_t{symbols.number(text[i])} << (i % in_word * symbol_bits_);
      }
    }
    starts_.push_back(words_.size());
  }

  std::span<const Block> blocks() const { return blocks_; }
  /// Bits of a symbol in the words of a string, the first symbol lowest; 0 fills the last word.
  std::size_t symbol_bits() const { return symbol_bits_; }
  std::size_t length(std::size_t place) const { return lengths_[place]; }
  std::size_t index(std::size_t place) const { return order_[place]; }
  std::span<const std::uint64_t> words(std::size_t place) const {
    return {words_.data() + starts_[place], words_.data() + starts_[place + 1]};
  }
  std::size_t longest() const { return lengths_.empty() ? 0 : lengths_.back(); }

 private:
  std::size_t symbol_bits_;
  std::vector<std::size_t> order_;
  std::vector<std::size_t> lengths_;
  std::vector<std::size_t> starts_;
  std::vector<std::uint64_t> words_;
  std::vector<Block> blocks_;
};

/// The places of each symbol in a left string, a row of bits for each symbol: the bit `place`
/// behind `row_begin()` is set where the symbol stands at that place. One for all left strings in
/// turn.
class Positions {
 public:
  explicit Positions(std::size_t symbols) : symbols_(symbols) {}

  /// `before` and `behind` the string a row can be read for so many bytes: they are zeros.
  void set(std::u32string_view text, const Symbols& symbols, std::size_t before,
           std::size_t behind) {
    for (const std::size_t touched : touched_) bytes_[touched] = 0;
    touched_.clear();
    before_ = before;
    row_bits_ = static_cast<int>(std::bit_width(before + text.size() / 8 + behind));
    bytes_.resize(std::max(bytes_.size(), (symbols_ << row_bits_) + behind), 0);
    for (std::size_t place = 0; place < text.size(); ++place) {
      const std::size_t row = std::size_t{symbols.number(text[place])} << row_bits_;
      touched_.push_back(row + before_ + place / 8);
      bytes_[touched_.back()] |= static_cast<std::uint8_t>(1U << (place % 8));
    }
  }

  /// The byte of the first place in the row of symbol 0; rows are 2 to the power of `row_bits`
  /// apart.
  const std::uint8_t* row_begin() const { return bytes_.data() + before_; }
  int row_bits() const { return row_bits_; }

 private:
  std::size_t symbols_;
  std::size_t before_ = 0;
  int row_bits_ = 0;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::size_t> touched_;
};

}  // namespace indel::prepared
