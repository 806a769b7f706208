// SPDX-License-Identifier: MIT
// One description of an MPI operation, several ways to run it: blocking, nonblocking and waited for
// politely, nonblocking with a request, and with counts beyond 2^31.
#pragma once

#include <mpi4cxx/runtime/wait.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// A count in a call: an int where the function takes one, else an MPI_Count.
struct call_count {
  MPI_Count value;
  constexpr operator int() const noexcept { return static_cast<int>(value); }
  constexpr operator MPI_Count() const noexcept { return value; }
};

// Each operation names its functions; a large-count form exists from MPI 4 on.
#define MPI4CXX_FUNCTION(member, function)                \
  static constexpr const char* member##_name = #function; \
  template <class... A>                                   \
  static int member(A... arguments) {                     \
    return ::function(arguments...);                      \
  }
#if MPI_VERSION >= 4
#define MPI4CXX_LARGE(name, iname)                 \
  static constexpr bool has_large = true;          \
  MPI4CXX_FUNCTION(blocking_large, MPI_##name##_c) \
  MPI4CXX_FUNCTION(nonblocking_large, MPI_##iname##_c)
#else
#define MPI4CXX_LARGE(name, iname) static constexpr bool has_large = false;
#endif
#define MPI4CXX_OPERATION(name, iname)         \
  struct name {                                \
    MPI4CXX_FUNCTION(blocking, MPI_##name)     \
    MPI4CXX_FUNCTION(nonblocking, MPI_##iname) \
    MPI4CXX_LARGE(name, iname)                 \
  };
#define MPI4CXX_OPERATION_INT_ONLY(name, iname) \
  struct name {                                 \
    MPI4CXX_FUNCTION(blocking, MPI_##name)      \
    MPI4CXX_FUNCTION(nonblocking, MPI_##iname)  \
    static constexpr bool has_large = false;    \
  };

namespace operations {
MPI4CXX_OPERATION(Send, Isend)
MPI4CXX_OPERATION(Ssend, Issend)
MPI4CXX_OPERATION(Bsend, Ibsend)
MPI4CXX_OPERATION(Rsend, Irsend)
MPI4CXX_OPERATION(Bcast, Ibcast)
MPI4CXX_OPERATION(Gather, Igather)
MPI4CXX_OPERATION(Scatter, Iscatter)
MPI4CXX_OPERATION(Allgather, Iallgather)
MPI4CXX_OPERATION(Alltoall, Ialltoall)
MPI4CXX_OPERATION(Reduce, Ireduce)
MPI4CXX_OPERATION(Allreduce, Iallreduce)
MPI4CXX_OPERATION(Reduce_scatter_block, Ireduce_scatter_block)
MPI4CXX_OPERATION(Scan, Iscan)
MPI4CXX_OPERATION(Exscan, Iexscan)
MPI4CXX_OPERATION_INT_ONLY(Barrier, Ibarrier)
// their large forms take arrays of another type
MPI4CXX_OPERATION_INT_ONLY(Gatherv, Igatherv)
MPI4CXX_OPERATION_INT_ONLY(Scatterv, Iscatterv)
MPI4CXX_OPERATION_INT_ONLY(Allgatherv, Iallgatherv)
MPI4CXX_OPERATION_INT_ONLY(Alltoallv, Ialltoallv)
MPI4CXX_OPERATION_INT_ONLY(Reduce_scatter, Ireduce_scatter)
}  // namespace operations
#undef MPI4CXX_OPERATION
#undef MPI4CXX_OPERATION_INT_ONLY
#undef MPI4CXX_LARGE
#undef MPI4CXX_FUNCTION

inline bool is_large(call_count count) noexcept {
  return count.value > INT_MAX;
}
template <class T>
constexpr bool is_large(const T&) noexcept {
  return false;
}

[[noreturn]] [[gnu::cold]] inline void too_large() {
  raise(MPI_ERR_COUNT,
        "a count above 2147483647 elements is beyond this call with this MPI library: send it in "
        "pieces, or as elements of a larger datatype");
}

/// Starts the operation: its nonblocking form.
template <class Operation, class... A>
MPI_Request start(A... arguments) {
  MPI_Request request = MPI_REQUEST_NULL;
  if ((is_large(arguments) || ...)) [[unlikely]] {
    if constexpr (Operation::has_large)
      check(Operation::nonblocking_large(arguments..., &request),
            Operation::nonblocking_large_name);
    else
      too_large();
  } else {
    check(Operation::nonblocking(arguments..., &request), Operation::nonblocking_name);
  }
  return request;
}

/// Runs the operation to its end: its blocking form, or the nonblocking one waited for as the
/// policy says.
template <class Operation, class... A>
void run(process_state& state, bool nonblocking_form, A... arguments) {
  if (nonblocking_form) {
    MPI_Request request = start<Operation>(arguments...);
    return wait(state, request, MPI_STATUS_IGNORE, Operation::blocking_name);
  }
  const driven_section driven(state);
  if ((is_large(arguments) || ...)) [[unlikely]] {
    if constexpr (Operation::has_large)
      check(Operation::blocking_large(arguments...), Operation::blocking_large_name);
    else
      too_large();
  } else {
    check(Operation::blocking(arguments...), Operation::blocking_name);
  }
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
