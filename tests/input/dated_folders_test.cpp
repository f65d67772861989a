#include <utility>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "auexfil/input/logs.hpp"
#include "files.hpp"
#include "labels.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

/// A host's log of a day, whose serials go on from the day before.
std::string day_of(int day, const std::string& header) {
  constexpr int kEvents = 40;  // of a day's first and last seconds
  constexpr int kSeconds = 86400;
  std::string text;
  for (int i = 0; i < kEvents; ++i) {
    text += fmt::format(
        "{}type=SYSCALL msg=audit({}.000:{}): arch=c000003e syscall=59 ppid=1 pid=7 exe=/x\n",
        header, 1796173200 + day * kSeconds + (i < kEvents / 2 ? i : kSeconds - kEvents + i),
        1 + day * kEvents + i);
  }
  return text;
}

}  // namespace

TEST_CASE("dated folders: parts that say when and nothing else are left out") {
  const std::pair<const char*, const char*> kRows[] = {
      {"pile/db-1/2026/11/25", "pile/db-1"},
      {"pile/2026/11/25/db-1", "pile/db-1"},
      {"pile/2026-11-25/db-1/14", "pile/db-1/14"},
      {"pile/db-1/2026-11-25/14", "pile/db-1"},
      {"pile/db-1/20261125", "pile/db-1"},
      {"pile/db-1/2026_11", "pile/db-1"},
      {"pile/db-1/2026.11.25", "pile/db-1"},
      {"pile/dt=2026-11-25/db-1", "pile/db-1"},
      {"pile/db-1/year=2026/month=11/day=25/hour=07", "pile/db-1"},
      {"pile/db-1/2026/var/log", "pile/db-1/var/log"},
      // Numbers of hosts, addresses, what only begins like a date.
      {"pile/101", "pile/101"},
      {"pile/11/25", "pile/11/25"},
      {"pile/10.0.0.1", "pile/10.0.0.1"},
      {"pile/2026-11-25-db", "pile/2026-11-25-db"},
      {"pile/20261325", "pile/20261325"},
      {"pile/2026-11_25", "pile/2026-11_25"},
      {"pile/192.168.100.101", "pile/192.168.100.101"},
      {"pile/99999999999999999999", "pile/99999999999999999999"},
      {"", ""},
  };
  for (const auto& [folder, left] : kRows) {
    CAPTURE(folder);
    CHECK(without_dates(folder) == left);
  }
}

TEST_CASE("dated folders: the days of one host are one log, those of another are its own") {
  const TempFolder pile;
  const std::string header = GENERATE("", "Dec  2 01:02:03 {} audispd: ");
  const std::string layout = GENERATE("{}/2026/11/{}/audit.log", "2026-11-{1}/{0}/audit.log");
  for (const char* const host : {"db-1", "web-1"}) {
    for (int day = 0; day < 3; ++day) {
      pile.write(fmt::format(fmt::runtime(layout), host, 25 + day),
                 day_of(day + (host[0] == 'w' ? 100 : 0), fmt::format(fmt::runtime(header), host)));
    }
  }
  const Found found = find_logs({pile.path()});
  CAPTURE(header, layout);
  REQUIRE(found.sets.size() == 2);
  for (const LogSet& set : found.sets) {
    REQUIRE(set.files.size() == 3);
    CHECK(set.files[0].name < set.files[1].name);
    CHECK(set.files[1].name < set.files[2].name);
  }
  CHECK(found.sets[0].label == "db-1");
  CHECK(found.sets[1].label == "web-1");
}

TEST_CASE("dated folders: what does not go on stays apart, under names of its own") {
  const TempFolder pile;
  pile.write("2026/11/25/audit.log", day_of(0, ""));
  pile.write("2026/11/26/audit.log", day_of(50, ""));
  const Found found = find_logs({pile.path()});
  REQUIRE(found.sets.size() == 2);
  CHECK(found.sets[0].label != found.sets[1].label);
}
