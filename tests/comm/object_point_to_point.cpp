// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// transport: tcp
// inline limits: 64 4096
// Lowercase point-to-point calls in all their forms.
#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
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

// Around both inline limits, so that header, stream and parts all occur.
constexpr std::size_t sizes[] = {0, 1, 3, 12, 13, 16, 63, 64, 65, 1023, 1024, 1025, 70'001};

std::vector<int> integers(std::size_t count, int first) {
  std::vector<int> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = first + static_cast<int>(i);
  return values;
}
std::vector<std::string> words(std::size_t count, int seed) {
  std::vector<std::string> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = std::string(i % 97, static_cast<char>('a' + seed % 26));
  return values;
}

/// What `receive` throws; no exception is a failure.
template <class F>
std::string mismatch_of(F&& receive) {
  try {
    receive();
  } catch (const MPI::TypeMismatch& error) {
    CHECK(error.Get_error_class() == MPI::ERR_TYPE);
    return error.what();
  }
  FAIL("no TypeMismatch was thrown");
  return {};
}

}  // namespace

TEST_CASE("every object goes round a ring by every mode", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for_each_typical_message([&](const auto& message) {
      using T = std::remove_cvref_t<decltype(message)>;
      const auto receive = [&](int tag) { return comm.template recv<T>(ring.left, tag); };
      // the blocking modes need somebody who receives meanwhile
      auto request = comm.template irecv<T>(ring.left, 1);
      comm.send(message, ring.right, 1);
      CHECK(request.wait() == message);
      request = comm.template irecv<T>({.source = ring.left, .tag = 2});
      comm.send(message, {.dest = ring.right, .tag = 2});
      CHECK(request.wait() == message);
      request = comm.template irecv<T>(ring.left, 3);
      comm.ssend(message, ring.right, 3);
      CHECK(request.wait() == message);
      request = comm.template irecv<T>();
      comm.ssend(message, {.dest = ring.right});
      CHECK(request.wait() == message);
      comm.Barrier();

      comm.bsend(message, ring.right, 4);
      comm.bsend(message, {.dest = ring.right, .tag = 5});
      CHECK(receive(5) == message);
      CHECK(receive(4) == message);

      MPI::Request isend = comm.isend(message, ring.right, 6);
      MPI::Request issend = comm.issend(message, ring.right, 7);
      MPI::Request ibsend = comm.ibsend(message, ring.right, 8);
      ibsend.wait();
      CHECK(receive(8) == message);
      CHECK(receive(6) == message);
      CHECK(receive(7) == message);
      isend.wait();
      issend.wait();
      isend = comm.isend(message, {.dest = ring.right, .tag = 6});
      issend = comm.issend(message, {.dest = ring.right, .tag = 7});
      ibsend = comm.ibsend(message, {.dest = ring.right, .tag = 8});
      T into{};
      comm.recv_into(into, ring.left, 7);
      CHECK(into == message);
      comm.recv_into(into, {.source = ring.left, .tag = 6});
      CHECK(into == message);
      MPI::Request irecv_into = comm.irecv_into(into, ring.left, 8);
      irecv_into.wait();
      CHECK(into == message);
      isend.wait();
      issend.wait();
      ibsend.wait();

      CHECK(comm.sendrecv(message, {.dest = ring.right, .source = ring.left}) == message);
      CHECK(comm.sendrecv(message, ring.right, 9, ring.left, 9) == message);
      CHECK(comm.sendrecv(message,
                          {.dest = ring.right, .sendtag = 3, .source = ring.left, .recvtag = 3}) ==
            message);
      comm.Barrier();
      CHECK(comm.sendrecv(message, ring.right) == message);
      comm.Barrier();
    });
  });
}

