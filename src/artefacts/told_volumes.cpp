#include "auexfil/artefacts/told_volumes.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "lines.hpp"
#include "log_text.hpp"
#include "reader.hpp"
#include "tool_logs.hpp"
#include "weigh.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::int64_t kSlack = 2;  // seconds between what the kernel and a tool see
constexpr std::int64_t kLongest =
    std::int64_t{24} * 60 * 60;  // that a transfer goes on behind its last event
constexpr std::int64_t kHour = std::int64_t{60} * 60;
constexpr std::size_t kMostRuns = 65536;
constexpr std::array<std::string_view, 3> kSyslogs = {"/var/log/syslog", "/var/log/daemon.log",
                                                      "/var/log/messages"};

artefacts::Bounds bounds_of_logs() {
  artefacts::Bounds bounds;
  bounds.file_bytes = std::size_t{16} << 20U;
  return bounds;
}

/// \param option  as in "--log-file=FILE", "--log-file FILE".
std::string value_of(const std::vector<std::string>& argv, std::string_view option) {
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string_view word = argv[i];
    if (word == option && i + 1 < argv.size()) {
      return argv[i + 1];
    }
    if (word.starts_with(option) && word.substr(option.size()).starts_with('=')) {
      return std::string(word.substr(option.size() + 1));
    }
  }
  return {};
}

/// As the run saw it; empty: it keeps none.
std::string log_file_of(const KnownTransfer& told) {
  const std::string path = value_of(told.argv, "--log-file");
  return path.empty() || path.starts_with('/') ? path : told.cwd + "/" + path;
}

std::string_view tool_of(const KnownTransfer& told) {
  return told.argv.empty() ? std::string_view() : base_name(told.argv.front());
}

}  // namespace

struct ToldVolumes::State {
  struct Found {
    std::int64_t time{};
    ToldVolume volume;
    std::string unit;  ///< that the line is of
  };

  /// A transfer that may be meant by the same lines as another.
  struct Expected {
    std::uint32_t pid{};
    std::int64_t start{};
    std::int64_t end{};
    std::vector<std::string> argv;   ///< where a template ran it
    std::vector<std::string> hosts;  ///< of lftp's
  };

  State(const input::Tree& tree, const std::string& name)
      : image(tree), bounds(bounds_of_logs()), reader(tree, bounds, scratch), clock(name) {}

  template <typename Parse>
  const std::vector<SentLine>& log(const std::string& path, const Parse& parse) {
    constexpr std::size_t kMostLogs = 64;
    if (logs.size() >= kMostLogs) {
      logs.clear();
    }
    const auto [at, is_new] = logs.try_emplace(path);
    if (is_new) {
      at->second = parse(reader.text(path).value_or(std::string()));
    }
    return at->second;
  }

  void read_syslogs() {
    if (has_syslogs) {
      return;
    }
    has_syslogs = true;
    for (const std::string_view path : kSyslogs) {
      for (const char* const suffix : {"", ".1"}) {
        const std::string name = std::string(path) + suffix;
        auto lines = parse_unit_traffic(reader.text(name).value_or(std::string()));
        if (!lines.empty()) {
          syslogs.emplace_back(name, std::move(lines));
        }
      }
    }
    read_journals();
  }

  void read_journals() {
    const std::shared_ptr<const input::Tree> lent(std::shared_ptr<void>(), &image);
    for (const input::LogFile& file : input::find_system_logs({lent, "/", true})) {
      if (file.path.find("journal") == std::string::npos) {
        continue;  // read above
      }
      std::vector<SentLine> lines;
      static_cast<void>(input::read_system_log(file, [&](const input::SystemLine& line) {
        auto sent = lines.size() < kMostLines ? unit_traffic(line) : std::nullopt;
        if (sent) {
          lines.push_back(std::move(*sent));
        }
      }));
      if (!lines.empty()) {
        syslogs.emplace_back(file.path, std::move(lines));
      }
    }
  }

