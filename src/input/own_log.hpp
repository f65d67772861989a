#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "auexfil/input/disk_image.hpp"

namespace auexfil::input {

/// resolve_inside() and, where it fails, why (an errno).
struct Resolved {
  std::string path;
  int error = 0;
};
[[nodiscard]] Resolved try_resolve_inside(const std::string& root, std::string_view path);

/// A small file of the machine that is looked at.
struct SmallFile {
  enum class State { read, cut, missing, permission, unreadable };
  State state = State::missing;
  std::string text;  ///< At most the limit; whole lines when cut.
};

/// Reads `path`, as seen inside `root`. Only regular files are opened.
[[nodiscard]] SmallFile read_inside(const std::string& root, std::string_view path,
                                    std::size_t limit);

/// All rotations of conf.log_file inside `root`, as one set.
/// \param readers  who may read it ("members of group adm may read it, or run as root"), for the
///                 message of a log that may not be read.
[[nodiscard]] Found find_configured_logs(const std::string& root, const AuditdConf& conf,
                                         std::string_view readers);

/// find_host_logs() of a machine whose file system is at `root`.
[[nodiscard]] Found find_host_logs_at(const std::string& root);

/// The lines of a passwd or group file as id -> name; the first line of an id wins.
[[nodiscard]] std::unordered_map<std::uint32_t, std::string> parse_ids(std::string_view text);

}  // namespace auexfil::input
