// SPDX-License-Identifier: MIT
// Point to point with everybody: rank 0 sends 42 + i to each rank i and collects the doubles.
#include <fmt/format.h>

#include <mpi4cxx/mpi4cxx.hpp>
#include <stdexcept>

using namespace mpi4cxx;

int main() {
  auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const int size = comm.Get_size();
  if (size < 2) throw std::runtime_error("1_mpi_simple needs at least 2 ranks");

  if (rank == 0) {
    const int data = 42;
    for (int i = 1; i < size; ++i) comm.send(data + i, {.dest = i});
    for (int i = 1; i < size; ++i) {
      const auto result = comm.recv<int>({.source = i});
      fmt::print("Rank 0 received result: {} from rank {}\n", result, i);
    }
  } else {
    const auto received = comm.recv<int>({.source = 0});
    fmt::print("Rank {} received value: {}\n", rank, received);
    const int computed = received * 2;
    comm.send(computed, {.dest = 0});
  }
}
