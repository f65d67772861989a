#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "rule_keys.hpp"
#include "saturating.hpp"
#include "store.hpp"

/// `ratio = 10`: ten times as much went out as came in, or more. Where one of the two ways is not
/// known it does not hold.
namespace auexfil::policy {
namespace {

void read(SectionReader& reader, const input::Entry& entry, RuleKeys& keys) {
  keys.ratio = reader.count(entry, 1).value_or(0);
}

bool is_given(const RuleKeys& keys) {
  return keys.ratio > 0;
}

bool holds(const Rule& rule, const Selection& /*selection*/, const AskedDestination& to) {
  return to.bytes_out && to.bytes_in && *to.bytes_out > 0 &&
         static_cast<Wide>(*to.bytes_in) * rule.keys.ratio <= *to.bytes_out;
}

void tell(const Store& store, const Rule& /*rule*/, Rows rows, std::vector<std::string>& reasons) {
  Wide out = 0;
  Wide in = 0;
  for (const std::uint32_t row : rows) {
    out += store.rows[row].bytes;
    in += store.bytes_in[row];
  }
  const std::string went = format_size(saturate(out));
  reasons.push_back(in == 0 ? fmt::format("{} went out, and nothing came in", went)
                            : fmt::format("{} went out and {} came in, {} to 1", went,
                                          format_size(saturate(in)), saturate(out / in)));
}

}  // namespace

const RuleKey kRatioKey = {
    .name = "ratio", .read = read, .is_given = is_given, .holds_to = holds, .tell = tell};

}  // namespace auexfil::policy
