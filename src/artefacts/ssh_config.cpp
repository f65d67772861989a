#include "ssh_config.hpp"

#include <algorithm>
#include <fnmatch.h>
#include <utility>

#include "auexfil/audit/fields.hpp"
#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostFiles = 64;  // that are read for a host
constexpr int kDeepest = 16;            // READCONF_MAX_DEPTH of ssh's readconf.c
constexpr std::size_t kMostBytes = std::size_t{64} << 10U;  // of a file

/// ssh's patterns: * and ?.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t star = std::string_view::npos;
  std::size_t tried = 0;
  std::size_t p = 0;
  for (std::size_t n = 0; n < name.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      tried = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++tried;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(),
                     [](char c) { return c == '*'; });
}

/// Of Host: one of them, and none that is negated.
bool is_meant(std::string_view patterns, std::string_view host) {
  bool any = false;
  for (std::string_view word = take_word(patterns); !word.empty(); word = take_word(patterns)) {
    word = unquoted(word);
    const bool is_negated = word.starts_with('!');
    if (matches(word.substr(is_negated ? 1 : 0), host)) {
      if (is_negated) {
        return false;
      }
      any = true;
    }
  }
  return any;
}

/// %h is what the command named.
std::string with_name(std::string_view value, std::string_view host) {
  std::string made;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%' && i + 1 < value.size() && (value[i + 1] == 'h' || value[i + 1] == '%')) {
      made.append(value[i + 1] == 'h' ? host : "%");
      ++i;
    } else {
      made += value[i];
    }
  }
  return made;
}

/// The same of a list with commas, as Match has them.
bool is_listed(std::string_view list, std::string_view name) {
  std::string patterns(list);
  std::replace(patterns.begin(), patterns.end(), ',', ' ');
  return is_meant(patterns, name);
}

/// Takes the next word off `text`, which may be in quotes.
std::string_view take_argument(std::string_view& text) {
  text = trimmed(text);
  if (!text.starts_with('"')) {
    return take_word(text);
  }
  const std::size_t end = std::min(text.find('"', 1), text.size());
  const std::string_view argument = text.substr(1, end - 1);
  text.remove_prefix(std::min(end + 1, text.size()));
  return argument;
}

/// Does what stands in a block hold for the host?
enum class Holds : std::uint8_t { no, perhaps, yes };

}  // namespace

/// The files that say something of one host, in ssh's order: the first value of each setting holds.
class SshConfig::Reading {
 public:
  Reading(SshConfig& config, const Asked& asked, SshHost& said)
      : config_(config), asked_(asked), said_(said) {
    const Account* const account = config.inventory_.account(std::string_view(asked.user));
    home_ = account == nullptr ? std::string() : account->home;
  }

  void run() {
    if (asked_.file) {
      if (asked_.file->empty()) {
        said_.is_unsure = true;
      } else if (*asked_.file != "none") {
        const std::size_t before = files_;
        read(*asked_.file, own_folder(), Holds::yes, 0);
        said_.is_unsure = said_.is_unsure || files_ == before;  // ssh would not go on without it
      }
      return;
    }
    if (!home_.empty()) {
      read(home_ + "/.ssh/config", own_folder(), Holds::yes, 0);
    }
    read("/etc/ssh/ssh_config", "/etc/ssh", Holds::yes, 0);
  }

 private:
  /// What stands where.
  struct Block {
    std::string folder;  ///< of files that are included
    Holds outer = Holds::yes;
    Holds holds = Holds::yes;
    bool is_final{};  ///< read when the host is settled: its HostName comes too late
    int depth{};
  };

  [[nodiscard]] std::string own_folder() const {
    return home_.empty() ? std::string() : home_ + "/.ssh";
  }

  void read(const std::string& path, const std::string& folder, Holds outer, int depth) {
    if (files_ >= kMostFiles) {
      said_.is_unsure = true;
      return;
    }
    const File& file = config_.file(path);
    if (!file.text.empty()) {
      ++files_;
    }
    Block block{folder, outer, outer, false, depth};
    each_line(file.text, [&](std::string_view line, std::uint32_t) { take(line, block); });
    doubt(file.is_unread ? outer : Holds::no);
  }

