#include "auexfil/input/logs.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "labels.hpp"
#include "rotated_set.hpp"
#include "source.hpp"

namespace auexfil::input {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 64;

/// Whether `path` lies in `folder`; both canonical.
bool lies_in(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

std::string tidy_folder(const fs::path& folder) {
  const fs::path normal = (folder / "").lexically_normal();  // "a", "a/", "./a" -> "a/"
  return normal == "./" ? std::string() : normal.string();
}

/// Gathers files into sets, in the order in which they come.
class Collector {
 public:
  void add_input(const std::string& input);
  Found finish();

 private:
  /// One folder INPUT, while it is walked.
  struct Walk {
    std::string input;
    fs::path top;           // as named
    fs::path real;          // canonical
    std::size_t files = 0;  // found in it
    std::size_t unread = 0;
    std::size_t links_out = 0;
  };

  void add_stdin();
  void add_folder(const std::string& input);
  void walk(Walk& state, const fs::path& folder, int depth);
  void visit(Walk& state, const fs::directory_entry& entry, int depth);
  void consider(Walk& state, const fs::path& path);
  bool leads_out(Walk& state, const fs::directory_entry& entry);
  void add_file(const fs::path& path, std::string name, Rotation rotation);
  void add_problem(ProblemKind kind, std::string where, std::string what) {
    found_.problems.push_back({kind, std::move(where), std::move(what)});
  }

  Found found_;
  std::vector<std::vector<RotatedFile>> groups_;
  std::vector<SetPlace> places_;
  std::map<std::pair<std::string, std::string>, std::size_t> index_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

void Collector::add_file(const fs::path& path, std::string name, Rotation rotation) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    const Fault fault = fault_of_errno(errno);
    add_problem(fault.kind, std::move(name), fault.what);
    return;
  }
  const bool is_file = S_ISREG(info.st_mode);
  if (is_file && !seen_.emplace(info.st_dev, info.st_ino).second) {
    return;  // named twice, or a link to one that is there
  }
  const std::string folder = tidy_folder(path.parent_path());
  const auto [at, is_new] = index_.try_emplace({folder, rotation.base}, groups_.size());
  if (is_new) {
    groups_.emplace_back();
    places_.push_back({folder, rotation.base});
  }
  const auto bytes = is_file ? static_cast<std::uint64_t>(info.st_size) : 0;
  groups_[at->second].push_back({{path.string(), std::move(name), bytes}, std::move(rotation)});
}

void Collector::add_stdin() {
  struct stat info {};
  if (!index_.try_emplace({"", "-"}, groups_.size()).second) {
    return;
  }
  const bool is_file = ::fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode);
  const auto bytes = is_file ? static_cast<std::uint64_t>(info.st_size) : 0;
  groups_.push_back({{{"-", "-", bytes}, {}}});
  places_.push_back({"", "stdin"});
}

void Collector::add_input(const std::string& input) {
  if (input == "-") {
    add_stdin();
    return;
  }
  std::error_code error;
  if (fs::is_directory(input, error)) {
    add_folder(input);
    return;
  }
  const fs::path path(input);
  add_file(path, input, parse_rotation(path.filename().string()));
}

void Collector::add_folder(const std::string& input) {
  std::error_code error;
  Walk state{input, input, fs::canonical(input, error)};
  const std::size_t problems_before = found_.problems.size();
  walk(state, state.top, 0);
  if (state.files > 0 || found_.problems.size() > problems_before) {
    return;
  }
  std::string what = "no audit log in it (audit.log, its rotations, or *.log with audit records)";
  if (state.unread > 0) {
    what += fmt::format("; {} *.log could not be read", state.unread);
  }
  if (state.links_out > 0) {
    what += fmt::format("; {} links that lead out of it were not followed", state.links_out);
  }
  add_problem(ProblemKind::no_logs, input, what);
}

void Collector::walk(Walk& state, const fs::path& folder, int depth) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    entries.push_back(*it);
  }
  if (error) {
    const Fault fault = fault_of_errno(error.value());
    const fs::path below = folder.lexically_relative(state.top);
    add_problem(fault.kind, below == "." ? state.input : folder.string(), fault.what);
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return compare_natural(a.path().filename().string(), b.path().filename().string()) < 0;
  });
  for (const auto& entry : entries) {
    visit(state, entry, depth);
  }
}

/// A link in a collection is the recorded host's, not ours: one that leads out of the folder would
/// read this machine's files as that host's. One that stays inside is met on its own path, unless
/// it is a file with another name.
bool Collector::leads_out(Walk& state, const fs::directory_entry& entry) {
  std::error_code error;
  const fs::path target = fs::canonical(entry.path(), error);
  if (error || !lies_in(target, state.real)) {
    ++state.links_out;
    return true;
  }
  return false;
}

void Collector::visit(Walk& state, const fs::directory_entry& entry, int depth) {
  std::error_code error;
  const bool is_link = entry.is_symlink(error);
  if (!is_link && entry.is_directory(error)) {
    if (depth < kMaxDepth) {
      walk(state, entry.path(), depth + 1);
    } else {
      add_problem(ProblemKind::unreadable, entry.path().string(),
                  fmt::format("folders nest deeper than {}; not searched", kMaxDepth));
    }
    return;
  }
  if (is_link && leads_out(state, entry)) {
    return;
  }
  if (entry.is_regular_file(error)) {
    consider(state, entry.path());
  }
}

void Collector::consider(Walk& state, const fs::path& path) {
  Rotation rotation = parse_rotation(path.filename().string());
  if (!rotation.is_any_log()) {
    return;
  }
  if (rotation.base != "audit.log") {
    const Source source(path.string());
    if (source.fault() && source.head().empty()) {
      ++state.unread;
      return;
    }
    if (!has_audit_record(source.head())) {
      return;
    }
  }
  ++state.files;
  add_file(path, path.lexically_relative(state.top).string(), std::move(rotation));
}

Found Collector::finish() {
  const auto labels = label_sets(places_);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    found_.sets.push_back(to_set(std::move(groups_[i])));
    found_.sets.back().label = labels[i];
  }
  return std::move(found_);
}

}  // namespace

Found find_logs(const std::vector<std::string>& inputs) {
  Collector collector;
  for (const auto& input : inputs) {
    collector.add_input(input);
  }
  return collector.finish();
}

}  // namespace auexfil::input
