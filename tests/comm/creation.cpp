// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// inline limits: 64 4096
// Communicators made of others: duplicates, at once and under way, with hints, of groups and of
// nodes.
#include "support/catch.hpp"
#include "support/communicators.hpp"

#include <mpi4cxx/MPI.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

template <class Communicator>
void expect_works(const Communicator& comm) {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  int sum = 0;
  comm.Allreduce(rank, sum);
  REQUIRE(sum == size * (size - 1) / 2);
  REQUIRE(comm.allgather(std::string(5, 'x')).size() == static_cast<std::size_t>(size));
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  const std::vector<int> large(10'000, rank);
  REQUIRE(
      (comm.sendrecv(large, {.dest = right, .source = left}) == std::vector<int>(10'000, left)));
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

/// Between the even ranks of the world and the odd ones; two ranks at least.
MPI::Comm make_inter() {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int side = world.Get_rank() % 2;
  const MPI::Intracomm half = world.Split({.color = side, .key = world.Get_rank()});
  MPI_Comm raw = MPI_COMM_NULL;
  MPI_Intercomm_create(half.native(), 0, world.native(), 1 - side, 1, &raw);
  return MPI::Comm::adopt(raw, MPI::ownership::owned);
}

}  // namespace

TEST_CASE("every way to duplicate gives a communicator of its own", "[comm]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const MPI::Info hints = MPI::Info::Create({{"mpi_assert_no_any_tag", "false"}});
    for (const MPI::Intracomm& made : {comm.Dup(), comm.Clone(), comm.Dup(hints),
                                       comm.Dup(MPI::INFO_NULL), comm.Dup_with_info(hints)}) {
      REQUIRE(made.Compare(comm) == MPI::CONGRUENT);
      expect_works(made);
      expect_works(made.Dup());
    }
    // through the base class
    const MPI::Comm base = comm;
    expect_works(base.Dup());
    REQUIRE(base.Clone().Compare(base) == MPI::CONGRUENT);
  });
}

TEST_CASE("Idup: the communicator is there when its request is complete", "[comm]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    auto [made, request] = comm.Idup();
    static_assert(std::is_same_v<decltype(made), MPI::Intracomm>);
    REQUIRE(request);
    // not before
    REQUIRE_FALSE(made);
    REQUIRE(error_class_of([&c = made] { c.Barrier(); }) == MPI::ERR_COMM);
    REQUIRE(error_class_of([&c = made] { (void)c.Dup(); }) == MPI::ERR_COMM);
    const MPI::Intracomm copy = made;
    // other calls go on meanwhile
    REQUIRE(comm.allreduce(1) == comm.Get_size());
    request.Wait();
    REQUIRE_FALSE(request);
    REQUIRE(made);
    REQUIRE(copy == made);
    REQUIRE(made.Compare(comm) == MPI::CONGRUENT);
    expect_works(made);
    expect_works(copy.Dup());
  });
}

TEST_CASE("several duplicates are under way at once", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  std::vector<MPI::Intracomm> made;
  std::vector<MPI::Request> requests;
  for (int i = 0; i < 5; ++i) {
    auto [comm, request] = i % 2 ? world.Idup() : world.Dup().Idup();
    made.push_back(std::move(comm));
    requests.push_back(std::move(request));
  }
  requests.push_back(world.ibarrier());
  std::vector<MPI::Status> statuses;
  MPI::Request::Waitall(requests, &statuses);
  for (const auto& comm : made) expect_works(comm);
  auto [tested, request] = world.Idup();
  while (!request.Test()) continue;
  expect_works(tested);
}

TEST_CASE("either half of an Idup may be dropped at any time", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  {
    auto [made, request] = world.Idup();
    made = MPI::COMM_NULL;
    request.Wait();
  }
  {
    MPI::Intracomm kept;
    {
      auto [made, request] = world.Idup();
      kept = made;
    }
    expect_works(kept);  // the request was waited for
  }
  {
    auto [made, request] = world.Idup();
    request.Free();
    expect_works(made);
  }
  { auto both = world.Idup(); }
  for (int i = 0; i < 200; ++i) {
    auto [made, request] = MPI::COMM_SELF.Idup();
    if (i % 2) request.Wait();
  }
  REQUIRE_THROWS_AS(
      [&] {
        auto both = world.Idup();
        throw std::runtime_error("unwinding");  // all ranks alike
      }(),
      std::runtime_error);
  expect_works(world);
}

