#include "pieces.hpp"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "auexfil/input/logs.hpp"
#include "files.hpp"
#include "memory_tree.hpp"
#include "source.hpp"

namespace auexfil::input::test {
namespace {

/// "JOINED=COUNT gap COUNT not given COUNT", of each.
std::string found_in(const std::vector<std::string>& files, const std::vector<std::string>& given) {
  MemoryTree tree;
  for (const std::string& file : files) {
    const bool is_whole = file.ends_with('!');
    const std::string path = file.substr(0, file.size() - (is_whole ? 1 : 0));
    tree.files[path] = is_whole ? "\x1f\x8b\x08 packed" : "more";
  }
  std::string all;
  for (const Pieces& pieces : find_pieces(tree, given)) {
    all += pieces.path + "=" + std::to_string(pieces.paths.size()) + " " +
           std::to_string(pieces.behind_gap) + " " + std::to_string(pieces.not_given) + "; ";
  }
  return all;
}

/// A tar of one member.
std::string tar_of(const std::string& name, const std::string& text) {
  constexpr std::size_t kBlock = 512;
  std::string header(kBlock, '\0');
  const auto put = [&header](std::size_t at, const std::string& field) {
    header.replace(at, field.size(), field);
  };
  put(0, name);
  put(100, "0000644");
  put(124, fmt::format("{:011o}", text.size()));
  put(148, std::string(8, ' '));
  put(156, "0");
  put(257, std::string("ustar\0"
                       "00",
                       8));
  unsigned sum = 0;
  for (const char c : header) {
    sum += static_cast<unsigned char>(c);
  }
  put(148, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  std::string tar = header + text;
  tar.resize((tar.size() + kBlock - 1) / kBlock * kBlock + 2 * kBlock, '\0');
  return tar;
}

/// Cut into so many bytes each. \return the names.
std::vector<std::string> cut(const TempFolder& folder, const std::string& name,
                             const std::string& text, std::size_t size) {
  std::vector<std::string> made;
  for (std::size_t at = 0; at < text.size(); at += size) {
    const auto last = static_cast<char>('a' + made.size());
    made.push_back(folder.write(name + ".a" + last, text.substr(at, size)));
  }
  return made;
}

std::string whole(const LogFile& file) {
  Source source(file);
  std::string text(std::size_t{1} << 20, '\0');
  text.resize(source.read(text.data(), text.size()));
  return text;
}

}  // namespace

TEST_CASE("pieces: a log of lines beside a packed one is its rotation, no piece of it") {
  MemoryTree tree;
  tree.files["audit.log.01"] = "\x1f\x8b\x08 packed";
  tree.files["audit.log.02"] =
      "type=USER_CMD msg=audit(1796173200.000:1): pid=1 uid=0 auid=0 ses=1 msg='x'\n";
  CHECK(find_pieces(tree, {"audit.log.01", "audit.log.02"}).empty());
  CHECK(find_pieces(tree, {"audit.log.01"}).empty());
  tree.files["audit.log.02"] += tree.files["audit.log.02"];
  tree.files["audit.log.02"].erase(0, 3);  // of a tar that was cut there
  CHECK(find_pieces(tree, {"audit.log.01", "audit.log.02"}).size() == 1);
}

TEST_CASE("pieces: which names are of one file") {
  struct Case {
    std::vector<std::string> files;  ///< "!": begins as a packed one
    std::string found;
  };
  const Case cases[] = {
      {{"d/a.gz.aa!", "d/a.gz.ab", "d/a.gz.ac"}, "d/a.gz.aa..ac=3 0 0; "},
      {{"a.gz.000!", "a.gz.001"}, "a.gz.000..001=2 0 0; "},
      {{"a.7z.001!", "a.7z.002"}, "a.7z.001..002=2 0 0; "},
      {{"xaa!", "xab"}, "xaa..ab=2 0 0; "},
      {{"a.gz.aa!", "a.gz.ac", "a.gz.ad"}, "a.gz.aa=1 2 0; "},
      {{"a.gz.aa!", "a.gz.ab", "b.gz.aa!", "b.gz.ab"}, "a.gz.aa..ab=2 0 0; b.gz.aa..ab=2 0 0; "},
      // Each by itself, text, or alone.
      {{"a.00!", "a.01!", "a.02!"}, ""},
      {{"a.log.aa", "a.log.ab"}, ""},
      {{"a.gz.aa!"}, ""},
      {{"a.gz.ab!", "a.gz.ac"}, ""},
      {{"a.gz.aa!", "a.gz.ba!", "a.gz.bak"}, ""},
      {{"audit.log.gz!", "audit.log.xz", "aa!"}, ""},
  };
  for (const Case& one : cases) {
    std::vector<std::string> names;
    for (const std::string& file : one.files) {
      names.push_back(file.substr(0, file.find('!')));
    }
    CAPTURE(names);
    CHECK(found_in(one.files, names) == one.found);
  }
  CHECK(found_in({"a.gz.aa!", "a.gz.ab", "a.gz.ac"}, {"a.gz.aa"}) == "a.gz.aa=1 0 2; ");
  CHECK(found_in({"a.gz.aa!", "a.gz.ab", "a.gz.ac"}, {"a.gz.aa", "a.gz.ab"}) ==
        "a.gz.aa..ab=2 0 1; ");
}

TEST_CASE("pieces: a packed log and an archive that were cut are read whole") {
  const std::string log = records(4000);
  const TempFolder folder;
  SECTION("a log, in a folder and given by its names") {
    const std::vector<std::string> names = cut(folder, "audit.log.gz", packed(log, "gzip"), 1000);
    REQUIRE(names.size() > 2);
    const std::string joined = std::string("audit.log.gz.aa..a") + names.back().back();
    for (const bool is_folder : {true, false}) {
      const Found found = find_logs(is_folder ? std::vector{folder.path()} : names);
      CHECK(found.problems.empty());
      REQUIRE(found.sets.size() == 1);
      REQUIRE(found.sets[0].files.size() == 1);
      CHECK(found.sets[0].files[0].name == (is_folder ? joined : folder / joined));
      CHECK(whole(found.sets[0].files[0]) == log);
    }
    const Found part = find_logs({names[0], names[1]});
    REQUIRE(part.problems.size() == 1);
    CHECK(part.problems[0].kind == ProblemKind::missing);
    CHECK(part.problems[0].where == folder / "audit.log.gz.aa..ab");
  }
  SECTION("an archive") {
    const std::vector<std::string> names =
        cut(folder, "x.tgz", packed(tar_of("var/log/audit/audit.log", log), "gzip"), 1000);
    const Found found = find_logs({folder.path()});
    CHECK(found.problems.empty());
    REQUIRE(found.sets.size() == 1);
    CHECK(whole(found.sets[0].files[0]) == log);
    CHECK(std::is_permutation(names.begin(), names.end(), found.archives.begin() + 1,
                              found.archives.end()));
  }
  SECTION("one is missing") {
    const std::vector<std::string> names = cut(folder, "audit.log.gz", packed(log, "gzip"), 1000);
    fs::remove(names[1]);
    const Found found = find_logs({folder.path()});
    REQUIRE(found.problems.size() == 1);
    CHECK(found.problems[0].kind == ProblemKind::missing);
    CHECK(found.problems[0].where == "audit.log.gz.aa");
  }
}

}  // namespace auexfil::input::test
