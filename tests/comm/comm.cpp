// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// inline limits: 64 4096
// Communicators: how they are made, compared, named, shared and freed, and what is kept apart on
// them.
#include "support/catch.hpp"
#include "support/communicators.hpp"

#include <mpi4cxx/MPI.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;
using MPI::detail::ownership;

namespace {

/// Says when MPI frees a communicator: its attributes are deleted then.
class FreedCounter {
 public:
  FreedCounter() { MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, count, &key_, nullptr); }
  FreedCounter(const FreedCounter&) = delete;
  FreedCounter& operator=(const FreedCounter&) = delete;
  ~FreedCounter() { MPI_Comm_free_keyval(&key_); }
  void watch(MPI_Comm comm) { MPI_Comm_set_attr(comm, key_, &freed_); }
  int freed() const { return freed_; }

 private:
  static int count(MPI_Comm, int, void* value, void*) {
    ++*static_cast<int*>(value);
    return MPI_SUCCESS;
  }
  int key_ = MPI_KEYVAL_INVALID;
  int freed_ = 0;
};

/// The communicator works, for buffers and for objects.
template <class Communicator>
void expect_works(const Communicator& comm) {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  int sum = 0;
  comm.Allreduce(rank, sum);
  REQUIRE(sum == size * (size - 1) / 2);
  const std::vector<std::string> all =
      comm.allgather(std::string(static_cast<std::size_t>(rank), 'r'));
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i].size() == i);
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  // beyond any inline limit: the parts find the ranks of this communicator
  const std::vector<int> large(10'000, rank);
  REQUIRE(
      (comm.sendrecv(large, {.dest = right, .source = left}) == std::vector<int>(10'000, left)));
}

/// What `call` throws of class ERR_COMM; empty where it throws nothing.
template <class F>
std::string comm_error(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    REQUIRE(error.Get_error_class() == MPI::ERR_COMM);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the world and self are there without being made", "[comm]") {
  int rank = -1, size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  REQUIRE(MPI::COMM_WORLD.Get_rank() == rank);
  REQUIRE(MPI::COMM_WORLD.rank() == rank);
  REQUIRE(MPI::COMM_WORLD.Get_size() == size);
  REQUIRE(MPI::COMM_WORLD.size() == size);
  REQUIRE(MPI::COMM_SELF.Get_rank() == 0);
  REQUIRE(MPI::COMM_SELF.Get_size() == 1);
  REQUIRE(MPI::COMM_WORLD.native() == MPI_COMM_WORLD);
  REQUIRE(MPI::COMM_SELF.native() == MPI_COMM_SELF);
  REQUIRE_FALSE(MPI::COMM_WORLD.Is_inter());
  REQUIRE_FALSE(MPI::COMM_WORLD.is_inter());
  REQUIRE(MPI::COMM_WORLD.Is_intra());
  REQUIRE(MPI::COMM_WORLD.group().size() == size);
  expect_works(MPI::COMM_WORLD);
  expect_works(MPI::COMM_SELF);
}

TEST_CASE("Split makes a communicator of each color", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank(), size = world.Get_size();
  for (int colors = 1; colors <= size; ++colors) {
    CAPTURE(colors);
    const MPI::Intracomm part = world.Split({.color = rank % colors, .key = rank});
    REQUIRE(part.Get_size() == (size - rank % colors + colors - 1) / colors);
    REQUIRE(part.Get_rank() == rank / colors);
    const std::vector<int> members = part.allgather(rank);
    for (std::size_t i = 0; i < members.size(); ++i)
      REQUIRE(members[i] == rank % colors + static_cast<int>(i) * colors);
    expect_works(part);
    expect_works(part.Split(0));  // and once more
  }
}

TEST_CASE("the key of Split orders the ranks", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank(), size = world.Get_size();
  for (const MPI::Intracomm& reversed :
       {world.Split({.color = 7, .key = -rank}), world.Split(7, size - rank)}) {
    REQUIRE(reversed.Get_size() == size);
    REQUIRE(reversed.Get_rank() == size - 1 - rank);
    expect_works(reversed);
    // the root is that of this communicator
    REQUIRE(reversed.bcast(rank, 0) == size - 1);
  }
  // equal keys: the old order
  REQUIRE(world.Split({.color = 0, .key = 5}).Get_rank() == rank);
  REQUIRE(world.Split().Get_rank() == rank);
  REQUIRE(world.Split({}).Get_size() == size);
  // two sides
  REQUIRE(world.Split(rank == size - 1).Get_size() == (rank == size - 1 ? 1 : size - 1));
  REQUIRE(world.Split({.color = rank > 0}).Get_rank() == (rank > 0 ? rank - 1 : 0));
}

TEST_CASE("Split with color UNDEFINED gives COMM_NULL", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank(), size = world.Get_size();
  for (int outsider = 0; outsider < size; ++outsider) {
    const MPI::Intracomm rest =
        world.Split({.color = rank == outsider ? MPI::UNDEFINED : 0, .key = rank});
    REQUIRE((rest == MPI::COMM_NULL) == (rank == outsider));
    REQUIRE(static_cast<bool>(rest) == (rank != outsider));
    if (rest) REQUIRE(rest.Get_size() == size - 1);
    if (rest) expect_works(rest);
    if (!rest)
      REQUIRE(comm_error([&] { (void)rest.Get_size(); }).find("COMM_NULL") != std::string::npos);
  }
}

TEST_CASE("Create makes a communicator of a group", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank(), size = world.Get_size();
  // the even ranks, the last one first
  std::vector<int> ranks;
  for (int member = (size - 1) / 2 * 2; member >= 0; member -= 2) ranks.push_back(member);
  const MPI::Intracomm even = world.Create(world.Get_group().Incl(ranks));
  REQUIRE((even != MPI::COMM_NULL) == (rank % 2 == 0));
  if (even) {
    REQUIRE(even.allgather(rank) == ranks);
    expect_works(even);
  }
  const MPI::Intracomm same = world.Create(world.Get_group());
  REQUIRE(same.Compare(world) == MPI::CONGRUENT);
  expect_works(same);
  REQUIRE(world.Create(MPI::GROUP_EMPTY) == MPI::COMM_NULL);
}

TEST_CASE("Dup makes a communicator of its own", "[comm]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const MPI::Intracomm duplicate = comm.Dup();
    REQUIRE(duplicate != comm);
    REQUIRE(duplicate.Get_rank() == comm.Get_rank());
    REQUIRE(duplicate.Get_size() == comm.Get_size());
    expect_works(duplicate);
    // a message on one is none on the other
    MPI::Request request = comm.isend(std::string("on the first"), comm.Get_rank(), 3);
    REQUIRE_FALSE(duplicate.iprobe({.source = comm.Get_rank(), .tag = 3}));
    MPI::Request other = duplicate.isend("on the second", duplicate.Get_rank(), 3);
    REQUIRE(duplicate.recv<std::string>(MPI::ANY_SOURCE, 3) == "on the second");
    REQUIRE(comm.recv<std::string>(MPI::ANY_SOURCE, 3) == "on the first");
    request.wait();
    other.wait();
  });
}

TEST_CASE("Compare tells the same, a copy, another order and other members", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const bool alone = world.Get_size() == 1;
  const MPI::Intracomm copy = world;
  REQUIRE(world.Compare(copy) == MPI::IDENT);
  REQUIRE(world.Compare(world.Dup()) == MPI::CONGRUENT);
  REQUIRE(world.Dup().Compare(world) == MPI::CONGRUENT);
  REQUIRE(world.Compare(world.Split(0, -world.Get_rank())) ==
          (alone ? MPI::CONGRUENT : MPI::SIMILAR));
  REQUIRE(world.Compare(MPI::COMM_SELF) == (alone ? MPI::CONGRUENT : MPI::UNEQUAL));
}

TEST_CASE("communicators are equal where they are the same", "[comm]") {
  const MPI::Intracomm duplicate = MPI::COMM_WORLD.Dup();
  const MPI::Intracomm copy = duplicate;
  REQUIRE(copy == duplicate);
  REQUIRE(duplicate != MPI::COMM_WORLD);
  REQUIRE(MPI::COMM_WORLD == MPI::Intracomm(MPI::COMM_WORLD));
  REQUIRE(MPI::COMM_WORLD != MPI::COMM_SELF);
  REQUIRE(MPI::COMM_WORLD != MPI::COMM_NULL);
  REQUIRE(MPI::Intracomm() == MPI::COMM_NULL);
  REQUIRE(MPI::Comm(copy) == duplicate);
  REQUIRE(duplicate.native() == copy.native());
  REQUIRE(duplicate.native() != MPI_COMM_WORLD);
}

TEST_CASE("communicators have names", "[comm]") {
  REQUIRE(MPI::COMM_WORLD.Get_name() == "MPI_COMM_WORLD");
  REQUIRE(MPI::COMM_SELF.name() == "MPI_COMM_SELF");
  REQUIRE(MPI::Intracomm().Get_name() == "MPI_COMM_NULL");
  const MPI::Intracomm duplicate = MPI::COMM_WORLD.Dup();
  duplicate.Set_name("the workers");
  REQUIRE(duplicate.Get_name() == "the workers");
  const MPI::Intracomm copy = duplicate;
  REQUIRE(copy.name() == "the workers");
  duplicate.Set_name("");
  REQUIRE(copy.Get_name().empty());
}

TEST_CASE("the last copy frees a communicator", "[comm]") {
  FreedCounter counter;
  MPI::Comm second;
  {
    const MPI::Intracomm first = MPI::COMM_WORLD.Dup();
    counter.watch(first.native());
    const MPI::Intracomm third = first;
    second = third;
  }
  REQUIRE(counter.freed() == 0);
  expect_works(second);
  MPI::Comm moved = std::move(second);
  expect_works(moved);
  REQUIRE(counter.freed() == 0);
  moved = MPI::COMM_NULL;
  REQUIRE(counter.freed() == 1);
}

TEST_CASE("assigning another communicator frees the old one", "[comm]") {
  FreedCounter counter;
  MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  counter.watch(comm.native());
  const MPI::Intracomm& same = comm;
  comm = same;
  REQUIRE(counter.freed() == 0);
  comm = comm.Dup();
  REQUIRE(counter.freed() == 1);
  expect_works(comm);
  comm = MPI::COMM_WORLD;
  expect_works(comm);
}

TEST_CASE("Free makes all copies COMM_NULL, and their use says so", "[comm]") {
  FreedCounter counter;
  MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  const MPI::Intracomm copy = comm;
  counter.watch(comm.native());
  expect_works(copy);
  comm.Free();
  REQUIRE(counter.freed() == 1);
  REQUIRE(comm == MPI::COMM_NULL);
  REQUIRE(copy == MPI::COMM_NULL);
  REQUIRE_FALSE(copy);
  REQUIRE(copy.native() == MPI_COMM_NULL);
  REQUIRE(copy.Get_name() == "MPI_COMM_NULL");

  int number = 0;
  std::string text;
  const auto says_so = [](auto&& call) {
    return comm_error(call).find("COMM_NULL") != std::string::npos;
  };
  REQUIRE(says_so([&] { comm.Free(); }));
  REQUIRE(says_so([&] { (void)copy.Get_rank(); }));
  REQUIRE(says_so([&] { (void)copy.Get_size(); }));
  REQUIRE(says_so([&] { (void)copy.Is_inter(); }));
  REQUIRE(says_so([&] { (void)copy.Get_group(); }));
  REQUIRE(says_so([&] { (void)copy.Dup(); }));
  REQUIRE(says_so([&] { (void)copy.Split(0); }));
  REQUIRE(says_so([&] { copy.Set_name("name"); }));
  REQUIRE(says_so([&] { (void)copy.Compare(MPI::COMM_WORLD); }));
  REQUIRE(says_so([&] { copy.Barrier(); }));
  REQUIRE(says_so([&] { copy.barrier(); }));
  REQUIRE(says_so([&] { copy.Bcast(number); }));
  REQUIRE(says_so([&] { copy.bcast(number); }));
  REQUIRE(says_so([&] { copy.bcast(text); }));
  REQUIRE(says_so([&] { (void)copy.allreduce(number); }));
  REQUIRE(says_so([&] { (void)copy.allgather(text); }));
  REQUIRE(says_so([&] { copy.Send(number, 0); }));
  REQUIRE(says_so([&] { copy.Recv(number, 0); }));
  REQUIRE(says_so([&] { copy.send(text, 0); }));
  REQUIRE(says_so([&] { (void)copy.recv<std::string>(0); }));
  REQUIRE(says_so([&] { (void)copy.isend(text, 0); }));
  REQUIRE(says_so([&] { (void)copy.irecv<std::string>(0); }));
  REQUIRE(says_so([&] { (void)copy.iprobe(); }));
}

TEST_CASE("predefined communicators cannot be freed", "[comm]") {
  MPI::Intracomm world = MPI::COMM_WORLD, self = MPI::COMM_SELF;
  REQUIRE_FALSE(comm_error([&] { world.Free(); }).empty());
  REQUIRE_FALSE(comm_error([&] { self.Free(); }).empty());
  expect_works(MPI::COMM_WORLD);
  expect_works(MPI::COMM_SELF);
}

TEST_CASE("a raw handle that is borrowed is left alone", "[comm]") {
  FreedCounter counter;
  MPI_Comm raw = MPI_COMM_NULL;
  MPI_Comm_dup(MPI_COMM_WORLD, &raw);
  counter.watch(raw);
  {
    const MPI::Comm borrowed = MPI::Comm::adopt(raw, ownership::borrowed);
    REQUIRE(borrowed.native() == raw);
    expect_works(borrowed);
    expect_works(MPI::Intracomm(borrowed));
    // two that borrow the same are the same
    REQUIRE(borrowed == MPI::Comm::adopt(raw, ownership::borrowed));
  }
  REQUIRE(counter.freed() == 0);
  MPI_Comm_free(&raw);
  REQUIRE(counter.freed() == 1);
}

TEST_CASE("a raw handle that is owned is freed with the last copy", "[comm]") {
  FreedCounter counter;
  MPI_Comm raw = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, 0, -MPI::COMM_WORLD.Get_rank(), &raw);
  counter.watch(raw);
  {
    const MPI::Intracomm owner(MPI::Comm::adopt(raw, ownership::owned));
    REQUIRE(owner.native() == raw);
    REQUIRE(owner.Get_rank() == MPI::COMM_WORLD.Get_size() - 1 - MPI::COMM_WORLD.Get_rank());
    const MPI::Intracomm copy = owner;
    expect_works(copy);
    expect_works(owner.Dup());
  }
  REQUIRE(counter.freed() == 1);
  REQUIRE(MPI::Comm::adopt(MPI_COMM_NULL, ownership::owned) == MPI::COMM_NULL);
}

