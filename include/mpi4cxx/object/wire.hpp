// SPDX-License-Identifier: MIT
// What an object looks like on the wire (docs/wire.md).
#pragma once

#include <mpi4cxx/object/identity.hpp>
#include <mpi4cxx/object/reader.hpp>
#include <mpi4cxx/runtime/state.hpp>

#include <cstdint>
#include <new>
#include <span>
#include <stdexcept>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

enum class form : std::uint8_t {
  small = 0,        // header, stream: all there is
  parts = 1,        // header, extent, stream, part sizes; the parts follow on the channel
  table_apart = 2,  // header, extent; stream and part sizes are the first message on the channel
  whole = 3         // header, extent, stream, part sizes, parts: one message, without a channel
};

inline constexpr std::uint16_t wire_magic = 0x4d34;
inline constexpr std::uint8_t wire_version = 1;

/// The first 16 bytes of every object message.
struct header {
  identity_t identity;
  std::uint32_t tag_or_limit;  // parts, table_apart: their tag; else: the sender's inline limit
  std::uint16_t magic;
  std::uint8_t version;
  form shape;
};
static_assert(sizeof(header) == 16);

/// What follows the header of an object that is more than a stream.
struct extent {
  std::uint64_t stream_size;
  std::uint32_t part_count;
  std::uint32_t message_count;  // on the channel; so that it can be drained unread
};
static_assert(sizeof(extent) == 16);

inline header small_header(identity_t identity, std::size_t inline_limit) noexcept {
  return {identity, static_cast<std::uint32_t>(inline_limit), wire_magic, wire_version,
          form::small};
}

inline constexpr std::size_t front_size = sizeof(header) + sizeof(extent);

/// No header message is longer.
inline std::size_t most_header_message(const process_state& state) noexcept {
  return front_size + state.inline_limit;
}

/// Into how many messages a run of bytes is cut.
inline std::size_t chunk_count(std::size_t size, std::size_t chunk_limit) noexcept {
  return size / chunk_limit + (size % chunk_limit != 0);
}

/// An object ready to travel: its stream and its parts.
///
/// The buffer has room for header and extent in front of the stream, so that a small message is
/// contiguous without another copy: header at 16, stream at 32.
class parcel {
 public:
  parcel(byte_buffer& buffer, std::size_t inline_limit) : buffer_(buffer), limit_(inline_limit) {
    buffer_.clear();
    buffer_.extend(front_size);
  }

  /// Takes T apart. Large pieces stay where they are: `value` must outlive the sending.
  template <class T>
  void pack(const T& value) {
    if constexpr (kind_v<T> == kind::object) {
      pack_object(value);
    } else {
      require_sendable<T>();
      identity_ = known_identity<T>();
      if constexpr (flat_sequence<T>) {
        // at the top of a message a sequence is its elements: the length of the message counts them
        if constexpr (kind_v<T> == kind::bits) {
          for (const bool bit : value) buffer_.append(&bit, 1);
        } else {
          const auto* const data = reinterpret_cast<const std::byte*>(std::data(value));
          const std::size_t size = std::size(value) * sizeof(flat_element_t<T>);
          if (size < limit_)
            buffer_.append(data, size);
          else
            parts_.push_back({data, size});
        }
      } else {
        writer writer(buffer_, limit_);
        writer.write(value);
        parts_ = std::move(writer.parts());
        copies_ = std::move(writer.copies());
      }
    }
  }

  identity_t identity() const noexcept { return identity_; }
  std::size_t stream_size() const noexcept { return buffer_.size() - front_size; }
  std::span<const std::byte> stream() const noexcept {
    return {buffer_.data() + front_size, stream_size()};
  }
  const part_list& parts() const noexcept { return parts_; }
  bool is_small() const noexcept { return parts_.empty() && stream_size() <= limit_; }
  std::size_t total_size() const noexcept {
    std::size_t sum = stream_size();
    for (const part& each : parts_) sum += each.size;
    return sum;
  }

