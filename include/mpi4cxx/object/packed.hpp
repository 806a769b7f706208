// SPDX-License-Identifier: MIT
// MPI::Object: an object as it lies on the wire, with its type.
#pragma once

#include <mpi4cxx/object/transfer.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {
namespace detail {

/// What an argument of a lowercase call is on the other side: a literal is a std::string.
template <class T>
struct object_of {
  using type = std::remove_cvref_t<T>;
};
template <class T>
requires std::same_as < std::decay_t<T>,
const char* > || std::same_as<std::decay_t<T>, char*> struct object_of<T> {
  using type =
      std::conditional_t<std::is_array_v<std::remove_reference_t<T>>, std::string, std::decay_t<T>>;
};
template <class T>
using object_of_t = typename object_of<T>::type;

/// The object to take apart: the argument itself, or the std::string of a literal.
template <class T>
decltype(auto) as_object(const T& value) {
  if constexpr (std::same_as<object_of_t<const T&>, T>)
    return (value);
  else
    return object_of_t<const T&>(value);
}

}  // namespace detail

/// Any object, packed: what recv() without a type gives, and what may be sent to many without
/// packing again. Ask it with is<T>(), open it with as<T>(). A new one is empty, like Python's
/// None.
///
///     MPI::Object packed(task);
///     for (int peer : peers) comm.send(packed, peer);   // the receivers say recv<Task>()
class Object {
 public:
  Object() = default;
  /// Packs `value`: one copy of its bytes.
  template <class T>
  requires(!std::same_as<std::remove_cvref_t<T>, Object>) explicit Object(const T& value) {
    part_size_ = detail::running().inline_limit;
    detail::scratch_buffer buffer;
    detail::parcel parcel(*buffer, part_size_);
    parcel.pack(detail::as_object(value));
    identity_ = parcel.identity();
    append(parcel.stream().data(), parcel.stream_size());
    for (const detail::part& each : parcel.parts()) {
      part_sizes_.push_back(each.size);
      append(each.data, each.size);
    }
    stream_size_ = parcel.stream_size();
    filled_ = true;
  }

  /// Whether it holds nothing.
  bool empty() const noexcept { return !filled_; }
  explicit operator bool() const noexcept { return filled_; }
  /// Its size in bytes.
  std::size_t size() const noexcept { return bytes_.size(); }
  /// Whether as<T>() works.
  template <class T>
  bool is() const noexcept {
    return filled_ && identity_ == detail::known_identity<T>();
  }
  /// The object as a T. Throws TypeMismatch where it is of another type.
  template <class T>
  T as() const {
    static_assert(std::is_default_constructible_v<T>,
                  "mpi4cxx: as<T>() makes a T first and fills it then: give the class a default "
                  "constructor");
    if (!filled_) throw TypeMismatch("this Object is empty: nothing was received into it");
    if (!is<T>()) detail::mismatch(identity_, detail::readable_name<T>());
    T value{};
    detail::memory_parts parts = this->parts();
    detail::unpack(value, stream(), parts, part_size_);
    return value;
  }
  /// The name of its type, as far as this program knows it.
  std::string type_name() const {
    if (!filled_) return "nothing";
    return detail::name_of(identity_);
  }

 private:
  friend class detail::parcel;
  friend class detail::writer;
  friend class detail::reader;
  template <class T>
  friend void detail::take_parts(T&, const detail::opened_header&, detail::part_source&,
                                 std::size_t);

  std::span<const std::byte> stream() const noexcept {
    return std::span(bytes_).first(stream_size_);
  }
  detail::memory_parts parts() const noexcept {
    return {std::as_bytes(std::span(part_sizes_)), bytes_.size() - stream_size_,
            bytes_.data() + stream_size_};
  }
  void append(const std::byte* data, std::size_t size) {
    bytes_.insert(bytes_.end(), data, data + size);
  }

  void take(const detail::opened_header& opened, detail::part_source& parts, std::size_t total) {
    std::vector<std::uint64_t> sizes(opened.size.part_count);
    if (!sizes.empty()) std::memcpy(sizes.data(), opened.sizes.data(), opened.sizes.size());
    std::vector<std::byte> bytes(total);
    if (!opened.stream.empty())
      std::memcpy(bytes.data(), opened.stream.data(), opened.stream.size());
    std::size_t at = opened.stream.size();
    for (const std::uint64_t size : sizes) {
      parts.receive(bytes.data() + at, static_cast<std::size_t>(size));
      at += static_cast<std::size_t>(size);
    }
    identity_ = opened.head.identity;
    part_size_ = opened.part_size;
    stream_size_ = opened.stream.size();
    part_sizes_ = std::move(sizes);
    bytes_ = std::move(bytes);
    filled_ = true;
  }

  bool filled_ = false;
  detail::identity_t identity_ = 0;
  std::size_t part_size_ = 0;
  std::size_t stream_size_ = 0;
  std::vector<std::uint64_t> part_sizes_;
  std::vector<std::byte> bytes_;  // the stream, then the parts
};

/// The codec of lowercase calls. mpi4py's `MPI.pickle` may be replaced; here there is one: the
/// members of an object by cereal's conventions, straight to memory.
struct Pickle {
  /// The bytes of an object. Costs two copies.
  template <class T>
  Object dumps(const T& value) const {
    return Object(value);
  }
  /// The object of these bytes.
  template <class T>
  T loads(const Object& bytes) const {
    return bytes.as<T>();
  }
};
inline constexpr Pickle pickle;

/// A reference to an object that isend may read until its request is complete:
/// isend(MPI::borrow(x)) copies nothing, and x must stay as it is until wait().
template <class T>
struct borrowed {
  const T* object;
};
template <class T>
borrowed<T> borrow(const T& object) {
  return {&object};
}
template <class T>
borrowed<T> borrow(const T&& object) = delete;

namespace detail {

template <class T>
void parcel::pack_object(const T& value) {
  if (value.empty()) raise(MPI_ERR_ARG, "an empty MPI::Object holds nothing to send");
  identity_ = value.identity_;
  // pieces were divided by the limit in force when it was packed
  limit_ = value.part_size_;
  buffer_.append(value.bytes_.data(), value.stream_size_);
  const std::byte* next = value.bytes_.data() + value.stream_size_;
  for (const std::uint64_t size : value.part_sizes_) {
    parts_.push_back({next, static_cast<std::size_t>(size)});
    next += size;
  }
}

/// An Object inside another object.
template <class T>
void writer::object(const T& value) {
  write(value.filled_);
  if (!value.filled_) return;
  write(value.identity_);
  count(value.part_size_);
  count(value.stream_size_);
  write(value.part_sizes_);
  write(value.bytes_);
}
template <class T>
void reader::object(T& value) {
  T made;
  read(made.filled_);
  if (made.filled_) {
    read(made.identity_);
    made.part_size_ = count();
    made.stream_size_ = count();
    if (made.part_size_ > most_inline_limit) damaged("an Object with pieces that cannot be");
    read(made.part_sizes_);
    read(made.bytes_);
    std::size_t sum = made.stream_size_;
    for (const std::uint64_t size : made.part_sizes_) {
      if (sum > made.bytes_.size() || size > made.bytes_.size() - sum)
        damaged("an Object whose parts are longer than itself");
      sum += static_cast<std::size_t>(size);
    }
    if (sum != made.bytes_.size()) damaged("an Object whose parts are not as long as itself");
  }
  value = std::move(made);
}

}  // namespace detail
}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
