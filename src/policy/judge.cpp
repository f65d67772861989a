#include "auexfil/policy/judge.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "auexfil/input/text_hash.hpp"
#include "known.hpp"
#include "saturating.hpp"
#include "store.hpp"
#include "unseen.hpp"

namespace auexfil::policy {
namespace {

void sift_rows(Store& store, std::uint32_t rule) {
  for (const RuleKey* const key : store.rules[rule].keys) {
    if (key->sift != nullptr) {
      key->sift(store, store.selection.policy().rules[rule], store.rules[rule].rows);
    }
  }
}

/// Two facts of one id are one transfer seen twice: whole, and as far as another log went.
auto completeness(const TransferRow& row) {
  return std::tuple(row.end, row.bytes_out, row.start);
}

}  // namespace

struct Judge::State {
  State(const Policy& policy, const JudgeOptions& options) : store(policy, options) {
    by_job = std::any_of(store.groupings.begin(), store.groupings.end(), [](const Grouping& g) {
      return std::find(g.keys.begin(), g.keys.end(), GroupKey::job) != g.keys.end();
    });
    if (policy.normals) {
      baseline.emplace(*policy.normals);
    }
  }

  void add(const FactPack& pack);
  bool holds(std::uint32_t rule, const AskedTransfer& transfer);
  bool holds(std::uint32_t rule, const AskedDestination& destination) const;
  AskedDestination question(const FactPack::Entry& entry, const FactPack::Destination& destination,
                            const Who& who, PeerId peer) const;
  void note_seen(const FactPack::Entry& entry, const FactPack::Destination* destinations,
                 const char* names);
  static void note_reach(Symbol host, audit::TimeMs since, std::vector<audit::TimeMs>& reach);
  void settle_reach();
  void keep_files(const FactPack::Entry& entry, bool shown);
  void add(const FactPack::Entry& entry, const FactPack::Destination* destinations,
           const char* names);
  bool select(const FactPack::Entry& entry, const FactPack::Destination& destination,
              const Who& who, PeerId peer, NearAllow near);
  void compare(const FactPack::Entry& entry, const FactPack::Destination* destinations,
               const Who& who);
  EnumSet<Deviation> deviations_to(const Who& who, PeerId peer) const;
  std::uint32_t group_of(Grouping& grouping, const Who& who, PeerId peer, Symbol job);
  Symbol job_group(const FactPack::Entry& entry);
  Selection::Hashed text_of(const FactPack::Entry& entry, FactPack::Kind kind) const;
  Symbol keep_text(const FactPack::Entry& entry, FactPack::Kind kind);
  std::vector<char> find_duplicates(Judgement& judgement) const;
  std::vector<std::uint32_t> order_rows(const std::vector<char>& left_out) const;
  Uses count_uses() const;

