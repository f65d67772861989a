#include "auexfil/policy/spread.hpp"

#include <algorithm>
#include <bit>

namespace auexfil::policy {

void Spread::count(std::uint64_t number) {
  constexpr int kBits = 8;
  const int drop = std::max(0, static_cast<int>(std::bit_width(number)) - kBits);
  ++buckets_[number | ((std::uint64_t{1} << drop) - 1)];
}

void Spread::add(std::uint64_t number) {
  ++count_;
  max_ = std::max(max_, number);
  if (!buckets_.empty()) {
    count(number);
    return;
  }
  exact_.push_back(number);
  if (exact_.size() > kExact) {
    for (const std::uint64_t known : exact_) {
      count(known);
    }
    exact_ = {};
  }
}

std::uint64_t Spread::quantile(unsigned percent) const {
  if (count_ == 0) {
    return 0;
  }
  const std::uint64_t rank =
      std::max<std::uint64_t>(1, (count_ / 100) * percent + ((count_ % 100) * percent + 99) / 100);
  if (is_exact()) {
    std::sort(exact_.begin(), exact_.end());
    return exact_[rank - 1];
  }
  std::uint64_t below = 0;
  for (const auto& [largest, numbers] : buckets_) {
    below += numbers;
    if (below >= rank) {
      return std::min(largest, max_);
    }
  }
  return max_;
}

}  // namespace auexfil::policy
