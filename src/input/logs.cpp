#include "auexfil/input/logs.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "adjoin.hpp"
#include "auexfil/input/archive.hpp"
#include "auexfil/input/flow_names.hpp"
#include "collection.hpp"
#include "copies.hpp"
#include "header_hosts.hpp"
#include "labels.hpp"
#include "looks.hpp"
#include "lossy.hpp"
#include "name_doubts.hpp"
#include "newest_first.hpp"
#include "one_host.hpp"
#include "pieces.hpp"
#include "rotated_set.hpp"
#include "sniff.hpp"
#include "source.hpp"

namespace auexfil::input {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 64;
constexpr int kMaxNested = 3;            // archives in archives
constexpr std::size_t kBeginning = 512;  // a header of tar
constexpr const char* kSealed = "encrypted; decrypt it first";

/// Whether `path` lies in `folder`; both canonical.
bool lies_in(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

/// Those of a host's journal are one log, whatever they are called.
Rotation rotation_of(const std::string& name) {
  if (name.ends_with(".journal") || name.ends_with(".journal~")) {
    Rotation journal;
    journal.base = "journal";
    journal.kind = Rotation::Kind::piece;
    journal.mark = name;
    return journal;
  }
  Rotation rotation = parse_rotation(name);
  return rotation.is_any_log() ? rotation : parse_export_rotation(name);
}

std::string tidy_folder(const fs::path& folder) {
  const fs::path normal = (folder / "").lexically_normal();  // "a", "a/", "./a" -> "a/"
  return normal == "./" ? std::string() : normal.string();
}

/// A look at very little of a file, for there may be very many.
/// \param file  is opened, and not read from
/// \param lossy  see lossy_form().
bool is_worth_a_look(const Tree& tree, const std::string& path, RawFile& file,
                     std::string_view& lossy) {
  if (file.open(tree, path) != 0) {
    return false;
  }
  const std::string_view beginning = file.peek(kBeginning);
  lossy = lossy_form(beginning);
  return lossy.empty() && may_be_one(beginning);
}

LogFile& first_of(std::vector<RotatedFile>& group) {
  const LogFile first = to_set(group).files.front();
  return std::find_if(group.begin(), group.end(),
                      [&](const RotatedFile& file) {
                        return file.file.path == first.path && file.file.tree == first.tree;
                      })
      ->file;
}

/// \param from  is emptied
void append_group(std::vector<RotatedFile>& from, std::vector<RotatedFile>& to) {
  std::uint32_t last = 0;
  for (const RotatedFile& file : to) {
    last = std::max(last, file.place);
  }
  for (RotatedFile& file : from) {
    file.place += last + 1;
  }
  std::move(from.begin(), from.end(), std::back_inserter(to));
  from.clear();
}

/// Where the logs of several hosts lie in one folder, what else lies there is of any of them.
void leave_shared_folders(const std::vector<SetPlace>& places, std::vector<LogSet>& sets) {
  std::map<std::string, std::size_t> logs;
  for (const SetPlace& place : places) {
    ++logs[place.folder];
  }
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (!sets[i].around.is_image && logs[places[i].folder] > 1) {
      sets[i].around = {};
    }
  }
}

/// Gathers files into sets, in the order in which they come.
class Collector {
 public:
  Collector(std::shared_ptr<const Tree> tree, const std::function<bool(std::string_view)>& wants)
      : tree_(std::move(tree)), wants_(wants) {}

  void add_inputs(const std::vector<std::string>& inputs);
  Found finish();

 private:
  /// Where a walk is: on the disk, or among the members of an archive.
  struct Ground {
    std::shared_ptr<const Tree> tree;
    std::string shown;   // before the names of its files: "" or "pile.zip!"
    std::string folder;  // before their folders, for labels
    int nested = 0;      // in so many archives
    std::uint64_t most_unpacked = 0;
  };

  /// One folder or archive, while it is walked.
  struct Walk {
    const Ground& ground;
    std::string input;
    fs::path top;           // as named
    fs::path real;          // canonical
    std::size_t files = 0;  // found in it
    std::size_t unread = 0;
    std::size_t links_out = 0;
  };

