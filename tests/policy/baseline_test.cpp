#include "auexfil/policy/baseline.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/policy/normal.hpp"
#include "builders.hpp"

using namespace auexfil;          // NOLINT(google-build-using-namespace): a test
using namespace auexfil::policy;  // NOLINT(google-build-using-namespace): a test

namespace {

const Policy kPolicy = auexfil::policy::policy(
    "[role default]\nlimit = 100MiB\n"
    "[rule bulk]\ngroup_by = host, destination\nlimit = role\nseverity = high\n");

/// The least of sorted numbers that `percent` of all are not above.
std::uint64_t exact_quantile(std::vector<std::uint64_t> numbers, unsigned percent) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[std::max<std::size_t>(1, (numbers.size() * percent + 99) / 100) - 1];
}

}  // namespace

TEST_CASE("a spread is exact while it is small, and never too low nor 1/128 too high after") {
  for (const std::size_t count : {1U, 2U, 3U, 100U, 4096U, 4097U, 50'000U}) {
    Spread spread;
    std::vector<std::uint64_t> numbers;
    std::uint64_t number = 88172645463325252ULL;
    for (std::size_t i = 0; i < count; ++i) {
      number ^= number << 13;
      number ^= number >> 7;
      number ^= number << 17;
      numbers.push_back(number >> (number % 64));
      spread.add(numbers.back());
    }
    CHECK(spread.count() == count);
    CHECK(spread.max() == *std::max_element(numbers.begin(), numbers.end()));
    CHECK(spread.is_exact() == (count <= Spread::kExact));
    for (const unsigned percent : {50U, 95U, 99U, 100U}) {
      const std::uint64_t right = exact_quantile(numbers, percent);
      const std::uint64_t told = spread.quantile(percent);
      INFO(count << " numbers, P" << percent);
      CHECK(told >= right);
      CHECK((spread.is_exact() ? told == right : told - right <= right / 128));
    }
  }
  CHECK(Spread().quantile(50) == 0);
}

TEST_CASE("texts go into values and come back") {
  const std::string texts[] = {
      "", "plain", " edge ", "a,b # c\\d", "[allow x]\n", "/re/gex/", "é", std::string("nul\0", 4)};
  for (const std::string& text : texts) {
    const std::string value = escape_value(text);
    CHECK(value.find_first_of("#,\n") == std::string::npos);
    CHECK(unescape_value(value) == text);
  }
  for (const char* const bad : {"\\", "\\x", "\\x2", "\\xzz", "a\\n", "\\x2g"}) {
    CHECK(unescape_value(bad) == std::nullopt);
  }
}

TEST_CASE("a baseline counts how often it fires by every rule that has the role's limit") {
  const Policy rules = auexfil::policy::policy(
      "[role default]\nlimit = 3MiB\n"  // never raised
      "[rule by-destination]\ngroup_by = host, destination\nlimit = role\nseverity = high\n"
      "[rule by-job]\ngroup_by = host, job\nlimit = role\nmin_destinations = 2\n"
      "severity = high\n"
      "[rule of-others]\ntool = curl\ngroup_by = host\nlimit = role\nseverity = high\n"
      "[rule at-night]\nhours = 22-6\ngroup_by = host\nlimit = role\nseverity = high\n"
      "[rule of-its-own]\ngroup_by = host\nlimit = 1kB\nseverity = high\n");
  constexpr std::uint64_t kEach = 1 << 20;
  constexpr int kDays = 6;
  constexpr int kPlaces = 8;
  std::vector<facts::Fact> facts;
  for (int day = 0; day < kDays; ++day) {
    // What started it is not known: none of them is steady.
    facts::Fact one =
        fact(static_cast<std::uint64_t>(day) + 1, kBegin + day * kDay, to("203.0.113.1", kEach));
    for (int i = 2; i <= kPlaces; ++i) {
      one.destinations.push_back(to(fmt::format("203.0.113.{}", i), kEach));
    }
    one.automation = transfer::Verdict::unknown;
    facts.push_back(one);
  }
  Baseline baseline(rules);
  for (const facts::Fact& one : facts) {
    baseline.add(one);
  }
  const BaselineReport report = baseline.finish();
  REQUIRE(report.roles.size() == 1);
  const RoleBaseline& role = report.roles.front();
  CHECK(role.fired.size() == kDays);
  CHECK(std::all_of(role.fired.begin(), role.fired.end(),
                    [](const Fired& one) { return one.rule == "by-job"; }));
  CHECK(role.not_counted == std::vector<std::string>{"at-night"});

  Policy proposed = rules;
  proposed.roles.front().limit_bytes = role.limit;
  Judge judge(proposed);
  for (const facts::Fact& one : facts) {
    judge.add(one);
  }
  const Judgement judged = judge.finish();
  CHECK(std::count_if(judged.findings.begin(), judged.findings.end(), [](const Finding& one) {
          return one.rule == "by-job" || one.rule == "by-destination";
        }) == kDays);
}

TEST_CASE("a baseline proposes a limit that what is normal stays below by every rule") {
  const Policy rules = auexfil::policy::policy(
      "[role default]\nlimit = 1000MiB\n"
      "[rule by-destination]\ngroup_by = host, destination\nlimit = role\nseverity = high\n"
      "[rule by-job]\ngroup_by = host, job\nlimit = role\nmin_destinations = 2\n"
      "severity = high\n");
  constexpr std::uint64_t kMega = std::uint64_t{1} << 20;
  struct Case {
    const char* name;
    std::uint64_t incident;  ///< in one night, to each of so many addresses:
    int places;
    std::uint64_t limit;  ///< proposed
    std::vector<std::string> fired;
  };
  // A job sends 5 MiB to each of 8 addresses, every 25 hours: 5 MiB by destination, 40 MiB by job.
  const Case cases[] = {
      {"no incident", 0, 0, 80 * kMega, {}},
      {"far above", 500 * kMega, 1, 80 * kMega, {"by-destination"}},
      {"spread over addresses of one night", 9 * kMega, 30, 80 * kMega, {"by-job"}},
      {"above what is normal, by less than the margin",
       60 * kMega,
       1,
       60 * kMega - 1024,
       {"by-destination"}},
      {"below what is normal: it has to be found, and the limit stays",
       30 * kMega,
       1,
       10 * kMega,
       {"by-destination", "by-job", "by-job", "by-job", "by-job", "by-job", "by-job"}},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    std::vector<facts::Fact> facts;
    for (int day = 0; day < 6; ++day) {
      facts::Fact run = fact(static_cast<std::uint64_t>(day) + 1, kBegin + day * (kDay + kHour),
                             to("203.0.113.1", 5 * kMega));
      for (int i = 2; i <= 8; ++i) {
        run.destinations.push_back(to(fmt::format("203.0.113.{}", i), 5 * kMega));
      }
      run.automation = transfer::Verdict::unknown;  // so that none of them is steady
      run.job = facts::Job{"cron", "push-all", std::nullopt};
      facts.push_back(run);
    }
    if (one.places > 0) {
      facts::Fact theft =
          fact(100, kBegin + 2 * kDay + 12 * kHour, to("198.51.100.1", one.incident));
      for (int i = 2; i <= one.places; ++i) {
        theft.destinations.push_back(to(fmt::format("198.51.100.{}", i), one.incident));
      }
      theft.job = facts::Job{"cron", "theft", std::nullopt};
      facts.push_back(theft);
    }
    Baseline baseline(rules);
    for (const facts::Fact& fact : facts) {
      baseline.add(fact);
    }
    const BaselineReport report = baseline.finish();
    REQUIRE(report.roles.size() == 1);
    const RoleBaseline& role = report.roles.front();
    CHECK(role.limit == one.limit);
    std::vector<std::string> fired;
    for (const Fired& each : role.fired) {
      fired.push_back(each.rule);
    }
    CHECK(fired == one.fired);

    Policy proposed = rules;
    proposed.roles.front().limit_bytes = role.limit;
    Judge judge(proposed);
    for (const facts::Fact& fact : facts) {
      judge.add(fact);
    }
    CHECK(judge.finish().findings.size() == one.fired.size());
  }
}

TEST_CASE("a baseline knows a user by name and by number, and so does who asks it") {
  const auto transfer = [](std::uint64_t id, bool has_name) {
    // Once, and then more than the limit.
    facts::Fact one = fact(id, kBegin + static_cast<audit::TimeMs>(id) * kHour,
                           to("203.0.113.9", id == 1 ? 1 << 20 : 1 << 30));
    if (!has_name) {
      one.uid_name.reset();
    }
    return one;
  };
  for (const bool has_name : {false, true}) {
    INFO(has_name);
    Baseline baseline(kPolicy);
    baseline.add(transfer(1, has_name));
    const JobBaseline seen = baseline.finish().jobs.front();
    CHECK(seen.users.size() == (has_name ? 2 : 1));
    Policy with_normal = kPolicy;
    with_normal.normals = {{"default", seen.job, seen.users, seen.addresses, {}, {}, {}}};
    // Of the other form, then of somebody else.
    for (const bool is_other : {false, true}) {
      Judge judge(with_normal);
      facts::Fact later = transfer(2, !has_name);
      if (is_other) {
        later.uid = 33;
        if (later.uid_name) {
          later.uid_name = "www-data";
        }
      }
      judge.add(later);
      const Judgement judged = judge.finish();
      REQUIRE(judged.findings.size() == 1);
      const auto& reasons = judged.findings.front().reasons;
      CHECK(std::any_of(reasons.begin(), reasons.end(), [](const std::string& reason) {
              return reason.starts_with("new-user");
            }) == is_other);
    }
  }
}

TEST_CASE("a second name of a known number is a new user where the baseline has names") {
  Policy with_normal = kPolicy;
  with_normal.normals = {{"default", "j", {"root", "0"}, {}, {}, {}, {}}};
  Judge judge(with_normal);
  facts::Fact one = fact(1, kBegin, to("203.0.113.9", 1 << 30));
  one.uid_name = "toor";
  judge.add(one);
  const Judgement judged = judge.finish();
  REQUIRE(judged.findings.size() == 1);
  const auto& reasons = judged.findings.front().reasons;
  CHECK(std::find(reasons.begin(), reasons.end(),
                  "new-user: user toor sent nothing in the baseline") != reasons.end());
}

TEST_CASE("a baseline proposes no approval of what is known only at least") {
  Baseline baseline(kPolicy);
  for (int day = 0; day < 6; ++day) {
    facts::Fact one =
        fact(static_cast<std::uint64_t>(day) + 1, kBegin + day * kDay, to("203.0.113.9", 1000));
    one.destinations.front().basis =
        day == 3 ? transfer::Basis::at_least : transfer::Basis::measured;
    baseline.add(one);
  }
  const BaselineReport report = baseline.finish();
  CHECK(report.steady.empty());
  REQUIRE(report.jobs.size() == 1);
  CHECK(report.jobs.front().volumes.lower_bounds == 1);
  CHECK(report.jobs.front().addresses.size() == 1);  // it was there all the time

  Baseline once(kPolicy);
  facts::Fact bound = fact(1, kBegin, to("203.0.113.9", 1000));
  bound.destinations.front().basis = transfer::Basis::at_least;
  once.add(bound);
  const BaselineReport told = once.finish();
  REQUIRE(told.doubtful.size() == 1);
  CHECK(told.doubtful.front().lower_bounds == 1);
  CHECK(told.jobs.front().addresses.empty());
}

TEST_CASE("a baseline has no job of which nothing is known") {
  Baseline baseline(kPolicy);
  for (int day = 0; day < 4; ++day) {
    facts::Fact one =
        fact(static_cast<std::uint64_t>(day) + 1, kBegin + day * kDay, to("203.0.113.9", 1000));
    one.job->what.clear();
    one.process = {};
    baseline.add(one);
  }
  const BaselineReport report = baseline.finish();
  REQUIRE(report.jobs.size() == 1);
  CHECK_FALSE(report.jobs.front().is_known);
}

TEST_CASE("a baseline counts a transfer that comes twice once, the most complete of both") {
  Baseline baseline(kPolicy);
  for (int day = 0; day < 4; ++day) {
    const auto id = static_cast<std::uint64_t>(day) + 1;
    baseline.add(fact(id, kBegin + day * kDay - 500, to("203.0.113.9", 10)));
    baseline.add(fact(id, kBegin + day * kDay, to("203.0.113.9", 1000)));
  }
  const BaselineReport report = baseline.finish();
  CHECK(report.transfers == 4);
  REQUIRE(report.steady.size() == 1);
  CHECK(report.steady.front().runs == 4);
  CHECK(report.steady.front().volumes.quantile(50) == 1000);
}

TEST_CASE("a baseline sums flows that transfers share as the judge does") {
  constexpr std::uint64_t kMega = 1'000'000;
  const auto fired = [](std::uint64_t destinations) {
    Baseline baseline(kPolicy);
    for (std::uint64_t day = 0; day < 4; ++day) {
      const audit::TimeMs end = kBegin + static_cast<audit::TimeMs>(day) * 2 * kDay;
      for (const std::uint64_t which : {1U, 2U}) {
        facts::Fact one = sharing(2 * day + which, end + static_cast<audit::TimeMs>(which),
                                  3 * kMega, {day, destinations, 203 * kMega});
        one.automation = transfer::Verdict::unknown;  // so that it is not steady
        baseline.add(one);
      }
    }
    const BaselineReport report = baseline.finish();
    REQUIRE(report.roles.size() == 1);
    std::vector<std::uint64_t> bytes = {report.roles[0].usual};
    for (const Fired& one : report.roles[0].fired) {
      bytes.push_back(one.bytes);
    }
    return bytes;
  };
  using Bytes = std::vector<std::uint64_t>;
  CHECK(fired(2) == Bytes{203 * kMega, 203 * kMega, 203 * kMega, 203 * kMega, 203 * kMega});
  CHECK(fired(3) == Bytes{6 * kMega});  // of the third nothing is known
}

TEST_CASE("a baseline keeps so many rows and tells apart so many jobs, and counts the rest") {
  Baseline baseline(kPolicy, {}, 3);
  for (std::uint64_t id = 1; id <= 10; ++id) {
    baseline.add(fact(id, kBegin, to("203.0.113.9", 10)));
  }
  const BaselineReport report = baseline.finish();
  CHECK(report.transfers == 3);
  CHECK(report.left_out == 7);

  Baseline jobs(kPolicy);
  for (std::uint64_t id = 1; id <= Baseline::kMaxJobs + 10; ++id) {
    facts::Fact one = fact(id, kBegin, to("203.0.113.9", 10));
    std::string name = "job-";
    for (std::uint64_t rest = id; rest > 0; rest /= 26) {
      name += static_cast<char>('a' + rest % 26);
    }
    one.job = facts::Job{"cron", name, std::nullopt};
    jobs.add(one);
  }
  const BaselineReport many = jobs.finish();
  CHECK(many.jobs.size() <= Baseline::kMaxJobs + 1);
  CHECK(many.jobs.front().job.starts_with("other jobs"));
}

TEST_CASE("a baseline has nothing of transfers that come in, or that this host serves") {
  Baseline baseline(kPolicy);
  facts::Destination in = to("203.0.113.9", 10);
  in.direction = transfer::Direction::in;
  baseline.add(fact(1, kBegin, in));
  facts::Fact served = fact(2, kBegin, to("203.0.113.9", 10));
  served.side = transfer::Side::server;
  baseline.add(served);
  baseline.add(fact(3, kBegin, to("127.0.0.1", 10)));
  facts::Destination none = to("203.0.113.9", 0);
  none.direction = transfer::Direction::none;
  none.bytes_out.reset();
  none.basis = transfer::Basis::unknown;
  baseline.add(fact(4, kBegin, none));
  const BaselineReport report = baseline.finish();
  CHECK(report.transfers == 0);
  CHECK(report.incoming == 2);
  CHECK(report.incoming_unmeasured == 1);
  CHECK(report.roles.empty());
  CHECK(report.jobs.empty());
}
