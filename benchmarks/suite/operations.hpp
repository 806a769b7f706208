// SPDX-License-Identifier: MIT
// The operations: each written once for all modes that can do it. `run` repeats it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "where.hpp"

namespace suite {

/// So many messages are on their way at once in a stream.
inline int window_of(std::size_t bytes) {
  return static_cast<int>(std::clamp<std::size_t>((std::size_t{32} << 20) / bytes, 1, 64));
}

// `blocks`: how many times its payload a rank holds at once, sent and received; `per_run`: how many
// payloads travel one after the other in a run. The roots of collectives take turns, so that no
// rank can run ahead of the others.

template <class Mode>
concept PointToPoint = requires(Mode& mode) {
  mode.send(0);
  mode.recv(0);
};

/// A and B send to each other in turn; the other ranks are idle.
template <class Mode>
void ping_pong(Mode& mode, bool is_first, int other, int repetitions) {
  for (int i = 0; i < repetitions; ++i)
    if (is_first) {
      mode.send(other);
      mode.recv(other);
    } else {
      mode.recv(other);
      mode.send(other);
    }
}

struct Latency {
  static constexpr std::string_view name = "latency";
  static std::size_t blocks(std::size_t, std::size_t) { return 2; }
  static double per_run(std::size_t) { return 2; }
  template <PointToPoint Mode>
  static void run(Mode& mode, const Where& where, std::size_t, int repetitions) {
    if (where.rank < 2) ping_pong(mode, where.rank == 0, 1 - where.rank, repetitions);
  }
};

/// All pairs at once: each rank of the lower half with one of the upper.
struct MultiLatency {
  static constexpr std::string_view name = "multi_latency";
  static std::size_t blocks(std::size_t, std::size_t) { return 2; }
  static double per_run(std::size_t) { return 2; }
  template <PointToPoint Mode>
  static void run(Mode& mode, const Where& where, std::size_t, int repetitions) {
    const int half = where.size / 2;
    const bool is_first = where.rank < half;
    if (where.rank < 2 * half)
      ping_pong(mode, is_first, is_first ? where.rank + half : where.rank - half, repetitions);
  }
};

template <class Mode>
concept Streaming = requires(Mode& mode) {
  mode.stream(0, 0, 1);
};

/// A window of messages from rank 0 to rank 1, which answers when it has them all.
struct Bandwidth {
  static constexpr std::string_view name = "bandwidth";
  static std::size_t blocks(std::size_t bytes, std::size_t) {
    return 2 * static_cast<std::size_t>(window_of(bytes));
  }
  static double per_run(std::size_t bytes) { return window_of(bytes); }
  template <Streaming Mode>
  static void run(Mode& mode, const Where& where, std::size_t bytes, int repetitions) {
    const int window = window_of(bytes);
    char done = 0;
    for (int i = 0; i < repetitions; ++i)
      if (where.rank == 0) {
        mode.stream(1, -1, window);
        where.comm.Recv(done, {.source = 1, .tag = 1});
      } else if (where.rank == 1) {
        mode.stream(-1, 0, window);
        where.comm.Send(done, {.dest = 0, .tag = 1});
      }
  }
};

/// Windows of messages both ways at once; a message counts in each direction.
struct Bidirectional {
  static constexpr std::string_view name = "bidirectional";
  static std::size_t blocks(std::size_t bytes, std::size_t) {
    return 3 * static_cast<std::size_t>(window_of(bytes));
  }
  static double per_run(std::size_t bytes) { return window_of(bytes); }
  template <Streaming Mode>
  static void run(Mode& mode, const Where& where, std::size_t bytes, int repetitions) {
    for (int i = 0; i < repetitions && where.rank < 2; ++i)
      mode.stream(1 - where.rank, 1 - where.rank, window_of(bytes));
  }
};

struct Collective {
  static std::size_t blocks(std::size_t, std::size_t ranks) { return 2 * ranks; }
  static double per_run(std::size_t) { return 1; }
};
struct OneBlock {
  static std::size_t blocks(std::size_t, std::size_t) { return 2; }
  static double per_run(std::size_t) { return 1; }
};

struct Bcast : OneBlock {
  static constexpr std::string_view name = "bcast";
  template <class Mode>
  requires requires(Mode& mode) { mode.bcast(0); }
  static void run(Mode& mode, const Where& where, std::size_t, int repetitions) {
    for (int i = 0; i < repetitions; ++i) mode.bcast(i % where.size);
  }
};
struct Scatter : Collective {
  static constexpr std::string_view name = "scatter";
  template <class Mode>
  requires requires(Mode& mode) { mode.scatter(0); }
  static void run(Mode& mode, const Where& where, std::size_t, int repetitions) {
    for (int i = 0; i < repetitions; ++i) mode.scatter(i % where.size);
  }
};
struct Gather : Collective {
  static constexpr std::string_view name = "gather";
  template <class Mode>
  requires requires(Mode& mode) { mode.gather(0); }
  static void run(Mode& mode, const Where& where, std::size_t, int repetitions) {
    for (int i = 0; i < repetitions; ++i) mode.gather(i % where.size);
  }
};
struct Allgather : Collective {
  static constexpr std::string_view name = "allgather";
  template <class Mode>
  requires requires(Mode& mode) { mode.allgather(); }
  static void run(Mode& mode, const Where&, std::size_t, int repetitions) {
    for (int i = 0; i < repetitions; ++i) mode.allgather();
  }
};
struct Alltoall : Collective {
  static constexpr std::string_view name = "alltoall";
  template <class Mode>
  requires requires(Mode& mode) { mode.alltoall(); }
  static void run(Mode& mode, const Where&, std::size_t, int repetitions) {
    for (int i = 0; i < repetitions; ++i) mode.alltoall();
  }
};
struct Reduce : OneBlock {
  static constexpr std::string_view name = "reduce";
  template <class Mode>
  requires requires(Mode& mode) { mode.reduce(0); }
  static void run(Mode& mode, const Where& where, std::size_t, int repetitions) {
    for (int i = 0; i < repetitions; ++i) mode.reduce(i % where.size);
  }
};
struct Allreduce : OneBlock {
  static constexpr std::string_view name = "allreduce";
  template <class Mode>
  requires requires(Mode& mode) { mode.allreduce(); }
  static void run(Mode& mode, const Where&, std::size_t, int repetitions) {
    for (int i = 0; i < repetitions; ++i) mode.allreduce();
  }
};
struct Barrier : OneBlock {
  static constexpr std::string_view name = "barrier";
  template <class Mode>
  requires requires(Mode& mode) { mode.barrier(); }
  static void run(Mode& mode, const Where&, std::size_t, int repetitions) {
    for (int i = 0; i < repetitions; ++i) mode.barrier();
  }
};
/// Each rank to the next.
struct Ring : OneBlock {
  static constexpr std::string_view name = "ring";
  template <class Mode>
  requires requires(Mode& mode) { mode.ring(0, 0); }
  static void run(Mode& mode, const Where& where, std::size_t, int repetitions) {
    const int right = (where.rank + 1) % where.size;
    const int left = (where.rank + where.size - 1) % where.size;
    for (int i = 0; i < repetitions; ++i) mode.ring(right, left);
  }
};

}  // namespace suite
