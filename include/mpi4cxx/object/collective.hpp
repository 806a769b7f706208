// SPDX-License-Identifier: MIT
// Nonblocking object collectives: packed objects that travel by messages of their own.
#pragma once

#include <mpi4cxx/object/requests.hpp>
#include <mpi4cxx/runtime/call.hpp>

#include <bit>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// How packed objects go from rank to rank.
enum class pattern : unsigned char { bcast, gather, scatter, allgather, alltoall };

/// One nonblocking collective of packed objects, one piece for each rank that gives one.
///
/// MPI's own nonblocking collectives want sizes first, and a second phase would start in another
/// order on every rank. So these are messages on the shadow communicator with a tag for each
/// collective, down and up a binomial tree where the root has something to give. What a rank passes
/// on it passes on in whatever call it waits, like a posted receive; no code of the user's (an
/// operator, a load()) runs there, but only in its own wait().
template <class>
class basic_packed_collective : public object_operation, public unfinished {
 public:
  basic_packed_collective(process_state& state, comm_record& comm, pattern way, int root)
      : state_(state), comm_(comm), way_(way), root_(root), pieces_(ranks()) {
    keep(&comm_);
  }
  ~basic_packed_collective() override { drop(&comm_); }

  /// The bytes of the piece for, or from, a rank.
  byte_buffer& piece(int rank) { return pieces_[static_cast<std::size_t>(rank)]; }
  std::size_t ranks() const { return static_cast<std::size_t>(comm_.size); }
  /// This rank has no objects to give: its wait() throws this, and it sends empty pieces.
  void fail(const Exception& why) { error_ = std::make_exception_ptr(why); }
  bool is_root() const { return comm_.rank == root_; }

  /// Sends what this rank has to give. Apart from the constructor: other threads may drive it from
  /// here on.
  void start(int tag) {
    tag_ = tag;
    try {
      send_own();
    } catch (...) {
      break_off();  // its wait() tells; what is on its way still uses the memory here
    }
    begin_to_drive(state_, *this);
  }

