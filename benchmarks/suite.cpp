// SPDX-License-Identifier: MIT
// mpi4cxx beside plain MPI: the same work in several modes, in turn. See README.md here.
//
//   mpiexec.mpich -n 2 build/release/benchmarks/suite --quick
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mpi4cxx/mpi4cxx.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "suite/machine.hpp"
#include "suite/measure.hpp"
#include "suite/table.hpp"

namespace {

using namespace mpi4cxx;
using namespace suite;

/// Something the user can mend. All ranks throw it alike, rank 0 says it.
struct UserError : std::runtime_error {
  using runtime_error::runtime_error;
};

struct Options {
  bool quick = false;
  std::vector<std::string> operations, payloads, modes = all_modes;
  std::vector<std::uint64_t> sizes;
  Effort effort;
  double milliseconds = 50;
  std::string csv;
};

/// A row of the table that is to be measured.
struct Cell {
  const Combination* combination;
  std::size_t bytes;
};

std::vector<std::string> names_of(const std::vector<Combination>& all,
                                  std::string Combination::*member) {
  std::vector<std::string> names;
  for (const Combination& one : all)
    if (std::find(names.begin(), names.end(), one.*member) == names.end())
      names.push_back(one.*member);
  return names;
}

void read_options(CLI::App& app, Options& options, const std::vector<Combination>& all) {
  const auto a_list = [&](const char* name, std::vector<std::string>& list, const char* what,
                          const std::vector<std::string>& known) {
    const auto is_known = [=](const std::string& word) {
      if (std::find(known.begin(), known.end(), word) != known.end()) return std::string();
      return fmt::format("\"{}\" is none of {}", word, fmt::join(known, ", "));
    };
    app.add_option(name, list, fmt::format("{}: {}", what, fmt::join(known, ", ")))
        ->check(CLI::Validator(is_known, "NAME"))
        ->delimiter(',');
  };
  app.add_flag("--quick", options.quick, "a few sizes");
  a_list("--operations", options.operations, "which operations",
         names_of(all, &Combination::operation));
  a_list("--payloads", options.payloads, "which payloads", names_of(all, &Combination::payload));
  a_list("--modes", options.modes, "which modes, raw always among them", all_modes);
  app.add_option("--sizes", options.sizes,
                 "bytes of the payload, as 64K or 1M; each is rounded to what there is")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::PositiveNumber)
      ->delimiter(',')
      ->type_name("SIZE");
  app.add_option("--rounds", options.effort.rounds,
                 "how often each mode has its turn; 7 where one call takes long")
      ->check(CLI::Range(3, 1000))
      ->capture_default_str();
  app.add_option("--time", options.milliseconds,
                 "milliseconds for a mode on one row of the table, about")
      ->check(CLI::Range(1.0, 60000.0))
      ->capture_default_str();
  app.add_option("--csv", options.csv, "write all figures to this file")->type_name("FILE");
}

bool is_wanted(const std::vector<std::string>& wanted, const std::string& name) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
}

/// What is wanted and fits. A size that the user asked for and does not fit is an error.
std::vector<Cell> choose(const Options& options, const std::vector<Combination>& all,
                         const Where& where) {
  const auto free = free_memory_of_a_rank(where);
  std::vector<Cell> cells;
  for (const Combination& combination : all) {
    if (!is_wanted(options.operations, combination.operation) ||
        !is_wanted(options.payloads, combination.payload))
      continue;
    const auto& usual = options.quick ? combination.quick : combination.full;
    const std::vector<std::size_t> sizes(options.sizes.begin(), options.sizes.end());
    std::size_t last = 0;
    for (const std::size_t wanted : sizes.empty() ? usual : sizes) {
      const std::size_t bytes = combination.actual(wanted);
      if (std::exchange(last, bytes) == bytes) continue;  // rounded to the same
      const double needed = combination.memory(static_cast<double>(bytes), where.ranks);
      const bool is_counted = static_cast<double>(bytes) * where.size <= INT_MAX;
      if (needed <= 0.8 * free && is_counted) {
        cells.push_back({&combination, bytes});
      } else if (!options.sizes.empty()) {
        const std::string what =
            fmt::format("{} of {} ({})", combination.operation,
                        text_of_bytes(static_cast<double>(bytes)), combination.payload);
        if (needed > 0.8 * free)
          throw UserError(fmt::format(
              "{} needs about {} of memory for each rank, and there is {}: choose a smaller size",
              what, text_of_bytes(needed), text_of_bytes(free)));
        throw UserError(fmt::format(
            "{} on {} ranks is more bytes than an int can count, and plain MPI 3 counts so: "
            "choose a smaller size",
            what, where.size));
      } else if (where.rank == 0) {
        fmt::print("left out, too large for the memory here: {} of {} of {}\n",
                   combination.operation, combination.payload,
                   text_of_bytes(static_cast<double>(bytes)));
      }
    }
  }
  if (cells.empty())
    throw UserError(
        "none of these operations is measured on one of these payloads; README.md has the table");
  return cells;
}

