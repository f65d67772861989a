#include "auexfil/report/baseline.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "auexfil/input/fnv.hpp"
#include "auexfil/policy/units.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/safe.hpp"

namespace auexfil::report {
namespace {

constexpr audit::TimeMs kDay = 86'400'000;
constexpr audit::TimeMs kHolds = 90 * kDay;
constexpr std::string_view kNobody = "unknown";  ///< The user that the log does not tell.
constexpr std::size_t kMostFired = 20;
constexpr std::size_t kMostDoubtful = 200;
constexpr std::size_t kMostOfAList = 500;  ///< A line of a rule file has at most 64 KiB.

using policy::format_size;

/// What parse_size() reads as this very number.
std::string exact_size(std::uint64_t bytes) {
  constexpr std::array kUnits = {"GiB", "MiB", "KiB"};
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const std::uint64_t unit = std::uint64_t{1} << (30 - 10 * i);
    if (bytes >= unit && bytes % unit == 0) {
      return fmt::format("{}{}", bytes / unit, kUnits.at(i));
    }
  }
  return std::to_string(bytes);
}

std::string exact_duration(std::int64_t ms) {
  constexpr std::int64_t kHour = 3'600'000;
  return ms % kHour == 0 ? fmt::format("{}h", ms / kHour) : fmt::format("{}s", ms / 1000);
}

std::string date(audit::TimeMs time) {
  return format_time(time).substr(0, 10);
}

/// A glob that matches this text alone.
std::string glob_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

/// Could be written as the value of an entry's key: nothing there can be escaped.
bool is_plain(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '#' || c == ',' ||
           c == '\\' || c == '/';
  });
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void comment(std::string_view text) { out_ += fmt::format("# {}\n", to_safe(text)); }
  void blank() { out_ += '\n'; }
  void section(std::string_view kind, std::string_view name) {
    out_ += fmt::format("[{} {}]\n", kind, name);
  }
  void key(std::string_view name, std::string_view value) {
    out_ += fmt::format("{:<7} = {}\n", name, value);
  }

  void volumes(std::string_view whose, const policy::Volumes& volumes) {
    std::string text = fmt::format("{}: {}", whose, format_count(volumes.runs, "transfer"));
    if (volumes.unmeasured > 0) {
      text += fmt::format(", {} of them of a volume that is not known", volumes.unmeasured);
    }
    if (volumes.lower_bounds > 0) {
      text += fmt::format(", {} of a volume that is known at least", volumes.lower_bounds);
    }
    comment(text);
    spread("a session", volumes.session, volumes.lower_bounds > 0);
    // Of a day what is not known is missing too.
    spread("a day", volumes.day, volumes.lower_bounds + volumes.unmeasured > 0);
  }

  /// \param is_least  more may have left than these
  void spread(std::string_view of, const policy::Spread& spread, bool is_least) {
    if (spread.count() == 0) {
      comment(fmt::format("  {}: nothing is known of its volume", of));
      return;
    }
    const auto size = [is_least](std::uint64_t bytes) {
      return (is_least ? "≥ " : "") + format_size(bytes);
    };
    comment(fmt::format("  {} ({}): P50 {}, P95 {}, P99 {}, max {}{}", of, spread.count(),
                        size(spread.quantile(50)), size(spread.quantile(95)),
                        size(spread.quantile(99)), size(spread.max()),
                        spread.is_exact() ? "" : "; quantiles at most 0.8% too high"));
  }

  void fired(const std::vector<policy::Fired>& fired) {
    for (std::size_t i = 0; i < std::min(fired.size(), kMostFired); ++i) {
      const policy::Fired& one = fired[i];
      std::string ids;
      for (const std::uint64_t id : one.transfers) {
        ids += (ids.empty() ? "" : ", ") + format_id(id);
      }
      comment(fmt::format("  {}{}{} by {}: {}{}", format_size(one.bytes),
                          one.destination.empty() ? "" : " to " + one.destination,
                          one.host.empty() ? "" : " from " + one.host, one.job, ids,
                          one.count > one.transfers.size()
                              ? fmt::format(" and {} more", one.count - one.transfers.size())
                              : ""));
    }
    if (fired.size() > kMostFired) {
      comment(fmt::format("  and {} more", fired.size() - kMostFired));
    }
  }

 private:
  std::string& out_;
};

