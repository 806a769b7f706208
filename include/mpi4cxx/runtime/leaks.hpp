// SPDX-License-Identifier: MIT
// What the user has left open, with the place where it was made: told at exit where MPI4CXX_LEAKS=1
// asks for it.
#pragma once

#include <mpi4cxx/runtime/user_call.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Something that is to be given back.
struct open_thing {
  const char* what;
  const char* call = nullptr;  // that made it, where it is known
  const char* file = nullptr;
  unsigned line = 0;
  int peer = no_peer, tag = no_tag;
  open_thing* next = nullptr;
  open_thing** link = nullptr;  // where this one is linked in
  bool is_lost = false;
  std::int64_t count = 1;  // of those that it stands for
};

inline bool are_alike(const open_thing& a, const open_thing& b) noexcept {
  return a.what == b.what && a.call == b.call && a.line == b.line && a.file == b.file;
}

/// Stands in a handle that must be freed. A null pointer where nobody asks for a report, and no
/// watchdog whom a wait is for.
class tracked {
 public:
  tracked() noexcept = default;
  /// `what`: "a Datatype".
  explicit tracked(const char* what) {
    process_state* const state = image_state.load(std::memory_order_relaxed);
    if (state && state->observes_calls) [[unlikely]]
      enter(*state, what);
  }
  tracked(tracked&& other) noexcept : thing_(std::exchange(other.thing_, nullptr)) {}
  tracked& operator=(tracked&& other) noexcept {
    std::swap(thing_, other.thing_);
    return *this;
  }
  ~tracked() {
    if (thing_) [[unlikely]]
      leave();
  }
  /// Of the call that made it, where they are known.
  int peer() const noexcept { return thing_ ? thing_->peer : no_peer; }
  int tag() const noexcept { return thing_ ? thing_->tag : no_tag; }
  /// It is no more, but was not ended as it should have been: it stays in the report.
  void lose(const char* what) noexcept {
    if (!thing_) [[likely]]
      return;
    thing_->what = what;
    forget_alike();
    thing_ = nullptr;
  }

 private:
  [[gnu::cold]] void enter(process_state& state, const char* what) {
    auto* const made = new open_thing{what};
    const call_note& note = own_note(state);
    if (note.depth > 0) {
      made->call = note.call.load(std::memory_order_relaxed);
      made->file = note.file.load(std::memory_order_relaxed);
      made->line = note.line.load(std::memory_order_relaxed);
      made->peer = note.peer.load(std::memory_order_relaxed);
      made->tag = note.tag.load(std::memory_order_relaxed);
    }
    thing_ = made;
    const lock_guard lock(state.open_things_lock);
    thing_->next = state.open_things;
    thing_->link = &state.open_things;
    if (thing_->next) thing_->next->link = &thing_->next;
    state.open_things = thing_;
  }
  [[gnu::cold]] void leave() noexcept {
    process_state& state = *image_state.load(std::memory_order_relaxed);
    const lock_guard lock(state.open_things_lock);
    unlink();
  }
  /// Of things that are lost in one place the first stands for all.
  [[gnu::cold]] void forget_alike() noexcept {
    process_state& state = *image_state.load(std::memory_order_relaxed);
    const lock_guard lock(state.open_things_lock);
    thing_->is_lost = true;
    for (open_thing* other = state.open_things; other; other = other->next)
      if (other != thing_ && other->is_lost && are_alike(*other, *thing_)) {
        other->count += thing_->count;
        return unlink();
      }
  }
  void unlink() noexcept {
    *thing_->link = thing_->next;
    if (thing_->next) thing_->next->link = thing_->link;
    delete thing_;
  }
  open_thing* thing_ = nullptr;
};

/// The sentence at exit; empty where all is given back. Things of the same place are counted.
[[gnu::cold]] inline sentence describe_open_things(process_state& state) {
  sentence text = formatted("", {});
  const lock_guard lock(state.open_things_lock);
  for (open_thing* each = state.open_things; each; each = each->next) {
    bool is_told = false;
    for (open_thing* other = state.open_things; other != each && !is_told; other = other->next)
      is_told = are_alike(*other, *each);
    if (is_told) continue;
    std::int64_t count = 0;
    for (open_thing* other = each; other; other = other->next)
      if (are_alike(*other, *each)) count += other->count;
    const sentence times = count > 1 ? formatted(" ({} times)", {count}) : formatted("", {});
    sentence longer = each->call
                          ? formatted("{}\nmpi4cxx:   {} of {} at {}:{}{}",
                                      {text, each->what, each->call, each->file, each->line, times})
                          : formatted("{}\nmpi4cxx:   {}{}", {text, each->what, times});
    text.swap(longer);
  }
  return text;
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
