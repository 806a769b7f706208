// SPDX-License-Identifier: MIT
// Lowercase reductions: of numbers by MPI, of anything else from the left, in rank order.
#pragma once

#include <mpi4cxx/comm/object_collectives.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

template <class = void>
class object_reductions : public object_collectives<> {
 public:
  using object_collectives<>::object_collectives;

  // Collective, as object_collectives.

  /// The objects of all ranks combined, on the root; nullopt elsewhere. `op` is an Op or any
  /// callable of two objects, the lower rank's first. Numbers, and vectors and arrays of numbers
  /// element by element (lengths are compared first, and unequal ones throw on every rank), go
  /// through MPI_Reduce; everything else is combined on the root, strictly from the left in rank
  /// order: size - 1 messages. Strings concatenate under SUM. Throws Exception (ERR_OP) where the
  /// operator is not defined for the type. Source: MPI_Reduce; MPI_Send and MPI_Recv on a
  /// communicator of our own.
  ///
  ///     auto total = comm.reduce(local, {.op = MPI::SUM, .root = 0});
  ///     auto last = comm.allreduce(word, [](auto a, auto b) { return a < b ? b : a; });
  template <class T>
  std::optional<object_of_t<const T&>> reduce(
      const T& sendobj, object_reduce_arguments<object_of_t<const T&>> pack = {},
      place where = place::here()) const {
    const auto inside = compared<T>("reduce", where, pack.root, pack.op.what());
    check_root(pack.root);
    return reduce_objects(as_object(sendobj), pack.op, pack.root);
  }
  template <class T>
  std::optional<object_of_t<const T&>> reduce(
      const T& sendobj, std::type_identity_t<value_operation<object_of_t<const T&>>> op,
      integer root = 0, place where = place::here()) const {
    const auto inside = compared<T>("reduce", where, root, op.what());
    check_root(root);
    return reduce_objects(as_object(sendobj), op, root);
  }
  /// As reduce, on every rank. Numbers: MPI_Allreduce; else a reduce to rank 0 and a bcast. An
  /// operator that throws there is an exception on every rank.
  template <class T>
  object_of_t<const T&> allreduce(const T& sendobj,
                                  object_op_arguments<object_of_t<const T&>> pack = {},
                                  place where = place::here()) const {
    const auto inside = compared<T>("allreduce", where, called::no_root, pack.op.what());
    return allreduce_objects(as_object(sendobj), pack.op);
  }
  template <class T>
  object_of_t<const T&> allreduce(const T& sendobj,
                                  std::type_identity_t<value_operation<object_of_t<const T&>>> op,
                                  place where = place::here()) const {
    const auto inside = compared<T>("allreduce", where, called::no_root, op.what());
    return allreduce_objects(as_object(sendobj), op);
  }
  /// Rank r gets the objects of ranks 0 to r combined. Numbers: MPI_Scan; else each rank hands its
  /// result to the next: size - 1 messages, one after the other.
  template <class T>
  object_of_t<const T&> scan(const T& sendobj, object_op_arguments<object_of_t<const T&>> pack = {},
                             place where = place::here()) const {
    const auto inside = compared<T>("scan", where, called::no_root, pack.op.what());
    return scan_objects(as_object(sendobj), pack.op);
  }
  template <class T>
  object_of_t<const T&> scan(const T& sendobj,
                             std::type_identity_t<value_operation<object_of_t<const T&>>> op,
                             place where = place::here()) const {
    const auto inside = compared<T>("scan", where, called::no_root, op.what());
    return scan_objects(as_object(sendobj), op);
  }
  /// Rank r gets the objects of ranks 0 to r - 1 combined; nullopt on rank 0. Costs as scan.
  template <class T>
  std::optional<object_of_t<const T&>> exscan(const T& sendobj,
                                              object_op_arguments<object_of_t<const T&>> pack = {},
                                              place where = place::here()) const {
    const auto inside = compared<T>("exscan", where, called::no_root, pack.op.what());
    return exscan_objects(as_object(sendobj), pack.op);
  }
  template <class T>
  std::optional<object_of_t<const T&>> exscan(
      const T& sendobj, std::type_identity_t<value_operation<object_of_t<const T&>>> op,
      place where = place::here()) const {
    const auto inside = compared<T>("exscan", where, called::no_root, op.what());
    return exscan_objects(as_object(sendobj), op);
  }