void write_head(Writer& write, const policy::BaselineReport& baseline, audit::TimeMs until) {
  write.comment(
      fmt::format("Proposed by `auexfil baseline` from {} that nobody sat at, {} - {} UTC.",
                  format_count(baseline.transfers, "outgoing transfer"),
                  format_time(baseline.first), format_time(baseline.last)));
  write.comment(
      "Nothing here is approved by anyone yet: read it, fill in owner and reason of each");
  write.comment(
      "proposed entry or take the entry out, then give the file to --rules. `auexfil lint`");
  write.comment(
      "warns of what is still to be filled in. --baseline takes its [normal] sections alone.");
  write.comment(fmt::format("Proposed entries hold until {}.", date(until)));
  if (baseline.attended > 0) {
    write.comment(fmt::format("{} that somebody sat at {} no part of it.",
                              format_count(baseline.attended, "transfer"),
                              baseline.attended == 1 ? "is" : "are"));
  }
  if (baseline.incoming > 0) {
    write.comment(fmt::format("{} that only fetched {} no part of it{}.",
                              format_count(baseline.incoming, "transfer"),
                              baseline.incoming == 1 ? "is" : "are",
                              baseline.incoming_unmeasured == 0
                                  ? ""
                                  : fmt::format(", and of {} it is not known what they sent",
                                                baseline.incoming_unmeasured)));
  }
  if (baseline.left_out > 0) {
    write.comment(fmt::format("INCOMPLETE: {} came when {} rows were kept, and are left out.",
                              format_count(baseline.left_out, "transfer"),
                              policy::Baseline::kMaxRows));
  }
}

/// " (bulk-unattended 2 times, bulk-spread once)": those of one rule stand together.
std::string by_rule(const std::vector<policy::Fired>& fired) {
  std::string text;
  for (std::size_t i = 0; i < fired.size();) {
    const std::size_t begin = i;
    while (i < fired.size() && fired[i].rule == fired[begin].rule) {
      ++i;
    }
    text += fmt::format("{}{} {}", text.empty() ? " (" : ", ", fired[begin].rule,
                        format_count(i - begin, "time"));
  }
  return text + ")";
}

void write_added_up(Writer& write, const policy::RoleBaseline& role) {
  if (role.added_up == 0) {
    return;
  }
  write.comment(
      fmt::format("  {} adds up {} of destinations that were there on three days or more and",
                  role.added_up_by, format_size(role.added_up)));
  const std::string doubtful = role.doubtful ? format_size(*role.doubtful) : "";
  if (role.limit < std::min(role.added_up, role.limit_before)) {
    write.comment(
        fmt::format("  none above this: the limit stays, to tell of {} that were not.", doubtful));
  } else if (role.doubtful && role.limit < *role.doubtful && role.limit / 2 < role.added_up &&
             role.limit < role.limit_before) {
    write.comment(
        fmt::format("  none above this: the limit is as near to twice that as still tells"
                    " of {} that were not.",
                    doubtful));
  } else if (role.limit < role.limit_before) {
    write.comment("  none above this: the limit is twice that.");
  } else {
    write.comment("  none above this: twice that is no less than the limit before.");
  }
}

void write_role(Writer& write, const policy::RoleBaseline& role, const policy::Policy& policy) {
  write.blank();
  write.volumes(fmt::format("Role {}, {} on {}", role.name, format_count(role.hosts, "host"),
                            format_count(role.days, "day")),
                role.volumes);
  if (!role.is_told) {
    write.comment(
        fmt::format("limit: {} as before: three days with destinations that come again are wanted",
                    format_size(role.limit_before)));
    write.comment("  to propose another.");
  } else {
    write.comment(fmt::format(
        "limit: twice the larger of {} (P50 of what a destination that comes again takes a day)",
        format_size(role.usual)));
    write.comment(fmt::format(
        "  and {} (P99 of those that stay without approval), 1 MiB at least, never above {} as",
        format_size(role.residual), format_size(role.limit_before)));
    write.comment("  before: that what passes it was there proves nothing.");
    write_added_up(write, role);
  }
  write.comment(fmt::format("On this data it fires {}{}", format_count(role.fired.size(), "time"),
                            role.fired.empty() ? "." : by_rule(role.fired) + ":"));
  write.fired(role.fired);
  if (!role.not_counted.empty()) {
    write.comment(fmt::format("Not counted, they ask for more than is kept here: {}.",
                              fmt::join(role.not_counted, ", ")));
  }
  write.section("role", role.name);
  std::string hosts;
  if (const policy::Role* const before = policy.find_role(role.name)) {
    for (const input::Pattern& host : before->hosts) {
      hosts += (hosts.empty() ? "" : ", ") + host.text();
    }
  }
  if (!hosts.empty()) {
    write.key("host", hosts);
  }
  write.key("limit", exact_size(role.limit));
  write.key("window", exact_duration(role.window_ms));
}

void write_carried(Writer& write, const std::vector<const input::Section*>& carried) {
  for (const input::Section* const section : carried) {
    write.blank();
    write.comment(fmt::format("In force before, as in {}:{}.", section->file, section->line));
    write.section(section->kind, section->name);
    for (const input::Entry& entry : section->entries) {
      write.key(entry.key, entry.value);
    }
  }
}

std::string endpoint(const policy::Route& route) {
  return format_endpoint(route.address, route.port);
}

/// The same in every run (FNV-1a), so that what a person filled in finds its entry again.
std::string short_id(std::initializer_list<std::string_view> parts) {
  std::uint64_t hash = input::kFnvBegin;
  for (const std::string_view part : parts) {
    hash = input::fnv(hash, part);
  }
  return format_id(hash).substr(0, 12);
}

