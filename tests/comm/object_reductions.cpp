// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// inline limits: 64 4096
// time limit: 120
// Lowercase reductions: every result is that of a loop over the ranks.
#include "support/catch.hpp"
#include "support/communicators.hpp"

#include <mpi4cxx/MPI.hpp>

#include <algorithm>
#include <array>
#include <climits>
#include <complex>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

/// Not trivially copyable, and combining it in another order shows.
struct Summary {
  int count = 0;
  double largest = 0;
  std::vector<int> ranks;
  std::map<std::string, int> words;
  bool operator==(const Summary&) const = default;
};

Summary merge(const Summary& left, const Summary& right) {
  Summary merged{left.count + right.count, std::max(left.largest, right.largest), left.ranks,
                 left.words};
  merged.ranks.insert(merged.ranks.end(), right.ranks.begin(), right.ranks.end());
  for (const auto& [word, count] : right.words) merged.words[word] += count;
  return merged;
}

/// Trivially copyable.
struct Affine {
  long factor = 1, offset = 0;
  bool operator==(const Affine&) const = default;
};

int add(int a, int b) {
  return a + b;
}
std::string join(const std::string& a, const std::string& b) {
  return a + "," + b;
}

template <class T>
using Combine = std::function<T(const T&, const T&)>;

/// The results of a loop over the ranks: element r is that of ranks 0 to r.
template <class T>
std::vector<T> fold(int size, const std::function<T(int)>& make, const Combine<T>& combine) {
  std::vector<T> results;
  for (int rank = 0; rank < size; ++rank)
    results.push_back(rank == 0 ? make(rank) : combine(results.back(), make(rank)));
  return results;
}

// std::function keeps the number of instances, and with it the time to compile, within bounds.
template <class T, class Operator>
void expect_results(const MPI::Intracomm& comm, const T& mine, const Operator& op,
                    const std::vector<T>& results) {
  const auto rank = static_cast<std::size_t>(comm.Get_rank());
  for (int root = 0; root < comm.Get_size(); ++root) {
    CAPTURE(root);
    for (const auto& reduced :
         {comm.reduce(mine, {.op = op, .root = root}), comm.reduce(mine, op, root)}) {
      REQUIRE(reduced.has_value() == (comm.Get_rank() == root));
      if (reduced) REQUIRE((*reduced == results.back()));
    }
  }
  REQUIRE((comm.allreduce(mine, op) == results.back()));
  REQUIRE((comm.allreduce(mine, {.op = op}) == results.back()));
  REQUIRE((comm.scan(mine, op) == results[rank]));
  REQUIRE((comm.scan(mine, {.op = op}) == results[rank]));
  for (const auto& before : {comm.exscan(mine, op), comm.exscan(mine, {.op = op})}) {
    REQUIRE(before.has_value() == (rank > 0));
    if (before) REQUIRE((*before == results[rank - 1]));
  }
}

/// All reductions of `make(rank)` by `op` are those of the loop with `combine`.
template <class Make, class Operator, class F>
void expect_reductions(const MPI::Intracomm& comm, Make&& make, const Operator& op, F&& combine) {
  using T = decltype(make(0));
  expect_results<T>(comm, make(comm.Get_rank()), op, fold<T>(comm.Get_size(), make, combine));
}

template <class F>
int error_class_of(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    return error.Get_error_class();
  }
  return MPI::SUCCESS;
}

/// All ranks are still in step, both where MPI reduces and where objects travel.
void expect_in_step(const MPI::Intracomm& comm) {
  const auto digit = [](int rank) { return std::string(1, static_cast<char>('0' + rank)); };
  expect_reductions(comm, digit, MPI::SUM, std::plus<>());
  expect_reductions(
      comm, [](int rank) { return rank + 1; }, MPI::PROD, std::multiplies<>());
  expect_reductions(
      comm,
      [](int rank) {
        return std::vector<int>{rank, 2 * rank};
      },
      MPI::MAX, [](const auto& a, const auto& b) { return std::max(a, b); });
}

