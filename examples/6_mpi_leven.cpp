// SPDX-License-Identifier: MIT
// String matching, parallel: both lists on every rank, each rank a block of the left sentences.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <mpi4cxx/mpi4cxx.hpp>
#include <span>
#include <tuple>
#include <vector>

#include "common/options.hpp"
#include "common/pairs.hpp"
#include "common/sentences.hpp"

using namespace mpi4cxx;

int main(int argc, char** argv) {
  course::MatchingOptions options;
  CLI::App app("Finds the similar pairs of two lists of sentences, on all ranks.", "6_mpi_leven");
  options.add_to(app);
  course::parse_command_line(app, argc, argv);

  auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const int size = comm.Get_size();

  // Rank 0 loads the data
  const auto start_time = std::chrono::steady_clock::now();
  std::vector<course::Sentence> left_list, right_list;
  course::PairsFile output(rank == 0 ? options.output : "");
  if (rank == 0) {
    std::tie(left_list, right_list) = course::load_lists(options.left, options.right);
    fmt::print("Ratios to compute: {}\n", left_list.size() * right_list.size());
  }

  // and broadcasts it to the rest of the processes
  comm.bcast(left_list, {.root = 0});
  comm.bcast(right_list, {.root = 0});

  // Each rank takes a contiguous chunk of the left list, the last one the remainder too
  const std::size_t chunk_size = left_list.size() / static_cast<std::size_t>(size);
  const std::size_t start = chunk_size * static_cast<std::size_t>(rank);
  const std::size_t end = rank == size - 1 ? left_list.size() : start + chunk_size;
  const auto left_chunk = std::span(left_list).subspan(start, end - start);

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
