// SPDX-License-Identifier: MIT
// rc and the environment variables MPI4CXX_RC_*, read and checked once at start.
#pragma once

#include <mpi4cxx/rc.hpp>
#include <mpi4cxx/runtime/error.hpp>
#include <mpi4cxx/runtime/state.hpp>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Header messages are received into stack memory of this size.
inline constexpr std::size_t most_inline_limit = 16384;

struct settings {
  bool initialize, threads, finalize, channel;
  int thread_level;
  std::string_view errors;
  std::string_view wait;
  std::size_t inline_limit, chunk_limit, max_object;
  double start_notice;
};

/// A setting that is none. It is thrown before MPI is up.
class setting_error : public Exception {
 public:
  using Exception::Exception;
};

/// The environment variable MPI4CXX_RC_<name>, or null.
[[gnu::cold]] inline const char* setting_from_environment(std::string_view name) {
  return std::getenv(formatted("MPI4CXX_RC_{}", {name}).c_str());
}

[[noreturn]] [[gnu::cold]] inline void bad_setting(std::string_view name, std::string_view value,
                                                   std::string_view expected) {
  throw setting_error(MPI_ERR_ARG, formatted("MPI4CXX_RC_{} (mpi4cxx::rc) is \"{}\": it must be {}",
                                             {name, value, expected}));
}

[[gnu::cold]] inline bool read_flag(std::string_view name, bool otherwise) {
  const char* const text = setting_from_environment(name);
  if (!text) return otherwise;
  const std::string_view value = text;
  for (const auto yes : {"1", "true", "True", "yes", "on"})
    if (value == yes) return true;
  for (const auto no : {"0", "false", "False", "no", "off"})
    if (value == no) return false;
  bad_setting(name, value, "1 or 0");
}

[[gnu::cold]] inline std::size_t read_size(std::string_view name, std::size_t otherwise,
                                           std::size_t least, std::size_t most) {
  std::size_t value = otherwise;
  if (const char* const text = setting_from_environment(name)) {
    char* end = nullptr;
    value = std::strtoull(text, &end, 10);
    if (end == text || *end || *text == '-') value = least - 1;
    if (value < least || value > most)
      bad_setting(name, text, formatted("a number of bytes from {} to {}", {least, most}));
  }
  if (value < least || value > most)
    bad_setting(name, std::to_string(value), formatted("from {} to {}", {least, most}));
  return value;
}

/// One of the words listed; `words` is what the message shows.
[[gnu::cold]] inline std::string_view read_word(std::string_view name, std::string_view otherwise,
                                                std::initializer_list<std::string_view> words) {
  const char* const text = setting_from_environment(name);
  const std::string_view value = text ? text : otherwise;
  std::string list;
  for (const auto word : words) {
    if (value == word) return word;
    list += formatted("{}\"{}\"", {list.empty() ? "" : ", ", word});
  }
  bad_setting(name, value, "one of " + list);
}

[[gnu::cold]] inline settings read_settings() {
  settings found{};
  found.initialize = read_flag("INITIALIZE", rc.initialize);
  found.threads = read_flag("THREADS", rc.threads);
  found.finalize = read_flag("FINALIZE", rc.finalize);
  found.channel = read_flag("CHANNEL", rc.channel);
  const std::string_view level =
      read_word("THREAD_LEVEL", rc.thread_level, {"single", "funneled", "serialized", "multiple"});
  found.thread_level = level == "single"       ? MPI_THREAD_SINGLE
                       : level == "funneled"   ? MPI_THREAD_FUNNELED
                       : level == "serialized" ? MPI_THREAD_SERIALIZED
                                               : MPI_THREAD_MULTIPLE;
  found.errors = read_word("ERRORS", rc.errors, {"", "exception", "default", "abort", "fatal"});
  found.wait = read_word("WAIT", rc.wait, {"auto", "spin", "yield", "sleep"});
  found.inline_limit = read_size("INLINE_LIMIT", rc.inline_limit, 64, most_inline_limit);
  found.chunk_limit = read_size("CHUNK_LIMIT", rc.chunk_limit, 64, std::size_t{1} << 30);
  found.max_object = read_size("MAX_OBJECT", rc.max_object, 1, std::size_t{1} << 62);
  found.start_notice = rc.start_notice;
  if (const char* const text = setting_from_environment("START_NOTICE")) {
    char* end = nullptr;
    found.start_notice = std::strtod(text, &end);
    if (end == text || *end || !(found.start_notice >= 0))
      bad_setting("START_NOTICE", text, "a number of seconds");
  }
  return found;
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
