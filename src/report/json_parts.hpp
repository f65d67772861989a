#pragma once

#include <optional>
#include <string_view>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/facts/json_writer.hpp"

/// What several records of the contract share.
namespace auexfil::report {

using facts::JsonWriter;
using facts::kSchema;
using facts::write_time;

/// The member "job": an object, or null.
void write_job(JsonWriter& json, const std::optional<facts::Job>& job);

}  // namespace auexfil::report
