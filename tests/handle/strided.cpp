// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Buffers that do not lie side by side: strided views, columns; aggregates as struct types.
#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/guarded.hpp"

#include <mpi4cxx/MPI.hpp>

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

struct Vector3 {
  float x = 0, y = 0, z = 0;
  bool operator==(const Vector3&) const = default;
};
enum class Colour : std::uint16_t { red, green };
struct Nothing {};
struct Particle {
  char kind = 0;
  double mass = 0;
  Vector3 position[2] = {};
  std::array<std::array<std::int16_t, 2>, 3> table = {};
  bool alive = false;
  Colour colour = Colour::red;
  std::complex<double> phase;
  Nothing nothing;
};
struct Bits {
  int low : 3;
  int rest = 0;
};

std::vector<int> counting(int from, std::size_t n) {
  std::vector<int> numbers(n);
  std::iota(numbers.begin(), numbers.end(), from);
  return numbers;
}

template <class F>
int error_class_of(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    return error.Get_error_class();
  }
  return MPI::SUCCESS;
}

}  // namespace

TEST_CASE("a column of a matrix goes in any call", "[strided]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const int next = (rank + 1) % size, before = (rank + size - 1) % size;
    constexpr std::size_t rows = 3, columns = 4;
    Guarded<int> grid(rows * columns, -1);
    for (std::size_t i = 0; i < rows * columns; ++i) grid[i] = 100 * rank + static_cast<int>(i);
    // the ghost column of the neighbour
    comm.Sendrecv(MPI::column(grid.span(), columns, 2), MPI::column(grid.span(), columns, 0),
                  {.dest = next, .source = before});
    const int b = 100 * before, r = 100 * rank;
    REQUIRE(grid.holds(
        {b + 2, r + 1, r + 2, r + 3, b + 6, r + 5, r + 6, r + 7, b + 10, r + 9, r + 10, r + 11}));
    // into memory that lies side by side, and from it; counted in elements
    std::vector<int> line(rows);
    MPI::Status status;
    auto request = comm.Irecv(line, before);
    comm.Send(MPI::column(grid.span(), columns, 3), next);
    request.Wait(status);
    REQUIRE(line == std::vector<int>{b + 3, b + 7, b + 11});
    REQUIRE(status.Get_count(MPI::INT) == 3);
    for (int root = 0; root < size; ++root) {
      if (rank == root) line = {root, root + 1, root + 2};
      if (rank == root)
        comm.Bcast(line, root);
      else
        comm.Bcast(MPI::column(grid.span(), columns, 1), root);
      if (rank != root) REQUIRE((grid[1] == root && grid[5] == root + 1 && grid[9] == root + 2));
    }
    REQUIRE(grid.guards_stay());
    REQUIRE(grid[2] == r + 2);
  });
}

TEST_CASE("a nonblocking call may have a view that is gone", "[strided]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    double sent[4][3] = {}, received[4][3] = {};
    for (int i = 0; i < 4; ++i) sent[i][1] = rank + 0.25 * i;
    auto in = comm.Irecv(MPI::column(received, 2), (rank + size - 1) % size);
    auto out = comm.Isend(MPI::column(sent, 1), (rank + 1) % size);
    out.Wait();
    in.Wait();
    for (int i = 0; i < 4; ++i) {
      REQUIRE(received[i][2] == (rank + size - 1) % size + 0.25 * i);
      REQUIRE((received[i][0] == 0 && received[i][1] == 0));
    }
  });
}

TEST_CASE("strided views are divided among the ranks as other buffers are", "[strided]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    // every third of the root's elements, two to each rank
    std::vector<int> all = counting(0, 6 * ranks - 2);
    std::vector<int> mine(2);
    for (int root = 0; root < size; ++root) {
      comm.Scatter(MPI::strided(all, {.stride = 3}), mine, root);
      REQUIRE(mine == std::vector<int>{6 * rank, 6 * rank + 3});
    }
    // and back to every second
    Guarded<int> gathered(4 * ranks - 1, -1);
    comm.Allgather(mine, MPI::strided(gathered.span(), {.stride = 2}));
    for (std::size_t i = 0; i < gathered.size(); ++i)
      REQUIRE(gathered[i] == (i % 2 ? -1 : static_cast<int>(i / 2 * 3)));
    REQUIRE(gathered.guards_stay());
    // v calls: displacements count the elements of the view
    std::vector<int> counts(ranks), displs(ranks);
    for (std::size_t i = 0; i < ranks; ++i) {
      counts[i] = static_cast<int>(i % 2) + 1;
      displs[i] = static_cast<int>(2 * (ranks - 1 - i));
    }
    Guarded<int> spread(4 * ranks - 1, -1);
    comm.Allgatherv({mine, rank % 2 + 1},
                    {MPI::strided(spread.span(), {.stride = 2}), counts, displs});
    for (std::size_t i = 0; i < ranks; ++i) {
      REQUIRE(spread[4 * (ranks - 1 - i)] == static_cast<int>(6 * i));
      if (counts[i] == 2) REQUIRE(spread[4 * (ranks - 1 - i) + 2] == static_cast<int>(6 * i + 3));
    }
    REQUIRE(spread.guards_stay());
  });
}

