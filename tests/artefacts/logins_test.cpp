#include "auexfil/artefacts/logins.hpp"

#include <catch2/catch.hpp>

#include "image.hpp"
#include "wall_clock.hpp"

namespace auexfil::artefacts::test {
namespace {

using Kind = Told::Kind;

struct Case {
  std::string line;
  std::string told;  ///< "KIND USER …"; empty: nothing
};

std::string word(Kind kind) {
  switch (kind) {
    case Kind::accepted:
      return "accepted";
    case Kind::opened:
      return "opened";
    case Kind::new_session:
      return "session";
    case Kind::became:
      return "became";
    case Kind::ran:
      return "ran";
    case Kind::began:
      return "began";
    case Kind::lost:
      return "lost";
  }
  return "?";
}

std::string told_of(const std::string& text) {
  input::SystemLine line;
  if (!input::parse_system_line(text, line)) {
    return "no line";
  }
  const std::optional<Told> told = tell(line);
  if (!told) {
    return {};
  }
  std::string out = word(told->kind);
  const auto add = [&out](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      out.append(" ").append(name).append("=").append(value);
    }
  };
  add("user", told->user);
  add("by", told->by);
  add("address", told->address ? told->address->to_string() : "");
  add("port", told->port ? std::to_string(*told->port) : "");
  add("method", told->method);
  add("key", told->key);
  add("session", told->session == 0 ? "" : std::to_string(told->session));
  add("command", told->command);
  add("count", told->count ? std::to_string(*told->count) : "");
  return out;
}

constexpr audit::TimeMs kStart = 1796173646000;  // 2026-12-02T01:07:26Z

Asked asked_of(std::uint32_t ses, std::uint32_t pid) {
  Asked asked;
  asked.sessions.insert({ses, pid, kStart, true});
  asked.first = kStart - 400000;
  asked.last = kStart + 400000;
  asked.hosts = {"web-04.example.org"};
  return asked;
}

/// "USER ADDRESS PORT KEY EVIDENCE", else how many there are.
std::string login_in(const Files& files, const Asked& asked) {
  const auto image = std::make_shared<Image>(files);
  const SystemLogs logs({image, "/", true});
  const Answers answers = logs.ask(asked);
  const auto found = answers.login_of(*asked.sessions.begin());
  if (!found.what) {
    return found.is_unplaced ? "unplaced" : std::to_string(found.candidates);
  }
  const Login& login = *found.what;
  return login.user + " " + (login.address ? login.address->to_string() : "-") + " " +
         (login.port ? std::to_string(*login.port) : "-") + " " + login.key.value_or("-") + " " +
         login.evidence;
}

const std::string kAccepted =
    "2026-12-02T02:07:26.000276+01:00 web-04 sshd[582]: Accepted publickey for deploy from "
    "192.0.2.9 port 47316 ssh2: ED25519 SHA256:abc\n";

}  // namespace

