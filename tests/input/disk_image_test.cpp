#include "auexfil/input/disk_image.hpp"

#include <string>
#include <sys/stat.h>
#include <vector>

#include <catch2/catch.hpp>

#include "files.hpp"
#include "own_log.hpp"
#include "source.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

TEST_CASE("auditd.conf: keys in any case, what is not understood is skipped") {
  struct Case {
    const char* text;
    const char* log_file;
    const char* log_group;
  };
  const auto c = GENERATE(values<Case>({
      {"", "/var/log/audit/audit.log", "root"},
      {"log_file = /data/a.log\nlog_group = adm\n", "/data/a.log", "adm"},
      {"LOG_FILE=/data/a.log\r\n  Log_Group =\tadm", "/data/a.log", "adm"},
      {"#log_file = /x\nlog_format = ENRICHED\njunk\n", "/var/log/audit/audit.log", "root"},
      {"log_file = relative.log\nlog_group =\n", "/var/log/audit/audit.log", "root"},
      {"log_file = /data/\n", "/var/log/audit/audit.log", "root"},
  }));
  const AuditdConf conf = parse_auditd_conf(c.text);
  CHECK(conf.log_file == c.log_file);
  CHECK(conf.log_group == c.log_group);
}

TEST_CASE("names: the first line of an id wins, broken lines are skipped") {
  const auto names = parse_ids(
      "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n+::::::\nbad\n:x:3:\nneg:x:-1:\n"
      "big:x:99999999999:\nword:x:7a:\n\nlast:x:65534");
  CHECK(names == std::unordered_map<std::uint32_t, std::string>{{0, "root"}, {65534, "last"}});
}

TEST_CASE("image: its name, as distributions and collectors have written it") {
  struct Case {
    const char* folder;
    std::vector<std::pair<const char*, const char*>> files;
    const char* name;
  };
  const std::vector<Case> cases = {
      {"image", {{"etc/hostname", "# set by hand\n\n etl-01 \n"}}, "etl-01"},
      {"image", {{"etc/HOSTNAME", "etl-01.example.org\n"}}, "etl-01.example.org"},
      {"image",
       {{"etc/sysconfig/network", "NETWORKING=yes\n#HOSTNAME=no\nHOSTNAME=\"etl-01\"\n"}},
       "etl-01"},
      {"image", {{"etc/conf.d/hostname", "hostname='etl-01'\n"}}, "etl-01"},
      {"image",
       {{"etc/hostname", "localhost.localdomain\n"}, {"etc/sysconfig/network", "HOSTNAME=etl-01"}},
       "etl-01"},
      {"image", {{"sos_commands/host/hostname", "etl-01\n"}}, "etl-01"},
      {"image", {{"hostname", "etl-01\n"}}, "etl-01"},
      {"sosreport-etl-01-2026-12-02-abcdefg", {}, "etl-01"},
      {"sosreport-etl-01-0123456-2026-12-02-abcdefg", {}, "etl-01"},
      {"sosreport-etl-01-2026-12-02-abcdefg", {{"etc/hostname", "localhost\n"}}, "etl-01"},
      {"sosreport-x", {}, ""},
      {"image", {{"etc/hostname", "localhost\n"}}, ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.folder, c.name);
    const TempFolder folder;
    const std::string root = std::string(c.folder) + "/";
    folder.write(root + "etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    for (const auto& [path, text] : c.files) {
      folder.write(root + path, text);
    }
    CHECK(open_image(folder / c.folder).hostname == c.name);
    CHECK(open_image(folder / root).hostname == c.name);
  }
}

TEST_CASE("image: hostname, names and the log are its own") {
  const TempFolder folder;
  folder.write("etc/hostname", "  etl-01 \nsecond\n");
  folder.write("etc/passwd", "svc:x:1000:1000::/:/bin/sh\n");
  folder.write("etc/group", "adm:x:4:\n");
  folder.write("etc/audit/auditd.conf", "log_file = /data/host.log\n");
  folder.write("data/host.log", record(2));
  folder.write("data/host.log.1.gz", packed(record(1), "gzip"));
  folder.write("data/other.log", record(3));
  const DiskImage image = open_image(folder.path());
  CHECK(image.hostname == "etl-01");
  CHECK(image.names.user(1000) == "svc");
  CHECK(image.names.user(0).empty());
  CHECK(image.names.groups.at(4) == "adm");
  CHECK(image.log_file == "/data/host.log");
  CHECK(image.problems.empty());
  const Found found = find_image_logs(image);
  CHECK(found.problems.empty());
  REQUIRE(found.sets.size() == 1);
  REQUIRE(found.sets[0].files.size() == 2);
  CHECK(found.sets[0].label.empty());
  CHECK(found.sets[0].files[0].name == "host.log.1.gz");
  CHECK(found.sets[0].files[1].path == "/data/host.log");
}

