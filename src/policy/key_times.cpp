#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "rule_keys.hpp"
#include "store.hpp"

/// `hours = 22-6` and `weekdays = sat, sun`: when a transfer began. In UTC: facts of many hosts
/// have no other clock in common.
namespace auexfil::policy {
namespace {

constexpr unsigned kHours = 24;
constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 7> kDayNames = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr audit::TimeMs kHourMs = 3'600'000;
constexpr audit::TimeMs kDayMs = 24 * kHourMs;

/// \return rounded down, for times before 1970 too.
audit::TimeMs divide(audit::TimeMs time, audit::TimeMs unit) {
  return time / unit - (time % unit < 0 ? 1 : 0);
}

unsigned hour_of(audit::TimeMs time) {
  return static_cast<unsigned>(divide(time, kHourMs) - divide(time, kDayMs) * kHours);
}

/// 0 is Monday; 1 January 1970 was a Thursday.
unsigned day_of(audit::TimeMs time) {
  constexpr audit::TimeMs kWeek = kDays.size();
  const audit::TimeMs days = divide(time, kDayMs) + 3;
  return static_cast<unsigned>(days - divide(days, kWeek) * kWeek);
}

std::optional<unsigned> parse_hour(std::string_view text) {
  unsigned hour = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, hour);
  return error == std::errc{} && rest == end && hour <= kHours ? std::optional(hour) : std::nullopt;
}

std::optional<unsigned> parse_day(std::string_view text) {
  for (unsigned day = 0; day < kDays.size(); ++day) {
    if (kDays.at(day) == text) {
      return day;
    }
  }
  return std::nullopt;
}

/// From `first` on, up to `last` and without it, round the clock.
std::uint32_t bits_between(unsigned first, unsigned last, unsigned all) {
  std::uint32_t bits = 0;
  for (unsigned at = first % all; bits == 0 || at != last % all; at = (at + 1) % all) {
    bits |= std::uint32_t{1} << at;
  }
  return bits;
}

/// The two sides of a range; the second is empty where there is none.
std::pair<std::string_view, std::string_view> split_range(std::string_view item) {
  const std::size_t dash = item.find('-');
  return dash == std::string_view::npos ? std::pair(item, std::string_view())
                                        : std::pair(item.substr(0, dash), item.substr(dash + 1));
}

void read_hours(SectionReader& reader, const input::Entry& entry, RuleKeys& keys) {
  keys.hours.text = entry.value;
  for (const std::string& item : input::split_list(entry.value)) {
    const auto [from, to] = split_range(item);
    const auto first = parse_hour(from);
    const auto last = to.empty() && first ? std::optional(*first + 1) : parse_hour(to);
    if (!first || !last || item.back() == '-' || *first == kHours || *first == *last) {
      reader.mistake(entry,
                     fmt::format("hours = {} is neither an hour (0 to 23) nor from one until "
                                 "another, such as 22-6",
                                 item));
    } else {
      keys.hours.bits |= bits_between(*first, *last, kHours);
    }
  }
}

void read_weekdays(SectionReader& reader, const input::Entry& entry, RuleKeys& keys) {
  keys.weekdays.text = entry.value;
  for (const std::string& item : input::split_list(entry.value)) {
    const auto [from, to] = split_range(item);
    const auto first = parse_day(from);
    const auto last = to.empty() ? first : parse_day(to);
    if (!first || !last || item.back() == '-') {
      reader.mistake(entry,
                     fmt::format("weekdays = {} is neither a day ({}) nor some of them, such "
                                 "as mon-fri",
                                 item, fmt::join(kDays, ", ")));
    } else {
      keys.weekdays.bits |= bits_between(*first, *last + 1, kDays.size());
    }
  }
}

bool has_hours(const RuleKeys& keys) {
  return keys.hours.bits != 0;
}

bool has_weekdays(const RuleKeys& keys) {
  return keys.weekdays.bits != 0;
}

bool holds_hours(const Rule& rule, PatternProblems& /*problems*/, const AskedTransfer& transfer) {
  return (rule.keys.hours.bits >> hour_of(transfer.start) & 1U) != 0;
}

bool holds_weekdays(const Rule& rule, PatternProblems& /*problems*/,
                    const AskedTransfer& transfer) {
  return (rule.keys.weekdays.bits >> day_of(transfer.start) & 1U) != 0;
}

/// The start that is shown: of the transfer that ended first.
audit::TimeMs start_of(const Store& store, Rows rows) {
  return store.transfers[store.rows[rows.front()].transfer].start;
}

void tell_hours(const Store& store, const Rule& rule, Rows rows,
                std::vector<std::string>& reasons) {
  const audit::TimeMs start = start_of(store, rows);
  const audit::TimeMs minutes = divide(start, 60'000);
  reasons.push_back(fmt::format("began at {:02}:{:02} UTC, which is within the hours {}",
                                hour_of(start), minutes - divide(minutes, 60) * 60,
                                rule.keys.hours.text));
}

void tell_weekdays(const Store& store, const Rule& rule, Rows rows,
                   std::vector<std::string>& reasons) {
  reasons.push_back(fmt::format("began on a {} (UTC), one of {}",
                                kDayNames.at(day_of(start_of(store, rows))),
                                rule.keys.weekdays.text));
}

}  // namespace

const RuleKey kHoursKey = {.name = "hours",
                           .read = read_hours,
                           .is_given = has_hours,
                           .holds_of = holds_hours,
                           .tell = tell_hours};
const RuleKey kWeekdaysKey = {.name = "weekdays",
                              .read = read_weekdays,
                              .is_given = has_weekdays,
                              .holds_of = holds_weekdays,
                              .tell = tell_weekdays};

}  // namespace auexfil::policy
