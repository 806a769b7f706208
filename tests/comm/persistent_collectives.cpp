// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Every uppercase collective as a persistent request, started several times with changed content.
#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <mpi4cxx/MPI.hpp>

#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/guarded.hpp"

namespace MPI = mpi4cxx::MPI;

#if MPI_VERSION >= 4
namespace {

using Values = std::vector<int>;
constexpr int hole = -1, rounds = 3, length = 3;

/// What `source` has for `destination` in this round.
Values block(int source, int destination, int round, int count = length) {
  Values values;
  for (int i = 0; i < count; ++i)
    values.push_back(1000 * round + 100 * source + 10 * destination + i);
  return values;
}
/// 1, 0, 3, 2 elements.
int count_of(int rank) {
  return (3 * rank + 1) % 4;
}
Values counts_of_ranks(int size) {
  Values counts;
  for (int rank = 0; rank < size; ++rank) counts.push_back(count_of(rank));
  return counts;
}
/// A row of four for each rank.
Values rows(int size) {
  Values displs;
  for (int rank = 0; rank < size; ++rank) displs.push_back(4 * rank);
  return displs;
}
/// make(rank) of all ranks, one behind the other.
template <class F>
Values all_of(int size, F&& make) {
  Values all;
  for (int rank = 0; rank < size; ++rank) {
    const Values values = make(rank);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}
/// make(rank) of all ranks, at the front of its row.
template <class F>
Values in_rows(int size, F&& make) {
  Values all(4 * static_cast<std::size_t>(size), hole);
  for (int rank = 0; rank < size; ++rank) {
    const Values values = make(rank);
    std::copy(values.begin(), values.end(), all.begin() + 4 * rank);
  }
  return all;
}
/// Element by element over ranks 0 to `last`.
template <class F, class Combine = std::plus<>>
Values reduced(int last, F&& make, Combine combine = {}) {
  Values result = make(0);
  for (int rank = 1; rank <= last; ++rank) {
    const Values next = make(rank);
    std::transform(result.begin(), result.end(), next.begin(), result.begin(), combine);
  }
  return result;
}

void fill(const Guarded<int>& buffer, const Values& values) {
  std::copy(values.begin(), values.end(), buffer.span().begin());
}

/// Runs a request several times: `before(round)` fills the buffers, `expected(round)` is what
/// `received` holds afterwards.
template <class Before, class Expected>
void run(MPI::Prequest request, const Guarded<int>& received, Before&& before,
         Expected&& expected) {
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    before(round);
    request.Start();
    request.Wait();
    REQUIRE(received.holds(expected(round)));
    REQUIRE(request);
  }
}

}  // namespace

TEST_CASE("Barrier_init completes when all ranks have started it", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    MPI::Prequest barrier = comm.Barrier_init();
    for (int round = 0; round < rounds; ++round) {
      barrier.Start();
      barrier.Wait();
    }
    barrier.Start();
    while (!barrier.Test()) {
    }
    if (comm.Get_size() == 1) return;
    // nobody is through before the last one has come
    const bool is_last = comm.Get_rank() == comm.Get_size() - 1;
    if (!is_last) barrier.Start();
    comm.Barrier();
    if (!is_last) REQUIRE_FALSE(barrier.Test());
    comm.Barrier();
    if (is_last) barrier.Start();
    barrier.Wait();
  });
}

TEST_CASE("Bcast_init sends what the root has at each start", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    for_each_root(comm, [&](int root) {
      const Guarded<int> buffer(length);
      const auto check = [&](MPI::Prequest request) {
        run(
            std::move(request), buffer, [&](int round) { fill(buffer, block(rank, 0, round)); },
            [&](int round) { return block(root, 0, round); });
      };
      check(comm.Bcast_init(buffer.span(), root));
      check(comm.Bcast_init(buffer.span(), {.root = root}));
    });
  });
}

