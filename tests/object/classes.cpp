// SPDX-License-Identifier: MIT
// ranks: 1
// inline limits: 64 4096
// Aggregates with nothing written for them, and classes with cereal's functions.
#include <array>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "object/round_trip.hpp"
#include "support/catch.hpp"
#include "support/messages.hpp"

// the one header of cereal that base classes need
#include <cereal/types/base_class.hpp>

using namespace mpi4cxx;

namespace {

// ---- aggregates

struct Nothing {
  bool operator==(const Nothing&) const = default;
};
struct Flags {
  bool first = false;
  int number = 0;
  bool others[3] = {};
  bool operator==(const Flags&) const = default;
};
struct Arrays {
  int numbers[3] = {};
  std::string names[2];
  int matrix[2][3] = {};
  char letters[5] = {};
  double large[2000] = {};
  std::vector<int> lists[2][2];
  bool operator==(const Arrays&) const = default;
};
struct Bits {
  unsigned low : 3 = 0;
  unsigned high : 5 = 0;
  bool flag : 1 = false;
  bool operator==(const Bits&) const = default;
};
struct Tree {
  int value = 0;
  std::vector<Tree> children;
  bool operator==(const Tree&) const = default;
};
struct Node {
  std::string value;
  std::unique_ptr<Node> next;
};
struct Person {
  std::string name;
  std::vector<std::shared_ptr<Person>> children;
  std::weak_ptr<Person> parent;
};
struct Expression {
  std::variant<double, std::string, std::vector<Expression>> value;
  std::map<std::string, Expression> attributes;
  std::optional<std::vector<Expression>> rest;
  bool operator==(const Expression&) const = default;
};
struct Inner {
  std::optional<std::string> text;
  std::array<std::vector<double>, 2> values;
  bool operator==(const Inner&) const = default;
};
struct Outer {
  Nothing nothing;
  Inner inner;
  std::vector<Inner> more;
  Flags flags;
  bool operator==(const Outer&) const = default;
};

// ---- classes with cereal's functions

class OneFunction {
 public:
  OneFunction() = default;
  OneFunction(int id, std::vector<double> values) : id_(id), values_(std::move(values)) {}
  bool operator==(const OneFunction&) const = default;

 private:
  friend class cereal::access;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(id_, values_);
  }
  int id_ = 0;
  std::vector<double> values_;
};

/// Hands over a local that is larger than any limit, and uses what it reads at once.
class Summed {
 public:
  Summed() = default;
  explicit Summed(std::vector<int> values)
      : values_(std::move(values)), sum_(std::accumulate(values_.begin(), values_.end(), 0L)) {}
  template <class Archive>
  void save(Archive& archive) const {
    std::vector<int> doubled = values_;
    for (int& value : doubled) value *= 2;
    archive(doubled);
    const std::string text(doubled.size(), 't');
    archive(text, doubled.size());
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(values_);
    for (int& value : values_) value /= 2;
    sum_ = std::accumulate(values_.begin(), values_.end(), 0L);
    std::string text;
    std::size_t size = 0;
    archive(text, size);
    text_is_right_ = text == std::string(size, 't') && size == values_.size();
  }
  long sum() const { return sum_; }
  bool operator==(const Summed&) const = default;

 private:
  std::vector<int> values_;
  long sum_ = 0;
  bool text_is_right_ = true;
};

/// An aggregate, but its functions win: only one of its members travels.
struct Partial {
  int kept = 0;
  std::vector<int> left_behind;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(kept);
  }
};
static_assert(std::is_aggregate_v<Partial>);

/// Trivially copyable, but its functions win.
struct Celsius {
  double degrees = 0;
  template <class Archive>
  void save(Archive& archive) const {
    archive(degrees + 273.15);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(degrees);
    degrees -= 273.15;
    ++loads;
  }
  static inline int loads = 0;
};

