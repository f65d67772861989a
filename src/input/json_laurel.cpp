#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "json_events.hpp"

namespace auexfil::input {
namespace {

namespace dom = simdjson::dom;

/// Strings that the kernel writes in quotes, or in hex where they hold anything unusual
/// (audit_log_untrustedstring()).
bool is_untrusted(std::string_view key) {
  constexpr std::array<std::string_view, 16> kKeys = {
      "comm", "exe",  "cwd",  "name", "key",   "proctitle", "acct",     "cmd",
      "path", "data", "file", "vm",   "ocomm", "old-disk",  "new-disk", "device"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

/// Records of programs hold their fields in msg='…', but for what the kernel puts before.
bool is_of_program(std::string_view type) {
  constexpr std::array<std::string_view, 14> kBegins = {
      "USER_", "CRED_", "SERVICE_", "SYSTEM_", "GRP_",    "ADD_",  "DEL_",
      "ROLE_", "ACCT_", "CHUSER_",  "CHGRP_",  "CRYPTO_", "USYS_", "LABEL_"};
  return std::any_of(kBegins.begin(), kBegins.end(),
                     [&](std::string_view begin) { return type.starts_with(begin); });
}

bool is_before_message(std::string_view key) {
  return key == "pid" || key == "uid" || key == "auid" || key == "ses" || key == "subj";
}

bool is_enriched(std::string_view key) {
  return std::none_of(key.begin(), key.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/// LAUREL writes %XX for what is no printable text, and for % and +.
std::string unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      bytes.push_back(static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2])));
      i += 2;
    } else {
      bytes.push_back(text[i]);
    }
  }
  return bytes;
}

void append_hex(std::string& to, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : bytes) {
    to.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    to.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
}

/// As the kernel writes a string: in quotes, or in hex where a blank, a quote or anything but
/// printable ASCII is in it. So nothing of it can be taken for another field or record.
void append_string(std::string& to, std::string_view bytes) {
  const bool is_plain = std::all_of(bytes.begin(), bytes.end(),
                                    [](char c) { return c > ' ' && c < 0x7f && c != '"'; });
  if (is_plain) {
    to.append(1, '"').append(bytes).append(1, '"');
  } else {
    append_hex(to, bytes);
  }
}

/// A word that stands bare in the log.
void append_word(std::string& to, std::string_view bytes) {
  for (const char c : bytes) {
    to.push_back(c > ' ' && c < 0x7f && c != '"' && c != '\'' ? c : '_');
  }
}

std::string_view without(std::string_view text, std::string_view begin) {
  return text.starts_with(begin) ? text.substr(begin.size()) : text;
}

class Writer {
 public:
  Writer(std::string_view prefix, std::string_view stamp) : prefix_(prefix), stamp_(stamp) {}

  std::string record(std::string_view type, const dom::object& fields) const {
    std::string line = prefix_;
    line += fmt::format("type={} msg=audit({}):", type, stamp_);
    if (type == "EXECVE") {
      append_arguments(line, fields);
    } else if (type == "PROCTITLE") {
      append_title(line, fields);
    } else if (type == "SYSCALL") {
      append_call(line, fields);
    } else if (is_of_program(type)) {
      append_message(line, fields);
    } else {
      append_fields(line, fields, [](std::string_view) { return true; });
    }
    return line;
  }

