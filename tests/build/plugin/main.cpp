// SPDX-License-Identifier: MIT
// plugin_host PLUGIN: loads the plugin at run time and exchanges objects with it, between ranks and
// in one process.
#include <mpi4cxx/mpi4cxx.hpp>

#include <dlfcn.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace mpi4cxx;

namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

template <class Function>
Function* symbol(void* library, const char* name) {
  void* address = dlsym(library, name);
  require(address != nullptr, name);
  return reinterpret_cast<Function*>(address);
}

void require_plugins_objects(int source) {
  const auto comm = MPI::COMM_WORLD;
  const auto strings = comm.recv<std::vector<std::string>>({.source = source, .tag = 1});
  require(strings.at(0) == "from the plugin" && strings.at(1).size() == 100'000, "strings of the plugin");
  const auto numbers = comm.recv<std::vector<double>>({.source = source, .tag = 2});
  require(numbers == std::vector<double>(100'000, 2.5), "numbers of the plugin");
}

}  // namespace

int main(int argc, char** argv) {
  require(argc == 2, "usage: plugin_host PLUGIN");
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();

  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  require(symbol<bool()>(library, "plugin_sees_initialized")(), "the plugin sees MPI initialized");
  require(symbol<int()>(library, "plugin_sum_of_ranks")() == size * (size - 1) / 2, "a collective in the plugin");
  require(comm.allreduce(1) == size, "a collective after the plugin's");

  const auto plugin_send = symbol<void(int)>(library, "plugin_send");
  const auto plugin_receives = symbol<bool(int)>(library, "plugin_receives");
  const std::vector<double> numbers(100'000, 3.5);
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;

  // The receives of the program are posted while the plugin sends, and the other way round.
  auto first = comm.irecv<std::vector<std::string>>({.source = left, .tag = 1});
  auto second = comm.irecv<std::vector<double>>({.source = left, .tag = 2});
  plugin_send(right);
  require(first.wait().at(1).size() == 100'000, "strings of the plugin");
  require(second.wait() == std::vector<double>(100'000, 2.5), "numbers of the plugin");

  if (size == 2) {
    if (rank == 0) plugin_send(1);
    if (rank == 1) require_plugins_objects(0);
    if (rank == 1) comm.send(numbers, {.dest = 0, .tag = 3});
    if (rank == 0) require(plugin_receives(1), "the plugin receives from the program");
  }
  // Not unloaded: what the library leaves to do at exit may be the plugin's code.
}