  Store store;
  std::vector<coverage::HostCoverage> hosts;  ///< With flows that no program made.
  std::vector<audit::TimeMs> told_reach;      ///< As Store::reach, by the hosts' coverage.
  bool by_job = false;
  std::optional<Known> baseline;                 ///< --baseline
  bool is_compared = false;                      ///< The fact at hand is, with it:
  EnumSet<Deviation> deviations;                 ///< Those of all its destinations.
  FactPack single;                               ///< For facts that come one by one.
  std::vector<std::uint32_t> rules;              ///< Of the fact at hand.
  FactPack::Texts texts{};                       ///< Where those of the fact at hand lie.
  const FactPack::Together* together = nullptr;  ///< Those of the pack at hand.
};

void Judge::State::add(const FactPack& pack) {
  together = pack.together_.data();
  pack.each([this](const FactPack::Entry& entry, const FactPack::Texts& begins,
                   const FactPack::Destination* destinations, const char* names) {
    texts = begins;
    add(entry, destinations, names);
  });
}

Selection::Hashed Judge::State::text_of(const FactPack::Entry& entry, FactPack::Kind kind) const {
  return {{texts.at(kind), entry.sizes.at(kind)}, entry.hashes.at(kind)};
}

/// \param names of the destinations, one behind the other.
void Judge::State::add(const FactPack::Entry& entry, const FactPack::Destination* destinations,
                       const char* names) {
  if (store.keeps_seen) {
    note_seen(entry, destinations, names);
  }
  if ((store.until && entry.start > *store.until) ||
      (store.from && entry.end < *store.from - store.longest_window_ms)) {
    return;
  }
  TransferRow row;
  row.id = entry.id;
  row.start = entry.start;
  row.end = entry.end;
  row.bytes_out = entry.bytes_out;
  row.automation = entry.automation;
  row.who = store.selection.identify(text_of(entry, FactPack::host), text_of(entry, FactPack::tool),
                                     text_of(entry, FactPack::user));
  store.selection.find_rules(entry.automation, entry.side, row.who, rules);
  std::erase_if(rules, [&](std::uint32_t rule) {
    return !store.selection.has_sign(rule, text_of(entry, FactPack::signs)) ||
           (!store.rules[rule].keys.empty() &&
            !holds(rule, AskedTransfer{entry.start, text_of(entry, FactPack::files).text}));
  });
  if (baseline) {
    compare(entry, destinations, row.who);
  }
  bool has_destination = false;
  bool all_approved = true;
  bool shown = false;
  for (std::uint32_t i = 0; i < entry.destinations; ++i) {
    const FactPack::Destination& to = destinations[i];
    const std::string_view name(names, to.name_size);
    const PeerId peer = to.has_address ? store.selection.intern_peer(to.address)
                                       : store.selection.intern_peer(name);
    names += to.name_size;
    if (!store.selection.peer(peer).counts) {
      continue;
    }
    has_destination = true;
    const auto port = to.has_port ? std::optional(to.port) : std::nullopt;
    // Nobody has approved addresses that are not known.
    const auto approval =
        to.addresses > 0
            ? Selection::Approval{}
            : store.selection.approve(port, peer, to.has_address ? name : "", row.who, entry.end);
    if (approval.approved) {
      continue;
    }
    all_approved = false;
    row.unmeasured =
        row.unmeasured || ((!to.has_bytes || to.guessed) && may_have_sent(to.direction));
    shown = select(entry, to, row.who, peer, approval.near) || shown;
  }
  row.approved = has_destination && all_approved;
  if (shown) {
    row.command = keep_text(entry, FactPack::command);
    row.chain = keep_text(entry, FactPack::chain);
    row.reasons = keep_text(entry, FactPack::reasons);
    row.script = keep_text(entry, FactPack::script);
    row.login = keep_text(entry, FactPack::login);
    row.job = keep_text(entry, FactPack::job);
  }
  if (store.keeps_files) {
    keep_files(entry, shown);
  }
  store.transfers.push_back(row);
}

bool Judge::State::holds(std::uint32_t rule, const AskedTransfer& transfer) {
  const auto& keys = store.rules[rule].keys;
  const Rule& asks = store.selection.policy().rules[rule];
  return std::all_of(keys.begin(), keys.end(), [&](const RuleKey* key) {
    return key->holds_of == nullptr || key->holds_of(asks, store.selection.problems(), transfer);
  });
}

bool Judge::State::holds(std::uint32_t rule, const AskedDestination& destination) const {
  const auto& keys = store.rules[rule].keys;
  const Rule& asks = store.selection.policy().rules[rule];
  return std::all_of(keys.begin(), keys.end(), [&](const RuleKey* key) {
    return key->holds_to == nullptr || key->holds_to(asks, store.selection, destination);
  });
}

AskedDestination Judge::State::question(const FactPack::Entry& entry,
                                        const FactPack::Destination& destination, const Who& who,
                                        PeerId peer) const {
  AskedDestination asked{store.selection.peer(peer),
                         store.selection.tool(who.tool),
                         {},
                         {},
                         {},
                         entry.start,
                         entry.end};
  if (destination.has_port) {
    asked.port = destination.port;
  }
  if (destination.has_bytes && !destination.guessed) {
    asked.bytes_out = destination.bytes_out;
  }
  if (destination.has_bytes_in) {
    asked.bytes_in = destination.bytes_in;
  }
  return asked;
}

/// Whatever is judged of it, and before that which is reported: a host's past is all there is.
void Judge::State::note_seen(const FactPack::Entry& entry,
                             const FactPack::Destination* destinations, const char* names) {
  const Symbol host = store.selection.intern_host(text_of(entry, FactPack::host));
  note_reach(host, entry.start, store.reach);
  for (std::uint32_t i = 0; i < entry.destinations; ++i) {
    const FactPack::Destination& to = destinations[i];
    const std::string_view name(names, to.name_size);
    names += to.name_size;
    // What has neither address nor name is nowhere that one can come back to.
    if (to.addresses == 0 && (to.has_address || name != "unknown")) {
      store.seen.push_back({host,
                            to.has_address ? store.selection.intern_peer(to.address)
                                           : store.selection.intern_peer(name),
                            entry.start});
    }
  }
}

void Judge::State::note_reach(Symbol host, audit::TimeMs since, std::vector<audit::TimeMs>& reach) {
  if (host >= reach.size()) {
    reach.resize(host + 1, std::numeric_limits<audit::TimeMs>::max());
  }
  reach[host] = std::min(reach[host], since);
}

/// Of a time before that which coverage is told of, a run that keeps a state may have a transfer
/// that took long, and not those that were over.
void Judge::State::settle_reach() {
  for (std::size_t host = 0; host < told_reach.size(); ++host) {
    if (told_reach[host] != std::numeric_limits<audit::TimeMs>::max() &&
        host < store.reach.size()) {
      store.reach[host] = told_reach[host];
    }
  }
}

/// For findings: of transfers that a rule counts for their files, or of all that may be shown.
void Judge::State::keep_files(const FactPack::Entry& entry, bool shown) {
  const bool asked = shown && (store.tells_files ||
                               std::any_of(rules.begin(), rules.end(), [this](std::uint32_t rule) {
                                 return wants_files(store.selection.policy().rules[rule]);
                               }));
  store.files.push_back(asked ? keep_text(entry, FactPack::files) : store.texts.intern(""));
}

/// People do what they like; of everything else a baseline tells what is usual.
void Judge::State::compare(const FactPack::Entry& entry, const FactPack::Destination* destinations,
                           const Who& who) {
  is_compared =
      entry.automation != transfer::Verdict::attended && entry.side == transfer::Side::client;
  deviations = {};
  SessionRow& session = store.sessions.emplace_back();
  if (!is_compared) {
    return;
  }
  const User& user = store.selection.user(who.user);
  const KnownTransfer has = baseline->ask(store.selection.policy().roles[who.role].name, user.own,
                                          text_of(entry, FactPack::group_job).text);
  for (std::uint32_t i = 0; i < entry.destinations; ++i) {
    const FactPack::Destination& to = destinations[i];
    if (to.has_bytes && !to.guessed && may_have_sent(to.direction)) {
      session.bytes = saturate(static_cast<Wide>(session.bytes) + to.bytes_out);
    }
  }
  session.limit = has.session.value_or(0);
  if (has.new_user && user.name) {
    deviations.add(Deviation::new_user);
  }
  if (has.new_job) {
    deviations.add(Deviation::new_job);
  }
  if (has.session && session.bytes > *has.session) {
    deviations.add(Deviation::above_baseline);
  }
}

EnumSet<Deviation> Judge::State::deviations_to(const Who& who, PeerId peer) const {
  EnumSet<Deviation> all = deviations;
  if (is_compared && !baseline->has_destination(store.selection.policy().roles[who.role].name,
                                                store.selection.peer(peer).text)) {
    all.add(Deviation::new_destination);
  }
  return all;
}

/// Makes a row of a destination if a rule counts it.
bool Judge::State::select(const FactPack::Entry& entry, const FactPack::Destination& destination,
                          const Who& who, PeerId peer, NearAllow near) {
  const auto number = static_cast<std::uint32_t>(store.rows.size());
  const transfer::Basis basis =
      destination.has_bytes ? destination.basis : transfer::Basis::unknown;
  // Of what nobody saw leave the log has no volume.
  const transfer::Basis asked = destination.guessed ? transfer::Basis::unknown : basis;
  // One of several of which nobody can tell who sent what: together they have a volume.
  const bool has_share = destination.together > 0 && together[destination.together - 1].bytes > 0;
  const EnumSet<Deviation> deviating = baseline ? deviations_to(who, peer) : EnumSet<Deviation>();
  bool selected = false;
  std::optional<Symbol> job;
  for (const std::uint32_t index : rules) {
    const Rule& rule = store.selection.policy().rules[index];
    const bool has_basis =
        rule.bases.has(asked) || (has_share && rule.bases.has(transfer::Basis::flow));
    if (!rule.directions.has(destination.direction) || !has_basis ||
        !may_meet(rule, destination.has_port ? std::optional(destination.port) : std::nullopt,
                  destination.addresses > 0) ||
        (rule.public_only && !store.selection.peer(peer).is_public) ||
        (!rule.deviations.empty() && !rule.deviations.meets(deviating))) {
      continue;
    }
    RuleRows& members = store.rules[index];
    if (!members.keys.empty() && !holds(index, question(entry, destination, who, peer))) {
      continue;
    }
    Grouping& grouping = store.groupings[members.grouping];
    if (!job) {
      job = by_job ? job_group(entry) : 0;
    }
    if (grouping.of_row.size() <= number) {
      grouping.of_row.resize(number, kNone);
      grouping.of_row.push_back(group_of(grouping, who, peer, *job));
    }
    members.rows.push_back(number);
    selected = true;
  }
  if (selected) {
    Row row;
    row.bytes = destination.bytes_out;
    row.transfer = static_cast<std::uint32_t>(store.transfers.size());
    row.peer = peer;
    row.near = near;
    row.connections = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        destination.connections, std::numeric_limits<std::uint32_t>::max()));
    row.addresses = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(destination.addresses, std::numeric_limits<std::uint32_t>::max()));
    row.port = destination.port;
    row.measured = destination.has_bytes;
    row.guessed = destination.guessed;
    row.flow = destination.flow;
    row.basis = basis;
    store.rows.push_back(row);
    if (destination.together > 0) {
      store.together.push_back({number, together[destination.together - 1]});
    }
    if (store.keeps_bytes_in) {
      store.bytes_in.push_back(destination.bytes_in);
    }
    if (baseline) {
      store.deviations.push_back(deviating);
    }
  }
  return selected;
}

