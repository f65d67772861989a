#include "looks.hpp"

#include <algorithm>
#include <array>

#include "rotation.hpp"

namespace auexfil::input {

bool is_log_name(std::string_view name) {
  return parse_rotation(name).is_any_log();
}

bool is_package_name(std::string_view name) {
  constexpr std::array<std::string_view, 24> kEnds = {
      ".a",    ".apk", ".cpio.gz", ".crate", ".deb", ".docx", ".egg",   ".gem",
      ".img",  ".jar", ".jmod",    ".ko.xz", ".odt", ".ods",  ".pptx",  ".rpm",
      ".udeb", ".war", ".whl",     ".xlsx",  ".xpi", ".epub", ".nupkg", ".vsix"};
  return std::any_of(kEnds.begin(), kEnds.end(),
                     [name](std::string_view end) { return name.ends_with(end); });
}

bool is_packed(std::string_view first_bytes) {
  return coding_of(first_bytes) != Coding::none || content_of(first_bytes) == Content::archive;
}

Looks looks_of(std::string_view name, const Source& source) {
  const Rotation rotation = parse_rotation(name);
  if (source.content() == Content::archive && !is_package_name(name)) {
    return Looks::archive;
  }
  if (!rotation.is_any_log()) {
    return Looks::other;
  }
  if (rotation.base == "audit.log" || has_audit_record(source.head())) {
    return Looks::log;
  }
  return source.fault() && source.head().empty() ? Looks::unread : Looks::other;
}

}  // namespace auexfil::input
