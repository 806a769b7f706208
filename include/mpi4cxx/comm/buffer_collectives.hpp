// SPDX-License-Identifier: MIT
// Uppercase collectives: each is described once, and runs blocking, as a request or persistent.
#pragma once

#include <mpi4cxx/buffer/typed_buffer.hpp>
#include <mpi4cxx/comm/object_point_to_point.hpp>
#include <mpi4cxx/comm/ways.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

struct reduce_scatter_arguments {
  count_list recvcounts = {};
  Op op = SUM;
};

template <class = void>
class buffer_collectives : public object_point_to_point<> {
 public:
  using object_point_to_point<>::object_point_to_point;

  // Collective: all ranks of the communicator call them in the same order. Costs: the one MPI call
  // named as source. The I forms return a Request; their buffers must last until it is complete.
  // Buffers that matter only on the root may be MPI::None elsewhere; within one group MPI::None
  // means IN_PLACE where that is taken, and so does the same memory on both sides of a reduction.
  // Before anything is sent they throw Exception: ERR_ROOT where the root is no rank, ERR_COUNT
  // where a buffer does not divide into a block for each rank, ERR_TYPE where an operator is not
  // for the elements.

  /// Returns when all ranks have come here. Source: MPI_Barrier.
  void Barrier(place where = place::here()) const {
    barrier_by(blocking_way(open(), "Barrier", where));
  }
  Request Ibarrier(place where = place::here()) const {
    return barrier_by(starting_way(open(), "Ibarrier", where));
  }

  /// The root's buffer to all. Source: MPI_Bcast.
  void Bcast(Buffer buf, root_arguments pack = {}, place where = place::here()) const {
    bcast_by(blocking_way(open(), "Bcast", where), buf.view(), pack.root);
  }
  void Bcast(Buffer buf, integer root, place where = place::here()) const {
    Bcast(buf, root_arguments{root}, where);
  }
  Request Ibcast(Buffer buf, root_arguments pack = {}, place where = place::here()) const {
    return bcast_by(starting_way(open(), "Ibcast", where), buf.view(), pack.root);
  }
  Request Ibcast(Buffer buf, integer root, place where = place::here()) const {
    return Ibcast(buf, root_arguments{root}, where);
  }

  /// Equal blocks of all to the root, in rank order: its receive buffer holds size blocks. On the
  /// root sendbuf may be IN_PLACE. Source: MPI_Gather.
  void Gather(ConstBuffer sendbuf, Buffer recvbuf, root_arguments pack = {},
              place where = place::here()) const {
    gather_by(blocking_way(open(), "Gather", where), sendbuf.view(), recvbuf.unchecked_view(),
              pack.root);
  }
  void Gather(ConstBuffer sendbuf, Buffer recvbuf, integer root,
              place where = place::here()) const {
    Gather(sendbuf, recvbuf, root_arguments{root}, where);
  }
  Request Igather(LastingConstBuffer sendbuf, Buffer recvbuf, root_arguments pack = {},
                  place where = place::here()) const {
    return gather_by(starting_way(open(), "Igather", where), sendbuf.view(),
                     recvbuf.unchecked_view(), pack.root);
  }
  Request Igather(LastingConstBuffer sendbuf, Buffer recvbuf, integer root,
                  place where = place::here()) const {
    return Igather(sendbuf, recvbuf, root_arguments{root}, where);
  }
  /// Blocks of any length: recvbuf is {memory, counts, displs}. Source: MPI_Gatherv.
  void Gatherv(ConstBuffer sendbuf, VectorBuffer recvbuf, root_arguments pack = {},
               place where = place::here()) const {
    gatherv_by(blocking_way(open(), "Gatherv", where), sendbuf.view(), std::move(recvbuf).view(),
               pack.root);
  }
  void Gatherv(ConstBuffer sendbuf, VectorBuffer recvbuf, integer root,
               place where = place::here()) const {
    Gatherv(sendbuf, std::move(recvbuf), root_arguments{root}, where);
  }
  Request Igatherv(LastingConstBuffer sendbuf, VectorBuffer recvbuf, root_arguments pack = {},
                   place where = place::here()) const {
    return gatherv_by(starting_way(open(), "Igatherv", where), sendbuf.view(),
                      std::move(recvbuf).view(), pack.root);
  }
  Request Igatherv(LastingConstBuffer sendbuf, VectorBuffer recvbuf, integer root,
                   place where = place::here()) const {
    return Igatherv(sendbuf, std::move(recvbuf), root_arguments{root}, where);
  }

