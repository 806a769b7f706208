// SPDX-License-Identifier: MIT
// One-sided transfers: Put, Get, Accumulate and their kin.
#pragma once

#include <mpi4cxx/rma/window.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// A place in the target's part of a window, in its displacement units (bytes, unless disp_unit
/// says otherwise), or an address in a dynamic window.
class displacement {
 public:
  template <std::integral T>
  requires(!std::same_as<T, bool>) constexpr displacement(T value)
      : value_(static_cast<MPI_Aint>(value)) {
    if (!std::in_range<MPI_Aint>(value)) out_of_range();
  }
  constexpr operator MPI_Aint() const noexcept { return value_; }

 private:
  MPI_Aint value_;
};

/// What a transfer reads or writes at the target: a displacement, {displacement, count} or
/// {displacement, count, type}; without, as many elements of the same type as the origin has, from
/// displacement 0.
class target_place {
 public:
  target_place() = default;
  target_place(None_t) {}
  template <std::integral T>
  target_place(T displ) : displ_(displacement(displ)) {}
  target_place(displacement displ, element_count count) : displ_(displ), count_(count) {
    if (count_ < 0)
      raise(MPI_ERR_COUNT, formatted("a target count of {} elements is negative", {count_}));
  }
  target_place(displacement displ, element_count count, const Datatype& type)
      : target_place(displ, count) {
    type_ = type.native();
    has_type_ = true;
  }

  MPI_Aint displ() const noexcept { return displ_; }
  MPI_Count count(const memory_view& origin) const noexcept {
    return count_ < 0 ? origin.count : count_;
  }
  MPI_Datatype type(const memory_view& origin) const noexcept {
    return has_type_ ? type_ : origin.type;
  }

 private:
  MPI_Aint displ_ = 0;
  MPI_Count count_ = -1;
  MPI_Datatype type_{};
  bool has_type_ = false;
};

template <class T>
integer missing_target_rank() {
  static_assert(never<T>, "mpi4cxx: the keyword .target_rank is required: {.target_rank = rank}");
  return 0;
}
template <class T = void>
struct put_arguments {
  integer target_rank = missing_target_rank<T>();
  target_place target = {};
};
template <class T = void>
struct accumulate_arguments {
  integer target_rank = missing_target_rank<T>();
  target_place target = {};
  Op op = SUM;
};
template <class T = void>
struct fetch_and_op_arguments {
  integer target_rank = missing_target_rank<T>();
  displacement target_disp = 0;
  Op op = SUM;
};
template <class T = void>
struct compare_and_swap_arguments {
  integer target_rank = missing_target_rank<T>();
  displacement target_disp = 0;
};

// ---- what is checked before MPI sees it

inline const memory_view& require_memory(const memory_view& view) {
  if (view.is_in_place())
    raise(MPI_ERR_BUFFER, "a one-sided call has no use for IN_PLACE: give it a buffer");
  return view;
}

inline MPI_Count bytes_of(MPI_Count count, MPI_Datatype type) {
  MPI_Count size = 0;
  check(MPI_Type_size_x(type, &size), "MPI_Type_size_x");
  return count * size;
}

inline void require_same_amount(MPI_Count count, MPI_Datatype type, MPI_Count other_count,
                                MPI_Datatype other_type, const char* other) {
  if (count == other_count && type == other_type) return;
  const MPI_Count bytes = bytes_of(count, type), other_bytes = bytes_of(other_count, other_type);
  if (bytes != other_bytes)
    raise(MPI_ERR_COUNT,
          formatted("the origin has {} elements with {} bytes of data, but the {} {} elements with "
                    "{} bytes: they must be equally many",
                    {count, bytes, other, other_count, other_bytes}));
}

/// The predefined datatype that a datatype is made of; of several the first.
inline MPI_Datatype basic_datatype(MPI_Datatype type) {
  int integers = 0, addresses = 0, types = 0, combiner = MPI_COMBINER_NAMED;
  const auto is_named = [&](MPI_Datatype each) {
    return MPI_Type_get_envelope(each, &integers, &addresses, &types, &combiner) != MPI_SUCCESS ||
           combiner == MPI_COMBINER_NAMED || types == 0;
  };
  if (is_named(type)) return type;
  std::vector<int> first(static_cast<std::size_t>(integers));
  std::vector<MPI_Aint> second(static_cast<std::size_t>(addresses));
  std::vector<MPI_Datatype> third(static_cast<std::size_t>(types));
  check(MPI_Type_get_contents(type, integers, addresses, types, first.data(), second.data(),
                              third.data()),
        "MPI_Type_get_contents");
  const MPI_Datatype found = basic_datatype(third.front());
  for (MPI_Datatype& each : third)
    if (!is_named(each)) MPI_Type_free(&each);  // it is a new handle
  return found;
}
inline bool is_predefined_datatype(MPI_Datatype type) {
  return basic_datatype(type) == type;
}

