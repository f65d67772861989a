#include <array>
#include <memory>
#include <string>

#include "lines.hpp"
#include "zeek.hpp"

namespace auexfil::flow {
namespace {

using zeek::Field;

/// Zeek's own text: lines of '#' tell the columns, and may come again with others.
class ZeekTsv final : public LineFormat {
 protected:
  void line(std::string_view text, std::uint64_t number, Output& to) override {
    if (text.front() == '#') {
      meta(text, number, to);
      return;
    }
    if (!has_header_) {
      header(text, number, to);  // tsv=T: a row of names, and no '#'
      return;
    }
    if (log_ == zeek::Log::none) {
      to.passed();
      return;
    }
    columns_.split<'\t'>(text);
    if (columns_.count() != width_) {
      // Names again, of a log that was put behind another.
      if (text.starts_with("ts\t")) {
        header(text, number, to);
      } else {
        to.fault(Fault::columns, number);
      }
      return;
    }
    for (std::size_t i = 0; i < used_; ++i) {
      const std::string_view value = columns_[places_[i].column];
      values_.of[places_[i].field] = is_unset(value) ? std::string_view() : value;
    }
    zeek::take(log_, values_, number, to);
  }

  /// Zeek writes whole lines: one without its end was being written.
  [[nodiscard]] bool is_whole(std::string_view last) const override {
    return last.starts_with('#');
  }

 private:
  struct Place {
    std::size_t column{};
    std::size_t field{};
  };

  /// Asked of each value: nearly always without a call.
  [[nodiscard]] static bool is_same(std::string_view value, std::string_view mark) {
    return value.size() == mark.size() && (value.empty() || (value.front() == mark.front() &&
                                                             (value.size() == 1 || value == mark)));
  }

  [[nodiscard]] bool is_unset(std::string_view value) const {
    return is_same(value, unset_) || is_same(value, empty_);
  }

  void meta(std::string_view text, std::uint64_t number, Output& to) {
    constexpr std::string_view kFieldsWord = "#fields\t";
    constexpr std::string_view kUnset = "#unset_field\t";
    constexpr std::string_view kEmpty = "#empty_field\t";
    constexpr std::string_view kSeparator = "#separator ";
    if (text.starts_with(kFieldsWord)) {
      header(text.substr(kFieldsWord.size()), number, to);
    } else if (text.starts_with(kUnset)) {
      unset_ = text.substr(kUnset.size());
    } else if (text.starts_with(kEmpty)) {
      empty_ = text.substr(kEmpty.size());
    } else if (text.starts_with(kSeparator) && text.substr(kSeparator.size()) != "\\x09") {
      has_header_ = true;
      log_ = zeek::Log::none;
      to.fault(Fault::header, number);
    }
  }

  void header(std::string_view names, std::uint64_t number, Output& to) {
    columns_.split<'\t'>(names);
    width_ = columns_.count();
    used_ = 0;
    values_ = {};
    std::array<bool, zeek::kFields> has{};
    for (std::size_t i = 0; i < std::min(width_, Columns::kMost); ++i) {
      const auto field = static_cast<std::size_t>(zeek::field_named(columns_[i]));
      if (field < zeek::kFields && !has[field]) {
        has[field] = true;
        places_[used_++] = {i, field};
      }
    }
    has_header_ = true;
    log_ = width_ > Columns::kMost ? zeek::Log::none : zeek::log_of(has);
    // Other logs of Zeek's have their place in a pile; one that calls itself conn has not.
    const bool is_of_flows = has[static_cast<std::size_t>(Field::orig_bytes)] ||
                             has[static_cast<std::size_t>(Field::conn_state)];
    if (log_ == zeek::Log::none && (is_of_flows || width_ > Columns::kMost)) {
      to.fault(Fault::header, number);
    }
  }

  Columns columns_;
  bool has_header_ = false;
  zeek::Log log_ = zeek::Log::none;
  std::size_t width_ = 0;
  std::size_t used_ = 0;
  std::array<Place, zeek::kFields> places_{};
  zeek::Values values_;  ///< of the line at hand; what has no column stays unset
  std::string unset_ = "-";
  std::string empty_ = "(empty)";
};

}  // namespace

bool is_zeek_tsv(std::string_view head) {
  const std::string_view line = first_line(head);
  return line.starts_with("#separator ") || line.starts_with("#fields\t") ||
         (line.starts_with("ts\t") && line.find("\tuid") != std::string_view::npos);
}

std::unique_ptr<Format> make_zeek_tsv() {
  return std::make_unique<ZeekTsv>();
}

}  // namespace auexfil::flow
