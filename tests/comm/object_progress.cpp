// SPDX-License-Identifier: MIT
// ranks: 2 3 4
// transport: tcp
// labels: threads
// inline limits: 64 4096
// time limit: 120
// A posted irecv lets its sender finish whatever this rank does next, and requests own what they
// should own.
#include <array>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <mpi4cxx/mpi4cxx.hpp>

#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/ring.hpp"

using namespace mpi4cxx;

namespace {

/// Has several large pieces at several depths.
struct Model {
  int id = 0;
  std::string name;
  std::vector<double> weights;
  std::map<int, std::vector<float>> layers;
  std::vector<std::string> words;
  bool operator==(const Model&) const = default;
};

/// Counts how often an object was copied on its way.
class Counted {
 public:
  Counted() = default;
  explicit Counted(std::vector<int> values) : values_(std::move(values)) {}
  Counted(const Counted& other) : values_(other.values_) { ++copies; }
  Counted(Counted&&) = default;
  Counted& operator=(Counted&&) = default;
  ~Counted() = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(values_);
  }
  const std::vector<int>& values() const { return values_; }
  static inline int copies = 0;

 private:
  std::vector<int> values_;
};

// An odd number of elements, a little more than 1 MiB.
std::vector<double> doubles(int seed) {
  std::vector<double> values(131'073);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = seed + static_cast<double>(i) / 8;
  return values;
}
std::string text(int seed) {
  return std::string(1 << 20, static_cast<char>('a' + seed % 26));
}
std::map<int, std::array<double, 10'000>> table(int seed) {
  std::map<int, std::array<double, 10'000>> values;
  for (int key = 0; key < 13; ++key) values[key].fill(seed + key);
  return values;
}
Model model(int seed) {
  Model made;
  made.id = seed;
  made.name = text(seed);
  made.weights = doubles(seed);
  for (int layer = 0; layer < 3; ++layer)
    made.layers[layer].assign(20'001, static_cast<float>(seed + layer));
  made.words = {"", "short", std::string(70'001, 'w')};
  return made;
}

/// f(make) with functions that make the large object of a rank: one part, several parts, parts in a
/// map.
template <class F>
void for_each_large_object(F&& f) {
  {
    INFO("a vector of doubles");
    f(doubles);
  }
  {
    INFO("a string");
    f(text);
  }
  {
    INFO("a map of arrays");
    f(table);
  }
  {
    INFO("an aggregate");
    f(model);
  }
}

}  // namespace

TEST_CASE("everybody posts a receive, then sends, then waits", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for_each_large_object([&](auto make) {
      auto request = comm.template irecv<decltype(make(0))>(ring.left, 7);
      comm.send(make(ring.rank), ring.right, 7);
      CHECK((request.wait() == make(ring.left)));
    });
  });
}

TEST_CASE("everybody posts a receive into an object, then sends, then waits", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for_each_large_object([&](auto make) {
      auto object = make(25);
      MPI::Request request = comm.irecv_into(object, {.source = ring.left, .tag = 7});
      comm.ssend(make(ring.rank), {.dest = ring.right, .tag = 7});
      request.wait();
      CHECK((object == make(ring.left)));
    });
  });
}

TEST_CASE("two ranks that exchange with each other post first and send then", "[progress]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  if (ring.rank < 2) {
    const int other = 1 - ring.rank;
    for (int round = 0; round < 5; ++round) {
      auto request = comm.irecv<Model>({.source = other});
      comm.send(model(ring.rank + round), {.dest = other});
      CHECK((request.wait() == model(other + round)));
    }
  }
  comm.Barrier();
}

TEST_CASE("a sender gets into the barrier in which its receiver is", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    if (ring.size == 1) return;
    for_each_large_object([&](auto make) {
      using T = decltype(make(0));
      for (int receiver = 0; receiver < ring.size; ++receiver) {
        const int sender = (receiver + 1) % ring.size;
        if (ring.rank == receiver) {
          auto request = comm.template irecv<T>(sender, receiver);
          comm.Barrier();
          CHECK((request.wait() == make(sender)));
        } else {
          if (ring.rank == sender) comm.send(make(sender), receiver, receiver);
          comm.Barrier();
        }
      }
    });
  });
}

