#include "secrets.hpp"

#include <algorithm>
#include <cctype>

#include "mask_rules.hpp"

namespace auexfil::facts {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

std::size_t or_end(std::size_t at, std::string_view text) {
  return std::min(at, text.size());
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == kNone;
}

/// What ends a value depends on what stood before its name: a=1&b=2, a=1,b=2, a=1;b=2.
std::string_view terminators(std::string_view word, std::size_t name_begin) {
  if (name_begin == 0) {
    return "&;";
  }
  switch (word[name_begin - 1]) {
    case ',':
    case ':':
      return ",:";  // rclone's :ftp,host=h,pass=X:path
    case '&':
    case '?':
      return "&#";
    case ';':
      return ";";
    default:
      return "&,;\"'`)}]";
  }
}

}  // namespace

void find_url_passwords(std::string_view word, Ranges& found) {
  for (std::size_t at = word.find("://"); at != kNone; at = word.find("://", at)) {
    at += 3;
    const std::size_t end = or_end(word.find_first_of("/ \t\r\n\"'<>", at), word);
    const std::string_view authority = word.substr(at, end - at);
    const std::size_t colon = authority.find(':');
    const std::size_t host = authority.rfind('@');
    if (colon == kNone || host == kNone || host < colon) {
      continue;
    }
    // h:80?to=me@example.org has no password, u:pa?ss@h has.
    const std::string_view secret = authority.substr(colon + 1, host - colon - 1);
    const std::size_t query = secret.find_first_of("?#");
    if (query == kNone || !is_number(secret.substr(0, query))) {
      found.push_back({at + colon + 1, at + host, {}});
    }
  }
}

void find_json_members(std::string_view text, Ranges& found) {
  const auto skip_blanks = [text](std::size_t at) {
    return or_end(text.find_first_not_of(" \t\r\n", at), text);
  };
  for (std::size_t at = text.find('"'); at != kNone;) {
    const std::size_t name_end = text.find('"', at + 1);
    if (name_end == kNone) {
      return;
    }
    const std::string_view name = text.substr(at + 1, name_end - at - 1);
    at = name_end;
    const std::size_t colon = skip_blanks(name_end + 1);
    if (colon >= text.size() || text[colon] != ':') {
      continue;
    }
    const std::size_t quote = skip_blanks(colon + 1);
    if (quote >= text.size() || text[quote] != '"' || !is_secret_name(name)) {
      continue;
    }
    std::size_t end = quote + 1;
    while (end < text.size() && text[end] != '"') {
      end += text[end] == '\\' ? 2U : 1U;
    }
    end = or_end(end, text);
    found.push_back({quote + 1, end, {}});
    at = text.find('"', or_end(end + 1, text));
  }
}

void find_assignments(std::string_view word, bool whole_value, Ranges& found) {
  for (std::size_t at = word.find('='); at != kNone; at = word.find('=', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_name_char(word[begin - 1])) {
      --begin;
    }
    const std::string_view name = word.substr(begin, at - begin);
    if (!is_secret_name(name)) {
      continue;
    }
    // An option's value and a variable's run to the end of the word, whatever they hold.
    const bool variable =
        std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    const bool to_end = begin == 0 && (whole_value || name.front() == '-' || variable);
    const std::size_t end =
        to_end ? word.size() : or_end(word.find_first_of(terminators(word, begin), at + 1), word);
    if (!is_plain_answer(word.substr(at + 1, end - at - 1))) {
      found.push_back({at + 1, end, {}});
    }
    at = std::max(at, end - 1);
  }
}

void find_bare_userinfo(std::string_view word, Ranges& found) {
  const std::string_view authority = word.substr(0, word.find('/'));
  const std::size_t colon = authority.find(':');
  const std::size_t host = authority.rfind('@');
  if (word.starts_with('-') || colon == 0 || colon == kNone || host == kNone || host < colon) {
    return;
  }
  found.push_back({colon + 1, host, {}});
}

}  // namespace auexfil::facts
