// SPDX-License-Identifier: MIT
// N numbers scattered, squared and gathered twice: as lists of objects, and as arrays in place.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mpi4cxx/mpi4cxx.hpp>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <vector>

#include "common/options.hpp"

using namespace mpi4cxx;

// Squares beyond 2^31 wrap around, as NumPy's int32 does; on signed integers that is undefined.
static std::int32_t square(std::int32_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  return static_cast<std::int32_t>(bits * bits);
}

static double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int main(int argc, char** argv) {
  std::size_t N = 25'600'000;
  CLI::App app("Scatters, squares and gathers N numbers: as objects and as arrays.", "3_mpi_np");
  app.add_option("N", N, "how many numbers; a multiple of the number of ranks")
      ->check(CLI::Range(std::size_t{1}, std::size_t{std::numeric_limits<std::int32_t>::max()}))
      ->capture_default_str();
  course::parse_command_line(app, argc, argv);

  auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const auto size = static_cast<std::size_t>(comm.Get_size());
  if (rank == 0 && size < 2) throw std::runtime_error("3_mpi_np needs at least 2 ranks");
  if (rank == 0 && N % size != 0)
    throw std::runtime_error(
        fmt::format("3_mpi_np: N = {} is not divisible by the number of ranks, {}", N, size));
  const std::size_t chunk_size = N / size;

  // Standard communication: a list of lists, one for each rank
  std::optional<std::vector<std::vector<std::int32_t>>> gathered_list;
  {
    std::optional<std::vector<std::vector<std::int32_t>>> chunks;
    if (rank == 0) {
      chunks.emplace(size, std::vector<std::int32_t>(chunk_size));
      std::int32_t first = 0;
      for (auto& chunk : *chunks) {
        std::iota(chunk.begin(), chunk.end(), first);
        first += static_cast<std::int32_t>(chunk_size);
      }
    }
    comm.barrier();
    const auto start = std::chrono::steady_clock::now();
    auto local_list = comm.scatter(chunks, {.root = 0});
    for (auto& value : local_list) value = square(value);
    gathered_list = comm.gather(local_list, {.root = 0});
    if (rank == 0)
      fmt::print("Standard communication (list): {:.4f} seconds\n", seconds_since(start));
  }

  // Buffered communication: one array, in place from the first element to the last
  std::vector<std::int32_t> gathered_array;
  {
    std::vector<std::int32_t> array;
    if (rank == 0) {
      array.resize(N);
      std::iota(array.begin(), array.end(), 0);
      gathered_array.resize(N);
    }
    std::vector<std::int32_t> local_array(chunk_size);
    comm.Barrier();
    const auto start = std::chrono::steady_clock::now();
    comm.Scatter(array, local_array, {.root = 0});
    for (auto& value : local_array) value = square(value);
    comm.Gather(local_array, gathered_array, {.root = 0});
    if (rank == 0)
      fmt::print("Buffered communication (array): {:.4f} seconds\n", seconds_since(start));
  }

  // Not in the original: both ways must have brought the squares back in order
  if (rank == 0) {
    std::size_t i = 0;
    for (const auto& chunk : gathered_list.value())
      for (const std::int32_t value : chunk) {
        const std::int32_t expected = square(static_cast<std::int32_t>(i));
        if (value != expected || gathered_array[i] != expected)
          throw std::runtime_error(fmt::format("3_mpi_np: the square of {} is wrong", i));
        ++i;
      }
  }
}
