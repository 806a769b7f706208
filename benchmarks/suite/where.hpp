// SPDX-License-Identifier: MIT
// Where a benchmark runs, and how it notices that something else arrived than was sent.
#pragma once

#include <mpi4cxx/mpi4cxx.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <vector>

namespace suite {

using namespace mpi4cxx;

struct Where {
  MPI::Intracomm comm = MPI::COMM_WORLD;
  MPI_Comm raw = comm.native();
  int rank = comm.rank();
  int size = comm.size();
  std::size_t ranks = static_cast<std::size_t>(size);
};

/// What all modes have: in their first call, which is not measured, they look at what arrives.
struct Checked {
  bool is_checking = false;

  void expect(bool is_right) const {
    if (!is_right) [[unlikely]]
      throw std::runtime_error("something else arrived than was sent");
  }
  template <class T>
  void check(const T& arrived, const T& sent) const {
    if (is_checking) expect(arrived == sent);
  }
  template <class T>
  void check_all(const std::vector<T>& arrived, std::size_t count, const T& sent) const {
    if (!is_checking) return;
    expect(arrived.size() == count);
    for (const T& one : arrived) expect(one == sent);
  }
};

/// The sum over all ranks of numbers that are 1, and of what has them.
inline double sum_of_ones(double, const Where& where) {
  return where.size;
}
inline std::vector<double> sum_of_ones(const std::vector<double>& ones, const Where& where) {
  return std::vector<double>(ones.size(), where.size);
}

template <class T>
concept Summable = requires(const T& value, const Where& where) {
  sum_of_ones(value, where);
};

}  // namespace suite