  void add_stdin();
  void add_input(const std::string& input);
  /// \param ground  of the disk, maybe with pieces joined
  void add_given(const Ground& ground, const std::string& input);
  /// Adds what pieces of `paths` are together. \param add  takes the ground on which that lies, and
  /// says what it is called.
  /// \return those of them, which are nothing each by itself.
  std::set<std::string> add_pieces(
      const Ground& ground, const std::vector<std::string>& paths,
      const std::function<std::string(const Ground&, const std::string&)>& add);
  void add_folder(const std::string& input);
  /// \return whether there were logs in it, or problems with it.
  bool add_archive(const Ground& ground, const fs::path& path, const std::string& name);
  void walk(Walk& state, const fs::path& folder, int depth);
  void visit(Walk& state, const fs::path& path, Tree::Kind kind, int depth);
  static std::string name_of(const Walk& state, const fs::path& path);
  void consider(Walk& state, const fs::path& path);
  bool leads_out(Walk& state, const fs::path& path);
  void add_file(const Walk& state, const fs::path& path, std::string name, Rotation rotation,
                Source* source);
  [[nodiscard]] std::vector<std::string> folders() const;
  void join_numbered();
  void drop_empty_groups();
  void part_groups();
  void join_adjoining();
  std::vector<SetPlace> make_sets();
  void pass_over(const Walk& state, const fs::path& path, std::string_view head,
                 std::string_view lossy = {});
  void add_lossy(std::string where, std::string_view lossy) {
    add_problem(ProblemKind::interpreted, std::move(where),
                fmt::format("{}, which leaves out what is needed; give the raw log, or the output "
                            "of `ausearch --raw`",
                            lossy));
  }
  void add_problem(ProblemKind kind, std::string where, std::string what) {
    found_.problems.push_back({kind, std::move(where), std::move(what)});
  }

