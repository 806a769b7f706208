// SPDX-License-Identifier: MIT
// Objects between two ranks: a header message on the user's communicator, the parts on the channel.
#pragma once

#include <mpi4cxx/comm/record.hpp>
#include <mpi4cxx/object/wire.hpp>

#include <exception>
#include <new>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

enum class send_mode : unsigned char { standard, synchronous };
using request_list = kept_list<MPI_Request>;

/// The status of a receive from PROC_NULL.
inline MPI_Status no_message() noexcept {
  MPI_Status status{};
  status.MPI_SOURCE = MPI_PROC_NULL;
  status.MPI_TAG = MPI_ANY_TAG;
  return status;
}

/// The bytes of an object as MPI counts them in a status.
inline void set_object_size(MPI_Status* status, std::size_t bytes) {
  if (status != MPI_STATUS_IGNORE)
    check(MPI_Status_set_elements_x(status, MPI_BYTE, static_cast<MPI_Count>(bytes)),
          "MPI_Status_set_elements_x");
}

// ---- sending

inline MPI_Request start_send(std::span<const std::byte> message, int destination, int tag,
                              MPI_Comm comm, send_mode mode) {
  if (message.size() > INT_MAX)
    raise(MPI_ERR_COUNT,
          "an object above 2 GiB cannot travel on a communicator without a channel (see "
          "MPI4CXX_RC_CHANNEL)");
  MPI_Request request = MPI_REQUEST_NULL;
  const int size = static_cast<int>(message.size());
  if (mode == send_mode::synchronous)
    check(MPI_Issend(message.data(), size, MPI_BYTE, destination, tag, comm, &request),
          "MPI_Issend");
  else
    check(MPI_Isend(message.data(), size, MPI_BYTE, destination, tag, comm, &request), "MPI_Isend");
  return request;
}

/// Sends one small message and waits: MPI_Send or MPI_Ssend.
inline void send_message(process_state& state, std::span<const std::byte> message, int destination,
                         int tag, MPI_Comm comm, send_mode mode) {
  if (may_block(state)) {
    const driven_section driven(state);
    const int size = static_cast<int>(message.size());
    if (mode == send_mode::synchronous)
      return check(MPI_Ssend(message.data(), size, MPI_BYTE, destination, tag, comm), "MPI_Ssend");
    return check(MPI_Send(message.data(), size, MPI_BYTE, destination, tag, comm), "MPI_Send");
  }
  MPI_Request request = start_send(message, destination, tag, comm, mode);
  wait(state, request, MPI_STATUS_IGNORE, "MPI_Isend");
}

/// Starts all messages of a packed object. The parcel's memory must stay until they are complete.
inline void start_parcel(process_state& state, comm_record& comm, parcel& parcel, int destination,
                         int tag, send_mode mode, request_list& requests) {
  requests.reserve(1);  // what is started must have its place
  if (parcel.is_small()) {
    requests.push_back(start_send(parcel.small_message(), destination, tag, comm.raw, mode));
  } else if (!comm.has_channel) {
    requests.push_back(start_send(parcel.whole_message(), destination, tag, comm.raw, mode));
  } else {
    const int part_tag = state.next_part_tag();
    part_list channel;
    const auto message =
        parcel.header_message(static_cast<std::uint32_t>(part_tag), state.chunk_limit, channel);
    const int world = comm.world_rank(state, destination);
    requests.reserve(1 + channel.size());
    requests.push_back(start_send(message, destination, tag, comm.raw, mode));
    for (const part& piece : channel)
      requests.push_back(start_send({piece.data, piece.size}, world, part_tag, state.channel,
                                    send_mode::standard));
  }
}

