// SPDX-License-Identifier: MIT
// Sentences for messages. fmt::format itself would instantiate and check every format anew in every
// translation unit of every user: a seventh of the time that this library takes to be read.
#pragma once

#include <mpi4cxx/version.hpp>

#include <fmt/core.h>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// A number or a text that stands in a sentence.
class text_argument {
 public:
  template <std::signed_integral T>
  text_argument(T value) : argument_(made_of(static_cast<long long>(value))) {}
  template <std::unsigned_integral T>
  text_argument(T value) : argument_(made_of(static_cast<unsigned long long>(value))) {}
  text_argument(std::string_view value)
      : argument_(made_of(fmt::string_view(value.data(), value.size()))) {}
  text_argument(const std::string& value) : text_argument(std::string_view(value)) {}
  text_argument(const char* value) : text_argument(std::string_view(value)) {}

 private:
  friend std::string formatted(const char*, std::initializer_list<text_argument>);
  using argument = fmt::basic_format_arg<fmt::format_context>;
  template <class T>
  static argument made_of(const T& value) {
    return fmt::format_args(fmt::make_format_args(value)).get(0);
  }

  argument argument_;
};

/// fmt::format(format, arguments...); a format that does not fit is an error at run time only.
[[gnu::cold]] inline std::string formatted(const char* format,
                                           std::initializer_list<text_argument> arguments) {
  text_argument::argument array[8];
  int count = 0;
  for (const text_argument& each : arguments)
    if (count < 8) array[count++] = each.argument_;
  return fmt::vformat(format, fmt::format_args(array, count));
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
