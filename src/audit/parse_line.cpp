#include <algorithm>
#include <cstring>

#include "auexfil/audit/parse_block.hpp"
#include "auexfil/input/log_header.hpp"
#include "auexfil/input/system_log.hpp"
#include "digits.hpp"

namespace auexfil::audit {
namespace {

constexpr std::string_view kStampMark = "audit(";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The same where the seconds stand as they did in the line before, and the milliseconds have
/// their three digits: all but a few lines of a log.
const char* read_stamp_again(const char* p, const char* end, const StampMemo& memo,
                             Record& record) {
  constexpr std::size_t kSeconds = 11;  // "1796173321."
  if (memo.text.size() < kSeconds + 6 || static_cast<std::size_t>(end - p) < kSeconds + 6 ||
      std::memcmp(p, memo.text.data(), kSeconds) != 0 || p[kSeconds - 1] != '.') {
    return nullptr;
  }
  p += kSeconds;
  const auto digit = [](char c) {
    return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
  };
  const unsigned a = digit(p[0]);
  const unsigned b = digit(p[1]);
  const unsigned c = digit(p[2]);
  if (a > 9 || b > 9 || c > 9 || p[3] != ':') {
    return nullptr;
  }
  p += 4;
  const char* const start = p;
  std::uint64_t serial = 0;
  if (digits::kUsable && end - p >= 9) {
    const std::uint64_t text = digits::load(p);
    const unsigned length = digits::length_to(')', text);
    if (length == 0 || !digits::read_decimal8(digits::align(text, length), serial)) {
      return nullptr;
    }
    p += length;
    for (unsigned more = 0; more < 3 && p < end && digit(*p) <= 9; ++more, ++p) {
      serial = serial * 10 + digit(*p);
    }
  }
  if (p == start || p == end || *p != ')' || serial > 0xffffffffU) {
    return nullptr;
  }
  record.time = memo.time - memo.time % 1000 + TimeMs{a} * 100 + TimeMs{b} * 10 + c;
  record.serial = static_cast<std::uint32_t>(serial);
  return p + 1;
}

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/// Reads "SEC.MMM:SERIAL)" at `p`. \return the byte behind ')', or null.
/// A serial is u32; seconds are 64-bit in the kernel, 14 digits reach the year 3 million.
const char* read_stamp(const char* p, const char* end, Record& record) {
  TimeMs seconds = 0;
  const char* digits = p;
  for (; p < end && is_digit(*p) && p - digits < 15; ++p) {
    seconds = seconds * 10 + (*p - '0');
  }
  if (p == digits || p == end || *p != '.') {
    return nullptr;
  }
  digits = ++p;
  TimeMs ms = 0;
  for (; p < end && is_digit(*p) && p - digits < 4; ++p) {
    ms = ms * 10 + (*p - '0');
  }
  if (p == digits || p - digits > 3 || p == end || *p != ':') {
    return nullptr;
  }
  digits = ++p;
  std::uint64_t serial = 0;
  for (; p < end && is_digit(*p) && p - digits < 11; ++p) {
    serial = serial * 10 + static_cast<std::uint64_t>(*p - '0');
  }
  if (p == digits || serial > 0xffffffffU || p == end || *p != ')') {
    return nullptr;
  }
  record.time = seconds * 1000 + ms;
  record.serial = static_cast<std::uint32_t>(serial);
  return p + 1;
}

/// The end of a node's name, which may hold blanks: the blank before "type=", or the first where
/// none follows soon. auditd cuts names at 255 bytes (src/auditd-config.c, MAX_NODE).
std::size_t end_of_node(std::string_view behind_key) {
  constexpr std::size_t kLongest = 256;
  const std::size_t first = behind_key.find(' ');
  if (first == std::string_view::npos || behind_key.compare(first, 6, " type=") == 0) {
    return first;
  }
  const std::size_t type = behind_key.substr(0, kLongest + 6).find(" type=");
  // Never over another field: a damaged line's are not its node's.
  return type != std::string_view::npos && behind_key.find('=') > type ? type : first;
}

/// Does an export hold the record as a value: JSON, CSV, a list of some language? Its quotes and
/// escapes are not those of the log.
bool is_wrapped(std::string_view line, std::size_t token) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return false;
  }
  const char before = token > 0 ? line[token - 1] : ' ';
  if (line[first] == '{' || before == '"' || before == '\'' || before == '\\') {
    return true;
  }
  const std::size_t second = line.find_first_not_of(" \t", first + 1);
  if (line[first] == '[') {  // a kernel ring's time stands in brackets too
    return second != std::string_view::npos && (line[second] == '{' || line[second] == '"');
  }
  // A key of JSON, or a cell of CSV.
  const std::size_t close = line[first] == '"' ? line.find('"', first + 1) : std::string_view::npos;
  const std::size_t behind =
      close == std::string_view::npos ? close : line.find_first_not_of(' ', close + 1);
  return behind != std::string_view::npos && (line[behind] == ':' || line[behind] == ',');
}

/// The place of the last `key` ("type=", "node=") in the text before the stamp, or npos.
std::size_t find_last(std::string_view before, std::string_view key) {
  std::size_t at = before.rfind(key);
  while (at != std::string_view::npos && at > 0 && is_word(before[at - 1])) {
    at = at == 0 ? std::string_view::npos : before.rfind(key, at - 1);
  }
  return at;
}

