// SPDX-License-Identifier: MIT
// The root of class Win: the handle itself, and what ends with its last copy.
#pragma once

#include <mpi4cxx/comm/comm.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// This rank's part of a window. Also what MPI::Win::attrs() gives.
struct window_attributes {
  void* base = nullptr;
  MPI_Aint size = 0;  // bytes
  int disp_unit = 1;
};

/// Where a rank's memory begins in a window whose displacements are bytes, and what its own unit
/// is.
struct window_part {
  int shift = 0;
  int disp_unit = 1;
};

/// What the copies of a window refer to. The last one frees it, which is collective; what nobody
/// frees is left to the finalize.
struct window_record final : counted {
  window_record(process_state& state, MPI_Win window, ownership who) : raw(window), whose(who) {
    if (whose == ownership::borrowed) return;
    open = tracked("a window");
    const lock_guard lock(state.starting);
    state.windows.push_back(raw);
  }
  ~window_record() override {
    if (raw == MPI_WIN_NULL || whose == ownership::borrowed) return;
    process_state* const state = alive();
    // while this rank unwinds nobody can tell whether the others will come
    if (!state || std::uncaught_exceptions() > exceptions) return;
    try {
      const ending_call inside(*state, "~Win");
      free(*state);
    } catch (...) {
      // the others wait for this rank, and would do so for ever
      abort_job(*state,
                formatted("a window could not be freed: {}", {describe_current_exception()}), 1);
    }
  }
  void free(process_state& state) {
    const MPI_Win freed = raw;
    state.callbacks.remove(callback_kind::win_error, key_of(freed));  // its error handler
    meet(state);
    {
      const driven_section driven(state);
      check(MPI_Win_free(&raw), "MPI_Win_free");
    }
    if (meeting != MPI_COMM_NULL) check(MPI_Comm_free(&meeting), "MPI_Comm_free");
    open = {};
    const lock_guard lock(state.starting);
    std::erase(state.windows, freed);
    finish_callbacks();
  }
  void meet(process_state& state) const {
    if (meeting != MPI_COMM_NULL) detail::meet(state, meeting);
  }

  MPI_Win raw;
  ownership whose;
  // Where all ranks meet, politely, before a call that waits inside of MPI; null where they spin.
  MPI_Comm meeting = MPI_COMM_NULL;
  comm_handle origin;  // what it was made on, for checked mode
  bool knows_part = false;
  window_attributes part;  // as the caller gave it
  std::vector<window_part>
      parts;  // of all ranks, where MPI has other displacements than the caller
  tracked open;
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
  /// What collective calls are compared on.
  const comm_handle& origin() const {
    open();
    return record_->origin;
  }
  /// The displacement in MPI's units.
  MPI_Aint displaced(int rank, MPI_Aint at) const {
    const std::vector<window_part>& parts = record_->parts;
    if (parts.empty() || rank < 0 || static_cast<std::size_t>(rank) >= parts.size()) [[likely]]
      return at;
    if (at < 0) raise(MPI_ERR_DISP, formatted("the displacement {} is negative", {at}));
    const window_part& part = parts[static_cast<std::size_t>(rank)];
    return part.shift + at * part.disp_unit;
  }
  /// A call that can only wait inside MPI.
  template <class... P>
  void blocking(const char* name, int (*function)(P...),
                std::type_identity_t<P>... arguments) const {
    const driven_section driven(running());
    check(function(arguments...), name);
  }

  /// A collective one, to which all ranks come first.
  template <class... P>
  void collective(const char* name, int (*function)(P...),
                  std::type_identity_t<P>... arguments) const {
    record_->meet(running());
    blocking(name, function, arguments...);
  }

  reference_to<window_record> record_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
