#include "auexfil/artefacts/served_volumes.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "auexfil/input/system_log.hpp"
#include "lines.hpp"
#include "log_text.hpp"
#include "reader.hpp"
#include "server_logs.hpp"
#include "weigh.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostLines = 100000;  // of one log
constexpr std::size_t kMostConnections = 65536;
constexpr std::size_t kMostBack = 256;  // connections that are looked at for one line
constexpr std::size_t kMostFiles = 64;  // of one log, its rotations
constexpr std::int64_t kSlack = 2;      // seconds between what the kernel and a server see
constexpr std::int64_t kLongest = std::int64_t{24} * 60 * 60;  // that a connection stays

/// "auth.log.1", "auth.log.2.gz", "secure-20261201": of which log it is a rotation.
std::string_view without_rotation(std::string_view name) {
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    if ((name[i] == '.' || name[i] == '-') && name[i + 1] >= '0' && name[i + 1] <= '9') {
      return name.substr(0, i);
    }
  }
  return name;
}

/// The oldest first: by falling numbers, by rising dates, what is not rotated last.
std::int64_t age_rank(std::string_view name) {
  constexpr std::int64_t kLeastDate = 1000000;
  std::string_view rest = name.substr(without_rotation(name).size());
  std::int64_t number = 0;
  if (rest.empty() || (rest.remove_prefix(1), !take_number(rest, number))) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return number < kLeastDate ? -number : number;
}

void sort_by_age(std::vector<input::LogFile>& files) {
  std::stable_sort(files.begin(), files.end(),
                   [](const input::LogFile& a, const input::LogFile& b) {
                     return age_rank(base_name(a.path)) < age_rank(base_name(b.path));
                   });
}

/// A line of a log, of one peer.
struct Line {
  LogTime time;
  std::uint64_t bytes{};
  std::uint32_t file{};  ///< of the log's files
  std::uint32_t line{};
  std::optional<std::uint16_t> port;
};

/// A log with its rotations.
struct Log {
  std::string what;
  std::vector<std::string> files;
  std::map<audit::IpAddress, std::vector<Line>> by_peer;
  std::size_t lines{};
  bool is_cut{};

  void add(const ServedLine& line) {
    if (line.bytes == 0) {
      return;  // what sftp-server took in, or an empty file
    }
    if (lines >= kMostLines) {
      is_cut = true;
      return;
    }
    ++lines;
    by_peer[line.peer].push_back({line.time, line.bytes,
                                  static_cast<std::uint32_t>(files.size() - 1), line.line,
                                  line.port});
  }
};

}  // namespace

struct ServedVolumes::State {
  using Peer = std::pair<ServerKind, audit::IpAddress>;
  using Runs = std::map<ServerRun, std::vector<ServedVolume>>;

  State(const input::Tree& tree, const std::string& zone)
      : image(tree), reader(tree, bounds, scratch), clock(zone) {}

  /// The value of a setting in a file of "KEY VALUE" or "KEY=VALUE" lines.
  std::string setting(const char* path, std::string_view key) {
    std::string value;
    each_line(reader.text(path).value_or(std::string()), [&](std::string_view line, std::uint32_t) {
      line = trimmed(line);
      if (take(line, key) && (line.starts_with('=') || line.starts_with(' '))) {
        value = trimmed(line.substr(1));
      }
    });
    return value;
  }

  std::set<std::string> ftp_logs() {
    std::set<std::string> paths = {"/var/log/xferlog", "/var/log/vsftpd.log",
                                   "/var/log/proftpd/xferlog"};
    for (const char* const conf : {"/etc/vsftpd.conf", "/etc/vsftpd/vsftpd.conf"}) {
      paths.insert(setting(conf, "xferlog_file"));
      paths.insert(setting(conf, "vsftpd_log_file"));
    }
    for (const char* const conf : {"/etc/proftpd/proftpd.conf", "/etc/proftpd.conf"}) {
      paths.insert(setting(conf, "TransferLog"));
    }
    std::erase_if(paths, [](const std::string& path) { return !path.starts_with('/'); });
    return paths;
  }

