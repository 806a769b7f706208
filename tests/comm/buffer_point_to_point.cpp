// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// transport: tcp
// Uppercase point-to-point calls: every way to name a buffer, every mode, nothing written beside
// it.
#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <mpi4cxx/mpi4cxx.hpp>

#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/messages.hpp"
#include "support/ring.hpp"

using namespace mpi4cxx;

namespace {

enum class Colour : unsigned char { red = 1, green = 9 };
struct Particle {
  double position[3];
  int charge;
  bool operator==(const Particle&) const = default;
};

/// `count` values of T, distinct as far as T can tell.
template <class T>
std::vector<T> values(std::size_t count, int first) {
  std::vector<T> made(count);
  for (std::size_t i = 0; i < count; ++i) {
    const int number = (first + static_cast<int>(i)) % 100;
    if constexpr (std::is_same_v<T, Particle>)
      made[i] = {{number + 0.5, 1, 2}, number};
    else if constexpr (std::is_same_v<T, std::pair<double, int>>)
      made[i] = {number + 0.5, number};
    else if constexpr (requires { typename T::value_type; })
      made[i] = {static_cast<typename T::value_type>(number), 1};
    else
      made[i] = static_cast<T>(number);
  }
  return made;
}

/// f(T{}) for every type of element.
template <class F>
void for_each_element(F&& f) {
  const auto call = [&]<class... T>(const std::tuple<T...>&) {
    const auto one = [&](auto element) {
      INFO("elements of type " << typeid(element).name());
      f(element);
    };
    (one(T{}), ...);
  };
  call(
      std::tuple<char, signed char, unsigned char, short, unsigned short, int, unsigned, long,
                 unsigned long, long long, unsigned long long, float, double, long double, wchar_t,
                 char16_t, char32_t, std::complex<float>, std::complex<double>,
                 std::complex<long double>, std::byte, Colour, Particle, std::pair<double, int>>());
}

/// The class of the MPI error that `call` throws, SUCCESS where it throws none.
template <class F>
int error_of(F&& call) {
  try {
    (void)call();
  } catch (const MPI::Exception& error) {
    CHECK(std::string(error.what()).size() > 10);
    return error.Get_error_class();
  }
  return MPI::SUCCESS;
}

/// Memory for Bsend, attached as long as it lives.
class Attached {
 public:
  explicit Attached(std::size_t size) : memory_(size) { MPI::Attach_buffer(memory_); }
  ~Attached() { MPI::Detach_buffer(); }

 private:
  std::vector<char> memory_;
};

}  // namespace

TEST_CASE("every type of element goes round a ring, in counts from none on", "[buffer]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for_each_element([&](auto element) {
      using T = decltype(element);
      for (std::size_t count = 0; count <= static_cast<std::size_t>(ring.size) + 1; ++count) {
        const auto sent = values<T>(count, ring.rank);
        auto expected = values<T>(count, ring.left);
        const T guard = values<T>(1, 77)[0];
        expected.push_back(guard);
        std::vector<T> received(count + 1, guard);
        MPI::Status status;
        comm.Sendrecv(sent, received, {.dest = ring.right, .source = ring.left, .status = status});
        CHECK((received == expected));
        CHECK(status.Get_source() == ring.left);
        CHECK(status.Get_count(MPI::Datatype::of<T>()) == static_cast<MPI_Count>(count));

        std::vector<T> replaced = sent;
        replaced.push_back(guard);
        comm.Sendrecv_replace({replaced, count}, {.dest = ring.right, .source = ring.left});
        CHECK((replaced == expected));

        received.assign(count + 1, guard);
        MPI::Request receive = comm.Irecv(received, {.source = ring.left});
        comm.Send(sent, {.dest = ring.right});
        receive.Wait(&status);
        CHECK((received == expected));
        CHECK(status.Get_count(MPI::Datatype::of<T>()) == static_cast<MPI_Count>(count));
      }
    });
  });
}