TEST_CASE("an intercommunicator is one, and no Intracomm can be made of it", "[comm]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank(), size = world.Get_size();
  if (size == 1) return;
  const MPI::Intracomm half = world.Split({.color = rank % 2, .key = rank});
  MPI_Comm raw = MPI_COMM_NULL;
  MPI_Intercomm_create(half.native(), 0, world.native(), 1 - rank % 2, 1, &raw);
  const MPI::Comm inter = MPI::Comm::adopt(raw, ownership::owned);
  REQUIRE(inter.Is_inter());
  REQUIRE(inter.is_inter());
  REQUIRE_FALSE(inter.is_intra());
  REQUIRE(inter.Get_size() == half.Get_size());
  REQUIRE(inter.Get_rank() == half.Get_rank());
  REQUIRE_FALSE(comm_error([&] { (void)MPI::Intracomm(inter); }).empty());
  world.Barrier();
}

TEST_CASE("communicators made in a loop are freed by scope", "[comm]") {
  FreedCounter counter;
  const auto make_many = [&](const MPI::Intracomm& comm, int count) {
    for (int i = 0; i < count; ++i) {
      const MPI::Intracomm part = comm.Split({.color = comm.Get_rank() % 2, .key = i});
      const MPI::Intracomm copy = part.Dup();
      counter.watch(part.native());
      counter.watch(copy.native());
      if (i % 50 == 0) expect_works(copy);
    }
  };
  // MPICH has 2,048 of them at most; alone it is quick to come to that
  make_many(MPI::COMM_SELF, 2'100);
  make_many(MPI::COMM_WORLD, 60);
  REQUIRE(counter.freed() == 2 * 2'160);
  for (int i = 0; i < 300; ++i) {
    const MPI::Intracomm duplicate = MPI::COMM_WORLD.Dup();
    if (i % 100 == 0) expect_works(duplicate);
  }
}

TEST_CASE("many communicators are alive at once", "[comm]") {
  std::vector<MPI::Intracomm> all;
  for (int i = 0; i < 100; ++i) all.push_back(MPI::COMM_WORLD.Dup());
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i].allreduce(i, MPI::MAX) == i);
  all.erase(all.begin(), all.begin() + 50);
  for (const auto& comm : all)
    REQUIRE(comm.allreduce(std::string("a")).size() == static_cast<std::size_t>(comm.Get_size()));
}

