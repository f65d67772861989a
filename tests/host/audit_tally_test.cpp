#include "auexfil/host/audit_tally.hpp"

#include <catch2/catch.hpp>

#include "auexfil/audit/assembler.hpp"

namespace auexfil::host {
namespace {

void pass(AuditTally& tally, std::uint32_t serial, audit::TimeMs time) {
  audit::Event event;
  event.stamp = {time, serial};
  tally.note_order(event);
}

}  // namespace

TEST_CASE("tally: serials that are missing are a loss, and losses near each other are one") {
  AuditTally tally;
  pass(tally, 1, 1000);
  pass(tally, 2, 1001);
  pass(tally, 5, 1002);
  pass(tally, 9, 2000);
  pass(tally, 20, 60'000);
  CHECK(tally.gaps == 3);
  CHECK(tally.gap_serials == 2 + 3 + 10);
  REQUIRE(tally.losses.size() == 1);
  CHECK(tally.losses[0].events == 15);
  pass(tally, 30, 200'000);
  pass(tally, 31, 300'000);
  pass(tally, 40, 300'001);
  REQUIRE(tally.losses.size() == 2);
  CHECK(tally.losses[1].from == 300'000);
}

TEST_CASE("tally: in a log that was sorted by time nothing is lost that comes later") {
  AuditTally tally;
  pass(tally, 1, 1000);
  pass(tally, 10, 1001);  // a call that waits until then
  pass(tally, 2, 1002);
  pass(tally, 7, 1003);
  pass(tally, 3, 1004);
  pass(tally, 3, 1004);  // again: once
  pass(tally, 5, 1005);
  pass(tally, 6, 1006);
  pass(tally, 8, 1007);
  CHECK(tally.gap_serials == 2);
  REQUIRE(tally.losses.size() == 1);
  CHECK(tally.losses[0].events == 2);
  pass(tally, 9, 1008);
  pass(tally, 4, 1009);
  CHECK(tally.gap_serials == 0);
  CHECK(tally.losses.empty());
  pass(tally, 11, 1010);
  CHECK(tally.losses.empty());
}

TEST_CASE("tally: more serials passed over than are kept are lost") {
  AuditTally tally;
  for (std::uint32_t i = 1; i <= 6000; i += 2) {
    pass(tally, i, 1000);
  }
  for (std::uint32_t i = 2; i <= 6000; i += 2) {
    pass(tally, i, 1000);
  }
  CHECK(tally.gap_serials == 2999 - SerialGaps::kMost);
}

TEST_CASE("tally: a loss while auditd was gone begins with the kernel's last event") {
  AuditTally tally;
  pass(tally, 1, 1000);
  audit::Record record;
  record.type = audit::type::kDaemonStart;
  audit::Event start;
  start.stamp = {90'000, 7000};
  const audit::Record* const records[] = {&record};
  start.records = records;
  tally.note_order(start);
  pass(tally, 50, 90'001);
  REQUIRE(tally.losses.size() == 1);
  CHECK(tally.losses[0].from == 1000);
  CHECK(tally.losses[0].to == 90'001);
}

TEST_CASE("tally: losses without end are no more than a bound, and none is left out of the sum") {
  AuditTally tally;
  for (std::uint32_t i = 1; i <= 10'000; ++i) {
    tally.note_loss(Loss::Kind::serial_gap, i * 100'000, i * 100'000, 1);
  }
  CHECK(tally.losses.size() == 4096);
  std::uint64_t events = 0;
  for (const Loss& loss : tally.losses) {
    events += loss.events;
  }
  CHECK(events == 10'000);
  CHECK(tally.losses.back().to == 1'000'000'000);
}

TEST_CASE("tally: what is not known of architectures is counted, in few entries") {
  AuditTally tally;
  for (std::uint32_t arch = 1; arch <= 20; ++arch) {
    tally.note_unknown_arch(arch);
  }
  CHECK(tally.unknown_archs.size() == 8);
  CHECK(tally.unknown_archs.back().calls == 13);
}

TEST_CASE("tally: auditing that was off is a loss until something is logged again") {
  AuditTally tally;
  pass(tally, 1, 1000);
  tally.note_off(2000);
  pass(tally, 2, 90'000);
  REQUIRE(tally.losses.size() == 1);
  CHECK(tally.losses[0].from == 1000);
  CHECK(tally.losses[0].to == 90'000);
  CHECK_FALSE(tally.is_off);
}

TEST_CASE("tally: a loss never ends before it begins") {
  AuditTally tally;
  pass(tally, 1, 90'000);
  pass(tally, 9, 1000);
  REQUIRE(tally.losses.size() == 1);
  CHECK(tally.losses[0].from == 1000);
  CHECK(tally.losses[0].to == 90'000);
}

TEST_CASE("tally: what another log tells of lost records is the loss that this one shows") {
  AuditTally tally;
  tally.events = 2;
  tally.first = 100'000;
  tally.last = 900'000;
  tally.note_loss(Loss::Kind::serial_gap, 200'000, 201'000, 4);
  tally.note_loss(Loss::Kind::auditing_off, 600'000, 700'000, 0);
  SECTION("near one that it shows") {
    CHECK(tally.note_told_loss(203'000, 208'000, 3));
    REQUIRE(tally.losses.size() == 2);
    CHECK(tally.losses[0].to == 208'000);
    CHECK(tally.losses[0].events == 4);
    CHECK(tally.note_told_loss(199'000, 204'000, 9));
    CHECK(tally.losses[0].events == 9);
  }
  SECTION("another one, in its place") {
    CHECK(tally.note_told_loss(400'000, 405'000, 3));
    REQUIRE(tally.losses.size() == 3);
    CHECK(tally.losses[1].from == 400'000);
    CHECK(tally.losses[1].kind == Loss::Kind::counter);
    CHECK(tally.note_told_loss(650'000, 655'000, 3));
    CHECK(tally.losses.size() == 4);
  }
  SECTION("of another time") {
    CHECK_FALSE(tally.note_told_loss(50'000, 55'000, 3));
    CHECK_FALSE(tally.note_told_loss(990'000, 995'000, 3));
    CHECK(tally.losses.size() == 2);
    CHECK_FALSE(AuditTally().note_told_loss(0, 5000, 3));
  }
}

TEST_CASE("tally: a count of lost records lies between the last time it was 0 and now") {
  AuditTally tally;
  pass(tally, 1, 1000);
  tally.note_lost_count(0, 5000);
  tally.note_lost_count(17, 9000);
  REQUIRE(tally.losses.size() == 1);
  CHECK(tally.losses[0].from == 5000);
  CHECK(tally.losses[0].events == 17);
}

TEST_CASE(
    "tally: losses that were over are told no more, and kept as one for who was at work then") {
  AuditTally tally;
  pass(tally, 1, 1000);
  for (const audit::TimeMs time : {100'000, 200'000, 300'000, 400'000}) {
    tally.note_loss(Loss::Kind::half_event, time, time + 50'000, 2);
  }
  tally.tell_since(350'000);
  REQUIRE(tally.losses.size() == 3);
  CHECK_FALSE(tally.is_told(tally.losses[0]));
  CHECK(tally.losses[0].from == 100'000);
  CHECK(tally.losses[0].to == 250'000);
  CHECK(tally.losses[0].events == 4);
  CHECK(tally.is_told(tally.losses[1]));  // it ends as the time begins
  CHECK(tally.is_told(tally.losses[2]));
  tally.tell_since(900'000);
  CHECK(tally.losses.size() == 1);
}

TEST_CASE("tally: auditing that is still off is told, however long ago that was") {
  AuditTally tally;
  pass(tally, 1, 1000);
  pass(tally, 2, 2000);
  tally.note_off(2000);
  tally.tell_since(900'000);
  REQUIRE(tally.losses.size() == 1);
  CHECK(tally.is_told(tally.losses[0]));
  pass(tally, 3, 950'000);
  CHECK(tally.is_told(tally.losses[0]));
  tally.tell_since(960'000);
  CHECK_FALSE(tally.is_told(tally.losses[0]));
}

TEST_CASE("tally: stretches in which calls came no more are one of each kind once they are over") {
  CeaseWatch watch;
  audit::TimeMs now = 0;
  for (int hole = 0; hole < 4; ++hole) {
    for (const Ceased::Kind kind : {Ceased::Kind::connect, Ceased::Kind::bytes}) {
      for (int i = 0; i < 40; ++i) {
        watch.note(kind, ++now);
      }
    }
    for (int i = 0; i < 2000; ++i) {
      watch.note_occasion(Ceased::Kind::bytes);
      watch.note_occasion(Ceased::Kind::connect);
    }
    now += 1000;
  }
  watch.settle(0, now);
  REQUIRE(watch.all().size() == 8);
  const audit::TimeMs third = watch.all()[4].to;
  watch.join_before(third);
  REQUIRE(watch.all().size() == 6);
  CHECK(watch.all()[0].missed == 4000);
  CHECK(watch.covers(watch.all()[0].kind, watch.all()[0].to));
  watch.join_before(now + 1);
  CHECK(watch.all().size() == 2);
}

}  // namespace auexfil::host
