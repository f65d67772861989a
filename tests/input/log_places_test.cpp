#include "auexfil/input/log_places.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

std::string lines(int from, int to) {
  std::string text;
  for (int serial = from; serial < to; ++serial) {
    text += "type=SYSCALL msg=audit(" + std::to_string(1000 + serial) +
            ".000:" + std::to_string(serial) + "): syscall=1 pid=" + std::to_string(serial) + "\n";
  }
  return text;
}

/// What a run reads that goes on where others have ended.
struct Run {
  std::string text;
  std::string again;  ///< what may be known of it
  std::string lost;
  std::string changed;
  std::string older;
  std::string follows;
};

Run run_on(const LogSet& set, std::vector<FilePlace>& places, std::int64_t reached_ms = 0) {
  GoneOn next = go_on(set, places, reached_ms);
  BlockReader reader(next.set, {1024, std::size_t{1} << 20, 0});
  Run run;
  run.lost = next.lost;
  run.older = next.older;
  run.follows = next.follows;
  for (const std::string& name : next.changed) {
    run.changed += name;
  }
  while (BlockPtr block = reader.next()) {
    (block->is_again ? run.again : run.text) += block->bytes;
  }
  for (const Problem& problem : reader.problems()) {
    if (problem.kind == ProblemKind::changed) {
      run.changed += problem.where;
    }
  }
  places = std::move(next.places);
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i].taken = reader.taken()[i];
    places[i].tail = reader.tails()[i];
  }
  return run;
}

Run run_on(const std::string& folder, std::vector<FilePlace>& places, std::int64_t reached_ms = 0) {
  const Found found = find_logs({folder});
  REQUIRE(found.sets.size() == 1);
  REQUIRE(can_go_on(found.sets[0]));
  CHECK(is_same_log(found.sets[0], places) == !places.empty());
  return run_on(found.sets[0], places, reached_ms);
}

}  // namespace

TEST_CASE("places: the next run reads what is new, whatever became of the files since") {
  struct Case {
    const char* what;
    std::function<void(const TempFolder&)> between;
    std::string read;
    const char* lost;
  };
  const auto rename = [](const TempFolder& folder, const char* from, const char* to) {
    std::filesystem::rename(folder / from, folder / to);
  };
  // Before: audit.log.1 with 0 to 9, audit.log with 10 to 19.
  const auto c = GENERATE_COPY(values<Case>({
      {"nothing", [](const TempFolder&) {}, "", ""},
      {"it was written on",
       [](const TempFolder& folder) { folder.write("audit.log", lines(10, 30)); }, lines(20, 30),
       ""},
      {"it was rotated",
       [&](const TempFolder& folder) {
         rename(folder, "audit.log.1", "audit.log.2");
         rename(folder, "audit.log", "audit.log.1");
         folder.write("audit.log", lines(20, 30));
       },
       lines(20, 30), ""},
      {"it was written on, rotated and compressed",
       [&](const TempFolder& folder) {
         rename(folder, "audit.log.1", "audit.log.2");
         std::filesystem::remove(folder / "audit.log");
         folder.write("audit.log.1.gz", packed(lines(10, 25), "gzip"));
         folder.write("audit.log", lines(25, 30));
       },
       lines(20, 30), ""},
      {"copied, then cut and written anew: the same inode",
       [&](const TempFolder& folder) {
         rename(folder, "audit.log.1", "audit.log.2");
         folder.write("audit.log.1", lines(10, 22));
         folder.write("audit.log", lines(22, 30));
       },
       lines(20, 30), ""},
      {"cut, and nothing written yet",
       [&](const TempFolder& folder) {
         folder.write("audit.log.2", lines(10, 20));
         folder.write("audit.log", "");
       },
       "", ""},
      {"another file came to its inode",
       [&](const TempFolder& folder) {
         folder.write("audit.log.2", lines(10, 20));
         folder.write("audit.log", lines(40, 43));
       },
       lines(40, 43), ""},
      {"the older one was taken away",
       [](const TempFolder& folder) { std::filesystem::remove(folder / "audit.log.1"); }, "", ""},
      {"what it was written on with was rotated away",
       [&](const TempFolder& folder) {
         std::filesystem::remove(folder / "audit.log");
         folder.write("audit.log", lines(40, 43));
       },
       lines(40, 43), "audit.log"},
      {"a line at its end is not whole yet",
       [](const TempFolder& folder) {
         folder.write("audit.log", lines(10, 22).substr(0, lines(10, 22).size() - 9));
       },
       lines(20, 21), ""},
  }));
  INFO(c.what);
  const TempFolder folder;
  std::vector<FilePlace> places;
  folder.write("audit.log.1", lines(0, 10));
  folder.write("audit.log", lines(10, 20));
  CHECK(run_on(folder.path(), places).text == lines(0, 20));
  c.between(folder);
  const Run run = run_on(folder.path(), places);
  CHECK(run.text == c.read);
  CHECK(run.lost == c.lost);
  const Run again = run_on(folder.path(), places);
  CHECK(again.text.empty());
  CHECK(again.lost.empty());
}

