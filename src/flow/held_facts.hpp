#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "auexfil/facts/fact.hpp"
#include "auexfil/input/packed.hpp"

namespace auexfil::flow {

/// Facts that wait, packed: in memory and not in a file, since command lines hold passwords.
class HeldFacts {
 public:
  void add(const facts::Fact& fact);
  [[nodiscard]] std::uint32_t size() const { return size_; }

  /// Hands all of them over in their order, once. \param take  may change the fact.
  void give(const std::function<void(facts::Fact&)>& take);

 private:
  void pack();

  input::Packer packer_;
  std::vector<std::string> packed_;  ///< frames of zstd
  std::string lines_;                ///< of JSON, that are not packed yet
  std::uint32_t size_ = 0;
};

}  // namespace auexfil::flow
