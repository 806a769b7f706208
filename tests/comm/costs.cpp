// SPDX-License-Identifier: MIT
// ranks: 2
// environment: MPI4CXX_RC_WAIT=spin
// time limit: 30
// What a call costs, counted: heap allocations, calls of MPI, copies of large pieces.
#include "support/counted.hpp"

#include <array>
#include <map>
#include <string>
#include <vector>

#include <mpi4cxx/mpi4cxx.hpp>

#include "support/catch.hpp"
#include "support/messages.hpp"

using namespace mpi4cxx;
using messages::Point;

namespace {

struct Cost {
  std::size_t allocations;
  int sends, receives, collectives, probes;
  std::size_t most_bytes;  // allocated at once, beyond what was there before
};

/// What the last of equal calls costs on this rank; those before may fill what is kept.
template <class Call>
Cost cost_of(Call call) {
  call();
  MPI::COMM_WORLD.Barrier();
  call();
  MPI::COMM_WORLD.Barrier();
  counted::reset();
  const std::size_t before = counted::live;
  call();
  const Cost cost{counted::allocations, counted::sends,  counted::receives,
                  counted::collectives, counted::probes, counted::peak - before};
  MPI::COMM_WORLD.Barrier();
  return cost;
}

/// Aggregates with several contiguous members.
struct Table {
  int station = 0;
  std::vector<double> time, pressure;
  std::string remark;
  bool operator==(const Table&) const = default;
};
Table a_table(std::size_t rows) {
  return {7, std::vector<double>(rows, 0.5), std::vector<double>(rows, 2.5), "a remark"};
}

}  // namespace

TEST_CASE("fixed-size objects and buffers are one call of MPI and no allocation", "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  const auto exchange = [&](auto send, auto receive) {
    const Cost cost = cost_of([&] {
      if (rank == 0) send();
      if (rank == 1) receive();
    });
    CHECK(cost.allocations == 0);
    CHECK(cost.sends == (rank == 0 ? 1 : 0));
    CHECK(cost.receives == (rank == 1 ? 1 : 0));
    CHECK(cost.probes == 0);
  };
  double number = 1;
  Point point;
  std::array<int, 100> array{};
  std::vector<double> buffer(100'000);
  exchange([&] { comm.send(number, other); }, [&] { number = comm.recv<double>(other); });
  exchange([&] { comm.send(point, other); }, [&] { comm.recv_into(point, other); });
  exchange([&] { comm.send(array, other); },
           [&] { array = comm.recv<std::array<int, 100>>(other); });
  exchange([&] { comm.Send(buffer, other); }, [&] { comm.Recv(buffer, other); });

  const auto collective = [&](auto call) {
    const Cost cost = cost_of(call);
    CHECK(cost.allocations == 0);
    CHECK(cost.collectives == 1);
    CHECK(cost.sends + cost.receives + cost.probes == 0);
  };
  for (const int root : {0, 1}) {
    collective([&] { comm.Bcast(buffer, root); });
    collective([&] { comm.bcast(number, root); });
    collective([&] { comm.bcast(point, root); });
  }
  collective([&] { comm.Allreduce(MPI::IN_PLACE, buffer, MPI::MAX); });
  collective([&] { number = comm.allreduce(number, MPI::MAX); });
}

TEST_CASE("sequences are allocated once where they are new, and never where they are there",
          "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  for (const std::size_t size : {std::size_t{10}, std::size_t{100'000}}) {
    INFO(size << " elements");
    // below the inline limit one message; above it one, and the elements from where they are
    const int messages = size * sizeof(double) < 4096 ? 1 : 2;
    std::vector<double> sequence(size, 1.5);
    const Cost into = cost_of([&] {
      if (rank == 0) comm.send(sequence, other);
      if (rank == 1) comm.recv_into(sequence, other);
    });
    CHECK(into.allocations == 0);
    CHECK(into.sends == (rank == 0 ? messages : 0));
    CHECK(into.receives == (rank == 1 ? messages : 0));
    CHECK(into.probes == 0);
    std::size_t arrived = size;
    const Cost fresh = cost_of([&] {
      if (rank == 0) comm.send(sequence, other);
      if (rank == 1) arrived = comm.recv<std::vector<double>>(other).size();
    });
    CHECK(arrived == size);
    CHECK(fresh.allocations == (rank == 1 ? 1 : 0));
    const Cost broadcast = cost_of([&] { comm.bcast(sequence, 0); });
    CHECK(broadcast.allocations == 0);
    CHECK(broadcast.collectives == messages);
  }
}

