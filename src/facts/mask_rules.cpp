#include "mask_rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

namespace auexfil::facts {
namespace {

// name, family, flags, runs_another, bare_userinfo, takes_script, long_attached
constexpr Tool kTools[] = {
    {"7z", "7z", "", false, false, false, false},
    {"7za", "7z", "", false, false, false, false},
    {"7zr", "7z", "", false, false, false, false},
    {"aria2c", "aria2c", "", false, true, false, false},
    {"aws", "aws", "", false, false, false, false},
    {"curl", "curl", "#0123468aBfgGiIjJklLMnNOpqRsSvVZ:", false, true, false, false},
    {"expect", "expect", "", false, false, true, false},
    {"ftpget", "ftpput", "cv", false, false, false, false},
    {"ftpput", "ftpput", "cv", false, false, false, false},
    {"ldapsearch", "ldap", "x", false, false, false, false},
    {"lftp", "lftp", "d", false, true, true, false},
    {"mariadb", "mysql", "", false, false, false, true},
    {"mariadb-dump", "mysql", "", false, false, false, true},
    {"megaput", "ftpput", "", false, false, false, false},
    {"megacopy", "ftpput", "", false, false, false, false},
    {"mongodump", "mongo", "", false, false, false, true},
    {"mongoexport", "mongo", "", false, false, false, true},
    {"mongosh", "mongo", "", false, false, false, true},
    {"mysql", "mysql", "", false, false, false, true},
    {"mysqladmin", "mysql", "", false, false, false, true},
    {"mysqldump", "mysql", "", false, false, false, true},
    {"mysqlimport", "mysql", "", false, false, false, true},
    {"ncftp", "ncftp", "aAbBcCDEFImRvVyzZ", false, true, false, false},
    {"ncftpbatch", "ncftp", "aAbBcCDEFImRvVyzZ", false, false, false, false},
    {"ncftpget", "ncftp", "aAbBcCDEFImRvVyzZ", false, true, false, false},
    {"ncftpls", "ncftp", "aAbBcCDEFImRvVyzZ1lx", false, true, false, false},
    {"ncat", "ncat", "", false, false, false, false},
    {"ncftpput", "ncftp", "aAbBcCDEFImRvVyzZ", false, true, false, false},
    {"iodine", "iodine", "fr46", false, false, false, false},
    {"openssl", "openssl", "", false, false, false, false},
    {"plink", "putty", "", false, false, false, false},
    {"pscp", "putty", "", false, false, false, false},
    {"psftp", "putty", "", false, false, false, false},
    {"rclone", "rclone", "", false, false, false, false},
    {"redis-cli", "redis", "", false, false, false, false},
    {"smbclient", "samba", "NEgkL", false, false, false, false},
    {"sshpass", "sshpass", "evV", true, false, false, false},
    {"swaks", "swaks", "", false, false, false, false},
    {"swift", "swift", "", false, false, false, false},
    {"twine", "twine", "", false, false, false, false},
    {"unzip", "zip", "", false, false, false, false},
    {"wget", "wget", "", false, true, false, false},
    {"zip", "zip", "rqjymT0123456789", false, false, false, false},
};

// Sorted by family.
constexpr OptionRule kOptions[] = {
    {"7z", "-p", Form::attached, Hide::value},
    {"aws", "aws_secret_access_key", Form::next, Hide::value},
    {"curl", "--cert", Form::either, Hide::after_colon},
    {"curl", "--oauth2-bearer", Form::either, Hide::value},
    {"curl", "--pass", Form::either, Hide::value},
    {"curl", "--proxy-cert", Form::either, Hide::after_colon},
    {"curl", "--proxy-pass", Form::either, Hide::value},
    {"curl", "--proxy-user", Form::either, Hide::after_colon},
    {"curl", "--user", Form::either, Hide::after_colon},
    {"curl", "-E", Form::either, Hide::after_colon},
    {"curl", "-U", Form::either, Hide::after_colon},
    {"curl", "-u", Form::either, Hide::after_colon},
    {"ftpput", "--password", Form::either, Hide::value},
    {"ftpput", "-p", Form::either, Hide::value},
    {"iodine", "-P", Form::either, Hide::value},
    {"ldap", "-w", Form::either, Hide::value},
    {"lftp", "--password", Form::either, Hide::value},
    {"lftp", "--user", Form::either, Hide::after_comma},
    {"lftp", "-u", Form::either, Hide::after_comma},
    {"mongo", "-p", Form::either, Hide::value},
    {"mysql", "-p", Form::attached, Hide::value},
    {"ncat", "--proxy-auth", Form::either, Hide::after_colon},
    {"ncftp", "-p", Form::either, Hide::value},
    {"openssl", "-k", Form::next, Hide::value},
    {"openssl", "-pass", Form::next, Hide::after_colon},
    {"openssl", "-passin", Form::next, Hide::after_colon},
    {"openssl", "-passout", Form::next, Hide::after_colon},
    {"putty", "-pw", Form::next, Hide::value},
    {"rclone", "obscure", Form::next, Hide::value},
    {"rclone", "pass", Form::next, Hide::value},
    {"redis", "-a", Form::next, Hide::value},
    {"samba", "--user", Form::either, Hide::after_percent},
    {"samba", "-U", Form::either, Hide::after_percent},
    {"sshpass", "-p", Form::either, Hide::value},
    {"swaks", "-ap", Form::next, Hide::value},
    {"swift", "--key", Form::either, Hide::value},
    {"swift", "-K", Form::either, Hide::value},
    {"twine", "-p", Form::either, Hide::value},
    {"wget", "--ftp-password", Form::either, Hide::value},
    {"wget", "--http-password", Form::either, Hide::value},
    {"wget", "--password", Form::either, Hide::value},
    {"wget", "--proxy-password", Form::either, Hide::value},
    {"zip", "-P", Form::either, Hide::value},
};

constexpr bool by_family(const OptionRule& a, const OptionRule& b) {
  return a.family < b.family;
}
static_assert(std::is_sorted(std::begin(kOptions), std::end(kOptions), by_family));

// Names are split at - _ . and where a capital begins; the last part decides.
constexpr std::string_view kSecretParts[] = {
    "apikey", "bearer", "passcode", "passphrase", "passwd",  "password", "passwords", "pass",
    "psk",    "pw",     "pwd",      "secret",     "secrets", "sig",      "signature", "token",
};
// ... or a longer word that ends in one of these ("sshpass", "pgpassword"),
constexpr std::string_view kSecretEndings[] = {"pass", "passwd", "password", "secret", "token"};
// ... but for words of their own: descriptors that are passed, programs that ask, vaults, filters
// of frequencies and runs over a film.
constexpr std::string_view kNoSecrets[] = {
    "allpass",   "askpass",    "bandpass",   "bypass",   "compass",  "encompass", "fdpass",
    "firstpass", "highpass",   "keepass",    "lastpass", "lowpass",  "multipass", "onepass",
    "overpass",  "secondpass", "singlepass", "surpass",  "trespass", "twopass",   "underpass"};
// ... or the last two parts.
constexpr std::string_view kSecretPairs[] = {"access key", "account key", "api key",
                                             "auth key",   "private key", "secret key"};
// One of these anywhere, and it is a switch: --no-password, --ask-pass.
constexpr std::string_view kSwitchParts[] = {"allow",  "ask",     "disable", "no",
                                             "prompt", "require", "stdin",   "without"};
// In variables of the environment "secret" and "password" decide wherever they stand, unless the
// last part says that the value only points there.
constexpr std::string_view kPointerParts[] = {
    "age",  "authentication", "cmd",     "command", "dir",    "env",
    "fd",   "file",           "home",    "id",      "len",    "length",
    "name", "path",           "policy",  "program", "prompt", "prompts",
    "ref",  "store",          "timeout", "ttl",     "url"};
// Answers to a question, and the number of a run (x264 --pass 2): nobody's password.
constexpr std::string_view kAnswers[] = {"yes", "no", "true", "false", "on", "off"};

constexpr std::string_view kAssigners[] = {"docker", "env",  "export",     "podman",
                                           "setenv", "sudo", "systemd-run"};

constexpr std::string_view kHeaders[] = {
    "authorization:", "proxy-authorization:", "cookie:",        "private-token:",
    "job-token:",     "x-api-key:",           "x-auth-token:",  "x-amz-security-token:",
    "x-auth-key:",    "x-access-token:",      "x-vault-token:", "api-key:",
};
constexpr std::string_view kAuthSchemes[] = {"basic",     "bearer", "digest",
                                             "negotiate", "ntlm",   "token"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

template <std::size_t N>
bool holds(const std::string_view (&list)[N], std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

bool equal_any_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

/// "clientSecret", "CLIENT_SECRET", "--client-secret" -> client, secret.
std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool hump = i > 0 && is_upper(c) && !is_upper(name[i - 1]);
    const bool between = c == '-' || c == '_' || c == '.';
    if ((hump || between) && !parts.back().empty()) {
      parts.emplace_back();
    }
    if (!between) {
      parts.back().push_back(lower(c));
    }
  }
  return parts;
}

bool is_environment_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_upper(c) || c == '_' || (c >= '0' && c <= '9'); });
}

