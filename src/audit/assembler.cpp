#include "auexfil/audit/assembler.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "auexfil/input/state_io.hpp"
#include "event_order.hpp"

namespace auexfil::audit {
namespace {

constexpr std::uint32_t kNone = 0xffffffffU;
constexpr std::uint64_t kSweepEvery = 4096;  // records between looks for quiet nodes

struct Ref {
  Record* record{};
  std::uint32_t block{};
  std::uint32_t next = kNone;
};

std::uint64_t mix(TimeMs time, std::uint32_t serial) {
  std::uint64_t h = static_cast<std::uint64_t>(time) * 0x9e3779b97f4a7c15ULL;
  h ^= std::uint64_t{serial} * 0xc2b2ae3d27d4eb4fULL;
  return h ^ (h >> 29);
}

/// Must a second record with the same type and body in one event be the same one again? Events
/// of early boot come twice, by the kernel's ring and by auditd.
bool is_once_only(std::uint16_t type) {
  return type == type::kSyscall || type == type::kSockaddr || type == type::kLogin ||
         type == type::kSocketcall || type == type::kFdPair ||
         (type >= type::kUserAuth && type <= type::kServiceStop);
}

}  // namespace

struct Assembler::Slot {
  /// Without its records.
  template <typename Io>
  void walk(Io& io) {
    io.times(time);
    io.numbers(order, last_record, serial, boot);
  }

  TimeMs time{};
  std::uint64_t order{};
  std::uint64_t last_record{};
  std::uint32_t serial{};
  std::uint32_t boot{};
  std::uint32_t first = kNone;
  std::uint32_t last = kNone;
  std::uint32_t count{};
};

/// A hash set of numbers of keys in a vector, filled only when something is looked for: where a log
/// is in order nothing ever is.
class LazyIndex {
 public:
  /// \param keys anything with `time` and `serial`; what was looked at before has not changed.
  template <typename Key>
  std::uint32_t find(const std::vector<Key>& keys, TimeMs time, std::uint32_t serial) {
    grow(keys);
    const std::size_t mask = table_.size() - 1;
    for (std::size_t at = mix(time, serial) & mask; table_[at] != kNone; at = (at + 1) & mask) {
      const Key& key = keys[table_[at]];
      if (key.serial == serial && key.time == time) {
        return table_[at];
      }
    }
    return kNone;
  }

  /// The keys are others from now on.
  void clear() {
    if (filled_ > 0) {
      std::fill(table_.begin(), table_.end(), kNone);
    }
    filled_ = 0;
  }

 private:
  template <typename Key>
  void grow(const std::vector<Key>& keys) {
    std::size_t size = std::max<std::size_t>(table_.size(), 64);
    while (size < keys.size() * 2) {
      size *= 2;
    }
    if (size != table_.size()) {
      table_.assign(size, kNone);
      filled_ = 0;
    }
    const std::size_t mask = size - 1;
    for (; filled_ < keys.size(); ++filled_) {
      std::size_t at = mix(keys[filled_].time, keys[filled_].serial) & mask;
      while (table_[at] != kNone) {
        at = (at + 1) & mask;
      }
      table_[at] = static_cast<std::uint32_t>(filled_);
    }
  }

  std::vector<std::uint32_t> table_;  // open addressing, at most half full
  std::size_t filled_ = 0;            // keys that are in it
};

/// Open events of one node.
struct Assembler::Stream {
  std::string node;
  EventOrder order;
  std::vector<Slot> slots;
  std::vector<Ref> refs;
  LazyIndex open;
  struct Key {
    std::uint64_t order;
    std::uint32_t slot;
  };
  std::vector<Key> sorted;       // scratch
  std::vector<Slot> kept_slots;  // scratch
  std::vector<Ref> kept_refs;    // scratch
  std::vector<Stamp> closed;     // handed on last
  LazyIndex closed_index;
  std::uint64_t oldest_record = 0;
  std::uint32_t last_slot = kNone;
  std::uint32_t max_open = 0;    // highest serial of an open event
  std::uint32_t max_closed = 0;  // of `closed`
  EventOrder::Reached known;     // of runs before

