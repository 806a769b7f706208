// SPDX-License-Identifier: MIT
// What all handles share: copies refer to one MPI object, and the last one frees it.
#pragma once

#include <mpi4cxx/runtime/error.hpp>
#include <mpi4cxx/runtime/state.hpp>

#include <atomic>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

// How a predefined handle is declared: MPICH's raw handles are numbers, known to the compiler;
// others are addresses, which C++ takes for no constants.
#if defined(MPICH_VERSION) && !defined(MPI_ABI)
#define MPI4CXX_PREDEFINED inline constexpr
#else
#define MPI4CXX_PREDEFINED inline const
#endif

/// Says that a raw handle follows. Without it a brace list of numbers could mean a handle, since
/// those of MPICH are ints.
struct raw_handle_t {};
inline constexpr raw_handle_t raw_handle;

/// An object of static lifetime that is never destroyed, so that a constant of the MPI module costs
/// nothing at start and exit. Use: a reference to `value`.
template <class T>
union permanent {
  T value;
  template <class... Argument>
  constexpr explicit permanent(Argument... arguments) : value(arguments...) {}
  constexpr ~permanent() {}
};

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

/// A handle to a raw MPI object: predefined (never freed) or owned together with its copies.
/// `Free` is the MPI function that frees it.
template <class Raw, int (*Free)(Raw*)>
class shared_handle {
 public:
  constexpr shared_handle() = default;
  /// A predefined or borrowed object.
  constexpr explicit shared_handle(Raw raw) : borrowed_(raw) {}

  static shared_handle owning(Raw raw) {
    shared_handle made;
    made.owned_ = reference_to<owned>(new owned(raw));
    return made;
  }

  Raw get() const noexcept { return owned_ ? owned_->raw : borrowed_; }
  bool is_owned() const noexcept { return static_cast<bool>(owned_); }

  /// Frees now, for all copies.
  void free(const char* function) {
    if (!owned_) return check(Free(&borrowed_), function);
    if (alive()) check(Free(&owned_->raw), function);
  }

 private:
  struct owned final : counted {
    explicit owned(Raw handle) : raw(handle), null(handle) {}
    ~owned() override {
      if (raw == null && alive()) Free(&raw);
    }
    Raw raw;
    Raw null;  // what it was: MPI sets `raw` to its null handle on free
  };
  Raw borrowed_{};
  reference_to<owned> owned_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
