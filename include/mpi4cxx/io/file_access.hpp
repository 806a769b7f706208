// SPDX-License-Identifier: MIT
// Reading and writing of files: every call is one operation, run in one of four ways.
#pragma once

#include <mpi4cxx/buffer/buffer.hpp>
#include <mpi4cxx/handle/request.hpp>
#include <mpi4cxx/io/record.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

// Debian's MPICH has ROMIO, Open MPI has OMPIO. Collective reads of both may report all bytes that
// were asked for as read, also beyond the end of the file; see correct().
#if defined(ROMIO_VERSION)
// A waiting rank does not give its core away, but the nonblocking collectives can be waited for as
// the policy says. 4 ranks on 2 cores, 1 kB from each: 0.8 ms against 13; with a core for each
// rank the blocking form is the faster one (3 us against 5), which is what spinning ranks take.
inline constexpr bool has_polite_collectives = true;
// Nonblocking accesses end after this many bytes, what one read of Linux gives at most; collective
// ones also damage memory, or never end.
inline constexpr MPI_Count largest_nonblocking = 0x7ffff000;
#else
// Open MPI yields by itself, and its nonblocking collectives through views are three times slower.
inline constexpr bool has_polite_collectives = false;
inline constexpr MPI_Count largest_nonblocking = -1;
#endif
#if defined(OPEN_MPI)
// A read that reaches beyond the end of the file never completes, if nonblocking or split.
inline constexpr bool hangs_beyond_end = true;
#else
inline constexpr bool hangs_beyond_end = false;
#endif

/// An offset, displacement or size: any integral type.
class file_offset {
 public:
  template <std::integral T>
  requires(!std::same_as<T, bool>) constexpr file_offset(T value)
      : value_(static_cast<MPI_Offset>(value)) {
    if (!std::in_range<MPI_Offset>(value)) [[unlikely]]
      raise(MPI_ERR_ARG, "an offset is out of range: it does not fit 63 bits");
  }
  constexpr operator MPI_Offset() const noexcept { return value_; }

 private:
  MPI_Offset value_;
};

struct file_arguments {
  status_argument status = nullptr;
};

/// Bytes of data, without holes.
inline MPI_Count size_of(const memory_view& view) {
  MPI_Count size = 0;
  check(MPI_Type_size_x(view.type, &size), "MPI_Type_size_x");
  return view.count * size;
}

/// Makes the status of a read say what was there to be read.
inline void correct(const file_record& file, MPI_Status* status, MPI_Offset position,
                    MPI_Count wanted) {
  if (position < 0 || status == MPI_STATUS_IGNORE) return;
  MPI_Count reported = 0;
  check(MPI_Get_elements_x(status, MPI_BYTE, &reported), "MPI_Get_elements_x");
  if (const MPI_Count there = file.before_end(position, wanted); there < reported)
    check(MPI_Status_set_elements_x(status, MPI_BYTE, there), "MPI_Status_set_elements_x");
}

/// Where an operation begins, in units of the view; -1 for the shared pointer, which others move.
template <class Operation>
MPI_Offset position_of(const file_record& file) {
  MPI_Offset position = -1;
  if constexpr (Operation::position == file_position::individual)
    file.check(MPI_File_get_position(file.raw, &position), "MPI_File_get_position");
  return position;
}
template <class Operation>
MPI_Offset position_of(const file_record&, MPI_Offset offset) {
  return offset;
}

