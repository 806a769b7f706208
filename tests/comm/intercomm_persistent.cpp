// SPDX-License-Identifier: MIT
// ranks: 2 3 4
// Persistent collectives on intercommunicators: made once, started twice with other content.
#include "support/catch.hpp"
#include "support/guarded.hpp"
#include "support/halves.hpp"

#include <mpi4cxx/MPI.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

using Ints = std::vector<int>;
constexpr int untouched = -1;
constexpr std::size_t width = 5;  // elements of a block
constexpr std::size_t row = 3;    // the longest block of a v form, which has rows of this length

/// `length` elements of what `from` has for `to` (ranks of the world) when it is started the
/// `round`th time.
Ints block(int from, int to, int round, std::size_t length = width) {
  Ints values;
  for (std::size_t e = 0; e < length; ++e)
    values.push_back(1'000'000 * round + 100'000 * from + 10'000 * to + static_cast<int>(e));
  return values;
}
/// 0, 1, 2, 0, ... elements.
std::size_t length_of(int world_rank) {
  return static_cast<std::size_t>(world_rank % 3);
}

/// make(rank in the world) of all peers, one behind the other.
template <class F>
Ints of_peers(const Halves& halves, F&& make) {
  Ints all;
  for (int peer = 0; peer < halves.peers; ++peer) {
    const Ints values = make(halves.world_rank(peer));
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}
/// make(rank in the world) of all peers, each at the front of its row.
template <class F>
Ints in_rows(const Halves& halves, F&& make) {
  return of_peers(halves, [&](int there) {
    Ints values = make(there);
    values.resize(row, untouched);
    return values;
  });
}
/// length(rank in the world) of all peers.
template <class F>
Ints counts_of(const Halves& halves, F&& length) {
  return of_peers(halves, [&](int there) { return Ints{static_cast<int>(length(there))}; });
}
/// Where the rows begin, in units of `unit` to the element.
Ints rows_of(const Halves& halves, int unit = 1) {
  Ints displs;
  for (int peer = 0; peer < halves.peers; ++peer)
    displs.push_back(unit * static_cast<int>(row) * peer);
  return displs;
}
/// The sums of the peers' blocks.
Ints sums_of_peers(const Halves& halves, int round, std::size_t length) {
  Ints sums(length, 0);
  for (int peer = 0; peer < halves.peers; ++peer) {
    const Ints values = block(halves.world_rank(peer), 0, round, length);
    for (std::size_t e = 0; e < length; ++e) sums[e] += values[e];
  }
  return sums;
}

/// Starts a request twice: sent(round) is what `out` holds then, expected(round) what `in` holds
/// afterwards, which nobody else has written to.
template <class Sent, class Expected>
void start_twice(MPI::Prequest request, const Guarded<int>& out, const Guarded<int>& in,
                 Sent&& sent, Expected&& expected) {
  for (int round = 1; round <= 2; ++round) {
    CAPTURE(round);
    const Ints values = sent(round);
    CHECK(values.size() == out.size());
    std::copy(values.begin(), values.end(), out.span().begin());
    std::fill_n(in.span().begin(), in.size(), untouched);
    request.Start();
    request.Wait();
    CHECK(in.holds(expected(round)));
    CHECK(out.holds(values));
    CHECK(request);
  }
}
Ints nothing(int) {
  return {};
}

/// What a rooted call is tested with.
struct Rooted {
  const Halves& halves;
  int root;       // to give
  bool has_part;  // this rank is in the group that is not the root's
  int root_rank;  // in the world
  int me;         // in the world
  bool is_root() const { return root == MPI::ROOT; }
};
/// Calls f for all roots of all intercommunicators.
template <class F>
void for_each_root(F&& f) {
  for_each_split([&](const Halves& halves) {
    halves.for_each_root([&](int root, bool is_opposite, int number) {
      const int root_rank = halves.is_low != is_opposite ? number : halves.split + number;
      CAPTURE(halves.split, root_rank);
      f(Rooted{halves, root, is_opposite, root_rank, halves.world.Get_rank()});
    });
  });
}

/// Open MPI 4.1 has none; what is said then is tested with one group.
bool has_persistent_collectives() {
  return MPI::Get_version().first >= 4;
}

}  // namespace

