// SPDX-License-Identifier: MIT
// The grid of parameters: its values, the combinations of them, and what a training of each costs.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gridsearch {

inline constexpr auto parameter_names = std::to_array<const char*>(
    {"n_estimators", "learning_rate", "max_depth", "subsample", "colsample_bytree", "reg_lambda"});
inline constexpr std::size_t parameter_count = parameter_names.size();

/// A value for each parameter, in the order of the names.
using Combination = std::array<double, parameter_count>;
using Grid = std::array<std::vector<double>, parameter_count>;

inline int n_estimators(const Combination& combination) {
  return static_cast<int>(combination[0]);
}

/// What a training of this combination costs, in units of no meaning: a tree is built level by
/// level, and each level looks at all rows.
inline double cost(const Combination& combination) {
  return combination[0] * combination[2];
}

/// What XGBoost is to be told. The number of trees is not among it: that is the number of rounds.
inline std::map<std::string, std::string> booster_parameters(const Combination& combination) {
  std::map<std::string, std::string> parameters;
  for (std::size_t i = 1; i < parameter_count; ++i)
    parameters[parameter_names[i]] = fmt::format("{}", combination[i]);
  return parameters;
}

/// The course's 3 * 3 * 2 * 2 * 2 * 3 values.
inline Grid full_grid() {
  return {{{200, 400, 600}, {0.01, 0.05, 0.1}, {5, 8}, {0.7, 1}, {0.8, 1}, {1, 10, 50}}};
}

/// What a parameter is that a reduced grid leaves out.
inline constexpr Combination default_combination = {400, 0.05, 5, 1, 1, 10};

namespace detail {

inline double grid_value(std::string_view text, std::size_t parameter) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    throw std::invalid_argument(
        fmt::format("{}: \"{}\" is not a number", parameter_names[parameter], text));
  const bool counts = parameter == 0 || parameter == 2;
  if (counts && (value != std::floor(value) || value < 1 || value > 1e6))
    throw std::invalid_argument(fmt::format("{}: {} is not a whole number from 1 to 1000000",
                                            parameter_names[parameter], text));
  return value;
}

inline std::vector<std::string_view> split_text(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace detail

/// Reads "full", or "name=value,value;name=value": a parameter left out keeps its default. Whether
/// XGBoost can do with a value is for XGBoost to say.
/// @throws std::invalid_argument saying what is wrong
inline Grid parse_grid(const std::string& text) {
  if (text == "full") return full_grid();
  Grid grid;
  for (const std::string_view part : detail::split_text(text, ';')) {
    const std::string_view name = part.substr(0, part.find('='));
    const auto known = std::find(parameter_names.begin(), parameter_names.end(), name);
    if (known == parameter_names.end() || name.size() == part.size())
      throw std::invalid_argument(
          fmt::format("\"{}\" is not NAME=VALUE,VALUE with one of the names {}; a grid is "
                      "\"full\", or such parts "
                      "with semicolons between them",
                      part, fmt::join(parameter_names, ", ")));
    const auto parameter = static_cast<std::size_t>(known - parameter_names.begin());
    if (!grid[parameter].empty())
      throw std::invalid_argument(fmt::format("{} is given twice", name));
    for (const std::string_view value : detail::split_text(part.substr(name.size() + 1), ',')) {
      grid[parameter].push_back(detail::grid_value(value, parameter));
      if (std::count(grid[parameter].begin(), grid[parameter].end(), grid[parameter].back()) > 1)
        throw std::invalid_argument(fmt::format("{}: {} is given twice", name, value));
    }
  }
  for (std::size_t i = 0; i < parameter_count; ++i)
    if (grid[i].empty()) grid[i] = {default_combination[i]};
  return grid;
}

/// itertools.product: all combinations, the last parameter changing fastest.
inline std::vector<Combination> combinations(const Grid& grid) {
  std::vector<Combination> result{Combination{}};
  for (std::size_t i = 0; i < parameter_count; ++i) {
    std::vector<Combination> longer;
    for (Combination combination : result)
      for (const double value : grid[i]) {
        combination[i] = value;
        longer.push_back(combination);
      }
    result = std::move(longer);
  }
  return result;
}

}  // namespace gridsearch
