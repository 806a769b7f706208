// SPDX-License-Identifier: MIT
// Uppercase collectives: each is described once, and runs blocking or as a request.
#pragma once

#include <mpi4cxx/buffer/vector_buffer.hpp>
#include <mpi4cxx/comm/object_point_to_point.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

struct reduce_scatter_arguments {
  integer_list recvcounts = {};
  Op op = SUM;
};

/// The arrays of a v call, which must last as long as the call.
struct held_arrays {
  vector_view first, second;
  std::vector<int> counts;
  Op op;  // of a callable, which must last as long as the reduction
};

/// Runs an operation to its end, in the form that all ranks agreed on.
class blocking_way {
 public:
  using result = void;
  explicit blocking_way(const comm_record& comm)
      : state_(running()), nonblocking_form_(comm.nonblocking_collectives) {}
  template <class Operation, class... A>
  void run(A... arguments) {
    detail::run<Operation>(state_, nonblocking_form_, arguments...);
  }
  held_arrays& arrays() noexcept { return arrays_; }
  void keep(const Op&) noexcept {}  // the caller's lasts as long

 private:
  process_state& state_;
  bool nonblocking_form_;
  held_arrays arrays_;
};

/// Starts an operation and gives its request, which keeps the arrays.
class starting_way {
 public:
  using result = Request;
  explicit starting_way(const comm_record&) { running(); }
  template <class Operation, class... A>
  Request run(A... arguments) {
    return Request::adopt(start<Operation>(arguments...)).keeping(std::move(arrays_));
  }
  held_arrays& arrays() {
    if (!arrays_) arrays_ = std::make_shared<held_arrays>();
    held_arrays& held = *arrays_;
    return held;
  }
  void keep(const Op& op) {
    if (!op.is_predefined()) arrays().op = op;
  }
  void own(vector_view& view) {
    view.counts.own();
    view.displs.own();
  }

 private:
  std::shared_ptr<held_arrays> arrays_;
};

template <class = void>
class buffer_collectives : public object_point_to_point<> {
 public:
  using object_point_to_point<>::object_point_to_point;

  // Collective: all ranks of the communicator call them in the same order. Costs: the one MPI call
  // named as source. The I forms return a Request; their buffers must last until it is complete.
  // Buffers that matter only on the root may be MPI::None elsewhere.

  /// Returns when all ranks have come here. Source: MPI_Barrier.
  void Barrier() const { barrier_by(blocking_way(open())); }
  Request Ibarrier() const { return barrier_by(starting_way(open())); }

  /// The root's buffer to all. Source: MPI_Bcast.
  void Bcast(Buffer buf, root_arguments pack = {}) const {
    bcast_by(blocking_way(open()), buf.view(), pack.root);
  }
  void Bcast(Buffer buf, integer root) const { Bcast(buf, root_arguments{root}); }
  Request Ibcast(Buffer buf, root_arguments pack = {}) const {
    return bcast_by(starting_way(open()), buf.view(), pack.root);
  }
  Request Ibcast(Buffer buf, integer root) const { return Ibcast(buf, root_arguments{root}); }

