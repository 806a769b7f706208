// SPDX-License-Identifier: MIT
// ranks: 1 2 4
// Info: hints as a dictionary of strings.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

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

TEST_CASE("an Info is a dictionary", "[info]") {
  using dictionary = std::map<std::string, std::string>;
  using list = std::vector<std::string>;
  MPI::Info info = MPI::Info::Create();
  REQUIRE(info.empty());
  REQUIRE(info.keys().empty());
  REQUIRE(info.begin() == info.end());
  info.update({{"first", "1"}, {"second", "2"}});
  info.update(dictionary{{"second", "two"}, {"third", "3"}});
  info.update(MPI::Info::Create({{"fourth", "4"}}));
  REQUIRE(info.size() == 4);
  REQUIRE(info["second"] == "two");
  REQUIRE(info["fourth"] == "4");
  REQUIRE(info.contains("third"));
  REQUIRE_FALSE(info.contains("fifth"));
  REQUIRE(info.get("first") == "1");
  REQUIRE(info.get("fifth") == std::nullopt);
  REQUIRE(info.get("fifth", "none") == "none");
  REQUIRE(info.get("first", "none") == "1");
  REQUIRE(error_class_of([&] { (void)info["fifth"]; }) == MPI::ERR_INFO_NOKEY);
  REQUIRE(info.size() == 4);  // asking makes no key

  const list keys = info.keys(), values = info.values();
  const auto pairs = info.items();
  REQUIRE(pairs.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(pairs[i].first == keys[i]);
    REQUIRE(pairs[i].second == values[i]);
    REQUIRE(info[keys[i]] == values[i]);
  }
  REQUIRE(dictionary(pairs.begin(), pairs.end()) ==
          dictionary{{"first", "1"}, {"second", "two"}, {"third", "3"}, {"fourth", "4"}});
  list iterated;
  for (const std::string& key : info) iterated.push_back(key);
  REQUIRE(iterated == keys);
}

TEST_CASE("pop, popitem and clear take keys out of an Info", "[info]") {
  MPI::Info info = MPI::Info::Create({{"first", "1"}, {"second", "2"}, {"third", "3"}});
  const MPI::Info copy = info.copy();
  REQUIRE(info.pop("second") == "2");
  REQUIRE_FALSE(info.contains("second"));
  REQUIRE(info.pop("second", "gone") == "gone");
  REQUIRE(error_class_of([&] { (void)info.pop("second"); }) == MPI::ERR_INFO_NOKEY);
  const std::string last = info.keys().back();
  const auto [key, value] = info.popitem();
  REQUIRE(key == last);
  REQUIRE(value == copy[key]);
  (void)info.popitem();
  REQUIRE(info.empty());
  REQUIRE(error_class_of([&] { (void)info.popitem(); }) == MPI::ERR_INFO_NOKEY);
  REQUIRE(copy.size() == 3);
  MPI::Info other = copy.copy();
  // keys may be deleted while they are iterated over
  for (const std::string& each : other) other.Delete(each);
  REQUIRE(other.empty());
  other.update(copy);
  other.clear();
  other.clear();
  REQUIRE(other.empty());
  REQUIRE(copy.size() == 3);
}

TEST_CASE("an Info is made of a map, of pairs and of another one", "[info]") {
  const std::map<std::string, std::string> map{{"first", "1"}, {"second", "2"}};
  const std::vector<std::pair<const char*, std::string>> pairs{{"second", "2"}, {"first", "1"}};
  const MPI::Info from_map = MPI::Info::Create(map);
  REQUIRE(items(from_map) == map);
  REQUIRE(items(MPI::Info::Create(pairs)) == map);
  const MPI::Info other = MPI::Info::Create(from_map);
  REQUIRE(items(other) == map);
  REQUIRE(other != from_map);
}

TEST_CASE("INFO_NULL reads as empty", "[info]") {
  MPI::Info null;
  REQUIRE(null.size() == 0);
  REQUIRE(null.empty());
  REQUIRE(null.keys().empty());
  REQUIRE(null.items().empty());
  REQUIRE(null.get("key") == std::nullopt);
  REQUIRE_FALSE(null.contains("key"));
  REQUIRE(null.copy() == MPI::INFO_NULL);
  null.clear();
  REQUIRE_THROWS_AS(null.update({{"key", "value"}}), MPI::Exception);
  REQUIRE_THROWS_AS(null.pop("key"), MPI::Exception);
}

TEST_CASE("the environment of the start can be read", "[info]") {
  REQUIRE(MPI::INFO_ENV);
  for (const auto& [key, value] : MPI::INFO_ENV.items()) REQUIRE_FALSE(key.empty());
#if MPI_VERSION >= 4
  const MPI::Info made = MPI::Info::Create_env({"program", "--option"});
  REQUIRE(made);
  REQUIRE(made != MPI::INFO_ENV);
  REQUIRE(MPI::Info::Create_env());
#else
  REQUIRE(error_class_of([] { (void)MPI::Info::Create_env(); }) == MPI_ERR_UNSUPPORTED_OPERATION);
#endif
}
