// SPDX-License-Identifier: MIT
// When one-sided transfers may begin and when they are complete, as calls and as scopes.
#pragma once

#include <mpi4cxx/rma/access.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

class Epoch;

namespace detail {

struct assertion_arguments {
  integer assertion = 0;
};
struct lock_arguments {
  integer rank;
  integer lock_type = MPI_LOCK_EXCLUSIVE;
  integer assertion = 0;
};

/// The synchronizations. An `assertion` (MODE_NOCHECK, MODE_NOSTORE, MODE_NOPUT, MODE_NOPRECEDE,
/// MODE_NOSUCCEED, combined by |) tells MPI what need not be waited for. Fence and Wait obey the
/// waiting policy, the others wait as MPI does.
class window_synchronization : public remote_access<> {
 public:
  using remote_access<>::remote_access;

  /// Ends the transfers of all ranks on each other, and begins the next. Collective. Source:
  /// MPI_Win_fence.
  void Fence(assertion_arguments pack, place where = place::here()) const {
    const detail::collective_call inside(detail::running(), origin(), "Win.Fence", where);
    collective("MPI_Win_fence", MPI_Win_fence, pack.assertion, open());
  }
  void Fence(integer assertion, place where = place::here()) const {
    Fence(assertion_arguments{assertion}, where);
  }
  void Fence(place where = place::here()) const { Fence(assertion_arguments{}, where); }

  /// Begins transfers to the ranks of `group`, each of which must Post. Source: MPI_Win_start.
  void Start(const Group& group, assertion_arguments pack, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Start", where);
    blocking("MPI_Win_start", MPI_Win_start, group.native(), pack.assertion, open());
  }
  void Start(const Group& group, integer assertion = 0, place where = place::here()) const {
    Start(group, assertion_arguments{assertion}, where);
  }
  /// Ends what Start began. Source: MPI_Win_complete.
  void Complete(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Complete", where);
    blocking("MPI_Win_complete", MPI_Win_complete, open());
  }
  /// Opens this rank's memory to the ranks of `group`, each of which must Start. Returns at once.
  /// Source: MPI_Win_post.
  void Post(const Group& group, assertion_arguments pack, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Post", where);
    blocking("MPI_Win_post", MPI_Win_post, group.native(), pack.assertion, open());
  }
  void Post(const Group& group, integer assertion = 0, place where = place::here()) const {
    Post(group, assertion_arguments{assertion}, where);
  }
  /// Waits until all ranks that Post named have called Complete. Source: MPI_Win_wait, or
  /// MPI_Win_test under the waiting policy.
  void Wait(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Wait", where);
    process_state& state = running();
    const MPI_Win win = open();
    if (may_block(state)) return blocking("MPI_Win_wait", MPI_Win_wait, win);
    wait_until(state, [&] { return test(win); });
  }
  /// Whether all of them have; then it was a Wait. Source: MPI_Win_test.
  bool Test(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Test", where);
    advance(running());
    return test(open());
  }

  /// Begins transfers to one rank, which takes no part in it: alone (LOCK_EXCLUSIVE) or beside
  /// other holders of LOCK_SHARED. Some MPI libraries serve them only while that rank is in an MPI
  /// call. Source: MPI_Win_lock.
  void Lock(lock_arguments pack, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Lock", where, pack.rank);
    blocking("MPI_Win_lock", MPI_Win_lock, pack.lock_type, pack.rank, pack.assertion, open());
  }
  void Lock(integer rank, integer lock_type = MPI_LOCK_EXCLUSIVE, integer assertion = 0,
            place where = place::here()) const {
    Lock(lock_arguments{rank, lock_type, assertion}, where);
  }
  /// Ends them: they are complete on both sides. Source: MPI_Win_unlock.
  void Unlock(integer rank, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Unlock", where, rank);
    blocking("MPI_Win_unlock", MPI_Win_unlock, rank, open());
  }
  /// A shared lock of all ranks. Not collective. Source: MPI_Win_lock_all.
  void Lock_all(assertion_arguments pack, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Lock_all", where);
    blocking("MPI_Win_lock_all", MPI_Win_lock_all, pack.assertion, open());
  }
  void Lock_all(integer assertion, place where = place::here()) const {
    Lock_all(assertion_arguments{assertion}, where);
  }
  void Lock_all(place where = place::here()) const { Lock_all(assertion_arguments{}, where); }
  /// Ends Lock_all: all transfers of this rank are complete at their targets. Source:
  /// MPI_Win_unlock_all.
  void Unlock_all(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Unlock_all", where);
    blocking("MPI_Win_unlock_all", MPI_Win_unlock_all, open());
  }

