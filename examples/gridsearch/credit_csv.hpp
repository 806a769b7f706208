// SPDX-License-Identifier: MIT
// The credit-score table as a CSV file in the course's format.
#pragma once

#include <csv.h>  // Fast C++ CSV Parser
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <istream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>

#include "credit_data.hpp"

namespace gridsearch {

namespace detail {

// As pandas reads them.
inline bool is_missing(std::string_view cell) {
  for (const char* name : {"", "NA", "N/A", "NaN", "nan", "None", "NULL", "null"})
    if (cell == name) return true;
  return false;
}

inline bool read_number(std::string_view cell, double& value) {
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error == std::errc() && end == cell.data() + cell.size() && std::isfinite(value);
}

// False if the cell cannot be what its column asks for.
inline bool read_cell(std::string_view cell, Kind kind, double& number, std::string& text,
                      bool& is_train) {
  switch (kind) {
    case Kind::number:
      number = missing;
      return is_missing(cell) || read_number(cell, number);
    case Kind::is_train:
      is_train = cell == "True" || cell == "true" || cell == "1";
      return is_train || is_missing(cell) || cell == "False" || cell == "false" || cell == "0";
    default:
      text = is_missing(cell) ? std::string_view() : cell;
      return true;
  }
}

}  // namespace detail

/// Reads at most `limit` rows. The columns may come in any order, and there may be others.
/// @throws std::runtime_error naming the file, the line and the column
inline CreditTable read_credit_data(std::istream& stream, const std::string& name,
                                    std::size_t limit) {
  CreditTable table;
  try {
    io::CSVReader<columns.size(), io::trim_chars<' ', '\t'>, io::double_quote_escape<',', '"'>>
        reader(name, stream);
    std::apply([&](auto... column) { reader.read_header(io::ignore_extra_column, column.name...); },
               std::tuple_cat(columns));
    std::array<const char*, columns.size()> cells{};
    const auto next = [&](auto&... cell) { return reader.read_row(cell...); };
    CreditRow row;
    std::string ignored;
    double no_number = 0;
    for (std::size_t read = 0; read < limit && std::apply(next, cells); ++read) {
      std::size_t number = 0, category = 0;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const Kind kind = columns[i].kind;
        double& value = kind == Kind::number ? row.numbers[number++] : no_number;
        std::string& text = kind == Kind::category ? row.categories[category++]
                            : kind == Kind::label  ? row.credit_score
                                                   : ignored;
        if (!detail::read_cell(cells[i], kind, value, text, row.is_train))
          throw std::runtime_error(fmt::format(
              "{}:{}: column {}: \"{}\" is not {}", name, reader.get_file_line(), columns[i].name,
              cells[i], kind == Kind::number ? "a number" : "True or False"));
      }
      table.add(row);
    }
  } catch (const io::error::base& error) {  // its what() has the file, the line and the column
    throw std::runtime_error(error.what());
  }
  return table;
}

inline CreditTable read_credit_data(const std::string& path, std::size_t limit) {
  errno = 0;
  std::ifstream file(path);
  if (!file)
    throw std::runtime_error("cannot open " + path + ": " + std::generic_category().message(errno));
  return read_credit_data(file, path, limit);
}

/// The header line, and a row as a line of the file.
inline std::string csv_header() {
  std::string line;
  for (const Column& column : columns) line += std::string(line.empty() ? "" : ",") + column.name;
  return line + '\n';
}

inline std::string csv_line(const CreditRow& row) {
  std::string line;
  std::size_t number = 0, category = 0;
  for (const Column& column : columns) switch (column.kind) {
      case Kind::number: {
        const double value = row.numbers[number++];
        line += std::isnan(value) ? "," : fmt::format("{:.{}f},", value, column.decimals);
        break;
      }
      case Kind::category:
        line += row.categories[category++] + ',';
        break;
      case Kind::label:
        line += row.credit_score + ',';
        break;
      case Kind::is_train:
        line += row.is_train ? "True\n" : "False\n";
        break;
    }
  return line;
}

}  // namespace gridsearch