TEST_CASE("blocks, counts and pointers", "[strided]") {
  const MPI::Intracomm& comm = MPI::COMM_SELF;
  std::vector<int> from = counting(0, 10);
  const auto taken = [&](MPI::ConstBuffer view) {
    std::vector<int> line(10, -1);
    MPI::Status status;
    comm.Sendrecv(view, line, {.dest = 0, .status = status});
    line.resize(static_cast<std::size_t>(status.Get_count(MPI::INT)));
    return line;
  };
  REQUIRE(taken(MPI::strided(from, {.stride = 4})) == std::vector<int>{0, 4, 8});
  REQUIRE(taken(MPI::strided(from, {.count = 2, .stride = 4})) == std::vector<int>{0, 4});
  REQUIRE(taken(MPI::strided(from, {.blocklength = 2, .stride = 4})) ==
          std::vector<int>{0, 1, 4, 5, 8, 9});
  REQUIRE(taken(MPI::strided(from, {.blocklength = 3, .stride = 4})) ==
          std::vector<int>{0, 1, 2, 4, 5, 6});
  REQUIRE(taken(MPI::strided(from, {})) == from);
  REQUIRE(taken(MPI::strided(from, {.stride = 100})) == std::vector<int>{0});
  REQUIRE(taken(MPI::strided(&from[1], {.count = 3, .stride = 3})) == std::vector<int>{1, 4, 7});
  REQUIRE(
      taken(MPI::strided(static_cast<const int*>(&from[9]), {.count = 0, .stride = 3})).empty());
  const std::vector<int> constant = from, none;
  REQUIRE(taken(MPI::strided(constant, {.stride = 5})) == std::vector<int>{0, 5});
  REQUIRE(taken(MPI::strided(none, {.stride = 5})).empty());
  REQUIRE(taken(MPI::column(none, 3, 1)).empty());
  REQUIRE(taken({MPI::strided(from, {.stride = 4}), 2}) == std::vector<int>{0, 4});

  REQUIRE(error_class_of([&] { MPI::strided(from, {.count = 4, .stride = 4}); }) == MPI::ERR_COUNT);
  REQUIRE(error_class_of([&] { MPI::strided(from, {.stride = 0}); }) == MPI::ERR_ARG);
  REQUIRE(error_class_of([&] { MPI::strided(from, {.stride = -1}); }) == MPI::ERR_ARG);
  REQUIRE(error_class_of([&] { MPI::strided(from, {.blocklength = 3, .stride = 2}); }) ==
          MPI::ERR_ARG);
  REQUIRE(error_class_of([&] { MPI::strided(from.data(), {.stride = 2}); }) == MPI::ERR_COUNT);
  REQUIRE(error_class_of([&] { MPI::column(from, 3, 0); }) == MPI::ERR_ARG);
  REQUIRE(error_class_of([&] { MPI::column(from, 5, 5); }) == MPI::ERR_ARG);
  REQUIRE(error_class_of([&] { MPI::column(from, 5, -1); }) == MPI::ERR_ARG);
}

TEST_CASE("a view of one stride has one datatype", "[strided]") {
  std::vector<float> one(100), other(50);
  const MPI::Buffer first = MPI::strided(one, {.stride = 5}),
                    second = MPI::strided(other, {.count = 2, .stride = 5});
  REQUIRE(first.view().type == second.view().type);
  REQUIRE(first.view().count == 20);
  REQUIRE(MPI::Buffer(MPI::strided(one, {.stride = 4})).view().type != first.view().type);
}

TEST_CASE("a reduction of a strided view says what to do", "[strided]") {
  std::vector<int> from = counting(0, 10), to(10);
  REQUIRE(error_class_of([&] {
            MPI::COMM_SELF.Allreduce(MPI::strided(from, {.stride = 2}),
                                     MPI::strided(to, {.stride = 2}), MPI::SUM);
          }) == MPI::ERR_OP);
}

