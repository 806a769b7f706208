// SPDX-License-Identifier: MIT
// scenarios NAME: one program for everything that is about the start, the end and the failure of
// whole jobs. CMakeLists.txt beside it says how each scenario is started and what shall come out of
// it.
#include "scenarios.hpp"

#include <stdexcept>

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "unwind" && argc > 2) return unwind(argv[2], argc > 3);
  if (name == "killed" && argc > 2) return killed(argv[2]);
  if (name == "first" && argc > 2) return first_call(argv[2]);
  if (name == "singleton_throws" && argc > 2 && MPI::COMM_WORLD.Get_size() == 1)
    throw std::runtime_error(argv[2]);
  for (const Scenarios* each : {&failures, &start_and_finish, &threads_and_waiting})
    if (const auto found = each->find(name); found != each->end()) return found->second();
  require(false, "the name of a scenario");
}
