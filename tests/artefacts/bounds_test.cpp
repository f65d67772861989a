#include <catch2/catch.hpp>

#include "../transfer/rules.hpp"
#include "auexfil/artefacts/registered.hpp"
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

TEST_CASE("bounds: variables are kept so far, scripts are followed so far") {
  std::string table;
  for (int i = 0; i < 70; ++i) {
    table += "V" + std::to_string(i) + "=" + std::string(1000, 'x') + "\n";
  }
  table += "V0=" + std::string(5000, 'x') + "\n1 1 * * * root x\n";
  Image image(Files{{"/etc/crontab", table}});
  Inventory found = collect(image);
  CHECK(found.artefacts.at(0).variables.size() == 63);
  Bounds bounds;
  bounds.variable_bytes = 1000;
  found = collect(image, bounds);
  CHECK(found.artefacts.at(0).variables.empty());
  CHECK(found.bounds == Reached{{"artefact_variables", 1}});
  for (int i = 0; i < 10000; ++i) {
    table += "1 1 * * * root x\n";
  }
  image.files["/etc/crontab"] = table;
  CHECK(collect(image).artefacts.back().variables.empty());
  // Each of the scripts runs each, 200 times.
  std::string script = "#!/bin/sh\n";
  for (int i = 0; i < 200; ++i) {
    script += "/opt/x" + std::to_string(i) + "\n";
  }
  image = Image(Files{{"/etc/crontab", ""}});
  for (int i = 0; i < 200; ++i) {
    image.files["/opt/x" + std::to_string(i)] = script;
    image.files["/etc/crontab"] += "1 1 * * * root /opt/x" + std::to_string(i) + "\n";
  }
  found = collect(image);
  CHECK(find_registered(found, image, auexfil::test::rules().tools).empty());
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
