// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Uppercase reductions: every root, every element type that MPI reduces, every operator, guards
// around what is received.
#include "support/blocks.hpp"
#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/guarded.hpp"

#include <mpi4cxx/MPI.hpp>

#include <algorithm>
#include <complex>
#include <functional>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;
using namespace blocks;

TEST_CASE("Reduce and Allreduce of every type by every operator", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
    const auto check = [&]<class T>(const MPI::Op& op, auto combine, T) {
      const auto mine = filled(block<T>(rank, 0, length));
      const auto expected = reduced<T>(last, length, combine);
      const std::vector<T> untouched(length);
      for_each_root(comm, [&](int root) {
        // off the root a receive buffer may be given, but is left alone
        const auto expect = [&](auto&& call) {
          const Guarded<T> result(length);
          call(result.span());
          REQUIRE(result.holds(rank == root ? expected : untouched));
          call(rank == root ? MPI::Buffer(result.span()) : MPI::Buffer(MPI::None));
          REQUIRE(result.holds(rank == root ? expected : untouched));
        };
        both_ways(
            [&] {
              expect([&](MPI::Buffer result) {
                comm.Reduce(mine.span(), result, {.op = op, .root = root});
              });
            },
            [&] {
              expect(
                  [&](MPI::Buffer result) { comm.Ireduce(mine.span(), result, op, root).Wait(); });
            });
      });
      const Guarded<T> result(length), again(length);
      comm.Allreduce(mine.span(), result.span(), op);
      REQUIRE(result.holds(expected));
      comm.Iallreduce(mine.span(), again.span(), {.op = op}).Wait();
      REQUIRE(again.holds(expected));
    };
    for_each_number([&]<class T>(T zero) {
      check(MPI::SUM, std::plus<>(), zero);
      check(
          MPI::PROD, [](T a, T b) { return static_cast<T>(a * b); }, zero);
      check(
          MPI::MAX, [](T a, T b) { return std::max(a, b); }, zero);
      check(
          MPI::MIN, [](T a, T b) { return std::min(a, b); }, zero);
      if constexpr (std::is_integral_v<T>) {
        check(MPI::BAND, std::bit_and<>(), zero);
        check(MPI::BOR, std::bit_or<>(), zero);
        check(MPI::BXOR, std::bit_xor<>(), zero);
        check(
            MPI::LAND, [](T a, T b) { return a != 0 && b != 0; }, zero);
        check(
            MPI::LXOR, [](T a, T b) { return (a != 0) != (b != 0); }, zero);
      }
    });
    check(MPI::SUM, std::plus<>(), std::complex<float>());
    check(MPI::PROD, std::multiplies<>(), std::complex<double>());
    check(MPI::SUM, std::plus<>(), std::complex<long double>());
    check(MPI::LAND, std::logical_and<>(), bool());
    check(MPI::LOR, std::logical_or<>(), bool());
    check(MPI::LXOR, std::not_equal_to<>(), bool());
  });
}

TEST_CASE("Scan and Exscan of every type", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    for_each_number([&]<class T>(T) {
      const auto check = [&](const MPI::Op& op, auto combine) {
        const auto mine = filled(block<T>(rank, 0, length));
        const std::vector<T> untouched(length, static_cast<T>(77));
        const auto with = reduced<T>(rank, length, combine);
        const auto without = rank == 0 ? untouched : reduced<T>(rank - 1, length, combine);
        const Guarded<T> scan(length), iscan(length), exscan(length, 77), iexscan(length, 77);
        comm.Scan(mine.span(), scan.span(), op);
        REQUIRE(scan.holds(with));
        comm.Iscan(mine.span(), iscan.span(), {.op = op}).Wait();
        REQUIRE(iscan.holds(with));
        comm.Exscan(mine.span(), exscan.span(), {.op = op});
        REQUIRE(exscan.holds(without));
        comm.Iexscan(mine.span(), iexscan.span(), op).Wait();
        REQUIRE(iexscan.holds(without));
      };
      check(MPI::SUM, std::plus<>());
      check(MPI::PROD, [](T a, T b) { return static_cast<T>(a * b); });
      check(MPI::MAX, [](T a, T b) { return std::max(a, b); });
    });
  });
}

