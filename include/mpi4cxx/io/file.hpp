// SPDX-License-Identifier: MIT
// MPI::File: a file that all ranks of a communicator have open.
#pragma once

#include <mpi4cxx/comm/comm.hpp>
#include <mpi4cxx/handle/datatype_contents.hpp>
#include <mpi4cxx/handle/errhandler.hpp>
#include <mpi4cxx/handle/info.hpp>
#include <mpi4cxx/io/file_access.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <tuple>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {
namespace detail {

/// The name of a file: a string of any kind, or a std::filesystem::path.
class file_name {
 public:
  template <class T>
  requires std::convertible_to<const T&, std::string_view> file_name(const T& name)
      : name_(std::string_view(name)) {}
  template <class T>
  requires(!std::convertible_to<const T&, std::string_view> &&
           requires(const T& path) {
             { path.c_str() } -> std::convertible_to<const char*>;
           }) file_name(const T& path)
      : name_(path.c_str()) {}
  const std::string& text() const noexcept { return name_; }

 private:
  std::string name_;
};

struct open_arguments {
  integer amode = MPI_MODE_RDONLY;
  Info info = INFO_NULL;
};
struct delete_arguments {
  Info info = INFO_NULL;
};
struct view_arguments {
  file_offset disp = 0;
  Datatype etype = BYTE;
  Datatype filetype = {};
  std::string datarep = "native";
  Info info = INFO_NULL;
};
struct seek_arguments {
  integer whence = SEEK_SET;
};

/// A type that MPI gave out: a predefined one is not ours to free.
inline Datatype adopt_unless_predefined(MPI_Datatype made) {
  const Datatype given(raw_handle, made);
  return given.is_predefined() ? given : Datatype::adopt(made);
}

}  // namespace detail

