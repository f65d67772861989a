#include <catch2/catch.hpp>

#include "auexfil/input/json_units.hpp"
#include "told.hpp"

// By hand from Suricata's output-json-*.c, zeek-docs (logs/ftp.rst), nfdump's output_json.c, the
// page on GCP's VPC flow logs and azure-docs (network-watcher).

namespace auexfil::flow::test {
namespace {

struct Case {
  const char* what;
  std::string text;
  Lines told;
};

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.what);
    CHECK(told(one.text) == one.told);
  }
}

const std::string kEnds =
    R"("src_ip":"192.168.2.14","src_port":50096,"dest_ip":"209.53.113.5","dest_port":80,"proto":"TCP")";
const std::string kFlow =
    R"({"timestamp":"2019-05-28T23:36:00.000000+0200","flow_id":586497171462735,"event_type":"flow",)" +
    kEnds +
    R"(,"app_proto":"http","flow":{"pkts_toserver":23,"pkts_toclient":21,"bytes_toserver":4884,)"
    R"("bytes_toclient":7392,"bypassed":{"pkts_toserver":10,"bytes_toserver":1305},)"
    R"("start":"2019-05-28T23:32:29.025256+0200","end":"2019-05-28T23:35:28.071281+0200","age":179,)"
    R"("state":"bypassed","reason":"timeout","alerted":false},)";

TEST_CASE("json: Suricata's events") {
  check({
      {"a flow: bytes of the link layer, what was bypassed is in them; a SYN of the client",
       kFlow + R"("tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1b"}})"
               "\n",
       {"1559079149.025256+179.046025 6 192.168.2.14:50096>209.53.113.5:80 4884/7392 L2 start end "
        "service=5 id=586497171462735"}},
      {"no SYN of the client: who is it?",
       kFlow + R"("tcp":{"tcp_flags":"12","tcp_flags_ts":"10","tcp_flags_tc":"12","tc_gap":true}})"
               "\n",
       {"1559079149.025256+179.046025 6 192.168.2.14:50096>209.53.113.5:80 4884/7392 L2 mid-stream "
        "either-way start gaps service=5 id=586497171462735"}},
      {"netflow: what the source of the record sent",
       R"({"timestamp":"2019-05-28T23:36:00.000000+0200","flow_id":18446744073709551615,)"
       R"("event_type":"netflow",)" +
           kEnds +
           R"(,"netflow":{"pkts":21,"bytes":7392,"start":"2019-05-28T21:32:29+0000",)"
           R"("end":"2019-05-28T21:32:30+0000","age":1,"min_ttl":5,"max_ttl":5}})"
           "\n",
       {"1559079149+1 6 192.168.2.14:50096>209.53.113.5:80 7392/? L2 one-way either-way "
        "id=18446744073709551615"}},
      {"ftp: where the data go",
       R"({"timestamp":"2019-05-28T21:32:29.0+0000","flow_id":7,"event_type":"ftp",)" + kEnds +
           R"(,"ftp":{"command":"PASV","reply":["x"],"mode":"passive","dynamic_port":47035}})"
           "\n"
           R"({"timestamp":"2019-05-28T21:32:29.0+0000","flow_id":7,"event_type":"ftp",)" +
           kEnds +
           R"(,"ftp":{"command":"PORT","mode":"active","dynamic_port":33582}})"
           "\n"
           R"({"timestamp":"2019-05-28T21:32:29.0+0000","flow_id":8,"event_type":"ftp_data",)" +
           kEnds +
           R"(,"ftp_data":{"filename":"temp.txt","command":"STOR"}})"
           "\n",
       {"ftp 1559079149 2 192.168.2.14:50096>209.53.113.5:80 data=209.53.113.5:47035 id=7 file=",
        "ftp 1559079149 3 192.168.2.14:50096>209.53.113.5:80 data=192.168.2.14:33582 id=7 file=",
        "ftp 1559079149 0 192.168.2.14:50096>209.53.113.5:80 data=- id= file= data-id=8"}},
      {"files, sessions and names",
       R"({"timestamp":"2019-05-28T21:32:29+0000","flow_id":7,"event_type":"fileinfo",)" + kEnds +
           R"(,"fileinfo":{"filename":"a","state":"CLOSED","size":500}})"
           "\n"
           R"({"timestamp":"2019-05-28T21:32:29+0000","flow_id":7,"event_type":"ssh",)" +
           kEnds +
           R"(,"ssh":{"client":{"software_version":"x"}}})"
           "\n"
           R"({"timestamp":"2019-05-28T21:32:29+0000","event_type":"dns",)" +
           kEnds +
           R"(,"dns":{"type":"answer","rrname":"x.example","answers":[{"rrname":"x.example",)"
           R"("rrtype":"A","rdata":"192.0.2.1"}],"grouped":{"AAAA":["2001:db8::1"]}}})"
           "\n"
           R"({"timestamp":"2019-05-28T21:32:29+0000","event_type":"alert",)" +
           kEnds +
           R"(,"alert":{"signature":"x"}})"
           "\n"
           R"({"timestamp":"2019-05-28T21:32:29+0000","event_type":"dns","src_ip":"10.0.0.53",)"
           R"("src_port":53,"dest_ip":"192.168.2.14","dest_port":50123,"proto":"UDP",)"
           R"("dns":{"version":3,"type":"response","queries":[{"rrname":"y.example",)"
           R"("rrtype":"A"}],"answers":[{"rrname":"y.example","rrtype":"A","rdata":"192.0.2.2"}]}})"
           "\n",
       {"file 1559079149 id=7 file= seen=500 total=? missing=? from=?",
        "ssh 1559079149 192.168.2.14:50096>209.53.113.5:80 id=7 ?",
        "name 1559079149 x.example 192.0.2.1 2001:db8::1", "name 1559079149 y.example 192.0.2.2"}},
  });
}

