// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Sessions: MPI without a world, beside the world of the program.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace MPI = mpi4cxx::MPI;

#if MPI_VERSION >= 4

namespace {

MPI::Intracomm everybody(const MPI::Session& session, const std::string& tag) {
  return MPI::Intracomm::Create_from_group(session.Create_group("mpi://WORLD"), tag);
}

}  // namespace

TEST_CASE("a session names the sets of processes that MPI knows", "[session]") {
  const MPI::Session session = MPI::Session::Init();
  std::vector<std::string> names;
  for (int i = 0; i < session.Get_num_psets(); ++i) names.push_back(session.Get_nth_pset(i));
  CHECK(std::count(names.begin(), names.end(), "mpi://WORLD") == 1);
  CHECK(std::count(names.begin(), names.end(), "mpi://SELF") == 1);

  CHECK(session.Create_group("mpi://WORLD").Get_size() == MPI::COMM_WORLD.Get_size());
  CHECK(session.Create_group("mpi://WORLD").Get_rank() == MPI::COMM_WORLD.Get_rank());
  CHECK(session.Create_group("mpi://SELF").Get_size() == 1);
  CHECK(session.Get_pset_info("mpi://SELF").Get("mpi_size") == "1");
  CHECK_NOTHROW(session.Get_info().Get_nkeys());
}

TEST_CASE("objects and buffers travel on a communicator of a session", "[session]") {
  const MPI::Session session = MPI::Session::Init();
  const MPI::Intracomm comm = everybody(session, "org.mpi4cxx.tests.calls");
  const int rank = comm.Get_rank(), size = comm.Get_size();
  REQUIRE(size == MPI::COMM_WORLD.Get_size());

  CHECK(comm.allreduce(rank + 1) == size * (size + 1) / 2);
  const std::map<std::string, std::vector<double>> sent = {
      {"rank " + std::to_string(rank), std::vector<double>(5000, rank)}};
  const auto received =
      comm.sendrecv(sent, {.dest = (rank + 1) % size, .source = (rank + size - 1) % size});
  CHECK(received.begin()->second.at(4999) == (rank + size - 1) % size);
  std::vector<int> ranks(static_cast<std::size_t>(size), -1);
  comm.Allgather(rank, ranks);
  CHECK(ranks.back() == size - 1);
}

TEST_CASE("sessions come and go, and copies are of the same one", "[session]") {
  for (int i = 0; i < 3; ++i) {
    MPI::Session session = MPI::Session::Init();
    const MPI::Session copy = session;
    CHECK(copy == session);
    everybody(session, "org.mpi4cxx.tests.again").Barrier();
    session.Finalize();
    CHECK(!session);
    CHECK(!copy);
    CHECK_THROWS_WITH(copy.Get_num_psets(), HasText("SESSION_NULL"));
  }
  // two at a time do not meet
  const MPI::Session one = MPI::Session::Init(), other = MPI::Session::Init();
  const auto first = everybody(one, "org.mpi4cxx.tests.one");
  const auto second = everybody(other, "org.mpi4cxx.tests.other");
  CHECK(one != other);
  CHECK(first.bcast(1) + second.bcast(2) == 3);
}

TEST_CASE("a group is made of a set of a session", "[session]") {
  const MPI::Session session = MPI::Session::Init();
  const auto world = MPI::Group::Create_from_session_pset(session, "mpi://WORLD");
  CHECK(world.Compare(MPI::COMM_WORLD.Get_group()) == MPI::IDENT);
  const auto self = MPI::Group::Create_from_session_pset(session, "mpi://SELF");
  CHECK(self.Get_size() == 1);
  CHECK(self.Translate_ranks({0}, world) == std::vector<int>{MPI::COMM_WORLD.Get_rank()});
  CHECK_THROWS_AS(MPI::Group::Create_from_session_pset(session, "no such set"), MPI::Exception);
}

TEST_CASE("an error handler of a session is called with it, and ends with it", "[session]") {
  const auto token = std::make_shared<int>(0);
  MPI::Session session = MPI::Session::Init();
  CHECK(session.Get_errhandler() == MPI::ERRORS_RETURN);
  std::vector<int> classes;
  {
    const MPI::Errhandler handler =
        MPI::Session::Create_errhandler([&, token](const MPI::Session& failed, int code) {
          CHECK(failed == session);
          CHECK(failed.Get_num_psets() >= 2);
          classes.push_back(MPI::Get_error_class(code));
          if (classes.back() == MPI::ERR_INTERN) throw std::domain_error("the user's own");
        });
    session.Set_errhandler(handler);
    CHECK(session.Get_errhandler() == handler);
  }
  session.Call_errhandler(MPI::ERR_OTHER);
  CHECK(classes == std::vector<int>{MPI::ERR_OTHER});
  CHECK_THROWS_AS(session.Call_errhandler(MPI::ERR_INTERN), std::domain_error);
  CHECK_THROWS_AS(session.Get_nth_pset(1000), MPI::Exception);
  CHECK_THROWS_AS(session.Create_group("no such set"), MPI::Exception);
  CHECK_THROWS_AS(session.Get_pset_info("no such set"), MPI::Exception);
  CHECK(classes.size() == 5);
  // others are not concerned
  const MPI::Session other = MPI::Session::Init();
  CHECK_THROWS_AS(other.Get_nth_pset(1000), MPI::Exception);
  CHECK(classes.size() == 5);
  session.Set_errhandler(MPI::ERRORS_RETURN);
  session.Call_errhandler(MPI::ERR_OTHER);
  CHECK_THROWS_AS(session.Get_nth_pset(1000), MPI::Exception);
  CHECK(classes.size() == 5);

  // one that is given at once, and is set until the end
  CHECK(token.use_count() == 1);
  const auto given = [&] {
    return MPI::Session::Create_errhandler(
        [&, token](const MPI::Session&, int) { classes.clear(); });
  };
  session = MPI::Session::Init({.errhandler = given()});
  CHECK_THROWS_AS(session.Get_nth_pset(1000), MPI::Exception);
  CHECK(classes.empty());
  CHECK(token.use_count() == 2);
  session.Finalize();
  CHECK(token.use_count() == 1);
  session = MPI::Session::Init(MPI::INFO_NULL, given());
  CHECK(token.use_count() == 2);
  session = MPI::SESSION_NULL;  // the last handle
  CHECK(token.use_count() == 1);
}

TEST_CASE("errors of sessions have a sentence", "[session]") {
  const MPI::Session none;
  CHECK(none == MPI::SESSION_NULL);
  CHECK_THROWS_WITH(none.Create_group("mpi://WORLD"), HasText("SESSION_NULL"));
  const MPI::Session session = MPI::Session::Init();
  CHECK_THROWS_WITH(session.Get_nth_pset(1000), HasText("number 1000"));
  CHECK_THROWS_AS(session.Get_nth_pset(-1), MPI::Exception);
  CHECK_THROWS_WITH(session.Create_group("no such set"), HasText("no such set"));
}

#else

TEST_CASE("before MPI 4 a session is refused with a sentence", "[session]") {
  CHECK_THROWS_WITH(MPI::Session::Init(), HasText("MPI 4"));
  CHECK(!MPI::SESSION_NULL);
}

#endif
