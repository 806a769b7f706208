# SPDX-License-Identifier: MIT
# Debian and Ubuntu can have MPICH and Open MPI installed side by side; plain mpicxx and mpiexec are
# Open MPI's then. There MPICH is taken, unless MPI4CXX_MPI or the usual variables of FindMPI say
# otherwise; launcher and compiler belong together. Elsewhere FindMPI goes its own way.
set(MPI4CXX_MPI "" CACHE STRING "Which of several MPIs to take: mpich or openmpi")

find_program(mpi4cxx_mpicxx mpicxx NO_CACHE)
get_filename_component(mpi4cxx_mpi_dir "${mpi4cxx_mpicxx}" DIRECTORY)
if(MPI4CXX_MPI)
  set(mpi4cxx_mpi "${MPI4CXX_MPI}")
  if(NOT EXISTS "${mpi4cxx_mpi_dir}/mpicxx.${mpi4cxx_mpi}")
    message(FATAL_ERROR "MPI4CXX_MPI=${MPI4CXX_MPI}, but there is no mpicxx.${mpi4cxx_mpi} beside "
      "mpicxx (Debian: libmpich-dev, libopenmpi-dev)")
  elseif(MPI_CXX_COMPILER AND NOT MPI_CXX_COMPILER MATCHES "mpicxx\\.${mpi4cxx_mpi}$")
    message(FATAL_ERROR "MPI4CXX_MPI=${MPI4CXX_MPI}, but MPI_CXX_COMPILER is ${MPI_CXX_COMPILER}: "
      "leave one of them out, and use a fresh build folder")
  endif()
elseif(MPI_CXX_COMPILER OR MPIEXEC_EXECUTABLE)
  set(mpi4cxx_given "${MPI_CXX_COMPILER}")
  if(NOT mpi4cxx_given)
    set(mpi4cxx_given "${MPIEXEC_EXECUTABLE}")
  endif()
  get_filename_component(mpi4cxx_mpi_dir "${mpi4cxx_given}" DIRECTORY)
  string(REGEX MATCH "[^.]+$" mpi4cxx_mpi "${mpi4cxx_given}")
elseif(MPI_C_COMPILER OR MPI_HOME OR DEFINED ENV{MPI_HOME})
  set(mpi4cxx_mpi "")
else()
  set(mpi4cxx_mpi mpich)
endif()

if(mpi4cxx_mpi AND EXISTS "${mpi4cxx_mpi_dir}/mpicxx.${mpi4cxx_mpi}")
  if(NOT MPI_CXX_COMPILER)
    set(MPI_CXX_COMPILER "${mpi4cxx_mpi_dir}/mpicxx.${mpi4cxx_mpi}" CACHE FILEPATH "The MPI compiler wrapper")
  endif()
  if(NOT MPIEXEC_EXECUTABLE AND EXISTS "${mpi4cxx_mpi_dir}/mpiexec.${mpi4cxx_mpi}")
    set(MPIEXEC_EXECUTABLE "${mpi4cxx_mpi_dir}/mpiexec.${mpi4cxx_mpi}" CACHE FILEPATH "The MPI launcher")
  endif()
endif()
