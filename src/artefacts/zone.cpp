#include "zone.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <date/tz.h>
#include <exception>
#include <utility>

#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kLongest = 64;

bool is_zone_text(std::string_view text) {
  constexpr std::string_view kMarks = "/_+-<>,.:";
  return !text.empty() && text.size() <= kLongest && text.front() != '/' &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                  kMarks.find(c) != std::string_view::npos;
         });
}

std::string_view name_in(std::string_view path) {
  constexpr std::string_view kFolder = "zoneinfo/";
  const std::size_t at = path.rfind(kFolder);
  std::string_view name =
      at == std::string_view::npos ? std::string_view() : path.substr(at + kFolder.size());
  for (const std::string_view variant : {"posix/", "right/"}) {
    if (name.starts_with(variant)) {
      name.remove_prefix(variant.size());
    }
  }
  return name;
}

/// Between the last two newlines of a TZif file of version 2 or later.
std::string_view footer(std::string_view tzif) {
  if (!tzif.starts_with("TZif") || !tzif.ends_with('\n')) {
    return {};
  }
  tzif.remove_suffix(1);
  return tzif.substr(tzif.rfind('\n') + 1);
}

/// ZONE="Europe/Berlin" of Red Hat up to 6, TIMEZONE=… of SUSE.
std::string clock_setting(Reader& reader) {
  std::string zone;
  each_line(reader.text("/etc/sysconfig/clock").value_or(std::string()),
            [&](std::string_view line, std::uint32_t) {
              const std::size_t equals = line.find('=');
              const std::string_view key = trimmed(line.substr(0, equals));
              if (equals != std::string_view::npos && (key == "ZONE" || key == "TIMEZONE")) {
                zone = trimmed(line.substr(equals + 1));
                std::erase_if(zone, [](char c) { return c == '"' || c == '\''; });
              }
            });
  return zone;
}

std::string first_line(Reader& reader, const std::string& path) {
  const std::string text = reader.text(path).value_or(std::string());
  return std::string(trimmed(text.substr(0, text.find('\n'))));
}

}  // namespace

std::string zone_of_image(Reader& reader) {
  const std::string link = reader.link_target("/etc/localtime");
  std::string zone(name_in(link));
  if (!is_zone_text(zone)) {
    zone = first_line(reader, "/etc/timezone");
  }
  if (!is_zone_text(zone)) {
    zone = clock_setting(reader);
  }
  if (!is_zone_text(zone)) {
    const std::string tzif = reader.text("/etc/localtime").value_or(std::string());
    zone = footer(tzif);
  }
  return is_zone_text(zone) ? zone : std::string();
}

std::optional<Zone> Zone::of(const std::string& name) {
  if (!is_zone_text(name)) {
    return std::nullopt;
  }
  Zone zone;
  try {
    zone.rules_ = date::locate_zone(name);  // looks into a list of names, not for a file
    static_cast<void>(zone.rules_->get_info(date::sys_seconds()));  // read now or never
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return zone;
}

std::int64_t Zone::to_utc(date::local_seconds local) const {
  return rules_->to_sys(local, date::choose::earliest).time_since_epoch().count();
}

std::optional<std::int64_t> Zone::last_due(const CronTimes& times, std::int64_t time) const {
  constexpr int kMostDays = 4 * 366;
  const date::local_seconds now = rules_->to_local(date::sys_seconds(std::chrono::seconds(time)));
  date::local_days day = date::floor<date::days>(now);
  std::int64_t last = std::chrono::duration_cast<std::chrono::minutes>(now - day).count();
  for (int back = 0; back < kMostDays; ++back, day -= date::days(1), last = 24 * 60 - 1) {
    const date::year_month_day date(day);
    if (!times.is_day(unsigned(date.month()), unsigned(date.day()),
                      date::weekday(day).c_encoding())) {
      continue;
    }
    for (std::int64_t minute = last; minute >= 0; --minute) {
      if (((times.hours >> (minute / 60)) & 1U) != 0 &&
          ((times.minutes >> (minute % 60)) & 1U) != 0) {
        return to_utc(day + std::chrono::minutes(minute));
      }
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> Zone::instant(date::local_time<std::chrono::milliseconds> shown) const {
  const date::local_info info = rules_->get_info(shown);
  return info.result == date::local_info::unique
             ? std::optional<std::int64_t>((shown.time_since_epoch() - info.first.offset) /
                                           std::chrono::milliseconds(1))
             : std::nullopt;
}

}  // namespace auexfil::artefacts