  /// Within Lock or Lock_all: completes this rank's transfers to `rank` on both sides. Source:
  /// MPI_Win_flush.
  void Flush(integer rank, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Flush", where, rank);
    flush("MPI_Win_flush", MPI_Win_flush, rank, open());
  }
  /// The same to all ranks. Source: MPI_Win_flush_all.
  void Flush_all(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Flush_all", where);
    flush("MPI_Win_flush_all", MPI_Win_flush_all, open());
  }
  /// Completes them here: the memory of the origin may be used again. Source: MPI_Win_flush_local.
  void Flush_local(integer rank, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Flush_local", where, rank);
    flush("MPI_Win_flush_local", MPI_Win_flush_local, rank, open());
  }
  /// As Flush_local, for all targets. Source: MPI_Win_flush_local_all.
  void Flush_local_all(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Flush_local_all", where);
    flush("MPI_Win_flush_local_all", MPI_Win_flush_local_all, open());
  }
  /// Orders this rank's own loads and stores with the transfers; with shared memory, those of other
  /// ranks, too. Source: MPI_Win_sync.
  void Sync() const { check(MPI_Win_sync(open()), "MPI_Win_sync"); }

  // The same as scopes: each gives an Epoch, whose end is the call that closes it.

  /// Fence now and at the end. Collective, both.
  ///
  ///     {
  ///       auto epoch = win.fence_epoch();
  ///       win.Put(data, neighbour);
  ///     }  // the data is there
  Epoch fence_epoch(integer assertion = 0, place where = place::here()) const;
  /// Start and Complete.
  Epoch access_epoch(const Group& group, integer assertion = 0, place where = place::here()) const;
  /// Post and Wait.
  Epoch exposure_epoch(const Group& group, integer assertion = 0,
                       place where = place::here()) const;
  /// Lock and Unlock.
  Epoch lock(lock_arguments pack, place where = place::here()) const;
  Epoch lock(integer rank, integer lock_type = MPI_LOCK_EXCLUSIVE, integer assertion = 0,
             place where = place::here()) const;
  /// Lock_all and Unlock_all.
  Epoch lock_all(integer assertion = 0, place where = place::here()) const;

 private:
  template <class... P>
  void flush(const char* name, int (*function)(P...), std::type_identity_t<P>... arguments) const {
    blocking(name, function, arguments...);
#if defined(OPEN_MPI)
    // over UCX a flush serves no other ranks: one that looks at its own memory again and again,
    // until another rank writes there, would never see it
    int flag = 0;
    check(MPI_Iprobe(MPI_ANY_SOURCE, 0, running().self_shadow, &flag, MPI_STATUS_IGNORE),
          "MPI_Iprobe");
#endif
  }
  static bool test(MPI_Win win) {
    int flag = 0;
    check(MPI_Win_test(win, &flag), "MPI_Win_test");
    return flag != 0;
  }
};

}  // namespace detail

/// A scope of one-sided transfers: its end completes them. What goes wrong there is thrown. While
/// an exception unwinds the stack, a lock is released, and nothing is thrown; the other closing
/// calls wait for other ranks, which may never come, and are left out.
class [[nodiscard]] Epoch {
  using window = detail::window_synchronization;
  using closing = void (*)(const window&, int rank, place where);

 public:
  Epoch(const Epoch&) = delete;
  Epoch& operator=(const Epoch&) = delete;
  ~Epoch() noexcept(false) {
    if (!close_ || !detail::alive()) return;
    const bool unwinds = std::uncaught_exceptions() > exceptions_;
    if (unwinds && !is_lock_) return;
    try {
      close();
    } catch (...) {
      // of two exceptions the one in flight tells more
      if (!unwinds) throw;
    }
  }

  /// Ends it before the end of the scope.
  void close() {
    if (const closing end = std::exchange(close_, nullptr)) end(window_, rank_, where_);
  }
  /// Whether it is open still.
  explicit operator bool() const noexcept { return close_ != nullptr; }

 private:
  friend window;
  Epoch(const window& win, place where, bool is_lock, closing end, int rank = 0)
      : window_(win), close_(end), rank_(rank), where_(where), is_lock_(is_lock) {}

  window window_;
  closing close_;
  int rank_;
  place where_;  // it was opened
  bool is_lock_;
  int exceptions_ = std::uncaught_exceptions();
};

namespace detail {

inline Epoch window_synchronization::fence_epoch(integer assertion, place where) const {
  Fence(assertion, where);
  return {*this, where, false, [](const auto& win, int, place at) { win.Fence(at); }};
}
inline Epoch window_synchronization::access_epoch(const Group& group, integer assertion,
                                                  place where) const {
  Start(group, assertion, where);
  return {*this, where, false, [](const auto& win, int, place at) { win.Complete(at); }};
}
inline Epoch window_synchronization::exposure_epoch(const Group& group, integer assertion,
                                                    place where) const {
  Post(group, assertion, where);
  return {*this, where, false, [](const auto& win, int, place at) { win.Wait(at); }};
}
inline Epoch window_synchronization::lock(lock_arguments pack, place where) const {
  Lock(pack, where);
  return {*this, where, true, [](const auto& win, int rank, place at) { win.Unlock(rank, at); },
          pack.rank};
}
inline Epoch window_synchronization::lock(integer rank, integer lock_type, integer assertion,
                                          place where) const {
  return lock(lock_arguments{rank, lock_type, assertion}, where);
}
inline Epoch window_synchronization::lock_all(integer assertion, place where) const {
  Lock_all(assertion, where);
  return {*this, where, true, [](const auto& win, int, place at) { win.Unlock_all(at); }};
}

}  // namespace detail
}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
