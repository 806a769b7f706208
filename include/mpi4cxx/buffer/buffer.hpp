// SPDX-License-Identifier: MIT
// The views that uppercase calls take: where the memory is, how many elements of which datatype.
// They are made implicitly from ranges, C arrays, scalars and {memory, count, type} lists.
#pragma once

#include <mpi4cxx/buffer/datatype_of.hpp>

#include <iterator>
#include <memory>
#include <span>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// No buffer: for ranks that have nothing to give or to get. Where a collective takes IN_PLACE it
/// means that, as in mpi4py; who has nothing to give there says so with {MPI::None, type}.
struct None_t {};
inline constexpr None_t None;
/// The data lies in the other buffer already.
struct InPlace_t {};
inline constexpr InPlace_t IN_PLACE;
/// Address zero, for datatypes that hold absolute addresses: {MPI::BOTTOM, count, type}.
struct Bottom_t {};
inline constexpr Bottom_t BOTTOM;

namespace detail {

/// What every view holds. `limit`: the bytes that are there, or unlimited for a bare pointer.
struct memory_view {
  static constexpr MPI_Count unlimited = -1;
  const void* data = nullptr;
  MPI_Count count = 0;
  MPI_Datatype type = MPI_BYTE;
  MPI_Count limit = 0;
  bool is_inferred = false;  // the count is that of the range, not one that the caller gave
  bool is_none = false;
  bool is_bare = false;  // None and nothing else, which can mean IN_PLACE

