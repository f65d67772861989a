#include "auexfil/flow/merge.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "auexfil/input/hash_index.hpp"
#include "auexfil/input/text_hash.hpp"
#include "spans.hpp"
#include "values.hpp"

namespace auexfil::flow {
namespace {

using Flag = FlowRecord::Flag;

constexpr std::uint32_t kNone = 0xffffffff;

/// Two ends, the lower first, and how they speak.
struct Pair {
  std::array<Endpoint, 2> ends;
  std::uint8_t protocol{};
  std::uint32_t first = kNone;  ///< of its pieces
  friend bool operator==(const Pair& a, const Pair& b) {
    return a.ends == b.ends && a.protocol == b.protocol;
  }
};

std::uint64_t hash_of(const Pair& pair) {
  std::array<char, 2 * 18 + 1> bytes{};
  char* at = bytes.data();
  for (const Endpoint& end : pair.ends) {
    at = std::copy(end.address.bytes().begin(), end.address.bytes().end(), at);
    *at++ = static_cast<char>(end.port >> 8);
    *at++ = static_cast<char>(end.port & 0xff);
  }
  *at = static_cast<char>(pair.protocol);
  return input::text_hash({bytes.data(), bytes.size()});
}

/// \param lower  which end of the record is the lower: 0 `from`, 1 `to`
Piece piece_of(const FlowRecord& record, std::size_t lower) {
  Piece piece;
  piece.start = record.first;
  piece.end = record.last;
  const std::array<const Sent*, 2> sent = {&record.out, &record.back};
  for (std::size_t way = 0; way < 2; ++way) {
    piece.bytes[way] = MaybeCount(sent[way ^ lower]->bytes);
    piece.packets[way] = MaybeCount(sent[way ^ lower]->packets);
  }
  piece.both = MaybeCount(record.both);
  unsigned ways = Piece::kBoth;
  if (record.has(Flag::kOneWay)) {
    const bool is_back = !record.out.bytes && !record.out.packets && record.back.bytes;
    ways = 1U << ((is_back ? 1U : 0U) ^ lower);
  }
  piece.ways = static_cast<Piece::Ways>(ways);
  piece.line = record.line;
  piece.file = record.file;
  piece.observer = record.observer;
  piece.flags = record.flags;
  piece.from = static_cast<std::uint8_t>(lower);
  piece.exporter = record.exporter;
  piece.layer = record.layer;
  piece.service = record.service;
  piece.protocol = record.protocol;
  piece.has_uid = record.uid.has_value();
  piece.uid = record.uid.value_or(0);
  piece.id = record.id;
  return piece;
}

}  // namespace

struct FlowMerger::State {
  explicit State(Options what) : options(std::move(what)) {}

  void add(const FlowRecord& record);
  void flows_of(const Pair& pair, std::vector<Flow>& out) const;

  Options options;
  std::vector<Pair> pairs;
  input::HashIndex index;
  std::vector<Piece> pieces;
  std::vector<std::array<Endpoint, 2>> translated;
  std::uint64_t records = 0;
  std::uint64_t unwanted = 0;
  std::uint64_t left_out = 0;

