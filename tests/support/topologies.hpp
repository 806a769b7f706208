// SPDX-License-Identifier: MIT
// The topologies that neighbourhood collectives are run over.
#pragma once

#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <algorithm>
#include <string>
#include <vector>

/// A communicator with a topology, and what shall come from where.
struct Neighbors {
  mpi4cxx::MPI::Topocomm comm;
  int rank = 0;
  std::vector<int> sources = {}, destinations = {};
  /// For each source which of its destinations this rank is.
  std::vector<int> places = {};
};

/// Calls f(neighbors) on the members of each.
template <class F>
void for_each_topology(F&& f) {
  namespace MPI = mpi4cxx::MPI;
  using Ints = std::vector<int>;
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int size = world.Get_size(), rank = world.Get_rank();

  const auto run = [&](const std::string& name, const MPI::Topocomm& comm) {
    INFO("topology: " << name);
    if (!comm) return;
    Neighbors neighbors{comm, comm.Get_rank()};
    std::tie(neighbors.sources, neighbors.destinations) = comm.inoutedges();
    const std::vector<Ints> all = comm.allgather(neighbors.destinations);
    for (std::size_t i = 0; i < neighbors.sources.size(); ++i) {
      const int source = neighbors.sources[i];
      int place = MPI::PROC_NULL;
      if (comm.Get_topology() == MPI_CART) {
        // what goes to one side comes from the other
        if (source != MPI::PROC_NULL) place = static_cast<int>(i) ^ 1;
      } else {
        // the first to this rank is the first from that one
        const auto begin = neighbors.sources.begin();
        auto before = std::count(begin, begin + static_cast<std::ptrdiff_t>(i), source);
        const Ints& there = all[static_cast<std::size_t>(source)];
        place = 0;
        while (there[static_cast<std::size_t>(place)] != comm.Get_rank() || before-- > 0) ++place;
      }
      neighbors.places.push_back(place);
    }
    f(static_cast<const Neighbors&>(neighbors));
  };

  run("a line", world.Create_cart({size}));
  run("a ring", world.Create_cart({size}, true));
  run("a ring of two or one", world.Create_cart({std::min(size, 2)}, true));
  run("a plane", world.Create_cart(MPI::Compute_dims(size, 2)));
  run("a tube", world.Create_cart(MPI::Compute_dims(size, 2), {true, false}));
  run("a torus", world.Create_cart(MPI::Compute_dims(size, 2), true));
  run("rings around a ring", world.Create_cart({1, size, 1}, true));
  run("a line of tubes of one", world.Create_cart({1, size}, {true, false}));
  run("a duplicate of a ring", world.Create_cart({size}, true).Dup());
  if (rank == 0) run("a point", MPI::COMM_SELF.Create_cart(Ints{}));

  Ints index, edges;
  for (int i = 1; i < size; ++i) edges.push_back(i);
  index.push_back(size - 1);
  for (int i = 1; i < size; ++i) {
    index.push_back(index.back() + 1);
    edges.push_back(0);
  }
  run("a star", world.Create_graph(index, edges));
  Ints ring_index, ring_edges;
  for (int i = 0; i < size; ++i) {
    ring_index.push_back(2 * (i + 1));
    ring_edges.push_back((i + 1) % size);
    ring_edges.push_back((i + size - 1) % size);
  }
  run("a ring as a graph", world.Create_graph(ring_index, ring_edges));

  Ints below, above;
  for (int i = 0; i < rank; ++i) below.insert(below.begin(), i);
  for (int i = rank + 1; i < size; ++i) above.push_back(i);
  run("from each to those above", world.Create_dist_graph_adjacent(below, above));
  run("no neighbours", world.Create_dist_graph_adjacent({}, {}));
  const Ints to_last = rank == size - 1 ? Ints{} : Ints{size - 1};
  run("from all to the last",
      world.Create_dist_graph_adjacent(rank == size - 1 ? below : Ints{}, to_last));
  // the last rank to the first, thrice: no other has several of one
  run("thrice from one rank", world.Create_dist_graph_adjacent(
                                  rank == 0 ? Ints{size - 1, size - 1, size - 1} : Ints{rank - 1},
                                  rank == size - 1 ? Ints{0, 0, 0} : Ints{rank + 1}));
  // to the next rank thrice, to itself twice, and the last rank once more to the first
  const int next = (rank + 1) % size, before = (rank + size - 1) % size;
  Ints sources{before, rank, before, before, rank}, destinations{next, rank, next, rank, next};
  if (rank == size - 1) destinations.push_back(0);
  if (rank == 0) sources.push_back(size - 1);
  run("several from one", world.Create_dist_graph_adjacent(sources, destinations));
}
