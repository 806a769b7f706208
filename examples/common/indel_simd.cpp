// SPDX-License-Identifier: MIT
// The kernel of indel_simd.hpp, compiled once for each instruction set; the best one is chosen at
// run time.
#include "common/indel_simd.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/indel.hpp"
#include "common/indel_prepared.hpp"

// Vectors of a length that the compiler does not know cannot stand in arrays.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "common/indel_simd.cpp"
#include <hwy/foreach_target.h>  // includes this file once more for each instruction set
// must come after foreach_target.h
#include <hwy/aligned_allocator.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace indel::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using prepared::Block;
using Found = std::function<void(std::size_t, std::span<const Match>)>;

#if HWY_TARGET == HWY_SCALAR

// Without vectors: the reference itself.
void compare(double threshold, std::span<const std::u32string> left,
             std::span<const std::u32string> right, const Found& found) {
  std::vector<Match> matches;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const Pattern pattern(left[i]);
    matches.clear();
    for (std::size_t j = 0; j < right.size(); ++j) {
      const double ratio = pattern.ratio(right[j]);
      if (ratio > threshold) matches.push_back({j, ratio});
    }
    found(i, matches);
  }
}

#else

static_assert(std::endian::native == std::endian::little);

using Bytes = hn::CappedTag<std::uint8_t, 64>;
using Lanes = hn::CappedTag<std::uint64_t, 8>;
using Vector = hn::Vec<Lanes>;
const Lanes lanes_tag;
constexpr std::size_t lanes = hn::MaxLanes(lanes_tag);

// Which strings of a block may be near enough to a left string: a bit each.
//
// Of the symbols of the left string that the right one has too few of, each costs a deletion, and
// the difference of the lengths tells the insertions: distance >= 2 * excess + right - left.
using BlockBits = std::array<std::uint64_t, Block::width / 64>;
BlockBits within(const Block& block, const std::array<std::uint8_t, prepared::bins>& left,
                 std::size_t excess_limit) {
  const Bytes d;
  constexpr std::size_t vectors = Block::width / hn::MaxLanes(d);
  hn::Vec<Bytes> excess[vectors];
  for (auto& e : excess) e = hn::Zero(d);
  for (std::size_t bin = 0; bin < prepared::bins; ++bin) {
    const auto of_left = hn::Set(d, left[bin]);
    for (std::size_t i = 0; i < vectors; ++i)
      excess[i] = hn::SaturatedAdd(
          excess[i],
          hn::SaturatedSub(of_left, hn::Load(d, block.counts[bin].data() + i * hn::MaxLanes(d))));
  }
  // a sum that has come to the end of the bytes says "255 or more"
  const auto limit =
      hn::Set(d, static_cast<std::uint8_t>(std::min<std::size_t>(excess_limit, 255)));
  std::uint8_t bytes[sizeof(BlockBits) + 8];
  for (std::size_t i = 0; i < vectors; ++i)
    hn::StoreMaskBits(d, hn::Eq(hn::SaturatedSub(excess[i], limit), hn::Zero(d)),
                      bytes + i * hn::MaxLanes(d) / 8);
  BlockBits bits;
  std::memcpy(bits.data(), bytes, sizeof bits);
  return bits;
}

// Adds the places of the strings of a block that may be above the threshold.
void filter(const Block& block, std::size_t left_length,
            const std::array<std::uint8_t, prepared::bins>& left,
            const std::vector<std::ptrdiff_t>& largest_distances,
            std::vector<std::size_t>& survivors) {
  // What the limits are for one length is at most what they are for the best length of the block.
  const auto length = static_cast<std::ptrdiff_t>(left_length);
  const auto shortest = static_cast<std::ptrdiff_t>(block.shortest);
  const auto longest = static_cast<std::ptrdiff_t>(block.longest);
  const std::ptrdiff_t slack = largest_distances[left_length + block.shortest] + length - shortest;
  if (slack < 0 || length - longest > largest_distances[left_length + block.longest]) return;
  const BlockBits bits = within(block, left, static_cast<std::size_t>(slack / 2));
  for (std::size_t i = 0; i < bits.size(); ++i)
    for (std::uint64_t rest = bits[i]; rest != 0; rest &= rest - 1) {
      const std::size_t lane = 64 * i + static_cast<std::size_t>(std::countr_zero(rest));
      if (lane < block.size) survivors.push_back(block.first + lane);
    }
}

