// SPDX-License-Identifier: MIT
// MPI::Win: memory that other ranks read and write. How it is made, and what is known of it.
#pragma once

#include <mpi4cxx/handle/attribute.hpp>
#include <mpi4cxx/handle/errhandler.hpp>
#include <mpi4cxx/handle/info.hpp>
#include <mpi4cxx/rma/synchronization.hpp>

#include <span>
#include <string>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

namespace detail {

struct window_arguments {
  integer disp_unit = 1;
  Info info = INFO_NULL;
  Intracomm comm = COMM_SELF;
};
struct dynamic_window_arguments {
  Info info = INFO_NULL;
  Intracomm comm = COMM_SELF;
};

// MPICH before 4.1 takes for the base of a window the next multiple of 16 below its memory where
// UCX is 1.13 or later, and reads and writes there.
#if defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 40100000
inline constexpr std::uintptr_t window_alignment = 16;
/// Where some rank's memory is not aligned, the window begins before it, and the ranks keep where.
/// Collective.
inline std::vector<window_part> align(window_attributes& part, const Intracomm& comm) {
  if (!comm) return {};
  const int mine[2] = {
      part.size > 0
          ? static_cast<int>(reinterpret_cast<std::uintptr_t>(part.base) % window_alignment)
          : 0,
      part.disp_unit};
  std::vector<int> theirs(2 * static_cast<std::size_t>(comm.Get_size()));
  comm.Allgather(mine, theirs);
  std::vector<window_part> all;
  bool is_aligned = true;
  for (std::size_t i = 0; i < theirs.size(); i += 2) {
    all.push_back({theirs[i], theirs[i + 1]});
    is_aligned = is_aligned && theirs[i] == 0;
  }
  if (is_aligned) return {};
  part.base = static_cast<std::byte*>(part.base) - mine[0];
  part.size += mine[0];
  part.disp_unit = 1;
  return all;
}
/// Bytes to allocate, so that the next rank's memory begins well.
inline MPI_Aint aligned(MPI_Aint size) {
  return size > 0 && size < PTRDIFF_MAX - 64 ? (size + 63) / 64 * 64 : size;
}
#else
inline std::vector<window_part> align(window_attributes&, const Intracomm&) {
  return {};
}
inline MPI_Aint aligned(MPI_Aint size) {
  return size;
}
#endif

/// Memory of a window as Ts.
template <class T>
std::span<T> elements_of(std::span<std::byte> memory) {
  static_assert(std::is_trivially_destructible_v<T> && !std::is_reference_v<T>,
                "mpi4cxx: the memory of a window holds numbers, aggregates of these, and atomics: "
                "nothing is constructed there, and nothing destroyed");
  if (memory.empty()) return {};  // whose address may be anything
  if (memory.size() % sizeof(T) != 0 ||
      reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(T) != 0)
    raise(MPI_ERR_SIZE, formatted("{} bytes of window memory are no whole number of elements of {} "
                                  "bytes, or are not aligned for them",
                                  {memory.size(), sizeof(T)}));
  return {reinterpret_cast<T*>(memory.data()), memory.size() / sizeof(T)};
}

}  // namespace detail