const std::string kZeek =
    R"("uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":5,"id.resp_h":"10.0.0.2","id.resp_p":22,)";

TEST_CASE("json: Zeek's logs") {
  check({
      {"numbers; what is unset is not there",
       R"({"ts":1591367999.430166,)" + kZeek +
           R"("proto":"tcp","service":"ssh","duration":0.25,"orig_bytes":77,"resp_bytes":295,)"
           R"("conn_state":"SF","missed_bytes":0,"history":"ShADadFf","orig_pkts":6,)"
           R"("orig_ip_bytes":397,"resp_pkts":4,"resp_ip_bytes":511,"local_orig":true})"
           "\n",
       {"1591367999.430166+0.25 6 10.0.0.1:5>10.0.0.2:22 77/295 L4 start end service=3 id=C1"}},
      {"zeek, numbers with an exponent",
       R"({"ts":1.591367999430166E9,)" + kZeek +
           R"("proto":"tcp","service":"ssh","duration":2.5e-01,"orig_bytes":77,"resp_bytes":295,)"
           R"("conn_state":"SF","missed_bytes":0,"history":"ShADadFf","orig_pkts":6,)"
           R"("orig_ip_bytes":397,"resp_pkts":4,"resp_ip_bytes":511,"local_orig":true})"
           "\n" +
           R"({"ts":1.79E9,)" + kZeek + R"("proto":"udp","duration":9.5e-7,"conn_state":"S0"})" +
           "\n",
       {"1591367999.430166+0.25 6 10.0.0.1:5>10.0.0.2:22 77/295 L4 start end service=3 id=C1",
        "1790000000+0 17 10.0.0.1:5>10.0.0.2:22 ?/? none id=C1"}},
      {"a time of ISO, of milliseconds; an object in place of the dots; null",
       R"({"ts":"2020-08-16T06:26:01.485394Z",)" + kZeek +
           R"("proto":"udp","conn_state":"S0","orig_bytes":null,"orig_ip_bytes":61,)"
           R"("resp_ip_bytes":0})"
           "\n"
           R"({"ts":1591367999430,"uid":"C1","id":{"orig_h":"10.0.0.1","orig_p":5,)"
           R"("resp_h":"10.0.0.2","resp_p":22},"proto":"udp","conn_state":"S0",)"
           R"("tunnel_parents":["Ca","Cb"]})"
           "\n",
       {"1597559161.485394+0 17 10.0.0.1:5>10.0.0.2:22 61/0 L3 id=C1",
        "1591367999.43+0 17 10.0.0.1:5>10.0.0.2:22 ?/? none tunnelled id=C1"}},
      {"several logs in one file",
       R"({"_path":"ftp","ts":1.5,)" + kZeek +
           R"("user":"x","command":"STOR","arg":"ftp://x/a","reply_code":226,"fuid":"F1"})"
           "\n"
           R"({"_path":"ftp","ts":1.5,)" +
           kZeek +
           R"("command":"EPSV","data_channel.passive":true,"data_channel.orig_h":"10.0.0.1",)"
           R"("data_channel.resp_h":"10.0.0.2","data_channel.resp_p":47035})"
           "\n"
           R"({"_path":"files","ts":1.5,"fuid":"F1","uid":"C2","source":"FTP_DATA","is_orig":true,)"
           R"("seen_bytes":9,"missing_bytes":0})"
           "\n"
           R"({"_path":"dns","ts":1.5,)" +
           kZeek +
           R"("query":"x.example","answers":["y.example","192.0.2.1","192.0.2.2"]})"
           "\n"
           R"({"_path":"ssh","ts":1.5,)" +
           kZeek +
           R"("auth_success":true,"client":"SSH-2.0-x"})"
           "\n"
           R"({"_path":"weird","ts":1.5,"name":"x"})"
           "\n",
       {"ftp 1.5 0 10.0.0.1:5>10.0.0.2:22 data=- id=C1 file=F1",
        "ftp 1.5 2 10.0.0.1:5>10.0.0.2:22 data=10.0.0.2:47035 id=C1 file=",
        "file 1.5 id=C2 file=F1 seen=9 total=? missing=0 from=originator",
        "name 1.5 x.example 192.0.2.1 192.0.2.2", "ssh 1.5 10.0.0.1:5>10.0.0.2:22 id=C1 in"}},
  });
}

