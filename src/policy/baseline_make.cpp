#include <algorithm>
#include <bit>
#include <compare>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "auexfil/policy/windows.hpp"
#include "baseline_rows.hpp"
#include "rule_keys.hpp"
#include "saturating.hpp"

namespace auexfil::policy {
namespace {

constexpr audit::TimeMs kDayMs = 86'400'000;
constexpr std::uint64_t kMinDays = 3;
constexpr std::uint64_t kIrregular = 4;  ///< Times the median.
constexpr std::uint64_t kMargin = 2;     ///< Times what is normal.
constexpr std::uint64_t kLeastLimit = std::uint64_t{1} << 20;
constexpr std::size_t kMostJobs = 5;

std::int64_t day_of(audit::TimeMs time) {
  return time >= 0 ? time / kDayMs : (time + 1) / kDayMs - 1;
}

std::uint64_t times(std::uint64_t factor, std::uint64_t bytes) {
  return saturate(static_cast<Wide>(factor) * bytes);
}

/// Up to a number of at most five significant bits and whole KiB.
std::uint64_t round_up(std::uint64_t bytes) {
  constexpr int kBits = 5;
  constexpr std::uint64_t kKiB = 1024;
  const int drop = static_cast<int>(std::bit_width(bytes)) - kBits;
  const std::uint64_t unit = std::max(kKiB, drop > 0 ? std::uint64_t{1} << drop : 1);
  return bytes > UINT64_MAX - unit ? bytes : (bytes + unit - 1) / unit * unit;
}

/// Whose sum over what; the parts that are not asked for are 0.
struct SumKey {
  RoleId role{};
  Symbol host{};
  std::uint32_t what{};
  std::int64_t day{};
  auto operator<=>(const SumKey&) const = default;
};

/// Adds up bytes by key, in the order of the keys.
class Sums {
 public:
  void add(const SumKey& key, std::uint64_t bytes) { parts_.emplace_back(key, bytes); }

  template <typename Take>
  void each(const Take& take) {
    std::sort(parts_.begin(), parts_.end());
    for (std::size_t i = 0; i < parts_.size();) {
      const SumKey key = parts_[i].first;
      Wide sum = 0;
      for (; i < parts_.size() && parts_[i].first == key; ++i) {
        sum += parts_[i].second;
      }
      take(key, saturate(sum));
    }
  }

 private:
  std::vector<std::pair<SumKey, std::uint64_t>> parts_;
};

struct RouteKey {
  RoleId role{};
  std::uint32_t user{};
  Symbol tool{};
  PeerId peer{};
  std::uint16_t port{};
  auto operator<=>(const RouteKey&) const = default;
};

struct RouteData {
  Route route;
  bool approved = true;    ///< In each of its runs.
  bool unattended = true;  ///< Likewise.
  bool is_sum = false;
  bool steady = false;
  bool normal = false;
  std::uint32_t last_transfer = kNone;
  std::int64_t last_day{};
  std::set<Symbol> jobs;
};

using JobKey = std::pair<RoleId, Symbol>;

struct JobData {
  JobBaseline job;
  Spread normal_session;
  Spread normal_day;
  std::set<std::string> users;
  std::set<std::string> addresses;
  std::set<std::string> names;
  std::set<std::int64_t> days;
};

struct RoleData {
  RoleBaseline role;
  std::set<Symbol> hosts;
  std::set<std::int64_t> days;
  audit::TimeMs first{};
  audit::TimeMs last{};
};

class Maker {
 public:
  explicit Maker(BaselineRows& all)
      : all_(all), select_(all.selection), policy_(all.selection.policy()) {}

  BaselineReport make() {
    order_rows();
    for (const std::uint32_t row : order_) {
      add_to_role(row);
      add_to_route(row);
    }
    for (auto& [key, data] : routes_) {
      data.route.why = why_not_steady(key, data);
      data.steady = !data.approved && data.route.why.empty();
    }
    set_limits();
    find_over();
    for (auto& [key, data] : routes_) {
      data.normal = is_normal(key, data);
    }
    group_by_rules();
    fit_limits();
    find_fired();
    sum_up();
    find_fired_jobs();
    return take();
  }

