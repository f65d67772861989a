#include <utility>

#include <fmt/format.h>

#include "auexfil/artefacts/artefact.hpp"

namespace auexfil::artefacts {

bool Word::matches(std::string_view text) const {
  if (pieces.size() == 1) {
    return text == pieces.front();
  }
  const std::string& first = pieces.front();
  const std::string& last = pieces.back();
  if (text.size() < first.size() + last.size() || !text.starts_with(first) ||
      !text.ends_with(last)) {
    return false;
  }
  text.remove_prefix(first.size());
  text.remove_suffix(last.size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const std::size_t at = text.find(pieces[i]);
    if (at == std::string_view::npos) {
      return false;
    }
    text.remove_prefix(at + pieces[i].size());
  }
  return true;
}

std::string Artefact::where() const {
  return line == 0 ? path : fmt::format("{}:{}", path, line);
}

std::string_view to_word(Kind kind) {
  switch (kind) {
    case Kind::cron:
      return "cron";
    case Kind::cron_script:
      return "cron-script";
    case Kind::anacron:
      return "anacron";
    case Kind::at:
      return "at";
    case Kind::service:
      return "service";
    case Kind::user_service:
      return "user-service";
    case Kind::key_command:
      return "key-command";
    case Kind::ssh_rc:
      return "ssh-rc";
    case Kind::ci_runner:
      return "ci-runner";
    case Kind::ci_job:
      return "ci-job";
    case Kind::boot_script:
      return "boot-script";
    case Kind::incron:
      return "incron";
    case Kind::logrotate:
      return "logrotate";
    case Kind::dispatcher:
      return "dispatcher";
    case Kind::udev:
      return "udev";
    case Kind::supervisor:
      return "supervisor";
    case Kind::monit:
      return "monit";
    case Kind::git_hook:
      return "git-hook";
    case Kind::apt_hook:
      return "apt-hook";
    case Kind::pam:
      return "pam";
  }
  return {};
}

std::size_t size_of(const Values& variables) {
  constexpr std::size_t kEach = 128;  // a node and two texts
  std::size_t bytes = 0;
  for (const auto& [name, value] : variables) {
    bytes += name.size() + value.size() + kEach;
  }
  return bytes;
}

std::string template_of(std::string_view unit) {
  const std::size_t at = unit.find('@');
  const std::size_t dot = unit.rfind('.');
  return at == std::string_view::npos || dot == std::string_view::npos || dot < at
             ? std::string(unit)
             : std::string(unit.substr(0, at + 1)).append(unit.substr(dot));
}

namespace {

template <typename Is>
const Account* find_account(const std::vector<Account>& accounts, const Is& is_it) {
  for (const Account& account : accounts) {
    if (is_it(account)) {
      return &account;
    }
  }
  return nullptr;
}

}  // namespace

const Account* Inventory::account(std::uint32_t uid) const {
  return find_account(accounts, [uid](const Account& one) { return one.uid == uid; });
}

const Account* Inventory::account(std::string_view name) const {
  return find_account(accounts, [name](const Account& one) { return one.name == name; });
}

}  // namespace auexfil::artefacts