TEST_CASE("a sender gets into the barrier in which its receiver into an object is", "[progress]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  for_each_large_object([&](auto make) {
    const int receiver = ring.size - 1, sender = 0;
    auto object = make(3);
    MPI::Request request;
    if (ring.rank == receiver) request = comm.irecv_into(object, sender);
    if (ring.rank == sender) comm.send(make(20), receiver);
    comm.barrier();
    request.wait();
    if (ring.rank == receiver) CHECK((object == make(20)));
  });
}

TEST_CASE("a sender finishes whatever its receiver waits for", "[progress]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  const int receiver = 1, sender = 0;
  // What the receiver does between irecv and wait, and the sender between its send and the end.
  const auto exchange = [&](const char* what, auto receiver_does, auto sender_does) {
    INFO("the receiver waits in " << what);
    if (ring.rank == receiver) {
      auto request = comm.irecv<Model>(sender, 1);
      receiver_does();
      CHECK((request.wait() == model(4)));
    } else if (ring.rank == sender) {
      comm.send(model(4), receiver, 1);
      sender_does();
    }
  };
  const auto everywhere = [&](const char* what, auto does) {
    INFO("all wait in " << what);
    exchange(what, does, does);
    if (ring.rank != receiver && ring.rank != sender) does();
  };

  int token = 0;
  exchange(
      "Recv", [&] { comm.Recv(token, sender, 2); }, [&] { comm.Send(token, receiver, 2); });
  exchange(
      "recv", [&] { token = comm.recv<int>(sender, 2); }, [&] { comm.send(token, receiver, 2); });
  exchange(
      "recv of an object with parts", [&] { CHECK((comm.recv<Model>(sender, 2) == model(5))); },
      [&] { comm.send(model(5), receiver, 2); });
  exchange(
      "Probe", [&] { comm.Probe(sender, 2), comm.Recv(token, sender, 2); },
      [&] { comm.Send(token, receiver, 2); });
  exchange(
      "probe", [&] { comm.probe(sender, 2), token = comm.recv<int>(sender, 2); },
      [&] { comm.send(token, receiver, 2); });
  exchange(
      "mprobe", [&] { token = comm.mprobe(sender, 2).recv<int>(); },
      [&] { comm.send(token, receiver, 2); });
  exchange(
      "Mprobe", [&] { comm.Mprobe(sender, 2).Recv(token); },
      [&] { comm.Send(token, receiver, 2); });
  exchange(
      "Ssend", [&] { comm.Ssend(token, sender, 2); }, [&] { comm.Recv(token, receiver, 2); });
  exchange(
      "ssend", [&] { comm.ssend(model(2), sender, 2); },
      [&] { CHECK((comm.recv<Model>(receiver, 2) == model(2))); });
  exchange(
      "send of a large object", [&] { comm.send(doubles(2), sender, 2); },
      [&] { CHECK((comm.recv<std::vector<double>>(receiver, 2) == doubles(2))); });
  exchange(
      "sendrecv", [&] { CHECK((comm.sendrecv(text(1), sender, 2, sender, 2) == text(0))); },
      [&] { CHECK((comm.sendrecv(text(0), receiver, 2, receiver, 2) == text(1))); });
  std::vector<int> block(30'001, 1);
  exchange(
      "Sendrecv_replace", [&] { comm.Sendrecv_replace(block, sender, 2, sender, 2); },
      [&] { comm.Sendrecv_replace(block, receiver, 2, receiver, 2); });
  std::vector<int> arrived(30'001);
  exchange(
      "Sendrecv", [&] { comm.Sendrecv(block, arrived, sender, 2, sender, 2); },
      [&] { comm.Sendrecv(block, arrived, receiver, 2, receiver, 2); });
  exchange(
      "Wait", [&] { comm.Irecv(token, sender, 2).Wait(); }, [&] { comm.Send(token, receiver, 2); });
  exchange(
      "a loop of Test",
      [&] {
        MPI::Request request = comm.Irecv(token, sender, 2);
        while (!request.Test()) continue;
      },
      [&] { comm.Send(token, receiver, 2); });
  exchange(
      "a loop of iprobe",
      [&] {
        while (!comm.iprobe({.source = sender, .tag = 2})) continue;
        token = comm.recv<int>(sender, 2);
      },
      [&] { comm.send(token, receiver, 2); });
  exchange(
      "a loop of Improbe",
      [&] {
        for (;;)
          if (auto message = comm.Improbe(sender, 2)) return message->Recv(token);
      },
      [&] { comm.Send(token, receiver, 2); });
  exchange(
      "Waitany",
      [&] {
        std::vector<MPI::Request> requests;
        requests.push_back(comm.Irecv(token, sender, 2));
        CHECK(MPI::Request::Waitany(requests) == 0);
      },
      [&] { comm.Send(token, receiver, 2); });

  std::vector<int> gathered(static_cast<std::size_t>(ring.size));
  everywhere("Barrier", [&] { comm.Barrier(); });
  everywhere("barrier", [&] { comm.barrier(); });
  everywhere("Bcast", [&] { comm.Bcast(token, {.root = sender}); });
  everywhere("bcast", [&] { comm.bcast(token, {.root = sender}); });
  everywhere("Allgather", [&] { comm.Allgather(token, gathered); });
  everywhere("allgather of strings", [&] {
    CHECK(comm.allgather(std::string(static_cast<std::size_t>(ring.rank), 'x')).back().size() ==
          gathered.size() - 1);
  });
  everywhere("allreduce", [&] { CHECK(comm.allreduce(1) == ring.size); });
  everywhere("allreduce of strings",
             [&] { CHECK((comm.allreduce(std::string("x")).size() == gathered.size())); });
  everywhere("Dup", [&] { CHECK(comm.Dup().Get_size() == ring.size); });
  everywhere("Split", [&] { CHECK(comm.Split(1, ring.rank).Get_size() == ring.size); });
  everywhere("Free", [&] { comm.Dup().Free(); });
}

TEST_CASE("a sender finishes while its receiver waits for a third rank", "[progress]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  if (ring.size >= 3) {
    // 2 sends to 0 only after 1 has got rid of its message to 0, for which 0 does not wait yet
    if (ring.rank == 0) {
      auto first = comm.irecv<Model>(1);
      auto second = comm.irecv<std::vector<double>>(2);
      CHECK((second.wait() == doubles(2)));
      CHECK((first.wait() == model(1)));
    } else if (ring.rank == 1) {
      comm.send(model(1), 0);
      comm.send(0, 2);
    } else if (ring.rank == 2) {
      CHECK(comm.recv<int>(1) == 0);
      comm.send(doubles(2), 0);
    }
  }
  comm.Barrier();
}

TEST_CASE("many posted receives are completed in any order", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    constexpr int count = 17;
    // every third message is large
    const auto object = [](int rank, int i) {
      return std::vector<int>(static_cast<std::size_t>(i % 3 == 0 ? 40'000 + i : i),
                              rank * 100 + i);
    };
    const auto post_and_send = [&] {
      std::vector<MPI::ObjectRequest<std::vector<int>>> requests;
      for (int i = 0; i < count; ++i)
        requests.push_back(comm.template irecv<std::vector<int>>(ring.left, i));
      for (int i = count - 1; i >= 0; --i) comm.send(object(ring.rank, i), ring.right, i);
      return requests;
    };
    {
      auto requests = post_and_send();
      for (int i = count - 1; i >= 0; --i)
        CHECK((requests[static_cast<std::size_t>(i)].wait() == object(ring.left, i)));
    }
    {
      auto requests = post_and_send();
      std::vector<std::vector<int>> expected;
      for (int i = 0; i < count; ++i) expected.push_back(object(ring.left, i));
      CHECK(MPI::Request::waitall(requests) == expected);
      for (const auto& request : requests) CHECK(request == MPI::REQUEST_NULL);
    }
    {
      auto requests = post_and_send();
      std::vector<int> seen(count, 0);
      for (int i = 0; i < count; ++i) {
        auto [index, value] = MPI::Request::waitany(requests);
        REQUIRE(value.has_value());
        CHECK((*value == object(ring.left, index)));
        ++seen[static_cast<std::size_t>(index)];
      }
      CHECK((seen == std::vector<int>(count, 1)));
      auto [index, value] = MPI::Request::waitany(requests);
      CHECK(index == MPI::UNDEFINED);
      CHECK_FALSE(value.has_value());
    }
    {
      auto requests = post_and_send();
      std::vector<int> seen(count, 0);
      while (auto found = MPI::Request::waitsome(requests)) {
        auto& [indices, values] = *found;
        REQUIRE(!indices.empty());
        REQUIRE(indices.size() == values.size());
        for (std::size_t i = 0; i < indices.size(); ++i) {
          CHECK((values[i] == object(ring.left, indices[i])));
          ++seen[static_cast<std::size_t>(indices[i])];
        }
      }
      CHECK((seen == std::vector<int>(count, 1)));
    }
    {
      auto requests = post_and_send();
      auto all = MPI::Request::testall(requests);
      while (!all) all = MPI::Request::testall(requests);
      REQUIRE(all->size() == count);
      for (int i = 0; i < count; ++i)
        CHECK((*all)[static_cast<std::size_t>(i)] == object(ring.left, i));
    }
    {
      auto requests = post_and_send();
      std::vector<int> seen(count, 0);
      for (;;) {
        auto [index, found, value] = MPI::Request::testany(requests);
        if (!found) continue;
        if (index == MPI::UNDEFINED) break;
        CHECK((value == object(ring.left, index)));
        ++seen[static_cast<std::size_t>(index)];
      }
      CHECK((seen == std::vector<int>(count, 1)));
    }
    {
      auto requests = post_and_send();
      for (std::size_t i = 0; i < count; ++i) {
        auto value = requests[i].test();
        while (!value) value = requests[i].test();
        CHECK((*value == object(ring.left, static_cast<int>(i))));
        CHECK_FALSE(requests[i]);
      }
    }
  });
}

