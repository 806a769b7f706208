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

class Request;
template <class T>
class ObjectRequest;

namespace detail {

/// What the calls on several requests take: any contiguous range of Requests or Prequests.
class request_span {
  template <class Range>
  using element = std::remove_reference_t<decltype(*std::data(std::declval<Range&>()))>;

 public:
  template <class Range>
  requires std::derived_from<element<Range>, Request> request_span(Range&& requests)
      : data_(std::data(requests)), size_(std::size(requests)), at_(at<element<Range>>) {}

  Request& operator[](std::size_t i) const { return at_(data_, i); }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  struct iterator {
    const request_span* span;
    std::size_t i;
    Request& operator*() const { return (*span)[i]; }
    iterator& operator++() { return ++i, *this; }
    bool operator==(const iterator& other) const noexcept { return i == other.i; }
  };
  iterator begin() const noexcept { return {this, 0}; }
  iterator end() const noexcept { return {this, size_}; }

 private:
  template <class R>
  static Request& at(void* data, std::size_t i) {
    return static_cast<R*>(data)[i];
  }
  void* data_;
  std::size_t size_;
  Request& (*at_)(void*, std::size_t);
};

/// Of a partitioned send: how many partitions it has, and how many were said to be ready.
struct partition_count {
  explicit partition_count(int all) : partitions(all) {}
  const int partitions;
  std::atomic<int> ready = 0;  // threads may say so
};
/// A send that is dropped earlier can never be complete: nobody is left to say what is ready.
[[gnu::cold]] inline void require_all_ready(process_state& state, const void* count) {
  const auto& found = *static_cast<const partition_count*>(count);
  const int ready = found.ready.load();
  if (ready >= found.partitions) return;
  abort_job(state,
            formatted("a partitioned send was dropped when {} of its {} partitions were ready, so "
                      "that its receiver would wait for ever: call Pready for each, and wait",
                      {ready, found.partitions}),
            1);
}
/// What the Request of a generalized request has to call when MPI has returned: MPICH asserts where
/// a callback that it calls calls MPI.
struct generalized_calls {
  generalized_calls() = default;
  generalized_calls(const generalized_calls&) = delete;
  generalized_calls& operator=(const generalized_calls&) = delete;
  virtual ~generalized_calls() = default;
  virtual void cancel() = 0;   // after MPI_Cancel
  virtual void end() = 0;      // it has been waited for
  virtual void abandon() = 0;  // after MPI_Request_free: nobody will wait for it
};

}  // namespace detail

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
    made.open_ = detail::tracked(what_is_open);
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
  void Wait(detail::status_argument status = nullptr, place where = place::here()) {
    MPI_Status* const raw_status = status.native();
    if (!*this) return set_empty(raw_status);
    auto& state = detail::running();
    const detail::user_call inside(state, "Wait", where, open_.peer(), open_.tag());
    if (operation_ || is_generalized_ || state.checks_calls) {
      detail::wait_until(state, [&] {
        detail::throw_mismatch(state);
        return step(raw_status);
      });
    } else {
      is_active_ = false;  // also where it fails
      detail::wait(state, raw_, raw_status, "MPI_Wait");
    }
    ended();
  }
  /// Whether the call is complete; the request is REQUEST_NULL then. Source: MPI_Test.
  bool Test(detail::status_argument status = nullptr) {
    MPI_Status* const raw_status = status.native();
    if (!*this) return set_empty(raw_status), true;
    advance_all();
    return step(raw_status);
  }
  void wait(detail::status_argument status = nullptr, place where = place::here()) {
    Wait(status, where);
  }
  bool test(detail::status_argument status = nullptr) { return Test(status); }

  /// Asks MPI to cancel the call; wait for it afterwards and ask Status::Is_cancelled.
  /// Source: MPI_Cancel.
  void Cancel() {
    if (operation_)
      operation_->cancel();
    else if (raw_ != MPI_REQUEST_NULL)
      detail::check(MPI_Cancel(&raw_), "MPI_Cancel");
    if (is_generalized_) generalized().cancel();
  }
  void cancel() { Cancel(); }
  /// Whether the call is complete, leaving the request as it is. Source: MPI_Request_get_status.
  bool Get_status(detail::status_argument status = nullptr) {
    if (!*this) return set_empty(status.native()), true;
    advance_all();
    if (operation_) return operation_->test(status.native());
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
    const auto kept = std::exchange(kept_, nullptr);
    if (std::exchange(is_generalized_, false))
      static_cast<detail::generalized_calls*>(kept.get())->abandon();
    open_ = {};
  }

  // Statuses are a std::vector<Status>, which is filled, or its address.

  /// Waits for all. The first that failed throws, after all have ended; the statuses say which
  /// have failed. Source: MPI_Waitall.
  static void Waitall(detail::request_span requests, detail::statuses_argument statuses = nullptr,
                      place where = place::here());
  /// Whether all are complete; if not, all are left as they are. Source: MPI_Testall.
  static bool Testall(detail::request_span requests, detail::statuses_argument statuses = nullptr);
  /// Waits for any; returns its index, UNDEFINED where all are REQUEST_NULL. Source: MPI_Waitany.
  static int Waitany(detail::request_span requests, detail::status_argument status = nullptr,
                     place where = place::here()) {
    return any_of(requests, status.native(), "Waitany", where).first;
  }
  /// The index of one that is complete and whether there is one; {UNDEFINED, true} where all are
  /// REQUEST_NULL. Source: MPI_Testany.
  static std::pair<int, bool> Testany(detail::request_span requests,
                                      detail::status_argument status = nullptr) {
    return any_of(requests, status.native());
  }
  /// Waits for at least one; returns the indices of those complete, nullopt where all are
  /// REQUEST_NULL. One that has failed throws; where others are told of, at the next call. Source:
  /// MPI_Waitsome.
  static std::optional<std::vector<int>> Waitsome(detail::request_span requests,
                                                  detail::statuses_argument statuses = nullptr,
                                                  place where = place::here()) {
    return some_of(requests, statuses, "Waitsome", where);
  }
  /// As Waitsome, without waiting. Source: MPI_Testsome.
  static std::optional<std::vector<int>> Testsome(detail::request_span requests,
                                                  detail::statuses_argument statuses = nullptr) {
    return some_of(requests, statuses);
  }

  /// As Testany, Testall and Testsome, leaving the requests as they are: complete ones are waited
  /// for later. Source: MPI_Request_get_status of each (MPI 4.1: MPI_Request_get_status_any, ...).
  static std::pair<int, bool> Get_status_any(detail::request_span requests,
                                             detail::status_argument status = nullptr) {
    return status_of_any(requests, status);
  }
  static bool Get_status_all(detail::request_span requests,
                             detail::statuses_argument statuses = nullptr) {
    return status_of_all(requests, statuses);
  }
  static std::optional<std::vector<int>> Get_status_some(
      detail::request_span requests, detail::statuses_argument statuses = nullptr) {
    return status_of_some(requests, statuses);
  }
  /// The same on a range of Requests, Prequests or ObjectRequests.
  template <class Requests>
  static std::pair<int, bool> get_status_any(Requests&& requests,
                                             detail::status_argument status = nullptr) {
    return status_of_any(requests, status);
  }
  template <class Requests>
  static bool get_status_all(Requests&& requests, detail::statuses_argument statuses = nullptr) {
    return status_of_all(requests, statuses);
  }
  template <class Requests>
  static std::optional<std::vector<int>> get_status_some(
      Requests&& requests, detail::statuses_argument statuses = nullptr) {
    return status_of_some(requests, statuses);
  }

  /// As the uppercase ones, on requests of lowercase calls. Those on ObjectRequest<T> give the
  /// objects: waitall a vector of them, waitany the index and the object, and so on.
  static void waitall(detail::request_span requests, place where = place::here()) {
    Waitall(requests, nullptr, where);
  }
  static bool testall(detail::request_span requests) { return Testall(requests); }
  static int waitany(detail::request_span requests, place where = place::here()) {
    return Waitany(requests, nullptr, where);
  }
  static std::pair<int, bool> testany(detail::request_span requests) { return Testany(requests); }
  static std::optional<std::vector<int>> waitsome(detail::request_span requests,
                                                  place where = place::here()) {
    return Waitsome(requests, nullptr, where);
  }
  static std::optional<std::vector<int>> testsome(detail::request_span requests) {
    return Testsome(requests);
  }
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, detail::request_span>) static auto waitall(
      ObjectRequests&& requests, place where = place::here());
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, detail::request_span>) static auto testall(
      ObjectRequests&& requests);
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, detail::request_span>) static auto waitany(
      ObjectRequests&& requests, place where = place::here());
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, detail::request_span>) static auto testany(
      ObjectRequests&& requests);
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, detail::request_span>) static auto waitsome(
      ObjectRequests&& requests, place where = place::here());
  template <class ObjectRequests>
  requires(!std::convertible_to<ObjectRequests, detail::request_span>) static auto testsome(
      ObjectRequests&& requests);

  /// The raw handle; REQUEST_NULL for object calls, which are several messages.
  MPI_Request native() const noexcept { return raw_; }

  // For the library: requests of object calls, and memory that must last as long as the call.
  static Request of(std::unique_ptr<detail::object_operation> operation) {
    Request made;
    made.operation_ = std::move(operation);
    made.open_ = detail::tracked(what_is_open);
    return made;
  }
  Request&& keeping(std::shared_ptr<void> memory) && {
    kept_ = std::move(memory);
    return std::move(*this);
  }

 private:
  template <class T>
  friend class ObjectRequest;
  friend class Prequest;
  friend class Grequest;

  void swap(Request& other) noexcept {
    std::swap(raw_, other.raw_);
    std::swap(is_receive_, other.is_receive_);
    std::swap(is_active_, other.is_active_);
    std::swap(sends_partitions_, other.sends_partitions_);
    std::swap(is_generalized_, other.is_generalized_);
    operation_.swap(other.operation_);
    kept_.swap(other.kept_);
    std::swap(open_, other.open_);
  }

  /// What every test does first.
  static void advance_all() {
    auto& state = detail::running();
    detail::advance(state);
    detail::throw_mismatch(state);
  }
  static void set_empty(MPI_Status* status) {
    if (status != MPI_STATUS_IGNORE) *status = *Status().native();
  }

  bool test_operation(MPI_Status* status) {
    try {
      if (!operation_->test(status)) return false;
    } catch (...) {
      end_operation();
      throw;
    }
    end_operation();
    return true;
  }

  void end_operation() noexcept {
    operation_.reset();
    open_ = {};
  }

  /// One look, without driving others.
  bool step(MPI_Status* status) { return operation_ ? test_operation(status) : look(status); }
  /// The same, keeping the operation of an object call.
  bool look(MPI_Status* status) {
    if (operation_) return operation_->test(status);
    int done = 0;
    const int error = MPI_Test(&raw_, &done, status);
    if (is_generalized_ && raw_ == MPI_REQUEST_NULL) return end_generalized(error), true;
    if (done || error != MPI_SUCCESS) ended();
    if (error != MPI_SUCCESS) [[unlikely]]
      detail::throw_mismatch_on_its_way(detail::running());
    detail::check(error, "MPI_Test");
    return done != 0;
  }
  /// A persistent request is there still, and may be started again.
  void ended() noexcept {
    is_active_ = false;
    if (raw_ != MPI_REQUEST_NULL) return;
    kept_.reset();
    open_ = {};
  }
  detail::generalized_calls& generalized() const {
    return *static_cast<detail::generalized_calls*>(kept_.get());
  }
  /// It is complete: `error` is what its query_fn has done.
  [[gnu::cold]] void end_generalized(int error) {
    const auto kept = std::exchange(kept_, nullptr);
    auto& calls = *static_cast<detail::generalized_calls*>(kept.get());
    is_active_ = is_generalized_ = false;
    try {
      detail::check(error, "MPI_Test");
    } catch (...) {
      try {
        calls.end();
      } catch (...) {
        // the first one is thrown
      }
      throw;
    }
    calls.end();
  }
  template <class Requests>
  static std::pair<int, bool> status_of_any(Requests& requests, detail::status_argument status);
  template <class Requests>
  static bool status_of_all(Requests& requests, std::vector<Status>* statuses);
  template <class Requests>
  static std::optional<std::vector<int>> status_of_some(Requests& requests,
                                                        std::vector<Status>* statuses);
  static bool is_active(const Request& request) noexcept { return request.is_active(); }
  template <class T>
  static bool is_active(const ObjectRequest<T>& request) noexcept {
    return static_cast<bool>(request);
  }
  bool is_active() const noexcept { return operation_ || (raw_ != MPI_REQUEST_NULL && is_active_); }

  static const Request* first_active(detail::request_span requests) noexcept {
    for (const Request& each : requests)
      if (each.is_active()) return &each;
    return nullptr;
  }
  // `waiting`: the name of the call that waits, else null
  static std::pair<int, bool> any_of(detail::request_span requests, MPI_Status* status,
                                     const char* waiting = nullptr, place where = place::here());
  static std::optional<std::vector<int>> some_of(detail::request_span requests,
                                                 std::vector<Status>* statuses,
                                                 const char* waiting = nullptr,
                                                 place where = place::here());

  void drop() noexcept {
    if (!*this || !detail::alive()) {
      // after finalize nothing is left to wait for, and the memory may still be MPI's
      operation_.release();
      return;
    }
    auto& state = *detail::alive();
    if (is_active()) open_.lose("a request, dropped before it was complete,");
    try {
      if (operation_ && !operation_->uses_callers_memory()) {
        auto* const operation = operation_.get();
        return operation->abandon(std::move(operation_));
      }
      if (is_generalized_) return Free();  // it uses no memory of the caller's
      if (is_active() && !operation_ && !is_receive_ && state.mismatches_told != 0) [[unlikely]] {
        // where ranks have called differently it may never end; what it reads stays
        new std::shared_ptr<void>(std::move(kept_));
      } else if (is_active()) {
        if (raw_ != MPI_REQUEST_NULL && is_receive_) MPI_Cancel(&raw_);
        if (operation_) operation_->cancel();
        if (sends_partitions_) detail::require_all_ready(state, kept_.get());
        detail::wait_in_destructor(state, [&] { return step(MPI_STATUS_IGNORE); });
      }
      // a persistent one
      if (raw_ != MPI_REQUEST_NULL) MPI_Request_free(&raw_);
    } catch (...) {
      // whatever went wrong with it, nobody is left to be told
    }
    operation_.reset();
  }

  MPI_Request raw_ = MPI_REQUEST_NULL;
  bool is_receive_ = false;
  bool sends_partitions_ = false;  // `kept_` counts them
  bool is_generalized_ = false;    // kept_ is its generalized_calls
  bool is_active_ = true;          // of a persistent request: started, and not yet complete
  std::unique_ptr<detail::object_operation> operation_;
  std::shared_ptr<void> kept_;
  static constexpr const char* what_is_open = "a request, not waited for,";
  detail::tracked open_;
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
  T wait(detail::status_argument status = nullptr, place where = place::here()) {
    if (!request_) return request_.Wait(status), T{};
    auto& state = detail::running();
    const detail::user_call inside(state, "wait", where, request_.open_.peer(),
                                   request_.open_.tag());
    detail::wait_until(state, [&] {
      detail::throw_mismatch(state);
      return ended(status);
    });
    return take();
  }
  /// The object if it is here, else nothing.
  std::optional<T> test(detail::status_argument status = nullptr) {
    if (!request_) return request_.Test(status), T{};
    Request::advance_all();
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
      request_.end_operation();
      throw;
    }
  }
  T take() {
    T value = std::move(holder_->value());
    request_.end_operation();
    holder_ = nullptr;
    return value;
  }

  detail::object_holder<T>* holder_ = nullptr;
  Request request_;
};