// Values that tell operators and ranks apart: signs, zeros and ties.
template <class T>
T number(int rank) {
  constexpr int values[] = {3, 5, 0, 6};
  const int sign = std::is_signed_v<T> && !std::is_same_v<T, char> && rank % 2 == 1 ? -1 : 1;
  return static_cast<T>(sign * values[rank % 4]);
}

constexpr auto last_wins = [](const auto&, const auto& b) { return b; };
constexpr auto first_wins = [](const auto& a, const auto&) { return a; };

template <class T>
void expect_arithmetic(const MPI::Intracomm& comm) {
  const auto make = number<T>;
  expect_reductions(comm, make, MPI::SUM, [](T a, T b) { return static_cast<T>(a + b); });
  expect_reductions(comm, make, MPI::PROD, [](T a, T b) { return static_cast<T>(a * b); });
  expect_reductions(comm, make, MPI::MAX, [](T a, T b) { return std::max(a, b); });
  expect_reductions(comm, make, MPI::MIN, [](T a, T b) { return std::min(a, b); });
  const auto truth = [](T value) { return value != T{}; };
  expect_reductions(comm, make, MPI::LAND,
                    [&](T a, T b) { return static_cast<T>(truth(a) && truth(b)); });
  expect_reductions(comm, make, MPI::LOR,
                    [&](T a, T b) { return static_cast<T>(truth(a) || truth(b)); });
  expect_reductions(comm, make, MPI::LXOR,
                    [&](T a, T b) { return static_cast<T>(truth(a) != truth(b)); });
  if constexpr (std::is_integral_v<T>) {
    expect_reductions(comm, make, MPI::BAND, [](T a, T b) { return static_cast<T>(a & b); });
    expect_reductions(comm, make, MPI::BOR, [](T a, T b) { return static_cast<T>(a | b); });
    expect_reductions(comm, make, MPI::BXOR, [](T a, T b) { return static_cast<T>(a ^ b); });
  }
  expect_reductions(comm, make, MPI::REPLACE, last_wins);
  expect_reductions(comm, make, MPI::NO_OP, first_wins);
}

/// Pairs of value and location, ties included.
template <class Pair>
void expect_locations(const MPI::Intracomm& comm, std::array<typename Pair::first_type, 4> values) {
  using location = typename Pair::second_type;
  // the location falls where the rank rises, so that the tie is not settled by the order of the
  // ranks
  const auto make = [&](int rank) {
    const auto where = static_cast<std::size_t>(10 - rank);  // a list may be a location, too
    return Pair(values[static_cast<std::size_t>(rank % 4)], static_cast<location>(where));
  };
  expect_reductions(comm, make, MPI::MAXLOC, [](const Pair& a, const Pair& b) {
    return a.first != b.first ? (a.first > b.first ? a : b) : (a.second <= b.second ? a : b);
  });
  expect_reductions(comm, make, MPI::MINLOC, [](const Pair& a, const Pair& b) {
    return a.first != b.first ? (a.first < b.first ? a : b) : (a.second <= b.second ? a : b);
  });
  expect_reductions(comm, make, MPI::REPLACE, last_wins);
  expect_reductions(comm, make, MPI::NO_OP, first_wins);
}

/// `make(rank)` is a range of numbers of the same length on all ranks.
template <class Make, class F>
void expect_elementwise(const MPI::Intracomm& comm, Make&& make, const MPI::Op& op, F&& combine) {
  expect_reductions(comm, make, op, [&](const auto& a, const auto& b) {
    auto result = a;
    std::transform(std::begin(a), std::end(a), std::begin(b), std::begin(result), combine);
    return result;
  });
}