  void leave_out(const FlowRecord& record) {
    ++left_out;
    if (options.on_left_out) {
      options.on_left_out(record);
    }
  }
};

void FlowMerger::State::add(const FlowRecord& record) {
  constexpr std::size_t kMostSteps = 4096;
  Pair pair;
  const std::size_t lower = record.to < record.from ? 1 : 0;
  pair.ends = {record.from, record.to};
  if (lower == 1) {
    std::swap(pair.ends[0], pair.ends[1]);
  }
  pair.protocol = record.protocol;
  const std::uint32_t number = index.find_or_add(
      hash_of(pair), static_cast<std::uint32_t>(pairs.size()),
      [&](std::uint32_t one) { return pairs[one] == pair; }, kMostSteps);
  if (number == input::HashIndex::kNoRoom) {
    leave_out(record);
    return;
  }
  if (number == pairs.size()) {
    pairs.push_back(pair);
  }
  Piece piece = piece_of(record, lower);
  if (record.nat_from != record.from || record.nat_to != record.to) {
    translated.push_back({record.nat_from, record.nat_to});
    if (lower == 1) {
      std::swap(translated.back()[0], translated.back()[1]);
    }
    piece.nat = static_cast<std::uint32_t>(translated.size());
  }
  piece.next = std::exchange(pairs[number].first, static_cast<std::uint32_t>(pieces.size()));
  pieces.push_back(piece);
  if (options.on_taken) {
    options.on_taken(record);
  }
}

namespace {

/// Who began: by an exporter that knows, else the end with the higher port is the client.
std::size_t originator(const std::array<Endpoint, 2>& ends, const Span& span) {
  if (!span.piece.has(Flag::kOriginUnknown)) {
    return span.piece.from;
  }
  return ends[0].port == ends[1].port ? span.piece.from : ends[0].port > ends[1].port ? 0 : 1;
}

Telling telling_of(const Span& span, std::size_t a) {
  Telling telling;
  const Piece& piece = span.piece;
  telling.exporter = piece.exporter;
  telling.observer = piece.observer;
  telling.start = piece.start;
  telling.end = piece.end;
  telling.a = {piece.bytes[a].get(), piece.packets[a].get()};
  telling.b = {piece.bytes[a ^ 1].get(), piece.packets[a ^ 1].get()};
  telling.both = piece.both.get();
  telling.layer = piece.layer;
  telling.flags = piece.flags;
  if (piece.ways == Piece::kBoth) {
    telling.flags = static_cast<std::uint16_t>(telling.flags & ~unsigned{Flag::kOneWay});
  }
  telling.a_is_partial = span.is_partial(a);
  telling.b_is_partial = span.is_partial(a ^ 1);
  telling.records = span.records;
  telling.duplicates = span.duplicates;
  telling.file = piece.file;
  telling.line = piece.line;
  telling.id = piece.id;
  return telling;
}

/// Turns a flow round: `a` becomes who was `b`.
void turn(Flow& flow) {
  std::swap(flow.a, flow.b);
  std::swap(flow.nat_a, flow.nat_b);
  if (flow.a_was_first) {
    flow.a_was_first = !*flow.a_was_first;
  }
  for (Telling& telling : flow.tellings) {
    std::swap(telling.a, telling.b);
    std::swap(telling.a_is_partial, telling.b_is_partial);
  }
}

bool is_same_teller(const Telling& a, const Telling& b) {
  return a.exporter == b.exporter && a.observer == b.observer;
}

/// Clocks of sensors differ a little, and some print whole seconds.
bool overlap(const Flow& flow, TimeUs start, TimeUs end) {
  constexpr TimeUs kSlack = 3 * kSecond;
  return start <= flow.end + kSlack && end >= flow.start - kSlack;
}

/// By clocks of different zones: whole quarters of an hour off, up to 14 hours.
bool is_zone_away(const Flow& flow, const Span& span) {
  constexpr TimeUs kQuarter = 900 * kSecond;
  constexpr TimeUs kMost = TimeUs{14} * 3600 * kSecond;
  constexpr TimeUs kSlack = 3 * kSecond;
  const bool is_local =
      span.piece.has(Flag::kLocalTime) || flow.tellings.front().has(Flag::kLocalTime);
  const TimeUs off = std::abs(span.piece.start - flow.start);
  const TimeUs rest = off % kQuarter;
  return is_local && off <= kMost && (rest <= kSlack || rest >= kQuarter - kSlack);
}

Flow flow_of(const Pair& pair, const Span& span,
             const std::vector<std::array<Endpoint, 2>>& translated) {
  Flow flow;
  const std::size_t a = originator(pair.ends, span);
  const auto& nat = span.piece.nat == 0 ? pair.ends : translated[span.piece.nat - 1];
  flow.start = span.piece.start;
  flow.end = span.piece.end;
  flow.proto = pair.protocol;
  flow.a = pair.ends[a];
  flow.b = pair.ends[a ^ 1];
  flow.nat_a = nat[a];
  flow.nat_b = nat[a ^ 1];
  flow.origin_is_unknown = span.piece.has(Flag::kOriginUnknown);
  if (const std::optional<std::size_t> first = span.first()) {
    flow.a_was_first = *first == a;
  }
  flow.service = span.piece.service;
  if (span.piece.has_uid) {
    flow.uid = span.piece.uid;
  }
  flow.tellings.push_back(telling_of(span, a));
  return flow;
}

/// Another one tells of it as well. \param is_turned  its `a` is the flow's `b`
void attach(Flow& flow, Flow other, bool is_turned) {
  if (is_turned && flow.origin_is_unknown && !other.origin_is_unknown) {
    turn(flow);
  } else if (is_turned) {
    turn(other);
  }
  flow.origin_is_unknown = flow.origin_is_unknown && other.origin_is_unknown;
  if (flow.nat_a == flow.a && flow.nat_b == flow.b) {
    flow.nat_a = other.nat_a;
    flow.nat_b = other.nat_b;
  }
  flow.a_was_first = flow.a_was_first ? flow.a_was_first : other.a_was_first;
  flow.service = flow.service == Service::none ? other.service : flow.service;
  flow.uid = flow.uid ? flow.uid : other.uid;
  flow.tellings.insert(flow.tellings.end(), other.tellings.begin(), other.tellings.end());
}

bool is_told_by_one_of(const Flow& flow, const Flow& other) {
  return std::any_of(flow.tellings.begin(), flow.tellings.end(), [&](const Telling& one) {
    return std::any_of(other.tellings.begin(), other.tellings.end(),
                       [&](const Telling& two) { return is_same_teller(one, two); });
  });
}

/// By one exporter, of the same moments: by routers that it does not tell apart.
bool is_told_again(const Flow& flow, const Flow& other) {
  const Telling& next = other.tellings.front();
  return std::any_of(flow.tellings.begin(), flow.tellings.end(), [&](const Telling& one) {
    const bool is_first = one.start <= next.start;
    return is_same_teller(one, next) && (is_first ? are_at_once(one.end, next.start, next.end)
                                                  : are_at_once(next.end, one.start, one.end));
  });
}

bool is_translated(const Flow& flow) {
  return flow.nat_a != flow.a || flow.nat_b != flow.b;
}

bool comes_before(const Telling& a, const Telling& b) {
  return std::tie(a.exporter, a.observer, a.start, a.line) <
         std::tie(b.exporter, b.observer, b.start, b.line);
}

}  // namespace

void FlowMerger::State::flows_of(const Pair& pair, std::vector<Flow>& out) const {
  std::map<std::pair<Exporter, std::uint32_t>, std::vector<Piece>> tellers;
  for (std::uint32_t at = pair.first; at != kNone; at = pieces[at].next) {
    tellers[{pieces[at].exporter, pieces[at].observer}].push_back(pieces[at]);
  }
  std::vector<Flow> flows;
  for (auto& [teller, told] : tellers) {
    const std::vector<Span> spans = put_together(std::move(told));
    const std::size_t before = flows.size();
    for (const Span& span : spans) {
      Flow next = flow_of(pair, span, translated);
      const auto end = flows.end();
      auto found = std::find_if(flows.begin(), end, [&](const Flow& flow) {
        return is_told_by_one_of(flow, next) ? is_told_again(flow, next)
                                             : overlap(flow, span.piece.start, span.piece.end);
      });
      const bool is_only = spans.size() == 1 && before == 1;
      if (found == end && is_only && is_zone_away(flows.front(), span)) {
        found = flows.begin();
      }
      if (found == end) {
        flows.push_back(std::move(next));
      } else {
        const bool is_turned = found->a != next.a;
        attach(*found, std::move(next), is_turned);
      }
    }
  }
  std::move(flows.begin(), flows.end(), std::back_inserter(out));
}

namespace {

/// Orders what is told of a flow, and sees what it is worth.
void settle(Flow& flow) {
  std::sort(flow.tellings.begin(), flow.tellings.end(), comes_before);
  flow.sameness = sameness_of(flow);
  const Telling& clock = clock_of_times(flow);
  flow.start = clock.start;
  flow.end = clock.end;
}

/// Leaves out those that are so.
void drop(std::vector<Flow>& flows, const std::vector<bool>& is_out) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    if (!is_out[i]) {
      if (kept != i) {
        flows[kept] = std::move(flows[i]);
      }
      ++kept;
    }
  }
  flows.resize(kept);
}

