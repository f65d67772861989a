#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace auexfil::host {

/// A string of the log, kept once. 0 is the empty string.
using Symbol = std::uint32_t;

/// Interned strings of one host. A hostile user can make distinct strings without end: past
/// max_bytes a new string becomes kTooMany ("…") and is counted, until a sweep has made room.
class Symbols {
 public:
  static constexpr Symbol kTooMany = 1;

  explicit Symbols(std::size_t max_bytes = std::size_t{256} << 20);

  [[nodiscard]] Symbol intern(std::string_view text);
  /// Valid until the next sweep().
  [[nodiscard]] std::string_view text(Symbol symbol) const { return texts_[symbol]; }

  /// Is it time for a sweep? Not before so much has come in that its cost is borne by that.
  [[nodiscard]] bool wants_sweep() const {
    const std::size_t some = std::min(max_bytes_, kSome);
    return bytes_ > some / 4 * 3 &&
           bytes_ - swept_bytes_ > std::max(some / 4, std::min(swept_bytes_ / 2, max_bytes_ / 8));
  }
  /// Strings that come from now on have little more than the room of those that go.
  void stop_growing() {
    constexpr std::size_t kAtLeast = std::size_t{64} << 10;
    max_bytes_ = std::min(max_bytes_, std::max(kAtLeast, bytes_ + bytes_ / 4));
  }
  /// Symbols that there are, as far as they may be told apart.
  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  /// Forgets the strings that are not live; their symbols are given out again.
  void sweep(const std::vector<bool>& live);
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  void fill_table(std::size_t size);
  [[nodiscard]] const char* store(std::string_view text);

  /// So much may lie about dead before anybody looks.
  static constexpr std::size_t kSome = std::size_t{48} << 20;

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::size_t swept_bytes_ = 0;  // what was left after the last sweep
  std::uint64_t refused_ = 0;
  std::vector<std::string_view> texts_;
  std::vector<std::uint32_t> hashes_;
  std::vector<Symbol> table_;  // open addressing; 0 = free
  std::vector<Symbol> free_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_left_ = 0;
  char* chunk_at_ = nullptr;
};

}  // namespace auexfil::host
