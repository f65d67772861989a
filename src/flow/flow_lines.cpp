#include "auexfil/flow/flow_lines.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "auexfil/input/file_bytes.hpp"

namespace auexfil::flow {
namespace {

/// How deep in a JSON document its text ends.
class Depth {
 public:
  void take(std::string_view text) {
    for (const char c : text) {
      if (in_text_) {
        in_text_ = is_escaped_ || c != '"';
        is_escaped_ = !is_escaped_ && c == '\\';
      } else if (c == '"') {
        in_text_ = true;
      } else if (c == '{') {
        ++depth_;
      } else if (c == '}' && depth_ > 0) {
        --depth_;
      }
    }
  }
  [[nodiscard]] bool is_within() const { return depth_ > 0; }

 private:
  std::size_t depth_ = 0;
  bool in_text_ = false;
  bool is_escaped_ = false;
};

constexpr std::string_view kSecret = "password";

/// Passwords of a record: of a column, by the header before it, or of a field of JSON.
class Mask {
 public:
  /// A line that may be the names of columns.
  void take_header(std::string_view line) {
    constexpr std::string_view kFields = "#fields\t";
    if (line.starts_with(kFields)) {
      line.remove_prefix(kFields.size());
    } else if (!line.starts_with("ts\t")) {
      return;
    }
    column_.reset();
    for (std::size_t column = 0; !line.empty(); ++column) {
      const std::size_t end = std::min(line.find_first_of("\t\r"), line.size());
      if (line.substr(0, end) == kSecret) {
        column_ = column;
      }
      line.remove_prefix(std::min(end + 1, line.size()));
    }
  }

  void hide(std::string& record) const {
    const std::size_t first = record.find_first_not_of(" \t[,");
    if (first != std::string::npos && record[first] == '{') {
      hide_fields(record);
    } else if (column_) {
      hide_column(record, *column_);
    }
  }

 private:
  /// What Zeek writes where it has none, or keeps it to itself, hides nothing.
  static void hide(std::string& record, std::size_t begin, std::size_t end) {
    const std::string_view value = std::string_view(record).substr(begin, end - begin);
    if (value != "-" && value != "<hidden>" && value != "(empty)") {
      record.replace(begin, end - begin, "****");
    }
  }

  static void hide_column(std::string& record, std::size_t column) {
    std::size_t begin = 0;
    for (; column > 0 && begin != std::string::npos; --column) {
      begin = record.find('\t', begin);
      begin += begin == std::string::npos ? 0 : 1;
    }
    if (begin != std::string::npos) {
      hide(record, begin, std::min(record.find_first_of("\t\r", begin), record.size()));
    }
  }

  static void hide_fields(std::string& record) {
    const std::string name = '"' + std::string(kSecret) + '"';
    for (std::size_t at = record.find(name); at != std::string::npos; at = record.find(name, at)) {
      at = record.find_first_not_of(" :\t\n", at + name.size());
      if (at == std::string::npos || record[at] != '"') {
        continue;
      }
      std::size_t end = ++at;
      while (end < record.size() && record[end] != '"') {
        end += record[end] == '\\' ? 2U : 1U;
      }
      hide(record, at, std::min(end, record.size()));
    }
  }

  std::optional<std::size_t> column_;
};

/// Takes bytes in pieces, keeps the lines that are asked for.
class LineCatcher {
 public:
  LineCatcher(const std::set<std::uint64_t>& wanted, bool masks) : wanted_(wanted), masks_(masks) {
    begin();
  }

  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t end = std::min(bytes.find('\n'), bytes.size());
      keep(bytes.substr(0, end));
      if (end == bytes.size()) {
        return;
      }
      end_line();
      bytes.remove_prefix(end + 1);
    }
  }

  /// Nothing that is asked for is to come.
  [[nodiscard]] bool is_done() const {
    return into_ == nullptr && (wanted_.empty() || number_ > *wanted_.rbegin());
  }
  [[nodiscard]] std::map<std::uint64_t, std::string> lines() {
    finish();
    for (auto& [number, text] : lines_) {
      while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
        text.pop_back();
      }
    }
    return std::move(lines_);
  }

 private:
  void begin() {
    header_.clear();
    if (into_ == nullptr && wanted_.contains(number_)) {
      into_ = &lines_[number_];
      depth_ = {};
      of_document_ = 0;
    }
  }

  void keep(std::string_view part) {
    const bool may_be_header = header_.empty() ? part.starts_with('#') || part.starts_with('t')
                                               : header_.size() < kMostShown;
    if (masks_ && may_be_header) {
      header_.append(part.substr(0, kMostShown - header_.size()));
    }
    if (into_ == nullptr) {
      return;
    }
    const std::size_t room = kMostShown - std::min(kMostShown, into_->size());
    into_->append(part.substr(0, room));
    depth_.take(part.substr(0, room));
    if (part.size() > room && !into_->ends_with("…")) {
      *into_ += "…";
    }
  }

  void end_line() {
    ++number_;
    ++of_document_;
    mask_.take_header(header_);
    const bool goes_on = into_ != nullptr && depth_.is_within() && into_->size() < kMostShown;
    if (goes_on && of_document_ < kMostShownLines) {
      *into_ += '\n';
      header_.clear();
      return;
    }
    if (goes_on) {
      *into_ += "…";
    }
    finish();
    begin();
  }

  void finish() {
    if (into_ != nullptr && masks_) {
      mask_.hide(*into_);
    }
    into_ = nullptr;
  }

  const std::set<std::uint64_t>& wanted_;
  bool masks_;
  Mask mask_;
  std::string header_;  ///< the line at hand, if it may be the names of columns
  std::map<std::uint64_t, std::string> lines_;
  std::string* into_ = nullptr;  ///< the text of the line at hand, where it is kept
  Depth depth_;
  std::size_t of_document_ = 0;
  std::uint64_t number_ = 1;
};

}  // namespace

std::map<std::uint64_t, std::string> lines_of(const input::LogFile& file,
                                              const std::set<std::uint64_t>& wanted, bool mask) {
  constexpr std::size_t kPiece = std::size_t{256} << 10;
  LineCatcher catcher(wanted, mask);
  input::FileBytes bytes(file);
  std::vector<char> piece(kPiece);
  for (std::size_t got = kPiece; got == kPiece && !catcher.is_done();) {
    got = bytes.read(piece.data(), kPiece);
    catcher.take({piece.data(), got});
  }
  return catcher.lines();
}

}  // namespace auexfil::flow
