#include <algorithm>
#include <array>
#include <utility>

#include "carriers.hpp"
#include "json_document.hpp"

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

/// Cuts a stream of JSON into its documents, without waiting for the end of an array that holds
/// them. A document that is broken ends where the next line can be one again.
class JsonCarrier final : public Carrier {
 public:
  void take(std::string_view bytes, bool last, PlainLines& to) override {
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

 private:
  static constexpr std::size_t kNone = std::string::npos;

  /// Looks at one byte, and moves on.
  void step(char c, PlainLines& to) {
    if (is_text_) {
      step_text(c, to);
    } else if (in_string_) {
      step_string(c, to);
    } else {
      step_outside(c, to);
    }
    if (unit_ != kNone && at_ - unit_ > kMostUnitBytes) {
      // Where it ends nobody knows: the next line may begin another.
      ++bounds_["json_document_bytes"];
      forget();
      begin_text();
      skips_text_ = true;
    }
  }

  void step_string(char c, PlainLines& to) {
    if (c == '\n') {
      broken(to);  // there is no such thing in a string
      return;
    }
    if (!is_escaped_ && c != '"' && c != '\\') {
      at_ = std::min(buffer_.find_first_of("\"\\\n", at_), buffer_.size());
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

  void step_outside(char c, PlainLines& to) {
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
                   open_.size() <= unit_depth_ + kDeepestList && is_list_key(last_string());
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
  void step_text(char c, PlainLines& to) {
    if (c != '\n') {
      at_ = std::min(buffer_.find('\n', at_), buffer_.size());
      if (skips_text_) {
        text_ = at_;
      } else if (at_ - text_ > kMostUnitBytes) {
        ++bounds_["json_document_bytes"];
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

  void begin_text() {
    is_text_ = true;
    skips_text_ = false;
    text_ = at_;
  }

  void text_line(std::string_view line, PlainLines& to) {
    // A header before the document, as syslog has one.
    const std::size_t begin = line.find("{\"");
    if (begin == std::string_view::npos || !give(line.substr(begin), line_, to)) {
      to.put(line_, line);
    }
  }

  [[nodiscard]] bool is_in_array() const {
    return extra_ > 0 || (!open_.empty() && open_.back() == '[');
  }
  [[nodiscard]] bool is_between() const { return before_ == '[' || before_ == ','; }
  [[nodiscard]] bool is_place_of_documents() const {
    return extra_ == 0 && (open_.empty() || open_.back() == '[');
  }
  [[nodiscard]] std::string_view last_string() const {
    return std::string_view(buffer_).substr(string_ + 1, string_end_ - string_ - 1);
  }

  void open(char c) {
    if (open_.size() < kMostDepth) {
      open_.push_back(c);
    } else {
      ++extra_;
      too_deep_ = true;
    }
  }
  void close() {
    if (extra_ > 0) {
      --extra_;
    } else if (!open_.empty()) {
      open_.pop_back();
    }
  }

  void begin_unit() {
    unit_ = at_;
    unit_depth_ = open_.size();
    unit_line_ = line_;
    too_deep_ = unit_is_string_ = false;
  }

  void end_unit(PlainLines& to) {
    const std::string_view unit = std::string_view(buffer_).substr(unit_, at_ - unit_);
    unit_ = kNone;
    unit_is_string_ = false;
    if (too_deep_) {
      ++bounds_["json_depth"];
    } else if (!give(unit, unit_line_, to)) {
      to.put(unit_line_, refuse(unit));
    }
  }

  /// The unit at hand is no JSON: its line, or what of it there is, is told as it stands.
  void broken(PlainLines& to) {
    if (unit_ != kNone) {
      to.put(unit_line_, refuse(std::string_view(buffer_).substr(unit_, at_ - unit_)));
    }
    forget();
  }

  /// Begins anew, in the list at hand or outside all.
  void forget() {
    open_.resize(unit_ == kNone ? 0 : std::min(open_.size(), unit_depth_));
    extra_ = 0;
    unit_ = kNone;
    in_string_ = is_escaped_ = is_list_ = too_deep_ = unit_is_string_ = false;
    before_ = ',';
  }

  /// A document without a record. One that holds a stamp all the same is told as what it is.
  static std::string_view refuse(std::string_view unit) {
    constexpr std::size_t kEnough = 64;
    return unit.find("audit(") == std::string_view::npos ? unit.substr(0, kEnough) : unit;
  }

  bool give(std::string_view unit, std::uint64_t line, PlainLines& to) {
    const JsonDocument::Outcome outcome =
        document_.read(unit, [&](std::size_t in_line, std::string_view record,
                                 std::string_view host) { to.put(line + in_line, record, host); });
    if (outcome == JsonDocument::Outcome::too_many_fields) {
      ++bounds_["json_fields"];
    }
    return outcome != JsonDocument::Outcome::nothing;
  }

  void finish(PlainLines& to) {
    if (is_text_ && !skips_text_) {
      // As in a log: a last line without its newline was cut.
      to.put_cut(line_, std::string_view(buffer_).substr(text_));
    } else if (unit_ != kNone) {
      to.put_cut(unit_line_, "{");
    }
    buffer_.clear();
    at_ = 0;
    unit_ = kNone;
    is_text_ = skips_text_ = false;
  }

  /// Lets go of what has been looked at.
  void compact() {
    const std::size_t from = is_text_ ? text_ : std::min(unit_, at_);
    buffer_.erase(0, from);
    at_ -= from;
    text_ -= is_text_ ? from : text_;
    unit_ -= unit_ == kNone ? 0 : from;
    // Of a key that is gone nothing is asked but where it ended.
    string_ = string_ >= from ? string_ - from : 0;
    string_end_ = string_end_ >= from ? string_end_ - from : string_;
    string_end_ = std::max(string_end_, string_ + 1);
  }

  bool is_at_start_ = true;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 0;  ///< of the byte at at_
  std::string open_;        ///< brackets that are open, the outermost first
  std::size_t extra_ = 0;   ///< and those beyond kMostDepth
  bool in_string_ = false;
  bool is_escaped_ = false;
  bool is_text_ = false;
  bool skips_text_ = false;  ///< it is too long
  bool is_list_ = false;     ///< what was opened last may hold the documents
  bool too_deep_ = false;    ///< the unit at hand
  bool unit_is_string_ = false;
  char before_ = ',';           ///< the byte before at_ that is no space
  std::size_t text_ = 0;        ///< where the text between documents begins
  std::size_t string_ = 0;      ///< where the last string begins, at its quote
  std::size_t string_end_ = 1;  ///< its closing quote
  std::size_t unit_ = kNone;    ///< where the document at hand begins
  std::size_t unit_depth_ = 0;
  std::uint64_t unit_line_ = 0;
  JsonDocument document_;
};

}  // namespace

bool is_json(std::string_view head) {
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
  // A document behind a header, as syslog has one.
  const std::string_view line = head.substr(0, head.find('\n'));
  return line.find(": {\"") != std::string_view::npos && line.ends_with('}');
}

std::unique_ptr<Carrier> make_json(std::string_view /*head*/) {
  return std::make_unique<JsonCarrier>();
}

}  // namespace auexfil::input
