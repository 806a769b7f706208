// SPDX-License-Identifier: MIT
// Point to point: rank 0 sends 42 to rank 1, which prints it and sends back its double.
#include <fmt/format.h>

#include <mpi4cxx/mpi4cxx.hpp>
#include <stdexcept>

using namespace mpi4cxx;

int main() {
  auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  if (comm.Get_size() < 2) throw std::runtime_error("0_mpi_simple needs at least 2 ranks");

  if (rank == 0) {
    const int data = 42;
    comm.send(data, {.dest = 1});
    const auto result = comm.recv<int>({.source = 1});
    fmt::print("Rank 0 received result: {}\n", result);
  } else if (rank == 1) {
    const auto received = comm.recv<int>({.source = 0});
    fmt::print("Rank 1 received value: {}\n", received);
    const int computed = received * 2;
    comm.send(computed, {.dest = 0});
  }
}
