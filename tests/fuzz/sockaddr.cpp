#include <string>

#include "auexfil/audit/address.hpp"
#include "auexfil/audit/decode.hpp"
#include "fuzz.hpp"

// saddr= values, as they stand and with the input's bytes written in hex; addresses as text.

using namespace auexfil::audit;  // NOLINT(google-build-using-namespace): a test
using auexfil::fuzz::expect;

namespace {

void check_address(const IpAddress& address) {
  const std::string text = address.to_string();
  expect(IpAddress::parse(text) == address, "an address there and back");
  expect(IpAddress::parse("[" + text + "]") == address, "brackets change nothing");
  const auto cidr = Cidr::parse(text);
  expect(cidr && cidr->contains(address), "an address is in its own network");
  const auto all = Cidr::parse(address.is_v4() ? "0.0.0.0/0" : "::/0");
  expect(all && all->contains(address), "every address is in the widest network");
  expect(!(address.is_loopback() && address.is_private()), "loopback is not private");
  static_cast<void>(address.is_unspecified());
  static_cast<void>(address.is_link_local());
  static_cast<void>(address.is_multicast());
}

void check_saddr(std::string_view hex) {
  SocketAddress little;
  SocketAddress big;
  for (const bool big_endian : {false, true}) {
    SocketAddress& out = big_endian ? big : little;
    out.path = "left over";
    const bool good = decode_saddr(hex, big_endian, out);
    const bool inet = out.family == Family::inet || out.family == Family::inet6;
    expect(out.has_address == (good && inet), "an address where the family has one");
    expect(good || out.path.empty(), "nothing from what was not decoded");
    expect(out.family == Family::unix || out.path.empty(), "only unix sockets have paths");
    expect(out.path.size() <= 127, "a path is not longer than what the kernel takes");
    expect((out.family == Family::none) <= !good, "decoded values have a family");
    if (out.has_address) {
      check_address(out.ip);
    }
  }
  expect(little.family_number ==
             static_cast<std::uint16_t>(big.family_number << 8 | big.family_number >> 8),
         "byte order swaps the family only");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = auexfil::fuzz::text_of(data, size);
  check_saddr(text);
  if (size <= 130) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string hex;
    for (std::size_t i = 0; i < size; ++i) {
      hex += kDigits[data[i] >> 4];
      hex += kDigits[data[i] & 15];
    }
    check_saddr(hex);
  }
  if (const auto address = IpAddress::parse(text)) {
    check_address(*address);
  }
  if (const auto cidr = Cidr::parse(text)) {
    expect(cidr->contains(cidr->network), "a network holds its first address");
    expect(cidr->prefix <= (cidr->network.is_v4() ? 32U : 128U), "a prefix fits its family");
  }
  return 0;
}
