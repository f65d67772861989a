#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "auexfil/input/fnv.hpp"
#include "auexfil/policy/units.hpp"
#include "auexfil/policy/windows.hpp"
#include "file_list.hpp"
#include "reasons.hpp"
#include "saturating.hpp"
#include "store.hpp"

namespace auexfil::policy {
namespace {

/// A sum of byte counts some of which may be missing, and how sure it is.
class Total {
 public:
  explicit Total(bool counts_guesses) : counts_guesses_(counts_guesses) {}

  void add(const Row& row) {
    if (row.measured && (!row.guessed || counts_guesses_)) {
      sum_ += row.bytes;
      basis_ = known_ ? transfer::weaker(basis_, row.basis) : row.basis;
      known_ = true;
    } else {
      missing_ = true;
    }
  }
  /// Of transfers that have no bytes of their own as well: together they have these.
  void add(const FlowSum& flows) {
    if (flows.together.amount > 0) {
      sum_ += flows.together.amount;
      basis_ = known_ ? basis_ : transfer::Basis::flow;
      known_ = true;
    }
  }
  [[nodiscard]] std::optional<std::uint64_t> bytes() const {
    return known_ ? std::optional(saturate(sum_)) : std::nullopt;
  }
  /// Of the counts that are known; where one is missing, the sum is a lower bound at best.
  [[nodiscard]] transfer::Basis basis() const {
    if (!known_) {
      return transfer::Basis::unknown;
    }
    return missing_ ? transfer::weaker(basis_, transfer::Basis::at_least) : basis_;
  }

 private:
  bool counts_guesses_;
  Wide sum_ = 0;
  transfer::Basis basis_ = transfer::Basis::unknown;
  bool known_ = false;
  bool missing_ = false;
};

class Builder {
 public:
  Builder(const Store& store, std::uint32_t rule)
      : store_(store),
        select_(store.selection),
        rule_(select_.policy().rules[rule]),
        grouping_(store.groupings[store.rules[rule].grouping]),
        keys_(store.rules[rule].keys) {}

  /// The findings of one group.
  void judge_group(Rows rows, std::vector<Finding>& findings) {
    const Role& role = role_of(rows.front());
    const std::int64_t window_ms = rule_.window_ms.value_or(role.window_ms);
    const auto limit = limit_of(rule_, role);
    if (!limit && store_.from) {
      // Nothing is summed: what ended before is not reported again.
      rows = rows.subspan(static_cast<std::size_t>(
          std::find_if(rows.begin(), rows.end(),
                       [&](std::uint32_t row) { return transfer_of(row).end >= *store_.from; }) -
          rows.begin()));
    }
    entries_.clear();
    for (const std::uint32_t number : rows) {
      const Row& row = store_.rows[number];
      const bool counts = !row.guessed || rule_.estimates;
      entries_.push_back({store_.transfers[row.transfer].end,
                          rule_.limit.kind == Limit::Kind::connections ? row.connections
                          : counts                                     ? row.bytes
                                                                       : 0});
    }
    std::vector<Together> together;
    if (rule_.limit.kind != Limit::Kind::connections) {
      for (const FlowSum& flows : flow_sums_of(rows)) {
        together.push_back(flows.together);
      }
    }
    for (const Stretch& stretch :
         find_stretches(entries_, window_ms, limit, store_.from, together)) {
      const Rows covered = rows.subspan(stretch.first, stretch.last - stretch.first + 1);
      const bool guessed = has_guess(covered);
      // What the log shows alone is for the other rules.
      if (has_enough_destinations(covered) && (guessed || !rule_.estimates) && hold(covered)) {
        findings.push_back(build(covered, {limit, window_ms, stretch.peak, role.name, guessed}));
      }
    }
  }

 private:
  [[nodiscard]] const TransferRow& transfer_of(std::uint32_t row) const {
    return store_.transfers[store_.rows[row].transfer];
  }
  [[nodiscard]] const Role& role_of(std::uint32_t row) const {
    return select_.policy().roles[transfer_of(row).who.role];
  }

  [[nodiscard]] std::vector<FlowSum> flow_sums_of(Rows rows) const {
    return flow_sums(store_.together, rows, [this](std::uint32_t number) {
      const Row& row = store_.rows[number];
      return FlowShare{transfer_of(number).who.host, row.bytes,
                       row.basis == transfer::Basis::measured};
    });
  }

  [[nodiscard]] bool has_guess(Rows rows) const {
    return std::any_of(rows.begin(), rows.end(),
                       [this](std::uint32_t row) { return store_.rows[row].guessed; });
  }

  [[nodiscard]] bool hold(Rows rows) const {
    return std::all_of(keys_.begin(), keys_.end(), [&](const RuleKey* key) {
      return key->holds_together == nullptr || key->holds_together(store_, rule_, rows);
    });
  }

