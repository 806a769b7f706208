// SPDX-License-Identifier: MIT
// ranks: 1
// inline limits: 64 4096
// environment: MPI4CXX_RC_MAX_OBJECT=1000000
// time limit: 30
// Bytes that lie are an exception, nothing is allocated for them, and the next message is intact.
#include <array>
#include <bitset>
#include <cstring>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <mpi4cxx/mpi4cxx.hpp>

#include "support/catch.hpp"
#include "support/messages.hpp"

using namespace mpi4cxx;
namespace detail = MPI::detail;
using detail::form;

namespace {

using Bytes = std::vector<std::byte>;

const MPI::Intracomm& comm = MPI::COMM_SELF;
detail::process_state& state() {
  return detail::running();
}

template <class... T>
Bytes bytes_of(const T&... values) {
  Bytes bytes;
  const auto append = [&](const auto& value) {
    const auto* const first = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), first, first + sizeof value);
  };
  (append(values), ...);
  return bytes;
}
Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Bytes text_of(const std::string& text) {
  const auto* const first = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(first, first + text.size());
}

/// Raw messages to oneself, which must have been received when this ends.
class Sent {
 public:
  void send(const Bytes& bytes, MPI_Comm where, int tag) {
    kept_.push_back(std::make_unique<Bytes>(bytes));
    requests_.emplace_back();
    MPI_Isend(kept_.back()->data(), static_cast<int>(bytes.size()), MPI_BYTE, 0, tag, where,
              &requests_.back());
  }
  ~Sent() {
    MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE);
  }

 private:
  std::vector<std::unique_ptr<Bytes>> kept_;
  std::vector<MPI_Request> requests_;
};

/// A message made by hand.
struct Forged {
  Bytes message;
  std::vector<Bytes> parts;  // on the channel, with the tag below
};
constexpr int part_tag = 31'000;  // far from those of the library's own messages here

detail::header header_of(std::uint64_t identity, form shape, std::uint32_t tag_or_limit) {
  return {identity, tag_or_limit, detail::wire_magic, detail::wire_version, shape};
}
/// The one message of a small T.
template <class T>
Forged small(const Bytes& stream) {
  const auto limit = static_cast<std::uint32_t>(state().inline_limit);
  return {bytes_of(header_of(detail::wire_identity<T>(), form::small, limit)) + stream, {}};
}
/// A T with parts; the fields say what they are told to.
template <class T>
Forged with_parts(detail::extent size, const Bytes& stream, const std::vector<std::uint64_t>& sizes,
                  std::vector<Bytes> parts = {}, std::uint32_t tag = part_tag) {
  Bytes message = bytes_of(header_of(detail::wire_identity<T>(), form::parts, tag), size) + stream;
  for (const std::uint64_t each : sizes) message = message + bytes_of(each);
  return {message, std::move(parts)};
}
/// The same as one message.
template <class T>
Forged whole(detail::extent size, const Bytes& stream, const std::vector<std::uint64_t>& sizes,
             const Bytes& rest) {
  const auto limit = static_cast<std::uint32_t>(state().inline_limit);
  Bytes message =
      bytes_of(header_of(detail::wire_identity<T>(), form::whole, limit), size) + stream;
  for (const std::uint64_t each : sizes) message = message + bytes_of(each);
  return {message + rest, {}};
}

bool channel_is_empty() {
  int found = 0;
  MPI_Iprobe(0, MPI_ANY_TAG, state().channel, &found, MPI_STATUS_IGNORE);
  return found == 0;
}

/// The message is refused by every way of receiving a T, and what comes behind it is intact.
template <class T>
void refuse(const Forged& forged) {
  const auto each_way = [&](const char* way, auto receive) {
    INFO("by " << way);
    Sent sent;
    sent.send(forged.message, comm.native(), 1);
    for (const Bytes& part : forged.parts) sent.send(part, state().channel, part_tag);
    sent.send(small<int>(bytes_of(7)).message, comm.native(), 1);
    MPI::Request large = comm.isend(messages::numbers(5000), 0, 1);
    CHECK_THROWS_AS(receive(), MPI::Exception);
    CHECK(comm.recv<int>(0, 1) == 7);
    CHECK((comm.recv<std::vector<int>>(0, 1) == messages::numbers(5000)));
    large.wait();
    CHECK(channel_is_empty());
    CHECK_FALSE(comm.iprobe());
  };
  each_way("recv", [] { (void)comm.recv<T>(0, 1); });
  each_way("irecv", [] { (void)comm.irecv<T>(0, 1).wait(); });
  each_way("mprobe", [] { (void)comm.mprobe(0, 1).recv<T>(); });
  each_way("recv_into", [] {
    T object{};
    comm.recv_into(object, 0, 1);
  });
  each_way("an Object", [] { (void)comm.recv(0, 1).as<T>(); });
}

