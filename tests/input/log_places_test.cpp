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
  std::string lost;
};

Run run_on(const std::string& folder, std::vector<FilePlace>& places) {
  const Found found = find_logs({folder});
  REQUIRE(found.sets.size() == 1);
  REQUIRE(can_go_on(found.sets[0]));
  CHECK(is_same_log(found.sets[0], places) == !places.empty());
  GoneOn next = go_on(found.sets[0], places);
  BlockReader reader(next.set, {1024, std::size_t{1} << 20, 0});
  Run run;
  run.lost = next.lost;
  while (BlockPtr block = reader.next()) {
    run.text += block->bytes;
  }
  const std::vector<std::uint64_t> taken = reader.taken();
  places = std::move(next.places);
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i].taken = taken[i];
  }
  return run;
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
      const Found found = find_logs({folder.path()});
      GoneOn next = go_on(found.sets.at(0), places);
      BlockReader reader(next.set, {1024, std::size_t{1} << 20, 0});
      while (BlockPtr block = reader.next()) {
        read += block->bytes;
      }
      places = std::move(next.places);
      for (std::size_t i = 0; i < places.size(); ++i) {
        places[i].taken = reader.taken()[i];
      }
    }
    REQUIRE(read == text);
  }
}
