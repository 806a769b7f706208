// SPDX-License-Identifier: MIT
// Uppercase collectives among the neighbours of a topology.
#pragma once

#include <mpi4cxx/comm/neighborhood.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Which of several blocks from one rank the MPI library puts where.
enum class pairing {
  right,     // of a grid in the place on the other side of the dimension, else one by one
  in_order,  // always one by one
  reversed   // the last sent in the first place
};

/// Found by looking, on a grid whose one rank is its own neighbour on all four sides. MPI 4 says
/// what is right. MPICH 4.0 and the nonblocking forms of Open MPI 4.1 do otherwise, and differ from
/// call to call.
template <bool of_v_calls>
[[gnu::cold]] pairing find_pairing(process_state& state, bool nonblocking_form) {
  const int dims[] = {1, 1}, periods[] = {1, 1};
  const int out[] = {0, 1, 2, 3}, counts[] = {1, 1, 1, 1};
  int in[] = {-1, -1, -1, -1};
  const void* const sent = out;
  void* const received = in;
  MPI_Comm grid = MPI_COMM_NULL;
  const MPI_Comm self = state.self_shadow == MPI_COMM_NULL ? MPI_COMM_SELF : state.self_shadow;
  check(MPI_Cart_create(self, 2, dims, periods, 0, &grid), "MPI_Cart_create");
  const call_array<MPI_Count> ones{counts, nullptr};
  const call_array<MPI_Aint> places{out, nullptr};
  if constexpr (of_v_calls)
    run<operations::Neighbor_alltoallv>(state, nonblocking_form, sent, ones, places, MPI_INT,
                                        received, ones, places, MPI_INT, grid);
  else
    run<operations::Neighbor_alltoall>(state, nonblocking_form, sent, call_count{1}, MPI_INT,
                                       received, call_count{1}, MPI_INT, grid);
  check(MPI_Comm_free(&grid), "MPI_Comm_free");
  return in[0] == 0 ? pairing::in_order : in[0] == 3 ? pairing::reversed : pairing::right;
}
template <bool of_v_calls>
pairing pairing_of(process_state& state, bool nonblocking_form) {
  if (nonblocking_form) {
    static const pairing found = find_pairing<of_v_calls>(state, true);
    return found;
  }
  static const pairing found = find_pairing<of_v_calls>(state, false);
  return found;
}

template <class = void>
class neighbor_collectives : public neighborhood {
 public:
  using neighborhood::neighborhood;

  // Collective: all ranks of the communicator call them in the same order; data goes between
  // neighbours only. Blocks are in the order of inedges() and outedges(). Where a neighbour is
  // PROC_NULL, at the border of a grid, the send buffer has a block that goes nowhere, and the
  // block of the receive buffer is left alone. Costs: the one MPI call named as source. The I forms
  // return a Request, the _init forms a Prequest (with MPI 4); their buffers must last as long as
  // these. There is no IN_PLACE: Exception (ERR_BUFFER).

  /// The whole send buffer to all neighbours, a block from each. Source: MPI_Neighbor_allgather.
  void Neighbor_allgather(ConstBuffer sendbuf, Buffer recvbuf, place where = place::here()) const {
    allgather_by(blocking_way(open(), "Neighbor_allgather", where), sendbuf.view(), recvbuf.view());
  }
  Request Ineighbor_allgather(LastingConstBuffer sendbuf, Buffer recvbuf,
                              place where = place::here()) const {
    return allgather_by(starting_way(open(), "Ineighbor_allgather", where), sendbuf.view(),
                        recvbuf.view());
  }
  Prequest Neighbor_allgather_init(LastingConstBuffer sendbuf, Buffer recvbuf,
                                   init_arguments pack = {}, place where = place::here()) const {
    return allgather_by(persistent_way(open(), pack.info, "Neighbor_allgather_init", where),
                        sendbuf.view(), recvbuf.view());
  }
  Prequest Neighbor_allgather_init(LastingConstBuffer sendbuf, Buffer recvbuf, const Info& info,
                                   place where = place::here()) const {
    return Neighbor_allgather_init(sendbuf, recvbuf, init_arguments{info}, where);
  }
  /// Blocks of any length: recvbuf is {memory, counts, displs}. Source: MPI_Neighbor_allgatherv.
  void Neighbor_allgatherv(ConstBuffer sendbuf, VectorBuffer recvbuf,
                           place where = place::here()) const {
    allgatherv_on(blocking_way(open(), "Neighbor_allgatherv", where), open().raw, sendbuf.view(),
                  std::move(recvbuf).view());
  }
  Request Ineighbor_allgatherv(LastingConstBuffer sendbuf, VectorBuffer recvbuf,
                               place where = place::here()) const {
    return allgatherv_on(starting_way(open(), "Ineighbor_allgatherv", where), open().raw,
                         sendbuf.view(), std::move(recvbuf).view());
  }
  Prequest Neighbor_allgatherv_init(LastingConstBuffer sendbuf, VectorBuffer recvbuf,
                                    init_arguments pack = {}, place where = place::here()) const {
    return allgatherv_on(persistent_way(open(), pack.info, "Neighbor_allgatherv_init", where),
                         open().raw, sendbuf.view(), std::move(recvbuf).view());
  }
  Prequest Neighbor_allgatherv_init(LastingConstBuffer sendbuf, VectorBuffer recvbuf,
                                    const Info& info, place where = place::here()) const {
    return Neighbor_allgatherv_init(sendbuf, std::move(recvbuf), init_arguments{info}, where);
  }

