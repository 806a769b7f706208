// SPDX-License-Identifier: MIT
// Dynamic processes: rank 0 starts workers, which are this program again, and they compute pi.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <mpi4cxx/mpi4cxx.hpp>
#include <numbers>
#include <stdexcept>
#include <string>

using namespace mpi4cxx;

// Each worker has every size-th interval below the curve 4 / (1 + x^2)
void work(MPI::Intercomm& parent) {
  const auto intervals = parent.bcast(0, {.root = 0});
  const double width = 1.0 / intervals;
  double sum = 0;
  for (int i = parent.Get_rank(); i < intervals; i += parent.Get_size()) {
    const double x = width * (i + 0.5);
    sum += 4 / (1 + x * x);
  }
  parent.reduce(sum * width, {.op = MPI::SUM, .root = 0});
  parent.Disconnect();
}

MPI::Intercomm start_workers(const std::string& program, int count) {
  try {
    return MPI::COMM_SELF.Spawn(program, {.maxprocs = count});
  } catch (const MPI::Exception& error) {
    throw std::runtime_error(fmt::format(
        "this MPI library cannot start processes here ({}): use another one, as Debian's Open MPI "
        "by cmake --preset openmpi",
        MPI::Get_error_string(error.Get_error_class())));
  }
}

int main(int, char** argv) {
  if (auto parent = MPI::Comm::Get_parent()) {
    work(parent);
    return 0;
  }
  if (MPI::COMM_WORLD.Get_rank() != 0) return 0;

  const int workers = 3;
  auto comm = start_workers(std::filesystem::canonical(argv[0]), workers);
  comm.bcast(100000, {.root = MPI::ROOT});
  const auto pi = comm.reduce<double>(MPI::None, {.op = MPI::SUM, .root = MPI::ROOT});
  comm.Disconnect();
  fmt::print("{} workers say that pi is {:.9f}, which is {} wrong\n", workers, *pi,
             std::abs(*pi - std::numbers::pi) < 1e-9 ? "less than 1e-9" : "more than 1e-9");
}