/// Ways of writing: names, operators, several calls, what is being done.
struct Spellings {
  int a = 0, b = 0, c = 0, d = 0, e = 0;
  std::string way;
  std::vector<std::string> texts;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(CEREAL_NVP(a), cereal::make_nvp("another name", b));
    archive& c;
    archive(d)(e);
    archive(cereal::make_nvp("texts", texts));
    if constexpr (Archive::is_saving::value)
      archive(std::string("saved"));
    else
      archive(way);
  }
};
struct Operators {
  int a = 0;
  std::string b;
  template <class Archive>
  void save(Archive& archive) const {
    archive << a << b;
  }
  template <class Archive>
  void load(Archive& archive) {
    archive >> a >> b;
  }
  bool operator==(const Operators&) const = default;
};

/// A two-way function that hands over temporaries when it saves.
struct Computed {
  std::vector<int> values;
  std::string text;
  template <class Archive>
  void serialize(Archive& archive) {
    if constexpr (Archive::is_saving::value) {
      archive(std::vector<int>(values.rbegin(), values.rend()));
      archive(cereal::make_nvp("text", text + "!"));
    } else {
      archive(values, text);
    }
  }
};

/// A container written by hand, as in cereal's own headers.
class Grid {
 public:
  Grid() = default;
  Grid(std::size_t rows, std::size_t columns) : columns_(columns), cells_(rows * columns, 0.5) {}
  template <class Archive>
  void save(Archive& archive) const {
    archive(cereal::make_size_tag(static_cast<cereal::size_type>(cells_.size())));
    archive(columns_);
    archive(cereal::binary_data(cells_.data(), cells_.size() * sizeof(double)));
  }
  template <class Archive>
  void load(Archive& archive) {
    cereal::size_type size = 0;
    archive(cereal::make_size_tag(size));
    archive(columns_);
    cells_.resize(static_cast<std::size_t>(size));
    archive(cereal::binary_data(cells_.data(), cells_.size() * sizeof(double)));
  }
  bool operator==(const Grid&) const = default;

 private:
  std::size_t columns_ = 0;
  std::vector<double> cells_;
};

// ---- base classes

struct Shape {
  std::string name;
  std::vector<double> sizes;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, sizes);
  }
  bool operator==(const Shape&) const = default;
};
struct Plain {
  int number = 0;
  bool operator==(const Plain&) const = default;
};
struct Derived : Shape, Plain {
  int own = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Shape>(this), cereal::base_class<Plain>(this), own);
  }
  bool operator==(const Derived&) const = default;
};
/// Inherits a serialize(), but says that its own save() and load() count; they hand over locals.
struct Split : Shape {
  std::vector<int> own;
  template <class Archive>
  void save(Archive& archive) const {
    const std::vector<int> reversed(own.rbegin(), own.rend());
    archive(cereal::base_class<Shape>(this), reversed);
  }
  template <class Archive>
  void load(Archive& archive) {
    std::vector<int> reversed;
    archive(cereal::base_class<Shape>(this), reversed);
    own.assign(reversed.rbegin(), reversed.rend());
  }
  bool operator==(const Split&) const = default;
};
struct Top {
  std::vector<int> values;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(values);
  }
};
struct Left : virtual Top {
  int left = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::virtual_base_class<Top>(this), left);
  }
};
struct Right : virtual Top {
  int right = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::virtual_base_class<Top>(this), right);
  }
};
struct Diamond : Left, Right {
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Left>(this), cereal::base_class<Right>(this));
  }
};

}  // namespace

CEREAL_SPECIALIZE_FOR_ALL_ARCHIVES(Split, cereal::specialization::member_load_save)

// ---- functions outside of the class

namespace outside {

class Money {
 public:
  Money() = default;
  Money(long amount, std::vector<std::string> whose) : cents(amount), owners(std::move(whose)) {}
  bool operator==(const Money&) const = default;
  long cents = 0;
  std::vector<std::string> owners;
};
template <class Archive>
void serialize(Archive& archive, Money& money) {
  archive(money.cents, money.owners);
}

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string what) : text(std::move(what)) {}
  bool operator==(const Secret&) const = default;
  std::string text;
};
template <class Archive>
void save(Archive& archive, const Secret& secret) {
  std::string mirrored(secret.text.rbegin(), secret.text.rend());
  archive(mirrored);
}
template <class Archive>
void load(Archive& archive, Secret& secret) {
  archive(secret.text);
  secret.text.assign(secret.text.rbegin(), secret.text.rend());
}

}  // namespace outside