inline void wait_all(process_state& state, request_list& requests) {
  const int count = static_cast<int>(requests.size());
  if (may_block(state)) {
    const driven_section driven(state);
    return check(MPI_Waitall(count, requests.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
  }
  wait_until(state, [&] {
    int done = 0;
    check(MPI_Testall(count, requests.data(), &done, MPI_STATUSES_IGNORE), "MPI_Testall");
    return done != 0;
  });
}

inline void check_peer(const comm_record& comm, int peer, const char* what) {
  const int peers = comm.remote_size > 0 ? comm.remote_size : comm.size;
  if (peer >= 0 && peer < peers) [[likely]]
    return;
  raise(MPI_ERR_RANK, formatted("{} {} is no rank of this communicator: its ranks are 0 to {}",
                                {what, peer, peers - 1}));
}

/// Sends an object that is one part and nothing else, in two messages and without any allocation.
inline void send_part(process_state& state, comm_record& comm, identity_t identity, part piece,
                      int destination, int tag, send_mode mode) {
  const int part_tag = state.next_part_tag();
  const header head{identity, static_cast<std::uint32_t>(part_tag), wire_magic, wire_version,
                    form::parts};
  const extent size{0, 1, 1};
  const auto part_size = static_cast<std::uint64_t>(piece.size);
  std::byte message[front_size + sizeof part_size];
  std::memcpy(message, &head, sizeof head);
  std::memcpy(message + sizeof head, &size, sizeof size);
  std::memcpy(message + front_size, &part_size, sizeof part_size);
  MPI_Request first = start_send(message, destination, tag, comm.raw, mode);
  MPI_Request second = start_send({piece.data, piece.size}, comm.world_rank(state, destination),
                                  part_tag, state.channel, send_mode::standard);
  wait(state, second, MPI_STATUS_IGNORE, "MPI_Isend");
  wait(state, first, MPI_STATUS_IGNORE,
       mode == send_mode::synchronous ? "MPI_Issend" : "MPI_Isend");
}

/// comm.send and comm.ssend. One message for a small object, else one and its parts.
template <class T>
void send_object(process_state& state, comm_record& comm, const T& value, int destination, int tag,
                 send_mode mode) {
  if (destination == MPI_PROC_NULL) return;
  check_peer(comm, destination, "dest");
  if constexpr (is_raw<T> && sizeof(T) < most_inline_limit) {
    // nothing but a header in front: no allocation, no archive
    if (sizeof(T) < state.inline_limit) {
      std::byte message[sizeof(header) + sizeof(T)];
      const header head = small_header(known_identity<T>(), state.inline_limit);
      std::memcpy(message, &head, sizeof head);
      std::memcpy(message + sizeof head, &value, sizeof(T));
      return send_message(state, message, destination, tag, comm.raw, mode);
    }
  }
  if constexpr (flat_sequence<T> && kind_v<T> != kind::bits) {
    const std::size_t size = std::size(value) * sizeof(flat_element_t<T>);
    if (size >= state.inline_limit && size <= state.chunk_limit && comm.has_channel)
      return send_part(state, comm, known_identity<T>(),
                       {reinterpret_cast<const std::byte*>(std::data(value)), size}, destination,
                       tag, mode);
  }
  scratch_buffer buffer;
  parcel parcel(*buffer, state.inline_limit);
  parcel.pack(value);
  if (parcel.is_small())
    return send_message(state, parcel.small_message(), destination, tag, comm.raw, mode);
  request_list requests;
  start_parcel(state, comm, parcel, destination, tag, mode, requests);
  wait_all(state, requests);
}

/// Waits for a request that was dropped. While an exception unwinds the stack this rank may be the
/// one that the others wait for: then a few seconds at most, after which the job is ended.
template <class Done>
void wait_in_destructor(process_state& state, Done&& done) {
  const ending_call inside(state, "~Request");
  const double limit = std::uncaught_exceptions() > 0 ? MPI_Wtime() + 3 : 0;
  wait_until(state, [&] {
    if (limit != 0 && MPI_Wtime() > limit)
      abort_job(state,
                formatted("an exception left a scope with an unfinished request, which did not "
                          "complete within 3 seconds{}{}",
                          {last_raised[0] ? "; mpi4cxx's last exception here was: " : "",
                           static_cast<const char*>(last_raised)}),
                1);
    return done();
  });
}

// ---- receiving

/// Stream and part sizes, where they are a message of their own.
inline std::size_t table_size(const opened_header& opened) {
  return static_cast<std::size_t>(opened.size.stream_size) +
         std::size_t{opened.size.part_count} * sizeof(std::uint64_t);
}

/// Receives that are posted for messages whose lengths are known.
class exact_receives {
 public:
  bool empty() const noexcept { return requests_.empty(); }
  /// What is started must have its place.
  void reserve(std::size_t more) {
    requests_.reserve(more);
    sizes_.reserve(more);
  }
  void start(std::byte* destination, int size, int source, int tag, MPI_Comm comm) {
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Irecv(destination, size, MPI_BYTE, source, tag, comm, &request), "MPI_Irecv");
    requests_.push_back(request);
    sizes_.push_back(size);
  }

  /// True when all are complete; throws where one came with another length.
  bool test() {
    if (requests_.empty()) return true;
    statuses_.resize(requests_.size());
    int done = 0;
    const int error =
        MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done, statuses_.data());
    if (!done && error == MPI_SUCCESS) return false;
    requests_.clear();
    const kept_list<int> sizes = std::move(sizes_);
    sizes_.clear();
    if (error != MPI_SUCCESS) damaged(wrong_length);
    for (std::size_t i = 0; i < sizes.size(); ++i) expect_length(statuses_[i], sizes[i]);
    return true;
  }

  static void expect_length(const MPI_Status& status, int expected) {
    int size = 0;
    check(MPI_Get_count(&status, MPI_BYTE, &size), "MPI_Get_count");
    if (size != expected) [[unlikely]]
      damaged(wrong_length);
  }

 private:
  static constexpr const char* wrong_length = "a message of it is not as long as it says";
  request_list requests_;
  kept_list<int> sizes_;
  kept_list<MPI_Status> statuses_;
};