TEST_CASE("receives of one sender and tag are matched in the order of posting", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    std::vector<double> into;
    auto first = comm.template irecv<std::string>(ring.left, 3);
    MPI::Request second = comm.irecv_into(into, ring.left, 3);
    auto third = comm.template irecv<int>({.source = MPI::ANY_SOURCE, .tag = 3});
    auto fourth = comm.irecv(ring.left, MPI::ANY_TAG);  // whatever it is
    comm.send(text(ring.rank), ring.right, 3);
    comm.send(doubles(ring.rank), ring.right, 3);
    comm.send(ring.rank, ring.right, 3);
    comm.send(model(ring.rank), ring.right, 3);
    MPI::Request last = comm.isend(-ring.rank, ring.right, 3);
    // a blocking call takes what is left by the ones before it, which nobody has waited for
    CHECK(comm.template recv<int>(ring.left, 3) == -ring.left);
    CHECK((fourth.wait().template as<Model>() == model(ring.left)));
    CHECK(third.wait() == ring.left);
    second.wait();
    CHECK((into == doubles(ring.left)));
    CHECK((first.wait() == text(ring.left)));
    last.wait();
  });
}

TEST_CASE("the status of an irecv says source, tag and bytes", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    auto large = comm.template irecv<std::vector<double>>();
    comm.send(doubles(1), ring.right, 8);
    comm.Barrier();
    auto small = comm.template irecv<int>({.tag = 9});
    comm.send(5, ring.right, 9);
    MPI::Status status;
    CHECK(small.wait(&status) == 5);
    CHECK(status.Get_source() == ring.left);
    CHECK(status.Get_tag() == 9);
    CHECK(status.Get_count() == sizeof(int));
    CHECK((large.wait(status) == doubles(1)));
    CHECK(status.Get_source() == ring.left);
    CHECK(status.Get_tag() == 8);
    CHECK(status.Get_count(MPI::DOUBLE) == 131'073);
    CHECK_FALSE(status.Is_cancelled());
    comm.Barrier();
  });
}