TEST_CASE("objects of every size arrive whole", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const std::size_t size : sizes) {
      INFO("size " << size);
      MPI::Request first = comm.isend(integers(size, ring.rank), ring.right, 1);
      MPI::Request second = comm.isend(words(size, ring.rank), ring.right, 2);
      MPI::Request third = comm.isend(std::pair(integers(size, 1), words(3, 2)), ring.right, 1);
      MPI::Request fourth = comm.isend(std::vector<bool>(size, size % 2 == 0), ring.right, 1);
      CHECK((comm.template recv<std::vector<std::string>>(ring.left, 2) == words(size, ring.left)));
      CHECK((comm.template recv<std::vector<int>>(ring.left, 1) == integers(size, ring.left)));
      CHECK(comm.template recv<std::pair<std::vector<int>, std::vector<std::string>>>(
                ring.left, 1) == std::pair(integers(size, 1), words(3, 2)));
      CHECK(comm.template recv<std::vector<bool>>(ring.left, 1) ==
            std::vector<bool>(size, size % 2 == 0));
      for (auto* request : {&fourth, &third, &second, &first}) request->wait();
    }
  });
}

TEST_CASE("a chain of ranks relays objects that grow", "[object]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  std::map<int, std::vector<int>> seen;
  if (rank > 0) seen = comm.recv<std::map<int, std::vector<int>>>(rank - 1, 8);
  CHECK(seen.size() == static_cast<std::size_t>(rank));
  seen[rank] = integers(2001, rank);
  if (rank + 1 < size) comm.send(seen, rank + 1, 8);
  for (const auto& [key, values] : seen) CHECK((values == integers(2001, key)));
}

TEST_CASE("two ranks play ping-pong both ways", "[object]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
  if (last > 0 && (rank == 0 || rank == last)) {
    const int other = last - rank;
    messages::Task task{0, "", {}};
    for (int round = 0; round < 30; ++round) {
      if ((rank == 0) == (round % 2 == 0)) {
        task.id = round;
        task.name += "x";
        task.weights.resize(task.weights.size() + 100, round);
        comm.send(task, other, round);
      } else {
        comm.recv_into(task, other, round);
        CHECK(task.id == round);
        CHECK(task.name.size() == static_cast<std::size_t>(round + 1));
        CHECK(task.weights.size() == static_cast<std::size_t>(round + 1) * 100);
      }
    }
  }
  comm.Barrier();
}

TEST_CASE("with PROC_NULL sends vanish and receives leave what is there", "[object]") {
  for_each_communicator([](const auto& comm) {
    const std::vector<int> large = integers(10'000, 1);
    for (const int tag : {0, 7}) {
      comm.send(large, MPI::PROC_NULL, tag);
      comm.ssend(large, {.dest = MPI::PROC_NULL, .tag = tag});
      comm.bsend(large, MPI::PROC_NULL, tag);
      comm.isend(large, MPI::PROC_NULL, tag).wait();
      comm.issend(large, MPI::PROC_NULL, tag).wait();
      comm.ibsend(large, MPI::PROC_NULL, tag).wait();
      MPI::Status status;
      CHECK(comm.template recv<std::vector<int>>(MPI::PROC_NULL, tag, &status).empty());
      CHECK(status.Get_source() == MPI::PROC_NULL);
      CHECK(status.Get_tag() == MPI::ANY_TAG);
      CHECK(status.Get_count() == 0);
      CHECK(comm.template recv<int>({.source = MPI::PROC_NULL, .tag = tag}) == 0);
      CHECK(comm.recv(MPI::PROC_NULL).empty());
      auto into = large;
      comm.recv_into(into, {.source = MPI::PROC_NULL, .tag = tag, .status = status});
      CHECK(into == large);
      comm.irecv_into(into, MPI::PROC_NULL).wait();
      CHECK(into == large);
      auto request = comm.template irecv<std::string>(MPI::PROC_NULL, tag);
      CHECK(request.wait(status).empty());
      CHECK(status.Get_source() == MPI::PROC_NULL);
      CHECK(status.Get_count() == 0);
      CHECK(comm.irecv(MPI::PROC_NULL).wait().empty());
      CHECK(comm.template irecv<int>({.source = MPI::PROC_NULL}).test() == 0);
      CHECK(comm.sendrecv(large, {.dest = MPI::PROC_NULL, .source = MPI::PROC_NULL}).empty());

      CHECK(comm.probe(MPI::PROC_NULL, tag, &status));
      CHECK(status.Get_source() == MPI::PROC_NULL);
      CHECK(comm.iprobe(MPI::PROC_NULL, tag));
      CHECK(comm.mprobe(MPI::PROC_NULL).template recv<int>() == 0);
      auto message = comm.improbe({.source = MPI::PROC_NULL});
      REQUIRE(message);
      CHECK(*message);
      CHECK(*message == MPI::MESSAGE_NO_PROC);
      CHECK(comm.mprobe(MPI::PROC_NULL) == MPI::MESSAGE_NO_PROC);
      CHECK(message->recv().empty());
      CHECK(*message == MPI::MESSAGE_NULL);
    }
  });
}

TEST_CASE("sendrecv has PROC_NULL on one side", "[object]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  // an open chain: the last one sends nowhere, the first one receives nothing
  const int right = rank + 1 < size ? rank + 1 : MPI::PROC_NULL;
  const int left = rank > 0 ? rank - 1 : MPI::PROC_NULL;
  MPI::Status status;
  const auto arrived =
      comm.sendrecv(integers(5000, rank), {.dest = right, .source = left, .status = &status});
  CHECK((arrived == (rank > 0 ? integers(5000, rank - 1) : std::vector<int>{})));
  CHECK(status.Get_source() == left);
}

TEST_CASE("sendrecv receives another type than it sends", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    // the ring alternates between two types, unless it cannot
    const bool even = ring.rank % 2 == 0;
    if (ring.size % 2 == 1) return;
    if (even)
      CHECK(comm.template sendrecv<std::string>(integers(3000, 0), ring.right, 1, ring.left, 1) ==
            std::string(9000, 's'));
    else
      CHECK(comm.template sendrecv<std::vector<int>>(std::string(9000, 's'), ring.right, 1,
                                                     ring.left, 1) == integers(3000, 0));
  });
}