TEST_CASE("aggregates of all shapes arrive", "[classes]") {
  check_round_trips(Nothing{});
  check_round_trips(std::vector<Nothing>(3));
  check_round_trips(std::vector<Nothing>(9000));
  check_round_trips(std::optional<Nothing>(Nothing{}));
  check_round_trips(std::map<int, Nothing>{{1, {}}, {2, {}}});
  check_round_trips(Flags{true, 5, {false, true, false}});
  check_round_trips(std::vector<Flags>(1000, Flags{true, -1, {true, true, false}}));
  check_round_trips(Bits{5, 17, true});

  Arrays arrays{{1, 2, 3}, {"a", std::string(5000, 'b')}, {{1, 2, 3}, {4, 5, 6}}, {'a', 'b'}, {},
                {}};
  arrays.large[1999] = 1.5;
  arrays.lists[1][0].assign(3001, 7);
  check_round_trips(arrays);
  check_round_trips(std::vector<Arrays>{arrays, {}, arrays});

  const Inner inner{"text", {{{1.5}, std::vector<double>(900, 0.5)}}};
  check_round_trips(inner);
  check_round_trips(Outer{{}, inner, {inner, {}, inner}, {true, 1, {}}});
}

TEST_CASE("aggregates that hold themselves arrive", "[classes]") {
  Tree tree{1, {{2, {}}, {3, {{4, {}}, {5, {}}}}}};
  check_round_trips(tree);
  for (int depth = 0; depth < 200; ++depth) tree = Tree{depth, {tree}};
  check_round_trips(tree);

  Expression expression{1.5, {{"unit", {"metre", {}, {}}}}, std::vector<Expression>{{2.5, {}, {}}}};
  expression.value = std::vector<Expression>{expression, {"text", {}, {}}};
  check_round_trips(expression);

  std::unique_ptr<Node> list;
  for (int i = 9; i >= 0; --i)
    list = std::make_unique<Node>(
        Node{std::string(static_cast<std::size_t>(i) * 30, 'n'), std::move(list)});
  const auto arrived = MPI::COMM_SELF.sendrecv(list, 0);
  int length = 0;
  for (const Node* node = arrived.get(); node; node = node->next.get(), ++length)
    CHECK((node->value == std::string(static_cast<std::size_t>(length) * 30, 'n')));
  CHECK(length == 10);
}

TEST_CASE("a graph of shared aggregates arrives as a graph", "[classes]") {
  const auto mother = std::make_shared<Person>(Person{"mother", {}, {}});
  const auto child = std::make_shared<Person>(Person{std::string(5000, 'c'), {}, mother});
  mother->children = {child, child, std::make_shared<Person>(Person{"other", {}, mother})};
  for (const auto& arrived :
       {MPI::Object(mother).as<std::shared_ptr<Person>>(), MPI::COMM_SELF.sendrecv(mother, 0)}) {
    REQUIRE(arrived);
    CHECK(arrived->name == "mother");
    REQUIRE(arrived->children.size() == 3);
    CHECK(arrived->children[0] == arrived->children[1]);
    CHECK(arrived->children[0] != arrived->children[2]);
    CHECK((arrived->children[0]->name == std::string(5000, 'c')));
    for (const auto& each : arrived->children) CHECK(each->parent.lock() == arrived);
  }
}

