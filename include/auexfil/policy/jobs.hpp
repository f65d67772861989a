#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/spread.hpp"

/// The automated jobs that some transfers are of: what a risk owner signs.
namespace auexfil::policy {

/// When something starts, by its starts alone.
struct Schedule {
  std::int64_t period_ms{};
  std::int64_t jitter_ms{};  ///< The most that a start is off.
  std::uint64_t missed{};    ///< Times between the first and the last at which it was not seen.
  std::uint64_t runs = 1;    ///< In a period: of an hour, a day or a week with several.
  std::uint64_t odd{};       ///< Starts beside it: by hand, very late, or the first of a new time.
  std::uint64_t not_seen{};  ///< Times within gaps of the log: whether it started is not known.
};

/// Where one period alone leaves out runs, times of the day on certain weekdays (of UTC) may
/// explain these. \param starts  sorted \return nothing for fewer than three, and where no period
/// fits them within a quarter of it.
/// \param gaps  in which nothing could be seen to start
[[nodiscard]] std::optional<Schedule> find_schedule(std::span<const audit::TimeMs> starts,
                                                    std::span<const coverage::Gap> gaps = {});

struct JobDestination {
  std::string address;  ///< Or the name as typed, "other addresses", "unknown".
  bool is_address{};
  std::optional<std::uint16_t> port;
  std::uint64_t transfers{};
  bool approved{};  ///< Each time.
  std::string by;   ///< Name of the entry that approved it last; empty: none.
};

/// One job of one user of a host: what is the same in all its runs.
struct JobRow {
  std::optional<std::string> host;
  std::string role;
  std::string kind;                    ///< Of Job; "program" where it is not known what starts it.
  std::string job;                     ///< job_template() of what starts it, else of the program.
  std::string script;                  ///< That an interpreter runs; empty: none.
  std::vector<std::string> artefacts;  ///< Of Job: lines that start the same are one job.
  std::vector<std::string> due;        ///< Their schedules: who knows the image fills them in.
  std::string user;
  bool unattended = true;  ///< Of each run; else of some it is not known.
  std::vector<std::string> tools;
  bool out = false;      ///< Some transfer may have sent.
  bool in = false;       ///< Some transfer fetched.
  std::uint64_t runs{};  ///< Starts of it: transfers of one program, close together, are one.
  std::uint64_t transfers{};
  audit::TimeMs first{};
  audit::TimeMs last{};
  std::optional<Schedule> schedule;
  Spread run_bytes;                          ///< Out, of runs whose volume is known.
  std::uint64_t lower_bounds{};              ///< Of these, those that may have sent more.
  std::uint64_t unmeasured{};                ///< Runs whose volume is not.
  std::uint64_t bytes_out{};                 ///< Of what is known.
  std::vector<JobDestination> destinations;  ///< Most transfers first.
  std::uint64_t more_destinations{};         ///< Beyond those that are kept.
  bool approved{};                           ///< All of them, each time.
};

class Jobs {
 public:
  static constexpr std::size_t kMaxJobs = std::size_t{1} << 14;
  static constexpr std::size_t kMaxTransfers = std::size_t{1} << 20;
  static constexpr std::size_t kMaxDestinations = 100;  ///< Of a job; of its artefacts too.

  /// \param policy  outlives it.
  explicit Jobs(const Policy& policy, const JudgeOptions& options = {},
                std::size_t max_jobs = kMaxJobs, std::size_t max_transfers = kMaxTransfers);
  ~Jobs();

  /// Takes what this host's automation did as a client; passes over everything else.
  void add(const facts::Fact& fact);

  /// By host, kind and job. Once, after the last add().
  /// \param hosts  whose gaps tell when nothing could be seen to start
  [[nodiscard]] std::vector<JobRow> finish(const std::vector<coverage::HostCoverage>& hosts = {});
  /// Transfers that came when there was no room left.
  [[nodiscard]] std::uint64_t left_out() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::policy
