#include "symbols.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace auexfil::policy {

Symbol Symbols::intern(std::string_view text, std::uint64_t hash) {
  const auto next = static_cast<Symbol>(texts_.size());
  const Symbol symbol =
      index_.find_or_add(hash, next, [&](Symbol known) { return texts_[known] == text; });
  if (symbol == next) {
    texts_.push_back(keep(text));
  }
  return symbol;
}

std::string_view Symbols::keep(std::string_view text) {
  constexpr std::size_t kChunk = std::size_t{64} << 10;
  if (text.size() > left_) {
    left_ = std::max(kChunk, text.size());
    chunks_.push_back(std::make_unique<char[]>(left_));
    free_ = chunks_.back().get();
  }
  if (!text.empty()) {
    std::memcpy(free_, text.data(), text.size());
  }
  const std::string_view kept(free_, text.size());
  free_ += text.size();
  left_ -= text.size();
  return kept;
}

}  // namespace auexfil::policy
