// SPDX-License-Identifier: MIT
// ranks: 1
// inline limits: 64 4096
// Pointers to base classes carry the class that they point to.
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <mpi4cxx/mpi4cxx.hpp>

// after the library, whose archives are then known to the registrations below
#include <cereal/types/base_class.hpp>
#include <cereal/types/polymorphic.hpp>

#include "support/catch.hpp"

using namespace mpi4cxx;

struct Animal {
  virtual ~Animal() = default;
  virtual std::string sound() const = 0;
  std::string name;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name);
  }
};
struct Dog : Animal {
  std::string sound() const override { return name + " barks"; }
  std::vector<int> walks;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Animal>(this), walks);
  }
};
struct Cat : Animal {
  std::string sound() const override { return name + " meows"; }
  std::shared_ptr<Animal> enemy;
  template <class Archive>
  void save(Archive& archive) const {
    archive(cereal::base_class<Animal>(this), enemy);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(cereal::base_class<Animal>(this), enemy);
  }
};
struct Puppy : Dog {
  int weeks = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Dog>(this), weeks);
  }
};
struct Stranger : Animal {
  std::string sound() const override { return "?"; }
};
// it inherits a serialize() too
CEREAL_SPECIALIZE_FOR_ALL_ARCHIVES(Cat, cereal::specialization::member_load_save)
CEREAL_REGISTER_TYPE(Dog)
CEREAL_REGISTER_TYPE(Cat)
CEREAL_REGISTER_TYPE(Puppy)

/// An aggregate with nothing written for it.
struct Farm {
  std::string place;
  std::vector<std::unique_ptr<Animal>> animals;
  std::map<int, std::shared_ptr<Animal>> numbered;
};

namespace {

template <class Pointer>
Pointer dog(std::string name, std::size_t walks) {
  auto made = std::make_unique<Dog>();
  made->name = std::move(name);
  made->walks.assign(walks, 7);
  return made;
}

}  // namespace

TEST_CASE("unique pointers to a base arrive as what they point to", "[polymorphic]") {
  for (const std::size_t walks : {std::size_t{0}, std::size_t{3}, std::size_t{9001}}) {
    const auto rex = dog<std::unique_ptr<Animal>>("Rex", walks);
    const auto arrived = MPI::COMM_SELF.sendrecv(rex, 0);
    REQUIRE(arrived);
    CHECK(arrived->sound() == "Rex barks");
    REQUIRE(dynamic_cast<const Dog*>(arrived.get()));
    CHECK((dynamic_cast<const Dog&>(*arrived).walks == std::vector<int>(walks, 7)));
  }
  CHECK(MPI::COMM_SELF.sendrecv(std::unique_ptr<Animal>(), 0) == nullptr);
  // also where the pointer says the whole class
  const auto exact = dog<std::unique_ptr<Dog>>("Bello", 2);
  CHECK(MPI::Object(exact).as<std::unique_ptr<Dog>>()->walks.size() == 2);
}

TEST_CASE("a class derived twice arrives", "[polymorphic]") {
  auto puppy = std::make_shared<Puppy>();
  puppy->name = "Bobby";
  puppy->weeks = 9;
  puppy->walks.assign(3000, 1);
  const auto arrived = MPI::COMM_SELF.sendrecv(std::shared_ptr<Animal>(puppy), 0);
  REQUIRE(std::dynamic_pointer_cast<Puppy>(arrived));
  CHECK(std::dynamic_pointer_cast<Puppy>(arrived)->weeks == 9);
  CHECK((std::dynamic_pointer_cast<Puppy>(arrived)->walks == std::vector<int>(3000, 1)));
}

