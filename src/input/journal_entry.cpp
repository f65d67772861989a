#include "journal_entry.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "auexfil/input/log_header.hpp"

namespace auexfil::input {
namespace {

bool is_number(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string record_of_kernel(const JournalEntry& entry) {
  // Microseconds of a stamp that has milliseconds.
  constexpr std::size_t kFraction = 6;
  constexpr std::size_t kMostDigits = 20;
  if (!is_number(entry.serial, kMostDigits) || !is_number(entry.stamp_us, kMostDigits) ||
      entry.stamp_us.size() <= kFraction) {
    return {};
  }
  const std::size_t seconds = entry.stamp_us.size() - kFraction;
  std::string_view body = entry.message;
  const std::string_view type = body.substr(0, body.find(' '));
  body.remove_prefix(std::min(type.size() + 1, body.size()));
  // Long fields are left out of an export without --all: then the type stands in its own.
  const std::string_view name = type.empty() ? std::string_view(entry.type_name) : type;
  const auto is_of_name = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '[' || c == ']';
  };
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_of_name)) {
    return {};
  }
  // A type that the journal has no name for: AUDIT1420.
  const std::string_view number = name.starts_with("AUDIT") ? name.substr(5) : std::string_view{};
  return fmt::format("type={} msg=audit({}.{}:{}): {}", is_number(number, 4) ? number : name,
                     std::string_view(entry.stamp_us).substr(0, seconds),
                     std::string_view(entry.stamp_us).substr(seconds, 3), entry.serial, body);
}

}  // namespace

std::string* JournalEntry::field(std::string_view name) {
  const std::array<std::pair<std::string_view, std::string*>, 7> fields = {
      {{"_TRANSPORT", &transport},
       {"_AUDIT_TYPE_NAME", &type_name},
       {"_AUDIT_ID", &serial},
       {"_SOURCE_REALTIME_TIMESTAMP", &stamp_us},
       {"_UID", &uid},
       {"MESSAGE", &message},
       {"_HOSTNAME", &host}}};
  return field_named(fields, name);
}

std::string record_of(const JournalEntry& entry) {
  if (entry.transport == "audit" || (entry.transport.empty() && !entry.serial.empty())) {
    return record_of_kernel(entry);
  }
  const bool is_believed = entry.transport == "kernel" || entry.uid == "0";
  return is_believed && is_carried_record(entry.message) ? entry.message : std::string();
}

}  // namespace auexfil::input
