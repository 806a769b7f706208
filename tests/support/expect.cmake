# SPDX-License-Identifier: MIT
# cmake -DSOURCE=file [-DEXIT=failure] -P expect.cmake -- command...
#
# Runs the command and compares its exit status and output with the lines "// expect: text",
# "// expect not: text" and "// exit: failure" of the source file, which is THIS_FILE in the texts.
# A program that succeeds and prints a line "skipped: reason" has tested nothing: ctest shows it as
# skipped, since mpi4cxx_mpi_test knows the line that is printed here then.

# CMake code could not tell the command's own -D or -P from its own, hence the dashes.
set(command "")
set(found_dashes FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(found_dashes)
    list(APPEND command "${CMAKE_ARGV${i}}")
  elseif(CMAKE_ARGV${i} STREQUAL "--")
    set(found_dashes TRUE)
  endif()
endforeach()

execute_process(COMMAND ${command} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
# The name of the file says nothing about what went wrong in it.
string(REPLACE "${SOURCE}" "THIS_FILE" output "${output}")

# Brackets and semicolons would disturb CMake's lists: the file is searched as one string.
file(READ "${SOURCE}" rest)
set(mistakes "")
set(skipped "")
if(status EQUAL 0 AND output MATCHES "(^|\n)skipped: ([^\n]+)")
  set(skipped "${CMAKE_MATCH_2}")
endif()
if(rest MATCHES "\n// exit: failure")
  set(EXIT failure)
endif()
if(EXIT STREQUAL "failure" AND status EQUAL 0 AND NOT skipped)
  string(APPEND mistakes "\n  it succeeded, but should fail")
elseif(NOT EXIT STREQUAL "failure" AND NOT status EQUAL 0)
  string(APPEND mistakes "\n  it failed with ${status}")
endif()
while(rest MATCHES "\n// expect( not)?: ([^\n]+)(.*)$")
  set(negative "${CMAKE_MATCH_1}")
  set(text "${CMAKE_MATCH_2}")
  set(rest "\n${CMAKE_MATCH_3}")
  string(FIND "${output}" "${text}" position)
  if(negative AND NOT position EQUAL -1)
    string(APPEND mistakes "\n  the output has: ${text}")
  elseif(NOT negative AND NOT skipped AND position EQUAL -1)
    string(APPEND mistakes "\n  the output has not: ${text}")
  endif()
endwhile()
if(mistakes)
  message(FATAL_ERROR "${SOURCE}:${mistakes}")
endif()
if(skipped)
  message("THIS TEST WAS SKIPPED: ${skipped}")
endif()
