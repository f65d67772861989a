#include "auexfil/flow/read_flows.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "auexfil/input/file_bytes.hpp"
#include "auexfil/input/json_units.hpp"
#include "format.hpp"
#include "values.hpp"

namespace auexfil::flow {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;

input::Problem not_known(std::string_view head, const std::string& name) {
  if (head.empty()) {
    return {input::ProblemKind::empty, name, "nothing in it"};
  }
  const std::string_view advice = advice_on(head);
  return {
      input::ProblemKind::not_a_log, name,
      advice.empty() ? "no flow records of a known format; it was left out" : std::string(advice)};
}

}  // namespace

const char* to_word(Exporter exporter) {
  constexpr std::array kWords = {
      "zeek", "suricata flow", "suricata netflow", "nfdump", "argus", "conntrack", "aws",
      "gcp",  "azure",         "firewall",         "ecs"};
  static_assert(kWords.size() == static_cast<std::size_t>(Exporter::count_));
  return kWords[static_cast<std::size_t>(exporter)];
}

const char* to_word(Layer layer) {
  constexpr std::array kWords = {"none", "L2", "L3", "L4", "unstated"};
  return kWords[static_cast<std::size_t>(layer)];
}

const char* to_word(Fault fault) {
  constexpr std::array kWords = {"more or fewer columns than the header names",
                                 "a header without the columns of a flow",
                                 "a number that is none",
                                 "a time that is none",
                                 "no date: have them written with seconds since 1970",
                                 "an address that is none",
                                 "more than 1 MiB",
                                 "an id of more than 23 bytes",
                                 "no end: the file was cut",
                                 "a form that no such record has"};
  static_assert(kWords.size() == static_cast<std::size_t>(Fault::count_));
  return kWords[static_cast<std::size_t>(fault)];
}

std::uint64_t Faults::total() const {
  std::uint64_t sum = 0;
  for (const Count& count : counts_) {
    sum += count.lines;
  }
  return sum;
}

bool FileReport::is_all_refused() const {
  std::uint64_t refused = faults.total() - faults.of(Fault::long_id).lines;
  if (passed > 0) {  // among others one that is no record may be of any kind
    refused -= faults.of(Fault::cut).lines + faults.of(Fault::syntax).lines +
               faults.of(Fault::too_long).lines;
  }
  return flows + others == 0 && refused > 0;
}

std::uint32_t Observers::number_of(std::string_view name) {
  if (name.empty() || name.size() > kLongest) {
    return 0;
  }
  auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    if (names_.size() >= kMost) {
      return 0;
    }
    found = names_.emplace(names_.end(), name);
  }
  return static_cast<std::uint32_t>(found - names_.begin()) + 1;
}

void Output::note(FlowRecord& record) {
  record.file = file_;
  ++report_.flows;
  report_.flows_with_bytes += record.out.bytes || record.back.bytes || record.both ? 1U : 0U;
  report_.first = std::min(report_.first.value_or(record.first), record.first);
  report_.last = std::max(report_.last.value_or(record.last), record.last);
}

void Output::flow(FlowRecord& record) {
  note(record);
  sink_.on_flow(record);
}

void Output::fault(Fault fault, std::uint64_t line) {
  report_.faults.note(fault, line);
  // A record that is left out may have been of any time; a line that is none, or has no end, is
  // what the last of a file that is written to looks like.
  const bool is_record = fault != Fault::long_id && fault != Fault::cut && fault != Fault::syntax &&
                         fault != Fault::header;
  if (is_record) {
    sink_.on_lost(std::numeric_limits<TimeUs>::min(), std::numeric_limits<TimeUs>::max());
  }
}

bool Output::wants(FlowRecord& begun) {
  if (sink_.wants(begun)) {
    return true;
  }
  note(begun);
  return false;
}

