// SPDX-License-Identifier: MIT
// rc and the environment variables MPI4CXX_RC_*, read and checked once at start.
#pragma once

#include <mpi4cxx/rc.hpp>
#include <mpi4cxx/runtime/error.hpp>
#include <mpi4cxx/runtime/state.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string_view>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// Header messages are received into stack memory of this size.
inline constexpr std::size_t most_inline_limit = 16384;

struct settings {
  bool initialize, threads, finalize, channel;
  int thread_level;
  const char* errors;
  const char* wait;
  std::size_t inline_limit, chunk_limit, max_object;
  double start_notice;
  bool check, leaks, synchronous;
  double watchdog;  // seconds; 0: none
  bool watchdog_aborts;
};

/// A setting that is none. It is thrown before MPI is up.
class setting_error : public Exception {
 public:
  using Exception::Exception;
};

/// The environment variable MPI4CXX_RC_<name>, or null.
[[gnu::cold]] inline const char* setting_from_environment(const char* name) {
  char variable[64];
  std::snprintf(variable, sizeof variable, "MPI4CXX_RC_%s", name);
  return std::getenv(variable);
}

[[noreturn]] [[gnu::cold]] inline void bad_setting(const char* name, text_argument value,
                                                   text_argument expected) {
  throw setting_error(MPI_ERR_ARG, formatted("MPI4CXX_RC_{} (mpi4cxx::rc) is \"{}\": it must be {}",
                                             {name, value, expected})
                                       .c_str());
}

[[gnu::cold]] inline bool read_flag(const char* name, bool otherwise) {
  const char* const text = setting_from_environment(name);
  if (!text) return otherwise;
  for (const auto yes : {"1", "true", "True", "yes", "on"})
    if (is_equal(text, yes)) return true;
  for (const auto no : {"0", "false", "False", "no", "off"})
    if (is_equal(text, no)) return false;
  bad_setting(name, text, "1 or 0");
}

[[gnu::cold]] inline std::size_t read_size(const char* name, std::size_t otherwise,
                                           std::size_t least, std::size_t most) {
  std::size_t value = otherwise;
  const char* const text = setting_from_environment(name);
  if (text) {
    char* end = nullptr;
    value = std::strtoull(text, &end, 10);
    if (end == text || *end || *text == '-') value = least - 1;
  }
  if (value < least || value > most)
    bad_setting(name, text ? text_argument(text) : text_argument(value),
                formatted("{}from {} to {}", {text ? "a number of bytes " : "", least, most}));
  return value;
}

/// One of the words listed.
[[gnu::cold]] inline const char* read_word(const char* name, std::string_view otherwise,
                                           std::initializer_list<const char*> words) {
  const char* const text = setting_from_environment(name);
  const char* const value = text ? text : otherwise.data();
  const std::size_t size = text ? std::strlen(text) : otherwise.size();
  for (const char* const word : words)
    if (size == std::strlen(word) && (size == 0 || std::memcmp(value, word, size) == 0))
      return word;
  char list[128];
  int used = std::snprintf(list, sizeof list, "one of");
  for (const char* const word : words)
    used += std::snprintf(list + used, sizeof list - static_cast<std::size_t>(used), "%s \"%s\"",
                          word == *words.begin() ? "" : ",", word);
  bad_setting(name, std::string_view(value, size), list);
}

/// MPI4CXX_<name>: what helps to find mistakes is switched by the environment alone.
[[gnu::cold]] inline bool read_switch(const char* name) {
  const char* const text = std::getenv(name);
  if (!text || !*text || is_equal(text, "0")) return false;
  if (is_equal(text, "1")) return true;
  throw setting_error(MPI_ERR_ARG,
                      formatted("{} is \"{}\": it must be 1 or 0", {name, text}).c_str());
}

/// MPI4CXX_WATCHDOG: "30s", "2.5", "10min", "30s,abort".
[[gnu::cold]] inline void read_watchdog(settings& found) {
  const char* const text = std::getenv("MPI4CXX_WATCHDOG");
  if (!text || !*text || is_equal(text, "0")) return;
  char* end = nullptr;
  found.watchdog = std::strtod(text, &end);
  const bool is_number = end != text && found.watchdog > 0 && found.watchdog < 1e9;
  if (starts_with(end, "min"))
    found.watchdog *= 60, end += 3;
  else if (*end == 's')
    ++end;
  found.watchdog_aborts = is_equal(end, ",abort");
  if (!is_number || (*end && !found.watchdog_aborts))
    throw setting_error(MPI_ERR_ARG, formatted("MPI4CXX_WATCHDOG is \"{}\": it must be a time such "
                                               "as 30s or 10min, with \",abort\" behind it if the "
                                               "job shall end then",
                                               {text})
                                         .c_str());
}

[[gnu::cold]] inline settings read_settings() {
  settings found{};
  found.initialize = read_flag("INITIALIZE", rc.initialize);
  found.threads = read_flag("THREADS", rc.threads);
  found.finalize = read_flag("FINALIZE", rc.finalize);
  found.channel = read_flag("CHANNEL", rc.channel);
  const char* const level =
      read_word("THREAD_LEVEL", rc.thread_level, {"single", "funneled", "serialized", "multiple"});
  found.thread_level = is_equal(level, "single")       ? MPI_THREAD_SINGLE
                       : is_equal(level, "funneled")   ? MPI_THREAD_FUNNELED
                       : is_equal(level, "serialized") ? MPI_THREAD_SERIALIZED
                                                       : MPI_THREAD_MULTIPLE;
  found.errors = read_word("ERRORS", rc.errors, {"", "exception", "default", "abort", "fatal"});
  found.wait = read_word("WAIT", rc.wait, {"auto", "spin", "yield", "sleep"});
  found.inline_limit = read_size("INLINE_LIMIT", rc.inline_limit, 64, most_inline_limit);
  found.chunk_limit = read_size("CHUNK_LIMIT", rc.chunk_limit, 64, std::size_t{1} << 30);
  found.max_object = read_size("MAX_OBJECT", rc.max_object, 1, std::size_t{1} << 62);
  found.check = read_switch("MPI4CXX_CHECK");
  found.leaks = read_switch("MPI4CXX_LEAKS");
  found.synchronous = read_switch("MPI4CXX_SYNCHRONOUS");
  read_watchdog(found);
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
