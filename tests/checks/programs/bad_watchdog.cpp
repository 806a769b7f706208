// SPDX-License-Identifier: MIT
// ranks: 1 2
// environment: MPI4CXX_WATCHDOG=soon
// exit: failure
// expect not: was taken
// expect: MPI4CXX_WATCHDOG is "soon": it must be a time such as 30s or 10min
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace mpi4cxx;

int main() {
  for (const char* const text : {",abort", "0s,abort", "-3s,abort", "30s,stop", "30 parsecs",
                                 "nan,abort", "inf,abort", "1e300"}) {
    setenv("MPI4CXX_WATCHDOG", text, 1);
    try {
      MPI::COMM_WORLD.barrier();
      std::printf("%s was taken\n", text);
    } catch (const MPI::Exception& error) {
      if (!std::strstr(error.what(), text))
        std::printf("%s was taken as: %s\n", text, error.what());
    }
  }
  setenv("MPI4CXX_WATCHDOG", "soon", 1);
  MPI::COMM_WORLD.barrier();
}
