// SPDX-License-Identifier: MIT
// Arbitrary bytes as the stream and parts of an object: a value or an MPI::Exception, in bounded
// memory. A value that was read can be packed and read again.
//
// Input: type, number of parts (0 to 3), the size of each part (2 bytes), the parts, the stream.
#include "fuzz/types.hpp"

#include <sanitizer/lsan_interface.h>

using namespace fuzz;
namespace detail = MPI::detail;

namespace {

constexpr std::size_t part_size = 64;

template <class T>
void read(Input input) {
  std::uint64_t sizes[3];
  const std::size_t count = input.number<std::uint8_t>() % 4;
  for (std::size_t i = 0; i < count; ++i) sizes[i] = input.number<std::uint16_t>();
  // as open_message and sum_of_sizes leave them: the bytes are there
  std::size_t total = 0;
  const auto rest = input.rest();
  for (std::size_t i = 0; i < count; ++i) {
    if (sizes[i] > rest.size() - total) sizes[i] = rest.size() - total;
    total += static_cast<std::size_t>(sizes[i]);
  }
  detail::memory_parts parts(std::as_bytes(std::span(sizes, count)), total, rest.data());
  T value{};
  try {
    detail::unpack(value, rest.subspan(total), parts, part_size);
  } catch (const MPI::Exception&) {
    return;
  }
  detail::byte_buffer buffer;
  detail::parcel parcel(buffer, part_size);
  try {
    parcel.pack(value);
  } catch (const MPI::Exception&) {
    return;  // an empty Object, or one nested too deeply
  }
  const auto message = parcel.whole_message();
  T again{};
  detail::take_from_memory(detail::running(), again,
                           detail::open_message(detail::running(), message));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  set_limits();
  // What MPI takes at its start it never gives back.
  __lsan_disable();
  detail::running();
  __lsan_enable();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Values values = make_values(3);
  Input input(data, size);
  with_value(values, input.number<std::uint8_t>() % type_count, [&]<class T>(const T&) {
    if constexpr (may_leak<T>) __lsan_disable();
    read<T>(input);
    if constexpr (may_leak<T>) __lsan_enable();
  });
  return 0;
}
