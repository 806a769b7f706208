// SPDX-License-Identifier: MIT
// ranks: 2 3
// environment: MPI4CXX_CHECK=1
// Checked mode: a message that does not fit its receive is told there, with the place of the send.
#include "support/catch.hpp"

#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

using namespace mpi4cxx;

namespace {

std::string told_by(const std::function<void()>& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    return error.what();
  }
  return "";
}
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("elements of another type, and messages that are too long, are told to the receiver") {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const std::vector<double> doubles(10, 1.5);
  std::vector<int> ints(20), few(3);
  if (rank == 0) {
    comm.Send(doubles, 1);
    comm.Send(doubles, {.dest = 1, .tag = 5});
    comm.Isend(ints, 1, 6).Wait();
  } else if (rank == 1) {
    const std::string first = told_by([&] { comm.Recv(ints, 0); });
    INFO(first);
    REQUIRE(contains(first, "got elements of another type from rank 0"));
    REQUIRE(contains(first, "20 elements of MPI_INT"));
    REQUIRE(contains(first, "Send at"));
    REQUIRE(contains(first, "80 bytes of MPI_DOUBLE"));
    const std::string second = told_by([&] { comm.Irecv(ints).Wait(); });
    INFO(second);
    REQUIRE(contains(second, "Irecv at"));
    REQUIRE(contains(second, "another type"));
    const std::string third = told_by([&] { comm.Recv(few, {.source = 0, .tag = 6}); });
    INFO(third);
    REQUIRE(contains(third, "got a message that is too long from rank 0"));
    REQUIRE(contains(third, "Isend at"));
  }
  comm.Barrier();
}

TEST_CASE("what a lowercase call sends, an uppercase receive does not take for numbers") {
  const auto comm = MPI::COMM_WORLD;
  std::vector<char> bytes(1000);
  if (comm.Get_rank() == 0) comm.send(std::string("hello"), 1);
  if (comm.Get_rank() == 1) {
    const std::string told = told_by([&] { comm.Recv(bytes, 0); });
    INFO(told);
    REQUIRE(contains(told, "got an object from rank 0"));
  }
  comm.Barrier();
}

TEST_CASE("an object that does not fit where numbers were expected is told as such") {
  const auto comm = MPI::COMM_WORLD.Dup();
  std::vector<double> numbers(10);
  if (comm.Get_rank() == 0) comm.send(numbers, 1);
  if (comm.Get_rank() == 1) {
    const std::string told = told_by([&] { comm.Recv(numbers, 0); });
    INFO(told);
    REQUIRE(contains(told, "Recv at"));
    REQUIRE(contains(told, "too long and comes from no uppercase call"));
    REQUIRE(contains(told, "a lowercase call receives"));
  }
  comm.Barrier();
}

TEST_CASE("elements of derived types, and those of an exchange in place, are compared") {
  const auto comm = MPI::COMM_WORLD.Dup();
  const int rank = comm.Get_rank();
  std::vector<double> doubles(6);
  std::vector<float> floats(6);
  std::vector<long> longs(3);
  const auto column = MPI::DOUBLE.Create_vector(3, 1, 2).Commit();
  std::string told;
  if (rank == 0) {
    comm.Send({doubles.data(), 1, column}, 1);
    comm.Send({doubles.data(), 1, column}, 1);
    told_by([&] { comm.Sendrecv_replace(doubles, 1, 0, 1, 0); });
  } else if (rank == 1) {
    comm.Recv({doubles.data(), 3}, 0);
    told = told_by([&] { comm.Recv(longs, 0); });
    INFO(told);
    REQUIRE(contains(told, "got elements of another type from rank 0"));
    floats.resize(12);
    told = told_by([&] { comm.Sendrecv_replace(floats, 0, 0, 0, 0); });
    INFO(told);
    REQUIRE(contains(told, "Sendrecv_replace at"));
    REQUIRE(contains(told, "got elements of another type from rank 0"));
  }
  comm.Barrier();
}

