#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <utility>

#include "auexfil/input/fnv.hpp"
#include "auexfil/input/logs.hpp"
#include "backwards.hpp"
#include "newest_first.hpp"
#include "read_ahead.hpp"
#include "source.hpp"

namespace auexfil::input {
namespace {

constexpr std::size_t kMinBlockBytes = 1024;
constexpr std::size_t kMaxPooled = 64;

/// The place behind the last newline of `text`, 0 when it has none.
std::size_t end_of_lines(std::string_view text) {
  return text.rfind('\n') + 1;
}

/// The place behind the first newline of `text`, 0 when it has none.
std::size_t end_of_first_line(std::string_view text) {
  return text.find('\n') + 1;
}

/// Why a source is not read as a log, from its beginning.
std::optional<Problem> refusal(const Source& source) {
  // Garbage out of damaged data looks binary: the damage is what to tell.
  if (source.problem() &&
      (source.content() == Content::empty || source.content() == Content::binary)) {
    return source.problem();
  }
  switch (source.content()) {
    case Content::archive:
      return Problem{ProblemKind::not_a_log, {}, "an archive; unpack it first"};
    case Content::binary:
      return Problem{
          ProblemKind::not_a_log, {}, "not an audit log: binary data without audit records"};
    case Content::empty:
      return Problem{ProblemKind::empty, {}, "nothing in it"};
    case Content::stamped:
    case Content::text:
      break;
  }
  return std::nullopt;
}

/// Of a file whose newest records stand first this much is held, packed (a tenth of the text).
constexpr std::size_t kMostBackwards = std::size_t{128} << 20;

/// Another file has come to its place since it was looked at.
bool is_another(const LogFile& file, const Source& source) {
  struct stat info {};
  return file.inode != 0 && source.descriptor() >= 0 && ::fstat(source.descriptor(), &info) == 0 &&
         info.st_ino != file.inode;
}

/// The last bytes of a file that were handed on, see LogFile::tail.
class Tail {
 public:
  /// \param known  as a run before this one has left them; 0: they are not
  void begin(const Extent& known) {
    known_ = known;
    bytes_.clear();
  }
  void add(std::string_view bytes) {
    bytes = bytes.substr(bytes.size() - std::min(bytes.size(), LogFile::kTail));
    const std::size_t kept = std::min(bytes_.size(), LogFile::kTail - bytes.size());
    bytes_.erase(0, bytes_.size() - kept);
    bytes_ += bytes;
    known_ = {};
  }
  /// Something was left out.
  void cut() { begin({}); }
  /// \param most  before them nothing stands in the file
  [[nodiscard]] Extent extent(std::uint64_t most) const {
    const std::size_t size = std::min<std::uint64_t>(bytes_.size(), most);
    return bytes_.empty() ? known_ : of(std::string_view(bytes_).substr(bytes_.size() - size));
  }
  /// \return false where these end other than those of the run before did; they are taken.
  [[nodiscard]] bool goes_on(const Extent& before) {
    const std::size_t size = std::min<std::size_t>(bytes_.size(), before.bytes);
    return before.bytes == 0 || of(std::string_view(bytes_).substr(bytes_.size() - size)) == before;
  }

 private:
  static Extent of(std::string_view bytes) {
    return {fnv(kFnvBegin, bytes), static_cast<std::uint32_t>(bytes.size())};
  }

