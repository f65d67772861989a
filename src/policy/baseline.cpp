#include "auexfil/policy/baseline.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "auexfil/policy/job_template.hpp"
#include "baseline_rows.hpp"

namespace auexfil::policy {
namespace {

constexpr std::string_view kOtherJobs = "other jobs: more than are told apart";

}  // namespace

struct Baseline::State {
  State(const Policy& policy, const JudgeOptions& given, std::size_t most)
      : rows(policy, given), options(given), max_rows(most) {}

  void add(const FactPack& pack);
  void add(const FactPack::Entry& entry, const FactPack::Destination* destinations,
           const char* names);
  struct Job {
    Symbol command{};
    Symbol name{};  ///< Of its template.
  };
  Job job_of(std::string_view text, std::uint64_t hash);

  BaselineRows rows;
  JudgeOptions options;
  std::size_t max_rows;
  FactPack single;
  std::array<Selection::Hashed, FactPack::kKinds> texts{};
  const FactPack::Together* together = nullptr;  ///< Those of the pack at hand.
  Symbols raw_jobs;
  std::vector<Symbol> template_of;  ///< By symbol of the command itself.
};

void Baseline::State::add(const FactPack& pack) {
  together = pack.together_.data();
  pack.each([this](const FactPack::Entry& entry, const FactPack::Texts& begins,
                   const FactPack::Destination* destinations, const char* names) {
    for (std::size_t kind = 0; kind < FactPack::kKinds; ++kind) {
      texts.at(kind) = {{begins.at(kind), entry.sizes.at(kind)}, entry.hashes.at(kind)};
    }
    add(entry, destinations, names);
  });
}

/// Every command is looked at once.
Baseline::State::Job Baseline::State::job_of(std::string_view text, std::uint64_t hash) {
  if (rows.jobs.size() >= kMaxJobs || raw_jobs.size() >= 4 * kMaxJobs) {
    return {kNone, rows.jobs.intern(kOtherJobs)};
  }
  const Symbol raw = raw_jobs.intern(text, hash);
  if (raw == template_of.size()) {
    template_of.push_back(rows.jobs.intern(job_template(text)));
  }
  return {raw, template_of[raw]};
}

void Baseline::State::add(const FactPack::Entry& entry, const FactPack::Destination* destinations,
                          const char* names) {
  if ((options.start && entry.end < *options.start) ||
      (options.end && entry.start > *options.end) || entry.side != transfer::Side::client) {
    return;
  }
  if (entry.automation == transfer::Verdict::attended) {
    ++rows.attended;
    return;
  }
  if (rows.rows.size() >= max_rows) {
    ++rows.left_out;
    return;
  }
  const Who who =
      rows.selection.identify(texts[FactPack::host], texts[FactPack::tool], texts[FactPack::user]);
  const auto transfer = static_cast<std::uint32_t>(rows.transfers.size());
  const Job job = job_of(texts[FactPack::group_job].text, texts[FactPack::group_job].hash);
  bool fetched = false;
  bool measured = true;
  for (std::uint32_t i = 0; i < entry.destinations; ++i) {
    const FactPack::Destination& to = destinations[i];
    const std::string_view name(names, to.name_size);
    names += to.name_size;
    const PeerId peer =
        to.has_address ? rows.selection.intern_peer(to.address) : rows.selection.intern_peer(name);
    if (!rows.selection.peer(peer).counts) {
      continue;
    }
    if (!may_have_sent(to.direction)) {
      fetched = true;
      measured = measured && to.has_bytes && !to.guessed;
      continue;
    }
    const auto port = to.has_port ? std::optional(to.port) : std::nullopt;
    BaselineRow row;
    row.approved =
        to.addresses == 0 &&
        rows.selection.approve(port, peer, to.has_address ? name : "", who, entry.end).approved;
    row.transfer = transfer;
    row.peer = peer;
    row.port = to.port;
    row.measured = to.has_bytes && !to.guessed;
    row.bytes = row.measured ? to.bytes_out : 0;
    row.guess = to.guessed ? to.bytes_out : 0;
    row.direction = to.direction;
    row.basis = row.measured ? to.basis : transfer::Basis::unknown;
    row.addresses = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(to.addresses, std::numeric_limits<std::uint32_t>::max()));
    row.has_share = to.together > 0 && together[to.together - 1].bytes > 0;
    row.is_least = row.measured && (to.basis == transfer::Basis::at_least ||
                                    (to.basis == transfer::Basis::flow &&
                                     (to.flow.open || to.flow.shared || to.together > 0)));
    row.by_log = row.measured && to.basis == transfer::Basis::measured;
    row.is_address = to.has_address;
    row.is_sum = to.addresses > 0 || (!to.has_address && name == "unknown");
    if (to.together > 0) {
      rows.together.push_back(
          {static_cast<std::uint32_t>(rows.rows.size()), together[to.together - 1]});
    }
    rows.rows.push_back(row);
  }
  if (!rows.rows.empty() && rows.rows.back().transfer == transfer) {
    rows.transfers.push_back({entry.id, entry.end, entry.bytes_out, who, job.name, job.command,
                              entry.automation == transfer::Verdict::unattended});
  } else if (fetched) {
    ++rows.incoming;
    rows.incoming_unmeasured += measured ? 0 : 1;
  }
}

Baseline::Baseline(const Policy& policy, const JudgeOptions& options, std::size_t max_rows)
    : state_(std::make_unique<State>(policy, options, max_rows)) {}
Baseline::Baseline(Baseline&&) noexcept = default;
Baseline::~Baseline() = default;

void Baseline::add(const facts::Fact& fact) {
  state_->single.clear();
  state_->single.add(fact);
  state_->add(state_->single);
}

void Baseline::add(const FactPack& facts) {
  state_->add(facts);
}

BaselineReport Baseline::finish() {
  return make_baseline(state_->rows);
}

}  // namespace auexfil::policy
