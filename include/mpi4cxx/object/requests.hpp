// SPDX-License-Identifier: MIT
// What a request of a lowercase call stands for: an object on its way out, or one that is to come.
#pragma once

#include <mpi4cxx/object/transfer.hpp>

#include <optional>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// An object transfer that a request owns.
class object_operation {
 public:
  virtual ~object_operation() = default;
  /// True when complete; throws what went wrong. `status` may be MPI_STATUS_IGNORE.
  virtual bool test(MPI_Status* status) = 0;
  /// Where that can be. Source: MPI_Cancel, of the header of a receive.
  virtual void cancel() = 0;
  /// Whether it reads or writes memory of the caller, who must keep that until completion.
  virtual bool uses_callers_memory() const noexcept = 0;
  /// Its request was dropped unfinished; it must see to its own end.
  virtual void abandon(std::unique_ptr<object_operation> self) noexcept = 0;

  static void* operator new(std::size_t size) { return kept_memory::take(size); }
  static void operator delete(void* memory, std::size_t size) noexcept {
    kept_memory::give(memory, size);
  }
  // those that hold a type of the user's with more alignment
  static void* operator new(std::size_t size, std::align_val_t alignment) {
    return ::operator new(size, alignment);
  }
  static void operator delete(void* memory, std::size_t, std::align_val_t alignment) noexcept {
    ::operator delete(memory, alignment);
  }
};

/// A request that has failed while others were told of: the next look at it tells.
class failed_operation final : public object_operation {
 public:
  failed_operation() : failure_(std::current_exception()) {}
  bool test(MPI_Status*) override { std::rethrow_exception(failure_); }
  void cancel() override {}
  bool uses_callers_memory() const noexcept override { return false; }
  void abandon(std::unique_ptr<object_operation> self) noexcept override { self.reset(); }

 private:
  std::exception_ptr failure_;
};

/// An object on its way out, with its bytes.
template <class>
class basic_object_send : public object_operation, public orphan {
 public:
  explicit basic_object_send(process_state& state)
      : state_(state), parcel_(buffer_, state.inline_limit) {}
  ~basic_object_send() override = default;

  bool test(MPI_Status* status) override {
    int done = 0;
    check(MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done,
                      MPI_STATUSES_IGNORE),
          "MPI_Testall");
    if (done && status != MPI_STATUS_IGNORE) *status = MPI_Status{};
    return done != 0;
  }
  /// A send of several messages cannot be taken back: it goes on.
  void cancel() override {}
  bool uses_callers_memory() const noexcept override { return borrows; }
  bool is_complete() noexcept override {
    int done = 0;
    const int error = MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done,
                                  MPI_STATUSES_IGNORE);
    return done != 0 || error != MPI_SUCCESS;
  }
  void abandon(std::unique_ptr<object_operation> self) noexcept override {
    self.release();
    state_.adopt(this);
  }

  template <class T>
  void pack(const T& value) {
    parcel_.pack(value);
  }
  void own_parts() { parcel_.own_parts(); }
  void start(comm_record& comm, int destination, int tag, send_mode mode) {
    if (destination == MPI_PROC_NULL) return;
    check_peer(comm, destination, "dest");
    start_parcel(state_, comm, parcel_, destination, tag, mode, requests_);
  }
  bool borrows = false;

 private:
  process_state& state_;
  byte_buffer buffer_;
  parcel parcel_;
  request_list requests_;
};
// A template, so that the virtual functions are compiled only where one is made: a virtual call
// anywhere makes the compiler look into all that it may reach.
using object_send = basic_object_send<void>;

/// A send that owns the object itself: it was moved in.
template <class T>
class owning_send final : public object_send {
 public:
  owning_send(process_state& state, T&& value) : object_send(state), value_(std::move(value)) {
    pack(value_);
  }

 private:
  T value_;
};

/// An object that is to come. From its start until its parts are posted it is in the process's list
/// of unfinished receives, so that its sender can finish whatever this rank waits for.
template <class>
class basic_object_receive : public object_operation, public unfinished {
 public:
  basic_object_receive(process_state& state, comm_record& comm, int source, int tag)
      : state_(state), comm_(comm), source_(source), tag_(tag) {
    if (source != MPI_ANY_SOURCE && source != MPI_PROC_NULL) check_peer(comm, source, "source");
    keep(&comm_);
  }
  ~basic_object_receive() override { drop(&comm_); }

  /// Posts the receive. Apart from the constructor: other threads may drive it from here on.
  void start() {
    if (source_ == MPI_PROC_NULL) {
      received_ = no_message();
      driven_ = true;
      return;
    }
    if (!probes_) {
      const header_shape shape = shape_of_header(state_);
      check(MPI_Irecv(message_.extend(shape.bytes), shape.count, shape.type, source_, tag_,
                      comm_.raw, &request_),
            "MPI_Irecv");
    }
    begin_to_drive(state_, *this);
  }

