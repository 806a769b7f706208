// SPDX-License-Identifier: MIT
// The members of any aggregate: how many, of which types, and each of them, without registration.
#pragma once

#include <mpi4cxx/version.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// A list of types that holds nothing.
template <class... T>
struct type_list {};

/// The largest number of members that can be taken apart.
inline constexpr std::size_t most_members = 64;

// MPI4CXX_LISTS(ENTRY, ITEM) is ENTRY(n, ITEM(a0), ITEM(a1), ...) with n items for n = 1 ... 64:
// neither the names of a structured binding nor a pair of braces can be a pack in C++20.
#define MPI4CXX_ITEMS_1(ITEM, row) ITEM(row##0)
#define MPI4CXX_ITEMS_2(ITEM, row) MPI4CXX_ITEMS_1(ITEM, row), ITEM(row##1)
#define MPI4CXX_ITEMS_3(ITEM, row) MPI4CXX_ITEMS_2(ITEM, row), ITEM(row##2)
#define MPI4CXX_ITEMS_4(ITEM, row) MPI4CXX_ITEMS_3(ITEM, row), ITEM(row##3)
#define MPI4CXX_ITEMS_5(ITEM, row) MPI4CXX_ITEMS_4(ITEM, row), ITEM(row##4)
#define MPI4CXX_ITEMS_6(ITEM, row) MPI4CXX_ITEMS_5(ITEM, row), ITEM(row##5)
#define MPI4CXX_ITEMS_7(ITEM, row) MPI4CXX_ITEMS_6(ITEM, row), ITEM(row##6)
#define MPI4CXX_ITEMS_8(ITEM, row) MPI4CXX_ITEMS_7(ITEM, row), ITEM(row##7)
#define MPI4CXX_ROW(ENTRY, ITEM, start, row, ...)          \
  ENTRY(start + 1, __VA_ARGS__ MPI4CXX_ITEMS_1(ITEM, row)) \
  ENTRY(start + 2, __VA_ARGS__ MPI4CXX_ITEMS_2(ITEM, row)) \
  ENTRY(start + 3, __VA_ARGS__ MPI4CXX_ITEMS_3(ITEM, row)) \
  ENTRY(start + 4, __VA_ARGS__ MPI4CXX_ITEMS_4(ITEM, row)) \
  ENTRY(start + 5, __VA_ARGS__ MPI4CXX_ITEMS_5(ITEM, row)) \
  ENTRY(start + 6, __VA_ARGS__ MPI4CXX_ITEMS_6(ITEM, row)) \
  ENTRY(start + 7, __VA_ARGS__ MPI4CXX_ITEMS_7(ITEM, row)) \
  ENTRY(start + 8, __VA_ARGS__ MPI4CXX_ITEMS_8(ITEM, row))
#define MPI4CXX_ROWS_1(ITEM) MPI4CXX_ITEMS_8(ITEM, a),
#define MPI4CXX_ROWS_2(ITEM) MPI4CXX_ROWS_1(ITEM) MPI4CXX_ITEMS_8(ITEM, b),
#define MPI4CXX_ROWS_3(ITEM) MPI4CXX_ROWS_2(ITEM) MPI4CXX_ITEMS_8(ITEM, c),
#define MPI4CXX_ROWS_4(ITEM) MPI4CXX_ROWS_3(ITEM) MPI4CXX_ITEMS_8(ITEM, d),
#define MPI4CXX_ROWS_5(ITEM) MPI4CXX_ROWS_4(ITEM) MPI4CXX_ITEMS_8(ITEM, e),
#define MPI4CXX_ROWS_6(ITEM) MPI4CXX_ROWS_5(ITEM) MPI4CXX_ITEMS_8(ITEM, f),
#define MPI4CXX_ROWS_7(ITEM) MPI4CXX_ROWS_6(ITEM) MPI4CXX_ITEMS_8(ITEM, g),
#define MPI4CXX_LISTS(ENTRY, ITEM)                      \
  MPI4CXX_ROW(ENTRY, ITEM, 0, a, )                      \
  MPI4CXX_ROW(ENTRY, ITEM, 8, b, MPI4CXX_ROWS_1(ITEM))  \
  MPI4CXX_ROW(ENTRY, ITEM, 16, c, MPI4CXX_ROWS_2(ITEM)) \
  MPI4CXX_ROW(ENTRY, ITEM, 24, d, MPI4CXX_ROWS_3(ITEM)) \
  MPI4CXX_ROW(ENTRY, ITEM, 32, e, MPI4CXX_ROWS_4(ITEM)) \
  MPI4CXX_ROW(ENTRY, ITEM, 40, f, MPI4CXX_ROWS_5(ITEM)) \
  MPI4CXX_ROW(ENTRY, ITEM, 48, g, MPI4CXX_ROWS_6(ITEM)) \
  MPI4CXX_ROW(ENTRY, ITEM, 56, h, MPI4CXX_ROWS_7(ITEM))
#define MPI4CXX_BRACES(name) \
  {}
#define MPI4CXX_NAME(name) name

