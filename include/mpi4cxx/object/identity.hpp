// SPDX-License-Identifier: MIT
// The identity of a C++ type on the wire: built from structure, so that compilers agree, and from
// the name for classes with functions of their own.
#pragma once

#include <mpi4cxx/object/kind.hpp>
#include <mpi4cxx/runtime/text.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

using identity_t = std::uint64_t;

constexpr identity_t mix(identity_t a, identity_t b) {
  identity_t x = a * 0x9e3779b97f4a7c15 + b + 0x632be59bd9b4e019;
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9;
  x ^= x >> 27;
  x *= 0x94d049bb133111eb;
  return x ^ x >> 31;
}

/// Of a name, without what compilers spell differently.
constexpr identity_t identity_of_name(std::string_view name) {
  identity_t hash = 0xcbf29ce484222325;
  const auto add = [&](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3; };
  while (!name.empty()) {
    bool skipped = false;
    for (const std::string_view word :
         {"{anonymous}::", "(anonymous namespace)::", "<unnamed>::", "__cxx11::", "__1::", " "}) {
      if (!name.starts_with(word)) continue;
      name.remove_prefix(word.size());
      skipped = true;
      break;
    }
    if (skipped) continue;
    add(name.front());
    name.remove_prefix(1);
  }
  return hash;
}

template <class T, class... Outer>
consteval identity_t identity();

template <class... Outer, class... T>
consteval identity_t identity_of_all(identity_t tag, type_list<T...>) {
  identity_t sum = mix(tag, sizeof...(T));
  ((sum = mix(sum, identity<std::remove_cv_t<T>, Outer...>())), ...);
  return sum;
}
template <class T, class... Outer, std::size_t... i>
consteval identity_t identity_of_tuple(std::index_sequence<i...>) {
  return identity_of_all<Outer...>('t', type_list<std::tuple_element_t<i, T>...>{});
}

/// A class template is known by its own name and its arguments, whose spelling differs.
template <class T, class... Outer>
struct identity_of_class {
  static consteval identity_t get() { return mix('n', identity_of_name(type_name<T>())); }
};
template <template <class...> class Template, class... T, class... Outer>
struct identity_of_class<Template<T...>, Outer...> {
  static consteval identity_t get() {
    constexpr std::string_view name = type_name<Template<T...>>();
    return identity_of_all<Outer...>(mix('N', identity_of_name(name.substr(0, name.find('<')))),
                                     type_list<T...>{});
  }
};

/// The identity of T inside a message. Outer: the aggregates around it, for types that hold
/// containers of themselves.
template <class T, class... Outer>
consteval identity_t identity() {
  constexpr kind k = kind_v<T>;
  if constexpr ((std::is_same_v<T, Outer> || ...)) {
    identity_t depth = 0;
    bool found = false;
    ((found = found || std::is_same_v<T, Outer>, depth += !found), ...);
    return mix('r', depth);
  } else if constexpr (std::is_same_v<T, bool>)
    return mix('b', 1);
  else if constexpr (std::is_same_v<T, char>)
    return mix('c', 1);
  else if constexpr (std::is_same_v<T, wchar_t>)
    return mix('w', sizeof(T));
  else if constexpr (std::is_same_v<T, char8_t>)
    return mix('8', 1);
  else if constexpr (std::is_same_v<T, char16_t>)
    return mix('6', 2);
  else if constexpr (std::is_same_v<T, char32_t>)
    return mix('3', 4);
  else if constexpr (std::is_floating_point_v<T>)
    return mix('f', sizeof(T));
  else if constexpr (std::is_integral_v<T>)
    return mix(std::is_signed_v<T> ? 'i' : 'u', sizeof(T));
  else if constexpr (std::is_enum_v<T>)
    return mix('e', identity<std::underlying_type_t<T>>());
  else if constexpr (complex_number<T>)
    return mix('z', identity<typename T::value_type>());
  else if constexpr (std::is_array_v<T>)
    return mix(mix('A', std::extent_v<T>),
               identity<std::remove_cv_t<std::remove_extent_t<T>>, Outer...>());
  else if constexpr (is_std_array<T>)
    return mix(mix('A', std::tuple_size_v<T>), identity<typename T::value_type, Outer...>());
  else if constexpr (k == kind::bits)
    return mix('s', identity<bool>());
  else if constexpr (k == kind::sequence)
    return mix('s', identity<typename T::value_type, Outer...>());
  else if constexpr (k == kind::list || k == kind::valarray)
    return mix('l', identity<typename T::value_type, Outer...>());
  else if constexpr (k == kind::set)
    return mix('S', identity<typename T::key_type, Outer...>());
  else if constexpr (k == kind::map)
    return mix(mix('M', identity<typename T::key_type, Outer...>()),
               identity<typename T::mapped_type, Outer...>());
  else if constexpr (k == kind::adaptor)
    return mix('a', identity<typename T::container_type, Outer...>());
  else if constexpr (k == kind::bitset)
    return mix('B', T{}.size());
  else if constexpr (k == kind::optional)
    return mix('o', identity<typename T::value_type, Outer...>());
  else if constexpr (k == kind::variant)
    return identity_of_all<Outer...>('v', typename alternatives<T>::type{});
  else if constexpr (k == kind::tuple)
    return identity_of_tuple<T, Outer...>(std::make_index_sequence<std::tuple_size_v<T>>{});
  else if constexpr (k == kind::unique_pointer || k == kind::shared_pointer ||
                     k == kind::weak_pointer)
    return mix(k == kind::unique_pointer ? 'p' : 'q',
               identity<std::remove_cv_t<typename T::element_type>, T, Outer...>());
  else if constexpr (k == kind::duration)
    return mix(mix('d', identity<typename T::rep>()), mix(static_cast<identity_t>(T::period::num),
                                                          static_cast<identity_t>(T::period::den)));
  else if constexpr (k == kind::time_point)
    return mix('T', identity<typename T::duration>());
  else if constexpr (reflectable_aggregate<T> && k != kind::cereal)
    return identity_of_all<T, Outer...>('{', member_types<T>{});
  else
    return identity_of_class<T, T, Outer...>::get();
}

