// SPDX-License-Identifier: MIT
// MPI::Exception, and the one gate through which every MPI call goes.
#pragma once

#include <mpi4cxx/runtime/mpi.hpp>
#include <mpi4cxx/runtime/text.hpp>

#include <compare>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

namespace detail {
/// MPI_Error_class. Open MPI 4.1 does not know that a class of Add_error_class is its own.
inline int error_class(int code, int* found) {
  const int result = MPI_Error_class(code, found);
#if defined(OPEN_MPI)
  if (result == MPI_SUCCESS && *found == MPI_ERR_UNKNOWN && code > MPI_ERR_LASTCODE) *found = code;
#endif
  return result;
}
}  // namespace detail

/// What every failing call of this library throws: an MPI error code and one sentence.
///
/// Codes come from the MPI library, or are an error class (MPI::ERR_ARG, ...) where the library
/// found the mistake itself. It compares with numbers: equal are its code and its class.
class Exception : public std::runtime_error {
 public:
  /// An exception that says what MPI says of `code`.
  explicit Exception(int code = MPI_SUCCESS) : Exception(code, error_text(code).text) {}
  /// An exception with a sentence of its own.
  Exception(int code, const std::string& message)
      : std::runtime_error(message), code_(code < 0 ? MPI_ERR_UNKNOWN : code) {}
  Exception(int code, const char* message)
      : std::runtime_error(message), code_(code < 0 ? MPI_ERR_UNKNOWN : code) {}

  /// The error code, which may be particular to the MPI library.
  int Get_error_code() const noexcept { return code_; }
  int error_code() const noexcept { return code_; }

  /// The error class, one of the MPI::ERR_ constants. Source: MPI_Error_class.
  int Get_error_class() const {
    int error_class = MPI_ERR_UNKNOWN;
    if (code_ >= 0 && is_usable()) detail::error_class(code_, &error_class);
    return is_usable() ? error_class : code_;
  }
  int error_class() const { return Get_error_class(); }

  explicit operator int() const noexcept { return code_; }
  friend bool operator==(const Exception& error, int code) {
    return error.code_ == code || error.Get_error_class() == code;
  }
  friend std::strong_ordering operator<=>(const Exception& error, int code) {
    return error == code ? std::strong_ordering::equal : error.code_ <=> code;
  }

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

/// What the library last threw in this thread. An exception in flight cannot be asked, and a job
/// that must end while one unwinds the stack has to say what it was.
inline thread_local constinit char last_raised[600] = "";

[[noreturn]] [[gnu::cold]] inline void raise(int code, const char* message) {
  std::snprintf(last_raised, sizeof last_raised, "%s", message);
  throw Exception(code, message);
}
[[noreturn]] [[gnu::cold]] inline void raise(int code, const std::string& message) {
  raise(code, message.c_str());
}
[[noreturn]] [[gnu::cold]] inline void raise(int code, const sentence& message) {
  raise(code, message.c_str());
}

/// What callbacks of the user's have left for the end of the MPI call in which MPI called them: an
/// exception cannot pass through MPI, and MPICH lets an error handler call next to nothing of MPI,
/// so that error handlers run when the call has returned.
struct callback_remains {
  std::exception_ptr* thrown = nullptr;  // without destructor: the last callbacks run at exit
  void (*end_refused)(void* value) = nullptr;
  void* refused = nullptr;  // whose deletion was refused; where MPI goes on all the same it is ours
  void (*error_handler)(std::uintptr_t object, int code) = nullptr;
  std::uintptr_t object = 0;
  int code = MPI_SUCCESS;
};
inline thread_local constinit callback_remains remains_of_callbacks{};

/// For calls whose errors are nobody's business, in destructors.
[[gnu::cold]] inline void forget_callbacks() noexcept {
  delete std::exchange(remains_of_callbacks.thrown, nullptr);
  remains_of_callbacks.end_refused = nullptr;
  remains_of_callbacks.error_handler = nullptr;
}
/// Throws what a callback has thrown, and runs the error handler that MPI has called with this
/// code. Of several callbacks MPI may report what the last one did: calls that succeed ask, too.
[[gnu::cold]] inline void finish_callbacks(int code = MPI_SUCCESS) {
  callback_remains& remains = remains_of_callbacks;
  const std::unique_ptr<std::exception_ptr> thrown(std::exchange(remains.thrown, nullptr));
  const auto handler = std::exchange(remains.error_handler, nullptr);
  const auto end_refused = std::exchange(remains.end_refused, nullptr);
  if (end_refused && code == MPI_SUCCESS) end_refused(remains.refused);
  if (thrown) std::rethrow_exception(*thrown);
  if (handler && remains.code == code) handler(remains.object, code);
}
/// Runs a callback inside MPI; what it throws becomes an error code, and is thrown by the call.
template <class Function>
int within_mpi(Function&& function) noexcept {
  try {
    function();
    return MPI_SUCCESS;
  } catch (...) {
    forget_callbacks();
    remains_of_callbacks.thrown = new std::exception_ptr(std::current_exception());
    return MPI_ERR_OTHER;
  }
}

[[noreturn]] [[gnu::cold]] inline void raise_from_mpi(int code, const char* function) {
  finish_callbacks(code);
  raise(code, formatted("{}: {}", {function, Exception(code).what()}));
}
/// For calls of MPI 4 where the library at hand is older. `what`: in the plural.
[[noreturn]] [[gnu::cold]] inline void needs_mpi_4(const char* what) {
  raise(MPI_ERR_UNSUPPORTED_OPERATION,
        formatted("{} need MPI 4, but this MPI library implements {}.{}",
                  {what, MPI_VERSION, MPI_SUBVERSION}));
}

/// The gate: an error code becomes an exception that names the function.
inline void check(int code, const char* function) {
  if (code != MPI_SUCCESS) [[unlikely]]
    raise_from_mpi(code, function);
}

}  // namespace detail
}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
