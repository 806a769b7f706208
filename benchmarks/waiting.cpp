// SPDX-License-Identifier: MIT
// How the library's way of waiting compares with MPI's own blocking calls, at any number of ranks.
//
//   mpiexec.mpich -n 4 build/release/benchmarks/waiting [ROUNDS]
//
// Both are measured in turn in one run; printed are the medians and their ratio.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <mpi4cxx/mpi4cxx.hpp>
#include <string>
#include <vector>

using namespace mpi4cxx;

namespace {

constexpr int calls = 20;  // in a row, of each kind

double median(std::vector<double>& seconds) {
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

/// Runs both in turn; rank 0 prints the medians of a call in microseconds.
template <class Ours, class Plain>
void compare(const char* name, int rounds, Ours&& ours, Plain&& plain) {
  std::vector<double> our_seconds, plain_seconds;
  const auto measure = [](auto& call, std::vector<double>& seconds) {
    // all begin together, and long enough to settle: stragglers of the other kind would count else
    for (int i = 0; i < 3; ++i) MPI::COMM_WORLD.barrier();
    const double begin = MPI::Wtime();
    for (int i = 0; i < calls; ++i) call();
    seconds.push_back((MPI::Wtime() - begin) / calls);
  };
  for (int round = 0; round < rounds; ++round) {
    measure(ours, our_seconds);
    measure(plain, plain_seconds);
  }
  if (MPI::COMM_WORLD.rank() != 0) return;
  const double our_median = median(our_seconds), plain_median = median(plain_seconds);
  fmt::print("{:<24}{:>12.1f}{:>12.1f}{:>12.1f}\n", name, our_median * 1e6, plain_median * 1e6,
             plain_median / our_median);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
  if (rounds <= 0) {
    if (MPI::COMM_WORLD.rank() == 0) fmt::print(stderr, "usage: waiting [ROUNDS]\n");
    MPI::Finalize();
    return EXIT_FAILURE;
  }
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.rank(), size = comm.size();
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  const MPI_Comm raw = comm.native();
  std::vector<double> in(1000, rank), out(1000);
  int token = -1;

  if (rank == 0)
    fmt::print("{} ranks, {} rounds; medians\n{:<24}{:>12}{:>12}{:>12}\n", size, rounds, "call", "mpi4cxx us",
               "plain us", "plain/ours");
  compare("barrier", rounds, [&] { comm.barrier(); }, [&] { MPI_Barrier(raw); });
  compare("allreduce of 8 kB", rounds, [&] { comm.Allreduce(in, out); },
          [&] { MPI_Allreduce(in.data(), out.data(), 1000, MPI_DOUBLE, MPI_SUM, raw); });
  compare("ring of integers", rounds, [&] { comm.Sendrecv(rank, token, {.dest = right, .source = left}); },
          [&] {
            MPI_Sendrecv(&rank, 1, MPI_INT, right, 0, &token, 1, MPI_INT, left, 0, raw, MPI_STATUS_IGNORE);
          });
  compare("ring of strings", rounds,
          [&] { comm.sendrecv(std::string("abc"), {.dest = right, .source = left}); },
          [&] {
            char text[4] = "abc";
            MPI_Sendrecv_replace(text, 4, MPI_CHAR, right, 0, left, 0, raw, MPI_STATUS_IGNORE);
          });
}
