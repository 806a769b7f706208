// SPDX-License-Identifier: MIT
// Waiting: the one place where a blocking call passes the time, and where unfinished object
// receives are driven on while it does.
#pragma once

#include <mpi4cxx/runtime/error.hpp>
#include <mpi4cxx/runtime/state.hpp>
#include <mpi4cxx/runtime/user_call.hpp>

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#endif

#include <atomic>
#include <cerrno>
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
  explicit pause(waiting policy) : policy_(policy) {}
  explicit pause(const process_state& state) : pause(state.policy) {}
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

/// MPI has failed in a request. In checked mode a comparison that is on its way may tell more: that
/// the ranks had called different things. It is given a second.
[[gnu::cold]] inline void throw_mismatch_on_its_way(process_state& state) {
  if (!state.checks_calls) return;
  pause pause(waiting::yield);
  for (const double end = MPI_Wtime() + 1; !state.receives.empty() && MPI_Wtime() < end; pause()) {
    advance(state);
    throw_mismatch(state);
  }
}

// ---- threads inside of MPI
//
// A thread that is blocked inside of MPI advances nothing, so that a receive which another thread
// starts meanwhile would wait for it. Whoever starts one looks therefore whether somebody is
// inside, and whoever goes inside whether there is a receive; either starts the driver, a thread
// that lives as long as both are there. The first thread of a process, often the only one, pays two
// plain stores for that. A second one is noticed once, others count themselves.