TEST_CASE("Reduce_scatter_block gives every rank its block of the reduction", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for_each_number([&]<class T>(T) {
      std::vector<T> values;
      for (int destination = 0; destination < size; ++destination)
        append(values, block<T>(rank, destination, length));
      const auto all = filled(values);
      const auto sums = reduced<T>(size - 1, length, std::plus<>(), rank);
      const auto largest = reduced<T>(
          size - 1, length, [](T a, T b) { return std::max(a, b); }, rank);
      const Guarded<T> mine(length), again(length), most(length);
      comm.Reduce_scatter_block(all.span(), mine.span());
      REQUIRE(mine.holds(sums));
      comm.Reduce_scatter_block(all.span(), most.span(), {.op = MPI::MAX});
      REQUIRE(most.holds(largest));
      comm.Ireduce_scatter_block(all.span(), again.span(), MPI::SUM).Wait();
      REQUIRE(again.holds(sums));
      REQUIRE(all.holds(values));
    });
  });
}

TEST_CASE("Reduce_scatter gives every rank a block of its own length", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    // rank r gets r elements, rank 0 none
    std::vector<int> counts, values;
    for (int destination = 0; destination < size; ++destination) {
      counts.push_back(destination);
      append(values, block<int>(rank, destination, static_cast<std::size_t>(destination)));
    }
    const auto mine = static_cast<std::size_t>(rank);
    const auto sums = reduced<int>(size - 1, mine, std::plus<>(), rank);
    const auto products = reduced<int>(size - 1, mine, std::multiplies<>(), rank);
    const auto all = filled(values);
    const auto expect = [&](const std::vector<int>& expected, auto&& call) {
      const Guarded<int> result(mine);
      call(result.span());
      REQUIRE(result.holds(expected));
    };
    // counts that are exchanged, counts that are given, of any integral type
    expect(sums, [&](auto result) { comm.Reduce_scatter(all.span(), result); });
    expect(sums, [&](auto result) { comm.Reduce_scatter(all.span(), result, counts); });
    expect(sums, [&](auto result) {
      comm.Reduce_scatter(all.span(), result,
                          std::vector<std::size_t>(counts.begin(), counts.end()));
    });
    expect(products,
           [&](auto result) { comm.Reduce_scatter(all.span(), result, counts, MPI::PROD); });
    expect(sums, [&](auto result) { comm.Ireduce_scatter(all.span(), result).Wait(); });
    expect(products, [&](auto result) {
      // the list of counts need not live as long as the request
      MPI::Request request =
          comm.Ireduce_scatter(all.span(), result, std::vector<int>(counts), MPI::PROD);
      request.Wait();
    });
    REQUIRE(all.holds(values));
  });
}

TEST_CASE("counts of Reduce_scatter may stand in braces", "[comm][buffer]") {
  const MPI::Intracomm& self = MPI::COMM_SELF;
  const std::vector<int> mine{3, 4};
  const auto gives = [&](auto&& call) {
    std::vector<int> result(2);
    call(result);
    REQUIRE(result == mine);
  };
  gives([&](auto& result) { self.Reduce_scatter(mine, result, {2}); });
  gives([&](auto& result) { self.Reduce_scatter(mine, result, {2}, MPI::MAX); });
  gives([&](auto& result) { self.Ireduce_scatter(mine, result, {2}).Wait(); });
  gives([&](auto& result) { self.Ireduce_scatter(mine, result, {2}, MPI::MAX).Wait(); });
  for (const int wrong : {1, 3}) {
    std::vector<int> result(2);
    REQUIRE_THROWS_AS(self.Reduce_scatter(mine, result, {wrong, 2}), MPI::Exception);
    REQUIRE_THROWS_AS(self.Ireduce_scatter(mine, result, {wrong, 2}), MPI::Exception);
#if MPI_VERSION >= 4
    REQUIRE_THROWS_AS(self.Reduce_scatter_init(mine, result, {wrong, 2}), MPI::Exception);
#endif
  }
#if MPI_VERSION >= 4
  const auto runs = [&](auto&& make) {
    gives([&](auto& result) {
      MPI::Prequest request = make(result);
      request.Start();
      request.Wait();
    });
  };
  runs([&](auto& result) { return self.Reduce_scatter_init(mine, result, {2}); });
  runs([&](auto& result) {
    return self.Reduce_scatter_init(mine, result, {2}, MPI::MAX, MPI::INFO_NULL);
  });
#endif
}

