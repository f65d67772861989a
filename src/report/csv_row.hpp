#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/report/csv.hpp"
#include "auexfil/report/safe.hpp"

namespace auexfil::report {

inline constexpr std::string_view kCsvLineEnd = "\r\n";
inline constexpr std::string_view kCsvBetween = "; ";

/// Empty for 0, a time that was never set.
[[nodiscard]] inline std::string time_text(audit::TimeMs time) {
  return time == 0 ? std::string() : audit::format_rfc3339(time);
}

/// Appends the cells of one row, in order.
class CsvRow {
 public:
  explicit CsvRow(std::string& out) : out_(out) {}
  CsvRow(const CsvRow&) = delete;
  CsvRow& operator=(const CsvRow&) = delete;
  ~CsvRow() { out_.append(kCsvLineEnd); }

  void text(std::string_view cell) {
    separate();
    append_csv_cell(out_, cell);
  }
  void maybe(const std::optional<std::string>& cell) { text(cell ? *cell : std::string_view{}); }
  void yes_no(bool value) { text(value ? "yes" : "no"); }
  void list(const std::vector<std::string>& cells) { text(join(cells, kCsvBetween)); }
  void time(audit::TimeMs time) { text(time_text(time)); }
  template <typename T>
  void number(const std::optional<T>& value) {
    separate();
    if (value) {
      out_.append(std::to_string(*value));
    }
  }

 private:
  void separate() {
    if (!first_) {
      out_.push_back(',');
    }
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace auexfil::report