TEST_CASE("Gather_init and Gatherv_init to every root", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for_each_root(comm, [&](int root) {
      const bool is_root = rank == root;
      const auto check = [&](int count, std::size_t room, auto&& init, auto&& expected) {
        const Guarded<int> mine(static_cast<std::size_t>(count)), all(room, hole);
        run(
            init(mine, all), all,
            [&](int round) {
              fill(mine, block(rank, 0, round, count));
              fill(all, Values(room, hole));
            },
            [&](int round) { return is_root ? expected(round) : Values(room, hole); });
      };
      const auto ranks = static_cast<std::size_t>(size);
      check(
          length, length * ranks,
          [&](auto& mine, auto& all) {
            return comm.Gather_init(mine.span(), is_root ? MPI::Buffer(all.span()) : MPI::None,
                                    root);
          },
          [&](int round) { return all_of(size, [&](int r) { return block(r, 0, round); }); });
      check(
          count_of(rank), 4 * ranks,
          [&](auto& mine, auto& all) {
            // the lists are gone before the first start
            return comm.Gatherv_init(
                mine.span(),
                is_root ? MPI::VectorBuffer(all.span(), counts_of_ranks(size), rows(size))
                        : MPI::VectorBuffer(MPI::None),
                {.root = root});
          },
          [&](int round) {
            return in_rows(size, [&](int r) { return block(r, 0, round, count_of(r)); });
          });
    });
  });
}

TEST_CASE("Scatter_init and Scatterv_init from every root", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for_each_root(comm, [&](int root) {
      const bool is_root = rank == root;
      {
        const Guarded<int> all(static_cast<std::size_t>(length * size)), mine(length, hole);
        run(
            comm.Scatter_init(is_root ? MPI::LastingConstBuffer(all.span()) : MPI::None,
                              mine.span(), {.root = root}),
            mine,
            [&](int round) {
              fill(all, all_of(size, [&](int r) { return block(rank, r, round); }));
            },
            [&](int round) { return block(root, rank, round); });
      }
      const Guarded<int> all(4 * static_cast<std::size_t>(size)),
          mine(static_cast<std::size_t>(count_of(rank)), hole);
      run(
          comm.Scatterv_init(
              is_root ? MPI::LastingConstVectorBuffer(all.span(), counts_of_ranks(size), rows(size))
                      : MPI::LastingConstVectorBuffer(MPI::None),
              mine.span(), root),
          mine,
          [&](int round) {
            fill(all, in_rows(size, [&](int r) { return block(rank, r, round, count_of(r)); }));
          },
          [&](int round) { return block(root, rank, round, count_of(rank)); });
    });
  });
}

TEST_CASE("Allgather_init and Allgatherv_init", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    {
      const Guarded<int> mine(length), all(length * ranks, hole);
      run(
          comm.Allgather_init(mine.span(), all.span()), all,
          [&](int round) { fill(mine, block(rank, 0, round)); },
          [&](int round) { return all_of(size, [&](int r) { return block(r, 0, round); }); });
    }
    const int count = count_of(rank);
    const Guarded<int> mine(static_cast<std::size_t>(count)), all(4 * ranks, hole);
    run(
        comm.Allgatherv_init(mine.span(), {all.span(), counts_of_ranks(size), rows(size)}), all,
        [&](int round) { fill(mine, block(rank, 0, round, count)); },
        [&](int round) {
          return in_rows(size, [&](int r) { return block(r, 0, round, count_of(r)); });
        });
  });
}

TEST_CASE("Alltoall_init, Alltoallv_init and Alltoallw_init", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    {
      const Guarded<int> mine(length * ranks), all(length * ranks, hole);
      run(
          comm.Alltoall_init(mine.span(), all.span()), all,
          [&](int round) {
            fill(mine, all_of(size, [&](int r) { return block(rank, r, round); }));
          },
          [&](int round) { return all_of(size, [&](int r) { return block(r, rank, round); }); });
    }
    // what goes one way is not as long as what comes back
    Values outgoing, incoming;
    for (int peer = 0; peer < size; ++peer) {
      outgoing.push_back(count_of(rank + 2 * peer));
      incoming.push_back(count_of(peer + 2 * rank));
    }
    const Guarded<int> mine(4 * ranks), all(4 * ranks, hole);
    const auto check = [&](MPI::Prequest request) {
      fill(all, Values(4 * ranks, hole));
      run(
          std::move(request), all,
          [&](int round) {
            fill(mine, in_rows(size, [&](int r) {
                   return block(rank, r, round, outgoing[static_cast<std::size_t>(r)]);
                 }));
          },
          [&](int round) {
            return in_rows(size, [&](int r) {
              return block(r, rank, round, incoming[static_cast<std::size_t>(r)]);
            });
          });
    };
    check(comm.Alltoallv_init({mine.span(), Values(outgoing), rows(size)},
                              {all.span(), Values(incoming), rows(size)}));
    Values bytes = rows(size);
    for (int& displacement : bytes) displacement *= static_cast<int>(sizeof(int));
    check(comm.Alltoallw_init(
        {mine.span(), Values(outgoing), Values(bytes), std::vector<MPI::Datatype>(ranks, MPI::INT)},
        {all.span(), Values(incoming), Values(bytes),
         std::vector<MPI::Datatype>(ranks, MPI::INT)}));
  });
}

