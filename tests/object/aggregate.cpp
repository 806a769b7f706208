// ranks: 1
// SPDX-License-Identifier: MIT
// The members of aggregates of many shapes: counted, listed and visited.
#include <mpi4cxx/object/aggregate.hpp>

#include <any>
#include <array>
#include <atomic>
#include <complex>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "support/catch.hpp"

namespace detail = mpi4cxx::MPI::detail;
using detail::aggregate_with_base;
using detail::for_each_member;
using detail::member_count;
using detail::member_types;
using detail::reflectable_aggregate;
using detail::type_list;
using detail::with_members;

namespace {

struct nothing {};
struct one {
  int value;
};
struct point {
  double x, y, z;
};
struct particle {
  double position[3];
  int matrix[2][2];
  std::string names[2];
  int id;
};
struct nested {
  point first;
  std::array<int, 4> values;
  nothing empty;
  point points[2];
  std::array<point, 2> more;
};
struct single_array {
  char text[4096];
};
struct large_arrays {
  char name[1024];
  double data[512][512];
  int id;
};
struct array_of_one {
  int value[1];
  int other;
};
struct library {
  std::string text;
  std::vector<double> numbers;
  std::optional<std::string> maybe;
  std::unique_ptr<int> owner;
  std::shared_ptr<int> shared;
  std::map<std::string, std::vector<int>> table;
  std::tuple<int, double> tuple;
  std::variant<int, std::string> variant;
  std::complex<double> complex;
  std::pair<int, char> pair;
};
struct greedy {
  std::any any;
  std::function<void()> function;
  std::optional<std::any> maybe;
  int last;
};
struct only_greedy {
  std::any any;
};
struct unmovable {
  std::mutex mutex;
  std::atomic<int> number;
};

// Without a default constructor, and with explicit ones only.
struct explicit_only {
  explicit explicit_only(int v) : value(v) {}
  int value;
};
struct explicit_default {
  explicit explicit_default() {}
  int value = 3;
};
struct from_anything {
  template <class T>
  from_anything(T&&) {}
};
struct pair_constructor {
  pair_constructor(int, int) {}
};
struct by_values {
  int before;
  explicit_only first;
  double position[3];
  std::string names[2];
  explicit_only both[2];
  int matrix[2][3];
  std::vector<int> numbers;
  std::any any;
  std::unique_ptr<int> owner;
  explicit_default last;
};
struct single_explicit {
  explicit_only value;
};
struct holds_by_values {
  single_explicit inner;
  pair_constructor two;
  from_anything greedy_member;
  int array[2];
};
struct explicit_in_the_middle {
  int first;
  explicit_default middle;
  int array[2];
};
struct default_initializers {
  int value = 1;
  std::string text = "text";
  double position[3] = {1, 2, 3};
  explicit_only wrapped = explicit_only(4);
  int last = 5;
};
struct bits {
  unsigned low : 3;
  unsigned high : 5;
  bool flag : 1;
  int rest;
};
struct constants {
  const int fixed;
  const double coordinates[2];
  const std::string text;
};
struct tree {
  int value;
  std::vector<tree> children;
};
struct linked {
  std::unique_ptr<linked> next;
  std::map<int, linked> others;
  linked* parent = nullptr;
};
enum class color { red, green };
union either {
  int integer;
  float real;
};
struct scalars {
  color hue;
  int* pointer;
  either choice;
  void (*function)(int);
  int particle::*member;
  std::nullptr_t null;
  bool flag;
  long double real;
};
template <class T>
struct generic {
  T value;
  T array[2];
};
struct alignas(64) aligned {
  char letter;
  [[no_unique_address]] nothing empty;
};
struct non_copyable_pair {
  std::unique_ptr<int> owners[2];
  int value;
};
struct recursive_by_values {
  std::vector<recursive_by_values> children;
  explicit_only value;
  std::optional<std::vector<recursive_by_values>> maybe;
  std::optional<std::any> anything;
  std::tuple<int, explicit_only> tuple;
  std::array<explicit_only, 2> array;
  int numbers[2][3][4];
};
struct unnamed_parts {
  struct {
    int value;
  } inner;
  union {
    int integer;
    float real;
  } choice;
  int : 3;
  int last;
};
template <class T>
struct holder {
  T value;
};

struct sixty_four {
  int a[2], b, c, d, e, f, g, h;
  int a1, b1, c1, d1, e1, f1, g1, h1;
  int a2, b2, c2, d2, e2, f2, g2, h2;
  int a3, b3, c3, d3, e3, f3, g3, h3;
  int a4, b4, c4, d4, e4, f4, g4, h4;
  int a5, b5, c5, d5, e5, f5, g5, h5;
  int a6, b6, c6, d6, e6, f6, g6, h6;
  int a7, b7, c7, d7, e7, f7, g7, h7;
};
struct thirty_three {
  int a0, b0, c0, d0, e0, f0, g0, h0;
  int a1, b1, c1, d1, e1, f1, g1, h1;
  int a2, b2, c2, d2, e2, f2, g2, h2;
  int a3, b3, c3, d3, e3, f3, g3, h3;
  std::string last;
};

struct with_base : point {
  int id;
};
struct with_empty_base : nothing {
  int id;
};
struct only_base : point {};
struct base_of_values : single_explicit {
  explicit_only value;
};
template <class T>
struct curious {};
struct with_curious_base : curious<with_curious_base> {
  int id = 0;
};
struct with_unmovable_base : std::mutex {
  int id = 0;
};
struct not_an_aggregate {
  not_an_aggregate() {}
  int value = 0;
};
struct with_reference {
  int& reference;
};

static_assert(member_count<nothing> == 0);
static_assert(member_count<one> == 1);
static_assert(member_count<point> == 3);
static_assert(member_count<const point> == 3);
static_assert(member_count<particle> == 4);
static_assert(member_count<nested> == 5);
static_assert(member_count<single_array> == 1);
static_assert(member_count<large_arrays> == 3);
static_assert(member_count<array_of_one> == 2);
static_assert(member_count<library> == 10);
static_assert(member_count<greedy> == 4);
static_assert(member_count<only_greedy> == 1);
static_assert(member_count<unmovable> == 2);
static_assert(member_count<by_values> == 10);
static_assert(member_count<single_explicit> == 1);
static_assert(member_count<holds_by_values> == 4);
static_assert(member_count<explicit_in_the_middle> == 3);
static_assert(member_count<default_initializers> == 5);
static_assert(member_count<bits> == 4);
static_assert(member_count<constants> == 3);
static_assert(member_count<tree> == 2);
static_assert(member_count<linked> == 3);
static_assert(member_count<scalars> == 8);
static_assert(member_count<generic<int>> == 2);
static_assert(member_count<generic<explicit_only>> == 2);
static_assert(member_count<generic<generic<std::string>>> == 2);
static_assert(member_count<aligned> == 2);
static_assert(member_count<non_copyable_pair> == 2);
static_assert(member_count<recursive_by_values> == 7);
static_assert(member_count<unnamed_parts> == 3);
static_assert(member_count<holder<holder<explicit_only>>> == 1);
static_assert(member_count<holder<explicit_only[2]>> == 1);
static_assert(member_count<holder<holder<int[2]>>> == 1);
static_assert(member_count<holder<std::any>> == 1);
static_assert(member_count<sixty_four> == 64);
static_assert(member_count<thirty_three> == 33);

static_assert(aggregate_with_base<with_base> && !reflectable_aggregate<with_base>);
static_assert(aggregate_with_base<with_empty_base> && !reflectable_aggregate<with_empty_base>);
static_assert(aggregate_with_base<only_base> && !reflectable_aggregate<only_base>);
static_assert(aggregate_with_base<base_of_values> && !reflectable_aggregate<base_of_values>);
static_assert(aggregate_with_base<with_curious_base> && !reflectable_aggregate<with_curious_base>);
static_assert(aggregate_with_base<with_unmovable_base>);
static_assert(reflectable_aggregate<point> && !aggregate_with_base<point>);
static_assert(reflectable_aggregate<const tree> && !aggregate_with_base<const tree>);
static_assert(!aggregate_with_base<holds_by_values> && !aggregate_with_base<only_greedy>);
static_assert(!reflectable_aggregate<int> && !reflectable_aggregate<int[3]>);
static_assert(!reflectable_aggregate<either> && !reflectable_aggregate<not_an_aggregate>);
static_assert(!reflectable_aggregate<std::array<int, 2>>);
static_assert(!reflectable_aggregate<std::string> && !reflectable_aggregate<point&>);
static_assert(!reflectable_aggregate<with_reference>);

static_assert(std::is_same_v<member_types<nothing>, type_list<>>);
static_assert(
    std::is_same_v<member_types<particle>, type_list<double[3], int[2][2], std::string[2], int>>);
static_assert(std::is_same_v<member_types<const one>, type_list<int>>);
static_assert(std::is_same_v<member_types<bits>, type_list<unsigned, unsigned, bool, int>>);
static_assert(std::is_same_v<member_types<constants>, type_list<int, double[2], std::string>>);
static_assert(std::is_same_v<member_types<tree>, type_list<int, std::vector<tree>>>);
static_assert(std::is_same_v<member_types<linked>,
                             type_list<std::unique_ptr<linked>, std::map<int, linked>, linked*>>);
static_assert(std::is_same_v<
              member_types<by_values>,
              type_list<int, explicit_only, double[3], std::string[2], explicit_only[2], int[2][3],
                        std::vector<int>, std::any, std::unique_ptr<int>, explicit_default>>);
static_assert(std::is_same_v<member_types<holds_by_values>,
                             type_list<single_explicit, pair_constructor, from_anything, int[2]>>);
static_assert(std::is_same_v<member_types<default_initializers>,
                             type_list<int, std::string, double[3], explicit_only, int>>);

constexpr double sum_of(point value) {
  double sum = 0;
  for_each_member(value, [&](const double& member) { sum += member; });
  return sum;
}
static_assert(sum_of({1, 2, 3}) == 6);
constexpr point somewhere{1, 2, 3};
static_assert(with_members(somewhere, [](double x, double y, double z) {
                return x * 100 + y * 10 + z;
              }) == 123);

}  // namespace

