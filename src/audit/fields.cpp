#include "auexfil/audit/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace auexfil::audit {
namespace {

constexpr char kSeparator = '\x1d';  // lib/libaudit.h, AUDIT_INTERP_SEPARATOR

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

/// Is `key` of the enriched part: upper-case letters, digits, - and _ only?
bool is_enriched_key(std::string_view key) {
  return !key.empty() && is_upper(key.front()) && std::all_of(key.begin(), key.end(), [](char c) {
    return is_upper(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// Where the enriched part begins if `text` starts with rsyslog's "#035" and an upper-case key;
/// npos if it does not.
std::size_t escaped_separator(std::string_view text) {
  constexpr std::string_view kEscaped = "#035";
  if (text.substr(0, kEscaped.size()) != kEscaped) {
    return std::string_view::npos;
  }
  const std::string_view behind = text.substr(kEscaped.size());
  // Not a search for '=': a value of nothing but "#035" would be gone through again at each.
  const std::size_t equals = behind.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
  return equals != std::string_view::npos && behind[equals] == '=' &&
                 is_enriched_key(behind.substr(0, equals))
             ? kEscaped.size()
             : std::string_view::npos;
}

/// "12" or "12[3]", as behind the a of EXECVE's arguments; "12_len" is a number, not an argument.
bool is_argument_index(std::string_view text) {
  const auto digits = [&] {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(end);
    return end > 0;
  };
  if (!digits()) {
    return false;
  }
  if (text.empty()) {
    return true;
  }
  if (text.front() != '[') {
    return false;
  }
  text.remove_prefix(1);
  return digits() && text == "]";
}

constexpr std::array<signed char, 256> make_hex_table() {
  std::array<signed char, 256> table{};
  for (auto& v : table) {
    v = -1;
  }
  for (int i = 0; i < 10; ++i) {
    table[static_cast<std::size_t>('0' + i)] = static_cast<signed char>(i);
  }
  for (int i = 0; i < 6; ++i) {
    table[static_cast<std::size_t>('a' + i)] = static_cast<signed char>(10 + i);
    table[static_cast<std::size_t>('A' + i)] = static_cast<signed char>(10 + i);
  }
  return table;
}
constexpr auto kHex = make_hex_table();

int hex_value(char c) {
  return kHex[static_cast<unsigned char>(c)];
}

bool is_upper_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); });
}

template <class Number>
bool parse_whole(std::string_view text, int base, Number& out) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || rest != end) {
    return false;
  }
  out = value;
  return true;
}

// Sorted; libaudit auparse/typetab.h, the ESCAPED types.
constexpr std::array<std::string_view, 38> kEncodedKeys = {"acct",
                                                           "apparmor",
                                                           "cgroup",
                                                           "cmd",
                                                           "comm",
                                                           "cwd",
                                                           "data",
                                                           "denied_mask",
                                                           "device",
                                                           "dir",
                                                           "exe",
                                                           "file",
                                                           "grp",
                                                           "info",
                                                           "invalid_context",
                                                           "key",
                                                           "name",
                                                           "new-chardev",
                                                           "new-disk",
                                                           "new-fs",
                                                           "new-net",
                                                           "new-rng",
                                                           "new_group",
                                                           "ocomm",
                                                           "old-chardev",
                                                           "old-disk",
                                                           "old-fs",
                                                           "old-net",
                                                           "old-rng",
                                                           "operation",
                                                           "path",
                                                           "proctitle",
                                                           "profile",
                                                           "requested_mask",
                                                           "root_dir",
                                                           "sw",
                                                           "vm",
                                                           "watch"};

}  // namespace