TEST_CASE("Reduce_init to every root, Allreduce_init, Scan_init and Exscan_init", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
    const Guarded<int> mine(length), result(length, hole);
    const auto largest = [](int a, int b) { return std::max(a, b); };
    const auto check = [&](MPI::Prequest request, auto&& expected) {
      run(
          std::move(request), result,
          [&](int round) {
            fill(mine, block(rank, 0, round));
            fill(result, Values(length, hole));
          },
          expected);
    };
    const auto up_to = [](int rank_before, auto combine) {
      return [=](int round) {
        return rank_before < 0
                   ? Values(length, hole)
                   : reduced(
                         rank_before, [&](int r) { return block(r, 0, round); }, combine);
      };
    };
    for_each_root(comm, [&](int root) {
      const int ranks = rank == root ? last : -1;
      check(comm.Reduce_init(mine.span(), result.span(), {.root = root}),
            up_to(ranks, std::plus<>()));
      check(comm.Reduce_init(mine.span(), result.span(), MPI::MAX, root), up_to(ranks, largest));
    });
    check(comm.Allreduce_init(mine.span(), result.span()), up_to(last, std::plus<>()));
    check(comm.Allreduce_init(mine.span(), result.span(), MPI::MAX), up_to(last, largest));
    check(comm.Scan_init(mine.span(), result.span()), up_to(rank, std::plus<>()));
    check(comm.Scan_init(mine.span(), result.span(), {.op = MPI::MAX}), up_to(rank, largest));
    check(comm.Exscan_init(mine.span(), result.span()), up_to(rank - 1, std::plus<>()));
    check(comm.Exscan_init(mine.span(), result.span(), MPI::MAX), up_to(rank - 1, largest));
  });
}

TEST_CASE("Reduce_scatter_block_init and Reduce_scatter_init", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto check = [&](const Values& counts, auto&& init) {
      std::size_t total = 0;
      for (const int count : counts) total += static_cast<std::size_t>(count);
      const int count = counts[static_cast<std::size_t>(rank)];
      const Guarded<int> mine(total), result(static_cast<std::size_t>(count), hole);
      run(
          init(mine.span(), result.span()), result,
          [&](int round) {
            fill(mine, all_of(size, [&](int r) {
                   return block(rank, r, round, counts[static_cast<std::size_t>(r)]);
                 }));
          },
          [&](int round) {
            return reduced(size - 1, [&](int r) { return block(r, rank, round, count); });
          });
    };
    const Values equal(static_cast<std::size_t>(size), length);
    check(equal,
          [&](auto mine, auto result) { return comm.Reduce_scatter_block_init(mine, result); });
    check(equal, [&](auto mine, auto result) {
      return comm.Reduce_scatter_block_init(mine, result, MPI::SUM);
    });
    const Values unequal = counts_of_ranks(size);
    // the counts are exchanged, or a list that is gone before the first start
    check(unequal, [&](auto mine, auto result) { return comm.Reduce_scatter_init(mine, result); });
    check(unequal, [&](auto mine, auto result) {
      return comm.Reduce_scatter_init(mine, result, {.recvcounts = counts_of_ranks(size)});
    });
  });
}

