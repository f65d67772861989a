#include "auexfil/report/explain.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "table_parts.hpp"

namespace auexfil::report {
namespace {

/// Columns of a record of flows stay apart: a tab does no harm.
std::string with_tabs(std::string_view text) {
  std::string safe;
  for (std::size_t end = text.find('\t'); end != std::string_view::npos; end = text.find('\t')) {
    safe += to_safe(text.substr(0, end)) + '\t';
    text.remove_prefix(end + 1);
  }
  return safe + to_safe(text);
}

/// "at least 5 bytes out", "5 to 9 bytes out, 7 bytes in"
std::string bounds_text(const facts::FlowTold& flow) {
  const std::string in =
      flow.bytes_in ? fmt::format(", {} bytes in", format_exact(*flow.bytes_in)) : std::string();
  if (!flow.bytes_out) {
    return "no bytes are told" + in;
  }
  const std::string out = format_exact(*flow.bytes_out);
  if (!flow.bytes_out_most) {
    return fmt::format("at least {} bytes out{}", out, in);
  }
  return *flow.bytes_out_most == *flow.bytes_out
             ? fmt::format("{} bytes out{}", out, in)
             : fmt::format("{} to {} bytes out{}", out, format_exact(*flow.bytes_out_most), in);
}

/// "exact: 1 flow by zeek (L4), 5 bytes out, 7 bytes in"
std::string flow_text(const facts::FlowTold& flow) {
  std::string exporters;
  for (const std::string& exporter : flow.exporters) {
    exporters += (exporters.empty() ? "" : ", ") + to_safe(exporter);
  }
  return fmt::format("{}: {}{}{} ({}), {}{}", to_word(flow.grade), format_count(flow.flows, "flow"),
                     exporters.empty() ? "" : " by ", exporters, to_safe(flow.layer),
                     bounds_text(flow), flow.disagrees ? "; the log disagrees" : "");
}

/// "zeek's is 1.700 s ahead of the host's"
std::string clock_text(const coverage::FlowsOfHost::Clock& clock) {
  const std::int64_t off = clock.ahead_ms < 0 ? -clock.ahead_ms : clock.ahead_ms;
  return fmt::format("{}'s is {}.{:03} s {} the host's", to_safe(clock.exporter), off / 1000,
                     off % 1000, clock.ahead_ms < 0 ? "behind" : "ahead of");
}

class Explanation {
 public:
  Explanation(std::string& out, const Options& options) : out_(out), options_(options) {}

  void write(const facts::Fact& fact, const std::vector<LogLine>& lines,
             const std::vector<DestinationDetail>& details, const coverage::FlowsOfHost* flows) {
    head(fact);
    automation(fact);
    lineage(fact);
    destinations(fact, details);
    if (flows != nullptr) {
      telemetry(*flows);
    }
    files(fact);
    evidence(fact, lines);
    for (const std::string& note : fact.notes) {
      row("note", to_safe(note));
    }
  }

 private:
  /// "  user        root (login alice)"
  void row(std::string_view what, std::string_view value) {
    out_ += fmt::format("  {:<12}{}\n", what, value);
  }

  void head(const facts::Fact& fact) {
    out_ += fmt::format("transfer {}  {} {} ({})\n", format_id(fact.id), to_safe(fact.tool),
                        to_word(fact.direction), to_word(fact.side));
    row("host", fact.host ? to_safe(*fact.host) : "(host unknown)");
    if (fact.node) {
      row("node", to_safe(*fact.node));
    }
    row("time", format_span(fact.start, fact.end));
    row("user", user_text(name_or_number(fact.uid_name, fact.uid),
                          name_or_number(fact.auid_name, fact.auid))
                        .substr(std::string_view("user ").size()) +
                    (fact.ses ? fmt::format(", session {}", *fact.ses) : ", no session"));
    row("bytes", fmt::format("{}    {}",
                             volume_text(fact.direction, fact.bytes_out, fact.bytes_in, fact.basis),
                             to_word(fact.basis)));
  }

  void automation(const facts::Fact& fact) {
    row("automation",
        fmt::format("{}{}", to_word(fact.automation), fact.scripted ? ", scripted" : ""));
    for (const facts::Reason& reason : fact.reasons) {
      row("", fmt::format("{}: {}{}", to_safe(reason.sign), to_safe(reason.text),
                          reason.event ? "  [" + audit::to_string(*reason.event) + "]" : ""));
    }
    if (fact.job) {
      row("job", fmt::format("{}: {}", to_safe(fact.job->kind), to_safe(fact.job->what)));
      if (fact.job->artefact) {
        row("", "defined in " + to_safe(*fact.job->artefact));
      }
    }
  }

