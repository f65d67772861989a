#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "joined.hpp"

/// Data connections of ftp that control connections announce (Zeek's ftp.log, Suricata's events).
namespace auexfil::flow::test {
namespace {

const std::string kServer = "192.0.2.9";
const std::string kThird = "198.51.100.77";

FlowRecord with_id(FlowRecord record, const std::string& id) {
  record.id = ShortText(id);
  return record;
}

/// \param own  port of the client's on the control connection \param listens  who is connected to
FtpCommand announced(double time, const std::string& id, std::uint16_t own, const Endpoint& listens,
                     FtpCommand::Kind kind = FtpCommand::Kind::passive) {
  FtpCommand command;
  command.kind = kind;
  command.time = static_cast<TimeUs>(time * 1e6);
  command.client = {address(kOwn), own};
  command.server = {address(kServer), 21};
  command.data = listens;
  command.id = ShortText(id);
  return command;
}

Endpoint at(const std::string& host, std::uint16_t port) {
  return {address(host), port};
}

struct Case {
  const char* what;
  std::vector<facts::Fact> facts;
  std::vector<FlowRecord> flows;
  std::vector<FtpCommand> commands;
  std::string told;
  std::string by_time;       ///< without commands
  std::string message = {};  ///< part of one
};

/// Two clients at work with one server at the same time.
std::vector<facts::Fact> two_clients() {
  return {fact("curl", 1, {to(kServer, 21, 100, 100.5, 2)}),
          fact("curl", 2, {to(kServer, 21, 101, 101.5, 2)})};
}
std::vector<FlowRecord> two_controls(const std::string& one = "C1", const std::string& two = "C2") {
  return {with_id(flow(100.1, 130, kServer, 21, 60, 250, 40001), one),
          with_id(flow(101.1, 130, kServer, 21, 60, 250, 40002), two)};
}
std::vector<FlowRecord> with(std::vector<FlowRecord> flows, const std::vector<FlowRecord>& more) {
  flows.insert(flows.end(), more.begin(), more.end());
  return flows;
}
const std::string kApart = "192.0.2.9 3000060 flow exact out; 192.0.2.9 70060 flow exact out";
const std::string kEither =
    "192.0.2.9 70060 flow shared unknown; 192.0.2.9 70060 flow shared unknown";

std::vector<Case> cases() {
  const std::vector<FlowRecord> data = {flow(102.1, 120, kServer, 45001, 3000000, 0, 50001),
                                        flow(102.2, 120, kServer, 45002, 70000, 0, 50002)};
  std::vector<FlowRecord> active = {turned(flow(102.1, 120, kServer, 20, 3000000, 0, 50001)),
                                    turned(flow(102.2, 120, kServer, 20, 70000, 0, 50002))};
  return {
      {"passive: the port that the server has announced",
       two_clients(),
       with(two_controls(), data),
       {announced(102, "C1", 40001, at(kServer, 45001)),
        announced(102.1, "C2", 40002, at(kServer, 45002))},
       kApart,
       kEither},
      {"active: the port that the client has announced",
       two_clients(),
       with(two_controls(), active),
       {announced(102, "C1", 40001, at(kOwn, 50001), FtpCommand::Kind::active),
        announced(102.1, "C2", 40002, at(kOwn, 50002), FtpCommand::Kind::active)},
       kApart,
       kEither},
      {"control connections of an exporter without ids are known by their ends",
       two_clients(),
       with(two_controls("", ""), data),
       {announced(102, "C1", 40001, at(kServer, 45001)),
        announced(102.1, "C2", 40002, at(kServer, 45002))},
       kApart,
       kEither},
      {"a server behind a translator announces an address that it has inside",
       two_clients(),
       with(two_controls(), data),
       {announced(102, "C1", 40001, at("10.9.9.9", 45001)),
        announced(102.1, "C2", 40002, at("10.9.9.9", 45002))},
       kApart,
       kEither},
      {"a port that two have announced one after the other, the first is over",
       two_clients(),
       with(two_controls(), {flow(102.1, 103, kServer, 45001, 3000000, 0, 50001),
                             flow(112.2, 120, kServer, 45001, 70000, 0, 50002)}),
       {announced(102, "C1", 40001, at(kServer, 45001)),
        announced(102, "C1", 40001, at(kServer, 45001)),  // the file is given twice
        announced(112.1, "C2", 40002, at(kServer, 45001))},
       kApart,
       kEither},
      {"a port that two have announced at once: by time",
       two_clients(),
       with(two_controls(), data),
       {announced(102, "C1", 40001, at(kServer, 45001)),
        announced(102, "C2", 40002, at(kServer, 45001)),
        announced(102, "C1", 40001, at(kServer, 45002)),
        announced(102, "C2", 40002, at(kServer, 45002))},
       kEither,
       kEither,
       "several control connections have announced: 2; joined by time"},
      {"an announcement long before, or by a connection of other ends, says nothing",
       two_clients(),
       with(two_controls(), data),
       {announced(97, "C1", 40001, at(kServer, 45001)),
        announced(98, "C1", 40001, at(kServer, 45009)),
        announced(102.1, "C2", 40077, at(kServer, 45002)), announced(102.1, "", 0, at(kServer, 0))},
       kEither,
       kEither},
      {"a flow that the log has made by another transfer stays with that one",
       {fact("curl", 1, {to(kServer, 21, 100, 100.5, 2)}),
        fact("scp", 2, {to(kServer, 2222, 102)})},
       {with_id(flow(100.1, 130, kServer, 21, 60, 250, 40001), "C1"),
        flow(102.1, 120, kServer, 2222, 3000000, 500, 50001)},
       {announced(102, "C1", 40001, at(kServer, 2222))},
       "192.0.2.9 60 flow shared unknown; 192.0.2.9 3000000 flow exact out",
       "192.0.2.9 60 flow shared unknown; 192.0.2.9 3000000 flow exact out",
       "another transfer has made: 1; left with that one"},
      {"a flow that only follows a program's start is the data connection that was announced",
       {fact("curl", 1, {to(kServer, 21, 100, 100.5, 2)}),
        fact("scp", 2, {named(kServer, 0, 101)})},
       {with_id(flow(100.1, 130, kServer, 21, 60, 250, 40001), "C1"),
        flow(102.1, 120, kServer, 45001, 3000000, 500, 50001)},
       {announced(102, "C1", 40001, at(kServer, 45001))},
       "192.0.2.9 3000060 flow exact out; 192.0.2.9 0 flow shared unknown",
       "192.0.2.9 60 flow shared unknown; 192.0.2.9 3000000 flow window out"},
      {"and to a third host, where another was to go",
       {fact("curl", 1, {named(kServer, 21, 100)}), fact("scp", 2, {named(kThird, 0, 101)})},
       {with_id(flow(100.1, 130, kServer, 21, 60, 250, 40001), "C1"),
        flow(102.1, 120, kThird, 45001, 3000000, 500, 50001)},
       {announced(102, "C1", 40001, at(kThird, 45001))},
       "192.0.2.9 60 flow window none; 198.51.100.77 3000000 flow window out; 198.51.100.77 ? "
       "unknown - unknown",
       "192.0.2.9 60 flow window none; 198.51.100.77 3000000 flow window out",
       "by another's control connection: 1; told there"},
      {"a third host is a destination of its own",
       {fact("curl", 1, {named(kServer, 21, 100)})},
       {with_id(flow(100.1, 130, kServer, 21, 60, 250, 40001), "C1"),
        flow(102.1, 120, kThird, 45001, 3000000, 0, 50001)},
       {announced(102, "C1", 40001, at(kThird, 45001))},
       "192.0.2.9 60 flow window none; 198.51.100.77 3000000 flow window out",
       "192.0.2.9 60 flow window none"},
      {"a third host that the log has no connection to, though it has all, is not believed",
       {fact("curl", 1, {to(kServer, 21, 100, 100.5, 2)})},
       {with_id(flow(100.1, 130, kServer, 21, 60, 250, 40001), "C1"),
        flow(102.1, 120, kThird, 45001, 3000000, 0, 50001)},
       {announced(102, "C1", 40001, at(kThird, 45001))},
       "192.0.2.9 60 flow shared unknown",
       "192.0.2.9 60 flow shared unknown",
       "or that one of several has made: 1; not joined"},
  };
}

TEST_CASE("flows: data connections of ftp are of who announced them, and of nobody else") {
  for (const Case& one : cases()) {
    INFO(one.what);
    const Run run =
        join(with_others(one.facts), with_others_flows(one.flows), {}, whole_log(), one.commands);
    CHECK(told(run) == with_others_told(one.told));
    CHECK(told(join(with_others(one.facts), with_others_flows(one.flows))) ==
          with_others_told(one.by_time));
    INFO(fmt::format("{}", fmt::join(run.messages, "\n")));
    CHECK(std::any_of(run.messages.begin(), run.messages.end(), [&](const std::string& text) {
      return text.find(one.message) != std::string::npos;
    }));
    CHECK(run.messages.size() == (one.message.empty() ? 1U : 2U));
    CHECK(run.bounds.empty());
  }
}

TEST_CASE("flows: data connections are named by any clock and in any order") {
  std::mt19937 random(7);
  for (const Case& one : cases()) {
    for (const double ahead : {-90.0, 0.4, 600.0}) {
      std::vector<FlowRecord> flows = with_others_flows(one.flows);
      std::vector<FtpCommand> commands = one.commands;
      const auto shift = static_cast<TimeUs>(ahead * 1e6);
      for (FlowRecord& record : flows) {
        record.first += shift;
        record.last += shift;
      }
      for (FtpCommand& command : commands) {
        command.time += shift;
      }
      std::shuffle(flows.begin(), flows.end(), random);
      std::shuffle(commands.begin(), commands.end(), random);
      INFO(one.what << ", ahead " << ahead);
      CHECK(told(join(with_others(one.facts), flows, {}, whole_log(), commands)) ==
            with_others_told(one.told));
    }
  }
}

TEST_CASE("flows: the command that announced a flow is evidence, beside the flow") {
  const auto evidence = [](const Case& one) {
    std::vector<FtpCommand> commands = one.commands;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      commands[i].file = 1;
      commands[i].line = 11 + i;
    }
    const Run run =
        join(with_others(one.facts), with_others_flows(one.flows), {}, whole_log(), commands);
    std::string text;
    for (const facts::Fact& fact : run.collected.facts) {
      for (const facts::Evidence& item : fact.evidence) {
        text += fmt::format("{:x} {}:{} {} {}\n", fact.id, item.file, item.line, item.what,
                            item.event.time);
      }
    }
    return text;
  };
  const auto others = [](int line) {
    return fmt::format("385 conn.log:{} flow 5000000\n386 conn.log:{} flow 6000000\n", line,
                       line + 1);
  };
  std::vector<Case> all = cases();
  const auto named = [&](std::string_view what) {
    return *std::find_if(all.begin(), all.end(), [&](const Case& one) { return one.what == what; });
  };
  CHECK(evidence(named("passive: the port that the server has announced")) ==
        "1 conn.log:1 flow 100100\n1 conn.log:3 flow 102100\n1 ftp.log:11 announced 102000\n"
        "2 conn.log:2 flow 101100\n2 conn.log:4 flow 102200\n2 ftp.log:12 announced 102100\n" +
            others(5));
  CHECK(evidence(named("a third host is a destination of its own")) ==
        "1 conn.log:1 flow 100100\n1 conn.log:2 flow 102100\n1 ftp.log:11 announced 102000\n" +
            others(3));
  // What the log knows better, or what is not believed, rests on no announcement.
  for (const char* const what :
       {"a flow that the log has made by another transfer stays with that one",
        "a third host that the log has no connection to, though it has all, "
        "is not believed"}) {
    INFO(what);
    CHECK(evidence(named(what)).find("announced") == std::string::npos);
  }
}

TEST_CASE("flows: what an announcement takes is never told as nothing sent") {
  // Nearly all transfers have flows, so that none would mean that nothing was sent.
  std::vector<facts::Fact> facts = {fact("curl", 1, {named(kServer, 21, 100)}),
                                    fact("scp", 2, {named(kThird, 0, 101)})};
  std::vector<FlowRecord> flows = {with_id(flow(100.1, 130, kServer, 21, 60, 250, 40001), "C1"),
                                   flow(102.1, 120, kThird, 45001, 3000000, 500, 50001)};
  for (std::uint64_t i = 0; i < 20; ++i) {
    const double time = 1000.0 + 10.0 * static_cast<double>(i);
    const std::string peer = fmt::format("192.0.2.{}", 100 + i);
    facts.push_back(fact("scp", 100 + i, {to(peer, 22, time)}));
    flows.push_back(flow(time, time + 1, peer, 22, 5000, 500));
  }
  const Run run =
      join(facts, flows, {}, whole_log(), {announced(102, "C1", 40001, at(kThird, 45001))});
  CHECK(!run.collected.facts[1].destinations[0].bytes_out);
  REQUIRE(run.collected.facts[1].notes.size() == 1);
  CHECK(run.collected.facts[1].notes[0].find("transfer 0000000000000001") != std::string::npos);
}

TEST_CASE("flows: bytes to a third host that the log cannot have sent are told of the host") {
  const Run run =
      join(with_others({fact("curl", 1, {to(kServer, 21, 100, 100.5, 2)})}),
           with_others_flows({with_id(flow(100.1, 130, kServer, 21, 60, 250, 40001), "C1"),
                              flow(102.1, 120, kThird, 45001, 3000000, 0, 50001),
                              // Announced, but hours later: nothing to us.
                              flow(5100.1, 5120, kThird, 45001, 9000000, 0, 50003)}),
           {}, whole_log(), {announced(102, "C1", 40001, at(kThird, 45001))});
  CHECK(run.collected.hosts.at(0).flows->unjoined_bytes == 3000000);
}

TEST_CASE("flows: a data connection between others is a note of who asked for it") {
  const auto notes = [](const Endpoint& listens) {
    const Run run =
        join(with_others({fact("curl", 1, {to(kServer, 21, 100, 100.5, 1)})}),
             with_others_flows({with_id(flow(100.1, 130, kServer, 21, 60, 250, 40001), "C1")}), {},
             whole_log(), {announced(102, "C1", 40001, listens, FtpCommand::Kind::active)});
    const auto& evidence = run.collected.facts[0].evidence;
    const bool is_shown = std::any_of(evidence.begin(), evidence.end(),
                                      [](const auto& one) { return one.what == "announced"; });
    CHECK(is_shown == !run.collected.facts[0].notes.empty());
    return run.collected.facts[0].notes;
  };
  REQUIRE(notes(at(kThird, 45001)).size() == 1);
  CHECK(notes(at(kThird, 45001))[0].find("198.51.100.77:45001") != std::string::npos);
  CHECK(notes(at(kOwn, 45001)).empty());
  CHECK(notes(at("192.168.1.7", 45001)).empty());  // of one behind a translator
}

TEST_CASE("flows: bounds of announcements are kept, and said") {
  JoinStage::Options options;
  options.most_channels = 1;
  const Case one = cases().front();
  const Run run = join(with_others(one.facts), with_others_flows(one.flows), options, whole_log(),
                       one.commands);
  CHECK(run.bounds == std::map<std::string, std::uint64_t>{{"flow_channels", 1}});
  // One whose port is announced again and again: the search ends, by time then.
  std::vector<FtpCommand> many = one.commands;
  for (int i = 0; i < 2000; ++i) {
    many.push_back(announced(101.2 + i * 1e-5, "C2", 40002, at(kServer, 45001)));
  }
  const Run hostile =
      join(with_others(one.facts), with_others_flows(one.flows), {}, whole_log(), many);
  CHECK(hostile.messages.size() == 2);
  CHECK(hostile.collected.facts[0].destinations[0].flow->grade == facts::FlowGrade::shared);
  // Of control connections that no transfer can have had nothing is kept.
  FtpCommand strange = one.commands.front();
  strange.client.address = strange.server.address = address(kThird);
  CHECK(join(with_others(one.facts), with_others_flows(one.flows), options, whole_log(),
             {strange, strange})
            .bounds.empty());
}

}  // namespace
}  // namespace auexfil::flow::test