TEST_CASE("Barrier_init between groups: nobody is through before the other group has come") {
  if (!has_persistent_collectives()) return;
  for_each_split([](const Halves& halves) {
    MPI::Prequest barrier = halves.inter.Barrier_init();
    for (const bool low_is_last : {true, false}) {
      const bool is_last = halves.is_low == low_is_last;
      if (!is_last) barrier.Start();
      halves.world.Barrier();
      if (!is_last) CHECK_FALSE(barrier.Test());
      halves.world.Barrier();
      if (is_last) barrier.Start();
      barrier.Wait();
    }
  });
}

TEST_CASE("Gather_init and Gatherv_init between groups") {
  if (!has_persistent_collectives()) return;
  for_each_root([](const Rooted& call) {
    const Halves& halves = call.halves;
    const auto peers = static_cast<std::size_t>(halves.peers);
    const std::size_t mine = length_of(call.me);
    const Guarded<int> none(0);
    if (call.is_root()) {
      const Guarded<int> in(peers * width), short_in(peers * row);
      start_twice(halves.inter.Gather_init(MPI::None, in.span(), call.root), none, in, nothing,
                  [&](int round) {
                    return of_peers(halves,
                                    [&](int there) { return block(there, call.root_rank, round); });
                  });
      // the lists need not live as long as the request
      start_twice(halves.inter.Gatherv_init(
                      MPI::None, {short_in.span(), counts_of(halves, length_of), rows_of(halves)},
                      {.root = call.root}),
                  none, short_in, nothing, [&](int round) {
                    return in_rows(halves, [&](int there) {
                      return block(there, call.root_rank, round, length_of(there));
                    });
                  });
    } else if (call.has_part) {
      const Guarded<int> out(width), part(mine);
      start_twice(
          halves.inter.Gather_init(out.span(), MPI::None, {.root = call.root}), out, none,
          [&](int round) { return block(call.me, call.root_rank, round); }, nothing);
      start_twice(
          halves.inter.Gatherv_init(part.span(), MPI::None, call.root), part, none,
          [&](int round) { return block(call.me, call.root_rank, round, mine); }, nothing);
    } else {
      start_twice(halves.inter.Gather_init(MPI::None, MPI::None, call.root), none, none, nothing,
                  nothing);
      start_twice(halves.inter.Gatherv_init(MPI::None, MPI::None, call.root), none, none, nothing,
                  nothing);
    }
  });
}

TEST_CASE("Scatter_init and Scatterv_init between groups") {
  if (!has_persistent_collectives()) return;
  for_each_root([](const Rooted& call) {
    const Halves& halves = call.halves;
    const auto peers = static_cast<std::size_t>(halves.peers);
    const std::size_t mine = length_of(call.me);
    const Guarded<int> none(0);
    if (call.is_root()) {
      const Guarded<int> out(peers * width), short_out(peers * row);
      start_twice(
          halves.inter.Scatter_init(out.span(), MPI::None, call.root), out, none,
          [&](int round) {
            return of_peers(halves, [&](int there) { return block(call.root_rank, there, round); });
          },
          nothing);
      start_twice(
          halves.inter.Scatterv_init(
              {short_out.span(), counts_of(halves, length_of), rows_of(halves)}, MPI::None,
              {.root = call.root}),
          short_out, none,
          [&](int round) {
            return in_rows(halves, [&](int there) {
              return block(call.root_rank, there, round, length_of(there));
            });
          },
          nothing);
    } else if (call.has_part) {
      const Guarded<int> in(width), part(mine);
      start_twice(halves.inter.Scatter_init(MPI::None, in.span(), {.root = call.root}), none, in,
                  nothing, [&](int round) { return block(call.root_rank, call.me, round); });
      start_twice(halves.inter.Scatterv_init(MPI::None, part.span(), call.root), none, part,
                  nothing, [&](int round) { return block(call.root_rank, call.me, round, mine); });
    } else {
      start_twice(halves.inter.Scatter_init(MPI::None, MPI::None, call.root), none, none, nothing,
                  nothing);
      start_twice(halves.inter.Scatterv_init(MPI::None, MPI::None, call.root), none, none, nothing,
                  nothing);
    }
  });
}

