// SPDX-License-Identifier: MIT
// ranks: 1 2 4
// labels: threads
// Attributes: values of the user's that are kept with communicators and datatypes, and the
// callbacks of their keyvals.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

/// A value whose deletion is refused.
struct Refused {
  int value;
};

struct Cache {
  std::vector<int> numbers;
  std::string name;
};

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
std::string type_mismatch(F&& call) {
  try {
    call();
  } catch (const MPI::TypeMismatch& error) {
    return error.what();
  }
  return "";
}

/// What the same test is run on: something that has attributes, and how to make one.
struct Comms {
  using object = MPI::Intracomm;
  using base = MPI::Comm;
  static object make() { return MPI::COMM_WORLD.Dup(); }
};
struct Datatypes {
  using object = MPI::Datatype;
  using base = MPI::Datatype;
  static object make() { return MPI::INT.Create_contiguous(3); }
};

}  // namespace

TEMPLATE_TEST_CASE("a value is kept, replaced and deleted", "[attribute]", Comms, Datatypes) {
  using object = typename TestType::base;
  int key = object::template Create_keyval<std::string>();
  REQUIRE(key != MPI_KEYVAL_INVALID);
  auto first = TestType::make();
  REQUIRE(first.template Get_attr<std::string>(key) == std::nullopt);
  first.Set_attr(key, std::string(1'000, 'a'));
  REQUIRE(first.template Get_attr<std::string>(key) == std::string(1'000, 'a'));
  const auto copy = first;  // the same object
  REQUIRE(copy.template Get_attr<std::string>(key) == std::string(1'000, 'a'));
  copy.Set_attr(key, "a literal");
  REQUIRE(first.template Get_attr<std::string>(key) == "a literal");
  const auto second = TestType::make();
  REQUIRE(second.template Get_attr<std::string>(key) == std::nullopt);
  first.Delete_attr(key);
  REQUIRE(first.template Get_attr<std::string>(key) == std::nullopt);
  first.Set_attr(key, std::string("again"));
  REQUIRE(copy.template Get_attr<std::string>(key) == "again");
  key = object::Free_keyval(key);
  REQUIRE(key == MPI_KEYVAL_INVALID);
}

TEMPLATE_TEST_CASE("a keyval without a type takes values of any type", "[attribute]", Comms,
                   Datatypes) {
  using object = typename TestType::base;
  const int key = object::Create_keyval(), other = object::Create_keyval({.copy_fn = true});
  const auto holder = TestType::make();
  holder.Set_attr(key, 7);
  REQUIRE(holder.Get_attr(key) == 7);
  holder.Set_attr(key, Cache{{1, 2, 3}, "cache"});
  REQUIRE(holder.template Get_attr<Cache>(key)->numbers == std::vector<int>{1, 2, 3});
  const auto shared = std::make_shared<Cache>();
  holder.Set_attr(other, shared);  // the same object comes back
  REQUIRE(holder.template Get_attr<std::shared_ptr<Cache>>(other) == shared);
  REQUIRE(shared.use_count() == 2);
  {
    const auto duplicate = holder.Dup();
    REQUIRE(duplicate.template Get_attr<Cache>(key) == std::nullopt);
    REQUIRE(duplicate.template Get_attr<std::shared_ptr<Cache>>(other) == shared);
    REQUIRE(shared.use_count() == 3);
  }
  REQUIRE(shared.use_count() == 2);
  holder.Delete_attr(other);
  REQUIRE(shared.use_count() == 1);
  object::Free_keyval(key);
  object::Free_keyval(other);
}

TEMPLATE_TEST_CASE("asking for another type says which it is", "[attribute]", Comms, Datatypes) {
  using object = typename TestType::base;
  const int any = object::Create_keyval(), strings = object::template Create_keyval<std::string>();
  const auto holder = TestType::make();
  holder.Set_attr(any, 2.5);
  REQUIRE_THAT(type_mismatch([&] { (void)holder.Get_attr(any); }), HasText("double"));
  REQUIRE_THAT(type_mismatch([&] { (void)holder.template Get_attr<std::string>(any); }),
               HasText("std::string"));
  REQUIRE_THAT(type_mismatch([&] { holder.Set_attr(strings, 1); }), HasText("std::string"));
  REQUIRE(holder.template Get_attr<std::string>(strings) == std::nullopt);
  REQUIRE(holder.template Get_attr<double>(any) == 2.5);
  object::Free_keyval(any);
  object::Free_keyval(strings);
}

TEMPLATE_TEST_CASE("duplicates get what copy_fn says", "[attribute]", Comms, Datatypes) {
  using object = typename TestType::base;
  int calls = 0, deleted = 0;  // first: the holder's end deletes its attributes
  const auto holder = TestType::make();
  const auto native = holder.native();
  const int no = object::template Create_keyval<int>();
  const int none = object::template Create_keyval<int>(nullptr, nullptr);
  const int yes = object::template Create_keyval<int>(true);
  const int next = object::template Create_keyval<int>(
      [&](const object& from, int, const int& value) {
        ++calls;
        REQUIRE(from.native() == native);
        return value + 1;
      },
      [&](const object&, int, const int&) { ++deleted; });
  const int odd = object::template Create_keyval<int>(
      {.copy_fn = [](const object&, int, int value) -> std::optional<int> {
        if (value % 2 == 0) return std::nullopt;
        return value;
      }});
  int value = 10;
  for (const int key : {no, none, yes, next, odd}) holder.Set_attr(key, value++);
  {
    const auto duplicate = holder.Dup();
    REQUIRE(calls == 1);  // the library duplicates once more, for itself; nobody sees that
    REQUIRE(duplicate.Get_attr(no) == std::nullopt);
    REQUIRE(duplicate.Get_attr(none) == std::nullopt);
    REQUIRE(duplicate.Get_attr(yes) == 12);
    REQUIRE(duplicate.Get_attr(next) == 14);
    REQUIRE(duplicate.Get_attr(odd) == std::nullopt);
    holder.Set_attr(odd, 15);
    REQUIRE(holder.Dup().Get_attr(odd) == 15);
    REQUIRE(deleted == 1);
  }
  REQUIRE(deleted == 2);
  REQUIRE(holder.Get_attr(next) == 13);
  for (const int key : {no, none, yes, next, odd}) object::Free_keyval(key);
}

TEMPLATE_TEST_CASE("delete_fn is called once for every value that ends", "[attribute]", Comms,
                   Datatypes) {
  using object = typename TestType::base;
  std::vector<std::string> ended;
  int expected_key = 0;
  const int key = object::template Create_keyval<std::string>(
      true, [&](const object&, int keyval, const std::string& value) {
        REQUIRE(keyval == expected_key);
        ended.push_back(value);
      });
  expected_key = key;
  {
    auto holder = TestType::make();
    holder.Set_attr(key, "first");
    holder.Set_attr(key, "second");
    REQUIRE(ended == std::vector<std::string>{"first"});
    holder.Delete_attr(key);
    REQUIRE(ended == std::vector<std::string>{"first", "second"});
    holder.Set_attr(key, "third");
    const auto copy = holder;
    { const auto duplicate = holder.Dup(); }
    REQUIRE(ended.size() == 3);
    holder.Free();
    REQUIRE(ended.size() == 4);
  }
  {
    const auto holder = TestType::make();
    holder.Set_attr(key, "last");
  }
  REQUIRE(ended.size() == 5);
  REQUIRE(ended.back() == "last");
  object::Free_keyval(key);
}

TEMPLATE_TEST_CASE("a freed keyval keeps its callables until its values end", "[attribute]", Comms,
                   Datatypes) {
  using object = typename TestType::base;
  const auto token = std::make_shared<int>(0);
  {
    auto holder = TestType::make();
    {
      const int key = object::template Create_keyval<int>(
          [token](const object&, int, int value) { return value; },
          [token](const object&, int, int) { ++*token; });
      REQUIRE(token.use_count() == 3);
      holder.Set_attr(key, 1);
      object::Free_keyval(key);
      REQUIRE(token.use_count() == 3);
    }
    {
      const auto duplicate = holder.Dup();
      REQUIRE(*token == 0);
    }
    REQUIRE(*token == 1);
    REQUIRE(token.use_count() == 3);
  }
  REQUIRE(*token == 2);
  REQUIRE(token.use_count() == 1);
  // and one that was never used
  const int unused = object::template Create_keyval<int>(true, [token](const object&, int, int) {});
  REQUIRE(token.use_count() == 2);
  object::Free_keyval(unused);
  REQUIRE(token.use_count() == 1);
}

TEMPLATE_TEST_CASE("what a callback throws, the call throws", "[attribute]", Comms, Datatypes) {
  using object = typename TestType::base;
  bool refuses = true;
  const int key = object::template Create_keyval<int>(
      [&](const object&, int, int value) {
        if (refuses) throw std::runtime_error("cannot be copied");
        return value;
      },
      [&](const object&, int, int) {
        if (refuses) throw std::logic_error("cannot be deleted");
      });
  auto holder = TestType::make();
  holder.Set_attr(key, 5);
  REQUIRE_THROWS_AS(holder.Dup(), std::runtime_error);
  REQUIRE_THROWS_AS(holder.Delete_attr(key), std::logic_error);
  REQUIRE(holder.Get_attr(key) == 5);
  REQUIRE_THROWS_AS(holder.Set_attr(key, 6), std::logic_error);
  REQUIRE(holder.Get_attr(key) == 5);
  // an error after it is its own
  REQUIRE(error_class_of([&] { holder.Delete_attr(MPI_KEYVAL_INVALID); }) != MPI::SUCCESS);
  refuses = false;
  REQUIRE(holder.Dup().Get_attr(key) == 5);
  holder.Delete_attr(key);
  REQUIRE(holder.Get_attr(key) == std::nullopt);
  object::Free_keyval(key);
}

TEST_CASE("a refused deletion refuses Free, and the communicator is there still", "[attribute]") {
  bool refuses = true;
  const int key = MPI::Comm::Create_keyval<Refused>(false, [&](const MPI::Comm&, int, Refused) {
    if (refuses) throw std::logic_error("cannot be deleted");
  });
  MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  comm.Set_attr(key, Refused{5});
  REQUIRE_THROWS_AS(comm.Free(), std::logic_error);
  REQUIRE(comm);
#if !defined(MPICH_VERSION)
  REQUIRE(comm.Get_attr<Refused>(key)->value == 5);  // MPICH 4.0 forgets it all the same
#endif
  REQUIRE(comm.allreduce(1) == comm.Get_size());
  refuses = false;
  comm.Free();
  REQUIRE_FALSE(comm);
  MPI::Comm::Free_keyval(key);
}

TEST_CASE("callbacks may use MPI", "[attribute]") {
  // a communicator for each communicator, as a library would keep it
  const int key = MPI::Comm::Create_keyval<MPI::Intracomm>(
      [](const MPI::Comm& from, int keyval, const MPI::Intracomm& inner) {
        REQUIRE(from.Get_attr<MPI::Intracomm>(keyval) == inner);
        REQUIRE(from.Get_rank() == inner.Get_rank());
        return inner.Dup();
      },
      [](const MPI::Comm& from, int, const MPI::Intracomm& inner) {
        REQUIRE(from.Get_size() == inner.Get_size());
      });
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const MPI::Intracomm comm = world.Split({.color = 0, .key = -world.Get_rank()});
  comm.Set_attr(key, comm.Dup());
  MPI::Intracomm duplicate = comm.Dup();
  const MPI::Intracomm inner = duplicate.Get_attr<MPI::Intracomm>(key).value();
  REQUIRE(inner != comm.Get_attr<MPI::Intracomm>(key).value());
  REQUIRE(inner.allreduce(1) == world.Get_size());
  duplicate.Free();
  REQUIRE(inner.allreduce(std::string("x")).size() == static_cast<std::size_t>(world.Get_size()));
  MPI::Comm::Free_keyval(key);
}

TEST_CASE("Split and Create copy no attributes; Idup and Dup_with_info do", "[attribute]") {
  int copies = 0;
  const int key = MPI::Comm::Create_keyval<int>([&](const MPI::Comm&, int, int value) {
    ++copies;
    return value;
  });
  const MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  comm.Set_attr(key, 3);
  REQUIRE(comm.Split().Get_attr(key) == std::nullopt);
  REQUIRE(comm.Create(comm.Get_group()).Get_attr(key) == std::nullopt);
  REQUIRE(copies == 0);
  auto [duplicate, request] = comm.Idup();
  request.Wait();
  REQUIRE(duplicate.Get_attr(key) == 3);
  REQUIRE(comm.Dup_with_info(MPI::Info::Create()).Get_attr(key) == 3);
  REQUIRE(comm.Clone().Get_attr(key) == 3);
  REQUIRE(copies == 3);
  // adopted: its shadow is made at the first object collective
  const MPI::Comm borrowed = MPI::Comm::adopt(comm.native(), MPI::ownership::borrowed);
  REQUIRE(borrowed.allreduce(1) == comm.Get_size());
  REQUIRE(copies == 3);
  MPI::Comm::Free_keyval(key);
}

TEST_CASE("the library's own communicators take no attributes", "[attribute]") {
  MPI_Comm raw = MPI_COMM_NULL;
  MPI_Comm_dup(MPI_COMM_WORLD, &raw);
  MPI_Comm_set_errhandler(raw, MPI_ERRORS_RETURN);
  int copies = 0, deleted = 0;
  const int key = MPI::Comm::Create_keyval<int>(
      [&](const MPI::Comm&, int, int value) {
        ++copies;
        return value;
      },
      [&](const MPI::Comm&, int, int) { ++deleted; });
  {
    const MPI::Intracomm adopted{MPI::Comm::adopt(raw, MPI::ownership::borrowed)};
    adopted.Set_attr(key, 5);
    {
      const auto duplicate = adopted.Dup();
      REQUIRE(duplicate.allreduce(std::string("x")).size() ==
              static_cast<std::size_t>(duplicate.Get_size()));
      REQUIRE(duplicate.Get_attr<int>(key) == 5);
    }
    REQUIRE(copies == 1);
    REQUIRE(deleted == 1);
    REQUIRE(adopted.allreduce(std::string("x")).size() ==
            static_cast<std::size_t>(adopted.Get_size()));
    REQUIRE(copies == 1);
  }
  MPI_Comm_free(&raw);
  REQUIRE(deleted == 2);
  MPI::Comm::Free_keyval(key);
}

TEST_CASE("the attributes that MPI sets are numbers", "[attribute]") {
  const int bound = MPI::COMM_WORLD.Get_attr(MPI_TAG_UB).value();
  REQUIRE(bound >= 32'767);
  REQUIRE(MPI::COMM_WORLD.Get_attr<long long>(MPI_TAG_UB) == bound);
  REQUIRE(MPI::COMM_WORLD.Dup().Get_attr(MPI_TAG_UB) == bound);
  MPI::Request request = MPI::COMM_SELF.isend(bound, 0, bound);
  REQUIRE(MPI::COMM_SELF.recv<int>(0, bound) == bound);
  request.wait();
  REQUIRE(MPI::COMM_WORLD.Get_attr(MPI::TAG_UB) == bound);
  const auto is_global = MPI::COMM_WORLD.Get_attr<bool>(MPI::WTIME_IS_GLOBAL);
  REQUIRE(is_global.has_value());
  REQUIRE(MPI::COMM_WORLD.Get_attr(MPI::WTIME_IS_GLOBAL) == (*is_global ? 1 : 0));
  // every rank has files
  REQUIRE(MPI::COMM_WORLD.Get_attr(MPI::IO) == MPI::ANY_SOURCE);
  // the room for processes that the launcher tells, and the number of the program in its line
  if (const auto universe = MPI::COMM_WORLD.Get_attr(MPI::UNIVERSE_SIZE)) REQUIRE(*universe >= 1);
  if (const auto number = MPI::COMM_WORLD.Get_attr(MPI::APPNUM)) REQUIRE(*number == 0);
  REQUIRE_FALSE(
      type_mismatch([] { (void)MPI::COMM_WORLD.Get_attr<std::string>(MPI_TAG_UB); }).empty());
  REQUIRE(error_class_of([] { MPI::COMM_WORLD.Set_attr(MPI_TAG_UB, 1); }) == MPI::ERR_KEYVAL);
}

TEST_CASE("invalid keyvals and communicators are refused", "[attribute]") {
  REQUIRE(error_class_of([] { MPI::Comm::Free_keyval(MPI_KEYVAL_INVALID); }) != MPI::SUCCESS);
  REQUIRE(error_class_of([] { MPI::COMM_WORLD.Set_attr(MPI_KEYVAL_INVALID, 1); }) ==
          MPI::ERR_KEYVAL);
  REQUIRE(error_class_of([] { (void)MPI::COMM_WORLD.Get_attr(MPI_KEYVAL_INVALID); }) !=
          MPI::SUCCESS);
  const int key = MPI::Comm::Create_keyval();
  REQUIRE(error_class_of([&] { MPI::Intracomm().Set_attr(key, 1); }) == MPI::ERR_COMM);
  REQUIRE(error_class_of([&] { (void)MPI::Intracomm().Get_attr(key); }) == MPI::ERR_COMM);
  MPI::Comm::Free_keyval(key);
}

TEST_CASE("keyvals of C code keep addresses", "[attribute]") {
  int key = MPI_KEYVAL_INVALID, target = 0;
  const MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  MPI_Comm_create_keyval(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, &key, nullptr);
  MPI_Comm_set_attr(comm.native(), key, &target);
  REQUIRE(comm.Get_attr<void*>(key) == static_cast<void*>(&target));
  REQUIRE(comm.Dup().Get_attr<void*>(key) == static_cast<void*>(&target));
  REQUIRE(error_class_of([&] { (void)comm.Get_attr<std::string>(key); }) == MPI::ERR_KEYVAL);
  REQUIRE(error_class_of([&] { comm.Set_attr(key, 1); }) == MPI::ERR_KEYVAL);
  comm.Set_attr(key, static_cast<void*>(&key));
  REQUIRE(comm.Get_attr<void*>(key) == static_cast<void*>(&key));
  MPI_Comm_free_keyval(&key);
}

TEST_CASE("two threads make keyvals and keep values at once", "[attribute]") {
  if (MPI::Query_thread() < MPI::THREAD_MULTIPLE) return;
  std::atomic<int> wrong = 0, deleted = 0;
  const MPI::Intracomm first = MPI::COMM_SELF.Dup(), second = MPI::COMM_SELF.Dup();
  const auto work = [&](const MPI::Intracomm& comm, int offset) {
    for (int i = 0; i < 200; ++i) {
      const int key =
          MPI::Comm::Create_keyval<int>(true, [&](const MPI::Comm&, int, int) { ++deleted; });
      comm.Set_attr(key, i + offset);
      if (comm.Get_attr(key) != i + offset) ++wrong;
      if (i % 2)
        MPI::Comm::Free_keyval(key);
      else
        comm.Delete_attr(key);
    }
  };
  {
    std::jthread other(work, std::cref(second), 1'000);
    work(first, 0);
  }
  REQUIRE(wrong == 0);
  REQUIRE(deleted == 200);
}

TEST_CASE("what one of several delete_fns throws is thrown by the call in which it ran") {
  const int fine = MPI::Comm::Create_keyval<int>();
  bool refuses = true;
  const int refusing = MPI::Comm::Create_keyval<int>(false, [&](const MPI::Comm&, int, int) {
    if (refuses) throw std::runtime_error("refused");
  });
  for (const bool is_last : {true, false}) {
    auto comm = MPI::COMM_SELF.Dup();
    comm.Set_attr(is_last ? fine : refusing, 1);
    comm.Set_attr(is_last ? refusing : fine, 2);
    refuses = true;
    REQUIRE_THROWS_AS(comm.Free(), std::runtime_error);
    // nothing is left for a later call
    REQUIRE(error_class_of([] { MPI::COMM_WORLD.Probe({.source = 999}); }) == MPI::ERR_RANK);
    refuses = false;
    if (comm) comm.Free();
  }
  MPI::Comm::Free_keyval(refusing);
  MPI::Comm::Free_keyval(fine);
}
