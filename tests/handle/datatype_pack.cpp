// SPDX-License-Identifier: MIT
// ranks: 1 2
// Packing and unpacking, native and external32; memory, addresses and the other small functions.
#include "support/catch.hpp"
#include "support/guarded.hpp"

#include <mpi4cxx/MPI.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

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

TEST_CASE("arrays of different types are packed one after another", "[pack]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const std::vector<int> numbers{1, 2, rank};
  const double real = 0.5 + rank;
  const MPI_Count room = MPI::INT.Pack_size(3, comm) + MPI::DOUBLE.Pack_size(1, comm);
  REQUIRE(room >= static_cast<MPI_Count>(3 * sizeof(int) + sizeof(double)));
  std::vector<std::byte> packed(static_cast<std::size_t>(room));
  MPI_Count position = MPI::INT.Pack(numbers, packed, 0, comm);
  REQUIRE(position == 3 * sizeof(int));
  position = MPI::DOUBLE.Pack(real, packed, position, comm);
  REQUIRE(position == 3 * sizeof(int) + sizeof(double));

  // sent as what it is
  std::vector<std::byte> received(packed.size());
  const int next = (rank + 1) % size, before = (rank + size - 1) % size;
  comm.Sendrecv({packed, position, MPI::PACKED}, {received, position, MPI::PACKED},
                {.dest = next, .source = before});
  Guarded<int> some(2, -1);
  int last = -1;
  double other = 0;
  position = MPI::INT.Unpack(received, 0, some.span(), comm);
  position = MPI::INT.Unpack(received, position, last, comm);
  position = MPI::DOUBLE.Unpack(received, position, other, comm);
  REQUIRE(position == 3 * sizeof(int) + sizeof(double));
  REQUIRE(some.holds({1, 2}));
  REQUIRE(last == before);
  REQUIRE(other == 0.5 + before);
}

TEST_CASE("derived types gather what they take, and scatter it again", "[pack]") {
  const MPI::Intracomm& comm = MPI::COMM_SELF;
  const std::vector<int> grid{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  // a column of a matrix with rows of 4, whose next element is the next column
  const MPI::Datatype column =
      MPI::INT.Create_vector(3, 1, 4).Create_resized(0, sizeof(int)).Commit();
  std::vector<int> packed(12);
  // as many as fit: all four, by columns
  REQUIRE(column.Pack(grid, packed, 0, comm) == 12 * sizeof(int));
  REQUIRE(packed == std::vector<int>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11});
  Guarded<int> back(12, -1);
  REQUIRE(column.Unpack(packed, 0, {back.span(), 2}, comm) == 6 * sizeof(int));
  REQUIRE(back.holds({0, 1, -1, -1, 4, 5, -1, -1, 8, 9, -1, -1}));
  column.Unpack(packed, 0, back.span(), comm);
  REQUIRE(back.holds(grid));
  // pointers with a count
  REQUIRE(column.Pack({grid.data() + 1, 1}, {packed.data(), 3}, 0, comm) == 3 * sizeof(int));
  REQUIRE(packed[2] == 9);
}

TEST_CASE("nothing is packed into nothing", "[pack]") {
  const MPI::Intracomm& comm = MPI::COMM_SELF;
  std::vector<int> none;
  std::vector<std::byte> packed;
  REQUIRE(MPI::INT.Pack(none, packed, 0, comm) == 0);
  REQUIRE(MPI::INT.Unpack(packed, 0, none, comm) == 0);
  REQUIRE(MPI::INT.Pack_size(0, comm) == 0);
  packed.resize(4);
  REQUIRE(MPI::INT.Pack(none, packed, 4, comm) == 4);
  REQUIRE(MPI::INT.Create_contiguous(0).Commit().Pack(none, packed, 1, comm) == 1);
}

