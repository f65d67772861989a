#include "pieces.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "decoder.hpp"
#include "sniff.hpp"
#include "source.hpp"

namespace auexfil::input {
namespace {

bool are_all(std::string_view text, char low, char high) {
  return std::all_of(text.begin(), text.end(), [=](char c) { return c >= low && c <= high; });
}

/// What stands behind a path's stem: "aa", "000".
struct Mark {
  std::string_view stem;
  std::string_view text;  ///< empty: the name has none
};

Mark mark_of(std::string_view path) {
  constexpr std::size_t kFewest = 2;
  constexpr std::size_t kMost = 5;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t separator = name.find_last_of(".-_");
  const bool is_default = name.starts_with('x') && separator == std::string_view::npos;
  const std::size_t at = is_default ? 1 : separator + 1;  // npos + 1: the whole name
  const std::string_view text = name.substr(at);
  const bool is_mark = at > 0 && text.size() >= kFewest && text.size() <= kMost &&
                       (are_all(text, 'a', 'z') || are_all(text, '0', '9'));
  return {path.substr(0, path.size() - text.size()), is_mark ? text : std::string_view()};
}

/// split(1) counts from "aa" or "00", tools of archives from "001".
bool is_first(std::string_view mark) {
  return are_all(mark, 'a', 'a') || (are_all(mark.substr(0, mark.size() - 1), '0', '0') &&
                                     mark.back() <= '1' && mark.back() >= '0');
}

/// "az" -> "ba", "009" -> "010"; behind the last one the first.
std::string next_mark(std::string mark) {
  for (auto c = mark.rbegin(); c != mark.rend(); ++c) {
    if (*c != 'z' && *c != '9') {
      ++*c;
      break;
    }
    *c = *c == 'z' ? 'a' : '0';
  }
  return mark;
}

enum class Begins : std::uint8_t { as_packed, as_log, otherwise };

/// As what does it begin? What continues a packed file begins with anything: a tar's piece with the
/// rest of a line of its log, but hardly with a line.
Begins how_begins(const Tree& tree, const std::string& path) {
  constexpr std::size_t kHeader = 512;  // of tar
  RawFile file;
  if (file.open(tree, path) != 0) {
    return Begins::otherwise;
  }
  const std::string_view head = file.peek(kHeader);
  const Content content = content_of(head);
  if (coding_of(head) != Coding::none || content == Content::archive) {
    return Begins::as_packed;
  }
  return content == Content::stamped && !begins_inside_line(head) ? Begins::as_log
                                                                  : Begins::otherwise;
}

bool is_packed(const Tree& tree, const std::string& path) {
  return how_begins(tree, path) == Begins::as_packed;
}

bool may_continue(const Tree& tree, const std::string& path) {
  return how_begins(tree, path) == Begins::otherwise;
}

using Marks = std::map<std::string, std::string, std::less<>>;  // -> paths

/// The pieces from a first one on. \return one path or none: they are no such.
Pieces pieces_of(const Tree& tree, const std::string& stem, const Marks& marks) {
  constexpr std::size_t kMost = 100'000;
  Pieces made;
  const auto first =
      std::find_if(marks.begin(), marks.end(), [](const auto& one) { return is_first(one.first); });
  if (first == marks.end()) {
    return made;
  }
  std::string next = next_mark(first->first);
  if ((!marks.contains(next) && marks.rbegin()->first <= next && !tree.is_file(stem + next)) ||
      !is_packed(tree, first->second)) {
    return made;
  }
  made.paths.push_back(first->second);
  std::string last = first->first;
  for (auto at = marks.find(next);
       at != marks.end() && next > last && may_continue(tree, at->second); at = marks.find(next)) {
    made.paths.push_back(at->second);
    last = std::exchange(next, next_mark(next));
  }
  made.path = made.paths.front() + (made.paths.size() > 1 ? ".." + last : std::string());
  const bool is_end = marks.contains(next) || next <= last;  // a whole one, or the last number
  while (!is_end && made.not_given < kMost && tree.is_file(stem + next) &&
         may_continue(tree, stem + next)) {
    ++made.not_given;
    next = next_mark(next);
  }
  for (auto at = marks.upper_bound(last); !marks.contains(next) && at != marks.end(); ++at) {
    made.behind_gap += may_continue(tree, at->second) ? 1U : 0U;
  }
  return made;
}

class JoinedBytes final : public ByteSource {
 public:
  JoinedBytes(std::shared_ptr<const Tree> tree, const std::vector<std::string>& paths)
      : tree_(std::move(tree)), paths_(paths) {}