/// The one message that the library itself sends for a small object; nothing for a larger one.
template <class T>
Bytes as_sent(const T& object) {
  detail::byte_buffer buffer;
  detail::parcel parcel(buffer, state().inline_limit);
  parcel.pack(object);
  if (!parcel.is_small()) return {};
  const auto message = parcel.small_message();
  return {message.begin(), message.end()};
}

struct Flags {
  int number = 0;
  bool flags[3] = {};
  bool operator==(const Flags&) const = default;
};
struct Tree {
  int value = 0;
  std::vector<Tree> children;
  bool operator==(const Tree&) const = default;
};

struct Chain {
  std::unique_ptr<Chain> next;
  int number = 0;  // behind the next one, so that no compiler makes a loop of the recursion
};

/// A class with cereal functions, which counts how many of it are made.
class Branch {
 public:
  Branch() { ++made; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(branches_);
  }
  static inline std::size_t made = 0;

 private:
  std::vector<Branch> branches_;
};
/// A container written by hand, as in cereal's own headers.
class Cells {
 public:
  template <class Archive>
  void save(Archive& archive) const {
    archive(cereal::make_size_tag(static_cast<cereal::size_type>(cells_.size())));
    for (const int cell : cells_) archive(cell);
  }
  template <class Archive>
  void load(Archive& archive) {
    cereal::size_type size = 0;
    archive(cereal::make_size_tag(size));
    cells_.resize(static_cast<std::size_t>(size));
    for (int& cell : cells_) archive(cell);
  }

 private:
  std::vector<int> cells_;
};
/// Only the first one that is written or read takes any bytes.
struct OnlyFirst {
  std::string text;
  template <class Archive>
  void serialize(Archive& archive) {
    if (next++ == 0) archive(text);
  }
  static inline int next = 0;
};

/// Reads a stream as a message of its own would be.
template <class T>
void read_stream(T& value, const Bytes& stream) {
  const Bytes message = whole<T>({stream.size(), 0, 0}, stream, {}, {}).message;
  detail::take_from_memory(state(), value, detail::open_message(state(), message));
}

constexpr std::uint64_t counts_that_lie[] = {1'000,
                                             20'000'000,
                                             std::uint64_t{1} << 40,
                                             std::uint64_t{1} << 61,
                                             std::uint64_t{1} << 63,
                                             std::numeric_limits<std::uint64_t>::max()};

}  // namespace

TEST_CASE("what is no object message is not read as one", "[damaged]") {
  const auto limit = static_cast<std::uint32_t>(state().inline_limit);
  const auto identity = detail::wire_identity<int>();
  detail::header wrong_magic = detail::small_header(identity, limit);
  wrong_magic.magic ^= 1;
  detail::header wrong_version = detail::small_header(identity, limit);
  wrong_version.version = 2;
  detail::header wrong_form = detail::small_header(identity, limit);
  wrong_form.shape = static_cast<form>(4);
  refuse<int>({bytes_of(wrong_magic, 5), {}});
  refuse<int>({bytes_of(wrong_version, 5), {}});
  refuse<int>({bytes_of(wrong_form, 5), {}});
  refuse<int>({{}, {}});
  refuse<int>({Bytes(15), {}});
  refuse<int>({Bytes(40, std::byte{0xff}), {}});
  // forms with an extent, without room for it
  for (const form shape : {form::parts, form::table_apart, form::whole})
    refuse<int>({bytes_of(header_of(identity, shape, part_tag), std::uint64_t{0}), {}});
}

