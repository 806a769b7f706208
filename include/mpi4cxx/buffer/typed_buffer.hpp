// SPDX-License-Identifier: MIT
// The views of the w calls: a buffer with a count, a displacement and a datatype for each rank.
#pragma once

#include <mpi4cxx/buffer/vector_buffer.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {
namespace detail {

/// A buffer of blocks of several datatypes. Displacements are in bytes.
struct typed_view {
  memory_view memory;
  count_list counts;
  displacement_list displs;
  std::vector<MPI_Datatype> types;
#if MPI_VERSION < 4
  std::shared_ptr<std::vector<large_element>> larger = nullptr;  // of `types`
#endif

  /// Checks what was given, for `size` ranks. Without counts each block is one element.
  void resolve(int size) {
    const auto ranks = static_cast<std::size_t>(size);
    if (memory.is_in_place()) return;
    if (memory.is_none && types.empty()) types.assign(ranks, MPI_BYTE);
    if (counts.empty()) counts.assign(std::vector<MPI_Count>(ranks, memory.is_none ? 0 : 1));
    if (displs.empty()) displs.assign(std::vector<MPI_Count>(ranks, 0));
    if (counts.size() != ranks || displs.size() != ranks || types.size() != ranks)
      raise(MPI_ERR_COUNT,
            formatted("{} counts, {} displacements and {} datatypes were given for {} ranks",
                      {counts.size(), displs.size(), types.size(), size}));
    for (std::size_t i = 0; i < ranks; ++i) check_bounds(i);
#if MPI_VERSION < 4
    if (is_wide()) [[unlikely]]
      narrow();
#endif
  }
  bool is_wide() const noexcept {
    return counts.is_wide() || displs.is_wide();
  }
  void widen() {
    counts.widen();
    displs.widen();
  }
  void own() {
    counts.own();
    displs.own();
  }

 private:
#if MPI_VERSION < 4
  /// MPI 3 counts with ints: a block beyond them becomes one element, which has its place within
  /// itself. What is sent stays the same, so that this is each rank's own affair.
  [[gnu::cold]] void narrow() {
    const std::size_t ranks = counts.size();
    larger = std::make_shared<std::vector<large_element>>(ranks);
    std::vector<MPI_Count> new_counts(ranks), new_displs(ranks);
    for (std::size_t i = 0; i < ranks; ++i) {
      new_counts[i] = counts[i];
      if (counts[i] == 0) continue;
      new_displs[i] = displs[i];
      if (counts[i] <= largest_count && displs[i] <= largest_count) continue;
      large_element& made = (*larger)[i];
      made = large_element(counts[i], types[i], static_cast<MPI_Aint>(displs[i]));
      types[i] = made.native();
      new_counts[i] = 1;
      new_displs[i] = 0;
    }
    counts = count_list(new_counts);
    displs = displacement_list(new_displs);
  }
#endif
  void check_bounds(std::size_t i) const {
    const MPI_Count count = counts[i], displacement = displs[i];
    if (count < 0) raise(MPI_ERR_COUNT, formatted("the count of rank {} is negative", {i}));
    if (count == 0 || memory.limit == memory_view::unlimited) return;
    if (displacement < 0 || displacement + span_of(count, types[i]) > memory.limit)
      raise(MPI_ERR_COUNT, formatted("the block of rank {} ({} elements from byte {}) does not lie "
                                     "within the buffer, which has {} bytes",
                                     {i, count, displacement, memory.limit}));
  }
};

/// Datatypes from any range of them.
class datatype_list {
 public:
  datatype_list(std::initializer_list<Datatype> types) { add(types); }
  template <std::ranges::input_range Range>
  requires std::same_as<std::ranges::range_value_t<Range>, Datatype> datatype_list(
      const Range& types) {
    add(types);
  }
  std::vector<MPI_Datatype> take() && { return std::move(types_); }

 private:
  template <class Range>
  void add(const Range& types) {
    for (const Datatype& type : types) types_.push_back(type.native());
  }
  std::vector<MPI_Datatype> types_;
};

template <access how, lifetime how_long>
class basic_typed_buffer {
  using plain = basic_buffer<how, how_long>;

 public:
  basic_typed_buffer(None_t none) { view_.memory = plain(none).view(); }
  basic_typed_buffer(InPlace_t in_place) { view_.memory = plain(in_place).view(); }
  basic_typed_buffer(Bottom_t bottom, count_list counts, displacement_list displs,
                     datatype_list types)
      : view_{plain(bottom, 0, Datatype(raw_handle, MPI_BYTE)).view(), std::move(counts),
              std::move(displs), std::move(types).take()} {}
  template <class T>
  basic_typed_buffer(T&& memory, datatype_list types)
      : view_{plain_of(std::forward<T>(memory)), {}, {}, std::move(types).take()} {}
  template <class T>
  basic_typed_buffer(T&& memory, count_list counts, displacement_list displs, datatype_list types)
      : view_{plain_of(std::forward<T>(memory)), std::move(counts), std::move(displs),
              std::move(types).take()} {}

  const typed_view& view() const& noexcept { return view_; }
  typed_view&& view() && noexcept { return std::move(view_); }

 protected:
  typed_view view_;

 private:
  template <class T>
  static memory_view plain_of(T&& memory) {
    if constexpr (std::is_pointer_v<std::remove_cvref_t<T>>) {
      return plain(std::forward<T>(memory), 0, Datatype(raw_handle, MPI_BYTE)).view();
    } else {
      memory_view view = plain(std::forward<T>(memory)).view();
      view.is_bare = false;
      return view;
    }
  }
};

}  // namespace detail

/// Memory that a w call reads: {memory, counts, displs, types}, or {memory, types} with one element
/// for each rank, all at its start. Displacements are in bytes.
class ConstTypedBuffer
    : public detail::basic_typed_buffer<detail::access::read, detail::lifetime::call> {
 public:
  using basic_typed_buffer::basic_typed_buffer;
};

/// As ConstTypedBuffer for nonblocking calls: no temporaries.
class LastingConstTypedBuffer
    : public detail::basic_typed_buffer<detail::access::read, detail::lifetime::lasting> {
 public:
  using basic_typed_buffer::basic_typed_buffer;
};

/// Memory that a w call writes.
class TypedBuffer
    : public detail::basic_typed_buffer<detail::access::write, detail::lifetime::lasting> {
 public:
  using basic_typed_buffer::basic_typed_buffer;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
