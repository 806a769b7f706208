// SPDX-License-Identifier: MIT
// The types that the fuzzers read, each with a value: every kind of thing that a lowercase call
// carries, and those that hold themselves.
#pragma once

#include <mpi4cxx/mpi4cxx.hpp>

#include <cereal/types/base_class.hpp>
#include <cereal/types/polymorphic.hpp>

#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stack>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <valarray>
#include <variant>
#include <vector>

namespace fuzz {

using namespace mpi4cxx;

struct Flags {
  int number = 0;
  bool flags[3] = {};
};
struct Tree {
  int value = 0;
  std::vector<Tree> children;
};
struct Chain {
  std::unique_ptr<Chain> next;
  int number = 0;
};
struct Node {
  int value = 0;
  std::vector<std::shared_ptr<Node>> out;
  std::weak_ptr<Node> back;
};
struct Plan {
  std::string name;
  std::vector<double> weights;
  std::map<std::string, Flags> flags;
  std::optional<Tree> tree;
  MPI::Object any;
};

// ---- classes with cereal's functions

struct Nothing {
  template <class Archive>
  void serialize(Archive&) {}
};
struct Branch {
  Branch() = default;
  explicit Branch(std::string text) : name(std::move(text)) {}
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, branches);
  }
  std::string name;
  std::vector<Branch> branches;
};
/// A container written by hand, as in cereal's own headers.
class Cells {
 public:
  Cells() = default;
  explicit Cells(std::size_t size) : cells_(size, 7) {}
  template <class Archive>
  void save(Archive& archive) const {
    archive(cereal::make_size_tag(static_cast<cereal::size_type>(cells_.size())));
    archive(cereal::binary_data(cells_.data(), cells_.size() * sizeof(int)));
  }
  template <class Archive>
  void load(Archive& archive) {
    cereal::size_type size = 0;
    archive(cereal::make_size_tag(size));
    cells_.resize(static_cast<std::size_t>(size));
    archive(cereal::binary_data(cells_.data(), cells_.size() * sizeof(int)));
  }

 private:
  std::vector<int> cells_;
};
struct Versioned {
  int number = 0;
  std::string text;
  template <class Archive>
  void serialize(Archive& archive, std::uint32_t version) {
    archive(number);
    if (version > 0) archive(text);
  }
};
struct Celsius {
  double degrees = 0;
  template <class Archive>
  std::string save_minimal(const Archive&) const {
    return std::to_string(degrees);
  }
  template <class Archive>
  void load_minimal(const Archive&, const std::string& text) {
    degrees = std::atof(text.c_str());
  }
};

struct Animal {
  virtual ~Animal() = default;
  std::string name;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name);
  }
};
struct Dog : Animal {
  std::vector<int> walks;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Animal>(this), walks);
  }
};
struct Cat : Animal {
  std::shared_ptr<Animal> enemy;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Animal>(this), enemy);
  }
};

// ---- a value of each type, with about `n` elements where it has any

/// Structures with shared pointers may be read as circles, which nobody frees.
template <class T>
inline constexpr bool may_leak = false;
using Graph = std::vector<std::shared_ptr<Node>>;
using Zoo = std::vector<std::shared_ptr<Animal>>;
template <>
inline constexpr bool may_leak<Graph> = true;
template <>
inline constexpr bool may_leak<Zoo> = true;

inline Graph graph(std::size_t n) {
  auto root = std::make_shared<Node>();
  for (std::size_t i = 0; i < n; ++i) {
    auto leaf = std::make_shared<Node>();
    leaf->back = root;
    root->out.push_back(leaf);
  }
  return {root, root, nullptr};
}
inline Zoo zoo(std::size_t n) {
  auto dog = std::make_shared<Dog>();
  dog->name = "Rex";
  dog->walks.assign(n, 5);
  auto cat = std::make_shared<Cat>();
  cat->enemy = dog;
  return {dog, cat, nullptr, dog, std::make_shared<Animal>()};
}
inline std::unique_ptr<Chain> chain(std::size_t n) {
  std::unique_ptr<Chain> first;
  for (std::size_t i = 0; i < n; ++i)
    first = std::make_unique<Chain>(Chain{std::move(first), static_cast<int>(i)});
  return first;
}