TEST_CASE("messages too short or too long are refused", "[damaged]") {
  refuse<int>(small<int>(Bytes(3)));
  refuse<int>(small<int>(Bytes(5)));
  refuse<int>(small<int>({}));
  refuse<std::vector<int>>(small<std::vector<int>>(Bytes(7)));
  refuse<std::array<int, 3>>(small<std::array<int, 3>>(Bytes(8)));
  refuse<std::array<int, 3>>(small<std::array<int, 3>>(Bytes(16)));
  refuse<std::string>(whole<std::string>({0, 2, 0}, {}, {1, 1}, Bytes(2)));
  refuse<std::pair<int, int>>(small<std::pair<int, int>>(Bytes(4)));
  refuse<std::pair<int, int>>(small<std::pair<int, int>>(Bytes(9)));
  refuse<std::optional<int>>(small<std::optional<int>>(bytes_of(true) + Bytes(3)));
  refuse<std::optional<int>>(small<std::optional<int>>(bytes_of(false) + Bytes(1)));
  refuse<messages::Task>(small<messages::Task>({}));
}

TEST_CASE("every shortened message of a real object is refused", "[damaged]") {
  const std::vector<std::string> texts{"one", "", "three"};
  const std::map<int, std::vector<int>> map{{1, {1, 2}}, {2, {}}};
  const auto shorten = [](const auto& object) {
    using T = std::remove_cvref_t<decltype(object)>;
    const Bytes bytes = as_sent(object);
    REQUIRE_FALSE(bytes.empty());
    for (std::size_t size = sizeof(detail::header); size < bytes.size(); ++size) {
      INFO("the first " << size << " of " << bytes.size() << " bytes");
      Sent sent;
      sent.send(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)),
                comm.native(), 1);
      CHECK_THROWS_AS(comm.recv<T>(0, 1), MPI::Exception);
    }
    CHECK_FALSE(comm.iprobe());
  };
  shorten(texts);
  shorten(map);
  shorten(std::tuple(1, std::string("two"), std::optional<double>(3)));
  shorten(Tree{1, {{2, {}}, {3, {}}}});
  shorten(messages::Account("ada", 5));
}

TEST_CASE("any changed byte gives an exception or some value, and nothing worse", "[damaged]") {
  using Object = std::tuple<std::vector<std::string>, std::map<int, bool>,
                            std::variant<int, std::string>, std::optional<std::vector<bool>>,
                            std::unique_ptr<int>, std::shared_ptr<int>, Flags>;
  const Object object(std::vector<std::string>{"a", "b"}, std::map<int, bool>{{1, true}}, "c",
                      std::vector<bool>{true}, std::make_unique<int>(4), std::make_shared<int>(5),
                      Flags{});
  for (const Bytes& bytes : {as_sent(std::vector<std::string>{"a", "bcd"}), as_sent(object)}) {
    if (bytes.empty()) continue;
    detail::header head;
    std::memcpy(&head, bytes.data(), sizeof head);
    for (std::size_t at = sizeof head; at < bytes.size(); ++at)
      for (const int change : {0x01, 0x02, 0x40, 0x80, 0xff}) {
        INFO("byte " << at << " changed by " << change);
        Bytes changed = bytes;
        changed[at] ^= static_cast<std::byte>(change);
        Sent sent;
        sent.send(changed, comm.native(), 1);
        try {
          if (head.identity == detail::wire_identity<Object>())
            (void)comm.recv<Object>(0, 1);
          else
            (void)comm.recv<std::vector<std::string>>(0, 1);
        } catch (const MPI::Exception&) {
        }
        CHECK_FALSE(comm.iprobe());
      }
  }
}

