// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Uppercase collectives with blocks of any length: every way to give counts and displacements,
// every root, blocks in any order with holes between them, which stay as they are.
#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/guarded.hpp"

#include <mpi4cxx/MPI.hpp>

#include <complex>
#include <numeric>
#include <span>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

constexpr int hole = -1;

/// 1, 0, 3, 2 elements: some ranks have none.
int count_of(int rank) {
  return (3 * rank + 1) % 4;
}

/// Where the blocks of the ranks lie in a buffer.
struct Layout {
  std::vector<int> counts, displs;
  std::size_t total = 0;
};

/// Block behind block.
Layout packed(const std::vector<int>& counts) {
  Layout layout{counts, std::vector<int>(counts.size()), 0};
  std::exclusive_scan(counts.begin(), counts.end(), layout.displs.begin(), 0);
  layout.total = static_cast<std::size_t>(std::reduce(counts.begin(), counts.end()));
  return layout;
}
/// A row of `width` for each rank, of which its block fills the front.
Layout rows(const std::vector<int>& counts, int width) {
  Layout layout{counts, {}, counts.size() * static_cast<std::size_t>(width)};
  for (int i = 0; i < static_cast<int>(counts.size()); ++i) layout.displs.push_back(i * width);
  return layout;
}
/// The last rank's block first, and two elements free before each block.
Layout reversed(const std::vector<int>& counts) {
  Layout layout{counts, std::vector<int>(counts.size()), 0};
  for (std::size_t i = counts.size(); i-- > 0;) {
    layout.displs[i] = static_cast<int>(layout.total) + 2;
    layout.total += 2 + static_cast<std::size_t>(counts[i]);
  }
  return layout;
}

std::vector<int> counts_of_ranks(int size) {
  std::vector<int> counts;
  for (int rank = 0; rank < size; ++rank) counts.push_back(count_of(rank));
  return counts;
}
/// How a range is divided where no counts are given: the first ranks get one more.
std::vector<int> even_counts(int total, int size) {
  std::vector<int> counts;
  for (int rank = 0; rank < size; ++rank)
    counts.push_back(total / size + (rank < total % size ? 1 : 0));
  return counts;
}

/// Element `i` of what `source` has for `destination`.
template <class T = int>
T element(int source, int destination, int i) {
  if constexpr (requires { typename T::value_type; })
    return T(static_cast<typename T::value_type>(1 + 20 * source + 5 * destination + i), 1);
  else
    return static_cast<T>(1 + 20 * source + 5 * destination + i);
}
template <class T = int>
std::vector<T> block(int source, int destination, int count) {
  std::vector<T> values;
  for (int i = 0; i < count; ++i) values.push_back(element<T>(source, destination, i));
  return values;
}
/// The whole buffer with the block that `make(rank)` gives for each rank, and holes between.
template <class T = int, class F>
std::vector<T> laid_out(const Layout& layout, F&& make) {
  std::vector<T> all(layout.total, static_cast<T>(hole));
  for (std::size_t rank = 0; rank < layout.counts.size(); ++rank) {
    const std::vector<T> values = make(static_cast<int>(rank), layout.counts[rank]);
    std::copy(values.begin(), values.end(), all.begin() + layout.displs[rank]);
  }
  return all;
}

/// Calls `f(layout, view)` for every way to say where blocks of these counts lie; `view(memory)`
/// gives the buffer in that way.
template <class View, class F>
void for_each_way(const std::vector<int>& counts, F&& f) {
  const Layout close = packed(counts), row = rows(counts, 4), back = reversed(counts);
  {
    INFO("{memory, counts}");
    f(close, [&](std::span<int> memory) { return View(memory, counts); });
  }
  {
    INFO("{memory, counts, type}");
    f(close, [&](std::span<int> memory) { return View(memory, counts, MPI::INT); });
  }
  {
    INFO("{memory, counts, displs}");
    f(row, [&](std::span<int> memory) { return View(memory, counts, row.displs); });
  }
  {
    INFO("{memory, counts, displs}, in reverse order");
    f(back, [&](std::span<int> memory) { return View(memory, counts, back.displs); });
  }
  {
    INFO("{memory, counts, displs, type}");
    f(back, [&](std::span<int> memory) { return View(memory, counts, back.displs, MPI::INT); });
  }
  {
    INFO("{pointer, counts, displs, type}");
    f(row,
      [&](std::span<int> memory) { return View(memory.data(), counts, row.displs, MPI::INT); });
  }
  {
    INFO("{pointer, counts}");
    f(close, [&](std::span<int> memory) { return View(memory.data(), counts); });
  }
  {
    INFO("counts of another integer type, which are gone when the call is under way");
    f(row, [&](std::span<int> memory) {
      return View(memory, std::vector<long>(counts.begin(), counts.end()),
                  std::vector<std::size_t>(row.displs.begin(), row.displs.end()));
    });
  }
}