TEST_CASE("persistent collectives in place", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size(), last = size - 1;
    const auto ranks = static_cast<std::size_t>(size);
    const auto sums = [&](int up_to) {
      return [=](int round) { return reduced(up_to, [&](int r) { return block(r, 0, round); }); };
    };
    const auto gathered = [&](int round) {
      return all_of(size, [&](int r) { return block(r, 0, round); });
    };
    const auto to_all = [&](int round) {
      return all_of(size, [&](int r) { return block(rank, r, round); });
    };
    const Guarded<int> block_of_mine(length), all(length * ranks);
    const auto fill_block = [&](int round) { fill(block_of_mine, block(rank, 0, round)); };
    const auto fill_own_block = [&](int round) {
      fill(all, Values(length * ranks, hole));
      const Values mine = block(rank, 0, round);
      std::copy(mine.begin(), mine.end(), all.span().begin() + rank * length);
    };
    for_each_root(comm, [&](int root) {
      const bool is_root = rank == root;
      const auto given = is_root ? MPI::LastingConstBuffer(MPI::IN_PLACE)
                                 : MPI::LastingConstBuffer(block_of_mine.span());
      run(
          comm.Gather_init(given, is_root ? MPI::Buffer(all.span()) : MPI::None, root), all,
          [&](int round) {
            fill_block(round);
            fill_own_block(round);
          },
          [&](int round) { return is_root ? gathered(round) : all.values(); });
      run(
          comm.Scatter_init(is_root ? MPI::LastingConstBuffer(all.span()) : MPI::None,
                            is_root ? MPI::Buffer(MPI::IN_PLACE) : block_of_mine.span(), root),
          block_of_mine,
          [&](int round) {
            fill(all, to_all(round));
            fill(block_of_mine, Values(length, hole));
          },
          [&](int round) { return is_root ? Values(length, hole) : block(root, rank, round); });
      run(comm.Reduce_init(given, is_root ? MPI::Buffer(block_of_mine.span()) : MPI::None,
                           {.root = root}),
          block_of_mine, fill_block,
          [&](int round) { return is_root ? sums(last)(round) : block(rank, 0, round); });
      // as many elements as would take another algorithm
      std::vector<double> many(5'000);
      MPI::Prequest reduce = is_root ? comm.Reduce_init(MPI::IN_PLACE, many, MPI::SUM, root)
                                     : comm.Reduce_init(many, MPI::None, MPI::SUM, root);
      for (int round = 0; round < rounds; ++round) {
        many.assign(many.size(), rank + round);
        reduce.Start();
        reduce.Wait();
        const double sum = size * (size - 1) / 2 + size * round;
        REQUIRE((many == std::vector<double>(many.size(), is_root ? sum : rank + round)));
      }
    });
    run(comm.Allgather_init(MPI::IN_PLACE, all.span()), all, fill_own_block, gathered);
    run(comm.Allgatherv_init(MPI::IN_PLACE, {all.span(), Values(ranks, length)}), all,
        fill_own_block, gathered);
    const auto from_all = [&](int round) {
      return all_of(size, [&](int r) { return block(r, rank, round); });
    };
    const auto fill_all = [&](int round) { fill(all, to_all(round)); };
    run(comm.Alltoall_init(MPI::IN_PLACE, all.span()), all, fill_all, from_all);
    run(comm.Alltoallv_init(MPI::IN_PLACE, {all.span(), Values(ranks, length)}), all, fill_all,
        from_all);
    run(comm.Allreduce_init(MPI::IN_PLACE, block_of_mine.span()), block_of_mine, fill_block,
        sums(last));
    run(comm.Scan_init(MPI::IN_PLACE, block_of_mine.span()), block_of_mine, fill_block, sums(rank));
    run(comm.Exscan_init(MPI::IN_PLACE, block_of_mine.span()), block_of_mine, fill_block,
        [&](int round) { return rank == 0 ? block(0, 0, round) : sums(rank - 1)(round); });
    const auto check_front = [&](MPI::Prequest request) {
      for (int round = 0; round < rounds; ++round) {
        fill_all(round);
        request.Start();
        request.Wait();
        const Values expected = reduced(last, [&](int r) { return block(r, rank, round); });
        REQUIRE(std::equal(expected.begin(), expected.end(), all.span().begin()));
        REQUIRE(all.guards_stay());
      }
    };
    check_front(comm.Reduce_scatter_block_init(MPI::IN_PLACE, all.span()));
    check_front(
        comm.Reduce_scatter_init(MPI::IN_PLACE, all.span(), {.recvcounts = Values(ranks, length)}));
  });
}

