// SPDX-License-Identifier: MIT
// ranks: 1 2 4
// Error handlers: what is done about an error before the call that failed throws it.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

template <class F>
int error_class_of(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    return error.Get_error_class();
  }
  return MPI::SUCCESS;
}

}  // namespace

TEST_CASE("errors are returned by default", "[errhandler]") {
  REQUIRE(MPI::COMM_WORLD.Get_errhandler() == MPI::ERRORS_RETURN);
  REQUIRE(MPI::COMM_SELF.Get_errhandler() == MPI::ERRORS_RETURN);
  const MPI::Intracomm duplicate = MPI::COMM_WORLD.Dup();
  REQUIRE(duplicate.Get_errhandler() == MPI::ERRORS_RETURN);
  REQUIRE(MPI::COMM_WORLD.Split().Get_errhandler() == MPI::ERRORS_RETURN);
  auto [later, request] = duplicate.Idup();
  request.Wait();
  REQUIRE(later.Get_errhandler() == MPI::ERRORS_RETURN);
}

TEST_CASE("handlers are set, told and restored", "[errhandler]") {
  REQUIRE_FALSE(MPI::ERRHANDLER_NULL);
  REQUIRE(MPI::Errhandler() == MPI::ERRHANDLER_NULL);
  REQUIRE(MPI::ERRORS_RETURN);
  REQUIRE(MPI::ERRORS_RETURN != MPI::ERRORS_ARE_FATAL);
  const MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  for (const MPI::Errhandler& handler :
       {MPI::ERRORS_ARE_FATAL, MPI::ERRORS_ABORT, MPI::ERRORS_RETURN}) {
    const MPI::Errhandler before = comm.Get_errhandler();
    comm.Set_errhandler(handler);
    REQUIRE(comm.Get_errhandler() == handler);
    comm.Set_errhandler(before);
    REQUIRE(comm.Get_errhandler() == before);
  }
  for (int i = 0; i < 100; ++i) {
    MPI::Errhandler handler = comm.Get_errhandler();
    handler.Free();
    REQUIRE(handler == MPI::ERRHANDLER_NULL);
  }
  REQUIRE(comm.Get_errhandler() == MPI::ERRORS_RETURN);
  REQUIRE(error_class_of([&] { comm.Set_errhandler(MPI::ERRHANDLER_NULL); }) == MPI::ERR_ARG);
}

TEST_CASE("a handler is called with the communicator and the code, and the call throws",
          "[errhandler]") {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const MPI::Intracomm comm = world.Split({.color = 0, .key = -world.Get_rank()});
  std::vector<int> classes;
  std::string text;
  const MPI::Errhandler handler =
      MPI::Comm::Create_errhandler([&](const MPI::Comm& failed, int code) {
        REQUIRE(failed == comm);
        REQUIRE(failed.Get_rank() == comm.Get_rank());
        REQUIRE(failed.Get_name() == comm.Get_name());
        classes.push_back(MPI::Exception(code).Get_error_class());
        text = MPI::Exception(code).what();
      });
  REQUIRE(handler);
  comm.Set_errhandler(handler);
  REQUIRE(comm.Get_errhandler() == handler);
  const int number = 0;
  REQUIRE(error_class_of([&] { comm.Send(number, comm.Get_size()); }) == MPI::ERR_RANK);
  REQUIRE(classes == std::vector<int>{MPI::ERR_RANK});
  REQUIRE_FALSE(text.empty());
  REQUIRE(error_class_of([&] { comm.Send(number, 0, -5); }) == MPI::ERR_TAG);
  REQUIRE(classes == std::vector<int>{MPI::ERR_RANK, MPI::ERR_TAG});
  // others are not concerned
  REQUIRE(error_class_of([&] { world.Send(number, world.Get_size()); }) == MPI::ERR_RANK);
  REQUIRE(classes.size() == 2);
  comm.Set_errhandler(MPI::ERRORS_RETURN);
  REQUIRE(error_class_of([&] { comm.Send(number, comm.Get_size()); }) == MPI::ERR_RANK);
  REQUIRE(classes.size() == 2);
  REQUIRE(comm.allreduce(1) == comm.Get_size());
}

TEST_CASE("Call_errhandler calls it", "[errhandler]") {
  const MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  int calls = 0, last = 0;
  comm.Set_errhandler(MPI::Comm::Create_errhandler([&](const MPI::Comm&, int code) {
    ++calls;
    last = code;
  }));
  comm.Call_errhandler(MPI::ERR_OTHER);
  REQUIRE(calls == 1);
  REQUIRE(last == MPI::ERR_OTHER);
  comm.Set_errhandler(MPI::ERRORS_RETURN);
  comm.Call_errhandler(MPI::ERR_OTHER);
  REQUIRE(calls == 1);
}

TEST_CASE("a handler may throw what it likes, and call MPI", "[errhandler]") {
  const MPI::Intracomm comm = MPI::COMM_WORLD.Dup();
  comm.Set_errhandler(MPI::Comm::Create_errhandler([&](const MPI::Comm& failed, int) {
    const MPI::Intracomm alone = MPI::COMM_SELF.Dup();
    REQUIRE(failed.Get_group().Get_size() == comm.Get_size());
    REQUIRE(failed.allreduce(1) == comm.Get_size());  // all ranks fail alike here
    throw std::domain_error("the user's own");
  }));
  const int number = 0;
  REQUIRE_THROWS_AS(comm.Send(number, comm.Get_size()), std::domain_error);
  REQUIRE_THROWS_AS(comm.Call_errhandler(MPI::ERR_OTHER), std::domain_error);
  // an error elsewhere is not taken for it
  REQUIRE(error_class_of([&] { MPI::COMM_SELF.Send(number, 1); }) == MPI::ERR_RANK);
  comm.Barrier();
}

