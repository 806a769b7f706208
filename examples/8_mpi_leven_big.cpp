// SPDX-License-Identifier: MIT
// String matching on bigger data: each list repeated N times, the left one scattered.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <mpi4cxx/mpi4cxx.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "common/options.hpp"
#include "common/pairs.hpp"
#include "common/sentences.hpp"

using namespace mpi4cxx;

using Sentences = std::vector<course::Sentence>;

// Each row N times in a run: a, a, b, b, ...
static Sentences repeated(const Sentences& rows, std::size_t N) {
  Sentences result;
  result.reserve(rows.size() * N);
  for (const auto& row : rows) result.insert(result.end(), N, row);
  return result;
}

// Near-equal blocks, the first len mod size of them one longer. The rows are dealt in turn, so that
// long and short ones, and the copies of each, come to all ranks, and the ranks finish together.
static std::vector<Sentences> dealt(Sentences rows, std::size_t size) {
  std::vector<Sentences> blocks(size);
  for (std::size_t i = 0; i < rows.size(); ++i) blocks[i % size].push_back(std::move(rows[i]));
  return blocks;
}

int main(int argc, char** argv) {
  course::MatchingOptions options;
  std::size_t N = 1;
  CLI::App app("Finds the similar pairs of two lists, each row of which is repeated N times.",
               "8_mpi_leven_big");
  app.add_option("N", N, "how often each row is repeated")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  options.add_to(app);
  course::parse_command_line(app, argc, argv);

  auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const int size = comm.Get_size();

  // Rank 0 loads the data, repeats every row N times and deals out the left list
  const auto start_time = std::chrono::steady_clock::now();
  std::optional<std::vector<Sentences>> left_chunks;
  Sentences right_list;
  course::PairsFile output(rank == 0 ? options.output : "");
  if (rank == 0) {
    const auto [left, right] = course::load_lists(options.left, options.right);
    course::require_memory_for(left, right, N);
    fmt::print("Ratios to compute: {}\n", left.size() * N * right.size() * N);
    left_chunks = dealt(repeated(left, N), static_cast<std::size_t>(size));
    right_list = repeated(right, N);
  }

  // Scatter the left list, broadcast the right one
  const auto left_chunk = comm.scatter(left_chunks, {.root = 0});
  left_chunks.reset();  // from here on a rank holds its own block only
  comm.bcast(right_list, {.root = 0});

  const auto local_results =
      course::similar_pairs(left_chunk, right_list, options.threshold, options.keep());

  // All results are gathered in rank 0, which prints them
  const auto all_results = comm.gather(local_results, {.root = 0});
  if (rank == 0) {
    const auto results = course::best_first(all_results.value());
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_time;
    course::print_results(results, elapsed.count(), size);
    output.write(results);
  }
}