TEST_CASE("counts that the bytes cannot hold are refused before memory is taken", "[damaged]") {
  for (const std::uint64_t count : counts_that_lie) {
    INFO("a count of " << count);
    const auto lie = [&]<class T>(std::type_identity<T>) {
      INFO("of " << typeid(T).name());
      refuse<T>(small<T>(bytes_of(count)));
      refuse<T>(small<T>(bytes_of(count) + Bytes(40)));
    };
    const auto lie_inside = [&]<class T>(std::type_identity<T>) {
      INFO("inside of " << typeid(T).name());
      refuse<std::pair<int, T>>(small<std::pair<int, T>>(bytes_of(5, count) + Bytes(24)));
    };
    lie(std::type_identity<std::vector<std::string>>{});
    lie(std::type_identity<std::vector<std::vector<int>>>{});
    lie(std::type_identity<std::list<int>>{});
    lie(std::type_identity<std::deque<double>>{});
    lie(std::type_identity<std::set<int>>{});
    lie(std::type_identity<std::map<int, int>>{});
    lie(std::type_identity<std::map<std::string, std::string>>{});
    lie(std::type_identity<std::vector<std::optional<int>>>{});
    lie(std::type_identity<std::vector<std::variant<int, double>>>{});
    lie(std::type_identity<std::vector<std::unique_ptr<int>>>{});
    lie(std::type_identity<std::vector<std::pair<int, double>>>{});
    lie(std::type_identity<std::vector<std::array<std::string, 2>>>{});
    lie(std::type_identity<std::vector<messages::Task>>{});
    lie(std::type_identity<std::vector<Tree>>{});
    lie(std::type_identity<std::vector<messages::Account>>{});
    lie(std::type_identity<std::vector<MPI::Object>>{});
    lie(std::type_identity<std::vector<std::bitset<9>>>{});
    lie_inside(std::type_identity<std::vector<int>>{});
    lie_inside(std::type_identity<std::vector<double>>{});
    lie_inside(std::type_identity<std::string>{});
    lie_inside(std::type_identity<std::vector<bool>>{});
    lie_inside(std::type_identity<std::vector<Flags>>{});
  }
}

TEST_CASE("bools that are neither true nor false are refused", "[damaged]") {
  const unsigned char two = 2, ff = 0xff;
  for (const unsigned char bad : {two, ff}) {
    refuse<bool>(small<bool>(bytes_of(bad)));
    refuse<Flags>(small<Flags>(bytes_of(5, true, bad, false) + Bytes(1)));
    refuse<std::vector<Flags>>(
        small<std::vector<Flags>>(bytes_of(5, true, true, false, two, 5, true, true, bad, two)));
    refuse<std::array<bool, 2>>(small<std::array<bool, 2>>(bytes_of(true, bad)));
    refuse<std::optional<int>>(small<std::optional<int>>(bytes_of(bad, 5)));
    refuse<std::unique_ptr<int>>(small<std::unique_ptr<int>>(bytes_of(bad, 5)));
    refuse<std::bitset<2>>(small<std::bitset<2>>(bytes_of(bad, true)));
    refuse<std::pair<int, std::vector<bool>>>(
        small<std::pair<int, std::vector<bool>>>(bytes_of(5, std::uint64_t{2}, true, bad)));
    refuse<std::map<int, bool>>(small<std::map<int, bool>>(bytes_of(std::uint64_t{1}, 5, bad)));
  }
  // and none is left behind in an existing object
  bool value = true;
  Sent sent;
  sent.send(small<bool>(bytes_of(ff)).message, comm.native(), 1);
  CHECK_THROWS_AS(comm.recv_into(value, 0, 1), MPI::Exception);
  unsigned char byte = 0;
  std::memcpy(&byte, &value, 1);
  CHECK(byte <= 1);
}

TEST_CASE("a variant without that alternative is refused", "[damaged]") {
  using Variant = std::variant<int, std::string>;
  for (const std::uint32_t index : {2U, 77U, 0x80000000U, 0xffffffffU})
    refuse<Variant>(small<Variant>(bytes_of(index, 5)));
}

TEST_CASE("shared pointers that point to nothing, or to something else, are refused", "[damaged]") {
  constexpr std::uint32_t is_new = 0x80000000;
  refuse<std::shared_ptr<int>>(small<std::shared_ptr<int>>(bytes_of(5U, 5)));
  refuse<std::weak_ptr<int>>(small<std::weak_ptr<int>>(bytes_of(3U)));
  // the second refers to the first, which is of another type
  using Two = std::pair<std::shared_ptr<int>, std::shared_ptr<std::string>>;
  refuse<Two>(small<Two>(bytes_of(is_new | 1U, 5, 1U)));
}

TEST_CASE("objects nested without end are refused before the stack ends", "[damaged]") {
  // each level is one child: its number, then the count of its own children
  constexpr std::size_t levels = 60'000;
  Bytes stream;
  stream.reserve(levels * 12);
  const Bytes one = bytes_of(5, std::uint64_t{1});
  for (std::size_t level = 0; level < levels; ++level)
    stream.insert(stream.end(), one.begin(), one.end());
  const detail::extent size{stream.size(), 0, 1};
  Forged forged{
      bytes_of(header_of(detail::wire_identity<Tree>(), form::table_apart, part_tag), size),
      {stream}};
  refuse<Tree>(forged);
}