std::uint32_t Judge::State::group_of(Grouping& grouping, const Who& who, PeerId peer, Symbol job) {
  GroupValues values{};
  for (std::size_t i = 0; i < grouping.keys.size(); ++i) {
    switch (grouping.keys[i]) {
      case GroupKey::host:
        values.at(i) = who.host;
        break;
      case GroupKey::destination:
        values.at(i) = peer;
        break;
      case GroupKey::user:
        values.at(i) = store.selection.user(who.user).group;
        break;
      case GroupKey::tool:
        values.at(i) = who.tool;
        break;
      case GroupKey::job:
        values.at(i) = job;
        break;
      case GroupKey::role:
        values.at(i) = who.role;
        break;
    }
  }
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < grouping.keys.size(); ++i) {
    hash = (hash ^ values.at(i)) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  const auto next = static_cast<std::uint32_t>(grouping.groups.size());
  const std::uint32_t group = grouping.index.find_or_add(
      hash * 0xbf58476d1ce4e5b9ULL, next,
      [&](std::uint32_t known) { return grouping.groups[known] == values; });
  if (group == next) {
    grouping.groups.push_back(values);
  }
  return group;
}

Symbol Judge::State::job_group(const FactPack::Entry& entry) {
  const auto [text, hash] = text_of(entry, FactPack::group_job);
  return store.jobs.intern(text, hash);
}

