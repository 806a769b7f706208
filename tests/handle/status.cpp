// SPDX-License-Identifier: MIT
// ranks: 1 2 4
// Status: what is known of a message.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <vector>

namespace MPI = mpi4cxx::MPI;

TEST_CASE("a new status is that of no message", "[status]") {
  const MPI::Status status;
  REQUIRE(status.Get_source() == MPI::ANY_SOURCE);
  REQUIRE(status.Get_tag() == MPI::ANY_TAG);
  REQUIRE(status.Get_error() == MPI::SUCCESS);
  REQUIRE(status.Get_count() == 0);
  REQUIRE(status.Get_count(MPI::INT) == 0);
  REQUIRE(status.Get_elements(MPI::BYTE) == 0);
  REQUIRE(status.Get_elements(MPI::DOUBLE) == 0);
  REQUIRE_FALSE(status.Is_cancelled());
}

TEST_CASE("a status says what was set", "[status]") {
  MPI::Status status;
  status.Set_source(3);
  status.Set_tag(42);
  status.Set_error(MPI::ERR_TRUNCATE);
  REQUIRE(status.Get_source() == 3);
  REQUIRE(status.source() == 3);
  REQUIRE(status.Get_tag() == 42);
  REQUIRE(status.tag() == 42);
  REQUIRE(status.Get_error() == MPI::ERR_TRUNCATE);
  REQUIRE(status.error() == MPI::ERR_TRUNCATE);

  status.Set_elements(MPI::BYTE, 7);
  REQUIRE(status.Get_count(MPI::BYTE) == 7);
  REQUIRE(status.Get_count() == 7);
  REQUIRE(status.count() == 7);
  REQUIRE(status.Get_elements(MPI::BYTE) == 7);
  REQUIRE(status.Get_count(MPI::INT) == MPI::UNDEFINED);  // no whole number
  status.Set_elements(MPI::INT, 4);
  REQUIRE(status.Get_count(MPI::INT) == 4);
  REQUIRE(status.Get_count() == 4 * static_cast<MPI_Count>(sizeof(int)));
  REQUIRE(status.Get_count(MPI::DOUBLE) == 2);

  status.Set_cancelled(true);
  REQUIRE(status.Is_cancelled());
  REQUIRE(status.cancelled());
  status.Set_cancelled(false);
  REQUIRE_FALSE(status.Is_cancelled());
  // the count is as it was
  REQUIRE(status.Get_count(MPI::INT) == 4);
}

TEST_CASE("a status counts beyond 2^31", "[status]") {
  MPI::Status status;
  const MPI_Count many = MPI_Count{5} << 31;
  status.Set_elements(MPI::BYTE, many);
  REQUIRE(status.Get_count() == many);
  REQUIRE(status.Get_elements(MPI::BYTE) == many);
  REQUIRE(status.Get_count(MPI::DOUBLE) == many / 8);
  REQUIRE(status.Get_count(MPI::DOUBLE.Create_contiguous(3).Commit()) == MPI::UNDEFINED);
}

TEST_CASE("a copy of a status keeps everything", "[status]") {
  MPI::Status status;
  status.Set_source(1);
  status.Set_tag(2);
  status.Set_elements(MPI::INT, 3);
  status.Set_cancelled(true);
  const MPI::Status copy = status;
  status = MPI::Status();
  REQUIRE(copy.Get_source() == 1);
  REQUIRE(copy.Get_tag() == 2);
  REQUIRE(copy.Get_count(MPI::INT) == 3);
  REQUIRE(copy.Is_cancelled());
  REQUIRE(status.Get_count(MPI::INT) == 0);
  REQUIRE_FALSE(status.Is_cancelled());
  REQUIRE(MPI::Status(*copy.native()).Get_count(MPI::INT) == 3);
}

TEST_CASE("a receive fills a status, given itself or by its address", "[status]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  const std::vector<int> mine(static_cast<std::size_t>(rank) + 1, rank);
  std::vector<int> room(10);
  MPI::Status status;

  MPI::Request request = comm.Isend(mine, right, 7);
  comm.Recv(room, MPI::ANY_SOURCE, MPI::ANY_TAG, &status);
  request.Wait();
  REQUIRE(status.Get_source() == left);
  REQUIRE(status.Get_tag() == 7);
  REQUIRE(status.Get_count(MPI::INT) == left + 1);
  REQUIRE(status.Get_elements(MPI::INT) == left + 1);

  MPI::Status other;
  request = comm.Isend(mine, right, 8);
  comm.Recv(room, {.status = other});
  request.Wait();
  REQUIRE(other.Get_tag() == 8);

  // derived types: how many, and how many basic elements
  const MPI::Datatype pair = MPI::INT.Create_contiguous(2).Commit();
  MPI::Status counted;
  request = comm.Isend(mine, right, 9);
  comm.Recv({room, 5, pair}, {.source = left, .tag = 9, .status = &counted});
  request.Wait();
  REQUIRE(counted.Get_elements(pair) == left + 1);
  REQUIRE(counted.Get_count(pair) == ((left + 1) % 2 == 0 ? (left + 1) / 2 : MPI::UNDEFINED));

  // a send has nothing to say
  MPI::Status empty;
  empty.Set_tag(1);
  MPI::Request null;
  null.Wait(empty);
  REQUIRE(empty.Get_source() == MPI::ANY_SOURCE);
  REQUIRE(empty.Get_tag() == MPI::ANY_TAG);
  REQUIRE(empty.Get_count() == 0);
}
