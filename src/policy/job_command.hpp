#pragma once

#include <string>

#include "auexfil/facts/fact.hpp"

namespace auexfil::policy {

/// What tells one job of a host from another: the command that starts it. Where the log has lost
/// it, or it is a shell alone that reads its commands (at), the program that it came to and the
/// user: two such jobs are not one. Empty where nothing is known at all.
[[nodiscard]] std::string job_command(const facts::Fact& fact);

}  // namespace auexfil::policy
