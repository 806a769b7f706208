// SPDX-License-Identifier: MIT
// Start and finish: the first use initializes, the exit finalizes, a failing rank ends the job.
#pragma once

#include <mpi4cxx/runtime/abort.hpp>
#include <mpi4cxx/runtime/call_statement.hpp>
#include <mpi4cxx/runtime/leaks.hpp>
#include <mpi4cxx/runtime/machine.hpp>
#include <mpi4cxx/runtime/rank_list.hpp>
#include <mpi4cxx/runtime/settings.hpp>
#include <mpi4cxx/runtime/wait.hpp>
#include <mpi4cxx/runtime/watchdog.hpp>

#include <cxxabi.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <typeinfo>

#if defined(__linux__)
#include <sys/auxv.h>
#endif

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

#if defined(MPICH_VERSION)
inline constexpr const char* mpi_name = "MPICH";
#elif defined(OPEN_MPI)
inline constexpr const char* mpi_name = "Open MPI";
#else
inline constexpr const char* mpi_name = "MPI";
#endif

// ---- one state for all shared objects of the process

/// Where the state is, as text. Shared objects loaded with RTLD_LOCAL, or built with hidden
/// visibility, have inline variables of their own; the environment is the one place that all of
/// them see without any help from the linker. The random bytes that the kernel gives each program
/// image tell our own entry from one that was inherited.
struct state_entry {
  explicit state_entry(const void* address) {
    unsigned long long image = 0;
#if defined(__linux__)
    if (const auto* const random = reinterpret_cast<const unsigned char*>(getauxval(AT_RANDOM)))
      for (int i = 0; i < 8; ++i) image = image << 8 | random[i];
#else
    image = static_cast<unsigned long long>(getpid());
#endif
    std::snprintf(text, sizeof text, "%016llx:%#llx", image,
                  static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(address)));
  }
  char text[48];
};

[[gnu::cold]] inline process_state& find_or_make_state() {
  char name[48];
  std::snprintf(name, sizeof name, "MPI4CXX_STATE_%d_%d", MPI4CXX_VERSION_MAJOR,
                MPI4CXX_VERSION_MINOR);
  if (const char* const text = std::getenv(name)) {
    if (const char* const colon = std::strchr(text, ':')) {
      auto* const address = reinterpret_cast<process_state*>(
          static_cast<std::uintptr_t>(std::strtoull(colon + 1, nullptr, 16)));
      if (is_equal(state_entry(address).text, text)) return *address;
    }
  }
  auto* const made = new process_state;
  setenv(name, state_entry(made).text, 1);
  return *made;
}

[[gnu::cold]] inline process_state& process_wide_state() {
  static process_state& state = find_or_make_state();
  return state;
}

[[gnu::cold]] inline process_state* alive() noexcept {
  process_state& state = process_wide_state();
  const phase now = state.now.load(std::memory_order_acquire);
  const bool usable =
      now == phase::running || now == phase::starting || now == phase::for_main_thread;
  return usable && state.process_id == getpid() ? &state : nullptr;
}

// ---- the end

[[gnu::cold]] inline void notify_undriven(process_state& state) {
  const char* const level = state.thread_level == MPI_THREAD_SERIALIZED ? "serialized"
                            : state.thread_level == MPI_THREAD_FUNNELED ? "funneled"
                                                                        : "single";
  say(
      formatted("rank {} waits in a call within which an unfinished irecv or object collective "
                "cannot go on, since MPI provides thread level {} only: wait for it before that "
                "call, or initialize with level multiple (MPI4CXX_RC_THREAD_LEVEL)",
                {state.world_rank, level}));
}

/// Frees the windows that are left, the last one first, as their owners would have done on other
/// ranks. MPI's end should find none: MPICH with UCX aborts in it.
[[gnu::cold]] inline void free_windows(process_state& state) {
  std::vector<MPI_Win> left;
  {
    const lock_guard lock(state.starting);
    left.swap(state.windows);
  }
  for (; !left.empty(); left.pop_back())
    if (const int code = MPI_Win_free(&left.back()); code != MPI_SUCCESS)
      say(formatted("rank {} of {}: a window could not be freed: {}",
                    {state.world_rank, state.world_size, Exception(code).what()}));
}

