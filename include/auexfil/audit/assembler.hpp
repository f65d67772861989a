#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auexfil/audit/parse_block.hpp"

namespace auexfil::input {
class StateReader;
class StateWriter;
}  // namespace auexfil::input

namespace auexfil::audit {

/// All records of one (node, time, serial). Views live until the sink returns.
struct Event {
  Stamp stamp;
  std::string_view node;                   ///< Empty where the log names none.
  std::uint32_t boot{};                    ///< Counts the boots of this node in this log, from 0.
  std::span<const Record* const> records;  ///< In the order of the log.
  const Syscall* syscall{};                ///< The SYSCALL record's fields, or null.

  /// First record of a type, or null.
  [[nodiscard]] const Record* find(std::uint16_t type) const {
    for (const Record* record : records) {
      if (record->type == type) {
        return record;
      }
    }
    return nullptr;
  }

  /// Body of its PROCTITLE record, as a record of its own or folded into SYSCALL; empty: none.
  [[nodiscard]] std::string_view title() const {
    for (const Record* record : records) {
      if (!record->title.empty()) {
        return record->title;
      }
      if (record->type == type::kProctitle && !record->body.empty()) {
        return record->body;
      }
    }
    return {};
  }

  /// Hands on its CWD and PATH records, as records of their own or folded into SYSCALL.
  template <typename Visit>
  void for_each_path(const Visit& visit) const {
    for (const Record* const record : records) {
      if (record->type == type::kCwd || record->type == type::kPath) {
        visit(*record);
      }
      for (std::string_view rest = record->paths; !rest.empty();) {
        const std::size_t end = rest.find('\n');
        Record folded;
        Malformed kind{};
        if (parse_line(rest.substr(0, end), folded, kind) == LineKind::record &&
            folded.stamp() == record->stamp() &&
            (folded.type == type::kCwd || folded.type == type::kPath)) {
          visit(folded);
        }
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      }
    }
  }
};

/// What one file of a log gave. An event is of the file of its first record.
struct FileCount {
  std::uint32_t lines{};  ///< so far, those of runs before too
  std::uint64_t records{};
  std::uint64_t events{};
  TimeMs first{};  ///< of its events; 0: none
  TimeMs last{};
};

/// Joins records to events, whatever stands between them, and hands the events on in the order of
/// their serials, one node after the other's share as it comes. An event is closed by distance in
/// the stream of records, never by time: its records may be far apart under overload, and stamps
/// lie (they tell when a call began).
///
/// What is handed on depends on the records alone, not on how they were cut into blocks.
class Assembler {
 public:
  struct Options {
    std::size_t window_events = 4096;  ///< A node's events held back for order, at least.
    std::size_t max_distance = 32768;  ///< Records after which a quiet node's events go on.
    std::size_t max_nodes = std::size_t{1} << 18;
    std::size_t max_records_per_event = 65536;
    /// Asked before one more node is taken than `few_nodes`; empty: always. False: as at max_nodes.
    std::function<bool()> has_room{};
    std::size_t few_nodes = 64;
    /// LogFile::lane of each file; empty: one.
    std::vector<std::uint32_t> lanes{};
  };
  using Sink = std::function<void(const Event&)>;
  using Recycle = std::function<void(std::unique_ptr<ParsedBlock>)>;

  /// \param recycle takes back blocks that no open event needs any more; may be empty.
  Assembler(Options options, Sink sink, Recycle recycle);
  ~Assembler();
  Assembler(const Assembler&) = delete;
  Assembler& operator=(const Assembler&) = delete;

  /// Takes the next block; blocks come in the order of the log. Line numbers are made absolute.
  void add(std::unique_ptr<ParsedBlock> block);

  /// Hands on everything that is still open.
  void finish();
  /// In place of finish(), where the log goes on another time: writes down what is open.
  void pause(input::StateWriter& state);
  /// Goes on where another one was paused; before the first block. What was open then lies in the
  /// state until it is handed on. Throws input::StateRefused; this one is of no use then.
  void resume(input::StateReader& state);
  /// What is counted from here on is of this run alone; line numbers go on.
  void forget_counts();
  /// Since then, or at all.
  [[nodiscard]] bool has_read() const {
    return lines() != lines_before_ || records_ + folded_ != records_before_;
  }

  /// What each file gave, by its index.
  [[nodiscard]] const std::vector<FileCount>& files() const noexcept { return files_; }
  [[nodiscard]] std::uint64_t events() const { return events_ - events_before_; }
  [[nodiscard]] std::uint64_t records() const { return records_ + folded_ - records_before_; }
  [[nodiscard]] const MalformedLines& malformed() const { return malformed_; }
  /// Times that a bound was hit: "nodes", "records_per_event".
  [[nodiscard]] const std::map<std::string, std::uint64_t>& bounds() const { return bounds_; }

 private:
  [[nodiscard]] std::uint64_t lines() const;
  struct Stream;
  struct Slot;

  Stream* find_stream(std::string_view node);
  void take(ParsedBlock& block, std::uint32_t block_index, Record& record);
  static bool sort_slots(Stream& stream);
  void weigh_lanes(const Stream& stream, const Slot& slot);
  [[nodiscard]] bool is_of_best_lane(const Record& record) const;
  void count_of_file(const Event& event);
  void deliver_one(Stream& stream, const Slot& slot);
  void deliver(Stream& stream, std::size_t count);
  void deliver_old(Stream& stream);
  void release(std::uint32_t block_index);
  template <typename Io>
  void walk(Io& io);
  template <typename Io>
  void walk_stream(Io& io, Stream& stream, ParsedBlock& kept);
  template <typename Io>
  static void walk_record(Io& io, Record& record);
  void hold_all(std::unique_ptr<ParsedBlock> kept);

  Options options_;
  Sink sink_;
  Recycle recycle_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::unordered_map<std::string_view, Stream*> by_node_;
  Stream* last_stream_ = nullptr;

  struct Held {
    std::unique_ptr<ParsedBlock> block;
    std::uint32_t pending{};
  };
  std::vector<Held> held_;
  std::vector<std::uint32_t> free_held_;
  std::vector<const Record*> event_records_;

  std::uint64_t events_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t folded_ = 0;
  std::uint64_t events_before_ = 0;  ///< of runs before, see forget_counts()
  std::uint64_t records_before_ = 0;
  std::uint64_t lines_before_ = 0;
  std::vector<FileCount> files_;  ///< by their index
  struct LaneCount {
    std::uint16_t type{};
    std::uint32_t lane{};
    std::uint32_t records{};
  };
  std::vector<LaneCount> lane_counts_;  ///< of the event at hand
  MalformedLines malformed_;
  std::map<std::string, std::uint64_t> bounds_;
};

}  // namespace auexfil::audit
