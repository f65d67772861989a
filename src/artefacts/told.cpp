#include <algorithm>
#include <array>

#include "auexfil/artefacts/logins.hpp"
#include "auexfil/input/whole_number.hpp"
#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) {
    return false;
  }
  text.remove_prefix(word.size());
  return true;
}

template <std::size_t Size>
bool is_one_of(std::string_view text, const std::array<std::string_view, Size>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// Up to 9.7 sshd itself, from 9.8 on the program of a session.
bool is_sshd(std::string_view tag) {
  return tag == "sshd" || tag == "sshd-session";
}

/// "ADDR port N ssh2[: KEY]" and nothing else. \return false: it is not.
bool read_peer(std::string_view text, Told& told) {
  const std::string_view address = take_word(text);
  const bool has_port = take(text, " port ");
  const auto port = input::whole_number<std::uint16_t>(take_word(text));
  if (!has_port || !port || !take(text, " ssh2") || !(text.empty() || take(text, ": "))) {
    return false;
  }
  told.address = audit::IpAddress::parse(address.substr(0, address.find('%')));
  told.port = port;
  told.key = trimmed(text);
  return true;
}

/// "Accepted METHOD for USER from ADDR port N ssh2[: KEY]" (auth.c auth_log()). A user's name and a
/// certificate's may hold anything: a line that can be read in two ways is not read.
std::optional<Told> tell_accepted(std::string_view text) {
  constexpr std::string_view kFrom = " from ";
  Told told;
  told.kind = Told::Kind::accepted;
  if (!take(text, "Accepted ")) {
    return std::nullopt;
  }
  told.method = take_word(text);
  if (!take(text, " for ") || text.starts_with("invalid user ")) {
    return std::nullopt;
  }
  std::size_t ways = 0;
  for (auto at = text.find(kFrom); at != std::string_view::npos; at = text.find(kFrom, at + 1)) {
    Told one = told;
    if (at > 0 && read_peer(text.substr(at + kFrom.size()), one)) {
      one.user = text.substr(0, at);
      told = ++ways == 1 ? one : told;
    }
  }
  return ways == 1 ? std::optional(told) : std::nullopt;
}

/// "ADDR:N" and nothing else; an address of IPv6 has no brackets.
bool read_bare_peer(std::string_view text, Told& told) {
  const std::size_t colon = text.rfind(':');
  const auto port = colon == std::string_view::npos
                        ? std::nullopt
                        : input::whole_number<std::uint16_t>(text.substr(colon + 1));
  const std::string_view address = text.substr(0, colon);
  told.address = audit::IpAddress::parse(address.substr(0, address.find('%')));
  told.port = port;
  return port && told.address;
}

/// dropbear's "Password auth succeeded for 'USER' from ADDR:N" and "Pubkey auth succeeded for
/// 'USER' with [TYPE] key FINGERPRINT from ADDR:N" (svr-authpasswd.c, svr-authpubkey.c; "extra auth
/// required" behind it: nobody is in yet). The user stands in passwd, a key has no name.
std::optional<Told> tell_dropbear(std::string_view text) {
  constexpr std::string_view kSucceeded = " auth succeeded for '";
  constexpr std::string_view kFrom = " from ";
  constexpr std::string_view kKey = "key ";
  constexpr std::array<std::string_view, 4> kPasswords = {"Password", "password", "PAM password",
                                                          "pam password"};
  constexpr std::array<std::string_view, 2> kKeys = {"Pubkey", "pubkey"};
  const std::size_t said = text.find(kSucceeded);
  const std::string_view method = text.substr(0, said);
  const bool is_key = is_one_of(method, kKeys);
  if (said == std::string_view::npos || (!is_key && !is_one_of(method, kPasswords))) {
    return std::nullopt;
  }
  text.remove_prefix(said + kSucceeded.size());
  Told told;
  told.kind = Told::Kind::accepted;
  told.method = is_key ? "publickey" : "password";
  told.user = text.substr(0, text.find('\''));
  text.remove_prefix(std::min(told.user.size() + 1, text.size()));
  const std::size_t from = text.find(kFrom);
  if (told.user.empty() || from == std::string_view::npos ||
      !read_bare_peer(text.substr(from + kFrom.size()), told)) {
    return std::nullopt;
  }
  text = text.substr(0, from);
  if (!is_key) {
    return text.empty() ? std::optional(told) : std::nullopt;
  }
  const std::size_t key = text.find(kKey);
  if (!text.starts_with(" with ") || key == std::string_view::npos) {
    return std::nullopt;
  }
  told.key = text.substr(key + kKey.size());
  return told;
}

/// "root(uid=0)" -> "root".
std::string_view without_uid(std::string_view name) {
  return name.substr(0, name.find('('));
}

/// "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)".
std::optional<Told> tell_opened(std::string_view text) {
  constexpr std::array<std::string_view, 7> kChanges = {"su",      "su-l",      "sudo", "sudo-i",
                                                        "runuser", "runuser-l", "doas"};
  constexpr std::array<std::string_view, 6> kJobs = {"cron",    "crond",        "atd",
                                                     "anacron", "systemd-user", "fcron"};
  if (!take(text, "pam_")) {
    return std::nullopt;
  }
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || text.substr(0, open).find(' ') != std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(open + 1);
  const std::string_view service = text.substr(0, text.find(':'));
  text.remove_prefix(service.size());
  if (!take(text, ":session): session opened for user ") || is_one_of(service, kJobs)) {
    return std::nullopt;
  }
  Told told;
  told.kind = is_one_of(service, kChanges) ? Told::Kind::became : Told::Kind::opened;
  const std::string_view name = take_word(text);
  told.user = without_uid(name);
  if (take(text, " by ")) {
    told.by = without_uid(take_word(text));
  }
  return told.user.empty() ? std::nullopt : std::optional(told);
}

/// "New session 17 of user alice.", of later versions "New session '17' of user 'alice' with …".
std::optional<Told> tell_session(std::string_view text) {
  const auto bare = [](std::string_view word) {
    while (word.ends_with('.') || word.ends_with('\'')) {
      word.remove_suffix(1);
    }
    return word.substr(word.starts_with('\'') ? 1 : 0);
  };
  Told told;
  told.kind = Told::Kind::new_session;
  if (!take(text, "New session ")) {
    return std::nullopt;
  }
  const auto session = input::whole_number<std::uint32_t>(bare(take_word(text)));
  if (!session || !take(text, " of user ")) {
    return std::nullopt;
  }
  told.session = *session;
  told.user = bare(take_word(text));
  return told.user.empty() ? std::nullopt : std::optional(told);
}

/// "(root) CMD (run-parts /etc/cron.daily)": parentheses within are not escaped, the last one ends
/// it (cron's misc.c log_it()). systemd-cron writes the same.
std::optional<Told> tell_cron(std::string_view text) {
  Told told;
  told.kind = Told::Kind::ran;
  const std::size_t close = text.find(") ");
  if (!take(text, "(") || close == std::string_view::npos || close == 0) {
    return std::nullopt;
  }
  told.user = text.substr(0, close - 1);
  text.remove_prefix(close + 1);
  text = trimmed(text);
  if (!take(text, "CMD (") || !text.ends_with(')')) {
    return std::nullopt;
  }
  text.remove_suffix(1);
  told.command = trimmed(text);
  return told.user.empty() || told.command.empty() ? std::nullopt : std::optional(told);
}

/// "Job `cron.daily' started" (anacron's runjob.c).
std::optional<Told> tell_anacron(std::string_view text) {
  Told told;
  told.kind = Told::Kind::began;
  const std::size_t close = text.find("' started");
  if (!take(text, "Job `") || close == std::string_view::npos) {
    return std::nullopt;
  }
  told.command = text.substr(0, close - std::string_view("Job `").size());
  return told.command.empty() ? std::nullopt : std::optional(told);
}

/// "Starting backup.service - Nightly backup..." (systemd 249 and later name the unit).
std::optional<Told> tell_unit(std::string_view text) {
  Told told;
  told.kind = Told::Kind::began;
  if (!take(text, "Starting ") && !take(text, "Started ")) {
    return std::nullopt;
  }
  std::string_view unit = take_word(text);
  while (unit.ends_with('.')) {
    unit.remove_suffix(1);
  }
  told.command = unit;
  return unit.ends_with(".service") ? std::optional(told) : std::nullopt;
}

/// "[   12.345678] audit: audit_lost=3 audit_rate_limit=0 audit_backlog_limit=64", and what it lost
/// them for (kernel/audit.c, audit_log_lost() and who calls it). A boot's first line begins the
/// count.
std::optional<Told> tell_lost(std::string_view text) {
  constexpr std::array<std::string_view, 7> kWhy = {"backlog limit exceeded",
                                                    "rate limit exceeded",
                                                    "printk limit exceeded",
                                                    "kauditd hold queue overflow",
                                                    "kauditd retry queue overflow",
                                                    "out of memory in ",
                                                    "audit_backlog="};
  Told told;
  told.kind = Told::Kind::lost;
  if (text.starts_with('[')) {  // since the boot
    text.remove_prefix(std::min(text.find(']'), text.size() - 1) + 1);
  }
  text = trimmed(text);
  if (text.starts_with("Linux version ")) {
    told.count = 0;
    return told;
  }
  if (!take(text, "audit: ")) {
    return std::nullopt;
  }
  if (take(text, "audit_lost=")) {
    told.count = input::whole_number<std::uint32_t>(take_word(text));  // atomic_t
    return told.count && text.starts_with(" audit_rate_limit=") ? std::optional(told)
                                                                : std::nullopt;
  }
  const bool is_lost = std::any_of(kWhy.begin(), kWhy.end(),
                                   [text](std::string_view why) { return text.starts_with(why); });
  return is_lost ? std::optional(told) : std::nullopt;
}

}  // namespace

std::optional<Told> tell(const input::SystemLine& line) {
  if (line.is_kernel) {
    return tell_lost(line.text);
  }
  constexpr std::array<std::string_view, 5> kCron = {"CRON", "CROND", "cron", "crond", "crontab"};
  std::optional<Told> told;
  if (is_sshd(line.tag)) {
    told = tell_accepted(line.text);
  } else if (line.tag == "dropbear") {
    told = tell_dropbear(line.text);
  } else if (line.tag == "systemd-logind") {
    return tell_session(line.text);
  } else if (is_one_of(line.tag, kCron)) {
    told = tell_cron(line.text);
  } else if (line.tag == "anacron") {
    return tell_anacron(line.text);
  } else if (line.tag == "systemd") {
    return line.pid == 1U ? tell_unit(line.text) : std::nullopt;
  }
  return told ? told : tell_opened(line.text);
}

}  // namespace auexfil::artefacts
