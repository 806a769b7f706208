// SPDX-License-Identifier: MIT
// What the library knows of this process: one block for the whole process, shared objects included.
#pragma once

#include <mpi4cxx/runtime/callbacks.hpp>
#include <mpi4cxx/runtime/lock.hpp>
#include <mpi4cxx/runtime/mpi.hpp>

#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// How a blocking call passes the time (DESIGN: waiting is polite where it has to be).
enum class waiting : unsigned char { spin, yield, sleep };

/// An object transfer that needs this process to go on: a receive whose parts are not yet posted.
/// It sits in a list that every wait of the process advances. Guarded by process_state::progress.
class unfinished {
 public:
  unfinished() = default;
  unfinished(const unfinished&) = delete;
  unfinished& operator=(const unfinished&) = delete;
  virtual ~unfinished() = default;
  /// One step without blocking; true when there is nothing left to drive.
  virtual bool advance() noexcept = 0;
  /// Whether the next message that matches these would be this receive's, found by probing.
  virtual bool claims(MPI_Comm, int /*source*/, int /*tag*/) const noexcept { return false; }

 private:
  friend class unfinished_list;
  unfinished* next_ = nullptr;
};

/// The list of these, in the order in which they were started (which is the order of matching).
class unfinished_list {
 public:
  /// Empty, without a lock: what every call asks first.
  bool empty(std::memory_order order = std::memory_order_relaxed) const noexcept {
    return count_.load(order) == 0;
  }

  void add(unfinished& entry) noexcept {
    entry.next_ = nullptr;
    *end_ = &entry;
    end_ = &entry.next_;
    // against `presence` in wait.hpp, which counts itself first and looks here then
    count_.fetch_add(1, std::memory_order_seq_cst);
  }

  void remove(unfinished& entry) noexcept {
    for (unfinished** link = &first_; *link; link = &(*link)->next_) {
      if (*link != &entry) continue;
      unlink(link);
      return;
    }
  }

  /// Whether a receive started before `entry` has a right to a message that matches these.
  bool claimed_before(const unfinished& entry, MPI_Comm comm, int source, int tag) const noexcept {
    for (const unfinished* each = first_; each && each != &entry; each = each->next_)
      if (each->claims(comm, source, tag)) return true;
    return false;
  }
  /// Whether any receive of the list has that right.
  bool claimed(MPI_Comm comm, int source, int tag) const noexcept {
    for (const unfinished* each = first_; each; each = each->next_)
      if (each->claims(comm, source, tag)) return true;
    return false;
  }

  void advance_all() noexcept {
    for (unfinished** link = &first_; *link;) {
      unfinished& entry = **link;
      unfinished* const next = entry.next_;
      if (entry.advance()) {
        // from here on the entry may be gone: its owner waits for no lock
        *link = next;
        if (!next) end_ = link;
        count_.fetch_sub(1, std::memory_order_relaxed);
      } else {
        link = &entry.next_;
      }
    }
  }

 private:
  void unlink(unfinished** link) noexcept {
    *link = (*link)->next_;
    if (!*link) end_ = link;
    count_.fetch_sub(1, std::memory_order_relaxed);
  }

  unfinished* first_ = nullptr;
  unfinished** end_ = &first_;  // where the next one is linked in
  std::atomic<int> count_ = 0;
};

/// An object send that its user dropped; the process keeps it until MPI has done with its memory.
class orphan {
 public:
  virtual ~orphan() = default;
  /// True when complete: the list then deletes it.
  virtual bool is_complete() noexcept = 0;

 private:
  friend struct process_state;
  orphan* next_ = nullptr;
};

struct call_note;
struct open_thing;

/// `for_main_thread`: running, but only the thread that initialized MPI may call it.
enum class phase : int { unused, starting, running, for_main_thread, finalized };

/// The state of the process. Never destroyed: exits of many kinds still look at it.
struct process_state {
  std::atomic<phase> now = phase::unused;
  mutex starting;

  // who we are
  int world_rank = 0;
  int world_size = 1;
  int thread_level = MPI_THREAD_SINGLE;
  bool initialized_here = false;
  const char* start_failure = nullptr;  // why the start failed, for all later uses
  bool finalizes_here = false;          // and so finalized here, at exit
  int process_id = 0;                   // of the process that started, not of its forks
  int tag_upper_bound = 32767;

  // agreed by all ranks at start
  std::size_t inline_limit = 4096;
  std::size_t chunk_limit = std::size_t{1} << 30;
  bool nonblocking_collectives = false;

