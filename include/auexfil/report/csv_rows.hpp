#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Rows of our own CSV read again. No cell of it holds an end of line.
namespace auexfil::report {

/// What is told twice where two rows of one header have the same: the record, the destination and
/// the figures. Words (reasons, commands) may be told otherwise by a log that begins elsewhere.
class CsvRowKey {
 public:
  /// \param header  without its end of line
  explicit CsvRowKey(std::string_view header);

  /// \param row  without its end of line
  /// \return nothing of one that has not as many cells as the header: it was cut short, or somebody
  ///         wrote it.
  [[nodiscard]] std::optional<std::string> of(std::string_view row) const;

 private:
  std::vector<bool> counts_;  // by column
};

}  // namespace auexfil::report
