// SPDX-License-Identifier: MIT
// From the table to what XGBoost takes: the course's steps, as scikit-learn has them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/random.hpp"
#include "credit_data.hpp"

namespace gridsearch {

/// The different values in order.
inline std::vector<std::string> sorted_unique(std::span<const std::string> values) {
  std::vector<std::string> result(values.begin(), values.end());
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

/// LabelEncoder: each label's place among the sorted labels.
inline std::vector<int> encode_labels(std::span<const std::string> labels) {
  const std::vector<std::string> classes = sorted_unique(labels);
  std::vector<int> codes;
  codes.reserve(labels.size());
  for (const std::string& label : labels) {
    const auto place = std::lower_bound(classes.begin(), classes.end(), label);
    codes.push_back(static_cast<int>(place - classes.begin()));
  }
  return codes;
}

/// The values at the given places.
template <class T>
std::vector<T> select(const std::vector<T>& values, std::span<const std::size_t> places) {
  std::vector<T> result;
  result.reserve(places.size());
  for (const std::size_t place : places) result.push_back(values[place]);
  return result;
}

struct Split {
  std::vector<std::size_t> train, test;
};

/// train_test_split with stratify: a random fifth of the rows, rounded up, is for testing, and of
/// each class a fifth too. What rounding leaves over goes to the largest remainders, the first
/// class among equals.
inline Split stratified_split(std::span<const int> codes, std::uint64_t seed) {
  constexpr std::size_t one_in = 5;
  std::vector<std::vector<std::size_t>> rows_of_class;
  for (std::size_t row = 0; row < codes.size(); ++row) {
    const auto code = static_cast<std::size_t>(codes[row]);
    if (code >= rows_of_class.size()) rows_of_class.resize(code + 1);
    rows_of_class[code].push_back(row);
  }

  std::size_t left_over = (codes.size() + one_in - 1) / one_in;
  std::vector<std::size_t> test_counts, by_remainder;
  for (const auto& rows : rows_of_class) {
    by_remainder.push_back(test_counts.size());
    test_counts.push_back(rows.size() / one_in);
    left_over -= test_counts.back();
  }
  std::stable_sort(by_remainder.begin(), by_remainder.end(), [&](std::size_t a, std::size_t b) {
    return rows_of_class[a].size() % one_in > rows_of_class[b].size() % one_in;
  });
  for (std::size_t i = 0; i < left_over; ++i) ++test_counts[by_remainder[i]];

  Split split;
  course::SplitMix64 random(seed);
  for (std::size_t code = 0; code < rows_of_class.size(); ++code) {
    auto& rows = rows_of_class[code];
    course::shuffle(rows, random);
    const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(test_counts[code]);
    split.test.insert(split.test.end(), rows.begin(), middle);
    split.train.insert(split.train.end(), middle, rows.end());
  }
  course::shuffle(split.train, random);
  course::shuffle(split.test, random);
  return split;
}

/// numpy.quantile: between two values linearly. The values are sorted and at least one.
inline double quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - static_cast<double>(below));
}

/// RobustScaler: the median becomes 0, the interquartile range 1; without a range, only the first.
struct RobustScaler {
  double median = 0;
  double range = 1;

  explicit RobustScaler(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    median = quantile(values, 0.5);
    range = quantile(values, 0.75) - quantile(values, 0.25);
    if (range == 0) range = 1;
  }
  float operator()(double value) const { return static_cast<float>((value - median) / range); }
};

/// OneHotEncoder with handle_unknown="ignore": a column for each known category, in order; a value
/// that is not known is 0 in all of them.
struct OneHotEncoder {
  std::vector<std::string> categories;

  explicit OneHotEncoder(std::span<const std::string> values) : categories(sorted_unique(values)) {}
  void append(std::string_view value, std::vector<float>& row) const {
    for (const std::string& category : categories) row.push_back(category == value ? 1.0F : 0.0F);
  }
};

/// OrdinalEncoder with unknown_value=-1: the place of a value in its natural order.
struct OrdinalEncoder {
  std::vector<std::string> order;

  float operator()(std::string_view value) const {
    const auto place = std::find(order.begin(), order.end(), value);
    return place == order.end() ? -1.0F : static_cast<float>(place - order.begin());
  }
};

/// Features row by row, and the label of each row.
struct Samples {
  std::vector<float> features;
  std::vector<float> labels;
};

struct Dataset {
  std::size_t feature_count = 0;
  std::size_t class_count = 0;
  Samples train, test;
};

/// All steps, on a table of two rows or more. What is fitted is fitted on the training part alone.
inline Dataset prepare(const CreditTable& table, std::uint64_t seed) {
  const std::vector<int> codes = encode_labels(table.credit_score);
  const Split split = stratified_split(codes, seed);
  std::vector<RobustScaler> scalers;
  for (const auto& column : table.numbers) scalers.emplace_back(select(column, split.train));
  const auto category = [&](const char* name) -> auto& {
    return table.categories[position(name)];
  };
  const auto& occupation = category("Occupation");
  const auto& minimum = category("Payment_of_Min_Amount");
  const OneHotEncoder occupation_encoder(select(occupation, split.train));
  const OneHotEncoder minimum_encoder(select(minimum, split.train));
  const auto& mix = category("Credit_Mix");
  const auto& level = category("Spending_Level");
  const auto& value = category("Payment_Value");
  const OrdinalEncoder mix_encoder{{"Bad", "Standard", "Good"}};
  const OrdinalEncoder level_encoder{{"Low", "High"}};
  const OrdinalEncoder value_encoder{{"Small", "Medium", "Large"}};

  const auto transform = [&](const std::vector<std::size_t>& rows) {
    Samples samples;
    for (const std::size_t row : rows) {
      for (std::size_t i = 0; i < number_count; ++i)
        samples.features.push_back(scalers[i](table.numbers[i][row]));
      occupation_encoder.append(occupation[row], samples.features);
      minimum_encoder.append(minimum[row], samples.features);
      samples.features.push_back(mix_encoder(mix[row]));
      samples.features.push_back(level_encoder(level[row]));
      samples.features.push_back(value_encoder(value[row]));
      samples.labels.push_back(static_cast<float>(codes[row]));
    }
    return samples;
  };
  Dataset data;
  data.train = transform(split.train);
  data.test = transform(split.test);
  data.feature_count = data.train.features.size() / split.train.size();
  data.class_count = sorted_unique(table.credit_score).size();
  return data;
}

}  // namespace gridsearch