/// A nonblocking access under way. It keeps the file open.
class file_request final : public object_operation {
 public:
  explicit file_request(reference_to<file_record> file) : file_(std::move(file)) {
    file_->under_way.fetch_add(1, std::memory_order_relaxed);
  }
  file_request(const file_request&) = delete;
  ~file_request() override {
    if (request_ != MPI_REQUEST_NULL)
      wait_in_destructor(running(), [&] {
        int done = 0;
        return MPI_Test(&request_, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS || done;
      });
    file_->under_way.fetch_sub(1, std::memory_order_relaxed);
  }

  template <class Operation, class... At>
  void start(memory_view view, At... at) {
    function_ = Operation::nonblocking::name;
    void* const data = const_cast<void*>(view.data);
    if constexpr (hangs_beyond_end && !Operation::writes) {
      if constexpr (Operation::position == file_position::shared)
        // nobody knows where that will be: at once, which a nonblocking call may do
        return file_->call<typename Operation::blocking>(at..., data, call_count{view.count},
                                                         view.type, &status_);
      // no more than is there
      const MPI_Count wanted = size_of(view);
      const MPI_Count there = file_->before_end(position_of<Operation>(*file_, at...), wanted);
      if (there < wanted) view.count = there / (wanted / view.count);
    }
    if constexpr (largest_nonblocking > 0) {
      if (view.count > largest_count || size_of(view) > largest_nonblocking) [[unlikely]] {
        // at once; then this rank has no part in what the others do together
        const driven_section driven(running());
        file_->call<typename Operation::alone::blocking>(at..., data, call_count{view.count},
                                                         view.type, &status_);
        if constexpr (!Operation::is_collective) return;
        has_status_ = true;
        view.count = 0;
      }
    }
    if constexpr (!Operation::writes && Operation::is_collective) {
      if (!has_status_) {
        wanted_ = size_of(view);
        position_ = position_of<Operation>(*file_, at...);
      }
    }
    file_->call<typename Operation::nonblocking>(at..., data, call_count{view.count}, view.type,
                                                 &request_);
  }

  bool test(MPI_Status* status) override {
    if (request_ != MPI_REQUEST_NULL) {
      int done = 0;
      file_->check(MPI_Test(&request_, &done, has_status_ ? MPI_STATUS_IGNORE : &status_),
                   function_);
      if (!done) return false;
      // now, since afterwards the file may grow
      correct(*file_, &status_, position_, wanted_);
    }
    if (status != MPI_STATUS_IGNORE) *status = status_;
    return true;
  }
  void cancel() override {}  // neither library can
  bool uses_callers_memory() const noexcept override { return true; }
  void abandon(std::unique_ptr<object_operation> self) noexcept override { self.reset(); }

 private:
  reference_to<file_record> file_;
  MPI_Request request_ = MPI_REQUEST_NULL;
  MPI_Status status_{};
  bool has_status_ = false;  // already
  const char* function_ = "";
  MPI_Count wanted_ = 0;
  MPI_Offset position_ = -1;
};

/// A file's calls that read and write. A buffer may be anything that a communicator's calls take;
/// MPI::None is nothing. Offsets are in units of the view's elementary type: bytes until Set_view.
/// `.status` says how much was read; at the end of the file that is less than asked for.
///
/// All calls throw Exception with the file's name. Nonblocking calls take buffers that last until
/// the request is complete; split ones until the call that ends them.
template <class = void>  // a program that has no files pays for none of it
class file_access {
 public:
  constexpr file_access() = default;

  // ---- at an offset, which moves no file pointer

