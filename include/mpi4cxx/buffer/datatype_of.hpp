// SPDX-License-Identifier: MIT
// The MPI datatype of a C++ type.
#pragma once

#include <mpi4cxx/handle/datatype.hpp>
#include <mpi4cxx/object/kind.hpp>

#include <atomic>
#include <utility>

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

/// An aggregate is a run of bytes: one committed type a C++ type, made at its first use and kept.
template <class T>
MPI_Datatype aggregate_datatype() {
  static std::atomic<MPI_Datatype> made = MPI_DATATYPE_NULL;
  if (const MPI_Datatype found = made.load(std::memory_order_acquire); found != MPI_DATATYPE_NULL)
    return found;
  process_state& state = running();
  const lock_guard lock(state.starting);
  if (made.load() == MPI_DATATYPE_NULL) {
    MPI_Datatype fresh = MPI_DATATYPE_NULL;
    check(MPI_Type_contiguous(static_cast<int>(sizeof(T)), MPI_BYTE, &fresh),
          "MPI_Type_contiguous");
    check(MPI_Type_commit(&fresh), "MPI_Type_commit");
    state.kept_types.push_back(fresh);
    made.store(fresh, std::memory_order_release);
  }
  return made.load();
}

/// The datatype of a T in a buffer.
template <class T>
inline MPI_Datatype datatype_of() {
  if constexpr (has_predefined_datatype<T>)
    return predefined_datatype<T>();
  else
    return aggregate_datatype<T>();
}

}  // namespace detail

template <class T>
Datatype Datatype::of() {
  static_assert(
      detail::buffer_element<T>,
      "mpi4cxx: this type has no MPI datatype: it is not trivially copyable, or holds a pointer");
  return Datatype(detail::raw_handle, detail::datatype_of<T>());
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
