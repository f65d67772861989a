#include "auexfil/report/jobs.hpp"

#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "csv_row.hpp"
#include "json_parts.hpp"
#include "table_parts.hpp"

namespace auexfil::report {
namespace {

using policy::format_size;
using policy::JobDestination;
using policy::JobRow;

constexpr std::string_view kJobColumns =
    "host,role,kind,job,script,artefacts,due,user,automation,tools,direction,runs,transfers,first,"
    "last,period_s,jitter_s,missed,run_p50,run_max,bytes_out,unmeasured,destinations,approved,by,"
    "period_runs,lower_bounds,odd_starts,not_seen";

constexpr std::int64_t kSecond = 1000;

JobRow masked_row(const JobRow& row, const Options& options) {
  JobRow out = row;
  if (options.mask) {
    out.job = mask_text(out.job);
    out.script = mask_text(out.script);
    for (JobDestination& destination : out.destinations) {
      destination.address = mask_text(destination.address);
    }
  }
  return out;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

const char* direction_of(const JobRow& row) {
  using transfer::Direction;
  return to_word(row.out && row.in ? Direction::both
                 : row.out         ? Direction::out
                 : row.in          ? Direction::in
                                   : Direction::none);
}

const char* automation_of(const JobRow& row) {
  return to_word(row.unattended ? transfer::Verdict::unattended : transfer::Verdict::unknown);
}

std::optional<std::int64_t> seconds(const JobRow& row, std::int64_t policy::Schedule::*part) {
  return row.schedule ? std::optional(((*row.schedule).*part + kSecond / 2) / kSecond)
                      : std::nullopt;
}

std::optional<std::uint64_t> period_runs(const JobRow& row) {
  return row.schedule ? std::optional(row.schedule->runs) : std::nullopt;
}

std::optional<std::uint64_t> missed(const JobRow& row) {
  return row.schedule ? std::optional(row.schedule->missed) : std::nullopt;
}

std::optional<std::uint64_t> odd_starts(const JobRow& row) {
  return row.schedule ? std::optional(row.schedule->odd) : std::nullopt;
}

std::optional<std::uint64_t> not_seen(const JobRow& row) {
  return row.schedule ? std::optional(row.schedule->not_seen) : std::nullopt;
}

bool is_measured(const JobRow& row) {
  return row.run_bytes.count() > 0;
}

template <typename Number>
std::optional<std::uint64_t> if_measured(const JobRow& row, Number number) {
  return is_measured(row) ? std::optional<std::uint64_t>(number) : std::nullopt;
}

/// Some of a run whose volume is not known may be; nothing at all is not 0.
std::optional<std::uint64_t> bytes_of(const JobRow& row) {
  return is_measured(row) || row.bytes_out > 0 ? std::optional(row.bytes_out) : std::nullopt;
}

std::vector<std::string> approved_by(const JobRow& row) {
  std::set<std::string> names;
  for (const JobDestination& destination : row.destinations) {
    if (!destination.by.empty()) {
      names.insert(destination.by);
    }
  }
  return {names.begin(), names.end()};
}

void write_destinations(JsonWriter& json, const JobRow& row) {
  json.key("destinations");
  json.begin_array();
  for (const JobDestination& destination : row.destinations) {
    json.begin_object();
    json.member("address",
                destination.is_address ? std::optional(destination.address) : std::nullopt);
    json.member("port", destination.port);
    json.member("name", destination.is_address ? std::nullopt : std::optional(destination.address));
    json.member("transfers", destination.transfers);
    json.member("approved", destination.approved);
    json.member("by", unless_empty(destination.by));
    json.end_object();
  }
  json.end_array();
}

void append_record(std::string& out, const JobRow& row) {
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "job");
  json.member("schema", kSchema);
  json.member("host", row.host);
  json.member("role", row.role);
  json.member("kind", row.kind);
  json.member("job", row.job);
  json.member("script", unless_empty(row.script));
  json.member("artefacts", row.artefacts);
  json.member("due", row.due);
  json.member("user", unless_empty(row.user));
  json.member("automation", automation_of(row));
  json.member("tools", row.tools);
  json.member("direction", direction_of(row));
  json.member("runs", row.runs);
  json.member("transfers", row.transfers);
  write_time(json, "first", row.first);
  write_time(json, "last", row.last);
  json.member("period_s", seconds(row, &policy::Schedule::period_ms));
  json.member("jitter_s", seconds(row, &policy::Schedule::jitter_ms));
  json.member("missed", missed(row));
  json.member("run_p50", if_measured(row, row.run_bytes.quantile(50)));
  json.member("run_max", if_measured(row, row.run_bytes.max()));
  json.member("bytes_out", bytes_of(row));
  json.member("unmeasured", row.unmeasured);
  write_destinations(json, row);
  json.member("more_destinations", row.more_destinations);
  json.member("approved", row.approved);
  json.member("period_runs", period_runs(row));
  json.member("lower_bounds", row.lower_bounds);
  json.member("odd_starts", odd_starts(row));
  json.member("not_seen", not_seen(row));
  json.end_object();
  json.end_line();
}

std::string where_to(const JobDestination& destination) {
  return format_endpoint(destination.address, destination.port);
}

void append_row(std::string& out, const JobRow& row) {
  std::vector<std::string> places;
  places.reserve(row.destinations.size() + 1);
  for (const JobDestination& destination : row.destinations) {
    places.push_back(where_to(destination));
  }
  if (row.more_destinations > 0) {
    places.emplace_back("more");
  }
  CsvRow cells(out);
  cells.maybe(row.host);
  cells.text(row.role);
  cells.text(row.kind);
  cells.text(row.job);
  cells.text(row.script);
  cells.list(row.artefacts);
  cells.list(row.due);
  cells.text(row.user);
  cells.text(automation_of(row));
  cells.list(row.tools);
  cells.text(direction_of(row));
  cells.number(std::optional(row.runs));
  cells.number(std::optional(row.transfers));
  cells.time(row.first);
  cells.time(row.last);
  cells.number(seconds(row, &policy::Schedule::period_ms));
  cells.number(seconds(row, &policy::Schedule::jitter_ms));
  cells.number(missed(row));
  cells.number(if_measured(row, row.run_bytes.quantile(50)));
  cells.number(if_measured(row, row.run_bytes.max()));
  cells.number(bytes_of(row));
  cells.number(std::optional(row.unmeasured));
  cells.list(places);
  cells.yes_no(row.approved);
  cells.list(approved_by(row));
  cells.number(period_runs(row));
  cells.number(std::optional(row.lower_bounds));
  cells.number(odd_starts(row));
  cells.number(not_seen(row));
}

std::string schedule_text(const JobRow& row) {
  std::string text = format_count(row.runs, "run");
  text += fmt::format(" from {} to {} UTC", format_time(row.first), format_time(row.last));
  if (row.schedule) {
    const policy::Schedule& schedule = *row.schedule;
    text += fmt::format(
        "; {}every {}, off by {} at most, {} missed{}{}",
        schedule.runs == 1 ? std::string() : fmt::format("{} times ", schedule.runs),
        policy::format_duration(schedule.period_ms),
        policy::format_duration((schedule.jitter_ms + kSecond / 2) / kSecond * kSecond),
        schedule.missed,
        schedule.not_seen == 0 ? std::string()
                               : fmt::format(", {} due in gaps of the log", schedule.not_seen),
        schedule.odd == 0 ? std::string()
                          : fmt::format(", {} beside it or to another time",
                                        format_count(schedule.odd, "start")));
  } else {
    text += row.runs < 3 ? "; too few to tell a schedule" : "; no schedule fits";
  }
  if (!row.artefacts.empty()) {
    text += fmt::format("; by {}{}", to_safe(join(row.artefacts, ", ")),
                        row.due.empty() ? "" : ", due " + to_safe(join(row.due, ", ")));
  }
  return text;
}

std::string volume_of(const JobRow& row) {
  const std::string_view bound = row.lower_bounds > 0 ? "≥ " : "";
  std::string text = is_measured(row) ? fmt::format("a run: P50 {}{}, max {}{}", bound,
                                                    format_size(row.run_bytes.quantile(50)), bound,
                                                    format_size(row.run_bytes.max()))
                                      : std::string("a run: ?");
  if (row.lower_bounds > 0) {
    text += fmt::format("; {} of {} a lower bound", row.lower_bounds,
                        format_count(row.run_bytes.count(), "run"));
  }
  if (row.unmeasured > 0) {
    text += fmt::format("; {} of a volume that is not known", format_count(row.unmeasured, "run"));
  }
  return text;
}

std::string destinations_text(const JobRow& row, const Options& options) {
  std::string text;
  std::size_t named = 0;
  for (const JobDestination& destination : row.destinations) {
    if (!options.verbose && named == kMostListed) {
      break;
    }
    text += (text.empty() ? "" : ", ") + shown(where_to(destination), options) +
            (destination.by.empty() ? "" : " (" + to_safe(destination.by) + ")");
    ++named;
  }
  if (named < row.destinations.size() || row.more_destinations > 0) {
    text += " and more";
  }
  return text.empty() ? "?" : text;
}

void append_card(std::string& out, const JobRow& row, const Options& options) {
  append_head(out,
              fmt::format("{}  {} (role {})", to_safe(row.kind),
                          row.host ? to_safe(*row.host) : std::string("host ?"), to_safe(row.role)),
              row.user.empty() ? std::string("user ?") : "user " + to_safe(row.user));
  append_line(out, shown(row.job, options));
  if (!row.script.empty()) {
    append_line(out, "in " + shown(row.script, options));
  }
  append_line(out,
              fmt::format("{} {} {} {}    {}", to_safe(join(row.tools, ", ")), direction_of(row),
                          row.in && !row.out ? "from" : "to", destinations_text(row, options),
                          row.approved ? "approved" : "not approved"));
  append_line(out, schedule_text(row));
  append_line(out, volume_of(row));
}

}  // namespace

std::vector<std::string> due_of(const InventoryRow& row) {
  const std::string& schedule = row.job.artefact->schedule;
  if (schedule.empty()) {
    return {};
  }
  return {row.zone.empty() ? schedule : fmt::format("{} ({})", schedule, row.zone)};
}

namespace {

/// A row without runs has what both have.
JobRow as_job(const InventoryRow& row) {
  const artefacts::Artefact& artefact = *row.job.artefact;
  JobRow job;
  job.host = row.host;
  job.kind = artefacts::to_word(artefact.kind);
  job.job = row.job.command;
  job.script = row.job.script;
  job.artefacts = {artefact.where()};
  job.due = due_of(row);
  job.user = row.job.user;
  job.tools = {row.job.tool};
  job.out = may_send(row);
  job.in = row.job.direction == transfer::Direction::in ||
           row.job.direction == transfer::Direction::both;
  for (const transfer::ArgPeer& peer : row.job.peers) {
    JobDestination& to = job.destinations.emplace_back();
    to.address = peer.host.empty() ? "?" : peer.host;
    to.port = peer.port == 0 ? std::nullopt : std::optional(peer.port);
  }
  job.approved = row.approved;
  return job;
}

}  // namespace

void append_json(std::string& out, const JobRow& row, const Options& options) {
  append_record(out, masked_row(row, options));
}

void append_table(std::string& out, const JobRow& row, const Options& options) {
  append_card(out, masked_row(row, options), options);
}

void append_jobs_csv_header(std::string& out) {
  out.append(kJobColumns);
  out.append(kCsvLineEnd);
}

void append_csv(std::string& out, const JobRow& row, const Options& options) {
  append_row(out, masked_row(row, options));
}

void append_csv(std::string& out, const InventoryRow& row, const Options& options) {
  append_row(out, masked_row(as_job(row), options));
}

}  // namespace auexfil::report
