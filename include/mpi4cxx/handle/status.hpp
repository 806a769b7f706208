// SPDX-License-Identifier: MIT
// MPI::Status, and the datatype handle it counts in.
#pragma once

#include <mpi4cxx/handle/datatype.hpp>
#include <mpi4cxx/runtime/error.hpp>

#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// What is known of a message that was received: source, tag, size, error.
///
/// A new status says ANY_SOURCE, ANY_TAG, SUCCESS and a count of 0. After an object receive it
/// counts the bytes of the object.
class Status {
 public:
  Status() {
    raw_.MPI_SOURCE = MPI_ANY_SOURCE;
    raw_.MPI_TAG = MPI_ANY_TAG;
    raw_.MPI_ERROR = MPI_SUCCESS;
    // a count of 0 and no cancellation are all zeros in both MPIs; no call, since a status may be
    // made before the first use
  }
  explicit Status(const MPI_Status& raw) : raw_(raw) {}

  /// Who sent the message, its tag, and the error class of its request (of Waitall and the like
  /// alone). No MPI call.
  int Get_source() const noexcept { return raw_.MPI_SOURCE; }
  int Get_tag() const noexcept { return raw_.MPI_TAG; }
  int Get_error() const noexcept { return raw_.MPI_ERROR; }
  int source() const noexcept { return raw_.MPI_SOURCE; }
  int tag() const noexcept { return raw_.MPI_TAG; }
  int error() const noexcept { return raw_.MPI_ERROR; }
  /// For generalized requests, which fill in their status themselves.
  void Set_source(int source) noexcept { raw_.MPI_SOURCE = source; }
  void Set_tag(int tag) noexcept { raw_.MPI_TAG = tag; }
  void Set_error(int error) noexcept { raw_.MPI_ERROR = error; }

  /// How many whole elements of `datatype` the message held; UNDEFINED where it held a fraction.
  /// Source: MPI_Get_elements_x over MPI_Type_size_x (so that counts beyond 2^31 are right).
  MPI_Count Get_count(const Datatype& datatype) const {
    detail::running();
    MPI_Count size = 0, bytes = 0;
    detail::check(MPI_Type_size_x(datatype.native(), &size), "MPI_Type_size_x");
    int count = 0;
    detail::check(MPI_Get_count(&raw_, datatype.native(), &count), "MPI_Get_count");
    if (count != MPI_UNDEFINED || size == 0) return count;
    detail::check(MPI_Get_elements_x(&raw_, MPI_BYTE, &bytes), "MPI_Get_elements_x");
    return bytes == MPI_UNDEFINED || bytes % size != 0 ? MPI_UNDEFINED : bytes / size;
  }
  /// In bytes.
  MPI_Count Get_count() const { return Get_count(BYTE); }
  MPI_Count count() const { return Get_count(); }
  /// How many basic elements. Source: MPI_Get_elements_x.
  MPI_Count Get_elements(const Datatype& datatype) const {
    detail::running();
    MPI_Count elements = 0;
    detail::check(MPI_Get_elements_x(&raw_, datatype.native(), &elements), "MPI_Get_elements_x");
    return elements;
  }
  /// For generalized requests: the message held `count` basic elements of `datatype`. Source:
  /// MPI_Status_set_elements_x.
  void Set_elements(const Datatype& datatype, MPI_Count count) {
    detail::running();
    detail::check(MPI_Status_set_elements_x(&raw_, datatype.native(), count),
                  "MPI_Status_set_elements_x");
  }
  /// Whether the call was cancelled, and no message came. Local. Source: MPI_Test_cancelled.
  bool Is_cancelled() const {
    int flag = 0;
    detail::running();
    detail::check(MPI_Test_cancelled(&raw_, &flag), "MPI_Test_cancelled");
    return flag != 0;
  }
  bool cancelled() const { return Is_cancelled(); }
  /// Makes it that of a cancelled call, or not. Source: MPI_Status_set_cancelled.
  void Set_cancelled(bool flag) {
    detail::running();
    detail::check(MPI_Status_set_cancelled(&raw_, flag), "MPI_Status_set_cancelled");
  }

  MPI_Status* native() noexcept { return &raw_; }
  const MPI_Status* native() const noexcept { return &raw_; }

 private:
  MPI_Status raw_{};
};

namespace detail {

/// The `.status` keyword: a Status, its address, or nothing. Without a default constructor, since
/// `{}` means the default keywords.
class status_argument {
 public:
  constexpr status_argument(std::nullptr_t) {}
  constexpr status_argument(Status* status) : status_(status) {}
  constexpr status_argument(Status& status) : status_(&status) {}
  MPI_Status* native() const noexcept { return status_ ? status_->native() : MPI_STATUS_IGNORE; }

 private:
  Status* status_ = nullptr;
};
/// The statuses of several requests: a vector that is filled, its address, or nothing.
class statuses_argument {
 public:
  constexpr statuses_argument(std::nullptr_t = nullptr) {}
  constexpr statuses_argument(std::vector<Status>* statuses) : statuses_(statuses) {}
  constexpr statuses_argument(std::vector<Status>& statuses) : statuses_(&statuses) {}
  constexpr operator std::vector<Status>*() const noexcept { return statuses_; }

 private:
  std::vector<Status>* statuses_ = nullptr;
};

}  // namespace detail
}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