  [[nodiscard]] std::uint32_t find(TimeMs time, std::uint32_t serial) {
    if (slots.empty() || serial > max_open) {
      return kNone;
    }
    constexpr std::size_t kNear = 8;
    for (std::size_t i = slots.size(); i > 0 && i + kNear > slots.size(); --i) {
      if (slots[i - 1].serial == serial && slots[i - 1].time == time) {
        return static_cast<std::uint32_t>(i - 1);
      }
    }
    return open.find(slots, time, serial);
  }

  /// `again` is left out as the same record as an earlier one of the event that starts at `first`.
  /// It may be the one of the two that the event's title was folded into.
  void keep_title(std::uint32_t first, std::uint32_t again) {
    const Record& copy = *refs[again].record;
    Record* kept = nullptr;
    for (std::uint32_t ref = first; ref != again; ref = refs[ref].next) {
      Record& record = *refs[ref].record;
      if ((record.type == type::kProctitle && !record.body.empty()) || !record.title.empty()) {
        return;  // it has one that comes before
      }
      if (kept == nullptr && record.type == copy.type &&
          (record.type == type::kSyscall || record.body == copy.body)) {
        kept = &record;
      }
    }
    if (kept != nullptr) {
      kept->title = copy.title;
      kept->paths = kept->paths.empty() ? copy.paths : kept->paths;
    }
  }

  /// Without its open events.
  template <typename Io>
  void walk(Io& io, std::size_t max_closed_events) {
    constexpr std::size_t kLongest = std::size_t{1} << 20;
    io.text(node, kLongest);
    order.walk(io);
    Stamp before;
    io.list(closed, max_closed_events, [&](Stamp& stamp) {
      io.step(stamp.time, before.time);
      io.step(stamp.serial, before.serial);
    });
    io.numbers(oldest_record, max_open, max_closed);
  }

  [[nodiscard]] bool was_closed(TimeMs time, std::uint32_t serial) {
    return !closed.empty() && serial <= max_closed &&
           closed_index.find(closed, time, serial) != kNone;
  }

