#include "auexfil/report/safe.hpp"

#include <iterator>

#include <fmt/format.h>

#include "auexfil/facts/utf8.hpp"

namespace auexfil::report {
namespace {

using facts::CodePoint;
using facts::decode_utf8;
using facts::is_deceptive;

bool needs_quotes(std::string_view word) {
  return word.empty() || word.find_first_of(" \t\r\n'\"\\$`|&;<>()#") != std::string_view::npos;
}

void append_quoted(std::string& out, std::string_view word) {
  out.push_back('\'');
  for (const char c : word) {
    if (c == '\'') {
      out.append("'\\''");
    } else {
      out.push_back(c);
    }
  }
  out.push_back('\'');
}

/// Appends the character at `at`, made visible. \return its length in `text`.
std::size_t append_character(std::string& out, std::string_view text, std::size_t at) {
  const CodePoint point = decode_utf8(text, at);
  if (!point.valid || point.code < 0x20 || point.code == 0x7f) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(point.code));
  } else if (is_deceptive(point.code)) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(point.code));
  } else {
    out.append(text, at, point.length);
  }
  return point.length;
}

}  // namespace

void append_safe(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    at += append_character(out, text, at);
  }
}

std::string to_safe(std::string_view text) {
  return to_safe(text, 0);
}

std::string to_safe(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++characters) {
    if (most != 0 && characters == most) {
      out.append("…");
      break;
    }
    at += append_character(out, text, at);
  }
  return out;
}

std::string join_command(const std::vector<std::string>& argv) {
  std::string out;
  for (const std::string& word : argv) {
    if (!out.empty()) {
      out.push_back(' ');
    }
    if (needs_quotes(word)) {
      append_quoted(out, word);
    } else {
      out.append(word);
    }
  }
  return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

}  // namespace auexfil::report
