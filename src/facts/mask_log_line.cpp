#include <algorithm>
#include <cctype>
#include <optional>

#include "auexfil/facts/mask.hpp"

namespace auexfil::facts {
namespace {

constexpr std::size_t kLongestKey = 32;

/// A field's value in a raw line, decoded as the kernel encoded it: in quotes as it stands, else in
/// hex. Source: kernel/audit.c, audit_log_n_untrustedstring().
struct Value {
  std::size_t begin{};
  std::size_t end{};
  bool hex{};
  std::string text;
};

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<unsigned>(c - '0');
  }
  if (c >= 'A' && c <= 'F') {
    return static_cast<unsigned>(c - 'A' + 10);
  }
  if (c >= 'a' && c <= 'f') {
    return static_cast<unsigned>(c - 'a' + 10);
  }
  return std::nullopt;
}

std::optional<std::string> from_hex(std::string_view hex) {
  std::string text;
  if (hex.empty() || hex.size() % 2 != 0) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = digit(hex[i]);
    const auto low = digit(hex[i + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    text.push_back(static_cast<char>(*high * 16 + *low));
  }
  return text;
}

std::string to_hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string hex;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    hex.push_back(kDigits[byte / 16]);
    hex.push_back(kDigits[byte % 16]);
  }
  return hex;
}

std::optional<Value> value_at(std::string_view line, std::size_t begin) {
  if (begin < line.size() && line[begin] == '"') {
    const std::size_t end = std::min(line.find('"', begin + 1), line.size());
    return Value{begin + 1, end, false, std::string(line.substr(begin + 1, end - begin - 1))};
  }
  const std::size_t end = std::min(line.find_first_of(" '\x1d\r\n", begin), line.size());
  const auto text = from_hex(line.substr(begin, end - begin));
  return text ? std::optional(Value{begin, end, true, *text}) : std::nullopt;
}

/// a0, a12, a2[3]; not a2_len.
bool is_argument(std::string_view key) {
  if (key.size() < 2 || key[0] != 'a' || std::isdigit(static_cast<unsigned char>(key[1])) == 0) {
    return false;
  }
  return key.find_first_not_of("0123456789[]", 1) == std::string_view::npos;
}

template <typename Wanted>
std::vector<Value> values_of(std::string_view line, Wanted wanted) {
  std::vector<Value> values;
  for (std::size_t at = line.find('='); at != std::string_view::npos; at = line.find('=', at + 1)) {
    const std::size_t from = at < kLongestKey ? 0 : at - kLongestKey;
    const std::string_view before = line.substr(from, at - from);
    const std::size_t blank = before.find_last_of(" '\x1d");
    if (!wanted(blank == std::string_view::npos ? before : before.substr(blank + 1))) {
      continue;
    }
    if (const auto value = value_at(line, at + 1)) {
      values.push_back(*value);
      at = value->end < line.size() ? value->end : line.size() - 1;
    }
  }
  return values;
}

/// The line with `value` replaced by `text`, in the encoding that it had.
void append_replaced(std::string& out, std::size_t& done, std::string_view line, const Value& value,
                     const std::string& text) {
  if (text != value.text) {
    out.append(line, done, value.begin - done);
    out.append(value.hex ? to_hex(text) : text);
    done = value.end;
  }
}

std::string mask_execve(std::string_view line) {
  const std::vector<Value> values = values_of(line, is_argument);
  std::vector<std::string> argv;
  argv.reserve(values.size());
  for (const Value& value : values) {
    argv.push_back(value.text);
  }
  const std::vector<std::string> masked = mask_argv(argv);
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    append_replaced(out, done, line, values[i], masked[i]);
  }
  return out.append(line, done);
}

/// argv with NULs between, cut by the kernel after 128 bytes.
std::string mask_title(const std::string& title) {
  std::vector<std::string> argv(1);
  for (const char c : title) {
    if (c == '\0') {
      argv.emplace_back();
    } else {
      argv.back().push_back(c);
    }
  }
  if (argv.size() == 1) {
    return mask_text(title);
  }
  std::string out;
  for (const std::string& word : mask_argv(argv)) {
    out.append(word).push_back('\0');
  }
  out.pop_back();
  return out;
}

std::string mask_commands(std::string_view line) {
  std::string out;
  std::size_t done = 0;
  const auto wanted = [](std::string_view key) { return key == "proctitle" || key == "cmd"; };
  for (const Value& value : values_of(line, wanted)) {
    append_replaced(out, done, line, value, mask_title(value.text));
  }
  return out.append(line, done);
}

}  // namespace

std::string mask_log_line(std::string_view line) {
  // The type stands first, behind a node= at most.
  const std::string_view head = line.substr(0, 512);
  const auto is_type = [head](std::string_view type) {
    const std::size_t at = head.find(type);
    return at != std::string_view::npos && (at == 0 || head[at - 1] == ' ');
  };
  if (is_type("type=EXECVE ")) {
    return mask_execve(line);
  }
  if (is_type("type=PROCTITLE ") || is_type("type=USER_CMD ")) {
    return mask_commands(line);
  }
  return std::string(line);
}

}  // namespace auexfil::facts