/// The messages of one object on the channel, taken in order. What is left is drained in the
/// destructor, so that the stream of messages stays in order whatever happens to the object.
class channel_messages {
 public:
  /// Of a message from `source`, a rank of the world. Numbers of it that cannot be true are an
  /// exception; then nothing is waited for.
  channel_messages(process_state& state, int source, const opened_header& opened)
      : state_(state), source_(source), tag_(static_cast<int>(opened.head.tag_or_limit)) {
    if (opened.head.tag_or_limit > static_cast<std::uint32_t>(state.tag_upper_bound))
      damaged("its parts have a tag that cannot be");
    if (state.channel == MPI_COMM_NULL)
      damaged("its parts travel on a channel, which this process does not have");
    left_ = opened.size.message_count;
    if (opened.head.shape == form::parts)
      expect(chunk_count(opened.sizes, state.chunk_limit));
    else if (left_ < chunk_count(table_size(opened), state.chunk_limit))
      refuse();
  }
  channel_messages(const channel_messages&) = delete;
  channel_messages& operator=(const channel_messages&) = delete;

  ~channel_messages() {
    pause pause(state_);
    while (!drain()) pause();
  }

  /// So many messages must be left.
  void expect(std::size_t count) {
    if (left_ != count) refuse();
  }

  /// Takes what is here of the messages left and throws it away; true when none is left. With room
  /// for each: Open MPI 4.1 writes past the end of a receive that is too short (docs/wire.md).
  bool drain() noexcept {
    while (left_ != 0) {
      int found = 0;
      MPI_Message message = MPI_MESSAGE_NULL;
      MPI_Status status;
      if (MPI_Improbe(source_, tag_, state_.channel, &found, &message, &status) != MPI_SUCCESS)
        left_ = 0;
      if (!found) return left_ == 0;
      --left_;
      int size = 0;
      MPI_Get_count(&status, MPI_BYTE, &size);
      const std::unique_ptr<std::byte[]> room(new (std::nothrow)
                                                  std::byte[static_cast<std::size_t>(size)]);
      MPI_Mrecv(room.get(), room ? size : 0, MPI_BYTE, &message, MPI_STATUS_IGNORE);
    }
    return true;
  }

