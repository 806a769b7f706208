// SPDX-License-Identifier: MIT
// Lowercase collectives that return at once: the request's wait() gives the object.
#pragma once

#include <mpi4cxx/comm/object_reductions.hpp>
#include <mpi4cxx/object/collective.hpp>

#include <functional>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// An operator that outlives the call that it was given to.
template <class T>
class kept_operation {
 public:
  kept_operation(const Op& op) : op_(op) {}
  template <class Function>
  requires(!std::same_as<std::remove_cvref_t<Function>, kept_operation> &&
           !std::derived_from<std::remove_cvref_t<Function>, Op>)
      kept_operation(Function&& function)
      : callable_(std::forward<Function>(function)) {
    static_assert(std::is_invocable_r_v<T, Function&, const T&, const T&>,
                  "mpi4cxx: a reduction operator is an Op or a callable that makes a value of two");
  }
  T operator()(const T& x, const T& y) const { return callable_ ? callable_(x, y) : op_(x, y); }
  operation what() const noexcept { return callable_ ? operation::user : op_.what(); }
  /// The Op, or null.
  const Op* op() const noexcept { return callable_ ? nullptr : &op_; }

 private:
  Op op_;
  std::function<T(const T&, const T&)> callable_;
};
template <class T>
using object_ireduce_arguments = rooted_reduction_arguments<kept_operation<T>>;
template <class T>
using object_iop_arguments = reduction_arguments<kept_operation<T>>;

template <class = void>
class nonblocking_object_collectives : public object_reductions<> {
 public:
  using object_reductions<>::object_reductions;

  // Collective: all ranks of the communicator start them, and the blocking ones, in the same order.
  // Any number may be outstanding, and be waited for in any order. The objects given are packed
  // before the call returns. What a rank has to pass on it passes on in whatever it waits for. A
  // request that is dropped waits until this rank has done its part. On an intercommunicator they
  // throw Exception (ERR_COMM), all but ibarrier: the blocking ones are there on it.

  /// Complete when all ranks have come here. Source: MPI_Ibarrier.
  Request ibarrier(place where = place::here()) const { return Ibarrier(where); }

  /// The root's object to all: `wait()` gives it. Costs: size - 1 messages, down a binomial tree.
  ///
  ///     auto config = comm.ibcast(rank == 0 ? read() : Config{}, {.root = 0});
  ///     prepare();
  ///     run(config.wait());
  template <class T>
  ObjectRequest<object_of_t<const T&>> ibcast(const T& obj, root_arguments pack = {},
                                              place where = place::here()) const {
    const auto inside = compared<T>("ibcast", where, pack.root, false);
    return ibcast_object<object_of_t<const T&>>(&as_object(obj), pack.root);
  }
  template <class T>
  ObjectRequest<object_of_t<const T&>> ibcast(const T& obj, integer root,
                                              place where = place::here()) const {
    return ibcast(obj, root_arguments{root}, where);
  }
  /// For ranks that have nothing to give.
  template <class T>
  ObjectRequest<T> ibcast(None_t, root_arguments pack = {}, place where = place::here()) const {
    const auto inside = compared<T>("ibcast", where, pack.root, false);
    return ibcast_object<T>(nullptr, pack.root);
  }
  template <class T>
  ObjectRequest<T> ibcast(None_t, integer root, place where = place::here()) const {
    return ibcast<T>(None, root_arguments{root}, where);
  }

  /// The objects of all ranks, in rank order, on the root; nullopt elsewhere. Costs: size - 1
  /// messages.
  template <class T>
  ObjectRequest<std::optional<std::vector<object_of_t<const T&>>>> igather(
      const T& sendobj, root_arguments pack = {}, place where = place::here()) const {
    const auto inside = compared<T>("igather", where, pack.root, false);
    check_root(pack.root);
    using object = object_of_t<const T&>;
    return collect<std::optional<std::vector<object>>>(
        pattern::gather, pack.root, own_piece(as_object(sendobj)),
        [](packed_collective& all) -> std::optional<std::vector<object>> {
          if (!all.is_root()) return std::nullopt;
          return open_pieces<object>(all);
        });
  }
  template <class T>
  ObjectRequest<std::optional<std::vector<object_of_t<const T&>>>> igather(
      const T& sendobj, integer root, place where = place::here()) const {
    return igather(sendobj, root_arguments{root}, where);
  }
  /// The objects of all ranks, in rank order, on every rank. Costs: 2 (size - 1) messages, to rank
  /// 0 and from there down a binomial tree.
  template <class T>
  ObjectRequest<std::vector<object_of_t<const T&>>> iallgather(const T& sendobj,
                                                               place where = place::here()) const {
    const auto inside = compared<T>("iallgather", where, called::no_root, false);
    using object = object_of_t<const T&>;
    return collect<std::vector<object>>(
        pattern::allgather, 0, own_piece(as_object(sendobj)),
        [](packed_collective& all) { return open_pieces<object>(all); });
  }

