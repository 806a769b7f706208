// SPDX-License-Identifier: MIT
// ranks: 4
// Long runs of collectives on more ranks than this machine may have cores: each completes, and none
// gets what belongs to another.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace MPI = mpi4cxx::MPI;

TEST_CASE("a thousand object collectives complete", "[comm][object]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const auto ranks = static_cast<std::size_t>(size);
  const int sum_of_ranks = size * (size - 1) / 2;
  for (int i = 0; i < 100; ++i) {
    const int root = i % size;
    const auto of = [i](int peer) { return std::to_string(i) + "/" + std::to_string(peer); };
    REQUIRE(comm.bcast(i * rank, root) == i * root);
    REQUIRE(comm.bcast(of(rank), root) == of(root));
    const std::optional<std::vector<std::string>> gathered = comm.gather(of(rank), root);
    REQUIRE(gathered.has_value() == (rank == root));
    if (gathered)
      for (int peer = 0; peer < size; ++peer)
        REQUIRE((*gathered)[static_cast<std::size_t>(peer)] == of(peer));
    REQUIRE(comm.scatter(std::vector<std::string>(ranks, of(rank)), root) == of(root));
    REQUIRE(comm.allgather(i + rank).back() == i + size - 1);
    REQUIRE(comm.alltoall(std::vector<std::string>(ranks, of(rank))).front() == of(0));
    REQUIRE(comm.allreduce(i + rank) == size * i + sum_of_ranks);
    REQUIRE(comm.reduce(std::vector<int>{i, rank}, MPI::SUM, root)
                .value_or(std::vector<int>{size * i, sum_of_ranks}) ==
            std::vector<int>{size * i, sum_of_ranks});
    REQUIRE(
        comm.scan(of(rank), [](const std::string& a, const std::string& b) { return a + " " + b; })
            .ends_with(of(rank)));
    comm.barrier();
  }
}

TEST_CASE("a thousand buffer collectives complete", "[comm][buffer]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const auto ranks = static_cast<std::size_t>(size);
  const int sum_of_ranks = size * (size - 1) / 2;
  std::vector<int> one(1), mine(ranks), all(ranks), expected(ranks);
  for (int i = 0; i < 100; ++i) {
    const int root = i % size;
    one[0] = i + rank;
    comm.Bcast(one, root);
    REQUIRE(one[0] == i + root);
    one[0] = i + rank;
    for (int peer = 0; peer < size; ++peer) expected[static_cast<std::size_t>(peer)] = i + peer;
    comm.Gather(one, rank == root ? MPI::Buffer(all) : MPI::None, root);
    if (rank == root) REQUIRE(all == expected);
    comm.Scatter(rank == root ? MPI::ConstBuffer(all) : MPI::None, one, root);
    REQUIRE(one[0] == i + rank);
    comm.Allgather(one, all);
    REQUIRE(all == expected);
    mine.assign(ranks, i * rank);
    comm.Alltoall(mine, all);
    REQUIRE((all.front() == 0 && all.back() == i * (size - 1)));
    int sum = -1;
    comm.Allreduce(one, sum);
    REQUIRE(sum == size * i + sum_of_ranks);
    comm.Reduce(rank, sum, {.op = MPI::MAX, .root = root});
    REQUIRE(sum == (rank == root ? size - 1 : size * i + sum_of_ranks));
    comm.Scan(rank, sum, MPI::SUM);
    REQUIRE(sum == rank * (rank + 1) / 2);
    comm.Reduce_scatter_block(mine, sum);
    REQUIRE(sum == i * sum_of_ranks);
    comm.Iallreduce(one, sum).Wait();
    REQUIRE(sum == size * i + sum_of_ranks);
    comm.Barrier();
  }
}
