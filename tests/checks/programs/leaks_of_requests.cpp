// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_LEAKS=1
// expect: left open:
// expect: a persistent request of Send_init at THIS_FILE
// expect: a generalized request of Grequest.Start at THIS_FILE
// expect: a message, matched and not received, of Mprobe at THIS_FILE
// expect: a message, matched and never received, of mprobe at THIS_FILE
// expect: went to its end
// expect not: Recv_init
// expect not: times)
// Requests of every kind and messages that nobody receives are named, and only those.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <vector>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  std::vector<int> data(3);
  new MPI::Prequest(comm.Send_init(data, MPI::PROC_NULL));  // NOLINT: leaks, as what follows
  MPI::Prequest freed = comm.Recv_init(data, MPI::PROC_NULL);
  freed.Free();
  const MPI::Prequest ends = comm.Recv_init(data, MPI::PROC_NULL);
  new MPI::Grequest(MPI::Grequest::Start());
  MPI::Grequest complete = MPI::Grequest::Start();
  complete.Complete();
  complete.Wait();

  std::vector<MPI::Request> sends;
  for (int tag = 1; tag <= 4; ++tag) sends.push_back(comm.Isend(data, rank, tag));
  new MPI::Message(comm.Mprobe(rank, 1));
  { const MPI::Message dropped = comm.mprobe(rank, 2); }
  std::vector<int> received(3);
  comm.Mprobe(rank, 3).Recv(received);
  comm.Mprobe(rank, 4).Irecv(received).Wait();
  MPI::Request::Waitall(sends);
  if (comm.reduce(1) == comm.Get_size()) std::puts("went to its end");
}