TEST_CASE("literals, lists, arrays and packed objects are sent as what they stand for",
          "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    auto text = comm.template irecv<std::string>(ring.left, 1);
    comm.send("text", ring.right, 1);
    CHECK(text.wait() == "text");
    comm.bsend("a buffered text", {.dest = ring.right, .tag = 1});
    CHECK(comm.template recv<std::string>(ring.left, 1) == "a buffered text");
    comm.isend("an immediate text", ring.right, 1).Free();
    CHECK(comm.template recv<std::string>(ring.left, 1) == "an immediate text");
    CHECK(comm.sendrecv("a text for a text", ring.right, 1, ring.left, 1) == "a text for a text");

    auto list = comm.template irecv<std::vector<int>>(ring.left, 1);
    comm.send({1, 2, 3}, ring.right, 1);
    CHECK(list.wait() == std::vector<int>{1, 2, 3});
    list = comm.template irecv<std::vector<int>>(ring.left, 1);
    comm.send({4, 5}, {.dest = ring.right, .tag = 1});
    CHECK(list.wait() == std::vector<int>{4, 5});

    int raw[700];
    for (int i = 0; i < 700; ++i) raw[i] = i + ring.rank;
    MPI::Request array = comm.isend(raw, ring.right, 1);
    int arrived[700] = {};
    comm.recv_into(arrived, ring.left, 1);
    CHECK(arrived[0] == ring.left);
    CHECK(arrived[699] == 699 + ring.left);
    array.wait();

    const MPI::Object packed(messages::Task{4, "packed", std::vector<double>(3000, 0.5)});
    MPI::Request first = comm.isend(packed, ring.right, 1);
    MPI::Request second = comm.isend(MPI::Object(packed), ring.right, 1);
    CHECK(comm.template recv<messages::Task>(ring.left, 1) == packed.as<messages::Task>());
    const MPI::Object any = comm.recv(ring.left, 1);
    CHECK(any.template is<messages::Task>());
    CHECK(any.template as<messages::Task>() == packed.as<messages::Task>());
    // an object of a type that this rank need not know is passed on as it is
    CHECK(comm.sendrecv(any, ring.right, 1, ring.left, 1).template as<messages::Task>().name ==
          "packed");
    first.wait();
    second.wait();
  });
}

TEST_CASE("an empty Object cannot be sent", "[object]") {
  const auto& comm = MPI::COMM_SELF;
  CHECK_THROWS_AS(comm.bsend(MPI::Object(), 0), MPI::Exception);
  CHECK_THROWS_AS(comm.isend(MPI::Object(), 0), MPI::Exception);
  CHECK_FALSE(comm.iprobe());
}