  /// Equal blocks of the root's buffer, one to each rank. On the root recvbuf may be IN_PLACE.
  /// Source: MPI_Scatter.
  void Scatter(ConstBuffer sendbuf, Buffer recvbuf, root_arguments pack = {},
               place where = place::here()) const {
    scatter_by(blocking_way(open(), "Scatter", where), sendbuf.unchecked_view(), recvbuf.view(),
               pack.root);
  }
  void Scatter(ConstBuffer sendbuf, Buffer recvbuf, integer root,
               place where = place::here()) const {
    Scatter(sendbuf, recvbuf, root_arguments{root}, where);
  }
  Request Iscatter(LastingConstBuffer sendbuf, Buffer recvbuf, root_arguments pack = {},
                   place where = place::here()) const {
    return scatter_by(starting_way(open(), "Iscatter", where), sendbuf.unchecked_view(),
                      recvbuf.view(), pack.root);
  }
  Request Iscatter(LastingConstBuffer sendbuf, Buffer recvbuf, integer root,
                   place where = place::here()) const {
    return Iscatter(sendbuf, recvbuf, root_arguments{root}, where);
  }
  /// Blocks of any length: sendbuf is {memory, counts, displs}. Source: MPI_Scatterv.
  void Scatterv(ConstVectorBuffer sendbuf, Buffer recvbuf, root_arguments pack = {},
                place where = place::here()) const {
    scatterv_by(blocking_way(open(), "Scatterv", where), std::move(sendbuf).view(), recvbuf.view(),
                pack.root);
  }
  void Scatterv(ConstVectorBuffer sendbuf, Buffer recvbuf, integer root,
                place where = place::here()) const {
    Scatterv(std::move(sendbuf), recvbuf, root_arguments{root}, where);
  }
  Request Iscatterv(LastingConstVectorBuffer sendbuf, Buffer recvbuf, root_arguments pack = {},
                    place where = place::here()) const {
    return scatterv_by(starting_way(open(), "Iscatterv", where), std::move(sendbuf).view(),
                       recvbuf.view(), pack.root);
  }
  Request Iscatterv(LastingConstVectorBuffer sendbuf, Buffer recvbuf, integer root,
                    place where = place::here()) const {
    return Iscatterv(std::move(sendbuf), recvbuf, root_arguments{root}, where);
  }

  /// Equal blocks of all to all. sendbuf may be IN_PLACE on all ranks. Source: MPI_Allgather.
  void Allgather(ConstBuffer sendbuf, Buffer recvbuf, place where = place::here()) const {
    allgather_by(blocking_way(open(), "Allgather", where), sendbuf.view(), recvbuf.view());
  }
  Request Iallgather(LastingConstBuffer sendbuf, Buffer recvbuf,
                     place where = place::here()) const {
    return allgather_by(starting_way(open(), "Iallgather", where), sendbuf.view(), recvbuf.view());
  }
  /// Blocks of any length. Source: MPI_Allgatherv.
  void Allgatherv(ConstBuffer sendbuf, VectorBuffer recvbuf, place where = place::here()) const {
    allgatherv_by(blocking_way(open(), "Allgatherv", where), sendbuf.view(),
                  std::move(recvbuf).view());
  }
  Request Iallgatherv(LastingConstBuffer sendbuf, VectorBuffer recvbuf,
                      place where = place::here()) const {
    return allgatherv_by(starting_way(open(), "Iallgatherv", where), sendbuf.view(),
                         std::move(recvbuf).view());
  }

  /// Block i of my sendbuf to rank i, whose block for me comes at my block i. Source: MPI_Alltoall.
  void Alltoall(ConstBuffer sendbuf, Buffer recvbuf, place where = place::here()) const {
    alltoall_by(blocking_way(open(), "Alltoall", where), sendbuf.view(), recvbuf.view());
  }
  Request Ialltoall(LastingConstBuffer sendbuf, Buffer recvbuf, place where = place::here()) const {
    return alltoall_by(starting_way(open(), "Ialltoall", where), sendbuf.view(), recvbuf.view());
  }
  /// Blocks of any length. Source: MPI_Alltoallv.
  void Alltoallv(ConstVectorBuffer sendbuf, VectorBuffer recvbuf,
                 place where = place::here()) const {
    alltoallv_by(blocking_way(open(), "Alltoallv", where), std::move(sendbuf).view(),
                 std::move(recvbuf).view());
  }
  Request Ialltoallv(LastingConstVectorBuffer sendbuf, VectorBuffer recvbuf,
                     place where = place::here()) const {
    return alltoallv_by(starting_way(open(), "Ialltoallv", where), std::move(sendbuf).view(),
                        std::move(recvbuf).view());
  }

