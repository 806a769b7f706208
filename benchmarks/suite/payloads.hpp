// SPDX-License-Identifier: MIT
// What the benchmarks send, made so that every rank knows what has to arrive.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace suite {

struct Particle {
  double x, y, z;
  std::int64_t id;
  bool operator==(const Particle&) const = default;
};

struct Station {
  std::int64_t id;
  double latitude, longitude;
  bool operator==(const Station&) const = default;
};

/// A table of columns, with an aggregate in it.
struct Table {
  Station station;
  std::vector<double> time, pressure, temperature;
  std::vector<std::int64_t> quality;
  bool operator==(const Table&) const = default;
};

/// Calls `function` with each column of one table or of several at once.
template <class Function, class... Tables>
void for_each_column(Function&& function, Tables&... tables) {
  function(tables.time...);
  function(tables.pressure...);
  function(tables.temperature...);
  function(tables.quality...);
}

using Map = std::map<std::string, double>;

// A payload has a name, the type of its object and the bytes of its smallest part. Where its memory
// stays (scalars, structs, arrays), there is something for uppercase calls.

template <class T>
struct FixedPayload {
  static constexpr std::size_t unit = sizeof(T);
  static constexpr bool stays = true, is_fixed = true, knows_length = true;
  using object = T;
  using element = T;
};
struct ScalarPayload : FixedPayload<double> {
  static constexpr std::string_view name = "scalar";
};
struct StructPayload : FixedPayload<Particle> {
  static constexpr std::string_view name = "struct";
};
/// Numbers in memory that stays: buffers, recv_into, bcast in place.
struct ArrayPayload {
  static constexpr std::string_view name = "array";
  static constexpr std::size_t unit = sizeof(double);
  static constexpr bool stays = true, is_fixed = false, knows_length = true;
  using object = std::vector<double>;
  using element = double;
};
/// A fresh object for each message, of a length that the receiver does not know.
template <class T, std::size_t bytes>
struct FreshPayload {
  static constexpr std::size_t unit = bytes;
  static constexpr bool stays = false, is_fixed = false, knows_length = false;
  using object = T;
};
struct VectorPayload : FreshPayload<std::vector<double>, sizeof(double)> {
  static constexpr std::string_view name = "vector";
};
/// As VectorPayload, and plain MPI need not ask for the length.
struct KnownVectorPayload : VectorPayload {
  static constexpr std::string_view name = "vector_known";
  static constexpr bool knows_length = true;
};
struct StringPayload : FreshPayload<std::string, 1> {
  static constexpr std::string_view name = "string";
};
/// An entry is counted as 24 bytes: a key of eight letters, its length and the value.
struct MapPayload : FreshPayload<Map, 24> {
  static constexpr std::string_view name = "map";
};
/// A row is counted as 32 bytes: its four cells.
struct TablePayload : FreshPayload<Table, 32> {
  static constexpr std::string_view name = "table";
};

/// The bytes of a payload that is asked to have about so many.
template <class Payload>
std::size_t actual_bytes(std::size_t wanted) {
  const std::size_t count =
      Payload::is_fixed ? 1 : std::max<std::size_t>(1, wanted / Payload::unit);
  return count * Payload::unit;
}

inline void fill(double& value) {
  value = 1;
}
inline void fill(Particle& value) {
  value = {1, 2, 3, 4};
}
/// The bytes divide by the payload's unit. Numbers are 1, so that their sums are the number of
/// ranks.
inline void fill(std::vector<double>& value, std::size_t bytes) {
  value.assign(bytes / sizeof(double), 1.0);
}
inline void fill(double& value, std::size_t) {
  fill(value);
}
inline void fill(Particle& value, std::size_t) {
  fill(value);
}
inline void fill(std::string& value, std::size_t bytes) {
  value.assign(bytes, 'm');
}
inline void fill(Map& value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes / MapPayload::unit; ++i)
    value.emplace(fmt::format("k{:07}", i), static_cast<double>(i));
}
inline void fill(Table& value, std::size_t bytes) {
  const std::size_t rows = bytes / TablePayload::unit;
  value.station = {7, 52.5, 13.4};
  value.time.assign(rows, 1.0);
  value.pressure.assign(rows, 1013.25);
  value.temperature.assign(rows, 21.5);
  value.quality.assign(rows, 3);
}
template <class T>
T make(std::size_t bytes) {
  T value{};
  fill(value, bytes);
  return value;
}

}  // namespace suite
