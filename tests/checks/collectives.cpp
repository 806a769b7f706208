// SPDX-License-Identifier: MIT
// ranks: 2 3 4
// environment: MPI4CXX_CHECK=1
// Checked mode: ranks that call a collective differently are told on every rank, and can go on.
#include "io/folder.hpp"
#include "support/catch.hpp"

#include <mpi4cxx/mpi4cxx.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace mpi4cxx;

namespace {

/// What every rank is told; each of these must be in it.
void require_told(const MPI::Intracomm& comm, const std::function<void()>& call,
                  const std::vector<std::string>& parts) {
  std::string told;
  try {
    call();
  } catch (const MPI::Exception& error) {
    told = error.what();
  }
  for (const std::string& part : parts) {
    INFO(told);
    REQUIRE(told.find(part) != std::string::npos);
  }
  REQUIRE(told.find("checks/collectives.cpp:") != std::string::npos);
  // all are told the same, and the next call works
  const auto all = comm.allgather(told);
  for (const std::string& each : all) REQUIRE(each == told);
}

}  // namespace

TEST_CASE("different collectives are told with who called what where") {
  const auto comm = MPI::COMM_WORLD;
  std::vector<double> v(10);
  require_told(comm, [&] { comm.Get_rank() == 1 ? comm.Barrier() : comm.Bcast(v, 0); },
               {"the ranks of COMM_WORLD call different collectives", "rank 1: Barrier() at ",
                "rank 0: Bcast(MPI_DOUBLE, gives 80 bytes, root 0) at "});
}

TEST_CASE("different roots, operators, types and numbers of elements are told") {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
  std::vector<double> doubles(10);
  std::vector<float> floats(10);
  require_told(comm, [&] { comm.Bcast(doubles, rank == last ? last : 0); },
               {"call Bcast with different roots"});
  require_told(comm,
               [&] { comm.Allreduce(MPI::IN_PLACE, doubles, rank == last ? MPI::MAX : MPI::SUM); },
               {"call Allreduce with different operators", ", MAX)", ", SUM)"});
  require_told(comm,
               [&] {
                 rank == last ? comm.Allreduce(MPI::IN_PLACE, floats)
                              : comm.Allreduce(MPI::IN_PLACE, doubles);
               },
               {"call Allreduce with elements of different types", "MPI_FLOAT", "MPI_DOUBLE"});
  doubles.resize(rank == last ? 7 : 10);
  require_told(comm, [&] { comm.Allreduce(MPI::IN_PLACE, doubles); },
               {"call Allreduce with different numbers of elements", "7 elements", "10 elements"});
}

TEST_CASE("blocks of sizes that do not fit are told") {
  const auto comm = MPI::COMM_WORLD;
  const auto size = static_cast<std::size_t>(comm.Get_size());
  const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
  std::vector<int> mine(rank == last ? 3 : 4);
  std::vector<int> all(4 * size);
  const std::string from = "rank " + std::to_string(last), to = "rank " + std::to_string(last);
  require_told(comm, [&] { comm.Bcast(mine, 0); },
               {"rank 0 of COMM_WORLD gives 16 bytes to " + to + ", which expects 12"});
  require_told(comm,
               [&] { rank == 0 ? comm.Gather(mine, all, 0) : comm.Gather(mine, MPI::None, 0); },
               {from + " of COMM_WORLD gives 12 bytes to rank 0, which expects 16"});
  require_told(comm,
               [&] { rank == 0 ? comm.Scatter(all, mine, 0) : comm.Scatter(MPI::None, mine, 0); },
               {"rank 0 of COMM_WORLD gives 16 bytes to " + to + ", which expects 12"});
  // the counts of v calls, rank by rank
  const std::vector<int> counts(size, 4);
  require_told(comm,
               [&] {
                 comm.Allgatherv(mine, {all, counts});
               },
               {from + " of COMM_WORLD gives 12 bytes to rank 0, which expects 16"});
  std::vector<int> out_counts(size, 4), received(4 * size);
  if (rank == last) out_counts[0] = 2;
  require_told(comm,
               [&] {
                 comm.Alltoallv({all, out_counts}, {received, counts});
               },
               {from + " of COMM_WORLD gives 8 bytes to rank 0, which expects 16"});
}

