#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <climits>
#include <fmt/format.h>

#include "lint_parts.hpp"
#include "network_index.hpp"

namespace auexfil::policy {
namespace {

constexpr unsigned kBits = 128;
constexpr unsigned kV4Begins = 96;  ///< An IPv4 address lies behind ::ffff:.
constexpr unsigned kWidest = 8;
constexpr unsigned kProvider = 32;

std::string text_of(const audit::Cidr& cidr) {
  return fmt::format("{}/{}", cidr.network.to_string(), cidr.prefix);
}

/// Whole registries and more. Of IPv6 a provider gets 32 bits; fd00::/8 is one's own.
bool is_wide(const audit::Cidr& cidr) {
  return cidr.prefix < kWidest ||
         (!cidr.network.is_v4() && !cidr.network.is_private() && cidr.prefix < kProvider);
}

/// What IpAddress takes for loopback, link-local and multicast, as networks.
bool never_counts(const audit::Cidr& cidr) {
  static const std::array kNever = {
      *audit::Cidr::parse("127.0.0.0/8"), *audit::Cidr::parse("169.254.0.0/16"),
      *audit::Cidr::parse("224.0.0.0/4"), *audit::Cidr::parse("255.255.255.255"),
      *audit::Cidr::parse("::1"),         *audit::Cidr::parse("fe80::/10"),
      *audit::Cidr::parse("ff00::/8")};
  return std::any_of(kNever.begin(), kNever.end(), [&](const audit::Cidr& never) {
    return never.prefix <= cidr.prefix && never.contains(cidr.network);
  });
}

/// What networks come to together: two halves are the whole, however it was cut up.
class Joined {
 public:
  explicit Joined(const std::vector<audit::Cidr>& networks) {
    for (const audit::Cidr& cidr : networks) {
      of_[bits_of(cidr)].insert(cidr.network);
    }
    for (unsigned bits = kBits; bits > 0; --bits) {
      join(bits);
    }
  }

  /// Those that are wide and lie in no wider one.
  [[nodiscard]] std::vector<audit::Cidr> wide() const {
    std::vector<audit::Cidr> found;
    for (const auto& [bits, networks] : of_) {
      for (const audit::IpAddress& network : networks) {
        const audit::Cidr cidr = {network, network.is_v4() ? bits - kV4Begins : bits};
        if (is_wide(cidr) && std::none_of(found.begin(), found.end(), [&](const auto& wider) {
              return wider.contains(cidr.network);
            })) {
          found.push_back(cidr);
        }
      }
    }
    return found;
  }

 private:
  static unsigned bits_of(const audit::Cidr& cidr) {
    return cidr.prefix + (cidr.network.is_v4() ? kV4Begins : 0);
  }

  static audit::IpAddress other_half(const audit::IpAddress& network, unsigned bits) {
    std::array<std::uint8_t, 16> bytes = network.bytes();
    bytes.at((bits - 1) / CHAR_BIT) ^=
        static_cast<std::uint8_t>(1U << (CHAR_BIT - 1 - (bits - 1) % CHAR_BIT));
    return audit::IpAddress::v6(bytes);
  }

  void join(unsigned bits) {
    const auto here = of_.find(bits);
    if (here == of_.end()) {
      return;
    }
    for (const audit::IpAddress& network : here->second) {
      const bool is_whole = network.is_v4() && bits == kV4Begins;
      if (!is_whole && here->second.count(other_half(network, bits)) > 0) {
        of_[bits - 1].insert(network_of(network, bits - 1));
      }
    }
  }

  std::map<unsigned, std::set<audit::IpAddress>> of_;
};

bool narrows(const std::vector<input::Pattern>& patterns) {
  return !patterns.empty() && !is_every_name(patterns);
}

/// A port is whatever the other side listens at; the rest is whoever sends.
std::string narrowed_by(const Allow& allow) {
  std::vector<std::string_view> keys;
  for (const auto& [key, patterns] :
       {std::pair("user", &allow.users), std::pair("tool", &allow.tools),
        std::pair("role", &allow.roles)}) {
    if (narrows(*patterns)) {
      keys.emplace_back(key);
    }
  }
  return fmt::format("{}", fmt::join(keys, ", "));
}

void lint_wide(const Placed<Allow>& allow, const audit::Cidr& cidr, Remarks& remarks) {
  const std::vector<audit::Cidr>& given = allow.value.addresses;
  const bool is_given = std::any_of(given.begin(), given.end(), [&](const audit::Cidr& one) {
    return one.prefix == cidr.prefix && one.network == cidr.network;
  });
  const std::string network = (is_given ? "" : "what it names comes to ") + text_of(cidr) +
                              (is_given ? " is " : ": that is ");
  const std::string narrowed = narrowed_by(allow.value);
  if (cidr.prefix > 0) {
    remarks.add(*allow.section, "address", Weight::warning, "wide-network",
                fmt::format("{}wider than /{}; write the networks that are meant", network,
                            cidr.prefix < kWidest ? kWidest : kProvider));
  } else if (narrowed.empty()) {
    remarks.add(*allow.section, "address", Weight::error, "wide-network",
                network + "every address of its kind: nothing it covers is ever found");
  } else {
    remarks.add(*allow.section, "address", Weight::warning, "wide-network",
                fmt::format("{}every address of its kind: nothing of this {} is ever found",
                            network, narrowed));
  }
}

}  // namespace

void lint_networks(const Placed<Allow>& allow, Remarks& remarks) {
  for (const audit::Cidr& cidr : allow.value.addresses) {
    if (never_counts(cidr)) {
      remarks.add(*allow.section, "address", Weight::note, "no-effect",
                  fmt::format("{} is never a destination; it need not be approved", text_of(cidr)));
    }
  }
  for (const audit::Cidr& cidr : Joined(allow.value.addresses).wide()) {
    if (!never_counts(cidr)) {
      lint_wide(allow, cidr, remarks);
    }
  }
}

}  // namespace auexfil::policy