TEST_CASE("what does not fit is an error, and writes nothing", "[pack]") {
  const MPI::Intracomm& comm = MPI::COMM_SELF;
  std::vector<int> numbers{1, 2, 3};
  Guarded<std::uint8_t> packed(8, 7);
  REQUIRE(error_class_of([&] { MPI::INT.Pack(numbers, packed.span(), 0, comm); }) ==
          MPI::ERR_TRUNCATE);
  REQUIRE(error_class_of([&] {
            MPI::INT.Pack({numbers, 1}, packed.span(), 5, comm);
          }) == MPI::ERR_TRUNCATE);
  REQUIRE(error_class_of([&] {
            MPI::INT.Pack({numbers, 1}, packed.span(), -1, comm);
          }) == MPI::ERR_TRUNCATE);
  REQUIRE(error_class_of([&] { MPI::INT.Unpack(packed.span(), 0, numbers, comm); }) ==
          MPI::ERR_TRUNCATE);
  REQUIRE(error_class_of([&] {
            MPI::INT.Pack_external("external32", numbers, packed.span(), 0);
          }) == MPI::ERR_TRUNCATE);
  REQUIRE(error_class_of([&] {
            MPI::INT.Unpack_external("external32", packed.span(), 0, numbers);
          }) == MPI::ERR_TRUNCATE);
  // a buffer too small for one element, and a count beyond the buffer
  const MPI::Datatype row = MPI::INT.Create_contiguous(4).Commit();
  REQUIRE(error_class_of([&] { row.Pack(numbers, packed.span(), 0, comm); }) == MPI::ERR_COUNT);
  REQUIRE(error_class_of([&] {
            row.Pack({numbers, 1}, packed.span(), 0, comm);
          }) == MPI::ERR_COUNT);
  REQUIRE(packed.holds(std::vector<std::uint8_t>(8, 7)));
  REQUIRE(numbers == std::vector<int>{1, 2, 3});
  REQUIRE(error_class_of([&] { MPI::INT.Pack_size(1, MPI::COMM_NULL); }) == MPI::ERR_COMM);
}

TEST_CASE("external32 is the same on all machines", "[pack]") {
  const std::vector<std::int32_t> numbers{1, -2, 0x01020304};
  REQUIRE(MPI::INT32_T.Pack_external_size("external32", 3) == 12);
  std::vector<std::uint8_t> packed(20, 0xee);
  MPI_Count position = MPI::INT32_T.Pack_external("external32", numbers, packed, 0);
  REQUIRE(position == 12);
  const double half = 0.5;
  position = MPI::DOUBLE.Pack_external("external32", half, packed, position);
  REQUIRE(position == 20);
  REQUIRE(packed == std::vector<std::uint8_t>{0, 0, 0,    1,    0xff, 0xff, 0xff, 0xfe, 1, 2,
                                              3, 4, 0x3f, 0xe0, 0,    0,    0,    0,    0, 0});
  std::vector<std::int32_t> back(3);
  double real = 0;
  position = MPI::INT32_T.Unpack_external("external32", packed, 0, back);
  position = MPI::DOUBLE.Unpack_external("external32", packed, position, real);
  REQUIRE(position == 20);
  REQUIRE(back == numbers);
  REQUIRE(real == 0.5);
  REQUIRE(error_class_of([&] { MPI::INT.Pack_external("internal", numbers, packed, 0); }) ==
          MPI::ERR_UNSUPPORTED_DATAREP);
}

TEST_CASE("external32 of derived types", "[pack]") {
  const std::vector<double> grid{1, 2, 3, 4, 5, 6};
  const MPI::Datatype column = MPI::DOUBLE.Create_vector(2, 1, 3).Commit();
  std::vector<std::uint8_t> packed(40);
  REQUIRE(column.Pack_external("external32", {grid.data() + 1, 1}, packed, 4) == 20);
  std::vector<double> back(2);
  REQUIRE(MPI::DOUBLE.Unpack_external("external32", packed, 4, back) == 20);
  REQUIRE(back == std::vector<double>{2, 5});

  struct Measured {
    char unit;
    double value;
    long count;
  };
  const Measured measured{'m', 1.5, 1L << 40};
  Measured other{};
  const MPI::Datatype type = MPI::Datatype::of<Measured>(MPI::as_struct);
  if (MPI::Get_library_version().find("MPICH") != std::string::npos) {
    REQUIRE(error_class_of([&] { type.Pack_external("external32", measured, packed, 0); }) ==
            MPI::ERR_TYPE);
    REQUIRE(error_class_of([&] { type.Pack_external_size("external32", 1); }) == MPI::ERR_TYPE);
    REQUIRE(error_class_of([&] { MPI::WCHAR.Pack_external_size("external32", 1); }) ==
            MPI::ERR_TYPE);
  } else {
    REQUIRE(type.Pack_external_size("external32", 1) == 17);
    REQUIRE(type.Pack_external("external32", measured, packed, 0) == 17);
    REQUIRE(type.Unpack_external("external32", packed, 0, other) == 17);
    REQUIRE((other.unit == 'm' && other.value == 1.5 && other.count == 1L << 40));
  }
}

