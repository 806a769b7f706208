// SPDX-License-Identifier: MIT
// Checked mode (MPI4CXX_CHECK=1), point to point: an uppercase send announces itself on the
// communicator of the comparisons, and the receive compares that with what it has taken.
#pragma once

#include <mpi4cxx/comm/comparison.hpp>
#include <mpi4cxx/handle/status.hpp>
#include <mpi4cxx/object/requests.hpp>
#include <mpi4cxx/runtime/call.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Where the sends on `comm` announce themselves; MPI_COMM_NULL where they do not.
[[gnu::cold]] inline MPI_Comm announcements_of(process_state& state, comm_record& comm) {
  if (comm.predefined) return checks_of(state, comm, false);
  return comm.has_announcements ? comm.checks : MPI_COMM_NULL;
}

/// Whether a message to or from `peer` is announced. Not one of a rank to itself, which MPICH does
/// not keep; what is no rank or tag is refused by the call itself, with the user's error handler.
[[gnu::cold]] inline bool is_announced(const process_state& state, const comm_record& comm,
                                       int peer, int tag) {
  const bool is_peer = peer == MPI_ANY_SOURCE || (peer >= 0 && peer < comm.size);
  const bool is_tag = tag == MPI_ANY_TAG || (tag >= 0 && tag <= state.tag_upper_bound);
  return is_peer && is_tag && peer != comm.rank;
}

/// Goes before the message.
[[gnu::cold]] inline void send_announcement(process_state& state, comm_record& comm,
                                            const called& mine, int dest, int tag) {
  static_assert(sizeof(called) <= most_announcement);
  const MPI_Comm checks = announcements_of(state, comm);
  if (checks == MPI_COMM_NULL || !is_announced(state, comm, dest, tag)) return;
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Isend(&mine, sizeof(called), MPI_BYTE, dest, tag, checks, &request), "MPI_Isend");
  wait_until(state, [&] {
    int is_done = 0;
    check(MPI_Test(&request, &is_done, MPI_STATUS_IGNORE), "MPI_Test");
    return is_done != 0;
  });
}
template <class = void>
[[gnu::cold]] void announce(process_state& state, comm_record& comm, const memory_view& view,
                            const char* name, place where, int dest, int tag) {
  const auto mine = std::make_unique<called>();
  copy_end(mine->call, name);
  copy_end(mine->file, where.file);
  mine->line = static_cast<int>(where.line);
  mine->moves(flow::none, view, view.count, view, view.count);
  send_announcement(state, comm, *mine, dest, tag);
}
/// Of a persistent send, whose messages do not announce themselves.
template <class = void>
[[gnu::cold]] void announce_silence(process_state& state, comm_record& comm, int dest, int tag) {
  const auto mine = std::make_unique<called>();
  mine->root = called::silent;
  send_announcement(state, comm, *mine, dest, tag);
}

/// The other end: what a receive expects, and what has been announced to it.
class receipt {
 public:
  virtual ~receipt() = default;
  /// Compares, when the message is here. `error`: of its receive.
  virtual void compare(const MPI_Status& status, int error) = 0;
};
template <class = void>
class compared_receipt final : public receipt {
 public:
  [[gnu::cold]] compared_receipt(process_state& state, comm_record& comm, const memory_view& view,
                                 const char* name, place where, int source, int tag)
      : state_(state), comm_(comm), view_(view) {
    keep(&comm_);
    checks_ = announcements_of(state, comm);
    // nobody else takes those that come to where nothing is compared any more
    if (checks_ != MPI_COMM_NULL && comm.is_unannounced) take_announcements(checks_);
    if (checks_ == MPI_COMM_NULL || !is_announced(state, comm, source, tag) ||
        comm.is_unannounced) {
      checks_ = MPI_COMM_NULL;
      return;
    }
    copy_end(mine_.call, name);
    copy_end(mine_.file, where.file);
    mine_.line = static_cast<int>(where.line);
    mine_.moves(flow::none, view, view.count, view, view.count);
    // behind a wildcard that is still open nobody knows which announcement belongs to whom
    if (comm.open_wildcards != 0) is_ambiguous_ = true, ++comm.overlaps;
    overlaps_ = comm.overlaps;
    is_wildcard_ = source == MPI_ANY_SOURCE || tag == MPI_ANY_TAG;
    if (is_wildcard_)
      ++comm.open_wildcards;
    else
      post(source, tag);
  }
  compared_receipt(const compared_receipt&) = delete;
  compared_receipt& operator=(const compared_receipt&) = delete;
  ~compared_receipt() override {
    close();
    drop(&comm_);
  }

