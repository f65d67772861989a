#include "sniff.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

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

/// A tar header without a magic (UNIX version 7): its checksum is right, and it has a name.
bool is_old_tar(std::string_view head) {
  constexpr std::size_t kHeader = 512;
  constexpr std::size_t kSumAt = 148;
  constexpr std::size_t kSumEnd = 156;
  if (head.size() < kHeader || head[0] == '\0') {
    return false;
  }
  unsigned sum = 0;
  for (std::size_t i = 0; i < kHeader; ++i) {
    sum += i >= kSumAt && i < kSumEnd ? 0x20U : static_cast<unsigned char>(head[i]);
  }
  std::string_view text = head.substr(kSumAt, kSumEnd - kSumAt);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  unsigned stored = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), stored, 8);
  return error == std::errc() && stored == sum &&
         (end != text.data() + text.size() && (*end == '\0' || *end == ' '));
}

bool is_archive(std::string_view head) {
  constexpr std::size_t kTarMagic = 257;
  constexpr std::array<std::string_view, 9> kMagics = {
      "PK\x03\x04"sv, "PK\x05\x06"sv, "PK\x07\x08"sv, "7z\xbc\xaf\x27\x1c"sv, "Rar!\x1a\x07"sv,
      "070701"sv,     "070702"sv,     "070707"sv,     "!<arch>\n"sv};
  return std::any_of(kMagics.begin(), kMagics.end(),
                     [head](std::string_view magic) { return head.starts_with(magic); }) ||
         (head.size() > kTarMagic && head.substr(kTarMagic).starts_with("ustar"sv)) ||
         is_old_tar(head);
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
  return find_numbered(head, "audit: type=1300 audit("sv) != std::string_view::npos;
}

bool begins_record(std::string_view text) {
  return text.starts_with("type="sv) || text.starts_with("node="sv);
}

bool begins_inside_line(std::string_view head) {
  const auto newline = head.find('\n');
  return !begins_record(head) && newline != std::string_view::npos &&
         begins_record(head.substr(newline + 1));
}

}  // namespace auexfil::input