TEST_CASE("elements of another type are told in calls with blocks, too") {
  const auto comm = MPI::COMM_WORLD;
  const auto size = static_cast<std::size_t>(comm.Get_size());
  const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
  const bool is_last = rank == last;
  const std::vector<int> ones(size, 1);
  std::vector<float> floats(size, 1.5F), one_float(1);
  std::vector<int> ints(size), one_int(1);
  const std::string other = " of COMM_WORLD gives elements of another type than rank ";
  const std::string from_last = "rank " + std::to_string(last) + other + "0 takes";
  // on each rank what goes out and what comes in differ
  require_told(comm, [&] { comm.Allgather(one_float, ints); }, {"rank 0" + other});
  require_told(comm, [&] { comm.Alltoall(floats, ints); }, {"rank 0" + other});
  require_told(comm, [&] { comm.Gather(one_float, ints, last); }, {"rank 0" + other});
  // one rank is another than the others
  require_told(
      comm,
      [&] {
        is_last ? comm.Gatherv(one_float, MPI::None, 0) : comm.Gatherv(one_int, {ints, ones}, 0);
      },
      {from_last});
  require_told(
      comm,
      [&] {
        is_last ? comm.Scatterv(MPI::None, one_float, 0) : comm.Scatterv({ints, ones}, one_int, 0);
      },
      {"rank 0" + other + std::to_string(last) + " takes"});
  require_told(comm,
               [&] {
                 is_last ? comm.Allgatherv(one_float, {floats, ones})
                         : comm.Allgatherv(one_int, {ints, ones});
               },
               {"gives elements of another type"});
  std::vector<float> more_floats(size);
  std::vector<int> more_ints(size);
  require_told(comm,
               [&] {
                 is_last ? comm.Alltoallv({floats, ones}, {more_floats, ones})
                         : comm.Alltoallv({ints, ones}, {more_ints, ones});
               },
               {"gives elements of another type"});
  require_told(comm,
               [&] {
                 is_last ? comm.Reduce_scatter(floats, one_float, ones)
                         : comm.Reduce_scatter(ints, one_int, ones);
               },
               {"call Reduce_scatter with elements of different types"});
  // nothing passes between those whose types differ
  std::vector<int> to_myself(size);
  to_myself[static_cast<std::size_t>(rank)] = 1;
  is_last ? comm.Alltoallv({floats, to_myself}, {more_floats, to_myself})
          : comm.Alltoallv({ints, to_myself}, {more_ints, to_myself});
}

TEST_CASE("the elements of derived types are compared where they are of one type") {
  const auto comm = MPI::COMM_WORLD;
  const bool is_root = comm.Get_rank() == 0;
  std::vector<double> doubles(6);
  std::vector<long> longs(3);
  const auto column = MPI::DOUBLE.Create_vector(3, 1, 2).Commit();
  require_told(comm,
               [&] {
                 is_root ? comm.Bcast({doubles.data(), 1, column}, 0) : comm.Bcast(longs, 0);
               },
               {"rank 0 of COMM_WORLD gives elements of another type than rank 1 takes"});
  std::vector<double> dense(3);
  is_root ? comm.Bcast({doubles.data(), 1, column}, 0) : comm.Bcast(dense, 0);
}

