// SPDX-License-Identifier: MIT
// Integer parameters: any integral type or enum fits, in range.
#pragma once

#include <mpi4cxx/runtime/error.hpp>

#include <climits>
#include <concepts>
#include <type_traits>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

[[noreturn]] [[gnu::cold]] inline void out_of_range() {
  raise(MPI_ERR_ARG, "an integer argument is out of range: it does not fit a C int");
}

/// An int made from any integral type or enum, range-checked, so that `.dest = v.size()` fits
/// without narrowing. It has no default constructor: `{}` means the default keywords, not a rank of
/// 0.
class integer {
 public:
  template <class T>
  requires(std::integral<T> && !std::same_as<T, bool>) || std::is_enum_v<T> constexpr integer(
                                                              T value)
      : value_(static_cast<int>(value)) {
    if constexpr (std::is_enum_v<T>) {
      *this = integer(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (sizeof(T) >= sizeof(int)) {
      if (!std::in_range<int>(value)) [[unlikely]]
        out_of_range();
    }
  }
  constexpr operator int() const noexcept { return value_; }

 private:
  int value_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
