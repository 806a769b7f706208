// SPDX-License-Identifier: MIT
// ranks: 1 2
// expect: the attribute of COMM_SELF ends on rank 0 after main
// expect: the attribute of a static object ends on rank 0 after main
// expect: the attribute of COMM_WORLD ends on rank 0 after main
// expect not: unexpected
// The delete_fn of an attribute of COMM_SELF or COMM_WORLD runs when MPI is finalized at exit, when MPI can still
// be used and objects of static lifetime have gone.
#include <mpi4cxx/MPI.hpp>

#include <cstdio>
#include <memory>
#include <string>

namespace MPI = mpi4cxx::MPI;

int main() {
  const auto text = std::make_shared<std::string>("after main");
  const int key = MPI::Comm::Create_keyval<std::string>(
      false, [text](const MPI::Comm& comm, int, const std::string& value) {
        if (comm.allreduce(1) != comm.Get_size()) std::printf("unexpected sum\n");
        std::printf("%s ends on rank %d %s\n", value.c_str(), MPI::COMM_WORLD.Get_rank(),
                    text->c_str());
        std::fflush(stdout);
      });
  MPI::COMM_SELF.Set_attr(key, "the attribute of COMM_SELF");
  MPI::COMM_WORLD.Set_attr(MPI::Comm::Create_keyval(), 1);
  const int other = MPI::Comm::Create_keyval<std::string>(
      false, [text](const MPI::Comm& comm, int, const std::string& value) {
        if (comm.allreduce(1) != comm.Get_size()) std::printf("unexpected sum\n");
        std::printf("%s ends on rank %d %s\n", value.c_str(), comm.Get_rank(), text->c_str());
        std::fflush(stdout);
      });
  MPI::COMM_WORLD.Set_attr(other, "the attribute of COMM_WORLD");
  // of a communicator of static lifetime, which is freed before MPI is finalized
  static const MPI::Intracomm duplicate = MPI::COMM_SELF.Dup();
  duplicate.Set_attr(key, "the attribute of a static object");
  MPI::Comm::Free_keyval(key);
}
