// SPDX-License-Identifier: MIT
// ranks: 2 3 4
// Uppercase calls of no elements on intercommunicators: they end, write nothing, and leave the
// calls behind them alone.
#include "support/catch.hpp"
#include "support/guarded.hpp"
#include "support/halves.hpp"

#include <mpi4cxx/MPI.hpp>

#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

using Ints = std::vector<int>;

/// A nonblocking call, which meets the wrong one where the ranks do not agree on what was called
/// before; then others with elements.
void calls_behind(const Halves& halves) {
  const auto peers = static_cast<std::size_t>(halves.peers);
  halves.inter.Ibarrier().Wait();
  const int me = halves.world.Get_rank();
  Ints expected;
  int sum = 0;
  for (int peer = 0; peer < halves.peers; ++peer) {
    expected.push_back(halves.world_rank(peer));
    sum += halves.world_rank(peer);
  }
  const Guarded<int> all(peers, -1), total(1, -1);
  halves.inter.Iallgather(me, all.span()).Wait();
  CHECK(all.holds(expected));
  halves.inter.Allreduce(me, total.span());
  CHECK(total.holds({sum}));
}

/// Runs a call, `in` of which must stay as it is, blocking and as a request.
template <class Blocking, class Starting>
void check(const Halves& halves, const Guarded<int>& in, Blocking blocking, Starting starting) {
  blocking();
  CHECK(in.guards_stay());
  calls_behind(halves);
  starting().Wait();
  CHECK(in.guards_stay());
  calls_behind(halves);
}

/// Calls f(halves, root to give, whether this rank is in the group that is not the root's).
template <class F>
void for_each_root(F&& f) {
  for_each_split([&](const Halves& halves) {
    halves.for_each_root([&](int root, bool has_part, int number) {
      CAPTURE(halves.split, number, root);
      f(halves, root, has_part);
    });
  });
}

bool has_persistent_collectives() {
  return MPI::Get_version().first >= 4;
}
void start_twice(MPI::Prequest request) {
  for (int round = 0; round < 2; ++round) {
    request.Start();
    request.Wait();
  }
}

}  // namespace

TEST_CASE("Bcast of nothing between groups") {
  for_each_root([](const Halves& halves, int root, bool) {
    const Guarded<int> empty(0);
    check(
        halves, empty, [&] { halves.inter.Bcast(empty.span(), root); },
        [&] { return halves.inter.Ibcast(empty.span(), root); });
  });
}

/// What ranks that have no part in it give is `outside`.
template <class Outside>
void reduce_nothing(const Outside& outside) {
  for_each_root([&](const Halves& halves, int root, bool has_part) {
    const Guarded<int> empty(0);
    const auto check_with = [&](const auto& out, const MPI::Buffer& in) {
      check(
          halves, empty, [&] { halves.inter.Reduce(out, in, MPI::SUM, root); },
          [&] { return halves.inter.Ireduce(out, in, MPI::SUM, root); });
    };
    if (root == MPI::ROOT)
      check_with(MPI::None, empty.span());
    else if (has_part)
      check_with(empty.span(), MPI::None);
    else
      check_with(outside, MPI::None);
  });
}

TEST_CASE("Reduce of nothing between groups, with buffers of nothing on all ranks") {
  const Guarded<int> empty(0);
  reduce_nothing(empty.span());
  CHECK(empty.guards_stay());
}

TEST_CASE("Reduce of nothing between groups, with None on ranks that have no part in it") {
  // these ranks do not know that the others have none
  reduce_nothing(MPI::None);
}

TEST_CASE("Gather, Gatherv, Scatter and Scatterv of nothing between groups") {
  for_each_root([](const Halves& halves, int root, bool has_part) {
    const Guarded<int> empty(0);
    const Ints zeros(static_cast<std::size_t>(halves.peers), 0);
    const auto& inter = halves.inter;
    if (root == MPI::ROOT) {
      check(
          halves, empty, [&] { inter.Gather(MPI::None, empty.span(), root); },
          [&] { return inter.Igather(MPI::None, empty.span(), root); });
      check(
          halves, empty,
          [&] {
            inter.Gatherv(MPI::None, {empty.span(), zeros}, root);
          },
          [&] {
            return inter.Igatherv(MPI::None, {empty.span(), zeros}, root);
          });
      check(
          halves, empty, [&] { inter.Scatter(empty.span(), MPI::None, root); },
          [&] { return inter.Iscatter(empty.span(), MPI::None, root); });
      check(
          halves, empty,
          [&] {
            inter.Scatterv({empty.span(), zeros}, MPI::None, root);
          },
          [&] {
            return inter.Iscatterv({empty.span(), zeros}, MPI::None, root);
          });
      return;
    }
    const auto check_with = [&](const auto& mine) {
      check(
          halves, empty, [&] { inter.Gather(mine, MPI::None, root); },
          [&] { return inter.Igather(mine, MPI::None, root); });
      check(
          halves, empty, [&] { inter.Gatherv(mine, MPI::None, root); },
          [&] { return inter.Igatherv(mine, MPI::None, root); });
      check(
          halves, empty, [&] { inter.Scatter(MPI::None, mine, root); },
          [&] { return inter.Iscatter(MPI::None, mine, root); });
      check(
          halves, empty, [&] { inter.Scatterv(MPI::None, mine, root); },
          [&] { return inter.Iscatterv(MPI::None, mine, root); });
    };
    if (has_part)
      check_with(empty.span());
    else
      check_with(MPI::None);
  });
}

