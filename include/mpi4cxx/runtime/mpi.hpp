// SPDX-License-Identifier: MIT
// The one place that includes <mpi.h>: without the C++ bindings of old, whose namespace ::MPI would
// make our MPI:: ambiguous.
#pragma once

#include <mpi4cxx/version.hpp>

#if defined(MPIX_CALLREF)  // a macro that only those bindings define
#error \
    "mpi4cxx: <mpi.h> was included before with MPICH's old C++ bindings, whose namespace MPI makes \
mpi4cxx's ambiguous. Define MPICH_SKIP_MPICXX before the first #include <mpi.h> (-DMPICH_SKIP_MPICXX)."
#endif
#if defined(MPIPP_H)
#error \
    "mpi4cxx: <mpi.h> was included before with Open MPI's old C++ bindings, whose namespace MPI makes \
mpi4cxx's ambiguous. Define OMPI_SKIP_MPICXX before the first #include <mpi.h> (-DOMPI_SKIP_MPICXX)."
#endif

#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#include <mpi.h>

#if MPI_VERSION < 3
#error "mpi4cxx needs MPI 3.0 or later"
#endif
