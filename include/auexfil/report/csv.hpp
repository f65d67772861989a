#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/report/options.hpp"

/// RFC 4180 with CRLF. Unknown is an empty cell; a list is one cell, its parts joined with "; ";
/// controls are written out (\x1b); a cell that a spreadsheet would run gets a leading '.
namespace auexfil::report {

/// The header is written also when no row follows.
void append_findings_csv_header(std::string& out);
void append_facts_csv_header(std::string& out);
void append_coverage_csv_header(std::string& out);

/// One row a destination; one row without a destination where there is none.
void append_csv(std::string& out, const policy::Finding& finding, const Options& options = {});
void append_csv(std::string& out, const facts::Fact& fact, const Options& options = {});

/// A finding of an earlier report that holds no longer: its id, and `withdrawn` where a finding has
/// whether it is an update.
void append_withdrawn_csv(std::string& out, std::uint64_t id);

/// One row a host.
/// \param read  of the run: no row of its own tells whether all was read.
void append_csv(std::string& out, const coverage::HostCoverage& host,
                const coverage::ReadSummary& read, const Options& options = {});

/// One cell, quoted and neutralised as above.
void append_csv_cell(std::string& out, std::string_view text);

}  // namespace auexfil::report