TEST_CASE("a chain longer than the stack is refused by its sender", "[damaged]") {
  Chain chain;
  for (int i = 0; i < 200'000; ++i) {
    auto next = std::make_unique<Chain>();
    next->next = std::make_unique<Chain>(std::move(chain));
    chain = std::move(*next);
  }
  CHECK_THROWS_AS(MPI::Object(chain), MPI::Exception);
  // its own destructor would use the stack, too
  while (chain.next) {
    auto next = std::move(chain.next);
    chain = std::move(*next);
  }
}

TEST_CASE("part sizes that lie are refused", "[damaged]") {
  using Doubles = std::vector<double>;
  const auto limit = state().inline_limit;
  const std::size_t count = limit;  // of doubles: a part at every limit
  const Bytes part(count * sizeof(double));
  const std::uint64_t size = part.size();

  SECTION("the message is shorter than its header says") {
    refuse<Doubles>(with_parts<Doubles>({0, 1, 0}, {}, {}));
    refuse<Doubles>(with_parts<Doubles>({8, 0, 0}, Bytes(7), {}));
    refuse<Doubles>(with_parts<Doubles>({0, 0xffffffff, 0}, {}, {size}));
    refuse<Doubles>(with_parts<Doubles>({std::uint64_t{1} << 60, 1, 0}, {}, {size}));
    refuse<Doubles>(
        with_parts<Doubles>({std::numeric_limits<std::uint64_t>::max(), 1, 0}, {}, {size}));
  }
  SECTION("the message is longer than its header says") {
    refuse<Doubles>(with_parts<Doubles>({0, 0, 0}, Bytes(3), {}));
    refuse<Doubles>(with_parts<Doubles>({0, 1, 0}, {}, {size, size}));
  }
  SECTION("a part is larger than any object") {
    for (const std::uint64_t huge :
         {std::uint64_t{2'000'000}, std::uint64_t{1} << 50, std::uint64_t{1} << 63,
          std::numeric_limits<std::uint64_t>::max()})
      refuse<Doubles>(with_parts<Doubles>({0, 1, 0}, {}, {huge}));
    refuse<std::pair<Doubles, Doubles>>(with_parts<std::pair<Doubles, Doubles>>(
        {16, 2, 0}, bytes_of(std::uint64_t{1}, std::uint64_t{1}),
        {std::uint64_t{1} << 63, std::uint64_t{1} << 63}));
  }
  SECTION("a part holds no whole number of elements") {
    refuse<Doubles>(with_parts<Doubles>({0, 1, 1}, {}, {size - 1}, {Bytes(part.size() - 1)}));
  }
  SECTION("a sequence comes in two pieces") {
    refuse<Doubles>(with_parts<Doubles>({0, 2, 2}, {}, {size, size}, {part, part}));
    refuse<Doubles>(with_parts<Doubles>({8, 1, 1}, Bytes(8), {size}, {part}));
  }
  SECTION("an array has another length") {
    using Array = std::array<double, 5000>;
    refuse<Array>(with_parts<Array>({0, 1, 1}, {}, {size}, {part}));
  }
  SECTION("a part is not as long as what it holds") {
    using Pair = std::pair<int, Doubles>;
    refuse<Pair>(
        with_parts<Pair>({12, 1, 1}, bytes_of(5, std::uint64_t{count + 1}), {size}, {part}));
    refuse<Pair>(
        with_parts<Pair>({12, 1, 1}, bytes_of(5, std::uint64_t{count - 1}), {size}, {part}));
    refuse<Pair>(with_parts<Pair>({12, 1, 1}, bytes_of(5, std::uint64_t{1} << 61), {size}, {part}));
    refuse<Pair>(with_parts<Pair>({12, 1, 1}, bytes_of(5, std::uint64_t{1}), {size}, {part}));
  }
  SECTION("there are fewer parts than pieces, or more") {
    using Pair = std::pair<Doubles, Doubles>;
    const Bytes counts = bytes_of(std::uint64_t{count}, std::uint64_t{count});
    refuse<Pair>(with_parts<Pair>({16, 1, 1}, counts, {size}, {part}));
    refuse<Pair>(with_parts<Pair>({16, 3, 3}, counts, {size, size, size}, {part, part, part}));
    refuse<Doubles>(with_parts<Doubles>({0, 1, 0}, {}, {size}));
    refuse<Pair>(with_parts<Pair>({16, 2, 1}, counts, {size, size}, {part}));
  }
  SECTION("a part is shorter than its size, or longer") {
    refuse<Doubles>(with_parts<Doubles>({0, 1, 1}, {}, {size}, {Bytes(part.size() - 8)}));
    refuse<Doubles>(with_parts<Doubles>({0, 1, 1}, {}, {size}, {{}}));
    refuse<Doubles>(with_parts<Doubles>({0, 1, 1}, {}, {size}, {Bytes(part.size() + 8)}));
  }
  SECTION("a bad bool lies in a part") {
    const Bytes flags(count * sizeof(Flags), std::byte{2});
    refuse<std::vector<Flags>>(
        with_parts<std::vector<Flags>>({0, 1, 1}, {}, {flags.size()}, {flags}));
    using Pair = std::pair<int, std::vector<Flags>>;
    refuse<Pair>(
        with_parts<Pair>({12, 1, 1}, bytes_of(5, std::uint64_t{count}), {flags.size()}, {flags}));
  }
  SECTION("the type is another one") {
    refuse<std::vector<float>>(with_parts<Doubles>({0, 1, 1}, {}, {size}, {part}));
    refuse<int>(with_parts<Doubles>({0, 1, 1}, {}, {size}, {part}));
  }
  SECTION("the tag is none") {
    const auto beyond = static_cast<std::uint32_t>(state().tag_upper_bound) + 1;
    refuse<Doubles>(with_parts<Doubles>({0, 1, 1}, {}, {size}, {}, beyond));
    refuse<Doubles>(with_parts<Doubles>({0, 1, 1}, {}, {size}, {}, 0x80000000));
  }
}

