#include "auexfil/report/writer.hpp"

#include <array>

#include "writers.hpp"

namespace auexfil::report {
namespace {

struct Writer {
  Format format;
  std::string_view word;
  std::unique_ptr<ReportWriter> (*make)(const Options&, Sink&);
};

/// In the order of the enumeration.
constexpr std::array kWriters = {Writer{Format::table, "table", make_table_writer},
                                 Writer{Format::csv, "csv", make_csv_writer},
                                 Writer{Format::jsonl, "jsonl", make_jsonl_writer}};

constexpr bool are_in_order() {
  for (std::size_t i = 0; i < kWriters.size(); ++i) {
    if (static_cast<std::size_t>(kWriters[i].format) != i) {
      return false;
    }
  }
  return true;
}
static_assert(are_in_order());

const Writer& writer_of(Format format) {
  return kWriters[static_cast<std::size_t>(format)];
}

}  // namespace

std::string_view to_word(Format format) {
  return writer_of(format).word;
}

std::unique_ptr<ReportWriter> make_writer(Format format, const Options& options, Sink& sink) {
  return writer_of(format).make(options, sink);
}

}  // namespace auexfil::report