  void remember_closed(TimeMs time, std::uint32_t serial) {
    max_closed = closed.empty() ? serial : std::max(max_closed, serial);
    closed.push_back({time, serial});
  }
};

Assembler::Assembler(Options options, Sink sink, Recycle recycle)
    : options_(std::move(options)), sink_(std::move(sink)), recycle_(std::move(recycle)) {}

Assembler::~Assembler() = default;

Assembler::Stream* Assembler::find_stream(std::string_view node) {
  if (last_stream_ != nullptr && last_stream_->node == node) {
    return last_stream_;
  }
  if (const auto known = by_node_.find(node); known != by_node_.end()) {
    last_stream_ = known->second;
    return last_stream_;
  }
  if (streams_.size() >= options_.max_nodes ||
      (options_.has_room && streams_.size() >= options_.few_nodes && !options_.has_room())) {
    return nullptr;
  }
  streams_.push_back(std::make_unique<Stream>());
  streams_.back()->node = node;
  last_stream_ = streams_.back().get();
  by_node_.emplace(last_stream_->node, last_stream_);
  return last_stream_;
}

void Assembler::release(std::uint32_t block_index) {
  Held& held = held_[block_index];
  if (--held.pending == 0) {
    if (recycle_) {
      recycle_(std::move(held.block));
    }
    held.block.reset();
    free_held_.push_back(block_index);
  }
}

void Assembler::add(std::unique_ptr<ParsedBlock> block) {
  const std::uint32_t file = block->block->file;
  if (files_.size() <= file) {
    files_.resize(file + 1);
  }
  FileCount& count = files_[file];
  if (block->block->starts_file) {
    count.lines = 0;
  }
  const std::uint32_t line_base = count.lines;
  // Of a file that is read from its end the numbers go down.
  const auto from_line = static_cast<std::uint32_t>(block->block->from_line);
  const auto number_of = [&](std::uint32_t line) {
    return from_line == 0 ? line_base + line : from_line + 1 - line;
  };
  malformed_.append(block->malformed, file, number_of);
  std::uint32_t index = 0;
  if (free_held_.empty()) {
    index = static_cast<std::uint32_t>(held_.size());
    held_.emplace_back();
  } else {
    index = free_held_.back();
    free_held_.pop_back();
  }
  ParsedBlock& parsed = *block;
  held_[index].block = std::move(block);
  held_[index].pending = 1;  // this function's own
  for (Record& record : parsed.records) {
    record.line = number_of(record.line);
    take(parsed, index, record);
    if (records_ % kSweepEvery == 0) {
      for (const auto& stream : streams_) {
        deliver_old(*stream);
      }
    }
  }
  count.lines += parsed.lines;
  folded_ += parsed.folded;
  count.records += parsed.records.size() + parsed.folded;
  release(index);
}

void Assembler::take(ParsedBlock& block, std::uint32_t block_index, Record& record) {
  ++records_;
  Stream* const stream = find_stream(record.node);
  if (stream == nullptr) {
    ++bounds_["nodes"];
    return;
  }
  if (block.block->is_again && stream->known.holds(record.time, record.serial, record.type)) {
    return;
  }
  std::uint32_t at = stream->last_slot;
  if (at == kNone || stream->slots[at].serial != record.serial ||
      stream->slots[at].time != record.time) {
    at = stream->find(record.time, record.serial);
  }
  if (at == kNone) {
    if (stream->was_closed(record.time, record.serial)) {
      malformed_.note(Malformed::late_record, record.file, record.line);
      return;
    }
    const EventOrder::Place place = stream->order.place(record.time, record.serial, record.type);
    at = static_cast<std::uint32_t>(stream->slots.size());
    Slot slot;
    slot.time = record.time;
    slot.serial = record.serial;
    slot.order = place.order;
    slot.boot = place.boot;
    if (stream->slots.empty()) {
      stream->oldest_record = records_;
      stream->max_open = 0;
    }
    stream->max_open = std::max(stream->max_open, slot.serial);
    stream->slots.push_back(slot);
  }
  Slot& slot = stream->slots[at];
  stream->last_slot = at;
  slot.last_record = records_;
  if (slot.count >= options_.max_records_per_event) {
    ++bounds_["records_per_event"];
    return;
  }
  const auto ref = static_cast<std::uint32_t>(stream->refs.size());
  stream->refs.push_back({&record, block_index, kNone});
  ++held_[block_index].pending;
  if (slot.first == kNone) {
    slot.first = ref;
  } else {
    stream->refs[slot.last].next = ref;
  }
  slot.last = ref;
  ++slot.count;
  if (stream->slots.size() >= 2 * options_.window_events) {
    deliver(*stream, options_.window_events);
  } else if (stream->refs.size() >= 32 * options_.window_events) {
    deliver(*stream, stream->slots.size() / 2);
  }
}

void Assembler::deliver_old(Stream& stream) {
  if (stream.slots.empty() || stream.oldest_record + options_.max_distance > records_) {
    return;
  }
  // A quiet node: what has not grown for half the distance goes on.
  std::size_t old = 0;
  for (const Slot& slot : stream.slots) {
    old += slot.last_record + options_.max_distance / 2 < records_ ? 1U : 0U;
  }
  if (old > 0) {
    deliver(stream, old);
  }
}

/// Puts the slots' indices in the order of their events. They come nearly sorted, so that each is
/// moved a little way; a log that is shuffled on purpose is sorted as any other array.
/// \return false when they are in order as they stand, and `sorted` was not filled.
bool Assembler::sort_slots(Stream& stream) {
  if (std::is_sorted(stream.slots.begin(), stream.slots.end(),
                     [](const Slot& a, const Slot& b) { return a.order < b.order; })) {
    return false;
  }
  std::vector<Stream::Key>& keys = stream.sorted;
  keys.resize(stream.slots.size());
  std::size_t moves = 0;
  const std::size_t most = keys.size() * 8;
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    const Stream::Key key{stream.slots[i].order, i};
    std::size_t at = i;
    while (at > 0 && key.order < keys[at - 1].order) {
      keys[at] = keys[at - 1];
      --at;
      ++moves;
    }
    keys[at] = key;
    if (moves > most) {
      for (std::uint32_t rest = i + 1; rest < keys.size(); ++rest) {
        keys[rest] = {stream.slots[rest].order, rest};
      }
      std::sort(keys.begin(), keys.end(), [](const Stream::Key& a, const Stream::Key& b) {
        return a.order != b.order ? a.order < b.order : a.slot < b.slot;
      });
      return true;
    }
  }
  return true;
}

