#include "auexfil/report/csv_rows.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace auexfil::report {
namespace {

constexpr std::array<std::string_view, 25> kFigures = {"finding",
                                                       "id",
                                                       "host",
                                                       "node",
                                                       "start",
                                                       "end",
                                                       "first",
                                                       "last",
                                                       "address",
                                                       "port",
                                                       "name",
                                                       "direction",
                                                       "bytes_out",
                                                       "bytes_in",
                                                       "basis",
                                                       "limit_bytes",
                                                       "window_s",
                                                       "verdict",
                                                       "execs",
                                                       "connects",
                                                       "bytes",
                                                       "descriptors",
                                                       "unattributed_bytes",
                                                       "unaddressed_bytes",
                                                       "complete"};

/// Where the cell that begins at `from` ends: a comma in quotes is none.
std::size_t end_of_cell(std::string_view row, std::size_t from) {
  bool quoted = false;
  for (std::size_t at = from; at < row.size(); ++at) {
    if (row[at] == '"') {
      quoted = !quoted;
    } else if (row[at] == ',' && !quoted) {
      return at;
    }
  }
  return row.size();
}

template <typename Take>
void each_cell(std::string_view row, Take take) {
  for (std::size_t from = 0; from <= row.size();) {
    const std::size_t end = end_of_cell(row, from);
    take(row.substr(from, end - from));
    from = end + 1;
  }
}

}  // namespace

CsvRowKey::CsvRowKey(std::string_view header) {
  each_cell(header, [this](std::string_view column) {
    counts_.push_back(std::find(kFigures.begin(), kFigures.end(), column) != kFigures.end());
  });
}

std::optional<std::string> CsvRowKey::of(std::string_view row) const {
  std::string key;
  std::size_t column = 0;
  each_cell(row, [&](std::string_view cell) {
    if (column < counts_.size() && counts_[column]) {
      key.append(cell).push_back(',');
    }
    ++column;
  });
  return column == counts_.size() ? std::optional(std::move(key)) : std::nullopt;
}

}  // namespace auexfil::report