  /// Posts receives for the next `size` bytes.
  void post(std::byte* destination, std::size_t size, exact_receives& receives) {
    receives.reserve(chunk_count(size, state_.chunk_limit));
    while (size != 0) {
      const std::size_t piece = size < state_.chunk_limit ? size : state_.chunk_limit;
      receives.start(destination, static_cast<int>(piece), source_, tag_, state_.channel);
      --left_;
      destination += piece;
      size -= piece;
    }
  }

  /// Receives the next `size` bytes and waits for them.
  void receive(void* destination, std::size_t size) {
    if (size == 0) return;
    if (size > state_.chunk_limit) {
      exact_receives receives;
      post(static_cast<std::byte*>(destination), size, receives);
      return wait_until(state_, [&] { return receives.test(); });
    }
    --left_;
    const int length = static_cast<int>(size);
    MPI_Status status;
    if (may_block(state_)) {
      const driven_section driven(state_);
      check(MPI_Recv(destination, length, MPI_BYTE, source_, tag_, state_.channel, &status),
            "MPI_Recv");
    } else {
      MPI_Request request = MPI_REQUEST_NULL;
      check(MPI_Irecv(destination, length, MPI_BYTE, source_, tag_, state_.channel, &request),
            "MPI_Irecv");
      wait(state_, request, &status, "MPI_Irecv");
    }
    exact_receives::expect_length(status, length);
  }

 private:
  /// What is here is taken, and no more waited for: how much there is, nobody knows.
  [[noreturn]] void refuse() {
    drain();
    left_ = 0;
    damaged("its number of messages does not fit its parts");
  }

  process_state& state_;
  int source_;
  int tag_;
  std::size_t left_ = 0;
};

/// Parts received into their places one after the other.
class channel_parts final : public part_source {
 public:
  channel_parts(channel_messages& messages, std::span<const std::byte> sizes, std::size_t total)
      : part_source(sizes, total), messages_(messages) {}

 private:
  void take(void* destination, std::size_t size) override { messages_.receive(destination, size); }

  channel_messages& messages_;
};

/// Splits a table into stream and sizes.
inline void open_table(opened_header& opened, std::span<const std::byte> table) {
  const auto streamed = static_cast<std::size_t>(opened.size.stream_size);
  opened.stream = table.first(streamed);
  opened.sizes = table.subspan(streamed);
}

/// Whether a message holds a T; throws TypeMismatch (or says that it is no object).
template <class T>
void require_identity(identity_t sent) {
  if constexpr (kind_v<T> != kind::object)
    if (sent != known_identity<T>()) [[unlikely]]
      mismatch(sent, readable_name<T>());
}

template <class T>
void take_parts(T& value, const opened_header& opened, part_source& parts, std::size_t total) {
  if constexpr (kind_v<T> == kind::object)
    value.take(opened, parts, total);
  else
    unpack(value, opened.stream, parts, opened.part_size);
}

/// Opens the bytes of one object whose every byte is in memory.
template <class T>
std::size_t take_from_memory(process_state& state, T& value, const opened_header& opened);