  [[gnu::cold]] void compare(const MPI_Status& status, int error) override {
    if (checks_ == MPI_COMM_NULL) return;
    if (announcements_of(state_, comm_) == MPI_COMM_NULL) return close();  // freed meanwhile
    int is_cancelled = 0;
    check(MPI_Test_cancelled(&status, &is_cancelled), "MPI_Test_cancelled");
    if (is_cancelled || status.MPI_SOURCE == comm_.rank) return close();
    const bool is_ambiguous = is_ambiguous_ || (is_wildcard_ && overlaps_ != comm_.overlaps);
    if (is_wildcard_) {
      post(status.MPI_SOURCE, status.MPI_TAG);
      --comm_.open_wildcards;
      is_wildcard_ = false;
    }
    // it was sent before the message
    int is_here = 0;
    const double end = MPI_Wtime() + 0.2;
    pause pause(state_);
    do {
      check(MPI_Test(&request_, &is_here, MPI_STATUS_IGNORE), "MPI_Test");
      pause();
    } while (!is_here && MPI_Wtime() < end);
    if (!is_here) return unannounced(status, error);
    checks_ = MPI_COMM_NULL;
    if (sender_->root == called::silent) comm_.is_unannounced = true;
    if (is_ambiguous || comm_.is_unannounced) return;
    if (error == MPI_SUCCESS && bytes_of(status) != std::max<MPI_Count>(sender_->sent, 0))
      return unannounced(status, error);  // this was announced by something else
    const bool is_of_another_type = sender_->sent > 0 && sender_->given != mine_.taken &&
                                    sender_->given != 0 && mine_.taken != 0;
    // what MPI itself finds keeps its class
    if (error != MPI_SUCCESS)
      raise(error,
            report(status, is_of_another_type ? "a message that is too long and of another type"
                                              : "a message that is too long"));
    if (is_of_another_type) throw TypeMismatch(report(status, "elements of another type").c_str());
  }

 private:
  static MPI_Count bytes_of(const MPI_Status& status) {
    MPI_Count bytes = 0;
    check(MPI_Get_elements_x(&status, MPI_BYTE, &bytes), "MPI_Get_elements_x");
    return bytes;
  }
  void post(int source, int tag) {
    sender_ = std::make_unique<called>();
    check(MPI_Irecv(sender_.get(), sizeof(called), MPI_BYTE, source, tag, checks_, &request_),
          "MPI_Irecv");
  }
  sentence report(const MPI_Status& status, const char* what) const {
    return formatted(
        "{} at {}:{} got {} from rank {}: {} elements of {} were expected at most, but "
        "{} at {}:{} sent {} bytes of {}",
        {mine_.call, mine_.file, mine_.line, what, status.MPI_SOURCE, view_.count, mine_.type,
         sender_->call, sender_->file, sender_->line, sender_->sent, sender_->type});
  }
  /// By an object call, a persistent one, or MPI itself.
  void unannounced(const MPI_Status& status, int error) {
    close();
    int error_class = MPI_SUCCESS;
    if (error != MPI_SUCCESS) check(MPI_Error_class(error, &error_class), "MPI_Error_class");
    if (error_class == MPI_ERR_TRUNCATE)
      raise(error, formatted("{} at {}:{} got a message from rank {} that is too long and comes "
                             "from no uppercase call: {} elements of {} were expected at most; an "
                             "object, which a lowercase call sends, a lowercase call receives",
                             {mine_.call, mine_.file, mine_.line, status.MPI_SOURCE, view_.count,
                              mine_.type}));
    const MPI_Count size = bytes_of(status);
    header head;
    if (view_.data && size > 0 && size <= span_of(view_.count, view_.type) &&
        is_object_message(
            {static_cast<const std::byte*>(view_.data), static_cast<std::size_t>(size)}, head))
      throw TypeMismatch(formatted("{} at {}:{} got an object from rank {}: what a lowercase call "
                                   "sends, a lowercase call receives",
                                   {mine_.call, mine_.file, mine_.line, status.MPI_SOURCE})
                             .c_str());
    comm_.is_unannounced = true;  // from here on there is nothing to rely on
  }
  void close() noexcept {
    if (checks_ == MPI_COMM_NULL) return;
    checks_ = MPI_COMM_NULL;
    if (is_wildcard_) --comm_.open_wildcards;
    if (request_ == MPI_REQUEST_NULL) return;
    MPI_Cancel(&request_);
    MPI_Status status;
    int is_cancelled = 1;
    if (MPI_Wait(&request_, &status) == MPI_SUCCESS) MPI_Test_cancelled(&status, &is_cancelled);
    // it has taken what belongs to another message
    if (!is_cancelled) comm_.is_unannounced = true;
  }

