// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Views: what a rank sees of a file through a datatype.
#include "io/folder.hpp"
#include "support/catch.hpp"
#include "support/guarded.hpp"

#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

using namespace mpi4cxx;

namespace {

constexpr int create = MPI::MODE_CREATE | MPI::MODE_RDWR;

template <class Function, class... A>
MPI::Datatype made(Function&& function, A... arguments) {
  MPI_Datatype type = MPI_DATATYPE_NULL;
  REQUIRE(function(arguments..., &type) == MPI::SUCCESS);
  return MPI::Datatype::adopt(type).Commit();
}

/// The numbers in a file, read without MPI.
std::vector<int> numbers_in(const std::filesystem::path& path) {
  const std::string bytes = bytes_of(path);
  std::vector<int> numbers(bytes.size() / sizeof(int));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(int));
  return numbers;
}

}  // namespace

TEST_CASE("Each rank writes its columns of a matrix, and reads those of the next") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  constexpr int rows = 6, width = 2;  // each rank has 2 columns
  const auto columns = MPI::INT.Create_vector(rows, width, size * width).Commit();
  const auto path = folder / "matrix";
  auto file = MPI::File::Open(comm, path, create);

  // element (row, column) is 100 row + column
  std::vector<int> mine, next_ones, whole;
  const int next = (rank + 1) % size;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < size * width; ++column) whole.push_back(100 * row + column);
    for (int column = 0; column < width; ++column) {
      mine.push_back(100 * row + rank * width + column);
      next_ones.push_back(100 * row + next * width + column);
    }
  }
  file.Set_view(static_cast<std::size_t>(rank * width) * sizeof(int), MPI::INT, columns);
  SECTION("all together") {
    file.Write_all(mine);
  }
  SECTION("each by itself, in two parts") {
    file.Write({mine.data(), 3});
    file.Write({mine.data() + 3, mine.size() - 3, MPI::INT});
  }
  SECTION("as a request") {
    file.Iwrite_at_all(0, mine).Wait();
  }
  SECTION("begun and ended") {
    file.Write_at_all_begin(0, mine);
    file.Write_at_all_end(mine);
  }
  file.Sync();
  comm.Barrier();
  CHECK(numbers_in(path) == whole);

  file.Set_view({.disp = next * width * static_cast<int>(sizeof(int)),
                 .etype = MPI::INT,
                 .filetype = columns,
                 .datarep = "native",
                 .info = MPI::INFO_NULL});
  CHECK(file.Get_position() == 0);
  CHECK(file.Get_byte_offset(width) == (next * width + size * width) * 4);
  Guarded<int> back(next_ones.size(), -1);
  MPI::Status status;
  file.Read_all(back.span(), status);
  CHECK(back.holds(next_ones));
  CHECK(status.Get_count(MPI::INT) == rows * width);
  CHECK(file.Get_position() == rows * width);
  // the memory, too, may have holes
  std::vector<int> spread(2 * next_ones.size(), -1);
  const auto every_other = MPI::INT.Create_vector(rows * width, 1, 2).Commit();
  file.Read_at_all(0, {spread, 1, every_other});
  for (std::size_t i = 0; i < next_ones.size(); ++i)
    CHECK(std::pair(spread[2 * i], spread[2 * i + 1]) == std::pair(next_ones[i], -1));
}

TEST_CASE("A view is given back as it was set, without what MPI keeps") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  auto file = MPI::File::Open(comm, folder / "view", create);
  {
    const auto [disp, etype, filetype, datarep] = file.Get_view();
    CHECK(disp == 0);
    CHECK(etype == MPI::BYTE);
    CHECK(filetype == MPI::BYTE);
    CHECK(datarep == "native");
  }
  for (int round = 0; round < 3; ++round) {
    // the types that are set may go at once; what Get_view gives is the caller's
    file.Set_view(16, MPI::DOUBLE, MPI::DOUBLE.Create_vector(2, 1, 3).Commit());
    const auto [disp, etype, filetype, datarep] = file.Get_view();
    CHECK(disp == 16);
    CHECK(etype == MPI::DOUBLE);
    CHECK(filetype.Get_size() == 2 * sizeof(double));
    CHECK(filetype.extent() == 4 * sizeof(double));
    CHECK(datarep == "native");
  }
  file.Set_view(4, MPI::INT.Create_contiguous(3).Commit());
  CHECK(std::get<1>(file.Get_view()).Get_size() == 3 * sizeof(int));
  CHECK(file.Get_byte_offset(2) == 4 + 2 * 3 * sizeof(int));
  file.Set_view({});
  CHECK(std::get<0>(file.Get_view()) == 0);
  file.Set_view();
  CHECK(std::get<2>(file.Get_view()) == MPI::BYTE);
}

