#include "spans.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "values.hpp"

namespace auexfil::flow {
namespace {

using Flag = FlowRecord::Flag;

/// How long a flow may be silent and go on. A port of TCP's comes again with a SYN, which tells.
constexpr TimeUs kSynGap = 10 * kSecond;
constexpr TimeUs kGap = 120 * kSecond;
constexpr TimeUs kNoSynGap = 600 * kSecond;
/// After that the same ports are another connection's.
constexpr TimeUs kLongestSilence = 7200 * kSecond;
constexpr TimeUs kAzureGap = 360 * kSecond;  // tuples come every five minutes, and have no start

bool comes_before(const Piece& a, const Piece& b) {
  const auto key = [](const Piece& p) {
    // Of one second the record with the SYN is the first.
    return std::make_tuple(p.start, !p.has(Flag::kSawStart), p.end, p.ways, p.bytes, p.packets,
                           p.both, p.id, p.flags, p.file, p.line);
  };
  return key(a) < key(b);
}

bool is_duplicate(const Piece& a, const Piece& b) {
  return a.start == b.start && a.end == b.end && a.ways == b.ways && a.bytes == b.bytes &&
         a.packets == b.packets && a.both == b.both && a.id == b.id && a.flags == b.flags;
}

Span span_of(const Piece& piece) {
  Span span;
  span.piece = piece;
  if (piece.has(Flag::kRefused)) {  // what was not delivered was not sent to anybody
    span.piece.bytes = span.piece.packets = {};
    span.piece.both = {};
    span.piece.layer = Layer::none;
  }
  for (std::size_t way = 0; way < 2; ++way) {
    const bool is_told = (piece.ways >> way & 1U) != 0;
    span.lacks[way] = !is_told || !span.piece.bytes[way].is_known();
    span.misses_begin[way] = is_told && piece.has(Flag::kMidStream);
    span.begins[way] = is_told ? piece.start : std::numeric_limits<TimeUs>::max();
    span.ends[way] = is_told ? piece.end : 0;
  }
  return span;
}

/// Says that there is a flow, and not how much: what it lacks another record may have.
bool is_announcement(const Piece& piece) {
  return (piece.has(Flag::kIsOpen) || piece.has(Flag::kExistenceOnly)) &&
         !piece.bytes[0].is_known() && !piece.bytes[1].is_known() && !piece.both.is_known();
}

void widen(Span& to, const Span& other) {
  Piece& piece = to.piece;
  const bool has_start = !piece.has(Flag::kStartUnknown) || !other.piece.has(Flag::kStartUnknown);
  // One that knows no start has its end in place of it.
  piece.start = std::min(piece.start, other.piece.start);
  piece.end = std::max(piece.end, other.piece.end);
  constexpr unsigned kOfAny = Flag::kSawStart | Flag::kSawEnd | Flag::kLocalTime |
                              Flag::kTimeMended | Flag::kGaps | Flag::kSampled | Flag::kRefused |
                              Flag::kTunnelled | Flag::kWholeSeconds | Flag::kFlipped;
  piece.flags = static_cast<std::uint16_t>(piece.flags | (other.piece.flags & kOfAny));
  if (has_start) {
    piece.flags = static_cast<std::uint16_t>(piece.flags & ~unsigned{Flag::kStartUnknown});
  }
  if (piece.has(Flag::kOriginUnknown) && !other.piece.has(Flag::kOriginUnknown)) {
    piece.from = other.piece.from;
    piece.flags = static_cast<std::uint16_t>(piece.flags & ~unsigned{Flag::kOriginUnknown});
  }
  piece.service = piece.service == Service::none ? other.piece.service : piece.service;
  piece.nat = piece.nat == 0 ? other.piece.nat : piece.nat;
  if (!piece.has_uid && other.piece.has_uid) {
    piece.has_uid = true;
    piece.uid = other.piece.uid;
  }
  to.records += other.records;
  to.duplicates += other.duplicates;
}

Layer layer_of_both(const Piece& a, const Piece& b) {
  if (a.layer == Layer::none || b.layer == Layer::none) {
    return a.layer == Layer::none ? b.layer : a.layer;
  }
  return a.layer == b.layer ? a.layer : Layer::unstated;
}

/// `next` goes on where `to` stopped, or is its other direction.
void append(Span& to, const Span& next) {
  const bool was_announced = is_announcement(to.piece);
  const bool is_announced = is_announcement(next.piece);
  const unsigned ways = to.piece.ways;
  for (std::size_t way = 0; way < 2; ++way) {
    const bool had = (ways >> way & 1U) != 0 && !was_announced;
    const bool adds = (next.piece.ways >> way & 1U) != 0 && !is_announced;
    if (adds) {
      to.lacks[way] = (had && to.lacks[way]) || next.lacks[way];
      to.misses_begin[way] = had ? to.misses_begin[way] : next.misses_begin[way];
    }
    to.begins[way] = std::min(to.begins[way], next.begins[way]);
    to.ends[way] = std::max(to.ends[way], next.ends[way]);
    to.piece.bytes[way].add(next.piece.bytes[way]);
    to.piece.packets[way].add(next.piece.packets[way]);
  }
  to.piece.both.add(next.piece.both);
  to.piece.layer = layer_of_both(to.piece, next.piece);
  to.piece.ways = static_cast<Piece::Ways>(ways | next.piece.ways);
  if (!is_announced) {
    const unsigned open = next.piece.flags & Flag::kIsOpen;
    to.piece.flags = static_cast<std::uint16_t>((to.piece.flags & ~unsigned{Flag::kIsOpen}) | open);
  }
  if (was_announced && !is_announced) {
    to.piece.flags = static_cast<std::uint16_t>(to.piece.flags & ~unsigned{Flag::kExistenceOnly});
  }
  widen(to, next);
}

/// Both are totals of one flow: the larger has more of it.
void replace(Span& to, const Span& next) {
  const bool is_open = to.piece.has(Flag::kIsOpen) && next.piece.has(Flag::kIsOpen);
  for (std::size_t way = 0; way < 2; ++way) {
    to.lacks[way] = to.lacks[way] && next.lacks[way];
    to.misses_begin[way] = to.misses_begin[way] && next.misses_begin[way];
    to.begins[way] = std::min(to.begins[way], next.begins[way]);
    to.ends[way] = std::max(to.ends[way], next.ends[way]);
    to.piece.bytes[way].raise(next.piece.bytes[way]);
    to.piece.packets[way].raise(next.piece.packets[way]);
  }
  to.piece.both.raise(next.piece.both);
  to.piece.layer = layer_of_both(to.piece, next.piece);
  to.piece.ways = static_cast<Piece::Ways>(to.piece.ways | next.piece.ways);
  widen(to, next);
  if (!is_open) {
    to.piece.flags = static_cast<std::uint16_t>(to.piece.flags & ~unsigned{Flag::kIsOpen});
  }
}

TimeUs gap_before(const Span& span, const Piece& next) {
  if (next.exporter == Exporter::azure) {
    return kAzureGap;
  }
  if (next.protocol == kTcp && next.has(Flag::kSawStart)) {
    return kSynGap;
  }
  // Whoever tells no flags tells of no end either: ports do not come again so soon.
  const bool is_over = span.piece.has(Flag::kSawEnd) && !next.has(Flag::kMidStream);
  return next.protocol == kTcp && !is_over ? kNoSynGap : kGap;
}

bool goes_on(const Span& span, const Span& next) {
  const bool is_told = (span.piece.ways & next.piece.ways) != 0;  // in the same direction
  if (next.piece.protocol == kTcp && next.piece.has(Flag::kSawStart) && is_told) {
    return false;
  }
  for (std::size_t way = 0; way < 2; ++way) {
    const bool is_of_both = ((span.piece.ways & next.piece.ways) >> way & 1) != 0;
    if (is_of_both && are_at_once(span.ends[way], next.piece.start, next.piece.end)) {
      return false;  // another observer's, who is not told
    }
  }
  if (next.piece.has(Flag::kRefused) != span.piece.has(Flag::kRefused)) {
    return false;
  }
  return next.piece.start - span.piece.end <= gap_before(span, next.piece);
}

/// A connection whose end nobody saw, and after it another of the same ports whose beginning nobody
/// saw: they may be one, and then each is a part of it.
void doubt_ends(std::vector<Span>& before, Span& next) {
  constexpr std::ptrdiff_t kMost = 4;
  if (next.piece.protocol != kTcp || next.piece.has(Flag::kSawStart)) {
    return;
  }
  const auto end = before.rbegin() + std::min(std::ssize(before), kMost);
  const auto found = std::find_if(before.rbegin(), end, [&](const Span& one) {
    return (one.piece.ways & next.piece.ways) != 0 && next.piece.start > one.piece.end;
  });
  if (found == end || found->piece.has(Flag::kSawEnd) ||
      next.piece.start - found->piece.end > kLongestSilence) {
    return;
  }
  found->lacks = {true, true};
  next.misses_begin = {true, true};
}

/// A total of a flow may come again, under its id: conn_long, open_conn, conntrack's events.
std::vector<Span> by_id(const std::vector<Span>& spans) {
  std::vector<Span> out;
  std::map<std::pair<ShortText, unsigned>, std::size_t> known;
  for (const Span& span : spans) {
    if (span.piece.id.is_empty()) {
      out.push_back(span);
      continue;
    }
    // netflow's two directions have one id.
    const unsigned way = span.piece.has(Flag::kOneWay) ? unsigned{span.piece.ways} : 0U;
    const auto [at, is_new] = known.try_emplace({span.piece.id, way}, out.size());
    if (is_new) {
      out.push_back(span);
    } else {
      replace(out[at->second], span);
    }
  }
  return out;
}

/// conntrack counts from an entry's beginning on; until it is over, the next is a total as well.
std::vector<Span> by_end(const std::vector<Span>& spans) {
  std::vector<Span> out;
  for (const Span& span : spans) {
    const bool is_total = !out.empty() && span.piece.id.is_empty() &&
                          out.back().piece.id.is_empty() && !out.back().piece.has(Flag::kSawEnd) &&
                          !span.piece.has(Flag::kSawStart);
    if (is_total) {
      replace(out.back(), span);
    } else {
      out.push_back(span);
    }
  }
  return out;
}

}  // namespace

bool are_at_once(TimeUs end, TimeUs next_start, TimeUs next_end) {
  constexpr TimeUs kFeigned = kSecond * 3 / 2;
  return std::min(end, next_end) - next_start > kFeigned;
}

std::vector<Span> put_together(std::vector<Piece> pieces) {
  std::sort(pieces.begin(), pieces.end(), comes_before);
  std::vector<Span> spans;
  for (const Piece& piece : pieces) {
    if (!spans.empty() && is_duplicate(spans.back().piece, piece)) {
      ++spans.back().duplicates;
    } else {
      spans.push_back(span_of(piece));
    }
  }
  spans = by_id(spans);
  if (!spans.empty() && spans.front().piece.exporter == Exporter::conntrack) {
    spans = by_end(spans);
  }
  std::stable_sort(spans.begin(), spans.end(),
                   [](const Span& a, const Span& b) { return a.piece.start < b.piece.start; });
  std::vector<Span> out;
  for (Span& span : spans) {
    // Of several that are told at once one may be a few places back.
    constexpr std::ptrdiff_t kMostAtOnce = 4;
    const auto end = out.rbegin() + std::min(std::ssize(out), kMostAtOnce);
    const auto before =
        std::find_if(out.rbegin(), end, [&](const Span& one) { return goes_on(one, span); });
    if (before == end) {
      doubt_ends(out, span);
      out.push_back(span);
    } else {
      append(*before, span);
    }
  }
  return out;
}

}  // namespace auexfil::flow
