#include <random>

#include <catch2/catch.hpp>

#include "joined.hpp"

namespace auexfil::flow::test {
namespace {

struct Case {
  const char* what;
  std::vector<facts::Fact> facts;
  std::vector<FlowRecord> flows;
  std::string told;
};

/// That they spoke, never how much.
FlowRecord bare(double at, const std::string& peer, std::uint16_t own_port) {
  FlowRecord record = flow(at, at, peer, 22, 0, 0, own_port);
  record.out = record.back = {};
  record.layer = Layer::none;
  record.set(FlowRecord::kExistenceOnly);
  return record;
}

FlowRecord sum_of_both(double at, const std::string& peer, std::uint16_t own_port) {
  FlowRecord record = flow(at, at + 4, peer, 22, 0, 0, own_port);
  record.out = record.back = {};
  record.both = 5'200'000;
  return record;
}

FlowRecord lasting(FlowRecord record, double end) {
  record.last = static_cast<TimeUs>(end * 1e6);
  return record;
}

facts::Fact of_job(std::uint64_t id, facts::Fact fact) {
  fact.job = facts::Job{"cron", "job " + std::to_string(id), std::nullopt};
  return fact;
}

std::vector<Case> cases() {
  const std::string p = "192.0.2.9";
  return {
      {"one connection, one flow",
       {fact("scp", 1, {to(p, 22, 100)})},
       {flow(100.1, 104, p, 22, 3000000, 5000)},
       "192.0.2.9 3000000 flow exact out"},
      {"a download",
       {fact("scp", 1, {to(p, 22, 100)})},
       {flow(100.1, 104, p, 22, 5000, 3000000)},
       "192.0.2.9 5000 flow exact in"},
      {"another port of the peer is another service",
       {fact("scp", 1, {to(p, 22, 100)})},
       {flow(100.1, 104, p, 443, 3000000, 5000)},
       "192.0.2.9 ? unknown - unknown"},
      {"what the log has measured stands",
       {fact("scp", 1, {measured(to(p, 22, 100), 2990000, Basis::measured)})},
       {flow(100.1, 104, p, 22, 3000000, 5000)},
       "192.0.2.9 2990000 measured exact unknown"},
      {"a lower bound is raised, never lowered",
       {fact("scp", 1, {measured(to(p, 22, 100), 1000, Basis::at_least)}),
        fact("scp", 2, {measured(to("192.0.2.10", 22, 200), 9000000, Basis::at_least)})},
       {flow(100.1, 104, p, 22, 3000000, 5000), flow(200.1, 204, "192.0.2.10", 22, 3000000, 5000)},
       "192.0.2.9 3000000 flow exact out; 192.0.2.10 9000000 at-least exact unknown"},
      {"passive ftp: control and data, to any port, while the control connection is open",
       {fact("curl", 1, {to(p, 21, 100, 100.5, 2)})},
       {flow(100.1, 104, p, 21, 60, 250), flow(100.6, 103.9, p, 45000, 2097152, 0, 40001)},
       "192.0.2.9 2097212 flow exact out"},
      {"active ftp: the server opens the data connection",
       {fact("curl", 1, {to(p, 21, 100, 100.5, 2)})},
       {flow(100.1, 104, p, 21, 60, 250), turned(flow(100.6, 103.9, p, 20, 2097152, 0, 41234))},
       "192.0.2.9 2097212 flow exact out"},
      {"tftp: the server answers from another port, and is the originator of that flow",
       {fact("tftp", 1, {named(p, 69, 100)})},
       {udp(flow(100.1, 100.1, p, 69, 30, 0, 50000)),
        udp(turned(flow(100.2, 102, p, 33333, 1056772, 8200, 50000)))},
       "192.0.2.9 1056802 flow window out"},
      {"an exec alone: the flow that follows it",
       {fact("scp", 1, {named(p, 0, 100)})},
       {flow(101.5, 104, p, 22, 3000000, 5000)},
       "192.0.2.9 3000000 flow window out"},
      {"execs one after the other: each has the flow that follows it",
       {fact("scp", 1, {named(p, 0, 100)}), fact("scp", 2, {named(p, 0, 110)})},
       {flow(101.5, 104, p, 22, 3000000, 5000), flow(111.5, 114, p, 22, 4000000, 5000, 40001)},
       "192.0.2.9 3000000 flow window out; 192.0.2.9 4000000 flow window out"},
      {"an exec that uses another's open connection is told there",
       {fact("scp", 1, {named(p, 0, 100)}), fact("scp", 2, {named(p, 0, 110)})},
       {flow(101.5, 120, p, 22, 3000000, 5000)},
       "192.0.2.9 3000000 flow window out; 192.0.2.9 0 flow shared unknown"},
      {"a flow between two starts is of the first, however short before the second",
       {fact("scp", 1, {named(p, 0, 100)}), fact("scp", 2, {named(p, 0, 103.3)})},
       {flow(101.7, 116, p, 22, 7000000, 5000), flow(104.8, 125, p, 22, 2000000, 5000, 40001)},
       "192.0.2.9 7000000 flow window out; 192.0.2.9 2000000 flow window out"},
      {"two starts of two jobs, then two flows: nobody can tell which is whose",
       {fact("scp", 1, {named(p, 0, 100)}), fact("scp", 2, {named(p, 0, 100.8)})},
       {flow(101.7, 116, p, 22, 7000000, 5000), flow(102.3, 122, p, 22, 2000000, 5000, 40001)},
       "192.0.2.9 2000000 flow shared unknown; 192.0.2.9 2000000 flow shared unknown"},
      {"two starts of two jobs, then one flow: either may have none",
       {fact("scp", 1, {named(p, 0, 100)}), fact("scp", 2, {named(p, 0, 100.8)})},
       {flow(101.7, 116, p, 22, 7000000, 5000)},
       "192.0.2.9 ? unknown shared unknown; 192.0.2.9 ? unknown shared unknown"},
      {"two starts of one job, then two flows: the first tells both",
       {fact("scp", 1, {named(p, 0, 100)}), of_job(1, fact("scp", 2, {named(p, 0, 100.8)}))},
       {flow(101.7, 116, p, 22, 7000000, 5000), flow(102.3, 122, p, 22, 2000000, 5000, 40001)},
       "192.0.2.9 9000000 flow shared unknown; 192.0.2.9 0 flow shared unknown"},
      {"another start, once the two before it had as many flows, has its own",
       {fact("scp", 1, {named(p, 0, 100)}), fact("scp", 2, {named(p, 0, 100.8)}),
        fact("scp", 3, {named(p, 0, 110)})},
       {flow(101.7, 116, p, 22, 7000000, 5000), flow(102.3, 122, p, 22, 2000000, 5000, 40001),
        flow(111, 112, p, 22, 600000, 5000, 40002)},
       "192.0.2.9 2000000 flow shared unknown; 192.0.2.9 2000000 flow shared unknown; "
       "192.0.2.9 600000 flow window out"},
      {"a second flow of the first start, though the next comes a second later",
       {fact("scp", 1, {named(p, 0, 100)}), fact("scp", 2, {named(p, 0, 110)})},
       {flow(101.7, 108, p, 22, 7000000, 5000), flow(109, 109.5, p, 22, 300000, 5000, 40001),
        flow(111, 112, p, 22, 600000, 5000, 40002)},
       "192.0.2.9 7300000 flow window out; 192.0.2.9 600000 flow window out"},
      {"of the first start again, or of the next by another clock",
       {fact("scp", 1, {named(p, 0, 100)}), fact("scp", 2, {named(p, 0, 110)})},
       {flow(101.7, 108, p, 22, 7000000, 5000), flow(109, 109.5, p, 22, 300000, 5000, 40001)},
       "192.0.2.9 7000000 flow shared unknown; 192.0.2.9 ? unknown shared unknown"},
      {"two jobs at one moment: nobody can tell which flow is whose: the least of them",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 100.1)})},
       {flow(100.1, 104, p, 22, 3000000, 5000), flow(100.2, 104, p, 22, 70000, 5000, 40001)},
       "192.0.2.9 70000 flow shared unknown; 192.0.2.9 70000 flow shared unknown"},
      {"two connections a second apart are told apart",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 101)})},
       {flow(100.05, 104, p, 22, 3000000, 5000), flow(101.05, 104, p, 22, 70000, 5000, 40001)},
       "192.0.2.9 3000000 flow exact out; 192.0.2.9 70000 flow exact out"},
      {"a flow that no connection of the log is near is nobody's",
       {fact("scp", 1, {to(p, 22, 100)})},
       {flow(160, 164, p, 22, 3000000, 5000)},
       "192.0.2.9 ? unknown - unknown"},
      {"fewer flows than connections: a lower bound",
       {fact("curl", 1, {measured(to(p, 443, 100, 102, 2), 900000, Basis::estimated)})},
       {flow(100.1, 101, p, 443, 5000, 300)},
       "192.0.2.9 900000 estimated shared unknown"},
      {"who came in is known by its port, long after accept was called",
       {[] {
         facts::Fact served = fact("vsftpd", 1, {to("192.0.2.9", 50123, 100, 100, 2)});
         served.side = facts::Side::server;
         served.destinations[0].source = Source::accept;
         return served;
       }()},
       {turned(flow(4000, 4010, p, 50123, 300, 80, 21)),
        turned(flow(4001, 4009, p, 50124, 2097152, 0, 5039))},
       "192.0.2.9 2097452 flow exact out"},
      {"a flow that is not over, and tells of a login so far, is no figure",
       {fact("scp", 1, {to(p, 22, 100)})},
       {[] {
         FlowRecord begun = flow(100.1, 104, "192.0.2.9", 22, 2500, 3300);
         begun.set(FlowRecord::kIsOpen);
         return begun;
       }()},
       "192.0.2.9 ? unknown exact unknown"},
      {"one figure for both ways tells of neither",
       {fact("scp", 1, {to(p, 22, 100)})},
       {[] {
         FlowRecord sum = flow(100.1, 104, "192.0.2.9", 22, 0, 0);
         sum.out = sum.back = {};
         sum.both = 5'200'000;
         return sum;
       }()},
       "192.0.2.9 ? unknown exact unknown"},
      {"flows without bytes show that they spoke, never how much",
       {fact("scp", 1, {to(p, 22, 100)})},
       {[] {
         FlowRecord bare = flow(100.1, 104, "192.0.2.9", 22, 0, 0);
         bare.out = bare.back = {};
         bare.layer = Layer::none;
         bare.exporter = Exporter::firewall;
         bare.set(FlowRecord::kExistenceOnly);
         return bare;
       }()},
       "192.0.2.9 ? unknown exact unknown"},
      {"two jobs at one moment, flows without bytes: neither has sent 0",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 100.1)})},
       {bare(100.1, p, 40000), bare(100.2, p, 40001)},
       "192.0.2.9 ? unknown shared unknown; 192.0.2.9 ? unknown shared unknown"},
      {"two jobs at one moment, one figure for both ways",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 100.1)})},
       {sum_of_both(100.1, p, 40000), sum_of_both(100.2, p, 40001)},
       "192.0.2.9 ? unknown shared unknown; 192.0.2.9 ? unknown shared unknown"},
      {"two jobs at one moment, and one flow: either may have none, and its own may be to come",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 100.1)})},
       {flow(100.1, 104, p, 22, 3000000, 5000)},
       "192.0.2.9 ? unknown shared unknown; 192.0.2.9 ? unknown shared unknown"},
      {"two jobs at one moment, one of the flows without bytes: it may be either's",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 100.1)})},
       {flow(100.1, 104, p, 22, 3000000, 5000), bare(100.2, p, 40001)},
       "192.0.2.9 ? unknown shared unknown; 192.0.2.9 ? unknown shared unknown"},
      {"two connections of a job at one moment, flows without bytes",
       {fact("scp", 1, {to(p, 22, 100)}), of_job(1, fact("scp", 2, {to(p, 22, 100.1)}))},
       {bare(100.1, p, 40000), bare(100.2, p, 40001)},
       "192.0.2.9 ? unknown shared unknown; 192.0.2.9 ? unknown shared unknown"},
      {"an exec that uses another's open connection, of which no bytes are told",
       {fact("scp", 1, {named(p, 0, 100)}), fact("scp", 2, {named(p, 0, 110)})},
       {lasting(bare(101.5, p, 40000), 120)},
       "192.0.2.9 ? unknown window unknown; 192.0.2.9 ? unknown shared unknown"},
  };
}

