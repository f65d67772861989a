#include "auexfil/report/log_entry.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <optional>

#include <fmt/format.h>

#include "auexfil/report/digest.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"

namespace auexfil::report {
namespace {

/// Command lines are not for everybody: whoever may read logins may read them.
constexpr unsigned kAuthPriv = 10;

constexpr std::string_view kIdentifier = "auexfil";
/// Of every entry of a finding, whatever its words (journalctl --catalog).
constexpr std::string_view kMessageId = "ced0adaa0d2c4e2592dbd07aba46379a";

constexpr std::size_t kLongestValue = 1024;
constexpr std::size_t kMostOfOne = 8;

unsigned priority_of(policy::Severity severity) {
  switch (severity) {
    case policy::Severity::critical:
      return 2;
    case policy::Severity::high:
      return 3;
    case policy::Severity::medium:
      return 4;
    case policy::Severity::low:
      return 5;
  }
  return 4;
}

class Fields {
 public:
  explicit Fields(LogEntry& entry) : entry_(entry) {}

  /// What is not known has no field.
  void add(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      entry_.fields.emplace_back(name, to_safe(value, kLongestValue));
    }
  }
  template <typename T>
  void add(std::string_view name, const std::optional<T>& value) {
    if (value) {
      add(name, fmt::format("{}", *value));
    }
  }
  void time(std::string_view name, audit::TimeMs time) {
    add(name, time == 0 ? std::string() : audit::format_rfc3339(time));
  }

 private:
  LogEntry& entry_;
};

void add_fields(Fields& fields, const policy::Finding& finding) {
  fields.add("MESSAGE_ID", kMessageId);
  fields.add("AUEXFIL_FINDING_ID", format_id(finding.id));
  fields.add("AUEXFIL_SEVERITY", std::string_view(to_word(finding.severity)));
  fields.add("AUEXFIL_RULE", finding.rule);
  fields.add("AUEXFIL_HOST", finding.host);
  fields.add("AUEXFIL_ROLE", finding.role);
  fields.time("AUEXFIL_START", finding.start);
  fields.time("AUEXFIL_END", finding.end);
  fields.add("AUEXFIL_BYTES", finding.bytes_out);
  fields.add("AUEXFIL_BASIS", std::string_view(to_word(finding.basis)));
  fields.add("AUEXFIL_LIMIT_BYTES", finding.limit_bytes);
  fields.add("AUEXFIL_DESTINATIONS", std::to_string(finding.destinations.size()));
  for (std::size_t i = 0; i < std::min(finding.destinations.size(), kMostOfOne); ++i) {
    const policy::Finding::Destination& to = finding.destinations[i];
    fields.add("AUEXFIL_DESTINATION", format_endpoint(to.address, to.port));
  }
  fields.add("AUEXFIL_TOOL", finding.tool);
  fields.add("AUEXFIL_USER", finding.user);
  fields.add("AUEXFIL_AUTOMATION", std::string_view(to_word(finding.automation)));
  if (finding.job) {
    fields.add("AUEXFIL_JOB", finding.job->what.empty()
                                  ? finding.job->kind
                                  : finding.job->kind + ": " + finding.job->what);
  }
  fields.add("AUEXFIL_COMMAND", join_command(finding.command));
  for (std::size_t i = 0; i < std::min(finding.technique.size(), kMostOfOne); ++i) {
    fields.add("AUEXFIL_TECHNIQUE", finding.technique[i]);
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).push_back('\n');
  for (unsigned shift = 0; shift < 64; shift += 8) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value.size()) >> shift & 0xFFU));
  }
  out.append(value).push_back('\n');
}

}  // namespace

LogEntry log_entry(const policy::Finding& finding, const Options& options) {
  const policy::Finding shown = options.mask ? masked(finding) : finding;
  LogEntry entry;
  entry.priority = priority_of(shown.severity);
  entry.message = finding_line(shown);
  Fields fields(entry);
  add_fields(fields, shown);
  return entry;
}

LogEntry left_out_entry(std::uint64_t findings) {
  LogEntry entry;
  entry.priority = priority_of(policy::Severity::medium);
  entry.message =
      fmt::format("and {} that only the report tells", format_count(findings, "finding"));
  Fields(entry).add("AUEXFIL_LEFT_OUT", std::to_string(findings));
  return entry;
}

std::string to_journal(const LogEntry& entry) {
  std::string out;
  append_field(out, "MESSAGE", entry.message);
  append_field(out, "PRIORITY", std::to_string(entry.priority));
  append_field(out, "SYSLOG_FACILITY", std::to_string(kAuthPriv));
  append_field(out, "SYSLOG_IDENTIFIER", kIdentifier);
  for (const auto& [name, value] : entry.fields) {
    append_field(out, name, value);
  }
  return out;
}

std::string to_syslog(const LogEntry& entry, std::int64_t time, long pid) {
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  const std::time_t seconds = static_cast<std::time_t>(time);
  localtime_r(&seconds, &parts);
  return fmt::format("<{}>{} {:2} {:02}:{:02}:{:02} {}[{}]: {}", kAuthPriv * 8 + entry.priority,
                     kMonths[static_cast<std::size_t>(parts.tm_mon) % kMonths.size()],
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, kIdentifier, pid,
                     entry.message);
}

}  // namespace auexfil::report
