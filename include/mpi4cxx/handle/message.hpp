// SPDX-License-Identifier: MIT
// MPI::Message: a message that a probe has matched, and that only its holder can receive.
#pragma once

#include <mpi4cxx/buffer/buffer.hpp>
#include <mpi4cxx/comm/arguments.hpp>
#include <mpi4cxx/comm/handle.hpp>
#include <mpi4cxx/handle/request.hpp>
#include <mpi4cxx/object/packed.hpp>
#include <mpi4cxx/runtime/call.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// A matched message: what mprobe, Mprobe, improbe and Improbe give. Receiving makes it
/// MESSAGE_NULL.
class Message {
 public:
  /// MESSAGE_NULL.
  Message() = default;
  Message(Message&& other) noexcept { swap(other); }
  Message& operator=(Message&& other) noexcept {
    Message(std::move(other)).swap(*this);
    return *this;
  }
  ~Message() {
    if (raw_ != MPI_MESSAGE_NULL) open_.lose("a message, matched and never received,");
  }
  explicit operator bool() const noexcept { return raw_ != MPI_MESSAGE_NULL; }
  bool operator==(const Message& other) const noexcept { return raw_ == other.raw_; }
  MPI_Message native() const noexcept { return raw_; }

  /// The object of the message. Of MESSAGE_NO_PROC (a probe of PROC_NULL) it is T{}.
  /// Throws as comm.recv. Source: MPI_Imrecv.
  template <class T = Object>
  T recv(detail::status_argument status = nullptr, place where = place::here()) {
    const detail::user_call inside(detail::running(), "recv", where);
    auto& state = detail::running();
    T value{};
    if (raw_ == MPI_MESSAGE_NO_PROC) {
      raw_ = MPI_MESSAGE_NULL;
      if (status.native() != MPI_STATUS_IGNORE) *status.native() = detail::no_message();
      return value;
    }
    require();
    detail::scratch_buffer buffer;
    MPI_Status received{};
    const auto message = detail::receive_matched(state, raw_, probed_, *buffer, &received);
    open_ = {};
    const std::size_t size =
        detail::take_message(state, comm_.open(), message, received.MPI_SOURCE, value);
    if (status.native() != MPI_STATUS_IGNORE) {
      *status.native() = received;
      detail::set_object_size(status.native(), size);
    }
    return value;
  }

  /// Starts to receive the object of the message; this is MESSAGE_NULL at once. Source: MPI_Imrecv.
  template <class T = Object>
  ObjectRequest<T> irecv(place where = place::here()) {
    const detail::user_call inside(detail::running(), "irecv", where);
    auto& state = detail::running();
    require();
    const bool is_message = raw_ != MPI_MESSAGE_NO_PROC;
    auto receive = std::make_unique<detail::owning_receive<T>>(
        state, is_message ? comm_.open() : detail::self_record,
        is_message ? probed_.MPI_SOURCE : MPI_PROC_NULL, MPI_ANY_TAG);
    if (is_message)
      receive->start(raw_, probed_);
    else
      receive->start();
    raw_ = MPI_MESSAGE_NULL;
    open_ = {};
    return ObjectRequest<T>(std::move(receive));
  }

  /// The message into a buffer. Source: MPI_Mrecv.
  void Recv(Buffer buffer, detail::status_argument status = nullptr, place where = place::here()) {
    Request request = Irecv(buffer, where);
    request.Wait(status, where);
  }
  /// As Recv, as a request; the buffer must last until it is complete. Source: MPI_Imrecv.
  Request Irecv(Buffer buffer, place where = place::here()) {
    const detail::user_call inside(detail::running(), "Irecv", where);
    require();
    if (raw_ != MPI_MESSAGE_NO_PROC && detail::running().checks_calls) [[unlikely]]
      comm_.open().is_unannounced = true;  // as persistent receives
    const auto& view = buffer.view();
    MPI_Request request = MPI_REQUEST_NULL;
    detail::call<detail::operations::Mrecv::nonblocking>(
        const_cast<void*>(view.data), detail::call_count{view.count}, view.type, &raw_, &request);
    open_ = {};
    return Request::adopt(request, true);
  }

