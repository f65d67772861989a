#include "at_spool.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include <fmt/chrono.h>

#include "commands.hpp"
#include "lines.hpp"
#include "sources.hpp"

namespace auexfil::artefacts {
namespace {

std::optional<std::uint32_t> hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

/// Red Hat's at gives the job to the user's shell: `${SHELL:-/bin/sh} << 'marcinDELIMITER1a2b'`,
/// the job, and the mark again. \return the job.
std::string_view without_shell(std::string_view body) {
  constexpr std::string_view kShell = "${SHELL:-/bin/sh} << ";
  const std::size_t end = body.find('\n');
  if (!body.starts_with(kShell) || end == std::string_view::npos) {
    return body;
  }
  std::string_view mark = unquoted(trimmed(body.substr(kShell.size(), end - kShell.size())));
  body.remove_prefix(end + 1);
  if (!mark.empty() && body.ends_with(mark)) {
    body.remove_suffix(mark.size());
  }
  return trimmed(body);
}

}  // namespace

std::optional<AtName> parse_at_name(std::string_view name) {
  constexpr std::size_t kJobDigits = 5;
  constexpr std::size_t kTimeDigits = 8;
  AtName made;
  made.runs = name.starts_with('=');
  if (name.size() != 1 + kJobDigits + kTimeDigits) {
    return std::nullopt;
  }
  made.queue = name.front();
  const auto job = hex(name.substr(1, kJobDigits));
  const auto minutes = hex(name.substr(1 + kJobDigits));
  if ((!made.runs && std::isalpha(static_cast<unsigned char>(made.queue)) == 0) || !job ||
      !minutes) {
    return std::nullopt;
  }
  made.job = *job;
  made.due = std::int64_t{*minutes} * 60;
  return made;
}

std::optional<Artefact> parse_at_job(std::string_view text, const std::string& path) {
  Artefact one;
  one.kind = Kind::at;
  one.path = path;
  bool in_folder = false;  // behind `cd DIR || {`
  bool in_body = false;
  each_line(text, [&](std::string_view line, std::uint32_t) {
    if (in_body) {
      one.command.append(line).push_back('\n');
    } else if (line.starts_with("# atrun uid=")) {
      std::uint32_t uid = 0;
      const std::string_view digits = line.substr(line.find('=') + 1);
      if (std::from_chars(digits.data(), digits.data() + digits.size(), uid).ec == std::errc()) {
        one.uid = uid;
      }
    } else if (line.starts_with("cd ")) {
      in_folder = true;
    } else if (in_folder && trimmed(line) == "}") {
      in_body = true;
    }
  });
  one.command = std::string(without_shell(trimmed(one.command)));
  if (one.command.empty()) {
    return std::nullopt;
  }
  one.commands = split_shell(one.command);
  return one;
}

void collect_at(Reader& reader) {
  constexpr std::array<const char*, 3> kFolders = {"/var/spool/cron/atjobs", "/var/spool/at",
                                                   "/var/spool/atjobs"};
  for (const char* const folder : kFolders) {
    for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
      const auto queued = parse_at_name(name);
      const std::string path = std::string(folder) + "/" + name;
      auto job =
          queued ? parse_at_job(reader.text(path).value_or(std::string()), path) : std::nullopt;
      if (!job) {
        continue;
      }
      job->schedule =
          fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(queued->due)));
      if (const Account* const owner = job->uid ? reader.found().account(*job->uid) : nullptr) {
        job->user = owner->name;
      }
      reader.add(std::move(*job));
    }
  }
}

}  // namespace auexfil::artefacts
