// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Uppercase collectives with blocks of equal size: every root, every element type, guards around
// what is received.
#include "support/blocks.hpp"
#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/guarded.hpp"

#include <mpi4cxx/MPI.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

namespace MPI = mpi4cxx::MPI;
using namespace blocks;

TEST_CASE("Barrier and Ibarrier complete on all", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    for (int i = 0; i < 3; ++i) {
      comm.Barrier();
      MPI::Request request = comm.Ibarrier();
      request.Wait();
      REQUIRE_FALSE(request);
    }
  });
}

TEST_CASE("Bcast of every type from every root", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    for_each_element([&]<class T>(T) {
      for_each_root(comm, [&](int root) {
        const auto mine = block<T>(rank, 0, length), expected = block<T>(root, 0, length);
        both_ways(
            [&] {
              const auto buffer = filled(mine);
              comm.Bcast(buffer.span(), {.root = root});
              REQUIRE(buffer.holds(expected));
            },
            [&] {
              const auto buffer = filled(mine);
              comm.Ibcast(buffer.span(), root).Wait();
              REQUIRE(buffer.holds(expected));
            });
      });
    });
  });
}

TEST_CASE("Gather of every type to every root", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for_each_element([&]<class T>(T) {
      const auto mine = filled(block<T>(rank, 0, length));
      std::vector<T> expected;
      for (int source = 0; source < size; ++source) append(expected, block<T>(source, 0, length));
      for_each_root(comm, [&](int root) {
        const auto expect = [&](auto&& call) {
          const Guarded<T> all(rank == root ? expected.size() : 0);
          call(rank == root ? MPI::Buffer(all.span()) : MPI::Buffer(MPI::None));
          REQUIRE(all.holds(rank == root ? expected : std::vector<T>{}));
        };
        both_ways(
            [&] {
              expect([&](MPI::Buffer all) { comm.Gather(mine.span(), all, {.root = root}); });
            },
            [&] { expect([&](MPI::Buffer all) { comm.Igather(mine.span(), all, root).Wait(); }); });
      });
      REQUIRE(mine.holds(block<T>(rank, 0, length)));
    });
  });
}

TEST_CASE("Scatter of every type from every root", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for_each_element([&]<class T>(T) {
      for_each_root(comm, [&](int root) {
        std::vector<T> values;
        for (int destination = 0; destination < size; ++destination)
          append(values, block<T>(root, destination, length));
        const auto all = filled(rank == root ? values : std::vector<T>{});
        const auto given =
            rank == root ? MPI::ConstBuffer(all.span()) : MPI::ConstBuffer(MPI::None);
        const auto lasting =
            rank == root ? MPI::LastingConstBuffer(all.span()) : MPI::LastingConstBuffer(MPI::None);
        both_ways(
            [&] {
              const Guarded<T> mine(length);
              comm.Scatter(given, mine.span(), {.root = root});
              REQUIRE(mine.holds(block<T>(root, rank, length)));
            },
            [&] {
              const Guarded<T> mine(length);
              comm.Iscatter(lasting, mine.span(), root).Wait();
              REQUIRE(mine.holds(block<T>(root, rank, length)));
            });
      });
    });
  });
}

TEST_CASE("Allgather of every type", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for_each_element([&]<class T>(T) {
      const auto mine = filled(block<T>(rank, 0, length));
      std::vector<T> expected;
      for (int source = 0; source < size; ++source) append(expected, block<T>(source, 0, length));
      const Guarded<T> all(expected.size()), again(expected.size());
      comm.Allgather(mine.span(), all.span());
      REQUIRE(all.holds(expected));
      comm.Iallgather(mine.span(), again.span()).Wait();
      REQUIRE(again.holds(expected));
    });
  });
}

