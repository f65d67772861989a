#include "auexfil/flow/join.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "auexfil/facts/fact_json.hpp"
#include "auexfil/facts/sums.hpp"
#include "auexfil/flow/lost_times.hpp"
#include "auexfil/flow/merge.hpp"
#include "channels.hpp"
#include "claims.hpp"
#include "held_facts.hpp"
#include "host_join.hpp"
#include "host_view.hpp"
#include "match.hpp"
#include "retell.hpp"
#include "unseen.hpp"
#include "values.hpp"

namespace auexfil::flow {
namespace {

/// A claim that has flows, and which.
struct Joined {
  const Claim* claim;
  const ClaimFlows* flows;
  std::uint32_t host;
};

/// Of a host by its name, or of any.
std::vector<audit::IpAddress> addresses_of(
    const std::map<std::string, std::vector<audit::IpAddress>>& of_hosts, const HostClaims& host) {
  for (const std::string& name : {host.host.value_or(""), host.node.value_or(""), std::string()}) {
    if (const auto at = of_hosts.find(name); at != of_hosts.end()) {
      return at->second;
    }
  }
  return {};
}

/// "no flow" is a word only for a time that the flows tell of.
bool is_told(const HostView& view, const Claim& claim) {
  return view.told && claim.first >= view.told->first && claim.first <= view.told->second;
}

/// May its bytes have gone to another address than its command line names? Programs that take URLs
/// ask their environment for a proxy, which is in no log; others are told of one.
bool may_use_proxy(const Claim& claim, const facts::Fact& fact) {
  if (claim.tool == nullptr || claim.tool->grammar == transfer::Grammar::url) {
    return true;
  }
  const std::vector<std::string>& argv = fact.process.argv;
  return std::any_of(argv.begin(), argv.end(), [](std::string argument) {
    std::transform(argument.begin(), argument.end(), argument.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return argument.find("proxy") != std::string::npos ||
           argument.find("socks") != std::string::npos;
  });
}

/// \param is_lost  an exporter has lost records of that time
/// \return whether the fact's sums are others now
bool tell_absence(const Claim& claim, const HostJoin& join, bool is_lost, facts::Fact& fact) {
  facts::Destination& to = fact.destinations[claim.destination];
  const std::string peer = to.address ? to.address->to_string() : to.name.value_or("?");
  fact.notes.push_back(fmt::format(
      "no network flow to {} is told at that time, though flows of the host are", peer));
  if (!claim.is_by_argv() || to.bytes_out || !join.would_see(claim) || is_lost ||
      may_use_proxy(claim, fact)) {
    return false;
  }
  // Only that a program was started is known, and those who tell of all others saw nothing.
  to.flow.emplace();
  to.flow->grade = facts::FlowGrade::window;
  to.flow->bytes_out = to.flow->bytes_out_most = 0;
  to.bytes_out = 0;
  to.basis = facts::Basis::flow;
  to.direction = facts::Direction::none;
  return true;
}

}  // namespace

struct JoinStage::State final : FlowSink {
  State(const transfer::Tools& which, Options what, facts::Stage& behind)
      : tools(which),
        options(std::move(what)),
        next(behind),
        merger({options.most_records,
                [this](const FlowRecord& record) {
                  const bool wanted = is_wanted(record, false);
                  if (!wanted && watches) {  // what is only announced is nobody's so far
                    sums.add(record);
                  }
                  return wanted || keeps_announced(record);
                },
                [this](const FlowRecord& record) {
                  if (watches) {  // as one of those that are nobody's
                    sums.add(record);
                  }
                },
                [this](const FlowRecord& record) { keep(record); }}),
        others({options.most_records,
                [this](const FlowRecord& record) {
                  return is_unseen(record, watched, sums, *options.unseen_above);
                },
                {},
                [this](const FlowRecord& record) { keep(record); }}),
        channels(options.most_channels) {
    for (const auto& [host, own] : options.addresses) {
      for (const audit::IpAddress& address : own) {
        given.add(address);
      }
    }
  }

  void on_flow(const FlowRecord& record) override {
    told_until = std::max(told_until, record.last);
    merger.on_flow(record);
  }
  void keep(const FlowRecord& record) const {
    if (options.taken != nullptr) {
      options.taken->on_flow(record);
    }
  }
  /// Whether an end was announced is told by its port, which a record that is begun has not.
  bool wants(const FlowRecord& begun) override {
    told_until = std::max(told_until, begun.last);
    return channels.has_thirds() || merger.wants(begun);
  }
  void on_name(const NameAnswer& answer) override;
  void on_ftp(const FtpCommand& command) override;
  void on_lost(TimeUs from, TimeUs to) override;
  /// Has an exporter lost records of that time, by whatever clock?
  [[nodiscard]] bool is_lost(TimeUs time) const {
    constexpr TimeUs kSlack = 900 * kSecond;
    return lost.any(time - kSlack, time + kSlack);
  }

