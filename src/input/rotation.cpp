#include "rotation.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace auexfil::input {
namespace {

constexpr std::string_view kLog = ".log";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view without_compression(std::string_view name) {
  constexpr std::array<std::string_view, 6> kSuffixes = {".gz", ".zst", ".zstd",
                                                         ".xz", ".bz2", ".lz4"};
  for (const auto suffix : kSuffixes) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) {
      return name.substr(0, name.size() - suffix.size());
    }
  }
  return name;
}

bool is_separator(char c) {
  return std::string_view("-._T:").find(c) != std::string_view::npos;
}

/// Takes so many digits, and what separates them from those behind. \return nothing where they are
/// not there, or are less than `low` or more than `high`.
bool take_number(std::string_view& text, std::size_t digits, int low, int high,
                 std::string& taken) {
  const std::string_view number = text.substr(0, digits);
  if (number.size() < digits || !std::all_of(number.begin(), number.end(), is_digit)) {
    return false;
  }
  int value = 0;
  for (const char c : number) {
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  if (text.size() > 1 && is_separator(text.front())) {
    text.remove_prefix(1);
  }
  taken += number;
  return value >= low && value <= high;
}

/// "1796173321", of this century's first half.
bool is_epoch(std::string_view text) {
  constexpr std::size_t kDigits = 10;
  return text.size() == kDigits && (text[0] == '1' || text[0] == '2') &&
         std::all_of(text.begin(), text.end(), is_digit);
}

/// The digits of "-20261201", ".2026-12-01", "-2026-12-01_0300", "-20261201-1796173321"; empty for
/// anything else. An address, or a machine's number, has no month and day.
std::string date_digits(std::string_view text) {
  if (text.empty() || !is_separator(text.front())) {
    return {};
  }
  text.remove_prefix(1);
  std::string digits;
  if (!take_number(text, 4, 1990, 2100, digits) || !take_number(text, 2, 1, 12, digits) ||
      !take_number(text, 2, 1, 31, digits)) {
    return {};
  }
  if (is_epoch(text)) {
    return digits.append(text);
  }
  constexpr std::array<int, 3> kMost = {23, 59, 60};  // of a time
  for (const int most : kMost) {
    if (!text.empty() && !take_number(text, 2, 0, most, digits)) {
      return {};
    }
  }
  return text.empty() ? digits : std::string();
}

/// logrotate's `dateformat -%s`.
std::string epoch_digits(std::string_view text) {
  return !text.empty() && is_separator(text.front()) && is_epoch(text.substr(1))
             ? std::string(text.substr(1))
             : std::string();
}

bool is_number(std::string_view text) {
  constexpr std::size_t kMaxDigits = 7;
  return !text.empty() && text.size() <= kMaxDigits &&
         std::all_of(text.begin(), text.end(), is_digit);
}

/// What split(1) puts behind its prefix: "aa", "aab", "00", "007"; and what people and collectors
/// do: "part1", "chunk003".
bool is_piece(std::string_view text) {
  constexpr std::array<std::string_view, 6> kWords = {"part",  "chunk", "piece",
                                                      "split", "seg",   "segment"};
  constexpr std::size_t kMostDigits = 5;
  for (const auto word : kWords) {
    std::string_view number = text.substr(0, word.size()) == word ? text.substr(word.size()) : "";
    if (!number.empty() && (number[0] == '-' || number[0] == '_' || number[0] == '.')) {
      number.remove_prefix(1);
    }
    if (!number.empty() && number.size() <= kMostDigits &&
        std::all_of(number.begin(), number.end(), is_digit)) {
      return true;
    }
  }
  const auto all = [text](char low, char high) {
    return std::all_of(text.begin(), text.end(), [=](char c) { return c >= low && c <= high; });
  };
  constexpr std::size_t kMost = 5;
  return text.size() >= 2 && text.size() <= kMost &&
         (all('a', 'z') || (all('0', '9') && text.front() == '0'));
}

/// Words of people and editors, which are copies and no pieces: "audit.log.bak".
bool is_word_of_copies(std::string_view text) {
  constexpr std::array<std::string_view, 8> kWords = {"bak",  "old",  "orig", "save",
                                                      "copy", "prev", "tmp",  "gz"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

/// Reads what stands behind ".log". \return whether it is a rotation's mark.
bool read_mark(std::string_view suffix, Rotation& rotation) {
  if (suffix.empty()) {
    rotation.kind = Rotation::Kind::current;
    return true;
  }
  const std::string_view behind = suffix.substr(1);
  if ((suffix[0] == '.' || suffix[0] == '-' || suffix[0] == '_') && is_piece(behind) &&
      !is_word_of_copies(behind)) {
    rotation.kind = Rotation::Kind::piece;
    rotation.mark = behind;
    return true;
  }
  if ((suffix[0] == '.' || suffix[0] == '-') && is_number(suffix.substr(1))) {
    rotation.kind = Rotation::Kind::numbered;
    rotation.mark = suffix.substr(1);
    return true;
  }
  rotation.mark = date_digits(suffix);
  if (rotation.mark.empty()) {
    rotation.mark = epoch_digits(suffix);
  }
  rotation.kind = rotation.mark.empty() ? Rotation::Kind::current : Rotation::Kind::dated;
  return !rotation.mark.empty();
}

/// audit-20261201.log, audit.part01.log: the mark stands before the extension. \return the length
/// of "audit".
std::size_t stem_before_mark(std::string_view stem, Rotation& rotation) {
  constexpr std::string_view kMarks = ".-_";
  for (auto at = stem.find_first_of(kMarks); at != std::string_view::npos;
       at = stem.find_first_of(kMarks, at + 1)) {
    const std::string_view behind = stem.substr(at + 1);
    if (at > 0 && !behind.empty() && !is_digit(behind.front()) && behind.size() > 3 &&
        is_digit(behind.back()) && is_piece(behind)) {
      rotation.kind = Rotation::Kind::piece;
      rotation.mark = behind;
      return at;
    }
  }
  // The last one: what stands before it is the machine's name, "web-1" or one with a date in it.
  for (const auto digits_of : {date_digits, epoch_digits}) {
    for (auto at = stem.find_last_of(kMarks); at != std::string_view::npos && at > 0;
         at = stem.find_last_of(kMarks, at - 1)) {
      if (std::string digits = digits_of(stem.substr(at)); !digits.empty()) {
        rotation.kind = Rotation::Kind::dated;
        rotation.mark = std::move(digits);
        return at;
      }
    }
  }
  return stem.size();
}

int compare_numbers(std::string_view a, std::string_view b) {
  const auto significant = [](std::string_view digits) {
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
  };
  a = significant(a);
  b = significant(b);
  return a.size() != b.size() ? (a.size() < b.size() ? -1 : 1) : a.compare(b);
}

std::optional<Rotation> parse_syslog_rotation(std::string_view name) {
  auto rotation = parse_rotation_of(name, "messages");
  return rotation ? rotation : parse_rotation_of(name, "syslog");
}

std::string_view digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) {
    ++end;
  }
  return text.substr(at, end - at);
}

}  // namespace

