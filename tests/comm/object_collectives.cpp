// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// transport: tcp
// inline limits: 64 4096
// Lowercase collectives: every message, every communicator, every root.
#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/messages.hpp"

#include <mpi4cxx/MPI.hpp>

#include <array>
#include <atomic>
#include <list>
#include <span>

namespace MPI = mpi4cxx::MPI;
using messages::Task;

namespace {

/// The message as rank `rank` has it. Values and lengths differ, so that a block in the wrong place
/// shows; where a type has too few values, neighbours differ.
template <class T>
T of_rank(const T& message, int rank) {
  T own = message;
  if constexpr (std::is_same_v<T, bool>)
    own = message != (rank % 2 != 0);
  else if constexpr (std::is_arithmetic_v<T>)
    own = static_cast<T>(message - static_cast<T>(rank));
  else if constexpr (std::is_same_v<T, std::string>)
    own += std::string(static_cast<std::size_t>(rank), 'r');
  else if constexpr (requires { own.push_back(own.front()); })
    own.resize(own.size() + static_cast<std::size_t>(rank));
  else if constexpr (requires { own.id; })
    own.id += rank;
  else if constexpr (requires {
                       std::tuple_size<T>::value;
                       std::get<0>(own) = 1;
                     })
    std::get<0>(own) = 1 + rank;
  else if (rank % 2 != 0)
    own = T{};
  return own;
}

/// What every rank has, in rank order.
template <class T>
std::vector<T> of_all_ranks(const T& message, int size) {
  std::vector<T> all;
  for (int rank = 0; rank < size; ++rank) all.push_back(of_rank(message, rank));
  return all;
}

template <class T>
void expect_bcast(const MPI::Intracomm& comm, const T& message) {
  const int rank = comm.Get_rank();
  for_each_root(comm, [&](int root) {
    const T expected = of_rank(message, root);
    T object = of_rank(message, rank);
    T& result = comm.bcast(object, {.root = root});
    REQUIRE(&result == &object);
    REQUIRE((object == expected));
    REQUIRE((comm.bcast(of_rank(message, rank), root) == expected));
  });
}

template <class T>
void expect_gather(const MPI::Intracomm& comm, const T& message) {
  const int rank = comm.Get_rank();
  const T mine = of_rank(message, rank);
  const std::vector<T> expected = of_all_ranks(message, comm.Get_size());
  for_each_root(comm, [&](int root) {
    for (const auto& gathered : {comm.gather(mine, {.root = root}), comm.gather(mine, root)}) {
      REQUIRE(gathered.has_value() == (rank == root));
      if (gathered) REQUIRE((*gathered == expected));
    }
  });
  REQUIRE((comm.allgather(mine) == expected));
}

template <class T>
void expect_scatter(const MPI::Intracomm& comm, const T& message) {
  const int rank = comm.Get_rank();
  const T expected = of_rank(message, rank);
  const std::vector<T> all = of_all_ranks(message, comm.Get_size());
  for_each_root(comm, [&](int root) {
    REQUIRE((comm.scatter(rank == root ? all : std::vector<T>{}, {.root = root}) == expected));
    std::optional<std::vector<T>> given;
    if (rank == root) given = all;
    REQUIRE((comm.scatter(given, root) == expected));
    REQUIRE(
        ((rank == root ? comm.scatter(all, root) : comm.scatter<T>(MPI::None, root)) == expected));
  });
}

template <class T>
void expect_alltoall(const MPI::Intracomm& comm, const T& message) {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  // what goes from `source` to `destination`, which differs from what goes back
  const auto between = [&](int source, int destination) {
    return of_rank(message, source + 2 * destination);
  };
  std::vector<T> outgoing, expected;
  for (int peer = 0; peer < size; ++peer) {
    outgoing.push_back(between(rank, peer));
    expected.push_back(between(peer, rank));
  }
  REQUIRE((comm.alltoall(outgoing) == expected));
}

/// The error class that a call throws, SUCCESS where it throws none.
template <class F>
int error_class_of(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    return error.Get_error_class();
  }
  return MPI::SUCCESS;
}

