#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/policy/judge.hpp"
#include "builders.hpp"

namespace auexfil::policy {
namespace {

using facts::Fact;
using Words = std::vector<std::string>;

/// A rule with these keys, and the lists that they may name.
Policy with_keys(std::string_view keys) {
  Policy made =
      policy(fmt::format("[role default]\nlimit = 1\n[list bad]\nfile = bad.txt, stix.json\n"
                         "[list other]\nfile = o\n"
                         "[rule r]\ngroup_by = host, destination\nseverity = low\n{}\n",
                         keys));
  const auto entry = [](std::string_view cidr, std::uint32_t file, std::uint32_t line) {
    return ListEntry{*audit::Cidr::parse(cidr), file, line};
  };
  for (List& list : made.lists) {
    if (list.name == "bad") {
      list.entries = {entry("203.0.113.9", 0, 3), entry("203.0.113.0/28", 0, 17),
                      entry("198.51.100.0/24", 1, 0), entry("2001:db8::/32", 1, 0)};
    } else {
      list.entries = {entry("203.0.113.200", 0, 1)};
    }
  }
  return made;
}

std::vector<Finding> judge(const Policy& policy, const std::vector<Fact>& facts) {
  Judge judge(policy);
  for (const Fact& fact : facts) {
    judge.add(fact);
  }
  return judge.finish().findings;
}

/// What a finding of these facts ends with: what the keys say; empty where there is none.
std::string said(const Policy& policy, const std::vector<Fact>& facts) {
  const std::vector<Finding> findings = judge(policy, facts);
  std::string out;
  for (const Finding& finding : findings) {
    bool behind = false;
    for (const std::string& reason : finding.reasons) {
      out += behind ? (out.empty() ? "" : "; ") + reason : "";
      behind = behind || reason.find("has no limit") != std::string::npos ||
               reason.find("the log cannot give") != std::string::npos;
    }
  }
  return out;
}

Fact sent(std::string_view address = "203.0.113.99", std::uint64_t bytes = 1000) {
  return fact(1, kBegin + kHour, to(address, bytes));
}

TEST_CASE("keys: bad values are mistakes with file:line that say what would be right") {
  struct Case {
    const char* key;
    const char* said;
  };
  const Case cases[] = {
      {"list = bda", "p.conf:6: list = bda: there is no [list bda]; did you mean 'bad'?"},
      {"list = quite-other", "there is no [list quite-other]; write one with file = PATH"},
      {"list =", "'list' has no value"},
      {"files = /(/", "p.conf:6: files = pattern '/(/'"},
      {"hours = 25", "hours = 25 is neither an hour (0 to 23) nor from one until another"},
      {"hours = 24-3", "hours = 24-3 is neither"},
      {"hours = 8-8", "hours = 8-8 is neither"},
      {"hours = 8-", "hours = 8- is neither"},
      {"hours = -8", "hours = -8 is neither"},
      {"hours = 08:00-10:00", "is neither an hour"},
      {"weekdays = saturday",
       "weekdays = saturday is neither a day (mon, tue, wed, thu, fri, sat,"},
      {"weekdays = mon-", "weekdays = mon- is neither a day"},
  };
  for (const Case& c : cases) {
    INFO(c.key);
    const LoadedPolicy loaded = load(fmt::format(
        "[role default]\nlimit = 1\n[rule r]\ngroup_by = host\nseverity = low\n{}\n[list bad]\n"
        "file = x\n",
        c.key));
    INFO(told(loaded.mistakes));
    CHECK(loaded.mistakes.size() == 1);
    CHECK(told(loaded.mistakes).find(c.said) != std::string::npos);
  }
  CHECK(told(load("[role default]\nlimit = 1\n[list bad]\nfiles = x\n").mistakes) ==
        "p.conf:3: [list bad] has no 'file'; for example file = feeds/bad.txt, feeds/stix.json\n"
        "p.conf:4: unknown key 'files' in [list bad]; did you mean 'file'?\n");
}

TEST_CASE("keys: list") {
  const Policy bad = with_keys("list = bad");
  const Policy both = with_keys("list = other, bad");
  struct Case {
    const char* address;
    const char* said;
  };
  const Case cases[] = {
      {"203.0.113.9", "203.0.113.9 is on list bad (bad.txt:3)"},
      {"203.0.113.10", "203.0.113.10 is on list bad (bad.txt:17)"},
      {"198.51.100.77", "198.51.100.77 is on list bad (stix.json)"},
      {"2001:db8:7::1", "2001:db8:7::1 is on list bad (stix.json)"},
      {"203.0.113.16", ""},
      {"203.0.113.200", ""},
      {"drop.example.org", ""},
  };
  for (const Case& c : cases) {
    INFO(c.address);
    CHECK(said(bad, {sent(c.address)}) == c.said);
  }
  CHECK(said(both, {sent("203.0.113.200")}) == "203.0.113.200 is on list other (o:1)");
}

TEST_CASE("keys: what is allowed is on no list that counts") {
  Policy policy = with_keys("list = bad");
  policy.allows.emplace_back();
  policy.allows[0].name = "a";
  policy.allows[0].addresses = {*audit::Cidr::parse("203.0.113.9")};
  CHECK(said(policy, {sent("203.0.113.9")}).empty());
}

TEST_CASE("keys: files") {
  const auto read = [](Words paths) {
    Fact f = sent();
    for (std::string& path : paths) {
      f.files.push_back({std::move(path), {}, {}, {}});
    }
    return f;
  };
  const Policy secret = with_keys("files = /srv/secret/*, *.kdbx");
  CHECK(said(secret, {read({"/etc/x", "/srv/secret/a.tar"})}) == "read /srv/secret/a.tar");
  CHECK(
      said(secret, {read({"/home/a/b.kdbx", "/srv/secret/1", "/srv/secret/2", "/srv/secret/3"})}) ==
      "read /home/a/b.kdbx, /srv/secret/1, /srv/secret/2 and 1 more such");
  CHECK(said(secret, {read({"/srv/secrets/a.tar"})}).empty());
  CHECK(said(secret, {read({})}).empty());
  // Of a path that the pack has no room for, nothing is asked: not of its beginning either.
  CHECK(said(with_keys("files = /x*"), {read({"/x" + std::string(70'000, 'y')})}).empty());
  CHECK(said(with_keys("files = /x*"), {read({"/x" + std::string(60'000, 'y')})}).size() > 60'000);
}

TEST_CASE("keys: hours and weekdays, of the start, in UTC") {
  // 2026-12-02 is a Wednesday.
  const auto starts = [](std::int64_t after_ms) {
    Fact f = sent();
    f.start = kBegin + after_ms;
    f.end = f.start + 5 * kHour;
    return f;
  };
  struct Case {
    const char* key;
    std::int64_t after_ms;
    bool holds;
  };
  const Case cases[] = {
      {"hours = 22-6", 22 * kHour, true},
      {"hours = 22-6", 22 * kHour - 1, false},
      {"hours = 22-6", 6 * kHour - 1, true},
      {"hours = 22-6", 6 * kHour, false},
      {"hours = 3", 3 * kHour, true},
      {"hours = 3", 4 * kHour, false},
      {"hours = 1, 5-7", 5 * kHour, true},
      {"hours = 0-24", 23 * kHour, true},
      {"hours = 23", 23 * kHour, true},
      {"hours = 22-24", 0, false},
      {"weekdays = wed", 0, true},
      {"weekdays = wed", -1, false},
      {"weekdays = tue", -1, true},
      {"weekdays = sat, sun", 3 * kDay, true},
      {"weekdays = mon-fri", 3 * kDay, false},
      {"weekdays = mon-fri", 2 * kDay, true},
      {"weekdays = sun-mon", 5 * kDay, true},
      {"weekdays = sun-mon", 6 * kDay, false},
      {"weekdays = mon-sun", 6 * kDay, true},
      {"hours = 0-1\nweekdays = wed", 0, true},
      {"hours = 0-1\nweekdays = thu", 0, false},
      {"weekdays = wed", -kBegin - 8 * kDay, true},  // 24 December 1969
      {"hours = 23", -kBegin - 1, true},
  };
  for (const Case& c : cases) {
    INFO(c.key << " " << c.after_ms);
    CHECK(said(with_keys(c.key), {starts(c.after_ms)}).empty() == !c.holds);
  }
  CHECK(
      said(with_keys("hours = 22-6\nweekdays = wed"), {starts(2 * kHour + 7 * 60'000)}) ==
      "began at 02:07 UTC, which is within the hours 22-6; began on a Wednesday (UTC), one of wed");
}

TEST_CASE("keys: of one finding that covers many destinations the first are told, and the rest") {
  Policy policy = with_keys("list = bad");
  policy.rules[0].group_by = {GroupKey::host};
  std::vector<Fact> facts;
  for (int i = 0; i < 8; ++i) {
    facts.push_back(sent(fmt::format("203.0.113.{}", i)));
    facts.back().id = static_cast<std::uint64_t>(i);
  }
  const std::string text = said(policy, facts);
  CHECK(text.find("203.0.113.4 is on list bad (bad.txt:17); so it is with 3 more destinations") !=
        std::string::npos);
}

}  // namespace
}  // namespace auexfil::policy
