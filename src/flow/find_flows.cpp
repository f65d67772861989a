#include "auexfil/flow/find_flows.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "auexfil/flow/read_flows.hpp"
#include "auexfil/input/archive.hpp"
#include "auexfil/input/file_bytes.hpp"
#include "auexfil/input/flow_names.hpp"

namespace auexfil::flow {
namespace {

using input::LogFile;
using input::Tree;

constexpr int kMaxDepth = 64;
constexpr int kMaxNested = 3;  // archives in archives

/// Where a walk is: on the disk, or among the members of an archive.
struct Ground {
  std::shared_ptr<const Tree> tree;
  std::string shown;  ///< before the names of its files: "pile.zip!"
  std::string top;    ///< the folder that was named, and without links
  std::string real;
  int nested = 0;
  std::uint64_t most_unpacked = 0;
};

class Finder {
 public:
  Finder(FoundFlows& found, std::uint64_t most_files) : found_(found), most_files_(most_files) {}

  void add_named(const std::string& named, const std::shared_ptr<const Tree>& tree);

 private:
  void walk(const Ground& ground, const std::string& folder, int depth);
  void consider(const Ground& ground, const std::string& path);
  void add(const Ground& ground, LogFile file, bool is_named);
  void add_archive(const Ground& ground, const LogFile& file);
  void problem(input::ProblemKind kind, std::string where, std::string what) {
    found_.problems.push_back({kind, std::move(where), std::move(what)});
  }

