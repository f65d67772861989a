#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "format.hpp"

/// What the fields of Zeek's logs mean; TSV and JSON differ only in how they are written.
/// Source: zeek-docs, log-formats.rst; scripts/base/protocols/{conn,ftp,ssh,dns}/main.zeek.
namespace auexfil::flow::zeek {

enum class Field : std::uint8_t {
  ts,
  uid,
  orig_h,
  orig_p,
  resp_h,
  resp_p,
  // conn
  proto,
  service,
  duration,
  orig_bytes,
  resp_bytes,
  conn_state,
  missed_bytes,
  history,
  orig_pkts,
  orig_ip_bytes,
  resp_pkts,
  resp_ip_bytes,
  tunnel_parents,
  // ftp
  command,
  data_passive,
  data_orig_h,
  data_resp_h,
  data_resp_p,
  fuid,
  // files
  source,
  is_orig,
  seen_bytes,
  total_bytes,
  missing_bytes,
  conn_uids,
  // ssh
  auth_success,
  client,
  // dns
  query,
  answers,
  // of writers that stream
  node,
  count_
};
inline constexpr std::size_t kFields = static_cast<std::size_t>(Field::count_);

/// \return Field::count_: none that is asked for.
[[nodiscard]] Field field_named(std::string_view name);
[[nodiscard]] std::string_view name_of(Field field);

/// The fields of one record. Empty: unset.
struct Values {
  std::array<std::string_view, kFields> of{};
  [[nodiscard]] std::string_view operator[](Field field) const {
    return of[static_cast<std::size_t>(field)];
  }
};

enum class Log : std::uint8_t { none, conn, ftp, files, ssh, dns };
/// By the fields that there are, never by a name. \param has  by Field.
[[nodiscard]] Log log_of(const std::array<bool, kFields>& has);

/// Hands on what a record of that log says, or the fault that it has.
void take(Log log, const Values& values, std::uint64_t line, Output& to);

}  // namespace auexfil::flow::zeek