TEST_CASE("flows: what is joined to a destination") {
  for (const Case& one : cases()) {
    INFO(one.what);
    CHECK(told(join(with_others(one.facts), with_others_flows(one.flows))) ==
          with_others_told(one.told));
  }
}

TEST_CASE("flows: clocks, order and repetition of records change nothing") {
  std::mt19937 random(7);
  for (const Case& one : cases()) {
    const std::string plain = with_others_told(one.told);
    for (const double ahead : {-90.0, -1.7, 0.4, 90.0, 600.0}) {
      std::vector<FlowRecord> flows = with_others_flows(one.flows);
      for (FlowRecord& record : flows) {
        record.first += static_cast<TimeUs>(ahead * 1e6);
        record.last += static_cast<TimeUs>(ahead * 1e6);
      }
      flows.insert(flows.end(), flows.begin(), flows.end());
      std::shuffle(flows.begin(), flows.end(), random);
      INFO(one.what << ", ahead " << ahead);
      CHECK(told(join(with_others(one.facts), flows)) == plain);
    }
  }
}

TEST_CASE("flows: one flow by two clocks is one once it is known how far they are apart") {
  const std::string p = "192.0.2.9";
  const auto by = [](FlowRecord record, Exporter exporter, double later) {
    record.exporter = exporter;
    record.first += static_cast<TimeUs>(later * 1e6);
    record.last += static_cast<TimeUs>(later * 1e6);
    return record;
  };
  const auto facts = with_others({fact("curl", 1, {to(p, 21, 100, 100.5, 2)})});
  const std::vector<FlowRecord> once = with_others_flows(
      {flow(100.1, 100.4, p, 21, 60, 250), flow(100.6, 101.9, p, 45000, 629145, 0, 40001)});
  const std::string expected = with_others_told("192.0.2.9 629205 flow exact out");
  for (const double later : {-90.0, -5.0, 4.0, 8.0, 600.0}) {
    INFO("later by " << later);
    std::vector<FlowRecord> twice = once;
    for (const FlowRecord& record : once) {
      twice.push_back(by(record, Exporter::nfdump, later));
    }
    CHECK(told(join(facts, twice)) == expected);
    twice = once;
    for (const FlowRecord& record : once) {  // that they spoke, and no more
      twice.push_back(by(record, Exporter::firewall, later));
      twice.back().out = twice.back().back = {};
      twice.back().layer = Layer::none;
      twice.back().set(FlowRecord::kExistenceOnly);
    }
    CHECK(told(join(facts, twice)) == expected);
  }
  std::vector<FlowRecord> ended = once;
  for (const FlowRecord& record : once) {
    ended.push_back(by(record, Exporter::conntrack, 10));
    ended.back().first = ended.back().last;
    ended.back().set(FlowRecord::kStartUnknown);
    ended.back().set(FlowRecord::kSawStart, false);
  }
  CHECK(told(join(facts, ended)) == expected);
}

