// SPDX-License-Identifier: MIT
// A sentence on the standard error stream, and the end of the job.
#pragma once

#include <mpi4cxx/runtime/state.hpp>
#include <mpi4cxx/runtime/text.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// One write, so that lines of several ranks do not mix.
[[gnu::cold]] inline void say(text_argument what) {
  const sentence line = formatted("mpi4cxx: {}\n", {what});
  std::fflush(stdout);
  std::fwrite(line.c_str(), 1, std::strlen(line.c_str()), stderr);
  std::fflush(stderr);
}

/// Says what happened on which rank and ends the job.
[[noreturn]] [[gnu::cold]] inline void abort_job(process_state& state, text_argument what,
                                                 int status) {
  say(formatted("rank {} of {}: {}", {state.world_rank, state.world_size, what}));
  // a launcher may drop what was printed just before an abort; this lets it read the sentence
  usleep(100'000);
  state.now = phase::finalized;  // MPI_Abort may leave by exit(), which has nothing to add
  MPI_Abort(MPI_COMM_WORLD, status);
  std::_Exit(status);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
