#include "carrier.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fuzz.hpp"
#include "sniff.hpp"

// The form that a file's beginning tells, taken out in one piece and byte by byte.

using namespace auexfil::input;  // NOLINT(google-build-using-namespace): a test
using auexfil::fuzz::expect;

namespace {

struct Taken {
  std::string text;
  std::vector<std::uint32_t> continued;
  CarrierBounds bounds;
};

Taken take(std::string_view bytes, std::size_t piece) {
  const auto carrier = carrier_of(bytes.substr(0, kSniffBytes));
  PlainLines lines;
  Taken taken;
  std::string room(4096, '\0');
  constexpr std::size_t kMark = 3;
  std::size_t size = std::max(piece, kMark);
  for (std::size_t at = 0; at <= bytes.size(); at += std::exchange(size, piece)) {
    const bool last = at + size > bytes.size();
    carrier->take(bytes.substr(at, size), last, lines);
    while (!lines.is_empty()) {
      taken.text.append(room, 0, lines.read(room.data(), room.size()));
    }
  }
  const auto count =
      static_cast<std::uint64_t>(std::count(taken.text.begin(), taken.text.end(), '\n')) + 1;
  lines.take_continued(0, count, taken.continued);
  taken.bounds = carrier->bounds();
  expect(std::is_sorted(taken.continued.begin(), taken.continued.end()), "in order");
  expect(taken.continued.empty() || (taken.continued.front() > 0 && taken.continued.back() < count),
         "what is continued has begun");
  // No file has more lines than it has newlines, and one that is cut.
  const auto in_file = static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n')) + 1;
  expect(count - 1 - taken.continued.size() <= in_file, "lines are the file's");
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = auexfil::fuzz::text_of(data, size);
  if (carrier_of(bytes.substr(0, kSniffBytes)) == nullptr) {
    return 0;
  }
  const Taken whole = take(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    const Taken pieces = take(bytes, piece);
    expect(pieces.text == whole.text && pieces.continued == whole.continued &&
               pieces.bounds == whole.bounds,
           "where it is cut changes nothing");
  }
  return 0;
}