TEST_CASE("Alltoall of every type", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for_each_element([&]<class T>(T) {
      std::vector<T> values, expected;
      for (int peer = 0; peer < size; ++peer) {
        append(values, block<T>(rank, peer, length));
        append(expected, block<T>(peer, rank, length));
      }
      const auto mine = filled(values);
      const Guarded<T> all(expected.size()), again(expected.size());
      comm.Alltoall(mine.span(), all.span());
      REQUIRE(all.holds(expected));
      comm.Ialltoall(mine.span(), again.span()).Wait();
      REQUIRE(again.holds(expected));
      REQUIRE(mine.holds(values));
    });
  });
}

/// `in_place`: IN_PLACE, or None, which means the same where that can be.
template <class InPlace>
void require_in_place(InPlace in_place) {
  for_each_communicator([&](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size(), last = size - 1;
    std::vector<int> to_all, from_all, gathered;
    for (int peer = 0; peer < size; ++peer) {
      append(to_all, block<int>(rank, peer, length));
      append(from_all, block<int>(peer, rank, length));
      append(gathered, block<int>(peer, 0, length));
    }
    const auto mine = block<int>(rank, 0, length);
    const auto sums = reduced<int>(last, length, std::plus<>());
    // a buffer in which only the own block is filled
    const auto own_block_only = [&] {
      Guarded<int> all(gathered.size(), -1);
      std::copy(mine.begin(), mine.end(), all.span().begin() + rank * static_cast<int>(length));
      return all;
    };

    for_each_root(comm, [&](int root) {
      const bool is_root = rank == root;
      const auto sent = filled(mine);
      const auto given =
          is_root ? MPI::LastingConstBuffer(in_place) : MPI::LastingConstBuffer(sent.span());
      {
        INFO("Gather");
        const auto all = own_block_only(), again = own_block_only();
        comm.Gather(given, is_root ? MPI::Buffer(all.span()) : MPI::None, root);
        if (is_root) REQUIRE(all.holds(gathered));
        comm.Igather(given, is_root ? MPI::Buffer(again.span()) : MPI::None, root).Wait();
        if (is_root) REQUIRE(again.holds(gathered));
      }
      {
        INFO("Scatter");
        const auto all = filled(to_all);
        const Guarded<int> part(length), again(length);
        const auto where = [&](const Guarded<int>& buffer) {
          return is_root ? MPI::Buffer(in_place) : MPI::Buffer(buffer.span());
        };
        comm.Scatter(is_root ? MPI::ConstBuffer(all.span()) : MPI::None, where(part), root);
        comm.Iscatter(is_root ? MPI::LastingConstBuffer(all.span()) : MPI::None, where(again), root)
            .Wait();
        REQUIRE(part.holds(is_root ? std::vector<int>(length) : block<int>(root, rank, length)));
        REQUIRE(again.holds(part.values()));
        REQUIRE(all.holds(to_all));
      }
      {
        INFO("Reduce");
        const auto result = filled(mine), again = filled(mine);
        comm.Reduce(given, is_root ? MPI::Buffer(result.span()) : MPI::None, {.root = root});
        if (is_root) REQUIRE(result.holds(sums));
        comm.Ireduce(given, is_root ? MPI::Buffer(again.span()) : MPI::None, MPI::SUM, root).Wait();
        if (is_root) REQUIRE(again.holds(sums));
      }
    });

    const auto expect = [&](Guarded<int> buffer, const std::vector<int>& expected, auto&& call) {
      call(MPI::Buffer(buffer.span()));
      REQUIRE(buffer.holds(expected));
    };
    expect(own_block_only(), gathered, [&](auto all) { comm.Allgather(in_place, all); });
    expect(own_block_only(), gathered, [&](auto all) { comm.Iallgather(in_place, all).Wait(); });
    expect(filled(to_all), from_all, [&](auto all) { comm.Alltoall(in_place, all); });
    expect(filled(to_all), from_all, [&](auto all) { comm.Ialltoall(in_place, all).Wait(); });
    expect(filled(mine), sums, [&](auto all) { comm.Allreduce(in_place, all, MPI::SUM); });
    expect(filled(mine), sums, [&](auto all) { comm.Iallreduce(in_place, all).Wait(); });
    const auto scanned = reduced<int>(rank, length, std::plus<>());
    expect(filled(mine), scanned, [&](auto all) { comm.Scan(in_place, all); });
    expect(filled(mine), scanned, [&](auto all) { comm.Iscan(in_place, all).Wait(); });
    const auto before = rank == 0 ? mine : reduced<int>(rank - 1, length, std::plus<>());
    expect(filled(mine), before, [&](auto all) { comm.Exscan(in_place, all); });
    expect(filled(mine), before, [&](auto all) { comm.Iexscan(in_place, all).Wait(); });

    // the result comes at the front; what is behind it is nobody's
    const auto result = reduced<int>(last, length, std::plus<>(), rank);
    const auto expect_front = [&](auto&& call) {
      const auto buffer = filled(to_all);
      call(MPI::Buffer(buffer.span()));
      REQUIRE(std::equal(result.begin(), result.end(), buffer.span().begin()));
      REQUIRE(buffer.guards_stay());
    };
    expect_front([&](auto all) { comm.Reduce_scatter_block(in_place, all); });
    expect_front([&](auto all) { comm.Ireduce_scatter_block(in_place, all).Wait(); });
    const std::vector<std::size_t> counts(static_cast<std::size_t>(size), length);
    expect_front([&](auto all) { comm.Reduce_scatter(in_place, all, counts); });
    expect_front([&](auto all) { comm.Ireduce_scatter(in_place, all, counts).Wait(); });
  });
}