TEST_CASE("contiguous sequences of the same element agree with each other", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    const auto exchange = [&]<class Sent, class Received>(const Sent& sent,
                                                          const Received& expected) {
      MPI::Request request = comm.isend(sent, ring.right, 1);
      CHECK(comm.template recv<Received>(ring.left, 1) == expected);
      request.wait();
    };
    std::array<int, 3> small{1, 2, 3};
    std::array<int, 3000> large{};
    large[2999] = 5;
    exchange(small, std::vector<int>{1, 2, 3});
    exchange(std::vector<int>{1, 2, 3}, small);
    exchange(large, std::vector<int>(large.begin(), large.end()));
    exchange(std::vector<int>(large.begin(), large.end()), large);
    exchange(std::string("abc"), std::vector<char>{'a', 'b', 'c'});
    exchange(std::vector<bool>(5000, true), [] {
      std::array<bool, 5000> flags;
      flags.fill(true);
      return flags;
    }());

    // an array whose length does not fit says so, and takes its message
    for (const std::size_t size : {std::size_t{2}, std::size_t{5000}}) {
      MPI::Request first = comm.isend(std::vector<int>(size), ring.right, 1);
      MPI::Request second = comm.isend(7, ring.right, 1);
      CHECK_THROWS_WITH((comm.template recv<std::array<int, 3>>(ring.left, 1)),
                        HasText("std::vector"));
      CHECK(comm.template recv<int>(ring.left, 1) == 7);
      first.wait();
      second.wait();
    }
  });
}

TEST_CASE("wildcards take from anybody and exact tags from in between", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    const int root = ring.size - 1;
    // everybody sends to the root: small, large, small, each with its own tag
    MPI::Request first = comm.isend(ring.rank, root, 10 + ring.rank);
    MPI::Request second = comm.isend(integers(5001, ring.rank), root, 50);
    MPI::Request third = comm.isend(std::to_string(ring.rank), root, 20 + ring.rank);
    if (ring.rank == root) {
      for (int source = 0; source < ring.size; ++source)
        CHECK(comm.template recv<std::string>(MPI::ANY_SOURCE, 20 + source) ==
              std::to_string(source));
      std::vector<int> seen(static_cast<std::size_t>(ring.size), 0);
      MPI::Status status;
      for (int i = 0; i < ring.size; ++i) {
        const auto values = comm.template recv<std::vector<int>>({.tag = 50, .status = &status});
        CHECK((values == integers(5001, status.Get_source())));
        CHECK(status.Get_tag() == 50);
        CHECK(status.Get_count() == 5001 * sizeof(int));
        CHECK(status.Get_count(MPI::INT) == 5001);
        CHECK(status.Get_error() == MPI::SUCCESS);
        ++seen[static_cast<std::size_t>(status.Get_source())];
      }
      CHECK((seen == std::vector<int>(static_cast<std::size_t>(ring.size), 1)));
      for (int i = ring.size - 1; i >= 0; --i) {
        const int from = comm.template recv<int>(i, MPI::ANY_TAG, status);
        CHECK(from == i);
        CHECK(status.source() == i);
        CHECK(status.tag() == 10 + i);
        CHECK(status.count() == sizeof(int));
      }
    }
    for (auto* request : {&first, &second, &third}) request->wait();
    comm.Barrier();
  });
}

