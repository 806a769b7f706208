// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Topologies: grids, graphs known to all and graphs known in parts, and what can be asked of them.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

using Ints = std::vector<int>;

/// The sentence of what `f` throws; empty where it throws nothing.
template <class F>
std::string sentence_of(F&& f, int& error_class) {
  try {
    f();
  } catch (const MPI::Exception& e) {
    error_class = e.Get_error_class();
    return e.what();
  }
  return {};
}

/// `f` throws an exception of this class whose sentence has `part` in it.
#define CHECK_REFUSED(expression, expected_class, part)                             \
  do {                                                                              \
    int error_class = -1;                                                           \
    const std::string said = sentence_of([&] { (void)(expression); }, error_class); \
    CHECK_THAT(said, HasText(part));                                                \
    CHECK(error_class == (expected_class));                                         \
  } while (false)

/// The rank at these coordinates, or PROC_NULL: counted by hand.
int rank_at(const Ints& dims, const Ints& periods, const Ints& coords) {
  int rank = 0;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    int at = coords[i];
    if (periods[i])
      at = ((at % dims[i]) + dims[i]) % dims[i];
    else if (at < 0 || at >= dims[i])
      return MPI::PROC_NULL;
    rank = rank * dims[i] + at;
  }
  return rank;
}

void check_grid(const MPI::Cartcomm& grid, const Ints& dims, const Ints& periods) {
  const auto count = static_cast<int>(dims.size());
  CHECK(grid.Get_topology() == MPI::CART);
  CHECK(grid.is_topo());
  CHECK(grid.Get_dim() == count);
  CHECK(grid.dim() == count);
  CHECK(grid.ndim() == count);
  CHECK(grid.dims() == dims);
  CHECK(grid.periods() == periods);
  const auto [said_dims, said_periods, coords] = grid.Get_topo();
  CHECK(said_dims == dims);
  CHECK(said_periods == periods);
  CHECK(coords == grid.coords());
  CHECK(coords == grid.Get_coords(grid.Get_rank()));
  for (int rank = 0; rank < grid.Get_size(); ++rank) {
    const Ints place = grid.Get_coords(rank);
    CHECK(grid.Get_cart_rank(place) == rank);
    CHECK(rank_at(dims, periods, place) == rank);
  }
  Ints neighbors;
  for (int direction = 0; direction < count; ++direction) {
    const auto at = static_cast<std::size_t>(direction);
    for (const int disp : {1, -1, 0, 2, -3, 7}) {
      INFO("direction " << direction << " disp " << disp);
      Ints before = coords, behind = coords;
      before[at] -= disp;
      behind[at] += disp;
      const auto [source, dest] = grid.Shift(direction, disp);
      CHECK(grid.Shift({.direction = direction, .disp = disp}) == std::pair(source, dest));
      CHECK(source == rank_at(dims, periods, before));
      CHECK(dest == rank_at(dims, periods, behind));
      if (disp == 1) {
        neighbors.push_back(source);
        neighbors.push_back(dest);
      }
    }
    if (periods[at]) {
      Ints wrapped = coords;
      wrapped[at] -= 2 * dims[at];
      CHECK(grid.Get_cart_rank(wrapped) == grid.Get_rank());
    } else {
      Ints outside = coords;
      outside[at] = dims[at];
      CHECK_REFUSED(grid.Get_cart_rank(outside), MPI::ERR_ARG, "which is not periodic");
      outside[at] = -1;
      CHECK_REFUSED(grid.Get_cart_rank(outside), MPI::ERR_ARG,
                    "lies outside of dimension " + std::to_string(direction));
    }
  }
  CHECK(grid.degrees() == std::pair(2 * count, 2 * count));
  CHECK(grid.indegree() == 2 * count);
  CHECK(grid.outdegree() == 2 * count);
  CHECK(grid.inoutedges() == std::pair(neighbors, neighbors));
  CHECK(grid.inedges() == neighbors);
  CHECK(grid.outedges() == neighbors);
}

}  // namespace

TEST_CASE("a grid of up to three dimensions, periodic or not in each") {
  const auto& world = MPI::COMM_WORLD;
  for (int count = 1; count <= 3; ++count) {
    const Ints dims = MPI::Compute_dims(world.Get_size(), count);
    for (int bits = 0; bits < 1 << count; ++bits) {
      Ints periods;
      for (int i = 0; i < count; ++i) periods.push_back(bits >> i & 1);
      INFO("dimensions " << count << " periodic " << bits);
      const MPI::Cartcomm grid = world.Create_cart(dims, periods);
      check_grid(grid, dims, periods);
    }
  }
}

