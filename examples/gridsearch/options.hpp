// SPDX-License-Identifier: MIT
// The command line of the search, and how many threads a rank's training has.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <mpi4cxx/mpi4cxx.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "grid.hpp"
#include "results.hpp"

namespace gridsearch {

struct Options {
  std::string data;
  std::string write_data;
  std::size_t rows = 0;  ///< 0: as many as there are, or the default
  std::uint64_t seed = 42;
  Grid grid = full_grid();
  std::string schedule = "static";
  int threads = 0;  ///< 0: as many as this rank may have
  std::string output = "grid_search_classification_log.csv";
  bool resume = false;
  bool overwrite = false;
  std::string plot;
  std::string progress = "auto";

  static constexpr std::size_t default_rows = 100'000;

  bool is_dynamic() const { return schedule == "dynamic"; }
  bool shows_bar() const {
    // Under Open MPI's mpiexec there is always a terminal, of its own.
    const bool is_terminal = isatty(STDOUT_FILENO) == 1 && !std::getenv("OMPI_COMM_WORLD_SIZE");
    return progress == "bar" || (progress == "auto" && is_terminal);
  }
  std::size_t generated_rows() const { return rows == 0 ? default_rows : rows; }
  std::size_t read_rows() const {
    return rows == 0 ? std::numeric_limits<std::size_t>::max() : rows;
  }
  ResultsFile::Mode mode() const {
    return resume      ? ResultsFile::Mode::resume
           : overwrite ? ResultsFile::Mode::overwrite
                       : ResultsFile::Mode::fresh;
  }

  /// What two runs must have in common for their accuracies to be of one search.
  std::string settings() const {
    if (data.empty())
      return fmt::format("generated data, rows {}, seed {}", generated_rows(), seed);
    return fmt::format("data {}, rows {}, seed {}", data, rows == 0 ? "all" : fmt::to_string(rows),
                       seed);
  }

  void add_to(CLI::App& app) {
    auto* data_option =
        app.add_option("--data", data,
                       "CSV file in the course's format; without it the data is generated")
            ->type_name("FILE");
    app.add_option("--write-data", write_data,
                   "write the generated data to this file, and do no search")
        ->type_name("FILE")
        ->excludes(data_option);
    app.add_option("--rows", rows,
                   fmt::format("how many rows to generate or to read at most; left out: {}, or all "
                               "of the file",
                               default_rows))
        ->check(CLI::Range(1, 100'000'000));
    app.add_option("--seed", seed, "of the generated data, the split, the order and XGBoost")
        ->check(CLI::Range(0, std::numeric_limits<int>::max()))
        ->capture_default_str();
    const auto set_grid = [this](const std::string& text) {
      try {
        grid = parse_grid(text);
      } catch (const std::invalid_argument& error) {
        throw CLI::ValidationError("--grid", error.what());
      }
    };
    app.add_option_function<std::string>("--grid", set_grid, grid_help())
        ->type_name("GRID")
        ->default_str("full");
    app.add_option("--schedule", schedule,
                   "static: each rank gets its block at the beginning, as in the course; dynamic: "
                   "who is free gets the next combination, the longest first")
        ->check(CLI::IsMember({"static", "dynamic"}))
        ->capture_default_str();
    app.add_option(
           "--threads", threads,
           "of each rank; left out: SLURM_CPUS_PER_TASK, or the node's cores over its ranks")
        ->check(CLI::Range(1, 4096));
    app.add_option("--output", output, "CSV file that each result is appended to")
        ->type_name("FILE")
        ->capture_default_str();
    auto* resume_option = app.add_flag(
        "--resume", resume, "go on with an interrupted search: what is in the CSV file is done");
    app.add_flag("--overwrite", overwrite, "begin anew where the CSV file has results")
        ->excludes(resume_option);
    app.add_option("--plot", plot, "PNG file for a picture of the results; needs gnuplot")
        ->type_name("FILE");
    app.add_option("--progress", progress, "a bar, or lines; auto: a bar if it is a terminal")
        ->check(CLI::IsMember({"auto", "bar", "lines"}))
        ->capture_default_str();
  }

 private:
  static std::string grid_help() {
    std::string defaults;
    for (std::size_t i = 0; i < parameter_count; ++i)
      defaults +=
          fmt::format("{} {} ({})", i == 0 ? "" : ",", parameter_names[i], default_combination[i]);
    return "\"full\", the course's 216 combinations, or a smaller one such as "
           "\"n_estimators=20,40;max_depth=3\"; the parameters, and what they are when left out:" +
           defaults;
  }
};

/// The threads of this rank's trainings. Collective: it asks who shares the node.
inline int threads_of_rank(int wanted, const mpi4cxx::MPI::Intracomm& comm) {
  const auto nodes = comm.allgather(mpi4cxx::MPI::Get_processor_name());
  if (wanted > 0) return wanted;
  if (const char* variable = std::getenv("SLURM_CPUS_PER_TASK")) {
    const std::string_view text = variable;
    int cpus = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpus);
    if (error == std::errc() && end == text.data() + text.size() && cpus > 0) return cpus;
  }
  const auto& node = nodes[static_cast<std::size_t>(comm.Get_rank())];
  const auto ranks = static_cast<int>(std::count(nodes.begin(), nodes.end(), node));
  return std::max(static_cast<int>(std::thread::hardware_concurrency()) / ranks, 1);
}

}  // namespace gridsearch
