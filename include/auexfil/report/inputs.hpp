#pragma once

#include <string>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/input/logs.hpp"
#include "auexfil/report/options.hpp"

/// What was found, taken for what, from when to when.
namespace auexfil::report {

/// One line: {"type":"input",…}.
void append_json(std::string& out, const coverage::ReadSummary::Input& input);
/// One line: {"type":"flow_file",…}.
void append_json(std::string& out, const coverage::ReadSummary::FlowFile& file);
/// One line: {"type":"passed_over",…}.
void append_json(std::string& out, const input::PassedOver& passed);

/// A card of one to three lines.
void append_table(std::string& out, const coverage::ReadSummary::Input& input);
void append_table(std::string& out, const coverage::ReadSummary::FlowFile& file);
/// A sentence; nothing where no file was passed over.
void append_table(std::string& out, const input::PassedOver& passed);

}  // namespace auexfil::report
