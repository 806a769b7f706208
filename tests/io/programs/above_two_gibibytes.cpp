// SPDX-License-Identifier: MIT
// ranks: 1
// time limit: 120
// expect: held
// One access of a file to more than 2^31 bytes, with the counts that it really takes, in the forms
// that an MPI library may have of it: blocking, nonblocking, collective.
#include <mpi4cxx/MPI.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>

#include <unistd.h>

namespace MPI = mpi4cxx::MPI;

namespace {

constexpr std::size_t size = (std::size_t{1} << 31) + 12'345;
constexpr std::size_t marks[] = {0, (std::size_t{1} << 31) - 4096, (std::size_t{1} << 31) - 1,
                                 std::size_t{1} << 31, size - 1};

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
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  if (available_memory() < std::size_t{5} << 30 ||
      std::filesystem::space(folder).available < std::size_t{4} << 30) {
    std::printf(
        "skipped: it needs 5 GiB of memory and 4 GiB of the disk, which are not available\n");
    return 0;
  }
  const std::unique_ptr<char, void (*)(void*)> memory(static_cast<char*>(std::calloc(size, 1)),
                                                      std::free);
  require(memory != nullptr, "memory");
  const std::span<char> bytes(memory.get(), size);
  auto file = MPI::File::Open(MPI::COMM_WORLD,
                              folder / ("mpi4cxx-above-two-gibibytes-" + std::to_string(getpid())),
                              MPI::MODE_CREATE | MPI::MODE_RDWR | MPI::MODE_DELETE_ON_CLOSE);

  const auto check = [&](const MPI::Status& status, const char* what) {
    require(status.Get_count() == static_cast<MPI_Count>(size), what);
    // those of the one or the other end of what was read, and no others near them
    for (const std::size_t mark : marks) require(bytes[mark] == 'x', what);
    for (const std::size_t near : {std::size_t{1}, std::size_t{1} << 30, size - 2})
      require(bytes[near] == 0, what);
    for (const std::size_t mark : marks) bytes[mark] = 0;
  };
  MPI::Status status;
  for (const std::size_t mark : marks) bytes[mark] = 'x';
  file.Iwrite_at(0, bytes).Wait(status);
  require(file.Get_size() == static_cast<MPI_Offset>(size), "the size of the file");
  check(status, "what Iwrite_at has written");
  file.Read_at(0, bytes, status);
  check(status, "what Read_at has read");
  file.Iread_at_all(0, bytes).Wait(status);
  check(status, "what Iread_at_all has read");
  std::printf("held\n");
}