  /// Flows with a peer of a transfer: all of them, or, where the addresses of the hosts are known,
  /// theirs alone. A proxy that a whole network uses is such a peer.
  /// \param is_announced  or an end at a third host that was announced for data of ftp
  [[nodiscard]] bool is_wanted(const FlowRecord& record, bool is_announced) const {
    const auto is_of = [&](const audit::AddressSet& set, const Endpoint& end, const Endpoint& nat) {
      return set.contains(end.address) || (nat != end && set.contains(nat.address));
    };
    const auto is_third = [&](const Endpoint& end) {
      return is_announced && channels.is_third(end);
    };
    const bool to_peer = is_of(peers, record.to, record.nat_to) || is_third(record.to);
    const bool from_peer = is_of(peers, record.from, record.nat_from) || is_third(record.from);
    if (!options.addresses.contains("")) {
      return to_peer || from_peer;
    }
    return (to_peer && is_of(given, record.from, record.nat_from)) ||
           (from_peer && is_of(given, record.to, record.nat_to));
  }

  [[nodiscard]] bool keeps_announced(const FlowRecord& record);

  HostClaims& host_of(const facts::Fact& fact);
  void resolve(HostClaims& host) const;
  void join_all();
  void see(std::size_t number);
  [[nodiscard]] std::optional<TimeUs> ahead_of(const Flow& flow) const;
  void join(std::size_t number);
  void match_flows(const HostClaims& host, HostJoin& made);
  void watch();
  void tell_hosts();
  void tell_unseen(const std::vector<std::string>& files);
  void hand_on(const std::vector<std::string>& files);
  void change(facts::Fact& fact, std::uint32_t number, const std::vector<std::string>& files);

