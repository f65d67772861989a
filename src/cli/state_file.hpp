#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/flow/kept_flows.hpp"
#include "auexfil/pipeline/saved_log.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/report/counts.hpp"

namespace auexfil::cli {

/// Another run has the state file (exit code 6).
struct StateBusy {
  std::string path;
};

/// What a run has told of its logs; the next says the same, if nothing is new in them and it is
/// asked the same.
struct Answer {
  std::uint64_t question{};  ///< hash of all that was asked, see question_of()
  std::uint64_t transfers{};
  std::uint64_t approved{};
  std::uint64_t unmeasured{};
  std::uint64_t standing{};  ///< findings
  std::string hosts;         ///< their coverage, as lines of JSON
};

/// What one run of a daily job leaves to the next: where each log was read to, what was open there,
/// and which findings have been reported. An SQLite file, written in one transaction: after a crash
/// it is as it was before the run.
class StateFile {
 public:
  /// Opens it, or begins one; from here to the end of this object no other run does. One that is
  /// damaged is put aside, and said.
  /// \throws StateBusy; OutputError when it cannot be read or written, or is of a newer version.
  explicit StateFile(const std::string& path);
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  /// Where runs before have ended, without their tables.
  [[nodiscard]] const std::vector<pipeline::SavedLog>& places() const;
  /// Of the run before; nothing if it left none, or was asked something else.
  [[nodiscard]] std::optional<Answer> answer(std::uint64_t question);
  /// The same with their tables; a run puts them forward, see pipeline::Options::saved.
  [[nodiscard]] std::vector<pipeline::SavedLog>& logs();
  /// Makes small, on a thread of its own, what write() will need of a log that is put forward.
  void begin_packing(const pipeline::SavedLog& log);
  /// Leaves of `findings` those that are new or are other than they were when last reported, and
  /// marks the latter; counts the rest, and those of runs before that are not among them.
  /// \param looks_back_ms  see policy::Judgement
  void keep_news(std::vector<policy::Finding>& findings, std::int64_t looks_back_ms,
                 report::Counts::Judged& counts);
  /// Of flows that runs before have joined; what the next one is to have of them.
  [[nodiscard]] flow::KeptFlows& flows();
  /// Of transfers that were over before, some may be known no more.
  [[nodiscard]] audit::TimeMs kept_since() const;
  /// For the next run, beside all else.
  void keep(Answer answer);
  /// Writes down all that the next run is to know; nothing is kept before commit().
  /// \throws OutputError.
  void write();
  /// Call once the report is in its place: what is killed between is reported again.
  /// \throws OutputError.
  void commit();

 private:
  struct Database;
  std::unique_ptr<Database> database_;
};

}  // namespace auexfil::cli
