// SPDX-License-Identifier: MIT
// A growing run of bytes that, unlike a vector, never writes zeros first.
#pragma once

#include <mpi4cxx/version.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

class byte_buffer {
 public:
  byte_buffer() = default;
  byte_buffer(byte_buffer&& other) noexcept { swap(other); }
  byte_buffer& operator=(byte_buffer&& other) noexcept {
    byte_buffer(std::move(other)).swap(*this);
    return *this;
  }

  std::byte* data() noexcept { return memory_.get(); }
  const std::byte* data() const noexcept { return memory_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  void clear() noexcept { size_ = 0; }

  /// Makes room for `count` more bytes and says where they start; their content is undefined.
  std::byte* extend(std::size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      grow(count);
    std::byte* const place = memory_.get() + size_;
    size_ += count;
    return place;
  }
  void append(const void* bytes, std::size_t count) {
    if (count != 0) std::memcpy(extend(count), bytes, count);
  }

  void swap(byte_buffer& other) noexcept {
    memory_.swap(other.memory_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void grow(std::size_t count) {
    std::size_t wanted = size_ + count;
    if (wanted < 2 * capacity_) wanted = 2 * capacity_;
    if (wanted < 512) wanted = 512;
    auto larger = std::make_unique_for_overwrite<std::byte[]>(wanted);
    if (size_ != 0) std::memcpy(larger.get(), memory_.get(), size_);
    memory_ = std::move(larger);
    capacity_ = wanted;
  }

  std::unique_ptr<std::byte[]> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
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
