// SPDX-License-Identifier: MIT
// MPI::Request and MPI::ObjectRequest<T>: calls that are under way, and waiting for them.
#pragma once

#include <mpi4cxx/handle/status.hpp>
#include <mpi4cxx/object/requests.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// A nonblocking call under way. Move-only: exactly one owner waits for it.
///
/// A request that is dropped unfinished is safe: a buffer call is waited for (a receive is
/// cancelled first), since it uses memory of the caller; an object send goes on by itself; an
/// object receive is cancelled, or received and thrown away. While an exception unwinds the stack
/// such a wait lasts a few seconds at most, then the job is ended with a sentence.
class [[nodiscard]] Request {
 public:
  /// REQUEST_NULL: complete, and of no call.
  Request() noexcept = default;
  /// Takes over a raw request. `is_receive`: it may be cancelled when dropped.
  static Request adopt(MPI_Request raw, bool is_receive = false) {
    Request made;
    made.raw_ = raw;
    made.is_receive_ = is_receive;
    return made;
  }
  Request(Request&& other) noexcept { swap(other); }
  Request& operator=(Request&& other) noexcept {
    Request(std::move(other)).swap(*this);
    return *this;
  }
  ~Request() { drop(); }

  /// Whether it is still under way; REQUEST_NULL is not.
  explicit operator bool() const noexcept { return raw_ != MPI_REQUEST_NULL || operation_; }
  /// Equal are REQUEST_NULL among each other, and a request and itself.
  bool operator==(const Request& other) const noexcept {
    return raw_ == other.raw_ && operation_ == other.operation_;
  }

  /// Waits until the call is complete; the request is REQUEST_NULL then. Throws what went wrong.
  /// Source: MPI_Wait, or MPI_Test under the waiting policy.
  void Wait(detail::status_argument status = nullptr) {
    MPI_Status* const raw_status = status.native();
    if (!*this) return set_empty(raw_status);
    auto& state = detail::running();
    if (operation_)
      detail::wait_until(state, [&] { return test_operation(raw_status); });
    else
      detail::wait(state, raw_, raw_status, "MPI_Wait");
    kept_.reset();
  }
  /// Whether the call is complete; the request is REQUEST_NULL then. Source: MPI_Test.
  bool Test(detail::status_argument status = nullptr) {
    MPI_Status* const raw_status = status.native();
    if (!*this) return set_empty(raw_status), true;
    detail::advance(detail::running());
    return step(raw_status);
  }
  void wait(detail::status_argument status = nullptr) { Wait(status); }
  bool test(detail::status_argument status = nullptr) { return Test(status); }

  /// Asks MPI to cancel the call; wait for it afterwards and ask Status::Is_cancelled.
  /// Source: MPI_Cancel.
  void Cancel() {
    if (operation_)
      operation_->cancel();
    else if (raw_ != MPI_REQUEST_NULL)
      detail::check(MPI_Cancel(&raw_), "MPI_Cancel");
  }
  void cancel() { Cancel(); }
  /// Whether the call is complete, leaving the request as it is. Source: MPI_Request_get_status.
  bool Get_status(detail::status_argument status = nullptr) {
    if (!*this) return set_empty(status.native()), true;
    if (operation_) return detail::advance(detail::running()), operation_->test(status.native());
    int flag = 0;
    detail::check(MPI_Request_get_status(raw_, &flag, status.native()), "MPI_Request_get_status");
    return flag != 0;
  }
  bool get_status(detail::status_argument status = nullptr) { return Get_status(status); }
  /// Lets the call finish by itself; its memory must last until then. Source: MPI_Request_free.
  void Free() {
    if (operation_) {
      auto* const operation = operation_.get();
      operation->abandon(std::move(operation_));
    }
    if (raw_ != MPI_REQUEST_NULL) detail::check(MPI_Request_free(&raw_), "MPI_Request_free");
    kept_.reset();
  }