std::vector<std::string> describe(const FileReport& report, std::string_view name) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Fault::count_); ++i) {
    const Faults::Count& count = report.faults.of(static_cast<Fault>(i));
    if (count.lines > 0) {
      const auto fault = static_cast<Fault>(i);
      lines.push_back(fmt::format("{}:{}: {} {} {} ({})", name, count.first_line, count.lines,
                                  count.lines == 1 ? "line has" : "lines have", to_word(fault),
                                  fault == Fault::long_id ? "taken without it" : "left out"));
    }
  }
  if (report.has_no_bytes()) {
    lines.push_back(
        fmt::format("{}: flows without bytes: it can show that hosts spoke, not how "
                    "much",
                    name));
  }
  // Documents that begin like records, of no kind that one was known to be of.
  if (report.flows + report.others == 0 && report.passed > 0 && report.format == "json") {
    lines.push_back(
        fmt::format("{}: not one of its records ({}) tells of a flow", name, report.passed));
  }
  if (report.lost > 0) {
    lines.push_back(
        fmt::format("{}: {} {} records were lost, as the exporter says: what is not "
                    "here may have been",
                    name, report.lost, report.lost == 1 ? "time" : "times"));
  }
  if (report.problem) {
    lines.push_back(fmt::format("{}: {}", name, report.problem->what));
  }
  return lines;
}

struct FlowReader::State {
  Observers observers;
  std::vector<char> piece = std::vector<char>(kPiece);
};

FlowReader::FlowReader(std::vector<std::string> observers) : state_(std::make_unique<State>()) {
  state_->observers = Observers(std::move(observers));
}

const std::vector<std::string>& FlowReader::observers() const {
  return state_->observers.names();
}

FlowReader::~FlowReader() = default;

FileReport FlowReader::read(const input::LogFile& file, std::uint32_t index, FlowSink& sink) {
  FileReport report;
  input::FileBytes bytes(file);
  const Known* const known = known_format(bytes.head());
  if (known == nullptr) {
    report.problem = bytes.problem() ? bytes.problem() : not_known(bytes.head(), file.name);
    return report;
  }
  report.format = known->name;
  Output output(sink, report, state_->observers, index);
  constexpr std::int64_t kLatest = 253402300799;  // an archive may claim any time
  if (input::Tree::Info info; file.tree->stat(file.path, info) == 0 && info.changed > 0) {
    output.set_written(std::min(info.changed, kLatest) * kSecond);
  }
  const std::unique_ptr<Format> format = known->make();
  for (std::size_t got = kPiece; got == kPiece;) {
    got = bytes.read(state_->piece.data(), kPiece);
    format->take({state_->piece.data(), got}, got < kPiece, output);
  }
  report.problem = bytes.problem();
  if (!report.problem && report.is_all_refused()) {
    report.problem = input::Problem{input::ProblemKind::unreadable, file.name,
                                    "not one of its records could be read"};
  }
  return report;
}

std::optional<FileReport> glance_at(const input::LogFile& file, std::uint64_t& read_on) {
  class Nobody final : public FlowSink {
   public:
    void on_flow(const FlowRecord& /*record*/) override {}
  };
  FileReport report;
  input::FileBytes bytes(file);
  const Known* const known = bytes.is_archive() ? nullptr : known_format(bytes.head());
  if (known == nullptr) {
    return report;
  }
  report.format = known->name;
  Nobody nobody;
  Observers observers;
  Output output(nobody, report, observers, 0);
  constexpr std::size_t kGlance = std::size_t{64} << 10;
  constexpr std::uint64_t kMost = input::JsonUnits::kMostBytes + kGlance;
  const std::unique_ptr<Format> format = known->make();
  std::vector<char> piece(kGlance);
  for (std::uint64_t all = 0; all < kMost; all += kGlance) {
    if (all > 0 && read_on < kGlance) {
      return std::nullopt;
    }
    read_on -= all > 0 ? kGlance : 0;
    const std::size_t got = bytes.read(piece.data(), kGlance);
    format->take({piece.data(), got}, got < kGlance, output);
    const bool is_told =
        report.flows + report.others + report.passed + report.faults.total() > 0 || got < kGlance;
    if (is_told || !known->has_documents) {
      break;
    }
  }
  return report;
}

}  // namespace auexfil::flow
