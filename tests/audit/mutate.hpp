#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace auexfil::audit::test {

/// Damages lines, the same way in every run: flipped bytes, cuts, pieces doubled, moved or put in,
/// as a broken disk, a forwarder or an attacker would.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::string mutate(std::string line) {
    const std::size_t times = 1 + below(3);
    for (std::size_t i = 0; i < times; ++i) {
      mutate_once(line);
    }
    return line;
  }

  /// A number below `end`, which must not be 0.
  [[nodiscard]] std::size_t below(std::size_t end) {
    return static_cast<std::size_t>(random_() % end);
  }

 private:
  void mutate_once(std::string& line);

  std::mt19937_64 random_;
};

}  // namespace auexfil::audit::test
