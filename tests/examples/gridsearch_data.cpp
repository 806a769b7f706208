// SPDX-License-Identifier: MIT
// ranks: serial
// needs: mpi4cxx_gridsearch
// The credit-score data: read from files, and generated.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gridsearch/credit_csv.hpp>
#include <gridsearch/credit_data.hpp>
#include <gridsearch/generator.hpp>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace gridsearch;

constexpr auto good_line =
    "23,Scientist,19114.12,1824.84,3,4,3,4,3,7,11.27,4,Good,809.98,26.82,265,No,49.57,80.41,312.49,"
    "High,Small,Good,True\n";

CreditTable read(const std::string& content, std::size_t limit = 1000) {
  std::istringstream stream(content);
  return read_credit_data(stream, "credit.csv", limit);
}

// The good line with another cell in one column.
std::string line_with(const std::string& column, const std::string& cell) {
  std::stringstream cells(good_line);
  std::string line, part;
  for (const Column& each : columns) {
    std::getline(cells, part, each.kind == Kind::is_train ? '\n' : ',');
    line += (each.name == column ? cell : part) + ',';
  }
  line.back() = '\n';
  return line;
}

std::string generated(std::size_t rows, std::uint64_t seed) {
  std::ostringstream stream;
  write_credit_data(stream, rows, seed);
  return stream.str();
}

// FNV-1a
std::uint64_t checksum(const std::string& text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("a row of the file is in the table, column by column") {
  const CreditTable table = read(csv_header() + good_line);
  REQUIRE(table.size() == 1);
  CHECK(table.numbers[position("Age")][0] == 23);
  CHECK(table.numbers[position("Annual_Income")][0] == 19114.12);
  CHECK(table.numbers[position("Monthly_Balance")][0] == 312.49);
  CHECK(table.categories[position("Occupation")][0] == "Scientist");
  CHECK(table.categories[position("Payment_Value")][0] == "Small");
  CHECK(table.credit_score[0] == "Good");
}

TEST_CASE("columns may come in any order, with others among them, and be quoted") {
  std::string header = csv_header(), line = good_line;
  header.insert(header.size() - 1, ",Month");
  line.insert(line.size() - 1, ",May");
  // The first column becomes the last.
  const auto turn = [](const std::string& text) {
    const std::size_t comma = text.find(',');
    return text.substr(comma + 1, text.size() - comma - 2) + ',' + text.substr(0, comma) + '\n';
  };
  CHECK(read(turn(header) + turn(line)) == read(csv_header() + good_line));
  CHECK(read(csv_header() + line_with("Occupation", "\"Scientist\"")) ==
        read(csv_header() + good_line));
}

TEST_CASE("rows with missing values and rows that are not for training are left out") {
  for (const Column& column : columns)
    for (const char* cell : {"", "NaN", "NA"}) {
      CAPTURE(column.name, cell);
      CHECK(read(csv_header() + good_line + line_with(column.name, cell)).size() == 1);
    }
  CHECK(read(csv_header() + good_line + line_with("is_train", "False")).size() == 1);
  CHECK(read(csv_header() + good_line + line_with("is_train", "true")).size() == 2);
}

TEST_CASE("no more rows are read than wanted") {
  const std::string content = csv_header() + line_with("Age", "") + good_line + good_line;
  CHECK(read(content, 0).size() == 0);
  CHECK(read(content, 1).size() == 0);
  CHECK(read(content, 2).size() == 1);
}

TEST_CASE("an error names the file, the line and the column") {
  const auto message = [](const std::string& content) -> std::string {
    try {
      read(content);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "no error";
  };
  const std::string two = csv_header() + good_line;
  for (const char* cell : {"young", "23 years", "1e999", "inf", "0x10"})
    CHECK(message(two + line_with("Age", cell)) ==
          "credit.csv:3: column Age: \"" + std::string(cell) + "\" is not a number");
  CHECK(message(two + good_line + line_with("is_train", "perhaps")) ==
        "credit.csv:4: column is_train: \"perhaps\" is not True or False");
  CHECK_THAT(message(two + "1,2,3\n"), HasText("line 3 in file \"credit.csv\""));
  CHECK_THAT(message(two + "x," + good_line), HasText("line 3 in file \"credit.csv\""));
  CHECK_THAT(message("Age,Occupation\n23,Doctor\n"), HasText("\"Annual_Income\""));
  CHECK_THAT(message(""), HasText("\"credit.csv\""));
  CHECK_THROWS_WITH(read_credit_data("/nowhere/credit.csv", 1),
                    HasText("cannot open /nowhere/credit.csv: "));
}

TEST_CASE("generated data is the same bytes in every run and on every machine") {
  CHECK(generated(1000, 42) == generated(1000, 42));
  CHECK(generated(1000, 42) != generated(1000, 43));
  CHECK(checksum(generated(1000, 42)) == 0xBFEFF1CFAC016BC0U);
}

TEST_CASE("generated data survives the way through a file") {
  const std::string content = generated(2000, 7);
  CHECK(count_lines(content) == 2001);
  CHECK(read(content, 100'000) == generate_credit_data(2000, 7));
  CHECK(read(content, 500) == generate_credit_data(500, 7));
}

TEST_CASE("generated data is like the course's") {
  constexpr std::size_t rows = 50'000;
  const CreditTable table = generate_credit_data(rows, 42);
  // The course uses about 58 of 100 rows.
  CHECK(table.size() > rows * 54 / 100);
  CHECK(table.size() < rows * 62 / 100);
  std::map<std::string, double> shares;
  for (const std::string& score : table.credit_score)
    shares[score] += 1 / static_cast<double>(table.size());
  CHECK(shares.size() == 3);
  CHECK(shares["Standard"] == Approx(0.53).margin(0.03));
  CHECK(shares["Poor"] == Approx(0.29).margin(0.03));
  CHECK(shares["Good"] == Approx(0.18).margin(0.03));
  const auto different = [&](const char* name) {
    const auto& values = table.categories[position(name)];
    return std::set<std::string>(values.begin(), values.end());
  };
  CHECK(different("Occupation").size() == 15);
  CHECK(different("Payment_of_Min_Amount") == std::set<std::string>{"NM", "No", "Yes"});
  CHECK(different("Credit_Mix") == std::set<std::string>{"Bad", "Good", "Standard"});
  CHECK(different("Spending_Level") == std::set<std::string>{"High", "Low"});
  CHECK(different("Payment_Value") == std::set<std::string>{"Large", "Medium", "Small"});
}
