#include "auexfil/input/pattern.hpp"

#include <algorithm>
#include <string>

#include "auexfil/input/rule_file.hpp"
#include "fuzz.hpp"

// A pattern (the first line) against a subject (the rest). Runs away? libFuzzer's -timeout says so.

using auexfil::fuzz::expect;
using auexfil::input::Pattern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = auexfil::fuzz::text_of(data, size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view glob = text.substr(0, end);
  const std::string_view subject = text.substr(std::min(end + 1, text.size()));
  std::string error;
  const Pattern pattern = Pattern::compile(glob, &error);
  bool too_costly = false;
  const bool holds = pattern.matches(subject, &too_costly);
  if (!error.empty()) {
    expect(!holds && pattern.text().empty(), "what does not compile matches nothing");
  } else {
    expect(pattern.text() == glob, "a pattern keeps its text");
    expect(!(holds && too_costly), "given up is no match");
    const bool is_regex = glob.size() >= 2 && glob.front() == '/' && glob.back() == '/';
    if (!is_regex) {
      expect(!too_costly, "a glob is never too costly");
      if (glob.find_first_of("*?[\\") == std::string_view::npos && subject.size() <= 4096) {
        expect(holds == (glob == subject), "a glob without marks is a word");
      }
      if (glob.find_first_not_of('*') == std::string_view::npos) {
        expect(holds, "* matches everything");
      }
      if (glob.size() < 4000) {
        const Pattern wider = Pattern::compile("*" + std::string(glob) + "*", nullptr);
        expect(!holds || wider.matches(subject), "stars around a glob only widen it");
      }
    }
  }
  for (const std::string& item : auexfil::input::split_list(text)) {
    expect(!item.empty() && item.size() <= size, "items are pieces");
  }
  static_cast<void>(auexfil::input::nearest_word(subject, {glob, "limit", "window"}));
  return 0;
}
