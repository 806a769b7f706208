// SPDX-License-Identifier: MIT
// Memory for messages: small blocks that a thread keeps, and a growing run of bytes that, unlike a
// vector, never writes zeros first.
#pragma once

#include <mpi4cxx/version.hpp>

#include <bit>
#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Small blocks of memory that a thread keeps when they are given back, so that nonblocking calls
/// in steady state allocate nothing. Not inlined: there are many calls of it to compile. Blocks may
/// be given back by another thread than took them.
class kept_memory {
 public:
  [[gnu::noinline]] static void* take(std::size_t size) {
    if (size <= largest) {
      if (block*& first = kept_.first[index_of(size)]) {
        kept_.bytes -= room_of(index_of(size));
        return std::exchange(first, first->next);
      }
      size = room_of(index_of(size));
    }
    return ::operator new(size);
  }
  static void give(void* memory, std::size_t size) noexcept {
    if (memory) put_away(memory, size);
  }

 private:
  [[gnu::noinline]] static void put_away(void* memory, std::size_t size) noexcept {
    const std::size_t index = index_of(size);
    if (size > largest || kept_.bytes + room_of(index) > most_kept)
      return ::operator delete(memory);
    if (kept_.bytes == 0) at_end();
    kept_.first[index] = new (memory) block{kept_.first[index]};
    kept_.bytes += room_of(index);
  }

  // Sixty-four bytes more than a power of two: a header message is a little longer than 4 KiB.
  static constexpr std::size_t sizes = 8;
  static constexpr std::size_t room_of(std::size_t index) noexcept {
    return 64 + (std::size_t{64} << index);
  }
  static constexpr std::size_t index_of(std::size_t size) noexcept {
    return size <= room_of(0) ? 0 : static_cast<std::size_t>(std::bit_width(size - 65)) - 6;
  }
  static constexpr std::size_t largest = 64 + (std::size_t{64} << (sizes - 1));
  static constexpr std::size_t most_kept = std::size_t{1} << 20;

  struct block {
    block* next;
  };
  struct store {
    block* first[sizes];
    std::size_t bytes;
  };
  /// Without a destructor: requests may end after the objects of their thread. A thread that ends
  /// leaves it so full that nothing more is kept.
  static inline constinit thread_local store kept_{};

  static void at_end() noexcept {
    struct emptied {
      emptied() {}
      ~emptied() {
        for (block*& first : kept_.first)
          while (first) ::operator delete(std::exchange(first, first->next));
        kept_.bytes = most_kept;
      }
    };
    [[maybe_unused]] thread_local const emptied at_exit;
  }
};

class byte_buffer {
 public:
  byte_buffer() = default;
  byte_buffer(byte_buffer&& other) noexcept { swap(other); }
  byte_buffer& operator=(byte_buffer&& other) noexcept {
    byte_buffer(std::move(other)).swap(*this);
    return *this;
  }
  ~byte_buffer() { kept_memory::give(memory_, capacity_); }

  std::byte* data() noexcept { return memory_; }
  const std::byte* data() const noexcept { return memory_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  void clear() noexcept { size_ = 0; }

  /// Makes room for `count` more bytes and says where they start; their content is undefined.
  std::byte* extend(std::size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      grow(count);
    std::byte* const place = memory_ + size_;
    size_ += count;
    return place;
  }
  /// The next `count` bytes come without another growth: at once, where it may be much.
  void reserve(std::size_t count) {
    if (capacity_ - size_ < count) grow(count);
  }
  void append(const void* bytes, std::size_t count) {
    if (count != 0) std::memcpy(extend(count), bytes, count);
  }

  void swap(byte_buffer& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  [[gnu::noinline]] void grow(std::size_t count) {
    std::size_t wanted = size_ + count;
    if (wanted < 2 * capacity_) wanted = 2 * capacity_;
    if (wanted < 512) wanted = 512;
    auto* const larger = static_cast<std::byte*>(kept_memory::take(wanted));
    if (size_ != 0) std::memcpy(larger, memory_, size_);
    kept_memory::give(std::exchange(memory_, larger), std::exchange(capacity_, wanted));
  }

  std::byte* memory_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// A short list of values that are only memory, in kept memory: what a request needs of a vector,
/// in a tenth of the time to compile.
template <class T>
class kept_list {
 public:
  bool empty() const noexcept { return size() == 0; }
  std::size_t size() const noexcept { return bytes_.size() / sizeof(T); }
  T* data() noexcept { return reinterpret_cast<T*>(bytes_.data()); }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size(); }
  const T* begin() const noexcept { return reinterpret_cast<const T*>(bytes_.data()); }
  const T* end() const noexcept { return begin() + size(); }
  T& operator[](std::size_t index) noexcept { return data()[index]; }
  const T& operator[](std::size_t index) const noexcept { return begin()[index]; }

  void clear() noexcept { bytes_.clear(); }
  /// So many values, whose content is undefined.
  void resize(std::size_t count) {
    clear();
    bytes_.extend(count * sizeof(T));
  }
  /// Room for `more` beyond those that are there.
  void reserve(std::size_t more) { bytes_.reserve(more * sizeof(T)); }
  void push_back(const T& value) { bytes_.append(&value, sizeof value); }

 private:
  byte_buffer bytes_;
};

/// A buffer that a thread keeps between calls, so that a call in steady state allocates nothing.
/// Calls may nest (a user's save() may send): the inner one then has a buffer of its own.
class scratch_buffer {
 public:
  scratch_buffer() noexcept : buffer_(std::move(kept())) { buffer_.clear(); }
  ~scratch_buffer() {
    if (buffer_.capacity() <= most_kept && buffer_.capacity() > kept().capacity())
      kept() = std::move(buffer_);
  }
  scratch_buffer(const scratch_buffer&) = delete;
  scratch_buffer& operator=(const scratch_buffer&) = delete;

  byte_buffer& operator*() noexcept { return buffer_; }
  byte_buffer* operator->() noexcept { return &buffer_; }
  const byte_buffer* operator->() const noexcept { return &buffer_; }

 private:
  static constexpr std::size_t most_kept = std::size_t{1} << 20;
  static byte_buffer& kept() noexcept {
    thread_local byte_buffer buffer;
    return buffer;
  }
  byte_buffer buffer_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
