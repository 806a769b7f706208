// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Alltoallw: blocks of any length, place and datatype.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <mpi4cxx/MPI.hpp>

#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/guarded.hpp"

namespace MPI = mpi4cxx::MPI;

namespace {

using Values = std::vector<int>;
constexpr int hole = -1;

/// 2, 0, 1, 3 elements, and so on: some pairs have nothing for each other.
int count_of(int source, int destination) {
  return (2 * source + 3 * destination + 2) % 4;
}
int element(int source, int destination, int i) {
  return 100 * source + 10 * destination + i;
}

/// A buffer with a row of four integers for each rank, the last rank's first.
struct Blocks {
  template <class Count>
  Blocks(int size, Count&& count) : memory(4 * static_cast<std::size_t>(size), hole) {
    for (int peer = 0; peer < size; ++peer) {
      counts.push_back(count(peer));
      displs.push_back(static_cast<int>(sizeof(int)) * place(size, peer));
      types.push_back(MPI::INT);
    }
  }
  static int place(int size, int peer) { return 4 * (size - 1 - peer); }
  int& at(int peer, int i) const {
    return memory[static_cast<std::size_t>(displs[static_cast<std::size_t>(peer)]) / sizeof(int) +
                  static_cast<std::size_t>(i)];
  }
  Guarded<int> memory;
  Values counts, displs;
  std::vector<MPI::Datatype> types;
};

template <class F>
bool fails(F&& call, const std::string& part) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    CHECK(error.Get_error_class() == MPI::ERR_COUNT);
    CHECK_THAT(error.what(), HasText(part));
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("Alltoallw of unequal and empty blocks", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const Blocks out(size, [&](int peer) { return count_of(rank, peer); });
    for (int peer = 0; peer < size; ++peer)
      for (int i = 0; i < count_of(rank, peer); ++i) out.at(peer, i) = element(rank, peer, i);
    const Values before = out.memory.values();
    const auto check = [&](auto&& call) {
      const Blocks in(size, [&](int peer) { return count_of(peer, rank); });
      call(in);
      for (int peer = 0; peer < size; ++peer)
        for (int i = 0; i < 4; ++i)
          REQUIRE(in.at(peer, i) == (i < count_of(peer, rank) ? element(peer, rank, i) : hole));
      REQUIRE(in.memory.guards_stay());
      REQUIRE(out.memory.holds(before));
    };
    check([&](const Blocks& in) {
      comm.Alltoallw({out.memory.span(), out.counts, out.displs, out.types},
                     {in.memory.span(), in.counts, in.displs, in.types});
    });
    check([&](const Blocks& in) {
      comm.Alltoallw({out.memory.span().data(), out.counts, out.displs, out.types},
                     {in.memory.span().data(), in.counts, in.displs, in.types});
    });
    check([&](const Blocks& in) {
      // the lists need not live as long as the request
      MPI::Request request =
          comm.Ialltoallw({out.memory.span(), Values(out.counts), Values(out.displs),
                           std::vector<MPI::Datatype>(out.types)},
                          {in.memory.span(), std::vector<long>(in.counts.begin(), in.counts.end()),
                           Values(in.displs), std::vector<MPI::Datatype>(in.types)});
      request.Wait();
    });
  });
}

TEST_CASE("Alltoallw of another datatype for each rank", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    // a matrix of three rows and a column for each rank: columns go out, rows come in
    const MPI::Datatype column = MPI::INT.Create_vector(3, 1, size).Commit();
    const MPI::Datatype row = MPI::INT.Create_contiguous(3).Commit();
    const Guarded<int> matrix(3 * ranks), transposed(3 * ranks, hole), again(3 * ranks, hole);
    for (int r = 0; r < 3; ++r)
      for (int c = 0; c < size; ++c)
        matrix[static_cast<std::size_t>(r * size + c)] = element(rank, c, r);
    Values columns, rows, threes;
    std::vector<MPI::Datatype> received;
    for (int peer = 0; peer < size; ++peer) {
      columns.push_back(peer * static_cast<int>(sizeof(int)));
      rows.push_back(peer * 3 * static_cast<int>(sizeof(int)));
      // even ranks' as one row, odd ranks' as three integers
      received.push_back(peer % 2 == 0 ? row : MPI::INT);
      threes.push_back(peer % 2 == 0 ? 1 : 3);
    }
    const Values ones(ranks, 1);
    const std::vector<MPI::Datatype> sent(ranks, column);
    comm.Alltoallw({matrix.span(), ones, columns, sent},
                   {transposed.span(), threes, rows, received});
    comm.Ialltoallw({matrix.span(), ones, columns, sent}, {again.span(), threes, rows, received})
        .Wait();
    Values expected;
    for (int peer = 0; peer < size; ++peer)
      for (int i = 0; i < 3; ++i) expected.push_back(element(peer, rank, i));
    REQUIRE(transposed.holds(expected));
    REQUIRE(again.holds(expected));
  });
}

