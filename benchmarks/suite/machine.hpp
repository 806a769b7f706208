// SPDX-License-Identifier: MIT
// What has to be known of a run to read its figures, and how much memory it may use.
#pragma once

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "memory.hpp"
#include "where.hpp"

namespace suite {

/// What follows the first `key` and a colon in one of the kernel's files; empty where it is not.
inline std::string kernel_value(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key)) {
      const auto begin = line.find_first_not_of(" \t", line.find(':') + 1);
      return begin == line.npos ? "" : line.substr(begin);
    }
  return "";
}

/// Bytes that this node can still give away; without limit where it does not say.
inline double free_memory() {
  double bytes = std::numeric_limits<double>::infinity();
  const std::string available = kernel_value("/proc/meminfo", "MemAvailable");
  if (!available.empty()) bytes = std::strtod(available.c_str(), nullptr) * 1024;
  double limit = 0, used = 0;  // of a container
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit &&
      std::ifstream("/sys/fs/cgroup/memory.current") >> used)
    bytes = std::min(bytes, limit - used);
  return bytes;
}

/// The bytes that each rank may use, if all use as many: the same on all ranks.
inline double free_memory_of_a_rank(const Where& where) {
  MPI_Comm node;
  int neighbours = 1;
  must(MPI_Comm_split_type(where.raw, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  must(MPI_Comm_size(node, &neighbours));
  must(MPI_Comm_free(&node));
  return where.comm.allreduce(free_memory() / neighbours, MPI::MIN);
}

inline std::string text_of_bytes(double bytes) {
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(units); ++unit) bytes /= 1024;
  return fmt::format("{:.4g} {}", bytes, units[unit]);
}

inline std::string compiler() {
#if defined(__clang__)
  return __VERSION__;
#else
  return "GCC " __VERSION__;
#endif
}

/// Names and values. Collective.
inline std::vector<std::pair<std::string, std::string>> describe(const Where& where) {
  const auto names = where.comm.allgather(MPI::Get_processor_name());
  const std::set<std::string> nodes(names.begin(), names.end());
  std::string library = MPI::Get_library_version();
  // one line, without what MPICH was configured with, and what Open MPI counts as its end
  std::erase(library, '\0');
  std::replace_if(
      library.begin(), library.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  library.erase(library.find_last_not_of(' ') + 1);
  const char* const wait = std::getenv("MPI4CXX_RC_WAIT");
  return {{"processor", kernel_value("/proc/cpuinfo", "model name")},
          {"cores of a node", std::to_string(std::thread::hardware_concurrency())},
          {"nodes", std::to_string(nodes.size())},
          {"ranks", std::to_string(where.size)},
          {"MPI", library},
          {"compiler", compiler()},
          {"options", SUITE_OPTIONS},
          {"waiting", wait ? wait : "auto"}};
}

}  // namespace suite
