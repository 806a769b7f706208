// SPDX-License-Identifier: MIT
// The communicator classes, composed of the families of calls.
#pragma once

#include <mpi4cxx/comm/persistent.hpp>
#include <mpi4cxx/comm/topology_arguments.hpp>
#include <mpi4cxx/handle/group.hpp>

#include <string>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

class Intracomm;
class Intercomm;
class Cartcomm;
class Graphcomm;
class Distgraphcomm;

/// Who frees a raw handle that is adopted: nobody here (borrowed), or the last copy (owned).
using detail::ownership;

namespace detail {
struct split_arguments {
  integer color = 0;
  integer key = 0;
};
template <class T>
struct intercomm_arguments;
}  // namespace detail

/// A communicator: a group of processes and a context of its own. Copies refer to the same
/// communicator; the last one frees it, which is local. The calls are in the files of their
/// families: comm/{buffer,object}_{point_to_point,collectives}.hpp.
class Comm : public detail::persistent_calls {
 public:
  using persistent_calls::persistent_calls;
  /// COMM_NULL.
  Comm() = default;
  Comm(detail::null_communicator) {}

  /// Takes a raw handle. With MPI::ownership::owned it is freed with the last
  /// copy. Local; the first object collective on it makes a communicator for inner traffic, which
  /// is collective.
  static Comm adopt(MPI_Comm raw, detail::ownership whose) {
    return Comm(detail::make_record(detail::running(), raw, whose, nullptr));
  }

  /// Whether it is an intercommunicator. Source: MPI_Comm_test_inter.
  bool Is_inter() const {
    detail::running();
    return open().remote_size > 0;
  }
  bool Is_intra() const { return !Is_inter(); }
  bool is_inter() const { return Is_inter(); }
  bool is_intra() const { return Is_intra(); }

  /// Its processes. Source: MPI_Comm_group.
  Group Get_group() const {
    detail::running();
    MPI_Group made = MPI_GROUP_NULL;
    detail::check(MPI_Comm_group(open().raw, &made), "MPI_Comm_group");
    return Group::adopt(made);
  }
  Group group() const { return Get_group(); }

  /// CART, GRAPH, DIST_GRAPH, or UNDEFINED without a topology. Local. Source: MPI_Topo_test.
  int Get_topology() const {
    detail::running();
    int kind = MPI_UNDEFINED;
    if (*this) detail::check(MPI_Topo_test(open().raw, &kind), "MPI_Topo_test");
    return kind;
  }
  int topology() const { return Get_topology(); }
  bool is_topo() const { return Get_topology() != MPI_UNDEFINED; }

  /// IDENT, CONGRUENT, SIMILAR or UNEQUAL. Source: MPI_Comm_compare.
  int Compare(const Comm& other) const {
    detail::running();
    int result = 0;
    detail::check(MPI_Comm_compare(open().raw, other.native(), &result), "MPI_Comm_compare");
    return result;
  }

  /// Source: MPI_Comm_get_name.
  std::string Get_name() const {
    detail::running();
    if (!*this) return "MPI_COMM_NULL";
    char buffer[MPI_MAX_OBJECT_NAME];
    int length = 0;
    detail::check(MPI_Comm_get_name(native(), buffer, &length), "MPI_Comm_get_name");
    return {buffer, static_cast<std::size_t>(length)};
  }
  std::string name() const { return Get_name(); }
  /// Source: MPI_Comm_set_name.
  void Set_name(const std::string& name) const {
    detail::running();
    detail::check(MPI_Comm_set_name(open().raw, name.c_str()), "MPI_Comm_set_name");
  }

  /// Ends the job with this exit status, at once and on all ranks. Source: MPI_Abort.
  [[noreturn]] void Abort(detail::integer errorcode = 0) const {
    auto& state = detail::running();
    const MPI_Comm raw = open().raw;
    std::fflush(nullptr);
    state.now =
        detail::phase::finalized;  // MPI_Abort may leave by exit(), which has nothing to add
    MPI_Abort(raw, errorcode);
    std::_Exit(errorcode);
  }

