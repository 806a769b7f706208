// SPDX-License-Identifier: MIT
// ranks: 1 2 4
// environment: MPI4CXX_RC_CHANNEL=0
// inline limits: 64 4096
// Objects without the channel, as where somebody else has initialized MPI: one message an object.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <mpi4cxx/mpi4cxx.hpp>

#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/messages.hpp"
#include "support/ring.hpp"

using namespace mpi4cxx;
using messages::numbers;
using messages::Task;

namespace {

Task task(int id) {
  return {id, std::string(20'000, static_cast<char>('a' + id)), std::vector<double>(5001, id)};
}
// 4 MiB and a little
std::vector<double> large(int seed) {
  return std::vector<double>(524'289, seed + 0.5);
}

}  // namespace

TEST_CASE("objects of every size arrive", "[no channel]") {
  REQUIRE(MPI::detail::running().channel == MPI_COMM_NULL);
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const int size : {0, 1, 15, 16, 17, 1023, 1024, 70'001}) {
      MPI::Request first = comm.isend(numbers(size), ring.right, 1);
      MPI::Request second =
          comm.issend(std::map<int, std::vector<int>>{{1, numbers(size)}, {2, {}}}, ring.right, 1);
      MPI::Status status;
      CHECK((comm.template recv<std::vector<int>>(ring.left, 1, status) == numbers(size)));
      CHECK(status.Get_source() == ring.left);
      CHECK(status.Get_tag() == 1);
      CHECK(status.Get_error() == MPI::SUCCESS);
      CHECK(status.Get_count(MPI::INT) == size);
      CHECK((comm.template recv<std::map<int, std::vector<int>>>({.source = ring.left, .tag = 1})
                 .at(1) == numbers(size)));
      first.wait();
      second.wait();
    }
    CHECK((comm.sendrecv(large(ring.rank), ring.right, 1, ring.left, 1) == large(ring.left)));
    comm.bsend(task(ring.rank), ring.right, 1);
    CHECK((comm.recv(ring.left, 1).template as<Task>() == task(ring.left)));
    for_each_typical_message([&](const auto& message) {
      CHECK((comm.sendrecv(message, {.dest = ring.right, .source = ring.left}) == message));
      comm.Barrier();
    });
  });
}

TEST_CASE("storage is reused", "[no channel]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    std::vector<double> into = large(9);
    const double* const storage = into.data();
    MPI::Request request = comm.isend(large(ring.rank), ring.right, 1);
    comm.recv_into(into, ring.left, 1);
    CHECK((into == large(ring.left)));
    request.wait();
    request = comm.isend(MPI::borrow(into), ring.right, 1);
    std::vector<double> again = large(8);
    comm.irecv_into(again, ring.left, 1).wait();
    CHECK((again == large((ring.left + ring.size - 1) % ring.size)));
    request.wait();
    CHECK(into.data() == storage);
  });
}

TEST_CASE("everybody posts a receive, then sends, then waits", "[no channel]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    auto first = comm.template irecv<std::vector<double>>(ring.left, 1);
    Task into;
    MPI::Request second = comm.irecv_into(into, ring.left, 2);
    comm.send(large(ring.rank), ring.right, 1);
    comm.send(task(ring.rank), ring.right, 2);
    CHECK((first.wait() == large(ring.left)));
    second.wait();
    CHECK((into == task(ring.left)));

    auto third = comm.template irecv<std::vector<double>>(ring.left, 1);
    comm.ssend(large(ring.rank), ring.right, 1);
    comm.Barrier();
    CHECK((third.wait() == large(ring.left)));
  });
}

TEST_CASE("a sender gets into the barrier in which its receiver is", "[no channel]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  if (ring.size > 1) {
    MPI::ObjectRequest<std::vector<double>> request;
    if (ring.rank == 1) request = comm.irecv<std::vector<double>>(0);
    if (ring.rank == 0) comm.send(large(3), 1);
    comm.Barrier();
    if (ring.rank == 1) CHECK((request.wait() == large(3)));
  }
}

