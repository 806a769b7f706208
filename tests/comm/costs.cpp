// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_RC_WAIT=spin
// time limit: 30
// What a call costs, counted: heap allocations, and calls of MPI.
#include <array>
#include <cstdlib>
#include <map>
#include <new>
#include <string>
#include <vector>

#include <mpi4cxx/mpi4cxx.hpp>

#include "support/catch.hpp"
#include "support/messages.hpp"

using namespace mpi4cxx;
using messages::Point;

// ---- the counters: of this thread's allocations, and of calls by MPI's profiling interface

static thread_local std::size_t allocations = 0;

// not inlined: GCC would take malloc and delete for a mismatch
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

static int sends = 0, receives = 0, collectives = 0, others = 0;

extern "C" {
int MPI_Send(const void* data, int count, MPI_Datatype type, int peer, int tag, MPI_Comm comm) {
  ++sends;
  return PMPI_Send(data, count, type, peer, tag, comm);
}
int MPI_Isend(const void* data, int count, MPI_Datatype type, int peer, int tag, MPI_Comm comm,
              MPI_Request* request) {
  ++sends;
  return PMPI_Isend(data, count, type, peer, tag, comm, request);
}
int MPI_Recv(void* data, int count, MPI_Datatype type, int peer, int tag, MPI_Comm comm,
             MPI_Status* status) {
  ++receives;
  return PMPI_Recv(data, count, type, peer, tag, comm, status);
}
int MPI_Irecv(void* data, int count, MPI_Datatype type, int peer, int tag, MPI_Comm comm,
              MPI_Request* request) {
  ++receives;
  return PMPI_Irecv(data, count, type, peer, tag, comm, request);
}
int MPI_Mprobe(int peer, int tag, MPI_Comm comm, MPI_Message* message, MPI_Status* status) {
  ++others;
  return PMPI_Mprobe(peer, tag, comm, message, status);
}
int MPI_Probe(int peer, int tag, MPI_Comm comm, MPI_Status* status) {
  ++others;
  return PMPI_Probe(peer, tag, comm, status);
}
int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  ++collectives;
  return PMPI_Bcast(data, count, type, root, comm);
}
int MPI_Allreduce(const void* in, void* out, int count, MPI_Datatype type, MPI_Op op,
                  MPI_Comm comm) {
  ++collectives;
  return PMPI_Allreduce(in, out, count, type, op, comm);
}
int MPI_Gather(const void* in, int sent, MPI_Datatype type, void* out, int received,
               MPI_Datatype other, int root, MPI_Comm comm) {
  ++collectives;
  return PMPI_Gather(in, sent, type, out, received, other, root, comm);
}
int MPI_Gatherv(const void* in, int sent, MPI_Datatype type, void* out, const int* received,
                const int* places, MPI_Datatype other, int root, MPI_Comm comm) {
  ++collectives;
  return PMPI_Gatherv(in, sent, type, out, received, places, other, root, comm);
}
}

namespace {

struct Cost {
  std::size_t allocations;
  int sends, receives, collectives, others;
};

/// What the second of two equal calls costs on this rank; the first may fill what is kept.
template <class Call>
Cost cost_of(Call call) {
  call();
  MPI::COMM_WORLD.Barrier();
  sends = receives = collectives = others = 0;
  allocations = 0;
  call();
  const Cost cost{allocations, sends, receives, collectives, others};
  MPI::COMM_WORLD.Barrier();
  return cost;
}

}  // namespace

TEST_CASE("fixed-size objects and buffers are one call of MPI and no allocation", "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  const auto exchange = [&](auto send, auto receive) {
    const Cost cost = cost_of([&] {
      if (rank == 0) send();
      if (rank == 1) receive();
    });
    CHECK(cost.allocations == 0);
    CHECK(cost.sends == (rank == 0 ? 1 : 0));
    CHECK(cost.receives == (rank == 1 ? 1 : 0));
    CHECK(cost.others == 0);
  };
  double number = 1;
  Point point;
  std::array<int, 100> array{};
  std::vector<double> buffer(100'000);
  exchange([&] { comm.send(number, other); }, [&] { number = comm.recv<double>(other); });
  exchange([&] { comm.send(point, other); }, [&] { comm.recv_into(point, other); });
  exchange([&] { comm.send(array, other); },
           [&] { array = comm.recv<std::array<int, 100>>(other); });
  exchange([&] { comm.Send(buffer, other); }, [&] { comm.Recv(buffer, other); });

  const auto collective = [&](auto call) {
    const Cost cost = cost_of(call);
    CHECK(cost.allocations == 0);
    CHECK(cost.collectives == 1);
    CHECK(cost.sends + cost.receives + cost.others == 0);
  };
  for (const int root : {0, 1}) {
    collective([&] { comm.Bcast(buffer, root); });
    collective([&] { comm.bcast(number, root); });
    collective([&] { comm.bcast(point, root); });
  }
  collective([&] { comm.Allreduce(MPI::IN_PLACE, buffer, MPI::MAX); });
  collective([&] { number = comm.allreduce(number, MPI::MAX); });
}

TEST_CASE("sequences are allocated once where they are new, and never where they are there",
          "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  for (const std::size_t size : {std::size_t{10}, std::size_t{100'000}}) {
    INFO(size << " elements");
    // below the inline limit one message; above it one, and the elements from where they are
    const int messages = size * sizeof(double) < 4096 ? 1 : 2;
    std::vector<double> sequence(size, 1.5);
    const Cost into = cost_of([&] {
      if (rank == 0) comm.send(sequence, other);
      if (rank == 1) comm.recv_into(sequence, other);
    });
    CHECK(into.allocations == 0);
    CHECK(into.sends == (rank == 0 ? messages : 0));
    CHECK(into.receives == (rank == 1 ? messages : 0));
    CHECK(into.others == 0);
    std::size_t arrived = size;
    const Cost fresh = cost_of([&] {
      if (rank == 0) comm.send(sequence, other);
      if (rank == 1) arrived = comm.recv<std::vector<double>>(other).size();
    });
    CHECK(arrived == size);
    CHECK(fresh.allocations == (rank == 1 ? 1 : 0));
    const Cost broadcast = cost_of([&] { comm.bcast(sequence, 0); });
    CHECK(broadcast.allocations == 0);
    CHECK(broadcast.collectives == messages);
  }
}
