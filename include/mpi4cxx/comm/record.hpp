// SPDX-License-Identifier: MIT
// What lies behind a communicator handle: the MPI handle, who frees it, and how objects travel on
// it.
#pragma once

#include <mpi4cxx/runtime/start.hpp>

#include <climits>
#include <memory>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

enum class ownership { borrowed, owned };

/// Shared by all copies of a communicator; the last one frees what is owned.
struct comm_record {
  constexpr comm_record() = default;
  constexpr explicit comm_record(bool is_predefined) : predefined(is_predefined) {}
  comm_record(const comm_record&) = delete;
  comm_record& operator=(const comm_record&) = delete;

  std::atomic<int> references = 1;
  bool predefined = false;

  MPI_Comm raw{};  // MPI_COMM_NULL is no constant expression everywhere
  ownership whose = ownership::borrowed;
  int rank = 0;
  int size = 1;         // of the local group
  int remote_size = 0;  // of an intercommunicator

  // For the inner traffic of object collectives, so that nothing of the user's can meet it.
  MPI_Comm shadow{};
  // For comparisons of calls, where MPI4CXX_CHECK asks for them.
  MPI_Comm checks{};
  // Sends announce themselves there: where it is there from the beginning, since a receive cannot
  // tell which of them did not.
  bool has_announcements = false;
  std::atomic<int> open_wildcards =
      0;                               // receives from anybody that announcements are compared with
  std::atomic<unsigned> overlaps = 0;  // receives posted while there were such
  std::atomic<bool> is_unannounced = false;  // messages come that did not announce themselves
  // Every member is in our world, so that parts of objects can travel on the channel.
  bool has_channel = false;
  // Collectives run in their nonblocking form; equal on all members.
  bool nonblocking_collectives = false;

  // Of nonblocking object collectives; those of predefined communicators are counted by the
  // process.
  std::atomic<unsigned> collectives = 0;

  tracked open;

  // A communicator with the same ranks, whose table serves for this one too.
  comm_record* same_ranks = nullptr;

  /// The rank in the world of a peer's rank here. Made at the first large object.
  int world_rank(process_state& state, int peer) {
    if (same_ranks) return same_ranks->world_rank(state, peer);
    if (identity_) return peer;
    if (const int* const table = table_.load(std::memory_order_acquire)) return table[peer];
    return make_table(state)[peer];
  }

  /// The peers' ranks are those of the world.
  void set_world() { identity_ = true; }

  /// Whether every peer is in our world.
  bool within_world(process_state& state) {
    const int* const table = make_table(state);
    const int peers = remote_size > 0 ? remote_size : size;
    for (int peer = 0; peer < peers; ++peer)
      if (table[peer] == MPI_UNDEFINED) return false;
    return true;
  }

  ~comm_record() { delete[] table_.load(); }

 private:
  const int* make_table(process_state& state) {
    const auto peers = static_cast<std::size_t>(remote_size > 0 ? remote_size : size);
    MPI_Group group = MPI_GROUP_NULL;
    if (remote_size > 0)
      check(MPI_Comm_remote_group(raw, &group), "MPI_Comm_remote_group");
    else
      check(MPI_Comm_group(raw, &group), "MPI_Comm_group");
    std::vector<int> ranks(peers);
    for (std::size_t i = 0; i < peers; ++i) ranks[i] = static_cast<int>(i);
    auto made = std::make_unique<int[]>(peers);
    const int error = MPI_Group_translate_ranks(group, static_cast<int>(peers), ranks.data(),
                                                state.world_group, made.get());
    MPI_Group_free(&group);
    check(error, "MPI_Group_translate_ranks");
    int* expected = nullptr;
    // two threads may make it at once; one table stays
    if (table_.compare_exchange_strong(expected, made.get())) return made.release();
    return expected;
  }

  bool identity_ = false;
  std::atomic<int*> table_ = nullptr;
};

/// The tag of the next nonblocking object collective: the same on all ranks, which start them in
/// the same order.
inline int next_collective_tag(process_state& state, comm_record& comm) noexcept {
  if (comm.size == 1) return 1;
  auto& started = comm.predefined ? state.collectives : comm.collectives;
  const unsigned number = started.fetch_add(1, std::memory_order_relaxed);
  // 0 is the tag of blocking ones
  return static_cast<int>(1 + number % static_cast<unsigned>(state.tag_upper_bound));
}

// Known to be predefined before the start: copying a handle is no use of MPI.
inline constinit comm_record world_record{true};
inline constinit comm_record self_record{true};

/// Fills in the predefined communicators of this shared object; called once in each.
inline void set_up_predefined(process_state& state) {
  world_record.raw = MPI_COMM_WORLD;
  world_record.rank = state.world_rank;
  world_record.size = state.world_size;
  world_record.shadow = state.world_shadow;
  world_record.has_channel = state.channel != MPI_COMM_NULL;
  world_record.nonblocking_collectives = state.nonblocking_collectives;
  world_record.set_world();
  self_record.raw = MPI_COMM_SELF;
  self_record.shadow = state.self_shadow;
  self_record.has_channel = state.channel != MPI_COMM_NULL;
}

