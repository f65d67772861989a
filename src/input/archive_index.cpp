#include "archive_index.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "auexfil/input/flow_names.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kFirstBytes = 4096;  // enough to tell tar, behind a compression too
constexpr std::size_t kHeadBytes = kSniffBytes + (std::size_t{16} << 10);
constexpr std::size_t kSmallFile = std::size_t{64} << 10;
constexpr std::uint64_t kMostKept = std::uint64_t{32} << 20;  // of one member, compressed
constexpr std::size_t kMostBegin = 128;                       // a record's type, node and stamp
constexpr std::size_t kMostMembers = 250'000;
constexpr std::size_t kMostNames = std::size_t{32} << 20;

/// Bytes that are at hand already.
class Bytes final : public ByteSource {
 public:
  explicit Bytes(std::string_view text) : rest_(text) {}
  std::size_t read(char* to, std::size_t size) override {
    const std::size_t part = std::min(size, rest_.size());
    std::copy_n(rest_.begin(), part, to);
    rest_.remove_prefix(part);
    return part;
  }
  [[nodiscard]] int error() const noexcept override { return 0; }

 private:
  std::string_view rest_;
};

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// Files that say what machine it was, and what starts things there.
bool is_of_image(std::string_view path) {
  constexpr std::array<std::string_view, 13> kFolders = {"etc/",
                                                         "spool/cron",
                                                         "spool/at",
                                                         "spool/anacron",
                                                         "spool/incron",
                                                         "jenkins/jobs/",
                                                         "systemd/",
                                                         ".ssh/",
                                                         "cron.d/",
                                                         "lib/udev/",
                                                         "NetworkManager/",
                                                         "sos_commands/host/",
                                                         "sos_commands/general/"};
  constexpr std::array<std::string_view, 4> kNames = {"hostname", "hostname.txt",
                                                      "client_info.json", "uploads.json"};
  return std::any_of(kFolders.begin(), kFolders.end(),
                     [&](std::string_view part) {
                       const auto at = path.find(part);
                       return at != std::string_view::npos && (at == 0 || path[at - 1] == '/');
                     }) ||
         std::find(kNames.begin(), kNames.end(), file_name(path)) != kNames.end();
}

/// A collector of Velociraptor's writes the bytes that a zip of Windows' would not take as %XX.
/// Source: velociraptor, utils/sanitize.go. What would part a path is left as it is.
std::string without_percent(std::string_view path) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_mark =
        path[i] == '%' && i + 2 < path.size() && digit(path[i + 1]) >= 0 && digit(path[i + 2]) >= 0;
    const int byte = is_mark ? digit(path[i + 1]) * 16 + digit(path[i + 2]) : 0;
    if (byte == 0 || byte == '/') {
      plain += path[i];
    } else {
      plain += static_cast<char>(byte);
      i += 2;
    }
  }
  return plain;
}

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{0};  // tells archives apart, shows in no output
  return ++last;
}

/// Walks the members of one archive.
class FirstPass {
 public:
  FirstPass(const LogFile& file, std::shared_ptr<Budget> budget, std::uint64_t most_unpacked,
            std::vector<Problem>& problems)
      : budget_(std::move(budget)), problems_(problems) {
    index_.file = file;
    index_.most_unpacked = most_unpacked;
    index_.number = next_number();
  }

  ArchiveIndex run();

 private:
  void take(ArchiveReader& reader, MemberHeader& header);
  void look_into(ArchiveReader& reader, Member& member);
  void read_on(ArchiveReader& reader, Member& member, bool keeps_log, KeptBytes& kept);
  [[nodiscard]] bool is_near(const ArchiveBytes& bytes, const Member& member) const;
  [[nodiscard]] std::shared_ptr<const ResumePoint> keep_point(
      std::shared_ptr<const ResumePoint> point);
  void note_replaced();
  void finish();
  void say(ProblemKind kind, const std::string& what) {
    problems_.push_back({kind, index_.file.name, what});
  }
  /// So many of a kind, the first by its name.
  struct LeftOut {
    std::uint64_t members = 0;
    std::string first;
    void note(std::string_view name) { first = members++ == 0 ? std::string(name) : first; }
    [[nodiscard]] std::string words() const {
      return members == 1 ? fmt::format("member {}", first)
                          : fmt::format("{} members, {} first,", members, first);
    }
  };

  std::shared_ptr<Budget> budget_;
  std::vector<Problem>& problems_;
  ArchiveIndex index_;
  std::size_t name_bytes_ = 0;
  std::shared_ptr<const ResumePoint> point_;  ///< the last that was kept
  std::vector<char> piece_ = std::vector<char>(kHeadBytes);
  /// Where logs begin, by the number of their member: whether one that another of its name takes
  /// the place of has only grown.
  std::map<std::uint64_t, std::string> begins_;
  LeftOut outside_;
  LeftOut encrypted_;
  LeftOut too_many_;
  LeftOut replaced_;
};

