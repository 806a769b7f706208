// SPDX-License-Identifier: MIT
// Communicators with a topology: a grid, a graph known to all ranks, a graph of which each rank
// knows its part.
#pragma once

#include <mpi4cxx/comm/neighbor_objects.hpp>

#include <tuple>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

namespace detail {

[[noreturn]] [[gnu::cold]] inline void raise_outside(const char* what, int rank, int size) {
  raise(MPI_ERR_RANK, formatted("{} {} is no rank of this communicator: its ranks are 0 to {}",
                                {what, rank, size - 1}));
}
inline void require_ranks(const integer_list& ranks, int size, const char* what) {
  for (const int rank : ranks.values())
    if (rank < 0 || rank >= size) [[unlikely]]
      raise_outside(what, rank, size);
}

}  // namespace detail

namespace detail {

/// Duplicates have the topology too, and so are of the same class. (What Split, Create and the like
/// make has none, and is an Intracomm.)
template <class Self, class Base>
class with_topology : public Base {
 public:
  using Base::Base;
  with_topology() = default;

  /// As those of Intracomm, with the same topology.
  Self Dup() const { return like(Intracomm::Dup()); }
  Self Dup(const Info& info) const { return like(Intracomm::Dup_with_info(info)); }
  Self Clone() const { return Dup(); }
  Self Dup_with_info(const Info& info) const { return like(Intracomm::Dup_with_info(info)); }
  std::pair<Self, Request> Idup() const { return like(Intracomm::Idup()); }
  std::pair<Self, Request> Idup(const Info& info) const {
    return like(Intracomm::Idup_with_info(info));
  }
  std::pair<Self, Request> Idup_with_info(const Info& info) const {
    return like(Intracomm::Idup_with_info(info));
  }

 protected:
  explicit with_topology(const Comm& comm) : Base(comm) {}

 private:
  Self like(Intracomm made) const {
    Self copy(static_cast<const Self&>(*this));
    copy.comm_handle::operator=(std::move(made));
    return copy;
  }
  std::pair<Self, Request> like(std::pair<Intracomm, Request> made) const {
    return {like(std::move(made.first)), std::move(made.second)};
  }
};

}  // namespace detail

/// A communicator with a topology of any kind, for its neighbourhood calls.
class Topocomm : public detail::with_topology<Topocomm, detail::neighbor_objects<>> {
 public:
  using with_topology::with_topology;
  /// COMM_NULL.
  Topocomm() = default;
  /// The topology of a communicator that has one, else Exception (ERR_TOPOLOGY). Local.
  explicit Topocomm(const Comm& comm) : with_topology(comm) {}
};

/// The ranks of a grid, in row-major order of their coordinates.
class Cartcomm : public detail::with_topology<Cartcomm, Topocomm> {
 public:
  using with_topology::with_topology;
  /// COMM_NULL.
  Cartcomm() = default;
  /// The grid of a communicator that has one, else Exception (ERR_TOPOLOGY). Local.
  explicit Cartcomm(const Comm& comm) : with_topology(comm) {
    require(MPI_CART, "Cartcomm", "Create_cart");
  }

  /// The number of dimensions. No MPI call.
  int Get_dim() const { return outdegree() / 2; }
  int dim() const { return Get_dim(); }
  int ndim() const { return Get_dim(); }

  /// The extent of each dimension, whether it is periodic (1 or 0), and this rank's coordinates.
  /// Local. Source: MPI_Cart_get.
  ///
  ///     auto [dims, periods, coords] = grid.Get_topo();
  std::tuple<std::vector<int>, std::vector<int>, std::vector<int>> Get_topo() const {
    std::tuple<std::vector<int>, std::vector<int>, std::vector<int>> topology{list(), list(),
                                                                              list()};
    auto& [dims, periods, coords] = topology;
    detail::check(MPI_Cart_get(open().raw, Get_dim(), dims.data(), periods.data(), coords.data()),
                  "MPI_Cart_get");
    for (int& period : periods) period = period != 0;
    return topology;
  }
  auto topo() const { return Get_topo(); }
  std::vector<int> dims() const { return std::get<0>(Get_topo()); }
  std::vector<int> periods() const { return std::get<1>(Get_topo()); }
  /// The coordinates of this rank. Local. Source: MPI_Cart_coords.
  std::vector<int> coords() const { return Get_coords(Get_rank()); }

