#include "auexfil/flow/merge.hpp"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "told.hpp"
#include "values.hpp"

namespace auexfil::flow::test {
namespace {

audit::IpAddress address(const std::string& text) {
  return audit::IpAddress::parse(text).value();
}

const std::vector<audit::IpAddress> kHost = {address("10.0.0.1")};

/// What a record says, as tests write it: from 10.0.0.1:50005 to 192.0.2.9:22 over TCP.
struct Made : FlowRecord {
  Made(double start, double end, std::optional<std::uint64_t> sent,
       std::optional<std::uint64_t> received, Exporter by = Exporter::zeek) {
    first = static_cast<TimeUs>(start * 1e6);
    last = static_cast<TimeUs>(end * 1e6);
    from = {address("10.0.0.1"), 50005};
    to = {address("192.0.2.9"), 22};
    nat_from = from;
    nat_to = to;
    protocol = kTcp;
    exporter = by;
    out.bytes = sent;
    back.bytes = received;
    layer = by == Exporter::zeek ? Layer::l4 : Layer::l3;
    line = 1;
  }
  Made with(unsigned more) const {
    Made made = *this;
    made.flags = static_cast<std::uint16_t>(flags | more);
    return made;
  }
  Made named(const char* text) const {
    Made made = *this;
    made.id = ShortText(text);
    return made;
  }
  Made seen_by(std::uint32_t who) const {
    Made made = *this;
    made.observer = who;
    return made;
  }
  Made over(std::uint8_t what) const {
    Made made = *this;
    made.protocol = what;
    return made;
  }
  /// As the other end's record.
  Made turned() const {
    Made made = *this;
    std::swap(made.from, made.to);
    std::swap(made.nat_from, made.nat_to);
    std::swap(made.out, made.back);
    return made;
  }
};

std::string volume_text(const std::optional<Volume>& volume) {
  if (!volume) {
    return "-";
  }
  return fmt::format("{}..{} {}{}", volume->lower, shown(volume->upper), to_word(volume->layer),
                     volume->is_estimate ? " estimate" : "");
}

/// "START+SPAN A>B SENT by the host, SAMENESS, of how many tellings and records".
std::string flow_text(const Flow& flow) {
  std::uint32_t records = 0;
  std::uint32_t duplicates = 0;
  for (const Telling& telling : flow.tellings) {
    records += telling.records;
    duplicates += telling.duplicates;
  }
  std::string text = fmt::format("{}+{} {}>{} {} {} {}/{}", shown_time(flow.start),
                                 shown_time(flow.end - flow.start), shown(flow.a), shown(flow.b),
                                 volume_text(flow.bytes_from(kHost)), to_word(flow.sameness),
                                 flow.tellings.size(), records);
  text += duplicates > 0 ? fmt::format(" twice={}", duplicates) : "";
  text += flow.origin_is_unknown ? " either-way" : "";
  text += flow.uid ? fmt::format(" uid={}", *flow.uid) : "";
  return text;
}

Lines flows_in(const std::vector<FlowRecord>& records) {
  FlowMerger merger;
  for (const FlowRecord& record : records) {
    merger.on_flow(record);
  }
  Lines lines;
  for (const Flow& flow : merger.take()) {
    lines.push_back(flow_text(flow));
  }
  return lines;
}

constexpr unsigned kOneSyn =
    FlowRecord::kOneWay | FlowRecord::kOriginUnknown | FlowRecord::kSawStart;
constexpr unsigned kOneBare = FlowRecord::kOneWay | FlowRecord::kOriginUnknown;
constexpr unsigned kOneMid =
    FlowRecord::kOneWay | FlowRecord::kOriginUnknown | FlowRecord::kMidStream;

struct Case {
  const char* what;
  std::vector<FlowRecord> records;
  Lines told;
};

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.what);
    CHECK(flows_in(one.records) == one.told);
    // Order and repetition change nothing.
    std::vector<FlowRecord> records = one.records;
    std::mt19937 dice(7);  // NOLINT(cert-msc51-cpp): the same in every run
    for (int i = 0; i < 5; ++i) {
      std::shuffle(records.begin(), records.end(), dice);
      CHECK(flows_in(records) == one.told);
    }
  }
}

