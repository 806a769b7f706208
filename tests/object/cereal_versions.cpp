// SPDX-License-Identifier: MIT
// ranks: 1
// inline limits: 64 4096
// Classes with cereal's versions, and with cereal's minimal functions.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "object/round_trip.hpp"
#include "support/catch.hpp"

using namespace mpi4cxx;

class Versioned {
 public:
  Versioned() = default;
  explicit Versioned(std::vector<int> values) : values_(std::move(values)) {}
  template <class Archive>
  void serialize(Archive& archive, const std::uint32_t version) {
    version_ = version;
    archive(values_);
  }
  std::uint32_t version() const { return version_; }
  const std::vector<int>& values() const { return values_; }

 private:
  std::uint32_t version_ = 0;
  std::vector<int> values_;
};
CEREAL_CLASS_VERSION(Versioned, 7)

struct SplitVersioned {
  std::string text;
  std::uint32_t loaded_version = 0;
  template <class Archive>
  void save(Archive& archive, const std::uint32_t version) const {
    archive(text + std::to_string(version));
  }
  template <class Archive>
  void load(Archive& archive, const std::uint32_t version) {
    archive(text);
    loaded_version = version;
  }
};
CEREAL_CLASS_VERSION(SplitVersioned, 3)

namespace {

struct Unversioned {
  int value = 0;
  std::uint32_t version = 99;
  template <class Archive>
  void serialize(Archive& archive, const std::uint32_t seen) {
    archive(value);
    version = seen;
  }
};

class Celsius {
 public:
  Celsius() = default;
  explicit Celsius(double degrees) : degrees_(degrees) {}
  template <class Archive>
  double save_minimal(const Archive&) const {
    return degrees_;
  }
  template <class Archive>
  void load_minimal(const Archive&, const double& degrees) {
    degrees_ = degrees;
  }
  bool operator==(const Celsius&) const = default;

 private:
  double degrees_ = 0;
};

class Name {
 public:
  Name() = default;
  explicit Name(std::string what) : text(std::move(what)) {}
  bool operator==(const Name&) const = default;
  std::string text;
};
template <class Archive>
std::string save_minimal(const Archive&, const Name& name) {
  return name.text;
}
template <class Archive>
void load_minimal(const Archive&, Name& name, const std::string& text) {
  name.text = text;
}

}  // namespace

TEST_CASE("a class sees its version, however many of it are in a message", "[versions]") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{5000}}) {
    const auto one = MPI::COMM_SELF.sendrecv(Versioned(std::vector<int>(size, 4)), 0);
    CHECK(one.version() == 7);
    CHECK((one.values() == std::vector<int>(size, 4)));
    const std::vector<Versioned> several(3, Versioned(std::vector<int>(size, 4)));
    const auto arrived = MPI::Object(several).as<std::vector<Versioned>>();
    REQUIRE(arrived.size() == 3);
    for (const auto& each : arrived) {
      CHECK(each.version() == 7);
      CHECK((each.values() == std::vector<int>(size, 4)));
    }
  }
  const auto split = MPI::Object(SplitVersioned{std::string(5000, 's')}).as<SplitVersioned>();
  CHECK((split.text == std::string(5000, 's') + "3"));
  CHECK(split.loaded_version == 3);
  const auto unversioned = MPI::Object(Unversioned{5}).as<Unversioned>();
  CHECK(unversioned.value == 5);
  CHECK(unversioned.version == 0);
  // versions of two classes in one message
  const auto both = MPI::Object(std::pair(Versioned({1}), SplitVersioned{"a"}))
                        .as<std::pair<Versioned, SplitVersioned>>();
  CHECK(both.first.version() == 7);
  CHECK(both.second.loaded_version == 3);
}

TEST_CASE("classes with minimal functions arrive", "[versions]") {
  check_round_trips(Celsius(21.5));
  check_round_trips(std::vector<Celsius>(900, Celsius(-3)));
  check_round_trips(std::map<int, Celsius>{{1, Celsius(2)}});
  check_round_trips(Name("a name"));
  check_round_trips(Name(std::string(6000, 'n')));
  check_round_trips(std::vector<Name>{Name("a"), Name(""), Name(std::string(300, 'c'))});
}
