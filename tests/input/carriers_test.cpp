#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/input/log_header.hpp"
#include "auexfil/input/logs.hpp"
#include "carrier.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

/// A line that was taken out of a file, and the line of the file that it stands in, from 1.
using Line = std::pair<std::uint64_t, std::string>;

struct Taken {
  std::vector<Line> lines;
  std::map<std::string, std::uint64_t> bounds;
};

/// What is taken out of a file, without the lines that hold nothing.
Taken take(const std::string& text, std::size_t block_bytes = std::size_t{1} << 20) {
  const TempFolder folder;
  LogSet set;
  set.files.push_back({folder.write("log", text), "log", text.size()});
  BlockReader reader(set, {block_bytes});
  Taken taken;
  std::uint64_t line = 0;
  while (const BlockPtr block = reader.next()) {
    std::string_view rest = block->bytes;
    for (std::uint32_t at = 0; !rest.empty(); ++at) {
      const auto& continued = block->continued;
      line += std::find(continued.begin(), continued.end(), at) == continued.end() ? 1U : 0U;
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      if (end > 0) {
        taken.lines.emplace_back(line, rest.substr(0, end));
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  taken.bounds = reader.bounds();
  return taken;
}

std::vector<Line> lines_of(const std::string& text) {
  const Taken taken = take(text);
  CHECK(taken.bounds.empty());
  CHECK(take(text, 1024).lines == taken.lines);
  return taken.lines;
}

const std::string kOne = R"(type=CWD msg=audit(1.002:3): cwd=2F)";
const std::string kTwo = R"(type=CWD msg=audit(1.002:4): cwd=2F)";

}  // namespace

TEST_CASE("carriers: documents of JSON give the record of their raw field, with its line") {
  const auto in = [](const std::string& key) { return "{\"" + key + "\":\"" + kOne + "\"}\n"; };
  for (const char* key : {"message", "MESSAGE", "log", "_raw", "@message", "event.original"}) {
    CAPTURE(key);
    CHECK(lines_of(in(key) + in(key)) == std::vector<Line>{{1, kOne}, {2, kOne}});
  }
  struct Case {
    std::string text;
    std::vector<Line> lines;
  };
  const std::vector<Case> cases = {
      {R"({"event":{"original":")" + kOne + R"("}})", {{1, kOne}}},
      {R"({"_source":{"message":"x","event":{"original":[")" + kOne + "\",\"" + kTwo + R"("]}}})",
       {{1, kOne}, {1, kTwo}}},
      // One record a document, though two fields hold it.
      {R"({"message":")" + kOne + R"(","event":{"original":")" + kOne + "\"}}", {{1, kOne}}},
      {R"({"fields":{"message":[")" + kOne + "\"]}}", {{1, kOne}}},
      {"[\n {\n  \"a\": 1,\n  \"message\": \"" + kOne + "\"\n },\n {\"message\": \"" + kTwo +
           "\"}\n]\n",
       {{4, kOne}, {6, kTwo}}},
      {R"({"took":1,"hits":{"total":{"value":2},"hits":[{"_source":{"message":")" + kOne +
           R"("}},{"_source":{"message":")" + kTwo + R"("}}]},"x":1})",
       {{1, kOne}, {1, kTwo}}},
      {"[\"" + kOne + "\",\n\"" + kTwo + "\"]", {{1, kOne}, {2, kTwo}}},
      // A document in a string of one.
      {R"({"log":"{\"message\":\")" + kOne + "\\\"}\\n\"}", {{1, kOne}}},
      // What a shipper puts before, and a log behind its header.
      {"\xef\xbb\xbf{\"log\":\"Dec  2 01:02:03 h audispd: " + kOne + "\\n\"}",
       {{1, "Dec  2 01:02:03 h audispd: " + kOne}}},
      {"Dec  2 01:02:03 h tag: {\"message\":\"" + kOne + "\"}\nfoo\n", {{1, kOne}, {2, "foo"}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(lines_of(c.text) == c.lines);
  }
}

TEST_CASE("carriers: what exports call the line and its host") {
  struct Case {
    std::string before;  ///< "%" is the host
    std::string after;
  };
  const std::vector<Case> cases = {
      {R"({"agent":{"id":"1","name":"%"},"manager":{"name":"m"},"full_log":")", R"("})"},  // Wazuh
      {R"({"Computer":"%","HostName":"x","SyslogMessage":")", R"("})"},                    // Azure
      {R"({"attributes":{"host":"%","message":")", R"("}})"},           // Datadog
      {R"({"@rawstring":")", R"(","host":"%"})"},                       // LogScale
      {R"({"Hostname":"%","raw_event":")", R"(","Message":"m"})"},      // NXLog
      {R"({"PROGRAM":"audispd","HOST":"%","MESSAGE":")", R"("})"},      // syslog-ng
      {R"({"host":"%","tag":"audispd:","msg":" )", R"("})"},            // rsyslog
      {R"({"host":"collector","logsource":"%","message":")", R"("})"},  // Logstash
      {R"({"stream":{"host":"%"},"values":[["179617",")", R"("]]})"},   // Loki
      {R"({"labels":{"instance_id":"%"},"textPayload":")", R"("})"},    // Google
      {R"({"logStreamName":"%","message":")", R"("})"},                 // CloudWatch
      {R"({"agent":{"type":"filebeat","name":"%"},"message":")", R"("})"},
      {"2026-12-02T01:02:03+00:00	audit	"
       R"({"host":"%","message":")",
       R"("})"},  // fluentd
      {R"({"_source.host.name":"%","_source.message":")", R"("})"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.before);
    const auto of = [&](const std::string& host, const std::string& record) {
      std::string text = c.before + record + c.after;
      const std::size_t place = text.find('%');
      return text.replace(place, 1, host) + "\n";
    };
    const std::vector<Line> lines = lines_of(of("a-1", kOne) + of("b.example.com", kTwo));
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == Line{1, "node=a-1 " + kOne});
    CHECK(lines[1] == Line{2, "node=b.example.com " + kTwo});
  }
}