TEST_CASE("persistent collectives of nothing leave the calls behind them alone", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int size = comm.Get_size();
    const Guarded<int> empty(0);
    const Values zeros(static_cast<std::size_t>(size), 0);
    const auto check = [&](MPI::Prequest request) {
      for (int round = 0; round < rounds; ++round) {
        request.Start();
        request.Wait();
        comm.Ibarrier().Wait();
        const Guarded<int> sum(1);
        const int mine = comm.Get_rank() + round;
        comm.Iallreduce(mine, sum.span()).Wait();
        REQUIRE(sum.holds({size * (size - 1) / 2 + round * size}));
        REQUIRE(empty.guards_stay());
      }
    };
    for_each_root(comm, [&](int root) {
      check(comm.Reduce_init(empty.span(), empty.span(), MPI::SUM, root));
      check(comm.Gather_init(empty.span(), empty.span(), root));
      check(comm.Scatter_init(empty.span(), empty.span(), root));
    });
    check(comm.Allreduce_init(empty.span(), empty.span()));
    check(comm.Allreduce_init(MPI::IN_PLACE, empty.span()));
    check(comm.Scan_init(empty.span(), empty.span()));
    check(comm.Exscan_init(empty.span(), empty.span()));
    check(comm.Reduce_scatter_block_init(empty.span(), empty.span()));
    check(comm.Reduce_scatter_init(empty.span(), empty.span(), {.recvcounts = zeros}));
    check(comm.Allgather_init(empty.span(), empty.span()));
    check(comm.Alltoall_init(empty.span(), empty.span()));
  });
}

TEST_CASE("a persistent reduction keeps its operator", "[persistent]") {
  // digits side by side, which is not commutative
  struct Digits {
    int value = 0, scale = 10;
    bool operator==(const Digits&) const = default;
  };
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto concatenate = [](Digits a, Digits b) {
      return Digits{a.value * b.scale + b.value, a.scale * b.scale};
    };
    Digits mine, all, block;
    std::vector<Digits> blocks(static_cast<std::size_t>(size));
    std::vector<MPI::Prequest> requests;
    {
      const MPI::Op op = MPI::Op::Create<Digits>(concatenate);
      requests.push_back(comm.Allreduce_init(mine, all, op));
      requests.push_back(comm.Reduce_scatter_block_init(blocks, block, op));
    }
    // another one would take a slot that was freed
    const MPI::Op other = MPI::Op::Create<Digits>([](Digits, Digits) { return Digits{-7, 1}; });
    for (int round = 0; round < rounds; ++round) {
      mine = {rank + round, 10};
      blocks.assign(blocks.size(), mine);
      MPI::Prequest::Startall(requests);
      MPI::Prequest::Waitall(requests);
      Digits expected{round, 10};
      for (int r = 1; r < size; ++r) expected = concatenate(expected, {r + round, 10});
      REQUIRE((all == expected));
      REQUIRE((block == expected));
    }
  });
}

TEST_CASE("persistent collectives move, and are dropped", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int size = comm.Get_size();
    int mine = comm.Get_rank();
    Values all(static_cast<std::size_t>(size), hole), expected;
    for (int rank = 0; rank < size; ++rank) expected.push_back(rank);
    const Values counts(static_cast<std::size_t>(size), 1);
    { const auto never_started = comm.Allgather_init(mine, all); }
    {
      MPI::Prequest unused = comm.Allgatherv_init(mine, {all, Values(counts)});
      unused.Free();
      REQUIRE_FALSE(unused);
    }
    REQUIRE(all == Values(static_cast<std::size_t>(size), hole));
    {
      MPI::Prequest first = comm.Allgatherv_init(mine, {all, Values(counts)});
      MPI::Prequest second = std::move(first);
      second.Start();
      // dropped while it is under way, it is completed
      const MPI::Prequest third = std::move(second);
    }
    REQUIRE(all == expected);
  });
}