TEST_CASE("classes with serialize, or with save and load, arrive", "[classes]") {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 600U, 5001U}) {
    INFO("size " << size);
    check_round_trips(OneFunction(3, std::vector<double>(size, 0.5)));
    check_round_trips(Summed(std::vector<int>(size, 5)));
    CHECK((MPI::Object(Summed(std::vector<int>(size, 5))).as<Summed>().sum() ==
           5 * static_cast<long>(size)));
    check_round_trips(outside::Money(5, std::vector<std::string>(size, "owner")));
    check_round_trips(outside::Secret(std::string(size, 'a') + "b"));
    check_round_trips(Grid(size, 3));
  }
  check_round_trips(
      std::vector<Summed>{Summed({1, 2}), Summed(), Summed(std::vector<int>(4000, 1))});
  check_round_trips(
      std::map<int, outside::Secret>{{1, outside::Secret("ab")}, {2, outside::Secret()}});
  check_round_trips(std::optional<OneFunction>(OneFunction(1, {2})));
  check_round_trips(std::variant<int, Summed>(Summed({1, 2, 3})));
  check_round_trips(Operators{5, std::string(5000, 'o')});
}

TEST_CASE("an object with a save() is sent and may end before it arrives", "[classes]") {
  MPI::Request request;
  {
    const Summed object(std::vector<int>(20'001, 3));
    request = MPI::COMM_SELF.isend(object, 0);
  }
  CHECK((MPI::COMM_SELF.recv<Summed>() == Summed(std::vector<int>(20'001, 3))));
  request.wait();
}

TEST_CASE("a user's functions win over what could be done without them", "[classes]") {
  const auto partial = MPI::Object(Partial{5, {1, 2, 3}}).as<Partial>();
  CHECK(partial.kept == 5);
  CHECK(partial.left_behind.empty());
  CHECK(MPI::Object(std::vector<Partial>(3, Partial{5, {1}}))
            .as<std::vector<Partial>>()[2]
            .left_behind.empty());

  Celsius::loads = 0;
  CHECK(MPI::Object(Celsius{20}).as<Celsius>().degrees == Approx(20));
  CHECK(Celsius::loads == 1);
  CHECK((MPI::COMM_SELF.sendrecv(std::vector<Celsius>(700, {3}), 0)[699].degrees == Approx(3)));
  CHECK(Celsius::loads == 701);
  CHECK(MPI::COMM_SELF.sendrecv(Framed<std::array<Celsius, 2>>{1, {{{3}, {4}}}, 2}, 0)
            .value[1]
            .degrees == Approx(4));
}

TEST_CASE("every spelling of cereal is understood", "[classes]") {
  const Spellings arrived =
      MPI::Object(Spellings{1, 2, 3, 4, 5, "", {"a", std::string(5000, 'b')}}).as<Spellings>();
  CHECK(arrived.a == 1);
  CHECK(arrived.b == 2);
  CHECK(arrived.c == 3);
  CHECK(arrived.d == 4);
  CHECK(arrived.e == 5);
  CHECK((arrived.texts == std::vector<std::string>{"a", std::string(5000, 'b')}));
  CHECK(arrived.way == "saved");
}

TEST_CASE("temporaries that a serialize() hands over arrive", "[classes]") {
  for (const int size : {0, 3, 5000, 60'000}) {
    const auto arrived = MPI::COMM_SELF.sendrecv(
        Computed{messages::numbers(size), std::string(static_cast<std::size_t>(size), 't')}, 0);
    const auto expected = messages::numbers(size);
    CHECK((arrived.values == std::vector<int>(expected.rbegin(), expected.rend())));
    CHECK((arrived.text == std::string(static_cast<std::size_t>(size), 't') + "!"));
  }
}

TEST_CASE("base classes travel with what is derived from them", "[classes]") {
  Derived derived;
  derived.name = "derived";
  derived.sizes.assign(2000, 0.5);
  derived.number = 4;
  derived.own = 5;
  check_round_trips(derived);

  Split split;
  split.name = "split";
  for (const int size : {0, 3, 5000, 60'000}) {
    INFO("size " << size);
    split.own = messages::numbers(size);
    split.sizes.assign(static_cast<std::size_t>(size), 0.5);
    check_round_trips(split);
  }

  Diamond diamond;
  diamond.values = {1, 2, 3};
  diamond.left = 4;
  diamond.right = 5;
  const auto arrived = MPI::COMM_SELF.sendrecv(diamond, 0);
  CHECK(arrived.values == std::vector<int>{1, 2, 3});
  CHECK(arrived.left == 4);
  CHECK(arrived.right == 5);
}
