#include "auexfil/policy/read_facts.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "builders.hpp"
#include "fact_json.hpp"
#include "fact_scan.hpp"

namespace auexfil::policy {

using facts::FactCounts;
using facts::FactDetail;
using facts::FactMistake;
using facts::FactParser;
using facts::FactReader;
using facts::FactSink;
using facts::kScanned;
using facts::scan_transfer;
using facts::SummaryClaim;
namespace {

std::string line_of(std::uint64_t id, std::mt19937& random) {
  const auto pick = [&random](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  const auto text_or_null = [&](std::string_view text) {
    return pick(0, 3) == 0 ? std::string("null") : fmt::format("\"{}\"", text);
  };
  const auto number_or_null = [&](std::uint64_t number) {
    return pick(0, 5) == 0 ? std::string("null") : std::to_string(number);
  };
  const auto destination = [&] {
    return fmt::format(
        R"({{"address":"{}","port":{},"transport":"tcp","name":{},"source":"connect",)"
        R"("direction":"out","bytes_out":{},"bytes_in":null,"basis":"measured","connections":1,)"
        R"("first":"2026-12-02T01:02:01.480Z","last":null}})",
        pick(0, 4) == 0 ? "2001:db8::7" : fmt::format("203.0.113.{}", pick(1, 9)),
        number_or_null(22), text_or_null("drop.example.org"), number_or_null(400'000));
  };
  std::string destinations = destination();
  for (int more = pick(0, 2); more > 0; --more) {
    destinations += "," + destination();
  }
  const int minute = pick(0, 59);
  return fmt::format(
      R"({{"type":"transfer","schema":1,"id":"{:016x}","host":{},"node":{},)"
      R"("start":"2026-12-02T01:{:02}:01.113Z","end":"2026-12-02T01:{:02}:04.870Z","tool":"scp",)"
      R"("side":"client","direction":"out","automation":{{"verdict":"unattended","scripted":{},)"
      R"("reasons":[{{"sign":"cron","text":"by cron, pid {}","event":null}}],)"
      R"("job":{}}},"user":{{"auid":{},"auid_name":{},"uid":0,"uid_name":{},"ses":3}},)"
      R"("process":{{"pid":811,"ppid":810,"exe":"/usr/bin/scp","comm":"scp",)"
      R"("argv":["scp","{}","caf\u00e9 \"\n"],"cwd":{},"script":{}}},"lineage":[)"
      R"({{"pid":810,"exe":"/bin/dash","comm":"sh","argv":["sh","-c","a\\\\"]}},)"
      R"({{"pid":1,"exe":"/init","comm":"","argv":[]}}],"destinations":[{}],"bytes_out":{},)"
      R"("bytes_in":null,"basis":"measured","evidence":[{{"file":"audit.log","line":7,)"
      R"("event":"1796173321.480:530","what":"connect"}}],"notes":["a \"note\""]}})"
      "\n",
      id, text_or_null(fmt::format("h{}", pick(0, 3))), text_or_null("n"), minute, minute,
      pick(0, 1) == 0, pick(300, 310),
      pick(0, 3) == 0 ? "null"
                      : fmt::format(R"({{"kind":"cron","what":"job {}","artefact":{}}})",
                                    pick(0, 3), text_or_null("/etc/cron.d/x")),
      number_or_null(1000), text_or_null("svc"), text_or_null("root"), pick(0, 99),
      text_or_null("/root"), text_or_null("/opt/run.sh"), destinations, number_or_null(7));
}

const char* const kPolicy =
    "[role default]\nlimit = 1MiB\nwindow = 2h\n"
    "[allow partner]\naddress = 203.0.113.0/30\nuser = svc, root\n"
    "[rule bulk]\ngroup_by = host, destination\nlimit = role\nseverity = high\n"
    "[rule spread]\ngroup_by = host, job\nlimit = role\nmin_destinations = 2\nseverity = high\n"
    "[rule users]\ngroup_by = user, tool\nlimit = 4MiB\nwindow = 3h\nseverity = medium\n"
    "[rule lost]\nbasis = unknown\ngroup_by = role, destination\nseverity = low\n";

