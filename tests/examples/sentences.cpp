// SPDX-License-Identifier: MIT
// ranks: serial
// The lists of the string matching programs: the reader's sentences and errors, the generator.
#include <unistd.h>

#include <algorithm>
#include <common/generator.hpp>
#include <common/sentences.hpp>
#include <common/utf8.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace {

using course::Sentence;

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content)
      : path_(std::filesystem::temp_directory_path() /
              ("mpi4cxx-sentences-" + std::to_string(getpid()) + ".tsv")) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::vector<Sentence> read(std::string_view content) {
  const TemporaryFile file(content);
  return course::read_sentences(file.path());
}

// What the reader says of the content, without the name of the file.
std::string complaint(std::string_view content) {
  const TemporaryFile file(content);
  try {
    (void)course::read_sentences(file.path());
  } catch (const std::exception& error) {
    const std::string message = error.what();
    REQUIRE(message.starts_with(file.path() + ":"));
    return message.substr(file.path().size() + 1);
  }
  return "no complaint";
}

const std::string two_columns = "expected two columns, id and string, with one tab between them";

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
}

// FNV-1a
std::uint64_t checksum(const std::vector<Sentence>& list) {
  std::uint64_t sum = 0xCBF29CE484222325U;
  for (const Sentence& sentence : list)
    for (const char c : std::to_string(sentence.id) + '\t' + sentence.text + '\n')
      sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return sum;
}

}  // namespace

TEST_CASE("a file in the course's format") {
  CHECK(read("id_left\tstring_left\n7\tseven\n-8\tEspaña – 東京\n") ==
        std::vector<Sentence>{{7, "seven"}, {-8, "España – 東京"}});
  CHECK(read("id\tstring\n").empty());
}

TEST_CASE("quotation marks are characters like any other") {
  CHECK(read("id\tstring\n1\t\"\"\"Yes,\"\" he said\n2\t\"\n") ==
        std::vector<Sentence>{{1, "\"\"\"Yes,\"\" he said"}, {2, "\""}});
}

TEST_CASE("a string may be empty, the last line unfinished, a line end CR LF") {
  CHECK(read("id\tstring\n1\t\n2\tb") == std::vector<Sentence>{{1, ""}, {2, "b"}});
  CHECK(read("id\tstring\r\n1\ta\r\n") == std::vector<Sentence>{{1, "a"}});
  CHECK(read("\xEF\xBB\xBFid\tstring\n1\ta\n") == std::vector<Sentence>{{1, "a"}});
}

TEST_CASE("a malformed line is an error with the file's name and the line's number") {
  CHECK(complaint("id\tstring\n1\ta\nno tab\n") == "3: " + two_columns);
  CHECK(complaint("id\tstring\n1\ta\n\n2\tb\n") == "3: " + two_columns);
  CHECK(complaint("id\tstring\n1\ta\tb\n") == "2: " + two_columns);
  CHECK(complaint("id\tstring\n1\ta\n2\tb\nx3\tc\n") ==
        "4: the id 'x3' is not an integer of 64 bits");
  CHECK(complaint("id\tstring\n3x\tc\n") == "2: the id '3x' is not an integer of 64 bits");
  CHECK(complaint("id\tstring\n\tc\n") == "2: the id '' is not an integer of 64 bits");
  CHECK(complaint("id\tstring\n99999999999999999999\tc\n") ==
        "2: the id '99999999999999999999' is not an integer of 64 bits");
  CHECK(complaint("id\tstring\n1\tab\xFF\n") ==
        "2: the string is not text: invalid UTF-8 at byte 3");
}

TEST_CASE("a file without its header is an error, not a file with one sentence less") {
  CHECK(complaint("1\ta\n2\tb\n") == "1: expected a header that names the columns id and string");
  CHECK(complaint("") == " the file is empty, without a header");
}

