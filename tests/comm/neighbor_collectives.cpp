// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Uppercase collectives among neighbours: blocking, as requests and persistent.
#include "support/catch.hpp"
#include "support/guarded.hpp"
#include "support/topologies.hpp"

#include <mpi4cxx/MPI.hpp>

#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

using Ints = std::vector<int>;
constexpr int untouched = -1;

/// The values of the block that `rank` sends to its destination at `place`.
int value(int rank, int place, int element, int round) {
  return 10'000 * round + 1000 * rank + 10 * place + element;
}

/// Counts above this one are large, on all ranks, as long as it lives.
class Largest {
 public:
  explicit Largest(MPI_Count count) { MPI::detail::largest_count = count; }
  ~Largest() { MPI::detail::largest_count = INT_MAX; }
};

/// Runs a call in each form, and checks what has come. `fill(round)` writes the send buffer and
/// clears the receive buffer, `check(round)` looks at it.
template <class Blocking, class Nonblocking, class Persistent, class Fill, class Check>
void in_each_form_of(Blocking& blocking, Nonblocking& nonblocking, Persistent& persistent,
                     Fill& fill, Check& check) {
  fill(0);
  blocking();
  check(0);
  fill(1);
  MPI::Request request = nonblocking();
  request.Wait();
  check(1);
  if (MPI::Get_version().first < 4) {
    CHECK_THROWS_WITH(persistent(), HasText("need MPI 4"));
    return;
  }
  MPI::Prequest again = persistent();
  for (int round = 2; round < 4; ++round) {
    fill(round);
    again.Start();
    again.Wait();
    check(round);
  }
}

/// As above, with small and with large counts.
template <class Blocking, class Nonblocking, class Persistent, class Fill, class Check>
void in_each_form(Blocking blocking, Nonblocking nonblocking, Persistent persistent, Fill fill,
                  Check check, bool takes_large = true) {
  for (const MPI_Count largest : {INT_MAX, 1}) {
    const Largest lowered(largest);
    CAPTURE(largest);
    if (largest == 1 && !takes_large) continue;
    in_each_form_of(blocking, nonblocking, persistent, fill, check);
  }
}

/// Block lengths that differ from place to place.
int length(int rank, int place) {
  return (rank + place) % 3;
}

}  // namespace

TEST_CASE("Neighbor_allgather: what all neighbours have") {
  for (const int count : {0, 1, 3}) {
    for_each_topology([&](const Neighbors& at) {
      const auto width = static_cast<std::size_t>(count);
      Ints out(width);
      Guarded<int> in(at.sources.size() * width);
      in_each_form([&] { at.comm.Neighbor_allgather(out, in.span()); },
                   [&] { return at.comm.Ineighbor_allgather(out, in.span()); },
                   [&] { return at.comm.Neighbor_allgather_init(out, in.span()); },
                   [&](int round) {
                     for (int e = 0; e < count; ++e)
                       out[static_cast<std::size_t>(e)] = value(at.rank, 0, e, round);
                     std::fill_n(in.span().begin(), in.size(), untouched);
                   },
                   [&](int round) {
                     Ints expected;
                     for (const int source : at.sources)
                       for (int e = 0; e < count; ++e)
                         expected.push_back(source == MPI::PROC_NULL ? untouched
                                                                     : value(source, 0, e, round));
                     CHECK(in.holds(expected));
                   });
    });
  }
}

TEST_CASE("Neighbor_allgatherv: blocks of any length, with gaps") {
  for_each_topology([&](const Neighbors& at) {
    const auto length_of = [](int rank) { return rank % 3; };  // 0, 1, 2
    Ints out(static_cast<std::size_t>(length_of(at.rank)));
    Ints counts, displs;
    for (const int source : at.sources) {
      displs.push_back(3 * static_cast<int>(counts.size()));
      counts.push_back(source == MPI::PROC_NULL ? 2 : length_of(source));
    }
    Guarded<int> in(3 * at.sources.size());
    in_each_form(
        [&] {
          at.comm.Neighbor_allgatherv(out, {in.span(), counts, displs});
        },
        [&] {
          return at.comm.Ineighbor_allgatherv(out, {in.span(), counts, displs});
        },
        [&] {
          return at.comm.Neighbor_allgatherv_init(out, {in.span(), counts, displs});
        },
        [&](int round) {
          for (std::size_t e = 0; e < out.size(); ++e)
            out[e] = value(at.rank, 0, static_cast<int>(e), round);
          std::fill_n(in.span().begin(), in.size(), untouched);
        },
        [&](int round) {
          Ints expected;
          for (const int source : at.sources)
            for (int e = 0; e < 3; ++e)
              expected.push_back(source == MPI::PROC_NULL || e >= length_of(source)
                                     ? untouched
                                     : value(source, 0, e, round));
          CHECK(in.holds(expected));
        },
        MPI::Get_version().first >= 4);  // else refused: see the next test
  });
}

