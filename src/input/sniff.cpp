#include "sniff.hpp"

#include <algorithm>

namespace auexfil::input {
namespace {

using namespace std::string_view_literals;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The place of `mark` with a digit right behind it, at or after `from`; npos when there is none.
std::size_t find_numbered(std::string_view text, std::string_view mark, std::size_t from = 0) {
  for (auto at = text.find(mark, from); at != std::string_view::npos;
       at = text.find(mark, at + 1)) {
    const std::size_t next = at + mark.size();
    if (next < text.size() && is_digit(text[next])) {
      return at;
    }
  }
  return std::string_view::npos;
}

bool is_archive(std::string_view head) {
  constexpr std::size_t kTarMagic = 257;
  return head.starts_with("PK\x03\x04"sv) || head.starts_with("7z\xbc\xaf\x27\x1c"sv) ||
         head.starts_with("Rar!\x1a\x07"sv) || head.starts_with("070701"sv) ||
         (head.size() > kTarMagic && head.substr(kTarMagic).starts_with("ustar"sv));
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  // 0x1d parts the enriched half of a record.
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\x1b' &&
          c != '\x1d') ||
         byte == 0x7f;
}

/// Text has no NUL and hardly a control character. Zeros and nothing else are what a file system
/// leaves of a log after a crash; records may follow.
bool is_text(std::string_view head) {
  if (std::all_of(head.begin(), head.end(), [](char c) { return c == '\0'; })) {
    return true;
  }
  const auto controls = std::count_if(head.begin(), head.end(), is_control);
  return head.find('\0') == std::string_view::npos &&
         static_cast<std::size_t>(controls) <= head.size() / 10;
}

}  // namespace

Content content_of(std::string_view head) {
  if (head.empty()) {
    return Content::empty;
  }
  if (is_archive(head)) {
    return Content::archive;
  }
  if (find_numbered(head, "audit("sv) != std::string_view::npos) {
    return Content::stamped;
  }
  return is_text(head) ? Content::text : Content::binary;
}

bool has_audit_record(std::string_view head) {
  constexpr auto kStamp = "msg=audit("sv;
  for (auto at = find_numbered(head, kStamp); at != std::string_view::npos;
       at = find_numbered(head, kStamp, at + 1)) {
    const auto before = head.substr(0, at);
    const auto line = before.substr(before.rfind('\n') + 1);
    if (line.find("type="sv) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

bool begins_inside_line(std::string_view head) {
  const auto begins_record = [](std::string_view text) {
    return text.starts_with("type="sv) || text.starts_with("node="sv);
  };
  const auto newline = head.find('\n');
  return !begins_record(head) && newline != std::string_view::npos &&
         begins_record(head.substr(newline + 1));
}

}  // namespace auexfil::input