/// Somebody other than the first thread uses the library. At that moment the first one may be about
/// to go inside, by a plain store and a load; it sees the other's receive, or is seen by it, after
/// this.
[[gnu::cold]] inline void notice_second_thread(process_state& state) noexcept {
  state.several_threads.store(true, std::memory_order_seq_cst);
  // a full barrier in all threads of this process: those that were between store and load have done
  // both in order
#if defined(__linux__) && defined(SYS_membarrier)
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0 &&
      syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
    return;
#endif
  // without it: longer than a store waits on its way to memory
  const timespec time{0, 50'000};
  nanosleep(&time, nullptr);
}

/// This thread is inside of MPI.
class presence {
 public:
  [[gnu::always_inline]] explicit presence(process_state& state) noexcept
      : state_(state), is_first_(pthread_equal(pthread_self(), state.first_thread) != 0) {
    const bool several = state.several_threads.load(std::memory_order_relaxed);
    if (!is_first_) {
      if (!several) [[unlikely]]
        notice_second_thread(state);
      state.others_inside.fetch_add(1, std::memory_order_seq_cst);
    } else {
      // nobody else writes it; a call may be within another
      was_inside_ = state.first_is_inside.load(std::memory_order_relaxed);
      if (several) [[unlikely]]
        state.first_is_inside.store(true, std::memory_order_seq_cst);
      else
        state.first_is_inside.store(true, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }
  presence(const presence&) = delete;
  presence& operator=(const presence&) = delete;
  ~presence() {
    if (is_first_)
      state_.first_is_inside.store(was_inside_, std::memory_order_release);
    else
      state_.others_inside.fetch_sub(1, std::memory_order_release);
  }
  static bool of_anybody(const process_state& state) noexcept {
    return state.first_is_inside.load(std::memory_order_seq_cst) ||
           state.others_inside.load(std::memory_order_seq_cst) != 0;
  }

 private:
  process_state& state_;
  bool is_first_;
  bool was_inside_ = false;
};

[[gnu::cold]] inline bool needs_driver(const process_state& state) noexcept {
  return presence::of_anybody(state) && !state.receives.empty(std::memory_order_seq_cst);
}
[[gnu::cold]] inline void* drive(void* process) {
  auto& state = *static_cast<process_state*>(process);
  do {
    pause pause(state.policy == waiting::sleep ? waiting::sleep : waiting::yield);
    while (needs_driver(state)) {
      advance(state);
      pause();
    }
    // an exchange, to see what those did who found a driver until now
    state.has_driver.exchange(false, std::memory_order_seq_cst);
  } while (needs_driver(state) && !state.has_driver.exchange(true, std::memory_order_seq_cst));
  return nullptr;
}
[[gnu::cold]] inline void start_driver(process_state& state) {
  if (state.has_driver.exchange(true, std::memory_order_seq_cst)) return;
  pthread_t driver;
  if (pthread_create(&driver, nullptr, drive, &state) != 0) {
    state.has_driver = false;
    raise(MPI_ERR_OTHER, "a thread that drives unfinished receives could not be started");
  }
  pthread_detach(driver);
}

/// From here on whoever waits advances this, too.
inline void begin_to_drive(process_state& state, unfinished& entry) {
  {
    const lock_guard lock(state.progress);
    state.receives.add(entry);
  }
  const bool several = state.several_threads.load(std::memory_order_relaxed);
  if (pthread_equal(pthread_self(), state.first_thread) != 0 && !several) [[likely]]
    return;
  if (!several) notice_second_thread(state);
  if (state.thread_level >= MPI_THREAD_MULTIPLE && needs_driver(state)) start_driver(state);
}

/// Says, when that takes long, that a receive is not driven. See start.hpp.
void notify_undriven(process_state& state);

/// While it lives, this thread is in a call that can only block inside of MPI, and unfinished
/// receives are driven by a helper. Below thread level multiple there is none: then a sentence says
/// so, if the call takes long.
class driven_section {
 public:
  [[gnu::always_inline]] explicit driven_section(process_state& state)
      : state_(state), presence_(state) {
    if (!state.receives.empty(std::memory_order_seq_cst)) [[unlikely]]
      drive_others();
  }
  driven_section(const driven_section&) = delete;
  driven_section& operator=(const driven_section&) = delete;
  ~driven_section() {
    if (has_notice_) [[unlikely]]
      stop_notice();
  }

 private:
  [[gnu::cold]] void drive_others() {
    if (state_.thread_level >= MPI_THREAD_MULTIPLE) return start_driver(state_);
    advance(state_);
    if (!state_.receives.empty()) start_notice();
  }
  [[gnu::cold]] void start_notice() {
    sem_init(&is_over_, 0, 0);
    has_notice_ = pthread_create(&notice_, nullptr, wait_for_end, this) == 0;
  }
  [[gnu::cold]] void stop_notice() noexcept {
    sem_post(&is_over_);
    pthread_join(notice_, nullptr);
    sem_destroy(&is_over_);
  }
  [[gnu::cold]] static void* wait_for_end(void* section) {
    auto& self = *static_cast<driven_section*>(section);
    timespec limit{};
    clock_gettime(CLOCK_REALTIME, &limit);
    const double seconds = static_cast<double>(limit.tv_sec) + self.state_.start_notice +
                           1e-9 * static_cast<double>(limit.tv_nsec);
    limit.tv_sec = static_cast<time_t>(seconds);
    limit.tv_nsec = static_cast<long>((seconds - static_cast<double>(limit.tv_sec)) * 1e9);
    int error = 0;
    do error = sem_timedwait(&self.is_over_, &limit) == 0 ? 0 : errno;
    while (error == EINTR);
    if (error == ETIMEDOUT) notify_undriven(self.state_);
    return nullptr;
  }

  process_state& state_;
  presence presence_;
  bool has_notice_ = false;
  pthread_t notice_{};
  sem_t is_over_;
};

/// A blocking MPI call may be used as it is, in a driven_section: the policy is to spin, and
/// nothing needs driving.
inline bool may_block(const process_state& state) noexcept {
  return state.policy == waiting::spin && state.receives.empty();
}

/// Waits for one request. Source: MPI_Wait, or MPI_Test until it is true.
inline void wait(process_state& state, MPI_Request& request, MPI_Status* status,
                 const char* function) {
  if (may_block(state)) {
    const driven_section driven(state);
    return check(MPI_Wait(&request, status), function);
  }
  wait_until(state, [&] {
    int done = 0;
    check(MPI_Test(&request, &done, status), function);
    return done != 0;
  });
}

/// Waits for all ranks of a communicator before a collective call that waits inside of MPI: so that
/// the long part of the wait, for those who come late, goes by the policy.
[[gnu::cold]] inline void meet(process_state& state, MPI_Comm comm) {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ibarrier(comm, &request), "MPI_Ibarrier");
  wait(state, request, MPI_STATUS_IGNORE, "MPI_Ibarrier");
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
