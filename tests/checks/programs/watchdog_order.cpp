// SPDX-License-Identifier: MIT
// ranks: 3 4
// environment: MPI4CXX_WATCHDOG=0.2s
// time limit: 40
// labels: threads
// expect: the rank that is elsewhere stands first
// expect not: FAILED
// What fewest ranks do stands first in the roll call, whatever their numbers are.
#include "io/folder.hpp"

#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <string>

#include <fcntl.h>
#include <unistd.h>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const Folder folder;
  const auto output_of = [&](int of) { return folder / std::to_string(of); };
  // the order is that of the lines of one rank, which the launcher need not keep
  const int screen = dup(STDERR_FILENO);
  const int output = open(output_of(rank).c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  if (screen < 0 || output < 0 || dup2(output, STDERR_FILENO) < 0) std::puts("FAILED to redirect");
  comm.barrier();

  if (rank == 1) {
    // any rank may have called the roll, and an early one may have found the others on their way
    const std::string others = size == 3 ? "ranks 0, 2 wait" : "ranks 0, 2, 3 wait";
    bool is_told = false, is_first = false;
    for (const double end = MPI::Wtime() + 20; !is_told && MPI::Wtime() < end;)
      for (int each = 0; each < size; ++each) {
        const std::string told = bytes_of(output_of(each));
        const auto at = told.find(others);
        if (at == std::string::npos) continue;
        is_told = true;
        const auto title = told.rfind("watchdog:", at);
        is_first = told.find("  rank 1 computes", title) < at;
      }
    std::puts(is_first ? "the rank that is elsewhere stands first" : "FAILED");
  }
  comm.barrier();
  dup2(screen, STDERR_FILENO);
}
