#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace auexfil::artefacts {

/// What the configuration of ssh's client says of a host that a command names (ssh_config(5)).
struct SshHost {
  std::optional<std::string> host;  ///< HostName: where it is
  std::optional<std::uint16_t> port;
  std::optional<std::string> jump;     ///< ProxyJump: the hosts that it goes through; "none"
  std::optional<std::string> command;  ///< ProxyCommand: it connects to no host; "none"
};

/// Takes what a file says of a host, where those before it said nothing: the first value holds.
/// Blocks of Match, but for `Match all`, hold for none; Include is not followed.
void read_ssh_config(std::string_view text, std::string_view host, SshHost& of);

}  // namespace auexfil::artefacts
