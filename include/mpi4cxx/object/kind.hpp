// SPDX-License-Identifier: MIT
// What kind of thing a C++ type is to a lowercase call. Writing, reading and type identity all
// switch on this one classification. Standard types are recognized by what they can do, so that no
// standard header needs including for their sake.
#pragma once

#include <mpi4cxx/object/aggregate.hpp>

#include <cereal/cereal.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>  // the concepts of <ranges> too, in a fraction of the time
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

class Object;

namespace detail {

// Templates, so that cereal's tables come in only with a class that has cereal functions.
template <class>
class basic_writing_archive;
template <class>
class basic_reading_archive;
using writing_archive = basic_writing_archive<void>;
using reading_archive = basic_reading_archive<void>;

enum class kind {
  raw,             // arithmetic, enum, complex, and arrays and aggregates of these: its bytes
  array,           // a C array or std::array of anything else
  sequence,        // contiguous and resizable: vector, string
  bits,            // vector<bool>
  list,            // resizable but not contiguous: deque, list, forward_list
  set,             // set, multiset, unordered_set, ...
  map,             // map, multimap, unordered_map, ...
  adaptor,         // stack, queue, priority_queue: their container
  bitset,          //
  valarray,        //
  optional,        //
  variant,         //
  tuple,           // pair, tuple
  unique_pointer,  //
  shared_pointer,  //
  weak_pointer,    //
  duration,        //
  time_point,      //
  object,          // MPI::Object
  cereal,          // a class with cereal functions
  aggregate,       // its members, one by one
  pointer,         // refused
  view,            // refused
  array_pointer,   // refused
  based,           // an aggregate with a base class: refused
  unknown          // refused
};

// ---- names

/// The compiler's spelling of T. Types spelled std::... belong to the standard library.
template <class T>
constexpr std::string_view pretty_function() {
  return __PRETTY_FUNCTION__;
}
template <class T>
constexpr std::string_view type_name() {
  constexpr std::string_view sample = pretty_function<void>();
  constexpr std::size_t front = sample.find("T = void") + 4;
  constexpr std::size_t back = sample.size() - front - 4;
  std::string_view name = pretty_function<T>();
  name.remove_prefix(front);
  name.remove_suffix(back);
  return name;
}

template <class T>
inline constexpr bool in_std = type_name<T>().starts_with("std::");

// ---- cereal functions of a user's class

template <class T, class Archive>
inline constexpr bool has_two_way_member =
    cereal::traits::has_member_serialize<T, Archive>::value ||
    cereal::traits::has_member_versioned_serialize<T, Archive>::value;
template <class T, class Archive>
inline constexpr bool has_two_way_function =
    cereal::traits::has_non_member_serialize<T, Archive>::value ||
    cereal::traits::has_non_member_versioned_serialize<T, Archive>::value;
/// A two-way serialize(), unless cereal::specialize says that another function counts.
template <class T>
inline constexpr bool has_two_way_cereal =
    cereal::traits::is_specialized<T, writing_archive>::value
        ? cereal::traits::is_specialized_member_serialize<T, writing_archive>::value ||
              cereal::traits::is_specialized_non_member_serialize<T, writing_archive>::value
        : has_two_way_member<T, writing_archive> || has_two_way_function<T, writing_archive>;
/// Whether the user gave the class cereal functions of any sort; those win over everything else.
/// What cereal's own type headers give to standard types does not count.
template <class T>
consteval bool has_cereal_functions() {
  if constexpr (in_std<T>)
    return false;
  else
    return cereal::traits::detail::count_output_serializers<T, writing_archive>::value != 0;
}
template <class T>
inline constexpr bool has_cereal = has_cereal_functions<T>();

// ---- shapes

template <class T>
concept complex_number = in_std<T> && requires(T value) {
  requires std::floating_point<typename T::value_type>;
  value.real();
  value.imag();
  requires sizeof(T) == 2 * sizeof(typename T::value_type);
};

template <class T>
inline constexpr bool is_std_array = false;
template <class T, std::size_t n>
inline constexpr bool is_std_array<std::array<T, n>> = true;

template <class T>
concept resizable = std::ranges::forward_range<T> && requires(T value) {
  typename T::value_type;
  value.resize(std::size_t{1});
  value.clear();
};
template <class T>
concept contiguous_sequence = resizable<T> && std::ranges::contiguous_range<T>;
template <class T>
concept associative = std::ranges::forward_range<T> && requires(T value) {
  typename T::key_type;
  value.clear();
};
template <class T>
concept container_adaptor = requires {
  typename T::container_type;
}
&&!std::ranges::range<T>;
template <class T>
concept optional_like = requires(T value) {
  typename T::value_type;
  { value.has_value() } -> std::same_as<bool>;
  *value;
  value.reset();
};
template <class T>
concept variant_like = requires(T value) {
  { value.valueless_by_exception() } -> std::same_as<bool>;
  value.index();
};
template <class T>
concept tuple_like = requires {
  std::tuple_size<T>::value;
};
template <class T>
concept smart_pointer = requires(T value) {
  typename T::element_type;
  value.get();
  value.reset();
};

/// The alternatives of a std::variant as a type_list.
template <class T>
struct alternatives;
template <template <class...> class Variant, class... T>
struct alternatives<Variant<T...>> {
  using type = type_list<T...>;
};

template <class T>
consteval kind kind_of();

template <class... T>
consteval bool all_raw(type_list<T...>) {
  return ((kind_of<T>() == kind::raw) && ...);
}

template <class T>
consteval kind kind_of_std_class() {
  if constexpr (requires(T t) {
                  typename T::clock;
                  t.time_since_epoch();
                })
    return kind::time_point;
  else if constexpr (requires {
                       typename T::rep;
                       typename T::period;
                     })
    return kind::duration;
  else if constexpr (std::ranges::view<T> || requires(T t) { T::max_digits; })
    return kind::view;
  else if constexpr (requires(T t) {
                       t.flip();
                       t.push_back(true);
                     })
    return kind::bits;
  else if constexpr (requires(T t) {
                       t.flip();
                       t.to_ulong();
                     })
    return kind::bitset;
  else if constexpr (requires(T t) {
                       t.cshift(1);
                       t.resize(1);
                     })
    return kind::valarray;
  else if constexpr (contiguous_sequence<T>)
    return kind::sequence;
  else if constexpr (associative<T> && requires { typename T::mapped_type; })
    return kind::map;
  else if constexpr (associative<T>)
    return kind::set;
  else if constexpr (resizable<T>)
    return kind::list;
  else if constexpr (container_adaptor<T>)
    return kind::adaptor;
  else if constexpr (variant_like<T>)
    return kind::variant;
  else if constexpr (optional_like<T>)
    return kind::optional;
  else if constexpr (tuple_like<T>)
    return kind::tuple;
  else if constexpr (smart_pointer<T> && requires(T t) { t[0]; })
    return kind::array_pointer;
  else if constexpr (smart_pointer<T> && requires(T t) { t.use_count(); })
    return kind::shared_pointer;
  else if constexpr (smart_pointer<T>)
    return kind::unique_pointer;
  else if constexpr (requires(T t) {
                       t.lock();
                       t.expired();
                     })
    return kind::weak_pointer;
  else if constexpr (requires(T t) {
                       t.get();
                       typename T::type;
                     })
    return kind::pointer;  // reference_wrapper
  else
    return kind::unknown;
}

template <class T>
consteval kind kind_of_class() {
  if constexpr (std::same_as<T, Object>)
    return kind::object;
  else if constexpr (complex_number<T>)
    return kind::raw;
  else if constexpr (is_std_array<T>)
    return kind_of<typename T::value_type>() == kind::raw ? kind::raw : kind::array;
  else if constexpr (has_cereal<T>)
    return kind::cereal;
  else if constexpr (std::ranges::range<T> || in_std<T>) {
    // also a user's own containers, as long as they behave like a standard one
    constexpr kind found = kind_of_std_class<T>();
    if constexpr (found == kind::unknown && reflectable_aggregate<T>)
      return kind::aggregate;
    else
      return found;
  } else if constexpr (reflectable_aggregate<T>) {
    if constexpr (std::is_trivially_copyable_v<T>)
      return all_raw(member_types<T>{}) ? kind::raw : kind::aggregate;
    else
      return kind::aggregate;
  } else if constexpr (aggregate_with_base<T>)
    return kind::based;
  else
    return kind::unknown;
}

/// The kind of T; T is without const and reference.
template <class T>
consteval kind kind_of() {
  if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
    return kind::raw;
  else if constexpr (std::is_array_v<T>)
    return kind_of<std::remove_cv_t<std::remove_extent_t<T>>>() == kind::raw ? kind::raw
                                                                             : kind::array;
  else if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_reference_v<T>)
    return kind::pointer;
  else if constexpr (std::is_class_v<T>)
    return kind_of_class<T>();
  else
    return kind::unknown;
}

