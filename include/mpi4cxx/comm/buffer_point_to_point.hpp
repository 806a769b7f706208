// SPDX-License-Identifier: MIT
// Uppercase point-to-point calls: memory as it lies, no copy.
#pragma once

#include <mpi4cxx/buffer/buffer.hpp>
#include <mpi4cxx/comm/arguments.hpp>
#include <mpi4cxx/comm/handle.hpp>
#include <mpi4cxx/comm/receipt.hpp>
#include <mpi4cxx/handle/message.hpp>
#include <mpi4cxx/handle/request.hpp>
#include <mpi4cxx/runtime/call.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// A send and a receive that are one call.
class buffer_exchange final : public object_operation {
 public:
  explicit buffer_exchange(process_state& state) : state_(state) {}
  buffer_exchange(const buffer_exchange&) = delete;
  ~buffer_exchange() override {
    cancel();
    wait_in_destructor(state_, [&] { return are_done(); });
  }

  /// Packs what is to be sent, so that its memory can be received into.
  memory_view copy_of(const memory_view& view, MPI_Comm comm) {
    // in pieces of which an int counts the bytes
    MPI_Count size = 0;
    check(MPI_Type_size_x(view.type, &size), "MPI_Type_size_x");
    if (size > INT_MAX / 2)
      raise(MPI_ERR_COUNT,
            "an element of more than 1 GiB cannot be sent and replaced: use Sendrecv");
    const MPI_Count piece = std::min(
        {view.count, largest_count, INT_MAX / 2 / std::max(size, static_cast<MPI_Count>(1))});
    if (piece == 0) return {nullptr, 0, MPI_PACKED, 0, false, false};
    MPI_Aint lower = 0, extent = 0;
    check(MPI_Type_get_extent(view.type, &lower, &extent), "MPI_Type_get_extent");
    int room = 0;
    check(MPI_Pack_size(static_cast<int>(piece), view.type, comm, &room), "MPI_Pack_size");
    std::byte* const start = packed_.extend(static_cast<std::size_t>(room) *
                                            static_cast<std::size_t>(view.count / piece + 1));
    std::byte* place = start;
    for (MPI_Count at = 0; at < view.count; at += piece) {
      const auto* const from = static_cast<const std::byte*>(view.data) + at * extent;
      int packed = 0;
      check(MPI_Pack(from, static_cast<int>(std::min(piece, view.count - at)), view.type, place,
                     room, &packed, comm),
            "MPI_Pack");
      place += packed;
    }
    return {start, place - start, MPI_PACKED, place - start, false, false};
  }
  template <class = void>
  void start(const memory_view& out, const memory_view& in, const isendrecv_arguments<>& pack,
             comm_record& record, const char* name, place where) {
    start(out, out, in, pack, record, name, where);
  }
  /// `sent`: what `out` is a copy of.
  template <class = void>
  void start(const memory_view& sent, const memory_view& out, const memory_view& in,
             const isendrecv_arguments<>& pack, comm_record& record, const char* name,
             place where) {
    is_from_nobody_ = pack.source == MPI_PROC_NULL;
    const MPI_Comm comm = record.raw;
    if (state_.checks_calls) [[unlikely]] {
      receipt_ = std::make_unique<compared_receipt<>>(state_, record, in, name, where, pack.source,
                                                      pack.recvtag);
      announce(state_, record, sent, name, where, pack.dest, pack.sendtag);
    }
    receive_ = detail::start<operations::Recv>(const_cast<void*>(in.data), call_count{in.count},
                                               in.type, int{pack.source}, int{pack.recvtag}, comm);
    const auto send = state_.sends_synchronously
                          ? detail::start<operations::Ssend, const void*, call_count, MPI_Datatype,
                                          int, int, MPI_Comm>
                          : detail::start<operations::Send, const void*, call_count, MPI_Datatype,
                                          int, int, MPI_Comm>;
    send_ =
        send(out.data, call_count{out.count}, out.type, int{pack.dest}, int{pack.sendtag}, comm);
  }

  /// Nothing is under way: a receive from PROC_NULL.
  void start_nothing() noexcept { is_from_nobody_ = true; }

