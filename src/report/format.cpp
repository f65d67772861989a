#include "auexfil/report/format.hpp"

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"

namespace auexfil::report {
namespace {

constexpr std::size_t kDate = 10;     // "2026-12-02"
constexpr std::size_t kSeconds = 19;  // "2026-12-02T01:02:01"

std::string_view sureness(transfer::Basis basis) {
  switch (basis) {
    case transfer::Basis::at_least:
      return "≥ ";
    case transfer::Basis::estimated:
      return "~ ";
    case transfer::Basis::measured:
    case transfer::Basis::flow:
    case transfer::Basis::unknown:
      return "";
  }
  return "";
}

}  // namespace

std::string format_exact(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3;) {
    at -= 3;
    out.insert(at, 1, ',');
  }
  return out;
}

std::string format_amount(std::optional<std::uint64_t> bytes, transfer::Basis basis) {
  if (!bytes) {
    return "?";
  }
  const std::string exact = format_exact(*bytes) + (*bytes == 1 ? " byte" : " bytes");
  if (*bytes < 1024) {
    return fmt::format("{}{}", sureness(basis), exact);
  }
  return fmt::format("{}{} ({})", sureness(basis), policy::format_size(*bytes), exact);
}

std::string format_time(audit::TimeMs time) {
  if (time == 0) {
    return "?";
  }
  std::string out = audit::format_rfc3339(time).substr(0, kSeconds);
  out[kDate] = ' ';
  return out;
}

std::string format_span(audit::TimeMs from, audit::TimeMs to) {
  const std::string first = format_time(from);
  const std::string last = format_time(to);
  const bool same_day = from != 0 && to != 0 && first.substr(0, kDate) == last.substr(0, kDate);
  return fmt::format("{} – {} UTC", first, same_day ? last.substr(kDate + 1) : last);
}

std::string format_endpoint(std::string_view address, std::optional<std::uint16_t> port) {
  if (!port) {
    return std::string(address);
  }
  const bool is_v6 = address.find(':') != std::string_view::npos;
  return is_v6 ? fmt::format("[{}]:{}", address, *port) : fmt::format("{}:{}", address, *port);
}

std::string format_count(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", format_exact(number), noun, number == 1 ? "" : "s");
}

}  // namespace auexfil::report
