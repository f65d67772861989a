#pragma once

#include <string_view>

namespace auexfil::input {

/// Do records stand in it from the newest to the oldest, as searches (Elastic, Splunk) and
/// `journalctl -r` give them? By their times (of several hosts, or of one time in any order) or by
/// their serials (a long call has the time of its beginning, kernel/auditsc.c): eight steps down at
/// least, and eight for each one up.
/// \param head  lines of the log, as they were taken out of what carries them.
[[nodiscard]] bool is_newest_first(std::string_view head);

}  // namespace auexfil::input