TEST_CASE("carriers: what names a host, and what does not") {
  struct Case {
    std::string one;
    std::string other;
    bool are_two;
  };
  const std::vector<Case> cases = {
      {"i-0a1/audit", "i-0b2/audit", true},
      {"fe80::1", "fe80::2", true},
      {"prod/web-01", "prod/db-02", true},
      {"web-01", "web-01.example.com", false},
      {"audit.log", "audit.log.1", false},
      {"/var/log/audit/audit.log", "/var/log/audit/audit.log.1", false},
      {"a b", "c d", false},
      {"a", "b type=SYSCALL msg=audit(1.000:9):", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.one);
    const auto document = [](const std::string& host, const std::string& record) {
      return R"({"source":")" + host + R"(","message":")" + record + "\"}\n";
    };
    const std::vector<Line> lines = lines_of(document(c.one, kOne) + document(c.other, kTwo));
    REQUIRE(lines.size() == 2);
    CHECK((lines[1].second != kTwo) == c.are_two);
  }
}

TEST_CASE(
    "carriers: a host's name stands where who ships it has put it, not deep in what it ships") {
  const auto of = [](const std::string& deep, const std::string& record) {
    return R"({"agent":{"name":"web-01"},)" + deep + R"("message":")" + record + "\"}\n";
  };
  for (const std::string deep :
       {R"("auditd":{"log":{"hostname":"evil"}},)", R"("ctx":{"a":{"_HOSTNAME":"evil"}},)",
        R"("auditd.log.hostname":"evil",)", R"("hostname":"evil",)"}) {
    CAPTURE(deep);
    CHECK(lines_of(of("", kOne) + of(deep, kTwo)) == std::vector<Line>{{1, kOne}, {2, kTwo}});
  }
  const auto host = [](const std::string& name, const std::string& record) {
    return R"({"host":")" + name + R"(","message":")" + record + "\"}\n";
  };
  CHECK(lines_of(host("a.log.example.com", kOne) + host("b.log.example.com", kTwo)) ==
        std::vector<Line>{{1, "node=a.log.example.com " + kOne},
                          {2, "node=b.log.example.com " + kTwo}});
}

