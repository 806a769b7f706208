// SPDX-License-Identifier: MIT
// Collectives: rank 0 deals the numbers 0 to 999 out, each rank adds its own, reduce adds the sums.
#include <fmt/format.h>

#include <cstddef>
#include <mpi4cxx/mpi4cxx.hpp>
#include <numeric>
#include <optional>
#include <vector>

using namespace mpi4cxx;

int main() {
  auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const auto size = static_cast<std::size_t>(comm.Get_size());

  // Step 1: Create data only on root
  std::optional<std::vector<std::vector<int>>> chunks;
  if (rank == 0) {
    std::vector<int> data(1000);
    std::iota(data.begin(), data.end(), 0);
    chunks.emplace(size);
    for (std::size_t i = 0; i < data.size(); ++i) (*chunks)[i % size].push_back(data[i]);
  }

  // Scatter chunks
  const auto local_data = comm.scatter(chunks, {.root = 0});

  // Step 2: Local sum
  const int local_sum = std::accumulate(local_data.begin(), local_data.end(), 0);

  // Step 3: Reduce to total sum
  const auto total = comm.reduce(local_sum, {.op = MPI::SUM, .root = 0});

  if (rank == 0) fmt::print("Total sum is: {}\n", total.value());
}
