// SPDX-License-Identifier: MIT
// The root of the communicator classes: the handle itself, and what every family of calls needs.
#pragma once

#include <mpi4cxx/comm/record.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {
class Message;
}

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// COMM_NULL, which converts to every communicator class.
struct null_communicator {};

/// Refers to a communicator's record; null is COMM_NULL. Copies refer to the same communicator, the
/// last one frees it.
class comm_handle {
 public:
  constexpr comm_handle() = default;
  constexpr comm_handle(null_communicator) {}
  constexpr explicit comm_handle(comm_record* record) : record_(record) {}
  comm_handle(const comm_handle& other) noexcept : record_(other.record_) { keep(record_); }
  comm_handle(comm_handle&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
  comm_handle& operator=(comm_handle other) noexcept {
    std::swap(record_, other.record_);
    return *this;
  }
  ~comm_handle() { drop(record_); }

  /// The rank of this process. On an intercommunicator: in the local group.
  int Get_rank() const {
    running();
    return open().rank;
  }
  int rank() const { return Get_rank(); }
  /// The number of ranks. On an intercommunicator: of the local group.
  int Get_size() const {
    running();
    return open().size;
  }
  int size() const { return Get_size(); }

  /// The raw handle, for MPI's C functions. It stays owned by this class.
  MPI_Comm native() const {
    running();
    return record_ ? record_->raw : MPI_COMM_NULL;
  }
  explicit operator bool() const noexcept {
    return record_ && (record_->predefined || record_->raw != MPI_COMM_NULL);
  }

  friend bool operator==(const comm_handle& a, const comm_handle& b) noexcept {
    return a.record_ == b.record_ || a.raw_or_null() == b.raw_or_null();
  }

 protected:
  /// The record of a communicator that is no COMM_NULL.
  [[gnu::always_inline]] comm_record& open() const {
    running();  // the first use of all fills in the predefined records
    if (!record_ || record_->raw == MPI_COMM_NULL) [[unlikely]]
      raise(MPI_ERR_COMM,
            "this communicator is COMM_NULL: it has been freed, or this rank is no member");
    return *record_;
  }
  /// The same where open() has been called already.
  comm_record& opened() const noexcept { return *record_; }
  comm_record* record() const noexcept { return record_; }

 private:
  friend class MPI::Message;
  friend comm_record& record_of(const comm_handle& comm) { return comm.open(); }

  MPI_Comm raw_or_null() const noexcept {
    if (!record_) return MPI_COMM_NULL;
    if (record_->predefined || record_ == &world_record || record_ == &self_record)
      return record_ == &world_record ? MPI_COMM_WORLD : MPI_COMM_SELF;
    return record_->raw;
  }
  comm_record* record_ = nullptr;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
