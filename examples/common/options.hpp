// SPDX-License-Identifier: MIT
// Command lines of programs that run on many ranks: every rank parses, rank 0 speaks.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>

#include "pairs.hpp"

namespace course {

/// Parses the command line; on --help or an error rank 0 prints and the whole job leaves.
///
/// All ranks see the same arguments and so come to the same end: there is nobody to wait for, and
/// no reason to abort. They finalize and exit alike, with 0 after --help and 1 after an error.
inline void parse_command_line(CLI::App& app, int argc, char** argv) {
  using namespace mpi4cxx;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& result) {
    app.failure_message([](const CLI::App* program, const CLI::Error& error) {
      return program->get_name() + ": " + error.what() + " (see --help)\n";
    });
    std::ostringstream out, err;
    const int status = app.exit(result, out, err);
    if (MPI::COMM_WORLD.Get_rank() == 0) {
      std::cout << out.str() << std::flush;
      std::cerr << err.str() << std::flush;
    }
    MPI::Finalize();
    std::exit(status == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
  }
}

/// What the string matching programs have in common.
struct MatchingOptions {
  std::string left;
  std::string right;
  double threshold = 0.8;
  std::string output;

  /// How many pairs are wanted: all for a file, else the best, to be printed.
  std::size_t keep() const { return output.empty() ? best_pairs : all_pairs; }

  void add_to(CLI::App& app) {
    auto* left_option = app.add_option("--left", left,
                                       "file of left strings: id, tab, string; without --left and "
                                       "--right both lists are generated")
                            ->type_name("FILE");
    auto* right_option =
        app.add_option("--right", right, "file of right strings")->type_name("FILE");
    left_option->needs(right_option);
    right_option->needs(left_option);
    // Not CLI::Range, which lets "nan" pass.
    const auto set_threshold = [this](const double& value) {
      if (!(value >= 0 && value <= 1))
        throw CLI::ValidationError("--threshold", "a ratio is a number from 0 to 1");
      threshold = value;
    };
    app.add_option_function<double>("--threshold", set_threshold,
                                    "pairs are similar above this ratio")
        ->type_name("RATIO")
        ->default_str(fmt::format("{}", threshold));
    app.add_option("--output", output, "write all similar pairs to this file: id, id, ratio")
        ->type_name("FILE");
  }
};

}  // namespace course