TEST_CASE("IN_PLACE takes what lies in the receive buffer", "[comm][buffer]") {
  require_in_place(MPI::IN_PLACE);
}

TEST_CASE("None alone means IN_PLACE", "[comm][buffer]") {
  require_in_place(MPI::None);
}

TEST_CASE("the same memory on both sides of a reduction means IN_PLACE", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
    const auto mine = block<int>(rank, 0, length);
    const auto expect = [&](const std::vector<int>& expected, auto&& call) {
      const auto buffer = filled(mine);
      call(MPI::Buffer(buffer.span()));
      REQUIRE(buffer.holds(expected));
    };
    const auto sums = reduced<int>(last, length, std::plus<>());
    for_each_root(comm, [&](int root) {
      const auto& expected = rank == root ? sums : mine;
      expect(expected, [&](auto all) { comm.Reduce(all, all, {.root = root}); });
      expect(expected, [&](auto all) { comm.Ireduce(all, all, {.root = root}).Wait(); });
    });
    expect(sums, [&](auto all) { comm.Allreduce(all, all); });
    expect(sums, [&](auto all) { comm.Iallreduce(all, all).Wait(); });
    const auto scanned = reduced<int>(rank, length, std::plus<>());
    expect(scanned, [&](auto all) { comm.Scan(all, all); });
    expect(scanned, [&](auto all) { comm.Iscan(all, all).Wait(); });
    const auto before = rank == 0 ? mine : reduced<int>(rank - 1, length, std::plus<>());
    expect(before, [&](auto all) { comm.Exscan(all, all); });
    expect(before, [&](auto all) { comm.Iexscan(all, all).Wait(); });
#if MPI_VERSION >= 4
    expect(sums, [&](auto all) {
      auto request = comm.Allreduce_init(all, all);
      request.Start();
      request.Wait();
    });
    const auto gathers = [&](MPI::Buffer all) {
      auto request = comm.Allgather_init(MPI::None, all);
      request.Start();
      request.Wait();
    };
    std::vector<int> ranks(static_cast<std::size_t>(last + 1), -1), expected(ranks);
    ranks[static_cast<std::size_t>(rank)] = rank;
    std::iota(expected.begin(), expected.end(), 0);
    gathers(ranks);
    REQUIRE(ranks == expected);
#endif
  });
}

