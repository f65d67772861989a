#pragma once

#include <cstddef>
#include <vector>

#include "auexfil/artefacts/collect.hpp"
#include "auexfil/audit/address.hpp"
#include "auexfil/input/tree.hpp"

namespace auexfil::artefacts {

/// The addresses of an image's machine.
struct OwnAddresses {
  static constexpr std::size_t kMost = 256;
  std::vector<audit::IpAddress> addresses;  ///< sorted, each once
  std::size_t left_out{};                   ///< beyond kMost
};

/// Reads the network configuration of an image: /etc/network/interfaces, netplan, systemd-networkd,
/// NetworkManager's keyfiles, ifcfg-*. Literals alone, as they are set by hand: what DHCP gave is
/// not in them. Loopback and link-local addresses are of no use, and left out.
/// \param image  paths are those inside the image
[[nodiscard]] OwnAddresses own_addresses(const input::Tree& image, const Bounds& bounds = {});

}  // namespace auexfil::artefacts