TEST_CASE("a handler serves several communicators, and outlives its handle on them",
          "[errhandler]") {
  const MPI::Intracomm first = MPI::COMM_WORLD.Dup(), second = MPI::COMM_SELF.Dup();
  int calls = 0;
  const auto token = std::make_shared<int>(0);
  {
    MPI::Errhandler handler =
        MPI::Comm::Create_errhandler([&calls, token](const MPI::Comm&, int) { ++calls; });
    first.Set_errhandler(handler);
    second.Set_errhandler(handler);
    handler.Free();
    REQUIRE(handler == MPI::ERRHANDLER_NULL);
  }
  first.Call_errhandler(MPI::ERR_OTHER);
  second.Call_errhandler(MPI::ERR_OTHER);
  REQUIRE(calls == 2);
  // taken out and put back
  const MPI::Errhandler taken = first.Get_errhandler();
  first.Set_errhandler(MPI::ERRORS_RETURN);
  second.Set_errhandler(MPI::ERRORS_RETURN);
  first.Call_errhandler(MPI::ERR_OTHER);
  REQUIRE(calls == 2);
  REQUIRE(token.use_count() == 2);
  first.Set_errhandler(taken);
  first.Call_errhandler(MPI::ERR_OTHER);
  REQUIRE(calls == 3);
  first.Set_errhandler(MPI::ERRORS_RETURN);
}

TEST_CASE("there may be any number of handlers", "[errhandler]") {
  const MPI::Intracomm comm = MPI::COMM_SELF.Dup();
  std::vector<int> called;
  std::vector<MPI::Errhandler> handlers;
  for (int i = 0; i < 300; ++i)
    handlers.push_back(
        MPI::Comm::Create_errhandler([&called, i](const MPI::Comm&, int) { called.push_back(i); }));
  for (const int i : {299, 0, 150}) {
    comm.Set_errhandler(handlers[static_cast<std::size_t>(i)]);
    comm.Call_errhandler(MPI::ERR_OTHER);
  }
  REQUIRE(called == std::vector<int>{299, 0, 150});
  comm.Set_errhandler(MPI::ERRORS_RETURN);
}

TEST_CASE("errors of the program's own have a class, a code and a text", "[errors]") {
  const int own = MPI::Add_error_class();
  const int code = MPI::Add_error_code(own), other = MPI::Add_error_code(own);
  CHECK(own > MPI_ERR_LASTCODE);
  CHECK(code != other);
  CHECK(MPI::Get_error_class(own) == own);
  CHECK(MPI::Get_error_class(code) == own);
  CHECK(MPI::Get_error_class(other) == own);
  const int second = MPI::Add_error_class();
  CHECK(second != own);
  CHECK(MPI::Get_error_class(MPI::Add_error_code(second)) == second);
  CHECK(MPI::COMM_WORLD.Get_attr(MPI::LASTUSEDCODE) >= second);

  MPI::Add_error_string(own, "the oven");
  MPI::Add_error_string(code, "the oven is cold");
  CHECK(MPI::Get_error_string(own) == "the oven");
  CHECK(MPI::Get_error_string(code) == "the oven is cold");
  MPI::Add_error_string(code, "the oven is too hot");
  CHECK(MPI::Get_error_string(code) == "the oven is too hot");
  const std::string longest(MPI_MAX_ERROR_STRING - 1, 'x');
  CHECK_THROWS_WITH(MPI::Add_error_string(code, longest + "x"), HasText("characters"));

  // they are thrown as MPI's are
  try {
    throw MPI::Exception(code);
  } catch (const MPI::Exception& error) {
    CHECK(error.Get_error_code() == code);
    CHECK(error.Get_error_class() == own);
    CHECK(error.error_code() == code);
    CHECK(error.error_class() == own);
    CHECK(error.what() == std::string("the oven is too hot"));
  }
  // the text of the code is there beside a sentence of the thrower's
  try {
    throw MPI::Exception(code, "nobody can bake");
  } catch (const MPI::Exception& error) {
    CHECK(error.what() == std::string("nobody can bake"));
    CHECK(error.Get_error_string() == "the oven is too hot");
    CHECK(error.error_string() == "the oven is too hot");
  }
  const MPI::Intracomm comm = MPI::COMM_SELF.Dup();
  int seen = 0;
  comm.Set_errhandler(MPI::Comm::Create_errhandler([&](const MPI::Comm&, int c) { seen = c; }));
  comm.Call_errhandler(code);
  CHECK(seen == code);
  comm.Set_errhandler(MPI::ERRORS_RETURN);

  // what is no class of the program's gets nothing
  CHECK_THROWS_AS(MPI::Add_error_string(MPI::ERR_ARG, "mine"), MPI::Exception);
#if MPI_VERSION > 4 || (MPI_VERSION == 4 && MPI_SUBVERSION >= 1)
  MPI::Remove_error_string(code);
  MPI::Remove_error_string(own);
  MPI::Remove_error_code(code);
  MPI::Remove_error_code(other);
  MPI::Remove_error_class(own);
#else
  CHECK_THROWS_WITH(MPI::Remove_error_string(code), HasText("MPI 4.1"));
  CHECK_THROWS_WITH(MPI::Remove_error_code(code), HasText("MPI_Remove_error_code"));
  CHECK_THROWS_WITH(MPI::Remove_error_class(own), HasText("MPI 4.1"));
#endif
}

TEST_CASE("Pcontrol is there for profilers", "[errors]") {
  for (const int level : {2, 0, 1}) CHECK_NOTHROW(MPI::Pcontrol(level));
}
