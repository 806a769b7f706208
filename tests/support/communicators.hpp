// SPDX-License-Identifier: MIT
// The communicators that a test body is run over, as mpi4py's suite does.
#pragma once

#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

/// Calls `f(comm)` on every rank with: self, the world, a duplicate of it, and a half of it. The ranks
/// of a half are in reverse order, so that they are not those of the world.
template <class F>
void for_each_communicator(F&& f) {
  namespace MPI = mpi4cxx::MPI;
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank();
  {
    INFO("communicator: self");
    f(MPI::COMM_SELF);
  }
  {
    INFO("communicator: world");
    f(world);
  }
  {
    INFO("communicator: a duplicate of the world");
    const MPI::Intracomm duplicate = world.Dup();
    f(duplicate);
  }
  {
    INFO("communicator: the half with color " << rank % 2);
    const MPI::Intracomm half = world.Split({.color = rank % 2, .key = -rank});
    f(half);
  }
}

/// Calls `f(root)` on every rank with each root.
template <class F>
void for_each_root(const mpi4cxx::MPI::Intracomm& comm, F&& f) {
  for (int root = 0; root < comm.Get_size(); ++root) {
    INFO("root: " << root);
    f(root);
  }
}