[[gnu::cold]] inline void report_leaks(process_state& state) {
  const sentence left = describe_open_things(state);
  if (*left.c_str())
    say(formatted("rank {} of {} left open:{}", {state.world_rank, state.world_size, left}));
}

[[gnu::cold]] inline void stop_watchdog(process_state& state) {
  if (const auto stop = std::exchange(state.stop_watchdog, nullptr)) stop(state);
}

inline constexpr std::size_t most_announcement = 512;

/// Checked mode, before its communicator is freed: takes the announcements that no receive has
/// compared. In MPICH a later communicator with the same context would get them.
[[gnu::cold]] inline void take_announcements(MPI_Comm checks) noexcept {
  char unread[most_announcement];
  int found = 0;
  while (MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, checks, &found, MPI_STATUS_IGNORE) ==
             MPI_SUCCESS &&
         found)
    if (MPI_Recv(unread, sizeof unread, MPI_BYTE, MPI_ANY_SOURCE, MPI_ANY_TAG, checks,
                 MPI_STATUS_IGNORE) != MPI_SUCCESS)
      return;
}

/// What the user keeps with a predefined communicator.
[[gnu::cold]] inline int delete_attributes(process_state& state, MPI_Comm comm) {
  int failure = MPI_SUCCESS;
  for (const std::uintptr_t key : state.callbacks.keys(callback_kind::comm_keyval)) {
    const int keyval = static_cast<int>(key);
    void* value = nullptr;
    int is_kept = 0;
    if (MPI_Comm_get_attr(comm, keyval, static_cast<void*>(&value), &is_kept) != MPI_SUCCESS ||
        !is_kept)
      continue;
    if (const int code = MPI_Comm_delete_attr(comm, keyval); code != MPI_SUCCESS) failure = code;
  }
  return failure;
}

/// Runs first in MPI_Finalize, whoever calls it: gives back what is ours while MPI still works.
[[gnu::cold]] inline int before_finalize(MPI_Comm, int, void* attribute, void*) {
  auto& state = *static_cast<process_state*>(attribute);
  stop_watchdog(state);
  if (state.reports_leaks) report_leaks(state);
  free_windows(state);
  // MPI itself would delete them after what is ours, which their callbacks may use
  const int failure = delete_attributes(state, MPI_COMM_WORLD);
  const double begin = MPI_Wtime();
  pause pause(state);
  while (!state.sweep()) {
    if (MPI_Wtime() - begin > 10) {
      say(
          formatted("rank {} of {}: an object sent with isend or bsend was never received; "
                    "finalizing without it",
                    {state.world_rank, state.world_size}));
      break;
    }
    advance(state);
    pause();
  }
  while (state.has_driver && !presence::of_anybody(state)) sched_yield();
  state.now = phase::finalized;
  if (state.world_checks != MPI_COMM_NULL) take_announcements(state.world_checks);
  for (MPI_Comm* const comm : {&state.channel, &state.world_shadow, &state.self_shadow,
                               &state.watch, &state.world_checks, &state.self_checks})
    if (*comm != MPI_COMM_NULL) MPI_Comm_free(comm);
  if (state.world_group != MPI_GROUP_NULL) MPI_Group_free(&state.world_group);
  for (MPI_Datatype& type : state.kept_types) MPI_Type_free(&type);
  return failure;
}

/// Checked mode: the others may be about to call a collective that this rank never will. They are
/// told, and asked again until all have come here.
[[gnu::cold]] inline void compare_end(process_state& state) {
  call_statement mine;
  copy_end(mine.call, "Finalize");
  const auto ranks = static_cast<std::size_t>(state.world_size);
  const std::size_t size = statement_size(state.world_size, 0);
  const malloced outgoing(std::calloc(1, size)), incoming(std::calloc(ranks, size));
  std::memcpy(outgoing.memory(), &mine, sizeof mine);
  const auto is_here = [&](std::size_t rank) {
    return is_equal(static_cast<const char*>(incoming.memory()) + rank * size, mine.call);
  };
  for (std::size_t here = 0; here < ranks;) {
    MPI_Request request = MPI_REQUEST_NULL;
    const auto bytes = static_cast<int>(size);
    check(MPI_Iallgather(outgoing.memory(), bytes, MPI_BYTE, incoming.memory(), bytes, MPI_BYTE,
                         state.world_checks, &request),
          "MPI_Iallgather");
    wait(state, request, MPI_STATUS_IGNORE, "MPI_Iallgather");
    for (here = 0; here < ranks && is_here(here);) ++here;
  }
}