  /// The rank at these coordinates; outside of a periodic dimension they wrap around. Local.
  /// Throws Exception (ERR_ARG) outside of one that is not. Source: MPI_Cart_rank.
  int Get_cart_rank(detail::integer_list coords) const {
    const std::span<const int> given = coords.values();
    require_dimensions(given.size(), "coordinates");
    int rank = MPI_PROC_NULL;
    if (const int error = MPI_Cart_rank(open().raw, detail::address_of(given), &rank);
        error != MPI_SUCCESS)
      raise_outside(given, error);
    return rank;
  }
  /// The coordinates of a rank. Local. Throws Exception (ERR_RANK). Source: MPI_Cart_coords.
  std::vector<int> Get_coords(detail::integer rank) const {
    if (rank < 0 || rank >= open().size) detail::raise_outside("rank", rank, open().size);
    std::vector<int> coords = list();
    detail::check(MPI_Cart_coords(open().raw, rank, Get_dim(), coords.data()), "MPI_Cart_coords");
    return coords;
  }

  /// For a shift of all data by `disp` along a dimension: the rank that this one receives from, and
  /// the rank that it sends to; PROC_NULL beyond the border of a dimension that is not periodic.
  /// Local. Throws Exception (ERR_DIMS). Source: MPI_Cart_shift.
  ///
  ///     auto [source, dest] = grid.Shift(0, 1);
  std::pair<int, int> Shift(detail::integer direction, detail::integer disp) const {
    if (direction < 0 || direction >= Get_dim())
      detail::raise(MPI_ERR_DIMS,
                    detail::formatted("there is no dimension {} to shift along: they are counted "
                                      "from 0, and this topology has {}",
                                      {int{direction}, Get_dim()}));
    std::pair<int, int> peers;
    detail::check(MPI_Cart_shift(open().raw, direction, disp, &peers.first, &peers.second),
                  "MPI_Cart_shift");
    return peers;
  }
  std::pair<int, int> Shift(detail::shift_arguments pack) const {
    return Shift(pack.direction, pack.disp);
  }

  /// The slice of the grid that this rank is in: of the dimensions whose flag is true, with the
  /// coordinates of the others as they are. Collective. Source: MPI_Cart_sub.
  ///
  ///     auto row = grid.Sub({false, true});
  Cartcomm Sub(detail::flag_list remain_dims, place where = place::here()) const {
    const detail::collective_call inside(this->open(), "Sub", where);
    const std::vector<int> flags = remain_dims.values(static_cast<std::size_t>(Get_dim()), "flags");
    if (std::find(flags.begin(), flags.end(), 1) == flags.end()) {
      // each rank alone, in no dimension; MPICH 4.0 makes that on rank 0 only
      const int no_dims = 0;
      return Cartcomm(make("MPI_Cart_create", [&](MPI_Comm* made) {
        return MPI_Cart_create(MPI_COMM_SELF, 0, &no_dims, &no_dims, 0, made);
      }));
    }
    return Cartcomm(make("MPI_Cart_sub", [&](MPI_Comm* made) {
      return MPI_Cart_sub(open().raw, flags.data(), made);
    }));
  }

 private:
  std::vector<int> list() const { return detail::room_for(Get_dim()); }
  void require_dimensions(std::size_t given, const char* what) const {
    if (given != static_cast<std::size_t>(Get_dim()))
      detail::raise(MPI_ERR_ARG,
                    detail::formatted("{} {} were given for a topology of {} dimensions",
                                      {given, what, Get_dim()}));
  }
  [[noreturn]] [[gnu::cold]] void raise_outside(std::span<const int> coords, int error) const {
    const auto [dims, periods, mine] = Get_topo();
    for (std::size_t i = 0; i < coords.size(); ++i)
      if (!periods[i] && (coords[i] < 0 || coords[i] >= dims[i]))
        detail::raise(MPI_ERR_ARG,
                      detail::formatted("coordinate {} lies outside of dimension {}, which is not "
                                        "periodic: its coordinates are 0 to {}",
                                        {coords[i], i, dims[i] - 1}));
    detail::raise_from_mpi(error, "MPI_Cart_rank");
  }
};

