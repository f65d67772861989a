#include "auexfil/policy/judge.hpp"

#include <functional>
#include <limits>
#include <set>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "builders.hpp"

namespace auexfil::policy {
namespace {

using facts::Fact;
using transfer::Basis;
using transfer::Direction;
using Words = std::vector<std::string>;

const char* const kBulk =
    "[role default]\nlimit = 1MiB\nwindow = 24h\n"
    "[role backup]\nhost = bk-*\nlimit = 5MiB\nwindow = 1h\n"
    "[rule bulk]\ngroup_by = host, destination\nlimit = role\nseverity = high\n"
    "technique = T1048\n";

Judgement judge(std::string_view text, const std::vector<Fact>& facts,
                const JudgeOptions& options = {}) {
  const Policy p = policy(text);
  Judge judge(p, options);
  for (const Fact& fact : facts) {
    judge.add(fact);
  }
  return judge.finish();
}

TEST_CASE("judge: one transfer over the limit is a finding with every field filled") {
  Fact big = fact(0x9f0c, kBegin + kHour, to("203.0.113.11", 3'153'717));
  big.script = "/opt/feed.sh";
  const Judgement result = judge(kBulk, {big});
  CHECK(result.transfers == 1);
  CHECK(result.approved == 0);
  CHECK(result.unmeasured == 0);
  REQUIRE(result.findings.size() == 1);
  const Finding& finding = result.findings[0];
  CHECK(finding.id != 0);
  CHECK(finding.rule == "bulk");
  CHECK(finding.technique == Words{"T1048"});
  CHECK(finding.severity == Severity::high);
  CHECK(finding.host == "etl-01");
  CHECK(finding.role == "default");
  CHECK(finding.group == std::vector<std::pair<std::string, std::string>>{
                             {"host", "etl-01"}, {"destination", "203.0.113.11"}});
  CHECK(finding.start == kBegin + kHour - 1000);
  CHECK(finding.end == kBegin + kHour);
  CHECK(finding.limit_bytes == 1U << 20);
  CHECK(!finding.limit_connections);
  CHECK(finding.window_s == 86400);
  CHECK(finding.bytes_out == 3'153'717);
  CHECK(finding.basis == Basis::measured);
  REQUIRE(finding.destinations.size() == 1);
  CHECK(finding.destinations[0].address == "203.0.113.11");
  CHECK(finding.destinations[0].port == 22);
  CHECK(finding.destinations[0].bytes_out == 3'153'717);
  CHECK(finding.transfers == std::vector<std::uint64_t>{0x9f0c});
  CHECK(finding.tool == "scp");
  CHECK(finding.user == "root");
  CHECK(finding.auid_user == "root");
  REQUIRE(finding.job);
  CHECK(finding.job->kind == "cron");
  CHECK(finding.job->what == "/bin/sh -c scp -q x");
  CHECK(!finding.job->artefact);
  CHECK(finding.automation == transfer::Verdict::unattended);
  CHECK(finding.script == "/opt/feed.sh");
  CHECK(finding.command == Words{"scp", "-q", "x"});
  CHECK(finding.chain == Words{"cron", "sh"});
  CHECK(finding.reasons == Words{"started by cron (pid 311)", "203.0.113.11 is on no allowlist",
                                 "3.0 MiB in 24 h is over the limit of 1.0 MiB of role default"});
}

TEST_CASE("judge: the limit itself is allowed, a byte more is told in bytes") {
  CHECK(judge(kBulk, {fact(1, kBegin, to("203.0.113.11", 1 << 20))}).findings.empty());
  const Judgement over = judge(kBulk, {fact(1, kBegin, to("203.0.113.11", (1 << 20) + 1))});
  REQUIRE(over.findings.size() == 1);
  CHECK(over.findings[0].reasons.back() ==
        "1048577 B in 24 h is over the limit of 1048576 B of role default");
}

TEST_CASE("judge: small transfers add up over hosts' windows, groups stay apart") {
  std::vector<Fact> facts;
  for (std::uint64_t i = 0; i < 4; ++i) {
    facts.push_back(
        fact(i, kBegin + static_cast<std::int64_t>(i) * kHour, to("203.0.113.11", 300'000)));
    facts.push_back(fact(10 + i, kBegin + static_cast<std::int64_t>(i) * kHour,
                         to(fmt::format("203.0.113.{}", 20 + i), 300'000)));
  }
  Fact other_host = facts[0];
  other_host.id = 99;
  other_host.host = "etl-02";
  facts.push_back(other_host);
  const Judgement result = judge(kBulk, facts);
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].transfers == std::vector<std::uint64_t>{0, 1, 2, 3});
  CHECK(result.findings[0].bytes_out == 1'200'000);
}

TEST_CASE("judge: a rule may ask for a sign of who started it") {
  const char* const text =
      "[role default]\nlimit = 1MiB\n[rule forged]\nsign = forged-*, x\nseverity = high\n"
      "group_by = host, destination\ntechnique = T1078\n";
  Fact f = fact(1, kBegin, to("203.0.113.11", 5));
  f.reasons = {{"cron", "started by cron", {}}, {"forged-login", "a record", {}}};
  CHECK(judge(text, {f}).findings.size() == 1);
  f.reasons.pop_back();
  CHECK(judge(text, {f}).findings.empty());
  f.reasons.clear();
  CHECK(judge(text, {f}).findings.empty());
}

TEST_CASE("judge: stretches that no window joins are findings of their own") {
  const Judgement result = judge(kBulk, {fact(1, kBegin, to("203.0.113.11", 2'000'000)),
                                         fact(2, kBegin + kDay, to("203.0.113.11", 2'000'000))});
  REQUIRE(result.findings.size() == 2);
  CHECK(result.findings[0].id != result.findings[1].id);
  CHECK(result.findings[0].start < result.findings[1].start);
}

TEST_CASE("judge: a window reaches back behind --start, what ended before is not reported alone") {
  JudgeOptions night;
  night.start = kBegin + kDay;
  night.end = kBegin + 2 * kDay;
  const auto before = [](std::uint64_t bytes) {
    return fact(1, kBegin + kDay - kHour, to("203.0.113.11", bytes));
  };
  const auto within = [](std::uint64_t bytes) {
    return fact(2, kBegin + kDay + kHour, to("203.0.113.11", bytes));
  };
  SECTION("both together") {
    const Judgement result = judge(kBulk, {before(600'000), within(600'000)}, night);
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].transfers == std::vector<std::uint64_t>{1, 2});
    CHECK(result.transfers == 1);  // the other is there for the sum
  }
  SECTION("by no more than a window") {
    Fact old = before(600'000);
    old.end -= kDay;
    CHECK(judge(kBulk, {old, within(600'000)}, night).findings.empty());
  }
  SECTION("what had its excess before") {
    CHECK(judge(kBulk, {before(9'000'000)}, night).findings.empty());
    CHECK(judge(kBulk, {before(9'000'000)}, night).transfers == 0);
  }
  SECTION("what begins behind the end") {
    Fact late = within(9'000'000);
    late.start = kBegin + 2 * kDay + 1;
    late.end = late.start;
    CHECK(judge(kBulk, {late}, night).findings.empty());
  }
  SECTION("a rule without a limit sums nothing") {
    const char* const each =
        "[role default]\nlimit = 1MiB\nwindow = 24h\n[rule each]\nseverity = low\n"
        "group_by = host, destination\ntechnique = T1048\n";
    CHECK(judge(each, {before(5)}, night).findings.empty());
    const Judgement result = judge(each, {before(5), within(7)}, night);
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].bytes_out == 7U);
  }
}

TEST_CASE("judge: nightly runs together report what one run reports") {
  std::vector<Fact> facts;
  std::uint64_t seed = 12345;
  for (std::uint64_t i = 0; i < 300; ++i) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto end = kBegin + static_cast<std::int64_t>((seed >> 33U) % (9 * kDay));
    facts.push_back(
        fact(i, end, to(i % 3 == 0 ? "203.0.113.11" : "203.0.113.12", (seed >> 20U) % 160'000)));
  }
  const Judgement whole = judge(kBulk, facts);
  REQUIRE(whole.findings.size() > 3);
  std::vector<Finding> nights;
  std::uint64_t transfers = 0;
  for (std::int64_t start = kBegin - kHour; start < kBegin + 10 * kDay; start += kDay) {
    JudgeOptions night;
    night.start = start;
    night.end = start + kDay - 1;
    const Judgement result = judge(kBulk, facts, night);
    nights.insert(nights.end(), result.findings.begin(), result.findings.end());
    transfers += result.transfers;
  }
  CHECK(transfers >= whole.transfers);
  for (const Finding& finding : whole.findings) {
    // Each night tells its part of a stretch that goes over several.
    std::set<std::uint64_t> told;
    for (const Finding& night : nights) {
      if (night.rule == finding.rule && night.group == finding.group) {
        told.insert(night.transfers.begin(), night.transfers.end());
      }
    }
    for (const std::uint64_t id : finding.transfers) {
      CHECK(told.contains(id));
    }
  }
}

TEST_CASE("judge: a host has the role whose pattern fits, with its limit and window") {
  Fact backup = fact(1, kBegin, to("203.0.113.11", 4'000'000));
  backup.host = "bk-07";
  Fact again = fact(2, kBegin + kHour, to("203.0.113.11", 4'000'000));
  again.host = "bk-07";
  CHECK(judge(kBulk, {backup, again}).findings.empty());
  again.end -= 1;
  const Judgement result = judge(kBulk, {backup, again});
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].role == "backup");
  CHECK(result.findings[0].window_s == 3600);

  JudgeOptions options;
  options.role = "default";
  CHECK(judge(kBulk, {backup}, options).findings.size() == 1);
  options.role = "bakcup";
  CHECK_THROWS_AS(judge(kBulk, {}, options), std::invalid_argument);
}

TEST_CASE("judge: what the rule does not select is no finding") {
  const auto changed = [](auto change) {
    Fact f = fact(1, kBegin, to("203.0.113.11", 3'000'000));
    change(f);
    return judge(kBulk, {f}).findings.size();
  };
  CHECK(changed([](Fact&) {}) == 1);
  CHECK(changed([](Fact& f) { f.automation = transfer::Verdict::attended; }) == 0);
  CHECK(changed([](Fact& f) { f.automation = transfer::Verdict::unknown; }) == 1);
  CHECK(changed([](Fact& f) { f.side = transfer::Side::server; }) == 0);
  CHECK(changed([](Fact& f) { f.destinations[0].direction = Direction::in; }) == 0);
  CHECK(changed([](Fact& f) { f.destinations[0].direction = Direction::none; }) == 0);
  CHECK(changed([](Fact& f) { f.destinations[0].direction = Direction::both; }) == 1);
  CHECK(changed([](Fact& f) { f.destinations[0].direction = Direction::unknown; }) == 1);
  CHECK(changed([](Fact& f) { f.destinations[0].bytes_out.reset(); }) == 0);
  for (const char* address : {"127.0.0.1", "::1", "169.254.1.1", "fe80::1", "224.0.0.1", "ff02::1",
                              "255.255.255.255", "0.0.0.0", "localhost"}) {
    INFO(address);
    CHECK(judge(kBulk, {fact(1, kBegin, to(address, 3'000'000))}).findings.empty());
  }
  CHECK(judge(kBulk, {fact(1, kBegin, to("10.1.2.3", 3'000'000))}).findings.size() == 1);
}

TEST_CASE("judge: destinations of one invocation are judged apart") {
  Fact copy = fact(1, kBegin, to("203.0.113.11", 3'000'000));
  copy.destinations[0].direction = Direction::in;  // scp -3: from here
  copy.destinations.push_back(to("203.0.113.12", 3'000'000));
  copy.destinations.push_back(to("203.0.113.13", 3'000));
  const Judgement result = judge(kBulk, {copy});
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].group[1].second == "203.0.113.12");
  CHECK(result.findings[0].bytes_out == 3'000'000);
}

TEST_CASE(
    "judge: the basis is the weakest that contributes, and a lower bound where one is missing") {
  Fact sure = fact(1, kBegin, to("203.0.113.11", 1'000'000));
  Fact guess = fact(2, kBegin + 1, to("203.0.113.11", 1'000'000));
  guess.destinations[0].basis = Basis::estimated;
  Fact missing = fact(3, kBegin + 2, to("203.0.113.11", std::nullopt));
  Judgement result = judge(kBulk, {sure, guess});
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].basis == Basis::estimated);
  CHECK(result.findings[0].reasons.back().starts_with("about 1.9 MiB in 24 h"));

  guess.destinations[0].basis = Basis::measured;
  result = judge(kBulk, {sure, guess, missing});
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].basis == Basis::at_least);
  CHECK(result.findings[0].bytes_out == 2'000'000);
  CHECK(result.findings[0].transfers.size() == 3);
  CHECK(result.unmeasured == 1);
}

TEST_CASE("judge: no limit is held against what nobody saw leave, but where a rule says so") {
  const std::string rules =
      std::string(kBulk) +
      "[rule guessed]\nestimates = yes\ngroup_by = host, destination\nlimit = role\n"
      "severity = medium\n"
      "[rule unmeasured]\nbasis = unknown\ngroup_by = host, destination\nseverity = low\n";
  const auto told = [](const Judgement& result) {
    std::string text;
    for (const Finding& one : result.findings) {
      text += one.rule + " " + (one.bytes_out ? std::to_string(*one.bytes_out) : "?") + " " +
              transfer::to_word(one.basis) + "; ";
    }
    return text;
  };
  Fact guess = fact(1, kBegin, to("203.0.113.11", 5'000'000));
  guess.destinations[0].basis = Basis::estimated;
  guess.destinations[0].bytes_estimated = 5'000'000;
  const Fact sure = fact(2, kBegin + 1, to("203.0.113.11", 4'000'000));
  const Judgement alone = judge(rules.c_str(), {guess});
  CHECK(told(alone) == "guessed 5000000 estimated; unmeasured 5000000 estimated; ");
  CHECK(alone.unmeasured == 1);
  // A sum that is sure stays as it is beside it.
  CHECK(told(judge(rules.c_str(), {guess, sure})) ==
        "bulk 4000000 at-least; guessed 9000000 estimated; unmeasured 5000000 estimated; ");
  CHECK(told(judge(rules.c_str(), {sure})) == "bulk 4000000 measured; ");
}

TEST_CASE("judge: names stand for destinations whose address is not in the log") {
  const char* const rules =
      "[role default]\nlimit = 1MiB\n"
      "[allow inside]\nname = *.example.org\n"
      "[rule unmeasured]\nbasis = unknown\ngroup_by = host, destination\nseverity = low\n";
  Fact named = fact(1, kBegin, to("backup.example.net", std::nullopt));
  Fact allowed = fact(2, kBegin, to("backup.example.org", std::nullopt));
  Fact vouched = fact(3, kBegin, to("203.0.113.9", std::nullopt));
  vouched.destinations[0].name = "backup.example.org";  // a name vouches for no address
  Fact measured = fact(4, kBegin, to("203.0.113.10", 5));
  const Judgement result = judge(rules, {named, allowed, vouched, measured});
  REQUIRE(result.findings.size() == 2);
  CHECK(result.findings[0].destinations[0].address == "203.0.113.9");
  CHECK(result.findings[1].destinations[0].address == "backup.example.net");
  CHECK(!result.findings[1].bytes_out);
  CHECK(result.findings[1].basis == Basis::unknown);
  CHECK(!result.findings[1].limit_bytes);
  CHECK(result.findings[1].reasons.back() ==
        "the log cannot give the volume; no limit can be held against it");
  CHECK(result.approved == 1);
  CHECK(result.unmeasured == 2);
}

TEST_CASE("judge: what the heaviest transfer read is told where that is asked for") {
  const auto reading = [](std::uint64_t id, std::uint64_t bytes, std::string path) {
    Fact made = fact(id, kBegin + static_cast<audit::TimeMs>(id) * 1000, to("203.0.113.11", bytes));
    made.files = {{std::move(path), bytes, facts::FileBasis::at_least, {}},
                  {"/srv/second", {}, facts::FileBasis::unknown, {}}};
    made.files_count = 140;
    return made;
  };
  const std::vector<Fact> facts = {reading(1, 600'000, "/srv/light"),
                                   reading(2, 900'000, "/srv/heavy")};
  JudgeOptions asked;
  asked.tells_files = true;
  const Judgement told = judge(kBulk, facts, asked);
  REQUIRE(told.findings.size() == 1);
  CHECK(told.findings[0].files_count == 140);
  REQUIRE(told.findings[0].files.size() == 2);
  CHECK(told.findings[0].files[0].path == "/srv/heavy");
  CHECK(told.findings[0].files[0].bytes == 900'000);
  CHECK(told.findings[0].files[0].basis == facts::FileBasis::at_least);
  CHECK_FALSE(told.findings[0].files[1].bytes.has_value());
  CHECK(told.findings[0].files[1].basis == facts::FileBasis::unknown);

  const Judgement silent = judge(kBulk, facts);
  REQUIRE(silent.findings.size() == 1);
  CHECK(silent.findings[0].files.empty());
}

TEST_CASE("judge: group_by takes every key, and the heaviest transfer speaks for the group") {
  const char* const rules =
      "[role default]\nlimit = 1MiB\n"
      "[rule all]\ngroup_by = role, user, tool, job, host\nlimit = 1MiB\nseverity = medium\n";
  Fact small = fact(1, kBegin, to("203.0.113.11", 600'000));
  Fact large = fact(2, kBegin + 1, to("203.0.113.12", 700'000));
  large.process.argv = {"scp", "large"};
  Fact other_user = fact(3, kBegin + 2, to("203.0.113.12", 700'000));
  other_user.uid = 33;
  other_user.uid_name.reset();
  const Judgement result = judge(rules, {small, large, other_user});
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].group ==
        std::vector<std::pair<std::string, std::string>>{{"role", "default"},
                                                         {"user", "root"},
                                                         {"tool", "scp"},
                                                         {"job", "cron: /bin/sh -c scp -q x"},
                                                         {"host", "etl-01"}});
  CHECK(result.findings[0].command == Words{"scp", "large"});
  REQUIRE(result.findings[0].destinations.size() == 2);
  CHECK(result.findings[0].destinations[0].address == "203.0.113.12");
  CHECK(result.findings[0].destinations[0].sender.command == Words{"scp", "large"});
  CHECK(result.findings[0].destinations[1].sender.command == Words{"scp", "-q", "x"});
  CHECK(result.findings[0].reasons.back() ==
        "1.2 MiB in 24 h is over the limit of 1.0 MiB of rule all");
}

TEST_CASE("judge: who else sent of a finding is told, and why each counts as it does") {
  const char* const rules =
      "[role default]\nlimit = 1MiB\n"
      "[rule all]\ngroup_by = host\nlimit = 1MiB\nseverity = medium\nautomation = any\n";
  Fact cron = fact(1, kBegin, to("203.0.113.11", 700'000));
  Fact person = fact(2, kBegin + 1, to("203.0.113.12", 600'000));
  person.automation = transfer::Verdict::unknown;
  person.tool = "curl";
  person.uid = 1000;
  person.uid_name = "alice";
  person.reasons = {{"out-of-sight", "what started it is not in the log", {}}};
  const Fact same = fact(3, kBegin + 2, to("203.0.113.11", 1000));
  const Judgement result = judge(rules, {cron, person, same});
  REQUIRE(result.findings.size() == 1);
  const Finding& finding = result.findings[0];
  CHECK(finding.reasons[finding.started.size()] ==
        "585.9 KiB of it by curl of user alice (attendance unknown), 1 transfer");
  REQUIRE(finding.destinations.size() == 2);
  CHECK(finding.destinations[0].sender.started == finding.started);
  CHECK(finding.destinations[1].sender.started == Words{"what started it is not in the log"});
}

TEST_CASE("judge: that nothing tells who started the heaviest is said also beside others") {
  const char* const rules =
      "[role default]\nlimit = 1MiB\n"
      "[rule all]\ngroup_by = host\nlimit = 1MiB\nseverity = medium\nautomation = any\n";
  Fact unknown = fact(1, kBegin, to("203.0.113.11", 700'000));
  unknown.automation = transfer::Verdict::unknown;
  unknown.reasons.clear();
  Fact other = fact(2, kBegin + 1, to("203.0.113.12", 600'000));
  other.tool = "curl";
  other.destinations[0].basis = Basis::at_least;
  const Judgement result = judge(rules, {unknown, other});
  REQUIRE(result.findings.size() == 1);
  const Finding& finding = result.findings[0];
  CHECK(finding.started == Words{"what started it is not in the log"});
  CHECK(finding.reasons[0] == "what started it is not in the log");
  CHECK(finding.reasons[1] ==
        "at least 585.9 KiB of it by curl of user root (unattended), 1 transfer");
}

TEST_CASE("judge: a rule may count connections, and ask for several destinations") {
  const char* const rules =
      "[role default]\nlimit = 1MiB\n"
      "[rule many]\ngroup_by = host\nconnections = 3\nmin_destinations = 2\nseverity = low\n";
  Fact one = fact(1, kBegin, to("203.0.113.11", std::nullopt));
  one.destinations[0].connections = 4;
  CHECK(judge(rules, {one}).findings.empty());
  one.destinations.push_back(to("203.0.113.12", std::nullopt));
  const Judgement result = judge(rules, {one});
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].limit_connections == 3);
  CHECK(!result.findings[0].limit_bytes);
  CHECK(result.findings[0].transfers.size() == 1);
  CHECK(result.findings[0].reasons.back() ==
        "5 connections in 24 h are over the limit of 3 of rule many");
}

TEST_CASE("judge: tool patterns and public addresses narrow a rule") {
  const char* const rules =
      "[role default]\nlimit = 1MiB\n"
      "[rule cleartext]\ntool = ftp*, /^tftp$/\naddresses = public\ngroup_by = host\n"
      "limit = 1MiB\nseverity = medium\n";
  const auto count = [&](const char* tool, const char* address) {
    Fact f = fact(1, kBegin, to(address, 3'000'000));
    f.tool = tool;
    return judge(rules, {f}).findings.size();
  };
  CHECK(count("ftp", "203.0.113.11") == 1);
  CHECK(count("tftp", "203.0.113.11") == 1);
  CHECK(count("sftp", "203.0.113.11") == 0);
  CHECK(count("ftp", "10.0.0.1") == 0);
  CHECK(count("ftp", "fd00::1") == 0);
  CHECK(count("ftp", "files.example.org") == 1);
}

TEST_CASE("judge: the shipped policy tells clear text by port, whatever the tool") {
  const Policy shipped = policy(built_in());
  const auto rules_of = [&](const char* tool, std::optional<std::uint16_t> port) {
    Fact f = fact(1, kBegin, to("203.0.113.11", 3'000'000));
    f.tool = tool;
    f.destinations[0].port = port;
    Judge judge(shipped);
    judge.add(f);
    std::string names;
    for (const Finding& finding : judge.finish().findings) {
      names += finding.rule + " ";
    }
    return names;
  };
  CHECK(rules_of("curl", 21) == "cleartext ");
  CHECK(rules_of("other", 21) == "cleartext ");
  CHECK(rules_of("ftp", 21) == "cleartext ");
  CHECK(rules_of("tftp", 69) == "cleartext ");
  CHECK(rules_of("lftp", 2121) == "cleartext-other-port ");
  CHECK(rules_of("lftp", 22).empty());
  CHECK(rules_of("lftp", std::nullopt).empty());
  CHECK(rules_of("curl", 443).empty());
  CHECK(rules_of("sftp", 22).empty());
}

TEST_CASE("judge: a pattern that backtracks too much is the rule's problem, not the run's") {
  const char* const rules =
      "[role default]\nlimit = 1MiB\n"
      "[rule bad]\ntool = /^(a+)+$/\ngroup_by = host\nlimit = 1\nseverity = low\n"
      "[rule good]\ngroup_by = host\nlimit = 1\nseverity = low\n";
  Fact f = fact(1, kBegin, to("203.0.113.11", 3));
  f.tool = std::string(4000, 'a') + "!";
  const Judgement result = judge(rules, {f, fact(2, kBegin, to("203.0.113.11", 3))});
  CHECK(result.findings.size() == 1);
  REQUIRE(result.problems.size() == 1);
  CHECK(result.problems[0].starts_with("[rule bad]: the pattern /^(a+)+$/ backtracks too much"));
}

TEST_CASE("judge: sums saturate, unknown hosts and users have a word, many destinations are cut") {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  Fact f = fact(1, kBegin, to("203.0.113.11", kMost));
  f.host.reset();
  f.uid.reset();
  f.uid_name.reset();
  f.auid.reset();
  f.auid_name.reset();
  f.job.reset();
  f.reasons.clear();
  f.lineage = {{1, "/sbin/init", "", {}}};
  f.automation = transfer::Verdict::unknown;
  for (int i = 1; i <= 9; ++i) {
    f.destinations.push_back(to(fmt::format("198.51.100.{}", i), kMost));
  }
  const Judgement result = judge(
      "[role default]\nlimit = 1MiB\n"
      "[rule r]\ngroup_by = host, user, job\nlimit = role\nseverity = low\n",
      {f});
  REQUIRE(result.findings.size() == 1);
  const Finding& finding = result.findings[0];
  CHECK(finding.bytes_out == kMost);
  CHECK(!finding.host);
  CHECK(!finding.user);
  CHECK(finding.group[0].second == "unknown");
  CHECK(finding.group[1].second == "unknown");
  CHECK(finding.group[2].second == "program: /usr/bin/scp");
  CHECK(finding.chain == Words{"init"});
  REQUIRE(finding.reasons.size() == 8);
  CHECK(finding.reasons[0] == "what started it is not in the log");
  CHECK(finding.reasons[6] == "5 more destinations are on no valid allowlist");
}

TEST_CASE("judge: flows that transfers of one group share are summed up once, whoever sent which") {
  constexpr std::uint64_t kMega = 1'000'000;
  const char* const kRules =
      "[role default]\nlimit = 100000000\nwindow = 24h\n"
      "[rule volume]\ngroup_by = host, destination, user\nlimit = role\nseverity = high\n"
      "technique = T1048\n";
  struct Case {
    const char* what;
    std::vector<facts::Fact> facts;
    std::string found;  ///< "BYTES TRANSFERS BYTES_OF_DESTINATION"
  };
  const facts::FlowsTogether two{7, 2, 203 * kMega};
  const auto with = [](facts::Fact made, const std::function<void(facts::Fact&)>& change) {
    change(made);
    return made;
  };
  const auto measured = [](std::uint64_t bytes) {
    return [bytes](facts::Fact& made) {
      made.destinations[0].bytes_out = made.bytes_out = bytes;
      made.destinations[0].basis = made.basis = transfer::Basis::measured;
    };
  };
  const auto unknown = [](facts::Fact& made) {
    made.destinations[0].bytes_out.reset();
    made.destinations[0].flow->bytes_out.reset();
    made.destinations[0].basis = made.basis = transfer::Basis::unknown;
    made.bytes_out.reset();
  };
  const std::vector<Case> cases = {
      {"both in the group",
       {sharing(1, kBegin + 1, 3 * kMega, two), sharing(2, kBegin + 2, 3 * kMega, two)},
       "203000000 2 203000000"},
      {"the order is nothing",
       {sharing(2, kBegin + 2, 3 * kMega, two), sharing(1, kBegin + 1, 3 * kMega, two)},
       "203000000 2 203000000"},
      {"another user's is another group: bounds",
       {sharing(1, kBegin + 1, 3 * kMega, two), with(sharing(2, kBegin + 2, 3 * kMega, two),
                                                     [](facts::Fact& made) {
                                                       made.auid = made.uid = 1000;
                                                       made.auid_name = made.uid_name = "web";
                                                     })},
       ""},
      {"a person's is in no group",
       {sharing(1, kBegin + 1, 3 * kMega, two),
        with(sharing(2, kBegin + 2, 3 * kMega, two),
             [](facts::Fact& made) { made.automation = transfer::Verdict::attended; })},
       ""},
      {"one of three is not known",
       {sharing(1, kBegin + 1, 3 * kMega, {7, 3, 203 * kMega}),
        sharing(2, kBegin + 2, 3 * kMega, {7, 3, 203 * kMega})},
       ""},
      {"those of another host are others",
       {sharing(1, kBegin + 1, 3 * kMega, two),
        with(sharing(2, kBegin + 2, 3 * kMega, two),
             [](facts::Fact& made) { made.host = "etl-02"; })},
       ""},
      {"one that was seen twice is one",
       {sharing(1, kBegin + 1, 3 * kMega, two), sharing(1, kBegin + 1, 3 * kMega, two)},
       ""},
      {"with more of the same",
       {sharing(1, kBegin + 1, 3 * kMega, {7, 2, 90 * kMega}),
        sharing(2, kBegin + 2, 3 * kMega, {7, 2, 90 * kMega}),
        fact(3, kBegin + 9, to("203.0.113.9", 11 * kMega))},
       "101000000 3 101000000"},
      {"what the log has measured is not raised",
       {with(sharing(1, kBegin + 1, 101 * kMega, two), measured(60 * kMega)),
        with(sharing(2, kBegin + 2, 101 * kMega, two), measured(60 * kMega))},
       "120000000 2 120000000"},
      {"of neither any bytes are told, but of both together",
       {with(sharing(1, kBegin + 1, 0, two), unknown),
        with(sharing(2, kBegin + 2, 0, two), unknown)},
       "203000000 2 203000000"},
      {"of the other is the rest, at most what the flows leave to it",
       {with(sharing(1, kBegin + 1, 3 * kMega, two), measured(2 * kMega)),
        sharing(2, kBegin + 2, 3 * kMega, two)},
       "202000000 2 202000000"},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    std::string found;
    for (const Finding& finding : judge(kRules, one.facts).findings) {
      found += fmt::format("{} {} {}", finding.bytes_out.value_or(0), finding.transfers.size(),
                           finding.destinations.at(0).bytes_out.value_or(0));
    }
    CHECK(found == one.found);
  }
}

TEST_CASE("judge: of flows of which nobody saw all the sum is a bound, and says so") {
  const auto found = [](std::optional<std::uint64_t> most) {
    Fact made = fact(1, kBegin, to("203.0.113.9", 150'000'000));
    facts::Destination& d = made.destinations.front();
    d.basis = made.basis = transfer::Basis::flow;
    d.flow.emplace();
    d.flow->layer = "L4";
    d.flow->bytes_out = d.bytes_out;
    d.flow->bytes_out_most = most;
    return judge(
               "[role default]\nlimit = 100000000\nwindow = 24h\n"
               "[rule volume]\ngroup_by = host, destination\nlimit = role\nseverity = high\n"
               "technique = T1048\n",
               {made})
        .findings.at(0);
  };
  const auto has = [](const Finding& finding, const std::string& text) {
    return std::any_of(
        finding.reasons.begin(), finding.reasons.end(),
        [&](const std::string& reason) { return reason.find(text) != std::string::npos; });
  };
  const Finding bound = found({});
  CHECK(bound.is_least);
  CHECK(bound.destinations.at(0).is_least);
  CHECK(has(bound, "at least 143.1 MiB in 24 h is over the limit"));
  CHECK(has(bound, "nobody saw all of them"));
  const Finding whole = found(150'000'000);
  CHECK_FALSE(whole.is_least);
  CHECK_FALSE(has(whole, "at least"));
}

TEST_CASE("judge: a transfer seen twice counts once, as far as it is known") {
  Fact cut = fact(7, kBegin, to("203.0.113.11", 700'000));
  Fact whole = fact(7, kBegin + 5000, to("203.0.113.11", 900'000));
  for (const auto& facts : {std::vector{cut, whole, whole}, std::vector{whole, cut, whole}}) {
    const Judgement result = judge(kBulk, facts);
    CHECK(result.findings.empty());
    CHECK(result.transfers == 1);
    CHECK(result.duplicates == 2);
  }
}

TEST_CASE("judge: one id on two hosts is two transfers: machines made of one image") {
  const Fact one = fact(7, kBegin, to("203.0.113.11", 700'000));
  Fact other = one;
  other.host = "etl-02";
  const Judgement result = judge(kBulk, {one, other});
  CHECK(result.transfers == 2);
  CHECK(result.duplicates == 0);
}

}  // namespace
}  // namespace auexfil::policy