TEST_CASE("flows: a log that lacks connections has those flows that none but it can have made") {
  coverage::HostCoverage lossy;
  lossy.host = "etl";
  lossy.connects = true;
  lossy.gaps.push_back({99'000, 103'000, "lost"});
  const auto facts = with_others({fact("scp", 1, {to("192.0.2.9", 22, 100, 102, 1)})});
  const auto flows = with_others_flows({flow(100.1, 101, "192.0.2.9", 22, 500000, 5000),
                                        flow(101.5, 102, "192.0.2.9", 2222, 700000, 500, 40001)});
  CHECK(told(join(facts, flows)) == with_others_told("192.0.2.9 500000 flow exact out"));
  CHECK(told(join(facts, flows, {}, lossy)) ==
        with_others_told("192.0.2.9 1200000 flow window out"));
}

TEST_CASE("flows: a transfer without a flow is one of nothing only if no proxy may have it") {
  struct Started {
    const char* tool;
    std::vector<std::string> argv;
    std::string told;
  };
  const std::vector<Started> all = {
      {"scp", {"scp", "a", "203.0.113.7:"}, "203.0.113.7 0 flow window none"},
      {"scp",
       {"scp", "-o", "ProxyCommand=nc 198.51.100.2 22", "a", "203.0.113.7:"},
       "203.0.113.7 ? unknown - unknown"},
      {"curl", {"curl", "-T", "a", "https://203.0.113.7/"}, "203.0.113.7 ? unknown - unknown"},
  };
  for (const Started& one : all) {
    INFO(one.argv[1]);
    std::vector<facts::Fact> facts;
    std::vector<FlowRecord> flows;
    for (int i = 0; i < 12; ++i) {
      const double at = 1000 + 100 * i;
      const auto port = static_cast<std::uint16_t>(40000 + i);
      facts.push_back(fact("scp", 10 + static_cast<std::uint64_t>(i), {to("192.0.2.9", 22, at)}));
      flows.push_back(flow(at + 0.1, at + 4, "192.0.2.9", 22, 50000, 5000, port));
    }
    // Long after it, when whatever it began is over and told.
    facts.push_back(fact("scp", 30, {to("192.0.2.9", 22, 100'000)}));
    flows.push_back(flow(100'000.1, 100'004, "192.0.2.9", 22, 50000, 5000));
    facts.push_back(fact(one.tool, 1, {named("203.0.113.7", 0, 1550)}));
    facts.back().process.argv = one.argv;
    const std::string text = told(join(facts, flows));
    CHECK(text.substr(text.rfind("; ") + 2) == one.told);
  }
}

TEST_CASE("flows: a transfer without a flow is one of nothing only where one would be told") {
  struct Seen {
    const char* what;
    Exporter exporter;
    double later;  ///< another transfer of the host, with its flow
    double at;     ///< of the transfer without one
    std::optional<std::pair<double, double>> lost;
    bool is_nothing;
  };
  constexpr double kDay = 100'000;
  const Seen cases[] = {
      {"a day later it would be over", Exporter::zeek, kDay, 1550, {}, true},
      {"it may still be open", Exporter::zeek, 8000, 1550, {}, false},
      {"parts are told while it lasts", Exporter::nfdump, 8000, 1550, {}, true},
      {"it has just begun", Exporter::nfdump, 2100, 2050, {}, false},
      {"of that hour there are no flows", Exporter::zeek, kDay, 8000, {}, false},
      {"records of that time were lost", Exporter::nfdump, 8000, 1550, {{1500, 1600}}, false},
      {"of another time", Exporter::nfdump, 8000, 1550, {{7000, 7100}}, true},
  };
  for (const Seen& one : cases) {
    INFO(one.what);
    std::vector<facts::Fact> facts;
    std::vector<FlowRecord> flows;
    for (int i = 0; i < 13; ++i) {
      const double at = i < 12 ? 1000 + 100 * i : one.later;
      facts.push_back(fact("scp", 10 + static_cast<std::uint64_t>(i), {to("192.0.2.9", 22, at)}));
      flows.push_back(flow(at + 0.1, at + 4, "192.0.2.9", 22, 50000, 5000,
                           static_cast<std::uint16_t>(40000 + i)));
      flows.back().exporter = one.exporter;
    }
    facts.push_back(fact("scp", 1, {named("203.0.113.7", 0, one.at)}));
    Collector collected;
    JoinStage stage(tools(), {}, collected);
    for (const facts::Fact& fact : facts) {
      stage.on_fact(fact, {});
    }
    for (const FlowRecord& record : flows) {
      stage.sink().on_flow(record);
    }
    if (one.lost) {
      stage.sink().on_lost(static_cast<TimeUs>(one.lost->first * 1e6),
                           static_cast<TimeUs>(one.lost->second * 1e6));
    }
    stage.finish({"conn.log"});
    const facts::Destination& d = collected.facts.back().destinations[0];
    CHECK(d.bytes_out.has_value() == one.is_nothing);
    CHECK(collected.facts.back().notes.size() == 1);
  }
}

TEST_CASE("flows: a transfer of which the log has no bytes lasts as long as its flows") {
  const std::string p = "192.0.2.9";
  const auto end_of = [&](const facts::Destination& d, double ahead) {
    std::vector<FlowRecord> flows = with_others_flows({flow(100, 9000, p, 22, 3000000, 5000)});
    for (FlowRecord& record : flows) {
      record.first += static_cast<TimeUs>(ahead * 1e6);
      record.last += static_cast<TimeUs>(ahead * 1e6);
    }
    const facts::Fact told = join(with_others({fact("scp", 1, {d})}), flows).collected.facts[0];
    CHECK(told.end == told.destinations[0].last);
    CHECK(told.start == 100'000);
    return told.end;
  };
  CHECK(end_of(to(p, 22, 100), 0) == 9'000'000);
  CHECK(end_of(to(p, 22, 100), 90) == 9'000'000);
  CHECK(end_of(measured(to(p, 22, 100), 1000, Basis::at_least), 0) == 9'000'000);
  CHECK(end_of(measured(to(p, 22, 100), 3000000, Basis::measured), 0) == 100'000);
}

TEST_CASE("flows: clocks of another zone leave no destination out of the time of the flows") {
  std::vector<FlowRecord> flows = with_others_flows({});
  for (FlowRecord& record : flows) {
    record.first += TimeUs{19'800} * kSecond;
    record.last += TimeUs{19'800} * kSecond;
    record.set(FlowRecord::kLocalTime);
  }
  const Run run = join(with_others({}), flows);
  CHECK(told(run) == kOthers);
  CHECK(run.collected.hosts[0].flows->in_time == 2);
}

TEST_CASE("flows: those of another host, another year or two hosts alike are not joined") {
  const auto facts = with_others(
      {fact("scp", 1, {to("192.0.2.9", 22, 100)}), fact("scp", 2, {to("192.0.2.10", 22, 3000)})});
  const std::string nothing =
      "192.0.2.9 ? unknown - unknown; 192.0.2.10 ? unknown - unknown; "
      "192.0.2.101 ? unknown - unknown; 192.0.2.102 ? unknown - unknown";
  const auto ours = with_others_flows({flow(100, 104, "192.0.2.9", 22, 3000000, 5000),
                                       flow(3000, 3004, "192.0.2.10", 22, 3000000, 5000)});

  SECTION("a year off") {
    auto flows = ours;
    for (FlowRecord& record : flows) {
      record.first += TimeUs{365} * 86400 * kSecond;
      record.last += TimeUs{365} * 86400 * kSecond;
    }
    const Run run = join(facts, flows);
    CHECK(told(run) == nothing);
    REQUIRE(run.messages.size() == 1);
    CHECK(run.messages[0].find("365 days ahead") != std::string::npos);
  }
  SECTION("two that went to the same places at the same time") {
    auto flows = ours;
    for (const FlowRecord& record : ours) {
      flows.push_back(from(record, "10.0.0.2"));
    }
    const Run run = join(facts, flows);
    CHECK(told(run) == nothing);
    REQUIRE(run.messages.size() == 1);
    CHECK(run.messages[0].find("--host-ip") != std::string::npos);

    JoinStage::Options options;
    options.addresses[""] = {address("10.0.0.2")};
    CHECK(join(facts, flows, options).collected.facts[0].destinations[0].bytes_out == 3000000);
    options.addresses["etl"] = {address("10.0.0.3")};
    CHECK(told(join(facts, flows, options)) == nothing);
  }
  SECTION("one that went elsewhere") {
    const Run run = join(facts, {flow(100, 5000, "198.51.100.1", 22, 3000000, 5000)});
    CHECK(told(run) == nothing);
    REQUIRE(run.messages.size() == 1);
    CHECK(run.messages[0].find("none of 1 flow records") != std::string::npos);
    const Run no_facts = join({}, {flow(100, 5000, "198.51.100.1", 22, 3000000, 5000)});
    REQUIRE(no_facts.messages.size() == 1);
    CHECK(no_facts.messages[0].find("no transfer of the log") != std::string::npos);
  }
  SECTION("one flow of a stranger among many transfers") {
    std::vector<facts::Fact> many;
    for (std::uint64_t i = 1; i < 40; ++i) {
      many.push_back(fact("scp", i, {to(fmt::format("192.0.2.{}", i), 22, 100.0 * double(i))}));
    }
    const Run run = join(many, {flow(100, 101, "192.0.2.1", 22, 1000, 1000),
                                from(flow(3900, 3901, "192.0.2.39", 22, 1000, 1000), "10.0.0.2"),
                                from(flow(3800, 3801, "192.0.2.38", 22, 1000, 1000), "10.0.0.3")});
    CHECK(std::none_of(run.collected.facts.begin(), run.collected.facts.end(),
                       [](const facts::Fact& one) { return one.bytes_out.has_value(); }));
    REQUIRE(run.messages.size() == 1);
  }
}

TEST_CASE(
    "flows: of which the end alone is told are nobody's by themselves, and no wrong clock's") {
  const auto facts = with_others({fact("scp", 1, {to("192.0.2.9", 22, 100)})});
  std::vector<FlowRecord> ended =
      with_others_flows({flow(100.1, 4000, "192.0.2.9", 22, 3000000, 5000)});
  for (FlowRecord& record : ended) {
    record.first = record.last;
    record.exporter = Exporter::conntrack;
    record.set(FlowRecord::kStartUnknown);
    record.set(FlowRecord::kSawStart, false);
  }
  const Run run = join(facts, ended);
  REQUIRE(run.messages.size() == 1);
  CHECK_THAT(run.messages[0], Catch::Contains("of none it is told when it began"));
  CHECK_THAT(run.messages[0], !Catch::Contains("clock"));
  JoinStage::Options options;
  options.addresses["etl"] = {address(kOwn)};
  const Run given = join(facts, ended, options);
  CHECK(told(given) ==
        "192.0.2.9 3000000 flow window out; 192.0.2.101 50000 flow window out; "
        "192.0.2.102 50000 flow window out");
  REQUIRE(given.messages.size() == 1);
  CHECK_THAT(given.messages[0], !Catch::Contains("fit 0 of"));
}

TEST_CASE("flows: of which the end alone is told are of whoever began before and has none yet") {
  const std::string p = "192.0.2.9";
  const auto ended = [&](double end, std::uint64_t bytes, std::uint16_t own_port) {
    FlowRecord record = flow(end, end, p, 22, bytes, 5000, own_port);
    record.exporter = Exporter::conntrack;
    record.set(FlowRecord::kStartUnknown);
    record.set(FlowRecord::kSawStart, false);
    return record;
  };
  const Case cases[] = {
      {"two under way: nobody can tell whose ended first",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 160)})},
       {ended(180, 2000000, 40000), ended(300, 7000000, 40001)},
       "192.0.2.9 2000000 flow shared unknown; 192.0.2.9 2000000 flow shared unknown"},
      {"one after the other",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 160)})},
       {ended(140, 2000000, 40000), ended(300, 7000000, 40001)},
       "192.0.2.9 2000000 flow window out; 192.0.2.9 7000000 flow window out"},
      {"of one job the first tells both",
       {fact("scp", 1, {to(p, 22, 100)}), of_job(1, fact("scp", 2, {to(p, 22, 160)}))},
       {ended(180, 2000000, 40000), ended(300, 7000000, 40001)},
       "192.0.2.9 9000000 flow shared unknown; 192.0.2.9 0 flow shared unknown"},
      {"programs that were started",
       {fact("scp", 1, {named(p, 0, 100)}), fact("scp", 2, {named(p, 0, 160)})},
       {ended(180, 2000000, 40000), ended(300, 7000000, 40001)},
       "192.0.2.9 2000000 flow shared unknown; 192.0.2.9 2000000 flow shared unknown"},
      {"one has not ended yet",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 160)})},
       {ended(180, 2000000, 40000)},
       "192.0.2.9 ? unknown shared unknown; 192.0.2.9 ? unknown shared unknown"},
      {"more than there are connections: none is whose nobody can tell",
       {fact("scp", 1, {to(p, 22, 100)})},
       {ended(140, 2000000, 40000), ended(300, 7000000, 40001)},
       "192.0.2.9 2000000 flow shared unknown"},
      {"it had begun before",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 600)})},
       {ended(50, 2000000, 40000), ended(300, 7000000, 40001)},
       "192.0.2.9 7000000 flow window out; 192.0.2.9 ? unknown - unknown"},
  };
  JoinStage::Options options;
  options.addresses["etl"] = {address(kOwn)};
  for (const Case& one : cases) {
    INFO(one.what);
    CHECK(told(join(one.facts, one.flows, options)) == one.told);
  }
}