TEST_CASE("a grid is made with periods in every way, by default with none") {
  const auto& world = MPI::COMM_WORLD;
  const int size = world.Get_size();
  check_grid(world.Create_cart({size, 1}), {size, 1}, {0, 0});
  check_grid(world.Create_cart({size, 1}, {}), {size, 1}, {0, 0});
  check_grid(world.Create_cart({1, size}, {true, false}), {1, size}, {1, 0});
  check_grid(world.Create_cart({1, size}, {.periods = {false, true}}), {1, size}, {0, 1});
  check_grid(world.Create_cart({1, size}, {.periods = true}), {1, size}, {1, 1});
  check_grid(world.Create_cart({size}, true), {size}, {1});
  check_grid(world.Create_cart({1, size}, std::vector<bool>{false, true}), {1, size}, {0, 1});
  check_grid(world.Create_cart(std::vector<std::size_t>{static_cast<std::size_t>(size)},
                               {.periods = true, .reorder = true}),
             {size}, {1});
}

TEST_CASE("ranks that a grid leaves over get COMM_NULL") {
  const auto& world = MPI::COMM_WORLD;
  const int places = world.Get_size() > 1 ? world.Get_size() - 1 : 1;
  const MPI::Cartcomm grid = world.Create_cart({places});
  CHECK(static_cast<bool>(grid) == (world.Get_rank() < places));
  if (grid) {
    check_grid(grid, {places}, {0});
  } else {
    CHECK(grid == MPI::COMM_NULL);
    CHECK_REFUSED(grid.Get_dim(), MPI::ERR_COMM, "COMM_NULL");
    CHECK_REFUSED(grid.Shift(0, 1), MPI::ERR_COMM, "COMM_NULL");
    CHECK_FALSE(grid.is_topo());
  }
}

TEST_CASE("a grid without dimensions is one rank") {
  const MPI::Cartcomm point = MPI::COMM_WORLD.Create_cart(Ints{});
  CHECK(static_cast<bool>(point) == (MPI::COMM_WORLD.Get_rank() == 0));
  if (point) {
    check_grid(point, {}, {});
    CHECK(point.Get_size() == 1);
    CHECK(point.Get_cart_rank({}) == 0);
  }
}

TEST_CASE("Sub takes the slice that a rank is in") {
  const auto& world = MPI::COMM_WORLD;
  const Ints dims = MPI::Compute_dims(world.Get_size(), 2);
  const MPI::Cartcomm grid = world.Create_cart(dims, {true, false});
  const Ints coords = grid.coords();

  const MPI::Cartcomm row = grid.Sub({false, true});
  check_grid(row, {dims[1]}, {0});
  CHECK(row.coords() == Ints{coords[1]});
  const std::vector<int> in_row = row.allgather(grid.Get_rank());
  for (std::size_t i = 0; i < in_row.size(); ++i)
    CHECK(grid.Get_coords(in_row[i]) == Ints{coords[0], static_cast<int>(i)});

  const MPI::Cartcomm column = grid.Sub(std::vector<bool>{true, false});
  check_grid(column, {dims[0]}, {1});
  CHECK(column.coords() == Ints{coords[0]});

  check_grid(grid.Sub({true, true}), dims, {1, 0});
  const MPI::Cartcomm alone = grid.Sub({false, false});
  REQUIRE(alone);  // on every rank
  check_grid(alone, {}, {});
  CHECK(alone.Get_size() == 1);
  CHECK_REFUSED(grid.Sub({true}), MPI::ERR_ARG,
                "1 flags were given for a topology of 2 dimensions");
}