TEST_CASE("a status counts the bytes of the object, whatever it is made of", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    const auto bytes_of = [&](const auto& object) {
      using T = std::remove_cvref_t<decltype(object)>;
      MPI::Request request = comm.isend(object, ring.right, 4);
      MPI::Status status;
      CHECK(comm.template recv<T>({.source = ring.left, .tag = 4, .status = status}) == object);
      request.wait();
      const auto bytes = status.Get_count();
      request = comm.isend(object, ring.right, 4);
      CHECK(comm.mprobe(ring.left, 4).template recv<T>(status) == object);
      CHECK(status.Get_count() == bytes);
      CHECK(status.Get_source() == ring.left);
      CHECK(status.Get_tag() == 4);
      request.wait();
      request = comm.isend(object, ring.right, 4);
      CHECK(comm.recv(ring.left, 4, &status).size() == static_cast<std::size_t>(bytes));
      CHECK(status.Get_count() == bytes);
      request.wait();
      return bytes;
    };
    CHECK(bytes_of(1.5) == 8);
    CHECK((bytes_of(std::string()) == 0));
    CHECK((bytes_of(std::string(77, 'x')) == 77));
    CHECK((bytes_of(integers(12'345, 0)) == 12'345 * 4));
    CHECK(bytes_of(std::vector<std::string>{std::string(10'000, 'a'), std::string(20, 'b')}) >=
          10'020);
  });
}

TEST_CASE("messages of one sender and tag do not overtake each other", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    constexpr int count = 40;
    // sizes go up and down over the limits
    const auto object = [](int rank, int i) {
      return integers(static_cast<std::size_t>(i * 131) % 2003 * static_cast<std::size_t>(i % 4),
                      rank + i);
    };
    std::vector<MPI::Request> sends;
    for (int i = 0; i < count; ++i) {
      if (i % 3 == 0)
        comm.bsend(object(ring.rank, i), ring.right, 1);
      else if (i % 3 == 1)
        sends.push_back(comm.isend(object(ring.rank, i), ring.right, 1));
      else
        sends.push_back(comm.issend(object(ring.rank, i), ring.right, 1));
    }
    MPI::Request other = comm.isend("with another tag", ring.right, 2);
    std::vector<int> reused;
    for (int i = 0; i < count; ++i) {
      if (i == 7) CHECK(comm.template recv<std::string>(ring.left, 2) == "with another tag");
      if (i % 5 == 0)
        CHECK((comm.template recv<std::vector<int>>(ring.left, 1) == object(ring.left, i)));
      else if (i % 5 == 1)
        CHECK((comm.template irecv<std::vector<int>>(ring.left, 1).wait() == object(ring.left, i)));
      else if (i % 5 == 2)
        CHECK(
            (comm.mprobe(ring.left, 1).template recv<std::vector<int>>() == object(ring.left, i)));
      else if (i % 5 == 3)
        CHECK((comm.recv(ring.left, 1).template as<std::vector<int>>() == object(ring.left, i)));
      else {
        comm.recv_into(reused, ring.left, 1);
        CHECK((reused == object(ring.left, i)));
      }
    }
    for (auto& request : sends) request.wait();
    other.wait();
  });
}

TEST_CASE("objects and buffers share the order of messages", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    const std::vector<int> block = integers(3000, ring.rank);
    std::vector<int> arrived(3001, -1);
    MPI::Request first = comm.Isend(block, ring.right, 1);
    MPI::Request second = comm.isend(block, ring.right, 1);
    MPI::Request third = comm.Isend(ring.rank, ring.right, 1);
    MPI::Request fourth = comm.isend(ring.rank, ring.right, 1);
    comm.Recv(arrived, ring.left, 1);
    CHECK(arrived[2999] == ring.left + 2999);
    CHECK(arrived[3000] == -1);
    CHECK((comm.template recv<std::vector<int>>(ring.left, 1) == integers(3000, ring.left)));
    int scalar = -1;
    comm.Recv(scalar, ring.left, 1);
    CHECK(scalar == ring.left);
    CHECK(comm.template recv<int>(ring.left, 1) == ring.left);
    for (auto* request : {&fourth, &third, &second, &first}) request->Wait();
  });
}

TEST_CASE("probes see a message and leave it there", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    CHECK_FALSE(comm.iprobe());
    CHECK_FALSE(comm.iprobe({.source = ring.left, .tag = 3}));
    CHECK_FALSE(comm.improbe().has_value());
    CHECK_FALSE(comm.improbe(ring.left, 3).has_value());
    comm.Barrier();
    for_each_typical_message([&](const auto& object) {
      using T = std::remove_cvref_t<decltype(object)>;
      MPI::Request request = comm.isend(object, ring.right, 3);
      MPI::Status status;
      CHECK(comm.probe({.source = ring.left, .tag = 3, .status = status}));
      CHECK(status.Get_source() == ring.left);
      CHECK(status.Get_tag() == 3);
      CHECK(comm.probe());
      CHECK(comm.iprobe(MPI::ANY_SOURCE, MPI::ANY_TAG, &status));
      CHECK(status.Get_source() == ring.left);
      CHECK(status.Get_tag() == 3);
      CHECK_FALSE(comm.iprobe(ring.left, 4));
      CHECK(comm.template recv<T>(status.Get_source(), status.Get_tag()) == object);
      request.wait();
      // nobody looks for any message before everybody has taken this one
      comm.Barrier();
      CHECK_FALSE(comm.iprobe());
      comm.Barrier();
    });
  });
}