  /// Frees it now; all copies become COMM_NULL. Collective. Source: MPI_Comm_free.
  void Free() {
    auto& state = detail::running();
    if (open().predefined) detail::raise(MPI_ERR_COMM, "a predefined communicator cannot be freed");
    const detail::driven_section driven(state);
    if (record()->shadow != MPI_COMM_NULL)
      detail::check(MPI_Comm_free(&record()->shadow), "MPI_Comm_free");
    detail::check(MPI_Comm_free(&record()->raw), "MPI_Comm_free");
  }
};

/// A communicator of one group. Collective calls that make others cost that MPI call and a
/// duplicate for the inner traffic of object collectives.
class Intracomm : public Comm {
 public:
  using Comm::Comm;
  /// Throws Exception (ERR_COMM) where it is an intercommunicator.
  explicit Intracomm(const Comm& comm) : Comm(comm) {
    if (comm && comm.Is_inter())
      detail::raise(MPI_ERR_COMM, "an Intracomm cannot be made of an intercommunicator");
  }

  /// A communicator of the same group, apart from this one. Collective. Source: MPI_Comm_idup.
  Intracomm Dup() const {
    auto& state = detail::running();
    return Intracomm(detail::make_record(state, detail::duplicate(state, open().raw),
                                         detail::ownership::owned, &open()));
  }
  /// One communicator for each color, ranks ordered by key; COMM_NULL for color UNDEFINED.
  /// Collective. Source: MPI_Comm_split.
  ///
  ///     auto half = comm.Split({.color = rank % 2, .key = rank});
  Intracomm Split(detail::split_arguments pack = {}) const {
    return make("MPI_Comm_split", [&](MPI_Comm* made) {
      return MPI_Comm_split(open().raw, pack.color, pack.key, made);
    });
  }
  Intracomm Split(detail::integer color, detail::integer key = 0) const {
    return Split(detail::split_arguments{color, key});
  }
  /// A communicator of the group, a subset of this one's; COMM_NULL elsewhere. Collective over this
  /// one. Source: MPI_Comm_create.
  Intracomm Create(const Group& group) const {
    return make("MPI_Comm_create",
                [&](MPI_Comm* made) { return MPI_Comm_create(open().raw, group.native(), made); });
  }

  // ---- topologies (comm/topology.hpp)
  // Collective; COMM_NULL on the ranks that are left over. With reorder MPI may give the ranks
  // other numbers.