  // ours alone
  waiting policy = waiting::spin;
  std::size_t max_object = 0;
  double start_notice = 5.0;

  // the channel: where parts of objects travel; MPI_COMM_NULL without one
  MPI_Comm channel = MPI_COMM_NULL;
  std::atomic<bool> opening_channel = false;  // others may have it already, and use it
  MPI_Comm world_shadow = MPI_COMM_NULL;
  MPI_Comm self_shadow = MPI_COMM_NULL;
  std::atomic<unsigned> part_tags = 0;
  std::atomic<unsigned> collectives = 0;  // nonblocking ones of objects, on the world
  MPI_Group world_group = MPI_GROUP_NULL;
  int finalize_keyval = MPI_KEYVAL_INVALID;

  // datatypes made for C++ types, kept until finalize; guarded by `starting`
  std::vector<MPI_Datatype> kept_types;
  // windows that are not freed yet, in the order of their making; guarded by `starting`
  std::vector<MPI_Win> windows;

  callback_table callbacks;
  std::atomic<int> sessions = 0;  // that are open

  // what the threads are doing, where somebody wants to know (runtime/user_call.hpp)
  bool observes_calls = false;
  bool checks_calls = false;         // MPI4CXX_CHECK
  bool sends_synchronously = false;  // MPI4CXX_SYNCHRONOUS
  bool reports_leaks = false;        // MPI4CXX_LEAKS
  std::atomic<call_note*> notes = nullptr;
  mutex open_things_lock;
  open_thing* open_things = nullptr;  // guarded by that
  // what a comparison of calls has found; thrown by the next call that looks
  std::atomic<const char*> mismatch = nullptr;
  std::atomic<unsigned> mismatches_told = 0;
  MPI_Comm watch = MPI_COMM_NULL;  // of the watchdogs
  void (*stop_watchdog)(process_state&) = nullptr;
  MPI_Comm world_checks = MPI_COMM_NULL, self_checks = MPI_COMM_NULL;

  mutex progress;
  unfinished_list receives;

  // who is inside of MPI and drives nothing there: see `presence` in wait.hpp
  pthread_t first_thread{};  // that started
  std::atomic<bool> several_threads = false;
  std::atomic<bool> first_is_inside = false;
  std::atomic<int> others_inside = 0;
  std::atomic<bool> has_driver = false;

  /// Takes over a dropped send, and forgets those that have completed meanwhile.
  void adopt(orphan* send) noexcept {
    sweep();
    const lock_guard lock(progress);
    send->next_ = orphans_;
    orphans_ = send;
  }
  /// Forgets the dropped sends that are complete; true when none is left.
  bool sweep() noexcept {
    orphan* complete = nullptr;
    bool none_left = false;
    {
      const lock_guard lock(progress);
      for (orphan** link = &orphans_; *link;) {
        orphan* const candidate = *link;
        if (!candidate->is_complete()) {
          link = &candidate->next_;
          continue;
        }
        *link = candidate->next_;
        candidate->next_ = complete;
        complete = candidate;
      }
      none_left = orphans_ == nullptr;
    }
    // outside the lock: they hold objects of the user's, whose destructors may call us
    while (complete) delete std::exchange(complete, complete->next_);
    return none_left;
  }

  int next_part_tag() noexcept {
    const auto tags = static_cast<unsigned>(tag_upper_bound);
    return static_cast<int>(part_tags.fetch_add(1, std::memory_order_relaxed) % tags);
  }

 private:
  orphan* orphans_ = nullptr;
};

/// Where this shared object found the state of the process; null before its first use.
inline constinit std::atomic<process_state*> image_state = nullptr;

process_state& start();
/// The block itself, whatever its phase. Never initializes.
process_state& process_wide_state();

/// The running state. The first use in the process initializes MPI (see runtime/start.hpp).
[[gnu::always_inline]] inline process_state& running() {
  process_state* const found = image_state.load(std::memory_order_acquire);
  if (!found || found->now.load(std::memory_order_relaxed) != phase::running) [[unlikely]]
    return start();
  return *found;
}

/// For calls on what sessions have without a world: groups, infos. Starts nothing while a session
/// is open.
inline process_state& usable() {
  process_state* const found = image_state.load(std::memory_order_acquire);
  if (found && found->now.load(std::memory_order_relaxed) == phase::running) [[likely]]
    return *found;
  process_state& state = process_wide_state();
  return state.sessions.load() == 0 ? start() : state;
}

/// The state while handles may be freed, else null: not before the first use, not after finalize,
/// not in a forked child. Never initializes.
process_state* alive() noexcept;

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
