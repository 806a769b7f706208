// SPDX-License-Identifier: MIT
// namespace mpi4cxx::MPI: what `from mpi4py import MPI` gives.
#pragma once

#include <mpi4cxx/buffer/strided.hpp>
#include <mpi4cxx/comm/dynamic.hpp>
#include <mpi4cxx/comm/intercomm.hpp>
#include <mpi4cxx/comm/topology.hpp>
#include <mpi4cxx/constants.hpp>
#include <mpi4cxx/handle/datatype_contents.hpp>
#include <mpi4cxx/handle/datatype_pack.hpp>
#include <mpi4cxx/handle/grequest.hpp>
#include <mpi4cxx/handle/info.hpp>
#include <mpi4cxx/handle/session.hpp>
#include <mpi4cxx/io/file.hpp>
#include <mpi4cxx/rc.hpp>
#include <mpi4cxx/rma/win.hpp>

#include <string>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

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
/// What the MPI library says of itself: its name and version. Local, before Init, too. Source:
/// MPI_Get_library_version.
inline std::string Get_library_version() {
  char buffer[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  detail::check(MPI_Get_library_version(buffer, &length), "MPI_Get_library_version");
  return buffer;  // not by the length, in which Open MPI 4.1 counts the end of the string
}
/// The name of the machine that this rank runs on. Local. Source: MPI_Get_processor_name.
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

// ---- memory and addresses

/// Memory from MPI, which may be faster to transfer: at least `size` bytes, given back by Free_mem.
/// Source: MPI_Alloc_mem.
inline std::span<std::byte> Alloc_mem(detail::large_integer size, const Info& info = INFO_NULL) {
  detail::running();
  void* memory = nullptr;
  detail::check(MPI_Alloc_mem(size, info.native(), &memory), "MPI_Alloc_mem");
  return {static_cast<std::byte*>(memory), static_cast<std::size_t>(size.value())};
}
/// Gives memory of Alloc_mem back. Source: MPI_Free_mem.
inline void Free_mem(std::span<std::byte> memory) {
  detail::running();
  if (memory.data()) detail::check(MPI_Free_mem(memory.data()), "MPI_Free_mem");
}
/// The address of a buffer, for displacements of datatypes that are used with BOTTOM. Source:
/// MPI_Get_address.
inline MPI_Aint Get_address(const ConstBuffer& location) {
  detail::running();
  MPI_Aint address = 0;
  detail::check(MPI_Get_address(location.view().data, &address), "MPI_Get_address");
  return address;
}
inline MPI_Aint Get_address(Bottom_t) noexcept {
  return 0;
}
/// An address and a displacement. Source: MPI_Aint_add.
inline MPI_Aint Aint_add(MPI_Aint base, MPI_Aint disp) noexcept {
  return MPI_Aint_add(base, disp);
}
/// What lies between two addresses. Source: MPI_Aint_diff.
inline MPI_Aint Aint_diff(MPI_Aint addr1, MPI_Aint addr2) noexcept {
  return MPI_Aint_diff(addr1, addr2);
}

// ---- errors

/// The error class (ERR_...) of an error code. Source: MPI_Error_class.
inline int Get_error_class(detail::integer errorcode) {
  detail::running();
  int error_class = MPI_ERR_UNKNOWN;
  detail::check(detail::error_class(errorcode, &error_class), "MPI_Error_class");
  return error_class;
}
/// What the MPI library says of an error code. Source: MPI_Error_string.
inline std::string Get_error_string(detail::integer errorcode) {
  detail::running();
  char buffer[MPI_MAX_ERROR_STRING];
  int length = 0;
  detail::check(MPI_Error_string(errorcode, buffer, &length), "MPI_Error_string");
  return {buffer, static_cast<std::size_t>(length)};
}
/// A new error class, for errors of the program's own: codes of it may be thrown as Exception(code)
/// and given to Call_errhandler. Local; it stays until the end. Source: MPI_Add_error_class.
inline int Add_error_class() {
  detail::running();
  int error_class = MPI_ERR_UNKNOWN;
  detail::check(MPI_Add_error_class(&error_class), "MPI_Add_error_class");
  return error_class;
}
/// A new error code of a class. Source: MPI_Add_error_code.
inline int Add_error_code(detail::integer errorclass) {
  detail::running();
  int code = MPI_ERR_UNKNOWN;
  detail::check(MPI_Add_error_code(errorclass, &code), "MPI_Add_error_code");
  return code;
}
/// What Get_error_string shall say of an added class or code, in place of what it was given before.
/// Throws Exception (ERR_ARG) where it is longer than MPI allows, or for a class of MPI's own.
/// Source: MPI_Add_error_string.
inline void Add_error_string(detail::integer errorcode, const std::string& string) {
  // MPICH 4.0 reports success, and does nothing
  if (int{errorcode} <= MPI_ERR_LASTCODE && Get_error_class(errorcode) == int{errorcode})
    detail::raise(
        MPI_ERR_ARG,
        detail::formatted("{} is an error class of MPI, which has its string", {int{errorcode}}));
  if (string.size() >= MPI_MAX_ERROR_STRING)
    detail::raise(MPI_ERR_ARG,
                  detail::formatted("an error string of {} characters: at most {} are possible",
                                    {string.size(), MPI_MAX_ERROR_STRING - 1}));
  detail::check(MPI_Add_error_string(errorcode, string.c_str()), "MPI_Add_error_string");
}

namespace detail {
// MPI's functions that take back what was added; before MPI 4.1 there are none.
#if MPI_VERSION > 4 || (MPI_VERSION == 4 && MPI_SUBVERSION >= 1)
#define MPI4CXX_REMOVE(name) \
  running();                 \
  check(name(number), #name)
#else
#define MPI4CXX_REMOVE(name)                                                                     \
  raise(MPI_ERR_UNSUPPORTED_OPERATION,                                                           \
        formatted(#name " needs MPI 4.1, but this MPI library implements {}.{}: what was added " \
                        "stays until the end",                                                   \
                  {MPI_VERSION, MPI_SUBVERSION}))
#endif
inline void remove_error_class([[maybe_unused]] int number) {
  MPI4CXX_REMOVE(MPI_Remove_error_class);
}
inline void remove_error_code([[maybe_unused]] int number) {
  MPI4CXX_REMOVE(MPI_Remove_error_code);
}
inline void remove_error_string([[maybe_unused]] int number) {
  MPI4CXX_REMOVE(MPI_Remove_error_string);
}
#undef MPI4CXX_REMOVE
}  // namespace detail

/// Each takes back what was added; throws Exception (ERR_UNSUPPORTED_OPERATION) before MPI 4.1.
/// Source: MPI_Remove_error_class, MPI_Remove_error_code, MPI_Remove_error_string.
inline void Remove_error_class(detail::integer errorclass) {
  detail::remove_error_class(errorclass);
}
inline void Remove_error_code(detail::integer errorcode) {
  detail::remove_error_code(errorcode);
}
inline void Remove_error_string(detail::integer errorcode) {
  detail::remove_error_string(errorcode);
}

/// For profiling libraries: 0 switches them off, 1 on, 2 writes out what they have. Without one it
/// does nothing. Source: MPI_Pcontrol.
inline void Pcontrol(detail::integer level) {
  detail::running();
  detail::check(MPI_Pcontrol(int{level}), "MPI_Pcontrol");
}

// ---- the buffer of Bsend

/// Gives MPI memory for Bsend and Ibsend; at least the messages and BSEND_OVERHEAD for each. It
/// must last until Detach_buffer. Source: MPI_Buffer_attach.
inline void Attach_buffer(Buffer buffer) {
  detail::running();
  const auto& view = buffer.view();
#if MPI_VERSION >= 4
  if (view.limit > INT_MAX)
    return detail::check(MPI_Buffer_attach_c(const_cast<void*>(view.data), view.limit),
                         "MPI_Buffer_attach_c");
#endif
  if (view.limit < 0 || view.limit > INT_MAX)
    detail::raise(MPI_ERR_BUFFER, "the buffer to attach is a range of at most 2 GiB");
  detail::check(MPI_Buffer_attach(const_cast<void*>(view.data), static_cast<int>(view.limit)),
                "MPI_Buffer_attach");
}
/// Waits until all its messages are sent, and gives the memory back. Source: MPI_Buffer_detach.
inline std::span<std::byte> Detach_buffer(place where = place::here()) {
  detail::process_state& state = detail::running();
  const detail::user_call inside(state, "Detach_buffer", where);
  const detail::driven_section driven(state);
  void* memory = nullptr;
#if MPI_VERSION >= 4
  MPI_Count size = 0;
  detail::check(MPI_Buffer_detach_c(&memory, &size), "MPI_Buffer_detach_c");
#else
  int size = 0;
  detail::check(MPI_Buffer_detach(&memory, &size), "MPI_Buffer_detach");
#endif
  return {static_cast<std::byte*>(memory), static_cast<std::size_t>(size)};
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