TEST_CASE("for_each_member visits the members themselves, in order") {
  particle value{{1, 2, 3}, {{4, 5}, {6, 7}}, {"eight", "nine"}, 10};
  std::vector<const void*> visited;
  for_each_member(value, [&](auto& member) { visited.push_back(&member); });
  REQUIRE(visited.size() == 4);
  CHECK(visited[0] == &value.position);
  CHECK(visited[1] == &value.matrix);
  CHECK(visited[2] == &value.names);
  CHECK(visited[3] == &value.id);
}

TEST_CASE("members of a const aggregate are const, others can be changed") {
  library value{};
  for_each_member(value, [](auto& member) {
    static_assert(!std::is_const_v<std::remove_reference_t<decltype(member)>>);
    if constexpr (std::is_same_v<decltype(member), std::string&>) member = "changed";
    if constexpr (std::is_same_v<decltype(member), std::unique_ptr<int>&>)
      member = std::make_unique<int>(7);
  });
  CHECK(value.text == "changed");
  CHECK(*value.owner == 7);

  const library& constant = value;
  int seen = 0;
  for_each_member(constant, [&](auto& member) {
    static_assert(std::is_const_v<std::remove_reference_t<decltype(member)>>);
    ++seen;
  });
  CHECK(seen == 10);
}