TEST_CASE("merge: both ways in one record") {
  check({
      {"whole", {Made(1, 9, 100, 7)}, {"1+8 10.0.0.1:50005>192.0.2.9:22 100..100 L4 single 1/1"}},
      {"the host is who was called",
       {Made(1, 9, 100, 7).turned()},
       {"1+8 192.0.2.9:22>10.0.0.1:50005 100..100 L4 single 1/1"}},
      {"what was not told is unknown, never 0",
       {Made(1, 9, {}, {})},
       {"1+8 10.0.0.1:50005>192.0.2.9:22 0..? none single 1/1"}},
      {"bytes that the sensor missed, or that were before it looked",
       {Made(1, 9, 100, 7).with(FlowRecord::kGaps)},
       {"1+8 10.0.0.1:50005>192.0.2.9:22 100..? L4 single 1/1"}},
      {"a sample",
       {Made(1, 9, 100, 7, Exporter::gcp).with(FlowRecord::kSampled)},
       {"1+8 10.0.0.1:50005>192.0.2.9:22 100..100 L3 estimate single 1/1"}},
      {"what was refused did not go out",
       {Made(1, 9, 100, 7, Exporter::aws).with(FlowRecord::kRefused)},
       {"1+8 10.0.0.1:50005>192.0.2.9:22 0..? none single 1/1"}},
  });
  FlowRecord sum = Made(1, 9, {}, {}, Exporter::argus);
  sum.both = 500;
  CHECK(flows_in({sum}) == Lines{"1+8 10.0.0.1:50005>192.0.2.9:22 0..500 L3 single 1/1"});
}

TEST_CASE("merge: one way in each record") {
  const Made up(1, 9, 100, {}, Exporter::nfdump);
  const Made down = Made(1, 9, {}, 7, Exporter::nfdump).turned();
  check({
      {"paired; the higher port is the client's, as far as anybody knows",
       {up.with(kOneSyn), down.with(kOneSyn)},
       {"1+8 10.0.0.1:50005>192.0.2.9:22 100..100 L3 single 1/2 either-way"}},
      {"one alone",
       {up.with(kOneSyn)},
       {"1+8 10.0.0.1:50005>192.0.2.9:22 100..100 L3 single 1/1 either-way"}},
      {"the other alone: what the host sent nobody tells",
       {down.with(kOneSyn)},
       {"1+8 10.0.0.1:50005>192.0.2.9:22 0..? none single 1/1 either-way"}},
  });
}