TEST_CASE("memory of MPI is a span of bytes", "[memory]") {
  const std::span<std::byte> memory = MPI::Alloc_mem(1'000);
  REQUIRE(memory.size() == 1'000);
  memory.front() = memory.back() = std::byte{7};
  REQUIRE(memory[999] == std::byte{7});
  MPI::Free_mem(memory);
  const MPI::Info hints = MPI::Info::Create({{"alignment", "64"}});
  const std::span<std::byte> more = MPI::Alloc_mem(std::size_t{64}, hints);
  REQUIRE(more.size() == 64);
  MPI::Free_mem(more);
  MPI::Free_mem(MPI::Alloc_mem(0));
  MPI::Free_mem({});
}

TEST_CASE("addresses are for datatypes that begin at BOTTOM", "[memory]") {
  int number = 5;
  std::vector<double> reals{1.5, 2.5};
  const MPI_Aint first = MPI::Get_address(number), second = MPI::Get_address(reals);
  REQUIRE(MPI::Get_address(MPI::BOTTOM) == 0);
  REQUIRE(MPI::Aint_diff(MPI::Get_address(reals[1]), second) == sizeof(double));
  REQUIRE(MPI::Aint_add(second, sizeof(double)) == MPI::Get_address(reals[1]));
  const MPI::Datatype both =
      MPI::Datatype::Create_struct({1, 2}, {first, second}, {MPI::INT, MPI::DOUBLE}).Commit();
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  if (comm.Get_rank() != 0) number = 0, reals = {0, 0};
  REQUIRE(MPI::Get_address(reals) != 0);
  comm.Bcast({MPI::BOTTOM, 1, both});
  REQUIRE(number == 5);
  REQUIRE(reals == std::vector<double>{1.5, 2.5});
}

TEST_CASE("error codes have a class and a text", "[error]") {
  for (const int code : {MPI::SUCCESS, MPI::ERR_COMM, MPI::ERR_TYPE, MPI::ERR_WIN, MPI::ERR_FILE,
                         MPI::ERR_RMA_RANGE, MPI::ERR_NO_SUCH_FILE, MPI::ERR_SPAWN}) {
    REQUIRE(MPI::Get_error_class(code) == code);
    REQUIRE_FALSE(MPI::Get_error_string(code).empty());
  }
  REQUIRE(MPI::Get_error_string(MPI::ERR_COMM) != MPI::Get_error_string(MPI::ERR_TYPE));
}

TEST_CASE("exceptions compare with numbers by their code and class", "[error]") {
  MPI::COMM_SELF.Set_name("self");  // an error of the MPI library's own may have a code of its own
  try {
    (void)MPI::COMM_SELF.Get_attr<int>(MPI::KEYVAL_INVALID);
    FAIL("an invalid keyval was taken");
  } catch (const MPI::Exception& error) {
    REQUIRE(error == error.Get_error_class());
    REQUIRE(error == error.Get_error_code());
    REQUIRE(error != MPI::SUCCESS);
    REQUIRE(MPI::SUCCESS < error);
    REQUIRE(static_cast<int>(error) == error.Get_error_code());
  }
  const MPI::Exception rank(MPI::ERR_RANK);
  REQUIRE(rank == MPI::ERR_RANK);
  REQUIRE(rank >= MPI::ERR_RANK);
  REQUIRE_FALSE(rank > MPI::ERR_RANK);
  REQUIRE(MPI::Exception() == MPI::SUCCESS);
  REQUIRE(MPI::Exception(-1).Get_error_code() == MPI::ERR_UNKNOWN);
}

TEST_CASE("constants are those of MPI", "[constants]") {
  static_assert(MPI::VERSION == MPI_VERSION && MPI::SUBVERSION == MPI_SUBVERSION);
  static_assert(MPI::KEYVAL_INVALID == MPI_KEYVAL_INVALID && MPI::TAG_UB == MPI_TAG_UB);
  static_assert(MPI::DISP_CUR == MPI_DISPLACEMENT_CURRENT);
  static_assert(MPI::ORDER_F == MPI::ORDER_FORTRAN && MPI::ORDER_C != MPI::ORDER_F);
  static_assert(MPI::WIN_FLAVOR == MPI_WIN_CREATE_FLAVOR);
  static_assert((MPI::MODE_CREATE | MPI::MODE_WRONLY) == (MPI_MODE_CREATE | MPI_MODE_WRONLY));
  static_assert(MPI::MAX_INFO_KEY > 0 && MPI::MAX_PSET_NAME_LEN > 0 && MPI::MAX_STRINGTAG_LEN > 0);
  REQUIRE(MPI::Get_version() == std::pair(MPI::VERSION, MPI::SUBVERSION));
  // what the MPI library lacks has a class that it has
  for (const int code :
       {MPI::ERR_SESSION, MPI::ERR_VALUE_TOO_LARGE, MPI::ERR_ERRHANDLER, MPI::ERR_PROC_ABORTED})
    REQUIRE(MPI::Get_error_class(code) == code);
}
