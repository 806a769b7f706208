// SPDX-License-Identifier: MIT
// ranks: serial
// needs: mpi4cxx_gridsearch
// Each step of the preprocessing, against values worked out by hand.
#include <algorithm>
#include <array>
#include <cstddef>
#include <gridsearch/preprocessing.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace gridsearch;
using Texts = std::vector<std::string>;
using Features = std::vector<float>;

// A row in which number i is `number` + i, and nothing is missing.
CreditRow row(double number, const std::string& occupation, const std::string& score) {
  CreditRow result;
  for (std::size_t i = 0; i < number_count; ++i)
    result.numbers[i] = number + static_cast<double>(i);
  result.categories.fill("Yes");
  result.categories[position("Occupation")] = occupation;
  result.credit_score = score;
  result.is_train = true;
  return result;
}

}  // namespace

TEST_CASE("labels are numbered in alphabetical order") {
  CHECK(encode_labels(Texts{"Standard", "Poor", "Good", "Poor"}) == std::vector<int>{2, 1, 0, 1});
  CHECK(encode_labels(Texts{"b", "a"}) == std::vector<int>{1, 0});
}

TEST_CASE("a split has each class in its share, and each row once") {
  // 23 rows, so 5 for testing; 2.6, 1.4 and 0.6 of the classes: 2 + 1 + 0, and the two that are
  // left over go to the largest remainders, the first class (0.6) and the last (0.6).
  std::vector<int> codes;
  codes.insert(codes.end(), 13, 0);
  codes.insert(codes.end(), 7, 1);
  codes.insert(codes.end(), 3, 2);
  const Split split = stratified_split(codes, 42);
  CHECK(split.test.size() == 5);
  CHECK(split.train.size() == 18);
  std::map<int, int> test_counts;
  for (const std::size_t place : split.test) ++test_counts[codes[place]];
  CHECK(test_counts == std::map<int, int>{{0, 3}, {1, 1}, {2, 1}});
  std::set<std::size_t> rows(split.train.begin(), split.train.end());
  rows.insert(split.test.begin(), split.test.end());
  CHECK(rows.size() == codes.size());
  CHECK(*rows.rbegin() == codes.size() - 1);
}

TEST_CASE("a split is random, and the same for the same seed") {
  const std::vector<int> codes(1000, 0);
  const Split split = stratified_split(codes, 42), again = stratified_split(codes, 42),
              other = stratified_split(codes, 43);
  CHECK(split.train == again.train);
  CHECK(split.test == again.test);
  CHECK(split.test != other.test);
  CHECK(!std::is_sorted(split.train.begin(), split.train.end()));
  // Not a block of the rows: some of every quarter.
  std::array<int, 4> quarters{};
  for (const std::size_t place : split.test) ++quarters[place / 250];
  for (const int count : quarters) CHECK(count > 20);
}

TEST_CASE("quantiles are linear between two values") {
  const std::vector<double> values{1, 2, 4, 8};
  CHECK(quantile(values, 0) == 1);
  CHECK(quantile(values, 0.25) == 1.75);  // place 0.75
  CHECK(quantile(values, 0.5) == 3);      // place 1.5
  CHECK(quantile(values, 0.75) == 5);     // place 2.25
  CHECK(quantile(values, 1) == 8);
  CHECK(quantile(std::vector<double>{7}, 0.25) == 7);
}

TEST_CASE("the robust scaler takes away the median and divides by the interquartile range") {
  const RobustScaler scaler({8, 1, 4, 2});  // median 3, quartiles 1.75 and 5
  CHECK(scaler(3) == 0);
  CHECK(scaler(6.25) == 1);
  CHECK(scaler(-0.25) == -1);
  const RobustScaler flat({5, 5, 5, 5, 9});  // both quartiles are 5: divided by 1
  CHECK(flat(5) == 0);
  CHECK(flat(9) == 4);
}

TEST_CASE("the one-hot encoder has a column for each known category") {
  const OneHotEncoder encoder(Texts{"No", "Yes", "NM", "Yes"});
  Features features;
  encoder.append("NM", features);
  encoder.append("Yes", features);
  encoder.append("Maybe", features);  // unknown
  CHECK(features == Features{1, 0, 0, 0, 0, 1, 0, 0, 0});
}

TEST_CASE("the ordinal encoder counts from 0 in the natural order") {
  const OrdinalEncoder encoder{{"Bad", "Standard", "Good"}};
  CHECK(encoder("Bad") == 0);
  CHECK(encoder("Standard") == 1);
  CHECK(encoder("Good") == 2);
  CHECK(encoder("_") == -1);
}

TEST_CASE("what is fitted knows the training part alone") {
  // Two rows of one class: one is for testing. Fitted on the other one alone, the scaler's median
  // is its value and the range 1, and its occupation is the only one known.
  CreditTable table;
  table.add(row(100, "Writer", "Good"));
  table.add(row(103, "Doctor", "Good"));
  const Dataset data = prepare(table, 42);
  // The numbers, one occupation, one minimum payment, and the three ordinals, which are unknown
  // here
  Features train(number_count, 0), test(number_count, data.test.features[0]);
  train.insert(train.end(), {1, 1, -1, -1, -1});
  test.insert(test.end(), {0, 1, -1, -1, -1});
  CHECK(std::abs(data.test.features[0]) == 3);
  CHECK(data.train.features == train);
  CHECK(data.test.features == test);
  CHECK(data.feature_count == train.size());
}

TEST_CASE(
    "the features are the numbers, the one-hot columns and the ordinals, of the label's row") {
  CreditTable table;
  for (int i = 0; i < 20; ++i) {
    CreditRow next = row(i, i % 2 == 0 ? "Doctor" : "Writer", i % 2 == 0 ? "Good" : "Poor");
    next.categories[position("Payment_of_Min_Amount")] = i % 4 < 2 ? "No" : "Yes";
    next.categories[position("Credit_Mix")] = i % 2 == 0 ? "Good" : "Bad";
    next.categories[position("Spending_Level")] = i % 2 == 0 ? "High" : "Low";
    next.categories[position("Payment_Value")] = i % 2 == 0 ? "Medium" : "Large";
    table.add(next);
  }
  const Dataset data = prepare(table, 1);
  CHECK(data.class_count == 2);
  REQUIRE(data.feature_count == number_count + 2 + 2 + 3);
  CHECK(data.train.labels.size() == 16);
  CHECK(data.test.labels.size() == 4);
  for (const Samples* samples : {&data.train, &data.test})
    for (std::size_t i = 0; i < samples->labels.size(); ++i) {
      const auto end =
          samples->features.begin() + static_cast<std::ptrdiff_t>((i + 1) * data.feature_count);
      const bool good = samples->labels[i] == 0;
      CHECK(Features(end - 3, end) == (good ? Features{2, 1, 1} : Features{0, 0, 2}));
      CHECK(Features(end - 7, end - 5) == (good ? Features{1, 0} : Features{0, 1}));
      CHECK(*(end - 5) + *(end - 4) == 1);
    }
}