  /// Blocks of any length and datatype: {memory, counts, displs, types}, displacements in bytes,
  /// one of each for each rank. sendbuf may be IN_PLACE on all ranks. Source: MPI_Alltoallw.
  void Alltoallw(ConstTypedBuffer sendbuf, TypedBuffer recvbuf, place where = place::here()) const {
    alltoallw_by(blocking_way(open(), "Alltoallw", where), std::move(sendbuf).view(),
                 std::move(recvbuf).view());
  }
  Request Ialltoallw(LastingConstTypedBuffer sendbuf, TypedBuffer recvbuf,
                     place where = place::here()) const {
    return alltoallw_by(starting_way(open(), "Ialltoallw", where), std::move(sendbuf).view(),
                        std::move(recvbuf).view());
  }

  /// Elementwise over all ranks, to the root. On the root sendbuf may be IN_PLACE.
  /// Source: MPI_Reduce.
  void Reduce(ConstBuffer sendbuf, Buffer recvbuf, reduce_arguments pack = {},
              place where = place::here()) const {
    reduce_by(blocking_way(open(), "Reduce", where), sendbuf.view(), recvbuf.unchecked_view(),
              pack);
  }
  void Reduce(ConstBuffer sendbuf, Buffer recvbuf, const Op& op, integer root = 0,
              place where = place::here()) const {
    Reduce(sendbuf, recvbuf, reduce_arguments{op, root}, where);
  }
  Request Ireduce(LastingConstBuffer sendbuf, Buffer recvbuf, reduce_arguments pack = {},
                  place where = place::here()) const {
    return reduce_by(starting_way(open(), "Ireduce", where), sendbuf.view(),
                     recvbuf.unchecked_view(), pack);
  }
  Request Ireduce(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op, integer root = 0,
                  place where = place::here()) const {
    return Ireduce(sendbuf, recvbuf, reduce_arguments{op, root}, where);
  }
  /// Elementwise over all ranks, to all. sendbuf may be IN_PLACE. Source: MPI_Allreduce.
  void Allreduce(ConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {},
                 place where = place::here()) const {
    same_count_by<operations::Allreduce>(blocking_way(open(), "Allreduce", where), sendbuf.view(),
                                         recvbuf.view(), pack.op);
  }
  void Allreduce(ConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                 place where = place::here()) const {
    Allreduce(sendbuf, recvbuf, op_arguments{op}, where);
  }
  Request Iallreduce(LastingConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {},
                     place where = place::here()) const {
    return same_count_by<operations::Allreduce>(starting_way(open(), "Iallreduce", where),
                                                sendbuf.view(), recvbuf.view(), pack.op);
  }
  Request Iallreduce(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                     place where = place::here()) const {
    return Iallreduce(sendbuf, recvbuf, op_arguments{op}, where);
  }
  /// Rank r gets the reduction of ranks 0 to r. Source: MPI_Scan.
  void Scan(ConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {},
            place where = place::here()) const {
    same_count_by<operations::Scan>(blocking_way(open(), "Scan", where), sendbuf.view(),
                                    recvbuf.view(), pack.op);
  }
  void Scan(ConstBuffer sendbuf, Buffer recvbuf, const Op& op, place where = place::here()) const {
    Scan(sendbuf, recvbuf, op_arguments{op}, where);
  }
  Request Iscan(LastingConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {},
                place where = place::here()) const {
    return same_count_by<operations::Scan>(starting_way(open(), "Iscan", where), sendbuf.view(),
                                           recvbuf.view(), pack.op);
  }
  Request Iscan(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                place where = place::here()) const {
    return Iscan(sendbuf, recvbuf, op_arguments{op}, where);
  }
  /// Rank r gets the reduction of ranks 0 to r - 1; the buffer of rank 0 is left alone.
  /// Source: MPI_Exscan.
  void Exscan(ConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {},
              place where = place::here()) const {
    same_count_by<operations::Exscan>(blocking_way(open(), "Exscan", where), sendbuf.view(),
                                      recvbuf.view(), pack.op);
  }
  void Exscan(ConstBuffer sendbuf, Buffer recvbuf, const Op& op,
              place where = place::here()) const {
    Exscan(sendbuf, recvbuf, op_arguments{op}, where);
  }
  Request Iexscan(LastingConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {},
                  place where = place::here()) const {
    return same_count_by<operations::Exscan>(starting_way(open(), "Iexscan", where), sendbuf.view(),
                                             recvbuf.view(), pack.op);
  }
  Request Iexscan(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                  place where = place::here()) const {
    return Iexscan(sendbuf, recvbuf, op_arguments{op}, where);
  }
  /// Elementwise over all ranks; block r of the result, of recvbuf's length, to rank r.
  /// Source: MPI_Reduce_scatter_block.
  void Reduce_scatter_block(ConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {},
                            place where = place::here()) const {
    reduce_scatter_block_by(blocking_way(open(), "Reduce_scatter_block", where), sendbuf.view(),
                            recvbuf.view(), pack.op);
  }
  void Reduce_scatter_block(ConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                            place where = place::here()) const {
    Reduce_scatter_block(sendbuf, recvbuf, op_arguments{op}, where);
  }
  Request Ireduce_scatter_block(LastingConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {},
                                place where = place::here()) const {
    return reduce_scatter_block_by(starting_way(open(), "Ireduce_scatter_block", where),
                                   sendbuf.view(), recvbuf.view(), pack.op);
  }
  Request Ireduce_scatter_block(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                                place where = place::here()) const {
    return Ireduce_scatter_block(sendbuf, recvbuf, op_arguments{op}, where);
  }
  /// As Reduce_scatter_block with blocks of any length. Without recvcounts the lengths of the
  /// receive buffers are exchanged first: one MPI_Allgather more, in which Ireduce_scatter waits,
  /// too. Source: MPI_Reduce_scatter.
  void Reduce_scatter(ConstBuffer sendbuf, Buffer recvbuf, reduce_scatter_arguments pack = {},
                      place where = place::here()) const {
    reduce_scatter_by(blocking_way(open(), "Reduce_scatter", where), sendbuf.view(), recvbuf.view(),
                      pack);
  }
  template <class Counts>
  requires std::constructible_from<count_list, const Counts&>
  void Reduce_scatter(ConstBuffer sendbuf, Buffer recvbuf, const Counts& recvcounts,
                      const Op& op = SUM, place where = place::here()) const {
    Reduce_scatter(sendbuf, recvbuf, reduce_scatter_arguments{recvcounts, op}, where);
  }
  void Reduce_scatter(ConstBuffer sendbuf, Buffer recvbuf, std::initializer_list<int> recvcounts,
                      const Op& op = SUM, place where = place::here()) const {
    Reduce_scatter(sendbuf, recvbuf, reduce_scatter_arguments{recvcounts, op}, where);
  }
  Request Ireduce_scatter(LastingConstBuffer sendbuf, Buffer recvbuf,
                          reduce_scatter_arguments pack = {}, place where = place::here()) const {
    return reduce_scatter_by(starting_way(open(), "Ireduce_scatter", where), sendbuf.view(),
                             recvbuf.view(), pack);
  }
  template <class Counts>
  requires std::constructible_from<count_list, const Counts&> Request
  Ireduce_scatter(LastingConstBuffer sendbuf, Buffer recvbuf, const Counts& recvcounts,
                  const Op& op = SUM, place where = place::here())
  const {
    return Ireduce_scatter(sendbuf, recvbuf, reduce_scatter_arguments{recvcounts, op}, where);
  }
  Request Ireduce_scatter(LastingConstBuffer sendbuf, Buffer recvbuf,
                          std::initializer_list<int> recvcounts, const Op& op = SUM,
                          place where = place::here()) const {
    return Ireduce_scatter(sendbuf, recvbuf, reduce_scatter_arguments{recvcounts, op}, where);
  }