TEST_CASE("image: a log whose name is no *.log has rotations too") {
  const TempFolder folder;
  folder.write("etc/audit/auditd.conf", "log_file = /data/audit\n");
  folder.write("data/audit", record(2));
  folder.write("data/audit.1", record(1));
  folder.write("data/auditor", "x");
  const Found found = find_image_logs(open_image(folder.path()));
  REQUIRE(found.sets.size() == 1);
  REQUIRE(found.sets[0].files.size() == 2);
  CHECK(found.sets[0].files[0].name == "audit.1");
}

TEST_CASE("image: what leads out of it is not there") {
  const TempFolder folder;
  folder.write("outside/audit.log", record(1));
  folder.write("outside/passwd", "me:x:0:0::/:\n");
  folder.link("root/var/log/audit", folder / "outside");
  folder.link("root/etc/passwd", "../../outside/passwd");
  const DiskImage image = open_image(folder / "root");
  CHECK(image.names.users.empty());
  CHECK(image.hostname.empty());
  const Found found = find_image_logs(image);
  CHECK(found.sets.empty());
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].kind == ProblemKind::missing);
  CHECK(found.problems[0].where == "/var/log/audit/audit.log");
}

TEST_CASE("image: a file link that leads out of it is left out, one inside is followed") {
  const TempFolder folder;
  folder.write("outside.log", record(1));
  folder.write("root/data/real", record(1));
  folder.link("root/var/log/audit/audit.log.1", folder / "outside.log");
  folder.link("root/var/log/audit/audit.log", "/data/real");
  const Found found = find_image_logs(open_image(folder / "root"));
  REQUIRE(found.sets.size() == 1);
  REQUIRE(found.sets[0].files.size() == 1);
  CHECK(found.sets[0].files[0].path == "/var/log/audit/audit.log");
  CHECK(Source(found.sets[0].files[0]).head() == record(1));
  CHECK(found.sets[0].files[0].name == "audit.log");
}

TEST_CASE("image: a folder in an unpacked collection") {
  struct Case {
    const char* root;   ///< of the image
    const char* extra;  ///< beside it
  };
  const Case cases[] = {{"uac-etl-01-linux-20261202010203/[root]/", "uac.log"},
                        {"Collection-etl-01-2026-12-02T01_02_03Z/uploads/auto/", "uploads.json"},
                        {"in/uploads/file/", "../client_info.json"},
                        {"in/sosreport-etl-01-2026-12-02-abcdefg/", "../checksum"}};
  for (const Case& c : cases) {
    CAPTURE(c.root);
    const TempFolder folder;
    const std::string root = c.root;
    const std::string top = root.substr(0, root.find('/'));
    folder.write(root + "etc/passwd", "svc:x:1000:1000::/:/bin/sh\n");
    folder.write(root + "var/log/audit/audit.log", record(1));
    folder.write(top + "/uac.log", "x");
    folder.write(top + "/client_info.json", R"({"Hostname":"etl-01"})");
    const DiskImage image = open_image(folder / top);
    CHECK(image.hostname == "etl-01");
    CHECK(image.names.user(1000) == "svc");
    CHECK(image.root == folder / top);
    const Found found = find_image_logs(image);
    REQUIRE(found.sets.size() == 1);
    CHECK(found.sets[0].files[0].path == "/var/log/audit/audit.log");
  }
  const TempFolder folder;
  folder.write("outside/var/log/audit/audit.log", record(1));
  folder.write("uac/uac.log", "x");
  folder.link("uac/[root]", folder / "outside");
  CHECK(find_image_logs(open_image(folder / "uac")).sets.empty());
}