  process_state& state_;
  comm_record& comm_;
  memory_view view_;
  MPI_Comm checks_ = MPI_COMM_NULL;
  called mine_;
  std::unique_ptr<called> sender_;
  MPI_Request request_ = MPI_REQUEST_NULL;
  bool is_wildcard_ = false, is_ambiguous_ = false;
  unsigned overlaps_ = 0;
};

/// A buffer receive that compares at its end.
template <class = void>
class checked_receive final : public object_operation {
 public:
  checked_receive(process_state& state, comm_record& comm, const memory_view& view,
                  const char* name, place where, int source, int tag)
      : state_(state), receipt_(state, comm, view, name, where, source, tag) {
    request_ = detail::start<operations::Recv>(const_cast<void*>(view.data), call_count{view.count},
                                               view.type, source, tag, comm.raw);
  }
  bool test(MPI_Status* status) override {
    if (failure_) std::rethrow_exception(failure_);
    if (request_ != MPI_REQUEST_NULL) {
      int is_done = 0;
      const int error = MPI_Test(&request_, &is_done, &received_);
      if (!is_done && error == MPI_SUCCESS) return false;
      try {
        receipt_.compare(received_, error);
        check(error, "MPI_Irecv");
      } catch (...) {
        failure_ = std::current_exception();
        throw;
      }
    }
    if (status != MPI_STATUS_IGNORE) *status = received_;
    return true;
  }
  void cancel() override {
    if (request_ != MPI_REQUEST_NULL) check(MPI_Cancel(&request_), "MPI_Cancel");
  }
  bool uses_callers_memory() const noexcept override { return true; }
  /// Of Request::Free: the receive goes on.
  void abandon(std::unique_ptr<object_operation> self) noexcept override {
    struct freed final : unfinished {
      explicit freed(std::unique_ptr<object_operation> operation) : receive(std::move(operation)) {}
      bool advance() noexcept override {
        try {
          if (!receive->test(MPI_STATUS_IGNORE)) return false;
        } catch (...) {
          // nobody asks any more
        }
        delete this;
        return true;
      }
      std::unique_ptr<object_operation> receive;
    };
    begin_to_drive(state_, *new freed(std::move(self)));
  }
  ~checked_receive() override {
    if (request_ == MPI_REQUEST_NULL) return;
    MPI_Cancel(&request_);
    wait_in_destructor(state_, [&] {
      int is_done = 0;
      return MPI_Test(&request_, &is_done, MPI_STATUS_IGNORE) != MPI_SUCCESS || is_done;
    });
  }

 private:
  process_state& state_;
  compared_receipt<> receipt_;
  MPI_Request request_ = MPI_REQUEST_NULL;
  MPI_Status received_{};
  std::exception_ptr failure_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
