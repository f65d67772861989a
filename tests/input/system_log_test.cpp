#include "auexfil/input/system_log.hpp"

#include <catch2/catch.hpp>

#include "memory_tree.hpp"

namespace auexfil::input::test {
namespace {

std::string told(const SystemLine& line) {
  std::string out = std::to_string(line.number) + " ";
  if (line.time) {
    out += std::to_string(*line.time);
  } else if (line.wall) {
    const WallTime& wall = *line.wall;
    out += std::to_string(wall.year) + "-" + std::to_string(wall.month) + "-" +
           std::to_string(wall.day) + "+" + std::to_string(wall.ms_of_day);
  }
  out.append(" ").append(line.host).append(" ").append(line.tag);
  out += line.pid ? "[" + std::to_string(*line.pid) + "]" : std::string();
  out += line.session ? "{" + std::to_string(*line.session) + "}" : std::string();
  return out.append(": ").append(line.text);
}

std::string read(const std::string& text) {
  SystemLine line;
  return parse_system_line(text, line) ? told(line) : "none";
}

std::vector<std::string> read_file(const std::string& text, SystemLogEnd* end = nullptr) {
  const auto tree = std::make_shared<MemoryTree>();
  tree->files["/x"] = text;
  std::vector<std::string> lines;
  const SystemLogEnd got = read_system_log(
      {"/x", "x", 0, tree, 0}, [&](const SystemLine& line) { lines.push_back(told(line)); });
  if (end != nullptr) {
    *end = got;
  }
  return lines;
}

}  // namespace

TEST_CASE("system log: headers") {
  const std::pair<const char*, const char*> cases[] = {
      {"Dec  2 02:07:26 web-04 sshd[5]: text", "0 0-12-2+7646000 web-04 sshd[5]: text"},
      {"Dec 12 02:07:26 web-04 sudo:    al : TTY=x", "0 0-12-12+7646000 web-04 sudo: al : TTY=x"},
      {"Dec 02 02:07:26.123456 h a[1]: t", "0 0-12-2+7646123 h a[1]: t"},
      {"2026-12-02T02:07:26.5+01:00 h a[1]: t", "0 1796173646500 h a[1]: t"},
      {"2026-12-02T02:07:26+0100 h a: t", "0 1796173646000 h a: t"},
      {"2026-12-02T01:07:26Z h a: t\r", "0 1796173646000 h a: t"},
      {"2026-12-02T02:07:26 h a: t", "0 2026-12-2+7646000 h a: t"},
      {"<38>Dec  2 02:07:26 h a[1]: t", "0 0-12-2+7646000 h a[1]: t"},
      {"<38>1 2026-12-02T01:07:26Z h sshd 77 - - t", "0 1796173646000 h sshd[77]: t"},
      {"<38>1 2026-12-02T01:07:26Z - sshd - ID [a b=\"c\"] t", "0 1796173646000  sshd: t"},
      {"Dec  2 02:07:26 h /USR/SBIN/CRON[1]: t", "0 0-12-2+7646000 h CRON[1]: t"},
      {"Feb 29 02:07:26 h a: t", "0 0-2-29+7646000 h a: t"},
      {"Feb 30 02:07:26 h a: t", "none"},
      {"2026-02-29T02:07:26Z h a: t", "none"},
      {"Dec  2 25:07:26 h a: t", "none"},
      {"Dec  2 02:07:26 h", "none"},
      {"Dec  2 02:07:26 sshd[5]: t", "none"},
      {"Dec  2 02:07:26 h last message repeated 2 times", "none"},
      {"Dec  2 02:07:26 h a[x]: t", "none"},
      {"Dec  2 02:07:26 h a[99999999999]: t", "none"},
      {"-1--1-01T00:00:00Z h a: t", "none"},
      {"", "none"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(read(text) == expected);
  }
}

TEST_CASE("system log: the host of a header, with a tag or without") {
  struct Case {
    std::string line;
    std::string host;
  };
  const std::vector<Case> cases = {
      {"Dec  2 01:02:03 web-01 audispd: type=x", "web-01"},
      {"<13>Dec  2 01:02:03 web-01 audispd: type=x", "web-01"},
      {"Dec  2 01:02:03 web-01 type=SYSCALL", "web-01"},
      {"2026-12-02T01:02:03.4+01:00 web-01.example.com kernel: audit:", "web-01.example.com"},
      {"<13>1 2026-12-02T01:02:03Z 192.0.2.7 audispd - - - type=x", "192.0.2.7"},
      {"2026 Dec 02 01:02:03 (web-01) 10.0.0.1->/var/log/audit/audit.log type=x", "web-01"},
      {"2026 Dec 02 01:02:03 manager->/var/log/audit/audit.log type=x", "manager"},
      {"2026 Dec 02 01:02:03 (web-01) type=x", ""},
      {"2026 Dec 02 01:02:03 web-01 x->y", ""},
      {"<13>1 2026-12-02T01:02:03Z - audispd - - - type=x", ""},
      {"Dec  2 01:02:03 audispd: type=x", ""},
      {"Dec  2 01:02:03 localhost audispd: type=x", ""},
      {"Dec  2 01:02:03 localhost.localdomain audispd: type=x", ""},
      {"audit: type=1300", ""},
      {"[    1.2] audit: type=1300", ""},
      {"type=SYSCALL msg=audit(1.0:1):", ""},
      {"", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.line);
    CHECK(host_of_header(c.line) == c.host);
  }
}

TEST_CASE("system log: whether the kernel wrote it") {
  const std::pair<const char*, bool> cases[] = {
      {"Dec  2 02:07:26 h kernel: [ 1.2] t", true},
      {"<4>Dec  2 02:07:26 h kernel: t", true},
      {"<4>1 2026-12-02T01:07:26Z h kernel - - - t", true},
      {"<13>Dec  2 02:07:26 h kernel: t", false},  // a program's, under that name
      {"<13>1 2026-12-02T01:07:26Z h kernel - - - t", false},
      {"<x>1 2026-12-02T01:07:26Z h kernel - - - t", false},
      {"Dec  2 02:07:26 h kernel[7]: t", false},
      {"Dec  2 02:07:26 h app: kernel: t", false},
      {"{\"__REALTIME_TIMESTAMP\":\"1\",\"_TRANSPORT\":\"kernel\",\"SYSLOG_IDENTIFIER\":\"kernel\","
       "\"MESSAGE\":\"t\"}",
       true},
      {"{\"__REALTIME_TIMESTAMP\":\"1\",\"_TRANSPORT\":\"syslog\",\"SYSLOG_IDENTIFIER\":\"kernel\","
       "\"MESSAGE\":\"t\"}",
       false},
  };
  for (const auto& [text, is_kernel] : cases) {
    CAPTURE(text);
    const auto tree = std::make_shared<MemoryTree>();
    tree->files["/x"] = std::string(text) + "\n";
    std::vector<bool> told_kernel;
    static_cast<void>(read_system_log({"/x", "x", 0, tree, 0}, [&](const SystemLine& line) {
      told_kernel.push_back(line.is_kernel);
    }));
    CHECK(told_kernel == std::vector<bool>{is_kernel});
  }
}

TEST_CASE("system log: text, with lines that are none") {
  SystemLogEnd end;
  CHECK(read_file("Dec  2 02:07:26 h a[1]: t\n\nnoise\nDec  2 02:07:27 h b: u", &end) ==
        std::vector<std::string>{"1 0-12-2+7646000 h a[1]: t", "4 0-12-2+7647000 h b: u"});
  CHECK(end.lines == 4);
  CHECK(end.overlong == 0);
  CHECK(end.fault.empty());
}

TEST_CASE("system log: a line without end is left out and counted") {
  SystemLogEnd end;
  const std::string longest(std::size_t{70000}, 'x');
  const std::string endless(std::size_t{700000}, 'x');
  const std::string last = "Dec  2 02:07:27 h b: u\n";
  CHECK(read_file("Dec  2 02:07:26 h a: " + longest + "\n" + last + endless + "\n" + last, &end) ==
        std::vector<std::string>{"2 0-12-2+7647000 h b: u", "4 0-12-2+7647000 h b: u"});
  CHECK(end.overlong == 2);
}

TEST_CASE("system log: the journal's JSON and export") {
  // What a client may set is not asked for: SYSLOG_PID is its own word.
  SystemLogEnd end;
  const std::vector<std::string> expected = {"1 1796173646000 h sshd[5]{3}: t"};
  CHECK(read_file(R"({"__REALTIME_TIMESTAMP":"1796173646000276","_HOSTNAME":"h","_PID":"5",)"
                  R"("SYSLOG_PID":"9","SYSLOG_IDENTIFIER":"sshd","_AUDIT_SESSION":"3",)"
                  R"("MESSAGE":[116]})"
                  "\n{\"broken\n",
                  &end) == expected);
  CHECK(end.overlong == 1);
  CHECK(read_file("__CURSOR=x\n__REALTIME_TIMESTAMP=1796173646000276\n_HOSTNAME=h\n_PID=5\n"
                  "SYSLOG_PID=9\n_COMM=sshd\n_AUDIT_SESSION=3\nMESSAGE=t\n\n") ==
        std::vector<std::string>{"8 1796173646000 h sshd[5]{3}: t"});
}

TEST_CASE("system log: lines of a form of its own, as they are") {
  const auto tree = std::make_shared<MemoryTree>();
  tree->files["/x"] = "a b\n" + std::string(100000, 'x') + "\n\nc";
  std::string lines;
  const SystemLogEnd end =
      read_text_log({"/x", "x", 0, tree, 0}, [&](std::string_view line, std::uint64_t number) {
        lines += std::to_string(number) + ":" + std::string(line) + ";";
      });
  CHECK(lines == "1:a b;3:;4:c;");
  CHECK(end.lines == 4);
  CHECK(end.overlong == 1);
  CHECK(end.fault.empty());
}

TEST_CASE("system log: which files") {
  const auto tree = std::make_shared<MemoryTree>();
  for (const char* const name :
       {"auth.log", "auth.log.1", "auth.log.10.gz", "auth.log.2.gz", "secure-20261201", "messages",
        "syslog.1", "cron", "cronlog", "journal.json", "authority", "audit/x",
        "journal/0f/system.journal"}) {
    tree->files[std::string("/var/log/") + name] = "x";
  }
  tree->links["/var/log/secure"] = "/nowhere";
  std::vector<std::string> names;
  for (const LogFile& file : find_system_logs({tree, "", true})) {
    names.push_back(file.name);
  }
  CHECK(names == std::vector<std::string>{"var/log/auth.log", "var/log/auth.log.1",
                                          "var/log/auth.log.2.gz", "var/log/auth.log.10.gz",
                                          "var/log/cron", "var/log/journal.json",
                                          "var/log/messages", "var/log/secure-20261201",
                                          "var/log/syslog.1", "var/log/journal/0f/system.journal"});
  CHECK(find_system_logs({nullptr, "", true}).empty());
}

}  // namespace auexfil::input::test
