#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace auexfil::audit {

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 addresses are folded to IPv4 when made, so that one
/// peer has one spelling whatever socket family the program used.
class IpAddress {
 public:
  IpAddress() = default;

  /// \param bytes network order.
  [[nodiscard]] static IpAddress v4(std::array<std::uint8_t, 4> bytes) {
    // In one piece: it is read so right after, and parts that were just written must be waited for.
    using Bytes = std::uint8_t __attribute__((vector_size(16)));
    const Bytes all = {0, 0, 0,    0,    0,        0,        0,        0,
                       0, 0, 0xff, 0xff, bytes[0], bytes[1], bytes[2], bytes[3]};
    IpAddress address;
    address.v4_ = true;
    std::memcpy(address.bytes_.data(), &all, sizeof all);
    return address;
  }
  [[nodiscard]] static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);

  /// Reads a literal: dotted quad, RFC 4291 text, with or without brackets or a %zone (dropped).
  /// Names are never resolved.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const noexcept { return v4_; }
  /// 16 bytes in network order; an IPv4 address lies in the last four, behind ::ffff:.
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }

  [[nodiscard]] bool is_unspecified() const noexcept;
  [[nodiscard]] bool is_loopback() const noexcept;    ///< 127.0.0.0/8, ::1
  [[nodiscard]] bool is_link_local() const noexcept;  ///< 169.254.0.0/16, fe80::/10
  [[nodiscard]] bool is_multicast() const noexcept;   ///< 224.0.0.0/4, ff00::/8, 255.255.255.255
  [[nodiscard]] bool is_private() const noexcept;     ///< RFC 1918, RFC 6598, fc00::/7

  /// Dotted quad or RFC 5952.
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    io.flags(v4_);
    std::array<std::uint8_t, 16> bytes = bytes_;
    const std::size_t from = v4_ ? 12 : 0;
    io.bytes(reinterpret_cast<char*>(bytes.data()) + from, 16 - from);
    if constexpr (Io::kReads) {
      *this = v4_ ? v4({bytes[12], bytes[13], bytes[14], bytes[15]}) : v6(bytes);
    }
  }

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool v4_ = false;
};

/// A network: address and prefix length.
struct Cidr {
  IpAddress network;
  unsigned prefix{};  ///< 0..32 for IPv4, 0..128 for IPv6.

  /// "198.51.100.0/24", or a bare address (/32, /128). Host bits set are an error (empty).
  [[nodiscard]] static std::optional<Cidr> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
};

}  // namespace auexfil::audit
