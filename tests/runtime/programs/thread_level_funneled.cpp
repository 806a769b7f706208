// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_RC_THREAD_LEVEL=funneled
// labels: threads
// expect: only the thread that initialized MPI may call it, since MPI provides thread level funneled only
// expect: held
// expect not: FAILED
// A thread that MPI does not allow to call it is told so, and the others go on.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <thread>
#include <vector>

using namespace mpi4cxx;

int main() {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  if (MPI::Query_thread() != MPI::THREAD_FUNNELED) std::puts("FAILED: another level");
  // any call: of objects, of memory, of nothing but the communicator
  for (int call = 0; call < 3; ++call) {
    std::thread([&] {
      try {
        int number = 0;
        if (call == 0) comm.send(1, other);
        if (call == 1) comm.Irecv(number, other).Wait();
        if (call == 2) comm.barrier();
        std::puts("FAILED: a second thread called MPI");
      } catch (const MPI::Exception& error) {
        if (rank == 0) std::printf("%s\n", error.what());
      }
    }).join();
  }
  // the main thread has the full library
  auto incoming = comm.irecv<std::vector<double>>(other);
  comm.send(std::vector<double>(100'000, rank), other);
  comm.Barrier();
  if (incoming.wait() != std::vector<double>(100'000, other)) std::puts("FAILED: the object");
  if (comm.allreduce(1) == 2 && rank == 0) std::puts("held");
}