TEST_CASE("other divisions of a reduction, and typed blocks that do not fit, are told") {
  const auto comm = MPI::COMM_WORLD;
  const auto size = static_cast<std::size_t>(comm.Get_size());
  const bool is_last = comm.Get_rank() + 1 == comm.Get_size();
  std::vector<int> counts(size, 2);
  std::vector<int> given(2 * size), taken(2);
  if (is_last) {
    // as many in all
    ++counts.front();
    --counts.back();
    taken.resize(1);
  }
  require_told(comm, [&] { comm.Reduce_scatter(given, taken, counts); },
               {"call Reduce_scatter with different recvcounts"});
  const std::vector<int> places(size, 0);
  const std::vector<MPI::Datatype> types(size, MPI::INT);
  std::vector<int> sent(size, is_last ? 2 : 1);
  require_told(comm,
               [&] {
                 comm.Alltoallw({given, sent, places, types}, {taken, places, places, types});
               },
               {"gives 4 bytes to rank 0, which expects 0"});
  const std::vector<int> ones(size, 1);
  const std::vector<MPI::Datatype> floats(size, MPI::FLOAT);
  require_told(comm,
               [&] {
                 comm.Alltoallw({given, ones, places, is_last ? floats : types},
                                {taken, ones, places, types});
               },
               {"rank " + std::to_string(size - 1) +
                " of COMM_WORLD gives elements of another type than rank 0 takes"});
}

TEST_CASE("what neighbours exchange is compared, between neighbours alone") {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size(), last = size - 1;
  const bool is_last = rank == last;
  const auto ring = comm.Create_cart(std::vector<int>{size}, std::vector<bool>{true});
  std::vector<int> ints(4), in_ints(4), one_each{1, 1}, many(is_last ? 8 : 4);
  std::vector<float> floats(4), in_floats(4);
  const std::string from_last = "rank " + std::to_string(last) + " of ";
  // in a ring of 2 or fewer a rank is on both sides
  const std::string in_all = size == 2 ? " gives 16 bytes to rank 0, which expects 8"
                                       : " gives 8 bytes to rank 0, which expects 4";
  require_told(ring, [&] { ring.Neighbor_alltoall(many, in_ints); }, {from_last});
  require_told(
      ring,
      [&] {
        ring.Neighbor_alltoallv({ints, {is_last ? 2 : 1, is_last ? 2 : 1}}, {in_ints, one_each});
      },
      {from_last, in_all});
  require_told(ring,
               [&] {
                 ring.Neighbor_alltoallw(
                     {ints, {is_last ? 2 : 1, is_last ? 2 : 1}, {0, 8}, {MPI::INT, MPI::INT}},
                     {in_ints, one_each, {0, 8}, {MPI::INT, MPI::INT}});
               },
               {from_last, in_all});
  const std::string other = "gives elements of another type than rank ";
  require_told(ring,
               [&] {
                 is_last ? ring.Neighbor_allgather({floats, 1}, {in_floats, 1})
                         : ring.Neighbor_allgather({ints, 1}, {in_ints, 1});
               },
               {other});
  require_told(ring,
               [&] {
                 is_last ? ring.Neighbor_allgatherv({floats, 1}, {in_floats, one_each})
                         : ring.Neighbor_allgatherv({ints, 1}, {in_ints, one_each});
               },
               {other});
  require_told(
      ring,
      [&] { is_last ? void(ring.neighbor_allgather(1.5F)) : void(ring.neighbor_allgather(1)); },
      {other});
  // what fits, and what never meets
  ring.Ineighbor_alltoall(ints, in_ints).Wait();
  const std::vector<int> myself{rank};
  const auto alone = comm.Create_dist_graph_adjacent(myself, myself);
  is_last ? alone.Neighbor_allgather({floats, 2}, {in_floats, 2})
          : alone.Neighbor_allgather({ints, 1}, {in_ints, 1});
  is_last ? void(alone.neighbor_allgather(1.5F)) : void(alone.neighbor_allgather(1));
}

TEST_CASE("a sequence of a wrong length is told to those who would wait") {
  const auto comm = MPI::COMM_WORLD;
  const auto size = static_cast<std::size_t>(comm.Get_size());
  const bool is_last = comm.Get_rank() + 1 == comm.Get_size();
  require_told(comm, [&] { comm.alltoall(std::vector<int>(is_last ? size + 1 : size)); },
               {"call alltoall with different numbers of elements"});
  require_told(comm, [&] { comm.scatter(std::vector<int>(size + 2), 0); },
               {"call scatter with different numbers of elements"});
}

