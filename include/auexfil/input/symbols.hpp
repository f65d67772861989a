#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "auexfil/input/hash_index.hpp"
#include "auexfil/input/text_hash.hpp"

namespace auexfil::input {

/// A text, kept once: equal texts have equal symbols.
using Symbol = std::uint32_t;

/// Interned texts. A hostile user can make distinct ones without end: a bounded table takes a new
/// one for kTooMany ("…") past its bound, and counts it, until a sweep has made room.
class Symbols {
 public:
  static constexpr Symbol kTooMany = 1;

  /// Without a bound; symbols count from 0 in the order in which their texts come.
  Symbols() = default;
  /// 0 is the empty text, 1 is kTooMany.
  explicit Symbols(std::size_t max_bytes);

  [[nodiscard]] Symbol intern(std::string_view text) { return intern(text, text_hash(text)); }
  /// \param hash of `text`, by text_hash().
  [[nodiscard]] Symbol intern(std::string_view text, std::uint64_t hash);
  /// Valid until the next sweep().
  [[nodiscard]] std::string_view text(Symbol symbol) const { return texts_[symbol]; }

  /// Is it time for a sweep? Not before so much has come in that its cost is borne by that.
  [[nodiscard]] bool wants_sweep() const {
    const std::size_t some = std::min(max_bytes_, kSome);
    return bytes_ > some / 4 * 3 &&
           bytes_ - swept_bytes_ > std::max(some / 4, std::min(swept_bytes_ / 2, max_bytes_ / 8));
  }
  /// Texts that come from now on have little more than the room of those that go.
  void stop_growing() {
    constexpr std::size_t kAtLeast = std::size_t{64} << 10;
    max_bytes_ = std::min(max_bytes_, std::max(kAtLeast, bytes_ + bytes_ / 4));
  }
  /// Symbols that there are, as far as they may be told apart.
  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  /// Forgets the texts that are not live; their symbols are given out again. Of a bounded table.
  void sweep(const std::vector<bool>& live);
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// Of a bounded table. Texts keep their symbols; read into one that has none yet.
  template <typename Io>
  void walk(Io& io);

 private:
  [[nodiscard]] const char* store(std::string_view text);

  /// So much may lie about dead before anybody looks.
  static constexpr std::size_t kSome = std::size_t{48} << 20;

  bool is_bounded_ = false;
  std::size_t max_bytes_ = SIZE_MAX;
  std::size_t bytes_ = 0;
  std::size_t swept_bytes_ = 0;  // what was left after the last sweep
  std::uint64_t refused_ = 0;
  HashIndex index_;
  std::vector<std::string_view> texts_;
  std::vector<Symbol> free_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_left_ = 0;
  char* chunk_at_ = nullptr;
};

}  // namespace auexfil::input