  /// A run's end, as two logs may have it a second apart.
  bool take_run(const std::string& unit, std::int64_t end) {
    const auto near = taken.lower_bound({unit, end - kSlack});
    if (near != taken.end() && near->first == unit && near->second <= end + kSlack) {
      return false;
    }
    taken.emplace(unit, end);
    return true;
  }

  template <typename IsIt>
  void find(const std::string& path, const std::vector<SentLine>& lines, const KnownTransfer& told,
            const char* what, const IsIt& is_it, std::vector<Found>& found) const {
    for (const SentLine& line : lines) {
      const auto time = is_it(line) ? clock.time_of(line.time, told.start - kSlack) : std::nullopt;
      if (time && *time >= told.start - kSlack && *time <= told.end + kLongest) {
        found.push_back({*time, {path, line.line, line.bytes, what}, line.unit});
      }
    }
  }

  void add_rsync(const KnownTransfer& told, std::vector<ToldVolume>& all) {
    const std::string path = log_file_of(told);
    if (path.empty()) {
      return;
    }
    std::vector<Found> found;
    find(
        path, log(path, parse_rsync_log), told, "rsync's own log",
        [&](const SentLine& line) { return line.pid == told.pid; }, found);
    if (!found.empty()) {
      all.push_back(std::move(found.front().volume));
    }
    if (found.size() > 1) {
      make_unclear(all.back());
    }
  }

  static void make_unclear(ToldVolume& volume) {
    volume.is_unclear = true;
    volume.bytes = 0;
  }

  /// Its lines tell no pid, but how long their run has been going on: the sums of a run grow.
  void add_rclone(const KnownTransfer& told, std::vector<ToldVolume>& all) {
    constexpr std::int64_t kStarting = 5;  // seconds until it counts them
    const std::string path = log_file_of(told);
    const bool is_dry = std::any_of(told.argv.begin(), told.argv.end(), [](const auto& word) {
      return word == "--dry-run" || word == "-n";
    });
    if (path.empty() || is_dry) {
      return;
    }
    ToldVolume most{path, 0, 0, "rclone's own log"};
    for (const SentLine& line : log(path, parse_rclone_log)) {
      const auto time = clock.time_of(line.time, told.start);
      const std::int64_t began = time.value_or(0) - line.took;
      if (time && began >= told.start - kSlack && began <= told.start + kStarting &&
          (most.line == 0 || line.bytes >= most.bytes)) {
        most.line = line.line;
        most.bytes = line.bytes;
      }
    }
    if (most.line == 0) {
      return;
    }
    const auto rivals =
        std::distance(expected.lower_bound({path, told.start - kSlack - kStarting}),
                      expected.upper_bound({path, told.start + kSlack + kStarting}));
    all.push_back(std::move(most));
    if (rivals > 1 || expected.size() >= kMostRuns) {
      make_unclear(all.back());
    }
  }

  enum class Owner : std::uint8_t { it, another, unclear };

  /// Whose a line of lftp's log is: of the runs that had begun the one that was under way, else the
  /// one that began last.
  [[nodiscard]] Owner owner_of(const SentLine& line, std::int64_t time,
                               const KnownTransfer& told) const {
    const std::string key = lftp_key(told.home);
    const bool is_under_way = time <= told.end + kSlack;
    bool is_another_under_way = false;
    std::optional<std::int64_t> last;
    const auto end = expected.upper_bound({key, time + kSlack});
    for (auto at = expected.lower_bound({key, time - kLongest}); at != end; ++at) {
      const Expected& other = at->second;
      const bool is_same = other.pid == told.pid && other.start <= told.start + kSlack;
      if (!is_same && is_one_of(other.hosts, line.host) && time <= other.end + kHour) {
        is_another_under_way = is_another_under_way || time <= other.end + kSlack;
        last = std::max(last.value_or(other.start), other.start);
      }
    }
    if (expected.size() >= kMostRuns || (is_under_way && is_another_under_way)) {
      return Owner::unclear;
    }
    if (is_under_way || is_another_under_way || !last) {
      return is_another_under_way ? Owner::another : Owner::it;
    }
    return *last > told.start + kSlack   ? Owner::another
           : *last < told.start - kSlack ? Owner::it
                                         : Owner::unclear;
  }

