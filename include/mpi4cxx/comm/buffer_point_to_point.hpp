// SPDX-License-Identifier: MIT
// Uppercase point-to-point calls: memory as it lies, no copy.
#pragma once

#include <mpi4cxx/buffer/buffer.hpp>
#include <mpi4cxx/comm/arguments.hpp>
#include <mpi4cxx/comm/handle.hpp>
#include <mpi4cxx/handle/message.hpp>
#include <mpi4cxx/handle/request.hpp>
#include <mpi4cxx/runtime/call.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

template <class = void>
class buffer_point_to_point : public comm_handle {
 public:
  using comm_handle::comm_handle;

  /// Sends a buffer; returns when it may be used again. One message, no copy. With dest PROC_NULL
  /// it does nothing. Throws Exception. Source: MPI_Send.
  ///
  ///     comm.Send(data, {.dest = 1});
  ///     comm.Send({data.data(), 10, MPI::DOUBLE}, 1, 77);
  void Send(ConstBuffer buf, send_arguments<> pack) const { transfer<operations::Send>(buf, pack); }
  void Send(ConstBuffer buf, integer dest, integer tag = 0) const { Send(buf, {dest, tag}); }
  /// As Send; returns when the receive has begun. Source: MPI_Ssend.
  void Ssend(ConstBuffer buf, send_arguments<> pack) const {
    transfer<operations::Ssend>(buf, pack);
  }
  void Ssend(ConstBuffer buf, integer dest, integer tag = 0) const { Ssend(buf, {dest, tag}); }
  /// As Send, from a copy in the attached buffer (MPI::Attach_buffer). Source: MPI_Bsend.
  void Bsend(ConstBuffer buf, send_arguments<> pack) const {
    transfer<operations::Bsend>(buf, pack);
  }
  void Bsend(ConstBuffer buf, integer dest, integer tag = 0) const { Bsend(buf, {dest, tag}); }
  /// As Send; the matching receive must have been posted. Source: MPI_Rsend.
  void Rsend(ConstBuffer buf, send_arguments<> pack) const {
    transfer<operations::Rsend>(buf, pack);
  }
  void Rsend(ConstBuffer buf, integer dest, integer tag = 0) const { Rsend(buf, {dest, tag}); }

  /// Starts a send; the buffer must last, unchanged, until the request is complete. Source:
  /// MPI_Isend.
  Request Isend(LastingConstBuffer buf, send_arguments<> pack) const {
    return start_transfer<operations::Send>(buf, pack);
  }
  Request Isend(LastingConstBuffer buf, integer dest, integer tag = 0) const {
    return Isend(buf, {dest, tag});
  }
  /// Source: MPI_Issend.
  Request Issend(LastingConstBuffer buf, send_arguments<> pack) const {
    return start_transfer<operations::Ssend>(buf, pack);
  }
  Request Issend(LastingConstBuffer buf, integer dest, integer tag = 0) const {
    return Issend(buf, {dest, tag});
  }
  /// Source: MPI_Ibsend.
  Request Ibsend(LastingConstBuffer buf, send_arguments<> pack) const {
    return start_transfer<operations::Bsend>(buf, pack);
  }
  Request Ibsend(LastingConstBuffer buf, integer dest, integer tag = 0) const {
    return Ibsend(buf, {dest, tag});
  }
  /// Source: MPI_Irsend.
  Request Irsend(LastingConstBuffer buf, send_arguments<> pack) const {
    return start_transfer<operations::Rsend>(buf, pack);
  }
  Request Irsend(LastingConstBuffer buf, integer dest, integer tag = 0) const {
    return Irsend(buf, {dest, tag});
  }

