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
