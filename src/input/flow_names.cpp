#include "auexfil/input/flow_names.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace auexfil::input {

bool is_export_name(std::string_view name) {
  constexpr std::array<std::string_view, 7> kEnds = {"log",    "csv", "json", "jsonl",
                                                     "ndjson", "tsv", "txt"};
  for (std::size_t at = name.find('.'); at != std::string_view::npos; at = name.find('.', at + 1)) {
    const std::string_view part = name.substr(at + 1);
    const std::string_view word = part.substr(0, part.find_first_of(".-"));
    if (std::find(kEnds.begin(), kEnds.end(), word) != kEnds.end()) {
      return true;
    }
  }
  return false;
}

bool is_flow_name(std::string_view name) {
  constexpr std::size_t kLongest = 255;
  constexpr std::array<std::string_view, 9> kFirst = {"conn",  "open_conn", "ftp", "dns",  "ssh",
                                                      "files", "eve",       "ra",  "argus"};
  constexpr std::array<std::string_view, 5> kWithin = {"flow", "conntrack", "nfdump", "nfcapd",
                                                       "conn_long"};
  if (name.size() > kLongest || !is_export_name(name)) {
    return false;
  }
  std::string plain(name);
  std::transform(plain.begin(), plain.end(), plain.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::string_view first = std::string_view(plain).substr(0, plain.find_first_of(".-"));
  return std::find(kFirst.begin(), kFirst.end(), first) != kFirst.end() ||
         std::any_of(kWithin.begin(), kWithin.end(),
                     [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

}  // namespace auexfil::input
