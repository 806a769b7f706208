// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// One-sided transfers and their request forms: what arrives, and what is refused.
#include "support/catch.hpp"
#include "support/guarded.hpp"

#include <mpi4cxx/MPI.hpp>

#include <array>
#include <complex>
#include <cstddef>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;
namespace detail = mpi4cxx::MPI::detail;

namespace {

const MPI::Intracomm& comm = MPI::COMM_WORLD;

template <class F>
int error_class_of(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    return error.Get_error_class();
  }
  return MPI::SUCCESS;
}

/// 16 Ts of each rank, all 1, in units of T.
template <class T>
struct board {
  Guarded<T> memory{16, T(1)};
  MPI::Win win = MPI::Win::Create(memory.span(), {.disp_unit = sizeof(T), .comm = comm});
};

int rank() {
  return comm.Get_rank();
}
int size() {
  return comm.Get_size();
}
int next() {
  return (rank() + 1) % size();
}
int previous() {
  return (rank() + size() - 1) % size();
}

struct pair_of_shorts {
  short a, b;
  bool operator==(const pair_of_shorts&) const = default;
};

}  // namespace

TEST_CASE("Put writes and Get reads, at every form of target", "[rma]") {
  board<int> mine;
  for (std::size_t count = 0; count < 5; ++count) {
    const std::vector<int> origin(count, 10 * rank() + 2);
    const std::vector<int> whole(16, 10 * rank() + 3);
    Guarded<int> back(count, -1);
    const auto expected = [&](int from) { return std::vector<int>(count, 10 * from + 2); };

    mine.win.Fence();
    mine.win.Put(whole, next());  // all of it
    mine.win.Fence();
    CHECK(mine.memory.holds(std::vector<int>(16, 10 * previous() + 3)));
    mine.win.Fence();
    mine.win.Put(origin, {.target_rank = next()});
    mine.win.Fence();
    mine.win.Get(back.span(), next());
    mine.win.Fence();
    CHECK(back.holds(expected(rank())));
    mine.win.Put(origin, next(), 5);
    mine.win.Put(origin, next(), {10, count});
    mine.win.Fence();
    mine.win.Get(back.span(), {.target_rank = next(), .target = {10, count, MPI::INT}});
    mine.win.Fence();
    CHECK(back.holds(expected(rank())));
    for (std::size_t i = 0; i < 16; ++i) {
      const bool is_written = i < count || (i >= 5 && i < 5 + count) || (i >= 10 && i < 10 + count);
      CHECK(mine.memory[i] == 10 * previous() + (is_written ? 2 : 3));
    }
    CHECK(mine.memory.guards_stay());
  }
}

