// SPDX-License-Identifier: MIT
// The watchdog (MPI4CXX_WATCHDOG=30s): a thread on every rank, with a communicator of its own. When
// a rank has waited that long in one call, the ranks are asked what they are doing.
#pragma once

#include <mpi4cxx/runtime/abort.hpp>
#include <mpi4cxx/runtime/rank_list.hpp>
#include <mpi4cxx/runtime/user_call.hpp>
#include <mpi4cxx/runtime/wait.hpp>

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// What a rank is doing, as it travels. Zeroed: equal ones compare equal as bytes.
struct rank_report {
  char call[40];  // empty: none yet
  char file[80];  // the end of a longer one
  char comm[40];
  int ranks, line, peer, tag, is_inside;
  double seconds;  // for so long

  static constexpr std::size_t compared = sizeof(double);
  bool is_same_call(const rank_report& other) const noexcept {
    return std::memcmp(this, &other, sizeof *this - compared) == 0;
  }
};

/// What the thread is doing that has been at it for longest; of those inside a call if any is.
[[gnu::cold]] inline rank_report report_of(const process_state& state) noexcept {
  rank_report longest{};
  for (call_note* note = state.notes.load(std::memory_order_acquire); note; note = note->next) {
    rank_report found{};
    unsigned version = 0;
    double since = 0;
    do {
      version = note->version.load(std::memory_order_acquire);
      found = {};
      if (const char* const call = note->call.load(std::memory_order_relaxed))
        copy_end(found.call, call);
      if (const char* const file = note->file.load(std::memory_order_relaxed))
        copy_end(found.file, file);
      if (const char* const comm = note->comm.load(std::memory_order_relaxed))
        copy_end(found.comm, comm);
      found.ranks = note->ranks.load(std::memory_order_relaxed);
      found.line = static_cast<int>(note->line.load(std::memory_order_relaxed));
      found.peer = note->peer.load(std::memory_order_relaxed);
      found.tag = note->tag.load(std::memory_order_relaxed);
      found.is_inside = note->is_inside.load(std::memory_order_relaxed);
      since = note->since.load(std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_acquire);
    } while (version % 2 != 0 || version != note->version.load(std::memory_order_relaxed));
    found.seconds = MPI_Wtime() - since;
    const bool is_gone = !note->is_taken.load(std::memory_order_relaxed) && longest.call[0];
    if (!found.call[0] || is_gone) continue;
    if (!longest.call[0] || found.is_inside > longest.is_inside ||
        (found.is_inside == longest.is_inside && found.seconds > longest.seconds))
      longest = found;
  }
  return longest;
}

/// "recv from rank 0, tag 5, on COMM_WORLD (prog.cpp:12)"
[[gnu::cold]] inline sentence describe(const rank_report& report) {
  const auto peer = report.peer == no_peer          ? sentence(new char[1]{})
                    : report.peer == MPI_ANY_SOURCE ? formatted(" with any rank", {})
                    : report.peer == MPI_PROC_NULL  ? formatted(" with PROC_NULL", {})
                                                    : formatted(" with rank {}", {report.peer});
  const auto tag = report.tag == no_tag        ? sentence(new char[1]{})
                   : report.tag == MPI_ANY_TAG ? formatted(", any tag", {})
                                               : formatted(", tag {}", {report.tag});
  const auto comm = report.comm[0]     ? formatted(" on {}", {report.comm})
                    : report.ranks > 0 ? formatted(" on a communicator of {} ranks", {report.ranks})
                                       : sentence(new char[1]{});
  if (!report.file[0]) return formatted("{}{}{}{}", {report.call, peer, tag, comm});
  return formatted("{}{}{}{} at {}:{}", {report.call, peer, tag, comm, report.file, report.line});
}

