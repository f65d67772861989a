#include "auexfil/input/logs.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "copies.hpp"
#include "labels.hpp"
#include "rotated_set.hpp"
#include "sniff.hpp"
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

bool ends_inside_line(const LogFile& file) {
  const int last = file.tree->last_byte(file.path);
  return last > 0 && last != '\n';
}

std::string tidy_folder(const fs::path& folder) {
  const fs::path normal = (folder / "").lexically_normal();  // "a", "a/", "./a" -> "a/"
  return normal == "./" ? std::string() : normal.string();
}

/// Gathers files into sets, in the order in which they come.
class Collector {
 public:
  explicit Collector(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) {}

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
  void visit(Walk& state, const fs::path& path, Tree::Kind kind, int depth);
  void consider(Walk& state, const fs::path& path);
  bool leads_out(Walk& state, const fs::path& path);
  void add_file(const fs::path& path, std::string name, Rotation rotation);
  void join_pieces();
  void add_problem(ProblemKind kind, std::string where, std::string what) {
    found_.problems.push_back({kind, std::move(where), std::move(what)});
  }

  std::shared_ptr<const Tree> tree_;
  Found found_;
  bool in_folder_ = false;  // a folder that was given is being walked
  std::vector<std::vector<RotatedFile>> groups_;
  std::vector<SetPlace> places_;
  std::map<std::pair<std::string, std::string>, std::size_t> index_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;
};

void Collector::add_file(const fs::path& path, std::string name, Rotation rotation) {
  Tree::Info info;
  if (const int error = tree_->stat(path.string(), info); error != 0) {
    const Fault fault = fault_of_errno(error);
    add_problem(fault.kind, std::move(name), fault.what);
    return;
  }
  if (info.kind == Tree::Kind::file && !seen_.emplace(info.device, info.inode).second) {
    return;  // named twice, or a link to one that is there
  }
  const std::string folder = tidy_folder(path.parent_path());
  const auto [at, is_new] = index_.try_emplace({folder, rotation.base}, groups_.size());
  if (is_new) {
    groups_.emplace_back();
    places_.push_back({folder, rotation.base, in_folder_});
  }
  groups_[at->second].push_back(
      {{path.string(), std::move(name), info.bytes, tree_}, std::move(rotation)});
}

void Collector::add_stdin() {
  Tree::Info info;
  if (!index_.try_emplace({"", "-"}, groups_.size()).second) {
    return;
  }
  static_cast<void>(tree_->stat("-", info));
  groups_.push_back({{{"-", "-", info.bytes, tree_}, {}}});
  places_.push_back({"", "stdin", false});
}

void Collector::add_input(const std::string& input) {
  if (input == "-") {
    add_stdin();
    return;
  }
  Tree::Info info;
  if (tree_->stat(input, info) == 0 && info.kind == Tree::Kind::folder) {
    add_folder(input);
    return;
  }
  const fs::path path(input);
  add_file(path, input, parse_rotation(path.filename().string()));
}

void Collector::add_folder(const std::string& input) {
  Walk state{input, input, tree_->real_path(input)};
  const std::size_t problems_before = found_.problems.size();
  in_folder_ = true;
  walk(state, state.top, 0);
  in_folder_ = false;
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
  std::vector<Tree::Entry> entries;
  if (const int error = tree_->list(folder.string(), entries); error != 0) {
    const Fault fault = fault_of_errno(error);
    const fs::path below = folder.lexically_relative(state.top);
    add_problem(fault.kind, below == "." ? state.input : folder.string(), fault.what);
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return compare_natural(a.name, b.name) < 0; });
  for (const auto& entry : entries) {
    visit(state, folder / entry.name, entry.kind, depth);
  }
}

/// A link in a collection is the recorded host's, not ours: one that leads out of the folder would
/// read this machine's files as that host's. One that stays inside is met on its own path, unless
/// it is a file with another name.
bool Collector::leads_out(Walk& state, const fs::path& path) {
  const std::string target = tree_->real_path(path.string());
  if (target.empty() || !lies_in(target, state.real)) {
    ++state.links_out;
    return true;
  }
  return false;
}

void Collector::visit(Walk& state, const fs::path& path, Tree::Kind kind, int depth) {
  if (kind == Tree::Kind::folder) {
    if (depth < kMaxDepth) {
      walk(state, path, depth + 1);
    } else {
      add_problem(ProblemKind::unreadable, path.string(),
                  fmt::format("folders nest deeper than {}; not searched", kMaxDepth));
    }
    return;
  }
  if (kind == Tree::Kind::link && leads_out(state, path)) {
    return;
  }
  if (kind == Tree::Kind::file || (kind == Tree::Kind::link && tree_->is_file(path.string()))) {
    consider(state, path);
  }
}

void Collector::consider(Walk& state, const fs::path& path) {
  Rotation rotation = parse_rotation(path.filename().string());
  if (!rotation.is_any_log()) {
    return;
  }
  if (rotation.base != "audit.log") {
    const Source source(*tree_, path.string());
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

/// Pieces that were given names of their own: of the files of one folder one ends inside a line and
/// another begins inside one.
void Collector::join_pieces() {
  std::map<std::string, std::vector<std::size_t>> cut;  // groups by folder
  std::map<std::string, std::pair<bool, bool>> ends;    // any that begins so, any that ends so
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    for (const RotatedFile& file : groups_[i]) {
      if (file.file.path == "-" || !tree_->is_file(file.file.path)) {
        continue;
      }
      const Source source(file.file);
      const bool begins = begins_inside_line(source.head());
      const bool ends_open = !source.is_compressed() && ends_inside_line(file.file);
      if (begins || ends_open) {
        auto& [any_begins, any_ends] = ends[places_[i].folder];
        any_begins = any_begins || begins;
        any_ends = any_ends || ends_open;
        std::vector<std::size_t>& of_folder = cut[places_[i].folder];
        if (of_folder.empty() || of_folder.back() != i) {
          of_folder.push_back(i);
        }
      }
    }
  }
  for (const auto& [folder, members] : cut) {
    if (members.size() < 2 || !ends[folder].first || !ends[folder].second) {
      continue;
    }
    for (std::size_t i = 1; i < members.size(); ++i) {
      auto& from = groups_[members[i]];
      std::move(from.begin(), from.end(), std::back_inserter(groups_[members.front()]));
      from.clear();
    }
  }
}

Found Collector::finish() {
  join_pieces();
  for (const Copy& copy : take_out_copies(groups_)) {
    add_problem(ProblemKind::copy, copy.name,
                fmt::format("the same as {}, or its beginning; read once", copy.of));
  }
  for (std::size_t i = groups_.size(); i-- > 0;) {
    if (groups_[i].empty()) {
      groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(i));
      places_.erase(places_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  const auto labels = label_sets(places_);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    found_.sets.push_back(to_set(std::move(groups_[i])));
    found_.sets.back().label = labels[i];
  }
  return std::move(found_);
}

}  // namespace

Found find_logs(const std::vector<std::string>& inputs, std::shared_ptr<const Tree> tree) {
  Collector collector(std::move(tree));
  for (const auto& input : inputs) {
    collector.add_input(input);
  }
  return collector.finish();
}

}  // namespace auexfil::input