  /// Reads at an offset; waits for no other rank. Source: MPI_File_read_at.
  ///
  ///     file.Read_at(rank * block.size() * sizeof(int), block);
  void Read_at(file_offset offset, Buffer buf, file_arguments pack = {},
               place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Read_at", where);
    run<operations::Read_at>(buf.view(), pack, offset);
  }
  void Read_at(file_offset offset, Buffer buf, status_argument status,
               place where = place::here()) const {
    Read_at(offset, buf, file_arguments{status}, where);
  }
  /// Writes at an offset; waits for no other rank. Source: MPI_File_write_at.
  void Write_at(file_offset offset, ConstBuffer buf, file_arguments pack = {},
                place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Write_at", where);
    run<operations::Write_at>(buf.view(), pack, offset);
  }
  void Write_at(file_offset offset, ConstBuffer buf, status_argument status,
                place where = place::here()) const {
    Write_at(offset, buf, file_arguments{status}, where);
  }
  /// As Read_at, collective: all ranks call it, some perhaps with nothing to read. The MPI library
  /// joins their parts into few large accesses. Source: MPI_File_read_at_all.
  void Read_at_all(file_offset offset, Buffer buf, file_arguments pack = {},
                   place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Read_at_all", where);
    run<operations::Read_at_all>(buf.view(), pack, offset);
  }
  void Read_at_all(file_offset offset, Buffer buf, status_argument status,
                   place where = place::here()) const {
    Read_at_all(offset, buf, file_arguments{status}, where);
  }
  /// As Write_at, collective. Source: MPI_File_write_at_all.
  void Write_at_all(file_offset offset, ConstBuffer buf, file_arguments pack = {},
                    place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Write_at_all", where);
    run<operations::Write_at_all>(buf.view(), pack, offset);
  }
  void Write_at_all(file_offset offset, ConstBuffer buf, status_argument status,
                    place where = place::here()) const {
    Write_at_all(offset, buf, file_arguments{status}, where);
  }
  /// As Read_at, as a request; the buffer must last until it is complete. Source:
  /// MPI_File_iread_at.
  Request Iread_at(file_offset offset, Buffer buf, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Iread_at", where);
    return start<operations::Read_at>(buf.view(), offset);
  }
  /// As Write_at, as a request; the buffer must last until it is complete. Source:
  /// MPI_File_iwrite_at.
  Request Iwrite_at(file_offset offset, LastingConstBuffer buf, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Iwrite_at", where);
    return start<operations::Write_at>(buf.view(), offset);
  }
  /// Collective, as is its completion. Source: MPI_File_iread_at_all.
  Request Iread_at_all(file_offset offset, Buffer buf, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Iread_at_all", where);
    return start<operations::Read_at_all>(buf.view(), offset);
  }
  /// Collective, as is its completion. Source: MPI_File_iwrite_at_all.
  Request Iwrite_at_all(file_offset offset, LastingConstBuffer buf,
                        place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Iwrite_at_all", where);
    return start<operations::Write_at_all>(buf.view(), offset);
  }
  /// Begins a collective read; Read_at_all_end ends it. A file has one split collective at a time.
  /// Source: MPI_File_read_at_all_begin.
  void Read_at_all_begin(file_offset offset, Buffer buf, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Read_at_all_begin", where);
    begin<operations::Read_at_all>(buf.view(), offset);
  }
  /// Ends it; `buf` is the buffer that it was begun with. Source: MPI_File_read_at_all_end.
  void Read_at_all_end(Buffer buf, file_arguments pack = {}, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Read_at_all_end", where);
    end<operations::Read_at_all>(buf.view(), pack);
  }
  void Read_at_all_end(Buffer buf, status_argument status, place where = place::here()) const {
    Read_at_all_end(buf, file_arguments{status}, where);
  }
  /// As Write_at_all, in two halves: one at a time for each file. Source:
  /// MPI_File_write_at_all_begin, MPI_File_write_at_all_end.
  void Write_at_all_begin(file_offset offset, LastingConstBuffer buf,
                          place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Write_at_all_begin", where);
    begin<operations::Write_at_all>(buf.view(), offset);
  }
  void Write_at_all_end(LastingConstBuffer buf, file_arguments pack = {},
                        place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Write_at_all_end", where);
    end<operations::Write_at_all>(buf.view(), pack);
  }
  void Write_at_all_end(LastingConstBuffer buf, status_argument status,
                        place where = place::here()) const {
    Write_at_all_end(buf, file_arguments{status}, where);
  }

  // ---- at this rank's file pointer, which moves on (Seek, Get_position)

  /// From where the individual pointer stands, which goes on by what was read. Source:
  /// MPI_File_read.
  void Read(Buffer buf, file_arguments pack = {}, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Read", where);
    run<operations::Read>(buf.view(), pack);
  }
  void Read(Buffer buf, status_argument status, place where = place::here()) const {
    Read(buf, file_arguments{status}, where);
  }
  /// To where the individual pointer stands, which goes on by what was written. Source:
  /// MPI_File_write.
  void Write(ConstBuffer buf, file_arguments pack = {}, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Write", where);
    run<operations::Write>(buf.view(), pack);
  }
  void Write(ConstBuffer buf, status_argument status, place where = place::here()) const {
    Write(buf, file_arguments{status}, where);
  }
  /// Collective. Source: MPI_File_read_all.
  void Read_all(Buffer buf, file_arguments pack = {}, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Read_all", where);
    run<operations::Read_all>(buf.view(), pack);
  }
  void Read_all(Buffer buf, status_argument status, place where = place::here()) const {
    Read_all(buf, file_arguments{status}, where);
  }
  /// Collective. Source: MPI_File_write_all.
  void Write_all(ConstBuffer buf, file_arguments pack = {}, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Write_all", where);
    run<operations::Write_all>(buf.view(), pack);
  }
  void Write_all(ConstBuffer buf, status_argument status, place where = place::here()) const {
    Write_all(buf, file_arguments{status}, where);
  }
  /// As Read, as a request; the pointer goes on at once. Source: MPI_File_iread.
  Request Iread(Buffer buf, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Iread", where);
    return start<operations::Read>(buf.view());
  }
  /// As Write, as a request; the pointer goes on at once. Source: MPI_File_iwrite.
  Request Iwrite(LastingConstBuffer buf, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Iwrite", where);
    return start<operations::Write>(buf.view());
  }
  /// Collective, as is its completion. Source: MPI_File_iread_all.
  Request Iread_all(Buffer buf, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Iread_all", where);
    return start<operations::Read_all>(buf.view());
  }
  /// Collective, as is its completion. Source: MPI_File_iwrite_all.
  Request Iwrite_all(LastingConstBuffer buf, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Iwrite_all", where);
    return start<operations::Write_all>(buf.view());
  }
  /// As Read_all, in two halves: one at a time for each file. Source: MPI_File_read_all_begin,
  /// MPI_File_read_all_end.
  void Read_all_begin(Buffer buf, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Read_all_begin", where);
    begin<operations::Read_all>(buf.view());
  }
  void Read_all_end(Buffer buf, file_arguments pack = {}, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Read_all_end", where);
    end<operations::Read_all>(buf.view(), pack);
  }
  void Read_all_end(Buffer buf, status_argument status, place where = place::here()) const {
    Read_all_end(buf, file_arguments{status}, where);
  }
  /// As Write_all, in two halves: one at a time for each file. Source: MPI_File_write_all_begin,
  /// MPI_File_write_all_end.
  void Write_all_begin(LastingConstBuffer buf, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Write_all_begin", where);
    begin<operations::Write_all>(buf.view());
  }
  void Write_all_end(LastingConstBuffer buf, file_arguments pack = {},
                     place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Write_all_end", where);
    end<operations::Write_all>(buf.view(), pack);
  }
  void Write_all_end(LastingConstBuffer buf, status_argument status,
                     place where = place::here()) const {
    Write_all_end(buf, file_arguments{status}, where);
  }