  /// Receives into a buffer. A shorter message is fine (see Status::Get_count), a longer one throws
  /// ERR_TRUNCATE. With source PROC_NULL the buffer is left alone. Source: MPI_Recv.
  void Recv(Buffer buf, receive_arguments pack = {}) const {
    auto& state = running();
    // from PROC_NULL nothing is waited for; MPICH gives its status in the blocking form alone
    if (!may_block(state) && pack.source != MPI_PROC_NULL) {
      Request request = Irecv(buf, {pack.source, pack.tag});
      return request.Wait(pack.status);
    }
    const memory_view& view = buf.view();
    void* const data = const_cast<void*>(view.data);
#if MPI_VERSION >= 4
    if (view.count > INT_MAX)
      return check(MPI_Recv_c(data, view.count, view.type, pack.source, pack.tag, open().raw,
                              pack.status.native()),
                   "MPI_Recv_c");
#endif
    check(MPI_Recv(data, narrow(view.count), view.type, pack.source, pack.tag, open().raw,
                   pack.status.native()),
          "MPI_Recv");
  }
  void Recv(Buffer buf, integer source, integer tag = MPI_ANY_TAG,
            status_argument status = nullptr) const {
    Recv(buf, {source, tag, status});
  }
  /// Starts a receive; the buffer must last until the request is complete. Source: MPI_Irecv.
  Request Irecv(Buffer buf, irecv_arguments pack = {}) const {
    running();
    const memory_view& view = buf.view();
    void* const data = const_cast<void*>(view.data);
    MPI_Request request = MPI_REQUEST_NULL;
#if MPI_VERSION >= 4
    if (view.count > INT_MAX) {
      check(MPI_Irecv_c(data, view.count, view.type, pack.source, pack.tag, open().raw, &request),
            "MPI_Irecv_c");
      return Request::adopt(request, true);
    }
#endif
    check(
        MPI_Irecv(data, narrow(view.count), view.type, pack.source, pack.tag, open().raw, &request),
        "MPI_Irecv");
    return Request::adopt(request, true);
  }
  Request Irecv(Buffer buf, integer source, integer tag = MPI_ANY_TAG) const {
    return Irecv(buf, irecv_arguments{source, tag});
  }

  /// Sends one buffer and receives into another at once; cannot deadlock. Two messages.
  /// Source: MPI_Sendrecv.
  void Sendrecv(ConstBuffer sendbuf, Buffer recvbuf, sendrecv_arguments<> pack) const {
    auto& state = running();
    if (!may_block(state)) {
      Request receive;
      if (pack.source != MPI_PROC_NULL) receive = Irecv(recvbuf, {pack.source, pack.recvtag});
      Request send = start_transfer<operations::Send>(sendbuf, {pack.dest, pack.sendtag});
      send.Wait();
      if (pack.source == MPI_PROC_NULL)
        return Recv(recvbuf, {MPI_PROC_NULL, pack.recvtag, pack.status});
      return receive.Wait(pack.status);
    }
    const memory_view &out = sendbuf.view(), &in = recvbuf.view();
    check(MPI_Sendrecv(out.data, narrow(out.count), out.type, pack.dest, pack.sendtag,
                       const_cast<void*>(in.data), narrow(in.count), in.type, pack.source,
                       pack.recvtag, open().raw, pack.status.native()),
          "MPI_Sendrecv");
  }
  void Sendrecv(ConstBuffer sendbuf, Buffer recvbuf, integer dest) const {
    Sendrecv(sendbuf, recvbuf, sendrecv_arguments<>{.dest = dest});
  }
  void Sendrecv(ConstBuffer sendbuf, Buffer recvbuf, integer dest, integer sendtag, integer source,
                integer recvtag, status_argument status = nullptr) const {
    Sendrecv(sendbuf, recvbuf, {dest, sendtag, source, recvtag, status});
  }
  /// Sends a buffer and receives into the same one; MPI keeps a copy on the way.
  /// Source: MPI_Sendrecv_replace.
  void Sendrecv_replace(Buffer buf, sendrecv_arguments<> pack) const {
    auto& state = running();
    const memory_view& view = buf.view();
    const driven_section driven(state);
    check(MPI_Sendrecv_replace(const_cast<void*>(view.data), narrow(view.count), view.type,
                               pack.dest, pack.sendtag, pack.source, pack.recvtag, open().raw,
                               pack.status.native()),
          "MPI_Sendrecv_replace");
  }
  void Sendrecv_replace(Buffer buf, integer dest) const {
    Sendrecv_replace(buf, sendrecv_arguments<>{.dest = dest});
  }
  void Sendrecv_replace(Buffer buf, integer dest, integer sendtag, integer source, integer recvtag,
                        status_argument status = nullptr) const {
    Sendrecv_replace(buf, {dest, sendtag, source, recvtag, status});
  }