/// Makes an object of a message that came from `source`; its parts, if any, are received in place.
/// Returns the object's size in bytes.
template <class T>
std::size_t take_message(process_state& state, comm_record& comm,
                         std::span<const std::byte> message, int source, T& value) {
  opened_header opened = open_message(state, message, &comm.is_unannounced);
  if (opened.head.shape == form::small || opened.head.shape == form::whole)
    return take_from_memory(state, value, opened);

  channel_messages messages(state, comm.world_rank(state, source), opened);
  require_identity<T>(opened.head.identity);
  scratch_buffer table;
  if (opened.head.shape == form::table_apart) {
    const std::size_t size = table_size(opened);
    messages.receive(table->extend(size), size);
    open_table(opened, {table->data(), size});
    messages.expect(chunk_count(opened.sizes, state.chunk_limit));
  }
  const std::size_t in_parts = sum_of_sizes(opened.sizes, state.max_object);
  channel_parts parts(messages, opened.sizes, in_parts);
  take_parts(value, opened, parts, opened.stream.size() + in_parts);
  return opened.stream.size() + in_parts;
}

template <class T>
std::size_t take_from_memory(process_state& state, T& value, const opened_header& opened) {
  require_identity<T>(opened.head.identity);
  const std::size_t in_parts = sum_of_sizes(opened.sizes, state.max_object);
  if (in_parts != opened.rest.size()) damaged("its parts are not as long as it says");
  memory_parts parts(opened.sizes, in_parts, opened.rest.data());
  take_parts(value, opened, parts, opened.stream.size() + in_parts);
  return opened.stream.size() + in_parts;
}

/// A message that was matched by a probe: its bytes.
inline std::span<const std::byte> receive_matched(process_state& state, MPI_Message& message,
                                                  const MPI_Status& probed, byte_buffer& buffer,
                                                  MPI_Status* status) {
  MPI_Count size = 0;
  check(MPI_Get_elements_x(&probed, MPI_BYTE, &size), "MPI_Get_elements_x");
  if (size == MPI_UNDEFINED || size > INT_MAX) {
    // take it all the same, so that the stream of messages stays in order
    MPI_Mrecv(nullptr, 0, MPI_BYTE, &message, MPI_STATUS_IGNORE);
    raise(MPI_ERR_COUNT, "the message received is longer than 2 GiB or no object");
  }
  const auto bytes = static_cast<std::size_t>(size);
  std::byte* const place = buffer.extend(bytes);
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Imrecv(place, static_cast<int>(bytes), MPI_BYTE, &message, &request), "MPI_Imrecv");
  wait(state, request, status, "MPI_Imrecv");
  return {place, bytes};
}

/// MPI_Mprobe, waiting as the policy says. Receives started before, that find their message by
/// probing as well, come first.
inline MPI_Message matched_probe(process_state& state, MPI_Comm comm, int source, int tag,
                                 MPI_Status& status) {
  MPI_Message message = MPI_MESSAGE_NULL;
  if (may_block(state)) {
    const driven_section driven(state);
    check(MPI_Mprobe(source, tag, comm, &message, &status), "MPI_Mprobe");
    return message;
  }
  wait_until(state, [&] {
    const lock_guard lock(state.progress);
    if (state.receives.claimed(comm, source, tag)) return false;
    int found = 0;
    check(MPI_Improbe(source, tag, comm, &found, &message, &status), "MPI_Improbe");
    return found != 0;
  });
  return message;
}

/// What a receive of a header message says of its memory, and how much memory that is.
struct header_shape {
  std::size_t bytes;
  int count;
  MPI_Datatype type;
};
#ifdef OPEN_MPI
/// Open MPI (seen with 4.1) writes a long message beyond the end of its receive: that of an
/// uppercase call may be. Memory with a gap it fills with care: here one byte behind the last of a
/// header message, and one more, which tells that the message was longer.
inline constexpr std::size_t behind_header = 2;
inline MPI_Datatype make_header_type(int most) {
  const int lengths[] = {most, 1}, places[] = {0, most + 1};
  MPI_Datatype made = MPI_DATATYPE_NULL;
  check(MPI_Type_indexed(2, lengths, places, MPI_BYTE, &made), "MPI_Type_indexed");
  check(MPI_Type_commit(&made), "MPI_Type_commit");
  return made;
}
inline header_shape shape_of_header(const process_state& state) {
  const std::size_t most = most_header_message(state);
  static const MPI_Datatype type = make_header_type(static_cast<int>(most));
  return {most + behind_header, 1, type};
}
#else
inline constexpr std::size_t behind_header = 0;
inline header_shape shape_of_header(const process_state& state) {
  const std::size_t most = most_header_message(state);
  return {most, static_cast<int>(most), MPI_BYTE};
}
#endif