 protected:
  void check_root(int root) const {
    if (root >= 0 && root < peers()) [[likely]]
      return;
    const bool is_inter = open().remote_size > 0;
    if (is_inter && (root == MPI_ROOT || root == MPI_PROC_NULL)) return;
    raise(
        MPI_ERR_ROOT,
        formatted("root {} is no rank of {}: its ranks are 0 to {}{}",
                  {root, is_inter ? "the remote group" : "this communicator", peers() - 1,
                   is_inter ? "; on the side of the root give MPI::ROOT there, and MPI::PROC_NULL "
                              "on the others"
                            : ""}));
  }

  static inline const memory_view in_place{MPI_IN_PLACE};
  /// Within one group None alone means that the data lies in the other buffer already, as in
  /// mpi4py.
  const memory_view& or_in_place(const memory_view& given) const {
    return given.is_bare && open().remote_size == 0 ? in_place : given;
  }
  /// In a reduction the same memory on both sides means it, too.
  const memory_view& or_in_place(const memory_view& given, const memory_view& other) const {
    const bool is_same = given.data == other.data && given.count == other.count &&
                         given.count != 0 && given.type == other.type;
    return is_same && open().remote_size == 0 ? in_place : or_in_place(given);
  }

  /// How many ranks this one exchanges blocks with.
  int peers() const {
    const comm_record& comm = open();
    return comm.remote_size > 0 ? comm.remote_size : comm.size;
  }
  static void* writable(const memory_view& view) { return const_cast<void*>(view.data); }

