#include <algorithm>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "auexfil/policy/judge.hpp"
#include "builders.hpp"

namespace auexfil::policy {
namespace {

using facts::Fact;

std::string print(const Judgement& judgement) {
  std::string out = fmt::format("{} {} {} {}\n", judgement.transfers, judgement.duplicates,
                                judgement.approved, judgement.unmeasured);
  for (const Finding& f : judgement.findings) {
    out += fmt::format("{:016x} {} {} {} {} {}..{} {} {} {}", f.id, f.rule, to_word(f.severity),
                       f.host.value_or("-"), f.role, f.start, f.end, f.bytes_out.value_or(0),
                       transfer::to_word(f.basis), f.window_s);
    for (const auto& [key, value] : f.group) {
      out += fmt::format(" {}={}", key, value);
    }
    for (const auto& d : f.destinations) {
      out += fmt::format(" {}:{}", d.address, d.bytes_out.value_or(0));
    }
    out += fmt::format(" {} {} {} {} | {}\n", fmt::join(f.transfers, ","), f.tool,
                       f.user.value_or("-"), fmt::join(f.command, " "), fmt::join(f.reasons, "; "));
  }
  return out;
}

const char* const kPolicy =
    "[role default]\nlimit = 1MiB\nwindow = 2h\n"
    "[role backup]\nhost = h1, h2\nlimit = 3MiB\nwindow = 5h\n"
    "[allow partner]\naddress = 203.0.113.0/30\nexpires = 2026-12-02\n"
    "[rule bulk]\ngroup_by = host, destination\nlimit = role\nseverity = high\n"
    "[rule spread]\ngroup_by = host, job\nlimit = role\nmin_destinations = 2\nseverity = high\n"
    "[rule users]\ngroup_by = user, tool\nlimit = 4MiB\nwindow = 3h\nseverity = medium\n"
    "[rule lost]\nbasis = unknown\ngroup_by = role, destination\nseverity = low\n";

std::vector<Fact> random_facts(std::mt19937& random, std::size_t count) {
  const auto pick = [&random](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  std::vector<Fact> facts;
  for (std::size_t i = 0; i < count; ++i) {
    const auto destination = [&] {
      std::optional<std::uint64_t> bytes;
      if (pick(0, 9) != 0) {
        bytes = static_cast<std::uint64_t>(pick(0, 900'000));
      }
      return to(fmt::format("203.0.113.{}", pick(1, 9)), bytes);
    };
    Fact f = fact(i * 977, kBegin + pick(0, 40) * kHour / 2, destination());
    for (int more = pick(0, 2); more > 0; --more) {
      f.destinations.push_back(destination());
    }
    f.host = fmt::format("h{}", pick(0, 4));
    f.tool = pick(0, 1) == 0 ? "scp" : "curl";
    f.uid_name = fmt::format("u{}", pick(0, 2));
    f.job->what = fmt::format("job {}", pick(0, 3));
    f.process.argv.push_back(std::to_string(i));
    facts.push_back(std::move(f));
  }
  return facts;
}

TEST_CASE("judge: the order in which facts come makes no difference") {
  std::mt19937 random(1170);
  const Policy p = policy(kPolicy);
  for (int round = 0; round < 20; ++round) {
    std::vector<Fact> facts = random_facts(random, 300);
    facts.push_back(facts[5]);  // a duplicate
    const auto judge_all = [&] {
      Judge judge(p);
      for (const Fact& fact : facts) {
        judge.add(fact);
      }
      return print(judge.finish());
    };
    const std::string first = judge_all();
    CHECK(first.find("high") != std::string::npos);
    std::shuffle(facts.begin(), facts.end(), random);
    REQUIRE(judge_all() == first);
    std::reverse(facts.begin(), facts.end());
    REQUIRE(judge_all() == first);
  }
}

TEST_CASE("judge: findings come by severity, start, rule, host and group") {
  std::mt19937 random(42);
  const Policy p = policy(kPolicy);
  Judge judge(p);
  for (const Fact& fact : random_facts(random, 400)) {
    judge.add(fact);
  }
  const Judgement result = judge.finish();
  REQUIRE(result.findings.size() > 10);
  for (std::size_t i = 1; i < result.findings.size(); ++i) {
    const Finding& a = result.findings[i - 1];
    const Finding& b = result.findings[i];
    CHECK(a.severity >= b.severity);
    if (a.severity == b.severity) {
      CHECK(a.start <= b.start);
    }
    CHECK(a.id != b.id);
  }
}

}  // namespace
}  // namespace auexfil::policy