Symbol Judge::State::keep_text(const FactPack::Entry& entry, FactPack::Kind kind) {
  const auto [text, hash] = text_of(entry, kind);
  return store.texts.intern(text, hash);
}

/// Marks all but the most complete of the transfers with one id and host; counts the others. Of
/// two machines made of one image, events can agree in time and serial.
std::vector<char> Judge::State::find_duplicates(Judgement& judgement) const {
  const auto& transfers = store.transfers;
  struct Key {
    std::uint64_t id;
    Symbol host;
    std::uint32_t transfer;
    bool operator<(const Key& other) const {
      return std::tie(id, host, transfer) < std::tie(other.id, other.host, other.transfer);
    }
  };
  std::vector<Key> by_id;
  by_id.reserve(transfers.size());
  for (std::uint32_t i = 0; i < transfers.size(); ++i) {
    by_id.push_back({transfers[i].id, transfers[i].who.host, i});
  }
  std::sort(by_id.begin(), by_id.end());
  std::vector<char> left_out(transfers.size(), 1);
  for (std::size_t i = 0; i < by_id.size();) {
    const Key first = by_id[i];
    std::uint32_t best = first.transfer;
    for (++i; i < by_id.size() && by_id[i].id == first.id && by_id[i].host == first.host; ++i) {
      ++judgement.duplicates;
      if (completeness(transfers[best]) < completeness(transfers[by_id[i].transfer])) {
        best = by_id[i].transfer;
      }
    }
    left_out[best] = 0;
    if (store.from && transfers[best].end < *store.from) {
      continue;  // there for the sums of others
    }
    ++judgement.transfers;
    judgement.approved += transfers[best].approved ? 1U : 0U;
    judgement.unmeasured += transfers[best].unmeasured ? 1U : 0U;
  }
  return left_out;
}