template <class F>
bool is_mismatch(F&& call) {
  try {
    call();
  } catch (const MPI::TypeMismatch&) {
    return true;
  }
  return false;
}

/// All ranks are still in step: the next calls bring what they should.
void expect_in_step(const MPI::Intracomm& comm) {
  for_each_root(comm, [&](int root) {
    REQUIRE(comm.bcast(std::to_string(comm.Get_rank()), root) == std::to_string(root));
  });
  REQUIRE(comm.allgather(std::string(static_cast<std::size_t>(comm.Get_rank()), '*')).back() ==
          std::string(static_cast<std::size_t>(comm.Get_size() - 1), '*'));
}

}  // namespace

TEST_CASE("every message is broadcast from every root", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    for_each_message([&](const auto& message) { expect_bcast(comm, message); });
  });
}

TEST_CASE("every message is gathered to every root and to all", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    for_each_message([&](const auto& message) { expect_gather(comm, message); });
  });
}

TEST_CASE("every message is scattered from every root", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    for_each_message([&](const auto& message) { expect_scatter(comm, message); });
  });
}

TEST_CASE("every message goes from all to all", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    for_each_message([&](const auto& message) { expect_alltoall(comm, message); });
  });
}

TEST_CASE("lists of messages are messages", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    for_each_typical_message([&](const auto& message) {
      const std::vector list{message, message};
      expect_bcast(comm, list);
      expect_gather(comm, list);
      expect_scatter(comm, list);
      expect_alltoall(comm, list);
    });
  });
}

TEST_CASE("no rank leaves a barrier before the last has come", "[comm][object]") {
  // A counter in memory that the processes of this machine share; on several machines each has its
  // own.
  MPI_Comm here = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI::COMM_WORLD.native(), MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
  MPI_Win window = MPI_WIN_NULL;
  int* counter = nullptr;
  int rank = 0, size = 0, unit = 0;
  MPI_Aint bytes = 0;
  MPI_Comm_rank(here, &rank);
  MPI_Comm_size(here, &size);
  MPI_Win_allocate_shared(rank == 0 ? MPI_Aint{sizeof(int)} : 0, sizeof(int), MPI_INFO_NULL, here,
                          &counter, &window);
  MPI_Win_shared_query(window, 0, &bytes, &unit, &counter);
  std::atomic_ref<int> arrived(*counter);
  if (rank == 0) arrived = 0;
  MPI_Barrier(MPI::COMM_WORLD.native());

  for (int round = 1; round <= 100; ++round) {
    ++arrived;
    MPI::COMM_WORLD.barrier();
    REQUIRE(arrived >= round * size);
  }

  MPI_Barrier(MPI::COMM_WORLD.native());
  MPI_Win_free(&window);
  MPI_Comm_free(&here);
}

TEST_CASE("bcast takes variables, constants, temporaries, literals and None", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    for_each_root(comm, [&](int root) {
      const std::string wanted = "of rank " + std::to_string(root);
      std::string variable = "of rank " + std::to_string(rank);
      const std::string constant = variable;

      REQUIRE(comm.bcast(constant, {.root = root}) == wanted);
      REQUIRE(constant == "of rank " + std::to_string(rank));
      REQUIRE(comm.bcast(constant, root) == wanted);
      REQUIRE(comm.bcast(std::move(variable), root) == wanted);

      const std::string literal =
          rank == root ? comm.bcast("from the root", root) : comm.bcast("nobody's", root);
      REQUIRE(literal == "from the root");
      std::string text = rank == root ? wanted : comm.bcast<std::string>(MPI::None, {.root = root});
      if (rank == root) comm.bcast(text, root);
      REQUIRE(text == wanted);

      // a number has no size phase, but the same forms
      int number = 10 + rank;
      REQUIRE(&comm.bcast(number, root) == &number);
      REQUIRE(number == 10 + root);
      REQUIRE(comm.bcast(20 + rank, {.root = root}) == 20 + root);
      REQUIRE((rank == root ? comm.bcast(30 + rank, root) : comm.bcast<int>(MPI::None, root)) ==
              30 + root);
    });
    std::string assigned = rank == 0 ? "zero" : "";
    assigned = comm.bcast(assigned);  // as in Python, onto itself
    REQUIRE(assigned == "zero");
  });
}