TEST_CASE("a matched message is nobody else's", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for_each_typical_message([&](const auto& object) {
      using T = std::remove_cvref_t<decltype(object)>;
      MPI::Request first = comm.isend(object, ring.right, 3);
      MPI::Request second = comm.isend("behind it", ring.right, 3);
      MPI::Status status;
      MPI::Message message = comm.mprobe({.source = ring.left, .tag = 3, .status = &status});
      CHECK(status.Get_source() == ring.left);
      CHECK(status.Get_tag() == 3);
      CHECK(message);
      CHECK(comm.template recv<std::string>(ring.left, 3) == "behind it");
      CHECK(message.recv<T>(&status) == object);
      CHECK(status.Get_source() == ring.left);
      CHECK(message == MPI::MESSAGE_NULL);
      CHECK_FALSE(message);
      CHECK_THROWS_AS(message.recv<T>(), MPI::Exception);
      first.wait();
      second.wait();

      first = comm.issend(object, ring.right, 4);
      std::optional<MPI::Message> found;
      while (!found) found = comm.improbe(ring.left, 4, status);
      CHECK(status.Get_tag() == 4);
      MPI::Message moved = std::move(*found);
      CHECK(*found == MPI::MESSAGE_NULL);
      CHECK(moved.recv().template as<T>() == object);
      first.wait();
    });
  });
}

