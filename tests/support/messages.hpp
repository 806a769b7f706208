// SPDX-License-Identifier: MIT
// Representative objects for tests of the lowercase calls. All are default constructible, copyable
// and comparable. No cereal type header is included: users need none either.
#pragma once

#include "support/catch.hpp"

#include <array>
#include <chrono>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <typeinfo>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace messages {

enum class Colour : unsigned char { red, green = 7 };

/// Trivially copyable.
struct Point {
  double x = 0, y = 0;
  int id = 0;
  bool operator==(const Point&) const = default;
};

/// An aggregate with nothing written for serialization.
struct Task {
  int id = 0;
  std::string name;
  std::vector<double> weights;
  bool operator==(const Task&) const = default;
};

/// Aggregates in an aggregate.
struct Plan {
  Task first;
  std::vector<Task> others;
  std::optional<Point> place;
  std::map<std::string, Colour> colours;
  bool operator==(const Plan&) const = default;
};

/// A class with cereal's serialize().
class Account {
 public:
  Account() = default;
  Account(std::string owner, long cents) : owner_(std::move(owner)), cents_(cents) {}
  template <class Archive>
  void serialize(Archive& archive) {
    archive(owner_, cents_);
  }
  bool operator==(const Account&) const = default;

 private:
  std::string owner_;
  long cents_ = 0;
};

/// A class with cereal's save() and load(), whose save hands over a local and whose load uses what it
/// has just read.
class History {
 public:
  History() = default;
  explicit History(std::vector<int> steps)
      : steps_(std::move(steps)), sum_(std::accumulate(steps_.begin(), steps_.end(), 0)) {}
  template <class Archive>
  void save(Archive& archive) const {
    const std::vector<int> reversed(steps_.rbegin(), steps_.rend());
    archive(reversed);
  }
  template <class Archive>
  void load(Archive& archive) {
    std::vector<int> reversed;
    archive(reversed);
    *this = History({reversed.rbegin(), reversed.rend()});
  }
  bool operator==(const History&) const = default;

 private:
  std::vector<int> steps_;
  int sum_ = 0;
};

/// Owns its values through smart pointers.
class Chain {
 public:
  Chain() = default;
  explicit Chain(std::vector<int> values) {
    for (auto value = values.rbegin(); value != values.rend(); ++value)
      head_ = std::make_unique<Link>(Link{*value, std::move(head_)});
  }
  Chain(const Chain& other) : Chain(other.values()) {}
  Chain(Chain&&) = default;
  Chain& operator=(Chain other) {
    head_ = std::move(other.head_);
    return *this;
  }
  ~Chain() = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(head_);
  }
  bool operator==(const Chain& other) const { return values() == other.values(); }

 private:
  struct Link {
    int value = 0;
    std::unique_ptr<Link> next;
    template <class Archive>
    void serialize(Archive& archive) {
      archive(value, next);
    }
  };
  std::vector<int> values() const {
    std::vector<int> result;
    for (const Link* link = head_.get(); link != nullptr; link = link->next.get())
      result.push_back(link->value);
    return result;
  }

  std::unique_ptr<Link> head_;
};

inline std::vector<int> numbers(int count) {
  std::vector<int> result(static_cast<std::size_t>(count));
  std::iota(result.begin(), result.end(), 1);
  return result;
}

inline auto all() {
  using namespace std::string_literals;
  using namespace std::chrono_literals;
  using Strings = std::vector<std::string>;
  using Dict = std::map<std::string, std::vector<int>>;
  const Task task{3, "train", {0.5, 0.25}};
  return std::tuple(
      // scalars
      true, 'x', -7, 0, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::uint64_t>::max(),
      -2.17, 0.5F, std::complex<double>(1, -2), Colour::green, 1500ms,
      // strings: empty, with a zero byte, non-ASCII, larger than any inline limit in use
      ""s, "mpi4cxx"s, "zero \0 inside"s, "na\u00efve \u2713 \u65e5\u672c"s, std::string(10'000, 's'),
      // sequences
      std::vector<int>{}, numbers(7), numbers(5000), std::vector<double>(1000, 1.5),
      std::vector<bool>{true, false, true}, std::vector<Point>{{1, 2, 3}, {4, 5, 6}},
      std::vector<std::byte>(33, std::byte{0xff}), Strings{"a", "", "ccc"}, std::vector<std::vector<int>>{{}, {1}, {2, 3}},
      std::array<int, 3>{1, 2, 3}, std::list<int>{1, 2, 3}, std::deque<std::string>{"d", "e"},
      // maps and sets
      Dict{}, Dict{{"depth", {5, 8}}, {"trees", {200, 400, 600}}}, std::set<int>{3, 1, 2},
      std::unordered_map<int, std::string>{{1, "one"}, {2, "two"}},
      // several in one
      std::pair(1, "one"s), std::tuple(1, 2.5, "three"s, Strings{"4"}), std::optional<int>{},
      std::optional<std::string>("filled"), std::variant<int, std::string>("second"),
      // classes
      Point{1, 2, 3}, task, Plan{task, {task, Task{}}, Point{1, 2, 3}, {{"sky", Colour::green}}},
      Account("ada", 100), History({1, 2, 3}), Chain({1, 2, 3}));
}

/// A few of them, for tests that would take long to compile with all.
inline auto typical() {
  return std::tuple(-7, std::string("mpi4cxx"), numbers(5000), std::vector<std::string>{"a", "", "ccc"},
                    Task{3, "train", {0.5, 0.25}}, std::optional<double>{});
}

template <class Tuple, class F>
void for_each(const Tuple& tuple, F&& f) {
  int index = 0;
  const auto call = [&](const auto& message) {
    INFO("message " << index << ", of type " << typeid(message).name());
    f(message);
    ++index;
  };
  std::apply([&](const auto&... message) { (call(message), ...); }, tuple);
}

}  // namespace messages

/// Calls `f(message)` with each object.
template <class F>
void for_each_message(F&& f) {
  messages::for_each(messages::all(), f);
}

/// Calls `f(message)` with a few objects: a scalar, a string, a large vector, strings, an aggregate and
/// an empty optional.
template <class F>
void for_each_typical_message(F&& f) {
  messages::for_each(messages::typical(), f);
}