TEST_CASE("a root is any integral type", "[comm][object]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const std::size_t last = static_cast<std::size_t>(comm.Get_size()) - 1;
  REQUIRE(comm.bcast(comm.Get_rank(), {.root = last}) == static_cast<int>(last));
  REQUIRE(comm.bcast(comm.Get_rank(), static_cast<unsigned char>(last)) == static_cast<int>(last));
  REQUIRE(comm.gather(1, {.root = last}).has_value() ==
          (comm.Get_rank() == static_cast<int>(last)));
}

TEST_CASE("bcast reuses the storage of what it fills", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    for_each_root(comm, [&](int root) {
      // below and above the inline limit, and above what fits the first message
      for (const std::size_t length : {std::size_t{3}, std::size_t{100}, std::size_t{100'000}}) {
        CAPTURE(length);
        std::vector<double> values(length, rank + 0.5);
        const double* const storage = values.data();
        comm.bcast(values, root);
        REQUIRE(values.data() == storage);
        REQUIRE((values == std::vector<double>(length, root + 0.5)));

        // a longer one shrinks in place
        std::string text(rank == root ? length : length + 7, static_cast<char>('a' + rank));
        const char* const letters = text.data();
        comm.bcast(text, root);
        REQUIRE(text.data() == letters);
        REQUIRE((text == std::string(length, static_cast<char>('a' + root))));
      }
      Task task{rank, "", std::vector<double>(50'000, rank)};
      const double* const weights = task.weights.data();
      comm.bcast(task, root);
      REQUIRE(task.weights.data() == weights);
      REQUIRE((task == Task{root, "", std::vector<double>(50'000, root)}));
    });
  });
}

TEST_CASE("scatter ignores what other ranks than the root give", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    const auto size = static_cast<std::size_t>(comm.Get_size());
    for_each_root(comm, [&](int root) {
      std::vector<std::string> words(rank == root ? size : size + 3, "of no use");
      std::vector<int> numbers(rank == root ? size : 1, -1);
      if (rank == root) {
        for (std::size_t i = 0; i < size; ++i) {
          words[i] = std::string(i, 'w');
          numbers[i] = static_cast<int>(i * i);
        }
      }
      REQUIRE(comm.scatter(words, root) == std::string(static_cast<std::size_t>(rank), 'w'));
      REQUIRE(comm.scatter(numbers, root) == rank * rank);
    });
  });
}

TEST_CASE("a scatter of a wrong number of objects fails on every rank", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    const auto size = static_cast<std::size_t>(comm.Get_size());
    for_each_root(comm, [&](int root) {
      for (const std::size_t count : {size - 1, size + 1}) {
        CAPTURE(count);
        const std::vector<std::string> words(rank == root ? count : 0, "word");
        REQUIRE(error_class_of([&] { (void)comm.scatter(words, root); }) == MPI::ERR_ARG);
        const std::optional<std::vector<Task>> tasks(std::in_place, rank == root ? count : size);
        REQUIRE(error_class_of([&] { (void)comm.scatter(tasks, root); }) == MPI::ERR_ARG);
      }
      REQUIRE(error_class_of([&] { (void)comm.scatter<std::string>(MPI::None, root); }) ==
              MPI::ERR_ARG);
      const std::optional<std::vector<std::string>> nothing;
      REQUIRE(error_class_of([&] { (void)comm.scatter(nothing, root); }) == MPI::ERR_ARG);
      expect_in_step(comm);
    });
  });
}

TEST_CASE("an alltoall of a wrong number of objects fails", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const auto size = static_cast<std::size_t>(comm.Get_size());
    for (const std::size_t count : {size - 1, size + 1}) {
      REQUIRE(error_class_of([&] { (void)comm.alltoall(std::vector<std::string>(count)); }) ==
              MPI::ERR_ARG);
      REQUIRE(error_class_of([&] { (void)comm.alltoall(std::vector<int>(count)); }) ==
              MPI::ERR_ARG);
    }
    expect_in_step(comm);
  });
}

