// SPDX-License-Identifier: MIT
// MPI::Datatype and the predefined datatypes. How a type was made is read in
// handle/datatype_contents.hpp; packing is in handle/datatype_pack.hpp.
#pragma once

#include <mpi4cxx/handle/attribute.hpp>
#include <mpi4cxx/handle/datatype_arguments.hpp>
#include <mpi4cxx/handle/handle.hpp>
#include <mpi4cxx/runtime/large_count.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

class Buffer;
class ConstBuffer;
/// The tag of Datatype::of<T>(as_struct): an aggregate as an MPI struct type, not as bytes.
struct as_struct_t {};
inline constexpr as_struct_t as_struct;

namespace detail {

class comm_handle;

struct datatype_contents;
struct decoded_datatype;

/// Whether the library made it for a C++ type, and uses it until finalize.
[[gnu::cold]] inline bool is_kept(MPI_Datatype type) {
  process_state& state = running();
  const lock_guard lock(state.starting);
  for (const MPI_Datatype kept : state.kept_types)
    if (kept == type) return true;
  return false;
}

}  // namespace detail

/// The type of the elements of a buffer. Copies refer to the same type; the last one frees it.
class Datatype : public detail::attributes_of<Datatype, detail::type_attributes> {
  using handle = detail::shared_handle<MPI_Datatype, MPI_Type_free>;

 public:
  /// DATATYPE_NULL.
  Datatype() : handle_(MPI_DATATYPE_NULL) {}
  /// A predefined type, or one whose owner is elsewhere.
  constexpr Datatype(detail::raw_handle_t, MPI_Datatype raw) : handle_(raw) {}
  /// Takes over a raw handle, to be freed with the last copy.
  static Datatype adopt(MPI_Datatype raw) { return Datatype(handle::owning(raw, "a Datatype")); }
  /// The datatype of a C++ type (defined in buffer/datatype_of.hpp): arithmetic types, complex
  /// numbers and enums have a predefined one; a trivially copyable aggregate is a run of bytes, in
  /// a new type that is committed.
  template <class T>
  static Datatype of();
  /// The same with the members of an aggregate, nested ones and arrays too, as an MPI struct type
  /// of the aggregate's extent: what files for other machines and jobs of different machines need.
  /// Both sides of a transfer should use it. One committed type for each T, made at the first use
  /// and kept. Throws Exception (ERR_TYPE) if T has bit-fields. Source: MPI_Type_create_struct.
  ///
  ///     comm.Send({particles, MPI::Datatype::of<Particle>(MPI::as_struct)}, 1);
  template <class T>
  static Datatype of(as_struct_t);

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
  MPI_Aint lb() const { return Get_extent().first; }
  MPI_Aint ub() const {
    const auto [lower, extent] = Get_extent();
    return lower + extent;
  }
  /// The same of the data alone, without the room that a resized type leaves around it.
  /// Source: MPI_Type_get_true_extent.
  std::pair<MPI_Aint, MPI_Aint> Get_true_extent() const {
    MPI_Aint lower = 0, extent = 0;
    detail::running();
    detail::check(MPI_Type_get_true_extent(native(), &lower, &extent), "MPI_Type_get_true_extent");
    return {lower, extent};
  }
  MPI_Aint true_extent() const { return Get_true_extent().second; }
  MPI_Aint true_lb() const { return Get_true_extent().first; }
  MPI_Aint true_ub() const {
    const auto [lower, extent] = Get_true_extent();
    return lower + extent;
  }

