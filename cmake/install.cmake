# SPDX-License-Identifier: MIT
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

install(DIRECTORY include/mpi4cxx DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")

# Headers alone are the same on every machine, hence share/ and not lib/.
set(config_dir "${CMAKE_INSTALL_DATADIR}/cmake/mpi4cxx")
install(TARGETS mpi4cxx EXPORT mpi4cxxTargets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT mpi4cxxTargets NAMESPACE mpi4cxx:: DESTINATION "${config_dir}")
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(mpi4cxxConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES cmake/mpi4cxxConfig.cmake cmake/dependencies.cmake cmake/choose_mpi.cmake
  "${PROJECT_BINARY_DIR}/mpi4cxxConfigVersion.cmake" DESTINATION "${config_dir}")

# The folder of headers relative to the .pc file, so that the installed tree may be moved.
file(RELATIVE_PATH include_dir_from_pc
  "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file(cmake/mpi4cxx.pc.in mpi4cxx.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/mpi4cxx.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")

# A modulefile for Lmod: module use PREFIX/share/modulefiles; module load mpi4cxx
set(MPI4CXX_MODULE_DEPENDS "" CACHE STRING "Modules that the modulefile loads first, such as the MPI's")
include(CheckCXXSymbolExists)
set(CMAKE_REQUIRED_LIBRARIES MPI::MPI_CXX)
check_cxx_symbol_exists(MPICH_VERSION mpi.h mpi4cxx_is_mpich)
check_cxx_symbol_exists(OPEN_MPI mpi.h mpi4cxx_is_open_mpi)
unset(CMAKE_REQUIRED_LIBRARIES)
set(fitting_srun "")
if(mpi4cxx_is_mpich)
  set(fitting_srun pmi2)
elseif(mpi4cxx_is_open_mpi)
  set(fitting_srun pmix)
endif()
set(MPI4CXX_SRUN_MPI "${fitting_srun}" CACHE STRING
  "What srun --mpi needs to be for this MPI: set by the modulefile; empty: left to Slurm's default")

set(module_dir "${CMAKE_INSTALL_DATADIR}/modulefiles/mpi4cxx")
set(full_module_dir "${CMAKE_INSTALL_FULL_DATADIR}/modulefiles/mpi4cxx")
file(RELATIVE_PATH prefix_from_module "${full_module_dir}" "${CMAKE_INSTALL_PREFIX}")
file(RELATIVE_PATH include_dir_from_module "${full_module_dir}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
set(module_depends_on "")
foreach(module IN LISTS MPI4CXX_MODULE_DEPENDS)
  string(APPEND module_depends_on "depends_on(\"${module}\")\n")
endforeach()
set(module_srun "")
if(MPI4CXX_SRUN_MPI)
  set(module_srun "setenv(\"SLURM_MPI_TYPE\", \"${MPI4CXX_SRUN_MPI}\")  -- what srun --mpi would say")
endif()
configure_file(cmake/mpi4cxx.lua.in mpi4cxx.lua @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/mpi4cxx.lua" DESTINATION "${module_dir}" RENAME "${PROJECT_VERSION}.lua")
