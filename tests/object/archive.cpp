// SPDX-License-Identifier: MIT
// ranks: 1
// inline limits: 64 4096
// Standard types survive the way through a message.
#include <array>
#include <bitset>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstdint>
#include <deque>
#include <forward_list>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <valarray>
#include <variant>
#include <vector>

#include "object/round_trip.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

using namespace mpi4cxx;
using namespace std::string_literals;

namespace {

// Around both inline limits, in elements of several sizes.
constexpr std::size_t sizes[] = {0,  1,  2,   7,   8,   9,    15,   16,   17,    63,
                                 64, 65, 511, 512, 513, 4095, 4096, 4097, 30'001};

template <class Container>
Container filled(std::size_t size) {
  Container made;
  for (std::size_t i = 0; i < size; ++i)
    made.insert(made.end(), static_cast<typename Container::value_type>(i * 7 % 1000));
  return made;
}
std::vector<std::string> words(std::size_t size) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < size; ++i)
    made.emplace_back(i % 131, static_cast<char>('a' + i % 26));
  return made;
}

/// Throws when it is copied, which leaves a variant without a value.
struct Throws {
  Throws() = default;
  Throws(const Throws&) { throw 1; }
  Throws& operator=(const Throws&) = default;
  int value = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};

enum class Signed : std::int16_t { low = -300, high = 300 };
enum Unscoped { first, second = 70'000 };

}  // namespace

TEST_CASE("every representative message arrives", "[archive]") {
  for_each_message([](const auto& message) { check_round_trips(message); });
}

TEST_CASE("arithmetic types keep every bit", "[archive]") {
  const auto limits = [](auto zero) {
    using T = decltype(zero);
    for (const T value : {std::numeric_limits<T>::min(), std::numeric_limits<T>::lowest(), zero,
                          std::numeric_limits<T>::max()})
      check_round_trips(value);
  };
  limits(static_cast<signed char>(0));
  limits(static_cast<unsigned char>(0));
  limits(char{});
  limits(wchar_t{});
  limits(char16_t{});
  limits(std::int16_t{});
  limits(std::uint32_t{});
  limits(0L);
  limits(0ULL);
  limits(0.0F);
  limits(0.0);
  limits(0.0L);
  check_round_trips(true);
  check_round_trips(false);

  const auto same_sign = [](double a, double b) {
    return a == b && std::signbit(a) == std::signbit(b);
  };
  check_round_trips(-0.0, same_sign);
  check_round_trips(std::numeric_limits<double>::infinity());
  const auto both_nan = [](double a, double b) { return std::isnan(a) && std::isnan(b); };
  check_round_trips(std::nan(""), both_nan);
  check_round_trips(1.0L / 3);
  check_round_trips(std::complex<float>(1.5F, -2.5F));
  check_round_trips(std::complex<long double>(1.0L / 3, -1.0L / 7));
  check_round_trips(std::byte{0x5a});
  check_round_trips(Signed::low);
  check_round_trips(second);
}

TEST_CASE("sequences of every size arrive", "[archive]") {
  for (const std::size_t size : sizes) {
    INFO("size " << size);
    check_round_trips(filled<std::vector<int>>(size));
    check_round_trips(filled<std::vector<double>>(size));
    check_round_trips(std::string(size, 's'));
    check_round_trips(std::vector<bool>(size, size % 2 == 0));
    check_round_trips(words(size));
    check_round_trips(filled<std::deque<long>>(size));
    check_round_trips(filled<std::list<short>>(size));
    check_round_trips(std::forward_list<int>(size, 3));
  }
}

TEST_CASE("strings of all characters arrive", "[archive]") {
  check_round_trips("with \0 a zero"s);
  check_round_trips(std::wstring(2000, L'\u00e9'));
  check_round_trips(std::u8string(u8"na\u00efve"));
  check_round_trips(std::u16string(3000, u'\u2713'));
  check_round_trips(std::u32string(U"\u65e5\u672c"));
  check_round_trips(std::vector<char>{'a', '\0', 'c'});
}

