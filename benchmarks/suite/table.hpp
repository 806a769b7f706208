// SPDX-License-Identifier: MIT
// Which operations are measured on which payloads, in which modes and sizes.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "objects.hpp"
#include "operations.hpp"

namespace suite {

inline const std::vector<std::string> all_modes{"raw", "buffer", "object", "pickled"};

struct Mode {
  std::string name;
  std::function<void(int repetitions)> run;
  /// Runs it once and looks at what arrives.
  std::function<void()> try_out;
};

/// One operation on one payload.
struct Combination {
  std::string operation, payload;
  std::vector<std::size_t> quick, full;                           // sizes in bytes
  std::function<std::size_t(std::size_t wanted)> actual;          // the nearest size that there is
  std::function<double(double bytes, std::size_t ranks)> memory;  // of a rank, about
  std::function<double(std::size_t bytes)> per_run;
  std::function<std::vector<Mode>(const Where&, std::size_t bytes, const std::vector<std::string>&)>
      modes;
};

template <class Operation, class Implementation>
void add_mode(std::vector<Mode>& modes, const std::vector<std::string>& wanted,
              std::string_view name, const Where& where, std::size_t bytes) {
  if constexpr (requires(Implementation & mode) { Operation::run(mode, where, bytes, 1); }) {
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) return;
    auto mode = std::make_shared<Implementation>(where, bytes);
    const auto run = [=](int repetitions) { Operation::run(*mode, where, bytes, repetitions); };
    const auto try_out = [=] {
      mode->is_checking = true;
      run(1);
      mode->is_checking = false;
    };
    modes.push_back({std::string(name), run, try_out});
  }
}

template <class Operation, class Payload>
std::vector<Mode> make_modes(const Where& where, std::size_t bytes,
                             const std::vector<std::string>& wanted) {
  using T = typename Payload::object;
  std::vector<Mode> modes;
  if constexpr (Payload::stays) {
    using Element = typename Payload::element;
    using InMemory = Object<T, !Payload::is_fixed>;
    add_mode<Operation, RawMemory<Element>>(modes, wanted, "raw", where, bytes);
    add_mode<Operation, BufferMemory<Element>>(modes, wanted, "buffer", where, bytes);
    add_mode<Operation, InMemory>(modes, wanted, "object", where, bytes);
  } else {
    add_mode<Operation, RawObject<T, Payload::knows_length>>(modes, wanted, "raw", where, bytes);
    add_mode<Operation, Object<T>>(modes, wanted, "object", where, bytes);
  }
  add_mode<Operation, Pickled<T>>(modes, wanted, "pickled", where, bytes);
  return modes;
}

template <class Operation, class Payload>
Combination combine(std::vector<std::size_t> quick, std::vector<std::size_t> full) {
  return {std::string(Operation::name),
          std::string(Payload::name),
          std::move(quick),
          std::move(full),
          actual_bytes<Payload>,
          [](double bytes, std::size_t ranks) {
            // four modes, of which two have as much again in bytes while they work
            return 6 * bytes *
                   static_cast<double>(Operation::blocks(static_cast<std::size_t>(bytes), ranks));
          },
          Operation::per_run,
          make_modes<Operation, Payload>};
}

inline std::vector<std::size_t> powers_of_four(std::size_t from, std::size_t to) {
  std::vector<std::size_t> sizes;
  for (; from <= to; from *= 4) sizes.push_back(from);
  return sizes;
}

