#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auexfil::policy {

/// `[normal NAME]`: what one job of one role does, as `baseline` saw it.
struct Normal {
  std::string role;
  std::string job;  ///< job_template()
  std::vector<std::string> users;
  std::vector<std::string> addresses;  ///< As IpAddress writes them.
  std::vector<std::string> names;
  std::optional<std::uint64_t> session;  ///< Bytes that a run may send; empty: not known.
  std::optional<std::uint64_t> day;      ///< That all of a day may.
};

/// A text as the value of a key, or an item of a list: what means something there (`#`, a comma, a
/// backslash, a control, a blank at the edge, a slash at the beginning) becomes `\xNN`.
[[nodiscard]] std::string escape_value(std::string_view text);

/// The way back; empty where `\` is not followed by xNN.
[[nodiscard]] std::optional<std::string> unescape_value(std::string_view text);

/// What the `[normal NAME]` sections of one file say together; judged by Judge where the policy
/// has it.
enum class Deviation : std::uint8_t {
  new_destination,  ///< Nothing of this role sent there.
  new_user,         ///< This user sent nothing, in this role.
  new_job,          ///< This job sent nothing, in this role.
  above_baseline,   ///< A known job, but more than it ever sends in a run.
};

[[nodiscard]] const char* to_word(Deviation);

}  // namespace auexfil::policy
