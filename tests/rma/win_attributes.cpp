// SPDX-License-Identifier: MIT
// ranks: 1 2
// What is kept with a window: attributes, those of MPI and those of the user's, and error handlers.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {
const MPI::Intracomm& comm = MPI::COMM_WORLD;
}

TEST_CASE("MPI's own attributes of a window", "[win]") {
  std::vector<double> memory(10);
  auto win = MPI::Win::Create(memory, {.disp_unit = sizeof(double), .comm = comm});
  CHECK(win.Get_attr<void*>(MPI::WIN_BASE) == memory.data());
  CHECK(win.Get_attr<double*>(MPI::WIN_BASE) == memory.data());
  CHECK(win.Get_attr<MPI_Aint>(MPI::WIN_SIZE) == 80);
  CHECK(win.Get_attr(MPI::WIN_DISP_UNIT) == 8);
  CHECK(win.Get_attr(MPI::WIN_CREATE_FLAVOR) == MPI::WIN_FLAVOR_CREATE);
  CHECK(win.Get_attr(MPI::WIN_MODEL) == win.model());
  CHECK_THROWS_AS(win.Get_attr(MPI::WIN_BASE), MPI::TypeMismatch);
}

TEST_CASE("a window keeps values of the user's until it is freed", "[win]") {
  int copies = 0;
  std::vector<std::string> deleted;
  int key = MPI::Win::Create_keyval<std::string>(
      [&](const MPI::Win&, int, const std::string& value) {
        ++copies;
        return value;
      },
      [&](const MPI::Win& win, int, const std::string& value) {
        CHECK(win != MPI::WIN_NULL);
        deleted.push_back(value);
      });
  auto win = MPI::Win::Allocate(64, {.comm = comm});
  CHECK(win.Get_attr<std::string>(key) == std::nullopt);
  win.Set_attr(key, "first");
  win.Set_attr(key, "second");
  CHECK(deleted == std::vector<std::string>{"first"});
  CHECK(win.Get_attr<std::string>(key) == "second");
  CHECK_THROWS_AS(win.Set_attr(key, 1), MPI::TypeMismatch);
  win.Delete_attr(key);
  CHECK(deleted == std::vector<std::string>{"first", "second"});
  CHECK(win.Get_attr<std::string>(key) == std::nullopt);
  win.Set_attr(key, "third");
  win.Free();
  CHECK(deleted.size() == 3);
  CHECK(copies == 0);  // windows are not duplicated
  key = MPI::Win::Free_keyval(key);
  CHECK(key == MPI::KEYVAL_INVALID);
}

TEST_CASE("an error handler of a window is called with it, and ends with it", "[win]") {
  const auto token = std::make_shared<int>(0);
  auto win = MPI::Win::Allocate(64, {.comm = comm});
  CHECK(win.Get_errhandler() == MPI::ERRORS_RETURN);
  std::vector<int> codes;
  {
    const MPI::Errhandler handler =
        MPI::Win::Create_errhandler([&, token](const MPI::Win& failed, int code) {
          CHECK(failed == win);
          CHECK(failed.group_size() == comm.Get_size());
          codes.push_back(code);
          if (code == MPI::ERR_INTERN) throw std::domain_error("the user's own");
        });
    win.Set_errhandler(handler);
    CHECK(win.Get_errhandler() == handler);
  }
  win.Call_errhandler(MPI::ERR_OTHER);
  CHECK(codes == std::vector<int>{MPI::ERR_OTHER});
  CHECK_THROWS_AS(win.Call_errhandler(MPI::ERR_INTERN), std::domain_error);
  CHECK(codes.size() == 2);
  win.Fence();
  const int number = 1;
  CHECK_THROWS_AS(win.Put(number, comm.Get_size()), MPI::Exception);
  CHECK(codes.size() == 3);
  win.Fence();
  CHECK(token.use_count() == 2);
  win.Free();
  CHECK(token.use_count() == 1);
}
