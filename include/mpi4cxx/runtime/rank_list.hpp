// SPDX-License-Identifier: MIT
// Ranks in a sentence, and lines of a report.
#pragma once

#include <mpi4cxx/runtime/text.hpp>

#include <cstdio>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// "rank 3" or "ranks 0-2, 5"; long lists are cut.
struct rank_list {
  char text[200] = "";
  std::size_t count = 0;
  void add(int rank, bool is_here) {
    if (is_here) {
      if (++count == 1) used = static_cast<std::size_t>(std::snprintf(text, sizeof text, "rank"));
      if (first < 0) first = rank;
      last = rank;
      return;
    }
    end_of_stretch();
  }
  void end() {
    end_of_stretch();
    if (count < 2) return;
    std::memmove(text + 5, text + 4, sizeof text - 5);
    text[4] = 's';
    text[sizeof text - 1] = '\0';
  }

 private:
  std::size_t used = 0;
  int first = -1, last = -1;
  bool is_first = true;
  void end_of_stretch() {
    if (first < 0) return;
    if (used + 40 < sizeof text) {
      const char* const separator = is_first ? " " : ", ";
      const int written =
          first == last ? std::snprintf(text + used, sizeof text - used, "%s%d", separator, first)
                        : std::snprintf(text + used, sizeof text - used, "%s%d%s%d", separator,
                                        first, first + 1 == last ? ", " : "-", last);
      used += static_cast<std::size_t>(written);
    } else if (used + 5 < sizeof text) {
      std::memcpy(text + used, ", ...", 6);
      used = sizeof text;
    }
    is_first = false;
    first = -1;
  }
};

/// A line of a report for each thing that is alike, with its ranks; what fewest ranks say comes
/// first. `is_alike(a, b)` compares what two ranks say; `line(ranks, first)` is the sentence
/// `describe` makes of them.
template <class Alike, class Describe>
sentence grouped_by_rank(std::size_t size, const char* title, Alike&& is_alike,
                         Describe&& describe) {
  struct line {
    std::size_t weight;
    sentence text;
  };
  std::vector<line> lines;
  std::vector<char> is_named(size, 0);
  for (std::size_t first = 0; first < size; ++first) {
    if (is_named[first]) continue;
    std::vector<std::size_t> members;
    rank_list ranks;
    for (std::size_t rank = first; rank < size; ++rank) {
      const bool is_here = !is_named[rank] && is_alike(first, rank);
      ranks.add(static_cast<int>(rank), is_here);
      if (!is_here) continue;
      is_named[rank] = 1;
      members.push_back(rank);
    }
    ranks.end();
    lines.push_back({members.size(), describe(ranks, members)});
  }
  sentence text = formatted("{}", {title});
  for (std::size_t weight = 0; weight <= size; ++weight)
    for (const line& each : lines)
      if (each.weight == weight) {
        sentence longer = formatted("{}\nmpi4cxx:   {}", {text, each.text});
        text.swap(longer);
      }
  return text;
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