TEST_CASE("shared pointers to a base stay shared", "[polymorphic]") {
  const auto rex = dog<std::shared_ptr<Animal>>("Rex", 5000);
  auto cat = std::make_shared<Cat>();
  cat->name = "Tom";
  cat->enemy = rex;
  const std::vector<std::shared_ptr<Animal>> animals{rex, cat, nullptr, rex};
  for (const auto& arrived : {MPI::Object(animals).as<std::vector<std::shared_ptr<Animal>>>(),
                              MPI::COMM_SELF.sendrecv(animals, 0)}) {
    REQUIRE(arrived.size() == 4);
    CHECK(arrived[0]->sound() == "Rex barks");
    CHECK(arrived[1]->sound() == "Tom meows");
    CHECK(arrived[2] == nullptr);
    CHECK(arrived[0] == arrived[3]);
    CHECK(dynamic_cast<const Cat&>(*arrived[1]).enemy == arrived[0]);
    CHECK((dynamic_cast<const Dog&>(*arrived[0]).walks == std::vector<int>(5000, 7)));
  }
  const std::weak_ptr<Animal> observed = rex;
  const auto [owner, watcher] =
      MPI::Object(std::pair(rex, observed))
          .as<std::pair<std::shared_ptr<Animal>, std::weak_ptr<Animal>>>();
  CHECK(watcher.lock() == owner);
}

TEST_CASE("pointers to a base travel in aggregates", "[polymorphic]") {
  Farm farm;
  farm.place = "here";
  farm.animals.push_back(dog<std::unique_ptr<Animal>>("Rex", 2000));
  farm.animals.push_back(nullptr);
  farm.animals.push_back(std::make_unique<Cat>());
  farm.numbered[3] = dog<std::shared_ptr<Animal>>("Wuff", 1);
  const auto request = MPI::COMM_SELF.isend(std::move(farm), 0);
  const auto arrived = MPI::COMM_SELF.recv<Farm>();
  CHECK(arrived.place == "here");
  REQUIRE(arrived.animals.size() == 3);
  CHECK(arrived.animals[0]->sound() == "Rex barks");
  CHECK(arrived.animals[1] == nullptr);
  CHECK(arrived.animals[2]->sound() == " meows");
  CHECK(arrived.numbered.at(3)->sound() == "Wuff barks");
}

TEST_CASE("a class that is not registered is refused by its sender", "[polymorphic]") {
  const std::unique_ptr<Animal> stranger = std::make_unique<Stranger>();
  CHECK_THROWS_WITH(MPI::Object(stranger), HasText("Stranger"));
  CHECK_THROWS(MPI::COMM_SELF.bsend(stranger, 0));
  CHECK_FALSE(MPI::COMM_SELF.iprobe());
}

TEST_CASE("changed bytes of shared polymorphic objects are refused or give some object",
          "[polymorphic]") {
  namespace detail = MPI::detail;
  using Animals = std::vector<std::shared_ptr<Animal>>;
  auto cat = std::make_shared<Cat>();
  cat->name = "Tom";
  const auto rex = dog<std::shared_ptr<Animal>>("Rex", 1);
  const Animals animals{rex, cat, rex, cat};

  detail::byte_buffer buffer;
  detail::parcel parcel(buffer, detail::most_inline_limit);
  parcel.pack(animals);
  const std::vector<std::byte> stream(parcel.stream().begin(), parcel.stream().end());
  const auto open = [&](const std::vector<std::byte>& bytes) {
    Animals arrived;
    detail::memory_parts none({}, 0, nullptr);
    detail::unpack(arrived, bytes, none, detail::most_inline_limit);
    std::string sounds;
    for (const auto& animal : arrived)
      if (animal) sounds += animal->sound();
    return sounds;
  };
  REQUIRE(open(stream) == "Rex barksTom meowsRex barksTom meows");

  for (std::size_t at = 0; at < stream.size(); ++at)
    for (const int change : {0x01, 0x02, 0x03, 0x40, 0x80, 0xff}) {
      INFO("byte " << at << " changed by " << change);
      auto changed = stream;
      changed[at] ^= static_cast<std::byte>(change);
      try {
        (void)open(changed);
      } catch (const MPI::Exception&) {
      }
    }
  // the last of them, a dog by its name, is the number of a cat
  auto mistaken = stream;
  std::uint32_t number = 0;
  std::memcpy(&number, mistaken.data() + mistaken.size() - sizeof number, sizeof number);
  REQUIRE(number == 2);
  number = 1;
  std::memcpy(mistaken.data() + mistaken.size() - sizeof number, &number, sizeof number);
  CHECK_THROWS_AS(open(mistaken), MPI::Exception);
}