TEST_CASE("the target may have a layout of its own", "[rma]") {
  board<int> mine;
  const auto every_other = MPI::INT.Create_vector(3, 1, 2).Commit();
  const std::array<int, 3> origin{7, 8, 9};
  std::array<int, 3> back{};
  mine.win.Fence();
  // the datatypes may end before the transfer does
  mine.win.Put(origin, next(), {1, 1, MPI::INT.Create_vector(3, 1, 2).Commit()});
  mine.win.Fence();
  mine.win.Get(back, next(), {1, 1, every_other});
  mine.win.Fence();
  CHECK(back == origin);
  CHECK(mine.memory.holds({1, 7, 1, 8, 1, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
}

TEST_CASE("aggregates are moved as they lie", "[rma]") {
  std::vector<pair_of_shorts> memory(4, {0, 0});
  const auto win = MPI::Win::Create(memory, {.disp_unit = sizeof(pair_of_shorts), .comm = comm});
  const pair_of_shorts value{static_cast<short>(rank()), 5};
  win.Fence();
  win.Put(value, next(), 2);
  win.Fence();
  CHECK(memory[2] == pair_of_shorts{static_cast<short>(previous()), 5});
  // there is no sum of them
  CHECK(error_class_of([&] { win.Accumulate(value, next()); }) == MPI::ERR_OP);
  win.Accumulate(value, next(), 3, MPI::REPLACE);
  win.Fence();
  CHECK(memory[3] == pair_of_shorts{static_cast<short>(previous()), 5});
}

TEST_CASE("Accumulate combines what comes from all ranks", "[rma]") {
  board<long> mine;
  const std::vector<long> two(3, 2);
  const long value = rank();
  mine.win.Fence();
  for (int target = 0; target < size(); ++target) {
    mine.win.Accumulate(two, target);
    mine.win.Accumulate(two, {.target_rank = target, .target = 3, .op = MPI::PROD});
    mine.win.Accumulate(value, target, 6, MPI::MAX);
    mine.win.Accumulate(value, target, {7, 1}, MPI::MIN);
  }
  mine.win.Fence();
  const long sum = 1 + 2 * size(), product = 1L << size();
  CHECK(mine.memory.holds({sum, sum, sum, product, product, product, std::max(1L, size() - 1L), 0,
                           1, 1, 1, 1, 1, 1, 1, 1}));
}

TEST_CASE("Get_accumulate gives what was there before", "[rma]") {
  board<double> mine;
  const std::vector<double> three(2, 3.0);
  Guarded<double> before(2, -1);
  mine.win.Fence();
  mine.win.Get_accumulate(three, before.span(), next());
  mine.win.Fence();
  CHECK(before.holds({1, 1}));
  CHECK(mine.memory[1] == 4);
  mine.win.Fence();
  mine.win.Get_accumulate(three, before.span(),
                          {.target_rank = next(), .target = {1, 2}, .op = MPI::REPLACE});
  mine.win.Fence();
  CHECK(before.holds({4, 1}));
  CHECK(mine.memory[0] == 4);
  CHECK(mine.memory[1] == 3);
  CHECK(mine.memory[2] == 3);
  mine.win.Fence();
  mine.win.Get_accumulate(MPI::None, before.span(), next(), 0, MPI::NO_OP);
  mine.win.Fence();
  CHECK(before.holds({4, 3}));
  CHECK(mine.memory[0] == 4);
}

TEMPLATE_TEST_CASE("Fetch_and_op on numbers of every size()", "[rma]", signed char, short, int,
                   unsigned long, float, double, long double, std::complex<double>) {
  board<TestType> mine;
  const TestType two(2), four(4);
  TestType before{};
  mine.win.Fence();
  mine.win.Fetch_and_op(two, before, next(), 1);
  mine.win.Fence();
  CHECK(before == TestType(1));
  CHECK(mine.memory[1] == TestType(3));
  mine.win.Fence();
  mine.win.Fetch_and_op(four, before,
                        {.target_rank = next(), .target_disp = 1, .op = MPI::REPLACE});
  mine.win.Fence();
  CHECK(before == TestType(3));
  CHECK(mine.memory[1] == TestType(4));
  mine.win.Fence();
  mine.win.Fetch_and_op(MPI::None, before, next(), 1, MPI::NO_OP);
  mine.win.Fence();
  CHECK(before == TestType(4));
  CHECK(mine.memory[1] == TestType(4));
  CHECK(mine.memory[0] == TestType(1));
  CHECK(mine.memory[2] == TestType(1));
  CHECK(mine.memory.guards_stay());
}

TEST_CASE("Compare_and_swap writes where it finds what it looks for", "[rma]") {
  board<long> mine;
  const long five = 5, one = 1, six = 6;
  long before = -1;
  mine.win.Fence();
  mine.win.Compare_and_swap(five, one, before, next(), 3);
  mine.win.Fence();
  CHECK(before == 1);
  CHECK(mine.memory[3] == 5);
  mine.win.Fence();
  mine.win.Compare_and_swap(six, one, before, {.target_rank = next(), .target_disp = 3});
  mine.win.Fence();
  CHECK(before == 5);
  CHECK(mine.memory[3] == 5);
}

TEST_CASE("the request forms are complete when their requests are", "[rma]") {
  board<int> mine;
  const std::vector<int> value(3, rank() + 20), ten(3, 10);
  Guarded<int> back(3, -1);
  mine.win.Lock_all();
  mine.win.Rput(value, next()).Wait();
  mine.win.Flush(next());
  mine.win.Rget(back.span(), {.target_rank = next()}).Wait();
  CHECK(back.holds(value));
  mine.win.Raccumulate(ten, next()).Wait();
  mine.win.Flush(next());
  mine.win.Rget_accumulate(ten, back.span(), next(), {0, 3}, MPI::SUM).Wait();
  CHECK(back.holds(std::vector<int>(3, rank() + 30)));
  mine.win.Flush(next());
  // several at once, and one that nobody waits for
  std::vector<MPI::Request> requests;
  Guarded<int> first(1), second(1);
  requests.push_back(mine.win.Rget(first.span(), next(), 0));
  requests.push_back(mine.win.Rget(second.span(), next(), 3));
  MPI::Request::Waitall(requests);
  CHECK(first[0] == rank() + 40);
  CHECK(second[0] == 1);
  { const auto dropped = mine.win.Rget(first.span(), next(), 5); }
  CHECK(first[0] == 1);
  mine.win.Unlock_all();
  mine.win.Fence();
  CHECK(mine.memory.guards_stay());
}

TEST_CASE("nothing happens with PROC_NULL as the target", "[rma]") {
  board<int> mine;
  int value = 5;
  const int target = MPI::PROC_NULL;
  mine.win.Lock_all();
  mine.win.Put(MPI::None, target);
  mine.win.Get(MPI::None, target);
  mine.win.Accumulate(MPI::None, target);
  mine.win.Get_accumulate(MPI::None, MPI::None, target);
  mine.win.Fetch_and_op(MPI::None, MPI::None, target);
  mine.win.Compare_and_swap(MPI::None, MPI::None, MPI::None, target);
  mine.win.Rput(MPI::None, target).Wait();
  mine.win.Rget(MPI::None, target).Wait();
  mine.win.Raccumulate(MPI::None, target).Wait();
  mine.win.Rget_accumulate(MPI::None, MPI::None, target).Wait();
  mine.win.Get(value, target, {3, 1});
  mine.win.Fetch_and_op(value, value, target, 7);
  mine.win.Unlock_all();
  CHECK(value == 5);
  CHECK(mine.memory.holds(std::vector<int>(16, 1)));
}

TEST_CASE("no elements are no transfer", "[rma]") {
  board<int> mine;
  const std::vector<int> none;
  std::vector<int> empty;
  mine.win.Fence();
  mine.win.Put(none, next(), 16);  // the end
  mine.win.Put(MPI::None, next());
  mine.win.Get(empty, next());
  mine.win.Accumulate(none, next());
  mine.win.Accumulate(MPI::None, next());
  mine.win.Get_accumulate(none, empty, next());
  mine.win.Fence();
  CHECK(mine.memory.holds(std::vector<int>(16, 1)));
}

TEST_CASE("what does not fit together says so", "[rma]") {
  board<int> mine;
  std::vector<int> three(3);
  std::vector<float> floats(3);
  double real = 0;
  short small = 0;
  int one = 1;
  mine.win.Fence();
  CHECK_THROWS_WITH(mine.win.Put(three, next(), {0, 2}),
                    HasText("3 elements with 12 bytes") && HasText("target 2 elements"));
  CHECK(error_class_of([&] {
          mine.win.Put(three, next(), {0, 3, MPI::DOUBLE});
        }) == MPI::ERR_COUNT);
  CHECK(error_class_of([&] { mine.win.Get(three, next(), {0, 4}); }) == MPI::ERR_COUNT);
  CHECK(error_class_of([&] { mine.win.Put(three, next(), {0, -1}); }) == MPI::ERR_COUNT);
  CHECK(error_class_of([&] {
          mine.win.Accumulate(floats, next(), {0, 3, MPI::INT});
        }) == MPI::ERR_TYPE);
  CHECK(error_class_of([&] { mine.win.Get_accumulate(floats, three, next()); }) == MPI::ERR_TYPE);
  CHECK(error_class_of([&] { mine.win.Get_accumulate(one, three, next()); }) == MPI::ERR_COUNT);
  CHECK(error_class_of([&] { mine.win.Accumulate(floats, next(), 0, MPI::BAND); }) == MPI::ERR_OP);
  CHECK(error_class_of([&] { mine.win.Accumulate(one, next(), 0, MPI::MAXLOC); }) == MPI::ERR_OP);
  CHECK(error_class_of([&] { mine.win.Accumulate(one, next(), 0, MPI::NO_OP); }) == MPI::ERR_OP);
  CHECK(error_class_of([&] { mine.win.Fetch_and_op(three, one, next()); }) == MPI::ERR_COUNT);
  CHECK(error_class_of([&] { mine.win.Fetch_and_op(one, real, next()); }) == MPI::ERR_TYPE);
  CHECK(error_class_of([&] { mine.win.Compare_and_swap(one, small, one, next()); }) ==
        MPI::ERR_TYPE);
  CHECK(error_class_of([&] { mine.win.Compare_and_swap(real, real, real, next()); }) ==
        MPI::ERR_TYPE);
  CHECK_THROWS_WITH(mine.win.Put(MPI::IN_PLACE, next()), HasText("IN_PLACE"));
  CHECK(error_class_of([&] { mine.win.Put(one, size()); }) == MPI::ERR_RANK);
  CHECK(error_class_of([&] { mine.win.Put(one, next(), -1); }) == MPI::ERR_DISP);
  const auto user = MPI::Op::Create<int>([](int a, int b) { return a < b ? b : a; });
  CHECK_THROWS_WITH(mine.win.Accumulate(one, next(), 0, user),
                    HasText("predefined operators only"));
  CHECK(error_class_of([&] { mine.win.Fetch_and_op(one, one, next(), 0, user); }) == MPI::ERR_OP);
  CHECK(error_class_of([&] { mine.win.Accumulate(one, next(), 0, MPI::OP_NULL); }) == MPI::ERR_OP);
  mine.win.Fence();
  CHECK(mine.memory.holds(std::vector<int>(16, 1)));
}

TEST_CASE("memory of a dynamic window is named by its address", "[rma]") {
  const auto win = MPI::Win::Create_dynamic({.comm = comm});
  std::vector<int> memory(4, 1);
  const int value = rank();
  win.Attach(memory);
  const MPI_Aint address = MPI::Get_address(memory);
  const auto addresses = comm.allgather(address);
  win.Fence();
  win.Put(value, next(), addresses[static_cast<std::size_t>(next())] + 2 * MPI_Aint{sizeof(int)});
  win.Fence();
  CHECK(memory == std::vector<int>{1, 1, previous(), 1});
  win.Detach(memory);
}

TEST_CASE("counts beyond the limit of an int take another way", "[rma]") {
  board<int> mine;
  const std::vector<int> value{1, 2, 3, 4, 5, 6, 7};
  std::vector<int> back(7);
  const auto limit = std::exchange(detail::largest_count, 3);
  mine.win.Fence();
  mine.win.Put(value, next());
  mine.win.Accumulate(value, next(), 8);
  mine.win.Fence();
  mine.win.Get(back, next());
  mine.win.Fence();
  detail::largest_count = limit;
  CHECK(back == value);
  CHECK(mine.memory.holds({1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7, 8, 1}));
}