  std::string bytes_;
  Extent known_;
};

/// What a block begins with: the stamp of its first record.
struct Begin {
  std::uint64_t ms{};
  std::uint64_t serial{};
  bool operator<(const Begin& other) const {
    return std::tie(ms, serial) < std::tie(other.ms, other.serial);
  }
};

/// \param before  of the block before: what holds where this one has no record.
Begin begin_of(std::string_view text, Begin before) {
  constexpr std::string_view kStamp = "audit(";
  for (auto at = text.find(kStamp); at != std::string_view::npos; at = text.find(kStamp, at + 1)) {
    Begin begin;
    const char* const end = text.data() + text.size();
    std::uint64_t seconds = 0;
    const auto [dot, bad] = std::from_chars(text.data() + at + kStamp.size(), end, seconds);
    if (bad == std::errc() && dot != end && *dot == '.') {
      const auto [colon, bad_ms] = std::from_chars(dot + 1, end, begin.ms);
      if (bad_ms == std::errc() && colon != end && *colon == ':') {
        std::from_chars(colon + 1, end, begin.serial);
        begin.ms += seconds * 1000;
        return begin;
      }
    }
  }
  return before;
}

}  // namespace

/// A block is the incomplete line left over from the block before (`carry`), then one read of
/// what still fits. Only a line longer than a block makes a buffer grow, and only bytes that are
/// new are searched for its newline: the cost stays linear.
struct BlockReader::State {
  State(const LogSet& log_set, Options opts) : set(log_set), options(opts) {
    options.block_bytes = std::max(options.block_bytes, kMinBlockBytes);
    // Blocks hold whole lines: a line that fits a block is never cut.
    options.max_line_bytes = std::max(options.max_line_bytes, options.block_bytes);
    for (const LogFile& file : set.files) {
      taken.push_back(file.taken);
      tails.push_back(file.tail);
    }
  }

  struct Opened;
  std::unique_ptr<Opened> open(const LogFile& file) const;
  void open_ahead();
  bool open_next();
  bool skip_taken(const LogFile& file);
  void begin_again(const LogFile& file);
  void note_taken(std::uint64_t end);
  void lend_line();
  void close();
  std::size_t read(char* to, std::size_t size);
  void recycle(BlockPtr block);
  BlockPtr fresh();
  BlockPtr fill();
  BlockPtr fill_backwards();
  Opened* look_at_next();
  bool goes_on(std::string_view tail);
  std::size_t finish_line(Block& block, std::size_t& have);
  std::size_t drop_rest_of_line(std::vector<char>& buffer, std::size_t& have);
  void place_lines(Block& block);

  LogSet set;
  Options options;
  std::size_t next_file = 0;
  std::unique_ptr<Opened> opened;
  std::deque<std::unique_ptr<Opened>> ahead;  // the files from next_file on
  std::optional<Backwards> backwards;         // the one that is open, where it is read so
  bool at_end = false;                        // of the file that is open
  bool at_start = false;                      // no block of it handed on yet
  std::uint64_t offset = 0;                   // of the next block in it
  std::uint64_t dropped = 0;                  // from the block being filled
  std::uint64_t lines = 0;                    // handed on of it, where it is carried
  bool is_again = false;                      // see Block::is_again
  std::uint64_t borrowed = 0;                 // of `offset`: a line that another file begins
  Tail ending;                                // of the file that is open
  std::vector<std::uint64_t> taken;           // by file
  std::vector<Extent> tails;                  // by file
  std::vector<char> carry;
  std::vector<char> begun_line;  // of the file before, whose rest the next one begins with
  std::vector<char> scratch;
  std::vector<BlockPtr> pool;
  std::vector<Problem> problems;
  std::uint64_t consumed_before = 0;  // by files already closed
  std::atomic<std::uint64_t> consumed{0};
  std::uint64_t delivered = 0;
  std::uint64_t overlong_lines = 0;
  std::uint64_t overlong_bytes = 0;
  CarrierBounds bounds;

  /// One of several ways that the records came by: a reader of its own, and its next block.
  struct Lane {
    std::unique_ptr<BlockReader> reader;
    std::uint32_t first_file{};  // its first one's index in the set
    BlockPtr block;
    Begin begin;
  };
  void open_lanes();
  void advance(Lane& lane);
  BlockPtr next_of_lanes();
  template <typename Count>
  std::uint64_t sum(std::uint64_t own, Count count) const {
    for (const Lane& lane : lanes) {
      own += ((*lane.reader).*count)();
    }
    return own;
  }
  std::vector<Lane> lanes;  // none where there is one
};

/// A file, and the thread that reads it where there is one.
struct BlockReader::State::Opened {
  explicit Opened(const LogFile& file) : source(file) {}

