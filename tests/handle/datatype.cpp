// SPDX-License-Identifier: MIT
// ranks: 1 2 4
// Datatypes: the predefined ones, those of C++ types, and those derived from others.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

struct Particle {
  double position[3] = {};
  char kind = 0;
  int charge = 0;
};
struct Flag {
  bool on = false;
};
enum class Colour : unsigned char { red };
enum Number : int { one };

template <class F>
bool is_type_error(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    return error.Get_error_class() == MPI::ERR_TYPE;
  }
  return false;
}

/// Says when MPI frees a datatype: its attributes are deleted then.
class FreedCounter {
 public:
  FreedCounter() { MPI_Type_create_keyval(MPI_TYPE_NULL_COPY_FN, count, &key_, nullptr); }
  FreedCounter(const FreedCounter&) = delete;
  FreedCounter& operator=(const FreedCounter&) = delete;
  ~FreedCounter() { MPI_Type_free_keyval(&key_); }
  void watch(MPI_Datatype type) { MPI_Type_set_attr(type, key_, &freed_); }
  int freed() const { return freed_; }

 private:
  static int count(MPI_Datatype, int, void* value, void*) {
    ++*static_cast<int*>(value);
    return MPI_SUCCESS;
  }
  int key_ = MPI_KEYVAL_INVALID;
  int freed_ = 0;
};

}  // namespace

TEST_CASE("predefined datatypes have the size and extent of their C++ types", "[datatype]") {
  const auto check = []<class T>(const MPI::Datatype& type, T) {
    INFO(type.Get_name());
    REQUIRE(type.Get_size() == static_cast<MPI_Count>(sizeof(T)));
    REQUIRE(type.size() == type.Get_size());
    REQUIRE(type.Get_extent() ==
            std::pair<MPI_Aint, MPI_Aint>(0, static_cast<MPI_Aint>(sizeof(T))));
    REQUIRE(type.extent() == static_cast<MPI_Aint>(sizeof(T)));
    REQUIRE(type);
  };
  check(MPI::BYTE, std::byte());
  check(MPI::CHAR, char());
  check(MPI::WCHAR, wchar_t());
  check(MPI::SHORT, short());
  check(MPI::INT, int());
  check(MPI::LONG, 0L);
  check(MPI::LONG_LONG, 0LL);
  check(MPI::UNSIGNED, 0U);
  check(MPI::UNSIGNED_LONG_LONG, 0ULL);
  check(MPI::FLOAT, 0.0F);
  check(MPI::DOUBLE, 0.0);
  check(MPI::LONG_DOUBLE, 0.0L);
  check(MPI::INT8_T, std::int8_t());
  check(MPI::UINT64_T, std::uint64_t());
  check(MPI::CXX_BOOL, bool());
  check(MPI::CXX_DOUBLE_COMPLEX, std::complex<double>());
  check(MPI::AINT, MPI_Aint());
  check(MPI::COUNT, MPI_Count());
  check(MPI::OFFSET, MPI_Offset());
  // a pair of different types has padding in its extent, but not in its size
  REQUIRE(MPI::DOUBLE_INT.Get_size() == sizeof(double) + sizeof(int));
  REQUIRE(MPI::DOUBLE_INT.extent() == sizeof(std::pair<double, int>));
}

TEST_CASE("predefined datatypes have names, and new ones have those they are given", "[datatype]") {
  REQUIRE(MPI::INT.Get_name() == "MPI_INT");
  REQUIRE(MPI::DOUBLE.Get_name() == "MPI_DOUBLE");
  REQUIRE(MPI::BYTE.Get_name() == "MPI_BYTE");
  MPI::Datatype row = MPI::INT.Create_contiguous(4);
  REQUIRE(row.Get_name().empty());
  row.Set_name("a row");
  REQUIRE(row.Get_name() == "a row");
  const MPI::Datatype copy = row;
  REQUIRE(copy.Get_name() == "a row");
}