TEST_CASE("Allgather, Alltoall and their v and w forms of nothing between groups") {
  for_each_split([](const Halves& halves) {
    CAPTURE(halves.split);
    const Guarded<int> empty(0);
    const Ints zeros(static_cast<std::size_t>(halves.peers), 0);
    const std::vector<MPI::Datatype> types(zeros.size(), MPI::INT);
    const auto& inter = halves.inter;
    check(
        halves, empty, [&] { inter.Allgather(empty.span(), empty.span()); },
        [&] { return inter.Iallgather(empty.span(), empty.span()); });
    check(
        halves, empty,
        [&] {
          inter.Allgatherv(empty.span(), {empty.span(), zeros});
        },
        [&] {
          return inter.Iallgatherv(empty.span(), {empty.span(), zeros});
        });
    check(
        halves, empty, [&] { inter.Alltoall(empty.span(), empty.span()); },
        [&] { return inter.Ialltoall(empty.span(), empty.span()); });
    check(
        halves, empty,
        [&] {
          inter.Alltoallv({empty.span(), zeros}, {empty.span(), zeros});
        },
        [&] {
          return inter.Ialltoallv({empty.span(), zeros}, {empty.span(), zeros});
        });
    check(
        halves, empty,
        [&] {
          inter.Alltoallw({empty.span(), zeros, zeros, types}, {empty.span(), zeros, zeros, types});
        },
        [&] {
          return inter.Ialltoallw({empty.span(), zeros, zeros, types},
                                  {empty.span(), zeros, zeros, types});
        });
  });
}

TEST_CASE("Allreduce, Reduce_scatter and Reduce_scatter_block of nothing between groups") {
  for_each_split([](const Halves& halves) {
    CAPTURE(halves.split);
    const Guarded<int> empty(0);
    const Ints zeros(static_cast<std::size_t>(halves.size), 0);
    const auto& inter = halves.inter;
    check(
        halves, empty, [&] { inter.Allreduce(empty.span(), empty.span()); },
        [&] { return inter.Iallreduce(empty.span(), empty.span()); });
    check(
        halves, empty, [&] { inter.Reduce_scatter(empty.span(), empty.span(), zeros); },
        [&] { return inter.Ireduce_scatter(empty.span(), empty.span(), zeros); });
    check(
        halves, empty, [&] { inter.Reduce_scatter_block(empty.span(), empty.span()); },
        [&] { return inter.Ireduce_scatter_block(empty.span(), empty.span()); });
  });
}

TEST_CASE("persistent calls of nothing between groups") {
  if (!has_persistent_collectives()) return;
  for_each_root([](const Halves& halves, int root, bool has_part) {
    const Guarded<int> empty(0);
    const Ints zeros(static_cast<std::size_t>(halves.peers), 0);
    const auto& inter = halves.inter;
    const bool is_root = root == MPI::ROOT;
    const MPI::LastingConstBuffer none = MPI::None, nothing = empty.span();
    const MPI::Buffer none_in = MPI::None, nothing_in = empty.span();
    const MPI::LastingConstBuffer &out = has_part ? nothing : none,
                                  &root_out = is_root ? nothing : none;
    const MPI::Buffer &in = has_part ? nothing_in : none_in,
                      &root_in = is_root ? nothing_in : none_in;
    start_twice(inter.Reduce_init(out, root_in, MPI::SUM, root));
    calls_behind(halves);
    start_twice(inter.Gather_init(out, root_in, root));
    calls_behind(halves);
    start_twice(inter.Scatter_init(root_out, in, root));
    calls_behind(halves);
    start_twice(inter.Allgather_init(nothing, nothing_in));
    start_twice(inter.Alltoall_init(nothing, nothing_in));
    start_twice(inter.Alltoallv_init({empty.span(), zeros}, {empty.span(), zeros}));
    start_twice(inter.Allreduce_init(nothing, nothing_in));
    calls_behind(halves);
    CHECK(empty.guards_stay());
  });
}
