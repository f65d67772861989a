#pragma once

#include <string_view>

namespace auexfil::input {

/// Do records stand in it from the newest to the oldest, as searches (Elastic, Splunk) and
/// `journalctl -r` give them? Eight events at least, and none that is newer than the one before.
/// \param head  lines of the log, as they were taken out of what carries them.
[[nodiscard]] bool is_newest_first(std::string_view head);

}  // namespace auexfil::input