TEST_CASE("a wrong number of objects of fixed size fails on the root", "[comm][object]") {
  // alone: with others the root leaves them waiting, as documented
  REQUIRE(error_class_of([] { (void)MPI::COMM_SELF.scatter(std::vector<int>{}); }) == MPI::ERR_ARG);
  REQUIRE(error_class_of([] {
            (void)MPI::COMM_SELF.scatter(std::vector<int>{1, 2});
          }) == MPI::ERR_ARG);
}

TEST_CASE("a root outside the communicator is refused on every rank", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int size = comm.Get_size();
    for (const int root : {-1, -size, size, size + 7}) {
      INFO("root: " << root);
      const auto refuses = [](auto&& call) { return error_class_of(call) == MPI::ERR_ROOT; };
      int number = 1;
      std::string text = "text";
      REQUIRE(refuses([&] { comm.bcast(number, root); }));
      REQUIRE(refuses([&] { comm.bcast(text, {.root = root}); }));
      REQUIRE(refuses([&] { (void)comm.bcast<std::string>(MPI::None, root); }));
      REQUIRE(refuses([&] { (void)comm.gather(number, {.root = root}); }));
      REQUIRE(refuses([&] { (void)comm.gather(text, root); }));
      REQUIRE(refuses(
          [&] { (void)comm.scatter(std::vector<int>(static_cast<std::size_t>(size)), root); }));
      REQUIRE(refuses([&] { (void)comm.scatter<std::string>(MPI::None, {.root = root}); }));
      REQUIRE(refuses([&] { (void)comm.reduce(number, {.root = root}); }));
      REQUIRE(refuses([&] { (void)comm.reduce(text, MPI::SUM, root); }));
      REQUIRE(number == 1);
      REQUIRE(text == "text");
    }
    expect_in_step(comm);
  });
}

TEST_CASE("a bcast of another type than the root's is a mismatch there, and the next one works",
          "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    for_each_root(comm, [&](int root) {
      // the first message alone, more than that, and an object with parts
      for (const std::size_t length : {std::size_t{1}, std::size_t{2'000}, std::size_t{200'000}}) {
        CAPTURE(length);
        if (rank == root) {
          std::vector<double> values(length, 1);
          REQUIRE_FALSE(is_mismatch([&] { comm.bcast(values, root); }));
          Task task{1, "", values};
          REQUIRE_FALSE(is_mismatch([&] { comm.bcast(task, root); }));
        } else {
          std::map<int, std::string> map;
          REQUIRE(is_mismatch([&] { comm.bcast(map, root); }));
          std::vector<float> values;
          REQUIRE(is_mismatch([&] { comm.bcast(values, root); }));
        }
        expect_in_step(comm);
      }
    });
  });
}

TEST_CASE("a mismatch names both types", "[comm][object]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  std::string what;
  try {
    if (comm.Get_rank() == 0)
      (void)comm.bcast(std::vector<std::string>{"one"}, 0);
    else
      (void)comm.bcast<std::map<int, float>>(MPI::None, 0);
  } catch (const MPI::TypeMismatch& error) {
    what = error.what();
    REQUIRE(error.Get_error_class() == MPI::ERR_TYPE);
  }
  INFO(what);
  REQUIRE((what.find("map") != std::string::npos) == (comm.Get_rank() != 0));
  REQUIRE((what.find("vector") != std::string::npos) == (comm.Get_rank() != 0));
}

TEST_CASE("sequences of the same element are one type in a bcast", "[comm][object]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{5}, std::size_t{300}, std::size_t{100'000}}) {
    if (comm.Get_rank() == 0) {
      (void)comm.bcast(std::string(length, 'c'));
    } else {
      std::vector<char> letters;
      comm.bcast(letters);
      REQUIRE((letters == std::vector<char>(length, 'c')));
    }
  }
}