  /// Receives a message that a probe has matched.
  void start(MPI_Message& matched, const MPI_Status& probed) {
    received_ = probed;
    receive(matched);
    begin_to_drive(state_, *this);
  }

  // -- driven by the process, under its lock

  bool advance() noexcept override {
    try {
      if (!error_ && !step()) return false;
    } catch (...) {
      error_ = std::current_exception();
    }
    if (error_ && messages_ && !messages_->drain()) return false;
    driven_.store(true, std::memory_order_release);
    return true;
  }
  bool claims(MPI_Comm comm, int source, int tag) const noexcept override {
    const auto overlap = [](int a, int b, int any) { return a == b || a == any || b == any; };
    return probes_ && stage_ == stage::header && request_ == MPI_REQUEST_NULL &&
           comm == comm_.raw && overlap(source, source_, MPI_ANY_SOURCE) &&
           overlap(tag, tag_, MPI_ANY_TAG);
  }

  // -- driven by its owner

  bool test(MPI_Status* status) override {
    if (!driven_.load(std::memory_order_acquire)) {
      // this one alone: who waits drives the others between two looks
      const lock_guard lock(state_.progress);
      if (!driven_.load(std::memory_order_relaxed) && advance()) state_.receives.remove(*this);
    }
    if (!driven_.load(std::memory_order_acquire) || !receives_.test()) return false;
    if (error_) std::rethrow_exception(error_);  // kept: who asks again is told again
    if (!finished_) {
      finished_ = true;
      if (received_.MPI_SOURCE != MPI_PROC_NULL && !was_cancelled_) size_ = finish();
    }
    if (status != MPI_STATUS_IGNORE) {
      *status = received_;
      set_object_size(status, size_);
      MPI_Status_set_cancelled(status, was_cancelled_);
    }
    return true;
  }

  void cancel() override {
    const lock_guard lock(state_.progress);
    if (driven_ || is_matched_ || stage_ != stage::header) return;
    if (request_ != MPI_REQUEST_NULL) {
      check(MPI_Cancel(&request_), "MPI_Cancel");
      check(MPI_Wait(&request_, &received_), "MPI_Wait");
      int cancelled = 0;
      check(MPI_Test_cancelled(&received_, &cancelled), "MPI_Test_cancelled");
      if (!cancelled) {
        stage_ = stage::matched;
        return;
      }
    }
    was_cancelled_ = true;
    state_.receives.remove(*this);
    driven_ = true;
  }

  void abandon(std::unique_ptr<object_operation> self) noexcept override {
    try {
      cancel();
      // matched: the sender is on its way; take what comes and throw it away
      wait_in_destructor(state_, [&] {
        try {
          return test(MPI_STATUS_IGNORE);
        } catch (...) {
          return true;
        }
      });
    } catch (...) {
      abort_job(
          state_,
          formatted("a dropped irecv could not be completed: {}", {describe_current_exception()}),
          1);
    }
    self.reset();
  }

 protected:
  process_state& state() noexcept { return state_; }
  const opened_header& opened() const noexcept { return opened_; }

  /// Throws TypeMismatch unless the object wanted is of this type.
  virtual void require(identity_t sent) = 0;
  /// Posts receives for all parts, at best where they stay. `total` is the sum of their sizes.
  virtual void post_parts(channel_messages& messages, std::size_t total, exact_receives& receives) {
    std::byte* place = staged_.extend(total);
    for (std::size_t at = 0; at < opened_.sizes.size(); at += sizeof(std::uint64_t)) {
      // each part is cut into chunks by itself
      std::uint64_t size = 0;
      std::memcpy(&size, opened_.sizes.data() + at, sizeof size);
      messages.post(place, static_cast<std::size_t>(size), receives);
      place += size;
    }
  }
  /// Everything is here: makes the object; returns its size.
  virtual std::size_t finish() = 0;

  /// Parts one behind the other, for objects that are made when all is here.
  byte_buffer staged_;

 private:
  enum class stage : unsigned char { header, matched, table, parts };

  /// As far as possible without waiting; true when nothing is left to drive.
  bool step() {
    if (stage_ == stage::header && !header_is_here()) return false;
    if (stage_ == stage::header || stage_ == stage::matched) {
      int size = 0;
      check(MPI_Get_count(&received_, MPI_BYTE, &size), "MPI_Get_count");
      opened_ = open_message(state_, {message_.data(), static_cast<std::size_t>(size)},
                             &comm_.is_unannounced);
      const bool on_channel =
          opened_.head.shape == form::parts || opened_.head.shape == form::table_apart;
      if (on_channel && state_.opening_channel) {
        // within MPI::Init; the sender came out of it before this rank
        stage_ = stage::matched;
        return false;
      }
      if (on_channel)
        messages_.emplace(state_, comm_.world_rank(state_, received_.MPI_SOURCE), opened_);
      require(opened_.head.identity);
      if (!on_channel) return true;
      stage_ = stage::parts;
      if (opened_.head.shape == form::table_apart) {
        stage_ = stage::table;
        const std::size_t bytes = table_size(opened_);
        messages_->post(table_.extend(bytes), bytes, receives_);
      }
    }
    if (stage_ == stage::table) {
      if (!receives_.test()) return false;
      open_table(opened_, {table_.data(), table_.size()});
      messages_->expect(chunk_count(opened_.sizes, state_.chunk_limit));
    }
    const std::size_t total = sum_of_sizes(opened_.sizes, state_.max_object);
    post_parts(*messages_, total, receives_);
    return true;
  }

