#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "auexfil/facts/fact_json.hpp"
#include "auexfil/facts/mask.hpp"
#include "host_with_cron.hpp"

namespace auexfil::test {
namespace {

/// Facts as lines, in the order in which they come, or as they are made.
class Lines final : public facts::Stage {
 public:
  explicit Lines(bool takes_digests) : takes_digests_(takes_digests) {}
  void on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) override {
    add(fact, lines);
    was_elsewhere = was_elsewhere || std::this_thread::get_id() != asker_;
  }
  void on_host(const coverage::HostCoverage& /*host*/) override {}
  [[nodiscard]] std::unique_ptr<facts::Digest> make_digest() const override {
    return takes_digests_ ? std::make_unique<Few>() : nullptr;
  }
  void on_digest(facts::Digest& digest) override {
    std::vector<std::string>& few = static_cast<Few&>(digest).lines;
    lines.insert(lines.end(), few.begin(), few.end());
    few.clear();
    was_elsewhere = was_elsewhere || std::this_thread::get_id() != asker_;
  }

  std::vector<std::string> lines;
  bool was_elsewhere = false;

 private:
  struct Few final : facts::Digest {
    void add(const facts::Fact& fact) override { Lines::add(fact, lines); }
    std::vector<std::string> lines;
  };
  static void add(const facts::Fact& fact, std::vector<std::string>& to) {
    facts::append_json(to.emplace_back(), fact);
  }

  bool takes_digests_;
  std::thread::id asker_ = std::this_thread::get_id();
};

/// Transfers that overlap, with secrets, some with more connections than are made at a time, and
/// bytes of which nobody can say where they went.
std::string busy_host() {
  CronHost log;
  log.tcp(CronHost::kCron, 12, kOther, 80, -111);  // connections are audited
  std::vector<int> open;
  for (int i = 0; i < 1100; ++i) {
    const int curl =
        log.tool("/usr/bin/curl", {"curl", "-u", fmt::format("me:secret{}", i % 7), "-T", "f",
                                   fmt::format("http://203.0.113.{}/", i % 200 + 1)});
    const int connections = i % 500 == 0 ? 600 : i % 3 + 1;
    for (int c = 0; c < connections; ++c) {
      log.tcp(curl, 3 + c, fmt::format("203.0.{}.{}", 113 + c % 4, (i + c) % 200 + 1), 80);
      log.send(curl, 3 + c, 100 + i);
    }
    log.send(curl, 2000, 10 + i % 5);  // a number of which nothing tells
    open.push_back(curl);
    if (i % 41 == 40) {  // some live long
      log.done(open.front());
      open.erase(open.begin());
    } else if (i % 3 > 0) {
      log.done(open.back());
      open.pop_back();
    }
  }
  // A server's peers are a fact each, of which there are many where its batch ends.
  const int server = log.tool("/usr/sbin/vsftpd", {"vsftpd", std::string(2000, 'v')});
  for (int peer = 0; peer < 700; ++peer) {
    log.accept(server, 3, 10 + peer, fmt::format("198.51.{}.{}", 100 + peer / 200, peer % 200 + 1),
               21);
    log.send(server, 10 + peer, 1000 + peer);
  }
  log.done(server);
  return log.text();
}

struct Result {
  std::vector<std::string> lines;
  std::vector<std::pair<std::string, std::uint64_t>> unattributed;
};

Result made_by(const std::string& text, unsigned threads, bool takes_digests) {
  transfer::TransferBuilder builder(rules().tools, rules().signs);
  host::Tracker tracker({}, builder);
  builder.attach(tracker);
  each_event(text, [&](const audit::Event& event) { tracker.take(event); });
  tracker.finish();
  builder.close();
  facts::HostName name;
  name.file_name = [](std::uint32_t) { return std::string("audit.log"); };
  facts::Masker masker;
  Lines lines(takes_digests);
  facts::make_facts(builder, name, coverage::visibility_of(tracker.tally()), &masker, lines,
                    threads);
  CHECK_FALSE(lines.was_elsewhere);
  return {std::move(lines.lines), builder.unattributed().programs()};
}

}  // namespace

TEST_CASE("facts: how many threads make them, and how they are taken, changes none of them") {
  const std::string text = busy_host();
  const Result one = made_by(text, 1, false);
  REQUIRE(one.lines.size() == 1800);
  REQUIRE_FALSE(one.unattributed.empty());
  CHECK(std::none_of(one.lines.begin(), one.lines.end(), [](const std::string& line) {
    return line.find("secret") != std::string::npos;
  }));
  const Result digests = made_by(text, 1, true);
  for (const unsigned threads : {2U, 5U, 100U}) {
    CAPTURE(threads);
    const Result made = made_by(text, threads, false);
    CHECK(made.lines == one.lines);
    CHECK(made.unattributed == one.unattributed);
    const Result taken = made_by(text, threads, true);
    CHECK(taken.lines == digests.lines);
    CHECK(taken.unattributed == one.unattributed);
  }
  const auto sorted = [](std::vector<std::string> lines) {
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  CHECK(sorted(digests.lines) == sorted(one.lines));
}

}  // namespace auexfil::test
