// SPDX-License-Identifier: MIT
// namespace mpi4cxx::MPI: what `from mpi4py import MPI` gives.
#pragma once

#include <mpi4cxx/comm/comm.hpp>
#include <mpi4cxx/handle/info.hpp>
#include <mpi4cxx/rc.hpp>
#include <mpi4cxx/rma/win.hpp>

#include <string>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

// ---- constants

inline constexpr int ANY_SOURCE = MPI_ANY_SOURCE;
inline constexpr int ANY_TAG = MPI_ANY_TAG;
inline constexpr int PROC_NULL = MPI_PROC_NULL;
inline constexpr int ROOT = MPI_ROOT;
inline constexpr int UNDEFINED = MPI_UNDEFINED;
inline constexpr int BSEND_OVERHEAD = MPI_BSEND_OVERHEAD;

inline constexpr int THREAD_SINGLE = MPI_THREAD_SINGLE;
inline constexpr int THREAD_FUNNELED = MPI_THREAD_FUNNELED;
inline constexpr int THREAD_SERIALIZED = MPI_THREAD_SERIALIZED;
inline constexpr int THREAD_MULTIPLE = MPI_THREAD_MULTIPLE;

inline constexpr int IDENT = MPI_IDENT;
inline constexpr int CONGRUENT = MPI_CONGRUENT;
inline constexpr int SIMILAR = MPI_SIMILAR;
inline constexpr int UNEQUAL = MPI_UNEQUAL;

inline constexpr int MAX_PROCESSOR_NAME = MPI_MAX_PROCESSOR_NAME;
inline constexpr int MAX_ERROR_STRING = MPI_MAX_ERROR_STRING;
inline constexpr int MAX_OBJECT_NAME = MPI_MAX_OBJECT_NAME;
inline constexpr int MAX_LIBRARY_VERSION_STRING = MPI_MAX_LIBRARY_VERSION_STRING;

inline constexpr int SUCCESS = MPI_SUCCESS;
inline constexpr int ERR_BUFFER = MPI_ERR_BUFFER;
inline constexpr int ERR_COUNT = MPI_ERR_COUNT;
inline constexpr int ERR_TYPE = MPI_ERR_TYPE;
inline constexpr int ERR_TAG = MPI_ERR_TAG;
inline constexpr int ERR_COMM = MPI_ERR_COMM;
inline constexpr int ERR_RANK = MPI_ERR_RANK;
inline constexpr int ERR_REQUEST = MPI_ERR_REQUEST;
inline constexpr int ERR_ROOT = MPI_ERR_ROOT;
inline constexpr int ERR_GROUP = MPI_ERR_GROUP;
inline constexpr int ERR_OP = MPI_ERR_OP;
inline constexpr int ERR_TOPOLOGY = MPI_ERR_TOPOLOGY;
inline constexpr int ERR_DIMS = MPI_ERR_DIMS;
inline constexpr int ERR_ARG = MPI_ERR_ARG;
inline constexpr int ERR_UNKNOWN = MPI_ERR_UNKNOWN;
inline constexpr int ERR_TRUNCATE = MPI_ERR_TRUNCATE;
inline constexpr int ERR_OTHER = MPI_ERR_OTHER;
inline constexpr int ERR_INTERN = MPI_ERR_INTERN;
inline constexpr int ERR_IN_STATUS = MPI_ERR_IN_STATUS;
inline constexpr int ERR_PENDING = MPI_ERR_PENDING;
inline constexpr int ERR_INFO = MPI_ERR_INFO;
inline constexpr int ERR_INFO_KEY = MPI_ERR_INFO_KEY;
inline constexpr int ERR_INFO_VALUE = MPI_ERR_INFO_VALUE;
inline constexpr int ERR_INFO_NOKEY = MPI_ERR_INFO_NOKEY;
inline constexpr int ERR_NO_MEM = MPI_ERR_NO_MEM;
inline constexpr int ERR_KEYVAL = MPI_ERR_KEYVAL;
inline constexpr int ERR_LASTCODE = MPI_ERR_LASTCODE;