TEST_CASE("recv_into reuses the storage of its object", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const std::size_t size : {std::size_t{5}, std::size_t{20'001}}) {
      std::vector<int> numbers(20'001, -1);
      const int* const storage = numbers.data();
      MPI::Request request = comm.isend(integers(size, ring.rank), ring.right, 1);
      comm.recv_into(numbers, ring.left, 1);
      CHECK((numbers == integers(size, ring.left)));
      CHECK(numbers.data() == storage);
      request.wait();

      request = comm.isend(integers(size, ring.rank), ring.right, 1);
      comm.irecv_into(numbers, ring.left, 1).wait();
      CHECK((numbers == integers(size, ring.left)));
      CHECK(numbers.data() == storage);
      request.wait();

      std::string text(20'001, 'x');
      const char* const letters = text.data();
      request = comm.isend(std::string(size, 's'), ring.right, 1);
      comm.recv_into(text, ring.left, 1);
      CHECK((text == std::string(size, 's')));
      CHECK(text.data() == letters);
      request.wait();

      messages::Task task{0, std::string(20'001, 'x'), std::vector<double>(20'001)};
      const double* const weights = task.weights.data();
      const char* const name = task.name.data();
      const messages::Task sent{ring.rank, std::string(size, 'n'), std::vector<double>(size, 0.5)};
      request = comm.isend(sent, ring.right, 1);
      comm.recv_into(task, ring.left, 1);
      CHECK(task.id == ring.left);
      CHECK(task.name == sent.name);
      CHECK(task.weights == sent.weights);
      CHECK(task.weights.data() == weights);
      CHECK(task.name.data() == name);
      request.wait();
    }
    // what was in a map before is gone
    std::map<int, std::string> names{{-1, "old"}, {3, "old too"}};
    const std::map<int, std::string> sent{{1, "one"}, {3, std::string(9000, '3')}};
    MPI::Request request = comm.isend(sent, ring.right, 1);
    comm.recv_into(names, ring.left, 1);
    CHECK(names == sent);
    request.wait();
    // the same for what is filled where the message is empty
    std::optional<std::string> maybe = "filled";
    request = comm.isend(std::optional<std::string>(), ring.right, 1);
    comm.recv_into(maybe, ring.left, 1);
    CHECK_FALSE(maybe.has_value());
    request.wait();
    std::list<std::string> list{"old", "older", "oldest"};
    request = comm.isend(std::list<std::string>{"new"}, ring.right, 1);
    comm.recv_into(list, ring.left, 1);
    CHECK(list == std::list<std::string>{"new"});
    request.wait();
  });
}

TEST_CASE("the wrong type is an exception, and the next message is intact", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    // sends an object and one behind it; `receive` must throw; the one behind must be there
    const auto refuse = [&](const auto& object, auto receive) {
      MPI::Request first = comm.isend(object, ring.right, 6);
      MPI::Request second = comm.isend(
          messages::Task{ring.rank, "behind it", std::vector<double>(700, 1)}, ring.right, 6);
      const std::string sentence = mismatch_of(receive);
      const auto next = comm.template recv<messages::Task>(ring.left, 6);
      CHECK((next == messages::Task{ring.left, "behind it", std::vector<double>(700, 1)}));
      first.wait();
      second.wait();
      return sentence;
    };
    const auto refuse_in_all_ways = [&]<class Wanted>(const auto& object, const Wanted& wanted) {
      INFO("wanted: " << typeid(Wanted).name());
      refuse(object, [&] { (void)comm.template recv<Wanted>(ring.left, 6); });
      refuse(object, [&] { (void)comm.template irecv<Wanted>(ring.left, 6).wait(); });
      refuse(object, [&] {
        auto request = comm.template irecv<Wanted>(ring.left, 6);
        while (!request.test()) continue;
      });
      refuse(object, [&] { (void)comm.mprobe(ring.left, 6).template recv<Wanted>(); });
      auto into = wanted;
      refuse(object, [&] { comm.recv_into(into, ring.left, 6); });
      refuse(object, [&] { comm.irecv_into(into, ring.left, 6).wait(); });
      refuse(object, [&] { (void)comm.recv(ring.left, 6).template as<Wanted>(); });
    };
    const std::vector<std::string> strings{"", "word", std::string(9001, 'l')};
    const messages::Task small{1, "a", {}};
    const messages::Task large{1, std::string(8000, 'a'), std::vector<double>(3001, 0.5)};
    refuse_in_all_ways(5, 1.5);
    refuse_in_all_ways(5, 5U);
    refuse_in_all_ways(1.5, std::vector<double>{1.5});
    refuse_in_all_ways(std::string("not a number"), 7);
    refuse_in_all_ways(integers(20'000, 1), std::string());
    refuse_in_all_ways(integers(20'000, 1), std::vector<float>{});
    refuse_in_all_ways(strings, std::list<std::string>{});
    refuse_in_all_ways(small, messages::Point{});
    refuse_in_all_ways(large, integers(3, 1));
    refuse_in_all_ways(large, messages::Plan{});
    refuse_in_all_ways(words(2000, 1), messages::Account{});

    const std::string sentence = refuse(
        std::string("seven"), [&] { (void)comm.template recv<std::vector<int>>(ring.left, 6); });
    CHECK_THAT(sentence, HasText("std::string") && HasText("std::vector<int>"));
  });
}

TEST_CASE("what an uppercase call has sent is not taken for an object", "[object]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const std::size_t size : {0U, 1U, 3U, 4U, 5U, 8U, 1000U, 50'001U}) {
      INFO("an uppercase message of " << size << " integers");
      const std::vector<int> block = integers(size, 77);
      const auto refuse = [&](auto receive) {
        MPI::Request first = comm.Isend(block, ring.right, 6);
        MPI::Request second = comm.isend(integers(3000, ring.rank), ring.right, 6);
        MPI::Request third = comm.isend(8, ring.right, 6);
        CHECK_THROWS_WITH(receive(), HasText("Send") && HasText("Recv"));
        CHECK((comm.template recv<std::vector<int>>(ring.left, 6) == integers(3000, ring.left)));
        CHECK(comm.template recv<int>(ring.left, 6) == 8);
        first.Wait();
        second.wait();
        third.wait();
      };
      refuse([&] { return comm.template recv<int>(ring.left, 6); });
      refuse([&] { return comm.template recv<std::vector<int>>(ring.left, 6); });
      refuse([&] { return comm.recv(ring.left, 6).size(); });
      refuse([&] { return comm.template irecv<std::vector<int>>(ring.left, 6).wait(); });
      refuse([&] {
        auto request = comm.template irecv<int>(ring.left, 6);
        while (!request.test()) continue;
        return 0;
      });
      refuse([&] { return comm.mprobe(ring.left, 6).template recv<std::string>(); });
      std::vector<int> into(5);
      refuse([&] { return comm.recv_into(into, ring.left, 6), 0; });
      refuse([&] { return comm.irecv_into(into, ring.left, 6).wait(), 0; });
    }
  });
}

