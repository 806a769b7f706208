// SPDX-License-Identifier: MIT
// Reading and writing of files: each operation once, with the forms that MPI has of it.
#pragma once

#include <mpi4cxx/runtime/large_count.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Where in the file an operation begins: at the offset that it is given, or at a file pointer.
enum class file_position : unsigned char { explicit_offset, individual, shared };

template <bool Writes, file_position Position>
struct file_operation {
  static constexpr bool writes = Writes;
  static constexpr file_position position = Position;
};

#define MPI4CXX_FUNCTION(member, function) \
  template <class... A>                    \
  static int member(A... arguments) {      \
    return ::function(arguments...);       \
  }
#if MPI_VERSION >= 4
#define MPI4CXX_LARGE(function) MPI4CXX_FUNCTION(call_large, function##_c)
#else
#define MPI4CXX_LARGE(function)
#endif
#define MPI4CXX_FORM(form, function)               \
  struct form {                                    \
    static constexpr const char* name = #function; \
    MPI4CXX_FUNCTION(call, function)               \
    MPI4CXX_LARGE(function)                        \
  };
#define MPI4CXX_SPLIT(function)                                     \
  MPI4CXX_FORM(begin, MPI_File_##function##_begin)                  \
  static int end(MPI_File file, void* memory, MPI_Status* status) { \
    return MPI_File_##function##_end(file, memory, status);         \
  }
// `alone`: the same by this rank alone
#define MPI4CXX_INDEPENDENT(name, function, writes, position)            \
  struct name : file_operation<writes, file_position::position> {        \
    using alone = name;                                                  \
    static constexpr bool is_collective = false, has_nonblocking = true; \
    MPI4CXX_FORM(blocking, MPI_File_##function)                          \
    MPI4CXX_FORM(nonblocking, MPI_File_i##function)                      \
  };
#define MPI4CXX_COLLECTIVE(name, function, writes, position, single)    \
  struct name : file_operation<writes, file_position::position> {       \
    using alone = single;                                               \
    static constexpr bool is_collective = true, has_nonblocking = true; \
    MPI4CXX_FORM(blocking, MPI_File_##function)                         \
    MPI4CXX_FORM(nonblocking, MPI_File_i##function)                     \
    MPI4CXX_SPLIT(function)                                             \
  };
#define MPI4CXX_ORDERED(name, function, writes)                          \
  struct name : file_operation<writes, file_position::shared> {          \
    static constexpr bool is_collective = true, has_nonblocking = false; \
    MPI4CXX_FORM(blocking, MPI_File_##function)                          \
    MPI4CXX_SPLIT(function)                                              \
  };

namespace operations {
MPI4CXX_INDEPENDENT(Read_at, read_at, false, explicit_offset)
MPI4CXX_INDEPENDENT(Write_at, write_at, true, explicit_offset)
MPI4CXX_INDEPENDENT(Read, read, false, individual)
MPI4CXX_INDEPENDENT(Write, write, true, individual)
MPI4CXX_INDEPENDENT(Read_shared, read_shared, false, shared)
MPI4CXX_INDEPENDENT(Write_shared, write_shared, true, shared)
MPI4CXX_COLLECTIVE(Read_at_all, read_at_all, false, explicit_offset, Read_at)
MPI4CXX_COLLECTIVE(Write_at_all, write_at_all, true, explicit_offset, Write_at)
MPI4CXX_COLLECTIVE(Read_all, read_all, false, individual, Read)
MPI4CXX_COLLECTIVE(Write_all, write_all, true, individual, Write)
MPI4CXX_ORDERED(Read_ordered, read_ordered, false)
MPI4CXX_ORDERED(Write_ordered, write_ordered, true)
}  // namespace operations
#undef MPI4CXX_INDEPENDENT
#undef MPI4CXX_COLLECTIVE
#undef MPI4CXX_ORDERED
#undef MPI4CXX_SPLIT
#undef MPI4CXX_FORM
#undef MPI4CXX_LARGE
#undef MPI4CXX_FUNCTION

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
