#include "own_log.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "rotated_set.hpp"
#include "source.hpp"

namespace auexfil::input {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxConf = std::size_t{1} << 20;
constexpr std::size_t kMaxIds = std::size_t{16} << 20;
constexpr const char* kConf = "/etc/audit/auditd.conf";
constexpr const char* kPasswd = "/etc/passwd";
constexpr const char* kGroup = "/etc/group";

/// What the search for a configured log needs at every step.
struct Search {
  std::shared_ptr<const Tree> image;
  fs::path log_file;
  std::string_view readers;
  Found found;

  void refused(const std::string& where, ProblemKind kind, const std::string& what) {
    const bool names_readers = kind == ProblemKind::permission && !readers.empty();
    found.problems.push_back(
        {kind, where, names_readers ? fmt::format("may not be read; {}", readers) : what});
  }
  void refused(const std::string& where, int error) {
    const Problem problem = problem_of_errno(error);
    refused(where, problem.kind, problem.what);
  }
};

/// Adds one file when it is a rotation of the log and may be read.
void consider(Search& search, const fs::path& path, std::vector<RotatedFile>& files) {
  const std::string name = path.filename().string();
  auto rotation = parse_rotation_of(name, search.log_file.filename().string());
  Tree::Info info;
  if (!rotation || search.image->stat(path.string(), info) != 0 || info.kind != Tree::Kind::file) {
    return;
  }
  RawFile probe;
  if (const int error = probe.open(*search.image, path.string()); error != 0) {
    search.refused(path.string(), error);
    return;
  }
  files.push_back({{path.string(), name, info.bytes, search.image}, *std::move(rotation)});
}

std::vector<RotatedFile> list_rotations(Search& search) {
  const fs::path folder = search.log_file.parent_path();
  std::vector<RotatedFile> files;
  std::vector<Tree::Entry> entries;
  const int error = search.image->list(folder.string(), entries);
  for (const Tree::Entry& entry : entries) {
    consider(search, folder / entry.name, files);
  }
  if (error != 0) {
    search.refused(search.log_file.string(), error);
  }
  return files;
}

/// Who may read the log of this host. Its configuration is often closed to those who may read the
/// log; then the group of the log's folder says it.
std::string readers_of(const Tree& image, const AuditdConf& conf, bool conf_was_read) {
  std::string group = conf.log_group;
  if (!conf_was_read) {
    Tree::Info info;
    const bool known = image.stat(fs::path(conf.log_file).parent_path().string(), info) == 0;
    const auto names = parse_ids(read_small(image, kGroup, kMaxIds).text);
    const auto it = known ? names.find(info.gid) : names.end();
    group = it == names.end() ? "root" : it->second;
  }
  return group == "root" ? "only root may read it: run as root"
                         : fmt::format("members of group {} may read it, or run as root", group);
}

std::string slurp(ByteSource& file, std::size_t limit) {
  std::string text;
  std::vector<char> chunk(std::size_t{64} << 10);
  while (text.size() <= limit) {
    const std::size_t got =
        file.read(chunk.data(), std::min(chunk.size(), limit + 1 - text.size()));
    if (got == 0) {
      break;
    }
    text.append(chunk.data(), got);
  }
  return text;
}

SmallFile::State state_of_errno(int error) {
  const ProblemKind kind = problem_of_errno(error).kind;
  if (kind == ProblemKind::missing) {
    return SmallFile::State::missing;
  }
  return kind == ProblemKind::permission ? SmallFile::State::permission
                                         : SmallFile::State::unreadable;
}

}  // namespace

SmallFile read_small(const Tree& image, const std::string& path, std::size_t limit) {
  int error = 0;
  const std::unique_ptr<ByteSource> opened = image.open(path, error);
  if (opened == nullptr) {
    return {state_of_errno(error), {}};
  }
  SmallFile file{SmallFile::State::read, slurp(*opened, limit)};
  if (file.text.size() > limit) {
    file.state = SmallFile::State::cut;
    file.text.resize(file.text.rfind('\n', limit - 1) + 1);
  }
  return file;
}

Found find_configured_logs(std::shared_ptr<const Tree> image, const AuditdConf& conf,
                           std::string_view readers) {
  Search search{std::move(image), fs::path(conf.log_file), readers, {}};
  auto files = list_rotations(search);
  if (!files.empty()) {
    search.found.sets.push_back(to_set(std::move(files)));
  } else if (search.found.problems.empty()) {
    search.refused(conf.log_file, ENOENT);
  }
  return std::move(search.found);
}

Found find_host_logs_at(const std::string& root) {
  const std::shared_ptr<const Tree> image = rooted(disk(), root);
  const SmallFile file = read_small(*image, kConf, kMaxConf);
  const AuditdConf conf = parse_auditd_conf(file.text);
  const bool conf_was_read = file.state == SmallFile::State::read;
  Found found = find_configured_logs(image, conf, readers_of(*image, conf, conf_was_read));
  for (auto& problem : found.problems) {
    if (problem.kind == ProblemKind::missing) {
      problem.what = "no audit log of this host there; is auditd installed? Else name a file";
    }
  }
  return found;
}

std::vector<std::string> host_log_places() {
  const std::shared_ptr<const Tree> image = rooted(disk(), "/");
  const AuditdConf conf = parse_auditd_conf(read_small(*image, kConf, kMaxConf).text);
  const fs::path folder = fs::path(conf.log_file).parent_path();
  std::vector<std::string> places{kConf, kPasswd, kGroup, folder.string()};
  std::vector<Tree::Entry> entries;
  static_cast<void>(image->list(folder.string(), entries));
  for (const Tree::Entry& entry : entries) {
    if (entry.kind == Tree::Kind::link) {
      places.push_back((folder / entry.name).string());
    }
  }
  return places;
}

Names find_host_names() {
  const std::shared_ptr<const Tree> image = rooted(disk(), "/");
  return {parse_ids(read_small(*image, kPasswd, kMaxIds).text),
          parse_ids(read_small(*image, kGroup, kMaxIds).text)};
}

Found find_host_logs() {
  return find_host_logs_at("/");
}

}  // namespace auexfil::input
