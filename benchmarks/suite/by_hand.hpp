// SPDX-License-Identifier: MIT
// Objects by plain MPI, as a careful programmer would write it: contiguous ones as they lie, a
// table column by column, a map packed by hand; where the other side cannot know, lengths first.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "memory.hpp"

namespace suite::by_hand {

template <class T>
inline constexpr bool is_contiguous = requires(T& value) {
  value.data();
};

// ---- an object as bytes

/// Memory to receive into that nobody clears first, as from malloc.
struct Bytes {
  std::size_t size = 0;
  std::unique_ptr<char[]> memory;

  explicit Bytes(std::size_t count = 0)
      : size(count), memory(std::make_unique_for_overwrite<char[]>(count)) {}
  char* data() const { return memory.get(); }
  std::span<const char> span() const { return {memory.get(), size}; }
};

/// The bytes of a contiguous object, where they are.
template <class T>
requires is_contiguous<T> std::span<const char> bytes_of(const T& value, std::vector<char>&) {
  return {reinterpret_cast<const char*>(value.data()), value.size() * sizeof *value.data()};
}
template <class T>
requires is_contiguous<T>
void make_from(std::span<const char> bytes, T& value) {
  const auto* const first = reinterpret_cast<const typename T::value_type*>(bytes.data());
  value.assign(first, first + bytes.size() / sizeof *first);
}

template <class Value>
char* put(char* at, const Value& value) {
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}
template <class Value>
const char* get(const char* at, Value& value) {
  std::memcpy(&value, at, sizeof value);
  return at + sizeof value;
}

inline std::span<const char> bytes_of(const Map& map, std::vector<char>& storage) {
  std::size_t size = sizeof map.size();
  for (const auto& [key, value] : map) size += sizeof key.size() + key.size() + sizeof value;
  storage.resize(size);
  char* at = put(storage.data(), map.size());
  for (const auto& [key, value] : map) {
    at = put(at, key.size());
    std::memcpy(at, key.data(), key.size());
    at = put(at + key.size(), value);
  }
  return storage;
}
inline void make_from(std::span<const char> bytes, Map& map) {
  std::size_t entries = 0;
  const char* at = get(bytes.data(), entries);
  for (; entries != 0; --entries) {
    std::size_t length = 0;
    double value = 0;
    at = get(at, length);
    std::string key(at, length);
    at = get(at + length, value);
    map.emplace_hint(map.end(), std::move(key), value);  // they come in order
  }
}

/// A table's head: its station and the lengths of its columns.
struct TableHead {
  Station station;
  std::array<std::size_t, 4> rows;
};
inline TableHead head_of(const Table& table) {
  return {
      table.station,
      {table.time.size(), table.pressure.size(), table.temperature.size(), table.quality.size()}};
}
inline void make_columns(const TableHead& head, Table& table) {
  table.station = head.station;
  std::size_t next = 0;
  for_each_column([&](auto& column) { column.resize(head.rows[next++]); }, table);
}

inline std::span<const char> bytes_of(const Table& table, std::vector<char>& storage) {
  std::size_t size = sizeof(TableHead);
  for_each_column([&](const auto& column) { size += column.size() * sizeof column[0]; }, table);
  storage.resize(size);
  char* at = put(storage.data(), head_of(table));
  for_each_column(
      [&](const auto& column) {
        std::memcpy(at, column.data(), column.size() * sizeof column[0]);
        at += column.size() * sizeof column[0];
      },
      table);
  return storage;
}
inline void make_from(std::span<const char> bytes, Table& table) {
  TableHead head;
  const char* at = get(bytes.data(), head);
  make_columns(head, table);
  for_each_column(
      [&](auto& column) {
        std::memcpy(column.data(), at, column.size() * sizeof column[0]);
        at += column.size() * sizeof column[0];
      },
      table);
}

// ---- point to point

template <class Sequence>
void send_elements(const Sequence& sequence, int dest, MPI_Comm comm) {
  must(MPI_Send(sequence.data(), static_cast<int>(sequence.size()),
                MpiType<typename Sequence::value_type>::get(), dest, 0, comm));
}
template <class Sequence>
void recv_elements(Sequence& sequence, int source, MPI_Comm comm) {
  must(MPI_Recv(sequence.data(), static_cast<int>(sequence.size()),
                MpiType<typename Sequence::value_type>::get(), source, 0, comm, MPI_STATUS_IGNORE));
}
/// Of a length that the message tells; `make` gives what has room for so many elements.
template <class Element, class Make>
auto probe_and_recv(int source, MPI_Comm comm, Make&& make) {
  const MPI_Datatype type = MpiType<Element>::get();
  MPI_Message message;
  MPI_Status status;
  int count = 0;
  must(MPI_Mprobe(source, 0, comm, &message, &status));
  must(MPI_Get_count(&status, type, &count));
  auto made = make(static_cast<std::size_t>(count));
  must(MPI_Mrecv(made.data(), count, type, &message, MPI_STATUS_IGNORE));
  return made;
}

template <class T>
void send(const T& value, int dest, MPI_Comm comm, std::vector<char>& storage) {
  if constexpr (std::is_same_v<T, Table>) {
    const TableHead head = head_of(value);
    must(MPI_Send(&head, sizeof head, MPI_BYTE, dest, 0, comm));
    for_each_column([&](const auto& column) { send_elements(column, dest, comm); }, value);
  } else if constexpr (is_contiguous<T>) {
    send_elements(value, dest, comm);
  } else {
    const auto bytes = bytes_of(value, storage);
    must(MPI_Send(bytes.data(), static_cast<int>(bytes.size()), MPI_CHAR, dest, 0, comm));
  }
}
template <class T>
T recv(int source, MPI_Comm comm) {
  if constexpr (std::is_same_v<T, Table>) {
    TableHead head;
    must(MPI_Recv(&head, sizeof head, MPI_BYTE, source, 0, comm, MPI_STATUS_IGNORE));
    Table table;
    make_columns(head, table);
    for_each_column([&](auto& column) { recv_elements(column, source, comm); }, table);
    return table;
  } else if constexpr (is_contiguous<T>) {
    using Element = typename T::value_type;
    return probe_and_recv<Element>(source, comm,
                                   [](std::size_t count) { return T(count, Element{}); });
  } else {
    T value;
    const auto new_bytes = [](std::size_t count) { return Bytes(count); };
    make_from(probe_and_recv<char>(source, comm, new_bytes).span(), value);
    return value;
  }
}

// ---- collectives

template <class T>
void bcast(T& value, int root, bool is_root, MPI_Comm comm, std::vector<char>& storage) {
  if constexpr (std::is_same_v<T, Table>) {
    TableHead head = is_root ? head_of(value) : TableHead{};
    must(MPI_Bcast(&head, sizeof head, MPI_BYTE, root, comm));
    if (!is_root) make_columns(head, value);
    for_each_column(
        [&]<class Element>(std::vector<Element>& column) {
          must(MPI_Bcast(column.data(), static_cast<int>(column.size()), MpiType<Element>::get(),
                         root, comm));
        },
        value);
  } else {
    std::span<const char> packed;
    if (is_root) packed = bytes_of(value, storage);
    auto size = static_cast<int>(packed.size());
    must(MPI_Bcast(&size, 1, MPI_INT, root, comm));
    if (is_root) {
      must(MPI_Bcast(const_cast<char*>(packed.data()), size, MPI_CHAR, root, comm));
    } else if constexpr (is_contiguous<T>) {
      value.resize(static_cast<std::size_t>(size) / sizeof *value.data());
      must(MPI_Bcast(value.data(), size, MPI_CHAR, root, comm));
    } else {
      const Bytes bytes(static_cast<std::size_t>(size));
      must(MPI_Bcast(bytes.data(), size, MPI_CHAR, root, comm));
      make_from(bytes.span(), value);
    }
  }
}

/// Blocks of bytes one behind the other.
struct Blocks {
  std::vector<int> counts, displs;
  Bytes bytes;

