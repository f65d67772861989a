#include "../../src/cli/finding_log.hpp"

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include <catch2/catch.hpp>

#include "../../src/cli/confine.hpp"
#include "../../src/cli/output.hpp"
#include "../in_child.hpp"
#include "../input/files.hpp"
#include "../report/sample.hpp"

namespace auexfil::cli::test {
namespace {

using auexfil::test::in_child;
using input::test::TempFolder;

/// What a daemon would hear at a path.
class Listener {
 public:
  explicit Listener(const std::string& path) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// What is there to be heard.
  [[nodiscard]] std::vector<std::string> heard() const {
    std::vector<std::string> all;
    std::array<char, 65536> buffer{};
    for (ssize_t size = 0; (size = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT)) >= 0;) {
      all.emplace_back(buffer.data(), static_cast<std::size_t>(size));
    }
    return all;
  }

 private:
  int fd_;
};

policy::Finding of(policy::Severity severity, std::uint64_t id) {
  policy::Finding finding = sample::finding();
  finding.severity = severity;
  finding.id = id;
  return finding;
}

LogPlaces in(const TempFolder& folder) {
  return {folder / "journal", folder / "syslog"};
}

bool says(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("finding log: entries leave a run that is confined, the gravest first") {
  const TempFolder folder;
  const Listener journal(folder / "journal");
  const Listener syslog(folder / "syslog");
  const int code = in_child([&] {
    FindingLog log(LogTo::journal, in(folder));
    FindingLog other(LogTo::syslog, in(folder));
    static_cast<void>(confine({}));
    const std::vector findings = {of(policy::Severity::low, 1), of(policy::Severity::high, 2),
                                  of(policy::Severity::low, 3)};
    log.tell(findings, {});
    other.tell(findings, {});
    return 0;
  });
  REQUIRE(code == 0);
  const auto entries = journal.heard();
  const auto lines = syslog.heard();
  REQUIRE(entries.size() == 3);
  REQUIRE(lines.size() == 3);
  const char* const ids[] = {"0000000000000002", "0000000000000001", "0000000000000003"};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(entries[i].starts_with("MESSAGE\n"));
    CHECK(says(entries[i], ids[i]));
    CHECK(lines[i].starts_with(i == 0 ? "<83>" : "<85>"));
    CHECK(says(lines[i], ids[i]));
  }
}

TEST_CASE("finding log: syslog where no journal listens, and nobody is a mistake") {
  const TempFolder folder;
  CHECK_THROWS_AS(FindingLog(LogTo::journal, in(folder)), OutputError);
  { const Listener gone(folder / "journal"); }  // its name stays
  const Listener syslog(folder / "syslog");
  FindingLog log(LogTo::journal, in(folder));
  log.tell({sample::finding()}, {});
  CHECK(syslog.heard().size() == 1);
  CHECK_THROWS_AS(FindingLog(LogTo::syslog, {"", folder / std::string(200, 'x')}), OutputError);
}

TEST_CASE("finding log: who listens no more is said") {
  const TempFolder folder;
  auto journal = std::make_unique<Listener>(folder / "journal");
  FindingLog log(LogTo::journal, in(folder));
  journal.reset();
  log.tell({}, {});
  CHECK_THROWS_AS(log.tell({sample::finding()}, {}), OutputError);
}

TEST_CASE("finding log: past a thousand one entry says how many are left out") {
  const TempFolder folder;
  const Listener syslog(folder / "syslog");
  std::vector<policy::Finding> findings(1200, of(policy::Severity::low, 1));
  findings.push_back(of(policy::Severity::critical, 2));
  const pid_t child = fork();
  if (child == 0) {
    FindingLog(LogTo::syslog, in(folder)).tell(findings, {});
    _exit(0);
  }
  std::vector<std::string> lines;
  int status = 0;
  for (bool over = false; !over;) {
    over = waitpid(child, &status, WNOHANG) == child;
    const auto more = syslog.heard();
    lines.insert(lines.end(), more.begin(), more.end());
  }
  REQUIRE(WIFEXITED(status));
  REQUIRE(lines.size() == 1001);
  CHECK(lines.front().starts_with("<82>"));
  CHECK(says(lines.back(), "and 201 findings that only the report tells"));
}

}  // namespace auexfil::cli::test
