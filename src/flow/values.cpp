#include "values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <utility>

#include "auexfil/input/find_byte.hpp"

namespace auexfil::flow {
namespace {

constexpr std::uint64_t kLastSecond = 253402300799;  // of the year 9999

/// Above 9: it is none.
unsigned digit_of(char c) {
  return static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
}

/// A dotted quad, as almost all addresses are. What it refuses may still be an address.
bool read_quad(std::string_view text, std::array<std::uint8_t, 4>& bytes) {
  constexpr std::size_t kHalf = 8;
  constexpr std::size_t kLongest = 15;
  if (text.size() < kHalf - 1 || text.size() > kLongest) {
    return false;
  }
  // A copy that ends in zeros: none of its bytes has to be asked whether it is there.
  std::array<char, 2 * kHalf> copy{};
  if (text.size() < kHalf) {
    std::memcpy(copy.data(), text.data(), kHalf - 1);
  } else {
    std::memcpy(copy.data(), text.data(), kHalf);
    std::memcpy(copy.data() + text.size() - kHalf, text.data() + text.size() - kHalf, kHalf);
  }
  const char* at = copy.data();
  std::uint32_t all = 0;  // put together where nothing waits for memory
  for (unsigned i = 0; i < bytes.size(); ++i) {
    unsigned value = digit_of(*at);
    if (value > 9) {
      return false;
    }
    if (const unsigned second = digit_of(*++at); second <= 9) {
      if (value == 0) {
        return false;  // octal, to some
      }
      value = value * 10 + second;
      if (const unsigned third = digit_of(*++at); third <= 9) {
        value = value * 10 + third;
        ++at;
      }
    }
    if (value > 255 || *at != (i + 1 < bytes.size() ? '.' : '\0')) {
      return false;
    }
    all |= value << (std::endian::native == std::endian::little ? 8 * i : 24 - 8 * i);
    ++at;
  }
  bytes = std::bit_cast<std::array<std::uint8_t, 4>>(all);
  return static_cast<std::size_t>(at - copy.data()) == text.size() + 1;
}

/// "1796173221.609873" or "0.092033", as nearly all are written. What it refuses may still be a
/// time.
bool read_common(std::string_view text, TimeUs& time) {
  constexpr std::size_t kBack = 8;  // the last digit before the dot, the dot, and six
  constexpr std::size_t kLongest = 17;
  if (std::endian::native != std::endian::little || text.size() < kBack || text.size() > kLongest ||
      text[text.size() - kBack + 1] != '.') {
    return false;
  }
  std::uint64_t back = 0;
  std::memcpy(&back, text.data() + text.size() - kBack, sizeof back);
  back ^= std::uint64_t{'.' ^ '0'} << 8;
  std::uint64_t front = 0;
  std::size_t at = 0;
  if (text.size() == kLongest) {
    std::memcpy(&front, text.data(), sizeof front);
    if (!read_eight(front, front)) {
      return false;
    }
    at = sizeof front;
  }
  for (; at < text.size() - kBack; ++at) {
    const unsigned digit = digit_of(text[at]);
    if (digit > 9) {
      return false;
    }
    front = front * 10 + digit;
  }
  if (!read_eight(back, back)) {
    return false;
  }
  constexpr std::uint64_t kTenth = 10'000'000;
  const std::uint64_t seconds = front * 10 + back / kTenth;
  time = static_cast<TimeUs>(seconds * 1'000'000 + back % kTenth);
  return true;
}

/// Up to `most` digits from the front.
template <typename Number>
bool take_digits(std::string_view& text, std::size_t least, std::size_t most, Number& value) {
  std::size_t count = 0;
  std::uint64_t sum = 0;
  while (count < most && count < text.size() && text[count] >= '0' && text[count] <= '9') {
    sum = sum * 10 + static_cast<std::uint64_t>(text[count++] - '0');
  }
  text.remove_prefix(count);
  value = static_cast<Number>(sum);
  return count >= least;
}

bool take(std::string_view& text, char c) {
  const bool is_there = text.starts_with(c);
  text.remove_prefix(is_there ? 1 : 0);
  return is_there;
}

/// The digits behind a dot, as microseconds.
bool take_fraction(std::string_view& text, TimeUs& us) {
  constexpr std::size_t kMost = 12;
  us = 0;
  std::size_t count = 0;
  for (; count < 6 && count < text.size() && digit_of(text[count]) <= 9; ++count) {
    us = us * 10 + digit_of(text[count]);
  }
  for (; count < text.size() && text[count] >= '0' && text[count] <= '9'; ++count) {
  }
  for (std::size_t i = count; i < 6; ++i) {
    us *= 10;
  }
  text.remove_prefix(count);
  return count <= kMost;
}

/// "Z", "+01:00", "+0100", or nothing.
bool take_zone(std::string_view text, TimeUs& offset, bool& has_zone) {
  has_zone = !text.empty();
  if (text.empty() || text == "Z" || text == " UTC") {
    return true;
  }
  const TimeUs sign = text.front() == '-' ? -1 : 1;
  unsigned hours = 0;
  unsigned minutes = 0;
  if ((!take(text, '+') && !take(text, '-')) || !take_digits(text, 2, 2, hours)) {
    return false;
  }
  static_cast<void>(take(text, ':'));
  if (!text.empty() && (!take_digits(text, 2, 2, minutes) || !text.empty())) {
    return false;
  }
  offset = sign * (TimeUs{hours} * 60 + minutes) * 60 * kSecond;
  return hours < 24 && minutes < 60;
}

/// "1.79e9" or "9.5E-7", as some writers of JSON have it: below a microsecond is 0.
bool read_scientific(std::string_view text, TimeUs& time) {
  constexpr std::uint64_t kMostDigits = 100'000'000'000'000'000;
  constexpr int kMicro = 6;
  std::uint64_t digits = 0;
  int power = kMicro;
  bool is_behind = false;
  std::size_t at = 0;
  for (; at < text.size() && (digit_of(text[at]) <= 9 || (text[at] == '.' && !is_behind)); ++at) {
    if (text[at] == '.') {
      is_behind = true;
      continue;
    }
    const bool has_room = digits < kMostDigits;
    digits = has_room ? digits * 10 + digit_of(text[at]) : digits;
    power += (has_room ? 0 : 1) - (is_behind ? 1 : 0);
  }
  if (at == 0 || digit_of(text[0]) > 9) {
    return false;
  }
  text.remove_prefix(at);
  if (!take(text, 'e') && !take(text, 'E')) {
    return false;
  }
  const bool is_less = take(text, '-');
  int exponent = 0;
  if ((!is_less && take(text, '+') && text.empty()) || !take_digits(text, 1, 3, exponent) ||
      !text.empty()) {
    return false;
  }
  power += is_less ? -exponent : exponent;
  for (; power < 0 && digits > 0; ++power) {
    digits /= 10;
  }
  for (; power > 0 && digits > 0; --power) {
    if (digits > kLastSecond * kSecond / 10) {
      return false;
    }
    digits *= 10;
  }
  time = static_cast<TimeUs>(digits);
  return digits / kSecond <= kLastSecond;
}

}  // namespace

bool read_address(std::string_view text, audit::IpAddress& address) {
  std::array<std::uint8_t, 4> bytes{};
  if (read_quad(text, bytes)) {
    address = audit::IpAddress::v4(bytes);
    return true;
  }
  const auto parsed = audit::IpAddress::parse(text);
  address = parsed.value_or(audit::IpAddress());
  return parsed.has_value();
}

void add_addresses(std::string_view list, std::vector<audit::IpAddress>& addresses) {
  while (!list.empty() && addresses.size() < NameAnswer::kMostAddresses) {
    const std::size_t comma = std::min(list.find(','), list.size());
    audit::IpAddress address;
    if (read_address(list.substr(0, comma), address)) {
      addresses.push_back(address);
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

bool read_seconds(std::string_view text, TimeUs& time) {
  if (read_common(text, time)) {
    return true;
  }
  if (text.find_first_of("eE") != std::string_view::npos) {
    return read_scientific(text, time);
  }
  std::uint64_t seconds = 0;
  TimeUs us = 0;
  if (!take_digits(text, 1, 12, seconds) || seconds > kLastSecond) {
    return false;
  }
  if (take(text, '.') && !take_fraction(text, us)) {
    return false;
  }
  time = static_cast<TimeUs>(seconds) * kSecond + us;
  return text.empty();
}

bool read_epoch(std::string_view digits, TimeUs& time) {
  constexpr std::size_t kMsDigits = 12;
  constexpr std::size_t kUsDigits = 15;
  constexpr std::size_t kNsDigits = 18;
  std::uint64_t value = 0;
  if (!read_number(digits, value)) {
    return false;
  }
  const std::size_t size = digits.size();
  if (size >= kNsDigits) {
    value /= 1000;
  } else if (size < kUsDigits) {
    value *= size >= kMsDigits ? 1000 : 1'000'000;
  }
  time = static_cast<TimeUs>(value);
  return value / 1'000'000 <= kLastSecond;
}

bool read_iso(std::string_view text, TimeUs& time, bool& has_zone) {
  namespace chrono = std::chrono;
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (!take_digits(text, 4, 4, year) || !take(text, '-') || !take_digits(text, 2, 2, month) ||
      !take(text, '-') || !take_digits(text, 2, 2, day) || (!take(text, 'T') && !take(text, ' ')) ||
      !take_digits(text, 2, 2, hour) || !take(text, ':') || !take_digits(text, 2, 2, minute) ||
      !take(text, ':') || !take_digits(text, 2, 2, second)) {
    return false;
  }
  TimeUs us = 0;
  TimeUs offset = 0;
  if (((take(text, '.') || take(text, ',')) && !take_fraction(text, us)) ||
      !take_zone(text, offset, has_zone)) {
    return false;
  }
  const chrono::year_month_day date{chrono::year{year}, chrono::month{month}, chrono::day{day}};
  if (!date.ok() || year < 1970 || hour > 23 || minute > 59 || second > 60) {
    return false;
  }
  const TimeUs days = chrono::sys_days(date).time_since_epoch().count();
  time = (((days * 24 + hour) * 60 + minute) * 60 + second) * kSecond + us - offset;
  return true;
}

bool read_protocol(std::string_view text, std::uint8_t& protocol) {
  if (input::is_word(text, "tcp") || input::is_word(text, "TCP")) {
    protocol = kTcp;
    return true;
  }
  if (input::is_word(text, "udp") || input::is_word(text, "UDP")) {
    protocol = kUdp;
    return true;
  }
  struct Name {
    std::string_view name;
    std::uint8_t number;
  };
  constexpr std::array<Name, 11> kNames = {{{"icmp", kIcmp},
                                            {"icmp6", 58},
                                            {"icmpv6", 58},
                                            {"ipv6-icmp", 58},
                                            {"igmp", 2},
                                            {"gre", 47},
                                            {"esp", 50},
                                            {"ah", 51},
                                            {"sctp", 132},
                                            {"udplite", 136},
                                            {"unknown_transport", 0}}};
  const auto equals = [text](const Name& one) {
    return std::equal(text.begin(), text.end(), one.name.begin(), one.name.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
  };
  const auto* const found = std::find_if(kNames.begin(), kNames.end(), equals);
  if (found != kNames.end()) {
    protocol = found->number;
    return true;
  }
  return read_number(text, protocol);
}

FtpCommand::Kind ftp_kind_of(std::string_view command) {
  using Kind = FtpCommand::Kind;
  constexpr std::array<std::pair<std::string_view, Kind>, 8> kKinds = {{{"STOR", Kind::store},
                                                                        {"STOU", Kind::store},
                                                                        {"APPE", Kind::store},
                                                                        {"RETR", Kind::fetch},
                                                                        {"PASV", Kind::passive},
                                                                        {"EPSV", Kind::passive},
                                                                        {"PORT", Kind::active},
                                                                        {"EPRT", Kind::active}}};
  const auto* const found = std::find_if(kKinds.begin(), kKinds.end(),
                                         [&](const auto& one) { return one.first == command; });
  return found == kKinds.end() ? Kind::other : found->second;
}

namespace {

/// Compared without a call: each record asks.
template <std::size_t Size>
bool is(std::string_view name, const char (&word)[Size]) {
  return name.size() == Size - 1 && __builtin_memcmp(name.data(), word, Size - 1) == 0;
}

/// Service::none where it is none that matters here.
Service known_service(std::string_view name) {
  if (is(name, "ssl") || is(name, "tls")) {
    return Service::tls;
  }
  if (is(name, "http")) {
    return Service::http;
  }
  if (is(name, "dns")) {
    return Service::dns;
  }
  if (is(name, "ssh")) {
    return Service::ssh;
  }
  if (is(name, "ftp")) {
    return Service::ftp;
  }
  if (is(name, "ftp-data") || is(name, "FTP_DATA")) {
    return Service::ftp_data;
  }
  return is(name, "tftp") ? Service::tftp : Service::none;
}

}  // namespace

Service service_of(std::string_view names) {
  Service other = Service::none;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const std::string_view name = names.substr(0, comma);
    names.remove_prefix(std::min(comma + 1, names.size()));
    if (const Service known = known_service(name); known != Service::none) {
      return known;
    }
    if (!name.starts_with('-') && name != "failed") {  // a protocol that was dropped, or nothing
      other = Service::other;
    }
  }
  return other;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

void set_tcp_flags(FlowRecord& record, unsigned tcp_flags) {
  constexpr unsigned kSyn = 2;
  constexpr unsigned kFinOrReset = 5;
  record.set(FlowRecord::kSawStart, (tcp_flags & kSyn) != 0);
  record.set(FlowRecord::kSawEnd, (tcp_flags & kFinOrReset) != 0);
  if (tcp_flags != 0 && (tcp_flags & kSyn) == 0) {
    record.set(FlowRecord::kMidStream);
  }
}

}  // namespace auexfil::flow