// ---- several at once

inline void Request::Waitall(detail::request_span requests, detail::statuses_argument wanted,
                             place where) {
  std::vector<Status>* const statuses = wanted;
  if (statuses) statuses->assign(requests.size(), Status());
  std::exception_ptr first;
  const auto& told = detail::running().mismatches_told;
  const unsigned before = told.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    try {
      requests[i].Wait(statuses ? &(*statuses)[i] : nullptr, where);
    } catch (const Exception& error) {
      // where ranks have called differently the others may wait for ever
      if (told.load(std::memory_order_relaxed) != before) throw;
      if (statuses) (*statuses)[i].Set_error(error.Get_error_class());
      if (!first) first = std::current_exception();
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

inline bool Request::Testall(detail::request_span requests, detail::statuses_argument statuses) {
  if (!requests.empty()) advance_all();
  for (Request& each : requests)
    if (each.operation_ ? !each.operation_->test(MPI_STATUS_IGNORE) : !each.Get_status())
      return false;
  Waitall(requests, statuses);
  return true;
}

inline std::pair<int, bool> Request::any_of(detail::request_span requests, MPI_Status* status,
                                            const char* waiting, place where) {
  std::pair<int, bool> found{MPI_UNDEFINED, true};
  const Request* const first = first_active(requests);
  if (!first) return set_empty(status), found;
  auto& state = detail::running();
  const auto look = [&] {
    detail::throw_mismatch(state);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (!requests[i].is_active() || !requests[i].step(status)) continue;
      found.first = static_cast<int>(i);
      return true;
    }
    return false;
  };
  const detail::user_call inside(state, waiting, where, first->open_.peer(), first->open_.tag());
  if (waiting) {
    detail::wait_until(state, look);
  } else {
    detail::advance(state);
    found.second = look();
  }
  return found;
}

inline std::optional<std::vector<int>> Request::some_of(detail::request_span requests,
                                                        std::vector<Status>* statuses,
                                                        const char* waiting, place where) {
  const Request* const first = first_active(requests);
  if (statuses) statuses->clear();
  if (!first) return std::nullopt;
  std::vector<int> indices;
  auto& state = detail::running();
  const auto look = [&] {
    detail::throw_mismatch(state);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      Status status;
      try {
        if (!requests[i].is_active() || !requests[i].look(status.native())) continue;
      } catch (...) {
        // those found before it are not lost; the next call tells of this one
        if (indices.empty()) {
          requests[i].end_operation();
          throw;
        }
        if (!requests[i].operation_)
          requests[i].operation_ = std::make_unique<detail::failed_operation>();
        return true;
      }
      requests[i].end_operation();
      indices.push_back(static_cast<int>(i));
      if (statuses) statuses->push_back(status);
    }
    return !indices.empty();
  };
  const detail::user_call inside(state, waiting, where, first->open_.peer(), first->open_.tag());
  if (waiting) {
    detail::wait_until(state, look);
  } else {
    detail::advance(state);
    look();
  }
  return indices;
}

