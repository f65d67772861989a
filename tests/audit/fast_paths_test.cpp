#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lines.hpp"
#include "mutate.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

// What is read in the kernel's order, at once, against what is read field by field.

namespace {

/// decode_task(), field by field.
Task slow_task(std::string_view tail) {
  Task task;
  FieldReader reader(tail);
  Field field;
  bool has_comm = false;
  bool has_exe = false;
  const auto number = [&](std::uint32_t& out) {
    static_cast<void>(parse_number(field.value, out));
  };
  while (reader.next(field)) {
    if (field.key == "auid") {
      number(task.auid);
    } else if (field.key == "uid") {
      number(task.uid);
    } else if (field.key == "ses") {
      number(task.ses);
    } else if (field.key == "tty") {
      task.tty =
          field.value == "(none)" || field.value == "(null)" ? std::string_view{} : field.value;
    } else if (field.key == "comm" && !has_comm) {
      has_comm = true;
      task.comm = field;
    } else if (field.key == "exe" && !has_exe) {
      has_exe = true;
      task.exe = field;
    } else if (field.key == "key") {
      task.has_key = !is_absent(field);
    }
  }
  task.enriched = reader.enriched();
  return task;
}

void check_same(const std::string& tail) {
  CAPTURE(tail);
  const Task slow = slow_task(tail);
  Task fast;
  decode_task(tail, fast);
  CHECK(fast.auid == slow.auid);
  CHECK(fast.uid == slow.uid);
  CHECK(fast.ses == slow.ses);
  CHECK(fast.tty == slow.tty);
  CHECK(fast.has_key == slow.has_key);
  CHECK(fast.enriched == slow.enriched);
  for (const auto& [a, b] : {std::pair(fast.comm, slow.comm), std::pair(fast.exe, slow.exe)}) {
    CHECK(a.value == b.value);
    if (!b.value.empty()) {
      CHECK(a.form == b.form);
      CHECK(a.closed == b.closed);
    }
  }
}

const std::vector<std::string> kTails = {
    "auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 "
    "comm=\"scp\" exe=\"/usr/bin/scp\" subj=unconfined key=\"exec\"",
    "auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) "
    "ses=4294967295 comm=\"cron\" exe=\"/usr/sbin/cron\" key=(null)\x1d"
    "ARCH=x86_64 "
    "AUID=\"unset\" UID=\"root\"",
    "auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=ttyS0 ses=1 "
    "comm=612062 exe=2F746D702F6120622028642920 subj=/usr/sbin/x (enforce) key=6101",
    "auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=ttyS0 ses=1 "
    "comm=\"a\" exe=(null) subj==unconfined key=\"a\"#035ARCH=x86_64 AUID=\"root\"",
    "auid=0 uid=0 ses=1 comm=\"a\" comm=\"b\" exe=\"/x\" exe=\"/y\"",
    "",
};

}  // namespace

TEST_CASE("task: in the kernel's order or not, the same is read") {
  for (const std::string& tail : kTails) {
    check_same(tail);
    for (std::size_t cut = 0; cut < tail.size(); ++cut) {
      check_same(tail.substr(0, cut));
    }
  }
  Mutator mutator(11);
  for (int i = 0; i < 20'000; ++i) {
    check_same(mutator.mutate(kTails[static_cast<std::size_t>(i) % kTails.size()]));
  }
}

TEST_CASE("execve: joined at once or argument by argument, the same is read") {
  const std::vector<std::string> bodies = {
      "argc=3 a0=\"scp\" a1=\"/srv/data\" a2=\"drop@203.0.113.9:up/\"",
      "argc=2 a0=\"sh\" a1=6563686F2022612022",
      "argc=1 a0=\"\"",
      "argc=2 a0=\"a\" a1=\"\"",
      "argc=0",
      "argc=12 a0=\"0\" a1=\"1\" a2=\"2\" a3=\"3\" a4=\"4\" a5=\"5\" a6=\"6\" a7=\"7\" a8=\"8\" "
      "a9=\"9\" a10=\"10\" a11=\"11\"",
      "argc=2 a0=\"tar\" a1_len=20 a1[0]=\"0123456789\" a1[1]=\"0123456789\"",
      "argc=3 a0=\"x\" a2=\"z\"",
  };
  Mutator mutator(12);
  std::size_t joined_at_once = 0;
  for (int i = 0; i < 40'000; ++i) {
    const std::string& whole = bodies[static_cast<std::size_t>(i) % bodies.size()];
    const std::string body = i < 100 ? whole : mutator.mutate(whole);
    ArgvBounds bounds;
    bounds.max_bytes = i % 3 == 0 ? 12 : bounds.max_bytes;
    bounds.max_args = i % 5 == 0 ? 4 : bounds.max_args;
    std::string joined;
    if (!join_execve(body, bounds, joined)) {
      continue;
    }
    ++joined_at_once;
    Argv argv;
    const std::string_view view = body;
    decode_execve({&view, 1}, bounds, argv);
    std::string slow;
    for (std::size_t arg = 0; arg < argv.args.size(); ++arg) {
      slow += (arg > 0 ? std::string(1, '\0') : std::string{}) + argv.args[arg];
    }
    CAPTURE(body);
    CHECK(joined == slow);
    CHECK_FALSE((argv.cut || argv.lost || argv.bounded));
  }
  CHECK(joined_at_once > 1000);
}
