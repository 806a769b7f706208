// SPDX-License-Identifier: MIT
// Waiting: the one place where a blocking call passes the time, and where unfinished object
// receives are driven on while it does.
#pragma once

#include <mpi4cxx/runtime/error.hpp>
#include <mpi4cxx/runtime/state.hpp>

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <climits>
#include <thread>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Gives unfinished object receives a step. One relaxed load where there are none.
inline void advance(process_state& state) noexcept {
  if (state.receives.empty()) [[likely]]
    return;
  // somebody else at it is as good
  if (const std::unique_lock lock(state.progress, std::try_to_lock); lock.owns_lock())
    state.receives.advance_all();
}

/// What a waiting loop does between two looks.
class pause {
 public:
  explicit pause(const process_state& state) : policy_(state.policy) {}
  void operator()() noexcept {
    switch (policy_) {
      case waiting::spin:
        return;
      case waiting::sleep:
        // the first looks only yield, so that what is about to arrive is not slept over
        if (++looks_ > 200) {
          const timespec time{0, nanoseconds_};
          nanosleep(&time, nullptr);
          nanoseconds_ = std::min(nanoseconds_ * 2, 1'000'000L);
          return;
        }
        [[fallthrough]];
      case waiting::yield:
        sched_yield();
    }
  }

 private:
  waiting policy_;
  int looks_ = 0;
  long nanoseconds_ = 1000;
};

/// Looks until `done()`, driving unfinished receives and giving way to others as the policy says.
template <class Done>
void wait_until(process_state& state, Done&& done) {
  pause pause(state);
  while (!done()) {
    advance(state);
    pause();
  }
}

/// A blocking MPI call may be used as it is: the policy is to spin, and nothing needs driving.
inline bool may_block(const process_state& state) noexcept {
  return state.policy == waiting::spin && state.receives.empty();
}

/// Waits for one request. Source: MPI_Wait, or MPI_Test until it is true.
inline void wait(process_state& state, MPI_Request& request, MPI_Status* status,
                 const char* function) {
  if (may_block(state)) return check(MPI_Wait(&request, status), function);
  wait_until(state, [&] {
    int done = 0;
    check(MPI_Test(&request, &done, status), function);
    return done != 0;
  });
}

/// While it lives, a helper thread drives unfinished receives: for calls that can only block inside
/// MPI. Without unfinished receives it is nothing. Below thread level multiple there is no helper.
class driven_section {
 public:
  explicit driven_section(process_state& state) {
    if (state.receives.empty()) [[likely]]
      return;
    if (state.thread_level < MPI_THREAD_MULTIPLE) {
      advance(state);
      return;
    }
    helper_ = std::jthread([&state](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        advance(state);
        sched_yield();
      }
    });
  }

 private:
  std::jthread helper_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
