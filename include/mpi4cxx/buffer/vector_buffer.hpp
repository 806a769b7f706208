// SPDX-License-Identifier: MIT
// The views of the v calls: a buffer with a count and a displacement for each rank.
#pragma once

#include <mpi4cxx/buffer/buffer.hpp>
#include <mpi4cxx/runtime/large_count.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {
namespace detail {

/// A list of ints from any range of integers; contiguous ints are used where they are, if they are
/// not gone at the end of the expression.
class integer_list {
 public:
  integer_list() = default;
  integer_list(std::initializer_list<int> values) : owned_(values) { rebind(); }
  integer_list(std::vector<int>&& values) : owned_(std::move(values)) { rebind(); }
  template <std::ranges::input_range Range>
  requires std::integral<std::ranges::range_value_t<Range>> integer_list(Range&& range) {
    if constexpr (std::ranges::contiguous_range<Range> && std::ranges::borrowed_range<Range> &&
                  std::same_as<std::ranges::range_value_t<Range>, int>) {
      values_ = {std::ranges::data(range), std::ranges::size(range)};
    } else {
      for (const auto value : range) owned_.push_back(integer(value));
      rebind();
    }
  }
  integer_list(const integer_list& other) : values_(other.values_), owned_(other.owned_) {
    rebind();
  }
  integer_list(integer_list&& other) noexcept
      : values_(other.values_), owned_(std::move(other.owned_)) {
    rebind();
  }
  integer_list& operator=(integer_list other) noexcept {
    values_ = other.values_;
    owned_ = std::move(other.owned_);
    rebind();
    return *this;
  }

  std::span<const int> values() const noexcept { return values_; }
  /// Copies what is not ours: for calls that outlive the caller's list.
  void own() {
    if (!owned_.empty() || values_.empty()) return;
    owned_ = std::vector<int>(values_.data(), values_.data() + values_.size());
    rebind();
  }
  void push_back(int value) {
    owned_.push_back(value);
    rebind();
  }
  void take(std::vector<int> values) {
    owned_ = std::move(values);
    rebind();
  }

 private:
  void rebind() noexcept {
    if (!owned_.empty()) values_ = {owned_.data(), owned_.size()};
  }
  std::span<const int> values_;
  std::vector<int> owned_;
};

/// Counts (Wide: MPI_Count) or displacements (MPI_Aint) of a v call, from any range of integers:
/// ints while all of them are, else Wides.
template <class Wide>
class wide_list {
 public:
  wide_list() = default;
  wide_list(std::initializer_list<int> values) : narrow_(values) {}
  template <std::ranges::input_range Range>
  requires std::integral<std::ranges::range_value_t<Range>> wide_list(Range&& range) {
    if constexpr (sizeof(std::ranges::range_value_t<Range>) > sizeof(int)) {
      assign(range);
    } else {
      narrow_ = integer_list(std::forward<Range>(range));
    }
  }
  template <class Range>
  void assign(const Range& range) {
    bool is_wide = false;
    for (const auto value : range) is_wide = is_wide || std::cmp_greater(value, largest_count);
    if (!is_wide) {
      narrow_ = integer_list(range);
      return;
    }
    for (const auto value : range) wide_.push_back(static_cast<Wide>(value));
  }

  bool empty() const noexcept { return size() == 0; }
  std::size_t size() const noexcept {
    return wide_.empty() ? narrow_.values().size() : wide_.size();
  }
  MPI_Count operator[](std::size_t i) const noexcept {
    return wide_.empty() ? narrow_.values()[i] : static_cast<MPI_Count>(wide_[i]);
  }
  bool is_wide() const noexcept {
    if (!wide_.empty()) return true;
    for (const int value : narrow_.values())
      if (value > largest_count) return true;
    return false;
  }
  /// One more number at the end of a list that is our own.
  void push_back(MPI_Count value) {
    if (wide_.empty() && value <= largest_count) return narrow_.push_back(static_cast<int>(value));
    widen();
    wide_.push_back(static_cast<Wide>(value));
  }
  void widen() {
    if (wide_.empty()) wide_.assign(narrow_.values().begin(), narrow_.values().end());
  }
  /// Copies what is not ours: for calls that outlive the caller's list.
  void own() { narrow_.own(); }
  call_array<Wide> argument() const noexcept {
    return {narrow_.values().data(), wide_.empty() ? nullptr : wide_.data()};
  }

 private:
  integer_list narrow_;
  std::vector<Wide> wide_;
};
using count_list = wide_list<MPI_Count>;
using displacement_list = wide_list<MPI_Aint>;

/// A buffer and its division among the ranks.
struct vector_view {
  memory_view memory;
  count_list counts;
  displacement_list displs;

