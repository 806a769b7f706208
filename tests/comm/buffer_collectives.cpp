// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Uppercase collectives with blocks of equal size: every root, every element type, guards around
// what is received.
#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/guarded.hpp"

#include <mpi4cxx/MPI.hpp>

#include <algorithm>
#include <array>
#include <complex>
#include <functional>
#include <numeric>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

/// Trivially copyable, with padding.
struct Particle {
  double x = 0, y = 0;
  char kind = 0;
  int charge = 0;
  Particle() = default;
  Particle(int seed)
      : x(seed), y(-seed), kind(static_cast<char>('a' + seed % 20)), charge(seed * 3) {}
  bool operator==(const Particle&) const = default;
};

enum class Colour : unsigned char { red, green = 7 };

/// Calls `f(T{})` with every type that a buffer may hold.
template <class F>
void for_each_element(F&& f) {
  f(char{});
  f(static_cast<signed char>(0));
  f(static_cast<unsigned char>(0));
  f(wchar_t{});
  f(char16_t{});
  f(short{});
  f(static_cast<unsigned short>(0));
  f(int{});
  f(0U);
  f(0L);
  f(0UL);
  f(0LL);
  f(0ULL);
  f(0.0F);
  f(0.0);
  f(0.0L);
  f(bool{});
  f(std::complex<float>{});
  f(std::complex<double>{});
  f(std::complex<long double>{});
  f(std::byte{});
  f(Colour{});
  f(Particle{});
}
/// Calls `f(T{})` with the types that MPI reduces.
template <class F>
void for_each_number(F&& f) {
  f(static_cast<signed char>(0));
  f(static_cast<unsigned char>(0));
  f(short{});
  f(static_cast<unsigned short>(0));
  f(int{});
  f(0U);
  f(0L);
  f(0UL);
  f(0LL);
  f(0ULL);
  f(0.0F);
  f(0.0);
  f(0.0L);
}

/// Element `i` of the block that `source` has for `destination`. Small enough for a char.
template <class T>
T element(int source, int destination, std::size_t i) {
  const int seed = 1 + 25 * source + 5 * destination + static_cast<int>(i);
  if constexpr (std::is_same_v<T, bool>)
    return seed % 2 == 1;
  else if constexpr (requires { typename T::value_type; })
    return T(static_cast<typename T::value_type>(seed), 1);
  else
    return static_cast<T>(seed);
}
template <class T>
std::vector<T> block(int source, int destination, std::size_t length) {
  std::vector<T> values;
  for (std::size_t i = 0; i < length; ++i) values.push_back(element<T>(source, destination, i));
  return values;
}
template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}
/// A buffer with these values; a vector is none where they are bools.
template <class T>
Guarded<T> filled(const std::vector<T>& values) {
  Guarded<T> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.span().begin());
  return buffer;
}

template <class F>
void for_each_root(const MPI::Intracomm& comm, F&& f) {
  for (int root = 0; root < comm.Get_size(); ++root) {
    INFO("root: " << root);
    f(root);
  }
}

/// Runs the blocking and the nonblocking form of a call, each on its own receive buffer.
template <class Blocking, class Starting>
void both_ways(Blocking&& blocking, Starting&& starting) {
  {
    INFO("blocking");
    blocking();
  }
  {
    INFO("nonblocking");
    starting();
  }
}

template <class F>
bool fails(F&& call, int error_class) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    CHECK(error.Get_error_class() == error_class);
    return true;
  }
  return false;
}

/// A new object with element i of `make(rank)` combined over ranks 0 to `last`.
template <class T, class F>
std::vector<T> reduced(int last, std::size_t length, F&& combine, int destination = 0) {
  std::vector<T> result = block<T>(0, destination, length);
  for (int rank = 1; rank <= last; ++rank)
    for (std::size_t i = 0; i < length; ++i)
      result[i] = static_cast<T>(combine(result[i], element<T>(rank, destination, i)));
  return result;
}

constexpr std::size_t length = 3;

}  // namespace

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

TEST_CASE("IN_PLACE takes what lies in the receive buffer", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
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
          is_root ? MPI::LastingConstBuffer(MPI::IN_PLACE) : MPI::LastingConstBuffer(sent.span());
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
          return is_root ? MPI::Buffer(MPI::IN_PLACE) : MPI::Buffer(buffer.span());
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
    expect(own_block_only(), gathered, [&](auto all) { comm.Allgather(MPI::IN_PLACE, all); });
    expect(own_block_only(), gathered,
           [&](auto all) { comm.Iallgather(MPI::IN_PLACE, all).Wait(); });
    expect(filled(to_all), from_all, [&](auto all) { comm.Alltoall(MPI::IN_PLACE, all); });
    expect(filled(to_all), from_all, [&](auto all) { comm.Ialltoall(MPI::IN_PLACE, all).Wait(); });
    expect(filled(mine), sums, [&](auto all) { comm.Allreduce(MPI::IN_PLACE, all, MPI::SUM); });
    expect(filled(mine), sums, [&](auto all) { comm.Iallreduce(MPI::IN_PLACE, all).Wait(); });
    const auto scanned = reduced<int>(rank, length, std::plus<>());
    expect(filled(mine), scanned, [&](auto all) { comm.Scan(MPI::IN_PLACE, all); });
    expect(filled(mine), scanned, [&](auto all) { comm.Iscan(MPI::IN_PLACE, all).Wait(); });
    const auto before = rank == 0 ? mine : reduced<int>(rank - 1, length, std::plus<>());
    expect(filled(mine), before, [&](auto all) { comm.Exscan(MPI::IN_PLACE, all); });
    expect(filled(mine), before, [&](auto all) { comm.Iexscan(MPI::IN_PLACE, all).Wait(); });

    // the result comes at the front; what is behind it is nobody's
    const auto result = reduced<int>(last, length, std::plus<>(), rank);
    const auto expect_front = [&](auto&& call) {
      const auto buffer = filled(to_all);
      call(MPI::Buffer(buffer.span()));
      REQUIRE(std::equal(result.begin(), result.end(), buffer.span().begin()));
      REQUIRE(buffer.guards_stay());
    };
    expect_front([&](auto all) { comm.Reduce_scatter_block(MPI::IN_PLACE, all); });
    expect_front([&](auto all) { comm.Ireduce_scatter_block(MPI::IN_PLACE, all).Wait(); });
    const std::vector<std::size_t> counts(static_cast<std::size_t>(size), length);
    expect_front([&](auto all) { comm.Reduce_scatter(MPI::IN_PLACE, all, counts); });
    expect_front([&](auto all) { comm.Ireduce_scatter(MPI::IN_PLACE, all, counts).Wait(); });
  });
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
    REQUIRE(fails([&] { comm.Reduce_scatter(MPI::IN_PLACE, part); }, MPI::ERR_COUNT));
    REQUIRE(part == std::vector<int>(3, -1));
    comm.Barrier();
  });
}

TEST_CASE("Reduce_scatter refuses a receive buffer that is shorter than its count",
          "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    const std::vector<int> all(3 * size, 1);
    const Guarded<int> part(2, -1);
    REQUIRE(fails([&] { comm.Reduce_scatter(all, part.span(), std::vector<int>(size, 3)); },
                  MPI::ERR_COUNT));
    REQUIRE(part.holds({-1, -1}));
    comm.Barrier();
  });
}
