#include "carriers.hpp"

#include <algorithm>
#include <array>

namespace auexfil::input {
namespace {

struct Kind {
  bool (*recognises)(std::string_view head);
  std::unique_ptr<Carrier> (*make)(std::string_view head);
};

constexpr std::array kKinds = {
    Kind{is_utf16, make_utf16},
    Kind{is_journal_export, make_journal_export},
    Kind{is_json, make_json},
    Kind{is_csv, make_csv},
};

}  // namespace

std::unique_ptr<Carrier> carrier_of(std::string_view head) {
  const auto* const kind = std::find_if(kKinds.begin(), kKinds.end(),
                                        [&](const Kind& one) { return one.recognises(head); });
  return kind == kKinds.end() ? nullptr : kind->make(head);
}

}  // namespace auexfil::input
