#include <algorithm>
#include <memory>
#include <optional>
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
      {"unusual_port = 22", "unusual_port = 22 is none of no, yes"},
      {"ratio = 0", "ratio = 0 is not a whole number of 1 or more"},
      {"ratio = 1.5", "ratio = 1.5 is not a whole number"},
      {"first_seen = yes", "first_seen = yes is not a duration; write 12h or 30d"},
      {"first_seen = 0d", "first_seen = 0d is not a duration"},
      {"chunks = 1", "chunks = 1 is not a whole number of 2 or more"},
      {"country = de", "country = de is no country of two letters such as DE or !DE"},
      {"country = Germany", "is no country of two letters"},
      {"country = DE, !FR", "names some, and all but others ('!'); write one of them"},
      {"asn = AS", "asn = AS is no number of an autonomous system such as 64496"},
      {"asn = 0", "asn = 0 is no number"},
      {"asn = 4294967296", "is no number of an autonomous system"},
      {"hours = 3\nunseen_flows = yes", "p.conf:6: 'hours' is not known of flows that no program"},
      {"period = 2", "period = 2 is not a whole number of 3 or more"},
  };
  for (const Case& c : cases) {
    INFO(c.key);
    const LoadedPolicy loaded =
        load(fmt::format("[role default]\nlimit = 1\n[rule r]\ngroup_by = host, "
                         "destination\nseverity = low\n{}\n[list bad]\n"
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

TEST_CASE("keys: an entry of a list holds for transfers of its time") {
  Policy policy = with_keys("list = bad");
  ListEntry ended = policy.lists.front().entries.front();
  REQUIRE(policy.lists.front().name == "bad");
  ended.until = sent().start;
  ListEntry coming = ended;
  coming.until = sent().end + 2;
  coming.from = sent().end + 1;
  policy.lists.front().entries = {ended, coming};
  CHECK(said(policy, {sent("203.0.113.9")}).empty());
  policy.lists.front().entries[1].from = sent().end;
  CHECK(said(policy, {sent("203.0.113.9")}) == "203.0.113.9 is on list bad (bad.txt:3)");
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

TEST_CASE("keys: unusual_port") {
  Policy policy = with_keys("unusual_port = yes");
  policy.usual_ports["scp"] = {{22, 22}, {2200, 2210}};
  const auto goes = [&](const char* tool, std::optional<std::uint16_t> port) {
    Fact f = sent();
    f.tool = tool;
    f.destinations[0].port = port;
    return said(policy, {f});
  };
  CHECK(goes("scp", std::uint16_t{2222}) == "scp went to port 2222; usual is 22, 2200-2210");
  CHECK(goes("scp", std::uint16_t{22}).empty());
  CHECK(goes("scp", std::uint16_t{2205}).empty());
  CHECK(goes("scp", std::nullopt).empty());
  CHECK(goes("curl", std::uint16_t{2222}).empty());  // nothing is said of it
}

TEST_CASE("keys: ratio") {
  const Policy policy = with_keys("ratio = 10");
  const auto moved = [&](std::optional<std::uint64_t> out, std::optional<std::uint64_t> in) {
    Fact f = sent();
    f.destinations[0].bytes_out = out;
    f.destinations[0].bytes_in = in;
    return said(policy, {f});
  };
  CHECK(moved(20'480, 1024) == "20.0 KiB went out and 1.0 KiB came in, 20 to 1");
  CHECK(moved(10'240, 1024) == "10.0 KiB went out and 1.0 KiB came in, 10 to 1");
  CHECK(moved(10'239, 1024).empty());
  CHECK(moved(1000, 0) == "1000 B went out, and nothing came in");
  CHECK(moved(0, 0).empty());
  CHECK(moved(1000, std::nullopt).empty());
  CHECK(moved(std::nullopt, 0).empty());
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  CHECK(moved(kMost, kMost).empty());
  Fact guess = sent();
  guess.destinations[0].bytes_in = 0;
  guess.destinations[0].bytes_estimated = 5;
  CHECK(said(policy, {guess}).empty());
}

/// 203.0.113.0/25 is in a country, 203.0.113.0/26 of an autonomous system, no other address is
/// known.
class SmallGeo final : public Geo {
 public:
  [[nodiscard]] Place find(const audit::IpAddress& address) const override {
    Place place;
    if (audit::Cidr::parse("203.0.113.0/25")->contains(address)) {
      place.country = "KP";
    }
    if (audit::Cidr::parse("203.0.113.0/26")->contains(address)) {
      place.asn = 64496;
      place.organisation = "Example Net";
    }
    return place;
  }
};

TEST_CASE("keys: country and asn") {
  struct Case {
    const char* keys;
    const char* address;
    const char* said;
  };
  const Case cases[] = {
      {"country = RU, KP", "203.0.113.9", "203.0.113.9 is in KP, by --geo"},
      {"country = RU", "203.0.113.9", ""},
      {"country = !RU, !DE", "203.0.113.9", "203.0.113.9 is in KP, by --geo"},
      {"country = !RU, !KP", "203.0.113.9", ""},
      {"country = !RU", "203.0.113.200", ""},  // it is not known where that is
      {"country = !RU", "drop.example.org", ""},
      {"asn = 64496", "203.0.113.9", "203.0.113.9 is of AS64496 (Example Net), by --geo"},
      {"asn = AS64496", "203.0.113.9", "203.0.113.9 is of AS64496 (Example Net), by --geo"},
      {"asn = 64497", "203.0.113.9", ""},
      {"asn = !64497", "203.0.113.9", "203.0.113.9 is of AS64496 (Example Net), by --geo"},
      {"asn = !64497", "203.0.113.100", ""},
      {"country = KP\nasn = !64496", "203.0.113.9", ""},
  };
  for (const Case& c : cases) {
    INFO(c.keys << " " << c.address);
    Policy policy = with_keys(c.keys);
    CHECK(said(policy, {sent(c.address)}).empty());
    policy.geo = std::make_shared<SmallGeo>();
    CHECK(said(policy, {sent(c.address)}) == c.said);
  }
}

TEST_CASE("keys: first_seen") {
  const Policy policy = with_keys("first_seen = 7d\nwindow = 24h");
  struct Case {
    const char* name;
    std::vector<std::pair<const char*, int>> went;  // where, and hours after kBegin
    std::vector<std::uint64_t> found;               // which of them
  };
  const char* const x = "203.0.113.77";
  const char* const y = "203.0.113.88";
  const Case cases[] = {
      {"the past is too short", {{y, 0}, {x, 24}, {x, 6 * 24}}, {}},
      {"long enough", {{y, 0}, {x, 7 * 24}}, {1}},
      {"an hour too short", {{y, 0}, {x, 7 * 24 - 1}}, {}},
      {"it went there before", {{x, 0}, {y, 1}, {x, 7 * 24 - 1}, {x, 8 * 24}}, {}},
      {"the first of many", {{y, 0}, {x, 200}, {x, 210}, {x, 223}, {x, 224}, {x, 300}}, {1, 2, 3}},
      {"again after a long silence", {{x, 0}, {x, 7 * 24}}, {1}},
      {"the past of others", {{y, 0}, {x, 200}, {y, 201}}, {1, 2}},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    std::vector<Fact> facts;
    for (std::uint64_t i = 0; i < c.went.size(); ++i) {
      facts.push_back(fact(i, kBegin + c.went[i].second * kHour, to(c.went[i].first, 5)));
    }
    std::vector<std::uint64_t> found;
    for (const Finding& finding : judge(policy, facts)) {
      found.insert(found.end(), finding.transfers.begin(), finding.transfers.end());
    }
    std::sort(found.begin(), found.end());
    CHECK(found == c.found);
    std::reverse(facts.begin(), facts.end());
    CHECK(judge(policy, facts).size() == (c.found.empty() ? 0 : found.size() == 2 ? 2 : 1));
  }
}

coverage::HostCoverage log_since(std::string_view host, audit::TimeMs first) {
  coverage::HostCoverage coverage;
  coverage.host = host;
  coverage.first = first;
  return coverage;
}

TEST_CASE("keys: first_seen, by the past of a host") {
  const Policy policy = with_keys("first_seen = 30d");
  const Fact now = sent("203.0.113.77");
  CHECK(said(policy, {now}).empty());
  const auto with_log_since = [&](std::string_view host, std::int64_t days) {
    Judge judge(policy);
    judge.add(now);
    judge.add(log_since(host, now.start - days * kDay));
    return judge.finish().findings;
  };
  CHECK(with_log_since("etl-01", 29).empty());
  CHECK(with_log_since("etl-02", 31).empty());
  REQUIRE(with_log_since("etl-01", 30).size() == 1);
  CHECK(with_log_since("etl-01", 30)[0].reasons.back() ==
        "the host had not gone to 203.0.113.77 in the 30 d before");
  // A transfer that somebody sat at, or that was approved, is one as well.
  Fact typed = fact(2, kBegin - kDay, to("203.0.113.77", 5));
  typed.automation = transfer::Verdict::attended;
  Judge judge(policy, {{}, {}, kBegin, {}});
  judge.add(now);
  judge.add(log_since("etl-01", now.start - 40 * kDay));
  judge.add(typed);  // and before what is reported
  CHECK(judge.finish().findings.empty());
  // Of the time before the log that is told of somebody may have gone on, and others were
  // forgotten.
  Judge older(policy);
  older.add(now);
  older.add(fact(3, now.start - 60 * kDay, to("203.0.113.1", 1)));
  older.add(log_since("etl-01", now.start - 29 * kDay));
  CHECK(older.finish().findings.empty());
  // What has no name and no address cannot be come back to.
  Fact nowhere = sent();
  nowhere.destinations[0].address.reset();
  nowhere.destinations[0].name.reset();
  CHECK(said(policy, {fact(9, kBegin - 50 * kDay, to("203.0.113.1", 1)), nowhere}).empty());
}

TEST_CASE("keys: chunks") {
  const Policy policy = with_keys("chunks = 3");
  const auto sizes = [&](const std::vector<std::uint64_t>& bytes) {
    std::vector<Fact> facts;
    for (std::uint64_t i = 0; i < bytes.size(); ++i) {
      facts.push_back(
          fact(i, kBegin + static_cast<std::int64_t>(i) * kHour, to("203.0.113.99", bytes[i])));
    }
    return said(policy, facts);
  };
  CHECK(sizes({1000, 5, 1000, 1000}) == "3 of 4 sent the same, 1000 B each");
  CHECK(sizes({1000, 1050, 1020}) == "3 of 3 sent the same, 1000 B to 1.0 KiB each");
  CHECK(sizes({1000, 1051, 1020}).empty());
  CHECK(sizes({1000, 1000}).empty());
  CHECK(sizes({0, 0, 0, 0}).empty());
  CHECK(sizes({10'485'760, 10'485'761, 10'485'762}) ==
        "3 of 3 sent the same, 10.0 MiB each, 10485760 to 10485762 B");
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  CHECK(sizes({kMost, kMost, 1}).empty());
  CHECK_FALSE(sizes({kMost, kMost, kMost}).empty());
}

TEST_CASE("keys: period") {
  const Policy policy = with_keys("period = 4");
  const auto starts = [&](const std::vector<std::int64_t>& minutes) {
    std::vector<Fact> facts;
    for (std::uint64_t i = 0; i < minutes.size(); ++i) {
      facts.push_back(fact(i, kBegin + minutes[i] * 60'000, to("203.0.113.99", 5)));
    }
    return said(policy, facts);
  };
  CHECK(starts({0, 60, 120, 180}) == "4 began in steady steps, one each 1 h");
  CHECK(starts({0, 60, 121, 180}) == "4 began in steady steps, one each 1 h, give or take 1 min");
  CHECK(starts({0, 60, 120, 240, 300}).find(", but for 1 left out") != std::string::npos);
  CHECK(starts({0, 60, 120}).empty());
  CHECK(starts({0, 60, 60, 120}).empty());  // one run
  CHECK(starts({0, 10, 120, 150, 400}).empty());
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