  /// A block to each neighbour and a block from each. A rank that is a neighbour on both sides of a
  /// dimension gets the block sent to the right in its block from the left, and the other way
  /// round; one that comes several times in a graph, one by one. Source: MPI_Neighbor_alltoall.
  void Neighbor_alltoall(ConstBuffer sendbuf, Buffer recvbuf, place where = place::here()) const {
    alltoall_on(blocking_way(open(), "Neighbor_alltoall", where), open().raw, sendbuf.view(),
                recvbuf.view());
  }
  Request Ineighbor_alltoall(LastingConstBuffer sendbuf, Buffer recvbuf,
                             place where = place::here()) const {
    return alltoall_on(starting_way(open(), "Ineighbor_alltoall", where), open().raw,
                       sendbuf.view(), recvbuf.view());
  }
  Prequest Neighbor_alltoall_init(LastingConstBuffer sendbuf, Buffer recvbuf,
                                  init_arguments pack = {}, place where = place::here()) const {
    return alltoall_on(persistent_way(open(), pack.info, "Neighbor_alltoall_init", where),
                       open().raw, sendbuf.view(), recvbuf.view());
  }
  Prequest Neighbor_alltoall_init(LastingConstBuffer sendbuf, Buffer recvbuf, const Info& info,
                                  place where = place::here()) const {
    return Neighbor_alltoall_init(sendbuf, recvbuf, init_arguments{info}, where);
  }
  /// Blocks of any length. Source: MPI_Neighbor_alltoallv.
  void Neighbor_alltoallv(ConstVectorBuffer sendbuf, VectorBuffer recvbuf,
                          place where = place::here()) const {
    alltoallv_on(blocking_way(open(), "Neighbor_alltoallv", where), open().raw,
                 std::move(sendbuf).view(), std::move(recvbuf).view());
  }
  Request Ineighbor_alltoallv(LastingConstVectorBuffer sendbuf, VectorBuffer recvbuf,
                              place where = place::here()) const {
    return alltoallv_on(starting_way(open(), "Ineighbor_alltoallv", where), open().raw,
                        std::move(sendbuf).view(), std::move(recvbuf).view());
  }
  Prequest Neighbor_alltoallv_init(LastingConstVectorBuffer sendbuf, VectorBuffer recvbuf,
                                   init_arguments pack = {}, place where = place::here()) const {
    return alltoallv_on(persistent_way(open(), pack.info, "Neighbor_alltoallv_init", where),
                        open().raw, std::move(sendbuf).view(), std::move(recvbuf).view());
  }
  Prequest Neighbor_alltoallv_init(LastingConstVectorBuffer sendbuf, VectorBuffer recvbuf,
                                   const Info& info, place where = place::here()) const {
    return Neighbor_alltoallv_init(std::move(sendbuf), std::move(recvbuf), init_arguments{info},
                                   where);
  }
  /// Blocks of any length and datatype; displacements in bytes. Source: MPI_Neighbor_alltoallw.
  void Neighbor_alltoallw(ConstTypedBuffer sendbuf, TypedBuffer recvbuf,
                          place where = place::here()) const {
    alltoallw_by(blocking_way(open(), "Neighbor_alltoallw", where), std::move(sendbuf).view(),
                 std::move(recvbuf).view());
  }
  Request Ineighbor_alltoallw(LastingConstTypedBuffer sendbuf, TypedBuffer recvbuf,
                              place where = place::here()) const {
    return alltoallw_by(starting_way(open(), "Ineighbor_alltoallw", where),
                        std::move(sendbuf).view(), std::move(recvbuf).view());
  }
  Prequest Neighbor_alltoallw_init(LastingConstTypedBuffer sendbuf, TypedBuffer recvbuf,
                                   init_arguments pack = {}, place where = place::here()) const {
    return alltoallw_by(persistent_way(open(), pack.info, "Neighbor_alltoallw_init", where),
                        std::move(sendbuf).view(), std::move(recvbuf).view());
  }
  Prequest Neighbor_alltoallw_init(LastingConstTypedBuffer sendbuf, TypedBuffer recvbuf,
                                   const Info& info, place where = place::here()) const {
    return Neighbor_alltoallw_init(std::move(sendbuf), std::move(recvbuf), init_arguments{info},
                                   where);
  }