  explicit Blocks(std::size_t ranks) : counts(ranks), displs(ranks) {}
  /// From the counts, the places and the room for all.
  void lay_out() {
    std::exclusive_scan(counts.begin(), counts.end(), displs.begin(), 0);
    bytes = Bytes(counts.empty() ? 0 : static_cast<std::size_t>(displs.back() + counts.back()));
  }
  template <class T>
  std::vector<T> objects() const {
    std::vector<T> made(counts.size());
    for (std::size_t i = 0; i < made.size(); ++i)
      make_from(bytes.span().subspan(static_cast<std::size_t>(displs[i]),
                                     static_cast<std::size_t>(counts[i])),
                made[i]);
    return made;
  }
};

template <class T>
Blocks pack_all(const std::vector<T>& values) {
  Blocks blocks(values.size());
  std::vector<std::vector<char>> storage(values.size());
  std::vector<std::span<const char>> packed;
  for (std::size_t i = 0; i < values.size(); ++i) {
    packed.push_back(bytes_of(values[i], storage[i]));
    blocks.counts[i] = static_cast<int>(packed[i].size());
  }
  blocks.lay_out();
  for (std::size_t i = 0; i < values.size(); ++i)
    std::memcpy(blocks.bytes.data() + blocks.displs[i], packed[i].data(), packed[i].size());
  return blocks;
}

template <class T>
T scatter(const std::vector<T>& values, int root, MPI_Comm comm) {
  const Blocks out = pack_all(values);
  int count = 0;
  must(MPI_Scatter(out.counts.data(), 1, MPI_INT, &count, 1, MPI_INT, root, comm));
  T value;
  if constexpr (is_contiguous<T>) {
    value.resize(static_cast<std::size_t>(count) / sizeof *value.data());
    must(MPI_Scatterv(out.bytes.data(), out.counts.data(), out.displs.data(), MPI_CHAR,
                      value.data(), count, MPI_CHAR, root, comm));
  } else {
    const Bytes bytes(static_cast<std::size_t>(count));
    must(MPI_Scatterv(out.bytes.data(), out.counts.data(), out.displs.data(), MPI_CHAR,
                      bytes.data(), count, MPI_CHAR, root, comm));
    make_from(bytes.span(), value);
  }
  return value;
}
/// The objects on the root, none elsewhere.
template <class T>
std::vector<T> gather(const T& value, int root, const Where& where, std::vector<char>& storage) {
  const auto bytes = bytes_of(value, storage);
  const auto count = static_cast<int>(bytes.size());
  Blocks in(where.rank == root ? where.ranks : 0);
  must(MPI_Gather(&count, 1, MPI_INT, in.counts.data(), 1, MPI_INT, root, where.raw));
  in.lay_out();
  must(MPI_Gatherv(bytes.data(), count, MPI_CHAR, in.bytes.data(), in.counts.data(),
                   in.displs.data(), MPI_CHAR, root, where.raw));
  return in.objects<T>();
}
template <class T>
std::vector<T> allgather(const T& value, const Where& where, std::vector<char>& storage) {
  const auto bytes = bytes_of(value, storage);
  const auto count = static_cast<int>(bytes.size());
  Blocks in(where.ranks);
  must(MPI_Allgather(&count, 1, MPI_INT, in.counts.data(), 1, MPI_INT, where.raw));
  in.lay_out();
  must(MPI_Allgatherv(bytes.data(), count, MPI_CHAR, in.bytes.data(), in.counts.data(),
                      in.displs.data(), MPI_CHAR, where.raw));
  return in.objects<T>();
}
template <class T>
std::vector<T> alltoall(const std::vector<T>& values, const Where& where) {
  const Blocks out = pack_all(values);
  Blocks in(where.ranks);
  must(MPI_Alltoall(out.counts.data(), 1, MPI_INT, in.counts.data(), 1, MPI_INT, where.raw));
  in.lay_out();
  must(MPI_Alltoallv(out.bytes.data(), out.counts.data(), out.displs.data(), MPI_CHAR,
                     in.bytes.data(), in.counts.data(), in.displs.data(), MPI_CHAR, where.raw));
  return in.objects<T>();
}

}  // namespace suite::by_hand
