#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "auexfil/input/pattern.hpp"

namespace auexfil::policy {

/// Some of the hours of a day or of the days of a week, in UTC.
struct Times {
  std::uint32_t bits{};  ///< Bit 0: from midnight to 1:00, or Monday. None: any time.
  std::string text;      ///< As written.
};

/// Some values, or all but those.
template <typename Value>
struct OneOf {
  std::vector<Value> values;
  bool others{};

  [[nodiscard]] bool is_given() const { return !values.empty(); }
  [[nodiscard]] bool has(const Value& value) const {
    return (std::find(values.begin(), values.end(), value) != values.end()) != others;
  }
};

/// Keys of a rule that most rules do not have: signs of single techniques. What is left out asks
/// for nothing.
struct RuleKeys {
  std::vector<std::string> lists;     ///< The destination is on one of these.
  std::vector<input::Pattern> files;  ///< One of the files that the transfer read is one of these.
  Times hours;                        ///< In which the transfer began.
  Times weekdays;                     ///< On which.
  bool unusual_port{};                ///< None of Policy::usual_ports of the tool.
  std::uint64_t ratio{};              ///< So many times as much went out as came in, or more.
  std::int64_t first_seen_ms{};       ///< The host had not gone there for so long.
  std::uint64_t chunks{};             ///< So many of a finding's transfers sent the same.
  std::uint64_t period{};             ///< So many of them began in steady steps.
  OneOf<std::string> countries;       ///< That the address is in, by Policy::geo.
  OneOf<std::uint32_t> asns;          ///< That it is of.
};

}  // namespace auexfil::policy