TEST_CASE("posted receives take messages in the order of posting", "[no channel]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    auto first = comm.template irecv<std::vector<int>>(ring.left, 1);
    auto second = comm.template irecv<Task>(MPI::ANY_SOURCE, 1);
    auto other = comm.template irecv<std::string>(ring.left, 2);
    auto third = comm.template irecv<int>({.source = ring.left, .tag = MPI::ANY_TAG});
    comm.Barrier();
    MPI::Request sends[] = {comm.isend("with tag 2", ring.right, 2),
                            comm.isend(numbers(30'000), ring.right, 1),
                            comm.isend(task(1), ring.right, 1), comm.isend(5, ring.right, 1),
                            comm.isend(6, ring.right, 1)};
    // a blocking receive comes after them all
    CHECK(comm.template recv<int>(ring.left, 1) == 6);
    CHECK(third.wait() == 5);
    CHECK(second.wait() == task(1));
    CHECK((first.wait() == numbers(30'000)));
    CHECK(other.wait() == "with tag 2");
    MPI::Request::Waitall(sends);
    comm.Barrier();
  });
}

TEST_CASE("wildcards take from anybody", "[no channel]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    const int root = ring.size - 1;
    MPI::Request first = comm.isend(task(ring.rank), root, ring.rank);
    MPI::Request second = comm.isend(ring.rank, root, 50);
    if (ring.rank == root) {
      MPI::Status status;
      for (int i = 0; i < ring.size; ++i) {
        const int rank = comm.template recv<int>({.tag = 50, .status = status});
        CHECK(rank == status.Get_source());
      }
      std::vector<MPI::ObjectRequest<Task>> requests;
      for (int i = 0; i < ring.size; ++i) requests.push_back(comm.template irecv<Task>());
      std::vector<int> seen(static_cast<std::size_t>(ring.size), 0);
      for (int i = 0; i < ring.size; ++i) {
        const auto [index, object] = MPI::Request::waitany(requests);
        REQUIRE(object.has_value());
        CHECK((*object == task(object->id)));
        ++seen.at(static_cast<std::size_t>(object->id));
      }
      CHECK(seen == std::vector<int>(static_cast<std::size_t>(ring.size), 1));
    }
    first.wait();
    second.wait();
    comm.Barrier();
  });
}

TEST_CASE("probes and matched messages work", "[no channel]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const int size : {3, 50'000}) {
      MPI::Request sends[] = {comm.isend(numbers(size), ring.right, 1),
                              comm.isend("behind it", ring.right, 1)};
      MPI::Status status;
      comm.probe(ring.left, 1, status);
      CHECK(status.Get_source() == ring.left);
      MPI::Message message = comm.mprobe(ring.left, 1);
      CHECK(comm.template recv<std::string>(ring.left, 1) == "behind it");
      CHECK((message.recv<std::vector<int>>(status) == numbers(size)));
      CHECK(status.Get_count(MPI::INT) == size);
      MPI::Request::Waitall(sends);
    }
  });
}

TEST_CASE("the wrong type is an exception, and the next message is intact", "[no channel]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const int size : {3, 50'000}) {
      const auto refuse = [&](auto receive) {
        MPI::Request sends[] = {comm.isend(numbers(size), ring.right, 1),
                                comm.isend(task(2), ring.right, 1)};
        CHECK_THROWS_AS(receive(), MPI::TypeMismatch);
        CHECK((comm.template recv<Task>(ring.left, 1) == task(2)));
        MPI::Request::Waitall(sends);
      };
      refuse([&] { (void)comm.template recv<std::string>(ring.left, 1); });
      refuse([&] { (void)comm.template irecv<std::vector<double>>(ring.left, 1).wait(); });
      refuse([&] { (void)comm.mprobe(ring.left, 1).template recv<int>(); });
      std::vector<float> into;
      refuse([&] { comm.recv_into(into, ring.left, 1); });
      refuse([&] { comm.irecv_into(into, ring.left, 1).wait(); });

      // what an uppercase call has sent
      const auto block = numbers(size);
      MPI::Request sends[] = {comm.Isend(block, ring.right, 1), comm.isend(task(3), ring.right, 1)};
      CHECK_THROWS_WITH((comm.template recv<std::vector<int>>(ring.left, 1)), HasText("Recv"));
      CHECK((comm.template recv<Task>(ring.left, 1) == task(3)));
      MPI::Request::Waitall(sends);
    }
  });
}