  /// One object of the root's sequence to each rank. A sequence of another length is an Exception
  /// (ERR_ARG) in every rank's wait(). Costs: size - 1 messages, down a binomial tree.
  template <class T>
  ObjectRequest<T> iscatter(const std::vector<T>& sendobjs, root_arguments pack = {},
                            place where = place::here()) const {
    const auto inside = compared<T>("iscatter", where, pack.root, false);
    return iscatter_objects<T>(&sendobjs, pack.root);
  }
  template <class T>
  ObjectRequest<T> iscatter(const std::vector<T>& sendobjs, integer root,
                            place where = place::here()) const {
    return iscatter(sendobjs, root_arguments{root}, where);
  }
  template <class T>
  ObjectRequest<T> iscatter(const std::optional<std::vector<T>>& sendobjs, root_arguments pack = {},
                            place where = place::here()) const {
    const auto inside = compared<T>("iscatter", where, pack.root, false);
    return iscatter_objects<T>(sendobjs ? &*sendobjs : nullptr, pack.root);
  }
  template <class T>
  ObjectRequest<T> iscatter(const std::optional<std::vector<T>>& sendobjs, integer root,
                            place where = place::here()) const {
    return iscatter(sendobjs, root_arguments{root}, where);
  }
  template <class T>
  ObjectRequest<T> iscatter(None_t, root_arguments pack = {}, place where = place::here()) const {
    const auto inside = compared<T>("iscatter", where, pack.root, false);
    return iscatter_objects<T>(nullptr, pack.root);
  }
  template <class T>
  ObjectRequest<T> iscatter(None_t, integer root, place where = place::here()) const {
    return iscatter<T>(None, root_arguments{root}, where);
  }
  /// Any other sequence, which is copied, or braces.
  template <object_sequence Range>
  auto iscatter(const Range& sendobjs, root_arguments pack = {},
                place where = place::here()) const {
    return iscatter(as_vector(sendobjs), pack, where);
  }
  template <object_sequence Range>
  auto iscatter(const Range& sendobjs, integer root, place where = place::here()) const {
    return iscatter(as_vector(sendobjs), root_arguments{root}, where);
  }
  template <class T>
  auto iscatter(std::initializer_list<T> sendobjs, root_arguments pack = {},
                place where = place::here()) const {
    return iscatter(as_vector(sendobjs), pack, where);
  }
  template <class T>
  auto iscatter(std::initializer_list<T> sendobjs, integer root,
                place where = place::here()) const {
    return iscatter(as_vector(sendobjs), root_arguments{root}, where);
  }

  /// Element i of my sequence to rank i; the result holds in element i what rank i had for me. A
  /// sequence of another length is an Exception (ERR_ARG) in every rank's wait(). Costs: a message
  /// to each other rank.
  template <class T>
  ObjectRequest<std::vector<T>> ialltoall(const std::vector<T>& sendobjs,
                                          place where = place::here()) const {
    const auto inside = compared<T>("ialltoall", where, called::no_root, false);
    return collect<std::vector<T>>(pattern::alltoall, 0, all_pieces("ialltoall", &sendobjs),
                                   [](packed_collective& all) { return open_pieces<T>(all); });
  }
  /// Any other sequence, which is copied, or braces.
  template <object_sequence Range>
  auto ialltoall(const Range& sendobjs, place where = place::here()) const {
    return ialltoall(as_vector(sendobjs), where);
  }
  template <class T>
  auto ialltoall(std::initializer_list<T> sendobjs, place where = place::here()) const {
    return ialltoall(as_vector(sendobjs), where);
  }