TEST_CASE("sequences within sequences arrive", "[archive]") {
  check_round_trips(
      std::vector<std::vector<double>>{{}, {1.5}, std::vector<double>(9001, 0.5), {}});
  check_round_trips(
      std::vector<std::vector<bool>>{{true, false, true}, {}, std::vector<bool>(700, true)});
  check_round_trips(std::list<std::deque<std::string>>{{"a"}, {}, {"", std::string(5000, 'x')}});
  check_round_trips(std::deque<bool>{true, false, true});
  check_round_trips(std::vector<std::complex<double>>(800, {1, -1}));
  check_round_trips(std::vector<long double>(500, 1.0L / 3));
  check_round_trips(std::vector<Signed>{Signed::low, Signed::high});
  check_round_trips(std::vector<std::pair<int, std::string>>{{1, "a"}, {2, ""}});
  check_round_trips(std::pmr::vector<double>(900, 1.5));
}

TEST_CASE("arrays arrive", "[archive]") {
  check_round_trips(std::array<double, 1000>{1.5, 2.5});
  check_round_trips(std::array<std::array<int, 3>, 2>{{{1, 2, 3}, {4, 5, 6}}});
  check_round_trips(std::array<std::string, 3>{"a", "", std::string(5000, 'c')});
  check_round_trips(std::array<std::vector<int>, 2>{{{1, 2, 3}, std::vector<int>(2000, 5)}});
  check_round_trips(std::array<bool, 5>{true, false, true});
  check_round_trips(std::array<int, 0>{});
  check_round_trips(std::array<std::string, 0>{});
}

TEST_CASE("maps and sets of every sort arrive", "[archive]") {
  for (const std::size_t size : {0U, 1U, 12U, 3001U}) {
    INFO("size " << size);
    std::map<int, std::string> map;
    std::multimap<int, int> multimap;
    std::unordered_map<std::string, double> unordered;
    std::unordered_multimap<int, std::string> unordered_multi;
    std::multiset<std::string> multiset;
    std::unordered_set<int> unordered_set;
    std::unordered_multiset<int> unordered_multiset;
    for (int i = 0; i < static_cast<int>(size); ++i) {
      map[-i] = std::string(static_cast<std::size_t>(i % 50), 'm');
      multimap.emplace(i % 5, i);
      unordered[std::to_string(i)] = i / 2.0;
      unordered_multi.emplace(i % 7, std::to_string(i));
      multiset.insert(std::to_string(i % 9));
      unordered_set.insert(i * 3);
      unordered_multiset.insert(i % 4);
    }
    check_round_trips(map);
    check_round_trips(multimap);  // compares the order of equal keys too
    check_round_trips(unordered);
    check_round_trips(unordered_multi);
    check_round_trips(multiset);
    check_round_trips(unordered_set);
    check_round_trips(unordered_multiset);
  }
  check_round_trips(std::set<std::pair<int, std::string>>{{2, "b"}, {1, "z"}, {2, "a"}});
  check_round_trips(std::map<std::vector<int>, std::set<int>>{
      {{}, {}}, {{1, 2}, {3, 4}}, {std::vector<int>(2000, 1), {}}});
  check_round_trips(std::map<int, bool>{{1, true}, {2, false}});
  const std::map<int, std::string, std::greater<>> descending{{1, "one"}, {3, "three"}, {2, "two"}};
  check_round_trips(descending);

  std::map<int, std::array<double, 10'000>> large;
  for (int key = 0; key < 5; ++key) large[key].fill(key + 0.5);
  check_round_trips(large);
}

TEST_CASE("adaptors arrive in their order", "[archive]") {
  std::stack<int> stack;
  std::stack<std::string, std::vector<std::string>> texts;
  std::queue<std::string> queue;
  std::queue<double, std::list<double>> list_queue;
  std::priority_queue<int> most;
  std::priority_queue<int, std::vector<int>, std::greater<>> least;
  for (int i = 0; i < 1500; ++i) {
    stack.push(i);
    texts.push(std::to_string(i));
    queue.push(std::to_string(i));
    list_queue.push(i);
    most.push(i * 7 % 1500);
    least.push(i * 7 % 1500);
  }
  check_round_trips(stack);
  check_round_trips(texts);
  check_round_trips(queue);
  check_round_trips(list_queue);
  check_round_trips(std::stack<int>{});
  const auto same_order = [](auto a, auto b) {
    for (; !a.empty() && !b.empty(); a.pop(), b.pop())
      if (a.top() != b.top()) return false;
    return a.empty() && b.empty();
  };
  check_round_trips(most, same_order);
  check_round_trips(least, same_order);
}

