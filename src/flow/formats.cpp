#include <algorithm>
#include <array>

#include "format.hpp"
#include "lines.hpp"
#include "values.hpp"

namespace auexfil::flow {
namespace {

constexpr std::array kKnown = {
    Known{"zeek tsv", is_zeek_tsv, make_zeek_tsv},
    Known{"nfdump csv", is_nfdump_csv, make_nfdump_csv},
    Known{"json", is_json_flows, make_json_flows, true},
    Known{"argus csv", is_argus_csv, make_argus_csv},
    Known{"aws text", is_aws_text, make_aws_text},
    Known{"conntrack", is_conntrack, make_conntrack},
    Known{"firewall", is_firewall, make_firewall},  // lines among others: last
};

struct Advice {
  std::string_view begins;
  std::string_view words;
};
constexpr std::array kAdvice = {
    Advice{"PAR1", "Parquet is not read; export the flow log as text"},
    Advice{"ts,te,td,pr,val",
           "statistics of nfdump -s are no flows; write them with nfdump -o csv"},
    Advice{"<?xml", "XML is not read; write conntrack's entries without -o xml"},
    Advice{"\x0c\xa5", "nfcapd's own files are not read; write them with nfdump -o csv"},
    Advice{"\xa5\x0c", "nfcapd's own files are not read; write them with nfdump -o csv"},
};

/// "TIME UID ADDRESS PORT ADDRESS PORT …", as grep leaves them.
bool is_zeek_without_names(std::string_view head) {
  constexpr std::size_t kFewest = 12;
  Columns columns;
  columns.split<'\t'>(head.substr(0, head.find('\n')));
  audit::IpAddress address;
  TimeUs time = 0;
  return columns.count() >= kFewest && read_seconds(columns[0], time) &&
         read_address(columns[2], address) && read_address(columns[4], address);
}

}  // namespace

const Known* known_format(std::string_view head) {
  const auto* const known = std::find_if(kKnown.begin(), kKnown.end(),
                                         [&](const Known& one) { return one.recognises(head); });
  return known == kKnown.end() ? nullptr : known;
}

std::string_view format_of(std::string_view head) {
  const Known* const known = known_format(head);
  return known == nullptr ? std::string_view() : known->name;
}

std::string_view advice_on(std::string_view head) {
  const auto* const found = std::find_if(kAdvice.begin(), kAdvice.end(), [&](const Advice& one) {
    return head.starts_with(one.begins);
  });
  if (found != kAdvice.end()) {
    return found->words;
  }
  if (is_zeek_without_names(head)) {
    return "lines of Zeek without those that name their fields; put its \"#fields\" line before "
           "them";
  }
  return is_aws_custom(head) ? std::string_view(
                                   "flow records of AWS in an order that is not told; put the line "
                                   "with the names of their fields before them")
                             : std::string_view();
}

}  // namespace auexfil::flow
