#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "auexfil/policy/list.hpp"

namespace auexfil::policy {

/// Takes what a file of a list names.
class ListTaker {
 public:
  ListTaker(ListReading& reading, std::size_t most) : reading_(reading), most_(most) {}

  /// An address or a network as text; what is neither is counted.
  void take(std::string_view item, std::uint32_t line);
  void pass() { ++reading_.passed_over; }
  void fail(std::string_view why) { reading_.problem = why; }
  [[nodiscard]] bool is_full() const { return is_full_; }

 private:
  ListReading& reading_;
  std::size_t most_;
  bool is_full_ = false;
};

/// A bundle of STIX 2 or events of MISP.
void read_json_list(std::string_view text, ListTaker& to);

}  // namespace auexfil::policy