template <class T>
auto vector_of(std::size_t length) {
  return [length](int rank) {
    std::vector<T> values(length);
    for (std::size_t i = 0; i < length; ++i) values[i] = number<T>(rank + static_cast<int>(i));
    return values;
  };
}

}  // namespace

TEST_CASE("numbers of every type are reduced by every operator", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) { expect_arithmetic<int>(comm); });
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  expect_arithmetic<signed char>(comm);
  expect_arithmetic<unsigned short>(comm);
  expect_arithmetic<long long>(comm);
  expect_arithmetic<unsigned long>(comm);
  expect_arithmetic<float>(comm);
  expect_arithmetic<double>(comm);
  expect_arithmetic<long double>(comm);
  expect_arithmetic<char>(comm);  // no number for MPI itself
}

TEST_CASE("bools are reduced by every operator", "[comm][object]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  for (int pattern = 0; pattern < 1 << comm.Get_size(); ++pattern) {
    CAPTURE(pattern);
    const auto make = [&](int rank) { return (pattern >> rank) % 2 == 1; };
    const auto conjunction = [](bool a, bool b) { return a && b; };
    const auto disjunction = [](bool a, bool b) { return a || b; };
    const auto difference = [](bool a, bool b) { return a != b; };
    expect_reductions(comm, make, MPI::LAND, conjunction);
    expect_reductions(comm, make, MPI::BAND, conjunction);
    expect_reductions(comm, make, MPI::MIN, conjunction);
    expect_reductions(comm, make, MPI::PROD, conjunction);
    expect_reductions(comm, make, MPI::LOR, disjunction);
    expect_reductions(comm, make, MPI::BOR, disjunction);
    expect_reductions(comm, make, MPI::MAX, disjunction);
    expect_reductions(comm, make, MPI::SUM, disjunction);
    expect_reductions(comm, make, MPI::LXOR, difference);
    expect_reductions(comm, make, MPI::BXOR, difference);
  }
}

TEST_CASE("complex numbers are added and multiplied", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto check = [&]<class Real>(Real) {
      using Complex = std::complex<Real>;
      const auto make = [](int rank) {
        return Complex(static_cast<Real>(rank + 1), static_cast<Real>(-rank));
      };
      expect_reductions(comm, make, MPI::SUM, std::plus<>());
      expect_reductions(comm, make, MPI::PROD, std::multiplies<>());
      expect_reductions(comm, make, MPI::REPLACE, last_wins);
      expect_reductions(comm, make, MPI::NO_OP, first_wins);
    };
    check(1.0F);
    check(1.0);
    check(1.0L);
  });
}

TEST_CASE("MAXLOC and MINLOC find values and the smallest of their locations", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    // those that MPI knows
    expect_locations<std::pair<short, int>>(comm, {7, 3, 7, 3});
    expect_locations<std::pair<int, int>>(comm, {-1, -1, 5, 5});
    expect_locations<std::pair<long, int>>(comm, {4, 4, 4, 4});
    expect_locations<std::pair<float, int>>(comm, {1.5F, -2, 1.5F, -2});
    expect_locations<std::pair<double, int>>(comm, {0.5, 0.25, 0.125, 0.5});
    expect_locations<std::pair<long double, int>>(comm, {2, 1, 1, 2});
    // and those that it does not
    expect_locations<std::pair<int, long>>(comm, {9, 9, 1, 1});
    expect_locations<std::pair<long long, int>>(comm, {LLONG_MAX, LLONG_MIN, LLONG_MAX, 0});
    expect_locations<std::pair<char, std::size_t>>(comm, {'b', 'a', 'b', 'a'});
    expect_locations<std::pair<std::string, int>>(comm, {"pear", "apple", "pear", "apple"});
    expect_locations<std::pair<double, std::vector<int>>>(comm, {2, 2, 1, 1});
  });
}

