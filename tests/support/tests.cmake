# SPDX-License-Identifier: MIT
# How a test source becomes ctest entries; see ../CMakeLists.txt for the lines that it may carry.

# Everything a run needs in any MPI: Open MPI refuses root, and more ranks than cores, unless told.
set(mpi4cxx_test_environment
  OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
  OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_osc=^rdma)

# What makes ranks of one node talk over TCP. MPICH 4.0 often hangs in MPI_Finalize then, which is left out.
set(mpi4cxx_tcp_environment
  UCX_TLS=tcp,self UCX_NET_DEVICES=lo OMPI_MCA_pml=ob1 OMPI_MCA_btl=tcp,self)
if(MPIEXEC_EXECUTABLE MATCHES "mpich")
  list(APPEND mpi4cxx_tcp_environment MPI4CXX_TEST_NO_FINALIZE=1)
endif()
set(mpi4cxx_tcp_ranks 2 4)
# Under a sanitizer everything takes longer, and what MPI does is its own affair.
set(mpi4cxx_slowness 1)
if(mpi4cxx_sanitized)
  set(mpi4cxx_slowness 4)
  # Leaks are looked for where the harness starts MPI, which never gives back what it takes then.
  list(APPEND mpi4cxx_test_environment ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1
    "LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_LIST_DIR}/lsan.supp:print_suppressions=0"
    "TSAN_OPTIONS=suppressions=${CMAKE_CURRENT_LIST_DIR}/tsan.supp:second_deadlock_stack=1")
endif()

# The value of the line "// KEY: value" of a source, or a default.
function(mpi4cxx_directive result source key default)
  file(STRINGS "${source}" lines REGEX "^// ${key}:" LIMIT_COUNT 1)
  if(lines)
    string(REGEX REPLACE "^// ${key}: *" "" value "${lines}")
    string(REGEX REPLACE " +" ";" value "${value}")
  else()
    set(value ${default})
  endif()
  set(${result} "${value}" PARENT_SCOPE)
endfunction()