TEST_CASE("what does not fit a grid is refused with a sentence") {
  const auto& world = MPI::COMM_WORLD;
  const int size = world.Get_size();
  CHECK_REFUSED(world.Create_cart({size + 1}), MPI::ERR_DIMS,
                "need more ranks than the " + std::to_string(size));
  CHECK_REFUSED(world.Create_cart({size, 2}), MPI::ERR_DIMS, "need more ranks");
  CHECK_REFUSED(world.Create_cart({0}), MPI::ERR_DIMS, "a dimension of 0 ranks");
  CHECK_REFUSED(world.Create_cart({-1, -size}), MPI::ERR_DIMS, "a dimension of -1 ranks");
  CHECK_REFUSED(world.Create_cart({1, size}, {true}), MPI::ERR_ARG,
                "1 periods were given for a topology of 2 dimensions");
  CHECK_REFUSED(world.Create_cart({65536, 65536, 65536}), MPI::ERR_DIMS, "need more ranks");
  const MPI::Cartcomm grid = world.Create_cart({size});
  CHECK_REFUSED(grid.Get_coords(size), MPI::ERR_RANK, "is no rank of this communicator");
  CHECK_REFUSED(grid.Get_coords(-1), MPI::ERR_RANK, "is no rank of this communicator");
  CHECK_REFUSED(grid.Get_cart_rank({0, 0}), MPI::ERR_ARG,
                "2 coordinates were given for a topology of 1 dimensions");
  CHECK_REFUSED(grid.Shift(1, 1), MPI::ERR_DIMS, "there is no dimension 1");
  CHECK_REFUSED(grid.Shift(-1, 1), MPI::ERR_DIMS, "there is no dimension -1");
}

TEST_CASE("Compute_dims fills in what is free") {
  CHECK(MPI::Compute_dims(12, 2) == Ints{4, 3});
  CHECK(MPI::Compute_dims(12, 3) == Ints{3, 2, 2});
  CHECK(MPI::Compute_dims(7, 2) == Ints{7, 1});
  CHECK(MPI::Compute_dims(6, {0, 3, 0}) == Ints{2, 3, 1});
  CHECK(MPI::Compute_dims(6, {0}) == Ints{6});
  CHECK(MPI::Compute_dims(6, Ints{2, 3}) == Ints{2, 3});
  CHECK(MPI::Compute_dims(1, Ints{}) == Ints{});
  CHECK(MPI::Compute_dims(1, 0) == Ints{});
  CHECK_REFUSED(MPI::Compute_dims(6, {4, 0}), MPI::ERR_DIMS, "6 ranks do not divide");
  CHECK_REFUSED(MPI::Compute_dims(6, {3, 1}), MPI::ERR_DIMS, "6 ranks do not divide");
  CHECK_REFUSED(MPI::Compute_dims(6, {-3, 0}), MPI::ERR_DIMS, "a dimension of -3");
  CHECK_REFUSED(MPI::Compute_dims(0, 2), MPI::ERR_DIMS, "0 ranks do not divide");
  CHECK_REFUSED(MPI::Compute_dims(6, -1), MPI::ERR_DIMS, "a number of -1 dimensions");
}

TEST_CASE("a topology is known by its class, and kept by a duplicate") {
  const auto& world = MPI::COMM_WORLD;
  const int size = world.Get_size();
  const MPI::Cartcomm grid = world.Create_cart({size}, {true});
  const auto duplicate = grid.Dup();
  STATIC_REQUIRE(std::is_same_v<decltype(duplicate), const MPI::Cartcomm>);
  check_grid(duplicate, {size}, {1});
  CHECK(grid.Compare(duplicate) == MPI::CONGRUENT);
  check_grid(grid.Clone(), {size}, {1});
  check_grid(grid.Dup(MPI::INFO_NULL), {size}, {1});
  auto [later, request] = grid.Idup();
  STATIC_REQUIRE(std::is_same_v<decltype(later), MPI::Cartcomm>);
  request.Wait();
  check_grid(later, {size}, {1});
  CHECK(*later.neighbor_allgather(later.Get_rank())[0] == later.inedges()[0]);
  STATIC_REQUIRE(std::is_same_v<decltype(grid.Split(0)), MPI::Intracomm>);
  CHECK_FALSE(grid.Split(0).is_topo());

  const MPI::Comm& any = grid;
  check_grid(MPI::Cartcomm(any), {size}, {1});
  CHECK(MPI::Topocomm(any).degrees() == std::pair(2, 2));
  CHECK(MPI::Topocomm(grid).Dup().inedges() == grid.inedges());
  CHECK_REFUSED(MPI::Graphcomm(any), MPI::ERR_TOPOLOGY, "a Graphcomm cannot be made");
  CHECK_REFUSED(MPI::Distgraphcomm(any), MPI::ERR_TOPOLOGY, "a Distgraphcomm cannot be made");
  CHECK_REFUSED(MPI::Cartcomm(world), MPI::ERR_TOPOLOGY, "has no topology");
  CHECK_REFUSED(MPI::Topocomm(world), MPI::ERR_TOPOLOGY, "has no topology");
  CHECK(world.Get_topology() == MPI::UNDEFINED);
  CHECK(world.topology() == MPI::UNDEFINED);
  CHECK_FALSE(world.is_topo());

  const MPI::Cartcomm none = MPI::COMM_NULL;
  CHECK_FALSE(none);
  CHECK_FALSE(MPI::Cartcomm(MPI::Comm(MPI::COMM_NULL)));
  CHECK_REFUSED(none.degrees(), MPI::ERR_COMM, "COMM_NULL");

  // it is an Intracomm like any other
  CHECK(grid.allreduce(1) == size);
  CHECK(duplicate.bcast(grid.Get_rank() + 5, size - 1) == size + 4);
}

