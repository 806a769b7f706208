// SPDX-License-Identifier: MIT
// ranks: 1 2
// environment: MPI4CXX_LEAKS=1
// expect: rank 0 of
// expect: left open:
// expect: a communicator of Dup at
// expect: a Datatype of Datatype.Create_vector at
// expect: a request, dropped before it was complete, of irecv at
// expect: a request, not waited for, of isend at
// expect: (3 times)
// expect not: Create_contiguous
// expect not: Split
// expect not: Isend
// expect not: a file
// What is left open at exit is named with the place where it was made.
#include <mpi4cxx/mpi4cxx.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

using namespace mpi4cxx;

int main() {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  new MPI::Intracomm(comm.Dup());                         // NOLINT: leaks
  new MPI::Datatype(MPI::DOUBLE.Create_vector(2, 1, 2));  // NOLINT: leaks
  auto* const requests = new std::vector<MPI::Request>;   // NOLINT: leaks
  for (int i = 0; i < 3; ++i) requests->push_back(comm.isend(i, rank, 1));
  for (int i = 0; i < 3; ++i) comm.recv<int>(rank, 1);
  { auto dropped = comm.irecv<int>(rank, 2); }
  // all of this is given back
  const auto type = MPI::DOUBLE.Create_contiguous(2);
  const auto half = comm.Split(rank % 2);
  int number = 0, received = 0;
  auto request = comm.Isend(number, rank, 3);
  comm.Recv(received, rank, 3);
  request.Wait();
  // and what is borrowed is its owner's business
  const auto path =
      std::filesystem::temp_directory_path() / ("mpi4cxx-test-leaks-" + std::to_string(getpid()));
  MPI_File raw = MPI_FILE_NULL;
  MPI_File_open(MPI_COMM_SELF, path.c_str(),
                MPI_MODE_CREATE | MPI_MODE_WRONLY | MPI_MODE_DELETE_ON_CLOSE, MPI_INFO_NULL, &raw);
  new MPI::File(MPI::File::adopt(raw, MPI::ownership::borrowed));  // NOLINT: leaks
  MPI_File_close(&raw);
}