TEST_CASE("a table apart that lies is refused", "[damaged]") {
  using Texts = std::vector<std::string>;
  const auto apart = []<class T>(std::type_identity<T>, detail::extent size,
                                 std::vector<Bytes> parts, const Bytes& behind = {}) {
    return Forged{
        bytes_of(header_of(detail::wire_identity<T>(), form::table_apart, part_tag), size) + behind,
        std::move(parts)};
  };
  const Bytes table = bytes_of(std::uint64_t{1}, std::uint64_t{5}) + text_of("abcde");
  const std::type_identity<Texts> texts;
  // the honest one is understood
  {
    Sent sent;
    sent.send(apart(texts, {table.size(), 0, 1}, {table}).message, comm.native(), 1);
    sent.send(table, state().channel, part_tag);
    CHECK(comm.recv<Texts>(0, 1) == Texts{"abcde"});
  }
  refuse<Texts>(apart(texts, {table.size(), 0, 0}, {}, Bytes(8)));
  refuse<Texts>(apart(texts, {table.size() - 1, 0, 1}, {Bytes(table.begin(), table.end() - 1)}));
  refuse<Texts>(apart(texts, {table.size(), 0, 1}, {Bytes(table.begin(), table.end() - 1)}));
  refuse<Texts>(apart(texts, {table.size(), 0, 1}, {Bytes(table + Bytes(1))}));
  refuse<Texts>(apart(texts, {table.size(), 0, 0}, {}));
  refuse<Texts>(apart(texts, {std::uint64_t{1} << 45, 0, 0}, {}));
  refuse<Texts>(apart(texts, {0, 0xffffffff, 0}, {}));
  // flags that are not there would be read from memory that nobody has written
  const std::type_identity<std::vector<bool>> flags;
  refuse<std::vector<bool>>(apart(flags, {9000, 0, 1}, {Bytes(100, std::byte{1})}));
}

TEST_CASE("a whole message that lies is refused", "[damaged]") {
  using Pair = std::pair<int, std::string>;
  const std::uint64_t size = state().inline_limit - 40;
  const Bytes text(size, std::byte{'x'});
  refuse<Pair>(whole<Pair>({12, 1, 0}, bytes_of(5, size), {size}, Bytes(size - 1)));
  refuse<Pair>(whole<Pair>({12, 1, 0}, bytes_of(5, size), {std::uint64_t{1} << 62}, {}));
  refuse<Pair>(whole<Pair>({12, 1, 0}, bytes_of(5, size), {}, {}));
  refuse<Pair>(whole<Pair>({13, 1, 0}, bytes_of(5, size), {}, {}));
  refuse<std::string>(whole<std::string>({0, 1, 0}, {}, {16}, Bytes(15)));
  refuse<std::string>(
      whole<std::string>({0, 1, 0}, {}, {std::numeric_limits<std::uint64_t>::max()}, {}));
}