/// A sensor beyond the translator sees other ends; what the translator itself tells joins the two.
void join_translated(std::vector<Flow>& flows) {
  using Key = std::tuple<Endpoint, Endpoint, std::uint8_t>;
  const auto key_of = [](const Endpoint& x, const Endpoint& y, std::uint8_t proto) {
    return Key(std::min(x, y), std::max(x, y), proto);
  };
  std::multimap<Key, std::size_t> inner;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    if (is_translated(flows[i])) {
      inner.emplace(key_of(flows[i].nat_a, flows[i].nat_b, flows[i].proto), i);
    }
  }
  if (inner.empty()) {
    return;
  }
  std::vector<bool> is_joined(flows.size());
  for (std::size_t i = 0; i < flows.size(); ++i) {
    Flow& outer = flows[i];
    const auto [first, last] = inner.equal_range(key_of(outer.a, outer.b, outer.proto));
    const auto found = std::find_if(first, last, [&](const auto& one) {
      const Flow& flow = flows[one.second];
      return one.second != i && overlap(flow, outer.start, outer.end) &&
             !is_told_by_one_of(flow, outer);
    });
    if (found != last && !is_translated(outer)) {
      Flow& flow = flows[found->second];
      const bool is_turned = outer.a != flow.nat_a;
      outer.nat_a = outer.a;
      outer.nat_b = outer.b;
      attach(flow, std::move(outer), is_turned);
      is_joined[i] = true;
    }
  }
  drop(flows, is_joined);
}

