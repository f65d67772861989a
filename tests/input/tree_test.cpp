#include "auexfil/input/tree.hpp"

#include <cerrno>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"
#include "files.hpp"
#include "memory_tree.hpp"

namespace auexfil::input::test {
namespace {

std::string record(int serial) {
  return "type=EOE msg=audit(1796173321.113:" + std::to_string(serial) + "): \n";
}

std::string all_of(const LogSet& set, std::vector<Problem>* problems = nullptr) {
  BlockReader reader(set, {1024, 4096, 2});
  std::string text;
  while (const BlockPtr block = reader.next()) {
    text += block->bytes;
  }
  if (problems != nullptr) {
    *problems = reader.problems();
  }
  return text;
}

}  // namespace

TEST_CASE("tree: logs of one that is no disk are found, ordered and read as on a disk") {
  const auto tree = std::make_shared<MemoryTree>();
  tree->files["pile/a/audit.log"] = record(30) + record(31);
  tree->files["pile/a/audit.log.1"] = record(20);
  tree->files["pile/a/audit.log.2.gz"] = packed(record(10), "gzip");
  tree->files["pile/b/audit.log"] = record(5);
  tree->files["pile/b/notes.log"] = "nothing\n";
  tree->files["elsewhere/audit.log"] = record(99);
  tree->links["pile/b/audit.log.1"] = "elsewhere/audit.log";  // leads out: not followed
  const Found found = find_logs({"pile"}, tree);
  CHECK(found.problems.empty());
  REQUIRE(found.sets.size() == 2);
  CHECK(found.sets[0].label == "a");
  CHECK(all_of(found.sets[0]) == record(10) + record(20) + record(30) + record(31));
  CHECK(all_of(found.sets[1]) == record(5));
}

TEST_CASE("tree: what it refuses or breaks off is a problem, the rest is read") {
  const auto tree = std::make_shared<MemoryTree>();
  tree->files["pile/audit.log.1"] = record(1) + record(2);
  tree->broken["pile/audit.log.1"] = record(1).size();
  tree->files["pile/audit.log"] = record(3);
  const Found found = find_logs({"pile", "gone.log"}, tree);
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].kind == ProblemKind::missing);
  REQUIRE(found.sets.size() == 1);
  std::vector<Problem> problems;
  CHECK(all_of(found.sets[0], &problems) == record(1) + record(3));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].kind == ProblemKind::unreadable);
  tree->refused["pile/audit.log"] = EACCES;
  CHECK(all_of(found.sets[0], &problems) == record(1));
  CHECK(problems.size() == 2);
}

}  // namespace auexfil::input::test
