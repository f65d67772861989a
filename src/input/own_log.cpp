#include "own_log.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
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
constexpr std::string_view kConf = "/etc/audit/auditd.conf";

/// What the search for a configured log needs at every step.
struct Search {
  const std::string& root;
  fs::path log_file;  // inside root
  std::string_view readers;
  Found found;

  void refused(const std::string& where, ProblemKind kind, const std::string& what) {
    const bool names_readers = kind == ProblemKind::permission && !readers.empty();
    found.problems.push_back(
        {kind, where, names_readers ? fmt::format("may not be read; {}", readers) : what});
  }
  void refused(const std::string& where, int error) {
    const Fault fault = fault_of_errno(error);
    refused(where, fault.kind, fault.what);
  }
};

/// Adds one file when it is a rotation of the log and may be read.
void consider(Search& search, const fs::path& inside, std::vector<RotatedFile>& files) {
  const std::string name = inside.filename().string();
  auto rotation = parse_rotation_of(name, search.log_file.filename().string());
  if (!rotation) {
    return;
  }
  const std::string path = resolve_inside(search.root, inside.string());
  struct stat info {};
  if (path.empty() || ::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return;
  }
  RawFile probe;
  if (const int error = probe.open(*disk(), path); error != 0) {
    search.refused(inside.string(), error);
    return;
  }
  files.push_back({{path, name, static_cast<std::uint64_t>(info.st_size)}, *std::move(rotation)});
}

std::vector<RotatedFile> list_rotations(Search& search) {
  const fs::path folder = search.log_file.parent_path();
  const Resolved real = try_resolve_inside(search.root, folder.string());
  std::vector<RotatedFile> files;
  if (real.error != 0) {
    search.refused(search.log_file.string(), real.error);
    return files;
  }
  std::error_code error;
  for (fs::directory_iterator it(real.path, error), end; !error && it != end; it.increment(error)) {
    consider(search, folder / it->path().filename(), files);
  }
  if (error) {
    search.refused(search.log_file.string(), error.value());
  }
  return files;
}

/// Who may read the log of this host. Its configuration is often closed to those who may read the
/// log; then the group of the log's folder says it.
std::string readers_of(const std::string& root, const AuditdConf& conf, bool conf_was_read) {
  std::string group = conf.log_group;
  if (!conf_was_read) {
    struct stat info {};
    const fs::path folder = fs::path(conf.log_file).parent_path();
    const std::string real = resolve_inside(root, folder.string());
    const auto names = parse_ids(read_inside(root, "/etc/group", kMaxIds).text);
    const bool known = !real.empty() && ::stat(real.c_str(), &info) == 0;
    const auto it = known ? names.find(info.st_gid) : names.end();
    group = it == names.end() ? "root" : it->second;
  }
  return group == "root" ? "only root may read it: run as root"
                         : fmt::format("members of group {} may read it, or run as root", group);
}

std::string slurp(int fd, std::size_t limit) {
  std::string text;
  std::vector<char> chunk(std::size_t{64} << 10);
  while (text.size() <= limit) {
    const ssize_t got = ::read(fd, chunk.data(), std::min(chunk.size(), limit + 1 - text.size()));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      break;
    }
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return text;
}

SmallFile::State state_of_errno(int error) {
  const ProblemKind kind = fault_of_errno(error).kind;
  if (kind == ProblemKind::missing) {
    return SmallFile::State::missing;
  }
  return kind == ProblemKind::permission ? SmallFile::State::permission
                                         : SmallFile::State::unreadable;
}

}  // namespace

SmallFile read_inside(const std::string& root, std::string_view path, std::size_t limit) {
  const Resolved real = try_resolve_inside(root, path);
  if (real.error != 0) {
    return {state_of_errno(real.error), {}};
  }
  // Not blocking: the image may hold a FIFO of this name.
  const int fd =
      ::open(real.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    return {state_of_errno(errno), {}};
  }
  struct stat info {};
  SmallFile file{SmallFile::State::unreadable, {}};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    file = {SmallFile::State::read, slurp(fd, limit)};
  }
  ::close(fd);
  if (file.text.size() > limit) {
    file.state = SmallFile::State::cut;
    file.text.resize(file.text.rfind('\n', limit - 1) + 1);
  }
  return file;
}

Found find_configured_logs(const std::string& root, const AuditdConf& conf,
                           std::string_view readers) {
  Search search{root, fs::path(conf.log_file), readers, {}};
  auto files = list_rotations(search);
  if (!files.empty()) {
    search.found.sets.push_back(to_set(std::move(files)));
  } else if (search.found.problems.empty()) {
    search.refused(conf.log_file, ENOENT);
  }
  return std::move(search.found);
}

Found find_host_logs_at(const std::string& root) {
  const SmallFile file = read_inside(root, kConf, kMaxConf);
  const AuditdConf conf = parse_auditd_conf(file.text);
  const bool conf_was_read = file.state == SmallFile::State::read;
  Found found = find_configured_logs(root, conf, readers_of(root, conf, conf_was_read));
  for (auto& problem : found.problems) {
    if (problem.kind == ProblemKind::missing) {
      problem.what = "no audit log of this host there; is auditd installed? Else name a file";
    }
  }
  return found;
}

Found find_host_logs() {
  return find_host_logs_at("/");
}

}  // namespace auexfil::input
