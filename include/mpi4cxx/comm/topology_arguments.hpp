// SPDX-License-Identifier: MIT
// What the calls that make topologies take.
#pragma once

#include <mpi4cxx/buffer/vector_buffer.hpp>
#include <mpi4cxx/handle/info.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// The weights of a graph without weights: of all its ranks, or of none.
struct Unweighted_t {};
inline constexpr Unweighted_t UNWEIGHTED;
/// The weights of a rank without neighbours, in a graph that has weights elsewhere.
struct WeightsEmpty_t {};
inline constexpr WeightsEmpty_t WEIGHTS_EMPTY;

namespace detail {

/// One flag for all dimensions, or a range of flags, one for each. None given: all false.
class flag_list {
 public:
  flag_list() = default;
  template <std::same_as<bool> T>
  flag_list(T all) : all_(all) {}
  flag_list(std::initializer_list<bool> flags) : flags_(flags.begin(), flags.end()) {}
  template <std::ranges::input_range Range>
  requires std::integral<std::ranges::range_value_t<Range>> flag_list(const Range& range) {
    for (const bool flag : range) flags_.push_back(flag);
  }

  /// As MPI takes them. `what` they are, for the sentence where their number is wrong.
  std::vector<int> values(std::size_t dimensions, const char* what) const {
    if (flags_.empty()) return std::vector<int>(dimensions, all_);
    if (flags_.size() != dimensions)
      raise(MPI_ERR_ARG, formatted("{} {} were given for a topology of {} dimensions",
                                   {flags_.size(), what, dimensions}));
    return flags_;
  }

 private:
  bool all_ = false;
  std::vector<int> flags_;
};

/// Neighbours: a range of ranks; MPI::None is none.
class neighbor_list : public integer_list {
 public:
  using integer_list::integer_list;
  neighbor_list(None_t) {}
};

/// Weights: a range of ints, MPI::UNWEIGHTED (as is MPI::None), or MPI::WEIGHTS_EMPTY.
class weight_list {
 public:
  weight_list() = default;
  weight_list(None_t) {}
  weight_list(Unweighted_t) {}
  weight_list(WeightsEmpty_t) : is_weighted_(true) {}
  weight_list(std::initializer_list<int> weights) : is_weighted_(true), list_(weights) {}
  template <std::ranges::input_range Range>
  requires std::constructible_from<integer_list, const Range&> weight_list(const Range& range)
      : is_weighted_(true), list_(range) {}

  bool is_weighted() const noexcept { return is_weighted_; }
  /// As MPI takes them. Throws where there are not as many as neighbours.
  const int* data(std::size_t neighbors, const char* of) const {
    if (!is_weighted_) return MPI_UNWEIGHTED;
    if (list_.values().size() != neighbors)
      raise(MPI_ERR_ARG,
            formatted("{} weights were given for {} {}", {list_.values().size(), neighbors, of}));
    return neighbors == 0 ? MPI_WEIGHTS_EMPTY : list_.values().data();
  }

 private:
  bool is_weighted_ = false;
  integer_list list_;
};

struct cart_arguments {
  flag_list periods = {};
  bool reorder = false;
};
struct shift_arguments {
  integer direction, disp;
};
struct cart_map_arguments {
  flag_list periods = {};
};
struct graph_arguments {
  bool reorder = false;
};
struct dist_graph_arguments {
  weight_list weights = {};
  Info info = {};
  bool reorder = false;
};
struct dist_graph_adjacent_arguments {
  weight_list sourceweights = {};
  weight_list destweights = {};
  Info info = {};
  bool reorder = false;
};

}  // namespace detail
}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
