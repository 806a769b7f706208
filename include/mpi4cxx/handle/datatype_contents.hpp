// SPDX-License-Identifier: MIT
// How a datatype was made: its envelope, its contents, and both in words.
#pragma once

#include <mpi4cxx/handle/datatype.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {
namespace detail {

/// The arguments of a constructor as MPI lists them.
struct datatype_contents {
  std::vector<int> integers;
  std::vector<MPI_Aint> addresses;
  std::vector<MPI_Count> counts;
  std::vector<Datatype> datatypes;
};

/// The arguments of a constructor by their names; those that it does not take are empty.
struct datatype_parameters {
  MPI_Count count = 0, blocklength = 0, stride = 0;    // vector, hvector, blocks
  MPI_Count lb = 0, extent = 0;                        // resized
  std::vector<MPI_Count> blocklengths, displacements;  // indexed, hindexed, struct, blocks
  std::vector<Datatype> datatypes;                     // struct
  std::vector<MPI_Count> sizes, subsizes, starts;      // subarray
  int order = MPI_ORDER_C;                             // subarray, darray
  int size = 0, rank = 0;                              // darray
  std::vector<MPI_Count> gsizes, distribs, dargs, psizes;
  int p = 0, r = 0;  // Fortran's precision and range
};

struct decoded_datatype {
  Datatype basetype;
  std::string combiner;
  datatype_parameters params;

  /// The type made anew by its constructor, not committed; a predefined one is itself.
  [[gnu::cold]] Datatype rebuild() const {
    const auto& [count, blocklength, stride, lb, extent, blocklengths, displacements, datatypes,
                 sizes, subsizes, starts, order, size, rank, gsizes, distribs, dargs, psizes, p,
                 r] = params;
    if (combiner == "DUP") return basetype.Dup();
    if (combiner == "CONTIGUOUS") return basetype.Create_contiguous(count);
    if (combiner == "VECTOR") return basetype.Create_vector(count, blocklength, stride);
    if (combiner == "HVECTOR") return basetype.Create_hvector(count, blocklength, stride);
    if (combiner == "INDEXED") return basetype.Create_indexed(blocklengths, displacements);
    if (combiner == "HINDEXED") return basetype.Create_hindexed(blocklengths, displacements);
    if (combiner == "INDEXED_BLOCK")
      return basetype.Create_indexed_block(blocklength, displacements);
    if (combiner == "HINDEXED_BLOCK")
      return basetype.Create_hindexed_block(blocklength, displacements);
    if (combiner == "STRUCT")
      return Datatype::Create_struct(blocklengths, displacements, datatypes);
    if (combiner == "SUBARRAY") return basetype.Create_subarray(sizes, subsizes, starts, order);
    if (combiner == "DARRAY")
      return basetype.Create_darray(size, rank, gsizes, distribs, dargs, psizes, order);
    if (combiner == "RESIZED") return basetype.Create_resized(lb, extent);
    return basetype;
  }
};

/// Whether MPI owns the types of this combiner.
inline bool is_predefined_combiner(int combiner) noexcept {
  return combiner == MPI_COMBINER_NAMED || combiner == MPI_COMBINER_F90_INTEGER ||
         combiner == MPI_COMBINER_F90_REAL || combiner == MPI_COMBINER_F90_COMPLEX
#if MPI_VERSION > 4 || (MPI_VERSION == 4 && MPI_SUBVERSION >= 1)
         || combiner == MPI_COMBINER_VALUE_INDEX
#endif
      ;
}

/// What the contents hold, number by number, in the order of the constructor's arguments.
class content_reader {
 public:
  content_reader(const datatype_contents& contents, int combiner) {
    const auto& [integers, addresses, counts, datatypes] = contents;
    // a type made with large counts has them apart: those of arrays stand amid the integers
    const auto before = static_cast<std::ptrdiff_t>(counts.empty()                      ? 0
                                                    : combiner == MPI_COMBINER_SUBARRAY ? 1
                                                    : combiner == MPI_COMBINER_DARRAY   ? 3
                                                                                        : 0);
    numbers_.assign(integers.begin(), integers.begin() + before);
    numbers_.insert(numbers_.end(), counts.begin(), counts.end());
    numbers_.insert(numbers_.end(), integers.begin() + before, integers.end());
    numbers_.insert(numbers_.end(), addresses.begin(), addresses.end());
  }
  MPI_Count number() { return numbers_.at(next_++); }
  int integer() { return static_cast<int>(number()); }
  std::vector<MPI_Count> numbers(MPI_Count count) {
    std::vector<MPI_Count> taken;
    for (MPI_Count i = 0; i < count; ++i) taken.push_back(number());
    return taken;
  }