TEST_CASE("every mode of sending delivers", "[buffer]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{30'001}}) {
      INFO("count " << count);
      const auto sent = values<int>(count, ring.rank), expected = values<int>(count, ring.left);
      const Attached attached(2 * (count * sizeof(int) + MPI::BSEND_OVERHEAD));
      std::vector<int> received(count + 1);
      // what is posted first is ready for every mode
      const auto deliver = [&](const char* mode, auto send) {
        INFO(mode);
        received.assign(count + 1, -1);
        MPI::Request receive = comm.Irecv(received, ring.left, 3);
        comm.Barrier();
        MPI::Request request = send();
        MPI::Status status;
        receive.Wait(status);
        request.Wait();
        CHECK((std::vector<int>(received.begin(), received.end() - 1) == expected));
        CHECK(received.back() == -1);
        CHECK(status.Get_source() == ring.left);
        CHECK(status.Get_tag() == 3);
        CHECK(status.Get_count(MPI::INT) == static_cast<MPI_Count>(count));
      };
      const auto blocking = [](auto send) {
        return [send] {
          send();
          return MPI::Request();
        };
      };
      deliver("Send", blocking([&] { comm.Send(sent, ring.right, 3); }));
      deliver("Send by keyword",
              blocking([&] { comm.Send(sent, {.dest = ring.right, .tag = 3}); }));
      deliver("Ssend", blocking([&] { comm.Ssend(sent, ring.right, 3); }));
      deliver("Ssend by keyword",
              blocking([&] { comm.Ssend(sent, {.dest = ring.right, .tag = 3}); }));
      deliver("Bsend", blocking([&] { comm.Bsend(sent, ring.right, 3); }));
      deliver("Bsend by keyword",
              blocking([&] { comm.Bsend(sent, {.dest = ring.right, .tag = 3}); }));
      deliver("Rsend", blocking([&] { comm.Rsend(sent, ring.right, 3); }));
      deliver("Rsend by keyword",
              blocking([&] { comm.Rsend(sent, {.dest = ring.right, .tag = 3}); }));
      deliver("Isend", [&] { return comm.Isend(sent, ring.right, 3); });
      deliver("Issend", [&] { return comm.Issend(sent, {.dest = ring.right, .tag = 3}); });
      deliver("Ibsend", [&] { return comm.Ibsend(sent, ring.right, 3); });
      deliver("Irsend", [&] { return comm.Irsend(sent, {.dest = ring.right, .tag = 3}); });
    }
  });
}

TEST_CASE("buffered sends arrive in any order of tags, and the memory comes back", "[buffer]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    std::vector<double> memory(5000);
    MPI::Attach_buffer(memory);
    {
      auto block = values<int>(1000, ring.rank);
      for (int tag = 0; tag < 5; ++tag) {
        comm.Bsend(block, ring.right, tag);
        block[0] = -tag - 1;  // it was copied
      }
    }
    for (int tag = 4; tag >= 0; --tag) {
      std::vector<int> received(1000);
      comm.Recv(received, ring.left, tag);
      CHECK(received[0] == (tag == 0 ? ring.left : -tag));
      CHECK(received[999] == (ring.left + 999) % 100);
    }
    const std::span<std::byte> detached = MPI::Detach_buffer();
    CHECK(static_cast<const void*>(detached.data()) == memory.data());
    CHECK(detached.size() == memory.size() * sizeof(double));
  });
}

