// SPDX-License-Identifier: MIT
// ranks: 1 2 3
// Reduction operators: the predefined ones on values, and those made from callables.
#include "support/catch.hpp"
#include "support/communicators.hpp"

#include <mpi4cxx/MPI.hpp>

#include <sys/mman.h>

#include <complex>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

/// x -> factor * x + offset: composition is associative and does not commute.
struct Affine {
  long factor = 1, offset = 0;
  bool operator==(const Affine&) const = default;
};
Affine compose(const Affine& f, const Affine& g) {
  return {f.factor * g.factor % 1'009, (f.offset * g.factor + g.offset) % 1'009};
}
/// 2x2 matrices: their products do not commute.
using Matrix = std::array<long, 4>;
Matrix product(const Matrix& a, const Matrix& b) {
  return {(a[0] * b[0] + a[1] * b[2]) % 1'009, (a[0] * b[1] + a[1] * b[3]) % 1'009,
          (a[2] * b[0] + a[3] * b[2]) % 1'009, (a[2] * b[1] + a[3] * b[3]) % 1'009};
}
Matrix matrix_of(int rank, std::size_t i) {
  return {rank + 2, static_cast<long>(i) % 5, 1, rank + static_cast<long>(i) % 3 + 1};
}

Affine of_rank(int rank, std::size_t i) {
  return {rank + 2, rank + static_cast<long>(i) % 7 + 1};
}

/// Compares by the key alone, so that equal values can be told apart.
struct Card {
  int key = 0;
  char mark = 0;
  bool operator==(const Card&) const = default;
  bool operator<(const Card& other) const { return key < other.key; }
};

template <class F>
bool is_op_error(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    return error.Get_error_class() == MPI::ERR_OP;
  }
  return false;
}

int sum_of_ranks(const MPI::Intracomm& comm) {
  return comm.Get_size() * (comm.Get_size() - 1) / 2;
}

}  // namespace

TEST_CASE("predefined operators work on numbers", "[op]") {
  REQUIRE(MPI::SUM(2, 3) == 5);
  REQUIRE(MPI::PROD(2, 3) == 6);
  REQUIRE(MPI::MAX(2, 3) == 3);
  REQUIRE(MPI::MIN(2, 3) == 2);
  REQUIRE(MPI::MAX(-0.5, -1.5) == -0.5);
  REQUIRE(MPI::BAND(6, 3) == 2);
  REQUIRE(MPI::BOR(6, 3) == 7);
  REQUIRE(MPI::BXOR(6, 3) == 5);
  REQUIRE(MPI::BAND(~0UL, 0xf0UL) == 0xf0UL);
  REQUIRE(MPI::REPLACE(2, 3) == 3);
  REQUIRE(MPI::NO_OP(2, 3) == 2);
  REQUIRE(MPI::SUM(std::complex<double>(1, 2), std::complex<double>(3, -1)) ==
          std::complex<double>(4, 1));
  // of two types: in their common one
  REQUIRE(MPI::SUM(2, 0.5) == 2.5);
  REQUIRE(MPI::MAX(1, 1'000'000'000'000) == 1'000'000'000'000);
}

TEST_CASE("logical and bitwise operators have the right truth tables", "[op]") {
  for (const bool a : {false, true})
    for (const bool b : {false, true}) {
      CAPTURE(a, b);
      REQUIRE(MPI::LAND(a, b) == (a && b));
      REQUIRE(MPI::LOR(a, b) == (a || b));
      REQUIRE(MPI::LXOR(a, b) == (a != b));
      REQUIRE(MPI::BAND(a, b) == (a && b));
      REQUIRE(MPI::BOR(a, b) == (a || b));
      REQUIRE(MPI::BXOR(a, b) == (a != b));
      // any number but 0 is true; the result is 0 or 1
      const int x = a ? 6 : 0, y = b ? -9 : 0;
      REQUIRE(MPI::LAND(x, y) == (a && b ? 1 : 0));
      REQUIRE(MPI::LOR(x, y) == (a || b ? 1 : 0));
      REQUIRE(MPI::LXOR(x, y) == (a != b ? 1 : 0));
      REQUIRE(MPI::LAND(x * 0.25, y * 0.25) == (a && b ? 1.0 : 0.0));
      REQUIRE(MPI::LXOR(x * 0.25, y * 0.25) == (a != b ? 1.0 : 0.0));
    }
}