TEST_CASE("an aggregate as a struct type has its members", "[struct]") {
  const MPI::Datatype particle = MPI::Datatype::of<Particle>(MPI::as_struct);
  REQUIRE(particle == MPI::Datatype::of<Particle>(MPI::as_struct));
  REQUIRE(particle != MPI::Datatype::of<Particle>());
  REQUIRE(particle.Get_extent() == std::pair<MPI_Aint, MPI_Aint>(0, sizeof(Particle)));
  // without the padding
  REQUIRE(particle.Get_size() == 1 + 8 + 24 + 12 + 1 + 2 + 16);
  const auto whole = particle.decode();
  REQUIRE(whole.combiner == "RESIZED");
  const auto members = whole.basetype.decode();
  REQUIRE(members.combiner == "STRUCT");
  REQUIRE(members.params.blocklengths == std::vector<MPI_Count>{1, 1, 2, 6, 1, 1, 1});
  REQUIRE(members.params.displacements ==
          std::vector<MPI_Count>{offsetof(Particle, kind), offsetof(Particle, mass),
                                 offsetof(Particle, position), offsetof(Particle, table),
                                 offsetof(Particle, alive), offsetof(Particle, colour),
                                 offsetof(Particle, phase)});
  REQUIRE(members.params.datatypes[0] == MPI::CHAR);
  REQUIRE(members.params.datatypes[1] == MPI::DOUBLE);
  REQUIRE(members.params.datatypes[3] == MPI::Datatype::of<std::int16_t>());
  REQUIRE(members.params.datatypes[4] == MPI::CXX_BOOL);
  REQUIRE(members.params.datatypes[5] == MPI::Datatype::of<std::uint16_t>());
  REQUIRE(members.params.datatypes[6] == MPI::CXX_DOUBLE_COMPLEX);
  REQUIRE(members.params.datatypes[2].Get_size() == 12);
  // scalars and arrays of them are what they are
  REQUIRE(MPI::Datatype::of<int>(MPI::as_struct) == MPI::INT);
  REQUIRE(MPI::Datatype::of<std::array<Vector3, 2>>(MPI::as_struct) ==
          MPI::Datatype::of<Vector3>(MPI::as_struct));
  REQUIRE(error_class_of([] { MPI::Datatype::of<Bits>(MPI::as_struct); }) == MPI::ERR_TYPE);
}

TEST_CASE("aggregates travel as struct types", "[struct]") {
  const MPI::Datatype particle = MPI::Datatype::of<Particle>(MPI::as_struct);
  for_each_communicator([&](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    Particle mine;
    mine.kind = 'p';
    mine.mass = rank + 0.5;
    mine.position[1] = {1, 2, static_cast<float>(rank)};
    mine.table[2][1] = static_cast<std::int16_t>(-rank);
    mine.alive = rank % 2 == 0;
    mine.colour = Colour::green;
    mine.phase = {0, rank - 1.0};
    std::vector<Particle> all(static_cast<std::size_t>(size));
    comm.Allgather({mine, particle}, {all, particle});
    for (int peer = 0; peer < size; ++peer) {
      const Particle& each = all[static_cast<std::size_t>(peer)];
      REQUIRE((each.kind == 'p' && each.mass == peer + 0.5));
      REQUIRE((each.position[1] == Vector3{1, 2, static_cast<float>(peer)}));
      REQUIRE((each.table[2][1] == -peer && each.alive == (peer % 2 == 0)));
      REQUIRE((each.colour == Colour::green && each.phase == std::complex<double>(0, peer - 1.0)));
    }
  });
}

TEST_CASE("columns as one resized element are divided among the ranks", "[datatype]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    // a matrix of 3 rows with two columns for each rank, unequal blocks, the root's by columns
    const auto columns = static_cast<std::size_t>(2 * size);
    const MPI::Datatype column =
        MPI::INT.Create_vector(3, 1, columns).Create_resized(0, sizeof(int)).Commit();
    std::vector<int> counts(static_cast<std::size_t>(size), 2), displs(counts.size());
    counts[0] = 1;
    for (std::size_t i = 1; i < counts.size(); ++i) displs[i] = displs[i - 1] + counts[i - 1];
    const int n = counts[static_cast<std::size_t>(rank)];
    std::vector<int> mine(static_cast<std::size_t>(3 * n));
    for (std::size_t i = 0; i < mine.size(); ++i) mine[i] = 10 * rank + static_cast<int>(i);
    for (int root = 0; root < size; ++root) {
      Guarded<int> matrix(3 * columns, -1);
      comm.Gatherv(mine, {matrix.span(), counts, displs, column}, root);
      if (rank != root) continue;
      for (int peer = 0; peer < size; ++peer)
        for (int j = 0; j < counts[static_cast<std::size_t>(peer)]; ++j)
          for (int i = 0; i < 3; ++i) {
            const auto place = static_cast<std::size_t>(i) * columns +
                               static_cast<std::size_t>(displs[static_cast<std::size_t>(peer)] + j);
            REQUIRE(matrix[place] == 10 * peer + 3 * j + i);
          }
      REQUIRE(matrix[columns - 1] == -1);
      REQUIRE(matrix.guards_stay());
    }
  });
}
