// SPDX-License-Identifier: MIT
// What ranks have for each other in tests of uppercase collectives: blocks of every element type.
#pragma once

#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <complex>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace blocks {

/// Trivially copyable, with padding.
struct Particle {
  double x = 0, y = 0;
  char kind = 0;
  int charge = 0;
  Particle() = default;
  Particle(int seed)
      : x(seed), y(-seed), kind(static_cast<char>('a' + seed % 20)), charge(seed * 3) {}
  bool operator==(const Particle&) const = default;
};

enum class Colour : unsigned char { red, green = 7 };

/// Calls `f(T{})` with every type that a buffer may hold.
template <class F>
void for_each_element(F&& f) {
  f(char{});
  f(static_cast<signed char>(0));
  f(static_cast<unsigned char>(0));
  f(wchar_t{});
  f(char16_t{});
  f(short{});
  f(static_cast<unsigned short>(0));
  f(int{});
  f(0U);
  f(0L);
  f(0UL);
  f(0LL);
  f(0ULL);
  f(0.0F);
  f(0.0);
  f(0.0L);
  f(bool{});
  f(std::complex<float>{});
  f(std::complex<double>{});
  f(std::complex<long double>{});
  f(std::byte{});
  f(Colour{});
  f(Particle{});
}
/// Calls `f(T{})` with the types that MPI reduces.
template <class F>
void for_each_number(F&& f) {
  f(static_cast<signed char>(0));
  f(static_cast<unsigned char>(0));
  f(short{});
  f(static_cast<unsigned short>(0));
  f(int{});
  f(0U);
  f(0L);
  f(0UL);
  f(0LL);
  f(0ULL);
  f(0.0F);
  f(0.0);
  f(0.0L);
}

/// Element `i` of the block that `source` has for `destination`. Small enough for a char.
template <class T>
T element(int source, int destination, std::size_t i) {
  const int seed = 1 + 25 * source + 5 * destination + static_cast<int>(i);
  if constexpr (std::is_same_v<T, bool>)
    return seed % 2 == 1;
  else if constexpr (requires { typename T::value_type; })
    return T(static_cast<typename T::value_type>(seed), 1);
  else
    return static_cast<T>(seed);
}
template <class T>
std::vector<T> block(int source, int destination, std::size_t length) {
  std::vector<T> values;
  for (std::size_t i = 0; i < length; ++i) values.push_back(element<T>(source, destination, i));
  return values;
}
template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// Runs the blocking and the nonblocking form of a call, each on its own receive buffer.
template <class Blocking, class Starting>
void both_ways(Blocking&& blocking, Starting&& starting) {
  {
    INFO("blocking");
    blocking();
  }
  {
    INFO("nonblocking");
    starting();
  }
}

/// Whether `call` throws; the error is of this class.
template <class F>
bool fails(F&& call, int error_class) {
  try {
    call();
  } catch (const mpi4cxx::MPI::Exception& error) {
    CHECK(error.Get_error_class() == error_class);
    return true;
  }
  return false;
}

/// A new object with element i of `make(rank)` combined over ranks 0 to `last`.
template <class T, class F>
std::vector<T> reduced(int last, std::size_t length, F&& combine, int destination = 0) {
  std::vector<T> result = block<T>(0, destination, length);
  for (int rank = 1; rank <= last; ++rank)
    for (std::size_t i = 0; i < length; ++i)
      result[i] = static_cast<T>(combine(result[i], element<T>(rank, destination, i)));
  return result;
}

inline constexpr std::size_t length = 3;

}  // namespace blocks