 private:
  static void append_value(std::string& line, std::string_view key, const dom::element& value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) {
      std::uint64_t natural = 0;
      std::int64_t number = 0;
      line += value.get(natural) == simdjson::SUCCESS  ? std::to_string(natural)
              : value.get(number) == simdjson::SUCCESS ? std::to_string(number)
              : key == "key"                           ? "(null)"
              : key == "tty"                           ? "(none)"
                                                       : "?";
      return;
    }
    const std::string bytes = unescaped(text);
    if (key == "saddr") {
      append_hex(line, bytes);
    } else if (is_untrusted(key)) {
      append_string(line, bytes);
    } else {
      const bool is_bare_hex = key == "arch" || (key.size() == 2 && key[0] == 'a');
      append_word(line, is_bare_hex               ? without(bytes, "0x")
                        : bytes.starts_with("0o") ? "0" + bytes.substr(2)
                                                  : bytes);
    }
  }

  template <typename Wanted>
  static void append_fields(std::string& line, const dom::object& fields, const Wanted& wanted) {
    for (const auto field : fields) {
      const std::string_view key = field.key;
      if (key == "ARGV") {
        append_numbers(line, field.value);
      } else if (!is_enriched(key) && wanted(key)) {
        line.push_back(' ');
        append_word(line, key);
        line.push_back('=');
        append_value(line, key, field.value);
      }
    }
  }

  /// a0 to a3, which LAUREL keeps in a list.
  static void append_numbers(std::string& line, const dom::element& list) {
    dom::array numbers;
    if (list.get(numbers) != simdjson::SUCCESS) {
      return;
    }
    std::size_t index = 0;
    for (const dom::element one : numbers) {
      std::string_view text;
      if (one.get(text) == simdjson::SUCCESS) {
        line += fmt::format(" a{}=", index);
        append_word(line, without(text, "0x"));
      }
      ++index;
    }
  }

  /// In the kernel's order (audit_log_exit()), which is read fastest.
  static void append_call(std::string& line, const dom::object& fields) {
    constexpr std::array<std::string_view, 5> kFirst = {"arch", "syscall", "per", "success",
                                                        "exit"};
    for (const std::string_view key : kFirst) {
      dom::element value;
      if (fields[key].get(value) == simdjson::SUCCESS && !value.is_null()) {
        line += fmt::format(" {}=", key);
        append_value(line, key, value);
      }
    }
    append_fields(line, fields, [&](std::string_view key) {
      return std::find(kFirst.begin(), kFirst.end(), key) == kFirst.end();
    });
  }

  static std::vector<std::string> arguments(const dom::object& fields) {
    std::vector<std::string> found;
    dom::array list;
    std::string_view text;
    if (fields["ARGV"].get(list) == simdjson::SUCCESS) {
      for (const dom::element one : list) {
        found.push_back(one.get(text) == simdjson::SUCCESS ? unescaped(text) : std::string());
      }
    } else if (fields["ARGV_STR"].get(text) == simdjson::SUCCESS) {
      // Joined by blanks, by an option: where an argument had one is not told.
      for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        found.push_back(unescaped(text.substr(at, end - at)));
        at = end + 1;
      }
    }
    return found;
  }

  static void append_arguments(std::string& line, const dom::object& fields) {
    const std::vector<std::string> all = arguments(fields);
    line += fmt::format(" argc={}", all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      line += fmt::format(" a{}=", i);
      append_string(line, all[i]);
    }
  }

  static void append_title(std::string& line, const dom::object& fields) {
    std::string joined;
    for (const std::string& argument : arguments(fields)) {
      joined.append(joined.empty() ? 0 : 1, '\0').append(argument);
    }
    line += " proctitle=";
    append_string(line, joined);
  }

  static void append_message(std::string& line, const dom::object& fields) {
    append_fields(line, fields, is_before_message);
    line += " msg='";
    std::string inside;
    append_fields(inside, fields, [](std::string_view key) { return !is_before_message(key); });
    line.append(without(inside, " ")).append(1, '\'');
  }

  std::string prefix_;
  std::string stamp_;
};

/// A type's name, as keys of an event are; others are what LAUREL adds.
bool is_type(std::string_view key) {
  constexpr std::array<std::string_view, 6> kOthers = {"ID",        "NODE",   "PARENT_INFO",
                                                       "CONTAINER", "LABELS", "CONTAINER_INFO"};
  return std::all_of(key.begin(), key.end(),
                     [](char c) {
                       return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                              c == '[' || c == ']';
                     }) &&
         std::find(kOthers.begin(), kOthers.end(), key) == kOthers.end();
}

bool is_stamp(std::string_view id) {
  std::size_t digits = 0;
  std::string marks;
  for (const char c : id) {
    const bool is_digit = c >= '0' && c <= '9';
    digits += is_digit ? 1U : 0U;
    marks += is_digit ? "" : std::string(1, c);
  }
  return marks == ".:" && digits >= 3 && id.front() != '.' && id.back() != ':';
}

}  // namespace

bool put_laurel(const dom::object& event, const PutRecord& put) {
  std::string_view id;
  if (event["ID"].get(id) != simdjson::SUCCESS || id.size() > 40 || !is_stamp(id)) {
    return false;
  }
  std::string prefix;
  if (std::string_view node; event["NODE"].get(node) == simdjson::SUCCESS) {
    prefix = "node=";
    append_word(prefix, node);
    prefix.push_back(' ');
  }
  const Writer writer(prefix, id);
  const auto put_one = [&](std::string_view type, const dom::element& value) {
    dom::object fields;
    if (value.get(fields) == simdjson::SUCCESS) {
      put(writer.record(type, fields));
    }
  };
  bool any = false;
  for (const auto field : event) {
    if (!is_type(field.key)) {
      continue;
    }
    any = true;
    dom::array list;
    if (field.value.get(list) == simdjson::SUCCESS) {
      for (const dom::element one : list) {
        put_one(field.key, one);
      }
    } else {
      put_one(field.key, field.value);
    }
  }
  return any;
}

}  // namespace auexfil::input
