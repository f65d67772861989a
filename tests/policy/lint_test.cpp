#include "auexfil/policy/lint.hpp"

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "builders.hpp"
#include "pattern_sets.hpp"

using namespace auexfil;
using namespace auexfil::policy;

namespace {

/// "LINE weight check" each, of a file that lies over the built-in policy and two tools.
std::vector<std::string> told(std::string_view text, const Uses* uses = nullptr) {
  const std::vector<input::RuleFile> layers = {
      input::parse_rule_file(built_in(), "built-in"),
      input::parse_rule_file("[tool scp]\nprogram = scp\nusual = 22\n[tool sftp]\nprogram = sftp\n"
                             "[sign cron]\nprogram = cron\njob = cron\n",
                             "built-in tools"),
      input::parse_rule_file(text, "own.conf")};
  REQUIRE(policy::told(load_policy(layers).mistakes).empty());
  std::vector<std::string> out;
  for (const Remark& remark : lint(layers, {kBegin, 2, uses})) {
    CHECK(remark.file == "own.conf");
    out.push_back(fmt::format("{} {} {}", remark.line, to_word(remark.weight), remark.check));
  }
  return out;
}

using Told = std::vector<std::string>;

struct Case {
  const char* name;
  const char* text;
  Told told;
};

/// Keys that every entry needs, so that only what a case is about is remarked on.
std::string allow(std::string_view name, std::string_view keys) {
  return fmt::format("[allow {}]\nowner = o\nreason = r\n{}\n", name, keys);
}

bool has(const Told& remarks, std::string_view remark) {
  return std::find(remarks.begin(), remarks.end(), remark) != remarks.end();
}

}  // namespace

TEST_CASE("lint has nothing to say of what is built in") {
  CHECK(told("").empty());
}

TEST_CASE("lint: one entry") {
  // kBegin is 2026-12-02; the key under test stands in line 5, after `address` in 4.
  const Case cases[] = {
      {"whole", "address = 198.51.100.0/24", {}},
      {"the widest that is let pass", "address = 11.0.0.0/8, fd00::/8, 2001:db8::/32", {}},
      {"wide", "address = 10.0.0.0/7", {"4 warning wide-network"}},
      {"wide v6", "address = fc00::/7", {"4 warning wide-network"}},
      {"a registry's v6", "address = 2600::/12", {"4 warning wide-network"}},
      {"all", "address = 0.0.0.0/0", {"4 error wide-network"}},
      {"all v6", "address = ::/0", {"4 error wide-network"}},
      {"every name", "name = **", {"4 error wide-name"}},
      {"all, in two", "address = 0.0.0.0/1, 128.0.0.0/1", {"4 error wide-network"}},
      {"all v6, in two", "address = 8000::/1, ::/1", {"4 error wide-network"}},
      {"all, in eight",
       "address = 0.0.0.0/3, 32.0.0.0/3, 64.0.0.0/3, 96.0.0.0/3, 128.0.0.0/3, 160.0.0.0/3, "
       "192.0.0.0/3, 224.0.0.0/3",
       {"4 error wide-network"}},
      {"all, in pieces of several sizes and one twice",
       "address = 10.0.0.0/8, 0.0.0.0/1, 128.0.0.0/2, 192.0.0.0/2",
       {"4 error wide-network"}},
      {"two /8 side by side", "address = 20.0.0.0/8, 21.0.0.0/8", {"4 warning wide-network"}},
      {"two /8 apart", "address = 21.0.0.0/8, 22.0.0.0/8", {}},
      {"all, for one user", "address = 0.0.0.0/0\nuser = backup", {"4 warning wide-network"}},
      {"all, narrowed",
       "address = 0.0.0.0/0\nport = 2222\nuser = backup\ntool = scp\nrole = default",
       {"4 warning wide-network"}},
      {"all, narrowed by what narrows nothing",
       "address = 0.0.0.0/0\nport = 2222\nuser = *",
       {"4 error wide-network"}},
      {"loopback", "address = 127.0.0.1", {"4 note no-effect"}},
      {"all loopback", "address = 127.0.0.0/8", {"4 note no-effect"}},
      {"link-local",
       "address = fe80::/10, 169.254.0.0/16",
       {"4 note no-effect", "4 note no-effect"}},
      {"multicast", "address = 224.0.0.0/4, ff00::/8", {"4 note no-effect", "4 note no-effect"}},
      {"a part of multicast", "address = 224.0.0.0/7", {"4 note no-effect"}},
      {"expired yesterday", "address = 198.51.100.1\nexpires = 2026-12-01", {"5 error expired"}},
      {"its last day", "address = 198.51.100.1\nexpires = 2026-12-02", {"5 warning expires-soon"}},
      {"29 days", "address = 198.51.100.1\nexpires = 2026-12-31", {"5 warning expires-soon"}},
      {"31 days", "address = 198.51.100.1\nexpires = 2027-01-02", {}},
      {"role of nobody", "address = 198.51.100.1\nrole = backup", {"5 error never-holds"}},
      {"role by pattern", "address = 198.51.100.1\nrole = def*", {}},
      {"tool of nobody", "address = 198.51.100.1\ntool = sccp", {"5 error never-holds"}},
      {"tools of which one is", "address = 198.51.100.1\ntool = sccp, scp", {}},
      {"ports of a rule for some tools", "address = 198.51.100.1\nport = 2222", {}},
      {"ports of a rule", "address = 198.51.100.1\nport = 21", {"5 note beats-rule"}},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    CHECK(told(allow("a", one.text)) == one.told);
  }
}