TEST_CASE("logins: what a line says") {
  const std::string before = "Dec  2 02:07:26 web-04 ";
  const Case cases[] = {
      {"sshd[5]: Accepted publickey for al from 192.0.2.9 port 7 ssh2: ED25519 SHA256:x/y",
       "accepted user=al address=192.0.2.9 port=7 method=publickey key=ED25519 SHA256:x/y"},
      {"sshd-session[5]: Accepted password for al from 2001:db8::9 port 7 ssh2",
       "accepted user=al address=2001:db8::9 port=7 method=password"},
      {"sshd[5]: Accepted keyboard-interactive/pam for DOM\\first last from 192.0.2.9 port 7 ssh2",
       "accepted user=DOM\\first last address=192.0.2.9 port=7 method=keyboard-interactive/pam"},
      {"sshd[5]: Accepted password for al from UNKNOWN port 7 ssh2",
       "accepted user=al port=7 method=password"},
      {"dropbear[5]: Password auth succeeded for 'root' from 192.0.2.9:5678",
       "accepted user=root address=192.0.2.9 port=5678 method=password"},
      {"dropbear[5]: PAM password auth succeeded for 'al' from 2001:db8::9:7",
       "accepted user=al address=2001:db8::9 port=7 method=password"},
      {"dropbear[5]: Pubkey auth succeeded for 'al' with ssh-ed25519 key SHA256:x/y from "
       "192.0.2.9:7",
       "accepted user=al address=192.0.2.9 port=7 method=publickey key=SHA256:x/y"},
      {"dropbear[5]: Pubkey auth succeeded for 'al' with key sha1!! 0a:1b from 192.0.2.9:7",
       "accepted user=al address=192.0.2.9 port=7 method=publickey key=sha1!! 0a:1b"},
      // Nobody is in yet, was refused, left; and what can be read in two ways or in none.
      {"dropbear[5]: Password auth succeeded for 'al' from 192.0.2.9:7, extra auth required", ""},
      {"dropbear[5]: Bad password attempt for 'al' from 192.0.2.9:7", ""},
      {"dropbear[5]: Exit (al) from <192.0.2.9:7>: Exited normally", ""},
      {"dropbear[5]: Login attempt for nonexistent user 'x' Password auth succeeded for 'al' from "
       "192.0.2.9:7",
       ""},
      {"dropbear[5]: Password auth succeeded for 'al' from 192.0.2.9:7' from 203.0.113.66:9", ""},
      {"dropbear[5]: Password auth succeeded for 'a' from 203.0.113.66:9 b' from 192.0.2.9:7", ""},
      {"dropbear[5]: Password auth succeeded for '' from 192.0.2.9:7", ""},
      {"dropbear[5]: Password auth succeeded for 'al", ""},
      {"dropbear[5]: Password auth succeeded for 'al' from 192.0.2.9:70000", ""},
      {"dropbear[5]: Password auth succeeded for 'al' from x:7", ""},
      {"dropbear[5]: Pubkey auth succeeded for 'al' with SHA256:x from 192.0.2.9:7", ""},
      {"sshd[5]: Password auth succeeded for 'root' from 192.0.2.9:5678", ""},
      // The name of a certificate is its maker's word, a user's is anybody's.
      {"sshd[5]: Accepted publickey for al from 192.0.2.9 port 7 ssh2: ED25519-CERT SHA256:x ID a "
       "from 203.0.113.66 port 9 ssh2 (serial 0) CA ED25519 SHA256:y",
       "accepted user=al address=192.0.2.9 port=7 method=publickey key=ED25519-CERT SHA256:x ID a "
       "from 203.0.113.66 port 9 ssh2 (serial 0) CA ED25519 SHA256:y"},
      {"sshd[5]: Accepted publickey for al from 192.0.2.9 port 7 ssh2: x from 203.0.113.66 port 9 "
       "ssh2",
       ""},
      {"sshd[5]: Invalid user x Accepted publickey for root from 192.0.2.9 port 7 ssh2 from "
       "203.0.113.6 port 99",
       ""},
      {"sshd[5]: Failed password for invalid user Accepted publickey for root from 192.0.2.9 port "
       "7 ssh2 from 203.0.113.6 port 9 ssh2",
       ""},
      {"sshd[5]: Accepted publickey for al from 192.0.2.9 port 70000 ssh2", ""},
      {"sshd[5]: Accepted publickey for invalid user al from 192.0.2.9 port 7 ssh2", ""},
      {"login[5]: Accepted publickey for al from 192.0.2.9 port 7 ssh2", ""},
      {"sshd[5]: pam_unix(sshd:session): session opened for user al(uid=1000) by (uid=0)",
       "opened user=al"},
      {"sshd[5]: pam_unix(sshd:session): session opened for user al by (uid=0)", "opened user=al"},
      {"login[5]: pam_unix(login:session): session opened for user root(uid=0) by LOGIN(uid=0)",
       "opened user=root by=LOGIN"},
      {"CRON[5]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)", ""},
      {"crond[5]: pam_unix(crond:session): session opened for user root(uid=0) by (uid=0)", ""},
      {"(systemd): pam_unix(systemd-user:session): session opened for user al(uid=1000) by (uid=0)",
       ""},
      {"sudo[5]: pam_unix(sudo:session): session opened for user root(uid=0) by al(uid=1000)",
       "became user=root by=al"},
      {"su[5]: pam_unix(su-l:session): session opened for user root by al(uid=1000)",
       "became user=root by=al"},
      {"sshd[5]: pam_unix(sshd:session): session closed for user al", ""},
      {"systemd-logind[346]: New session 17 of user al.", "session user=al session=17"},
      {"systemd-logind[346]: New session '17' of user 'al' with class 'user' and type 'tty'.",
       "session user=al session=17"},
      {"systemd-logind[346]: New session c1 of user gdm.", ""},
      {"CRON[7]: (root) CMD (   cd / && (echo a) )", "ran user=root command=cd / && (echo a)"},
      {"CROND[7]: (al) CMD (scp a b:)", "ran user=al command=scp a b:"},
      {"/USR/SBIN/CRON[7]: (root) CMD (x)", "ran user=root command=x"},
      {"crond[7]: (root) CMDEND (x)", ""},
      {"CRON[7]: (CRON) INFO (Running @reboot jobs)", ""},
      {"bash[7]: (root) CMD (x)", ""},
      {"anacron[7]: Job `cron.daily' started", "began command=cron.daily"},
      {"systemd[1]: Starting backup.service - Nightly...", "began command=backup.service"},
      {"systemd[1]: Starting Nightly backup...", ""},
      {"systemd[812]: Starting backup.service - of a user's manager...", ""},
      {"kernel: [   12.345678] audit: audit_lost=3 audit_rate_limit=0 audit_backlog_limit=64",
       "lost count=3"},
      {"kernel: audit: backlog limit exceeded", "lost"},
      {"kernel: audit: rate limit exceeded", "lost"},
      {"kernel: audit: kauditd hold queue overflow", "lost"},
      {"kernel: audit: audit_backlog=321 > audit_backlog_limit=320", "lost"},
      {"kernel: [    0.000000] Linux version 6.1.0-28-amd64 (debian-kernel@lists.debian.org)",
       "lost count=0"},
      // What a program says, and what a record holds.
      {"kernel[7]: audit: backlog limit exceeded", ""},
      {"auditd[7]: audit: backlog limit exceeded", ""},
      {"root: kernel: audit: backlog limit exceeded", ""},
      {"kernel: audit: type=1404 audit(1796173646.000:7): audit_lost=3 audit_rate_limit=0", ""},
      {"kernel: usb 1-1: Product: audit: backlog limit exceeded", ""},
      {"kernel: audit: audit_lost=3", ""},
      {"kernel: [", ""},
  };
  for (const Case& one : cases) {
    CAPTURE(one.line);
    CHECK(told_of(before + one.line) == one.told);
  }
}