/// A graph that every rank knows as a whole.
class Graphcomm : public detail::with_topology<Graphcomm, Topocomm> {
 public:
  using with_topology::with_topology;
  /// COMM_NULL.
  Graphcomm() = default;
  /// The graph of a communicator that has one, else Exception (ERR_TOPOLOGY). Local.
  explicit Graphcomm(const Comm& comm) : with_topology(comm) {
    require(MPI_GRAPH, "Graphcomm", "Create_graph");
  }

  /// The number of nodes and of edges. Local. Source: MPI_Graphdims_get.
  std::pair<int, int> Get_dims() const {
    std::pair<int, int> found;
    detail::check(MPI_Graphdims_get(open().raw, &found.first, &found.second), "MPI_Graphdims_get");
    return found;
  }
  std::pair<int, int> dims() const { return Get_dims(); }
  int nnodes() const { return Get_dims().first; }
  int nedges() const { return Get_dims().second; }

  /// The graph: for each node where the neighbours of the next one begin, and the neighbours of all
  /// nodes, one behind the other. Local. Source: MPI_Graph_get.
  std::pair<std::vector<int>, std::vector<int>> Get_topo() const {
    const auto [nodes, edges] = Get_dims();
    std::pair<std::vector<int>, std::vector<int>> graph{detail::room_for(nodes),
                                                        detail::room_for(edges)};
    detail::check(MPI_Graph_get(open().raw, nodes, edges, graph.first.data(), graph.second.data()),
                  "MPI_Graph_get");
    return graph;
  }
  std::pair<std::vector<int>, std::vector<int>> topo() const { return Get_topo(); }
  std::vector<int> index() const { return Get_topo().first; }
  std::vector<int> edges() const { return Get_topo().second; }

  /// How many neighbours a rank has. Local. Throws Exception (ERR_RANK).
  /// Source: MPI_Graph_neighbors_count.
  int Get_neighbors_count(detail::integer rank) const {
    if (rank < 0 || rank >= open().size) detail::raise_outside("rank", rank, open().size);
    int count = 0;
    detail::check(MPI_Graph_neighbors_count(open().raw, rank, &count), "MPI_Graph_neighbors_count");
    return count;
  }
  /// The neighbours of a rank. Local. Throws Exception (ERR_RANK). Source: MPI_Graph_neighbors.
  std::vector<int> Get_neighbors(detail::integer rank) const {
    const int count = Get_neighbors_count(rank);
    std::vector<int> found = detail::room_for(count);
    detail::check(MPI_Graph_neighbors(open().raw, rank, count, found.data()),
                  "MPI_Graph_neighbors");
    return found;
  }
  /// Those of this rank.
  int nneighbors() const { return outdegree(); }
  std::vector<int> neighbors() const { return outedges(); }
};

/// A graph of which each rank knows its own neighbours.
class Distgraphcomm : public detail::with_topology<Distgraphcomm, Topocomm> {
 public:
  using with_topology::with_topology;
  /// COMM_NULL.
  Distgraphcomm() = default;
  /// The graph of a communicator that has one, else Exception (ERR_TOPOLOGY). Local.
  explicit Distgraphcomm(const Comm& comm) : with_topology(comm) {
    require(MPI_DIST_GRAPH, "Distgraphcomm", "Create_dist_graph_adjacent");
  }

  /// From how many ranks this one receives, to how many it sends, and whether the graph has
  /// weights. No MPI call.
  std::tuple<int, int, bool> Get_dist_neighbors_count() const {
    return {indegree(), outdegree(), is_weighted()};
  }
  /// The ranks that this one receives from, those that it sends to, and the weights of both;
  /// nullopt for a graph without weights. Local. Source: MPI_Dist_graph_neighbors.
  ///
  ///     auto [sources, destinations, weights] = graph.Get_dist_neighbors();
  std::tuple<std::vector<int>, std::vector<int>,
             std::optional<std::pair<std::vector<int>, std::vector<int>>>>
  Get_dist_neighbors() const {
    const auto [in, out] = degrees();
    std::vector<int> sources = detail::room_for(in);
    std::vector<int> destinations = detail::room_for(out);
    if (!is_weighted()) {
      get_dist_neighbors(sources, nullptr, destinations, nullptr);
      return {std::move(sources), std::move(destinations), std::nullopt};
    }
    std::pair<std::vector<int>, std::vector<int>> weights{detail::room_for(in),
                                                          detail::room_for(out)};
    get_dist_neighbors(sources, weights.first.data(), destinations, weights.second.data());
    return {std::move(sources), std::move(destinations), std::move(weights)};
  }
};

