// SPDX-License-Identifier: MIT
// The MPI datatype of a C++ type.
#pragma once

#include <mpi4cxx/handle/datatype.hpp>
#include <mpi4cxx/object/kind.hpp>

#include <atomic>
#include <new>
#include <utility>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {
namespace detail {

/// The scalar under nested arrays: buffers are flat.
template <class T>
struct flattened {
  using type = T;
  static constexpr std::size_t count = 1;
};
template <class T, std::size_t n>
struct flattened<T[n]> {
  using type = typename flattened<T>::type;
  static constexpr std::size_t count = n * flattened<T>::count;
};
template <class T, std::size_t n>
struct flattened<std::array<T, n>> {
  using type = typename flattened<T>::type;
  static constexpr std::size_t count = n * flattened<T>::count;
};

/// The value and index pairs of MINLOC and MAXLOC.
template <class T>
inline constexpr bool is_location_pair = false;
template <class T>
inline constexpr bool is_location_pair<std::pair<T, int>> =
    std::same_as<T, short> || std::same_as<T, int> || std::same_as<T, long> ||
    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, long double>;

template <class T>
inline constexpr bool holds_no_pointer = true;
template <reflectable_aggregate T>
requires(!is_raw<T>) inline constexpr bool holds_no_pointer<T> = false;

/// What may lie in a buffer.
template <class T>
concept buffer_element = is_location_pair<T> ||
    (std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !std::is_member_pointer_v<T> &&
     !std::is_empty_v<T> && holds_no_pointer<T>);

/// The predefined datatype of an arithmetic or complex type, an enum or a location pair.
template <class T>
inline MPI_Datatype predefined_datatype() noexcept {
  if constexpr (std::is_same_v<T, std::byte>)
    return MPI_BYTE;
  else if constexpr (std::is_enum_v<T>)
    return predefined_datatype<std::underlying_type_t<T>>();
  else if constexpr (std::is_same_v<T, bool>)
    return MPI_CXX_BOOL;
  else if constexpr (std::is_same_v<T, char>)
    return MPI_CHAR;
  else if constexpr (std::is_same_v<T, signed char>)
    return MPI_SIGNED_CHAR;
  else if constexpr (std::is_same_v<T, unsigned char> || std::is_same_v<T, char8_t>)
    return MPI_UNSIGNED_CHAR;
  else if constexpr (std::is_same_v<T, wchar_t>)
    return MPI_WCHAR;
  else if constexpr (std::is_same_v<T, char16_t>)
    return MPI_UINT16_T;
  else if constexpr (std::is_same_v<T, char32_t>)
    return MPI_UINT32_T;
  else if constexpr (std::is_same_v<T, short>)
    return MPI_SHORT;
  else if constexpr (std::is_same_v<T, unsigned short>)
    return MPI_UNSIGNED_SHORT;
  else if constexpr (std::is_same_v<T, int>)
    return MPI_INT;
  else if constexpr (std::is_same_v<T, unsigned>)
    return MPI_UNSIGNED;
  else if constexpr (std::is_same_v<T, long>)
    return MPI_LONG;
  else if constexpr (std::is_same_v<T, unsigned long>)
    return MPI_UNSIGNED_LONG;
  else if constexpr (std::is_same_v<T, long long>)
    return MPI_LONG_LONG;
  else if constexpr (std::is_same_v<T, unsigned long long>)
    return MPI_UNSIGNED_LONG_LONG;
  else if constexpr (std::is_same_v<T, float>)
    return MPI_FLOAT;
  else if constexpr (std::is_same_v<T, double>)
    return MPI_DOUBLE;
  else if constexpr (std::is_same_v<T, long double>)
    return MPI_LONG_DOUBLE;
  else if constexpr (complex_number<T>) {
    using real = typename T::value_type;
    if constexpr (std::is_same_v<real, float>)
      return MPI_CXX_FLOAT_COMPLEX;
    else if constexpr (std::is_same_v<real, double>)
      return MPI_CXX_DOUBLE_COMPLEX;
    else
      return MPI_CXX_LONG_DOUBLE_COMPLEX;
  } else if constexpr (is_location_pair<T>) {
    using value = typename T::first_type;
    if constexpr (std::is_same_v<value, short>)
      return MPI_SHORT_INT;
    else if constexpr (std::is_same_v<value, int>)
      return MPI_2INT;
    else if constexpr (std::is_same_v<value, long>)
      return MPI_LONG_INT;
    else if constexpr (std::is_same_v<value, float>)
      return MPI_FLOAT_INT;
    else if constexpr (std::is_same_v<value, double>)
      return MPI_DOUBLE_INT;
    else
      return MPI_LONG_DOUBLE_INT;
  } else
    return MPI_DATATYPE_NULL;
}

template <class T>
inline constexpr bool has_predefined_datatype =
    std::is_arithmetic_v<T> || std::is_enum_v<T> || complex_number<T> || is_location_pair<T>;

/// The one committed datatype of a C++ type: `make()` at its first use, and kept until finalize.
template <class Make>
MPI_Datatype kept_datatype(std::atomic<MPI_Datatype>& made, Make&& make) {
  if (const MPI_Datatype found = made.load(std::memory_order_acquire); found != MPI_DATATYPE_NULL)
    return found;
  process_state& state = running();
  const lock_guard lock(state.starting);
  if (made.load() == MPI_DATATYPE_NULL) {
    MPI_Datatype fresh = make();
    check(MPI_Type_commit(&fresh), "MPI_Type_commit");
    state.kept_types.push_back(fresh);
    made.store(fresh, std::memory_order_release);
  }
  return made.load();
}

/// An aggregate is a run of bytes.
template <class T>
MPI_Datatype aggregate_datatype() {
  static std::atomic<MPI_Datatype> made = MPI_DATATYPE_NULL;
  return kept_datatype(made, [] {
    MPI_Datatype fresh = MPI_DATATYPE_NULL;
    check(MPI_Type_contiguous(static_cast<int>(sizeof(T)), MPI_BYTE, &fresh),
          "MPI_Type_contiguous");
    return fresh;
  });
}

/// The datatype of a T in a buffer.
template <class T>
inline MPI_Datatype datatype_of() {
  if constexpr (has_predefined_datatype<T>)
    return predefined_datatype<T>();
  else
    return aggregate_datatype<T>();
}

// ---- an aggregate as an MPI struct type

/// The members of a struct type, one after another.
class struct_members {
 public:
  explicit struct_members(const std::byte* begin, std::size_t size) : begin_(begin), size_(size) {}
  void add(const void* member, std::size_t size, std::size_t count, MPI_Datatype type) {
    const auto offset = static_cast<const std::byte*>(member) - begin_;
    // a bit-field has no address: what stands for it lies elsewhere
    if (offset < 0 || static_cast<std::size_t>(offset) + size > size_)
      raise(
          MPI_ERR_TYPE,
          "an aggregate with bit-fields has no MPI struct type, since they have no addresses: use "
          "Datatype::of<T>(), which takes it as bytes");
    lengths_.push_back(static_cast<int>(count));
    offsets_.push_back(offset);
    types_.push_back(type);
  }
  [[gnu::cold]] MPI_Datatype make() const {
    MPI_Datatype members = MPI_DATATYPE_NULL, whole = MPI_DATATYPE_NULL;
    check(MPI_Type_create_struct(static_cast<int>(lengths_.size()), lengths_.data(),
                                 offsets_.data(), types_.data(), &members),
          "MPI_Type_create_struct");
    const int made = MPI_Type_create_resized(members, 0, static_cast<MPI_Aint>(size_), &whole);
    MPI_Type_free(&members);
    check(made, "MPI_Type_create_resized");
    return whole;
  }