  /// A limit is about what left.
  [[nodiscard]] Total begin_total() const {
    return Total(rule_.estimates || rule_.limit.kind == Limit::Kind::none);
  }

  /// With what some of them have together alone.
  [[nodiscard]] Total total_of(Rows rows) const {
    Total total = begin_total();
    for (const std::uint32_t number : rows) {
      total.add(store_.rows[number]);
    }
    for (const FlowSum& flows : flow_sums_of(rows)) {
      total.add(flows);
    }
    return total;
  }

  [[nodiscard]] bool has_enough_destinations(Rows rows) const {
    if (rule_.min_destinations <= 1) {
      return true;
    }
    std::vector<PeerId> peers;
    std::uint64_t others = 0;  // of several sums: they may be of the same addresses
    for (const std::uint32_t row : rows) {
      if (store_.rows[row].addresses == 0) {
        peers.push_back(store_.rows[row].peer);
      }
      others = std::max<std::uint64_t>(others, store_.rows[row].addresses);
    }
    std::sort(peers.begin(), peers.end());
    const auto last = std::unique(peers.begin(), peers.end());
    const auto distinct = static_cast<std::uint64_t>(last - peers.begin());
    return distinct + others >= rule_.min_destinations;
  }

  [[nodiscard]] Finding build(Rows rows, const Excess& excess) const {
    Finding finding;
    finding.rule = rule_.name;
    finding.technique = rule_.technique;
    finding.severity = rule_.severity;
    finding.window_s = excess.window_ms / 1000;
    if (rule_.limit.kind == Limit::Kind::connections) {
      finding.limit_connections = excess.limit;
    } else {
      finding.limit_bytes = excess.limit;
    }
    fill_group(finding, rows.front());
    const std::uint64_t first = fill_extent(finding, rows);
    fill_destinations(finding, rows);
    const TransferRow& heaviest = find_heaviest(rows);
    finding.role = select_.policy().roles[heaviest.who.role].name;
    fill_sender(finding, heaviest);
    if (store_.tells_files) {
      fill_files(finding, heaviest);
    }
    finding.reasons = finding.started;
    append_others(finding, rows, heaviest);
    finding.is_least = signs_of(rows).open;
    append_reasons(finding, rule_, excess, near_allows(rows));
    append_flow_reasons(finding, signs_of(rows));
    for (const RuleKey* const key : keys_) {
      tell(*key, store_, rule_, rows, finding.reasons);
    }
    if (!store_.deviations.empty()) {
      append_deviations(finding, deviations_of(rows));
    }
    finding.id = hash(finding, first);
    return finding;
  }

  /// Whose destinations' flows are summed up as a whole are no bounds.
  [[nodiscard]] FlowSigns signs_of(Rows rows) const {
    FlowSigns signs;
    std::uint64_t shared = 0;
    for (const std::uint32_t number : rows) {
      const FlowSigns& of_row = store_.rows[number].flow;
      shared += of_row.shared ? 1U : 0U;
      signs.merge(of_row);
    }
    for (const FlowSum& flows : flow_sums_of(rows)) {
      shared -= std::min(shared, flows.members);
      signs.summed = true;
    }
    signs.shared = shared > 0;
    return signs;
  }

  void fill_group(Finding& finding, std::uint32_t row) const {
    const std::uint32_t group = grouping_.of_row[row];
    for (std::size_t i = 0; i < grouping_.keys.size(); ++i) {
      const GroupKey key = grouping_.keys[i];
      const std::uint32_t value = grouping_.groups[group].at(i);
      finding.group.emplace_back(to_word(key), text_of(key, value));
    }
  }

  [[nodiscard]] std::string text_of(GroupKey key, std::uint32_t value) const {
    switch (key) {
      case GroupKey::host:
        return std::string(select_.host(value).empty() ? "unknown" : select_.host(value));
      case GroupKey::destination:
        return select_.peer(value).text;
      case GroupKey::user:
        return std::string(select_.user_name(value));
      case GroupKey::tool:
        return std::string(select_.tool(value));
      case GroupKey::job:
        return std::string(store_.jobs.text(value));
      case GroupKey::role:
        return select_.policy().roles[value].name;
    }
    return {};
  }