  /// Equal blocks of all to the root, in rank order: its receive buffer holds size blocks. On the
  /// root sendbuf may be IN_PLACE. Source: MPI_Gather.
  void Gather(ConstBuffer sendbuf, Buffer recvbuf, root_arguments pack = {}) const {
    gather_by(blocking_way(open()), sendbuf.view(), recvbuf.view(), pack.root);
  }
  void Gather(ConstBuffer sendbuf, Buffer recvbuf, integer root) const {
    Gather(sendbuf, recvbuf, root_arguments{root});
  }
  Request Igather(LastingConstBuffer sendbuf, Buffer recvbuf, root_arguments pack = {}) const {
    return gather_by(starting_way(open()), sendbuf.view(), recvbuf.view(), pack.root);
  }
  Request Igather(LastingConstBuffer sendbuf, Buffer recvbuf, integer root) const {
    return Igather(sendbuf, recvbuf, root_arguments{root});
  }
  /// Blocks of any length: recvbuf is {memory, counts, displs}. Source: MPI_Gatherv.
  void Gatherv(ConstBuffer sendbuf, VectorBuffer recvbuf, root_arguments pack = {}) const {
    gatherv_by(blocking_way(open()), sendbuf.view(), std::move(recvbuf).view(), pack.root);
  }
  void Gatherv(ConstBuffer sendbuf, VectorBuffer recvbuf, integer root) const {
    Gatherv(sendbuf, std::move(recvbuf), root_arguments{root});
  }
  Request Igatherv(LastingConstBuffer sendbuf, VectorBuffer recvbuf,
                   root_arguments pack = {}) const {
    return gatherv_by(starting_way(open()), sendbuf.view(), std::move(recvbuf).view(), pack.root);
  }
  Request Igatherv(LastingConstBuffer sendbuf, VectorBuffer recvbuf, integer root) const {
    return Igatherv(sendbuf, std::move(recvbuf), root_arguments{root});
  }

  /// Equal blocks of the root's buffer, one to each rank. On the root recvbuf may be IN_PLACE.
  /// Source: MPI_Scatter.
  void Scatter(ConstBuffer sendbuf, Buffer recvbuf, root_arguments pack = {}) const {
    scatter_by(blocking_way(open()), sendbuf.view(), recvbuf.view(), pack.root);
  }
  void Scatter(ConstBuffer sendbuf, Buffer recvbuf, integer root) const {
    Scatter(sendbuf, recvbuf, root_arguments{root});
  }
  Request Iscatter(LastingConstBuffer sendbuf, Buffer recvbuf, root_arguments pack = {}) const {
    return scatter_by(starting_way(open()), sendbuf.view(), recvbuf.view(), pack.root);
  }
  Request Iscatter(LastingConstBuffer sendbuf, Buffer recvbuf, integer root) const {
    return Iscatter(sendbuf, recvbuf, root_arguments{root});
  }
  /// Blocks of any length: sendbuf is {memory, counts, displs}. Source: MPI_Scatterv.
  void Scatterv(ConstVectorBuffer sendbuf, Buffer recvbuf, root_arguments pack = {}) const {
    scatterv_by(blocking_way(open()), std::move(sendbuf).view(), recvbuf.view(), pack.root);
  }
  void Scatterv(ConstVectorBuffer sendbuf, Buffer recvbuf, integer root) const {
    Scatterv(std::move(sendbuf), recvbuf, root_arguments{root});
  }
  Request Iscatterv(LastingConstVectorBuffer sendbuf, Buffer recvbuf,
                    root_arguments pack = {}) const {
    return scatterv_by(starting_way(open()), std::move(sendbuf).view(), recvbuf.view(), pack.root);
  }
  Request Iscatterv(LastingConstVectorBuffer sendbuf, Buffer recvbuf, integer root) const {
    return Iscatterv(std::move(sendbuf), recvbuf, root_arguments{root});
  }

  /// Equal blocks of all to all. sendbuf may be IN_PLACE on all ranks. Source: MPI_Allgather.
  void Allgather(ConstBuffer sendbuf, Buffer recvbuf) const {
    allgather_by(blocking_way(open()), sendbuf.view(), recvbuf.view());
  }
  Request Iallgather(LastingConstBuffer sendbuf, Buffer recvbuf) const {
    return allgather_by(starting_way(open()), sendbuf.view(), recvbuf.view());
  }
  /// Blocks of any length. Source: MPI_Allgatherv.
  void Allgatherv(ConstBuffer sendbuf, VectorBuffer recvbuf) const {
    allgatherv_by(blocking_way(open()), sendbuf.view(), std::move(recvbuf).view());
  }
  Request Iallgatherv(LastingConstBuffer sendbuf, VectorBuffer recvbuf) const {
    return allgatherv_by(starting_way(open()), sendbuf.view(), std::move(recvbuf).view());
  }