TEST_CASE("a tuple of two is a value and a location too", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto make = [](int rank) { return std::tuple(rank % 2, 100 - rank); };
    const int last = comm.Get_size() - 1;
    const int odd = last - (last + 1) % 2, even = last - last % 2;
    REQUIRE(comm.allreduce(make(comm.Get_rank()), MPI::MINLOC) == make(even));
    REQUIRE(comm.allreduce(make(comm.Get_rank()), MPI::MAXLOC) == make(std::max(odd, 0)));
  });
}

TEST_CASE("pairs have an order", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto make = [](int rank) {
      return std::pair(rank % 2, std::string(static_cast<std::size_t>(rank), 'p'));
    };
    expect_reductions(comm, make, MPI::MAX,
                      [](const auto& a, const auto& b) { return std::max(a, b); });
    expect_reductions(comm, make, MPI::MIN,
                      [](const auto& a, const auto& b) { return std::min(a, b); });
    const auto numbers = [](int rank) { return std::pair(rank % 2, -rank); };
    expect_reductions(comm, numbers, MPI::MAX,
                      [](const auto& a, const auto& b) { return std::max(a, b); });
    expect_reductions(comm, numbers, MPI::MIN,
                      [](const auto& a, const auto& b) { return std::min(a, b); });
  });
}

TEST_CASE("strings concatenate in rank order", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    // without letters, with one, and beyond what fits one message
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{6'000}}) {
      CAPTURE(length);
      const auto make = [&](int rank) {
        return std::string(length + static_cast<std::size_t>(rank) % 2,
                           static_cast<char>('a' + rank));
      };
      expect_reductions(comm, make, MPI::SUM, std::plus<>());
      expect_reductions(comm, make, MPI::MAX,
                        [](const auto& a, const auto& b) { return std::max(a, b); });
      expect_reductions(comm, make, MPI::MIN,
                        [](const auto& a, const auto& b) { return std::min(a, b); });
      expect_reductions(comm, make, MPI::REPLACE, last_wins);
      expect_reductions(comm, make, MPI::NO_OP, first_wins);
    }
    // a literal is a string, here as everywhere
    std::string threefold;
    for (int rank = 0; rank < comm.Get_size(); ++rank) threefold += "ab";
    REQUIRE(comm.allreduce("ab") == threefold);
  });
}

TEST_CASE("vectors are reduced element by element", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{5'001}}) {
      CAPTURE(length);
      const auto doubles = vector_of<double>(length);
      expect_elementwise(comm, doubles, MPI::SUM, std::plus<>());
      expect_elementwise(comm, doubles, MPI::PROD, std::multiplies<>());
      expect_elementwise(comm, doubles, MPI::MAX,
                         [](double a, double b) { return std::max(a, b); });
      expect_elementwise(comm, doubles, MPI::MIN,
                         [](double a, double b) { return std::min(a, b); });
      // not one of MPI's own for doubles
      expect_elementwise(comm, doubles, MPI::LAND,
                         [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; });
      const auto words = vector_of<unsigned>(length);
      expect_elementwise(comm, words, MPI::BAND, std::bit_and<>());
      expect_elementwise(comm, words, MPI::BOR, std::bit_or<>());
      expect_elementwise(comm, words, MPI::BXOR, std::bit_xor<>());
      expect_elementwise(comm, words, MPI::LXOR,
                         [](unsigned a, unsigned b) { return (a != 0) != (b != 0) ? 1U : 0U; });
      expect_reductions(comm, words, MPI::REPLACE, last_wins);
      expect_reductions(comm, words, MPI::NO_OP, first_wins);
      const auto points = [&](int rank) {
        return std::vector<std::complex<float>>(length, {1.0F, static_cast<float>(rank)});
      };
      expect_elementwise(comm, points, MPI::SUM, std::plus<>());
    }
  });
}