template <class F>
bool fails(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    CHECK(error.Get_error_class() == MPI::ERR_COUNT);
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("Gatherv in every way to every root", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    const auto mine = filled(block(rank, 0, count_of(rank)));
    for_each_root(comm, [&](int root) {
      for_each_way<MPI::VectorBuffer>(
          counts_of_ranks(comm.Get_size()), [&](const Layout& layout, auto view) {
            const std::vector<int> untouched(layout.total, hole);
            const auto expected =
                laid_out(layout, [](int source, int count) { return block(source, 0, count); });
            const auto expect = [&](auto&& call) {
              const Guarded<int> all(layout.total, hole);
              call(rank == root ? view(all.span()) : MPI::VectorBuffer(MPI::None));
              REQUIRE(all.holds(rank == root ? expected : untouched));
            };
            expect([&](auto all) { comm.Gatherv(mine.span(), std::move(all), {.root = root}); });
            expect([&](auto all) { comm.Gatherv(mine.span(), std::move(all), root); });
            expect([&](auto all) {
              comm.Igatherv(mine.span(), std::move(all), {.root = root}).Wait();
            });
          });
    });
    REQUIRE(mine.holds(block(rank, 0, count_of(rank))));
  });
}

TEST_CASE("Scatterv in every way from every root", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    for_each_root(comm, [&](int root) {
      const auto make = [&](int destination, int count) { return block(root, destination, count); };
      const auto expect = [&](auto&& call) {
        const Guarded<int> mine(static_cast<std::size_t>(count_of(rank)), hole);
        call(mine.span());
        REQUIRE(mine.holds(block(root, rank, count_of(rank))));
      };
      for_each_way<MPI::ConstVectorBuffer>(
          counts_of_ranks(comm.Get_size()), [&](const Layout& layout, auto view) {
            const auto all = filled(laid_out(layout, make));
            const auto given = [&] {
              return rank == root ? view(all.span()) : MPI::ConstVectorBuffer(MPI::None);
            };
            expect([&](auto mine) { comm.Scatterv(given(), mine, {.root = root}); });
            expect([&](auto mine) { comm.Scatterv(given(), mine, root); });
            REQUIRE(all.holds(laid_out(layout, make)));
          });
      for_each_way<MPI::LastingConstVectorBuffer>(
          counts_of_ranks(comm.Get_size()), [&](const Layout& layout, auto view) {
            const auto all = filled(laid_out(layout, make));
            expect([&](auto mine) {
              MPI::Request request = comm.Iscatterv(
                  rank == root ? view(all.span()) : MPI::LastingConstVectorBuffer(MPI::None), mine,
                  {.root = root});
              request.Wait();
            });
          });
    });
  });
}

TEST_CASE("Allgatherv in every way", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    const auto mine = filled(block(rank, 0, count_of(rank)));
    for_each_way<MPI::VectorBuffer>(
        counts_of_ranks(comm.Get_size()), [&](const Layout& layout, auto view) {
          const auto expected =
              laid_out(layout, [](int source, int count) { return block(source, 0, count); });
          const Guarded<int> all(layout.total, hole), again(layout.total, hole);
          comm.Allgatherv(mine.span(), view(all.span()));
          REQUIRE(all.holds(expected));
          comm.Iallgatherv(mine.span(), view(again.span())).Wait();
          REQUIRE(again.holds(expected));
        });
  });
}

