#include <cstdint>
#include <random>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

LogSet set_of(const std::vector<std::string>& paths) {
  LogSet set;
  for (const auto& path : paths) {
    set.files.push_back({path, fs::path(path).filename().string(), fs::file_size(path)});
  }
  return set;
}

/// What one reading gave.
struct Reading {
  std::vector<std::string> blocks;
  std::vector<std::uint32_t> files;
  std::vector<std::uint64_t> offsets;
  std::vector<bool> starts;
  std::vector<Problem> problems;
  std::uint64_t consumed{};
  std::uint64_t delivered{};
  std::uint64_t overlong_lines{};
  std::uint64_t overlong_bytes{};

  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& block : blocks) {
      all += block;
    }
    return all;
  }
};

Reading read_all(const LogSet& set, BlockReader::Options options = {}) {
  BlockReader reader(set, options);
  Reading reading;
  while (auto block = reader.next()) {
    reading.blocks.emplace_back(block->bytes);
    reading.files.push_back(block->file);
    reading.offsets.push_back(block->first_byte);
    reading.starts.push_back(block->starts_file);
    reader.recycle(std::move(block));
  }
  reading.problems = reader.problems();
  reading.consumed = reader.bytes_consumed();
  reading.delivered = reader.bytes_delivered();
  reading.overlong_lines = reader.overlong_lines();
  reading.overlong_bytes = reader.overlong_bytes();
  return reading;
}

std::string random_lines(std::mt19937& random, std::size_t total, std::size_t longest) {
  std::uniform_int_distribution<std::size_t> length(0, longest);
  std::string text = record(1796173321);
  while (text.size() < total) {
    text += std::string(length(random), static_cast<char>('a' + random() % 26)) + '\n';
  }
  if (random() % 2 == 0) {
    text += "no newline at the end";
  }
  return text;
}

}  // namespace

TEST_CASE("blocks: put together they are the file, and all but the last end in a newline") {
  const TempFolder folder;
  std::mt19937 random(4711);
  for (const std::size_t block_bytes : {1024U, 1025U, 4096U, 65536U, 1U << 20U}) {
    for (const std::size_t longest : {0U, 10U, 900U, 1023U, 1024U, 3000U, 70000U}) {
      const std::string text = random_lines(random, 200'000, longest);
      const auto set = set_of({folder.write("audit.log", text)});
      const auto reading = read_all(set, {block_bytes, std::size_t{1} << 20});
      CAPTURE(block_bytes, longest);
      REQUIRE((reading.text() == text));
      CHECK(reading.consumed == text.size());
      CHECK(reading.delivered == text.size());
      CHECK(reading.overlong_lines == 0);
      CHECK(reading.overlong_bytes == 0);
      CHECK(reading.problems.empty());
      std::uint64_t offset = 0;
      for (std::size_t i = 0; i < reading.blocks.size(); ++i) {
        const auto& block = reading.blocks[i];
        REQUIRE(reading.offsets[i] == offset);
        REQUIRE(reading.starts[i] == (i == 0));
        REQUIRE((block.back() == '\n' || i + 1 == reading.blocks.size()));
        const bool is_one_line = block.find('\n') + 1 == block.size();
        REQUIRE((block.size() <= block_bytes || is_one_line));
        offset += block.size();
      }
    }
  }
}

TEST_CASE("blocks: a line longer than the limit is cut there, and what is dropped is counted") {
  struct Case {
    std::size_t length;
    std::uint64_t dropped;
  };
  const TempFolder folder;
  const auto [length, dropped] = GENERATE(values<Case>({{4095, 0},
                                                        {4096, 0},
                                                        {4097, 1},
                                                        {5119, 1023},
                                                        {5120, 1024},
                                                        {5121, 1025},
                                                        {100'000, 95'904}}));
  const bool has_newline = GENERATE(true, false);
  const std::string head = record(1);
  const std::string tail = has_newline ? "\n" + record(2) + record(3) : "";
  const auto set = set_of({folder.write("audit.log", head + std::string(length, 'x') + tail)});
  const auto reading = read_all(set, {1024, 4096});
  CAPTURE(length, has_newline);
  CHECK((reading.text() == head + std::string(length - dropped, 'x') + tail));
  CHECK(reading.overlong_lines == (dropped > 0 ? 1 : 0));
  CHECK(reading.overlong_bytes == dropped);
  CHECK(reading.offsets.back() == (has_newline ? head.size() + length + 1 : head.size()));
}

TEST_CASE("blocks: a file of one endless line costs one pass and no more memory than the limit") {
  const TempFolder folder;
  const std::size_t size = std::size_t{32} << 20;
  const auto set = set_of({folder.write("audit.log", "audit(1" + std::string(size, 'x'))});
  BlockReader reader(set, {1024, 1 << 16});
  auto block = reader.next();
  REQUIRE(block);
  CHECK(block->bytes.size() == std::size_t{1} << 16);
  CHECK(block->buffer.size() < std::size_t{1} << 18);
  CHECK_FALSE(reader.next());
  CHECK(reader.overlong_lines() == 1);
  CHECK(reader.overlong_bytes() == size + 7 - (1 << 16));
}

TEST_CASE("blocks: zeros are bytes like any other, also where a crash left nothing else") {
  const TempFolder folder;
  const std::string text = std::string(200'000, '\0') + "\n" + record(1);
  CHECK(read_all(set_of({folder.write("audit.log", text)})).text() == text);
}

TEST_CASE("blocks: each file starts anew, in the order of the set") {
  const TempFolder folder;
  const auto set = set_of({folder.write("audit.log.2", record(1) + "type=CWD msg=audit(1.0"),
                           folder.write("audit.log.1", ""), folder.write("audit.log", record(3))});
  const auto reading = read_all(set, {1024, 1024});
  CHECK(reading.blocks ==
        std::vector<std::string>{record(1) + "type=CWD msg=audit(1.0", record(3)});
  CHECK(reading.files == std::vector<std::uint32_t>{0, 2});
  CHECK(reading.starts == std::vector<bool>{true, true});
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].kind == ProblemKind::empty);
  CHECK(reading.problems[0].where == "audit.log.1");
}

