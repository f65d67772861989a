#pragma once

#include <optional>
#include <string_view>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/report/json_writer.hpp"

/// What several records of the contract share.
namespace auexfil::report {

inline constexpr int kSchema = 1;

/// RFC 3339; null for 0, the value of a time that was never set.
void write_time(JsonWriter& json, std::string_view name, audit::TimeMs time);

/// The member "job": an object, or null.
void write_job(JsonWriter& json, const std::optional<facts::Job>& job);

}  // namespace auexfil::report
