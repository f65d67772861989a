#include <algorithm>
#include <utility>

#include "auexfil/input/state_io.hpp"
#include "auexfil/transfer/file_trail.hpp"

namespace auexfil::transfer {
namespace {

constexpr std::size_t kLongest = 4096;
constexpr std::size_t kMostKept = std::size_t{1} << 20;

/// A map as the list of its entries.
template <typename Io, typename Map, typename Each>
void walk_map(Io& io, Map& map, const Each& each) {
  std::vector<std::pair<std::uint32_t, typename Map::mapped_type>> all;
  if constexpr (!Io::kReads) {
    all.assign(map.begin(), map.end());
  }
  io.list(all, kMostKept, [&](auto& one) {
    io.number(one.first);
    each(one.second);
  });
  if constexpr (Io::kReads) {
    map.clear();
    map.insert(all.begin(), all.end());
  }
}

}  // namespace

/// A program that may be gone: who asks for it knows its number too.
template <typename Io>
void FileTrail::walk_program(Io& io, host::ProgramIndex& image) {
  io.index(image, tracker_->images());
}

template <typename Io>
void FileTrail::walk_sets(Io& io) {
  const std::size_t symbols = tracker_->symbols().size();
  walk_map(io, sets_, [&](FileSet& set) {
    walk_program(io, set.image);
    io.refuse_unless(set.image != host::kNone);
    io.numbers(set.keeper, set.count, set.left_out, set.unnamed);
    io.list(set.files, kMostFiles, [&](Use& use) {
      io.below(use.path, symbols);
      io.numbers(use.bytes, use.reads);
      use.opened.walk(io);
    });
    io.list(set.feeders, SIZE_MAX, [&](Feeder& feeder) {
      io.number(feeder.number);
      io.text(feeder.staged, kLongest);
      io.text(feeder.verb, kLongest);
      feeder.began.walk(io);
    });
  });
}

template <typename Io>
void FileTrail::walk(Io& io) {
  walk_sets(io);
  walk_map(io, helpers_, [&](Helper& helper) {
    walk_program(io, helper.image);
    io.number(helper.top);
    walk_program(io, helper.top_image);
    io.refuse_unless(helper.image != host::kNone && helper.top_image != host::kNone);
  });
  walk_map(io, pipes_, [&](Ends& ends) {
    walk_program(io, ends.writer);
    walk_program(io, ends.reader);
    io.numbers(ends.writer_number, ends.reader_number);
  });
  history_.walk(io);
  io.numbers(next_prune_, refused_);
  if constexpr (Io::kReads) {
    files_ = 0;
    for (const auto& [number, set] : sets_) {
      files_ += set.files.size();
    }
  }
}

template void FileTrail::walk(input::StateWriter&);
template void FileTrail::walk(input::StateReader&);

}  // namespace auexfil::transfer