TEST_CASE("MAX and MIN of equal values give the left one", "[op]") {
  const Card left{5, 'l'}, right{5, 'r'}, low{4, 'x'};
  REQUIRE((MPI::MAX(left, right) == left));
  REQUIRE((MPI::MIN(left, right) == left));
  REQUIRE((MPI::MAX(low, right) == right));
  REQUIRE((MPI::MAX(right, low) == right));
  REQUIRE((MPI::MIN(low, right) == low));
  REQUIRE((MPI::MIN(right, low) == low));
}

TEST_CASE("MAXLOC and MINLOC of equal values take the smaller location, in either order", "[op]") {
  const auto check = [](auto low, auto high, auto first, auto last) {
    using Pair = std::pair<decltype(low), decltype(first)>;
    const Pair a(low, first), b(low, last), c(high, first), d(high, last);
    for (const MPI::Op& op : {MPI::MAXLOC, MPI::MINLOC}) {
      REQUIRE((op(a, b) == a));
      REQUIRE((op(b, a) == a));
      REQUIRE((op(d, c) == c));
      REQUIRE((op(a, a) == a));
    }
    for (const auto& [x, y] : {std::pair(a, d), std::pair(b, c), std::pair(a, c)}) {
      REQUIRE((MPI::MAXLOC(x, y) == y));
      REQUIRE((MPI::MAXLOC(y, x) == y));
      REQUIRE((MPI::MINLOC(x, y) == x));
      REQUIRE((MPI::MINLOC(y, x) == x));
    }
  };
  check(1, 2, 10, 20);
  check(1.5, 2.5, 0, 1);
  check(std::string("a"), std::string("b"), 3L, 4L);
  check(-1, 0, std::vector<int>{1, 2}, std::vector<int>{1, 3});
  // values that have no order count as equal
  const double nan = std::numeric_limits<double>::quiet_NaN();
  REQUIRE(MPI::MAXLOC(std::pair(nan, 2), std::pair(1.0, 1)).second == 1);
  REQUIRE(MPI::MINLOC(std::pair(1.0, 1), std::pair(nan, 2)).second == 1);
  // a tuple of two will do
  REQUIRE(MPI::MINLOC(std::tuple(3, 'b'), std::tuple(3, 'a')) == std::tuple(3, 'a'));
}

TEST_CASE("predefined operators work on strings, vectors and arrays", "[op]") {
  using Vector = std::vector<int>;
  REQUIRE(MPI::SUM(std::string("ab"), std::string("c")) == "abc");
  REQUIRE(MPI::MAX(std::string("ab"), std::string("b")) == "b");
  REQUIRE(MPI::SUM(Vector{1, 2, 3}, Vector{10, 20, 30}) == Vector{11, 22, 33});
  REQUIRE(MPI::MAX(Vector{1, 5}, Vector{3, 2}) == Vector{3, 5});
  REQUIRE(MPI::SUM(Vector{}, Vector{}).empty());
  REQUIRE(MPI::PROD(std::array<double, 2>{2, 3}, std::array<double, 2>{4, 0.5}) ==
          std::array<double, 2>{8, 1.5});
  REQUIRE_THROWS_AS(MPI::SUM(Vector{1}, Vector{1, 2}), MPI::Exception);
}

TEST_CASE("operators that are not defined for the values say so", "[op]") {
  REQUIRE(is_op_error([] { (void)MPI::OP_NULL(1, 2); }));
  REQUIRE(is_op_error([] { (void)MPI::Op()(std::string("a"), std::string("b")); }));
  REQUIRE(is_op_error([] { (void)MPI::BAND(1.5, 2.5); }));
  REQUIRE(is_op_error([] { (void)MPI::SUM(std::pair(1, 2), std::pair(3, 4)); }));
  REQUIRE(is_op_error([] { (void)MPI::MINLOC(1, 2); }));
  REQUIRE(
      is_op_error([] { (void)MPI::MAX(std::complex<float>(1, 2), std::complex<float>(2, 1)); }));
}

TEST_CASE("OP_NULL is no operator", "[op]") {
  REQUIRE_FALSE(MPI::OP_NULL);
  REQUIRE(MPI::OP_NULL == MPI::Op());
  REQUIRE(MPI::OP_NULL.native() == MPI_OP_NULL);
  const int one = 1;
  int sum = 0;
  REQUIRE(is_op_error([&] { MPI::COMM_WORLD.Allreduce(one, sum, MPI::OP_NULL); }));
  REQUIRE(is_op_error([&] { (void)MPI::COMM_WORLD.Iallreduce(one, sum, MPI::OP_NULL); }));
  MPI::Op null;
  REQUIRE(is_op_error([&] { null.Free(); }));
  MPI::COMM_WORLD.Allreduce(one, sum);
  REQUIRE(sum == MPI::COMM_WORLD.Get_size());
}