TEST_CASE("carriers: a line of a log is no header of columns") {
  for (const std::string line :
       {"type=SYSCALL msg=audit(1.002:1): comm=\"a,msg,b\"", "Dec  2 01:02:03 h u: a,msg,b",
        "Dec  2 01:02:03 h backup: wrote /var/log/backup.log, done",
        "2026-12-02T01:02:03Z h u a,message,b"}) {
    CAPTURE(line);
    CHECK(lines_of(line + "\n" + kOne + " a,b\n") ==
          std::vector<Line>{{1, line}, {2, kOne + " a,b"}});
  }
  // As Splunk has them.
  CHECK(lines_of("_raw,\"tag::eventtype\",\"TimeGenerated [UTC]\"\n\"" + kOne + "\",x,y\n") ==
        std::vector<Line>{{2, kOne}});
}

TEST_CASE("carriers: columns that exports name the line and its host by") {
  for (const std::string header :
       {"TimeGenerated,Computer,SyslogMessage", "_messagetime,_sourceHost,_raw",
        "timestamp,source,message", "@timestamp,@logStream,@message", "Date,Host,Message",
        "_id,_source.host.name,_source.message"}) {
    CAPTURE(header);
    const std::vector<Line> lines = lines_of(header + "\n1,a-1," + kOne + "\n2,b-2," + kTwo + "\n");
    CHECK(lines == std::vector<Line>{{2, "node=a-1 " + kOne}, {3, "node=b-2 " + kTwo}});
  }
}

TEST_CASE("carriers: a list of a document's own is no list of documents") {
  CHECK(lines_of(R"({"message":")" + kOne + R"(","data":[{"message":")" + kTwo + "\"}]}\n") ==
        std::vector<Line>{{1, kOne}});
  CHECK(lines_of(R"({"data":[{"message":")" + kOne + R"("},{"message":")" + kTwo + "\"}]}\n") ==
        std::vector<Line>{{1, kOne}, {1, kTwo}});
  // Of the second document on it is its own, wherever it stands.
  const std::string with_list = R"({"data":[{"k":1}],"message":")" + kTwo + "\"}\n";
  CHECK(lines_of(R"({"message":")" + kOne + "\"}\n" + with_list) ==
        std::vector<Line>{{1, kOne}, {2, kTwo}});
}

TEST_CASE("carriers: of several hosts each record has its own, by the header that it came behind") {
  const auto document = [](const std::string& host, const std::string& message) {
    return R"({"host":{"name":")" + host + R"("},"message":")" + message + "\"}\n";
  };
  const std::string a = "Dec  2 01:02:03 a audispd: ";
  const std::string b = "Dec  2 01:02:03 b audispd: ";
  // The host of the documents is the collector.
  CHECK(lines_of(document("c", a + kOne) + document("c", b + kTwo) + document("c", kTwo)) ==
        std::vector<Line>{{1, "node=a " + kOne}, {2, "node=b " + kTwo}, {3, "node=c " + kTwo}});
  // One host: the lines are as they stood.
  CHECK(lines_of(document("c", a + kOne) + document("c", a + kTwo)) ==
        std::vector<Line>{{1, a + kOne}, {2, a + kTwo}});
  // A node of its own is the record's, whatever stands before it.
  CHECK(lines_of(document("c", a + "node=n " + kOne) + document("c", b + kTwo) +
                 document("c", a + kTwo)) ==
        std::vector<Line>{{1, a + "node=n " + kOne}, {2, "node=b " + kTwo}, {3, "node=a " + kTwo}});
}

