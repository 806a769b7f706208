// SPDX-License-Identifier: MIT
// The ways to run a collective that is described once.
#pragma once

#include <mpi4cxx/buffer/typed_buffer.hpp>
#include <mpi4cxx/comm/comparison.hpp>
#include <mpi4cxx/comm/record.hpp>
#include <mpi4cxx/handle/info.hpp>
#include <mpi4cxx/handle/op.hpp>
#include <mpi4cxx/handle/prequest.hpp>
#include <mpi4cxx/object/bytes.hpp>
#include <mpi4cxx/runtime/call.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// What a call uses besides the buffers, and must last as long as it.
struct held_arrays {
  vector_view first, second;             // of v calls
  typed_view typed_first, typed_second;  // of w calls
  count_list counts;
  Op op;  // of a callable

  static void* operator new(std::size_t size) { return kept_memory::take(size); }
  static void operator delete(void* memory, std::size_t size) noexcept {
    kept_memory::give(memory, size);
  }
};

/// The user's call, compared when what it does is known.
class compared_call : public user_call {
 public:
  compared_call(comm_record& comm, const char* name, place where, bool waits)
      : user_call(comm, name, where), comm_(comm), name_(name), where_(where), waits_(waits) {}
  /// Once: a call may be run by means of another one.
  template <class Describe>
  void compare(Describe& describe) {
    process_state& state = *image_state.load(std::memory_order_relaxed);
    if (state.checks_calls && name_) [[unlikely]]
      collective_call::compare_now(state, comm_, std::exchange(name_, nullptr), where_, waits_,
                                   describe);
  }

 private:
  comm_record& comm_;
  const char* name_;
  place where_;
  bool waits_;
};

/// Runs an operation to its end, in the form that all ranks agreed on.
class blocking_way {
 public:
  using result = void;
  static constexpr bool outlives_call = false;
  /// `name`: of the user's call, null for calls of the library's own.
  explicit blocking_way(comm_record& comm, const char* name = nullptr, place where = {})
      : state_(running()),
        inside_(comm, name, where, true),
        nonblocking_form_(comm.nonblocking_collectives) {}
  template <class Operation, class... A>
  void run(A... arguments) {
    detail::run<Operation>(state_, nonblocking_form_, arguments...);
  }
  held_arrays& arrays() {
    if (!arrays_) arrays_.reset(new held_arrays);
    return *arrays_;
  }
  template <class Describe>
  void compare(Describe&& describe) {
    inside_.compare(describe);
  }
  void keep(const Op&) noexcept {}  // the caller's lasts as long

 private:
  process_state& state_;
  compared_call inside_;
  bool nonblocking_form_;
  std::unique_ptr<held_arrays> arrays_;  // most calls have none
};

class keeping_way {
 public:
  static constexpr bool outlives_call = true;
  held_arrays& arrays() {
    if (!arrays_) arrays_ = std::make_shared<held_arrays>();
    return *static_cast<held_arrays*>(arrays_.get());
  }
  void keep(const Op& op) {
    if (!op.is_predefined()) arrays().op = op;
  }

 protected:
  std::shared_ptr<void> arrays_;
};

/// Starts an operation and gives its request, which keeps the arrays.
class starting_way : public keeping_way {
 public:
  using result = Request;
  starting_way(comm_record& comm, const char* name, place where)
      : inside_(comm, name, where, false) {
    running();
  }
  template <class Describe>
  void compare(Describe&& describe) {
    inside_.compare(describe);
  }
  template <class Operation, class... A>
  Request run(A... arguments) {
    return Request::adopt(start<Operation>(arguments...)).keeping(std::move(arrays_));
  }

 private:
  compared_call inside_;
};

/// Makes a request that starts the operation again and again. With MPI 4.
class persistent_way : public keeping_way {
 public:
  using result = Prequest;
  persistent_way(comm_record& comm, const Info& info, const char* name, place where)
      : info_(info.native()), inside_(comm, name, where, false) {
    running();
  }
  template <class Describe>
  void compare(Describe&& describe) {
    inside_.compare(describe);
  }
  template <class Operation, class... A>
  Prequest run([[maybe_unused]] A... arguments) {
#if MPI_VERSION >= 4
    MPI_Request made = MPI_REQUEST_NULL;
    call<typename Operation::persistent>(arguments..., info_, &made);
    return Prequest::adopt(made, false, std::move(arrays_));
#else
    needs_mpi_4("persistent collectives");
#endif
  }

 private:
  MPI_Info info_;
  compared_call inside_;
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