 private:
  const std::byte* begin_;
  std::size_t size_;
  std::vector<int> lengths_;
  std::vector<MPI_Aint> offsets_;
  std::vector<MPI_Datatype> types_;
};

template <class T>
MPI_Datatype struct_datatype();

template <class T>
void add_member(struct_members& members, const T& member) {
  using element = typename flattened<T>::type;
  if constexpr (!std::is_empty_v<element>)
    members.add(std::addressof(member), sizeof(T), flattened<T>::count, struct_datatype<element>());
}

/// The predefined datatype of a scalar; the struct type of an aggregate, from its members.
template <class T>
MPI_Datatype struct_datatype() {
  if constexpr (std::is_enum_v<T>) {
    return struct_datatype<std::underlying_type_t<T>>();
  } else if constexpr (std::is_same_v<T, long> || std::is_same_v<T, unsigned long>) {
    // by its size: MPI's representation for all machines has 32 bits for an MPI_LONG
    if constexpr (sizeof(T) == 8)
      return std::is_signed_v<T> ? MPI_INT64_T : MPI_UINT64_T;
    else
      return std::is_signed_v<T> ? MPI_INT32_T : MPI_UINT32_T;
  } else if constexpr (std::is_same_v<T, wchar_t>) {
    return sizeof(T) == 4 ? MPI_UINT32_T : MPI_UINT16_T;
  } else if constexpr (has_predefined_datatype<T>) {
    return predefined_datatype<T>();
  } else {
    static_assert(reflectable_aggregate<T>,
                  "mpi4cxx: an MPI struct type needs to know the members: this class is no "
                  "aggregate, or has a base class; use Datatype::of<T>(), which takes it as bytes");
    static std::atomic<MPI_Datatype> made = MPI_DATATYPE_NULL;
    if constexpr (reflectable_aggregate<T>) {
      if (const auto found = made.load(std::memory_order_acquire); found != MPI_DATATYPE_NULL)
        return found;
      // of this T only the addresses of its members are looked at
      alignas(T) static std::byte storage[sizeof(T)];
      struct_members members(storage, sizeof(T));
      with_members(*std::launder(reinterpret_cast<const T*>(storage)),
                   [&](const auto&... member) { (add_member(members, member), ...); });
      return kept_datatype(made, [&] { return members.make(); });
    }
  }
}

}  // namespace detail

template <class T>
Datatype Datatype::of(as_struct_t) {
  using element = typename detail::flattened<T>::type;
  static_assert(
      detail::buffer_element<element>,
      "mpi4cxx: this type has no MPI datatype: it is not trivially copyable, or holds a pointer");
  return Datatype(detail::raw_handle, detail::struct_datatype<element>());
}

template <class T>
Datatype Datatype::of() {
  static_assert(
      detail::buffer_element<T>,
      "mpi4cxx: this type has no MPI datatype: it is not trivially copyable, or holds a pointer");
  return Datatype(detail::raw_handle, detail::datatype_of<T>());
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
