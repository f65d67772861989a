#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "auexfil/host/index.hpp"

namespace auexfil::host {

/// pid -> index, or none. In pages, since a collector's log is of many hosts and each of them uses
/// few of up to four million pids.
template <typename Number>
class PidTable {
 public:
  [[nodiscard]] Number operator[](std::uint32_t pid) const {
    const std::size_t page = pid / kPage;
    return page < pages_.size() && pages_[page] != nullptr ? (*pages_[page])[pid % kPage] : kNone;
  }
  void set(std::uint32_t pid, Number index) {
    const std::size_t page = pid / kPage;
    if (page >= pages_.size()) {
      pages_.resize(page + 1);
    }
    if (pages_[page] == nullptr) {
      pages_[page] = std::make_unique<Page>();
    }
    (*pages_[page])[pid % kPage] = index;
  }
  void clear() { pages_.clear(); }

 private:
  static constexpr std::size_t kPage = 256;  // 1 KiB, which is all that a made-up pid costs
  using Page = std::array<Number, kPage>;
  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace auexfil::host
