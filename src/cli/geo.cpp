#include "geo.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <maxminddb.h>
#include <netinet/in.h>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "rules.hpp"

namespace auexfil::cli {
namespace {

/// One database.
class Database {
 public:
  /// \param error  set where it cannot be read.
  Database(const std::string& path, std::string& error) {
    const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &mmdb_);
    is_open_ = status == MMDB_SUCCESS;
    if (status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR) {
      error = std::strerror(errno);
    } else if (!is_open_) {
      error = MMDB_strerror(status);
    }
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    if (is_open_) {
      MMDB_close(&mmdb_);
    }
  }

  /// \return nothing for an address that it does not have, or where it is broken.
  [[nodiscard]] std::optional<MMDB_entry_s> find(const audit::IpAddress& address) const {
    // The library takes either through a pointer to the general form, as system calls do.
    sockaddr_storage place{};
    const auto& bytes = address.bytes();
    if (address.is_v4()) {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      std::memcpy(&v4.sin_addr, bytes.data() + 12, sizeof v4.sin_addr);
      std::memcpy(&place, &v4, sizeof v4);
    } else {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      std::memcpy(&v6.sin6_addr, bytes.data(), sizeof v6.sin6_addr);
      std::memcpy(&place, &v6, sizeof v6);
    }
    int error = MMDB_SUCCESS;
    const MMDB_lookup_result_s found =
        MMDB_lookup_sockaddr(&mmdb_, reinterpret_cast<const sockaddr*>(&place), &error);
    return error == MMDB_SUCCESS && found.found_entry ? std::optional(found.entry) : std::nullopt;
  }

 private:
  MMDB_s mmdb_{};
  bool is_open_ = false;
};

/// Keys from the outside in; null ends it.
using Path = std::array<const char*, 3>;

std::optional<MMDB_entry_data_s> get(MMDB_entry_s entry, const Path& path) {
  MMDB_entry_data_s data{};
  const bool found = MMDB_aget_value(&entry, &data, path.data()) == MMDB_SUCCESS && data.has_data;
  return found ? std::optional(data) : std::nullopt;
}

std::string text_of(MMDB_entry_s entry, const Path& path) {
  constexpr std::uint32_t kMost = 200;  // of an organisation's name
  const auto data = get(entry, path);
  return data && data->type == MMDB_DATA_TYPE_UTF8_STRING
             ? std::string(data->utf8_string, std::min(data->data_size, kMost))
             : std::string();
}

/// MaxMind's and DB-IP's databases have a map, ipinfo's a text.
std::string country_of(MMDB_entry_s entry) {
  for (const Path& path : {Path{"country", "iso_code"}, Path{"country_code"}, Path{"country"},
                           Path{"registered_country", "iso_code"}}) {
    if (std::string country = text_of(entry, path); country.size() == 2) {
      return country;
    }
  }
  return {};
}

std::uint32_t asn_of(MMDB_entry_s entry) {
  if (const auto data = get(entry, {"autonomous_system_number"});
      data && data->type == MMDB_DATA_TYPE_UINT32) {
    return data->uint32;
  }
  const std::string text = text_of(entry, {"asn"});  // "AS64496"
  std::uint32_t number = 0;
  if (text.starts_with("AS")) {
    std::from_chars(text.data() + 2, text.data() + text.size(), number);
  }
  return number;
}

class Databases final : public policy::Geo {
 public:
  explicit Databases(std::vector<std::unique_ptr<Database>> databases)
      : databases_(std::move(databases)) {}

  [[nodiscard]] policy::Place find(const audit::IpAddress& address) const override {
    policy::Place place;
    for (const auto& database : databases_) {
      const auto entry = database->find(address);
      if (!entry) {
        continue;
      }
      if (place.country.empty()) {
        place.country = country_of(*entry);
      }
      if (place.asn == 0) {
        place.asn = asn_of(*entry);
        place.organisation = text_of(*entry, {"autonomous_system_organization"});
      }
    }
    return place;
  }

 private:
  std::vector<std::unique_ptr<Database>> databases_;
};

}  // namespace

std::shared_ptr<const policy::Geo> open_geo(const std::vector<std::string>& paths) {
  std::vector<std::unique_ptr<Database>> databases;
  std::vector<std::string> problems;
  databases.reserve(paths.size());
  for (const std::string& path : paths) {
    std::string error;
    databases.push_back(std::make_unique<Database>(path, error));
    if (!error.empty()) {
      problems.push_back(
          fmt::format("{}: cannot be read as a database of places ({})", path, error));
    }
  }
  if (!problems.empty()) {
    throw RulesError{std::move(problems)};
  }
  return std::make_shared<Databases>(std::move(databases));
}

}  // namespace auexfil::cli
