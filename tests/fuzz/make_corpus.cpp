// SPDX-License-Identifier: MIT
// Writes the inputs that the fuzzers start from: fuzz_corpus FOLDER, with the folders `objects` and
// `messages` in it.
#include "fuzz/types.hpp"

#include <cstdio>
#include <fstream>

using namespace fuzz;
namespace detail = MPI::detail;

namespace {

using Bytes = std::vector<std::byte>;

template <class... T>
void add(Bytes& bytes, const T&... values) {
  const auto append = [&](const auto& value) {
    const auto* const first = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), first, first + sizeof value);
  };
  (append(values), ...);
}

void write(const std::string& folder, std::size_t type, const Bytes& bytes) {
  char name[16];
  std::snprintf(name, sizeof name, "/type_%02zu", type);
  std::ofstream file(folder + name, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!file) {
    std::fprintf(stderr, "cannot write %s%s\n", folder.c_str(), name);
    std::exit(1);
  }
}

template <class T>
Bytes object(std::uint8_t type, const T& value) {
  detail::byte_buffer buffer;
  detail::parcel parcel(buffer, 64);
  parcel.pack(value);
  Bytes bytes;
  add(bytes, type, static_cast<std::uint8_t>(parcel.parts().size()));
  for (const detail::part& each : parcel.parts()) add(bytes, static_cast<std::uint16_t>(each.size));
  for (const detail::part& each : parcel.parts())
    bytes.insert(bytes.end(), each.data, each.data + each.size);
  bytes.insert(bytes.end(), parcel.stream().begin(), parcel.stream().end());
  return bytes;
}

/// The large object with the header, with one damage of each sort in turn.
Bytes message(std::uint8_t type) {
  Bytes bytes;
  const auto form = static_cast<std::uint8_t>(type / 2);
  add(bytes, static_cast<std::uint8_t>(type + 128), form, type);
  add(bytes, static_cast<std::uint8_t>(type % 8), std::uint16_t{16}, std::uint64_t{1} << type);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_corpus FOLDER\n");
    return 2;
  }
  set_limits();
  const Values values = make_values(20);
  for (std::size_t type = 0; type < type_count; ++type)
    with_value(values, type, [&](const auto& value) {
      write(std::string(argv[1]) + "/objects", type,
            object(static_cast<std::uint8_t>(type), value));
      write(std::string(argv[1]) + "/messages", type, message(static_cast<std::uint8_t>(type)));
    });
}
