#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "auexfil/flow/merge.hpp"
#include "told.hpp"

// Flows of recorded hosts, against what was counted on the wire.

namespace auexfil::flow::test {
namespace {

namespace fs = std::filesystem;
namespace dom = simdjson::dom;

std::vector<fs::path> recordings() {
  const char* const named = std::getenv("AUEXFIL_SHARED");
  const fs::path shared = named != nullptr ? fs::path(named) / "corpus"
                                           : fs::path(AUEXFIL_SOURCE_DIR) / "../shared/corpus";
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(shared, error)) {
    if (fs::exists(entry.path() / "flows")) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Cuts records that last longer, as an exporter with an active timeout of a minute does, and hands
/// all on from the last to the first, some of them twice.
class Worse final : public FlowSink {
 public:
  explicit Worse(FlowSink& to) : to_(to) {}
  void on_flow(const FlowRecord& record) override { records_.push_back(record); }
  void finish() {
    for (auto at = records_.rbegin(); at != records_.rend(); ++at) {
      cut(*at);
    }
  }

 private:
  static constexpr TimeUs kMinute = 60'000'000;

  static std::optional<std::uint64_t> part(const std::optional<std::uint64_t>& all,
                                           std::uint64_t count, bool is_last) {
    return all ? std::optional(*all / count + (is_last ? *all % count : 0)) : std::nullopt;
  }

  void cut(const FlowRecord& record) {
    const auto count = static_cast<std::uint64_t>((record.last - record.first) / kMinute + 1);
    for (std::uint64_t i = count; i-- > 0;) {
      FlowRecord one = record;
      const bool is_last = i + 1 == count;
      one.first = record.first + static_cast<TimeUs>(i) * kMinute;
      one.last = is_last ? record.last : one.first + kMinute - 1;
      one.out = {part(record.out.bytes, count, is_last), part(record.out.packets, count, is_last)};
      one.back = {part(record.back.bytes, count, is_last),
                  part(record.back.packets, count, is_last)};
      if (count > 1) {
        one.id = {};
        one.set(FlowRecord::kSawStart, i == 0 && record.has(FlowRecord::kSawStart));
        one.set(FlowRecord::kMidStream, i > 0 || record.has(FlowRecord::kMidStream));
      }
      to_.on_flow(one);
      to_.on_flow(one);
    }
  }

  FlowSink& to_;
  std::vector<FlowRecord> records_;
};

std::vector<Flow> flows_of(const fs::path& folder, const std::string& file, bool is_worse) {
  FlowMerger merger;
  Worse worse(merger);
  FlowReader reader;
  std::uint32_t index = 0;
  for (const auto& entry : fs::directory_iterator(folder / "flows")) {
    const std::string path = entry.path().string();
    if (path.find(file) == std::string::npos) {
      continue;
    }
    FlowSink& sink = is_worse ? static_cast<FlowSink&>(worse) : merger;
    const FileReport report =
        reader.read({path, entry.path().filename(), 0, input::disk(), 0, false}, index++, sink);
    CHECK(describe(report, path).empty());
    CHECK(report.flows > 0);
  }
  worse.finish();
  return merger.take();
}

/// What the scenarios of one destination sent: bytes of payload, and with headers.
struct Wire {
  std::uint64_t payload{};
  std::uint64_t ip{};
};

std::uint64_t number(const dom::element& scenario, const char* key) {
  std::uint64_t value = 0;
  return scenario[key].get(value) == simdjson::SUCCESS ? value : 0;
}

void check_recording(const fs::path& folder, const std::string& files, bool is_worse) {
  std::ifstream in(folder / "truth.json");
  std::stringstream text;
  text << in.rdbuf();
  dom::parser parser;
  const dom::element truth = parser.parse(text.str());
  std::vector<audit::IpAddress> hosts;
  const dom::array addresses = truth["addresses"].get_array().value();
  for (const dom::element one : addresses) {
    hosts.push_back(audit::IpAddress::parse(one.get_string().value()).value());
  }
  std::map<audit::IpAddress, Wire> wires;
  const dom::array scenarios = truth["scenarios"].get_array().value();
  for (const dom::element one : scenarios) {
    if (number(one, "wire_out_payload") > 0 && one["direction"].get_string().value() == "out") {
      const std::string_view to = one["dest"].at(0).get_string().value();
      Wire& wire = wires[audit::IpAddress::parse(to).value()];
      wire.payload += number(one, "wire_out_payload");
      wire.ip += number(one, "wire_out_ip");
    }
  }
  const std::vector<Flow> flows = flows_of(folder, files, is_worse);
  CHECK(std::none_of(flows.begin(), flows.end(),
                     [](const Flow& flow) { return flow.sameness == Sameness::doubtful; }));
  for (const auto& [peer, wire] : wires) {
    std::uint64_t sent = 0;
    for (const Flow& flow : flows) {
      if (flow.a.address == peer || flow.b.address == peer) {
        const std::optional<Volume> volume = flow.bytes_from(hosts);
        sent += volume ? volume->lower : 0;
      }
    }
    INFO(peer.to_string());
    // Other runs to the same address, and what was sent again.
    CHECK(sent >= wire.payload - wire.payload / 50);
    CHECK(sent <= wire.ip + wire.ip / 50);
  }
}

TEST_CASE("recordings: what flows say of each destination lies between payload and wire") {
  const std::vector<fs::path> folders = recordings();
  if (folders.empty()) {
    WARN("no recordings beside this tree: skipped");
    return;
  }
  for (const fs::path& folder : folders) {
    for (const char* const files : {"", "conn.log", "nfdump"}) {
      for (const bool is_worse : {false, true}) {
        INFO(folder.filename().string() + " " + files + (is_worse ? " worse" : ""));
        check_recording(folder, files, is_worse);
      }
    }
  }
}

}  // namespace
}  // namespace auexfil::flow::test
