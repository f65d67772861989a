#include "auexfil/policy/job_template.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "auexfil/audit/address.hpp"

namespace auexfil::policy {
namespace {

constexpr std::size_t kMost = 4096;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_alnum(char c) {
  return is_digit(c) || is_letter(c);
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
/// Ends a word of a command line, quoted or not.
bool is_break(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\'' || c == '"' || c == ';' || c == '|' ||
         c == '&' || c == '<' || c == '>' || c == '(' || c == ')' || c == '=' || c == ',';
}

template <typename Is>
std::size_t run_of(std::string_view text, const Is& is) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is) - text.begin());
}

unsigned number(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) {
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

bool is_day(std::string_view year, std::string_view month, std::string_view day) {
  constexpr unsigned kFirstYear = 1990;
  constexpr unsigned kLastYear = 2099;
  return number(year) >= kFirstYear && number(year) <= kLastYear && number(month) >= 1 &&
         number(month) <= 12 && number(day) >= 1 && number(day) <= 31;
}

/// 20261202, with the time of day behind it or not, or seconds or more since 1970.
bool is_written_time(std::string_view digits) {
  const std::size_t size = digits.size();
  if ((size == 8 || size == 10 || size == 12 || size == 14) &&
      is_day(digits.substr(0, 4), digits.substr(4, 2), digits.substr(6, 2))) {
    return true;
  }
  return (size == 10 || size == 13 || size == 16 || size == 19) && digits[0] == '1' &&
         digits[1] >= '4';
}

/// "2026-12-02", "2026_12_02", "2026/12/02"; what follows is for time_of_day(). \return its length.
std::size_t parted_date(std::string_view text) {
  constexpr std::size_t kLength = 10;
  if (text.size() < kLength || run_of(text, is_digit) != 4) {
    return 0;
  }
  const char mark = text[4];
  const bool parted = (mark == '-' || mark == '_' || mark == '/' || mark == '.') &&
                      text[7] == mark && run_of(text.substr(5), is_digit) == 2 &&
                      run_of(text.substr(8), is_digit) == 2;
  return parted && is_day(text.substr(0, 4), text.substr(5, 2), text.substr(8, 2)) ? kLength : 0;
}

/// "T01:02:03Z", "_01-02", "-010203" behind a date. \return its length.
std::size_t time_of_day(std::string_view text) {
  if (text.size() < 5 || (text[0] != 'T' && text[0] != '_' && text[0] != '-') ||
      !is_digit(text[1])) {
    return 0;
  }
  std::size_t at = 1;
  std::size_t digits = 0;
  while (at < text.size() && digits < 6) {
    const std::size_t run = run_of(text.substr(at), is_digit);
    if (run != 2 && run != 4 && run != 6) {
      break;
    }
    digits += run;
    at += run;
    if (at + 1 >= text.size() || (text[at] != ':' && text[at] != '-') || !is_digit(text[at + 1])) {
      break;
    }
    ++at;
  }
  if (digits < 4) {
    return 0;
  }
  return at < text.size() && text[at] == 'Z' ? at + 1 : at;
}

std::size_t uuid(std::string_view text) {
  constexpr std::array<std::size_t, 5> kParts = {8, 4, 4, 4, 12};
  std::size_t at = 0;
  for (const std::size_t part : kParts) {
    if (at > 0 && (at >= text.size() || text[at++] != '-')) {
      return 0;
    }
    if (run_of(text.substr(std::min(at, text.size())), is_hex) != part) {
      return 0;
    }
    at += part;
  }
  return at;
}

/// What mktemp and its kin make up: letters of both kinds, or with digits among them.
bool is_made_up(std::string_view name) {
  const auto count = [&name](auto is) { return std::count_if(name.begin(), name.end(), is); };
  const auto upper = count([](char c) { return c >= 'A' && c <= 'Z'; });
  const auto lower = count([](char c) { return c >= 'a' && c <= 'z'; });
  const auto digits = count(is_digit);
  const auto size = static_cast<std::ptrdiff_t>(name.size());
  return (upper > 0 && lower > 0 && upper + lower + digits == size &&
          (digits > 0 || (upper > 1 && lower > 1))) ||
         (digits > 1 && upper + lower > 1 && size >= 6);
}

/// Writes one word of a command line without what a run makes up.
class Word {
 public:
  Word(std::string_view word, std::string& out) : word_(word), out_(out) {}

  void write() {
    const std::size_t kept = place_end();
    out_ += word_.substr(0, kept);
    at_ = kept;
    // A number in any other word may be part of a host's name, a port, a level.
    counts_ = word_.find('/', kept) != std::string_view::npos;
    while (at_ < word_.size()) {
      step();
    }
  }

 private:
  /// What names a host, an option or a program stays.
  [[nodiscard]] std::size_t place_end() const {
    if (word_.front() == '-' || audit::IpAddress::parse(word_) || is_program()) {
      return word_.size();
    }
    if (const auto scheme = word_.find("://"); scheme != std::string_view::npos) {
      return std::min(word_.find('/', scheme + 3), word_.size());
    }
    const std::size_t slash = std::min(word_.find('/'), word_.size());
    const std::size_t colon = word_.substr(0, slash).rfind(':');
    if (colon != std::string_view::npos) {  // host:path, host:port, TCP:host:port
      const bool is_port = run_of(word_.substr(colon + 1), is_digit) == word_.size() - colon - 1;
      return is_port ? word_.size() : colon + 1;
    }
    const std::size_t at = word_.find('@');
    return at < slash ? word_.size() : 0;
  }

  [[nodiscard]] bool is_program() const {
    constexpr std::array kPlaces = {"/bin/",        "/sbin/",          "/usr/bin/",
                                    "/usr/sbin/",   "/usr/local/bin/", "/usr/local/sbin/",
                                    "/usr/libexec/"};
    return std::any_of(kPlaces.begin(), kPlaces.end(),
                       [this](const char* place) { return word_.starts_with(place); });
  }

  void step() {
    const std::string_view rest = word_.substr(at_);
    const bool fresh = at_ == 0 || !is_alnum(word_[at_ - 1]);
    if (!is_alnum(rest.front())) {
      out_ += word_[at_++];
    } else if (const std::size_t size = fresh ? uuid(rest) : 0; size > 0) {
      put("<uuid>", size);
    } else if (const std::size_t date = is_digit(rest.front()) ? parted_date(rest) : 0; date > 0) {
      put("<date>", date + time_of_day(rest.substr(date)));
    } else if (fresh && is_pythons(rest)) {
      out_ += rest.substr(0, kTmp.size());
      at_ += kTmp.size();
      put("<tmp>", kPythons);
    } else {
      fresh ? write_run(rest.substr(0, run_of(rest, is_alnum))) : write_piece(rest);
    }
  }

  /// "tmpq8x_2b1z"
  [[nodiscard]] static bool is_pythons(std::string_view rest) {
    return rest.starts_with(kTmp) &&
           run_of(rest, [](char c) { return is_alnum(c) || c == '_'; }) == kTmp.size() + kPythons &&
           std::any_of(rest.begin() + kTmp.size(), rest.begin() + kTmp.size() + kPythons,
                       [](char c) { return is_digit(c) || c == '_'; });
  }

  /// A run of letters and digits from its beginning.
  void write_run(std::string_view run) {
    const std::size_t digits = run_of(run, is_digit);
    const bool is_hash = run.size() >= 8 && run_of(run, is_hex) == run.size() &&
                         std::count_if(run.begin(), run.end(), is_letter) > 1 &&
                         std::any_of(run.begin(), run.end(), is_digit);
    const bool is_pure = digits == run.size();
    if (is_pure && is_written_time(run)) {
      put("<date>", run.size() + time_of_day(word_.substr(at_ + run.size())));
    } else if (is_hash) {
      put("<hex>", run.size());
    } else if (const std::size_t kept = temporary(run); kept < run.size()) {
      out_ += run.substr(0, kept);
      at_ += kept;
      put("<tmp>", run.size() - kept);
    } else {
      write_piece(run);
    }
  }

  /// How much of `run` stands before what was made up; all of it where nothing was.
  [[nodiscard]] std::size_t temporary(std::string_view run) const {
    const bool behind_dot = at_ > 0 && word_[at_ - 1] == '.';
    const bool behind_tmp =
        behind_dot && at_ > kTmp.size() && word_.substr(at_ - 1 - kTmp.size(), kTmp.size()) == kTmp;
    const bool ends = at_ + run.size() == word_.size() || word_[at_ + run.size()] == '/';
    if ((behind_tmp && run.size() >= 6) ||
        (behind_dot && ends && run.size() >= 6 && run.size() <= 12 && is_made_up(run))) {
      return 0;
    }
    if (run.starts_with(kTmp) && run.size() >= kTmp.size() + 5 &&
        is_made_up(run.substr(kTmp.size()))) {
      return kTmp.size();
    }
    const bool in_tmp = word_.substr(0, at_).ends_with("/tmp/");
    return in_tmp && run.size() >= 6 && is_made_up(run) ? 0 : run.size();
  }

  /// Letters as they are, or digits as a counter.
  void write_piece(std::string_view rest) {
    const std::size_t digits = run_of(rest, is_digit);
    if (digits == 0) {
      const std::size_t letters = run_of(rest, is_letter);
      out_ += rest.substr(0, letters);
      at_ += letters;
    } else if (is_written_time(rest.substr(0, digits))) {
      put("<date>", digits + time_of_day(rest.substr(digits)));
    } else if (counts_) {
      put("<n>", digits);
    } else {
      out_ += rest.substr(0, digits);
      at_ += digits;
    }
  }

  void put(std::string_view mark, std::size_t size) {
    out_ += mark;
    at_ += size;
  }

  static constexpr std::string_view kTmp = "tmp";
  static constexpr std::size_t kPythons = 8;

  std::string_view word_;
  std::string& out_;
  std::size_t at_ = 0;
  bool counts_ = false;
};

}  // namespace

std::string job_template(std::string_view command) {
  std::string out;
  const bool cut = command.size() > kMost;
  command = command.substr(0, kMost);
  while (!command.empty()) {
    if (is_break(command.front())) {
      out += command.front();
      command.remove_prefix(1);
      continue;
    }
    const auto end = std::find_if(command.begin(), command.end(), is_break);
    const auto size = static_cast<std::size_t>(end - command.begin());
    Word(command.substr(0, size), out).write();
    command.remove_prefix(size);
  }
  return cut ? out + "..." : out;
}

}  // namespace auexfil::policy