 private:
  [[nodiscard]] const BaselineTransfer& transfer_of(std::uint32_t row) const {
    return all_.transfers[all_.rows[row].transfer];
  }
  [[nodiscard]] RouteKey route_of(std::uint32_t row) const {
    const BaselineTransfer& transfer = transfer_of(row);
    return {transfer.who.role, select_.user(transfer.who.user).group, transfer.who.tool,
            all_.rows[row].peer, all_.rows[row].port};
  }

  /// By time; of one transfer that came twice the most complete.
  void order_rows() {
    std::map<std::pair<std::uint64_t, Symbol>, std::uint32_t> best;
    for (std::uint32_t i = 0; i < all_.transfers.size(); ++i) {
      const BaselineTransfer& one = all_.transfers[i];
      const auto [place, is_new] = best.emplace(std::pair(one.id, one.who.host), i);
      const BaselineTransfer& known = all_.transfers[place->second];
      if (!is_new && std::pair(known.end, known.bytes) < std::pair(one.end, one.bytes)) {
        place->second = i;
      }
    }
    kept_.assign(all_.rows.size(), false);
    for (std::uint32_t i = 0; i < all_.rows.size(); ++i) {
      const BaselineTransfer& one = transfer_of(i);
      if (best.at({one.id, one.who.host}) == all_.rows[i].transfer) {
        order_.push_back(i);
        kept_[i] = true;
      }
    }
    std::stable_sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
      const BaselineTransfer& x = transfer_of(a);
      const BaselineTransfer& y = transfer_of(b);
      return std::tie(x.end, x.id, x.who.host) < std::tie(y.end, y.id, y.who.host);
    });
    report_.transfers = best.size();
  }

  void add_to_role(std::uint32_t row) {
    const BaselineTransfer& transfer = transfer_of(row);
    RoleData& data = roles_[transfer.who.role];
    data.first = data.days.empty() ? transfer.end : data.first;
    data.last = transfer.end;
    data.days.insert(day_of(transfer.end));
    data.hosts.insert(transfer.who.host);
  }

  void add_to_route(std::uint32_t number) {
    const BaselineRow& row = all_.rows[number];
    const BaselineTransfer& transfer = transfer_of(number);
    RouteData& data = routes_[route_of(number)];
    Route& route = data.route;
    if (route.runs == 0) {
      route.first = transfer.end;
    }
    route.last = transfer.end;
    if (route.runs == 0 || data.last_day != day_of(transfer.end)) {
      ++route.days;
      data.last_day = day_of(transfer.end);
    }
    // Destinations of a transfer differ by address or port: one is one run.
    ++route.runs;
    if (row.measured) {
      route.volumes.add(row.bytes);
      route.lower_bounds += row.is_least ? 1 : 0;
    } else {
      ++route.unmeasured;
    }
    data.approved = data.approved && row.approved;
    data.unattended = data.unattended && transfer.unattended;
    data.is_sum = data.is_sum || row.is_sum;
    route.is_address = row.is_address;
    if (data.jobs.size() < kMostJobs) {
      data.jobs.insert(transfer.job);
    }
    if (route.transfers.size() < Fired::kMostIds) {
      route.transfers.push_back(transfer.id);
    }
  }

  [[nodiscard]] std::string why_not_steady(const RouteKey& key, const RouteData& data) const {
    std::string presence = why_not_present(key, data);
    if (!presence.empty()) {
      return presence;
    }
    const Route& route = data.route;
    if (route.unmeasured > 0) {
      return fmt::format("the volume of {} of {} runs is not known", route.unmeasured, route.runs);
    }
    if (route.lower_bounds > 0) {
      return fmt::format("the volume of {} of {} runs is known at least, not at most",
                         route.lower_bounds, route.runs);
    }
    const std::uint64_t median = route.volumes.quantile(50);
    if (route.volumes.max() > times(kIrregular, median)) {
      return fmt::format("{} in one run, more than {} times its median of {}",
                         format_size(route.volumes.max()), kIrregular, format_size(median));
    }
    return {};
  }