TEST_CASE("json: nfdump's, in an array and in lines") {
  const std::string one =
      R"({"type":"FLOW","sampled":0,"first":"2026-11-25T01:08:13.463","last":)"
      R"("2026-11-25T01:08:13.474","received":"2026-11-25T01:08:16.549","in_packets":42,)"
      R"("in_bytes":2023092,"proto":6,"tcp_flags":"...AP.S.","src_port":56020,"dst_port":9877,)"
      R"("src4_addr":"10.0.0.1","dst4_addr":"10.0.0.2","src4_xlt_ip":"203.0.113.9",)"
      R"("src_xlt_port":1024})";
  const std::string told_one =
      "1795568893.463+0.011 6 10.0.0.1:56020>10.0.0.2:9877 2023092/? L3 one-way either-way start "
      "local nat=203.0.113.9:1024>10.0.0.2:9877";
  check({{"an array", "[\n" + one + ",\n" + one + "\n]\n", {told_one, told_one}},
         {"lines", one + "\n" + one + "\n", {told_one, told_one}}});
}

TEST_CASE("json: GCP tells what the source sent, of a sample of packets") {
  const std::string payload =
      R"("connection":{"src_ip":"10.128.0.2","src_port":50096,"dest_ip":"203.0.113.9",)"
      R"("dest_port":443,"protocol":6},"reporter":"SRC","bytes_sent":"1776","packets_sent":"9",)"
      R"("start_time":"2026-12-02T01:02:03.123456789Z","end_time":"2026-12-02T01:02:08Z",)"
      R"("rtt_msec":"12")";
  const std::string line =
      "1796173323.123456+4.876544 6 10.128.0.2:50096>203.0.113.9:443 1776/? unstated one-way "
      "either-way sampled";
  check(
      {{"Cloud Logging", R"([{"insertId":"x","jsonPayload":{)" + payload + "}}]", {line}},
       {"BigQuery", R"({"json_payload":{)" + payload + "}}\n", {line}},
       {"BigQuery's numbers have a point",
        R"({"connection":{"src_ip":"10.128.0.5","src_port":40000.0,"dest_ip":"203.0.113.9",)"
        R"("dest_port":443.0,"protocol":6.0},"bytes_sent":1240.0,"packets_sent":"9.0","reporter":)"
        R"("SRC","start_time":"2026-12-02T01:02:03Z","end_time":"2026-12-02T01:02:05Z"})",
        {"1796173323+2 6 10.128.0.5:40000>203.0.113.9:443 1240/? unstated one-way either-way "
         "sampled"}},
       {"a part of a port is none, and nothing could be read",
        R"({"connection":{"src_ip":"10.128.0.5","src_port":40000.5,"dest_ip":"203.0.113.9",)"
        R"("dest_port":443,"protocol":6},"bytes_sent":1240,"reporter":"SRC","start_time":)"
        R"("2026-12-02T01:02:03Z","end_time":"2026-12-02T01:02:05Z"})",
        {"f:1: 1 line has a number that is none (left out)",
         "f: not one of its records could be read"}}});
}

