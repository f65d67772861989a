#include "auexfil/input/disk_image.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <filesystem>

#include <fmt/format.h>

#include "auexfil/input/archive.hpp"
#include "auexfil/input/log_header.hpp"
#include "collection.hpp"
#include "own_log.hpp"
#include "rotation.hpp"
#include "source.hpp"
#include "source_lines.hpp"

namespace auexfil::input {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSmall = std::size_t{1} << 20;
constexpr std::size_t kMaxIds = std::size_t{16} << 20;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Calls `use` with each line, without its newline.
template <typename Use>
void each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

/// One file of an image; what is wrong with it becomes a problem. A missing one is none.
std::string read_part(DiskImage& image, const std::string& where, std::size_t limit) {
  SmallFile file = read_small(*image.tree, where, limit);
  switch (file.state) {
    case SmallFile::State::cut:
      image.problems.push_back({ProblemKind::unreadable, where,
                                fmt::format("larger than {} bytes; the rest was left out", limit)});
      break;
    case SmallFile::State::permission:
      image.problems.push_back(
          {ProblemKind::permission, where, "may not be read by this user; it was left out"});
      break;
    case SmallFile::State::unreadable:
      image.problems.push_back(
          {ProblemKind::unreadable, where, "not a file that can be read; it was left out"});
      break;
    case SmallFile::State::read:
    case SmallFile::State::missing:
      break;
  }
  return std::move(file.text);
}

/// Of every machine, or of none.
bool says_nothing(std::string_view name) {
  return name.empty() || name == "localhost" || name.starts_with("localhost.") ||
         name == "(none)" || name == "unknown";
}

/// HOSTNAME=NAME of a file of shell variables; quotes go.
std::string host_variable(std::string_view text) {
  std::string name;
  each_line(text, [&](std::string_view line) {
    line = trimmed(line);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos ||
        !same_word(trimmed(line.substr(0, equals)), "hostname")) {
      return;
    }
    name = trimmed(line.substr(equals + 1));
    std::erase_if(name, [](char c) { return c == '"' || c == '\''; });
  });
  return name;
}

/// What the image says that its host is called, as distributions have written it over the years.
std::string host_name_of(DiskImage& image) {
  const fs::path root = fs::path(image.root).lexically_normal();
  const std::string folder = (root.has_filename() ? root : root.parent_path()).filename().string();
  std::string found;
  const auto ask = [&](const char* path, std::string (*read)(std::string_view)) {
    if (says_nothing(found)) {
      found = read(read_part(image, path, kMaxSmall));
    }
  };
  ask("/etc/hostname", first_word);
  ask("/etc/HOSTNAME", first_word);              // SUSE
  ask("/etc/sysconfig/network", host_variable);  // RHEL up to 6
  ask("/etc/conf.d/hostname", host_variable);    // Gentoo
  ask("/sos_commands/host/hostname", first_word);
  ask("/sos_commands/general/hostname", first_word);
  ask("/hostname", first_word);
  if (says_nothing(found)) {
    found = host_of_collection(folder);
  }
  return says_nothing(found) ? std::string() : found.substr(0, kMaxHostname);
}

}  // namespace

std::string first_word(std::string_view text) {
  std::string word;
  each_line(text, [&](std::string_view line) {
    line = trimmed(line);
    if (word.empty() && !line.empty() && line.front() != '#') {
      word = line;
    }
  });
  return word;
}

std::string_view Names::user(std::uint32_t uid) const {
  const auto it = users.find(uid);
  return it == users.end() ? std::string_view() : it->second;
}

std::unordered_map<std::uint32_t, std::string> parse_ids(std::string_view text) {
  std::unordered_map<std::uint32_t, std::string> names;
  each_line(text, [&names](std::string_view line) {
    const auto name_end = line.find(':');
    if (name_end == 0 || name_end == std::string_view::npos) {
      return;
    }
    const auto id_at = line.find(':', name_end + 1);
    if (id_at == std::string_view::npos) {
      return;
    }
    std::uint32_t id = 0;
    const char* const end = line.data() + line.size();
    const auto [rest, error] = std::from_chars(line.data() + id_at + 1, end, id);
    if (error == std::errc() && (rest == end || *rest == ':')) {
      names.try_emplace(id, line.substr(0, name_end));
    }
  });
  return names;
}

AuditdConf parse_auditd_conf(std::string_view text) {
  AuditdConf conf;
  each_line(text, [&conf](std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || trimmed(line).starts_with('#')) {
      return;
    }
    const auto key = trimmed(line.substr(0, equals));
    const auto value = trimmed(line.substr(equals + 1));
    if (same_word(key, "log_file") && value.starts_with('/') && !value.ends_with('/')) {
      conf.log_file = value;
    } else if (same_word(key, "log_group") && !value.empty()) {
      conf.log_group = value;
    }
  });
  return conf;
}

