#pragma once

#include <cstdint>
#include <string>

#include "auexfil/audit/address.hpp"

namespace auexfil::policy {

/// Where an address is, by a database that the user has.
struct Place {
  std::string country;       ///< ISO 3166, two letters; empty: not known.
  std::uint32_t asn{};       ///< Of who announces it; 0: not known.
  std::string organisation;  ///< Of that number; may be empty.
};

/// Databases of places, whatever their form.
class Geo {
 public:
  virtual ~Geo() = default;
  [[nodiscard]] virtual Place find(const audit::IpAddress& address) const = 0;
};

}  // namespace auexfil::policy