TEST_CASE("json: flows in Elastic's schema") {
  const std::string ends =
      R"("source":{"ip":"10.20.0.5","port":40001,"bytes":1776,"packets":9},"destination":)"
      R"({"ip":"203.0.113.9","port":22,"bytes":500,"packets":7},"network":{"transport":"tcp"})";
  const std::string flow = "6 10.20.0.5:40001>203.0.113.9:22 1776/500 unstated";
  check({
      {"Zeek's, by filebeat: the document's time, and how long it took",
       R"({"@timestamp":"2026-12-02T01:02:03.500Z","event":{"dataset":"zeek.connection",)"
       R"("duration":1500000000},"zeek":{"session_id":"C1"},)" +
           ends + "}\n",
       {"1796173323.5+1.5 " + flow + " id=C1"}},
      {"Packetbeat's total so far",
       R"({"@timestamp":"2026-12-02T01:09:00Z","event":{"start":"2026-12-02T01:02:03Z","end":)"
       R"("2026-12-02T01:02:05Z"},"flow":{"id":"EAT","final":false},"observer":{"name":"s"},)" +
           ends + "}\n",
       {"1796173323+2 " + flow + " open id=EAT"}},
      {"with dots, refused, one way",
       R"({"@timestamp":"2026-12-02T01:02:03Z","event.type":["connection","denied"],)"
       R"("source.ip":"10.20.0.5","source.port":1,"source.bytes":10,"destination.ip":"203.0.113.9",)"
       R"("destination.port":2,"network.transport":"udp"})",
       {"1796173323+0 17 10.20.0.5:1>203.0.113.9:2 10/? unstated one-way either-way refused"}},
      {"a search's answer",
       R"({"hits":{"hits":[{"_source":{"@timestamp":"2026-12-02T01:02:03Z",)" + ends + "}}]}}",
       {"1796173323+0 " + flow}},
      {"what has no bytes is none",
       R"({"@timestamp":"2026-12-02T01:02:03Z","source":{"ip":"10.20.0.5","port":1},"http":{"bytes":)"
       R"(7},"destination":{"ip":"203.0.113.9"},"network":{"transport":"tcp"}})",
       {"f: not one of its records (1) tells of a flow"}},
      {"nor what is of no kind",
       R"({"x":{"src_ip":"10.20.0.5"}})",
       {"f: not one of its records (1) tells of a flow"}},
  });
}

TEST_CASE("json: what shippers and searches put around a record") {
  const std::string inner =
      R"({"ts":1796173323.5,"uid":"C1","id.orig_h":"10.20.0.5","id.orig_p":1,)"
      R"("id.resp_h":"203.0.113.9","id.resp_p":22,"proto":"tcp","orig_bytes":10,"resp_bytes":2,)"
      R"("orig_ip_bytes":110,"resp_ip_bytes":90,"conn_state":"SF"})";
  std::string quoted;
  for (const char c : inner) {
    quoted.append(c == '"' ? "\\" : "").push_back(c);
  }
  const Lines plain = told(inner + "\n");
  REQUIRE(plain.size() == 1);
  check({
      {"a hit", R"({"hits":{"hits":[{"_source":)" + inner + "}]}}", plain},
      {"Splunk's result", R"({"preview":false,"result":)" + inner + "}\n", plain},
      {"Zeek's json-logs", R"({"conn":)" + inner + "}\n", plain},
      {"Wazuh's", R"({"agent":{"name":"s"},"full_log":")" + quoted + R"(","data":)" + inner + "}\n",
       plain},
      {"filebeat's", R"({"host":{"name":"s"},"message":")" + quoted + "\"}\n", plain},
      {"Splunk's raw line", R"({"result":{"_raw":")" + quoted + "\"}}\n", plain},
      {"what a peer has sent is no record",
       R"({"ts":1.5,"uid":"C1","id.orig_h":"10.20.0.5","id.orig_p":1,"id.resp_h":"203.0.113.9",)"
       R"("id.resp_p":80,"method":"GET","user_agent":")" +
           quoted + R"(","message":")" + quoted + "\"}\n",
       {"f: not one of its records (1) tells of a flow"}},
      {"nor in a field that holds no line",
       R"({"x":"id.orig_h","http":{"body":")" + quoted + "\"}}\n",
       {"f: not one of its records (1) tells of a flow"}},
      {"a text that is none",
       R"({"host":{"name":"id.orig_h"},"message":"{\"id.orig_h\""})",
       {"f:1: 1 line has a form that no such record has (left out)",
        "f: not one of its records could be read"}},
  });
}

