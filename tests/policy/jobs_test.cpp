#include "auexfil/policy/jobs.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "builders.hpp"

using namespace auexfil;          // NOLINT(google-build-using-namespace): a test
using namespace auexfil::policy;  // NOLINT(google-build-using-namespace): a test

namespace {

const Policy kPolicy = auexfil::policy::policy(
    "[role default]\nlimit = 100MiB\n[allow partner]\naddress = 198.51.100.0/24\n");

constexpr std::int64_t kMinute = 60'000;

facts::Fact run(std::uint64_t id, audit::TimeMs start, std::string_view address,
                std::optional<std::uint64_t> bytes, std::uint32_t pid = 0) {
  facts::Fact one = fact(id, start + 1000, to(address, bytes));
  // Of each run another shell: the second program of the lineage is cron.
  one.lineage.front().pid = pid != 0 ? pid : 1000 + static_cast<std::uint32_t>(id);
  one.job = facts::Job{"cron", "/bin/sh -c scp -q x", std::nullopt};
  one.lineage.front().argv = {"/bin/sh", "-c", "scp -q x"};
  return one;
}

std::vector<audit::TimeMs> days(const std::vector<int>& numbers) {
  std::vector<audit::TimeMs> starts;
  starts.reserve(numbers.size());
  for (const int day : numbers) {
    starts.push_back(day * kDay + 2 * kHour);
  }
  return starts;
}

/// At these hours of so many days in a row.
std::vector<audit::TimeMs> day_times(const std::vector<int>& hours, int count) {
  std::vector<audit::TimeMs> starts;
  for (int day = 0; day < count; ++day) {
    for (const int hour : hours) {
      starts.push_back(day * kDay + hour * kHour);
    }
  }
  return starts;
}

/// At these minutes of so many periods in a row.
std::vector<audit::TimeMs> with_minutes(const std::vector<int>& minutes, std::int64_t period,
                                        int count) {
  std::vector<audit::TimeMs> starts;
  for (int i = 0; i < count; ++i) {
    for (const int minute : minutes) {
      starts.push_back(i * period + minute * kMinute);
    }
  }
  return starts;
}

std::vector<audit::TimeMs> without(std::vector<audit::TimeMs> starts, std::ptrdiff_t which) {
  starts.erase(starts.begin() + which);
  return starts;
}

std::vector<audit::TimeMs> with(std::vector<audit::TimeMs> starts, audit::TimeMs one) {
  starts.insert(std::upper_bound(starts.begin(), starts.end(), one), one);
  return starts;
}

}  // namespace