void describe(Writer& write, const policy::Route& route) {
  write.comment(fmt::format("{} to {} by {}, user {}: {} on {}, {} - {}", route.role,
                            endpoint(route), route.tool, route.user,
                            format_count(route.runs, "run"), format_count(route.days, "day"),
                            date(route.first), date(route.last)));
  for (const std::string& job : route.jobs) {
    write.comment("  " + job);
  }
}

void write_steady(Writer& write, const policy::Route& route, audit::TimeMs until) {
  write.blank();
  describe(write, route);
  write.spread("a run", route.volumes, route.lower_bounds > 0);
  if (!is_plain(route.address) || !is_plain(route.user) || !is_plain(route.tool) ||
      route.user == kNobody) {
    write.comment("  cannot be written as an entry");
    return;
  }
  write.section("allow", "proposed-" + short_id({route.role, route.address, route.user, route.tool,
                                                 std::to_string(route.port.value_or(0))}));
  write.comment("owner  = (fill in who answers for it)");
  write.comment("reason = (fill in why it is approved)");
  write.key(route.is_address ? "address" : "name",
            route.is_address ? route.address : glob_of(route.address));
  if (route.port) {
    write.key("port", std::to_string(*route.port));
  }
  write.key("role", glob_of(route.role));
  write.key("user", glob_of(route.user));
  write.key("tool", glob_of(route.tool));
  write.key("expires", date(until));
}

void write_doubtful(Writer& write, const std::vector<policy::Route>& doubtful) {
  if (doubtful.empty()) {
    return;
  }
  write.blank();
  write.comment(fmt::format("{} for a person to judge. Not approved, and not normal:",
                            format_count(doubtful.size(), "destination")));
  for (std::size_t i = 0; i < std::min(doubtful.size(), kMostDoubtful); ++i) {
    const policy::Route& route = doubtful[i];
    describe(write, route);
    write.comment("  " + (route.why.empty() ? std::string("over the limit") : route.why));
    write.spread("a run", route.volumes, route.lower_bounds > 0);
  }
  if (doubtful.size() > kMostDoubtful) {
    write.comment(fmt::format("and {} more", doubtful.size() - kMostDoubtful));
  }
}

std::string join_values(const std::vector<std::string>& values, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < std::min(values.size(), from + kMostOfAList); ++i) {
    text += (text.empty() ? "" : ", ") + policy::escape_value(values[i]);
  }
  return text;
}

/// Long lists go on in a section of their own.
void write_normal(Writer& write, const policy::JobBaseline& job, std::size_t part) {
  const std::size_t from = part * kMostOfAList;
  const std::string id = short_id({job.role, job.job});
  write.section("normal", part == 0 ? id : fmt::format("{}-{}", id, part + 1));
  write.key("role", policy::escape_value(job.role));
  write.key("job", policy::escape_value(job.job));
  const auto list = [&](std::string_view key, const std::vector<std::string>& values) {
    if (values.size() > from) {
      write.key(key, join_values(values, from));
    }
  };
  list("user", job.users);
  list("address", job.addresses);
  list("name", job.names);
  if (job.session_limit) {
    write.key("session", exact_size(*job.session_limit));
    write.key("day", exact_size(*job.day_limit));
  }
  write.key("runs", std::to_string(job.volumes.runs));
  write.key("days", std::to_string(job.days));
  if (std::max({job.users.size(), job.addresses.size(), job.names.size()}) > from + kMostOfAList) {
    write_normal(write, job, part + 1);
  }
}

void write_job(Writer& write, const policy::JobBaseline& job) {
  write.blank();
  write.volumes(fmt::format("{}, role {}, on {}", job.job, job.role, format_count(job.days, "day")),
                job.volumes);
  if (!job.is_known) {
    write.comment("What it runs is not known: an entry would be of every such job.");
    return;
  }
  if (job.addresses.empty() && job.names.empty()) {
    write.comment("Nothing of it is normal: see what is for a person to judge.");
    return;
  }
  if (job.session_limit) {
    write.comment(fmt::format(
        "session, day: twice the P99 of what is normal. On this data {} above "
        "it{}",
        job.fired.size() == 1 ? "1 session is" : fmt::format("{} sessions are", job.fired.size()),
        job.fired.empty() ? "." : ":"));
    write.fired(job.fired);
  }
  write_normal(write, job, 0);
}

}  // namespace

void append_rules(std::string& out, const policy::BaselineReport& baseline,
                  const policy::Policy& policy, const std::vector<const input::Section*>& carried,
                  audit::TimeMs now) {
  Writer write(out);
  const audit::TimeMs until = std::max(now, baseline.last) + kHolds;
  write_head(write, baseline, until);
  for (const policy::RoleBaseline& role : baseline.roles) {
    write_role(write, role, policy);
  }
  write_carried(write, carried);
  for (const policy::Route& route : baseline.steady) {
    write_steady(write, route, until);
  }
  write_doubtful(write, baseline.doubtful);
  for (const policy::JobBaseline& job : baseline.jobs) {
    write_job(write, job);
  }
}

}  // namespace auexfil::report