TEST_CASE("bitsets and valarrays arrive", "[archive]") {
  check_round_trips(std::bitset<1>("1"));
  check_round_trips(std::bitset<130>("1011").set(129).set(64));
  check_round_trips(std::vector<std::bitset<3>>{std::bitset<3>("101"), std::bitset<3>("010")});
  const auto same = [](const auto& a, const auto& b) {
    return a.size() == b.size() && std::equal(std::begin(a), std::end(a), std::begin(b));
  };
  for (const std::size_t size : {std::size_t{1}, std::size_t{9}, std::size_t{5000}})
    check_round_trips(std::valarray<double>(1.5, size), same);
  check_round_trips(std::valarray<std::string>{"a", "", "c"}, same);
  check_round_trips(std::valarray<bool>{true, false}, same);
  const auto both_empty = [](const auto& a, const auto& b) {
    return a.size() == 0 && b.size() == 0;
  };
  check_round_trips(std::valarray<int>(), both_empty);
}

TEST_CASE("optionals and variants keep what they hold and which alternative", "[archive]") {
  check_round_trips(std::optional<std::vector<double>>(std::vector<double>(2000, 0.5)));
  check_round_trips(std::optional<std::optional<int>>());
  check_round_trips(std::optional<std::optional<int>>(std::in_place));
  check_round_trips(std::optional<std::optional<int>>(std::optional(4)));
  check_round_trips(std::optional<bool>(false));
  check_round_trips(std::vector<std::optional<std::string>>{"a", std::nullopt, ""});

  using Repeated = std::variant<int, std::string, int, std::string>;
  for (const Repeated& value :
       {Repeated(std::in_place_index<0>, 5), Repeated(std::in_place_index<1>, "a"),
        Repeated(std::in_place_index<2>, 5), Repeated(std::in_place_index<3>, "a")})
    check_round_trips(value);  // == compares the index
  using Nested = std::variant<std::monostate, std::vector<double>, std::variant<bool, std::string>>;
  check_round_trips(Nested());
  check_round_trips(Nested(std::vector<double>(3000, 1.5)));
  check_round_trips(Nested(std::in_place_index<2>, "inner"s));
  check_round_trips(Nested(std::in_place_index<2>, true));
  check_round_trips(std::vector<Nested>{Nested(), Nested(std::vector<double>{1}), Nested()});
  check_round_trips(std::optional<std::variant<std::monostate, int>>(std::monostate{}));
  check_round_trips(std::monostate{});
}

TEST_CASE("pairs and tuples arrive", "[archive]") {
  check_round_trips(std::pair(std::vector<int>(3000, 1), "second"s));
  check_round_trips(std::tuple());
  check_round_trips(std::tuple(1));
  check_round_trips(std::tuple(true, 'c', 1.5, "text"s, std::vector<double>(600, 0.5),
                               std::tuple(1, std::pair(2, 3))));
  check_round_trips(std::map<std::pair<int, int>, std::tuple<std::string, bool>>{
      {{1, 2}, {"a", true}}, {{0, 0}, {"", false}}});
}