TEST_CASE("a schedule is told from the starts") {
  struct Case {
    const char* name;
    std::vector<audit::TimeMs> starts;
    std::optional<Schedule> schedule;
  };
  const Case cases[] = {
      {"none", {}, {}},
      {"two are too few", {0, kDay}, {}},
      {"daily", {0, kDay, 2 * kDay, 3 * kDay}, Schedule{kDay, 0, 0}},
      {"daily, off by seconds",
       {0, kDay + 2000, 2 * kDay - 1000, 3 * kDay},
       Schedule{kDay, 2000, 0}},
      {"two nights without", {0, kDay, 2 * kDay, 5 * kDay, 6 * kDay}, Schedule{kDay, 0, 2}},
      {"every five minutes", {0, 300'000, 600'500, 900'000}, Schedule{300'000, 500, 0}},
      {"the summer ends",
       {0, kDay, 2 * kDay + kHour, 3 * kDay + kHour, 4 * kDay + kHour},
       Schedule{kDay, 0, 0, 1, 1}},
      {"moved by half a period",
       {0, kDay, 2 * kDay, 84 * kHour, 108 * kHour, 132 * kHour},
       Schedule{kDay, 0, 0, 1, 1}},
      {"weekly, and to another day", days({4, 11, 18, 26, 33, 40, 47}),
       Schedule{7 * kDay, 0, 0, 1, 1}},
      {"once very late", with(without(days({1, 2, 3, 4, 5, 6}), 3), 4 * kDay + 9 * kHour),
       Schedule{kDay, 0, 0, 1, 1}},
      {"once late",
       {0, kDay, 2 * kDay + 3 * kHour, 3 * kDay, 4 * kDay, 5 * kDay},
       Schedule{kDay, 0, 0, 1, 1}},
      {"late by another while each day",
       {0, kDay + 90 * kMinute, 2 * kDay + 10 * kMinute, 3 * kDay + 150 * kMinute,
        4 * kDay + 60 * kMinute, 5 * kDay + 130 * kMinute, 6 * kDay},
       Schedule{kDay, 150 * kMinute, 0, 1, 0}},
      {"twice a day, nearly half a day apart", with_minutes({150, 885}, kDay, 10),
       Schedule{kDay, 0, 0, 2}},
      {"every 25 minutes of the hour", with_minutes({0, 25, 50}, kHour, 48),
       Schedule{kHour, 0, 0, 3}},
      {"the same, and once it was left out", without(with_minutes({0, 25, 50}, kHour, 48), 70),
       Schedule{kHour, 0, 1, 3}},
      {"nothing comes again",
       {0, kHour, 4 * kHour, 5 * kHour + 30 * kMinute, 13 * kHour, 15 * kHour},
       {}},
      {"none fits", {0, kHour, 2 * kHour + 40 * kMinute, 2 * kHour + 50 * kMinute, 9 * kHour}, {}},
      {"at once", {5, 5, 5, 5}, {}},
      {"on weekdays, two weekends in between (from a Monday)",
       days({4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 18, 19}), Schedule{7 * kDay, 0, 0, 5}},
      {"on weekdays, one weekend", days({6, 7, 8, 11, 12}), Schedule{7 * kDay, 0, 0, 5}},
      {"on weekdays, and one left out", days({4, 5, 6, 7, 8, 11, 12, 14, 15, 18, 19}),
       Schedule{7 * kDay, 0, 1, 5}},
      {"each day, a weekend left out of three",
       days({4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19, 20}), Schedule{kDay, 0, 2}},
      {"twice a day", day_times({8, 16}, 6), Schedule{kDay, 0, 0, 2}},
      {"twice a day, four hours apart", day_times({2, 6}, 6), Schedule{kDay, 0, 0, 2}},
      {"each hour of the day's work", day_times({8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}, 4),
       Schedule{kDay, 0, 0, 11}},
      {"twice a day, and once it was left out", without(day_times({2, 6}, 6), 5),
       Schedule{kDay, 0, 1, 2}},
      {"each night and once by hand", with(days({1, 2, 3, 4, 5, 6}), 3 * kDay + 9 * kHour),
       Schedule{kDay, 0, 0, 1, 1}},
      {"on Monday and, five hours later, on Thursday",
       {4 * kDay, 7 * kDay + 5 * kHour, 11 * kDay, 14 * kDay + 5 * kHour, 18 * kDay,
        21 * kDay + 5 * kHour, 25 * kDay, 28 * kDay + 5 * kHour},
       Schedule{7 * kDay, 0, 0, 2}},
      {"the same, and once it was left out",
       {4 * kDay, 7 * kDay + 5 * kHour, 11 * kDay, 14 * kDay + 5 * kHour, 18 * kDay, 25 * kDay,
        28 * kDay + 5 * kHour},
       Schedule{7 * kDay, 0, 1, 2}},
      {"mostly missing", {0, kMinute, 2 * kMinute, 900 * kMinute}, {}},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    const auto found = find_schedule(one.starts);
    REQUIRE(found.has_value() == one.schedule.has_value());
    if (found) {
      CHECK(found->missed == one.schedule->missed);
      CHECK(found->runs == one.schedule->runs);
      CHECK(found->odd == one.schedule->odd);
      CHECK(std::abs(found->period_ms - one.schedule->period_ms) <= kMinute);
      CHECK(found->jitter_ms <= one.schedule->jitter_ms + kMinute * 2);
    }
  }
  CHECK(find_schedule(cases[3].starts)->period_ms == kDay);
}

