#include "crontab.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "commands.hpp"
#include "cron_times.hpp"
#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostCopied = std::size_t{4} << 20U;  // of variables, to a table's lines

bool is_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// NAME = value; nothing for a line that starts something.
std::optional<std::pair<std::string_view, std::string_view>> variable(std::string_view line) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view name = unquoted(trimmed(line.substr(0, equals)));
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0 ||
      !std::all_of(name.begin(), name.end(), is_letter)) {
    return std::nullopt;
  }
  return std::pair(name, unquoted(trimmed(line.substr(equals + 1))));
}

/// A percent sign that is not escaped is the end of a line: the first line is the command, the
/// others are its standard input.
struct Given {
  std::string command;
  std::string input;
};

Given given_by(std::string_view text) {
  Given given;
  bool is_input = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escaped = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '%';
    i += is_escaped ? 1U : 0U;
    const bool ends = text[i] == '%' && !is_escaped;
    if (ends && !is_input) {
      is_input = true;
    } else {
      (is_input ? given.input : given.command).push_back(ends ? '\n' : text[i]);
    }
  }
  given.command = trimmed(given.command);
  return given;
}

/// Takes the schedule off a line: five fields or a nickname.
std::optional<std::string> take_schedule(std::string_view& line) {
  if (line.starts_with('@')) {
    const std::string_view word = take_word(line);
    if (word != "@reboot" && !parse_cron_times(word)) {
      return std::nullopt;
    }
    return std::string(word);
  }
  std::string schedule;
  for (int field = 0; field < 5; ++field) {
    schedule.append(field == 0 ? "" : " ").append(take_word(line));
  }
  return parse_cron_times(schedule) ? std::optional(std::move(schedule)) : std::nullopt;
}

/// What the tables of all crons have in common, of a line whose command is read.
/// \return false: it is no job's.
bool fill_job(Artefact& one, std::optional<std::string>&& schedule, const std::string& path,
              std::uint32_t number) {
  if (!schedule || one.command.empty()) {
    return false;
  }
  one.kind = Kind::cron;
  one.path = path;
  one.line = number;
  one.commands = split_shell(one.command);
  one.schedule = std::move(*schedule);
  return true;
}

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [name](std::string_view end) { return name.ends_with(end); });
}

bool is_debian_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || c == '-'; });
}

}  // namespace

std::vector<Artefact> parse_crontab(std::string_view text, const std::string& path,
                                    const std::string& user) {
  std::vector<Artefact> found;
  std::string zone;
  Values variables;
  std::size_t copied = 0;
  each_line(text, [&](std::string_view line, std::uint32_t number) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') {
      return;
    }
    if (const auto set = variable(line)) {
      if (set->first == "CRON_TZ") {
        zone = set->second;
      }
      if (variables.size() < kMostVariables && set->second.size() <= kMostValue) {
        variables.insert_or_assign(std::string(set->first), std::string(set->second));
      } else if (const auto old = variables.find(set->first); old != variables.end()) {
        variables.erase(old);
      }
      return;
    }
    std::optional<std::string> schedule = take_schedule(line);
    Artefact one;
    one.user = user.empty() ? std::string(take_word(line)) : user;
    Given given = given_by(line);
    one.command = std::move(given.command);
    one.input = std::move(given.input);
    if (!fill_job(one, std::move(schedule), path, number)) {
      return;
    }
    one.zone = zone;
    copied += size_of(variables);
    if (copied <= kMostCopied) {
      one.variables = variables;
    }
    found.push_back(std::move(one));
  });
  return found;
}

std::vector<Artefact> parse_fcrontab(std::string_view text, const std::string& path,
                                     const std::string& user) {
  std::vector<Artefact> found;
  each_joined_line(text, "", [&](std::string_view line, std::uint32_t number) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#' || line.front() == '!' || line.front() == '%' ||
        variable(line)) {
      return;
    }
    const bool is_often = line.front() == '@';
    const bool has_options = line.front() == '&' || is_often;
    const std::string_view options = has_options ? take_word(line) : std::string_view();
    std::optional<std::string> schedule;
    if (is_often && parse_cron_times(options)) {
      schedule = std::string(options);
    } else if (is_often) {
      schedule = "@ " + std::string(take_word(line));  // 2h30
    } else {
      schedule = take_schedule(line);
    }
    Artefact one;
    one.user = user.empty() ? std::string(take_word(line)) : user;
    one.command = trimmed(line);
    if (!fill_job(one, std::move(schedule), path, number)) {
      return;
    }
    found.push_back(std::move(one));
  });
  return found;
}

bool is_fcrons(const Artefact& artefact) {
  return artefact.kind == Kind::cron && artefact.path.starts_with("/var/spool/fcron/");
}

std::vector<Artefact> parse_anacrontab(std::string_view text, const std::string& path) {
  std::vector<Artefact> found;
  each_joined_line(text, "", [&](std::string_view line, std::uint32_t number) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#' || variable(line)) {
      return;
    }
    const std::string_view period = take_word(line);
    const std::string_view delay = take_word(line);
    const std::string_view job = take_word(line);
    Artefact one;
    one.command = trimmed(line);
    const bool is_period =
        period.starts_with('@') || period.find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_period || job.empty() || one.command.empty()) {
      return;
    }
    one.kind = Kind::anacron;
    one.path = path;
    one.line = number;
    one.user = "root";
    one.schedule.append(period).append(" ").append(delay).append(" ").append(job);
    one.commands = split_shell(one.command);
    found.push_back(std::move(one));
  });
  return found;
}

bool is_cron_name(std::string_view name, bool is_debian) {
  return is_debian ? is_debian_name(name)
                   : !name.empty() && name.front() != '.' && name.front() != '#' &&
                         !ends_with_any(name, {"~", ".rpmsave", ".rpmorig", ".rpmnew"});
}

bool is_run_parts_name(std::string_view name, bool is_debian) {
  return is_debian ? is_debian_name(name)
                   : !name.empty() && name.front() != '.' && name != "jobs.allow" &&
                         name != "jobs.deny" && name.find(".rpm") == std::string_view::npos &&
                         !ends_with_any(name, {"~", ",", ".swp", ".cfsaved"});
}

}  // namespace auexfil::artefacts