bool ends_secretly(std::string_view part) {
  return !holds(kNoSecrets, part) &&
         std::any_of(std::begin(kSecretEndings), std::end(kSecretEndings),
                     [part](std::string_view ending) { return part.ends_with(ending); });
}

bool is_secret_variable(std::string_view name, const std::vector<std::string>& parts) {
  if (name == "PWD" || name == "OLDPWD" || holds(kPointerParts, parts.back())) {
    return false;
  }
  const bool is_key =
      parts.size() > 1 && parts.back() == "key" && parts[parts.size() - 2] != "public";
  return is_key || holds(kSecretParts, parts.back()) ||
         std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
           return part.find("secret") != std::string::npos ||
                  part.find("password") != std::string::npos || ends_secretly(part);
         });
}

}  // namespace

std::string_view base_name(std::string_view word) {
  // Not find_last_of(), which searches its set for each character.
  static constexpr std::string_view kCuts = "/;|&(`\"'${[";
  static constexpr auto kEnds = [] {
    std::array<bool, 256> ends{};
    for (const char c : kCuts) {
      ends[static_cast<unsigned char>(c)] = true;
    }
    return ends;
  }();
  std::size_t from = word.size();
  while (from > 0 && !kEnds[static_cast<unsigned char>(word[from - 1])]) {
    --from;
  }
  return word.substr(from);
}

