#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "record_stamp.hpp"

namespace auexfil::input {

/// The host that a line names: the node of its record, else what its header says; empty: none.
[[nodiscard]] std::string_view named_host(std::string_view line);

/// What any machine is called before it has a name ("localhost").
[[nodiscard]] bool is_any_machine(std::string_view host);

[[nodiscard]] bool is_address(std::string_view host);

/// Not two names that differ by more than a domain; one that is empty may be any.
[[nodiscard]] bool may_be_one_host(std::string_view a, std::string_view b);

/// The same of two that were named in different ways: one by its address, the other by its name.
[[nodiscard]] bool may_be_one_by_two_ways(std::string_view a, std::string_view b);

/// Which hosts lines name in what a logger put before their records. A machine's own syslog names
/// one, maybe another from some line on, where its serials and its time go on; a collector's names
/// several by turns, or one behind the other, whose records have the same serials and pids.
class HeaderHosts {
 public:
  /// \param lines  of a log; a part of one at the end is left out. Records with a node of their own
  ///               say nothing here.
  void take(std::string_view lines);

  [[nodiscard]] bool has_any() const noexcept { return !last_.empty(); }
  [[nodiscard]] bool has_several() const noexcept { return has_several_; }
  /// The one that all lines name; empty: none, or one after another.
  [[nodiscard]] std::string_view only() const {
    return has_changed_ ? std::string_view() : std::string_view(last_);
  }

 private:
  /// \param is_next  the line stands behind the one that was taken last.
  void take_host(std::string_view host, const RecordStamp& stamp, bool is_next);

  std::string last_;
  bool has_changed_ = false;
  bool has_several_ = false;
  std::uint64_t serial_ = 0;   ///< the highest
  std::uint64_t latest_ = 0;   ///< the latest time of the first host
  std::size_t behind_ = 0;     ///< lines of the second
  std::uint64_t of_them_ = 0;  ///< the latest time of those
};

/// Whom the files of one rotation name in what carries their records, as far as their beginnings
/// and a few places in those that are plain text tell.
struct ToldHosts {
  bool are_several = false;
  std::string only{};  ///< that all name; empty: none, or not all the same
};
[[nodiscard]] ToldHosts told_hosts(const std::vector<LogFile>& files);

}  // namespace auexfil::input
