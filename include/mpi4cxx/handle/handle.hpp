// SPDX-License-Identifier: MIT
// What all handles share: copies refer to one MPI object, and the last one frees it.
#pragma once

#include <mpi4cxx/runtime/callbacks.hpp>
#include <mpi4cxx/runtime/error.hpp>
#include <mpi4cxx/runtime/leaks.hpp>
#include <mpi4cxx/runtime/state.hpp>

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

/// A handle to a raw MPI object: predefined (never freed) or owned together with its copies.
/// `Free` is the MPI function that frees it.
template <class Raw, int (*Free)(Raw*)>
class shared_handle {
 public:
  constexpr shared_handle() = default;
  /// A predefined or borrowed object.
  constexpr explicit shared_handle(Raw raw) : borrowed_(raw) {}

  /// `what` it is, for the report of what was left open: "a Group".
  static shared_handle owning(Raw raw, const char* what) {
    shared_handle made;
    made.owned_ = reference_to<owned>(new owned(raw, what));
    return made;
  }

  Raw get() const noexcept { return owned_ ? owned_->raw : borrowed_; }
  bool is_owned() const noexcept { return static_cast<bool>(owned_); }

  /// Frees now, for all copies.
  void free(const char* function) {
    if (!owned_) return check(Free(&borrowed_), function);
    if (!alive()) return;
    check(Free(&owned_->raw), function);
    owned_->open = tracked();
  }

 private:
  struct owned final : counted {
    owned(Raw handle, const char* what) : raw(handle), null(handle), open(what) {}
    ~owned() override {
      if (raw != null || !alive()) return;
      Free(&raw);
      forget_callbacks();
    }
    Raw raw;
    Raw null;  // what it was: MPI sets `raw` to its null handle on free
    tracked open;
  };
  Raw borrowed_{};
  reference_to<owned> owned_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