ArchiveIndex FirstPass::run() {
  auto bytes = std::make_unique<ArchiveBytes>(index_.file.tree, index_.file.path);
  bytes->keep_points();
  ArchiveReader reader(std::move(bytes), 0, index_.most_unpacked);
  MemberHeader header;
  while (reader.next(header)) {
    if (index_.seen++ == 0) {
      index_.stands_alone = reader.stands_alone();
    }
    take(reader, header);
  }
  reader.check_end();
  index_.opened = index_.seen > 0 || reader.problem().empty();
  if (!reader.problem().empty()) {
    say(ProblemKind::damaged,
        fmt::format(
            "{}{}", reader.problem(),
            index_.seen > 0 ? fmt::format("; {} members were read", index_.seen) : std::string()));
  }
  finish();
  return std::move(index_);
}

void FirstPass::take(ArchiveReader& reader, MemberHeader& header) {
  const auto path = normal_member_path(header.name);
  if (!path) {
    outside_.note(header.name);
    return;
  }
  if (path->empty() || header.kind == Tree::Kind::other) {
    return;
  }
  if (index_.members.size() >= kMostMembers || name_bytes_ > kMostNames) {
    too_many_.note(*path);
    return;
  }
  name_bytes_ += path->size() + header.link.size();
  Member member;
  member.path = *path;
  member.info = header.info;
  member.info.device = ~index_.number;
  member.info.inode = index_.seen;
  member.link = std::move(header.link);
  member.is_hard = header.is_hard;
  member.at = header.at;
  member.number = index_.seen;
  if (header.is_encrypted && header.kind == Tree::Kind::file) {
    encrypted_.note(*path);
  } else if (header.kind == Tree::Kind::file && !header.is_hard) {
    look_into(reader, member);
  }
  index_.members.push_back(std::move(member));
}

void FirstPass::look_into(ArchiveReader& reader, Member& member) {
  const std::string_view name = file_name(member.path);
  const bool is_named_log = is_log_name(name);
  const bool is_small = member.info.bytes <= kSmallFile && is_of_image(member.path);
  const bool is_flow = is_flow_name(name);
  std::size_t have = 0;
  const auto read_to = [&](std::size_t size) {
    while (have < size) {
      const std::size_t got = reader.read(piece_.data() + have, size - have);
      if (got == 0) {
        break;
      }
      have += got;
    }
  };
  read_to(kFirstBytes);
  if (!is_named_log && !is_small && !is_flow && !may_be_one({piece_.data(), have})) {
    return;
  }
  read_to(kHeadBytes);
  const std::string_view head(piece_.data(), have);
  member.looks = looks_of(name, Source(std::make_unique<Bytes>(head)));
  if (member.looks == Looks::log) {
    begins_[member.number] = head.substr(0, kMostBegin);
  }
  const bool is_wanted = is_flow || member.looks == Looks::log || member.looks == Looks::archive;
  if (!is_wanted && !is_small) {
    return;
  }
  if (index_.stands_alone) {
    member.point = keep_point(reader.bytes().point_before(member.at));
  }
  const bool keeps_log = !is_near(reader.bytes(), member);
  const auto kept = std::make_shared<KeptBytes>(budget_, kMostKept);
  if (have < kHeadBytes || keeps_log || is_small) {
    static_cast<void>(kept->keep_head(head));
  }
  member.info.bytes = have;
  read_on(reader, member, keeps_log, *kept);
  member.trouble = reader.trouble();
  kept->finish();
  if (kept->has_head()) {
    member.kept = kept;
  }
}

/// Is it had again at little cost? A log of a plain tar on a disk is a seek away, and one of a
/// tar.gz not much further. Where no way back is kept, the bytes are.
bool FirstPass::is_near(const ArchiveBytes& bytes, const Member& member) const {
  constexpr std::uint64_t kNear = std::uint64_t{4} << 20;  // from the beginning
  return index_.stands_alone && (bytes.is_at_hand() || member.point != nullptr ||
                                 (bytes.keeps_points() && member.at <= kNear));
}

/// \return null where there is no room.
std::shared_ptr<const ResumePoint> FirstPass::keep_point(std::shared_ptr<const ResumePoint> point) {
  constexpr std::size_t kBytes = std::size_t{96} << 10;  // the state of ISA-L or zlib, and some
  if (point == nullptr || (point_ != nullptr && point_->place == point->place)) {
    return point == nullptr ? nullptr : point_;
  }
  if (!budget_->take(kBytes)) {
    return nullptr;
  }
  const ResumePoint* const bare = point.get();
  point_ = {bare, [point = std::move(point), budget = budget_](const ResumePoint* /*bare*/) {
              budget->give(kBytes);
            }};
  return point_;
}