TEST_CASE("merge: parts of a long flow are summed, a port that comes again is not") {
  using Exporter::nfdump;
  check({
      {"by an active timeout of a minute, both ways",
       {Made(0, 60, 100, {}, nfdump).with(kOneSyn), Made(60.1, 120, 100, {}, nfdump).with(kOneMid),
        Made(121, 130, 50, {}, nfdump).with(kOneMid),
        Made(0.1, 60, {}, 7, nfdump).turned().with(kOneSyn),
        Made(60.1, 130, {}, 7, nfdump).turned().with(kOneMid)},
       {"0+130 10.0.0.1:50005>192.0.2.9:22 250..250 L3 single 1/5 either-way"}},
      {"its beginning was not seen",
       {Made(60.1, 120, 100, {}, nfdump).with(kOneMid),
        Made(121, 130, 50, {}, nfdump).with(kOneMid)},
       {"60.1+69.9 10.0.0.1:50005>192.0.2.9:22 150..? L3 single 1/2 either-way"}},
      {"without flags: a connection that was silent for a while is one",
       {Made(0, 55, 40, {}, nfdump).with(kOneBare), Made(260, 315, 50, {}, nfdump).with(kOneBare)},
       {"0+315 10.0.0.1:50005>192.0.2.9:22 90..90 L3 single 1/2 either-way"}},
      {"for longer: neither may be all of it",
       {Made(0, 55, 40, {}, nfdump).with(kOneBare), Made(760, 815, 50, {}, nfdump).with(kOneBare)},
       {"0+55 10.0.0.1:50005>192.0.2.9:22 40..? L3 single 1/1 either-way",
        "760+55 10.0.0.1:50005>192.0.2.9:22 50..? L3 single 1/1 either-way"}},
      {"for hours: a port that comes again",
       {Made(0, 55, 40, {}, nfdump).with(kOneBare),
        Made(9000, 9055, 50, {}, nfdump).with(kOneBare)},
       {"0+55 10.0.0.1:50005>192.0.2.9:22 40..40 L3 single 1/1 either-way",
        "9000+55 10.0.0.1:50005>192.0.2.9:22 50..50 L3 single 1/1 either-way"}},
      {"one that was over is whole",
       {Made(0, 55, 40, {}, nfdump).with(kOneSyn | FlowRecord::kSawEnd),
        Made(760, 815, 50, {}, nfdump).with(kOneSyn | FlowRecord::kSawEnd)},
       {"0+55 10.0.0.1:50005>192.0.2.9:22 40..40 L3 single 1/1 either-way",
        "760+55 10.0.0.1:50005>192.0.2.9:22 50..50 L3 single 1/1 either-way"}},
      {"a SYN begins another",
       {Made(0, 5, 100, {}, nfdump).with(kOneSyn | FlowRecord::kSawEnd),
        Made(0, 5, {}, 7, nfdump).turned().with(kOneSyn | FlowRecord::kSawEnd),
        Made(6, 9, 40, {}, nfdump).with(kOneSyn), Made(6, 9, {}, 2, nfdump).turned().with(kOneSyn)},
       {"0+5 10.0.0.1:50005>192.0.2.9:22 100..100 L3 single 1/2 either-way",
        "6+3 10.0.0.1:50005>192.0.2.9:22 40..40 L3 single 1/2 either-way"}},
      {"UDP has none: silence ends it",
       {Made(0, 60, 100, 0).over(kUdp), Made(100, 130, 50, 0).over(kUdp),
        Made(400, 430, 9, 0).over(kUdp)},
       {"0+130 10.0.0.1:50005>192.0.2.9:22 150..150 L4 single 1/2",
        "400+30 10.0.0.1:50005>192.0.2.9:22 9..9 L4 single 1/1"}},
      {"a sensor that lost patience: the rest begins in the middle",
       {Made(0, 60, 100, 1).with(FlowRecord::kSawStart | FlowRecord::kIsOpen).named("A"),
        Made(400, 430, 50, 1).with(FlowRecord::kMidStream | FlowRecord::kSawEnd).named("B")},
       {"0+430 10.0.0.1:50005>192.0.2.9:22 150..150 L4 single 1/2"}},
      {"a part that has no bytes leaves the sum open",
       {Made(0, 60, 100, 1).over(kUdp), Made(60, 90, {}, {}).over(kUdp)},
       {"0+90 10.0.0.1:50005>192.0.2.9:22 100..? L4 single 1/2"}},
  });
}

TEST_CASE("merge: totals that come again") {
  using Exporter::conntrack;
  check({
      {"hourly, and at the end, under one id: the largest",
       {Made(0, 3600, 100, 1).with(FlowRecord::kIsOpen | FlowRecord::kSawStart).named("C1"),
        Made(0, 7200, 300, 1).with(FlowRecord::kIsOpen | FlowRecord::kSawStart).named("C1"),
        Made(0, 7300, 350, 2).with(FlowRecord::kSawStart).named("C1")},
       {"0+7300 10.0.0.1:50005>192.0.2.9:22 350..350 L4 single 1/3"}},
      {"and no end yet",
       {Made(0, 3600, 100, 1).with(FlowRecord::kIsOpen | FlowRecord::kSawStart).named("C1"),
        Made(0, 7200, 300, 1).with(FlowRecord::kIsOpen | FlowRecord::kSawStart).named("C1")},
       {"0+7200 10.0.0.1:50005>192.0.2.9:22 300..? L4 single 1/2"}},
      {"conntrack's events",
       {Made(0, 0, {}, {}, conntrack).with(FlowRecord::kIsOpen | FlowRecord::kSawStart).named("7"),
        Made(1, 1, {}, {}, conntrack)
            .with(FlowRecord::kIsOpen | FlowRecord::kStartUnknown)
            .named("7"),
        Made(9, 9, 500, 9, conntrack)
            .with(FlowRecord::kSawEnd | FlowRecord::kStartUnknown)
            .named("7")},
       {"0+9 10.0.0.1:50005>192.0.2.9:22 500..500 L3 single 1/3"}},
      {"its lists, which have no id",
       {Made(0, 10, 100, 9, conntrack).with(FlowRecord::kIsOpen),
        Made(0, 20, 500, 9, conntrack).with(FlowRecord::kIsOpen),
        Made(0, 30, 800, 9, conntrack).with(FlowRecord::kSawEnd)},
       {"0+30 10.0.0.1:50005>192.0.2.9:22 800..800 L3 single 1/3"}},
      {"Azure's: what came since the tuple before, and a beginning that has no bytes",
       {Made(0, 0, {}, {}, Exporter::azure).with(FlowRecord::kIsOpen | FlowRecord::kSawStart),
        Made(300, 300, 100, 9, Exporter::azure).with(FlowRecord::kStartUnknown),
        Made(420, 420, 50, 9, Exporter::azure)
            .with(FlowRecord::kStartUnknown | FlowRecord::kSawEnd)},
       {"0+420 10.0.0.1:50005>192.0.2.9:22 150..150 L3 single 1/3"}},
  });
}

