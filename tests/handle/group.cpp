// SPDX-License-Identifier: MIT
// ranks: 1 2 4
// Groups: ordered sets of processes.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

std::vector<int> ranks_of(int size) {
  std::vector<int> ranks(static_cast<std::size_t>(size));
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}
/// The members of a group as ranks of the world.
std::vector<int> members(const MPI::Group& group) {
  return group.Translate_ranks(ranks_of(group.Get_size()), MPI::COMM_WORLD.Get_group());
}

template <class F>
bool is_group_error(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    return error.Get_error_class() == MPI::ERR_GROUP;
  }
  return false;
}

}  // namespace

TEST_CASE("the group of a communicator has its ranks", "[group]") {
  const MPI::Group world = MPI::COMM_WORLD.Get_group();
  REQUIRE(world.Get_size() == MPI::COMM_WORLD.Get_size());
  REQUIRE(world.size() == world.Get_size());
  REQUIRE(world.Get_rank() == MPI::COMM_WORLD.Get_rank());
  REQUIRE(world.rank() == world.Get_rank());
  REQUIRE(world);
  REQUIRE(MPI::COMM_SELF.Get_group().Get_size() == 1);
  REQUIRE(members(MPI::COMM_SELF.group()) == std::vector<int>{MPI::COMM_WORLD.Get_rank()});
  REQUIRE(world.Compare(MPI::COMM_WORLD.Dup().Get_group()) == MPI::IDENT);
}

TEST_CASE("GROUP_EMPTY has no members and GROUP_NULL is no group", "[group]") {
  REQUIRE(MPI::GROUP_EMPTY.Get_size() == 0);
  REQUIRE(MPI::GROUP_EMPTY.Get_rank() == MPI::UNDEFINED);
  REQUIRE(MPI::GROUP_EMPTY);
  REQUIRE_FALSE(MPI::GROUP_NULL);
  REQUIRE(MPI::GROUP_NULL == MPI::Group());
  REQUIRE(is_group_error([] { (void)MPI::GROUP_NULL.Get_size(); }));
  REQUIRE(is_group_error([] { (void)MPI::GROUP_NULL.Get_rank(); }));
  REQUIRE(is_group_error([] { (void)MPI::GROUP_NULL.Incl({0}); }));
}

TEST_CASE("Incl takes ranks in the order given, and Excl leaves them out", "[group]") {
  const MPI::Group world = MPI::COMM_WORLD.Get_group();
  const int size = world.Get_size(), rank = world.Get_rank();
  std::vector<int> reversed = ranks_of(size);
  std::reverse(reversed.begin(), reversed.end());
  const MPI::Group backwards = world.Incl(reversed);
  REQUIRE(members(backwards) == reversed);
  REQUIRE(backwards.Get_rank() == size - 1 - rank);
  for (int one = 0; one < size; ++one) {
    REQUIRE(members(world.Incl({one})) == std::vector<int>{one});
    REQUIRE(world.Incl({one}).Get_rank() == (rank == one ? 0 : MPI::UNDEFINED));
    std::vector<int> others = ranks_of(size);
    others.erase(others.begin() + one);
    REQUIRE(members(world.Excl({one})) == others);
    // any range of integers
    REQUIRE(members(world.Incl(std::vector<std::size_t>(1, static_cast<std::size_t>(one)))) ==
            std::vector<int>{one});
  }
  REQUIRE(world.Incl({}).Compare(MPI::GROUP_EMPTY) == MPI::IDENT);
  REQUIRE(world.Excl({}).Compare(world) == MPI::IDENT);
  REQUIRE(world.Excl(ranks_of(size)).Get_size() == 0);
  REQUIRE_THROWS_AS(world.Incl({size}), MPI::Exception);
  REQUIRE_THROWS_AS(world.Excl({-1}), MPI::Exception);
}