template <class T>
inline constexpr kind kind_v = kind_of<std::remove_cv_t<T>>();
template <class T>
inline constexpr bool is_raw = kind_v<T> == kind::raw;

/// Prints the sentence for a type that cannot be sent, at compile time.
template <class T>
constexpr void require_sendable() {
  static_assert(
      kind_v<T> != kind::pointer,
      "mpi4cxx: a pointer or reference cannot be sent, since its address means nothing on "
      "another rank: send the object itself, a smart pointer, or {pointer, count} by an "
      "uppercase call");
  static_assert(
      kind_v<T> != kind::view,
      "mpi4cxx: a view cannot be sent as an object, since nothing would own its elements on "
      "the other side: send a container (std::vector, std::string), or the view by an "
      "uppercase call");
  static_assert(kind_v<T> != kind::array_pointer,
                "mpi4cxx: a smart pointer to an array does not know how long the array is: send a "
                "std::vector");
  static_assert(kind_v<T> != kind::based,
                "mpi4cxx: an aggregate with a base class cannot be taken apart: give it a cereal "
                "serialize() function");
  static_assert(kind_v<T> != kind::unknown,
                "mpi4cxx: this class cannot be sent as an object: make it an aggregate of sendable "
                "members, or give it a cereal serialize() function");
}