TEST_CASE("merge: the same records twice are one") {
  check({{"word for word",
          {Made(0, 60, 100, 1), Made(0, 60, 100, 1), Made(0, 60, 100, 1)},
          {"0+60 10.0.0.1:50005>192.0.2.9:22 100..100 L4 single 1/1 twice=2"}}});
}

TEST_CASE("merge: what several exporters tell of one flow") {
  using Exporter::nfdump;
  const Made zeek = Made(1.7, 9.7, 100000, 500).with(FlowRecord::kSawStart);
  const auto both_ways = FlowRecord::kSawStart | FlowRecord::kOriginUnknown;
  check({
      {"headers apart: payload is the figure, and who began is who Zeek says",
       {zeek, Made(1, 9, 104000, 900, nfdump).with(both_ways).turned()},
       {"1.7+8 10.0.0.1:50005>192.0.2.9:22 100000..100000 L4 same 2/2"}},
      {"the one that saw all goes before the one that did not",
       {zeek.with(FlowRecord::kGaps), Made(1, 9, 104000, 900, nfdump).with(both_ways)},
       {"1.7+8 10.0.0.1:50005>192.0.2.9:22 104000..104000 L3 same 2/2"}},
      {"volumes that do not fit: between the least and the most",
       {zeek, Made(1, 9, 904000, 900, nfdump).with(both_ways)},
       {"1.7+8 10.0.0.1:50005>192.0.2.9:22 100000..904000 unstated doubtful 2/2"}},
      {"two sensors of one kind",
       {zeek.seen_by(1), zeek.seen_by(2)},
       {"1.7+8 10.0.0.1:50005>192.0.2.9:22 100000..100000 L4 same 2/2"}},
      {"two routers that the exporter does not tell apart, both with all of its parts",
       {Made(0, 60, 100000, {}, nfdump).with(kOneSyn),
        Made(0.01, 60.01, 100000, {}, nfdump).with(kOneSyn),
        Made(60, 120, 50000, {}, nfdump).with(kOneMid),
        Made(60.02, 120.01, 50000, {}, nfdump).with(kOneMid)},
       {"0+120.01 10.0.0.1:50005>192.0.2.9:22 150000..150000 L3 same 2/4 either-way"}},
      {"the other direction's parts are cut elsewhere",
       {Made(0, 60, 100, {}, nfdump).with(kOneSyn), Made(60, 120, 50, {}, nfdump).with(kOneMid),
        Made(0.1, 119, {}, 7, nfdump).turned().with(kOneSyn)},
       {"0+120 10.0.0.1:50005>192.0.2.9:22 150..150 L3 single 1/3 either-way"}},
      {"two of one clock's second are two",
       {Made(5, 5.9, 100, 7, nfdump).with(both_ways | FlowRecord::kSawEnd),
        Made(5, 6.2, 40, 7, nfdump).with(both_ways | FlowRecord::kWholeSeconds)},
       {"5+0.9 10.0.0.1:50005>192.0.2.9:22 100..100 L3 single 1/1 either-way",
        "5+1.2 10.0.0.1:50005>192.0.2.9:22 40..40 L3 single 1/1 either-way"}},
      {"at another time they are two flows",
       {zeek, Made(500, 509, 104000, 900, nfdump).with(both_ways)},
       {"1.7+8 10.0.0.1:50005>192.0.2.9:22 100000..100000 L4 single 1/1",
        "500+9 10.0.0.1:50005>192.0.2.9:22 104000..104000 L3 single 1/1 either-way"}},
      {"a clock of another zone: likely the same",
       {Made(7200.7, 7209, 100000, 500),
        Made(3600, 3608, 104000, 900, nfdump).with(both_ways | FlowRecord::kLocalTime)},
       {"7200.7+8.3 10.0.0.1:50005>192.0.2.9:22 100000..104000 unstated doubtful 2/2"}},
      {"existence adds a user, and no bytes",
       {zeek,
        [] {
          Made made = Made(1.5, 1.5, {}, {}, Exporter::firewall)
                          .with(FlowRecord::kExistenceOnly | FlowRecord::kOneWay);
          made.layer = Layer::none;
          made.uid = 1000;
          return made;
        }()},
       {"1.7+8 10.0.0.1:50005>192.0.2.9:22 100000..100000 L4 same 2/2 uid=1000"}},
  });
}

