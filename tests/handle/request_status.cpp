// SPDX-License-Identifier: MIT
// ranks: 1 2 4
// inline limits: 64 4096
// Asking several requests whether they are complete, and messages that a probe has matched.
#include "support/catch.hpp"
#include "support/guarded.hpp"

#include <mpi4cxx/MPI.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;
using MPI::Message;
using MPI::Request;

namespace {

struct Ring {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  int rank = comm.Get_rank(), size = comm.Get_size();
  int right = (rank + 1) % size, left = (rank + size - 1) % size;
};

std::string text_of(int rank, std::size_t length) {
  return std::string(length, static_cast<char>('a' + rank));
}

}  // namespace

TEST_CASE("null requests are complete", "[request]") {
  std::vector<Request> none(5);
  std::vector<MPI::Status> statuses(1);
  MPI::Status status;
  REQUIRE(Request::Get_status_any(none, &status) == std::pair(MPI::UNDEFINED, true));
  REQUIRE(status.Get_source() == MPI::ANY_SOURCE);
  REQUIRE(Request::Get_status_all(none, &statuses));
  REQUIRE(statuses.size() == 5);
  REQUIRE(Request::Get_status_some(none, &statuses) == std::nullopt);
  REQUIRE(Request::get_status_any(none) == std::pair(MPI::UNDEFINED, true));
  REQUIRE(Request::get_status_all(none));
  REQUIRE(Request::get_status_some(none) == std::nullopt);
  std::vector<MPI::ObjectRequest<int>> objects(2);
  REQUIRE(Request::get_status_any(objects) == std::pair(MPI::UNDEFINED, true));
  REQUIRE(Request::get_status_all(objects));
  REQUIRE(Request::get_status_some(objects) == std::nullopt);
  std::vector<Request> empty;
  REQUIRE(Request::Get_status_all(empty));
  REQUIRE(Request::Get_status_some(empty) == std::nullopt);
}

TEST_CASE("asking leaves requests of buffers as they are", "[request][buffer]") {
  const Ring ring;
  int first = -1, second = -1;
  std::vector<Request> requests;
  requests.push_back(ring.comm.Irecv(first, ring.left, 1));
  requests.emplace_back();
  requests.push_back(ring.comm.Irecv(second, ring.left, 2));
  REQUIRE(Request::Get_status_any(requests) == std::pair(MPI::UNDEFINED, false));
  REQUIRE_FALSE(Request::Get_status_all(requests));
  REQUIRE(Request::Get_status_some(requests) == std::vector<int>{});
  ring.comm.Barrier();  // nobody sends before all have looked
  const int number = 10 * ring.rank;
  Request send = ring.comm.Isend(number, ring.right, 2);
  MPI::Status status;
  std::pair<int, bool> any;
  do any = Request::Get_status_any(requests, &status);
  while (!any.second);
  REQUIRE(any.first == 2);
  REQUIRE(status.Get_tag() == 2);
  REQUIRE(requests[2]);
  REQUIRE_FALSE(Request::Get_status_all(requests));
  std::vector<MPI::Status> statuses;
  REQUIRE(Request::Get_status_some(requests, &statuses) == std::vector<int>{2});
  REQUIRE(statuses.size() == 1);
  REQUIRE(statuses[0].Get_source() == ring.left);
  ring.comm.Barrier();
  Request other = ring.comm.Isend(number, ring.right, 1);
  while (!Request::Get_status_all(requests, &statuses)) continue;
  REQUIRE(statuses.size() == 3);
  REQUIRE(statuses[0].Get_tag() == 1);
  REQUIRE(statuses[2].Get_tag() == 2);
  REQUIRE(requests[0]);
  Request::Waitall(requests);
  REQUIRE(first == 10 * ring.left);
  REQUIRE(second == 10 * ring.left);
  send.Wait();
  other.Wait();
}