/// By the clock that their times are put right with.
bool is_of_one_time(const Flow& flow, const Flow& next) {
  constexpr TimeUs kLongest = TimeUs{86400} * kSecond;
  constexpr TimeUs kSlack = 3 * kSecond;
  const auto knows_no_start = [](const Flow& one) {
    return std::all_of(one.tellings.begin(), one.tellings.end(),
                       [](const Telling& telling) { return telling.has(Flag::kStartUnknown); });
  };
  // Entries of conntrack live on for a while.
  return overlap(flow, next.start, next.end) ||
         (knows_no_start(next) && next.end >= flow.end - kSlack && next.end <= flow.end + kLongest);
}

void shift(Flow& flow, TimeUs by) {
  flow.start += by;
  flow.end += by;
  for (Telling& telling : flow.tellings) {
    telling.start += by;
    telling.end += by;
  }
}

}  // namespace

void merge_again(std::vector<Flow>& flows,
                 const std::function<std::optional<TimeUs>(const Flow&)>& ahead) {
  constexpr std::size_t kMostBack = 16;
  struct Known {
    std::size_t flow;
    TimeUs ahead;
  };
  std::map<std::tuple<Endpoint, Endpoint, std::uint8_t>, std::vector<Known>> by_ends;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    const Flow& one = flows[i];
    if (const std::optional<TimeUs> by = ahead(one)) {
      by_ends[{std::min(one.a, one.b), std::max(one.a, one.b), one.proto}].push_back({i, *by});
    }
  }
  std::vector<bool> is_joined(flows.size());
  for (auto& [ends, all] : by_ends) {
    if (all.size() < 2) {
      continue;
    }
    for (const Known& one : all) {
      shift(flows[one.flow], -one.ahead);
    }
    std::stable_sort(all.begin(), all.end(), [&](const Known& x, const Known& y) {
      return flows[x.flow].start < flows[y.flow].start;
    });
    std::vector<Known> kept;
    for (const Known& next : all) {
      Flow& other = flows[next.flow];
      const auto end =
          kept.rbegin() + static_cast<std::ptrdiff_t>(std::min(kept.size(), kMostBack));
      const auto found = std::find_if(kept.rbegin(), end, [&](const Known& one) {
        return !is_told_by_one_of(flows[one.flow], other) && is_of_one_time(flows[one.flow], other);
      });
      if (found == end) {
        kept.push_back(next);
        continue;
      }
      Flow& flow = flows[found->flow];
      const Telling its = clock_of_times(other);
      const bool is_turned = flow.a != other.a;
      attach(flow, std::move(other), is_turned);
      settle(flow);
      found->ahead = is_same_teller(clock_of_times(flow), its) ? next.ahead : found->ahead;
      is_joined[next.flow] = true;
    }
    for (const Known& one : kept) {
      shift(flows[one.flow], one.ahead);
    }
  }
  drop(flows, is_joined);
}

FlowMerger::FlowMerger() : FlowMerger(Options()) {}
FlowMerger::FlowMerger(Options options) : state_(std::make_unique<State>(std::move(options))) {}
FlowMerger::~FlowMerger() = default;

bool FlowMerger::wants(const FlowRecord& begun) {
  if (!state_->options.is_wanted || state_->options.is_wanted(begun)) {
    return true;
  }
  ++state_->records;
  ++state_->unwanted;
  return false;
}

void FlowMerger::on_flow(const FlowRecord& record) {
  if (!wants(record)) {
    return;
  }
  ++state_->records;
  if (state_->pieces.size() >= state_->options.most_records) {
    state_->leave_out(record);
  } else {
    state_->add(record);
  }
}

std::vector<Flow> FlowMerger::take() {
  std::vector<Flow> flows;
  for (const Pair& pair : state_->pairs) {
    state_->flows_of(pair, flows);
  }
  join_translated(flows);
  std::for_each(flows.begin(), flows.end(), settle);
  std::sort(flows.begin(), flows.end(), [](const Flow& x, const Flow& y) {
    return std::tie(x.start, x.a, x.b, x.proto, x.end) <
           std::tie(y.start, y.a, y.b, y.proto, y.end);
  });
  state_->pairs.clear();
  state_->pieces.clear();
  state_->translated.clear();
  state_->index = {};
  return flows;
}

std::uint64_t FlowMerger::records() const noexcept {
  return state_->records;
}
std::uint64_t FlowMerger::unwanted() const noexcept {
  return state_->unwanted;
}
std::uint64_t FlowMerger::left_out() const noexcept {
  return state_->left_out;
}

}  // namespace auexfil::flow
