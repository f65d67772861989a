#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/input/hash_index.hpp"
#include "auexfil/input/text_hash.hpp"

namespace auexfil::audit {

/// For tables in memory.
[[nodiscard]] inline std::uint64_t hash_of(const IpAddress& address) {
  const auto& bytes = address.bytes();
  return input::text_hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// Addresses, each once.
class AddressSet {
 public:
  /// \param most  that it takes; see is_whole().
  explicit AddressSet(std::size_t most = SIZE_MAX) : most_(most) {}

  void add(const IpAddress& address) {
    const auto next = static_cast<std::uint32_t>(all_.size());
    const std::uint32_t at =
        index_.find_or_add(hash_of(address), all_.size() < most_ ? next : input::HashIndex::kNoRoom,
                           [&](std::uint32_t number) { return all_[number] == address; });
    if (at == input::HashIndex::kNoRoom) {
      is_whole_ = false;
    } else if (at == next) {
      all_.push_back(address);
    }
  }
  /// No more of them from now on; those that come are missed.
  void stop_growing(std::size_t at_least) {
    most_ = std::min(most_, std::max(at_least, all_.size()));
  }
  void note_missed() { is_whole_ = false; }

  [[nodiscard]] bool contains(const IpAddress& address) const {
    return !all_.empty() && index_.find(hash_of(address), [&](std::uint32_t number) {
      return all_[number] == address;
    }) != input::HashIndex::kNoRoom;
  }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  /// All that came are in it.
  [[nodiscard]] bool is_whole() const { return is_whole_; }

  /// See input/state_io.hpp; read into an empty one. \param most  as its constructor was told.
  template <typename Io>
  void walk(Io& io, std::size_t most) {
    std::vector<IpAddress> all = all_;
    io.list(all, most, [&](IpAddress& address) { address.walk(io); });
    bool is_whole = is_whole_;
    io.flags(is_whole);
    if constexpr (Io::kReads) {
      for (const IpAddress& address : all) {
        add(address);
      }
      is_whole_ = is_whole;
    }
  }

 private:
  std::size_t most_;
  bool is_whole_ = true;
  std::vector<IpAddress> all_;
  input::HashIndex index_;
};

}  // namespace auexfil::audit