TEST_CASE("flows: what the host's own configuration has goes before others that fit, and is told") {
  const auto facts = with_others({fact("scp", 1, {to("192.0.2.9", 22, 100)})});
  const auto ours = with_others_flows({flow(100, 104, "192.0.2.9", 22, 3000000, 5000)});
  auto both = ours;
  for (const FlowRecord& record : ours) {
    both.push_back(from(record, "10.0.0.2"));
  }
  const auto has = [](const Run& run, const char* text) {
    return std::any_of(run.messages.begin(), run.messages.end(), [&](const std::string& message) {
      return message.find(text) != std::string::npos;
    });
  };
  JoinStage::Options options;

  SECTION("of two that fit alike") {
    options.configured["etl"] = {address("10.0.0.2"), address("10.0.0.3")};
    const Run run = join(facts, both, options);
    CHECK(run.collected.hosts[0].flows->addresses ==
          std::vector<std::string>{"10.0.0.2", "10.0.0.3"});
    CHECK(run.messages.size() == 1);
    CHECK_FALSE(run.collected.hosts[0].flows->is_translated);
  }
  SECTION("of another host they say nothing") {
    options.configured["web"] = {address("10.0.0.2")};
    CHECK(has(join(facts, both, options), "fit the same transfers"));
  }
  SECTION("another one fits more") {
    auto most = ours;
    most.push_back(from(ours.back(), "10.0.0.2"));
    options.configured["etl"] = {address("10.0.0.2")};
    const Run run = join(facts, most, options);
    CHECK(run.collected.hosts[0].flows->addresses == std::vector<std::string>{"10.0.0.2"});
    CHECK(has(run, "flows of 10.0.0.1 fit more transfers (3) than those of 10.0.0.2"));
  }
  SECTION("no flow is of theirs") {
    options.configured["etl"] = {address("10.0.0.9")};
    const Run run = join(facts, ours, options);
    CHECK(run.collected.hosts[0].flows->addresses == std::vector<std::string>{kOwn});
    CHECK(run.collected.hosts[0].flows->is_translated);
    CHECK(has(run, "the host's configuration has 10.0.0.9, of which no flow fits"));
  }
  SECTION("what is said by hand goes before") {
    options.configured["etl"] = {address("10.0.0.2")};
    options.addresses["etl"] = {address(kOwn)};
    CHECK(join(facts, both, options).collected.hosts[0].flows->addresses ==
          std::vector<std::string>{kOwn});
  }
}

