#include "auexfil/host/activities.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "heard.hpp"

/// What a log without a single audit rule tells of its host's jobs.
namespace auexfil::test {
namespace {

using host::Activity;

void service(Log& log, int pid, std::string_view type, std::string_view unit,
             std::string_view result = "success") {
  log.record(type, log.next_stamp(),
             fmt::format("pid={} uid=0 auid=4294967295 ses=4294967295 subj=unconfined "
                         "msg='unit={} comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" "
                         "hostname=? addr=? terminal=? res={}'",
                         pid, unit, result));
}

/// As many as there are of one kind: "name user starts stops vouched".
std::vector<std::string> told(const Log& log) {
  const Followed followed = follow(log.text());
  std::vector<std::string> all;
  for (const auto& [what, when] : followed.tracker->tally().activities.all()) {
    all.push_back(fmt::format("{} {} {} {} {} {}", static_cast<int>(what.kind), what.name,
                              what.user, when.starts, when.stops, when.vouched));
  }
  return all;
}

}  // namespace

TEST_CASE("activities: units that the service manager started and stopped") {
  Log log;
  service(log, 1, "SERVICE_START", "backup");
  service(log, 1, "SERVICE_STOP", "backup");
  service(log, 1, "SERVICE_START", "backup");
  service(log, 1, "SERVICE_START", "broken", "failed");
  CHECK(told(log) == std::vector<std::string>{"0 backup  2 1 true"});
}

TEST_CASE("activities: whoever else writes such a record is not believed to be process 1") {
  Log log;
  service(log, 1, "SERVICE_START", "backup");
  service(log, 4711, "SERVICE_START", "backup");
  CHECK(told(log) == std::vector<std::string>{"0 backup  2 0 false"});
}

TEST_CASE("activities: sessions and credentials by program and account") {
  Log log;
  log.there(700, 1, "/usr/sbin/cron");
  SECTION("no record but theirs") {
    log.user("CRED_ACQ", 700, "PAM:setcred", "cron");
    log.user("USER_START", 700, "PAM:session_open", "cron");
    log.user("USER_ACCT", 700, "PAM:accounting", "cron");
    CHECK(told(log) ==
          std::vector<std::string>{"1 /usr/sbin/cron u 1 0 false", "2 /usr/sbin/cron u 1 0 false"});
  }
  SECTION("the process is known to be cron") {
    log.write(700, 3, 5);
    log.user("USER_START", 700, "PAM:session_open", "cron");
    CHECK(told(log) == std::vector<std::string>{"1 /usr/sbin/cron u 1 0 true"});
  }
  SECTION("the process is known to be another") {
    log.write(700, 3, 5);
    log.who(700).exe = "/usr/sbin/cron2";
    log.user("USER_START", 700, "PAM:session_open", "cron");
    CHECK(told(log) == std::vector<std::string>{"1 /usr/sbin/cron2 u 1 0 false"});
  }
}

TEST_CASE("activities: names without end are bounded and counted, times too") {
  host::Activities activities;
  for (int i = 0; i < 5000; ++i) {
    activities.note(Activity::Kind::unit, "unit" + std::to_string(i), "", true, true, i);
  }
  CHECK(activities.all().size() == host::Activities::kMost);
  CHECK(activities.refused() == 5000 - host::Activities::kMost);
  for (int i = 0; i < 500; ++i) {
    activities.note(Activity::Kind::unit, "unit7", std::string(9000, 'x'), true, true, 9000 + i);
    activities.note(Activity::Kind::unit, "unit7", "", true, true, 9000 + i);
  }
  const auto& times = activities.all().at({Activity::Kind::unit, "unit7", ""});
  CHECK(times.starts == 501);
  CHECK(times.last == 9499);
  CHECK(times.times.size() == host::ActivityTimes::kMostTimes);
  CHECK(times.newest.empty());
}

TEST_CASE("activities: of sessions the newest starts are known as well as the first") {
  host::Activities activities;
  for (int i = 0; i < 2000; ++i) {
    activities.note(Activity::Kind::session, "cron", "root", true, true, i);
  }
  const auto& times = activities.all().at({Activity::Kind::session, "cron", "root"});
  CHECK(times.times.back() == 63);
  REQUIRE(times.newest.size() == host::ActivityTimes::kMostNewest);
  CHECK(times.newest[times.oldest] == 2000 - 1536);
  CHECK(*std::max_element(times.newest.begin(), times.newest.end()) == 1999);
  for (int user = 0; user < 300; ++user) {
    for (int i = 0; i < 2000; ++i) {
      activities.note(Activity::Kind::session, "cron", std::to_string(user), true, true, i);
    }
  }
  std::size_t kept = 0;
  for (const auto& [what, when] : activities.all()) {
    kept += when.newest.size();
  }
  CHECK(kept == host::Activities::kMostNewest);
}

}  // namespace auexfil::test
