#include "auexfil/facts/json_writer.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "auexfil/facts/utf8.hpp"

namespace auexfil::facts {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - kOnes) & ~word & kHighs;
}

/// True when each of the eight bytes stands for itself in a JSON string.
constexpr bool is_plain(std::uint64_t word) {
  const std::uint64_t below_space = (word - kOnes * 0x20) & ~word;
  return ((word | below_space) & kHighs) == 0 && zero_bytes(word ^ (kOnes * '"')) == 0 &&
         zero_bytes(word ^ (kOnes * '\\')) == 0 && zero_bytes(word ^ (kOnes * 0x7f)) == 0;
}

constexpr bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/// Length of the run of plain bytes at `from`, eight at a time: nearly all text of a log is plain.
std::size_t plain_run(std::string_view text, std::size_t from) {
  std::size_t at = from;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if (!is_plain(word)) {
      break;
    }
  }
  while (at < text.size() && is_plain(static_cast<unsigned char>(text[at]))) {
    ++at;
  }
  return at - from;
}

/// \uXXXX; `code` lies in the BMP.
void append_u(std::string& out, char32_t code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::array<char, 6> escape = {'\\',
                                      'u',
                                      kHex[(code >> 12U) & 15U],
                                      kHex[(code >> 8U) & 15U],
                                      kHex[(code >> 4U) & 15U],
                                      kHex[code & 15U]};
  out.append(escape.data(), escape.size());
}

/// Appends the character at `at`, which is not plain. \return its length.
std::size_t append_special(std::string& out, std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte == '"' || byte == '\\') {
    out.push_back('\\');
    out.push_back(text[at]);
    return 1;
  }
  if (byte < 0x80) {
    append_u(out, byte);
    return 1;
  }
  const CodePoint point = decode_utf8(text, at);
  if (!point.valid) {
    append_u(out, 0xdc00U + byte);
  } else if (is_deceptive(point.code)) {
    append_u(out, point.code);
  } else {
    out.append(text, at, point.length);
  }
  return point.length;
}

template <typename T>
void append_number(std::string& out, T value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t run = plain_run(text, at);
    out.append(text, at, run);
    at += run;
    if (at < text.size()) {
      at += append_special(out, text, at);
    }
  }
  out.push_back('"');
}

void JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_.push_back(':');
  comma_ = false;
}

void JsonWriter::string(std::string_view text) {
  separate();
  append_json_string(out_, text);
  comma_ = true;
}

void JsonWriter::number(std::uint64_t value) {
  separate();
  append_number(out_, value);
  comma_ = true;
}

void JsonWriter::number(std::int64_t value) {
  separate();
  append_number(out_, value);
  comma_ = true;
}

void JsonWriter::raw(std::string_view text) {
  separate();
  out_.append(text);
  comma_ = true;
}

void write_time(JsonWriter& json, std::string_view name, audit::TimeMs time) {
  json.key(name);
  write_time(json, time);
}

void write_time(JsonWriter& json, audit::TimeMs time) {
  if (time == 0) {
    json.null();
  } else {
    json.string(audit::format_rfc3339(time));
  }
}

}  // namespace auexfil::facts