  /// \return is there more than is looked at?
  bool find_rotations(const std::string& path, std::vector<input::LogFile>& files) {
    const std::shared_ptr<const input::Tree> lent(std::shared_ptr<void>(), &image);
    const std::string folder = path.substr(0, path.rfind('/'));
    const std::string_view name = base_name(path);
    for (const std::string& one :
         reader.names(folder.empty() ? "/" : folder).value_or(std::vector<std::string>())) {
      input::Tree::Info info;
      if ((one != name && without_rotation(one) != name) ||
          image.stat(folder + "/" + one, info) != 0 || info.kind != input::Tree::Kind::file) {
        continue;
      }
      if (files.size() >= kMostFiles) {
        return true;
      }
      files.push_back({folder + "/" + one, folder + "/" + one, info.bytes, lent, 0});
    }
    sort_by_age(files);
    return false;
  }

  void read_ftp_logs() {
    for (const std::string& path : ftp_logs()) {
      Log log;
      log.what = "the ftp server's own log";
      std::vector<input::LogFile> files;
      log.is_cut = find_rotations(path, files);
      for (const input::LogFile& file : files) {
        log.files.push_back(file.path);
        const input::SystemLogEnd end =
            input::read_text_log(file, [&](std::string_view text, std::uint64_t number) {
              if (auto line = parse_ftp_line(text)) {
                line->line = static_cast<std::uint32_t>(number);
                log.add(*line);
              }
            });
        log.is_cut = log.is_cut || !end.fault.empty();
      }
      keep(ServerKind::ftp, std::move(log));
    }
  }

  void read_system_logs() {
    const std::shared_ptr<const input::Tree> lent(std::shared_ptr<void>(), &image);
    std::map<std::string, std::vector<input::LogFile>> sets;
    for (input::LogFile& file : input::find_system_logs({lent, "/", true})) {
      const std::size_t folder = file.path.rfind('/') + 1;
      std::string name = file.path.substr(0, folder);
      name += file.path.find("journal") == std::string::npos
                  ? without_rotation(base_name(file.path))
                  : std::string_view("journal");
      sets[name].push_back(std::move(file));
    }
    for (auto& [name, files] : sets) {
      sort_by_age(files);
      read_system_log(files);
    }
  }

  void read_system_log(const std::vector<input::LogFile>& files) {
    std::array<Log, 3> logs;  // by ServerLines::By
    logs[0].what = "sftp-server's own log";
    logs[1].what = "sshd's own log";
    logs[2].what = "the ftp server's own log";
    ServerLines lines;
    for (const input::LogFile& file : files) {
      for (Log& log : logs) {
        log.files.push_back(file.path);
      }
      const input::SystemLogEnd end =
          input::read_system_log(file, [&](const input::SystemLine& line) {
            if (const auto told = lines.read(line)) {
              logs[static_cast<std::size_t>(told->by)].add(told->line);
            }
          });
      for (Log& log : logs) {
        log.is_cut = log.is_cut || !end.fault.empty() || lines.forgotten() > 0;
      }
    }
    keep(ServerKind::ssh, std::move(logs[0]));
    keep(ServerKind::ssh, std::move(logs[1]));
    keep(ServerKind::ftp, std::move(logs[2]));
  }

  void keep(ServerKind kind, Log log) {
    if (!log.by_peer.empty()) {
      all[kind].push_back(std::move(log));
    }
  }