TEST_CASE("a buffer is named in every way", "[buffer]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    const std::vector<int> six{1, 2, 3, 4, 5, 6};
    // sends to the right, receives from the left 8 integers that are -1 beforehand
    const auto sends = [&](const MPI::ConstBuffer& buffer, const std::vector<int>& expected) {
      std::vector<int> received(8, -1);
      comm.Sendrecv(buffer, received, ring.right, 0, ring.left, 0);
      std::vector<int> padded = expected;
      padded.resize(8, -1);
      CHECK(received == padded);
    };
    std::vector<int> vector = six;
    std::array<int, 6> array{1, 2, 3, 4, 5, 6};
    int raw[6] = {1, 2, 3, 4, 5, 6};
    int matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};
    std::vector<std::array<int, 2>> rows{{1, 2}, {3, 4}, {5, 6}};
    const int scalar = 4;
    sends(vector, six);
    sends(std::as_const(vector), six);
    sends(std::vector<int>(six), six);
    sends(array, six);
    sends(raw, six);
    sends(matrix, six);
    sends(rows, six);
    sends(scalar, {4});
    sends(std::span(vector), six);
    sends(std::span(vector).subspan(1, 3), {2, 3, 4});
    sends(std::span<const int>(raw).last(2), {5, 6});
    sends({vector, 2}, {1, 2});
    sends({vector, std::size_t{0}}, {});
    sends({matrix, 4}, {1, 2, 3, 4});
    sends({vector.data(), 3}, {1, 2, 3});
    sends({vector.data() + 2, 3, MPI::INT}, {3, 4, 5});
    sends({std::as_const(vector).data(), 1}, {1});
    sends({vector, MPI::INT}, six);
    sends({vector, 3, MPI::INT}, {1, 2, 3});
    sends({vector, 8, MPI::BYTE}, {1, 2});
    sends({vector, MPI::BYTE}, six);
    sends({matrix, MPI::INT}, six);

    const auto receives = [&](const MPI::Buffer& buffer, std::vector<int> sent) {
      comm.Sendrecv(sent, buffer, ring.right, 0, ring.left, 0);
    };
    const std::vector<int> minus{-1, -2, -3, -4, -5, -6};
    receives(vector, minus);
    CHECK(vector == minus);
    receives(array, minus);
    CHECK(array == std::array<int, 6>{-1, -2, -3, -4, -5, -6});
    receives(matrix, minus);
    CHECK(matrix[1][2] == -6);
    receives(rows, minus);
    CHECK(rows[2] == std::array<int, 2>{-5, -6});
    receives(std::span(vector).subspan(2, 2), {7, 8});
    CHECK(vector == std::vector<int>{-1, -2, 7, 8, -5, -6});
    receives({vector.data() + 4, 1}, {9});
    CHECK(vector == std::vector<int>{-1, -2, 7, 8, 9, -6});
    receives({raw, 2}, {30, 31});
    CHECK((raw[0] == 30 && raw[1] == 31 && raw[2] == 3));
    receives({raw, 1, MPI::INT}, {40});
    CHECK((raw[0] == 40 && raw[1] == 31));
    int single = 0;
    receives(single, {5});
    CHECK(single == 5);
    std::string text = "....";
    comm.Sendrecv(std::string("abc"), text, ring.right, 0, ring.left, 0);
    CHECK(text == "abc.");
    Particle particle{};
    comm.Sendrecv(Particle{{1, 2, 3}, 4}, particle, ring.right, 0, ring.left, 0);
    CHECK(particle == Particle{{1, 2, 3}, 4});
  });
}

TEST_CASE("a datatype says which elements travel", "[buffer]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    // two particles as one run, and their bytes
    const std::vector<Particle> sent = values<Particle>(3, ring.rank);
    std::vector<std::byte> bytes(3 * sizeof(Particle) + 1, std::byte{0x5a});
    MPI::Status status;
    comm.Sendrecv(sent, bytes, {.dest = ring.right, .source = ring.left, .status = status});
    CHECK(status.Get_count(MPI::BYTE) == 3 * sizeof(Particle));
    CHECK(bytes.back() == std::byte{0x5a});
    std::vector<Particle> received(3);
    comm.Sendrecv({sent, MPI::Datatype::of<Particle>()}, {received, MPI::Datatype::of<Particle>()},
                  {.dest = ring.right, .source = ring.left});
    CHECK(received == values<Particle>(3, ring.left));
  });
}

