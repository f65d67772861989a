#include "auexfil/host/symbols.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

namespace auexfil::host {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;
constexpr std::size_t kFirstChunk = 1024;
constexpr std::size_t kOverhead = sizeof(std::string_view) + 3 * sizeof(std::uint32_t);

}  // namespace

Symbols::Symbols(std::size_t max_bytes) : max_bytes_(max_bytes), table_(128, 0) {
  texts_ = {std::string_view{}, std::string_view{"…"}};
  hashes_ = {0, 0};
}

void Symbols::fill_table(std::size_t size) {
  table_.assign(size, 0);
  const std::size_t mask = size - 1;
  for (Symbol symbol = 2; symbol < texts_.size(); ++symbol) {
    if (texts_[symbol].empty()) {
      continue;
    }
    std::size_t at = hashes_[symbol] & mask;
    while (table_[at] != 0) {
      at = (at + 1) & mask;
    }
    table_[at] = symbol;
  }
}

const char* Symbols::store(std::string_view text) {
  if (text.size() > chunk_left_) {
    // A host of which little is heard needs little: chunks grow with what there is.
    const std::size_t room =
        std::min(kChunk, kFirstChunk << std::min<std::size_t>(chunks_.size(), 8));
    const std::size_t size = text.size() > room / 4 ? text.size() : room;
    chunks_.push_back(std::make_unique<char[]>(size));
    chunk_at_ = chunks_.back().get();
    chunk_left_ = size;
  }
  char* const at = chunk_at_;
  std::memcpy(at, text.data(), text.size());
  chunk_at_ += text.size();
  chunk_left_ -= text.size();
  return at;
}

Symbol Symbols::intern(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>{}(text));
  const std::size_t mask = table_.size() - 1;
  std::size_t at = hash & mask;
  // The hash has no secret: strings that meet in it on purpose are refused like too many.
  constexpr std::size_t kMaxSteps = 512;
  std::size_t steps = 0;
  for (; table_[at] != 0; at = (at + 1) & mask) {
    if (hashes_[table_[at]] == hash && texts_[table_[at]] == text) {
      return table_[at];
    }
    if (++steps > kMaxSteps) {
      ++refused_;
      return kTooMany;
    }
  }
  if (bytes_ + text.size() > max_bytes_) {
    ++refused_;
    return kTooMany;
  }
  bytes_ += text.size() + kOverhead;
  const std::string_view kept(store(text), text.size());
  Symbol symbol = static_cast<Symbol>(texts_.size());
  if (!free_.empty()) {
    symbol = free_.back();
    free_.pop_back();
    texts_[symbol] = kept;
    hashes_[symbol] = hash;
  } else {
    texts_.push_back(kept);
    hashes_.push_back(hash);
  }
  table_[at] = symbol;
  if (texts_.size() * 2 > table_.size()) {
    fill_table(table_.size() * 2);
  }
  return symbol;
}

void Symbols::sweep(const std::vector<bool>& live) {
  std::vector<std::unique_ptr<char[]>> before;
  before.swap(chunks_);
  chunk_left_ = 0;
  bytes_ = 0;
  for (Symbol symbol = 2; symbol < texts_.size(); ++symbol) {
    if (texts_[symbol].empty()) {
      continue;
    }
    if (symbol >= live.size() || !live[symbol]) {
      texts_[symbol] = {};
      free_.push_back(symbol);
      continue;
    }
    bytes_ += texts_[symbol].size() + kOverhead;
    texts_[symbol] = {store(texts_[symbol]), texts_[symbol].size()};
  }
  swept_bytes_ = bytes_;
  fill_table(table_.size());
}

}  // namespace auexfil::host
