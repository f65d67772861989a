#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "hash_index.hpp"
#include "text_hash.hpp"

namespace auexfil::policy {

using Symbol = std::uint32_t;

/// Interned text: equal texts have equal symbols. Views stay valid as long as the table.
class Symbols {
 public:
  [[nodiscard]] Symbol intern(std::string_view text) { return intern(text, text_hash(text)); }
  /// \param hash of `text`, by text_hash().
  [[nodiscard]] Symbol intern(std::string_view text, std::uint64_t hash);
  [[nodiscard]] std::string_view text(Symbol symbol) const { return texts_[symbol]; }

 private:
  std::string_view keep(std::string_view text);

  HashIndex index_;
  std::vector<std::string_view> texts_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* free_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace auexfil::policy