  void program(std::string_view what, const facts::Program& program) {
    row(what, fmt::format("{} {} {}", program.pid, program.exe.empty() ? "?" : to_safe(program.exe),
                          shown(join_command(program.argv), options_)));
  }

  void lineage(const facts::Fact& fact) {
    program("process", fact.process);
    if (fact.cwd) {
      row("", "in " + to_safe(*fact.cwd));
    }
    if (fact.script) {
      row("", "script " + to_safe(*fact.script));
    }
    for (const facts::Program& parent : fact.lineage) {
      program("started by", parent);
    }
    if (fact.login) {
      row("login", fmt::format("{}, {} UTC", to_safe(facts::login_text(*fact.login)),
                               format_time(fact.login->time)));
    }
  }

  void destinations(const facts::Fact& fact, const std::vector<DestinationDetail>& details) {
    for (std::size_t i = 0; i < fact.destinations.size(); ++i) {
      const facts::Destination& to = fact.destinations[i];
      row("destination", fmt::format("{} {} by {}  {}    {}", endpoint_text(to),
                                     to_word(to.transport), to_word(to.source),
                                     volume_text(to.direction, to.bytes_out, to.bytes_in, to.basis),
                                     to_word(to.basis)));
      row("", fmt::format("{}, {}", format_count(to.connections, "connection"),
                          format_span(to.first, to.last)));
      if (to.flow) {
        row("", flow_text(*to.flow));
      }
      if (i >= details.size()) {
        continue;
      }
      for (const transfer::DescriptorUse& use : details[i].descriptors) {
        row("", fmt::format("descriptor {} of pid {}", use.fd, use.pid));
      }
      for (const CallSum& sum : details[i].calls) {
        row("", fmt::format("{}: {}, {}", to_safe(sum.call), format_count(sum.count, "call"),
                            format_amount(sum.bytes, transfer::Basis::measured)));
      }
    }
  }

  void telemetry(const coverage::FlowsOfHost& flows) {
    std::string own;
    for (const std::string& address : flows.addresses) {
      own += (own.empty() ? "" : ", ") + to_safe(address);
    }
    row("flows", fmt::format("of {}, {} of {} destinations of the host's transfers have some", own,
                             flows.joined, flows.in_time));
    for (const coverage::FlowsOfHost::Clock& clock : flows.clocks) {
      row("clocks", clock_text(clock));
    }
  }

  void files(const facts::Fact& fact) {
    if (const std::string told = files_text(fact); !told.empty()) {
      row("files", told);
    }
    for (const facts::FileUse& file : fact.files) {
      row("", file_text(file) +
                  (file.event ? "  [" + audit::to_string(*file.event) + "]" : std::string{}));
    }
  }

  void log_line(const LogLine& line) {
    const std::string text = options_.mask ? mask_log_line(line.text) : line.text;
    // A record of flows may be a document of several lines.
    std::string place = fmt::format("{}:{}: ", to_safe(line.file), line.line);
    for (std::string_view rest = text; !place.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      out_ += fmt::format("    {}{}\n", place, with_tabs(rest.substr(0, end)));
      place = end < rest.size() ? "  " : "";
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void evidence(const facts::Fact& fact, const std::vector<LogLine>& lines) {
    std::multimap<std::pair<std::string_view, std::uint64_t>, const LogLine*> waiting;
    for (const LogLine& line : lines) {
      waiting.emplace(std::pair(std::string_view(line.file), line.line), &line);
    }
    for (const facts::Evidence& item : fact.evidence) {
      const std::string place = item.line == 0
                                    ? to_safe(item.file)  // of the image, not the log
                                    : fmt::format("{}:{}", to_safe(item.file), item.line);
      row("evidence",
          fmt::format("{} {} [{}]", place, to_safe(item.what), audit::to_string(item.event)));
      const auto [first, last] = waiting.equal_range({item.file, item.line});
      for (auto hit = first; hit != last; ++hit) {
        log_line(*hit->second);
      }
      waiting.erase(first, last);
    }
    if (!waiting.empty()) {
      row("log lines", "other records of these events");
    }
    for (const LogLine& line : lines) {
      const auto [first, last] = waiting.equal_range({line.file, line.line});
      if (std::any_of(first, last, [&line](const auto& left) { return left.second == &line; })) {
        log_line(line);
      }
    }
  }

  std::string& out_;
  const Options& options_;
};

}  // namespace

void append_explanation(std::string& out, const facts::Fact& fact,
                        const std::vector<LogLine>& lines,
                        const std::vector<DestinationDetail>& details, const Options& options,
                        const coverage::FlowsOfHost* flows) {
  Explanation(out, options).write(options.mask ? masked(fact) : fact, lines, details, flows);
}

}  // namespace auexfil::report