  /// Whatever it sent: was it there all the time?
  [[nodiscard]] std::string why_not_present(const RouteKey& key, const RouteData& data) const {
    const Route& route = data.route;
    const RoleData& role = roles_.at(key.role);
    const audit::TimeMs third = std::max(kDayMs, (role.last - role.first) / 3);
    if (data.is_sum) {
      return "which addresses these are is not known";
    }
    if (!data.unattended) {
      return "what starts it is not known";
    }
    if (route.days < kMinDays) {
      return fmt::format("seen on {} only", route.days == 1 ? "one day" : "two days");
    }
    if (route.first - role.first > third) {
      return "began in the midst of the period";
    }
    return role.last - route.last > third ? "ended in the midst of the period" : "";
  }

  [[nodiscard]] bool is_steady(std::uint32_t row) const { return routes_.at(route_of(row)).steady; }
  [[nodiscard]] bool tells_usual(std::uint32_t number) const {
    const BaselineRow& row = all_.rows[number];
    return row.measured && !row.approved && !row.is_sum &&
           routes_.at(route_of(number)).route.days >= kMinDays;
  }
  [[nodiscard]] SumKey sum_of(std::uint32_t row) const {
    const BaselineTransfer& transfer = transfer_of(row);
    return {transfer.who.role, transfer.who.host, all_.rows[row].peer, day_of(transfer.end)};
  }
  [[nodiscard]] std::vector<FlowSum> flow_sums_of(std::span<const std::uint32_t> rows) const {
    return flow_sums(all_.together, rows, [this](std::uint32_t row) {
      return FlowShare{transfer_of(row).who.host, all_.rows[row].bytes, all_.rows[row].by_log};
    });
  }

  /// What rows to one address lack of the flows that they share, on the day of the last of them.
  void add_flow_sums(Sums (&sums)[2]) const {
    std::map<std::tuple<RoleId, Symbol, PeerId>, std::vector<std::uint32_t>> groups;
    for (const TogetherRow& shared : all_.together) {
      if (kept_[shared.row] && tells_usual(shared.row)) {
        const Who& who = transfer_of(shared.row).who;
        groups[{who.role, who.host, all_.rows[shared.row].peer}].push_back(shared.row);
      }
    }
    for (const auto& [key, rows] : groups) {
      for (const FlowSum& flows : flow_sums_of(rows)) {
        const std::uint32_t last = rows[flows.together.last];
        sums[is_steady(last) ? 0 : 1].add(sum_of(last), flows.together.amount);
      }
    }
  }

  /// From what stays below: what an address takes in a day, of addresses that are there often.
  void set_limits() {
    Sums sums[2];  // steady, and all others
    for (const std::uint32_t number : order_) {
      const BaselineRow& row = all_.rows[number];
      if (tells_usual(number)) {
        sums[is_steady(number) ? 0 : 1].add(sum_of(number), row.bytes);
      }
    }
    add_flow_sums(sums);
    std::map<RoleId, Spread> usual;
    std::map<RoleId, Spread> residual;
    sums[0].each([&](const SumKey& key, std::uint64_t sum) { usual[key.role].add(sum); });
    sums[1].each([&](const SumKey& key, std::uint64_t sum) {
      usual[key.role].add(sum);
      residual[key.role].add(sum);
    });
    for (auto& [id, data] : roles_) {
      RoleBaseline& role = data.role;
      role.limit_before = role.limit = policy_.roles[id].limit_bytes;
      role.window_ms = policy_.roles[id].window_ms;
      role.usual = usual[id].quantile(50);
      role.residual = residual[id].quantile(99);
      role.is_told = data.days.size() >= kMinDays && usual[id].count() >= kMinDays;
      if (role.is_told) {
        const std::uint64_t normal = times(kMargin, std::max(role.usual, role.residual));
        role.limit = std::min(role.limit_before, std::max(kLeastLimit, round_up(normal)));
      }
    }
  }

  using Rows = std::span<const std::uint32_t>;
  using Groups = std::map<std::vector<std::uint32_t>, std::vector<std::uint32_t>>;

  /// What stays to be found, once the steady are approved.
  [[nodiscard]] bool is_left(std::uint32_t number) const {
    return !all_.rows[number].approved && !routes_.at(route_of(number)).steady;
  }