  [[nodiscard]] std::size_t read(char* to, std::size_t size) {
    return reader ? reader->read(to, size) : source.read(to, size);
  }
  [[nodiscard]] std::uint64_t consumed() const {
    return reader ? reader->consumed() : source.consumed();
  }

  Source source;
  std::optional<ReadAhead> reader;
};

std::unique_ptr<BlockReader::State::Opened> BlockReader::State::open(const LogFile& file) const {
  auto made = std::make_unique<Opened>(file);
  // A single file gains nothing: as one of the caller's threads decodes, the others go on.
  if (options.files_ahead > 0 && set.files.size() > 1 && made->source.is_compressed() &&
      file.taken == 0 && !refusal(made->source)) {
    made->reader.emplace(made->source);
  }
  return made;
}

/// Opens files behind the one at hand. Pipes wait for their turn: to look at one may block.
void BlockReader::State::open_ahead() {
  while (ahead.size() < options.files_ahead && next_file + ahead.size() < set.files.size()) {
    const LogFile& file = set.files[next_file + ahead.size()];
    if (file.is_done || file.path == "-" || !file.tree->is_file(file.path)) {
      return;
    }
    ahead.push_back(open(file));
  }
}

/// Goes to the place where a run before this one has ended. \return false where the file has no
/// such place, or other bytes before it.
bool BlockReader::State::skip_taken(const LogFile& file) {
  Source& source = opened->source;
  scratch.resize(std::max(options.block_bytes, LogFile::kTail));
  std::uint64_t left = file.taken;
  if (!source.is_compressed() && !source.is_carried()) {
    const std::uint64_t last = std::min<std::uint64_t>(left, std::max(file.tail.bytes, 1U));
    left = source.seek(left - last) ? last : left;
  }
  while (left > 0) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left, scratch.size()));
    const std::size_t got = opened->read(scratch.data(), want);
    lines += static_cast<std::uint64_t>(
        std::count(scratch.begin(), scratch.begin() + static_cast<std::ptrdiff_t>(got), '\n'));
    ending.add({scratch.data(), got});
    left -= got;
    if (got < want) {
      return false;
    }
  }
  offset = file.taken;
  at_start = false;
  return ending.goes_on(file.tail);
}

/// What was read of it is not there any more. What is there may tell of the same events.
void BlockReader::State::begin_again(const LogFile& file) {
  if (!file.is_another) {
    problems.push_back({ProblemKind::changed, file.name,
                        "is shorter than what was read of it, or other bytes stand at the end of "
                        "that; it was read again, without the events that are known, and what was "
                        "written to it before may be lost"});
    opened = open(file);
  }
  ending.begin({});
  taken[next_file - 1] = 0;
  offset = 0;
  lines = 0;
  at_start = true;
  is_again = true;
}

/// The line that the next file ends is taken from this one.
void BlockReader::State::lend_line() {
  if (!begun_line.empty()) {
    ending.add({begun_line.data(), begun_line.size()});
    note_taken(offset + begun_line.size());
  }
}

/// Of the file that is open, up to the end of a block.
void BlockReader::State::note_taken(std::uint64_t end) {
  taken[next_file - 1] = end - std::min(end, borrowed);
}

/// Opens the next file that can be read as a log. \return false when there is none.
bool BlockReader::State::open_next() {
  while (next_file < set.files.size()) {
    const LogFile& file = set.files[next_file++];
    if (file.is_done) {
      continue;
    }
    if (ahead.empty()) {
      opened = open(file);
    } else {
      opened = std::move(ahead.front());
      ahead.pop_front();
    }
    open_ahead();
    if (is_another(file, opened->source)) {
      opened.reset();
      continue;
    }
    const std::optional<Problem> problem = opened->reader ? std::nullopt : refusal(opened->source);
    if (!problem) {
      at_end = false;
      at_start = true;
      offset = 0;
      lines = 0;
      carry = std::exchange(begun_line, {});
      borrowed = carry.size();
      is_again = false;
      ending.begin(file.tail);
      if (file.is_newest_first || (file.is_stream && is_newest_first(opened->source.head()))) {
        backwards.emplace(kMostBackwards);
      }
      if (file.is_another || (file.taken > 0 && !skip_taken(file))) {
        at_end =
            opened->source.problem().has_value();  // damaged before that place: close() says so
        if (at_end) {
          ending.begin(file.tail);
        } else {
          begin_again(file);
        }
      }
      return true;
    }
    problems.push_back({problem->kind, file.name, problem->what});
    consumed_before += opened->consumed();
    consumed.store(consumed_before, std::memory_order_relaxed);
    opened.reset();
  }
  return false;
}

