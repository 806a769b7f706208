// SPDX-License-Identifier: MIT
// A mutex and a guard of it: <mutex> brings <chrono> and takes as long to read as half of cereal.
#pragma once

#include <mpi4cxx/version.hpp>

#include <pthread.h>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

class mutex {
 public:
  constexpr mutex() = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock() noexcept { pthread_mutex_lock(&raw_); }
  bool try_lock() noexcept { return pthread_mutex_trylock(&raw_) == 0; }
  void unlock() noexcept { pthread_mutex_unlock(&raw_); }

 private:
  pthread_mutex_t raw_ = PTHREAD_MUTEX_INITIALIZER;
};

/// Holds a mutex to the end of the scope.
class lock_guard {
 public:
  explicit lock_guard(mutex& held) noexcept : held_(held) { held_.lock(); }
  lock_guard(const lock_guard&) = delete;
  lock_guard& operator=(const lock_guard&) = delete;
  ~lock_guard() { held_.unlock(); }

 private:
  mutex& held_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
