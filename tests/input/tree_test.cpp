#include "auexfil/input/tree.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

namespace auexfil::input::test {
namespace {

/// A tree in memory: folders are what files lie in.
class MemoryTree final : public Tree {
 public:
  std::map<std::string, std::string> files;   ///< by path
  std::map<std::string, std::string> links;   ///< path -> where it leads
  std::map<std::string, std::size_t> broken;  ///< files that end with an error after so many bytes
  std::map<std::string, int> refused;         ///< files that cannot be opened

  int stat(const std::string& path, Info& info) const override {
    const std::string real = real_path(path);
    if (const auto file = files.find(real); file != files.end()) {
      info = {Kind::file, file->second.size(), 1,
              static_cast<std::uint64_t>(std::distance(files.begin(), file)) + 1};
      return 0;
    }
    info.kind = Kind::folder;
    return is_folder(real) ? 0 : ENOENT;
  }

  int list(const std::string& folder, std::vector<Entry>& entries) const override {
    if (!is_folder(folder)) {
      return ENOENT;
    }
    std::map<std::string, Kind> found;
    const auto add = [&](const std::string& path, Kind kind) {
      if (path.starts_with(folder + "/")) {
        const std::string below = path.substr(folder.size() + 1);
        const std::size_t slash = below.find('/');
        found.emplace(below.substr(0, slash), slash == std::string::npos ? kind : Kind::folder);
      }
    };
    for (const auto& [path, text] : files) {
      add(path, Kind::file);
    }
    for (const auto& [path, target] : links) {
      add(path, Kind::link);
    }
    for (const auto& [name, kind] : found) {
      entries.push_back({name, kind});
    }
    return 0;
  }

  int read_link(const std::string& path, std::string& target) const override {
    Info info;
    const auto link = links.find(path);
    if (link != links.end()) {
      target = link->second;
      return 0;
    }
    return stat(path, info) == 0 ? EINVAL : ENOENT;
  }

  std::string real_path(const std::string& path) const override {
    const auto link = links.find(path);
    return link == links.end() ? path : link->second;
  }

  std::unique_ptr<ByteSource> open(const std::string& path, int& error) const override {
    const std::string real = real_path(path);
    const auto file = files.find(real);
    if (const auto no = refused.find(real); no != refused.end() || file == files.end()) {
      error = no == refused.end() ? ENOENT : no->second;
      return nullptr;
    }
    const auto end = broken.find(real);
    return std::make_unique<Bytes>(
        std::string_view(file->second)
            .substr(0, end == broken.end() ? std::string::npos : end->second),
        end != broken.end());
  }

  int last_byte(const std::string& path) const override {
    const auto file = files.find(real_path(path));
    return file == files.end() || file->second.empty()
               ? -1
               : static_cast<unsigned char>(file->second.back());
  }

 private:
  class Bytes final : public ByteSource {
   public:
    Bytes(std::string_view text, bool breaks) : rest_(text), breaks_(breaks) {}
    std::size_t read(char* to, std::size_t size) override {
      const std::size_t part = std::min({size, rest_.size(), std::size_t{7}});
      std::copy_n(rest_.begin(), part, to);
      rest_.remove_prefix(part);
      errno_ = part == 0 && breaks_ ? EIO : 0;
      return part;
    }
    [[nodiscard]] int error() const noexcept override { return errno_; }

   private:
    std::string_view rest_;
    bool breaks_;
    int errno_ = 0;
  };

  [[nodiscard]] bool is_folder(const std::string& path) const {
    return std::any_of(files.begin(), files.end(),
                       [&](const auto& file) { return file.first.starts_with(path + "/"); });
  }
};

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
