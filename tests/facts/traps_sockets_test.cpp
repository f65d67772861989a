#include "host_with_cron.hpp"

/// Traps 1 to 22 of transfer-tools §5: which socket, which call, which peer.
namespace auexfil::test {

TEST_CASE("trap 01: one payload is read and written four times, the inet writes count") {
  CronHost log;
  const int scp = log.tool("/usr/bin/scp", {"scp", "f", "drop@203.0.113.9:p"});
  const int ssh = log.ssh_child(scp, CronHost::sftp_argv("203.0.113.9"), kDrop);
  log.open(scp, 3, "/srv/f");
  log.write(ssh, 3, 41);
  for (int i = 0; i < 4; ++i) {
    log.read(scp, 3, 32768);
    log.call(scp, "writev", 32797, {4, 0x7f, 2});
    log.read(ssh, 4, 32768);
    log.write(ssh, 3, 32804);
  }
  log.done(ssh);
  const auto fact = one(log);
  CHECK(sum(fact) == "out 131257 measured");
}

TEST_CASE("trap 02: the socket is ssh's, the transfer is scp's") {
  CronHost log;
  const int scp = log.tool("/usr/bin/scp", {"scp", "f", "drop@203.0.113.9:p"});
  const int ssh = log.ssh_child(scp, CronHost::sftp_argv("203.0.113.9"), kDrop);
  log.upload(ssh, 3, 1'000'000);
  log.done(ssh);
  const auto fact = one(log);
  CHECK(fact.tool == "scp");
  CHECK(fact.process.pid == static_cast<std::uint32_t>(scp));
  CHECK(fact.process.argv.back() == "drop@203.0.113.9:p");
}

TEST_CASE("trap 03: ssh -s -- HOST sftp is the same for up and down: bytes tell") {
  CronHost log;
  const int up = log.tool("/usr/bin/sftp", {"sftp", "-b", "/etc/batch", "203.0.113.9"});
  const int up_ssh = log.ssh_child(up, CronHost::sftp_argv("203.0.113.9"), kDrop);
  log.upload(up_ssh, 3, 1'000'000);
  log.read(up_ssh, 3, 6000);
  log.done(up_ssh);
  const int down = log.tool("/usr/bin/sftp", {"sftp", "-b", "/etc/batch", "198.51.100.7"});
  const int down_ssh = log.ssh_child(down, CronHost::sftp_argv("198.51.100.7"), kOther);
  for (int i = 0; i < 60; ++i) {
    log.write(down_ssh, 3, 120);
    log.read(down_ssh, 3, 32768);
  }
  log.done(down_ssh);
  const auto facts = tell(log);
  REQUIRE(to(facts, kDrop).size() == 1);
  REQUIRE(to(facts, kOther).size() == 1);
  CHECK(to(facts, kDrop)[0].direction == transfer::Direction::out);
  CHECK(to(facts, kOther)[0].direction == transfer::Direction::in);
}

TEST_CASE("trap 04: descriptor 3 was nscd's, DNS's and a probe's before it was the connection") {
  CronHost log;
  const int ssh = log.tool("/usr/bin/ssh", {"ssh", "drop.example.org", "cat > f"});
  log.call(ssh, "socket", 3, {1, 0x80801, 0});
  log.call(ssh, "connect", -2, {3, 0x7f, 110},
           {"SOCKADDR saddr=" + unix_saddr("/var/run/nscd/socket")});
  log.close(ssh, 3);
  log.socket(ssh, 3, 0x80802);
  log.connect(ssh, 3, "192.0.2.53", 53);
  log.call(ssh, "sendmmsg", 2, {3, 0x7f, 2, 0x4000});
  log.close(ssh, 3);
  log.call(ssh, "socket", 3, {16, 0x80003, 0});
  log.write(ssh, 3, 20);
  log.close(ssh, 3);
  log.socket(ssh, 3, 0x80002);
  log.connect(ssh, 3, kDrop, 22);
  log.close(ssh, 3);
  log.tcp(ssh, 3, kDrop, 22);
  log.upload(ssh, 3, 500'000);
  log.done(ssh);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(fact.destinations[0].connections == 1);
  CHECK(sum(fact) == "out 500000 measured");
}

TEST_CASE("trap 05: connect on a datagram socket is no connection") {
  CronHost log;
  const int ssh = log.tool("/usr/bin/ssh", {"ssh", "drop.example.org", "cat > f"});
  log.udp(ssh, 3);
  log.connect(ssh, 3, kDrop, 22);
  log.close(ssh, 3);
  log.tcp(ssh, 3, kDrop, 22, -111);
  log.done(ssh);
  CHECK(tell(log).empty());
}

TEST_CASE("trap 06: address probes touch addresses that are never used") {
  CronHost log;
  const int scp = log.tool("/usr/bin/scp", {"scp", "f", "drop.example.org:p"});
  const int ssh = log.run(scp, scp + 1, "/usr/bin/ssh", CronHost::sftp_argv("drop.example.org"));
  for (const char* address : {"203.0.113.9", "198.51.100.7", "2001:db8::7"}) {
    log.udp(ssh, 3);
    log.connect(ssh, 3, address, 22);
    log.close(ssh, 3);
  }
  log.tcp(ssh, 3, kDrop, 22);
  log.upload(ssh, 3, 500'000);
  log.done(ssh);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(destination(fact, kDrop) != nullptr);
}

TEST_CASE("trap 07: wget probes port 0, servers probe 0.0.0.0") {
  CronHost log;
  const int wget = log.tool("/usr/bin/wget", {"wget", "http://drop.example.org/"});
  log.udp(wget, 3);
  log.connect(wget, 3, kDrop, 0);
  log.done(wget);
  log.udp(CronHost::kSshd, 4);
  log.connect(CronHost::kSshd, 4, "0.0.0.0", 2222);
  log.socket(CronHost::kSshd, 5, 2, 10);
  log.connect(CronHost::kSshd, 5, "::", 2222);
  CHECK(tell(log).empty());
}

TEST_CASE("trap 08: EINPROGRESS is the normal start") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/f"});
  log.socket(curl, 5, 0x801);
  log.connect(curl, 5, kDrop, 80, -115);
  log.send(curl, 5, 180);
  log.send(curl, 5, 65536);
  log.done(curl, 5);
  CHECK(sum(one(log)) == "out 65716 measured");
}

TEST_CASE("trap 09: a refused non-blocking connect looks the same and sends nothing") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/f"});
  log.socket(curl, 5, 0x801);
  log.connect(curl, 5, kDrop, 80, -115);
  log.write(curl, 2, 60);
  log.done(curl, 5);
  for (const auto& fact : tell(log)) {
    CHECK(fact.bytes_out.value_or(0) == 0);
    CHECK(fact.direction != transfer::Direction::in);
  }
}

TEST_CASE("trap 10: a failed IPv6 try and the IPv4 connection are one transfer") {
  CronHost log;
  const int ssh = log.tool("/usr/bin/ssh", {"ssh", "drop.example.org", "cat > f"});
  log.tcp(ssh, 3, "2001:db8::9", 22, -101);
  log.close(ssh, 3);
  log.tcp(ssh, 3, kDrop, 22);
  log.upload(ssh, 3, 300'000);
  log.done(ssh);
  const auto fact = one(log);
  CHECK(fact.destinations.size() == 1);
  CHECK(sum(fact) == "out 300000 measured");
}

TEST_CASE("trap 10: both at once: what the loser sent is nothing") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://drop.example.org/f"});
  log.socket(curl, 5, 0x801, 10);
  log.connect(curl, 5, "2001:db8::9", 80, -115);
  log.socket(curl, 6, 0x801);
  log.connect(curl, 6, kDrop, 80, -115);
  log.send(curl, 6, 180);
  log.send(curl, 6, 65536);
  log.close(curl, 5);
  log.done(curl, 6);
  const auto fact = one(log);
  CHECK(fact.bytes_out == 65716U);
  REQUIRE(destination(fact, kDrop) != nullptr);
  CHECK(destination(fact, kDrop)->bytes_out == 65716U);
}

TEST_CASE("trap 11: sendmmsg counts messages, and a name server is no destination") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://drop.example.org/f"});
  log.socket(curl, 5, 0x80802);
  log.connect(curl, 5, "192.0.2.53", 53);
  log.call(curl, "sendmmsg", 2, {5, 0x7f, 2, 0x4000});
  log.close(curl, 5);
  CHECK(tell(log).empty());
}