TEST_CASE("Allgather_init and Allgatherv_init between groups") {
  if (!has_persistent_collectives()) return;
  for_each_split([](const Halves& halves) {
    CAPTURE(halves.split);
    const int me = halves.world.Get_rank();
    const auto peers = static_cast<std::size_t>(halves.peers);
    const std::size_t mine = length_of(me);
    const Guarded<int> out(width), in(peers * width), part(mine), short_in(peers * row);
    start_twice(
        halves.inter.Allgather_init(out.span(), in.span()), out, in,
        [&](int round) { return block(me, 0, round); },
        [&](int round) {
          return of_peers(halves, [&](int there) { return block(there, 0, round); });
        });
    start_twice(
        halves.inter.Allgatherv_init(
            part.span(), {short_in.span(), counts_of(halves, length_of), rows_of(halves)}),
        part, short_in, [&](int round) { return block(me, 0, round, mine); },
        [&](int round) {
          return in_rows(halves,
                         [&](int there) { return block(there, 0, round, length_of(there)); });
        });
  });
}

TEST_CASE("Alltoall_init, Alltoallv_init and Alltoallw_init between groups") {
  if (!has_persistent_collectives()) return;
  for_each_split([](const Halves& halves) {
    CAPTURE(halves.split);
    const int me = halves.world.Get_rank();
    const auto peers = static_cast<std::size_t>(halves.peers);
    const Guarded<int> out(peers * width), in(peers * width);
    start_twice(
        halves.inter.Alltoall_init(out.span(), in.span()), out, in,
        [&](int round) {
          return of_peers(halves, [&](int there) { return block(me, there, round); });
        },
        [&](int round) {
          return of_peers(halves, [&](int there) { return block(there, me, round); });
        });
    // another length for each pair
    const auto length = [](int from, int to) { return length_of(from + 2 * to); };
    const Guarded<int> rows(peers * row), in_row(peers * row);
    const auto sent = [&](int round) {
      return in_rows(halves, [&](int there) { return block(me, there, round, length(me, there)); });
    };
    const auto expected = [&](int round) {
      return in_rows(halves, [&](int there) { return block(there, me, round, length(there, me)); });
    };
    const auto to = [&] { return counts_of(halves, [&](int there) { return length(me, there); }); };
    const auto from = [&] {
      return counts_of(halves, [&](int there) { return length(there, me); });
    };
    start_twice(halves.inter.Alltoallv_init({rows.span(), to(), rows_of(halves)},
                                            {in_row.span(), from(), rows_of(halves)}),
                rows, in_row, sent, expected);
    const auto bytes = [&] { return rows_of(halves, sizeof(int)); };
    const std::vector<MPI::Datatype> types(peers, MPI::INT);
    start_twice(halves.inter.Alltoallw_init({rows.span(), to(), bytes(), types},
                                            {in_row.span(), from(), bytes(), types}),
                rows, in_row, sent, expected);
  });
}

TEST_CASE("Reduce_init between groups: the elements of the other one") {
  if (!has_persistent_collectives()) return;
  for_each_root([](const Rooted& call) {
    const Halves& halves = call.halves;
    const Guarded<int> none(0), buffer(width);
    if (call.is_root())
      start_twice(halves.inter.Reduce_init(MPI::None, buffer.span(), MPI::SUM, call.root), none,
                  buffer, nothing, [&](int round) { return sums_of_peers(halves, round, width); });
    else if (call.has_part)
      start_twice(
          halves.inter.Reduce_init(buffer.span(), MPI::None, {.op = MPI::SUM, .root = call.root}),
          buffer, none, [&](int round) { return block(call.me, 0, round); }, nothing);
    else
      start_twice(halves.inter.Reduce_init(MPI::None, MPI::None, MPI::SUM, call.root), none, none,
                  nothing, nothing);
  });
}

TEST_CASE("Reduce_init between groups with an operator of one's own, which is not commutative") {
  if (!has_persistent_collectives()) return;
  const auto decimals = [] {
    return MPI::Op::Create<int>([](int a, int b) { return 10 * a + b; }, /*commute=*/false);
  };
  for_each_root([&](const Rooted& call) {
    const Halves& halves = call.halves;
    const Guarded<int> none(0), digit(1);
    // the operator need not live as long as the request
    if (call.is_root())
      start_twice(halves.inter.Reduce_init(MPI::None, digit.span(), decimals(), call.root), none,
                  digit, nothing, [&](int round) {
                    int number = 0;
                    for (int peer = 0; peer < halves.peers; ++peer)
                      number = 10 * number + halves.world_rank(peer) + round;
                    return Ints{number};
                  });
    else if (call.has_part)
      start_twice(
          halves.inter.Reduce_init(digit.span(), MPI::None, decimals(), call.root), digit, none,
          [&](int round) { return Ints{call.me + round}; }, nothing);
    else
      start_twice(halves.inter.Reduce_init(MPI::None, MPI::None, decimals(), call.root), none, none,
                  nothing, nothing);
  });
}