TEST_CASE("with PROC_NULL nothing moves, also without a buffer", "[buffer]") {
  for_each_communicator([](const auto& comm) {
    std::vector<int> block{1, 2, 3};
    const Attached attached(1000);
    const auto all = [&](const auto& buffer) {
      comm.Send(buffer, MPI::PROC_NULL);
      comm.Ssend(buffer, {.dest = MPI::PROC_NULL});
      comm.Bsend(buffer, MPI::PROC_NULL);
      comm.Rsend(buffer, MPI::PROC_NULL);
      comm.Isend(buffer, MPI::PROC_NULL).Wait();
      comm.Issend(buffer, MPI::PROC_NULL).Wait();
      comm.Ibsend(buffer, MPI::PROC_NULL).Wait();
      comm.Irsend(buffer, MPI::PROC_NULL).Wait();
    };
    all(block);
    all(MPI::None);
    MPI::Status status;
    const auto check = [&] {
      CHECK(status.Get_source() == MPI::PROC_NULL);
      CHECK(status.Get_tag() == MPI::ANY_TAG);
      CHECK(status.Get_count() == 0);
      CHECK(block == std::vector<int>{1, 2, 3});
      status = {};
    };
    comm.Recv(block, MPI::PROC_NULL, MPI::ANY_TAG, status);
    check();
    comm.Recv(MPI::None, {.source = MPI::PROC_NULL, .status = &status});
    check();
    comm.Irecv(MPI::None, MPI::PROC_NULL).Wait();
    comm.Irecv(block, {.source = MPI::PROC_NULL}).Wait();
    comm.Sendrecv(MPI::None, MPI::None,
                  {.dest = MPI::PROC_NULL, .source = MPI::PROC_NULL, .status = status});
    check();
    comm.Sendrecv(block, block,
                  {.dest = MPI::PROC_NULL, .source = MPI::PROC_NULL, .status = status});
    check();
    comm.Sendrecv_replace(block,
                          {.dest = MPI::PROC_NULL, .source = MPI::PROC_NULL, .status = status});
    check();
    comm.Sendrecv_replace(MPI::None, {.dest = MPI::PROC_NULL, .source = MPI::PROC_NULL});
    comm.Probe(MPI::PROC_NULL, MPI::ANY_TAG, status);
    check();
    CHECK(comm.Iprobe(MPI::PROC_NULL, 3, status));
    check();
    MPI::Message message = comm.Mprobe(MPI::PROC_NULL, 3, status);
    check();
    CHECK(message == MPI::MESSAGE_NO_PROC);
    message.Recv(MPI::None, status);
    check();
    CHECK(message == MPI::MESSAGE_NULL);
    auto found = comm.Improbe({.source = MPI::PROC_NULL, .status = status});
    REQUIRE(found.has_value());
    CHECK(*found == MPI::MESSAGE_NO_PROC);
    check();
    found->Irecv(block).Wait();
    CHECK(*found == MPI::MESSAGE_NULL);
    CHECK(block == std::vector<int>{1, 2, 3});
  });
}

TEST_CASE("an open chain has PROC_NULL at its ends", "[buffer]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const int right = rank + 1 < size ? rank + 1 : MPI::PROC_NULL,
            left = rank > 0 ? rank - 1 : MPI::PROC_NULL;
  std::vector<int> received(5, -1);
  MPI::Status status;
  comm.Sendrecv(values<int>(5, rank), received, {.dest = right, .source = left, .status = status});
  CHECK(received == (rank > 0 ? values<int>(5, rank - 1) : std::vector<int>(5, -1)));
  CHECK(status.Get_source() == left);
  std::vector<int> block = values<int>(5, rank);
  comm.Sendrecv_replace(block, right, 2, left, 2);
  CHECK(block == (rank > 0 ? values<int>(5, rank - 1) : values<int>(5, rank)));
}

TEST_CASE("a message that does not fit is an error, and the next one is intact", "[buffer]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const std::size_t count : {std::size_t{2}, std::size_t{40'000}}) {
      const auto sent = values<int>(count, ring.rank);
      std::vector<int> received(count, -1);
      const auto truncated = [&](auto receive) {
        received.assign(count, -1);
        MPI::Request first = comm.Isend(sent, ring.right, 1);
        MPI::Request second = comm.Isend(sent, ring.right, 1);
        CHECK(error_of(receive) == MPI::ERR_TRUNCATE);
#ifdef OPEN_MPI
        // a long message is written beyond the end of its receive: docs/known-issues.md
        if (count == 2)
#endif
          CHECK(received[count - 1] == -1);
        comm.Recv(received, ring.left, 1);
        CHECK((received == values<int>(count, ring.left)));
        MPI::Request sends[] = {std::move(first), std::move(second)};
        MPI::Request::Waitall(sends);
      };
      truncated([&] { comm.Recv({received, count - 1}, ring.left, 1); });
      truncated([&] {
        comm.Recv(std::span(received).first(count - 1), {.source = ring.left, .tag = 1});
      });
      truncated([&] { comm.Irecv({received, count - 1}, ring.left, 1).Wait(); });
      truncated([&] { comm.Mprobe(ring.left, 1).Recv({received, count - 1}); });
    }
  });
}