TEST_CASE("carriers: a document without a record is told, and none is made of what others say") {
  const std::vector<std::string> texts = {
      R"({"a":")" + kOne + "\"}",                        // no raw field
      R"({"user_agent":{"original":")" + kOne + "\"}}",  // a client's
      R"({"message":"sshd[7]: Invalid user x )" + kOne + "\"}",
      R"({"message":"Dec  2 01:02:03 h sshd[7]: Invalid user x: )" + kOne + "\"}",
      R"({"message":"GET / \")" + kOne + "\\\"\"}",
      R"({"message":"line\n)" + kOne + "\"}",
      R"({"message":7})",
      R"({"message":")" + kOne + "\"",  // no end
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    // With a good one behind: nothing is lost.
    const auto lines =
        lines_of("{\"message\":\"" + kTwo + "\"}\n" + text + "\n{\"message\":\"" + kTwo + "\"}\n");
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] == Line{1, kTwo});
    CHECK(lines[1].first == 2);
    CHECK(lines[1].second.front() == '{');
    CHECK_FALSE(is_carried_record(lines[1].second));
    CHECK(lines[2] == Line{3, kTwo});
  }
}

TEST_CASE("carriers: a newline that a sender put into a record begins no other") {
  const auto lines = lines_of(
      "{\"message\":\"type=USER_CMD msg=audit(1.002:3): pid=1 "
      "msg='op=x\\n" +
      kTwo + " res=success'\"}\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].second ==
        "type=USER_CMD msg=audit(1.002:3): pid=1 msg='op=x " + kTwo + " res=success'");
}

TEST_CASE("carriers: JSON that is broken costs its own lines") {
  const std::string good = "{\"message\":\"" + kOne + "\"}\n";
  for (const char* broken : {"{\"a\":\"cut", "{\"a\":{\"b\":1", "{\"a\":1,", "{", "}", "]", "\"x",
                             "{]", "{\"a\":[1,{", "\\", "{\"a\":\"\\"}) {
    CAPTURE(broken);
    const auto lines = take(good + broken + "\n" + good + good).lines;
    const auto count = std::count_if(lines.begin(), lines.end(),
                                     [](const Line& line) { return line.second == kOne; });
    CHECK(count == 3);
    CHECK(lines.back() == Line{4, kOne});
  }
}

