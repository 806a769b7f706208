// SPDX-License-Identifier: MIT
// Waiting: the one place where a blocking call passes the time, and where unfinished object
// receives are driven on while it does.
#pragma once

#include <mpi4cxx/runtime/error.hpp>
#include <mpi4cxx/runtime/state.hpp>
#include <mpi4cxx/runtime/user_call.hpp>

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <atomic>
#include <climits>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Gives unfinished object receives a step. One relaxed load where there are none.
inline void advance(process_state& state) noexcept {
  if (state.receives.empty()) [[likely]]
    return;
  // somebody else at it is as good
  if (state.progress.try_lock()) {
    state.receives.advance_all();
    state.progress.unlock();
  }
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
          nanoseconds_ = nanoseconds_ < 500'000 ? nanoseconds_ * 2 : 1'000'000;
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
  explicit driven_section(process_state& state) : state_(state) {
    if (state.receives.empty()) [[likely]]
      return;
    if (state.thread_level < MPI_THREAD_MULTIPLE) {
      advance(state);
      return;
    }
    start_helper();
  }
  driven_section(const driven_section&) = delete;
  driven_section& operator=(const driven_section&) = delete;
  ~driven_section() {
    if (has_helper_) [[unlikely]]
      stop_helper();
  }

 private:
  [[gnu::cold]] void start_helper() {
    if (pthread_create(&helper_, nullptr, drive, this) != 0)
      raise(MPI_ERR_OTHER, "a thread that drives unfinished receives could not be started");
    has_helper_ = true;
  }
  [[gnu::cold]] void stop_helper() noexcept {
    is_over_.store(true, std::memory_order_release);
    pthread_join(helper_, nullptr);
  }
  [[gnu::cold]] static void* drive(void* section) {
    auto& self = *static_cast<driven_section*>(section);
    while (!self.is_over_.load(std::memory_order_acquire)) {
      advance(self.state_);
      sched_yield();
    }
    return nullptr;
  }

  process_state& state_;
  bool has_helper_ = false;
  std::atomic<bool> is_over_ = false;
  pthread_t helper_{};
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