 protected:
  // `comm`: this communicator or its shadow

  template <class Way>
  typename Way::result allgather_on(Way&& way, MPI_Comm comm, const memory_view& out,
                                    const memory_view& in) const {
    refuse_in_place(out);
    // as in alltoall_on
    const bool gives = outdegree() != 0, gets = indegree() != 0;
    const call_count received = gets ? block_of(in, indegree()) : call_count{out.count};
    const call_count sent = gives || !gets ? call_count{out.count} : received;
    way.compare([&](outline& mine) {
      state_exchange(
          mine, out, in, [&](std::size_t) { return called::bytes_of(out.type, out.count); },
          [&](std::size_t) { return called::bytes_of(in.type, received.value); });
    });
    return way.template run<operations::Neighbor_allgather>(
        gives ? out.data : &none, sent, gives ? out.type : in.type,
        gets ? writable(in) : const_cast<int*>(&none), received, gets ? in.type : out.type, comm);
  }
  template <class Way>
  typename Way::result allgatherv_on(Way&& way, MPI_Comm comm, const memory_view& out,
                                     vector_view in) const {
    refuse_in_place(out);
    const call_count count{out.count};
    vector_view& held = way.arrays().first = std::move(in);
    divide(held, indegree());
    way.compare([&](outline& mine) {
      state_exchange(
          mine, out, held.memory,
          [&](std::size_t) { return called::bytes_of(out.type, out.count); }, bytes_in(held));
    });
    if (held.is_wide() || is_large(count)) held.widen();
    if (Way::outlives_call) held.own();
    return way.template run<operations::Neighbor_allgatherv>(
        out.data, count, out.type, writable(held.memory), held.counts.argument(),
        held.displs.argument(), held.memory.type, comm);
  }
  template <class Way>
  typename Way::result alltoall_on(Way&& way, MPI_Comm comm, const memory_view& out,
                                   const memory_view& in) const {
    refuse_in_place(out);
    const bool gives = outdegree() != 0, gets = indegree() != 0;
    // a side without neighbours counts as the other one: Open MPI leaves a call with a count of 0
    // out, on this rank alone
    const call_count sent = block_of(gives || !gets ? out : in, gives ? outdegree() : indegree());
    const call_count received =
        block_of(gets || !gives ? in : out, gets ? indegree() : outdegree());
    way.compare([&](outline& mine) {
      state_exchange(
          mine, out, in, [&](std::size_t) { return called::bytes_of(out.type, sent.value); },
          [&](std::size_t) { return called::bytes_of(in.type, received.value); });
    });
    if (has_repeated_source() && !is_right<Way, false>()) [[unlikely]]
      return alltoallv_on(std::move(way), comm, in_blocks(out, sent, outdegree()),
                          in_blocks(in, received, indegree()));
    return way.template run<operations::Neighbor_alltoall>(
        gives ? out.data : &none, sent, gives ? out.type : in.type,
        gets ? writable(in) : const_cast<int*>(&none), received, gets ? in.type : out.type, comm);
  }
  template <class Way>
  typename Way::result alltoallv_on(Way&& way, MPI_Comm comm, vector_view out,
                                    vector_view in) const {
    refuse_in_place(out.memory);
    held_arrays& arrays = way.arrays();
    vector_view& sent = arrays.first = std::move(out);
    vector_view& received = arrays.second = std::move(in);
    divide(sent, outdegree());
    divide(received, indegree());
    way.compare([&](outline& mine) {
      state_exchange(mine, sent.memory, received.memory, bytes_in(sent), bytes_in(received));
    });
    if (has_repeated_source()) [[unlikely]]
      rearrange<Way>(received.counts, received.displs);
    if (sent.is_wide() || received.is_wide()) {
#if MPI_VERSION < 4
      // the w form takes them; in Open MPI both send the same messages
      arrays.typed_first = as_typed(sent);
      arrays.typed_second = as_typed(received);
      return alltoallw_on(std::move(way), comm);
#endif
      sent.widen();
      received.widen();
    }
    if (Way::outlives_call) {
      sent.own();
      received.own();
    }
    return way.template run<operations::Neighbor_alltoallv>(
        sent.memory.data, sent.counts.argument(), sent.displs.argument(), sent.memory.type,
        writable(received.memory), received.counts.argument(), received.displs.argument(),
        received.memory.type, comm);
  }