TEST_CASE("with PROC_NULL nothing is sent or received", "[no channel]") {
  for_each_communicator([](const auto& comm) {
    comm.send(large(1), MPI::PROC_NULL);
    comm.isend(large(1), MPI::PROC_NULL).wait();
    MPI::Status status;
    CHECK(comm.template recv<Task>(MPI::PROC_NULL, 1, status) == Task{});
    CHECK(status.Get_source() == MPI::PROC_NULL);
    CHECK(comm.template irecv<int>(MPI::PROC_NULL).wait() == 0);
    Task into = task(1);
    comm.recv_into(into, MPI::PROC_NULL);
    CHECK(into == task(1));
  });
}

TEST_CASE("dropped and cancelled receives take no message", "[no channel]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    { auto request = comm.template irecv<Task>(ring.left, 1); }
    auto cancelled = comm.template irecv<Task>(ring.left, 1);
    cancelled.cancel();
    MPI::Status status;
    CHECK(cancelled.wait(status) == Task{});
    CHECK(status.Is_cancelled());
    comm.Barrier();
    { MPI::Request dropped = comm.isend(task(ring.rank), ring.right, 1); }
    CHECK((comm.template recv<Task>(ring.left, 1) == task(ring.left)));
  });
}

TEST_CASE("an irecv that has taken its message when it is dropped takes it along", "[no channel]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    {
      auto request = comm.template irecv<std::vector<double>>(ring.left, 1);
      comm.send(large(ring.rank), ring.right, 1);
      while (!request.get_status()) continue;
    }
    CHECK(comm.sendrecv(ring.rank, ring.right, 1, ring.left, 1) == ring.left);
  });
}

TEST_CASE("collectives of objects work", "[no channel]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    const auto size = static_cast<std::size_t>(ring.size);
    for (int root = 0; root < ring.size; ++root) {
      Task object;
      if (ring.rank == root) object = task(root);
      comm.bcast(object, {.root = root});
      CHECK((object == task(root)));
      const auto gathered = comm.gather(task(ring.rank), {.root = root});
      REQUIRE(gathered.has_value() == (ring.rank == root));
      if (gathered)
        for (std::size_t i = 0; i < size; ++i) CHECK(((*gathered)[i] == task(static_cast<int>(i))));
      std::vector<Task> outgoing;
      if (ring.rank == root)
        for (int i = 0; i < ring.size; ++i) outgoing.push_back(task(i));
      CHECK((comm.scatter(outgoing, {.root = root}) == task(ring.rank)));
      const auto sum = comm.reduce(ring.rank, {.op = MPI::SUM, .root = root});
      CHECK(sum.has_value() == (ring.rank == root));
      if (sum) CHECK(*sum == ring.size * (ring.size - 1) / 2);
    }
    const auto all = comm.allgather(task(ring.rank));
    for (std::size_t i = 0; i < size; ++i) CHECK((all[i] == task(static_cast<int>(i))));
    std::vector<Task> outgoing(size, task(ring.rank));
    const auto incoming = comm.alltoall(outgoing);
    for (std::size_t i = 0; i < size; ++i) CHECK((incoming[i] == task(static_cast<int>(i))));
    CHECK(comm.allreduce(std::string(1, static_cast<char>('a' + ring.rank))) ==
          std::string("abcd").substr(0, size));
    CHECK(comm.allreduce(std::vector<double>(5000, 1)) == std::vector<double>(5000, ring.size));
    CHECK(comm.scan(1) == ring.rank + 1);
    CHECK(comm.exscan(1).has_value() == (ring.rank > 0));
  });
}

TEST_CASE("a collective drives an unfinished receive", "[no channel]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  auto request = comm.irecv<std::vector<double>>(ring.left, 1);
  if (ring.size > 1) {
    for (int sender = 0; sender < ring.size; ++sender) {
      if (ring.rank == sender) comm.send(large(sender), ring.right, 1);
      CHECK(comm.allreduce(1) == ring.size);
      CHECK(comm.allgather(task(ring.rank)).size() == static_cast<std::size_t>(ring.size));
    }
  } else {
    comm.send(large(0), 0, 1);
  }
  CHECK((request.wait() == large(ring.left)));
}
