#include <cerrno>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/tree.hpp"
#include "files.hpp"

namespace auexfil::input::test {
namespace {

std::string text_of(const Tree& tree, const std::string& path) {
  int error = 0;
  const auto file = tree.open(path, error);
  std::string text(64, '\0');
  text.resize(file == nullptr ? 0 : file->read(text.data(), text.size()));
  return text;
}

}  // namespace

TEST_CASE("rooted tree: links and .. never lead out of the root") {
  struct Case {
    const char* path;
    const char* real;  // empty: nowhere
  };
  const TempFolder folder;
  folder.write("secret", "x");
  folder.write("root/etc/passwd", "x");
  folder.write("root/data/audit/audit.log", "x");
  folder.link("root/var/log/audit", "/data/audit");
  folder.link("root/up", "../../../secret");
  folder.link("root/rel", "data/../etc/passwd");
  folder.link("root/loop", "loop");
  folder.link("root/a", "b");
  folder.link("root/b", "a");
  folder.link("root/host", folder / "secret");
  folder.link("root/slash", "/");
  const auto c = GENERATE(values<Case>({
      {"/etc/passwd", "/etc/passwd"},
      {"etc//./passwd", "/etc/passwd"},
      {"/../../etc/passwd", "/etc/passwd"},
      {"/var/log/audit/audit.log", "/data/audit/audit.log"},
      {"/rel", "/etc/passwd"},
      {"/slash/slash/etc", "/etc"},
      {"/", "/"},
      {"/up", ""},
      {"/loop", ""},
      {"/a/x", ""},
      {"/host", ""},
      {"/gone", ""},
      {"/etc/passwd/x", ""},
  }));
  CAPTURE(c.path);
  for (const std::string end : {"", "/"}) {
    const auto tree = rooted(disk(), folder / "root" + end);
    CHECK(tree->real_path(c.path) == c.real);
    const std::string real(c.real);
    CHECK(text_of(*tree, c.path) ==
          (real.ends_with("passwd") || real.ends_with(".log") ? "x" : ""));
  }
}

TEST_CASE("rooted tree: a chain of links is followed forty times and no more") {
  const TempFolder folder;
  folder.write("0", "x");
  for (int i = 1; i <= 41; ++i) {
    folder.link(std::to_string(i), std::to_string(i - 1));
  }
  const auto tree = rooted(disk(), folder.path());
  CHECK(tree->real_path("/40") == "/0");
  CHECK(tree->real_path("/41").empty());
}

TEST_CASE("rooted tree: of a file it says what the disk says, by the path inside") {
  const TempFolder folder;
  chmod(folder.write("root/etc/cron.daily/push", "#!/bin/sh\n").c_str(), 0751);
  folder.link("root/daily", "etc/cron.daily");
  const auto tree = rooted(disk(), folder / "root");
  Tree::Info info;
  REQUIRE(tree->stat("/daily/push", info) == 0);
  CHECK(info.kind == Tree::Kind::file);
  CHECK(info.bytes == 10);
  CHECK(info.mode == 0751);
  CHECK(info.uid == geteuid());
  CHECK(info.changed > 0);
  CHECK(tree->last_byte("/daily/push") == '\n');
  std::vector<Tree::Entry> entries;
  REQUIRE(tree->list("/daily", entries) == 0);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].name == "push");
  std::string target;
  CHECK(tree->read_link("/daily", target) == 0);
  CHECK(target == "etc/cron.daily");
  CHECK(tree->read_link("/daily/push", target) == EINVAL);
  CHECK(tree->read_link("/gone", target) == ENOENT);
}

TEST_CASE("rooted tree: what is no regular file is not opened") {
  const TempFolder folder;
  folder.write("etc/passwd", "x");
  mkfifo((folder / "etc/hostname").c_str(), 0600);
  const auto tree = rooted(disk(), folder.path());
  int error = 0;
  CHECK(tree->open("/etc/hostname", error) == nullptr);
  CHECK(error == EINVAL);
  CHECK(tree->open("/etc", error) == nullptr);
  CHECK(error == EISDIR);
}

}  // namespace auexfil::input::test
