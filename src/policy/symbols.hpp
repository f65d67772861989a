#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace auexfil::policy {

using Symbol = std::uint32_t;

/// Interned text: equal texts have equal symbols. Views stay valid as long as the table.
class Symbols {
 public:
  [[nodiscard]] Symbol intern(std::string_view text);
  [[nodiscard]] std::string_view text(Symbol symbol) const { return texts_[symbol]; }

 private:
  std::string_view keep(std::string_view text);

  std::unordered_map<std::string_view, Symbol> index_;
  std::vector<std::string_view> texts_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* free_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace auexfil::policy