TEST_CASE("blocks: a buffer that is given back serves again") {
  const TempFolder folder;
  const auto set = set_of({folder.write("audit.log", records(1000))});
  BlockReader reader(set, {1024, 1024});
  auto first = reader.next();
  const char* const data = first->buffer.data();
  reader.recycle(std::move(first));
  CHECK(reader.next()->buffer.data() == data);
}

TEST_CASE(
    "compression: told by content, whatever the name; the bytes are those of the plain file") {
  const TempFolder folder;
  const std::string filter = GENERATE("gzip", "zstd", "xz", "bzip2");
  const std::string text = records(20'000);
  const std::string small = packed(text, filter.c_str());
  REQUIRE(small.size() < text.size());
  const auto set = set_of({folder.write("audit.log.7", small)});
  for (const std::size_t block_bytes : {1024U, 1U << 16U, 1U << 20U}) {
    const auto reading = read_all(set, {block_bytes, std::size_t{1} << 20});
    CHECK((reading.text() == text));
    CHECK(reading.problems.empty());
    CHECK(reading.consumed == small.size());
  }
}

TEST_CASE("compression: streams one behind the other are one file, padding between them is none") {
  const TempFolder folder;
  const std::string filter = GENERATE("gzip", "zstd", "xz", "bzip2");
  const std::string gap(GENERATE(std::size_t{0}, std::size_t{8}, std::size_t{4096}), '\0');
  const std::string a = records(3000);
  const std::string b = record(1899999999);
  const auto set = set_of({folder.write(
      "audit.log", packed(a, filter.c_str()) + gap + packed(b, filter.c_str()) + gap)});
  const auto reading = read_all(set);
  CAPTURE(filter, gap.size());
  CHECK((reading.text() == a + b));
  CHECK(reading.problems.empty());
}

TEST_CASE("compression: of a file cut short, what came before is read and the place is named") {
  const TempFolder folder;
  const std::string filter = GENERATE("gzip", "zstd", "xz", "bzip2");
  // Random text, so that there are many compressed blocks.
  std::mt19937 random(1);
  std::string text;
  for (int i = 0; i < 40'000; ++i) {
    text += record(1796173321 + static_cast<long>(random() % 100'000'000), i);
  }
  const std::string whole = packed(text, filter.c_str());
  for (const std::size_t cut : {std::size_t{1}, std::size_t{4}, whole.size() / 3}) {
    const std::size_t kept = whole.size() - cut;
    const auto reading = read_all(set_of({folder.write("audit.log.1", whole.substr(0, kept))}));
    CAPTURE(filter, cut, whole.size());
    const std::string got = reading.text();
    CHECK((got == text.substr(0, got.size())));
    CHECK(got.size() >= text.size() / 3);
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].kind == ProblemKind::damaged);
    CHECK(reading.problems[0].where == "audit.log.1");
    CHECK(reading.problems[0].what ==
          filter + " data is cut short at byte " + std::to_string(kept) + "; the " +
              std::to_string(got.size()) + " bytes (decompressed) before it were read");
  }
}

