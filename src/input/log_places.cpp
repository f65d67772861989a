#include "auexfil/input/log_places.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "auexfil/input/fnv.hpp"
#include "record_stamp.hpp"
#include "source.hpp"

namespace auexfil::input {
namespace {

/// The stamp that comes first in a text, whatever carries it.
std::optional<RecordStamp> first_stamp(std::string_view text) {
  constexpr std::string_view kStamp = "audit(";
  constexpr std::array kEnds = {'.', ':', ')'};
  for (auto at = text.find(kStamp); at != text.npos; at = text.find(kStamp, at + 1)) {
    std::array<std::uint64_t, kEnds.size()> numbers{};
    std::string_view rest = text.substr(at + kStamp.size());
    std::size_t read = 0;
    while (read < kEnds.size()) {
      const char* const end = rest.data() + rest.size();
      const auto [next, error] = std::from_chars(rest.data(), end, numbers[read]);
      if (error != std::errc() || next == end || *next != kEnds[read]) {
        break;
      }
      rest.remove_prefix(static_cast<std::size_t>(next - rest.data()) + 1);
      ++read;
    }
    if (read == kEnds.size()) {
      return RecordStamp{numbers[0] * 1000 + numbers[1], numbers[2]};
    }
  }
  return std::nullopt;
}

/// The first bytes of a file, decompressed.
class Head {
 public:
  explicit Head(std::string text) : text_(std::move(text)), first_(first_stamp(text_)) {}

  [[nodiscard]] bool is_empty() const { return text_.empty(); }
  [[nodiscard]] const std::optional<RecordStamp>& first() const { return first_; }
  /// See FilePlace::begin.
  [[nodiscard]] std::uint64_t begin() const {
    return first_ ? fnv(fnv(kFnvBegin, first_->ms), first_->serial) : 0;
  }
  [[nodiscard]] Extent extent() { return {hash(text_.size()), size()}; }
  /// A file that was short then has grown since.
  [[nodiscard]] bool begins_with(const Extent& head) {
    return head.bytes > 0 && head.bytes <= text_.size() && hash(head.bytes) == head.hash;
  }

 private:
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(text_.size()); }
  std::uint64_t hash(std::size_t bytes) {
    if (hashed_ != bytes) {  // of most places as many as there are
      hashed_ = bytes;
      hash_ = fnv(kFnvBegin, std::string_view(text_).substr(0, bytes));
    }
    return hash_;
  }

  std::string text_;
  std::optional<RecordStamp> first_;
  std::size_t hashed_ = 0;
  std::uint64_t hash_ = 0;
};

/// \return nothing where it cannot be read.
std::optional<Head> head_of(const LogFile& file) {
  Source source(file, Source::Taken::as_they_are);
  std::string head(FilePlace::kHead, '\0');
  head.resize(source.read(head.data(), head.size()));
  return head.empty() && source.problem() ? std::nullopt : std::optional<Head>(std::move(head));
}

/// Nothing has changed since it was read to its end.
bool is_untouched(const FilePlace& place, const Tree::Info& info) {
  return place.is_whole && place.device == info.device && place.inode == info.inode &&
         place.bytes == info.bytes && place.changed == info.changed &&
         place.changed_ns == info.changed_ns;
}

bool is_at(const FilePlace& place, const Tree::Info& info) {
  return place.device == info.device && place.inode == info.inode;
}

constexpr std::size_t kNone = SIZE_MAX;
/// Files that are gone may come back under another name for so long; then only their names stay.
constexpr std::size_t kMostGone = 64;

/// Which place is in this file. Of several that begin alike (a copy left beside) the one of the
/// same inode, else the first.
std::size_t place_in(const Tree::Info& info, Head& head, const std::vector<FilePlace>& places,
                     const std::vector<bool>& found) {
  std::size_t best = kNone;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (found[i] || !head.begins_with(places[i].head)) {
      continue;
    }
    if (is_at(places[i], info)) {
      return i;
    }
    best = std::min(best, i);
  }
  return best;
}

/// The place that was in this file before it was cut or written anew: no other begins with this
/// event.
std::size_t changed_place(const Head& head, const std::vector<FilePlace>& places,
                          const std::vector<bool>& found) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!found[i] && head.begin() != 0 && places[i].begin == head.begin()) {
      return i;
    }
  }
  return kNone;
}

/// The place that was in the file that lay there before: its name, or its inode, is that one's.
std::size_t place_of_name(const LogFile& file, const Tree::Info& info,
                          const std::vector<FilePlace>& places, const std::vector<bool>& found) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!found[i] && !places[i].is_gone &&
        (places[i].name == file.name || is_at(places[i], info))) {
      return i;
    }
  }
  return kNone;
}

std::size_t untouched_place(const Tree::Info& info, const std::vector<FilePlace>& places,
                            const std::vector<bool>& found) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!found[i] && is_untouched(places[i], info)) {
      return i;
    }
  }
  return kNone;
}

/// The last file that was read from, if it is gone since: it may have been written to after that.
/// Those before it were read to their end. \return its name, or nothing
std::string lost_one(const std::vector<FilePlace>& places, const std::vector<bool>& found) {
  for (std::size_t i = places.size(); i > 0; --i) {
    if (places[i - 1].taken > 0) {
      return found[i - 1] || places[i - 1].is_gone ? std::string() : places[i - 1].name;
    }
  }
  return {};
}

/// Of those that are gone the last few may be found again.
void forget_heads(std::vector<FilePlace>& places) {
  std::size_t gone = 0;
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    if (place->is_gone && ++gone > kMostGone) {
      place->head = {};
      place->begin = 0;
    }
  }
}

