// SPDX-License-Identifier: MIT
// A message as the library makes it, then truncated, bit-flipped and with lengths forged, and
// received by every way there is: a value or an MPI::Exception, and the next message is intact.
//
// Input: type and size of the object, the form of the message, the way of receiving, then damages.
#include "fuzz/types.hpp"

#include <sanitizer/lsan_interface.h>

using namespace fuzz;
namespace detail = MPI::detail;

namespace {

using Bytes = std::vector<std::byte>;
constexpr int user_tag = 1;
constexpr int part_tag = 31'000;  // far from those of the library's own messages here
constexpr std::size_t most_messages = 64;

const MPI::Intracomm& comm = MPI::COMM_SELF;

/// Raw messages to oneself.
class Sent {
 public:
  void send(const Bytes& bytes, MPI_Comm where, int tag) {
    requests_.emplace_back();
    MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, 0, tag, where,
              &requests_.back());
  }
  ~Sent() {
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
  }

 private:
  std::vector<MPI_Request> requests_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

/// Takes what is there; how much that was.
std::size_t take_all(MPI_Comm where) {
  for (std::size_t taken = 0;; ++taken) {
    int found = 0, size = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    MPI_Improbe(0, MPI_ANY_TAG, where, &found, &message, &status);
    if (!found) return taken;
    MPI_Get_count(&status, MPI_BYTE, &size);
    Bytes room(static_cast<std::size_t>(size));
    MPI_Mrecv(room.data(), size, MPI_BYTE, &message, MPI_STATUS_IGNORE);
  }
}

struct Message {
  Bytes bytes;
  std::vector<Bytes> parts;
};

template <class T>
Message pack(detail::process_state& state, const T& value, bool whole) {
  detail::byte_buffer buffer;
  detail::parcel parcel(buffer, state.inline_limit);
  parcel.pack(value);
  Message made;
  std::span<const std::byte> message;
  if (whole) {
    message = parcel.whole_message();
  } else if (parcel.is_small()) {
    message = parcel.small_message();
  } else {
    detail::part_list channel;
    message = parcel.header_message(part_tag, state.chunk_limit, channel);
    for (const detail::part& each : channel)
      made.parts.emplace_back(each.data, each.data + each.size);
  }
  made.bytes.assign(message.begin(), message.end());
  return made;
}

void damage(Input& input, Message& message) {
  const auto which = input.number<std::uint8_t>();
  const std::size_t index = std::size_t{which} >> 4;
  // the message itself, or one of its parts
  Bytes& bytes =
      index == 0 || index > message.parts.size() ? message.bytes : message.parts[index - 1];
  const std::size_t at = bytes.empty() ? 0 : input.number<std::uint16_t>() % bytes.size();
  switch (which & 7) {
    case 0:
      bytes.resize(at);
      break;
    case 1:
      bytes.resize(bytes.size() + at);
      break;
    case 2:
      if (!bytes.empty()) bytes[at] ^= static_cast<std::byte>(1 << (which >> 3 & 7));
      break;
    case 3:
      if (!bytes.empty()) bytes[at] = input.number<std::byte>();
      break;
    case 4:  // a length, of which there are those of 8 and of 4 bytes
    case 5: {
      const std::size_t size = (which & 1) != 0 ? 4 : 8;
      const std::size_t place = at & ~std::size_t{3};
      const auto length = input.number<std::uint64_t>();
      if (place + size <= bytes.size()) std::memcpy(bytes.data() + place, &length, size);
      break;
    }
    case 6:
      if (!message.parts.empty()) message.parts.pop_back();
      break;
    default:
      message.parts.emplace_back(at);
      break;
  }
}

template <class T>
void receive(std::uint8_t way) {
  switch (way % 6) {
    case 0:
      (void)comm.recv<T>(0, user_tag);
      break;
    case 1:
      (void)comm.irecv<T>(0, user_tag).wait();
      break;
    case 2:
      (void)comm.mprobe(0, user_tag).recv<T>();
      break;
    case 3: {
      T object{};
      comm.recv_into(object, 0, user_tag);
      break;
    }
    case 4:
      (void)comm.recv(0, user_tag).as<T>();
      break;
    default:
      (void)comm.recv<std::vector<std::string>>(0, user_tag);
      break;
  }
}

template <class T>
void run(const T& value, Input input) {
  detail::process_state& state = detail::running();
  const auto form = input.number<std::uint8_t>();
  const auto way = input.number<std::uint8_t>();
  Message message = pack(state, value, form % 2 != 0);
  for (int i = 0; i < 8 && !input.empty(); ++i) damage(input, message);

  // A sender keeps its word about the number of messages, whatever else is wrong: nobody could know
  // that one will never come.
  detail::header head{};
  bool on_channel = false;
  if (detail::is_object_message(message.bytes, head) &&
      (head.shape == detail::form::parts || head.shape == detail::form::table_apart)) {
    detail::extent size;
    std::memcpy(&size, message.bytes.data() + sizeof head, sizeof size);
    if (size.message_count > most_messages ||
        head.tag_or_limit > static_cast<std::uint32_t>(state.tag_upper_bound))
      return;
    if (message.parts.size() < size.message_count) message.parts.resize(size.message_count);
    on_channel = true;
  }

  Sent sent;
  const Bytes next = [] {
    const detail::header small = detail::small_header(detail::wire_identity<int>(), 64);
    Bytes bytes(sizeof small + sizeof(int));
    std::memcpy(bytes.data(), &small, sizeof small);
    const int seven = 7;
    std::memcpy(bytes.data() + sizeof small, &seven, sizeof seven);
    return bytes;
  }();
  sent.send(message.bytes, comm.native(), user_tag);
  const int tag = on_channel ? static_cast<int>(head.tag_or_limit) : part_tag;
  for (const Bytes& part : message.parts) sent.send(part, state.channel, tag);
  sent.send(next, comm.native(), user_tag);
  try {
    receive<T>(way);
  } catch (const MPI::Exception&) {
  }
  take_all(state.channel);
  require(comm.recv<int>(0, user_tag) == 7);
  require(take_all(comm.native()) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  set_limits();
  // What MPI takes at its start it never gives back.
  __lsan_disable();
  detail::running();
  __lsan_enable();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Values small = make_values(1), large = make_values(100);
  Input input(data, size);
  const auto type = input.number<std::uint8_t>();
  with_value(type < 128 ? small : large, type % 128 % type_count, [&]<class T>(const T& value) {
    if constexpr (may_leak<T>) __lsan_disable();
    run(value, input);
    if constexpr (may_leak<T>) __lsan_enable();
  });
  return 0;
}
