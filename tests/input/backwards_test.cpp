#include "backwards.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

struct Line {
  std::uint64_t number;
  std::string text;
  bool operator==(const Line&) const = default;
};

/// The lines of a file as they are handed on, each with the number that it is given.
std::vector<Line> lines_of(const LogFile& file, std::size_t block_bytes, bool newest_first) {
  LogSet set;
  set.files.push_back(file);
  set.files.front().is_newest_first = newest_first;
  BlockReader reader(set, {block_bytes});
  std::vector<Line> lines;
  std::uint64_t before = 0;
  while (BlockPtr block = reader.next()) {
    CHECK(block->starts_file == lines.empty());
    CHECK((block->from_line != 0) == newest_first);
    std::uint64_t at = 0;
    std::string_view rest = block->bytes;
    for (std::uint32_t i = 0; !rest.empty(); ++i) {
      const auto& continued = block->continued;
      at += std::find(continued.begin(), continued.end(), i) == continued.end() ? 1U : 0U;
      const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
      lines.push_back({newest_first ? block->from_line + 1 - at : before + at,
                       std::string(rest.substr(0, end))});
      rest.remove_prefix(end);
    }
    before += at;
    reader.recycle(std::move(block));
  }
  CHECK(reader.problems().empty());
  return lines;
}

std::string plain(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += record(1796173321, i);
    text += i % 7 == 0 ? "\n" : "";
  }
  return text;
}

/// Documents of one record, and some of several.
std::string documents(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const auto one = [i](int k) {
      return "\"type=CWD msg=audit(1796173321.000:" + std::to_string(10 * i + k) + "): cwd=2F\"";
    };
    text +=
        "{\"message\":" + (i % 3 == 0 ? "[" + one(1) + "," + one(2) + "," + one(3) + "]" : one(1)) +
        "}\n";
  }
  return text;
}

}  // namespace

TEST_CASE("backwards: all lines from the last to the first, with the numbers that they have") {
  struct Case {
    std::string name;
    std::string text;
  };
  const std::vector<Case> cases = {{"one line", plain(1)},
                                   {"many", plain(300)},
                                   {"several records a line", documents(300)},
                                   {"blank lines", "\n\n" + plain(40) + "\n\n"}};
  for (const Case& c : cases) {
    const TempFolder folder;
    const LogFile file{folder.write("log", c.text), "log", c.text.size()};
    for (const std::size_t block : {std::size_t{1024}, std::size_t{4096}, std::size_t{1} << 20}) {
      CAPTURE(c.name, block);
      std::vector<Line> forth = lines_of(file, block, false);
      std::reverse(forth.begin(), forth.end());
      CHECK(lines_of(file, block, true) == forth);
    }
  }
}

TEST_CASE("backwards: a last line without its end comes last, as it is") {
  const TempFolder folder;
  const std::string text = plain(50) + "type=CWD msg=audit(1796173321.000:99): cw";
  const LogFile file{folder.write("log", text), "log", text.size()};
  for (const std::size_t block : {std::size_t{1024}, std::size_t{1} << 20}) {
    const std::vector<Line> forth = lines_of(file, block, false);
    const std::vector<Line> back = lines_of(file, block, true);
    REQUIRE(back.size() == forth.size());
    CHECK(back.back() == forth.back());
    CHECK(std::equal(back.begin(), back.end() - 1, forth.rbegin() + 1));
  }
}

TEST_CASE("backwards: a document that is cut in the line of another has its number") {
  const TempFolder folder;
  const std::string text = documents(3) + documents(1).substr(0, documents(1).size() - 1) +
                           "{\"message\":\"type=CWD msg=audit(";
  const LogFile file{folder.write("log", text), "log", text.size()};
  const std::vector<Line> forth = lines_of(file, 1024, false);
  const std::vector<Line> back = lines_of(file, 1024, true);
  REQUIRE(back.size() == forth.size());
  CHECK(back.back() == forth.back());
  CHECK(std::equal(back.begin(), back.end() - 1, forth.rbegin() + 1));
}

TEST_CASE("backwards: no more is held than may be, and what is held is handed on") {
  Backwards held(100);
  Block block;
  block.bytes = "a\nb\n";
  REQUIRE(held.put(block));
  const std::string noise = [] {
    std::string text;
    for (unsigned i = 0; i < 400; ++i) {
      text.push_back(static_cast<char>('!' + i * 7919U % 90));
    }
    return text + "\n";
  }();
  block.bytes = noise;
  CHECK_FALSE(held.put(block));
  Block out;
  REQUIRE(held.take(out));
  CHECK(out.bytes == "b\na\n");
  CHECK(out.from_line == 2);
  CHECK_FALSE(held.take(out));
}

TEST_CASE("backwards: a search's answer is known by its content, in a folder and as a stream") {
  const TempFolder folder;
  std::string text;
  for (int i = 30; i > 0; --i) {
    text += record(1796173321 + i, i);
  }
  const auto path = folder.write("a/export.log", text);
  for (const std::string& input : {path, folder / "a"}) {
    const Found found = find_logs({input});
    REQUIRE(found.sets.size() == 1);
    CHECK(found.problems.empty());
    CHECK(found.sets.front().files.front().is_newest_first);
  }
  LogSet stream;
  stream.files.push_back({path, "log", 0});
  stream.files.front().is_stream = true;
  BlockReader reader(stream, {});
  const BlockPtr block = reader.next();
  REQUIRE(block);
  CHECK(block->from_line == 30);
  CHECK(block->bytes.starts_with(record(1796173322, 1)));
}