TEST_CASE("buffers of many elements are reduced on every root", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int size = comm.Get_size();
    for (const std::size_t count : {std::size_t{100}, std::size_t{1'000}, std::size_t{100'003}}) {
      CAPTURE(count);
      const std::vector<double> mine(count, comm.Get_rank() + 1);
      const std::vector<double> expected(count, size * (size + 1) / 2);
      for_each_root(comm, [&](int root) {
        std::vector<double> result(count);
        comm.Reduce(mine, result, {.root = root});
        REQUIRE((result == (comm.Get_rank() == root ? expected : std::vector<double>(count))));
      });
      std::vector<double> result(count);
      comm.Allreduce(mine, result);
      REQUIRE((result == expected));
    }
  });
}

TEST_CASE("buffers of many elements are reduced in place on every root", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int size = comm.Get_size();
    for (const std::size_t count : {std::size_t{100}, std::size_t{1'000}, std::size_t{100'003}}) {
      CAPTURE(count);
      const std::vector<double> expected(count, size * (size + 1) / 2);
      for_each_root(comm, [&](int root) {
        std::vector<double> data(count, comm.Get_rank() + 1);
        if (comm.Get_rank() == root) {
          comm.Reduce(MPI::IN_PLACE, data, {.root = root});
          REQUIRE((data == expected));
        } else {
          comm.Reduce(data, MPI::None, {.root = root});
        }
      });
    }
  });
}

TEST_CASE("aggregates are reduced by an operator made for them", "[comm][buffer]") {
  struct Range {
    double low = 0, high = 0;
    int count = 0;
    bool operator==(const Range&) const = default;
  };
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const MPI::Op unite = MPI::Op::Create<Range>(
        [](Range a, const Range& b) {
          return Range{std::min(a.low, b.low), std::max(a.high, b.high), a.count + b.count};
        },
        true);
    const std::vector<Range> mine{{rank - 0.5, rank + 0.5, 1}, {-rank - 1.0, -rank + 0.0, rank}};
    const std::vector<Range> expected{{-0.5, size - 0.5, size},
                                      {-size + 0.0, 0.0, size * (size - 1) / 2}};
    for_each_root(comm, [&](int root) {
      std::vector<Range> result(2);
      comm.Reduce(mine, result, {.op = unite, .root = root});
      REQUIRE((result == (rank == root ? expected : std::vector<Range>(2))));
    });
    std::vector<Range> result(2);
    comm.Allreduce(mine, result, unite);
    REQUIRE((result == expected));
  });
}

TEST_CASE("MINLOC and MAXLOC work on pairs", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
    const auto check = [&]<class T>(T) {
      // equal values meet: the smaller location wins
      const std::vector<std::pair<T, int>> mine{{static_cast<T>(10 - rank), rank},
                                                {static_cast<T>(1), 100 - rank}};
      std::vector<std::pair<T, int>> least(2), most(2);
      comm.Allreduce(mine, least, MPI::MINLOC);
      comm.Allreduce(mine, most, MPI::MAXLOC);
      REQUIRE((least == std::vector<std::pair<T, int>>{{static_cast<T>(10 - last), last},
                                                       {static_cast<T>(1), 100 - last}}));
      REQUIRE((most == std::vector<std::pair<T, int>>{{static_cast<T>(10), 0},
                                                      {static_cast<T>(1), 100 - last}}));
    };
    check(short());
    check(int());
    check(long());
    check(float());
    check(double());
    check(0.0L);
  });
}

TEST_CASE("the count that is given to Reduce_scatter_block is that of a block", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    std::vector<int> all;
    for (int peer = 0; peer < size; ++peer) all.insert(all.end(), {rank + peer, peer, 1});
    const int ranks = size * (size - 1) / 2;
    const std::vector<int> expected{ranks + size * rank, size * rank, size};
    const Guarded<int> part(3);
    comm.Reduce_scatter_block({all, 3}, {part.span(), 3});
    REQUIRE(part.holds(expected));
    comm.Ireduce_scatter_block({all, 3}, {part.span(), 3}).Wait();
    REQUIRE(part.holds(expected));
    // to the front of what is sent
    comm.Reduce_scatter_block(all, std::span(all).first(3));
    REQUIRE(std::vector<int>(all.begin(), all.begin() + 3) == expected);
  });
}

