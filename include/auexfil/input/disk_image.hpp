#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "auexfil/input/names.hpp"

namespace auexfil::input {

/// What is taken of a mounted image or an unpacked collection, besides its log.
struct DiskImage {
  std::string root;                  ///< The folder given by --root.
  std::shared_ptr<const Tree> tree;  ///< Its files, by paths as that machine had them.
  std::string hostname;              ///< First line of etc/hostname; empty when there is none.
  Names names;           ///< etc/passwd and etc/group of the image, never this machine's.
  std::string log_file;  ///< The image's log_file setting, a path inside the image.
  std::vector<Problem> problems;
  std::vector<std::string> archives;  ///< Files of the disk that it was taken from.
};

/// Opens an image: a folder of the disk, or an archive; it may be a folder therein (UAC's `[root]`,
/// the one top folder of sosreport). See rooted().
[[nodiscard]] DiskImage open_image(const std::string& root);

/// Opens a folder of a tree as an image.
[[nodiscard]] DiskImage open_image(const std::shared_ptr<const Tree>& tree,
                                   const std::string& root);

/// The logs of an image, by its own etc/audit/auditd.conf (default /var/log/audit/audit.log),
/// all rotations of it; where there is none, what its journal and its syslog hold of records.
[[nodiscard]] Found find_image_logs(const DiskImage& image);

/// What auditd.conf says of the log; see auditd.conf(5).
struct AuditdConf {
  std::string log_file = "/var/log/audit/audit.log";
  std::string log_group = "root";
};

/// Reads the text of an auditd.conf; keys are case-insensitive, unknown lines are skipped.
[[nodiscard]] AuditdConf parse_auditd_conf(std::string_view text);

/// This machine's own log, by its /etc/audit/auditd.conf. A log that may not be read gives a
/// Problem that names the group that could (log_group).
[[nodiscard]] Found find_host_logs();

/// Its users and groups.
[[nodiscard]] Names find_host_names();

/// Files and folders that these two read, for who must say it beforehand. What links in the log's
/// folder lead to is read as well.
[[nodiscard]] std::vector<std::string> host_log_places();

}  // namespace auexfil::input