/// Counts an event's records by type and lane, where it came by several ways.
void Assembler::weigh_lanes(const Stream& stream, const Slot& slot) {
  constexpr std::uint32_t kMost = 256;  // a hostile event's are not told apart
  lane_counts_.clear();
  for (std::uint32_t ref = slot.count > kMost ? kNone : slot.first; ref != kNone;
       ref = stream.refs[ref].next) {
    const Record& record = *stream.refs[ref].record;
    const std::uint32_t lane = options_.lanes[record.file];
    const auto known = std::find_if(
        lane_counts_.begin(), lane_counts_.end(),
        [&](const LaneCount& count) { return count.type == record.type && count.lane == lane; });
    if (known == lane_counts_.end()) {
      lane_counts_.push_back({record.type, lane, 1});
    } else {
      ++known->records;
    }
  }
}

/// Of each type the lane with most records is taken, of equals auditd's own: a way may lose some,
/// and no record is to count twice.
bool Assembler::is_of_best_lane(const Record& record) const {
  const LaneCount* best = nullptr;
  for (const LaneCount& count : lane_counts_) {
    if (count.type == record.type &&
        (best == nullptr || count.records > best->records ||
         (count.records == best->records && count.lane < best->lane))) {
      best = &count;
    }
  }
  return best == nullptr || best->lane == options_.lanes[record.file];
}

void Assembler::count_of_file(const Event& event) {
  if (event.records.empty() || event.records.front()->file >= files_.size()) {
    return;  // of a run before this one
  }
  FileCount& count = files_[event.records.front()->file];
  count.first = count.events == 0 ? event.stamp.time : std::min(count.first, event.stamp.time);
  count.last = std::max(count.last, event.stamp.time);
  ++count.events;
}

/// Hands on one event, and lets go of its blocks.
void Assembler::deliver_one(Stream& stream, const Slot& slot) {
  event_records_.clear();
  Event event;
  event.stamp = {slot.time, slot.serial};
  event.node = stream.node;
  event.boot = slot.boot;
  // Looked for among the first few that may not come twice: which other records stand between
  // depends on Detail.
  std::array<const Record*, 8> once{};
  std::size_t once_count = 0;
  const bool has_lanes = !options_.lanes.empty();
  if (has_lanes) {
    weigh_lanes(stream, slot);
  }
  for (std::uint32_t ref = slot.first; ref != kNone; ref = stream.refs[ref].next) {
    const Record* const record = stream.refs[ref].record;
    // The kernel makes one of an event: a second, whatever it says, is no other call.
    bool again = record->type == type::kSyscall && event.syscall != nullptr;
    if (has_lanes && !again) {
      again = !is_of_best_lane(*record);
    }
    if (!again && is_once_only(record->type)) {
      again = std::any_of(once.begin(), once.begin() + once_count, [&](const Record* earlier) {
        return earlier->type == record->type && earlier->body == record->body;
      });
      if (!again && once_count < once.size()) {
        once[once_count++] = record;
      }
    }
    if (again) {
      stream.keep_title(slot.first, ref);
      malformed_.note(Malformed::duplicate, record->file, record->line);
      continue;
    }
    event_records_.push_back(record);
    if (record->type == type::kSyscall && event.syscall == nullptr) {
      event.syscall = &held_[stream.refs[ref].block].block->syscalls[record->syscall];
    }
  }
  event.records = event_records_;
  ++events_;
  count_of_file(event);
  sink_(event);
  stream.remember_closed(slot.time, slot.serial);
  for (std::uint32_t ref = slot.first; ref != kNone; ref = stream.refs[ref].next) {
    release(stream.refs[ref].block);
  }
}