TEST_CASE("arrays are reduced element by element", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto make = [](int rank) { return std::array<int, 3>{rank, -rank, 7}; };
    expect_elementwise(comm, make, MPI::SUM, std::plus<>());
    expect_elementwise(comm, make, MPI::MAX, [](int a, int b) { return std::max(a, b); });
    expect_reductions(comm, make, MPI::REPLACE, last_wins);
    const auto large = [](int rank) {
      std::array<double, 1'000> values{};
      values.fill(rank + 0.5);
      return values;
    };
    expect_elementwise(comm, large, MPI::SUM, std::plus<>());
    expect_elementwise(comm, large, MPI::LOR,
                       [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; });
  });
}

TEST_CASE("the default operator is SUM and the default root is 0", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size(), sum = size * (size - 1) / 2;
    REQUIRE(comm.reduce(rank) == (rank == 0 ? std::optional(sum) : std::nullopt));
    REQUIRE(comm.reduce(rank, {}) == (rank == 0 ? std::optional(sum) : std::nullopt));
    REQUIRE(comm.reduce(1 + rank, MPI::MAX) == (rank == 0 ? std::optional(size) : std::nullopt));
    REQUIRE(comm.reduce(rank, {.root = size - 1}) ==
            (rank == size - 1 ? std::optional(sum) : std::nullopt));
    REQUIRE(comm.allreduce(rank) == sum);
    REQUIRE(comm.scan(rank) == rank * (rank + 1) / 2);
    REQUIRE(comm.exscan(rank) == (rank > 0 ? std::optional(rank * (rank - 1) / 2) : std::nullopt));
  });
}

TEST_CASE("any callable is an operator", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto numbers = [](int rank) { return rank + 1; };
    expect_reductions(comm, numbers, std::plus<>(), std::plus<>());
    expect_reductions(comm, numbers, std::multiplies<int>(), std::multiplies<>());
    expect_reductions(comm, numbers, &add, std::plus<>());
    expect_reductions(comm, numbers, std::function<int(int, int)>(add), std::plus<>());
    // in rank order, strictly from the left
    expect_reductions(comm, numbers, std::minus<>(), std::minus<>());
    expect_reductions(
        comm, numbers, [](auto a, auto b) { return 10 * a + b; },
        [](int a, int b) { return 10 * a + b; });

    const auto words = [](int rank) {
      return std::string(static_cast<std::size_t>(rank + 1), static_cast<char>('a' + rank));
    };
    expect_reductions(comm, words, &join, join);
    expect_reductions(
        comm, words, [](auto a, auto b) { return "(" + a + b + ")"; },
        [](const std::string& a, const std::string& b) { return "(" + a + b + ")"; });
    expect_reductions(
        comm, words, [](const auto& a, const auto& b) { return a.size() < b.size() ? b : a; },
        [](const std::string& a, const std::string& b) { return a.size() < b.size() ? b : a; });

    // a member function of the left value
    struct Counter {
      int value = 0;
      Counter plus(const Counter& other) const { return {value + other.value}; }
      bool operator==(const Counter&) const = default;
    };
    expect_reductions(
        comm, [](int rank) { return Counter{rank}; }, &Counter::plus,
        [](const Counter& a, const Counter& b) { return a.plus(b); });
  });
}

TEST_CASE("the name of a function is an operator", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    REQUIRE(comm.allreduce(rank, add) == size * (size - 1) / 2);
    REQUIRE(comm.allreduce(rank, {.op = add}) == size * (size - 1) / 2);
    REQUIRE(comm.scan(rank, add) == rank * (rank + 1) / 2);
  });
}

TEST_CASE("a callable may keep state and change it", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for (int factor = 1; factor < 20; ++factor) {
      CAPTURE(factor);
      const auto combine = [factor](int a, int b) { return a + factor * b; };
      expect_reductions(
          comm, [](int peer) { return peer + 1; }, combine, combine);
      REQUIRE(comm.allreduce(1, {.op = [factor](int a, int b) { return a + factor * b; }}) ==
              1 + (size - 1) * factor);
    }
    int calls = 0;
    const auto counted = comm.reduce(
        rank, [&calls](int a, int b) { return ++calls, a + b; }, size - 1);
    REQUIRE(calls == (rank == size - 1 ? size - 1 : 0));
    REQUIRE(counted.has_value() == (rank == size - 1));
    int changing = 0;
    (void)comm.reduce(1, [changing](int a, int b) mutable { return a + b + changing++; });
    REQUIRE(changing == 0);
  });
}

