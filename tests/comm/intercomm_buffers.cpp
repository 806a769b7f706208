// SPDX-License-Identifier: MIT
// ranks: 2 3 4
// Uppercase calls on intercommunicators: from group to group, with every root in either group.
#include "support/catch.hpp"
#include "support/guarded.hpp"
#include "support/halves.hpp"

#include <mpi4cxx/MPI.hpp>

#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

using Ints = std::vector<int>;
constexpr int untouched = -1;
constexpr std::size_t width = 300;  // elements of a block

/// Element `e` of what `from` has for `to`; ranks of the world.
int value(int from, int to, std::size_t e) {
  return 100'000 * from + 10'000 * to + static_cast<int>(e);
}
Ints block(int from, int to, std::size_t length = width) {
  Ints values;
  for (std::size_t e = 0; e < length; ++e) values.push_back(value(from, to, e));
  return values;
}
void append(Ints& to, const Ints& values) {
  to.insert(to.end(), values.begin(), values.end());
}
/// 0, 1, 2, 0, ... elements.
int length_of(int world_rank) {
  return world_rank % 3;
}

/// Runs a call blocking or as a request.
template <class Blocking, class Starting>
void run(bool nonblocking, Blocking blocking, Starting starting) {
  if (nonblocking)
    starting().Wait();
  else
    blocking();
}

/// What a rooted call is tested with.
struct Rooted {
  const Halves& halves;
  int root;          // to give
  bool is_opposite;  // this rank is in the group that is not the root's
  int root_rank;     // in the world
  bool nonblocking;
  bool is_root() const { return root == MPI::ROOT; }
  int me() const { return halves.world.Get_rank(); }
};
template <class F>
void for_each_root(F&& f) {
  const Halves halves;
  for (const bool nonblocking : {false, true})
    halves.for_each_root([&](int root, bool is_opposite, int number) {
      const bool root_is_low = halves.is_low != is_opposite;
      const int root_rank = root_is_low ? number : halves.split + number;
      INFO("root " << root_rank << " of the world, nonblocking " << nonblocking);
      f(Rooted{halves, root, is_opposite, root_rank, nonblocking});
    });
}

}  // namespace

TEST_CASE("Send, Recv and Sendrecv with ranks of the other group") {
  const Halves halves;
  const int me = halves.world.Get_rank();
  for (int peer = 0; peer < halves.peers; ++peer) {
    const Ints out = block(me, halves.world_rank(peer));
    Guarded<int> in(width);
    const MPI::Request request = halves.inter.Isend(out, peer, halves.rank);
    MPI::Status status;
    halves.inter.Recv(in.span(), {.source = peer, .tag = peer, .status = status});
    CHECK(status.Get_source() == peer);
    CHECK(in.holds(block(halves.world_rank(peer), me)));
  }
  halves.inter.Barrier();
  halves.inter.Ibarrier().Wait();
}

TEST_CASE("Bcast between groups") {
  for_each_root([](const Rooted& call) {
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, width}) {
      const Ints sent = block(call.root_rank, 0, length);
      Guarded<int> memory(length, untouched);
      const auto& inter = call.halves.inter;
      if (call.is_root()) std::copy(sent.begin(), sent.end(), memory.span().begin());
      run(
          call.nonblocking, [&] { inter.Bcast(memory.span(), {.root = call.root}); },
          [&] { return inter.Ibcast(memory.span(), call.root); });
      CHECK(memory.holds(call.is_root() || call.is_opposite ? sent : Ints(length, untouched)));
    }
    // who has no part in it needs no buffer
    int number = call.is_root() ? 42 : 0;
    if (call.root == MPI::PROC_NULL)
      call.halves.inter.Bcast(MPI::None, call.root);
    else
      call.halves.inter.Bcast(number, call.root);
    CHECK(number == (call.root == MPI::PROC_NULL ? 0 : 42));
  });
}

TEST_CASE("a persistent Bcast between groups is started twice") {
  if (MPI::Get_version().first < 4) return;
  for_each_root([](const Rooted& call) {
    int number = 0;
    MPI::Prequest bcast = call.halves.inter.Bcast_init(number, {.root = call.root});
    for (const int round : {1, 2}) {
      number = call.is_root() ? 10 * round : 0;
      bcast.Start();
      bcast.Wait();
      CHECK(number == (call.root == MPI::PROC_NULL ? 0 : 10 * round));
    }
  });
}