TEST_CASE("times and durations arrive", "[archive]") {
  using namespace std::chrono;
  check_round_trips(-5h);
  check_round_trips(nanoseconds::max());
  check_round_trips(duration<double, std::ratio<1, 3>>(1.25));
  check_round_trips(system_clock::time_point(123456789us));
  check_round_trips(steady_clock::now());
  check_round_trips(time_point<system_clock, days>(days(20'000)));
  check_round_trips(std::vector<milliseconds>(900, 3ms));
}

TEST_CASE("a valueless variant is refused", "[archive]") {
  std::variant<int, Throws> value;
  try {
    value = Throws();
  } catch (int) {
  }
  REQUIRE(value.valueless_by_exception());
  CHECK_THROWS_WITH(MPI::Object(value), HasText("std::variant"));
}

TEST_CASE("unique pointers carry what they own", "[archive]") {
  const auto same = [](const auto& a, const auto& b) { return a && b ? *a == *b : !a && !b; };
  check_round_trip(std::unique_ptr<int>(), same);
  check_round_trip(std::make_unique<int>(5), same);
  check_round_trip(std::make_unique<std::vector<double>>(5000, 0.5), same);
  check_round_trip(std::make_unique<const std::string>("constant"), same);
  std::vector<std::unique_ptr<std::string>> texts;
  texts.push_back(std::make_unique<std::string>("a"));
  texts.push_back(nullptr);
  texts.push_back(std::make_unique<std::string>(6000, 'c'));
  const auto all_same = [&](const auto& a, const auto& b) {
    return std::ranges::equal(a, b, same);
  };
  check_round_trip(texts, all_same);
  std::map<int, std::unique_ptr<std::unique_ptr<int>>> map;
  map[1] = std::make_unique<std::unique_ptr<int>>(std::make_unique<int>(3));
  map[2] = nullptr;
  const auto arrived = MPI::Object(map).as<decltype(map)>();
  REQUIRE(arrived.size() == 2);
  CHECK(**arrived.at(1) == 3);
  CHECK(arrived.at(2) == nullptr);
}

TEST_CASE("what is shared within a message stays shared", "[archive]") {
  using Shared = std::shared_ptr<std::vector<double>>;
  const auto same = [](const auto& a, const auto& b) { return a && b ? *a == *b : !a && !b; };
  check_round_trips(Shared(), same);
  check_round_trips(std::make_shared<std::vector<double>>(4000, 0.5), same);
  check_round_trips(std::make_shared<const int>(7), same);

  const auto one = std::make_shared<std::vector<double>>(4000, 0.5);
  const auto other = std::make_shared<std::vector<double>>(4000, 0.5);
  for (const auto& arrived :
       {MPI::Object(std::vector<Shared>{one, other, nullptr, one}).as<std::vector<Shared>>(),
        MPI::COMM_SELF.sendrecv(std::vector<Shared>{one, other, nullptr, one}, 0)}) {
    REQUIRE(arrived.size() == 4);
    CHECK(*arrived[0] == *one);
    CHECK(arrived[0] == arrived[3]);
    CHECK(arrived[0] != arrived[1]);
    CHECK(*arrived[1] == *other);
    CHECK(arrived[2] == nullptr);
    CHECK(arrived[0].use_count() == 2);
  }

  using Observed = std::tuple<std::weak_ptr<std::string>, std::shared_ptr<std::string>,
                              std::weak_ptr<std::string>>;
  const auto text = std::make_shared<std::string>("observed");
  const auto [early, owner, late] = MPI::Object(Observed{text, text, text}).as<Observed>();
  REQUIRE(owner);
  CHECK(*owner == "observed");
  CHECK(early.lock() == owner);
  CHECK(late.lock() == owner);
  std::weak_ptr<std::string> expired;
  { expired = std::make_shared<std::string>(); }
  CHECK(MPI::Object(expired).as<std::weak_ptr<std::string>>().expired());
}

TEST_CASE("packed objects travel within objects", "[archive]") {
  const std::vector<MPI::Object> many{MPI::Object(5), MPI::Object("text"s), MPI::Object(),
                                      MPI::Object(std::vector<double>(3000, 0.5)),
                                      MPI::Object(words(200))};
  for (const auto& arrived :
       {MPI::Object(many).as<std::vector<MPI::Object>>(), MPI::COMM_SELF.sendrecv(many, 0)}) {
    REQUIRE(arrived.size() == 5);
    CHECK(arrived[0].as<int>() == 5);
    CHECK(arrived[1].as<std::string>() == "text");
    CHECK(arrived[2].empty());
    CHECK((arrived[3].as<std::vector<double>>() == std::vector<double>(3000, 0.5)));
    CHECK((arrived[4].as<std::vector<std::string>>() == words(200)));
    CHECK_THROWS_AS(arrived[4].as<std::string>(), MPI::TypeMismatch);
  }
  const auto inner = MPI::Object(MPI::pickle.dumps(std::pair(MPI::Object(1), 2)));
  CHECK(MPI::pickle.loads<std::pair<MPI::Object, int>>(inner).first.as<int>() == 1);
}

TEST_CASE("an Object knows whether it is empty, how large and what it is", "[archive]") {
  const MPI::Object nothing;
  CHECK(nothing.empty());
  CHECK_FALSE(nothing);
  CHECK(nothing.size() == 0);
  CHECK_FALSE(nothing.is<int>());
  CHECK_THROWS_WITH(nothing.as<int>(), HasText("empty"));
  const MPI::Object text("a text");
  CHECK(text);
  CHECK(text.is<std::string>());
  CHECK(text.as<std::string>() == "a text");
  CHECK(text.type_name() == "std::string");
  CHECK((MPI::Object(std::string()).size() == 0));
  CHECK_FALSE(MPI::Object(std::string()).empty());
  CHECK((MPI::Object(std::vector<double>(1000)).size() == 8000));
  MPI::Object copy = text;
  const MPI::Object moved = std::move(copy);
  CHECK(moved.as<std::string>() == "a text");
}