TEST_CASE("image: without auditd, what syslog has of records") {
  const TempFolder folder;
  const auto behind = [](int i, const char* text) {
    return "Dec  2 01:00:0" + std::to_string(i) + " etl-01 kernel: [ 1.2] audit: " + text + "\n";
  };
  const std::string boot = behind(0, "type=2000 audit(1796173200.001:1): state=initialized");
  const std::string call = behind(1, "type=1300 audit(1796173201.001:7): arch=c000003e syscall=59");
  folder.write("etc/hostname", "etl-01\n");
  folder.write("var/log/kern.log.1", boot + "x\n" + call);
  folder.write("var/log/kern.log", call);
  folder.write("var/log/messages", boot);
  folder.write("var/log/remote/messages", call);
  folder.write(
      "var/log/syslog",
      "Dec  2 01:00:01 etl-01 sshd[7]: Invalid user audit: type=1300 audit(1796173201.001:7): x\n");
  const Found found = find_image_logs(open_image(folder.path()));
  CHECK(found.problems.empty());
  REQUIRE(found.sets.size() == 1);
  REQUIRE(found.sets[0].files.size() == 2);
  CHECK(found.sets[0].files[0].name == "/var/log/kern.log.1");
}

TEST_CASE("image: a root that is none is a problem, once") {
  const TempFolder folder;
  const auto file = folder.write("file", "x");
  const DiskImage missing = open_image(folder / "gone");
  REQUIRE(missing.problems.size() == 1);
  CHECK(missing.problems[0].kind == ProblemKind::missing);
  const DiskImage not_folder = open_image(file);
  REQUIRE(not_folder.problems.size() == 1);
  CHECK(not_folder.problems[0].kind == ProblemKind::unreadable);
  CHECK(find_image_logs(missing).problems.empty());
}

TEST_CASE("image: files that are too large or no files do no harm") {
  const TempFolder folder;
  std::string passwd = "first:x:1:\n";
  passwd.resize(17 << 20, 'x');
  folder.write("etc/passwd", passwd);
  mkfifo((folder / "etc/hostname").c_str(), 0600);
  const DiskImage image = open_image(folder.path());
  CHECK(image.names.user(1) == "first");
  CHECK(image.names.users.size() == 1);
  REQUIRE(image.problems.size() == 2);
  CHECK(image.problems[0].where == "/etc/hostname");
  CHECK(image.problems[1].where == "/etc/passwd");
  CHECK_THAT(image.problems[1].what, Catch::Contains("larger than 16777216 bytes"));
}

TEST_CASE("host: its own configuration says where the log is") {
  const TempFolder folder;
  folder.write("etc/audit/auditd.conf", "log_file = /data/audit.log\nlog_group = adm\n");
  SECTION("there") {
    folder.write("data/audit.log", record(2));
    folder.write("data/audit.log.1", record(1));
    const Found found = find_host_logs_at(folder.path());
    REQUIRE(found.sets.size() == 1);
    CHECK(found.sets[0].files[0].name == "audit.log.1");
  }
  SECTION("missing") {
    const Found found = find_host_logs_at(folder.path());
    REQUIRE(found.problems.size() == 1);
    CHECK(found.problems[0].kind == ProblemKind::missing);
    CHECK(found.problems[0].where == "/data/audit.log");
    CHECK_THAT(found.problems[0].what, Catch::Contains("is auditd installed?"));
  }
}

TEST_CASE("host: a log that may not be read names the group that could") {
  if (geteuid() == 0) {
    WARN("root reads everything: skipped");
    return;
  }
  const TempFolder folder;
  const auto log = folder.write("var/log/audit/audit.log", record(2));
  const auto conf = folder.write("etc/audit/auditd.conf", "log_group = adm\n");
  const std::string says = "may not be read; members of group adm may read it, or run as root";
  SECTION("the file is closed") {
    chmod(log.c_str(), 0);
  }
  SECTION("its folder is closed") {
    chmod((folder / "var/log/audit").c_str(), 0);
  }
  SECTION("the folder above is closed") {
    chmod((folder / "var/log").c_str(), 0);
  }
  SECTION("the configuration is closed too: the folder's group") {
    folder.write("etc/group", "adm:x:" + std::to_string(getegid()) + ":\n");
    chmod(conf.c_str(), 0);
    chmod((folder / "var/log/audit").c_str(), 0);
  }
  const Found found = find_host_logs_at(folder.path());
  chmod((folder / "var/log").c_str(), 0700);
  chmod((folder / "var/log/audit").c_str(), 0700);
  CHECK(found.sets.empty());
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].kind == ProblemKind::permission);
  CHECK(found.problems[0].what == says);
}
