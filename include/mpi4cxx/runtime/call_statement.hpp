// SPDX-License-Identifier: MIT
// Checked mode: what a rank says of the collective that it is about to call, as it travels.
#pragma once

#include <mpi4cxx/version.hpp>

#include <cstddef>
#include <cstdint>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Between whom a collective moves its blocks.
enum class flow : int { none, from_root, to_root, all };

struct call_statement {
  static constexpr int no_root = -1000;
  static constexpr int silent = -1001;
  static constexpr std::int64_t unknown = -1;
  static constexpr int bits_of_bytes = 48;  // of a block, where it has a type of its own

  char call[32] = {};
  char file[80] = {};
  char operation[16] = {};
  char type[56] = {};
  int line = 0;  // 0: at the end of the program
  int root = no_root;
  flow way = flow::none;
  int given = 0, taken = 0;                         // kinds of element, 0 where none is compared
  int is_reduction = 0;                             // all give elements of one type
  std::uint64_t identity = 0;                       // of objects
  std::uint64_t division = 0;                       // of a reduction into blocks
  std::int64_t count = unknown;                     // of a reduction
  std::int64_t sent = unknown, received = unknown;  // bytes for one rank
};

/// The bytes that each rank gives to and takes from each one travel with the statement, as long as
/// that is not much; with more ranks blocking calls alone exchange them, in a second message.
inline constexpr int most_ranks_with_blocks = 32;

inline bool sends_blocks(int ranks, int remote_ranks) noexcept {
  return remote_ranks == 0 && ranks <= most_ranks_with_blocks;
}
/// The size of what travels on a communicator, the same for all calls: nobody knows what the other
/// ranks call.
inline std::size_t statement_size(int ranks, int remote_ranks) noexcept {
  const auto numbers = static_cast<std::size_t>(sends_blocks(ranks, remote_ranks) ? 2 * ranks : 0);
  return sizeof(call_statement) + numbers * sizeof(std::int64_t);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
