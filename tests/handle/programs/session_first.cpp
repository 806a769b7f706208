// SPDX-License-Identifier: MIT
// ranks: 1 2 3
// expect: as it should be
// expect not: FAILED
// A library that uses MPI through a session, before the program that it is part of initializes the
// world, while it does, and when it has finalized it.
#include <mpi4cxx/MPI.hpp>

#include <cstdio>
#include <optional>
#include <string>

namespace MPI = mpi4cxx::MPI;

namespace {

bool right = true;
void check(bool condition, const char* what) {
  if (condition) return;
  std::printf("FAILED: %s\n", what);
  right = false;
}

/// The library: it knows nothing of the world.
class solver {
 public:
  solver() {
    session_.Set_errhandler(handler_);
    try {
      session_.Get_nth_pset(1000);
    } catch (const MPI::Exception&) {
      ++errors_;
    }
    try {
      session_.Create_group("no such set");
    } catch (const MPI::Exception&) {
      ++errors_;
    }
    check(errors_ == 22, "the error handler of a session without a world");
    const MPI::Group self = session_.Create_group("mpi://SELF");
    const MPI::Group everybody = session_.Create_group("mpi://WORLD");
    check(self.Get_size() == 1 && self.Get_rank() == 0, "a group without a world");
    check(self.Translate_ranks({0}, everybody).at(0) == everybody.Get_rank(),
          "its rank in another");
    check(std::stoi(session_.Get_pset_info("mpi://WORLD").Get("mpi_size").value()) ==
              everybody.Get_size(),
          "an info without a world");
    check(!MPI::Is_initialized(), "a session initializes no world");
  }
  int sum(int number) {
    if (!comm_)
      comm_ = MPI::Intracomm::Create_from_group(session_.Create_group("mpi://WORLD"),
                                                "org.mpi4cxx.tests.solver");
    return comm_->allreduce(number);
  }
  int psets() const { return session_.Get_num_psets(); }
  void end() { comm_.reset(), session_.Finalize(); }

 private:
  int errors_ = 0;
  MPI::Errhandler handler_ =
      MPI::Session::Create_errhandler([this](const MPI::Session&, int) { errors_ += 10; });
  MPI::Session session_ = MPI::Session::Init();
  std::optional<MPI::Intracomm> comm_;
};

}  // namespace

int main() {
  try {
    solver library;
    MPI::Init();
    const MPI::Intracomm& world = MPI::COMM_WORLD;
    const int size = world.Get_size();
    check(library.sum(1) == size, "a communicator of the session beside the world");
    check(world.allreduce(2) == 2 * size, "the world beside the session");
    library.end();
    check(world.allreduce(3) == 3 * size, "the world after the session");
    const int rank = world.Get_rank();
    const bool everywhere = world.allreduce(right, MPI::LAND);
    MPI::Finalize();
    right = true;
    const MPI::Session late = MPI::Session::Init();
    check(late.Create_group("mpi://WORLD").Get_size() == size, "a session after the world");
    check(late.Create_group("mpi://WORLD").Get_rank() == rank, "the rank in it");
    if (everywhere && right && rank == 0) std::puts("as it should be");
  } catch (const MPI::Exception& error) {
    // before MPI 4
    if (std::string(error.what()).find("MPI 4") == std::string::npos) throw;
    if (MPI::COMM_WORLD.Get_rank() == 0) std::puts("as it should be");
  }
}