TEST_CASE("Alltoallw with datatypes alone sends one element from the start of the buffer",
          "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    const MPI::Datatype pair = MPI::INT.Create_contiguous(2).Commit();
    const Values out{rank, 10 + rank}, counts(ranks, 2);
    Values displs, expected;
    for (int peer = 0; peer < size; ++peer) {
      displs.push_back(2 * peer * static_cast<int>(sizeof(int)));
      expected.push_back(peer);
      expected.push_back(10 + peer);
    }
    const Guarded<int> in(2 * ranks, hole);
    comm.Alltoallw({out, std::vector<MPI::Datatype>(ranks, pair)},
                   {in.span(), counts, displs, std::vector<MPI::Datatype>(ranks, MPI::INT)});
    REQUIRE(in.holds(expected));
  });
}

TEST_CASE("Alltoallw in place, and of nothing", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    // in place both directions have one length
    const auto count = [&](int peer) { return (rank + peer) % 4; };
    for (const bool is_blocking : {true, false}) {
      const Blocks all(size, count);
      for (int peer = 0; peer < size; ++peer)
        for (int i = 0; i < count(peer); ++i) all.at(peer, i) = element(rank, peer, i);
      const MPI::TypedBuffer view(all.memory.span(), all.counts, all.displs, all.types);
      if (is_blocking)
        comm.Alltoallw(MPI::IN_PLACE, view);
      else
        comm.Ialltoallw(MPI::None, view).Wait();  // means the same
      for (int peer = 0; peer < size; ++peer)
        for (int i = 0; i < 4; ++i)
          REQUIRE(all.at(peer, i) == (i < count(peer) ? element(peer, rank, i) : hole));
      REQUIRE(all.memory.guards_stay());
    }
    comm.Alltoallw(MPI::None, MPI::None);
    const Blocks empty(size, [](int) { return 0; });
    comm.Alltoallw(MPI::None, {empty.memory.span(), empty.counts, empty.displs, empty.types});
    REQUIRE(empty.memory.holds(Values(4 * static_cast<std::size_t>(size), hole)));
  });
}

