#include "mutate.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace auexfil::audit::test {
namespace {

constexpr std::array<std::string_view, 28> kPieces = {"\"",
                                                      "'",
                                                      " ",
                                                      "=",
                                                      "\x1d",
                                                      " ARCH=x86_64",
                                                      "#035UID=\"x\"",
                                                      "msg='",
                                                      " old ",
                                                      "(null)",
                                                      "(none)",
                                                      "\r",
                                                      " a0=",
                                                      " a0[1]=",
                                                      " a1_len=9",
                                                      " argc=70",
                                                      " subj=",
                                                      " exit=",
                                                      " success=",
                                                      " pid=",
                                                      "audit(1.2:3)",
                                                      " type=CWD ",
                                                      "node=x ",
                                                      " per=8",
                                                      "  ",
                                                      "UNKNOWN[1307]",
                                                      "-",
                                                      "4294967295"};

/// Words of a line, each with the blank behind it.
std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size() - 1) + 1;
    out.push_back(line.substr(at, end - at));
    at = end;
  }
  return out;
}

}  // namespace

void Mutator::mutate_once(std::string& line) {
  if (line.empty()) {
    line = kPieces[below(kPieces.size())];
    return;
  }
  const std::size_t at = below(line.size());
  switch (below(8)) {
    case 0:  // a flipped bit
      line[at] = static_cast<char>(line[at] ^ (1 << below(8)));
      break;
    case 1:  // any byte
      line[at] = static_cast<char>(below(256));
      break;
    case 2:  // cut short
      line.resize(at);
      break;
    case 3:  // cut out
      line.erase(at, 1 + below(40));
      break;
    case 4:  // doubled
      line.insert(at, line.substr(at, 1 + below(60)));
      break;
    case 5: {  // two fields change places
      std::vector<std::string> all = words(line);
      std::swap(all[below(all.size())], all[below(all.size())]);
      line.clear();
      for (const std::string& word : all) {
        line += word;
      }
      break;
    }
    case 6: {  // a field comes twice
      const std::vector<std::string> all = words(line);
      line.insert(at, " " + all[below(all.size())]);
      break;
    }
    default:
      line.insert(at, kPieces[below(kPieces.size())]);
      break;
  }
  for (char& c : line) {
    if (c == '\n') {
      c = '\v';  // one line stays one
    }
  }
}

}  // namespace auexfil::audit::test
