#include <cstdint>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "section.hpp"

namespace auexfil::policy {
namespace {

constexpr std::int64_t kDay = 86'400'000;

void read_addresses(SectionReader& reader, std::vector<audit::Cidr>& addresses) {
  const input::Entry* entry = reader.find("address");
  if (entry == nullptr) {
    return;
  }
  for (const std::string& item : input::split_list(entry->value)) {
    if (const auto cidr = audit::Cidr::parse(item)) {
      addresses.push_back(*cidr);
    } else if (const std::string right = without_host_bits(item); !right.empty()) {
      reader.mistake(*entry,
                     fmt::format("address = {} has bits set behind its prefix; write {}, or the "
                                 "address alone",
                                 item, right));
    } else {
      reader.mistake(*entry, fmt::format("address = {} is neither an IP address nor a network "
                                         "such as 198.51.100.0/24 (names go into 'name')",
                                         item));
    }
  }
}

void read_expiry(SectionReader& reader, Allow& allow) {
  const input::Entry* entry = reader.find("expires");
  if (entry == nullptr) {
    return;
  }
  if (const auto day = parse_date(entry->value)) {
    allow.expires = entry->value;
    allow.expired_from = *day + kDay;
  } else {
    reader.mistake(*entry, fmt::format("expires = {} is not a date; write YYYY-MM-DD, the last day "
                                       "it holds",
                                       entry->value));
  }
}

}  // namespace

Role read_role(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  SectionReader reader(section, {"host", "limit", "window"}, mistakes);
  Role role;
  role.name = section.name;
  role.hosts = reader.patterns("host");
  const bool is_default = section.name == "default";
  if (is_default && section.find("host") != nullptr) {
    reader.mistake(*section.find("host"),
                   "role default takes no 'host': it is every host that no other role names");
  } else if (!is_default) {
    reader.require("host", "bk-*, /^backup[0-9]+$/");
  }
  if (const input::Entry* limit = reader.require("limit", "100MiB")) {
    if (const auto bytes = parse_size(limit->value)) {
      role.limit_bytes = *bytes;
    } else {
      reader.mistake(*limit, fmt::format("limit = {} is not a size; write 5MB (10^6 bytes each), "
                                         "5MiB (2^20) or plain bytes",
                                         limit->value));
    }
  }
  constexpr std::int64_t kUsualWindow = kDay;
  role.window_ms = kUsualWindow;
  if (const input::Entry* window = reader.find("window")) {
    if (const auto ms = parse_duration(window->value); ms && *ms > 0) {
      role.window_ms = *ms;
    } else {
      reader.mistake(*window, fmt::format("window = {} is not a duration; write 30s, 10m, 24h or "
                                          "7d",
                                          window->value));
    }
  }
  return role;
}

Allow read_allow(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  SectionReader reader(
      section, {"address", "name", "port", "role", "user", "tool", "owner", "reason", "expires"},
      mistakes);
  Allow allow;
  allow.name = section.name;
  read_addresses(reader, allow.addresses);
  allow.names = reader.patterns("name");
  if (section.find("name") == nullptr) {
    reader.require("address", "198.51.100.0/24");
  }
  allow.ports = reader.ports("port");
  allow.roles = reader.patterns("role");
  allow.users = reader.patterns("user");
  allow.tools = reader.patterns("tool");
  allow.owner = reader.text("owner");
  allow.reason = reader.text("reason");
  read_expiry(reader, allow);
  return allow;
}

}  // namespace auexfil::policy
