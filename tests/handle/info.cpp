// SPDX-License-Identifier: MIT
// ranks: 1 2 4
// Info: hints as a dictionary of strings.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>

namespace MPI = mpi4cxx::MPI;

namespace {

std::map<std::string, std::string> items(const MPI::Info& info) {
  std::map<std::string, std::string> found;
  for (int i = 0; i < info.Get_nkeys(); ++i)
    found[info.Get_nthkey(i)] = info.Get(info.Get_nthkey(i)).value();
  return found;
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

TEST_CASE("an Info holds what was set", "[info]") {
  MPI::Info info = MPI::Info::Create();
  REQUIRE(info);
  REQUIRE(info.Get_nkeys() == 0);
  REQUIRE(info.Get("key") == std::nullopt);
  info.Set("key", "value");
  info.Set("other", "with blanks and =");
  REQUIRE(info.Get("key") == "value");
  REQUIRE(info.Get("other") == "with blanks and =");
  REQUIRE(info.Get("absent") == std::nullopt);
  REQUIRE(info.Get_nkeys() == 2);
  info.Set("key", "another");
  REQUIRE(info.Get("key") == "another");
  REQUIRE(info.Get_nkeys() == 2);
  info.Delete("key");
  REQUIRE(info.Get("key") == std::nullopt);
  REQUIRE(items(info) == std::map<std::string, std::string>{{"other", "with blanks and ="}});
}

TEST_CASE("an Info is made from a list of items", "[info]") {
  const MPI::Info info = MPI::Info::Create({{"first", "1"}, {"second", "2"}, {"third", "3"}});
  REQUIRE(items(info) ==
          std::map<std::string, std::string>{{"first", "1"}, {"second", "2"}, {"third", "3"}});
}

TEST_CASE("an Info holds values up to MPI's limit", "[info]") {
  MPI::Info info = MPI::Info::Create();
  const std::string key(MPI_MAX_INFO_KEY - 1, 'k'), value(MPI_MAX_INFO_VAL - 1, 'v');
  info.Set(key, value);
  REQUIRE(info.Get(key) == value);
  REQUIRE(info.Get_nthkey(0) == key);
  REQUIRE(error_class_of([&] { info.Set(key + std::string(1'000, 'k'), "value"); }) ==
          MPI::ERR_INFO_KEY);
  REQUIRE(error_class_of([&] { info.Set("key", value + std::string(10'000, 'v')); }) ==
          MPI::ERR_INFO_VALUE);
  REQUIRE(info.Get_nkeys() == 1);
}

TEST_CASE("what an Info does not have is an error to delete", "[info]") {
  MPI::Info info = MPI::Info::Create({{"key", "value"}});
  REQUIRE(error_class_of([&] { info.Delete("absent"); }) == MPI::ERR_INFO_NOKEY);
  REQUIRE(error_class_of([&] { (void)info.Get_nthkey(1); }) != MPI::SUCCESS);
  REQUIRE(info.Get("key") == "value");
}

TEST_CASE("Dup makes an Info of its own, a copy does not", "[info]") {
  MPI::Info info = MPI::Info::Create({{"key", "value"}});
  MPI::Info copy = info;
  const MPI::Info duplicate = info.Dup();
  REQUIRE(copy == info);
  REQUIRE(duplicate != info);
  copy.Set("key", "changed");
  REQUIRE(info.Get("key") == "changed");
  REQUIRE(duplicate.Get("key") == "value");
  info.Free();
  REQUIRE(info == MPI::INFO_NULL);
  REQUIRE(copy == MPI::INFO_NULL);
  REQUIRE_FALSE(copy);
  REQUIRE(duplicate.Get("key") == "value");
}

TEST_CASE("INFO_NULL takes nothing", "[info]") {
  MPI::Info null = MPI::INFO_NULL;
  REQUIRE_FALSE(null);
  REQUIRE(null == MPI::Info());
  // ERR_INFO or ERR_ARG, as the MPI library likes
  REQUIRE_THROWS_AS(null.Set("key", "value"), MPI::Exception);
  REQUIRE_THROWS_AS(null.Get_nkeys(), MPI::Exception);
  REQUIRE_THROWS_AS(null.Dup(), MPI::Exception);
  REQUIRE_THROWS_AS(null.Free(), MPI::Exception);
}

TEST_CASE("a raw Info is adopted", "[info]") {
  MPI_Info raw = MPI_INFO_NULL;
  MPI_Info_create(&raw);
  MPI_Info_set(raw, "key", "value");
  const MPI::Info info = MPI::Info::adopt(raw);
  REQUIRE(info.native() == raw);
  REQUIRE(info.Get("key") == "value");
}
