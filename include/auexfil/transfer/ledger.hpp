#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auexfil/transfer/invocation.hpp"

namespace auexfil::transfer {

/// Invocations that are over, packed and compressed: a log that holds a million of them must not
/// cost a gigabyte. In memory and not in a file, since command lines hold passwords.
class Ledger {
 public:
  /// \param tools outlives the ledger.
  explicit Ledger(const Tools& tools);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// \return false when the ledger is full; nothing is kept then.
  [[nodiscard]] bool add(Invocation& invocation);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  /// Hands out every invocation in the order of its low(). It lives for the call.
  void for_each(const std::function<void(const Invocation&)>& sink);

 private:
  struct Entry {
    audit::TimeMs low{};
    std::uint32_t chunk{};
    std::uint32_t offset{};
  };
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::uint32_t size{};
    std::uint32_t unpacked{};  ///< equal to `size`: not compressed
  };
  struct Zstd;

  void close_chunk();
  const std::string& unpack(std::uint32_t chunk);

  const Tools& tools_;
  std::unique_ptr<Zstd> zstd_;
  std::string open_;  ///< the chunk that is being filled
  std::vector<Chunk> chunks_;
  std::deque<Entry> entries_;
  /// Chunks that were read last, the latest first: those of long-lived programs lie far apart.
  struct Unpacked {
    std::uint32_t chunk{};
    std::string bytes;
  };
  std::vector<Unpacked> unpacked_;
};

}  // namespace auexfil::transfer
