#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;  // NOLINT(google-build-using-namespace): a test

TEST_CASE("login: the five forms") {
  struct Case {
    const char* body;
    std::uint32_t pid, auid, ses;
    bool has_ses, accepted;
  };
  const std::vector<Case> cases = {
      // 2.6, RHEL 5 and 6
      {"login pid=13015 uid=0 old auid=4294967295 new auid=0", 13015, 0, 4294967295U, false, true},
      {"login pid=9 uid=0 old auid=4294967295 new auid=7 old ses=4294967295 new ses=3", 9, 7, 3,
       true, true},
      // 3.10 to 3.14
      {"pid=9 uid=0 subj=system_u:system_r:crond_t:s0 old auid=4294967295 new auid=7 old "
       "ses=4294967295 new ses=3 res=1",
       9, 7, 3, true, true},
      // RHEL 7
      {"pid=1298 uid=0 subj=x old-auid=4294967295 auid=1000 old-ses=4294967295 ses=1 res=1", 1298,
       1000, 1, true, true},
      // 4.x and later
      {"pid=901 uid=0 subj=cron (enforce) old-auid=4294967295 auid=0 tty=(none) "
       "old-ses=4294967295 ses=5 res=1\x1d"
       "UID=\"root\" OLD-AUID=\"unset\" AUID=\"root\"",
       901, 0, 5, true, true},
      {"pid=901 uid=0 old-auid=1000 auid=4294967295 tty=pts0 old-ses=4 ses=4294967295 res=0", 901,
       4294967295U, 4294967295U, true, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.body);
    Login out;
    CHECK(decode_login(c.body, out));
    CHECK(out.pid == c.pid);
    CHECK(out.auid == c.auid);
    CHECK(out.ses == c.ses);
    CHECK(out.has_ses == c.has_ses);
    CHECK(out.accepted == c.accepted);
  }
  Login out;
  CHECK_FALSE(decode_login("", out));
  CHECK_FALSE(decode_login("pid=1 uid=0", out));
  CHECK_FALSE(decode_login("uid=0 auid=1", out));
  CHECK_FALSE(decode_login("pid=x auid=1", out));
  CHECK_FALSE(decode_login("pid=1 old-auid=5", out));
}

TEST_CASE("user messages: fields inside and outside of msg=") {
  struct Case {
    const char* body;
    UserMessage out;
  };
  const auto make = [](std::uint32_t pid, std::uint32_t auid, std::uint32_t ses, const char* acct,
                       const char* exe, const char* terminal, const char* address,
                       bool success = true) {
    UserMessage out;
    out.pid = pid;
    out.auid = auid;
    out.ses = ses;
    out.acct = acct;
    out.exe = exe;
    out.terminal = terminal;
    out.address = address;
    out.success = success;
    return out;
  };
  const std::vector<Case> cases = {
      {"pid=1 uid=0 auid=1000 ses=3 msg='op=PAM:session_open acct=\"root\" exe=\"/usr/sbin/cron\" "
       "hostname=? addr=? terminal=cron res=success'",
       make(1, 1000, 3, "root", "/usr/sbin/cron", "cron", "")},
      {"user pid=1 uid=0 auid=1000 msg='PAM: authentication acct=root : exe=\"/bin/su\" "
       "(hostname=h.example.org, addr=192.0.2.7, terminal=pts/0 res=failed)'",
       make(1, 1000, 4294967295U, "root", "/bin/su", "pts/0", "192.0.2.7", false)},
      {"pid=1 uid=0 auid=1 ses=2 subj=x (enforce) msg='op=login id=5 exe=2F612062 "
       "hostname=h.example.org addr=? terminal=ssh res=success'",
       make(1, 1, 2, "", "/a b", "ssh", "h.example.org")},
      // Inner pid, uid and auid are the message's.
      {"pid=1 uid=0 auid=1 ses=2 msg='pid=9 auid=9 ses=9 acct=28696E76616C6964207573657229 res=0'",
       make(1, 1, 2, "(invalid user)", "", "", "", false)},
      // A message that is cut.
      {"pid=1 uid=0 auid=1 ses=2 msg='acct=\"root\" exe=\"/usr/sb",
       make(1, 1, 2, "root", "/usr/sb", "", "")},
      {"pid=1 uid=0 auid=1 ses=2 msg='acct=\"root\" res=failed' UID=\"root\" AUID=\"a\"",
       make(1, 1, 2, "root", "", "", "", false)},
      {"pid=1 uid=0 auid=1 ses=2 msg='acct=\"root\" res=failed'\x1d"
       "UID=\"o'x\" AUID=\"a\"",
       make(1, 1, 2, "root", "", "", "", false)},
      {"pid=1 uid=0 auid=1 ses=2", make(1, 1, 2, "", "", "", "")},
  };
  for (const Case& c : cases) {
    CAPTURE(c.body);
    UserMessage out;
    CHECK(decode_user_message(c.body, out));
    CHECK(out.pid == c.out.pid);
    CHECK(out.auid == c.out.auid);
    CHECK(out.ses == c.out.ses);
    CHECK(out.acct == c.out.acct);
    CHECK(out.exe == c.out.exe);
    CHECK(out.terminal == c.out.terminal);
    CHECK(out.address == c.out.address);
    CHECK(out.success == c.out.success);
  }
  UserMessage out;
  CHECK_FALSE(decode_user_message("", out));
  CHECK_FALSE(decode_user_message("uid=0 msg='pid=1'", out));
}

