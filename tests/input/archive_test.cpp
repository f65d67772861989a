#include "auexfil/input/archive.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <catch2/catch.hpp>

#include "archive_index.hpp"
#include "auexfil/input/disk_image.hpp"
#include "auexfil/input/logs.hpp"
#include "collection.hpp"
#include "files.hpp"
#include "kept_bytes.hpp"
#include "memory_tree.hpp"

namespace auexfil::input::test {
namespace {

struct Packed {
  std::string name;
  std::string text;
  std::string link;  // a symbolic link, where it is not empty
};

/// An archive in memory, written by libarchive.
std::string pack(const std::vector<Packed>& members, const char* format = "ustar",
                 const char* filter = "none") {
  std::size_t size = std::size_t{4} << 20;
  for (const Packed& member : members) {
    size += 2 * member.text.size();
  }
  std::string out(size, '\0');
  std::size_t used = 0;
  archive* const a = archive_write_new();
  archive_write_set_format_by_name(a, format);
  if (filter != std::string_view("none")) {
    archive_write_add_filter_by_name(a, filter);
  }
  archive_write_set_bytes_in_last_block(a, 1);
  archive_write_open_memory(a, out.data(), out.size(), &used);
  for (const Packed& member : members) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, member.link.empty() ? AE_IFREG : AE_IFLNK);
    archive_entry_set_perm(entry, 0640);
    if (member.link.empty()) {
      archive_entry_set_size(entry, static_cast<la_int64_t>(member.text.size()));
    } else {
      archive_entry_set_symlink(entry, member.link.c_str());
    }
    archive_write_header(a, entry);
    if (member.link.empty()) {
      archive_write_data(a, member.text.data(), member.text.size());
    }
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
  out.resize(used);
  return out;
}

Archive open(const TempFolder& folder, const std::string& name, std::string_view bytes,
             std::shared_ptr<Budget> budget = archive_budget()) {
  const std::string path = folder.write(name, bytes);
  return open_archive({path, name, bytes.size()}, std::move(budget), most_unpacked(bytes.size()));
}

std::string read_all(const Tree& tree, const std::string& path, int* error = nullptr) {
  int failed = 0;
  const auto source = tree.open(path, failed);
  std::string text;
  if (source != nullptr) {
    char piece[1000];
    while (const std::size_t got = source->read(piece, sizeof piece)) {
      text.append(piece, got);
    }
    failed = source->error();
  }
  if (error != nullptr) {
    *error = failed;
  }
  return text;
}

std::string all_of(const LogSet& set) {
  BlockReader reader(set, {4096, 4096, 0});
  std::string text;
  while (const BlockPtr block = reader.next()) {
    text += block->bytes;
  }
  return text;
}

std::string names_in(const Tree& tree, const std::string& folder) {
  std::vector<Tree::Entry> entries;
  std::string names;
  if (tree.list(folder, entries) != 0) {
    return "none";
  }
  for (const auto& entry : entries) {
    names += (names.empty() ? "" : " ") + entry.name +
             (entry.kind == Tree::Kind::folder ? "/"
              : entry.kind == Tree::Kind::link ? "@"
                                               : "");
  }
  return names;
}

}  // namespace

TEST_CASE("archive: names of members become paths within it") {
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"a/b", "a/b"},    {"/a//b/", "a/b"}, {"./a/./b", "a/b"},     {"", ""},
      {"/", ""},         {"./", ""},        {"..", nullptr},        {"a/../b", nullptr},
      {"../a", nullptr}, {"a/..", nullptr}, {"..a/b..", "..a/b.."},
  };
  for (const auto& [name, path] : cases) {
    CAPTURE(name);
    const auto normal = normal_member_path(name);
    CHECK(normal.has_value() == (path != nullptr));
    CHECK((!normal || *normal == path));
  }
}

