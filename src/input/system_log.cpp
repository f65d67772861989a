#include "auexfil/input/system_log.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <simdjson.h>

#include "auexfil/input/whole_number.hpp"
#include "carriers.hpp"
#include "journal_entry.hpp"
#include "journal_export.hpp"
#include "journal_file.hpp"
#include "rotation.hpp"
#include "source.hpp"
#include "source_lines.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kMostFiles = 1024;
constexpr std::size_t kMostLooked = 65536;  // names of a folder
constexpr std::size_t kLongestLine = std::size_t{64} << 10;
constexpr std::size_t kPiece = std::size_t{256} << 10;

bool is_system_log_name(std::string_view name) {
  constexpr std::array<std::string_view, 10> kBegins = {
      "auth.log", "authlog",    "secure",  "messages", "syslog",
      "cron",     "daemon.log", "journal", "user.log", "kern.log"};
  if (name.ends_with(".journal") || name.ends_with(".journal~")) {
    return true;
  }
  const auto* const begin =
      std::find_if(kBegins.begin(), kBegins.end(),
                   [name](std::string_view one) { return name.starts_with(one); });
  if (begin == kBegins.end()) {
    return false;
  }
  const std::string_view rest = name.substr(begin->size());
  return *begin == "journal" || rest.empty() || rest.front() == '.' || rest.front() == '-';
}

/// Entries of the journal that name a login or a start, tell what a server sent, or are the
/// kernel's.
constexpr std::array<std::string_view, 17> kMayTell = {"SYSLOG_IDENTIFIER=sshd",
                                                       "SYSLOG_IDENTIFIER=sshd-session",
                                                       "SYSLOG_IDENTIFIER=CRON",
                                                       "SYSLOG_IDENTIFIER=CROND",
                                                       "SYSLOG_IDENTIFIER=cron",
                                                       "SYSLOG_IDENTIFIER=crond",
                                                       "SYSLOG_IDENTIFIER=anacron",
                                                       "SYSLOG_IDENTIFIER=sudo",
                                                       "SYSLOG_IDENTIFIER=su",
                                                       "SYSLOG_IDENTIFIER=login",
                                                       "SYSLOG_IDENTIFIER=systemd",
                                                       "SYSLOG_IDENTIFIER=systemd-logind",
                                                       "SYSLOG_IDENTIFIER=dropbear",
                                                       "SYSLOG_IDENTIFIER=sftp-server",
                                                       "SYSLOG_IDENTIFIER=internal-sftp",
                                                       "SYSLOG_IDENTIFIER=vsftpd",
                                                       "_TRANSPORT=kernel"};

/// What is asked of an entry of the journal. Fields with a leading underscore are the journal's
/// own, no client can set them (systemd.journal-fields(7)).
struct Entry {
  std::string time_us;     ///< __REALTIME_TIMESTAMP: when it was taken in
  std::string source_us;   ///< _SOURCE_REALTIME_TIMESTAMP
  std::string host;        ///< _HOSTNAME
  std::string pid;         ///< _PID
  std::string session;     ///< _AUDIT_SESSION
  std::string identifier;  ///< SYSLOG_IDENTIFIER
  std::string comm;        ///< _COMM
  std::string message;     ///< MESSAGE
  std::string unit;        ///< UNIT
  std::string sent;        ///< IP_METRIC_EGRESS_BYTES
  std::string transport;   ///< _TRANSPORT: by which way it was taken in
  std::uint64_t line{};    ///< from 0

  [[nodiscard]] std::string* field(std::string_view name) {
    const std::array<std::pair<std::string_view, std::string*>, 11> fields = {
        {{"__REALTIME_TIMESTAMP", &time_us},
         {"_SOURCE_REALTIME_TIMESTAMP", &source_us},
         {"_HOSTNAME", &host},
         {"_PID", &pid},
         {"_AUDIT_SESSION", &session},
         {"SYSLOG_IDENTIFIER", &identifier},
         {"_COMM", &comm},
         {"MESSAGE", &message},
         {"UNIT", &unit},
         {"IP_METRIC_EGRESS_BYTES", &sent},
         {"_TRANSPORT", &transport}}};
    return field_named(fields, name);
  }
};

/// \return false: it is no entry that tells anything.
bool to_line(const Entry& entry, SystemLine& line) {
  constexpr std::int64_t kUsPerMs = 1000;
  line = {};
  const auto taken = whole_number<std::int64_t>(entry.time_us);
  const auto sent = whole_number<std::int64_t>(entry.source_us);
  if (!taken && !sent) {
    return false;
  }
  line.number = entry.line + 1;
  line.time = (sent ? *sent : *taken) / kUsPerMs;
  line.host = entry.host;
  line.tag = entry.identifier.empty() ? entry.comm : entry.identifier;
  line.pid = whole_number<std::uint32_t>(entry.pid);
  line.session = whole_number<std::uint32_t>(entry.session);
  line.text = entry.message;
  line.is_kernel = entry.transport == "kernel";
  line.unit = entry.unit;
  line.sent = whole_number<std::uint64_t>(entry.sent);
  return !line.tag.empty();
}

using Sink = std::function<void(const SystemLine&)>;

class ExportEntries final : public JournalFields {
 public:
  explicit ExportEntries(const Sink& sink) : sink_(sink) {}

  std::string* field(std::string_view name, std::uint64_t line) override {
    std::string* const found = entry_.field(name);
    if (found == &entry_.message) {
      entry_.line = line;
    }
    return found;
  }
  void end_entry(std::uint64_t /*line*/) override {
    SystemLine line;
    if (to_line(entry_, line)) {
      sink_(line);
    }
    entry_ = {};
  }
  void cut(std::uint64_t /*line*/) override {}
  void too_long(bool is_text) override {
    ++overlong;
    if (is_text) {
      entry_ = {};
    }
  }

