// SPDX-License-Identifier: MIT
// A picture of the results, drawn by gnuplot: accuracy against each parameter.
#pragma once

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "results.hpp"

namespace gridsearch {

/// The script: a panel for each parameter, every training a point, the means joined by a line.
inline std::string gnuplot_script(const std::vector<Result>& results, const std::string& path) {
  std::string quoted_path;
  for (const char c : path) quoted_path += c == '\'' ? std::string("''") : std::string(1, c);
  // One scale for all panels, with some room at both ends
  const auto [worst, best] =
      std::minmax_element(results.begin(), results.end(),
                          [](const Result& a, const Result& b) { return a.accuracy < b.accuracy; });
  const double room = std::max((best->accuracy - worst->accuracy) / 10, 0.001);
  std::string script = fmt::format(
      "set terminal pngcairo size 1200,800\nset output '{}'\n"
      "set multiplot layout 2,3 title 'Accuracy of {} trainings against each parameter'\n"
      "set grid ytics\nset format y '%.3f'\nset bmargin 4\n"
      "set yrange [{}:{}]\n",
      quoted_path, results.size(), worst->accuracy - room, best->accuracy + room);
  for (std::size_t i = 0; i < parameter_count; ++i) {
    // One tick for each value, all at the same distance: the grid's values are not on one scale.
    std::set<double> values;
    for (const Result& result : results) values.insert(result.combination[i]);
    std::string ticks, points, means;
    std::size_t place = 0;
    for (const double value : values) {
      ticks += fmt::format("{}'{}' {}", place == 0 ? "" : ", ", value, place);
      double sum = 0;
      std::size_t count = 0;
      for (const Result& result : results)
        if (result.combination[i] == value) {
          points += fmt::format("{} {}\n", place, result.accuracy);
          sum += result.accuracy;
          ++count;
        }
      means += fmt::format("{} {}\n", place, sum / static_cast<double>(count));
      ++place;
    }
    script += fmt::format(
        "$points{0} << END\n{2}END\n$means{0} << END\n{3}END\n"
        "set xlabel '{4}' noenhanced\nset xtics ({1})\nset ylabel '{5}'\n"
        "plot [-0.5:{6}.5] $points{0} with points pt 6 lc rgb '#7799bb' notitle, "
        "$means{0} with linespoints pt 7 lw 2 lc rgb '#cc3311' title '{7}'\n",
        i, ticks, points, means, parameter_names[i], i % 3 == 0 ? "accuracy" : "",
        values.size() - 1, i == 0 ? "mean" : "");
  }
  return script + "unset multiplot\n";
}

/// Draws the picture; returns what went wrong, nothing if nothing did.
inline std::string draw(std::vector<Result> results, const std::string& path) {
  std::erase_if(results, [](const Result& result) { return !result.error.empty(); });
  if (results.empty()) return path + " is not drawn: no training has succeeded";
  const auto old_handler = std::signal(SIGPIPE, SIG_IGN);  // gnuplot may leave before it has read
  FILE* const pipe = popen("command -v gnuplot > /dev/null || exit 127; exec gnuplot", "w");
  int status = -1;
  if (pipe != nullptr) {
    std::fputs(gnuplot_script(results, path).c_str(), pipe);
    status = pclose(pipe);
  }
  std::signal(SIGPIPE, old_handler);
  if (status == 0) return "";
  if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 127)
    return path + " is not drawn: gnuplot is not installed (Debian: gnuplot-nox)";
  return path + " is not drawn: gnuplot has failed";
}

}  // namespace gridsearch