/// Left out: uppercase calls of what is not contiguous memory; reductions of what has no sum;
/// streams of strings, maps and tables, whose length plain MPI would have to ask for; gather and
/// its kin of tables and maps beyond gather itself; pickling where the length is known.
inline std::vector<Combination> all_combinations() {
  constexpr std::size_t ki = 1024, mi = ki * ki;
  using Sizes = std::vector<std::size_t>;
  const Sizes one{1};
  const Sizes quick{1, ki, 64 * ki, mi, 16 * mi}, quick_many{ki, 64 * ki, mi};
  const Sizes full = powers_of_four(1, 64 * mi), full_many = powers_of_four(1, 4 * mi);
  const Sizes quick_known{64 * ki, mi, 16 * mi}, full_known = powers_of_four(64 * ki, 64 * mi);
  const Sizes quick_map{240, 24'000}, full_map{24, 240, 2'400, 24'000, 240'000, 2'400'000};
  const Sizes quick_table{64 * ki, 8 * mi};
  const Sizes full_table{ki, 16 * ki, 256 * ki, mi, 8 * mi, 64 * mi};

  std::vector<Combination> all;
  all.push_back(combine<Latency, ScalarPayload>(one, one));
  all.push_back(combine<Latency, StructPayload>(one, one));
  all.push_back(combine<Latency, ArrayPayload>(quick, full));
  all.push_back(combine<Latency, VectorPayload>(quick, full));
  all.push_back(combine<Latency, KnownVectorPayload>(quick_known, full_known));
  all.push_back(combine<Latency, StringPayload>(quick, full));
  all.push_back(combine<Latency, MapPayload>(quick_map, full_map));
  all.push_back(combine<Latency, TablePayload>(quick_table, full_table));
  all.push_back(combine<MultiLatency, ScalarPayload>(one, one));
  all.push_back(combine<MultiLatency, ArrayPayload>(quick_many, full));
  all.push_back(combine<MultiLatency, StringPayload>(quick_many, full));
  all.push_back(combine<Bandwidth, ArrayPayload>(quick, full));
  all.push_back(combine<Bandwidth, VectorPayload>(quick, full));
  all.push_back(combine<Bidirectional, ArrayPayload>(quick, full));
  all.push_back(combine<Bidirectional, VectorPayload>(quick, full));
  all.push_back(combine<Bcast, ScalarPayload>(one, one));
  all.push_back(combine<Bcast, StructPayload>(one, one));
  all.push_back(combine<Bcast, ArrayPayload>(quick, full));
  all.push_back(combine<Bcast, VectorPayload>(quick, full));
  all.push_back(combine<Bcast, StringPayload>(quick_many, full));
  all.push_back(combine<Bcast, MapPayload>(quick_map, full_map));
  all.push_back(combine<Bcast, TablePayload>(quick_table, full_table));
  all.push_back(combine<Scatter, ScalarPayload>(one, one));
  all.push_back(combine<Scatter, ArrayPayload>(quick_many, full_many));
  all.push_back(combine<Scatter, VectorPayload>(quick_many, full_many));
  all.push_back(combine<Scatter, StringPayload>(quick_many, full_many));
  all.push_back(combine<Gather, ScalarPayload>(one, one));
  all.push_back(combine<Gather, ArrayPayload>(quick_many, full_many));
  all.push_back(combine<Gather, VectorPayload>(quick_many, full_many));
  all.push_back(combine<Gather, StringPayload>(quick_many, full_many));
  all.push_back(combine<Gather, MapPayload>(quick_map, full_map));
  all.push_back(combine<Gather, TablePayload>(quick_table, full_table));
  all.push_back(combine<Allgather, ScalarPayload>(one, one));
  all.push_back(combine<Allgather, ArrayPayload>(quick_many, full_many));
  all.push_back(combine<Allgather, VectorPayload>(quick_many, full_many));
  all.push_back(combine<Allgather, StringPayload>(quick_many, full_many));
  all.push_back(combine<Alltoall, ScalarPayload>(one, one));
  all.push_back(combine<Alltoall, ArrayPayload>(quick_many, full_many));
  all.push_back(combine<Alltoall, VectorPayload>(quick_many, full_many));
  all.push_back(combine<Alltoall, StringPayload>(quick_many, full_many));
  all.push_back(combine<Reduce, ScalarPayload>(one, one));
  all.push_back(combine<Reduce, ArrayPayload>(quick_many, full));
  all.push_back(combine<Reduce, VectorPayload>(quick_many, full));
  all.push_back(combine<Allreduce, ScalarPayload>(one, one));
  all.push_back(combine<Allreduce, ArrayPayload>(quick_many, full));
  all.push_back(combine<Allreduce, VectorPayload>(quick_many, full));
  all.push_back(combine<Barrier, ScalarPayload>(one, one));
  all.push_back(combine<Ring, ScalarPayload>(one, one));
  all.push_back(combine<Ring, StringPayload>(quick_many, full_many));
  return all;
}

}  // namespace suite
