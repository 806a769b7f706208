// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// labels: threads
// Partitioned calls: a buffer that is filled and taken in parts.
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <mpi4cxx/MPI.hpp>

#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/guarded.hpp"
#include "support/ring.hpp"

namespace MPI = mpi4cxx::MPI;

namespace {

/// What `call` says when it fails with an error of this class.
template <class F>
std::string sentence_of(F&& call, int error_class) {
  try {
    (void)call();
  } catch (const MPI::Exception& error) {
    CHECK(error.Get_error_class() == error_class);
    return error.what();
  }
  return "no exception";
}

#if MPI_VERSION >= 4
template <class F>
bool fails(F&& call) {
  try {
    (void)call();
  } catch (const MPI::Exception&) {
    return true;
  }
  return false;
}

constexpr int elements = 12, rounds = 3;

/// A partitioned send to the right and its receive from the left.
struct Transfer {
  Transfer(const MPI::Comm& comm, int send_partitions, int receive_partitions, int tag = 0)
      : ring(comm),
        sent(elements),
        received(elements, -1),
        send(
            comm.Psend_init(sent, {.partitions = send_partitions, .dest = ring.right, .tag = tag})),
        receive(comm.Precv_init(
            received.span(), {.partitions = receive_partitions, .source = ring.left, .tag = tag})) {
  }
  static double value(int rank, int round, int i) { return 1000 * round + 100 * rank + i; }
  void start(int round) {
    std::fill(received.span().begin(), received.span().end(), -1);
    send.Start();
    receive.Start();
    for (int i = 0; i < elements; ++i)
      sent[static_cast<std::size_t>(i)] = value(ring.rank, round, i);
  }
  void finish(int round) {
    receive.Wait();
    send.Wait();
    std::vector<double> expected;
    for (int i = 0; i < elements; ++i) expected.push_back(value(ring.left, round, i));
    REQUIRE(received.holds(expected));
  }

  Ring ring;
  std::vector<double> sent;
  Guarded<double> received;
  MPI::Prequest send, receive;
};
#endif

}  // namespace

#if MPI_VERSION >= 4

TEST_CASE("partitions are made ready in any order", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    for (const auto& [send_partitions, receive_partitions] :
         {std::pair(1, 1), std::pair(4, 4), std::pair(3, 4), std::pair(12, 1), std::pair(1, 6)}) {
      CAPTURE(send_partitions, receive_partitions);
      Transfer transfer(comm, send_partitions, receive_partitions);
      for (int round = 0; round < rounds; ++round) {
        transfer.start(round);
        if (round == 0)
          for (int i = 0; i < send_partitions; ++i) transfer.send.Pready(i);
        else if (round == 1)
          for (int i = send_partitions; i-- > 0;) transfer.send.Pready(i);
        else  // from the middle on
          for (int i = 0; i < send_partitions; ++i)
            transfer.send.Pready((i + send_partitions / 2) % send_partitions);
        transfer.finish(round);
      }
    }
  });
}

TEST_CASE("partitions are made ready by ranges and lists", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    Transfer transfer(comm, 6, 4);
    transfer.start(0);
    transfer.send.Pready_range(0, 5);
    transfer.finish(0);
    transfer.start(1);
    transfer.send.Pready_range(3, 5);
    transfer.send.Pready_range(1, 1);
    transfer.send.Pready_list({2, 0});
    transfer.finish(1);
    transfer.start(2);
    transfer.send.Pready_list(std::vector<std::size_t>{5, 3, 1});
    transfer.send.Pready_list(std::vector<int>{});
    transfer.send.Pready_list({4, 2, 0});
    transfer.finish(2);
  });
}

TEST_CASE("a count that is given is that of a partition", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const Ring ring(comm);
    std::vector<int> sent(12), received(12, -1);
    std::iota(sent.begin(), sent.end(), 100 * ring.rank);
    auto send = comm.Psend_init({sent, 3}, 4, ring.right);
    auto receive = comm.Precv_init({received, 3}, 4, ring.left, 0);
    receive.Start();
    send.Start();
    send.Pready_range(0, 3);
    receive.Wait();
    send.Wait();
    std::vector<int> expected(12);
    std::iota(expected.begin(), expected.end(), 100 * ring.left);
    REQUIRE(received == expected);
    REQUIRE(fails([&] { (void)comm.Psend_init({sent, 4}, 4, ring.right); }));
  });
}