TEST_CASE("counts and types that do not fit their memory are refused", "[buffer]") {
  const auto& comm = MPI::COMM_SELF;
  std::vector<int> block(10);
  int raw[2][3] = {};
  CHECK(error_of([&] { comm.Send({block, 11}, 0); }) == MPI::ERR_COUNT);
  CHECK(error_of([&] { comm.Send({block, -1}, 0); }) == MPI::ERR_COUNT);
  CHECK(error_of([&] { comm.Send({block.data(), -1}, 0); }) == MPI::ERR_COUNT);
  CHECK(error_of([&] { comm.Send({block, std::uint64_t{1} << 63}, 0); }) != MPI::SUCCESS);
  CHECK(error_of([&] { comm.Send({block, 6, MPI::DOUBLE}, 0); }) == MPI::ERR_COUNT);
  CHECK(error_of([&] { comm.Send({raw, 7}, 0); }) == MPI::ERR_COUNT);
  CHECK(error_of([&] { comm.Recv({block, 41, MPI::BYTE}, 0); }) == MPI::ERR_COUNT);
  CHECK(error_of([&] { return comm.Irecv({block, 11}, 0); }) == MPI::ERR_COUNT);
  CHECK(error_of([&] { return comm.Isend({block, 11}, 0); }) == MPI::ERR_COUNT);
  CHECK(error_of([&] { comm.Sendrecv(block, {block, 11}, 0); }) == MPI::ERR_COUNT);
  CHECK(error_of([&] { comm.Sendrecv_replace({block, 11}, 0); }) == MPI::ERR_COUNT);
  std::vector<std::byte> odd(13);
  CHECK(error_of([&] { comm.Send({odd, MPI::INT}, 0); }) == MPI::ERR_TYPE);
  CHECK_THROWS_WITH(comm.Send({block, 11}, 0),
                    HasText("11") && HasText("44 bytes") && HasText("40"));
  CHECK_THROWS_WITH(comm.Send({odd, MPI::INT}, 0), HasText("13 bytes"));
  CHECK_FALSE(comm.Iprobe());
}

TEST_CASE("bad ranks and tags are errors of their own class", "[buffer]") {
  const auto& comm = MPI::COMM_WORLD;
  const int size = comm.Get_size();
  int value = 0;
  CHECK(error_of([&] { comm.Send(value, size); }) == MPI::ERR_RANK);
  CHECK(error_of([&] { comm.Send(value, -77); }) == MPI::ERR_RANK);
  CHECK(error_of([&] { comm.Recv(value, size); }) == MPI::ERR_RANK);
  CHECK(error_of([&] { return comm.Isend(value, size); }) == MPI::ERR_RANK);
  CHECK(error_of([&] { return comm.Irecv(value, size); }) == MPI::ERR_RANK);
  CHECK(error_of([&] { comm.Sendrecv(value, value, size); }) == MPI::ERR_RANK);
  CHECK(error_of([&] { comm.Probe(size); }) == MPI::ERR_RANK);
  CHECK(error_of([&] { comm.Send(value, 0, -1); }) == MPI::ERR_TAG);
  CHECK(error_of([&] { comm.Recv(value, 0, -5); }) == MPI::ERR_TAG);
  CHECK(error_of([&] { return comm.Iprobe(0, -5); }) == MPI::ERR_TAG);
  CHECK(error_of([&] { MPI::Intracomm(MPI::COMM_NULL).Send(value, 0); }) == MPI::ERR_COMM);
}

