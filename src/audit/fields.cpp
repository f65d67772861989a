#include "auexfil/audit/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "auexfil/input/find_byte.hpp"

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
  for (unsigned i = 0; i < 10; ++i) {
    table[unsigned{'0'} + i] = static_cast<signed char>(i);
  }
  for (unsigned i = 0; i < 6; ++i) {
    table[unsigned{'a'} + i] = static_cast<signed char>(10 + i);
    table[unsigned{'A'} + i] = static_cast<signed char>(10 + i);
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

/// Where a label of AppArmor ends, which has blanks ("name (enforce)"): words without '=' belong to
/// it. \param at  the end of its first word.
const char* FieldReader::end_of_label(const char* at, const char* end) const {
  while (at < end && *at == ' ') {
    const char* word = at + 1;
    while (word < end && *word != ' ' && *word != kSeparator && *word != '=' && *word != '\r') {
      ++word;
    }
    if (word == at + 1 || (word < end && *word == '=') ||
        (old_login_ && std::string_view(at + 1, word) == "old")) {
      break;
    }
    at = word;
  }
  return at;
}

/// Reads the value at `at`, behind the '='. \return its end.
const char* FieldReader::take_value(const char* at, const char* end, Field& field) const {
  field.closed = true;
  if (at < end && *at == '"') {
    field.form = Form::quoted;
    ++at;
    const char* const close = input::find_byte<'"', kSeparator>(at, end);
    // A value that auditd cut has no quote of its own: the next one is in the enriched part.
    field.closed = close < end && *close == '"';
    field.value = std::string_view(at, close);
    return field.closed ? close + 1 : close;
  }
  if (at < end && *at == '\'' && input::is_word(field.key, "msg")) {
    field.form = Form::message;
    // Nothing is escaped inside: the text may hold ' itself, so the last one closes.
    const std::string_view rest(at, end);
    const std::string_view raw = rest.substr(0, rest.find(kSeparator));
    const std::size_t close = raw.rfind('\'');
    field.closed = close > 0;
    field.value = raw.substr(1, field.closed ? close - 1 : std::string_view::npos);
    return at + (field.closed ? close + 1 : raw.size());
  }
  field.form = Form::bare;
  const auto find_end = input::find_byte<' ', kSeparator, '\r', '#'>;
  const char* stop = find_end(at, end);
  while (stop < end && *stop == '#' &&
         (inside_message_ || escaped_separator({stop, end}) == std::string_view::npos)) {
    stop = find_end(stop + 1, end);
  }
  if (input::is_word(field.key, "subj")) {
    stop = end_of_label(stop, end);
  }
  field.value = std::string_view(at, stop);
  return stop;
}

bool FieldReader::next(Field& field) {
  const char* at = rest_.data();
  const char* const end = at + rest_.size();
  const auto finish = [&](const char* enriched) {
    if (enriched < end) {
      enriched_ = std::string_view(enriched, end);
    }
    rest_ = {};
    return false;
  };
  for (;;) {
    while (at < end && (*at == ' ' || *at == '\r' || *at == '\t')) {
      ++at;
    }
    if (at == end || *at == kSeparator) {
      return finish(at == end ? end : at + 1);
    }
    const char* const start = at;
    at = input::find_byte<'=', ' ', kSeparator>(at, end);
    if (at == end || *at != '=') {  // a word without a value
      saw_old_ = old_login_ && std::string_view(start, at) == "old";
      continue;
    }
    field.key = std::string_view(start, at);
    if (!inside_message_ && (is_upper(*start) || *start == '#')) {
      const std::size_t skip = *start == '#'                ? escaped_separator({start, end})
                               : is_enriched_key(field.key) ? 0
                                                            : std::string_view::npos;
      if (skip != std::string_view::npos) {
        return finish(start + skip);
      }
    }
    at = take_value(at + 1, end, field);
    rest_ = std::string_view(at, end);
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
