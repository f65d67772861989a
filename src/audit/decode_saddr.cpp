#include <algorithm>
#include <array>

#include "auexfil/audit/decode.hpp"
#include "auexfil/audit/fields.hpp"
#include "digits.hpp"

namespace auexfil::audit {
namespace {

constexpr std::array<std::uint8_t, 256> make_nibbles() {
  std::array<std::uint8_t, 256> table{};
  table.fill(0xff);
  for (std::uint8_t i = 0; i < 16; ++i) {
    table[static_cast<std::uint8_t>("0123456789abcdef"[i])] = i;
    table[static_cast<std::uint8_t>("0123456789ABCDEF"[i])] = i;
  }
  return table;
}
constexpr auto kNibbles = make_nibbles();

std::uint8_t nibble(char c) {
  return kNibbles[static_cast<std::uint8_t>(c)];
}

// move_addr_to_kernel() takes at most 128 bytes (sizeof(struct sockaddr_storage)).
using Bytes = std::array<std::uint8_t, 128>;

/// \return false: it is no hex of 2 to 128 bytes. Else the first hex.size() / 2 are set.
bool read_bytes(std::string_view hex, Bytes& bytes) {
  const std::size_t size = hex.size() / 2;
  if (hex.size() % 2 != 0 || size > bytes.size() || size < 2) {
    return false;
  }
  std::size_t i = 0;
  for (; digits::kUsable && i + 4 <= size; i += 4) {
    std::uint64_t four = 0;
    if (!digits::read_hex8(digits::load(hex.data() + 2 * i), four)) {
      return false;
    }
    for (unsigned byte = 0; byte < 4; ++byte) {
      bytes[i + byte] = static_cast<std::uint8_t>(four >> (24U - 8U * byte));
    }
  }
  for (; i < size; ++i) {
    const std::uint8_t high = nibble(hex[2 * i]);
    const std::uint8_t low = nibble(hex[2 * i + 1]);
    if (((high | low) & 0xf0) != 0) {
      return false;
    }
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

/// Two bytes in network order.
std::uint16_t pair(const Bytes& bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

void read_path(const Bytes& bytes, std::size_t size, std::string& path) {
  const auto* const text = reinterpret_cast<const char*>(bytes.data());
  if (size > 2 && bytes[2] == 0) {
    path.assign(1, '@');
    path.append(text + 3, size - 3);
  } else if (size > 2) {
    // What follows the first NUL is left over from the caller's stack.
    const auto* const stop = std::find(bytes.begin() + 2, bytes.begin() + size, 0);
    path.assign(text + 2, static_cast<std::size_t>(stop - bytes.begin() - 2));
  }
}

}  // namespace

bool find_saddr(std::string_view body, std::string_view& hex) {
  constexpr std::string_view kKey = "saddr=";
  if (!body.starts_with(kKey)) {  // all that the kernel writes there
    Field field;
    if (!find_field(body, "saddr", field)) {
      return false;
    }
    hex = field.value;
    return true;
  }
  hex = body.substr(kKey.size());
  // Blank, CR or 0x1d end it.
  std::size_t end = 0;
  while (digits::kUsable && end + 8 <= hex.size() &&
         digits::are_below_blank(digits::load(hex.data() + end)) == 0) {
    end += 8;
  }
  while (end < hex.size() && hex[end] > ' ') {
    ++end;
  }
  hex = hex.substr(0, end);
  if (hex.ends_with('{')) {  // "#035SADDR={": rsyslog writes 0x1d so
    hex = hex.substr(0, hex.find('#'));
  }
  return true;
}

bool decode_saddr(std::string_view hex, bool big_endian, SocketAddress& out) {
  out.family = Family::none;
  out.family_number = 0;
  out.has_address = false;
  out.ip = IpAddress{};
  out.port = 0;
  out.path.clear();
  Bytes bytes;  // the first `size` are set below
  if (!read_bytes(hex, bytes)) {
    return false;
  }
  const std::size_t size = hex.size() / 2;
  out.family_number =
      big_endian ? pair(bytes, 0) : static_cast<std::uint16_t>(bytes[1] << 8 | bytes[0]);
  switch (out.family_number) {
    case 0:
      out.family = Family::unspec;
      return true;
    case 1:
      out.family = Family::unix;
      read_path(bytes, size, out.path);
      return true;
    case 2:
      out.family = Family::inet;
      if (size < 8) {
        return false;
      }
      out.port = pair(bytes, 2);
      out.ip = IpAddress::v4({bytes[4], bytes[5], bytes[6], bytes[7]});
      out.has_address = true;
      return true;
    case 10: {
      out.family = Family::inet6;
      if (size < 24) {  // SIN6_LEN_RFC2133: without the scope
        return false;
      }
      out.port = pair(bytes, 2);
      std::array<std::uint8_t, 16> ip{};
      std::copy(bytes.begin() + 8, bytes.begin() + 24, ip.begin());
      out.ip = IpAddress::v6(ip);
      out.has_address = true;
      return true;
    }
    case 16:
      out.family = Family::netlink;
      return true;
    default:
      out.family = Family::other;
      return true;
  }
}

}  // namespace auexfil::audit