/// The target combines what it has with what comes, in elements of one type that the operator must
/// be defined for. What MPI libraries do otherwise is anything from nothing at all to a crash.
inline void require_combinable(const memory_view& view, MPI_Datatype target, operation what) {
  const MPI_Datatype origin = view.type;
  if (view.count == 0) return;
  const MPI_Datatype basic = basic_datatype(origin);
  if (origin != target) {
    const MPI_Datatype other = basic_datatype(target);
    if (bytes_of(1, basic) != bytes_of(1, other) || class_of(basic) != class_of(other))
      raise(MPI_ERR_TYPE,
            "the elements at the target have another datatype than those of the origin: an "
            "accumulating call combines elements of one type");
  }
  if (what == operation::replace || what == operation::no_op || what == operation::null) return;
  const bool of_bits = what == operation::band || what == operation::bor || what == operation::bxor;
  const bool of_truth =
      what == operation::land || what == operation::lor || what == operation::lxor;
  const bool of_location = what == operation::maxloc || what == operation::minloc;
  const number_class numbers = class_of(basic);
  const bool is_real = numbers == number_class::real || numbers == number_class::complex;
  const bool is_location = is_one_of(basic, {MPI_2INT, MPI_SHORT_INT, MPI_LONG_INT, MPI_FLOAT_INT,
                                             MPI_DOUBLE_INT, MPI_LONG_DOUBLE_INT});
  if (of_location != is_location || (is_real && (of_bits || of_truth)) ||
      (basic == MPI_BYTE && !of_bits))
    raise(MPI_ERR_OP,
          "this operator is not defined for elements of this datatype at the target; aggregates "
          "are bytes to MPI, for which REPLACE, NO_OP and the bitwise operators are");
}

inline MPI_Op require_predefined(const Op& op) {
  if (!op.is_predefined())
    raise(MPI_ERR_OP,
          "one-sided calls take predefined operators only (MPI::SUM, MPI::REPLACE, ...): an "
          "operator made of a callable is not known at the target");
  return op.native();
}

inline void require_one(const memory_view& view, const char* what) {
  require_memory(view);
  if (view.count != 1)
    raise(MPI_ERR_COUNT,
          formatted("this call works on one element, but the {} has {}", {what, view.count}));
}
inline void require_same_type(MPI_Datatype origin, MPI_Datatype other, const char* what) {
  if (origin != other)
    raise(MPI_ERR_TYPE, formatted("the origin and the {} have different datatypes", {what}));
}
inline void require_single_type(MPI_Datatype type) {
  if (!is_predefined_datatype(type))
    raise(MPI_ERR_TYPE,
          "this call works on one element of a predefined datatype: Get_accumulate takes others");
}

// ---- the ways to run a transfer

/// Completed by the synchronization that follows.
struct synchronized_way {
  using result = void;
  template <class Operation, class... A>
  static void run(A... arguments) {
    call<typename Operation::blocking>(arguments...);
  }
};
/// Completed by a request of its own.
struct requested_way {
  using result = Request;
  template <class Operation, class... A>
  static Request run(A... arguments) {
    return Request::adopt(start<Operation>(arguments...));
  }
};

/// The transfers. None of them waits: the memory at the origin must last, unchanged (or unread,
/// where it is written), until the next synchronization (the end of the epoch, Flush,
/// Flush_local), or until the request of an R call is complete. The elements at the target are
/// `target` (see target_place), in the origin's count and type unless it says otherwise. With
/// target_rank PROC_NULL nothing happens. Where the target ends MPI does not check.
///
/// The R calls are for passive target epochs (Lock, Lock_all). Waiting for their requests gives way
/// to other ranks, which a Flush inside MPI does not.
template <class = void>  // a program that has no windows pays for none of it
class remote_access : public window_handle {
 public:
  using window_handle::window_handle;