TEST_CASE("json: Azure's logs of one interface are told apart by what is logged") {
  const auto record = [](const std::string& where, const std::string& tuple) {
    return R"({"records":[{"macAddress":"000D3AF87856",)" + where +
           R"("flowRecords":{"flows":[{"flowGroups":[{"flowTuples":[")" + tuple + R"("]}]}]}}]})" +
           "\n";
  };
  const std::string of_network = "1663146003606,10.0.0.6,52.239.184.180,5,443,6,O,E,NX,3,767,2,15";
  const std::string of_group = "1663146003,10.0.0.6,52.239.184.180,5,443,T,O,A,E,3,767,2,15";
  const auto observers = [&](const std::string& text) {
    Told sink;
    read(text, sink);
    std::vector<std::uint32_t> all;
    for (const FlowRecord& one : sink.records) {
      all.push_back(one.observer);
    }
    return all;
  };
  const std::string network = record(R"("flowLogResourceID":"/S/0",)", of_network);
  const std::string subnets = record(R"("resourceId":"/S/1",)", of_group);
  const std::string own = record(R"("resourceId":"/S/2",)", of_group);
  CHECK(observers(network + subnets + own + network) == std::vector<std::uint32_t>{1, 2, 3, 1});
}

TEST_CASE("json: Azure's tuples") {
  check({
      {"a security group's, second version: what was sent since the last tuple",
       R"({"records":[{"time":"2026-12-02T01:00:00Z","systemId":"s","macAddress":"000D3AF87856",)"
       R"("category":"NetworkSecurityGroupFlowEvent","properties":{"Version":2,"flows":[{"rule":)"
       R"("r","flows":[{"mac":"000D3AF87856","flowTuples":[)"
       R"("1796173323,10.0.0.6,52.239.184.180,23956,443,T,O,A,B,,,,",)"
       R"("1796173383,10.0.0.6,52.239.184.180,23956,443,T,O,A,C,3,767,2,1580",)"
       R"("1796173390,10.0.0.6,52.239.184.180,23956,443,T,O,A,E,1,66,0,0",)"
       R"("1796173390,10.0.0.6,52.239.184.180,23957,53,U,O,D,B,,,,"]}]}]}}]})",
       {"1796173323+0 6 10.0.0.6:23956>52.239.184.180:443 ?/? none start open",
        "1796173383+0 6 10.0.0.6:23956>52.239.184.180:443 767/1580 unstated no-start",
        "1796173390+0 6 10.0.0.6:23956>52.239.184.180:443 66/0 unstated end no-start",
        "1796173390+0 17 10.0.0.6:23957>52.239.184.180:53 ?/? none start open refused"}},
      {"a virtual network's, in milliseconds",
       R"({"records":[{"flowRecords":{"flows":[{"aclID":"a","flowGroups":[{"rule":"r",)"
       R"("flowTuples":["1663146003606,10.0.0.6,52.239.184.180,23956,443,6,O,E,NX,3,767,2,1580"]}]}]}}]})",
       {"1663146003.606+0 6 10.0.0.6:23956>52.239.184.180:443 767/1580 unstated end no-start"}},
      {"the first version has no volume",
       R"({"records":[{"properties":{"flows":[{"flows":[{"flowTuples":[)"
       R"("1796173323,10.0.0.6,52.239.184.180,23956,443,T,O,A"]}]}]}}]})",
       {"1796173323+0 6 10.0.0.6:23956>52.239.184.180:443 ?/? none exists",
        "f: flows without bytes: it can show that hosts spoke, not how much"}},
  });
}

TEST_CASE("json: what is broken is counted, and the next is read") {
  const std::string good = R"({"ts":1.5,)" + kZeek +
                           R"("proto":"udp","conn_state":"S0","orig_ip_bytes":9,"resp_ip_bytes":0})"
                           "\n";
  CHECK(told(good + "{\"ts\":1.5,\n" + good + R"({"ts":"x",)" + kZeek +
             R"("proto":"udp","conn_state":"S0"})"
             "\n" +
             R"({"ts":1.5,"uid":tru,"id.orig_h":"10.0.0.1"})"
             "\n" +
             R"({"a":")" + std::string(input::JsonUnits::kMostBytes, 'x') + "\"}\n" + good +
             R"({"ts":1.)") ==
        Lines{"1.5+0 17 10.0.0.1:5>10.0.0.2:22 9/0 L3 id=C1",
              "1.5+0 17 10.0.0.1:5>10.0.0.2:22 9/0 L3 id=C1",
              "1.5+0 17 10.0.0.1:5>10.0.0.2:22 9/0 L3 id=C1",
              "f:4: 1 line has a time that is none (left out)",
              "f:6: 1 line has more than 1 MiB (left out)",
              "f:8: 1 line has no end: the file was cut (left out)",
              "f:2: 2 lines have a form that no such record has (left out)"});
}

}  // namespace
}  // namespace auexfil::flow::test