  bool test(MPI_Status* status) override {
    if (!are_done()) return false;
    if (const auto compared = std::move(receipt_)) [[unlikely]] {
      try {
        compared->compare(received_, error_);
      } catch (...) {
        failure_ = std::current_exception();
      }
    }
    if (failure_) [[unlikely]]
      std::rethrow_exception(failure_);
    check(error_, "MPI_Sendrecv");
    if (status != MPI_STATUS_IGNORE) *status = is_from_nobody_ ? no_message() : received_;
    return true;
  }
  void cancel() override {
    if (receive_ != MPI_REQUEST_NULL) MPI_Cancel(&receive_);
  }
  bool uses_callers_memory() const noexcept override { return true; }
  void abandon(std::unique_ptr<object_operation> self) noexcept override { self.reset(); }

 private:
  bool are_done() noexcept {
    int is_sent = 0, is_received = 0;
    MPI_Status received;
    note(MPI_Test(&send_, &is_sent, MPI_STATUS_IGNORE));
    const bool is_waiting = receive_ != MPI_REQUEST_NULL;
    note(MPI_Test(&receive_, &is_received, &received));
    if (is_waiting && is_received) received_ = received;
    return send_ == MPI_REQUEST_NULL && receive_ == MPI_REQUEST_NULL;
  }
  void note(int error) noexcept {
    if (error_ == MPI_SUCCESS) error_ = error;
  }

  process_state& state_;
  MPI_Request send_ = MPI_REQUEST_NULL, receive_ = MPI_REQUEST_NULL;
  MPI_Status received_{};
  int error_ = MPI_SUCCESS;
  bool is_from_nobody_ = false;
  std::unique_ptr<receipt> receipt_;  // in checked mode
  std::exception_ptr failure_;        // of its comparison
  byte_buffer packed_;
};

template <class = void>
class buffer_point_to_point : public comm_handle {
 public:
  using comm_handle::comm_handle;

