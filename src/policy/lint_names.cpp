#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "auexfil/audit/address.hpp"
#include "lint_parts.hpp"

/// How wide patterns of names are: told by names that they are asked for, not by how they are
/// written, so that whatever is said is so.
namespace auexfil::policy {
namespace {

/// Hosts of nobody in particular, under endings that anyone may register below.
constexpr std::array<std::string_view, 9> kStrangers = {
    "q7xkd.com", "mail.v3zrj.net",    "w9dpt.org", "b5hqm.io",    "ftp.z8cfk.co.uk",
    "n4vgs.de",  "up.eu-1.t6mwy.xyz", "j2rpx.cn",  "k1lbw-7.info"};
constexpr std::array<std::string_view, 4> kShort = {"b4tzq", "web-03", "x9", "ip-10-0-0-7"};

constexpr std::string_view kLetters = "q7xkd";     ///< That a stranger puts before a name,
constexpr std::string_view kDomain = "q7xkd.net";  ///< and behind it.

/// Where a stranger's names may begin: texts without stars, as a pattern has them. Of regular
/// expressions they are guessed, which is enough: each is tried.
class Runs {
 public:
  explicit Runs(std::string_view pattern) {
    const bool is_regex = pattern.size() >= 2 && pattern.front() == '/' && pattern.back() == '/';
    text_ = is_regex ? pattern.substr(1, pattern.size() - 2) : pattern;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        escaped(text_[at_++], is_regex);
      } else if (c == '[') {
        --at_;
        one_of();
      } else if (is_regex) {
        of_regex(c);
      } else if (c == '*') {
        end_run();
      } else {
        run_ += c == '?' ? 'a' : c;
      }
    }
    end_run();
    if (is_regex) {
      add_joined();
    }
  }
  [[nodiscard]] const std::vector<std::string>& all() const { return runs_; }

 private:
  static constexpr std::size_t kMost = 8;
  static constexpr std::size_t kLongest = 253;  ///< Of names of DNS.

  void end_run() {
    if (!run_.empty() && run_.size() <= kLongest && runs_.size() < kMost) {
      runs_.push_back(run_);
    }
    run_.clear();
  }

  void escaped(char c, bool is_regex) {
    const auto at_word = [c](std::string_view set) {
      return set.find(c) != std::string_view::npos;
    };
    if (!is_regex || !at_word("dwbBAzZsSDW")) {
      run_ += c;
    } else if (at_word("dw")) {
      run_ += c == 'd' ? '1' : 'a';
    } else if (at_word("sSDW")) {
      end_run();
    }
  }

  /// A character of a bracket expression, by asking it.
  void one_of() {
    std::size_t close = at_ + 1;
    if (close < text_.size() && (text_[close] == '!' || text_[close] == '^')) {
      ++close;
    }
    close = text_.find(']', close + 1);
    const std::size_t end = close == std::string_view::npos ? text_.size() : close + 1;
    const input::Pattern set = input::Pattern::compile(text_.substr(at_, end - at_), nullptr);
    at_ = end;
    constexpr std::string_view kTried = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    const auto* const found = std::find_if(kTried.begin(), kTried.end(), [&set](const char& c) {
      return set.matches({&c, 1});
    });
    run_ += found != kTried.end() ? *found : 'a';
  }

  void of_regex(char c) {
    const char next = at_ < text_.size() ? text_[at_] : '\0';
    if (c == '.' && (next == '*' || next == '+')) {
      end_run();
    } else if (c == '(' && next == '?') {
      end_run();
      at_ = std::min(text_.find_first_of(":)=!", at_), text_.size() - 1) + 1;
    } else if (c == '{') {
      at_ = std::min(text_.find('}', at_), text_.size() - 1) + 1;
    } else if (c == '(' || c == ')' || c == '|' || c == '$') {
      end_run();
    } else if (c != '^' && c != '*' && c != '+' && c != '?') {
      run_ += c;
    }
  }

