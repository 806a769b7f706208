// SPDX-License-Identifier: MIT
// The world as two groups with an intercommunicator between them.
#pragma once

#include <mpi4cxx/MPI.hpp>

/// The lower half of the world's ranks and the upper one, which is the larger one where they
/// differ; or the world's first `ranks` and the others. Needs two ranks.
class Halves {
 public:
  explicit Halves(int ranks = mpi4cxx::MPI::COMM_WORLD.Get_size() / 2) : split(ranks) {}

  const mpi4cxx::MPI::Intracomm& world = mpi4cxx::MPI::COMM_WORLD;
  const int split;
  const bool is_low = world.Get_rank() < split;
  const mpi4cxx::MPI::Intracomm half = world.Split(is_low ? 0 : 1);
  const mpi4cxx::MPI::Intercomm inter =
      half.Create_intercomm(0, world, is_low ? split : 0, /*tag=*/7);
  const int rank = inter.Get_rank();
  const int size = inter.Get_size();
  const int peers = inter.Get_remote_size();
  /// The rank in the world of a rank of the other half.
  int world_rank(int peer) const { return is_low ? split + peer : peer; }
  /// What to give as root, where it is `root` in the low (or not) half.
  int root_for(bool in_low, int root) const {
    if (in_low != is_low) return root;
    return rank == root ? mpi4cxx::MPI::ROOT : mpi4cxx::MPI::PROC_NULL;
  }
  /// Calls f(root to give, whether this half gets what the root gives, the root's rank) for all
  /// roots of both halves.
  template <class F>
  void for_each_root(F&& f) const {
    for (const bool in_low : {true, false}) {
      const int roots = in_low ? split : world.Get_size() - split;
      for (int root = 0; root < roots; ++root) f(root_for(in_low, root), in_low != is_low, root);
    }
  }
};

/// Calls f(halves) for every way to split the world.
template <class F>
void for_each_split(F&& f) {
  for (int split = 1; split < mpi4cxx::MPI::COMM_WORLD.Get_size(); ++split) f(Halves(split));
}