// ---- start and finish

/// Initializes MPI (thread level as rc says). Not needed: the first use does it. Where somebody
/// else has initialized MPI, all ranks calling this make the channel for large objects. Source:
/// MPI_Init_thread.
inline void Init() {
  detail::start_with({true, -1});
}
/// The same with a thread level; returns the one that MPI provides. Source: MPI_Init_thread.
inline int Init_thread(int required = THREAD_MULTIPLE) {
  return detail::start_with({true, required}).thread_level;
}
/// Finalizes now rather than at exit. Afterwards a use of MPI throws. Source: MPI_Finalize.
inline void Finalize() {
  detail::finalize(detail::running());
}
/// Whether MPI is initialized; does not initialize it. Source: MPI_Initialized.
inline bool Is_initialized() {
  int flag = 0;
  detail::check(MPI_Initialized(&flag), "MPI_Initialized");
  return flag != 0;
}
/// Whether MPI is finalized. Source: MPI_Finalized.
inline bool Is_finalized() {
  int flag = 0;
  detail::check(MPI_Finalized(&flag), "MPI_Finalized");
  return flag != 0;
}
/// The thread level that MPI provides. Source: MPI_Query_thread.
inline int Query_thread() {
  return detail::running().thread_level;
}
/// Whether this thread is the one that initialized MPI. Source: MPI_Is_thread_main.
inline bool Is_thread_main() {
  detail::running();
  int flag = 0;
  detail::check(MPI_Is_thread_main(&flag), "MPI_Is_thread_main");
  return flag != 0;
}

// ---- surroundings

/// The version of the MPI standard that the library implements. Source: MPI_Get_version.
inline std::pair<int, int> Get_version() {
  std::pair<int, int> version;
  detail::check(MPI_Get_version(&version.first, &version.second), "MPI_Get_version");
  return version;
}
/// Source: MPI_Get_library_version.
inline std::string Get_library_version() {
  char buffer[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  detail::check(MPI_Get_library_version(buffer, &length), "MPI_Get_library_version");
  return buffer;  // not by the length, in which Open MPI 4.1 counts the end of the string
}
/// Source: MPI_Get_processor_name.
inline std::string Get_processor_name() {
  detail::running();
  char buffer[MPI_MAX_PROCESSOR_NAME];
  int length = 0;
  detail::check(MPI_Get_processor_name(buffer, &length), "MPI_Get_processor_name");
  return {buffer, static_cast<std::size_t>(length)};
}
/// Seconds since some time in the past. Source: MPI_Wtime.
inline double Wtime() {
  detail::running();
  return MPI_Wtime();
}
/// The resolution of Wtime in seconds. Source: MPI_Wtick.
inline double Wtick() {
  detail::running();
  return MPI_Wtick();
}

// ---- the buffer of Bsend

/// Gives MPI memory for Bsend and Ibsend; at least the messages and BSEND_OVERHEAD for each. It
/// must last until Detach_buffer. Source: MPI_Buffer_attach.
inline void Attach_buffer(Buffer buffer) {
  detail::running();
  const auto& view = buffer.view();
  if (view.limit < 0 || view.limit > INT_MAX)
    detail::raise(MPI_ERR_BUFFER, "the buffer to attach is a range of at most 2 GiB");
  detail::check(MPI_Buffer_attach(const_cast<void*>(view.data), static_cast<int>(view.limit)),
                "MPI_Buffer_attach");
}
/// Waits until all its messages are sent, and gives the memory back. Source: MPI_Buffer_detach.
inline std::span<std::byte> Detach_buffer() {
  detail::process_state& state = detail::running();
  const detail::driven_section driven(state);
  void* memory = nullptr;
  int size = 0;
  detail::check(MPI_Buffer_detach(&memory, &size), "MPI_Buffer_detach");
  return {static_cast<std::byte*>(memory), static_cast<std::size_t>(size)};
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
