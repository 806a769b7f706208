// SPDX-License-Identifier: MIT
// ranks: 2 3 4
// inline limits: 64 4096
// Intercommunicators: how they are made and asked, and object calls from group to group.
#include "support/catch.hpp"
#include "support/halves.hpp"
#include "support/messages.hpp"

#include <mpi4cxx/MPI.hpp>

#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

using Strings = std::vector<std::string>;

std::string text_of(int world_rank, std::size_t length = 0) {
  return "rank " + std::to_string(world_rank) + std::string(length, 'x');
}

}  // namespace

TEST_CASE("an intercommunicator knows both groups") {
  const Halves halves;
  const auto& [world, split, is_low, half, inter, rank, size, peers] = halves;
  REQUIRE(inter);
  CHECK(inter.Is_inter());
  CHECK_FALSE(inter.Is_intra());
  CHECK(rank == half.Get_rank());
  CHECK(size == half.Get_size());
  CHECK(peers == world.Get_size() - size);
  CHECK(inter.remote_size() == peers);
  CHECK(inter.Get_group().Compare(half.Get_group()) == MPI::IDENT);
  const MPI::Group remote = inter.Get_remote_group();
  CHECK(remote.Get_size() == peers);
  CHECK(remote.Get_rank() == MPI::UNDEFINED);
  CHECK(inter.remote_group().Compare(remote) == MPI::IDENT);
  std::vector<int> all(static_cast<std::size_t>(peers));
  std::iota(all.begin(), all.end(), 0);
  const std::vector<int> ranks = remote.Translate_ranks(all, world.Get_group());
  for (int peer = 0; peer < peers; ++peer)
    CHECK(ranks[static_cast<std::size_t>(peer)] == halves.world_rank(peer));
  CHECK_FALSE(inter.is_topo());
}

TEST_CASE("an intercommunicator is made with keywords, and by the leaders alone") {
  const auto& world = MPI::COMM_WORLD;
  const bool is_low = world.Get_rank() == 0;
  const MPI::Intracomm part = world.Split(is_low ? 0 : 1);
  const int leader = part.Get_size() - 1;
  const int other = is_low ? world.Get_size() - 1 : 0;
  const MPI::Intercomm inter = part.Create_intercomm(
      {.local_leader = leader,
       .peer_comm = part.Get_rank() == leader ? MPI::Comm(world) : MPI::Comm(MPI::COMM_NULL),
       .remote_leader = other,
       .tag = 3});
  CHECK(inter.Get_remote_size() == world.Get_size() - part.Get_size());
  CHECK(
      inter.allgather(part.Get_size()) ==
      std::vector<int>(static_cast<std::size_t>(inter.Get_remote_size()), inter.Get_remote_size()));
}