// The 64 bits at so many bytes behind `base`, for each lane.
HWY_INLINE Vector gather(const std::uint8_t* base, Vector bytes) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  const hn::RebindToSigned<Lanes> signed_tag;
  return hn::GatherOffset(lanes_tag, reinterpret_cast<const std::uint64_t*>(base),
                          hn::BitCast(signed_tag, bytes));
#else
  alignas(64) std::uint64_t words[lanes];
  hn::Store(bytes, lanes_tag, words);
  for (std::uint64_t& word : words) std::memcpy(&word, base + word, sizeof word);
  return hn::Load(lanes_tag, words);
#endif
}

// indel.hpp's step in every lane. Since `matches` are bits of `state`, the sum has carried out of
// its last bit where that bit was a match, or was set and is not any more.
HWY_INLINE Vector step(bool first, Vector state, Vector positions, Vector& carry) {
  const Vector matches = hn::And(state, positions);
  Vector sum = hn::Add(state, matches);
  if (!first) sum = hn::Add(sum, carry);
  carry = hn::ShiftRight<63>(hn::Or(matches, hn::AndNot(sum, state)));
  return hn::Or(sum, hn::AndNot(positions, state));
}

HWY_INLINE Vector zeros(Vector state) {
  return hn::PopulationCount(hn::Not(state));
}

// Aligns one left string with as many right ones as there are lanes.
//
// An alignment within the largest distance stays near the diagonal: at no time has it left out more
// left symbols, nor more right ones, than it may in all. Where that is less than the whole left
// string, `state` is a window on the left string that goes on by a byte with every 8 right symbols.
// Alignments that leave the window come out as less similar than they are, and were not similar
// enough before.
class Alignment {
 public:
  struct Window {
    std::size_t words = 1;   // of state
    std::size_t before = 0;  // bytes of the window before the diagonal
    bool moves = false;
  };

  // The least window that has all of the left string, or all left symbols that a right one may be
  // aligned with: from `before` places before its own to `behind` places behind.
  static Window window(std::size_t left_length, std::size_t before, std::size_t behind) {
    const std::size_t whole = std::max<std::size_t>(1, (left_length + 63) / 64);
    const std::size_t before_bytes = (before + 7) / 8;
    const std::size_t moving = (8 * before_bytes + 8 + behind + 63) / 64;
    return moving < whole ? Window{moving, before_bytes, true} : Window{whole, 0, false};
  }

  // The lengths of the longest common subsequences with the strings at `places`.
  void align(const prepared::Positions& left, const prepared::Rights& rights,
             std::span<const std::size_t> places, const Window& window, std::uint64_t* common) {
    load(rights, places);
    if (rights.symbol_bits() == 8)
      align_symbols<8>(left, window, common);
    else
      align_symbols<32>(left, window, common);
  }