  /// Fills in what was not given, for `size` ranks: an even division (the first ranks get one
  /// more), displacements one block behind the other. Checks what was given.
  void resolve(int size) {
    const auto ranks = static_cast<std::size_t>(size);
    if (memory.is_in_place()) return;
    if (counts.empty()) {
      std::vector<MPI_Count> even(ranks, memory.count / size);
      for (std::size_t i = 0; i < static_cast<std::size_t>(memory.count % size); ++i) ++even[i];
      counts.assign(even);
    }
    if (counts.size() != ranks)
      raise(MPI_ERR_COUNT, formatted("{} counts were given for {} ranks", {counts.size(), size}));
    if (displs.empty()) {
      std::vector<MPI_Count> sums(ranks);
      MPI_Count sum = 0;
      for (std::size_t i = 0; i < ranks; ++i) {
        sums[i] = sum;
        sum += counts[i];
      }
      displs.assign(sums);
    }
    if (displs.size() != ranks)
      raise(MPI_ERR_COUNT,
            formatted("{} displacements were given for {} ranks", {displs.size(), size}));
    check_bounds();
  }
  bool is_wide() const noexcept { return counts.is_wide() || displs.is_wide(); }
  /// All arrays of a call are of one width.
  void widen() {
    counts.widen();
    displs.widen();
  }
  void own() {
    counts.own();
    displs.own();
  }

 private:
  void check_bounds() const {
    MPI_Count lower = 0, extent = 0;
    if (memory.limit != memory_view::unlimited)
      check(MPI_Type_get_extent_x(memory.type, &lower, &extent), "MPI_Type_get_extent_x");
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const MPI_Count count = counts[i], displacement = displs[i];
      if (count < 0) raise(MPI_ERR_COUNT, formatted("the count of rank {} is negative", {i}));
      if (count == 0 || memory.limit == memory_view::unlimited) continue;
      if (displacement < 0 || displacement * extent + span_of(count, memory.type) > memory.limit)
        raise(MPI_ERR_COUNT,
              formatted("the block of rank {} ({} elements from {}) does not lie within the "
                        "buffer, which has {} bytes",
                        {i, count, displacement, memory.limit}));
    }
  }
};

template <access how, lifetime how_long>
class basic_vector_buffer {
  using plain = basic_buffer<how, how_long>;

 public:
  basic_vector_buffer(None_t none) : view_{plain(none).view(), {}, {}} {}
  basic_vector_buffer(InPlace_t in_place) : view_{plain(in_place).view(), {}, {}} {}
  template <class T>
  requires(!std::derived_from<std::remove_cvref_t<T>, basic_vector_buffer>)
      basic_vector_buffer(T&& memory)
      : view_{plain(std::forward<T>(memory)).view(), {}, {}} {}
  template <class T>
  basic_vector_buffer(T&& memory, const Datatype& type)
      : view_{plain(std::forward<T>(memory), type).view(), {}, {}} {}
  template <class T>
  basic_vector_buffer(T&& memory, count_list counts)
      : basic_vector_buffer(std::forward<T>(memory), std::move(counts), displacement_list()) {}
  template <class T>
  basic_vector_buffer(T&& memory, count_list counts, const Datatype& type)
      : basic_vector_buffer(std::forward<T>(memory), std::move(counts), displacement_list(), type) {
  }
  template <class T>
  basic_vector_buffer(T&& memory, count_list counts, displacement_list displs) {
    if constexpr (std::is_pointer_v<std::remove_cvref_t<T>>) {
      // a bare pointer is as long as its counts say
      view_.memory = plain(std::forward<T>(memory), 0).view();
    } else {
      view_.memory = plain(std::forward<T>(memory)).view();
    }
    view_.memory.is_bare = false;
    view_.counts = std::move(counts);
    view_.displs = std::move(displs);
  }
  template <class T>
  basic_vector_buffer(T&& memory, count_list counts, displacement_list displs, const Datatype& type)
      : basic_vector_buffer(std::forward<T>(memory), std::move(counts), std::move(displs)) {
    if (view_.counts.empty() && view_.memory.limit != memory_view::unlimited)
      set_type(view_.memory, type);  // an even division, of elements of this type
    else
      view_.memory.type = type.native();
  }

  const vector_view& view() const& noexcept { return view_; }
  vector_view&& view() && noexcept { return std::move(view_); }

 protected:
  vector_view view_;
};

}  // namespace detail

/// Memory that a v call reads: {memory, counts}, {memory, counts, displs}, {memory, counts, displs,
/// type}, {memory, counts, type}; a range alone is divided evenly, the first ranks getting one
/// more. Counts and displacements are in elements, one for each rank.
class ConstVectorBuffer
    : public detail::basic_vector_buffer<detail::access::read, detail::lifetime::call> {
 public:
  using basic_vector_buffer::basic_vector_buffer;
};

/// As ConstVectorBuffer for nonblocking calls: no temporaries.
class LastingConstVectorBuffer
    : public detail::basic_vector_buffer<detail::access::read, detail::lifetime::lasting> {
 public:
  using basic_vector_buffer::basic_vector_buffer;
};

/// Memory that a v call writes.
class VectorBuffer
    : public detail::basic_vector_buffer<detail::access::write, detail::lifetime::lasting> {
 public:
  using basic_vector_buffer::basic_vector_buffer;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