std::string print(const Judgement& judgement) {
  std::string out = fmt::format("{} {} {} {}\n", judgement.transfers, judgement.duplicates,
                                judgement.approved, judgement.unmeasured);
  for (const Finding& f : judgement.findings) {
    out += fmt::format("{:016x} {} {}..{} {} {} {} | {} | {}\n", f.id, f.rule, f.start, f.end,
                       f.bytes_out.value_or(0), fmt::join(f.transfers, ","), f.user.value_or("-"),
                       fmt::join(f.command, " "), fmt::join(f.reasons, "; "));
  }
  return out;
}

/// The files' text as chunks of whole lines, `lines` at a time.
FactSource source_of(const std::vector<std::string>& files, std::size_t lines) {
  struct Place {
    std::size_t file = 0;
    std::size_t at = 0;
  };
  FactSource source;
  source.next = [&files, lines, place = Place()](FactChunk& chunk) mutable {
    if (place.file == files.size()) {
      return false;
    }
    const std::string& text = files[place.file];
    std::size_t end = place.at;
    for (std::size_t i = 0; i < lines && end < text.size(); ++i) {
      end = std::min(text.find('\n', end), text.size() - 1) + 1;
    }
    chunk.file = fmt::format("f{}", place.file);
    chunk.starts_file = place.at == 0;
    chunk.ends_file = end == text.size();
    chunk.buffer.assign(text.begin() + static_cast<std::ptrdiff_t>(place.at),
                        text.begin() + static_cast<std::ptrdiff_t>(end));
    chunk.size = chunk.buffer.size();
    place = chunk.ends_file ? Place{place.file + 1, 0} : Place{place.file, end};
    return true;
  };
  return source;
}

std::vector<std::string> some_files() {
  std::mt19937 random(1170);
  std::vector<std::string> files(4);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    std::string& file = files[i / 600];
    file += line_of(i % 1900, random);
    if (i % 97 == 0) {
      file += "no fact\n\n";
    }
    if (i % 600 == 500) {
      file += R"({"type":"coverage","schema":1,"host":"h)" + std::to_string(i) +
              R"(","verdict":"blind"})"
              "\n"
              R"({"type":"summary","schema":1,"events":3})"
              "\n";
    }
  }
  files[1].pop_back();
  return files;
}

/// All that comes out, in one text.
std::string judge_all(const std::vector<std::string>& files, std::size_t lines, unsigned threads) {
  const Policy p = policy(kPolicy);
  Judge judge(p);
  std::string out;
  std::string mistakes;
  std::uint64_t base = 0;
  FactCounts counts;
  FactSource source = source_of(files, lines);
  source.wanted = [](const facts::Fact& fact) { return fact.host != "h3"; };
  read_facts(source, threads, [&](const FactBatch& batch) {
    if (batch.chunk.starts_file) {
      base = 0;
    }
    judge.add(batch.facts);
    for (const coverage::HostCoverage& host : batch.coverages) {
      out += host.host.value_or("-") + '\n';
    }
    for (const FactSummary& summary : batch.summaries) {
      out += std::to_string(summary.read.events) + '\n';
    }
    for (const FactMistake& mistake : batch.mistakes) {
      mistakes += fmt::format("{}:{}: {}\n", mistake.file, mistake.line + base, mistake.what);
    }
    base += batch.lines;
    counts.facts += batch.counts.facts;
    counts.mistakes += batch.counts.mistakes;
    if (batch.chunk.ends_file) {
      out += fmt::format("{} facts\n", counts.facts);
    }
  });
  CHECK(counts.facts == 2000);
  CHECK(counts.mistakes == 21);
  return out + mistakes + print(judge.finish());
}

TEST_CASE("read_facts: any number of threads and any size of chunk give the same") {
  const std::vector<std::string> files = some_files();
  const std::string wanted = judge_all(files, 1'000'000, 1);
  CHECK(wanted.find("bulk") != std::string::npos);
  CHECK(wanted.find("f1:") != std::string::npos);
  for (const unsigned threads : {1U, 2U, 4U}) {
    for (const std::size_t lines : {1UL, 13UL, 300UL}) {
      CAPTURE(threads, lines);
      REQUIRE((judge_all(files, lines, threads) == wanted));
    }
  }
}