TEST_CASE("carriers: bounds of JSON are counted, and what follows is read") {
  const std::string good = "{\"message\":\"" + kOne + "\"}\n";
  const auto bound = [&](const std::string& bad) {
    const Taken taken = take(good + bad + "\n" + good);
    REQUIRE(!taken.lines.empty());
    CHECK(taken.lines.front() == Line{1, kOne});
    CHECK(taken.lines.back() == Line{3, kOne});
    REQUIRE(taken.bounds.size() == 1);
    CHECK(taken.bounds.begin()->second == 1);
    return taken.bounds.begin()->first;
  };
  const std::string deep(100'000, '[');
  CHECK(bound("{\"a\":" + deep + std::string(deep.size(), ']') + "}") == "json_depth");
  CHECK(bound("{\"a\":\"" + std::string(3 << 20, 'x') + "\"}") == "json_document_bytes");
  std::string wide = "{\"a\":1";
  for (int i = 0; i < 5000; ++i) {
    wide += ",\"k\":1";
  }
  CHECK(bound(wide + "}") == "json_fields");
  // Brackets without end are no more than a line.
  CHECK(take(good + "{\"a\":" + deep + "\n" + good + std::string(2 << 20, ' ') + "\n" + good)
            .lines.back()
            .second == kOne);
}

TEST_CASE("carriers: LAUREL's and go-audit's events become the records of one line") {
  const auto lines = lines_of(
      R"({"ID":"1.002:3","NODE":"a b","SYSCALL":{"arch":"0xc000003e","syscall":42,"success":"no","exit":-115,"items":0,"pid":7,"tty":null,"comm":"a%22%20b","exe":"/bin/x","key":null,"ARCH":"x86_64","ARGV":["0x3","0xff","0x10","0x0"]},"SOCKADDR":[{"saddr":"%02%00%00P","SADDR":{"family":"inet"}}],"PARENT_INFO":{"ID":"1.0:1"}})"
      "\n"
      R"({"ID":"1.003:4","EXECVE":{"argc":2,"ARGV":["ls","-l\n%0atype=CWD msg=audit(1.002:9): x"]},"PROCTITLE":{"ARGV":["ls","-l"]},"USER_CMD":[{"pid":1,"uid":0,"auid":0,"ses":1,"cwd":"/","cmd":"it's","terminal":"x' type=CWD","res":"success"}]})"
      "\n"
      R"({"sequence":5,"timestamp":"1.004","messages":[{"type":1300,"data":"arch=c000003e syscall=1"},{"type":1306,"data":"saddr=02\ntype=CWD"}],"uid_map":{}})");
  CHECK(lines ==
        std::vector<Line>{
            {1,
             "node=a_b type=SYSCALL msg=audit(1.002:3): arch=c000003e syscall=42 success=no "
             "exit=-115 items=0 pid=7 tty=(none) comm=61222062 exe=\"/bin/x\" key=(null) a0=3 "
             "a1=ff a2=10 a3=0"},
            {1, "node=a_b type=SOCKADDR msg=audit(1.002:3): saddr=02000050"},
            {2,
             "type=EXECVE msg=audit(1.003:4): argc=2 a0=\"ls\" "
             "a1=2D6C0A0A747970653D435744206D73673D617564697428312E3030323A39293A2078"},
            {2, "type=PROCTITLE msg=audit(1.003:4): proctitle=6C73002D6C"},
            {2,
             "type=USER_CMD msg=audit(1.003:4): pid=1 uid=0 auid=0 ses=1 msg='cwd=\"/\" "
             "cmd=\"it's\" terminal=x__type=CWD res=success'"},
            {3, "type=1300 msg=audit(1.004:5): arch=c000003e syscall=1"},
            {3, "type=1306 msg=audit(1.004:5): saddr=02 type=CWD"},
        });
  // A stamp is three numbers, or no event.
  CHECK(lines_of(R"({"ID":"1.002:3 x","CWD":{"cwd":"/"}})").front().second.front() == '{');
}

namespace {

std::string entry(const std::string& fields, const std::string& message) {
  return "__CURSOR=x\n" + fields + "MESSAGE=" + message + "\n\n";
}

std::string binary(const std::string& name, const std::string& value) {
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    length[i] = static_cast<char>(value.size() >> (8 * i) & 0xff);
  }
  return name + "\n" + length + value + "\n";
}

}  // namespace

TEST_CASE("carriers: an entry of the journal is believed as far as the journal knows its sender") {
  const std::string audit =
      "_TRANSPORT=audit\n_AUDIT_ID=3\n_SOURCE_REALTIME_TIMESTAMP=1796173321480000\n";
  const std::string stamp = " msg=audit(1796173321.480:3): ";
  struct Case {
    std::string text;
    std::string line;
  };
  const std::vector<Case> cases = {
      {entry(audit, "CWD cwd=2F"), "type=CWD" + stamp + "cwd=2F"},
      {entry(audit, "AUDIT1420 a=1"), "type=1420" + stamp + "a=1"},
      {entry(audit + "_AUDIT_TYPE_NAME=EXECVE\n", ""), "type=EXECVE" + stamp},
      {entry(audit, "CWD] type=x a"), "type=CWD]" + stamp + "type=x a"},
      {entry(audit, "c=wd a=1"), "-"},
      {entry("_TRANSPORT=kernel\n", "audit: type=1307 audit(1.002:3): cwd=2F"),
       "audit: type=1307 audit(1.002:3): cwd=2F"},
      {entry("_TRANSPORT=syslog\n_UID=0\n", kOne), kOne},
      // Anybody may say so.
      {entry("_TRANSPORT=syslog\n_UID=1000\n", kOne), "-"},
      {entry("_TRANSPORT=stdout\n", kOne), "-"},
      {entry("_TRANSPORT=journal\n_UID=1000\nAUDIT_ID=3\n", "CWD cwd=2F"), "-"},
      // A value is as long as it says, and its newlines are its own.
      {"__CURSOR=x\n" + audit +
           binary("MESSAGE", "USER_CMD msg='a\n\n__CURSOR=y\n_TRANSPORT=kernel\nMESSAGE=b'") + "\n",
       "type=USER_CMD" + stamp + "msg='a  __CURSOR=y _TRANSPORT=kernel MESSAGE=b'"},
      {"__CURSOR=x\n" + binary("OTHER", "\n\n_TRANSPORT=kernel\nMESSAGE=" + kOne) + audit +
           "MESSAGE=CWD cwd=2F\n\n",
       "type=CWD" + stamp + "cwd=2F"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto lines = lines_of(c.text);
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().second == c.line);
  }
  const auto json = lines_of(
      R"({"_TRANSPORT":"syslog","_UID":"1000","MESSAGE":")" + kOne + "\"}\n" +
      R"({"_TRANSPORT":"audit","_AUDIT_ID":"3","_SOURCE_REALTIME_TIMESTAMP":"1796173321480000","MESSAGE":[67,87,68,32,97,61,10,98]})");
  REQUIRE(json.size() == 2);
  CHECK(json[0].second.front() == '{');
  CHECK(json[1] == Line{2, "type=CWD" + stamp + "a= b"});
  // A length beyond all bounds, and a file that ends in the middle of one.
  const Taken taken = take(entry(audit, "CWD cwd=2F") + "MESSAGE\n" + std::string(8, '\xff') + "x");
  CHECK(taken.bounds == std::map<std::string, std::uint64_t>{{"journal_field_bytes", 1}});
  CHECK(taken.lines.size() == 2);
}