  /// The objects of all ranks combined from the left in rank order, on the root; nullopt elsewhere.
  /// `op` is an Op or any callable of two objects, which is kept. Numbers under a predefined
  /// operator go through MPI_Ireduce; everything else is gathered, size - 1 messages, and combined
  /// in the root's wait(). Throws Exception (ERR_OP) where the operator is not defined for the
  /// type.
  template <class T>
  ObjectRequest<std::optional<object_of_t<const T&>>> ireduce(
      const T& sendobj, object_ireduce_arguments<object_of_t<const T&>> pack = {},
      place where = place::here()) const {
    const auto inside = compared<T>("ireduce", where, pack.root, pack.op.what(), false);
    check_root(pack.root);
    using object = object_of_t<const T&>;
    return reduction<operations::Reduce, std::optional<object>>(
        as_object(sendobj), pack.op, pattern::gather, pack.root,
        [](packed_collective& all) { return all.is_root() ? static_cast<int>(all.ranks()) : 0; },
        open().rank == pack.root, static_cast<int>(pack.root));
  }
  template <class T>
  ObjectRequest<std::optional<object_of_t<const T&>>> ireduce(
      const T& sendobj, std::type_identity_t<kept_operation<object_of_t<const T&>>> op,
      integer root = 0, place where = place::here()) const {
    return ireduce(sendobj, object_ireduce_arguments<object_of_t<const T&>>{std::move(op), root},
                   where);
  }
  /// As ireduce, on every rank: each combines the objects itself, so operators that throw throw
  /// everywhere. Source: MPI_Iallreduce, or 2 (size - 1) messages.
  template <class T>
  ObjectRequest<object_of_t<const T&>> iallreduce(
      const T& sendobj, object_iop_arguments<object_of_t<const T&>> pack = {},
      place where = place::here()) const {
    const auto inside = compared<T>("iallreduce", where, called::no_root, pack.op.what(), false);
    return reduction<operations::Allreduce, object_of_t<const T&>>(
        as_object(sendobj), pack.op, pattern::allgather, 0,
        [](packed_collective& all) { return static_cast<int>(all.ranks()); }, true);
  }
  template <class T>
  ObjectRequest<object_of_t<const T&>> iallreduce(
      const T& sendobj, std::type_identity_t<kept_operation<object_of_t<const T&>>> op,
      place where = place::here()) const {
    return iallreduce(sendobj, object_iop_arguments<object_of_t<const T&>>{std::move(op)}, where);
  }
  /// Rank r gets the objects of ranks 0 to r combined. Source: MPI_Iscan; else as iallreduce.
  template <class T>
  ObjectRequest<object_of_t<const T&>> iscan(const T& sendobj,
                                             object_iop_arguments<object_of_t<const T&>> pack = {},
                                             place where = place::here()) const {
    const auto inside = compared<T>("iscan", where, called::no_root, pack.op.what(), false);
    return reduction<operations::Scan, object_of_t<const T&>>(
        as_object(sendobj), pack.op, pattern::allgather, 0,
        [rank = open().rank](packed_collective&) { return rank + 1; }, true);
  }
  template <class T>
  ObjectRequest<object_of_t<const T&>> iscan(
      const T& sendobj, std::type_identity_t<kept_operation<object_of_t<const T&>>> op,
      place where = place::here()) const {
    return iscan(sendobj, object_iop_arguments<object_of_t<const T&>>{std::move(op)}, where);
  }
  /// Rank r gets the objects of ranks 0 to r - 1 combined; nullopt on rank 0. Costs as iscan.
  template <class T>
  ObjectRequest<std::optional<object_of_t<const T&>>> iexscan(
      const T& sendobj, object_iop_arguments<object_of_t<const T&>> pack = {},
      place where = place::here()) const {
    const auto inside = compared<T>("iexscan", where, called::no_root, pack.op.what(), false);
    return reduction<operations::Exscan, std::optional<object_of_t<const T&>>>(
        as_object(sendobj), pack.op, pattern::allgather, 0,
        [rank = open().rank](packed_collective&) { return rank; }, open().rank > 0);
  }
  template <class T>
  ObjectRequest<std::optional<object_of_t<const T&>>> iexscan(
      const T& sendobj, std::type_identity_t<kept_operation<object_of_t<const T&>>> op,
      place where = place::here()) const {
    return iexscan(sendobj, object_iop_arguments<object_of_t<const T&>>{std::move(op)}, where);
  }

 private:
  // ---- pieces: an identity, then a flat_object's bytes; empty where their rank failed to give one