/// A file that the ranks of a communicator have open together. Copies refer to the same file; the
/// last one closes it, which is collective. While an exception unwinds the stack it is not closed
/// but left to the end of the job, since the other ranks may never come to close it.
///
/// What one rank writes, another one reads after file.Sync(); comm.Barrier(); file.Sync();, or
/// after the file was closed and opened again, or in atomic mode. All calls throw Exception with
/// the file's name.
///
///     auto file = MPI::File::Open(comm, "results.bin", MPI::MODE_CREATE | MPI::MODE_WRONLY);
///     file.Write_at_all(rank * block.size() * sizeof(double), block);
class File : public detail::file_access<>,
             public detail::error_handlers_of<File, detail::file_errors> {
 public:
  /// FILE_NULL.
  constexpr File() = default;
  /// Takes a raw handle; with MPI::ownership::owned the last copy closes it.
  static File adopt(MPI_File raw, ownership whose) {
    detail::running();
    if (raw == MPI_FILE_NULL) return {};
    detail::reference_to record(new detail::file_record);
    record->whose = whose;
    if (whose == ownership::borrowed) record->open = {};
    record->path = "a file";
    record->raw = raw;
    detail::check(MPI_File_get_amode(raw, &record->amode), "MPI_File_get_amode");
    int is_atomic = 0;
    if (!(record->amode & MPI_MODE_SEQUENTIAL))
      detail::check(MPI_File_get_atomicity(raw, &is_atomic), "MPI_File_get_atomicity");
    record->is_atomic = is_atomic != 0;
    File made(std::move(record));
    made.look_at_view();
    return made;
  }

  static File of_callback(MPI_File raw) { return adopt(raw, ownership::borrowed); }

  /// Opens a file; `amode` is one of MODE_RDONLY, MODE_WRONLY, MODE_RDWR with any of MODE_CREATE,
  /// MODE_EXCL, MODE_APPEND, MODE_DELETE_ON_CLOSE, MODE_UNIQUE_OPEN, MODE_SEQUENTIAL. Collective;
  /// it throws on all ranks or on none. Costs: what MPI does, and before that one small
  /// MPI_Allreduce, since some MPI libraries wait for ever where only some ranks see the file.
  /// Source: MPI_File_open.
  static File Open(const Intracomm& comm, const detail::file_name& filename,
                   detail::open_arguments pack = {}, place where = place::here()) {
    const detail::collective_call inside(detail::running(), comm, "File.Open", where);
    detail::process_state& state = detail::running();
    const detail::comm_record& opener = record_of(comm);
    const std::string& path = filename.text();
    agree(state, opener, path, pack.amode);
    detail::reference_to record(new detail::file_record);
    record->path = path;
    record->amode = pack.amode;
    record->nonblocking_collectives = opener.nonblocking_collectives && opener.size > 1;
    if (state.checks_calls) record->origin = comm;
    if (record->nonblocking_collectives)
      record->meeting = detail::without_attributes(state, opener);
    const detail::driven_section driven(state);
    if (const int code =
            MPI_File_open(opener.raw, path.c_str(), pack.amode, pack.info.native(), &record->raw)) {
      record->raw = MPI_FILE_NULL;
      if (record->meeting != MPI_COMM_NULL) MPI_Comm_free(&record->meeting);
      detail::finish_callbacks(code);
      throw Exception(code, cannot_open(path, pack.amode) + detail::reason_of(code, pack.amode));
    }
    record->check(MPI_File_set_errhandler(record->raw, MPI_ERRORS_RETURN),
                  "MPI_File_set_errhandler");
    return File(std::move(record));
  }
  static File Open(const Intracomm& comm, const detail::file_name& filename, detail::integer amode,
                   const Info& info = INFO_NULL, place where = place::here()) {
    return Open(comm, filename, detail::open_arguments{amode, info}, where);
  }
  /// Closes it now; all copies become FILE_NULL. Collective. Source: MPI_File_close.
  void Close(place where = place::here()) {
    const detail::user_call inside(detail::running(), "File.Close", where);
    detail::process_state& state = detail::running();
    detail::file_record& file = open();
    if (file.under_way.load() != 0 || file.begun.name)
      detail::raise(MPI_ERR_REQUEST,
                    detail::formatted(
                        "MPI_File_close on {}: {} under way; wait for it first",
                        {file.path, file.begun.name ? file.begun.name : "a nonblocking call is"}));
    file.meet(state);
    const detail::driven_section driven(state);
    file.check(file.close(state), "MPI_File_close");
  }
  /// Deletes a file that nobody has open. Local. Source: MPI_File_delete.
  static void Delete(const detail::file_name& filename, detail::delete_arguments pack = {},
                     place where = place::here()) {
    const detail::user_call inside(detail::running(), "File.Delete", where);
    detail::running();
    if (const int code = MPI_File_delete(filename.text().c_str(), pack.info.native())) {
      detail::finish_callbacks(code);
      throw Exception(
          code, detail::formatted("cannot delete {}: {}", {filename.text(), reason_to_keep(code)}));
    }
  }
  template <std::same_as<Info> I>
  static void Delete(const detail::file_name& filename, const I& info,
                     place where = place::here()) {
    Delete(filename, detail::delete_arguments{info}, where);
  }

  /// The raw handle, for MPI's C functions. It stays owned by this class.
  MPI_File native() const {
    detail::running();
    return raw_or_null();
  }
  explicit operator bool() const noexcept { return raw_or_null() != MPI_FILE_NULL; }
  bool operator==(const File& other) const noexcept { return raw_or_null() == other.raw_or_null(); }

  // ---- size, mode, group, hints

  /// Cuts or extends the file to `size` bytes; what lies between is undefined, zeros mostly.
  /// Collective. Source: MPI_File_set_size.
  void Set_size(detail::file_offset size, place where = place::here()) const {
    const detail::collective_call inside(detail::running(), open().origin, "File.Set_size", where);
    resize(MPI_File_set_size, size, "MPI_File_set_size");
  }
  /// Takes room for `size` bytes on the device. Collective. Source: MPI_File_preallocate.
  void Preallocate(detail::file_offset size, place where = place::here()) const {
    const detail::collective_call inside(detail::running(), open().origin, "File.Preallocate",
                                         where);
#if defined(OPEN_MPI)
    // Its own way appends copies of what is in the file, and its ranks may wait for each other. It
    // is used to meet only: with 0 it does nothing, but the first rank is waited for.
    const detail::file_record& file = open();
    file.require_writable("MPI_File_preallocate");
    file.require_positive(size, "MPI_File_preallocate", "size");
    int error = 0;
    if (size > 0 && group_rank() == 0) {
      const int opened = ::open(file.path.c_str(), O_WRONLY | O_CLOEXEC);
      error = opened < 0 ? errno : posix_fallocate(opened, 0, size);
      if (opened >= 0) ::close(opened);
    }
    resize(MPI_File_preallocate, 0, "MPI_File_preallocate");
    if (error)
      detail::raise(MPI_ERR_NO_SPACE,
                    detail::formatted("MPI_File_preallocate on {}: there is no room for {} bytes",
                                      {file.path, static_cast<long long>(size)}));
#else
    resize(MPI_File_preallocate, size, "MPI_File_preallocate");
#endif
  }
  /// In bytes. Local. Source: MPI_File_get_size.
  MPI_Offset Get_size() const {
    return get<MPI_Offset>(MPI_File_get_size, "MPI_File_get_size");
  }
  MPI_Offset size() const {
    return Get_size();
  }
  /// The mode that it was opened with. Source: MPI_File_get_amode.
  int Get_amode() const {
    return get<int>(MPI_File_get_amode, "MPI_File_get_amode");
  }
  int amode() const {
    return Get_amode();
  }
  /// The processes that opened it. Local. Source: MPI_File_get_group.
  Group Get_group(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Get_group", where);
    return Group::adopt(get<MPI_Group>(MPI_File_get_group, "MPI_File_get_group"));
  }
  Group group() const {
    return Get_group();
  }
  int group_size() const {
    return Get_group().Get_size();
  }
  int group_rank() const {
    return Get_group().Get_rank();
  }
  /// Gives hints. Collective. Source: MPI_File_set_info.
  void Set_info(const Info& info, place where = place::here()) const {
    const detail::collective_call inside(detail::running(), open().origin, "File.Set_info", where);
    const detail::file_record& file = open();
    const Info hints = info ? info : Info::Create();  // Open MPI refuses INFO_NULL
    detail::process_state& state = detail::running();
    file.meet(state);
    const detail::driven_section driven(state);
    file.check(MPI_File_set_info(file.raw, hints.native()), "MPI_File_set_info");
  }
  /// The hints in use. Local. Source: MPI_File_get_info.
  Info Get_info(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Get_info", where);
    return Info::adopt(get<MPI_Info>(MPI_File_get_info, "MPI_File_get_info"));
  }
  Info info() const {
    return Get_info();
  }

  // ---- views

  /// What this rank sees of the file: from byte `disp` on, the data of `filetype` over and over, in
  /// units of `etype`; without a filetype all elements of `etype`. Both must be committed, the
  /// filetype's displacements rising. The file pointers go to 0. Collective; all but etype's
  /// extent and datarep may differ among ranks. In a file of MODE_SEQUENTIAL `disp` must be
  /// DISPLACEMENT_CURRENT. Source: MPI_File_set_view.
  ///
  ///     file.Set_view(rank * sizeof(int), MPI::INT, column);
  void Set_view(detail::view_arguments pack = {}, place where = place::here()) {
    const detail::collective_call inside(detail::running(), open().origin, "File.Set_view", where);
    detail::file_record& file = open();
    if (pack.disp != MPI_DISPLACEMENT_CURRENT)
      file.require_positive(pack.disp, "MPI_File_set_view", "displacement");
    {
      detail::process_state& state = detail::running();
      file.meet(state);
      const detail::driven_section driven(state);
      const Datatype& filetype = pack.filetype ? pack.filetype : pack.etype;
      file.check(MPI_File_set_view(file.raw, pack.disp, pack.etype.native(), filetype.native(),
                                   pack.datarep.c_str(), pack.info.native()),
                 "MPI_File_set_view");
    }
    look_at(pack.etype.native());
  }
  void Set_view(detail::file_offset disp, const Datatype& etype = BYTE,
                const Datatype& filetype = {}, const std::string& datarep = "native",
                const Info& info = INFO_NULL, place where = place::here()) {
    Set_view(detail::view_arguments{disp, etype, filetype, datarep, info}, where);
  }
  /// Displacement, etype, filetype, data representation. Local. Source: MPI_File_get_view.
  std::tuple<MPI_Offset, Datatype, Datatype, std::string> Get_view(
      place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Get_view", where);
    const detail::file_record& file = open();
    MPI_Offset disp = 0;
    MPI_Datatype etype = MPI_DATATYPE_NULL, filetype = MPI_DATATYPE_NULL;
    char datarep[MPI_MAX_DATAREP_STRING + 1] = {};
    file.check(MPI_File_get_view(file.raw, &disp, &etype, &filetype, datarep), "MPI_File_get_view");
    return {disp, detail::adopt_unless_predefined(etype), detail::adopt_unless_predefined(filetype),
            datarep};
  }
  /// The bytes from one element of the datatype to the next in this file's data representation.
  /// Local. Source: MPI_File_get_type_extent.
  MPI_Aint Get_type_extent(const Datatype& datatype) const {
    const detail::file_record& file = open();
    MPI_Aint extent = 0;
    file.check(MPI_File_get_type_extent(file.raw, datatype.native(), &extent),
               "MPI_File_get_type_extent");
    return extent;
  }

  // ---- file pointers, in units of the view's etype

  /// Moves this rank's file pointer. `whence` is SEEK_SET, SEEK_CUR or SEEK_END of <cstdio>, which
  /// are macros: without MPI:: before them. Local. Source: MPI_File_seek.
  void Seek(detail::file_offset offset, detail::seek_arguments pack = {}) const {
    seek(MPI_File_seek, offset, pack.whence, "MPI_File_seek");
  }
  void Seek(detail::file_offset offset, detail::integer whence) const {
    Seek(offset, detail::seek_arguments{whence});
  }
  /// Where the individual pointer stands, in elements of the view. Local. Source:
  /// MPI_File_get_position.
  MPI_Offset Get_position() const {
    return get<MPI_Offset>(MPI_File_get_position, "MPI_File_get_position");
  }
  /// The byte of the file at this offset of the view. Local. Source: MPI_File_get_byte_offset.
  MPI_Offset Get_byte_offset(detail::file_offset offset) const {
    const detail::file_record& file = open();
    file.require_positive(offset, "MPI_File_get_byte_offset", "offset");
    MPI_Offset place = 0;
    file.check(MPI_File_get_byte_offset(file.raw, offset, &place), "MPI_File_get_byte_offset");
    return place;
  }
  /// Moves the shared file pointer. Collective. Source: MPI_File_seek_shared.
  void Seek_shared(detail::file_offset offset, detail::seek_arguments pack = {},
                   place where = place::here()) const {
    const detail::collective_call inside(detail::running(), open().origin, "File.Seek_shared",
                                         where);
    detail::process_state& state = detail::running();
    open().meet(state);
    const detail::driven_section driven(state);
    seek(MPI_File_seek_shared, offset, pack.whence, "MPI_File_seek_shared");
  }
  void Seek_shared(detail::file_offset offset, detail::integer whence,
                   place where = place::here()) const {
    Seek_shared(offset, detail::seek_arguments{whence}, where);
  }
  /// Where the pointer that all ranks share stands, in elements of the view. Source:
  /// MPI_File_get_position_shared.
  MPI_Offset Get_position_shared() const {
    return get<MPI_Offset>(MPI_File_get_position_shared, "MPI_File_get_position_shared");
  }

  // ---- consistency

  /// In atomic mode what a rank has written is there for all, and overlapping accesses happen one
  /// after the other. Slow. Collective. Source: MPI_File_set_atomicity.
  void Set_atomicity(bool flag, place where = place::here()) {
    const detail::collective_call inside(detail::running(), open().origin, "File.Set_atomicity",
                                         where);
    detail::file_record& file = open();
    detail::process_state& state = detail::running();
    file.meet(state);
    const detail::driven_section driven(state);
    file.check(MPI_File_set_atomicity(file.raw, flag), "MPI_File_set_atomicity");
    file.is_atomic = flag;
  }
  /// Whether conflicting accesses of the ranks are atomic. Local. Source: MPI_File_get_atomicity.
  bool Get_atomicity() const {
    return get<int>(MPI_File_get_atomicity, "MPI_File_get_atomicity") != 0;
  }
  bool atomicity() const {
    return Get_atomicity();
  }
  /// Brings what this rank has written to the device, and lets it see what others have synced.
  /// Collective; as slow as the device is. Source: MPI_File_sync.
  void Sync(place where = place::here()) const {
    const detail::collective_call inside(detail::running(), open().origin, "File.Sync", where);
    const detail::file_record& file = open();
    detail::process_state& state = detail::running();
    file.meet(state);
    const detail::driven_section driven(state);
    file.check(MPI_File_sync(file.raw), "MPI_File_sync");
  }

 private:
  explicit File(detail::reference_to<detail::file_record> record)
      : file_access(std::move(record)) {}

  MPI_File raw_or_null() const noexcept {
    return record_ ? record_->raw : MPI_FILE_NULL;
  }

  template <class T>
  T get(int (*function)(MPI_File, T*), const char* name) const {
    const detail::file_record& file = open();
    T value{};
    file.check(function(file.raw, &value), name);
    return value;
  }
  void resize(int (*function)(MPI_File, MPI_Offset), MPI_Offset size, const char* name) const {
    const detail::file_record& file = open();
    file.require_writable(name);
    file.require_positive(size, name, "size");
    detail::process_state& state = detail::running();
    file.meet(state);
    const detail::driven_section driven(state);
    file.check(function(file.raw, size), name);
  }
  void seek(int (*function)(MPI_File, MPI_Offset, int), MPI_Offset offset, int whence,
            const char* name) const {
    const detail::file_record& file = open();
    file.require_random_access(name);
    if (whence == SEEK_SET) whence = MPI_SEEK_SET;
    if (whence == SEEK_CUR) whence = MPI_SEEK_CUR;
    if (whence == SEEK_END) whence = MPI_SEEK_END;
    if (whence == MPI_SEEK_SET) file.require_positive(offset, name, "offset");
    file.check(function(file.raw, offset, whence), name);
  }

  void look_at(MPI_Datatype etype) const {
    detail::file_record& file = open();
    MPI_Count lower = 0;
    detail::check(MPI_Type_size_x(etype, &file.etype_size), "MPI_Type_size_x");
    detail::check(MPI_Type_get_true_extent_x(etype, &lower, &file.etype_span),
                  "MPI_Type_get_true_extent_x");
    file.etype_span += lower;
  }
  void look_at_view() const {
    look_at(std::get<1>(Get_view()).native());
  }

  [[gnu::cold]] static std::string cannot_open(const std::string& path, int amode) {
    return detail::formatted("cannot open {} for {}: ",
                             {path, amode & MPI_MODE_RDWR     ? "reading and writing"
                                    : amode & MPI_MODE_WRONLY ? "writing"
                                                              : "reading"});
  }
  [[gnu::cold]] static std::string reason_to_keep(int code) {
    return Exception(code).Get_error_class() == MPI_ERR_NO_SUCH_FILE
               ? "there is no such file"
               : detail::reason_of(code, MPI_MODE_RDONLY);
  }

  /// Whether this rank can reach what opening needs: the file, or the folder for a new one.
  static bool is_within_reach(const std::string& path, int amode) {
    if (amode & MPI_MODE_CREATE) {
      const std::size_t slash = path.rfind('/');
      const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
      return access(folder.c_str(), X_OK) == 0;
    }
    const int wanted = amode & MPI_MODE_RDWR ? R_OK | W_OK : amode & MPI_MODE_WRONLY ? W_OK : R_OK;
    return access(path.c_str(), wanted) == 0;
  }
  /// All ranks have the same mode, and the file is within reach of all or of none (in which case
  /// MPI says why).
  static void agree(detail::process_state& state, const detail::comm_record& comm,
                    const std::string& path, int amode) {
    if (comm.size == 1) return;
    const bool found = is_within_reach(path, amode);
    int mine[4] = {amode, -amode, found ? comm.size : comm.rank, found ? comm.rank : comm.size};
    int least[4];
    detail::run<detail::operations::Allreduce>(
        state, comm.nonblocking_collectives, static_cast<const void*>(mine),
        static_cast<void*>(least), detail::call_count{4}, MPI_INT, MPI_MIN, comm.raw);
    if (least[0] != -least[1])
      detail::raise(MPI_ERR_NOT_SAME,
                    cannot_open(path, amode) + "the ranks do not give the same mode");
    if (least[2] < comm.size && least[3] < comm.size)
      detail::raise(MPI_ERR_NO_SUCH_FILE,
                    detail::formatted(
                        "{}it is not within reach of rank {}, but of rank {}; all ranks must see "
                        "the same file",
                        {cannot_open(path, amode), least[2], least[3]}));
  }
};

namespace detail {
inline const permanent<File> storage_of_file_null{};
}
inline const File& FILE_NULL = detail::storage_of_file_null.value;

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