  // ---- constructors: local calls; the new type must be committed before it is used in a transfer.
  // Counts may be beyond 2^31 where the MPI library has MPI 4 (see docs/known-issues.md).

#if MPI_VERSION >= 4
#define MPI4CXX_MAKE(large, function, ...)                           \
  detail::running();                                                 \
  MPI_Datatype made = MPI_DATATYPE_NULL;                             \
  if (large) [[unlikely]]                                            \
    detail::check(function##_c(__VA_ARGS__, &made), #function "_c"); \
  else                                                               \
    detail::check(function(__VA_ARGS__, &made), #function);          \
  return adopt(made)
#else
#define MPI4CXX_MAKE(large, function, ...)                \
  detail::running();                                      \
  MPI_Datatype made = MPI_DATATYPE_NULL;                  \
  if (large) detail::too_large_for_datatype(#function);   \
  detail::check(function(__VA_ARGS__, &made), #function); \
  return adopt(made)
#endif

  /// `count` elements in a row. Source: MPI_Type_contiguous.
  Datatype Create_contiguous(detail::large_integer count, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Create_contiguous", where);
#if MPI_VERSION < 4
    if (count.is_large()) return adopt(detail::large_element(count, native()).release());
#endif
    MPI4CXX_MAKE(count.is_large(), MPI_Type_contiguous, count, native());
  }
  /// `count` blocks of `blocklength` elements, their starts `stride` elements apart.
  /// Source: MPI_Type_vector.
  ///
  ///     auto column = MPI::DOUBLE.Create_vector({.count = rows, .blocklength = 1, .stride =
  ///     columns});
  Datatype Create_vector(detail::vector_arguments pack, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Create_vector", where);
    MPI4CXX_MAKE(pack.count.is_large() || pack.blocklength.is_large() || pack.stride.is_large(),
                 MPI_Type_vector, pack.count, pack.blocklength, pack.stride, native());
  }
  Datatype Create_vector(detail::large_integer count, detail::large_integer blocklength,
                         detail::large_integer stride, place where = place::here()) const {
    return Create_vector({count, blocklength, stride}, where);
  }
  /// The same with the stride in bytes. Source: MPI_Type_create_hvector.
  Datatype Create_hvector(detail::vector_arguments pack, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Create_hvector", where);
    MPI4CXX_MAKE(pack.count.is_large() || pack.blocklength.is_large(), MPI_Type_create_hvector,
                 pack.count, pack.blocklength, pack.stride, native());
  }
  Datatype Create_hvector(detail::large_integer count, detail::large_integer blocklength,
                          detail::large_integer stride, place where = place::here()) const {
    return Create_hvector({count, blocklength, stride}, where);
  }
  /// Blocks of these lengths at these displacements, in elements. Source: MPI_Type_indexed.
  Datatype Create_indexed(const detail::indexed_arguments& pack,
                          place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Create_indexed", where);
    const detail::large_integer count = length_of(pack.blocklengths, pack.displacements);
    MPI4CXX_MAKE(pack.blocklengths.is_large() || pack.displacements.is_large(), MPI_Type_indexed,
                 count, pack.blocklengths, pack.displacements, native());
  }
  Datatype Create_indexed(detail::large_integer_list blocklengths,
                          detail::large_integer_list displacements,
                          place where = place::here()) const {
    return Create_indexed({std::move(blocklengths), std::move(displacements)}, where);
  }
  /// The same with the displacements in bytes. Source: MPI_Type_create_hindexed.
  Datatype Create_hindexed(const detail::indexed_arguments& pack,
                           place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Create_hindexed", where);
    const detail::large_integer count = length_of(pack.blocklengths, pack.displacements);
    MPI4CXX_MAKE(pack.blocklengths.is_large(), MPI_Type_create_hindexed, count, pack.blocklengths,
                 pack.displacements, native());
  }
  Datatype Create_hindexed(detail::large_integer_list blocklengths,
                           detail::large_integer_list displacements,
                           place where = place::here()) const {
    return Create_hindexed({std::move(blocklengths), std::move(displacements)}, where);
  }
  /// Blocks of one length at these displacements, in elements. Source:
  /// MPI_Type_create_indexed_block.
  Datatype Create_indexed_block(const detail::indexed_block_arguments& pack,
                                place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Create_indexed_block", where);
    const detail::large_integer count = length_of(pack.displacements);
    MPI4CXX_MAKE(pack.blocklength.is_large() || pack.displacements.is_large(),
                 MPI_Type_create_indexed_block, count, pack.blocklength, pack.displacements,
                 native());
  }
  Datatype Create_indexed_block(detail::large_integer blocklength,
                                detail::large_integer_list displacements,
                                place where = place::here()) const {
    return Create_indexed_block({blocklength, std::move(displacements)}, where);
  }
  /// The same with the displacements in bytes. Source: MPI_Type_create_hindexed_block.
  Datatype Create_hindexed_block(const detail::indexed_block_arguments& pack,
                                 place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Create_hindexed_block", where);
    const detail::large_integer count = length_of(pack.displacements);
    MPI4CXX_MAKE(pack.blocklength.is_large(), MPI_Type_create_hindexed_block, count,
                 pack.blocklength, pack.displacements, native());
  }
  Datatype Create_hindexed_block(detail::large_integer blocklength,
                                 detail::large_integer_list displacements,
                                 place where = place::here()) const {
    return Create_hindexed_block({blocklength, std::move(displacements)}, where);
  }
  /// The predefined (Fortran) type of TYPECLASS_INTEGER, TYPECLASS_REAL or TYPECLASS_COMPLEX with
  /// this size in bytes; throws where MPI has none. Source: MPI_Type_match_size.
  static Datatype Match_size(detail::integer typeclass, detail::integer size) {
    detail::running();
    MPI_Datatype found = MPI_DATATYPE_NULL;
    detail::check(MPI_Type_match_size(typeclass, size, &found), "MPI_Type_match_size");
    return Datatype(detail::raw_handle, found);
  }
  /// Blocks of these lengths, of these types, at these displacements in bytes. Of a C++ aggregate
  /// of<T>(as_struct) does it all. Source: MPI_Type_create_struct.
  static Datatype Create_struct(const detail::large_integer_list& blocklengths,
                                const detail::large_integer_list& displacements,
                                const std::vector<Datatype>& datatypes,
                                place where = place::here()) {
    const detail::user_call inside(detail::running(), "Datatype.Create_struct", where);
    const detail::large_integer count = length_of(blocklengths, displacements);
    if (datatypes.size() != blocklengths.size())
      detail::unequal_lists(blocklengths.size(), datatypes.size());
    std::vector<MPI_Datatype> raw;
    for (const Datatype& each : datatypes) raw.push_back(each.native());
    MPI4CXX_MAKE(blocklengths.is_large(), MPI_Type_create_struct, count, blocklengths,
                 displacements, raw.data());
  }
  /// The part of an array of `sizes` that has `subsizes` and begins at `starts`; its extent is that
  /// of the whole array. Source: MPI_Type_create_subarray.
  Datatype Create_subarray(const detail::subarray_arguments& pack,
                           place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Create_subarray", where);
    check_subarray(pack);
    const detail::large_integer dimensions = length_of(pack.sizes);
    MPI4CXX_MAKE(pack.sizes.is_large() || pack.subsizes.is_large() || pack.starts.is_large(),
                 MPI_Type_create_subarray, dimensions, pack.sizes, pack.subsizes, pack.starts,
                 pack.order, native());
  }
  Datatype Create_subarray(detail::large_integer_list sizes, detail::large_integer_list subsizes,
                           detail::large_integer_list starts, detail::integer order = MPI_ORDER_C,
                           place where = place::here()) const {
    return Create_subarray({std::move(sizes), std::move(subsizes), std::move(starts), order},
                           where);
  }
  /// What `rank` of `size` ranks has of an array of `gsizes` that is divided among a grid of
  /// `psizes` ranks as `distribs` (DISTRIBUTE_BLOCK, ...) and `dargs` say. Source:
  /// MPI_Type_create_darray.
  Datatype Create_darray(const detail::darray_arguments& pack, place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Create_darray", where);
    length_of(pack.gsizes, pack.distribs);
    length_of(pack.gsizes, pack.dargs);
    const detail::large_integer dimensions = length_of(pack.gsizes, pack.psizes);
    MPI4CXX_MAKE(pack.gsizes.is_large(), MPI_Type_create_darray, pack.size, pack.rank, dimensions,
                 pack.gsizes, pack.distribs, pack.dargs, pack.psizes, pack.order, native());
  }
  Datatype Create_darray(detail::integer size, detail::integer rank,
                         detail::large_integer_list gsizes, detail::large_integer_list distribs,
                         detail::large_integer_list dargs, detail::large_integer_list psizes,
                         detail::integer order = MPI_ORDER_C, place where = place::here()) const {
    return Create_darray({size, rank, std::move(gsizes), std::move(distribs), std::move(dargs),
                          std::move(psizes), order},
                         where);
  }
  /// The same type with other bounds, in bytes. Source: MPI_Type_create_resized.
  Datatype Create_resized(detail::large_integer lb, detail::large_integer extent,
                          place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Create_resized", where);
    MPI4CXX_MAKE(false, MPI_Type_create_resized, native(), lb, extent);
  }
  Datatype Create_resized(detail::resized_arguments pack, place where = place::here()) const {
    return Create_resized(pack.lb, pack.extent, where);
  }
  Datatype Resized(detail::large_integer lb, detail::large_integer extent) const {
    return Create_resized(lb, extent);
  }
  Datatype Resized(detail::resized_arguments pack) const {
    return Create_resized(pack);
  }
#undef MPI4CXX_MAKE
  /// A copy that is a type of its own. Source: MPI_Type_dup.
  Datatype Dup(place where = place::here()) const {
    const detail::user_call inside(detail::running(), "Datatype.Dup", where);
    detail::running();
    MPI_Datatype made = MPI_DATATYPE_NULL;
    detail::check(MPI_Type_dup(native(), &made), "MPI_Type_dup");
    return adopt(made);
  }
  Datatype Create_dup(place where = place::here()) const {
    return Dup(where);
  }
  /// Makes the type usable in communication; returns itself. Source: MPI_Type_commit.
  Datatype& Commit() & {
    detail::running();
    MPI_Datatype raw = native();
    detail::check(MPI_Type_commit(&raw), "MPI_Type_commit");
    return *this;
  }
  Datatype Commit() && {
    return std::move(Commit());
  }
  /// Frees the type now; all copies become DATATYPE_NULL. A type of `of`, which the library keeps,
  /// is only forgotten. Source: MPI_Type_free.
  void Free() {
    if (!handle_.is_owned() && detail::is_kept(native()))
      handle_ = handle(MPI_DATATYPE_NULL);
    else
      handle_.free("MPI_Type_free");
    detail::finish_callbacks();
  }

  /// As Set_name or MPI named it; empty without a name. Local. Source: MPI_Type_get_name.
  std::string Get_name() const {
    char buffer[MPI_MAX_OBJECT_NAME];
    int length = 0;
    detail::running();
    detail::check(MPI_Type_get_name(native(), buffer, &length), "MPI_Type_get_name");
    return {buffer, static_cast<std::size_t>(length)};
  }
  std::string name() const {
    return Get_name();
  }
  /// Names it on this rank, for reports and debuggers. Local. Source: MPI_Type_set_name.
  void Set_name(const std::string& name) {
    detail::running();
    detail::check(MPI_Type_set_name(native(), name.c_str()), "MPI_Type_set_name");
  }

  // ---- how it was made (handle/datatype_contents.hpp)

  /// How many integers, addresses, counts and datatypes it was made of, and by which constructor
  /// (COMBINER_VECTOR, ...). Source: MPI_Type_get_envelope.
  ///
  ///     auto [integers, addresses, counts, datatypes, combiner] = type.Get_envelope();
  detail::datatype_envelope Get_envelope() const;
  detail::datatype_envelope envelope() const {
    return Get_envelope();
  }
  /// The arguments of its constructor: {integers, addresses, counts, datatypes}, as MPI lists them.
  /// Those of predefined types throw ERR_TYPE. Source: MPI_Type_get_contents.
  detail::datatype_contents Get_contents() const;
  detail::datatype_contents contents() const;
  /// The same in words: {basetype, combiner, params}. params has a member for each argument of a
  /// constructor (count, blocklength, stride, ...), of which those of this combiner are filled in;
  /// the combiner is its name ("VECTOR"). Of a struct type the basetype is DATATYPE_NULL, of a
  /// predefined one it is the type itself. `rebuild()` of what is returned makes the type anew.
  /// Source: MPI_Type_get_contents.
  ///
  ///     auto [basetype, combiner, params] = type.decode();
  detail::decoded_datatype decode() const;
  int combiner() const {
    return Get_envelope().combiner;
  }
  /// Whether it is one of the types that MPI has a name for.
  bool is_named() const {
    return combiner() == MPI_COMBINER_NAMED;
  }
  /// The same, or one of Fortran's by precision, or DATATYPE_NULL: a type that cannot be freed.
  bool is_predefined() const;

  // ---- packing (handle/datatype_pack.hpp)

  /// Packs the elements in `inbuf` into the bytes of `outbuf`, from byte `position` on; returns the
  /// position after them. A range holds as many elements of this type as fit; {memory, count} says
  /// how many. Local. Throws ERR_TRUNCATE (or as the MPI library does) if outbuf is too short.
  /// Source: MPI_Pack.
  MPI_Count Pack(const ConstBuffer& inbuf, const Buffer& outbuf, detail::large_integer position,
                 const detail::comm_handle& comm) const;
  /// Takes elements out of the bytes of `inbuf`, from byte `position` on, into `outbuf`; returns
  /// the position after them. Source: MPI_Unpack.
  MPI_Count Unpack(const ConstBuffer& inbuf, detail::large_integer position, const Buffer& outbuf,
                   const detail::comm_handle& comm) const;
  /// Bytes that are enough for `count` packed elements. Source: MPI_Pack_size.
  MPI_Count Pack_size(detail::large_integer count, const detail::comm_handle& comm) const;
  /// The same three in a representation that is equal on all machines: datarep is "external32".
  /// A long has 32 bits in it: use INT64_T. MPICH cannot pack struct types so (ERR_TYPE).
  /// Source: MPI_Pack_external.
  MPI_Count Pack_external(const std::string& datarep, const ConstBuffer& inbuf,
                          const Buffer& outbuf, detail::large_integer position) const;
  /// The other way round, from `position` on; gives the position behind what was read. Local.
  /// Source: MPI_Unpack_external.
  MPI_Count Unpack_external(const std::string& datarep, const ConstBuffer& inbuf,
                            detail::large_integer position, const Buffer& outbuf) const;
  /// The bytes that Pack_external needs for `count` elements. Local. Source:
  /// MPI_Pack_external_size.
  MPI_Count Pack_external_size(const std::string& datarep, detail::large_integer count) const;

 private:
  explicit Datatype(handle owned) : handle_(std::move(owned)) {}
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
// Fortran's; DATATYPE_NULL where MPI was built without Fortran
MPI4CXX_DATATYPE(COMPLEX, MPI_COMPLEX)
MPI4CXX_DATATYPE(DOUBLE_COMPLEX, MPI_DOUBLE_COMPLEX)
// other names of the same
MPI4CXX_DATATYPE(SIGNED_SHORT, MPI_SHORT)
MPI4CXX_DATATYPE(SIGNED_INT, MPI_INT)
MPI4CXX_DATATYPE(SIGNED_LONG, MPI_LONG)
MPI4CXX_DATATYPE(SIGNED_LONG_LONG, MPI_LONG_LONG)
MPI4CXX_DATATYPE(UNSIGNED_INT, MPI_UNSIGNED)
MPI4CXX_DATATYPE(BOOL, MPI_C_BOOL)
MPI4CXX_DATATYPE(SINT8_T, MPI_INT8_T)
MPI4CXX_DATATYPE(SINT16_T, MPI_INT16_T)
MPI4CXX_DATATYPE(SINT32_T, MPI_INT32_T)
MPI4CXX_DATATYPE(SINT64_T, MPI_INT64_T)
MPI4CXX_DATATYPE(FLOAT32_T, MPI_FLOAT)
MPI4CXX_DATATYPE(FLOAT64_T, MPI_DOUBLE)
MPI4CXX_DATATYPE(C_COMPLEX, MPI_C_FLOAT_COMPLEX)
MPI4CXX_DATATYPE(TWOINT, MPI_2INT)
#undef MPI4CXX_DATATYPE

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
