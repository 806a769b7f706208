// SPDX-License-Identifier: MIT
// Lists of sentences: the course's tab-separated files, or generated lists of the same kind.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "generator.hpp"
#include "sentence.hpp"
#include "utf8.hpp"

namespace course {

/// The sentences of a file with the columns id and string: UTF-8, a header line, a tab between the
/// columns, no quoting (a quotation mark is a character like any other).
///
/// Throws std::runtime_error that names the file, and the line where one is malformed.
inline std::vector<Sentence> read_sentences(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    const int reason = file ? EISDIR : errno;
    throw std::runtime_error("cannot open " + path + ": " +
                             std::generic_category().message(reason));
  }

  std::vector<Sentence> sentences;
  std::string line;
  std::size_t line_number = 0;
  const auto malformed = [&](const std::string& what) {
    return std::runtime_error(path + ":" + std::to_string(line_number) + ": " + what);
  };
  while (std::getline(file, line)) {
    ++line_number;
    if (line.ends_with('\r')) line.pop_back();
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos || line.find('\t', tab + 1) != std::string::npos)
      throw malformed("expected two columns, id and string, with one tab between them");
    const std::string_view id = std::string_view(line).substr(0, tab);
    const std::string_view text = std::string_view(line).substr(tab + 1);
    if (line_number == 1) {
      if (id.find("id") == std::string_view::npos || text.find("string") == std::string_view::npos)
        throw malformed("expected a header that names the columns id and string");
      continue;
    }
    Sentence sentence;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), sentence.id);
    if (error != std::errc() || end != id.data() + id.size())
      throw malformed("the id '" + std::string(id) + "' is not an integer of 64 bits");
    try {
      (void)code_points(text);
    } catch (const std::invalid_argument& invalid) {
      throw malformed("the string is not text: " + std::string(invalid.what()));
    }
    sentence.text = text;
    sentences.push_back(std::move(sentence));
  }
  if (file.bad()) throw std::runtime_error("cannot read " + path);
  if (line_number == 0) throw std::runtime_error(path + ": the file is empty, without a header");
  return sentences;
}

/// The left and the right list: read from two files, or generated where no files are named.
inline std::pair<std::vector<Sentence>, std::vector<Sentence>> load_lists(
    const std::string& left_path, const std::string& right_path) {
  if (left_path.empty() && right_path.empty()) {
    SentenceLists generated = generate_sentences();
    return {std::move(generated.left), std::move(generated.right)};
  }
  std::vector<Sentence> left = read_sentences(left_path);
  return {std::move(left), read_sentences(right_path)};
}

/// Throws std::runtime_error if both lists, with each row N times, are more than the machine can
/// hold; it would else be the system that ends the program, without a word.
inline void require_memory_for(std::span<const Sentence> left, std::span<const Sentence> right,
                               std::size_t N) {
  double bytes = 0;
  for (const auto& list : {left, right})
    for (const Sentence& sentence : list)
      bytes += static_cast<double>(N) * static_cast<double>(sizeof sentence + sentence.text.size());
  const double memory =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  constexpr double GiB = 1024.0 * 1024.0 * 1024.0;
  if (bytes > memory)
    throw std::runtime_error(fmt::format(
        "the lists with every row {} times take {:.1f} GiB, and this machine has {:.1f} "
        "GiB of memory: choose a smaller N",
        N, bytes / GiB, memory / GiB));
}

}  // namespace course