TEST_CASE("logins: joined by the pid that LOGIN names") {
  const Asked asked = asked_of(3, 582);
  const std::string opened =
      "2026-12-02T02:07:26.100000+01:00 web-04 sshd[582]: pam_unix(sshd:session): session opened "
      "for user deploy(uid=1001) by (uid=0)\n";
  const std::string deploy = "deploy 192.0.2.9 47316 ED25519 SHA256:abc /var/log/auth.log:1";
  CHECK(login_in({{"/var/log/auth.log", kAccepted}}, asked) == deploy);
  CHECK(login_in({{"/var/log/auth.log", kAccepted + opened}}, asked) == deploy);
  CHECK(login_in({{"/var/log/secure-20261203", opened}}, asked) ==
        "deploy - - - /var/log/secure-20261203:1");
  // The same line in two logs is one.
  CHECK(login_in({{"/var/log/auth.log", kAccepted}, {"/var/log/syslog.1", kAccepted}}, asked) ==
        deploy);
  // Another process, another host, another time.
  CHECK(login_in({{"/var/log/auth.log", kAccepted}}, asked_of(3, 583)) == "0");
  Asked other = asked;
  other.hosts = {"etl-01"};
  CHECK(login_in({{"/var/log/auth.log", kAccepted}}, other) == "0");
  other = asked;
  other.sessions = {{3, 582, kStart + 120000, true}};
  CHECK(login_in({{"/var/log/auth.log", kAccepted}}, other) == "0");
  // Not a log by its name.
  CHECK(login_in({{"/var/log/auth.notes", kAccepted}}, asked) == "0");
}

TEST_CASE("logins: a forged line is at most one candidate too many") {
  const Asked asked = asked_of(3, 582);
  const std::string forged =
      "2026-12-02T02:07:27.000000+01:00 web-04 sshd[582]: Accepted password for root from "
      "203.0.113.66 port 9 ssh2\n";
  const std::string opened =
      "2026-12-02T02:07:27.000000+01:00 web-04 sshd[582]: pam_unix(sshd:session): session opened "
      "for user root(uid=0) by (uid=0)\n";
  CHECK(login_in({{"/var/log/auth.log", kAccepted + forged}}, asked) == "2");
  CHECK(login_in({{"/var/log/auth.log", kAccepted + opened}}, asked) == "2");
}

TEST_CASE("logins: where nobody knows whose lines they are, lines of one host alone are taken") {
  Asked asked = asked_of(3, 582);
  asked.hosts.clear();
  CHECK(login_in({{"/var/log/auth.log", kAccepted}}, asked) ==
        "deploy 192.0.2.9 47316 ED25519 SHA256:abc /var/log/auth.log:1");
  const std::string other = "2026-12-02T02:07:26+01:00 db-01 CRON[9]: (root) CMD (x)\n";
  CHECK(login_in({{"/var/log/auth.log", kAccepted + other}}, asked) == "0");
}

