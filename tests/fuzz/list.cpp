#include "auexfil/policy/list.hpp"

#include <string>

#include "fuzz.hpp"

// A file of a [list …]: lines, STIX or MISP, whatever its first byte says.

using namespace auexfil;          // NOLINT(google-build-using-namespace): a test
using namespace auexfil::policy;  // NOLINT(google-build-using-namespace): a test
using fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 16;
  const std::string text(fuzz::text_of(data, size));
  const ListReading reading = read_list(text, kMost);
  expect(reading.entries.size() <= kMost, "no more entries than there is room for");
  expect(reading.said.size() <= reading.left_out, "what is said is counted");
  for (const ListEntry& entry : reading.entries) {
    expect(entry.network.contains(entry.network.network), "a network holds its own address");
    expect(entry.line <= size + 1, "lines are those of the text");
  }
  return 0;
}