TEST_CASE("Gather and Gatherv between groups") {
  for_each_root([](const Rooted& call) {
    const Halves& halves = call.halves;
    const int root = call.root;
    const bool gives = call.is_opposite, nonblocking = call.nonblocking;
    [[maybe_unused]] const int root_rank = call.root_rank;
    const auto peers = static_cast<std::size_t>(halves.peers);
    const Ints out = block(call.me(), root_rank);
    Ints expected, rows, counts, displs;
    for (int peer = 0; peer < halves.peers; ++peer) {
      const int there = halves.world_rank(peer);
      append(expected, block(there, root_rank));
      counts.push_back(length_of(there));
      displs.push_back(3 * peer);
      append(rows, block(there, root_rank, static_cast<std::size_t>(length_of(there))));
      rows.resize(3 * static_cast<std::size_t>(peer + 1), untouched);
    }
    Guarded<int> in(peers * width, untouched), short_in(3 * peers, untouched);
    const Ints part(out.begin(), out.begin() + length_of(call.me()));
    if (call.is_root()) {
      run(
          nonblocking, [&] { halves.inter.Gather(MPI::None, in.span(), root); },
          [&] { return halves.inter.Igather(MPI::None, in.span(), {.root = root}); });
      CHECK(in.holds(expected));
      run(
          nonblocking,
          [&] {
            halves.inter.Gatherv(MPI::None, {short_in.span(), counts, displs}, root);
          },
          [&] {
            return halves.inter.Igatherv(MPI::None, {short_in.span(), counts, displs}, root);
          });
      CHECK(short_in.holds(rows));
      CHECK_THROWS_WITH(halves.inter.Gatherv(MPI::None, {in.span(), Ints(peers + 1, 1)}, root),
                        HasText("counts were given for"));
    } else if (gives) {
      run(
          nonblocking, [&] { halves.inter.Gather(out, MPI::None, root); },
          [&] { return halves.inter.Igather(out, MPI::None, root); });
      run(
          nonblocking, [&] { halves.inter.Gatherv(part, MPI::None, root); },
          [&] { return halves.inter.Igatherv(part, MPI::None, root); });
    } else {
      run(
          nonblocking, [&] { halves.inter.Gather(MPI::None, MPI::None, root); },
          [&] { return halves.inter.Igather(MPI::None, MPI::None, root); });
      run(
          nonblocking, [&] { halves.inter.Gatherv(MPI::None, MPI::None, root); },
          [&] { return halves.inter.Igatherv(MPI::None, MPI::None, root); });
    }
  });
}

TEST_CASE("Scatter and Scatterv between groups") {
  for_each_root([](const Rooted& call) {
    const Halves& halves = call.halves;
    const int root = call.root;
    const bool receives = call.is_opposite, nonblocking = call.nonblocking;
    [[maybe_unused]] const int root_rank = call.root_rank;
    Ints out, rows, counts, displs;
    for (int peer = 0; peer < halves.peers; ++peer) {
      const int there = halves.world_rank(peer);
      append(out, block(root_rank, there));
      counts.push_back(length_of(there));
      displs.push_back(3 * peer);
      append(rows, block(root_rank, there, static_cast<std::size_t>(length_of(there))));
      rows.resize(3 * static_cast<std::size_t>(peer + 1), untouched);
    }
    Guarded<int> in(width, untouched);
    const auto mine = static_cast<std::size_t>(length_of(call.me()));
    Guarded<int> part(mine, untouched);
    if (call.is_root()) {
      run(
          nonblocking, [&] { halves.inter.Scatter(out, MPI::None, root); },
          [&] { return halves.inter.Iscatter(out, MPI::None, {.root = root}); });
      run(
          nonblocking,
          [&] {
            halves.inter.Scatterv({rows, counts, displs}, MPI::None, root);
          },
          [&] {
            return halves.inter.Iscatterv({rows, counts, displs}, MPI::None, root);
          });
      Ints odd(static_cast<std::size_t>(halves.peers) * 2 + 1);
      if (halves.peers > 1)
        CHECK_THROWS_WITH(halves.inter.Scatter(odd, MPI::None, root), HasText("does not divide"));
    } else if (receives) {
      run(
          nonblocking, [&] { halves.inter.Scatter(MPI::None, in.span(), root); },
          [&] { return halves.inter.Iscatter(MPI::None, in.span(), root); });
      run(
          nonblocking, [&] { halves.inter.Scatterv(MPI::None, part.span(), root); },
          [&] { return halves.inter.Iscatterv(MPI::None, part.span(), root); });
      CHECK(in.holds(block(root_rank, call.me())));
      CHECK(part.holds(block(root_rank, call.me(), mine)));
    } else {
      run(
          nonblocking, [&] { halves.inter.Scatter(MPI::None, MPI::None, root); },
          [&] { return halves.inter.Iscatter(MPI::None, MPI::None, root); });
      run(
          nonblocking, [&] { halves.inter.Scatterv(MPI::None, MPI::None, root); },
          [&] { return halves.inter.Iscatterv(MPI::None, MPI::None, root); });
    }
  });
}

