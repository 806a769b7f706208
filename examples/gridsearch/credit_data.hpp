// SPDX-License-Identifier: MIT
// The credit-score table: its columns, a row of it, and the rows that the search uses.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gridsearch {

enum class Kind { number, category, label, is_train };

struct Column {
  const char* name;
  Kind kind;
  int decimals = 0;  // of a number, when it is written
};

/// The columns in the order of the file.
inline constexpr auto columns = std::to_array<Column>({
    {"Age", Kind::number},
    {"Occupation", Kind::category},
    {"Annual_Income", Kind::number, 2},
    {"Monthly_Inhand_Salary", Kind::number, 2},
    {"Num_Bank_Accounts", Kind::number},
    {"Num_Credit_Card", Kind::number},
    {"Interest_Rate", Kind::number},
    {"Num_of_Loan", Kind::number},
    {"Delay_from_due_date", Kind::number},
    {"Num_of_Delayed_Payment", Kind::number},
    {"Changed_Credit_Limit", Kind::number, 2},
    {"Num_Credit_Inquiries", Kind::number},
    {"Credit_Mix", Kind::category},
    {"Outstanding_Debt", Kind::number, 2},
    {"Credit_Utilization_Ratio", Kind::number, 2},
    {"Credit_History_Age", Kind::number},  // in months
    {"Payment_of_Min_Amount", Kind::category},
    {"Total_EMI_per_month", Kind::number, 2},
    {"Amount_invested_monthly", Kind::number, 2},
    {"Monthly_Balance", Kind::number, 2},
    {"Spending_Level", Kind::category},
    {"Payment_Value", Kind::category},
    {"Credit_Score", Kind::label},
    {"is_train", Kind::is_train},
});

consteval std::size_t count_of(Kind kind) {
  return static_cast<std::size_t>(
      std::count_if(columns.begin(), columns.end(), [&](auto& c) { return c.kind == kind; }));
}
inline constexpr std::size_t number_count = count_of(Kind::number);
inline constexpr std::size_t category_count = count_of(Kind::category);

/// Where a column is among those of its kind.
constexpr std::size_t position(std::string_view name) {
  std::array<std::size_t, 4> counts{};
  for (const Column& column : columns) {
    if (column.name == name) return counts[static_cast<std::size_t>(column.kind)];
    ++counts[static_cast<std::size_t>(column.kind)];
  }
  throw std::invalid_argument("no such column");
}

inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// A row of the file. A missing number is NaN, a missing text is empty.
struct CreditRow {
  std::array<double, number_count> numbers{};
  std::array<std::string, category_count> categories;
  std::string credit_score;
  bool is_train = false;

  bool is_complete() const {
    return std::none_of(numbers.begin(), numbers.end(), [](double x) { return std::isnan(x); }) &&
           std::none_of(categories.begin(), categories.end(), [](auto& x) { return x.empty(); }) &&
           !credit_score.empty();
  }
};

/// The rows that the search uses, column by column.
struct CreditTable {
  std::array<std::vector<double>, number_count> numbers;
  std::array<std::vector<std::string>, category_count> categories;
  std::vector<std::string> credit_score;

  std::size_t size() const { return credit_score.size(); }
  bool operator==(const CreditTable&) const = default;

  /// Takes the row if it is for training and nothing is missing in it.
  void add(const CreditRow& row) {
    if (!row.is_train || !row.is_complete()) return;
    for (std::size_t i = 0; i < number_count; ++i) numbers[i].push_back(row.numbers[i]);
    for (std::size_t i = 0; i < category_count; ++i) categories[i].push_back(row.categories[i]);
    credit_score.push_back(row.credit_score);
  }
};

}  // namespace gridsearch
