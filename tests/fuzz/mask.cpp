#include "auexfil/facts/mask.hpp"

#include <string>
#include <vector>

#include "fuzz.hpp"

// Credentials in command lines: a text, an argv (one argument a line), a line of the log.

using namespace auexfil::facts;  // NOLINT(google-build-using-namespace): a test
using auexfil::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = auexfil::fuzz::text_of(data, size);
  const std::string masked = mask_text(text);
  expect(mask_text(masked) == masked, "masking masked text changes nothing");
  std::vector<std::string> argv;
  for (const std::string_view line : auexfil::fuzz::lines_of(text)) {
    argv.emplace_back(line);
    const std::string once = mask_log_line(line);
    expect(mask_log_line(once) == once, "masking a masked line changes nothing");
  }
  const std::vector<std::string> once = mask_argv(argv);
  expect(once.size() == argv.size(), "one in, one out");
  expect(mask_argv(once) == once, "masking a masked argv changes nothing");
  return 0;
}