TEST_CASE("a buffer that is used on the root alone may be too short elsewhere", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for_each_root(comm, [&](int root) {
      const auto room = static_cast<std::size_t>(rank == root ? 3 * size : 0);
      std::vector<double> mine(3, rank + 1), all(room);
      comm.Gather({mine, 3}, {all, 3}, root);
      comm.Igather({mine, 3, MPI::DOUBLE}, {all, 3, MPI::DOUBLE}, root).Wait();
      for (std::size_t i = 0; i < room; ++i) REQUIRE(all[i] == static_cast<double>(i / 3 + 1));
      mine.assign(3, 0);
      comm.Scatter({all, 3}, {mine, 3}, root);
      comm.Iscatter({all, 3}, {mine, 3}, root).Wait();
      REQUIRE(mine == std::vector<double>(3, rank + 1));
      comm.Reduce({mine, 3}, {all, 3}, MPI::SUM, root);
      if (rank == root) REQUIRE(all[2] == size * (size + 1) / 2);
    });
    // on the root it may not
    if (rank != 0) return;
    std::vector<int> three(3), two(2);
    REQUIRE(fails([&] { comm.Gather({three, 3}, {two, 3}, 0); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Scatter({two, 3}, {three, 3}, 0); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Reduce({three, 3}, {two, 3}, MPI::SUM, 0); }, MPI::ERR_COUNT));
  });
}

// Mistakes that a rank finds itself, before anything is sent: all ranks make them.

TEST_CASE("the two buffers of a reduction must be alike", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    std::vector<int> three(3, 1), four(4, -1);
    std::vector<float> floats(3, -1);
    REQUIRE(fails([&] { comm.Allreduce(three, four); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Allreduce(three, floats); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { (void)comm.Iallreduce(four, three); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Scan(three, four); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Exscan(three, floats); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Reduce_scatter_block(std::vector<int>(3 * size + 1), three); },
                  MPI::ERR_COUNT));
    if (comm.Get_rank() == 0) REQUIRE(fails([&] { comm.Reduce(three, four); }, MPI::ERR_COUNT));
    if (comm.Get_rank() == 0) REQUIRE(fails([&] { comm.Reduce(three, floats); }, MPI::ERR_COUNT));
    REQUIRE(four == std::vector<int>(4, -1));
    REQUIRE(floats == std::vector<float>(3, -1));
    comm.Barrier();
  });
}

TEST_CASE("Reduce_scatter_block of buffers of different types is refused", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const std::vector<int> all(3 * static_cast<std::size_t>(comm.Get_size()), 1);
    std::vector<float> floats(3, -1);
    REQUIRE_THROWS_AS(comm.Reduce_scatter_block(all, floats), MPI::Exception);
    REQUIRE(floats == std::vector<float>(3, -1));
    comm.Barrier();
  });
}

TEST_CASE("Reduce_scatter of buffers of different types is refused", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    const std::vector<int> all(3 * size, 1), counts(size, 3);
    std::vector<float> floats(3, -1);
    REQUIRE_THROWS_AS(comm.Reduce_scatter(all, floats, counts), MPI::Exception);
    REQUIRE(floats == std::vector<float>(3, -1));
    comm.Barrier();
  });
}

TEST_CASE("Reduce_scatter checks its counts", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    const std::vector<int> all(3 * size, 1);
    std::vector<int> part(3, -1);
    REQUIRE(fails([&] { comm.Reduce_scatter(all, part, std::vector<int>(size + 1, 1)); },
                  MPI::ERR_COUNT));
    REQUIRE(
        fails([&] { comm.Reduce_scatter(all, part, std::vector<int>(size, 4)); }, MPI::ERR_COUNT));
    REQUIRE(
        fails([&] { comm.Reduce_scatter(all, part, std::vector<int>(size, 2)); }, MPI::ERR_COUNT));
    REQUIRE(fails([&] { comm.Reduce_scatter(MPI::IN_PLACE, part); }, MPI::ERR_COUNT));
    REQUIRE(part == std::vector<int>(3, -1));
    comm.Barrier();
  });
}

TEST_CASE("Reduce_scatter refuses a receive buffer that is not as long as its count",
          "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    const std::vector<int> all(3 * size, 1);
    for (const std::size_t elements : {std::size_t{2}, std::size_t{4}}) {
      const Guarded<int> part(elements, -1);
      REQUIRE(fails([&] { comm.Reduce_scatter(all, part.span(), std::vector<int>(size, 3)); },
                    MPI::ERR_COUNT));
      REQUIRE(part.holds(std::vector<int>(elements, -1)));
    }
    comm.Barrier();
  });
}
