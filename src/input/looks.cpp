#include "looks.hpp"

#include <algorithm>
#include <array>

#include "auexfil/input/log_header.hpp"
#include "rotation.hpp"

namespace auexfil::input {

namespace {

bool is_bare_record(std::string_view line) {
  return begins_record(line) && has_audit_record(line);
}

/// Lines as auditd writes them, of a file that is named otherwise, may be somebody's note about
/// logs: where there are several and nothing else, they are one.
bool has_records_alone(std::string_view head) {
  constexpr std::size_t kFew = 4;
  std::size_t records = 0;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    const std::string_view line = head.substr(0, end);
    const bool is_blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
    if (end == std::string_view::npos) {
      break;  // cut
    }
    if (!is_blank && !is_bare_record(line)) {
      return false;
    }
    records += is_blank ? 0U : 1U;
    head.remove_prefix(end + 1);
  }
  return records >= kFew;
}

/// Behind what a logger puts before it, which nobody notes down.
bool begins_with_logged_record(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  return !begins_record(first) && is_carried_record(first);
}

}  // namespace

bool is_log_name(std::string_view name) {
  return parse_rotation(name).is_any_log() || is_syslog_name(name);
}

bool is_package_name(std::string_view name) {
  constexpr std::array<std::string_view, 24> kEnds = {
      ".a",    ".apk", ".cpio.gz", ".crate", ".deb", ".docx", ".egg",   ".gem",
      ".img",  ".jar", ".jmod",    ".ko.xz", ".odt", ".ods",  ".pptx",  ".rpm",
      ".udeb", ".war", ".whl",     ".xlsx",  ".xpi", ".epub", ".nupkg", ".vsix"};
  return std::any_of(kEnds.begin(), kEnds.end(),
                     [name](std::string_view end) { return name.ends_with(end); });
}

bool is_sealed_name(std::string_view name) {
  constexpr std::array<std::string_view, 4> kSeals = {".gpg", ".pgp", ".asc", ".age"};
  constexpr std::array<std::string_view, 8> kArchives = {".tar", ".gz",  ".xz", ".bz2",
                                                         ".zst", ".zip", ".7z", ".tgz"};
  const auto ends = [](std::string_view text) {
    return [text](std::string_view end) { return text.ends_with(end); };
  };
  const auto* const seal = std::find_if(kSeals.begin(), kSeals.end(), ends(name));
  if (seal == kSeals.end()) {
    return false;
  }
  name.remove_suffix(seal->size());
  return parse_rotation(name).base == "audit.log" ||
         std::any_of(kArchives.begin(), kArchives.end(), ends(name));
}

bool may_be_one(std::string_view first_bytes) {
  return coding_of(first_bytes) != Coding::none || is_journal_file(first_bytes) ||
         content_of(first_bytes) == Content::archive || carrier_of(first_bytes) != nullptr ||
         begins_with_logged_record(first_bytes) ||
         is_bare_record(first_bytes.substr(0, first_bytes.find('\n')));
}

Looks looks_of(std::string_view name, const Source& source) {
  const Rotation rotation = parse_rotation(name);
  if (source.content() == Content::archive && !is_package_name(name)) {
    return Looks::archive;
  }
  if (source.is_journal() && source.problem() && source.problem()->kind == ProblemKind::damaged) {
    return Looks::log;  // what is wrong with it will be said
  }
  if (!is_log_name(name)) {
    const bool is_form = source.is_carried() || begins_with_logged_record(source.head()) ||
                         has_records_alone(source.head());
    return is_form && has_audit_record(source.head()) ? Looks::log : Looks::other;
  }
  if (rotation.base == "audit.log" || has_audit_record(source.head())) {
    return Looks::log;
  }
  return source.problem() && source.head().empty() ? Looks::unread : Looks::other;
}

}  // namespace auexfil::input