TEST_CASE("communicators are kept in containers and returned from functions", "[comm]") {
  const auto make = [](int color) { return MPI::COMM_WORLD.Split({.color = color, .key = 0}); };
  std::vector<std::pair<std::string, MPI::Comm>> named;
  named.emplace_back("all", make(0));
  named.emplace_back("own", make(MPI::COMM_WORLD.Get_rank()));
  named.emplace_back("none", MPI::COMM_NULL);
  REQUIRE(named[0].second.Get_size() == MPI::COMM_WORLD.Get_size());
  REQUIRE(named[1].second.Get_size() == 1);
  REQUIRE(named[2].second == MPI::COMM_NULL);
  std::swap(named[0], named[1]);
  expect_works(named[1].second);
}

// Object collectives are made of messages, too; a user's wildcard must never see them.

namespace {

/// Object collectives of many sorts: by MPI's own, by messages, small and with large parts.
void run_object_collectives(const MPI::Intracomm& comm) {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const auto ranks = static_cast<std::size_t>(size);
  for (const std::size_t length : {std::size_t{1}, std::size_t{300'000}}) {
    std::string all;
    for (int peer = 0; peer < size; ++peer)
      all += std::string(length, static_cast<char>('a' + peer));
    const std::string mine(length, static_cast<char>('a' + rank));
    for (int root = 0; root < size; ++root) {
      REQUIRE((comm.bcast(std::string(mine), root) ==
               std::string(length, static_cast<char>('a' + root))));
      const auto reduced = comm.reduce(mine, MPI::SUM, root);
      if (rank == root) REQUIRE((*reduced == all));
      const auto gathered = comm.gather(mine, root);
      if (rank == root)
        REQUIRE((gathered->back() == std::string(length, static_cast<char>('a' + size - 1))));
      REQUIRE((comm.scatter(std::vector<std::string>(ranks, mine), root) ==
               std::string(length, static_cast<char>('a' + root))));
    }
    REQUIRE((comm.allreduce(mine) == all));
    REQUIRE((comm.scan(mine) == all.substr(0, length * (static_cast<std::size_t>(rank) + 1))));
    REQUIRE(comm.exscan(mine).has_value() == (rank > 0));
    REQUIRE((comm.alltoall(std::vector<std::string>(ranks, mine)) == comm.allgather(mine)));
    REQUIRE(comm.allreduce(1, [](int a, int b) { return a + b; }) == size);
    REQUIRE((comm.allreduce(std::vector<int>(length, 1)) == std::vector<int>(length, size)));
    comm.barrier();
  }
}

}  // namespace

TEST_CASE("a posted object receive with wildcards meets no inner traffic", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    MPI::ObjectRequest<std::string> request = comm.irecv<std::string>();
    run_object_collectives(comm);
    REQUIRE_FALSE(request.test().has_value());
    comm.Barrier();  // nobody sends before all have looked
    comm.send("of the user, from " + std::to_string(rank), (rank + 1) % size, 17);
    REQUIRE(request.wait() == "of the user, from " + std::to_string((rank + size - 1) % size));
  });
}