TEST_CASE("persistent collectives are under way at the same time", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    int mine = 0, sum = 0, copy = 0;
    Values all(static_cast<std::size_t>(size));
    std::vector<MPI::Prequest> requests;
    requests.push_back(comm.Allreduce_init(mine, sum));
    requests.push_back(comm.Bcast_init(copy, size - 1));
    requests.push_back(comm.Allgather_init(mine, all));
    requests.push_back(comm.Barrier_init());
    for (int round = 0; round < rounds; ++round) {
      mine = rank + round;
      copy = rank * 10 + round;
      MPI::Prequest::Startall(requests);
      MPI::Prequest::Waitall(requests);
      REQUIRE(sum == size * (size - 1) / 2 + size * round);
      REQUIRE(copy == (size - 1) * 10 + round);
      REQUIRE(all.back() == size - 1 + round);
    }
  });
}

TEST_CASE("persistent collectives take an Info", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const MPI::Info info = MPI::Info::Create();
    int mine = 1, sum = 0;
    MPI::Prequest request = comm.Allreduce_init(mine, sum, {.info = info});
    request.Start();
    request.Wait();
    REQUIRE(sum == comm.Get_size());
    MPI::Prequest barrier = comm.Barrier_init(info);
    barrier.Start();
    barrier.Wait();
  });
}

TEST_CASE("arguments of persistent collectives by position and by name", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    const MPI::Info info = MPI::Info::Create();
    const auto run = [](MPI::Prequest request) {
      request.Start();
      request.Wait();
    };
    run(comm.Barrier_init({.info = info}));
    Values mine(ranks, rank), all(ranks), every;
    for (int i = 0; i < size; ++i) every.push_back(i);
    const auto gives = [&](MPI::Prequest request, const Values& expected) {
      std::fill(all.begin(), all.end(), hole);
      run(std::move(request));
      REQUIRE(all == expected);
    };
    const auto one = std::span(mine).first(1);
    const Values ones(ranks, 1);
    gives(comm.Allgather_init(one, all, info), every);
    gives(comm.Allgather_init(one, all, {.info = info}), every);
    gives(comm.Allgatherv_init(one, {all, ones}, info), every);
    gives(comm.Alltoall_init(mine, all, info), every);
    gives(comm.Alltoall_init(mine, all, {.info = info}), every);
    gives(comm.Alltoallv_init({mine, ones}, {all, ones}, info), every);
    int sum = 0;
    run(comm.Reduce_scatter_init(mine, sum, ones, MPI::MAX, info));
    REQUIRE(sum == size - 1);
    run(comm.Reduce_scatter_init(mine, sum, {.recvcounts = ones, .info = info}));
    REQUIRE(sum == size * (size - 1) / 2);
  });
}

#else

TEST_CASE("without MPI 4 a persistent collective is a sentence", "[persistent]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    int mine = 1, other = 0;
    const auto size = static_cast<std::size_t>(comm.Get_size());
    std::vector<int> all(size), counts(size, 1);
    const std::vector<MPI::Datatype> types(size, MPI::INT);
    const auto refused = [](auto&& call) {
      try {
        (void)call();
      } catch (const MPI::Exception& error) {
        REQUIRE(error.Get_error_class() == MPI_ERR_UNSUPPORTED_OPERATION);
        REQUIRE_THAT(error.what(), HasText("persistent collectives need MPI 4"));
        return;
      }
      FAIL("nothing was thrown");
    };
    refused([&] { return comm.Barrier_init(); });
    refused([&] { return comm.Bcast_init(mine); });
    refused([&] { return comm.Gather_init(mine, all); });
    refused([&] { return comm.Gatherv_init(mine, {all, counts}); });
    refused([&] { return comm.Scatter_init(all, mine); });
    refused([&] { return comm.Scatterv_init({all, counts}, mine); });
    refused([&] { return comm.Allgather_init(mine, all); });
    refused([&] { return comm.Allgatherv_init(mine, {all, counts}); });
    refused([&] { return comm.Alltoall_init(all, all); });
    refused([&] { return comm.Alltoallv_init({all, counts}, {all, counts}); });
    refused([&] { return comm.Alltoallw_init({all, types}, {all, types}); });
    refused([&] { return comm.Reduce_init(mine, other); });
    refused([&] { return comm.Allreduce_init(mine, other); });
    refused([&] { return comm.Scan_init(mine, other); });
    refused([&] { return comm.Exscan_init(mine, other); });
    refused([&] { return comm.Reduce_scatter_block_init(all, other); });
    refused([&] { return comm.Reduce_scatter_init(all, other); });
    comm.Barrier();
  });
}

#endif