GoneOn with_all_gone(const LogSet& set, const std::vector<FilePlace>& places) {
  GoneOn made;
  made.set = set;
  made.set.files.clear();
  made.places = places;
  for (FilePlace& place : made.places) {
    LogFile gone;
    gone.name = place.name;
    gone.taken = place.taken;
    gone.tail = place.tail;
    gone.is_done = true;
    made.set.files.push_back(std::move(gone));
    place.is_gone = true;
  }
  return made;
}

/// What is known of a file that is here now.
struct Known {
  std::size_t at = kNone;    ///< its place, or kNone: it is a new one
  std::optional<Head> head;  ///< nothing: it is as it was when all of it had been read
  bool is_another = false;   ///< what was read of it is no longer in it
};

/// \return its place
std::size_t take_file(const LogFile& file, const Tree::Info& info, Known known, GoneOn& made) {
  if (known.at == kNone) {
    known.at = made.set.files.size();
    made.set.files.emplace_back();
    made.places.emplace_back();
  }
  LogFile& next = made.set.files[known.at];
  FilePlace& place = made.places[known.at];
  next = file;
  next.is_done = !known.head;
  next.is_another = known.is_another;
  next.taken = known.is_another ? 0 : place.taken;
  next.tail = known.is_another ? Extent() : place.tail;
  next.inode = info.inode;
  place.name = file.name;
  place.is_gone = false;
  if (known.head) {
    place.head = known.head->extent();
    place.begin = known.head->begin();
    place.device = info.device;
    place.inode = info.inode;
    place.bytes = info.bytes;
    place.changed = info.changed;
    place.changed_ns = info.changed_ns;
    place.is_whole = false;
  }
  return known.at;
}

/// Does a file begin before what was reached? Records of one time stand in any order, and a call
/// that waits is stamped when it began; those of several hosts come when they come.
/// \param is_there  it lies where one lay that was read
bool begins_before(const LogFile& file, const Head& head, std::int64_t reached_ms, bool is_there) {
  constexpr std::uint64_t kSecond = 1000;
  const std::uint64_t margin = file.names_hosts ? 86400 * kSecond
                               : is_there       ? 2 * kSecond
                                                : 600 * kSecond;
  return head.first() && reached_ms > 0 &&
         head.first()->ms + margin < static_cast<std::uint64_t>(reached_ms);
}

/// Where it is not as it was when all of it had been read.
void find_place(const LogFile& file, const Tree::Info& info, const std::vector<FilePlace>& places,
                const std::vector<bool>& found, std::int64_t reached_ms, Known& known,
                GoneOn& made) {
  known.at = place_in(info, *known.head, places, found);
  if (known.at != kNone) {
    return;
  }
  known.at = changed_place(*known.head, places, found);
  if (known.at != kNone) {
    known.is_another = true;
    made.changed.push_back(file.name);
    return;
  }
  const std::size_t there = place_of_name(file, info, places, found);
  if (begins_before(file, *known.head, reached_ms, there != kNone)) {
    known.at = there;
    known.is_another = there != kNone;
    (known.is_another ? made.follows : made.older) = file.name;
  }
}

}  // namespace

bool can_go_on(const LogSet& set) {
  return std::all_of(set.files.begin(), set.files.end(), [&](const LogFile& file) {
    return !file.is_stream && file.path != "-" && !file.is_newest_first &&
           file.lane == set.files.front().lane;
  });
}

bool is_same_log(const LogSet& set, const std::vector<FilePlace>& places) {
  const std::vector<bool> none(places.size(), false);
  return std::any_of(set.files.begin(), set.files.end(), [&](const LogFile& file) {
    Tree::Info info;
    if (file.tree->stat(file.path, info) != 0) {
      return false;
    }
    if (untouched_place(info, places, none) != kNone) {
      return true;
    }
    std::optional<Head> head = head_of(file);
    return head && (place_in(info, *head, places, none) != kNone ||
                    changed_place(*head, places, none) != kNone);
  });
}

GoneOn go_on(const LogSet& set, const std::vector<FilePlace>& places, std::int64_t reached_ms) {
  GoneOn made = with_all_gone(set, places);
  std::vector<bool> found(places.size(), false);
  std::vector<LogFile> unreadable;  // reading says why
  std::size_t last = kNone;
  bool any_new = false;
  for (const LogFile& file : set.files) {
    Tree::Info info;
    static_cast<void>(file.tree->stat(file.path, info));
    Known known{untouched_place(info, places, found), std::nullopt, false};
    if (known.at == kNone) {
      known.head = head_of(file);
      if (!known.head || known.head->is_empty()) {
        if (!known.head) {
          unreadable.push_back(file);
        }
        continue;
      }
      find_place(file, info, places, found, reached_ms, known, made);
    }
    last = take_file(file, info, std::move(known), made);
    const bool is_known = last < found.size();
    if (is_known) {
      found[last] = true;
    }
    made.comes_late = made.comes_late || (is_known && any_new);
    any_new = any_new || !is_known;
    if (!is_known && made.follows.empty()) {
      made.follows = file.name;
    }
  }
  made.lost = lost_one(places, found);
  for (std::size_t i = 0; i < made.places.size(); ++i) {
    made.places[i].is_whole = i != last || made.set.files[i].is_done;
    made.set.files[i].is_open = i == last;
  }
  forget_heads(made.places);
  made.set.files.insert(made.set.files.end(), unreadable.begin(), unreadable.end());
  if (made.set.files.empty()) {
    made.set.files = set.files;
  }
  return made;
}

}  // namespace auexfil::input
