#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/facts/json_writer.hpp"

/// What several records of the contract share.
namespace auexfil::report {

using facts::JsonWriter;
using facts::kSchema;
using facts::write_time;

/// The member "job": an object, or null.
void write_job(JsonWriter& json, const std::optional<facts::Job>& job);

/// A member that is a list of ids.
void write_ids(JsonWriter& json, std::string_view key, const std::vector<std::uint64_t>& ids);

/// The members of a file of flow records.
void write_flow_file(JsonWriter& json, const coverage::ReadSummary::FlowFile& file);

}  // namespace auexfil::report
