#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/policy/fact_pack.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/policy.hpp"
#include "auexfil/policy/spread.hpp"

/// What is normal on some hosts, by the facts of a period, and what of it a policy might allow and
/// limit. Of transfers that go out from here and that nobody sat at; what people typed is no
/// baseline of anything.
///
/// A destination is **steady** when one user's tool went there on three days or more, from the
/// first third of the period into its last, each time with a known volume, none above four times
/// the median. Only of steady ones an approval is proposed. Whatever else passes the limit is
/// listed for a person to judge, and is in no baseline: that it was there proves nothing.
namespace auexfil::policy {

struct Volumes {
  Spread session;                ///< Bytes of a transfer.
  Spread day;                    ///< Of all of a host in a day (UTC).
  std::uint64_t runs{};          ///< Transfers, those whose volume is not known too.
  std::uint64_t unmeasured{};    ///< Of them.
  std::uint64_t lower_bounds{};  ///< Of the others: they may have sent more.
};

/// Transfers that a limit would have told of.
struct Fired {
  std::string rule;  ///< Empty for sessions of a job.
  std::string host;
  std::string destination;  ///< Empty where several are summed up, and of a job.
  std::string job;
  std::uint64_t bytes{};                 ///< The most in a window, or of the session.
  std::vector<std::uint64_t> transfers;  ///< The first ids, at most kMostIds.
  std::uint64_t count{};                 ///< Of all of them.
  static constexpr std::size_t kMostIds = 20;
};

/// The proposed limit is twice what is usual of one destination. Where rules add up more of what is
/// normal (a job that sends to many), it is twice that, but below the least of everything else that
/// they would tell of: what is doubtful stays to be found, and for that normal things may be told.
struct RoleBaseline {
  std::string name;
  std::uint64_t hosts{};
  std::uint64_t days{};  ///< With a transfer of it.
  Volumes volumes;
  std::int64_t window_ms{};
  std::uint64_t limit_before{};
  std::uint64_t limit{};     ///< Proposed; never above the one before.
  std::uint64_t usual{};     ///< P50 of what steady and frequent destinations took in a day.
  std::uint64_t residual{};  ///< P99 of what those took that are proposed for no approval.
  /// The most that a rule adds up of what is normal, where that is above twice the larger of both.
  std::uint64_t added_up{};
  std::string added_up_by;                ///< That rule.
  std::optional<std::uint64_t> doubtful;  ///< What else is told of, the least: the limit is below.
  bool is_told = false;                   ///< There were days enough to propose a limit.
  std::vector<Fired> fired;  ///< On this very data, approvals in force and proposed applied.
  std::vector<std::string> not_counted;  ///< Rules with its limit that ask for more than is kept.
};

struct JobBaseline {
  std::string role;
  std::string job;       ///< job_template()
  bool is_known = true;  ///< Its command is, or its program: else it is any job of its kind.
  std::uint64_t days{};
  Volumes volumes;
  std::optional<std::uint64_t> session_limit;  ///< Empty where no normal run has a known volume.
  std::optional<std::uint64_t> day_limit;
  std::vector<std::string> users;  ///< Of what is normal, as the lists below.
  std::vector<std::string> addresses;
  std::vector<std::string> names;  ///< Hosts as typed, where no address is known.
  std::vector<Fired> fired;        ///< Sessions above session_limit.
};

/// A tool of a user that goes to a destination.
struct Route {
  std::string role;
  std::string user;
  std::string tool;
  std::string address;  ///< Or the name as typed.
  bool is_address = false;
  std::optional<std::uint16_t> port;
  std::vector<std::string> jobs;  ///< The first few.
  std::uint64_t runs{};
  std::uint64_t unmeasured{};
  std::uint64_t lower_bounds{};  ///< See Volumes.
  std::uint64_t days{};
  audit::TimeMs first{};
  audit::TimeMs last{};
  Spread volumes;
  std::string why;                       ///< Why it is not steady; empty where it is.
  std::vector<std::uint64_t> transfers;  ///< The first ids.
};

struct BaselineReport {
  audit::TimeMs first{};
  audit::TimeMs last{};
  std::uint64_t transfers{};  ///< That count: out, client, not attended.
  std::uint64_t attended{};
  std::uint64_t incoming{};             ///< Likewise client, not attended, but they only fetched.
  std::uint64_t incoming_unmeasured{};  ///< Of them: what they sent is not known.
  std::uint64_t left_out{};             ///< Past the bound on what is kept.
  std::vector<RoleBaseline> roles;
  std::vector<JobBaseline> jobs;         ///< Most runs first.
  std::vector<Route> steady;             ///< Approvals to propose.
  std::vector<Route> doubtful;           ///< For a person: in no baseline.
  std::vector<std::uint64_t> approvals;  ///< By allow of the policy: destinations that it approved.
};

class Baseline {
 public:
  static constexpr std::size_t kMaxRows = std::size_t{1} << 20;
  static constexpr std::size_t kMaxJobs = std::size_t{1} << 16;

  /// \param policy  in force; outlives it.
  /// \param max_rows  destinations of transfers that are kept
  /// \throws std::invalid_argument as Judge does.
  explicit Baseline(const Policy& policy, const JudgeOptions& options = {},
                    std::size_t max_rows = kMaxRows);
  Baseline(Baseline&&) noexcept;
  ~Baseline();

  void add(const facts::Fact& fact);
  void add(const FactPack& facts);

  /// Once, after the last add().
  [[nodiscard]] BaselineReport finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::policy