  bool header_is_here() {
    if (probes_ && request_ == MPI_REQUEST_NULL) {
      if (state_.receives.claimed_before(*this, comm_.raw, source_, tag_)) return false;
      int found = 0;
      MPI_Message matched = MPI_MESSAGE_NULL;
      check(MPI_Improbe(source_, tag_, comm_.raw, &found, &matched, &received_), "MPI_Improbe");
      if (!found) return false;
      receive(matched);
    }
    int done = 0;
    const int error = MPI_Test(&request_, &done, &received_);
    if (error != MPI_SUCCESS) {
      comm_.is_unannounced = true;  // nobody takes its announcement
      not_an_object(most_header_message(state_) + 1);
    }
    return done != 0;
  }

  void receive(MPI_Message& matched) {
    MPI_Count size = 0;
    check(MPI_Get_elements_x(&received_, MPI_BYTE, &size), "MPI_Get_elements_x");
    if (size < 0 || size > INT_MAX) size = 0;
    check(MPI_Imrecv(message_.extend(static_cast<std::size_t>(size)), static_cast<int>(size),
                     MPI_BYTE, &matched, &request_),
          "MPI_Imrecv");
    is_matched_ = true;
  }

  process_state& state_;
  comm_record& comm_;
  int source_;
  int tag_;
  bool is_matched_ = false;                 // by a probe: cancelling comes too late
  const bool probes_ = !comm_.has_channel;  // MPI::Init may make the channel while this waits
  MPI_Request request_ = MPI_REQUEST_NULL;
  MPI_Status received_{};
  stage stage_ = stage::header;
  std::atomic<bool> driven_ = false;
  bool was_cancelled_ = false;
  bool finished_ = false;
  std::size_t size_ = 0;
  std::exception_ptr error_;
  byte_buffer message_;
  byte_buffer table_;
  opened_header opened_{};
  std::optional<channel_messages> messages_;
  exact_receives receives_;
};
using object_receive = basic_object_receive<void>;

/// An object receive into `target`, which the derived class or the caller owns.
template <class T>
class object_receive_into : public object_receive {
 public:
  object_receive_into(process_state& state, comm_record& comm, int source, int tag, T& target,
                      bool callers = true)
      : object_receive(state, comm, source, tag), target_(target), callers_(callers) {}

  bool uses_callers_memory() const noexcept override { return callers_; }

 protected:
  void require(identity_t sent) override { require_identity<T>(sent); }

  void post_parts(channel_messages& messages, std::size_t total,
                  exact_receives& receives) override {
    if constexpr (flat_sequence<T> && kind_v<T> == kind::sequence) {
      // a sequence is received where it stays
      using element = flat_element_t<T>;
      if (opened().size.part_count == 1 && opened().stream.empty() &&
          total % sizeof(element) == 0) {
        target_.resize(total / sizeof(element));
        messages.post(reinterpret_cast<std::byte*>(std::data(target_)), total, receives);
        in_place_ = true;
        return;
      }
    }
    object_receive::post_parts(messages, total, receives);
  }

  std::size_t finish() override {
    if (in_place_) {
      if constexpr (flat_sequence<T> && kind_v<T> == kind::sequence) {
        reader::validate(std::data(target_), std::size(target_));
        return std::size(target_) * sizeof(flat_element_t<T>);
      }
    }
    if (opened().head.shape == form::small || opened().head.shape == form::whole)
      return take_from_memory(state(), target_, opened());
    const std::size_t in_parts = sum_of_sizes(opened().sizes, state().max_object);
    memory_parts parts(opened().sizes, in_parts, staged_.data());
    take_parts(target_, opened(), parts, opened().stream.size() + in_parts);
    return opened().stream.size() + in_parts;
  }

 private:
  T& target_;
  bool callers_;
  bool in_place_ = false;
};

/// Where a typed request finds its object.
template <class T>
class object_holder {
 public:
  virtual T& value() noexcept = 0;

 protected:
  ~object_holder() = default;
};

/// A T before the receive that fills it, so that it exists first and ends last.
template <class T>
struct held_object {
  T value{};
};
template <class T>
class owning_receive final : private held_object<T>,
                             public object_receive_into<T>,
                             public object_holder<T> {
 public:
  owning_receive(process_state& state, comm_record& comm, int source, int tag)
      : object_receive_into<T>(state, comm, source, tag, this->held_object<T>::value, false) {}
  T& value() noexcept override { return held_object<T>::value; }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