  void read_all() {
    if (std::exchange(is_read, true)) {
      return;
    }
    read_ftp_logs();
    read_system_logs();
    for (auto& [peer, list] : connections) {
      std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
        return std::tie(a.first, a.port, a.run) < std::tie(b.first, b.port, b.run);
      });
    }
  }

  /// Whose a line is: the last connection by then comes first, then one of each other run whose
  /// line it may be as well.
  static std::vector<const ServedConnection*> owners_of(const std::vector<ServedConnection>& list,
                                                        const Line& line, std::int64_t time) {
    constexpr std::size_t kMostOwners = 8;
    auto at = std::upper_bound(list.begin(), list.end(), time + kSlack,
                               [](std::int64_t when, const auto& one) { return when < one.first; });
    std::vector<const ServedConnection*> owners;
    for (std::size_t back = 0; at != list.begin() && back < kMostBack; ++back) {
      const ServedConnection& one = *--at;
      if (line.port && one.port != *line.port) {
        continue;
      }
      if (owners.empty() && time - one.first > kLongest) {
        break;
      }
      const bool is_meant = owners.empty() || one.first + kSlack >= owners.front()->first ||
                            (!line.port && one.last + kSlack >= time);
      const bool is_new = std::none_of(owners.begin(), owners.end(),
                                       [&](const auto* owner) { return owner->run == one.run; });
      if (is_meant && is_new && owners.size() < kMostOwners) {
        owners.push_back(&one);
      }
    }
    return owners;
  }

  using Sums = std::map<ServerRun, ServedVolume>;

  static ServedVolume& sum_of(const Log& log, const Line& line, const ServerRun& run, Sums& sums) {
    ServedVolume& sum = sums[run];
    if (sum.line == 0) {
      sum.path = log.files[line.file];
      sum.line = line.line;
      sum.what = log.what;
      sum.is_cut = log.is_cut;
    }
    return sum;
  }

  void add_line(const Log& log, const Line& line,
                const std::vector<const ServedConnection*>& owners, Sums& sums) const {
    if (owners.size() == 1 && !is_full) {
      ServedVolume& sum = sum_of(log, line, owners.front()->run, sums);
      ++sum.lines;
      sum.bytes = add_bytes(sum.bytes, line.bytes);
      std::uint64_t& of_port = sum.by_port[owners.front()->port];
      of_port = add_bytes(of_port, line.bytes);
      return;
    }
    for (const ServedConnection* const owner : owners) {
      ++sum_of(log, line, owner->run, sums).unclear;
    }
  }

  /// What each log says of each run that a peer came to.
  const Runs& runs_of(ServerKind kind, const audit::IpAddress& peer) {
    const auto [at, is_new] = assigned.try_emplace(Peer{kind, peer});
    const auto list = connections.find({kind, peer});
    if (!is_new || list == connections.end()) {
      return at->second;
    }
    for (const Log& log : all[kind]) {
      const auto lines = log.by_peer.find(peer);
      if (lines == log.by_peer.end()) {
        continue;
      }
      Sums sums;
      for (const Line& line : lines->second) {
        if (const auto time = clock.time_of(line.time, list->second.front().first - kSlack)) {
          add_line(log, line, owners_of(list->second, line, *time), sums);
        }
      }
      for (auto& [run, sum] : sums) {
        at->second[run].push_back(std::move(sum));
      }
    }
    return at->second;
  }

  const input::Tree& image;
  artefacts::Bounds bounds;
  Inventory scratch;
  Reader reader;
  LogClock clock;
  std::map<ServerKind, std::vector<Log>> all;
  std::map<Peer, std::vector<ServedConnection>> connections;
  std::size_t expected = 0;
  bool is_full = false;  ///< more came in than are kept: whose a line is cannot be told
  bool is_read = false;
  std::map<Peer, Runs> assigned;
};

ServedVolumes::ServedVolumes(const input::Tree& image, const std::string& zone)
    : state_(std::make_unique<State>(image, zone)) {}
ServedVolumes::~ServedVolumes() = default;
ServedVolumes::ServedVolumes(ServedVolumes&&) noexcept = default;
ServedVolumes& ServedVolumes::operator=(ServedVolumes&&) noexcept = default;

void ServedVolumes::expect(const ServedConnection& connection) {
  if (state_->expected >= kMostConnections) {
    state_->is_full = true;
    return;
  }
  ++state_->expected;
  state_->connections[{connection.kind, connection.peer}].push_back(connection);
}

std::vector<ServedVolume> ServedVolumes::of(ServerKind kind, const ServerRun& run,
                                            const audit::IpAddress& peer) {
  state_->read_all();
  const State::Runs& runs = state_->runs_of(kind, peer);
  const auto found = runs.find(run);
  return found == runs.end() ? std::vector<ServedVolume>() : found->second;
}

}  // namespace auexfil::artefacts
