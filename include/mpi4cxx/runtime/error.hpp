// SPDX-License-Identifier: MIT
// MPI::Exception, and the one gate through which every MPI call goes.
#pragma once

#include <mpi4cxx/runtime/mpi.hpp>
#include <mpi4cxx/runtime/text.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// What every failing call of this library throws: an MPI error code and one sentence.
///
/// Codes come from the MPI library, or are an error class (MPI::ERR_ARG, ...) where the library
/// found the mistake itself. As in mpi4py it compares with the constants through its code.
class Exception : public std::runtime_error {
 public:
  /// An exception that says what MPI says of `code`.
  explicit Exception(int code = MPI_SUCCESS) : Exception(code, error_text(code).text) {}
  /// An exception with a sentence of its own.
  Exception(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Exception(int code, const char* message) : std::runtime_error(message), code_(code) {}

  /// The error code, which may be particular to the MPI library.
  int Get_error_code() const noexcept { return code_; }
  int error_code() const noexcept { return code_; }

  /// The error class, one of the MPI::ERR_ constants. Source: MPI_Error_class.
  int Get_error_class() const {
    int error_class = MPI_ERR_UNKNOWN;
    if (code_ >= 0 && is_usable()) MPI_Error_class(code_, &error_class);
    return is_usable() ? error_class : code_;
  }
  int error_class() const { return Get_error_class(); }

  /// What the MPI library says of the code. Source: MPI_Error_string.
  std::string Get_error_string() const { return error_text(code_).text; }
  std::string error_string() const { return error_text(code_).text; }

 private:
  static bool is_usable() {
    int initialized = 0, finalized = 0;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    return initialized && !finalized;
  }
  struct error_text {
    [[gnu::cold]] explicit error_text(int code) {
      int length = 0;
      if (!is_usable())
        std::snprintf(text, sizeof text, "MPI error %d", code);
      else if (MPI_Error_string(code, text, &length) != MPI_SUCCESS)
        length = 0;
      else
        text[length] = '\0';
    }
    char text[MPI_MAX_ERROR_STRING + 1] = {};
  };

  int code_;
};

/// A lowercase receive found an object of another type. The message is consumed, so the next
/// receive gets the next message.
class TypeMismatch : public Exception {
 public:
  explicit TypeMismatch(const std::string& message) : Exception(MPI_ERR_TYPE, message) {}
  explicit TypeMismatch(const char* message) : Exception(MPI_ERR_TYPE, message) {}
};

namespace detail {

[[noreturn]] [[gnu::cold]] inline void raise(int code, const char* message) {
  throw Exception(code, message);
}
[[noreturn]] [[gnu::cold]] inline void raise(int code, const std::string& message) {
  throw Exception(code, message);
}
[[noreturn]] [[gnu::cold]] inline void raise(int code, const sentence& message) {
  throw Exception(code, message.c_str());
}
[[noreturn]] [[gnu::cold]] inline void raise_from_mpi(int code, const char* function) {
  raise(code, formatted("{}: {}", {function, Exception(code).what()}));
}

/// The gate: an error code becomes an exception that names the function.
inline void check(int code, const char* function) {
  if (code != MPI_SUCCESS) [[unlikely]]
    raise_from_mpi(code, function);
}

}  // namespace detail
}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