TEST_CASE("flows: what no transfer can have sent to where transfers went is told of the host") {
  const Run run = join(with_others({fact("scp", 1, {to("192.0.2.9", 22, 100)})}),
                       with_others_flows({flow(100, 101, "192.0.2.9", 22, 5000, 500),
                                          flow(900, 950, "192.0.2.9", 22, 80000000, 500, 40001),
                                          flow(901, 950, "192.0.2.101", 443, 7, 500, 40002),
                                          turned(flow(902, 950, "192.0.2.9", 50000, 9000, 5, 22)),
                                          flow(902, 950, "198.51.100.1", 22, 9000, 5, 40003)}));
  REQUIRE(run.collected.hosts.size() == 1);
  REQUIRE(run.collected.hosts[0].flows);
  const coverage::FlowsOfHost& told = *run.collected.hosts[0].flows;
  CHECK(told.addresses == std::vector<std::string>{kOwn});
  CHECK(told.in_time == 3);
  CHECK(told.joined == 3);
  CHECK(told.unjoined == 2);
  CHECK(told.unjoined_bytes == 80000007);
  CHECK(told.unjoined_peers == std::vector<std::string>{"192.0.2.9", "192.0.2.101"});
  REQUIRE(told.hours.size() == 1);
  CHECK(told.hours[0].from == 0);
  CHECK(told.hours[0].to == 7200000);
}

TEST_CASE("flows: that transfers share are told of all of these together, whoever sent which") {
  const std::string p = "192.0.2.9";
  struct Shared {
    const char* what;
    std::vector<facts::Fact> facts;
    std::vector<FlowRecord> flows;
    std::string together;  ///< "DESTINATIONS BYTES" of each destination; "-": none
  };
  facts::Fact same_job = fact("scp", 2, {to(p, 22, 100.1)});
  same_job.job = fact("scp", 1, {to(p, 22, 100)}).job;
  const std::vector<Shared> all = {
      {"two jobs at one moment",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 100.1)})},
       {flow(100.1, 104, p, 22, 3000000, 5000), flow(100.2, 104, p, 22, 70000, 5000, 40001)},
       "2 3070000 2 3070000 - -"},
      {"more flows than connections: the least that can be theirs",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 100.1)})},
       {flow(100.1, 104, p, 22, 3000000, 5000), flow(100.1, 104, p, 22, 70000, 5000, 40001),
        flow(100.2, 104, p, 22, 80000, 5000, 40002)},
       "2 150000 2 150000 - -"},
      {"one job: told with the first as it is",
       {fact("scp", 1, {to(p, 22, 100)}), same_job},
       {flow(100.1, 104, p, 22, 3000000, 5000), flow(100.2, 104, p, 22, 70000, 5000, 40001)},
       "- - - -"},
      {"of two pairs each has its own",
       {fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 100.1)}),
        fact("scp", 3, {to(p, 22, 300)}), fact("scp", 4, {to(p, 22, 300.1)})},
       {flow(100.1, 104, p, 22, 3000000, 5000), flow(100.2, 104, p, 22, 70000, 5000, 40001),
        flow(300.1, 304, p, 22, 1000000, 5000), flow(300.2, 304, p, 22, 90000, 5000, 40001)},
       "2 3070000 2 3070000 2 1090000 2 1090000 - -"},
  };
  for (const Shared& one : all) {
    INFO(one.what);
    std::string text;
    std::map<std::uint64_t, std::uint64_t> ids;
    for (const facts::Fact& fact :
         join(with_others(one.facts), with_others_flows(one.flows)).collected.facts) {
      const auto& together = fact.destinations.at(0).flow.value().together;
      text += text.empty() ? "" : " ";
      text += together ? fmt::format("{} {}", together->destinations, together->bytes_out) : "-";
      if (together) {
        ++ids[together->id];
      }
    }
    CHECK(text == one.together);
    for (const auto& [id, times] : ids) {
      CHECK(times == 2);
    }
  }
}

TEST_CASE("flows: bounds hide no bytes: what they leave out is told of the host") {
  const std::string p = "192.0.2.9";
  const auto unjoined = [](const std::vector<facts::Fact>& facts,
                           const std::vector<FlowRecord>& flows) {
    const Run run = join(with_others(facts), with_others_flows(flows));
    return run.collected.hosts.at(0).flows->unjoined_bytes;
  };
  const std::vector<FlowRecord> two = {flow(100.1, 104, p, 22, 3000000000, 5000),
                                       flow(100.2, 104, p, 22, 5000, 5000, 40001)};
  CHECK(unjoined({fact("scp", 1, {to(p, 22, 100)}), fact("scp", 2, {to(p, 22, 100.1)})}, two) ==
        3000000000 - 5000);
  // What the log has measured is no news.
  CHECK(unjoined({fact("scp", 1, {measured(to(p, 22, 100), 2999990000, Basis::measured)}),
                  fact("scp", 2, {measured(to(p, 22, 100.1), 5000, Basis::measured)})},
                 two) == 10000);
  // One connection, two flows.
  CHECK(unjoined({fact("scp", 1, {to(p, 22, 100.1)})}, two) == 3000000000);
  // Of one job the sum is told.
  facts::Fact again = fact("scp", 2, {to(p, 22, 100.1)});
  again.job = fact("scp", 1, {to(p, 22, 100)}).job;
  CHECK(unjoined({fact("scp", 1, {to(p, 22, 100)}), again}, two) == 0);
}

namespace {

/// A log of which is known with whom programs spoke: with all that transfers went to, and these.
coverage::HostCoverage log_with_peers(const std::vector<std::string>& others) {
  auto peers = std::make_shared<audit::AddressSet>();
  for (const std::string& peer : others) {
    peers->add(address(peer));
  }
  coverage::HostCoverage log;
  log.host = "etl";
  log.connects = true;
  log.first = 0;
  log.last = 7'000'000;
  log.peers = std::move(peers);
  return log;
}

JoinStage::Options unseen_above(std::uint64_t bytes) {
  JoinStage::Options options;
  options.unseen_above = bytes;
  return options;
}

const std::vector<coverage::FlowsOfHost::Unseen>& unseen_in(const Run& run) {
  REQUIRE(run.collected.hosts.size() == 1);
  REQUIRE(run.collected.hosts[0].flows);
  CHECK(run.collected.hosts[0].flows->tells_unseen);
  return run.collected.hosts[0].flows->unseen;
}

}  // namespace