  std::uint64_t overlong = 0;

 private:
  const Sink& sink_;
  Entry entry_;
};

SystemLogEnd read_export(Source& source, const Sink& sink) {
  ExportEntries entries(sink);
  JournalExportParser parser;
  std::vector<char> piece(kPiece);
  for (std::size_t got = kPiece; got == kPiece;) {
    got = source.read(piece.data(), piece.size());
    parser.take({piece.data(), got}, got < kPiece, entries);
  }
  SystemLogEnd end;
  end.overlong = entries.overlong;
  return end;
}

/// A message that is no UTF-8 is a list of bytes.
void set_text(const simdjson::dom::element& value, std::string& to) {
  std::string_view text;
  simdjson::dom::array bytes;
  if (value.get(text) == simdjson::SUCCESS) {
    to = text;
  } else if (value.get(bytes) == simdjson::SUCCESS) {
    for (const simdjson::dom::element& byte : bytes) {
      std::uint64_t code = 0;
      to.push_back(byte.get(code) == simdjson::SUCCESS ? static_cast<char>(code & 0xffU) : '?');
    }
  }
}

/// `journalctl -o json`: an entry a line.
class JsonEntries {
 public:
  /// \return false: the line is no entry.
  bool read(std::string_view text, std::uint64_t number, const Sink& sink) {
    simdjson::dom::object object;
    if (parser_.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS) {
      return false;
    }
    Entry entry;
    entry.line = number;
    for (const auto field : object) {
      std::string* const to = entry.field(field.key);
      if (to != nullptr && to->empty()) {
        set_text(field.value, *to);
      }
    }
    SystemLine line;
    if (to_line(entry, line)) {
      sink(line);
    }
    return true;
  }

 private:
  simdjson::dom::parser parser_{kLongestLine};
};

SystemLogEnd read_lines(Source& source, const Sink& sink) {
  SystemLogEnd end;
  JsonEntries entries;
  SystemLine line;
  const SourceLines lines =
      each_line_of(source, kLongestLine, [&](std::string_view text, std::uint64_t number) {
        if (text.starts_with("{\"")) {
          end.overlong += entries.read(text, number, sink) ? 0U : 1U;
        } else if (parse_system_line(text, line)) {
          line.number = number + 1;
          sink(line);
        }
        return true;
      });
  end.lines = lines.count;
  end.overlong += lines.overlong;
  return end;
}

}  // namespace

std::vector<LogFile> find_system_logs(const Surroundings& around) {
  std::vector<LogFile> files;
  if (around.tree == nullptr) {
    return files;
  }
  constexpr std::array<const char*, 2> kOfImage = {"/var/log", "/sos_commands/logs"};
  constexpr std::array<const char*, 1> kOfLog = {"/"};
  const auto add_of = [&](const char* folder) {
    std::vector<Tree::Entry> entries;
    static_cast<void>(around.tree->list(folder, entries));
    entries.resize(std::min(entries.size(), kMostLooked));
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return compare_natural(a.name, b.name) < 0; });
    for (const Tree::Entry& entry : entries) {
      const std::string path =
          (std::string_view(folder) == "/" ? std::string() : folder) + "/" + entry.name;
      Tree::Info info;
      if (files.size() < kMostFiles && is_system_log_name(entry.name) &&
          around.tree->stat(path, info) == 0 && info.kind == Tree::Kind::file) {
        files.push_back({path, around.shown + path.substr(1), info.bytes, around.tree, 0});
      }
    }
  };
  if (around.is_image) {
    std::for_each(kOfImage.begin(), kOfImage.end(), add_of);
    for (const char* const journals : {"/var/log/journal", "/run/log/journal"}) {
      std::vector<Tree::Entry> machines;
      static_cast<void>(around.tree->list(journals, machines));
      machines.resize(std::min(machines.size(), kMostFiles));
      for (const Tree::Entry& machine : machines) {
        add_of((std::string(journals) + "/" + machine.name).c_str());
      }
    }
  } else {
    std::for_each(kOfLog.begin(), kOfLog.end(), add_of);
  }
  return files;
}

SystemLogEnd read_system_log(const LogFile& file, const Sink& sink) {
  Source source(file, Source::Taken::as_they_are);
  SystemLogEnd end;
  if (source.is_journal()) {
    ExportEntries entries(sink);
    const auto journal = source.open_journal(kMayTell);
    while (journal->next(entries)) {
      ++end.lines;
    }
    // Those in archives are context that is not to be had.
    end.fault = journal->is_refused() ? std::string() : journal->fault();
    return end;
  }
  if (is_journal_export(source.head())) {
    end = read_export(source, sink);
  } else {
    end = read_lines(source, sink);
  }
  end.fault = source.problem() ? source.problem()->what : std::string();
  return end;
}

SystemLogEnd read_text_log(
    const LogFile& file,
    const std::function<void(std::string_view line, std::uint64_t number)>& sink) {
  Source source(file, Source::Taken::as_they_are);
  SystemLogEnd end;
  if (source.is_journal()) {
    return end;
  }
  const SourceLines lines =
      each_line_of(source, kLongestLine, [&](std::string_view text, std::uint64_t number) {
        sink(text, number + 1);
        return true;
      });
  end.lines = lines.count;
  end.overlong = lines.overlong;
  end.fault = source.problem() ? source.problem()->what : std::string();
  return end;
}

}  // namespace auexfil::input