  [[nodiscard]] std::vector<Stretch> stretches_of(Rows rows, const RoleBaseline& role,
                                                  std::int64_t window_ms, bool guesses) const {
    std::vector<WindowEntry> entries;
    for (const std::uint32_t number : rows) {
      const BaselineRow& row = all_.rows[number];
      entries.push_back({transfer_of(number).end, guesses ? row.bytes + row.guess : row.bytes});
    }
    std::vector<Together> together;
    for (const FlowSum& flows : flow_sums_of(rows)) {
      together.push_back(flows.together);
    }
    return find_stretches(entries, window_ms, role.limit, std::nullopt, together);
  }

  /// Destinations that a host sends more to than the limit lets, whatever rules there are.
  void find_over() {
    std::map<std::tuple<RoleId, Symbol, PeerId>, std::vector<std::uint32_t>> groups;
    for (const std::uint32_t number : order_) {
      if (is_left(number)) {
        const Who& who = transfer_of(number).who;
        groups[{who.role, who.host, all_.rows[number].peer}].push_back(number);
      }
    }
    for (const auto& [key, rows] : groups) {
      const auto& [role, host, peer] = key;
      const RoleBaseline& baseline = roles_.at(role).role;
      if (!stretches_of(rows, baseline, baseline.window_ms, false).empty()) {
        fired_.insert({role, peer});
      }
    }
  }

  /// For the rules that ask for nothing that is not kept here.
  void group_by_rules() {
    std::vector<bool> counted;
    for (const Rule& rule : policy_.rules) {
      const bool has_limit = rule.limit.kind == Limit::Kind::role && !rule.unseen_flows;
      counted.push_back(has_limit && is_kept(rule));
      for (auto& [id, data] : roles_) {
        if (has_limit && !is_kept(rule)) {
          data.role.not_counted.push_back(rule.name);
        }
      }
    }
    groups_.resize(counted.size());
    std::vector<std::uint32_t> rules;  // of a transfer
    for (const std::uint32_t number : order_) {
      if (!is_left(number)) {
        continue;
      }
      const BaselineTransfer& transfer = transfer_of(number);
      select_.find_rules(
          transfer.unattended ? transfer::Verdict::unattended : transfer::Verdict::unknown,
          transfer::Side::client, transfer.who, rules);
      for (const std::uint32_t rule : rules) {
        if (counted[rule] && selects(policy_.rules[rule], all_.rows[number])) {
          groups_[rule][group_of(policy_.rules[rule], number)].push_back(number);
        }
      }
    }
  }

  [[nodiscard]] RoleBaseline& role_of(const std::vector<std::uint32_t>& rows) {
    return roles_.at(transfer_of(rows.front()).who.role).role;
  }

  /// Normal, and not only for having been little: what a thief sends to many addresses in one night
  /// is little for each of them.
  [[nodiscard]] bool is_usual(std::uint32_t number) const {
    const RouteData& data = routes_.at(route_of(number));
    return data.normal && data.route.days >= kMinDays;
  }

