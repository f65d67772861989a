#include "auexfil/flow/flow.hpp"

#include <algorithm>
#include <array>

#include "spans.hpp"

namespace auexfil::flow {
namespace {

/// What an end sent, by one telling. \return empty: it does not tell.
std::optional<Volume> volume_of(const Telling& telling, bool of_a) {
  const Sent& sent = of_a ? telling.a : telling.b;
  Volume volume;
  volume.layer = telling.layer;
  volume.is_estimate = telling.has(FlowRecord::kSampled);
  if (sent.bytes) {
    volume.lower = *sent.bytes;
    volume.is_told = true;
    if (!(of_a ? telling.a_is_partial : telling.b_is_partial)) {
      volume.upper = sent.bytes;
    }
    return volume;
  }
  if (telling.both) {
    const bool is_whole = !telling.has(FlowRecord::kGaps) && !telling.has(FlowRecord::kMidStream) &&
                          !telling.has(FlowRecord::kIsOpen);
    volume.upper = is_whole ? telling.both : std::nullopt;
    return volume;
  }
  return std::nullopt;
}

/// The larger the better: of two that are as complete, payload before headers.
int rank_of(Layer layer) {
  switch (layer) {
    case Layer::l4:
      return 4;
    case Layer::l3:
      return 3;
    case Layer::unstated:
      return 2;
    case Layer::l2:
      return 1;
    case Layer::none:
      return 0;
  }
  return 0;
}

/// What headers may add to a figure: as for packets of 20 bytes of payload at the least where there
/// are no counts, else what no packet's headers exceed.
bool fits(const Volume& payload, const Volume& wire, const std::optional<std::uint64_t>& packets) {
  constexpr std::uint64_t kMostHeaders = 120;
  constexpr std::uint64_t kFew = 4096;
  if (!payload.upper || !wire.upper) {
    return true;  // partial: at odds with nothing
  }
  if (rank_of(payload.layer) == rank_of(wire.layer)) {
    const auto [low, high] = std::minmax(payload.lower, wire.lower);
    return high - low <= low / 16 + kFew;
  }
  // Retransmissions are wire bytes as well.
  const std::uint64_t room =
      packets ? *packets * kMostHeaders + payload.lower / 4 + kFew : payload.lower / 2 + kFew;
  return wire.lower + kFew >= payload.lower && wire.lower <= payload.lower + room;
}

bool fit_in(const Telling& x, const Telling& y, bool of_a) {
  const std::optional<Volume> one = volume_of(x, of_a);
  const std::optional<Volume> other = volume_of(y, of_a);
  if (!one || !other || one->is_estimate || other->is_estimate || x.both || y.both) {
    return true;
  }
  const bool is_first_inner = rank_of(x.layer) >= rank_of(y.layer);
  const Telling& wire = is_first_inner ? y : x;
  return fits(is_first_inner ? *one : *other, is_first_inner ? *other : *one,
              (of_a ? wire.a : wire.b).packets);
}

/// One that a clock of another zone has told is so only if nothing else speaks against it.
bool are_apart(const Telling& x, const Telling& y) {
  constexpr TimeUs kSlack = 3'000'000;
  const auto begins_behind = [](const Telling& one, const Telling& other) {
    return !one.has(FlowRecord::kStartUnknown) && one.start > other.end + kSlack;
  };
  return begins_behind(x, y) || begins_behind(y, x);
}

/// How little its times are worth.
int doubt_in_time(const Telling& telling) {
  return (telling.has(FlowRecord::kLocalTime) ? 8 : 0) +
         (telling.has(FlowRecord::kExistenceOnly) ? 4 : 0) +
         (telling.has(FlowRecord::kStartUnknown) ? 2 : 0) +
         (telling.has(FlowRecord::kWholeSeconds) ? 1 : 0);
}

}  // namespace

const Telling& clock_of_times(const Flow& flow) {
  return *std::min_element(
      flow.tellings.begin(), flow.tellings.end(),
      [](const Telling& x, const Telling& y) { return doubt_in_time(x) < doubt_in_time(y); });
}

const char* to_word(Sameness sameness) {
  constexpr std::array kWords = {"single", "same", "doubtful"};
  return kWords[static_cast<std::size_t>(sameness)];
}

Sameness sameness_of(const Flow& flow) {
  const auto& all = flow.tellings;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      if (!fit_in(all[i], all[j], true) || !fit_in(all[i], all[j], false) ||
          are_apart(all[i], all[j])) {
        return Sameness::doubtful;
      }
    }
  }
  return all.size() == 1 ? Sameness::single : Sameness::same;
}

std::size_t Flow::best(bool of_a) const {
  const auto worth = [of_a](const Telling& telling) {
    const bool is_told = (of_a ? telling.a : telling.b).bytes.has_value();
    const bool is_whole = is_told && !(of_a ? telling.a_is_partial : telling.b_is_partial);
    return std::array{is_told && !telling.has(FlowRecord::kSampled) ? 1 : 0, is_whole ? 1 : 0,
                      is_told ? 1 : 0, rank_of(telling.layer)};
  };
  const auto found =
      std::max_element(tellings.begin(), tellings.end(),
                       [&](const Telling& x, const Telling& y) { return worth(x) < worth(y); });
  return static_cast<std::size_t>(found - tellings.begin());
}

std::optional<bool> Flow::is_a_of(std::span<const audit::IpAddress> hosts) const {
  const auto is_of_host = [&](const Endpoint& plain, const Endpoint& nat) {
    return std::any_of(hosts.begin(), hosts.end(), [&](const audit::IpAddress& host) {
      return host == plain.address || host == nat.address;
    });
  };
  const bool is_a = is_of_host(a, nat_a);
  return is_a == is_of_host(b, nat_b) ? std::nullopt : std::optional(is_a);
}

std::optional<Volume> Flow::bytes_from(std::span<const audit::IpAddress> hosts) const {
  const std::optional<bool> own = is_a_of(hosts);
  if (!own) {
    return std::nullopt;
  }
  const bool is_a = *own;
  Volume volume = volume_of(tellings[best(is_a)], is_a).value_or(Volume());
  if (sameness != Sameness::doubtful) {
    return volume;
  }
  for (const Telling& telling : tellings) {
    if (const std::optional<Volume> other = volume_of(telling, is_a)) {
      volume.lower = std::min(volume.lower, other->lower);
      volume.upper = volume.upper && other->upper
                         ? std::optional(std::max(*volume.upper, *other->upper))
                         : std::nullopt;
      volume.layer = volume.layer == other->layer ? volume.layer : Layer::unstated;
      volume.is_told = volume.is_told && other->is_told;
      volume.is_estimate = volume.is_estimate || other->is_estimate;
    }
  }
  return volume;
}

}  // namespace auexfil::flow
