#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "auexfil/policy/list.hpp"

namespace auexfil::policy {

/// Takes what a file of a list names.
class ListTaker {
 public:
  ListTaker(ListReading& reading, std::size_t most, audit::TimeMs now)
      : reading_(reading), most_(most), now_(now) {}

  /// An address or a network as text; what is neither is counted.
  void take(std::string_view item, std::uint32_t line);
  /// Of those taken from here on; those that are empty leave their side open.
  void hold(std::optional<audit::TimeMs> from, std::optional<audit::TimeMs> until);
  void pass() { ++reading_.passed_over; }
  void fail(std::string_view why) { reading_.problem = why; }
  [[nodiscard]] bool is_full() const { return is_full_; }

 private:
  ListReading& reading_;
  std::size_t most_;
  audit::TimeMs now_;
  ListEntry times_;  ///< When entries hold.
  bool is_full_ = false;
};

/// A bundle of STIX 2 or events of MISP.
void read_json_list(std::string_view text, ListTaker& to);

}  // namespace auexfil::policy