TEST_CASE("archive: a tree of its members, links in it alone") {
  const TempFolder folder;
  const std::string log = records(50);
  const Archive archive = open(folder, "x.tar",
                               pack({{"a/audit.log", log, ""},
                                     {"a-b", "x", ""},
                                     {"etc/hostname", "etl-01\n", ""},
                                     {"up", "", "a/audit.log"},
                                     {"abs", "", "/etc/hostname"},
                                     {"far", "", "../../../../../etc/passwd"},
                                     {"loop", "", "loop2"},
                                     {"loop2", "", "loop"},
                                     {"dir", "", "a"}}));
  REQUIRE(archive.tree);
  CHECK(archive.problems.empty());
  const Tree& tree = *archive.tree;
  CHECK(names_in(tree, "") == "a-b a/ abs@ dir@ etc/ far@ loop@ loop2@ up@");
  CHECK(names_in(tree, "/a") == "audit.log");
  CHECK(names_in(tree, "dir") == "audit.log");
  CHECK(names_in(tree, "a/audit.log") == "none");
  CHECK(tree.real_path("dir/audit.log") == "/a/audit.log");
  CHECK(tree.real_path("far").empty());
  CHECK(tree.real_path("loop").empty());
  CHECK(tree.real_path("") == "/");
  CHECK(read_all(tree, "up") == log);
  CHECK(read_all(tree, "/dir/../a/audit.log") == log);
  CHECK(read_all(tree, "abs") == "etl-01\n");
  int error = 0;
  CHECK(tree.open("loop", error) == nullptr);
  CHECK(error == ELOOP);
  CHECK(tree.open("a", error) == nullptr);
  CHECK(error == EISDIR);
  std::string target;
  CHECK(tree.read_link("up", target) == 0);
  CHECK(target == "a/audit.log");
  CHECK(tree.read_link("a", target) == EINVAL);
  CHECK(tree.read_link("none", target) == ENOENT);
  Tree::Info info;
  REQUIRE(tree.stat("a/audit.log", info) == 0);
  CHECK(info.bytes == log.size());
  CHECK(info.mode == 0640);
  CHECK(read_all(*rooted(archive.tree, ""), "/etc/hostname") == "etl-01\n");
  CHECK(tree.is_dull("a-b"));
  CHECK_FALSE(tree.is_dull("up"));
}

TEST_CASE("archive: a log is read whole where little or nothing of it may be kept") {
  // More than a head, and two of it, so that one has to be passed over.
  const std::string old_log = records(9000);
  const std::string new_log = record(1796999999) + records(5000);
  const std::vector<Packed> members = {
      {"audit.log", new_log, ""}, {"other", old_log, ""}, {"audit.log.1", old_log, ""}};
  const char* const format = GENERATE("ustar", "zip", "7zip", "newc");
  const char* const filter = GENERATE("none", "gzip", "xz", "zstd");
  const std::uint64_t budget =
      GENERATE(std::uint64_t{0}, std::uint64_t{130} << 10, std::uint64_t{64} << 20);
  CAPTURE(format, filter, budget);
  const TempFolder folder;
  const Archive archive =
      open(folder, "x", pack(members, format, filter), std::make_shared<Budget>(budget));
  REQUIRE(archive.tree);
  CHECK(archive.problems.empty());
  CHECK(read_all(*archive.tree, "audit.log.1") == old_log);
  CHECK(read_all(*archive.tree, "audit.log") == new_log);
  const Found found = find_logs({folder / "x"});
  REQUIRE(found.sets.size() == 1);
  CHECK(all_of(found.sets[0]) == old_log + new_log);
  CHECK(found.archives.size() == 1);
}

/// One file, and how much of it was read.
class CountingTree final : public MemoryTree {
 public:
  explicit CountingTree(std::string text) : MemoryTree({{"/x", std::move(text)}}) {}
  std::unique_ptr<ByteSource> open(const std::string& path, int& error) const override {
    if (path != "/x") {
      error = ENOENT;
      return nullptr;
    }
    return std::make_unique<Bytes>(files.at(path), read_);
  }
  [[nodiscard]] std::uint64_t take_count() const { return std::exchange(read_, 0); }

 private:
  class Bytes final : public ByteSource {
   public:
    Bytes(std::string_view text, std::uint64_t& count) : text_(text), count_(count) {}
    std::size_t read(char* to, std::size_t size) override {
      const std::size_t part = std::min(size, text_.size() - at_);
      text_.copy(to, part, at_);
      at_ += part;
      count_ += part;
      return part;
    }
    [[nodiscard]] int error() const noexcept override { return 0; }
    bool seek(std::uint64_t place) override {
      at_ = static_cast<std::size_t>(std::min<std::uint64_t>(place, text_.size()));
      return true;
    }

   private:
    std::string_view text_;
    std::size_t at_ = 0;
    std::uint64_t& count_;
  };
  mutable std::uint64_t read_ = 0;
};

