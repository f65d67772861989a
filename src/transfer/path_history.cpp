#include "auexfil/transfer/path_history.hpp"

#include <algorithm>
#include <utility>

#include "auexfil/host/paths.hpp"
#include "auexfil/input/state_io.hpp"

namespace auexfil::transfer {
namespace {

constexpr audit::TimeMs kWindow = audit::TimeMs{7} * 24 * 3600 * 1000;
constexpr std::size_t kOverhead = 128;  // of a node, or of a deed
constexpr std::size_t kMostSources = 4;
constexpr std::size_t kMostBelow = 1024;   // files that one removal of a folder takes with it
constexpr std::size_t kLongestEnding = 4;  // of split's pieces: two letters unless told otherwise

auto place_of(const std::vector<PathHistory::Deed>& deeds, audit::Stamp event) {
  return std::partition_point(deeds.begin(), deeds.end(),
                              [&](const PathHistory::Deed& deed) { return deed.event < event; });
}

/// The last of them before an event, if that made it ready.
const PathHistory::Deed* last_staged(const std::vector<PathHistory::Deed>& deeds,
                                     audit::Stamp event) {
  const auto behind = place_of(deeds, event);
  if (behind == deeds.begin()) {
    return nullptr;
  }
  const PathHistory::Deed& last = *(behind - 1);
  return !last.is_removal && event.time - last.event.time <= kWindow ? &last : nullptr;
}

}  // namespace

bool PathHistory::take_room(std::size_t bytes) {
  if (bytes_ + bytes > max_bytes_) {
    ++refused_;
    return false;
  }
  bytes_ += bytes;
  return true;
}

PathHistory::Deeds* PathHistory::get(Paths& paths, std::string_view path) {
  const auto known = paths.find(path);
  if (known != paths.end()) {
    return &known->second;
  }
  // A path whose folder is not known says nothing of any file.
  if (!path.starts_with('/') || !take_room(path.size() + kOverhead)) {
    return nullptr;
  }
  return &paths[std::string(path)];
}

void PathHistory::add(Deeds& deeds, const Deed& deed) {
  if (take_room(deed.who.size() + deed.verb.size() + kOverhead)) {
    deeds.push_back(deed);
  }
}

void PathHistory::ask_for(std::string_view path) {
  static_cast<void>(get(paths_, path));
}

bool PathHistory::asks_for(std::string_view path) const {
  return path.empty() ? !paths_.empty() : paths_.find(path) != paths_.end();
}

void PathHistory::add_staged(std::string_view path, bool is_prefix, const Deed& deed) {
  Deeds* const deeds = get(is_prefix ? prefixes_ : paths_, path);
  if (deeds == nullptr) {
    return;
  }
  const bool is_known = !deeds->empty() && !deeds->back().is_removal && deed.maker != 0 &&
                        deeds->back().maker == deed.maker;
  if (!is_known) {
    add(*deeds, deed);
  }
}

void PathHistory::add_source(std::string_view path, bool is_prefix, std::uint32_t maker,
                             std::string_view source) {
  Paths& paths = is_prefix ? prefixes_ : paths_;
  const auto of_path = paths.find(path);
  const auto of_source = paths_.find(source);
  if (of_path == paths.end() || of_source == paths_.end() || path == source ||
      of_path->second.empty() || of_source->second.empty()) {
    return;
  }
  Deed& deed = of_path->second.back();
  if (deed.maker == maker && deed.sources.size() < kMostSources &&
      std::find(deed.sources.begin(), deed.sources.end(), source) == deed.sources.end() &&
      take_room(source.size() + kOverhead)) {
    deed.sources.emplace_back(source);
  }
}

void PathHistory::add_removal(std::string_view path, bool with_all_below, const Deed& deed) {
  if (const auto known = paths_.find(path); known != paths_.end()) {
    add(known->second, deed);
  }
  if (!with_all_below || path.size() <= 1) {
    return;
  }
  const std::string folder = std::string(path) + '/';
  std::size_t count = 0;
  for (auto at = paths_.lower_bound(folder);
       at != paths_.end() && at->first.starts_with(folder) && count < kMostBelow; ++at, ++count) {
    add(at->second, deed);
  }
}

void PathHistory::settle(bool unlinks_seen) {
  for (Paths* const paths : {&paths_, &prefixes_}) {
    for (auto& [path, deeds] : *paths) {
      std::erase_if(deeds, [&](const Deed& deed) { return unlinks_seen && deed.by_argv; });
      std::stable_sort(deeds.begin(), deeds.end(),
                       [](const Deed& a, const Deed& b) { return a.event < b.event; });
    }
  }
}

const PathHistory::Deed* PathHistory::staged_before(std::string_view path,
                                                    audit::Stamp event) const {
  if (const auto known = paths_.find(path); known != paths_.end() && !known->second.empty()) {
    return last_staged(known->second, event);
  }
  for (std::size_t cut = 1; !prefixes_.empty() && cut <= kLongestEnding && cut < path.size();
       ++cut) {
    const auto known = prefixes_.find(path.substr(0, path.size() - cut));
    if (path[path.size() - cut] != '/' && known != prefixes_.end()) {
      return last_staged(known->second, event);
    }
  }
  return nullptr;
}

const PathHistory::Deed* PathHistory::removed_after(std::string_view path,
                                                    audit::Stamp event) const {
  const auto known = paths_.find(path);
  if (known == paths_.end()) {
    return nullptr;
  }
  const auto next = place_of(known->second, event);
  const bool is_removal =
      next != known->second.end() && next->is_removal && next->event.time - event.time <= kWindow;
  return is_removal ? &*next : nullptr;
}

template <typename Io>
void PathHistory::walk_paths(Io& io, Paths& paths) {
  constexpr std::size_t kLongest = 3 * host::kLongestPath;
  std::vector<std::pair<std::string, Deeds>> all(paths.begin(), paths.end());
  io.list(all, SIZE_MAX, [&](auto& one) {
    io.text(one.first, kLongest);
    io.list(one.second, SIZE_MAX, [&](Deed& deed) {
      io.flags(deed.is_removal, deed.by_argv);
      io.number(deed.maker);
      deed.event.walk(io);
      io.text(deed.who, kLongest);
      io.text(deed.verb, kLongest);
      io.list(deed.sources, kMostSources, [&](std::string& source) { io.text(source, kLongest); });
    });
  });
  if constexpr (Io::kReads) {
    paths.insert(all.begin(), all.end());
  }
}

template <typename Io>
void PathHistory::walk(Io& io) {
  io.numbers(bytes_, refused_);
  walk_paths(io, paths_);
  walk_paths(io, prefixes_);
}

template void PathHistory::walk(input::StateWriter&);
template void PathHistory::walk(input::StateReader&);

}  // namespace auexfil::transfer
