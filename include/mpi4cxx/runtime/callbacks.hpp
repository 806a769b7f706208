// SPDX-License-Identifier: MIT
// Users' callables that MPI calls back: how they are kept, and how they are found.
#pragma once

#include <mpi4cxx/version.hpp>

#include <atomic>
#include <cstdint>
#include <mpi4cxx/runtime/lock.hpp>
#include <utility>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// What copies of a handle refer to together.
class counted {
 public:
  counted() = default;
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  virtual ~counted() = default;

 private:
  template <class T>
  friend class reference_to;
  std::atomic<int> references_ = 1;
};

/// A reference to something counted, or to nothing; the last one ends it. Unlike a std::shared_ptr
/// it may be part of a constant, and is little work for a compiler.
template <class T>
class reference_to {
 public:
  constexpr reference_to() = default;
  /// Takes over the first reference.
  explicit reference_to(T* made) noexcept : target_(made) {}
  /// One more reference.
  static reference_to sharing(T* target) noexcept {
    if (target) target->references_.fetch_add(1, std::memory_order_relaxed);
    return reference_to(target);
  }
  reference_to(const reference_to& other) noexcept : target_(other.target_) {
    if (target_) target_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  reference_to(reference_to&& other) noexcept : target_(std::exchange(other.target_, nullptr)) {}
  reference_to& operator=(reference_to other) noexcept {
    std::swap(target_, other.target_);
    return *this;
  }
  constexpr ~reference_to() {
    if (target_) drop();
  }

  T* get() const noexcept { return target_; }
  T* operator->() const noexcept { return target_; }
  T& operator*() const noexcept { return *target_; }
  explicit operator bool() const noexcept { return target_ != nullptr; }

 private:
  void drop() noexcept {
    counted* const base = target_;
    if (base->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete base;
  }
  T* target_ = nullptr;
};

/// What a number in the table belongs to: keyvals and raw handles of different sorts may be equal.
enum class callback_kind : unsigned char {
  comm_keyval,
  type_keyval,
  win_keyval,
  comm_error,
  win_error,
  file_error,
  session_error
};

/// The callables of the process, by the keyval or the raw handle that they belong to. No MPI call
/// is made under its lock.
class callback_table {
 public:
  void put(callback_kind kind, std::uintptr_t key, reference_to<counted> callback) {
    const lock_guard lock(lock_);
    for (entry& each : entries_)
      if (each.kind == kind && each.key == key) return std::swap(each.callback, callback);
    entries_.push_back({kind, key, std::move(callback)});
  }
  /// The one put there, which is a T; null where there is none.
  template <class T>
  reference_to<T> find(callback_kind kind, std::uintptr_t key) const {
    const lock_guard lock(lock_);
    for (const entry& each : entries_)
      if (each.kind == kind && each.key == key)
        return reference_to<T>::sharing(static_cast<T*>(each.callback.get()));
    return {};
  }
  void remove(callback_kind kind, std::uintptr_t key) noexcept {
    reference_to<counted> removed;  // ends after the lock: it may hold objects of the user's
    const lock_guard lock(lock_);
    for (entry& each : entries_) {
      if (each.kind != kind || each.key != key) continue;
      removed = std::move(each.callback);
      each = std::move(entries_.back());
      entries_.pop_back();
      return;
    }
  }
  /// What those of one kind belong to.
  std::vector<std::uintptr_t> keys(callback_kind kind) const {
    std::vector<std::uintptr_t> found;
    const lock_guard lock(lock_);
    for (const entry& each : entries_)
      if (each.kind == kind) found.push_back(each.key);
    return found;
  }

 private:
  struct entry {
    callback_kind kind;
    std::uintptr_t key;
    reference_to<counted> callback;
  };
  mutable mutex lock_;
  std::vector<entry> entries_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
