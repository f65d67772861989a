#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "auexfil/input/rule_file.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/policy/unattributed.hpp"

namespace auexfil::policy::test {
namespace {

using Unseen = coverage::FlowsOfHost::Unseen;
constexpr audit::TimeMs kHour = 3'600'000;

LoadedPolicy load(const std::string& text) {
  const std::string base = R"(
[role db]
host = db-*
limit = 50MB
window = 24h

[role default]
limit = 10MB
window = 2h

[rule unseen]
unseen_flows = yes
group_by = host, destination
limit = role
severity = medium
technique = T1048
)";
  return load_policy({input::parse_rule_file(base, "base"), input::parse_rule_file(text, "over")});
}

/// What ended in an hour, as cases write it.
struct Ended {
  audit::TimeMs from{};
  std::uint64_t bytes{};
  audit::TimeMs first{};
  audit::TimeMs last{};
  std::optional<std::uint64_t> most{};
};

Unseen unseen(const std::string& address, const std::vector<Ended>& hours) {
  Unseen made;
  made.address = address;
  made.port = 443;
  made.transport = "tcp";
  made.layer = "L4";
  made.evidence = "conn.log:7";
  made.flows = hours.size();
  made.first = hours.front().from + 1;
  made.last = hours.back().from + kHour / 2;
  for (const Ended& hour : hours) {
    made.bytes += hour.bytes;
    made.hours.push_back({hour.from, hour.bytes, hour.first, hour.last, hour.most});
  }
  return made;
}

std::vector<Finding> judged(const std::string& rules, const std::string& host,
                            std::vector<Unseen> flows, const JudgeOptions& options = {}) {
  const LoadedPolicy loaded = load(rules);
  REQUIRE(loaded.mistakes.empty());
  Judge judge(loaded.policy, options);
  coverage::HostCoverage log;
  log.host = host;
  log.flows.emplace();
  log.flows->tells_unseen = true;
  log.flows->unseen = std::move(flows);
  judge.add(log);
  Judgement judgement = judge.finish();
  CHECK(judgement.transfers == 0);
  CHECK(judgement.unmeasured == 0);
  return judgement.findings;
}

bool has(const Finding& finding, const std::string& part) {
  for (const std::string& reason : finding.reasons) {
    if (reason.find(part) != std::string::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("unseen flows: above the limit of the role within its window they are a finding") {
  const std::string peer = "203.0.113.9";
  const auto findings = judged("", "web", {unseen(peer, {{0, 6'000'000}, {kHour, 5'000'000}})});
  REQUIRE(findings.size() == 1);
  const Finding& found = findings[0];
  CHECK(found.rule == "unseen");
  CHECK(found.severity == Severity::medium);
  CHECK(found.host == "web");
  CHECK(found.role == "default");
  CHECK(found.bytes_out == 11'000'000);
  CHECK(found.basis == transfer::Basis::flow);
  CHECK(found.limit_bytes == 10'000'000);
  CHECK(found.transfers.empty());
  CHECK(found.group ==
        std::vector<std::pair<std::string, std::string>>{{"host", "web"}, {"destination", peer}});
  REQUIRE(found.destinations.size() == 1);
  CHECK(found.destinations[0].address == peer);
  CHECK(found.destinations[0].port == 443);
  CHECK(has(found, "no program of the log had a connection with 203.0.113.9"));
  CHECK(has(found, "conn.log:7"));
  CHECK(has(found, "is on no allowlist"));
  CHECK(has(found, "is over the limit of 9.5 MiB of role default"));
}

TEST_CASE("unseen flows: behind a translator of addresses they may be others', which is said") {
  const LoadedPolicy loaded = load("");
  for (const bool is_translated : {false, true}) {
    Judge judge(loaded.policy, {});
    coverage::HostCoverage log;
    log.host = "web";
    log.flows.emplace();
    log.flows->addresses = {"198.51.100.1"};
    log.flows->is_translated = is_translated;
    log.flows->unseen = {unseen("203.0.113.9", {{0, 30'000'000}})};
    judge.add(log);
    const auto findings = judge.finish().findings;
    REQUIRE(findings.size() == 1);
    CHECK(has(findings[0], "198.51.100.1 is no address of the host's configuration") ==
          is_translated);
  }
}

TEST_CASE("unseen flows: what is no finding") {
  const std::string peer = "203.0.113.9";
  const std::vector<Unseen> much = {unseen(peer, {{0, 30'000'000}})};
  // Another role, hours apart, another rule's port, approved, by a role's allow.
  CHECK(judged("", "db-1", much).empty());
  CHECK(judged("", "web", {unseen(peer, {{0, 6'000'000}, {9 * kHour, 6'000'000}})}).empty());
  CHECK(judged("[allow a]\naddress = 203.0.113.0/24\n", "web", much).empty());
  CHECK(judged("[allow a]\naddress = 203.0.113.0/24\nport = 443\nrole = default\n", "web", much)
            .empty());
  CHECK(judged("[rule unseen]\nunseen_flows = yes\ngroup_by = host, destination\nlimit = role\n"
               "severity = low\nport = 22\n",
               "web", much)
            .empty());
  JudgeOptions later;
  later.start = 100 * kHour;
  CHECK(judged("", "web", much, later).empty());
  JudgeOptions earlier;
  earlier.end = -1;
  CHECK(judged("", "web", much, earlier).empty());
}

TEST_CASE("unseen flows: what may be more than the limit is not clean, though no finding") {
  constexpr std::uint64_t kLittle = 1'000;
  struct Bound {
    const char* what;
    const char* rules;
    std::optional<std::uint64_t> most;
    bool is_excess;
  };
  const Bound bounds[] = {
      {"nobody tells", "", std::nullopt, true},
      {"it may be more", "", 10'000'001, true},
      {"it is not more", "", 10'000'000, false},
      {"approved", "[allow a]\naddress = 203.0.113.9\n", std::nullopt, false},
      {"for another port", "[allow a]\naddress = 203.0.113.9\nport = 22\n", std::nullopt, true},
  };
  for (const Bound& bound : bounds) {
    INFO(bound.what);
    const LoadedPolicy loaded = load(bound.rules);
    Unseen one = unseen("203.0.113.9", {{0, kLittle, 1, 2, bound.most}});
    one.bytes_most = bound.most;
    CHECK(judged(bound.rules, "web", {one}).empty());
    std::vector<coverage::HostCoverage> hosts(1);
    hosts[0].verdict = coverage::CoverageVerdict::adequate;
    hosts[0].host = "web";
    hosts[0].flows.emplace();
    hosts[0].flows->tells_unseen = true;
    hosts[0].flows->unseen = {one};
    judge_unattributed(loaded.policy, {}, hosts, false);
    CHECK(hosts[0].may_hide_excess == bound.is_excess);
    CHECK(hosts[0].reasons.size() == (bound.is_excess ? 1 : 0));
    CHECK((hosts[0].verdict == coverage::CoverageVerdict::partial) == bound.is_excess);
  }
}

TEST_CASE("unseen flows: a span of time asks when they began and ended, not for whole hours") {
  constexpr audit::TimeMs kMinute = 60'000;
  // From 33 to 34 minutes past; and one that lasts from the first hour into the third.
  const std::vector<Unseen> shortly = {
      unseen("203.0.113.9", {{0, 30'000'000, 33 * kMinute, 34 * kMinute}})};
  const std::vector<Unseen> for_long = {
      unseen("203.0.113.9", {{2 * kHour, 30'000'000, 5 * kMinute, 150 * kMinute}})};
  struct Span {
    std::optional<audit::TimeMs> start;
    std::optional<audit::TimeMs> end;
    std::size_t shortly;
    std::size_t for_long;
  };
  const Span spans[] = {
      {30 * kMinute, {}, 1, 1}, {35 * kMinute, {}, 0, 1}, {{}, 20 * kMinute, 0, 1},
      {{}, 33 * kMinute, 1, 1}, {{}, 4 * kMinute, 0, 0},  {140 * kMinute, {}, 0, 1},
  };
  for (const Span& span : spans) {
    INFO(span.start.value_or(-1) / kMinute << " to " << span.end.value_or(-1) / kMinute);
    JudgeOptions options;
    options.start = span.start;
    options.end = span.end;
    CHECK(judged("", "web", shortly, options).size() == span.shortly);
    CHECK(judged("", "web", for_long, options).size() == span.for_long);
  }
  const auto findings = judged("", "web", for_long);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].start == 5 * kMinute);
  CHECK(findings[0].end == 150 * kMinute);
}

TEST_CASE("unseen flows: an allow for a tool, a user or another port approves nothing") {
  const std::vector<Unseen> much = {unseen("203.0.113.9", {{0, 30'000'000}})};
  for (const char* const more : {"tool = scp", "user = root", "port = 22", "role = db"}) {
    INFO(more);
    CHECK(judged(std::string("[allow a]\naddress = 203.0.113.9\n") + more + "\n", "web", much)
              .size() == 1);
  }
  const auto expired =
      judged("[allow a]\naddress = 203.0.113.9\nexpires = 1969-12-31\n", "web", much);
  REQUIRE(expired.size() == 1);
  CHECK(has(expired[0], "allow a for 203.0.113.9 expired"));
}

TEST_CASE("unseen flows: the sum of the lightest is held against the limit, and none approves it") {
  Unseen others = unseen("others", {{0, 30'000'000}});
  others.addresses = 4000;
  others.port.reset();
  const auto findings =
      judged("[allow a]\naddress = 0.0.0.0/0\n[allow b]\nname = *\n", "web", {others});
  REQUIRE(findings.size() == 1);
  CHECK(has(findings[0], "4000 more addresses"));
}

TEST_CASE("unseen flows: keys that ask for the address narrow them") {
  class Places final : public Geo {
   public:
    [[nodiscard]] Place find(const audit::IpAddress& address) const override {
      Place place;
      if (address == *audit::IpAddress::parse("203.0.113.9")) {
        place = {"KP", 64496, "Example Net"};
      } else if (address == *audit::IpAddress::parse("2001:db8::9")) {
        place = {"DE", 64500, ""};
      }
      return place;
    }
  };
  struct Case {
    const char* keys;
    const char* told;  ///< the last reasons of each finding, in order
  };
  const Case cases[] = {
      {"list = bad", "203.0.113.9 is on list bad (bad.txt:3)"},
      {"list = bad\nport = 22", ""},
      {"list = bad\nlimit = 1GB", ""},
      {"country = KP, DE", "203.0.113.9 is in KP, by --geo; 2001:db8::9 is in DE, by --geo"},
      {"country = !DE", "203.0.113.9 is in KP, by --geo"},
      {"asn = 64500", "2001:db8::9 is of AS64500, by --geo"},
      {"asn = !64500", "203.0.113.9 is of AS64496 (Example Net), by --geo"},
      {"asn = !64500\ncountry = !FR\nlist = bad",
       "203.0.113.9 is on list bad (bad.txt:3), 203.0.113.9 is in KP, by --geo, "
       "203.0.113.9 is of AS64496 (Example Net), by --geo"},
  };
  for (const Case& c : cases) {
    INFO(c.keys);
    LoadedPolicy loaded =
        load(std::string("[list bad]\nfile = bad.txt\n[rule unseen]\nunseen_flows = yes\n"
                         "group_by = host, destination\nseverity = low\n") +
             c.keys + "\n");
    REQUIRE(loaded.mistakes.empty());
    loaded.policy.lists[0].entries = {{*audit::Cidr::parse("203.0.113.9"), 0, 3}};
    loaded.policy.geo = std::make_shared<Places>();
    Judge judge(loaded.policy, {});
    coverage::HostCoverage log;
    log.host = "web";
    log.flows.emplace();
    log.flows->unseen = {unseen("203.0.113.9", {{0, 5000}}), unseen("198.51.100.7", {{1, 4000}}),
                         unseen("2001:db8::9", {{2, 3000}}), unseen("others", {{3, 2000}})};
    log.flows->unseen.back().addresses = 7;  // a sum of several is at no place and on no list
    judge.add(log);
    std::string told;
    for (const Finding& finding : judge.finish().findings) {
      const auto from = std::find_if(
          finding.reasons.begin(), finding.reasons.end(),
          [](const std::string& reason) { return reason.find("no limit") != std::string::npos; });
      REQUIRE(from != finding.reasons.end());
      told += (told.empty() ? "" : "; ") +
              fmt::format("{}", fmt::join(from + 1, finding.reasons.end(), ", "));
    }
    CHECK(told == c.told);
  }
}

TEST_CASE("unseen flows: keys that ask for more than the address are refused") {
  const char* const keys[] = {"files = /srv/*",     "hours = 3",      "weekdays = sun",
                              "unusual_port = yes", "ratio = 3",      "chunks = 3",
                              "period = 3",         "first_seen = 3d"};
  for (const std::string key : keys) {
    INFO(key);
    const LoadedPolicy loaded =
        load("[rule other]\nunseen_flows = yes\ngroup_by = host, destination\nseverity = low\n" +
             key + "\n");
    REQUIRE(loaded.mistakes.size() == 1);
    CHECK(loaded.mistakes[0].what ==
          "'" + key.substr(0, key.find(' ')) +
              "' is not known of flows that no program made: with unseen_flows go port, "
              "addresses, list, country, asn, limit and window");
  }
}

TEST_CASE("unseen flows: a rule for them asks for nothing that is not known of them") {
  const LoadedPolicy loaded = load(
      "[rule other]\nunseen_flows = yes\ngroup_by = host, job\ntool = scp\nseverity = low\n"
      "limit = 1MB\n");
  REQUIRE(loaded.mistakes.size() == 2);
  CHECK(loaded.mistakes[0].what.find("needs group_by = host, destination") != std::string::npos);
  CHECK(loaded.mistakes[1].what.find("'tool' is not known of flows") != std::string::npos);
}

TEST_CASE("unseen flows: the least limit says which are of interest") {
  CHECK(unseen_above(load("").policy) == 10'000'000);
  CHECK(unseen_above(load("[rule none]\nunseen_flows = yes\ngroup_by = host, destination\n"
                          "severity = low\n")
                         .policy) == 0);
  Policy without = load("").policy;
  without.rules.clear();
  CHECK_FALSE(unseen_above(without));
}

}  // namespace auexfil::policy::test
