#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/logs.hpp"

namespace auexfil::flow {

struct FoundFlows {
  std::vector<input::LogFile> files;  ///< in the order of what was named, then by path
  std::vector<input::Problem> problems;
  std::uint64_t passed_over = 0;    ///< files of folders and archives that are of no known format
  std::uint64_t not_looked_at = 0;  ///< beyond the bound of files, or of bytes
};

/// Finds files of flow records: what is named is one, or is a folder or an archive of such, in
/// which they are known by their content; of an archive's members those that are named as logs,
/// CSV, JSON or text are looked at. Links that lead out of a folder are not followed. "-" is
/// standard input.
/// \param tree  where they are.
/// \param most_files  that are looked at in folders and archives
[[nodiscard]] FoundFlows find_flows(const std::vector<std::string>& named,
                                    const std::shared_ptr<const input::Tree>& tree = input::disk(),
                                    std::uint64_t most_files = std::uint64_t{1} << 16);

/// May a file that begins so be flow records? Cheap: of a JSON document nothing but its first byte
/// is asked. \param beginning  512 bytes of it or more, or all
[[nodiscard]] bool may_begin_flows(std::string_view beginning);

/// Of files that nobody has named as flow records, those that are some by their first 64 KiB, or by
/// the one JSON document that begins in them and is longer: where
/// any tells bytes, these, and those that tell more of flows (Zeek's dns.log, ftp.log …). What only
/// tells that packets passed, as a firewall's lines in a system's log, is none.
/// \param read_on  bytes that are read behind the first 64 KiB of files, all of them together
[[nodiscard]] FoundFlows flows_among(const std::vector<input::LogFile>& files,
                                     std::uint64_t read_on = std::uint64_t{1} << 30);

/// Texts in the folders of an image that sensors write to which may_begin_flows(): what
/// flows_among() may be asked of.
[[nodiscard]] std::vector<input::LogFile> texts_of_image(
    const std::shared_ptr<const input::Tree>& tree);

}  // namespace auexfil::flow