TEST_CASE("a dropped irecv takes no message", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    { auto request = comm.template irecv<Model>(ring.left, 5); }
    { auto request = comm.irecv(); }
    {
      std::vector<MPI::ObjectRequest<int>> requests;
      for (int i = 0; i < 5; ++i) requests.push_back(comm.template irecv<int>());
    }
    Model object;
    { MPI::Request request = comm.irecv_into(object, MPI::ANY_SOURCE, 5); }
    comm.Barrier();
    const auto sent = comm.isend(model(ring.rank), ring.right, 5);
    CHECK((comm.template recv<Model>() == model(ring.left)));
    comm.Barrier();
  });
}

TEST_CASE("a dropped irecv that is matched already takes its message with it", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for_each_large_object([&](auto make) {
      using T = decltype(make(0));
      auto into = make(1);
      {
        auto first = comm.template irecv<T>(ring.left, 5);
        MPI::Request second = comm.irecv_into(into, ring.left, 5);
        comm.send(make(ring.rank), ring.right, 5);
        comm.send(make(ring.rank), ring.right, 5);
        comm.Barrier();
      }
      CHECK(comm.sendrecv(ring.rank, ring.right, 5, ring.left, 5) == ring.left);
    });
  });
}

TEST_CASE("requests may be dropped while an exception leaves their scope", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    std::vector<double> into;
    try {
      const auto sent_large = comm.isend(model(ring.rank), ring.right, 1);
      const auto sent_small = comm.isend(ring.rank, ring.right, 2);
      auto unmatched = comm.template irecv<Model>(ring.left, 3);
      MPI::Request unmatched_into = comm.irecv_into(into, ring.left, 4);
      throw std::runtime_error("on purpose");
    } catch (const std::runtime_error&) {
    }
    // what was sent is on its way all the same
    CHECK(comm.template recv<int>(ring.left, 2) == ring.left);
    CHECK((comm.template recv<Model>(ring.left, 1) == model(ring.left)));
    comm.Barrier();
    CHECK_FALSE(comm.iprobe());
    comm.Barrier();
  });
}

