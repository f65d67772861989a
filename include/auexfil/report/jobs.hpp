#pragma once

#include <string>
#include <vector>

#include "auexfil/policy/jobs.hpp"
#include "auexfil/report/inventory.hpp"
#include "auexfil/report/options.hpp"

/// The jobs that ran, and in CSV those that would, in one list.
namespace auexfil::report {

/// One line: {"type":"job",…}.
void append_json(std::string& out, const policy::JobRow& row, const Options& options = {});

/// "0 2 * * * (Europe/Berlin)"; nothing where it has no schedule.
[[nodiscard]] std::vector<std::string> due_of(const InventoryRow& row);

/// A card.
void append_table(std::string& out, const policy::JobRow& row, const Options& options = {});

void append_jobs_csv_header(std::string& out);
void append_csv(std::string& out, const policy::JobRow& row, const Options& options = {});
/// What is registered and was not seen to run: a row without runs.
void append_csv(std::string& out, const InventoryRow& row, const Options& options = {});

}  // namespace auexfil::report