TEST_CASE("threads make partitions ready as they fill them", "[partitioned]") {
  if (MPI::Query_thread() < MPI::THREAD_MULTIPLE) return;
  for_each_communicator([](const MPI::Intracomm& comm) {
    Transfer transfer(comm, 4, 3);
    for (int round = 0; round < rounds; ++round) {
      transfer.start(round);
      transfer.sent.assign(elements, 0);
      {
        std::vector<std::jthread> threads;
        for (int partition = 0; partition < 4; ++partition)
          threads.emplace_back([&transfer, round, partition] {
            for (int i = 3 * partition; i < 3 * partition + 3; ++i)
              transfer.sent[static_cast<std::size_t>(i)] =
                  Transfer::value(transfer.ring.rank, round, i);
            transfer.send.Pready(partition);
          });
      }
      transfer.finish(round);
    }
  });
}

TEST_CASE("Parrived sees what is here", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    Transfer transfer(comm, 4, 2);
    for (int round = 0; round < rounds; ++round) {
      transfer.start(round);
      comm.Barrier();
      REQUIRE_FALSE(transfer.receive.Parrived(0));
      REQUIRE_FALSE(transfer.receive.Parrived(1));
      comm.Barrier();
      transfer.send.Pready_range(0, 3);
      for (const int partition : {1, 0})
        while (!transfer.receive.Parrived(partition)) {
        }
      for (int i = 0; i < elements; ++i)
        REQUIRE(transfer.received[static_cast<std::size_t>(i)] ==
                Transfer::value(transfer.ring.left, round, i));
      transfer.finish(round);
    }
  });
}

TEST_CASE("partitioned calls match in the order in which they are made", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    Transfer first(comm, 2, 2), second(comm, 2, 2), other(comm, 3, 3, 9);
    second.start(1);
    first.start(0);
    other.start(2);
    other.send.Pready_range(0, 2);
    second.send.Pready_range(0, 1);
    first.send.Pready_range(0, 1);
    second.finish(1);
    first.finish(0);
    other.finish(2);
    comm.Barrier();
  });
}

TEST_CASE("partitioned requests are waited for with others", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    Transfer transfer(comm, 4, 4);
    std::vector<MPI::Prequest> requests;
    requests.push_back(std::move(transfer.send));
    requests.push_back(std::move(transfer.receive));
    for (int round = 0; round < rounds; ++round) {
      std::iota(transfer.sent.begin(), transfer.sent.end(), 10.0 * transfer.ring.rank + round);
      MPI::Prequest::Startall(requests);
      requests[0].Pready_list({3, 1, 2, 0});
      MPI::Prequest::Waitall(requests);
      REQUIRE(transfer.received[11] == 10 * transfer.ring.left + round + 11);
    }
  });
}