  /// Writes the origin into the target's memory. Throws Exception. Source: MPI_Put.
  ///
  ///     win.Put(row, {.target_rank = 1, .target = {100, 10}});
  ///     win.Put(value, 1, 3);
  void Put(LastingConstBuffer origin, put_arguments<> pack, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Put", where);
    transfer<operations::Put, synchronized_way>(origin.view(), pack);
  }
  void Put(LastingConstBuffer origin, integer target_rank, target_place target = {},
           place where = place::here()) const {
    Put(origin, {target_rank, target}, where);
  }
  /// Reads the target's memory into the origin. Source: MPI_Get.
  void Get(Buffer origin, put_arguments<> pack, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Get", where);
    transfer<operations::Get, synchronized_way>(origin.view(), pack);
  }
  void Get(Buffer origin, integer target_rank, target_place target = {},
           place where = place::here()) const {
    Get(origin, {target_rank, target}, where);
  }
  /// Combines the target's elements with the origin's, each in one step that no other accumulating
  /// call can divide. With REPLACE it is such a Put. Predefined operators only. Source:
  /// MPI_Accumulate.
  void Accumulate(LastingConstBuffer origin, accumulate_arguments<> pack,
                  place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Accumulate", where);
    accumulate<synchronized_way>(origin.view(), pack);
  }
  void Accumulate(LastingConstBuffer origin, integer target_rank, target_place target = {},
                  const Op& op = SUM, place where = place::here()) const {
    Accumulate(origin, {target_rank, target, op}, where);
  }
  /// The same, and the elements as they were before come into `result`. With NO_OP the target stays
  /// as it is, and the origin may be None. Source: MPI_Get_accumulate.
  void Get_accumulate(LastingConstBuffer origin, Buffer result, accumulate_arguments<> pack,
                      place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Get_accumulate", where);
    get_accumulate<synchronized_way>(origin.view(), result.view(), pack);
  }
  void Get_accumulate(LastingConstBuffer origin, Buffer result, integer target_rank,
                      target_place target = {}, const Op& op = SUM,
                      place where = place::here()) const {
    Get_accumulate(origin, result, {target_rank, target, op}, where);
  }
  /// As Get_accumulate on one element, which can be quicker. Source: MPI_Fetch_and_op.
  ///
  ///     const long one = 1;
  ///     long ticket = 0;
  ///     win.Fetch_and_op(one, ticket, {.target_rank = 0});
  ///     win.Flush(0);
  void Fetch_and_op(LastingConstBuffer origin, Buffer result, fetch_and_op_arguments<> pack,
                    place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Fetch_and_op", where);
    const MPI_Win win = open();
    const MPI_Op op = require_predefined(pack.op);
    if (pack.target_rank == MPI_PROC_NULL) return;  // MPICH refuses a null address there
    const memory_view &from = origin.view(), &into = result.view();
    const bool has_origin = !(from.is_none && op == MPI_NO_OP);
    require_one(into, "result");
    if (has_origin) {
      require_one(from, "origin");
      require_same_type(from.type, into.type, "result");
    }
    require_single_type(into.type);
    require_combinable(into, into.type, pack.op.what());
#if defined(OPEN_MPI) && OMPI_MAJOR_VERSION < 5
    // over UCX it adds floating-point numbers as if they were integers, and of other sizes nothing
    if (!is_one_of(into.type, {MPI_INT, MPI_UNSIGNED, MPI_LONG, MPI_UNSIGNED_LONG, MPI_LONG_LONG,
                               MPI_UNSIGNED_LONG_LONG}))
      return check(
          MPI_Get_accumulate(from.data, has_origin ? 1 : 0, into.type, writable(into), 1, into.type,
                             pack.target_rank, displaced(pack.target_rank, pack.target_disp), 1,
                             into.type, op, win),
          "MPI_Get_accumulate");
#endif
    check(MPI_Fetch_and_op(from.data, writable(into), into.type, pack.target_rank,
                           displaced(pack.target_rank, pack.target_disp), op, win),
          "MPI_Fetch_and_op");
  }
  void Fetch_and_op(LastingConstBuffer origin, Buffer result, integer target_rank,
                    displacement target_disp = 0, const Op& op = SUM,
                    place where = place::here()) const {
    Fetch_and_op(origin, result, {target_rank, target_disp, op}, where);
  }
  /// Replaces the target's element by the origin's if it is equal to `compare`; what it was comes
  /// into `result`. Of integers and bytes, not of floating-point numbers. Source:
  /// MPI_Compare_and_swap.
  void Compare_and_swap(LastingConstBuffer origin, LastingConstBuffer compare, Buffer result,
                        compare_and_swap_arguments<> pack, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Compare_and_swap", where);
    const MPI_Win win = open();
    if (pack.target_rank == MPI_PROC_NULL) return;
    const memory_view &from = origin.view(), &expected = compare.view(), &into = result.view();
    require_one(from, "origin");
    require_one(expected, "compare buffer");
    require_one(into, "result");
    require_same_type(from.type, expected.type, "compare buffer");
    require_same_type(from.type, into.type, "result");
    if (!is_predefined_datatype(from.type) || class_of(from.type) != number_class::integer)
      raise(MPI_ERR_TYPE,
            "Compare_and_swap is for integers, bools and bytes, not for other datatypes");
#if defined(OPEN_MPI) && OMPI_MAJOR_VERSION < 5
    // over UCX it does nothing
    if (const MPI_Count bytes = bytes_of(1, from.type); bytes != 4 && bytes != 8)
      raise(MPI_ERR_TYPE,
            "Compare_and_swap with this version of Open MPI is for elements of 4 or 8 bytes");
#endif
    check(
        MPI_Compare_and_swap(from.data, expected.data, writable(into), from.type, pack.target_rank,
                             displaced(pack.target_rank, pack.target_disp), win),
        "MPI_Compare_and_swap");
  }
  void Compare_and_swap(LastingConstBuffer origin, LastingConstBuffer compare, Buffer result,
                        integer target_rank, displacement target_disp = 0,
                        place where = place::here()) const {
    Compare_and_swap(origin, compare, result, {target_rank, target_disp}, where);
  }