  void take(std::string_view line, Block& block) {
    line = trimmed(line);
    const std::size_t end = std::min(line.find_first_of(" \t="), line.size());
    const std::string key = lower(line.substr(0, end));
    std::string_view value = trimmed(line.substr(end));
    if (value.starts_with('=')) {
      value = trimmed(value.substr(1));
    }
    if (line.starts_with('#') || value.empty()) {
      return;
    }
    if (key == "host") {
      block.holds = is_meant(value, asked_.host) ? block.outer : Holds::no;
      block.is_final = false;
    } else if (key == "match") {
      block.is_final = false;
      block.holds = std::min(block.outer, matches_all(value, block.is_final));
    } else if (block.holds != Holds::no) {
      set(key, value, block);
    }
  }

  void set(std::string_view key, std::string_view value, const Block& block) {
    const std::string text(unquoted(value));
    if (key == "include") {
      include(value, block);
    } else if (key == "hostname" && !said_.host && !block.is_final) {
      settle(said_.host, with_name(text, asked_.host), block.holds);
    } else if (key == "proxyjump" && !said_.jump) {
      settle(said_.jump, text, block.holds);
    } else if (key == "proxycommand" && !said_.command) {
      settle(said_.command, text, block.holds);
    } else if (std::uint32_t port = 0;
               key == "port" && !said_.port && audit::parse_number(text, port) && port <= 0xffff) {
      settle(said_.port, static_cast<std::uint16_t>(port), block.holds);
    }
  }

  template <typename T>
  void settle(std::optional<T>& to, T value, Holds holds) {
    if (holds == Holds::yes) {
      to = std::move(value);
    } else {
      doubt(holds);
    }
  }

  void doubt(Holds holds) { said_.is_unsure = said_.is_unsure || holds != Holds::no; }

  /// All of a Match's criteria. \param is_final  set where it is read when the host is settled.
  Holds matches_all(std::string_view criteria, bool& is_final) const {
    Holds all = Holds::yes;
    while (!trimmed(criteria).empty()) {
      const std::string word = lower(take_argument(criteria));
      const bool is_negated = word.starts_with('!');
      std::string name = word.substr(is_negated ? 1 : 0);
      std::string given;
      if (const std::size_t equals = name.find('='); equals != std::string::npos) {
        given = name.substr(equals + 1);
        name.resize(equals);
      }
      is_final = is_final || name == "final" || name == "canonical";
      const bool is_alone = name == "all" || name == "final" || name == "canonical";
      if (!is_alone && given.empty()) {
        given = take_argument(criteria);
      }
      const Holds one = name == "all" ? Holds::yes : matches_one(name, given);
      all = std::min(all, !is_negated         ? one
                          : one == Holds::yes ? Holds::no
                          : one == Holds::no  ? Holds::yes
                                              : one);
    }
    return all;
  }

  /// Nobody knows but the run what exec says, and as whom it logs in there.
  [[nodiscard]] Holds matches_one(std::string_view name, std::string_view given) const {
    const bool is_user = name == "localuser" && !asked_.user.empty();
    if (name == "originalhost" || (name == "host" && !said_.is_unsure)) {
      const bool is_named = name == "originalhost" || !said_.host;
      return is_listed(given, is_named ? asked_.host : *said_.host) ? Holds::yes : Holds::no;
    }
    return !is_user ? Holds::perhaps : is_listed(given, asked_.user) ? Holds::yes : Holds::no;
  }

  void include(std::string_view patterns, const Block& block) {
    while (!trimmed(patterns).empty()) {
      const std::string pattern = place_of(take_argument(patterns), block.folder);
      const auto& paths = config_.glob(pattern);
      if (!paths || block.depth >= kDeepest) {
        doubt(block.holds);
        continue;
      }
      for (const std::string& path : *paths) {
        read(path, block.folder, block.holds, block.depth + 1);
      }
    }
  }

  /// Empty: only the run knows it.
  [[nodiscard]] std::string place_of(std::string_view name, const std::string& folder) const {
    if (name.find('%') != std::string_view::npos || name.find("${") != std::string_view::npos) {
      return {};
    }
    if (name.starts_with('~')) {
      const std::string_view user = name.substr(1, std::min(name.find('/'), name.size()) - 1);
      const Account* const account = config_.inventory_.account(user);
      const std::string home = user.empty() ? home_ : account == nullptr ? "" : account->home;
      return home.empty() ? std::string() : home + std::string(name.substr(1 + user.size()));
    }
    return name.starts_with('/') ? std::string(name)
           : folder.empty()      ? std::string()
                                 : folder + "/" + std::string(name);
  }