TEST_CASE("datatypes are equal where they are the same", "[datatype]") {
  REQUIRE(MPI::INT == MPI::INT);
  REQUIRE(MPI::INT != MPI::FLOAT);
  REQUIRE(MPI::INT.native() == MPI_INT);
  REQUIRE(MPI::DATATYPE_NULL == MPI::Datatype());
  REQUIRE_FALSE(MPI::DATATYPE_NULL);
  const MPI::Datatype row = MPI::INT.Create_contiguous(2);
  const MPI::Datatype copy = row;
  REQUIRE(copy == row);
  REQUIRE(row != MPI::INT.Create_contiguous(2));
  REQUIRE(row.Dup() != row);
}

TEST_CASE("every arithmetic and complex type, enum and pair has a predefined datatype",
          "[datatype]") {
  REQUIRE(MPI::Datatype::of<int>() == MPI::INT);
  REQUIRE(MPI::Datatype::of<double>() == MPI::DOUBLE);
  REQUIRE(MPI::Datatype::of<char>() == MPI::CHAR);
  REQUIRE(MPI::Datatype::of<signed char>() == MPI::SIGNED_CHAR);
  REQUIRE(MPI::Datatype::of<unsigned char>() == MPI::UNSIGNED_CHAR);
  REQUIRE(MPI::Datatype::of<std::byte>() == MPI::BYTE);
  REQUIRE(MPI::Datatype::of<bool>() == MPI::CXX_BOOL);
  REQUIRE(MPI::Datatype::of<unsigned long>() == MPI::UNSIGNED_LONG);
  REQUIRE(MPI::Datatype::of<long long>() == MPI::LONG_LONG);
  REQUIRE(MPI::Datatype::of<long double>() == MPI::LONG_DOUBLE);
  REQUIRE(MPI::Datatype::of<std::complex<float>>() == MPI::CXX_FLOAT_COMPLEX);
  REQUIRE(MPI::Datatype::of<std::complex<double>>() == MPI::CXX_DOUBLE_COMPLEX);
  REQUIRE(MPI::Datatype::of<Colour>() == MPI::UNSIGNED_CHAR);
  REQUIRE(MPI::Datatype::of<Number>() == MPI::INT);
  REQUIRE(MPI::Datatype::of<std::pair<double, int>>() == MPI::DOUBLE_INT);
  REQUIRE(MPI::Datatype::of<std::pair<int, int>>() == MPI::INT_INT);
  REQUIRE(MPI::Datatype::of<char16_t>().Get_size() == 2);
  REQUIRE(MPI::Datatype::of<char32_t>().Get_size() == 4);
}

TEST_CASE("a trivially copyable aggregate has one datatype of its size", "[datatype]") {
  const MPI::Datatype particle = MPI::Datatype::of<Particle>();
  REQUIRE(particle == MPI::Datatype::of<Particle>());
  REQUIRE(particle != MPI::Datatype::of<Flag>());
  REQUIRE(particle.extent() == sizeof(Particle));
  REQUIRE(particle.Get_size() == sizeof(Particle));
  REQUIRE(MPI::Datatype::of<Flag>().extent() == sizeof(Flag));

  // it is committed, and fits where arrays of the aggregate lie
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  std::vector<Particle> particles(3);
  if (comm.Get_rank() == 0) particles[2] = {{1, 2, 3}, 'k', -7};
  comm.Bcast({particles.data(), 3, particle});
  REQUIRE((particles[2].position[1] == 2 && particles[2].kind == 'k' && particles[2].charge == -7));
  REQUIRE(particles[1].charge == 0);
}