  /// Block i of my sendbuf to rank i, whose block for me comes at my block i. Source: MPI_Alltoall.
  void Alltoall(ConstBuffer sendbuf, Buffer recvbuf) const {
    alltoall_by(blocking_way(open()), sendbuf.view(), recvbuf.view());
  }
  Request Ialltoall(LastingConstBuffer sendbuf, Buffer recvbuf) const {
    return alltoall_by(starting_way(open()), sendbuf.view(), recvbuf.view());
  }
  /// Blocks of any length. Source: MPI_Alltoallv.
  void Alltoallv(ConstVectorBuffer sendbuf, VectorBuffer recvbuf) const {
    alltoallv_by(blocking_way(open()), std::move(sendbuf).view(), std::move(recvbuf).view());
  }
  Request Ialltoallv(LastingConstVectorBuffer sendbuf, VectorBuffer recvbuf) const {
    return alltoallv_by(starting_way(open()), std::move(sendbuf).view(), std::move(recvbuf).view());
  }

  /// Elementwise over all ranks, to the root. On the root sendbuf may be IN_PLACE.
  /// Source: MPI_Reduce.
  void Reduce(ConstBuffer sendbuf, Buffer recvbuf, reduce_arguments pack = {}) const {
    reduce_by(blocking_way(open()), sendbuf.view(), recvbuf.view(), pack);
  }
  void Reduce(ConstBuffer sendbuf, Buffer recvbuf, const Op& op, integer root = 0) const {
    Reduce(sendbuf, recvbuf, reduce_arguments{op, root});
  }
  Request Ireduce(LastingConstBuffer sendbuf, Buffer recvbuf, reduce_arguments pack = {}) const {
    return reduce_by(starting_way(open()), sendbuf.view(), recvbuf.view(), pack);
  }
  Request Ireduce(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op,
                  integer root = 0) const {
    return Ireduce(sendbuf, recvbuf, reduce_arguments{op, root});
  }
  /// Elementwise over all ranks, to all. sendbuf may be IN_PLACE. Source: MPI_Allreduce.
  void Allreduce(ConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {}) const {
    same_count_by<operations::Allreduce>(blocking_way(open()), sendbuf.view(), recvbuf.view(),
                                         pack.op);
  }
  void Allreduce(ConstBuffer sendbuf, Buffer recvbuf, const Op& op) const {
    Allreduce(sendbuf, recvbuf, op_arguments{op});
  }
  Request Iallreduce(LastingConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {}) const {
    return same_count_by<operations::Allreduce>(starting_way(open()), sendbuf.view(),
                                                recvbuf.view(), pack.op);
  }
  Request Iallreduce(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op) const {
    return Iallreduce(sendbuf, recvbuf, op_arguments{op});
  }
  /// Rank r gets the reduction of ranks 0 to r. Source: MPI_Scan.
  void Scan(ConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {}) const {
    same_count_by<operations::Scan>(blocking_way(open()), sendbuf.view(), recvbuf.view(), pack.op);
  }
  void Scan(ConstBuffer sendbuf, Buffer recvbuf, const Op& op) const {
    Scan(sendbuf, recvbuf, op_arguments{op});
  }
  Request Iscan(LastingConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {}) const {
    return same_count_by<operations::Scan>(starting_way(open()), sendbuf.view(), recvbuf.view(),
                                           pack.op);
  }
  Request Iscan(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op) const {
    return Iscan(sendbuf, recvbuf, op_arguments{op});
  }
  /// Rank r gets the reduction of ranks 0 to r - 1; the buffer of rank 0 is left alone.
  /// Source: MPI_Exscan.
  void Exscan(ConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {}) const {
    same_count_by<operations::Exscan>(blocking_way(open()), sendbuf.view(), recvbuf.view(),
                                      pack.op);
  }
  void Exscan(ConstBuffer sendbuf, Buffer recvbuf, const Op& op) const {
    Exscan(sendbuf, recvbuf, op_arguments{op});
  }
  Request Iexscan(LastingConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {}) const {
    return same_count_by<operations::Exscan>(starting_way(open()), sendbuf.view(), recvbuf.view(),
                                             pack.op);
  }
  Request Iexscan(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op) const {
    return Iexscan(sendbuf, recvbuf, op_arguments{op});
  }
  /// Elementwise over all ranks; block r of the result, of recvbuf's length, to rank r.
  /// Source: MPI_Reduce_scatter_block.
  void Reduce_scatter_block(ConstBuffer sendbuf, Buffer recvbuf, op_arguments pack = {}) const {
    reduce_scatter_block_by(blocking_way(open()), sendbuf.view(), recvbuf.view(), pack.op);
  }
  void Reduce_scatter_block(ConstBuffer sendbuf, Buffer recvbuf, const Op& op) const {
    Reduce_scatter_block(sendbuf, recvbuf, op_arguments{op});
  }
  Request Ireduce_scatter_block(LastingConstBuffer sendbuf, Buffer recvbuf,
                                op_arguments pack = {}) const {
    return reduce_scatter_block_by(starting_way(open()), sendbuf.view(), recvbuf.view(), pack.op);
  }
  Request Ireduce_scatter_block(LastingConstBuffer sendbuf, Buffer recvbuf, const Op& op) const {
    return Ireduce_scatter_block(sendbuf, recvbuf, op_arguments{op});
  }
  /// As Reduce_scatter_block with blocks of any length. Without recvcounts the lengths of the
  /// receive buffers are exchanged first: one MPI_Allgather more. Source: MPI_Reduce_scatter.
  void Reduce_scatter(ConstBuffer sendbuf, Buffer recvbuf,
                      reduce_scatter_arguments pack = {}) const {
    reduce_scatter_by(blocking_way(open()), sendbuf.view(), recvbuf.view(), pack);
  }
  template <class Counts>
  requires std::constructible_from<integer_list, const Counts&>
  void Reduce_scatter(ConstBuffer sendbuf, Buffer recvbuf, const Counts& recvcounts,
                      const Op& op = SUM) const {
    Reduce_scatter(sendbuf, recvbuf, reduce_scatter_arguments{recvcounts, op});
  }
  void Reduce_scatter(ConstBuffer sendbuf, Buffer recvbuf, std::initializer_list<int> recvcounts,
                      const Op& op = SUM) const {
    Reduce_scatter(sendbuf, recvbuf, reduce_scatter_arguments{recvcounts, op});
  }
  Request Ireduce_scatter(LastingConstBuffer sendbuf, Buffer recvbuf,
                          reduce_scatter_arguments pack = {}) const {
    return reduce_scatter_by(starting_way(open()), sendbuf.view(), recvbuf.view(), pack);
  }
  template <class Counts>
  requires std::constructible_from<integer_list, const Counts&> Request Ireduce_scatter(
      LastingConstBuffer sendbuf, Buffer recvbuf, const Counts& recvcounts, const Op& op = SUM)
  const { return Ireduce_scatter(sendbuf, recvbuf, reduce_scatter_arguments{recvcounts, op}); }

