#include "auexfil/input/log_places.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "source.hpp"

namespace auexfil::input {
namespace {

/// The first bytes of a file, decompressed; nothing where it cannot be read.
std::optional<std::string> head_of(const LogFile& file) {
  Source source(file, Source::Taken::as_they_are);
  std::string head(FilePlace::kHead, '\0');
  head.resize(source.read(head.data(), head.size()));
  return head.empty() && source.problem() ? std::nullopt : std::optional(std::move(head));
}

/// Nothing has changed since it was read to its end.
bool is_untouched(const FilePlace& place, const Tree::Info& info) {
  return place.is_whole && place.device == info.device && place.inode == info.inode &&
         place.bytes == info.bytes && place.changed == info.changed;
}

/// A file that was short then has grown since.
bool begins_alike(const FilePlace& place, std::string_view head) {
  return !place.head.empty() && head.starts_with(place.head);
}

constexpr std::size_t kNone = SIZE_MAX;
/// Files that are gone may come back under another name for so long; then only their names stay.
constexpr std::size_t kMostGone = 64;

/// Which place is in this file. Of several that begin alike (a copy left beside) the one of the
/// same inode, else the first.
std::size_t place_in(const Tree::Info& info, const std::string& head,
                     const std::vector<FilePlace>& places, const std::vector<bool>& found) {
  std::size_t best = kNone;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (found[i] || !begins_alike(places[i], head)) {
      continue;
    }
    if (places[i].device == info.device && places[i].inode == info.inode) {
      return i;
    }
    best = std::min(best, i);
  }
  return best;
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
      place->head.clear();
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
    gone.is_done = true;
    made.set.files.push_back(std::move(gone));
    place.is_gone = true;
  }
  return made;
}

/// \param at  its place, or kNone: it is a new one
/// \param head  nothing: it is as it was when all of it had been read
/// \return its place
std::size_t take_file(const LogFile& file, const Tree::Info& info, std::size_t at,
                      std::optional<std::string> head, GoneOn& made) {
  if (at == kNone) {
    at = made.set.files.size();
    made.set.files.emplace_back();
    made.places.emplace_back();
  }
  LogFile& next = made.set.files[at];
  FilePlace& place = made.places[at];
  next = file;
  next.is_done = !head;
  next.taken = place.taken;
  next.inode = info.inode;
  place.name = file.name;
  place.is_gone = false;
  if (head) {
    place = {file.name,  std::move(*head), place.taken, info.device, info.inode,
             info.bytes, info.changed,     false,       false};
  }
  return at;
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
    return file.tree->stat(file.path, info) == 0 &&
           (untouched_place(info, places, none) != kNone ||
            place_in(info, head_of(file).value_or(""), places, none) != kNone);
  });
}

GoneOn go_on(const LogSet& set, const std::vector<FilePlace>& places) {
  GoneOn made = with_all_gone(set, places);
  std::vector<bool> found(places.size(), false);
  std::vector<LogFile> unreadable;  // reading says why
  std::size_t last = kNone;
  bool any_new = false;
  for (const LogFile& file : set.files) {
    Tree::Info info;
    static_cast<void>(file.tree->stat(file.path, info));
    std::size_t at = untouched_place(info, places, found);
    const bool is_new = at == kNone;
    std::optional<std::string> head;
    if (is_new) {
      head = head_of(file);
      if (!head || head->empty()) {
        if (!head) {
          unreadable.push_back(file);
        }
        continue;
      }
      at = place_in(info, *head, places, found);
    }
    last = at = take_file(file, info, at, std::move(head), made);
    const bool is_known = at < found.size();
    if (is_known) {
      found[at] = true;
    }
    made.comes_late = made.comes_late || (is_known && any_new);
    any_new = any_new || !is_known;
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
