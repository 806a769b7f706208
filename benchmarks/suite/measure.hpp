// SPDX-License-Identifier: MIT
// Times that can be trusted: the modes in turn, often enough, and each compared with its neighbour.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "table.hpp"

namespace suite {

struct Measured {
  std::string mode;
  int repetitions = 1;
  std::vector<double> seconds;  // of one run, a value for each round

  double median() const { return median_of(seconds); }
  double least() const { return *std::min_element(seconds.begin(), seconds.end()); }
  double most() const { return *std::max_element(seconds.begin(), seconds.end()); }
  /// The median of the ratios of each round: neighbours in time meet the same machine.
  double ratio_to(const Measured& other) const {
    std::vector<double> ratios(seconds);
    for (std::size_t i = 0; i < ratios.size(); ++i) ratios[i] /= other.seconds[i];
    return median_of(ratios);
  }
  /// Whether the usual time is far from the least: something else ran on these cores.
  bool is_disturbed() const { return median() > 1.5 * least(); }
  /// The ratio of the least times, which a busy machine disturbs less.
  double least_ratio_to(const Measured& other) const { return least() / other.least(); }

 private:
  static double median_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
  }
};

/// Many short rounds: on a machine that others use too, most of them are left alone.
struct Effort {
  int rounds = 25;
  double seconds = 0.05;  // for a mode in all rounds together, about
};
inline constexpr int fewest_rounds = 7;  // where one run takes long

/// The seconds of `repetitions` runs, of the rank that took longest.
inline double time_of(const Where& where, const Mode& mode, int repetitions) {
  // All begin together, and settled: what another mode left behind would count here else.
  for (int i = 0; i < 3; ++i) where.comm.Barrier();
  const double begin = MPI::Wtime();
  mode.run(repetitions);
  return where.comm.allreduce(MPI::Wtime() - begin, MPI::MAX);
}

/// The modes in turn, in each of the rounds; all ranks see the same times.
inline std::vector<Measured> measure(const Where& where, const std::vector<Mode>& modes,
                                     const Effort& effort) {
  const double enough = effort.seconds / effort.rounds;
  double seconds_of_a_round = 0;
  std::vector<Measured> all;
  for (const Mode& mode : modes) {
    mode.try_out();
    Measured one{mode.name, 1, {}};
    // From runs that are long enough for the clock, and from the least of three: if a rank loses
    // its core to another program, one message takes as long as ten thousand.
    for (;;) {
      double seconds = time_of(where, mode, one.repetitions);
      for (int i = 0; i < 2 && seconds < effort.seconds; ++i)
        seconds = std::min(seconds, time_of(where, mode, one.repetitions));
      if (seconds >= enough / 2 || one.repetitions > 1'000'000) {
        seconds_of_a_round += seconds;
        break;
      }
      const double factor = std::clamp(enough / std::max(seconds, 1e-9), 1.5, 10.0);
      one.repetitions = static_cast<int>(std::ceil(one.repetitions * factor));
    }
    all.push_back(one);
  }
  const double budget = effort.seconds * static_cast<double>(modes.size());
  const auto rounds = static_cast<int>(std::clamp(
      budget / seconds_of_a_round, static_cast<double>(std::min(fewest_rounds, effort.rounds)),
      static_cast<double>(effort.rounds)));
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < modes.size(); ++i)
      all[i].seconds.push_back(time_of(where, modes[i], all[i].repetitions) / all[i].repetitions);
  return all;
}

}  // namespace suite