std::vector<std::uint32_t> Judge::State::order_rows(const std::vector<char>& left_out) const {
  struct Key {
    audit::TimeMs end;
    std::uint64_t id;
    std::uint32_t row;
  };
  std::vector<Key> keys;
  keys.reserve(store.rows.size());
  for (std::uint32_t i = 0; i < store.rows.size(); ++i) {
    const std::uint32_t transfer = store.rows[i].transfer;
    if (left_out[transfer] == 0) {
      keys.push_back({store.transfers[transfer].end, store.transfers[transfer].id, i});
    }
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return std::tie(a.end, a.id, a.row) < std::tie(b.end, b.id, b.row);
  });
  std::vector<std::uint32_t> order;
  order.reserve(keys.size());
  for (const Key& key : keys) {
    order.push_back(key.row);
  }
  return order;
}

Uses Judge::State::count_uses() const {
  const Policy& policy = store.selection.policy();
  Uses uses;
  uses.transfers = store.transfers.size();
  uses.roles.resize(policy.roles.size());
  for (const TransferRow& row : store.transfers) {
    ++uses.roles[row.who.role];
  }
  for (std::uint32_t i = 0; i < policy.allows.size(); ++i) {
    uses.allows.push_back(store.selection.approvals(i));
  }
  for (const RuleRows& rule : store.rules) {
    uses.rules.push_back(rule.rows.size());
  }
  return uses;
}

Judge::Judge(const Policy& policy, const JudgeOptions& options)
    : state_(std::make_unique<State>(policy, options)) {}
Judge::Judge(Judge&&) noexcept = default;
Judge& Judge::operator=(Judge&&) noexcept = default;
Judge::~Judge() = default;

void Judge::add(const facts::Fact& fact) {
  state_->single.clear();
  state_->single.add(fact, state_->store.keeps_files);
  state_->add(state_->single);
}

bool Judge::asks_for_files() const {
  return state_->store.keeps_files;
}

void Judge::add(const FactPack& facts) {
  state_->add(facts);
}

void Judge::add(const coverage::HostCoverage& host) {
  if (host.first > 0 && state_->store.keeps_seen) {
    const std::string name = host.host ? *host.host : host.node.value_or("");
    State::note_reach(state_->store.selection.intern_host({name, input::text_hash(name)}),
                      host.first, state_->told_reach);
  }
  if (host.flows && !host.flows->unseen.empty()) {
    state_->hosts.push_back(host);
  }
}

void Judge::add(const std::vector<coverage::HostCoverage>& hosts) {
  for (const coverage::HostCoverage& host : hosts) {
    add(host);
  }
}

Judgement Judge::finish() {
  state_->settle_reach();
  Judgement judgement;
  const std::vector<std::uint32_t> order = state_->order_rows(state_->find_duplicates(judgement));
  std::vector<Finding>& findings = judgement.findings;
  std::vector<std::pair<std::uint32_t, Finding>> ranked;  // with the rule's place
  for (std::uint32_t rule = 0; rule < state_->store.rules.size(); ++rule) {
    const Rule& asked = state_->store.selection.policy().rules[rule];
    judgement.looks_back_ms = std::max(judgement.looks_back_ms, asked.keys.first_seen_ms);
    if (asked.unseen_flows) {
      find_unseen(state_->store.selection, rule, state_->hosts, state_->store.from,
                  state_->store.until, findings);
    } else {
      sift_rows(state_->store, rule);
      find_findings(state_->store, rule, order, findings);
    }
    for (Finding& finding : findings) {
      ranked.emplace_back(rule, std::move(finding));
    }
    findings.clear();
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    const Finding& x = a.second;
    const Finding& y = b.second;
    return std::tie(y.severity, x.start, a.first, x.host, x.group, x.id) <
           std::tie(x.severity, y.start, b.first, y.host, y.group, y.id);
  });
  findings.reserve(ranked.size());
  for (auto& [rule, finding] : ranked) {
    findings.push_back(std::move(finding));
  }
  judgement.problems = state_->store.selection.problems().sentences();
  judgement.uses = state_->count_uses();
  return judgement;
}

}  // namespace auexfil::policy