bool Rotation::is_any_log() const {
  return base.ends_with(kLog) || base.find(".log.") != std::string::npos;
}

Rotation parse_rotation(std::string_view name) {
  const std::string_view plain = without_compression(name);
  Rotation rotation;
  for (auto at = plain.find(kLog); at != std::string_view::npos; at = plain.find(kLog, at + 1)) {
    const std::string_view stem = plain.substr(0, at);
    const std::string_view suffix = plain.substr(at + kLog.size());
    if (!read_mark(suffix, rotation)) {
      continue;
    }
    const std::size_t length = suffix.empty() ? stem_before_mark(stem, rotation) : stem.size();
    rotation.base = std::string(stem.substr(0, length)) + std::string(kLog);
    return rotation;
  }
  if (plain.starts_with('x') && is_piece(plain.substr(1))) {
    rotation.kind = Rotation::Kind::piece;
    rotation.mark = plain.substr(1);
    rotation.base = "x.log";  // split(1)'s own prefix
    return rotation;
  }
  rotation.base = plain;
  return rotation;
}

std::optional<Rotation> parse_rotation_of(std::string_view name, std::string_view base) {
  const std::string_view plain = without_compression(name);
  Rotation rotation;
  if (!plain.starts_with(base) || !read_mark(plain.substr(base.size()), rotation)) {
    return std::nullopt;
  }
  rotation.base = base;
  return rotation;
}

std::optional<Rotation> parse_numbered_stem(std::string_view name) {
  if (!name.ends_with(kLog)) {
    return std::nullopt;
  }
  name.remove_suffix(kLog.size());
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || !is_number(name.substr(dot + 1))) {
    return std::nullopt;
  }
  Rotation rotation;
  rotation.base = std::string(name.substr(0, dot)).append(kLog);
  rotation.kind = Rotation::Kind::numbered;
  rotation.mark = name.substr(dot + 1);
  return rotation;
}

bool is_syslog_name(std::string_view name) {
  return parse_syslog_rotation(name).has_value();
}

Rotation parse_export_rotation(std::string_view name) {
  if (auto rotation = parse_syslog_rotation(name)) {
    return *std::move(rotation);
  }
  constexpr std::array<std::string_view, 7> kEnds = {".ndjson", ".jsonl", ".json",   ".csv",
                                                     ".export", ".txt",   ".journal"};
  for (const std::string_view end : kEnds) {
    const std::size_t at = name.find(end);
    const std::size_t behind = at + end.size();
    if (at == std::string_view::npos ||
        (behind < name.size() && std::string_view(".-_").find(name[behind]) == std::string::npos)) {
      continue;
    }
    Rotation rotation = parse_rotation(std::string(name.substr(0, at)) + std::string(kLog) +
                                       std::string(name.substr(behind)));
    rotation.base.append(end);  // not the set of the .log beside it
    return rotation;
  }
  return parse_rotation(name);
}

bool is_older(const Rotation& a, const Rotation& b) {
  if (a.kind != b.kind) {
    return a.kind < b.kind;
  }
  if (a.kind == Rotation::Kind::dated || a.kind == Rotation::Kind::piece) {
    return a.mark < b.mark;
  }
  return compare_numbers(b.mark, a.mark) < 0;
}

int compare_natural(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const auto left = digits_at(a, i);
    const auto right = digits_at(b, j);
    if (!left.empty() && !right.empty()) {
      if (const int order = compare_numbers(left, right); order != 0) {
        return order;
      }
      i += left.size();
      j += right.size();
    } else if (a[i] != b[j]) {
      return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]) ? -1 : 1;
    } else {
      ++i;
      ++j;
    }
  }
  const bool a_ended = i == a.size();
  const bool b_ended = j == b.size();
  // "01" and "1" are one number: the text decides, so that the order is total.
  return a_ended && b_ended ? a.compare(b) : (a_ended ? -1 : 1);
}

}  // namespace auexfil::input
