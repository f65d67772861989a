#include "retell.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "auexfil/facts/fact_json.hpp"
#include "auexfil/facts/sums.hpp"
#include "values.hpp"

namespace auexfil::flow {
namespace {

using facts::Basis;
using facts::Destination;
using facts::FlowGrade;
using facts::saturating_sum;

constexpr std::size_t kMaxEvidence = 12;

/// "192.0.2.9:45000"
std::string text_of(const Endpoint& end) {
  const std::string address = end.address.to_string();
  return end.address.is_v4() ? fmt::format("{}:{}", address, end.port)
                             : fmt::format("[{}]:{}", address, end.port);
}

/// What one flow tells of both ways.
struct Ways {
  std::optional<Volume> out;
  std::optional<Volume> in;
  std::uint64_t packets{};  ///< of both; 0: not told
};

/// A sum of several flows.
struct Sum {
  std::uint64_t lower{};
  std::optional<std::uint64_t> upper = 0;
  bool is_told = true;  ///< by all of them

  void add(const std::optional<Volume>& volume) {
    is_told = is_told && volume && volume->is_told;
    if (!volume || volume->layer == Layer::none) {
      upper.reset();
      return;
    }
    lower = saturating_sum(lower, volume->lower);
    upper = upper && volume->upper ? std::optional(saturating_sum(*upper, *volume->upper))
                                   : std::nullopt;
  }
};

void show(const ToldFlows& told, const ToldAt& at, const char* what, facts::Fact& fact) {
  if (fact.evidence.size() < kMaxEvidence && at.file < told.files.size()) {
    fact.evidence.push_back({told.files[at.file], at.line, audit::Stamp{at.time / kMs, 0}, what});
  }
}

class Retelling {
 public:
  Retelling(const Claim& claim, const ClaimFlows& mine, const ToldFlows& told, facts::Fact& fact)
      : claim_(claim),
        mine_(mine),
        told_(told),
        fact_(fact),
        to_(fact.destinations[claim.destination]) {}

  void run() {
    if (claim_.by_name) {
      to_.address = claim_.peer;
      to_.source = facts::Source::flow;
      note(fmt::format("its address is what {} was answered with, and a flow goes there",
                       to_.name.value_or("?")));
    }
    facts::FlowTold& flow = to_.flow.emplace();
    for (const std::uint32_t number : mine_.flows) {
      const Ways ways = ways_of(number);
      out_.add(ways.out);
      in_.add(ways.in);
      packets_ += ways.packets;
    }
    tell_end();
    add_doubtful();
    if (lacks_flows()) {
      out_.upper.reset();
      out_.is_told = in_.is_told = false;
    }
    flow.grade = grade();
    flow.layer = layers_.size() == 1 ? to_word(*layers_.begin()) : to_word(Layer::unstated);
    flow.flows = mine_.flows.size() + mine_.of_maybe;
    flow.exporters.assign(exporters_.begin(), exporters_.end());
    if (mine_.shared != kNoNumber) {
      flow.together = told_.together[mine_.shared];
    }
    if (mine_.rides_on != kNoNumber || (mine_.is_sum && mine_.maybe.empty())) {
      tell_as_part();
      return;
    }
    flow.bytes_out = out_.is_told || out_.lower > 0 ? std::optional(out_.lower) : std::nullopt;
    flow.bytes_out_most = out_.upper;
    flow.bytes_in = in_.is_told ? std::optional(in_.lower) : std::nullopt;
    if (flow.bytes_out) {
      settle(flow);
    } else {
      note(why_unknown(flow));
    }
  }

 private:
  Ways ways_of(std::uint32_t number);
  void add_doubtful();
  void tell_end();
  /// Of some of its connections no flow is told.
  [[nodiscard]] bool lacks_flows() const {
    return mine_.flows.size() + mine_.of_maybe < claim_.connections;
  }
  [[nodiscard]] bool has_more_flows() const;
  [[nodiscard]] FlowGrade grade() const;
  void tell_as_part();
  void settle(const facts::FlowTold& flow);
  void compare(const facts::FlowTold& flow);
  void set_direction(const facts::FlowTold& flow);
  [[nodiscard]] static std::string why_unknown(const facts::FlowTold& flow);
  void note(std::string text) { fact_.notes.push_back(std::move(text)); }