TEST_CASE("after an uppercase message to a lowercase receive there is no false alarm") {
  const auto comm = MPI::COMM_WORLD.Dup();
  const std::vector<double> doubles(3, 1.5);
  std::vector<int> ints(3);
  if (comm.Get_rank() == 0) {
    comm.Send(doubles, 1);
    comm.Send(std::vector<int>{1, 2, 3}, 1);
  }
  if (comm.Get_rank() == 1) {
    REQUIRE(contains(told_by([&] { (void)comm.recv<int>(0); }), "is no object"));
    comm.Recv(ints, 0);
    REQUIRE(ints == std::vector<int>{1, 2, 3});
  }
  comm.Barrier();
}

TEST_CASE("messages that fit go through, whatever the order of the waits") {
  const auto comm = MPI::COMM_WORLD.Dup();
  const int rank = comm.Get_rank(), other = 1 - rank;
  if (rank < 2)
    for (int round = 0; round < 20; ++round) {
      std::vector<double> doubles(10), got_doubles(10);
      std::vector<int> ints(20, round), got_ints(20);
      auto wild = comm.Irecv(got_doubles);
      auto exact = comm.Irecv(got_ints, other, 0);
      comm.Send(doubles, other);
      comm.Send(ints, other);
      if (round % 2 == 0) {
        wild.Wait();
        exact.Wait();
      } else {
        exact.Wait();
        wild.Wait();
      }
      REQUIRE(got_ints == ints);
      // shorter ones, exchanges, objects between them, and none at all
      comm.Sendrecv({ints.data(), 5}, got_ints, {.dest = other, .source = other});
      comm.send(std::string("between"), other, 3);
      REQUIRE(comm.recv<std::string>(other, 3) == "between");
      comm.Send({ints.data(), 0}, other, 4);
      MPI::Status status;
      comm.Recv(got_ints, MPI::ANY_SOURCE, 4, status);
      REQUIRE(status.Get_count(MPI::INT) == 0);
      comm.Recv(got_ints, MPI::PROC_NULL);
    }
  comm.Barrier();
}

TEST_CASE("messages of a rank to itself, and packed ones: no false alarm") {
  const auto comm = MPI::COMM_WORLD.Dup();
  const int rank = comm.Get_rank(), size = comm.Get_size();
  std::vector<int> out(3, rank), in(3);
  for (const int source : {rank, MPI::ANY_SOURCE}) {
    auto request = comm.Irecv(in, source, 1);
    comm.Send(out, rank, 1);
    request.Wait();
    REQUIRE(in == out);
  }
  const int left = (rank + size - 1) % size, right = (rank + 1) % size;
  comm.Sendrecv_replace(in, right, 2, left, 2);
  REQUIRE(in == std::vector<int>(3, left));
  // nobody has announced what a persistent request sends, and others after it still do
  const std::vector<double> doubles(3, 0.5);
  std::vector<double> more(3);
  auto persistent = comm.Send_init(out, right, 3);
  for (int round = 0; round < 3; ++round) {
    auto first = comm.Irecv(in, left, 3), second = comm.Irecv(more, left, 3);
    persistent.Start();
    comm.Send(doubles, right, 3);
    first.Wait();
    second.Wait();
    persistent.Wait();
    REQUIRE(in == std::vector<int>(3, left));
    REQUIRE(more == doubles);
    auto itself = comm.Irecv(in, rank, 4);
    comm.Send(out, rank, 4);
    itself.Wait();
    comm.Send(out, right, 3);
    comm.Recv(in, left, 3);
    REQUIRE(in == std::vector<int>(3, left));
  }
}

