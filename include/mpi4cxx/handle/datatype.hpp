// SPDX-License-Identifier: MIT
// MPI::Datatype and the predefined datatypes.
#pragma once

#include <mpi4cxx/handle/attribute.hpp>
#include <mpi4cxx/handle/handle.hpp>
#include <mpi4cxx/runtime/error.hpp>
#include <mpi4cxx/runtime/integer.hpp>

#include <string>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// The type of the elements of a buffer. Copies refer to the same type; the last one frees it.
class Datatype : public detail::attributes_of<Datatype, detail::type_attributes> {
  using handle = detail::shared_handle<MPI_Datatype, MPI_Type_free>;

 public:
  /// DATATYPE_NULL.
  Datatype() : handle_(MPI_DATATYPE_NULL) {}
  /// A predefined type, or one whose owner is elsewhere.
  constexpr Datatype(detail::raw_handle_t, MPI_Datatype raw) : handle_(raw) {}
  /// Takes over a raw handle, to be freed with the last copy.
  static Datatype adopt(MPI_Datatype raw) { return Datatype(handle::owning(raw)); }
  /// The datatype of a C++ type (defined in buffer/datatype_of.hpp): arithmetic types, complex
  /// numbers and enums have a predefined one; a trivially copyable aggregate is a run of bytes, in
  /// a new type that is committed.
  template <class T>
  static Datatype of();

  MPI_Datatype native() const noexcept { return handle_.get(); }

  bool operator==(const Datatype& other) const noexcept { return native() == other.native(); }
  explicit operator bool() const noexcept { return native() != MPI_DATATYPE_NULL; }

  /// Bytes of data in an element. Source: MPI_Type_size_x.
  MPI_Count Get_size() const {
    MPI_Count size = 0;
    detail::running();
    detail::check(MPI_Type_size_x(native(), &size), "MPI_Type_size_x");
    return size;
  }
  MPI_Count size() const { return Get_size(); }
  /// Lower bound and extent in bytes. Source: MPI_Type_get_extent.
  std::pair<MPI_Aint, MPI_Aint> Get_extent() const {
    MPI_Aint lower = 0, extent = 0;
    detail::running();
    detail::check(MPI_Type_get_extent(native(), &lower, &extent), "MPI_Type_get_extent");
    return {lower, extent};
  }
  MPI_Aint extent() const { return Get_extent().second; }

  /// `count` elements in a row. Source: MPI_Type_contiguous.
  Datatype Create_contiguous(detail::integer count) const {
    return make("MPI_Type_contiguous",
                [&](MPI_Datatype* made) { return MPI_Type_contiguous(count, native(), made); });
  }
  /// `count` blocks of `blocklength` elements, their starts `stride` elements apart.
  /// Source: MPI_Type_vector.
  Datatype Create_vector(detail::integer count, detail::integer blocklength,
                         detail::integer stride) const {
    return make("MPI_Type_vector", [&](MPI_Datatype* made) {
      return MPI_Type_vector(count, blocklength, stride, native(), made);
    });
  }
  /// The same type with other bounds, in bytes. Source: MPI_Type_create_resized.
  Datatype Create_resized(MPI_Aint lb, MPI_Aint extent) const {
    return make("MPI_Type_create_resized", [&](MPI_Datatype* made) {
      return MPI_Type_create_resized(native(), lb, extent, made);
    });
  }
  /// A copy that is a type of its own. Source: MPI_Type_dup.
  Datatype Dup() const {
    return make("MPI_Type_dup", [&](MPI_Datatype* made) { return MPI_Type_dup(native(), made); });
  }
  /// Makes the type usable in communication; returns itself. Source: MPI_Type_commit.
  Datatype& Commit() & {
    MPI_Datatype raw = native();
    detail::check(MPI_Type_commit(&raw), "MPI_Type_commit");
    return *this;
  }
  Datatype Commit() && { return std::move(Commit()); }
  /// Frees the type now; all copies become DATATYPE_NULL. Source: MPI_Type_free.
  void Free() { handle_.free("MPI_Type_free"); }

  /// Source: MPI_Type_get_name.
  std::string Get_name() const {
    char buffer[MPI_MAX_OBJECT_NAME];
    int length = 0;
    detail::running();
    detail::check(MPI_Type_get_name(native(), buffer, &length), "MPI_Type_get_name");
    return {buffer, static_cast<std::size_t>(length)};
  }
  /// Source: MPI_Type_set_name.
  void Set_name(const std::string& name) {
    detail::running();
    detail::check(MPI_Type_set_name(native(), name.c_str()), "MPI_Type_set_name");
  }

