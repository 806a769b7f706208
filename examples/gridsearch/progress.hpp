// SPDX-License-Identifier: MIT
// How far a search is and when it will end: a bar on a terminal, lines in a log.
#pragma once

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <string>

namespace gridsearch {

/// Counts trainings and their cost; the rest is expected to go at the pace of what is done.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  Progress(std::size_t count, double cost, bool bar) : count_(count), cost_(cost), bar_(bar) {}

  /// A training is done: prints its line, in a log now and then one on the whole search.
  void done(double cost, const std::string& line) {
    ++done_;
    done_cost_ += cost;
    if (bar_) fmt::print("\r\033[K");
    fmt::print("{}\n", line);
    // A log gets twenty of them, however long the search.
    const std::size_t mark = done_ * 20 / count_;
    if (!bar_ && mark != mark_) fmt::print("{}\n", text());
    mark_ = mark;
    if (bar_) draw();
    std::fflush(stdout);
  }

  /// To be called often: the bar lives by the clock, too.
  void tick() {
    if (bar_ && Clock::now() - drawn_ > std::chrono::milliseconds(500)) draw();
  }

  void finish() const {
    if (bar_) fmt::print("\r\033[K");
    std::fflush(stdout);
  }

  /// "Progress: 54/216 (25 %), 2m 0s, about 6m 0s left, until 14:32:10"
  std::string text() const {
    const double share = cost_ > 0 ? done_cost_ / cost_ : 1;
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    std::string result = fmt::format("Progress: {}/{} ({:.0f} %), {}", done_, count_, 100 * share,
                                     duration(seconds));
    if (done_ == 0 || done_ == count_) return result;
    const double left = seconds * (1 - share) / share;
    const std::time_t end = std::time(nullptr) + static_cast<std::time_t>(left);
    return result +
           fmt::format(", about {} left, until {:%H:%M:%S}", duration(left), fmt::localtime(end));
  }

 private:
  static std::string duration(double seconds) {
    const auto whole = static_cast<long>(seconds + 0.5);
    if (whole < 60) return fmt::format("{}s", whole);
    if (whole < 3600) return fmt::format("{}m {}s", whole / 60, whole % 60);
    return fmt::format("{}h {}m", whole / 3600, whole / 60 % 60);
  }

  void draw() {
    constexpr std::size_t width = 30;
    const std::size_t full = count_ == 0 ? width : done_ * width / count_;
    fmt::print("\r\033[K[{}{}] {}", std::string(full, '#'), std::string(width - full, ' '), text());
    std::fflush(stdout);
    drawn_ = Clock::now();
  }

  std::size_t count_;
  double cost_;
  bool bar_;
  std::size_t done_ = 0;
  double done_cost_ = 0;
  std::size_t mark_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point drawn_{};
};

}  // namespace gridsearch