TEST_CASE("logins: joined by logind's number") {
  const Asked asked = asked_of(17, 582);
  const std::string line =
      "2026-12-02T02:07:26.2+01:00 web-04 systemd-logind[346]: New session 17 of user al.\n";
  CHECK(login_in({{"/var/log/auth.log", line}}, asked) == "al - - - /var/log/auth.log:1");
  CHECK(login_in({{"/var/log/auth.log", line}}, asked_of(18, 582)) == "0");
}

TEST_CASE("logins: stamps without a year and a zone") {
  const std::string line =
      "Dec  2 02:07:26 web-04 sshd[582]: Accepted publickey for deploy from 192.0.2.9 port 47316 "
      "ssh2: ED25519 SHA256:abc\n";
  const std::string deploy = "deploy 192.0.2.9 47316 ED25519 SHA256:abc /var/log/secure:1";
  const Asked asked = asked_of(3, 582);
  CHECK(login_in({{"/etc/timezone", "Europe/Berlin\n"}, {"/var/log/secure", line}}, asked) ==
        deploy);
  CHECK(login_in({{"/etc/timezone", "Etc/UTC\n"}, {"/var/log/secure", line}}, asked) == "0");
  CHECK(login_in({{"/var/log/secure", line}}, asked) == "unplaced");
}

TEST_CASE("logins: the year of a stamp") {
  const WallClock clock("Europe/Berlin");
  const audit::TimeMs noon = *audit::parse_rfc3339("2026-12-31T12:00:00Z");
  const auto time = [&](unsigned month, unsigned day, const WallClock::Years& years) {
    const auto found = clock.time_of({0, month, day, 3600000}, years);
    return found ? audit::format_rfc3339(*found) : std::string("-");
  };
  constexpr audit::TimeMs kDay = 86400000;
  const WallClock::Years night{noon, noon + kDay, 0};
  CHECK(time(12, 31, night) == "2026-12-31T00:00:00.000Z");
  CHECK(time(1, 1, night) == "2027-01-01T00:00:00.000Z");
  CHECK(time(7, 1, night) == "2026-06-30T23:00:00.000Z");
  CHECK(time(2, 29, night) == "-");  // of no year near
  // An audit log of years, or none: by when the file was written to last.
  CHECK(time(12, 31, {noon - 900 * kDay, noon, noon - 365 * kDay}) == "2025-12-31T00:00:00.000Z");
  CHECK(time(12, 30, {0, 0, noon}) == "2026-12-30T00:00:00.000Z");
  CHECK(time(2, 1, {0, 0, noon}) == "2026-02-01T00:00:00.000Z");
  CHECK(time(12, 30, {0, 0, 0}) == "-");
  // What a clock shows twice is no time.
  CHECK_FALSE(clock.time_of({2026, 10, 25, 9000000}, night));
  CHECK_FALSE(clock.time_of({2026, 3, 29, 9000000}, night));
  CHECK_FALSE(WallClock("").time_of({2026, 10, 24, 9000000}, night));
}

TEST_CASE("logins: what cron, su and sudo logged") {
  const auto image = std::make_shared<Image>(Files{
      {"/var/log/syslog",
       "2026-12-02T02:07:26+01:00 web-04 CRON[7]: (root) CMD (scp -q /a b@192.0.2.1:)\n"
       "2026-12-02T02:07:26+01:00 web-04 CRON[8]: (root) CMD (x)\n"
       "2026-12-02T02:07:28+01:00 web-04 CRON[8]: (root) CMD (x)\n"
       "2026-12-02T02:07:40+01:00 web-04 CRON[8]: (root) CMD (x)\n"
       "2026-12-02T02:07:26+01:00 web-04 sudo[9]: pam_unix(sudo:session): session opened for user "
       "root(uid=0) by al(uid=1000)\n"}});
  Asked asked = asked_of(1, 1);
  asked.pids = {7, 8, 9};
  const Answers answers = SystemLogs({image, "/", true}).ask(asked);
  const auto start = answers.start_of(7, "scp -q /a b@192.0.2.1: ", kStart);
  REQUIRE(start.what);
  CHECK(start.what->login.user == "root");
  CHECK(start.what->login.evidence == "/var/log/syslog:1");
  CHECK_FALSE(answers.start_of(7, "scp -q /b b@192.0.2.1:", kStart).what);
  CHECK_FALSE(answers.start_of(7, "scp -q /a b@192.0.2.1:", kStart - 60000).what);
  CHECK(answers.start_of(8, "x", kStart + 60000).candidates == 2);
  const auto change = answers.change_of(9, kStart + 1000);
  REQUIRE(change.what);
  CHECK(change.what->by == "al");
}

