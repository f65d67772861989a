#include <algorithm>
#include <string>
#include <vector>

#include "auexfil/audit/decode.hpp"
#include "auexfil/audit/fields.hpp"
#include "fuzz.hpp"

// The EXECVE records of one event, one a line.

using namespace auexfil::audit;  // NOLINT(google-build-using-namespace): a test
using auexfil::fuzz::expect;

namespace {

bool same(const Argv& a, const Argv& b) {
  return a.args == b.args && a.argc == b.argc && a.has_argc == b.has_argc && a.cut == b.cut &&
         a.bounded == b.bounded;
}

/// Do the records tell everything once? Else which of two comes first decides.
bool tells_once(const std::vector<std::string_view>& bodies) {
  std::vector<std::string> keys;
  for (const std::string_view body : bodies) {
    FieldReader reader(body);
    Field field;
    while (reader.next(field)) {
      std::string key(field.key);
      if (key.size() > 1 && key[0] == 'a' && key[1] == '0' && key.size() > 2 && key[2] >= '0' &&
          key[2] <= '9') {
        return false;  // a01 is a1
      }
      if (const auto bracket = key.find('['); bracket != std::string::npos) {
        key.resize(bracket);
        if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
          return false;  // chunks: not worth telling apart here
        }
      }
      keys.push_back(std::move(key));
    }
  }
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) == keys.end();
}

void check_bounds(const Argv& argv, const ArgvBounds& bounds) {
  std::size_t bytes = 0;
  for (const std::string& arg : argv.args) {
    bytes += arg.size();
  }
  expect(bytes <= bounds.max_bytes, "argv keeps its bound of bytes");
  expect(argv.args.size() <= bounds.max_args, "argv keeps its bound of arguments");
  expect(argv.has_argc || argv.argc == 0, "no argc, no number");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string_view> bodies =
      auexfil::fuzz::lines_of(auexfil::fuzz::text_of(data, size));
  const ArgvBounds wide{512, std::size_t{64} << 10};  // 4096 arguments cost 128 KiB a run
  Argv argv;
  decode_execve(bodies, wide, argv);
  check_bounds(argv, wide);
  Argv again;
  again.args = {"left", "over"};
  again.cut = again.bounded = true;
  decode_execve(bodies, wide, again);
  expect(same(argv, again), "what stood in the result before makes no difference");
  const ArgvBounds tight{8, 64};
  Argv few;
  decode_execve(bodies, tight, few);
  check_bounds(few, tight);
  for (std::size_t i = 0; i < few.args.size() && i < argv.args.size(); ++i) {
    expect(argv.args[i].starts_with(few.args[i]), "a bound cuts, it does not change");
  }
  if (bodies.size() > 1 && tells_once(bodies)) {
    std::reverse(bodies.begin(), bodies.end());
    decode_execve(bodies, wide, again);
    expect(same(argv, again), "the order of records makes no difference");
  }
  return 0;
}