// ---- what makes them

namespace detail {

/// The places of a grid. Throws where it cannot be: an extent that is not positive, or more places
/// than ranks.
inline int require_grid(const integer_list& dims, int size) {
  long long places = 1;
  for (const int extent : dims.values()) {
    if (extent <= 0)
      raise(MPI_ERR_DIMS, formatted("a dimension of {} ranks cannot be: give a positive number, or "
                                    "let Compute_dims find one",
                                    {extent}));
    places *= extent;
    if (places > size)
      raise(MPI_ERR_DIMS,
            formatted("these dimensions need more ranks than the {} of this communicator: "
                      "Compute_dims finds some that fit",
                      {size}));
  }
  return static_cast<int>(places);
}

/// A graph as MPI takes it. An index of size + 1 numbers that begins with 0 is one with a place
/// for the first node, too.
struct graph_view {
  graph_view(const integer_list& given, const integer_list& given_edges, int size)
      : index(given.values()), edges(given_edges.values()) {
    if (index.size() == static_cast<std::size_t>(size) + 1 && index[0] == 0)
      index = index.subspan(1);
    if (index.size() > static_cast<std::size_t>(size))
      raise(MPI_ERR_ARG, formatted("a graph of {} nodes needs more ranks than the {} of this "
                                   "communicator",
                                   {index.size(), size}));
    int last = 0;
    for (const int end : index) {
      if (end < last) raise(MPI_ERR_ARG, "the index of a graph cannot decrease");
      last = end;
    }
    if (static_cast<std::size_t>(last) != edges.size())
      raise(MPI_ERR_ARG, formatted("the index of the graph ends with {}, but {} edges were given",
                                   {last, edges.size()}));
    for (const int node : edges)
      if (node < 0 || static_cast<std::size_t>(node) >= index.size())
        raise(MPI_ERR_ARG,
              formatted("an edge to node {} in a graph of {} nodes", {node, index.size()}));
  }
  int nodes() const { return static_cast<int>(index.size()); }
  std::span<const int> index, edges;
};

}  // namespace detail

inline Cartcomm Intracomm::Create_cart(detail::integer_list dims, detail::cart_arguments pack,
                                       place where) const {
  const detail::collective_call inside(open(), "Create_cart", where);
  detail::require_grid(dims, open().size);
  const std::vector<int> periods = pack.periods.values(dims.values().size(), "periods");
  return Cartcomm(make("MPI_Cart_create", [&](MPI_Comm* made) {
    return MPI_Cart_create(open().raw, static_cast<int>(periods.size()),
                           detail::address_of(dims.values()), detail::address_of(periods),
                           pack.reorder, made);
  }));
}
template <class Flags>
requires std::constructible_from<detail::flag_list, const Flags&> Cartcomm
Intracomm::Create_cart(detail::integer_list dims, const Flags& periods, bool reorder, place where)
const {
  return Create_cart(std::move(dims), detail::cart_arguments{periods, reorder}, where);
}
template <std::integral Flag>
Cartcomm Intracomm::Create_cart(detail::integer_list dims, std::initializer_list<Flag> periods,
                                bool reorder, place where) const {
  return Create_cart(std::move(dims), detail::flag_list(periods), reorder, where);
}

inline Graphcomm Intracomm::Create_graph(detail::integer_list index, detail::integer_list edges,
                                         detail::graph_arguments pack, place where) const {
  const detail::collective_call inside(open(), "Create_graph", where);
  const detail::graph_view graph(index, edges, open().size);
  return Graphcomm(make("MPI_Graph_create", [&](MPI_Comm* made) {
    return MPI_Graph_create(open().raw, graph.nodes(), detail::address_of(graph.index),
                            detail::address_of(graph.edges), pack.reorder, made);
  }));
}
inline Graphcomm Intracomm::Create_graph(detail::integer_list index, detail::integer_list edges,
                                         bool reorder, place where) const {
  return Create_graph(std::move(index), std::move(edges), detail::graph_arguments{reorder}, where);
}

