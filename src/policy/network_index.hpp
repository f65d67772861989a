#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "auexfil/audit/address.hpp"

namespace auexfil::policy {

/// The network that `address` lies in, as an address: the bits behind the prefix cleared.
/// \param bits  of the 16 bytes
[[nodiscard]] audit::IpAddress network_of(const audit::IpAddress& address, unsigned bits);

struct AddressHash {
  std::size_t operator()(const audit::IpAddress& address) const noexcept;
};

/// Numbers by the networks that they belong to. An address is looked up once for each length of
/// prefix that there is, however many networks there are.
class NetworkIndex {
 public:
  void add(const audit::Cidr& cidr, std::uint32_t number);
  /// The numbers of all networks that hold it, ascending, each once.
  [[nodiscard]] std::vector<std::uint32_t> find(const audit::IpAddress& address) const;

 private:
  /// All networks of one family and prefix length, by their address.
  struct Prefix {
    bool is_v4{};
    unsigned length{};  ///< in bits of the 16 bytes
    std::unordered_multimap<audit::IpAddress, std::uint32_t, AddressHash> networks;
  };

  std::vector<Prefix> prefixes_;
};

}  // namespace auexfil::policy
