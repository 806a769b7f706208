// SPDX-License-Identifier: MIT
// What lies behind a file handle, and the sentences that say what went wrong with a file.
#pragma once

#include <mpi4cxx/comm/comparison.hpp>
#include <mpi4cxx/handle/attribute.hpp>
#include <mpi4cxx/handle/handle.hpp>
#include <mpi4cxx/io/operations.hpp>

#include <exception>
#include <string>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Why MPI failed, in words that say what to do; else what MPI itself says.
[[gnu::cold]] inline std::string reason_of(int code, int amode) {
  const Exception error(code);
  switch (error.Get_error_class()) {
    case MPI_ERR_NO_SUCH_FILE:
      return amode & MPI_MODE_CREATE
                 ? "its folder does not exist"
                 : "there is no such file; with MPI::MODE_CREATE it would be made";
    case MPI_ERR_FILE_EXISTS:
      return "it exists, and MPI::MODE_EXCL wants a new file: delete it or leave MPI::MODE_EXCL "
             "out";
    case MPI_ERR_ACCESS:
      return "permission denied";
    case MPI_ERR_AMODE:
      return "the mode must have one of MPI::MODE_RDONLY, MPI::MODE_WRONLY and MPI::MODE_RDWR, and "
             "MPI::MODE_CREATE and MPI::MODE_EXCL do not go with MPI::MODE_RDONLY";
    case MPI_ERR_READ_ONLY:
      return "it, or its file system, is read-only";
    case MPI_ERR_BAD_FILE:
      return "it is a folder, or no valid name of a file";
    case MPI_ERR_NO_SPACE:
      return "no space is left on the device";
    case MPI_ERR_QUOTA:
      return "the quota is exceeded";
    case MPI_ERR_FILE_IN_USE:
      return "the file is open somewhere: close it first";
    case MPI_ERR_UNSUPPORTED_DATAREP:
      return "this MPI library does not know the data representation; \"native\" always works";
    default:
      return error.what();
  }
}

[[noreturn]] [[gnu::cold]] inline void raise_of_file(int code, const char* function,
                                                     const std::string& path, int amode) {
  finish_callbacks(code);
  throw Exception(code, formatted("{} on {}: {}", {function, path, reason_of(code, amode)}));
}

/// A split collective that was begun and is not yet ended.
struct begun_access {
  const char* name = nullptr;  // of the function that began it; null: there is none
  int (*end)(MPI_File, void*, MPI_Status*) = nullptr;
  void* memory = nullptr;
  MPI_Count wanted = 0;      // bytes to be read
  MPI_Offset position = -1;  // from here, in units of the view; -1: nobody knows
  bool is_complete = false;  // at its begin
  MPI_Status status{};
};

/// Shared by all copies of a file; the last one closes it.
struct file_record final : counted {
  MPI_File raw = MPI_FILE_NULL;
  ownership whose = ownership::owned;
  std::string path;
  int amode = 0;
  // Collective access of all ranks in its nonblocking form, waited for under the policy; agreed.
  bool nonblocking_collectives = false;
  bool is_atomic = false;
  // Where all ranks meet, politely, before a call that waits inside of MPI; null where they spin.
  MPI_Comm meeting = MPI_COMM_NULL;
  comm_handle origin;  // what it was opened on, for checked mode
  // Of the view's elementary type: bytes of data, and what they span.
  MPI_Count etype_size = 1, etype_span = 1;
  std::atomic<int> under_way = 0;  // nonblocking calls
  begun_access begun;
  tracked open{"a file"};
  int exceptions = std::uncaught_exceptions();  // when it was opened

  /// Closes it. Collective; so not while an exception unwinds the stack of this rank, since the
  /// others may never come: then the file stays open until the job ends.
  ~file_record() override {
    process_state* const state = alive();
    if (!state || raw == MPI_FILE_NULL || whose == ownership::borrowed ||
        std::uncaught_exceptions() > exceptions)
      return;
    try {
      const ending_call inside(*state, "~File");
      meet(*state);
      const driven_section driven(*state);
      if (begun.name && !begun.is_complete) begun.end(raw, begun.memory, MPI_STATUS_IGNORE);
      close(*state);
    } catch (...) {
      // nobody is left to be told: the file stays open
    }
  }

