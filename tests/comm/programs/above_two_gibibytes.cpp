// SPDX-License-Identifier: MIT
// ranks: 2
// time limit: 120
// expect: held
// One message of more than 2^31 bytes, with the counts that it really takes. The sender's pages are
// those of the kernel's zeros but for a few, so that memory is needed once only.
#include <mpi4cxx/MPI.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <span>
#include <string>

namespace MPI = mpi4cxx::MPI;

namespace {

constexpr std::size_t size = (std::size_t{1} << 31) + 12'345;
constexpr std::size_t marks[] = {0, 1'000'000, (std::size_t{1} << 31) - 1, std::size_t{1} << 31,
                                 size - 1};

/// What /proc/meminfo says is available, in bytes.
std::size_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string word;
  std::size_t kibibytes = 0;
  while (file >> word)
    if (word == "MemAvailable:" && file >> kibibytes) return kibibytes * 1024;
  return 0;
}

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "FAILED: %s\n", what);
  MPI_Abort(MPI_COMM_WORLD, 1);
}

}  // namespace

int main() {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  if (!comm.bcast(available_memory() > std::size_t{5} << 30)) {
    if (rank == 0) std::printf("skipped: it needs 5 GiB of memory, which are not available\n");
    return 0;
  }
  const std::unique_ptr<char, void (*)(void*)> memory(static_cast<char*>(std::calloc(size, 1)),
                                                      std::free);
  require(memory != nullptr, "memory");
  const std::span<char> bytes(memory.get(), size);
  if (rank == 0) {
    for (const std::size_t mark : marks) bytes[mark] = 'x';
    comm.Send(bytes, 1, 7);
  } else {
    MPI::Status status;
    comm.Recv(bytes, 0, 7, status);
    require(status.Get_count() == static_cast<MPI_Count>(size), "the count of bytes");
    require(status.Get_count(MPI::CHAR) == static_cast<MPI_Count>(size), "the count");
    require(status.Get_elements(MPI::CHAR) == static_cast<MPI_Count>(size), "the elements");
    std::size_t found = 0;
    for (const char byte : bytes) found += byte != 0;
    require(found == std::size(marks), "the number of marks");
    for (const std::size_t mark : marks) require(bytes[mark] == 'x', "a mark");
    std::printf("held\n");
  }
}