  /// \return the transfer that began first: it stays so, however long one that is open takes.
  std::uint64_t fill_extent(Finding& finding, Rows rows) const {
    const Total total = total_of(rows);
    const Symbol host = transfer_of(rows.front()).who.host;
    bool one_host = !select_.host(host).empty();
    std::pair<audit::TimeMs, std::uint64_t> first(transfer_of(rows.front()).start,
                                                  transfer_of(rows.front()).id);
    finding.end = transfer_of(rows.back()).end;
    for (const std::uint32_t number : rows) {
      const TransferRow& transfer = transfer_of(number);
      first = std::min(first, {transfer.start, transfer.id});
      one_host = one_host && transfer.who.host == host;
      if (finding.transfers.empty() || finding.transfers.back() != transfer.id) {
        finding.transfers.push_back(transfer.id);
      }
    }
    finding.start = first.first;
    finding.bytes_out = total.bytes();
    finding.basis = total.basis();
    if (one_host) {
      finding.host = select_.host(host);
    }
    return first.second;
  }

  void fill_destinations(Finding& finding, Rows rows) const {
    std::map<std::pair<PeerId, std::uint16_t>, std::vector<std::uint32_t>> parts;
    for (const std::uint32_t number : rows) {
      const Row& row = store_.rows[number];
      parts[{row.peer, row.port}].push_back(number);
    }
    for (const auto& [key, part] : parts) {
      const Total total = total_of(part);
      Finding::Destination destination;
      fill_sender(destination.sender, find_heaviest(part));
      destination.address = select_.peer(key.first).text;
      if (key.second != 0) {
        destination.port = key.second;
      }
      destination.bytes_out = total.bytes();
      destination.basis = total.basis();
      destination.is_least = signs_of(part).open;
      finding.destinations.push_back(std::move(destination));
    }
    // An empty optional sorts below every number.
    std::sort(finding.destinations.begin(), finding.destinations.end(),
              [](const Finding::Destination& a, const Finding::Destination& b) {
                return std::tie(b.bytes_out, a.address, a.port) <
                       std::tie(a.bytes_out, b.address, b.port);
              });
  }

  /// The transfer with the most bytes in these rows, the first of equals.
  [[nodiscard]] const TransferRow& find_heaviest(Rows rows) const {
    const TransferRow* heaviest = nullptr;
    std::optional<std::uint64_t> most;
    for (std::size_t i = 0; i < rows.size();) {
      const TransferRow& transfer = transfer_of(rows[i]);
      Total total = begin_total();
      for (; i < rows.size() && &transfer_of(rows[i]) == &transfer; ++i) {
        total.add(store_.rows[rows[i]]);
      }
      if (heaviest == nullptr || total.bytes() > most) {
        heaviest = &transfer;
        most = total.bytes();
      }
    }
    return *heaviest;
  }

  /// What is told of the sender is the heaviest transfer's: who else sent of it, by tool, user and
  /// verdict.
  void append_others(Finding& finding, Rows rows, const TransferRow& heaviest) const {
    const auto key_of = [this](const TransferRow& transfer) {
      return std::make_tuple(transfer.automation, transfer.who.tool,
                             select_.user(transfer.who.user).group);
    };
    std::map<std::tuple<transfer::Verdict, Symbol, Symbol>, std::vector<std::uint32_t>> parts;
    for (const std::uint32_t number : rows) {
      if (const auto key = key_of(transfer_of(number)); key != key_of(heaviest)) {
        parts[key].push_back(number);
      }
    }
    std::vector<OtherSender> others;
    for (const auto& [key, part] : parts) {
      const auto& [automation, tool, user] = key;
      const Total total = total_of(part);
      std::set<std::uint32_t> transfers;
      for (const std::uint32_t number : part) {
        transfers.insert(store_.rows[number].transfer);
      }
      others.push_back({std::string(select_.tool(tool)), std::string(select_.user_name(user)),
                        automation, total.bytes(), total.basis(), signs_of(part).open,
                        transfers.size()});
    }
    append_other_senders(finding, std::move(others));
  }

  void fill_files(Sender& sender, const TransferRow& row) const {
    FileList files(
        store_.texts.text(store_.files[static_cast<std::size_t>(&row - store_.transfers.data())]));
    sender.files_count = files.count();
    while (files.next()) {
      sender.files.push_back(files.file());
    }
  }

  void fill_sender(Sender& sender, const TransferRow& row) const {
    const User& user = select_.user(row.who.user);
    sender.tool = select_.tool(row.who.tool);
    sender.user = user.name;
    sender.auid_user = user.auid_name;
    sender.automation = row.automation;
    sender.started = store_.list(row.reasons);
    if (sender.started.empty() && sender.automation == transfer::Verdict::unknown) {
      sender.started.emplace_back("what started it is not in the log");
    }
    sender.command = store_.list(row.command);
    sender.chain = store_.list(row.chain);
    if (std::vector<std::string> script = store_.list(row.script); !script.empty()) {
      sender.script = std::move(script.front());
    }
    if (std::vector<std::string> login = store_.list(row.login); !login.empty()) {
      sender.login = std::move(login.front());
    }
    if (std::vector<std::string> job = store_.list(row.job); job.size() >= 2) {
      sender.job = facts::Job{std::move(job[0]), std::move(job[1]), std::nullopt};
      if (job.size() > 2) {
        sender.job->artefact = std::move(job[2]);
      }
    }
  }

