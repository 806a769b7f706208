// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_SYNCHRONOUS=1 MPI4CXX_WATCHDOG=1s,abort
// time limit: 30
// exit: failure
// expect: ranks 0, 1: first exchange done
// expect: in Send with rank
// expect not: before it was received
// expect not: it went through
// An exchange that works only while MPI keeps small messages for the receiver.
#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  const int other = 1 - comm.Get_rank();
  int out = 1, in = 0;
  auto request = comm.isend(out, other);
  comm.recv<int>(other);
  request.wait();
  comm.bsend(out, other);  // a copy of its own: needs no receiver
  comm.recv<int>(other);
  comm.Sendrecv(out, in, {.dest = other, .source = other});
  // no standard send ends before its receive has begun
  auto nonblocking = comm.Isend(out, other, 1);
  auto object = comm.isend(out, other, 2);
  auto persistent = comm.Send_init(out, other, 3);
  persistent.Start();
  comm.barrier();
  if (nonblocking.Test() || object.test() || persistent.Test())
    std::puts("a message was sent before it was received");
  comm.barrier();
  comm.Recv(in, other, 3);
  comm.recv<int>(other, 2);
  comm.Recv(in, other, 1);
  nonblocking.Wait();
  object.wait();
  persistent.Wait();
  if (comm.Get_rank() == 0) std::puts("ranks 0, 1: first exchange done");
  std::fflush(stdout);
  comm.Send(out, other);
  comm.Recv(in, other);
  std::puts("it went through");
}
