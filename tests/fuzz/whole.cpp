#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../facts/taking.hpp"
#include "auexfil/audit/assembler.hpp"
#include "auexfil/coverage/assess.hpp"
#include "auexfil/facts/fact_reader.hpp"
#include "auexfil/facts/make_facts.hpp"
#include "auexfil/host/automation.hpp"
#include "auexfil/host/tracker.hpp"
#include "auexfil/input/rule_file.hpp"
#include "auexfil/policy/judge.hpp"
#include "auexfil/report/csv.hpp"
#include "auexfil/report/json.hpp"
#include "auexfil/report/table.hpp"
#include "auexfil/transfer/tools.hpp"
#include "auexfil/transfer/transfer_builder.hpp"
#include "fuzz.hpp"

// A log from its bytes to the facts, findings and their printed forms, by the rules of rules/.

using namespace auexfil;  // NOLINT(google-build-using-namespace): a test
using fuzz::expect;

namespace {

constexpr report::Options kUnmasked = {.mask = false};

struct Rules {
  host::Signs signs;
  transfer::Tools tools;
  policy::Policy policy;
};

Rules load() {
  std::vector<input::RuleFile> layers;
  for (const char* name : {"tools.conf", "automation.conf", "policy.conf"}) {
    const std::string file = std::string(AUEXFIL_SOURCE_DIR "/rules/") + name;
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    expect(!text.empty(), "the rules are there");
    layers.push_back(input::parse_rule_file(text, file));
  }
  Rules rules;
  policy::LoadedPolicy loaded = policy::load_policy(layers);
  std::vector<input::Mistake> mistakes = loaded.mistakes;
  const input::RuleFile all = input::overlay(std::move(layers));
  rules.policy = std::move(loaded.policy);
  rules.signs = host::load_signs(all.sections, mistakes);
  rules.tools = transfer::Tools::load(all.sections, mistakes);
  expect(mistakes.empty(), "the rules are right");
  return rules;
}

const Rules& rules() {
  static const Rules loaded = load();
  return loaded;
}

struct Host {
  std::unique_ptr<transfer::TransferBuilder> builder;
  std::unique_ptr<host::Tracker> tracker;
};

std::map<std::string, Host> follow(std::string_view text) {
  constexpr std::size_t kMaxHosts = 4;  // each has tables of its own, which is slow to make
  std::map<std::string, Host> hosts;
  host::Tracker::Options options;
  options.max_pid = std::size_t{1} << 16;  // else one line costs 32 MiB
  options.max_descriptors = 64;
  options.max_sockets = 64;
  options.max_peers = 8;
  options.max_sessions = 16;
  options.max_string_bytes = std::size_t{64} << 10;
  options.argv.max_bytes = 2048;
  audit::Assembler::Options window;
  window.window_events = 256;  // its tables are made anew for every input
  audit::Assembler assembler(
      window,
      [&](const audit::Event& event) {
        auto found = hosts.find(std::string(event.node));
        if (found == hosts.end()) {
          if (hosts.size() == kMaxHosts) {
            return;
          }
          found = hosts.emplace(std::string(event.node), Host{}).first;
          found->second.builder =
              std::make_unique<transfer::TransferBuilder>(rules().tools, rules().signs);
          found->second.tracker = std::make_unique<host::Tracker>(options, *found->second.builder);
          found->second.builder->attach(*found->second.tracker);
        }
        found->second.tracker->take(event);
      },
      {});
  auto parsed = std::make_unique<audit::ParsedBlock>();
  parsed->block = std::make_unique<input::Block>();
  parsed->block->buffer.assign(text.begin(), text.end());
  parsed->block->bytes = {parsed->block->buffer.data(), parsed->block->buffer.size()};
  parsed->block->starts_file = true;
  audit::parse_block(*parsed, audit::Detail::followed);
  assembler.add(std::move(parsed));
  assembler.finish();
  return hosts;
}

void check_fact(const facts::Fact& fact) {
  expect(fact.start <= fact.end, "a transfer ends after its start");
  for (const facts::Destination& destination : fact.destinations) {
    expect(destination.address || destination.name || !fact.notes.empty(),
           "a destination is somewhere, or a note says why not");
    expect(destination.first <= destination.last, "first comes before last");
    expect(destination.bytes_out || destination.bytes_in ||
               destination.basis == transfer::Basis::unknown,
           "no bytes, no basis");
  }
}

void check_printed(const std::string& json, std::uint64_t lines) {
  std::string again;
  std::uint64_t read = 0;
  facts::FactReader reader({
      [&](const facts::Fact& fact) {
        report::append_json(again, fact, kUnmasked);
        ++read;
      },
      [&](const coverage::HostCoverage& host) {
        report::append_json(again, host, kUnmasked);
        ++read;
      },
      {},
  });
  reader.begin_file("facts.jsonl");
  reader.feed(json);
  static_cast<void>(reader.end_file());
  for (const facts::FactMistake& mistake : reader.mistakes()) {
    std::fprintf(stderr, "%s\n", mistake.what.c_str());
  }
  expect(reader.mistakes().empty() && read == lines, "what is printed can be read");
  expect(again == json, "what is printed is read as the same values");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::map<std::string, Host> hosts = follow(fuzz::text_of(data, size));
  policy::Judge judge(rules().policy);
  std::string json;
  std::string other;
  std::uint64_t lines = 0;
  for (auto& [node, host] : hosts) {
    host.tracker->finish();
    host.builder->close();
    facts::HostName name;
    name.host = node;
    name.file_name = [](std::uint32_t) { return std::string("audit.log"); };
    std::vector<facts::Fact> facts;
    test::Taking taking([&](const facts::Fact& fact) {
      expect(facts.empty() ||
                 std::pair(facts.back().start, facts.back().id) <= std::pair(fact.start, fact.id),
             "facts come in the order of start and id");
      facts.push_back(fact);
    });
    facts::make_facts(*host.builder, name, coverage::visibility_of(host.tracker->tally()), nullptr,
                      taking);
    for (const facts::Fact& fact : facts) {
      check_fact(fact);
      judge.add(fact);
      report::append_json(json, fact, kUnmasked);
      report::append_json(other, fact);
      report::append_csv(other, fact);
      report::append_table(other, fact);
      ++lines;
    }
    coverage::HostCoverage coverage =
        coverage::assess(host.tracker->tally(), coverage::visibility_of(host.tracker->tally()));
    coverage.host = name.host;
    report::append_json(json, coverage, kUnmasked);
    ++lines;
  }
  check_printed(json, lines);
  for (const policy::Finding& finding : judge.finish().findings) {
    report::append_json(other, finding);
    report::append_csv(other, finding);
    report::append_table(other, finding);
  }
  return 0;
}
