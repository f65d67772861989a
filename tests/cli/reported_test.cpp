#include "../../src/cli/reported.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace auexfil::cli::test {
namespace {

constexpr audit::TimeMs kHour = 3'600'000;

/// One that began with transfer 100 + `first` and took to `last`, one an hour.
policy::Finding finding(std::uint64_t first, std::uint64_t last,
                        const char* address = "203.0.113.7") {
  policy::Finding made;
  made.id = first * 1000 + static_cast<unsigned char>(address[10]);
  made.rule = "bulk";
  made.group = {{"destination", address}};
  made.start = static_cast<audit::TimeMs>(first) * kHour;
  made.end = static_cast<audit::TimeMs>(last) * kHour;
  made.window_s = 7200;
  made.bytes_out = last - first + 1;
  for (std::uint64_t transfer = first; transfer <= last; ++transfer) {
    made.transfers.push_back(100 + transfer);
  }
  return made;
}

struct Told {
  std::vector<std::string> news;  ///< "ID", or "ID update"
  std::uint64_t standing{};
  std::vector<std::uint64_t> withdrawn;
};

/// A run that finds these, and remembers nothing from before `forgotten` hours.
Told next_run(ReportedById& reported, std::vector<policy::Finding> findings, int forgotten = 0,
              bool is_whole = true) {
  report::Counts::Judged counts;
  keep_news(findings, reported, {forgotten * kHour, is_whole}, counts);
  Told told{{}, counts.standing.value(), counts.withdrawn};
  for (const policy::Finding& news : findings) {
    told.news.push_back(std::to_string(news.id) + (news.is_update ? " update" : ""));
  }
  return told;
}

using News = std::vector<std::string>;
using Ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("reported: what is new and what has grown is told, what stands is not") {
  ReportedById reported;
  CHECK(next_run(reported, {finding(1, 3)}).news == News{"1055"});
  Told told = next_run(reported, {finding(1, 3), finding(2, 3, "203.0.113.9")});
  CHECK(told.news == News{"2057"});
  CHECK(told.standing == 1);
  told = next_run(reported, {finding(1, 4), finding(2, 3, "203.0.113.9")});
  CHECK(told.news == News{"1055 update"});
  told = next_run(reported, {finding(2, 3, "203.0.113.9")});
  CHECK(told.news.empty());
  CHECK(told.withdrawn.empty());  // began less than a day from what may be forgotten
}

TEST_CASE("reported: one that holds no longer is taken back, unless its log was not read") {
  ReportedById reported;
  static_cast<void>(next_run(reported, {finding(30, 31)}));
  CHECK(next_run(reported, {}, 0, false).withdrawn.empty());
  CHECK(next_run(reported, {}).withdrawn == Ids{30055});
  CHECK(next_run(reported, {}).withdrawn.empty());
}

TEST_CASE("reported: one that a rule cannot find again for want of a past is not taken back") {
  for (const int days : {0, 29, 30, 40}) {
    ReportedById reported;
    static_cast<void>(next_run(reported, {finding(30 * 24, 30 * 24)}));
    report::Counts::Judged counts;
    std::vector<policy::Finding> none;
    keep_news(none, reported, {kHour, true, days * 24 * kHour}, counts);
    CHECK(counts.withdrawn.empty() == (days > 29));
  }
}

TEST_CASE("reported: one whose beginning is forgotten goes on under its id") {
  ReportedById reported;
  static_cast<void>(next_run(reported, {finding(1, 9)}));
  Told told = next_run(reported, {finding(4, 9)}, 4);  // what is left of it
  CHECK(told.news.empty());
  CHECK(told.standing == 1);
  CHECK(told.withdrawn.empty());
  for (int hour = 10; hour < 40; ++hour) {  // forgotten as it grows, long past all of the first
    const auto last = static_cast<std::uint64_t>(hour);
    told = next_run(reported, {finding(last - 5, last)}, hour - 5);
    CHECK(told.news == News{"1055 update"});
    CHECK(next_run(reported, {finding(last - 4, last)}, hour - 4).news.empty());
  }
  CHECK(reported.size() == 1);
}

TEST_CASE("reported: of what it has fallen into the last goes on, the rest is no news") {
  ReportedById reported;
  static_cast<void>(next_run(reported, {finding(1, 20)}));
  const Told told = next_run(reported, {finding(5, 7), finding(15, 21)}, 5);
  CHECK(told.news == News{"1055 update"});
  CHECK(told.standing == 1);
  CHECK(next_run(reported, {finding(5, 7), finding(15, 22)}, 5).news == News{"1055 update"});
}

TEST_CASE("reported: what merely looks alike is another") {
  ReportedById reported;
  static_cast<void>(next_run(reported, {finding(1, 9)}));
  // Of another group; with no transfer in common; while nothing is forgotten.
  CHECK(next_run(reported, {finding(1, 9), finding(4, 9, "203.0.113.8")}, 4).news == News{"4056"});
  CHECK(next_run(reported, {finding(1, 9), finding(10, 12)}, 4).news == News{"10055"});
  reported.clear();
  static_cast<void>(next_run(reported, {finding(1, 9)}));
  CHECK(next_run(reported, {finding(1, 3), finding(5, 9)}).news == News{"1055 update", "5055"});
}

TEST_CASE("reported: a new one is told wherever its clock was, though later times are forgotten") {
  ReportedById reported;
  static_cast<void>(next_run(reported, {finding(1000, 1001)}, 990));
  CHECK(next_run(reported, {finding(1000, 1001), finding(10, 11)}, 990).news == News{"10055"});
}

}  // namespace auexfil::cli::test