TEST_CASE("places: a log of which nothing is left is another") {
  const TempFolder folder;
  std::vector<FilePlace> places;
  folder.write("audit.log", lines(0, 10));
  CHECK(run_on(folder.path(), places).text == lines(0, 10));
  folder.write("audit.log", lines(40, 43));
  const Found found = find_logs({folder.path()});
  CHECK_FALSE(is_same_log(found.sets.at(0), places));
  CHECK(go_on(found.sets.at(0), places).lost == "audit.log");
}

TEST_CASE("places: a line that was not whole is read when it is, once") {
  const std::string text = lines(0, 40);
  for (std::size_t cut = 0; cut < text.size(); cut += 7) {
    const TempFolder folder;
    std::vector<FilePlace> places;
    std::string read;
    for (const std::size_t end : {cut / 2, cut, text.size()}) {
      folder.write("audit.log", text.substr(0, end));
      const Run run = run_on(find_logs({folder.path()}).sets.at(0), places);
      CHECK(run.changed.empty());
      read += run.text;
    }
    REQUIRE(read == text);
  }
}

TEST_CASE("places: a file that is no longer what was read of it is said, and read again") {
  struct Case {
    const char* what;
    std::string then;
  };
  // 16 KiB are some 270 of these lines.
  const auto c = GENERATE(values<Case>({
      {"cut to a few lines", lines(0, 10)},
      {"cut to much", lines(0, 390)},
      {"cut, and written to up to less", lines(0, 350) + lines(500, 510)},
      {"cut, and written to up to the same", lines(0, 350) + lines(500, 550)},
      {"cut, and written to beyond that", lines(0, 350) + lines(500, 700)},
      {"a line was taken out near its beginning", lines(0, 20) + lines(21, 450)},
      {"a line was taken out near its end", lines(0, 370) + lines(371, 450)},
  }));
  INFO(c.what);
  for (const char* const kind : {"", "gzip"}) {
    INFO(kind);
    const bool is_packed = *kind != '\0';
    const TempFolder folder;
    std::vector<FilePlace> places;
    const auto write = [&](const std::string& text) {
      folder.write(is_packed ? "audit.log.gz" : "audit.log", is_packed ? packed(text, kind) : text);
    };
    write(lines(0, 400));
    CHECK(run_on(folder.path(), places).text == lines(0, 400));
    write(c.then);
    const Run run = run_on(folder.path(), places);
    CHECK(run.changed == (is_packed ? "audit.log.gz" : "audit.log"));
    CHECK(run.again == c.then);
    CHECK(run.text.empty());
    CHECK(run.lost.empty());
    const Run still = run_on(folder.path(), places);
    CHECK((still.text + still.again + still.changed + still.lost).empty());
    write(c.then + lines(800, 810));
    const Run on = run_on(folder.path(), places);
    CHECK(on.text == lines(800, 810));
    CHECK((on.again + on.changed).empty());
  }
}

TEST_CASE("places: files of one beginning are told apart by what comes then") {
  std::string columns = "\"_time\",\"_raw\",\"host\"";
  std::string more;
  for (int i = 0; i < 60; ++i) {
    columns += ",\"field_" + std::to_string(i) + '"';
    more += ",\"\"";
  }
  columns += '\n';
  const auto day = [&](int from, int to) {
    std::string text = columns;
    for (int serial = from; serial < to; ++serial) {
      const std::string line = lines(serial, serial + 1);
      text += "\"2026-12-01T00:00:00.000+0000\",\"" + line.substr(0, line.size() - 1) +
              "\",\"web\"" + more + '\n';
    }
    return text;
  };
  const TempFolder folder;
  std::vector<FilePlace> places;
  folder.write("day.csv", day(0, 400));
  const std::string file = folder / "day.csv";
  CHECK(run_on(file, places).text.ends_with(lines(0, 400)));
  folder.write("day.csv", day(1000, 1100));
  const Run run = run_on(find_logs({file}).sets.at(0), places);
  CHECK(run.text.ends_with(lines(1000, 1100)));
  CHECK(run.changed.empty());
}

TEST_CASE("places: a file that begins before what was reached is older, or written anew") {
  const TempFolder folder;
  std::vector<FilePlace> places;
  constexpr std::int64_t kReached = 5'000'000;
  folder.write("audit.log", lines(3000, 4000));
  CHECK(run_on(folder.path(), places).text == lines(3000, 4000));
  SECTION("another is there since") {
    folder.write("audit.log.1", lines(0, 10));
    CHECK(run_on(folder.path(), places, kReached).older == "audit.log.1");
  }
  SECTION("it is another part of the same") {  // as an export of the last days is every day
    folder.write("audit.log", lines(3200, 4200));
    const Run run = run_on(find_logs({folder.path()}).sets.at(0), places, kReached);
    CHECK(run.again == lines(3200, 4200));
    CHECK((run.older + run.changed + run.lost).empty());
    CHECK(run.follows == "audit.log");
  }
  SECTION("a new one goes on") {
    folder.write("audit.log.1", lines(3000, 4000));
    folder.write("audit.log", lines(4000, 4010));
    const Run run = run_on(folder.path(), places, kReached);
    CHECK(run.text == lines(4000, 4010));
    CHECK(run.older.empty());
    CHECK(run.follows == "audit.log");
  }
}
