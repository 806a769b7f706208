// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// inline limits: 64 4096
// Lowercase collectives among neighbours.
#include "support/catch.hpp"
#include "support/messages.hpp"
#include "support/topologies.hpp"

#include <mpi4cxx/MPI.hpp>

#include <array>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

/// What `rank` has for its destination at `place`.
int number(int rank, int place) {
  return 100 * rank + place;
}
std::string text(int rank, int place) {
  return std::string(static_cast<std::size_t>((rank + 1) * place * 600), 'x') +
         std::to_string(number(rank, place));
}

template <class T, class Make>
std::vector<std::optional<T>> expected(const Neighbors& at, Make make) {
  std::vector<std::optional<T>> values;
  for (std::size_t i = 0; i < at.sources.size(); ++i)
    if (at.sources[i] == MPI::PROC_NULL)
      values.push_back(std::nullopt);
    else
      values.push_back(make(at.sources[i], at.places[i]));
  return values;
}

}  // namespace

TEST_CASE("neighbor_allgather gives what the neighbours have, and nothing beyond a border") {
  for_each_topology([](const Neighbors& at) {
    CHECK(at.comm.neighbor_allgather(at.rank) ==
          expected<int>(at, [](int source, int) { return source; }));
    CHECK(at.comm.neighbor_allgather(at.rank % 2 == 0) ==
          expected<bool>(at, [](int source, int) { return source % 2 == 0; }));
    CHECK(at.comm.neighbor_allgather(text(at.rank, at.rank)) ==
          expected<std::string>(at, [](int source, int) { return text(source, source); }));
    CHECK(at.comm.neighbor_allgather(messages::Task{at.rank, text(at.rank, 2), {1, 2}}) ==
          expected<messages::Task>(at, [](int source, int) {
            return messages::Task{source, text(source, 2), {1, 2}};
          }));
  });
}

TEST_CASE("neighbor_alltoall gives what the neighbours have for this rank") {
  for_each_topology([](const Neighbors& at) {
    std::vector<int> numbers;
    std::vector<std::string> texts;
    for (int place = 0; place < static_cast<int>(at.destinations.size()); ++place) {
      numbers.push_back(number(at.rank, place));
      texts.push_back(text(at.rank, place));
    }
    CHECK(at.comm.neighbor_alltoall(numbers) == expected<int>(at, number));
    CHECK(at.comm.neighbor_alltoall(texts) == expected<std::string>(at, text));
    CHECK(at.comm.neighbor_alltoall(std::list<std::string>(texts.begin(), texts.end())) ==
          expected<std::string>(at, text));
    numbers.push_back(0);
    CHECK_THROWS_WITH(at.comm.neighbor_alltoall(numbers), HasText("one object for each of the"));
  });
}

TEST_CASE("an empty object is not the same as none") {
  const auto& world = MPI::COMM_WORLD;
  const MPI::Cartcomm line = world.Create_cart({world.Get_size()});
  const auto in = line.neighbor_allgather(std::string());
  const bool is_first = world.Get_rank() == 0;
  const bool is_last = world.Get_rank() == world.Get_size() - 1;
  REQUIRE(in.size() == 2);
  CHECK(in[0].has_value() == !is_first);
  CHECK(in[1].has_value() == !is_last);
  CHECK(in[0].value_or("edge") == (is_first ? "edge" : ""));
}

TEST_CASE("a neighbour with another type is a TypeMismatch, and the next call is not disturbed") {
  const auto& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank(), size = world.Get_size();
  const MPI::Cartcomm line = world.Create_cart({size});
  // rank 0 has a text, all others numbers
  if (rank == 0) {
    const std::string mine = "text";
    if (size > 1)
      CHECK_THROWS_AS(line.neighbor_allgather(mine), MPI::TypeMismatch);
    else
      CHECK_FALSE(line.neighbor_allgather(mine)[0]);
  } else {
    const std::vector<std::vector<int>> mine{{rank}, {}};
    if (rank == 1)
      CHECK_THROWS_AS(line.neighbor_allgather(mine), MPI::TypeMismatch);
    else
      CHECK(line.neighbor_allgather(mine)[0] ==
            std::optional(std::vector<std::vector<int>>{{rank - 1}, {}}));
  }
  CHECK(line.neighbor_allgather(std::to_string(rank))[1] ==
        (rank == size - 1 ? std::nullopt : std::optional(std::to_string(rank + 1))));
}

TEST_CASE("neighbor_alltoall takes an array, and objects in braces") {
  const auto ring = MPI::COMM_SELF.Create_cart({1}, {true});
  const std::vector<std::optional<int>> swapped{2, 1};
  CHECK(ring.neighbor_alltoall({1, 2}) == swapped);
  CHECK(ring.neighbor_alltoall(std::array{1, 2}) == swapped);
  CHECK_THROWS_WITH(ring.neighbor_alltoall({1}), HasText("one object for each of the"));
}