TEST_CASE("predefined operators are what they are", "[op]") {
  for (const MPI::Op& op : {MPI::MAX, MPI::MIN, MPI::SUM, MPI::PROD, MPI::LAND, MPI::LOR, MPI::LXOR,
                            MPI::BAND, MPI::BOR, MPI::BXOR, MPI::MAXLOC, MPI::MINLOC}) {
    REQUIRE(op);
    REQUIRE(op.is_predefined());
    REQUIRE(op.Is_commutative());
    REQUIRE(op.is_commutative());
    MPI::Op copy = op;
    REQUIRE(copy == op);
    REQUIRE(is_op_error([&] { copy.Free(); }));
  }
  for (const MPI::Op& op : {MPI::REPLACE, MPI::NO_OP, MPI::OP_NULL}) REQUIRE(op.is_predefined());
  REQUIRE(MPI::SUM != MPI::PROD);
  REQUIRE(MPI::SUM.native() == MPI_SUM);
  REQUIRE(MPI::MINLOC.native() == MPI_MINLOC);
}

TEST_CASE("an operator made from a callable reduces buffers of any length", "[op]") {
  const MPI::Op add = MPI::Op::Create<int>([](int a, int b) { return a + b; }, {.commute = true});
  REQUIRE(add);
  REQUIRE_FALSE(add.is_predefined());
  REQUIRE(add.Is_commutative());
  for_each_communicator([&](const MPI::Intracomm& comm) {
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{100'003}}) {
      CAPTURE(length);
      std::vector<int> mine(length), result(length), expected(length);
      for (std::size_t i = 0; i < length; ++i) {
        mine[i] = comm.Get_rank() + static_cast<int>(i);
        expected[i] = sum_of_ranks(comm) + comm.Get_size() * static_cast<int>(i);
      }
      comm.Allreduce(mine, result, add);
      REQUIRE((result == expected));
      comm.Iallreduce(mine, result, {.op = add}).Wait();
      REQUIRE((result == expected));
    }
  });
}

