// SPDX-License-Identifier: MIT
// MPI::Grequest: requests of the user's own, which are complete when the user says so.
#pragma once

#include <mpi4cxx/handle/request.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

namespace detail {

struct grequest_arguments {
  std::function<void(Status&)> query_fn = nullptr;
  std::function<void()> free_fn = nullptr;
  std::function<void(bool)> cancel_fn = nullptr;
};

/// What MPI, the handle and the Request of a generalized request share.
struct grequest_record final : generalized_calls {
  explicit grequest_record(grequest_arguments&& pack) : functions(std::move(pack)) {}

  /// Completes it, once. True where this call was it.
  bool complete() {
    if (is_complete.exchange(true)) return false;
    check(MPI_Grequest_complete(raw), "MPI_Grequest_complete");
    if (is_abandoned) end();
    return true;
  }
  void cancel() override {
    if (functions.cancel_fn) functions.cancel_fn(is_complete);
  }
  void end() override {
    if (has_ended.exchange(true)) return;
    // they end here, even where one holds the handle
    const grequest_arguments ending = std::exchange(functions, {});
    if (ending.free_fn) ending.free_fn();
  }
  void abandon() override {
    is_abandoned = true;
    if (is_complete) end();
  }

  grequest_arguments functions;
  MPI_Request raw = MPI_REQUEST_NULL;  // its own copy: that of Request belongs to who waits
  std::atomic<bool> is_complete = false, is_abandoned = false, has_ended = false;
  bool is_dropped = false;  // the handle ended before it was complete
};

// What MPI calls. `state` is a std::shared_ptr<grequest_record> on the heap.

inline int query_grequest(void* state, MPI_Status* status) {
  const grequest_record& record = **static_cast<std::shared_ptr<grequest_record>*>(state);
  Status given;  // says ANY_SOURCE, ANY_TAG, and a count of 0
  const int code = within_mpi([&] {
    if (record.functions.query_fn) record.functions.query_fn(given);
    if (record.is_dropped) given.Set_cancelled(true);
  });
  const int error = status->MPI_ERROR;  // not what query_fn is asked for
  *status = *given.native();
  status->MPI_ERROR = error;
  return code;
}
inline int free_grequest(void* state) {
  delete static_cast<std::shared_ptr<grequest_record>*>(state);
  return MPI_SUCCESS;
}
inline int cancel_grequest(void*, int) {
  return MPI_SUCCESS;
}

}  // namespace detail

/// A generalized request: an operation of the user's own that is waited for as calls of MPI are,
/// alone or in a set with others. Whoever does the work, a thread mostly, calls Complete().
/// Move-only, as a Request. It may be moved into a Request, which then waits, while the Grequest
/// remains the handle by which it is completed.
///
///     auto work = MPI::Grequest::Start({.query_fn = [&](MPI::Status& s) { s.Set_tag(7); }});
///     std::jthread worker([&] { compute(); work.Complete(); });
///     work.Wait();
///
/// A handle that ends without Complete cancels: `cancel_fn(false)` is called and the request is
/// complete, its status cancelled, so that nobody waits for ever. A Request that is dropped lets
/// the work go on, as Free() does.
class [[nodiscard]] Grequest : public Request {
 public:
  /// REQUEST_NULL.
  Grequest() noexcept = default;
  Grequest(Grequest&&) noexcept = default;
  Grequest& operator=(Grequest&& other) noexcept {
    give_up();
    Request::operator=(std::move(other));
    record_ = std::move(other.record_);
    return *this;
  }
  ~Grequest() { give_up(); }

  /// Starts one. All callables may be left out.
  ///
  /// `query_fn(Status&)`, called by each call that finds it complete, fills in the status:
  /// Set_elements, Set_source, ... (else ANY_SOURCE, ANY_TAG and a count of 0). It runs inside MPI:
  /// other calls of MPI are not for it. `free_fn()` is called at the end of the call that has
  /// waited for it, or by Complete() where the request was freed before; then all three end.
  /// `cancel_fn(bool complete)` is called by Cancel(); it may stop the work and call Complete().
  /// What they throw is thrown by the call that called them. Local. Source: MPI_Grequest_start.
  static Grequest Start(detail::grequest_arguments pack = {}, place where = place::here()) {
    const detail::user_call inside(detail::running(), "Grequest.Start", where);
    Grequest made;
    made.record_ = std::make_shared<detail::grequest_record>(std::move(pack));
    auto state = std::make_unique<std::shared_ptr<detail::grequest_record>>(made.record_);
    detail::check(MPI_Grequest_start(detail::query_grequest, detail::free_grequest,
                                     detail::cancel_grequest, state.get(), &made.record_->raw),
                  "MPI_Grequest_start");
    state.release();
    made.raw_ = made.record_->raw;
    made.kept_ = std::shared_ptr<detail::generalized_calls>(made.record_);
    made.is_generalized_ = true;
    made.open_ = detail::tracked("a generalized request");
    return made;
  }
  template <class Query>
  requires std::constructible_from<std::function<void(Status&)>, Query>
  static Grequest Start(Query query_fn, std::function<void()> free_fn = nullptr,
                        std::function<void(bool)> cancel_fn = nullptr,
                        place where = place::here()) {
    return Start(
        detail::grequest_arguments{std::move(query_fn), std::move(free_fn), std::move(cancel_fn)},
        where);
  }

  /// The operation is done: whoever waits goes on. Any thread may call it, once, also while another
  /// one waits for this request (thread level MULTIPLE). Throws Exception (ERR_REQUEST) the second
  /// time. Source: MPI_Grequest_complete.
  void Complete() {
    detail::running();
    // of its own: whoever waits may end this handle as soon as it is complete
    const auto record = record_;
    if (!record)
      detail::raise(MPI_ERR_REQUEST,
                    "REQUEST_NULL cannot be completed: make it by Grequest::Start");
    if (!record->complete())
      detail::raise(MPI_ERR_REQUEST, "this generalized request has been completed already");
  }
  void complete() { Complete(); }

 private:
  void give_up() noexcept {
    if (!record_ || record_->is_complete || !detail::alive()) return;
    record_->is_dropped = true;
    try {
      record_->cancel();
    } catch (...) {
      // nobody is left to be told
    }
    try {
      record_->complete();
    } catch (...) {
    }
  }

  std::shared_ptr<detail::grequest_record> record_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