  int close(process_state& state) {
    state.callbacks.remove(callback_kind::file_error, key_of(raw));  // its error handler
    const int code = MPI_File_close(&raw);
    raw = MPI_FILE_NULL;
    if (meeting != MPI_COMM_NULL) MPI_Comm_free(&meeting);
    open = {};
    return code;
  }
  void meet(process_state& state) const {
    if (meeting != MPI_COMM_NULL) detail::meet(state, meeting);
  }

  void check(int code, const char* function) const {
    if (code != MPI_SUCCESS) [[unlikely]]
      raise_of_file(code, function, path, amode);
  }

  /// One MPI call on this file, with its large counts if it has any.
  template <class Form, class... A>
  void call(A... arguments) const {
    if ((is_large(arguments) || ...)) [[unlikely]] {
#if MPI4CXX_SOME_COUNT_IN_INTS
      return check(call_with_large_elements<Form>(raw, arguments...), Form::name);
#else
      return check(Form::call_large(raw, arguments...), Form::name);
#endif
    }
    check(Form::call(raw, arguments...), Form::name);
  }

  /// The file was opened for what the operation does.
  template <class Operation>
  void require() const {
    constexpr int excluded =
        (Operation::writes ? MPI_MODE_RDONLY : MPI_MODE_WRONLY) |
        (Operation::position == file_position::shared ? 0 : MPI_MODE_SEQUENTIAL);
    if (amode & excluded) [[unlikely]]
      refuse(Operation::blocking::name, amode & excluded);
    if (begun.name && Operation::is_collective) [[unlikely]]
      refuse_second(Operation::blocking::name);
  }
  void require_writable(const char* function) const {
    if (amode & MPI_MODE_RDONLY) [[unlikely]]
      refuse(function, MPI_MODE_RDONLY);
  }
  void require_random_access(const char* function) const {
    if (amode & MPI_MODE_SEQUENTIAL) [[unlikely]]
      refuse(function, MPI_MODE_SEQUENTIAL);
  }
  /// MPI libraries differ in what they do with negative offsets and sizes: from errors to nothing.
  void require_positive(MPI_Offset value, const char* function, const char* what) const {
    if (value < 0) [[unlikely]]
      raise(MPI_ERR_ARG, formatted("{} on {}: the {} of {} is negative",
                                   {function, path, what, static_cast<long long>(value)}));
  }

  /// How many of the `wanted` bytes at a position of the view lie before the end of the file, as
  /// far as they make whole elements of the view.
  MPI_Count before_end(MPI_Offset position, MPI_Count wanted) const {
    MPI_Offset size = 0;
    check(MPI_File_get_size(raw, &size), "MPI_File_get_size");
    const auto is_inside = [&](MPI_Count elements) {
      MPI_Offset start = 0;
      check(MPI_File_get_byte_offset(raw, position + elements - 1, &start),
            "MPI_File_get_byte_offset");
      return start + etype_span <= size;
    };
    MPI_Count most = etype_size > 0 ? wanted / etype_size : 0;
    if (most == 0 || is_inside(most)) return wanted;
    MPI_Count inside = 0;  // those are; `most` are not
    while (most - inside > 1) {
      const MPI_Count middle = inside + (most - inside) / 2;
      (is_inside(middle) ? inside : most) = middle;
    }
    return inside * etype_size;
  }

 private:
  [[noreturn]] [[gnu::cold]] void refuse(const char* function, int reasons) const {
    if (reasons & MPI_MODE_SEQUENTIAL)
      raise(MPI_ERR_UNSUPPORTED_OPERATION,
            formatted("{} on {}: with MPI::MODE_SEQUENTIAL there is only the shared file pointer",
                      {function, path}));
    if (reasons & MPI_MODE_RDONLY)
      raise(MPI_ERR_READ_ONLY,
            formatted("{} on {}: it was opened with MPI::MODE_RDONLY; writing needs MPI::MODE_RDWR "
                      "or MPI::MODE_WRONLY",
                      {function, path}));
    raise(MPI_ERR_ACCESS, formatted("{} on {}: it was opened with MPI::MODE_WRONLY; reading needs "
                                    "MPI::MODE_RDWR or MPI::MODE_RDONLY",
                                    {function, path}));
  }
  [[noreturn]] [[gnu::cold]] void refuse_second(const char* function) const {
    raise(MPI_ERR_REQUEST,
          formatted("{} on {}: a file has one split collective at a time, and {} has not been "
                    "ended",
                    {function, path, begun.name}));
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