 private:
  // The words of the strings side by side, zeros behind their ends: symbols that match nothing.
  void load(const prepared::Rights& rights, std::span<const std::size_t> places) {
    rows_ = 0;
    for (const std::size_t place : places) rows_ = std::max(rows_, rights.words(place).size());
    resize(symbols_, rows_ * lanes);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const auto words =
          lane < places.size() ? rights.words(places[lane]) : std::span<const std::uint64_t>();
      for (std::size_t row = 0; row < rows_; ++row)
        symbols_.words[row * lanes + lane] = row < words.size() ? words[row] : 0;
    }
  }

  template <int Bits>
  void align_symbols(const prepared::Positions& left, const Window& window, std::uint64_t* common) {
    resize(state_, window.words * lanes);
    switch (window.words) {  // a known number of words stays in registers
      case 1:
        return align_in<Bits, 1>(left, window, common);
      case 2:
        return align_in<Bits, 2>(left, window, common);
      case 3:
        return align_in<Bits, 3>(left, window, common);
      default:
        return align_in<Bits, 0>(left, window, common);
    }
  }

  // With a known number of `Words`, or with 0 in memory.
  template <int Bits, std::size_t Words>
  HWY_INLINE void align_in(const prepared::Positions& left, const Window& window,
                           std::uint64_t* common) const {
    const std::size_t words = Words == 0 ? window.words : Words;
    const Vector ones = hn::Set(lanes_tag, ~std::uint64_t{0});
    const Vector mask = hn::Set(lanes_tag, (std::uint64_t{1} << Bits) - 1);
    const int row_bits = left.row_bits();
    const std::uint8_t* base = left.row_begin() - window.before;
    Vector sum = hn::Zero(lanes_tag);
    Vector registers[std::max<std::size_t>(1, Words)];
    std::uint64_t* const memory = state_.words.get();
    const auto get = [&](std::size_t word) HWY_ATTR {
      if constexpr (Words == 0)
        return hn::Load(lanes_tag, memory + word * lanes);
      else
        return registers[word];
    };
    const auto put = [&](std::size_t word, Vector state) HWY_ATTR {
      if constexpr (Words == 0)
        hn::Store(state, lanes_tag, memory + word * lanes);
      else
        registers[word] = state;
    };
    for (std::size_t word = 0; word < words; ++word) put(word, ones);
    for (std::size_t row = 0; row < rows_; ++row) {
      Vector symbols = hn::Load(lanes_tag, symbols_.words.get() + row * lanes);
      for (int i = 0; i < 64 / Bits; ++i, symbols = hn::ShiftRight<Bits>(symbols)) {
        const Vector offset = hn::ShiftLeftSame(hn::And(symbols, mask), row_bits);
        Vector carry = hn::Zero(lanes_tag);
        for (std::size_t word = 0; word < words; ++word)
          put(word, step(word == 0, get(word), gather(base + 8 * word, offset), carry));
      }
      if (window.moves && (row + 1) % (Bits / 8) == 0) {
        ++base;
        sum = hn::Add(sum, zeros(hn::Or(get(0), hn::Set(lanes_tag, ~std::uint64_t{255}))));
        for (std::size_t word = 0; word < words; ++word)
          put(word, hn::Or(hn::ShiftRight<8>(get(word)),
                           hn::ShiftLeft<56>(word + 1 < words ? get(word + 1) : ones)));
      }
    }
    for (std::size_t word = 0; word < words; ++word) sum = hn::Add(sum, zeros(get(word)));
    hn::Store(sum, lanes_tag, common);
  }

  struct Memory {
    hwy::AlignedFreeUniquePtr<std::uint64_t[]> words;
    std::size_t size = 0;
  };
  static void resize(Memory& memory, std::size_t wanted) {
    if (wanted <= memory.size) return;
    memory.words = hwy::AllocateAligned<std::uint64_t>(2 * wanted);
    if (!memory.words) throw std::bad_alloc();
    memory.size = 2 * wanted;
  }

  std::size_t rows_ = 0;
  Memory symbols_, state_;
};

// All that is needed for one left string after the other.
class Comparison {
 public:
  Comparison(double threshold, std::span<const std::u32string> left,
             std::span<const std::u32string> right)
      : threshold_(threshold),
        symbols_(left),
        rights_(right, symbols_),
        positions_(symbols_.size()) {
    std::size_t longest = 0;
    for (const std::u32string& text : left) longest = std::max(longest, text.size());
    largest_distances_ = prepared::largest_distances(longest + rights_.longest(), threshold);
  }

  // The right strings near enough to each of a few left ones, which share a way through the blocks.
  static constexpr std::size_t tile = 16;
  using Survivors = std::array<std::vector<std::size_t>, tile>;
  void filter_tile(std::span<const std::u32string> lefts, Survivors& survivors) const {
    std::array<std::array<std::uint8_t, prepared::bins>, tile> histograms;
    for (std::size_t i = 0; i < lefts.size(); ++i) {
      histograms[i] = prepared::histogram(lefts[i], symbols_);
      survivors[i].clear();
    }
    for (const Block& block : rights_.blocks())
      for (std::size_t i = 0; i < lefts.size(); ++i)
        filter(block, lefts[i].size(), histograms[i], largest_distances_, survivors[i]);
  }