  std::shared_ptr<const Tree> tree_;
  const std::function<bool(std::string_view)>& wants_;
  Ground top_{tree_, {}, {}};
  std::shared_ptr<Budget> budget_ = archive_budget();
  Found found_;
  bool in_folder_ = false;  // a folder that was given is being walked
  std::vector<std::vector<RotatedFile>> groups_;
  std::vector<SetPlace> places_;
  std::vector<Machine> machines_;
  std::map<std::pair<std::string, std::string>, std::size_t> index_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> wanted_;
  std::vector<std::string> apart_;  ///< of each group, why it is not of another, for its names
  KnownEnds ends_;
};

void Collector::add_file(const Walk& state, const fs::path& path, std::string name,
                         Rotation rotation, Source* source) {
  const Ground& ground = state.ground;
  Tree::Info info;
  if (const int error = ground.tree->stat(path.string(), info); error != 0) {
    const Problem problem = problem_of_errno(error);
    add_problem(problem.kind, std::move(name), problem.what);
    return;
  }
  if (info.kind == Tree::Kind::file && !seen_.emplace(info.device, info.inode).second) {
    return;  // named twice, or a link to one that is there
  }
  const std::string folder = ground.folder + tidy_folder(path.parent_path());
  const auto [at, is_new] = index_.try_emplace({folder, rotation.base}, groups_.size());
  if (is_new) {
    groups_.emplace_back();
    places_.push_back({folder, rotation.base, in_folder_});
    machines_.push_back(in_folder_ ? machine_of(ground.tree, path.parent_path().string(),
                                                state.top.string(), ground.folder, ground.shown)
                                   : Machine());
  }
  // What is found in a folder was a file when it was looked at, and is refused if it is none now.
  const bool is_stream = !in_folder_ && info.kind == Tree::Kind::other;
  groups_[at->second].push_back(
      {{path.string(), std::move(name), info.bytes, ground.tree, 0, is_stream},
       std::move(rotation)});
  groups_[at->second].back().file.is_newest_first =
      source != nullptr && stands_newest_first(*source, info.bytes);
}

void Collector::add_stdin() {
  Tree::Info info;
  if (!index_.try_emplace({"", "-"}, groups_.size()).second) {
    return;
  }
  static_cast<void>(tree_->stat("-", info));
  groups_.push_back({{{"-", "-", info.bytes, tree_, 0, true}, {}}});
  places_.push_back({"", "stdin", false});
  machines_.emplace_back();
}

/// "2 further pieces"
static std::string further(std::size_t pieces) {
  return fmt::format("{} further piece{}", pieces, pieces == 1 ? "" : "s");
}

std::set<std::string> Collector::add_pieces(
    const Ground& ground, const std::vector<std::string>& paths,
    const std::function<std::string(const Ground&, const std::string&)>& add) {
  std::set<std::string> taken;
  for (const Pieces& pieces : find_pieces(*ground.tree, paths)) {
    Ground joined = ground;
    joined.tree = join_pieces(ground.tree, pieces);
    const std::string name = add(joined, pieces.path);
    if (pieces.behind_gap > 0) {
      add_problem(ProblemKind::missing, name,
                  fmt::format("{} of it lie beside and were not read: what comes before is missing",
                              further(pieces.behind_gap)));
    }
    if (pieces.not_given > 0) {
      add_problem(ProblemKind::missing, name,
                  fmt::format("{} of it lie beside; give all of them, or what `cat` makes of them",
                              further(pieces.not_given)));
    }
    taken.insert(pieces.paths.begin(), pieces.paths.end());
    if (ground.nested == 0) {
      found_.archives.insert(found_.archives.end(), pieces.paths.begin(), pieces.paths.end());
    }
  }
  return taken;
}

void Collector::add_inputs(const std::vector<std::string>& inputs) {
  std::vector<std::string> files;
  std::copy_if(inputs.begin(), inputs.end(), std::back_inserter(files),
               [this](const std::string& input) { return input != "-" && tree_->is_file(input); });
  const std::set<std::string> taken =
      add_pieces(top_, files, [this](const Ground& ground, const std::string& path) {
        add_given(ground, path);
        return path;
      });
  for (const std::string& input : inputs) {
    if (!taken.contains(input)) {
      add_input(input);
    }
  }
}

void Collector::add_input(const std::string& input) {
  Tree::Info info;
  if (input == "-") {
    add_stdin();
  } else if (tree_->stat(input, info) == 0 && info.kind == Tree::Kind::folder) {
    add_folder(input);
  } else {
    add_given(top_, input);
  }
}

void Collector::add_given(const Ground& ground, const std::string& input) {
  Tree::Info info;
  static_cast<void>(ground.tree->stat(input, info));
  const fs::path path(input);
  std::optional<Source> source;
  if (info.kind == Tree::Kind::file) {
    source.emplace(*ground.tree, input);
    if (source->content() == Content::archive) {
      add_archive(ground, path, input);
      return;
    }
    // Text of `ausearch -i` is told line by line: there may be raw lines too.
    const std::string_view lossy = lossy_form(source->head());
    if (!lossy.empty() && source->content() != Content::stamped) {
      add_lossy(input, lossy);
      return;
    }
  }
  if (is_sealed_name(input)) {
    add_problem(ProblemKind::unreadable, input, kSealed);
    return;
  }
  add_file({ground, input, {}, {}}, path, input, rotation_of(path.filename().string()),
           source ? &*source : nullptr);
}

bool Collector::add_archive(const Ground& ground, const fs::path& path, const std::string& name) {
  if (ground.nested == kMaxNested) {
    add_problem(ProblemKind::unreadable, name,
                fmt::format("an archive in {} archives; not looked into", kMaxNested));
    return true;
  }
  Tree::Info info;
  static_cast<void>(ground.tree->stat(path.string(), info));
  if (!seen_.emplace(info.device, info.inode).second) {
    return true;
  }
  Ground inside = ground;
  inside.shown = name + "!";
  inside.folder = ground.folder + tidy_folder(path.parent_path()) + path.filename().string() + "!/";
  if (inside.nested++ == 0) {
    inside.most_unpacked = most_unpacked(info.bytes);
    found_.archives.push_back(path.string());
  }
  Archive archive =
      open_archive({path.string(), name, info.bytes, ground.tree}, budget_, inside.most_unpacked);
  const bool any_problem = !archive.problems.empty();
  std::move(archive.problems.begin(), archive.problems.end(), std::back_inserter(found_.problems));
  if (archive.tree == nullptr) {
    return true;
  }
  inside.tree = archive.tree;
  Walk state{inside, name, {}, "/"};
  const bool was_in_folder = std::exchange(in_folder_, true);
  walk(state, state.top, 0);
  in_folder_ = was_in_folder;
  if (state.files == 0 && !any_problem && ground.nested == 0 && !was_in_folder) {
    add_problem(ProblemKind::no_logs, name,
                fmt::format("no audit log among its {} members (audit.log, its rotations, or *.log "
                            "with audit records)",
                            archive.members));
  }
  return state.files > 0 || any_problem;
}

void Collector::add_folder(const std::string& input) {
  Walk state{top_, input, input, tree_->real_path(input)};
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
  if (const int error = state.ground.tree->list(folder.string(), entries); error != 0) {
    const Problem problem = problem_of_errno(error);
    const fs::path below = folder.lexically_relative(state.top);
    add_problem(problem.kind, below == "." ? state.input : state.ground.shown + folder.string(),
                problem.what);
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return compare_natural(a.name, b.name) < 0; });
  std::vector<std::string> files;
  for (const auto& entry : entries) {
    if (entry.kind == Tree::Kind::file) {
      files.push_back((folder / entry.name).string());
    }
  }
  const std::set<std::string> taken =
      add_pieces(state.ground, files, [&](const Ground& ground, const std::string& path) {
        Walk joined{ground, state.input, state.top, state.real};
        consider(joined, path);
        state.files += joined.files;
        state.unread += joined.unread;
        return name_of(joined, path);
      });
  for (const auto& entry : entries) {
    const fs::path path = folder / entry.name;
    if (!taken.contains(path.string())) {
      visit(state, path, entry.kind, depth);
    }
  }
}