class watchdog {
 public:
  /// Collective over the world. `limit` in seconds.
  [[gnu::cold]] static void start(process_state& state, MPI_Comm comm, double limit, bool aborts) {
    static watchdog only;
    only.state_ = &state;
    only.comm_ = comm;
    only.limit_ = only.next_ = limit;
    only.aborts_ = aborts;
    // signals are for the threads of the user's
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&only.thread_, nullptr, run, &only);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error != 0) raise(MPI_ERR_OTHER, "the thread of the watchdog could not be started");
    state.stop_watchdog = [](process_state&) {
      only.is_over_.store(true, std::memory_order_release);
      pthread_join(only.thread_, nullptr);
    };
  }

 private:
  // what its messages mean
  static constexpr int hold = 1, held = 2, question = 3, answer = 4;
  static constexpr double patience = 2;  // seconds, for ranks that may not answer

  [[gnu::cold]] static void* run(void* self) {
    static_cast<watchdog*>(self)->watch();
    return nullptr;
  }
  void watch() {
    while (!is_over_.load(std::memory_order_acquire)) {
      nap();
      serve();
      const rank_report mine = report_of(*state_);
      if (!mine.is_inside || mine.seconds < limit_) {
        next_ = limit_;
        continue;
      }
      if (mine.seconds < next_) continue;
      next_ = 2 * mine.seconds;  // once more when it has lasted twice as long
      ask_for_roll_call(mine);
    }
  }
  static void nap() noexcept {
    const timespec time{0, 20'000'000};
    nanosleep(&time, nullptr);
  }

  /// The first rank that answers holds it, so that there is one and not many.
  void ask_for_roll_call(const rank_report& mine) {
    for (int rank = 0; rank < state_->world_rank; ++rank) {
      post(&mine, rank, hold);
      if (wait_for_message(rank, held, MPI_Wtime() + patience)) return;
    }
    if (MPI_Wtime() - last_roll_call_ < limit_ / 2) return;
    hold_roll_call(state_->world_rank, mine);
  }

  /// Answers what other watchdogs ask.
  void serve() {
    MPI_Status status;
    rank_report report;
    while (look(MPI_ANY_SOURCE, hold, status)) {
      take(&report, status);
      post(nullptr, status.MPI_SOURCE, held);
      if (MPI_Wtime() - last_roll_call_ >= limit_ / 2) hold_roll_call(status.MPI_SOURCE, report);
    }
    while (look(MPI_ANY_SOURCE, question, status)) {
      take(nullptr, status);
      report = report_of(*state_);
      post(&report, status.MPI_SOURCE, answer);
    }
  }

  /// What all ranks say.
  struct roll {
    explicit roll(std::size_t ranks)
        : size(ranks), reports(new rank_report[ranks]()), has_answered(new bool[ranks]()) {}
    roll(const roll&) = delete;
    roll& operator=(const roll&) = delete;
    ~roll() {
      delete[] reports;
      delete[] has_answered;
    }
    std::size_t size;
    rank_report* reports;
    bool* has_answered;
  };

  void hold_roll_call(int overdue, const rank_report& theirs) {
    roll all(static_cast<std::size_t>(state_->world_size));
    MPI_Status status;
    while (look(MPI_ANY_SOURCE, answer, status)) take(nullptr, status);  // late ones
    for (int rank = 0; rank < state_->world_size; ++rank)
      if (rank != state_->world_rank) post(nullptr, rank, question);
    const auto own = static_cast<std::size_t>(state_->world_rank);
    all.reports[own] = report_of(*state_);
    all.has_answered[own] = true;
    std::size_t missing = all.size - 1;
    for (const double end = MPI_Wtime() + patience; missing != 0 && MPI_Wtime() < end;) {
      if (!look(MPI_ANY_SOURCE, answer, status)) {
        nap();
        continue;
      }
      const auto rank = static_cast<std::size_t>(status.MPI_SOURCE);
      take(&all.reports[rank], status);
      missing -= !all.has_answered[rank];
      all.has_answered[rank] = true;
    }
    print(overdue, theirs, all);
    last_roll_call_ = MPI_Wtime();
    if (aborts_) abort_job(*state_, "the job is ended, as MPI4CXX_WATCHDOG says", 1);
  }

  void print(int overdue, const rank_report& theirs, const roll& all) {
    const sentence title = formatted(
        "watchdog: rank {} has waited for {} s in {}. The {} ranks:",
        {overdue, static_cast<long>(theirs.seconds), describe(theirs), state_->world_size});
    const rank_groups groups(all.size, [&](std::size_t a, std::size_t b) {
      if (!all.has_answered[a] || !all.has_answered[b])
        return all.has_answered[a] == all.has_answered[b];
      return all.reports[a].is_same_call(all.reports[b]);
    });
    say(groups.report(title.c_str(), [&](const char* ranks, std::size_t first) {
      const bool is_one = groups.count(first) == 1;
      const rank_report& report = all.reports[first];
      if (!all.has_answered[first])
        return formatted("{} do{} not answer: dead, stopped, or out of reach",
                         {ranks, is_one ? "es" : ""});
      const char* const verb_end = is_one ? "s" : "";
      if (!report.call[0])
        return formatted("{} compute{}, and made no call yet", {ranks, verb_end});
      double least = report.seconds, most = least;
      for (std::size_t rank = first; rank < all.size; ++rank) {
        if (!groups.has(first, rank)) continue;
        const double seconds = all.reports[rank].seconds;
        least = least < seconds ? least : seconds;
        most = most > seconds ? most : seconds;
      }
      const auto from = static_cast<long>(least), to = static_cast<long>(most);
      const sentence time =
          from == to ? formatted("{} s", {to}) : formatted("{} to {} s", {from, to});
      return formatted(
          report.is_inside ? "{} wait{} for {} in {}" : "{} compute{} for {}, after {}",
          {ranks, verb_end, time, describe(report)});
    }));
  }

  // ---- messages. A rank that is dead never takes what is sent to it: small ones leave at once,
  // and the memory of all is kept.

  void post(const rank_report* report, int rank, int tag) {
    auto* const copy = new rank_report(report ? *report : rank_report{});
    MPI_Request request = MPI_REQUEST_NULL;
    if (MPI_Isend(copy, sizeof *copy, MPI_BYTE, rank, tag, comm_, &request) != MPI_SUCCESS) return;
    for (int looks = 0; looks < 100; ++looks) {
      int done = 0;
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (!done) continue;
      delete copy;
      return;
    }
    MPI_Request_free(&request);
  }
  bool look(int rank, int tag, MPI_Status& status) {
    int is_there = 0;
    return MPI_Iprobe(rank, tag, comm_, &is_there, &status) == MPI_SUCCESS && is_there;
  }
  void take(rank_report* report, const MPI_Status& status) {
    rank_report ignored;
    MPI_Recv(report ? report : &ignored, sizeof ignored, MPI_BYTE, status.MPI_SOURCE,
             status.MPI_TAG, comm_, MPI_STATUS_IGNORE);
  }
  /// Serves the others meanwhile.
  bool wait_for_message(int rank, int tag, double end) {
    MPI_Status status;
    do {
      if (look(rank, tag, status)) return take(nullptr, status), true;
      serve();
      nap();
    } while (MPI_Wtime() < end);
    return false;
  }

  process_state* state_ = nullptr;
  MPI_Comm comm_ = MPI_COMM_NULL;
  double limit_ = 0, next_ = 0, last_roll_call_ = -1e9;
  bool aborts_ = false;
  std::atomic<bool> is_over_ = false;
  pthread_t thread_{};
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
