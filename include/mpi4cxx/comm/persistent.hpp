// SPDX-License-Identifier: MIT
// Persistent calls: point-to-point, partitioned, and every uppercase collective as a request that
// is made once and started many times.
#pragma once

#include <mpi4cxx/comm/nonblocking_object_collectives.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

template <class T = void>
struct psend_arguments {
  integer partitions;
  integer dest = missing_dest<T>();
  integer tag = 0;
  Info info = INFO_NULL;
};
struct precv_arguments {
  integer partitions;
  integer source = MPI_ANY_SOURCE;
  integer tag = MPI_ANY_TAG;
  Info info = INFO_NULL;
};
struct init_arguments {
  Info info = INFO_NULL;
};
struct root_init_arguments {
  integer root = 0;
  Info info = INFO_NULL;
};
struct op_init_arguments {
  Op op = SUM;
  Info info = INFO_NULL;
};
struct reduce_init_arguments {
  Op op = SUM;
  integer root = 0;
  Info info = INFO_NULL;
};
struct reduce_scatter_init_arguments {
  count_list recvcounts = {};
  Op op = SUM;
  Info info = INFO_NULL;
};

template <class = void>
class persistent_calls : public nonblocking_object_collectives<> {
 public:
  using nonblocking_object_collectives<>::nonblocking_object_collectives;

  // Each makes a request that Prequest::Start begins: nothing is sent here. The buffers must last
  // as long as the request; their content when it is started counts.

  /// Local. Source: MPI_Send_init.
  Prequest Send_init(LastingConstBuffer buf, send_arguments<> pack,
                     place where = place::here()) const {
    const user_call inside(open(), "Send_init", where);
    if (running().sends_synchronously) [[unlikely]]
      return send_by<operations::Ssend>(buf.view(pack.dest), pack);
    return send_by<operations::Send>(buf.view(pack.dest), pack);
  }
  Prequest Send_init(LastingConstBuffer buf, integer dest, integer tag = 0,
                     place where = place::here()) const {
    return Send_init(buf, {dest, tag}, where);
  }
  /// As Send_init; each start is complete only when its receive has begun. Local. Source:
  /// MPI_Ssend_init.
  Prequest Ssend_init(LastingConstBuffer buf, send_arguments<> pack,
                      place where = place::here()) const {
    const user_call inside(open(), "Ssend_init", where);
    return send_by<operations::Ssend>(buf.view(pack.dest), pack);
  }
  Prequest Ssend_init(LastingConstBuffer buf, integer dest, integer tag = 0,
                      place where = place::here()) const {
    return Ssend_init(buf, {dest, tag}, where);
  }
  /// As Send_init, from copies in the attached buffer. Local. Source: MPI_Bsend_init.
  Prequest Bsend_init(LastingConstBuffer buf, send_arguments<> pack,
                      place where = place::here()) const {
    const user_call inside(open(), "Bsend_init", where);
    return send_by<operations::Bsend>(buf.view(pack.dest), pack);
  }
  Prequest Bsend_init(LastingConstBuffer buf, integer dest, integer tag = 0,
                      place where = place::here()) const {
    return Bsend_init(buf, {dest, tag}, where);
  }
  /// As Send_init, where the receive is known to be posted at each start. Local. Source:
  /// MPI_Rsend_init.
  Prequest Rsend_init(LastingConstBuffer buf, send_arguments<> pack,
                      place where = place::here()) const {
    const user_call inside(open(), "Rsend_init", where);
    return send_by<operations::Rsend>(buf.view(pack.dest), pack);
  }
  Prequest Rsend_init(LastingConstBuffer buf, integer dest, integer tag = 0,
                      place where = place::here()) const {
    return Rsend_init(buf, {dest, tag}, where);
  }
  /// Local. Source: MPI_Recv_init.
  Prequest Recv_init(Buffer buf, irecv_arguments pack = {}, place where = place::here()) const {
    const user_call inside(open(), "Recv_init", where, pack.source, pack.tag);
    open().is_unannounced = true;  // no comparison takes the announcements of its messages
    const memory_view& view = buf.view(pack.source);
    MPI_Request made = MPI_REQUEST_NULL;
    call<operations::Recv::persistent>(writable(view), call_count{view.count}, view.type,
                                       int{pack.source}, int{pack.tag}, open().raw, &made);
    return Prequest::adopt(made, true);
  }
  Prequest Recv_init(Buffer buf, integer source, integer tag = MPI_ANY_TAG,
                     place where = place::here()) const {
    return Recv_init(buf, irecv_arguments{source, tag}, where);
  }