TEST_CASE("a gather of different types is a mismatch on the root, and the next one works",
          "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for_each_root(comm, [&](int root) {
      for (const std::size_t length : {std::size_t{1}, std::size_t{50'000}}) {
        CAPTURE(length);
        // the rank after the root has another type
        const bool is_other = size > 1 && rank == (root + 1) % size;
        const bool mismatch =
            is_other ? is_mismatch([&] { (void)comm.gather(std::vector<long>(length), root); })
                     : is_mismatch([&] { (void)comm.gather(std::string(length, 's'), root); });
        REQUIRE(mismatch == (size > 1 && rank == root));
        expect_in_step(comm);
      }
    });
  });
}

TEST_CASE("an allgather and an alltoall of different types are mismatches, and the next ones work",
          "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    const auto size = static_cast<std::size_t>(comm.Get_size());
    const bool is_last = rank + 1 == comm.Get_size() && size > 1;
    const bool gathers = is_last ? is_mismatch([&] { (void)comm.allgather(std::vector<long>{1}); })
                                 : is_mismatch([&] { (void)comm.allgather(std::string("s")); });
    REQUIRE(gathers == (size > 1));
    expect_in_step(comm);
    const bool exchanges =
        is_last
            ? is_mismatch([&] { (void)comm.alltoall(std::vector<std::vector<long>>(size, {1})); })
            : is_mismatch([&] { (void)comm.alltoall(std::vector<std::string>(size, "s")); });
    REQUIRE(exchanges == (size > 1));
    expect_in_step(comm);
  });
}

TEST_CASE("a scatter to a rank that expects another type is a mismatch there", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for_each_root(comm, [&](int root) {
      const bool is_other = size > 1 && rank == (root + 1) % size;
      const std::vector<std::string> words(rank == root ? static_cast<std::size_t>(size) : 0,
                                           "word");
      const bool mismatch =
          is_other ? is_mismatch([&] { (void)comm.scatter<std::vector<long>>(MPI::None, root); })
                   : is_mismatch([&] { (void)comm.scatter(words, root); });
      REQUIRE(mismatch == is_other);
      expect_in_step(comm);
    });
  });
}

TEST_CASE("objects of several MiB go through every collective", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    constexpr std::size_t million = 1'000'000;
    // several large parts, small members between them, and lengths that are no power of two
    const auto make = [](int rank) {
      std::map<std::string, std::vector<double>> parts;
      parts["first"] = std::vector<double>(million / 4 + static_cast<std::size_t>(rank), rank);
      parts["second"] = {};
      parts["third"] = std::vector<double>(million / 8 + 1, -rank);
      return parts;
    };
    const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
    std::vector<decltype(make(0))> all;
    for (int peer = 0; peer <= last; ++peer) all.push_back(make(peer));

    auto object = make(rank);
    comm.bcast(object, last);
    REQUIRE((object == make(last)));
    const auto gathered = comm.gather(make(rank), last);
    REQUIRE(gathered.has_value() == (rank == last));
    if (gathered) REQUIRE((*gathered == all));
    REQUIRE((comm.allgather(make(rank)) == all));
    REQUIRE((comm.scatter(rank == last ? all : decltype(all){}, last) == make(rank)));
    REQUIRE((comm.alltoall(all) == decltype(all)(all.size(), make(rank))));

    // one part that is the whole object
    std::string text(3 * million + static_cast<std::size_t>(rank), static_cast<char>('a' + rank));
    const std::string mine = text;
    comm.bcast(text, last);
    REQUIRE((text == std::string(3 * million + static_cast<std::size_t>(last),
                                 static_cast<char>('a' + last))));
    const std::vector<std::string> texts = comm.allgather(mine);
    REQUIRE((texts[static_cast<std::size_t>(rank)] == mine));
    REQUIRE((texts[static_cast<std::size_t>(last)] == text));
  });
}

