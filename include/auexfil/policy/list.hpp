#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/audit/stamp.hpp"

/// `[list NAME]`: addresses and networks of files that others write, such as threat intelligence.
namespace auexfil::policy {

struct ListEntry {
  audit::Cidr network;
  std::uint32_t file{};  ///< Index in List::files.
  std::uint32_t line{};  ///< 0: of a file without lines of its own (JSON).
  audit::TimeMs from = std::numeric_limits<audit::TimeMs>::min();
  audit::TimeMs until = std::numeric_limits<audit::TimeMs>::max();  ///< Not any more then.

  /// Does it hold at some time from `first` to `last`?
  [[nodiscard]] bool holds(audit::TimeMs first, audit::TimeMs last) const {
    return from <= last && first < until;
  }
};

struct ListFile {
  std::string path;  ///< As the rule file has it; relative to that file's folder.
  std::string rule_file;
  int line{};  ///< Of it.
};

struct List {
  std::string name;
  std::vector<ListFile> files;
  std::vector<ListEntry> entries;  ///< In the order of the files; none until they are read.
};

/// Of all lists together: what goes beyond is a mistake of the rules, nothing is left out in
/// silence.
inline constexpr std::size_t kMaxListEntries = std::size_t{1} << 20;

/// What a file of a list says.
struct ListReading {
  std::vector<ListEntry> entries;
  std::string problem;            ///< Why it is no list at all; else empty.
  std::vector<std::string> said;  ///< Entries that are left out, "LINE: why" or "why": the first.
  std::uint64_t left_out{};       ///< All of those.
  /// Of STIX and MISP: what speaks of other things than addresses, is revoked, deleted, negated or
  /// not meant for detection.
  std::uint64_t passed_over{};
  std::uint64_t ended{};    ///< Entries that hold no more by now,
  std::uint64_t to_come{};  ///< or not yet.
};

/// Reads a file of one address or network a line (behind '#' or ';' are comments), a bundle of STIX
/// 2, or events of MISP as JSON. Which of them tells its first byte.
/// \param most  entries that there is room for.
/// \param now   tells which of them have ended; they are taken, for transfers of their time
[[nodiscard]] ListReading read_list(std::string_view text, std::size_t most, audit::TimeMs now = 0);

/// "bad (feeds/bad.txt:17)"
[[nodiscard]] std::string place_of(const List& list, const ListEntry& entry);

}  // namespace auexfil::policy