TEST_CASE("elements may be of any type and count", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const Ring ring(comm);
    const std::vector<char> text(60'000, static_cast<char>('a' + ring.rank));
    const Guarded<char> room(text.size() + 1, '-', '#');
    {
      // {memory, count}: the count of a partition, which need not be what is sent
      auto send = comm.Psend_init(text, 5, ring.right, 2);
      auto receive = comm.Precv_init({room.span(), 20'000}, 3, ring.left, 2);
      receive.Start();
      send.Start();
      send.Pready_range(0, 4);
      receive.Wait();
      send.Wait();
      REQUIRE(room[0] == 'a' + ring.left);
      REQUIRE(room[59'999] == 'a' + ring.left);
      REQUIRE(room[60'000] == '-');
      REQUIRE(room.guards_stay());
    }
    std::vector<int> none;
    auto send = comm.Psend_init(none, 2, ring.right, 2);
    auto receive = comm.Precv_init(none, 2, ring.left, 2);
    receive.Start();
    send.Start();
    send.Pready_range(0, 1);
    receive.Wait();
    send.Wait();
  });
}

TEST_CASE("with PROC_NULL a partitioned call does nothing", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    std::vector<int> sent(4, 1), received(4, -1);
#ifdef MPICH_NUMVERSION  // which crashes
    REQUIRE_THAT(
        sentence_of([&] { return comm.Psend_init(sent, 2, MPI::PROC_NULL); }, MPI::ERR_RANK),
        HasText("no partitioned calls to PROC_NULL"));
    REQUIRE_THAT(
        sentence_of([&] { return comm.Precv_init(received, 4, MPI::PROC_NULL, 0); }, MPI::ERR_RANK),
        HasText("no partitioned calls to PROC_NULL"));
#else
    auto send = comm.Psend_init(sent, 2, MPI::PROC_NULL);
    auto receive = comm.Precv_init(received, 4, MPI::PROC_NULL, 0);
    for (int round = 0; round < rounds; ++round) {
      send.Start();
      receive.Start();
      send.Pready(1);
      send.Pready(0);
      receive.Wait();
      send.Wait();
    }
    REQUIRE(received == std::vector<int>(4, -1));
#endif
  });
}

TEST_CASE("partitioned requests are dropped before and after their start", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    { const Transfer never_started(comm, 4, 2); }
    {
      Transfer complete(comm, 2, 4);
      complete.start(0);
      complete.send.Pready_range(0, 1);
      complete.finish(0);
    }
    comm.Barrier();
    Transfer outer(comm, 3, 3);
    outer.start(1);
    outer.send.Pready_range(0, 2);
    {
      // under way, with all partitions ready: they are waited for
      const MPI::Prequest receive = std::move(outer.receive), send = std::move(outer.send);
    }
    outer.finish(1);
    Transfer freed(comm, 3, 3, 7);
    freed.send.Free();
    freed.receive.Free();
    REQUIRE_FALSE(freed.send);
  });
}

TEST_CASE("what is wrong with a partitioned call is told", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    std::vector<int> ten(10);
    for (const int wrong : {3, 4, 11, 0, -1}) {
      CAPTURE(wrong);
      REQUIRE_THAT(sentence_of([&] { return comm.Psend_init(ten, wrong, 0); }, MPI::ERR_COUNT),
                   HasText("a buffer of 10 elements does not divide into " + std::to_string(wrong) +
                           " partitions"));
      REQUIRE_THAT(sentence_of([&] { return comm.Precv_init(ten, wrong, 0, 0); }, MPI::ERR_COUNT),
                   HasText("does not divide"));
    }
    REQUIRE(fails([&] { return comm.Psend_init(ten, 2, comm.Get_size()); }));
    // it matches here: it needs to know whom
    REQUIRE(fails([&] { return comm.Precv_init(ten, {.partitions = 2}); }));
    const Ring ring(comm);
    auto send = comm.Psend_init(ten, 2, ring.right);
    auto receive = comm.Precv_init(ten, 2, ring.left, 0);
    REQUIRE(fails([&] { send.Pready(0); }));  // not started
    receive.Start();
    send.Start();
    REQUIRE_THAT(sentence_of([&] { send.Start(); }, MPI::ERR_REQUEST), HasText("already"));
    REQUIRE(fails([&] { send.Pready(2); }));
    REQUIRE(fails([&] { send.Pready_range(1, 2); }));
    REQUIRE(fails([&] { send.Parrived(0); }));
    REQUIRE(fails([&] { receive.Pready(0); }));
    REQUIRE(fails([&] { receive.Parrived(2); }));
    send.Pready_range(0, 1);
    receive.Wait();
    send.Wait();
    MPI::Prequest null;
    REQUIRE(fails([&] { null.Pready(0); }));
    int number = 0;
    MPI::Prequest plain = comm.Send_init(number, MPI::PROC_NULL);
    REQUIRE(fails([&] { plain.Pready(0); }));
  });
}

#else

TEST_CASE("without MPI 4 a partitioned call is a sentence", "[partitioned]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    std::vector<int> block(4);
    int number = 0;
    MPI::Prequest plain = comm.Send_init(number, MPI::PROC_NULL);
    const auto refused = [](auto&& call) {
      REQUIRE_THAT(sentence_of(call, MPI_ERR_UNSUPPORTED_OPERATION),
                   HasText("partitioned calls need MPI 4"));
    };
    refused([&] { return comm.Psend_init(block, {.partitions = 2, .dest = 0}); });
    refused([&] { return comm.Psend_init(block, 2, 0); });
    refused([&] { return comm.Precv_init(block, {.partitions = 2, .source = 0}); });
    refused([&] { return comm.Precv_init(block, 2, 0, 0); });
    refused([&] { plain.Pready(0); });
    refused([&] { plain.Pready_range(0, 1); });
    refused([&] { plain.Pready_list({0, 1}); });
    refused([&] { return plain.Parrived(0); });
  });
}

#endif