template <class Requests>
std::pair<int, bool> Request::status_of_any(Requests& requests, detail::status_argument status) {
  detail::advance(detail::running());
  std::pair<int, bool> found{MPI_UNDEFINED, true};
  int index = 0;
  for (auto& each : requests) {
    if (is_active(each)) {
      if (each.Get_status(status)) return {index, true};
      found.second = false;
    }
    ++index;
  }
  if (found.second) set_empty(status.native());
  return found;
}
template <class Requests>
bool Request::status_of_all(Requests& requests, std::vector<Status>* statuses) {
  detail::advance(detail::running());
  std::vector<Status> found;
  for (auto& each : requests) {
    Status& status = found.emplace_back();
    if (is_active(each) && !each.Get_status(status)) return false;
  }
  if (statuses) *statuses = std::move(found);
  return true;
}
template <class Requests>
std::optional<std::vector<int>> Request::status_of_some(Requests& requests,
                                                        std::vector<Status>* statuses) {
  detail::advance(detail::running());
  std::optional<std::vector<int>> found;
  if (statuses) statuses->clear();
  int index = 0;
  for (auto& each : requests) {
    if (is_active(each)) {
      if (!found) found.emplace();
      if (Status status; each.Get_status(status)) {
        found->push_back(index);
        if (statuses) statuses->push_back(status);
      }
    }
    ++index;
  }
  return found;
}