TEST_CASE("ranges, arrays, scalars and pointers with a count are buffers", "[comm][buffer]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const auto size = static_cast<std::size_t>(comm.Get_size());
  for_each_root(comm, [&](int root) {
    std::array<int, 3> array{rank, rank, rank};
    comm.Bcast(array, root);
    REQUIRE(array == std::array{root, root, root});
    double scalar = rank + 0.5;
    comm.Bcast(scalar, root);
    REQUIRE(scalar == root + 0.5);
    int matrix[2][3] = {{rank, 1, 2}, {3, 4, rank}};
    comm.Bcast(matrix, root);
    REQUIRE((matrix[0][0] == root && matrix[1][2] == root && matrix[1][1] == 4));
    std::string text(4, static_cast<char>('a' + rank));
    comm.Bcast(text, root);
    REQUIRE(text == std::string(4, static_cast<char>('a' + root)));
    std::vector<std::array<short, 2>> nested(2, {static_cast<short>(rank), 5});
    comm.Bcast(nested, root);
    REQUIRE(nested == std::vector<std::array<short, 2>>(2, {static_cast<short>(root), 5}));

    // only as many as were asked for
    std::vector<int> some(5, rank);
    const std::vector<int> expected{root, root, rank, rank, rank};
    comm.Bcast({some, 2}, root);
    REQUIRE(some == expected);
    some.assign(5, rank);
    comm.Bcast({some.data(), 2}, {.root = root});
    REQUIRE(some == expected);
    some.assign(5, rank);
    comm.Bcast({some.data(), std::size_t{2}, MPI::INT}, {.root = root});
    REQUIRE(some == expected);
    some.assign(5, rank);
    comm.Bcast({some, 2, MPI::INT}, root);
    REQUIRE(some == expected);
    some.assign(5, rank);
    comm.Bcast({some, 8, MPI::BYTE}, root);
    REQUIRE(some == expected);
    comm.Bcast({some, MPI::BYTE}, root);
    REQUIRE(some == std::vector<int>{root, root, root, root, root});
  });
  const std::vector<int> constant(2, rank);
  std::vector<int> all(2 * size);
  comm.Allgather(constant, all);
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == static_cast<int>(i / 2));
  comm.Allgather(std::vector<int>{rank, -rank}, all);
  for (std::size_t i = 0; i < all.size(); ++i)
    REQUIRE(all[i] == static_cast<int>(i / 2) * (i % 2 == 0 ? 1 : -1));
  int sum = 0;
  comm.Allreduce(rank, sum);
  REQUIRE(sum == static_cast<int>(size * (size - 1) / 2));
}

TEST_CASE("a count that is given is that of one block", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    std::vector<int> mine{rank, 10 + rank, 20 + rank}, expected;
    for (int peer = 0; peer < size; ++peer) append(expected, {peer, 10 + peer});
    // room for more blocks than there are: the rest stays
    const Guarded<int> all(2 * ranks + 3, -1);
    append(expected, {-1, -1, -1});
    comm.Allgather({mine, 2}, {all.span(), 2});
    REQUIRE(all.holds(expected));
    for_each_root(comm, [&](int root) {
      const Guarded<int> gathered(2 * ranks + 3, -1);
      comm.Gather({mine.data(), 2, MPI::INT}, {gathered.span(), 2, MPI::INT}, root);
      REQUIRE(gathered.holds(rank == root ? expected : std::vector<int>(2 * ranks + 3, -1)));
      const Guarded<int> part(3, -1);
      comm.Scatter({gathered.span(), 2}, {part.span(), 2}, root);
      REQUIRE(part.holds({rank, 10 + rank, -1}));
    });
    const Guarded<int> exchanged(2 * ranks + 3, -1);
    comm.Alltoall({all.span(), 1}, {exchanged.span(), 1});
    for (int peer = 0; peer < size; ++peer)
      REQUIRE(exchanged[static_cast<std::size_t>(peer)] == all[static_cast<std::size_t>(rank)]);
    REQUIRE(exchanged[ranks] == -1);
    REQUIRE(exchanged.guards_stay());
  });
}