TEST_CASE("read_facts: what goes wrong in a worker or a sink reaches the caller") {
  const std::vector<std::string> files = some_files();
  for (const unsigned threads : {1U, 4U}) {
    FactSource source = source_of(files, 10);
    source.wanted = [](const facts::Fact& fact) -> bool {
      if (fact.id == 700) {
        throw std::runtime_error("no");
      }
      return true;
    };
    CHECK_THROWS_AS(read_facts(source, threads, [](const FactBatch&) {}), std::runtime_error);
    CHECK_THROWS_AS(read_facts(source_of(files, 10), threads,
                               [](const FactBatch&) { throw std::logic_error("no"); }),
                    std::logic_error);
  }
}

/// All that Judge takes of a fact.
std::string print(const facts::Fact& f) {
  std::string out =
      fmt::format("{:016x} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} ", f.id,
                  f.host.value_or("-"), f.node.value_or("-"), f.start, f.end, f.tool,
                  to_word(f.side), to_word(f.direction), to_word(f.automation), f.scripted,
                  f.auid.value_or(9), f.auid_name.value_or("-"), f.uid.value_or(9),
                  f.uid_name.value_or("-"), f.ses.value_or(9), f.process.exe, f.process.comm,
                  fmt::join(f.process.argv, "|"), f.process.pid, f.ppid, f.script.value_or("-"));
  for (const facts::Reason& reason : f.reasons) {
    out += fmt::format("{}={} ", reason.sign, reason.text);
  }
  if (f.job) {
    out += fmt::format("{} {} {} ", f.job->kind, f.job->what, f.job->artefact.value_or("-"));
  }
  for (const facts::Program& p : f.lineage) {
    out += fmt::format("{} {} {} {} ", p.pid, p.exe, p.comm, p.argv.size());
  }
  for (const facts::Destination& d : f.destinations) {
    out += fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} ",
                       d.address ? d.address->to_string() : "-", d.port.value_or(9),
                       to_word(d.transport), d.name.value_or("-"), to_word(d.source),
                       to_word(d.direction), d.bytes_out.value_or(9), d.bytes_in.value_or(9),
                       to_word(d.basis), d.connections, d.first, d.last);
  }
  return out +
         fmt::format("{} {} {}", f.bytes_out.value_or(9), f.bytes_in.value_or(9), to_word(f.basis));
}

/// What one parser gives for a line; a blank before it keeps it from the scanner.
std::string parse(FactParser& parser, const std::string& line) {
  std::string padded = line;
  padded.resize(padded.size() + FactParser::kPadding);
  const auto kind = parser.parse(std::string_view(padded).substr(0, line.size()));
  return !kind ? "problem" : *kind == FactParser::Kind::fact ? print(parser.fact()) : "other";
}

TEST_CASE("transfer_scan: what it takes, it takes as the general reader does") {
  std::mt19937 random(12);
  FactParser fast(FactDetail::judged);
  FactParser slow(FactDetail::judged);
  facts::Fact fact;
  constexpr std::string_view kBytes = "\"\\{}[],:0123456789abcnul.-eE \t\n\r\x01\x7f\x80\xc3";
  std::size_t scanned = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string line = line_of(random(), random);
    line.pop_back();
    for (auto changes = random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % line.size();
      switch (random() % 3) {
        case 0:
          line[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          line.erase(at, 1 + random() % 3);
          break;
        default:
          line.insert(at, 1, kBytes[random() % kBytes.size()]);
      }
    }
    std::string padded = line;
    padded.resize(padded.size() + FactParser::kPadding);
    const std::string_view view = std::string_view(padded).substr(0, line.size());
    const std::string with_blank = " " + line;
    INFO(line);
    const std::string wanted = parse(slow, with_blank);
    if (line.starts_with(kScanned) && scan_transfer(view, fact)) {
      ++scanned;
      REQUIRE(print(fact) == wanted);
      REQUIRE(parse(fast, line) == wanted);
    }
  }
  CHECK(scanned > 20'000);
}

}  // namespace
}  // namespace auexfil::policy