#if MPI_VERSION < 4
TEST_CASE("Neighbor_allgatherv refuses large counts before anything is sent") {
  const auto& world = MPI::COMM_WORLD;
  const MPI::Cartcomm ring = world.Create_cart({world.Get_size()}, true);
  const Largest lowered(1);
  const Ints out(2, world.Get_rank());
  Guarded<int> in(4, untouched);
  CHECK_THROWS_WITH(ring.Neighbor_allgatherv(out, in.span()), HasText("beyond this call"));
  CHECK_THROWS_WITH(ring.Ineighbor_allgatherv(out, in.span()), HasText("beyond this call"));
  CHECK(in.holds({untouched, untouched, untouched, untouched}));
}
#endif

TEST_CASE("Neighbor_alltoall: to each neighbour its own") {
  for (const int count : {0, 1, 3}) {
    for_each_topology([&](const Neighbors& at) {
      const auto width = static_cast<std::size_t>(count);
      Ints out(at.destinations.size() * width);
      Guarded<int> in(at.sources.size() * width);
      in_each_form([&] { at.comm.Neighbor_alltoall(out, in.span()); },
                   [&] { return at.comm.Ineighbor_alltoall(out, in.span()); },
                   [&] { return at.comm.Neighbor_alltoall_init(out, in.span()); },
                   [&](int round) {
                     for (std::size_t i = 0; i < out.size(); ++i)
                       out[i] = value(at.rank, static_cast<int>(i / width),
                                      static_cast<int>(i % width), round);
                     std::fill_n(in.span().begin(), in.size(), untouched);
                   },
                   [&](int round) {
                     Ints expected;
                     for (std::size_t i = 0; i < at.sources.size(); ++i)
                       for (int e = 0; e < count; ++e)
                         expected.push_back(at.places[i] == MPI::PROC_NULL
                                                ? untouched
                                                : value(at.sources[i], at.places[i], e, round));
                     CHECK(in.values() == expected);
                     CHECK(in.guards_stay());
                   });
    });
  }
}

TEST_CASE("Neighbor_alltoallv: blocks of any length, with gaps") {
  for_each_topology([&](const Neighbors& at) {
    Ints out(4 * at.destinations.size()), out_counts, out_displs, in_counts, in_displs;
    for (std::size_t i = 0; i < at.destinations.size(); ++i) {
      out_counts.push_back(length(at.rank, static_cast<int>(i)));
      out_displs.push_back(4 * static_cast<int>(at.destinations.size() - 1 - i));
    }
    for (std::size_t i = 0; i < at.sources.size(); ++i) {
      in_counts.push_back(at.places[i] == MPI::PROC_NULL ? 1 : length(at.sources[i], at.places[i]));
      in_displs.push_back(3 * static_cast<int>(i));
    }
    Guarded<int> in(3 * at.sources.size());
    in_each_form(
        [&] {
          at.comm.Neighbor_alltoallv({out, out_counts, out_displs},
                                     {in.span(), in_counts, in_displs});
        },
        [&] {
          return at.comm.Ineighbor_alltoallv({out, out_counts, out_displs},
                                             {in.span(), in_counts, in_displs});
        },
        [&] {
          return at.comm.Neighbor_alltoallv_init({out, out_counts, out_displs},
                                                 {in.span(), in_counts, in_displs});
        },
        [&](int round) {
          for (std::size_t i = 0; i < at.destinations.size(); ++i)
            for (int e = 0; e < out_counts[i]; ++e)
              out[static_cast<std::size_t>(out_displs[i] + e)] =
                  value(at.rank, static_cast<int>(i), e, round);
          std::fill_n(in.span().begin(), in.size(), untouched);
        },
        [&](int round) {
          Ints expected;
          for (std::size_t i = 0; i < at.sources.size(); ++i)
            for (int e = 0; e < 3; ++e)
              expected.push_back(at.places[i] == MPI::PROC_NULL || e >= in_counts[i]
                                     ? untouched
                                     : value(at.sources[i], at.places[i], e, round));
          CHECK(in.values() == expected);
          CHECK(in.guards_stay());
        });
  });
}