/// The value of the last `key` ("type=", "node=") in the text before the stamp, or empty.
std::string_view last_token(std::string_view before, std::string_view key) {
  const std::size_t at = find_last(before, key);
  if (at == std::string_view::npos) {
    return {};
  }
  const std::string_view value = before.substr(at + key.size());
  return value.substr(0, key == "node=" ? end_of_node(value) : value.find(' '));
}

/// ausearch -i prints a date in the stamp's place: "audit(03/20/24 10:11:12.123:456)".
bool looks_interpreted(std::string_view behind_mark) {
  constexpr std::size_t kLongest = 80;  // looked at for each mark of a line that may hold thousands
  behind_mark = behind_mark.substr(0, kLongest);
  const std::string_view inside = behind_mark.substr(0, behind_mark.find(')'));
  return inside.size() < kLongest && inside.find(':') != std::string_view::npos &&
         (inside.find('/') != std::string_view::npos ||
          inside.find(' ') != std::string_view::npos || inside.find('-') != std::string_view::npos);
}

bool is_ignored(std::string_view line) {
  if (!line.empty() && line.back() == '\r') {
    line.remove_suffix(1);
  }
  return line.empty() || line.front() == '#' || line == "----" || line.substr(0, 6) == "time->" ||
         line.find_first_not_of(" \t\r") == std::string_view::npos;
}

void take_body(std::string_view line, const char* behind_stamp, Record& record) {
  std::size_t at = static_cast<std::size_t>(behind_stamp - line.data());
  if (at < line.size() && line[at] == ':') {
    ++at;
  }
  while (at < line.size() && line[at] == ' ') {
    ++at;
  }
  record.body = line.substr(at);
}

}  // namespace

LineKind parse_line(std::string_view line, Record& record, Malformed& kind) {
  StampMemo memo;
  return parse_line(line, record, kind, memo);
}

LineKind parse_line(std::string_view line, Record& record, Malformed& kind, StampMemo& memo) {
  // The usual two forms first: "type=NAME msg=audit(" with or without "node=NAME ".
  const char* const end = line.data() + line.size();
  const char* p = line.data();
  record.node = {};
  if (line.size() > 5 && std::memcmp(p, "node=", 5) == 0) {
    const std::size_t length = end_of_node(line.substr(5));
    if (length != std::string_view::npos) {
      record.node = {p + 5, length};
      p += 5 + length + 1;
    }
  }
  if (end - p > 24 && std::memcmp(p, "type=", 5) == 0) {
    const char* const name = p + 5;
    const char* q = name;
    constexpr std::string_view kUsual = "SYSCALL ";
    const bool is_usual = std::memcmp(q, kUsual.data(), kUsual.size()) == 0;
    q += is_usual ? kUsual.size() - 1 : 0;
    while (q < end && *q != ' ') {
      ++q;
    }
    constexpr std::string_view kMsg = " msg=audit(";
    if (end - q > static_cast<std::ptrdiff_t>(kMsg.size()) &&
        std::memcmp(q, kMsg.data(), kMsg.size()) == 0) {
      const char* const stamp = q + kMsg.size();
      const char* behind = nullptr;
      if (!memo.text.empty() && static_cast<std::size_t>(end - stamp) >= memo.text.size() &&
          std::memcmp(stamp, memo.text.data(), memo.text.size()) == 0) {
        record.time = memo.time;
        record.serial = memo.serial;
        behind = stamp + memo.text.size();
      } else {
        behind = read_stamp_again(stamp, end, memo, record);
        behind = behind != nullptr ? behind : read_stamp(stamp, end, record);
        if (behind != nullptr) {
          memo = {{stamp, static_cast<std::size_t>(behind - stamp)}, record.time, record.serial};
        }
      }
      if (behind != nullptr) {
        record.type_text = {name, static_cast<std::size_t>(q - name)};
        record.type = is_usual ? type::kSyscall : type_number(record.type_text);
        take_body(line, behind, record);
        return LineKind::record;
      }
    }
  }
  // Everything else: a syslog or kernel ring prefix, no msg=, no type, or no record at all.
  for (std::size_t at = line.find(kStampMark); at != std::string_view::npos;
       at = line.find(kStampMark, at + 1)) {
    if (const char* const behind = read_stamp(line.data() + at + kStampMark.size(), end, record)) {
      const std::string_view before = line.substr(0, at);
      const std::size_t node = find_last(before, "node=");
      const std::size_t token = node != std::string_view::npos ? node : find_last(before, "type=");
      if (is_wrapped(line, token != std::string_view::npos ? token : at)) {
        kind = Malformed::wrapped;
        return LineKind::malformed;
      }
      if (input::is_spoken_text(before.substr(0, token))) {
        break;
      }
      record.node = last_token(before, "node=");
      record.type_text = last_token(before, "type=");
      record.type = type_number(record.type_text);
      take_body(line, behind, record);
      return LineKind::record;
    }
    if (looks_interpreted(line.substr(at + kStampMark.size()))) {
      kind = Malformed::interpreted;
      return LineKind::malformed;
    }
  }
  if (is_ignored(line)) {
    return LineKind::ignored;
  }
  kind = line.find_first_not_of('\0') == std::string_view::npos ? Malformed::nul_bytes
                                                                : Malformed::no_stamp;
  return LineKind::malformed;
}

std::string_view host_before(std::string_view line, const Record& record) {
  constexpr std::string_view kType = "type=";
  if (record.type_text.empty()) {
    return input::host_of_header(line.substr(0, line.find(kStampMark)));
  }
  const auto type = static_cast<std::size_t>(record.type_text.data() - line.data());
  return input::host_of_header(line.substr(0, type - std::min(type, kType.size())));
}

}  // namespace auexfil::audit
