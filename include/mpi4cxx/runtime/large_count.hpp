// SPDX-License-Identifier: MIT
// Counts beyond 2^31: MPI 4 has functions for them, MPI 3 takes them as counts of larger elements.
#pragma once

#include <mpi4cxx/runtime/error.hpp>

#include <climits>
#include <tuple>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// The largest count that MPI's functions with int counts are called with. Tests lower it, so that
/// the ways beyond it are taken with little memory.
inline MPI_Count largest_count = INT_MAX;

/// A count in a call: an int where the function takes one, else an MPI_Count.
struct call_count {
  MPI_Count value;
  constexpr operator int() const noexcept { return static_cast<int>(value); }
  constexpr operator MPI_Count() const noexcept { return value; }
};

/// An array of counts (Wide: MPI_Count) or displacements (MPI_Aint), one for each rank. `wide` is
/// null where all fit into ints.
template <class Wide>
struct call_array {
  const int* narrow;
  const Wide* wide;
  constexpr operator const int*() const noexcept { return narrow; }
  constexpr operator const Wide*() const noexcept { return wide; }
};

template <class T>
inline constexpr bool is_count = false;
template <>
inline constexpr bool is_count<call_count> = true;
template <class Wide>
inline constexpr bool is_count<call_array<Wide>> = true;

inline bool is_large(call_count count) noexcept {
  return count.value > largest_count;
}
template <class Wide>
bool is_large(const call_array<Wide>& array) noexcept {
  return array.wide != nullptr;
}
template <class T>
constexpr bool is_large(const T&) noexcept {
  return false;
}

[[noreturn]] [[gnu::cold]] inline void too_large() {
  raise(MPI_ERR_COUNT,
        "a count above 2147483647 elements is beyond this call with this MPI library: send it in "
        "pieces, or as elements of a larger datatype");
}

// MPICH 4.0's functions with large counts are there for files and windows as well, but assert that
// the counts are small, or crash.
#if MPI_VERSION < 4 || (defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 40100000)
#define MPI4CXX_SOME_COUNT_IN_INTS 1
#else
#define MPI4CXX_SOME_COUNT_IN_INTS 0
#endif

#if MPI4CXX_SOME_COUNT_IN_INTS
/// A datatype of `count` elements in a row, which are more than an int counts, `start` bytes away.
class large_element {
 public:
  large_element() = default;
  large_element(MPI_Count count, MPI_Datatype type, MPI_Aint start = 0) {
    const auto blocks = static_cast<int>(count / largest_count);
    const auto rest = static_cast<int>(count % largest_count);
    const auto length = static_cast<int>(largest_count);
    MPI_Aint lower = 0, extent = 0;
    check(MPI_Type_get_extent(type, &lower, &extent), "MPI_Type_get_extent");
    MPI_Datatype parts[2];
    check(MPI_Type_vector(blocks, length, length, type, &parts[0]), "MPI_Type_vector");
    check(MPI_Type_contiguous(rest, type, &parts[1]), "MPI_Type_contiguous");
    const int lengths[2] = {1, 1};
    const MPI_Aint places[2] = {start, start + extent * blocks * length};
    check(MPI_Type_create_struct(2, lengths, places, parts, &made_), "MPI_Type_create_struct");
    check(MPI_Type_commit(&made_), "MPI_Type_commit");
    MPI_Type_free(&parts[0]);
    MPI_Type_free(&parts[1]);
  }
  large_element(const large_element&) = delete;
  large_element& operator=(large_element&& other) noexcept {
    std::swap(made_, other.made_);
    return *this;
  }
  /// MPI keeps it as long as calls under way need it.
  ~large_element() {
    if (made_ != MPI_DATATYPE_NULL) MPI_Type_free(&made_);
  }
  MPI_Datatype native() const noexcept { return made_; }
  MPI_Datatype release() noexcept { return std::exchange(made_, MPI_DATATYPE_NULL); }

 private:
  MPI_Datatype made_ = MPI_DATATYPE_NULL;
};

template <class Form, class... A, std::size_t... i>
int call_with_large_elements(std::tuple<A...> arguments, std::index_sequence<i...>) {
  large_element made[sizeof...(A)];
  const auto replace = [&]<std::size_t place>() {
    using argument = std::tuple_element_t<place, std::tuple<A...>>;
    if constexpr (std::is_same_v<argument, call_count>) {
      // the datatype follows its count
      call_count& count = std::get<place>(arguments);
      if (!is_large(count)) return;
      made[place] = large_element(count.value, std::get<place + 1>(arguments));
      std::get<place + 1>(arguments) = made[place].native();
      count.value = 1;
    } else if constexpr (is_count<argument>) {
      if (is_large(std::get<place>(arguments))) too_large();
    }
  };
  (replace.template operator()<i>(), ...);
  return Form::call(std::get<i>(arguments)...);
}

/// The call with elements so large that an int counts them.
template <class Form, class... A>
[[gnu::cold]] int call_with_large_elements(A... arguments) {
  return call_with_large_elements<Form>(std::tuple<A...>(arguments...),
                                        std::index_sequence_for<A...>());
}
#endif

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