  /// Copies what still lies in the caller's object, so that it may change or end.
  void own_parts() {
    std::size_t total = 0;
    for (const part& each : parts_) total += each.size;
    owned_.reserve(total);  // what is in it must not move
    for (part& each : parts_) {
      std::byte* const copy = owned_.extend(each.size);
      std::memcpy(copy, each.data, each.size);
      each.data = copy;
    }
    copies_.clear();
  }

  /// The one message of a small object.
  std::span<const std::byte> small_message() noexcept {
    const header head = small_header(identity_, limit_);
    std::memcpy(buffer_.data() + sizeof(extent), &head, sizeof head);
    return {buffer_.data() + sizeof(extent), buffer_.size() - sizeof(extent)};
  }

  /// The header message of an object with parts; what goes on the channel is added to `channel`, in
  /// order and cut to chunks.
  std::span<const std::byte> header_message(std::uint32_t tag, std::size_t chunk_limit,
                                            part_list& channel) {
    const std::size_t streamed = stream_size();
    append_sizes();
    const std::size_t table = buffer_.size() - front_size;
    const bool apart = table > limit_;
    if (apart) add_chunks({buffer_.data() + front_size, table}, chunk_limit, channel);
    for (const part& each : parts_) add_chunks(each, chunk_limit, channel);
    put_front(apart ? form::table_apart : form::parts, tag, streamed, channel.size());
    return {buffer_.data(), apart ? front_size : buffer_.size()};
  }

  /// Everything as one message, for communicators without a channel. Copies the parts; those of
  /// `apart` bytes and more are left out.
  std::span<const std::byte> whole_message(std::size_t apart = static_cast<std::size_t>(-1)) {
    const std::size_t streamed = stream_size();
    append_sizes();
    std::size_t in_it = 0;
    for (const part& each : parts_)
      if (each.size < apart) in_it += each.size;
    buffer_.reserve(in_it);
    for (const part& each : parts_)
      if (each.size < apart) buffer_.append(each.data, each.size);
    put_front(form::whole, static_cast<std::uint32_t>(limit_), streamed, 0);
    return {buffer_.data(), buffer_.size()};
  }

 private:
  template <class T>
  void pack_object(const T& value);

  void append_sizes() {
    for (const part& each : parts_) {
      const auto size = static_cast<std::uint64_t>(each.size);
      buffer_.append(&size, sizeof size);
    }
  }
  static void add_chunks(part piece, std::size_t limit, part_list& to) {
    for (; piece.size > limit; piece.data += limit, piece.size -= limit)
      to.push_back({piece.data, limit});
    if (piece.size != 0) to.push_back(piece);
  }
  void put_front(form shape, std::uint32_t tag, std::size_t streamed, std::size_t messages) {
    const header head{identity_, tag, wire_magic, wire_version, shape};
    const extent size{streamed, static_cast<std::uint32_t>(parts_.size()),
                      static_cast<std::uint32_t>(messages)};
    std::memcpy(buffer_.data(), &head, sizeof head);
    std::memcpy(buffer_.data() + sizeof head, &size, sizeof size);
  }

  byte_buffer& buffer_;
  std::size_t limit_;
  identity_t identity_ = 0;
  part_list parts_;
  std::vector<std::unique_ptr<std::byte[]>> copies_;
  byte_buffer owned_;
};

/// Parts that lie in memory one behind the other.
class memory_parts final : public part_source {
 public:
  memory_parts(std::span<const std::byte> sizes, std::size_t total, const std::byte* first)
      : part_source(sizes, total), next_(first) {}

 private:
  void take(void* destination, std::size_t size) override {
    if (size != 0) std::memcpy(destination, next_, size);
    next_ += size;
  }

  const std::byte* next_;
};