TEST_CASE("Allgather and Alltoall between groups, with blocks of any length") {
  const Halves halves;
  const int me = halves.world.Get_rank();
  const auto mine = static_cast<std::size_t>(length_of(me));
  const auto peers = static_cast<std::size_t>(halves.peers);
  Ints all, all_rows, out, in_blocks, rows, in_rows, counts, out_counts, displs, bytes;
  std::vector<MPI::Datatype> types;
  for (int peer = 0; peer < halves.peers; ++peer) {
    const int there = halves.world_rank(peer);
    append(all, block(there, 0));
    append(out, block(me, there));
    append(in_blocks, block(there, me));
    counts.push_back(length_of(there));
    out_counts.push_back(length_of(me));
    displs.push_back(3 * peer);
    bytes.push_back(12 * peer);
    types.push_back(MPI::INT);
    append(all_rows, block(there, 0, static_cast<std::size_t>(length_of(there))));
    append(rows, block(me, there, mine));
    append(in_rows, block(there, me, static_cast<std::size_t>(length_of(there))));
    for (Ints* each : {&all_rows, &rows, &in_rows})
      each->resize(3 * static_cast<std::size_t>(peer + 1), untouched);
  }
  const Ints whole = block(me, 0), part = block(me, 0, mine);
  const auto& inter = halves.inter;
  for (const bool nonblocking : {false, true}) {
    Guarded<int> in(peers * width), short_in(3 * peers);
    const auto clear = [&] {
      std::fill_n(in.span().begin(), in.size(), untouched);
      std::fill_n(short_in.span().begin(), short_in.size(), untouched);
    };
    clear();
    run(
        nonblocking, [&] { inter.Allgather(whole, in.span()); },
        [&] { return inter.Iallgather(whole, in.span()); });
    CHECK(in.holds(all));
    run(
        nonblocking,
        [&] {
          inter.Allgatherv(part, {short_in.span(), counts, displs});
        },
        [&] {
          return inter.Iallgatherv(part, {short_in.span(), counts, displs});
        });
    CHECK(short_in.holds(all_rows));
    clear();
    run(
        nonblocking, [&] { inter.Alltoall(out, in.span()); },
        [&] { return inter.Ialltoall(out, in.span()); });
    CHECK(in.holds(in_blocks));
    run(
        nonblocking,
        [&] {
          inter.Alltoallv({rows, out_counts, displs}, {short_in.span(), counts, displs});
        },
        [&] {
          return inter.Ialltoallv({rows, out_counts, displs}, {short_in.span(), counts, displs});
        });
    CHECK(short_in.holds(in_rows));
    clear();
    run(
        nonblocking,
        [&] {
          inter.Alltoallw({rows, out_counts, bytes, types},
                          {short_in.span(), counts, bytes, types});
        },
        [&] {
          return inter.Ialltoallw({rows, out_counts, bytes, types},
                                  {short_in.span(), counts, bytes, types});
        });
    CHECK(short_in.holds(in_rows));
  }
  // displacements count also where a group is one rank
  Ints shifted_displs(displs), shifted(all_rows);
  for (int& each : shifted_displs) ++each;
  shifted.insert(shifted.begin(), untouched);
  Guarded<int> in(3 * peers + 1, untouched);
  inter.Allgatherv(part, {in.span(), counts, shifted_displs});
  CHECK(in.holds(shifted));
}

