#include <catch2/catch.hpp>

#include "told.hpp"

// By hand from what argus 3.0.8 and conntrack-tools 1.4.7 print, awsdocs/amazon-vpc-user-guide
// (flow-logs.md, flow-logs-records-examples.md) and the kernel's nf_log_syslog.c and xt_AUDIT.c.

namespace auexfil::flow::test {
namespace {

struct Case {
  const char* what;
  std::string text;
  Lines told;
};

void check(const std::vector<Case>& cases, std::int64_t written = 0) {
  for (const Case& one : cases) {
    INFO(one.what);
    CHECK(told(one.text, written) == one.told);
  }
}

TEST_CASE("argus: ra's columns") {
  const std::string head =
      "StartTime,LastTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,SrcPkts,DstPkts,SrcBytes,"
      "DstBytes,SAppBytes,DAppBytes,State\n";
  const std::string rest = ",42,22,2023680,1460,0,0,FIN\n";
  check({
      {"seconds; bytes with link headers",
       head +
           "1795568893.463609,1795568893.473970,0.010361,tcp,127.0.0.1,56020,   "
           "->,127.0.0.1,9877" +
           rest,
       {"1795568893.463609+0.010361 6 127.0.0.1:56020>127.0.0.1:9877 2023680/1460 L2 end"}},
      {"dates of a clock",
       head +
           "2026/11/25.01:08:13.463609,2026/11/25.01:08:13.473970,0.010361,udp,10.0.0.1,5,  "
           "<->,10.0.0.2,69,1,0,50,0,0,0,INT\n" +
           "2026-11-25 01:08:13,,1.5,udp,10.0.0.1,5,  <->,10.0.0.2,69,1,0,50,0,0,0,INT\n",
       {"1795568893.463609+0.010361 17 10.0.0.1:5>10.0.0.2:69 50/0 L2 local",
        "1795568893+1.5 17 10.0.0.1:5>10.0.0.2:69 50/0 L2 local"}},
      {"the arrow points to who was called; with a mark nobody knows",
       head + "1.5,2.5,1,tcp,10.0.0.2,22,<-,10.0.0.1,5" + rest +
           "1.5,2.5,1,tcp,10.0.0.2,22,?>,10.0.0.1,5" + rest,
       {"1.5+1 6 10.0.0.1:5>10.0.0.2:22 1460/2023680 L2 end",
        "1.5+1 6 10.0.0.2:22>10.0.0.1:5 2023680/1460 L2 mid-stream either-way end"}},
      {"what is of argus itself, or no IP, is passed over",
       head +
           "1.5,2.5,1,man,0,0,,0,0,0,0,0,0,0,0,STA\n1.5,2.5,1,arp,10.0.0.1,,who,10.0.0.2,,1,1,42,"
           "42,0,0,CON\n",
       {}},
      {"the columns that it shows by default: one sum of both, and times without a date",
       "StartTime,Flgs,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,TotPkts,TotBytes,State\n"
       "1.5, e g     ,tcp,10.0.0.1,5,->,10.0.0.2,22,64,2025140,FIN\n"
       "01:08:13.463609, e        ,tcp,10.0.0.1,5,->,10.0.0.2,22,64,2025140,FIN\n",
       {"1.5+0 6 10.0.0.1:5>10.0.0.2:22 ?/? L2 end gaps both=2025140",
        "f:3: 1 line has no date: have them written with seconds since 1970 (left out)"}},
      {"names of ports, and a header without ends",
       "StartTime,Proto,SrcAddr,Sport,Dir,DstAddr,Dport\n1.5,tcp,10.0.0.1,5,->,10.0.0.2,ssh\n"
       "StartTime,Proto,SrcAddr,DstAddr\n1.5,tcp,10.0.0.1,10.0.0.2\n",
       {"f:3: 1 line has a header without the columns of a flow (left out)",
        "f:2: 1 line has a number that is none (left out)",
        "f: not one of its records could be read"}},
  });
}

TEST_CASE("aws: flow logs of a VPC") {
  const std::string ends = "eni-1235b8ca123456789 172.31.16.139 203.0.113.21 20641 22 6 ";
  const std::string head =
      "version account-id interface-id srcaddr dstaddr srcport dstport "
      "protocol packets bytes start end action log-status";
  check({
      {"the default order needs no header; what was lost and what was refused",
       "2 123456789010 " + ends +
           "20 4249 1418530010 1418530070 ACCEPT OK\n"
           "2 123456789010 " +
           ends +
           "20 4249 1418530010 1418530070 REJECT OK\n"
           "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA\n"
           "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - SKIPDATA\n",
       {"1418530010+60 6 172.31.16.139:20641>203.0.113.21:22 4249/? unstated one-way either-way "
        "whole",
        "1418530010+60 6 172.31.16.139:20641>203.0.113.21:22 4249/? unstated one-way either-way "
        "refused whole",
        "f: 1 time records were lost, as the exporter says: what is not here may have been"}},
      {"with its header, and with the time that CloudWatch puts before a record",
       head + "\n2 123456789010 " + ends + "20 4249 1418530010 1418530070 ACCEPT OK\n" +
           "2014-12-14T04:06:50.000Z 2 123456789010 " + ends +
           "20 4249 1418530010 1418530070 ACCEPT OK\n",
       Lines(2,
             "1418530010+60 6 172.31.16.139:20641>203.0.113.21:22 4249/? unstated one-way "
             "either-way whole")},
      {"fields that somebody chose: flags tell who called, packets the addresses behind a gateway",
       "pkt-srcaddr pkt-dstaddr srcaddr dstaddr srcport dstport protocol tcp-flags bytes start\n"
       "10.0.0.5 192.0.2.9 10.0.0.5 10.0.0.220 39812 80 6 3 1000 1418530010\n"
       "192.0.2.9 10.0.0.5 10.0.0.220 10.0.0.5 80 39812 6 19 500 1418530010\n"
       "- - 10.0.0.220 10.0.0.5 80 39812 6 0 500 1418530010\n",
       {"1418530010+0 6 10.0.0.5:39812>10.0.0.220:80 1000/? unstated one-way start end whole "
        "nat=10.0.0.5:39812>192.0.2.9:80",
        "1418530010+0 6 10.0.0.5:39812>10.0.0.220:80 ?/500 unstated one-way start end whole "
        "nat=10.0.0.5:39812>192.0.2.9:80",
        "1418530010+0 6 10.0.0.220:80>10.0.0.5:39812 500/? unstated one-way either-way whole"}},
      {"names with underscores, no bytes",
       "srcaddr dstaddr srcport dstport protocol start log_status\n"
       "10.0.0.5 10.0.0.220 39812 80 17 1418530010 OK\n",
       {"1418530010+0 17 10.0.0.5:39812>10.0.0.220:80 ?/? none one-way either-way whole",
        "f: flows without bytes: it can show that hosts spoke, not how much"}},
      {"an order that is not told",
       "10.0.0.5 10.0.0.220 eni-1235b8ca123456789 39812 80 17 ACCEPT\n",
       {"f: flow records of AWS in an order that is not told; put the line with the names of their "
        "fields before them"}},
      {"fields without which there is no flow",
       "srcaddr dstaddr protocol bytes start\n10.0.0.5 10.0.0.220 17 5 1418530010\n",
       {"f:1: 1 line has a header without the columns of a flow (left out)",
        "f: not one of its records could be read"}},
      {"broken ones",
       head + "\n2 123456789010\n2 123456789010 " + ends +
           "20 many 1418530010 1418530070 ACCEPT OK\n" + "2 123456789010 " + ends +
           "20 4249 1418530070 1418530010 ACCEPT OK\n",
       {"f:2: 1 line has more or fewer columns than the header names (left out)",
        "f:3: 1 line has a number that is none (left out)",
        "f:4: 1 line has a time that is none (left out)",
        "f: not one of its records could be read"}},
  });
}

TEST_CASE("conntrack: entries and events") {
  const std::string there = "src=10.0.0.1 dst=192.0.2.9 sport=33096 dport=9877 ";
  const std::string back = "src=192.0.2.9 dst=10.0.0.1 sport=9877 dport=33096 ";
  check({
      {"events with stamps: seen first, changed, over with its sums",
       "[1795568985.876032]\t    [NEW] tcp      6 120 SYN_SENT " + there + "[UNREPLIED] " + back +
           "id=1032353065\n"
           "[1795568985.884417]\t [UPDATE] tcp      6 432000 ESTABLISHED " +
           there + back +
           "[ASSURED] id=1032353065\n"
           "[1795568986.382193]\t[DESTROY] tcp      6 119 TIME_WAIT " +
           there + "packets=12 bytes=500632 " + back +
           "packets=12 bytes=632 [ASSURED] delta-time=1 [start=Wed Nov 25 01:09:45 2026] "
           "[stop=Wed Nov 25 01:09:46 2026] id=1032353065 [USERSPACE] portid=3563097158\n",
       {"1795568985.876032+0 6 10.0.0.1:33096>192.0.2.9:9877 ?/? none start open id=1032353065",
        "1795568985.884417+0 6 10.0.0.1:33096>192.0.2.9:9877 ?/? none open no-start id=1032353065",
        "1795568985.382193+1 6 10.0.0.1:33096>192.0.2.9:9877 500632/632 L3 end whole "
        "id=1032353065"}},
      {"whole seconds and nanoseconds; no timeout; not answered is 0, not told is unknown",
       "[1795568986] [DESTROY] udp 17 " + there + "packets=1 bytes=33 [UNREPLIED] " + back +
           "packets=0 bytes=0\n" + "[1795568986.123456789] [DESTROY] udp 17 " + there + back + "\n",
       {"1795568986+0 17 10.0.0.1:33096>192.0.2.9:9877 33/0 L3 end no-start",
        "1795568986.123456+0 17 10.0.0.1:33096>192.0.2.9:9877 ?/? none end no-start"}},
      {"a protocol that conntrack has no name of is told by its number",
       "[1795568986] [DESTROY] unknown 2 src=10.0.0.1 dst=224.0.0.22 packets=1 bytes=40 "
       "[UNREPLIED] src=224.0.0.22 dst=10.0.0.1 packets=0 bytes=0\n",
       {"1795568986+0 2 10.0.0.1:0>224.0.0.22:0 40/0 L3 end no-start"}},
      {"a list: sums so far, times by the host's clock",
       "tcp      6 431999 ESTABLISHED " + there + "packets=10 bytes=500528 " + back +
           "packets=11 bytes=580 [ASSURED] mark=0 delta-time=2 [start=Wed Nov  4 01:09:45 2026] "
           "use=1\n",
       {"1793754585+2 6 10.0.0.1:33096>192.0.2.9:9877 500528/580 L3 open local whole"}},
      {"no time at all",
       "ipv4     2 tcp      6 431999 ESTABLISHED " + there + "packets=10 bytes=500528 " + back +
           "packets=11 bytes=580 [ASSURED] mark=0 zone=0 use=2\n",
       {"f:1: 1 line has no date: have them written with seconds since 1970 (left out)",
        "f: not one of its records could be read"}},
      {"translated addresses: where the reply comes from and goes to",
       "[1795568986.5] [DESTROY] tcp 6 src=10.0.0.1 dst=198.51.100.1 sport=33096 dport=80 "
       "packets=5 "
       "bytes=900 src=10.9.9.9 dst=203.0.113.5 sport=8080 dport=61000 packets=4 bytes=700 "
       "[ASSURED]\n",
       {"1795568986.5+0 6 10.0.0.1:33096>198.51.100.1:80 900/700 L3 end no-start "
        "nat=203.0.113.5:61000>10.9.9.9:8080"}},
      {"ICMP, whose packets have an id as well",
       "[1795568986.5] [DESTROY] icmp 1 src=10.0.0.1 dst=192.0.2.9 type=8 code=0 id=7 packets=1 "
       "bytes=84 src=192.0.2.9 dst=10.0.0.1 type=0 code=0 id=7 packets=1 bytes=84\n",
       {"1795568986.5+0 1 10.0.0.1:0>192.0.2.9:0 84/84 L3 end no-start"}},
      {"broken ones",
       "[1795568986] [DESTROY] udp 17 " + there + back +
           "\nnothing of it\n[1795568986] [DESTROY] "
           "udp 17 " +
           there + "\n[1795568986] [DESTROY] udp 17 " + there + "bytes=x " + back + "\n",
       {"1795568986+0 17 10.0.0.1:33096>192.0.2.9:9877 ?/? none end no-start",
        "f:4: 1 line has a number that is none (left out)",
        "f:2: 2 lines have a form that no such record has (left out)",
        "f: flows without bytes: it can show that hosts spoke, not how much"}},
      {"XML",
       "<?xml version=\"1.0\"?>\n<conntrack>\n",
       {"f: XML is not read; write conntrack's entries without -o xml"}},
  });
}

const std::string kNoBytes = "f: flows without bytes: it can show that hosts spoke, not how much";

TEST_CASE("firewall: that they spoke and who owned the socket, never how much") {
  constexpr std::int64_t kWritten = 1796173646;  // 2026-12-02
  const std::string packet =
      "IN= OUT=eth0 SRC=10.10.0.17 DST=10.20.0.53 LEN=52 TOS=0x00 PREC=0x00 TTL=126 ID=18544 DF "
      "PROTO=TCP SPT=53543 DPT=443 WINDOW=8192 RES=0x00 SYN URGP=0 UID=1000 GID=1000 MARK=0x1\n";
  check(
      {
          {"by the kernel's log, among other lines; a prefix may touch the first key",
           "Dec  2 01:02:02 web-04 kernel: [   1.0] booted\n"
           "Dec  2 01:02:03 web-04 kernel: [   9.5] OUTGOING" +
               packet,
           {"1796173323+0 6 10.10.0.17:53543>10.20.0.53:443 ?/? none one-way exists start local "
            "whole uid=1000",
            kNoBytes}},
          {"a month that had not come yet was last year's",
           "Dec 31 23:59:59 web-04 kernel: " + packet,
           {"1767225599+0 6 10.10.0.17:53543>10.20.0.53:443 ?/? none one-way exists start local "
            "whole uid=1000",
            kNoBytes}},
          {"a time with its zone; UDP has a length of its own",
           "2026-12-02T01:02:03.250000+01:00 web-04 kernel: IN= OUT=eth0 SRC=2001:db8::1 "
           "DST=2001:db8::2 LEN=90 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=UDP SPT=5 DPT=69 LEN=50\n",
           {"1796169723.25+0 17 2001:db8::1:5>2001:db8::2:69 ?/? none one-way either-way exists",
            kNoBytes}},
          {"what a packet of ICMP quotes is another's",
           "2026-12-02T01:02:03+00:00 web-04 kernel: IN=eth0 OUT= SRC=10.0.0.2 DST=10.0.0.1 LEN=80 "
           "PROTO=ICMP TYPE=3 CODE=3 [SRC=10.0.0.1 DST=10.0.0.2 LEN=52 PROTO=UDP SPT=5 DPT=69 ]\n",
           {"1796173323+0 1 10.0.0.2:0>10.0.0.1:0 ?/? none one-way either-way exists", kNoBytes}},
          {"the AUDIT target's record, as it is now and as it was",
           "type=NETFILTER_PKT msg=audit(1796173323.250:17): mark=0x0 saddr=10.0.0.1 "
           "daddr=10.0.0.2 "
           "proto=6\n"
           "node=a type=NETFILTER_PKT msg=audit(1796173323.250:18): action=0 hook=1 len=52 inif=? "
           "outif=eth0 saddr=10.0.0.1 daddr=10.0.0.2 ipid=1 proto=17 sport=5 dport=69\n"
           "type=SYSCALL msg=audit(1796173323.250:19): arch=c000003e\n",
           {"1796173323.25+0 6 10.0.0.1:0>10.0.0.2:0 ?/? none one-way either-way exists",
            "1796173323.25+0 17 10.0.0.1:5>10.0.0.2:69 ?/? none one-way either-way exists",
            kNoBytes}},
      },
      kWritten);
  check({{"a year that nothing tells",
          "Dec  2 01:02:03 web-04 kernel: " + packet,
          {"f:1: 1 line has no date: have them written with seconds since 1970 (left out)",
           "f: not one of its records could be read"}}});
}

}  // namespace
}  // namespace auexfil::flow::test