TEST_CASE("lint: names that a stranger may have as well") {
  const char* const fine[] = {
      "partner.example.com",
      "*.example.com",
      "*.*.example.com",
      "*.example.co.uk",
      "web-?.example.com",
      "web[0-9]*.example.com",
      "*web*.example.com",
      "*-eu.example.com",
      "backup-01",
      "backup-?",
      "xn--bcher-kva.example",
      R"(/^partner\.example\.com$/)",
      R"(/^(.*\.)?example\.com$/)",
      R"(/(^|\.)example\.com$/)",
      R"(/^(web|db)-[0-9]+\.example\.com$/)",
      R"(/\.example\.com$/)",
      R"(/^db\d+$/)",
  };
  for (const char* const name : fine) {
    INFO(name);
    CHECK(told(allow("a", fmt::format("name = {}", name))).empty());
  }
  const char* const everyone[] = {
      "*",    "?*",  "*.*",     "*?.*",           "/./",        "/foo|/", "/^[^/]+$/",
      "/.*/", "/^/", "/[a-z]/", "/(?i)[A-Z]\\./", "/^(?!evil)/"};
  for (const char* const name : everyone) {
    INFO(name);
    CHECK(told(allow("a", fmt::format("name = a.example.com, {}", name))) ==
          Told{"4 error wide-name"});
  }
  const char* const strangers[] = {
      "*.com",
      "*example.com",
      "*-example.com",
      "partner.*",
      "backup*",
      "*partner.example*",
      "partner.example.com*",
      "/partner.example.com/",
      R"(/partner\.example\.com$/)",
      R"(/^partner\.example\.com/)",
      R"(/example\.com$|\.example\.org$/)",
      R"(/(web|db)\.example\.com$/)",
      "/^partner.example.com$/",
      "/^web.*/",
  };
  for (const char* const name : strangers) {
    INFO(name);
    CHECK(told(allow("a", fmt::format("name = {}", name))) == Told{"4 warning wide-name"});
  }
  const char* const addresses[] = {"203.0.113.7", "2001:db8::7", "203.0.113.0/24"};
  for (const char* const name : addresses) {
    INFO(name);
    CHECK(told(allow("a", fmt::format("name = {}", name))) == Told{"4 error never-holds"});
    CHECK(told(allow("a", fmt::format("name = a.example.com, {}", name))) ==
          Told{"4 warning never-holds"});
  }
}

TEST_CASE("lint: a name that is judged tells one that it holds for too") {
  const std::vector<input::RuleFile> layers = {
      input::parse_rule_file(built_in(), "built-in"),
      input::parse_rule_file(allow("a", "name = *example.com"), "own.conf")};
  const std::vector<Remark> remarks = lint(layers, {kBegin, 1, nullptr});
  REQUIRE(remarks.size() == 1);
  CHECK(
      remarks.front().what.starts_with("[allow a] '*example.com' approves q7xkdexample.com too: "));
}