inline Distgraphcomm Intracomm::Create_dist_graph_adjacent(
    detail::neighbor_list sources, detail::neighbor_list destinations,
    detail::dist_graph_adjacent_arguments pack, place where) const {
  const detail::collective_call inside(open(), "Create_dist_graph_adjacent", where);
  const auto in = sources.values(), out = destinations.values();
  detail::require_ranks(sources, open().size, "source");
  detail::require_ranks(destinations, open().size, "destination");
  // a side without neighbours needs no weights to be one of a graph with weights
  if (pack.sourceweights.is_weighted() && out.empty() && !pack.destweights.is_weighted())
    pack.destweights = WEIGHTS_EMPTY;
  if (pack.destweights.is_weighted() && in.empty() && !pack.sourceweights.is_weighted())
    pack.sourceweights = WEIGHTS_EMPTY;
  if (pack.sourceweights.is_weighted() != pack.destweights.is_weighted())
    detail::raise(MPI_ERR_ARG,
                  "a graph has weights on both sides or on none: give both sourceweights and "
                  "destweights");
  const int* const in_weights = pack.sourceweights.data(in.size(), "sources");
  const int* const out_weights = pack.destweights.data(out.size(), "destinations");
  return Distgraphcomm(make("MPI_Dist_graph_create_adjacent", [&](MPI_Comm* made) {
    return MPI_Dist_graph_create_adjacent(open().raw, static_cast<int>(in.size()),
                                          detail::address_of(in), in_weights,
                                          static_cast<int>(out.size()), detail::address_of(out),
                                          out_weights, pack.info.native(), pack.reorder, made);
  }));
}
inline Distgraphcomm Intracomm::Create_dist_graph_adjacent(detail::neighbor_list sources,
                                                           detail::neighbor_list destinations,
                                                           const detail::weight_list& sourceweights,
                                                           const detail::weight_list& destweights,
                                                           const Info& info, bool reorder,
                                                           place where) const {
  return Create_dist_graph_adjacent(
      std::move(sources), std::move(destinations),
      detail::dist_graph_adjacent_arguments{sourceweights, destweights, info, reorder}, where);
}

inline Distgraphcomm Intracomm::Create_dist_graph(detail::neighbor_list sources,
                                                  detail::integer_list degrees,
                                                  detail::neighbor_list destinations,
                                                  detail::dist_graph_arguments pack,
                                                  place where) const {
  const detail::collective_call inside(open(), "Create_dist_graph", where);
  const auto from = sources.values(), counts = degrees.values(), to = destinations.values();
  detail::require_ranks(sources, open().size, "source");
  detail::require_ranks(destinations, open().size, "destination");
  if (from.size() != counts.size())
    detail::raise(MPI_ERR_ARG, detail::formatted("{} degrees were given for {} sources",
                                                 {counts.size(), from.size()}));
  long long sum = 0;
  for (const int count : counts) {
    if (count < 0) detail::raise(MPI_ERR_ARG, detail::formatted("a degree of {}", {count}));
    sum += count;
  }
  if (sum != static_cast<long long>(to.size()))
    detail::raise(MPI_ERR_ARG,
                  detail::formatted("the degrees add up to {}, but {} destinations were given",
                                    {sum, to.size()}));
  const int* const weights = pack.weights.data(to.size(), "destinations");
  return Distgraphcomm(make("MPI_Dist_graph_create", [&](MPI_Comm* made) {
    return MPI_Dist_graph_create(open().raw, static_cast<int>(from.size()),
                                 detail::address_of(from), detail::address_of(counts),
                                 detail::address_of(to), weights, pack.info.native(), pack.reorder,
                                 made);
  }));
}
template <class Weights>
requires std::constructible_from<detail::weight_list, const Weights&> Distgraphcomm
Intracomm::Create_dist_graph(detail::neighbor_list sources, detail::integer_list degrees,
                             detail::neighbor_list destinations, const Weights& weights,
                             const Info& info, bool reorder, place where)
