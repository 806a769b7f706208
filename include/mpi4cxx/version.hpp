// SPDX-License-Identifier: MIT
// The version, kept here alone: CMake and pkg-config read it from this file.
#pragma once

#define MPI4CXX_VERSION_MAJOR 0
#define MPI4CXX_VERSION_MINOR 1
#define MPI4CXX_VERSION_PATCH 0

// The inline namespace of everything below mpi4cxx::, so that two versions in one process are two
// sets of symbols and not one undefined mixture.
#define MPI4CXX_ABI v0_1