TEST_CASE("ranks and tags out of range are refused before anything is sent", "[object]") {
  const auto& comm = MPI::COMM_WORLD;
  const int size = comm.Get_size();
  for (const int rank : {size, size + 7, -5, -77}) {
    INFO("rank " << rank);
    for (const std::size_t length : {std::size_t{1}, std::size_t{9000}}) {
      const std::vector<int> object(length);
      CHECK_THROWS_AS(comm.send(object, rank), MPI::Exception);
      CHECK_THROWS_AS(comm.ssend(object, rank), MPI::Exception);
      CHECK_THROWS_AS(comm.bsend(object, rank), MPI::Exception);
      CHECK_THROWS_AS(comm.isend(object, rank), MPI::Exception);
      CHECK_THROWS_AS(comm.isend(std::vector<int>(length), rank), MPI::Exception);
      CHECK_THROWS_AS(comm.isend(MPI::borrow(object), rank), MPI::Exception);
      CHECK_THROWS_AS(comm.sendrecv(object, rank), MPI::Exception);
    }
    CHECK_THROWS_AS(comm.recv<int>(rank), MPI::Exception);
    CHECK_THROWS_AS(comm.irecv<int>(rank), MPI::Exception);
    CHECK_THROWS_AS(comm.mprobe(rank), MPI::Exception);
    CHECK_THROWS_AS(comm.iprobe(rank), MPI::Exception);
  }
  CHECK_THROWS_WITH(comm.send(1, size), HasText("dest " + std::to_string(size)) &&
                                            HasText("0 to " + std::to_string(size - 1)));
  CHECK_THROWS_WITH(comm.recv<int>(size), HasText("source"));
  CHECK_THROWS_AS(comm.send(1, 0, -3), MPI::Exception);
  CHECK_THROWS_AS(comm.send(integers(9000, 1), 0, -3), MPI::Exception);
  CHECK_THROWS_AS(comm.isend(integers(9000, 1), 0, -3), MPI::Exception);
  CHECK_THROWS_AS(comm.irecv<int>(0, -3), MPI::Exception);
  CHECK_THROWS_AS(comm.send(1, std::int64_t{1} << 33), MPI::Exception);
  CHECK_THROWS_AS(MPI::Intracomm(MPI::COMM_NULL).send(1, 0), MPI::Exception);
  comm.Barrier();
  CHECK_FALSE(comm.iprobe());
  comm.Barrier();
}

TEST_CASE("a rank is any integer and a tag any enum", "[object]") {
  enum class Tag : unsigned char { work = 3 };
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    const std::size_t right = static_cast<std::size_t>(ring.right);
    const long left = ring.left;
    MPI::Request request = comm.isend(ring.rank, {.dest = right, .tag = Tag::work});
    CHECK(comm.template recv<int>({.source = left, .tag = Tag::work}) == ring.left);
    request.wait();
  });
}

TEST_CASE("messages of one communicator are not seen on another", "[object]") {
  const auto& world = MPI::COMM_WORLD;
  const MPI::Intracomm other = world.Dup();
  const Ring ring(world);
  MPI::Request first = world.isend(integers(5000, 1), ring.right, 1);
  MPI::Request second = other.isend(integers(5000, 2), ring.right, 1);
  CHECK((other.recv<std::vector<int>>(ring.left, 1) == integers(5000, 2)));
  CHECK_FALSE(other.iprobe());
  CHECK((world.recv<std::vector<int>>(ring.left, 1) == integers(5000, 1)));
  first.wait();
  second.wait();
}

TEST_CASE("a constant temporary is sent from a copy", "[object]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  const auto constant = []() -> const std::vector<int> { return messages::numbers(3000); };
  MPI::Request request = comm.isend(constant(), ring.right, 5);
  CHECK((comm.recv<std::vector<int>>(ring.left, 5) == messages::numbers(3000)));
  request.wait();
}