  std::size_t read(char* to, std::size_t size) override {
    for (; error_ == 0; bytes_.reset()) {
      if (bytes_ == nullptr) {
        if (next_ == paths_.size()) {
          return 0;
        }
        bytes_ = tree_->open(paths_[next_++], error_);
      }
      const std::size_t got = bytes_ == nullptr ? 0 : bytes_->read(to, size);
      if (got > 0) {
        return got;
      }
      if (bytes_ != nullptr && bytes_->error() != 0) {
        error_ = bytes_->error();
        why_ = bytes_->why();
      }
    }
    return 0;
  }
  [[nodiscard]] int error() const noexcept override { return error_; }
  [[nodiscard]] std::string why() const override { return why_; }

 private:
  std::shared_ptr<const Tree> tree_;
  std::vector<std::string> paths_;
  std::unique_ptr<ByteSource> bytes_;
  std::size_t next_ = 0;
  int error_ = 0;
  std::string why_;
};

class JoinedTree final : public Tree {
 public:
  JoinedTree(std::shared_ptr<const Tree> tree, Pieces pieces)
      : tree_(std::move(tree)), pieces_(std::move(pieces)) {}

  int stat(const std::string& path, Info& info) const override {
    if (path != pieces_.path) {
      return tree_->stat(path, info);
    }
    Info part;
    std::uint64_t bytes = 0;
    for (const std::string& piece : pieces_.paths) {
      if (const int error = tree_->stat(piece, part); error != 0) {
        return error;
      }
      info = bytes == 0 ? part : info;  // the first one stands for all
      bytes += part.bytes;
    }
    info.bytes = bytes;
    info.changed = part.changed;
    info.changed_ns = part.changed_ns;
    return 0;
  }
  int list(const std::string& folder, std::vector<Entry>& entries) const override {
    return tree_->list(folder, entries);
  }
  int read_link(const std::string& path, std::string& target) const override {
    return path == pieces_.path ? EINVAL : tree_->read_link(path, target);
  }
  std::string real_path(const std::string& path) const override {
    return path == pieces_.path ? path : tree_->real_path(path);
  }
  std::unique_ptr<ByteSource> open(const std::string& path, int& error) const override {
    if (path != pieces_.path) {
      return tree_->open(path, error);
    }
    error = 0;
    return std::make_unique<JoinedBytes>(tree_, pieces_.paths);
  }
  std::unique_ptr<ByteSource> open_stream(const std::string& path, int& error) const override {
    return path == pieces_.path ? open(path, error) : tree_->open_stream(path, error);
  }
  [[nodiscard]] bool is_dull(const std::string& path) const override {
    return path != pieces_.path && tree_->is_dull(path);
  }

 private:
  std::shared_ptr<const Tree> tree_;
  Pieces pieces_;
};

}  // namespace

std::vector<Pieces> find_pieces(const Tree& tree, const std::vector<std::string>& paths) {
  // Letters and digits of one length are of one file each.
  std::map<std::tuple<std::string_view, std::size_t, bool>, Marks> stems;
  for (const std::string& path : paths) {
    if (const Mark mark = mark_of(path); !mark.text.empty()) {
      const bool is_number = are_all(mark.text, '0', '9');
      stems[{mark.stem, mark.text.size(), is_number}].emplace(mark.text, path);
    }
  }
  std::vector<Pieces> made;
  for (const auto& [stem, marks] : stems) {
    Pieces pieces = pieces_of(tree, std::string(std::get<0>(stem)), marks);
    if (!pieces.paths.empty() &&
        (pieces.paths.size() > 1 || pieces.behind_gap > 0 || pieces.not_given > 0)) {
      made.push_back(std::move(pieces));
    }
  }
  return made;
}

std::shared_ptr<const Tree> join_pieces(std::shared_ptr<const Tree> tree, const Pieces& pieces) {
  return std::make_shared<JoinedTree>(std::move(tree), pieces);
}

}  // namespace auexfil::input