 private:
  explicit Datatype(handle owned) : handle_(std::move(owned)) {}
  template <class Function>
  static Datatype make(const char* name, Function&& function) {
    detail::running();
    MPI_Datatype made = MPI_DATATYPE_NULL;
    detail::check(function(&made), name);
    return adopt(made);
  }
  handle handle_;
};

#define MPI4CXX_DATATYPE(name, raw) \
  MPI4CXX_PREDEFINED Datatype name{detail::raw_handle, static_cast<MPI_Datatype>(raw)};
MPI4CXX_DATATYPE(DATATYPE_NULL, MPI_DATATYPE_NULL)
MPI4CXX_DATATYPE(PACKED, MPI_PACKED)
MPI4CXX_DATATYPE(BYTE, MPI_BYTE)
MPI4CXX_DATATYPE(AINT, MPI_AINT)
MPI4CXX_DATATYPE(OFFSET, MPI_OFFSET)
MPI4CXX_DATATYPE(COUNT, MPI_COUNT)
MPI4CXX_DATATYPE(CHAR, MPI_CHAR)
MPI4CXX_DATATYPE(WCHAR, MPI_WCHAR)
MPI4CXX_DATATYPE(SIGNED_CHAR, MPI_SIGNED_CHAR)
MPI4CXX_DATATYPE(SHORT, MPI_SHORT)
MPI4CXX_DATATYPE(INT, MPI_INT)
MPI4CXX_DATATYPE(LONG, MPI_LONG)
MPI4CXX_DATATYPE(LONG_LONG, MPI_LONG_LONG)
MPI4CXX_DATATYPE(UNSIGNED_CHAR, MPI_UNSIGNED_CHAR)
MPI4CXX_DATATYPE(UNSIGNED_SHORT, MPI_UNSIGNED_SHORT)
MPI4CXX_DATATYPE(UNSIGNED, MPI_UNSIGNED)
MPI4CXX_DATATYPE(UNSIGNED_LONG, MPI_UNSIGNED_LONG)
MPI4CXX_DATATYPE(UNSIGNED_LONG_LONG, MPI_UNSIGNED_LONG_LONG)
MPI4CXX_DATATYPE(FLOAT, MPI_FLOAT)
MPI4CXX_DATATYPE(DOUBLE, MPI_DOUBLE)
MPI4CXX_DATATYPE(LONG_DOUBLE, MPI_LONG_DOUBLE)
MPI4CXX_DATATYPE(C_BOOL, MPI_C_BOOL)
MPI4CXX_DATATYPE(INT8_T, MPI_INT8_T)
MPI4CXX_DATATYPE(INT16_T, MPI_INT16_T)
MPI4CXX_DATATYPE(INT32_T, MPI_INT32_T)
MPI4CXX_DATATYPE(INT64_T, MPI_INT64_T)
MPI4CXX_DATATYPE(UINT8_T, MPI_UINT8_T)
MPI4CXX_DATATYPE(UINT16_T, MPI_UINT16_T)
MPI4CXX_DATATYPE(UINT32_T, MPI_UINT32_T)
MPI4CXX_DATATYPE(UINT64_T, MPI_UINT64_T)
MPI4CXX_DATATYPE(C_FLOAT_COMPLEX, MPI_C_FLOAT_COMPLEX)
MPI4CXX_DATATYPE(C_DOUBLE_COMPLEX, MPI_C_DOUBLE_COMPLEX)
MPI4CXX_DATATYPE(C_LONG_DOUBLE_COMPLEX, MPI_C_LONG_DOUBLE_COMPLEX)
MPI4CXX_DATATYPE(CXX_BOOL, MPI_CXX_BOOL)
MPI4CXX_DATATYPE(CXX_FLOAT_COMPLEX, MPI_CXX_FLOAT_COMPLEX)
MPI4CXX_DATATYPE(CXX_DOUBLE_COMPLEX, MPI_CXX_DOUBLE_COMPLEX)
MPI4CXX_DATATYPE(CXX_LONG_DOUBLE_COMPLEX, MPI_CXX_LONG_DOUBLE_COMPLEX)
MPI4CXX_DATATYPE(SHORT_INT, MPI_SHORT_INT)
MPI4CXX_DATATYPE(INT_INT, MPI_2INT)
MPI4CXX_DATATYPE(LONG_INT, MPI_LONG_INT)
MPI4CXX_DATATYPE(FLOAT_INT, MPI_FLOAT_INT)
MPI4CXX_DATATYPE(DOUBLE_INT, MPI_DOUBLE_INT)
MPI4CXX_DATATYPE(LONG_DOUBLE_INT, MPI_LONG_DOUBLE_INT)
#undef MPI4CXX_DATATYPE

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
