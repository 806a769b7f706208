// SPDX-License-Identifier: MIT
// The old C++ bindings of MPICH and Open MPI declare a namespace MPI of their own.
// expect: _SKIP_MPICXX before the first #include <mpi.h>
#undef MPICH_SKIP_MPICXX
#undef OMPI_SKIP_MPICXX
#include <mpi.h>

#include <mpi4cxx/mpi4cxx.hpp>

int main() {}
