// SPDX-License-Identifier: MIT
// ranks: 1 2
// environment: MPI4CXX_LEAKS=1
// expect: left open:
// expect: a window of Win.Allocate at THIS_FILE
// expect: a file of File.Open at THIS_FILE
// expect: an Op of Op.Create at THIS_FILE
// expect: a Group of Group.Incl at THIS_FILE
// expect: an Errhandler of Create_errhandler at THIS_FILE
// expect: an Info of Info.Create at THIS_FILE
// expect: a Group of Get_group at THIS_FILE
// expect: went to its end
// expect not: times)
// Every kind of handle is named when it is left open, and only then: of three that one line makes,
// the report counts the one that is still held.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <filesystem>
#include <string>

#include <unistd.h>

using namespace mpi4cxx;

template <class Make, class End>
static void leave_one_of_three(Make make, End end) {
  for (int i = 0; i < 3; ++i) {
    auto made = make();
    if (i == 0) continue;  // its last copy ends here
    // a handle that is held, but refers to nothing any more, is no leak
    auto* const held = new auto(made);  // NOLINT: leaks
    if (i == 1) end(*held);
  }
}

int main() {
  const auto comm = MPI::COMM_WORLD;
  const auto free = [](auto& made) { made.Free(); };
  leave_one_of_three([&] { return MPI::Win::Allocate(64, {.comm = comm}); }, free);
  leave_one_of_three(
      [] { return MPI::Op::Create<int>([](int a, int b) { return a > b ? a : b; }); }, free);
  leave_one_of_three([&] { return comm.Get_group(); }, free);
  leave_one_of_three([group = comm.Get_group()] { return group.Incl({0}); }, free);
  leave_one_of_three([] { return MPI::Info::Create({{"key", "value"}}); }, free);
  leave_one_of_three([] { return MPI::Comm::Create_errhandler([](const MPI::Comm&, int) {}); },
                     free);

  // removed while it is open, so that nothing stays behind
  const auto path =
      std::filesystem::temp_directory_path() / ("mpi4cxx-test-leaks-" + std::to_string(getpid()));
  leave_one_of_three(
      [&] {
        return MPI::File::Open(MPI::COMM_SELF, path,
                               {.amode = MPI::MODE_CREATE | MPI::MODE_WRONLY});
      },
      [](MPI::File& file) { file.Close(); });
  std::filesystem::remove(path);
  if (comm.reduce(1) == comm.Get_size()) std::puts("went to its end");
}