void Assembler::deliver(Stream& stream, std::size_t count) {
  const bool is_moved = sort_slots(stream);
  const auto slot_at = [&](std::size_t i) -> const Slot& {
    return stream.slots[is_moved ? stream.sorted[i].slot : i];
  };
  if (count >= options_.window_events ||
      stream.closed.size() + count > 4 * options_.window_events) {
    stream.closed.clear();
    stream.closed_index.clear();
  }
  // Records come from the cache of the thread that parsed them, thousands of events ago.
  constexpr std::size_t kAhead = 8;
  const auto fetch = [&](std::size_t i) {
    const Ref& ref = stream.refs[slot_at(i).first];
    __builtin_prefetch(ref.record);
    __builtin_prefetch(reinterpret_cast<const char*>(ref.record) + 64);
  };
  const auto fetch_call = [&](std::size_t i) {
    const Ref& ref = stream.refs[slot_at(i).first];
    if (ref.record->type == type::kSyscall) {
      __builtin_prefetch(&held_[ref.block].block->syscalls[ref.record->syscall]);
    }
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (i + 2 * kAhead < stream.slots.size()) {
      fetch(i + 2 * kAhead);
      fetch_call(i + kAhead);
    }
    deliver_one(stream, slot_at(i));
  }
  // Keep the rest, in the order in which it came.
  stream.kept_slots.clear();
  stream.kept_refs.clear();
  if (is_moved) {
    std::sort(stream.sorted.begin() + static_cast<std::ptrdiff_t>(count), stream.sorted.end(),
              [](const Stream::Key& a, const Stream::Key& b) { return a.slot < b.slot; });
  }
  stream.oldest_record = records_;
  stream.max_open = 0;
  for (std::size_t i = count; i < stream.slots.size(); ++i) {
    Slot slot = slot_at(i);
    std::uint32_t ref = slot.first;
    slot.first = static_cast<std::uint32_t>(stream.kept_refs.size());
    while (ref != kNone) {
      Ref kept = stream.refs[ref];
      ref = kept.next;
      kept.next = ref == kNone ? kNone : static_cast<std::uint32_t>(stream.kept_refs.size() + 1);
      stream.kept_refs.push_back(kept);
    }
    slot.last = static_cast<std::uint32_t>(stream.kept_refs.size() - 1);
    stream.oldest_record = std::min(stream.oldest_record, slot.last_record);
    stream.max_open = std::max(stream.max_open, slot.serial);
    stream.kept_slots.push_back(slot);
  }
  stream.slots.swap(stream.kept_slots);
  stream.refs.swap(stream.kept_refs);
  stream.open.clear();
  stream.last_slot = kNone;
}

void Assembler::finish() {
  for (const auto& stream : streams_) {
    deliver(*stream, stream->slots.size());
  }
}

template <typename Io>
void Assembler::walk_record(Io& io, Record& record) {
  io.times(record.time);
  io.numbers(record.serial, record.type, record.line, record.file);
  io.flags(record.cut);
  io.view(record.type_text);
  io.view(record.body);
  io.view(record.title);
  io.view(record.paths);
}

namespace {

/// For many more, of which there may be fewer.
template <typename Part>
void make_room(std::vector<Part>& parts, std::size_t more) {
  if (parts.capacity() < parts.size() + more) {
    parts.reserve(std::max(parts.size() + more, 2 * parts.capacity()));
  }
}

}  // namespace