  /// Waits until a message is there; it stays there. Source: MPI_Probe, or MPI_Iprobe until true.
  void Probe(receive_arguments pack = {}) const {
    auto& state = running();
    if (may_block(state))
      return check(MPI_Probe(pack.source, pack.tag, open().raw, pack.status.native()), "MPI_Probe");
    wait_until(state, [&] { return Iprobe(pack); });
  }
  void Probe(integer source, integer tag = MPI_ANY_TAG, status_argument status = nullptr) const {
    Probe({source, tag, status});
  }
  /// Whether a message is there. Source: MPI_Iprobe.
  bool Iprobe(receive_arguments pack = {}) const {
    advance(running());
    int flag = 0;
    check(MPI_Iprobe(pack.source, pack.tag, open().raw, &flag, pack.status.native()), "MPI_Iprobe");
    return flag != 0;
  }
  bool Iprobe(integer source, integer tag = MPI_ANY_TAG, status_argument status = nullptr) const {
    return Iprobe({source, tag, status});
  }
  /// Waits for a message and takes it out of the matching: only the Message can receive it.
  /// Source: MPI_Mprobe.
  Message Mprobe(receive_arguments pack = {}) const {
    auto& state = running();
    MPI_Status probed{};
    const MPI_Message message = matched_probe(state, open().raw, pack.source, pack.tag, probed);
    if (pack.status.native() != MPI_STATUS_IGNORE) *pack.status.native() = probed;
    return {*this, message, probed};
  }
  Message Mprobe(integer source, integer tag = MPI_ANY_TAG,
                 status_argument status = nullptr) const {
    return Mprobe({source, tag, status});
  }
  /// The message, or nullopt where none is there. Source: MPI_Improbe.
  std::optional<Message> Improbe(receive_arguments pack = {}) const {
    advance(running());
    int flag = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status probed{};
    check(MPI_Improbe(pack.source, pack.tag, open().raw, &flag, &message, &probed), "MPI_Improbe");
    if (!flag) return std::nullopt;
    if (pack.status.native() != MPI_STATUS_IGNORE) *pack.status.native() = probed;
    return Message(*this, message, probed);
  }
  std::optional<Message> Improbe(integer source, integer tag = MPI_ANY_TAG,
                                 status_argument status = nullptr) const {
    return Improbe({source, tag, status});
  }

 protected:
  static int narrow(MPI_Count count) {
    if (count > INT_MAX) [[unlikely]]
      too_large();
    return static_cast<int>(count);
  }

 private:
  template <class Operation>
  void transfer(const ConstBuffer& buf, const send_arguments<>& pack) const {
    auto& state = running();
    const memory_view& view = buf.view();
    run<Operation>(state, !may_block(state), view.data, call_count{view.count}, view.type,
                   int{pack.dest}, int{pack.tag}, open().raw);
  }
  template <class Operation>
  Request start_transfer(const ConstBuffer& buf, const send_arguments<>& pack) const {
    running();
    const memory_view& view = buf.view();
    return Request::adopt(detail::start<Operation>(view.data, call_count{view.count}, view.type,
                                                   int{pack.dest}, int{pack.tag}, open().raw));
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