 private:
  template <class Way>
  typename Way::result allgather_by(Way&& way, const memory_view& out,
                                    const memory_view& in) const {
    return allgather_on(std::move(way), open().raw, out, in);
  }
  template <class Way>
  typename Way::result alltoallw_by(Way&& way, typed_view out, typed_view in) const {
    refuse_in_place(out.memory);
    held_arrays& arrays = way.arrays();
    typed_view& sent = arrays.typed_first = std::move(out);
    typed_view& received = arrays.typed_second = std::move(in);
    for (auto [view, degree] : {std::pair(&sent, outdegree()), std::pair(&received, indegree())}) {
      view->resolve(degree);
      if (degree == 0) one_empty(view->counts, view->displs);
      if (degree == 0) view->types.assign(1, MPI_BYTE);
    }
    way.compare([&](outline& mine) {
      const auto [sources, destinations] = inoutedges();
      mine.exchanges(sources, destinations, open().size, bytes_in(sent), bytes_in(received));
    });
    if (has_repeated_source()) [[unlikely]] {
      const std::vector<MPI_Datatype> types = received.types;
      const std::vector<int> order = rearrange<Way>(received.counts, received.displs);
      for (std::size_t i = 0; i < order.size(); ++i)
        received.types[i] = types[static_cast<std::size_t>(order[i])];
    }
    return alltoallw_on(std::move(way), open().raw);
  }
  /// Of the typed views that are held, complete and in their places.
  template <class Way>
  typename Way::result alltoallw_on(Way&& way, MPI_Comm comm) const {
    typed_view& sent = way.arrays().typed_first;
    typed_view& received = way.arrays().typed_second;
    // MPICH 4.0 mixes up the int counts where a rank has more neighbours on one side than on the
    // other
    if (MPI_VERSION >= 4 || sent.counts.is_wide() || received.counts.is_wide()) {
      sent.counts.widen();
      received.counts.widen();
    }
    // unlike others this function has wide displacements in each of its forms
    sent.displs.widen();
    received.displs.widen();
    if (Way::outlives_call) {
      sent.counts.own();
      received.counts.own();
    }
    return way.template run<operations::Neighbor_alltoallw>(
        sent.memory.data, sent.counts.argument(), sent.displs.argument().wide, as_const(sent.types),
        writable(received.memory), received.counts.argument(), received.displs.argument().wide,
        as_const(received.types), comm);
  }
#if MPI_VERSION < 4
  static typed_view as_typed(const vector_view& view) {
    MPI_Aint lower = 0, extent = 0;
    check(MPI_Type_get_extent(view.memory.type, &lower, &extent), "MPI_Type_get_extent");
    const std::size_t blocks = view.counts.size();
    std::vector<MPI_Count> displs;
    for (std::size_t i = 0; i < blocks; ++i) displs.push_back(view.displs[i] * extent);
    typed_view made;
    made.memory = view.memory;
    made.memory.limit = memory_view::unlimited;  // has been checked
    made.counts = view.counts;
    made.displs = displacement_list(displs);
    made.types.assign(blocks, view.memory.type);
    made.resolve(static_cast<int>(blocks));
    return made;
  }
#endif
  static const MPI_Datatype* as_const(const std::vector<MPI_Datatype>& types) {
    return types.data();
  }