/// The element type of a type that travels, at the top of a message, as its elements alone: these
/// agree with each other, whatever the container. Else void.
template <class T>
consteval auto flat_element() {
  if constexpr (kind_v<T> == kind::bits)
    return std::type_identity<bool>{};
  else if constexpr (kind_v<T> == kind::sequence) {
    using element = std::remove_cv_t<typename T::value_type>;
    if constexpr (is_raw<element>)
      return std::type_identity<element>{};
    else
      return std::type_identity<void>{};
  } else if constexpr (is_raw<T> && std::is_array_v<T>)
    return std::type_identity<std::remove_cv_t<std::remove_extent_t<T>>>{};
  else if constexpr (is_raw<T> && is_std_array<T>)
    return std::type_identity<typename T::value_type>{};
  else
    return std::type_identity<void>{};
}
template <class T>
using flat_element_t = typename decltype(flat_element<std::remove_cv_t<T>>())::type;
template <class T>
concept flat_sequence = !std::is_void_v<flat_element_t<T>>;

// ---- sizes

inline constexpr std::size_t no_fixed_size = static_cast<std::size_t>(-1);

template <class T>
consteval std::size_t fixed_size();
template <class... T>
consteval std::size_t fixed_size_of_all(type_list<T...>) {
  std::size_t sum = 0;
  bool fixed = true;
  ((fixed_size<T>() == no_fixed_size ? void(fixed = false) : void(sum += fixed_size<T>())), ...);
  return fixed ? sum : no_fixed_size;
}
template <class T, std::size_t... i>
consteval std::size_t fixed_size_of_tuple(std::index_sequence<i...>) {
  return fixed_size_of_all(type_list<std::remove_cv_t<std::tuple_element_t<i, T>>...>{});
}

/// The bytes that every value of T takes in a message, or no_fixed_size where values differ.
template <class T>
consteval std::size_t fixed_size() {
  constexpr kind k = kind_v<T>;
  if constexpr (k == kind::raw)
    return sizeof(T);
  else if constexpr (k == kind::tuple)
    return fixed_size_of_tuple<T>(std::make_index_sequence<std::tuple_size_v<T>>{});
  else if constexpr (k == kind::aggregate)
    return fixed_size_of_all(member_types<T>{});
  else if constexpr (k == kind::duration)
    return fixed_size<typename T::rep>();
  else if constexpr (k == kind::time_point)
    return fixed_size<typename T::duration>();
  else
    return no_fixed_size;
}

template <class T>
consteval std::size_t least_size();
template <class... T>
consteval std::size_t least_size_of_all(type_list<T...>) {
  return (std::size_t{0} + ... + least_size<T>());
}
template <class T, std::size_t... i>
consteval std::size_t least_size_of_tuple(std::index_sequence<i...>) {
  return least_size_of_all(type_list<std::remove_cv_t<std::tuple_element_t<i, T>>...>{});
}

/// No value of T takes fewer bytes in a message. Zero where that is up to the user's functions.
template <class T>
consteval std::size_t least_size() {
  constexpr kind k = kind_v<T>;
  if constexpr (k == kind::raw || k == kind::duration || k == kind::time_point)
    return fixed_size<T>();
  else if constexpr (k == kind::tuple)
    return least_size_of_tuple<T>(std::make_index_sequence<std::tuple_size_v<T>>{});
  else if constexpr (k == kind::aggregate)
    return least_size_of_all(member_types<T>{});
  else if constexpr (k == kind::array && std::is_array_v<T>)
    return std::extent_v<T> * least_size<std::remove_cv_t<std::remove_extent_t<T>>>();
  else if constexpr (k == kind::array)
    return std::tuple_size_v<T> * least_size<std::remove_cv_t<typename T::value_type>>();
  else if constexpr (k == kind::bitset)
    return T{}.size();
  else if constexpr (k == kind::optional || k == kind::unique_pointer || k == kind::object)
    return sizeof(bool);
  else if constexpr (k == kind::variant || k == kind::shared_pointer || k == kind::weak_pointer)
    return sizeof(std::uint32_t);
  else if constexpr (k == kind::cereal)
    return 0;
  else
    return sizeof(std::uint64_t);  // a count
}

/// Whether a value of T needs looking at after its bytes were copied in: a bool has two values.
template <class T>
consteval bool holds_bool();
template <class... T>
consteval bool any_holds_bool(type_list<T...>) {
  return (holds_bool<T>() || ...);
}
template <class T>
consteval bool holds_bool() {
  if constexpr (std::is_same_v<T, bool>)
    return true;
  else if constexpr (std::is_array_v<T>)
    return holds_bool<std::remove_cv_t<std::remove_extent_t<T>>>();
  else if constexpr (is_std_array<T>)
    return holds_bool<typename T::value_type>();
  else if constexpr (reflectable_aggregate<T>)
    return any_holds_bool(member_types<T>{});
  else
    return false;
}

}  // namespace detail
}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
