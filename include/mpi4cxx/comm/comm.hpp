// SPDX-License-Identifier: MIT
// The communicator classes, composed of the families of calls.
#pragma once

#include <mpi4cxx/comm/nonblocking_object_collectives.hpp>
#include <mpi4cxx/handle/group.hpp>

#include <string>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

class Intracomm;

/// Who frees a raw handle that is adopted: nobody here (borrowed), or the last copy (owned).
using detail::ownership;

namespace detail {
struct split_arguments {
  integer color = 0;
  integer key = 0;
};
}  // namespace detail

/// A communicator: a group of processes and a context of its own. Copies refer to the same
/// communicator; the last one frees it, which is local. The calls are in the files of their
/// families: comm/{buffer,object}_{point_to_point,collectives}.hpp.
class Comm : public detail::nonblocking_object_collectives<> {
 public:
  using nonblocking_object_collectives<>::nonblocking_object_collectives;
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

 private:
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