/// The open events of a node, with their records.
template <typename Io>
void Assembler::walk_stream(Io& io, Stream& stream, ParsedBlock& kept) {
  constexpr std::size_t kLeastRecord = 10;  // bytes
  stream.walk(io, 8 * options_.window_events);
  const std::size_t records = io.size(stream.refs.size(), io.most_that_follow() / kLeastRecord);
  if constexpr (Io::kReads) {
    make_room(kept.records, std::min(records, 32 * options_.window_events));
    make_room(stream.refs, std::min(records, 32 * options_.window_events));
  }
  io.list(stream.slots, 2 * options_.window_events, [&](Slot& slot) {
    slot.walk(io);
    const std::size_t count = io.size(slot.count, options_.max_records_per_event);
    io.refuse_unless(count > 0);
    std::uint32_t at = slot.first;
    for (std::size_t i = 0; i < count; ++i) {
      Record made;
      Record& record = Io::kReads ? made : *stream.refs[at].record;
      walk_record(io, record);
      io.refuse_unless(options_.lanes.empty() || record.file < options_.lanes.size());
      if (record.type == type::kSyscall) {
        Syscall call;
        if constexpr (!Io::kReads) {
          call = held_[stream.refs[at].block].block->syscalls[record.syscall];
        }
        call.walk(io);
        if constexpr (Io::kReads) {
          record.syscall = static_cast<std::uint32_t>(kept.syscalls.size());
          kept.syscalls.push_back(call);
        }
      }
      if constexpr (Io::kReads) {
        record.node = stream.node;
        kept.records.push_back(record);
        const auto ref = static_cast<std::uint32_t>(stream.refs.size());
        stream.refs.push_back({nullptr, 0, kNone});
        (i == 0 ? slot.first : stream.refs[slot.last].next) = ref;
        slot.last = ref;
        ++slot.count;
      } else {
        at = stream.refs[at].next;
      }
    }
  });
  io.refuse_unless(stream.refs.size() == records);
}

template <typename Io>
void Assembler::walk(Io& io) {
  constexpr std::size_t kLongest = 64;  // name of a bound
  constexpr std::size_t kMostFiles = std::size_t{1} << 20U;
  auto kept = std::make_unique<ParsedBlock>();
  kept->block = std::make_unique<input::Block>();
  const std::size_t nodes = io.size(streams_.size(), options_.max_nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    if constexpr (Io::kReads) {
      streams_.push_back(std::make_unique<Stream>());
    }
    Stream& stream = *streams_[i];
    walk_stream(io, stream, *kept);
    if constexpr (Io::kReads) {
      io.refuse_unless(by_node_.emplace(stream.node, &stream).second);
    }
  }
  io.numbers(events_, records_, folded_);
  io.list(files_, kMostFiles, [&](FileCount& file) { io.number(file.lines); });
  malformed_.walk(io);
  std::vector<std::pair<std::string, std::uint64_t>> bounds(bounds_.begin(), bounds_.end());
  io.list(bounds, kLongest, [&](auto& bound) {
    io.text(bound.first, kLongest);
    io.number(bound.second);
  });
  if constexpr (Io::kReads) {
    bounds_.insert(bounds.begin(), bounds.end());
    hold_all(std::move(kept));
  }
}

/// All records that are open are those of one block.
void Assembler::hold_all(std::unique_ptr<ParsedBlock> kept) {
  Record* next = kept->records.data();
  for (const auto& stream : streams_) {
    for (Ref& ref : stream->refs) {
      ref.record = next++;
    }
  }
  if (!kept->records.empty()) {
    const auto pending = static_cast<std::uint32_t>(kept->records.size());
    held_.push_back({std::move(kept), pending});
  }
}

void Assembler::pause(input::StateWriter& state) {
  walk(state);
}

void Assembler::resume(input::StateReader& state) {
  walk(state);
  for (const auto& stream : streams_) {
    stream->known = stream->order.reached();
  }
}

std::uint64_t Assembler::lines() const {
  return std::accumulate(files_.begin(), files_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const FileCount& file) { return sum + file.lines; });
}

void Assembler::forget_counts() {
  events_before_ = events_;
  for (const auto& stream : streams_) {
    events_before_ += stream->slots.size();  // told when the run before ended, with what was there
  }
  records_before_ = records_ + folded_;
  lines_before_ = lines();
  malformed_ = MalformedLines();
  bounds_.clear();
}

}  // namespace auexfil::audit
