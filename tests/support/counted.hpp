// SPDX-License-Identifier: MIT
// What a call costs, counted: heap allocations, and calls of MPI by its profiling interface. For
// one source file of a test, since it replaces operator new and functions of MPI.
#pragma once

#include <mpi4cxx/runtime/mpi.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

namespace counted {

// ---- memory

/// Allocations of this thread.
inline thread_local std::size_t allocations = 0;
/// Bytes of the process that are allocated now, and the most there were.
inline std::atomic<std::size_t> live = 0, peak = 0;

// each block has its size in front, and stays aligned
inline constexpr std::size_t in_front = alignof(std::max_align_t);

// ---- messages

/// What one message, or one side of a collective, reads or writes.
struct Piece {
  const void* data;
  std::size_t bytes;
};
/// Calls of this process that send, that receive, that are collective; and probes.
inline std::atomic<int> sends = 0, receives = 0, collectives = 0, probes = 0;
/// The memory of all calls from 64 KiB on.
inline std::vector<Piece> large_pieces;
inline std::mutex pieces_lock;

inline void reset() {
  allocations = 0;
  peak = live.load();
  sends = receives = collectives = probes = 0;
  const std::lock_guard lock(pieces_lock);
  large_pieces.clear();
}
inline void note(const void* data, int count, MPI_Datatype type) {
  int size = 0;
  PMPI_Type_size(type, &size);
  const auto bytes = static_cast<std::size_t>(count) * static_cast<std::size_t>(size);
  if (bytes < (std::size_t{1} << 16)) return;
  const std::lock_guard lock(pieces_lock);
  large_pieces.push_back({data, bytes});
}
/// Whether all of this memory was given to MPI where it lies, and nothing else that is large.
template <class Range>
bool only_large_piece_is(const Range& range) {
  const std::lock_guard lock(pieces_lock);
  return large_pieces.size() == 1 && large_pieces[0].data == std::data(range) &&
         large_pieces[0].bytes == std::size(range) * sizeof *std::data(range);
}
template <class Range>
bool is_large_piece(const Range& range) {
  const std::lock_guard lock(pieces_lock);
  return std::any_of(large_pieces.begin(), large_pieces.end(), [&](const Piece& piece) {
    return piece.data == std::data(range) &&
           piece.bytes == std::size(range) * sizeof *std::data(range);
  });
}

}  // namespace counted

// not inlined: GCC would take malloc and delete for a mismatch
[[gnu::noinline]] void* operator new(std::size_t size) {
  auto* const block = static_cast<std::byte*>(std::malloc(size + counted::in_front));
  if (!block) throw std::bad_alloc();
  ++counted::allocations;
  *reinterpret_cast<std::size_t*>(block) = size;
  const std::size_t now = counted::live += size;
  for (std::size_t most = counted::peak;
       most < now && !counted::peak.compare_exchange_weak(most, now);) {
  }
  return block + counted::in_front;
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return ::operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (!memory) return;
  auto* const block = static_cast<std::byte*>(memory) - counted::in_front;
  counted::live -= *reinterpret_cast<std::size_t*>(block);
  std::free(block);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  ::operator delete(memory);
}

#define COUNTED_SEND(name, ...)                                                       \
  int MPI_##name(const void* data, int count, MPI_Datatype type, int peer, int tag,   \
                 MPI_Comm comm __VA_OPT__(, MPI_Request* __VA_ARGS__)) {              \
    ++counted::sends;                                                                 \
    counted::note(data, count, type);                                                 \
    return PMPI_##name(data, count, type, peer, tag, comm __VA_OPT__(, __VA_ARGS__)); \
  }
// blocking and nonblocking form of a collective: parameters, arguments, the memory of each side
#define COUNTED_COLLECTIVE(name, iname, parameters, arguments, notes) \
  int MPI_##name(COUNTED_LIST parameters) {                           \
    ++counted::collectives;                                           \
    notes;                                                            \
    return PMPI_##name(COUNTED_LIST arguments);                       \
  }                                                                   \
  int MPI_##iname(COUNTED_LIST parameters, MPI_Request* request) {    \
    ++counted::collectives;                                           \
    notes;                                                            \
    return PMPI_##iname(COUNTED_LIST arguments, request);             \
  }
#define COUNTED_LIST(...) __VA_ARGS__

extern "C" {
COUNTED_SEND(Send)
COUNTED_SEND(Ssend)
COUNTED_SEND(Isend, request)
COUNTED_SEND(Issend, request)

int MPI_Recv(void* data, int count, MPI_Datatype type, int peer, int tag, MPI_Comm comm,
             MPI_Status* status) {
  ++counted::receives;
  counted::note(data, count, type);
  return PMPI_Recv(data, count, type, peer, tag, comm, status);
}
int MPI_Irecv(void* data, int count, MPI_Datatype type, int peer, int tag, MPI_Comm comm,
              MPI_Request* request) {
  ++counted::receives;
  counted::note(data, count, type);
  return PMPI_Irecv(data, count, type, peer, tag, comm, request);
}
int MPI_Mprobe(int peer, int tag, MPI_Comm comm, MPI_Message* message, MPI_Status* status) {
  ++counted::probes;
  return PMPI_Mprobe(peer, tag, comm, message, status);
}
int MPI_Probe(int peer, int tag, MPI_Comm comm, MPI_Status* status) {
  ++counted::probes;
  return PMPI_Probe(peer, tag, comm, status);
}

COUNTED_COLLECTIVE(Bcast, Ibcast,
                   (void* data, int count, MPI_Datatype type, int root, MPI_Comm comm),
                   (data, count, type, root, comm), counted::note(data, count, type))
COUNTED_COLLECTIVE(Reduce, Ireduce,
                   (const void* in, void* out, int count, MPI_Datatype type, MPI_Op op, int root,
                    MPI_Comm comm),
                   (in, out, count, type, op, root, comm), counted::note(in, count, type))
COUNTED_COLLECTIVE(Allreduce, Iallreduce,
                   (const void* in, void* out, int count, MPI_Datatype type, MPI_Op op,
                    MPI_Comm comm),
                   (in, out, count, type, op, comm), counted::note(in, count, type))
COUNTED_COLLECTIVE(Gather, Igather,
                   (const void* in, int sent, MPI_Datatype type, void* out, int received,
                    MPI_Datatype other, int root, MPI_Comm comm),
                   (in, sent, type, out, received, other, root, comm),
                   counted::note(in, sent, type))
COUNTED_COLLECTIVE(Gatherv, Igatherv,
                   (const void* in, int sent, MPI_Datatype type, void* out, const int* received,
                    const int* places, MPI_Datatype other, int root, MPI_Comm comm),
                   (in, sent, type, out, received, places, other, root, comm),
                   counted::note(in, sent, type))
COUNTED_COLLECTIVE(Scatter, Iscatter,
                   (const void* in, int sent, MPI_Datatype type, void* out, int received,
                    MPI_Datatype other, int root, MPI_Comm comm),
                   (in, sent, type, out, received, other, root, comm),
                   counted::note(out, received, other))
COUNTED_COLLECTIVE(Scatterv, Iscatterv,
                   (const void* in, const int* sent, const int* places, MPI_Datatype type,
                    void* out, int received, MPI_Datatype other, int root, MPI_Comm comm),
                   (in, sent, places, type, out, received, other, root, comm),
                   counted::note(out, received, other))
}
#undef COUNTED_SEND
#undef COUNTED_COLLECTIVE
#undef COUNTED_LIST