TEST_CASE("lint: nobody to ask about an entry") {
  CHECK(told("[allow a]\naddress = 198.51.100.1\n") ==
        Told{"1 warning no-owner", "1 warning no-reason"});
  CHECK(told("[allow a]\naddress = 198.51.100.1\nowner = o\n") == Told{"1 warning no-reason"});
}

TEST_CASE("lint: entries against each other") {
  struct Pair {
    const char* name;
    const char* first;
    const char* second;
    Told told;  // the second's section begins in line 6
  };
  const Pair pairs[] = {
      {"apart", "address = 198.51.100.0/25\n", "address = 198.51.100.128/25\n", {}},
      {"within", "address = 198.51.100.0/24\n", "address = 198.51.100.7\n", {"6 warning covered"}},
      {"within, listed first",
       "address = 198.51.100.7\n",
       "address = 198.51.100.0/24\n",
       {"1 warning covered"}},
      {"the same", "address = 198.51.100.7\n", "address = 198.51.100.7\n", {"6 warning covered"}},
      {"narrowed for nothing",
       "address = 198.51.100.0/24\n",
       "address = 198.51.100.7\nport = 22\nuser = root\nexpires = 2027-06-01\n",
       {"6 warning covered"}},
      {"the wide one ends sooner",
       "address = 198.51.100.0/24\nexpires = 2027-05-01\n",
       "address = 198.51.100.7\nexpires = 2027-06-01\n",
       {"7 note overlap"}},
      {"the wide one asks more",
       "address = 198.51.100.0/24\nuser = root\n",
       "address = 198.51.100.7\n",
       {"7 note overlap"}},
      {"of other users",
       "address = 198.51.100.0/24\nuser = root\n",
       "address = 198.51.100.7\nuser = alice\n",
       {}},
      {"of other ports",
       "address = 198.51.100.0/24\nport = 1000-2000\n",
       "address = 198.51.100.7\nport = 2001\n",
       {}},
      {"only some of it",
       "address = 198.51.100.0/24\n",
       "address = 198.51.100.7, 203.0.113.1\n",
       {"6 note overlap"}},
      {"names", "name = *.example.org\n", "name = a.example.org\n", {"6 warning covered"}},
      {"a name vouches for no address",
       "name = *\n",
       "address = 198.51.100.7\n",
       {"4 error wide-name"}},
      {"both of them, within the address alone",
       "address = 198.51.100.0/24\n",
       "address = 198.51.100.7\nname = a.example.org\n",
       {"6 warning covered", "10 warning needs-flows"}},
      {"both of them, within the name alone",
       "name = *.example.org\n",
       "address = 198.51.100.7\nname = a.example.org\n",
       {"6 warning covered", "10 warning needs-flows"}},
      {"the address alone is more than both",
       "address = 198.51.100.0/24\nname = a.example.org\n",
       "address = 198.51.100.7\n",
       {"5 warning needs-flows", "7 note overlap"}},
      {"an address that wants a name is less than the address",
       "address = 198.51.100.0/24\nname = *\n",
       "address = 198.51.100.7\n",
       {"5 warning needs-flows", "7 note overlap"}},
      {"both of other names",
       "address = 198.51.100.0/24\nname = a.example.org\n",
       "address = 198.51.100.7\nname = b.example.org\n",
       {"5 warning needs-flows", "11 warning needs-flows"}},
      {"v4 and v6", "address = 2001:db8::/32\n", "address = 32.1.13.184\n", {}},
  };
  for (const Pair& pair : pairs) {
    INFO(pair.name);
    Told remarks = told("[allow a]\nowner = o\nreason = r\n" + std::string(pair.first) +
                        "\n[allow b]\nowner = o\nreason = r\n" + pair.second);
    CHECK(remarks == pair.told);
  }
}

TEST_CASE("lint: roles, the first of which wins") {
  const auto role = [](std::string_view name, std::string_view hosts) {
    return fmt::format("[role {}]\nhost = {}\nlimit = 1MiB\n", name, hosts);
  };
  struct Pair {
    const char* first;
    const char* second;
    Told told;
  };
  const Pair pairs[] = {
      {"web-*", "db-*", {}},
      {"web-*", "web-eu-?", {"5 error shadowed"}},
      {"web-eu-?", "web-*", {"5 note overlap"}},
      {"web-[0-9]*", "web-7", {"5 error shadowed"}},
      {"web-[!0-9]", "web-7", {}},
      {"/^web/", "web-7", {"5 error shadowed"}},
      {"web-7", "/^web/", {"5 note overlap"}},
      {"/^web/", "/^web/, db", {"5 note overlap"}},
      {"*", "/^web/", {"2 warning shadows", "5 error shadowed"}},
      {"a*, *b", "a*b", {"5 error shadowed"}},
      {"a*", "*b", {"5 note overlap"}},
  };
  for (const Pair& pair : pairs) {
    INFO(pair.first << " before " << pair.second);
    CHECK(told(role("a", pair.first) + role("b", pair.second)) == pair.told);
  }
}