TEST_CASE("compression: a small file cut short loses nothing of what can be decoded") {
  const TempFolder folder;
  const std::string whole = packed(records(2000), "gzip");
  // The trailer is missing, the data is whole.
  const auto set = set_of({folder.write("audit.log", whole.substr(0, whole.size() - 8))});
  const auto reading = read_all(set);
  CHECK((reading.text() == records(2000)));
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].kind == ProblemKind::damaged);
}

TEST_CASE("compression: a wrong checksum, and bytes behind the end, are damage") {
  const TempFolder folder;
  const std::string filter = GENERATE("gzip", "xz", "bzip2");
  const std::string text = records(2000);
  std::string bad = packed(text, filter.c_str());
  SECTION("checksum") {
    bad[bad.size() - (filter == "gzip" ? 6 : filter == "xz" ? 13 : 3)] ^= '\x01';
  }
  SECTION("garbage") {
    bad += "these are not compressed";
  }
  const auto reading = read_all(set_of({folder.write("audit.log", bad)}));
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].kind == ProblemKind::damaged);
  CHECK_THAT(reading.problems[0].what, Catch::Contains("is corrupt at byte"));
  if (filter != "bzip2") {
    CHECK((reading.text() == text));
  }
}

TEST_CASE("problems: damage and refusals end one file, and reading goes on with the next") {
  const TempFolder folder;
  auto set = set_of({folder.write("audit.log.3", std::string("\x7f"
                                                             "ELF\0\1\2",
                                                             7)),
                     folder.write("audit.log.2", packed("", "gzip")),
                     folder.write("audit.log.1", "hello, no stamps here\n"),
                     folder.write("audit.log", record(9))});
  set.files.insert(set.files.begin(), {folder / "gone", "gone", 0});
  const auto reading = read_all(set);
  CHECK((reading.text() == "hello, no stamps here\n" + record(9)));
  REQUIRE(reading.problems.size() == 3);
  CHECK(reading.problems[0].kind == ProblemKind::missing);
  CHECK(reading.problems[1].kind == ProblemKind::not_a_log);
  CHECK(reading.problems[2].kind == ProblemKind::empty);
}

TEST_CASE("problems: what is no log is refused by its content") {
  struct Case {
    const char* what;
    std::string content;
    std::string says;
  };
  const TempFolder folder;
  std::string tar = record(1) + std::string(2000, '\0');
  tar.replace(257, 5, "ustar");
  const auto c = GENERATE_COPY(values<Case>({
      {"zip", "PK\x03\x04 audit(1", "an archive; unpack it first"},
      {"tar", tar, "an archive; unpack it first"},
      {"tar.gz", packed(tar, "gzip"), "an archive; unpack it first"},
      {"binary", std::string("\1\2\3\4\0\0\0 audit(x", 15), "not an audit log"},
      {"binary.xz", packed(std::string("\0abc\0", 5), "xz"), "not an audit log"},
  }));
  CAPTURE(c.what);
  const auto reading = read_all(set_of({folder.write("audit.log", c.content)}));
  CHECK(reading.blocks.empty());
  CHECK(reading.delivered == 0);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].kind == ProblemKind::not_a_log);
  CHECK_THAT(reading.problems[0].what, Catch::Contains(c.says));
}

TEST_CASE("problems: binary data with records in it is read") {
  const TempFolder folder;
  const std::string text = std::string(100, '\0') + record(1);
  CHECK(read_all(set_of({folder.write("audit.log", text)})).text() == text);
}

TEST_CASE("problems: a file that may not be read is one of permission") {
  if (geteuid() == 0) {
    WARN("root reads everything: skipped");
    return;
  }
  const TempFolder folder;
  const auto set = set_of({folder.write("audit.log", record(1))});
  chmod(set.files[0].path.c_str(), 0);
  const auto reading = read_all(set);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].kind == ProblemKind::permission);
}

TEST_CASE("problems: a folder in the place of a file is unreadable") {
  const TempFolder folder;
  LogSet set;
  set.files.push_back({folder.path(), "audit.log", 0});
  const auto reading = read_all(set);
  REQUIRE(reading.problems.size() == 1);
  CHECK(reading.problems[0].kind == ProblemKind::unreadable);
}