TEST_CASE("trap 11: messages of another datagram sender are told, not added") {
  CronHost log;
  const int tool = log.tool("/opt/feed/feeder", {"feeder"});
  log.udp(tool, 5);
  log.connect(tool, 5, kDrop, 9000);
  log.write(tool, 5, 100);
  log.call(tool, "sendmmsg", 64, {5, 0x7f, 64, 0});
  log.done(tool, 5);
  const auto fact = one(log);
  CHECK(fact.bytes_out == 100U);
  CHECK(fact.basis == transfer::Basis::at_least);
  CHECK(has_note(fact, "64 messages"));
}

TEST_CASE("trap 12: the payload call differs by tool") {
  const auto way =
      GENERATE(table<std::string, std::vector<std::uint64_t>>({{"write", {5, 0x7f, 65536, 0}},
                                                               {"sendto", {5, 0x7f, 65536, 0}},
                                                               {"sendmsg", {5, 0x7f, 0, 0}},
                                                               {"writev", {5, 0x7f, 2, 0}},
                                                               {"sendfile", {5, 4, 0, 65536}},
                                                               {"splice", {0, 0, 5, 0}}}));
  CAPTURE(std::get<0>(way));
  const std::vector<std::uint64_t>& a = std::get<1>(way);
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 5, kDrop, 9000);
  log.write(tool, 5, 64);
  log.call(tool, std::get<0>(way), 65536, {a[0], a[1], a[2], a[3]});
  log.done(tool, 5);
  CHECK(sum(one(log)) == "out 65600 measured");
}