  call_count block(const memory_view& view) const { return block_of(view, peers()); }
  /// The elements that each rank has in a buffer of blocks. A count that was given is the block's.
  static call_count block_of(const memory_view& view, int ranks) {
    if (ranks == 0) return {0};
    if (!view.is_inferred) {
      if (view.limit != memory_view::unlimited)
        if (const MPI_Count bytes = span_of(view.count * ranks, view.type); bytes > view.limit)
          too_many(view.count * ranks, bytes, view.limit);
      return {view.count};
    }
    if (view.count % ranks != 0)
      raise(MPI_ERR_COUNT,
            formatted("a buffer of {} elements does not divide among {} ranks: use the v "
                      "form, or give a count",
                      {view.count, ranks}));
    return {view.count / ranks};
  }
  bool is_root(int root) const {
    check_root(root);
    return root == (opened().remote_size > 0 ? MPI_ROOT : opened().rank);
  }

  /// MPICH (seen with 4.0, told of 4.1) gets persistent calls with blocks of equal size wrong, but
  /// not those with blocks of any size.
  template <class Way>
  static constexpr bool needs_v_form =
#ifdef MPICH_NUMVERSION
      std::same_as<typename Way::result, Prequest>;
#else
      false;
#endif
  vector_view blocks(const memory_view& view, MPI_Count count) const {
    vector_view divided{view, {}, {}};
    divided.counts.assign(std::vector<MPI_Count>(static_cast<std::size_t>(peers()), count));
    return divided;
  }