TEST_CASE("user messages: units and commands") {
  UserMessage out;
  REQUIRE(decode_user_message(
      "pid=1 uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg='unit=apt-daily "
      "comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? terminal=? res=success'",
      out));
  CHECK(out.unit == "apt-daily");
  CHECK(out.terminal == "?");
  REQUIRE(decode_user_message(
      "pid=7 uid=0 auid=0 ses=1 msg='cwd=\"/\" cmd=2E2F6D20746F exe=\"/usr/bin/sudo\" "
      "terminal=pts/0 res=success'",
      out));
  CHECK(out.cmd == "./m to");
  CHECK(out.unit.empty());
}

TEST_CASE("user messages: read one after the other, each is as if it were alone") {
  // Texts that repeat, with other senders; forms that are not the kernel's order; cut and foreign
  // ones; more different texts than are remembered.
  std::vector<std::string> bodies = {
      "pid=1 uid=0 auid=1000 ses=3 msg='op=PAM:session_open acct=\"root\" exe=\"/usr/sbin/cron\" "
      "hostname=? addr=? terminal=cron res=success'",
      "pid=2 uid=0 auid=7 ses=4294967295 msg='op=PAM:session_open acct=\"root\" "
      "exe=\"/usr/sbin/cron\" hostname=? addr=? terminal=cron res=success'",
      "pid=2 uid=0 auid=7 ses=4 subj=unconfined msg='op=x res=failed'\x1dUID=\"root\"",
      "pid=2 uid=0 auid=7 ses=4 subj=x (enforce) msg='op=x res=failed'",
      "pid=2 uid=0 auid=7 ses=4 msg='op=x acct=\"o'x\" res=failed' UID=\"o'x\" AUID=\"a\"",
      "pid=2 uid=0 auid=7 ses=4 msg='op=x acct=\"o'x\" res=failed'\x1dUID=\"o'x\"",
      "pid=2 uid=0 auid=7 ses=4 msg='op=x' op=y'",
      "pid=2 uid=0 auid=7 ses=4 msg='op=x",
      "pid=2 uid=0 auid=7 ses=4 msg=''",
      "pid=2 uid=0 auid=7 ses=4 msg='",
      "pid=4294967296 uid=0 auid=7 ses=4 msg='op=x'",
      "uid=0 pid=3 auid=7 ses=4 msg='op=x pid=9'",
      "",
  };
  for (int i = 0; i < 600; ++i) {
    bodies.push_back("pid=5 uid=0 auid=1 ses=2 msg='op=" + std::to_string(i) + " res=1'");
  }
  bodies.push_back("pid=6 uid=0 auid=1 ses=2 msg='op=" + std::string(600, 'o') + "'");
  UserMessages messages;
  for (int round = 0; round < 2; ++round) {
    for (const std::string& body : bodies) {
      CAPTURE(body);
      UserMessage alone;
      const bool good = decode_user_message(body, alone);
      const UserMessage* const read = messages.read(body);
      REQUIRE((read != nullptr) == good);
      if (good) {
        CHECK(read->pid == alone.pid);
        CHECK(read->auid == alone.auid);
        CHECK(read->ses == alone.ses);
        CHECK(read->op == alone.op);
        CHECK(read->acct == alone.acct);
        CHECK(read->exe == alone.exe);
        CHECK(read->terminal == alone.terminal);
        CHECK(read->address == alone.address);
        CHECK(read->success == alone.success);
      }
    }
  }
}