TEST_CASE("Alltoallv in every way", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    // what goes one way is not as long as what comes back
    std::vector<int> outgoing, incoming;
    for (int peer = 0; peer < size; ++peer) {
      outgoing.push_back(count_of(rank + 2 * peer));
      incoming.push_back(count_of(peer + 2 * rank));
    }
    const auto to = [&](int destination, int count) { return block(rank, destination, count); };
    const auto from = [&](int source, int count) { return block(source, rank, count); };
    for_each_way<MPI::ConstVectorBuffer>(outgoing, [&](const Layout& sent, auto send_view) {
      const auto mine = filled(laid_out(sent, to));
      for_each_way<MPI::VectorBuffer>(incoming, [&](const Layout& received, auto view) {
        const Guarded<int> all(received.total, hole);
        comm.Alltoallv(send_view(mine.span()), view(all.span()));
        REQUIRE(all.holds(laid_out(received, from)));
      });
      REQUIRE(mine.holds(laid_out(sent, to)));
    });
    for_each_way<MPI::LastingConstVectorBuffer>(outgoing, [&](const Layout& sent, auto send_view) {
      const auto mine = filled(laid_out(sent, to));
      for_each_way<MPI::VectorBuffer>(incoming, [&](const Layout& received, auto view) {
        const Guarded<int> all(received.total, hole);
        comm.Ialltoallv(send_view(mine.span()), view(all.span())).Wait();
        REQUIRE(all.holds(laid_out(received, from)));
      });
    });
  });
}

TEST_CASE("a range alone is divided evenly, the first ranks getting one more", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for (int total = 0; total <= 2 * size + 1; ++total) {
      CAPTURE(total);
      const std::vector<int> counts = even_counts(total, size);
      const Layout layout = packed(counts);
      const int count = counts[static_cast<std::size_t>(rank)];
      const auto mine = filled(block(rank, 0, count));
      const auto gathered = laid_out(layout, [](int source, int n) { return block(source, 0, n); });
      for_each_root(comm, [&](int root) {
        const Guarded<int> all(layout.total, hole), part(static_cast<std::size_t>(count), hole);
        comm.Gatherv(mine.span(), rank == root ? MPI::VectorBuffer(all.span()) : MPI::None, root);
        if (rank == root) REQUIRE(all.holds(gathered));
        comm.Scatterv(rank == root ? MPI::ConstVectorBuffer(all.span(), MPI::INT) : MPI::None,
                      part.span(), root);
        REQUIRE(part.holds(mine.values()));
      });
      const Guarded<int> all(layout.total, hole), again(layout.total, hole);
      comm.Allgatherv(mine.span(), all.span());
      REQUIRE(all.holds(gathered));
      comm.Iallgatherv(mine.span(), {again.span(), MPI::INT}).Wait();
      REQUIRE(again.holds(gathered));
    }
    // every rank has the same number for every other
    std::vector<int> outgoing(2 * static_cast<std::size_t>(size)), incoming(outgoing.size());
    for (int i = 0; i < 2 * size; ++i)
      outgoing[static_cast<std::size_t>(i)] = element(rank, i / 2, i % 2);
    comm.Alltoallv(outgoing, incoming);
    for (int i = 0; i < 2 * size; ++i)
      REQUIRE(incoming[static_cast<std::size_t>(i)] == element(i / 2, rank, i % 2));
  });
}

TEST_CASE("blocks may be of every element type", "[comm][buffer]") {
  struct Particle {
    double x = 0;
    char kind = 0;
    Particle() = default;
    explicit Particle(int seed) : x(seed), kind(static_cast<char>(seed)) {}
    bool operator==(const Particle&) const = default;
  };
  const auto check = [](const MPI::Intracomm& comm, auto zero) {
    using T = decltype(zero);
    const int rank = comm.Get_rank();
    const std::vector<int> counts = counts_of_ranks(comm.Get_size());
    const Layout layout = reversed(counts);
    const auto mine = block<T>(rank, 0, count_of(rank));
    const Guarded<T> all(layout.total, static_cast<T>(hole));
    comm.Allgatherv(mine, {all.span(), counts, layout.displs});
    REQUIRE(all.holds(
        laid_out<T>(layout, [](int source, int count) { return block<T>(source, 0, count); })));
    const Guarded<T> part(mine.size());
    comm.Scatterv({all.span(), counts, layout.displs}, part.span());
    REQUIRE(part.holds(mine));
  };
  for_each_communicator([&](const MPI::Intracomm& comm) {
    check(comm, char());
    check(comm, short());
    check(comm, 0UL);
    check(comm, 0.0F);
    check(comm, 0.0L);
    check(comm, std::complex<double>());
    check(comm, static_cast<unsigned char>(0));
    check(comm, Particle());
  });
}

