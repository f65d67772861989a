#include <utility>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/mask.hpp"
#include "auexfil/report/safe.hpp"
#include "auexfil/report/table.hpp"
#include "wrap.hpp"

namespace auexfil::report {
namespace {

constexpr std::size_t kReasonIndent = 4;

void append_record(std::string& out, const coverage::HostCoverage& host) {
  const auto word = [](bool seen) { return seen ? "in the log" : "not in the log"; };
  append_wrapped(
      out,
      fmt::format("{}: {}", to_safe(host.host.value_or("(host unknown)")), to_word(host.verdict)),
      kReasonIndent);
  if (host.first != 0) {
    out += fmt::format("  log                 {}\n", format_span(host.first, host.last));
  }
  out += fmt::format(
      "  program starts      {}\n  connections         {}\n  bytes               {}\n"
      "  ends of descriptors {}\n",
      word(host.execs), word(host.connects), word(host.bytes), word(host.descriptors));
  for (const std::string& reason : host.reasons) {
    append_wrapped(out, "  - " + to_safe(reason), kReasonIndent);
  }
  for (const coverage::Gap& gap : host.gaps) {
    append_wrapped(out,
                   fmt::format("  gap {}: {}", format_span(gap.from, gap.to), to_safe(gap.why)),
                   kReasonIndent);
  }
}

}  // namespace

void append_table(std::string& out, const coverage::HostCoverage& host, const Options& options) {
  if (!options.mask) {
    append_record(out, host);
    return;
  }
  coverage::HostCoverage shown = host;
  append_record(out, masked(std::move(shown)));
}

}  // namespace auexfil::report
