#include "auexfil/audit/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>

namespace auexfil::audit {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress address;
  address.bytes_ = bytes;
  address.v4_ = std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  if (const auto zone = text.find('%'); zone != std::string_view::npos) {
    text = text.substr(0, zone);
  }
  std::array<char, INET6_ADDRSTRLEN + 1> buffer{};
  if (text.empty() || text.size() >= buffer.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), buffer.begin());
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, buffer.data(), four.data()) == 1) {
    return v4(four);
  }
  std::array<std::uint8_t, 16> sixteen{};
  if (inet_pton(AF_INET6, buffer.data(), sixteen.data()) == 1) {
    return v6(sixteen);
  }
  return std::nullopt;
}

bool IpAddress::is_unspecified() const noexcept {
  const auto first = v4_ ? bytes_.begin() + 12 : bytes_.begin();
  return std::all_of(first, bytes_.end(), [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_loopback() const noexcept {
  if (v4_) {
    return bytes_[12] == 127;
  }
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_link_local() const noexcept {
  return v4_ ? bytes_[12] == 169 && bytes_[13] == 254
             : bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_multicast() const noexcept {
  if (v4_) {
    return (bytes_[12] & 0xf0) == 0xe0 ||
           std::all_of(bytes_.begin() + 12, bytes_.end(), [](std::uint8_t b) { return b == 255; });
  }
  return bytes_[0] == 0xff;
}

bool IpAddress::is_private() const noexcept {
  if (v4_) {
    return bytes_[12] == 10 || (bytes_[12] == 172 && (bytes_[13] & 0xf0) == 16) ||
           (bytes_[12] == 192 && bytes_[13] == 168) ||
           (bytes_[12] == 100 && (bytes_[13] & 0xc0) == 64);
  }
  return (bytes_[0] & 0xfe) == 0xfc;
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (v4_) {
    inet_ntop(AF_INET, bytes_.data() + 12, buffer.data(), buffer.size());
  } else {
    inet_ntop(AF_INET6, bytes_.data(), buffer.data(), buffer.size());
  }
  return buffer.data();
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address || text.find('%') != std::string_view::npos) {
    return std::nullopt;  // a scope is of one host's interfaces; no log has it
  }
  const unsigned widest = address->is_v4() ? 32 : 128;
  Cidr cidr{*address, widest};
  if (slash != std::string_view::npos) {
    const std::string_view length = text.substr(slash + 1);
    const char* const end = length.data() + length.size();
    const auto [rest, error] = std::from_chars(length.data(), end, cidr.prefix);
    const bool is_padded = length.size() > 1 && length.front() == '0';  // octal, to some
    if (error != std::errc{} || rest != end || cidr.prefix > widest || is_padded) {
      return std::nullopt;
    }
  }
  const unsigned fixed = cidr.prefix + (address->is_v4() ? 96 : 0);
  for (unsigned bit = fixed; bit < 128; ++bit) {
    if ((address->bytes()[bit / 8] >> (7 - bit % 8) & 1) != 0) {
      return std::nullopt;
    }
  }
  return cidr;
}

bool Cidr::contains(const IpAddress& address) const noexcept {
  if (address.is_v4() != network.is_v4()) {
    return false;
  }
  const unsigned fixed = prefix + (network.is_v4() ? 96 : 0);
  const unsigned whole = fixed / 8;
  const auto& a = address.bytes();
  const auto& n = network.bytes();
  if (!std::equal(n.begin(), n.begin() + whole, a.begin())) {
    return false;
  }
  const unsigned rest = fixed % 8;
  return rest == 0 || ((a[whole] ^ n[whole]) >> (8 - rest)) == 0;
}

}  // namespace auexfil::audit
