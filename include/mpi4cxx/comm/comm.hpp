// SPDX-License-Identifier: MIT
// The communicator classes, composed of the families of calls.
#pragma once

#include <mpi4cxx/comm/creation.hpp>
#include <mpi4cxx/comm/topology_arguments.hpp>
#include <mpi4cxx/handle/attribute.hpp>
#include <mpi4cxx/handle/errhandler.hpp>

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
template <class T>
struct intercomm_arguments;
}  // namespace detail

/// A communicator: a group of processes and a context of its own. Copies refer to the same
/// communicator; the last one frees it, which is local. The calls are in the files of their
/// families: comm/{buffer,object}_{point_to_point,collectives}.hpp.
class Comm : public detail::creation<Comm, detail::persistent_calls<>>,
             public detail::attributes_of<Comm, detail::comm_attributes>,
             public detail::error_handlers_of<Comm, detail::comm_errors> {
 public:
  using creation::creation;
  /// COMM_NULL.
  Comm() = default;
  Comm(detail::null_communicator) {}

  /// Takes a raw handle. With MPI::ownership::owned it is freed with the last
  /// copy. Local; the first object collective on it makes a communicator for inner traffic, which
  /// is collective.
  static Comm adopt(MPI_Comm raw, detail::ownership whose) {
    if (raw == MPI_COMM_WORLD) return Comm(&detail::world_record);
    if (raw == MPI_COMM_SELF) return Comm(&detail::self_record);
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
  Group Get_group(place where = place::here()) const {
    const detail::user_call inside(open(), "Get_group", where);
    MPI_Group made = MPI_GROUP_NULL;
    detail::check(MPI_Comm_group(open().raw, &made), "MPI_Comm_group");
    return Group::adopt(made);
  }
  Group group() const { return Get_group(); }

  /// CART, GRAPH, DIST_GRAPH, or UNDEFINED without a topology. Local. Source: MPI_Topo_test.
  int Get_topology() const {
    int kind = MPI_UNDEFINED;
    detail::check(MPI_Topo_test(open().raw, &kind), "MPI_Topo_test");
    return kind;
  }
  int topology() const { return Get_topology(); }
  /// False of COMM_NULL, too.
  bool is_topo() const { return *this && Get_topology() != MPI_UNDEFINED; }

  /// IDENT, CONGRUENT, SIMILAR or UNEQUAL. Source: MPI_Comm_compare.
  int Compare(const Comm& other) const {
    detail::running();
    int result = 0;
    detail::check(MPI_Comm_compare(open().raw, other.native(), &result), "MPI_Comm_compare");
    return result;
  }

  /// As Set_name or MPI named it; empty without a name. Local. Source: MPI_Comm_get_name.
  std::string Get_name() const {
    detail::running();
    if (!*this) return "MPI_COMM_NULL";
    char buffer[MPI_MAX_OBJECT_NAME];
    int length = 0;
    detail::check(MPI_Comm_get_name(native(), buffer, &length), "MPI_Comm_get_name");
    return {buffer, static_cast<std::size_t>(length)};
  }
  std::string name() const { return Get_name(); }
  /// Names it on this rank, for reports and debuggers. Local. Source: MPI_Comm_set_name.
  void Set_name(const std::string& name) const {
    detail::running();
    detail::check(MPI_Comm_set_name(open().raw, name.c_str()), "MPI_Comm_set_name");
  }

  /// The hints in use. Source: MPI_Comm_get_info.
  Info Get_info(place where = place::here()) const {
    const detail::user_call inside(open(), "Get_info", where);
    MPI_Info made = MPI_INFO_NULL;
    detail::check(MPI_Comm_get_info(open().raw, &made), "MPI_Comm_get_info");
    return Info::adopt(made);
  }
  Info info() const { return Get_info(); }
  /// Gives hints, the same on all ranks. MPI takes up what it knows. Collective. Source:
  /// MPI_Comm_set_info.
  void Set_info(const Info& info) const {
    const detail::driven_section driven(detail::running());
    detail::check(MPI_Comm_set_info(open().raw, info.native()), "MPI_Comm_set_info");
  }

  /// Gives MPI memory for Bsend and Ibsend on this communicator alone, which must last until
  /// Detach_buffer. Throws Exception (ERR_UNSUPPORTED_OPERATION) before MPI 4.1; MPI::Attach_buffer
  /// is for all communicators. Source: MPI_Comm_attach_buffer_c.
  void Attach_buffer([[maybe_unused]] Buffer buf) const {
#if MPI_VERSION > 4 || (MPI_VERSION == 4 && MPI_SUBVERSION >= 1)
    detail::running();
    const auto& view = buf.view();
    if (view.limit < 0) detail::raise(MPI_ERR_BUFFER, "the buffer to attach is a range of memory");
    detail::check(MPI_Comm_attach_buffer_c(open().raw, const_cast<void*>(view.data), view.limit),
                  "MPI_Comm_attach_buffer_c");
#else
    no_buffer_of_its_own();
#endif
  }
  /// Waits until all its messages are sent, and gives the memory back. Throws as Attach_buffer.
  /// Source: MPI_Comm_detach_buffer_c.
  std::span<std::byte> Detach_buffer() const {
#if MPI_VERSION > 4 || (MPI_VERSION == 4 && MPI_SUBVERSION >= 1)
    const detail::driven_section driven(detail::running());
    void* memory = nullptr;
    MPI_Count size = 0;
    detail::check(MPI_Comm_detach_buffer_c(open().raw, static_cast<void*>(&memory), &size),
                  "MPI_Comm_detach_buffer_c");
    return {static_cast<std::byte*>(memory), static_cast<std::size_t>(size)};
#else
    no_buffer_of_its_own();
#endif
  }

  /// The communicator to the processes that have spawned this one and its like; COMM_NULL where
  /// there are none, or after its Disconnect. Local. Source: MPI_Comm_get_parent.
  static Intercomm Get_parent();
  /// A communicator to the process at the other end of a socket. Collective over the two. Source:
  /// MPI_Comm_join.
  static Intercomm Join(detail::integer fd, place where = place::here());

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
  void Free(place where = place::here()) {
    const detail::user_call inside(open(), "Free", where);
    end(MPI_Comm_free, "MPI_Comm_free");
  }
  /// As Free, when all communication on it has ended, which it waits for. Afterwards its processes
  /// may be connected no longer. Collective. Source: MPI_Comm_disconnect.
  void Disconnect(place where = place::here()) {
    const detail::user_call inside(open(), "Disconnect", where);
    end(MPI_Comm_disconnect, "MPI_Comm_disconnect");
  }

  // For the library.
  static Comm of_callback(MPI_Comm raw) {
    return adopt(raw, detail::ownership::borrowed);
  }

 private:
  void end(int (*function)(MPI_Comm*), const char* name) {
    auto& state = detail::running();
    detail::comm_record& comm = open();
    if (comm.predefined) detail::raise(MPI_ERR_COMM, "a predefined communicator cannot be freed");
    const detail::driven_section driven(state);
    // ours last: a delete_fn may refuse
    detail::check(function(&comm.raw), name);
    comm.open = {};
    if (comm.shadow != MPI_COMM_NULL) detail::check(function(&comm.shadow), name);
    if (comm.checks != MPI_COMM_NULL) {
      detail::take_announcements(comm.checks);
      detail::check(function(&comm.checks), name);
    }
    detail::finish_callbacks();
  }
  [[noreturn]] [[gnu::cold]] static void no_buffer_of_its_own() {
    detail::raise(MPI_ERR_UNSUPPORTED_OPERATION,
                  "a buffer of one communicator needs MPI 4.1; MPI::Attach_buffer is for all");
  }
};

namespace detail {
struct spawn_arguments {
  std::vector<std::string> args = {};
  integer maxprocs = 1;
  Info info = INFO_NULL;
  integer root = 0;
  std::vector<int>* errcodes = nullptr;
};
struct spawn_multiple_arguments {
  std::vector<std::vector<std::string>> args = {};
  integer_list maxprocs = {};
  std::vector<Info> info = {};
  integer root = 0;
  std::vector<int>* errcodes = nullptr;
};
struct tag_arguments {
  integer tag = 0;
};
struct meeting_arguments {
  Info info = INFO_NULL;
  integer root = 0;
};
struct create_from_group_arguments {
  std::string stringtag = "org.mpi4cxx";
  Info info = INFO_NULL;
  Errhandler errhandler = ERRORS_RETURN;
};
}  // namespace detail

/// A communicator of one group. Collective calls that make others cost that MPI call and a
/// duplicate for the inner traffic of object collectives.
class Intracomm : public detail::creation<Intracomm, Comm> {
 public:
  using creation::creation;
  /// COMM_NULL.
  Intracomm() = default;
  /// Throws Exception (ERR_COMM) where it is an intercommunicator.
  explicit Intracomm(const Comm& comm) : creation(comm) {
    if (comm && comm.Is_inter())
      detail::raise(MPI_ERR_COMM, "an Intracomm cannot be made of an intercommunicator");
  }

  /// A communicator of the group, a subset of this one's. Collective over that group alone, whose
  /// members meet under `tag`; elsewhere COMM_NULL. Source: MPI_Comm_create_group.
  Intracomm Create_group(const Group& group, detail::integer tag = 0,
                         place where = place::here()) const {
    const detail::user_call inside(open(), "Create_group", where);
    return make(
        "MPI_Comm_create_group",
        [&](MPI_Comm* made) {
          return MPI_Comm_create_group(open().raw, group.native(), tag, made);
        },
        false);
  }
  Intracomm Create_group(const Group& group, detail::tag_arguments pack,
                         place where = place::here()) const {
    return Create_group(group, pack.tag, where);
  }
  /// A communicator of a group without one that it belongs to. Groups that make communicators at
  /// the same time tell them apart by `stringtag`. Collective over the group. Throws Exception
  /// (ERR_UNSUPPORTED_OPERATION) before MPI 4. Source: MPI_Comm_create_from_group.
  static Intracomm Create_from_group(
      [[maybe_unused]] const Group& group,
      [[maybe_unused]] const detail::create_from_group_arguments& pack = {}) {
#if MPI_VERSION >= 4
    auto& state = detail::running();
    MPI_Comm made = MPI_COMM_NULL;
    {
      const detail::driven_section driven(state);
      detail::check(MPI_Comm_create_from_group(group.native(), pack.stringtag.c_str(),
                                               pack.info.native(), pack.errhandler.native(), &made),
                    "MPI_Comm_create_from_group");
    }
    Intracomm comm(detail::make_record(state, made, detail::ownership::owned, nullptr));
    if (comm && pack.errhandler) comm.Set_errhandler(pack.errhandler);
    return comm;
#else
    detail::needs_mpi_4("communicators from groups alone");
#endif
  }
  static Intracomm Create_from_group(const Group& group, const std::string& stringtag,
                                     const Info& info = INFO_NULL,
                                     const Errhandler& errhandler = ERRORS_RETURN) {
    return Create_from_group(group,
                             detail::create_from_group_arguments{stringtag, info, errhandler});
  }

  // ---- topologies (comm/topology.hpp)
  // Collective; COMM_NULL on the ranks that are left over. With reorder MPI may give the ranks
  // other numbers.

  /// A grid with these extents, row-major; a dimension that is periodic wraps around. Throws
  /// Exception (ERR_DIMS) where it needs more ranks than there are. Source: MPI_Cart_create.
  ///
  ///     auto grid = comm.Create_cart({2, 3}, {.periods = {true, false}});
  Cartcomm Create_cart(detail::integer_list dims, detail::cart_arguments pack = {},
                       place where = place::here()) const;
  template <class Flags>
  requires std::constructible_from<detail::flag_list, const Flags&> Cartcomm
  Create_cart(detail::integer_list dims, const Flags& periods, bool reorder = false,
              place where = place::here())
  const;
  template <std::integral Flag>
  Cartcomm Create_cart(detail::integer_list dims, std::initializer_list<Flag> periods,
                       bool reorder = false, place where = place::here()) const;
  /// A graph, the same on all ranks: index[i] is the number of neighbours of the nodes 0 to i,
  /// edges their neighbours, node by node. An index with one number more than there are ranks,
  /// which begins with 0, will do too. Source: MPI_Graph_create.
  Graphcomm Create_graph(detail::integer_list index, detail::integer_list edges,
                         detail::graph_arguments pack = {}, place where = place::here()) const;
  Graphcomm Create_graph(detail::integer_list index, detail::integer_list edges, bool reorder,
                         place where = place::here()) const;
  /// A graph of which each rank gives the neighbours that it receives from and those that it sends
  /// to. Weights are given on all ranks or on none; a rank without neighbours gives WEIGHTS_EMPTY.
  /// Source: MPI_Dist_graph_create_adjacent.
  ///
  ///     auto ring = comm.Create_dist_graph_adjacent({left}, {right});
  Distgraphcomm Create_dist_graph_adjacent(detail::neighbor_list sources,
                                           detail::neighbor_list destinations,
                                           detail::dist_graph_adjacent_arguments pack = {},
                                           place where = place::here()) const;
  Distgraphcomm Create_dist_graph_adjacent(detail::neighbor_list sources,
                                           detail::neighbor_list destinations,
                                           const detail::weight_list& sourceweights,
                                           const detail::weight_list& destweights,
                                           const Info& info = {}, bool reorder = false,
                                           place where = place::here()) const;
  /// A graph of which each rank gives any edges: for each of these sources how many edges leave it,
  /// and where they lead, one source behind the other. Source: MPI_Dist_graph_create.
  Distgraphcomm Create_dist_graph(detail::neighbor_list sources, detail::integer_list degrees,
                                  detail::neighbor_list destinations,
                                  detail::dist_graph_arguments pack = {},
                                  place where = place::here()) const;
  template <class Weights>
  requires std::constructible_from<detail::weight_list, const Weights&> Distgraphcomm
  Create_dist_graph(detail::neighbor_list sources, detail::integer_list degrees,
                    detail::neighbor_list destinations, const Weights& weights,
                    const Info& info = {}, bool reorder = false, place where = place::here())
  const;
  template <std::integral Weight>
  Distgraphcomm Create_dist_graph(detail::neighbor_list sources, detail::integer_list degrees,
                                  detail::neighbor_list destinations,
                                  std::initializer_list<Weight> weights, const Info& info = {},
                                  bool reorder = false, place where = place::here()) const;
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
                             detail::integer remote_leader, detail::integer tag = 0,
                             place where = place::here()) const;
  template <class T = void>
  Intercomm Create_intercomm(detail::intercomm_arguments<T> pack,
                             place where = place::here()) const;

  // ---- processes that come later (comm/dynamic.hpp). Collective; what is given counts on the
  // root. Object calls work on these communicators as on others.

  /// Starts `maxprocs` processes of a program; they find this communicator's other side by
  /// Comm::Get_parent. `errcodes` is given on all ranks or on none, with the same maxprocs: one
  /// code for each process. Throws Exception (ERR_SPAWN) where they cannot be started.
  /// Source: MPI_Comm_spawn.
  ///
  ///     auto workers = MPI::COMM_SELF.Spawn("./worker", {.args = {"--quiet"}, .maxprocs = 4});
  Intercomm Spawn(const std::string& command, const detail::spawn_arguments& pack = {},
                  place where = place::here()) const;
  template <class Arguments>
  requires std::constructible_from < std::vector<std::string>,
  const Arguments& > Intercomm Spawn(const std::string& command, const Arguments& args,
                                     detail::integer maxprocs = 1, const Info& info = INFO_NULL,
                                     detail::integer root = 0, std::vector<int>* errcodes = nullptr,
                                     place where = place::here()) const;
  /// The same of several programs, in one world of their own. Source: MPI_Comm_spawn_multiple.
  Intercomm Spawn_multiple(const std::vector<std::string>& commands,
                           const detail::spawn_multiple_arguments& pack = {},
                           place where = place::here()) const;
  Intercomm Spawn_multiple(const std::vector<std::string>& commands,
                           const std::vector<std::vector<std::string>>& args,
                           const detail::integer_list& maxprocs, const std::vector<Info>& info = {},
                           detail::integer root = 0, std::vector<int>* errcodes = nullptr,
                           place where = place::here()) const;
  /// Waits behind a port (Open_port) for another job's Connect. Source: MPI_Comm_accept.
  Intercomm Accept(const std::string& port_name, const detail::meeting_arguments& pack = {},
                   place where = place::here()) const;
  Intercomm Accept(const std::string& port_name, const Info& info, detail::integer root = 0,
                   place where = place::here()) const;
  /// The other end of Accept: an intercommunicator to the job behind the port. Collective. Throws
  /// Exception (ERR_PORT) where nobody is there. Source: MPI_Comm_connect.
  Intercomm Connect(const std::string& port_name, const detail::meeting_arguments& pack = {},
                    place where = place::here()) const;
  Intercomm Connect(const std::string& port_name, const Info& info, detail::integer root = 0,
                    place where = place::here()) const;
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
