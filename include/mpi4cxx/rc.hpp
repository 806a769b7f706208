// SPDX-License-Identifier: MIT
// Run-time configuration, as mpi4py.rc: read once, at the first use of MPI.
#pragma once

#include <mpi4cxx/version.hpp>

#include <cstddef>
#include <string_view>

namespace mpi4cxx::inline MPI4CXX_ABI {

/// The settings of `mpi4cxx::rc`. Each has an environment variable MPI4CXX_RC_<NAME>, which wins.
/// They are read at the first use; later changes have no effect. A value that is not one of those
/// listed is an error that says so.
struct rc_settings {
  /// Initialize MPI at the first use. With false, a use before MPI::Init() throws.
  bool initialize = true;
  /// Call MPI_Init_thread (true) or MPI_Init (false).
  bool threads = true;
  /// The level asked for: "single", "funneled", "serialized" or "multiple".
  std::string_view thread_level = "multiple";
  /// Finalize at exit what this library initialized.
  bool finalize = true;
  /// The error handler of the world and of self: "exception", "default" (leave it), "abort",
  /// "fatal". Empty: "exception" where this library initializes MPI, "default" where somebody else
  /// did. Communicators made by this library always give exceptions.
  std::string_view errors = "";
  /// Make the private channel on which large objects travel. This is collective over the world at
  /// the first use; false is for jobs in which only some ranks use the library.
  bool channel = true;
  /// How blocking calls wait: "spin", "yield", "sleep", or "auto": yield where a node carries more
  /// ranks than cores, else spin.
  std::string_view wait = "auto";
  /// Objects up to this many bytes travel in one message, header and content together; 64 to 16384.
  /// Equal on all ranks.
  std::size_t inline_limit = 4096;
  /// No single MPI message of an object is longer than this many bytes. Equal on all ranks.
  std::size_t chunk_limit = std::size_t{1} << 30;
  /// Objects that say they are larger than this many bytes are refused as damaged.
  std::size_t max_object = std::size_t{1} << 46;
  /// Seconds after which a rank that waits at start for the others says so.
  double start_notice = 5.0;
};

inline constinit rc_settings rc;

}  // namespace mpi4cxx::inline MPI4CXX_ABI