/// Converts to whatever a member of T may be. Const, so that a constructor that takes anything is
/// the better match and not an ambiguity; not copyable, so that std::any keeps away from it; and
/// not to T itself, else T{any_value} would be a copy. Never called; defined, because Clang warns
/// of functions that types without linkage leave undefined.
template <class T>
struct any_value {
  any_value(const any_value&) = delete;
  template <class U>
  requires(!std::is_same_v<U, T>) operator U() const { __builtin_unreachable(); }
};

/// Converts to the bases of T only.
template <class T>
struct any_base {
  any_base(const any_base&) = delete;
  template <class U>
  requires(!std::is_same_v<U, T> && std::is_base_of_v<U, T>) operator U() const {
    __builtin_unreachable();
  }
};

/// Converts to nothing: what takes this takes anything.
struct no_value {
  no_value(const no_value&) = delete;
};

/// Whether T can be initialized from n empty pairs of braces and then values of the types Tail. A
/// pair of braces stands for exactly one member, an array too, where values would be spread over
/// the elements of an array (brace elision): this makes the count of braces the count of members.
template <class T, std::size_t n, class... Tail>
consteval bool takes_braces() {
#define MPI4CXX_ENTRY(count, ...)                  \
  else if constexpr (n == count) return requires { \
    T{__VA_ARGS__, std::declval<Tail>()...};       \
  };
  if constexpr (n == 0) return requires {
      T{std::declval<Tail>()...};
    };
  MPI4CXX_LISTS(MPI4CXX_ENTRY, MPI4CXX_BRACES)
#undef MPI4CXX_ENTRY
}

/// The largest number of braces that T takes, when it takes `low` and not `high`.
template <class T, std::size_t low, std::size_t high>
consteval std::size_t most_braces_between() {
  constexpr std::size_t middle = low + (high - low) / 2;
  if constexpr (middle == low)
    return low;
  else if constexpr (takes_braces<T, middle>())
    return most_braces_between<T, middle, high>();
  else
    return most_braces_between<T, low, middle>();
}

/// The same from `step`, doubled as long as T takes it: most aggregates are small.
template <class T, std::size_t step = 1>
consteval std::size_t most_braces() {
  if constexpr (step > most_members)
    return most_braces_between<T, step / 2, most_members + 1>();
  else if constexpr (takes_braces<T, step>())
    return most_braces<T, step * 2>();
  else
    return most_braces_between<T, step / 2, step>();
}

// Members without a default constructor, or with an explicit one, take no {}. Aggregates with such
// a member are counted by values instead, which takes longer: first how many values T takes at
// most, then which of them belong to one array.

inline constexpr std::size_t uncountable = static_cast<std::size_t>(-1);
inline constexpr std::size_t most_values_tried = 256;

template <class T, std::size_t>
using any_value_at = any_value<T>;

/// Whether T takes the values First and then one for each index.
template <class T, class... First, std::size_t... after>
consteval bool takes_values(std::index_sequence<after...>) {
  return requires {
    T{std::declval<First>()..., std::declval<any_value_at<T, after>>()...};
  };
}

/// Whether T takes values of which those in the middle are in braces of their own.
template <class T, std::size_t... before, std::size_t... within, std::size_t... after>
consteval bool takes_nested(std::index_sequence<before...>, std::index_sequence<within...>,
                            std::index_sequence<after...>) {
  return requires {
    T{std::declval<any_value_at<T, before>>()...,
      {std::declval<any_value_at<T, within>>()...},
      std::declval<any_value_at<T, after>>()...};
  };
}

template <class T, std::size_t before, std::size_t within, std::size_t after>
inline constexpr bool nested = takes_nested<T>(std::make_index_sequence<before>{},
                                               std::make_index_sequence<within>{},
                                               std::make_index_sequence<after>{});

/// The largest number of values that T takes. It may need some, so the numbers that are taken begin
/// anywhere, but they have no gaps.
template <class T, std::size_t n = 0, bool begun = false>
consteval std::size_t most_values() {
  if constexpr (n > most_values_tried)
    return uncountable;
  else if constexpr (takes_values<T>(std::make_index_sequence<n>{}))
    return most_values<T, n + 1, true>();
  else if constexpr (begun)
    return n - 1;
  else
    return most_values<T, n + 1, false>();
}

/// How many of the `all` values go to the member that gets the one at `position`. An array of n
/// elements takes n in its braces and leaves no room for one more value; a class that takes n in
/// braces takes the place of only one.
template <class T, std::size_t all, std::size_t position, std::size_t n = 1>
consteval std::size_t values_of_member() {
  if constexpr (position + n > all)
    return 1;
  else if constexpr (n == 1 && nested<T, position, 1, all - position - 1>)
    return 1;
  else if constexpr (n > 1 && nested<T, position, n, all - position - n> &&
                     !nested<T, position, n, all - position - n + 1>)
    return n;
  else
    return values_of_member<T, all, position, n + 1>();
}