/// As bgzip and pigz write: one stream behind the other.
std::string pack_in_pieces(std::string_view text) {
  std::string all;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, 700'001);
    all += packed(piece, "gzip");
    text.remove_prefix(piece.size());
  }
  return all;
}

/// Some 2 MB that are packed to half of that.
std::string dense_log(std::mt19937& random) {
  std::string text = records(10);
  while (text.size() < 2'000'000) {
    text += "type=PROCTITLE msg=audit(1796173322.000:20): proctitle=";
    for (int i = 0; i < 200; ++i) {
      text.push_back("0123456789ABCDEF"[random() % 16]);
    }
    text.push_back('\n');
  }
  return text;
}

TEST_CASE("archive: a log of a tar.gz is had without what lies before it") {
  constexpr int kLogs = 12;
  std::mt19937 random(18);
  std::vector<Packed> members;
  for (int i = 0; i < kLogs; ++i) {
    members.push_back({"host" + std::to_string(i) + "/audit.log", dense_log(random), ""});
  }
  const bool in_pieces = GENERATE(false, true);
  const bool has_room = GENERATE(true, false);
  CAPTURE(in_pieces, has_room);
  const std::string bytes =
      in_pieces ? pack_in_pieces(pack(members)) : pack(members, "pax", "gzip");
  const auto tree = std::make_shared<CountingTree>(bytes);
  LogFile file{"/x", "x", bytes.size()};
  file.tree = tree;
  const Archive archive =
      open_archive(file, std::make_shared<Budget>(has_room ? 64U << 20U : 0U), 1U << 30U);
  REQUIRE(archive.tree);
  CHECK(archive.problems.empty());
  CHECK(tree->take_count() < 2 * bytes.size());
  for (int i = kLogs - 1; i >= 0; --i) {
    const Packed& member = members[static_cast<std::size_t>(i)];
    CHECK(read_all(*archive.tree, member.name) == member.text);
  }
  // Each from the point before it, not each from the beginning, which is half of it on average.
  CHECK((tree->take_count() < 4 * bytes.size()) == has_room);
}

TEST_CASE("archive: more than it may unpack to is not read") {
  const TempFolder folder;
  const std::string path = folder.write(
      "x", pack({{"audit.log", std::string(3 << 20, '\0'), ""}, {"b/audit.log", records(3), ""}},
                "ustar", "gzip"));
  std::vector<Problem> problems;
  const ArchiveIndex index =
      index_archive({path, "x", 1000}, archive_budget(), std::uint64_t{1} << 20, problems);
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems[0].what, Catch::Contains("unpacks to more than"));
  const Member* const member = index.find("audit.log");
  REQUIRE(member != nullptr);
  CHECK_FALSE(member->trouble.empty());
  CHECK(member->info.bytes <= (std::uint64_t{1} << 20) + (1U << 19));
  CHECK(most_unpacked(1) == std::uint64_t{1} << 30);
  CHECK(most_unpacked(UINT64_MAX) == UINT64_MAX);
}

