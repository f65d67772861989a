#pragma once

#include <cstdint>
#include <string_view>

#include "source.hpp"

namespace auexfil::input {

/// Do records stand in it from the newest to the oldest, as searches (Elastic, Splunk) and
/// `journalctl -r` give them? By their times (of several hosts, or of one time in any order) or by
/// their serials (a long call has the time of its beginning, kernel/auditsc.c): eight steps down at
/// least, and eight for each one up.
/// \param head  lines of the log, as they were taken out of what carries them.
[[nodiscard]] bool is_newest_first(std::string_view head);

/// The same of a file, by its beginning and, where it is plain text, by its end as well: what
/// somebody has written at the one changes nothing. \param source  freshly opened; left anywhere.
[[nodiscard]] bool stands_newest_first(Source& source, std::uint64_t bytes);

}  // namespace auexfil::input