/// A link in a collection is the recorded host's, not ours: one that leads out of the folder would
/// read this machine's files as that host's. One that stays inside is met on its own path, unless
/// it is a file with another name.
bool Collector::leads_out(Walk& state, const fs::path& path) {
  const std::string target = state.ground.tree->real_path(path.string());
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
      add_problem(ProblemKind::unreadable, state.ground.shown + path.string(),
                  fmt::format("folders nest deeper than {}; not searched", kMaxDepth));
    }
    return;
  }
  if (kind == Tree::Kind::link && leads_out(state, path)) {
    return;
  }
  if (kind == Tree::Kind::file ||
      (kind == Tree::Kind::link && state.ground.tree->is_file(path.string()))) {
    consider(state, path);
  }
}

/// What evidence and messages call a file that is met on a walk.
std::string Collector::name_of(const Walk& state, const fs::path& path) {
  return state.ground.shown +
         (state.top.empty() ? path : path.lexically_relative(state.top)).string();
}

/// \param head  that is at hand of its beginning
/// \param lossy  what it is of what the tools of audit make; empty: none of that.
void Collector::pass_over(const Walk& state, const fs::path& path, std::string_view head,
                          std::string_view lossy) {
  if (!lossy.empty()) {
    add_lossy(name_of(state, path), lossy);
    return;
  }
  PassedOver& passed = found_.passed_over;
  if (passed.files++ < PassedOver::kMostNames) {
    passed.names.push_back(name_of(state, path));
  }
  const Tree& tree = *state.ground.tree;
  const bool is_wanted =
      wants_ &&
      (tree.is_dull(path.string()) ? is_flow_name(path.filename().string()) : wants_(head));
  Tree::Info info;
  if (!is_wanted || tree.stat(path.string(), info) != 0 ||
      !wanted_.emplace(info.device, info.inode).second) {
    return;
  }
  if (passed.wanted.size() < PassedOver::kMostWanted) {
    passed.wanted.push_back(
        {path.string(), name_of(state, path), info.bytes, state.ground.tree, 0, false});
  } else {
    ++passed.wanted_left_out;
  }
}

void Collector::consider(Walk& state, const fs::path& path) {
  const Ground& ground = state.ground;
  const std::string file_name = path.filename().string();
  if (is_sealed_name(file_name)) {
    add_problem(ProblemKind::unreadable, name_of(state, path), kSealed);
    return;
  }
  std::string_view lossy;
  RawFile raw;
  if (ground.tree->is_dull(path.string()) || is_package_name(file_name) ||
      (!is_log_name(file_name) && !is_worth_a_look(*ground.tree, path.string(), raw, lossy))) {
    pass_over(state, path, raw.peek(kBeginning), lossy);
    return;
  }
  const std::string name = name_of(state, path);
  Source source(*ground.tree, path.string());
  switch (looks_of(file_name, source)) {
    case Looks::other:
      pass_over(state, path, source.head(), lossy_form(source.head()));
      break;
    case Looks::unread:
      ++state.unread;
      break;
    case Looks::log:
      ++state.files;
      add_file(state, path, name, rotation_of(file_name), &source);
      break;
    case Looks::archive:
      state.files += add_archive(ground, path, name) ? 1U : 0U;
      break;
  }
}