bool FieldReader::next(Field& field) {
  for (;;) {
    std::size_t at = 0;
    while (at < rest_.size() && (rest_[at] == ' ' || rest_[at] == '\r' || rest_[at] == '\t')) {
      ++at;
    }
    if (at == rest_.size() || rest_[at] == kSeparator) {
      if (at < rest_.size()) {
        enriched_ = rest_.substr(at + 1);
      }
      rest_ = {};
      return false;
    }
    const std::size_t start = at;
    while (at < rest_.size() && rest_[at] != '=' && rest_[at] != ' ' && rest_[at] != kSeparator) {
      ++at;
    }
    if (at == rest_.size() || rest_[at] != '=') {  // a word without a value
      const std::string_view word = rest_.substr(start, at - start);
      saw_old_ = old_login_ && word == "old";
      rest_ = rest_.substr(at);
      continue;
    }
    field.key = rest_.substr(start, at - start);
    if (!inside_message_) {
      std::size_t skip = is_enriched_key(field.key) ? 0 : std::string_view::npos;
      if (rest_[start] == '#') {
        skip = escaped_separator(rest_.substr(start));
      }
      if (skip != std::string_view::npos) {
        enriched_ = rest_.substr(start + skip);
        rest_ = {};
        return false;
      }
    }
    ++at;
    field.closed = true;
    field.form = Form::bare;
    if (at < rest_.size() && rest_[at] == '"') {
      field.form = Form::quoted;
      const std::size_t close = rest_.find('"', at + 1);
      std::size_t end = std::min(close, rest_.size());
      // A value that auditd cut has no quote of its own: the next one is in the enriched part.
      const std::size_t separator = rest_.substr(0, end).find(kSeparator, at + 1);
      field.closed = close != std::string_view::npos && separator == std::string_view::npos;
      end = std::min(end, separator);
      field.value = rest_.substr(at + 1, end - at - 1);
      rest_ = rest_.substr(field.closed ? end + 1 : end);
    } else if (at < rest_.size() && rest_[at] == '\'' && field.key == "msg") {
      field.form = Form::message;
      // Nothing is escaped inside: the text may hold ' itself, so the last one closes.
      const std::size_t raw_end = std::min(rest_.find(kSeparator, at), rest_.size());
      const std::size_t close = rest_.substr(0, raw_end).rfind('\'');
      field.closed = close > at;
      const std::size_t end = field.closed ? close : raw_end;
      field.value = rest_.substr(at + 1, end - at - 1);
      rest_ = rest_.substr(field.closed ? end + 1 : end);
    } else {
      std::size_t end = at;
      while (end < rest_.size() && rest_[end] != ' ' && rest_[end] != kSeparator &&
             rest_[end] != '\r' &&
             (rest_[end] != '#' || inside_message_ ||
              escaped_separator(rest_.substr(end)) == std::string_view::npos)) {
        ++end;
      }
      if (field.key == "subj") {
        // AppArmor labels have blanks ("name (enforce)"): words without '=' belong to the label.
        while (end < rest_.size() && rest_[end] == ' ') {
          std::size_t word = end + 1;
          while (word < rest_.size() && rest_[word] != ' ' && rest_[word] != kSeparator &&
                 rest_[word] != '=' && rest_[word] != '\r') {
            ++word;
          }
          if (word == end + 1 || (word < rest_.size() && rest_[word] == '=') ||
              (old_login_ && rest_.substr(end + 1, word - end - 1) == "old")) {
            break;
          }
          end = word;
        }
      }
      field.value = rest_.substr(at, end - at);
      rest_ = rest_.substr(end);
    }
    if (saw_old_) {
      field.key = field.key == "auid" ? "old-auid" : field.key == "ses" ? "old-ses" : field.key;
      saw_old_ = false;
    }
    return true;
  }
}

bool EnrichedReader::next(Field& field) {
  const std::size_t start = rest_.find_first_not_of(" \r");
  const std::size_t eq = start == std::string_view::npos ? start : rest_.find('=', start);
  if (eq == std::string_view::npos) {
    rest_ = {};
    return false;
  }
  field.key = rest_.substr(start, eq - start);
  field.closed = true;
  std::string_view value = rest_.substr(eq + 1);
  const char open = value.empty() ? ' ' : value.front();
  if (open == '"' || open == '{') {
    const std::size_t close = value.find(open == '"' ? '"' : '}', 1);
    field.form = open == '"' ? Form::quoted : Form::bare;
    field.closed = close != std::string_view::npos;
    const std::size_t end = field.closed ? close : value.size();
    field.value =
        open == '"' ? value.substr(1, end - 1) : value.substr(0, field.closed ? end + 1 : end);
    rest_ = value.substr(std::min(end + 1, value.size()));
  } else {
    const std::size_t end = std::min(value.find_first_of(" \r"), value.size());
    field.form = Form::bare;
    field.value = value.substr(0, end);
    rest_ = value.substr(end);
  }
  return true;
}

bool find_field(std::string_view body, std::string_view key, Field& field) {
  FieldReader reader(body);
  while (reader.next(field)) {
    if (field.key == key) {
      return true;
    }
  }
  return false;
}

bool is_absent(const Field& field) {
  return field.form == Form::bare && (field.value == "(null)" || field.value == "(none)");
}

bool unhex(std::string_view hex, std::string& out) {
  if (hex.size() % 2 != 0) {
    return false;
  }
  out.clear();
  out.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_value(hex[i]);
    const int low = hex_value(hex[i + 1]);
    if (high < 0 || low < 0) {
      return false;
    }
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return true;
}

Decoded decode_string(const Field& field, std::string& out) {
  if (field.form != Form::bare) {
    out.assign(field.value);
    return field.closed ? Decoded::text : Decoded::damaged;
  }
  if (field.value.empty() || field.value.front() == '(') {
    out.assign(is_absent(field) ? std::string_view{} : field.value);
    return is_absent(field) ? Decoded::absent : Decoded::damaged;
  }
  std::string_view hex = field.value;
  if (hex.back() == '"') {  // a stray quote behind a hex key, as Ubuntu 17's kernel wrote it
    hex.remove_suffix(1);
  }
  if (unhex(hex, out)) {
    return Decoded::text;
  }
  out.assign(field.value);
  return Decoded::damaged;
}

bool is_encoded_key(std::string_view key) {
  if (key.size() >= 2 && key[0] == 'a' && key[1] >= '0' && key[1] <= '9') {
    return is_argument_index(key.substr(1));
  }
  return std::binary_search(kEncodedKeys.begin(), kEncodedKeys.end(), key);
}

void decode_acct(const Field& field, std::string& out) {
  if (field.form == Form::bare && is_upper_hex(field.value) && unhex(field.value, out) &&
      std::any_of(out.begin(), out.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x21 || byte > 0x7e || c == '"';
      })) {
    return;
  }
  out.assign(field.value);
}

bool parse_number(std::string_view text, std::uint32_t& out) {
  return parse_whole(text, 10, out);
}

bool parse_number(std::string_view text, std::int64_t& out) {
  return parse_whole(text, 10, out);
}

bool parse_hex(std::string_view text, std::uint64_t& out) {
  return parse_whole(text, 16, out);
}

}  // namespace auexfil::audit
