#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "auexfil/flow/record.hpp"

/// Values of fields, read without a copy. A false result leaves what it was to fill in any state.
namespace auexfil::flow {

/// Decimal digits and nothing else.
template <typename Number>
[[nodiscard]] inline bool read_number(std::string_view text, Number& value) {
  constexpr std::size_t kSafe = 19;  // digits that cannot overflow
  if (text.empty() || text.size() > kSafe) {
    return false;
  }
  std::uint64_t sum = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
    if (digit > 9) {
      return false;
    }
    sum = sum * 10 + digit;
  }
  value = static_cast<Number>(sum);
  return sum <= static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
}

/// As above, into what may be unknown.
[[nodiscard]] inline bool read_count(std::string_view text, std::optional<std::uint64_t>& value) {
  std::uint64_t number = 0;
  if (!read_number(text, number)) {
    return false;
  }
  value = number;
  return true;
}

/// Eight digits at once, of memory's order. \return false: one is none.
[[nodiscard]] inline bool read_eight(std::uint64_t chunk, std::uint64_t& value) {
  constexpr std::uint64_t kHigh = 0xf0f0f0f0f0f0f0f0;
  constexpr std::uint64_t kZeros = 0x3030303030303030;
  constexpr std::uint64_t kSixes = 0x0606060606060606;
  constexpr std::uint64_t kPairs = 0x000000ff000000ff;
  const bool is_good = (chunk & kHigh) == kZeros && ((chunk + kSixes) & kHigh) == kZeros;
  chunk -= kZeros;
  chunk = chunk * 10 + (chunk >> 8);  // the first of each two bytes is both
  value = ((chunk & kPairs) * (100 + (std::uint64_t{1'000'000} << 32)) +
           ((chunk >> 16) & kPairs) * (1 + (std::uint64_t{10'000} << 32))) >>
          32;
  return is_good;
}

/// read_number() of one to eight digits without a step for each.
/// \param end  behind the last; eight bytes before it can be read, whatever they are.
[[nodiscard]] inline bool read_short(const char* end, std::size_t size, std::uint64_t& value) {
  constexpr std::size_t kAtOnce = 8;
  constexpr std::uint64_t kZeros = 0x3030303030303030;
  std::uint64_t chunk = 0;
  std::memcpy(&chunk, end - kAtOnce, sizeof chunk);
  // What lies before the number lies in the low bytes: zeros take its place.
  const std::uint64_t digits = ~std::uint64_t{0} << (kAtOnce - size) * 8;
  return read_eight((chunk & digits) | (kZeros & ~digits), value);
}

[[nodiscard]] bool read_address(std::string_view text, audit::IpAddress& address);

/// Those of a list with commas; what else is in it, as aliases, is left. At most
/// NameAnswer::kMostAddresses in all.
void add_addresses(std::string_view list, std::vector<audit::IpAddress>& addresses);

/// "SECONDS" or "SECONDS.FRACTION", not negative, below the year 10000. Digits below a microsecond
/// are dropped.
[[nodiscard]] bool read_seconds(std::string_view text, TimeUs& time);

/// A count of seconds, ms, us or ns since 1970, told apart by its digits.
[[nodiscard]] bool read_epoch(std::string_view digits, TimeUs& time);

/// "2026-12-02T01:02:03.000123+0100", with a blank in place of the T, with any fraction or none.
/// \param has_zone  does it tell one? Else it is read as UTC.
[[nodiscard]] bool read_iso(std::string_view text, TimeUs& time, bool& has_zone);

/// A name ("TCP", "udp", "ICMP6", "IPv6-ICMP") or a number.
[[nodiscard]] bool read_protocol(std::string_view text, std::uint8_t& protocol);

/// The first of a list ("ftp,ssl") that says what carried the bytes.
[[nodiscard]] Service service_of(std::string_view names);

/// RFC 959 and RFC 2428; in capitals.
[[nodiscard]] FtpCommand::Kind ftp_kind_of(std::string_view command);

[[nodiscard]] std::string_view trim(std::string_view text);

inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr TimeUs kSecond = 1'000'000;

/// FIN 1, SYN 2, RST 4 of TCP, or-ed.
void set_tcp_flags(FlowRecord& record, unsigned tcp_flags);

}  // namespace auexfil::flow