TEST_CASE("trap 13: sendfile's destination is a0, splice's is a2") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 5, kDrop, 9000);
  log.write(tool, 5, 64);
  log.call(tool, "sendfile", 70000, {4, 5, 0, 70000});  // from the socket
  log.call(tool, "splice", 70000, {5, 0, 7, 0});        // from the socket into a pipe
  log.call(tool, "splice", 3000, {7, 0, 5, 0});         // from a pipe into the socket
  log.done(tool, 5);
  const auto fact = one(log);
  CHECK(fact.bytes_out == 3064U);
}

TEST_CASE("trap 14: one sendfile is a whole file") {
  CronHost log;
  const int put = log.tool("/usr/bin/ncftpput", {"ncftpput", "-u", "u", "203.0.113.9", "d", "f"});
  log.tcp(put, 3, kDrop, 21, -115);
  log.write(put, 3, 10);
  log.write(put, 3, 12);
  log.tcp(put, 5, kDrop, 40001);
  log.call(put, "sendfile", 8'388'608, {5, 4, 0, 8'388'608});
  log.close(put, 5);
  log.done(put);
  const auto fact = one(log);
  CHECK(fact.tool == "ncftpput");
  CHECK(sum(fact) == "out 8388630 measured");
}

TEST_CASE("trap 15: tftp goes to port 69 once and to another port then") {
  CronHost log;
  const int tftp = log.tool("/usr/bin/tftp", {"tftp", "203.0.113.9", "-c", "put", "l", "r"});
  log.udp(tftp, 3);
  log.bind(tftp, 3, "0.0.0.0", 0);
  log.sendto(tftp, 3, 14, kDrop, 69);
  for (int i = 0; i < 10; ++i) {
    log.sendto(tftp, 3, 516, kDrop, 42715);
  }
  log.done(tftp);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(fact.destinations[0].port == 69);
  CHECK(fact.destinations[0].transport == transfer::Transport::udp);
  CHECK(sum(fact) == "out 5174 measured");
}