const Tool* find_tool(std::string_view word) {
  constexpr std::size_t kLongest =
      std::max_element(std::begin(kTools), std::end(kTools), [](const Tool& a, const Tool& b) {
        return a.name.size() < b.name.size();
      })->name.size();
  // Where no cut is so near to the end, it is none: most words are long paths or texts.
  word.remove_prefix(word.size() - std::min(word.size(), kLongest + 1));
  const std::string_view name = base_name(word);
  const auto* const hit = std::find_if(std::begin(kTools), std::end(kTools),
                                       [name](const Tool& tool) { return tool.name == name; });
  return hit == std::end(kTools) ? nullptr : hit;
}

std::span<const OptionRule> option_rules(const Tool& tool) {
  const auto [first, last] =
      std::equal_range(std::begin(kOptions), std::end(kOptions),
                       OptionRule{tool.family, "", Form::either, Hide::value}, by_family);
  return {first, last};
}

bool is_secret_name(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  if (name.empty() || name.size() > 100) {
    return false;
  }
  const std::vector<std::string> parts = parts_of(name);
  if (std::any_of(parts.begin(), parts.end(),
                  [](const std::string& part) { return holds(kSwitchParts, part); })) {
    return false;
  }
  if (is_environment_name(name)) {
    return is_secret_variable(name, parts);
  }
  const std::string& last = parts.back();
  return holds(kSecretParts, last) || ends_secretly(last) ||
         (parts.size() > 1 && holds(kSecretPairs, parts[parts.size() - 2] + " " + last));
}

bool is_plain_answer(std::string_view value) {
  return (value.size() == 1 && value[0] >= '0' && value[0] <= '9') ||
         std::any_of(std::begin(kAnswers), std::end(kAnswers),
                     [value](std::string_view answer) { return equal_any_case(answer, value); });
}

bool takes_assignments(std::string_view command) {
  return holds(kAssigners, command);
}

std::optional<std::size_t> find_secret_header(std::string_view word) {
  for (auto at = word.find(':'); at != std::string_view::npos; at = word.find(':', at + 1)) {
    const std::string_view until = word.substr(0, at + 1);  // each header ends in one
    for (const std::string_view header : kHeaders) {
      if (until.size() >= header.size() &&
          equal_any_case(until.substr(until.size() - header.size()), header)) {
        return at + 1;
      }
    }
  }
  return std::nullopt;
}

bool is_auth_scheme(std::string_view word) {
  return std::any_of(std::begin(kAuthSchemes), std::end(kAuthSchemes),
                     [word](std::string_view scheme) { return equal_any_case(scheme, word); });
}

}  // namespace auexfil::facts