namespace {

/// Columns below and above the size from which a column is broadcast by itself.
struct Columns {
  std::vector<int> few, many;
  std::string text;
  std::vector<std::vector<double>> rows;
  std::map<int, std::vector<char>> named;
  bool operator==(const Columns&) const = default;
};
Columns columns_of(int rank) {
  const auto more = static_cast<std::size_t>(rank);
  return {std::vector<int>(2'000, rank),
          std::vector<int>(30'000 + more, rank + 1),
          std::string(70'000, 't'),
          {std::vector<double>(10'000, 0.5), {}, std::vector<double>(3 + more, 1.5)},
          {{1, std::vector<char>(100'000 + more, 'c')}, {2, {'a'}}}};
}

/// Refuses to be read in the middle of its columns.
struct Refusing {
  Columns columns;
  template <class Archive>
  void save(Archive& archive) const {
    archive(columns.many, columns.text, columns.rows);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(columns.many);
    throw std::runtime_error("on purpose");
  }
};

}  // namespace

TEST_CASE("large columns are broadcast, and none is left over when a rank does not take them",
          "[comm][object]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  for_each_root(comm, [&](int root) {
    Columns columns = columns_of(rank);
    comm.bcast(columns, root);
    CHECK(columns == columns_of(root));

    const bool is_odd = (rank - root + comm.Get_size()) % comm.Get_size() % 2 != 0;
    if (is_odd) {
      std::map<int, int> other;
      CHECK_THROWS_AS(comm.bcast(other, root), MPI::TypeMismatch);
    } else {
      CHECK(comm.bcast(columns_of(rank), root) == columns_of(root));
    }

    Refusing refusing{columns_of(rank)};
    if (rank == root)
      comm.bcast(refusing, root);
    else
      CHECK_THROWS_WITH(comm.bcast(refusing, root), Catch::Contains("on purpose"));
    CHECK(refusing.columns.many == columns_of(root).many);

    // packed, and of no type where it arrives
    MPI::Object packed;
    if (rank == root) packed = MPI::Object(columns_of(root));
    comm.bcast(packed, root);
    CHECK(packed.as<Columns>() == columns_of(root));
    if (rank == root)
      comm.bcast(packed, root);
    else
      CHECK(comm.bcast<Columns>(MPI::None, root) == columns_of(root));
    CHECK(comm.allreduce(rank) == comm.Get_size() * (comm.Get_size() - 1) / 2);
  });
}

TEST_CASE("ranks with nothing give empty objects", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    const auto size = static_cast<std::size_t>(comm.Get_size());
    const std::vector<std::string> none(size);
    REQUIRE(comm.allgather(std::string()) == none);
    REQUIRE(comm.alltoall(none) == none);
    REQUIRE((comm.allgather(std::vector<Task>()) == std::vector<std::vector<Task>>(size)));
    for_each_root(comm, [&](int root) {
      std::string text = rank == root ? "" : "not empty";
      comm.bcast(text, root);
      REQUIRE(text.empty());
      REQUIRE(comm.scatter(none, root).empty());
      // some have, some have not
      const auto gathered = comm.gather(std::string(rank % 2 == 0 ? 0 : 5, 'x'), root);
      if (gathered)
        for (std::size_t peer = 0; peer < size; ++peer)
          REQUIRE((*gathered)[peer].size() == (peer % 2 == 0 ? 0 : 5));
    });
  });
}

TEST_CASE("a packed object is broadcast and gathered as what it holds", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank();
    for_each_root(comm, [&](int root) {
      for (const std::size_t length : {std::size_t{2}, std::size_t{20'000}}) {
        const Task task{rank, "packed", std::vector<double>(length, rank)};
        const MPI::Object packed = comm.bcast(MPI::Object(task), root);
        REQUIRE((packed.as<Task>() == Task{root, "packed", std::vector<double>(length, root)}));
        const auto gathered = comm.gather(MPI::Object(task), root);
        REQUIRE(gathered.has_value() == (rank == root));
        if (gathered)
          for (int peer = 0; peer < comm.Get_size(); ++peer)
            REQUIRE((*gathered)[static_cast<std::size_t>(peer)].as<Task>().id == peer);
        // a rank that knows the type need not open it by hand
        Task known;
        if (rank == root)
          (void)comm.bcast(MPI::Object(task), root);
        else
          comm.bcast(known, root);
        REQUIRE((rank == root || known == Task{root, "packed", std::vector<double>(length, root)}));
      }
    });
  });
}

TEST_CASE("pairs, tuples and aggregates of numbers have a fixed size and no mismatch of blocks",
          "[comm][object]") {
  struct Mixed {
    char letter = 0;
    double value = 0;  // behind padding
    bool flag = false;
    bool operator==(const Mixed&) const = default;
  };
  for_each_communicator([](const MPI::Intracomm& comm) {
    expect_gather(comm, std::pair(1, 2.5));
    expect_scatter(comm, std::tuple(1, 'c', 2.5F));
    expect_alltoall(comm, std::pair(0, std::array<double, 3>{1, 2, 3}));
    const int rank = comm.Get_rank();
    const auto all =
        comm.allgather(Mixed{static_cast<char>('a' + rank), rank + 0.5, rank % 2 == 1});
    for (int peer = 0; peer < comm.Get_size(); ++peer)
      REQUIRE((all[static_cast<std::size_t>(peer)] ==
               Mixed{static_cast<char>('a' + peer), peer + 0.5, peer % 2 == 1}));
  });
}

TEST_CASE("sequences of objects of any kind", "[comm][object]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    std::list<std::string> texts;
    std::vector<int> numbers;
    for (int peer = 0; peer < size; ++peer) {
      texts.push_back(std::string(20, static_cast<char>('a' + 4 * rank + peer)));
      numbers.push_back(10 * rank + peer);
    }
    std::vector<std::string> expected_texts;
    std::vector<int> expected_numbers;
    for (int peer = 0; peer < size; ++peer) {
      expected_texts.push_back(std::string(20, static_cast<char>('a' + 4 * peer + rank)));
      expected_numbers.push_back(10 * peer + rank);
    }
    REQUIRE(comm.alltoall(texts) == expected_texts);
    REQUIRE(comm.alltoall(std::span(numbers)) == expected_numbers);
    REQUIRE(comm.ialltoall(texts).wait() == expected_texts);
    for_each_root(comm, [&](int root) {
      const std::string text(20, static_cast<char>('a' + 4 * root + rank));
      REQUIRE(comm.scatter(texts, root) == text);
      REQUIRE(comm.scatter(std::span(numbers), {.root = root}) == 10 * root + rank);
      REQUIRE(comm.iscatter(texts, root).wait() == text);
      REQUIRE(comm.iscatter(texts, {.root = root}).wait() == text);
    });
  });
  const MPI::Intracomm& self = MPI::COMM_SELF;
  REQUIRE(self.scatter({7}) == 7);
  REQUIRE(self.scatter({7}, 0) == 7);
  REQUIRE(self.scatter({"text"}, {.root = 0}) == "text");
  REQUIRE(self.scatter<std::string>({"text"}, 0) == "text");
  REQUIRE(self.scatter(std::array{0.5}) == 0.5);
  REQUIRE(self.iscatter({7}, 0).wait() == 7);
  REQUIRE(self.alltoall({7}) == std::vector{7});
  REQUIRE(self.alltoall<std::string>({"text"}) == std::vector<std::string>{"text"});
  REQUIRE(self.alltoall(std::array<const char*, 1>{"text"}) == std::vector<std::string>{"text"});
  REQUIRE(self.ialltoall({7}).wait() == std::vector{7});
  REQUIRE(error_class_of([&] { (void)self.scatter({1, 2}, 0); }) == MPI::ERR_ARG);
  REQUIRE(error_class_of([&] { (void)self.alltoall({1, 2}); }) == MPI::ERR_ARG);
}
