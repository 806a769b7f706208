// SPDX-License-Identifier: MIT
// MPI::Group: an ordered set of processes.
#pragma once

#include <mpi4cxx/buffer/vector_buffer.hpp>
#include <mpi4cxx/handle/handle.hpp>
#include <mpi4cxx/runtime/integer.hpp>

#include <array>
#include <initializer_list>
#include <string>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {
namespace detail {

/// Ranges of ranks, as (first, last, stride): what Range_incl and Range_excl take.
class rank_ranges {
 public:
  rank_ranges(std::initializer_list<std::array<int, 3>> ranges) : ranges_(ranges) {}
  template <std::ranges::input_range Range>
  requires(std::tuple_size_v<std::ranges::range_value_t<Range>> == 3)
      rank_ranges(const Range& ranges) {
    for (const auto& [first, last, stride] : ranges)
      ranges_.push_back({integer(first), integer(last), integer(stride)});
  }
  int count() const { return integer(ranges_.size()); }
  int (*data())[3] { return reinterpret_cast<int(*)[3]>(ranges_.data()); }

 private:
  std::vector<std::array<int, 3>> ranges_;
};

}  // namespace detail

/// An ordered set of processes. Copies refer to the same group; the last one frees it. All calls
/// are local.
class Group {
  using handle = detail::shared_handle<MPI_Group, MPI_Group_free>;

 public:
  /// GROUP_NULL.
  Group() : handle_(MPI_GROUP_NULL) {}
  constexpr Group(detail::raw_handle_t, MPI_Group raw) : handle_(raw) {}
  static Group adopt(MPI_Group raw) { return Group(handle::owning(raw, "a Group")); }

  MPI_Group native() const noexcept { return handle_.get(); }
  bool operator==(const Group& other) const noexcept { return native() == other.native(); }
  explicit operator bool() const noexcept { return native() != MPI_GROUP_NULL; }

  /// How many processes it has. Local, as all calls on groups. Source: MPI_Group_size.
  int Get_size() const {
    int size = 0;
    detail::usable();
    detail::check(MPI_Group_size(native(), &size), "MPI_Group_size");
    return size;
  }
  int size() const { return Get_size(); }
  /// The rank of this process, or UNDEFINED. Source: MPI_Group_rank.
  int Get_rank() const {
    int rank = 0;
    detail::usable();
    detail::check(MPI_Group_rank(native(), &rank), "MPI_Group_rank");
    return rank;
  }
  int rank() const { return Get_rank(); }

