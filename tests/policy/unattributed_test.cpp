#include "auexfil/policy/unattributed.hpp"

#include <catch2/catch.hpp>

#include "auexfil/input/rule_file.hpp"

namespace auexfil::policy::test {
namespace {

using Uncounted = coverage::Uncounted::Peer;

LoadedPolicy load(const std::string& text) {
  const std::string base = R"(
[role default]
limit = 10MB
window = 2h

[rule bulk]
automation = unattended
direction = out
side = client
group_by = host
limit = role
severity = high
)";
  LoadedPolicy loaded =
      load_policy({input::parse_rule_file(base, "base"), input::parse_rule_file(text, "over")});
  REQUIRE(loaded.mistakes.empty());
  return loaded;
}

Uncounted uncounted(const std::string& address, std::optional<std::uint64_t> most) {
  Uncounted made;
  made.address = address;
  made.port = 443;
  made.tool = "other";
  made.program = "up";
  (most ? made.messages : made.connections) = 3;
  made.most_bytes = most;
  made.last = 5;
  return made;
}

coverage::HostCoverage judged(const std::string& rules, std::vector<Uncounted> peers,
                              const JudgeOptions& options = {}, bool has_reasons = false) {
  const LoadedPolicy loaded = load(rules);
  std::vector<coverage::HostCoverage> hosts(1);
  hosts[0].host = "web";
  hosts[0].verdict = coverage::CoverageVerdict::adequate;
  hosts[0].uncounted.emplace().peers = std::move(peers);
  judge_unattributed(loaded.policy, options, hosts, has_reasons);
  return hosts[0];
}

}  // namespace

TEST_CASE("uncounted: what may be more than a rule lets out, and what is not") {
  const std::string peer = "203.0.113.9";
  const std::string allow = "[allow a]\naddress = 203.0.113.0/24\n";
  Uncounted served = uncounted(peer, {});
  served.served = true;
  Uncounted by_scp = uncounted(peer, {});
  by_scp.tool = "scp";
  struct Case {
    const char* what;
    std::string rules;
    std::vector<Uncounted> peers;
    bool hides;
  };
  const auto rule = [](const std::string& keys) {
    return "[rule bulk]\nautomation = unattended\ndirection = out\ngroup_by = host\n"
           "limit = role\nseverity = high\n" +
           keys;
  };
  const Case cases[] = {
      {"no more than the limit", "", {uncounted(peer, 10'000'000)}, false},
      {"more", "", {uncounted(peer, 10'000'001)}, true},
      {"together", "", {uncounted(peer, 6'000'000), uncounted("192.0.2.1", 6'000'000)}, true},
      {"no bound", "", {uncounted(peer, {})}, true},
      {"approved", allow, {uncounted(peer, {})}, false},
      {"nobody approves what is not known",
       allow + "[allow b]\nname = *\n",
       {uncounted("", {})},
       true},
      {"the rest is not approved",
       allow,
       {uncounted(peer, 9'000'000), uncounted("192.0.2.1", 9'000'000)},
       false},
      {"on no network", "", {uncounted("127.0.0.1", {})}, false},
      {"a peer came in", "", {served}, false},
      {"a rule for those", rule("side = client, server\n"), {served}, true},
      {"a rule for another tool",
       rule("side = client\ntool = scp\n"),
       {uncounted(peer, {})},
       false},
      {"a rule for its tool", rule("side = client\ntool = scp\n"), {by_scp}, true},
      {"a rule for another port", rule("side = client\nport = 22\n"), {uncounted(peer, {})}, false},
      {"a rule for public addresses",
       rule("side = client\naddresses = public\n"),
       {uncounted("10.0.0.1", {})},
       false},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    const coverage::HostCoverage host = judged(c.rules, c.peers);
    CHECK(host.may_hide_excess == c.hides);
    CHECK((host.verdict == coverage::CoverageVerdict::partial) == c.hides);
    CHECK(host.reasons.empty() != c.hides);
  }
  JudgeOptions options;
  options.allows.push_back(*audit::Cidr::parse("203.0.113.9/32"));
  CHECK_FALSE(judged("", {uncounted(peer, {})}, options).may_hide_excess);
  CHECK(judged("", {uncounted(peer, {})}, {}, true).reasons.empty());
}

TEST_CASE("uncounted: silent connections make coverage partial, and are no excess") {
  Uncounted silent = uncounted("203.0.113.9", 0);
  silent.messages = 0;
  silent.silent = 7;
  const coverage::HostCoverage host = judged("", {silent});
  CHECK_FALSE(host.may_hide_excess);
  CHECK(host.verdict == coverage::CoverageVerdict::partial);
  REQUIRE(host.reasons.size() == 1);
  CHECK(host.reasons[0].starts_with("7 connections of unattended programs to addresses"));
  CHECK(judged("[allow a]\naddress = 203.0.113.9\n", {silent}).verdict ==
        coverage::CoverageVerdict::adequate);
}

TEST_CASE("unattributed: what nobody can attribute is told first, but behind what makes blind") {
  const LoadedPolicy loaded = load("");
  std::vector<coverage::HostCoverage> hosts(3);
  hosts[0].verdict = coverage::CoverageVerdict::partial;
  hosts[1].verdict = coverage::CoverageVerdict::blind;
  hosts[2].verdict = coverage::CoverageVerdict::partial;
  for (coverage::HostCoverage& host : hosts) {
    host.reasons = {"as ever"};
    host.flows.emplace().unjoined_bytes = 20'000'000;
    host.flows->unjoined_peers = {"203.0.113.9"};
  }
  hosts[2].flows->unjoined_bytes = 10'000'000;
  judge_unattributed(loaded.policy, {}, hosts);
  REQUIRE(hosts[0].reasons.size() == 2);
  CHECK(
      hosts[0].reasons[0].starts_with("19.1 MiB went to addresses of transfers in network flows"));
  REQUIRE(hosts[1].reasons.size() == 2);
  CHECK(hosts[1].reasons[0] == "as ever");
  CHECK(hosts[2].reasons.size() == 1);
  CHECK(hosts[0].may_hide_excess);
  CHECK_FALSE(hosts[2].may_hide_excess);
}

}  // namespace auexfil::policy::test
