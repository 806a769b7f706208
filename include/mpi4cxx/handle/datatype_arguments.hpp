// SPDX-License-Identifier: MIT
// What the constructors of datatypes take: integers of any type and size, lists of them, and the
// packs of keyword arguments.
#pragma once

#include <mpi4cxx/runtime/integer.hpp>

#include <initializer_list>
#include <span>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// An integer argument of a datatype's constructor, from any integral type. It becomes what the MPI
/// function takes: an int, or an MPI_Count in its large form, or an MPI_Aint for bytes.
class large_integer {
 public:
  template <std::integral T>
  requires(!std::same_as<T, bool>) constexpr large_integer(T value)
      : value_(static_cast<MPI_Count>(value)) {
    if (!std::in_range<MPI_Count>(value)) [[unlikely]]
      out_of_range();
  }
  template <std::signed_integral T>
  constexpr operator T() const noexcept {
    return static_cast<T>(value_);
  }
  constexpr MPI_Count value() const noexcept { return value_; }
  constexpr bool is_large() const noexcept { return !std::in_range<int>(value_); }

 private:
  MPI_Count value_;
};

/// A list of these, from any range of integers: an array of whichever of the three is wanted.
class large_integer_list {
 public:
  large_integer_list() = default;
  large_integer_list(std::initializer_list<large_integer> values) {
    values_.reserve(values.size());
    for (const large_integer each : values) values_.push_back(each);
  }
  template <std::ranges::input_range Range>
  requires std::integral<std::ranges::range_value_t<Range>> large_integer_list(const Range& range) {
    for (const auto each : range) values_.push_back(large_integer(each));
  }

  std::size_t size() const noexcept { return values_.size(); }
  const std::vector<MPI_Count>& values() const noexcept { return values_; }
  bool is_large() const noexcept {
    for (const MPI_Count each : values_)
      if (!std::in_range<int>(each)) return true;
    return false;
  }
  template <class T>
  operator const T*() const {
    if constexpr (std::is_same_v<T, MPI_Count>) {
      return values_.data();
    } else {
      auto& copy = [this]() -> std::vector<T>& {
        if constexpr (std::is_same_v<T, int>)
          return ints_;
        else
          return addresses_;
      }();
      copy.clear();
      for (const MPI_Count each : values_) copy.push_back(static_cast<T>(each));
      return copy.data();
    }
  }

 private:
  std::vector<MPI_Count> values_;
  mutable std::vector<int> ints_;
  mutable std::vector<MPI_Aint> addresses_;
};

// The keyword arguments of the constructors.
struct vector_arguments {
  large_integer count, blocklength, stride;
};
struct indexed_arguments {
  large_integer_list blocklengths, displacements;
};
struct indexed_block_arguments {
  large_integer blocklength;
  large_integer_list displacements;
};
struct subarray_arguments {
  large_integer_list sizes, subsizes, starts;
  integer order = MPI_ORDER_C;
};
struct darray_arguments {
  integer size, rank;
  large_integer_list gsizes, distribs, dargs, psizes;
  integer order = MPI_ORDER_C;
};
struct resized_arguments {
  large_integer lb, extent;
};

/// A datatype's number of integers, addresses, counts and datatypes that it was made of.
struct datatype_envelope {
  MPI_Count integers = 0, addresses = 0, counts = 0, datatypes = 0;
  int combiner = MPI_COMBINER_NAMED;
};
[[noreturn]] [[gnu::cold]] inline void unequal_lists(std::size_t one, std::size_t other) {
  raise(MPI_ERR_ARG, formatted("the lists that make a datatype have different lengths: {} and {}",
                               {one, other}));
}
inline large_integer length_of(const large_integer_list& list) {
  return list.size();
}
inline large_integer length_of(const large_integer_list& one, const large_integer_list& other) {
  if (one.size() != other.size()) unequal_lists(one.size(), other.size());
  return one.size();
}
/// MPICH makes datatypes of parts that lie outside of their array.
[[gnu::cold]] inline void check_subarray(const subarray_arguments& pack) {
  length_of(pack.sizes, pack.subsizes);
  length_of(pack.sizes, pack.starts);
  for (std::size_t i = 0; i < pack.sizes.size(); ++i) {
    const MPI_Count size = pack.sizes.values()[i], part = pack.subsizes.values()[i],
                    start = pack.starts.values()[i];
    if (start < 0 || part < 0 || start > size - part)
      raise(MPI_ERR_ARG, formatted("dimension {} of a subarray: {} elements from {} do not lie "
                                   "within the {} of the array",
                                   {i, part, start, size}));
  }
}
[[noreturn]] [[gnu::cold]] inline void too_large_for_datatype(const char* function) {
  raise(MPI_ERR_COUNT,
        formatted("{}: a count above 2147483647 is beyond this MPI library, which is older than "
                  "MPI 4: nest two datatypes",
                  {function}));
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