  /// A send of a buffer that is filled in partitions of equal length, by threads as they please;
  /// after Start() each is given away by Prequest::Pready. A count that is given is a partition's.
  /// Under way, it cannot be cancelled: dropped, it is waited for; before all partitions are ready
  /// that ends the job. With MPI 4. Source: MPI_Psend_init.
  Prequest Psend_init([[maybe_unused]] LastingConstBuffer buf,
                      [[maybe_unused]] psend_arguments<> pack, place where = place::here()) const {
    const user_call inside(open(), "Psend_init", where);
#if MPI_VERSION >= 4
    return partitioned(MPI_Psend_init, "MPI_Psend_init", buf.view(), pack.partitions, pack.dest,
                       pack.tag, pack.info)
        .counting(pack.partitions);
#else
    needs_mpi_4("partitioned calls");
#endif
  }
  Prequest Psend_init(LastingConstBuffer buf, integer partitions, integer dest, integer tag = 0,
                      const Info& info = INFO_NULL, place where = place::here()) const {
    return Psend_init(buf, {partitions, dest, tag, info}, where);
  }
  /// The receive of a partitioned send, in partitions of its own. Unlike other receives it matches
  /// here, in the order of the _init calls. Dropped while it is under way, it is waited for. With
  /// MPI 4. Source: MPI_Precv_init.
  Prequest Precv_init([[maybe_unused]] Buffer buf, [[maybe_unused]] precv_arguments pack,
                      place where = place::here()) const {
    const user_call inside(open(), "Precv_init", where);
#if MPI_VERSION >= 4
    return partitioned(MPI_Precv_init, "MPI_Precv_init", buf.view(), pack.partitions, pack.source,
                       pack.tag, pack.info);
#else
    needs_mpi_4("partitioned calls");
#endif
  }
  Prequest Precv_init(Buffer buf, integer partitions, integer source, integer tag,
                      const Info& info = INFO_NULL, place where = place::here()) const {
    return Precv_init(buf, precv_arguments{partitions, source, tag, info}, where);
  }

  // Persistent collectives, with MPI 4: as the calls without _init (see there), made by all ranks
  // in the same order, and started by all. Arguments that matter only on the root, as there.

