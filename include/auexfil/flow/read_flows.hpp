#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/flow/record.hpp"
#include "auexfil/input/logs.hpp"

namespace auexfil::flow {

/// Where records go, in the order of the file. Nothing of them lives longer than the call.
class FlowSink {
 public:
  virtual ~FlowSink() = default;
  virtual void on_flow(const FlowRecord& record) = 0;
  /// Shall more be read of a record than its times, its ends and its bytes (nothing of it was
  /// translated)? If not, on_flow() does not get it: the sink has taken of it what it needs.
  virtual bool wants(const FlowRecord& /*begun*/) { return true; }
  virtual void on_ftp(const FtpCommand& /*command*/) {}
  virtual void on_file(const FileSeen& /*file*/) {}
  virtual void on_ssh(const SshSession& /*session*/) {}
  virtual void on_name(const NameAnswer& /*answer*/) {}
  /// The exporter says that it has lost records of this time.
  virtual void on_lost(TimeUs /*from*/, TimeUs /*to*/) {}
};

/// What is wrong with a line, though its file is of a known format. All but long_id: it is left
/// out.
enum class Fault : std::uint8_t {
  columns,  ///< more or fewer of them than the header names
  header,   ///< a header without the columns that a flow needs; what follows it is left out
  number,   ///< of bytes, packets, a port or a protocol
  time,     ///< none, or one that is no time
  no_date,  ///< a clock's time without its day or year, or no time at all
  address,
  too_long,  ///< a line or a document of more than 1 MiB
  long_id,   ///< an id of more than 23 bytes; the record is taken without it
  cut,       ///< the file ends in it
  syntax,    ///< of JSON, or of what a line of its kind is
  count_
};
[[nodiscard]] const char* to_word(Fault fault);

/// Faults by kind, each with the line of its first.
class Faults {
 public:
  struct Count {
    std::uint64_t lines{};
    std::uint64_t first_line{};
    bool operator==(const Count&) const = default;
  };
  void note(Fault fault, std::uint64_t line) {
    Count& count = counts_[static_cast<std::size_t>(fault)];
    count.first_line = count.lines++ == 0 ? line : count.first_line;
  }
  [[nodiscard]] const Count& of(Fault fault) const {
    return counts_[static_cast<std::size_t>(fault)];
  }
  [[nodiscard]] std::uint64_t total() const;
  bool operator==(const Faults&) const = default;

 private:
  std::array<Count, static_cast<std::size_t>(Fault::count_)> counts_{};
};

/// What became of reading one file.
struct FileReport {
  std::string_view format;  ///< "zeek tsv"; empty: none is known that begins so
  std::uint64_t lines{};
  std::uint64_t flows{};
  std::uint64_t flows_with_bytes{};
  std::uint64_t others{};       ///< records that are no flows: of ftp, files, ssh, names
  std::uint64_t passed{};       ///< records of a kind that says nothing of flows
  std::uint64_t lost{};         ///< times that the exporter says it has lost records of
  std::optional<TimeUs> first;  ///< of the flows
  std::optional<TimeUs> last;
  Faults faults;
  /// Why it was not read, or not to its end.
  std::optional<input::Problem> problem;

  /// Flows and not one of them with bytes: existence is all that it can show.
  [[nodiscard]] bool has_no_bytes() const { return flows > 0 && flows_with_bytes == 0; }
  /// Records of a kind that is read, and not one of them could be.
  [[nodiscard]] bool is_all_refused() const;
};

/// "conn.log.gz:17: 3 lines have more or fewer columns than the header names", one for each kind of
/// fault, then what else is to be said of the file (no bytes in it, not read).
[[nodiscard]] std::vector<std::string> describe(const FileReport& report, std::string_view name);

/// Reads files of flows, known by their content, whatever is around them that `input` takes off.
/// One reader for all files of a run: it keeps the names of the observers.
class FlowReader {
 public:
  /// \param observers  of records that are there already, by number
  explicit FlowReader(std::vector<std::string> observers = {});
  ~FlowReader();
  FlowReader(const FlowReader&) = delete;
  FlowReader& operator=(const FlowReader&) = delete;

  /// \param index  what the records will say of their file.
  FileReport read(const input::LogFile& file, std::uint32_t index, FlowSink& sink);
  /// Names, by the numbers that records have of them.
  [[nodiscard]] const std::vector<std::string>& observers() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads no more than the first 64 KiB of a file: what it seems to be. Where that is the beginning
/// of a single JSON document, reads on until that one is over, at most the 1 MiB that one may have.
/// \param read_on  bytes that may be read so; they are taken off
/// \return empty: there is not as much left of them
[[nodiscard]] std::optional<FileReport> glance_at(const input::LogFile& file,
                                                  std::uint64_t& read_on);

/// The format that a file's beginning tells; empty: none. \param head  its first 64 KiB.
[[nodiscard]] std::string_view format_of(std::string_view head);

}  // namespace auexfil::flow