TEST_CASE("derived datatypes have the sizes and extents of MPI", "[datatype]") {
  const MPI::Datatype row = MPI::INT.Create_contiguous(5);
  REQUIRE(row.Get_size() == 5 * sizeof(int));
  REQUIRE(row.extent() == 5 * sizeof(int));
  REQUIRE(MPI::INT.Create_contiguous(0).Get_size() == 0);

  // three blocks of two, their starts four apart
  const MPI::Datatype vector = MPI::DOUBLE.Create_vector(3, 2, 4);
  REQUIRE(vector.Get_size() == 6 * sizeof(double));
  REQUIRE(vector.extent() == 10 * sizeof(double));
  REQUIRE(MPI::INT.Create_vector(2, 1, -3).Get_extent() ==
          std::pair<MPI_Aint, MPI_Aint>(-3 * static_cast<MPI_Aint>(sizeof(int)), 4 * sizeof(int)));

  const MPI::Datatype resized = vector.Create_resized(-8, 100);
  REQUIRE(resized.Get_size() == 6 * sizeof(double));
  REQUIRE(resized.Get_extent() == std::pair<MPI_Aint, MPI_Aint>(-8, 100));

  const MPI::Datatype duplicate = resized.Dup();
  REQUIRE(duplicate.Get_extent() == resized.Get_extent());
  REQUIRE(duplicate.Get_size() == resized.Get_size());

  // counts of any integral type
  REQUIRE(MPI::INT.Create_contiguous(std::size_t{3}).Get_size() == 3 * sizeof(int));
  // of each other
  REQUIRE(row.Create_vector(2, 1, 2).extent() == 15 * sizeof(int));
}

TEST_CASE("Commit gives the datatype itself", "[datatype]") {
  MPI::Datatype vector = MPI::INT.Create_vector(2, 1, 2);
  MPI::Datatype& committed = vector.Commit();
  REQUIRE(&committed == &vector);
  const MPI::Datatype moved = MPI::INT.Create_contiguous(2).Commit();
  REQUIRE(moved.Get_size() == 2 * sizeof(int));
  // a committed type is of use in a call, alone and as a copy
  const MPI::Datatype copy = vector;
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
  std::array<int, 4> values{rank, rank, rank, rank};
  comm.Bcast({values, 1, copy}, last);
  REQUIRE(values == std::array{last, rank, last, rank});
  comm.Bcast({values, 2, moved}, last);
  REQUIRE(values == std::array{last, last, last, last});
}

TEST_CASE("an uncommitted datatype is refused by a call", "[datatype]") {
  std::array<int, 4> values{};
  const MPI::Datatype vector = MPI::INT.Create_vector(2, 1, 2);
  REQUIRE(is_type_error([&] { MPI::COMM_SELF.Bcast({values, 1, vector}); }));
}

