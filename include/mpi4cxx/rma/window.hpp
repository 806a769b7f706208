// SPDX-License-Identifier: MIT
// The root of class Win: the handle itself, and what ends with its last copy.
#pragma once

#include <mpi4cxx/comm/comm.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// What the copies of a window refer to. The last one frees it, which is collective.
struct window_record final : counted {
  window_record(MPI_Win window, ownership who) : raw(window), whose(who) {}
  ~window_record() override {
    if (raw == MPI_WIN_NULL || whose == ownership::borrowed) return;
    process_state* const state = alive();
    // while this rank unwinds nobody can tell whether the others will come
    if (!state || std::uncaught_exceptions() > exceptions) return;
    try {
      free(*state);
    } catch (...) {
      // the others wait for this rank, and would do so for ever
      abort_job(*state, "a window could not be freed: " + describe_current_exception(), 1);
    }
  }
  void free(process_state& state) {
    const driven_section driven(state);
    check(MPI_Win_free(&raw), "MPI_Win_free");
  }

  MPI_Win raw;
  ownership whose;
  int exceptions = std::uncaught_exceptions();  // in flight when it was made
};

/// Refers to a window's record; null is WIN_NULL.
class window_handle {
 public:
  constexpr window_handle() = default;

  /// The raw handle, for MPI's C functions. It stays owned by this class.
  MPI_Win native() const noexcept { return record_ ? record_->raw : MPI_WIN_NULL; }
  explicit operator bool() const noexcept { return native() != MPI_WIN_NULL; }
  friend bool operator==(const window_handle& a, const window_handle& b) noexcept {
    return a.native() == b.native();
  }

 protected:
  explicit window_handle(window_record* made) : record_(made) {}

  /// The raw handle of a window that is no WIN_NULL.
  MPI_Win open() const {
    running();
    const MPI_Win raw = native();
    if (raw == MPI_WIN_NULL) [[unlikely]]
      raise(MPI_ERR_WIN, "this window is WIN_NULL: it has been freed, or was never made");
    return raw;
  }
  /// A call that can only wait inside MPI.
  template <class... P>
  void blocking(const char* name, int (*function)(P...),
                std::type_identity_t<P>... arguments) const {
    const driven_section driven(running());
    check(function(arguments...), name);
  }

  reference_to<window_record> record_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