/// Reads a T that is the elements of a sequence, from the stream or from one part.
template <class T>
void unpack_sequence(T& value, std::span<const std::byte> stream, part_source& parts) {
  using element = flat_element_t<T>;
  const bool is_part = parts.count() == 1;
  if (parts.count() > 1 || (is_part && !stream.empty()))
    damaged("a sequence in more than one piece");
  const std::size_t bytes = is_part ? parts.next_size() : stream.size();
  if (bytes % sizeof(element) != 0) damaged("a sequence that ends inside an element");
  const std::size_t size = bytes / sizeof(element);
  const auto into = [&](void* destination) {
    if (is_part)
      parts.receive(destination, bytes);
    else if (bytes != 0 && destination)
      std::memcpy(destination, stream.data(), bytes);
  };
  if constexpr (kind_v<T> == kind::bits) {
    std::vector<unsigned char> flags(size);
    into(flags.data());
    value.assign(size, false);
    for (std::size_t i = 0; i < size; ++i) {
      if (flags[i] > 1) damaged("a bool that is neither true nor false");
      value[i] = flags[i] != 0;
    }
  } else {
    if constexpr (!holds_bool<element>() && requires(const element* at) { value.assign(at, at); }) {
      // at once where it can be, without clearing the memory first
      const auto* const first = reinterpret_cast<const element*>(stream.data());
      if (!is_part && reinterpret_cast<std::uintptr_t>(first) % alignof(element) == 0) {
        value.assign(first, first + size);
        return;
      }
    }
    if constexpr (kind_v<T> == kind::sequence)
      value.resize(size);
    else if (size != std::size(value))
      raise(MPI_ERR_TRUNCATE,
            formatted("an array of {} elements was received as one of {}: take it as a "
                      "std::vector, whose length adapts",
                      {size, std::size(value)}));
    into(std::data(value));
    reader::validate(std::data(value), size);
  }
}

/// Reads a T from its stream and parts; the counterpart of parcel::pack.
template <class T>
void unpack(T& value, std::span<const std::byte> stream, part_source& parts,
            std::size_t part_size) {
  try {
    if constexpr (flat_sequence<T>) {
      unpack_sequence(value, stream, parts);
    } else {
      reader reader(stream, parts, part_size);
      reader.read(value);
      reader.expect_end();
    }
  } catch (const cereal::Exception& refused) {
    raise(MPI_ERR_OTHER, formatted("an object could not be read: {}", {refused.what()}));
  } catch (const std::bad_alloc&) {
    raise(MPI_ERR_NO_MEM, "there is not enough memory for the object received");
  } catch (const std::length_error&) {
    raise(MPI_ERR_NO_MEM, "the object received is larger than its type can be");
  }
}

/// What a header message says, checked.
struct opened_header {
  header head;
  extent size{};
  std::span<const std::byte> stream;  // small and parts: in the message
  std::span<const std::byte> sizes;
  std::span<const std::byte> rest;  // whole: the parts
  std::size_t part_size = 0;        // pieces of at least this size are parts
};

[[noreturn]] [[gnu::cold]] inline void not_an_object(std::size_t bytes) {
  raise(MPI_ERR_TYPE,
        formatted("the message received ({} bytes) is no object: it was sent by an uppercase call "
                  "such as Send; receive it with Recv, or send it with send",
                  {bytes}));
}

inline bool is_object_message(std::span<const std::byte> message, header& head) noexcept {
  if (message.size() < sizeof(header)) return false;
  std::memcpy(&head, message.data(), sizeof head);
  return head.magic == wire_magic && head.version == wire_version && head.shape <= form::whole &&
         (head.shape == form::small || message.size() >= front_size);
}