  /// Barrier, made once and started again and again. Source: MPI_Barrier_init.
  Prequest Barrier_init(init_arguments pack = {}, place where = place::here()) const {
    return barrier_by(way(pack.info, "Barrier_init", where));
  }
  Prequest Barrier_init(const Info& info, place where = place::here()) const {
    return Barrier_init(init_arguments{info}, where);
  }
  /// Bcast, made once and started again and again. Source: MPI_Bcast_init.
  Prequest Bcast_init(Buffer buf, root_init_arguments pack = {},
                      place where = place::here()) const {
    return bcast_by(way(pack.info, "Bcast_init", where), buf.view(), pack.root);
  }
  Prequest Bcast_init(Buffer buf, integer root, const Info& info = INFO_NULL,
                      place where = place::here()) const {
    return Bcast_init(buf, root_init_arguments{root, info}, where);
  }
  /// Gather, made once and started again and again. Source: MPI_Gather_init.
  Prequest Gather_init(LastingConstBuffer sendbuf, Buffer recvbuf, root_init_arguments pack = {},
                       place where = place::here()) const {
    return gather_by(way(pack.info, "Gather_init", where), sendbuf.view(), recvbuf.unchecked_view(),
                     pack.root);
  }
  Prequest Gather_init(LastingConstBuffer sendbuf, Buffer recvbuf, integer root,
                       const Info& info = INFO_NULL, place where = place::here()) const {
    return Gather_init(sendbuf, recvbuf, root_init_arguments{root, info}, where);
  }
  /// Gatherv, made once and started again and again. Source: MPI_Gatherv_init.
  Prequest Gatherv_init(LastingConstBuffer sendbuf, VectorBuffer recvbuf,
                        root_init_arguments pack = {}, place where = place::here()) const {
    return gatherv_by(way(pack.info, "Gatherv_init", where), sendbuf.view(),
                      std::move(recvbuf).view(), pack.root);
  }
  Prequest Gatherv_init(LastingConstBuffer sendbuf, VectorBuffer recvbuf, integer root,
                        const Info& info = INFO_NULL, place where = place::here()) const {
    return Gatherv_init(sendbuf, std::move(recvbuf), root_init_arguments{root, info}, where);
  }
  /// Scatter, made once and started again and again. Source: MPI_Scatter_init.
  Prequest Scatter_init(LastingConstBuffer sendbuf, Buffer recvbuf, root_init_arguments pack = {},
                        place where = place::here()) const {
    return scatter_by(way(pack.info, "Scatter_init", where), sendbuf.unchecked_view(),
                      recvbuf.view(), pack.root);
  }
  Prequest Scatter_init(LastingConstBuffer sendbuf, Buffer recvbuf, integer root,
                        const Info& info = INFO_NULL, place where = place::here()) const {
    return Scatter_init(sendbuf, recvbuf, root_init_arguments{root, info}, where);
  }
  /// Scatterv, made once and started again and again. Source: MPI_Scatterv_init.
  Prequest Scatterv_init(LastingConstVectorBuffer sendbuf, Buffer recvbuf,
                         root_init_arguments pack = {}, place where = place::here()) const {
    return scatterv_by(way(pack.info, "Scatterv_init", where), std::move(sendbuf).view(),
                       recvbuf.view(), pack.root);
  }
  Prequest Scatterv_init(LastingConstVectorBuffer sendbuf, Buffer recvbuf, integer root,
                         const Info& info = INFO_NULL, place where = place::here()) const {
    return Scatterv_init(std::move(sendbuf), recvbuf, root_init_arguments{root, info}, where);
  }
  /// Allgather, made once and started again and again. Source: MPI_Allgather_init.
  Prequest Allgather_init(LastingConstBuffer sendbuf, Buffer recvbuf, init_arguments pack = {},
                          place where = place::here()) const {
    return allgather_by(way(pack.info, "Allgather_init", where), sendbuf.view(), recvbuf.view());
  }
  Prequest Allgather_init(LastingConstBuffer sendbuf, Buffer recvbuf, const Info& info,
                          place where = place::here()) const {
    return Allgather_init(sendbuf, recvbuf, init_arguments{info}, where);
  }
  /// Allgatherv, made once and started again and again. Source: MPI_Allgatherv_init.
  Prequest Allgatherv_init(LastingConstBuffer sendbuf, VectorBuffer recvbuf,
                           init_arguments pack = {}, place where = place::here()) const {
    return allgatherv_by(way(pack.info, "Allgatherv_init", where), sendbuf.view(),
                         std::move(recvbuf).view());
  }
  Prequest Allgatherv_init(LastingConstBuffer sendbuf, VectorBuffer recvbuf, const Info& info,
                           place where = place::here()) const {
    return Allgatherv_init(sendbuf, std::move(recvbuf), init_arguments{info}, where);
  }
  /// Alltoall, made once and started again and again. Source: MPI_Alltoall_init.
  Prequest Alltoall_init(LastingConstBuffer sendbuf, Buffer recvbuf, init_arguments pack = {},
                         place where = place::here()) const {
    return alltoall_by(way(pack.info, "Alltoall_init", where), sendbuf.view(), recvbuf.view());
  }
  Prequest Alltoall_init(LastingConstBuffer sendbuf, Buffer recvbuf, const Info& info,
                         place where = place::here()) const {
    return Alltoall_init(sendbuf, recvbuf, init_arguments{info}, where);
  }
  /// Alltoallv, made once and started again and again. Source: MPI_Alltoallv_init.
  Prequest Alltoallv_init(LastingConstVectorBuffer sendbuf, VectorBuffer recvbuf,
                          init_arguments pack = {}, place where = place::here()) const {
    return alltoallv_by(way(pack.info, "Alltoallv_init", where), std::move(sendbuf).view(),
                        std::move(recvbuf).view());
  }
  Prequest Alltoallv_init(LastingConstVectorBuffer sendbuf, VectorBuffer recvbuf, const Info& info,
                          place where = place::here()) const {
    return Alltoallv_init(std::move(sendbuf), std::move(recvbuf), init_arguments{info}, where);
  }
  /// Alltoallw, made once and started again and again. Source: MPI_Alltoallw_init.
  Prequest Alltoallw_init(LastingConstTypedBuffer sendbuf, TypedBuffer recvbuf,
                          init_arguments pack = {}, place where = place::here()) const {
    return alltoallw_by(way(pack.info, "Alltoallw_init", where), std::move(sendbuf).view(),
                        std::move(recvbuf).view());
  }
  Prequest Alltoallw_init(LastingConstTypedBuffer sendbuf, TypedBuffer recvbuf, const Info& info,
                          place where = place::here()) const {
    return Alltoallw_init(std::move(sendbuf), std::move(recvbuf), init_arguments{info}, where);
  }
  /// Reduce, made once and started again and again. Source: MPI_Reduce_init.
  Prequest Reduce_init(LastingConstBuffer sendbuf, Buffer recvbuf, reduce_init_arguments pack = {},
                       place where = place::here()) const {
    return reduce_by(way(pack.info, "Reduce_init", where), sendbuf.view(), recvbuf.unchecked_view(),
                     {pack.op, pack.root});
  }
  Prequest Reduce_init(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op, integer root = 0,
                       const Info& info = INFO_NULL, place where = place::here()) const {
    return Reduce_init(sendbuf, recvbuf, reduce_init_arguments{op, root, info}, where);
  }
  /// Allreduce, made once and started again and again. Source: MPI_Allreduce_init.
  Prequest Allreduce_init(LastingConstBuffer sendbuf, Buffer recvbuf, op_init_arguments pack = {},
                          place where = place::here()) const {
    return same_count_by<operations::Allreduce>(way(pack.info, "Allreduce_init", where),
                                                sendbuf.view(), recvbuf.view(), pack.op);
  }
  Prequest Allreduce_init(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                          const Info& info = INFO_NULL, place where = place::here()) const {
    return Allreduce_init(sendbuf, recvbuf, op_init_arguments{op, info}, where);
  }
  /// Scan, made once and started again and again. Source: MPI_Scan_init.
  Prequest Scan_init(LastingConstBuffer sendbuf, Buffer recvbuf, op_init_arguments pack = {},
                     place where = place::here()) const {
    return same_count_by<operations::Scan>(way(pack.info, "Scan_init", where), sendbuf.view(),
                                           recvbuf.view(), pack.op);
  }
  Prequest Scan_init(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                     const Info& info = INFO_NULL, place where = place::here()) const {
    return Scan_init(sendbuf, recvbuf, op_init_arguments{op, info}, where);
  }
  /// Exscan, made once and started again and again. Source: MPI_Exscan_init.
  Prequest Exscan_init(LastingConstBuffer sendbuf, Buffer recvbuf, op_init_arguments pack = {},
                       place where = place::here()) const {
    return same_count_by<operations::Exscan>(way(pack.info, "Exscan_init", where), sendbuf.view(),
                                             recvbuf.view(), pack.op);
  }
  Prequest Exscan_init(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                       const Info& info = INFO_NULL, place where = place::here()) const {
    return Exscan_init(sendbuf, recvbuf, op_init_arguments{op, info}, where);
  }
  /// Reduce_scatter_block, made once and started again and again. Source:
  /// MPI_Reduce_scatter_block_init.
  Prequest Reduce_scatter_block_init(LastingConstBuffer sendbuf, Buffer recvbuf,
                                     op_init_arguments pack = {},
                                     place where = place::here()) const {
    return reduce_scatter_block_by(way(pack.info, "Reduce_scatter_block_init", where),
                                   sendbuf.view(), recvbuf.view(), pack.op);
  }
  Prequest Reduce_scatter_block_init(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                                     const Info& info = INFO_NULL,
                                     place where = place::here()) const {
    return Reduce_scatter_block_init(sendbuf, recvbuf, op_init_arguments{op, info}, where);
  }
  /// Reduce_scatter, made once and started again and again. Source: MPI_Reduce_scatter_init, and
  /// MPI_Allgather where recvcounts is left out.
  Prequest Reduce_scatter_init(LastingConstBuffer sendbuf, Buffer recvbuf,
                               reduce_scatter_init_arguments pack = {},
                               place where = place::here()) const {
    return reduce_scatter_by(way(pack.info, "Reduce_scatter_init", where), sendbuf.view(),
                             recvbuf.view(), {pack.recvcounts, pack.op});
  }
  template <class Counts>
  requires std::constructible_from<count_list, const Counts&> Prequest
  Reduce_scatter_init(LastingConstBuffer sendbuf, Buffer recvbuf, const Counts& recvcounts,
                      const Op& op = SUM, const Info& info = INFO_NULL, place where = place::here())
  const {
    return Reduce_scatter_init(sendbuf, recvbuf,
                               reduce_scatter_init_arguments{recvcounts, op, info}, where);
  }
  Prequest Reduce_scatter_init(LastingConstBuffer sendbuf, Buffer recvbuf,
                               std::initializer_list<int> recvcounts, const Op& op = SUM,
                               const Info& info = INFO_NULL, place where = place::here()) const {
    return Reduce_scatter_init(sendbuf, recvbuf,
                               reduce_scatter_init_arguments{recvcounts, op, info}, where);
  }