TEST_CASE("object calls are compared, too, and so are those that make communicators") {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
  std::map<std::string, int> map;
  int number = 3;
  require_told(comm, [&] { rank == last ? (void)comm.bcast(map) : (void)comm.bcast(number); },
               {"call bcast with objects of different types", "std::map<", "bcast(int, root 0)"});
  require_told(comm, [&] { rank == last ? (void)comm.gather(number) : (void)comm.reduce(number); },
               {"call different collectives"});
  require_told(comm, [&] { rank == last ? (void)comm.Dup() : (void)comm.Split(0); },
               {"call different collectives", "Dup() at", "Split() at"});
  const auto pair = comm.Split(rank / 2);
  if (pair.Get_size() == 2)
    require_told(pair, [&] { pair.Get_rank() == 0 ? pair.Barrier() : (void)pair.allgather(1); },
                 {"a communicator of 2 ranks"});
}

TEST_CASE("calls of two groups are compared with those of both") {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
  // one rank alone, and the others
  const bool is_alone = rank == last;
  const auto mine = comm.Split(is_alone);
  const auto inter = mine.Create_intercomm(0, comm, is_alone ? 0 : last);
  // the others of `last`'s rank are told of it, and of each other
  const auto require_told_by_all = [&](const auto& call, const std::vector<std::string>& parts) {
    std::string told;
    try {
      call();
    } catch (const MPI::Exception& error) {
      told = error.what();
    }
    for (const std::string& part : parts) {
      INFO(told);
      REQUIRE(told.find(part) != std::string::npos);
    }
    comm.Barrier();
  };
  std::vector<int> numbers(2, rank), sums(2);
  require_told_by_all([&] { rank == 0 ? (void)inter.Allreduce(numbers, sums) : inter.Barrier(); },
                      {"call different collectives", "Allreduce(", "Barrier() at "});
  require_told_by_all(
      [&] { inter.Allreduce(numbers, sums, rank == 0 ? MPI::MAX : MPI::SUM); },
      {"call Allreduce with different operators", ", MAX) at", ", SUM) at", "of the other group"});
  require_told_by_all([&] { inter.allreduce(rank, rank == 0 ? MPI::MAX : MPI::SUM); },
                      {"call allreduce with different operators", "(MAX) at", "(SUM) at"});
  const int root_here = is_alone ? MPI::ROOT : 0;
  require_told_by_all([&] { inter.Bcast(numbers, rank == 0 ? MPI::PROC_NULL : root_here); },
                      {"call Bcast with roots that do not fit"});
  require_told_by_all(
      [&] { is_alone ? (void)inter.bcast(1, MPI::ROOT) : (void)inter.bcast(std::string(), 0); },
      {"call bcast with objects of different types"});

  // and what is right goes through
  inter.Bcast(numbers, root_here);
  REQUIRE(numbers == std::vector<int>(2, last));
  const int other_root = !is_alone ? (rank == 0 ? MPI::ROOT : MPI::PROC_NULL) : 0;
  REQUIRE(inter.bcast(rank == 0 ? 5 : 0, other_root) == (rank == 0 || is_alone ? 5 : 0));
  REQUIRE(inter.allgather(rank).size() == static_cast<std::size_t>(is_alone ? last : 1));
  auto request = inter.Ibarrier();
  inter.Allreduce(numbers, sums);
  request.Wait();
  const auto twin = inter.Dup();
  twin.Barrier();
  inter.Merge(is_alone).Barrier();
}