TEST_CASE("counts and displacements may be lists in braces", "[comm][buffer]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const std::vector<int> mine(static_cast<std::size_t>(rank) + 1, rank);
  if (size == 2) {
    std::vector<int> all(3, hole), apart(5, hole), typed(5, hole), later(5, hole);
    comm.Allgatherv(mine, {all, {1, 2}});
    REQUIRE(all == std::vector<int>{0, 1, 1});
    comm.Allgatherv(mine, {apart, {1, 2}, {4, 1}});
    REQUIRE(apart == std::vector<int>{hole, 1, 1, hole, 0});
    comm.Allgatherv(mine, {typed, {1, 2}, {4, 1}, MPI::INT});
    REQUIRE(typed == apart);
    MPI::Request request = comm.Iallgatherv(mine, {later, {1, 2}, {4, 1}});
    request.Wait();
    REQUIRE(later == apart);
  } else if (size == 3) {
    std::vector<int> all(6, hole), apart(8, hole);
    comm.Allgatherv(mine, {all, {1, 2, 3}});
    REQUIRE(all == std::vector<int>{0, 1, 1, 2, 2, 2});
    comm.Allgatherv(mine, {apart, {1, 2, 3}, {7, 4, 0}});
    REQUIRE(apart == std::vector<int>{2, 2, 2, hole, 1, 1, hole, 0});
  }
  std::vector<int> own(3, hole);
  int seven = 7;
  MPI::COMM_SELF.Gatherv(seven, {own, {1}, {2}});
  REQUIRE(own == std::vector<int>{hole, hole, 7});
  MPI::COMM_SELF.Allgatherv(seven, {own, {1}});
  REQUIRE(own == std::vector<int>{7, hole, 7});
}

/// `in_place`: IN_PLACE, or None, which means the same where that can be.
template <class InPlace>
void require_blocks_in_place(InPlace in_place) {
  for_each_communicator([&](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const std::vector<int> counts = counts_of_ranks(size);
    const Layout layout = reversed(counts);
    const auto gathered =
        laid_out(layout, [](int source, int count) { return block(source, 0, count); });
    const auto own_block_only = [&] {
      return filled(laid_out(layout, [&](int source, int count) {
        return block(source, 0, source == rank ? count : 0);
      }));
    };
    for_each_root(comm, [&](int root) {
      const bool is_root = rank == root;
      const auto all = own_block_only(), again = own_block_only();
      const auto mine = filled(block(rank, 0, count_of(rank)));
      const auto view = [&](const Guarded<int>& memory) {
        return is_root ? MPI::VectorBuffer(memory.span(), counts, layout.displs)
                       : MPI::VectorBuffer(MPI::None);
      };
      const auto given =
          is_root ? MPI::LastingConstBuffer(in_place) : MPI::LastingConstBuffer(mine.span());
      comm.Gatherv(given, view(all), root);
      comm.Igatherv(given, view(again), {.root = root}).Wait();
      REQUIRE((!is_root || all.holds(gathered)));
      REQUIRE((!is_root || again.holds(gathered)));

      const Guarded<int> part(static_cast<std::size_t>(count_of(rank)), hole);
      comm.Scatterv(is_root ? MPI::ConstVectorBuffer(all.span(), counts, layout.displs) : MPI::None,
                    is_root ? MPI::Buffer(in_place) : MPI::Buffer(part.span()), root);
      REQUIRE((is_root || part.holds(mine.values())));
      REQUIRE((!is_root || all.holds(gathered)));
    });
    const auto all = own_block_only(), again = own_block_only();
    comm.Allgatherv(in_place, {all.span(), counts, layout.displs});
    REQUIRE(all.holds(gathered));
    comm.Iallgatherv(in_place, {again.span(), counts, layout.displs}).Wait();
    REQUIRE(again.holds(gathered));

    // in place both directions have the same counts
    std::vector<int> symmetric;
    for (int peer = 0; peer < size; ++peer) symmetric.push_back((rank + peer) % 3);
    const Layout both = reversed(symmetric);
    const auto to = laid_out(both, [&](int peer, int count) { return block(rank, peer, count); });
    const auto from = laid_out(both, [&](int peer, int count) { return block(peer, rank, count); });
    const auto exchanged = filled(to), later = filled(to);
    comm.Alltoallv(in_place, {exchanged.span(), symmetric, both.displs});
    REQUIRE(exchanged.holds(from));
    comm.Ialltoallv(in_place, {later.span(), symmetric, both.displs}).Wait();
    REQUIRE(later.holds(from));
  });
}

TEST_CASE("IN_PLACE takes what lies in the receive buffer's blocks", "[comm][buffer]") {
  require_blocks_in_place(MPI::IN_PLACE);
}

TEST_CASE("None alone means IN_PLACE in v calls", "[comm][buffer]") {
  require_blocks_in_place(MPI::None);
}

