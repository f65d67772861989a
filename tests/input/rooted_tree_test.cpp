#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <thread>
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

/// The disk, in which the kernel is not asked to keep paths in a root.
class ByName final : public Tree {
 public:
  int stat(const std::string& path, Info& info) const override { return disk()->stat(path, info); }
  int list(const std::string& folder, std::vector<Entry>& entries) const override {
    return disk()->list(folder, entries);
  }
  int read_link(const std::string& path, std::string& target) const override {
    return disk()->read_link(path, target);
  }
  std::string real_path(const std::string& path) const override { return disk()->real_path(path); }
  std::unique_ptr<ByteSource> open(const std::string& path, int& error) const override {
    return disk()->open(path, error);
  }
};

/// By the kernel, and as where it cannot.
std::shared_ptr<const Tree> rooted_both_ways(const std::string& root) {
  return GENERATE(true, false) ? rooted(disk(), root) : rooted(std::make_shared<ByName>(), root);
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
  const std::string end = GENERATE("", "/");
  const auto tree = rooted_both_ways(folder / "root" + end);
  CHECK(tree->real_path(c.path) == c.real);
  const std::string real(c.real);
  const bool is_file = real.ends_with("passwd") || real.ends_with(".log");
  CHECK(text_of(*tree, c.path) == (is_file ? "x" : ""));
  CHECK(tree->is_file(c.path) == is_file);
  Tree::Info info;
  CHECK((tree->stat(c.path, info) == 0) == !real.empty());
  std::vector<Tree::Entry> entries;
  CHECK((tree->list(c.path, entries) == 0) == (real == "/" || real == "/etc"));
}

TEST_CASE("rooted tree: a chain of links is followed forty times and no more") {
  const TempFolder folder;
  folder.write("0", "x");
  for (int i = 1; i <= 41; ++i) {
    folder.link(std::to_string(i), std::to_string(i - 1));
  }
  const auto tree = rooted_both_ways(folder.path());
  CHECK(text_of(*tree, "/40") == "x");
  CHECK(text_of(*tree, "/41").empty());
  CHECK(tree->real_path("/40") == "/0");
  CHECK(tree->real_path("/41").empty());
}

TEST_CASE("rooted tree: of a file it says what the disk says, by the path inside") {
  const TempFolder folder;
  chmod(folder.write("root/etc/cron.daily/push", "#!/bin/sh\n").c_str(), 0751);
  folder.link("root/daily", "etc/cron.daily");
  const auto tree = rooted_both_ways(folder / "root");
  Tree::Info info;
  REQUIRE(tree->stat("/daily/push", info) == 0);
  CHECK(info.kind == Tree::Kind::file);
  CHECK(info.bytes == 10);
  CHECK(info.mode == 0751);
  CHECK(info.uid == geteuid());
  CHECK(info.changed > 0);
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
  const auto tree = rooted_both_ways(folder.path());
  int error = 0;
  CHECK(tree->open("/etc/hostname", error) == nullptr);
  CHECK(error == EINVAL);
  CHECK(tree->open("/etc", error) == nullptr);
  CHECK(error == EISDIR);
}

TEST_CASE("rooted tree: a root that is not there has nothing in it") {
  const TempFolder folder;
  folder.write("file", "x");
  const std::string root = folder / GENERATE("gone", "file");
  const auto tree = rooted_both_ways(root);
  Tree::Info info;
  CHECK(tree->stat("/etc/passwd", info) == (root.ends_with("gone") ? ENOENT : ENOTDIR));
  CHECK(text_of(*tree, "/etc/passwd").empty());
}

TEST_CASE("rooted tree: whoever changes links while they are followed does not lead out") {
  const TempFolder folder;
  folder.write("outside/secret", "s");
  folder.write("root/inside/secret", "i");
  folder.link("root/out", folder / "outside");
  folder.link("root/in", "inside");
  folder.link("root/turns", "inside");
  std::atomic<bool> done = false;
  std::thread changer([&] {
    for (bool out = false; !done; out = !out) {
      fs::remove(folder / "root/new");
      folder.link("root/new", out ? folder / "outside" : "inside");
      fs::rename(folder / "root/new", folder / "root/turns");
    }
  });
  const auto tree = rooted(disk(), folder / "root");
  int read = 0;
  bool any_secret = false;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = text_of(*tree, "/turns/secret");
    any_secret = any_secret || text == "s";
    read += text == "i" ? 1 : 0;
  }
  done = true;
  changer.join();
  CHECK(read > 0);
  CHECK_FALSE(any_secret);
}

}  // namespace auexfil::input::test