  // ---- at the file pointer that all ranks share (Seek_shared, Get_position_shared); all ranks
  // must have the same view

  /// The ranks come one after the other, in any order. Source: MPI_File_read_shared.
  void Read_shared(Buffer buf, file_arguments pack = {}, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Read_shared", where);
    run<operations::Read_shared>(buf.view(), pack);
  }
  void Read_shared(Buffer buf, status_argument status, place where = place::here()) const {
    Read_shared(buf, file_arguments{status}, where);
  }
  /// To where the shared pointer stands; in which order the ranks come is not said. Source:
  /// MPI_File_write_shared.
  void Write_shared(ConstBuffer buf, file_arguments pack = {}, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Write_shared", where);
    run<operations::Write_shared>(buf.view(), pack);
  }
  void Write_shared(ConstBuffer buf, status_argument status, place where = place::here()) const {
    Write_shared(buf, file_arguments{status}, where);
  }
  /// With Open MPI it is complete when it returns. Source: MPI_File_iread_shared.
  Request Iread_shared(Buffer buf, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Iread_shared", where);
    return start<operations::Read_shared>(buf.view());
  }
  /// As Write_shared, as a request. Source: MPI_File_iwrite_shared.
  Request Iwrite_shared(LastingConstBuffer buf, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "File.Iwrite_shared", where);
    return start<operations::Write_shared>(buf.view());
  }
  /// Collective: the ranks' parts follow each other in rank order. Source: MPI_File_read_ordered.
  void Read_ordered(Buffer buf, file_arguments pack = {}, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Read_ordered", where);
    run<operations::Read_ordered>(buf.view(), pack);
  }
  void Read_ordered(Buffer buf, status_argument status, place where = place::here()) const {
    Read_ordered(buf, file_arguments{status}, where);
  }
  /// Collective: one rank behind the other, in rank order, from where the shared pointer stands.
  /// Source: MPI_File_write_ordered.
  void Write_ordered(ConstBuffer buf, file_arguments pack = {}, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Write_ordered", where);
    run<operations::Write_ordered>(buf.view(), pack);
  }
  void Write_ordered(ConstBuffer buf, status_argument status, place where = place::here()) const {
    Write_ordered(buf, file_arguments{status}, where);
  }
  /// As Read_ordered, in two halves: one at a time for each file. Source:
  /// MPI_File_read_ordered_begin, MPI_File_read_ordered_end.
  void Read_ordered_begin(Buffer buf, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Read_ordered_begin", where);
    begin<operations::Read_ordered>(buf.view());
  }
  void Read_ordered_end(Buffer buf, file_arguments pack = {}, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Read_ordered_end", where);
    end<operations::Read_ordered>(buf.view(), pack);
  }
  void Read_ordered_end(Buffer buf, status_argument status, place where = place::here()) const {
    Read_ordered_end(buf, file_arguments{status}, where);
  }
  /// As Write_ordered, in two halves: one at a time for each file. Source:
  /// MPI_File_write_ordered_begin, MPI_File_write_ordered_end.
  void Write_ordered_begin(LastingConstBuffer buf, place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Write_ordered_begin", where);
    begin<operations::Write_ordered>(buf.view());
  }
  void Write_ordered_end(LastingConstBuffer buf, file_arguments pack = {},
                         place where = place::here()) const {
    const collective_call inside(running(), open().origin, "File.Write_ordered_end", where);
    end<operations::Write_ordered>(buf.view(), pack);
  }
  void Write_ordered_end(LastingConstBuffer buf, status_argument status,
                         place where = place::here()) const {
    Write_ordered_end(buf, file_arguments{status}, where);
  }