  /// What stands on both sides of a group's brackets may be one name.
  void add_joined() {
    const std::size_t runs = runs_.size();
    for (std::size_t from = 0; from < runs; ++from) {
      std::string joined = runs_[from];
      for (std::size_t to = from + 1; to < runs; ++to) {
        joined += runs_[to];
        runs_.push_back(joined);
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string run_;
  std::vector<std::string> runs_;
};

/// Names that somebody may have who cannot have `run`, and who wants to look like it.
std::vector<std::string> lookalikes(const std::string& run) {
  std::vector<std::string> names = {fmt::format("{}.{}", run, kDomain), run + std::string(kDomain)};
  const auto first = run.find('.');
  const auto last = run.rfind('.');
  // Before the dot of a domain whoever owns it has the word; before `-eu` of `-eu.example.com`
  // too, but not before that of `-example.com`.
  if (first != std::string::npos && first > 0 && (run.front() != '-' || first == last)) {
    names.push_back(std::string(kLetters) + run);
  }
  if (first != last) {
    std::string other = run;
    std::replace(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(last), '.', 'x');
    names.push_back(std::move(other));
  }
  return names;
}

template <typename Names>
std::size_t count_held(const input::Pattern& pattern, const Names& names) {
  return static_cast<std::size_t>(std::count_if(
      names.begin(), names.end(), [&](std::string_view name) { return pattern.matches(name); }));
}

/// \return a name of somebody else that it holds for.
std::optional<std::string> held_stranger(const input::Pattern& pattern, Budget& budget) {
  for (const std::string_view name : kStrangers) {
    if (pattern.matches(name)) {
      return std::string(name);
    }
  }
  const Runs runs(pattern.text());
  for (const std::string& run : runs.all()) {
    for (const std::string& name : lookalikes(run)) {
      if (budget.take(name.size()) && pattern.matches(name)) {
        return name;
      }
    }
  }
  return std::nullopt;
}

bool is_address(const input::Pattern& pattern) {
  return audit::Cidr::parse(pattern.text()) || audit::IpAddress::parse(pattern.text());
}

void lint_addresses(const Placed<Allow>& allow, Remarks& remarks) {
  const std::vector<input::Pattern>& names = allow.value.names;
  const auto first = std::find_if(names.begin(), names.end(), is_address);
  if (first != names.end()) {
    remarks.add(*allow.section, "name",
                std::all_of(first, names.end(), is_address) && first == names.begin()
                    ? Weight::error
                    : Weight::warning,
                "never-holds",
                fmt::format("'{}' is no name: it never holds; addresses and networks go into "
                            "'address'",
                            first->text()));
  }
}

}  // namespace

bool is_every_name(const std::vector<input::Pattern>& patterns) {
  const auto is_held = [&](std::string_view name) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [name](const input::Pattern& one) { return one.matches(name); });
  };
  return std::all_of(kStrangers.begin(), kStrangers.end(), is_held) &&
         std::all_of(kShort.begin(), kShort.end(), is_held);
}

void lint_names(const Placed<Allow>& allow, Remarks& remarks) {
  lint_addresses(allow, remarks);
  for (const input::Pattern& pattern : allow.value.names) {
    if (pattern.is_literal() || is_address(pattern)) {
      continue;
    }
    if (count_held(pattern, kStrangers) > kStrangers.size() / 2) {
      remarks.add(*allow.section, "name", Weight::error, "wide-name",
                  fmt::format("'{}' approves every name, or most of them: hardly a transfer "
                              "without an address is ever found",
                              pattern.text()));
    } else if (const auto stranger = held_stranger(pattern, remarks.budget)) {
      remarks.add(*allow.section, "name", Weight::warning, "wide-name",
                  fmt::format("'{}' approves {} too: end with a domain of the partner's, and begin "
                              "at one of its dots, as *.example.com does (a regular expression "
                              "with ^ and $, and \\. for a dot)",
                              pattern.text(), *stranger));
    }
  }
}

}  // namespace auexfil::policy
