// SPDX-License-Identifier: MIT
// Packing elements of a datatype into bytes, and taking them out again.
#pragma once

#include <mpi4cxx/buffer/buffer.hpp>
#include <mpi4cxx/comm/handle.hpp>
#include <mpi4cxx/handle/datatype_contents.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {
namespace detail {

/// How many elements of `type` a view holds: what its user said, or as many as fit.
inline MPI_Count elements_of(const memory_view& view, const Datatype& type) {
  if (view.is_none || view.is_in_place()) return 0;
  const MPI_Count one = span_of(1, type.native());
  if (!view.is_inferred) {
    if (view.limit != memory_view::unlimited && span_of(view.count, type.native()) > view.limit)
      too_many(view.count, span_of(view.count, type.native()), view.limit);
    return view.count;
  }
  if (view.limit == 0) return 0;
  const MPI_Count extent = type.extent();
  if (one > view.limit || extent <= 0)
    raise(MPI_ERR_COUNT,
          formatted("a buffer of {} bytes has no room for an element of this datatype, which needs "
                    "{}: give a count too",
                    {view.limit, one}));
  return (view.limit - one) / extent + 1;
}
/// The bytes of a view that holds packed data.
inline MPI_Count bytes_of(const memory_view& view) {
  if (view.is_none || view.is_in_place()) return 0;
  return view.is_inferred ? view.limit : span_of(view.count, view.type);
}

/// Whether there is anything to do. Checked here since MPICH packs what fits and says nothing, and
/// Open MPI refuses a buffer of nothing.
inline bool has_bytes(MPI_Count size, large_integer position, MPI_Count room) {
  if (position.value() < 0 || position.value() > room - size)
    raise(MPI_ERR_TRUNCATE, formatted("{} bytes from position {} do not lie within the packed "
                                      "buffer, which has {} bytes",
                                      {size, position.value(), room}));
  return size != 0;
}
/// The same for packed data of external32, of which `size` bytes are enough.
inline bool has_external_bytes(MPI_Count size, large_integer position, MPI_Count room) {
#if defined(OPEN_MPI)
  // it checks itself, and says twice the size of an MPI_LONG, which has 4 bytes in external32
  size = size != 0 ? 1 : 0;
#endif
  return has_bytes(size, position, room);
}
/// MPICH ends the process over what it cannot represent in external32.
[[gnu::cold]] inline void require_external([[maybe_unused]] const Datatype& type) {
#if defined(MPICH_NUMVERSION)
  const Datatype leaf = leaf_of(type);
  for (const MPI_Datatype refused :
       {MPI_DATATYPE_NULL, static_cast<MPI_Datatype>(MPI_WCHAR),
        static_cast<MPI_Datatype>(MPI_SHORT_INT), static_cast<MPI_Datatype>(MPI_2INT),
        static_cast<MPI_Datatype>(MPI_LONG_INT), static_cast<MPI_Datatype>(MPI_FLOAT_INT),
        static_cast<MPI_Datatype>(MPI_DOUBLE_INT), static_cast<MPI_Datatype>(MPI_LONG_DOUBLE_INT)})
    if (leaf.native() == refused)
      raise(MPI_ERR_TYPE,
            "MPICH has no external32 of struct types, of pairs of a value and an index, and of "
            "WCHAR: pack the members one after another");
#endif
}
/// For calls that take an int, which is room enough where the position is one.
inline int as_room(MPI_Count bytes) noexcept {
  return bytes > INT_MAX ? INT_MAX : static_cast<int>(bytes);
}

}  // namespace detail

[[gnu::cold]] inline MPI_Count Datatype::Pack(const ConstBuffer& inbuf, const Buffer& outbuf,
                                              detail::large_integer position,
                                              const detail::comm_handle& comm) const {
  MPI_Comm const raw_comm = comm.native();
  const detail::memory_view& out = outbuf.view();
  const MPI_Count count = detail::elements_of(inbuf.view(), *this), room = detail::bytes_of(out);
  if (!detail::has_bytes(count * Get_size(), position, room)) return position;
  if (count > INT_MAX || position.is_large() || room > INT_MAX) {
#if MPI_VERSION >= 4
    MPI_Count after = position;
    detail::check(MPI_Pack_c(inbuf.view().data, count, native(), const_cast<void*>(out.data), room,
                             &after, raw_comm),
                  "MPI_Pack_c");
    return after;
#else
    if (count > INT_MAX || position.is_large()) detail::too_large_for_datatype("MPI_Pack");
#endif
  }
  int after = position;
  detail::check(MPI_Pack(inbuf.view().data, static_cast<int>(count), native(),
                         const_cast<void*>(out.data), detail::as_room(room), &after, raw_comm),
                "MPI_Pack");
  return after;
}