TEST_CASE("a graph: a star, with unequal degrees") {
  const auto& world = MPI::COMM_WORLD;
  const int size = world.Get_size(), rank = world.Get_rank();
  // node 0 has all others as neighbours, these have node 0
  Ints index, edges;
  for (int i = 1; i < size; ++i) edges.push_back(i);
  index.push_back(size - 1);
  for (int i = 1; i < size; ++i) {
    index.push_back(index.back() + 1);
    edges.push_back(0);
  }
  Ints with_start = index;
  with_start.insert(with_start.begin(), 0);

  const auto check = [&](const MPI::Graphcomm& graph) {
    CHECK(graph.Get_topology() == MPI::GRAPH);
    CHECK(graph.Get_dims() == std::pair(size, 2 * (size - 1)));
    CHECK(graph.dims() == graph.Get_dims());
    CHECK(graph.nnodes() == size);
    CHECK(graph.nedges() == 2 * (size - 1));
    CHECK(graph.Get_topo() == std::pair(index, edges));
    CHECK(graph.topo() == graph.Get_topo());
    CHECK(graph.index() == index);
    CHECK(graph.edges() == edges);
    for (int node = 0; node < size; ++node) {
      const Ints expected = node == 0 ? Ints(edges.begin(), edges.begin() + (size - 1)) : Ints{0};
      CHECK(graph.Get_neighbors_count(node) == static_cast<int>(expected.size()));
      CHECK(graph.Get_neighbors(node) == expected);
      if (node != rank) continue;
      CHECK(graph.nneighbors() == static_cast<int>(expected.size()));
      CHECK(graph.neighbors() == expected);
      CHECK(graph.inoutedges() == std::pair(expected, expected));
      CHECK(graph.degrees() == std::pair(graph.nneighbors(), graph.nneighbors()));
    }
    CHECK_REFUSED(graph.Get_neighbors(size), MPI::ERR_RANK, "is no rank of this communicator");
    CHECK_REFUSED(graph.Get_neighbors_count(-1), MPI::ERR_RANK, "is no rank");
  };
  const MPI::Graphcomm graph = world.Create_graph(index, edges);
  check(graph);
  check(world.Create_graph(with_start, edges));
  check(world.Create_graph(index, edges, {.reorder = false}));
  check(graph.Dup());
  check(MPI::Graphcomm(MPI::Comm(graph)));
  CHECK_REFUSED(MPI::Cartcomm(graph), MPI::ERR_TOPOLOGY, "a Cartcomm cannot be made");
}

TEST_CASE("graphs of fewer nodes than ranks, and without edges") {
  const auto& world = MPI::COMM_WORLD;
  const int size = world.Get_size();
  const MPI::Graphcomm node = world.Create_graph({1}, {0});  // to itself
  CHECK(static_cast<bool>(node) == (world.Get_rank() == 0));
  if (node) {
    CHECK(node.neighbors() == Ints{0});
    CHECK(node.nnodes() == 1);
  }
  const Ints zeros(static_cast<std::size_t>(size), 0);
  const MPI::Graphcomm lonely = world.Create_graph(zeros, {});
  REQUIRE(lonely);
  CHECK(lonely.nedges() == 0);
  CHECK(lonely.index() == zeros);
  CHECK(lonely.edges().empty());
  CHECK(lonely.neighbors().empty());
  CHECK(lonely.degrees() == std::pair(0, 0));
}