TEST_CASE("groups unite, intersect and subtract as ordered sets", "[group]") {
  using MPI::Group;
  const Group world = MPI::COMM_WORLD.Get_group();
  const int size = world.Get_size();
  const Group empty = MPI::GROUP_EMPTY;
  REQUIRE(members(Group::Union(world, empty)) == ranks_of(size));
  REQUIRE(members(Group::Union(empty, world)) == ranks_of(size));
  REQUIRE(members(Group::Union(world, world)) == ranks_of(size));
  REQUIRE(Group::Intersection(world, empty).Get_size() == 0);
  REQUIRE(members(Group::Intersection(world, world)) == ranks_of(size));
  REQUIRE(Group::Difference(world, world).Get_size() == 0);
  REQUIRE(members(Group::Difference(world, empty)) == ranks_of(size));
  REQUIRE(Group::Difference(empty, world).Get_size() == 0);
  REQUIRE(Group::Union(empty, empty).Compare(empty) == MPI::IDENT);

  const Group last = world.Incl({size - 1}), rest = world.Excl({size - 1});
  // the order is that of the first group, then of the second
  std::vector<int> last_first{size - 1};
  for (int rank = 0; rank < size - 1; ++rank) last_first.push_back(rank);
  REQUIRE(members(Group::Union(last, rest)) == last_first);
  REQUIRE(members(Group::Union(rest, last)) == ranks_of(size));
  REQUIRE(members(Group::Intersection(world.Incl(last_first), world)) == last_first);
  REQUIRE(Group::Intersection(last, rest).Get_size() == 0);
  REQUIRE(Group::Difference(world, rest).Compare(last) == MPI::IDENT);
  REQUIRE(Group::Difference(world, last).Compare(rest) == MPI::IDENT);
}

TEST_CASE("Compare tells the same order, another order and other members", "[group]") {
  const MPI::Group world = MPI::COMM_WORLD.Get_group();
  const int size = world.Get_size();
  std::vector<int> reversed = ranks_of(size);
  std::reverse(reversed.begin(), reversed.end());
  REQUIRE(world.Compare(world) == MPI::IDENT);
  REQUIRE(world.Compare(world.Incl(ranks_of(size))) == MPI::IDENT);
  REQUIRE(world.Compare(world.Incl(reversed)) == (size == 1 ? MPI::IDENT : MPI::SIMILAR));
  REQUIRE(world.Compare(world.Excl({0})) == MPI::UNEQUAL);
  REQUIRE(MPI::GROUP_EMPTY.Compare(world) == MPI::UNEQUAL);
}

TEST_CASE("ranks are translated from group to group", "[group]") {
  const MPI::Group world = MPI::COMM_WORLD.Get_group();
  const int size = world.Get_size();
  std::vector<int> reversed = ranks_of(size);
  std::reverse(reversed.begin(), reversed.end());
  const MPI::Group backwards = world.Incl(reversed), last = world.Incl({size - 1});
  REQUIRE(world.Translate_ranks(ranks_of(size), backwards) == reversed);
  REQUIRE(backwards.Translate_ranks(ranks_of(size), world) == reversed);
  REQUIRE(world.Translate_ranks(ranks_of(size), world) == ranks_of(size));
  REQUIRE(world.Translate_ranks({0, 0, 0}, world) == std::vector<int>{0, 0, 0});
  std::vector<int> expected(static_cast<std::size_t>(size), MPI::UNDEFINED);
  expected.back() = 0;
  REQUIRE(world.Translate_ranks(ranks_of(size), last) == expected);
  REQUIRE(world.Translate_ranks({0}, MPI::GROUP_EMPTY) == std::vector<int>{MPI::UNDEFINED});
  REQUIRE(world.Translate_ranks({MPI::PROC_NULL}, backwards) == std::vector<int>{MPI::PROC_NULL});
  REQUIRE(world.Translate_ranks({}, world).empty());
  REQUIRE_THROWS_AS(world.Translate_ranks({size}, world), MPI::Exception);
}

