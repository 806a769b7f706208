// SPDX-License-Identifier: MIT
// Lowercase collectives among the neighbours of a topology: any object.
#pragma once

#include <mpi4cxx/comm/neighbor_collectives.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

template <class = void>
class neighbor_objects : public neighbor_collectives<> {
 public:
  using neighbor_collectives<>::neighbor_collectives;

  // Collective: all ranks of the communicator call them in the same order; data goes between
  // neighbours only. What comes from a neighbour that is PROC_NULL, beyond the border of a grid, is
  // nullopt: `*in[0]` where there always is one, `in[0].value_or(edge)` where not. Costs: a type of
  // fixed size takes one MPI collective, any other two: sizes first. Types are checked where there
  // is a size phase: TypeMismatch.

  /// The object to all neighbours: those of the neighbours, in the order of inedges().
  /// Source: MPI_Neighbor_allgather, and MPI_Neighbor_allgatherv where sizes differ.
  ///
  ///     auto in = grid.neighbor_allgather(temperature);
  template <class T>
  std::vector<std::optional<object_of_t<const T&>>> neighbor_allgather(
      const T& sendobj, place where = place::here()) const {
    const collective_call inside(open(), "neighbor_allgather", where, true, [this](outline& mine) {
      state_objects<object_of_t<const T&>>(mine);
    });
    return allgather_neighbors(as_object(sendobj));
  }
  /// Element i of the sequence to neighbour i of outedges(); the elements that the neighbours had
  /// for this rank, in the order of inedges(). The sequence has exactly outdegree() elements, else
  /// Exception (ERR_ARG); those for PROC_NULL go nowhere.
  /// Source: MPI_Neighbor_alltoall, and MPI_Neighbor_alltoallv where sizes differ.
  template <class T>
  std::vector<std::optional<T>> neighbor_alltoall(const std::vector<T>& sendobjs,
                                                  place where = place::here()) const {
    const collective_call inside(open(), "neighbor_alltoall", where, true,
                                 [this](outline& mine) { state_objects<T>(mine); });
    require_receivable<T>();
    if (sendobjs.size() != static_cast<std::size_t>(outdegree()))
      raise(MPI_ERR_ARG, formatted("neighbor_alltoall takes a sequence with one object for each of "
                                   "the {} neighbours, but it has {}",
                                   {outdegree(), sendobjs.size()}));
    const MPI_Comm shadow = shadowed().shadow;
    const int in_degree = indegree();
    if constexpr (is_fixed<T>) {
      scratch_buffer out, in;
      for (const auto& each : sendobjs) put<T>(*out, each);
      in->extend(static_cast<std::size_t>(in_degree) * fixed_size<T>());
      alltoall_on(blocking_way(open()), shadow, bytes_of(*out, fixed_size<T>()),
                  bytes_of(*in, fixed_size<T>()));
      return open_fixed<T>(*in);
    } else {
      auto& state = running();
      packed_objects out, in;
      std::vector<object_notice> sent(sendobjs.size());
      std::vector<object_notice> received = no_notices();
      pack_all(state, sendobjs, out, sent);
      alltoall_on(blocking_way(open()), shadow, bytes_of(sent), bytes_of(received));
      const std::vector<bool> is_there = take_room(in, received);
      alltoallv_on(blocking_way(open()), shadow, divided(out), divided(in));
      return open_neighbors<T>(state, in, received, is_there);
    }
  }
  /// Any other sequence, which is copied, or braces.
  template <object_sequence Range>
  auto neighbor_alltoall(const Range& sendobjs, place where = place::here()) const {
    return neighbor_alltoall(as_vector(sendobjs), where);
  }
  template <class T>
  auto neighbor_alltoall(std::initializer_list<T> sendobjs, place where = place::here()) const {
    return neighbor_alltoall(as_vector(sendobjs), where);
  }

 private:
  template <class T>
  void state_objects(outline& mine) const {
    const auto [sources, destinations] = inoutedges();
    mine.of_objects_between<T>(sources, destinations, open().size);
  }
  template <class T>
  std::vector<std::optional<T>> allgather_neighbors(const T& obj) const {
    require_receivable<T>();
    const MPI_Comm shadow = shadowed().shadow;
    if constexpr (is_fixed<T>) {
      scratch_buffer out, in;
      put(*out, obj);
      in->extend(static_cast<std::size_t>(indegree()) * fixed_size<T>());
      allgather_on(blocking_way(open()), shadow, bytes_of(*out, fixed_size<T>()),
                   bytes_of(*in, fixed_size<T>()));
      return open_fixed<T>(*in);
    } else {
      auto& state = running();
      const flat_object packed(state, obj);
      std::vector<object_notice> sent(1, packed.notice());
      std::vector<object_notice> received = no_notices();
      allgather_on(blocking_way(open()), shadow, bytes_of(sent), bytes_of(received));
      packed_objects in;
      const std::vector<bool> is_there = take_room(in, received);
      allgatherv_on(blocking_way(open()), shadow,
                    bytes_at(packed.bytes().data(), packed.bytes().size()), divided(in));
      return open_neighbors<T>(state, in, received, is_there);
    }
  }

  /// Where nothing comes they stay as they are.
  std::vector<object_notice> no_notices() const {
    return std::vector<object_notice>(static_cast<std::size_t>(indegree()), object_notice{0, -1});
  }
  static std::vector<bool> take_room(packed_objects& in, std::vector<object_notice>& notices) {
    std::vector<bool> is_there;
    for (object_notice& notice : notices) {
      is_there.push_back(notice.size >= 0);
      notice.size = std::max(notice.size, std::int64_t{0});
    }
    make_room(in, notices);
    return is_there;
  }
  template <class T>
  static std::vector<std::optional<T>> open_neighbors(process_state& state,
                                                      const packed_objects& in,
                                                      const std::vector<object_notice>& notices,
                                                      const std::vector<bool>& is_there) {
    std::vector<std::optional<T>> values(notices.size());
    for (std::size_t i = 0; i < notices.size(); ++i)
      if (is_there[i])
        open_flat(state, values[i].emplace(), notices[i].identity,
                  {in.bytes->data() + in.displs[i], static_cast<std::size_t>(in.counts[i])});
    return values;
  }
  template <class T>
  std::vector<std::optional<T>> open_fixed(const byte_buffer& bytes) const {
    const std::vector<int> sources = inedges();
    std::vector<std::optional<T>> values(sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i)
      if (sources[i] != MPI_PROC_NULL) get(bytes.data() + i * fixed_size<T>(), values[i].emplace());
    return values;
  }

  // ---- views of bytes; a count is that of a block

  static memory_view bytes_at(const void* data, std::size_t count) {
    memory_view view;
    view.data = data;
    view.count = static_cast<MPI_Count>(count);
    view.limit = memory_view::unlimited;
    return view;
  }
  static memory_view bytes_of(const byte_buffer& bytes, std::size_t block) {
    return bytes_at(bytes.data(), block);
  }
  static memory_view bytes_of(const std::vector<object_notice>& notices) {
    return bytes_at(notices.data(), sizeof(object_notice));
  }
  static vector_view divided(const packed_objects& all) {
    vector_view view;
    view.memory = bytes_at(all.bytes->data(), 0);
    view.counts = count_list(all.counts);
    view.displs = displacement_list(all.displs);
    return view;
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