/// Of each group.
std::vector<std::string> Collector::folders() const {
  std::vector<std::string> all;
  all.reserve(places_.size());
  for (const SetPlace& place : places_) {
    all.push_back(place.folder);
  }
  return all;
}

/// Where a live log is empty beside NAME.N.log (logrotate's `extension`), nothing in it can tell
/// that it goes on from those: that it is there does, as beside NAME.log.N.
void Collector::join_numbered() {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const std::optional<Rotation> rotation = parse_numbered_stem(places_[i].base);
    const auto live = rotation ? index_.find({places_[i].folder, rotation->base}) : index_.end();
    if (live == index_.end() || groups_[live->second].empty()) {
      continue;
    }
    std::vector<RotatedFile>& files = groups_[live->second];
    const bool is_empty = std::all_of(files.begin(), files.end(), [](const RotatedFile& file) {
      return file.rotation.kind == Rotation::Kind::numbered ||
             (file.file.bytes == 0 && !file.file.is_stream);
    });
    if (is_empty) {
      for (RotatedFile& file : groups_[i]) {
        file.rotation = *rotation;
        files.push_back(std::move(file));
      }
      groups_[i].clear();
    }
  }
  drop_empty_groups();
}

void Collector::drop_empty_groups() {
  for (std::size_t i = groups_.size(); i-- > 0;) {
    if (groups_[i].empty()) {
      groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(i));
      places_.erase(places_.begin() + static_cast<std::ptrdiff_t>(i));
      machines_.erase(machines_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

/// What names alone have made one log, and is more.
void Collector::part_groups() {
  apart_.resize(groups_.size());
  for (std::size_t i = 0, all = groups_.size(); i < all; ++i) {
    const std::vector<NamedPart> parts = doubt_names(groups_[i], ends_);
    if (parts.size() < 2) {
      continue;
    }
    const std::vector<RotatedFile> files = std::move(groups_[i]);
    for (std::size_t part = 0; part < parts.size(); ++part) {
      std::vector<RotatedFile> of_part;
      for (const std::size_t file : parts[part].files) {
        of_part.push_back(files[file]);
      }
      SetPlace place = places_[i];
      place.base = fs::path(of_part.front().file.path).filename().string();
      if (part == 0) {
        places_[i] = place;
        groups_[i] = std::move(of_part);
        continue;
      }
      groups_.push_back(std::move(of_part));
      places_.push_back(std::move(place));
      machines_.push_back(machines_[i]);
      apart_.push_back(parts[part].why);
    }
  }
}

/// Rotations that go on from one another become one.
void Collector::join_adjoining() {
  std::vector<std::string> of_any_time = folders();
  for (std::string& folder : of_any_time) {
    folder = without_dates(folder);
  }
  const std::vector<GoesOn> links = find_adjoining(groups_, of_any_time, ends_);
  std::vector<std::size_t> behind(groups_.size(), GoesOn::kNowhere);
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (links[i].from != GoesOn::kNowhere) {
      behind[links[i].from] = i;
    }
    if (!groups_[i].empty()) {
      first_of(groups_[i]).joined = links[i].why.empty() ? apart_[i] : links[i].why;
    }
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (links[i].from != GoesOn::kNowhere) {
      continue;
    }
    for (std::size_t next = behind[i]; next != GoesOn::kNowhere; next = behind[next]) {
      append_group(groups_[next], groups_[i]);
    }
  }
}

/// Lanes call one host by names of their own: each is looked at by itself.
void name_hosts(LogSet& set) {
  bool any = false;
  for (auto first = set.files.begin(); first != set.files.end();) {
    const auto next = std::find_if(first, set.files.end(),
                                   [&](const LogFile& file) { return file.lane != first->lane; });
    ToldHosts told = told_hosts({first, next});
    any = any || told.are_several ||
          std::any_of(first, next, [](const LogFile& file) { return file.names_hosts; });
    if (!told.only.empty() && (set.told_host.empty() || is_address(set.told_host))) {
      set.told_host = std::move(told.only);
    }
    first = next;
  }
  for (LogFile& file : set.files) {
    file.names_hosts = any;
  }
  if (any) {
    set.told_host.clear();
  }
}

/// One a host; logs that hold its records side by side are its lanes. \return where each was found.
std::vector<SetPlace> Collector::make_sets() {
  std::vector<Beside> beside = find_one_host(groups_, folders(), ends_);
  std::vector<SetPlace> places;
  std::map<std::size_t, std::size_t> sets;  // of groups that are a set's first lane
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (!beside[i].doubled.empty()) {
      add_problem(ProblemKind::twice, groups_[i].front().file.name, beside[i].doubled);
    }
    if (beside[i].first != i) {
      others.push_back(i);
      continue;
    }
    sets[i] = found_.sets.size();
    found_.sets.push_back(to_set(std::move(groups_[i])));
    LogSet& set = found_.sets.back();
    for (LogFile& file : set.files) {
      file.node = beside[i].node;
      file.names_hosts = beside[i].names_hosts;
    }
    set.host = std::move(machines_[i].host);
    set.names = std::move(machines_[i].names);
    set.around = std::move(machines_[i].around);
    places.push_back(places_[i]);
  }
  std::stable_sort(others.begin(), others.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(beside[a].lane, beside[a].place) < std::pair(beside[b].lane, beside[b].place);
  });
  for (const std::size_t i : others) {
    std::vector<LogFile>& files = found_.sets[sets.at(beside[i].first)].files;
    LogSet beside_it = to_set(std::move(groups_[i]));
    files.front().joined.clear();  // why they stand apart is no question any more
    beside_it.files.front().joined.clear();
    if (!beside[i].node.empty() && machines_[i].names != nullptr) {
      found_.sets[sets.at(beside[i].first)].names_of_node.emplace(beside[i].node,
                                                                  machines_[i].names);
    }
    for (LogFile& file : beside_it.files) {
      file.lane = beside[i].lane;
      file.node = beside[i].node;
      file.names_hosts = beside[i].names_hosts;
      files.push_back(std::move(file));
    }
  }
  for (const auto& [first, set] : sets) {
    if (!beside[first].why.empty()) {
      found_.sets[set].files.front().joined = std::move(beside[first].why);
    }
  }
  return places;
}

