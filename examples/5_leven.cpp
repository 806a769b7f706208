// SPDX-License-Identifier: MIT
// String matching, sequential: every left sentence against every right one, on one rank.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <mpi4cxx/mpi4cxx.hpp>

#include "common/options.hpp"
#include "common/pairs.hpp"
#include "common/sentences.hpp"

using namespace mpi4cxx;

int main(int argc, char** argv) {
  course::MatchingOptions options;
  CLI::App app("Finds the similar pairs of two lists of sentences, on one rank.", "5_leven");
  options.add_to(app);
  course::parse_command_line(app, argc, argv);

  auto comm = MPI::COMM_WORLD;
  if (comm.Get_rank() != 0) return 0;  // more ranks than one have nothing to do here

  const auto start_time = std::chrono::steady_clock::now();
  course::PairsFile output(options.output);
  const auto [left_list, right_list] = course::load_lists(options.left, options.right);
  fmt::print("Ratios to compute: {}\n", left_list.size() * right_list.size());

  const auto results = course::best_first(
      {course::similar_pairs(left_list, right_list, options.threshold, options.keep())});

  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_time;
  fmt::print("Sequential processing completed in {:.2f} seconds.\n", elapsed.count());
  course::print_results(results, elapsed.count(), 1);
  output.write(results);
}