  template <class Way>
  typename Way::result barrier_by(Way&& way) const {
    way.compare([](outline&) {});
    return way.template run<operations::Barrier>(opened().raw);
  }
  template <class Way>
  typename Way::result bcast_by(Way&& way, const memory_view& buffer, int root) const {
    check_root(root);
    way.compare([&](outline& mine) {
      mine.root = root;
      const memory_view nothing{nullptr, 0, buffer.type, 0, false, true};
      const bool gives = is_root(root);
      mine.moves(flow::from_root, gives ? buffer : nothing, buffer.count, gives ? nothing : buffer,
                 buffer.count);
    });
    return bcast_on(std::move(way), opened().raw, buffer, root);
  }
  /// On this communicator or its shadow.
  template <class Way>
  typename Way::result bcast_on(Way&& way, MPI_Comm comm, const memory_view& buffer,
                                int root) const {
    const call_count count{buffer.count};
    if (opened().remote_size > 0) [[unlikely]] {
      // as a scatter of one block to all: in MPICH's nonblocking form rank `root` of the group that
      // receives takes the place of its rank 0, and has nothing; Open MPI's leaves out who gives no
      // elements, and so counts the calls of those with PROC_NULL wrongly
      vector_view held;
      MPI_Datatype type = buffer.type;
#if MPI_VERSION < 4
      large_element whole;  // arrays of counts are of ints
#endif
      if (root == MPI_ROOT) {
        MPI_Count each = count.value;
#if MPI_VERSION < 4
        if (is_large(count)) {
          whole = large_element(each, type);
          type = whole.native();
          each = 1;
        }
#endif
        held.counts.assign(std::vector<MPI_Count>(static_cast<std::size_t>(peers()), each));
        held.displs.assign(std::vector<MPI_Count>(static_cast<std::size_t>(peers()), 0));
        if (is_large(call_count{each})) held.widen();
      }
      const vector_view& kept = way.arrays().first = std::move(held);
      return way.template run<operations::Scatterv>(buffer.data, kept.counts.argument(),
                                                    kept.displs.argument(), type, writable(buffer),
                                                    count, buffer.type, root, comm);
    }
    return way.template run<operations::Bcast>(writable(buffer), count, buffer.type, root, comm);
  }
  template <class Way>
  typename Way::result gather_by(Way&& way, const memory_view& given, const memory_view& in,
                                 int root) const {
    const memory_view& out = is_root(root) ? or_in_place(given) : given;
    const call_count count = is_root(root) ? block(in) : call_count{0};
    way.compare([&](outline& mine) {
      mine.root = root;
      mine.moves(flow::to_root, out, out.count, in, count.value);
    });
    if constexpr (needs_v_form<Way>)
      return gatherv_by(std::move(way), out, blocks(in, count), root);
    return way.template run<operations::Gather>(out.data, call_count{out.count}, out.type,
                                                writable(in), count, in.type, root, opened().raw);
  }
  template <class Way>
  typename Way::result gatherv_by(Way&& way, const memory_view& given, vector_view in,
                                  int root) const {
    const memory_view& out = is_root(root) ? or_in_place(given) : given;
    vector_view& held = way.arrays().first = std::move(in);
    const call_count count{out.count};
    if (is_root(root)) prepare(way, held, is_large(count));
    way.compare([&](outline& mine) {
      mine.root = root;
      mine.moves(flow::to_root, out, nullptr, held.memory, &held);
      if (is_root(root)) mine.takes_blocks(held);
      mine.gives_block(out, root, peers());
    });
    return way.template run<operations::Gatherv>(out.data, count, out.type, writable(held.memory),
                                                 held.counts.argument(), held.displs.argument(),
                                                 held.memory.type, root, opened().raw);
  }
  template <class Way>
  typename Way::result scatter_by(Way&& way, const memory_view& out, const memory_view& given,
                                  int root) const {
    const memory_view& in = is_root(root) ? or_in_place(given) : given;
    const call_count count = is_root(root) ? block(out) : call_count{0};
    way.compare([&](outline& mine) {
      mine.root = root;
      mine.moves(flow::from_root, out, count.value, in, in.count);
    });
    if constexpr (needs_v_form<Way>)
      return scatterv_by(std::move(way), blocks(out, count), in, root);
    return way.template run<operations::Scatter>(out.data, count, out.type, writable(in),
                                                 call_count{in.count}, in.type, root, opened().raw);
  }
  template <class Way>
  typename Way::result scatterv_by(Way&& way, vector_view out, const memory_view& given,
                                   int root) const {
    const memory_view& in = is_root(root) ? or_in_place(given) : given;
    vector_view& held = way.arrays().first = std::move(out);
    const call_count count{in.count};
    if (is_root(root)) prepare(way, held, is_large(count));
    way.compare([&](outline& mine) {
      mine.root = root;
      mine.moves(flow::from_root, held.memory, &held, in, nullptr);
      if (is_root(root)) mine.gives_blocks(held);
      mine.takes_block(in, root, peers());
    });
    return way.template run<operations::Scatterv>(held.memory.data, held.counts.argument(),
                                                  held.displs.argument(), held.memory.type,
                                                  writable(in), count, in.type, root, opened().raw);
  }
  template <class Way>
  typename Way::result allgather_by(Way&& way, const memory_view& given,
                                    const memory_view& in) const {
    const memory_view& out = or_in_place(given);
    const call_count count = block(in);
    way.compare([&](outline& mine) { mine.moves(flow::all, out, out.count, in, count.value); });
    if constexpr (needs_v_form<Way>)
      return allgatherv_by(std::move(way), out, blocks(in, count.value));
    return way.template run<operations::Allgather>(out.data, call_count{out.count}, out.type,
                                                   writable(in), count, in.type, opened().raw);
  }
  template <class Way>
  typename Way::result allgatherv_by(Way&& way, const memory_view& given, vector_view in) const {
    const memory_view& out = or_in_place(given);
    vector_view& held = way.arrays().first = std::move(in);
    const call_count count{out.count};
    prepare(way, held, is_large(count));
    way.compare([&](outline& mine) {
      mine.moves(flow::all, out, nullptr, held.memory, &held);
      mine.takes_blocks(held);
      for (int rank = 0; rank < peers(); ++rank) mine.gives_block(out, rank, peers());
    });
#if defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 40100000
    if (opened().size == 1 && opened().remote_size == 0 && !held.memory.is_in_place()) {
      // MPICH 4.0 ignores the displacement on a single rank
      MPI_Aint lower = 0, extent = 0;
      check(MPI_Type_get_extent(held.memory.type, &lower, &extent), "MPI_Type_get_extent");
      held.memory.data = static_cast<const std::byte*>(held.memory.data) + held.displs[0] * extent;
      held.displs.assign(std::array<MPI_Count, 1>{0});
      if (held.is_wide()) held.widen();
    }
#endif
    return way.template run<operations::Allgatherv>(
        out.data, count, out.type, writable(held.memory), held.counts.argument(),
        held.displs.argument(), held.memory.type, opened().raw);
  }
  template <class Way>
  typename Way::result alltoall_by(Way&& way, const memory_view& given,
                                   const memory_view& in) const {
    const memory_view& out = or_in_place(given);
    way.compare([&](outline& mine) {
      mine.moves(flow::all, out, out.is_in_place() ? 0 : block(out).value, in, block(in).value);
    });
    return way.template run<operations::Alltoall>(
        out.data, out.is_in_place() ? call_count{0} : block(out), out.type, writable(in), block(in),
        in.type, opened().raw);
  }
  template <class Way>
  typename Way::result alltoallv_by(Way&& way, vector_view out, vector_view in) const {
    held_arrays& arrays = way.arrays();
    vector_view& sent = arrays.first = std::move(out);
    sent.memory = or_in_place(sent.memory);
    vector_view& received = arrays.second = std::move(in);
    sent.resolve(peers());
    received.resolve(peers());
    if (sent.is_wide() || received.is_wide()) {
      sent.widen();
      received.widen();
    }
    if (Way::outlives_call) {
      sent.own();
      received.own();
    }
    way.compare([&](outline& mine) {
      // whether two ranks exchange anything is seen by the blocks alone
      mine.moves(flow::none, sent.memory, &sent, received.memory, &received);
      mine.gives_blocks(sent);
      mine.takes_blocks(received);
    });
    return way.template run<operations::Alltoallv>(
        sent.memory.data, sent.counts.argument(), sent.displs.argument(), sent.memory.type,
        writable(received.memory), received.counts.argument(), received.displs.argument(),
        received.memory.type, opened().raw);
  }
  template <class Way>
  typename Way::result alltoallw_by(Way&& way, typed_view out, typed_view in) const {
    held_arrays& arrays = way.arrays();
    typed_view& sent = arrays.typed_first = std::move(out);
    sent.memory = or_in_place(sent.memory);
    typed_view& received = arrays.typed_second = std::move(in);
    const int ranks = peers();
    sent.resolve(ranks);
    received.resolve(ranks);
    if (sent.is_wide() || received.is_wide()) {
      sent.widen();
      received.widen();
    }
    if (Way::outlives_call) {
      sent.own();
      received.own();
    }
    way.compare([&](outline& mine) {
      mine.gives_typed_blocks(sent);
      mine.takes_typed_blocks(received);
    });
    return way.template run<operations::Alltoallw>(
        sent.memory.data, sent.counts.argument(), sent.displs.argument(), sent.types.data(),
        writable(received.memory), received.counts.argument(), received.displs.argument(),
        received.types.data(), opened().raw);
  }
  /// An address where MPI refuses a null pointer, and reads nothing.
  static constexpr int none = 0;
  static inline int nobody_reads = 0;
  template <class Way>
  typename Way::result reduce_by(Way&& way, const memory_view& given, const memory_view& in,
                                 const reduce_arguments& pack) const {
    if (is_root(pack.root)) require_room(in);
    const memory_view& out = is_root(pack.root) ? or_in_place(given, in) : given;
    // the root of an intercommunicator gives nothing itself
    const bool gives = opened().remote_size == 0;
    const memory_view& counted = !is_root(pack.root) ? out : gives ? same_count(out, in) : in;
    const operand_type elements = pack.root == MPI_PROC_NULL
                                      ? operand_type{counted.type, counted.type}
                                      : pack.op.element_type(counted.type);
    const call_count count{elements.count(counted.count)};
    way.compare([&](outline& mine) {
      mine.root = pack.root;
      mine.reduces(elements, counted.count, pack.op);
    });
    way.keep(pack.op);
#if defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 40100000
    // MPICH 4.0 crashes in MPI_Reduce in place on roots but 0; its nonblocking form does not
    if constexpr (std::is_void_v<typename Way::result>) {
      if (out.is_in_place() && opened().rank == pack.root && pack.root != 0) {
        const auto bytes = static_cast<std::size_t>(span_of(in.count, in.type));
        const auto copy = std::make_unique_for_overwrite<std::byte[]>(bytes);
        if (bytes != 0) std::memcpy(copy.get(), in.data, bytes);
        return way.template run<operations::Reduce>(static_cast<const void*>(copy.get()),
                                                    writable(in), count, elements.handed,
                                                    pack.op.native(), int{pack.root}, opened().raw);
      }
    }
#endif
    // Open MPI does not count a call without elements: between groups there is always one
    bool is_empty = pack.root == MPI_PROC_NULL && (out.is_none || out.count == 0);
#ifdef OPEN_MPI
    is_empty = is_empty || (!gives && counted.count == 0);
#endif
    if (is_empty)
      return way.template run<operations::Reduce>(static_cast<const void*>(&none),
                                                  static_cast<void*>(&nobody_reads), call_count{1},
                                                  MPI_INT, MPI_SUM, int{pack.root}, opened().raw);
    // MPICH refuses a null pointer there, too
    const void* const sent = !gives && out.is_none ? &none : out.data;
    return way.template run<operations::Reduce>(sent, writable(in), count, elements.handed,
                                                pack.op.native(), int{pack.root}, opened().raw);
  }
  template <class Operation, class Way>
  typename Way::result same_count_by(Way&& way, const memory_view& given, const memory_view& in,
                                     const Op& op) const {
    const memory_view& out = or_in_place(given, in);
    const memory_view& counted = same_count(out, in);
    const operand_type elements = op.element_type(counted.type);
    const call_count count{elements.count(counted.count)};
    way.compare([&](outline& mine) { mine.reduces(elements, counted.count, op); });
    way.keep(op);
    return way.template run<Operation>(out.data, writable(in), count, elements.handed, op.native(),
                                       opened().raw);
  }
  template <class Way>
  typename Way::result reduce_scatter_block_by(Way&& way, const memory_view& given,
                                               const memory_view& in, const Op& op) const {
    // the result may come to the front of the send buffer
    const bool is_front = given.data == in.data && given.type == in.type && in.count != 0 &&
                          given.count > in.count && opened().remote_size == 0 &&
                          block(given).value == in.count;
    const memory_view& out = is_front ? in_place : or_in_place(given, in);
    require_same_type(out, in);
    const operand_type elements = op.element_type(in.type);
    const call_count count{
        elements.count(out.is_in_place() && !is_front ? block(in).value : in.count)};
    way.compare([&](outline& mine) { mine.reduces(elements, in.count, op); });
    way.keep(op);
    if (!out.is_in_place() && block_of(out, opened().size).value != in.count)
      raise(
          MPI_ERR_COUNT,
          formatted("the send buffer has {} elements{}, but {} blocks of {} are wanted",
                    {out.count, out.is_inferred ? "" : " for each rank", opened().size, in.count}));
    if constexpr (needs_v_form<Way>) {
      if (opened().remote_size > 0) {
        count_list& counts = way.arrays().counts;
        counts.assign(std::vector<MPI_Count>(static_cast<std::size_t>(opened().size), count.value));
        if (counts.is_wide()) counts.widen();
        return way.template run<operations::Reduce_scatter>(
            out.data, writable(in), counts.argument(), elements.handed, op.native(), opened().raw);
      }
    }
    return way.template run<operations::Reduce_scatter_block>(
        out.data, writable(in), count, elements.handed, op.native(), opened().raw);
  }
  template <class Way>
  typename Way::result reduce_scatter_by(Way&& way, const memory_view& given, const memory_view& in,
                                         const reduce_scatter_arguments& pack) const {
    const memory_view& out = or_in_place(given, in);
    count_list& counts = way.arrays().counts = pack.recvcounts;
    require_same_type(out, in);
    const operand_type elements = pack.op.element_type(in.type);
    way.compare([&](outline& mine) {
      mine.reduces(elements, 0, pack.op);
      mine.divides(counts);
    });
    way.keep(pack.op);
    if (counts.empty()) {
      if (out.is_in_place()) raise(MPI_ERR_COUNT, "Reduce_scatter in place needs recvcounts");
      if (opened().remote_size > 0)
        raise(MPI_ERR_COUNT, "Reduce_scatter on an intercommunicator needs recvcounts");
      MPI_Count mine = in.count;
      std::vector<MPI_Count> all(static_cast<std::size_t>(opened().size));
      Allgather(mine, all);
      counts.assign(all);
    } else if (Way::outlives_call) {
      counts.own();
    }
    if (counts.size() != static_cast<std::size_t>(opened().size))
      raise(MPI_ERR_COUNT,
            formatted("{} counts were given for {} ranks", {counts.size(), opened().size}));
    MPI_Count sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) sum += counts[i];
    const MPI_Count sent = out.is_in_place() ? in.count : out.count;
    if (out.is_in_place() ? sent < sum : sent != sum)
      raise(MPI_ERR_COUNT,
            formatted("the send buffer has {} elements, but the counts add up to {}", {sent, sum}));
    const MPI_Count mine = counts[static_cast<std::size_t>(opened().rank)];
    if (!out.is_in_place() && in.count != mine)
      raise(MPI_ERR_COUNT, formatted("the receive buffer has {} elements, but {} come to this rank",
                                     {in.count, mine}));
    if (elements.parts != 1) [[unlikely]] {
      std::vector<MPI_Count> whole;
      for (std::size_t i = 0; i < counts.size(); ++i) whole.push_back(elements.count(counts[i]));
      counts = count_list(whole);
    }
    if (counts.is_wide()) counts.widen();
    return way.template run<operations::Reduce_scatter>(
        out.data, writable(in), counts.argument(), elements.handed, pack.op.native(), opened().raw);
  }

  /// Completes and checks the division among the peers. `is_wide`: another count of the call is.
  template <class Way>
  void prepare(Way&, vector_view& view, bool is_wide) const {
    view.resolve(peers());
    if (is_wide || view.is_wide()) view.widen();
    if (Way::outlives_call) view.own();
  }

  static void require_same_type(const memory_view& out, const memory_view& in) {
    if (!out.is_in_place() && out.type != in.type)
      raise(MPI_ERR_TYPE, "the buffers of a reduction are of different datatypes");
  }

  /// The view that says how many elements are reduced; both must agree.
  static const memory_view& same_count(const memory_view& out, const memory_view& in) {
    if (out.is_in_place()) return in;
    if (out.count != in.count || out.type != in.type)
      raise(
          MPI_ERR_COUNT,
          formatted("the buffers of a reduction must be alike: {} elements are sent, {} received{}",
                    {out.count, in.count, out.type == in.type ? "" : ", of another datatype"}));
    return out;
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