[[gnu::cold]] inline void finalize(process_state& state) {
  if (state.now == phase::finalized) return;
  free_windows(state);
  if ((state.nonblocking_collectives || state.stop_watchdog) && state.channel != MPI_COMM_NULL) {
    // MPI_Finalize waits without yielding, and without a watchdog; meeting here first keeps that
    // short
    const user_call inside(state, "Finalize", place::here("exit", 0));
    if (state.checks_calls) compare_end(state);
    MPI_Request request = MPI_REQUEST_NULL;
    if (MPI_Ibarrier(state.channel, &request) == MPI_SUCCESS)
      wait(state, request, MPI_STATUS_IGNORE, "MPI_Ibarrier");
    if (state.checks_calls) {
      advance(state);
      throw_mismatch(state);  // found since the last call
    }
  }
  if (state.sessions != 0) {
    // MPICH leaves attributes alone then, and with them what is to be done before
    check(delete_attributes(state, MPI_COMM_SELF), "MPI_Comm_delete_attr");
    check(MPI_Comm_delete_attr(MPI_COMM_SELF, state.finalize_keyval), "MPI_Comm_delete_attr");
  }
  check(MPI_Finalize(), "MPI_Finalize");
}

[[gnu::cold]] inline void at_exit(int status) noexcept {
  process_state* const state = alive();
  if (!state) return;
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (finalized) return;
  if (status != 0)
    abort_job(*state, formatted("left with exit status {}; the job is ended", {status}), status);
  if (!state->finalizes_here) return;
  try {
    finalize(*state);
  } catch (const std::exception& error) {
    abort_job(*state, error.what(), 1);
  }
}

/// What the exception in flight says, with its type.
[[gnu::cold]] inline sentence describe_current_exception() {
  const char* type = "unknown type";
  const std::type_info* const info = abi::__cxa_current_exception_type();
  int error = 0;
  malloced name(info ? abi::__cxa_demangle(info->name(), nullptr, nullptr, &error) : nullptr);
  if (info) type = name.memory() ? name.text() : info->name();
  if (starts_with(type, "mpi4cxx::"))
    if (const char* const ours = std::strstr(type, "MPI::")) type = ours;
  try {
    throw;
  } catch (const std::exception& exception) {
    return formatted("{}: {}", {type, exception.what()});
  } catch (const char* text) {
    return formatted("{}: {}", {type, text});
  } catch (const std::string& text) {
    return formatted("{}: {}", {type, text});
  } catch (...) {
    return formatted("{}", {type});
  }
}

inline std::terminate_handler previous_terminate = nullptr;

/// Whether the launcher, if there is one, calls this process number 0.
[[gnu::cold]] inline bool is_first_of_launcher() {
  for (const char* const name : {"PMI_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID"})
    if (const char* const rank = std::getenv(name)) return std::atoi(rank) == 0;
  return true;
}

[[noreturn]] [[gnu::cold]] inline void on_terminate() {
  if (process_state* const state = alive()) {
    if (!std::current_exception()) abort_job(*state, "std::terminate was called", 1);
    abort_job(*state, formatted("uncaught exception {}", {describe_current_exception()}), 1);
  }
  if (std::current_exception()) {
    try {
      throw;
    } catch (const setting_error& error) {
      // MPI is not up; all ranks have the same settings mostly, so one of them speaks. The others
      // let it come first: a launcher ends all when one of them ends.
      if (is_first_of_launcher())
        say(error.what());
      else
        ::sleep(1);
      std::_Exit(1);
    } catch (...) {
    }
  }
  if (previous_terminate) previous_terminate();
  std::abort();
}