TEST_CASE("archive: of a log that is cut what there is is read, then an error with its words") {
  const TempFolder folder;
  const std::string log = records(20000);
  std::string bytes = pack({{"audit.log", log, ""}}, "ustar");
  bytes.resize(bytes.size() - 600'000);
  const bool packs = GENERATE(false, true);
  const Archive archive = open(folder, "x", packs ? packed(bytes, "gzip") : bytes);
  REQUIRE(archive.tree);
  REQUIRE(archive.problems.size() == 1);
  CHECK(archive.problems[0].kind == ProblemKind::damaged);
  int error = 0;
  const std::string text = read_all(*archive.tree, "audit.log", &error);
  CHECK(error == EBADMSG);
  CHECK(text.size() == bytes.size() - 512);
  CHECK(log.starts_with(text));
}

TEST_CASE("archive: what stands behind the first end is read, or told") {
  const std::string one = pack({{"web/audit.log", records(50), ""}});
  const std::string two = pack({{"db/audit.log", record(1796999999) + records(70), ""}});
  const std::string zip = pack({{"web/audit.log", records(50), ""}}, "zip");
  const std::string seven = pack({{"web/audit.log", records(50), ""}}, "7zip");
  const std::string cpio = pack({{"web/audit.log", records(50), ""}}, "newc");
  const std::string zeros(20'480, '\0');
  const std::string long_tail(100'000, 'x');
  struct Case {
    const char* name;
    std::string bytes;
    std::string logs;     // folders with one
    const char* problem;  // a part of it; empty: none
  };
  const std::vector<Case> cases = {
      {"tar and tar", one + two, "db/ web/", ""},
      {"tar, zeros, tar", one + zeros + two + zeros, "db/ web/", ""},
      {"tar.gz and tar.gz", packed(one, "gzip") + packed(two, "gzip"), "db/ web/", ""},
      {"tar and text", one + long_tail, "web/", "Damaged tar"},
      {"tar and zip", one + zip, "web/", " at byte "},
      {"tar and zeros", one + zeros, "web/", ""},
      {"zip and tar", zip + two, "web/", " bytes behind its end were not read"},
      {"zip and much", zip + long_tail, "web/", "100000 bytes behind its end were not read"},
      {"zip and zeros", zip + zeros, "web/", ""},
      {"zip", zip, "web/", ""},
      {"zip.gz and tar", packed(zip + two, "gzip"), "web/", " bytes behind its end were not read"},
      {"7z and tar", seven + two, "web/", " bytes behind its end were not read"},
      {"7z and zeros", seven + zeros, "web/", ""},
      {"cpio and cpio", cpio + cpio, "web/", " bytes behind its end were not read"},
      {"cpio and zeros", cpio + zeros, "web/", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const TempFolder folder;
    const Archive archive = open(folder, "x", c.bytes);
    REQUIRE(archive.tree);
    CHECK(names_in(*archive.tree, "") == c.logs);
    REQUIRE(archive.problems.size() == (c.problem[0] == '\0' ? 0 : 1));
    for (const Problem& problem : archive.problems) {
      CHECK(problem.kind == ProblemKind::damaged);
      CHECK(problem.what.find(c.problem) != std::string::npos);
    }
    if (c.logs == "db/ web/") {
      CHECK(read_all(*archive.tree, "db/audit.log") == record(1796999999) + records(70));
    }
  }
}

TEST_CASE("archive: a log that another of its name takes the place of is told") {
  const auto twice = [](const std::string& first, const std::string& then) {
    return pack({{"audit.log", first, ""}, {"x", "", "a"}, {"audit.log", then, ""}});
  };
  const TempFolder folder;
  CHECK(open(folder, "grown", twice(records(5), records(9))).problems.empty());
  CHECK(open(folder, "same", twice(records(5), records(5))).problems.empty());
  for (const auto& [first, then] : {std::pair(records(5), record(1796999999) + records(9)),
                                    std::pair(records(9), records(5))}) {
    const Archive archive = open(folder, "other", twice(first, then));
    REQUIRE(archive.problems.size() == 1);
    CHECK(archive.problems[0].what ==
          "member audit.log had another log of that name behind it: the last one was read");
    REQUIRE(archive.tree);
    CHECK(read_all(*archive.tree, "audit.log") == then);
  }
}

TEST_CASE("archive: of one name twice the later one counts; names of Velociraptor's are decoded") {
  const TempFolder folder;
  const Archive archive = open(folder, "x",
                               pack({{"a", "1", ""},
                                     {"uploads/auto/root/%2Essh/audit.log", record(1), ""},
                                     {"uploads/auto/%2F%00%zz/audit.log", record(2), ""},
                                     {"client_info.json", R"({"Hostname":"db-9"})", ""},
                                     {"uploads/auto/var/log/audit/audit.log", record(3), ""},
                                     {"uploads/auto/var/log/audit/audit.log", record(4), ""}}));
  REQUIRE(archive.tree);
  CHECK(read_all(*archive.tree, "uploads/auto/root/.ssh/audit.log") == record(1));
  CHECK(read_all(*archive.tree, "uploads/auto/%2F%00%zz/audit.log") == record(2));
  CHECK(read_all(*archive.tree, "uploads/auto/var/log/audit/audit.log") == record(4));
}

TEST_CASE("kept bytes: the head stays where the rest finds no room, and all is given back") {
  const std::string text = records(30000);
  const std::string_view head = std::string_view(text).substr(0, 80'000);
  const auto budget = std::make_shared<Budget>(std::uint64_t{1} << 20);
  const std::uint64_t most = GENERATE(std::uint64_t{64} << 10, std::uint64_t{1} << 20);
  {
    const auto kept = std::make_shared<KeptBytes>(budget, most);
    REQUIRE(kept->keep_head(head));
    static_cast<void>(kept->keep(std::string_view(text).substr(80'000)));
    kept->finish();
    const auto source = KeptBytes::open(kept);
    std::string back(text.size() + 1, '\0');
    std::size_t have = 0;
    while (const std::size_t got = source->read(back.data() + have, back.size() - have)) {
      have += got;
    }
    CHECK(back.substr(0, have) == (kept->is_whole() ? std::string_view(text) : head));
    CHECK(kept->is_whole() == (most > (64U << 10)));
  }
  CHECK(budget->take(std::size_t{1} << 20));
  CHECK_FALSE(budget->take(1));
}

TEST_CASE("collection: hosts by what collectors write") {
  const std::vector<std::pair<const char*, const char*>> names = {
      {"sosreport-etl-01-2026-12-02-abcdefg.tar.xz", "etl-01"},
      {"sosreport-etl-01-0123456-2026-12-02-abcdefg", "etl-01"},
      {"uac-etl-01-linux-20261202010203.tar.gz!", "etl-01"},
      {"uac-etl-01.log", ""},
      {"Collection-etl-01-2026-12-02T01_02_03Z.zip", "etl-01"},
      {"Collection-DESKTOP-2OR51GL-2021-07-16_06_56_50_-0700_PDT.zip", "DESKTOP-2OR51GL"},
      {"pile", ""},
      {"Collection-", ""},
      {"uac-", ""},
  };
  for (const auto& [name, host] : names) {
    CAPTURE(name);
    CHECK(host_of_collection(name) == host);
  }
  const std::string log = record(1);
  struct Case {
    const char* name;
    std::vector<Packed> members;
    const char* host;
  };
  const std::vector<Case> cases = {
      {"uac-old-linux-20261202010203.tar",
       {{"[root]/var/log/audit/audit.log", log, ""}, {"[root]/etc/hostname", "new\n", ""}},
       "new"},
      {"uac-old-linux-20261202010203.tar", {{"[root]/var/log/audit/audit.log", log, ""}}, "old"},
      {"x.tar",
       {{"[root]/var/log/audit/audit.log", log, ""},
        {"live_response/network/hostname.txt", "live\n", ""}},
       "live"},
      {"x.tar",
       {{"uploads/auto/var/log/audit/audit.log", log, ""},
        {"client_info.json", R"({"os_info":{"hostname":"db-9"}})", ""}},
       "db-9"},
      {"x.tar", {{"sosreport-s9-2026-12-02-abcdefg/var/log/audit/audit.log", log, ""}}, "s9"},
      {"x.tar",
       {{"h/var/log/audit/audit.log", log, ""}, {"h/etc/hostname", "localhost\n", ""}},
       ""},
      {"x.tar", {{"h/home/audit.log", log, ""}, {"h/etc/hostname", "h1\n", ""}}, ""},
      {"x.tar", {{"client_info.json", "{", ""}, {"var/log/audit/audit.log", log, ""}}, ""},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name, one.members[0].name, one.host);
    const TempFolder folder;
    folder.write(one.name, pack(one.members));
    const Found found = find_logs({folder / one.name});
    REQUIRE(found.sets.size() == 1);
    CHECK(found.sets[0].host == one.host);
  }
}

TEST_CASE("image: an archive is one, whatever folder of it is the root") {
  const char* const front =
      GENERATE("", "[root]/", "sosreport-s9-2026-12-02-abcdefg/", "uploads/auto/", "uac-x/[root]/");
  CAPTURE(front);
  const std::string root(front);
  const TempFolder folder;
  const std::string path = folder.write(
      "x.tar.gz", pack({{root + "etc/hostname", "etl-01\n", ""},
                        {root + "etc/passwd", "svc:x:998:998::/:/bin/sh\n", ""},
                        {root + "etc/audit/auditd.conf", "log_file = /logs/a.log\n", ""},
                        {root + "logs/a.log.1", record(1), ""},
                        {root + "logs/a.log", record(2), ""}},
                       "ustar", "gzip"));
  const DiskImage image = open_image(path);
  CHECK(image.problems.empty());
  CHECK(image.hostname == "etl-01");
  CHECK(image.names.user(998) == "svc");
  const Found found = find_image_logs(image);
  REQUIRE(found.sets.size() == 1);
  CHECK(all_of(found.sets[0]) == record(1) + record(2));
}

}  // namespace auexfil::input::test
