#include "carriers.hpp"

#include <algorithm>
#include <array>

namespace auexfil::input {
namespace {

struct Kind {
  std::string_view name;
  bool (*recognises)(std::string_view head);
  std::unique_ptr<Carrier> (*make)(std::string_view head);
};

constexpr std::array kKinds = {
    Kind{"utf-16", is_utf16, make_utf16},
    Kind{"journal export", is_journal_export, make_journal_export},
    Kind{"json", is_json, make_json},
    Kind{"csv", is_csv, make_csv},
};

}  // namespace

std::unique_ptr<Carrier> carrier_of(std::string_view head, std::string_view* name) {
  const auto* const kind = std::find_if(kKinds.begin(), kKinds.end(),
                                        [&](const Kind& one) { return one.recognises(head); });
  if (kind == kKinds.end()) {
    return nullptr;
  }
  if (name != nullptr) {
    *name = kind->name;
  }
  return kind->make(head);
}

}  // namespace auexfil::input