  template <class T>
  static void pack_piece(process_state& state, byte_buffer& piece, const T& value) {
    const flat_object packed(state, value);
    const identity_t identity = packed.identity();
    piece.append(&identity, sizeof identity);
    piece.append(packed.bytes().data(), packed.bytes().size());
  }
  template <class T>
  static T open_piece(const byte_buffer& piece) {
    identity_t identity = 0;
    if (piece.size() < sizeof identity)
      raise(MPI_ERR_ARG,
            "a rank of this collective had no objects to give: its own wait() says why");
    std::memcpy(&identity, piece.data(), sizeof identity);
    T value{};
    open_flat(running(), value, identity,
              {piece.data() + sizeof identity, piece.size() - sizeof identity});
    return value;
  }
  template <class T>
  static std::vector<T> open_pieces(packed_collective& all) {
    std::vector<T> values;
    values.reserve(all.ranks());
    for (std::size_t rank = 0; rank < all.ranks(); ++rank)
      values.push_back(open_piece<T>(all.piece(static_cast<int>(rank))));
    return values;
  }

  template <class T>
  auto own_piece(const T& value) const {
    return [this, &value](packed_collective& all) {
      pack_piece(running(), all.piece(open().rank), value);
    };
  }
  /// A piece for each rank; none at all for a sequence of another length.
  template <class T>
  auto all_pieces(const char* call, const std::vector<T>* values) const {
    return [this, call, values](packed_collective& all) {
      const std::size_t length = values ? values->size() : 0;
      if (length != all.ranks()) return all.fail(wrong_length(call, length));
      for (std::size_t rank = 0; rank < length; ++rank)
        pack_piece(running(), all.piece(static_cast<int>(rank)), (*values)[rank]);
    };
  }

  // ---- starting

  static constexpr const char* no_intercommunicators =
      "object collectives that return at once are not there on";

  template <class Result, class Fill, class Make>
  ObjectRequest<Result> collect(pattern way, int root, Fill&& fill, Make make) const {
    require_receivable<Result>();
    require_one_group(no_intercommunicators);
    auto& state = running();
    comm_record& comm = shadowed();
    auto started =
        std::make_unique<object_collective<Result, Make>>(state, comm, way, root, std::move(make));
    fill(*started);
    started->start(next_collective_tag(state, comm));
    return ObjectRequest<Result>(std::move(started));
  }

  template <class T>
  ObjectRequest<T> ibcast_object(const T* obj, int root) const {
    check_root(root);
    return collect<T>(
        pattern::bcast, root,
        [&](packed_collective& all) {
          if (!all.is_root()) return;
          if (!obj)
            return all.fail(Exception(MPI_ERR_ARG, "the root of ibcast gave None, and no object"));
          pack_piece(running(), all.piece(root), *obj);
        },
        [root](packed_collective& all) { return open_piece<T>(all.piece(root)); });
  }

  template <class T>
  ObjectRequest<T> iscatter_objects(const std::vector<T>* objs, int root) const {
    check_root(root);
    return collect<T>(
        pattern::scatter, root,
        [&](packed_collective& all) {
          if (all.is_root()) all_pieces("iscatter", objs)(all);
        },
        [rank = open().rank](packed_collective& all) { return open_piece<T>(all.piece(rank)); });
  }

  /// Through MPI for numbers; else the pieces of the first `count_of` ranks, combined. `more`: what
  /// the MPI function takes between operator and communicator.
  template <class Operation, class Result, class T, class Count, class... More>
  ObjectRequest<Result> reduction(const T& obj, const kept_operation<T>& op, pattern way, int root,
                                  Count count_of, bool has_result, More... more) const {
    require_one_group(no_intercommunicators);
    if (op.op()) op.op()->template require_values<T>();
    if constexpr (has_predefined_datatype<T> && !std::is_enum_v<T>) {
      if (op.op() && is_native_operation<T>(op.op()->what())) {
        auto started = std::make_unique<native_collective<Result, T>>(obj, has_result);
        started->request_ = detail::start<Operation>(
            static_cast<const void*>(&started->sent_), static_cast<void*>(&started->received_),
            call_count{1}, predefined_datatype<T>(), op.op()->native(), more..., shadowed().shadow);
        return ObjectRequest<Result>(std::move(started));
      }
    }
    return collect<Result>(way, root, own_piece(obj), [op, count_of](packed_collective& all) {
      std::optional<T> combined;
      for (int rank = 0; rank < count_of(all); ++rank) {
        T value = open_piece<T>(all.piece(rank));
        combined = combined ? op(*combined, value) : std::move(value);
      }
      if constexpr (std::same_as<Result, T>)
        return std::move(*combined);
      else
        return combined;
    });
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
