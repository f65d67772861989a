#include "auexfil/flow/kept_flows.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace auexfil::flow::test {
namespace {

audit::IpAddress address(const std::string& text) {
  return audit::IpAddress::parse(text).value();
}

constexpr TimeUs kHour = TimeUs{3600} * 1'000'000;

FlowRecord record_of(std::uint64_t bytes, TimeUs time = kHour, std::uint32_t file = 0,
                     std::uint64_t line = 1) {
  FlowRecord record;
  record.from = record.nat_from = {address("10.0.0.1"), 50005};
  record.to = record.nat_to = {address("2001:db8::9"), 22};
  record.first = time;
  record.last = time + 5;
  record.out.bytes = bytes;
  record.protocol = 6;
  record.layer = Layer::l4;
  record.file = file;
  record.line = line;
  record.id = ShortText("C1");
  return record;
}

/// What is kept, a line each.
struct Lines final : FlowSink {
  void on_flow(const FlowRecord& record) override {
    texts.push_back(fmt::format("{}:{} {} at {} by {}", record.file, record.line,
                                record.out.bytes.value_or(0), record.first / kHour,
                                record.observer));
  }
  void on_ftp(const FtpCommand& command) override {
    texts.push_back(fmt::format("{}:{} {} {}", command.file, command.line, command.id.view(),
                                command.data ? command.data->port : 0));
  }
  void on_name(const NameAnswer& answer) override {
    texts.push_back(
        fmt::format("{}:{} {} {}", answer.file, answer.line, answer.name, answer.addresses.size()));
  }
  void on_lost(TimeUs from, TimeUs to) override {
    texts.push_back(fmt::format("lost from {} to {}", from / kHour, to / kHour));
  }
  std::vector<std::string> texts;
};

std::vector<std::string> told(const KeptFlows& kept) {
  Lines lines;
  kept.give_told(lines);
  kept.give_flows(lines);
  std::sort(lines.texts.begin(), lines.texts.end());
  return lines.texts;
}

std::string written(KeptFlows& kept) {
  std::string bytes;
  input::StateWriter writer(bytes);
  kept.walk(writer);
  writer.flush();
  return bytes;
}

const auto kAll = [](const FlowRecord& /*record*/) { return true; };
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("kept flows: each once, at its first place, with all that it says") {
  KeptFlows kept;
  kept.on_flow(record_of(10, kHour, 1, 5));
  kept.on_flow(record_of(10, kHour, 0, 7));
  kept.on_flow(record_of(11, kHour, 1, 6));
  FlowRecord full = record_of(12, kHour, 2, 1);
  full.nat_from = {address("192.0.2.1"), 9};
  full.back = {7, 8};
  full.both = 9;
  full.uid = 0;
  full.observer = 2;
  full.flags = 0xffff;
  full.exporter = Exporter::ecs;
  full.service = Service::other;
  full.id = ShortText("12345678901234567890123");
  kept.on_flow(full);
  FtpCommand command;
  command.id = ShortText("F1");
  command.data = Endpoint{address("192.0.2.1"), 2020};
  command.file = 2;
  kept.on_ftp(command);
  kept.on_name({kHour, {}, "a.example", {address("192.0.2.1"), address("192.0.2.2")}, 4, 3});
  kept.settle({"a", "b", "c", "d"}, {"x", "y"}, kAll);
  CHECK(kept.files() == Texts{"a", "b", "c", "d"});
  CHECK(kept.observers() == Texts{"y"});  // the other is of nothing

  const std::string bytes = written(kept);
  KeptFlows again;
  input::StateReader reader(bytes);
  again.walk(reader);
  CHECK(told(again) == told(kept));
  CHECK(told(again) == Texts{"0:7 10 at 1 by 0", "1:6 11 at 1 by 0", "2:0 F1 2020",
                             "2:1 12 at 1 by 1", "3:4 a.example 2"});
  struct One final : FlowSink {
    void on_flow(const FlowRecord& record) override { last = record; }
    FlowRecord last;
  } one;
  KeptFlows alone;
  alone.on_flow(full);
  alone.give_flows(one);
  CHECK(one.last.nat_from == full.nat_from);
  CHECK(one.last.nat_to == full.nat_to);
  CHECK(one.last.last == full.last);
  CHECK(one.last.back == full.back);
  CHECK(one.last.both == full.both);
  CHECK(one.last.uid == full.uid);
  CHECK(one.last.flags == full.flags);
  CHECK(one.last.exporter == full.exporter);
  CHECK(one.last.service == full.service);
  CHECK(one.last.id == full.id);

  again.begin(2);  // numbers of this run's files come first
  again.on_flow(record_of(11, kHour, 0, 9));
  again.settle({"new", "other", "a", "b", "c", "d"}, {"y"}, kAll);
  CHECK(again.files() == Texts{"a", "new", "c", "d"});  // nothing is of "b" any more
}

TEST_CASE("kept flows: what is over and of no use goes, with the names of its files") {
  KeptFlows kept;
  kept.on_flow(record_of(10, 1 * kHour, 0));
  kept.on_flow(record_of(10, 5 * kHour, 1));
  kept.on_name({1 * kHour, {}, "a.example", {address("192.0.2.1")}, 4, 0});
  kept.on_name({5 * kHour, {}, "a.example", {address("192.0.2.1")}, 4, 1});
  FtpCommand command;
  command.time = kHour;
  kept.on_ftp(command);
  kept.settle({"old", "new"}, {}, [](const FlowRecord& r) { return r.last >= 4 * kHour; });
  CHECK(kept.files() == Texts{"new"});
  CHECK(told(kept) == Texts{"0:1 10 at 5 by 0", "0:4 a.example 1"});
}

TEST_CASE("kept flows: beyond the bound the lightest go, and are counted") {
  constexpr std::size_t kMost = 100;
  KeptFlows kept(kMost);
  for (std::uint64_t i = 0; i < 10 * kMost; ++i) {
    kept.on_flow(record_of((i * 7919) % (10 * kMost) + 1));
  }
  kept.settle({"a"}, {}, kAll);
  const Texts lines = told(kept);
  CHECK(lines.size() == kMost + 1);
  CHECK(lines.back() == "lost from 1 to 1");
  CHECK(kept.left_out() == 9 * kMost);
  CHECK(std::find(lines.begin(), lines.end(), "0:1 1000 at 1 by 0") != lines.end());
  CHECK(std::find(lines.begin(), lines.end(), "0:1 900 at 1 by 0") == lines.end());
  kept.on_name({0, {}, std::string(300, 'a'), {address("192.0.2.1")}, 4, 0});  // no name of DNS's
  CHECK(kept.left_out() == 9 * kMost + 1);
}

TEST_CASE("kept flows: of which times records are missing, as long as these are of use") {
  KeptFlows kept;
  kept.on_lost(1 * kHour, 2 * kHour);
  kept.on_lost(5 * kHour, 6 * kHour);
  kept.on_lost(8 * kHour, 9 * kHour);
  kept.on_flow(record_of(10, 9 * kHour));
  kept.settle({"a"}, {}, [](const FlowRecord& r) { return r.last >= 4 * kHour; });
  const std::string bytes = written(kept);
  KeptFlows again;
  input::StateReader reader(bytes);
  again.walk(reader);
  CHECK(told(again) == Texts{"0:1 10 at 9 by 0", "lost from 5 to 6", "lost from 8 to 9"});
  again.give_told(again);  // what comes back is taken once
  CHECK(told(again) == told(kept));

  KeptFlows full(1);
  full.on_flow(record_of(10, 1 * kHour));
  full.on_flow(record_of(11, 2 * kHour));
  full.settle({"a"}, {}, kAll);
  CHECK(told(full) == Texts{"0:1 11 at 2 by 0", "lost from 1 to 1"});  // what had no room as well
}

TEST_CASE("lost times: stretches are put together, and bounded") {
  const auto told_of = [](const LostTimes& lost) {
    Texts texts;
    lost.each([&](TimeUs from, TimeUs to) { texts.push_back(fmt::format("{}-{}", from, to)); });
    return texts;
  };
  LostTimes lost;
  lost.add(10, 20);
  lost.add(40, 30);
  lost.add(50, 60);
  CHECK(told_of(lost) == Texts{"10-20", "30-40", "50-60"});
  struct Case {
    TimeUs from;
    TimeUs to;
    bool any;
  };
  for (const Case& one :
       {Case{0, 9, false}, Case{0, 10, true}, Case{12, 13, true}, Case{20, 29, true},
        Case{21, 29, false}, Case{61, 99, false}, Case{0, 99, true}}) {
    INFO(one.from << " to " << one.to);
    CHECK(lost.any(one.from, one.to) == one.any);
  }
  lost.add(20, 35);
  CHECK(told_of(lost) == Texts{"10-40", "50-60"});
  lost.add(11, 12);
  CHECK(told_of(lost) == Texts{"10-40", "50-60"});
  lost.add(0, LostTimes::kEver);
  CHECK(told_of(lost) == Texts{fmt::format("0-{}", LostTimes::kEver)});

  LostTimes many;
  constexpr TimeUs kEach = 10;
  constexpr auto kMost = static_cast<TimeUs>(LostTimes::kMost);
  for (TimeUs i = 0; i < 2 * kMost; ++i) {
    many.add(i * kEach, i * kEach + 1);
  }
  CHECK(told_of(many).size() == LostTimes::kMost);
  CHECK(told_of(many).back() ==
        fmt::format("{}-{}", (kMost - 1) * kEach, (2 * kMost - 1) * kEach + 1));
}

TEST_CASE("kept flows: a state that contradicts itself is refused") {
  KeptFlows kept;
  kept.on_lost(1, 2);
  kept.on_flow(record_of(10));
  kept.on_name({kHour, {}, "a.example", {address("192.0.2.1")}, 4, 0});
  kept.settle({"a"}, {}, kAll);
  const std::string whole = written(kept);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string bytes = whole;
      bytes[at] = byte;
      try {
        KeptFlows other;
        input::StateReader reader(bytes);
        other.walk(reader);
        static_cast<void>(told(other));
      } catch (const input::StateRefused&) {
        ++refused;
      }
    }
  }
  CHECK(refused > whole.size() / 4);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    KeptFlows other;
    input::StateReader reader(std::string_view(whole).substr(0, size));
    CHECK_THROWS_AS(other.walk(reader), input::StateRefused);
  }
}

}  // namespace auexfil::flow::test
