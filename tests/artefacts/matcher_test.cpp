#include "auexfil/artefacts/matcher.hpp"

#include <catch2/catch.hpp>

#include "fit.hpp"
#include "image.hpp"

namespace auexfil::artefacts::test {
namespace {

using Argv = std::vector<std::string_view>;

Start started(std::string_view kind, std::string_view what, const std::vector<Argv>& programs) {
  Start start;
  start.job_kind = kind;
  start.job_what = what;
  std::uint32_t pid = 100;
  for (const Argv& argv : programs) {
    Ran& ran = start.programs.emplace_back();
    ran.pid = pid--;
    ran.argv = argv;
    ran.exe = argv.empty() ? std::string_view() : argv.front();
  }
  start.programs.back().pid = kind == "service" || kind == "ci" ? 1 : start.programs.back().pid;
  return start;
}

Lines wheres(const std::vector<const Artefact*>& artefacts) {
  Lines lines;
  for (const Artefact* const one : artefacts) {
    lines.push_back(one->where());
  }
  return lines;
}

}  // namespace

TEST_CASE("fit: a program and the command of an artefact") {
  struct Case {
    const char* command;
    Argv argv;
    Fit fit;
    const char* script = "";
  };
  const auto c = GENERATE(values<Case>({
      {"scp a b:", {"/bin/sh", "-c", "scp a b:"}, Fit::text},
      {"scp a b:", {"/bin/sh", "-c", " scp a b: "}, Fit::text},
      {"scp a b:", {"-bash", "-c", "scp a b:"}, Fit::text},
      {"scp a b:", {"env", "-c", "scp a b:"}, Fit::none},
      {"scp a b:", {"/bin/sh", "-c", "scp a c:"}, Fit::none},
      {"scp a b:", {"scp", "a", "b:"}, Fit::words},
      {"scp a b:", {"/usr/bin/scp", "a", "b:"}, Fit::words},
      {"/bin/scp a b:", {"/usr/bin/scp", "a", "b:"}, Fit::words},
      {"/opt/scp a b:", {"/usr/bin/scp", "a", "b:"}, Fit::none},
      {"scp a b:", {"scp", "a", "c:"}, Fit::none},
      {"scp a b:", {"scp", "a"}, Fit::none},
      {"scp a b:", {"scp", "a", "b:", "c"}, Fit::none},
      {"cd /x && scp a b:", {"scp", "a", "b:"}, Fit::words},
      {"scp $F b:", {"scp", "x", "y", "b:"}, Fit::loose},
      {"scp $F b:", {"scp", "x", "y", "c:"}, Fit::none},
      {"scp /d/*.gz b:", {"scp", "/d/1.gz", "/d/2.gz", "b:"}, Fit::loose},
      {"scp /d/*.gz b:", {"scp", "/d/1.gz", "/etc/x", "b:"}, Fit::none},
      {"/o/x.sh a", {"/bin/sh", "/o/x.sh", "a"}, Fit::words},
      {"/o/x.sh a", {"/usr/bin/expect", "-f", "/o/x.sh", "a"}, Fit::words},
      {"/o/x.sh a", {"/bin/sh", "/o/x.sh", "b"}, Fit::script, "/o/x.sh"},
      {"/o/x.sh a", {"/bin/sh", "/p/x.sh", "a"}, Fit::none, "/p/x.sh"},
      {"x.sh a", {"/bin/sh", "/o/x.sh", "a"}, Fit::words, "/o/x.sh"},
      {"/o/x.sh a", {"cat", "/o/x.sh", "a"}, Fit::none},
      {"/o/x a", {"/usr/bin/python3.11", "/o/x", "a"}, Fit::words},
      {"/o/x a", {"pythonista", "/o/x", "a"}, Fit::none},
      {"timeout 6 scp a b:", {"scp", "a", "b:"}, Fit::loose},
      {"sudo -u x scp a b:", {"scp", "a", "b:"}, Fit::loose},
      {"$PROG a", {"scp", "a"}, Fit::loose},
      {"$PROG a", {"scp", "b"}, Fit::none},
  }));
  std::string line;
  for (const std::string_view word : c.argv) {
    line.append(word).append(" ");
  }
  CAPTURE(c.command, line);
  const Image image(Files{{"/etc/crontab", std::string("0 0 * * * root ") + c.command + "\n"}});
  Ran ran;
  ran.argv = c.argv;
  ran.script = c.script;
  CHECK(fit(collect(image).artefacts.at(0), ran) == c.fit);
}

TEST_CASE("fit: where words are missing at the end, those that are there have to be right") {
  const Image image(Files{{"/etc/crontab", "0 0 * * * root scp a b:\n"}});
  const Artefact one = collect(image).artefacts.at(0);
  Ran ran;
  ran.argv_cut = true;
  ran.argv = {"scp", "a"};
  CHECK(fit(one, ran) == Fit::loose);
  ran.argv = {"scp", "x"};
  CHECK(fit(one, ran) == Fit::none);
  ran.argv.clear();
  ran.exe = "/usr/bin/scp";
  CHECK(fit(one, ran) == Fit::script);
}

TEST_CASE("matcher: the line of the user's own table, then what was due last") {
  const Image image(
      {{"/etc/passwd", "root:x:0:0::/root:\nbob:x:7:7::/home/bob:\n"},
       {"/etc/timezone", "Europe/Berlin\n"},
       {"/var/spool/cron/crontabs/bob", "2 2 * * * scp a b:\n"},
       {"/var/spool/cron/crontabs/root",
        "2 2 * * * scp a b:\n5 2 * * * scp a b:\n@reboot scp a b:\n5 2 * * * scp a b:\n"}});
  const Matcher matcher(collect(image));
  Start start = started("cron", "/bin/sh -c scp a b:",
                        {{"scp", "a", "b:"}, {"/bin/sh", "-c", "scp a b:"}, {"cron", "-f"}});
  start.auid = 7;
  CHECK(wheres(matcher.candidates(start)) == Lines{"/var/spool/cron/crontabs/bob:1"});
  start.auid = 0;
  const auto candidates = matcher.candidates(start);
  REQUIRE(candidates.size() == 4);
  const std::int64_t at_0202 = 1796173321;  // in Berlin
  const auto early = matcher.choose(candidates, at_0202);
  CHECK(early.artefact->line == 1);
  CHECK(early.other == nullptr);
  const auto late = matcher.choose(candidates, at_0202 + 3 * 60);
  CHECK(late.artefact->line == 2);
  REQUIRE(late.other != nullptr);
  CHECK(late.other->line == 4);
  CHECK(late.others == 1);
  start.auid = 9;
  CHECK(matcher.candidates(start).empty());
  start.auid.reset();  // a cron without PAM: any user's
  CHECK(matcher.candidates(start).size() == 5);
}

TEST_CASE("matcher: a job of at that waits has not run") {
  constexpr std::int64_t kDue = 1796259840;  // 0x1c8d000 minutes
  const Image image(Files{{"/var/spool/at/a0000501c8d000",
                           "#!/bin/sh\n# atrun uid=7 gid=7\ncd /home/bob || {\n exit 1\n}\n"
                           "scp a b:\n"}});
  const Matcher matcher(collect(image));
  const auto candidates = matcher.candidates(started("at", "sh", {{"scp", "a", "b:"}, {"sh"}}));
  REQUIRE(candidates.size() == 1);
  CHECK(matcher.choose(candidates, kDue - 3).artefact == nullptr);
  CHECK(matcher.choose(candidates, kDue).artefact == candidates.front());
}

TEST_CASE("matcher: a line that was not due") {
  const Image image(Files{{"/etc/crontab",
                           "2 2 * * * root a\nRANDOM_DELAY=45\n2 2 * * * root b\n"
                           "@reboot root c\n2 2 31 2 * root d\n"},
                          {"/etc/timezone", "Europe/Berlin\n"}});
  const Matcher matcher(collect(image));
  const auto& lines = matcher.inventory().artefacts;
  const std::int64_t at_0202 = 1796173321;  // in Berlin
  REQUIRE(lines.size() == 4);
  CHECK_FALSE(matcher.is_undue(lines[0], at_0202));
  CHECK(matcher.is_undue(lines[0], at_0202 + 40 * 60));
  CHECK(matcher.is_undue(lines[0], at_0202 - 60 * 60));
  CHECK_FALSE(matcher.is_undue(lines[1], at_0202 + 40 * 60));
  CHECK(matcher.is_undue(lines[1], at_0202 + 60 * 60));
  CHECK_FALSE(matcher.is_undue(lines[2], at_0202));
  const Matcher nowhere(collect(Image(Files{{"/etc/crontab", "2 2 * * * root a\n"}})));
  CHECK_FALSE(nowhere.is_undue(nowhere.inventory().artefacts[0], at_0202 + 3600));
}

TEST_CASE("matcher: a zone that is not known chooses nothing, and says that others would do") {
  const Image image(Files{{"/etc/crontab", "2 2 * * * root x y\n5 5 * * * root x y\n"}});
  const Matcher matcher(collect(image));
  const auto candidates = matcher.candidates(started("cron", "x y", {{"x", "y"}}));
  REQUIRE(candidates.size() == 2);
  const auto choice = matcher.choose(candidates, 1796173321);
  CHECK(choice.artefact->line == 1);
  CHECK(choice.others == 1);
}

TEST_CASE("matcher: each kind of starter asks its own kind of artefact") {
  const Image image(Files{
      {"/etc/debian_version", "12\n"},
      {"/etc/crontab", "0 0 * * * root /opt/x.sh\n17 * * * * root run-parts /etc/cron.hourly\n"},
      {"/etc/anacrontab", "1 5 x /opt/x.sh\n"},
      {"/etc/cron.hourly/push", "#!/bin/sh\n"},
      {"/etc/systemd/system/x.service", "[Service]\nExecStart=/opt/x.sh\n"},
      {"/etc/systemd/system/cron.service", "[Service]\nExecStart=/usr/sbin/cron -f\n"},
      {"/etc/systemd/system/agent.service", "[Service]\nExecStart=/opt/agent/run\n"},
      {"/home/bob/.config/systemd/user/x.service", "[Service]\nExecStart=/opt/x.sh\n"},
  });
  const Matcher matcher(collect(image));
  const Argv curl = {"curl", "-T", "f", "h"};
  const Argv script = {"/bin/sh", "/opt/x.sh"};
  const std::string_view what = "/bin/sh /opt/x.sh";
  const auto found = [&](const Start& start) { return wheres(matcher.candidates(start)); };
  const Argv cron = {"/usr/sbin/cron", "-f"};
  CHECK(found(started("cron", what, {curl, script, cron, {}})) == Lines{"/etc/crontab:1"});
  CHECK(found(started("anacron", what, {curl, script, {"anacron"}})) == Lines{"/etc/anacrontab:1"});
  CHECK(found(started("service", what, {curl, script, {}})) ==
        Lines{"/etc/systemd/system/x.service"});
  CHECK(found(started("user-timer", what, {curl, script, {"systemd", "--user"}})) ==
        Lines{"/home/bob/.config/systemd/user/x.service"});
  CHECK(found(started("ci", "bash step.sh",
                      {curl, {"bash", "step.sh"}, {"/bin/sh", "/opt/agent/run"}, {}})) ==
        Lines{"/etc/systemd/system/agent.service"});
  CHECK(found(started("ssh", what, {curl, script, {"sshd"}})).empty());
  CHECK(found(started("at", what, {curl, script, {"atd"}})).empty());
  CHECK(found(started("service", "curl -T f h", {curl, {}})).empty());
  // The script in the folder tells more than the line that runs the folder.
  const Argv push = {"/bin/sh", "/etc/cron.hourly/push"};
  CHECK(found(started("cron", "/bin/sh -c run-parts /etc/cron.hourly",
                      {curl,
                       push,
                       {"run-parts", "/etc/cron.hourly"},
                       {"/bin/sh", "-c", "run-parts /etc/cron.hourly"},
                       cron})) == Lines{"/etc/cron.hourly/push"});
}

TEST_CASE("matcher: what stands between starter and tool tells most") {
  const Image image(Files{
      {"/etc/passwd", "bob:x:7:7::/home/bob:/bin/sh\n"},
      {"/etc/crontab", "17 * * * * root logrotate /etc/logrotate.conf\n"},
      {"/etc/logrotate.d/x", "postrotate\n  scp /l h:\nendscript\n"},
      {"/etc/incron.d/x", "/in IN_CREATE scp $@/$# h:\n"},
      {"/etc/supervisord.conf", "[program:a]\ncommand=scp /l h:\n"},
      {"/etc/udev/rules.d/1.rules", "RUN+=\"/opt/copy %k\"\n"},
      {"/etc/NetworkManager/dispatcher.d/9x", ""},
      {"/home/bob/.ssh/rc", ""},
      {"/home/bob/.ssh/authorized_keys", "command=\"scp /l h:\" ssh-rsa AAAA\n"},
      {"/home/bob/a/.git/hooks/pre-push", ""},
      {"/home/bob/b/.git/hooks/pre-push", ""},
      {"/var/lib/jenkins/jobs/j/config.xml", "<command>cd x\nscp /l h:</command>"},
      {"/etc/gitlab-runner/config.toml", ""},
  });
  const Matcher matcher(collect(image));
  const auto found = [&](const Start& start) { return wheres(matcher.candidates(start)); };
  const Argv scp = {"scp", "/l", "h:"};
  const Argv rotate = {"/usr/sbin/logrotate", "/etc/logrotate.conf"};
  CHECK(found(started("cron", "/bin/sh -c logrotate /etc/logrotate.conf",
                      {scp,
                       {"sh", "-c", "\n  scp /l h:\n", "logrotate_script", "/l"},
                       rotate,
                       {"/bin/sh", "-c", "logrotate /etc/logrotate.conf"},
                       {"cron"}})) == Lines{"/etc/logrotate.d/x:1"});
  CHECK(found(started("service", "x", {{"scp", "/in/a", "h:"}, {"incrond"}, {}})) ==
        Lines{"/etc/incron.d/x:1"});
  CHECK(found(started("service", "x", {scp, {"/usr/bin/python3", "/usr/bin/supervisord"}, {}}))
            .empty());  // python3 alone is no supervisord
  Start supervised =
      started("service", "x", {scp, {"/usr/bin/python3", "/usr/bin/supervisord"}, {}});
  supervised.programs[1].script = "/usr/bin/supervisord";
  CHECK(found(supervised) == Lines{"/etc/supervisord.conf:2"});
  CHECK(
      found(started("service", "x",
                    {scp, {"/bin/sh", "/opt/copy", "sdb"}, {"/lib/systemd/systemd-udevd"}, {}})) ==
      Lines{"/etc/udev/rules.d/1.rules:1"});
  CHECK(found(started("service", "x",
                      {scp,
                       {"/bin/sh", "/etc/NetworkManager/dispatcher.d/9x", "eth0", "up"},
                       {"nm-dispatcher"},
                       {}})) == Lines{"/etc/NetworkManager/dispatcher.d/9x"});
  CHECK(found(started("ssh", "sh -c /bin/sh .ssh/rc",
                      {{"curl"}, {"/bin/sh", ".ssh/rc"}, {"sshd"}})) == Lines{"/home/bob/.ssh/rc"});
  CHECK(found(started("ssh", "bash -c scp /l h:", {scp, {"bash", "-c", "scp /l h:"}, {"sshd"}})) ==
        Lines{"/home/bob/.ssh/authorized_keys:1"});
  Start hook = started("service", "x", {{"curl"}, {"/bin/sh", ".git/hooks/pre-push", "o"}, {}});
  CHECK(found(hook).size() == 2);
  hook.cwd = "/home/bob/b";
  CHECK(found(hook) == Lines{"/home/bob/b/.git/hooks/pre-push"});
  CHECK(found(started("ci", "sh -xe /tmp/j.sh", {scp, {"sh", "-xe", "/tmp/j.sh"}, {"java"}, {}})) ==
        Lines{"/var/lib/jenkins/jobs/j/config.xml:1"});
  CHECK(found(started("ci", "bash", {{"curl"}, {"bash"}, {"gitlab-runner", "run"}, {}})) ==
        Lines{"/etc/gitlab-runner/config.toml"});
}

TEST_CASE("matcher: what an agent starts is of whatever started the agent") {
  const Image image(Files{
      {"/etc/crontab", "0 0 * * * root ansible-pull -U x\n"},
      {"/etc/systemd/system/ssh.service", "[Service]\nExecStart=/usr/sbin/sshd -D\n"},
      {"/etc/systemd/system/minion.service", "[Service]\nExecStart=/usr/bin/salt-minion\n"},
      {"/etc/cron.daily/push", ""},
  });
  const Matcher matcher(collect(image));
  const auto found = [&](const Start& start) { return wheres(matcher.candidates(start)); };
  const Argv scp = {"scp", "a", "b:"};
  const Argv pull = {"/usr/bin/python3", "/usr/bin/ansible-pull", "-U", "x"};
  CHECK(found(started("ansible", "scp a b:",
                      {scp, pull, {"/bin/sh", "-c", "ansible-pull -U x"}, {"cron", "-f"}, {}})) ==
        Lines{"/etc/crontab:1"});
  CHECK(found(started("ansible",
                      "scp a b:", {scp, {"python3", "AnsiballZ_x"}, {"/usr/sbin/sshd", "-D"}}))
            .empty());
  CHECK(found(started("salt", "scp a b:", {scp, {"/usr/bin/python3", "/usr/bin/salt-minion"}})) ==
        Lines{"/etc/systemd/system/minion.service"});
  // A person's, though sshd is a service.
  CHECK(
      found(started("left-behind", "scp a b:", {scp, {"bash"}, {"/usr/sbin/sshd", "-D"}})).empty());
  CHECK(found(started("left-behind", "scp a b:", {scp, {"/bin/sh", "/etc/cron.daily/push"}}))
            .empty());
}

TEST_CASE("matcher: of units that run the same, the one of that user") {
  const Image image(Files{
      {"/etc/passwd", "bob:x:7:7::/home/bob:/bin/sh\nroot:x:0:0::/root:\n"},
      {"/etc/systemd/system/a.service", "[Service]\nExecStart=/bin/x\n"},
      {"/etc/systemd/system/b.service", "[Service]\nExecStart=/bin/x\nUser=bob\n"},
  });
  const Matcher matcher(collect(image));
  Start start = started("service", "/bin/x", {{"/bin/x"}, {}});
  CHECK(matcher.candidates(start).size() == 2);
  start.uid = 7;
  CHECK(wheres(matcher.candidates(start)) == Lines{"/etc/systemd/system/b.service"});
  start.uid = 0;
  CHECK(wheres(matcher.candidates(start)) == Lines{"/etc/systemd/system/a.service"});
}

TEST_CASE("matcher: where systemd runs the crontabs, a service may be a line of them") {
  Files files = {{"/etc/cron.d/x", "0 0 * * * root /opt/x.sh a\n"}};
  const Start start = started("service", "/bin/sh /run/systemd/generator/cron-x-root-0.sh",
                              {{"curl"},
                               {"/bin/sh", "/opt/x.sh", "a"},
                               {"/bin/sh", "/run/systemd/generator/cron-x-root-0.sh"},
                               {}});
  CHECK(Matcher(collect(Image(files))).candidates(start).empty());
  files["/usr/lib/systemd/system-generators/systemd-crontab-generator"] = "";
  CHECK(wheres(Matcher(collect(Image(files))).candidates(start)) == Lines{"/etc/cron.d/x:1"});
}

TEST_CASE("matcher: tables of the image start nothing in a container, nor those of another cron") {
  const Matcher matcher(collect(Image(Files{
      {"/etc/crontab", ""},
      {"/etc/cron.d/x", "0 2 * * * root /opt/b.sh\n"},
      {"/var/spool/cron/x", ""},
      {"/etc/logrotate.d/a", "/l {\npostrotate\n/opt/b.sh\nendscript\n}\n"},
      {"/etc/systemd/system/a.service",
       "[Service]\nExecStart=/usr/bin/systemd-nspawn -D /c /opt/b.sh\n"},
      {"/usr/lib/systemd/system/b.service", ""},
  })));
  const Argv shell = {"/bin/sh", "-c", "/opt/b.sh"};
  const std::vector<Argv> below = {{"scp"}, {"/bin/sh", "/opt/b.sh"}, shell};
  const auto with = [&](std::initializer_list<Argv> above) {
    std::vector<Argv> programs = below;
    programs.insert(programs.end(), above.begin(), above.end());
    return started("cron", "/bin/sh -c /opt/b.sh", programs);
  };
  Start start = with({{"/usr/sbin/cron", "-f"}, {"/usr/bin/containerd-shim-runc-v2"}, {}});
  CHECK(wheres(matcher.candidates(start)) == Lines{"/etc/cron.d/x:1"});
  CHECK(matcher.has_all_of(start));
  start.programs[4].runs_containers = true;
  CHECK(matcher.candidates(start).empty());
  CHECK_FALSE(matcher.has_all_of(start));
  start = started("service", "/bin/sh -c /opt/b.sh",
                  {{"scp"},
                   {"/bin/sh", "-c", "/opt/b.sh"},
                   {"/usr/bin/systemd-nspawn", "-D", "/c", "/opt/b.sh"},
                   {}});
  start.programs[2].runs_containers = true;
  CHECK(wheres(matcher.candidates(start)) == Lines{"/etc/systemd/system/a.service"});
  CHECK_FALSE(matcher.has_all_of(start));

  const Matcher both(
      collect(Image(Files{{"/etc/cron.d/x", "0 2 * * * root /opt/b.sh\n"},
                          {"/var/spool/fcron/root.orig", "0 2 * * * /opt/b.sh\n"}})));
  CHECK(wheres(both.candidates(with({{"/usr/sbin/cron"}}))) == Lines{"/etc/cron.d/x:1"});
  CHECK(wheres(both.candidates(with({{"/usr/sbin/fcron"}}))) ==
        Lines{"/var/spool/fcron/root.orig:1"});

  CHECK(matcher.has_all_of(with({{"/bin/busybox", "crond"}})));
  CHECK(matcher.has_all_of(with({{"/usr/sbin/crond"}})));
  CHECK_FALSE(matcher.has_all_of(with({{"/usr/sbin/fcron", "-f"}})));
  CHECK_FALSE(matcher.has_all_of(with({{"/usr/bin/mcron"}})));
  CHECK_FALSE(matcher.has_all_of(with({})));
}

TEST_CASE("matcher: that nothing starts it is only known where all that might was read") {
  const auto has_all = [](Files files, std::string_view kind) {
    Start start = kind == "cron" ? started(kind, "sh -c x", {{"x"}, {"sh", "-c", "x"}, {"cron"}})
                                 : started(kind, "x", {{"x"}, {}});
    if (kind != "service") {
      start.auid = 7;
    }
    return Matcher(collect(Image(std::move(files)))).has_all_of(start);
  };
  const std::string unit = "[Service]\nExecStart=/bin/a\n";
  CHECK_FALSE(has_all({}, "cron"));
  CHECK_FALSE(has_all({{"/etc/crontab", ""}}, "cron"));
  CHECK_FALSE(has_all({{"/var/spool/cron/crontabs/x", ""}}, "cron"));
  const Files tables = {{"/etc/crontab", ""}, {"/etc/cron.d/x", ""}};
  const auto with = [&](std::initializer_list<const char*> paths) {
    Files files = tables;
    for (const char* const path : paths) {
      files.emplace(path, "");
    }
    return files;
  };
  CHECK(has_all(with({"/var/spool/cron/crontabs/x"}), "cron"));
  CHECK(has_all(with({"/var/spool/cron/atjobs/.SEQ"}), "cron"));
  CHECK_FALSE(has_all(with({"/etc/debian_version", "/var/spool/cron/atjobs/.SEQ"}), "cron"));
  CHECK(has_all(with({"/etc/debian_version", "/var/spool/cron/crontabs/x"}), "cron"));
  CHECK_FALSE(has_all({{"/etc/crontab", ""}, {"/var/spool/cron/crontabs/x", ""}}, "cron"));
  CHECK_FALSE(has_all({{"/etc/cron.d/x", ""}, {"/var/spool/cron/crontabs/x", ""}}, "cron"));
  CHECK_FALSE(has_all({{"/etc/systemd/system/a.service", unit}}, "service"));
  CHECK(has_all({{"/etc/systemd/system/a.service", unit}, {"/usr/lib/systemd/system/b", ""}},
                "service"));
  CHECK_FALSE(has_all({{"/etc/systemd/user/a.service", unit}}, "user-timer"));
  CHECK(has_all({{"/etc/systemd/user/a.service", unit},
                 {"/etc/passwd", "bob:x:7:7::/home/bob:\n"},
                 {"/home/bob/.profile", ""}},
                "user-timer"));
  CHECK_FALSE(has_all({{"/etc/crontab", ""}, {"/var/spool/cron/x", ""}}, "ssh"));
}

TEST_CASE("matcher: nor where what the starter itself began is not in the log") {
  const Matcher matcher(collect(Image(Files{{"/etc/crontab", ""},
                                            {"/etc/cron.d/x", ""},
                                            {"/var/spool/cron/x", ""},
                                            {"/etc/systemd/system/a.service", ""},
                                            {"/usr/lib/systemd/system/b.service", ""}})));
  CHECK(matcher.has_all_of(started("cron", "sh -c x", {{"y"}, {"sh", "-c", "x"}, {"cron"}})));
  CHECK_FALSE(matcher.has_all_of(started("cron", "scp a b:", {{"scp", "a", "b:"}})));
  CHECK_FALSE(matcher.has_all_of(started("cron", "", {{"scp", "a", "b:"}, {}, {"cron"}})));
  CHECK(matcher.has_all_of(started("service", "x", {{"x"}, {}})));
  CHECK_FALSE(matcher.has_all_of(started("service", "", {{}, {}})));
  Start taken_over = started("service", "x", {{"x"}, {}});
  taken_over.auid = 7;
  CHECK_FALSE(matcher.has_all_of(taken_over));
  Start apart = started("service", "x", {{"x"}, {"y"}});
  apart.programs[1].pid = 50;
  CHECK_FALSE(matcher.has_all_of(apart));
}

TEST_CASE("matcher: a table of lines that all name one program costs little") {
  Image image;
  std::string& table = image.files["/etc/crontab"];
  for (int i = 0; i < 60000; ++i) {
    table += "* * * * * root $X a\n* * * * * root s $X\n";
  }
  const Matcher matcher(collect(image));
  const Start start = started("cron", "s b", {{"s", "b"}, {"cron"}});
  CHECK(matcher.candidates(start).size() <= 4096 + 256);
}

}  // namespace auexfil::artefacts::test
