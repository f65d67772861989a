#include <catch2/catch.hpp>

#include "told.hpp"

// By hand from phaag/nfdump (output_csv.c, output_csv_fast.c) and what 1.7.1 prints.

namespace auexfil::flow::test {
namespace {

const std::string kLong =
    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,"
    "nhb,svln,dvln,ismc,odmc,idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,"
    "mpls10,cl,sl,al,ra,eng,exid,tr\n";
const std::string kRest =
    "0,0,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,00:00:00:00:00:00,00:00:00:00:00:00,00:00:00:00:00:00,"
    "00:00:00:00:00:00,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,    0.000,    "
    "0.000,    0.000,127.0.0.1,0/0,1,2026-11-25 01:08:16.549\n";

const std::string kUp =
    "2026-11-25 01:08:13,2026-11-25 "
    "01:08:13,0.011,10.0.0.1,10.0.0.2,56020,9877,TCP,...AP.S.,0,0,42,"
    "2023092,0,0," +
    kRest;
const std::string kDown =
    "2026-11-25 01:08:13,2026-11-25 "
    "01:08:13,0.011,10.0.0.2,10.0.0.1,9877,56020,TCP,...A..SF,0,0,22,"
    "1152,0,0," +
    kRest;
const Lines kTold = {
    "1795568893+0.011 6 10.0.0.1:56020>10.0.0.2:9877 2023092/? L3 one-way either-way start local "
    "whole",
    "1795568893+0.011 6 10.0.0.2:9877>10.0.0.1:56020 1152/? L3 one-way either-way start end local "
    "whole"};

TEST_CASE("nfdump: the long CSV up to 1.7.4, with its summary and without its header") {
  CHECK(told(kLong + kUp + kDown +
             "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n2,2024244,64,1,2,3\n") ==
        kTold);
  CHECK(told(kUp + kDown) == kTold);
  CHECK(told(kLong + kUp + "Summary\nflows\n1\n" + kLong + kDown) == kTold);
}

TEST_CASE("nfdump: records whose directions were merged have both") {
  const std::string merged =
      "2026-11-25 01:08:13,2026-11-25 01:08:13,0.011,10.0.0.1,10.0.0.2,56020,9877,TCP,...AP.SF,0,0,"
      "42,2023092,22,1152," +
      kRest;
  CHECK(
      told(kLong + merged) ==
      Lines{"1795568893+0.011 6 10.0.0.1:56020>10.0.0.2:9877 2023092/1152 L3 either-way start end "
            "local whole"});
}

TEST_CASE("nfdump: times that are whole rounds of the exporter's uptime off") {
  const std::string off =
      "2027-01-13 18:11:00,2027-01-13 18:11:00,0.011,127.0.0.1,127.0.0.1,56020,9877,UDP,......,0,0,"
      "42,2023092,0,0," +
      kRest;
  CHECK(told(kLong + off) ==
        Lines{"1795568892.704+0.011 17 127.0.0.1:56020>127.0.0.1:9877 2023092/? L3 one-way "
              "either-way local mended whole"});
}

TEST_CASE("nfdump: the CSV from 1.7.5 on has the columns that were asked for") {
  CHECK(told("firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows\n"
             "2026-11-25 01:08:13.463,0.011,TCP,10.0.0.1,56020,10.0.0.2,9877,42,2023092,1\n"
             "2026-11-25 01:08:13.463,0.000,ICMP,10.0.0.1,0,10.0.0.2,8.0,1,84,1\n") ==
        Lines{"1795568893.463+0.011 6 10.0.0.1:56020>10.0.0.2:9877 2023092/? L3 one-way either-way "
              "local",
              "1795568893.463+0 1 10.0.0.1:0>10.0.0.2:0 84/? L3 one-way either-way local"});
  // No header, as -q leaves it.
  CHECK(told("2026-11-25 01:08:13.463,0.011,TCP,10.0.0.1,56020,10.0.0.2,9877,42,2023092,1\n") ==
        Lines{"1795568893.463+0.011 6 10.0.0.1:56020>10.0.0.2:9877 2023092/? L3 one-way either-way "
              "local"});
  CHECK(told("firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,flags,inBytes,outBytes,"
             "inPackets,outPackets,srcXIP,srcXPort,dstXIP,dstXPort\n"
             "1795568893.463,1795568895.000,6,10.0.0.1,56020,192.0.2.2,22,...AP.SF,5000,300,9,5,"
             "203.0.113.7,1234,0.0.0.0,0\n") ==
        Lines{"1795568893.463+1.537 6 10.0.0.1:56020>192.0.2.2:22 5000/300 L3 either-way start end "
              "nat=203.0.113.7:1234>192.0.2.2:22"});
  // Nobody asked for bytes.
  CHECK(told("firstSeen,proto,srcAddr,srcPort,dstAddr,dstPort\n"
             "1795568893.463,6,10.0.0.1,56020,192.0.2.2,22\n") ==
        Lines{"1795568893.463+0 6 10.0.0.1:56020>192.0.2.2:22 ?/? none one-way either-way",
              "f: flows without bytes: it can show that hosts spoke, not how much"});
}

TEST_CASE("nfdump: csv-fast has milliseconds and numbers of protocols") {
  CHECK(
      told("cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,srcAS,dstAS,input,"
           "output,flags,srcTos,packets,bytes\n"
           "1,2,1795568893463,1795568893474,6,10.0.0.1,56020,10.0.0.2,9877,0,0,0,0,...AP.S.,0,42,"
           "2023092\n"
           "2,10,1795568893463,1795568893474,17,2001:db8::1,5,2001:db8::2,53,0,0,0,0,........,0,1,"
           "90\n") ==
      Lines{"1795568893.463+0.011 6 10.0.0.1:56020>10.0.0.2:9877 2023092/? L3 one-way either-way "
            "start",
            "1795568893.463+0.011 17 2001:db8::1:5>2001:db8::2:53 90/? L3 one-way either-way"});
}

TEST_CASE("nfdump: statistics and a header without ends are refused, with a word why") {
  CHECK(told("ts,te,td,pr,val,fl,flP,ipkt,ipktP\n") ==
        Lines{"f: statistics of nfdump -s are no flows; write them with nfdump -o csv"});
  CHECK(told("firstSeen,duration,proto,srcAddr,dstAddr,bytes\n"
             "2026-11-25 01:08:13.463,0.011,TCP,10.0.0.1,10.0.0.2,42\n") ==
        Lines{"f:1: 1 line has a header without the columns of a flow (left out)",
              "f: not one of its records could be read"});
}

TEST_CASE("nfdump: fewer bytes than packets have headers are no bytes") {
  CHECK(told("firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows\n"
             "1795568893.463,1,TCP,10.0.0.1,56020,10.0.0.2,9877,42,42,1\n") ==
        Lines{"1795568893.463+1 6 10.0.0.1:56020>10.0.0.2:9877 ?/? none one-way either-way",
              "f: flows without bytes: it can show that hosts spoke, not how much"});
}

}  // namespace
}  // namespace auexfil::flow::test
