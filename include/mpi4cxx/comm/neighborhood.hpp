// SPDX-License-Identifier: MIT
// What all communicators with a topology share: who the neighbours of this rank are.
#pragma once

#include <mpi4cxx/comm/comm.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

// MPI libraries refuse null pointers, even to no elements at all.
inline const int* address_of(std::span<const int> list) noexcept {
  static constexpr int nothing = 0;
  return list.empty() ? &nothing : list.data();
}
inline std::vector<int> room_for(int count) {
  std::vector<int> room;
  room.reserve(static_cast<std::size_t>(count) + 1);
  room.resize(static_cast<std::size_t>(count));
  return room;
}

/// A communicator with a topology of any kind. A topology never changes, so its kind and the
/// degrees of this rank are asked for once.
class neighborhood : public Intracomm {
 public:
  neighborhood() = default;
  neighborhood(null_communicator) {}
  explicit neighborhood(comm_record* record) : Intracomm(record) { look(); }
  explicit neighborhood(const Comm& comm) : Intracomm(comm) { look(); }

  /// The number of neighbours that this rank receives from, and of those that it sends to. Of a
  /// cartesian topology both are two for each dimension, with or without a neighbour there. Local,
  /// no MPI call.
  std::pair<int, int> degrees() const {
    open();
    return {indegree_, outdegree_};
  }
  int indegree() const { return degrees().first; }
  int outdegree() const { return degrees().second; }

  /// The neighbours that this rank receives from, and those that it sends to, in the order of the
  /// blocks of neighbourhood collectives. Of a cartesian topology for each dimension the rank
  /// before and the rank behind, PROC_NULL where there is none. Local.
  /// Source: MPI_Cart_shift, MPI_Graph_neighbors or MPI_Dist_graph_neighbors.
  std::pair<std::vector<int>, std::vector<int>> inoutedges() const {
    const MPI_Comm raw = open().raw;
    std::vector<int> in = room_for(indegree_);
    if (kind_ == MPI_DIST_GRAPH) {
      std::vector<int> out = room_for(outdegree_);
      get_dist_neighbors(in, nullptr, out, nullptr);
      return {std::move(in), std::move(out)};
    }
    if (kind_ == MPI_CART)
      for (int d = 0; d < indegree_ / 2; ++d)
        check(MPI_Cart_shift(raw, d, 1, in.data() + 2 * d, in.data() + 2 * d + 1),
              "MPI_Cart_shift");
    else
      check(MPI_Graph_neighbors(raw, open().rank, indegree_, in.data()), "MPI_Graph_neighbors");
    return {in, in};
  }
  std::vector<int> inedges() const { return inoutedges().first; }
  std::vector<int> outedges() const { return inoutedges().second; }

 protected:
  /// Some rank comes more than once among the neighbours that this one receives from.
  bool has_repeated_source() const noexcept { return has_repeated_source_; }
  int kind() const noexcept { return kind_; }
  bool is_weighted() const noexcept { return is_weighted_; }

  /// Throws unless it is COMM_NULL or of this kind.
  void require(int kind, const char* name, const char* maker) const {
    if (*this && kind_ != kind)
      raise(MPI_ERR_TOPOLOGY,
            formatted("a {} cannot be made of a communicator with another topology: make one with "
                      "{}",
                      {name, maker}));
  }
  /// `in_weights` and `out_weights` are both null for a graph without weights.
  void get_dist_neighbors(std::vector<int>& in, int* in_weights, std::vector<int>& out,
                          int* out_weights) const {
    // MPI fills in weights whether they are wanted or not
    std::vector<int> spare;
    if (is_weighted_ && !in_weights && !out_weights) {
      spare = room_for(indegree_ + outdegree_);
      in_weights = spare.data();
      out_weights = spare.data() + in.size();
    }
    check(MPI_Dist_graph_neighbors(open().raw, indegree_, in.data(),
                                   is_weighted_ ? in_weights : MPI_UNWEIGHTED, outdegree_,
                                   out.data(), is_weighted_ ? out_weights : MPI_UNWEIGHTED),
          "MPI_Dist_graph_neighbors");
  }

 private:
  void look() {
    if (!*this) return;
    const MPI_Comm raw = open().raw;
    check(MPI_Topo_test(raw, &kind_), "MPI_Topo_test");
    if (kind_ == MPI_CART) {
      int dimensions = 0;
      check(MPI_Cartdim_get(raw, &dimensions), "MPI_Cartdim_get");
      indegree_ = outdegree_ = 2 * dimensions;
    } else if (kind_ == MPI_GRAPH) {
      check(MPI_Graph_neighbors_count(raw, open().rank, &indegree_), "MPI_Graph_neighbors_count");
      outdegree_ = indegree_;
    } else if (kind_ == MPI_DIST_GRAPH) {
      int weighted = 0;
      check(MPI_Dist_graph_neighbors_count(raw, &indegree_, &outdegree_, &weighted),
            "MPI_Dist_graph_neighbors_count");
      is_weighted_ = weighted != 0;
    } else {
      raise(MPI_ERR_TOPOLOGY,
            "this communicator has no topology: make one with Create_cart, Create_graph or "
            "Create_dist_graph_adjacent");
    }
    std::vector<int> sources = inedges();
    std::sort(sources.begin(), sources.end());
    for (std::size_t i = 1; i < sources.size(); ++i)
      if (sources[i] == sources[i - 1] && sources[i] != MPI_PROC_NULL) has_repeated_source_ = true;
  }

  int kind_ = MPI_UNDEFINED;
  int indegree_ = 0;
  int outdegree_ = 0;
  bool is_weighted_ = false;
  bool has_repeated_source_ = false;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
