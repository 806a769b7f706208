// SPDX-License-Identifier: MIT
// A folder for a test's files, the same on all ranks; rank 0 makes and removes it.
#pragma once

#include <mpi4cxx/MPI.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

class Folder {
 public:
  Folder() {
    namespace MPI = mpi4cxx::MPI;
    std::string path;
    if (MPI::COMM_WORLD.Get_rank() == 0) {
      path = (std::filesystem::temp_directory_path() / "mpi4cxx-test-XXXXXX").string();
      if (!mkdtemp(path.data())) path.clear();
    }
    path_ = MPI::COMM_WORLD.bcast(path, {.root = 0});
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    namespace MPI = mpi4cxx::MPI;
    if (std::uncaught_exceptions() > 0) return;
    MPI::COMM_WORLD.Barrier();
    if (MPI::COMM_WORLD.Get_rank() == 0) std::filesystem::remove_all(path_);
  }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// A file's bytes, read without MPI.
inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