  /// As Put; the origin may be used again when the request is complete, at the target the elements
  /// are there after the next synchronization. Source: MPI_Rput.
  Request Rput(LastingConstBuffer origin, put_arguments<> pack) const {
    return transfer<operations::Put, requested_way>(origin.view(), pack);
  }
  Request Rput(LastingConstBuffer origin, integer target_rank, target_place target = {}) const {
    return Rput(origin, {target_rank, target});
  }
  /// As Get; the elements are there when the request is complete. Source: MPI_Rget.
  Request Rget(Buffer origin, put_arguments<> pack) const {
    return transfer<operations::Get, requested_way>(origin.view(), pack);
  }
  Request Rget(Buffer origin, integer target_rank, target_place target = {}) const {
    return Rget(origin, {target_rank, target});
  }
  /// As Accumulate, as a request that is complete when the origin may be used again. Source:
  /// MPI_Raccumulate.
  Request Raccumulate(LastingConstBuffer origin, accumulate_arguments<> pack) const {
    return accumulate<requested_way>(origin.view(), pack);
  }
  Request Raccumulate(LastingConstBuffer origin, integer target_rank, target_place target = {},
                      const Op& op = SUM) const {
    return Raccumulate(origin, {target_rank, target, op});
  }
  /// As Get_accumulate, as a request that is complete when the result is there. Source:
  /// MPI_Rget_accumulate.
  Request Rget_accumulate(LastingConstBuffer origin, Buffer result,
                          accumulate_arguments<> pack) const {
    return get_accumulate<requested_way>(origin.view(), result.view(), pack);
  }
  Request Rget_accumulate(LastingConstBuffer origin, Buffer result, integer target_rank,
                          target_place target = {}, const Op& op = SUM) const {
    return Rget_accumulate(origin, result, {target_rank, target, op});
  }

 private:
  static void* writable(const memory_view& view) {
    return const_cast<void*>(view.data);
  }

  template <class Operation, class Way, class... Operator>
  typename Way::result transfer(const memory_view& origin, const put_arguments<>& pack,
                                Operator... op) const {
    const MPI_Win win = open();
    require_memory(origin);
    const MPI_Count count = pack.target.count(origin);
    const MPI_Datatype type = pack.target.type(origin);
    if (pack.target_rank != MPI_PROC_NULL) {
      require_same_amount(origin.count, origin.type, count, type, "target");
    }
    return Way::template run<Operation>(
        writable(origin), call_count{origin.count}, origin.type, int{pack.target_rank},
        displaced(pack.target_rank, pack.target.displ()), call_count{count}, type, op..., win);
  }
  template <class Way>
  typename Way::result accumulate(const memory_view& origin,
                                  const accumulate_arguments<>& pack) const {
    const MPI_Op op = require_predefined(pack.op);
    if (pack.target_rank != MPI_PROC_NULL)
      require_combinable(origin, pack.target.type(origin), pack.op.what());
    return transfer<operations::Accumulate, Way>(origin, {pack.target_rank, pack.target}, op);
  }
  template <class Way>
  typename Way::result get_accumulate(const memory_view& origin, const memory_view& result,
                                      const accumulate_arguments<>& pack) const {
    const MPI_Win win = open();
    const MPI_Op op = require_predefined(pack.op);
    require_memory(origin);
    require_memory(result);
    const bool has_origin = !(origin.is_none && op == MPI_NO_OP);
    const memory_view& given = has_origin ? origin : result;
    const MPI_Count count = pack.target.count(given);
    const MPI_Datatype type = pack.target.type(given);
    if (pack.target_rank != MPI_PROC_NULL) {
      require_same_amount(given.count, given.type, result.count, result.type, "result");
      require_same_amount(given.count, given.type, count, type, "target");
      require_combinable(given, result.type, pack.op.what());
      require_combinable(given, type, pack.op.what());
    }
    return Way::template run<operations::Get_accumulate>(
        writable(origin), call_count{origin.count}, given.type, writable(result),
        call_count{result.count}, result.type, int{pack.target_rank},
        displaced(pack.target_rank, pack.target.displ()), call_count{count}, type, op, win);
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
