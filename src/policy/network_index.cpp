#include "network_index.hpp"

#include <algorithm>

#include "auexfil/audit/address_set.hpp"

namespace auexfil::policy {

audit::IpAddress network_of(const audit::IpAddress& address, unsigned bits) {
  auto bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned kept =
        std::clamp(bits, static_cast<unsigned>(i) * 8, static_cast<unsigned>(i) * 8 + 8) -
        static_cast<unsigned>(i) * 8;
    bytes[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  if (!address.is_v4()) {
    return audit::IpAddress::v6(bytes);
  }
  return audit::IpAddress::v4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

std::size_t AddressHash::operator()(const audit::IpAddress& address) const noexcept {
  return static_cast<std::size_t>(audit::hash_of(address));
}

void NetworkIndex::add(const audit::Cidr& cidr, std::uint32_t number) {
  const bool is_v4 = cidr.network.is_v4();
  const unsigned length = cidr.prefix + (is_v4 ? 96 : 0);
  auto prefix = std::find_if(prefixes_.begin(), prefixes_.end(), [&](const Prefix& p) {
    return p.is_v4 == is_v4 && p.length == length;
  });
  if (prefix == prefixes_.end()) {
    prefix = prefixes_.insert(prefixes_.end(), Prefix{is_v4, length, {}});
  }
  prefix->networks.emplace(network_of(cidr.network, length), number);
}

std::vector<std::uint32_t> NetworkIndex::find(const audit::IpAddress& address) const {
  std::vector<std::uint32_t> found;
  for (const Prefix& prefix : prefixes_) {
    if (prefix.is_v4 != address.is_v4()) {
      continue;
    }
    const auto [first, last] = prefix.networks.equal_range(network_of(address, prefix.length));
    for (auto hit = first; hit != last; ++hit) {
      found.push_back(hit->second);
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace auexfil::policy