TEST_CASE("carriers: rows of CSV give the cell that the header names, with its line") {
  struct Case {
    std::string text;
    std::vector<Line> lines;
  };
  const std::string quoted = R"(type=CWD msg=audit(1.002:3): cwd=""/"")";
  const std::string plain = R"(type=CWD msg=audit(1.002:3): cwd="/")";
  const std::vector<Case> cases = {
      {"_raw,_time\n\"" + quoted + "\",2026\n", {{2, plain}}},
      {"\"_time\",\"_raw\"\r\n\"2026\",\"" + quoted + "\"\r\n", {{2, plain}}},
      {"time;message\n2026;" + plain + "\n", {{2, plain}}},
      {"message\n" + plain + ",x\n\"" + quoted + "\"\n", {{2, plain + ",x"}, {3, plain}}},
      {"\"2026\",\"" + quoted + "\"\n\"2026\",\"x\"\n", {{1, plain}, {2, "-"}}},
      {"a,message\n\"1\n2\",\"" + quoted + "\"\n3,foo\n", {{3, plain}, {4, "-"}}},
      // Another column says what it likes; a newline begins no record.
      {"a,message\n\"" + quoted + "\",x\n", {{2, "-"}}},
      {"message,a\n\"x\n" + quoted + "\",y\n", {{2, "-"}}},
      {"message,a\n\"" + quoted + "\n" + kTwo + "\",y\n", {{2, plain + " " + kTwo}}},
      {"message,a\n\"type=CWD msg=au", {{2, "-"}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(lines_of(c.text) == c.lines);
  }
  const std::string row = "x,\"" + quoted + "\"\n";
  for (const auto& [name, bad] :
       {std::pair<std::string, std::string>{"csv_row_bytes", "\"" + std::string(2 << 20, 'x')},
        {"csv_cells", std::string(5000, ',')}}) {
    const Taken taken = take("a,message\n" + row + bad + "\n" + row);
    CHECK(taken.bounds == std::map<std::string, std::uint64_t>{{name, 1}});
    CHECK(taken.lines == std::vector<Line>{{2, plain}, {4, plain}});
  }
}

TEST_CASE("carriers: UTF-16 holds the log, or another form") {
  const auto encode = [](const std::string& text, bool is_big) {
    std::string bytes = is_big ? "\xfe\xff" : "\xff\xfe";
    for (const char c : text) {
      bytes += is_big ? std::string{'\0', c} : std::string{c, '\0'};
    }
    return bytes;
  };
  for (const bool is_big : {false, true}) {
    CHECK(lines_of(encode(kOne + "\n" + kTwo + "\n", is_big)) ==
          std::vector<Line>{{1, kOne}, {2, kTwo}});
    CHECK(lines_of(encode("{\"message\":\"" + kOne + "\"}", is_big)) ==
          std::vector<Line>{{1, kOne}});
    CHECK(lines_of(encode("x,message\ny," + kOne + "\n", is_big)) == std::vector<Line>{{2, kOne}});
  }
  // Pairs, half of one, half a unit.
  const std::string pair(
      "\xff\xfe"
      "a\0"
      "\x3d\xd8\x00\xde"
      "\x3d\xd8"
      "b\0"
      "\x00\xde"
      "c",
      15);
  CHECK(lines_of(pair) == std::vector<Line>{{1,
                                             "a\xf0\x9f\x98\x80\xef\xbf\xbd"
                                             "b\xef\xbf\xbd"}});
}

TEST_CASE("carriers: what stands before a record that a logger carries") {
  const std::vector<std::string> headers = {
      "",
      "Dec  2 01:02:03 h audispd: ",
      "<13>Dec  2 01:02:03 h audispd[7]: ",
      "<86>1 2026-12-02T01:02:03.000Z h audispd 7 - - ",
      "<86>1 2026-12-02T01:02:03.000Z h audispd 7 id [a b=\"c\"][d] ",
      "<86>1 2026-12-02T01:02:03.000Z h auditd 7 - [meta sequenceId=\"1\"] ",
      "<86>1 2026-12-02T01:02:03.000Z h auditd - ID47 [a b=\"]\" c=\"\\\"]\"][m type=\"x\"] ",
      "<86>1 2026-12-02T01:02:03.000Z h auditd 7 - - \xef\xbb\xbf",
      "<86>1 2026-12-02T01:02:03.000Z h auditd 7 - [meta a=\"1\"] \xef\xbb\xbf",
      "2026-12-02T01:02:03.000000+00:00 h tag_audit_log: ",
      "2026-12-02T01:02:03.000Z ",
      "[ 1498.988417] audit: ",
      "Jan 27 06:14:12 h kernel: [ 1498.988417] audit: ",
      "Wed 2026-12-02 01:02:03 UTC h kernel: audit: ",
      "audispd: ",
  };
  for (const std::string& header : headers) {
    CAPTURE(header);
    CHECK(is_carried_record(header + kOne));
    CHECK(is_carried_record(header + "node=App Srv 01 " + kOne));
    CHECK_FALSE(is_spoken_text(header));
  }
  const std::vector<std::string> spoken = {
      "Dec  2 01:02:03 h sshd[7]: Invalid user x ",
      "Dec  2 01:02:03 h sshd[7]: Invalid user x: ",
      "<86>1 2026-12-02T01:02:03.000Z h sshd 7 - - Invalid user ",
      "<86>1 2026-12-02T01:02:03.000Z h sshd 7 - [a b=\"c\"] Invalid user ",
      "<86>1 2026-12-02T01:02:03.000Z h sshd 7 - [a b=\"",
      "<86>1 2026-12-02T01:02:03.000Z h sshd 7 - [a b=\"] ",
      "<86>1 2026-12-02T01:02:03.000Z h sshd 7 - [a b=\"c\" ",
      "sshd[7]: Invalid user ",
      "kernel: [ 12.3 x] ",
  };
  for (const std::string& text : spoken) {
    CAPTURE(text);
    CHECK_FALSE(is_carried_record(text + kOne));
    CHECK(is_spoken_text(text));
  }
  for (const char* text : {"Invalid user ", "x=1 ", "GET /?\" "}) {
    CAPTURE(text);
    CHECK_FALSE(is_carried_record(text + kOne));
  }
}