TEST_CASE("a file that cannot be opened is an error with its name and the reason") {
  const auto message = [](const std::string& path) {
    try {
      (void)course::read_sentences(path);
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string("no complaint");
  };
  CHECK(message("/no/such/file.tsv") == "cannot open /no/such/file.tsv: No such file or directory");
  const std::string folder = std::filesystem::temp_directory_path().string();
  CHECK(message(folder) == "cannot open " + folder + ": Is a directory");
}

TEST_CASE("UTF-8 becomes code points") {
  CHECK(course::code_points("").empty());
  CHECK(course::code_points("aé–𝄞") == U"aé–𝄞");
  CHECK(course::code_points({"\0\x7F", 2}) == std::u32string(U"\0\x7F", 2));
  // The first and the last of each length, and the neighbours of the surrogates.
  CHECK(course::code_points("\xC2\x80\xDF\xBF") == U"\u0080\u07FF");
  CHECK(course::code_points("\xE0\xA0\x80\xEF\xBF\xBF") == U"\u0800\uFFFF");
  CHECK(course::code_points("\xED\x9F\xBF\xEE\x80\x80") == U"\uD7FF\uE000");
  CHECK(course::code_points("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF") == U"\U00010000\U0010FFFF");
}

TEST_CASE("what is not UTF-8 is refused") {
  const std::string_view invalid[] = {
      "\x80",              // a continuation without a beginning
      "\xC3",              // cut short
      "\xE2\x80",          //
      "\xF0\x9D\x84",      //
      "\xC3(",             // a beginning without its continuation
      "\xE2(\x80",         //
      "\xC0\xAF",          // overlong
      "\xC1\xBF",          //
      "\xE0\x9F\xBF",      //
      "\xF0\x8F\xBF\xBF",  //
      "\xED\xA0\x80",      // surrogates
      "\xED\xBF\xBF",      //
      "\xF4\x90\x80\x80",  // above U+10FFFF
      "\xF5\x80\x80\x80",  //
      "\xFE",
      "\xFF",
  };
  for (const std::string_view bytes : invalid) {
    CAPTURE(bytes.size());
    CHECK_THROWS_AS(course::code_points(bytes), std::invalid_argument);
    CHECK_THROWS_AS(course::code_points("abc" + std::string(bytes) + "def"), std::invalid_argument);
  }
}

TEST_CASE("SplitMix64 gives the published numbers") {
  course::SplitMix64 random(1234567);
  CHECK(random.next() == 6457827717110365317U);
  CHECK(random.next() == 3203168211198807973U);
  CHECK(random.next() == 9817491932198370423U);
}

TEST_CASE("generated lists are the same bytes in every run and on every machine") {
  const course::SentenceLists lists = course::generate_sentences();
  const course::SentenceLists again = course::generate_sentences();
  CHECK(lists.left == again.left);
  CHECK(lists.right == again.right);
  CHECK(checksum(lists.left) == 0x7C1126FD86F15A5FU);
  CHECK(checksum(lists.right) == 0x3F11B800B0F97AB3U);
  CHECK(course::generate_sentences(10, 1).left != course::generate_sentences(10, 2).left);
}

TEST_CASE("generated lists are like the course's") {
  const course::SentenceLists lists = course::generate_sentences();
  for (const auto* list : {&lists.left, &lists.right}) {
    CHECK(list->size() == 1725);
    std::size_t characters = 0;
    for (const Sentence& sentence : *list) {
      const std::size_t length = course::code_points(sentence.text).size();
      CHECK(length >= 1);
      CHECK(length <= 400);
      characters += length;
    }
    CHECK(characters / list->size() >= 115);
    CHECK(characters / list->size() <= 135);
    const auto beyond_ascii = std::count_if(
        list->begin(), list->end(), [](const auto& sentence) { return !is_ascii(sentence.text); });
    CHECK(beyond_ascii > 10);
    CHECK(beyond_ascii < 200);
    std::vector<std::int64_t> ids;
    for (const Sentence& sentence : *list) ids.push_back(sentence.id);
    std::sort(ids.begin(), ids.end());
    CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
  }
}

TEST_CASE("generated sentences survive the way through a file") {
  const course::SentenceLists lists = course::generate_sentences(50);
  std::string content = "id\tstring\n";
  for (const Sentence& sentence : lists.left)
    content += std::to_string(sentence.id) + '\t' + sentence.text + '\n';
  CHECK(read(content) == lists.left);
}