TEST_CASE("the last copy frees a datatype", "[datatype]") {
  FreedCounter counter;
  {
    MPI::Datatype row = MPI::INT.Create_contiguous(3);
    counter.watch(row.native());
    MPI::Datatype copy;
    {
      const MPI::Datatype first = std::move(row);
      copy = first;
    }
    row = MPI::INT;
    REQUIRE(counter.freed() == 0);
    REQUIRE(copy.Get_size() == 3 * sizeof(int));
    // a type that is made of it has all it needs
    row = copy.Create_contiguous(2);
    copy = MPI::FLOAT;
    REQUIRE(row.Commit().Get_size() == 6 * sizeof(int));
  }
  REQUIRE(counter.freed() == 1);
  for (int i = 0; i < 10'000; ++i) {
    const MPI::Datatype type = MPI::INT.Create_vector(2, 1, 2).Commit();
    if (i % 1'000 == 0) counter.watch(type.native());
  }
  REQUIRE(counter.freed() == 11);
}

TEST_CASE("Free makes all copies DATATYPE_NULL", "[datatype]") {
  FreedCounter counter;
  MPI::Datatype row = MPI::INT.Create_contiguous(3);
  const MPI::Datatype copy = row;
  counter.watch(row.native());
  row.Free();
  REQUIRE(counter.freed() == 1);
  REQUIRE(row == MPI::DATATYPE_NULL);
  REQUIRE(copy == MPI::DATATYPE_NULL);
  REQUIRE_FALSE(copy);
  REQUIRE(is_type_error([&] { (void)copy.Get_size(); }));
  REQUIRE(is_type_error([&] { (void)copy.Get_extent(); }));
  REQUIRE(is_type_error([&] { (void)copy.Dup(); }));
  REQUIRE(is_type_error([&] { row.Free(); }));
}

TEST_CASE("Free of the datatype of a C++ type only forgets it", "[datatype]") {
  MPI::Datatype bytes = MPI::Datatype::of<Particle>(),
                members = MPI::Datatype::of<Particle>(MPI::as_struct);
  bytes.Free();
  members.Free();
  REQUIRE(bytes == MPI::DATATYPE_NULL);
  REQUIRE(members == MPI::DATATYPE_NULL);
  REQUIRE(MPI::Datatype::of<Particle>().Get_size() == sizeof(Particle));
  REQUIRE(MPI::Datatype::of<Particle>(MPI::as_struct).Get_extent().second == sizeof(Particle));
  Particle particle{};
  MPI::COMM_WORLD.Bcast(particle);
}

TEST_CASE("predefined datatypes cannot be freed", "[datatype]") {
  MPI::Datatype type = MPI::INT;
  REQUIRE(is_type_error([&] { type.Free(); }));
  REQUIRE(type == MPI::INT);
  REQUIRE(MPI::INT.Get_size() == sizeof(int));
  MPI::Datatype null = MPI::DATATYPE_NULL;
  REQUIRE(is_type_error([&] { null.Free(); }));
}

TEST_CASE("a raw datatype that is adopted is freed with the last copy", "[datatype]") {
  FreedCounter counter;
  MPI_Datatype raw = MPI_DATATYPE_NULL;
  MPI_Type_contiguous(7, MPI_SHORT, &raw);
  counter.watch(raw);
  {
    const MPI::Datatype type = MPI::Datatype::adopt(raw);
    const MPI::Datatype copy = type;
    REQUIRE(copy.native() == raw);
    REQUIRE(copy.Get_size() == 7 * sizeof(short));
  }
  REQUIRE(counter.freed() == 1);
}

TEST_CASE("bad arguments of constructors are errors", "[datatype]") {
  REQUIRE_THROWS_AS(MPI::INT.Create_contiguous(-1), MPI::Exception);
  REQUIRE_THROWS_AS(MPI::INT.Create_vector(-1, 1, 1), MPI::Exception);
  REQUIRE_THROWS_AS(MPI::DATATYPE_NULL.Create_contiguous(2), MPI::Exception);
  REQUIRE_THROWS_AS(MPI::INT.Create_indexed({1, 2}, {0}), MPI::Exception);
  REQUIRE_THROWS_AS(MPI::INT.Create_hindexed({1}, {0, 8}), MPI::Exception);
  REQUIRE_THROWS_AS(MPI::Datatype::Create_struct({1, 1}, {0, 8}, {MPI::INT}), MPI::Exception);
  REQUIRE_THROWS_AS(MPI::INT.Create_subarray({4, 4}, {2}, {0, 0}), MPI::Exception);
  REQUIRE_THROWS_AS(MPI::INT.Create_subarray({4}, {3}, {2}), MPI::Exception);
  REQUIRE_THROWS_AS(MPI::INT.Create_vector(~std::size_t{0}, 1, 1), MPI::Exception);
}

TEST_CASE("Match_size finds the types of Fortran", "[datatype]") {
  CHECK(MPI::Datatype::Match_size(MPI::TYPECLASS_INTEGER, 2).Get_size() == 2);
  CHECK(MPI::Datatype::Match_size(MPI::TYPECLASS_INTEGER, sizeof(long)).Get_size() == sizeof(long));
  CHECK(MPI::Datatype::Match_size(MPI::TYPECLASS_COMPLEX, 16).Get_size() == 16);
  const MPI::Datatype real = MPI::Datatype::Match_size(MPI::TYPECLASS_REAL, 8);
  CHECK(real.is_predefined());
  std::vector<double> sent = {1.5, -2}, received(2);
  MPI::COMM_SELF.Sendrecv({sent, 2, real}, {received, 2, real}, {.dest = 0, .source = 0});
  CHECK(received == sent);
  CHECK_THROWS_AS(MPI::Datatype::Match_size(MPI::TYPECLASS_REAL, 3), MPI::Exception);
}
