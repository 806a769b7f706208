// SPDX-License-Identifier: MIT
// Communicators between two groups.
#pragma once

#include <mpi4cxx/comm/comm.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

namespace detail {

template <class T>
integer missing_leader() {
  static_assert(never<T>, "mpi4cxx: the keywords .local_leader and .remote_leader are required");
  return 0;
}
template <class T = void>
struct intercomm_arguments {
  integer local_leader = missing_leader<T>();
  Comm peer_comm = {};
  integer remote_leader = missing_leader<T>();
  integer tag = 0;
};
struct intercomm_groups_arguments {
  std::string stringtag = "org.mpi4cxx";
  Info info = {};
};
struct merge_arguments {
  bool high = false;
};

}  // namespace detail

/// A communicator between two groups: ranks of peers are those of the other group. Its collective
/// calls go from one group to the other. Where a call has a root, the ranks of the other group give
/// its rank; in the root's own group it gives MPI::ROOT, and the others give MPI::PROC_NULL.
///
///     if (is_server) inter.bcast(text, rank == 0 ? MPI::ROOT : MPI::PROC_NULL);
///     else           text = inter.bcast<std::string>(MPI::None, 0);
///
/// Object calls give on the side of the root: from bcast what was given, from scatter T{}.
class Intercomm : public detail::creation<Intercomm, Comm> {
 public:
  using creation::creation;
  /// COMM_NULL.
  Intercomm() = default;
  /// Throws Exception (ERR_COMM) where it is a communicator of one group.
  explicit Intercomm(const Comm& comm) : creation(comm) {
    if (comm && !comm.Is_inter())
      detail::raise(MPI_ERR_COMM, "an Intercomm cannot be made of a communicator of one group");
  }

  /// Of two groups without a communicator in common: `local_leader` and `remote_leader` are ranks
  /// in them, and both give the same string. Collective over both. With MPI 4. Source:
  /// MPI_Intercomm_create_from_groups.
  static Intercomm Create_from_groups(
      [[maybe_unused]] const Group& local_group, [[maybe_unused]] detail::integer local_leader,
      [[maybe_unused]] const Group& remote_group, [[maybe_unused]] detail::integer remote_leader,
      [[maybe_unused]] const detail::intercomm_groups_arguments& pack = {},
      place where = place::here()) {
    const detail::user_call inside(detail::running(), "Create_from_groups", where);
#if MPI_VERSION >= 4
    auto& state = detail::running();
    MPI_Comm made = MPI_COMM_NULL;
    {
      const detail::driven_section driven(state);
      detail::check(MPI_Intercomm_create_from_groups(
                        local_group.native(), local_leader, remote_group.native(), remote_leader,
                        pack.stringtag.c_str(), pack.info.native(), MPI_ERRORS_RETURN, &made),
                    "MPI_Intercomm_create_from_groups");
    }
    return Intercomm(detail::make_record(state, made, detail::ownership::owned, nullptr));
#else
    detail::needs_mpi_4("intercommunicators made of groups");
#endif
  }
  template <std::convertible_to<std::string> Tag>
  static Intercomm Create_from_groups(const Group& local_group, detail::integer local_leader,
                                      const Group& remote_group, detail::integer remote_leader,
                                      const Tag& stringtag, const Info& info = {},
                                      place where = place::here()) {
    return Create_from_groups(local_group, local_leader, remote_group, remote_leader,
                              detail::intercomm_groups_arguments{stringtag, info}, where);
  }

  /// The processes of the other group. Local. Source: MPI_Comm_remote_group.
  Group Get_remote_group(place where = place::here()) const {
    const detail::user_call inside(open(), "Get_remote_group", where);
    MPI_Group made = MPI_GROUP_NULL;
    detail::check(MPI_Comm_remote_group(open().raw, &made), "MPI_Comm_remote_group");
    return Group::adopt(made);
  }
  Group remote_group() const {
    return Get_remote_group();
  }
  /// How many they are. Local, no MPI call.
  int Get_remote_size() const {
    return open().remote_size;
  }
  int remote_size() const {
    return Get_remote_size();
  }

