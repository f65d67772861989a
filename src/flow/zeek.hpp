#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "format.hpp"
#include "lines.hpp"
#include "values.hpp"

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

/// The fields of one record, as JSON has them. Empty: unset.
struct Values {
  std::array<std::string_view, kFields> of{};
  [[nodiscard]] std::string_view operator[](Field field) const {
    return of[static_cast<std::size_t>(field)];
  }
  /// \param value  of a field. \return false: it is no number.
  [[nodiscard]] static bool read(std::string_view value, std::uint64_t& number) {
    return read_number(value, number);
  }
};

/// The same of a line: a field is looked up when it is asked for.
class LineValues {
 public:
  /// \param column  of the field, of those that split() finds
  void place(Field field, std::size_t column) {
    columns_[static_cast<std::size_t>(field)] = column;
  }
  void forget_places() { columns_.fill(kNoColumn); }
  void set_unset(std::string_view mark) {
    unset_ = mark;
    unset_first_ = mark.empty() ? '\0' : mark.front();
  }
  void set_empty(std::string_view mark) {
    empty_ = mark;
    empty_first_ = mark.empty() ? '\0' : mark.front();
  }

  /// \return the number of columns, all of which are where place() said.
  [[nodiscard]] std::size_t split(std::string_view line) {
    line_.split<'\t'>(line);
    return line_.count();
  }
  [[nodiscard]] std::string_view column(std::size_t number) const { return line_[number]; }

  [[nodiscard]] std::string_view operator[](Field field) const {
    const std::size_t column = columns_[static_cast<std::size_t>(field)];
    if (column == kNoColumn) {
      return {};
    }
    const std::string_view value = line_[column];
    // The first byte tells of nearly all values that they are neither "-" nor "(empty)".
    const bool may_be_mark =
        !value.empty() && (value.front() == unset_first_ || value.front() == empty_first_);
    return may_be_mark && (value == unset_ || value == empty_) ? std::string_view() : value;
  }
  [[nodiscard]] bool read(std::string_view value, std::uint64_t& number) const {
    constexpr std::size_t kShort = 8;
    const bool is_short = std::endian::native == std::endian::little && !value.empty() &&
                          value.size() <= kShort && line_.bytes_before(value) >= kShort;
    return is_short ? read_short(value.data() + value.size(), value.size(), number)
                    : read_number(value, number);
  }

 private:
  Columns line_;
  std::array<std::size_t, kFields> columns_{};
  std::string unset_ = "-";
  std::string empty_ = "(empty)";
  char unset_first_ = '-';
  char empty_first_ = '(';
};

enum class Log : std::uint8_t { none, conn, ftp, files, ssh, dns };
/// By the fields that there are, never by a name. \param has  by Field.
[[nodiscard]] Log log_of(const std::array<bool, kFields>& has);

/// Hands on what a record of that log says, or the fault that it has. Of a connection that nobody
/// wants (Output::wants()) no more is read than its time, its ends and its bytes.
/// Made for Values and LineValues.
template <typename Fields>
void take(Log log, const Fields& values, std::uint64_t line, Output& to);

}  // namespace auexfil::flow::zeek
