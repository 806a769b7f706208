# SPDX-License-Identifier: MIT
# What compiles, and what must not.

# Every header compiles alone, and twice. Not optimized: only the front end is asked.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/include/*.hpp")
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(headers mpi4cxx/mpi4cxx.hpp)  # what a header needs does not depend on it: the release builds ask
endif()
add_library(headers_alone OBJECT)
target_link_libraries(headers_alone PRIVATE mpi4cxx::mpi4cxx mpi4cxx_warnings)
target_compile_options(headers_alone PRIVATE -O0)
foreach(header IN LISTS headers)
  string(REGEX REPLACE "[/.]" "_" unit "${header}")
  set(unit "${CMAKE_CURRENT_BINARY_DIR}/headers/${unit}.cpp")
  file(CONFIGURE OUTPUT "${unit}" CONTENT "#include <${header}>\n#include <${header}>\n")
  target_sources(headers_alone PRIVATE "${unit}")
endforeach()

# Programs that must not compile, with the message that their "// expect:" lines name, and one that
# must, so that a broken command line cannot pass for a refusal.
#
# The compiler shall not quote the source: the text that is looked for may stand in it.
set(no_quotes -fno-caret-diagnostics)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(no_quotes -fno-diagnostics-show-caret)
endif()
set(flags "${CMAKE_CURRENT_BINARY_DIR}/must_not_compile.flags")
file(GENERATE OUTPUT "${flags}" CONTENT "${CMAKE_CXX_FLAGS} -std=c++20 -fsyntax-only ${no_quotes}
-I\"$<JOIN:$<TARGET_PROPERTY:headers_alone,INCLUDE_DIRECTORIES>,\"\n-I\">\"\n")
file(GLOB sources CONFIGURE_DEPENDS must_not_compile/*.cpp)
foreach(source IN LISTS sources)
  get_filename_component(name "${source}" NAME_WE)
  set(outcome failure)
  if(name STREQUAL "control_compiles")
    set(outcome success)
  endif()
  add_test(NAME "build.must_not_compile.${name}" COMMAND_EXPAND_LISTS
    COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${source}" -DEXIT=${outcome}
      -P "${PROJECT_SOURCE_DIR}/tests/support/expect.cmake" -- "${CMAKE_CXX_COMPILER}" "@${flags}" "${source}")
  set_tests_properties("build.must_not_compile.${name}" PROPERTIES TIMEOUT 120 LABELS build)
endforeach()
