#pragma once

#include <optional>
#include <string>

#include "auexfil/artefacts/registered.hpp"
#include "auexfil/report/options.hpp"

/// What an image would send, whatever its log can show.
namespace auexfil::report {

struct InventoryRow {
  std::optional<std::string> host;
  artefacts::Registered job;
  std::string zone;  ///< that its schedule is in; empty: not known
  bool approved{};   ///< the policy approves all its destinations
};

/// Would it send?
[[nodiscard]] inline bool may_send(const InventoryRow& row) {
  return row.job.direction != transfer::Direction::in;
}

/// One line: {"type":"registered",…}.
void append_json(std::string& out, const InventoryRow& row, const Options& options = {});

/// A card of two to four lines.
void append_table(std::string& out, const InventoryRow& row, const Options& options = {});

}  // namespace auexfil::report
