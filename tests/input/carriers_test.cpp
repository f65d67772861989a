#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/log_header.hpp"
#include "auexfil/input/logs.hpp"
#include "carrier.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

/// A line that was taken out of a file, and the line of the file that it stands in, from 1.
using Line = std::pair<std::uint64_t, std::string>;

struct Taken {
  std::vector<Line> lines;
  std::map<std::string, std::uint64_t> bounds;
};

/// What is taken out of a file, without the lines that hold nothing.
Taken take(const std::string& text, std::size_t block_bytes = std::size_t{1} << 20) {
  const TempFolder folder;
  LogSet set;
  set.files.push_back({folder.write("log", text), "log", text.size()});
  BlockReader reader(set, {block_bytes});
  Taken taken;
  std::uint64_t line = 0;
  while (const BlockPtr block = reader.next()) {
    std::string_view rest = block->bytes;
    for (std::uint32_t at = 0; !rest.empty(); ++at) {
      const auto& continued = block->continued;
      line += std::find(continued.begin(), continued.end(), at) == continued.end() ? 1U : 0U;
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      if (end > 0) {
        taken.lines.emplace_back(line, rest.substr(0, end));
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  taken.bounds = reader.bounds();
  return taken;
}

std::vector<Line> lines_of(const std::string& text) {
  const Taken taken = take(text);
  CHECK(taken.bounds.empty());
  CHECK(take(text, 1024).lines == taken.lines);
  return taken.lines;
}

const std::string kOne = R"(type=CWD msg=audit(1.002:3): cwd=2F)";
const std::string kTwo = R"(type=CWD msg=audit(1.002:4): cwd=2F)";

}  // namespace

TEST_CASE("carriers: documents of JSON give the record of their raw field, with its line") {
  const auto in = [](const std::string& key) { return "{\"" + key + "\":\"" + kOne + "\"}\n"; };
  for (const char* key : {"message", "MESSAGE", "log", "_raw", "@message", "event.original"}) {
    CAPTURE(key);
    CHECK(lines_of(in(key) + in(key)) == std::vector<Line>{{1, kOne}, {2, kOne}});
  }
  struct Case {
    std::string text;
    std::vector<Line> lines;
  };
  const std::vector<Case> cases = {
      {R"({"event":{"original":")" + kOne + R"("}})", {{1, kOne}}},
      {R"({"_source":{"message":"x","event":{"original":[")" + kOne + "\",\"" + kTwo + R"("]}}})",
       {{1, kOne}, {1, kTwo}}},
      // One record a document, though two fields hold it.
      {R"({"message":")" + kOne + R"(","event":{"original":")" + kOne + "\"}}", {{1, kOne}}},
      {R"({"fields":{"message":[")" + kOne + "\"]}}", {{1, kOne}}},
      {"[\n {\n  \"a\": 1,\n  \"message\": \"" + kOne + "\"\n },\n {\"message\": \"" + kTwo +
           "\"}\n]\n",
       {{4, kOne}, {6, kTwo}}},
      {R"({"took":1,"hits":{"total":{"value":2},"hits":[{"_source":{"message":")" + kOne +
           R"("}},{"_source":{"message":")" + kTwo + R"("}}]},"x":1})",
       {{1, kOne}, {1, kTwo}}},
      {"[\"" + kOne + "\",\n\"" + kTwo + "\"]", {{1, kOne}, {2, kTwo}}},
      // A document in a string of one.
      {R"({"log":"{\"message\":\")" + kOne + "\\\"}\\n\"}", {{1, kOne}}},
      // What a shipper puts before, and a log behind its header.
      {"\xef\xbb\xbf{\"log\":\"Dec  2 01:02:03 h audispd: " + kOne + "\\n\"}",
       {{1, "Dec  2 01:02:03 h audispd: " + kOne}}},
      {"Dec  2 01:02:03 h tag: {\"message\":\"" + kOne + "\"}\nfoo\n", {{1, kOne}, {2, "foo"}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(lines_of(c.text) == c.lines);
  }
}

TEST_CASE("carriers: a document without a record is told, and none is made of what others say") {
  const std::vector<std::string> texts = {
      R"({"a":")" + kOne + "\"}",                        // no raw field
      R"({"user_agent":{"original":")" + kOne + "\"}}",  // a client's
      R"({"message":"sshd[7]: Invalid user x )" + kOne + "\"}",
      R"({"message":"Dec  2 01:02:03 h sshd[7]: Invalid user x: )" + kOne + "\"}",
      R"({"message":"GET / \")" + kOne + "\\\"\"}",
      R"({"message":"line\n)" + kOne + "\"}",
      R"({"message":7})",
      R"({"message":")" + kOne + "\"",  // no end
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    // With a good one behind: nothing is lost.
    const auto lines =
        lines_of("{\"message\":\"" + kTwo + "\"}\n" + text + "\n{\"message\":\"" + kTwo + "\"}\n");
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] == Line{1, kTwo});
    CHECK(lines[1].first == 2);
    CHECK(lines[1].second.front() == '{');
    CHECK_FALSE(is_carried_record(lines[1].second));
    CHECK(lines[2] == Line{3, kTwo});
  }
}