TEST_CASE("what is no graph is refused with a sentence") {
  const auto& world = MPI::COMM_WORLD;
  const Ints many(static_cast<std::size_t>(world.Get_size()) + 1, 1);
  CHECK_REFUSED(world.Create_graph(many, {0}), MPI::ERR_ARG, "needs more ranks");
  CHECK_REFUSED(world.Create_graph({1}, {}), MPI::ERR_ARG, "ends with 1, but 0 edges");
  CHECK_REFUSED(world.Create_graph({1}, {1}), MPI::ERR_ARG, "an edge to node 1");
  CHECK_REFUSED(world.Create_graph({1}, {-1}), MPI::ERR_ARG, "an edge to node -1");
  CHECK_REFUSED(world.Create_graph({-1}, {}), MPI::ERR_ARG, "cannot decrease");
}

TEST_CASE("a distributed graph: each rank sends to all above it, with weights or without") {
  const auto& world = MPI::COMM_WORLD;
  const int size = world.Get_size(), rank = world.Get_rank();
  Ints below, above, below_weights, above_weights;
  for (int i = 0; i < rank; ++i) {
    below.push_back(i);
    below_weights.push_back(10 * i + rank);
  }
  for (int i = rank + 1; i < size; ++i) {
    above.push_back(i);
    above_weights.push_back(10 * rank + i);
  }
  const auto sorted = [](Ints values) {
    std::sort(values.begin(), values.end());
    return values;
  };
  const auto check = [&](const MPI::Distgraphcomm& graph, bool weighted) {
    CHECK(graph.Get_topology() == MPI::DIST_GRAPH);
    CHECK(graph.Get_dist_neighbors_count() == std::tuple(rank, size - 1 - rank, weighted));
    CHECK(graph.degrees() == std::pair(rank, size - 1 - rank));
    const auto [sources, destinations, weights] = graph.Get_dist_neighbors();
    CHECK(graph.inoutedges() == std::pair(sources, destinations));
    CHECK(graph.inedges() == sources);
    CHECK(graph.outedges() == destinations);
    CHECK(sorted(sources) == below);
    CHECK(sorted(destinations) == above);
    REQUIRE(weights.has_value() == weighted);
    if (!weighted) return;
    REQUIRE(weights->first.size() == sources.size());
    REQUIRE(weights->second.size() == destinations.size());
    for (std::size_t i = 0; i < sources.size(); ++i)
      CHECK(weights->first[i] == 10 * sources[i] + rank);
    for (std::size_t i = 0; i < destinations.size(); ++i)
      CHECK(weights->second[i] == 10 * rank + destinations[i]);
  };
  check(world.Create_dist_graph_adjacent(below, above), false);
  check(world.Create_dist_graph_adjacent(below, above, {}), false);
  check(world.Create_dist_graph_adjacent(below, above, MPI::UNWEIGHTED, MPI::None), false);
  const MPI::Distgraphcomm graph = world.Create_dist_graph_adjacent(
      below, above, {.sourceweights = below_weights, .destweights = above_weights});
  check(graph, true);
  check(graph.Dup(), true);
  check(MPI::Distgraphcomm(MPI::Comm(graph)), true);
  check(world.Create_dist_graph_adjacent(below, above, below_weights, above_weights, MPI::INFO_NULL,
                                         false),
        true);
  // the order that was given is kept
  CHECK(graph.Get_dist_neighbors() ==
        std::tuple(below, above, std::optional(std::pair(below_weights, above_weights))));

  // every rank tells what it sends, or one rank tells all
  const Ints me{rank}, degree{size - 1 - rank};
  check(world.Create_dist_graph(me, degree, above), false);
  check(world.Create_dist_graph(me, degree, above, {.weights = above_weights}), true);
  check(world.Create_dist_graph(me, degree, above, above_weights), true);
  Ints all, degrees, to, weights;
  if (rank == size - 1)
    for (int i = 0; i < size; ++i) {
      all.push_back(i);
      degrees.push_back(size - 1 - i);
      for (int j = i + 1; j < size; ++j) {
        to.push_back(j);
        weights.push_back(10 * i + j);
      }
    }
  check(world.Create_dist_graph(all, degrees, to, {.weights = weights}), true);
  check(world.Create_dist_graph(all, degrees, to), false);
}