TEST_CASE("Bcast of a vector type moves its entries and leaves those between", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    const MPI::Datatype every_second = MPI::INT.Create_vector(4, 1, 2).Commit();
    for_each_root(comm, [&](int root) {
      for (const int first : {0, 1}) {
        CAPTURE(first);
        for (const bool is_blocking : {true, false}) {
          const Guarded<int> values(8, rank);
          const MPI::Buffer entries(values.span().subspan(static_cast<std::size_t>(first)), 1,
                                    every_second);
          if (is_blocking)
            comm.Bcast(entries, root);
          else
            comm.Ibcast(entries, {.root = root}).Wait();
          for (std::size_t i = 0; i < 8; ++i)
            REQUIRE(values[i] == (static_cast<int>(i % 2) == first ? root : rank));
          REQUIRE(values.guards_stay());
        }
      }
      // the entries lie side by side on the root, and apart elsewhere
      const Guarded<int> values(8, -1);
      std::vector<int> row{1, 2, 3, 4};
      if (rank == root)
        comm.Bcast(row, root);
      else
        comm.Bcast({values.span(), 1, every_second}, root);
      REQUIRE(values.holds(rank == root ? std::vector<int>(8, -1)
                                        : std::vector<int>{1, -1, 2, -1, 3, -1, 4, -1}));
    });
  });
}

TEST_CASE("buffers may be empty", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    std::vector<int> empty;
    const std::vector<double> none;
    const Guarded<int> room(4, -1);
    const MPI::Buffer zero(room.span(), 0);
    for_each_root(comm, [&](int root) {
      comm.Bcast(empty, root);
      comm.Bcast(zero, root);
      comm.Bcast({MPI::None, MPI::INT}, root);
      comm.Gather({MPI::None, MPI::INT}, {MPI::None, MPI::INT}, root);
      comm.Scatter({MPI::None, MPI::INT}, {MPI::None, MPI::INT}, root);
      comm.Reduce({MPI::None, MPI::INT}, {MPI::None, MPI::INT}, MPI::SUM, root);
      comm.Gather(empty, zero, root);
      comm.Scatter(empty, zero, root);
      comm.Reduce(empty, zero, {.root = root});
      comm.Ibcast(zero, root).Wait();
      comm.Igather(empty, zero, root).Wait();
      comm.Iscatter(empty, zero, root).Wait();
      comm.Ireduce(empty, zero, {.root = root}).Wait();
    });
    comm.Allgather(empty, zero);
    comm.Alltoall(empty, zero);
    comm.Allreduce(empty, zero);
    comm.Scan(empty, zero);
    comm.Exscan(empty, zero);
    comm.Reduce_scatter_block(empty, zero);
    comm.Reduce_scatter(empty, zero);
    comm.Allgather({MPI::None, MPI::INT}, {MPI::None, MPI::INT});
    comm.Allreduce({MPI::None, MPI::INT}, {MPI::None, MPI::INT});
    comm.Alltoall({MPI::None, MPI::INT}, {MPI::None, MPI::INT});
    comm.Scan({MPI::None, MPI::INT}, {MPI::None, MPI::INT});
    comm.Exscan({MPI::None, MPI::INT}, {MPI::None, MPI::INT});
    comm.Reduce_scatter_block({MPI::None, MPI::INT}, {MPI::None, MPI::INT});
    comm.Reduce_scatter({MPI::None, MPI::INT}, {MPI::None, MPI::INT});
    comm.Iallgather(empty, zero).Wait();
    comm.Ialltoall(empty, zero).Wait();
    comm.Iallreduce(empty, zero).Wait();
    comm.Iscan(empty, zero).Wait();
    comm.Iexscan(empty, zero).Wait();
    comm.Ireduce_scatter_block(empty, zero).Wait();
    comm.Ireduce_scatter(empty, zero).Wait();
    REQUIRE(room.holds({-1, -1, -1, -1}));
  });
}