// ---- the start

/// The first call of another thread is refused, instead of what MPI would make of it.
[[gnu::cold]] inline void require_main_thread(const process_state& state) {
  int is_main = 0;
  check(MPI_Is_thread_main(&is_main), "MPI_Is_thread_main");
  if (is_main) return;
  raise(MPI_ERR_OTHER,
        formatted("only the thread that initialized MPI may call it, since MPI provides thread "
                  "level {} only: ask for level multiple (MPI4CXX_RC_THREAD_LEVEL, "
                  "MPI::Init_thread, or MPI_Init_thread where you initialize it yourself)",
                  {state.thread_level == MPI_THREAD_FUNNELED ? "funneled" : "single"}));
}

/// What all ranks must have in common, exchanged once.
struct agreement {
  std::uint64_t wire_version = 1;
  std::uint64_t inline_limit = 0;
  std::uint64_t chunk_limit = 0;
  std::uint64_t check = 0;
  std::uint64_t watchdog = 0;  // in milliseconds
  std::uint64_t watchdog_aborts = 0;
  std::uint64_t must_give_way = 0;
  std::uint64_t cannot_watch = 0;
};

/// What each rank says.
struct agreements {
  const agreement* first;
  int ranks;
};

[[gnu::cold]] inline void require_agreement(agreements all, std::uint64_t agreement::*field,
                                            const char* what) {
  const std::uint64_t expected = all.first->*field;
  std::uint64_t other = expected;
  rank_list others;  // those that have the first other value
  for (int rank = 0; rank < all.ranks; ++rank) {
    const std::uint64_t value = all.first[rank].*field;
    if (other == expected) other = value;
    others.add(rank, value != expected && value == other);
  }
  others.end();
  if (others.count == 0) return;
  raise(MPI_ERR_OTHER, formatted("{} must be equal on all ranks: it is {} on rank 0, but {} on {}",
                                 {what, expected, other, others.text}));
}

/// Waits for the first collective of all, and says so when that takes long.
[[gnu::cold]] inline void wait_for_everybody(process_state& state, MPI_Request& request,
                                             const char* function) {
  double notice = MPI_Wtime() + state.start_notice + 0.5 * state.world_rank;
  pause pause(state);
  for (int done = 0; !done; pause()) {
    check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), function);
    if (done || MPI_Wtime() < notice) continue;
    say(
        formatted("rank {} waits for all {} ranks of COMM_WORLD to come to their first mpi4cxx "
                  "call, which is collective. If only some ranks use mpi4cxx, set "
                  "MPI4CXX_RC_CHANNEL=0 (or mpi4cxx::rc.channel = false) on those that do.",
                  {state.world_rank, state.world_size}));
    notice += 3600;
  }
}