TEST_CASE("flows: what goes to where no program had a connection is told by address") {
  const std::string p = "203.0.113.9";
  const std::vector<FlowRecord> flows = with_others_flows({
      flow(100, 200, p, 443, 3'000'000, 100),
      flow(100, 200, p, 443, 3'000'000, 100),  // the same once more
      flow(3700, 3800, p, 443, 2'000'000, 100, 40001),
      flow(300, 400, "203.0.113.10", 22, 9'000'000, 100),            // a program's
      turned(flow(300, 400, "203.0.113.11", 5000, 9'000'000, 100)),  // came in
      flow(300, 400, "203.0.113.12", 22, 900'000, 100),              // little
      flow(9000, 9001, "203.0.113.13", 22, 9'000'000, 100),          // behind the log's end
      flow(300, 400, "127.0.0.9", 22, 9'000'000, 100),
      from(flow(300, 400, "203.0.113.14", 22, 9'000'000, 100), "10.0.0.77"),  // another host's
      udp(flow(300, 400, "203.0.113.15", 53, 9'000'000, 100)),                // needs no connect
  });
  const Run run = join(with_others({}), flows, unseen_above(1'000'000),
                       log_with_peers({"203.0.113.10", "192.0.2.101", "192.0.2.102"}));
  CHECK(run.read_again);
  const auto& unseen = unseen_in(run);
  REQUIRE(unseen.size() == 1);
  CHECK(unseen[0].address == p);
  CHECK(unseen[0].port == 443);
  CHECK(unseen[0].transport == "tcp");
  CHECK(unseen[0].flows == 2);
  CHECK(unseen[0].bytes == 5'000'000);
  CHECK(unseen[0].layer == "L4");
  CHECK(unseen[0].evidence == "conn.log:1");
  CHECK(unseen[0].first == 100'000);
  CHECK(unseen[0].last == 3'800'000);
  REQUIRE(unseen[0].hours.size() == 2);
  CHECK(unseen[0].hours[1].from == 3'600'000);
  CHECK(unseen[0].hours[1].bytes == 2'000'000);
  CHECK(unseen[0].hours[0].first == 100'000);
  CHECK(unseen[0].hours[0].last == 200'000);
  CHECK(unseen[0].hours[1].last == 3'800'000);
  CHECK(told(run) == kOthers);
}

TEST_CASE("flows: the higher port alone makes nobody come in") {
  const std::string p = "203.0.113.9";
  constexpr std::uint64_t kMuch = 3'000'000;
  const auto one_way = [](FlowRecord record) {
    record.set(FlowRecord::kOneWay);
    record.set(FlowRecord::kOriginUnknown);
    record.set(FlowRecord::kSawStart, false);
    record.exporter = Exporter::nfdump;
    record.layer = Layer::l3;
    record.back = {};
    return record;
  };
  struct Ends {
    const char* what;
    std::uint16_t own;
    std::uint16_t peer;
    double own_from;
    double peer_from;
    bool is_unseen;
  };
  const Ends cases[] = {
      {"both high, nobody tells who was first", 45001, 61234, 100, 100, true},
      {"both high, the host was first", 45001, 61234, 100, 100.02, true},
      {"both high, the peer was first", 45001, 61234, 100.02, 100, false},
      {"a port of a service", 22, 61234, 100, 100, false},
      {"a port of a service, whoever was first", 22, 61234, 100, 100.02, false},
      {"to a service", 45001, 443, 100, 100, true},
      {"to a service, by records the first of which is the peer's", 45001, 443, 100.02, 100, true},
  };
  for (const Ends& one : cases) {
    INFO(one.what);
    FlowRecord out = one_way(flow(one.own_from, 160, p, one.peer, kMuch, 0, one.own));
    FlowRecord back = turned(flow(one.peer_from, 160, p, one.peer, 0, 0, one.own));
    back.out = {900, 9};
    back = one_way(back);
    for (const auto& flows : {std::vector{out, back}, std::vector{back, out}}) {
      const Run run = join(with_others({}), with_others_flows(flows), unseen_above(1'000'000),
                           log_with_peers({"192.0.2.101", "192.0.2.102"}));
      CHECK(unseen_in(run).size() == (one.is_unseen ? 1 : 0));
      // The same where a transfer went there at another time.
      const Run known = join(with_others({fact("scp", 1, {to(p, 2222, 3000)})}),
                             with_others_flows(flows), {}, whole_log());
      CHECK(known.collected.hosts[0].flows->unjoined_bytes == (one.is_unseen ? kMuch : 0));
    }
  }
}

TEST_CASE("flows: to strangers that tell no bytes, or both ways in one figure, are of any number") {
  const std::string p = "203.0.113.9";
  const auto log = log_with_peers({"192.0.2.101", "192.0.2.102"});
  const auto of = [&](const std::vector<FlowRecord>& flows) {
    const Run run = join(with_others({}), with_others_flows(flows), unseen_above(1'000'000), log);
    std::string text;
    for (const auto& one : unseen_in(run)) {
      REQUIRE(one.hours.size() == 1);
      CHECK(one.hours[0].bytes_most == one.bytes_most);
      text +=
          fmt::format("{} {}", one.bytes, one.bytes_most ? std::to_string(*one.bytes_most) : "any");
    }
    return text;
  };
  CHECK(of({bare(100, p, 40001)}) == "0 any");
  CHECK(of({sum_of_both(100, p, 40001)}) == "0 5200000");
  CHECK(of({flow(100, 104, p, 22, 3'000'000, 0)}) == "3000000 3000000");
  FlowRecord open = flow(100, 104, p, 22, 3'000'000, 0);
  open.set(FlowRecord::kIsOpen);
  CHECK(of({open}) == "3000000 any");
  // Where another exporter counted them they are known.
  FlowRecord logged = bare(100, p, 40000);
  logged.exporter = Exporter::firewall;
  CHECK(of({logged, flow(100, 104, p, 22, 30'000, 0)}) == "30000 30000");
  FlowRecord refused = flow(100, 104, p, 22, 3'000'000, 0);
  refused.set(FlowRecord::kRefused);
  CHECK(of({refused}).empty());
}

TEST_CASE("flows: many small ones to one stranger are as much as a large one") {
  std::vector<FlowRecord> flows;
  for (std::uint16_t i = 0; i < 2000; ++i) {
    flows.push_back(flow(100 + i, 100.5 + i, "203.0.113.9", 443, 1000, 100, 20000 + i));
  }
  const auto log = log_with_peers({"192.0.2.101", "192.0.2.102"});
  const Run above = join(with_others({}), with_others_flows(flows), unseen_above(1'999'999), log);
  REQUIRE(unseen_in(above).size() == 1);
  CHECK(unseen_in(above)[0].bytes == 2'000'000);
  CHECK(unseen_in(above)[0].flows == 2000);
  // With what came back it is more than that; below nothing is read again.
  const Run below = join(with_others({}), with_others_flows(flows), unseen_above(3'000'000), log);
  CHECK_FALSE(below.read_again);
  CHECK(unseen_in(below).empty());
}

TEST_CASE("flows: beyond a thousand strangers the lightest are told as one sum") {
  std::vector<FlowRecord> flows;
  for (unsigned i = 0; i < 1200; ++i) {
    flows.push_back(flow(100 + i, 101 + i, fmt::format("203.1.{}.{}", i / 200, i % 200 + 1), 443,
                         i < 1000 ? 2000 : 1000, 0));
  }
  const Run run = join(with_others({}), with_others_flows(flows), unseen_above(0),
                       log_with_peers({"192.0.2.101", "192.0.2.102"}));
  const auto& unseen = unseen_in(run);
  REQUIRE(unseen.size() == 1001);
  CHECK(unseen.back().address == "others");
  CHECK(unseen.back().addresses == 200);
  CHECK(unseen.back().bytes == 200'000);
  CHECK(unseen.back().flows == 200);
  std::uint64_t hours = 0;
  for (const auto& hour : unseen.back().hours) {
    hours += hour.bytes;
  }
  CHECK(hours == 200'000);
}

TEST_CASE("flows: nobody hides what no program made by announcing it as data of ftp") {
  const std::string server = "192.0.2.9";
  const std::string third = "203.0.113.9";
  FlowRecord control = flow(100.1, 130, server, 21, 60, 250, 40001);
  control.id = ShortText("C1");
  std::vector<FlowRecord> flows = {control};
  for (std::uint16_t i = 0; i < 20; ++i) {
    flows.push_back(
        flow(102 + i, 120, third, 443, 1'000'000, 0, static_cast<std::uint16_t>(50000 + i)));
  }
  flows = with_others_flows(flows);
  struct Liar {  // NOLINT(clang-analyzer-optin.performance.Padding): read in this order
    const char* what;
    FtpCommand::Kind kind;
    const char* id;
    bool turned;  ///< the control connection's ends
    Endpoint listens;
  };
  const Liar liars[] = {
      {"passive", FtpCommand::Kind::passive, "C1", false, {address(third), 443}},
      {"active", FtpCommand::Kind::active, "C1", false, {address(third), 443}},
      {"Suricata, of another control connection",
       FtpCommand::Kind::other,
       "",
       false,
       {address(third), 443}},
      {"an id of another's", FtpCommand::Kind::passive, "C7", false, {address(third), 443}},
      {"the server came", FtpCommand::Kind::passive, "C1", true, {address(third), 443}},
      {"the host itself listens", FtpCommand::Kind::active, "C1", false, {address(kOwn), 50003}},
  };
  // Of a transfer that the log has a connection of, of one that it has not, and of none.
  const std::vector<std::vector<facts::Fact>> transfers = {
      {fact("curl", 1, {to(server, 21, 100, 100.5, 2)})},
      {fact("curl", 1, {named(server, 21, 100)})},
      {}};
  for (const Liar& liar : liars) {
    INFO(liar.what);
    std::vector<FtpCommand> commands;
    for (int i = 0; i < 30; ++i) {
      FtpCommand command;
      command.kind = liar.kind;
      command.time = static_cast<TimeUs>((101.9 + i) * 1e6);
      command.client = {address(kOwn), 40001};
      command.server = {address(server), 21};
      if (liar.turned) {
        std::swap(command.client, command.server);
      }
      command.data = liar.listens;
      command.id = ShortText(liar.id);
      commands.push_back(command);
    }
    for (const std::vector<facts::Fact>& facts : transfers) {
      for (const std::size_t most : {std::size_t{7}, std::size_t{1} << 17}) {
        JoinStage::Options options = unseen_above(1'000'000);
        options.most_announced = most;
        const Run run = join(with_others(facts), flows, options,
                             log_with_peers({server, "192.0.2.101", "192.0.2.102"}), commands);
        const auto& unseen = unseen_in(run);
        REQUIRE(unseen.size() == 1);
        CHECK(unseen[0].address == third);
        CHECK(unseen[0].bytes == 20'000'000);
      }
    }
  }
}

TEST_CASE("flows: nobody hides what no program made by naming where it goes") {
  const std::string stranger = "203.0.113.9";
  std::vector<FlowRecord> flows = {flow(101, 104, stranger, 22, 3'000'000, 0)};
  for (std::uint16_t i = 0; i < 20; ++i) {
    flows.push_back(
        flow(2000 + i, 2100, stranger, 443, 1'000'000, 0, static_cast<std::uint16_t>(50000 + i)));
  }
  flows = with_others_flows(flows);
  const auto log = log_with_peers({"192.0.2.101", "192.0.2.102"});
  const auto answer = [&](double time) {
    NameAnswer made;
    made.time = static_cast<TimeUs>(time * 1e6);
    made.name = "drop.example";
    made.addresses = {address(stranger)};
    return made;
  };
  facts::Fact by_name = fact("scp", 1, {named(stranger, 0, 100)});
  by_name.destinations[0].address.reset();
  by_name.destinations[0].name = "drop.example";
  struct Naming {
    const char* what;
    facts::Fact fact;
    std::vector<NameAnswer> answers;
    std::uint64_t unseen;
    const char* told;
  };
  // What is joined is judged where it is told; the rest is nobody's.
  const Naming cases[] = {
      {"nobody names it", fact("scp", 1, {to("192.0.2.101", 22, 100)}), {}, 23'000'000, ""},
      {"a name has it as its address",
       by_name,
       {answer(100.5)},
       20'000'000,
       "203.0.113.9 3000000 flow window out"},
      {"the name had it at another time", by_name, {answer(-90000)}, 23'000'000, ""},
      {"a command line has it",
       fact("scp", 1, {named(stranger, 0, 100)}),
       {},
       20'000'000,
       "203.0.113.9 3000000 flow window out"},
      {"a command line had it at another time",
       fact("scp", 1, {named(stranger, 0, 4000)}),
       {},
       23'000'000,
       ""},
  };
  for (const Naming& one : cases) {
    INFO(one.what);
    const Run run =
        join(with_others({one.fact}), flows, unseen_above(19'000'000), log, {}, one.answers);
    const auto& unseen = unseen_in(run);
    REQUIRE(unseen.size() == 1);
    CHECK(unseen[0].address == stranger);
    CHECK(unseen[0].bytes == one.unseen);
    CHECK(told(run).find(one.told) == 0);
  }
}

TEST_CASE("flows: what may be a transfer's, or was its neighbour, is not out of sight") {
  const std::string stranger = "203.0.113.9";
  const auto log = log_with_peers({"192.0.2.101", "192.0.2.102"});
  const auto unseen = [&](const std::vector<facts::Fact>& facts,
                          const std::vector<FlowRecord>& flows, const coverage::HostCoverage& with,
                          const std::vector<NameAnswer>& answers = {}) {
    const Run run = join(with_others(facts), with_others_flows(flows), unseen_above(1'000'000),
                         with, {}, answers);
    const auto& all = unseen_in(run);
    return all.empty() ? std::uint64_t{0} : all[0].bytes;
  };
  // Ends that were used before, by a connection whose peer a name tells.
  facts::Fact by_name = fact("scp", 1, {to(stranger, 22, 100)});
  by_name.destinations[0].address.reset();
  by_name.destinations[0].name = "drop.example";
  NameAnswer answer;
  answer.time = 99'000'000;
  answer.name = "drop.example";
  answer.addresses = {address(stranger)};
  CHECK(
      unseen({by_name},
             {flow(100, 104, stranger, 22, 2'000, 0), flow(104.5, 300, stranger, 22, 9'000'000, 0)},
             log, {answer}) == 9'000'000);
  // Two command lines, and datagrams that either may have sent.
  coverage::HostCoverage bytes = log;
  bytes.bytes = true;
  std::vector<FlowRecord> many;
  for (std::uint16_t i = 0; i < 100; ++i) {
    many.push_back(udp(flow(101, 101.5, stranger, 5000, i == 0 ? 100 : 100'000, 0,
                            static_cast<std::uint16_t>(50000 + i))));
  }
  facts::Fact again = fact("tftp", 2, {named(stranger, 69, 100)});
  again.job = fact("tftp", 1, {named(stranger, 69, 100)}).job;
  CHECK(unseen({fact("tftp", 1, {named(stranger, 69, 100)}), again}, many, bytes) == 9'900'100);
  // More records than there is room for.
  JoinStage::Options few = unseen_above(1'000'000);
  few.most_records = 8;
  std::vector<FlowRecord> crowd = with_others_flows({});
  for (std::uint16_t i = 0; i < 10; ++i) {
    crowd.push_back(
        flow(1000 + i, 1001 + i, stranger, 443, 10, 0, static_cast<std::uint16_t>(50000 + i)));
  }
  crowd.push_back(flow(2000, 2001, stranger, 443, 9'000'000, 0, 60000));
  const Run run = join(with_others({fact("scp", 1, {named(stranger, 0, 4000)})}), crowd, few, log);
  CHECK(run.read_again);
}

TEST_CASE("flows: announcements take no room from flows that transfers made") {
  FtpCommand command;
  command.kind = FtpCommand::Kind::passive;
  command.client = {address(kOwn), 40001};
  command.server = {address("192.0.2.9"), 21};
  command.data = Endpoint{address("203.0.113.9"), 3128};  // which all of the network speak with
  std::vector<FlowRecord> flows;
  for (std::uint16_t i = 0; i < 100; ++i) {
    flows.push_back(
        flow(100 + i, 200, "203.0.113.9", 3128, 1000, 0, static_cast<std::uint16_t>(50000 + i)));
  }
  JoinStage::Options options;
  options.most_records = 40;
  options.most_announced = 10;
  const Run run = join(with_others({fact("curl", 1, {to("192.0.2.9", 21, 100, 100.5, 2)})}),
                       with_others_flows(flows), options, whole_log(), {command});
  CHECK(told(run) == with_others_told("192.0.2.9 ? unknown - unknown"));
  CHECK(run.bounds == std::map<std::string, std::uint64_t>{{"flow_announced", 90}});
}

TEST_CASE("flows: who may have made them is not told where the log cannot show it") {
  const std::vector<FlowRecord> flows =
      with_others_flows({flow(100, 200, "203.0.113.9", 443, 3'000'000, 100)});
  const auto log = log_with_peers({});
  const auto is_told = [&](const coverage::HostCoverage& with, const JoinStage::Options& options) {
    const Run run = join(with_others({}), flows, options, with);
    return run.collected.hosts.at(0).flows->tells_unseen;
  };
  CHECK(is_told(log, unseen_above(0)));
  CHECK_FALSE(is_told(log, {}));
  coverage::HostCoverage execs_alone = log;
  execs_alone.connects = false;
  CHECK_FALSE(is_told(execs_alone, unseen_above(0)));
  coverage::HostCoverage facts = log;
  facts.peers = nullptr;
  CHECK_FALSE(is_told(facts, unseen_above(0)));
  // Of a pipe: what may be there was not read again.
  Collector collected;
  JoinStage stage(tools(), unseen_above(0), collected);
  for (const facts::Fact& one : with_others({})) {
    stage.on_fact(one, {});
  }
  stage.on_host(log);
  for (const FlowRecord& record : flows) {
    stage.sink().on_flow(record);
  }
  stage.finish({"-"});
  CHECK_FALSE(collected.hosts.at(0).flows->tells_unseen);
}

TEST_CASE("flows: of a host without any transfer they are told where its address is known") {
  JoinStage::Options options = unseen_above(0);
  options.addresses["etl"] = {address(kOwn)};
  const Run run =
      join({}, {flow(100, 200, "203.0.113.9", 443, 3'000'000, 100)}, options, log_with_peers({}));
  REQUIRE(unseen_in(run).size() == 1);
  CHECK(unseen_in(run)[0].bytes == 3'000'000);
}

TEST_CASE("flows: a name in a command line is found by what it was answered with") {
  facts::Fact by_name = fact("scp", 1, {named("192.0.2.9", 0, 100)});
  by_name.destinations[0].address.reset();
  by_name.destinations[0].name = "Drop.example";
  const auto answer = [](double time, const std::string& name, std::vector<audit::IpAddress> to) {
    NameAnswer made;
    made.time = static_cast<TimeUs>(time * 1e6);
    made.name = name;
    made.addresses = std::move(to);
    return made;
  };
  const auto told_with = [&](const std::vector<NameAnswer>& answers,
                             const std::vector<FlowRecord>& flows,
                             JoinStage::Options options = {}) {
    Run run;
    JoinStage stage(tools(), std::move(options), run.collected);
    for (const facts::Fact& one : with_others({by_name})) {
      stage.on_fact(one, {});
    }
    for (const NameAnswer& one : answers) {
      stage.sink().on_name(one);
    }
    for (const FlowRecord& one : with_others_flows(flows)) {
      stage.sink().on_flow(one);
    }
    stage.finish({"conn.log"});
    CHECK(stage.bounds().contains("flow_names") ==
          (told(run).find('?') != std::string::npos && answers.size() > 2));
    return told(run);
  };
  const FlowRecord one = flow(101, 104, "192.0.2.9", 22, 3000000, 5000);
  const FlowRecord other = flow(102, 103, "192.0.2.10", 22, 70000, 5000, 40001);
  const audit::IpAddress nine = address("192.0.2.9");
  const audit::IpAddress ten = address("192.0.2.10");
  CHECK(told_with({answer(100.5, "drop.example.", {ten, nine})}, {one}) ==
        with_others_told("192.0.2.9 3000000 flow window out"));
  CHECK(told_with({answer(100.5, "drop.example", {ten, nine})}, {one, other}) ==
        "192.0.2.9 3000000 flow window out; 192.0.2.10 70000 flow window out; " + kOthers);
  const std::string nobody = with_others_told("? ? unknown - unknown");
  CHECK(told_with({answer(100.5, "other.example", {nine})}, {one}) == nobody);
  CHECK(told_with({answer(-90000, "drop.example", {nine})}, {one}) == nobody);
  CHECK(told_with({answer(2000, "drop.example", {nine})}, {one}) == nobody);
  CHECK(told_with({}, {one}) == nobody);
  // Many answers for a name that somebody else asks for: the bound is kept, and said.
  JoinStage::Options few;
  few.most_answers = 2;
  CHECK(told_with({answer(-90000, "drop.example", {ten}), answer(-90000, "drop.example", {ten}),
                   answer(100.5, "drop.example", {nine})},
                  {one}, few) == nobody);
}

TEST_CASE("flows: figures at odds with what the log has measured are said, not taken") {
  const auto notes = [](std::uint64_t by_log, std::uint64_t by_flow) {
    const Run run =
        join(with_others(
                 {fact("scp", 1, {measured(to("192.0.2.9", 22, 100), by_log, Basis::measured)})}),
             with_others_flows({flow(100, 104, "192.0.2.9", 22, by_flow, 5000)}));
    CHECK(run.collected.facts[0].bytes_out == by_log);
    return run.collected.facts[0].notes;
  };
  CHECK(notes(3000000, 3000000).empty());
  CHECK(notes(3000000, 3100000).empty());  // sent again
  CHECK(notes(3000000, 9000000).size() == 1);
  CHECK(notes(9000000, 3000000).size() == 1);
}

TEST_CASE("flows: what came back is told of them where the log has measured what went out") {
  const auto bytes_in = [](const std::vector<facts::Fact>& facts,
                           const std::vector<FlowRecord>& flows) {
    return join(with_others(facts), with_others_flows(flows))
        .collected.facts[0]
        .destinations[0]
        .bytes_in;
  };
  const std::string p = "192.0.2.9";
  const FlowRecord one = flow(100, 104, p, 22, 3000000, 5000);
  facts::Destination d = measured(to(p, 22, 100), 3000000, Basis::measured);
  CHECK(bytes_in({fact("scp", 1, {d})}, {one}) == 5000);
  d.bytes_in = 7;
  CHECK(bytes_in({fact("scp", 1, {d})}, {one}) == 7);
  d.bytes_in.reset();
  // Nobody can tell whose.
  const FlowRecord other = flow(100.1, 104, p, 22, 70000, 600, 40001);
  CHECK_FALSE(bytes_in({fact("scp", 1, {d}), fact("scp", 2, {to(p, 22, 100.1)})}, {one, other}));
}

TEST_CASE("flows: facts and hosts come out in their order, whatever their number") {
  std::vector<facts::Fact> facts;
  for (std::uint64_t i = 1; i < 3000; ++i) {
    facts.push_back(fact("scp", i, {to("192.0.2.9", 22, 10.0 * double(i))}));
    facts.back().process.argv = {"scp", std::string(300, 'x'), std::to_string(i)};
    facts.back().notes = {"a note\x80"};
  }
  const Run run = join(facts, {});
  REQUIRE(run.collected.facts.size() == facts.size());
  CHECK(run.collected.facts == facts);
  CHECK(run.collected.hosts.size() == 1);
}

TEST_CASE("flows: bounds of claims and records are kept, and said") {
  std::vector<facts::Fact> facts;
  std::vector<FlowRecord> flows;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    facts.push_back(fact("scp", i, {to("192.0.2.9", 22, 10.0 * double(i))}));
    flows.push_back(flow(10.0 * double(i), 10.0 * double(i) + 1, "192.0.2.9", 22, 1000, 1000,
                         static_cast<std::uint16_t>(40000 + i)));
  }
  JoinStage::Options options;
  options.most_claims = 60;
  options.most_records = 80;
  const Run run = join(facts, flows, options);
  CHECK(run.collected.facts.size() == 100);
  // Flows of others to the same peer take no place where the host's address is known.
  JoinStage::Options known = options;
  known.addresses[""] = {address(kOwn)};
  known.most_claims = known.most_records = 100;
  std::vector<FlowRecord> more = flows;
  for (const FlowRecord& record : flows) {
    more.push_back(from(record, "10.0.0.2"));
  }
  CHECK(join(facts, more, known).bounds.empty());
  CHECK(run.bounds ==
        std::map<std::string, std::uint64_t>{{"flow_claims", 40}, {"flow_records", 20}});
}

}  // namespace
}  // namespace auexfil::flow::test