  /// Waits for all. The first that failed throws, after all have ended. Source: MPI_Waitall.
  static void Waitall(std::span<Request> requests, std::vector<Status>* statuses = nullptr);
  /// Whether all are complete; if not, all are left as they are. Source: MPI_Testall.
  static bool Testall(std::span<Request> requests, std::vector<Status>* statuses = nullptr);
  /// Waits for any; returns its index, UNDEFINED where all are REQUEST_NULL. Source: MPI_Waitany.
  static int Waitany(std::span<Request> requests, detail::status_argument status = nullptr) {
    return any_of(requests, status.native(), true).first;
  }
  /// The index of one that is complete and whether there is one; {UNDEFINED, true} where all are
  /// REQUEST_NULL. Source: MPI_Testany.
  static std::pair<int, bool> Testany(std::span<Request> requests,
                                      detail::status_argument status = nullptr) {
    return any_of(requests, status.native(), false);
  }
  /// Waits for at least one; returns the indices of those complete, nullopt where all are
  /// REQUEST_NULL. Source: MPI_Waitsome.
  static std::optional<std::vector<int>> Waitsome(std::span<Request> requests,
                                                  std::vector<Status>* statuses = nullptr) {
    return some_of(requests, statuses, true);
  }
  /// As Waitsome, without waiting. Source: MPI_Testsome.
  static std::optional<std::vector<int>> Testsome(std::span<Request> requests,
                                                  std::vector<Status>* statuses = nullptr) {
    return some_of(requests, statuses, false);
  }

  /// As the uppercase ones, on requests of lowercase calls. Those on ObjectRequest<T> give the
  /// objects: waitall a vector of them, waitany the index and the object, and so on.
  static void waitall(std::span<Request> requests) { Waitall(requests); }
  static bool testall(std::span<Request> requests) { return Testall(requests); }
  static int waitany(std::span<Request> requests) { return Waitany(requests); }
  static std::pair<int, bool> testany(std::span<Request> requests) { return Testany(requests); }
  static std::optional<std::vector<int>> waitsome(std::span<Request> requests) {
    return Waitsome(requests);
  }
  static std::optional<std::vector<int>> testsome(std::span<Request> requests) {
    return Testsome(requests);
  }
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, std::span<Request>>) static auto waitall(
      ObjectRequests&& requests);
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, std::span<Request>>) static auto testall(
      ObjectRequests&& requests);
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, std::span<Request>>) static auto waitany(
      ObjectRequests&& requests);
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, std::span<Request>>) static auto testany(
      ObjectRequests&& requests);
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, std::span<Request>>) static auto waitsome(
      ObjectRequests&& requests);
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, std::span<Request>>) static auto testsome(
      ObjectRequests&& requests);

  /// The raw handle; REQUEST_NULL for object calls, which are several messages.
  MPI_Request native() const noexcept { return raw_; }

  // For the library: requests of object calls, and memory that must last as long as the call.
  static Request of(std::unique_ptr<detail::object_operation> operation) {
    Request made;
    made.operation_ = std::move(operation);
    return made;
  }
  Request&& keeping(std::shared_ptr<void> memory) && {
    kept_ = std::move(memory);
    return std::move(*this);
  }

 private:
  template <class T>
  friend class ObjectRequest;

  void swap(Request& other) noexcept {
    std::swap(raw_, other.raw_);
    std::swap(is_receive_, other.is_receive_);
    operation_.swap(other.operation_);
    kept_.swap(other.kept_);
  }

  static void set_empty(MPI_Status* status) {
    if (status != MPI_STATUS_IGNORE) *status = *Status().native();
  }

  bool test_operation(MPI_Status* status) {
    try {
      if (!operation_->test(status)) return false;
    } catch (...) {
      operation_.reset();
      throw;
    }
    operation_.reset();
    return true;
  }

  /// One look, without driving others.
  bool step(MPI_Status* status) { return operation_ ? test_operation(status) : look(status); }
  /// The same, keeping the operation of an object call.
  bool look(MPI_Status* status) {
    if (operation_) return operation_->test(status);
    int done = 0;
    detail::check(MPI_Test(&raw_, &done, status), "MPI_Test");
    if (done) kept_.reset();
    return done != 0;
  }

  static std::pair<int, bool> any_of(std::span<Request> requests, MPI_Status* status, bool wait);
  static std::optional<std::vector<int>> some_of(std::span<Request> requests,
                                                 std::vector<Status>* statuses, bool wait);

  void drop() noexcept {
    if (!*this || !detail::alive()) {
      // after finalize nothing is left to wait for, and the memory may still be MPI's
      operation_.release();
      return;
    }
    auto& state = *detail::alive();
    try {
      if (operation_ && !operation_->uses_callers_memory()) {
        auto* const operation = operation_.get();
        return operation->abandon(std::move(operation_));
      }
      if (raw_ != MPI_REQUEST_NULL && is_receive_) MPI_Cancel(&raw_);
      if (operation_) operation_->cancel();
      detail::wait_in_destructor(state, [&] { return step(MPI_STATUS_IGNORE); });
    } catch (...) {
      // whatever went wrong with it, nobody is left to be told
    }
    operation_.reset();
  }

  MPI_Request raw_ = MPI_REQUEST_NULL;
  bool is_receive_ = false;
  std::unique_ptr<detail::object_operation> operation_;
  std::shared_ptr<void> kept_;
};