TEST_CASE("lint: a role that leaves no host to the default") {
  const auto role = [](std::string_view name, std::string_view hosts) {
    return fmt::format("[role {}]\nhost = {}\nlimit = 1MiB\n", name, hosts);
  };
  CHECK(told(role("all", "*")) == Told{"2 warning shadows"});
  CHECK(told(role("all", "/./")) == Told{"2 warning shadows"});
  CHECK(told(role("all", "?*")) == Told{"2 warning shadows"});
  CHECK(told(role("web", "web-*") + role("all", "*")) ==
        Told{"5 warning shadows", "5 note overlap"});
  CHECK(told(role("all", "*") + "[role default]\nlimit = 2MiB\n") ==
        Told{"2 warning shadows", "4 note replaces"});
}

TEST_CASE("lint: rules") {
  const auto rule = [](std::string_view keys) { return fmt::format("[rule own]\n{}\n", keys); };
  CHECK(has(told(rule("group_by = destination, host\nlimit = role\nseverity = low")),
            "1 warning shadowed"));
  CHECK_FALSE(has(told(rule("group_by = destination, host\nlimit = role\nseverity = critical")),
                  "1 warning shadowed"));
  CHECK_FALSE(
      has(told(rule("group_by = host, user\nlimit = role\nseverity = low")), "1 warning shadowed"));
  CHECK_FALSE(has(told(rule("group_by = host, destination\nlimit = 1MiB\nseverity = low")),
                  "1 warning shadowed"));
  CHECK(has(told(rule("group_by = host, destination\nport = 21\naddresses = public\n"
                      "limit = 2MiB\nwindow = 24h\nseverity = low\n[rule all]\n"
                      "group_by = host, destination\nport = 1-100\nlimit = 1MiB\nwindow = 7d\n"
                      "severity = low")),
            "1 warning shadowed"));
  // One is of transfers, the other of flows that no program made.
  const std::string same =
      "group_by = host, destination\nlimit = 1kB\nwindow = 24h\nseverity = low\n";
  CHECK_FALSE(
      has(told("[rule of-transfers]\n" + same + "[rule of-flows]\nunseen_flows = yes\n" + same),
          "6 warning shadowed"));
  CHECK(has(told(rule("group_by = host\nbasis = unknown\nlimit = 1MiB\nseverity = low")),
            "4 error never-holds"));
  CHECK_FALSE(
      has(told(rule("group_by = host\nbasis = unknown\nseverity = low")), "4 error never-holds"));
  CHECK(has(told(rule("group_by = host\nsign = corn\nseverity = low")), "3 error never-holds"));
  CHECK_FALSE(
      has(told(rule("group_by = host\nsign = cron\nseverity = low")), "3 error never-holds"));
  CHECK(has(told(rule("group_by = destination\nwindow = 1h\nmin_destinations = 2\n"
                      "severity = low")),
            "4 warning never-holds"));
}

TEST_CASE("lint: keys of rules, and lists") {
  struct Case {
    const char* keys;  // from line 5 on
    Told told;
  };
  const Case cases[] = {
      {"list = bad\n[list bad]\nfile = x", {}},
      {"[list bad]\nfile = x", {"5 warning no-effect"}},
      {"hours = 0-24", {"5 note no-effect"}},
      {"hours = 0-23", {}},
      {"weekdays = mon-sun", {"5 note no-effect"}},
      {"unusual_port = yes", {}},
      {"tool = sccp\nunusual_port = yes", {"5 error never-holds", "6 error never-holds"}},
      {"tool = scp\nunusual_port = yes", {}},
      {"tool = sftp\nunusual_port = yes", {"6 error never-holds"}},
      {"ratio = 3\nbasis = unknown", {"5 error never-holds"}},
      {"chunks = 3\nbasis = unknown", {"5 error never-holds"}},
      {"period = 3\nbasis = unknown", {}},
  };
  for (const Case& one : cases) {
    INFO(one.keys);
    // Of a group that no rule has which is built in.
    Told remarks = told(
        fmt::format("[rule own]\ngroup_by = user\nwindow = 1h\nseverity = low\n{}\n", one.keys));
    CHECK(remarks == one.told);
  }
}

