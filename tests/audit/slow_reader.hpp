#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace auexfil::audit::test {

/// A second reader of audit lines, written from docs/audit-format.md alone: it shares no code with
/// src/audit, copies everything and takes its time. What both say of a line must be the same.
namespace slow {

enum class How : std::uint8_t { plain, decoded, absent, damaged };

struct Value {
  std::string key;
  std::string text;  ///< decoded bytes, or what stands in the log
  How how = How::plain;
  std::size_t logged{};  ///< Characters between its quotes in the log.
};

struct Record {
  std::string node;
  std::string type;  ///< the token as written
  std::int64_t ms{};
  std::uint32_t serial{};
  std::vector<Value> values;  ///< fields of msg='…' stand in its place, as "msg/KEY"
  std::string enriched;
};

/// \return nothing for a line without a stamp.
[[nodiscard]] std::optional<Record> read(const std::string& line);

struct Exec {
  std::vector<std::string> args;
  bool cut{};
};
/// One EXECVE record alone. Without bounds: only for records with indices below 4096 and less than
/// 64 KiB.
[[nodiscard]] std::optional<Exec> exec(const Record& record);

/// "inet 192.0.2.1 80", "unix /path", "netlink", "unspec", "family 17", or "" for what cannot be
/// decoded.
[[nodiscard]] std::string address(const std::string& hex, bool big_endian);

}  // namespace slow
}  // namespace auexfil::audit::test