void BlockReader::State::close() {
  tails[next_file - 1] = ending.extent(taken[next_file - 1]);
  consumed_before += opened->consumed();
  opened->reader.reset();
  for (const auto& [bound, times] : opened->source.carrier_bounds()) {
    bounds[bound] += times;
  }
  if (const auto& problem = opened->source.problem()) {
    problems.push_back({problem->kind, set.files[next_file - 1].name, problem->what});
  }
  opened.reset();
  backwards.reset();
}

std::size_t BlockReader::State::read(char* to, std::size_t size) {
  const std::size_t got = opened->read(to, size);
  at_end = got < size;
  consumed.store(consumed_before + opened->consumed(), std::memory_order_relaxed);
  return got;
}

void BlockReader::State::recycle(BlockPtr block) {
  if (block && pool.size() < kMaxPooled) {
    pool.push_back(std::move(block));
  }
}

BlockPtr BlockReader::State::fresh() {
  BlockPtr block;
  if (pool.empty()) {
    block = std::make_unique<Block>();
  } else {
    block = std::move(pool.back());
    pool.pop_back();
  }
  if (block->buffer.size() < options.block_bytes) {
    block->buffer.resize(options.block_bytes);
  }
  return block;
}

/// Reads on, with no newline in the `have` bytes there are, to the end of this one line.
/// \return the end of the line; `have` grows by what was read.
std::size_t BlockReader::State::finish_line(Block& block, std::size_t& have) {
  std::vector<char>& buffer = block.buffer;
  const std::size_t limit = options.max_line_bytes + 1;  // the newline
  while (have < limit && !at_end) {
    const std::size_t want = std::min(options.block_bytes, limit - have);
    if (buffer.size() < have + want) {
      buffer.resize(std::max(have + want, std::min(limit, 2 * buffer.size())));
    }
    const std::size_t got = read(buffer.data() + have, want);
    const std::size_t end = have + end_of_first_line({buffer.data() + have, got});
    const bool found = end > have;
    have += got;
    if (found) {
      return end;
    }
  }
  return have < limit ? have : drop_rest_of_line(buffer, have);
}

/// Throws away what a line has beyond max_line_bytes; its newline is kept.
std::size_t BlockReader::State::drop_rest_of_line(std::vector<char>& buffer, std::size_t& have) {
  dropped = have - options.max_line_bytes;
  have = options.max_line_bytes;
  scratch.resize(options.block_bytes);
  std::string_view rest;
  std::size_t line = 0;
  while (line == 0 && !at_end) {
    rest = {scratch.data(), read(scratch.data(), scratch.size())};
    line = end_of_first_line(rest);
    dropped += line == 0 ? rest.size() : line - 1;
  }
  overlong_lines += 1;
  overlong_bytes += dropped;
  if (line == 0) {
    return have;
  }
  rest.remove_prefix(line - 1);
  buffer.resize(std::max(buffer.size(), have + rest.size()));
  std::memcpy(buffer.data() + have, rest.data(), rest.size());
  const std::size_t end = have + 1;
  have += rest.size();
  return end;
}