 protected:
  using object_collectives<>::compared;
  template <class T>
  collective_call compared(const char* name, place where, int root, operation what,
                           bool waits = true) const {
    return collective_call(open(), name, where, waits, [&](outline& mine) {
      mine.root = root;
      mine.of_objects<object_of_t<const T&>>();
      mine.combines(what);
    });
  }

 private:
  // ---- reductions

  /// The element that MPI reduces for T: T itself, or the numbers of a sequence. Else void.
  template <class T>
  static consteval auto reduced_element() {
    if constexpr (has_predefined_datatype<T> && !std::is_enum_v<T>)
      return std::type_identity<T>{};
    else if constexpr (numeric_range<T>)
      return std::type_identity<flat_element_t<T>>{};
    else
      return std::type_identity<void>{};
  }

  /// Reduces through MPI itself where that can be; false where it cannot. What is wrong with
  /// operator or lengths is thrown here, before anything is sent, on every rank. `run_reduction`
  /// gets the addresses, the count and the datatype; never in place, which MPICH 4.0 does not
  /// survive on roots but 0. A rank without a result needs no memory for it.
  template <class T, class Run>
  bool by_mpi(const T& obj, T& result, const value_operation<T>& op, Run&& run_reduction,
              bool has_result = true) const {
    if (!op.op()) return false;
    op.op()->template require_values<T>();
    using element = typename decltype(reduced_element<T>())::type;
    if constexpr (numeric_range<T>) {
      if (has_two_groups()) return false;  // the lengths here are no concern of the other group's
      if (op.what() != operation::replace && op.what() != operation::no_op)
        require_equal_lengths(std::size(obj));
      if (!is_native_operation<element>(op.what())) return false;
      if constexpr (kind_v<T> == kind::sequence)
        if (has_result) result.resize(std::size(obj));
      run_reduction(static_cast<const void*>(std::data(obj)), static_cast<void*>(std::data(result)),
                    call_count{static_cast<MPI_Count>(std::size(obj))},
                    predefined_datatype<element>());
      return true;
    } else if constexpr (!std::is_void_v<element>) {
      if (!is_native_operation<element>(op.what())) return false;
      run_reduction(static_cast<const void*>(&obj), static_cast<void*>(&result), call_count{1},
                    predefined_datatype<element>());
      return true;
    }
    return false;
  }

  /// One reduction of two numbers; all ranks throw alike.
  void require_equal_lengths(std::size_t length) const {
    std::int64_t bounds[2] = {static_cast<std::int64_t>(length),
                              -static_cast<std::int64_t>(length)};
    collective<operations::Allreduce>(static_cast<const void*>(MPI_IN_PLACE),
                                      static_cast<void*>(bounds), call_count{2}, MPI_INT64_T,
                                      MPI_MAX, shadowed().shadow);
    if (bounds[0] != -bounds[1])
      raise(MPI_ERR_COUNT,
            formatted("sequences of unequal lengths cannot be reduced elementwise: they have {} "
                      "to {} elements, {} on this rank",
                      {-bounds[1], bounds[0], length}));
  }

  template <class T>
  std::optional<T> reduce_objects(const T& obj, const value_operation<T>& op, int root) const {
    require_receivable<T>();
    const comm_record& comm = shadowed();
    const bool is_root = this->is_root(root);
    T result{};
    if (by_mpi(
            obj, result, op,
            [&](const void* in, void* out, call_count count, MPI_Datatype type) {
              collective<operations::Reduce>(in, out, count, type, op.op()->native(), root,
                                             comm.shadow);
            },
            is_root))
      return is_root ? std::optional<T>(std::move(result)) : std::nullopt;
    return fold_on_root(obj, op, root);
  }

  template <class T>
  T allreduce_objects(const T& obj, const value_operation<T>& op) const {
    require_one_group("make an MPI::Intercomm of it for allreduce on");
    require_receivable<T>();
    T result{};
    if (by_mpi(obj, result, op,
               [&](const void* in, void* out, call_count count, MPI_Datatype type) {
                 collective<operations::Allreduce>(in, out, count, type, op.op()->native(),
                                                   shadowed().shadow);
               }))
      return result;
    // an operator that throws on rank 0 leaves nothing to broadcast, and all ranks throw
    std::exception_ptr failed;
    std::optional<T> reduced;
    try {
      reduced = fold_on_root(obj, op, 0);
    } catch (...) {
      failed = std::current_exception();
    }
    bcast_object(reduced, 0);
    if (failed) std::rethrow_exception(failed);
    if (!reduced) raise_elsewhere();
    return std::move(*reduced);
  }
  [[noreturn]] [[gnu::cold]] static void raise_elsewhere() {
    raise(MPI_ERR_OP, "the operator of this reduction threw an exception on another rank");
  }