TEST_CASE("aggregates and other objects are combined by a callable", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto summaries = [](int rank) {
      return Summary{1,
                     rank + 0.5,
                     std::vector<int>(static_cast<std::size_t>(rank) * 1'000 + 1, rank),
                     {{"all", 1}, {"rank " + std::to_string(rank), rank}}};
    };
    expect_reductions(comm, summaries, &merge, merge);
    expect_reductions(
        comm, summaries, [](const auto& a, const auto& b) { return merge(a, b); }, merge);
    expect_reductions(comm, summaries, MPI::REPLACE, last_wins);
    expect_reductions(comm, summaries, MPI::NO_OP, first_wins);

    // composition of functions does not commute
    const auto functions = [](int rank) { return Affine{rank + 2, rank}; };
    const auto compose = [](const Affine& f, const Affine& g) {
      return Affine{f.factor * g.factor, f.offset * g.factor + g.offset};
    };
    expect_reductions(comm, functions, compose, compose);

    const auto sets = [](int rank) { return std::set<int>{rank, rank / 2, 100}; };
    const auto unite = [](std::set<int> a, const std::set<int>& b) {
      a.insert(b.begin(), b.end());
      return a;
    };
    expect_reductions(comm, sets, unite, unite);

    // vectors of unequal lengths are as good as any objects where a callable combines them
    const auto lists = [](int rank) {
      return std::vector<int>(static_cast<std::size_t>(rank), rank);
    };
    const auto append = [](std::vector<int> a, const std::vector<int>& b) {
      a.insert(a.end(), b.begin(), b.end());
      return a;
    };
    expect_reductions(comm, lists, append, append);
  });
}

TEST_CASE("an operator made for buffers combines objects too", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const MPI::Op digits = MPI::Op::Create<int>([](int a, int b) { return 10 * a + b; });
    expect_reductions(
        comm, [](int rank) { return rank + 1; }, digits, [](int a, int b) { return 10 * a + b; });
    const auto compose = [](const Affine& f, const Affine& g) {
      return Affine{f.factor * g.factor, f.offset * g.factor + g.offset};
    };
    expect_reductions(
        comm,
        [](int rank) {
          return Affine{rank + 2, rank};
        },
        MPI::Op::Create<Affine>(compose), compose);
  });
}

TEST_CASE("REPLACE and NO_OP take vectors as they are, of any length", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto make = [](int rank) {
      return std::vector<int>(static_cast<std::size_t>(rank), rank);
    };
    expect_reductions(comm, make, MPI::REPLACE, last_wins);
    expect_reductions(comm, make, MPI::NO_OP, first_wins);
  });
}

TEST_CASE("vectors of unequal lengths cannot be reduced, and every rank says so",
          "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    if (comm.Get_size() == 1) return;
    const int size = comm.Get_size(), rank = comm.Get_rank();
    for (int odd_one = 0; odd_one < size; ++odd_one) {
      CAPTURE(odd_one);
      const std::vector<double> values(rank == odd_one ? 4 : 3, 1.0);
      const auto fails = [](auto&& call) { return error_class_of(call) == MPI::ERR_COUNT; };
      for (int root = 0; root < size; ++root) {
        CAPTURE(root);
        REQUIRE(fails([&] { (void)comm.reduce(values, MPI::SUM, root); }));
      }
      REQUIRE(fails([&] { (void)comm.allreduce(values); }));
      REQUIRE(fails([&] { (void)comm.allreduce(values, MPI::MAX); }));
      REQUIRE(fails([&] { (void)comm.scan(values); }));
      REQUIRE(fails([&] { (void)comm.exscan(values); }));
      // empty against not empty
      REQUIRE(fails([&] { (void)comm.allreduce(std::vector<int>(rank == odd_one ? 0 : 1)); }));
      expect_in_step(comm);
    }
  });
}

