// SPDX-License-Identifier: MIT
// The neighbours of this rank in a ring; alone, it is its own neighbour.
#pragma once

#include <mpi4cxx/MPI.hpp>

struct Ring {
  explicit Ring(const mpi4cxx::MPI::Comm& comm)
      : rank(comm.Get_rank()),
        size(comm.Get_size()),
        left((rank + size - 1) % size),
        right((rank + 1) % size) {}
  const int rank, size, left, right;
};