 private:
  std::vector<MPI_Count> numbers_;
  std::size_t next_ = 0;
};

}  // namespace detail

[[gnu::cold]] inline detail::datatype_envelope Datatype::Get_envelope() const {
  detail::running();
  detail::datatype_envelope found;
#if MPI_VERSION >= 4
  detail::check(MPI_Type_get_envelope_c(native(), &found.integers, &found.addresses, &found.counts,
                                        &found.datatypes, &found.combiner),
                "MPI_Type_get_envelope_c");
#else
  int integers = 0, addresses = 0, datatypes = 0;
  detail::check(MPI_Type_get_envelope(native(), &integers, &addresses, &datatypes, &found.combiner),
                "MPI_Type_get_envelope");
  found.integers = integers, found.addresses = addresses, found.datatypes = datatypes;
#endif
  return found;
}

[[gnu::cold]] inline bool Datatype::is_predefined() const {
  return !*this || detail::is_predefined_combiner(combiner());
}

[[gnu::cold]] inline detail::datatype_contents Datatype::Get_contents() const {
  const detail::datatype_envelope envelope = Get_envelope();
  if (envelope.combiner == MPI_COMBINER_NAMED)
    detail::raise(MPI_ERR_TYPE, "a predefined datatype has no contents: it was made of no other");
  detail::datatype_contents found;
  std::vector<MPI_Datatype> raw(static_cast<std::size_t>(envelope.datatypes), MPI_DATATYPE_NULL);
  found.integers.resize(static_cast<std::size_t>(envelope.integers));
  found.addresses.resize(static_cast<std::size_t>(envelope.addresses));
  found.counts.resize(static_cast<std::size_t>(envelope.counts));
  found.datatypes.reserve(raw.size());
#if MPI_VERSION >= 4
  detail::check(MPI_Type_get_contents_c(native(), envelope.integers, envelope.addresses,
                                        envelope.counts, envelope.datatypes, found.integers.data(),
                                        found.addresses.data(), found.counts.data(), raw.data()),
                "MPI_Type_get_contents_c");
#else
  detail::check(MPI_Type_get_contents(native(), static_cast<int>(envelope.integers),
                                      static_cast<int>(envelope.addresses),
                                      static_cast<int>(envelope.datatypes), found.integers.data(),
                                      found.addresses.data(), raw.data()),
                "MPI_Type_get_contents");
#endif
  for (const MPI_Datatype each : raw) {
    const Datatype type(detail::raw_handle, each);
    found.datatypes.push_back(type.is_predefined() ? type : adopt(each));
  }
  return found;
}
inline detail::datatype_contents Datatype::contents() const {
  return Get_contents();
}

