#include "auexfil/input/json_units.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "auexfil/input/find_byte.hpp"

namespace auexfil::input {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kMostDepth = 64;
constexpr std::size_t kDeepestList = 2;  ///< {"hits":{"hits":[

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Keys under which a search's answer, an export or a batch holds its documents: Elastic's hits,
/// CloudWatch's events and logEvents, Splunk's results, AWS's Records, what people name them.
bool is_list_key(std::string_view key) {
  constexpr std::array<std::string_view, 8> kKeys = {"hits",    "events",  "logEvents", "results",
                                                     "Records", "records", "logs",      "rows"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

/// Those that a document may have as well: of an answer that is the file. Datadog's data, Loki's
/// result, Google's entries.
bool is_list_key_of_answer(std::string_view key) {
  constexpr std::array<std::string_view, 5> kKeys = {"data", "result", "value", "items", "entries"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

}  // namespace

void JsonUnits::take(std::string_view bytes, bool last, Taker& to) {
  if (std::exchange(is_at_start_, false) && bytes.starts_with(kByteOrderMark)) {
    bytes.remove_prefix(kByteOrderMark.size());
  }
  buffer_.append(bytes);
  while (at_ < buffer_.size()) {
    step(buffer_[at_], to);
  }
  if (last) {
    finish(to);
  }
  compact();
}

/// Looks at one byte, and moves on.
void JsonUnits::step(char c, Taker& to) {
  if (is_text_) {
    step_text(c, to);
  } else if (in_string_) {
    step_string(c, to);
  } else {
    step_outside(c, to);
  }
  if (unit_ != kNone && at_ - unit_ > kMostBytes) {
    // Where it ends nobody knows: the next line may begin another.
    to.bound("json_document_bytes", line_);
    forget();
    begin_text();
    skips_text_ = true;
  }
}

void JsonUnits::step_string(char c, Taker& to) {
  if (c == '\n') {
    broken(to);  // there is no such thing in a string
    return;
  }
  if (!is_escaped_ && c != '"' && c != '\\') {
    at_ = std::min(find_first<'"', '\\', '\n'>(buffer_, at_), buffer_.size());
    return;
  }
  ++at_;
  if (is_escaped_) {
    is_escaped_ = false;
  } else if (c == '\\') {
    is_escaped_ = true;
  } else if (c == '"') {
    in_string_ = false;
    string_end_ = at_ - 1;
    before_ = '"';
    if (unit_is_string_) {
      end_unit(to);
    }
  }
}

void JsonUnits::step_outside(char c, Taker& to) {
  if (is_space(c)) {
    ++at_;
    line_ += c == '\n' ? 1U : 0U;
    return;
  }
  if (unit_ == kNone && open_.empty() && extra_ == 0 && c != '{' && c != '[' && c != ']' &&
      c != ',') {
    begin_text();
    return;
  }
  switch (c) {
    case '"':
      in_string_ = true;
      string_ = at_;
      if (unit_ == kNone && is_place_of_documents()) {
        begin_unit();
        unit_is_string_ = true;
      }
      break;
    case '{':
      if (unit_ != kNone && before_ != ':' && !(is_in_array() && is_between())) {
        broken(to);  // begins another, while this one is open
        return;
      }
      if (is_list_) {
        unit_ = kNone;  // it is what stands around documents
      }
      if (unit_ == kNone && is_place_of_documents()) {
        begin_unit();
      }
      open('{');
      break;
    case '[':
      is_list_ = unit_ != kNone && before_ == ':' && extra_ == 0 &&
                 open_.size() <= unit_depth_ + kDeepestList &&
                 (is_list_key(last_string()) ||
                  (is_first_unit_ && is_list_key_of_answer(last_string()))) &&
                 !unit_has_stamp();
      open('[');
      before_ = c;
      ++at_;
      return;
    case '}':
    case ']':
      close();
      before_ = c;
      ++at_;
      if (unit_ != kNone && open_.size() + extra_ <= unit_depth_) {
        end_unit(to);
      }
      is_list_ = false;
      return;
    default:
      break;
  }
  is_list_ = false;
  before_ = c;
  ++at_;
}

/// Text between documents, up to its newline.
void JsonUnits::step_text(char c, Taker& to) {
  if (c != '\n') {
    at_ = std::min(buffer_.find('\n', at_), buffer_.size());
    if (skips_text_) {
      text_ = at_;
    } else if (at_ - text_ > kMostBytes) {
      to.bound("json_document_bytes", line_);
      skips_text_ = true;
    }
    return;
  }
  if (!skips_text_) {
    text_line(std::string_view(buffer_).substr(text_, at_ - text_), to);
  }
  ++at_;
  ++line_;
  is_text_ = skips_text_ = false;
}

void JsonUnits::begin_text() {
  is_text_ = true;
  skips_text_ = false;
  text_ = at_;
}

void JsonUnits::text_line(std::string_view line, Taker& to) const {
  // A header before the document, as syslog has one.
  const std::size_t begin = line.find("{\"");
  if (begin == std::string_view::npos || !to.take(line.substr(begin), line_)) {
    to.pass(line, line_);
  }
}

bool JsonUnits::is_in_array() const {
  return extra_ > 0 || (!open_.empty() && open_.back() == '[');
}
bool JsonUnits::is_between() const {
  return before_ == '[' || before_ == ',';
}
bool JsonUnits::is_place_of_documents() const {
  return extra_ == 0 && (open_.empty() || open_.back() == '[');
}
/// It is a document that has such a list of its own.
bool JsonUnits::unit_has_stamp() {
  constexpr std::string_view kMark = "audit(";
  if (!has_stamp_) {
    const std::size_t from = std::max(unit_, looked_at_ - std::min(looked_at_, kMark.size()));
    has_stamp_ =
        std::string_view(buffer_).substr(from, at_ - from).find(kMark) != std::string_view::npos;
    looked_at_ = at_;
  }
  return has_stamp_;
}
std::string_view JsonUnits::last_string() const {
  return std::string_view(buffer_).substr(string_ + 1, string_end_ - string_ - 1);
}

void JsonUnits::open(char c) {
  if (open_.size() < kMostDepth) {
    open_.push_back(c);
  } else {
    ++extra_;
    too_deep_ = true;
  }
}
void JsonUnits::close() {
  if (extra_ > 0) {
    --extra_;
  } else if (!open_.empty()) {
    open_.pop_back();
  }
}

void JsonUnits::begin_unit() {
  unit_ = at_;
  unit_depth_ = open_.size();
  unit_line_ = line_;
  looked_at_ = at_;
  too_deep_ = unit_is_string_ = has_stamp_ = false;
}

void JsonUnits::end_unit(Taker& to) {
  const std::string_view unit = std::string_view(buffer_).substr(unit_, at_ - unit_);
  unit_ = kNone;
  unit_is_string_ = is_first_unit_ = false;
  if (too_deep_) {
    to.bound("json_depth", unit_line_);
  } else if (!to.take(unit, unit_line_)) {
    to.refuse(unit, unit_line_);
  }
}

/// The unit at hand is no JSON: its line, or what of it there is, is told as it stands.
void JsonUnits::broken(Taker& to) {
  if (unit_ != kNone) {
    to.refuse(std::string_view(buffer_).substr(unit_, at_ - unit_), unit_line_);
  }
  forget();
}

/// Begins anew, in the list at hand or outside all.
void JsonUnits::forget() {
  open_.resize(unit_ == kNone ? 0 : std::min(open_.size(), unit_depth_));
  extra_ = 0;
  unit_ = kNone;
  in_string_ = is_escaped_ = is_list_ = too_deep_ = unit_is_string_ = false;
  before_ = ',';
}

void JsonUnits::finish(Taker& to) {
  if (is_text_ && !skips_text_) {
    // As in a log: a last line without its newline was cut.
    to.cut(std::string_view(buffer_).substr(text_), line_);
  } else if (unit_ != kNone) {
    to.cut({}, unit_line_);
  }
  buffer_.clear();
  at_ = 0;
  unit_ = kNone;
  is_text_ = skips_text_ = false;
}

/// Lets go of what has been looked at.
void JsonUnits::compact() {
  const std::size_t from = is_text_ ? text_ : std::min(unit_, at_);
  buffer_.erase(0, from);
  at_ -= from;
  text_ -= is_text_ ? from : text_;
  unit_ -= unit_ == kNone ? 0 : from;
  looked_at_ -= std::min(looked_at_, from);
  // Of a key that is gone nothing is asked but where it ended.
  string_ = string_ >= from ? string_ - from : 0;
  string_end_ = string_end_ >= from ? string_end_ - from : string_;
  string_end_ = std::max(string_end_, string_ + 1);
}

bool JsonUnits::is_json(std::string_view head) {
  if (head.starts_with(kByteOrderMark)) {
    head.remove_prefix(kByteOrderMark.size());
  }
  const auto next = [&] {
    head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
    return head.empty() ? '\0' : head.front();
  };
  if (next() == '[') {
    // Not the bracket with a kernel's time in it.
    do {
      head.remove_prefix(1);
    } while (next() == '[');
    return next() == '{' || next() == '"';
  }
  if (next() == '{') {
    head.remove_prefix(1);
    return next() == '"' || next() == '}';
  }
  // A document behind a header, as syslog has one, or behind the time and tag of fluentd's files.
  const std::string_view line = head.substr(0, head.find('\n'));
  return (line.find(": {\"") != std::string_view::npos ||
          line.find("\t{\"") != std::string_view::npos) &&
         line.ends_with('}');
}

}  // namespace auexfil::input