 protected:
  explicit file_access(reference_to<file_record> record) : record_(std::move(record)) {}

  /// The record of a file that is open.
  file_record& open() const {
    running();
    if (!record_ || record_->raw == MPI_FILE_NULL) [[unlikely]]
      raise(MPI_ERR_FILE, "this file is FILE_NULL: it was never opened, or it is closed");
    return *record_;
  }
  reference_to<file_record> record_;

 private:
  /// What every access asks for first.
  template <class Operation, class... At>
  file_record& ready(const memory_view& view, At... at) const {
    file_record& file = open();
    file.require<Operation>();
    (file.require_positive(at, Operation::blocking::name, "offset"), ...);
    if (view.is_in_place()) raise(MPI_ERR_BUFFER, "a file's calls have no IN_PLACE: give a buffer");
    return file;
  }

  /// Blocking.
  template <class Operation, class... At>
  void run(const memory_view& view, const file_arguments& pack, At... offset) const {
    process_state& state = running();
    MPI_Status* const status = pack.status.native();
    file_record& file = ready<Operation>(view, MPI_Offset{offset}...);
    if constexpr (has_polite_collectives && Operation::is_collective &&
                  Operation::has_nonblocking) {
      if (file.nonblocking_collectives && !file.is_atomic) {
        file_request request(record_);
        request.start<Operation>(view, MPI_Offset{offset}...);
        return wait_until(state, [&] { return request.test(status); });
      }
    }
    MPI_Offset position = -1;
    if constexpr (!Operation::writes && Operation::is_collective)
      if (status != MPI_STATUS_IGNORE)
        position = position_of<Operation>(file, MPI_Offset{offset}...);
    {
      if constexpr (Operation::is_collective) file.meet(state);
      const driven_section driven(state);
      file.call<typename Operation::blocking>(MPI_Offset{offset}..., const_cast<void*>(view.data),
                                              call_count{view.count}, view.type, status);
    }
    if (position >= 0) correct(file, status, position, size_of(view));
  }

  template <class Operation, class... At>
  Request start(const memory_view& view, At... offset) const {
    ready<Operation>(view, MPI_Offset{offset}...);
    auto made = std::make_unique<file_request>(record_);
    made->start<Operation>(view, MPI_Offset{offset}...);
    return Request::of(std::move(made));
  }

  template <class Operation, class... At>
  void begin(const memory_view& view, At... offset) const {
    file_record& file = ready<Operation>(view, MPI_Offset{offset}...);
    begun_access begun{Operation::begin::name, Operation::end, const_cast<void*>(view.data)};
    if constexpr (!Operation::writes) {
      begun.wanted = size_of(view);
      begun.position = position_of<Operation>(file, MPI_Offset{offset}...);
    }
    process_state& state = running();
    file.meet(state);
    const driven_section driven(state);
    if constexpr (hangs_beyond_end && !Operation::writes) {
      // MPI allows to do it all now
      file.call<typename Operation::blocking>(MPI_Offset{offset}..., begun.memory,
                                              call_count{view.count}, view.type, &begun.status);
      begun.is_complete = true;
    } else {
      file.call<typename Operation::begin>(MPI_Offset{offset}..., begun.memory,
                                           call_count{view.count}, view.type);
    }
    file.begun = begun;
  }

  template <class Operation>
  void end(const memory_view& view, const file_arguments& pack) const {
    process_state& state = running();
    file_record& file = open();
    const begun_access begun = file.begun;
    if (begun.end != Operation::end || begun.memory != view.data) [[unlikely]]
      refuse_end(file, Operation::begin::name);
    file.begun = {};
    MPI_Status* const status = pack.status.native();
    if (begun.is_complete) {
      if (status != MPI_STATUS_IGNORE) *status = begun.status;
    } else {
      const driven_section driven(state);
      file.check(begun.end(file.raw, begun.memory, status), begun.name);
    }
    correct(file, status, begun.position, begun.wanted);
  }
  [[noreturn]] [[gnu::cold]] static void refuse_end(const file_record& file, const char* begin) {
    const std::string& path = file.path;
    if (!file.begun.name || file.begun.name != std::string(begin))
      raise(MPI_ERR_REQUEST,
            formatted("{} is to be ended on {}, but was not begun", {begin, path}));
    raise(MPI_ERR_BUFFER,
          formatted("{} on {} is to be ended with another buffer than it was begun with",
                    {begin, path}));
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
