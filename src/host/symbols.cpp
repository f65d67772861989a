#include "auexfil/host/symbols.hpp"

#include <cstring>
#include <functional>

namespace auexfil::host {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;

}  // namespace

Symbols::Symbols(std::size_t max_bytes) : max_bytes_(max_bytes), table_(1024, 0) {
  texts_ = {std::string_view{}, std::string_view{"…"}};
  hashes_ = {0, 0};
}

void Symbols::grow() {
  std::vector<Symbol> bigger(table_.size() * 2, 0);
  const std::size_t mask = bigger.size() - 1;
  for (Symbol symbol = 2; symbol < texts_.size(); ++symbol) {
    std::size_t at = hashes_[symbol] & mask;
    while (bigger[at] != 0) {
      at = (at + 1) & mask;
    }
    bigger[at] = symbol;
  }
  table_.swap(bigger);
}

Symbol Symbols::intern(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>{}(text));
  const std::size_t mask = table_.size() - 1;
  std::size_t at = hash & mask;
  for (; table_[at] != 0; at = (at + 1) & mask) {
    if (hashes_[table_[at]] == hash && texts_[table_[at]] == text) {
      return table_[at];
    }
  }
  if (bytes_ + text.size() > max_bytes_) {
    ++refused_;
    return kTooMany;
  }
  bytes_ += text.size() + sizeof(std::string_view) + 3 * sizeof(std::uint32_t);
  if (text.size() > chunk_left_) {
    const std::size_t size = text.size() > kChunk / 4 ? text.size() : kChunk;
    chunks_.push_back(std::make_unique<char[]>(size));
    chunk_at_ = chunks_.back().get();
    chunk_left_ = size;
  }
  std::memcpy(chunk_at_, text.data(), text.size());
  const auto symbol = static_cast<Symbol>(texts_.size());
  texts_.emplace_back(chunk_at_, text.size());
  hashes_.push_back(hash);
  chunk_at_ += text.size();
  chunk_left_ -= text.size();
  table_[at] = symbol;
  if (texts_.size() * 2 > table_.size()) {
    grow();
  }
  return symbol;
}

}  // namespace auexfil::host