  bool is_in_place() const noexcept { return data == MPI_IN_PLACE; }
};

template <class T>
concept buffer_range = std::ranges::contiguous_range<T> && std::ranges::sized_range<T>;

/// The element type of a range or scalar, constness kept.
template <class T>
struct element_of {
  using type = T;
};
template <buffer_range T>
struct element_of<T> {
  using type = std::remove_reference_t<std::ranges::range_reference_t<T>>;
};
template <class T>
using element_of_t = typename element_of<std::remove_reference_t<T>>::type;
template <class T>
using scalar_of_t = typename flattened<std::remove_cv_t<element_of_t<T>>>::type;

enum class access { read, write };
enum class lifetime { call, lasting };

/// The sentences for what cannot be a buffer.
template <class T, access how, lifetime how_long>
constexpr void require_buffer() {
  using plain = std::remove_cvref_t<T>;
  using scalar = scalar_of_t<T>;
  constexpr bool is_range = buffer_range<std::remove_reference_t<T>>;
  static_assert(
      !std::is_pointer_v<plain>,
      "mpi4cxx: a pointer is no buffer, since nobody knows how many elements it points to: "
      "give {pointer, count}");
  static_assert(kind_v<plain> != kind::bits,
                "mpi4cxx: a std::vector<bool> is no buffer, since it has no bools in memory: use "
                "std::vector<unsigned char>, or send it by a lowercase call");
  static_assert(
      is_range || std::is_pointer_v<plain> || kind_v<plain> == kind::bits ||
          !std::ranges::range<plain>,
      "mpi4cxx: this container is no buffer, since its elements do not lie side by side: use "
      "std::vector, or send it by a lowercase call");
  if constexpr (!std::is_pointer_v<plain> && kind_v<plain> != kind::bits &&
                (is_range || !std::ranges::range<plain>)) {
    static_assert(
        buffer_element<scalar>,
        "mpi4cxx: these elements cannot be sent as they lie in memory: they hold a pointer or "
        "are not trivially copyable; send them by a lowercase call");
    static_assert(how == access::read || !std::is_const_v<element_of_t<T>>,
                  "mpi4cxx: cannot receive into const memory");
    static_assert(how == access::read || std::is_lvalue_reference_v<T&&> ||
                      (is_range && std::ranges::borrowed_range<T>),
                  "mpi4cxx: cannot receive into a temporary, which is gone after the call");
    static_assert(
        how_long == lifetime::call || std::is_lvalue_reference_v<T&&> ||
            (is_range && std::ranges::borrowed_range<T>),
        "mpi4cxx: a nonblocking call cannot use a temporary, which is gone before the call "
        "is complete: give it a name that lives until wait()");
  }
}

template <class T>
memory_view view_of(T&& memory) {
  using scalar = scalar_of_t<T>;
  memory_view view;
  if constexpr (buffer_range<std::remove_reference_t<T>>) {
    using element = std::remove_cv_t<element_of_t<T>>;
    view.data = std::ranges::data(memory);
    view.count = static_cast<MPI_Count>(std::ranges::size(memory) * flattened<element>::count);
  } else {
    view.data = std::addressof(memory);
    view.count = static_cast<MPI_Count>(flattened<std::remove_cvref_t<T>>::count);
  }
  view.type = datatype_of<scalar>();
  view.limit = view.count * static_cast<MPI_Count>(sizeof(scalar));
  view.is_inferred = true;
  return view;
}

/// The bytes that `count` elements of `type` span.
inline MPI_Count span_of(MPI_Count count, MPI_Datatype type) {
  if (count == 0) return 0;
  MPI_Count lower = 0, extent = 0, true_lower = 0, true_extent = 0;
  check(MPI_Type_get_extent_x(type, &lower, &extent), "MPI_Type_get_extent_x");
  check(MPI_Type_get_true_extent_x(type, &true_lower, &true_extent), "MPI_Type_get_true_extent_x");
  return (count - 1) * extent + true_lower + true_extent;
}

[[noreturn]] [[gnu::cold]] inline void too_many(MPI_Count count, MPI_Count bytes, MPI_Count limit) {
  raise(MPI_ERR_COUNT, formatted("a count of {} elements needs {} bytes, but the buffer has {}",
                                 {count, bytes, limit}));
}

inline void set_count(memory_view& view, MPI_Count count) {
  if (count < 0) raise(MPI_ERR_COUNT, formatted("a count of {} elements is negative", {count}));
  view.count = count;
  view.is_inferred = false;
  view.is_bare = false;
}
/// Throws where the count that was given needs more memory than there is.
inline void require_room(const memory_view& view) {
  if (view.is_inferred || view.limit == memory_view::unlimited || view.count == 0) return;
  running();  // may be the first use
  if (const MPI_Count bytes = span_of(view.count, view.type); bytes > view.limit)
    too_many(view.count, bytes, view.limit);
}

/// As many elements of `type` as fit; the bytes must be a multiple.
inline void set_type(memory_view& view, const Datatype& type) {
  view.is_bare = false;
  if (type.native() == view.type) return;
  running();
  view.type = type.native();
  const MPI_Count extent = type.extent();
  if (extent <= 0 || view.limit % extent != 0)
    raise(MPI_ERR_TYPE,
          formatted("a buffer of {} bytes is no whole number of elements of the datatype, whose "
                    "extent is {}: give a count too",
                    {view.limit, extent}));
  view.count = view.limit / extent;
}

/// The count of elements, from any integral type.
class element_count {
 public:
  template <std::integral T>
  requires(!std::same_as<T, bool>) constexpr element_count(T value)
      : value_(static_cast<MPI_Count>(value)) {
    if (!std::in_range<MPI_Count>(value)) out_of_range();
  }
  constexpr operator MPI_Count() const noexcept { return value_; }

 private:
  MPI_Count value_;
};

class any_buffer {};

/// All views are made in the same ways; they differ in what they refuse.
template <access how, lifetime how_long>
class basic_buffer : public any_buffer {
  template <class P>
  using pointee = std::remove_pointer_t<std::remove_cvref_t<P>>;
  template <class P>
  static constexpr void require_writable() {
    static_assert(how == access::read || !std::is_const_v<pointee<P>>,
                  "mpi4cxx: cannot receive into const memory");
  }