TEST_CASE("groups outlive their communicator and are shared by copies", "[group]") {
  MPI::Group group;
  {
    const MPI::Intracomm reversed = MPI::COMM_WORLD.Split(0, -MPI::COMM_WORLD.Get_rank());
    group = reversed.Get_group();
  }
  REQUIRE(group.Get_rank() == MPI::COMM_WORLD.Get_size() - 1 - MPI::COMM_WORLD.Get_rank());
  const MPI::Group copy = group;
  REQUIRE(copy == group);
  group.Free();
  REQUIRE(group == MPI::GROUP_NULL);
  REQUIRE(copy == MPI::GROUP_NULL);
  REQUIRE(is_group_error([&] { (void)copy.Get_size(); }));
  for (int i = 0; i < 10'000; ++i) {
    const MPI::Group scoped = MPI::COMM_WORLD.Get_group().Excl({0});
    if (i % 1'000 == 0) REQUIRE(scoped.Get_size() == MPI::COMM_WORLD.Get_size() - 1);
  }
  MPI_Group raw = MPI_GROUP_NULL;
  MPI_Comm_group(MPI_COMM_WORLD, &raw);
  const MPI::Group adopted = MPI::Group::adopt(raw);
  REQUIRE(adopted.native() == raw);
  REQUIRE(adopted.Get_size() == MPI::COMM_WORLD.Get_size());
}

TEST_CASE("Range_incl and Range_excl take ranges of ranks", "[group]") {
  const MPI::Group world = MPI::COMM_WORLD.Get_group();
  const int size = world.Get_size(), last = size - 1;
  std::vector<int> even, reversed = ranks_of(size);
  for (int rank = 0; rank < size; rank += 2) even.push_back(rank);
  std::reverse(reversed.begin(), reversed.end());
  REQUIRE(members(world.Range_incl({{0, last, 2}})) == even);
  REQUIRE(members(world.Range_incl({{last, 0, -1}})) == reversed);
  REQUIRE(members(world.Range_incl({{last, last, 1}})) == std::vector<int>{last});
  REQUIRE(world.Range_incl({}).Get_size() == 0);
  REQUIRE(world.Range_excl({}).Compare(world) == MPI::IDENT);
  REQUIRE(world.Range_excl({{0, last, 1}}).Get_size() == 0);
  REQUIRE(members(world.Range_excl({{0, last, 2}})) == members(world.Excl(even)));
  // any range of triples, of any integers
  const std::vector<std::tuple<long, long, int>> tuples{{last, last, 1}, {0, last - 1, 1}};
  if (size > 1)
    REQUIRE(members(world.Range_incl(tuples)) ==
            members(MPI::Group::Union(world.Incl({last}), world.Excl({last}))));
  REQUIRE_THROWS_AS(world.Range_incl({{0, size, 1}}), MPI::Exception);
  REQUIRE_THROWS_AS(world.Range_incl({{0, 0, 1}, {0, 0, 1}}), MPI::Exception);
  REQUIRE_THROWS_AS(world.Range_incl({{0, last, 0}}), MPI::Exception);
}

TEST_CASE("Dup makes a group of its own; Intersect is Intersection", "[group]") {
  MPI::Group world = MPI::COMM_WORLD.Get_group();
  const MPI::Group duplicate = world.Dup();
  world.Free();
  REQUIRE(members(duplicate) == ranks_of(MPI::COMM_WORLD.Get_size()));
  REQUIRE(MPI::GROUP_EMPTY.Dup().Get_size() == 0);
  REQUIRE(is_group_error([] { (void)MPI::GROUP_NULL.Dup(); }));
  REQUIRE(MPI::Group::Intersect(duplicate, MPI::GROUP_EMPTY).Get_size() == 0);
  REQUIRE(MPI::Group::Intersect(duplicate, duplicate).Compare(duplicate) == MPI::IDENT);
}

TEST_CASE("Translate_ranks without ranks takes all, without a group the world's", "[group]") {
  const MPI::Group world = MPI::COMM_WORLD.Get_group(), self = MPI::COMM_SELF.Get_group();
  const int size = world.Get_size(), rank = world.Get_rank();
  REQUIRE(world.Translate_ranks() == ranks_of(size));
  REQUIRE(self.Translate_ranks() == std::vector<int>{rank});
  REQUIRE(self.Translate_ranks({0, 0, MPI::PROC_NULL}) ==
          std::vector<int>{rank, rank, MPI::PROC_NULL});
  std::vector<int> to_self(static_cast<std::size_t>(size), MPI::UNDEFINED);
  to_self[static_cast<std::size_t>(rank)] = 0;
  REQUIRE(world.Translate_ranks(self) == to_self);
  REQUIRE(world.Translate_ranks(MPI::GROUP_EMPTY) ==
          std::vector<int>(static_cast<std::size_t>(size), MPI::UNDEFINED));
  REQUIRE(MPI::GROUP_EMPTY.Translate_ranks(world).empty());
}

TEST_CASE("Free of a handle of the empty group forgets the group", "[group]") {
  MPI::Group empty = MPI::GROUP_EMPTY;
  const MPI::Group copy = empty;
  empty.Free();
  REQUIRE(empty == MPI::GROUP_NULL);
  REQUIRE(copy == MPI::GROUP_EMPTY);
  REQUIRE(MPI::GROUP_EMPTY.Get_size() == 0);
  REQUIRE(is_group_error([&] { empty.Free(); }));
  MPI::Group none = MPI::COMM_WORLD.Get_group().Incl({});
  none.Free();
  REQUIRE(MPI::Group::Union(copy, MPI::COMM_SELF.Get_group()).Get_size() == 1);
}

#if MPI_VERSION < 4
TEST_CASE("process sets need MPI 4", "[group]") {
  struct {
    int native() const { return 0; }
  } session;
  REQUIRE_THROWS_AS(MPI::Group::Create_from_session_pset(session, "mpi://WORLD"), MPI::Exception);
}
#endif