  /// The limits so far are of single destinations; rules may add up more of what is normal.
  void fit_limits() {
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      for (const auto& [key, rows] : groups_[i]) {
        RoleBaseline& role = role_of(rows);
        std::vector<std::uint32_t> usual = rows;
        const auto others = std::stable_partition(usual.begin(), usual.end(),
                                                  [this](auto row) { return is_usual(row); });
        const Rule& rule = policy_.rules[i];
        each_told(rule, std::span(usual.begin(), others), role, [&](Rows, std::uint64_t peak) {
          if (peak > role.added_up) {
            role.added_up = peak;
            role.added_up_by = rule.name;
          }
        });
        each_told(rule, std::span(others, usual.end()), role, [&](Rows, std::uint64_t peak) {
          role.doubtful = std::min(role.doubtful.value_or(peak), peak);
        });
      }
    }
    constexpr std::uint64_t kKiB = 1024;
    for (auto& [id, data] : roles_) {
      RoleBaseline& role = data.role;
      if (!role.is_told || role.added_up == 0) {
        continue;
      }
      std::uint64_t limit = std::min(role.limit_before, round_up(times(kMargin, role.added_up)));
      if (role.doubtful && limit >= *role.doubtful) {
        limit = (*role.doubtful - 1) / kKiB * kKiB;
      }
      if (limit >= std::min(role.limit_before, role.added_up)) {
        role.limit = std::max(role.limit, limit);
      }
    }
  }

  void find_fired() {
    for (std::size_t rule = 0; rule < groups_.size(); ++rule) {
      for (const auto& [key, rows] : groups_[rule]) {
        add_fired(policy_.rules[rule], rows);
      }
    }
  }

  /// Downloads, servers, people, files and the like are in no baseline.
  [[nodiscard]] static bool is_kept(const Rule& rule) {
    using transfer::Direction;
    return keys_of(rule).empty() && rule.signs.empty() && rule.deviations.empty() &&
           !rule.automation.has(transfer::Verdict::attended) &&
           !rule.sides.has(transfer::Side::server) && !rule.directions.has(Direction::in) &&
           !rule.directions.has(Direction::none);
  }

  [[nodiscard]] bool selects(const Rule& rule, const BaselineRow& row) const {
    return rule.directions.has(row.direction) &&
           (rule.bases.has(row.basis) ||
            (row.has_share && rule.bases.has(transfer::Basis::flow))) &&
           may_meet(rule, row.port != 0 ? std::optional(row.port) : std::nullopt,
                    row.addresses > 0) &&
           (!rule.public_only || select_.peer(row.peer).is_public);
  }

  /// The role first: whose limit it is.
  [[nodiscard]] std::vector<std::uint32_t> group_of(const Rule& rule, std::uint32_t number) const {
    const BaselineTransfer& transfer = transfer_of(number);
    std::vector<std::uint32_t> key = {transfer.who.role};
    for (const GroupKey part : rule.group_by) {
      switch (part) {
        case GroupKey::host:
          key.push_back(transfer.who.host);
          break;
        case GroupKey::destination:
          key.push_back(all_.rows[number].peer);
          break;
        case GroupKey::user:
          key.push_back(select_.user(transfer.who.user).group);
          break;
        case GroupKey::tool:
          key.push_back(transfer.who.tool);
          break;
        case GroupKey::job:
          key.push_back(transfer.command);
          break;
        case GroupKey::role:
          break;
      }
    }
    return key;
  }

  /// What the rule tells of rows of one group, by the role's limit so far.
  template <typename Take>
  void each_told(const Rule& rule, Rows rows, const RoleBaseline& role, const Take& take) const {
    const std::int64_t window_ms = rule.window_ms.value_or(role.window_ms);
    for (const Stretch& stretch : stretches_of(rows, role, window_ms, rule.estimates)) {
      const Rows covered = std::span(rows).subspan(stretch.first, stretch.last - stretch.first + 1);
      const bool guessed = std::any_of(covered.begin(), covered.end(), [this](std::uint32_t row) {
        return all_.rows[row].guess > 0;
      });
      if (destinations_of(covered) < rule.min_destinations || (rule.estimates && !guessed)) {
        continue;
      }
      take(covered, stretch.peak);
    }
  }

  void add_fired(const Rule& rule, const std::vector<std::uint32_t>& rows) {
    RoleBaseline& role = role_of(rows);
    each_told(rule, rows, role, [&](Rows covered, std::uint64_t peak) {
      Fired one = fired(covered, peak);
      one.rule = rule.name;
      const auto& by = rule.group_by;
      if (std::find(by.begin(), by.end(), GroupKey::destination) == by.end()) {
        one.destination.clear();
      }
      role.fired.push_back(std::move(one));
    });
  }

  [[nodiscard]] std::uint64_t destinations_of(Rows rows) const {
    std::set<PeerId> peers;
    std::uint64_t others = 0;  // of several sums: they may be of the same addresses
    for (const std::uint32_t number : rows) {
      const BaselineRow& row = all_.rows[number];
      others = std::max<std::uint64_t>(others, row.addresses);
      if (row.addresses == 0) {
        peers.insert(row.peer);
      }
    }
    return peers.size() + others;
  }

  [[nodiscard]] Fired fired(std::span<const std::uint32_t> rows, std::uint64_t bytes) const {
    Fired one;
    const BaselineTransfer& first = transfer_of(rows.front());
    one.host = select_.host(first.who.host);
    one.destination = select_.peer(all_.rows[rows.front()].peer).text;
    one.job = all_.jobs.text(first.job);
    one.bytes = bytes;
    std::uint32_t last = kNone;
    for (const std::uint32_t row : rows) {
      if (all_.rows[row].transfer == last) {
        continue;
      }
      last = all_.rows[row].transfer;
      ++one.count;
      if (one.transfers.size() < Fired::kMostIds) {
        one.transfers.push_back(transfer_of(row).id);
      }
    }
    return one;
  }

  /// What is in the baseline. Of a volume that is not known nobody can say that it was small.
  [[nodiscard]] bool is_normal(const RouteKey& key, const RouteData& data) const {
    if (data.approved || data.steady) {
      return true;
    }
    if (data.is_sum || fired_.contains({key.role, key.peer})) {
      return false;
    }
    const Route& route = data.route;
    if (route.unmeasured == 0 && route.lower_bounds == 0) {
      return true;
    }
    return (route.unmeasured == 0 || route.unmeasured == route.runs) &&
           why_not_present(key, data).empty();
  }

  /// A transfer's rows stand one behind the other in `order_`.
  void sum_up() {
    Sums role_days;
    Sums job_days;
    Sums normal_days;
    for (std::size_t i = 0; i < order_.size();) {
      const std::uint32_t first = all_.rows[order_[i]].transfer;
      const BaselineTransfer& transfer = all_.transfers[first];
      const SumKey day{transfer.who.role, transfer.who.host, 0, day_of(transfer.end)};
      SumKey of_job = day;
      of_job.what = transfer.job;
      JobData& job = jobs_[{transfer.who.role, transfer.job}];
      Wide sum = 0;
      Wide normal = 0;
      bool measured = true;
      bool is_least = false;
      bool has_normal = false;
      for (; i < order_.size() && all_.rows[order_[i]].transfer == first; ++i) {
        const BaselineRow& row = all_.rows[order_[i]];
        measured = measured && row.measured;
        is_least = is_least || row.is_least;
        sum += row.bytes;
        if (routes_.at(route_of(order_[i])).normal) {
          add_normal(job, order_[i]);
          normal += row.bytes;
          has_normal = has_normal || row.measured;
        }
      }
      job.days.insert(day.day);
      for (Volumes* const volumes :
           {&job.job.volumes, &roles_.at(transfer.who.role).role.volumes}) {
        ++volumes->runs;
        if (measured) {
          volumes->session.add(saturate(sum));
          volumes->lower_bounds += is_least ? 1 : 0;
        } else {
          ++volumes->unmeasured;
        }
      }
      if (sum > 0 || measured) {
        role_days.add(day, saturate(sum));
        job_days.add(of_job, saturate(sum));
      }
      if (has_normal) {
        job.normal_session.add(saturate(normal));
        normal_days.add(of_job, saturate(normal));
      }
    }
    role_days.each([this](const SumKey& key, std::uint64_t bytes) {
      roles_.at(key.role).role.volumes.day.add(bytes);
    });
    job_days.each([this](const SumKey& key, std::uint64_t bytes) {
      jobs_.at({key.role, key.what}).job.volumes.day.add(bytes);
    });
    normal_days.each([this](const SumKey& key, std::uint64_t bytes) {
      jobs_.at({key.role, key.what}).normal_day.add(bytes);
    });
  }

  void add_normal(JobData& job, std::uint32_t number) const {
    const BaselineRow& row = all_.rows[number];
    const BaselineTransfer& transfer = transfer_of(number);
    (row.is_address ? job.addresses : job.names).insert(select_.peer(row.peer).text);
    const std::vector<std::string>& user = select_.user(transfer.who.user).own;
    job.users.insert(user.begin(), user.end());
  }

  void find_fired_jobs() {
    for (auto& [key, data] : jobs_) {
      if (data.normal_session.count() > 0) {
        data.job.session_limit = round_up(times(kMargin, data.normal_session.quantile(99)));
        data.job.day_limit = round_up(times(kMargin, data.normal_day.quantile(99)));
      }
    }
    for (std::size_t i = 0; i < order_.size();) {
      const std::uint32_t first = all_.rows[order_[i]].transfer;
      const std::size_t begin = i;
      Wide sum = 0;
      for (; i < order_.size() && all_.rows[order_[i]].transfer == first; ++i) {
        sum += all_.rows[order_[i]].bytes;
      }
      const BaselineTransfer& transfer = all_.transfers[first];
      JobBaseline& job = jobs_.at({transfer.who.role, transfer.job}).job;
      if (job.session_limit && saturate(sum) > *job.session_limit) {
        job.fired.push_back(fired(std::span(order_).subspan(begin, i - begin), saturate(sum)));
      }
    }
  }

  Route name(const RouteKey& key, RouteData& data) const {
    Route route = std::move(data.route);
    route.role = policy_.roles[key.role].name;
    route.user = select_.user_name(key.user);
    route.tool = select_.tool(key.tool);
    route.address = select_.peer(key.peer).text;
    if (key.port != 0) {
      route.port = key.port;
    }
    for (const Symbol job : data.jobs) {
      route.jobs.emplace_back(all_.jobs.text(job));
    }
    return route;
  }

  BaselineReport take() {
    for (auto& [id, data] : roles_) {
      data.role.name = policy_.roles[id].name;
      data.role.hosts = data.hosts.size();
      data.role.days = data.days.size();
      report_.first = report_.roles.empty() ? data.first : std::min(report_.first, data.first);
      report_.last = std::max(report_.last, data.last);
      report_.roles.push_back(std::move(data.role));
    }
    for (auto& [key, data] : jobs_) {
      JobBaseline& job = data.job;
      job.role = policy_.roles[key.first].name;
      job.job = all_.jobs.text(key.second);
      constexpr std::string_view kBehindKind = ": ";
      job.is_known = job.job.find(kBehindKind) + kBehindKind.size() != job.job.size();
      job.days = data.days.size();
      job.users.assign(data.users.begin(), data.users.end());
      job.addresses.assign(data.addresses.begin(), data.addresses.end());
      job.names.assign(data.names.begin(), data.names.end());
      report_.jobs.push_back(std::move(job));
    }
    std::sort(
        report_.jobs.begin(), report_.jobs.end(), [](const JobBaseline& a, const JobBaseline& b) {
          return std::tie(b.volumes.runs, a.role, a.job) < std::tie(a.volumes.runs, b.role, b.job);
        });
    for (auto& [key, data] : routes_) {
      if (data.steady) {
        report_.steady.push_back(name(key, data));
      } else if (!data.normal) {
        report_.doubtful.push_back(name(key, data));
      }
    }
    for (std::vector<Route>* const routes : {&report_.steady, &report_.doubtful}) {
      std::sort(routes->begin(), routes->end(), [](const Route& a, const Route& b) {
        return std::tie(a.role, a.address, a.port, a.user, a.tool) <
               std::tie(b.role, b.address, b.port, b.user, b.tool);
      });
    }
    report_.attended = all_.attended;
    report_.incoming = all_.incoming;
    report_.incoming_unmeasured = all_.incoming_unmeasured;
    report_.left_out = all_.left_out;
    for (std::uint32_t i = 0; i < policy_.allows.size(); ++i) {
      report_.approvals.push_back(select_.approvals(i));
    }
    return std::move(report_);
  }

  const BaselineRows& all_;
  Selection& select_;
  const Policy& policy_;
  std::vector<std::uint32_t> order_;
  std::vector<bool> kept_;  ///< Rows that are in `order_`.
  std::map<RoleId, RoleData> roles_;
  std::map<RouteKey, RouteData> routes_;
  std::map<JobKey, JobData> jobs_;
  std::set<std::pair<RoleId, PeerId>> fired_;
  std::vector<Groups> groups_;  ///< By rule: what it adds up of what is left.
  BaselineReport report_;
};

}  // namespace

BaselineReport make_baseline(BaselineRows& rows) {
  return Maker(rows).make();
}

}  // namespace auexfil::policy
