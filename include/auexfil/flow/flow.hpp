#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/flow/record.hpp"

namespace auexfil::flow {

/// What one exporter says of one flow, its records put together.
struct Telling {
  Exporter exporter = Exporter::zeek;
  std::uint32_t observer{};  ///< sensor, router or interface
  TimeUs start{};
  TimeUs end{};
  Sent a;  ///< what the flow's `a` sent; empty: not told, which is never 0
  Sent b;
  std::optional<std::uint64_t> both;  ///< bytes of the two, where no more is told
  Layer layer = Layer::none;
  std::uint16_t flags{};  ///< FlowRecord::Flag; kOneWay: only one direction is told
  bool a_is_partial{};    ///< `a` sent as much, and maybe more
  bool b_is_partial{};
  std::uint32_t records{};     ///< that were put together
  std::uint32_t duplicates{};  ///< of them, word for word; not counted
  std::uint32_t file{};        ///< of the first
  std::uint64_t line{};
  ShortText id;

  [[nodiscard]] bool has(FlowRecord::Flag flag) const noexcept { return (flags & flag) != 0; }
};

/// How sure it is that what several exporters tell is one flow.
enum class Sameness : std::uint8_t {
  single,    ///< one tells of it
  same,      ///< the same ends at the same time, and volumes that differ by headers alone
  doubtful,  ///< the same ends at the same time; the volumes or the clocks do not fit
};
[[nodiscard]] const char* to_word(Sameness sameness);

/// Bytes that left some addresses, at one layer.
struct Volume {
  std::uint64_t lower{};
  std::optional<std::uint64_t> upper;  ///< empty: nobody saw all of it
  Layer layer = Layer::none;           ///< none: no bytes are told
  /// Somebody has counted these bytes; else `lower` is 0 because it cannot be less.
  bool is_told{};
  bool is_estimate{};  ///< of a sample of packets
};

/// One conversation of two ends, by all that tell of it.
struct Flow {
  TimeUs start{};  ///< by the finest clock of those that tell
  TimeUs end{};
  std::uint8_t proto{};
  Endpoint a;  ///< who began it; a guess where `origin_is_unknown`
  Endpoint b;
  Endpoint nat_a;  ///< as the other side of a translation sees it; equal where there is none
  Endpoint nat_b;
  bool origin_is_unknown{};
  /// Whose record begins first, where each end has its own; empty: nobody tells.
  std::optional<bool> a_was_first;
  Service service = Service::none;
  std::optional<std::uint32_t> uid;  ///< of the local socket's owner, by a firewall's word
  Sameness sameness = Sameness::single;
  std::vector<Telling> tellings;  ///< by exporter and observer; never empty

  /// The telling to go by of what `a`, or `b`, sent: complete before partial, payload before
  /// headers. Its index.
  [[nodiscard]] std::size_t best(bool of_a) const;

  /// Which end is one of these addresses, or is translated to one: `a`?
  /// \return empty: neither end is, or both are.
  [[nodiscard]] std::optional<bool> is_a_of(std::span<const audit::IpAddress> hosts) const;

  /// What the end that is one of these addresses sent: of the best telling, or, where tellings are
  /// at odds, between the least and the most of all.
  /// \return empty: neither end is, or both are.
  [[nodiscard]] std::optional<Volume> bytes_from(std::span<const audit::IpAddress> hosts) const;
};

}  // namespace auexfil::flow