TEST_CASE("persistent calls beside others: no comparison, no false alarm") {
  const auto comm = MPI::COMM_WORLD.Dup();
  const int rank = comm.Get_rank(), other = 1 - rank;
  if (rank < 2) {
    std::vector<double> out(4, rank), in(4);
    auto send = comm.Send_init(out, other, 1);
    auto receive = comm.Recv_init(in, other, 2);
    for (int round = 0; round < 3; ++round) {
      send.Start();
      comm.Recv(in, other, 1);
      REQUIRE(in == std::vector<double>(4, other));
      send.Wait();
      receive.Start();
      comm.Send(out, other, 2);
      receive.Wait();
      REQUIRE(in == std::vector<double>(4, other));
    }
  }
  comm.Barrier();
}

TEST_CASE(
    "what is right goes through: nothing of any type, names of one type, messages taken out") {
  const auto comm = MPI::COMM_WORLD.Dup();
  const int rank = comm.Get_rank(), other = 1 - rank;
  if (rank < 2) {
    std::vector<double> doubles(4, rank), room(4);
    std::vector<int> ints(2, rank), more(2);
    // a message that ends, of no elements
    auto end = comm.Isend(MPI::None, other, 9);
    MPI::Status status;
    comm.Recv(room, other, MPI::ANY_TAG, status);
    REQUIRE(status.Get_tag() == 9);
    REQUIRE(status.Get_count() == 0);
    end.Wait();
    // the same under other names
    std::vector<long long> wide(3, rank);
    std::vector<std::int64_t> exact(3, -1);
    auto named = comm.Isend(wide, other, 1);
    comm.Recv(exact, other, 1);
    REQUIRE(exact == std::vector<std::int64_t>(3, other));
    named.Wait();
    auto narrow = comm.Isend({ints.data(), 2, MPI::INT32_T}, other, 1);
    comm.Recv(more, other, 1);
    REQUIRE(more == std::vector<int>(2, other));
    narrow.Wait();
    // taken out first, received last
    MPI::Request sends[] = {comm.Isend(ints, other, 5), comm.Isend(doubles, other, 5)};
    auto message = comm.Mprobe(other, 5);
    comm.Recv(room, other, 5);
    more.assign(2, -1);
    message.Recv(more);
    REQUIRE(room == std::vector<double>(4, other));
    REQUIRE(more == std::vector<int>(2, other));
    MPI::Request::Waitall(sends);
  }
  comm.Barrier();
}

TEST_CASE(
    "a receive that is cancelled, freed, or outlives its communicator raises no false alarm") {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  const auto twin = comm.Dup();
  std::vector<int> ints(2, rank), room(2, -1), freed(2, -1), late(2, -1);
  std::vector<double> doubles(3, rank), reals(3, -1);
  MPI::Request outlives;
  if (rank < 2) {
    auto cancelled = twin.Irecv(room, other, 5);
    auto any = twin.Irecv(room);
    cancelled.Cancel();
    cancelled.Wait();
    twin.Barrier();
    twin.Send(ints, other, 5);
    twin.Send(doubles, other, 5);
    any.Wait();
    twin.Recv(reals, other, 5);
    REQUIRE(room == std::vector<int>(2, other));
    REQUIRE(reals == std::vector<double>(3, other));
  } else {
    twin.Barrier();
  }
  {
    const auto short_lived = comm.Dup();
    if (rank < 2) {
      outlives = short_lived.Irecv(late, other, 7);
      short_lived.Irecv(freed, other, 8).Free();
    }
    short_lived.Barrier();
    if (rank < 2) {
      short_lived.Send(ints, other, 8);
      // so that the freed one is complete
      int answer = -1;
      short_lived.Sendrecv(rank, answer,
                           {.dest = other, .sendtag = 6, .source = other, .recvtag = 6});
      REQUIRE(answer == other);
      short_lived.Send(ints, other, 7);
    }
    short_lived.Barrier();
  }
  outlives.Wait();
  if (rank < 2) {
    REQUIRE(late == std::vector<int>(2, other));
    REQUIRE(freed == std::vector<int>(2, other));
  }
  comm.Barrier();
}
