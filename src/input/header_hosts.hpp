#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/logs.hpp"

namespace auexfil::input {

/// The host that a line names: the node of its record, else what its header says; empty: none.
[[nodiscard]] std::string_view named_host(std::string_view line);

/// Not two names that differ by more than a domain; one that is empty may be any.
[[nodiscard]] bool may_be_one_host(std::string_view a, std::string_view b);

/// The same of two that were named in different ways: one by its address, the other by its name.
[[nodiscard]] bool may_be_one_by_two_ways(std::string_view a, std::string_view b);

/// Which hosts lines name in what a logger put before their records. A machine's own syslog names
/// one, maybe another from some line on; a collector's names several by turns, whose records have
/// the same serials and pids.
class HeaderHosts {
 public:
  /// \param lines  of a log; a part of one at the end is left out. Records with a node of their own
  ///               say nothing here.
  void take(std::string_view lines);
  void take_host(std::string_view host);

  [[nodiscard]] bool has_any() const noexcept { return !last_.empty(); }
  [[nodiscard]] bool has_several() const noexcept { return has_several_; }

 private:
  std::string last_;
  bool has_changed_ = false;
  bool has_several_ = false;
};

/// Do the files of one rotation hold records of several hosts, as far as their beginnings and a few
/// places in those that are plain text tell?
[[nodiscard]] bool have_several_hosts(const std::vector<LogFile>& files);

}  // namespace auexfil::input