  /// In checked mode: what goes to each neighbour, and what comes.
  template <class Given, class Taken>
  void state_exchange(outline& mine, const memory_view& out, const memory_view& in, Given&& given,
                      Taken&& taken) const {
    const auto [sources, destinations] = inoutedges();
    mine.exchanges(sources, destinations, open().size, given, taken);
    mine.of_types(out, in);
  }
  static auto bytes_in(const vector_view& view) {
    return [&view](std::size_t i) { return called::bytes_of(view.memory.type, view.counts[i]); };
  }
  static auto bytes_in(const typed_view& view) {
    return [&view](std::size_t i) { return called::bytes_of(view.types[i], view.counts[i]); };
  }
  static void refuse_in_place(const memory_view& out) {
    if (out.is_in_place())
      raise(MPI_ERR_BUFFER, "a neighbourhood collective has no IN_PLACE: give a send buffer");
  }
  /// Completes and checks the division among `blocks` neighbours.
  static void divide(vector_view& view, int blocks) {
    if (blocks == 0 && view.counts.empty())
      one_empty(view.counts, view.displs);
    else
      view.resolve(blocks);
  }
  /// So that there is an address: MPI libraries refuse null pointers even to no elements.
  static void one_empty(count_list& counts, displacement_list& displs) {
    counts.assign(std::vector<MPI_Count>(1, 0));
    displs.assign(std::vector<MPI_Count>(1, 0));
  }
  static vector_view in_blocks(const memory_view& view, call_count block, int blocks) {
    vector_view made;
    made.memory = view;
    std::vector<MPI_Count> starts;
    for (int i = 0; i < blocks; ++i) starts.push_back(i * block.value);
    made.counts.assign(std::vector<MPI_Count>(starts.size(), block.value));
    made.displs.assign(starts);
    return made;
  }

  // ---- several blocks from one rank

  template <class Way, bool of_v_calls>
  pairing found_pairing() const {
    return pairing_of<of_v_calls>(running(), Way::outlives_call || open().nonblocking_collectives);
  }
  template <class Way, bool of_v_calls>
  bool is_right() const {
    const pairing found = found_pairing<Way, of_v_calls>();
    return found == pairing::right || (found == pairing::in_order && kind() != MPI_CART);
  }

  /// For each place in which the MPI library puts a block, the one that it belongs in. Empty where
  /// that is the same.
  template <class Way>
  std::vector<int> places() const {
    if (is_right<Way, true>()) return {};
    const bool is_reversed = found_pairing<Way, true>() == pairing::reversed;
    const bool is_grid = kind() == MPI_CART;
    const std::vector<int> sources = inedges();
    std::vector<int> places(sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
      places[i] = static_cast<int>(i);
      if (sources[i] == MPI_PROC_NULL) continue;
      // the blocks of this source: which of them MPI takes for the one at i
      std::vector<int> same;
      std::size_t at = 0;
      for (std::size_t j = 0; j < sources.size(); ++j)
        if (sources[j] == sources[i]) {
          if (j == i) at = same.size();
          same.push_back(static_cast<int>(j));
        }
      const std::size_t sent = is_reversed ? same.size() - 1 - at : at;
      // of a grid the blocks come from the same sides as they go to, where they are several
      const bool crosses = is_grid && same.size() > 1;
      places[i] = crosses ? same[sent] ^ 1 : same[sent];
    }
    return places;
  }
  /// Gives each block the place that it belongs in; returns the places.
  template <class Way>
  std::vector<int> rearrange(count_list& counts, displacement_list& displs) const {
    const std::vector<int> order = places<Way>();
    if (order.empty()) return order;
    std::vector<MPI_Count> new_counts, new_displs;
    for (const int place : order) {
      new_counts.push_back(counts[static_cast<std::size_t>(place)]);
      new_displs.push_back(displs[static_cast<std::size_t>(place)]);
    }
    counts = count_list();
    displs = displacement_list();
    counts.assign(new_counts);
    displs.assign(new_displs);
    return order;
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