  const transfer::Tools& tools;
  Options options;
  facts::Stage& next;
  FlowMerger merger;
  FlowMerger others;  ///< of no transfer and no program
  PairSums sums;
  bool watches = false;              ///< there is a host of which that could be told
  std::vector<WatchedHost> watched;  ///< those whose addresses are known
  std::vector<coverage::FlowsOfHost*> told_of_watched;
  std::vector<Flow> flows;
  bool joined_all = false;
  DataChannels channels;
  std::size_t announced = 0;  ///< records that are kept for what is announced
  HeldFacts held;
  std::vector<std::uint64_t> ids;  ///< of the facts
  std::set<std::tuple<std::optional<std::string>, std::optional<std::string>, std::uint64_t>> known;
  std::vector<HostClaims> hosts;
  std::map<std::pair<std::optional<std::string>, std::optional<std::string>>, std::size_t> by_name;
  /// What the log of a host could have shown, and how many facts come before it.
  std::vector<std::pair<std::uint32_t, coverage::HostCoverage>> coverages;
  /// What names were answered with, those that a fact goes to.
  struct Answer {
    TimeUs time;
    audit::IpAddress address;
  };
  std::map<std::string, std::vector<Answer>, std::less<>> answers;
  std::size_t answered = 0;
  audit::AddressSet peers;
  audit::AddressSet given;
  std::vector<HostJoin> joins;               ///< of each host
  std::vector<Joined> joined;                ///< by fact and destination
  std::map<audit::IpAddress, TimeUs> since;  ///< of peers of facts: when the first of these began
  LostTimes lost;
  bool lost_ever = false;  ///< Of whatever time; see told_until.
  TimeUs told_until = 0;   ///< The last that any record tells of.
  std::vector<std::string> said;
  std::map<std::string, std::uint64_t> bounds;
};

/// Is it of a flow to a third host that was announced, and is there room for it?
bool JoinStage::State::keeps_announced(const FlowRecord& record) {
  if (!channels.has_thirds() || !is_wanted(record, true)) {
    return false;
  }
  if (announced >= options.most_announced) {
    ++bounds["flow_announced"];
    return false;
  }
  ++announced;
  return true;
}

HostClaims& JoinStage::State::host_of(const facts::Fact& fact) {
  const auto [at, is_new] = by_name.try_emplace({fact.host, fact.node}, hosts.size());
  if (is_new) {
    HostClaims& made = hosts.emplace_back();
    made.host = fact.host;
    made.node = fact.node;
  }
  return hosts[at->second];
}

/// Flows are of interest from then on that go to such an address: answers come before them.
void JoinStage::State::on_name(const NameAnswer& answer) {
  const auto at = answers.find(plain_name(answer.name));
  if (at == answers.end()) {
    return;
  }
  for (const audit::IpAddress& address : answer.addresses) {
    if (answered >= options.most_answers) {
      ++bounds["flow_names"];
      return;
    }
    ++answered;
    at->second.push_back({answer.time, address});
    peers.add(address);
  }
  if (options.taken != nullptr) {
    options.taken->on_name(answer);
  }
}

/// Those of control connections that a transfer may have.
void JoinStage::State::on_ftp(const FtpCommand& command) {
  const bool is_of_peer =
      peers.contains(command.server.address) || peers.contains(command.client.address);
  if (is_of_peer && !channels.add(command)) {
    ++bounds["flow_channels"];
  } else if (is_of_peer && options.taken != nullptr) {
    options.taken->on_ftp(command);
  }
}

void JoinStage::State::on_lost(TimeUs from, TimeUs to) {
  lost.add(from, to);
  if (to == LostTimes::kEver) {
    lost_ever = true;
  } else if (options.taken != nullptr) {
    options.taken->on_lost(from, to);
  }
}

/// A destination that is known by its name may be any address that the name was answered with
/// shortly before, by a clock that is not put right yet.
void JoinStage::State::resolve(HostClaims& host) const {
  constexpr TimeUs kBefore = TimeUs{86400} * kSecond;
  constexpr TimeUs kAfter = 900 * kSecond;
  constexpr std::size_t kMost = 8;
  for (const NamedClaim& named : host.named) {
    std::set<audit::IpAddress> addresses;
    const std::vector<Answer>& told = answers.find(named.name)->second;
    for (auto answer = told.rbegin(); answer != told.rend(); ++answer) {
      if (answer->time >= named.claim.first - kBefore &&
          answer->time <= named.claim.first + kAfter && addresses.size() < kMost) {
        addresses.insert(answer->address);
      }
    }
    for (const audit::IpAddress& address : addresses) {
      Claim claim = named.claim;
      claim.peer = address;
      claim.by_name = true;
      host.claims.push_back(claim);
    }
  }
}

void JoinStage::State::see(std::size_t number) {
  resolve(hosts[number]);
  const HostClaims& host = hosts[number];
  HostJoin& made = joins[number];
  made.view = view_of(host, flows, addresses_of(options.addresses, host),
                      addresses_of(options.configured, host));
  for (const std::string& why : made.view.why) {
    said.push_back(fmt::format("{}: {}", name_of(host), why));
  }
  if (host.left_out > 0) {
    bounds["flow_claims"] += host.left_out;
  }
}

void JoinStage::State::join(std::size_t number) {
  const HostClaims& host = hosts[number];
  HostJoin& made = joins[number];
  if (made.view.addresses.empty()) {
    return;
  }
  match_flows(host, made);
  made.together = flows_together(host, made, flows, ids);
  note_sight(host, flows, made);
  for (std::size_t i = 0; i < host.claims.size(); ++i) {
    if (!made.matched.claims[i].is_empty() || is_told(made.view, host.claims[i])) {
      joined.push_back(
          {&host.claims[i], &made.matched.claims[i], static_cast<std::uint32_t>(number)});
    }
  }
}

/// How far the clock of a flow is ahead of the host's that it is of.
std::optional<TimeUs> JoinStage::State::ahead_of(const Flow& flow) const {
  const auto of = std::find_if(joins.begin(), joins.end(), [&](const HostJoin& join) {
    return flow.is_a_of(join.view.addresses).has_value();
  });
  return of == joins.end() ? std::nullopt : std::optional(skew_of(of->view, flow));
}

void JoinStage::State::match_flows(const HostClaims& host, HostJoin& made) {
  made.seen = seen_by(made.view, flows, peers);
  const NamedFlows named = channels.of(made.view, made.seen, flows);
  made.matched = match(host, made.seen, tools, named);
  // Flows to an end that was announced once, at other times, are nothing to anybody.
  std::erase_if(made.matched.unseen, [&](std::uint32_t number) {
    return named.of_control(number) == kNoNumber && !peers.contains(made.seen[number].peer.address);
  });
  for (const std::string& text : channel_texts(made.matched, named)) {
    said.push_back(fmt::format("{}: {}", name_of(host), text));
  }
}

/// Hosts of which it can be told which flows no program made. Where a transfer is said to go, by a
/// name that anybody may have answered, is no place that a program had a connection with: of the
/// flows there that are no transfer's the sums tell as of any others.
void JoinStage::State::watch() {
  for (auto& [before, host] : coverages) {
    const auto at = by_name.find({host.host, host.node});
    if (!host.flows || host.peers == nullptr || !host.connects || !options.unseen_above) {
      continue;
    }
    const HostJoin& join = joins[at->second];
    WatchedHost& made = watched.emplace_back(WatchedHost{&join.view, host.peers.get(), &host});
    told_of_watched.push_back(&*host.flows);
    const std::vector<std::uint32_t> of_claims = join.matched.of_claims();
    for (const SeenFlow& seen : join.seen) {
      if (!made.is_stranger(seen.peer.address)) {
        continue;
      }
      if (std::binary_search(of_claims.begin(), of_claims.end(), seen.flow)) {
        made.joined.add(flows[seen.flow]);
      } else {
        sums.add(flows[seen.flow]);
      }
    }
  }
  sums.finish();
}

void JoinStage::State::tell_unseen(const std::vector<std::string>& files) {
  std::vector<Flow> unseen = others.take();
  merge_again(unseen, [this](const Flow& flow) { return ahead_of(flow); });
  for (std::size_t i = 0; i < watched.size(); ++i) {
    told_of_watched[i]->unseen = unseen_of(watched[i], unseen, files);
    told_of_watched[i]->tells_unseen = true;
    told_of_watched[i]->unseen_above = std::min(*options.unseen_above, sums.most());
  }
}

/// What the coverage says of the flows.
void JoinStage::State::tell_hosts() {
  for (auto& [before, host] : coverages) {
    const auto at = by_name.find({host.host, host.node});
    if (at != by_name.end() && !joins[at->second].view.addresses.empty()) {
      host.flows = flows_of(hosts[at->second], joins[at->second], flows);
    }
  }
}

void JoinStage::State::change(facts::Fact& fact, std::uint32_t number,
                              const std::vector<std::string>& files) {
  auto at = std::lower_bound(
      joined.begin(), joined.end(), number,
      [](const Joined& one, std::uint32_t value) { return one.claim->fact < value; });
  bool is_changed = false;
  for (; at != joined.end() && at->claim->fact == number; ++at) {
    if (at->flows->is_empty() && at->claim->by_name) {
      continue;  // one of the addresses that the name has
    }
    if (at->flows->is_empty() && at->flows->taken_by != kNoNumber) {
      fact.notes.push_back(fmt::format(
          "a flow that would be its by time was announced on the control connection of transfer {} "
          "as its data connection: told there",
          facts::format_id(ids[at->flows->taken_by])));
      continue;
    }
    if (at->flows->is_empty()) {
      is_changed =
          tell_absence(*at->claim, joins[at->host], is_lost(at->claim->first), fact) || is_changed;
      continue;
    }
    const HostJoin& host = joins[at->host];
    retell(*at->claim, *at->flows,
           {flows, files, host.view, ids, host.matched.announced, host.together}, fact);
    is_changed = true;
  }
  if (is_changed) {
    facts::sum_up(fact);
  }
  std::sort(fact.notes.begin(), fact.notes.end());
  fact.notes.erase(std::unique(fact.notes.begin(), fact.notes.end()), fact.notes.end());
}

void JoinStage::State::hand_on(const std::vector<std::string>& files) {
  std::uint32_t number = 0;
  auto coverage = coverages.begin();
  const auto hand_hosts = [&] {
    for (; coverage != coverages.end() && coverage->first <= number; ++coverage) {
      next.on_host(coverage->second);
    }
  };
  const facts::FactDetails none;
  held.give([&](facts::Fact& fact) {
    hand_hosts();
    change(fact, number++, files);
    next.on_fact(fact, none);
  });
  hand_hosts();
}

JoinStage::JoinStage(const transfer::Tools& tools, Options options, facts::Stage& next)
    : state_(std::make_unique<State>(tools, std::move(options), next)) {}

JoinStage::~JoinStage() = default;

void JoinStage::on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) {
  State& state = *state_;
  HostClaims& host = state.host_of(fact);
  const std::size_t named_before = host.named.size();
  if (state.known.insert({fact.host, fact.node, fact.id}).second) {  // else it has its claims
    add_claims(fact, state.held.size(), state.tools, state.options.most_claims, host);
  }
  for (const facts::Destination& d : fact.destinations) {
    if (d.address) {
      state.peers.add(*d.address);
    }
  }
  for (std::size_t i = named_before; i < host.named.size(); ++i) {
    state.answers.try_emplace(host.named[i].name);
  }
  state.ids.push_back(fact.id);
  state.held.add(fact);
}

void JoinStage::on_host(const coverage::HostCoverage& host) {
  State& state = *state_;
  state.coverages.emplace_back(state.held.size(), host);
  state.watches =
      state.watches || (state.options.unseen_above && host.peers != nullptr && host.connects);
  if (!state.by_name.contains({host.host, host.node})) {
    HostClaims none;
    none.host = host.host;
    none.node = host.node;
    if (!addresses_of(state.options.addresses, none)
             .empty()) {  // no transfer is in its log, and its flows are known
      state.by_name.emplace(std::pair(host.host, host.node), state.hosts.size());
      state.hosts.push_back(std::move(none));
    }
  }
  if (const auto at = state.by_name.find({host.host, host.node}); at != state.by_name.end()) {
    state.hosts[at->second].connects = host.connects;
    state.hosts[at->second].gaps = host.gaps;
  }
}

FlowSink& JoinStage::sink() {
  return *state_;
}

void JoinStage::State::join_all() {
  if (std::exchange(joined_all, true)) {
    return;
  }
  if (merger.left_out() > 0) {
    on_lost(std::numeric_limits<TimeUs>::min(), std::numeric_limits<TimeUs>::max());
    bounds["flow_records"] += merger.left_out();
  }
  const std::uint64_t strange = merger.records() == merger.unwanted() ? merger.records() : 0;
  flows = merger.take();
  joins.resize(hosts.size());
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    see(i);
  }
  merge_again(flows, [this](const Flow& flow) { return ahead_of(flow); });
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    join(i);
  }
  if (strange > 0 && said.empty()) {
    said.push_back(
        peers.empty()
            ? std::string("no transfer of the log has a known destination: no flow is joined")
            : fmt::format("none of {} flow records goes where a transfer of the log went: nothing "
                          "is joined, they may be other hosts' or another time's",
                          strange));
  }
  std::sort(joined.begin(), joined.end(), [](const Joined& x, const Joined& y) {
    return std::tie(x.claim->fact, x.claim->destination, x.claim->peer) <
           std::tie(y.claim->fact, y.claim->destination, y.claim->peer);
  });
  if (options.taken != nullptr) {
    for (const HostClaims& host : hosts) {
      for (const Claim& claim : host.claims) {
        TimeUs& first = since.try_emplace(claim.peer, claim.first).first->second;
        first = std::min(first, claim.first);
        told_until = std::max(told_until, claim.first);
      }
    }
    if (lost_ever) {  // but not of what later files will tell
      options.taken->on_lost(std::numeric_limits<TimeUs>::min(), told_until);
    }
  }
  tell_hosts();
  watch();
}