TEST_CASE("objects follow each other from loop to loop", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    // ranks that have no result run ahead of the root, which must not mix up their objects
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for (int step = 0; step < 60; ++step) {
      const int root = step % size;
      const auto make = [&](int peer) {
        return std::to_string(step) + ":" + std::to_string(peer) + ";";
      };
      const auto expected = fold<std::string>(size, make, std::plus<>());
      const auto reduced = comm.reduce(make(rank), MPI::SUM, root);
      if (rank == root) REQUIRE(*reduced == expected.back());
      REQUIRE(comm.scan(make(rank), MPI::SUM) == expected[static_cast<std::size_t>(rank)]);
    }
  });
}

// What follows is wrong on all ranks alike; each rank must come out of it, and the communicator be
// of use afterwards.

TEST_CASE("an operator that is not defined for the objects is an error on every rank",
          "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    if (comm.Get_size() == 1) return;  // nothing is combined
    const auto fails = [](auto&& call) { return error_class_of(call) == MPI::ERR_OP; };
    const auto refuses = [&](const auto& object, const MPI::Op& op) {
      REQUIRE(fails([&] { (void)comm.reduce(object, op, comm.Get_size() - 1); }));
      REQUIRE(fails([&] { (void)comm.allreduce(object, op); }));
      REQUIRE(fails([&] { (void)comm.scan(object, op); }));
      REQUIRE(fails([&] { (void)comm.exscan(object, op); }));
      expect_in_step(comm);
    };
    refuses(std::pair(1, 2), MPI::SUM);
    refuses(1.5, MPI::BAND);
    refuses(std::complex<double>(1, 2), MPI::MAX);
    refuses(1, MPI::MINLOC);
    refuses(std::vector<std::string>{"a"}, MPI::SUM);
    refuses(1, MPI::OP_NULL);
    refuses(1.5, MPI::Op::Create<int>([](int a, int b) { return a + b; }));
  });
}

TEST_CASE("vectors of unequal lengths fail on every rank under operators that MPI lacks for them",
          "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    if (comm.Get_size() == 1) return;
    const std::vector<double> values(comm.Get_rank() == comm.Get_size() - 1 ? 4 : 3, 1.0);
    const auto fails = [](auto&& call) { return error_class_of(call) == MPI::ERR_COUNT; };
    REQUIRE(fails([&] { (void)comm.reduce(values, MPI::LAND); }));
    REQUIRE(fails([&] { (void)comm.allreduce(values, MPI::LOR); }));
    REQUIRE(fails([&] { (void)comm.scan(values, MPI::LXOR); }));
    REQUIRE(fails([&] { (void)comm.exscan(values, MPI::LAND); }));
    expect_in_step(comm);
  });
}

TEST_CASE("after an exception in a callable the next reduction is not disturbed",
          "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for (int root = 0; root < size; ++root) {
      CAPTURE(root);
      bool caught = false;
      try {
        (void)comm.reduce(
            "of the first reduction;",
            [](const std::string&, const std::string&) -> std::string {
              throw std::runtime_error("cannot combine");
            },
            root);
      } catch (const std::runtime_error& error) {
        caught = error.what() == std::string("cannot combine");
      }
      REQUIRE(caught == (size > 1 && rank == root));
      const auto next = comm.reduce("next;", MPI::SUM, root);
      std::string expected;
      for (int peer = 0; peer < size; ++peer) expected += "next;";
      if (rank == root) REQUIRE(*next == expected);
    }
  });
}
