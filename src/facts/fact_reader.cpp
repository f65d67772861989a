#include "auexfil/facts/fact_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "fact_json.hpp"

namespace auexfil::facts {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

struct FactReader::State {
  State(FactSink to, FactDetail detail) : sink(std::move(to)), parser(detail) {}

  void feed(std::string_view chunk);
  void end_line();
  void parse(std::string_view line);
  void mistake(std::string what);

  FactSink sink;
  FactParser parser;
  std::string file;
  FactCounts counts;
  std::uint64_t line_number = 0;
  bool at_start = true;   ///< The first line may have a byte order mark.
  std::string carry;      ///< A line's beginning, or a line that needs padding.
  bool too_long = false;  ///< The line at hand has passed the bound; its rest is passed over.
  std::vector<FactMistake> mistakes;
  std::uint64_t mistake_count = 0;
};

void FactReader::State::mistake(std::string what) {
  ++counts.mistakes;
  ++mistake_count;
  if (mistakes.size() < kMaxMistakes) {
    mistakes.push_back({file, line_number, std::move(what)});
  }
}

void FactReader::State::feed(std::string_view chunk) {
  while (!chunk.empty()) {
    const auto newline = std::min(chunk.find('\n'), chunk.size());
    const bool is_whole = newline < chunk.size();
    const std::string_view piece = chunk.substr(0, newline);
    const std::size_t behind = chunk.size() - newline;
    if (is_whole && carry.empty() && !too_long && piece.size() <= kMaxLineBytes &&
        behind >= FactParser::kPadding) {
      ++line_number;
      parse(piece);  // in place
    } else {
      if (carry.size() + piece.size() > kMaxLineBytes) {
        too_long = true;
        carry.clear();
      }
      if (!too_long) {
        carry += piece;
      }
      if (is_whole) {
        end_line();
      }
    }
    chunk.remove_prefix(std::min(newline + 1, chunk.size()));
  }
}

/// The line whose pieces lie in `carry` is complete.
void FactReader::State::end_line() {
  ++line_number;
  if (too_long) {
    ++counts.lines;
    mistake("the line is longer than 16 MiB (left out)");
  } else {
    const std::size_t size = carry.size();
    carry.resize(size + FactParser::kPadding);
    parse(std::string_view(carry).substr(0, size));
  }
  carry.clear();
  too_long = false;
}

void FactReader::State::parse(std::string_view line) {
  if (line_number == 1 && at_start && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
    return;
  }
  ++counts.lines;
  const auto kind = parser.parse(line);
  if (!kind) {
    mistake(parser.error());
    return;
  }
  switch (*kind) {
    case FactParser::Kind::fact:
      ++counts.facts;
      if (sink.fact) {
        sink.fact(parser.fact());
      }
      break;
    case FactParser::Kind::coverage:
      ++counts.coverages;
      if (sink.coverage) {
        sink.coverage(parser.coverage());
      }
      break;
    case FactParser::Kind::summary:
      ++counts.summaries;
      if (sink.summary) {
        sink.summary(parser.summary(), parser.claim());
      }
      break;
  }
}

FactReader::FactReader(FactSink sink, FactDetail detail)
    : state_(std::make_unique<State>(std::move(sink), detail)) {}
FactReader::FactReader(FactReader&&) noexcept = default;
FactReader& FactReader::operator=(FactReader&&) noexcept = default;
FactReader::~FactReader() = default;

void FactReader::begin_file(std::string_view file) {
  state_->file = file;
  state_->counts = {};
  state_->line_number = 0;
  state_->at_start = true;
  state_->carry.clear();
  state_->too_long = false;
}

void FactReader::begin_part(std::string_view file) {
  begin_file(file);
  state_->at_start = false;
}

void FactReader::feed(std::string_view chunk) {
  state_->feed(chunk);
}

FactCounts FactReader::end_file() {
  if (!state_->carry.empty() || state_->too_long) {
    state_->end_line();
  }
  return state_->counts;
}

std::uint64_t FactReader::lines_read() const {
  return state_->line_number;
}

void FactReader::forget_mistakes() {
  state_->mistakes.clear();
  state_->mistake_count = 0;
}

const std::vector<FactMistake>& FactReader::mistakes() const {
  return state_->mistakes;
}
std::uint64_t FactReader::mistake_count() const {
  return state_->mistake_count;
}

}  // namespace auexfil::facts