TEST_CASE("what copies an attribute may refuse an Idup", "[comm]") {
  const MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  const int key = MPI::Comm::Create_keyval<int>(
      [](const MPI::Comm&, int, int) -> int { throw std::runtime_error("refused"); });
  comm.Set_attr(key, 1);
  REQUIRE_THROWS_AS(comm.Idup(), std::runtime_error);
  comm.Delete_attr(key);
  auto [made, request] = comm.Idup();
  request.Wait();
  expect_works(made);
  MPI::Comm::Free_keyval(key);
}

TEST_CASE("Idup_with_info needs MPI 4", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const MPI::Info hints = MPI::Info::Create();
#if MPI_VERSION >= 4
  auto [made, request] = world.Idup_with_info(hints);
  request.Wait();
  expect_works(made);
  auto [other, second] = world.Idup(hints);
  second.Wait();
  expect_works(other);
#else
  REQUIRE(error_class_of([&] { (void)world.Idup_with_info(hints); }) ==
          MPI_ERR_UNSUPPORTED_OPERATION);
#endif
}

TEST_CASE("intercommunicators are duplicated and split by the base class", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  if (world.Get_size() == 1) return;
  const MPI::Comm inter = make_inter();
  const auto expect_inter = [&](const MPI::Comm& made) {
    REQUIRE(made.Is_inter());
    REQUIRE(made.Get_size() == inter.Get_size());
    // the remote group's sum
    int sum = -1;
    made.Allreduce(1, sum);
    REQUIRE(sum == world.Get_size() - made.Get_size());
  };
  expect_inter(inter.Dup());
  expect_inter(inter.Split({.color = 1, .key = inter.Get_rank()}));
  auto [made, request] = inter.Idup();
  request.Wait();
  expect_inter(made);
  expect_inter(made.Clone());
}

TEST_CASE("Split_type SHARED gives the ranks that can share memory", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank();
  const MPI::Intracomm node = world.Split_type(MPI_COMM_TYPE_SHARED);
  // all on this machine here
  REQUIRE(node.Get_size() == world.Get_size());
  REQUIRE(node.Get_rank() == rank);
  expect_works(node);
  const MPI::Intracomm reversed =
      world.Split_type({.split_type = MPI_COMM_TYPE_SHARED, .key = -rank});
  REQUIRE(reversed.Get_rank() == world.Get_size() - 1 - rank);
  expect_works(reversed);
  const int outsider = world.Get_size() - 1;
  const MPI::Intracomm rest =
      world.Split_type(rank == outsider ? MPI::UNDEFINED : MPI_COMM_TYPE_SHARED, 0, MPI::INFO_NULL);
  REQUIRE(static_cast<bool>(rest) == (rank != outsider));
  if (rest) expect_works(rest);
}

TEST_CASE("Split_type by a resource of the machine", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const auto split = [&](const MPI::Info& info) {
    return world.Split_type({.split_type = MPI::COMM_TYPE_HW_GUIDED, .info = info});
  };
  const auto resource = [](const char* name) {
    return MPI::Info::Create({{"mpi_hw_resource_type", name}});
  };
#if MPI_VERSION >= 4
  const MPI::Intracomm node = split(resource("mpi_shared_memory"));
  REQUIRE(node.Get_size() == world.Get_size());
  expect_works(node);
  REQUIRE(split(resource("no such thing")) == MPI::COMM_NULL);
  REQUIRE(split(MPI::INFO_NULL) == MPI::COMM_NULL);
#else
  REQUIRE_THROWS_WITH(split(resource("mpi_shared_memory")), HasText("MPI 4"));
  REQUIRE_THROWS_WITH(world.Split_type(MPI::COMM_TYPE_HW_UNGUIDED), HasText("MPI 4"));
#endif
}

TEST_CASE("Create_group is collective over the group alone", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank(), size = world.Get_size();
  // all but the last rank, the last of them first; the last one does not call
  std::vector<int> ranks;
  for (int member = size - 2; member >= 0; --member) ranks.push_back(member);
  if (size == 1) ranks = {0};
  if (size == 1 || rank < size - 1) {
    const MPI::Intracomm made = world.Create_group(world.Get_group().Incl(ranks), {.tag = 7});
    REQUIRE(made.Get_size() == static_cast<int>(ranks.size()));
    REQUIRE(made.allgather(rank) == ranks);
    expect_works(made);
  }
  expect_works(world);
  // two groups at once, told apart by the tag
  const MPI::Group mine = world.Get_group().Incl({rank});
  const MPI::Intracomm all = world.Create_group(world.Get_group()), own = world.Create_group(mine);
  REQUIRE(all.Compare(world) == MPI::CONGRUENT);
  REQUIRE(own.Get_size() == 1);
}