namespace detail {
inline const permanent<Request> storage_of_request_null{};
}
inline const Request& REQUEST_NULL = detail::storage_of_request_null.value;

/// An object that is to come: what irecv<T> and the nonblocking collectives give. `wait()` gives
/// the object, `test()` gives it or nothing. It converts to a Request where only completion
/// matters.
template <class T>
class [[nodiscard]] ObjectRequest {
 public:
  ObjectRequest() noexcept = default;
  template <std::derived_from<detail::object_holder<T>> Operation>
  explicit ObjectRequest(std::unique_ptr<Operation> operation)
      : holder_(operation.get()), request_(Request::of(std::move(operation))) {}
  ObjectRequest(ObjectRequest&& other) noexcept
      : holder_(std::exchange(other.holder_, nullptr)), request_(std::move(other.request_)) {}
  ObjectRequest& operator=(ObjectRequest&& other) noexcept {
    request_ = std::move(other.request_);
    holder_ = std::exchange(other.holder_, nullptr);
    return *this;
  }

  explicit operator bool() const noexcept { return static_cast<bool>(request_); }
  bool operator==(const Request& other) const noexcept { return request_ == other; }

  /// Waits for the object and gives it; afterwards the request is REQUEST_NULL. Throws
  /// TypeMismatch, or Exception where the bytes are no object. Of REQUEST_NULL it gives T{}.
  T wait(detail::status_argument status = nullptr) {
    if (!request_) return request_.Wait(status), T{};
    auto& state = detail::running();
    detail::wait_until(state, [&] { return ended(status); });
    return take();
  }
  /// The object if it is here, else nothing.
  std::optional<T> test(detail::status_argument status = nullptr) {
    if (!request_) return request_.Test(status), T{};
    detail::advance(detail::running());
    return ended(status) ? std::optional<T>(take()) : std::nullopt;
  }
  /// Whether the object is here, leaving it for wait().
  bool get_status(detail::status_argument status = nullptr) { return request_.Get_status(status); }
  bool Get_status(detail::status_argument status = nullptr) { return request_.Get_status(status); }
  void cancel() { request_.Cancel(); }
  void Cancel() { request_.Cancel(); }

  operator Request() && {
    holder_ = nullptr;
    return std::move(request_);
  }

 private:
  bool ended(detail::status_argument status) {
    try {
      return request_.operation_->test(status.native());
    } catch (...) {
      request_.operation_.reset();
      throw;
    }
  }
  T take() {
    T value = std::move(holder_->value());
    request_.operation_.reset();
    holder_ = nullptr;
    return value;
  }

  detail::object_holder<T>* holder_ = nullptr;
  Request request_;
};

// ---- several at once

inline void Request::Waitall(std::span<Request> requests, std::vector<Status>* statuses) {
  if (statuses) statuses->assign(requests.size(), Status());
  std::exception_ptr first;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    try {
      requests[i].Wait(statuses ? &(*statuses)[i] : nullptr);
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

inline bool Request::Testall(std::span<Request> requests, std::vector<Status>* statuses) {
  if (!requests.empty()) detail::advance(detail::running());
  for (Request& each : requests)
    if (each.operation_ ? !each.operation_->test(MPI_STATUS_IGNORE) : !each.Get_status())
      return false;
  Waitall(requests, statuses);
  return true;
}

inline std::pair<int, bool> Request::any_of(std::span<Request> requests, MPI_Status* status,
                                            bool wait) {
  std::pair<int, bool> found{MPI_UNDEFINED, true};
  bool active = false;
  for (const Request& each : requests) active = active || each;
  if (!active) return set_empty(status), found;
  const auto look = [&] {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (!requests[i] || !requests[i].step(status)) continue;
      found.first = static_cast<int>(i);
      return true;
    }
    return false;
  };
  auto& state = detail::running();
  if (wait) {
    detail::wait_until(state, look);
  } else {
    detail::advance(state);
    found.second = look();
  }
  return found;
}

inline std::optional<std::vector<int>> Request::some_of(std::span<Request> requests,
                                                        std::vector<Status>* statuses, bool wait) {
  bool active = false;
  for (const Request& each : requests) active = active || each;
  if (statuses) statuses->clear();
  if (!active) return std::nullopt;
  std::vector<int> indices;
  const auto look = [&] {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      Status status;
      try {
        if (!requests[i] || !requests[i].look(status.native())) continue;
      } catch (...) {
        // those found before it are not lost; the next call tells of this one
        if (!indices.empty()) return true;
        requests[i].operation_.reset();
        throw;
      }
      requests[i].operation_.reset();
      indices.push_back(static_cast<int>(i));
      if (statuses) statuses->push_back(status);
    }
    return !indices.empty();
  };
  auto& state = detail::running();
  if (wait) {
    detail::wait_until(state, look);
  } else {
    detail::advance(state);
    look();
  }
  return indices;
}