/// A window: memory of each rank of a communicator that the other ranks read and write, without
/// calls of that rank. Copies refer to the same window; the last one frees it, which is
/// **collective**: the last copies must end at corresponding places of all ranks, or Free() be
/// called there. (While an exception unwinds the stack it is left out, as it is after finalize.)
/// The memory of Create and Attach is the caller's and must last as long. The transfers are in
/// rma/access.hpp, the synchronizations and their scopes in rma/synchronization.hpp.
///
/// Displacements are in units of `disp_unit` bytes of the target, 1 as in mpi4py.
class Win : public detail::window_synchronization,
            public detail::attributes_of<Win, detail::win_attributes>,
            public detail::error_handlers_of<Win, detail::win_errors> {
 public:
  /// WIN_NULL.
  constexpr Win() = default;
  /// Takes a raw handle. With MPI::ownership::owned it is freed with the last copy.
  static Win adopt(MPI_Win raw, detail::ownership whose) {
    auto& state = detail::running();
    return raw == MPI_WIN_NULL ? Win() : Win(new detail::window_record(state, raw, whose));
  }

  /// A window on memory of the caller: any contiguous range, or MPI::None. Collective over comm.
  /// Source: MPI_Win_create.
  ///
  ///     std::vector<double> values(100);
  ///     auto win = MPI::Win::Create(values, {.disp_unit = sizeof(double), .comm = comm});
  static Win Create(Buffer memory, detail::window_arguments pack = {},
                    place where = place::here()) {
    const detail::collective_call inside(detail::running(), pack.comm, "Win.Create", where);
    const auto [address, bytes] = extent(memory);
    detail::window_attributes part{address, bytes, pack.disp_unit};
    const detail::window_attributes given = part;
    std::vector<detail::window_part> parts = detail::align(part, pack.comm);
    Win win = make("MPI_Win_create", pack.comm, [&](MPI_Win* made) {
      return MPI_Win_create(part.base, part.size, part.disp_unit, pack.info.native(),
                            pack.comm.native(), made);
    });
    win.record_->parts = std::move(parts);
    return std::move(win).with(given);
  }
  static Win Create(Buffer memory, detail::integer disp_unit, const Info& info = INFO_NULL,
                    const Intracomm& comm = COMM_SELF, place where = place::here()) {
    return Create(memory, {disp_unit, info, comm}, where);
  }
  /// A window on `size` bytes of new memory, which may differ from rank to rank: see memory().
  /// Collective. Source: MPI_Win_allocate.
  static Win Allocate(detail::displacement size, detail::window_arguments pack = {},
                      place where = place::here()) {
    const detail::collective_call inside(detail::running(), pack.comm, "Win.Allocate", where);
    return allocate("MPI_Win_allocate", MPI_Win_allocate, size, detail::aligned(size), pack);
  }
  static Win Allocate(detail::displacement size, detail::integer disp_unit,
                      const Info& info = INFO_NULL, const Intracomm& comm = COMM_SELF,
                      place where = place::here()) {
    return Allocate(size, {disp_unit, info, comm}, where);
  }
  /// The same in memory that all ranks of comm can also address: see Shared_query. They must be of
  /// one node. Collective. Source: MPI_Win_allocate_shared.
  static Win Allocate_shared(detail::displacement size, detail::window_arguments pack = {},
                             place where = place::here()) {
    const detail::collective_call inside(detail::running(), pack.comm, "Win.Allocate_shared",
                                         where);
    return allocate("MPI_Win_allocate_shared", MPI_Win_allocate_shared, size, size, pack);
  }
  static Win Allocate_shared(detail::displacement size, detail::integer disp_unit,
                             const Info& info = INFO_NULL, const Intracomm& comm = COMM_SELF,
                             place where = place::here()) {
    return Allocate_shared(size, {disp_unit, info, comm}, where);
  }
  /// A window without memory, for Attach. Collective. Source: MPI_Win_create_dynamic.
  static Win Create_dynamic(detail::dynamic_window_arguments pack = {},
                            place where = place::here()) {
    const detail::collective_call inside(detail::running(), pack.comm, "Win.Create_dynamic", where);
    return make("MPI_Win_create_dynamic", pack.comm, [&](MPI_Win* made) {
      return MPI_Win_create_dynamic(pack.info.native(), pack.comm.native(), made);
    });
  }
  static Win Create_dynamic(const Info& info, const Intracomm& comm = COMM_SELF,
                            place where = place::here()) {
    return Create_dynamic(detail::dynamic_window_arguments{info, comm}, where);
  }

  /// Opens memory of this rank to the others, who name it by its address (MPI::Get_address).
  /// It must last until Detach. Local. Source: MPI_Win_attach.
  void Attach(Buffer memory) const {
    const MPI_Win win = open();
    const auto [base, size] = extent(memory);
    if (size > 0) detail::check(MPI_Win_attach(win, base, size), "MPI_Win_attach");
  }
  /// Takes attached memory out again. Local; no rank may reach for it any more. Source:
  /// MPI_Win_detach.
  void Detach(Buffer memory) const {
    const MPI_Win win = open();
    const auto [base, size] = extent(memory);
    if (size > 0) detail::check(MPI_Win_detach(win, base), "MPI_Win_detach");
  }

  /// A rank's part of shared memory, as it is addressed here, and its displacement unit. Of
  /// PROC_NULL: that of the lowest rank that has any. Source: MPI_Win_shared_query.
  std::pair<std::span<std::byte>, int> Shared_query(detail::integer rank) const {
    MPI_Aint size = 0;
    int disp_unit = 0;
    void* base = nullptr;
    detail::check(MPI_Win_shared_query(open(), rank, &size, &disp_unit, &base),
                  "MPI_Win_shared_query");
    return {{static_cast<std::byte*>(base), static_cast<std::size_t>(size)}, disp_unit};
  }
  /// The same as elements of any type. Throws Exception (ERR_SIZE) where it is no whole number of
  /// them.
  ///
  ///     std::span<double> theirs = win.Shared_query<double>(0);
  template <class T>
  std::span<T> Shared_query(detail::integer rank) const {
    return detail::elements_of<T>(Shared_query(rank).first);
  }
  /// This rank's memory in the window; empty for Create_dynamic.
  template <class T = std::byte>
  std::span<T> memory() const {
    const auto [base, size, disp_unit] = attrs();
    return detail::elements_of<T>({static_cast<std::byte*>(base), static_cast<std::size_t>(size)});
  }
  template <class T = std::byte>
  std::span<T> tomemory() const {
    return memory<T>();
  }

  /// Frees it now; all copies become WIN_NULL. Collective. Source: MPI_Win_free.
  void Free(place where = place::here()) {
    const detail::user_call inside(detail::running(), "Win.Free", where);
    open();
    record_->free(detail::running());
  }

  /// Its processes. Source: MPI_Win_get_group.
  Group Get_group(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Get_group", where);
    MPI_Group made = MPI_GROUP_NULL;
    detail::check(MPI_Win_get_group(open(), &made), "MPI_Win_get_group");
    return Group::adopt(made);
  }
  Group group() const { return Get_group(); }
  int group_size() const { return Get_group().Get_size(); }
  int group_rank() const { return Get_group().Get_rank(); }

  /// Collective. Source: MPI_Win_set_info.
  void Set_info(const Info& info, place where = place::here()) const {
    const detail::collective_call inside(detail::running(), origin(), "Win.Set_info", where);
    collective("MPI_Win_set_info", MPI_Win_set_info, open(), info.native());
  }
  /// The hints in use. Local. Source: MPI_Win_get_info.
  Info Get_info(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Win.Get_info", where);
    MPI_Info made = MPI_INFO_NULL;
    detail::check(MPI_Win_get_info(open(), &made), "MPI_Win_get_info");
    return Info::adopt(made);
  }
  Info info() const { return Get_info(); }

  /// As Set_name or MPI named it; empty without a name. Local. Source: MPI_Win_get_name.
  std::string Get_name() const {
    if (!*this) return "MPI_WIN_NULL";
    char buffer[MPI_MAX_OBJECT_NAME];
    int length = 0;
    detail::check(MPI_Win_get_name(open(), buffer, &length), "MPI_Win_get_name");
    return {buffer, static_cast<std::size_t>(length)};
  }
  std::string name() const { return Get_name(); }
  /// Names it on this rank, for reports and debuggers. Local. Source: MPI_Win_set_name.
  void Set_name(const std::string& name) const {
    detail::check(MPI_Win_set_name(open(), name.c_str()), "MPI_Win_set_name");
  }

  /// Where this rank's memory is, its bytes and its displacement unit. Source: MPI_Win_get_attr.
  ///
  ///     auto [base, size, disp_unit] = win.attrs();
  detail::window_attributes attrs() const {
    void* const base = attribute(MPI_WIN_BASE);
    if (record_->knows_part) return record_->part;
    return {base, *static_cast<MPI_Aint*>(attribute(MPI_WIN_SIZE)),
            *static_cast<int*>(attribute(MPI_WIN_DISP_UNIT))};
  }
  /// How it was made: WIN_FLAVOR_CREATE, _ALLOCATE, _SHARED or _DYNAMIC. Source: MPI_Win_get_attr.
  int flavor() const { return *static_cast<int*>(attribute(MPI_WIN_CREATE_FLAVOR)); }
  /// WIN_SEPARATE or WIN_UNIFIED: whether Sync suffices for loads and stores of this rank to see
  /// transfers of others. Source: MPI_Win_get_attr.
  int model() const { return *static_cast<int*>(attribute(MPI_WIN_MODEL)); }

  // For the library.
  static Win of_callback(MPI_Win raw) { return adopt(raw, detail::ownership::borrowed); }

 private:
  explicit Win(detail::window_record* made) : window_synchronization(made) {}

  static std::pair<void*, MPI_Aint> extent(const Buffer& memory) {
    detail::running();
    const detail::memory_view& view = detail::require_memory(memory.view());
    return {const_cast<void*>(view.data),
            static_cast<MPI_Aint>(detail::span_of(view.count, view.type))};
  }
  static Win allocate(const char* name,
                      int (*function)(MPI_Aint, int, MPI_Info, MPI_Comm, void*, MPI_Win*),
                      MPI_Aint size, MPI_Aint taken, const detail::window_arguments& pack) {
    void* base = nullptr;
    return make(name, pack.comm,
                [&](MPI_Win* made) {
                  return function(taken, pack.disp_unit, pack.info.native(), pack.comm.native(),
                                  &base, made);
                })
        .with({base, size, pack.disp_unit});
  }
  Win with(const detail::window_attributes& part) && {
    record_->part = part;
    record_->knows_part = true;
    return std::move(*this);
  }
  template <class Function>
  static Win make(const char* name, const Intracomm& comm, Function&& function) {
    auto& state = detail::running();
    if (!comm) detail::raise(MPI_ERR_COMM, "a window cannot be made on COMM_NULL");
    MPI_Win made = MPI_WIN_NULL;
    const bool politely = record_of(comm).nonblocking_collectives && comm.Get_size() > 1;
    // comes back when all ranks are here, so that making the window is short
    const MPI_Comm meeting =
        politely ? detail::without_attributes(state, record_of(comm)) : MPI_COMM_NULL;
    const detail::driven_section driven(state);
    detail::check(function(&made), name);
    Win win = adopt(made, detail::ownership::owned);
    win.record_->meeting = meeting;
    if (state.checks_calls) win.record_->origin = comm;
    detail::check(MPI_Win_set_errhandler(made, MPI_ERRORS_RETURN), "MPI_Win_set_errhandler");
    return win;
  }
  void* attribute(int key) const {
    void* value = nullptr;
    int found = 0;
    detail::check(MPI_Win_get_attr(open(), key, &value, &found), "MPI_Win_get_attr");
    if (!found) detail::raise(MPI_ERR_KEYVAL, "this window has no such attribute");
    return value;
  }
};

inline constexpr Win WIN_NULL{};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