TEST_CASE("logins: what the kernel lost, by its lines") {
  const std::string first = "2026-12-02T02:07:26.7+01:00 web-04 kernel: ";
  const auto lost = [](const std::string& time, int count) {
    return "2026-12-02T02:" + time +
           "+01:00 web-04 kernel: audit: audit_lost=" + std::to_string(count) +
           " audit_rate_limit=0 audit_backlog_limit=64\n";
  };
  const std::string why = first + "audit: backlog limit exceeded\n";
  /// "SECONDS-SECONDS RECORDS FILE:LINE", of each.
  const auto losses_in = [](const Files& files, Asked asked) {
    const auto image = std::make_shared<Image>(files);
    std::string all;
    for (const KernelLoss& loss : SystemLogs({image, "/", true}).ask(asked).losses()) {
      all += std::to_string((loss.from - kStart) / 1000) + "-" +
             std::to_string((loss.to - kStart) / 1000) + " " + std::to_string(loss.records) + " " +
             loss.evidence + "; ";
    }
    return all;
  };
  const Asked asked = asked_of(1, 1);
  SECTION("a line with its reason is one loss, and of the first one the count is not known") {
    CHECK(losses_in({{"/var/log/kern.log", lost("07:26.7", 40) + why}}, asked) ==
          "0-5 1 /var/log/kern.log:1; ");
    CHECK(losses_in({{"/var/log/messages", why}}, asked) == "0-5 1 /var/log/messages:1; ");
  }
  SECTION("counts go on, through rotations, and begin anew with a boot") {
    CHECK(losses_in({{"/var/log/kern.log.1", lost("05:00", 40) + lost("05:03", 47)},
                     {"/var/log/kern.log", lost("07:26", 90) + lost("09:00", 2)}},
                    asked) ==
          "-146--138 8 /var/log/kern.log.1:1; 0-5 43 /var/log/kern.log:1; "
          "94-99 2 /var/log/kern.log:2; ");
    CHECK(losses_in({{"/var/log/kern.log", first + "Linux version 6.1.0\n" + lost("07:30", 17)}},
                    asked) == "4-9 17 /var/log/kern.log:2; ");
  }
  SECTION("a boot's first lines, before the machine has its name, are of no other host") {
    artefacts::Asked anybody = asked;
    anybody.hosts.clear();
    std::string unnamed = first;
    unnamed.replace(unnamed.find("web-04"), 6, "localhost");
    CHECK(losses_in({{"/var/log/kern.log", unnamed + "Linux version 6.1.0\n" + lost("07:30", 17)}},
                    anybody) == "4-9 17 /var/log/kern.log:2; ");
  }
  SECTION("a line that several logs have is one") {
    const std::string lines = lost("07:26.2", 5) + lost("07:26.9", 7);
    const std::string whole = lost("07:26", 5) + lost("07:26", 7);
    CHECK(losses_in({{"/var/log/kern.log", lost("07:20", 4) + lines}, {"/var/log/syslog", whole}},
                    asked) == "-6--1 1 /var/log/kern.log:1; 0-5 3 /var/log/syslog:1; ");
  }
  SECTION("of another host, or of nobody knows which, is none") {
    Asked other = asked;
    other.hosts = {"db-01"};
    CHECK(losses_in({{"/var/log/kern.log", why}}, other).empty());
    other.hosts.clear();
    CHECK_FALSE(losses_in({{"/var/log/kern.log", why}}, other).empty());
    const std::string of_db = "2026-12-02T02:07:26+01:00 db-01 CRON[9]: (root) CMD (x)\n";
    CHECK(losses_in({{"/var/log/kern.log", why}, {"/var/log/syslog", of_db}}, other).empty());
  }
}

TEST_CASE("logins: what is kept is bounded") {
  std::string text;
  for (std::size_t i = 0; i < SystemLogs::kMostLines + 10; ++i) {
    text += "2026-12-02T02:07:26+01:00 web-04 sshd[582]: Accepted password for u" +
            std::to_string(i) + " from 203.0.113.66 port 9 ssh2\n";
  }
  const auto image = std::make_shared<Image>(Files{{"/var/log/auth.log", text}});
  const Answers answers = SystemLogs({image, "/", true}).ask(asked_of(3, 582));
  CHECK(answers.bounds() == std::map<std::string, std::uint64_t>{{"login_lines", 10}});
}

}  // namespace auexfil::artefacts::test