  // The matches among them, in the order of the right list.
  std::span<const Match> align(const std::u32string& left, std::span<const std::size_t> survivors) {
    matches_.clear();
    if (survivors.empty()) return matches_;
    // the last survivor is the longest: no window needs more
    const std::size_t longest = rights_.length(survivors.back());
    positions_.set(left, symbols_, (spare_right(left.size(), longest) + 7) / 8,
                   longest / 8 + left.size() / 8 + 24);
    alignas(64) std::uint64_t common[lanes];
    for (std::size_t next = 0; next < survivors.size(); next += lanes) {
      const auto places = survivors.subspan(next, std::min(lanes, survivors.size() - next));
      const auto window =
          Alignment::window(left.size(), spare_right(left.size(), rights_.length(places.back())),
                            spare_left(left.size(), rights_.length(places.front())));
      alignment_.align(positions_, rights_, places, window, common);
      for (std::size_t lane = 0; lane < places.size(); ++lane) {
        const std::size_t lengths = left.size() + rights_.length(places[lane]);
        const double value = ratio(lengths, lengths - 2 * common[lane]);
        if (value > threshold_) matches_.push_back({rights_.index(places[lane]), value});
      }
    }
    std::sort(matches_.begin(), matches_.end(),
              [](const Match& a, const Match& b) { return a.right < b.right; });
    return matches_;
  }

 private:
  // How many left and right symbols may be left out in an alignment that is above the threshold.
  // The longer the right string, the more of the right and the fewer of the left.
  std::size_t spare_left(std::size_t left, std::size_t right) const {
    const std::ptrdiff_t twice = largest_distances_[left + right] +
                                 static_cast<std::ptrdiff_t>(left) -
                                 static_cast<std::ptrdiff_t>(right);
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, twice / 2));
  }
  std::size_t spare_right(std::size_t left, std::size_t right) const {
    const std::ptrdiff_t twice = largest_distances_[left + right] +
                                 static_cast<std::ptrdiff_t>(right) -
                                 static_cast<std::ptrdiff_t>(left);
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, twice / 2));
  }

  double threshold_;
  prepared::Symbols symbols_;
  prepared::Rights rights_;
  prepared::Positions positions_;
  std::vector<std::ptrdiff_t> largest_distances_;
  Alignment alignment_;
  std::vector<Match> matches_;
};

void compare(double threshold, std::span<const std::u32string> left,
             std::span<const std::u32string> right, const Found& found) {
  Comparison comparison(threshold, left, right);
  Comparison::Survivors survivors;
  for (std::size_t first = 0; first < left.size(); first += Comparison::tile) {
    const auto lefts = left.subspan(first, std::min(Comparison::tile, left.size() - first));
    comparison.filter_tile(lefts, survivors);
    for (std::size_t i = 0; i < lefts.size(); ++i)
      found(first + i, comparison.align(lefts[i], survivors[i]));
  }
}

#endif

}  // namespace indel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace indel {

HWY_EXPORT(compare);

void for_each_above(double threshold, std::span<const std::u32string> left,
                    std::span<const std::u32string> right,
                    const std::function<void(std::size_t, std::span<const Match>)>& found) {
  HWY_DYNAMIC_DISPATCH(compare)(threshold, left, right, found);
}

std::vector<std::string> instruction_sets() {
  // asked once, before use_instruction_set() narrows what Highway says
  static const auto names = [] {
    std::vector<std::string> found;
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets())
      found.emplace_back(hwy::TargetName(target));
    return found;
  }();
  return names;
}

void use_instruction_set(const std::string& name) {
  (void)instruction_sets();
  hwy::SetSupportedTargetsForTest(0);
  if (name.empty()) return;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets())
    if (name == hwy::TargetName(target)) return hwy::SetSupportedTargetsForTest(target);
  throw std::invalid_argument("not among the instruction sets of this machine: " + name);
}

}  // namespace indel
#endif