TEST_CASE("Create_from_group needs no communicator, but MPI 4", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
#if MPI_VERSION >= 4
  std::vector<int> ranks;
  for (int member = world.Get_size() - 1; member >= 0; --member) ranks.push_back(member);
  const MPI::Group reversed = world.Get_group().Incl(ranks);
  const MPI::Intracomm made = MPI::Intracomm::Create_from_group(reversed);
  REQUIRE(made.Get_rank() == world.Get_size() - 1 - world.Get_rank());
  expect_works(made);
  int errors = 0;
  const MPI::Errhandler handler =
      MPI::Comm::Create_errhandler([&](const MPI::Comm&, int) { ++errors; });
  const MPI::Intracomm other = MPI::Intracomm::Create_from_group(
      reversed, {.stringtag = "org.example", .errhandler = handler});
  REQUIRE(other.Get_errhandler() == handler);
  other.Call_errhandler(MPI::ERR_OTHER);
  REQUIRE(errors == 1);
  expect_works(other);
  expect_works(MPI::Intracomm::Create_from_group(world.Get_group(), "third", MPI::INFO_NULL));
#else
  REQUIRE(error_class_of([&] { (void)MPI::Intracomm::Create_from_group(world.Get_group()); }) ==
          MPI_ERR_UNSUPPORTED_OPERATION);
#endif
}

TEST_CASE("hints are set and told", "[comm]") {
  const MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  MPI::Info before = comm.Get_info();
  REQUIRE(before);
  REQUIRE(comm.info() != before);  // an Info of its own each time
  comm.Set_info(MPI::Info::Create({{"mpi_assert_no_any_source", "true"}, {"unknown", "hint"}}));
  const MPI::Info now = comm.info();
  REQUIRE(now.get("mpi_assert_no_any_source", "?") == "true");
  const MPI::Info other = MPI::Info::Create({{"mpi_assert_allow_overtaking", "true"}});
  for (const MPI::Intracomm& made : {comm.Dup(other), comm.Dup_with_info(other)}) {
    REQUIRE(made.Get_info().get("mpi_assert_allow_overtaking", "?") == "true");
    REQUIRE(made.Get_info().get("mpi_assert_no_any_source", "?") == "false");
    expect_works(made);
  }
  before.Free();
  REQUIRE(error_class_of([] { (void)MPI::Intracomm().Get_info(); }) == MPI::ERR_COMM);
}

TEST_CASE("Disconnect ends a communicator for all copies", "[comm]") {
  MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  const MPI::Intracomm copy = comm;
  expect_works(comm);
  comm.Disconnect();
  REQUIRE_FALSE(copy);
  REQUIRE(error_class_of([&] { comm.Disconnect(); }) == MPI::ERR_COMM);
  MPI::Intracomm world = MPI::COMM_WORLD;
  REQUIRE(error_class_of([&] { world.Disconnect(); }) == MPI::ERR_COMM);
  expect_works(world);
}

TEST_CASE("who was not spawned has no parent", "[comm]") {
  REQUIRE_FALSE(MPI::Comm::Get_parent());
  REQUIRE(MPI::Comm::Get_parent() == MPI::COMM_NULL);
}

TEST_CASE("a buffer of one communicator needs MPI 4.1", "[comm]") {
#if MPI_VERSION < 4 || (MPI_VERSION == 4 && MPI_SUBVERSION < 1)
  std::vector<std::byte> memory(1'000);
  REQUIRE(error_class_of([&] { MPI::COMM_WORLD.Attach_buffer(memory); }) ==
          MPI_ERR_UNSUPPORTED_OPERATION);
  REQUIRE(error_class_of([&] { (void)MPI::COMM_WORLD.Detach_buffer(); }) ==
          MPI_ERR_UNSUPPORTED_OPERATION);
#endif
}

TEST_CASE("the raw handles of predefined communicators are those", "[comm]") {
  REQUIRE(MPI::Comm::adopt(MPI_COMM_WORLD, MPI::ownership::borrowed) == MPI::COMM_WORLD);
  REQUIRE(MPI::Comm::adopt(MPI_COMM_SELF, MPI::ownership::borrowed) == MPI::COMM_SELF);
}
