#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "auexfil/input/disk_image.hpp"

namespace auexfil::input {

/// A small file of the machine that is looked at.
struct SmallFile {
  enum class State { read, cut, missing, permission, unreadable };
  State state = State::missing;
  std::string text;  ///< At most the limit; whole lines when cut.
};

/// \param image  a rooted() tree, which opens regular files alone.
[[nodiscard]] SmallFile read_small(const Tree& image, const std::string& path, std::size_t limit);

/// All rotations of conf.log_file in an image, as one set.
/// \param readers  who may read it ("members of group adm may read it, or run as root"), for the
///                 message of a log that may not be read.
[[nodiscard]] Found find_configured_logs(std::shared_ptr<const Tree> image, const AuditdConf& conf,
                                         std::string_view readers);

/// find_host_logs() of a machine whose file system is at `root`.
[[nodiscard]] Found find_host_logs_at(const std::string& root);

constexpr std::size_t kMaxHostname = 255;

/// The first line that is neither blank nor a comment, hostname(5).
[[nodiscard]] std::string first_word(std::string_view text);

/// The lines of a passwd or group file as id -> name; the first line of an id wins.
[[nodiscard]] std::unordered_map<std::uint32_t, std::string> parse_ids(std::string_view text);

}  // namespace auexfil::input
