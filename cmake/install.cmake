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
