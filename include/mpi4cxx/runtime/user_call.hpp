// SPDX-License-Identifier: MIT
// What the user's threads are doing in the library, for the watchdog and for messages: kept only
// where MPI4CXX_WATCHDOG, MPI4CXX_CHECK or MPI4CXX_LEAKS ask for it.
#pragma once

#include <mpi4cxx/runtime/error.hpp>
#include <mpi4cxx/runtime/state.hpp>

#include <atomic>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// Where a call stands in the source. Calls take it as their last parameter, which nobody gives: it
/// is then the place of the call. A function that wraps calls may hand on the place of its own:
///
///     void exchange(const MPI::Comm& comm, MPI::place where = MPI::place::here()) {
///     comm.barrier(where); }
class place {
  // none from {}, which means the defaults of other parameters
  constexpr place(const char* in_file, unsigned at_line) noexcept : file(in_file), line(at_line) {}

 public:
  static constexpr place here(const char* file = __builtin_FILE(),
                              unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
  const char* file;
  unsigned line;
};

namespace detail {

[[gnu::cold]] inline void raise_mismatch(process_state& state) {
  char* const found = const_cast<char*>(state.mismatch.exchange(nullptr));
  if (!found) return;  // another thread tells
  const sentence text(found);
  state.mismatches_told.fetch_add(1);
  raise(MPI_ERR_OTHER, text);
}

/// Where nothing is under way that an exception would leave behind: at the begin of a call, and in
/// the waits for requests, which have an owner.
inline void throw_mismatch(process_state& state) {
  if (state.mismatch.load(std::memory_order_acquire)) [[unlikely]]
    raise_mismatch(state);
}

inline constexpr int no_peer = -1000, no_tag = -1000;

/// What one thread is doing. Written by that thread, read by others: `version` is odd while it is
/// being written.
struct call_note {
  std::atomic<unsigned> version = 0;
  std::atomic<bool> is_taken = true;
  int depth = 0;  // of calls within calls; of its thread alone
  std::atomic<const char*> call = nullptr, file = nullptr;
  std::atomic<const char*> comm = nullptr;  // null: no predefined one
  std::atomic<unsigned> line = 0;
  std::atomic<int> ranks = 0, peer = no_peer, tag = no_tag;
  std::atomic<bool> is_inside = false;
  std::atomic<double> since = 0;  // it is inside, or outside
  call_note* next = nullptr;
};

/// The note of this thread, given back when the thread ends.
struct note_of_thread {
  call_note* note = nullptr;
  ~note_of_thread() {
    if (note) note->is_taken.store(false, std::memory_order_release);
  }
};

[[gnu::cold]] inline call_note& own_note(process_state& state) {
  static thread_local note_of_thread own;
  if (own.note) return *own.note;
  for (call_note* each = state.notes.load(); each; each = each->next) {
    bool is_taken = false;
    if (each->is_taken.compare_exchange_strong(is_taken, true)) return *(own.note = each);
  }
  own.note = new call_note;  // the watchdog may read it at any time: never deleted
  own.note->next = state.notes.load();
  while (!state.notes.compare_exchange_weak(own.note->next, own.note)) {
  }
  return *own.note;
}

/// What a thread does, as long as it lasts.
class noted_call {
 public:
  noted_call(const noted_call&) = delete;
  noted_call& operator=(const noted_call&) = delete;
  ~noted_call() {
    if (note_) [[unlikely]]
      end();
  }

 protected:
  noted_call() = default;
  [[gnu::cold]] void begin(process_state& state, const char* name, place where, const char* comm,
                           int ranks, int peer, int tag) {
    call_note& note = own_note(state);
    // of calls within calls the user knows the outermost
    if (note.depth++ == 0) {
      note.version.fetch_add(1, std::memory_order_acq_rel);
      note.call.store(name, std::memory_order_relaxed);
      note.file.store(where.file, std::memory_order_relaxed);
      note.line.store(where.line, std::memory_order_relaxed);
      note.comm.store(comm, std::memory_order_relaxed);
      note.ranks.store(ranks, std::memory_order_relaxed);
      note.peer.store(peer, std::memory_order_relaxed);
      note.tag.store(tag, std::memory_order_relaxed);
      note.is_inside.store(true, std::memory_order_relaxed);
      note.since.store(MPI_Wtime(), std::memory_order_relaxed);
      note.version.fetch_add(1, std::memory_order_release);
    }
    note_ = &note;
  }

 private:
  [[gnu::cold]] void end() noexcept {
    if (--note_->depth != 0) return;
    note_->version.fetch_add(1, std::memory_order_acq_rel);
    note_->is_inside.store(false, std::memory_order_relaxed);
    note_->since.store(MPI_Wtime(), std::memory_order_relaxed);
    note_->version.fetch_add(1, std::memory_order_release);
  }
  call_note* note_ = nullptr;
};

/// The end of a handle that has to wait: without a place, and nothing is thrown.
class ending_call : public noted_call {
 public:
  ending_call(process_state& state, const char* name) {
    if (state.observes_calls) [[unlikely]]
      begin(state, name, place::here("", 0), nullptr, 0, no_peer, no_tag);
  }
};

/// A call of the user's. A predicted branch where nobody wants to know.
class user_call : public noted_call {
 public:
  user_call(process_state& state, const char* name, place where, int peer = no_peer,
            int tag = no_tag) {
    if (state.observes_calls && name) [[unlikely]]
      begin(state, name, where, nullptr, 0, peer, tag);
  }
  /// `Record`: comm_record, which is defined later.
  template <class Record>
  user_call(const Record& comm, const char* name, place where, int peer = no_peer,
            int tag = no_tag) {
    process_state& state = *image_state.load(std::memory_order_relaxed);
    if (state.observes_calls && name) [[unlikely]]
      begin(state, name, where,
            comm.raw == MPI_COMM_WORLD  ? "COMM_WORLD"
            : comm.raw == MPI_COMM_SELF ? "COMM_SELF"
                                        : nullptr,
            comm.size, peer, tag);
  }

 private:
  [[gnu::cold]] void begin(process_state& state, const char* name, place where, const char* comm,
                           int ranks, int peer, int tag) {
    throw_mismatch(state);
    noted_call::begin(state, name, where, comm, ranks, peer, tag);
  }
};

}  // namespace detail
}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