TEST_CASE("a buffer of a v call keeps the counts that nobody else keeps", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    const std::vector<int> two(2, comm.Get_rank());
    std::vector<int> all(2 * size, hole), expected;
    const MPI::VectorBuffer into{all, std::vector<int>(size, 2)};
    const std::vector<int> other(64, 1000);  // where the counts were, if they were not kept
    comm.Allgatherv(two, into);
    for (int rank = 0; rank < comm.Get_size(); ++rank) expected.insert(expected.end(), 2, rank);
    REQUIRE(all == expected);
    REQUIRE(other.size() == 64);
  });
  // without counts the elements of the datatype are divided
  const std::vector<double> reals{1.5, 2.5};
  std::vector<double> copies(2);
  MPI::COMM_SELF.Alltoallv({reals, std::vector<int>(), MPI::BYTE},
                           {copies, std::vector<int>(), MPI::BYTE});
  REQUIRE(copies == reals);
  std::vector<int> one(3, hole);
  const MPI::VectorBuffer into{one, {1}, {2}};
  const int seven = 7;
  MPI::COMM_SELF.Allgatherv(seven, into);
  REQUIRE(one == std::vector<int>{hole, hole, 7});
}

TEST_CASE("all ranks may have nothing", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    const std::vector<int> zeros(size, 0), empty;
    const Guarded<int> room(3, hole);
    for_each_root(comm, [&](int root) {
      comm.Gatherv(empty, {room.span(), zeros}, root);
      comm.Scatterv({empty, zeros, zeros}, {room.span(), 0}, root);
    });
    comm.Allgatherv(empty, {room.span(), zeros});
    comm.Alltoallv({empty, zeros}, {room.span(), zeros, zeros});
    comm.Iallgatherv(empty, {room.span(), zeros}).Wait();
    REQUIRE(room.holds({hole, hole, hole}));
  });
}

TEST_CASE("None with a type is a buffer of nothing", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const std::vector<int> zeros(static_cast<std::size_t>(comm.Get_size()), 0);
    comm.Allgatherv({MPI::None, MPI::INT}, {MPI::None, zeros, MPI::INT});
    comm.Allgatherv({MPI::None, MPI::INT}, {MPI::None, MPI::INT});
    // two lists: MPICH takes one list and no memory for one buffer in both places
    comm.Alltoallv({MPI::None, zeros, MPI::INT}, {MPI::None, std::vector<int>(zeros), MPI::INT});
    comm.Alltoallv({MPI::None, MPI::INT}, {MPI::None, MPI::INT});
    for_each_root(comm, [&](int root) {
      comm.Gatherv({MPI::None, MPI::INT}, {MPI::None, zeros, MPI::INT}, root);
      comm.Scatterv({MPI::None, MPI::INT}, {MPI::None, MPI::INT}, root);
    });
    SUCCEED("no call fails");
  });
}

TEST_CASE("blocks are columns of a matrix", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    constexpr int height = 3;
    const int width = size + 1;
    // a column that begins one element behind the one before
    const MPI::Datatype column =
        MPI::INT.Create_vector(height, 1, width).Create_resized(0, sizeof(int)).Commit();
    const std::vector<int> ones(static_cast<std::size_t>(size), 1);
    std::vector<int> displs;
    for (int peer = 0; peer < size; ++peer)
      displs.push_back(size - peer);  // rank 0 has the last one
    const Guarded<int> matrix(static_cast<std::size_t>(height * width), hole);
    comm.Allgatherv(block(rank, 0, height), {matrix.span(), ones, displs, column});
    for (int row = 0; row < height; ++row) {
      REQUIRE(matrix[static_cast<std::size_t>(row * width)] == hole);
      for (int peer = 0; peer < size; ++peer)
        REQUIRE(matrix[static_cast<std::size_t>(row * width + size - peer)] ==
                element(peer, 0, row));
    }
    REQUIRE(matrix.guards_stay());
    for_each_root(comm, [&](int root) {
      const Guarded<int> mine(height, hole);
      comm.Scatterv({matrix.span(), ones, displs, column}, mine.span(), root);
      REQUIRE(mine.holds(block(rank, 0, height)));
    });
  });
}

// Mistakes that a rank finds itself, before anything is sent: all ranks make them, or the root
// alone.