DiskImage open_image(const std::shared_ptr<const Tree>& tree, const std::string& root) {
  DiskImage image;
  image.root = root;
  image.tree = rooted(tree, root);
  image.log_file =
      parse_auditd_conf(read_part(image, "/etc/audit/auditd.conf", kMaxSmall)).log_file;
  image.hostname = host_name_of(image);
  image.names.users = parse_ids(read_part(image, "/etc/passwd", kMaxIds));
  image.names.groups = parse_ids(read_part(image, "/etc/group", kMaxIds));
  return image;
}

/// What a collection holds of a machine, which may be a folder in it.
/// \param all    the collection
/// \param where  in it, see root_in_collection()
/// \param name   of the collection
static void name_by_collection(const std::shared_ptr<const Tree>& all, const std::string& where,
                               const std::string& name, DiskImage& image) {
  if (image.hostname.empty()) {
    image.hostname = machine_of(all, where + "/var/log", "", name).host;
  }
  image.root = name;
}

/// A folder of the disk that is an image or an unpacked collection.
static DiskImage open_folder(const std::string& root) {
  const std::shared_ptr<const Tree> all = rooted(disk(), root);  // no link leads out of it
  const std::string where = root_in_collection(*all, "");
  if (where.empty()) {
    return open_image(disk(), root);
  }
  DiskImage image = open_image(disk(), root + "/" + all->real_path(where));
  name_by_collection(all, where, root, image);
  return image;
}

/// An image in an archive. What could not be had of it is said.
static DiskImage open_packed_image(const std::string& path, std::uint64_t bytes) {
  Archive archive =
      open_archive({path, path, bytes, disk()}, archive_budget(), most_unpacked(bytes));
  DiskImage image;
  if (archive.tree != nullptr) {
    const std::string root = root_in_collection(*archive.tree, "");
    image = open_image(archive.tree, root);
    name_by_collection(archive.tree, root, path, image);
  }
  image.root = path;
  image.archives.push_back(path);
  image.problems.insert(image.problems.begin(), archive.problems.begin(), archive.problems.end());
  return image;
}

DiskImage open_image(const std::string& root) {
  Tree::Info info;
  DiskImage image;
  image.root = root;
  if (disk()->stat(root, info) != 0) {
    image.problems.push_back({ProblemKind::missing, root, "no such folder"});
  } else if (info.kind == Tree::Kind::folder) {
    return open_folder(root);
  } else if (info.kind == Tree::Kind::file && Source(*disk(), root).content() == Content::archive) {
    return open_packed_image(root, info.bytes);
  } else {
    image.problems.push_back({ProblemKind::unreadable, root,
                              "neither a folder nor an archive; mount or unpack the image first"});
  }
  image.tree = rooted(disk(), root);
  return image;
}

/// Does a log of syslog hold records of calls? A few others are in any, of the boot.
static bool holds_calls(const Tree& tree, const std::string& path) {
  constexpr std::size_t kLongest = std::size_t{64} << 10;
  Source source(tree, path);
  bool is_found = false;
  if (source.content() == Content::stamped) {
    each_line_of(source, kLongest, [&](std::string_view line, std::uint64_t /*number*/) {
      is_found =
          (line.find("type=1300 audit(") != line.npos || line.find("type=SYSCALL ") != line.npos) &&
          is_carried_record(line);
      return !is_found;
    });
  }
  return is_found;
}

/// Without auditd the journal and syslog take the kernel's records in.
static Found find_without_auditd(const std::shared_ptr<const Tree>& tree) {
  const std::string folder = "/var/log";
  std::vector<std::string> inputs;
  std::vector<Tree::Entry> entries;
  static_cast<void>(tree->list(folder, entries));
  for (const Tree::Entry& entry : entries) {
    const std::string path = folder + "/" + entry.name;
    const bool is_named =
        is_syslog_name(entry.name) || parse_rotation_of(entry.name, "kern.log").has_value();
    if (is_named && tree->is_file(path) && holds_calls(*tree, path)) {
      inputs.push_back(path);
    }
  }
  for (const char* const journal : {"/var/log/journal", "/run/log/journal"}) {
    if (!find_logs({journal}, tree).sets.empty()) {
      inputs.emplace_back(journal);
    }
  }
  return inputs.empty() ? Found() : find_logs(inputs, tree);
}

Found find_image_logs(const DiskImage& image) {
  if (image.log_file.empty()) {
    return {};  // open_image() said why
  }
  AuditdConf conf;
  conf.log_file = image.log_file;
  Found found = find_configured_logs(image.tree, conf, {});
  if (found.sets.empty()) {
    if (Found others = find_without_auditd(image.tree); !others.sets.empty()) {
      return others;
    }
  }
  for (auto& problem : found.problems) {
    if (problem.kind == ProblemKind::missing) {
      problem.what = fmt::format("no audit log there in {}", image.root);
    }
  }
  return found;
}

}  // namespace auexfil::input