TEST_CASE("What one rank writes through a view, the others read") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const int lengths[2] = {2, 1}, places[2] = {0, 4};
  const MPI_Aint byte_places[2] = {0, 4 * sizeof(int)};
  const MPI_Datatype ints[2] = {MPI_INT, MPI_INT};
  const int sizes[2] = {4, 4}, subsizes[2] = {2, 2}, starts[2] = {1, 1};
  const int side[1] = {8}, block[1] = {MPI_DISTRIBUTE_BLOCK}, one[1] = {1},
            cyclic[1] = {MPI_DISTRIBUTE_CYCLIC}, automatic[1] = {MPI_DISTRIBUTE_DFLT_DARG},
            two[1] = {2};
  struct Case {
    const char* name;
    MPI::Datatype type;
    std::vector<int> where;  // its numbers lie at these
  };
  const Case cases[] = {
      {"named", MPI::INT, {0}},
      {"dup", MPI::INT.Dup().Commit(), {0}},
      {"contiguous", MPI::INT.Create_contiguous(3).Commit(), {0, 1, 2}},
      {"vector", MPI::INT.Create_vector(2, 1, 3).Commit(), {0, 3}},
      {"hvector", made(MPI_Type_create_hvector, 2, 2, MPI_Aint{12}, MPI_INT), {0, 1, 3, 4}},
      {"indexed", made(MPI_Type_indexed, 2, lengths, places, MPI_INT), {0, 1, 4}},
      {"hindexed", made(MPI_Type_create_hindexed, 2, lengths, byte_places, MPI_INT), {0, 1, 4}},
      {"indexed block", made(MPI_Type_create_indexed_block, 2, 1, places, MPI_INT), {0, 4}},
      {"hindexed block", made(MPI_Type_create_hindexed_block, 2, 1, byte_places, MPI_INT), {0, 4}},
      {"struct", made(MPI_Type_create_struct, 2, lengths, byte_places, ints), {0, 1, 4}},
      {"subarray",
       made(MPI_Type_create_subarray, 2, sizes, subsizes, starts, MPI_ORDER_C, MPI_INT),
       {5, 6, 9, 10}},
      {"darray, block",
       made(MPI_Type_create_darray, 2, 1, 1, side, block, automatic, two, MPI_ORDER_C, MPI_INT),
       {4, 5, 6, 7}},
      {"darray, cyclic",
       made(MPI_Type_create_darray, 2, 0, 1, side, cyclic, one, two, MPI_ORDER_C, MPI_INT),
       {0, 2, 4, 6}},
  };
  const auto path = folder / "types";
  auto file = MPI::File::Open(comm, path, create);
  int writer = 0;
  for (const Case& each : cases) {
    INFO("file type: " << each.name);
    const int count = static_cast<int>(each.where.size());
    std::vector<int> expected(16, -5), data(each.where.size());
    std::iota(data.begin(), data.end(), 10);
    for (std::size_t i = 0; i < data.size(); ++i)
      expected[static_cast<std::size_t>(each.where[i])] = data[i];
    file.Set_view();
    file.Write_at_all(0, rank == writer ? std::vector<int>(16, -5) : std::vector<int>());
    file.Sync();
    file.Set_view(0, MPI::INT, each.type);
    if (rank == writer) file.Write_at(0, data);
    file.Sync();
    comm.Barrier();
    file.Sync();
    Guarded<int> back(data.size(), -1);
    MPI::Status status;
    file.Read_at(0, back.span(), status);
    CHECK(back.holds(data));
    CHECK(status.Get_count(MPI::INT) == count);
    CHECK(numbers_in(path) == expected);
    comm.Barrier();
    writer = (writer + 1) % size;
  }
}

TEST_CASE("Ranks take turns in blocks of a resized type, far beyond what the view shows") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  struct Record {
    std::int64_t id;
    double value;
  };
  const auto type = MPI::Datatype::of<Record>();
  const auto turn = type.Create_resized(0, static_cast<MPI_Aint>(sizeof(Record)) * size).Commit();
  auto file = MPI::File::Open(comm, folder / "records", create);
  file.Set_view(static_cast<std::size_t>(rank) * sizeof(Record), type, turn);
  std::vector<Record> mine;
  for (int i = 0; i < 50; ++i) mine.push_back({i * size + rank, 0.5 * rank});
  MPI::Status status;
  file.Write_all(mine, status);
  CHECK(status.Get_count(type) == 50);
  file.Sync();
  comm.Barrier();
  file.Set_view(0, type);
  std::vector<Record> all(static_cast<std::size_t>(50 * size));
  file.Read_at_all(0, all);
  int wrong = 0;
  for (int i = 0; i < 50 * size; ++i) {
    const Record& record = all[static_cast<std::size_t>(i)];
    wrong += record.id != i || record.value != 0.5 * (i % size);
  }
  CHECK(wrong == 0);
}
