// SPDX-License-Identifier: MIT
// Memory for uppercase calls with an element on each side that no call may touch.
#pragma once

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

/// `size` elements between two guards. As a buffer give span(): a contiguous range also of bools.
template <class T>
class Guarded {
 public:
  explicit Guarded(std::size_t size, T fill = {}, T guard = static_cast<T>(99))
      : size_(size), guard_(guard), memory_(std::make_unique<T[]>(size + 2)) {
    std::fill_n(memory_.get() + 1, size, fill);
    memory_[0] = memory_[size + 1] = guard;
  }
  std::span<T> span() const { return {memory_.get() + 1, size_}; }
  T& operator[](std::size_t i) const { return memory_[i + 1]; }
  std::size_t size() const { return size_; }
  std::vector<T> values() const { return {span().begin(), span().end()}; }
  bool guards_stay() const { return memory_[0] == guard_ && memory_[size_ + 1] == guard_; }
  /// The elements are `expected`, and nothing else was written.
  bool holds(const std::vector<T>& expected) const {
    return guards_stay() &&
           std::equal(expected.begin(), expected.end(), span().begin(), span().end());
  }

 private:
  std::size_t size_;
  T guard_;
  std::unique_ptr<T[]> memory_;
};

/// A buffer with these values; a vector is none where they are bools.
template <class T>
Guarded<T> filled(const std::vector<T>& values) {
  Guarded<T> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.span().begin());
  return buffer;
}
