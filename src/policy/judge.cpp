#include "auexfil/policy/judge.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

#include "store.hpp"

namespace auexfil::policy {
namespace {

using transfer::Direction;
using transfer::Fact;

/// Programs of a chain that are worth showing.
constexpr std::size_t kMaxChain = 16;

bool may_have_sent(Direction direction) {
  return direction == Direction::out || direction == Direction::both ||
         direction == Direction::unknown;
}

transfer::Basis basis_of(const transfer::Destination& destination) {
  return destination.bytes_out ? destination.basis : transfer::Basis::unknown;
}

std::string_view name_of(const transfer::Program& program) {
  if (!program.comm.empty()) {
    return program.comm;
  }
  const std::string_view exe = program.exe;
  const std::string_view base = exe.substr(exe.rfind('/') + 1);
  return base.empty() ? std::string_view("?") : base;
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
  }

  void add(const Fact& fact);
  bool select(const Fact& fact, const transfer::Destination& destination, const Who& who,
              PeerId peer, std::uint32_t expired);
  std::uint32_t group_of(Grouping& grouping, const Who& who, PeerId peer, Symbol job);
  Symbol job_group(const Fact& fact);
  void keep_texts(const Fact& fact, TransferRow& row);
  std::vector<char> find_duplicates(Judgement& judgement) const;
  std::vector<std::uint32_t> order_rows(const std::vector<char>& left_out) const;

  Store store;
  bool by_job = false;
  std::vector<std::uint32_t> rules;     ///< Of the fact at hand.
  std::vector<std::string_view> parts;  ///< Reused.
  std::string job_text;                 ///< Reused.
};

void Judge::State::add(const Fact& fact) {
  TransferRow row;
  row.id = fact.id;
  row.start = fact.start;
  row.end = fact.end;
  row.bytes_out = fact.bytes_out.value_or(0);
  row.automation = fact.automation;
  row.who = store.selection.identify(fact);
  store.selection.find_rules(fact, row.who, rules);
  bool has_destination = false;
  bool all_approved = true;
  bool shown = false;
  for (const transfer::Destination& destination : fact.destinations) {
    const PeerId peer = store.selection.intern_peer(destination);
    if (!store.selection.peer(peer).counts) {
      continue;
    }
    has_destination = true;
    const auto approval = store.selection.approve(destination, peer, row.who, fact.end);
    if (approval.approved) {
      continue;
    }
    all_approved = false;
    row.unmeasured =
        row.unmeasured || (!destination.bytes_out && may_have_sent(destination.direction));
    shown = select(fact, destination, row.who, peer, approval.expired) || shown;
  }
  row.approved = has_destination && all_approved;
  if (shown) {
    keep_texts(fact, row);
  }
  store.transfers.push_back(row);
}

/// Makes a row of a destination if a rule counts it.
bool Judge::State::select(const Fact& fact, const transfer::Destination& destination,
                          const Who& who, PeerId peer, std::uint32_t expired) {
  const auto number = static_cast<std::uint32_t>(store.rows.size());
  const transfer::Basis basis = basis_of(destination);
  bool selected = false;
  std::optional<Symbol> job;
  for (const std::uint32_t index : rules) {
    const Rule& rule = store.selection.policy().rules[index];
    if (!rule.directions.has(destination.direction) || !rule.bases.has(basis) ||
        (rule.public_only && !store.selection.peer(peer).is_public)) {
      continue;
    }
    RuleRows& members = store.rules[index];
    Grouping& grouping = store.groupings[members.grouping];
    if (!job) {
      job = by_job ? job_group(fact) : 0;
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
    row.bytes = destination.bytes_out.value_or(0);
    row.transfer = static_cast<std::uint32_t>(store.transfers.size());
    row.peer = peer;
    row.expired = expired;
    row.connections = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        destination.connections, std::numeric_limits<std::uint32_t>::max()));
    row.port = destination.port.value_or(0);
    row.measured = destination.bytes_out.has_value();
    row.basis = basis;
    store.rows.push_back(row);
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
  const auto [place, is_new] =
      grouping.index.emplace(values, static_cast<std::uint32_t>(grouping.groups.size()));
  if (is_new) {
    grouping.groups.push_back(values);
  }
  return place->second;
}

/// The job, or the program where the log does not know what started it: two programs of unknown
/// origin are not one job.
Symbol Judge::State::job_group(const Fact& fact) {
  if (fact.job) {
    job_text = fact.job->kind;
    job_text += ": ";
    job_text += fact.job->what;
  } else {
    job_text = "program: ";
    job_text += fact.script ? *fact.script : fact.process.exe;
  }
  return store.jobs.intern(job_text);
}

void Judge::State::keep_texts(const Fact& fact, TransferRow& row) {
  parts.assign(fact.process.argv.begin(), fact.process.argv.end());
  row.command = store.intern_list(parts);

  parts.clear();
  for (const transfer::Program& program : fact.lineage) {
    if (parts.size() == kMaxChain || (program.pid == 1 && !parts.empty())) {
      break;  // Everything descends from init; it is worth a word only where it is all there is.
    }
    parts.push_back(name_of(program));
  }
  std::reverse(parts.begin(), parts.end());
  row.chain = store.intern_list(parts);

  parts.clear();
  for (const transfer::Reason& reason : fact.reasons) {
    parts.push_back(reason.text);
  }
  row.reasons = store.intern_list(parts);

  parts.clear();
  if (fact.script) {
    parts.push_back(*fact.script);
  }
  row.script = store.intern_list(parts);

  parts.clear();
  if (fact.job) {
    parts = {fact.job->kind, fact.job->what};
    if (fact.job->artefact) {
      parts.push_back(*fact.job->artefact);
    }
  }
  row.job = store.intern_list(parts);
}

/// Marks all but the most complete of the transfers with one id; counts the others.
std::vector<char> Judge::State::find_duplicates(Judgement& judgement) const {
  const auto& transfers = store.transfers;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> by_id;
  by_id.reserve(transfers.size());
  for (std::uint32_t i = 0; i < transfers.size(); ++i) {
    by_id.emplace_back(transfers[i].id, i);
  }
  std::sort(by_id.begin(), by_id.end());
  std::vector<char> left_out(transfers.size(), 1);
  for (std::size_t i = 0; i < by_id.size();) {
    const std::uint64_t id = by_id[i].first;
    std::uint32_t best = by_id[i].second;
    for (++i; i < by_id.size() && by_id[i].first == id; ++i) {
      ++judgement.duplicates;
      if (completeness(transfers[best]) < completeness(transfers[by_id[i].second])) {
        best = by_id[i].second;
      }
    }
    left_out[best] = 0;
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

Judge::Judge(const Policy& policy, const JudgeOptions& options)
    : state_(std::make_unique<State>(policy, options)) {}
Judge::Judge(Judge&&) noexcept = default;
Judge& Judge::operator=(Judge&&) noexcept = default;
Judge::~Judge() = default;

void Judge::add(const Fact& fact) {
  state_->add(fact);
}

Judgement Judge::finish() {
  Judgement judgement;
  const std::vector<std::uint32_t> order = state_->order_rows(state_->find_duplicates(judgement));
  std::vector<Finding>& findings = judgement.findings;
  std::vector<std::pair<std::uint32_t, Finding>> ranked;  // with the rule's place
  for (std::uint32_t rule = 0; rule < state_->store.rules.size(); ++rule) {
    find_findings(state_->store, rule, order, findings);
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
  return judgement;
}

}  // namespace auexfil::policy