TEST_CASE("a damaged Object within an object is refused", "[damaged]") {
  const auto refuse_object = [](std::uint64_t part_size, std::uint64_t stream_size,
                                const std::vector<std::uint64_t>& sizes, std::uint64_t bytes) {
    using Pair = std::pair<int, MPI::Object>;
    Bytes stream = bytes_of(5, true, detail::wire_identity<int>(), part_size, stream_size,
                            std::uint64_t{sizes.size()});
    for (const std::uint64_t size : sizes) stream = stream + bytes_of(size);
    stream = stream + bytes_of(bytes) + Bytes(4);
    if (stream.size() <= state().inline_limit) refuse<Pair>(small<Pair>(stream));
  };
  const std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
  refuse_object(4096, 5, {}, 4);
  refuse_object(4096, huge, {}, 4);
  refuse_object(4096, 4, {1}, 4);
  refuse_object(4096, 4, {huge, 1}, 4);
  refuse_object(4096, 4, {}, 5);
  refuse_object(4096, 4, {}, huge);
}

TEST_CASE("a foreign part is not taken for the own one", "[damaged]") {
  // as ANY_TAG in a receive this number would take whatever comes
  using Doubles = std::vector<double>;
  const std::uint64_t size = state().inline_limit * 8;
  Sent sent;
  sent.send(Bytes(size), state().channel, part_tag);
  sent.send(with_parts<Doubles>({0, 1, 1}, {}, {size}, {}, 0xffffffff).message, comm.native(), 1);
  CHECK_THROWS_AS(comm.recv<Doubles>(0, 1), MPI::Exception);
  CHECK_FALSE(channel_is_empty());
  Bytes taken(size);
  MPI_Recv(taken.data(), static_cast<int>(size), MPI_BYTE, 0, part_tag, state().channel,
           MPI_STATUS_IGNORE);
}

TEST_CASE("more messages than the parts need are not waited for", "[damaged]") {
  using Doubles = std::vector<double>;
  const Bytes part(state().inline_limit * 8);
  refuse<Doubles>(with_parts<Doubles>({0, 1, 0xffffffff}, {}, {part.size()}, {}));
  refuse<Doubles>(with_parts<Doubles>({0, 0, 5}, {}, {}, {}));
}

TEST_CASE("counts within counts take no more memory than the bytes that came", "[damaged]") {
  // every level says that it has as many branches as there are bytes left
  constexpr std::size_t levels = 1000;
  Bytes stream;
  for (std::size_t left = levels; left != 0; --left)
    stream = stream + bytes_of(std::uint64_t{(left - 1) * sizeof(std::uint64_t)});
  Branch::made = 0;
  Branch root;
  CHECK_THROWS_AS(read_stream(root, stream), MPI::Exception);
  CHECK(Branch::made < 1 + stream.size() + state().max_object / sizeof(Branch));

  Branch::made = 0;
  std::vector<Branch> branches;
  for (const std::uint64_t count : counts_that_lie) {
    if (count == 1'000) continue;  // as many may be there
    CHECK_THROWS_WITH(read_stream(branches, bytes_of(count)), HasText("a count that does not fit"));
  }
  CHECK(Branch::made == 0);
}

TEST_CASE("a container written by hand is not told a size that cannot be", "[damaged]") {
  for (const std::uint64_t count : counts_that_lie) {
    Cells cells;
    CHECK_THROWS_AS(read_stream(cells, bytes_of(count)), MPI::Exception);
    if (count > state().max_object)
      CHECK_THROWS_WITH(read_stream(cells, bytes_of(count)), HasText("a count that does not fit"));
  }
}

TEST_CASE("objects that take no bytes are no lie", "[damaged]") {
  std::vector<OnlyFirst> many(200);
  many[0].text = "the only one";
  OnlyFirst::next = 0;
  const MPI::Object packed(many);
  OnlyFirst::next = 0;
  many = packed.as<std::vector<OnlyFirst>>();
  REQUIRE(many.size() == 200);
  CHECK(many[0].text == "the only one");
}