TEST_CASE("distributed graphs without neighbours, and with one side only") {
  const auto& world = MPI::COMM_WORLD;
  const int size = world.Get_size(), rank = world.Get_rank();
  const auto lonely = world.Create_dist_graph_adjacent({}, {});
  CHECK(lonely.Get_dist_neighbors_count() == std::tuple(0, 0, false));
  CHECK(lonely.Get_dist_neighbors() == std::tuple(Ints{}, Ints{}, std::nullopt));
  const auto none = world.Create_dist_graph_adjacent(MPI::None, MPI::None, MPI::WEIGHTS_EMPTY,
                                                     MPI::WEIGHTS_EMPTY);
  CHECK(none.degrees() == std::pair(0, 0));
  CHECK(none.inoutedges() == std::pair(Ints{}, Ints{}));
  const auto empty = world.Create_dist_graph(Ints{}, Ints{}, Ints{});
  CHECK(empty.degrees() == std::pair(0, 0));

  // all send to the last rank: the others need no weights of what they do not receive
  const int last = size - 1;
  Ints sources, weights;
  if (rank == last)
    for (int i = 0; i < last; ++i) {
      sources.push_back(i);
      weights.push_back(i + 1);
    }
  const Ints destinations = rank == last ? Ints{} : Ints{last};
  const Ints destweights = rank == last ? Ints{} : Ints{rank + 1};
  const auto funnel = world.Create_dist_graph_adjacent(
      sources, destinations, {.sourceweights = weights, .destweights = destweights});
  CHECK(funnel.Get_dist_neighbors() ==
        std::tuple(sources, destinations, std::optional(std::pair(weights, destweights))));
  // the same neighbour twice
  const int next = (rank + 1) % size, before = (rank + last) % size;
  const auto twice = world.Create_dist_graph_adjacent({before, before}, {next, next});
  CHECK(twice.inoutedges() == std::pair(Ints{before, before}, Ints{next, next}));
}

TEST_CASE("what is no distributed graph is refused with a sentence") {
  const auto& world = MPI::COMM_WORLD;
  const int size = world.Get_size();
  CHECK_REFUSED(world.Create_dist_graph_adjacent({size}, {}), MPI::ERR_RANK,
                "source " + std::to_string(size));
  CHECK_REFUSED(world.Create_dist_graph_adjacent({}, {-1}), MPI::ERR_RANK, "destination -1");
  CHECK_REFUSED(world.Create_dist_graph_adjacent({0}, {0}, {.sourceweights = {1}}), MPI::ERR_ARG,
                "weights on both sides or on none");
  CHECK_REFUSED(
      world.Create_dist_graph_adjacent({0}, {0}, {.sourceweights = {1, 2}, .destweights = {1}}),
      MPI::ERR_ARG, "2 weights were given for 1 sources");
  CHECK_REFUSED(world.Create_dist_graph_adjacent({0}, {0}, MPI::WEIGHTS_EMPTY, MPI::WEIGHTS_EMPTY),
                MPI::ERR_ARG, "0 weights were given for 1 sources");
  CHECK_REFUSED(world.Create_dist_graph({0}, {1, 1}, {0, 0}), MPI::ERR_ARG,
                "2 degrees were given for 1 sources");
  CHECK_REFUSED(world.Create_dist_graph({0}, {2}, {0}), MPI::ERR_ARG, "the degrees add up to 2");
  CHECK_REFUSED(world.Create_dist_graph({0}, {-1}, {}), MPI::ERR_ARG, "a degree of -1");
  CHECK_REFUSED(world.Create_dist_graph({0}, {1}, {0}, {.weights = {1, 2}}), MPI::ERR_ARG,
                "2 weights were given for 1 destinations");
}

TEST_CASE("Cart_map and Graph_map say which rank a process would best have") {
  const auto& world = MPI::COMM_WORLD;
  const int size = world.Get_size();
  const std::vector<int> ranks = world.allgather(world.Cart_map({size}, {true}));
  Ints seen(static_cast<std::size_t>(size), 0);
  for (const int rank : ranks) {
    REQUIRE(rank >= 0);
    REQUIRE(rank < size);
    CHECK(++seen[static_cast<std::size_t>(rank)] == 1);
  }
  const int left_over = world.Cart_map({1, 1}, {.periods = false}) == MPI::UNDEFINED ? 1 : 0;
  CHECK(world.allreduce(left_over) == size - 1);
  const int in_graph = world.Graph_map({1}, {0}) == MPI::UNDEFINED ? 0 : 1;
  CHECK(world.allreduce(in_graph) == 1);
  CHECK_REFUSED(world.Cart_map({size + 1}), MPI::ERR_DIMS, "need more ranks");
}