TEST_CASE("Allreduce_init, Reduce_scatter_init and Reduce_scatter_block_init between groups") {
  if (!has_persistent_collectives()) return;
  for_each_split([](const Halves& halves) {
    CAPTURE(halves.split);
    const int me = halves.world.Get_rank();
    const auto rank = static_cast<std::size_t>(halves.rank);
    const auto ranks = static_cast<std::size_t>(halves.size);
    // as many elements on both sides: 12 divide among 1, 2 and 3 ranks
    constexpr std::size_t length = 12;
    const Guarded<int> out(length), in(length);
    const auto sent = [&](int round) { return block(me, 0, round, length); };
    const auto sums = [&](int round) { return sums_of_peers(halves, round, length); };
    const auto part_of_sums = [&](std::size_t first, std::size_t count) {
      return [&halves, first, count](int round) {
        const Ints all = sums_of_peers(halves, round, length);
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
        return Ints(begin, begin + static_cast<std::ptrdiff_t>(count));
      };
    };
    start_twice(halves.inter.Allreduce_init(out.span(), in.span()), out, in, sent, sums);

    const std::size_t share = length / ranks;
    const Guarded<int> block_part(share);
    start_twice(halves.inter.Reduce_scatter_block_init(out.span(), block_part.span(), MPI::SUM),
                out, block_part, sent, part_of_sums(rank * share, share));

    // 0, 1, ... elements, and what is left for the last rank
    const auto counts = [&] {
      Ints each;
      for (int i = 0; i < halves.size; ++i) each.push_back(i);
      each.back() = static_cast<int>(length - (ranks - 1) * (ranks - 2) / 2);
      return each;
    };
    const Guarded<int> part(static_cast<std::size_t>(counts()[rank]));
    start_twice(halves.inter.Reduce_scatter_init(out.span(), part.span(), {.recvcounts = counts()}),
                out, part, sent, part_of_sums(rank * (rank - 1) / 2, part.size()));
  });
}

TEST_CASE("persistent calls between groups are under way at the same time") {
  if (!has_persistent_collectives()) return;
  for_each_split([](const Halves& halves) {
    CAPTURE(halves.split);
    const int me = halves.world.Get_rank();
    const auto peers = static_cast<std::size_t>(halves.peers);
    const Guarded<int> number(1), all(peers), sum(1), to_low(peers);
    const bool gathers = halves.is_low && halves.rank == 0;
    const int root = halves.root_for(/*in_low=*/true, 0);
    std::vector<MPI::Prequest> calls;
    calls.push_back(halves.inter.Allgather_init(number.span(), all.span()));
    calls.push_back(halves.inter.Allreduce_init(number.span(), sum.span()));
    if (gathers)
      calls.push_back(halves.inter.Gather_init(MPI::None, to_low.span(), root));
    else if (halves.is_low)
      calls.push_back(halves.inter.Gather_init(MPI::None, MPI::None, root));
    else
      calls.push_back(halves.inter.Gather_init(number.span(), MPI::None, root));
    for (const int round : {1, 2}) {
      CAPTURE(round);
      number[0] = 10 * round + me;
      for (const auto* each : {&all, &sum, &to_low})
        std::fill_n(each->span().begin(), each->size(), untouched);
      MPI::Prequest::Startall(calls);
      // a call that is none of them passes
      CHECK(halves.inter.allreduce(1) == halves.peers);
      MPI::Prequest::Waitall(calls);
      const Ints numbers = of_peers(halves, [&](int there) { return Ints{10 * round + there}; });
      CHECK(all.holds(numbers));
      int expected = 0;
      for (const int each : numbers) expected += each;
      CHECK(sum.holds({expected}));
      CHECK(to_low.holds(gathers ? numbers : Ints(peers, untouched)));
    }
  });
}
