#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace auexfil::policy {

/// How numbers are spread. Exact for the first 4096 of them; from then on a number is counted with
/// those that share its 8 leading bits: a quantile is then too high by less than 1 part in 128, and
/// never too low. The largest is always exact. Memory is bounded whatever comes.
class Spread {
 public:
  static constexpr std::size_t kExact = 4096;

  void add(std::uint64_t number);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] bool is_exact() const { return buckets_.empty(); }
  /// The least number that at least `percent` of all are not above; 0 where there are none.
  [[nodiscard]] std::uint64_t quantile(unsigned percent) const;

 private:
  void count(std::uint64_t number);

  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  mutable std::vector<std::uint64_t> exact_;        ///< Sorted when it is asked.
  std::map<std::uint64_t, std::uint64_t> buckets_;  ///< By their largest number.
};

}  // namespace auexfil::policy