  FoundFlows& found_;
  std::uint64_t most_files_;
  std::uint64_t looked_at_ = 0;
  std::shared_ptr<input::Budget> budget_ = input::archive_budget();
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;
};

bool lies_in(const std::string& path, const std::string& folder) {
  return path == folder || folder == "/" || folder.empty() ||
         (path.starts_with(folder) && path[folder.size()] == '/');
}

void Finder::add_named(const std::string& named, const std::shared_ptr<const Tree>& tree) {
  Ground ground{tree, {}, named, tree->real_path(named), 0, 0};
  if (named == "-") {
    found_.files.push_back({named, named, 0, tree, 0, true});
    return;
  }
  Tree::Info info;
  if (tree->stat(named, info) != 0) {
    problem(input::ProblemKind::missing, named, "no such file or folder");
  } else if (info.kind == Tree::Kind::folder) {
    const std::size_t before = found_.files.size() + found_.problems.size();
    walk(ground, named, 0);
    if (found_.files.size() + found_.problems.size() == before) {
      problem(input::ProblemKind::no_logs, named, "no flow records of a known format in it");
    }
  } else {
    add(ground, {named, named, info.bytes, tree, 0, info.kind == Tree::Kind::other}, true);
  }
}

void Finder::walk(const Ground& ground, const std::string& folder, int depth) {
  std::vector<Tree::Entry> entries;
  if (ground.tree->list(folder, entries) != 0) {
    problem(input::ProblemKind::unreadable, ground.shown + folder, "it cannot be listed");
  }
  std::sort(entries.begin(), entries.end(),
            [](const Tree::Entry& a, const Tree::Entry& b) { return a.name < b.name; });
  for (const Tree::Entry& entry : entries) {
    std::string path = folder;
    path.append(path.empty() || path.ends_with('/') ? "" : "/").append(entry.name);
    if (entry.kind == Tree::Kind::folder && depth < kMaxDepth) {
      walk(ground, path, depth + 1);
    } else if (entry.kind == Tree::Kind::file ||
               (entry.kind == Tree::Kind::link && ground.tree->is_file(path) &&
                lies_in(ground.tree->real_path(path), ground.real))) {
      consider(ground, path);
    }
  }
}

void Finder::consider(const Ground& ground, const std::string& path) {
  Tree::Info info;
  // In an archive a look may cost a pass over all of it: not every member of an image is worth one.
  const bool is_worth_it = ground.nested == 0 || !ground.tree->is_dull(path) ||
                           input::is_export_name(path.substr(path.rfind('/') + 1));
  if (is_worth_it && ++looked_at_ > most_files_) {
    ++found_.not_looked_at;
    return;
  }
  if (!is_worth_it || ground.tree->stat(path, info) != 0) {
    ++found_.passed_over;
    return;
  }
  const std::string name =
      ground.shown + (ground.shown.empty() && path.starts_with(ground.top + "/")
                          ? path.substr(ground.top.size() + 1)
                          : path);
  add(ground, {path, name, info.bytes, ground.tree, 0, false}, false);
}

void Finder::add(const Ground& ground, LogFile file, bool is_named) {
  Tree::Info info;
  if (file.is_stream) {  // a pipe cannot be looked at twice
    found_.files.push_back(std::move(file));
    return;
  }
  if (ground.tree->stat(file.path, info) == 0 && !seen_.emplace(info.device, info.inode).second) {
    return;  // named twice, or a link to one that is there
  }
  const input::FileBytes bytes(file);
  if (bytes.is_archive()) {
    add_archive(ground, file);
  } else if (is_named || !format_of(bytes.head()).empty()) {
    found_.files.push_back(std::move(file));  // the reader says what is wrong with it
  } else {
    ++found_.passed_over;
  }
}

void Finder::add_archive(const Ground& ground, const LogFile& file) {
  if (ground.nested == kMaxNested) {
    problem(input::ProblemKind::unreadable, file.name, "an archive in 3 archives; not looked into");
    return;
  }
  Ground inside;
  inside.nested = ground.nested + 1;
  inside.shown = file.name + "!";
  inside.most_unpacked =
      ground.nested == 0 ? input::most_unpacked(file.bytes) : ground.most_unpacked;
  input::Archive archive = input::open_archive(file, budget_, inside.most_unpacked);
  std::move(archive.problems.begin(), archive.problems.end(), std::back_inserter(found_.problems));
  inside.tree = std::move(archive.tree);
  if (inside.tree != nullptr) {
    walk(inside, "", 0);
  }
}

/// Does a file begin as flow records may? A look at very little of it, for there may be very many.
bool has_such_a_beginning(const LogFile& file) {
  constexpr std::size_t kBeginning = 512;
  constexpr std::array<std::string_view, 5> kPacked = {".gz", ".zst", ".xz", ".bz2", ".lz4"};
  const auto is_packed = [&](std::string_view end) { return file.path.ends_with(end); };
  if (std::any_of(kPacked.begin(), kPacked.end(), is_packed)) {
    return true;
  }
  int error = 0;
  const std::unique_ptr<input::ByteSource> bytes = file.tree->open(file.path, error);
  std::array<char, kBeginning> beginning{};
  return bytes != nullptr &&
         may_begin_flows({beginning.data(), bytes->read(beginning.data(), beginning.size())});
}

/// What a file's beginning holds.
enum class Holds : std::uint8_t {
  nothing,
  others,  ///< names, ftp … that tell more of flows
  bytes,
  unknown,
};

Holds look_at(const LogFile& file, std::uint64_t& read_on) {
  const std::optional<FileReport> report = glance_at(file, read_on);
  // A firewall's lines stand in many a system's log, and tell no bytes.
  return !report                        ? Holds::unknown
         : report->flows_with_bytes > 0 ? Holds::bytes
         : report->others > 0           ? Holds::others
                                        : Holds::nothing;
}

/// Folders of an image that sensors write to.
constexpr std::array kSensorFolders = {
    "/var/log",      "/var/spool/zeek",     "/opt/zeek/logs", "/usr/local/zeek/logs",
    "/opt/bro/logs", "/usr/local/bro/logs", "/nsm/zeek/logs"};

void add_texts(const std::shared_ptr<const Tree>& tree, const std::string& folder, int depth,
               std::vector<LogFile>& files) {
  constexpr std::size_t kMost = 16384;
  constexpr int kDeepest = 6;
  std::vector<Tree::Entry> entries;
  static_cast<void>(tree->list(folder, entries));
  std::sort(entries.begin(), entries.end(),
            [](const Tree::Entry& a, const Tree::Entry& b) { return a.name < b.name; });
  for (const Tree::Entry& entry : entries) {
    const std::string path = folder + "/" + entry.name;
    Tree::Info info;
    if (entry.kind == Tree::Kind::folder && depth < kDeepest) {
      add_texts(tree, path, depth + 1, files);
    } else if (files.size() < kMost && entry.kind == Tree::Kind::file &&
               input::is_export_name(entry.name) &&
               (!tree->is_dull(path) || input::is_flow_name(entry.name)) &&
               tree->stat(path, info) == 0) {
      LogFile file{path, path, info.bytes, tree, 0, false};
      if (has_such_a_beginning(file)) {
        files.push_back(std::move(file));
      }
    }
  }
}

}  // namespace

FoundFlows find_flows(const std::vector<std::string>& named,
                      const std::shared_ptr<const input::Tree>& tree, std::uint64_t most_files) {
  FoundFlows found;
  Finder finder(found, most_files);
  for (const std::string& one : named) {
    finder.add_named(one, tree);
  }
  return found;
}

bool may_begin_flows(std::string_view beginning) {
  const std::size_t first = beginning.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return false;
  }
  if (beginning[first] == '{' || beginning[first] == '[') {
    return true;
  }
  // Records have columns or pairs, most texts have neither; those between blanks are eight or more.
  constexpr std::ptrdiff_t kBlanks = 7;
  const std::string_view line = beginning.substr(0, beginning.find('\n'));
  const bool has_parts = line.starts_with('#') ||
                         line.find_first_of(",\t=") != std::string_view::npos ||
                         std::count(line.begin(), line.end(), ' ') >= kBlanks;
  return has_parts && !format_of(beginning).empty();
}

FoundFlows flows_among(const std::vector<LogFile>& files, std::uint64_t read_on) {
  FoundFlows found;
  bool any_bytes = false;
  for (const LogFile& file : files) {
    const Holds holds = look_at(file, read_on);
    any_bytes = any_bytes || holds == Holds::bytes;
    if (holds == Holds::nothing) {
      ++found.passed_over;
    } else if (holds == Holds::unknown) {
      ++found.not_looked_at;
    } else {
      found.files.push_back(file);
    }
  }
  if (!any_bytes) {
    found.passed_over += found.files.size();
    found.files.clear();
  }
  return found;
}

std::vector<LogFile> texts_of_image(const std::shared_ptr<const Tree>& tree) {
  std::vector<LogFile> files;
  for (const char* const folder : kSensorFolders) {
    add_texts(tree, folder, 0, files);
  }
  return files;
}

}  // namespace auexfil::flow
