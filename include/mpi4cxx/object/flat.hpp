// SPDX-License-Identifier: MIT
// An object as one run of bytes: what blocking collectives carry.
#pragma once

#include <mpi4cxx/object/transfer.hpp>

#include <optional>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// What the size phase of a collective tells of one object.
struct object_notice {
  identity_t identity;
  std::int64_t size;  // of its bytes; negative: the rank has no object, and all throw
};

/// One object as contiguous bytes: its stream, and for objects with parts a table behind a marker.
/// Small overhead, and the same bytes whichever collective carries them.
class flat_object {
 public:
  /// Parts of `apart` bytes and more are no bytes of it.
  template <class T>
  flat_object(process_state& state, const T& value,
              std::size_t apart = static_cast<std::size_t>(-1)) {
    if constexpr (flat_sequence<T> && kind_v<T> != kind::bits) {
      // a contiguous sequence is its own bytes
      identity_ = known_identity<T>();
      bytes_ = std::as_bytes(std::span(std::data(value), std::size(value)));
    } else {
      parcel& parcel = parcel_.emplace(*buffer_.emplace(), state.inline_limit);
      parcel.pack(value);
      const bool is_whole = !parcel.parts().empty();
      identity_ = is_whole ? ~parcel.identity() : parcel.identity();
      bytes_ = is_whole ? parcel.whole_message(apart) : parcel.stream();
    }
  }
  identity_t identity() const noexcept { return identity_; }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  object_notice notice() const noexcept {
    return {identity(), static_cast<std::int64_t>(bytes_.size())};
  }
  std::span<const part> parts() const noexcept {
    if (!parcel_) return {};
    return {parcel_->parts().begin(), parcel_->parts().size()};
  }

 private:
  std::optional<scratch_buffer> buffer_;
  std::optional<parcel> parcel_;
  identity_t identity_ = 0;
  std::span<const std::byte> bytes_;
};

/// Whether these are the bytes of an object with parts.
inline bool is_whole(identity_t identity, std::span<const std::byte> bytes) noexcept {
  header head{};
  return is_object_message(bytes, head) && head.shape == form::whole && ~head.identity == identity;
}

/// The object of a flat_object's bytes. Throws TypeMismatch.
template <class T>
void open_flat(process_state& state, T& value, identity_t identity,
               std::span<const std::byte> bytes) {
  if constexpr (kind_v<T> == kind::object) {
    opened_header opened{};
    opened.head.identity = identity;
    opened.part_size = state.inline_limit;
    if (is_whole(identity, bytes))
      opened = open_message(state, bytes);
    else
      opened.stream = bytes;
    take_from_memory(state, value, opened);
  } else if (identity == wire_identity<T>()) {
    // a sequence is its elements, however many; anything else has no parts here
    memory_parts none({}, 0, nullptr);
    unpack(value, bytes, none, state.inline_limit);
  } else if (~identity == wire_identity<T>()) {
    const opened_header opened = open_message(state, bytes);
    take_from_memory(state, value, opened);
  } else {
    mismatch(identity, readable_name<T>());
  }
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