TEST_CASE("trap 16: later tftp blocks have no address where the tool connects first") {
  CronHost log;
  const int tftp = log.tool("/usr/bin/tftp", {"tftp", "203.0.113.9", "-c", "put", "l", "r"});
  log.udp(tftp, 3);
  log.sendto(tftp, 3, 14, kDrop, 69);
  log.connect(tftp, 3, kDrop, 42715);
  for (int i = 0; i < 10; ++i) {
    log.send(tftp, 3, 516);
  }
  log.done(tftp);
  CHECK(sum(one(log)) == "out 5174 measured");
}

TEST_CASE("trap 17: busybox tftp connects and names the address: counted once") {
  CronHost log;
  const int tftp =
      log.tool("/usr/bin/busybox", {"busybox", "tftp", "-p", "-l", "l", "-r", "r", "203.0.113.9"});
  log.udp(tftp, 3);
  log.sendto(tftp, 3, 14, kDrop, 69);
  log.connect(tftp, 3, kDrop, 42715);
  for (int i = 0; i < 10; ++i) {
    log.sendto(tftp, 3, 516, kDrop, 42715);
  }
  log.done(tftp);
  const auto fact = one(log);
  CHECK(fact.tool == "tftp");
  CHECK(sum(fact) == "out 5174 measured");
}

TEST_CASE("trap 18: atftp binds and connects with family 0 and garbage") {
  CronHost log;
  const int atftp =
      log.tool("/usr/bin/atftp", {"atftp", "--put", "-l", "l", "-r", "r", "203.0.113.9"});
  log.udp(atftp, 3);
  const std::string junk = "SOCKADDR saddr=0000" + std::string(252, 'A');
  log.call(atftp, "bind", 0, {3, 0x7f, 128}, {junk});
  log.call(atftp, "connect", 0, {3, 0x7f, 128}, {junk});
  log.sendto(atftp, 3, 14, kDrop, 69);
  log.sendto(atftp, 3, 516, kDrop, 42715);
  log.sendto(atftp, 3, 516, kDrop, 42715);
  log.done(atftp);
  CHECK(sum(one(log)) == "out 1046 measured");
}

TEST_CASE("trap 18: connect with family 0 forgets the peer") {
  CronHost log;
  const int tool = log.tool("/opt/feed/feeder", {"feeder"});
  log.udp(tool, 5);
  log.connect(tool, 5, kDrop, 9000);
  log.write(tool, 5, 100);
  log.call(tool, "connect", 0, {5, 0x7f, 16}, {"SOCKADDR saddr=00000000000000000000000000000000"});
  log.connect(tool, 5, "127.0.0.1", 514);
  log.write(tool, 5, 700);
  log.done(tool, 5);
  CHECK(one(log).bytes_out == 100U);
}

TEST_CASE("trap 19: a tftp download's acknowledgements are no upload") {
  const bool silent = GENERATE(false, true);
  const bool reads = GENERATE(false, true);
  CAPTURE(silent, reads);
  CronHost log;
  log.audited = reads ? all_but({}) : all_but({"recvfrom"});
  const int tftp = silent
                       ? log.tool("/usr/bin/tftp", {"tftp", "203.0.113.9"})
                       : log.tool("/usr/bin/tftp", {"tftp", "203.0.113.9", "-c", "get", "r", "l"});
  log.udp(tftp, 3);
  log.sendto(tftp, 3, 14, kDrop, 69);
  for (int i = 0; i < 400; ++i) {
    log.call(tftp, "recvfrom", 516, {3, 0x7f, 516, 0}, {"SOCKADDR saddr=" + saddr(kDrop, 42715)});
    log.sendto(tftp, 3, 4, kDrop, 42715);
  }
  log.done(tftp);
  const auto fact = one(log);
  CHECK(to_word(fact.direction) == std::string("in"));
  CHECK(fact.bytes_out == 1614U);
}