const {
  return Create_dist_graph(std::move(sources), std::move(degrees), std::move(destinations),
                           detail::dist_graph_arguments{weights, info, reorder}, where);
}
template <std::integral Weight>
Distgraphcomm Intracomm::Create_dist_graph(detail::neighbor_list sources,
                                           detail::integer_list degrees,
                                           detail::neighbor_list destinations,
                                           std::initializer_list<Weight> weights, const Info& info,
                                           bool reorder, place where) const {
  return Create_dist_graph(std::move(sources), std::move(degrees), std::move(destinations),
                           detail::dist_graph_arguments{weights, info, reorder}, where);
}

inline int Intracomm::Cart_map(detail::integer_list dims, detail::cart_map_arguments pack) const {
  const int places = detail::require_grid(dims, open().size);
  const std::vector<int> periods = pack.periods.values(dims.values().size(), "periods");
  int rank = MPI_UNDEFINED;
  detail::check(MPI_Cart_map(open().raw, static_cast<int>(periods.size()),
                             detail::address_of(dims.values()), detail::address_of(periods), &rank),
                "MPI_Cart_map");
  return rank < places ? rank : MPI_UNDEFINED;  // Open MPI 4.1 gives every rank its own
}
template <class Flags>
requires std::constructible_from<detail::flag_list, const Flags&>
int Intracomm::Cart_map(detail::integer_list dims, const Flags& periods) const {
  return Cart_map(std::move(dims), detail::cart_map_arguments{periods});
}
template <std::integral Flag>
int Intracomm::Cart_map(detail::integer_list dims, std::initializer_list<Flag> periods) const {
  return Cart_map(std::move(dims), detail::flag_list(periods));
}

inline int Intracomm::Graph_map(detail::integer_list index, detail::integer_list edges) const {
  const detail::graph_view graph(index, edges, open().size);
  int rank = MPI_UNDEFINED;
  detail::check(MPI_Graph_map(open().raw, graph.nodes(), detail::address_of(graph.index),
                              detail::address_of(graph.edges), &rank),
                "MPI_Graph_map");
  return rank < graph.nodes() ? rank : MPI_UNDEFINED;
}

/// Extents of a grid of `nnodes` ranks, as equal as they can be, the larger ones first: for a
/// number of dimensions, or for a list of extents in which those that are 0 are filled in. Local.
/// Throws Exception (ERR_DIMS) where there are none. Source: MPI_Dims_create.
///
///     auto grid = comm.Create_cart(MPI::Compute_dims(comm.size(), 2), {.periods = true});
inline std::vector<int> Compute_dims(detail::integer nnodes, detail::integer_list dims) {
  std::vector<int> extents = detail::room_for(static_cast<int>(dims.values().size()));
  std::copy(dims.values().begin(), dims.values().end(), extents.begin());
  detail::running();
  long long given = 1;
  for (const int extent : extents) {
    if (extent < 0) detail::raise(MPI_ERR_DIMS, detail::formatted("a dimension of {}", {extent}));
    if (extent > 0) given = std::min<long long>(given * extent, INT_MAX);
  }
  const bool is_fixed = std::find(extents.begin(), extents.end(), 0) == extents.end();
  if (nnodes <= 0 || nnodes % given != 0 || (is_fixed && given != nnodes))
    detail::raise(MPI_ERR_DIMS, detail::formatted("{} ranks do not divide among these dimensions",
                                                  {int{nnodes}}));
  detail::check(MPI_Dims_create(nnodes, static_cast<int>(extents.size()), extents.data()),
                "MPI_Dims_create");
  return extents;
}
inline std::vector<int> Compute_dims(detail::integer nnodes, std::initializer_list<int> dims) {
  return Compute_dims(nnodes, detail::integer_list(dims));
}
inline std::vector<int> Compute_dims(detail::integer nnodes, detail::integer ndims) {
  if (ndims < 0)
    detail::raise(MPI_ERR_DIMS, detail::formatted("a number of {} dimensions", {int{ndims}}));
  return Compute_dims(nnodes, std::vector<int>(static_cast<std::size_t>(int{ndims})));
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