void FirstPass::read_on(ArchiveReader& reader, Member& member, bool keeps_log, KeptBytes& kept) {
  bool keeps = keeps_log;
  while (const std::size_t got = reader.read(piece_.data(), piece_.size())) {
    member.info.bytes += got;
    if (!keeps_log) {
      kept.keep_no_more();
    }
    keeps = keeps && kept.keep({piece_.data(), got});
  }
}

/// Of archives of two hosts that were put one behind the other the names are often the same.
void FirstPass::note_replaced() {
  const std::vector<Member>& members = index_.members;
  for (std::size_t i = 1; i < members.size(); ++i) {
    const Member& before = members[i - 1];
    const Member& after = members[i];
    const auto first = begins_.find(before.number);
    if (before.path != after.path || first == begins_.end()) {
      continue;
    }
    const auto then = begins_.find(after.number);
    if (then == begins_.end() || !then->second.starts_with(first->second) ||
        after.info.bytes < before.info.bytes) {
      replaced_.note(before.path);
    }
  }
  if (replaced_.members > 0) {
    say(ProblemKind::unreadable,
        fmt::format("{} had another log of that name behind it: the last one was read",
                    replaced_.words()));
  }
}

void FirstPass::finish() {
  if (outside_.members > 0) {
    say(ProblemKind::unreadable,
        fmt::format("{} leads out of it by `..`; left out", outside_.words()));
  }
  if (encrypted_.members > 0) {
    say(ProblemKind::unreadable,
        fmt::format("{} encrypted; decrypt the archive first, the rest was read",
                    encrypted_.words()));
  }
  if (too_many_.members > 0) {
    say(ProblemKind::unreadable,
        fmt::format("more than {} members, or {} bytes of their names: {} left out", kMostMembers,
                    kMostNames, too_many_.words()));
  }
  std::vector<Member>& members = index_.members;
  const bool is_velociraptor =
      std::any_of(members.begin(), members.end(), [](const Member& member) {
        return member.path == "client_info.json" || member.path == "uploads.json";
      });
  if (is_velociraptor) {
    for (Member& member : members) {
      if (member.path.starts_with("uploads/")) {
        member.path = normal_member_path(without_percent(member.path)).value_or(member.path);
      }
    }
  }
  // Of one name twice the later one is what unpacking would leave.
  std::stable_sort(members.begin(), members.end(),
                   [](const Member& a, const Member& b) { return a.path < b.path; });
  note_replaced();
  const auto last_of_each =
      std::unique(members.rbegin(), members.rend(),
                  [](const Member& a, const Member& b) { return a.path == b.path; });
  members.erase(members.begin(), last_of_each.base());
}

}  // namespace

const Member* ArchiveIndex::find(std::string_view path) const {
  const auto at = std::lower_bound(members.begin(), members.end(), path,
                                   [](const Member& a, std::string_view b) { return a.path < b; });
  return at != members.end() && at->path == path ? &*at : nullptr;
}

std::optional<std::string> normal_member_path(std::string_view name) {
  std::string path;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    if (part == "..") {
      return std::nullopt;
    }
    if (!part.empty() && part != ".") {
      path.append(path.empty() ? "" : "/").append(part);
    }
  }
  return path;
}

ArchiveIndex index_archive(const LogFile& file, std::shared_ptr<Budget> budget,
                           std::uint64_t most_unpacked, std::vector<Problem>& problems) {
  return FirstPass(file, std::move(budget), most_unpacked, problems).run();
}

std::uint64_t most_unpacked(std::uint64_t bytes) {
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 30;
  constexpr std::uint64_t kTimes = 250;  // `xz -9` of a log that repeats itself: 100 and less
  return bytes > UINT64_MAX / kTimes ? UINT64_MAX : std::max(kLeast, bytes * kTimes);
}

std::shared_ptr<Budget> archive_budget() {
  constexpr std::uint64_t kBytes = std::uint64_t{80} << 20;
  return std::make_shared<Budget>(kBytes);
}

Archive open_archive(const LogFile& file, std::shared_ptr<Budget> budget,
                     std::uint64_t most_unpacked) {
  Archive archive;
  ArchiveIndex index = index_archive(file, std::move(budget), most_unpacked, archive.problems);
  archive.members = index.seen;
  if (index.opened) {
    archive.tree = make_archive_tree(std::move(index));
  }
  return archive;
}

}  // namespace auexfil::input
