#include "homes.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <utility>

#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostAccounts = 65536;

std::optional<Account> account_of(std::string_view line) {
  std::string_view fields[6];
  for (std::string_view& field : fields) {
    field = line.substr(0, line.find(':'));
    line.remove_prefix(std::min(field.size() + 1, line.size()));
  }
  std::uint32_t uid = 0;
  const char* const end = fields[2].data() + fields[2].size();
  const auto [rest, error] = std::from_chars(fields[2].data(), end, uid);
  if (error != std::errc() || rest != end || fields[0].empty()) {
    return std::nullopt;
  }
  std::string home(fields[5]);
  while (home.size() > 1 && home.ends_with('/')) {
    home.pop_back();
  }
  return Account{std::string(fields[0]), uid, std::move(home)};
}

}  // namespace

void read_accounts(Reader& reader) {
  Inventory& found = reader.found();
  const std::string text = reader.text("/etc/passwd").value_or(std::string());
  each_line(text, [&](std::string_view line, std::uint32_t) {
    std::optional<Account> account = account_of(line);
    if (account && found.accounts.size() < kMostAccounts) {
      found.accounts.push_back(std::move(*account));
    }
  });
  std::set<std::string> known;
  const auto add = [&](const Account& account) {
    if (account.home.starts_with('/') && account.home.size() > 1 &&
        known.insert(account.home).second && reader.is_folder(account.home)) {
      found.homes.push_back(account);
    }
  };
  for (const Account& account : found.accounts) {
    add(account);
  }
  add({"root", 0, "/root"});
  for (const std::string& name : reader.names("/home").value_or(std::vector<std::string>())) {
    const Account* const account = found.account(std::string_view(name));
    add({name, account != nullptr ? account->uid : std::nullopt, "/home/" + name});
  }
}

}  // namespace auexfil::artefacts