TEST_CASE("Neighbor_alltoallw: blocks of several datatypes") {
  for_each_topology([&](const Neighbors& at) {
    // blocks with an even place are ints, the others shorts
    const auto type_of = [](int place) { return place % 2 == 0 ? MPI::INT : MPI::SHORT; };
    Ints out(2 * at.destinations.size()), out_counts, out_displs, in_counts, in_displs;
    std::vector<MPI::Datatype> out_types, in_types;
    for (std::size_t i = 0; i < at.destinations.size(); ++i) {
      const int place = static_cast<int>(i);
      out_counts.push_back(length(at.rank, place));
      out_displs.push_back(8 * place);
      out_types.push_back(type_of(place));
    }
    for (std::size_t i = 0; i < at.sources.size(); ++i) {
      const bool is_null = at.places[i] == MPI::PROC_NULL;
      in_counts.push_back(is_null ? 1 : length(at.sources[i], at.places[i]));
      in_displs.push_back(8 * static_cast<int>(i));
      in_types.push_back(is_null ? MPI::INT : type_of(at.places[i]));
    }
    Guarded<int> in(2 * at.sources.size());
    const auto element = [&](int* block, int place, int e, int given) {
      if (place % 2 == 0) {
        block[e] = given;
      } else {
        const auto narrow = static_cast<short>(given);
        std::memcpy(reinterpret_cast<short*>(block) + e, &narrow, sizeof narrow);
      }
    };
    in_each_form(
        [&] {
          at.comm.Neighbor_alltoallw({out, out_counts, out_displs, out_types},
                                     {in.span(), in_counts, in_displs, in_types});
        },
        [&] {
          return at.comm.Ineighbor_alltoallw({out, out_counts, out_displs, out_types},
                                             {in.span(), in_counts, in_displs, in_types});
        },
        [&] {
          return at.comm.Neighbor_alltoallw_init({out, out_counts, out_displs, out_types},
                                                 {in.span(), in_counts, in_displs, in_types});
        },
        [&](int round) {
          for (std::size_t i = 0; i < at.destinations.size(); ++i)
            for (int e = 0; e < out_counts[i]; ++e)
              element(out.data() + 2 * i, static_cast<int>(i), e,
                      value(at.rank, static_cast<int>(i), e, round) % 30'000);
          std::fill_n(in.span().begin(), in.size(), untouched);
        },
        [&](int round) {
          Ints expected(in.size(), untouched);
          for (std::size_t i = 0; i < at.sources.size(); ++i)
            if (at.places[i] != MPI::PROC_NULL)
              for (int e = 0; e < in_counts[i]; ++e)
                element(expected.data() + 2 * i, at.places[i], e,
                        value(at.sources[i], at.places[i], e, round) % 30'000);
          CHECK(in.values() == expected);
          CHECK(in.guards_stay());
        });
  });
}

TEST_CASE("Neighbor_alltoallw from BOTTOM: the datatypes or displacements are addresses") {
  for_each_topology([&](const Neighbors& at) {
    // for each neighbour an integer and a short one, in memory of their own
    const std::size_t outgoing = at.destinations.size(), incoming = at.sources.size();
    const Guarded<int> out(outgoing), in(incoming);
    const Guarded<short> out_shorts(outgoing), in_shorts(incoming);
    const auto types_of = [](const Guarded<int>& numbers, const Guarded<short>& shorts) {
      std::vector<MPI::Datatype> types;
      for (std::size_t i = 0; i < numbers.size(); ++i)
        types.push_back(MPI::Datatype::Create_struct(
                            {1, 1}, {MPI::Get_address(numbers[i]), MPI::Get_address(shorts[i])},
                            {MPI::INT, MPI::SHORT})
                            .Commit());
      return types;
    };
    const auto addresses_of = [](const Guarded<int>& numbers) {
      std::vector<MPI_Aint> addresses;
      for (std::size_t i = 0; i < numbers.size(); ++i)
        addresses.push_back(MPI::Get_address(numbers[i]));
      return addresses;
    };
    const auto check_with = [&](const Ints& out_ones, const std::vector<MPI_Aint>& out_displs,
                                const std::vector<MPI::Datatype>& out_types, const Ints& in_ones,
                                const std::vector<MPI_Aint>& in_displs,
                                const std::vector<MPI::Datatype>& in_types, bool with_shorts) {
      in_each_form(
          [&] {
            at.comm.Neighbor_alltoallw({MPI::BOTTOM, out_ones, out_displs, out_types},
                                       {MPI::BOTTOM, in_ones, in_displs, in_types});
          },
          [&] {
            return at.comm.Ineighbor_alltoallw({MPI::BOTTOM, out_ones, out_displs, out_types},
                                               {MPI::BOTTOM, in_ones, in_displs, in_types});
          },
          [&] {
            return at.comm.Neighbor_alltoallw_init({MPI::BOTTOM, out_ones, out_displs, out_types},
                                                   {MPI::BOTTOM, in_ones, in_displs, in_types});
          },
          [&](int round) {
            for (std::size_t i = 0; i < outgoing; ++i) {
              out[i] = value(at.rank, static_cast<int>(i), 0, round);
              out_shorts[i] = static_cast<short>(value(at.rank, static_cast<int>(i), 1, 0));
            }
            std::fill_n(in.span().begin(), incoming, untouched);
            std::fill_n(in_shorts.span().begin(), incoming, short{untouched});
          },
          [&](int round) {
            Ints numbers(incoming, untouched);
            std::vector<short> shorts(incoming, untouched);
            for (std::size_t i = 0; i < incoming; ++i)
              if (at.places[i] != MPI::PROC_NULL) {
                numbers[i] = value(at.sources[i], at.places[i], 0, round);
                if (with_shorts)
                  shorts[i] = static_cast<short>(value(at.sources[i], at.places[i], 1, 0));
              }
            CHECK(in.holds(numbers));
            CHECK(in_shorts.holds(shorts));
          });
    };
    const Ints out_ones(outgoing, 1), in_ones(incoming, 1);
    check_with(out_ones, std::vector<MPI_Aint>(outgoing, 0), types_of(out, out_shorts), in_ones,
               std::vector<MPI_Aint>(incoming, 0), types_of(in, in_shorts), true);
    check_with(out_ones, addresses_of(out), std::vector<MPI::Datatype>(outgoing, MPI::INT), in_ones,
               addresses_of(in), std::vector<MPI::Datatype>(incoming, MPI::INT), false);
  });
}

TEST_CASE("counts in neighbourhood calls are given or found, and checked") {
  const auto& world = MPI::COMM_WORLD;
  const MPI::Cartcomm ring = world.Create_cart({world.Get_size()}, true);
  const int rank = world.Get_rank(), size = world.Get_size();
  const int left = (rank + size - 1) % size, right = (rank + 1) % size;
  // a count is that of a block
  Guarded<int> in(6, untouched);
  ring.Neighbor_allgather(rank, {in.span(), 1});
  CHECK(in.holds({left, right, untouched, untouched, untouched, untouched}));
  CHECK_THROWS_WITH(ring.Neighbor_allgather(rank, {in.span(), 4}),
                    HasText("a count of 8 elements needs 32 bytes, but the buffer has 24"));
  Ints odd(3);
  CHECK_THROWS_WITH(ring.Neighbor_allgather(rank, odd), HasText("does not divide among 2"));
  CHECK_THROWS_WITH(ring.Neighbor_alltoall(odd, in.span()), HasText("does not divide among 2"));
  CHECK_THROWS_WITH(ring.Neighbor_alltoallv({odd, {1, 1, 1}}, in.span()),
                    HasText("3 counts were given for 2"));
  CHECK_THROWS_WITH(ring.Neighbor_allgatherv(rank, {in.span(), {1, 1}, {0, 6}}),
                    HasText("does not lie within the buffer"));
  CHECK_THROWS_WITH(ring.Neighbor_allgather(MPI::IN_PLACE, in.span()), HasText("no IN_PLACE"));
  CHECK_THROWS_WITH(ring.Neighbor_alltoall(MPI::IN_PLACE, in.span()), HasText("no IN_PLACE"));
  CHECK_THROWS_WITH(ring.Neighbor_alltoallv(MPI::IN_PLACE, in.span()), HasText("no IN_PLACE"));
  CHECK_THROWS_WITH(ring.Neighbor_alltoallw(MPI::IN_PLACE, MPI::None), HasText("no IN_PLACE"));
  // without counts a v call divides evenly
  Ints out{10 * rank, 10 * rank + 1, 10 * rank + 2, 10 * rank + 3};
  Ints got(4);
  ring.Neighbor_alltoallv(out, got);
  CHECK(got == Ints{10 * left + 2, 10 * left + 3, 10 * right, 10 * right + 1});
}

TEST_CASE("a rank without neighbours takes part with MPI::None") {
  const auto& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank(), last = world.Get_size() - 1;
  Ints others;
  for (int i = 0; i < last; ++i) others.push_back(i);
  // the last rank hears all others and says nothing
  const bool hears = rank == last;
  const auto graph =
      world.Create_dist_graph_adjacent(hears ? others : Ints{}, hears ? Ints{} : Ints{last});
  if (hears) {
    Guarded<int> in(others.size(), untouched);
    graph.Neighbor_alltoall(MPI::None, in.span());
    CHECK(in.holds(others));
    graph.Neighbor_alltoallv(MPI::None, in.span());
    CHECK(in.holds(others));
    graph.Neighbor_allgather(MPI::None, in.span());
    CHECK(in.holds(others));
  } else {
    graph.Neighbor_alltoall(rank, MPI::None);
    graph.Neighbor_alltoallv(rank, MPI::None);
    graph.Neighbor_allgather(rank, MPI::None);
  }
  graph.Neighbor_alltoallw(MPI::None, MPI::None);
}