TEST_CASE("with_members gives all members at once and returns what the function returns") {
  tree value{1, {{2, {}}, {3, {}}}};
  std::vector<tree>& children =
      with_members(value, [](int&, std::vector<tree>& list) -> std::vector<tree>& { return list; });
  CHECK(&children == &value.children);

  nothing empty;
  CHECK(with_members(empty, [] { return 5; }) == 5);
  for_each_member(empty, [](auto&) { FAIL("there is no member"); });

  sixty_four many{};
  many.h7 = 9;
  int members = 0;
  int last = 0;
  for_each_member(many, [&](auto& member) {
    ++members;
    if constexpr (std::is_same_v<decltype(member), int&>) last = member;
  });
  CHECK(members == 64);
  CHECK(last == 9);
}

TEST_CASE("bit-fields can be read") {
  bits value{5, 17, true, -1};
  CHECK(with_members(value, [](unsigned low, unsigned high, bool flag, int rest) {
    return low == 5 && high == 17 && flag && rest == -1;
  }));
  const bits& constant = value;
  long sum = 0;
  for_each_member(constant, [&](const auto& member) { sum += static_cast<long>(member); });
  CHECK(sum == 5 + 17 + 1 - 1);
}

TEST_CASE("members that cannot be made from nothing are visited as well") {
  default_initializers value;
  int seen = 0;
  for_each_member(value, [&](auto& member) {
    ++seen;
    if constexpr (std::is_same_v<decltype(member), explicit_only&>) CHECK(member.value == 4);
  });
  CHECK(seen == 5);
}
