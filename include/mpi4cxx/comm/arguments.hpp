// SPDX-License-Identifier: MIT
// The keyword arguments of the calls: brace packs with mpi4py's names in mpi4py's order.
#pragma once

#include <mpi4cxx/handle/op.hpp>
#include <mpi4cxx/handle/status.hpp>
#include <mpi4cxx/runtime/integer.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

template <class>
inline constexpr bool never = false;

// A required keyword that is left out is a sentence at compile time. The packs are templates so
// that these defaults are looked at only where they are used.
template <class T>
integer missing_dest() {
  static_assert(never<T>, "mpi4cxx: the keyword .dest is required: {.dest = rank}");
  return 0;
}

template <class T = void>
struct send_arguments {
  integer dest = missing_dest<T>();
  integer tag = 0;
};
struct receive_arguments {
  integer source = MPI_ANY_SOURCE;
  integer tag = MPI_ANY_TAG;
  status_argument status = nullptr;
};
struct irecv_arguments {
  integer source = MPI_ANY_SOURCE;
  integer tag = MPI_ANY_TAG;
};
template <class T = void>
struct sendrecv_arguments {
  integer dest = missing_dest<T>();
  integer sendtag = 0;
  integer source = MPI_ANY_SOURCE;
  integer recvtag = MPI_ANY_TAG;
  status_argument status = nullptr;
};
template <class T = void>
struct isendrecv_arguments {
  integer dest = missing_dest<T>();
  integer sendtag = 0;
  integer source = MPI_ANY_SOURCE;
  integer recvtag = MPI_ANY_TAG;
};
struct root_arguments {
  integer root = 0;
};

/// What a reduction takes; `Operation` is how it holds its operator.
template <class Operation>
struct rooted_reduction_arguments {
  Operation op = SUM;
  integer root = 0;
};
template <class Operation>
struct reduction_arguments {
  Operation op = SUM;
};

/// The `.op` of an uppercase call: an Op. Callables need their element type: Op::Create<T>(f).
using reduce_arguments = rooted_reduction_arguments<Op>;
using op_arguments = reduction_arguments<Op>;

/// The `.op` of a lowercase call on values of T: an Op or any callable, kept by reference for the
/// length of the call (never longer, so that each call has its own).
template <class T>
class value_operation {
 public:
  value_operation(const Op& op) : op_(&op) {}
  template <class Function>
  requires(!std::same_as<std::remove_cvref_t<Function>, value_operation> &&
           !std::derived_from<std::remove_cvref_t<Function>, Op>)
      value_operation(Function&& function)
      : callable_(address_of(function)), call_([](void* callable, const T& x, const T& y) -> T {
          // the address of a function or of an object, as it came in
          return std::invoke(*reinterpret_cast<std::remove_reference_t<Function>*>(callable), x, y);
        }) {
    static_assert(std::is_invocable_r_v<T, Function&, const T&, const T&>,
                  "mpi4cxx: a reduction operator is an Op or a callable that makes a value of two");
  }

  T operator()(const T& x, const T& y) const { return op_ ? (*op_)(x, y) : call_(callable_, x, y); }
  /// The predefined operator, or `user`.
  operation what() const noexcept { return op_ ? op_->what() : operation::user; }
  const Op* op() const noexcept { return op_; }

 private:
  template <class Function>
  static void* address_of(Function& function) noexcept {
    if constexpr (std::is_function_v<Function>)
      return reinterpret_cast<void*>(&function);
    else
      return const_cast<void*>(static_cast<const void*>(std::addressof(function)));
  }
  const Op* op_ = nullptr;
  void* callable_ = nullptr;
  T (*call_)(void*, const T&, const T&) = nullptr;
};

template <class T>
using object_reduce_arguments = rooted_reduction_arguments<value_operation<T>>;
template <class T>
using object_op_arguments = reduction_arguments<value_operation<T>>;

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