 public:
  basic_buffer(None_t) { view_.is_none = view_.is_bare = true; }
  basic_buffer(InPlace_t) { view_.data = MPI_IN_PLACE; }
  basic_buffer(Bottom_t, element_count count, const Datatype& type) {
    view_ = {MPI_BOTTOM, count, type.native(), memory_view::unlimited, false, false};
  }
  /// A contiguous range, a C array or a scalar.
  template <class T>
  requires(!std::derived_from<std::remove_cvref_t<T>, any_buffer>) basic_buffer(T&& memory) {
    require_buffer<T, how, how_long>();
    if constexpr (buffer_element<scalar_of_t<T>>) view_ = view_of(std::forward<T>(memory));
  }
  template <class T>
  basic_buffer(T&& memory, const Datatype& type) : basic_buffer(std::forward<T>(memory)) {
    set_type(view_, type);
  }
  template <class T>
  requires(!std::is_pointer_v<std::remove_cvref_t<T>>) basic_buffer(T&& memory, element_count count)
      : basic_buffer(std::forward<T>(memory)) {
    set_count(view_, count);
  }
  template <class T>
  requires(!std::is_pointer_v<std::remove_cvref_t<T>>)
      basic_buffer(T&& memory, element_count count, const Datatype& type)
      : basic_buffer(std::forward<T>(memory)) {
    view_.type = type.native();
    set_count(view_, count);
  }
  /// A pointer and the count of what it points to.
  template <class P>
  requires std::is_pointer_v<std::remove_cvref_t<P>> basic_buffer(P&& memory, element_count count) {
    using element = std::remove_cv_t<pointee<P>>;
    using scalar = typename flattened<element>::type;
    static_assert(
        buffer_element<scalar>,
        "mpi4cxx: these elements cannot be sent as they lie in memory: they hold a pointer or "
        "are not trivially copyable");
    require_writable<P>();
    view_ = {memory, 0, datatype_of<scalar>(), memory_view::unlimited, false, false};
    set_count(view_, count * static_cast<MPI_Count>(flattened<element>::count));
  }
  template <class P>
  requires std::is_pointer_v<std::remove_cvref_t<P>> basic_buffer(P&& memory, element_count count,
                                                                  const Datatype& type) {
    require_writable<P>();
    view_ = {memory, 0, type.native(), memory_view::unlimited, false, false};
    set_count(view_, count);
  }
  /// A view of one sort from a view of another.
  template <access other_how, lifetime other_length>
  requires(how == access::read || other_how == access::write)
      basic_buffer(const basic_buffer<other_how, other_length>& other)
      : view_(other.unchecked_view()) {}

  /// Throws where the count that was given needs more memory than there is.
  const memory_view& view() const {
    require_room(view_);
    return view_;
  }
  /// Of a message to or from `peer`: that of PROC_NULL uses no memory.
  const memory_view& view(int peer) const { return peer == MPI_PROC_NULL ? no_memory : view(); }
  /// For calls that use the memory on some ranks only.
  const memory_view& unchecked_view() const noexcept { return view_; }

 protected:
  static inline const memory_view no_memory;
  memory_view view_;
};

}  // namespace detail

/// Memory that a call reads: any contiguous range, C array or scalar, alone or as {memory, type},
/// {memory, count}, {memory, count, type} or {pointer, count, type}; MPI::None; MPI::IN_PLACE.
/// A count that is given is checked against the range. Throws Exception (ERR_COUNT, ERR_TYPE).
class ConstBuffer : public detail::basic_buffer<detail::access::read, detail::lifetime::call> {
 public:
  using basic_buffer::basic_buffer;
};

/// Memory that a nonblocking call reads: as ConstBuffer, but no temporaries.
class LastingConstBuffer
    : public detail::basic_buffer<detail::access::read, detail::lifetime::lasting> {
 public:
  using basic_buffer::basic_buffer;
};

/// Memory that a call writes: as ConstBuffer, but neither const nor temporary.
class Buffer : public detail::basic_buffer<detail::access::write, detail::lifetime::lasting> {
 public:
  using basic_buffer::basic_buffer;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