TEST_CASE("trap 20: active ftp has no connect for its data") {
  CronHost log;
  const int ftp = log.tool("/usr/bin/inetutils-ftp", {"ftp", "-n", "203.0.113.9"});
  log.tcp(ftp, 3, kDrop, 21);
  log.write(ftp, 3, 12);
  log.socket(ftp, 4);
  log.bind(ftp, 4, "192.0.2.1", 0);
  log.listen(ftp, 4);
  log.write(ftp, 3, 26);
  log.accept(ftp, 4, 5, kDrop, 20);
  for (int i = 0; i < 10; ++i) {
    log.write(ftp, 5, 4096);
  }
  log.close(ftp, 5);
  log.close(ftp, 4);
  log.done(ftp);
  const auto fact = one(log);
  CHECK(fact.side == transfer::Side::client);
  CHECK(fact.destinations.size() == 1);
  CHECK(sum(fact) == "out 40998 measured");
}

TEST_CASE("trap 21: a client that listens on a port of its own choice is still a client") {
  CronHost log;
  const int curl = log.tool(
      "/usr/bin/curl", {"curl", "-T", "f", "-P", "192.0.2.1:50000-50100", "ftp://203.0.113.9/f"});
  log.tcp(curl, 3, kDrop, 21);
  log.send(curl, 3, 12);
  log.socket(curl, 4);
  log.bind(curl, 4, "192.0.2.1", 50000);
  log.listen(curl, 4);
  log.send(curl, 3, 26);
  log.accept(curl, 4, 5, kDrop, 20);
  log.send(curl, 5, 65536);
  log.close(curl, 5);
  log.close(curl, 4);
  log.done(curl);
  const auto fact = one(log);
  CHECK(fact.side == transfer::Side::client);
  CHECK(sum(fact) == "out 65574 measured");
}

TEST_CASE("trap 21: a server that connects out for active ftp is still a server") {
  CronHost log;
  const int vsftpd = log.daemon(400, "/usr/sbin/vsftpd");
  log.socket(vsftpd, 3);
  log.bind(vsftpd, 3, "0.0.0.0", 21);
  log.listen(vsftpd, 3);
  log.accept(vsftpd, 3, 4, kDrop, 51000);
  log.fork(vsftpd, 401);
  log.write(401, 4, 20);
  log.socket(401, 5);
  log.bind(401, 5, "192.0.2.1", 20);
  log.connect(401, 5, kDrop, 51001, -115);
  log.call(401, "sendfile", 8'388'608, {5, 6, 0, 8'388'608});
  log.close(401, 5);
  log.done(401, 4);
  for (const auto& fact : tell(log)) {
    CHECK(fact.side == transfer::Side::server);
  }
}

TEST_CASE("who fetches by ftp is one destination, for commands and for data") {
  CronHost log;
  const int vsftpd = log.daemon(400, "/usr/sbin/vsftpd");
  log.socket(vsftpd, 3);
  log.bind(vsftpd, 3, "0.0.0.0", 21);
  log.listen(vsftpd, 3);
  log.accept(vsftpd, 3, 4, kDrop, 51000);
  log.write(vsftpd, 4, 280);
  log.socket(vsftpd, 5);
  log.bind(vsftpd, 5, "192.0.2.1", 0);
  log.listen(vsftpd, 5);
  log.accept(vsftpd, 5, 6, kDrop, 51001);
  for (int i = 0; i < 10; ++i) {
    log.write(vsftpd, 6, 100'000);
  }
  log.done(vsftpd, 6);
  log.done(vsftpd, 4);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(fact.destinations[0].port == 51000);
  CHECK(fact.destinations[0].connections == 2);
  CHECK(sum(fact) == "out 1000280 at-least");
}

TEST_CASE("trap 22: sockets that are only made or bound are no transfers") {
  CronHost log;
  const int lftp = log.tool("/usr/bin/lftp", {"lftp", "-c", "put f", "203.0.113.9"});
  log.socket(lftp, 3, 1, 10);
  log.close(lftp, 3);
  log.socket(lftp, 4);
  log.bind(lftp, 4, "192.0.2.1", 0);
  log.close(lftp, 4);
  log.exit(lftp);
  log.tcp(CronHost::kCron, 5, "127.0.0.1", 25);
  log.sendto(CronHost::kCron, 6, 40, "127.0.0.1", 514);
  CHECK(tell(log).empty());
}

}  // namespace auexfil::test
