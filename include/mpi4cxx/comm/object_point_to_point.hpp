// SPDX-License-Identifier: MIT
// Lowercase point-to-point calls: any object.
#pragma once

#include <mpi4cxx/comm/buffer_point_to_point.hpp>
#include <mpi4cxx/object/requests.hpp>

#include <initializer_list>
#include <string>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

template <class T>
inline constexpr bool is_borrowed = false;
template <class T>
inline constexpr bool is_borrowed<borrowed<T>> = true;

/// A T to receive into. A sentence where it cannot be made.
template <class T>
constexpr void require_receivable() {
  static_assert(std::same_as<T, std::remove_cvref_t<T>>,
                "mpi4cxx: receive a plain type, not a const one or a reference");
  require_sendable<T>();
  static_assert(
      std::is_array_v<T> || std::is_default_constructible_v<T>,
      "mpi4cxx: an object that is received is made first and filled then: give its class a "
      "default constructor, or receive into an existing object with recv_into");
  static_assert(!std::is_array_v<T>,
                "mpi4cxx: an array cannot be returned: use std::array, or recv_into");
}

template <class = void>
class object_point_to_point : public buffer_point_to_point<> {
 public:
  using buffer_point_to_point<>::buffer_point_to_point;

  /// Sends any object; returns when it may be changed. One message up to the inline limit (4 KiB),
  /// else one and the object's large parts, which travel from where they are, uncopied. With dest
  /// PROC_NULL it does nothing. Throws Exception. Source: MPI_Send.
  ///
  ///     comm.send(std::map<std::string, int>{{"a", 7}}, {.dest = 1, .tag = 11});
  template <class T>
  void send(const T& obj, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "send", where, pack.dest, pack.tag);
    send_in(obj, pack, standard_mode());
  }
  template <class T>
  void send(const T& obj, integer dest, integer tag = 0, place where = place::here()) const {
    send(obj, {dest, tag}, where);
  }
  template <class E>
  void send(std::initializer_list<E> obj, send_arguments<> pack,
            place where = place::here()) const {
    send(std::vector<E>(obj), pack, where);
  }
  template <class E>
  void send(std::initializer_list<E> obj, integer dest, integer tag = 0,
            place where = place::here()) const {
    send(std::vector<E>(obj), dest, tag, where);
  }
  /// As send; returns when the receive has begun. Source: MPI_Ssend.
  template <class T>
  void ssend(const T& obj, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "ssend", where, pack.dest, pack.tag);
    send_in(obj, pack, send_mode::synchronous);
  }
  template <class T>
  void ssend(const T& obj, integer dest, integer tag = 0, place where = place::here()) const {
    ssend(obj, {dest, tag}, where);
  }
  /// As send, from a copy that the library keeps: returns at once, and needs no attached buffer.
  /// Source: MPI_Isend.
  template <class T>
  void bsend(const T& obj, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "bsend", where, pack.dest, pack.tag);
    Request(isend_in(obj, pack, send_mode::standard)).Free();
  }
  template <class T>
  void bsend(const T& obj, integer dest, integer tag = 0, place where = place::here()) const {
    bsend(obj, {dest, tag}, where);
  }

  /// Starts to send an object. The request owns the bytes: an rvalue is moved in, an lvalue copied;
  /// isend(MPI::borrow(x)) copies nothing, and x must last until wait(). Source: MPI_Isend.
  template <class T>
  Request isend(T&& obj, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "isend", where, pack.dest, pack.tag);
    return isend_in(std::forward<T>(obj), pack, standard_mode());
  }
  template <class T>
  Request isend(T&& obj, integer dest, integer tag = 0, place where = place::here()) const {
    return isend(std::forward<T>(obj), send_arguments<>{dest, tag}, where);
  }
  /// As isend; complete when the receive has begun. Source: MPI_Issend.
  template <class T>
  Request issend(T&& obj, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "issend", where, pack.dest, pack.tag);
    return isend_in(std::forward<T>(obj), pack, send_mode::synchronous);
  }
  template <class T>
  Request issend(T&& obj, integer dest, integer tag = 0, place where = place::here()) const {
    return issend(std::forward<T>(obj), send_arguments<>{dest, tag}, where);
  }
  /// As bsend; the request is complete at once.
  template <class T>
  Request ibsend(const T& obj, send_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "ibsend", where, pack.dest, pack.tag);
    bsend(obj, pack, where);
    return {};
  }
  template <class T>
  Request ibsend(const T& obj, integer dest, integer tag = 0, place where = place::here()) const {
    return ibsend(obj, send_arguments<>{dest, tag}, where);
  }

  /// Receives an object. Without T: an MPI::Object, whatever was sent. With source PROC_NULL it is
  /// T{}. Afterwards the status counts the object's bytes.
  /// Throws TypeMismatch where another type was sent; that message is consumed, and the next
  /// receive gets the next one. Throws Exception where the message is no object. Source: MPI_Recv.
  ///
  ///     auto config = comm.recv<std::map<std::string, int>>({.source = 0, .tag = 11});
  template <class T = Object>
  T recv(receive_arguments pack = {}, place where = place::here()) const {
    require_receivable<T>();
    const user_call inside(open(), "recv", where, pack.source, pack.tag);
    T obj{};
    recv_into(obj, pack, where);
    return obj;
  }
  template <class T = Object>
  T recv(integer source, integer tag = MPI_ANY_TAG, status_argument status = nullptr,
         place where = place::here()) const {
    return recv<T>({source, tag, status}, where);
  }
  /// Receives into an existing object, whose storage is reused; large contiguous parts arrive where
  /// they stay. When it throws, the object is valid but unspecified. Source: MPI_Recv.
  template <class T>
  void recv_into(T& obj, receive_arguments pack = {}, place where = place::here()) const {
    const user_call inside(open(), "recv_into", where, pack.source, pack.tag);
    static_assert(!std::is_const_v<T>, "mpi4cxx: cannot receive into a const object");
    require_sendable<T>();
    receive_object(running(), open(), obj, pack.source, pack.tag, pack.status.native());
  }
  template <class T>
  void recv_into(T& obj, integer source, integer tag = MPI_ANY_TAG,
                 status_argument status = nullptr, place where = place::here()) const {
    recv_into(obj, receive_arguments{source, tag, status}, where);
  }

  /// Starts to receive an object of any size: `wait()` gives it. Its sender can finish whatever
  /// this rank does next in MPI. Source: MPI_Irecv.
  template <class T = Object>
  ObjectRequest<T> irecv(irecv_arguments pack = {}, place where = place::here()) const {
    const user_call inside(open(), "irecv", where, pack.source, pack.tag);
    require_receivable<T>();
    auto& state = running();
    auto receive = std::make_unique<owning_receive<T>>(state, open(), pack.source, pack.tag);
    receive->start();
    return ObjectRequest<T>(std::move(receive));
  }
  template <class T = Object>
  ObjectRequest<T> irecv(integer source, integer tag = MPI_ANY_TAG,
                         place where = place::here()) const {
    return irecv<T>(irecv_arguments{source, tag}, where);
  }
  /// As irecv, into an existing object, which must last until the request is complete.
  template <class T>
  Request irecv_into(T& obj, irecv_arguments pack = {}, place where = place::here()) const {
    const user_call inside(open(), "irecv_into", where, pack.source, pack.tag);
    static_assert(!std::is_const_v<T>, "mpi4cxx: cannot receive into a const object");
    require_sendable<T>();
    auto& state = running();
    auto receive =
        std::make_unique<object_receive_into<T>>(state, open(), pack.source, pack.tag, obj);
    receive->start();
    return Request::of(std::move(receive));
  }
  template <class T>
  Request irecv_into(T& obj, integer source, integer tag = MPI_ANY_TAG,
                     place where = place::here()) const {
    return irecv_into(obj, irecv_arguments{source, tag}, where);
  }

  /// Sends an object and receives one at once; cannot deadlock. Receives a T of the same type as
  /// the object sent, or as named: sendrecv<T>. Source: MPI_Isend, MPI_Recv.
  template <class T = void, class U>
  auto sendrecv(const U& sendobj, sendrecv_arguments<> pack, place where = place::here()) const {
    using received = std::conditional_t<std::is_void_v<T>, object_of_t<const U&>, T>;
    const user_call inside(open(), "sendrecv", where, pack.source, pack.recvtag);
    auto&& outgoing = as_object(sendobj);
    Request send =
        isend_in(borrow(std::as_const(outgoing)), {pack.dest, pack.sendtag}, standard_mode());
    received obj = recv<received>({pack.source, pack.recvtag, pack.status}, where);
    send.Wait();
    return obj;
  }
  template <class T = void, class U>
  auto sendrecv(const U& sendobj, integer dest, place where = place::here()) const {
    return sendrecv<T>(sendobj, sendrecv_arguments<>{.dest = dest}, where);
  }
  template <class T = void, class U>
  auto sendrecv(const U& sendobj, integer dest, integer sendtag, integer source, integer recvtag,
                status_argument status = nullptr, place where = place::here()) const {
    return sendrecv<T>(sendobj, {dest, sendtag, source, recvtag, status}, where);
  }

  /// Waits until a message is there; it stays there. Source: MPI_Probe.
  bool probe(receive_arguments pack = {}, place where = place::here()) const {
    return Probe(pack, where), true;
  }
  bool probe(integer source, integer tag = MPI_ANY_TAG, status_argument status = nullptr,
             place where = place::here()) const {
    return probe({source, tag, status}, where);
  }
  /// Whether a message is there. Source: MPI_Iprobe.
  bool iprobe(receive_arguments pack = {}, place where = place::here()) const {
    return Iprobe(pack, where);
  }
  bool iprobe(integer source, integer tag = MPI_ANY_TAG, status_argument status = nullptr,
              place where = place::here()) const {
    return iprobe({source, tag, status}, where);
  }
  /// Waits for a message and takes it out of the matching: `message.recv<T>()`. Source: MPI_Mprobe.
  Message mprobe(receive_arguments pack = {}, place where = place::here()) const {
    return taken(pack, "mprobe", where);
  }
  Message mprobe(integer source, integer tag = MPI_ANY_TAG, status_argument status = nullptr,
                 place where = place::here()) const {
    return mprobe({source, tag, status}, where);
  }
  /// The message, or nullopt where none is there. Source: MPI_Improbe.
  std::optional<Message> improbe(receive_arguments pack = {}, place where = place::here()) const {
    return taken_if_here(pack, "improbe", where);
  }
  std::optional<Message> improbe(integer source, integer tag = MPI_ANY_TAG,
                                 status_argument status = nullptr,
                                 place where = place::here()) const {
    return improbe({source, tag, status}, where);
  }

 private:
  /// Of standard sends, which may be asked not to be buffered (MPI4CXX_SYNCHRONOUS).
  static send_mode standard_mode() {
    return running().sends_synchronously ? send_mode::synchronous : send_mode::standard;
  }
  template <class T>
  void send_in(const T& obj, const send_arguments<>& pack, send_mode mode) const {
    auto& state = running();
    send_object(state, open(), as_object(obj), pack.dest, pack.tag, mode);
  }

  template <class T>
  Request isend_in(T&& obj, const send_arguments<>& pack, send_mode mode) const {
    using plain = std::remove_cvref_t<T>;
    auto& state = running();
    auto& comm = open();
    std::unique_ptr<object_send> send;
    if constexpr (is_borrowed<plain>) {
      send = std::make_unique<object_send>(state);
      send->pack(*obj.object);
      send->borrows = true;
    } else if constexpr (std::is_same_v<T, plain> && !std::is_array_v<plain> &&
                         std::is_move_constructible_v<plain> && !is_raw<plain>) {
      send = std::make_unique<owning_send<plain>>(state, std::move(obj));
    } else {
      send = std::make_unique<object_send>(state);
      send->pack(as_object(obj));
      send->own_parts();
    }
    send->start(comm, pack.dest, pack.tag, mode);
    return Request::of(std::move(send));
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