 private:
  persistent_way way(const Info& info, const char* name, place where) const {
    return {open(), info, name, where};
  }

  template <class Operation>
  Prequest send_by(const memory_view& view, const send_arguments<>& pack) const {
    if (auto& state = running(); state.checks_calls) [[unlikely]]
      announce_silence(state, open(), pack.dest, pack.tag);
    MPI_Request made = MPI_REQUEST_NULL;
    call<typename Operation::persistent>(view.data, call_count{view.count}, view.type,
                                         int{pack.dest}, int{pack.tag}, open().raw, &made);
    return Prequest::adopt(made);
  }

#if MPI_VERSION >= 4
  template <class Function>
  Prequest partitioned(Function* function, const char* name, const memory_view& view,
                       int partitions, int peer, int tag, const Info& info) const {
    running();
    if (partitions <= 0 || (view.is_inferred && view.count % partitions != 0))
      raise(MPI_ERR_COUNT, formatted("a buffer of {} elements does not divide into {} partitions",
                                     {view.count, partitions}));
    const MPI_Count count =
        block_of(view, partitions).value;  // a count that was given is each one's
#ifdef MPICH_NUMVERSION                    // 4.0 crashes
    if (peer == MPI_PROC_NULL)
      raise(MPI_ERR_RANK,
            "this MPI library has no partitioned calls to PROC_NULL: leave out the call");
#endif
    MPI_Request made = MPI_REQUEST_NULL;
    check(function(writable(view), partitions, count, view.type, peer, tag, open().raw,
                   info.native(), &made),
          name);
    return Prequest::adopt(made);
  }
#endif
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
