#include "auexfil/report/format.hpp"

#include <catch2/catch.hpp>

#include "auexfil/report/progress.hpp"
#include "sample.hpp"

using namespace auexfil::report;
using auexfil::transfer::Basis;

TEST_CASE("amounts: rounded and exact, unknown is ?") {
  CHECK(format_amount(3'153'717, Basis::measured) == "3.0 MiB (3,153,717 bytes)");
  CHECK(format_amount(3'153'717, Basis::at_least) == "≥ 3.0 MiB (3,153,717 bytes)");
  CHECK(format_amount(3'153'717, Basis::estimated) == "~ 3.0 MiB (3,153,717 bytes)");
  CHECK(format_amount({}, Basis::unknown) == "?");
  CHECK(format_amount({}, Basis::at_least) == "?");
  CHECK(format_amount(0, Basis::measured) == "0 bytes");
  CHECK(format_amount(1, Basis::measured) == "1 byte");
  CHECK(format_amount(1023, Basis::at_least) == "≥ 1,023 bytes");
  CHECK(format_amount(1024, Basis::measured) == "1.0 KiB (1,024 bytes)");
}

TEST_CASE("exact numbers have commas at the thousands") {
  CHECK(format_exact(0) == "0");
  CHECK(format_exact(999) == "999");
  CHECK(format_exact(1000) == "1,000");
  CHECK(format_exact(UINT64_MAX) == "18,446,744,073,709,551,615");
}

TEST_CASE("spans name the second day only where it differs") {
  CHECK(format_span(sample::kStart, sample::kEnd) == "2026-12-02 01:02:01 – 01:02:04 UTC");
  CHECK(format_span(sample::kStart, sample::kStart + 86'400'000) ==
        "2026-12-02 01:02:01 – 2026-12-03 01:02:01 UTC");
  CHECK(format_span(0, 0) == "? – ? UTC");
}

TEST_CASE("endpoints and counts") {
  CHECK(format_endpoint("203.0.113.11", 22) == "203.0.113.11:22");
  CHECK(format_endpoint("2001:db8::1", 22) == "[2001:db8::1]:22");
  CHECK(format_endpoint("2001:db8::1", {}) == "2001:db8::1");
  CHECK(format_count(1, "host") == "1 host");
  CHECK(format_count(0, "host") == "0 hosts");
  CHECK(format_id(0) == "0000000000000000");
}

TEST_CASE("progress fits the columns") {
  const Progress half{10'400'000'000, 20'000'000'000, 12'800};
  CHECK(format_progress(half, 60) ==
        "[###########...........]   52%  10.4/20.0 GB  812 MB/s  0:12");
  CHECK(format_progress(half, 40) == " 52%  10.4/20.0 GB  812 MB/s  0:12");
  CHECK(format_progress(half, 20) == " 52%  10.4/20.0 GB");
  CHECK(format_progress(half, 0).empty());
  CHECK(format_progress({5'000, 0, 3'723'000}, 80) == "5.0 kB  0 MB/s  1:02:03");
  CHECK(format_progress({0, 10, 0}, 80) ==
        "[........................................]    0%  0/10 B  0 MB/s  0:00");
  // A file that grew while it was read.
  CHECK(format_progress({20, 10, 1000}, 30) == "100%  20/10 B  0 MB/s  0:01");
  for (std::size_t columns = 0; columns < 100; ++columns) {
    CHECK(format_progress(half, columns).size() <= columns);
  }
}