  /// Both groups as one: the one that gives `high` comes behind the other; in any order where both
  /// give the same. Collective over both. Source: MPI_Intercomm_merge.
  Intracomm Merge(detail::merge_arguments pack = {}, place where = place::here()) const {
    const detail::collective_call inside(open(), "Merge", where);
    return Intracomm(this->make("MPI_Intercomm_merge", [&](MPI_Comm* made) {
      return MPI_Intercomm_merge(open().raw, pack.high, made);
    }));
  }
  Intracomm Merge(bool high, place where = place::here()) const {
    return Merge(detail::merge_arguments{high}, where);
  }

  // ---- object calls that differ from those of one group

  using Comm::gather;
  /// On the side of the root, which has nothing to give: the objects of the other group, in rank
  /// order, on the root; nullopt elsewhere.
  ///
  ///     auto names = inter.gather<std::string>(MPI::None, MPI::ROOT);
  template <class T>
  std::optional<std::vector<T>> gather(None_t, detail::root_arguments pack = {},
                                       place where = place::here()) const {
    return Comm::gather(T{}, pack, where);
  }
  template <class T>
  std::optional<std::vector<T>> gather(None_t, detail::integer root,
                                       place where = place::here()) const {
    return Comm::gather(T{}, detail::root_arguments{root}, where);
  }
  using Comm::reduce;
  /// Likewise: the objects of the other group combined.
  template <class T>
  std::optional<T> reduce(None_t, detail::object_reduce_arguments<T> pack = {},
                          place where = place::here()) const {
    return Comm::reduce(T{}, pack, where);
  }
  template <class T>
  std::optional<T> reduce(None_t, std::type_identity_t<detail::value_operation<T>> op,
                          detail::integer root = 0, place where = place::here()) const {
    return Comm::reduce(T{}, op, root, where);
  }

  /// The objects of the other group combined, on every rank of this one, and the other way round.
  /// Costs: an allgather; each rank combines them itself, strictly from the left in rank order.
  template <class T>
  detail::object_of_t<const T&> allreduce(
      const T& sendobj, detail::object_op_arguments<detail::object_of_t<const T&>> pack = {},
      place where = place::here()) const {
    const detail::collective_call inside(
        open(), "allreduce", where, true,
        [&](detail::outline& mine) { mine.combines(pack.op.what()); });
    return combined(allgather(sendobj, where), pack.op);
  }
  template <class T>
  detail::object_of_t<const T&> allreduce(
      const T& sendobj,
      std::type_identity_t<detail::value_operation<detail::object_of_t<const T&>>> op,
      place where = place::here()) const {
    return allreduce(sendobj, detail::object_op_arguments<detail::object_of_t<const T&>>{op},
                     where);
  }

 private:
  template <class T>
  static T combined(std::vector<T> objects, const detail::value_operation<T>& op) {
    T result = std::move(objects.at(0));
    for (std::size_t i = 1; i < objects.size(); ++i) result = op(result, objects[i]);
    return result;
  }
};

inline Intercomm Intracomm::Create_intercomm(detail::integer local_leader, const Comm& peer_comm,
                                             detail::integer remote_leader, detail::integer tag,
                                             place where) const {
  const detail::collective_call inside(open(), "Create_intercomm", where);
  const detail::comm_record& comm = open();
  if (local_leader < 0 || local_leader >= comm.size)
    detail::raise(MPI_ERR_RANK,
                  detail::formatted("local leader {} is no rank of this communicator: its ranks "
                                    "are 0 to {}",
                                    {int{local_leader}, comm.size - 1}));
  if (comm.rank == local_leader) {
    if (!peer_comm)
      detail::raise(MPI_ERR_COMM, "the leader needs a peer_comm to meet the other group's in");
    if (remote_leader < 0 || remote_leader >= peer_comm.Get_size())
      detail::raise(MPI_ERR_RANK,
                    detail::formatted("remote leader {} is no rank of the peer communicator: its "
                                      "ranks are 0 to {}",
                                      {int{remote_leader}, peer_comm.Get_size() - 1}));
  }
  return Intercomm(make("MPI_Intercomm_create", [&](MPI_Comm* made) {
    return MPI_Intercomm_create(comm.raw, local_leader, peer_comm.native(), remote_leader, tag,
                                made);
  }));
}
template <class T>
Intercomm Intracomm::Create_intercomm(detail::intercomm_arguments<T> pack, place where) const {
  return Create_intercomm(pack.local_leader, pack.peer_comm, pack.remote_leader, pack.tag, where);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