  /// A grid with these extents, row-major; a dimension that is periodic wraps around. Throws
  /// Exception (ERR_DIMS) where it needs more ranks than there are. Source: MPI_Cart_create.
  ///
  ///     auto grid = comm.Create_cart({2, 3}, {.periods = {true, false}});
  Cartcomm Create_cart(detail::integer_list dims, detail::cart_arguments pack = {}) const;
  template <class Flags>
  requires std::constructible_from<detail::flag_list, const Flags&> Cartcomm
  Create_cart(detail::integer_list dims, const Flags& periods, bool reorder = false)
  const;
  template <std::integral Flag>
  Cartcomm Create_cart(detail::integer_list dims, std::initializer_list<Flag> periods,
                       bool reorder = false) const;
  /// A graph, the same on all ranks: index[i] is the number of neighbours of the nodes 0 to i,
  /// edges their neighbours, node by node. An index with one number more than there are ranks,
  /// which begins with 0, will do too. Source: MPI_Graph_create.
  Graphcomm Create_graph(detail::integer_list index, detail::integer_list edges,
                         detail::graph_arguments pack = {}) const;
  Graphcomm Create_graph(detail::integer_list index, detail::integer_list edges,
                         bool reorder) const;
  /// A graph of which each rank gives the neighbours that it receives from and those that it sends
  /// to. Weights are given on all ranks or on none; a rank without neighbours gives WEIGHTS_EMPTY.
  /// Source: MPI_Dist_graph_create_adjacent.
  ///
  ///     auto ring = comm.Create_dist_graph_adjacent({left}, {right});
  Distgraphcomm Create_dist_graph_adjacent(detail::neighbor_list sources,
                                           detail::neighbor_list destinations,
                                           detail::dist_graph_adjacent_arguments pack = {}) const;
  Distgraphcomm Create_dist_graph_adjacent(detail::neighbor_list sources,
                                           detail::neighbor_list destinations,
                                           const detail::weight_list& sourceweights,
                                           const detail::weight_list& destweights,
                                           const Info& info = {}, bool reorder = false) const;
  /// A graph of which each rank gives any edges: for each of these sources how many edges leave it,
  /// and where they lead, one source behind the other. Source: MPI_Dist_graph_create.
  Distgraphcomm Create_dist_graph(detail::neighbor_list sources, detail::integer_list degrees,
                                  detail::neighbor_list destinations,
                                  detail::dist_graph_arguments pack = {}) const;
  template <class Weights>
  requires std::constructible_from<detail::weight_list, const Weights&> Distgraphcomm
  Create_dist_graph(detail::neighbor_list sources, detail::integer_list degrees,
                    detail::neighbor_list destinations, const Weights& weights,
                    const Info& info = {}, bool reorder = false)
  const;
  template <std::integral Weight>
  Distgraphcomm Create_dist_graph(detail::neighbor_list sources, detail::integer_list degrees,
                                  detail::neighbor_list destinations,
                                  std::initializer_list<Weight> weights, const Info& info = {},
                                  bool reorder = false) const;
  /// The rank that this process would best have in such a grid or graph, or UNDEFINED.
  /// Source: MPI_Cart_map, MPI_Graph_map.
  int Cart_map(detail::integer_list dims, detail::cart_map_arguments pack = {}) const;
  template <class Flags>
  requires std::constructible_from<detail::flag_list, const Flags&>
  int Cart_map(detail::integer_list dims, const Flags& periods) const;
  template <std::integral Flag>
  int Cart_map(detail::integer_list dims, std::initializer_list<Flag> periods) const;
  int Graph_map(detail::integer_list index, detail::integer_list edges) const;

  // ---- intercommunicators (comm/intercomm.hpp)

  /// A communicator between this group and another one, which makes the same call: `local_leader`
  /// is a rank here, `remote_leader` the other group's leader as a rank of `peer_comm`, which only
  /// the leaders need to give, and through which they meet under `tag`. Collective over both
  /// groups. Source: MPI_Intercomm_create.
  ///
  ///     auto other = half.Create_intercomm(0, MPI::COMM_WORLD, leader_of_the_other_half);
  Intercomm Create_intercomm(detail::integer local_leader, const Comm& peer_comm,
                             detail::integer remote_leader, detail::integer tag = 0) const;
  template <class T = void>
  Intercomm Create_intercomm(detail::intercomm_arguments<T> pack) const;

 protected:
  template <class Function>
  Intracomm make(const char* name, Function&& function) const {
    auto& state = detail::running();
    MPI_Comm made = MPI_COMM_NULL;
    {
      const detail::driven_section driven(state);
      detail::check(function(&made), name);
    }
    return Intracomm(detail::make_record(state, made, detail::ownership::owned, &open()));
  }
};

namespace detail {
inline const permanent<Intracomm> storage_of_comm_world{&world_record};
inline const permanent<Intracomm> storage_of_comm_self{&self_record};
}  // namespace detail

/// All processes of the job, and this one alone. The first use initializes MPI.
inline const Intracomm& COMM_WORLD = detail::storage_of_comm_world.value;
inline const Intracomm& COMM_SELF = detail::storage_of_comm_self.value;
inline constexpr detail::null_communicator COMM_NULL{};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