TEST_CASE("Alltoallw from BOTTOM: the datatypes or displacements are addresses", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    // for each rank an integer and two real numbers, in memory of their own
    const Guarded<int> out(ranks), in(ranks);
    const Guarded<double> out_reals(2 * ranks), in_reals(2 * ranks);
    const auto type_at = [](int& first, double& second) {
      return MPI::Datatype::Create_struct({1, 2},
                                          {MPI::Get_address(first), MPI::Get_address(second)},
                                          {MPI::INT, MPI::DOUBLE})
          .Commit();
    };
    std::vector<MPI::Datatype> sent, received;
    std::vector<MPI_Aint> sent_at, received_at;
    Values numbers;
    std::vector<double> reals;
    for (int peer = 0; peer < size; ++peer) {
      const auto at = static_cast<std::size_t>(peer);
      out[at] = element(rank, peer, 0);
      out_reals[2 * at] = element(rank, peer, 1) + 0.5;
      out_reals[2 * at + 1] = element(rank, peer, 2) + 0.5;
      numbers.push_back(element(peer, rank, 0));
      reals.push_back(element(peer, rank, 1) + 0.5);
      reals.push_back(element(peer, rank, 2) + 0.5);
      sent.push_back(type_at(out[at], out_reals[2 * at]));
      received.push_back(type_at(in[at], in_reals[2 * at]));
      sent_at.push_back(MPI::Get_address(out[at]));
      received_at.push_back(MPI::Get_address(in[at]));
    }
    const Values ones(ranks, 1), zeros(ranks, 0);
    const auto check = [&](auto&& call, bool with_reals) {
      std::fill_n(in.span().begin(), in.size(), hole);
      std::fill_n(in_reals.span().begin(), in_reals.size(), hole);
      call();
      CHECK(in.holds(numbers));
      CHECK(in_reals.holds(with_reals ? reals : std::vector<double>(2 * ranks, hole)));
    };
    check(
        [&] {
          comm.Alltoallw({MPI::BOTTOM, ones, zeros, sent}, {MPI::BOTTOM, ones, zeros, received});
        },
        true);
    check(
        [&] {
          comm.Ialltoallw({MPI::BOTTOM, ones, zeros, sent}, {MPI::BOTTOM, ones, zeros, received})
              .Wait();
        },
        true);
    // the addresses are those of the sender or of the receiver alone
    const std::vector<MPI::Datatype> integers(ranks, MPI::INT);
    Values bytes;
    for (int peer = 0; peer < size; ++peer) bytes.push_back(peer * static_cast<int>(sizeof(int)));
    check(
        [&] {
          comm.Alltoallw({MPI::BOTTOM, ones, sent_at, integers},
                         {in.span(), ones, bytes, integers});
        },
        false);
    check(
        [&] {
          comm.Ialltoallw({out.span(), ones, bytes, integers},
                          {MPI::BOTTOM, ones, received_at, integers})
              .Wait();
        },
        false);
    if (MPI::Get_version().first < 4) return;
    MPI::Prequest again =
        comm.Alltoallw_init({MPI::BOTTOM, ones, zeros, sent}, {MPI::BOTTOM, ones, zeros, received});
    for (int round = 0; round < 2; ++round)
      check(
          [&] {
            again.Start();
            again.Wait();
          },
          true);
  });
}

// Mistakes that a rank finds itself, before anything is sent: all ranks make them.

TEST_CASE("Alltoallw checks its lists", "[comm][buffer]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    Values out(4 * ranks), in(4 * ranks, hole);
    const Values ones(ranks, 1), zeros(ranks, 0), more(ranks + 1, 0);
    const std::vector<MPI::Datatype> types(ranks, MPI::INT), more_types(ranks + 1, MPI::INT);
    const auto refused = [&](const Values& counts, const Values& displs,
                             const std::vector<MPI::Datatype>& given, const std::string& part) {
      REQUIRE(fails(
          [&] {
            comm.Alltoallw({out, counts, displs, given}, {in, ones, zeros, types});
          },
          part));
      REQUIRE(fails(
          [&] {
            comm.Alltoallw({out, ones, zeros, types}, {in, counts, displs, given});
          },
          part));
      REQUIRE(fails(
          [&] {
            (void)comm.Ialltoallw({out, counts, displs, given}, {in, ones, zeros, types});
          },
          part));
    };
    refused(more, zeros, types, std::to_string(size + 1) + " counts");
    refused(ones, more, types, std::to_string(size + 1) + " displacements");
    refused(ones, zeros, more_types, std::to_string(size + 1) + " datatypes");
    REQUIRE(fails([&] { comm.Alltoallw({out, more_types}, {in, types}); }, "datatypes"));
    for (std::size_t i = 0; i < ranks; ++i) {
      const std::string block = "the block of rank " + std::to_string(i);
      Values counts = ones, displs = zeros;
      counts[i] = -1;
      refused(counts, displs, types, "the count of rank " + std::to_string(i) + " is negative");
      counts[i] = static_cast<int>(4 * ranks) + 1;
      refused(counts, displs, types, block);
      counts[i] = 1;
      displs[i] = -4;
      refused(counts, displs, types, block);
      displs[i] = static_cast<int>(16 * ranks) - 3;  // in bytes
      refused(counts, displs, types, block);
      displs[i] = static_cast<int>(16 * ranks) - 4;  // the last one
      std::vector<MPI::Datatype> wide = types;
      wide[i] = MPI::DOUBLE;
      refused(counts, displs, wide, block);
    }
    REQUIRE(in == Values(4 * ranks, hole));
    comm.Barrier();
  });
}