/// `is_other`, where given, is set if the message is an uppercase call's.
inline opened_header open_message(const process_state& state, std::span<const std::byte> message,
                                  std::atomic<bool>* is_other = nullptr) {
  opened_header found{};
  if (!is_object_message(message, found.head)) {
    if (is_other) *is_other = true;
    not_an_object(message.size());
  }
  const bool on_channel = found.head.shape == form::parts || found.head.shape == form::table_apart;
  found.part_size = on_channel ? state.inline_limit : found.head.tag_or_limit;
  if (found.head.shape == form::small) {
    found.stream = message.subspan(sizeof(header));
    return found;
  }
  std::memcpy(&found.size, message.data() + sizeof(header), sizeof found.size);
  const std::span<const std::byte> table = message.subspan(front_size);
  const auto streamed = static_cast<std::size_t>(found.size.stream_size);
  const std::size_t sizes = std::size_t{found.size.part_count} * sizeof(std::uint64_t);
  if (found.size.stream_size > state.max_object || streamed + sizes > state.max_object)
    damaged("it says it is larger than rc.max_object");
  if (found.head.shape == form::table_apart) {
    if (!table.empty()) damaged("its header is too long");
    return found;
  }
  if (streamed > table.size() || sizes > table.size() - streamed)
    damaged("it is shorter than what it says it holds");
  found.stream = table.first(streamed);
  found.sizes = table.subspan(streamed, sizes);
  found.rest = table.subspan(streamed + sizes);
  if (found.head.shape == form::parts && !found.rest.empty()) damaged("its header is too long");
  return found;
}

/// Into how many messages parts of these sizes are cut.
inline std::size_t chunk_count(std::span<const std::byte> sizes, std::size_t chunk_limit) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < sizes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t size = 0;
    std::memcpy(&size, sizes.data() + at, sizeof size);
    sum += chunk_count(static_cast<std::size_t>(size), chunk_limit);
  }
  return sum;
}

/// The sum of the part sizes; throws when it is beyond `max_object`.
inline std::size_t sum_of_sizes(std::span<const std::byte> sizes, std::size_t max_object) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < sizes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t size = 0;
    std::memcpy(&size, sizes.data() + at, sizeof size);
    if (size > max_object || sum + size > max_object)
      damaged("it says it is larger than rc.max_object");
    sum += static_cast<std::size_t>(size);
  }
  return sum;
}

/// The parts of a message in memory that has only the small ones; those of `apart` bytes and more
/// come by `receive(place, size)`. What nobody took is received in the destructor, since the sender
/// counts on it.
template <class Receive>
class parts_apart final : public part_source {
 public:
  parts_apart(const opened_header& opened, std::size_t total, std::size_t apart, Receive& receive)
      : part_source(opened.sizes, total), small_(opened.rest), apart_(apart), receive_(receive) {}
  parts_apart(const parts_apart&) = delete;
  parts_apart& operator=(const parts_apart&) = delete;
  ~parts_apart() {
    try {
      while (count() != 0) {
        byte_buffer room;
        receive(room.extend(next_size()), next_size());
      }
    } catch (...) {
      // one exception is on its way already, and tells more
    }
  }

 private:
  void take(void* destination, std::size_t size) override {
    if (size >= apart_) return receive_(static_cast<std::byte*>(destination), size);
    if (size > small_.size()) damaged("its parts are not as long as it says");
    if (size != 0) std::memcpy(destination, small_.data(), size);
    small_ = small_.subspan(size);
  }

  std::span<const std::byte> small_;
  std::size_t apart_;
  Receive& receive_;
};

/// Receives a sequence where it stays, by `receive(place)`; false where these bytes are none.
template <class T, class Receive>
bool receive_in_place(T& obj, identity_t identity, std::size_t size, Receive&& receive) {
  if constexpr (flat_sequence<T> && kind_v<T> == kind::sequence) {
    using element = flat_element_t<T>;
    if (identity != wire_identity<T>() || size % sizeof(element) != 0) return false;
    obj.resize(size / sizeof(element));
    receive(reinterpret_cast<std::byte*>(std::data(obj)));
    reader::validate(std::data(obj), std::size(obj));
    return true;
  } else {
    static_cast<void>(obj), static_cast<void>(identity), static_cast<void>(size);
    return false;
  }
}

[[noreturn]] [[gnu::cold]] inline void mismatch(identity_t sent, text_argument wanted) {
  throw TypeMismatch(
      formatted("the object received is of type {}, not {}", {name_of(sent), wanted}).c_str());
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