/// A communicator of ours with the members of `comm`; waits politely.
[[gnu::cold]] inline MPI_Comm duplicate(process_state& state, MPI_Comm comm) {
  MPI_Comm made = MPI_COMM_NULL;
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Comm_idup(comm, &made, &request), "MPI_Comm_idup");
  wait(state, request, MPI_STATUS_IGNORE, "MPI_Comm_idup");
  check(MPI_Comm_set_errhandler(made, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  return made;
}

[[gnu::cold]] inline void open_watch(process_state& state, const settings& set, bool can_watch) {
  if (!can_watch) {
    if (state.world_rank == 0)
      say("MPI4CXX_WATCHDOG needs the thread level multiple, which MPI does not give here: there "
          "is "
          "no watchdog");
    return;
  }
  state.watch = duplicate(state, MPI_COMM_WORLD);
  watchdog::start(state, state.watch, set.watchdog, set.watchdog_aborts);
}

/// The start-up exchange: the channel, and agreement on what must be equal. Collective over the
/// world.
[[gnu::cold]] inline void open_channel(process_state& state, const settings& set) {
  struct opening {
    explicit opening(process_state& s) : state(s) { state.opening_channel = true; }
    ~opening() { state.opening_channel = false; }
    process_state& state;
  };
  const opening opening(state);
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Comm made = MPI_COMM_NULL;
  check(MPI_Comm_idup(MPI_COMM_WORLD, &made, &request), "MPI_Comm_idup");
  wait_for_everybody(state, request, "MPI_Comm_idup");
  check(MPI_Comm_set_errhandler(made, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");

  agreement mine;
  mine.inline_limit = set.inline_limit;
  mine.chunk_limit = set.chunk_limit;
  mine.check = set.check;
  mine.watchdog = static_cast<std::uint64_t>(set.watchdog * 1000);
  mine.watchdog_aborts = set.watchdog_aborts;
  mine.must_give_way = state.policy != waiting::spin;
  mine.cannot_watch = state.thread_level < MPI_THREAD_MULTIPLE;
  const malloced gathered(std::calloc(static_cast<std::size_t>(state.world_size), sizeof mine));
  const agreements all{static_cast<agreement*>(gathered.memory()), state.world_size};
  check(MPI_Iallgather(&mine, sizeof mine, MPI_BYTE, gathered.memory(), sizeof mine, MPI_BYTE, made,
                       &request),
        "MPI_Iallgather");
  wait(state, request, MPI_STATUS_IGNORE, "MPI_Iallgather");
  require_agreement(all, &agreement::wire_version, "the wire version of mpi4cxx");
  require_agreement(all, &agreement::inline_limit, "MPI4CXX_RC_INLINE_LIMIT");
  require_agreement(all, &agreement::chunk_limit, "MPI4CXX_RC_CHUNK_LIMIT");
  require_agreement(all, &agreement::check, "MPI4CXX_CHECK");
  require_agreement(all, &agreement::watchdog, "MPI4CXX_WATCHDOG (in milliseconds)");
  require_agreement(all, &agreement::watchdog_aborts, "\",abort\" in MPI4CXX_WATCHDOG");
  for (int rank = 0; rank < all.ranks; ++rank)
    if (all.first[rank].must_give_way) state.nonblocking_collectives = true;
  bool can_watch = true;
  for (int rank = 0; rank < all.ranks; ++rank)
    if (all.first[rank].cannot_watch) can_watch = false;

  state.world_shadow = duplicate(state, made);
  if (set.check) {
    state.world_checks = duplicate(state, made);
    state.self_checks = duplicate(state, MPI_COMM_SELF);
    state.checks_calls = true;
  }
  state.channel = made;
  if (set.watchdog > 0) open_watch(state, set, can_watch);
}

/// Everything after MPI is up. `foreign`: somebody else initialized it.
[[gnu::cold]] inline void set_up(process_state& state, const settings& set, bool foreign) {
  check(MPI_Query_thread(&state.thread_level), "MPI_Query_thread");
  const auto handle_errors = [&](MPI_Errhandler handler) {
    check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, handler), "MPI_Comm_set_errhandler");
    check(MPI_Comm_set_errhandler(MPI_COMM_SELF, handler), "MPI_Comm_set_errhandler");
  };
  if (is_equal(set.errors, "exception") || (is_equal(set.errors, "") && !foreign))
    handle_errors(MPI_ERRORS_RETURN);
  else if (is_equal(set.errors, "abort") || is_equal(set.errors, "fatal"))
    handle_errors(MPI_ERRORS_ARE_FATAL);

  check(MPI_Comm_rank(MPI_COMM_WORLD, &state.world_rank), "MPI_Comm_rank");
  check(MPI_Comm_size(MPI_COMM_WORLD, &state.world_size), "MPI_Comm_size");
  if (const sentence mismatch = launcher_mismatch(state.world_size, mpi_name); *mismatch.c_str())
    say(mismatch);
  int* bound = nullptr;
  int found = 0;
  check(MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &bound, &found), "MPI_Comm_get_attr");
  if (found) state.tag_upper_bound = *bound;

  state.policy = is_equal(set.wait, "spin")    ? waiting::spin
                 : is_equal(set.wait, "yield") ? waiting::yield
                 : is_equal(set.wait, "sleep") ? waiting::sleep
                 : more_ranks_than_cores()     ? waiting::yield
                                               : waiting::spin;
  // checks need waits that look; those of the spin policy block
  if (set.check && state.policy == waiting::spin) state.policy = waiting::yield;
  state.inline_limit = set.inline_limit;
  state.chunk_limit = set.chunk_limit;
  state.max_object = set.max_object;
  state.start_notice = set.start_notice;
  state.observes_calls = set.check || set.leaks || set.watchdog > 0;
  state.sends_synchronously = set.synchronous;
  state.reports_leaks = set.leaks;
  check(MPI_Comm_group(MPI_COMM_WORLD, &state.world_group), "MPI_Comm_group");
  check(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, before_finalize, &state.finalize_keyval,
                               nullptr),
        "MPI_Comm_create_keyval");
  check(MPI_Comm_set_attr(MPI_COMM_SELF, state.finalize_keyval, &state), "MPI_Comm_set_attr");
  check(MPI_Comm_dup(MPI_COMM_SELF, &state.self_shadow), "MPI_Comm_dup");
  check(MPI_Comm_set_errhandler(state.self_shadow, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
}

struct start_request {
  bool is_explicit = false;  // MPI::Init, MPI::Init_thread
  int thread_level = -1;     // as rc says
};

/// Initializes MPI where nobody has, and this library's state. Throws after finalize.
[[gnu::cold]] inline void start_process(process_state& state, start_request wanted) {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  if (finalized || state.now == phase::finalized)
    raise(MPI_ERR_OTHER, "MPI was used after it was finalized");
  if (state.now == phase::running || state.now == phase::for_main_thread) {
    if (wanted.is_explicit && state.initialized_here)
      raise(MPI_ERR_OTHER,
            "MPI is initialized already: the first use of a communicator does it, call MPI::Init "
            "before that or not at all");
    if (wanted.is_explicit && state.channel == MPI_COMM_NULL) open_channel(state, read_settings());
    return;
  }

  if (state.start_failure) raise(MPI_ERR_OTHER, state.start_failure);
  if (!initialized && !previous_terminate) previous_terminate = std::set_terminate(on_terminate);
  const settings set = read_settings();
  if (!initialized) {
    if (!set.initialize && !wanted.is_explicit)
      raise(MPI_ERR_OTHER,
            "MPI is not initialized and mpi4cxx::rc.initialize is false: call MPI::Init() first");
    const int level = wanted.thread_level >= 0 ? wanted.thread_level : set.thread_level;
    int provided = MPI_THREAD_SINGLE;
    if (set.threads || wanted.thread_level >= 0)
      check(MPI_Init_thread(nullptr, nullptr, level, &provided), "MPI_Init_thread");
    else
      check(MPI_Init(nullptr, nullptr), "MPI_Init");
    state.initialized_here = true;
    state.finalizes_here = set.finalize;
  }
  state.process_id = getpid();
  state.first_thread = pthread_self();
  set_up(state, set, initialized != 0);
  state.now = phase::starting;
  if (!initialized) {
    // from here on a failure of this rank ends the job
#if defined(__GLIBC__)
    on_exit([](int status, void*) { at_exit(status); }, nullptr);
#else
    std::atexit([] { at_exit(0); });
#endif
  }
  if (set.channel && (!initialized || wanted.is_explicit)) try {
      open_channel(state, set);
    } catch (const Exception& error) {
      state.start_failure = strdup(error.what());
      throw;
    }
  if (state.channel == MPI_COMM_NULL && (set.check || set.watchdog > 0) &&
      (state.world_rank == 0 || !set.channel))
    say(formatted(
        "MPI4CXX_CHECK and MPI4CXX_WATCHDOG need the exchange of all ranks at the start, "
        "which rank {} leaves out because {}: no calls are compared, and there is no "
        "watchdog",
        {state.world_rank, set.channel
                               ? "MPI was initialized by somebody else; MPI::Init() makes up for it"
                               : "of MPI4CXX_RC_CHANNEL=0 (mpi4cxx::rc.channel)"}));
  state.now.store(
      state.thread_level < MPI_THREAD_SERIALIZED ? phase::for_main_thread : phase::running,
      std::memory_order_release);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
