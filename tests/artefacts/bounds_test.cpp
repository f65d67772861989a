#include <catch2/catch.hpp>

#include "image.hpp"

namespace auexfil::artefacts::test {

using Reached = std::map<std::string, std::uint64_t>;

TEST_CASE("bounds: a large file is read so far, in whole lines, and counted") {
  Image image;
  std::string& table = image.files["/etc/crontab"];
  for (int i = 0; i < 1000; ++i) {
    table += "1 1 * * * root x\n";
  }
  Bounds bounds;
  bounds.file_bytes = 100;
  const Inventory found = collect(image, bounds);
  CHECK(found.artefacts.size() == 5);
  CHECK(found.bounds == Reached{{"artefact_bytes", 1}});
}

TEST_CASE("bounds: files, bytes of all, entries, artefacts and commands") {
  Image image;
  for (int i = 0; i < 100; ++i) {
    image.files["/etc/cron.d/t" + std::to_string(i)] = "1 1 * * * root x\n";
  }
  Bounds bounds;
  SECTION("files") {
    bounds.files = 10;
    const Inventory found = collect(image, bounds);
    CHECK(found.artefacts.size() == 10);
    CHECK(found.bounds.at("artefact_files") == 90);
  }
  SECTION("bytes of all") {
    bounds.all_bytes = 170;
    CHECK(collect(image, bounds).artefacts.size() == 10);
  }
  SECTION("entries of a folder") {
    bounds.entries = 7;
    const Inventory found = collect(image, bounds);
    CHECK(found.artefacts.size() == 7);
    CHECK(found.bounds == Reached{{"artefact_entries", 1}});
  }
  SECTION("artefacts") {
    bounds.artefacts = 3;
    const Inventory found = collect(image, bounds);
    CHECK(found.artefacts.size() == 3);
    CHECK(found.bounds == Reached{{"artefacts", 97}});
  }
  SECTION("bytes of a command") {
    image.files["/etc/crontab"] = "1 1 * * * root " + std::string(200, 'x') + "\n";
    bounds.command_bytes = 100;
    const Inventory found = collect(image, bounds);
    CHECK(found.artefacts.size() == 100);
    CHECK(found.bounds == Reached{{"artefact_command_bytes", 1}});
  }
}

TEST_CASE("bounds: what may not be read is counted, what is not there is not") {
  Image image(Files{{"/etc/crontab", "1 1 * * * root x\n"}, {"/var/spool/cron/crontabs/bob", ""}});
  CHECK(collect(image).unread == 0);
  image.refused["/var/spool/cron/crontabs"] = EACCES;
  image.refused["/etc/crontab"] = EIO;
  const Inventory found = collect(image);
  CHECK(found.unread == 2);
  CHECK(found.first_unread == "/etc/crontab");
  CHECK(found.artefacts.empty());
}

}  // namespace auexfil::artefacts::test