TEST_CASE("a dropped isend arrives", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for_each_large_object([&](auto make) {
      { MPI::Request dropped = comm.isend(make(ring.rank), ring.right, 1); }
      {
        auto object = make(ring.rank + 1);
        MPI::Request dropped = comm.issend(object, ring.right, 1);
        object = {};
      }
      comm.isend(ring.rank, ring.right, 1).Free();
      CHECK((comm.template recv<decltype(make(0))>(ring.left, 1) == make(ring.left)));
      CHECK((comm.template recv<decltype(make(0))>(ring.left, 1) == make(ring.left + 1)));
      CHECK(comm.template recv<int>(ring.left, 1) == ring.left);
    });
  });
}

TEST_CASE("a dropped isend of a borrowed object arrives before the object ends", "[progress]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  if (ring.rank == 0) {
    auto object = model(6);
    int small = 7;
    {
      MPI::Request first = comm.isend(MPI::borrow(small), ring.size - 1, 4);
      MPI::Request second = comm.isend(MPI::borrow(object), ring.size - 1, 4);
    }
    object = {};
    small = 0;
  } else if (ring.rank == ring.size - 1) {
    comm.probe(0, 4);
    CHECK(comm.recv<int>(0, 4) == 7);
    CHECK((comm.recv<Model>(0, 4) == model(6)));
  }
  comm.Barrier();
}

TEST_CASE("an isend sends what its object was at the call", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for_each_large_object([&](auto make) {
      auto object = make(ring.rank);
      MPI::Request request = comm.isend(object, {.dest = ring.right, .tag = 2});
      object = make(25);
      MPI::Request again = comm.issend(object, {.dest = ring.right, .tag = 2});
      object = {};
      CHECK((comm.template recv<decltype(make(0))>(ring.left, 2) == make(ring.left)));
      CHECK((comm.template recv<decltype(make(0))>(ring.left, 2) == make(25)));
      request.wait();
      again.wait();
    });
  });
}

