// SPDX-License-Identifier: MIT
// ranks: 1 2
// expect: as it should be
// expect not: FAILED
// Processes that are started later, with objects small and large between them. Debian's MPICH
// cannot start any: that is an exception on every rank, and no hang.
#include <mpi4cxx/MPI.hpp>

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

using Table = std::map<std::string, std::vector<double>>;

/// What each spawned process does.
void work(const MPI::Intercomm& parents) {
  const auto table = parents.bcast(Table(), 0);
  double sum = parents.recv<double>({.source = 0, .tag = 5});
  for (const auto& [name, values] : table)
    for (const double value : values) sum += value;
  parents.gather(sum, 0);
  if (parents.Get_rank() == 0) {
    const auto large = parents.recv<std::vector<double>>({.source = 0});
    parents.send(std::vector<double>(large.rbegin(), large.rend()), {.dest = 0});
  }
}

bool check(bool condition, const char* what) {
  if (!condition) std::printf("FAILED: %s\n", what);
  return condition;
}

bool parents_part(const MPI::Intracomm& comm, const std::string& program) {
  std::vector<int> codes;
  MPI::Intercomm children =
      comm.Spawn(program, {.args = {"child"}, .maxprocs = 2, .errcodes = &codes});
  const bool is_root = comm.Get_rank() == 0;
  const int root = is_root ? MPI::ROOT : MPI::PROC_NULL;
  bool right = check(children.Get_remote_size() == 2, "the number of children") &&
               check(codes == std::vector<int>(2, MPI::SUCCESS), "their codes");

  children.bcast(Table{{"a", {1, 2}}, {"b", std::vector<double>(20000, 0.5)}}, root);
  if (is_root)
    for (int i = 0; i < 2; ++i) children.send(100.0 * i, {.dest = i, .tag = 5});
  const auto sums = children.gather<double>(MPI::None, root);
  if (is_root) {
    right = right && check(sums == std::vector<double>{10003, 10103}, "what they have added up");
    std::vector<double> large(100000);
    large.front() = 1;
    children.send(large, {.dest = 0});
    right = right && check(children.recv<std::vector<double>>({.source = 0}).back() == 1,
                           "a large object there and back");
  }
  children.Disconnect();
  return right && check(!children, "a communicator after Disconnect");
}

/// Two programs at once, whose processes are one world: each tells what it was called with.
bool several_programs(const MPI::Intracomm& comm, const std::string& program) {
  const int root = comm.Get_size() - 1;
  std::vector<int> codes;
  MPI::Intercomm children =
      comm.Get_size() == 2
          ? comm.Spawn_multiple({program, program}, {{"of", "the first"}, {"second"}}, {1, 2}, {},
                                root, &codes)
          : comm.Spawn_multiple({program, program}, {.args = {{"of", "the first"}, {"second"}},
                                                     .maxprocs = {1, 2},
                                                     .root = root,
                                                     .errcodes = &codes});
  bool right = check(codes == std::vector<int>(3, MPI::SUCCESS), "the codes of Spawn_multiple");
  const auto told = children.gather<std::vector<std::string>>(
      MPI::None, comm.Get_rank() == root ? MPI::ROOT : MPI::PROC_NULL);
  if (comm.Get_rank() == root)
    right = check(told == std::vector<std::vector<std::string>>{{"of", "the first"},
                                                                {"second"},
                                                                {"second"}},
                  "the arguments of each") &&
            right;
  children.Disconnect();
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  if (MPI::Intercomm parents = MPI::Comm::Get_parent()) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments == std::vector<std::string>{"child"})
      work(parents);
    else
      parents.gather(arguments, parents.Get_remote_size() - 1);
    parents.Disconnect();
    return 0;
  }
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  bool right = false;
  const std::string program = std::filesystem::canonical(argv[0]);
#ifdef OPEN_MPI
  right = parents_part(comm, program) && several_programs(comm, program);
#else
  try {
    right = parents_part(comm, program) && several_programs(comm, program);
  } catch (const MPI::Exception& error) {
    right = check(std::string(error.what()).starts_with("MPI_Comm_spawn"), error.what());
    std::printf("this MPI spawns no processes: %s\n", error.what());
    try {
      several_programs(comm, program);
      right = check(false, "Spawn_multiple where Spawn failed");
    } catch (const MPI::Exception& other) {
      right = right &&
              check(std::string(other.what()).starts_with("MPI_Comm_spawn_multiple"), other.what());
    }
  }
#endif
  // what cannot be right is refused before MPI sees it
  try {
    comm.Spawn(program, {.maxprocs = -1});
    right = check(false, "a negative number of processes");
  } catch (const MPI::Exception& error) {
    right = right && check(error.Get_error_class() == MPI::ERR_ARG, error.what());
  }
  try {
    comm.Spawn_multiple({program, program}, {.maxprocs = {1, 1, 1}});
    right = check(false, "two programs, three numbers of processes");
  } catch (const MPI::Exception& error) {
    right = right && check(error.Get_error_class() == MPI::ERR_ARG, error.what());
  }
  if (comm.allreduce(right, MPI::LAND) && comm.Get_rank() == 0) std::puts("as it should be");
}
