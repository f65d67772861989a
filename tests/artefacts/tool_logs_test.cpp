#include "tool_logs.hpp"

#include <memory>

#include <catch2/catch.hpp>

#include "auexfil/artefacts/told_volumes.hpp"
#include "image.hpp"

namespace auexfil::artefacts::test {
namespace {

/// "LINE PID UNIT BYTES" of each.
Lines told(const std::vector<SentLine>& lines) {
  Lines all;
  for (const SentLine& one : lines) {
    all.push_back(std::to_string(one.line) + " " + std::to_string(one.pid) + " " + one.unit + " " +
                  std::to_string(one.bytes));
  }
  return all;
}

std::string told(const std::vector<ToldVolume>& volumes) {
  std::string text;
  for (const ToldVolume& one : volumes) {
    text += one.path + ":" + std::to_string(one.line) + " ";
    text += one.is_unclear ? "unclear" : std::to_string(one.bytes);
    text += "; ";
  }
  return text;
}

constexpr std::int64_t kStart = 1796173321;  // 2026-12-02T01:02:01Z, 02:02:01 in Berlin

KnownTransfer run() {
  KnownTransfer told;
  told.argv = {"rsync", "-a", "--log-file=/var/log/r.log", "/a", "h:"};
  told.cwd = "/root";
  told.pid = 811;
  told.start = kStart;
  told.end = kStart + 4;
  return told;
}

KnownTransfer run_of_unit() {
  KnownTransfer told = run();
  told.argv = {"scp"};
  told.unit = "a.service";
  return told;
}

}  // namespace

TEST_CASE("tool logs: lines that tell what was sent") {
  CHECK(told(parse_rsync_log(
            "2026/12/02 02:02:02 [811] building file list\n"
            "2026/12/02 02:02:05 [811] sent 3145900 bytes  received 35 bytes  total size 3145728\n"
            "2026/12/02 02:02:05 [812] sent 3,145,900 bytes  received 35 bytes  total size 1\n"
            "2026/13/02 02:02:05 [813] sent 1 bytes  received 35 bytes  total size 1\n"
            "2026/12/02 25:02:05 [813] sent 1 bytes  received 35 bytes  total size 1\n"
            "2026/12/02 02:02:05 [813] sent 99999999999999999999 bytes  received 35 bytes\n"
            "2026/12/02 02:02:05 [813] sent -1 bytes  received 35 bytes\n"
            "2026/12/02 02:02:05 [x] sent 1 bytes  received 35 bytes\n"
            "[813] sent 1 bytes  received 1 bytes")) == Lines{"2 811  3145900", "3 812  3145900"});
  const char* const says =
      "Consumed 1.053s CPU time, 22.4M memory peak, received 33.8K IP traffic, ";
  const auto line = [&](const std::string& head, const std::string& sent) {
    return head + " systemd[1]: a.service: " + says + "sent " + sent + " IP traffic.\n";
  };
  CHECK(told(parse_unit_traffic(
            line("2026-12-02T02:03:01.123456+01:00 h", "3.0M") + line("Dec  2 02:03:01 h", "48B") +
            line("Foo  2 02:03:01 h", "48B") + line("Dec 32 02:03:01 h", "48B") +
            line("Dec  2 02:03:01 h", "1e99K") + line("Dec  2 02:03:01 h", "-1K") +
            line("Dec  2 02:03:01 h", "nanK") + line("Dec  2 02:03:01 h", "7") +
            line("Dec  2 02:03:01 h", "5.5G") +
            "Dec  2 02:03:01 h systemd[1]: a.service: Consumed 1s CPU time over 2s wall clock "
            "time, 22.4M memory peak, 33.8K incoming IP traffic, 2K outgoing IP traffic.\n"
            "Dec  2 02:03:01 h systemd[1]: a.service: Consumed 1s, outgoing IP traffic\n"
            "Dec  2 02:03:01 h x[7]: a.service: Consumed 1s, sent 1K IP traffic\n"
            "Dec  2 02:03:01 h systemd[1]: a b: Consumed 1s, sent 1K IP traffic\n")) ==
        Lines{"1 0 a.service 3145728", "2 0 a.service 48", "9 0 a.service 5905580032",
              "10 0 a.service 2048"});
}

TEST_CASE("tool logs: a line is one transfer's by pid or unit, and by time") {
  Image image;
  const auto rsync = [](const std::string& time, const std::string& rest) {
    return "2026/12/02 " + time + " [" + rest + " bytes  received 35 bytes  total size 1\n";
  };
  image.files["/var/log/r.log"] = rsync("02:02:05", "811] sent 700") +
                                  rsync("02:02:05", "812] sent 1") +
                                  rsync("01:00:05", "811] sent 2");
  ToldVolumes volumes(image, "Europe/Berlin");
  CHECK(told(volumes.of(run())) == "/var/log/r.log:1 700; ");
  SECTION("not of another pid, another time, without a log, nor in a zone that is not known") {
    KnownTransfer other = run();
    other.pid = 900;
    CHECK(told(volumes.of(other)).empty());
    other = run();
    other.start += 1000;
    other.end += 1000;
    CHECK(told(volumes.of(other)).empty());
    other = run();
    other.argv = {"rsync", "/a", "h:"};
    CHECK(told(volumes.of(other)).empty());
    other.argv = {"scp", "--log-file=/var/log/r.log"};
    CHECK(told(volumes.of(other)).empty());
    CHECK(told(ToldVolumes(image, "").of(run())).empty());
  }
  SECTION("several that may be meant are none") {
    image.files["/var/log/r.log"] += rsync("02:02:06", "811] sent 9");
    CHECK(told(ToldVolumes(image, "Europe/Berlin").of(run())) == "/var/log/r.log:1 unclear; ");
  }
}

TEST_CASE("tool logs: lftp's, by user, host and time") {
  const auto line = [](const std::string& time, const std::string& from, const std::string& to,
                       const std::string& range) {
    return "2026-12-02 " + time + " " + from + " -> " + to + " " + range + " 1.2 MiB/s\n";
  };
  const std::string ftp = "ftp://u@192.0.2.1:21/up";
  const std::string log = line("02:02:05", "/a", ftp, "0-700") +
                          line("02:02:06", "/b c", ftp + "/x y", "100-300") +
                          line("02:02:06", "/c", "ftp://192.0.2.2/", "0-5") +
                          line("02:02:06", ftp, "/d", "0-5") + line("01:02:06", "/e", ftp, "0-5") +
                          line("02:02:06", "/f", ftp, "9-5") + line("02:02:06", "/g", ftp, "0-x") +
                          "2026-12-02 02:02:06 /h -> 0-5\n2026-12-02 02:02:06 / -> \n";
  CHECK(parse_lftp_log(log).size() == 4);
  Image image;
  image.files["/root/.local/share/lftp/transfer_log"] = log;
  KnownTransfer lftp = run();
  lftp.argv = {"lftp", "-f", "x"};
  lftp.home = "/root";
  lftp.hosts = {"192.0.2.1"};
  CHECK(told(ToldVolumes(image, "Europe/Berlin").of(lftp)) ==
        "/root/.local/share/lftp/transfer_log:1 900; ");
  lftp.home = "/home/a";
  CHECK(told(ToldVolumes(image, "Europe/Berlin").of(lftp)).empty());
  lftp.home = "/root";
  image.files["/root/.local/share/lftp/transfer_log"] += line("02:12:05", "/a", ftp, "0-700");
  CHECK(told(ToldVolumes(image, "Europe/Berlin").of(lftp)) ==
        "/root/.local/share/lftp/transfer_log:1 unclear; ");
}

TEST_CASE("tool logs: a line of lftp's is one run's") {
  const auto line = [](const std::string& time, const std::string& from) {
    return "2026-12-02 " + time + " " + from + " -> ftp://u@192.0.2.1/up 0-700 1.2 MiB/s\n";
  };
  Image image;
  std::string& log = image.files["/root/.local/share/lftp/transfer_log"];
  const auto volumes_of = [&](std::int64_t lasts, std::int64_t later) {
    KnownTransfer one = run();
    one.argv = {"lftp", "-f", "x"};
    one.home = "/root";
    one.hosts = {"192.0.2.1"};
    one.end = one.start + lasts;
    KnownTransfer other = one;
    other.pid = 900;
    other.start += later;
    other.end += later;
    KnownTransfer elsewhere = one;
    elsewhere.pid = 901;
    elsewhere.start += 60;
    elsewhere.end += 60;
    elsewhere.hosts = {"192.0.2.2"};
    ToldVolumes volumes(image, "Europe/Berlin");
    for (const KnownTransfer& expected : {one, other, elsewhere}) {
      volumes.expect(expected);
    }
    std::string text;
    for (const KnownTransfer& asked : {one, other}) {
      for (const ToldVolume& told : volumes.of(asked)) {
        text += std::to_string(told.line) + " ";
        text += told.is_unclear ? "unclear " : std::to_string(told.bytes) + " ";
      }
      text += "| ";
    }
    return text;
  };
  log = line("02:02:05", "/a") + line("02:32:05", "/b");
  CHECK(volumes_of(4, 1800) == "1 700 | 2 700 | ");
  CHECK(volumes_of(2000, 1800) == "1 700 2 unclear | 2 unclear | ");
  CHECK(volumes_of(4, 1) == "1 unclear | 1 unclear | ");
  log = line("02:12:05", "/a") + line("02:42:05", "/b") + line("02:50:00", "/c");
  CHECK(volumes_of(4, 1800) == "1 700 | 2 1400 | ");
}

TEST_CASE("tool logs: sums of rclone, as its versions write them") {
  const auto block = [](const std::string& head, const std::string& sum,
                        const std::string& elapsed) {
    return "2026/12/02 " + head + "\nTransferred:   \t" + sum +
           "\nChecks:                 2 / 2, 100%\nTransferred:            1 / 1, 100%\n"
           "Elapsed time:  " +
           elapsed + "\n\n";
  };
  std::string text =
      "2026/12/02 02:02:02 INFO  : a: Copied (new)\n" +
      block("02:02:09 INFO  : ", "    3 MiB / 3 MiB, 100%, 1 MiB/s, ETA 0s", "4.2s") +
      block("02:02:09.123456 NOTICE: ", "  348.454M / 348.454 MBytes, 100%", "1m18.4s") +
      block("02:02:09 INFO  : ", "7.925 kBytes (1.833 kBytes/s)", "75h6m1.4s") +
      block("02:02:09 INFO  : ", "  185 B / 185 B, 100%, 0 B/s, ETA -", "0.3s") +
      block("02:02:09 INFO  : ", "  512 / 512 Bytes, 100%, 0 Bytes/s", "1d0.0s");
  std::string all;
  for (const SentLine& one : parse_rclone_log(text)) {
    all += std::to_string(one.line) + " " + std::to_string(one.bytes) + " " +
           std::to_string(one.took) + "; ";
  }
  CHECK(all == "3 3145728 4; 9 365380501 78; 15 8115 270361; 21 185 0; 27 512 86400; ");
  for (const char* const lie : {"1 / 1, 100%", "-3 MiB / 3 MiB", "nan MiB / 1 MiB",
                                "1e300 GiB / 1 GiB", "3 XiB / 3 XiB", "", "9999 EiB / 1 B"}) {
    CHECK(parse_rclone_log(block("02:02:09 INFO  : ", lie, "4.2s")).empty());
  }
  for (const char* const lie : {"", "s", "4.2", "-4s", "4x", "1e99s", "nans"}) {
    CHECK(told(parse_rclone_log(block("02:02:09 INFO  : ", "3 MiB / 3 MiB", lie))).size() ==
          (std::string_view(lie).empty() ? 1 : 0));
  }
  CHECK(parse_rclone_log("Transferred: 3 MiB / 3 MiB\nElapsed time: 1s\n").empty());
}

TEST_CASE("tool logs: a sum of rclone is of the run that began when it says") {
  const auto block = [](const std::string& time, const std::string& sum,
                        const std::string& elapsed) {
    return "2026/12/02 " + time + " INFO  : \nTransferred: " + sum +
           " / 9 MiB, 9%\nElapsed time: " + elapsed + "\n";
  };
  Image image;
  image.files["/root/r.log"] =
      block("02:03:01", "1 MiB", "1m0.0s") + block("02:03:21", "3 MiB", "1m20s") +
      block("02:03:22", "7 MiB", "1m1s") + block("01:03:22", "8 MiB", "1m1s");
  KnownTransfer rclone = run();
  rclone.argv = {"/usr/bin/rclone", "copy", "/a", "r:", "--log-file", "r.log"};
  ToldVolumes volumes(image, "Europe/Berlin");
  volumes.expect(rclone);
  CHECK(told(volumes.of(rclone)) == "/root/r.log:5 3145728; ");
  SECTION("where another began with it, and has the same log, neither") {
    KnownTransfer other = rclone;
    other.start += 2;
    volumes.expect(other);
    CHECK(told(volumes.of(rclone)) == "/root/r.log:5 unclear; ");
    CHECK(told(volumes.of(other)) == "/root/r.log:5 unclear; ");
  }
  SECTION("not of one that only tried, of another log, or in a zone that is not known") {
    KnownTransfer other = rclone;
    other.argv.emplace_back("--dry-run");
    CHECK(told(volumes.of(other)).empty());
    other.argv = {"rclone", "copy", "/a", "r:"};
    CHECK(told(volumes.of(other)).empty());
    CHECK(told(ToldVolumes(image, "").of(rclone)).empty());
  }
}

TEST_CASE("tool logs: of a unit the first behind its start, for one transfer") {
  Image image;
  const auto line = [](const std::string& head, const std::string& unit, const std::string& sent) {
    return head + " h systemd[1]: " + unit +
           ": Consumed 1s CPU time, received 1K IP traffic, sent " + sent + " IP traffic.\n";
  };
  image.files["/var/log/syslog"] = line("2026-12-01T02:03:01+01:00", "a.service", "1K") +
                                   line("2026-12-02T02:03:01+01:00", "a.service", "2K") +
                                   line("2026-12-02T02:02:31+01:00", "b.service", "3K") +
                                   line("2026-12-02T03:03:01+01:00", "a.service", "4K");
  const KnownTransfer told_unit = run_of_unit();
  ToldVolumes volumes(image, "Europe/Berlin");
  CHECK(told(volumes.of(told_unit)) == "/var/log/syslog:2 2048; ");
  CHECK(told(volumes.of(told_unit)).empty());
  image.files["/var/log/syslog"] = line("Dec  2 02:03:01", "a.service", "2K");
  CHECK(told(ToldVolumes(image, "Europe/Berlin").of(told_unit)) == "/var/log/syslog:1 2048; ");
  CHECK(told(ToldVolumes(image, "").of(told_unit)).empty());
}

TEST_CASE("tool logs: what a unit's run sent is no one's where it had several transfers") {
  Image image;
  const auto line = [](const std::string& time, const std::string& unit) {
    return "2026-12-02T" + time + "+01:00 h systemd[1]: " + unit +
           ".service: Consumed 1s CPU time, received 1K IP traffic, sent 2K IP traffic.\n";
  };
  image.files["/var/log/syslog"] = line("02:03:01", "a") + line("02:33:01", "a");
  const auto volumes_of = [&](std::int64_t later, const std::string& unit, bool by_name = false) {
    KnownTransfer one = run_of_unit();
    KnownTransfer other = one;
    one.unit = other.unit = unit;
    other.pid = 900;
    other.start += later;
    other.end += later;
    if (by_name) {
      one.argv = {"scp", "/srv/ex", "h:"};
      other.argv = {"scp", "/srv/logs", "h:"};
    }
    ToldVolumes volumes(image, "Europe/Berlin");
    volumes.expect(one);
    volumes.expect(other);
    const std::string first = told(volumes.of(one));
    return first + "| " + told(volumes.of(other));
  };
  CHECK(volumes_of(20, "a.service") == "/var/log/syslog:1 unclear; | /var/log/syslog:1 unclear; ");
  CHECK(volumes_of(1800, "a.service") == "/var/log/syslog:1 2048; | /var/log/syslog:2 2048; ");
  image.files["/var/log/syslog"] = line("02:03:01", "a@ex") + line("02:03:02", "a@logs");
  CHECK(volumes_of(20, "a@.service") == "/var/log/syslog:1 unclear; | /var/log/syslog:1 unclear; ");
  CHECK(volumes_of(20, "a@.service", true) == "/var/log/syslog:1 2048; | /var/log/syslog:2 2048; ");
}

TEST_CASE("tool logs: of a template's instances the one that the command names") {
  Image image;
  const auto line = [](const std::string& time, const std::string& unit, const std::string& sent) {
    return "2026-12-02T" + time + "+01:00 h systemd[1]: " + unit +
           ".service: Consumed 1s CPU time, received 1K IP traffic, sent " + sent +
           " IP traffic.\n";
  };
  KnownTransfer run = run_of_unit();
  run.unit = "a@.service";
  const auto volume = [&](const std::vector<std::string>& argv) {
    run.argv = argv;
    ToldVolumes volumes(image, "Europe/Berlin");
    return told(volumes.of(run));
  };
  image.files["/var/log/syslog"] = line("02:03:01", "a@ex", "2K");
  CHECK(volume({"scp", "/srv/", "h:"}) == "/var/log/syslog:1 2048; ");
  image.files["/var/log/syslog"] +=
      line("02:02:51", "a@logs", "3K") + line("02:02:50", "a@srv-x", "4K");
  CHECK(volume({"scp", "/srv/ex/", "h:"}) == "/var/log/syslog:1 2048; ");
  CHECK(volume({"scp", "/srv/logs", "h:"}) == "/var/log/syslog:2 3072; ");
  CHECK(volume({"scp", "/srv/exlogs", "h:"}) == "/var/log/syslog:3 unclear; ");
  CHECK(volume({"scp", "/srv/ex/logs", "h:"}) == "/var/log/syslog:3 unclear; ");
}

TEST_CASE("tool logs: of the journal, the fields that its service manager filled") {
  const auto entry = [](const std::string& time, const std::string& pid, const std::string& unit,
                        const std::string& sent) {
    return "__REALTIME_TIMESTAMP=" + time + "000000\n_PID=" + pid +
           "\nSYSLOG_IDENTIFIER=systemd\nUNIT=" + unit + "\nIP_METRIC_EGRESS_BYTES=" + sent +
           "\nMESSAGE=x\n\n";
  };
  const KnownTransfer told_unit = run_of_unit();
  const auto volume = [&](const std::string& log) {
    Image image;
    image.files["/var/log/journal.export"] = log;
    return told(ToldVolumes(image, "").of(told_unit));
  };
  const std::string end = std::to_string(kStart + 60);
  CHECK(volume(entry(end, "1", "a.service", "3145900")) == "/var/log/journal.export:6 3145900; ");
  // Anybody may send such fields, but not as process 1; what is no number is none.
  CHECK(volume(entry(end, "77", "a.service", "3145900")).empty());
  CHECK(volume(entry(end, "1", "b.service", "3145900")).empty());
  CHECK(volume(entry(end, "1", "", "3145900")).empty());
  for (const char* const lie : {"-1", "18446744073709551616", "1e9", "7x", ""}) {
    CHECK(volume(entry(end, "1", "a.service", lie)).empty());
  }
  CHECK(volume(entry(std::to_string(kStart - 60), "1", "a.service", "7")).empty());
  std::string many;
  for (int i = 0; i < 100100; ++i) {
    many += entry(std::to_string(kStart - 60), "1", "a.service", "7");
  }
  CHECK(volume(many + entry(end, "1", "a.service", "8")).empty());
}

TEST_CASE("tool logs: a run that two logs tell of is one transfer's alone") {
  Image image;
  image.files["/var/log/syslog"] =
      "2026-12-02T02:03:01+01:00 h systemd[1]: a.service: Consumed 1s CPU time, received 1K IP "
      "traffic, sent 2K IP traffic.\n";
  image.files["/var/log/journal.export"] =
      "__REALTIME_TIMESTAMP=1796173382000000\n_PID=1\nSYSLOG_IDENTIFIER=systemd\n"
      "UNIT=a.service\nIP_METRIC_EGRESS_BYTES=2100\nMESSAGE=x\n\n";
  const KnownTransfer told_unit = run_of_unit();
  ToldVolumes volumes(image, "");
  CHECK(told(volumes.of(told_unit)) == "/var/log/syslog:1 2048; ");
  CHECK(told(volumes.of(told_unit)).empty());
}

}  // namespace auexfil::artefacts::test