TEST_CASE("requests in steady state allocate nothing", "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  // starts a whole window before the first wait
  const auto window = [&](auto send, auto receive, std::size_t of_receive = 0) {
    const std::size_t expected = rank == 1 ? 16 * of_receive : 0;
    Cost cost{};
    // how many are under way at once is a matter of time: what is kept for them grows to 16 at most
    for (int round = 0, is_steady = 0; round < 16 && !is_steady; ++round) {
      cost = cost_of([&] {
        std::array<MPI::Request, 16> requests;
        for (auto& each : requests) each = rank == 0 ? send() : MPI::Request(receive());
        for (auto& each : requests) each.wait();
      });
      is_steady = comm.allreduce(int{cost.allocations == expected}, MPI::MIN);
    }
    CHECK(cost.allocations == expected);
    CHECK(cost.probes == 0);
  };
  double number = 1;
  Point point;
  std::vector<double> few(10, 1.5), many(100'000, 2.5);
  std::string text(1000, 'x');
  window([&] { return comm.Isend(many, other); }, [&] { return comm.Irecv(many, other); });
  window([&] { return comm.isend(number, other); }, [&] { return comm.irecv<double>(other); });
  window([&] { return comm.isend(2.5, other); }, [&] { return comm.irecv_into(number, other); });
  window([&] { return comm.issend(point, other); }, [&] { return comm.irecv<Point>(other); });
  window([&] { return comm.isend(few, other); }, [&] { return comm.irecv_into(few, other); });
  window([&] { return comm.isend(text, other); }, [&] { return comm.irecv_into(text, other); });
  window([&] { return comm.isend(MPI::borrow(many), other); },
         [&] { return comm.irecv_into(many, other); });
  // where the vector is new, it is the one thing that is allocated
  window([&] { return comm.isend(MPI::borrow(many), other); },
         [&] { return comm.irecv<std::vector<double>>(other); }, 1);

  // one request given as an object, and one dropped: the same
  const Cost typed = cost_of([&] {
    auto send = comm.isend(number, other);
    number = comm.irecv<double>(other).wait();
    send.wait();
    comm.bsend(number, other);
    number = comm.recv<double>(other);
  });
  CHECK(typed.allocations == 0);
  const Cost exchanged =
      cost_of([&] { number = comm.sendrecv(number, {.dest = other, .source = other}); });
  CHECK(exchanged.allocations == 0);
  const Cost collective = cost_of([&] {
    auto largest = comm.iallreduce(number, MPI::MAX);
    number = largest.wait();
  });
  CHECK(collective.allocations == 0);
}

TEST_CASE("large contiguous parts are not copied", "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  std::vector<double> sequence(50'000, rank + 0.5);
  const auto* const data = sequence.data();
  // rank 0 sends it from where it is; rank 1 receives it where it stays
  const auto in_place = [&](auto send, auto receive) {
    counted::reset();
    if (rank == 0) send();
    if (rank == 1) receive();
    CHECK(counted::only_large_piece_is(sequence));
    CHECK(sequence.data() == data);
  };
  const auto receive = [&] { comm.recv_into(sequence, other); };
  in_place([&] { comm.send(sequence, other); }, receive);
  in_place([&] { comm.ssend(sequence, other); }, receive);
  in_place([&] { comm.isend(MPI::borrow(sequence), other).wait(); }, receive);
  in_place([&] { comm.send(sequence, other); }, [&] { comm.irecv_into(sequence, other).wait(); });
  for (const int root : {0, 1}) {
    counted::reset();
    comm.bcast(sequence, root);
    CHECK(counted::only_large_piece_is(sequence));
  }
  // what is received anew is received where the caller finds it
  const auto anew = [&](auto call) {
    counted::reset();
    if (rank == 0) comm.send(sequence, other);
    if (rank != 1) return;
    const auto received = call();
    CHECK(counted::only_large_piece_is(received));
  };
  anew([&] { return comm.recv<std::vector<double>>(other); });
  anew([&] { return comm.irecv<std::vector<double>>(other).wait(); });
  // moved in: the request has the vector itself
  std::vector<double> moved = sequence;
  const auto* const moved_data = moved.data();
  counted::reset();
  if (rank == 0) {
    comm.isend(std::move(moved), other).wait();
    CHECK(counted::large_pieces.size() == 1);
    CHECK(counted::large_pieces.at(0).data == moved_data);
  }
  if (rank == 1) comm.recv_into(sequence, other);

  // the members of an aggregate
  Table table = a_table(rank == 0 ? 20'000 : 1);
  const auto members_in_place = [&](auto call) {
    if (rank == 1) table = a_table(20'000);
    counted::reset();
    call();
    CHECK(counted::large_pieces.size() == 2);
    CHECK(counted::is_large_piece(table.time));
    CHECK(counted::is_large_piece(table.pressure));
    CHECK(table == a_table(20'000));
  };
  members_in_place([&] {
    if (rank == 0) comm.send(table, other);
    if (rank == 1) comm.recv_into(table, other);
  });
  members_in_place([&] {
    if (rank == 0) table = a_table(20'000), counted::reset(), comm.send(table, other);
    if (rank == 1) table = comm.recv<Table>(other);
  });
}

TEST_CASE("the large members of an aggregate are broadcast without a copy", "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  for (const int root : {0, 1}) {
    Table table = a_table(20'000);
    const Cost cost = cost_of([&] { comm.bcast(table, root); });
    CHECK(counted::large_pieces.size() == 2);
    CHECK(counted::is_large_piece(table.time));
    CHECK(counted::is_large_piece(table.pressure));
    CHECK(cost.most_bytes < 8192);
    CHECK(cost.collectives == 3);  // one for all that is small
    CHECK(table == a_table(20'000));
  }
}

TEST_CASE("sending a large vector takes no memory for a second one", "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  std::vector<double> sequence(200'000, 1.5);
  const std::size_t bytes = sequence.size() * sizeof(double), small = 8192;
  const auto most = [&](auto send, auto receive) {
    return cost_of([&] {
             if (rank == 0) send();
             if (rank == 1) receive();
           })
        .most_bytes;
  };
  const auto into = [&] { comm.recv_into(sequence, other); };
  CHECK(most([&] { comm.send(sequence, other); }, into) < small);
  CHECK(most([&] { comm.ssend(sequence, other); }, into) < small);
  CHECK(most([&] { comm.isend(MPI::borrow(sequence), other).wait(); },
             [&] { comm.irecv_into(sequence, other).wait(); }) < small);
  // the vector that is new is all there is; an isend of an lvalue keeps the one copy that it needs
  const std::size_t fresh =
      most([&] { comm.isend(sequence, other).wait(); },
           [&] { CHECK(comm.recv<std::vector<double>>(other).size() == 200'000); });
  CHECK(fresh >= bytes);
  CHECK(fresh < bytes + small);
  const std::size_t later =
      most([&] { comm.send(sequence, other); },
           [&] { CHECK(comm.irecv<std::vector<double>>(other).wait().size() == 200'000); });
  CHECK(later < (rank == 1 ? bytes : 0) + small);
  CHECK(cost_of([&] { comm.bcast(sequence, 1); }).most_bytes < small);
}

namespace {

/// Counts how often it is taken apart.
struct Counted {
  std::vector<double> values;
  static inline int saves = 0;
  template <class Archive>
  void save(Archive& archive) const {
    ++saves;
    archive(values);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(values);
  }
};

}  // namespace

TEST_CASE("an Object is taken apart once, however often it is sent", "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), other = 1 - rank;
  for (const std::size_t size : {std::size_t{3}, std::size_t{50'000}}) {
    INFO(size << " values");
    Counted::saves = 0;
    MPI::Object packed;
    if (rank == 0) packed = MPI::Object(Counted{std::vector<double>(size, 2.5)});
    const auto check = [&](const Counted& value) { CHECK(value.values.size() == size); };
    if (rank == 0) {
      for (int i = 0; i < 3; ++i) comm.send(packed, other);
      comm.isend(packed, other).wait();
    } else {
      for (int i = 0; i < 4; ++i) check(comm.recv<Counted>(other));
    }
    // to all, as an Object; and again from a rank that only received it
    MPI::Object everywhere = packed;
    comm.bcast(everywhere, 0);
    check(everywhere.as<Counted>());
    check(comm.ibcast(everywhere, 1).wait().as<Counted>());
    if (rank == 1) comm.send(everywhere, other);
    if (rank == 0) check(comm.recv<Counted>(other));
    CHECK(Counted::saves == (rank == 0 ? 1 : 0));
  }
}
