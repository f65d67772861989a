#include "auexfil/flow/flow_lines.hpp"

#include <algorithm>
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

/// Takes bytes in pieces, keeps the lines that are asked for.
class LineCatcher {
 public:
  explicit LineCatcher(const std::set<std::uint64_t>& wanted) : wanted_(wanted) { begin(); }

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
    for (auto& [number, text] : lines_) {
      while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
        text.pop_back();
      }
    }
    return std::move(lines_);
  }

 private:
  void begin() {
    if (into_ == nullptr && wanted_.contains(number_)) {
      into_ = &lines_[number_];
      depth_ = {};
      of_document_ = 0;
    }
  }

  void keep(std::string_view part) {
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
    const bool goes_on = into_ != nullptr && depth_.is_within() && into_->size() < kMostShown;
    if (goes_on && of_document_ < kMostShownLines) {
      *into_ += '\n';
      return;
    }
    if (goes_on) {
      *into_ += "…";
    }
    into_ = nullptr;
    begin();
  }

  const std::set<std::uint64_t>& wanted_;
  std::map<std::uint64_t, std::string> lines_;
  std::string* into_ = nullptr;  ///< the text of the line at hand, where it is kept
  Depth depth_;
  std::size_t of_document_ = 0;
  std::uint64_t number_ = 1;
};

}  // namespace

std::map<std::uint64_t, std::string> lines_of(const input::LogFile& file,
                                              const std::set<std::uint64_t>& wanted) {
  constexpr std::size_t kPiece = std::size_t{256} << 10;
  LineCatcher catcher(wanted);
  input::FileBytes bytes(file);
  std::vector<char> piece(kPiece);
  for (std::size_t got = kPiece; got == kPiece && !catcher.is_done();) {
    got = bytes.read(piece.data(), kPiece);
    catcher.take({piece.data(), got});
  }
  return catcher.lines();
}

}  // namespace auexfil::flow