  bool advance() noexcept override {
    try {
      if (!is_broken_) take_messages();
      if (missing_ != 0 || !incoming_.empty() || !is_sent()) return false;
    } catch (...) {
      const bool was_broken = is_broken_;
      break_off();
      std::erase_if(incoming_, [](message& each) {
        int done = 0;
        return MPI_Test(&each.request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS || done != 0;
      });
      if (!was_broken) return false;  // what is under way ends first, unless that fails too
    }
    driven_.store(true, std::memory_order_release);
    return true;
  }

  bool test(MPI_Status* status) override {
    if (!driven_.load(std::memory_order_acquire)) {
      const lock_guard lock(state_.progress);
      if (!driven_.load(std::memory_order_relaxed) && advance()) state_.receives.remove(*this);
    }
    if (!driven_.load(std::memory_order_acquire)) return false;
    if (!finished_ && !error_) try {
        if (way_ == pattern::alltoall) pieces_.swap(arrived_);
        finish();
      } catch (...) {
        error_ = std::current_exception();
      }
    finished_ = true;
    if (error_) std::rethrow_exception(error_);  // kept: who asks again is told again
    if (status != MPI_STATUS_IGNORE) *status = no_message();
    return true;
  }
  /// The others count on this rank.
  void cancel() override {}
  bool uses_callers_memory() const noexcept override { return false; }
  void abandon(std::unique_ptr<object_operation> self) noexcept override {
    wait_in_destructor(state_, [&] { return driven_.load(); });
    self.reset();
  }

 protected:
  process_state& state() noexcept { return state_; }
  int rank() const noexcept { return comm_.rank; }
  /// Everything that comes to this rank is in its piece.
  virtual void finish() = 0;

 private:
  struct message {
    MPI_Request request;
    int source;
    byte_buffer bytes;
  };

  // ---- the tree: ranks counted from the root; a parent's number is the child's without its lowest
  // bit, so the numbers below a child follow each other

  int number() const { return (comm_.rank - root_ + comm_.size) % comm_.size; }
  int rank_of(int number) const { return (number + root_) % comm_.size; }
  /// How many numbers from this rank's on are below it, itself included.
  int span_of(int number) const {
    const int most = comm_.size - number;
    const int lowest_bit = number & -number;
    return number == 0 || lowest_bit > most ? most : lowest_bit;
  }
  template <class Use>
  void for_each_child(Use&& use) const {
    const int first = number(), span = span_of(first);
    if (span < 2) return;
    for (int step = static_cast<int>(std::bit_floor(static_cast<unsigned>(span - 1))); step > 0;
         step /= 2)
      use(first + step);
  }
  void to_children(const byte_buffer& bytes) {
    for_each_child([&](int child) { send(bytes, rank_of(child)); });
  }

  // ---- several pieces in one message: the size of each, then its bytes

  static void append(byte_buffer& bundle, const byte_buffer& piece) {
    const auto size = static_cast<std::uint64_t>(piece.size());
    bundle.append(&size, sizeof size);
    bundle.append(piece.data(), piece.size());
  }
  /// The next piece of a bundle, which moves on behind it.
  static std::span<const std::byte> next_piece(std::span<const std::byte>& bundle) {
    std::uint64_t size = 0;
    if (bundle.size() < sizeof size) damaged("a bundle without a size");
    std::memcpy(&size, bundle.data(), sizeof size);
    bundle = bundle.subspan(sizeof size);
    if (size > bundle.size()) damaged("a bundle shorter than its pieces");
    const auto piece = bundle.first(static_cast<std::size_t>(size));
    bundle = bundle.subspan(piece.size());
    return piece;
  }
  void bundle_all() {
    for (int i = 0; i < comm_.size; ++i) append(bundle_, piece(rank_of(i)));
  }
  std::span<const std::byte> bundle() const { return {bundle_.data(), bundle_.size()}; }

  /// Each child gets the stretch of the bundle that is for it and for those below it.
  void pass_on_bundle() {
    const int first = number(), span = span_of(first);
    std::vector<std::size_t> starts;
    auto rest = bundle();
    for (int i = 0; i < span; ++i) {
      starts.push_back(bundle_.size() - rest.size());
      const auto found = next_piece(rest);
      if (i == 0 && !is_root()) piece(comm_.rank).append(found.data(), found.size());
    }
    starts.push_back(bundle_.size());
    for_each_child([&](int child) {
      const std::size_t begin = starts[static_cast<std::size_t>(child - first)];
      const std::size_t end = starts[static_cast<std::size_t>(child - first + span_of(child))];
      send({bundle_.data() + begin, end - begin}, rank_of(child));
    });
  }
  void open_bundle() {
    auto rest = bundle();
    for (int i = 0; i < comm_.size; ++i) {
      const auto found = next_piece(rest);
      // the own one is here, and may still be on its way out
      if (rank_of(i) != comm_.rank) piece(rank_of(i)).append(found.data(), found.size());
    }
  }

  // ---- messages

  void send_own() {
    const int others = comm_.size - 1;
    switch (way_) {
      case pattern::bcast:
        missing_ = is_root() ? 0 : 1;
        if (is_root()) to_children(piece(root_));
        break;
      case pattern::gather:
        missing_ = is_root() ? others : 0;
        if (!is_root()) send(piece(comm_.rank), root_);
        break;
      case pattern::scatter:
        missing_ = is_root() ? 0 : 1;
        if (is_root() && others > 0) {
          bundle_all();
          pass_on_bundle();
        }
        break;
      case pattern::allgather:  // to rank 0, and from there to all
        missing_ = is_root() ? others : 1;
        if (!is_root()) send(piece(comm_.rank), root_);
        break;
      case pattern::alltoall:
        missing_ = others;
        arrived_.resize(ranks());
        arrived_[static_cast<std::size_t>(comm_.rank)] = std::move(piece(comm_.rank));
        for (int i = 1; i <= others; ++i) {
          const int peer = (comm_.rank + i) % comm_.size;
          send(piece(peer), peer);
        }
        break;
    }
  }

  /// Nothing more is taken after an exception.
  void break_off() noexcept {
    if (!error_) error_ = std::current_exception();
    is_broken_ = true;
    missing_ = 0;
  }

  void send(const byte_buffer& bytes, int destination) {
    send(std::span(bytes.data(), bytes.size()), destination);
  }
  /// The bytes stay where they are until all is sent.
  void send(std::span<const std::byte> bytes, int destination) {
    sends_.reserve(1);  // what is started must have its place
    sends_.push_back(detail::start<operations::Send>(
        static_cast<const void*>(bytes.data()), call_count{static_cast<MPI_Count>(bytes.size())},
        MPI_BYTE, destination, tag_, comm_.shadow));
  }
  bool is_sent() {
    int done = 0;
    check(MPI_Testall(static_cast<int>(sends_.size()), sends_.data(), &done, MPI_STATUSES_IGNORE),
          "MPI_Testall");
    return done != 0;
  }

  void take_messages() {
    while (missing_ != 0) {
      int found = 0;
      MPI_Message matched = MPI_MESSAGE_NULL;
      MPI_Status status;
      check(MPI_Improbe(MPI_ANY_SOURCE, tag_, comm_.shadow, &found, &matched, &status),
            "MPI_Improbe");
      if (!found) break;
      --missing_;
      incoming_.push_back({MPI_REQUEST_NULL, status.MPI_SOURCE, {}});
      message& next = incoming_.back();
      MPI_Count size = 0;
      check(MPI_Get_elements_x(&status, MPI_BYTE, &size), "MPI_Get_elements_x");
      std::byte* const place = next.bytes.extend(static_cast<std::size_t>(size));
      check(receive_matched_message(place, size, matched, next.request), "MPI_Imrecv");
    }
    for (std::size_t i = 0; i < incoming_.size();) {
      int done = 0;
      check(MPI_Test(&incoming_[i].request, &done, MPI_STATUS_IGNORE), "MPI_Imrecv");
      if (!done) {
        ++i;
        continue;
      }
      message complete = std::move(incoming_[i]);
      incoming_.erase(incoming_.begin() + static_cast<std::ptrdiff_t>(i));
      take(complete);
    }
  }
  static int receive_matched_message(std::byte* place, MPI_Count size, MPI_Message& matched,
                                     MPI_Request& request) {
#if MPI_VERSION >= 4
    return MPI_Imrecv_c(place, size, MPI_BYTE, &matched, &request);
#else
    return MPI_Imrecv(place, static_cast<int>(size), MPI_BYTE, &matched, &request);
#endif
  }

  void take(message& complete) {
    switch (way_) {
      case pattern::bcast:
        piece(root_) = std::move(complete.bytes);
        return to_children(piece(root_));
      case pattern::gather:
        piece(complete.source) = std::move(complete.bytes);
        return;
      case pattern::scatter:
        bundle_ = std::move(complete.bytes);
        return pass_on_bundle();
      case pattern::allgather:
        if (is_root()) {
          piece(complete.source) = std::move(complete.bytes);
          if (missing_ != 0 || incoming_.size() != 0) return;
          bundle_all();
          return to_children(bundle_);
        }
        bundle_ = std::move(complete.bytes);
        to_children(bundle_);
        return open_bundle();
      case pattern::alltoall:
        arrived_[static_cast<std::size_t>(complete.source)] = std::move(complete.bytes);
        return;
    }
  }

  process_state& state_;
  comm_record& comm_;
  pattern way_;
  int root_;
  int tag_ = 0;
  std::vector<byte_buffer> pieces_;
  std::vector<byte_buffer> arrived_;  // alltoall: while the own pieces are on their way
  byte_buffer bundle_;
  request_list sends_;
  std::vector<message> incoming_;
  int missing_ = 0;  // messages not yet found
  std::atomic<bool> driven_ = false;
  bool finished_ = false;
  bool is_broken_ = false;
  std::exception_ptr error_;
};
// A template, so that the virtual functions are compiled only where one is made: a virtual call
// anywhere makes the compiler look into all that it may reach.
using packed_collective = basic_packed_collective<void>;

/// A collective whose result is made of the pieces by `make` when its owner asks for it.
template <class Result, class Make>
class object_collective final : public packed_collective, public object_holder<Result> {
 public:
  object_collective(process_state& state, comm_record& comm, pattern way, int root, Make make)
      : packed_collective(state, comm, way, root), make_(std::move(make)) {}
  Result& value() noexcept override { return *result_; }

 private:
  void finish() override { result_.emplace(make_(static_cast<packed_collective&>(*this))); }
  Make make_;
  std::optional<Result> result_;
};

/// A value that MPI itself reduces, and its result.
template <class Result, class T>
class native_collective final : public object_operation, public object_holder<Result> {
 public:
  native_collective(const T& sent, bool has_result) : sent_(sent), has_result_(has_result) {}

  T sent_;
  T received_{};
  MPI_Request request_ = MPI_REQUEST_NULL;

  bool test(MPI_Status* status) override {
    int done = 0;
    check(MPI_Test(&request_, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (!done) return false;
    if (has_result_) result_ = Result(received_);
    if (status != MPI_STATUS_IGNORE) *status = no_message();
    return true;
  }
  void cancel() override {}
  bool uses_callers_memory() const noexcept override { return false; }
  void abandon(std::unique_ptr<object_operation> self) noexcept override {
    if (auto* const state = alive())
      wait_in_destructor(*state, [&] {
        int done = 0;
        return MPI_Test(&request_, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS || done != 0;
      });
    self.reset();
  }
  Result& value() noexcept override { return result_; }

 private:
  bool has_result_;
  Result result_{};
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