  const Claim& claim_;
  const ClaimFlows& mine_;
  const ToldFlows& told_;
  facts::Fact& fact_;
  Destination& to_;
  Sum out_;
  Sum in_;
  std::uint64_t packets_{};
  std::set<Layer> layers_;
  std::set<std::string> exporters_;
};

Ways Retelling::ways_of(std::uint32_t number) {
  const Flow& flow = told_.flows[number];
  const bool own_is_a = flow.is_a_of(told_.view.addresses).value_or(true);
  Ways ways;
  ways.out = flow.bytes_from(told_.view.addresses);
  const std::array<audit::IpAddress, 2> peers = {(own_is_a ? flow.b : flow.a).address,
                                                 (own_is_a ? flow.nat_b : flow.nat_a).address};
  ways.in = flow.bytes_from(peers);
  const Telling& best = flow.tellings[flow.best(own_is_a)];
  ways.packets = best.a.packets.value_or(0) + best.b.packets.value_or(0);
  if (ways.out) {
    layers_.insert(ways.out->layer);
  }
  for (const Telling& telling : flow.tellings) {
    exporters_.insert(to_word(telling.exporter));
  }
  if (flow.sameness == Sameness::doubtful) {
    note("several exporters tell of a flow of it, and their figures do not agree: bounds");
  }
  if (ways.out && ways.out->is_estimate) {
    note("its flows are of a sample of packets: an estimate");
  }
  if (to_.flow->file.empty() && best.file < told_.files.size()) {
    to_.flow->file = told_.files[best.file];
    to_.flow->line = best.line;
  }
  show(told_, {best.file, best.line, flow.start}, "flow", fact_);
  if (const auto by = told_.announced.find(number); by != told_.announced.end()) {
    show(told_, by->second, "announced", fact_);
  }
  return ways;
}

/// A log without the calls that carry bytes knows when a connection began, and not how long it was
/// of use: what its flows tell of it. What the log has measured is over when it says so.
void Retelling::tell_end() {
  if (to_.basis == Basis::measured) {
    return;
  }
  for (const std::uint32_t number : mine_.flows) {
    const Flow& flow = told_.flows[number];
    const audit::TimeMs end = (flow.end - skew_of(told_.view, flow)) / kMs;
    to_.last = std::max(to_.last, end);
    fact_.end = std::max(fact_.end, end);
  }
}

/// So many of several: the smallest of them at least, the largest at most.
void Retelling::add_doubtful() {
  if (mine_.maybe.empty()) {
    return;
  }
  std::vector<std::uint64_t> lower;
  std::vector<std::uint64_t> upper;
  bool has_all = true;
  bool has_in = true;
  std::uint64_t in = 0;
  for (const std::uint32_t number : mine_.maybe) {
    const Ways ways = ways_of(number);
    // One that may be its, and has no bytes, may have any.
    out_.is_told = out_.is_told && ways.out && ways.out->is_told;
    if (ways.out && ways.out->layer != Layer::none) {
      lower.push_back(ways.out->lower);
      has_all = has_all && ways.out->upper.has_value();
      upper.push_back(ways.out->upper.value_or(ways.out->lower));
    } else {
      lower.push_back(0);
      has_all = false;
    }
    has_in = has_in && ways.in && ways.in->is_told;
    in = saturating_sum(in, ways.in ? ways.in->lower : 0);
  }
  out_.is_told = out_.is_told && mine_.of_maybe > 0;  // else it may have none of them
  std::sort(lower.begin(), lower.end());
  std::sort(upper.begin(), upper.end(), std::greater<>());
  for (std::size_t i = 0; i < mine_.of_maybe && i < lower.size(); ++i) {
    out_.lower = saturating_sum(out_.lower, lower[i]);
  }
  // One that has fewer flows than connections may have any of them.
  const std::size_t most = std::max<std::size_t>(mine_.of_maybe, 1);
  for (std::size_t i = 0; out_.upper && i < most && i < upper.size(); ++i) {
    out_.upper = saturating_sum(*out_.upper, upper[i]);
  }
  if (!has_all) {
    out_.upper.reset();
  }
  if (mine_.is_sum && has_in) {
    in_.lower = saturating_sum(in_.lower, in);
  } else {
    in_.is_told = false;
  }
}

std::string Retelling::why_unknown(const facts::FlowTold& flow) {
  if (flow.together && flow.together->bytes_out > 0) {
    return fmt::format(
        "network flows tell {} bytes of {} destinations together, and of none of these that they "
        "are its",
        flow.together->bytes_out, flow.together->destinations);
  }
  return flow.bytes_out_most
             ? fmt::format("network flows tell no bytes that it sent, only that it was {} at most",
                           *flow.bytes_out_most)
             : std::string("network flows show its connections, but no bytes of them");
}

/// A connection that the host made has one flow: of more some may be another's, or told twice. Of
/// a single one the log may tell no more than the control connection; datagrams need none.
bool Retelling::has_more_flows() const {
  if (claim_.protocol != kTcp || claim_.connections < 2 || claim_.came_in || mine_.by_time) {
    return false;
  }
  const auto begun = std::count_if(mine_.flows.begin(), mine_.flows.end(), [&](auto number) {
    return told_.flows[number].is_a_of(told_.view.addresses).value_or(false);
  });
  return static_cast<std::uint64_t>(begun) > claim_.connections;
}

FlowGrade Retelling::grade() const {
  if (!mine_.maybe.empty() || mine_.is_sum || mine_.rides_on != kNoNumber || mine_.has_more ||
      lacks_flows() || has_more_flows()) {
    return FlowGrade::shared;
  }
  const bool is_coarse = std::any_of(mine_.flows.begin(), mine_.flows.end(), [&](auto number) {
    const auto clock = clock_of(told_.flows[number]).first;
    return clock == Exporter::aws || clock == Exporter::azure;
  });
  return mine_.by_time || is_coarse ? FlowGrade::window : FlowGrade::exact;
}

/// Its bytes are told with another transfer's, whose flow it is.
void Retelling::tell_as_part() {
  if (mine_.rides_on != kNoNumber) {
    note(
        fmt::format("no flow of its own: it may have sent over the open connection of transfer {}, "
                    "where the bytes are told",
                    facts::format_id(told_.ids[mine_.rides_on])));
  } else {
    note(
        "its flows are told as one sum with those of an earlier transfer of the same job to the "
        "same address");
  }
  facts::FlowTold& mine = *to_.flow;
  mine.bytes_out_most.reset();
  const bool is_told_there =
      std::all_of(mine_.told_with.begin(), mine_.told_with.end(), [&](std::uint32_t number) {
        const auto out = told_.flows[number].bytes_from(told_.view.addresses);
        return out && out->is_told;
      });
  if (out_.lower == 0 && !is_told_there) {
    return;  // of neither is anything known
  }
  mine.bytes_out = out_.lower;
  if (!to_.bytes_out) {
    to_.bytes_out = out_.lower;  // at least; the rest is the other's
    to_.basis = Basis::flow;
  }
}

/// Less than that is no disagreement.
constexpr std::uint64_t kFew = 8192;

/// What an overhead may be: headers, and what is sent again.
bool is_overhead(std::uint64_t payload, std::uint64_t wire, std::uint64_t packets) {
  constexpr std::uint64_t kMostHeaders = 120;
  const std::uint64_t room = packets > 0 ? packets * kMostHeaders : payload / 4;
  return wire <= saturating_sum(payload, room + payload / 8 + kFew);
}

/// The log's own figure stands; where flows tell another one, that is worth a word.
void Retelling::compare(const facts::FlowTold& flow) {
  const std::uint64_t measured = *to_.bytes_out;
  const bool is_too_little =
      flow.bytes_out_most && *flow.bytes_out_most + kFew + measured / 16 < measured;
  const bool is_too_much = to_.basis == Basis::measured && flow.bytes_out &&
                           !is_overhead(measured, *flow.bytes_out, packets_);
  to_.flow->disagrees = is_too_little || is_too_much;
  if (to_.flow->disagrees) {
    note(fmt::format(
        "the log and network flows disagree: {} bytes to {}:{} by the log, {} by flows ({})",
        measured, to_.address ? to_.address->to_string() : std::string("?"), to_.port.value_or(0),
        is_too_little ? *flow.bytes_out_most : *flow.bytes_out, flow.layer));
  }
}

/// Do the flows tell all that was sent? One that is not over, that a sensor has missed a part of,
/// or that has one figure for both ways does not.
bool is_whole(const facts::FlowTold& flow) {
  return flow.bytes_out_most && *flow.bytes_out_most <= saturating_sum(*flow.bytes_out, kFew);
}

void Retelling::set_direction(const facts::FlowTold& flow) {
  if (!flow.bytes_in || flow.grade == FlowGrade::shared || !is_whole(flow)) {
    return;
  }
  std::uint64_t out = *flow.bytes_out;
  std::uint64_t in = *flow.bytes_in;
  if (!layers_.contains(Layer::l4) || layers_.size() > 1) {
    // Headers of what was only acknowledged are no content.
    constexpr std::uint64_t kHeaders = 40;
    const std::uint64_t headers = packets_ > 0 ? packets_ / 2 * kHeaders : (out + in) / 40;
    out -= std::min(out, headers);
    in -= std::min(in, headers);
  }
  to_.direction =
      facts::direction_by(to_.direction, claim_.tool, out, in, {true, true}, flow.flows);
}

void Retelling::settle(const facts::FlowTold& flow) {
  if (!to_.bytes_in && flow.grade != FlowGrade::shared) {
    to_.bytes_in = flow.bytes_in;  // which the log may lack though it has measured what went out
  }
  if (to_.basis == Basis::measured) {
    compare(flow);
    return;
  }
  const bool is_bound = to_.basis == Basis::at_least && to_.bytes_out;
  if (is_bound) {
    compare(flow);
  }
  // What the log has seen leave is certain; of a part of the flows no more is known than it has.
  if ((is_bound || (to_.bytes_out && lacks_flows())) && *to_.bytes_out > *flow.bytes_out) {
    return;
  }
  const std::uint64_t floor = claim_.tool != nullptr ? claim_.tool->floor : 0;
  if (!to_.bytes_out && flow.grade != FlowGrade::shared && !is_whole(flow) &&
      *flow.bytes_out <= floor) {
    // What a login takes, and who knows what besides: that is no figure.
    note(fmt::format("network flows tell {} of its bytes, and not whether that was all",
                     *flow.bytes_out));
    return;
  }
  to_.bytes_out = flow.bytes_out;
  to_.basis = Basis::flow;
  to_.bytes_estimated = 0;
  if (!to_.bytes_in) {
    to_.bytes_in = flow.bytes_in;
  }
  set_direction(flow);
}

}  // namespace

/// A data connection that went to another address is another destination: what is approved for the
/// one is not for the other.
void retell_elsewhere(const Claim& claim, const ClaimFlows& mine, const ToldFlows& told,
                      facts::Fact& fact) {
  std::map<Endpoint, std::vector<std::uint32_t>> by_peer;
  for (const std::uint32_t number : mine.elsewhere) {
    const Flow& flow = told.flows[number];
    by_peer[flow.is_a_of(told.view.addresses).value_or(true) ? flow.b : flow.a].push_back(number);
  }
  for (auto& [peer, numbers] : by_peer) {
    Destination to = fact.destinations[claim.destination];
    fact.notes.push_back(fmt::format(
        "its control connection to {} announced a data connection to a third host, {}, and a flow "
        "goes there",
        to.address ? to.address->to_string() : to.name.value_or("?"), text_of(peer)));
    to.address = peer.address;
    to.port = peer.port;
    to.name.reset();
    to.source = facts::Source::flow;
    to.direction = facts::Direction::unknown;
    to.bytes_out.reset();
    to.bytes_in.reset();
    to.basis = Basis::unknown;
    to.bytes_estimated = 0;
    to.connections = numbers.size();
    to.flow.reset();
    Claim of_it = claim;
    of_it.peer = peer.address;
    of_it.port = peer.port;
    of_it.connections = static_cast<std::uint32_t>(numbers.size());
    of_it.by_name = false;
    of_it.destination = static_cast<std::uint32_t>(fact.destinations.size());
    fact.destinations.push_back(std::move(to));
    ClaimFlows flows;
    flows.flows = std::move(numbers);
    flows.by_time = mine.by_time;
    Retelling(of_it, flows, told, fact).run();
  }
}

void retell(const Claim& claim, const ClaimFlows& mine, const ToldFlows& told, facts::Fact& fact) {
  Claim to = claim;
  if (claim.by_name && fact.destinations[claim.destination].address) {
    // It went to two of the addresses that its name has.
    Destination another = fact.destinations[claim.destination];
    another.bytes_out.reset();
    another.bytes_in.reset();
    another.basis = Basis::unknown;
    to.destination = static_cast<std::uint32_t>(fact.destinations.size());
    fact.destinations.push_back(std::move(another));
  }
  Retelling(to, mine, told, fact).run();
  to.by_name = false;
  retell_elsewhere(to, mine, told, fact);
  for (const NamedFlows::Elsewhere& one : mine.asked) {
    show(told, one.told, "announced", fact);
    fact.notes.push_back(
        fmt::format("its control connection asked for a data connection to {}, a third host (FXP): "
                    "what goes there is not this host's",
                    text_of(one.listens)));
  }
}

}  // namespace auexfil::flow