TEST_CASE("an isend takes a temporary over and borrows what it is told to", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    Counted::copies = 0;
    const Counted kept(std::vector<int>(50'001, ring.rank));
    Counted moved(std::vector<int>(50'001, -ring.rank));
    MPI::Request borrowing = comm.isend(MPI::borrow(kept), ring.right, 1);
    MPI::Request taking = comm.isend(std::move(moved), ring.right, 1);
    MPI::Request temporary = comm.issend(Counted({ring.rank}), ring.right, 1);
    CHECK((comm.template recv<Counted>(ring.left, 1).values() ==
           std::vector<int>(50'001, ring.left)));
    CHECK((comm.template recv<Counted>(ring.left, 1).values() ==
           std::vector<int>(50'001, -ring.left)));
    CHECK(comm.template recv<Counted>(ring.left, 1).values() == std::vector<int>{ring.left});
    borrowing.wait();
    taking.wait();
    temporary.wait();
    CHECK(Counted::copies == 0);
    CHECK(kept.values().size() == 50'001);

    auto only = std::make_unique<std::vector<double>>(doubles(ring.rank));
    MPI::Request owner = comm.isend(std::move(only), ring.right, 1);
    auto arrived = comm.template irecv<std::unique_ptr<std::vector<double>>>(ring.left, 1).wait();
    REQUIRE(arrived);
    CHECK((*arrived == doubles(ring.left)));
    owner.wait();
  });
}

TEST_CASE("a cancelled irecv gives nothing and leaves the message to others", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    auto into = model(1);
    auto first = comm.template irecv<Model>(ring.left, 1);
    MPI::Request second = comm.irecv_into(into, ring.left, 1);
    first.cancel();
    second.Cancel();
    comm.Barrier();
    MPI::Request sent = comm.isend(model(ring.rank), ring.right, 1);
    MPI::Status status;
    CHECK(first.wait(&status) == Model{});
    CHECK(status.Is_cancelled());
    second.wait(&status);
    CHECK(status.Is_cancelled());
    CHECK((into == model(1)));
    CHECK((comm.template recv<Model>(ring.left, 1) == model(ring.left)));
    sent.wait();
  });
}

TEST_CASE("a cancel that comes too late changes nothing", "[progress]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for_each_large_object([&](auto make) {
      auto request = comm.template irecv<decltype(make(0))>(ring.left, 1);
      comm.send(make(ring.rank), ring.right, 1);
      comm.Barrier();
      request.cancel();
      MPI::Status status;
      CHECK((request.wait(&status) == make(ring.left)));
      CHECK_FALSE(status.Is_cancelled());
      comm.Barrier();
    });
  });
}

TEST_CASE("an irecv keeps its communicator", "[progress]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  MPI::ObjectRequest<Model> request;
  {
    const MPI::Intracomm inner = comm.Split(0, -ring.rank);
    const Ring reversed(inner);
    request = inner.irecv<Model>(reversed.left, 1);
    inner.send(model(reversed.rank), reversed.right, 1);
  }
  comm.Barrier();
  // the neighbour on the left in the reversed ring
  CHECK((request.wait() == model((ring.size - 1 - ring.rank + ring.size - 1) % ring.size)));
}

TEST_CASE("threads exchange objects on communicators of their own", "[progress]") {
  if (MPI::Query_thread() < MPI::THREAD_MULTIPLE) return;
  const auto& world = MPI::COMM_WORLD;
  const Ring ring(world);
  const MPI::Intracomm comms[2] = {world.Dup(), world.Dup()};
  int mistakes[2] = {-1, -1};
  const auto exchange = [&](std::size_t thread) {
    const auto& comm = comms[thread];
    int wrong = 0;
    for (int round = 0; round < 20; ++round) {
      const int seed = round + 100 * static_cast<int>(thread);
      // Catch2's checks are for one thread only
      wrong += comm.sendrecv(doubles(ring.rank + seed), ring.right, 1, ring.left, 1) !=
               doubles(ring.left + seed);
      auto request = comm.irecv<std::vector<std::string>>(ring.left, 2);
      comm.send(std::vector<std::string>{text(ring.rank + seed), "", text(seed)}, ring.right, 2);
      wrong += request.wait() != std::vector<std::string>{text(ring.left + seed), "", text(seed)};
      wrong += comm.sendrecv(ring.rank + seed, ring.right) != ring.left + seed;
    }
    mistakes[thread] = wrong;
  };
  std::thread other(exchange, 1);
  exchange(0);
  other.join();
  CHECK(mistakes[0] == 0);
  CHECK(mistakes[1] == 0);
}
