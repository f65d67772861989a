#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace auexfil::host {

/// A string of the log, kept once. 0 is the empty string.
using Symbol = std::uint32_t;

/// Interned strings of one host. A hostile user can make distinct strings without end: past
/// max_bytes a new string becomes kTooMany ("…") and is counted.
class Symbols {
 public:
  static constexpr Symbol kTooMany = 1;

  explicit Symbols(std::size_t max_bytes = std::size_t{48} << 20);

  [[nodiscard]] Symbol intern(std::string_view text);
  /// Valid as long as the table.
  [[nodiscard]] std::string_view text(Symbol symbol) const { return texts_[symbol]; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  void grow();

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::uint64_t refused_ = 0;
  std::vector<std::string_view> texts_;
  std::vector<std::uint32_t> hashes_;
  std::vector<Symbol> table_;  // open addressing; 0 = free
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_left_ = 0;
  char* chunk_at_ = nullptr;
};

}  // namespace auexfil::host
