#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/flow/merge.hpp"
#include "format.hpp"
#include "fuzz.hpp"

// Files of flow records, in the format that their beginning tells, in one piece and in small ones.

using namespace auexfil::flow;  // NOLINT(google-build-using-namespace): a test
using auexfil::fuzz::expect;

namespace {

class Sums final : public FlowSink {
 public:
  void on_flow(const FlowRecord& record) override {
    ++flows;
    const bool has_bytes = record.out.bytes || record.back.bytes || record.both;
    expect(record.first <= record.last, "a flow ends after it begins");
    expect((record.layer == Layer::none) == !has_bytes, "bytes have a layer");
    expect(!record.has(FlowRecord::kExistenceOnly) || !has_bytes, "existence is no volume");
    expect(!record.has(FlowRecord::kOneWay) || !record.out.bytes || !record.back.bytes,
           "one way is one way");
    expect(record.line > 0, "a record has a line");
    merger.on_flow(record);
    add(std::to_string(record.first));
    add(record.from.address.to_string());
    add(std::to_string(record.out.bytes.value_or(7) ^ record.back.bytes.value_or(11)));
    add(std::to_string(record.line));
  }
  void on_ftp(const FtpCommand& command) override {
    ++others;
    add(command.id.view());
  }
  void on_file(const FileSeen& file) override {
    ++others;
    add(file.file_id.view());
  }
  void on_ssh(const SshSession& session) override {
    ++others;
    add(session.id.view());
  }
  void on_name(const NameAnswer& answer) override {
    ++others;
    expect(!answer.addresses.empty() && answer.addresses.size() <= NameAnswer::kMostAddresses,
           "a name has addresses, and not too many");
    add(answer.name);
  }

  std::uint64_t flows = 0;
  std::uint64_t others = 0;
  std::string text;
  FlowMerger merger;

 private:
  void add(std::string_view what) { text.append(what).append("\n"); }
};

void check_flows(FlowMerger& merger) {
  std::uint64_t records = 0;
  for (const Flow& flow : merger.take()) {
    expect(flow.start <= flow.end && !flow.tellings.empty(), "a flow has a time and a teller");
    const std::array hosts = {flow.a.address};
    const std::optional<Volume> volume = flow.bytes_from(hosts);
    expect(!volume || !volume->upper || volume->lower <= *volume->upper, "bounds are bounds");
    for (const Telling& telling : flow.tellings) {
      records += telling.records + telling.duplicates;
    }
  }
  expect(records == merger.records(), "every record is in one flow");
}

struct Taken {
  std::string text;
  FileReport report;
};

Taken take(std::string_view bytes, std::size_t piece) {
  const Known* const known = known_format(bytes.substr(0, std::size_t{64} << 10));
  Sums sums;
  Taken taken;
  Observers observers;
  Output output(sums, taken.report, observers, 0);
  output.set_written(1796173646000000);
  const auto format = known->make();
  constexpr std::size_t kMark = 3;  // of the byte order, which comes whole
  std::size_t size = std::max(piece, kMark);
  for (std::size_t at = 0; at <= bytes.size(); at += std::exchange(size, piece)) {
    format->take(bytes.substr(at, size), at + size > bytes.size(), output);
  }
  expect(sums.flows == taken.report.flows && sums.others == taken.report.others, "all are counted");
  const auto lines = static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n')) + 1;
  expect(taken.report.lines <= lines, "lines are the file's");
  expect(describe(taken.report, "f").size() <= 16, "what is to be said is short");
  check_flows(sums.merger);
  taken.text = std::move(sums.text);
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = auexfil::fuzz::text_of(data, size);
  static_cast<void>(advice_on(bytes));
  if (known_format(bytes) == nullptr) {
    return 0;
  }
  const Taken whole = take(bytes, std::max<std::size_t>(size, 1));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    const Taken pieces = take(bytes, piece);
    expect(pieces.text == whole.text && pieces.report.faults == whole.report.faults &&
               pieces.report.lines == whole.report.lines,
           "where it is cut changes nothing");
  }
  return 0;
}