/// The identity of a message whose object is a T: flat sequences of the same element agree.
template <class T>
consteval identity_t wire_identity() {
  if constexpr (flat_sequence<T>)
    return mix('s', identity<flat_element_t<T>>());
  else
    return identity<T>();
}

// ---- names, for messages about mismatches

/// A type that this program sends or receives somewhere.
struct known_type {
  identity_t identity;
  std::string_view name;
  const known_type* next;
};
inline constinit std::atomic<const known_type*> known_types = nullptr;

/// What a type is called in messages: sequences that are the same on the wire have one name.
template <class T>
struct named_as {
  using type = T;
};
template <flat_sequence T>
struct named_as<T> {
  using type = std::vector<flat_element_t<T>>;
};

template <class T>
struct registered_type {
  registered_type() { known_types.store(&entry, std::memory_order_release); }
  known_type entry{wire_identity<T>(), type_name<typename named_as<T>::type>(), known_types.load()};
};
template <class T>
inline registered_type<T> registered;

/// wire_identity<T>(), and T's name is known from then on to messages about mismatches.
template <class T>
inline identity_t known_identity() noexcept {
  (void)&registered<T>;
  return wire_identity<T>();
}

/// Replaces `from` everywhere by `to`, which is no longer.
[[gnu::cold]] inline void replace_all(char* text, const char* from, const char* to) {
  const std::size_t old_size = std::strlen(from), new_size = std::strlen(to);
  while ((text = std::strstr(text, from))) {
    std::memcpy(text, to, new_size);
    std::memmove(text + new_size, text + old_size, std::strlen(text + old_size) + 1);
  }
}

/// A compiler's spelling as a user would write it.
[[gnu::cold]] inline sentence readable(std::string_view name) {
  sentence made = formatted("{}", {name});
  char* const text = made.text();
  replace_all(text, "__cxx11::", "");
  replace_all(text, "std::basic_string<char>", "std::string");
  replace_all(text, "std::basic_string<char, std::char_traits<char>, std::allocator<char> >",
              "std::string");
  // our namespaces are an implementation's business; GCC 12 leaves a space where it closes two
  // lists
  char version[40];
  std::snprintf(version, sizeof version, "mpi4cxx::v%d_%d::", MPI4CXX_VERSION_MAJOR,
                MPI4CXX_VERSION_MINOR);
  replace_all(text, version, "");
  replace_all(text, "mpi4cxx::", "");
  replace_all(text, " >", ">");
  return made;
}

template <class T>
[[gnu::cold]] sentence readable_name() {
  return readable(type_name<T>());
}

template <class T>
constexpr known_type basic_type(std::string_view name) {
  return {identity<T>(), name, nullptr};
}
/// What a program may receive without ever naming it.
inline constexpr known_type basic_types[] = {basic_type<bool>("bool"),
                                             basic_type<char>("char"),
                                             basic_type<signed char>("signed char"),
                                             basic_type<unsigned char>("unsigned char"),
                                             basic_type<short>("short"),
                                             basic_type<unsigned short>("unsigned short"),
                                             basic_type<int>("int"),
                                             basic_type<unsigned>("unsigned int"),
                                             basic_type<long>("long"),
                                             basic_type<unsigned long>("unsigned long"),
                                             basic_type<float>("float"),
                                             basic_type<double>("double"),
                                             basic_type<long double>("long double")};

[[gnu::cold]] inline sentence name_of(identity_t identity) {
  // a string and a vector of char are the same on the wire; the likelier name
  if (identity == mix('s', MPI::detail::identity<char>())) return formatted("std::string", {});
  for (const known_type* type = known_types.load(std::memory_order_acquire); type;
       type = type->next)
    if (type->identity == identity) return readable(type->name);
  for (const known_type& type : basic_types)
    if (type.identity == identity) return formatted("{}", {type.name});
  char number[20];
  std::snprintf(number, sizeof number, "%016llx", static_cast<unsigned long long>(identity));
  return formatted("a type that this program does not know (identity {})", {number});
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