/// A file to write on rank 0. Fails on all ranks.
std::optional<std::ofstream> open_csv(const std::string& name, const Where& where) {
  if (name.empty()) return std::nullopt;
  std::ofstream file;
  if (where.rank == 0) file.open(name);
  if (!where.comm.bcast(file.is_open() || where.rank != 0))
    throw UserError(fmt::format("cannot write {}", name));
  return file;
}

std::string text_of_seconds(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.2f} us", seconds * 1e6);
  return fmt::format("{:.2f} ms", seconds * 1e3);
}

void print_row(const Cell& cell, std::size_t number, std::size_t count,
               const std::vector<Measured>& all) {
  fmt::print("[{:>3}/{}] {:<14}{:<13}{:>10}", number, count, cell.combination->operation,
             cell.combination->payload, text_of_bytes(static_cast<double>(cell.bytes)));
  const double per_run = cell.combination->per_run(cell.bytes);
  for (const std::string& mode : all_modes) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Measured& one) { return one.mode == mode; });
    if (mode == "raw")
      fmt::print("{:>12}", text_of_seconds(found->median() / per_run));
    else if (found == all.end())
      fmt::print("{:>10}", "");
    else
      fmt::print("{:>10.3f}", found->ratio_to(all.front()));
  }
  const bool is_disturbed =
      std::any_of(all.begin(), all.end(), [](const Measured& one) { return one.is_disturbed(); });
  fmt::print("{}\n", is_disturbed ? "  disturbed" : "");
  std::fflush(stdout);
}

void write_rows(std::ofstream& file, const Cell& cell, const Where& where,
                const std::vector<Measured>& all) {
  const double per_run = cell.combination->per_run(cell.bytes);
  for (const Measured& one : all)
    file << fmt::format("{},{},{},{},{},{},{},{:.6e},{:.6e},{:.6e},{:.4f},{:.4f}\n",
                        cell.combination->operation, cell.combination->payload, cell.bytes,
                        where.size, one.mode, one.seconds.size(), one.repetitions,
                        one.median() / per_run, one.least() / per_run, one.most() / per_run,
                        one.ratio_to(all.front()), one.least_ratio_to(all.front()));
  file.flush();
}

void run(const Options& options, const std::vector<Combination>& all, const Where& where) {
  const std::vector<Cell> cells = choose(options, all, where);
  auto csv = open_csv(options.csv, where);
  const auto description = describe(where);
  if (where.rank == 0) {
    for (const auto& [name, value] : description) {
      fmt::print("{}: {}\n", name, value);
      if (csv) *csv << "# " << name << ": " << value << '\n';
    }
    if (csv)
      *csv << "operation,payload,bytes,ranks,mode,rounds,repetitions,seconds,least,most,ratio,"
              "least_ratio\n";
    fmt::print("\n{:>9} {:<14}{:<13}{:>10}{:>12}{:>10}{:>10}{:>10}   (ratios to raw)\n", "",
               "operation", "payload", "size", "raw", "buffer", "object", "pickled");
    std::fflush(stdout);
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[i];
    const auto modes = cell.combination->modes(where, cell.bytes, options.modes);
    const auto measured = measure(where, modes, options.effort);
    if (where.rank != 0) continue;
    print_row(cell, i + 1, cells.size(), measured);
    if (csv) write_rows(*csv, cell, where, measured);
  }
  if (!where.comm.bcast(!csv || csv->good()))
    throw UserError(fmt::format("cannot write all of {}", options.csv));
}

/// All ranks come here together: nobody waits, and one speaks.
int leave(const Where& where, const std::string& text, int status) {
  if (where.rank == 0) (status == 0 ? std::cout : std::cerr) << text << std::flush;
  MPI::Finalize();
  return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  const Where where;
  const std::vector<Combination> all = all_combinations();
  Options options;
  CLI::App app("Compares mpi4cxx with plain MPI; to be started on two ranks or more.", "suite");
  read_options(app, options, all);
  try {
    app.parse(argc, argv);
    if (!is_wanted(options.modes, "raw")) options.modes.insert(options.modes.begin(), "raw");
    options.effort.seconds = options.milliseconds / 1000;
    if (where.size < 2)
      throw UserError("the benchmarks need at least 2 ranks: mpiexec -n 2 ... (or srun -n 2 ...)");
    run(options, all, where);
  } catch (const CLI::ParseError& result) {
    if (result.get_exit_code() == 0) return leave(where, app.help(), 0);
    return leave(where, fmt::format("suite: {} (see --help)\n", result.what()), 1);
  } catch (const UserError& error) {
    return leave(where, fmt::format("suite: {}\n", error.what()), 1);
  }
}