TEST_CASE("asking leaves requests of objects as they are", "[request][object]") {
  const Ring ring;
  std::vector<MPI::ObjectRequest<std::string>> requests;
  for (const int tag : {1, 2}) requests.push_back(ring.comm.irecv<std::string>(ring.left, tag));
  REQUIRE_FALSE(Request::get_status_all(requests));
  REQUIRE(Request::get_status_some(requests) == std::vector<int>{});
  ring.comm.Barrier();
  std::vector<Request> sends;
  for (const int tag : {2, 1})
    sends.push_back(ring.comm.isend(text_of(ring.rank, 10'000), ring.right, tag));
  std::vector<MPI::Status> statuses;
  while (!Request::get_status_all(requests, &statuses)) continue;
  REQUIRE(statuses[0].Get_tag() == 1);
  REQUIRE(statuses[1].Get_tag() == 2);
  REQUIRE(Request::get_status_some(requests) == std::vector<int>{0, 1});
  REQUIRE(Request::get_status_any(requests) == std::pair(0, true));
  const std::vector<std::string> received = Request::waitall(requests);
  REQUIRE((received == std::vector<std::string>(2, text_of(ring.left, 10'000))));
  while (!Request::get_status_all(sends)) continue;
  Request::waitall(sends);
}

TEST_CASE("asking for a request of a buffer drives receives of objects", "[request][object]") {
  const Ring ring;
  for (int receiver = 0; receiver < ring.size && ring.size > 1; ++receiver) {
    const std::string sent = text_of(receiver, 3'000'000);
    if (ring.rank == receiver) {
      auto object = ring.comm.irecv<std::string>(ring.left, 1);
      int number = -1;
      Request buffer = ring.comm.Irecv(number, ring.left, 2);
      // it is not sent before the object has gone
      while (!buffer.Get_status()) continue;
      buffer.Wait();
      CHECK(number == receiver);
      CHECK((object.wait() == sent));
    } else if (ring.right == receiver) {
      ring.comm.send(sent, receiver, 1);
      ring.comm.Send(receiver, receiver, 2);
    }
  }
}

TEST_CASE("a request that failed says so when it is asked", "[request][object]") {
  std::vector<MPI::ObjectRequest<int>> requests;
  requests.push_back(MPI::COMM_SELF.irecv<int>(0));
  Request send = MPI::COMM_SELF.isend(std::string("no int"), 0);
  REQUIRE_THROWS_AS(
      [&] {
        while (!Request::get_status_all(requests)) continue;
      }(),
      MPI::TypeMismatch);
  REQUIRE_THROWS_AS(requests[0].wait(), MPI::TypeMismatch);
  send.wait();
}

TEST_CASE("persistent requests that are not started are as null ones", "[request]") {
  int number = 0;
  std::vector<MPI::Prequest> requests;
  requests.push_back(MPI::COMM_SELF.Recv_init(number, 0, 1));
  REQUIRE(Request::Get_status_any(requests) == std::pair(MPI::UNDEFINED, true));
  REQUIRE(Request::Get_status_some(requests) == std::nullopt);
  REQUIRE(Request::Get_status_all(requests));
  requests[0].Start();
  REQUIRE_FALSE(Request::Get_status_all(requests));
  MPI::COMM_SELF.Send(7, 0, 1);
  while (!Request::Get_status_all(requests)) continue;
  Request::Waitall(requests);
  REQUIRE(number == 7);
}

TEST_CASE("all spellings of a matched probe", "[message][object]") {
  const Ring ring;
  const auto take = [&](auto&& probe, std::size_t length) {
    Request send = ring.comm.isend(text_of(ring.rank, length), ring.right, 3);
    Message message = probe();
    REQUIRE(message);
    REQUIRE((message.recv<std::string>() == text_of(ring.left, length)));
    REQUIRE_FALSE(message);
    send.wait();
  };
  const auto until = [](auto&& look) {
    for (;;)
      if (std::optional<Message> found = look()) return std::move(*found);
  };
  for (const std::size_t length : {std::size_t{0}, std::size_t{20}, std::size_t{100'000}}) {
    take([&] { return Message::probe(ring.comm, {.source = ring.left, .tag = 3}); }, length);
    take([&] { return Message::Probe(ring.comm, ring.left, 3); }, length);
    take([&] { return ring.comm.mprobe(); }, length);
    take([&] { return until([&] { return Message::iprobe(ring.comm); }); }, length);
    take([&] { return until([&] { return Message::Iprobe(ring.comm, ring.left, 3); }); }, length);
    MPI::Status status;
    take([&] { return Message::probe(ring.comm, ring.left, 3, &status); }, length);
    REQUIRE(status.Get_source() == ring.left);
    REQUIRE(status.Get_tag() == 3);
  }
  REQUIRE_FALSE(Message::iprobe(ring.comm, {.tag = 99}));
  REQUIRE_FALSE(Message::Iprobe(ring.comm, ring.left, 99).has_value());
}

TEST_CASE("a matched message is received by a request", "[message][object]") {
  const Ring ring;
  for (const std::size_t length : {std::size_t{0}, std::size_t{20}, std::size_t{100'000}}) {
    Request send = ring.comm.isend(text_of(ring.rank, length), ring.right, 3);
    Message message = ring.comm.mprobe();
    MPI::ObjectRequest<std::string> request = message.irecv<std::string>();
    REQUIRE_FALSE(message);
    REQUIRE_THROWS_AS(message.irecv<std::string>(), MPI::Exception);
    ring.comm.Barrier();  // the sender can finish whatever this rank waits for
    send.wait();
    MPI::Status status;
    REQUIRE((request.wait(&status) == text_of(ring.left, length)));
    REQUIRE(status.Get_source() == ring.left);
    REQUIRE(status.Get_tag() == 3);
    REQUIRE(status.Get_count() >= static_cast<MPI_Count>(length));
  }
}

TEST_CASE("the request of a matched message may be dropped, cancelled or fail",
          "[message][object]") {
  const Ring ring;
  for (const std::size_t length : {std::size_t{20}, std::size_t{100'000}}) {
    Request first = ring.comm.isend(text_of(ring.rank, length), ring.right, 3);
    { auto dropped = ring.comm.mprobe().irecv<std::string>(); }
    first.wait();
    Request second = ring.comm.isend(text_of(ring.rank, length), ring.right, 3);
    auto request = ring.comm.mprobe().irecv<std::string>();
    request.cancel();  // too late, so it comes
    REQUIRE((request.wait() == text_of(ring.left, length)));
    second.wait();
    Request third = ring.comm.isend(text_of(ring.rank, length), ring.right, 3);
    auto wrong = ring.comm.mprobe().irecv<std::vector<int>>();
    REQUIRE_THROWS_AS(wrong.wait(), MPI::TypeMismatch);
    third.wait();
    ring.comm.Barrier();
  }
  // the next message is the next one
  REQUIRE(ring.comm.sendrecv(ring.rank, {.dest = ring.right, .source = ring.left}) == ring.left);
}

TEST_CASE("a message of nobody", "[message]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  Message message = Message::probe(world, {.source = MPI::PROC_NULL});
  REQUIRE(message);
  MPI::Status status;
  REQUIRE(message.recv<std::string>(&status).empty());
  REQUIRE(status.Get_source() == MPI::PROC_NULL);
  REQUIRE_FALSE(message);
  Message other = Message::probe(world, {.source = MPI::PROC_NULL});
  auto request = other.irecv<std::string>();
  REQUIRE_FALSE(other);
  REQUIRE(request.wait(&status).empty());
  REQUIRE(status.Get_source() == MPI::PROC_NULL);
  Message third = Message::iprobe(world, {.source = MPI::PROC_NULL}).value();
  int number = 5;
  third.Recv(number);
  REQUIRE(number == 5);
  REQUIRE_FALSE(third);
  REQUIRE_FALSE(MPI::MESSAGE_NULL);
}
