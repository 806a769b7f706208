// SPDX-License-Identifier: MIT
// ranks: 2 4
// exit: failure
// expect: halfway
// A rank that fails with a file open ends the job: it does not wait in the file's close for ranks
// that wait for it elsewhere.
#include <mpi4cxx/mpi4cxx.hpp>

#include <stdexcept>

using namespace mpi4cxx;

int main() {
  const auto& comm = MPI::COMM_WORLD;
  const auto file = MPI::File::Open(comm, "/tmp/mpi4cxx-uncaught-with-file",
                                    MPI::MODE_CREATE | MPI::MODE_RDWR | MPI::MODE_DELETE_ON_CLOSE);
  if (comm.Get_rank() == 0) MPI::File::Delete("/tmp/mpi4cxx-uncaught-with-file");
  try {
    if (comm.Get_rank() == 1) throw std::runtime_error("halfway");
  } catch (const std::runtime_error&) {
    const auto other = MPI::COMM_SELF.Dup();
    throw;
  }
  comm.Barrier();  // where rank 1 never comes
}