  SshConfig& config_;
  const Asked& asked_;
  SshHost& said_;
  std::string home_;
  std::size_t files_ = 0;
};

SshConfig::SshConfig(const input::Tree& image, const Inventory& inventory)
    : inventory_(inventory), reader_(image, bounds_, scratch_) {}

const SshHost& SshConfig::of(const Asked& asked) {
  const auto [known, is_new] = hosts_.try_emplace({asked.user, asked.host, asked.file});
  if (is_new) {
    Reading(*this, asked, known->second).run();
  }
  return known->second;
}

/// Grows with whatever is there and was not read.
std::size_t SshConfig::unread() const {
  std::size_t count = static_cast<std::size_t>(scratch_.unread + scratch_.cut);
  for (const auto& [bound, times] : scratch_.bounds) {
    count += static_cast<std::size_t>(times);
  }
  return count;
}

const SshConfig::File& SshConfig::file(const std::string& path) {
  const auto [known, is_new] = files_.try_emplace(path);
  File& file = known->second;
  if (is_new) {
    const std::size_t before = unread();
    file.text = reader_.text(path).value_or(std::string());
    file.is_unread = unread() != before || file.text.size() > kMostBytes;
    file.text.resize(std::min(file.text.size(), kMostBytes));
  }
  return file;
}

const std::optional<std::vector<std::string>>& SshConfig::glob(const std::string& pattern) {
  const auto [known, is_new] = globs_.try_emplace(pattern);
  std::optional<std::vector<std::string>>& found = known->second;
  if (!is_new || pattern.empty()) {
    return found;
  }
  const std::size_t before = unread();
  std::vector<std::string> paths = {std::string()};
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t end = std::min(pattern.find('/', at + 1), pattern.size());
    const std::string part = pattern.substr(at, end - at);  // "/NAME"
    at = end;
    std::vector<std::string> below;
    for (const std::string& path : paths) {
      if (part.find_first_of("*?[\\") == std::string::npos) {
        below.push_back(path + part);
        continue;
      }
      const auto names = reader_.names(path.empty() ? "/" : path);
      for (const std::string& name : names.value_or(std::vector<std::string>())) {
        if (fnmatch(part.c_str() + 1, name.c_str(), FNM_PERIOD) == 0) {
          below.push_back(path + "/" + name);
        }
      }
    }
    paths = std::move(below);
    if (paths.size() > kMostFiles) {
      return found;
    }
  }
  if (unread() == before) {
    found = std::move(paths);
  }
  return found;
}

SshOptions ssh_options(const std::vector<std::string>& argv, std::string_view values) {
  SshOptions said;
  for (std::size_t i = 0; i < argv.size(); ++i) {
    const std::string& word = argv[i];
    const std::size_t letter = i > 0 && word.size() > 1 && word[0] == '-'
                                   ? word.find_first_of(values, 1)
                                   : std::string::npos;
    if (letter == std::string::npos || (word[1] == '-')) {
      said.others.push_back(word);
      continue;
    }
    const bool is_attached = letter + 1 < word.size();
    const std::string value = is_attached           ? word.substr(letter + 1)
                              : i + 1 < argv.size() ? argv[i + 1]
                                                    : std::string();
    constexpr std::string_view kHostName = "hostname";
    const bool is_host = word[letter] == 'o' && lower(value).starts_with(kHostName) &&
                         value.find_first_of("= \t") == kHostName.size();
    if (is_host) {
      std::string_view host = trimmed(std::string_view(value).substr(kHostName.size()));
      host.remove_prefix(host.starts_with('=') ? 1 : 0);
      said.host = said.host ? said.host : std::optional<std::string>(trimmed(host));
    } else {
      said.others.push_back(word);
    }
    if (word[letter] == 'F') {
      said.file = value;  // the last one, as in getopt(3)
    }
    if (!is_attached && i + 1 < argv.size()) {
      ++i;
      if (!is_host) {
        said.others.push_back(value);
      }
    }
  }
  return said;
}

}  // namespace auexfil::artefacts