 protected:
  void check_root(int root) const {
    const comm_record& comm = open();
    if (comm.remote_size > 0 || (root >= 0 && root < comm.size)) [[likely]]
      return;
    raise(MPI_ERR_ROOT, formatted("root {} is no rank of this communicator: its ranks are 0 to {}",
                                  {root, comm.size - 1}));
  }

 private:
  static void* writable(const memory_view& view) { return const_cast<void*>(view.data); }

  /// The elements that each rank has in a buffer of blocks. A count that was given is the block's.
  call_count block(const memory_view& view) const {
    const int ranks = open().remote_size > 0 ? open().remote_size : open().size;
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
    return open().rank == root;
  }

  template <class Way>
  typename Way::result barrier_by(Way way) const {
    return way.template run<operations::Barrier>(open().raw);
  }
  template <class Way>
  typename Way::result bcast_by(Way way, const memory_view& buffer, int root) const {
    check_root(root);
    return way.template run<operations::Bcast>(writable(buffer), call_count{buffer.count},
                                               buffer.type, root, open().raw);
  }
  template <class Way>
  typename Way::result gather_by(Way way, const memory_view& out, const memory_view& in,
                                 int root) const {
    const call_count count = is_root(root) ? block(in) : call_count{0};
    return way.template run<operations::Gather>(out.data, call_count{out.count}, out.type,
                                                writable(in), count, in.type, root, open().raw);
  }
  template <class Way>
  typename Way::result gatherv_by(Way way, const memory_view& out, vector_view in, int root) const {
    vector_view& held = way.arrays().first = std::move(in);
    if (is_root(root)) prepare(way, held);
    return way.template run<operations::Gatherv>(
        out.data, narrow(out.count), out.type, writable(held.memory), held.counts.values().data(),
        held.displs.values().data(), held.memory.type, root, open().raw);
  }
  template <class Way>
  typename Way::result scatter_by(Way way, const memory_view& out, const memory_view& in,
                                  int root) const {
    const call_count count = is_root(root) ? block(out) : call_count{0};
    return way.template run<operations::Scatter>(out.data, count, out.type, writable(in),
                                                 call_count{in.count}, in.type, root, open().raw);
  }
  template <class Way>
  typename Way::result scatterv_by(Way way, vector_view out, const memory_view& in,
                                   int root) const {
    vector_view& held = way.arrays().first = std::move(out);
    if (is_root(root)) prepare(way, held);
    return way.template run<operations::Scatterv>(
        held.memory.data, held.counts.values().data(), held.displs.values().data(),
        held.memory.type, writable(in), narrow(in.count), in.type, root, open().raw);
  }
  template <class Way>
  typename Way::result allgather_by(Way way, const memory_view& out, const memory_view& in) const {
    return way.template run<operations::Allgather>(out.data, call_count{out.count}, out.type,
                                                   writable(in), block(in), in.type, open().raw);
  }
  template <class Way>
  typename Way::result allgatherv_by(Way way, const memory_view& out, vector_view in) const {
    vector_view& held = way.arrays().first = std::move(in);
    prepare(way, held);
#if defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 40100000
    if (open().size == 1 && !held.memory.is_in_place()) {
      // MPICH 4.0 ignores the displacement on a single rank
      MPI_Aint lower = 0, extent = 0;
      check(MPI_Type_get_extent(held.memory.type, &lower, &extent), "MPI_Type_get_extent");
      held.memory.data =
          static_cast<const std::byte*>(held.memory.data) + held.displs.values()[0] * extent;
      held.displs.take({0});
    }
#endif
    return way.template run<operations::Allgatherv>(
        out.data, narrow(out.count), out.type, writable(held.memory), held.counts.values().data(),
        held.displs.values().data(), held.memory.type, open().raw);
  }
  template <class Way>
  typename Way::result alltoall_by(Way way, const memory_view& out, const memory_view& in) const {
    return way.template run<operations::Alltoall>(
        out.data, out.is_in_place() ? call_count{0} : block(out), out.type, writable(in), block(in),
        in.type, open().raw);
  }
  template <class Way>
  typename Way::result alltoallv_by(Way way, vector_view out, vector_view in) const {
    held_arrays& arrays = way.arrays();
    vector_view& sent = arrays.first = std::move(out);
    vector_view& received = arrays.second = std::move(in);
    prepare(way, sent);
    prepare(way, received);
    return way.template run<operations::Alltoallv>(
        sent.memory.data, sent.counts.values().data(), sent.displs.values().data(),
        sent.memory.type, writable(received.memory), received.counts.values().data(),
        received.displs.values().data(), received.memory.type, open().raw);
  }
  template <class Way>
  typename Way::result reduce_by(Way way, const memory_view& out, const memory_view& in,
                                 const reduce_arguments& pack) const {
    const memory_view& counted = is_root(pack.root) ? same_count(out, in) : out;
    pack.op.require_element(counted.type);
    way.keep(pack.op);
#if defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 40100000
    // MPICH 4.0 crashes in MPI_Reduce in place on roots but 0; its nonblocking form does not
    if constexpr (std::is_void_v<typename Way::result>) {
      if (out.is_in_place() && open().rank == pack.root && pack.root != 0) {
        const auto bytes = static_cast<std::size_t>(span_of(in.count, in.type));
        const auto copy = std::make_unique_for_overwrite<std::byte[]>(bytes);
        if (bytes != 0) std::memcpy(copy.get(), in.data, bytes);
        return way.template run<operations::Reduce>(static_cast<const void*>(copy.get()),
                                                    writable(in), call_count{in.count}, in.type,
                                                    pack.op.native(), int{pack.root}, open().raw);
      }
    }
#endif
    return way.template run<operations::Reduce>(out.data, writable(in), call_count{counted.count},
                                                counted.type, pack.op.native(), int{pack.root},
                                                open().raw);
  }
  template <class Operation, class Way>
  typename Way::result same_count_by(Way way, const memory_view& out, const memory_view& in,
                                     const Op& op) const {
    const memory_view& counted = same_count(out, in);
    op.require_element(counted.type);
    way.keep(op);
    return way.template run<Operation>(out.data, writable(in), call_count{counted.count},
                                       counted.type, op.native(), open().raw);
  }
  template <class Way>
  typename Way::result reduce_scatter_block_by(Way way, const memory_view& out,
                                               const memory_view& in, const Op& op) const {
    const call_count count = out.is_in_place() ? block(in) : call_count{in.count};
    require_same_type(out, in);
    op.require_element(in.type);
    way.keep(op);
    if (!out.is_in_place() && out.count != in.count * open().size)
      raise(MPI_ERR_COUNT,
            formatted("the send buffer has {} elements, but {} blocks of {} are wanted",
                      {out.count, open().size, in.count}));
    return way.template run<operations::Reduce_scatter_block>(out.data, writable(in), count,
                                                              in.type, op.native(), open().raw);
  }
  template <class Way>
  typename Way::result reduce_scatter_by(Way way, const memory_view& out, const memory_view& in,
                                         const reduce_scatter_arguments& pack) const {
    std::vector<int>& counts = way.arrays().counts;
    counts.assign(pack.recvcounts.values().begin(), pack.recvcounts.values().end());
    require_same_type(out, in);
    pack.op.require_element(in.type);
    way.keep(pack.op);
    if (counts.empty()) {
      if (out.is_in_place()) raise(MPI_ERR_COUNT, "Reduce_scatter in place needs recvcounts");
      int mine = narrow(in.count);
      counts.resize(static_cast<std::size_t>(open().size));
      Allgather(mine, counts);
    }
    if (counts.size() != static_cast<std::size_t>(open().size))
      raise(MPI_ERR_COUNT,
            formatted("{} counts were given for {} ranks", {counts.size(), open().size}));
    MPI_Count sum = 0;
    for (const int count : counts) sum += count;
    const MPI_Count given = out.is_in_place() ? in.count : out.count;
    if (given < sum)
      raise(MPI_ERR_COUNT, formatted("the send buffer has {} elements, but the counts add up to {}",
                                     {given, sum}));
    const MPI_Count mine = counts[static_cast<std::size_t>(open().rank)];
    if (!out.is_in_place() && in.count < mine)
      raise(MPI_ERR_COUNT, formatted("the receive buffer has {} elements, but {} come to this rank",
                                     {in.count, mine}));
    return way.template run<operations::Reduce_scatter>(out.data, writable(in), counts.data(),
                                                        in.type, pack.op.native(), open().raw);
  }

  template <class Way>
  void prepare(Way& way, vector_view& view) const {
    view.resolve(open().remote_size > 0 ? open().remote_size : open().size);
    if constexpr (requires { way.own(view); }) way.own(view);
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