inline process_state& start_with(start_request wanted) {
  process_state& state = process_wide_state();
  const lock_guard lock(state.starting);
  start_process(state, wanted);
  // other threads may read the records by now; after the start only MPI::Init changes them
  if (wanted.is_explicit || !image_state.load(std::memory_order_relaxed)) set_up_predefined(state);
  image_state.store(&state, std::memory_order_release);
  return state;
}
inline process_state& start() {
  process_state* const found = image_state.load(std::memory_order_acquire);
  if (found && found->now.load(std::memory_order_relaxed) == phase::for_main_thread) {
    require_main_thread(*found);
    return *found;
  }
  return start_with({});
}

/// The two groups of an intercommunicator as one.
[[gnu::cold]] inline MPI_Comm both_groups(MPI_Comm inter) {
  MPI_Comm made = MPI_COMM_NULL;
  check(MPI_Intercomm_merge(inter, 0, &made), "MPI_Intercomm_merge");
  check(MPI_Comm_set_errhandler(made, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  return made;
}

/// A communicator of ours with the members of another. No MPI_Comm_dup of that one: it would copy
/// the user's attributes.
[[gnu::cold]] inline MPI_Comm without_attributes(process_state& state, const comm_record& comm) {
  if (comm.shadow != MPI_COMM_NULL) return duplicate(state, comm.shadow);
  MPI_Comm made = MPI_COMM_NULL;
  const driven_section driven(state);
  check(MPI_Comm_split(comm.raw, 0, comm.rank, &made), "MPI_Comm_split");
  check(MPI_Comm_set_errhandler(made, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  return made;
}

/// Makes the record of a communicator that is new to us. `parent`: the communicator that it was
/// made from, whose ways it inherits; null for a handle that was made elsewhere. Collective over
/// the new communicator where `parent` is given: its shadow is made too. `is_duplicate`: it may
/// have attributes already.
inline comm_record* make_record(process_state& state, MPI_Comm raw, ownership whose,
                                const comm_record* parent, bool is_duplicate = false) {
  if (raw == MPI_COMM_NULL) return nullptr;
  auto made = std::make_unique<comm_record>();
  made->raw = raw;
  made->shadow = made->checks = MPI_COMM_NULL;
  made->whose = whose;
  if (whose == ownership::owned) {
    made->open = tracked("a communicator");
    check(MPI_Comm_set_errhandler(raw, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  }
  check(MPI_Comm_rank(raw, &made->rank), "MPI_Comm_rank");
  check(MPI_Comm_size(raw, &made->size), "MPI_Comm_size");
  int is_inter = 0;
  check(MPI_Comm_test_inter(raw, &is_inter), "MPI_Comm_test_inter");
  if (is_inter) check(MPI_Comm_remote_size(raw, &made->remote_size), "MPI_Comm_remote_size");
  // a group that is part of the parent's goes its ways; what has another group in it may not
  const bool inherits = parent && parent->remote_size == 0 && !is_inter;
  if (inherits) {
    made->has_channel = parent->has_channel;
    made->nonblocking_collectives = parent->nonblocking_collectives;
  } else {
    made->has_channel = state.channel != MPI_COMM_NULL && (!parent || parent->has_channel) &&
                        made->within_world(state);
    // beyond our world nobody agreed on a form; all of the library's ranks take this one
    made->nonblocking_collectives =
        made->has_channel ? state.nonblocking_collectives : state.channel != MPI_COMM_NULL;
  }
  if (parent)
    made->shadow =
        is_duplicate ? without_attributes(state, parent->shadow == MPI_COMM_NULL ? *made : *parent)
                     : duplicate(state, raw);
  if (parent && made->has_channel && state.checks_calls) {
    made->checks = is_inter ? both_groups(raw) : duplicate(state, made->shadow);
    made->has_announcements = !is_inter;
  }
  return made.release();
}

/// Frees what is owned. Local in MPICH and Open MPI, so a destructor may do it.
inline void free_record(comm_record& record) noexcept {
  if (alive()) {
    if (record.shadow != MPI_COMM_NULL) MPI_Comm_free(&record.shadow);
    if (record.checks != MPI_COMM_NULL && !record.predefined) {
      take_announcements(record.checks);
      MPI_Comm_free(&record.checks);
    }
    if (record.whose == ownership::owned && record.raw != MPI_COMM_NULL) {
      MPI_Comm_free(&record.raw);
      forget_callbacks();
    }
  }
  record.shadow = record.raw = record.checks = MPI_COMM_NULL;
}

inline void keep(comm_record* record) noexcept {
  if (record && !record->predefined) record->references.fetch_add(1, std::memory_order_relaxed);
}
inline void drop(comm_record* record) noexcept {
  if (!record || record->predefined ||
      record->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  free_record(*record);
  delete record;
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
