#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"

/// The way back from the JSON lines of `auexfil transfers` (DESIGN, "JSON lines") to values.
///
/// Strings are bytes. What is valid UTF-8 stands as itself or as any JSON escape; a byte 0x80 to
/// 0xff that is no part of valid UTF-8 is written as the escape of a lone surrogate, \udc80 to
/// \udcff, and read back as that byte (Python's surrogateescape). Other lone surrogates are U+FFFD.
namespace auexfil::facts {

/// What a summary says of the lines before it.
struct SummaryClaim {
  std::optional<std::uint64_t> transfers;  ///< Empty: its lines are no facts (`coverage`).
  bool of_findings{};                      ///< Of `scan` and `judge`.
};

/// Where the values go. Members that are left empty are not called. References live for the call.
struct FactSink {
  std::function<void(const Fact&)> fact;
  std::function<void(const coverage::HostCoverage&)> coverage;
  std::function<void(const coverage::ReadSummary&, const SummaryClaim&)> summary;
};

/// How much of a fact is read.
enum class FactDetail : std::uint8_t {
  all,
  judged,  ///< What Judge looks at: no evidence, events, notes, cwd, arguments of the lineage.
  judged_with_files,  ///< And what the programs read.
};

/// A line that was left out.
struct FactMistake {
  std::string file;
  std::uint64_t line{};
  std::string what;
};

/// What one file held.
struct FactCounts {
  std::uint64_t lines{};  ///< Not blank.
  std::uint64_t facts{};
  std::uint64_t coverages{};
  std::uint64_t summaries{};  ///< 0: the file's end is missing, `transfers` writes one last.
  std::uint64_t mistakes{};
};

/// Reads lines of any number of files, one after the other, in chunks of any size. Fields that it
/// does not know are passed over; a line that is not JSON, lacks what a fact needs, is a finding,
/// or of a type or schema that it does not know is a mistake: counted, and left out. A line is at
/// most 16 MiB.
class FactReader {
 public:
  explicit FactReader(FactSink sink, FactDetail detail = FactDetail::all);
  FactReader(FactReader&&) noexcept;
  FactReader& operator=(FactReader&&) noexcept;
  ~FactReader();

  /// \param file as shown in mistakes.
  void begin_file(std::string_view file);
  /// A run of whole lines from the middle of a file, read for itself: lines count from 1.
  void begin_part(std::string_view file);
  void feed(std::string_view chunk);
  /// Reads a last line that no newline ends.
  FactCounts end_file();
  /// Lines of the file at hand that were read, blank ones too.
  [[nodiscard]] std::uint64_t lines_read() const;

  /// The first hundred of all files.
  [[nodiscard]] const std::vector<FactMistake>& mistakes() const;
  [[nodiscard]] std::uint64_t mistake_count() const;
  void forget_mistakes();

  static constexpr std::size_t kMaxLineBytes = std::size_t{16} << 20;
  static constexpr std::size_t kMaxMistakes = 100;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::facts