/// The file behind the one at hand, opened but for its turn; null when there is none, or a pipe.
BlockReader::State::Opened* BlockReader::State::look_at_next() {
  if (ahead.empty() && next_file < set.files.size()) {
    const LogFile& file = set.files[next_file];
    if (file.is_done || file.path == "-" || !file.tree->is_file(file.path)) {
      return nullptr;
    }
    ahead.push_back(open(file));
  }
  return ahead.empty() ? nullptr : ahead.front().get();
}

/// The last line of a file has no newline: does the next file begin with its rest, as the pieces of
/// split(1) do? After a crash a new file begins with a record.
bool BlockReader::State::goes_on(std::string_view tail) {
  if (opened->source.problem() || opened->source.is_carried() || tail.empty() ||
      tail.find('\0') != std::string_view::npos || tail.size() >= options.block_bytes / 2) {
    return false;
  }
  const Opened* const next = look_at_next();
  if (next == nullptr || (!next->reader && refusal(next->source))) {
    return false;
  }
  const std::string_view head = next->source.head();
  const bool has_type = tail.find("type=") != std::string_view::npos;
  // "node=h " and "type=…" are one line too.
  return !begins_record(head) ||
         (tail.starts_with("node=") && !has_type && head.starts_with("type="));
}

/// Says which lines of a block share a line of the file.
void BlockReader::State::place_lines(Block& block) {
  block.continued.clear();
  if (opened->source.is_carried()) {
    const auto count = std::count(block.bytes.begin(), block.bytes.end(), '\n') +
                       (block.bytes.back() == '\n' ? 0 : 1);
    opened->source.continued_lines(lines, static_cast<std::uint64_t>(count), block.continued);
    lines += static_cast<std::uint64_t>(count);
  }
}

/// One block of the open file, the last first, or null when all were handed on.
BlockPtr BlockReader::State::fill_backwards() {
  const bool names_hosts = opened->source.names_hosts();
  const auto file = static_cast<std::uint32_t>(next_file - 1);
  while (BlockPtr block = fill()) {
    if (!backwards->put(*block)) {
      problems.push_back(
          {ProblemKind::unreadable, set.files[file].name,
           "its newest records stand first, and it is too large to be turned round; the older ones "
           "were not read. Give it with the oldest first (`journalctl` without -r, Elastic sorted "
           "by @timestamp ascending, Splunk with `| reverse`)"});
      at_end = true;
      carry.clear();
    }
    recycle(std::move(block));
  }
  BlockPtr block = fresh();
  if (!backwards->take(*block)) {
    return nullptr;
  }
  block->file = file;
  block->first_byte = 0;
  block->starts_file = std::exchange(at_start, false);
  block->names_hosts = names_hosts;
  block->node = set.files[file].node;
  return block;
}

/// One block of the open file, or null at its end.
BlockPtr BlockReader::State::fill() {
  if (at_end && carry.empty()) {
    return nullptr;
  }
  BlockPtr block = fresh();
  std::vector<char>& buffer = block->buffer;
  std::size_t have = carry.size();
  std::copy(carry.begin(), carry.end(), buffer.begin());
  if (!at_end) {
    have += read(buffer.data() + have, options.block_bytes - have);
  }
  dropped = 0;
  std::size_t end = at_end ? have : end_of_lines({buffer.data(), have});
  if (end == 0 && !at_end) {
    end = finish_line(*block, have);
  }
  if (at_end && end > 0 && buffer[end - 1] != '\n') {
    const std::size_t whole = end_of_lines({buffer.data(), end});
    if (set.files[next_file - 1].is_open && !opened->source.problem()) {
      have = end = whole;
    } else if (goes_on({buffer.data() + whole, end - whole})) {
      begun_line.assign(buffer.begin() + static_cast<std::ptrdiff_t>(whole),
                        buffer.begin() + static_cast<std::ptrdiff_t>(end));
      have = end = whole;
    }
  }
  const auto rest = buffer.begin() + static_cast<std::ptrdiff_t>(end);
  carry.assign(rest, buffer.begin() + static_cast<std::ptrdiff_t>(have));
  if (end == 0) {
    lend_line();
    return nullptr;
  }
  block->bytes = {buffer.data(), end};
  block->file = static_cast<std::uint32_t>(next_file - 1);
  block->first_byte = offset;
  block->starts_file = !backwards && std::exchange(at_start, false);
  block->names_hosts = opened->source.names_hosts();
  block->node = set.files[block->file].node;
  block->from_line = 0;
  place_lines(*block);
  block->is_again = is_again;
  if (dropped > 0) {
    ending.cut();
  } else {
    ending.add(block->bytes);
  }
  offset += end + dropped;
  note_taken(offset);
  lend_line();
  delivered += end;
  return block;
}

