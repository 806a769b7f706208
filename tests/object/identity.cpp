// SPDX-License-Identifier: MIT
// ranks: 1
// Which types of sender and receiver agree, and what is said where they do not.
#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <cstdint>
#include <deque>
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

#include <mpi4cxx/mpi4cxx.hpp>

#include "support/catch.hpp"
#include "support/messages.hpp"

using namespace mpi4cxx;

namespace {

/// Whether a T is taken for a U, and a U for a T.
template <class T, class U>
bool agree() {
  const bool forth = MPI::Object(T{}).is<U>(), back = MPI::Object(U{}).is<T>();
  REQUIRE(forth == back);
  return forth;
}

enum class Small : unsigned char { zero };
enum class AlsoSmall : unsigned char { none };
enum class Large : int { zero };

struct Point {
  double x, y;
};
struct Pixel {
  double left, top;
};
struct Swapped {
  int first;
  double second;
};
struct Other {
  double first;
  int second;
};
struct Triple {
  double x, y, z;
};
struct WithArray {
  int values[3];
};
struct WithLongerArray {
  int values[4];
};
struct WithStdArray {
  std::array<int, 3> values;
};
struct Named {
  std::string name;
  std::vector<Point> points;
};
struct AlsoNamed {
  std::string title;
  std::vector<Pixel> pixels;
};
struct Tree {
  int value;
  std::vector<Tree> children;
};
struct AlsoTree {
  int number;
  std::vector<AlsoTree> below;
};
struct Hedge {
  int value;
  std::list<Hedge> children;
};
struct Node {
  std::unique_ptr<Node> next;
};
struct Empty {};

namespace one {
struct Class {
  int value = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};
}  // namespace one
namespace two {
struct Class {
  int value = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};
}  // namespace two
template <class T>
struct Box {
  T value{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};
template <int length>
struct Row {
  std::array<int, length> value{};
  template <class Archive>
  void serialize(Archive& archive) {
    archive(value);
  }
};

template <class... T>
std::vector<std::uint64_t> identities() {
  return {MPI::detail::wire_identity<T>()...};
}

/// What is said where a U was sent and a T is wanted.
template <class T, class U>
std::string mismatch(const U& sent) {
  try {
    (void)MPI::Object(sent).as<T>();
  } catch (const MPI::TypeMismatch& error) {
    return error.what();
  }
  return "no mismatch";
}

}  // namespace

TEST_CASE("contiguous sequences of one element agree", "[identity]") {
  CHECK(agree<std::vector<int>, std::array<int, 5>>());
  CHECK(agree<std::vector<double>, std::pmr::vector<double>>());
  CHECK(agree<std::string, std::vector<char>>());
  CHECK(agree<std::vector<bool>, std::array<bool, 3>>());
  CHECK(agree<std::vector<Point>, std::array<Point, 2>>());
  CHECK(agree<std::array<std::array<int, 2>, 3>, std::vector<std::array<int, 2>>>());
  const int raw[3] = {1, 2, 3};
  CHECK(MPI::Object(raw).is<std::vector<int>>());
  CHECK(MPI::Object(raw).is<std::array<int, 3>>());
  CHECK(MPI::Object(std::vector<int>()).is<int[7]>());
  const int matrix[2][3] = {};
  CHECK(MPI::Object(matrix).is<std::array<std::array<int, 3>, 2>>());
  CHECK_FALSE(MPI::Object(matrix).is<std::vector<int>>());
  CHECK_FALSE(MPI::Object(raw).is<std::vector<unsigned>>());
}

TEST_CASE("sequences whose elements are not raw, or not alone, keep their kind", "[identity]") {
  CHECK_FALSE(agree<std::vector<std::string>, std::array<std::string, 2>>());
  CHECK_FALSE(agree<std::vector<std::string>, std::list<std::string>>());
  CHECK_FALSE(agree<std::vector<int>, std::list<int>>());
  CHECK_FALSE(agree<std::pair<int, std::vector<int>>, std::pair<int, std::array<int, 3>>>());
  CHECK_FALSE(agree<std::vector<int>, int>());
  CHECK_FALSE(agree<std::array<int, 1>, int>());
  CHECK(agree<std::pair<int, std::array<int, 3>>, std::pair<int, std::array<int, 3>>>());
}

TEST_CASE("arithmetic types go by sort and size", "[identity]") {
  CHECK(agree<long, std::int64_t>());
  CHECK(agree<long, long long>());
  CHECK(agree<unsigned long, unsigned long long>());
  CHECK_FALSE(agree<int, unsigned>());
  CHECK_FALSE(agree<int, float>());
  CHECK_FALSE(agree<long, double>());
  CHECK_FALSE(agree<int, long>());
  CHECK_FALSE(agree<float, double>());
  CHECK_FALSE(agree<double, long double>());
  CHECK_FALSE(agree<char, signed char>());
  CHECK_FALSE(agree<char, unsigned char>());
  CHECK_FALSE(agree<bool, unsigned char>());
  CHECK_FALSE(agree<char, bool>());
  CHECK_FALSE(agree<unsigned char, std::byte>());
  CHECK_FALSE(agree<unsigned char, char8_t>());
  CHECK_FALSE(agree<wchar_t, int>());
  CHECK_FALSE(agree<char32_t, unsigned>());
  CHECK_FALSE(agree<std::complex<float>, double>());
  CHECK_FALSE(agree<std::complex<double>, std::pair<double, double>>());
  CHECK_FALSE(agree<std::complex<double>, std::complex<float>>());
  CHECK(agree<Small, AlsoSmall>());
  CHECK_FALSE(agree<Small, unsigned char>());
  CHECK_FALSE(agree<Small, Large>());
  CHECK_FALSE(agree<Large, int>());
}

TEST_CASE("sequences of different elements differ", "[identity]") {
  CHECK_FALSE(agree<std::string, std::vector<int>>());
  CHECK_FALSE(agree<std::string, std::vector<signed char>>());
  CHECK_FALSE(agree<std::string, std::vector<std::byte>>());
  CHECK_FALSE(agree<std::string, std::wstring>());
  CHECK_FALSE(agree<std::string, std::u8string>());
  CHECK_FALSE(agree<std::vector<bool>, std::vector<char>>());
  CHECK_FALSE(agree<std::vector<int>, std::vector<unsigned>>());
  CHECK_FALSE(agree<std::vector<float>, std::vector<int>>());
  CHECK_FALSE(agree<std::vector<Point>, std::vector<double>>());
  CHECK_FALSE(agree<std::vector<std::vector<int>>, std::vector<int>>());
}

TEST_CASE("aggregates agree where their members do", "[identity]") {
  CHECK(agree<Point, Pixel>());
  CHECK(agree<Named, AlsoNamed>());
  CHECK(agree<std::map<int, Named>, std::map<int, AlsoNamed>>());
  CHECK(agree<Tree, AlsoTree>());
  CHECK(agree<WithArray, WithStdArray>());
  CHECK_FALSE(agree<Point, Triple>());
  CHECK_FALSE(agree<Swapped, Other>());
  CHECK_FALSE(agree<WithArray, WithLongerArray>());
  CHECK_FALSE(agree<Tree, Hedge>());
  CHECK_FALSE(agree<Tree, Node>());
  CHECK_FALSE(agree<Point, std::pair<double, double>>());
  CHECK_FALSE(agree<Point, std::vector<double>>());
  CHECK_FALSE(agree<Empty, Point>());
}

TEST_CASE("classes with cereal functions go by their names", "[identity]") {
  CHECK(agree<one::Class, one::Class>());
  CHECK_FALSE(agree<one::Class, two::Class>());
  CHECK_FALSE(agree<one::Class, int>());
  CHECK_FALSE(agree<std::vector<one::Class>, std::vector<two::Class>>());
  CHECK(agree<Box<std::string>, Box<std::string>>());
  CHECK_FALSE(agree<Box<int>, Box<unsigned>>());
  CHECK_FALSE(agree<Box<Point>, Box<Triple>>());
  CHECK_FALSE(agree<Row<3>, Row<4>>());
}

TEST_CASE("types of many kinds all differ", "[identity]") {
  using namespace std::chrono;
  auto all = identities<
      bool, char, int, unsigned, long, float, double, Small, Large, std::complex<double>,
      std::string, std::vector<int>, std::vector<double>, std::vector<bool>,
      std::vector<std::string>, std::list<int>, std::set<int>, std::map<int, int>,
      std::map<int, std::string>, std::map<std::string, int>, std::stack<int>,
      std::stack<int, std::vector<int>>, std::bitset<3>, std::bitset<4>, std::valarray<double>,
      std::optional<int>, std::optional<std::optional<int>>, std::variant<int>,
      std::variant<int, int>, std::variant<int, double>, std::variant<double, int>, std::monostate,
      std::tuple<>, std::tuple<int>, std::tuple<int, int>, std::tuple<std::tuple<int>, int>,
      std::tuple<int, std::tuple<int>>, std::unique_ptr<int>, std::shared_ptr<int>, seconds,
      milliseconds, duration<double>, time_point<system_clock, seconds>, MPI::Object,
      std::vector<MPI::Object>, Point, Triple, Swapped, Other, WithArray, WithLongerArray, Named,
      Tree, Hedge, Node, one::Class, two::Class, Box<int>, Box<double>, Box<Box<int>>, Row<3>,
      Row<4>, messages::Task, messages::Plan, messages::Account>();
  const std::size_t count = all.size();
  std::sort(all.begin(), all.end());
  CHECK(std::unique(all.begin(), all.end()) - all.begin() == static_cast<std::ptrdiff_t>(count));
}

TEST_CASE("a mismatch names both types as a user writes them", "[identity]") {
  CHECK(mismatch<std::vector<int>>(std::string("a")) ==
        "the object received is of type std::string, not std::vector<int>");
  CHECK(mismatch<std::string>(std::vector<int>{1}) ==
        "the object received is of type std::vector<int>, not std::string");
  CHECK(mismatch<double>(5) == "the object received is of type int, not double");
  CHECK(mismatch<unsigned>(1.5F) == "the object received is of type float, not unsigned int");
  CHECK_THAT((mismatch<std::map<int, std::string>>(std::vector<std::string>())),
             HasText("std::vector<std::string>") && HasText("std::map<int, std::string>"));
  CHECK_THAT(mismatch<messages::Task>(MPI::COMM_SELF.sendrecv(messages::Point{}, 0)),
             HasText("messages::Point") && HasText("messages::Task"));
  CHECK_THAT(mismatch<Box<std::string>>(std::vector<MPI::Object>()),
             HasText("std::vector<MPI::Object>") && HasText("Box<std::string>"));
  for (const std::string& sentence :
       {mismatch<std::map<std::string, std::vector<std::string>>>(5),
        mismatch<int>(std::pair<std::string, MPI::Object>()),
        mismatch<std::optional<std::string>>(std::list<std::wstring>()), mismatch<Named>(Tree{}),
        mismatch<std::unordered_map<std::string, Box<std::string>>>(std::set<std::string>())}) {
    INFO(sentence);
    for (const char* noise : {"__cxx11", "basic_string<char", "allocator", "v0_", "inline", "> >"})
      CHECK_THAT(sentence, !HasText(noise));
  }
}

TEST_CASE("a type that this program does not know is said to be unknown", "[identity]") {
  // as another program would send it
  const MPI::detail::header head =
      MPI::detail::small_header(0x1234567890abcdef, MPI::detail::running().inline_limit);
  const auto& comm = MPI::COMM_SELF;
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Isend(&head, sizeof head, MPI_BYTE, 0, 0, comm.native(), &request);
  const MPI::Object object = comm.recv();
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  CHECK_THAT(object.type_name(), HasText("does not know") && HasText("1234567890abcdef"));
  CHECK_THROWS_WITH(object.as<int>(), HasText("does not know") && HasText("not int"));
}
