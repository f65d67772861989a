#include "host_with_cron.hpp"

/// Work that a daemon forks for a person who typed the command for it.
namespace auexfil::test {
namespace {

constexpr int kInit = 1;

/// A person's shell on pts0, and a command typed at it.
void type(CronHost& log, const std::string& exe, const std::vector<std::string>& argv) {
  const int shell = log.person(CronHost::kSshd, 500, 5);
  log.run(shell, 510, exe, argv);
}

/// The daemon starts a program, on a terminal or not. \return its pid.
int start(CronHost& log, int daemon, const std::string& exe, const std::vector<std::string>& argv,
          const std::string& tty = "(none)", std::uint32_t uid = 0) {
  log.fork(daemon, 800);
  log.who(800) = {daemon, log.who(daemon).exe, log.who(daemon).comm, tty, kUnset, uid, kUnset};
  log.exec(800, exe, argv);
  return 800;
}

/// The person logs out.
void leave(CronHost& log) {
  log.user("USER_END", 500, "PAM:session_close", "ssh");
}

facts::Fact curl(CronHost& log, int parent) {
  const int curl =
      log.run(parent, 810, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(curl, 3, kDrop, 80);
  log.send(curl, 3, 150);
  log.send(curl, 3, 65536);
  log.done(curl);
  return of_pid(tell(log), curl);
}

}  // namespace

TEST_CASE("brokers: docker exec -it of a person") {
  CronHost log;
  const int shim = log.daemon(700, "/usr/bin/containerd-shim-runc-v2");
  type(log, "/usr/bin/docker", {"docker", "exec", "-it", "web", "bash"});
  const int bash = start(log, shim, "/usr/bin/bash", {"bash"}, "pts0");
  const facts::Fact fact = curl(log, bash);
  CHECK(signs_of(fact) == "attended asked-for");
  CHECK(fact.reasons[0].text.find("docker exec -it web bash") != std::string::npos);
  CHECK(fact.reasons[0].event);
}

TEST_CASE("brokers: docker exec of a person, without a terminal") {
  struct Case {
    std::vector<std::string> typed;
    const char* signs;
  };
  const Case one = GENERATE(values<Case>({
      {{"docker", "exec", "web", "/opt/send", "-d", "f"}, "unknown perhaps-asked-for"},
      {{"docker", "exec", "-i", "-u", "root", "web", "/opt/send", "-d", "f"},
       "unknown perhaps-asked-for"},
      {{"docker", "exec", "-d", "web", "/opt/send", "-d", "f"},
       "unattended container no-terminal left-behind"},
      {{"docker", "exec", "web", "ls"}, "unattended container no-terminal"},
      {{"docker", "ps"}, "unattended container no-terminal"},
  }));
  CAPTURE(one.typed);
  CronHost log;
  const int shim = log.daemon(700, "/usr/bin/containerd-shim-runc-v2");
  type(log, "/usr/bin/docker", one.typed);
  CHECK(signs_of(curl(log, start(log, shim, "/opt/send", {"/opt/send", "-d", "f"}))) == one.signs);
}

TEST_CASE("brokers: only a terminal in sight, of a container or a service") {
  CronHost log;
  SECTION("container") {
    const int shim = log.daemon(700, "/usr/bin/containerd-shim-runc-v2");
    CHECK(signs_of(curl(log, start(log, shim, "/usr/bin/bash", {"bash"}, "pts0"))) ==
          "unknown terminal-asked-for");
  }
  SECTION("service") {
    CHECK(signs_of(curl(log, start(log, kInit, "/usr/bin/bash", {"-bash"}, "pts4"))) ==
          "unknown terminal-asked-for");
  }
}

TEST_CASE("brokers: systemd-run -t") {
  const std::string option = GENERATE("-t", "--pty", "-tq");
  CAPTURE(option);
  CronHost log;
  type(log, "/usr/bin/systemd-run", {"systemd-run", option, "bash", "-l"});
  CHECK(signs_of(curl(log, start(log, kInit, "/usr/bin/bash", {"/usr/bin/bash", "-l"}, "pts4"))) ==
        "attended asked-for");
}

TEST_CASE("brokers: options of what is started are not the command's") {
  struct Case {
    std::vector<std::string> typed;
    std::vector<std::string> started;
    int daemon;
    const char* tty;
    const char* signs;
  };
  const Case one = GENERATE(values<Case>({
      {{"docker", "exec", "web", "rsync", "-rt", "/d", "h:"},
       {"rsync", "-rt", "/d", "h:"},
       700,
       "(none)",
       "unknown perhaps-asked-for"},
      {{"docker", "exec", "web", "rsync", "-rt", "/d", "h:"},
       {"rsync", "-rt", "/d", "h:"},
       700,
       "pts0",
       "unknown perhaps-asked-for"},
      {{"systemd-run", "curl", "-sS", "-T", "f", "h"},
       {"/usr/bin/curl", "-sS", "-T", "f", "h"},
       kInit,
       "(none)",
       "unattended service no-terminal left-behind"},
      {{"systemd-run", "--unit=up", "curl", "-S", "f"},
       {"curl", "-S", "f"},
       kInit,
       "pts4",
       "unattended service made-up-terminal left-behind"},
      {{"docker", "run", "-dit", "web", "sh", "/sync"},
       {"sh", "/sync"},
       700,
       "pts0",
       "unattended container made-up-terminal left-behind"},
  }));
  CAPTURE(one.typed);
  CronHost log;
  log.daemon(700, "/usr/bin/containerd-shim-runc-v2");
  type(log, "/usr/bin/" + one.typed[0], one.typed);
  const std::string exe = "/usr/bin/" + one.started[0].substr(one.started[0].rfind('/') + 1);
  CHECK(signs_of(curl(log, start(log, one.daemon, exe, one.started, one.tty))) == one.signs);
}

TEST_CASE("brokers: what goes on when the person has left is nobody's") {
  struct Case {
    std::vector<std::string> typed;
    std::vector<std::string> started;
    int daemon;
    const char* tty;
  };
  const Case one = GENERATE(values<Case>({
      {{"systemctl", "restart", "php-fpm"}, {"/usr/sbin/php-fpm", "-F"}, kInit, "(none)"},
      {{"systemctl", "reload-or-restart", "httpd.service"}, {"httpd"}, kInit, "(none)"},
      {{"systemd-run", "-t", "bash", "/root/loop.sh"}, {"bash", "/root/loop.sh"}, kInit, "pts4"},
      {{"docker", "run", "-it", "web", "bash", "/loop.sh"}, {"bash", "/loop.sh"}, 700, "pts4"},
      {{"docker", "exec", "web", "bash", "/loop.sh"}, {"bash", "/loop.sh"}, 700, "(none)"},
      {{"at", "now"}, {"sh"}, 710, "(none)"},
  }));
  CAPTURE(one.typed);
  CronHost log;
  log.daemon(700, "/usr/bin/containerd-shim-runc-v2");
  log.daemon(710, "/usr/sbin/atd");
  type(log, "/usr/bin/" + one.typed[0], one.typed);
  const std::string exe = "/usr/bin/" + one.started[0].substr(one.started[0].rfind('/') + 1);
  const int daemon = start(log, one.daemon, exe, one.started, one.tty, 1000);
  const bool leaves = GENERATE(true, false);
  CAPTURE(leaves);
  log.pass(10'000);
  if (leaves) {
    leave(log);
    log.pass(3'600'000);
  }
  const facts::Fact fact = curl(log, daemon);
  CHECK((fact.automation == transfer::Verdict::unattended) == leaves);
  if (leaves) {
    CHECK(fact.reasons.back().sign == "left-behind");
  }
}

TEST_CASE("brokers: a connection of a service goes on when who restarted it has left") {
  CronHost log;
  type(log, "/usr/bin/systemctl", {"systemctl", "restart", "rsyslog"});
  const int daemon = start(log, kInit, "/usr/sbin/rsyslogd", {"/usr/sbin/rsyslogd", "-n"});
  log.tcp(daemon, 3, kDrop, 514);
  leave(log);
  log.pass(3'600'000);
  log.send(daemon, 3, 65536);
  log.done(daemon);
  CHECK(signs_of(of_pid(tell(log), daemon)) == "unattended asked-for left-behind");
}

TEST_CASE("brokers: a service goes on by itself when the command that started it has returned") {
  enum class End { none_seen, returns, waits };
  const End end = GENERATE(End::none_seen, End::returns, End::waits);
  const bool is_daemon = GENERATE(true, false);
  CAPTURE(end, is_daemon);
  CronHost log;
  if (end == End::none_seen) {
    log.audited = all_but({"exit_group"});
  }
  type(log, "/usr/bin/systemctl", {"systemctl", "start", "backup.service"});
  const int job = start(log, kInit, "/usr/bin/bash", {"/bin/bash", "/usr/local/bin/backup.sh"});
  if (end == End::returns) {
    log.exit(510);
  } else if (end == End::waits) {
    log.exit(log.run(job, 805, "/usr/bin/date", {"date"}));
  }
  log.pass(600'000);
  const char* signs = end == End::none_seen ? "unknown perhaps-asked-for"
                      : end == End::returns ? "unattended service no-terminal left-behind"
                                            : "attended asked-for";
  if (!is_daemon) {
    CHECK(signs_of(curl(log, job)) == signs);
    return;
  }
  log.tcp(job, 3, kDrop, 514);
  log.send(job, 3, 65536);
  log.done(job);
  signs = end == End::none_seen ? "unknown asked-for left-behind"
          : end == End::returns ? "unattended asked-for left-behind"
                                : "attended asked-for";
  const std::vector<facts::Fact> facts = tell(log);
  CHECK((facts.empty() ? "attended asked-for" : signs_of(facts.front())) == signs);
}

TEST_CASE("brokers: a unit is what was started by a whole name") {
  struct Case {
    std::vector<std::string> typed;
    std::vector<std::string> started;
    const char* signs;
  };
  const char* const kTheirs = "attended asked-for";
  const char* const kNear = "unknown perhaps-asked-for";
  const Case one = GENERATE_COPY(values<Case>({
      {{"systemctl", "restart", "ssh"}, {"/usr/bin/rsync", "-a", "-e", "ssh", "/d", "h:"}, kNear},
      {{"systemctl", "restart", "ssh"}, {"/bin/sh", "-c", "tar c / | ssh h cat"}, kNear},
      {{"systemctl", "restart", "ssh", "ship"}, {"/opt/ship", "-a"}, kTheirs},
      {{"systemctl", "restart", "rsyslog"}, {"/usr/sbin/rsyslogd"}, kTheirs},
      {{"systemctl", "start", "backup.timer"}, {"/bin/sh", "/usr/local/bin/backup.sh"}, kNear},
      {{"systemctl", "--no-block", "start", "backup@a.service"}, {"/opt/backup"}, kTheirs},
      {{"/bin/sh", "/usr/sbin/service", "ntp", "restart"}, {"sh", "/opt/restart.sh"}, kNear},
      {{"/bin/sh", "/usr/sbin/service", "ntp", "restart"}, {"sh", "/opt/ntp.sh"}, kTheirs},
  }));
  CAPTURE(one.typed, one.started);
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const bool is_script = one.typed[0] == "/bin/sh";
  log.fork(shell, 510);
  log.exec(510, is_script ? "/usr/bin/dash" : "/usr/bin/systemctl", one.typed,
           is_script ? one.typed[1] : "");
  const std::string exe = one.started[0] == "sh" ? "/usr/bin/dash" : one.started[0];
  CHECK(signs_of(curl(log, start(log, kInit, exe, one.started))) == one.signs);
}

TEST_CASE("brokers: batch waits until the machine has little to do") {
  const auto typed = GENERATE(values<std::vector<std::string>>(
      {{"at", "-qb", "now"}, {"at", "-q", "B", "now"}, {"at", "-b", "now"}}));
  CAPTURE(typed);
  CronHost log;
  const int atd = log.daemon(700, "/usr/sbin/atd");
  type(log, "/usr/bin/at", typed);
  CHECK(signs_of(curl(log, start(log, atd, "/usr/bin/dash", {"/bin/sh"}, "(none)", 1000))) ==
        "unattended at no-terminal left-behind");
}

TEST_CASE("brokers: what is set apart from the terminal that was asked for is left behind") {
  CronHost log;
  type(log, "/usr/bin/systemd-run", {"systemd-run", "-t", "bash"});
  const int bash = start(log, kInit, "/usr/bin/bash", {"bash"}, "pts4");
  log.fork(bash, 805);
  log.setsid(805);
  CHECK(signs_of(curl(log, 805)) == "unattended asked-for left-behind");
}

TEST_CASE("brokers: systemctl start of a person") {
  CronHost log;
  type(log, "/usr/bin/systemctl", {"systemctl", "start", "backup.service"});
  SECTION("the unit is in what was started") {
    CHECK(signs_of(curl(log, start(log, kInit, "/usr/bin/bash",
                                   {"/bin/bash", "/usr/local/bin/backup.sh"}))) ==
          "attended asked-for");
  }
  SECTION("it is not: somebody else's job may begin at that moment") {
    CHECK(signs_of(curl(log, start(log, kInit, "/opt/evil", {"/opt/evil"}))) ==
          "unknown perhaps-asked-for");
  }
  SECTION("long after") {
    log.pass(60'000);
    CHECK(
        signs_of(curl(log, start(log, kInit, "/usr/local/bin/backup", {"backup"}))).substr(0, 18) ==
        "unattended service");
  }
}

TEST_CASE("brokers: at now, at 03:00") {
  CronHost log;
  const int atd = log.daemon(700, "/usr/sbin/atd");
  const std::string when = GENERATE("now", "03:00");
  CAPTURE(when);
  type(log, "/usr/bin/at", {"at", when});
  log.pass(when == "now" ? 500 : 3'600'000);
  const int job = start(log, atd, "/usr/bin/dash", {"/bin/sh"}, "(none)", 1000);
  const facts::Fact fact = curl(log, job);
  CHECK(signs_of(fact) ==
        (when == "now" ? "attended asked-for" : "unattended at no-terminal left-behind"));
}

TEST_CASE("brokers: systemd-run --on-calendar is left to run, and says who asked") {
  CronHost log;
  type(log, "/usr/bin/systemd-run",
       {"systemd-run", "--on-calendar=03:00", "/usr/local/bin/send", "all"});
  log.pass(3'600'000);
  CHECK(signs_of(
            curl(log, start(log, kInit, "/usr/local/bin/send", {"/usr/local/bin/send", "all"}))) ==
        "unattended service no-terminal left-behind");
}

TEST_CASE("brokers: a job of cron's asks for nobody") {
  CronHost log;
  const int job = log.job("docker exec -it web bash");
  log.who(job).tty = "pts9";
  log.run(job, job + 5, "/usr/bin/docker", {"docker", "exec", "-it", "web", "/opt/send"});
  const int shim = log.daemon(700, "/usr/bin/containerd-shim-runc-v2");
  const facts::Fact fact = curl(log, start(log, shim, "/opt/send", {"/opt/send"}, "pts0"));
  CHECK(fact.automation == transfer::Verdict::unattended);
}

TEST_CASE("brokers: script under a service makes terminals that nobody asked for") {
  CronHost log;
  const int service = log.daemon(700, "/opt/service");
  const int script = log.run(service, 710, "/usr/bin/script", {"script", "-qc", "bash"});
  const facts::Fact fact = curl(log, start(log, script, "/usr/bin/bash", {"bash"}, "pts7"));
  CHECK(fact.automation == transfer::Verdict::unattended);
}

TEST_CASE("people: nohup and logout: what goes on is left behind") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const int curl = log.run(shell, 510, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(curl, 3, kDrop, 80);
  log.send(curl, 3, 150);
  const bool leaves = GENERATE(true, false);
  CAPTURE(leaves);
  log.user("USER_END", leaves ? 500 : 510, "PAM:session_close", "ssh");
  log.pass(300'000);
  log.send(curl, 3, 65536);
  log.done(curl);
  CHECK(signs_of(one(log)) ==
        (leaves ? "unattended interactive-shell left-behind" : "attended interactive-shell"));
}

}  // namespace auexfil::test
