// SPDX-License-Identifier: MIT
// A training and its result, the CSV file that results are appended to, and the tables at the end.
#pragma once

#include <csv.h>  // Fast C++ CSV Parser
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "grid.hpp"

namespace gridsearch {

struct Task {
  Combination combination{};
  int number = 0;  ///< in the block of its rank, or in the order of handing out
  int count = 0;   ///< how many there are of these
};

struct Result {
  Combination combination{};
  int number = 0;
  int count = 0;
  int rank = 0;
  double elapsed = 0;
  double accuracy = 0;
  std::string error;  ///< what XGBoost said, if the training failed
};

/// The columns of the course's log, and the error.
inline constexpr auto result_header =
    "combination,n_estimators,learning_rate,max_depth,subsample,colsample_bytree,reg_lambda,"
    "elapsed,"
    "accuracy,error";

inline std::string csv_line(const Result& result) {
  std::string line = fmt::format("{}-{}", result.rank, result.number);
  for (const double value : result.combination) line += fmt::format(",{}", value);
  line += fmt::format(",{},", result.elapsed);
  if (result.error.empty()) return line + fmt::format("{},\n", result.accuracy);
  std::string error = result.error;
  std::replace(error.begin(), error.end(), '"', '\'');
  std::replace(error.begin(), error.end(), '\n', ' ');
  return line + ",\"" + error + "\"\n";
}

/// Reads a file of results as this program or the course's own writes it.
/// @throws std::runtime_error naming the file and the line
inline std::vector<Result> read_results(std::istream& stream, const std::string& name) {
  std::vector<Result> results;
  // What an interrupted run has left of its last line is no line.
  std::string text(std::istreambuf_iterator<char>(stream), {});
  text.erase(text.find_last_of('\n') + 1);
  if (text.empty()) return results;
  try {
    io::CSVReader<10, io::trim_chars<' ', '\t'>, io::double_quote_escape<',', '"'>> reader(
        name, text.data(), text.data() + text.size());
    reader.read_header(io::ignore_extra_column | io::ignore_missing_column, "combination",
                       "n_estimators", "learning_rate", "max_depth", "subsample",
                       "colsample_bytree", "reg_lambda", "elapsed", "accuracy", "error");
    std::string label, elapsed, accuracy;
    std::array<std::string, parameter_count> values;
    const auto number = [&](const std::string& cell, auto& value) {
      const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      if (error != std::errc() || end != cell.data() + cell.size())
        throw std::runtime_error(
            fmt::format("{}:{}: \"{}\" is not a number", name, reader.get_file_line(), cell));
    };
    for (Result result; reader.read_row(label, values[0], values[1], values[2], values[3],
                                        values[4], values[5], elapsed, accuracy, result.error);) {
      number(label.substr(0, label.find('-')), result.rank);
      number(label.substr(label.find('-') + 1), result.number);
      for (std::size_t i = 0; i < parameter_count; ++i) number(values[i], result.combination[i]);
      number(elapsed, result.elapsed);
      if (result.error.empty()) number(accuracy, result.accuracy);
      results.push_back(result);
    }
  } catch (const io::error::base& error) {
    throw std::runtime_error(error.what());
  }
  return results;
}

/// The CSV file of a search: each result is written at once, so that an interrupted search can go
/// on.
class ResultsFile {
 public:
  enum class Mode { fresh, resume, overwrite };

  /// A search goes on only with the settings that it began with: they stand in a file beside.
  /// @throws std::runtime_error if there are results that nobody said what to do with
  ResultsFile(const std::string& path, Mode mode, const std::string& settings) : path_(path) {
    if (mode != Mode::overwrite) {
      std::ifstream old(path);
      if (old) finished_ = read_results(old, path);
    }
    if (mode == Mode::fresh && !finished_.empty())
      throw std::runtime_error(fmt::format(
          "{} has {} results already: --resume goes on with that search, --overwrite begins anew",
          path, finished_.size()));
    if (mode == Mode::resume && !finished_.empty()) {
      std::ifstream beside(settings_path());
      std::string old_settings;
      if (std::getline(beside, old_settings) && old_settings != settings)
        throw std::runtime_error(
            fmt::format("{} is of a search with \"{}\", and this one has \"{}\": give the same "
                        "options, or --overwrite",
                        path, old_settings, settings));
    }
    // Failed trainings are tried again, and half a line is gone.
    std::erase_if(finished_, [](const Result& result) { return !result.error.empty(); });
    write_anew();
    std::ofstream(settings_path()) << settings << '\n';
  }

  /// The results that were there, those of failed trainings left out.
  const std::vector<Result>& finished() const { return finished_; }

  void append(const Result& result) {
    errno = 0;
    file_ << csv_line(result) << std::flush;
    if (!file_) fail("cannot write ");
  }

 private:
  std::string settings_path() const { return path_ + ".settings"; }

  // Under another name first: whatever happens, one of the two files is whole.
  void write_anew() {
    const std::string partial = path_ + ".part";
    errno = 0;
    file_.open(partial);
    if (!file_) fail("cannot open ");
    file_ << result_header << '\n';
    for (const Result& result : finished_) file_ << csv_line(result);
    file_ << std::flush;
    if (!file_) fail("cannot write ");
    std::filesystem::rename(partial, path_);  // the open file goes with its name
  }

  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(what + path_ + ": " + std::generic_category().message(errno));
  }

  std::string path_;
  std::vector<Result> finished_;
  std::ofstream file_;
};

/// The best first, failed trainings last.
inline void sort_results(std::vector<Result>& results) {
  std::sort(results.begin(), results.end(), [](const Result& a, const Result& b) {
    if (a.error.empty() != b.error.empty()) return a.error.empty();
    return a.accuracy != b.accuracy ? a.accuracy > b.accuracy : a.combination < b.combination;
  });
}

/// The sorted results as a table: so many of them, and the failed ones.
inline void print_results(const std::vector<Result>& results, std::size_t limit) {
  fmt::print("{:>11} {:>12} {:>13} {:>9} {:>9} {:>16} {:>10} {:>8} {:>8}\n", "combination",
             "n_estimators", "learning_rate", "max_depth", "subsample", "colsample_bytree",
             "reg_lambda", "elapsed", "accuracy");
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& [c, number, count, rank, elapsed, accuracy, error] = results[i];
    if (i >= limit && error.empty()) continue;
    fmt::print("{:>11} {:>12} {:>13} {:>9} {:>9} {:>16} {:>10} {:>8.2f} ",
               fmt::format("{}-{}", rank, number), c[0], c[1], c[2], c[3], c[4], c[5], elapsed);
    fmt::print("{:>8}\n", error.empty() ? fmt::format("{:.4f}", accuracy) : "failed: " + error);
  }
  if (results.size() > limit)
    fmt::print("(the {} best of {}; all are in the CSV file)\n", limit, results.size());
}

/// How long each rank trained in the time that the search took, and how long it did not.
inline void print_busy_times(const std::vector<std::vector<Result>>& results_of_ranks,
                             double seconds) {
  fmt::print("{:>4} {:>9} {:>9} {:>9}\n", "rank", "trainings", "busy [s]", "idle [s]");
  for (std::size_t rank = 0; rank < results_of_ranks.size(); ++rank) {
    double busy = 0;
    for (const Result& result : results_of_ranks[rank]) busy += result.elapsed;
    fmt::print("{:>4} {:>9} {:>9.2f} {:>9.2f}\n", rank, results_of_ranks[rank].size(), busy,
               std::max(seconds - busy, 0.0));
  }
}

}  // namespace gridsearch