  /// Sends a buffer; returns when it may be used again. One message, no copy. With dest PROC_NULL
  /// it does nothing. Throws Exception. Source: MPI_Send.
  ///
  ///     comm.Send(data, {.dest = 1});
  ///     comm.Send({data.data(), 10, MPI::DOUBLE}, 1, 77);
  void Send(ConstBuffer buf, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "Send", where, pack.dest, pack.tag);
    transfer<operations::Send>(buf, pack, "Send", where);
  }
  void Send(ConstBuffer buf, integer dest, integer tag = 0, place where = place::here()) const {
    Send(buf, {dest, tag}, where);
  }
  /// As Send; returns when the receive has begun. Source: MPI_Ssend.
  void Ssend(ConstBuffer buf, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "Ssend", where, pack.dest, pack.tag);
    transfer<operations::Ssend>(buf, pack, "Ssend", where);
  }
  void Ssend(ConstBuffer buf, integer dest, integer tag = 0, place where = place::here()) const {
    Ssend(buf, {dest, tag}, where);
  }
  /// As Send, from a copy in the attached buffer (MPI::Attach_buffer). Source: MPI_Bsend.
  void Bsend(ConstBuffer buf, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "Bsend", where, pack.dest, pack.tag);
    transfer<operations::Bsend>(buf, pack, "Bsend", where);
  }
  void Bsend(ConstBuffer buf, integer dest, integer tag = 0, place where = place::here()) const {
    Bsend(buf, {dest, tag}, where);
  }
  /// As Send; the matching receive must have been posted. Source: MPI_Rsend.
  void Rsend(ConstBuffer buf, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "Rsend", where, pack.dest, pack.tag);
    transfer<operations::Rsend>(buf, pack, "Rsend", where);
  }
  void Rsend(ConstBuffer buf, integer dest, integer tag = 0, place where = place::here()) const {
    Rsend(buf, {dest, tag}, where);
  }

  /// Starts a send; the buffer must last, unchanged, until the request is complete. Source:
  /// MPI_Isend.
  Request Isend(LastingConstBuffer buf, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "Isend", where, pack.dest, pack.tag);
    return start_transfer<operations::Send>(buf, pack, "Isend", where);
  }
  Request Isend(LastingConstBuffer buf, integer dest, integer tag = 0,
                place where = place::here()) const {
    return Isend(buf, {dest, tag}, where);
  }
  /// As Isend; complete only when the receive has begun. Source: MPI_Issend.
  Request Issend(LastingConstBuffer buf, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "Issend", where, pack.dest, pack.tag);
    return start_transfer<operations::Ssend>(buf, pack, "Issend", where);
  }
  Request Issend(LastingConstBuffer buf, integer dest, integer tag = 0,
                 place where = place::here()) const {
    return Issend(buf, {dest, tag}, where);
  }
  /// As Isend, from a copy in the attached buffer: complete at once. Source: MPI_Ibsend.
  Request Ibsend(LastingConstBuffer buf, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "Ibsend", where, pack.dest, pack.tag);
    return start_transfer<operations::Bsend>(buf, pack, "Ibsend", where);
  }
  Request Ibsend(LastingConstBuffer buf, integer dest, integer tag = 0,
                 place where = place::here()) const {
    return Ibsend(buf, {dest, tag}, where);
  }
  /// As Isend, where the receive is known to be posted; otherwise the result is undefined. Source:
  /// MPI_Irsend.
  Request Irsend(LastingConstBuffer buf, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "Irsend", where, pack.dest, pack.tag);
    return start_transfer<operations::Rsend>(buf, pack, "Irsend", where);
  }
  Request Irsend(LastingConstBuffer buf, integer dest, integer tag = 0,
                 place where = place::here()) const {
    return Irsend(buf, {dest, tag}, where);
  }

  /// Receives into a buffer. A shorter message is fine (see Status::Get_count), a longer one throws
  /// ERR_TRUNCATE. With source PROC_NULL the buffer is left alone. Source: MPI_Recv.
  void Recv(Buffer buf, receive_arguments pack = {}, place where = place::here()) const {
    auto& state = running();
    const user_call inside(open(), "Recv", where, pack.source, pack.tag);
    if (!may_block(state)) {
      Request request =
          start_receive(buf.view(pack.source), {pack.source, pack.tag}, "Recv", where);
      return request.Wait(pack.status);
    }
    const memory_view& view = buf.view(pack.source);
    const driven_section driven(state);
    call<operations::Recv::blocking>(writable(view), call_count{view.count}, view.type,
                                     int{pack.source}, int{pack.tag}, open().raw,
                                     pack.status.native());
  }
  void Recv(Buffer buf, integer source, integer tag = MPI_ANY_TAG, status_argument status = nullptr,
            place where = place::here()) const {
    Recv(buf, {source, tag, status}, where);
  }
  /// Starts a receive; the buffer must last until the request is complete. Source: MPI_Irecv.
  Request Irecv(Buffer buf, irecv_arguments pack = {}, place where = place::here()) const {
    const user_call inside(open(), "Irecv", where, pack.source, pack.tag);
    return start_receive(buf.view(pack.source), pack, "Irecv", where);
  }
  Request Irecv(Buffer buf, integer source, integer tag = MPI_ANY_TAG,
                place where = place::here()) const {
    return Irecv(buf, irecv_arguments{source, tag}, where);
  }

  /// Sends one buffer and receives into another at once; cannot deadlock. Two messages.
  /// Source: MPI_Sendrecv.
  void Sendrecv(ConstBuffer sendbuf, Buffer recvbuf, sendrecv_arguments<> pack,
                place where = place::here()) const {
    const user_call inside(open(), "Sendrecv", where, pack.dest, pack.sendtag);
    auto& state = running();
    const memory_view &out = sendbuf.view(pack.dest), &in = recvbuf.view(pack.source);
    if (!may_block(state) || state.sends_synchronously) {
      buffer_exchange exchange(state);
      exchange.start(out, in, {pack.dest, pack.sendtag, pack.source, pack.recvtag}, open(),
                     "Sendrecv", where);
      return wait_until(state, [&] { return exchange.test(pack.status.native()); });
    }
    const driven_section driven(state);
    call<operations::Sendrecv::blocking>(out.data, call_count{out.count}, out.type, int{pack.dest},
                                         int{pack.sendtag}, writable(in), call_count{in.count},
                                         in.type, int{pack.source}, int{pack.recvtag}, open().raw,
                                         pack.status.native());
  }
  void Sendrecv(ConstBuffer sendbuf, Buffer recvbuf, integer dest,
                place where = place::here()) const {
    Sendrecv(sendbuf, recvbuf, sendrecv_arguments<>{.dest = dest}, where);
  }
  void Sendrecv(ConstBuffer sendbuf, Buffer recvbuf, integer dest, integer sendtag, integer source,
                integer recvtag, status_argument status = nullptr,
                place where = place::here()) const {
    Sendrecv(sendbuf, recvbuf, {dest, sendtag, source, recvtag, status}, where);
  }
  /// As Sendrecv, as a request; both buffers must last until it is complete.
  /// Source: MPI_Isend, MPI_Irecv.
  Request Isendrecv(LastingConstBuffer sendbuf, Buffer recvbuf, isendrecv_arguments<> pack,
                    place where = place::here()) const {
    const user_call inside(open(), "Isendrecv", where, pack.dest, pack.sendtag);
    auto exchange = std::make_unique<buffer_exchange>(running());
    exchange->start(sendbuf.view(pack.dest), recvbuf.view(pack.source), pack, open(), "Isendrecv",
                    where);
    return Request::of(std::move(exchange));
  }
  Request Isendrecv(LastingConstBuffer sendbuf, Buffer recvbuf, integer dest, integer sendtag = 0,
                    integer source = MPI_ANY_SOURCE, integer recvtag = MPI_ANY_TAG,
                    place where = place::here()) const {
    return Isendrecv(sendbuf, recvbuf, isendrecv_arguments<>{dest, sendtag, source, recvtag},
                     where);
  }
  /// Sends a buffer and receives into the same one: one copy of it is kept on the way.
  /// Source: MPI_Isend, MPI_Irecv (MPICH 4.0 crashes in its own MPI_Isendrecv_replace).
  void Sendrecv_replace(Buffer buf, sendrecv_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "Sendrecv_replace", where, pack.dest, pack.sendtag);
    auto& state = running();
    buffer_exchange exchange(state);
    exchange.start(buf.view(), exchange.copy_of(buf.view(), open().raw), buf.view(),
                   {pack.dest, pack.sendtag, pack.source, pack.recvtag}, open(), "Sendrecv_replace",
                   where);
    wait_until(state, [&] { return exchange.test(pack.status.native()); });
  }
  void Sendrecv_replace(Buffer buf, integer dest, place where = place::here()) const {
    Sendrecv_replace(buf, sendrecv_arguments<>{.dest = dest}, where);
  }
  void Sendrecv_replace(Buffer buf, integer dest, integer sendtag, integer source, integer recvtag,
                        status_argument status = nullptr, place where = place::here()) const {
    Sendrecv_replace(buf, {dest, sendtag, source, recvtag, status}, where);
  }
  /// As Sendrecv_replace, as a request; the buffer must last until it is complete.
  Request Isendrecv_replace(Buffer buf, isendrecv_arguments<> pack,
                            place where = place::here()) const {
    const user_call inside(open(), "Isendrecv_replace", where, pack.dest, pack.sendtag);
    auto exchange = std::make_unique<buffer_exchange>(running());
    exchange->start(buf.view(), exchange->copy_of(buf.view(), open().raw), buf.view(), pack, open(),
                    "Isendrecv_replace", where);
    return Request::of(std::move(exchange));
  }
  Request Isendrecv_replace(Buffer buf, integer dest, integer sendtag = 0,
                            integer source = MPI_ANY_SOURCE, integer recvtag = MPI_ANY_TAG,
                            place where = place::here()) const {
    return Isendrecv_replace(buf, isendrecv_arguments<>{dest, sendtag, source, recvtag}, where);
  }

  /// Waits until a message is there; it stays there. Source: MPI_Probe, or MPI_Iprobe until true.
  void Probe(receive_arguments pack = {}, place where = place::here()) const {
    auto& state = running();
    const user_call inside(open(), "Probe", where, pack.source, pack.tag);
    if (may_block(state)) {
      const driven_section driven(state);
      return check(MPI_Probe(pack.source, pack.tag, open().raw, pack.status.native()), "MPI_Probe");
    }
    wait_until(state, [&] { return Iprobe(pack, where); });
  }
  void Probe(integer source, integer tag = MPI_ANY_TAG, status_argument status = nullptr,
             place where = place::here()) const {
    Probe({source, tag, status}, where);
  }
  /// Whether a message is there. Source: MPI_Iprobe.
  bool Iprobe(receive_arguments pack = {}, place where = place::here()) const {
    const user_call inside(open(), "Iprobe", where, pack.source, pack.tag);
    advance(running());
    int flag = 0;
    check(MPI_Iprobe(pack.source, pack.tag, open().raw, &flag, pack.status.native()), "MPI_Iprobe");
    return flag != 0;
  }
  bool Iprobe(integer source, integer tag = MPI_ANY_TAG, status_argument status = nullptr,
              place where = place::here()) const {
    return Iprobe({source, tag, status}, where);
  }
  /// Waits for a message and takes it out of the matching: only the Message can receive it.
  /// Source: MPI_Mprobe.
  Message Mprobe(receive_arguments pack = {}, place where = place::here()) const {
    Message message = taken(pack, "Mprobe", where);
    note_taken();
    return message;
  }
  Message Mprobe(integer source, integer tag = MPI_ANY_TAG, status_argument status = nullptr,
                 place where = place::here()) const {
    return Mprobe({source, tag, status}, where);
  }
  /// The message, or nullopt where none is there. Source: MPI_Improbe.
  std::optional<Message> Improbe(receive_arguments pack = {}, place where = place::here()) const {
    std::optional<Message> message = taken_if_here(pack, "Improbe", where);
    if (message) note_taken();
    return message;
  }
  std::optional<Message> Improbe(integer source, integer tag = MPI_ANY_TAG,
                                 status_argument status = nullptr,
                                 place where = place::here()) const {
    return Improbe({source, tag, status}, where);
  }

 protected:
  Message taken(receive_arguments pack, const char* name, place where) const {
    const user_call inside(open(), name, where, pack.source, pack.tag);
    auto& state = running();
    MPI_Status probed{};
    const MPI_Message message = matched_probe(state, open().raw, pack.source, pack.tag, probed);
    if (pack.status.native() != MPI_STATUS_IGNORE) *pack.status.native() = probed;
    return {*this, message, probed};
  }
  std::optional<Message> taken_if_here(receive_arguments pack, const char* name,
                                       place where) const {
    const user_call inside(open(), name, where, pack.source, pack.tag);
    advance(running());
    int flag = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status probed{};
    check(MPI_Improbe(pack.source, pack.tag, open().raw, &flag, &message, &probed), "MPI_Improbe");
    if (!flag) return std::nullopt;
    if (pack.status.native() != MPI_STATUS_IGNORE) *pack.status.native() = probed;
    return Message(*this, message, probed);
  }
  /// No comparison takes the announcement of a message that was taken out of the matching.
  void note_taken() const {
    if (running().checks_calls) [[unlikely]]
      open().is_unannounced = true;
  }
  static void* writable(const memory_view& view) { return const_cast<void*>(view.data); }
  static int narrow(MPI_Count count) {
    if (count > INT_MAX) [[unlikely]]
      too_large();
    return static_cast<int>(count);
  }

 private:
  Request start_receive(const memory_view& view, irecv_arguments pack, const char* name,
                        place where) const {
    auto& state = running();
    if (pack.source == MPI_PROC_NULL) [[unlikely]] {
      // MPICH gives its status in the blocking form alone
      auto nothing = std::make_unique<buffer_exchange>(state);
      nothing->start_nothing();
      return Request::of(std::move(nothing));
    }
    if (state.checks_calls) [[unlikely]]
      return Request::of(std::make_unique<checked_receive<>>(state, open(), view, name, where,
                                                             pack.source, pack.tag));
    return Request::adopt(
        detail::start<operations::Recv>(writable(view), call_count{view.count}, view.type,
                                        int{pack.source}, int{pack.tag}, open().raw),
        true);
  }
  template <class Operation>
  void transfer(const ConstBuffer& buf, const send_arguments<>& pack, const char* name,
                place where) const {
    auto& state = running();
    const memory_view& view = buf.view(pack.dest);
    if (state.checks_calls) [[unlikely]]
      announce(state, open(), view, name, where, pack.dest, pack.tag);
    if constexpr (std::same_as<Operation, operations::Send>)
      if (state.sends_synchronously) [[unlikely]]
        return run<operations::Ssend>(state, !may_block(state), view.data, call_count{view.count},
                                      view.type, int{pack.dest}, int{pack.tag}, open().raw);
    run<Operation>(state, !may_block(state), view.data, call_count{view.count}, view.type,
                   int{pack.dest}, int{pack.tag}, open().raw);
  }
  template <class Operation>
  Request start_transfer(const ConstBuffer& buf, const send_arguments<>& pack, const char* name,
                         place where) const {
    auto& state = running();
    const memory_view& view = buf.view(pack.dest);
    if (state.checks_calls) [[unlikely]]
      announce(state, open(), view, name, where, pack.dest, pack.tag);
    if constexpr (std::same_as<Operation, operations::Send>)
      if (state.sends_synchronously) [[unlikely]]
        return start_transfer<operations::Ssend>(view, pack);
    return start_transfer<Operation>(view, pack);
  }
  template <class Operation>
  Request start_transfer(const memory_view& view, const send_arguments<>& pack) const {
    return Request::adopt(detail::start<Operation>(view.data, call_count{view.count}, view.type,
                                                   int{pack.dest}, int{pack.tag}, open().raw));
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