FlowSink* JoinStage::join() {
  State& state = *state_;
  state.join_all();
  const bool any = !state.watched.empty() && state.sums.most() > *state.options.unseen_above;
  return any ? &state.others : nullptr;
}

void JoinStage::finish(const std::vector<std::string>& files, bool again) {
  State& state = *state_;
  const bool is_all_told = again || join() == nullptr;  // else what there may be is not told
  if (is_all_told) {
    state.tell_unseen(files);
  }
  if (state.others.left_out() > 0) {
    state.bounds["flow_records"] += state.others.left_out();
  }
  state.hand_on(files);
}

bool JoinStage::is_of_use(const FlowRecord& record, TimeUs before) const {
  constexpr TimeUs kSlack = TimeUs{2} * 86400 * kSecond;  // clocks of other zones, and wrong ones
  const auto is_of = [&](const Endpoint& end) {
    const auto at = state_->since.find(end.address);
    return at != state_->since.end() && record.last >= at->second - kSlack;
  };
  return record.last >= before - kSlack || is_of(record.from) || is_of(record.to) ||
         is_of(record.nat_from) || is_of(record.nat_to);
}

const std::vector<std::string>& JoinStage::messages() const {
  return state_->said;
}

const std::map<std::string, std::uint64_t>& JoinStage::bounds() const {
  return state_->bounds;
}

}  // namespace auexfil::flow
