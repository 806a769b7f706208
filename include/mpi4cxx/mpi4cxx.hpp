// SPDX-License-Identifier: MIT
// Everything: mpi4py for C++.
//
//     #include <mpi4cxx/mpi4cxx.hpp>
//     using namespace mpi4cxx;   // from mpi4py import MPI
#pragma once

#include <mpi4cxx/MPI.hpp>
#include <mpi4cxx/rc.hpp>
#include <mpi4cxx/version.hpp>