TEST_CASE("a wrong number of counts or displacements is refused", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    std::vector<int> mine(1), all(3 * size, hole);
    const std::vector<int> fitting(size, 1);
    for (const std::size_t wrong : {size - 1, size + 1}) {
      if (wrong == 0) continue;  // an empty list says nothing
      CAPTURE(wrong);
      const std::vector<int> list(wrong, 1);
      REQUIRE(fails([&] { comm.Allgatherv(mine, {all, list}); }));
      REQUIRE(fails([&] { comm.Allgatherv(mine, {all, fitting, list}); }));
      REQUIRE(fails([&] { (void)comm.Iallgatherv(mine, {all, list}); }));
      REQUIRE(fails([&] { comm.Alltoallv({all, list}, {all, fitting}); }));
      REQUIRE(fails([&] { comm.Alltoallv({all, fitting}, {all, list}); }));
      REQUIRE(fails([&] { comm.Alltoallv({all, fitting, list}, {all, fitting}); }));
      for_each_root(comm, [&](int root) {
        if (comm.Get_rank() != root) return;
        REQUIRE(fails([&] { comm.Gatherv(mine, {all, list}, root); }));
        REQUIRE(fails([&] { comm.Scatterv({all, list}, mine, root); }));
      });
    }
    REQUIRE(all == std::vector<int>(3 * size, hole));
    comm.Barrier();
  });
}

TEST_CASE("a block outside the buffer is refused", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    std::vector<int> mine(2), all(2 * size, hole);
    const std::vector<int> twos(size, 2);
    const auto refused = [&](const std::vector<int>& counts, const std::vector<int>& displs) {
      REQUIRE(fails([&] { comm.Allgatherv(mine, {all, counts, displs}); }));
      REQUIRE(fails([&] { comm.Alltoallv({all, counts, displs}, {all, twos}); }));
      REQUIRE(fails([&] { comm.Alltoallv({all, twos}, {all, counts, displs, MPI::INT}); }));
      for_each_root(comm, [&](int root) {
        if (comm.Get_rank() != root) return;
        REQUIRE(fails([&] { comm.Gatherv(mine, {all, counts, displs}, root); }));
        REQUIRE(fails([&] { comm.Scatterv({all, counts, displs}, mine, root); }));
        REQUIRE(fails([&] { (void)comm.Igatherv(mine, {all, counts, displs}, {.root = root}); }));
      });
    };
    const Layout fitting = packed(twos);
    for (std::size_t i = 0; i < size; ++i) {
      INFO("the block of rank " << i);
      std::vector<int> counts = twos, displs = fitting.displs;
      displs[i] = static_cast<int>(2 * size) - 1;
      refused(counts, displs);
      displs[i] = -1;
      refused(counts, displs);
      displs[i] = 0;
      counts[i] = -1;
      refused(counts, displs);
      counts[i] = static_cast<int>(2 * size) + 1;
      refused(counts, displs);
    }
    REQUIRE(fails([&] { comm.Allgatherv(mine, {all, std::vector<int>(size, 3)}); }));
    REQUIRE(fails([&] { comm.Allgatherv(mine, {all, twos, MPI::DOUBLE}); }));
    REQUIRE(all == std::vector<int>(2 * size, hole));
    // nobody's block is outside where it is empty
    comm.Allgatherv(std::vector<int>{},
                    {all, std::vector<int>(size, 0), std::vector<int>(size, 1'000)});
  });
}

TEST_CASE("a block of strided elements that ends outside the buffer is refused", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    // three rows of `size` columns; the column behind the last one ends one element too far
    const MPI::Datatype column =
        MPI::INT.Create_vector(3, 1, size).Create_resized(0, sizeof(int)).Commit();
    std::vector<int> mine(3), matrix(3 * size, hole);
    const std::vector<int> ones(size, 1), displs(size, comm.Get_size());
    REQUIRE(fails([&] { comm.Allgatherv(mine, {matrix, ones, displs, column}); }));
    comm.Barrier();
  });
}

TEST_CASE("strided elements may end with the buffer", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    // every second element; nothing is needed behind the last one
    const MPI::Datatype every_second = MPI::INT.Create_resized(0, 2 * sizeof(int)).Commit();
    std::vector<int> all(2 * static_cast<std::size_t>(size) - 1, hole);
    comm.Allgatherv(rank, {all, std::vector<int>(static_cast<std::size_t>(size), 1), every_second});
    for (int i = 0; i < 2 * size - 1; ++i)
      REQUIRE(all[static_cast<std::size_t>(i)] == (i % 2 == 0 ? i / 2 : hole));
  });
}