TEST_CASE("merge: whose bytes") {
  FlowMerger merger;
  Made translated(1, 9, 100, 7, Exporter::conntrack);
  translated.nat_from.address = address("203.0.113.7");
  merger.on_flow(translated);
  const std::vector<Flow> flows = merger.take();
  REQUIRE(flows.size() == 1);
  const std::vector<audit::IpAddress> outside = {address("203.0.113.7")};
  const std::vector<audit::IpAddress> peer = {address("192.0.2.9")};
  const std::vector<audit::IpAddress> other = {address("192.0.2.77")};
  const std::vector<audit::IpAddress> all = {address("10.0.0.1"), address("192.0.2.9")};
  CHECK(volume_text(flows.front().bytes_from(kHost)) == "100..100 L3");
  CHECK(volume_text(flows.front().bytes_from(outside)) == "100..100 L3");
  CHECK(volume_text(flows.front().bytes_from(peer)) == "7..7 L3");
  CHECK(volume_text(flows.front().bytes_from(other)) == "-");
  CHECK(volume_text(flows.front().bytes_from(all)) == "-");
}

TEST_CASE("merge: what a sensor beyond a translator tells is joined by the translator's own word") {
  const auto outside = [](double start) {
    Made made = Made(start, start + 8, 104, 9, Exporter::zeek).turned();
    made.to.address = made.nat_to.address = address("203.0.113.7");
    made.to.port = made.nat_to.port = 61000;
    return made.with(FlowRecord::kOriginUnknown);
  };
  Made inside(1, 9, 150, 49, Exporter::conntrack);
  inside.nat_from = {address("203.0.113.7"), 61000};
  check({{"at the same time",
          {inside, outside(1.5)},
          {"1.5+8 10.0.0.1:50005>192.0.2.9:22 104..104 L4 same 2/2"}},
         {"at another",
          {inside, outside(500)},
          {"1+8 10.0.0.1:50005>192.0.2.9:22 150..150 L3 single 1/1",
           "500+8 203.0.113.7:61000>192.0.2.9:22 - single 1/1 either-way"}}});
}

TEST_CASE("merge: records beyond the bound are counted, those that nobody wants take no place") {
  FlowMerger::Options options;
  options.most_records = 2;
  options.is_wanted = [](const FlowRecord& record) { return record.to.port == 22; };
  FlowMerger merger(options);
  for (int i = 0; i < 5; ++i) {
    FlowRecord record = Made(i * 1000, i * 1000 + 1, 1, 1);
    record.to.port = i == 0 ? 80 : 22;
    merger.on_flow(record);
  }
  CHECK(merger.records() == 5);
  CHECK(merger.unwanted() == 1);
  CHECK(merger.left_out() == 2);
  CHECK(merger.take().size() == 2);
  CHECK(merger.take().empty());
}

TEST_CASE("merge: sums end at what has a place") {
  const std::uint64_t most = 18446744073709551614ULL;
  CHECK(flows_in({Made(0, 1, most, 1).over(kUdp), Made(1, 2, 100, 1).over(kUdp)}) ==
        Lines{"0+2 10.0.0.1:50005>192.0.2.9:22 18446744073709551614..18446744073709551614 L4 "
              "single 1/2"});
}

}  // namespace
}  // namespace auexfil::flow::test
