// SPDX-License-Identifier: MIT
// Ranks in a sentence, and lines of a report.
#pragma once

#include <mpi4cxx/runtime/text.hpp>

#include <cstdio>

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

/// Ranks that say the same, as a group that is known by its first rank.
class rank_groups {
 public:
  template <class Alike>
  rank_groups(std::size_t size, Alike&& is_alike)
      : size_(size), first_of_(new std::size_t[2 * size]), count_of_(first_of_ + size) {
    for (std::size_t rank = 0; rank < size; ++rank) {
      std::size_t first = 0;
      while (first < rank && (first_of_[first] != first || !is_alike(first, rank))) ++first;
      first_of_[rank] = first;
      count_of_[rank] = 0;
      ++count_of_[first];
    }
  }
  rank_groups(const rank_groups&) = delete;
  rank_groups& operator=(const rank_groups&) = delete;
  ~rank_groups() { delete[] first_of_; }

  std::size_t count(std::size_t first) const noexcept { return count_of_[first]; }
  bool has(std::size_t first, std::size_t rank) const noexcept { return first_of_[rank] == first; }

  /// A line for each group, those of fewest ranks first. `describe(ranks, first)` is the line.
  template <class Describe>
  sentence report(const char* title, Describe&& describe) const {
    sentence text = formatted("{}", {title});
    for (std::size_t count = 1; count <= size_; ++count)
      for (std::size_t first = 0; first < size_; ++first) {
        if (count_of_[first] != count) continue;
        rank_list ranks;
        for (std::size_t rank = first; rank < size_; ++rank)
          ranks.add(static_cast<int>(rank), has(first, rank));
        ranks.end();
        sentence longer = formatted("{}\nmpi4cxx:   {}", {text, describe(ranks.text, first)});
        text.swap(longer);
      }
    return text;
  }

 private:
  std::size_t size_;
  std::size_t* first_of_;
  std::size_t* count_of_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