  static std::string lftp_key(const std::string& home) { return home + "\n"; }

  static bool is_one_of(const std::vector<std::string>& hosts, const std::string& host) {
    return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
  }

  /// Its lines tell no pid: the files of an hour, each once.
  void add_lftp(const KnownTransfer& told, std::vector<ToldVolume>& all) {
    if (!told.home.starts_with('/')) {
      return;
    }
    for (const char* const place : {"/.local/share/lftp/transfer_log", "/.lftp/transfer_log"}) {
      const std::string path = told.home + place;
      std::set<std::string> sources;
      ToldVolume sum{path, 0, 0, "lftp's own log", false, 0};
      ToldVolume others = sum;
      for (const SentLine& line : log(path, parse_lftp_log)) {
        const auto time = clock.time_of(line.time, told.start);
        if (!is_one_of(told.hosts, line.host) || !time || *time < told.start - kSlack ||
            *time > told.end + kHour) {
          continue;
        }
        const Owner owner = owner_of(line, *time, told);
        if (owner != Owner::it) {
          others.line = others.line == 0 && owner == Owner::unclear ? line.line : others.line;
          continue;
        }
        if (!sources.insert(line.source).second) {
          make_unclear(sum);  // of another run as well
          break;
        }
        sum.line = sum.line == 0 ? line.line : sum.line;
        sum.bytes = add_bytes(sum.bytes, line.bytes);
        ++sum.lines;
      }
      make_unclear(others);
      const bool is_found = sum.line != 0 || others.line != 0;
      for (ToldVolume* const one : {&sum, &others}) {
        if (one->line != 0) {
          all.push_back(std::move(*one));
        }
      }
      if (is_found) {
        return;
      }
    }
  }

  /// The first behind its start is of this run; a line may stand in several logs, and is one
  /// transfer's alone.
  void add_unit(const KnownTransfer& told, std::vector<ToldVolume>& all) {
    read_syslogs();
    std::vector<Found> found;
    for (const auto& [name, lines] : syslogs) {
      find(
          name, lines, told, "systemd, of all that its unit sent,",
          [&](const SentLine& line) {
            return line.unit == told.unit || template_of(line.unit) == told.unit;
          },
          found);
    }
    const auto first = std::min_element(
        found.begin(), found.end(), [](const Found& a, const Found& b) { return a.time < b.time; });
    if (first == found.end()) {
      return;
    }
    const Found* const its = instance_of(told.argv, found, *first);
    if (its == nullptr || is_shared(told, found, *its)) {
      all.push_back(its == nullptr ? first->volume : its->volume);
      make_unclear(all.back());
    } else if (take_run(its->unit, its->time)) {
      all.push_back(its->volume);
    }
  }

  /// Did its unit's run have another transfer? The sum is of all that the unit sent: no part of it
  /// is any one's. They are asked for in the order in which they began.
  bool is_shared(const KnownTransfer& told, const std::vector<Found>& found, const Found& its) {
    const auto near = shared.lower_bound({its.unit, its.time - kSlack});
    if (near != shared.end() && near->first == its.unit && near->second <= its.time + kSlack) {
      return true;
    }
    const auto first = expected.lower_bound({told.unit, told.start - kSlack});
    const auto last = expected.upper_bound({told.unit, its.time});
    const bool is_one =
        expected.size() >= kMostRuns || std::any_of(first, last, [&](const auto& o) {
          const Expected& other = o.second;
          const bool is_same = other.pid == told.pid && other.start <= told.start + kSlack;
          const Found* const others =
              is_same ? nullptr : instance_of(other.argv, found, found.front());
          return !is_same && (others == nullptr || others->unit == its.unit);
        });
    if (is_one) {
      shared.emplace(its.unit, its.time);
    }
    return is_one;
  }