[[gnu::cold]] inline detail::decoded_datatype Datatype::decode() const {
  const int combiner = this->combiner();
  if (combiner == MPI_COMBINER_NAMED) return {*this, "NAMED", {}};
  const detail::datatype_contents contents = Get_contents();
  detail::content_reader from(contents, combiner);
  detail::decoded_datatype decoded;
  detail::datatype_parameters& to = decoded.params;
  const bool has_base = combiner != MPI_COMBINER_STRUCT && !contents.datatypes.empty();
  if (has_base) decoded.basetype = contents.datatypes.front();
  switch (combiner) {
    case MPI_COMBINER_DUP:
      decoded.combiner = "DUP";
      break;
    case MPI_COMBINER_CONTIGUOUS:
      decoded.combiner = "CONTIGUOUS";
      to.count = from.number();
      break;
    case MPI_COMBINER_VECTOR:
    case MPI_COMBINER_HVECTOR:
      decoded.combiner = combiner == MPI_COMBINER_VECTOR ? "VECTOR" : "HVECTOR";
      to.count = from.number();
      to.blocklength = from.number();
      to.stride = from.number();
      break;
    case MPI_COMBINER_INDEXED:
    case MPI_COMBINER_HINDEXED:
    case MPI_COMBINER_STRUCT:
      decoded.combiner = combiner == MPI_COMBINER_INDEXED    ? "INDEXED"
                         : combiner == MPI_COMBINER_HINDEXED ? "HINDEXED"
                                                             : "STRUCT";
      to.count = from.number();
      to.blocklengths = from.numbers(to.count);
      to.displacements = from.numbers(to.count);
      if (combiner == MPI_COMBINER_STRUCT) to.datatypes = contents.datatypes;
      break;
    case MPI_COMBINER_INDEXED_BLOCK:
    case MPI_COMBINER_HINDEXED_BLOCK:
      decoded.combiner =
          combiner == MPI_COMBINER_INDEXED_BLOCK ? "INDEXED_BLOCK" : "HINDEXED_BLOCK";
      to.count = from.number();
      to.blocklength = from.number();
      to.displacements = from.numbers(to.count);
      break;
    case MPI_COMBINER_SUBARRAY: {
      decoded.combiner = "SUBARRAY";
      const MPI_Count dimensions = from.number();
      to.sizes = from.numbers(dimensions);
      to.subsizes = from.numbers(dimensions);
      to.starts = from.numbers(dimensions);
      to.order = from.integer();
      break;
    }
    case MPI_COMBINER_DARRAY: {
      decoded.combiner = "DARRAY";
      to.size = from.integer();
      to.rank = from.integer();
      const MPI_Count dimensions = from.number();
      to.gsizes = from.numbers(dimensions);
      to.distribs = from.numbers(dimensions);
      to.dargs = from.numbers(dimensions);
      to.psizes = from.numbers(dimensions);
      to.order = from.integer();
      break;
    }
    case MPI_COMBINER_RESIZED:
      decoded.combiner = "RESIZED";
      to.lb = from.number();
      to.extent = from.number();
      break;
    case MPI_COMBINER_F90_INTEGER:
      decoded.combiner = "F90_INTEGER";
      decoded.basetype = *this;
      to.r = from.integer();
      break;
    case MPI_COMBINER_F90_REAL:
    case MPI_COMBINER_F90_COMPLEX:
      decoded.combiner = combiner == MPI_COMBINER_F90_REAL ? "F90_REAL" : "F90_COMPLEX";
      decoded.basetype = *this;
      to.p = from.integer();
      to.r = from.integer();
      break;
    default:
      detail::raise(
          MPI_ERR_TYPE,
          detail::formatted("a datatype made by an unknown constructor (combiner {})", {combiner}));
  }
  return decoded;
}

namespace detail {

/// The predefined type that the elements of a datatype are made of; DATATYPE_NULL if of several.
[[gnu::cold]] inline Datatype leaf_of(const Datatype& type) {
  if (type.is_predefined()) return type;
  const decoded_datatype decoded = type.decode();
  if (decoded.combiner != "STRUCT") return leaf_of(decoded.basetype);
  Datatype leaf;
  for (const Datatype& member : decoded.params.datatypes) {
    const Datatype found = leaf_of(member);
    if (!found || (leaf && leaf != found)) return {};
    leaf = found;
  }
  return leaf;
}

}  // namespace detail
}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
