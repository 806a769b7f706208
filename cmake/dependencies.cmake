# SPDX-License-Identifier: MIT
# What mpi4cxx itself needs; read by the build and, installed, by the users of the library. Leaves
# in mpi4cxx_missing one sentence on what is missing, or nothing.
include("${CMAKE_CURRENT_LIST_DIR}/choose_mpi.cmake")
set(mpi4cxx_missing "")

set(MPI_CXX_SKIP_MPICXX ON)
find_package(MPI QUIET COMPONENTS CXX)
if(NOT MPI_CXX_FOUND)
  string(APPEND mpi4cxx_missing "\n  MPI 3 or later      (Debian: mpich libmpich-dev)")
endif()

# cereal's config names its target in two ways, and some packages are headers alone.
find_package(cereal QUIET)
if(NOT TARGET cereal::cereal)
  add_library(cereal::cereal INTERFACE IMPORTED GLOBAL)
  if(TARGET cereal)
    target_link_libraries(cereal::cereal INTERFACE cereal)
  else()
    find_path(mpi4cxx_cereal_include cereal/cereal.hpp)
    mark_as_advanced(mpi4cxx_cereal_include)
    if(mpi4cxx_cereal_include)
      target_include_directories(cereal::cereal INTERFACE "${mpi4cxx_cereal_include}")
    else()
      string(APPEND mpi4cxx_missing "\n  cereal 1.3 or later (Debian: libcereal-dev)")
    endif()
  endif()
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads QUIET)
if(NOT Threads_FOUND)
  string(APPEND mpi4cxx_missing "\n  POSIX threads       (Debian: libc6-dev)")
endif()

if(mpi4cxx_missing)
  set(mpi4cxx_missing "mpi4cxx: not found:${mpi4cxx_missing}")
endif()
