#include <catch2/catch.hpp>

#include "auexfil/policy/judge.hpp"
#include "builders.hpp"

namespace auexfil::policy {
namespace {

using facts::Fact;

Judgement judge(std::string_view allow, const Fact& fact, const JudgeOptions& options = {}) {
  const Policy p = policy(fmt::format(
      "[role default]\nlimit = 1MiB\n[role backup]\nhost = bk-*\nlimit = 1MiB\n[allow a]\n{}"
      "[rule bulk]\ngroup_by = host, destination\nlimit = role\nseverity = high\n",
      allow));
  Judge judge(p, options);
  judge.add(fact);
  return judge.finish();
}

TEST_CASE("allow: an address is allowed when every key that is given holds") {
  struct Case {
    const char* allow;
    const char* address;
    bool allowed;
  };
  const Case cases[] = {
      {"address = 198.51.100.0/24\n", "198.51.100.0", true},
      {"address = 198.51.100.0/24\n", "198.51.100.255", true},
      {"address = 198.51.100.0/24\n", "198.51.101.0", false},
      {"address = 198.51.100.128/25\n", "198.51.100.127", false},
      {"address = 198.51.100.128/25\n", "198.51.100.129", true},
      {"address = 203.0.113.7\n", "203.0.113.7", true},
      {"address = 203.0.113.7\n", "203.0.113.6", false},
      {"address = 192.0.2.0/24, 203.0.113.0/29\n", "203.0.113.7", true},
      {"address = 192.0.2.0/24, 203.0.113.0/29\n", "203.0.113.8", false},
      {"address = 0.0.0.0/0\n", "203.0.113.7", true},
      {"address = 0.0.0.0/0\n", "2001:db8::1", false},
      {"address = ::/0\n", "2001:db8::1", true},
      {"address = ::/0\n", "203.0.113.7", false},
      {"address = 2001:db8:77::/48\n", "2001:db8:77:1::1", true},
      {"address = 2001:db8:77::/48\n", "2001:db8:78::1", false},
      {"address = 198.51.100.0/24\n", "::ffff:198.51.100.7", true},
      {"address = 198.51.100.0/24\nport = 22\n", "198.51.100.7", true},
      {"address = 198.51.100.0/24\nport = 20-25\n", "198.51.100.7", true},
      {"address = 198.51.100.0/24\nport = *\n", "198.51.100.7", true},
      {"address = 198.51.100.0/24\nport = 21, 443\n", "198.51.100.7", false},
      {"address = 198.51.100.0/24\ntool = s*p\n", "198.51.100.7", true},
      {"address = 198.51.100.0/24\ntool = sftp\n", "198.51.100.7", false},
      {"address = 198.51.100.0/24\nrole = *\n", "198.51.100.7", true},
      {"address = 198.51.100.0/24\nrole = default\n", "198.51.100.7", true},
      {"address = 198.51.100.0/24\nrole = backup\n", "198.51.100.7", false},
      {"address = 198.51.100.0/24\nuser = svc-etl, root\n", "198.51.100.7", true},
      {"address = 198.51.100.0/24\nuser = 0\n", "198.51.100.7", true},
      {"address = 198.51.100.0/24\nuser = svc-etl\n", "198.51.100.7", false},
  };
  for (const Case& c : cases) {
    INFO(c.allow << c.address);
    const Judgement result = judge(c.allow, fact(1, kBegin, to(c.address, 3'000'000)));
    CHECK(result.findings.empty() == c.allowed);
    CHECK(result.approved == (c.allowed ? 1 : 0));
  }
}

TEST_CASE("allow: a name holds where the log has no address, whoever else tells one") {
  const auto approved = [](const char* allow, transfer::Source source, const char* name) {
    Fact one = fact(1, kBegin, to("198.51.100.7", 3'000'000));
    one.destinations[0].source = source;
    one.destinations[0].name = name;
    return judge(allow, one).approved == 1;
  };
  using transfer::Source;
  CHECK(approved("name = *.example.org\n", Source::flow, "feed.example.org"));
  CHECK(approved("name = *.example.org\nport = 22\n", Source::flow, "feed.example.org"));
  CHECK_FALSE(approved("name = *.example.org\nport = 21\n", Source::flow, "feed.example.org"));
  CHECK_FALSE(approved("name = *.example.org\n", Source::flow, "feed.example.net"));
  CHECK_FALSE(approved("name = *.example.org\n", Source::connect, "feed.example.org"));
  CHECK(approved("address = 198.51.100.7\n", Source::flow, "feed.example.net"));
  CHECK_FALSE(
      approved("name = *.example.org\nexpires = 2026-11-01\n", Source::flow, "feed.example.org"));
}

TEST_CASE("allow: an address and a name have to hold both, of one destination") {
  constexpr const char* kBoth = "address = 198.51.100.0/24\nname = *.example.org\n";
  struct Case {
    const char* address;
    transfer::Source source;
    const char* name;
    bool allowed;
  };
  using transfer::Source;
  const Case cases[] = {
      {"198.51.100.7", Source::flow, "feed.example.org", true},
      {"198.51.100.7", Source::flow, "feed.example.net", false},
      {"198.51.101.7", Source::flow, "feed.example.org", false},
      {"198.51.100.7", Source::flow, nullptr, false},
      {"198.51.100.7", Source::connect, nullptr, false},
      {"feed.example.org", Source::argv, nullptr, false},
  };
  for (const Case& c : cases) {
    INFO(c.address << " by name " << (c.name != nullptr ? c.name : "none"));
    Fact one = fact(1, kBegin, to(c.address, 3'000'000));
    one.destinations[0].source = c.source;
    if (c.name != nullptr) {
      one.destinations[0].name = c.name;
    }
    CHECK((judge(kBoth, one).approved == 1) == c.allowed);
  }
}

TEST_CASE("allow: user means uid or auid, by name or number") {
  Fact f = fact(1, kBegin, to("198.51.100.7", 3'000'000));
  f.uid = 33;
  f.uid_name = "www-data";
  f.auid = 1000;
  f.auid_name.reset();
  const std::string address = "address = 198.51.100.0/24\n";
  CHECK(judge(address + "user = www-*\n", f).findings.empty());
  CHECK(judge(address + "user = 33\n", f).findings.empty());
  CHECK(judge(address + "user = 1000\n", f).findings.empty());
  CHECK(!judge(address + "user = root\n", f).findings.empty());
}

TEST_CASE("allow: a port that the log does not have fits no list of ports") {
  Fact f = fact(1, kBegin, to("198.51.100.7", 3'000'000));
  f.destinations[0].port.reset();
  CHECK(!judge("address = 198.51.100.0/24\nport = 1-65535\n", f).findings.empty());
  CHECK(judge("address = 198.51.100.0/24\n", f).findings.empty());
}

TEST_CASE("allow: it expires with its last day, by the transfer's own end") {
  const char* const allow = "address = 198.51.100.0/24\nexpires = 2026-12-02\n";
  const auto ends = [&](audit::TimeMs end) {
    return judge(allow, fact(1, end, to("198.51.100.7", 3'000'000)));
  };
  CHECK(ends(kBegin).findings.empty());
  CHECK(ends(kBegin + kDay - 1).findings.empty());
  const Judgement late = ends(kBegin + kDay);
  REQUIRE(late.findings.size() == 1);
  CHECK(late.findings[0].reasons.at(1) == "allow a for 198.51.100.7 expired 2026-12-02");
}

TEST_CASE(
    "allow: of what is not approved the nearest entry is named, and what of it does not hold") {
  struct Case {
    const char* allow;
    const char* told;
  };
  const Case cases[] = {
      {"address = 192.0.2.1\n", "198.51.100.7 is on no allowlist"},
      {"address = 198.51.100.0/24\nport = 443\n", "allow a has 198.51.100.7, but for another port"},
      {"address = 198.51.100.0/24\nuser = alice\n",
       "allow a has 198.51.100.7, but for another user"},
      {"address = 198.51.100.0/24\ntool = curl\n",
       "allow a has 198.51.100.7, but for another tool"},
      {"address = 198.51.100.0/24\nrole = backup\nport = 443\n",
       "allow a has 198.51.100.7, but for another port and role"},
      {"address = 198.51.100.0/24\nname = a.example.org\n",
       "allow a has 198.51.100.7, but for another pair of address and name"},
      {"address = 198.51.100.0/24\nexpires = 2026-11-01\n",
       "allow a for 198.51.100.7 expired 2026-11-01"},
      {"address = 198.51.100.0/24\nexpires = 2026-11-01\ntool = curl\n",
       "allow a has 198.51.100.7, but for another tool and expired 2026-11-01"},
      // The nearest, wherever it stands.
      {"address = 198.51.100.0/24\nport = 443\nuser = alice\n"
       "[allow b]\naddress = 198.51.100.7\nport = 443\n",
       "allow b has 198.51.100.7, but for another port"},
  };
  for (const Case& c : cases) {
    INFO(c.allow);
    const Judgement result = judge(c.allow, fact(1, kBegin, to("198.51.100.7", 3'000'000)));
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].reasons.at(1) == c.told);
  }
}

TEST_CASE("allow: the command line's allows hold for all") {
  JudgeOptions options;
  options.allows.push_back(*audit::Cidr::parse("203.0.113.0/24"));
  const Fact f = fact(1, kBegin, to("203.0.113.7", 3'000'000));
  CHECK(judge("address = 192.0.2.1\n", f, options).approved == 1);
  CHECK(judge("address = 192.0.2.1\n", f).approved == 0);
}

TEST_CASE("allow: a transfer is approved when all its destinations are") {
  Fact f = fact(1, kBegin, to("198.51.100.7", 3'000'000));
  f.destinations.push_back(to("127.0.0.1", 5));  // no destination
  CHECK(judge("address = 198.51.100.0/24\n", f).approved == 1);
  f.destinations.push_back(to("203.0.113.7", 5));
  CHECK(judge("address = 198.51.100.0/24\n", f).approved == 0);
  f.destinations = {to("127.0.0.1", 5)};
  CHECK(judge("address = 198.51.100.0/24\n", f).approved == 0);
}

}  // namespace
}  // namespace auexfil::policy