TEST_CASE("an operator that does not commute meets its elements in rank order", "[op]") {
  const MPI::Op composition = MPI::Op::Create<Affine>(compose);
  REQUIRE_FALSE(composition.Is_commutative());
  REQUIRE_FALSE(composition.is_commutative());
  for_each_communicator([&](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for (const std::size_t length : {std::size_t{1}, std::size_t{5'001}}) {
      CAPTURE(length);
      std::vector<Affine> mine(length), all(length), upto(length), before(length);
      for (std::size_t i = 0; i < length; ++i) {
        mine[i] = of_rank(rank, i);
        for (int peer = 0; peer < size; ++peer) {
          all[i] = compose(all[i], of_rank(peer, i));
          if (peer <= rank) upto[i] = compose(upto[i], of_rank(peer, i));
          if (peer < rank) before[i] = compose(before[i], of_rank(peer, i));
        }
      }
      for (int root = 0; root < size; ++root) {
        CAPTURE(root);
        std::vector<Affine> result(length);
        comm.Reduce(mine, result, {.op = composition, .root = root});
        if (rank == root) REQUIRE((result == all));
      }
      std::vector<Affine> result(length);
      comm.Allreduce(mine, result, composition);
      REQUIRE((result == all));
      comm.Scan(mine, result, composition);
      REQUIRE((result == upto));
      result.assign(length, Affine());
      comm.Exscan(mine, result, composition);
      REQUIRE((result == before));
    }
  });
}

TEST_CASE("callables with state each keep their own", "[op]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  std::vector<MPI::Op> operators;
  for (int modulus = 2; modulus < 102; ++modulus)
    operators.push_back(MPI::Op::Create<int>([modulus](int a, int b) { return (a + b) % modulus; },
                                             modulus % 2 == 0));
  for (int i = 0; i < 100; ++i) {
    const int modulus = i + 2;
    const std::vector<int> mine{rank % modulus, 1, (rank + 50) % modulus};
    std::vector<int> sums(3);
    const MPI::Op& op = operators[static_cast<std::size_t>(i)];
    comm.Allreduce(mine, sums, op);
    int third = 0;
    for (int peer = 0; peer < size; ++peer) third += peer + 50;
    if (size > 1)
      REQUIRE(sums ==
              std::vector<int>{sum_of_ranks(comm) % modulus, size % modulus, third % modulus});
    REQUIRE(op.Is_commutative() == (modulus % 2 == 0));
    REQUIRE(op(modulus - 1, 2) == 1);
  }
}

TEST_CASE("operators are freed by scope and made anew without end", "[op]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  for (int i = 0; i < 1'000; ++i) {
    const MPI::Op op = MPI::Op::Create<long>([i](long a, long b) { return a + b + i; });
    if (i % 100 != 0) continue;
    const long mine = rank;
    long result = 0;
    comm.Allreduce(mine, result, op);
    REQUIRE(result == sum_of_ranks(comm) + (size - 1) * i);
  }
}

TEST_CASE("any number of operators with state is alive at once", "[op]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  std::vector<MPI::Op> operators;
  for (int i = 0; i < 300; ++i)
    operators.push_back(MPI::Op::Create<long>([i](long a, long b) { return a + b + i; }));
  const auto expected = [&](int i) { return sum_of_ranks(comm) + (size - 1) * long{i}; };
  const std::vector<long> mine(3, rank);
  std::vector<long> result(3);
  for (const int i : {0, 127, 128, 129, 299, 299}) {
    CAPTURE(i);
    const MPI::Op& op = operators[static_cast<std::size_t>(i)];
    REQUIRE(op(1L, 2L) == 3 + i);
    comm.Allreduce(mine, result, op);
    REQUIRE(result == std::vector<long>(3, expected(i)));
    for (int root = 0; root < size; ++root) {
      long one = -1;
      const long given = rank;
      comm.Reduce(given, one, {.op = op, .root = root});
      if (rank == root) REQUIRE(one == expected(i));
    }
    long scanned = -1;
    const long given = rank;
    comm.Scan(given, scanned, op);
    REQUIRE(scanned == rank * (rank + 1) / 2 + long{rank} * i);
    long left = 10, right = 20;
    op.Reduce_local(left, right);
    REQUIRE(right == 30 + i);
    // a derived type is refused or works
    const MPI::Datatype pair = MPI::LONG.Create_contiguous(2).Commit();
    std::vector<long> two{1, 2};
    if (i < 128) {
      op.Reduce_local({two, 1, pair}, {result, 1, pair});
      REQUIRE(result == std::vector<long>{expected(i) + 1 + i, expected(i) + 2 + i, expected(i)});
    } else {
      REQUIRE(is_op_error([&] { op.Reduce_local({two, 1, pair}, {result, 1, pair}); }));
    }
  }
  // a nonblocking reduction keeps the last of them
  MPI::Request request = comm.Iallreduce(mine, result, operators.back());
  operators.clear();
  request.Wait();
  REQUIRE(result == std::vector<long>(3, expected(299)));
}

TEST_CASE("any number of operators without state is alive at once", "[op]") {
  std::vector<MPI::Op> operators;
  for (int i = 0; i < 1'000; ++i) operators.push_back(MPI::Op::Create<int>(std::minus<>()));
  int sum = 0, left = 5, right = 3;
  operators.back().Reduce_local(left, right);
  REQUIRE(right == 2);
  operators.front().Free();
  const int one = 1;
  MPI::COMM_SELF.Allreduce(one, sum, operators.back());
  REQUIRE(sum == 1);
}

TEST_CASE("Reduce_local combines two buffers", "[op]") {
  const std::vector<int> left{1, 5, 3};
  std::vector<int> right{4, 2, 6};
  MPI::SUM.Reduce_local(left, right);
  REQUIRE(right == std::vector<int>{5, 7, 9});
  MPI::MAX.Reduce_local({left, 2}, {right, 2});
  REQUIRE(right == std::vector<int>{5, 7, 9});
  MPI::MIN.Reduce_local({left, 2}, {right, 2});
  REQUIRE(right == std::vector<int>{1, 5, 9});
  // the left one stands on the left
  MPI::Op::Create<int>(std::minus<>()).Reduce_local(left, right);
  REQUIRE(right == std::vector<int>{0, 0, -6});
  // nothing
  std::vector<int> none, nothing;
  MPI::SUM.Reduce_local(none, nothing);
  MPI::Op::Create<int>(std::minus<>()).Reduce_local(none, nothing);
  std::pair<double, int> best{2.0, 7}, other{2.0, 3};
  MPI::MAXLOC.Reduce_local(best, other);
  REQUIRE(other.second == 3);

  const auto error_class = [](auto&& call) {
    try {
      call();
    } catch (const MPI::Exception& error) {
      return error.Get_error_class();
    }
    return MPI::SUCCESS;
  };
  std::vector<double> reals(3, 0.5);
  REQUIRE(error_class([&] { MPI::SUM.Reduce_local({left, 2}, right); }) == MPI::ERR_COUNT);
  REQUIRE(error_class([&] { MPI::SUM.Reduce_local(left, reals); }) == MPI::ERR_TYPE);
  REQUIRE(error_class([&] { MPI::BAND.Reduce_local(reals, reals); }) == MPI::ERR_OP);
  REQUIRE(error_class([&] { MPI::OP_NULL.Reduce_local(left, right); }) == MPI::ERR_OP);
  REQUIRE(error_class([&] { MPI::SUM.Reduce_local(MPI::IN_PLACE, right); }) == MPI::ERR_BUFFER);
  REQUIRE(right == std::vector<int>{0, 0, -6});
  REQUIRE(reals == std::vector<double>(3, 0.5));
}

TEST_CASE("operators on elements take derived types that are made of them without gaps", "[op]") {
  const MPI::Op add = MPI::Op::Create<float>(std::plus<>());
  const MPI::Datatype three = MPI::FLOAT.Create_contiguous(3).Commit(),
                      other = MPI::INT.Create_contiguous(3).Commit(),
                      gaps = MPI::FLOAT.Create_vector(2, 1, 2).Commit(),
                      card = MPI::Datatype::of<Card>(MPI::as_struct);
  for_each_communicator([&](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const std::vector<float> mine(6, static_cast<float>(rank));
    std::vector<float> result(6, -1);
    comm.Allreduce({mine, 2, three}, {result, 2, three}, add);
    REQUIRE(result == std::vector<float>(6, static_cast<float>(sum_of_ranks(comm))));
    REQUIRE_THROWS_AS(comm.Allreduce({mine, 1, other}, {result, 1, other}, add), MPI::Exception);
    REQUIRE_THROWS_AS(comm.Allreduce({mine, 1, gaps}, {result, 1, gaps}, add), MPI::Exception);
    REQUIRE(is_op_error([&] { comm.Allreduce({mine, 1, three}, {result, 1, three}, MPI::SUM); }));
    // an aggregate as a struct type is the same elements
    const Card drawn{rank * 7 % 3, static_cast<char>('a' + rank)};
    std::vector<Card> best(1);
    comm.Allreduce({&drawn, 1, card}, {best, 1, card},
                   MPI::Op::Create<Card>([](Card a, Card b) { return a < b ? b : a; }));
    Card expected{0, 'a'};
    for (int peer = 1; peer < size; ++peer)
      if (peer * 7 % 3 > expected.key) expected = {peer * 7 % 3, static_cast<char>('a' + peer)};
    REQUIRE((best[0] == expected));
  });
}

TEST_CASE("an operator on memory takes elements of any datatype", "[op]") {
  // every second int, the others left alone
  const MPI::Datatype spread = MPI::INT.Create_resized(0, 2 * sizeof(int)).Commit();
  const int offset = MPI::COMM_SELF.Get_size() + 2;
  const MPI::Op add = MPI::Op::Create(
      [offset](std::span<const std::byte> in, std::span<std::byte> inout,
               const MPI::Datatype& type) {
        REQUIRE(in.size() == inout.size());
        for (std::size_t at = 0; at < in.size(); at += static_cast<std::size_t>(type.extent()))
          *reinterpret_cast<int*>(&inout[at]) += *reinterpret_cast<const int*>(&in[at]) + offset;
      },
      true);
  REQUIRE(add.Is_commutative());
  REQUIRE(is_op_error([&] { (void)add(1, 2); }));
  for_each_communicator([&](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const std::vector<int> mine{rank, 100, 2 * rank, 100, 1};
    std::vector<int> result{-1, -2, -3, -4, -5};
    comm.Allreduce({mine, 3, spread}, {result, 3, spread}, add);
    const int sum = sum_of_ranks(comm), more = (size - 1) * offset;
    REQUIRE(result == std::vector<int>{sum + more, -2, 2 * sum + more, -4, size + more});
    comm.Allreduce({mine, 2}, {result, 2}, add);
    REQUIRE(result[1] == 100 * size + more);
  });
}

TEST_CASE("an operator of one's own sees more elements than an int counts", "[op]") {
  // of the memory nothing is touched, so that there is none
  constexpr std::size_t many = 3'000'000'000;
  const auto reserve = [] {
    return static_cast<char*>(mmap(nullptr, many, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  };
  char *const left = reserve(), *const right = reserve();
  std::size_t seen = 0;
  const MPI::Op count = MPI::Op::Create([&seen](std::span<const std::byte> in, std::span<std::byte>,
                                                const MPI::Datatype&) { seen += in.size(); });
  count.Reduce_local({left, many}, {right, many});
  REQUIRE(seen == many);
  munmap(left, many);
  munmap(right, many);
}

TEST_CASE("copies share an operator, and the last one lets its callable go", "[op]") {
  auto alive = std::make_shared<int>(3);
  const std::weak_ptr<int> watched = alive;
  std::optional<MPI::Op> first =
      MPI::Op::Create<int>([alive](int a, int b) { return a + b + *alive; });
  alive.reset();
  MPI::Op second = *first;
  REQUIRE(second == *first);
  first.reset();
  REQUIRE_FALSE(watched.expired());
  REQUIRE(second(1, 1) == 5);
  MPI::Op third = std::move(second);
  second = MPI::SUM;
  REQUIRE_FALSE(watched.expired());
  {
    const MPI::Op last = third;
    REQUIRE(last(1, 2) == 6);
  }
  third = MPI::SUM;
  REQUIRE(watched.expired());
}

TEST_CASE("Free ends an operator for all its copies", "[op]") {
  MPI::Op op = MPI::Op::Create<int>(std::plus<>());
  const MPI::Op copy = op;
  op.Free();
  REQUIRE_FALSE(op);
  REQUIRE_FALSE(copy);
  REQUIRE(copy == MPI::OP_NULL);
  int one = 1, sum = 0;
  REQUIRE(is_op_error([&] { MPI::COMM_WORLD.Allreduce(one, sum, copy); }));
  // its place is taken by the next one
  op = MPI::Op::Create<int>(std::multiplies<>());
  MPI::COMM_WORLD.Allreduce(one, sum, op);
  REQUIRE(sum == 1);
}

TEST_CASE("an operator made for buffers works on values of its type", "[op]") {
  const MPI::Op minus = MPI::Op::Create<int>(std::minus<>());
  REQUIRE(minus(7, 2) == 5);
  const MPI::Op composition = MPI::Op::Create<Affine>(compose);
  REQUIRE((composition(Affine{2, 1}, Affine{3, 5}) == compose({2, 1}, {3, 5})));
  REQUIRE(is_op_error([&] { (void)minus(1.5, 2.5); }));
  REQUIRE(is_op_error([&] { (void)minus(std::string("a"), std::string("b")); }));
  REQUIRE(is_op_error([&] { (void)composition(1, 2); }));
}

TEST_CASE("an operator refuses buffers of elements of another size", "[op]") {
  const MPI::Op add = MPI::Op::Create<double>(std::plus<>());
  for_each_communicator([&](const MPI::Intracomm& comm) {
    std::vector<int> mine(4, 1), result(4, -1);
    REQUIRE_THROWS_AS(comm.Allreduce(mine, result, add), MPI::Exception);
    REQUIRE_THROWS_AS(comm.Reduce(mine, result, {.op = add}), MPI::Exception);
    REQUIRE_THROWS_AS(comm.Scan(mine, result, add), MPI::Exception);
    REQUIRE_THROWS_AS(comm.Exscan(mine, result, add), MPI::Exception);
    const std::vector<int> all(4 * static_cast<std::size_t>(comm.Get_size()), 1);
    REQUIRE_THROWS_AS(comm.Reduce_scatter_block(all, result, add), MPI::Exception);
    REQUIRE_THROWS_AS(comm.Iallreduce(mine, result, add), MPI::Exception);
    REQUIRE(result == std::vector<int>(4, -1));
    comm.Barrier();
  });
}

TEST_CASE("an operator refuses buffers of elements of another type", "[op]") {
  // as large as an int, but no int: the result would be nonsense
  const MPI::Op add = MPI::Op::Create<float>(std::plus<>());
  for_each_communicator([&](const MPI::Intracomm& comm) {
    std::vector<int> mine(4, 1), result(4, -1);
    REQUIRE_THROWS_AS(comm.Allreduce(mine, result, add), MPI::Exception);
    REQUIRE(result == std::vector<int>(4, -1));
    comm.Barrier();
  });
}

TEST_CASE("a nonblocking reduction keeps its operator alive", "[op]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const int offset = size + 5;
    const std::vector<int> mine{rank, 1};
    std::vector<int> result(2), scanned(2);
    MPI::Request request = comm.Iallreduce(
        mine, result, MPI::Op::Create<int>([offset](int a, int b) { return a + b + offset; }));
    MPI::Request other =
        comm.Iscan(mine, scanned, {.op = MPI::Op::Create<int>([](int a, int b) { return a + b; })});
    // takes the place of the first one where that is free
    const MPI::Op decoy = MPI::Op::Create<int>([](int, int) { return -1'000; });
    request.Wait();
    other.Wait();
    REQUIRE(result ==
            std::vector<int>{sum_of_ranks(comm) + (size - 1) * offset, size + (size - 1) * offset});
    REQUIRE(scanned == std::vector<int>{rank * (rank + 1) / 2, rank + 1});
    REQUIRE(decoy(1, 1) == -1'000);
  });
}

TEST_CASE("operators work on bools, pairs and arrays in buffers", "[op]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    // a location that MPI has no pair for
    using Best = std::pair<double, int>;
    const MPI::Op last_best =
        MPI::Op::Create<Best>([](Best a, Best b) { return a.first > b.first ? a : b; });
    const std::vector<Best> mine{{1.0, rank}, {-rank, rank}};
    std::vector<Best> result(2);
    comm.Allreduce(mine, result, last_best);
    REQUIRE((result == std::vector<Best>{{1.0, size - 1}, {0.0, 0}}));
    const MPI::Op differ = MPI::Op::Create<bool>([](bool a, bool b) { return a != b; });
    const bool odd = rank % 2 == 1;
    bool parity = false;
    comm.Allreduce(odd, parity, differ);
    REQUIRE(parity == (size / 2 % 2 == 1));
  });
}

TEST_CASE("an operator on arrays takes whole arrays of a buffer, which are flat", "[op]") {
  const int none = MPI::COMM_WORLD.Get_size() - MPI::COMM_WORLD.Get_size();
  std::vector<MPI::Op> operators{MPI::Op::Create<Matrix>(product)};
  // beyond those that MPI calls directly
  for (int i = 0; i < 130; ++i)
    operators.push_back(MPI::Op::Create<Matrix>([none](const Matrix& a, const Matrix& b) {
      Matrix made = product(a, b);
      made[0] += none;
      return made;
    }));
  for (const MPI::Op& multiply : {operators.front(), operators.back()})
    for_each_communicator([&](const MPI::Intracomm& comm) {
      const int rank = comm.Get_rank(), size = comm.Get_size();
      const auto ranks = static_cast<std::size_t>(size);
      for (const std::size_t length :
           {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{5'001}}) {
        CAPTURE(length);
        std::vector<Matrix> mine(length), all(length), upto(length), before(length);
        for (std::size_t i = 0; i < length; ++i) {
          mine[i] = matrix_of(rank, i);
          all[i] = upto[i] = before[i] = {1, 0, 0, 1};
          for (int peer = 0; peer < size; ++peer) {
            all[i] = product(all[i], matrix_of(peer, i));
            if (peer <= rank) upto[i] = product(upto[i], matrix_of(peer, i));
            if (peer < rank) before[i] = product(before[i], matrix_of(peer, i));
          }
        }
        std::vector<Matrix> result(length);
        comm.Allreduce(mine, result, multiply);
        REQUIRE((result == all));
        result = mine;
        comm.Allreduce(MPI::IN_PLACE, result, multiply);
        REQUIRE((result == all));
        result.assign(length, {});
        comm.Iallreduce(mine, result, multiply).Wait();
        REQUIRE((result == all));
        comm.Scan(mine, result, multiply);
        REQUIRE((result == upto));
        comm.Exscan(mine, result, multiply);
        if (rank > 0) REQUIRE((result == before));
        for (int root = 0; root < size; ++root) {
          CAPTURE(root);
          result = mine;
          comm.Reduce(mine, result, {.op = multiply, .root = root});
          REQUIRE((result == (rank == root ? all : mine)));
          if (rank == root)
            comm.Reduce(MPI::IN_PLACE, result = mine, {.op = multiply, .root = root});
          else
            comm.Reduce(mine, MPI::None, {.op = multiply, .root = root});
          REQUIRE((result == (rank == root ? all : mine)));
        }
        result = mine;
        multiply.Reduce_local(all, result);
        for (std::size_t i = 0; i < length; ++i) all[i] = product(all[i], mine[i]);
        REQUIRE((result == all));
      }

      // one array, its scalars alone, and a count of scalars
      const Matrix one = matrix_of(rank, 0);
      Matrix expected{1, 0, 0, 1}, got{};
      for (int peer = 0; peer < size; ++peer) expected = product(expected, matrix_of(peer, 0));
      comm.Allreduce(one, got, multiply);
      REQUIRE(got == expected);
      std::vector<long> flat(one.begin(), one.end()), sums(4);
      comm.Allreduce(flat, sums, multiply);
      REQUIRE(sums == std::vector<long>(expected.begin(), expected.end()));
      const MPI::Datatype element = MPI::Datatype::of<Matrix>();
      got = {};
      comm.Allreduce({one, element}, {got, element}, multiply);
      REQUIRE(got == expected);

      // blocks, too, are of whole arrays
      std::vector<Matrix> blocks(2 * ranks), own(2), wanted(2);
      for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = matrix_of(rank, i);
      for (std::size_t i = 0; i < 2; ++i) {
        wanted[i] = {1, 0, 0, 1};
        for (int peer = 0; peer < size; ++peer)
          wanted[i] = product(wanted[i], matrix_of(peer, 2 * static_cast<std::size_t>(rank) + i));
      }
      comm.Reduce_scatter_block(blocks, own, multiply);
      REQUIRE((own == wanted));
      own.assign(2, {});
      const std::vector<int> counts(ranks, 8);
      comm.Reduce_scatter(blocks, own, counts, multiply);
      REQUIRE((own == wanted));
      own.assign(2, {});
      comm.Ireduce_scatter(blocks, own, counts, multiply).Wait();
      REQUIRE((own == wanted));
      comm.Reduce_scatter_block(MPI::IN_PLACE, blocks, multiply);
      REQUIRE((std::vector<Matrix>(blocks.begin(), blocks.begin() + 2) == wanted));

      const auto error_class = [](auto&& call) {
        try {
          call();
        } catch (const MPI::Exception& error) {
          return error.Get_error_class();
        }
        return MPI::SUCCESS;
      };
      const std::vector<long> odd(6);
      std::vector<long> six(6), all_six(6 * ranks);
      REQUIRE(error_class([&] { comm.Allreduce(odd, six, multiply); }) == MPI::ERR_COUNT);
      REQUIRE(error_class([&] { multiply.Reduce_local(odd, six); }) == MPI::ERR_COUNT);
      REQUIRE(error_class([&] { comm.Reduce_scatter_block(all_six, six, multiply); }) ==
              MPI::ERR_COUNT);
      REQUIRE(error_class([&] {
                comm.Reduce_scatter(all_six, six, std::vector<int>(ranks, 6), multiply);
              }) == MPI::ERR_COUNT);
      const std::vector<double> reals(4);
      std::vector<double> others(4);
      REQUIRE(error_class([&] { comm.Allreduce(reals, others, multiply); }) == MPI::ERR_TYPE);
      const std::vector<int> ints(8);
      std::vector<int> more(8);
      REQUIRE(error_class([&] { comm.Allreduce(ints, more, multiply); }) == MPI::ERR_TYPE);
      comm.Barrier();
    });
}

TEST_CASE("an operator takes numbers of its own sort only", "[op]") {
  const auto refuses = [](const MPI::Op& op, const auto& element) {
    const auto mine = element;
    auto result = element;
    try {
      op.Reduce_local(mine, result);
    } catch (const MPI::Exception& error) {
      return error.Get_error_class() == MPI::ERR_TYPE && result == element;
    }
    return false;
  };
  const MPI::Op whole = MPI::Op::Create<int>(std::plus<>()),
                large = MPI::Op::Create<long>(std::plus<>()),
                real = MPI::Op::Create<double>(std::plus<>()),
                complex = MPI::Op::Create<std::complex<float>>(std::plus<>()),
                affine = MPI::Op::Create<Affine>(compose),
                best = MPI::Op::Create<std::pair<double, int>>(
                    [](auto a, auto b) { return a < b ? b : a; });
  const std::complex<float> z(1, 2);
  using Complexes = std::array<std::complex<float>, 2>;
  REQUIRE(refuses(whole, z));
  REQUIRE(refuses(large, z));
  REQUIRE(refuses(real, z));
  REQUIRE(refuses(affine, Complexes{z, z}));
  REQUIRE(refuses(affine, std::complex<double>(1, 2)));
  REQUIRE(refuses(whole, 0.5F));
  REQUIRE(refuses(whole, std::array<char, 4>{}));
  REQUIRE(refuses(real, std::array<float, 2>{}));
  REQUIRE(refuses(real, 5L));
  REQUIRE(refuses(complex, 5L));
  REQUIRE(refuses(complex, 0.5));
  REQUIRE(refuses(best, std::pair(5L, 3)));
  // the same numbers under another name, in a derived type, and an aggregate of them
  long one = 1, two = 2;
  large.Reduce_local({one, MPI::INT64_T}, {two, MPI::INT64_T});
  REQUIRE(two == 3);
  struct Point {
    double x = 0, y = 0;
    bool operator==(const Point&) const = default;
  };
  const MPI::Op add = MPI::Op::Create<Point>([](Point a, Point b) {
    return Point{a.x + b.x, a.y + b.y};
  });
  const MPI::Datatype point = MPI::Datatype::of<Point>(MPI::as_struct);
  const Point left{1, 2};
  Point right{3, 4};
  add.Reduce_local({left, point}, {right, point});
  REQUIRE((right == Point{4, 6}));
}
