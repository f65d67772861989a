#include <random>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

/// All that a reader tells, in one text.
std::string read_all(const LogSet& set, std::size_t block_bytes, std::size_t files_ahead) {
  BlockReader reader(set, {block_bytes, std::size_t{1} << 20, files_ahead});
  std::string all;
  while (auto block = reader.next()) {
    all += std::to_string(block->file) + '@' + std::to_string(block->first_byte) +
           (block->starts_file ? "!" : ":") + std::string(block->bytes);
    reader.recycle(std::move(block));
  }
  for (const Problem& problem : reader.problems()) {
    all += problem.where + ": " + problem.what + '\n';
  }
  return all + std::to_string(reader.bytes_consumed()) + ' ' +
         std::to_string(reader.bytes_delivered());
}

LogSet rotated_set(const TempFolder& folder) {
  std::mt19937 random(7);
  LogSet set;
  const char* const filters[] = {"gzip", "zstd", "xz", "bzip2", ""};
  for (int number = 14; number >= 0; --number) {
    std::string text;
    for (int i = 0; i < 30 * number * number; ++i) {
      text += record(1796173321 + static_cast<long>(random() % 100'000'000), i);
    }
    const std::string filter = filters[number % 5];
    std::string bytes = filter.empty() ? text : packed(text, filter.c_str());
    if (number == 12 || number == 5) {
      bytes.resize(bytes.size() / 2);
    } else if (number == 10) {
      bytes = packed(std::string("\0abc\0", 5), "gzip");  // no log
    } else if (number == 8) {
      bytes[bytes.size() / 2] ^= '\x10';
    }
    const std::string name = "audit.log." + std::to_string(number);
    set.files.push_back({folder.write(name, bytes), name, bytes.size()});
  }
  set.files.insert(set.files.begin() + 6, {folder / "gone", "gone", 0});
  return set;
}

}  // namespace

TEST_CASE("read ahead: files decoded before their turn give the same blocks and problems") {
  const TempFolder folder;
  const LogSet set = rotated_set(folder);
  for (const std::size_t block_bytes : {1024UL, 65536UL, 1UL << 20U}) {
    const std::string wanted = read_all(set, block_bytes, 0);
    CHECK(wanted.find("cut short") != std::string::npos);
    CHECK(wanted.find("corrupt") != std::string::npos);
    for (const std::size_t ahead : {1UL, 3UL, 30UL}) {
      CAPTURE(block_bytes, ahead);
      REQUIRE((read_all(set, block_bytes, ahead) == wanted));
    }
  }
}

TEST_CASE("read ahead: a reader may be left in the middle of a file") {
  const TempFolder folder;
  const LogSet set = rotated_set(folder);
  for (int blocks = 0; blocks < 5; ++blocks) {
    BlockReader reader(set, {65536, 65536, 3});
    for (int i = 0; i < blocks; ++i) {
      CHECK(reader.next());
    }
  }
}