  /// The ranks in `other` of these ranks here; UNDEFINED where there is none.
  /// Source: MPI_Group_translate_ranks.
  std::vector<int> Translate_ranks(detail::integer_list ranks, const Group& other) const {
    std::vector<int> translated(ranks.values().size());
    detail::usable();
    // Open MPI 4.1 does not look, and crashes
    const int size = Get_size();
    for (const int rank : ranks.values())
      if (rank != MPI_PROC_NULL && (rank < 0 || rank >= size))
        detail::raise(MPI_ERR_RANK,
                      detail::formatted("the group has no rank {}, it has {} ranks", {rank, size}));
    detail::check(
        MPI_Group_translate_ranks(native(), static_cast<int>(translated.size()),
                                  ranks.values().data(), other.native(), translated.data()),
        "MPI_Group_translate_ranks");
    return translated;
  }
  /// The ranks in `other` of all ranks here.
  std::vector<int> Translate_ranks(const Group& other) const {
    std::vector<int> ranks(static_cast<std::size_t>(Get_size()));
    for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] = static_cast<int>(i);
    return Translate_ranks(ranks, other);
  }
  /// Their ranks in COMM_WORLD.
  std::vector<int> Translate_ranks(detail::integer_list ranks) const {
    return Translate_ranks(std::move(ranks),
                           Group(detail::raw_handle, detail::running().world_group));
  }
  std::vector<int> Translate_ranks() const {
    return Translate_ranks(Group(detail::raw_handle, detail::running().world_group));
  }
  /// IDENT, SIMILAR or UNEQUAL. Source: MPI_Group_compare.
  int Compare(const Group& other) const {
    int result = 0;
    detail::usable();
    detail::check(MPI_Group_compare(native(), other.native(), &result), "MPI_Group_compare");
    return result;
  }

  /// The processes of either group, of both, and of `a` that are not in `b`: in the order of `a`,
  /// then of `b`. Source: MPI_Group_union, MPI_Group_intersection, MPI_Group_difference.
  static Group Union(const Group& a, const Group& b, place where = place::here()) {
    const detail::user_call inside(detail::usable(), "Group.Union", where);
    return combine(MPI_Group_union, a, b, "MPI_Group_union");
  }
  static Group Intersection(const Group& a, const Group& b, place where = place::here()) {
    const detail::user_call inside(detail::usable(), "Group.Intersection", where);
    return combine(MPI_Group_intersection, a, b, "MPI_Group_intersection");
  }
  static Group Intersect(const Group& a, const Group& b) { return Intersection(a, b); }
  static Group Difference(const Group& a, const Group& b, place where = place::here()) {
    const detail::user_call inside(detail::usable(), "Group.Difference", where);
    return combine(MPI_Group_difference, a, b, "MPI_Group_difference");
  }
  /// The group of these ranks, in this order. Source: MPI_Group_incl.
  Group Incl(detail::integer_list ranks, place where = place::here()) const {
    const detail::user_call inside(detail::usable(), "Group.Incl", where);
    return select(MPI_Group_incl, ranks, "MPI_Group_incl");
  }
  /// The group without these ranks. Source: MPI_Group_excl.
  Group Excl(detail::integer_list ranks, place where = place::here()) const {
    const detail::user_call inside(detail::usable(), "Group.Excl", where);
    return select(MPI_Group_excl, ranks, "MPI_Group_excl");
  }

  /// The group of these ranges of ranks (first, last, stride; last included), in this order. Throws
  /// Exception where a rank is in it twice. Source: MPI_Group_range_incl.
  ///
  ///     Group even = group.Range_incl({{0, size - 1, 2}});
  Group Range_incl(detail::rank_ranges ranks, place where = place::here()) const {
    const detail::user_call inside(detail::usable(), "Group.Range_incl", where);
    return select_ranges(MPI_Group_range_incl, ranks, "MPI_Group_range_incl");
  }
  /// The group without these ranges of ranks. Source: MPI_Group_range_excl.
  Group Range_excl(detail::rank_ranges ranks, place where = place::here()) const {
    const detail::user_call inside(detail::usable(), "Group.Range_excl", where);
    return select_ranges(MPI_Group_range_excl, ranks, "MPI_Group_range_excl");
  }
  /// A handle of its own for the same group. Source: MPI_Group_union with GROUP_EMPTY.
  Group Dup(place where = place::here()) const;
  /// The group of a process set of a session. Throws Exception (ERR_UNSUPPORTED_OPERATION) before
  /// MPI 4. Source: MPI_Group_from_session_pset.
  template <class Session>
  static Group Create_from_session_pset([[maybe_unused]] const Session& session,
                                        [[maybe_unused]] const std::string& pset_name,
                                        place where = place::here()) {
    const detail::user_call inside(detail::usable(), "Group.Create_from_session_pset", where);
#if MPI_VERSION >= 4
    MPI_Group made = MPI_GROUP_NULL;
    detail::check(MPI_Group_from_session_pset(session.native(), pset_name.c_str(), &made),
                  "MPI_Group_from_session_pset");
    return adopt(made);
#else
    detail::needs_mpi_4("process sets of sessions");
#endif
  }

  /// Frees it now, for all copies. A handle that is GROUP_EMPTY becomes GROUP_NULL. Source:
  /// MPI_Group_free.
  void Free() {
    // Open MPI would free the predefined group itself
    if (!handle_.is_owned() && native() == MPI_GROUP_EMPTY)
      handle_ = handle(static_cast<MPI_Group>(MPI_GROUP_NULL));
    else
      handle_.free("MPI_Group_free");
  }

 private:
  explicit Group(handle owned) : handle_(std::move(owned)) {}
  static Group combine(int (*function)(MPI_Group, MPI_Group, MPI_Group*), const Group& a,
                       const Group& b, const char* name) {
    MPI_Group made = MPI_GROUP_NULL;
    detail::usable();
    detail::check(function(a.native(), b.native(), &made), name);
    return adopt(made);
  }
  Group select(int (*function)(MPI_Group, int, const int*, MPI_Group*),
               const detail::integer_list& ranks, const char* name) const {
    MPI_Group made = MPI_GROUP_NULL;
    detail::usable();
    detail::check(
        function(native(), static_cast<int>(ranks.values().size()), ranks.values().data(), &made),
        name);
    return adopt(made);
  }
  Group select_ranges(int (*function)(MPI_Group, int, int (*)[3], MPI_Group*),
                      detail::rank_ranges& ranks, const char* name) const {
    MPI_Group made = MPI_GROUP_NULL;
    detail::usable();
    detail::check(function(native(), ranks.count(), ranks.data(), &made), name);
    return adopt(made);
  }
  handle handle_;
};

MPI4CXX_PREDEFINED Group GROUP_NULL{detail::raw_handle, static_cast<MPI_Group>(MPI_GROUP_NULL)};
MPI4CXX_PREDEFINED Group GROUP_EMPTY{detail::raw_handle, static_cast<MPI_Group>(MPI_GROUP_EMPTY)};

inline Group Group::Dup(place where) const {
  return Union(*this, GROUP_EMPTY, where);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
