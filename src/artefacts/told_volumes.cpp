#include "auexfil/artefacts/told_volumes.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "lines.hpp"
#include "reader.hpp"
#include "tool_logs.hpp"
#include "weigh.hpp"
#include "zone.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::int64_t kSlack = 2;  // seconds between what the kernel and a tool see
constexpr std::int64_t kLongest =
    std::int64_t{24} * 60 * 60;  // that a transfer goes on behind its last event
constexpr std::array<std::string_view, 3> kSyslogs = {"/var/log/syslog", "/var/log/daemon.log",
                                                      "/var/log/messages"};

artefacts::Bounds bounds_of_logs() {
  artefacts::Bounds bounds;
  bounds.file_bytes = std::size_t{16} << 20U;
  return bounds;
}

/// --log-file=FILE, --log-file FILE
std::string log_file_of(const std::vector<std::string>& argv) {
  constexpr std::string_view kOption = "--log-file";
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string_view word = argv[i];
    if (word == kOption && i + 1 < argv.size()) {
      return argv[i + 1];
    }
    if (word.starts_with(kOption) && word.substr(kOption.size()).starts_with('=')) {
      return std::string(word.substr(kOption.size() + 1));
    }
  }
  return {};
}

}  // namespace

struct ToldVolumes::State {
  struct Found {
    std::int64_t time{};
    ToldVolume volume;
  };

  State(const input::Tree& tree, const std::string& name)
      : image(tree),
        bounds(bounds_of_logs()),
        reader(tree, bounds, scratch),
        zone(Zone::of(name)) {}

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

  /// Of a line without a year, the first time behind `from`.
  [[nodiscard]] std::optional<std::int64_t> time_of(const LogTime& time, std::int64_t from) const {
    if (time.utc) {
      return time.utc;
    }
    if (!time.local || !zone) {
      return std::nullopt;
    }
    if (time.has_year) {
      return zone->to_utc(*time.local);
    }
    const date::year_month_day day(date::floor<date::days>(*time.local));
    const auto clock = *time.local - date::floor<date::days>(*time.local);
    const int year = int(
        date::year_month_day(date::floor<date::days>(date::sys_seconds(std::chrono::seconds(from))))
            .year());
    for (const int one : {year - 1, year, year + 1}) {
      const date::year_month_day there = date::year(one) / day.month() / day.day();
      if (there.ok() && zone->to_utc(date::local_days(there) + clock) >= from) {
        return zone->to_utc(date::local_days(there) + clock);
      }
    }
    return std::nullopt;
  }

  template <typename IsIt>
  void find(const std::string& path, const std::vector<SentLine>& lines, const KnownTransfer& told,
            const char* what, const IsIt& is_it, std::vector<Found>& found) const {
    for (const SentLine& line : lines) {
      const auto time = is_it(line) ? time_of(line.time, told.start - kSlack) : std::nullopt;
      if (time && *time >= told.start - kSlack && *time <= told.end + kLongest) {
        found.push_back({*time, {path, line.line, line.bytes, what}});
      }
    }
  }

  void add_rsync(const KnownTransfer& told, std::vector<ToldVolume>& all) {
    std::string path = log_file_of(told.argv);
    if (path.empty()) {
      return;
    }
    path = path.starts_with('/') ? path : told.cwd + "/" + path;
    std::vector<Found> found;
    find(
        path, log(path, parse_rsync_log), told, "rsync's own log",
        [&](const SentLine& line) { return line.pid == told.pid; }, found);
    if (found.size() == 1) {
      all.push_back(std::move(found.front().volume));
    }
  }

  /// Its lines tell no pid: the files of an hour, each once.
  void add_lftp(const KnownTransfer& told, std::vector<ToldVolume>& all) {
    constexpr std::int64_t kHour = std::int64_t{60} * 60;
    if (!told.home.starts_with('/')) {
      return;
    }
    for (const char* const place : {"/.local/share/lftp/transfer_log", "/.lftp/transfer_log"}) {
      const std::string path = told.home + place;
      std::set<std::string> sources;
      ToldVolume sum{path, 0, 0, "lftp's own log"};
      for (const SentLine& line : log(path, parse_lftp_log)) {
        const auto time = time_of(line.time, told.start);
        const bool is_to =
            std::find(told.hosts.begin(), told.hosts.end(), line.host) != told.hosts.end();
        if (!is_to || !time || *time < told.start - kSlack || *time > told.end + kHour) {
          continue;
        }
        if (!sources.insert(line.source).second) {
          return;  // of another run as well
        }
        sum.line = sum.line == 0 ? line.line : sum.line;
        sum.bytes = add_bytes(sum.bytes, line.bytes);
      }
      if (sum.line != 0) {
        all.push_back(std::move(sum));
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
          [&](const SentLine& line) { return line.unit == told.unit; }, found);
    }
    const auto first = std::min_element(
        found.begin(), found.end(), [](const Found& a, const Found& b) { return a.time < b.time; });
    if (first != found.end() && take_run(told.unit, first->time)) {
      all.push_back(std::move(first->volume));
    }
  }

  const input::Tree& image;
  artefacts::Bounds bounds;
  Inventory scratch;
  Reader reader;
  std::optional<Zone> zone;
  std::map<std::string, std::vector<SentLine>> logs;
  std::vector<std::pair<std::string, std::vector<SentLine>>> syslogs;
  bool has_syslogs = false;
  std::set<std::pair<std::string, std::int64_t>> taken;  ///< units' runs, by their end
};

ToldVolumes::ToldVolumes(const input::Tree& image, const std::string& zone)
    : state_(std::make_unique<State>(image, zone)) {}
ToldVolumes::~ToldVolumes() = default;
ToldVolumes::ToldVolumes(ToldVolumes&&) noexcept = default;
ToldVolumes& ToldVolumes::operator=(ToldVolumes&&) noexcept = default;

std::vector<ToldVolume> ToldVolumes::of(const KnownTransfer& told) {
  std::vector<ToldVolume> all;
  const std::string_view tool =
      told.argv.empty() ? std::string_view() : base_name(told.argv.front());
  if (tool == "rsync") {
    state_->add_rsync(told, all);
  } else if (tool == "lftp") {
    state_->add_lftp(told, all);
  }
  if (!told.unit.empty()) {
    state_->add_unit(told, all);
  }
  return all;
}

}  // namespace auexfil::artefacts
