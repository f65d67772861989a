#include <catch2/catch.hpp>

#include "told.hpp"

// By hand from zeek-docs (log-formats.rst) and the baselines of Zeek's own tests.

namespace auexfil::flow::test {
namespace {

const std::string kHead =
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n";
const std::string kConn =
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\t"
    "orig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\t"
    "orig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n";

/// One connection: fields parted by blanks in place of tabs.
std::string row(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '\t');
  return text + "\n";
}

struct Case {
  const char* what;
  std::string row;
  std::string told;
};

TEST_CASE("zeek: lines without their header are refused, with a word why") {
  CHECK(told("1796173204.260000\tC2\t10.20.0.5\t40002\t203.0.113.20\t22\ttcp\tssh\t0.9\t900000\t"
             "5200\tSF\t0\n") == Lines{"f: lines of Zeek without those that name their fields; put "
                                       "its \"#fields\" line before them"});
}

TEST_CASE("zeek: what a line of conn.log says") {
  const std::vector<Case> cases = {
      {"both ways, payload",
       "1591367999.430166 CLqEx41jYPOdfHF586 192.168.4.76 46378 31.3.245.133 80 tcp http 0.254115 "
       "77 295 SF - - 0 ShADadFf 6 397 4 511 -",
       "1591367999.430166+0.254115 6 192.168.4.76:46378>31.3.245.133:80 77/295 L4 start end "
       "service=5 id=CLqEx41jYPOdfHF586"},
      {"one packet: payload is unset, bytes of IP are not",
       "1.5 C1 10.0.0.1 5 10.0.0.2 53 udp dns - - - S0 T F 0 D 1 61 0 0 (empty)",
       "1.5+0 17 10.0.0.1:5>10.0.0.2:53 61/0 L3 service=6 id=C1"},
      {"neither: unknown is not 0", "1 C1 10.0.0.1 5 10.0.0.2 53 udp - - - - S0 T F 0 D - - - - -",
       "1+0 17 10.0.0.1:5>10.0.0.2:53 ?/? none id=C1"},
      {"payload beyond the packets that were seen: the sequence numbers are of no use",
       "1 C1 10.0.0.1 5 10.0.0.2 22 tcp - 9 4294967000 10 OTH T F 0 DadA 4 900 4 300 -",
       "1+9 6 10.0.0.1:5>10.0.0.2:22 900/300 L3 mid-stream either-way open id=C1"},
      {"and what was missed explains it",
       "1 C1 10.0.0.1 5 10.0.0.2 22 tcp ssh 9 100000 10 SF T F 99500 ShADadgF 4 900 4 300 -",
       "1+9 6 10.0.0.1:5>10.0.0.2:22 100000/10 L4 start end gaps service=3 id=C1"},
      {"4 GiB less payload than its packets have: the sequence numbers came round",
       "1 C1 10.0.0.1 5 10.0.0.2 443 tcp ssl 9 705032704 5000 SF T F 0 ShADadFf 3453038 5180000000 "
       "1700000 90000000 -",
       "1+9 6 10.0.0.1:5>10.0.0.2:443 5180000000/90000000 L3 start end service=4 id=C1"},
      {"which the headers of small packets explain",
       "1 C1 10.0.0.1 5 10.0.0.2 22 tcp ssh 9 705032704 5000 SF T F 0 ShADadFf 90000000 5180000000 "
       "1700000 90000000 -",
       "1+9 6 10.0.0.1:5>10.0.0.2:22 705032704/5000 L4 start end service=3 id=C1"},
      {"turned round by a guess",
       "1 C1 10.0.0.1 5 10.0.0.2 22 tcp - 9 100 10 SF T F 0 ^dADaFf 4 900 4 300 -",
       "1+9 6 10.0.0.1:5>10.0.0.2:22 100/10 L4 mid-stream flipped either-way end id=C1"},
      {"a connection that is still open has what there was until then",
       "1 C1 10.0.0.1 5 10.0.0.2 22 tcp - 3600 41420 159830 S1 T F 0 ShADad 9 42000 9 170000 -",
       "1+3600 6 10.0.0.1:5>10.0.0.2:22 41420/159830 L4 start open id=C1"},
      {"in a tunnel, with IPv6",
       "1 C1 2001:db8::1 5 2001:db8::2 22 tcp - 9 100 10 SF T F 0 ShADadFf 4 900 4 300 Couter",
       "1+9 6 2001:db8::1:5>2001:db8::2:22 100/10 L4 start end tunnelled id=C1"},
      {"ICMP has type and code for ports",
       "1 C1 10.0.0.1 8 10.0.0.2 0 icmp - 9 100 10 OTH T F 0 - 4 900 4 300 -",
       "1+9 1 10.0.0.1:8>10.0.0.2:0 100/10 L4 either-way open id=C1"},
      {"data of active ftp comes from the server: its bytes are the other's",
       "1 C1 199.233.217.249 61920 141.142.220.235 33582 tcp ftp-data 1 0 342 SF - - 0 ShAdDfFa 5 "
       "300 5 600 -",
       "1+1 6 199.233.217.249:61920>141.142.220.235:33582 0/342 L4 start end service=2 id=C1"},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    CHECK(told(kHead + "#path\tconn\n" + kConn + row(one.row)).front() == one.told);
  }
}

TEST_CASE("zeek: columns are found by their names, and a new header tells others") {
  const std::string text =
      kHead + "#path\tconn\n" + kConn +
      row("1 C1 10.0.0.1 5 10.0.0.2 22 tcp - 9 100 10 SF T F 0 ShADadFf 4 900 4 300 -") +
      "#close\t2026-12-02-01-00-00\n" + kHead +
      "#fields\tuid\tts\tproto\tid.resp_h\tid.resp_p\tid.orig_h\tid.orig_p\tconn_state\tip_"
      "proto\n" +
      row("C2 2 tcp 10.0.0.2 22 10.0.0.1 6 SF 6") + kHead +
      "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tnote\n" +
      row("3 C3 10.0.0.1 5 10.0.0.2 22 odd");
  Told sink;
  const FileReport report = read(text, sink);
  CHECK(sink.lines == Lines{"1+9 6 10.0.0.1:5>10.0.0.2:22 100/10 L4 start end id=C1",
                            "2+0 6 10.0.0.1:6>10.0.0.2:22 ?/? none id=C2"});
  CHECK(report.format == "zeek tsv");
  CHECK(report.lines == 20);
  CHECK(report.flows == 2);
  CHECK(report.flows_with_bytes == 1);
  CHECK(report.passed == 1);
  CHECK(report.faults.total() == 0);
  CHECK(report.first == 1'000'000);
}

TEST_CASE("zeek: a plain row of names does as well") {
  CHECK(told(kConn.substr(kConn.find('\t') + 1) +
             row("1 C1 10.0.0.1 5 10.0.0.2 22 tcp - 9 100 10 SF T F 0 ShADadFf 4 900 4 300 -")) ==
        Lines{"1+9 6 10.0.0.1:5>10.0.0.2:22 100/10 L4 start end id=C1"});
}

TEST_CASE("zeek: broken lines are counted with the line of the first") {
  const std::string good =
      "1 C1 10.0.0.1 5 10.0.0.2 22 tcp - 9 100 10 SF T F 0 ShADadFf 4 900 4 300 -";
  const std::string text =
      kHead + kConn + row(good) + row("2 C1 10.0.0.1") + row(good + " more") +
      row("x C1 10.0.0.1 5 10.0.0.2 22 tcp - 9 100 10 SF T F 0 ShADadFf 4 900 4 300 -") +
      row("1 C1 10.0.0.256 5 10.0.0.2 22 tcp - 9 100 10 SF T F 0 ShADadFf 4 900 4 300 -") +
      row("1 C1 10.0.0.1 65536 10.0.0.2 22 tcp - 9 100 10 SF T F 0 ShADadFf 4 900 4 300 -") +
      row("1 C1 10.0.0.1 5 10.0.0.2 22 tcp - 9 -100 10 SF T F 0 ShADadFf 4 900 4 300 -") +
      row("1 C23456789012345678901234 10.0.0.1 5 10.0.0.2 22 tcp - 9 1 1 SF T F 0 ShA 4 9 4 9 -") +
      row("1 C1 10.0.0.1 5 10.0.0.2 22 tcp - -9 100 10 SF T F 0 ShADadFf 4 900 4 300 -") +
      good.substr(0, 20);
  CHECK(told(text) ==
        Lines{"1+9 6 10.0.0.1:5>10.0.0.2:22 100/10 L4 start end id=C1",
              "1+9 6 10.0.0.1:5>10.0.0.2:22 1/1 L4 start",
              "f:7: 2 lines have more or fewer columns than the header names (left out)",
              "f:11: 2 lines have a number that is none (left out)",
              "f:9: 2 lines have a time that is none (left out)",
              "f:10: 1 line has an address that is none (left out)",
              "f:13: 1 line has an id of more than 23 bytes (taken without it)",
              "f:15: 1 line has no end: the file was cut (left out)"});
}

TEST_CASE("zeek: a header that lacks what a flow needs is told") {
  CHECK(told(kHead + "#fields\tts\tuid\tid.orig_h\tid.resp_h\tid.resp_p\tproto\torig_bytes\n" +
             row("1 C1 10.0.0.1 10.0.0.2 22 tcp 100")) ==
        Lines{"f:5: 1 line has a header without the columns of a flow (left out)",
              "f: not one of its records could be read"});
}

TEST_CASE("zeek: ftp.log tells data channels and files") {
  const std::string text =
      kHead +
      "#path\tftp\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tuser\tpassword\t"
      "command\targ\tmime_type\tfile_size\treply_code\treply_msg\tdata_channel.passive\t"
      "data_channel.orig_h\tdata_channel.resp_h\tdata_channel.resp_p\tfuid\n" +
      row("1 CH 192.168.21.95 54089 164.107.123.6 21 <unknown> - PASV - - - 227 Entering T "
          "192.168.21.95 164.107.123.6 47035 -") +
      row("2 CH 192.168.21.95 54089 164.107.123.6 21 <unknown> - STOR ftp://164.107.123.6/a "
          "text/plain - 226 OK - - - - F2HAyX3IeMME6tOrcd") +
      row("3 CI 141.142.220.235 50003 199.233.217.249 21 anonymous test PORT "
          "141,142,220,235,131,46 "
          "- - 200 PORT F 199.233.217.249 141.142.220.235 33582 -");
  CHECK(told(text) ==
        Lines{"ftp 1 2 192.168.21.95:54089>164.107.123.6:21 data=164.107.123.6:47035 id=CH file=",
              "ftp 2 0 192.168.21.95:54089>164.107.123.6:21 data=- id=CH file=F2HAyX3IeMME6tOrcd",
              "ftp 3 3 141.142.220.235:50003>199.233.217.249:21 data=141.142.220.235:33582 id=CI "
              "file="});
}

TEST_CASE("zeek: files.log, of newer and of older versions") {
  CHECK(told(kHead +
             "#fields\tts\tfuid\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tsource\tdepth\t"
             "analyzers\tmime_type\tfilename\tduration\tlocal_orig\tis_orig\tseen_bytes\t"
             "total_bytes\tmissing_bytes\n" +
             row("1 F1 C1 10.0.0.1 5 10.0.0.2 20 FTP_DATA 0 (empty) - - 0.1 T T 23822 - "
                 "5416642848")) ==
        Lines{"file 1 id=C1 file=F1 seen=23822 total=? missing=5416642848 from=originator"});
  const std::string old =
      "#fields\tts\tfuid\ttx_hosts\trx_hosts\tconn_uids\tsource\tis_orig\tseen_bytes\ttotal_bytes\t"
      "missing_bytes\n";
  CHECK(told(kHead + old + row("1 F1 10.0.0.1 10.0.0.2 C1 HTTP F 5 5 0") +
             row("2 F2 10.0.0.1 10.0.0.2 C1,C2 HTTP F 5 5 0")) ==
        Lines{"file 1 id=C1 file=F1 seen=5 total=5 missing=0 from=responder",
              "file 2 id= file=F2 seen=5 total=5 missing=0 from=responder"});
}

TEST_CASE("zeek: ssh.log and dns.log") {
  const std::string ends = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\t";
  CHECK(told(kHead + ends + "version\tauth_success\tauth_attempts\tdirection\tclient\tserver\n" +
             row("1 C1 10.0.0.1 5 10.0.0.2 22 2 T 1 OUTBOUND SSH-2.0-OpenSSH_9.2p1 SSH-2.0-x") +
             row("2 C2 10.0.0.1 6 10.0.0.2 22 2 - 0 - SSH-2.0-OpenSSH_9.2p1 -")) ==
        Lines{"ssh 1 10.0.0.1:5>10.0.0.2:22 id=C1 in", "ssh 2 10.0.0.1:6>10.0.0.2:22 id=C2 ?"});
  CHECK(told(kHead + ends + "proto\ttrans_id\trtt\tquery\tqclass\trcode_name\tanswers\tTTLs\n" +
             row("1 C1 10.0.0.1 5 10.0.0.2 53 udp 7 0.1 x.example 1 NOERROR "
                 "alias.example,192.0.2.9,2001:db8::9 60,60,60") +
             row("2 C1 10.0.0.1 5 10.0.0.2 53 udp 7 0.1 none.example 1 NXDOMAIN - -")) ==
        Lines{"name 1 x.example 192.0.2.9 2001:db8::9"});
}

}  // namespace
}  // namespace auexfil::flow::test