void BlockReader::State::open_lanes() {
  // Small blocks, of one size: what came by several ways has to meet while its event is open.
  constexpr std::size_t kLaneBlock = std::size_t{64} << 10;
  Options each = options;
  each.block_bytes = kLaneBlock;
  for (std::size_t at = 0; at < set.files.size();) {
    LogSet of_lane;
    const std::size_t first = at;
    for (; at < set.files.size() && set.files[at].lane == set.files[first].lane; ++at) {
      of_lane.files.push_back(set.files[at]);
      of_lane.files.back().lane = 0;
    }
    lanes.push_back({std::make_unique<BlockReader>(of_lane, each),
                     static_cast<std::uint32_t>(first), nullptr, Begin{}});
  }
  for (Lane& lane : lanes) {
    advance(lane);
  }
}

void BlockReader::State::advance(Lane& lane) {
  lane.block = lane.reader->next();
  if (lane.block) {
    lane.begin = begin_of(lane.block->bytes, lane.begin);
    lane.block->file += lane.first_file;
    return;
  }
  problems.insert(problems.end(), lane.reader->problems().begin(), lane.reader->problems().end());
  for (const auto& [bound, times] : lane.reader->bounds()) {
    bounds[bound] += times;
  }
}

BlockPtr BlockReader::State::next_of_lanes() {
  Lane* earliest = nullptr;
  for (Lane& lane : lanes) {
    if (lane.block && (earliest == nullptr || lane.begin < earliest->begin)) {
      earliest = &lane;
    }
  }
  if (earliest == nullptr) {
    return nullptr;
  }
  BlockPtr block = std::move(earliest->block);
  advance(*earliest);
  return block;
}

BlockReader::BlockReader(const LogSet& set, Options options)
    : state_(std::make_unique<State>(set, options)) {
  if (!set.files.empty() && set.files.front().lane != set.files.back().lane) {
    state_->open_lanes();
  }
}

BlockReader::~BlockReader() = default;

BlockPtr BlockReader::next() {
  if (!state_->lanes.empty()) {
    return state_->next_of_lanes();
  }
  while (state_->opened || state_->open_next()) {
    if (BlockPtr block = state_->backwards ? state_->fill_backwards() : state_->fill()) {
      return block;
    }
    state_->close();
  }
  return nullptr;
}

void BlockReader::recycle(BlockPtr block) {
  state_->recycle(std::move(block));
}

std::vector<std::uint64_t> BlockReader::taken() const {
  return state_->taken;
}

std::vector<Extent> BlockReader::tails() const {
  return state_->tails;
}

std::uint64_t BlockReader::bytes_consumed() const noexcept {
  return state_->sum(state_->consumed.load(std::memory_order_relaxed),
                     &BlockReader::bytes_consumed);
}

std::uint64_t BlockReader::bytes_delivered() const noexcept {
  return state_->sum(state_->delivered, &BlockReader::bytes_delivered);
}

std::uint64_t BlockReader::overlong_lines() const noexcept {
  return state_->sum(state_->overlong_lines, &BlockReader::overlong_lines);
}

std::uint64_t BlockReader::overlong_bytes() const noexcept {
  return state_->sum(state_->overlong_bytes, &BlockReader::overlong_bytes);
}

const std::vector<Problem>& BlockReader::problems() const noexcept {
  return state_->problems;
}

const std::map<std::string, std::uint64_t>& BlockReader::bounds() const noexcept {
  return state_->bounds;
}

}  // namespace auexfil::input