[[gnu::cold]] inline MPI_Count Datatype::Unpack(const ConstBuffer& inbuf,
                                                detail::large_integer position,
                                                const Buffer& outbuf,
                                                const detail::comm_handle& comm) const {
  MPI_Comm const raw_comm = comm.native();
  const detail::memory_view& out = outbuf.view();
  const MPI_Count count = detail::elements_of(out, *this), room = detail::bytes_of(inbuf.view());
  if (!detail::has_bytes(count * Get_size(), position, room)) return position;
  if (count > INT_MAX || position.is_large() || room > INT_MAX) {
#if MPI_VERSION >= 4
    MPI_Count after = position;
    detail::check(MPI_Unpack_c(inbuf.view().data, room, &after, const_cast<void*>(out.data), count,
                               native(), raw_comm),
                  "MPI_Unpack_c");
    return after;
#else
    if (count > INT_MAX || position.is_large()) detail::too_large_for_datatype("MPI_Unpack");
#endif
  }
  int after = position;
  detail::check(
      MPI_Unpack(inbuf.view().data, detail::as_room(room), &after, const_cast<void*>(out.data),
                 static_cast<int>(count), native(), raw_comm),
      "MPI_Unpack");
  return after;
}

[[gnu::cold]] inline MPI_Count Datatype::Pack_size(detail::large_integer count,
                                                   const detail::comm_handle& comm) const {
  MPI_Comm const raw_comm = comm.native();
#if MPI_VERSION >= 4
  MPI_Count size = 0;
  detail::check(MPI_Pack_size_c(count, native(), raw_comm, &size), "MPI_Pack_size_c");
#else
  int size = 0;
  if (count.is_large() || count.value() * Get_size() > INT_MAX)
    detail::too_large_for_datatype("MPI_Pack_size");
  detail::check(MPI_Pack_size(count, native(), raw_comm, &size), "MPI_Pack_size");
#endif
  return size;
}

[[gnu::cold]] inline MPI_Count Datatype::Pack_external(const std::string& datarep,
                                                       const ConstBuffer& inbuf,
                                                       const Buffer& outbuf,
                                                       detail::large_integer position) const {
  detail::running();
  const detail::memory_view& out = outbuf.view();
  const MPI_Count count = detail::elements_of(inbuf.view(), *this), room = detail::bytes_of(out);
  if (!detail::has_external_bytes(Pack_external_size(datarep, count), position, room))
    return position;
#if MPI_VERSION >= 4
  MPI_Count after = position;
  detail::check(MPI_Pack_external_c(datarep.c_str(), inbuf.view().data, count, native(),
                                    const_cast<void*>(out.data), room, &after),
                "MPI_Pack_external_c");
#else
  MPI_Aint after = position;
  if (count > INT_MAX) detail::too_large_for_datatype("MPI_Pack_external");
  detail::check(MPI_Pack_external(datarep.c_str(), inbuf.view().data, static_cast<int>(count),
                                  native(), const_cast<void*>(out.data), room, &after),
                "MPI_Pack_external");
#endif
  return after;
}

[[gnu::cold]] inline MPI_Count Datatype::Unpack_external(const std::string& datarep,
                                                         const ConstBuffer& inbuf,
                                                         detail::large_integer position,
                                                         const Buffer& outbuf) const {
  detail::running();
  const detail::memory_view& out = outbuf.view();
  const MPI_Count count = detail::elements_of(out, *this), room = detail::bytes_of(inbuf.view());
  if (!detail::has_external_bytes(Pack_external_size(datarep, count), position, room))
    return position;
#if MPI_VERSION >= 4
  MPI_Count after = position;
  detail::check(MPI_Unpack_external_c(datarep.c_str(), inbuf.view().data, room, &after,
                                      const_cast<void*>(out.data), count, native()),
                "MPI_Unpack_external_c");
#else
  MPI_Aint after = position;
  if (count > INT_MAX) detail::too_large_for_datatype("MPI_Unpack_external");
  detail::check(MPI_Unpack_external(datarep.c_str(), inbuf.view().data, room, &after,
                                    const_cast<void*>(out.data), static_cast<int>(count), native()),
                "MPI_Unpack_external");
#endif
  return after;
}

[[gnu::cold]] inline MPI_Count Datatype::Pack_external_size(const std::string& datarep,
                                                            detail::large_integer count) const {
  detail::running();
  // MPI libraries take any text for it
  if (datarep != "external32")
    detail::raise(MPI_ERR_UNSUPPORTED_DATAREP,
                  detail::formatted("datarep is \"external32\", the one representation that is "
                                    "equal on all machines, not \"{}\"",
                                    {datarep}));
  detail::require_external(*this);
#if MPI_VERSION >= 4
  MPI_Count size = 0;
  detail::check(MPI_Pack_external_size_c(datarep.c_str(), count, native(), &size),
                "MPI_Pack_external_size_c");
#else
  MPI_Aint size = 0;
  if (count.is_large()) detail::too_large_for_datatype("MPI_Pack_external_size");
  detail::check(MPI_Pack_external_size(datarep.c_str(), count, native(), &size),
                "MPI_Pack_external_size");
#endif
  return size;
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
