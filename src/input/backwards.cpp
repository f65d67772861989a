#include "backwards.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace auexfil::input {
namespace {

/// Whole lines, from the last to the first. \return how many there are
std::uint32_t append_reversed(std::string_view lines, std::vector<char>& to) {
  std::uint32_t count = 0;
  for (; !lines.empty(); ++count) {
    const std::size_t before = lines.substr(0, lines.size() - 1).rfind('\n');
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    to.insert(to.end(), lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end());
    lines = lines.substr(0, begin);
  }
  return count;
}

}  // namespace

bool Backwards::put(const Block& block) {
  const std::size_t whole = block.bytes.rfind('\n') + 1;
  const std::string_view lines = block.bytes.substr(0, whole);
  const auto count = static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
  Part part;
  part.packed = packer_.pack(lines);
  if (packed_ + part.packed.size() > most_packed_) {
    return false;
  }
  packed_ += part.packed.size();
  part.continued = block.continued;
  cut_goes_on_ = !part.continued.empty() && part.continued.back() == count;
  if (cut_goes_on_) {
    part.continued.pop_back();
  }
  lines_ += count - part.continued.size();
  part.lines = lines_;
  if (!lines.empty()) {
    parts_.push_back(std::move(part));
  }
  cut_ = block.bytes.substr(whole);
  return true;
}

bool Backwards::take(Block& block) {
  block.continued.clear();
  block.buffer.clear();
  if (parts_.empty()) {
    block.buffer.assign(cut_.begin(), cut_.end());
    block.from_line = lines_ + (cut_goes_on_ ? 0U : 1U);
    cut_.clear();
  } else {
    const Part part = std::move(parts_.back());
    parts_.pop_back();
    const std::uint32_t count = append_reversed(unpack(part.packed), block.buffer);
    block.from_line = part.lines - (goes_on_ ? 1U : 0U);
    if (std::exchange(goes_on_, false)) {
      block.continued.push_back(0);
    }
    for (auto line = part.continued.rbegin(); line != part.continued.rend(); ++line) {
      if (*line == 0) {
        goes_on_ = true;
      } else {
        block.continued.push_back(count - *line);
      }
    }
  }
  block.bytes = {block.buffer.data(), block.buffer.size()};
  return !block.bytes.empty();
}

}  // namespace auexfil::input
