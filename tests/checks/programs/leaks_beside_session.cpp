// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_LEAKS=1
// expect: a Session of Session.Init at THIS_FILE
// expect: went to its end
// expect not: unexpected
// A session that stays open keeps nothing of what is to be done before MPI is finalized: the leak
// report, attributes, and what is still on its way.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <string>

using namespace mpi4cxx;

int main() {
#if MPI_VERSION >= 4
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  new MPI::Session(MPI::Session::Init());  // NOLINT: leaks
  static int told = 0;
  const int key = MPI::Comm::Create_keyval<int>(
      false, [](const MPI::Comm& of, int, int value) { told += value * of.Get_size(); });
  MPI::COMM_SELF.Set_attr(key, 1);
  comm.Set_attr(key, 10);
  // too large to go at once, and dropped
  if (rank == 0) {
    const MPI::Request dropped = comm.isend(std::string(3'000'000, 'x'), 1);
  } else {
    const auto text = comm.recv<std::string>(0);
    if (text.size() != 3'000'000) std::puts("unexpected size");
  }
  MPI::Finalize();
  if (told != 21) std::printf("unexpected attributes: %d\n", told);
  std::puts("went to its end");
#else
  std::puts("skipped: sessions need MPI 4");
#endif
}