template <class ObjectRequests>
requires(!std::convertible_to<ObjectRequests, detail::request_span>) auto Request::waitall(
    ObjectRequests&& requests, place where) {
  using result = decltype(std::begin(requests)->wait());
  if constexpr (std::is_void_v<result>) {
    Waitall(requests, nullptr, where);
  } else {
    std::vector<result> values;
    std::exception_ptr first;
    const auto& told = detail::running().mismatches_told;
    const unsigned before = told.load(std::memory_order_relaxed);
    for (auto& each : requests) {
      try {
        values.push_back(each.wait(nullptr, where));
      } catch (...) {
        // where ranks have called differently the others may wait for ever
        if (told.load(std::memory_order_relaxed) != before) throw;
        if (!first) first = std::current_exception();
      }
    }
    if (first) std::rethrow_exception(first);
    return values;
  }
}

template <class ObjectRequests>
requires(!std::convertible_to<ObjectRequests, detail::request_span>) auto Request::testall(
    ObjectRequests&& requests) {
  using result = decltype(std::begin(requests)->wait());
  detail::advance(detail::running());
  bool all = true;
  for (auto& each : requests) all = all && (!each || each.get_status());
  return all ? std::optional<std::vector<result>>(waitall(requests)) : std::nullopt;
}

template <class ObjectRequests>
requires(!std::convertible_to<ObjectRequests, detail::request_span>) auto Request::waitany(
    ObjectRequests&& requests, place where) {
  using result = decltype(std::begin(requests)->wait());
  std::pair<int, std::optional<result>> found{MPI_UNDEFINED, std::nullopt};
  bool active = false;
  for (auto& each : requests) active = active || each;
  if (!active) return found;
  const detail::user_call inside(detail::running(), "waitany", where);
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
requires(!std::convertible_to<ObjectRequests, detail::request_span>) auto Request::testany(
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
requires(!std::convertible_to<ObjectRequests, detail::request_span>) auto Request::testsome(
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
requires(!std::convertible_to<ObjectRequests, detail::request_span>) auto Request::waitsome(
    ObjectRequests&& requests, place where) {
  auto found = testsome(requests);
  if (!found || !found->first.empty()) return found;
  const detail::user_call inside(detail::running(), "waitsome", where);
  detail::wait_until(detail::running(), [&] {
    found = testsome(requests);
    return !found || !found->first.empty();
  });
  return found;
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