TEST_CASE("a posted buffer receive with wildcards meets no inner traffic", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    std::vector<int> buffer(1'000, -1);
    MPI::Request request = comm.Irecv(buffer, MPI::ANY_SOURCE, MPI::ANY_TAG);
    run_object_collectives(comm);
    REQUIRE_FALSE(request.Test());
    REQUIRE((buffer == std::vector<int>(1'000, -1)));
    comm.Barrier();  // nobody sends before all have looked
    comm.Send(std::vector<int>{rank, 1, 2}, (rank + 1) % size, 17);
    MPI::Status status;
    request.Wait(status);
    REQUIRE(status.Get_count(MPI::INT) == 3);
    REQUIRE(status.Get_tag() == 17);
    REQUIRE(buffer[0] == (rank + size - 1) % size);
  });
}

TEST_CASE("a probe with wildcards finds no inner traffic", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    // ranks that are ahead have sent what others have not yet taken
    for (int i = 0; i < 50; ++i) {
      (void)comm.reduce(std::to_string(i), MPI::SUM, i % comm.Get_size());
      REQUIRE_FALSE(comm.iprobe());
      REQUIRE_FALSE(comm.improbe().has_value());
    }
    comm.barrier();
  });
}

TEST_CASE("collectives on two communicators of the same ranks do not meet", "[comm][object]") {
  const MPI::Intracomm first = MPI::COMM_WORLD.Dup(), second = MPI::COMM_WORLD.Dup();
  const int rank = first.Get_rank(), size = first.Get_size();
  // a reduction ends early on ranks that only give, which then are in the next one already
  for (int i = 0; i < 50; ++i) {
    const std::string name = std::to_string(i % 10);
    const auto a = first.reduce("a" + name, MPI::SUM, i % size);
    const auto b = second.reduce("b" + name, MPI::SUM, (i + 1) % size);
    const auto c = MPI::COMM_WORLD.reduce("c" + name, MPI::SUM, i % size);
    std::string wanted_a, wanted_b, wanted_c;
    for (int peer = 0; peer < size; ++peer)
      wanted_a += "a" + name, wanted_b += "b" + name, wanted_c += "c" + name;
    REQUIRE(a.value_or(wanted_a) == wanted_a);
    REQUIRE(b.value_or(wanted_b) == wanted_b);
    REQUIRE(c.value_or(wanted_c) == wanted_c);
    REQUIRE(b.has_value() == (rank == (i + 1) % size));
  }
}