  // ---- as comm.Mprobe, comm.Improbe, comm.mprobe and comm.improbe, for any communicator

  /// Waits for a message and takes it out of the matching. Source: MPI_Mprobe.
  ///
  ///     MPI::Message message = MPI::Message::probe(comm, {.source = 1});
  template <std::derived_from<detail::comm_handle> Communicator>
  static Message Probe(const Communicator& comm, detail::receive_arguments pack = {},
                       place where = place::here()) {
    return comm.Mprobe(pack, where);
  }
  template <std::derived_from<detail::comm_handle> Communicator>
  static Message Probe(const Communicator& comm, detail::integer source,
                       detail::integer tag = MPI_ANY_TAG, detail::status_argument status = nullptr,
                       place where = place::here()) {
    return comm.Mprobe({source, tag, status}, where);
  }
  /// The message, or nullopt where none is there. Source: MPI_Improbe.
  template <std::derived_from<detail::comm_handle> Communicator>
  static std::optional<Message> Iprobe(const Communicator& comm,
                                       detail::receive_arguments pack = {},
                                       place where = place::here()) {
    return comm.Improbe(pack, where);
  }
  template <std::derived_from<detail::comm_handle> Communicator>
  static std::optional<Message> Iprobe(const Communicator& comm, detail::integer source,
                                       detail::integer tag = MPI_ANY_TAG,
                                       detail::status_argument status = nullptr,
                                       place where = place::here()) {
    return comm.Improbe({source, tag, status}, where);
  }
  template <std::derived_from<detail::comm_handle> Communicator>
  static Message probe(const Communicator& comm, detail::receive_arguments pack = {},
                       place where = place::here()) {
    return comm.Mprobe(pack, where);
  }
  template <std::derived_from<detail::comm_handle> Communicator>
  static Message probe(const Communicator& comm, detail::integer source,
                       detail::integer tag = MPI_ANY_TAG, detail::status_argument status = nullptr,
                       place where = place::here()) {
    return comm.Mprobe({source, tag, status}, where);
  }
  template <std::derived_from<detail::comm_handle> Communicator>
  static std::optional<Message> iprobe(const Communicator& comm,
                                       detail::receive_arguments pack = {},
                                       place where = place::here()) {
    return comm.Improbe(pack, where);
  }
  template <std::derived_from<detail::comm_handle> Communicator>
  static std::optional<Message> iprobe(const Communicator& comm, detail::integer source,
                                       detail::integer tag = MPI_ANY_TAG,
                                       detail::status_argument status = nullptr,
                                       place where = place::here()) {
    return comm.Improbe({source, tag, status}, where);
  }

  // For the library.
  Message(detail::comm_handle comm, MPI_Message raw, const MPI_Status& probed)
      : comm_(std::move(comm)), raw_(raw), probed_(probed) {
    if (raw != MPI_MESSAGE_NO_PROC) open_ = detail::tracked("a message, matched and not received,");
  }
  static Message no_proc() { return {detail::comm_handle(), MPI_MESSAGE_NO_PROC, MPI_Status{}}; }

 private:
  void require() const {
    if (raw_ == MPI_MESSAGE_NULL)
      detail::raise(MPI_ERR_REQUEST, "this message is MESSAGE_NULL: it was received already");
  }
  void swap(Message& other) noexcept {
    std::swap(comm_, other.comm_);
    std::swap(raw_, other.raw_);
    std::swap(probed_, other.probed_);
    std::swap(open_, other.open_);
  }

  detail::comm_handle comm_;
  MPI_Message raw_ = MPI_MESSAGE_NULL;
  MPI_Status probed_{};
  detail::tracked open_;
};

namespace detail {
inline const permanent<Message> storage_of_message_null{};
inline const permanent<Message> storage_of_message_no_proc{comm_handle(), MPI_MESSAGE_NO_PROC,
                                                           MPI_Status{}};
}  // namespace detail
inline const Message& MESSAGE_NULL = detail::storage_of_message_null.value;
/// To compare with: what a matched probe of PROC_NULL gives.
inline const Message& MESSAGE_NO_PROC = detail::storage_of_message_no_proc.value;

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