TEST_CASE("lint: rules with other keys shadow nothing, those with the same and less do") {
  struct Pair {
    const char* outer;
    const char* inner;
    bool shadows;
  };
  const Pair pairs[] = {
      {"", "hours = 3", true},
      {"hours = 3", "", false},
      {"hours = 2-5", "hours = 3", true},
      {"hours = 3", "hours = 2-5", false},
      {"files = /a/*, /b/*", "files = /b/*", true},
      {"files = /a/*", "files = /b/*", false},
      {"ratio = 2", "ratio = 3", true},
      {"ratio = 3", "ratio = 2", false},
      {"country = DE, FR", "country = FR", true},
      {"country = !DE", "country = !DE, !FR", true},
      {"country = !DE", "country = FR", false},
      {"asn = 1", "asn = 1, 2", false},
      {"unusual_port = yes", "chunks = 3", false},
      {"chunks = 3", "chunks = 3\nperiod = 3", true},
  };
  for (const Pair& pair : pairs) {
    INFO(pair.outer << " over " << pair.inner);
    // A file's sections are in its order, the first asked first; line 1 is the outer's.
    const std::string rule = "group_by = user\nwindow = 1h\nseverity = low\n";
    const Told remarks =
        told("[rule outer]\n" + rule + pair.outer + "\n[rule inner]\n" + rule + pair.inner + "\n");
    CHECK(has(remarks, "6 warning shadowed") == pair.shadows);
  }
}

TEST_CASE("lint: what a layer above replaces") {
  CHECK(told("[role default]\nlimit = 1MiB\n") == Told{"1 note replaces"});
  CHECK(told("[tool scp]\nprogram = scp\n") == Told{"1 note replaces"});
  CHECK(told("[sign cron]\nprogram = crond\njob = cron\n") == Told{"1 note replaces"});
  CHECK(told("[tool own]\nprogram = own\n").empty());
  const std::vector<input::RuleFile> layers = {
      input::parse_rule_file("[tool scp]\nprogram = scp\nusual = 22\nside = client\n",
                             "tools.conf"),
      input::parse_rule_file("[tool scp]\nprogram = scp\n", "own.conf")};
  const std::vector<Remark> remarks = lint(layers, {kBegin, 1, nullptr});
  REQUIRE(remarks.size() == 1);
  CHECK(remarks.front().what ==
        "[tool scp] replaces [tool scp] (tools.conf:1) whole, and has nothing of its side, usual");
}

TEST_CASE("lint: what facts never use") {
  const std::string text = allow("used", "address = 203.0.113.0/24") +
                           allow("idle", "address = 198.51.100.0/24") +
                           "[role idle]\nhost = bk-*\nlimit = 1MiB\n";
  const std::vector<input::RuleFile> layers = {input::parse_rule_file(built_in(), "built-in"),
                                               input::parse_rule_file(text, "own.conf")};
  const Policy policy = load_policy(layers).policy;
  Judge judge(policy);
  judge.add(fact(1, kBegin, to("203.0.113.9", 1000)));
  const Uses uses = judge.finish().uses;
  CHECK(uses.transfers == 1);
  CHECK(told(text, &uses) == Told{"5 warning unused", "9 warning unused"});
  const Uses none;
  CHECK(told(text, &none).empty());
}

TEST_CASE("lint: more sections than are compared with each other are said") {
  std::ostringstream text;
  const std::string tail(2000, 'x');
  for (int i = 0; i < 200; ++i) {
    text << "[role r" << i << "]\nhost = " << i << tail << "*\nlimit = 1MiB\n";
  }
  bool said = false;
  const std::vector<input::RuleFile> layers = {input::parse_rule_file(built_in(), "built-in"),
                                               input::parse_rule_file(text.str(), "own.conf")};
  for (const Remark& remark : lint(layers, {kBegin, 1, nullptr})) {
    said = said || remark.check == "not-compared";
  }
  CHECK(said);
}