TEST_CASE("collective calls on windows and files are compared with those on their communicator") {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
  std::vector<int> memory(4);
  require_told(
      comm, [&] { rank == last ? comm.Barrier() : (void)MPI::Win::Create(memory, {.comm = comm}); },
      {"call different collectives", "Win.Create() at", "Barrier() at"});
  auto win = MPI::Win::Create(memory, {.comm = comm});
  require_told(comm, [&] { rank == last ? comm.Barrier() : win.Fence(); },
               {"call different collectives", "Win.Fence() at"});
  win.Fence();
  win.Free();

  const Folder folder;
  const auto path = folder / "compared";
  require_told(comm,
               [&] {
                 rank == last
                     ? comm.Barrier()
                     : (void)MPI::File::Open(comm, path, MPI::MODE_CREATE | MPI::MODE_RDWR);
               },
               {"call different collectives", "File.Open() at"});
  auto file =
      MPI::File::Open(comm, path, MPI::MODE_CREATE | MPI::MODE_RDWR | MPI::MODE_DELETE_ON_CLOSE);
  const auto at = static_cast<std::size_t>(rank) * sizeof(int) * memory.size();
  require_told(comm,
               [&] { rank == last ? file.Read_at_all(at, memory) : file.Write_at_all(at, memory); },
               {"call different collectives", "File.Read_at_all() at", "File.Write_at_all() at"});
  require_told(comm, [&] { rank == last ? file.Sync() : file.Set_size(100); },
               {"call different collectives", "File.Sync() at", "File.Set_size() at"});
  memory.assign(4, rank);
  file.Write_at_all(at, memory);
  file.Sync();
  memory.assign(4, -1);
  file.Read_at_all(at, memory);
  REQUIRE(memory == std::vector<int>(4, rank));
  file.Close();
}

TEST_CASE("calls that are right go through, in all forms and interleaved") {
  const auto comm = MPI::COMM_WORLD;
  const auto size = static_cast<std::size_t>(comm.Get_size());
  const int rank = comm.Get_rank();
  const auto twin = comm.Dup();
  std::vector<int> mine(3, rank), all(3 * size), more(3 * size);
  for (int root = 0; root < comm.Get_size(); ++root) {
    auto first = comm.Iallgather(mine, all);
    auto second = twin.ibcast(rank, root);
    auto third = comm.Ibarrier();
    comm.Gather(mine, rank == root ? MPI::Buffer(more) : MPI::Buffer(MPI::None), root);
    if (rank % 2 == 0) {
      third.Wait();
      REQUIRE(second.wait() == root);
      first.Wait();
    } else {
      first.Wait();
      REQUIRE(second.wait() == root);
      third.Wait();
    }
    for (std::size_t i = 0; i < size; ++i) REQUIRE(all[3 * i] == static_cast<int>(i));
    if (rank == root) REQUIRE(more == all);
  }
  // types of other names for the same elements, and in place
  std::vector<long> longs(2, rank);
  const int last = comm.Get_size() - 1;
  comm.Bcast({longs.data(), 2, rank == last ? MPI::INT64_T : MPI::LONG}, last);
  REQUIRE(longs == std::vector<long>(2, last));
  std::vector<int> sums(3, 1);
  comm.Allreduce(MPI::IN_PLACE, sums);
  REQUIRE(sums[0] == comm.Get_size());
  std::vector<int> in_place(3 * size, rank);
  comm.Allgather(MPI::IN_PLACE, in_place);
  REQUIRE(in_place == all);
  REQUIRE(comm.allreduce(std::string("x")).size() == size);
  REQUIRE(comm.bcast<MPI::Object>(rank == 0 ? MPI::Object(7) : MPI::Object(), 0).as<int>() == 7);
}

TEST_CASE("what a rank does not give is not compared, and barrier is Barrier") {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  std::vector<double> all(rank == 0 ? 2 * static_cast<std::size_t>(comm.Get_size()) : 0, 1.5),
      mine(2);
  std::vector<char> none;
  comm.Scatter(rank == 0 ? MPI::ConstBuffer(all) : MPI::ConstBuffer(none), mine, 0);
  REQUIRE(mine == std::vector<double>(2, 1.5));
  comm.Gather(mine, rank == 0 ? MPI::Buffer(all) : MPI::Buffer(none), 0);
  rank == 0 ? comm.Barrier() : comm.barrier();
  std::vector<int> some(2, rank);
  comm.Bcast({some.data(), 2, rank == 0 ? MPI::INT : MPI::INT32_T}, 0);
  REQUIRE(some == std::vector<int>(2, 0));
}
