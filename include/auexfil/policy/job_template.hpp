#pragma once

#include <string>
#include <string_view>

namespace auexfil::policy {

/// What is the same in every run of a command: "<date>", "<n>", "<tmp>", "<hex>" and "<uuid>" stand
/// for what a run makes up: dates, counters in names of files, temporary names, hashes. Where it
/// goes to (hosts, addresses, ports), options and programs stay as they are: a run that goes
/// elsewhere is another one. At most 4 KiB of `command` are looked at.
[[nodiscard]] std::string job_template(std::string_view command);

}  // namespace auexfil::policy
