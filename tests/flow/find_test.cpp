#include <archive.h>
#include <archive_entry.h>
#include <catch2/catch.hpp>

#include "../input/files.hpp"
#include "auexfil/flow/find_flows.hpp"
#include "told.hpp"

namespace auexfil::flow::test {
namespace {

using input::test::packed;
using input::test::TempFolder;

const std::string kCsv =
    "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes\n"
    "1.5,0,TCP,10.0.0.1,1,10.0.0.2,2,1,40\n";
const std::string kTold = "1.5+0 6 10.0.0.1:1>10.0.0.2:2 40/? L3 one-way either-way";

std::string tar(const std::vector<std::pair<std::string, std::string>>& members,
                const char* filter) {
  std::string out(std::size_t{1} << 20, '\0');
  std::size_t used = 0;
  archive* const a = archive_write_new();
  archive_write_set_format_ustar(a);
  archive_write_add_filter_by_name(a, filter);
  archive_write_open_memory(a, out.data(), out.size(), &used);
  for (const auto& [name, text] : members) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
    archive_write_header(a, entry);
    archive_write_data(a, text.data(), text.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
  out.resize(used);
  return out;
}

/// "NAME: RECORD" of every file, then problems.
Lines all_told(const FoundFlows& found) {
  Lines lines;
  FlowReader reader;
  for (const input::LogFile& file : found.files) {
    Told sink;
    const FileReport report = reader.read(file, 0, sink);
    for (const std::string& line : sink.lines) {
      lines.push_back(file.name + ": " + line);
    }
    for (const std::string& line : describe(report, file.name)) {
      lines.push_back(line);
    }
  }
  for (const input::Problem& problem : found.problems) {
    lines.push_back(problem.where + "! " + problem.what);
  }
  return lines;
}

TEST_CASE("find: in folders and archives by content, packed or not; what is named is read") {
  const TempFolder folder;
  folder.write("pile/b/flows.csv.gz", packed(kCsv, "gzip"));
  folder.write("pile/a.dat", kCsv);
  folder.write("pile/readme.txt", "hello\n");
  folder.write("pile/c.tgz", tar({{"x/conn.csv", kCsv},
                                  {"x/other.txt", "hello\n"},
                                  {"x/inner.csv.zst", packed(kCsv, "zstd")}},
                                 "gzip"));
  folder.write("outside.csv", kCsv);
  folder.link("pile/link.csv", folder / "outside.csv");
  folder.link("pile/twice.csv", folder / "pile/a.dat");
  const FoundFlows found = find_flows({folder / "pile"});
  CHECK(all_told(found) == Lines{"a.dat: " + kTold, "b/flows.csv.gz: " + kTold,
                                 "c.tgz!x/conn.csv: " + kTold, "c.tgz!x/inner.csv.zst: " + kTold});
  CHECK(found.passed_over == 2);
  const std::string text = folder / "pile/readme.txt";
  const std::string none = folder / "none";
  const std::string archive = folder / "pile/c.tgz";
  CHECK(all_told(find_flows({text, none, archive, archive})) ==
        Lines{text + ": no flow records of a known format; it was left out",
              archive + "!x/conn.csv: " + kTold, archive + "!x/inner.csv.zst: " + kTold,
              none + "! no such file or folder"});
}

Lines names(const FoundFlows& found) {
  Lines lines;
  for (const input::LogFile& file : found.files) {
    lines.push_back(file.name);
  }
  return lines;
}

const std::string kNames =
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\tanswers\n"
    "1\tC\t10.0.0.1\t1\t10.0.0.2\t53\tdrop.example\t192.0.2.1\n";

TEST_CASE("find: in a collection that nobody named as flows, those that tell bytes") {
  const TempFolder folder;
  folder.write("pile/nf.csv.gz", packed(kCsv, "gzip"));
  folder.write("pile/nf.csv.1", kCsv);
  folder.write("pile/dns.log", kNames);
  folder.write("pile/flows.dat", kCsv);  // whatever it is called
  folder.write("pile/readme.txt", "hello\n");
  folder.write("pile/firewall.log",
               "Dec  2 01:00:00 h kernel: IN= OUT=eth0 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 PROTO=TCP "
               "SPT=1 DPT=2\n");
  folder.write("pile/bare.log",
               "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n"
               "1\tC\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\tSF\n");
  folder.write("pile/settings.json", "{\"src_ip\": \"10.0.0.1\"}\n");
  folder.write("pile/c.tgz", tar({{"x/nfdump.csv", kCsv}, {"x/other.csv", kCsv}}, "gzip"));
  const input::Found logs = input::find_logs({folder / "pile"}, input::disk(), may_begin_flows);
  CHECK(input::find_logs({folder / "pile"}).passed_over.wanted.empty());
  CHECK(logs.sets.empty());
  CHECK(logs.passed_over.wanted_left_out == 0);
  const FoundFlows found = flows_among(logs.passed_over.wanted);
  CHECK(names(found) ==
        Lines{"c.tgz!x/nfdump.csv", "dns.log", "flows.dat", "nf.csv.1", "nf.csv.gz"});
  CHECK(all_told(found).size() == 5);

  // Without bytes nothing turns a join on.
  std::vector<input::LogFile> others;
  for (const input::LogFile& file : logs.passed_over.wanted) {
    if (file.name.ends_with(".log") || file.name.ends_with(".json")) {
      others.push_back(file);
    }
  }
  CHECK(others.size() == 4);
  CHECK(flows_among(others).files.empty());
  CHECK(flows_among(others).passed_over == 4);
}

/// A record of Azure's with so many tuples, that of a minute of a busy network.
std::string azure(int tuples) {
  std::string text =
      R"({"time":"2026-12-02T01:00:00Z","macAddress":"0022","flowRecords":{"flows":[{)"
      R"("flowGroups":[{"rule":"r","flowTuples":[)";
  for (int i = 0; i < tuples; ++i) {
    text += std::string(i == 0 ? "" : ",") +
            R"("1796173200000,10.0.0.1,203.0.113.5,40000,443,6,O,E,NX,10,5000,9,700")";
  }
  return text + "]}]}]}}";
}

TEST_CASE("find: a single JSON document that is longer than a glance") {
  const TempFolder folder;
  const std::string large = azure(8000);
  REQUIRE(large.size() > 500'000);
  REQUIRE(large.size() < 1'000'000);
  folder.write("pile/one.json", large);
  folder.write("pile/hour.json", "{\"records\":[" + large + "," + azure(2) + "]}");
  folder.write("pile/list.json.gz", packed("[\n" + large + ",\n" + large + "]", "gzip"));
  folder.write("pile/none.json", "{\"flowTuples\":\"" + std::string(300'000, 'x') + "\"}");
  folder.write("pile/too-long.json", azure(20000));
  folder.write("pile/no-end.json", large.substr(0, 300'000));
  const input::Found logs = input::find_logs({folder / "pile"}, input::disk(), may_begin_flows);
  CHECK(logs.passed_over.files == 6);
  CHECK(logs.passed_over.wanted.size() == 5);  // a record of more than 1 MiB is none
  const FoundFlows found = flows_among(logs.passed_over.wanted);
  CHECK(names(found) == Lines{"hour.json", "list.json.gz", "one.json"});
  CHECK(found.passed_over == 2);
  CHECK(found.not_looked_at == 0);
  // Many of them are a way to keep us busy: no more than so much is read, and that is told.
  const FoundFlows some = flows_among(logs.passed_over.wanted, 600'000);
  CHECK(names(some) == Lines{"hour.json"});
  CHECK(some.not_looked_at == 4);
  CHECK(some.passed_over == 0);
}

TEST_CASE("find: how files of flow records begin, and others do not") {
  struct Case {
    const char* beginning;
    bool may_be;
  };
  const auto c = GENERATE(values<Case>({
      {"#separator \\x09\n#set_separator\t,\n", true},
      {"#fields\tts\tuid\n", true},
      {"ts,te,td,sa,da,sp,dp,pr,flg\n", true},
      {"\n [\n  {", true},
      {"{\"ts\": 1}", true},
      {"StartTime,LastTime,Dur,Proto,SrcAddr,Sport,DstAddr,Dport\n", true},
      {"2 123456789010 eni-1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 ACCEPT "
       "OK\n",
       true},
      {"tcp      6 119 TIME_WAIT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 packets=12 bytes=500632 "
       "src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 packets=12 bytes=632 [ASSURED] use=1\n",
       true},
      {"", false},
      {"hello\n", false},
      {"# a shell script, with a comma\n", false},
      {"A sentence of so many words, and even more of them.\n", false},
      {"a,b,c\n1,2,3\n", false},
  }));
  CAPTURE(c.beginning);
  CHECK(may_begin_flows(c.beginning) == c.may_be);
}

TEST_CASE("find: in an image where sensors write, and nowhere else") {
  const TempFolder folder;
  folder.write("image/var/log/suricata/nf.csv", kCsv);
  folder.write("image/opt/zeek/logs/2026-12-02/dns.00:00:00-01:00:00.log.gz",
               packed(kNames, "gzip"));
  folder.write("image/srv/nf.csv", kCsv);
  const auto tree = input::rooted(input::disk(), folder / "image");
  CHECK(
      names(flows_among(texts_of_image(tree))) ==
      Lines{"/var/log/suricata/nf.csv", "/opt/zeek/logs/2026-12-02/dns.00:00:00-01:00:00.log.gz"});
}

TEST_CASE("find: a folder without any, and more files than the bound") {
  const TempFolder folder;
  folder.write("empty/readme.txt", "hello\n");
  CHECK(all_told(find_flows({folder / "empty"})) ==
        Lines{(folder / "empty") + "! no flow records of a known format in it"});
  for (int i = 0; i < 5; ++i) {
    folder.write("many/" + std::to_string(i) + ".csv", kCsv);
  }
  const FoundFlows found = find_flows({folder / "many"}, input::disk(), 3);
  CHECK(found.files.size() == 3);
  CHECK(found.not_looked_at == 2);
}

TEST_CASE("find: what is damaged is read as far as it goes, and told") {
  const TempFolder folder;
  std::string text = kCsv;
  for (int i = 0; i < 3000; ++i) {
    text += std::to_string(i * 7919 % 100003) + ".5,0,TCP,10.0.0.1,1,10.0.0.2,2,1,40\n";
  }
  const std::string whole = packed(text, "gzip");
  const std::string path = folder.write("cut.csv.gz", whole.substr(0, whole.size() / 2));
  Told sink;
  FlowReader reader;
  const FileReport report = reader.read(find_flows({path}).files.at(0), 0, sink);
  CHECK(report.flows > 100);
  CHECK(report.flows < 3000);
  REQUIRE(report.problem);
  CHECK(report.problem->kind == input::ProblemKind::damaged);
}

}  // namespace
}  // namespace auexfil::flow::test
