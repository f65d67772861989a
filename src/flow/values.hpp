#pragma once

#include <cstdint>
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
