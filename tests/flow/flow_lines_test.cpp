#include "auexfil/flow/flow_lines.hpp"

#include <memory>

#include <catch2/catch.hpp>

#include "../input/memory_tree.hpp"

namespace auexfil::flow::test {
namespace {

using Lines = std::map<std::uint64_t, std::string>;

Lines lines(const std::string& text, const std::set<std::uint64_t>& wanted, bool mask = false) {
  const auto tree = std::make_shared<input::test::MemoryTree>();
  tree->files["/f"] = text;
  return lines_of({"/f", "f", text.size(), tree, 0, false}, wanted, mask);
}

TEST_CASE("flow lines: those that are asked for, wherever they stand") {
  CHECK(lines("a\nb\r\n\nd", {1, 2, 3, 4, 9}) == Lines{{1, "a"}, {2, "b"}, {3, ""}, {4, "d"}});
  CHECK(lines("a\n", {}).empty());
  const std::string long_text = std::string(700'000, 'x') + "\nthe end\n";
  CHECK(lines(long_text, {2}) == Lines{{2, "the end"}});
}

TEST_CASE("flow lines: a document of several lines is whole") {
  CHECK(lines("[\n{\n\"a\": \"}\\\"\",\n\"b\": {}\n},\n{\"c\": 1}\n]\n", {2, 6}) ==
        Lines{{2, "{\n\"a\": \"}\\\"\",\n\"b\": {}\n},"}, {6, "{\"c\": 1}"}});
}

TEST_CASE("flow lines: what is too long is cut") {
  const Lines one = lines(std::string(1'000'000, 'x'), {1});
  CHECK(one.at(1) == std::string(kMostShown, 'x') + "…");
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "{\n";
  }
  const Lines many = lines(text, {1, 900});
  CHECK(many.at(1).size() == 2 * kMostShownLines - 1 + std::string("…").size());
  CHECK(many.at(900).ends_with("…"));
}

TEST_CASE("flow lines: passwords that a sensor took down are masked") {
  const std::string tsv =
      "#fields\tts\tuser\tpassword\tcommand\n1\tme\tsecret\tEPSV\n1\tme\t-\tEPSV\n";
  CHECK(lines(tsv, {2, 3}) == Lines{{2, "1\tme\tsecret\tEPSV"}, {3, "1\tme\t-\tEPSV"}});
  CHECK(lines(tsv, {2, 3}, true) == Lines{{2, "1\tme\t****\tEPSV"}, {3, "1\tme\t-\tEPSV"}});
  // Columns may come again, others or in another place; the file may end anywhere.
  CHECK(lines(tsv + "#fields\tts\tx\n1\ty\tsecret\nts\tpassword\r\n1\tsecret", {5, 7}, true) ==
        Lines{{5, "1\ty\tsecret"}, {7, "1\t****"}});
  CHECK(lines("#fields\tts\tpassword\n1\n", {2}, true) == Lines{{2, "1"}});
  // A header may lie in two pieces.
  const std::string far(256 * 1024 - 12, 'x');
  CHECK(lines(far + "\n" + tsv, {3}, true) == Lines{{3, "1\tme\t****\tEPSV"}});
  CHECK(lines(R"({"user":"me","password":"se\"cret","command":"EPSV"})", {1}, true) ==
        Lines{{1, R"({"user":"me","password":"****","command":"EPSV"})"}});
  CHECK(lines("{\n\"password\": \"a\",\n\"b\": {\"password\":7,\"password\" : \"c\\\\\"}}", {1},
              true) ==
        Lines{{1, "{\n\"password\": \"****\",\n\"b\": {\"password\":7,\"password\" : \"****\"}}"}});
  CHECK(lines(R"({"password":"cut)", {1}, true) == Lines{{1, R"({"password":"****)"}});
}

}  // namespace
}  // namespace auexfil::flow::test
