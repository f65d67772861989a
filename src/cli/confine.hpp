#pragma once

#include <string>
#include <vector>

namespace auexfil::cli {

/// The leak checker of AddressSanitizer follows the process with ptrace(2) and reads its /proc.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

/// What a run needs of this machine's files. What is not there is no mistake: opening it will say
/// so. Links are followed: what they lead to now is what may be read.
struct Access {
  std::vector<std::string> reads;   ///< files, and folders with all that lies beneath them
  std::vector<std::string> writes;  ///< folders in which files appear, pipes and devices
  std::string keeps;  ///< the folder of a file that is read, written and cut; or empty
};

/// From here on the process opens no other files (Landlock), makes no sockets, runs no programs and
/// looks into no other process (seccomp): whoever takes it over by a crafted log has little of it.
/// What is open already stays open. For the main thread before there are others, which inherit it;
/// it cannot be undone. A kernel that lacks one of the two is no reason to stop.
/// \return a line for each of the two: what holds, or why it does not.
[[nodiscard]] std::vector<std::string> confine(const Access& access);

}  // namespace auexfil::cli