template <class T, std::size_t all, std::size_t position = 0>
consteval std::size_t members_of_values() {
  if constexpr (position >= all)
    return 0;
  else
    return 1 + members_of_values<T, all, position + values_of_member<T, all, position>()>();
}

template <class T>
consteval std::size_t count_by_values() {
  constexpr std::size_t all = most_values<T>();
  if constexpr (all == uncountable)
    return uncountable;
  else
    return members_of_values<T, all>();
}

template <class T>
consteval std::size_t count_members() {
  if constexpr (takes_braces<T, 0>()) {
    constexpr std::size_t count = most_braces<T>();
    // One more value is welcome where the next member takes no {} but has a default initializer.
    if constexpr (!takes_braces<T, count, any_value<T>>())
      return count;
    else if constexpr (count == most_members)
      return most_members + 1;
    else
      return count_by_values<T>();
  } else {
    return count_by_values<T>();
  }
}

template <class T>
consteval bool has_base() {
  if constexpr (takes_braces<T, 0>()) {
    return takes_braces<T, 0, any_base<T>>() && !takes_braces<T, 0, no_value>();
  } else {
    constexpr std::size_t all = most_values<T>();
    if constexpr (all == uncountable || all == 0)
      return false;
    else
      return takes_values<T, any_base<T>>(std::make_index_sequence<all - 1>{}) &&
             !takes_values<T, no_value>(std::make_index_sequence<all - 1>{});
  }
}

/// A class that is an aggregate and that structured bindings take apart by its members: std::array
/// and others that say a std::tuple_size are taken apart by get<>.
template <class T>
concept plain_aggregate = std::is_class_v<T> && std::is_aggregate_v<T> && !requires {
  sizeof(std::tuple_size<T>);
};

/// An aggregate whose members are out of reach, for some of them belong to a base class.
template <class T>
concept aggregate_with_base = plain_aggregate<T> && has_base<std::remove_cv_t<T>>();

/// An aggregate whose members can be counted and taken apart. Not one with a member that is a
/// reference to non-const (one to const counts as a member of the type it refers to), or with
/// arrays of more than 256 elements beside a member that cannot be initialized from {}.
template <class T>
concept reflectable_aggregate = plain_aggregate<T> && !aggregate_with_base<T> &&
                                count_members<std::remove_cv_t<T>>() != uncountable;

template <class T>
consteval std::size_t checked_member_count() {
  constexpr std::size_t count = count_members<T>();
  static_assert(count <= most_members,
                "mpi4cxx: this aggregate has more than 64 members, which is more than can be taken "
                "apart; group some of them in an aggregate of their own");
  return count;
}

/// The number of members; an array is one.
template <reflectable_aggregate T>
inline constexpr std::size_t member_count = checked_member_count<std::remove_cv_t<T>>();

/// function(member, ...) with all members as lvalues, const if the aggregate is. A bit-field binds
/// to a parameter that is const or a value, not to a reference to non-const.
template <class T, class Function>
requires reflectable_aggregate<T>
constexpr decltype(auto) with_members([[maybe_unused]] T& aggregate, Function&& function) {
#define MPI4CXX_ENTRY(count, ...)                          \
  else if constexpr (member_count<T> == count) {           \
    auto& [__VA_ARGS__] = aggregate;                       \
    return static_cast<Function&&>(function)(__VA_ARGS__); \
  }
  if constexpr (member_count<T> == 0) return static_cast<Function&&>(function)();
  MPI4CXX_LISTS(MPI4CXX_ENTRY, MPI4CXX_NAME)
#undef MPI4CXX_ENTRY
}

#undef MPI4CXX_NAME
#undef MPI4CXX_BRACES
#undef MPI4CXX_LISTS
#undef MPI4CXX_ROWS_7
#undef MPI4CXX_ROWS_6
#undef MPI4CXX_ROWS_5
#undef MPI4CXX_ROWS_4
#undef MPI4CXX_ROWS_3
#undef MPI4CXX_ROWS_2
#undef MPI4CXX_ROWS_1
#undef MPI4CXX_ROW
#undef MPI4CXX_ITEMS_8
#undef MPI4CXX_ITEMS_7
#undef MPI4CXX_ITEMS_6
#undef MPI4CXX_ITEMS_5
#undef MPI4CXX_ITEMS_4
#undef MPI4CXX_ITEMS_3
#undef MPI4CXX_ITEMS_2
#undef MPI4CXX_ITEMS_1

/// function(member) for each member in order.
template <class T, class Function>
requires reflectable_aggregate<T>
constexpr void for_each_member(T& aggregate, Function&& function) {
  with_members(aggregate, [&](auto&... member) { (static_cast<void>(function(member)), ...); });
}

struct list_members {
  template <class... Member>
  constexpr type_list<std::remove_cv_t<Member>...> operator()(Member&...) const {
    return {};
  }
};

/// The type_list of the members' types as declared but for const; arrays are arrays. (Taken from a
/// const aggregate, for a bit-field binds to a reference to const only.)
template <reflectable_aggregate T>
using member_types = decltype(with_members(std::declval<const T&>(), list_members{}));

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
