#include <catch2/catch.hpp>

#include "at_spool.hpp"
#include "cron_times.hpp"
#include "crontab.hpp"
#include "image.hpp"
#include "zone.hpp"

namespace auexfil::artefacts::test {

TEST_CASE("crontab: one line") {
  struct Case {
    const char* line;
    const char* told;  // empty: starts nothing
  };
  const auto c = GENERATE(values<Case>({
      {"2 2 * * * root scp a b:", "cron /etc/crontab:1 root [2 2 * * *] scp a b:"},
      {"17 *\t* * *\troot\tcd / && x ", "cron /etc/crontab:1 root [17 * * * *] cd / && x"},
      {"  */5 0-6/2,12 1 jan-mar Mon-fri bob x",
       "cron /etc/crontab:1 bob [*/5 0-6/2,12 1 jan-mar Mon-fri] x"},
      {"@reboot root x", "cron /etc/crontab:1 root [@reboot] x"},
      {"@daily root x y", "cron /etc/crontab:1 root [@daily] x y"},
      {"-5 4 * * * root quiet", "cron /etc/crontab:1 root [-5 4 * * *] quiet"},
      {"0 0 * * * root sftp -b - h%put /x%bye", "cron /etc/crontab:1 root [0 0 * * *] sftp -b - h"},
      {"0 0 * * * root date +\\%F", "cron /etc/crontab:1 root [0 0 * * *] date +%F"},
      {"10~20 ~ * * * root x", "cron /etc/crontab:1 root [10~20 ~ * * *] x"},
      {"0 0 * * * root a # no comment", "cron /etc/crontab:1 root [0 0 * * *] a # no comment"},
      {"0 0 * * * root a=b", "cron /etc/crontab:1 root [0 0 * * *] a=b"},
      {"", ""},
      {"# 2 2 * * * root x", ""},
      {"   # x", ""},
      {"MAILTO=root", ""},
      {"A = 1 2 3 4 5", ""},
      {"\"A\" = '5 5 5'", ""},
      {"60 0 * * * root x", ""},
      {"0 24 * * * root x", ""},
      {"0 0 0 * * root x", ""},
      {"0 0 * 13 * root x", ""},
      {"5-1 0 * * * root x", ""},
      {"*/0 0 * * * root x", ""},
      {"0 0 * * root", ""},
      {"0 0 * * * root", ""},
      {"0 0 * * * root %x", ""},
      {"@never root x", ""},
  }));
  CAPTURE(c.line);
  const Lines lines = told(parse_crontab(c.line, "/etc/crontab", {}));
  CHECK(lines == (*c.told == '\0' ? Lines{} : Lines{c.told}));
}

TEST_CASE("crontab: a user's has no user field; a zone holds from its line on") {
  const auto found = parse_crontab("0 1 * * * a b\nCRON_TZ=Asia/Tokyo\n0 2 * * * c\n", "/t", "bob");
  CHECK(told(found) == Lines{"cron /t:1 bob [0 1 * * *] a b", "cron /t:3 bob [0 2 * * *] c"});
  CHECK(found.at(0).zone.empty());
  CHECK(found.at(1).zone == "Asia/Tokyo");
}

TEST_CASE("cron: zones of tables are cronie's alone") {
  Files files = {{"/etc/crontab", "CRON_TZ=Asia/Tokyo\n0 2 * * * root c\n"}};
  CHECK(collect(Image(files)).artefacts.at(0).zone == "Asia/Tokyo");
  files["/etc/debian_version"] = "12\n";
  CHECK(collect(Image(files)).artefacts.at(0).zone.empty());
  files["/var/lib/dpkg/info/cronie.list"] = "";
  CHECK(collect(Image(files)).artefacts.at(0).zone == "Asia/Tokyo");
}

TEST_CASE("cron: a table that two folders lead to is one") {
  Image image(Files{{"/etc/crontabs/root", "0 2 * * * c\n"},
                    {"/var/spool/cron/crontabs/bob", "0 2 * * * d\n"}});
  image.links["/var/spool/cron/crontabs/root"] = "/etc/crontabs/root";
  CHECK(told(collect(image).artefacts) ==
        Lines{"cron /var/spool/cron/crontabs/bob:1 bob [0 2 * * *] d",
              "cron /var/spool/cron/crontabs/root:1 root [0 2 * * *] c"});
}

TEST_CASE("anacrontab: period, delay, name, command; lines are joined") {
  CHECK(told(parse_anacrontab("SHELL=/bin/sh\nSTART_HOURS_RANGE=3-22\n# x\n"
                              "1\t5\tcron.daily\trun-parts --report \\\n /etc/cron.daily\n"
                              "@monthly 45 m x\nx 1 y z\n7 10 w\n",
                              "/etc/anacrontab")) ==
        Lines{"anacron /etc/anacrontab:4 root [1 5 cron.daily] run-parts --report  /etc/cron.daily",
              "anacron /etc/anacrontab:6 root [@monthly 45 m] x"});
}

TEST_CASE("cron: which files count, by their names") {
  struct Case {
    const char* name;
    bool debian_table;
    bool debian_script;
    bool other_table;
    bool other_script;
  };
  const auto c = GENERATE(values<Case>({
      {"backup", true, true, true, true},
      {"back-up_2", true, true, true, true},
      {"backup.sh", false, false, true, true},
      {".placeholder", false, false, false, false},
      {"backup~", false, false, false, false},
      {"x.rpmsave", false, false, false, false},
      {"x.rpmnew", false, false, false, false},
      {"#x#", false, false, false, true},
      {"x.swp", false, false, true, false},
      {"jobs.deny", false, false, true, false},
      {"", false, false, false, false},
  }));
  CAPTURE(c.name);
  CHECK(is_cron_name(c.name, true) == c.debian_table);
  CHECK(is_run_parts_name(c.name, true) == c.debian_script);
  CHECK(is_cron_name(c.name, false) == c.other_table);
  CHECK(is_run_parts_name(c.name, false) == c.other_script);
}

TEST_CASE("cron: tables and scripts of an image, in order") {
  const std::string table = "1 1 * * * root x\n";
  const std::string own = "1 1 * * * x\n";
  const Image debian(Files{{"/etc/debian_version", "12\n"},
                           {"/etc/passwd", "root:x:0:0::/root:/bin/sh\nbob:x:7:7::/home/bob:\n"},
                           {"/etc/crontab", table},
                           {"/etc/cron.d/a", table},
                           {"/etc/cron.d/a.dpkg-old", table},
                           {"/etc/cron.daily/b", "#!/bin/sh\n"},
                           {"/etc/cron.daily/b.sh", "#!/bin/sh\n"},
                           {"/var/spool/cron/crontabs/bob", own},
                           {"/var/spool/cron/crontabs/tmp.Xyz", own},
                           {"/var/spool/cron/atjobs/.SEQ", "0"}});
  const Inventory found = collect(debian);
  CHECK(told(found.artefacts) ==
        Lines{"cron /etc/crontab:1 root [1 1 * * *] x", "cron /etc/cron.d/a:1 root [1 1 * * *] x",
              "cron /var/spool/cron/crontabs/bob:1 bob [1 1 * * *] x",
              "cron-script /etc/cron.daily/b root [daily] /etc/cron.daily/b"});
  CHECK(found.artefacts.at(2).uid == 7U);
  CHECK(found.places == std::set{Place::system_crontabs, Place::user_crontabs});

  const Image other(Files{{"/etc/cron.d/a.b", table},
                          {"/etc/cron.d/a.rpmsave", table},
                          {"/etc/cron.hourly/0anacron", "#!/bin/sh\n"},
                          {"/var/spool/cron/bob", own},
                          {"/var/spool/cron/tabs/eve", own}});
  CHECK(told(collect(other).artefacts) ==
        Lines{"cron /etc/cron.d/a.b:1 root [1 1 * * *] x",
              "cron /var/spool/cron/tabs/eve:1 eve [1 1 * * *] x",
              "cron /var/spool/cron/bob:1 bob [1 1 * * *] x",
              "cron-script /etc/cron.hourly/0anacron root [hourly] /etc/cron.hourly/0anacron"});
}

TEST_CASE("at: a job's name and text") {
  const auto name = parse_at_name("b0000301c8a383");
  REQUIRE(name);
  CHECK(name->queue == 'b');
  CHECK(name->job == 3);
  CHECK(name->due == 1795576500);
  CHECK_FALSE(name->runs);
  CHECK(parse_at_name("=0000301c8a383")->runs);
  for (const char* const other : {"", ".SEQ", "b0000301c8a38", "b0000x01c8a383", "10000301c8a383",
                                  "b0000301c8a3831", "b-000301c8a383"}) {
    CAPTURE(other);
    CHECK_FALSE(parse_at_name(other));
  }
  const std::string text =
      "#!/bin/sh\n# atrun uid=1000 gid=1000\n# mail bob 0\numask 22\nSECRET=x; export SECRET\n"
      "cd /home/bob || {\n\t echo 'Execution directory inaccessible' >&2\n\t exit 1\n}\n"
      "scp -B /tmp/x u@192.0.2.9:/in/\n\n";
  const Image image(Files{{"/etc/passwd", "bob:x:1000:1000::/home/bob:/bin/sh\n"},
                          {"/var/spool/cron/atjobs/b0000301c8a383", text},
                          {"/var/spool/cron/atjobs/a0000101c8a383", "#!/bin/sh\n"},
                          {"/var/spool/cron/atjobs/.SEQ", "00003\n"}});
  CHECK(told(collect(image).artefacts) ==
        Lines{"at /var/spool/cron/atjobs/b0000301c8a383 bob [2026-11-25T03:15:00Z] "
              "scp -B /tmp/x u@192.0.2.9:/in/"});
}

TEST_CASE("at: a job that the user's shell is given, as Red Hat's at writes it") {
  const auto command = [](const std::string& body) {
    const auto job = parse_at_job(
        "#!/bin/sh\n# atrun uid=7 gid=7\ncd /home/bob || {\n exit 1\n}\n" + body, "/x");
    REQUIRE(job);
    return job->command;
  };
  CHECK(
      command(
          "${SHELL:-/bin/sh} << 'marcinDELIMITER1dd7b3a4'\nscp a b:\nmarcinDELIMITER1dd7b3a4\n") ==
      "scp a b:");
  CHECK(command("${SHELL:-/bin/sh} << 'x'\nscp a b:\nscp c d:\n\nx\n") == "scp a b:\nscp c d:");
  CHECK(command("cat << 'x'\na\nx\n") == "cat << 'x'\na\nx");
}

TEST_CASE("cron: when a schedule was due last, in its zone") {
  constexpr std::int64_t kNow =
      1796173321;  // 2026-12-02 01:02:01 UTC, 02:02:01 in Berlin, Wednesday
  struct Case {
    const char* schedule;
    const char* zone;
    std::int64_t due;  // 0: not within four years
  };
  const auto c = GENERATE(values<Case>({
      {"2 2 * * *", "Europe/Berlin", 1796173320},
      {"2 2 * * *", "Etc/UTC", 1796090520},
      {"3 2 * * *", "Europe/Berlin", 1796086980},
      {"* * * * *", "Europe/Berlin", 1796173320},
      {"2 2 * * 3", "Europe/Berlin", 1796173320},
      {"2 2 1 * 3", "Europe/Berlin", 1796173320},
      {"2 2 1 * *", "Europe/Berlin", 1796086920},
      {"2 2 */2 * 3", "Europe/Berlin", 1795568520},
      {"@daily", "Europe/Berlin", 1796166000},
      {"0 0 29 2 *", "Etc/UTC", 1709164800},
      {"0 0 31 2 *", "Etc/UTC", 0},
      {"0 12 * 7 *", "Europe/Berlin", 1785492000},  // in summer time
      {"0 12 * * 7", "Etc/UTC", 1795953600},
  }));
  CAPTURE(c.schedule, c.zone);
  const auto zone = Zone::of(c.zone);
  const auto times = parse_cron_times(c.schedule);
  REQUIRE(zone);
  REQUIRE(times);
  CHECK(zone->last_due(*times, kNow).value_or(0) == c.due);
}

TEST_CASE("zone: the image's own, and no file of this machine by a path") {
  const std::string rules = "CET-1CEST,M3.5.0,M10.5.0/3";
  const std::string tzif = std::string("TZif2") + std::string(40, '\0') + "\n" + rules + "\n";
  Image link(Files{{"/etc/timezone", "Europe/Berlin\n"}});
  link.links["/etc/localtime"] = "../usr/share/zoneinfo/America/New_York";
  CHECK(collect(link).zone == "America/New_York");
  Image out;
  out.links["/etc/localtime"] = "/etc/passwd";
  CHECK(collect(out).zone.empty());
  const Image text(Files{{"/etc/localtime", "/usr/share/zoneinfo/Asia/Tokyo"}});
  CHECK(collect(text).zone == "Asia/Tokyo");
  CHECK(collect(Image(Files{{"/etc/localtime", tzif}})).zone == rules);
  const Image both(Files{{"/etc/localtime", tzif}, {"/etc/timezone", "Asia/Tokyo\n"}});
  CHECK(collect(both).zone == "Asia/Tokyo");
  CHECK(collect(Image(Files{{"/etc/timezone", "/etc/passwd\n"}})).zone.empty());
  CHECK(collect(Image(Files{{"/etc/sysconfig/clock", "# x\nUTC=true\nZONE=\"Asia/Tokyo\"\n"}}))
            .zone == "Asia/Tokyo");
  CHECK(collect(Image()).zone.empty());
  for (const char* const no : {"", "/etc/passwd", "../../../etc/passwd", "Nowhere/City", "a b"}) {
    CAPTURE(no);
    CHECK_FALSE(Zone::of(no));
  }
}

}  // namespace auexfil::artefacts::test
