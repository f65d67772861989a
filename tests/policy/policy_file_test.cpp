#include <string>

#include <catch2/catch.hpp>

#include "auexfil/policy/policy.hpp"
#include "builders.hpp"

namespace auexfil::policy {
namespace {

TEST_CASE("policy: the shipped policy has no mistakes and the rules of the contract") {
  const LoadedPolicy loaded = load_policy({input::parse_rule_file(built_in(), "policy.conf")});
  CHECK(told(loaded.mistakes).empty());
  REQUIRE(loaded.policy.rules.size() == 8);
  CHECK(loaded.policy.rules[0].name == "bulk-unattended");
  CHECK(loaded.policy.rules[1].name == "bulk-spread");
  CHECK(loaded.policy.rules[2].name == "forged-login");
  CHECK(loaded.policy.rules[3].name == "cleartext");
  CHECK(loaded.policy.rules[4].name == "cleartext-other-port");
  CHECK(loaded.policy.rules[5].name == "bulk-estimated");
  CHECK(loaded.policy.rules[6].name == "unmeasured");
  CHECK(loaded.policy.rules[7].name == "unseen-flow");
  REQUIRE(loaded.policy.roles.size() == 1);
  CHECK(loaded.policy.roles[0].limit_bytes == 100U << 20);
  CHECK(loaded.policy.roles[0].window_ms == kDay);
}

TEST_CASE("policy: the contract's example is read into values") {
  const Policy p = policy(
      "[role default]\nlimit = 100MiB\nwindow = 24h\n"
      "[role backup]\nhost = bk-*, /^backup[0-9]+$/\nlimit = 5GiB\nwindow = 7d\n"
      "[allow partner-feed]\naddress = 198.51.100.0/24, 2001:db8:77::/48\nport = 22, 8000-8100\n"
      "role = *\nuser = svc-etl\ntool = sftp\nowner = data team\n"
      "reason = nightly feed, ticket 4711\nexpires = 2027-01-31\n"
      "[rule bulk]\nautomation = unattended, unknown\ndirection = out, both, unknown\n"
      "side = client\ngroup_by = host, destination\nlimit = role\nseverity = high\n"
      "technique = T1071.002, T1048\n"
      "[rule many]\nautomation = any\nside = any\ndirection = any\ngroup_by = job\n"
      "connections = 500\nwindow = 1h\nseverity = critical\n");
  REQUIRE(p.roles.size() == 2);
  CHECK(p.roles[0].name == "backup");
  CHECK(p.roles[0].hosts.size() == 2);
  CHECK(p.roles[1].name == "default");
  REQUIRE(p.allows.size() == 1);
  const Allow& allow = p.allows[0];
  CHECK(allow.addresses.size() == 2);
  CHECK(allow.ports.at(1).last == 8100);
  CHECK(allow.reason == "nightly feed, ticket 4711");
  CHECK(allow.expired_from == 1'801'440'000'000);
  REQUIRE(p.rules.size() == 2);
  CHECK(p.rules[0].automation.has(transfer::Verdict::unknown));
  CHECK(!p.rules[0].automation.has(transfer::Verdict::attended));
  CHECK(p.rules[0].limit.kind == Limit::Kind::role);
  CHECK(p.rules[0].technique == std::vector<std::string>{"T1071.002", "T1048"});
  CHECK(p.rules[1].limit.kind == Limit::Kind::connections);
  CHECK(p.rules[1].limit.amount == 500);
  CHECK(p.rules[1].automation.has(transfer::Verdict::attended));
  CHECK(p.rules[1].sides.has(transfer::Side::server));
  CHECK(p.find_role("backup") == &p.roles[0]);
  CHECK(p.find_role("nobody") == nullptr);
}

TEST_CASE("policy: five mistakes in one file are five file:line") {
  const LoadedPolicy loaded = load(
      "[role default]\n"
      "limits = 100MiB\n"
      "[allow a]\n"
      "address = 198.51.100.7/24\n"
      "expires = 2027-02-30\n"
      "[rule r]\n"
      "automation = unatended\n"
      "group_by = host\n"
      "severity = high\n"
      "not a key and value\n");
  CHECK(told(loaded.mistakes) ==
        "p.conf:1: [role default] has no 'limit'; for example limit = 100MiB\n"
        "p.conf:2: unknown key 'limits' in [role default]; did you mean 'limit'?\n"
        "p.conf:4: address = 198.51.100.7/24 has bits set behind its prefix; write "
        "198.51.100.0/24, or the address alone\n"
        "p.conf:5: expires = 2027-02-30 is not a date; write YYYY-MM-DD, the last day it holds\n"
        "p.conf:7: automation = unatended is none of unattended, attended, unknown; did you mean "
        "'unattended'?\n"
        "p.conf:10: 'not a key and value' is neither key = value nor [kind name]\n");
}

TEST_CASE("policy: each mistake says what would be right") {
  const std::string head = "[role default]\nlimit = 1\n";
  struct Case {
    const char* text;
    const char* said;  // of the one mistake
  };
  const Case cases[] = {
      {"[role x]\nhost = a\n", ":3: [role x] has no 'limit'"},
      {"[role x]\nlimit = 1\n", ":3: [role x] has no 'host'"},
      {"[role x]\nhost = a\nlimit = 5mb\n", ":5: limit = 5mb is not a size; write 5MB"},
      {"[role x]\nhost = a\nlimit = 1\nwindow = 24\n", ":6: window = 24 is not a duration"},
      {"[role x]\nhost = a\nlimit = 1\nwindow = 0s\n", ":6: window = 0s is not a duration"},
      {"[role x]\nhost = a, /(/\nlimit = 1\n", ":4: host = pattern '/(/'"},
      {"[role x]\nhost =\nlimit = 1\n", ":4: 'host' has no value"},
      {"[role x]\nhost = ,\nlimit = 1\n", ":4: 'host' has no value"},
      {"[role x]\nhost = a\nlimit = 1\nlimit = 2\n", ":6: 'limit' is given a second time"},
      {"[role]\nhost = a\nlimit = 1\n", ":3: [role] has no name"},
      {"[allow x]\nport = 22\n", ":3: [allow x] has no 'address'"},
      {"[allow x]\naddress = example.org\n", ":4: address = example.org is neither"},
      {"[allow x]\naddress = 2001:db8::1/48\n", "write 2001:db8::/48"},
      {"[allow x]\naddress = 10.0.0.0/33\n", ":4: address = 10.0.0.0/33 is neither"},
      {"[allow x]\naddress = 10.0.0.1\nport = 9-1\n", ":5: port = 9-1 runs backwards; write 1-9"},
      {"[rule x]\nport = 9-1\ngroup_by = host\nseverity = low\n", ":4: port = 9-1 runs backwards"},
      {"[allow x]\naddress = 10.0.0.1\nport = 0\n", ":5: port = 0 is neither"},
      {"[allow x]\naddress = 10.0.0.1\nport = 70000\n", ":5: port = 70000 is neither"},
      {"[allow x]\naddress = 10.0.0.1\nport = ssh\n", ":5: port = ssh is neither"},
      {"[allow x]\naddress = 10.0.0.1\nexpires = soon\n", ":5: expires = soon is not a date"},
      {"[allow x]\naddress = 10.0.0.1\ncolour = red\n",
       ":5: unknown key 'colour' in [allow x]; the keys are address, name, port"},
      {"[rule x]\nseverity = high\n", ":3: [rule x] has no 'group_by'"},
      {"[rule x]\ngroup_by = host\n", ":3: [rule x] has no 'severity'"},
      {"[rule x]\ngroup_by = host\nseverity = hihg\n",
       ":5: severity = hihg is none of low, medium, high, critical; did you mean 'high'?"},
      {"[rule x]\ngroup_by = host, hots\nseverity = low\n", "did you mean 'host'?"},
      {"[rule x]\ngroup_by = host, host\nseverity = low\n", ":4: group_by names 'host' twice"},
      {"[rule x]\ngroup_by = tool\nwindow = 1h\nlimit = role\nseverity = low\n",
       ":6: limit = role needs 'host' or 'role'"},
      {"[rule x]\ngroup_by = tool\nlimit = 1MB\nseverity = low\n", "needs its own window"},
      {"[rule x]\ngroup_by = host\nlimit = much\nseverity = low\n", "is neither 'role' nor a size"},
      {"[rule x]\ngroup_by = host\nlimit = 1\nconnections = 2\nseverity = low\n", "not both"},
      {"[rule x]\ngroup_by = host\nconnections = -2\nseverity = low\n", "is not a whole number"},
      {"[rule x]\ngroup_by = host\nseverity = low\ntechnique = 1048\n", "is no ATT&CK technique"},
      {"[rule x]\ngroup_by = host\nseverity = low\nbasis = sure\n",
       "is none of measured, at-least"},
      {"[rule x]\ngroup_by = host\nseverity = low\naddresses = all\n", "is none of any, public"},
      {"[rools x]\n", ":3: unknown kind of section 'rools'; did you mean 'role'?"},
      {"[thing x]\n",
       ":3: unknown kind of section 'thing'; the kinds are role, allow, rule, normal, list, tool"},
      {"[role default]\nlimit = 2\n", ":3: a second [role default]; the first is at p.conf:1"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    const LoadedPolicy loaded = load(head + c.text);
    INFO(told(loaded.mistakes));
    CHECK(loaded.mistakes.size() == 1);
    CHECK(told(loaded.mistakes).find(c.said) != std::string::npos);
  }
  CHECK(told(load("[role default]\nlimit = 1\nhost = a\n").mistakes)
            .find(":3: role default takes no 'host'") != std::string::npos);
  CHECK(told(load("[tool scp]\n").mistakes) ==
        "p.conf:1: no file has a [role default]; write one with a limit\n");
}

TEST_CASE("policy: sections of the other rooms' rule files are passed over") {
  for (const char* name : {"tools.conf", "automation.conf"}) {
    const auto other =
        input::parse_rule_file(read_file(AUEXFIL_SOURCE_DIR "/rules/" + std::string(name)), name);
    const auto own = input::parse_rule_file(built_in(), "policy.conf");
    CHECK(told(load_policy({own, other}).mistakes).empty());
  }
  CHECK(load("[role default]\nlimit = 1\n[tool scp]\nwhat = ever\n[sign cron]\n").mistakes.empty());
}

TEST_CASE("policy: layers lie over each other and all their mistakes are told, in order") {
  const auto low = input::parse_rule_file(
      "[role default]\nlimit = 1\n[rule a]\ngroup_by = host\nseverity = low\n"
      "[allow old]\nadress = 10.0.0.1\n",
      "low.conf");
  const auto high = input::parse_rule_file(
      "[role default]\nlimit = 2\n[allow old]\naddress = 10.0.0.1\n[rule b]\ngroup_by = host\n"
      "severity = urgent\n",
      "high.conf");
  const LoadedPolicy loaded = load_policy({low, high});
  CHECK(told(loaded.mistakes) ==
        "low.conf:6: [allow old] has no 'address'; for example address = 198.51.100.0/24\n"
        "low.conf:7: unknown key 'adress' in [allow old]; did you mean 'address'?\n"
        "high.conf:7: severity = urgent is none of low, medium, high, critical\n");
  CHECK(loaded.policy.find_role("default")->limit_bytes == 2);
  REQUIRE(loaded.policy.rules.size() == 2);
  CHECK(loaded.policy.rules[0].name == "b");
  CHECK(loaded.policy.allows.at(0).addresses.size() == 1);
}

TEST_CASE("policy: the recordings' policy lies over the shipped one") {
  const auto corpus = input::parse_rule_file(
      "[role default]\nlimit  = 1MiB\nwindow = 24h\n[allow partner]\naddress = 198.51.100.0/24\n"
      "reason = approved partner\n[rule bulk]\nautomation = unattended, unknown\n"
      "direction = out, both, unknown\nside = client\ngroup_by = host, destination\n"
      "limit = role\nseverity = high\ntechnique = T1048\n",
      "corpus.conf");
  const LoadedPolicy loaded = load_policy({input::parse_rule_file(built_in(), "built-in"), corpus});
  CHECK(told(loaded.mistakes).empty());
  CHECK(loaded.policy.rules.size() == 9);
  CHECK(loaded.policy.rules[0].name == "bulk");
  CHECK(loaded.policy.find_role("default")->limit_bytes == 1U << 20);
}

}  // namespace
}  // namespace auexfil::policy
