// SPDX-License-Identifier: MIT
// ranks: 1
// How a datatype was made: every constructor, its extents, its contents, and making it anew.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <cstddef>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

constexpr MPI_Aint size = sizeof(int);
using Bounds = std::pair<MPI_Aint, MPI_Aint>;

/// What an element of this type takes out of 0, 1, 2, ... when it begins at the element `begin`.
std::vector<int> taken_by(const MPI::Datatype& type, std::size_t begin = 0) {
  std::vector<int> memory(200);
  std::iota(memory.begin(), memory.end(), 0);
  const auto bytes = static_cast<std::size_t>(type.Get_size());
  std::vector<int> packed(bytes / sizeof(int));
  const MPI_Count end = type.Pack({&memory[begin], 1}, packed, 0, MPI::COMM_SELF);
  REQUIRE(end == static_cast<MPI_Count>(bytes));
  return packed;
}

/// The type made anew from decode() is the same: in what it takes, its bounds and how it is made.
void check_rebuilt(const MPI::Datatype& type, std::size_t begin = 0) {
  const MPI::Datatype again = type.decode().rebuild();
  REQUIRE(again.Get_extent() == type.Get_extent());
  REQUIRE(again.Get_true_extent() == type.Get_true_extent());
  REQUIRE(again.Get_size() == type.Get_size());
  REQUIRE(again.combiner() == type.combiner());
  REQUIRE(again.Get_contents().integers == type.Get_contents().integers);
  REQUIRE(again.Get_contents().addresses == type.Get_contents().addresses);
  if (type.Get_size() < 200 * size) {
    MPI::Datatype one = type, other = again;
    one.Commit();
    other.Commit();
    REQUIRE(taken_by(one, begin) == taken_by(other, begin));
  }
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

TEST_CASE("predefined datatypes are named, and have no contents", "[datatype]") {
  for (const MPI::Datatype& type : {MPI::INT, MPI::DOUBLE, MPI::BYTE, MPI::DOUBLE_INT, MPI::INT_INT,
                                    MPI::CXX_DOUBLE_COMPLEX, MPI::PACKED, MPI::BOOL}) {
    INFO(type.name());
    const auto [integers, addresses, counts, datatypes, combiner] = type.Get_envelope();
    REQUIRE(integers == 0);
    REQUIRE(addresses == 0);
    REQUIRE(counts == 0);
    REQUIRE(datatypes == 0);
    REQUIRE(combiner == MPI::COMBINER_NAMED);
    REQUIRE(type.combiner() == MPI::COMBINER_NAMED);
    REQUIRE(type.is_named());
    REQUIRE(type.is_predefined());
    REQUIRE(error_class_of([&] { (void)type.Get_contents(); }) == MPI::ERR_TYPE);
    const auto decoded = type.decode();
    REQUIRE(decoded.basetype == type);
    REQUIRE(decoded.combiner == "NAMED");
    REQUIRE(decoded.rebuild() == type);
  }
  REQUIRE(MPI::DATATYPE_NULL.is_predefined());
  REQUIRE(error_class_of([] { (void)MPI::DATATYPE_NULL.Get_envelope(); }) == MPI::ERR_TYPE);
  REQUIRE(error_class_of([] { (void)MPI::DATATYPE_NULL.decode(); }) == MPI::ERR_TYPE);
}

TEST_CASE("names that are other names", "[datatype]") {
  REQUIRE(MPI::UNSIGNED_INT == MPI::UNSIGNED);
  REQUIRE(MPI::SIGNED_INT == MPI::INT);
  REQUIRE(MPI::SINT64_T == MPI::INT64_T);
  REQUIRE(MPI::TWOINT == MPI::INT_INT);
  REQUIRE(MPI::C_COMPLEX == MPI::C_FLOAT_COMPLEX);
  REQUIRE(MPI::FLOAT64_T.Get_size() == 8);
  REQUIRE(MPI::FLOAT32_T.Get_size() == 4);
  REQUIRE(MPI::BOOL.Get_size() == sizeof(bool));
}

TEST_CASE("Dup and contiguous", "[datatype]") {
  const MPI::Datatype dup = MPI::INT.Create_dup();
  REQUIRE(dup.combiner() == MPI::COMBINER_DUP);
  REQUIRE_FALSE(dup.is_named());
  REQUIRE_FALSE(dup.is_predefined());
  REQUIRE(dup.decode().basetype == MPI::INT);
  REQUIRE(dup.decode().combiner == "DUP");
  check_rebuilt(dup);

  const MPI::Datatype five = MPI::INT.Create_contiguous(5);
  const auto [integers, addresses, counts, datatypes] = five.Get_contents();
  REQUIRE(integers == std::vector<int>{5});
  REQUIRE(addresses.empty());
  REQUIRE(counts.empty());
  REQUIRE(datatypes == std::vector<MPI::Datatype>{MPI::INT});
  const auto [basetype, combiner, params] = five.decode();
  REQUIRE(basetype == MPI::INT);
  REQUIRE(combiner == "CONTIGUOUS");
  REQUIRE(params.count == 5);
  check_rebuilt(five);
  check_rebuilt(MPI::INT.Create_contiguous(0));
}

TEST_CASE("vectors", "[datatype]") {
  MPI::Datatype vector = MPI::INT.Create_vector({.count = 3, .blocklength = 2, .stride = 5});
  const auto [integers, addresses, counts, datatypes, combiner] = vector.envelope();
  REQUIRE(integers == 3);
  REQUIRE(addresses == 0);
  REQUIRE(counts == 0);
  REQUIRE(datatypes == 1);
  REQUIRE(combiner == MPI::COMBINER_VECTOR);
  REQUIRE(vector.contents().integers == std::vector<int>{3, 2, 5});
  REQUIRE(vector.decode().combiner == "VECTOR");
  REQUIRE(vector.decode().params.stride == 5);
  REQUIRE(vector.extent() == 12 * size);
  REQUIRE(taken_by(vector.Commit()) == std::vector<int>{0, 1, 5, 6, 10, 11});
  check_rebuilt(vector);

  // backwards
  MPI::Datatype back = MPI::INT.Create_vector(3, 1, -2);
  REQUIRE(back.Get_extent() == Bounds(-4 * size, 5 * size));
  REQUIRE(back.lb() == -4 * size);
  REQUIRE(back.ub() == size);
  REQUIRE(taken_by(back.Commit(), 10) == std::vector<int>{10, 8, 6});
  check_rebuilt(back, 10);

  MPI::Datatype bytes = MPI::INT.Create_hvector(2, 1, -3 * size);
  REQUIRE(bytes.combiner() == MPI::COMBINER_HVECTOR);
  REQUIRE(bytes.contents().integers == std::vector<int>{2, 1});
  REQUIRE(bytes.contents().addresses == std::vector<MPI_Aint>{-3 * size});
  REQUIRE(bytes.decode().combiner == "HVECTOR");
  REQUIRE(bytes.decode().params.stride == -3 * size);
  REQUIRE(taken_by(bytes.Commit(), 7) == std::vector<int>{7, 4});
  check_rebuilt(bytes, 7);

  check_rebuilt(MPI::INT.Create_vector(0, 2, 5));
  check_rebuilt(MPI::INT.Create_vector(2, 0, 5));
  check_rebuilt(MPI::INT.Create_hvector(0, 1, 8));
}

TEST_CASE("indexed types", "[datatype]") {
  MPI::Datatype indexed = MPI::INT.Create_indexed({2, 0, 1}, {4, 20, 0});
  REQUIRE(indexed.combiner() == MPI::COMBINER_INDEXED);
  REQUIRE(indexed.contents().integers == std::vector<int>{3, 2, 0, 1, 4, 20, 0});
  const auto [basetype, combiner, params] = indexed.decode();
  REQUIRE(combiner == "INDEXED");
  REQUIRE(params.blocklengths == std::vector<MPI_Count>{2, 0, 1});
  REQUIRE(params.displacements == std::vector<MPI_Count>{4, 20, 0});
  REQUIRE(taken_by(indexed.Commit()) == std::vector<int>{4, 5, 0});
  check_rebuilt(indexed);

  // lists of any integers
  const std::vector<std::size_t> lengths{1, 2};
  const long displacements[] = {3 * size, -1 * size};
  MPI::Datatype bytes =
      MPI::INT.Create_hindexed({.blocklengths = lengths, .displacements = displacements});
  REQUIRE(bytes.combiner() == MPI::COMBINER_HINDEXED);
  REQUIRE(bytes.contents().addresses == std::vector<MPI_Aint>{3 * size, -size});
  REQUIRE(bytes.decode().combiner == "HINDEXED");
  REQUIRE(taken_by(bytes.Commit(), 5) == std::vector<int>{8, 4, 5});
  check_rebuilt(bytes, 5);

  MPI::Datatype blocks = MPI::INT.Create_indexed_block(2, {6, 0, 3});
  REQUIRE(blocks.combiner() == MPI::COMBINER_INDEXED_BLOCK);
  REQUIRE(blocks.decode().combiner == "INDEXED_BLOCK");
  REQUIRE(blocks.decode().params.blocklength == 2);
  REQUIRE(taken_by(blocks.Commit()) == std::vector<int>{6, 7, 0, 1, 3, 4});
  check_rebuilt(blocks);

  MPI::Datatype byte_blocks = MPI::INT.Create_hindexed_block(1, {2 * size, 0});
  REQUIRE(byte_blocks.combiner() == MPI::COMBINER_HINDEXED_BLOCK);
  REQUIRE(byte_blocks.decode().combiner == "HINDEXED_BLOCK");
  REQUIRE(byte_blocks.decode().params.displacements == std::vector<MPI_Count>{2 * size, 0});
  REQUIRE(taken_by(byte_blocks.Commit()) == std::vector<int>{2, 0});
  check_rebuilt(byte_blocks);

  check_rebuilt(MPI::INT.Create_indexed({}, {}));
  check_rebuilt(MPI::INT.Create_hindexed({}, {}));
  check_rebuilt(MPI::INT.Create_indexed_block(3, {}));
  check_rebuilt(MPI::INT.Create_hindexed_block(3, {}));
  REQUIRE(MPI::INT.Create_indexed({}, {}).Get_size() == 0);
}

TEST_CASE("struct types of structs", "[datatype]") {
  const MPI::Datatype pair = MPI::INT.Create_contiguous(2);
  MPI::Datatype mixed = MPI::Datatype::Create_struct({1, 2}, {0, 3 * size}, {MPI::INT, pair});
  REQUIRE(mixed.combiner() == MPI::COMBINER_STRUCT);
  REQUIRE(mixed.Get_size() == 5 * size);
  const auto [basetype, combiner, params] = mixed.decode();
  REQUIRE(basetype == MPI::DATATYPE_NULL);
  REQUIRE(combiner == "STRUCT");
  REQUIRE(params.blocklengths == std::vector<MPI_Count>{1, 2});
  REQUIRE(params.displacements == std::vector<MPI_Count>{0, 3 * size});
  REQUIRE(params.datatypes.size() == 2);
  REQUIRE(params.datatypes[0] == MPI::INT);
  REQUIRE(params.datatypes[1].decode().params.count == 2);
  REQUIRE(taken_by(mixed.Commit()) == std::vector<int>{0, 3, 4, 5, 6});
  check_rebuilt(mixed);
  check_rebuilt(MPI::Datatype::Create_struct({}, {}, {}));
}

TEST_CASE("subarrays in both orders", "[datatype]") {
  MPI::Datatype part = MPI::INT.Create_subarray({4, 5}, {2, 3}, {1, 2});
  REQUIRE(part.combiner() == MPI::COMBINER_SUBARRAY);
  REQUIRE(part.extent() == 20 * size);
  REQUIRE(part.true_lb() == 7 * size);
  REQUIRE(part.true_extent() == 8 * size);
  REQUIRE(part.true_ub() == 15 * size);
  const auto [basetype, combiner, params] = part.decode();
  REQUIRE(combiner == "SUBARRAY");
  REQUIRE(params.sizes == std::vector<MPI_Count>{4, 5});
  REQUIRE(params.subsizes == std::vector<MPI_Count>{2, 3});
  REQUIRE(params.starts == std::vector<MPI_Count>{1, 2});
  REQUIRE(params.order == MPI::ORDER_C);
  REQUIRE(taken_by(part.Commit()) == std::vector<int>{7, 8, 9, 12, 13, 14});
  check_rebuilt(part);

  MPI::Datatype columns = MPI::INT.Create_subarray(
      {.sizes = {4, 5}, .subsizes = {2, 3}, .starts = {1, 2}, .order = MPI::ORDER_F});
  REQUIRE(columns.decode().params.order == MPI::ORDER_FORTRAN);
  REQUIRE(taken_by(columns.Commit()) == std::vector<int>{9, 10, 13, 14, 17, 18});
  check_rebuilt(columns);
}

TEST_CASE("distributed arrays", "[datatype]") {
  const std::vector<int> distributions{MPI::DISTRIBUTE_BLOCK, MPI::DISTRIBUTE_CYCLIC};
  const std::vector<int> arguments{MPI::DISTRIBUTE_DFLT_DARG, 1};
  MPI::Datatype part = MPI::INT.Create_darray(4, 1, {4, 5}, distributions, arguments, {2, 2});
  REQUIRE(part.combiner() == MPI::COMBINER_DARRAY);
  const auto decoded = part.decode();
  REQUIRE(decoded.combiner == "DARRAY");
  REQUIRE(decoded.params.size == 4);
  REQUIRE(decoded.params.rank == 1);
  REQUIRE(decoded.params.psizes == std::vector<MPI_Count>{2, 2});
  // the upper half, columns 1 and 3
  REQUIRE(taken_by(part.Commit()) == std::vector<int>{1, 3, 6, 8});
  check_rebuilt(part);
}

TEST_CASE("resized types", "[datatype]") {
  MPI::Datatype resized = MPI::INT.Create_vector(2, 1, 3).Resized(-2 * size, 7 * size);
  REQUIRE(resized.combiner() == MPI::COMBINER_RESIZED);
  REQUIRE(resized.lb() == -2 * size);
  REQUIRE(resized.ub() == 5 * size);
  REQUIRE(resized.Get_true_extent() == Bounds(0, 4 * size));
  const auto [basetype, combiner, params] = resized.decode();
  REQUIRE(combiner == "RESIZED");
  REQUIRE(params.lb == -2 * size);
  REQUIRE(params.extent == 7 * size);
  REQUIRE(basetype.decode().combiner == "VECTOR");
  REQUIRE(taken_by(resized.Commit()) == std::vector<int>{0, 3});
  check_rebuilt(resized);
}

TEST_CASE("contents own what they hold, and free no predefined type", "[datatype]") {
  const MPI::Datatype row = MPI::INT.Create_contiguous(4);
  MPI::Datatype inner;
  {
    const MPI::Datatype rows = row.Create_vector(2, 1, 2);
    for (int i = 0; i < 1'000; ++i) inner = rows.Get_contents().datatypes.at(0);
  }
  REQUIRE(inner.Get_size() == 4 * size);
  REQUIRE(inner.decode().combiner == "CONTIGUOUS");
  for (int i = 0; i < 1'000; ++i) REQUIRE(row.Get_contents().datatypes.at(0) == MPI::INT);
  REQUIRE(MPI::INT.Get_size() == size);
}

TEST_CASE("sizes beyond 2^31", "[datatype]") {
  // nested, which every MPI can
  const MPI_Count million = 1'000'000;
  const MPI::Datatype nested = MPI::DOUBLE.Create_contiguous(million).Create_contiguous(million);
  REQUIRE(nested.Get_size() == million * million * MPI_Count{sizeof(double)});
  REQUIRE(nested.extent() == million * million * MPI_Count{sizeof(double)});
  REQUIRE(MPI::INT.Create_hvector(2, 1, million * million).extent() == million * million + size);
  REQUIRE(MPI::INT.Create_resized(0, million * million).extent() == million * million);
  REQUIRE(MPI::INT.Create_resized({.lb = -size, .extent = 3 * size}).Get_extent() ==
          Bounds(-size, 3 * size));
  REQUIRE(MPI::INT.Resized({.lb = 0, .extent = 3 * size}).extent() == 3 * size);
  const MPI::Datatype far = MPI::INT.Create_hindexed_block(1, {MPI_Count{0}, million * million});
  REQUIRE(far.true_ub() == million * million + size);
  REQUIRE(far.decode().rebuild().true_ub() == far.true_ub());
}

TEST_CASE("counts beyond 2^31", "[datatype]") {
  constexpr MPI_Count many = 3'000'000'000;
  const auto make = [](int which) -> MPI::Datatype {
    switch (which) {
      case 0:
        return MPI::INT.Create_contiguous(many);
      case 1:
        return MPI::INT.Create_vector(2, many, many + 1);
      case 2:
        return MPI::INT.Create_hvector(many, 2, 8);
      case 3:
        return MPI::INT.Create_indexed({many, MPI_Count{1}}, {MPI_Count{0}, many});
      case 4:
        return MPI::INT.Create_hindexed({many, MPI_Count{1}}, {MPI_Count{0}, many * size});
      case 5:
        return MPI::INT.Create_indexed_block(2, {MPI_Count{0}, many});
      case 6:
        return MPI::INT.Create_hindexed_block(many, {MPI_Count{0}});
      case 7:
        return MPI::Datatype::Create_struct({many, MPI_Count{1}}, {MPI_Count{0}, many * 4},
                                            {MPI::INT, MPI::FLOAT});
      default:
        return MPI::INT.Create_subarray({many, MPI_Count{2}}, {many - 1, MPI_Count{1}},
                                        {MPI_Count{1}, MPI_Count{0}});
    }
  };
  const MPI_Count elements[] = {many, 2 * many, 2 * many, many + 1, many + 1,
                                4,    many,     many + 1, many - 1};
  for (int which = 0; which < 9; ++which) {
    CAPTURE(which);
    if (MPI::VERSION < 4 && which == 0) {  // of two parts
      REQUIRE(make(which).Get_size() == many * size);
      REQUIRE(make(which).extent() == many * size);
      continue;
    }
    if (MPI::VERSION < 4) {
      REQUIRE(error_class_of([&] { (void)make(which); }) == MPI::ERR_COUNT);
      continue;
    }
    const MPI::Datatype type = make(which);
    REQUIRE(type.Get_size() == elements[which] * size);
    REQUIRE(type.Get_envelope().counts > 0);
    const MPI::Datatype again = type.decode().rebuild();
    REQUIRE(again.Get_size() == type.Get_size());
    REQUIRE(again.Get_extent() == type.Get_extent());
    REQUIRE(again.Get_contents().counts == type.Get_contents().counts);
    REQUIRE(again.Get_contents().integers == type.Get_contents().integers);
    MPI::Datatype committed = type;
    REQUIRE(committed.Commit().Pack_size(1, MPI::COMM_SELF) >= type.Get_size());
  }
}