TEST_CASE("probes see a buffer message and matched ones are received by their holder", "[buffer]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    CHECK_FALSE(comm.Iprobe());
    CHECK_FALSE(comm.Improbe(ring.left, 3).has_value());
    comm.Barrier();
    for (const std::size_t count : {std::size_t{0}, std::size_t{5}, std::size_t{30'001}}) {
      INFO("count " << count);
      const auto sent = values<double>(count, ring.rank),
                 expected = values<double>(count, ring.left);
      std::vector<double> received(count);
      MPI::Status status;
      const auto look = [&](auto receive) {
        received.assign(count, -1);
        MPI::Request request = comm.Issend(sent, ring.right, 3);
        status = {};
        receive();
        request.Wait();
        CHECK((received == expected));
        CHECK(status.Get_source() == ring.left);
        CHECK(status.Get_tag() == 3);
        CHECK(status.Get_count(MPI::DOUBLE) == static_cast<MPI_Count>(count));
      };
      look([&] {
        comm.Probe({.source = ring.left, .tag = 3, .status = status});
        comm.Probe();
        CHECK(comm.Iprobe(ring.left, 3));
        CHECK_FALSE(comm.Iprobe(ring.left, 4));
        comm.Recv(received, ring.left, 3);
      });
      look([&] {
        MPI::Message message = comm.Mprobe(ring.left, 3, status);
        CHECK(message);
        CHECK_FALSE(comm.Iprobe(ring.left, 3));
        message.Recv(received);
        CHECK(message == MPI::MESSAGE_NULL);
        CHECK(error_of([&] { message.Recv(received); }) != MPI::SUCCESS);
        CHECK(error_of([&] { return message.Irecv(received); }) != MPI::SUCCESS);
      });
      look([&] { comm.Mprobe({.source = ring.left, .tag = 3}).Recv(received, &status); });
      look([&] {
        std::optional<MPI::Message> message;
        while (!message) message = comm.Improbe({.source = ring.left, .tag = 3, .status = &status});
        MPI::Request request = message->Irecv(received);
        CHECK(*message == MPI::MESSAGE_NULL);
        request.Wait();
      });
      comm.Barrier();
    }
  });
}

TEST_CASE("wildcards take any source and tag, exact tags wait for theirs", "[buffer]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    const int root = ring.size / 2;
    const int payload[2] = {ring.rank, 10 * ring.rank};
    MPI::Request first = comm.Isend({payload, 1}, root, ring.rank);
    MPI::Request second = comm.Isend(payload, root, 100);
    if (ring.rank == root) {
      int both[3] = {-1, -1, -1};
      MPI::Status status;
      for (int i = 0; i < ring.size; ++i) {
        comm.Recv(both, {.tag = 100, .status = status});
        CHECK(status.Get_tag() == 100);
        CHECK(status.Get_count(MPI::INT) == 2);
        CHECK(both[0] == status.Get_source());
        CHECK(both[1] == 10 * both[0]);
        CHECK(both[2] == -1);
      }
      std::vector<int> seen(static_cast<std::size_t>(ring.size), 0);
      for (int i = 0; i < ring.size; ++i) {
        int value = -1;
        comm.Recv(value, {.status = &status});
        CHECK(status.Get_source() == value);
        CHECK(status.Get_tag() == value);
        ++seen[static_cast<std::size_t>(value)];
      }
      CHECK(seen == std::vector<int>(static_cast<std::size_t>(ring.size), 1));
    }
    first.Wait();
    second.Wait();
    comm.Barrier();
  });
}

TEST_CASE("buffer calls go on while an object receive is unfinished", "[buffer]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    auto object = comm.template irecv<std::vector<double>>(ring.left, 9);
    std::vector<int> received(6, -1);
    comm.Sendrecv(values<int>(5, ring.rank), received, ring.right, 1, ring.left, 1);
    CHECK(received[4] == (ring.left + 4) % 100);
    CHECK(received[5] == -1);
    comm.Sendrecv_replace({received, 5}, ring.right, 1, ring.left, 1);
    MPI::Request posted = comm.Irecv(received, ring.left, 2);
    comm.Send(values<int>(6, ring.rank), ring.right, 2);
    posted.Wait();
    CHECK(received == values<int>(6, ring.left));
    const auto again = values<int>(6, ring.rank + 1);
    MPI::Request sent = comm.Isend(again, ring.right, 3);
    MPI::Status status;
    comm.Probe(ring.left, 3, status);
    CHECK(status.Get_count(MPI::INT) == 6);
    comm.Mprobe(ring.left, 3).Recv(received);
    CHECK(received == values<int>(6, ring.left + 1));
    sent.Wait();
    comm.send(values<double>(70'000, ring.rank), ring.right, 9);
    CHECK((object.wait() == values<double>(70'000, ring.left)));
  });
}