/// Where a header message is received.
struct header_room {
  alignas(16) std::byte bytes[front_size + most_inline_limit + behind_header];
};
[[noreturn]] [[gnu::cold]] inline void longer_than_header(comm_record& comm) {
  comm.is_unannounced = true;  // nobody takes its announcement
  raise(MPI_ERR_TYPE,
        "the message received is longer than any object header: it was sent by an uppercase "
        "call such as Send; receive it with Recv, or send it with send");
}

/// Receives a header message; `status` gets source and tag.
inline std::span<const std::byte> receive_header(process_state& state, comm_record& comm,
                                                 int source, int tag, header_room& room,
                                                 MPI_Status& status) {
  const header_shape shape = shape_of_header(state);
  int error = MPI_SUCCESS;
  if (may_block(state)) {
    const driven_section driven(state);
    error = MPI_Recv(room.bytes, shape.count, shape.type, source, tag, comm.raw, &status);
  } else {
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Irecv(room.bytes, shape.count, shape.type, source, tag, comm.raw, &request),
          "MPI_Irecv");
    wait_until(state, [&] {
      int done = 0;
      error = MPI_Test(&request, &done, &status);
      return done != 0 || error != MPI_SUCCESS;
    });
  }
  if (error != MPI_SUCCESS) [[unlikely]] {
    if (Exception(error).Get_error_class() == MPI_ERR_TRUNCATE) longer_than_header(comm);
    check(error, "MPI_Recv");
  }
  int size = 0;
  check(MPI_Get_count(&status, MPI_BYTE, &size), "MPI_Get_count");
  if (behind_header != 0 && static_cast<std::size_t>(size) > most_header_message(state))
    longer_than_header(comm);
  return {room.bytes, static_cast<std::size_t>(size)};
}

/// comm.recv and comm.recv_into. With PROC_NULL the object is left alone.
template <class T>
void receive_object(process_state& state, comm_record& comm, T& value, int source, int tag,
                    MPI_Status* status) {
  if (source == MPI_PROC_NULL) {
    if (status != MPI_STATUS_IGNORE) *status = no_message();
    return;
  }
  if (source != MPI_ANY_SOURCE) check_peer(comm, source, "source");
  MPI_Status received{};
  std::size_t size = 0;
  if (comm.has_channel) {
    header_room room;
    const auto message = receive_header(state, comm, source, tag, room, received);
    if constexpr (is_raw<T>) {
      header head;
      if (message.size() == sizeof(header) + sizeof(T) && is_object_message(message, head) &&
          head.shape == form::small && head.identity == wire_identity<T>()) [[likely]] {
        std::memcpy(&value, message.data() + sizeof(header), sizeof(T));
        reader::validate(&value, 1);
        if (status != MPI_STATUS_IGNORE) {
          *status = received;
          set_object_size(status, sizeof(T));
        }
        return;
      }
    }
    size = take_message(state, comm, message, received.MPI_SOURCE, value);
  } else {
    MPI_Message matched = matched_probe(state, comm.raw, source, tag, received);
    scratch_buffer buffer;
    const auto message = receive_matched(state, matched, received, *buffer, &received);
    size = take_message(state, comm, message, received.MPI_SOURCE, value);
  }
  if (status != MPI_STATUS_IGNORE) {
    *status = received;
    set_object_size(status, size);
  }
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