TEST_CASE("Merge makes one group, in the order that is wanted") {
  const Halves halves;
  for (const bool low_is_high : {false, true}) {
    const bool high = halves.is_low == low_is_high;
    const MPI::Intracomm merged = halves.inter.Merge(high);
    CHECK_FALSE(merged.Is_inter());
    CHECK(merged.Get_size() == halves.world.Get_size());
    CHECK(merged.Get_rank() == (high ? halves.peers + halves.rank : halves.rank));
    // it works as any other, for large objects too
    const std::string text(20'000, 'm');
    CHECK(merged.bcast(merged.Get_rank() == 1 ? text : "", 1) == text);
    CHECK(merged.allreduce(1) == merged.Get_size());
  }
  CHECK(halves.inter.Merge().Get_size() == halves.world.Get_size());
  CHECK(halves.inter.Merge({.high = halves.is_low}).Get_rank() ==
        (halves.is_low ? halves.peers : 0) + halves.rank);
}

TEST_CASE("intercommunicators of an intercommunicator") {
  const Halves halves;
  const MPI::Intercomm duplicate = halves.inter.Dup();
  CHECK(duplicate.Compare(halves.inter) == MPI::CONGRUENT);
  CHECK(duplicate.allgather(1).size() == static_cast<std::size_t>(halves.peers));

  // the first ranks of both groups, and the others, who may have no other side
  const MPI::Intercomm part = halves.inter.Split({.color = halves.rank == 0 ? 0 : 1});
  const int others_there = halves.peers - 1;
  if (halves.rank == 0) {
    REQUIRE(part);
    CHECK(part.Get_size() == 1);
    CHECK(part.Get_remote_size() == 1);
    CHECK(part.allgather(text_of(halves.world.Get_rank())) ==
          Strings{text_of(halves.world_rank(0))});
  } else {
    CHECK(static_cast<bool>(part) == (others_there > 0));
    if (part) CHECK(part.Get_remote_size() == others_there);
  }

  const MPI::Intercomm leaders = halves.inter.Create(halves.inter.Get_group().Incl({0}));
  CHECK(static_cast<bool>(leaders) == (halves.rank == 0));
  if (leaders) CHECK(leaders.Get_remote_size() == 1);
}

TEST_CASE("Create_from_groups needs no communicator in common") {
  const Halves halves;
  const MPI::Group local = halves.inter.Get_group(), remote = halves.inter.Get_remote_group();
  if (MPI::Get_version().first < 4) {
    CHECK_THROWS_WITH(MPI::Intercomm::Create_from_groups(local, 0, remote, 0),
                      HasText("need MPI 4"));
    return;
  }
  for (int round = 0; round < 2; ++round) {
    const MPI::Intercomm inter = round == 0
                                     ? MPI::Intercomm::Create_from_groups(local, 0, remote, 0)
                                     : MPI::Intercomm::Create_from_groups(
                                           local, 0, remote, 0, {.stringtag = "mpi4cxx.test"});
    CHECK(inter.Is_inter());
    CHECK(inter.Get_remote_size() == halves.peers);
    CHECK(inter.allgather(halves.rank).size() == static_cast<std::size_t>(halves.peers));
  }
}

TEST_CASE("what is no intercommunicator is refused with a sentence") {
  const auto& world = MPI::COMM_WORLD;
  CHECK_THROWS_WITH(MPI::Intercomm(world), HasText("of one group"));
  CHECK_THROWS_WITH(world.Create_intercomm(world.Get_size(), world, 0), HasText("local leader"));
  const MPI::Intracomm& self = MPI::COMM_SELF;
  CHECK_THROWS_WITH(self.Create_intercomm(0, MPI::COMM_NULL, 0), HasText("needs a peer_comm"));
  CHECK_THROWS_WITH(self.Create_intercomm(0, world, world.Get_size()), HasText("remote leader"));
  const Halves halves;
  CHECK_THROWS_WITH(MPI::Intracomm(halves.inter), HasText("an intercommunicator"));
  CHECK(MPI::Intercomm(MPI::Comm(halves.inter)).Get_remote_size() == halves.peers);
  const MPI::Intercomm none = MPI::COMM_NULL;
  CHECK_FALSE(none);
  CHECK_THROWS_WITH(none.Get_remote_size(), HasText("COMM_NULL"));
}

TEST_CASE("objects of all sorts from rank to rank of the other group") {
  const Halves halves;
  const auto& inter = halves.inter;
  for_each_typical_message([&](const auto& message) {
    using Message = std::remove_cvref_t<decltype(message)>;
    // everybody sends to every rank of the other side, and receives from each
    std::vector<MPI::Request> sends;
    for (int peer = 0; peer < halves.peers; ++peer)
      sends.push_back(inter.isend(message, {.dest = peer, .tag = halves.rank}));
    for (int peer = halves.peers - 1; peer >= 0; --peer) {
      MPI::Status status;
      CHECK(inter.recv<Message>({.source = peer, .tag = peer, .status = status}) == message);
      CHECK(status.Get_source() == peer);
    }
    MPI::Request::Waitall(sends);
  });
  // any source, a large object, and the answer
  const std::string text = text_of(halves.world.Get_rank(), 50'000);
  if (halves.is_low) {
    if (halves.rank == 0) {
      for (int i = 0; i < halves.peers; ++i) {
        MPI::Status status;
        const auto got = inter.recv<std::string>({.status = status});
        CHECK(got == text_of(halves.world_rank(status.Get_source()), 50'000));
        inter.send(got.size(), {.dest = status.Get_source()});
      }
    }
  } else {
    inter.ssend(text, 0);
    CHECK(inter.recv<std::size_t>(0) == text.size());
  }
}

TEST_CASE("barrier and bcast from either group") {
  const Halves halves;
  const auto& inter = halves.inter;
  halves.for_each_root([&](int root, bool receives, int number) {
    inter.barrier();
    for (const std::size_t length : {0U, 300U, 50'000U}) {
      const int from = halves.is_low != receives ? number : halves.split + number;
      const std::string expected = text_of(from, length);
      // in place
      std::string text = receives ? "before" : expected;
      inter.bcast(text, {.root = root});
      CHECK(text == expected);
      // a value that travels as it lies, a sequence, an object with members
      CHECK(inter.bcast(receives ? -1 : number + 5, root) == number + 5);
      const auto numbers = messages::numbers(static_cast<int>(length));
      CHECK(inter.bcast(receives ? std::vector<int>() : numbers, root) == numbers);
      const messages::Task task{number, text, {1.5}};
      if (receives)
        CHECK(inter.bcast<messages::Task>(MPI::None, root) == task);
      else
        CHECK(inter.bcast(task, root) == task);
    }
  });
}

TEST_CASE("gather to a root in either group") {
  const Halves halves;
  const auto& inter = halves.inter;
  const int me = halves.world.Get_rank();
  halves.for_each_root([&](int root, bool gives, int) {
    for (const std::size_t length : {0U, 5000U}) {
      const auto texts = gives ? inter.gather(text_of(me, length), root)
                               : inter.gather<std::string>(MPI::None, root);
      const auto ranks = inter.gather(me, {.root = root});
      REQUIRE(texts.has_value() == (root == MPI::ROOT));
      REQUIRE(ranks.has_value() == (root == MPI::ROOT));
      if (root != MPI::ROOT) continue;
      REQUIRE(texts->size() == static_cast<std::size_t>(halves.peers));
      REQUIRE(ranks->size() == static_cast<std::size_t>(halves.peers));
      for (int peer = 0; peer < halves.peers; ++peer) {
        CHECK(texts->at(static_cast<std::size_t>(peer)) ==
              text_of(halves.world_rank(peer), length));
        CHECK(ranks->at(static_cast<std::size_t>(peer)) == halves.world_rank(peer));
      }
    }
  });
}

TEST_CASE("scatter from a root in either group") {
  const Halves halves;
  const auto& inter = halves.inter;
  halves.for_each_root([&](int root, bool receives, int number) {
    Strings texts;
    std::vector<int> numbers;
    std::vector<bool> flags;
    if (root == MPI::ROOT)
      for (int peer = 0; peer < halves.peers; ++peer) {
        texts.push_back(text_of(100 * number + peer, static_cast<std::size_t>(peer) * 700));
        numbers.push_back(10 * number + peer);
        flags.push_back(peer % 2 == 0);
      }
    const std::string text = inter.scatter(texts, root);
    const int value = inter.scatter(numbers, {.root = root});
    const bool flag = inter.scatter(flags, root);
    CHECK(text == (receives ? text_of(100 * number + halves.rank,
                                      static_cast<std::size_t>(halves.rank) * 700)
                            : ""));
    CHECK(value == (receives ? 10 * number + halves.rank : 0));
    CHECK(flag == (receives && halves.rank % 2 == 0));
    if (receives)
      CHECK(inter.scatter<std::string>(MPI::None, root) == "same");
    else
      inter.scatter(Strings(static_cast<std::size_t>(halves.peers), "same"), root);
  });
}

TEST_CASE("a scatter of a wrong number of objects fails on the root and on the receivers") {
  const Halves halves;
  const Strings wrong(static_cast<std::size_t>(halves.peers) + 1, "x");
  const int root = halves.root_for(true, 0);
  if (root == MPI::ROOT)
    CHECK_THROWS_WITH(halves.inter.scatter(wrong, root), HasText("one object for each"));
  else if (root == 0)
    CHECK_THROWS_WITH(halves.inter.scatter(wrong, root), HasText("failed on its root"));
  else
    CHECK(halves.inter.scatter(wrong, root) == "");
  CHECK(halves.inter.allgather(text_of(1)).size() == static_cast<std::size_t>(halves.peers));
}

TEST_CASE("allgather and alltoall bring what the other group gives") {
  const Halves halves;
  const auto& inter = halves.inter;
  const int me = halves.world.Get_rank();
  const auto ranks = inter.allgather(me);
  const auto texts = inter.allgather(text_of(me, static_cast<std::size_t>(me) * 3000));
  Strings out;
  std::vector<int> numbers;
  for (int peer = 0; peer < halves.peers; ++peer) {
    out.push_back(text_of(100 * me + halves.world_rank(peer), static_cast<std::size_t>(me) * 900));
    numbers.push_back(100 * me + halves.world_rank(peer));
  }
  const auto in = inter.alltoall(out);
  const auto in_numbers = inter.alltoall(numbers);
  REQUIRE(ranks.size() == static_cast<std::size_t>(halves.peers));
  REQUIRE(texts.size() == ranks.size());
  REQUIRE(in.size() == ranks.size());
  REQUIRE(in_numbers.size() == ranks.size());
  for (int peer = 0; peer < halves.peers; ++peer) {
    const auto at = static_cast<std::size_t>(peer);
    const int there = halves.world_rank(peer);
    CHECK(ranks[at] == there);
    CHECK(texts[at] == text_of(there, static_cast<std::size_t>(there) * 3000));
    CHECK(in[at] == text_of(100 * there + me, static_cast<std::size_t>(there) * 900));
    CHECK(in_numbers[at] == 100 * there + me);
  }
  CHECK_THROWS_WITH(inter.alltoall(std::vector<int>(ranks.size() + 1)),
                    HasText("one object for each"));
}

TEST_CASE("reductions combine the objects of the other group, in rank order") {
  const Halves halves;
  const auto& inter = halves.inter;
  const int me = halves.world.Get_rank();
  int sum = 0, most = 0;
  std::string joined;
  std::vector<int> sums(3);
  for (int peer = 0; peer < halves.peers; ++peer) {
    const int there = halves.world_rank(peer);
    sum += there;
    most = std::max(most, there);
    joined += text_of(there, 3000);
    for (int& each : sums) each += there;
  }
  const auto join = [](const std::string& a, const std::string& b) { return a + b; };
  halves.for_each_root([&](int root, bool gives, int) {
    const auto total = inter.reduce(me, MPI::SUM, root);
    const auto largest = inter.reduce(me, {.op = MPI::MAX, .root = root});
    const auto text = gives ? inter.reduce(text_of(me, 3000), join, root)
                            : inter.reduce<std::string>(MPI::None, join, root);
    const auto vector = inter.reduce(std::vector<int>(gives ? 3 : 0, me), MPI::SUM, root);
    REQUIRE(total.has_value() == (root == MPI::ROOT));
    REQUIRE(largest.has_value() == (root == MPI::ROOT));
    REQUIRE(text.has_value() == (root == MPI::ROOT));
    REQUIRE(vector.has_value() == (root == MPI::ROOT));
    if (root != MPI::ROOT) return;
    CHECK(*total == sum);
    CHECK(*largest == most);
    CHECK(*text == joined);
    CHECK(*vector == sums);
  });
  CHECK(inter.allreduce(me) == sum);
  CHECK(inter.allreduce(me, {.op = MPI::MAX}) == most);
  CHECK(inter.allreduce(text_of(me, 3000), join) == joined);
  CHECK(inter.allreduce(std::vector<int>(3, me)) == sums);
  // each group has its own length
  const std::vector<int> mine(halves.is_low ? 2 : 5, 1);
  CHECK(inter.allreduce(mine) == std::vector<int>(halves.is_low ? 5 : 2, halves.peers));
}

TEST_CASE("an operator that throws does not stop the next reduction") {
  const Halves halves;
  const auto refuse = [](int, int) -> int { throw std::runtime_error("refused"); };
  halves.for_each_root([&](int root, bool, int) {
    if (root == MPI::ROOT && halves.peers > 1)
      CHECK_THROWS_WITH(halves.inter.reduce(1, refuse, root), "refused");
    else
      halves.inter.reduce(1, refuse, root);
    const auto total = halves.inter.reduce(1, MPI::SUM, root);
    if (root == MPI::ROOT) CHECK(*total == halves.peers);
  });
}

TEST_CASE("what is not defined between two groups says so") {
  const Halves halves;
  const auto& inter = halves.inter;
  CHECK_THROWS_WITH(inter.scan(1), HasText("scan is not defined on an intercommunicator"));
  CHECK_THROWS_WITH(inter.exscan(1), HasText("exscan is not defined on an intercommunicator"));
  CHECK_THROWS_WITH(inter.ibcast(1), HasText("not there on an intercommunicator"));
  CHECK_THROWS_WITH(inter.iallgather(1), HasText("not there on an intercommunicator"));
  CHECK_THROWS_WITH(inter.iallreduce(1), HasText("not there on an intercommunicator"));
  CHECK_THROWS_WITH(MPI::Comm(inter).allreduce(1), HasText("make an MPI::Intercomm of it"));
  for (const int root : {halves.peers, -77}) {
    CHECK_THROWS_WITH(inter.bcast(1, root), HasText("is no rank of the remote group"));
    CHECK_THROWS_WITH(inter.gather(1, root), HasText("is no rank of the remote group"));
    CHECK_THROWS_WITH(inter.scatter(std::vector<int>(), root), HasText("MPI::ROOT"));
    CHECK_THROWS_WITH(inter.reduce(1, MPI::SUM, root), HasText("is no rank of the remote group"));
  }
  inter.ibarrier().Wait();
}
