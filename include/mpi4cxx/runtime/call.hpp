// SPDX-License-Identifier: MIT
// One description of an MPI operation, several ways to run it: blocking, nonblocking and waited for
// politely, nonblocking with a request, persistent, and all of them with counts beyond 2^31.
#pragma once

#include <mpi4cxx/runtime/large_count.hpp>
#include <mpi4cxx/runtime/wait.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

// A form of an operation is one function, and with MPI 4 its sister with large counts.
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
#define MPI4CXX_POINT_TO_POINT(name, iname)     \
  struct name {                                 \
    MPI4CXX_FORM(blocking, MPI_##name)          \
    MPI4CXX_FORM(nonblocking, MPI_##iname)      \
    MPI4CXX_FORM(persistent, MPI_##name##_init) \
  };
#if MPI_VERSION >= 4
#define MPI4CXX_PERSISTENT(name) MPI4CXX_FORM(persistent, MPI_##name##_init)
#else
#define MPI4CXX_PERSISTENT(name)
#endif
#define MPI4CXX_ONE_SIDED(name, rname)     \
  struct name {                            \
    MPI4CXX_FORM(blocking, MPI_##name)     \
    MPI4CXX_FORM(nonblocking, MPI_##rname) \
  };
#define MPI4CXX_COLLECTIVE(name, iname)    \
  struct name {                            \
    MPI4CXX_FORM(blocking, MPI_##name)     \
    MPI4CXX_FORM(nonblocking, MPI_##iname) \
    MPI4CXX_PERSISTENT(name)               \
  };

namespace operations {
MPI4CXX_POINT_TO_POINT(Send, Isend)
MPI4CXX_POINT_TO_POINT(Ssend, Issend)
MPI4CXX_POINT_TO_POINT(Bsend, Ibsend)
MPI4CXX_POINT_TO_POINT(Rsend, Irsend)
MPI4CXX_POINT_TO_POINT(Recv, Irecv)
struct Sendrecv {
  MPI4CXX_FORM(blocking, MPI_Sendrecv)
};
struct Mrecv {
  MPI4CXX_FORM(nonblocking, MPI_Imrecv)
};
MPI4CXX_COLLECTIVE(Bcast, Ibcast)
MPI4CXX_COLLECTIVE(Gather, Igather)
MPI4CXX_COLLECTIVE(Gatherv, Igatherv)
MPI4CXX_COLLECTIVE(Scatter, Iscatter)
MPI4CXX_COLLECTIVE(Scatterv, Iscatterv)
MPI4CXX_COLLECTIVE(Allgather, Iallgather)
MPI4CXX_COLLECTIVE(Allgatherv, Iallgatherv)
MPI4CXX_COLLECTIVE(Alltoall, Ialltoall)
MPI4CXX_COLLECTIVE(Alltoallv, Ialltoallv)
MPI4CXX_COLLECTIVE(Alltoallw, Ialltoallw)
MPI4CXX_COLLECTIVE(Reduce_scatter_block, Ireduce_scatter_block)
MPI4CXX_COLLECTIVE(Reduce_scatter, Ireduce_scatter)
MPI4CXX_COLLECTIVE(Neighbor_allgather, Ineighbor_allgather)
MPI4CXX_COLLECTIVE(Neighbor_allgatherv, Ineighbor_allgatherv)
MPI4CXX_COLLECTIVE(Neighbor_alltoall, Ineighbor_alltoall)
MPI4CXX_COLLECTIVE(Neighbor_alltoallv, Ineighbor_alltoallv)
MPI4CXX_COLLECTIVE(Neighbor_alltoallw, Ineighbor_alltoallw)
MPI4CXX_COLLECTIVE(Reduce, Ireduce)
MPI4CXX_COLLECTIVE(Allreduce, Iallreduce)
MPI4CXX_COLLECTIVE(Scan, Iscan)
MPI4CXX_COLLECTIVE(Exscan, Iexscan)
#if MPI_VERSION >= 4 && MPI4CXX_SOME_COUNT_IN_INTS
#undef MPI4CXX_LARGE
#define MPI4CXX_LARGE(function) static constexpr bool counts_in_ints = true;
#endif
// the first form is complete after the next synchronization, the other has a request of its own
MPI4CXX_ONE_SIDED(Put, Rput)
MPI4CXX_ONE_SIDED(Get, Rget)
MPI4CXX_ONE_SIDED(Accumulate, Raccumulate)
MPI4CXX_ONE_SIDED(Get_accumulate, Rget_accumulate)
#undef MPI4CXX_LARGE
#define MPI4CXX_LARGE(function)  // it has no counts
MPI4CXX_COLLECTIVE(Barrier, Ibarrier)
}  // namespace operations
#undef MPI4CXX_POINT_TO_POINT
#undef MPI4CXX_ONE_SIDED
#undef MPI4CXX_COLLECTIVE
#undef MPI4CXX_PERSISTENT
#undef MPI4CXX_FORM
#undef MPI4CXX_LARGE
#undef MPI4CXX_FUNCTION

/// One call, with its large counts if it has any.
template <class Form, class... A>
void call(A... arguments) {
  if constexpr ((is_count<A> || ...)) {
    if ((is_large(arguments) || ...)) [[unlikely]] {
#if MPI_VERSION < 4
      return check(call_with_large_elements<Form>(arguments...), Form::name);
#elif MPI4CXX_SOME_COUNT_IN_INTS
      if constexpr (requires { Form::counts_in_ints; })
        return check(call_with_large_elements<Form>(arguments...), Form::name);
      else
        return check(Form::call_large(arguments...), Form::name);
#else
      return check(Form::call_large(arguments...), Form::name);
#endif
    }
  }
  check(Form::call(arguments...), Form::name);
}

#if MPI_VERSION < 4
template <class>
inline constexpr bool is_elementwise = false;
template <>
inline constexpr bool is_elementwise<operations::Reduce> = true;
template <>
inline constexpr bool is_elementwise<operations::Allreduce> = true;
template <>
inline constexpr bool is_elementwise<operations::Scan> = true;
template <>
inline constexpr bool is_elementwise<operations::Exscan> = true;
/// No operator works on the larger elements by which MPI 3 counts.
template <class Operation, class... A>
void require_countable([[maybe_unused]] const A&... arguments) {
  if constexpr (is_elementwise<Operation> ||
                std::is_same_v<Operation, operations::Reduce_scatter_block>)
    if ((is_large(arguments) || ...)) too_large();
}
#endif

/// Starts the operation: its nonblocking form.
template <class Operation, class... A>
MPI_Request start(A... arguments) {
#if MPI_VERSION < 4
  require_countable<Operation>(arguments...);
#endif
  MPI_Request request = MPI_REQUEST_NULL;
  call<typename Operation::nonblocking>(arguments..., &request);
  return request;
}

#if MPI_VERSION < 4
template <class Operation, class... A>
void run(process_state& state, bool nonblocking_form, A... arguments);

/// A reduction of more elements than MPI 3 counts: one after the other of its stretches. All ranks
/// have the same count.
template <class Operation, class... Rest>
void run_in_pieces(process_state& state, bool nonblocking_form, const void* out, void* in,
                   call_count count, MPI_Datatype type, Rest... rest) {
  MPI_Aint lower = 0, extent = 0;
  check(MPI_Type_get_extent(type, &lower, &extent), "MPI_Type_get_extent");
  for (MPI_Count at = 0; at < count.value; at += largest_count) {
    const auto offset = static_cast<std::ptrdiff_t>(at * extent);
    const bool is_address = out && out != MPI_IN_PLACE;
    run<Operation>(state, nonblocking_form,
                   is_address ? static_cast<const std::byte*>(out) + offset : out,
                   in ? static_cast<void*>(static_cast<std::byte*>(in) + offset) : in,
                   call_count{std::min(largest_count, count.value - at)}, type, rest...);
  }
}
#endif

/// Runs the operation to its end: its blocking form, or the nonblocking one waited for as the
/// policy says.
template <class Operation, class... A>
[[gnu::always_inline]] inline void run(process_state& state, bool nonblocking_form,
                                       A... arguments) {
#if MPI_VERSION < 4
  if constexpr (is_elementwise<Operation>)
    if ((is_large(arguments) || ...)) [[unlikely]]
      return run_in_pieces<Operation>(state, nonblocking_form, arguments...);
  require_countable<Operation>(arguments...);
#endif
  if (nonblocking_form) {
    MPI_Request request = start<Operation>(arguments...);
    return wait(state, request, MPI_STATUS_IGNORE, Operation::blocking::name);
  }
  const driven_section driven(state);
  call<typename Operation::blocking>(arguments...);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