TEST_CASE("Reduce between groups: the elements of the other one") {
  const MPI::Op first = MPI::Op::Create<int>([](int a, int) { return a; }, /*commute=*/false);
  for_each_root([&](const Rooted& call) {
    const Halves& halves = call.halves;
    const int root = call.root;
    const bool gives = call.is_opposite, nonblocking = call.nonblocking;
    [[maybe_unused]] const int root_rank = call.root_rank;
    Ints sums(width, 0);
    for (int peer = 0; peer < halves.peers; ++peer)
      for (std::size_t e = 0; e < width; ++e) sums[e] += value(halves.world_rank(peer), 0, e);
    const Ints out = block(call.me(), 0);
    Guarded<int> in(width, untouched);
    const auto& inter = halves.inter;
    if (call.is_root()) {
      run(
          nonblocking, [&] { inter.Reduce(MPI::None, in.span(), MPI::SUM, root); },
          [&] { return inter.Ireduce(MPI::None, in.span(), MPI::SUM, root); });
      CHECK(in.holds(sums));
      inter.Reduce(MPI::None, in.span(), {.op = first, .root = root});
      CHECK(in.holds(block(halves.world_rank(0), 0)));
    } else {
      const bool sends = gives;
      run(
          nonblocking,
          [&] {
            if (sends)
              inter.Reduce(out, MPI::None, MPI::SUM, root);
            else
              inter.Reduce(MPI::None, MPI::None, MPI::SUM, root);
          },
          [&] {
            return sends ? inter.Ireduce(out, MPI::None, MPI::SUM, root)
                         : inter.Ireduce(MPI::None, MPI::None, MPI::SUM, root);
          });
      if (sends)
        inter.Reduce(out, MPI::None, {.op = first, .root = root});
      else
        inter.Reduce(MPI::None, MPI::None, {.op = first, .root = root});
    }
  });
}

TEST_CASE("Allreduce and Reduce_scatter between groups") {
  const Halves halves;
  const int me = halves.world.Get_rank();
  // as many elements on both sides: 12 divide among 1, 2 and 3 ranks
  const std::size_t length = 12;
  const std::size_t share = length / static_cast<std::size_t>(halves.size);
  Ints sums(length, 0);
  for (int peer = 0; peer < halves.peers; ++peer)
    for (std::size_t e = 0; e < length; ++e) sums[e] += value(halves.world_rank(peer), 0, e);
  const auto mine = sums.begin() + static_cast<std::ptrdiff_t>(share) * halves.rank;
  const Ints share_of_sums(mine, mine + static_cast<std::ptrdiff_t>(share));
  const Ints out = block(me, 0, length);
  const Ints counts(static_cast<std::size_t>(halves.size), static_cast<int>(share));
  const auto& inter = halves.inter;
  for (const bool nonblocking : {false, true}) {
    Guarded<int> in(length, untouched), part(share, untouched), block_part(share, untouched);
    run(
        nonblocking, [&] { inter.Allreduce(out, in.span()); },
        [&] { return inter.Iallreduce(out, in.span()); });
    CHECK(in.holds(sums));
    run(
        nonblocking, [&] { inter.Reduce_scatter(out, part.span(), counts); },
        [&] { return inter.Ireduce_scatter(out, part.span(), counts); });
    CHECK(part.holds(share_of_sums));
    run(
        nonblocking, [&] { inter.Reduce_scatter_block(out, block_part.span()); },
        [&] { return inter.Ireduce_scatter_block(out, block_part.span()); });
    CHECK(block_part.holds(share_of_sums));
  }
  Ints part(share);
  CHECK_THROWS_WITH(inter.Reduce_scatter(out, part), HasText("needs recvcounts"));
}

TEST_CASE("roots that are none are refused with a sentence") {
  const Halves halves;
  int number = 0;
  Ints numbers(static_cast<std::size_t>(halves.peers));
  for (const int root : {halves.peers, -77}) {
    CHECK_THROWS_WITH(halves.inter.Bcast(number, root), HasText("no rank of the remote group"));
    try {
      halves.inter.Bcast(number, root);
    } catch (const MPI::Exception& error) {
      CHECK(error == MPI::ERR_ROOT);
    }
    CHECK_THROWS_WITH(halves.inter.Gather(number, numbers, root), HasText("give MPI::ROOT there"));
    CHECK_THROWS_WITH(halves.inter.Scatter(numbers, number, root), HasText("no rank of"));
    CHECK_THROWS_WITH(halves.inter.Reduce(number, number, MPI::SUM, root), HasText("no rank of"));
  }
  // on one group these are none either
  CHECK_THROWS_WITH(halves.half.Bcast(number, MPI::ROOT), HasText("no rank of this communicator"));
  CHECK_THROWS_WITH(halves.half.Bcast(number, MPI::PROC_NULL),
                    HasText("no rank of this communicator"));
}