template <class ObjectRequests>
requires(!std::convertible_to<ObjectRequests, std::span<Request>>) auto Request::waitall(
    ObjectRequests&& requests) {
  using result = decltype(std::begin(requests)->wait());
  if constexpr (std::is_void_v<result>) {
    Waitall(requests);
  } else {
    std::vector<result> values;
    std::exception_ptr first;
    for (auto& each : requests) {
      try {
        values.push_back(each.wait());
      } catch (...) {
        if (!first) first = std::current_exception();
      }
    }
    if (first) std::rethrow_exception(first);
    return values;
  }
}

template <class ObjectRequests>
requires(!std::convertible_to<ObjectRequests, std::span<Request>>) auto Request::testall(
    ObjectRequests&& requests) {
  using result = decltype(std::begin(requests)->wait());
  detail::advance(detail::running());
  bool all = true;
  for (auto& each : requests) all = all && (!each || each.get_status());
  return all ? std::optional<std::vector<result>>(waitall(requests)) : std::nullopt;
}

template <class ObjectRequests>
requires(!std::convertible_to<ObjectRequests, std::span<Request>>) auto Request::waitany(
    ObjectRequests&& requests) {
  using result = decltype(std::begin(requests)->wait());
  std::pair<int, std::optional<result>> found{MPI_UNDEFINED, std::nullopt};
  bool active = false;
  for (auto& each : requests) active = active || each;
  if (!active) return found;
  detail::wait_until(detail::running(), [&] {
    int index = 0;
    for (auto& each : requests) {
      if (each && (found.second = each.test())) {
        found.first = index;
        return true;
      }
      ++index;
    }
    return false;
  });
  return found;
}

template <class ObjectRequests>
requires(!std::convertible_to<ObjectRequests, std::span<Request>>) auto Request::testany(
    ObjectRequests&& requests) {
  using result = decltype(std::begin(requests)->wait());
  std::tuple<int, bool, std::optional<result>> found{MPI_UNDEFINED, true, std::nullopt};
  int index = 0;
  for (auto& each : requests) {
    if (each) {
      std::get<1>(found) = false;
      if (auto value = each.test()) return std::tuple(index, true, std::move(value));
    }
    ++index;
  }
  return found;
}

template <class ObjectRequests>
requires(!std::convertible_to<ObjectRequests, std::span<Request>>) auto Request::testsome(
    ObjectRequests&& requests) {
  using result = decltype(std::begin(requests)->wait());
  std::optional<std::pair<std::vector<int>, std::vector<result>>> found;
  int index = 0;
  for (auto& each : requests) {
    if (each) {
      if (!found) found.emplace();
      try {
        if (each.get_status()) {
          found->first.push_back(index);
          found->second.push_back(each.wait());
        }
      } catch (...) {
        // those found before it are not lost; the next call tells of this one
        if (!found->first.empty()) return found;
        return each.wait(), found;
      }
    }
    ++index;
  }
  return found;
}

template <class ObjectRequests>
requires(!std::convertible_to<ObjectRequests, std::span<Request>>) auto Request::waitsome(
    ObjectRequests&& requests) {
  auto found = testsome(requests);
  if (found && found->first.empty())
    detail::wait_until(detail::running(), [&] {
      found = testsome(requests);
      return !found || !found->first.empty();
    });
  return found;
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
