#include "auexfil/flow/flow_lines.hpp"

#include <memory>

#include <catch2/catch.hpp>

#include "../input/memory_tree.hpp"

namespace auexfil::flow::test {
namespace {

using Lines = std::map<std::uint64_t, std::string>;

Lines lines(const std::string& text, const std::set<std::uint64_t>& wanted) {
  const auto tree = std::make_shared<input::test::MemoryTree>();
  tree->files["/f"] = text;
  return lines_of({"/f", "f", text.size(), tree, 0, false}, wanted);
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

}  // namespace
}  // namespace auexfil::flow::test