  /// What a baseline does not have of these rows.
  [[nodiscard]] Deviations deviations_of(Rows rows) const {
    Deviations found;
    for (const std::uint32_t number : rows) {
      const EnumSet<Deviation> of_row = store_.deviations[number];
      const TransferRow& transfer = transfer_of(number);
      if (of_row.has(Deviation::new_destination)) {
        found.destinations.insert(select_.peer(store_.rows[number].peer).text);
      }
      if (of_row.has(Deviation::new_user)) {
        found.users.insert(select_.user(transfer.who.user).name.value_or("?"));
      }
      found.has_new_job = found.has_new_job || of_row.has(Deviation::new_job);
      const SessionRow& session = store_.sessions[store_.rows[number].transfer];
      const bool is_more =
          static_cast<Wide>(session.bytes) * std::max<std::uint64_t>(1, found.limit) >
          static_cast<Wide>(found.bytes) * session.limit;
      if (of_row.has(Deviation::above_baseline) && (found.bytes == 0 || is_more)) {
        found.bytes = session.bytes;
        found.limit = session.limit;
      }
    }
    return found;
  }

  /// By destination, the allow that came nearest to it.
  [[nodiscard]] NearAllows near_allows(Rows rows) const {
    NearAllows near;
    for (const std::uint32_t number : rows) {
      const Row& row = store_.rows[number];
      if (row.near.allow != kNone) {
        near.add(select_.peer(row.peer).text, row.near, select_.allow(row.near.allow));
      }
    }
    return near;
  }

  /// Of the rule, the group and the first transfer.
  [[nodiscard]] static std::uint64_t hash(const Finding& finding, std::uint64_t first) {
    return input::fnv(kind_of(finding), fmt::format("{:016x}", first));
  }

  const Store& store_;
  const Selection& select_;
  const Rule& rule_;
  const Grouping& grouping_;
  const std::vector<const RuleKey*>& keys_;
  std::vector<WindowEntry> entries_;
};

/// The rule's rows, each group's together and within it in `order`: a counting sort by group.
/// \param ends is filled with the end of each group in the result.
std::vector<std::uint32_t> sort_by_group(const Store& store, std::uint32_t rule,
                                         const std::vector<std::uint32_t>& order,
                                         std::vector<std::uint32_t>& ends) {
  const RuleRows& members = store.rules[rule];
  const Grouping& grouping = store.groupings[members.grouping];
  std::vector<bool> is_member(store.rows.size());
  for (const std::uint32_t row : members.rows) {
    is_member[row] = true;
  }
  ends.assign(grouping.groups.size() + 1, 0);
  for (const std::uint32_t row : order) {
    if (is_member[row]) {
      ++ends[grouping.of_row[row] + 1];
    }
  }
  for (std::size_t i = 1; i < ends.size(); ++i) {
    ends[i] += ends[i - 1];
  }
  std::vector<std::uint32_t> sorted(ends.back());
  for (const std::uint32_t row : order) {
    if (is_member[row]) {
      sorted[ends[grouping.of_row[row]]++] = row;  // moves each start on to the group's end
    }
  }
  ends.pop_back();
  return sorted;
}

}  // namespace

std::optional<std::uint64_t> limit_of(const Rule& rule, const Role& role) {
  switch (rule.limit.kind) {
    case Limit::Kind::none:
      return std::nullopt;
    case Limit::Kind::role:
      return role.limit_bytes;
    case Limit::Kind::bytes:
    case Limit::Kind::connections:
      return rule.limit.amount;
  }
  return std::nullopt;
}

std::uint64_t kind_of(const Finding& finding) {
  std::uint64_t kind = input::fnv(input::kFnvBegin, finding.rule);
  for (const auto& [key, value] : finding.group) {
    kind = input::fnv(input::fnv(kind, key), value);
  }
  return kind;
}

void find_findings(const Store& store, std::uint32_t rule, const std::vector<std::uint32_t>& order,
                   std::vector<Finding>& findings) {
  if (store.rules[rule].rows.empty()) {
    return;
  }
  std::vector<std::uint32_t> ends;
  const std::vector<std::uint32_t> sorted = sort_by_group(store, rule, order, ends);
  Builder builder(store, rule);
  std::size_t begin = 0;
  for (const std::uint32_t end : ends) {
    if (end > begin) {
      builder.judge_group(Rows(sorted).subspan(begin, end - begin), findings);
    }
    begin = end;
  }
}

}  // namespace auexfil::policy