  /// Of a template all instances may be meant that ended then: the one whose name the command has,
  /// else nobody knows which.
  static const Found* instance_of(const std::vector<std::string>& argv,
                                  const std::vector<Found>& found, const Found& first) {
    const auto is_firsts = [&](const Found& one) { return one.unit == first.unit; };
    if (std::all_of(found.begin(), found.end(), is_firsts)) {
      return &first;
    }
    const Found* its = nullptr;
    for (const Found& one : found) {
      if (!names_instance(argv, one.unit)) {
        continue;
      }
      if (its != nullptr && its->unit != one.unit) {
        return nullptr;
      }
      its = its == nullptr || one.time < its->time ? &one : its;
    }
    return its;
  }

  static bool names_instance(const std::vector<std::string>& argv, std::string_view unit) {
    const std::size_t at = unit.find('@');
    const std::size_t begin = at == std::string_view::npos ? unit.size() : at + 1;
    const std::string_view name = unit.substr(begin, unit.rfind('.') - begin);
    return std::any_of(argv.begin(), argv.end(),
                       [&](const std::string& word) { return has_whole(word, name); });
  }

  /// "a" stands in "/srv/a/", not in "/srv/data".
  static bool has_whole(std::string_view text, std::string_view name) {
    const auto is_end = [&](std::size_t at) {
      return at >= text.size() || std::isalnum(static_cast<unsigned char>(text[at])) == 0;
    };
    for (std::size_t at = text.find(name); !name.empty() && at != std::string_view::npos;
         at = text.find(name, at + 1)) {
      if ((at == 0 || is_end(at - 1)) && is_end(at + name.size())) {
        return true;
      }
    }
    return false;
  }

  const input::Tree& image;
  artefacts::Bounds bounds;
  Inventory scratch;
  Reader reader;
  LogClock clock;
  std::map<std::string, std::vector<SentLine>> logs;
  std::vector<std::pair<std::string, std::vector<SentLine>>> syslogs;
  bool has_syslogs = false;
  std::set<std::pair<std::string, std::int64_t>> taken;   ///< units' runs, by their end
  std::set<std::pair<std::string, std::int64_t>> shared;  ///< those of several transfers
  /// By the log or the unit that tells of them, and their start.
  std::multimap<std::pair<std::string, std::int64_t>, Expected> expected;
};

ToldVolumes::ToldVolumes(const input::Tree& image, const std::string& zone)
    : state_(std::make_unique<State>(image, zone)) {}
ToldVolumes::~ToldVolumes() = default;
ToldVolumes::ToldVolumes(ToldVolumes&&) noexcept = default;
ToldVolumes& ToldVolumes::operator=(ToldVolumes&&) noexcept = default;

void ToldVolumes::expect(const KnownTransfer& told) {
  using List = std::vector<std::string>;
  const auto add = [&](const std::string& key, List argv, List hosts) {
    if (!key.empty() && state_->expected.size() < kMostRuns) {
      state_->expected.emplace(
          std::pair(key, told.start),
          State::Expected{told.pid, told.start, told.end, std::move(argv), std::move(hosts)});
    }
  };
  if (tool_of(told) == "rclone") {
    add(log_file_of(told), {}, {});
  } else if (tool_of(told) == "lftp") {
    add(State::lftp_key(told.home), {}, told.hosts);
  }
  add(told.unit, told.unit.find("@.") == std::string::npos ? List() : told.argv, {});
}

std::vector<ToldVolume> ToldVolumes::of(const KnownTransfer& told) {
  std::vector<ToldVolume> all;
  const std::string_view tool = tool_of(told);
  if (tool == "rsync") {
    state_->add_rsync(told, all);
  } else if (tool == "rclone") {
    state_->add_rclone(told, all);
  } else if (tool == "lftp") {
    state_->add_lftp(told, all);
  }
  if (!told.unit.empty()) {
    state_->add_unit(told, all);
  }
  return all;
}

}  // namespace auexfil::artefacts
