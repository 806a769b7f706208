// SPDX-License-Identifier: MIT
// Sentences for messages, with as little work for the compiler as can be: every user's translation
// unit has many of them, and nearly never runs one. (fmt::format would instantiate and check each
// format; a std::string would bring its templates into each place that makes one.)
#pragma once

#include <mpi4cxx/version.hpp>

#include <concepts>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

inline bool is_equal(const char* a, const char* b) {
  return std::strcmp(a, b) == 0;
}

[[gnu::cold]] inline bool starts_with(const char* text, const char* front) {
  return std::strncmp(text, front, std::strlen(front)) == 0;
}

/// Copies the end of a text, which of a path says most.
template <std::size_t Room>
void copy_end(char (&place)[Room], const char* text) noexcept {
  const std::size_t size = std::strlen(text);
  std::memcpy(place, size < Room ? text : text + size - (Room - 1), size < Room ? size : Room - 1);
}

/// A text that was made.
class sentence {
 public:
  /// Takes over memory of new[].
  explicit sentence(char* text) noexcept : text_(text) {}
  sentence(sentence&& other) noexcept : text_(other.text_) { other.text_ = nullptr; }
  sentence& operator=(sentence&&) = delete;
  ~sentence() { delete[] text_; }

  const char* c_str() const noexcept { return text_; }
  char* text() noexcept { return text_; }
  void release() noexcept { text_ = nullptr; }
  void swap(sentence& other) noexcept {
    char* const mine = text_;
    text_ = other.text_;
    other.text_ = mine;
  }
  operator std::string() const { return text_; }

 private:
  char* text_;
};

/// A number or a text that stands in a sentence.
class text_argument {
 public:
  template <std::integral T>
  text_argument(T value)
      : number_(value < 0 ? 0 - static_cast<unsigned long long>(value)
                          : static_cast<unsigned long long>(value)),
        is_negative_(value < 0) {}
  text_argument(const char* text) : text_(text), size_(std::strlen(text)) {}
  text_argument(std::string_view text) : text_(text.data()), size_(text.size()) {}
  text_argument(const std::string& text) : text_(text.c_str()), size_(text.size()) {}
  text_argument(const sentence& text) : text_argument(text.c_str()) {}

 private:
  friend sentence formatted(const char*, std::initializer_list<text_argument>);

  static constexpr std::size_t most_digits = 20;
  [[gnu::cold]] char* write_number(char* place) const {
    char digits[most_digits];
    std::size_t count = 0;
    for (unsigned long long rest = number_; rest != 0 || count == 0; rest /= 10)
      digits[count++] = static_cast<char>('0' + rest % 10);
    if (is_negative_) *place++ = '-';
    while (count != 0) *place++ = digits[--count];
    return place;
  }

  const char* text_ = nullptr;
  std::size_t size_ = most_digits + 1;
  unsigned long long number_ = 0;
  bool is_negative_ = false;
};

/// The format with its {} replaced by the arguments, one after the other.
[[gnu::cold]] inline sentence formatted(const char* format,
                                        std::initializer_list<text_argument> arguments) {
  std::size_t most = std::strlen(format) + 1;
  for (const text_argument& each : arguments) most += each.size_;
  char* const text = new char[most];
  char* place = text;
  const text_argument* next = arguments.begin();
  for (; *format; ++format) {
    if (format[0] != '{' || format[1] != '}' || next == arguments.end()) {
      *place++ = *format;
      continue;
    }
    if (!next->text_) {
      place = next->write_number(place);
    } else {
      std::memcpy(place, next->text_, next->size_);
      place += next->size_;
    }
    ++next;
    ++format;
  }
  *place = '\0';
  return sentence(text);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
