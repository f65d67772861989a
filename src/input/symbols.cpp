#include "auexfil/input/symbols.hpp"

#include <cstring>
#include <random>
#include <string>

#include "auexfil/input/state_io.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;
constexpr std::size_t kFirstChunk = 1024;
constexpr std::size_t kOverhead = sizeof(std::string_view) + 2 * sizeof(std::uint64_t);
constexpr std::size_t kMaxSteps = 512;
constexpr std::size_t kFixed = 2;  // symbols of a bounded table that are always there

std::uint64_t make_secret() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

}  // namespace

const std::uint64_t kHashSecret = make_secret();

Symbols::Symbols(std::size_t max_bytes) : is_bounded_(true), max_bytes_(max_bytes) {
  texts_ = {std::string_view{}, std::string_view{"…"}};
}

const char* Symbols::store(std::string_view text) {
  if (text.size() > chunk_left_) {
    // A host of which little is heard needs little: chunks grow with what there is.
    const std::size_t room =
        std::min(kChunk, kFirstChunk << std::min<std::size_t>(chunks_.size(), 8));
    const std::size_t size = text.size() > room / 4 ? text.size() : room;
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    chunk_at_ = chunks_.back().get();
    chunk_left_ = size;
  }
  char* const at = chunk_at_;
  if (!text.empty()) {
    std::memcpy(at, text.data(), text.size());
  }
  chunk_at_ += text.size();
  chunk_left_ -= text.size();
  return at;
}

Symbol Symbols::intern(std::string_view text, std::uint64_t hash) {
  if (is_bounded_ && text.empty()) {
    return 0;
  }
  const bool has_room = bytes_ + text.size() <= max_bytes_;
  const auto fresh = free_.empty() ? static_cast<Symbol>(texts_.size()) : free_.back();
  const Symbol symbol = index_.find_or_add(
      hash, has_room ? fresh : HashIndex::kNoRoom,
      [&](Symbol known) { return texts_[known] == text; }, is_bounded_ ? kMaxSteps : SIZE_MAX);
  if (symbol == HashIndex::kNoRoom) {
    ++refused_;
    return kTooMany;
  }
  if (symbol != fresh) {
    return symbol;
  }
  bytes_ += text.size() + kOverhead;
  const std::string_view kept(store(text), text.size());
  if (free_.empty()) {
    texts_.push_back(kept);
  } else {
    texts_[symbol] = kept;
    free_.pop_back();
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
  index_.keep([&](Symbol symbol) { return !texts_[symbol].empty(); });
}

template <typename Io>
void Symbols::walk(Io& io) {
  const std::size_t count = io.size(texts_.size() - kFixed, SIZE_MAX);
  std::string text;
  for (std::size_t symbol = kFixed; symbol < kFixed + count; ++symbol) {
    text = symbol < texts_.size() ? texts_[symbol] : std::string_view{};
    io.text(text, SIZE_MAX);
    if constexpr (Io::kReads) {
      const auto fresh = static_cast<Symbol>(symbol);
      texts_.emplace_back(store(text), text.size());
      io.refuse_unless(text.empty() || index_.find_or_add(
                                           text_hash(text), fresh,
                                           [&](Symbol known) { return texts_[known] == text; },
                                           kMaxSteps) == fresh);
      bytes_ += text.empty() ? 0 : text.size() + kOverhead;
    }
  }
  io.list(free_, count, [&](Symbol& symbol) { io.below(symbol, texts_.size()); });
  if constexpr (Io::kReads) {
    std::vector<bool> is_free(texts_.size(), false);
    for (const Symbol symbol : free_) {
      io.refuse_unless(symbol >= kFixed && texts_[symbol].empty() && !is_free[symbol]);
      is_free[symbol] = true;
    }
    for (std::size_t symbol = kFixed; symbol < texts_.size(); ++symbol) {
      io.refuse_unless(!texts_[symbol].empty() || is_free[symbol]);
    }
  }
  io.numbers(swept_bytes_, refused_);
}

template void Symbols::walk(StateWriter&);
template void Symbols::walk(StateReader&);

}  // namespace auexfil::input
