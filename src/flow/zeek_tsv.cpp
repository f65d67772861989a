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
    if (values_.split(text) != width_) {
      // Names again, of a log that was put behind another.
      if (text.starts_with("ts\t")) {
        header(text, number, to);
      } else {
        to.fault(Fault::columns, number);
      }
      return;
    }
    zeek::take(log_, values_, number, to);
  }

  /// Zeek writes whole lines: one without its end was being written.
  [[nodiscard]] bool is_whole(std::string_view last) const override {
    return last.starts_with('#');
  }

 private:
  void meta(std::string_view text, std::uint64_t number, Output& to) {
    constexpr std::string_view kFieldsWord = "#fields\t";
    constexpr std::string_view kUnset = "#unset_field\t";
    constexpr std::string_view kEmpty = "#empty_field\t";
    constexpr std::string_view kSeparator = "#separator ";
    if (text.starts_with(kFieldsWord)) {
      header(text.substr(kFieldsWord.size()), number, to);
    } else if (text.starts_with(kUnset)) {
      values_.set_unset(text.substr(kUnset.size()));
    } else if (text.starts_with(kEmpty)) {
      values_.set_empty(text.substr(kEmpty.size()));
    } else if (text.starts_with(kSeparator) && text.substr(kSeparator.size()) != "\\x09") {
      has_header_ = true;
      log_ = zeek::Log::none;
      to.fault(Fault::header, number);
    }
  }

  void header(std::string_view names, std::uint64_t number, Output& to) {
    width_ = values_.split(names);
    values_.forget_places();
    std::array<bool, zeek::kFields> has{};
    for (std::size_t i = 0; i < std::min(width_, Columns::kMost); ++i) {
      const Field field = zeek::field_named(values_.column(i));
      if (field != Field::count_ && !has[static_cast<std::size_t>(field)]) {
        has[static_cast<std::size_t>(field)] = true;
        values_.place(field, i);
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

  zeek::LineValues values_;  ///< of the line at hand
  bool has_header_ = false;
  zeek::Log log_ = zeek::Log::none;
  std::size_t width_ = 0;
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