TEST_CASE("nonblocking calls are under way at the same time", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    std::vector<int> mine{rank, 10 * rank}, sum(2), copy(2, rank),
        all(2 * static_cast<std::size_t>(size));
    std::vector<MPI::Request> requests;
    requests.push_back(comm.Iallreduce(mine, sum));
    requests.push_back(comm.Ibcast(copy, size - 1));
    requests.push_back(comm.Iallgather(mine, all));
    requests.push_back(comm.Ibarrier());
    MPI::Request::Waitall(requests);
    const int ranks = size * (size - 1) / 2;
    REQUIRE(sum == std::vector<int>{ranks, 10 * ranks});
    REQUIRE(copy == std::vector<int>{size - 1, size - 1});
    REQUIRE(all[2 * static_cast<std::size_t>(size) - 1] == 10 * (size - 1));
  });
}

// Mistakes that a rank finds itself, before anything is sent: all ranks make them.

TEST_CASE("a root outside the communicator is refused", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int size = comm.Get_size();
    int one = 1, other = 0;
    for (const int root : {-1, -size, size, size + 7}) {
      INFO("root: " << root);
      REQUIRE(fails([&] { comm.Bcast(one, root); }, MPI::ERR_ROOT));
      REQUIRE(fails([&] { comm.Gather(one, other, root); }, MPI::ERR_ROOT));
      REQUIRE(fails([&] { comm.Scatter(one, other, {.root = root}); }, MPI::ERR_ROOT));
      REQUIRE(fails([&] { comm.Reduce(one, other, {.root = root}); }, MPI::ERR_ROOT));
      REQUIRE(fails([&] { (void)comm.Ibcast(one, root); }, MPI::ERR_ROOT));
      REQUIRE(fails([&] { (void)comm.Igather(one, other, root); }, MPI::ERR_ROOT));
      REQUIRE(fails([&] { (void)comm.Iscatter(one, other, root); }, MPI::ERR_ROOT));
      REQUIRE(fails([&] { (void)comm.Ireduce(one, other, MPI::SUM, root); }, MPI::ERR_ROOT));
    }
    REQUIRE(other == 0);
    comm.Bcast(one);
  });
}

TEST_CASE("a buffer that does not divide among the ranks is refused", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    if (size == 1) return;
    std::vector<int> odd(2 * size + 1), part(2), whole(2 * size);
    REQUIRE(fails([&] { comm.Allgather(part, odd); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { (void)comm.Iallgather(part, odd); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Alltoall(odd, whole); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Alltoall(whole, odd); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Alltoall(MPI::IN_PLACE, odd); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Reduce_scatter_block(MPI::IN_PLACE, odd); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Reduce_scatter_block(odd, part); }, MPI::ERR_COUNT));
    // on the root, which finds out before it sends
    for_each_root(comm, [&](int root) {
      if (comm.Get_rank() != root) return;
      REQUIRE(fails([&] { comm.Gather(part, odd, root); }, MPI::ERR_COUNT));
      REQUIRE(fails([&] { comm.Scatter(odd, part, root); }, MPI::ERR_COUNT));
    });
    comm.Barrier();
  });
}

TEST_CASE("a count beyond the buffer is refused", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    std::vector<int> three(3);
    REQUIRE(fails([&] { comm.Bcast({three, 4}); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Bcast({three, 2, MPI::DOUBLE}); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Bcast({three, -1}); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Bcast({three.data(), -1, MPI::INT}); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Bcast({three, MPI::DOUBLE}); }, MPI::ERR_TYPE));
    const MPI::Datatype every_second = MPI::INT.Create_vector(2, 1, 2).Commit();
    comm.Bcast({three, 1, every_second});  // just fits
    REQUIRE(fails(
        [&] {
          comm.Bcast({std::span(three).first(2), 1, every_second});
        },
        MPI::ERR_COUNT));
  });
}

TEST_CASE("blocks of a given count that do not fit into the buffer together are refused",
          "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    if (size == 1) return;
    // room for one block of 2 for each rank but the last
    std::vector<int> part(2), room(2 * size - 1), whole(2 * size);
    REQUIRE(fails([&] { comm.Allgather(part, {room, 2}); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Alltoall({room, 2}, {whole, 2}); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Alltoall({whole, 2}, {room, 2}); }, MPI::ERR_COUNT));
    comm.Barrier();
  });
}
