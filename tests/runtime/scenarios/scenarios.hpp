// SPDX-License-Identifier: MIT
// What the scenarios have in common, and their tables.
#pragma once

#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace mpi4cxx;

using Bytes = std::vector<unsigned char>;
using Strings = std::vector<std::string>;
inline constexpr std::size_t mebibyte = std::size_t{1} << 20;

// Without MPI and without the library, whose state is what is under test.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "FAILED: %s\n", what);
  std::fflush(stderr);
  std::_Exit(99);
}

/// Each rank that is content says so: the exit status of a launcher is not enough.
inline int held() {
  std::printf("held\n");
  std::fflush(stdout);
  return 0;
}

template <class Exception = MPI::Exception, class Function>
std::string sentence_of(Function&& function) {
  try {
    function();
  } catch (const Exception& error) {
    return error.what();
  }
  require(false, "an exception was expected");
  return {};
}
template <class Function>
void require_sentence(Function&& function, const char* part) {
  const std::string sentence = sentence_of(function);
  if (sentence.find(part) == std::string::npos) std::fprintf(stderr, "%s\n", sentence.c_str());
  require(sentence.find(part) != std::string::npos, part);
}

inline Bytes pattern(std::size_t size, int seed) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<unsigned char>(i * 31 + static_cast<unsigned>(seed));
  return bytes;
}

/// The others wait here for a rank that never comes.
inline int wait_for_ever() {
  MPI::COMM_WORLD.barrier();
  require(false, "the barrier ended");
  return 0;
}

inline int launched_rank() {
  for (const char* const name : {"PMI_RANK", "OMPI_COMM_WORLD_RANK"})
    if (const char* const text = std::getenv(name)) return std::atoi(text);
  return 0;
}

using Scenarios = std::map<std::string, std::function<int()>>;
extern const Scenarios failures, start_and_finish, threads_and_waiting;
int unwind(const std::string& what, bool rethrow);
int killed(const std::string& where);
int first_call(const std::string& name);