Found Collector::finish() {
  join_numbered();
  part_groups();
  join_adjoining();
  std::vector<std::string> hosts;
  for (const Machine& machine : machines_) {
    hosts.push_back(machine.host);
  }
  const std::vector<Copy> copies = take_out_copies(groups_, hosts);
  for (const Copy& copy : copies) {
    add_problem(ProblemKind::copy, copy.name,
                fmt::format("the same as {}, or its beginning; read once", copy.of));
  }
  if (!copies.empty()) {
    join_adjoining();  // what was between them, or beside them, is gone
  }
  drop_empty_groups();
  const std::vector<SetPlace> places = make_sets();
  for (LogSet& set : found_.sets) {
    name_hosts(set);
  }
  leave_shared_folders(places, found_.sets);
  const auto labels = label_sets(places);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    found_.sets[i].label = labels[i];
  }
  return std::move(found_);
}

}  // namespace

const char* to_word(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::missing:
      return "missing";
    case ProblemKind::no_logs:
      return "no-logs";
    case ProblemKind::permission:
      return "permission";
    case ProblemKind::unreadable:
      return "unreadable";
    case ProblemKind::damaged:
      return "damaged";
    case ProblemKind::not_a_log:
      return "not-a-log";
    case ProblemKind::interpreted:
      return "interpreted";
    case ProblemKind::wrapped:
      return "wrapped";
    case ProblemKind::copy:
      return "copy";
    case ProblemKind::empty:
      return "empty";
    case ProblemKind::changed:
      return "changed";
    case ProblemKind::twice:
      return "twice";
  }
  return "unreadable";
}

Found find_logs(const std::vector<std::string>& inputs, std::shared_ptr<const Tree> tree,
                const std::function<bool(std::string_view)>& wants) {
  Collector collector(std::move(tree), wants);
  collector.add_inputs(inputs);
  return collector.finish();
}

}  // namespace auexfil::input