# mpi4cxx_mpi_test(NAME COMMAND program [argument...] RANKS 1 2 3 4 [TIMEOUT 60] [ENVIRONMENT A=B...]
#                  [EXPECTATIONS source] [LABELS label...] [SLEEPS])
#
# Registers NAME.n1, NAME.n2, ...: the command under mpiexec. With EXPECTATIONS the output and the
# exit status are compared with what that source says. Labels: the given ones, and ranks-1, ranks-2, ...
# SLEEPS: it needs hardly a processor; others may run beside it.
function(mpi4cxx_mpi_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SLEEPS" "TIMEOUT;EXPECTATIONS;DISABLED" "COMMAND;RANKS;ENVIRONMENT;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * ${mpi4cxx_slowness}")
  math(EXPR outer_limit "${arg_TIMEOUT} + 10")
  set(prefix "")
  if(arg_EXPECTATIONS)
    set(prefix "${CMAKE_COMMAND}" "-DSOURCE=${arg_EXPECTATIONS}" -P "${PROJECT_SOURCE_DIR}/tests/support/expect.cmake" --)
  endif()
  foreach(ranks IN LISTS arg_RANKS)
    # A test of several ranks has the machine for itself: ranks that share a core with another
    # test's measure nothing and wait long.
    set(processors 2)
    set(labels ${arg_LABELS} ranks-${ranks})
    if(ranks STREQUAL "serial")
      set(labels ${arg_LABELS} ranks-1)
      set(test "${name}")
      set(processors 1)
      # Without a launcher, and MPI is left to the test itself.
      set(environment MPI4CXX_TEST_LAZY=1)
      add_test(NAME "${test}" COMMAND ${prefix} ${arg_COMMAND} COMMAND_EXPAND_LISTS)
    else()
      set(test "${name}.n${ranks}")
      if(ranks EQUAL 1 OR arg_SLEEPS)
        set(processors 1)
      endif()
      # The launcher's own limit comes first: it ends all ranks, ctest's would end the launcher alone.
      set(environment MPI4CXX_TEST_RANKS=${ranks} MPIEXEC_TIMEOUT=${arg_TIMEOUT})
      add_test(NAME "${test}" COMMAND ${prefix} "${MPIEXEC_EXECUTABLE}" ${MPIEXEC_NUMPROC_FLAG} ${ranks}
        ${MPIEXEC_PREFLAGS} ${arg_COMMAND} ${MPIEXEC_POSTFLAGS} COMMAND_EXPAND_LISTS)
    endif()
    set_tests_properties("${test}" PROPERTIES TIMEOUT ${outer_limit} PROCESSORS ${processors} LABELS "${labels}"
      ENVIRONMENT "${mpi4cxx_test_environment};${environment};${arg_ENVIRONMENT}")
    if(arg_EXPECTATIONS)  # what expect.cmake says
      set_tests_properties("${test}" PROPERTIES SKIP_REGULAR_EXPRESSION "THIS TEST WAS SKIPPED")
    endif()
    if(arg_SLEEPS)  # early, while there are others
      set_tests_properties("${test}" PROPERTIES COST 100)
    endif()
    if(arg_DISABLED)
      set_tests_properties("${test}" PROPERTIES DISABLED TRUE)
    endif()
  endforeach()
endfunction()

# Makes the executable of a test source; `name` becomes e.g. comm.object_p2p.
macro(mpi4cxx_add_test_executable source)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
  file(RELATIVE_PATH name "${PROJECT_SOURCE_DIR}/tests" "${source}")
  string(REGEX MATCH "^[^/]+" folder "${name}")
  string(REGEX REPLACE "(programs/)|(\\.cpp$)" "" name "${name}")
  string(REPLACE "/" "." name "${name}")
  mpi4cxx_directive(ranks "${source}" "ranks" "")
  mpi4cxx_directive(limit "${source}" "time limit" 60)
  mpi4cxx_directive(inline_limits "${source}" "inline limits" "")
  mpi4cxx_directive(environment "${source}" "environment" "")
  mpi4cxx_directive(disabled "${source}" "disabled" "")
  mpi4cxx_directive(transport "${source}" "transport" "")
  mpi4cxx_directive(labels "${source}" "labels" "")
  mpi4cxx_directive(sleeps "${source}" "sleeps" "")
  if(NOT ranks)
    message(FATAL_ERROR "${source}: a line like \"// ranks: 1 2 3 4\" is missing")
  endif()
  add_executable("test.${name}" "${source}")
  set_target_properties("test.${name}" PROPERTIES OUTPUT_NAME "${name}")
  target_link_libraries("test.${name}" PRIVATE mpi4cxx_warnings)
endmacro()

# Takes the precompiled headers of another target, where the source may have them in front.
function(mpi4cxx_precompile target source headers)
  mpi4cxx_directive(own_includes "${source}" "own includes" "")
  if(MPI4CXX_PRECOMPILE_TESTS AND NOT own_includes)
    target_precompile_headers("${target}" REUSE_FROM ${headers})
  endif()
endfunction()

# Whether the tests of a source are wanted: MPI4CXX_TEST_LABEL may ask for some.
function(mpi4cxx_is_wanted result source)
  mpi4cxx_directive(labels "${source}" "labels" "")
  if(NOT MPI4CXX_TEST_LABEL OR MPI4CXX_TEST_LABEL IN_LIST labels)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

function(mpi4cxx_add_catch_test source)
  mpi4cxx_is_wanted(wanted "${source}")
  if(NOT wanted)
    return()
  endif()
  mpi4cxx_directive(needs "${source}" "needs" "")
  foreach(library IN LISTS needs)
    if(NOT TARGET "${library}")
      message(STATUS "${source} is not built: there is no ${library}")
      return()
    endif()
  endforeach()
  mpi4cxx_add_test_executable("${source}")
  target_link_libraries("test.${name}" PRIVATE test_support ${needs})
  if(mpi4cxx_sanitized AND NOT "serial" IN_LIST ranks)
    list(APPEND environment ASAN_OPTIONS=detect_leaks=1)
  endif()
  if(NOT needs)
    mpi4cxx_precompile("test.${name}" "${source}" test_headers)
  endif()
  set(run COMMAND "$<TARGET_FILE:test.${name}>" RANKS ${ranks} TIMEOUT ${limit} LABELS ${folder} ${labels})
  file(STRINGS "${source}" expectations REGEX "^// (expect|expect not|exit):")
  if(disabled)  # built, and shown as not run
    list(APPEND run DISABLED TRUE)
  endif()
  if(expectations)  # the tests of the harness itself
    list(APPEND run EXPECTATIONS "${source}")
  endif()
  if(NOT inline_limits)
    mpi4cxx_mpi_test("${name}" ${run} ENVIRONMENT ${environment})
  endif()
  foreach(inline_limit IN LISTS inline_limits)
    mpi4cxx_mpi_test("${name}.inline${inline_limit}" ${run}
      ENVIRONMENT ${environment} MPI4CXX_RC_INLINE_LIMIT=${inline_limit})
  endforeach()
  if(transport)
    set(tcp_ranks "")
    foreach(each IN LISTS ranks)
      if(each IN_LIST mpi4cxx_tcp_ranks)
        list(APPEND tcp_ranks ${each})
      endif()
    endforeach()
    list(POP_FRONT inline_limits inline_limit)  # one of them: the messages are the same
    if(inline_limit)
      set(inline_limit MPI4CXX_RC_INLINE_LIMIT=${inline_limit})
    endif()
    mpi4cxx_mpi_test("${name}.tcp" COMMAND "$<TARGET_FILE:test.${name}>" RANKS ${tcp_ranks} TIMEOUT ${limit}
      LABELS ${folder} ${labels} ENVIRONMENT ${environment} ${mpi4cxx_tcp_environment} ${inline_limit})
  endif()
endfunction()

function(mpi4cxx_add_program_test source)
  mpi4cxx_is_wanted(wanted "${source}")
  if(NOT wanted)
    return()
  endif()
  mpi4cxx_add_test_executable("${source}")
  target_link_libraries("test.${name}" PRIVATE test_options)
  mpi4cxx_precompile("test.${name}" "${source}" program_headers)
  if(sleeps)
    set(sleeps SLEEPS)
  endif()
  mpi4cxx_mpi_test("${name}" COMMAND "$<TARGET_FILE:test.${name}>" RANKS ${ranks} TIMEOUT ${limit}
    LABELS ${folder} ${labels} ENVIRONMENT ${environment} EXPECTATIONS "${source}" ${sleeps})
endfunction()