  template <class T>
  T scan_objects(const T& obj, const value_operation<T>& op) const {
    require_one_group("scan is not defined on");
    require_receivable<T>();
    T result{};
    if (by_mpi(obj, result, op,
               [&](const void* in, void* out, call_count count, MPI_Datatype type) {
                 collective<operations::Scan>(in, out, count, type, op.op()->native(),
                                              shadowed().shadow);
               }))
      return result;
    const std::optional<T> before = receive_before<T>();
    hand_on<T>([&] { return result = before ? op(*before, obj) : obj; });
    return result;
  }

  template <class T>
  std::optional<T> exscan_objects(const T& obj, const value_operation<T>& op) const {
    require_one_group("exscan is not defined on");
    require_receivable<T>();
    T result{};
    if (by_mpi(obj, result, op,
               [&](const void* in, void* out, call_count count, MPI_Datatype type) {
                 collective<operations::Exscan>(in, out, count, type, op.op()->native(),
                                                shadowed().shadow);
               }))
      return open().rank > 0 ? std::optional<T>(std::move(result)) : std::nullopt;
    std::optional<T> before = receive_before<T>();
    if (open().rank + 1 < open().size) hand_on<T>([&] { return before ? op(*before, obj) : obj; });
    return before;
  }

  /// The result of the rank before, of which there is none on rank 0. Nothing in it: its operator
  /// threw.
  template <class T>
  std::optional<T> receive_before() const {
    if (open().rank == 0) return std::nullopt;
    auto before = take_inner<std::optional<T>>(open().rank - 1);
    if (!before) {
      pass<T>(std::nullopt);
      raise_elsewhere();
    }
    return before;
  }
  /// Makes this rank's result and hands it to the next one.
  template <class T, class Make>
  void hand_on(Make&& make) const {
    try {
      pass<T>(make());
    } catch (...) {
      pass<T>(std::nullopt);
      throw;
    }
  }
  template <class T>
  void pass(const std::optional<T>& value) const {
    if (open().rank + 1 < open().size) give_inner(value, open().rank + 1);
  }

  /// Combines strictly from the left, as a loop over the ranks would: every rank sends its object
  /// to the root, which takes them in rank order. A tree would be no faster: each step needs the
  /// one before.
  template <class T>
  std::optional<T> fold_on_root(const T& obj, const value_operation<T>& op, int root) const {
    if (!is_root(root)) {
      if (root >= 0) give_inner(obj, root);
      return std::nullopt;
    }
    std::optional<T> result;
    std::exception_ptr failed;
    for (int rank = 0; rank < peers(); ++rank) {
      try {
        std::optional<T> taken;
        if (rank != root) taken = take_inner<T>(rank);
        // after a failure the rest is taken all the same, so that the next reduction meets none of
        // it
        if (failed) continue;
        const T& value = taken ? *taken : obj;
        result = result ? op(*result, value) : value;
      } catch (...) {
        if (!failed) failed = std::current_exception();
      }
    }
    if (failed) std::rethrow_exception(failed);
    return result;
  }

  /// Objects between the ranks of a reduction: on the shadow communicator, where nothing of the
  /// user's can meet them.
  template <class T>
  void give_inner(const T& value, int destination) const {
    inner_record inner(shadowed());
    send_object(running(), inner.record, value, destination, 0, send_mode::standard);
  }
  template <class T>
  T take_inner(int source) const {
    inner_record inner(shadowed());
    T value{};
    receive_object(running(), inner.record, value, source, 0, MPI_STATUS_IGNORE);
    return value;
  }
  /// The record of the shadow communicator, as far as a transfer needs it.
  struct inner_record {
    explicit inner_record(comm_record& comm) {
      record.same_ranks = &comm;
      record.raw = comm.shadow;
      record.shadow = MPI_COMM_NULL;
      record.rank = comm.rank;
      record.size = comm.size;
      record.remote_size = comm.remote_size;
      record.has_channel = comm.has_channel;
    }
    comm_record record;
  };
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
