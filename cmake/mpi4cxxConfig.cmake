# SPDX-License-Identifier: MIT
include("${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake")
if(mpi4cxx_missing)
  set(mpi4cxx_FOUND FALSE)
  set(mpi4cxx_NOT_FOUND_MESSAGE "${mpi4cxx_missing}")
else()
  include("${CMAKE_CURRENT_LIST_DIR}/mpi4cxxTargets.cmake")
endif()