inline auto make_values(std::size_t n) {
  using namespace std::string_literals;
  std::vector<Branch> branches(n, Branch("twig"));
  branches[0].branches.emplace_back("leaf");
  return std::tuple{
      5,
      std::vector<double>(n, 1.5),
      std::string(n, 'x'),
      std::vector<std::string>{std::string(n, 'a'), "", "b"},
      std::vector<bool>(n, true),
      std::vector<Flags>(n),
      std::vector<std::vector<std::vector<short>>>{{{1, 2}, std::vector<short>(n)}, {}},
      std::map<int, std::vector<int>>{{1, std::vector<int>(n, 3)}, {2, {}}},
      std::unordered_map<std::string, std::optional<double>>{{"a", 1.0}, {"b", std::nullopt}},
      std::multimap<std::string, std::list<int>>{{"a", {1}}, {"a", {2, 3}}},
      std::set<std::vector<char>>{{'a'}, {'b', 'c'}},
      std::optional(std::vector<bool>{true, false}),
      std::variant<int, std::string, std::vector<float>>(std::vector<float>(n)),
      std::tuple(1, std::string("two"), std::pair(3.0f, 'c'), std::array<std::string, 2>{"a", "b"}),
      std::array<int, 5>{1, 2, 3, 4, 5},
      std::deque<std::optional<std::array<double, 100>>>(n),
      std::valarray<std::vector<char>>(std::vector<char>(n), 2),
      std::stack<std::string>({"low", "high"}),
      std::pair(std::bitset<11>(0x5a5), std::complex<float>(1, 2)),
      std::pair(std::chrono::seconds(5), std::chrono::system_clock::time_point()),
      Tree{1, std::vector<Tree>(n, Tree{2, {{3, {}}}})},
      chain(n),
      graph(n),
      zoo(n),
      Plan{"plan", std::vector<double>(n), {{"a", {}}}, Tree{1, {{2, {}}}}, MPI::Object("any"s)},
      std::pair(1, MPI::Object(std::vector<int>(n, 4))),
      std::vector<Nothing>(n),
      branches,
      std::list<Cells>{Cells(n), Cells(0)},
      std::vector<Versioned>(n),
      std::map<std::string, Celsius>{{"noon", {21.5}}},
      std::make_shared<std::vector<std::unique_ptr<std::string>>>(n)};
}
using Values = decltype(make_values(1));
inline constexpr std::size_t type_count = std::tuple_size_v<Values>;

/// f(value) with the value of the type with this number.
template <class F>
void with_value(const Values& values, std::size_t type, F&& f) {
  std::size_t at = 0;
  std::apply([&](const auto&... value) { ((at++ == type ? f(value) : void()), ...); }, values);
}

/// What a fuzzer gave, taken from its front.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const std::byte*>(data), size) {}
  bool empty() const { return rest_.empty(); }
  std::span<const std::byte> take(std::size_t size) {
    const auto taken = rest_.first(size < rest_.size() ? size : rest_.size());
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::span<const std::byte> rest() { return take(rest_.size()); }
  /// Zeros follow the end.
  template <class T>
  T number() {
    T value{};
    const auto bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }

 private:
  std::span<const std::byte> rest_;
};

/// The limits of both fuzzers, where the environment says nothing else. Small, so that small inputs
/// reach everything.
inline void set_limits() {
  setenv("MPI4CXX_RC_INLINE_LIMIT", "64", 0);
  setenv("MPI4CXX_RC_CHUNK_LIMIT", "256", 0);
  setenv("MPI4CXX_RC_MAX_OBJECT", "1000000", 0);
}

}  // namespace fuzz

CEREAL_CLASS_VERSION(fuzz::Versioned, 1)
CEREAL_REGISTER_TYPE(fuzz::Dog)
CEREAL_REGISTER_TYPE(fuzz::Cat)