TEST_CASE("carriers: a newline that a sender put into a record begins no other") {
  const auto lines = lines_of(
      "{\"message\":\"type=USER_CMD msg=audit(1.002:3): pid=1 "
      "msg='op=x\\n" +
      kTwo + " res=success'\"}\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].second ==
        "type=USER_CMD msg=audit(1.002:3): pid=1 msg='op=x " + kTwo + " res=success'");
}

TEST_CASE("carriers: JSON that is broken costs its own lines") {
  const std::string good = "{\"message\":\"" + kOne + "\"}\n";
  for (const char* broken : {"{\"a\":\"cut", "{\"a\":{\"b\":1", "{\"a\":1,", "{", "}", "]", "\"x",
                             "{]", "{\"a\":[1,{", "\\", "{\"a\":\"\\"}) {
    CAPTURE(broken);
    const auto lines = take(good + broken + "\n" + good + good).lines;
    const auto count = std::count_if(lines.begin(), lines.end(),
                                     [](const Line& line) { return line.second == kOne; });
    CHECK(count == 3);
    CHECK(lines.back() == Line{4, kOne});
  }
}

TEST_CASE("carriers: bounds of JSON are counted, and what follows is read") {
  const std::string good = "{\"message\":\"" + kOne + "\"}\n";
  const auto bound = [&](const std::string& bad) {
    const Taken taken = take(good + bad + "\n" + good);
    REQUIRE(!taken.lines.empty());
    CHECK(taken.lines.front() == Line{1, kOne});
    CHECK(taken.lines.back() == Line{3, kOne});
    REQUIRE(taken.bounds.size() == 1);
    CHECK(taken.bounds.begin()->second == 1);
    return taken.bounds.begin()->first;
  };
  const std::string deep(100'000, '[');
  CHECK(bound("{\"a\":" + deep + std::string(deep.size(), ']') + "}") == "json_depth");
  CHECK(bound("{\"a\":\"" + std::string(3 << 20, 'x') + "\"}") == "json_document_bytes");
  std::string wide = "{\"a\":1";
  for (int i = 0; i < 5000; ++i) {
    wide += ",\"k\":1";
  }
  CHECK(bound(wide + "}") == "json_fields");
  // Brackets without end are no more than a line.
  CHECK(take(good + "{\"a\":" + deep + "\n" + good + std::string(2 << 20, ' ') + "\n" + good)
            .lines.back()
            .second == kOne);
}

TEST_CASE("carriers: what stands before a record that a logger carries") {
  const std::vector<std::string> headers = {
      "",
      "Dec  2 01:02:03 h audispd: ",
      "<13>Dec  2 01:02:03 h audispd[7]: ",
      "<86>1 2026-12-02T01:02:03.000Z h audispd 7 - - ",
      "<86>1 2026-12-02T01:02:03.000Z h audispd 7 id [a b=\"c\"][d] ",
      "2026-12-02T01:02:03.000000+00:00 h tag_audit_log: ",
      "2026-12-02T01:02:03.000Z ",
      "[ 1498.988417] audit: ",
      "Jan 27 06:14:12 h kernel: [ 1498.988417] audit: ",
      "Wed 2026-12-02 01:02:03 UTC h kernel: audit: ",
      "audispd: ",
  };
  for (const std::string& header : headers) {
    CAPTURE(header);
    CHECK(is_carried_record(header + kOne) == (header.find('"') == std::string::npos));
    CHECK(is_carried_record(header + "node=App Srv 01 " + kOne) ==
          (header.find('"') == std::string::npos));
    CHECK_FALSE(is_spoken_text(header));
  }
  const std::vector<std::string> spoken = {
      "Dec  2 01:02:03 h sshd[7]: Invalid user x ",
      "Dec  2 01:02:03 h sshd[7]: Invalid user x: ",
      "<86>1 2026-12-02T01:02:03.000Z h sshd 7 - - Invalid user ",
      "sshd[7]: Invalid user ",
      "kernel: [ 12.3 x] ",
  };
  for (const std::string& text : spoken) {
    CAPTURE(text);
    CHECK_FALSE(is_carried_record(text + kOne));
    CHECK(is_spoken_text(text));
  }
  for (const char* text : {"Invalid user ", "x=1 ", "GET /?\" "}) {
    CAPTURE(text);
    CHECK_FALSE(is_carried_record(text + kOne));
  }
}