TEST_CASE("jobs: transfers of one program close together are one run") {
  Jobs jobs(kPolicy);
  for (std::uint64_t day = 0; day < 4; ++day) {
    const audit::TimeMs begin = kBegin + static_cast<audit::TimeMs>(day) * kDay;
    for (std::uint64_t part = 0; part < 3; ++part) {
      jobs.add(run(day * 3 + part + 1, begin + static_cast<audit::TimeMs>(part) * kMinute,
                   "198.51.100.9", 1000, 77));  // the pid comes again each day
    }
  }
  const std::vector<JobRow> rows = jobs.finish();
  REQUIRE(rows.size() == 1);
  const JobRow& row = rows.front();
  CHECK(row.runs == 4);
  CHECK(row.transfers == 12);
  CHECK(row.run_bytes.max() == 3000);
  CHECK(row.bytes_out == 12'000);
  REQUIRE(row.schedule);
  CHECK(row.schedule->period_ms == kDay);
  CHECK(row.approved);
  REQUIRE(row.destinations.size() == 1);
  CHECK(row.destinations.front().by == "partner");
  CHECK(row.destinations.front().transfers == 12);
}

TEST_CASE("a schedule: what was due while the log shows nothing is not known, not missed") {
  const std::vector<coverage::Gap> gaps = {{2 * kDay + kHour, 3 * kDay + 12 * kHour, "off"}};
  const auto daily = find_schedule(days({1, 4, 5, 6, 8}), gaps);  // 2, 3 and 7 are not there
  REQUIRE(daily);
  CHECK(daily->missed == 1);
  CHECK(daily->not_seen == 2);
  const auto twice = find_schedule(without(without(without(day_times({2, 6}, 9), 12), 6), 5),
                                   gaps);  // of the days 2, 3 and 6
  REQUIRE(twice);
  CHECK(twice->runs == 2);
  CHECK(twice->missed == 1);
  CHECK(twice->not_seen == 2);

  Jobs jobs(kPolicy);
  for (const std::uint64_t day : {0U, 1U, 3U, 4U}) {
    jobs.add(run(day + 1, kBegin + static_cast<audit::TimeMs>(day) * kDay, "198.51.100.9", 1));
  }
  coverage::HostCoverage host;
  host.host = "etl-01";
  host.gaps = {{kBegin + kDay + kHour, kBegin + 2 * kDay + kHour, "off"}};
  const std::vector<JobRow> rows = jobs.finish({host});
  REQUIRE(rows.front().schedule);
  CHECK(rows.front().schedule->missed == 0);
  CHECK(rows.front().schedule->not_seen == 1);
}

TEST_CASE("jobs: what one child of cron does is one run, however far apart") {
  struct Case {
    const char* name;
    const char* kind;
    std::uint32_t second_pid;
    std::int64_t apart;
    std::uint64_t runs;
  };
  const Case cases[] = {
      {"the same child", "cron", 77, 16 * kMinute, 1},
      {"another child", "cron", 78, 16 * kMinute, 2},
      {"its number came again days later", "cron", 77, 3 * kDay, 2},
      // A daemon lives on: what it does each hour are runs.
      {"a service", "service", 77, kHour, 2},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    Jobs jobs(kPolicy);
    for (const bool is_second : {false, true}) {
      facts::Fact made = run(is_second ? 2 : 1, kBegin + (is_second ? one.apart : 0),
                             "198.51.100.9", 1000, is_second ? one.second_pid : 77);
      made.job->kind = one.kind;
      jobs.add(made);
    }
    CHECK(jobs.finish().front().runs == one.runs);
  }
}

TEST_CASE("jobs: what is not known is not 0, and one address that nobody approved is enough") {
  Jobs jobs(kPolicy);
  jobs.add(run(1, kBegin, "198.51.100.9", std::nullopt));
  jobs.add(run(2, kBegin + kDay, "203.0.113.9", 500));
  const std::vector<JobRow> rows = jobs.finish();
  REQUIRE(rows.size() == 1);
  CHECK(rows.front().unmeasured == 1);
  CHECK(rows.front().run_bytes.count() == 1);
  CHECK_FALSE(rows.front().approved);
  CHECK(rows.front().destinations.size() == 2);
}

TEST_CASE("jobs: bounds are no figures, and what left counts whatever a transfer was for") {
  using transfer::Basis;
  using transfer::Direction;
  struct Case {
    Direction direction;
    Basis basis;
    std::optional<std::uint64_t> bytes;
    std::uint64_t unmeasured;
    std::uint64_t lower_bounds;
    std::uint64_t told;
  };
  const Case cases[] = {
      {Direction::out, Basis::measured, 500, 0, 0, 500},
      {Direction::out, Basis::at_least, 500, 0, 1, 500},
      {Direction::in, Basis::measured, 500, 0, 0, 500},
      {Direction::in, Basis::unknown, std::nullopt, 1, 0, 0},
      {Direction::none, Basis::measured, 0, 0, 0, 0},
      // Of the calls that were not seen one may have sent anything.
      {Direction::none, Basis::at_least, 28, 1, 0, 28},
  };
  for (const Case& one : cases) {
    INFO(to_word(one.direction) << ' ' << to_word(one.basis));
    facts::Fact made = run(1, kBegin, "198.51.100.9", one.bytes);
    made.destinations.front().direction = one.direction;
    made.destinations.front().basis = one.basis;
    Jobs jobs(kPolicy);
    jobs.add(made);
    const std::vector<JobRow> rows = jobs.finish();
    REQUIRE(rows.size() == 1);
    CHECK(rows.front().unmeasured == one.unmeasured);
    CHECK(rows.front().lower_bounds == one.lower_bounds);
    CHECK(rows.front().bytes_out == one.told);
    CHECK(rows.front().run_bytes.count() == 1 - one.unmeasured);
  }
}

TEST_CASE("jobs: of flows of which nobody saw all the bytes are a bound") {
  facts::Fact made = run(1, kBegin, "198.51.100.9", 500);
  made.destinations.front().basis = transfer::Basis::flow;
  made.destinations.front().flow = facts::FlowTold();
  made.destinations.front().flow->bytes_out_most = 500;
  Jobs whole(kPolicy);
  whole.add(made);
  CHECK(whole.finish().front().lower_bounds == 0);
  made.destinations.front().flow->bytes_out_most.reset();
  Jobs open(kPolicy);
  open.add(made);
  CHECK(open.finish().front().lower_bounds == 1);
}

TEST_CASE("jobs: people, servers and other users' runs are no runs of it") {
  Jobs jobs(kPolicy);
  facts::Fact typed = run(1, kBegin, "203.0.113.9", 1);
  typed.automation = transfer::Verdict::attended;
  jobs.add(typed);
  facts::Fact served = run(2, kBegin, "203.0.113.9", 1);
  served.side = transfer::Side::server;
  jobs.add(served);
  CHECK(jobs.finish().empty());

  Jobs users(kPolicy);
  users.add(run(1, kBegin, "203.0.113.9", 1));
  facts::Fact other = run(2, kBegin, "203.0.113.9", 1);
  other.uid = 1000;
  other.uid_name = "alice";
  users.add(other);
  CHECK(users.finish().size() == 2);
}

TEST_CASE("jobs: lines of a crontab that differ by a number are two, what a job makes up is one") {
  struct Case {
    const char* first;
    const char* second;
    std::size_t jobs;
  };
  const Case cases[] = {
      {"/bin/sh -c curl -T /srv/db1/x.gz host", "/bin/sh -c curl -T /srv/db2/x.gz host", 2},
      {"/bin/sh -c curl -T /srv/$(date +%F).gz host", "/bin/sh -c curl -T /srv/$(date +%F).gz host",
       1},
      // Not cron's own text: a shell has made it up.
      {"curl -T /srv/db1/x.gz host", "curl -T /srv/db2/x.gz host", 1},
  };
  for (const Case& one : cases) {
    INFO(one.first);
    Jobs jobs(kPolicy);
    std::uint64_t id = 0;
    for (const char* const what : {one.first, one.second}) {
      facts::Fact made = run(++id, kBegin, "203.0.113.9", 1);
      made.job->what = what;
      jobs.add(made);
    }
    CHECK(jobs.finish().size() == one.jobs);
  }
}

TEST_CASE("jobs: two whose command is not known are not one") {
  for (const char* const what : {"", "sh", "/bin/bash -l"}) {
    INFO("'" << what << "'");
    const auto told = [what](std::uint64_t id, const char* exe, std::uint32_t uid) {
      facts::Fact one = run(id, kBegin + static_cast<audit::TimeMs>(id) * kHour, "203.0.113.9", 1);
      one.job->what = what;
      one.process.exe = exe;
      one.uid = uid;
      one.uid_name.reset();
      return one;
    };
    const std::vector<facts::Fact> facts = {told(1, "/usr/bin/scp", 0), told(2, "/usr/bin/scp", 0),
                                            told(3, "/usr/bin/curl", 0),
                                            told(4, "/usr/bin/scp", 33)};
    Jobs jobs(kPolicy);
    const Policy spread = auexfil::policy::policy(
        "[role default]\nlimit = 1MiB\n"
        "[rule spread]\ngroup_by = host, job\nmin_destinations = 1\nseverity = high\n");
    Judge judge(spread);
    for (const facts::Fact& one : facts) {
      jobs.add(one);
      judge.add(one);
    }
    const std::vector<JobRow> rows = jobs.finish();
    REQUIRE(rows.size() == 3);
    CHECK(rows.front().job.find("/usr/bin/") != std::string::npos);
    CHECK(judge.finish().findings.size() == 3);
  }
}

TEST_CASE("jobs: a shell that has a command is that job, whatever it comes to") {
  Jobs jobs(kPolicy);
  facts::Fact other = run(2, kBegin + kHour, "203.0.113.9", 1);
  other.process.exe = "/usr/bin/curl";
  jobs.add(run(1, kBegin, "203.0.113.9", 1));
  jobs.add(other);
  const std::vector<JobRow> rows = jobs.finish();
  REQUIRE(rows.size() == 1);
  CHECK(rows.front().job == "/bin/sh -c scp -q x");
}

TEST_CASE("jobs: as many as are kept, with their transfers and destinations; the rest is counted") {
  Jobs few(kPolicy, {}, 2);
  for (std::uint64_t id = 1; id <= 5; ++id) {
    facts::Fact one = run(id, kBegin, "203.0.113.9", 1);
    one.job->what = std::string(id, 'x');
    few.add(one);
  }
  CHECK(few.left_out() == 3);
  CHECK(few.finish().size() == 2);

  Jobs short_of_room(kPolicy, {}, Jobs::kMaxJobs, 4);
  Jobs far(kPolicy);
  for (std::uint64_t id = 1; id <= 250; ++id) {
    const facts::Fact one = run(id, kBegin, "203.0.113." + std::to_string(id), 1);
    short_of_room.add(one);
    far.add(one);
  }
  CHECK(short_of_room.left_out() == 246);
  const std::vector<JobRow> rows = far.finish();
  REQUIRE(rows.size() == 1);
  CHECK(rows.front().destinations.size() == Jobs::kMaxDestinations);
  CHECK(rows.front().more_destinations == 150);
}
