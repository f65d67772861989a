#include "json_events.hpp"

#include <string>

#include <fmt/format.h>

#include "journal_entry.hpp"

namespace auexfil::input {
namespace {

namespace dom = simdjson::dom;

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "SEC.MMM"
bool is_time(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && is_digits(text.substr(0, dot)) &&
         is_digits(text.substr(dot + 1));
}

/// A field of the journal: a string, or an array of its bytes where it is no UTF-8, or null.
void take_bytes(const dom::element& value, std::string& to) {
  std::string_view text;
  dom::array bytes;
  if (!to.empty()) {
    return;  // the first of several
  }
  if (value.get(text) == simdjson::SUCCESS) {
    to = text;
  } else if (value.get(bytes) == simdjson::SUCCESS) {
    for (const dom::element one : bytes) {
      std::uint64_t byte = 0;
      if (one.get(byte) == simdjson::SUCCESS && byte < 256) {
        to.push_back(static_cast<char>(byte));
      } else if (to.empty() && one.get(text) == simdjson::SUCCESS) {
        to = text;  // the same field several times
        return;
      }
    }
  }
}

}  // namespace

bool put_journal(const dom::object& event, const PutRecord& put) {
  JournalEntry entry;
  for (const auto field : event) {
    if (std::string* const to = entry.field(field.key)) {
      take_bytes(field.value, *to);
    }
  }
  if (!entry.is_entry()) {
    return false;
  }
  if (const std::string record = record_of(entry); !record.empty()) {
    put(record);
  }
  return true;
}

bool put_go_audit(const dom::object& event, const PutRecord& put) {
  std::uint64_t serial = 0;
  std::string_view time;
  dom::array messages;
  if (event["messages"].get(messages) != simdjson::SUCCESS ||
      event["timestamp"].get(time) != simdjson::SUCCESS || !is_time(time) ||
      event["sequence"].get(serial) != simdjson::SUCCESS) {
    return false;
  }
  for (const dom::element message : messages) {
    std::uint64_t type = 0;
    std::string_view data;
    if (message["type"].get(type) == simdjson::SUCCESS &&
        message["data"].get(data) == simdjson::SUCCESS) {
      put(fmt::format("type={} msg=audit({}:{}): {}", type, time, serial, data));
    }
  }
  return true;
}

}  // namespace auexfil::input
