#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/input/log_header.hpp"
#include "carriers.hpp"
#include "known_fields.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kMostCells = 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kNoColumn = SIZE_MAX;

/// Rows of RFC 4180: cells in quotes hold anything, a quote doubled, newlines too.
class CsvCarrier final : public Carrier {
 public:
  CsvCarrier(char separator, bool has_header) : separator_(separator), has_header_(has_header) {}

  void take(std::string_view bytes, bool last, PlainLines& to) override {
    if (std::exchange(is_at_start_, false) && bytes.starts_with(kByteOrderMark)) {
      bytes.remove_prefix(kByteOrderMark.size());
    }
    for (const char c : bytes) {
      step(c, to);
    }
    if (last && !(cells_.empty() && row_.empty())) {
      if (in_quotes_) {
        to.put_cut(row_line_, "-");  // it was cut
      } else {
        end_row(to);
      }
    }
  }

 private:
  struct Cell {
    std::size_t begin{};
    std::size_t end{};
    std::uint64_t line{};
  };

  void step(char c, PlainLines& to) {
    if (c == '"') {
      if (in_quotes_) {
        in_quotes_ = false;
        was_quote_ = true;
        return;
      }
      if (was_quote_) {
        push('"');  // doubled
      } else if (row_.size() != cell_begin_) {
        push('"');  // amid a cell: a quote of its own
        return;
      }
      in_quotes_ = true;
      was_quote_ = false;
      return;
    }
    was_quote_ = false;
    if (in_quotes_ && !(c == '\n' && is_too_long_)) {
      push(c);
      line_ += c == '\n' ? 1U : 0U;
    } else if (c == separator_) {
      end_cell();
    } else if (c == '\n') {
      end_row(to);
      ++line_;
      row_line_ = cell_line_ = line_;
    } else {
      push(c);
    }
  }

  void push(char c) {
    if (row_.size() < kMostUnitBytes) {
      row_.push_back(c);
    } else {
      is_too_long_ = true;
    }
  }

  void end_cell() {
    if (cells_.size() < kMostCells) {
      cells_.push_back({cell_begin_, row_.size(), cell_line_});
    } else {
      is_too_wide_ = true;
    }
    cell_begin_ = row_.size();
    cell_line_ = line_;
  }

  [[nodiscard]] std::string_view text_of(const Cell& cell) const {
    std::string_view text = std::string_view(row_).substr(cell.begin, cell.end - cell.begin);
    while (text.ends_with('\r')) {
      text.remove_suffix(1);
    }
    return text;
  }

  void end_row(PlainLines& to) {
    end_cell();
    if (is_too_long_ || is_too_wide_) {
      ++bounds_[is_too_long_ ? "csv_row_bytes" : "csv_cells"];
    } else if (has_header_ && is_first_) {
      column_ = surest_column(rank_of_raw);
      host_column_ = surest_column(rank_of_host);
      host_rank_ =
          host_column_ == kNoColumn ? kNoRank : rank_of_host({}, text_of(cells_[host_column_]));
    } else if (cells_.size() > 1 || !text_of(cells_.front()).empty()) {
      put_row(to);
    }
    is_first_ = false;
    is_too_long_ = is_too_wide_ = in_quotes_ = was_quote_ = false;
    row_.clear();
    cells_.clear();
    cell_begin_ = 0;
  }

  /// By the names in the header that is at hand.
  template <typename RankOf>
  [[nodiscard]] std::size_t surest_column(const RankOf& rank_of) const {
    std::size_t column = kNoColumn;
    std::size_t best = kNoRank;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (const std::size_t rank = rank_of({}, text_of(cells_[i])); rank < best) {
        best = rank;
        column = i;
      }
    }
    return column;
  }

  /// The record of a row: in the column of its name, or in the first cell that is one where no
  /// header names it.
  void put_row(PlainLines& to) {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if ((column_ == kNoColumn || column_ == i) && is_carried_record(text_of(cells_[i]))) {
        to.put(cells_[i].line, text_of(cells_[i]),
               host_column_ < cells_.size()
                   ? host_of_field(host_rank_, text_of(cells_[host_column_]))
                   : std::string_view());
        return;
      }
    }
    to.put(row_line_, "-");
  }

  bool is_at_start_ = true;
  char separator_;
  bool has_header_;
  bool is_first_ = true;
  bool in_quotes_ = false;
  bool was_quote_ = false;  ///< the byte before closed a cell, unless it is doubled
  bool is_too_long_ = false;
  bool is_too_wide_ = false;
  std::string row_;
  std::vector<Cell> cells_;
  std::size_t cell_begin_ = 0;
  std::size_t column_ = kNoColumn;
  std::size_t host_column_ = kNoColumn;
  std::size_t host_rank_ = kNoRank;
  std::uint64_t line_ = 0;
  std::uint64_t row_line_ = 0;
  std::uint64_t cell_line_ = 0;
};

constexpr char kNoSeparator = '\x01';  ///< of one column alone

/// A line of a log is no header, whatever words somebody has put between its commas: it has a
/// clock, or values.
bool is_column_name(std::string_view name) {
  constexpr std::size_t kLongest = 128;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool is_alone = (i == 0 || name[i - 1] != ':') && name.substr(i + 1, 1) != ":";
    if (c == '=' || c == '"' || c == '\'' || c == '<' || c == '{' || (c == ':' && is_alone)) {
      return false;  // "tag::eventtype" is one of Splunk's
    }
  }
  return name.size() <= kLongest;
}

/// What parts the cells of a header that names a raw column; 0: it is none.
char separator_of(std::string_view header) {
  for (const char separator : {',', ';', '\t'}) {
    std::string_view rest = header;
    bool any_raw = false;
    bool are_names = true;
    std::size_t cells = 0;
    for (bool more = true; more; ++cells) {
      const std::size_t end = rest.find(separator);
      std::string_view name = rest.substr(0, end);
      if (name.size() > 1 && name.front() == '"' && name.back() == '"') {
        name = name.substr(1, name.size() - 2);
      }
      any_raw = any_raw || rank_of_raw({}, name) != kNoRank;
      are_names = are_names && is_column_name(name);
      more = end != std::string_view::npos;
      rest.remove_prefix(more ? end + 1 : rest.size());
    }
    if (any_raw && are_names && cells <= kMostCells && (cells > 1 || header.size() < 40)) {
      return cells > 1 ? separator : kNoSeparator;
    }
  }
  return 0;
}

std::string_view first_line(std::string_view head) {
  if (head.starts_with(kByteOrderMark)) {
    head.remove_prefix(kByteOrderMark.size());
  }
  std::string_view line = head.substr(0, head.find('\n'));
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

/// Without a header: a cell in quotes that a record begins.
bool has_quoted_record(std::string_view line) {
  for (const std::string_view begin : {"\"type=", "\"node="}) {
    const std::size_t at = line.find(begin);
    if (at != std::string_view::npos && (at == 0 || line[at - 1] == ',') &&
        is_carried_record(line.substr(at + 1))) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_csv(std::string_view head) {
  const std::string_view line = first_line(head);
  return separator_of(line) != 0 || has_quoted_record(line);
}

std::unique_ptr<Carrier> make_csv(std::string_view head) {
  const char separator = separator_of(first_line(head));
  return std::make_unique<CsvCarrier>(separator == 0 ? ',' : separator, separator != 0);
}

}  // namespace auexfil::input
