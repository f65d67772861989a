#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "auexfil/audit/assembler.hpp"
#include "auexfil/audit/parse_block.hpp"
#include "fuzz.hpp"

// A log as blocks: parse_block() with both details and any cut into blocks, and the assembler.

using namespace auexfil::audit;  // NOLINT(google-build-using-namespace): a test
using auexfil::fuzz::expect;
using auexfil::fuzz::lies_in;

namespace {

struct SeenRecord {
  std::uint16_t type{};
  std::uint32_t line{};
  std::string body;
  friend bool operator==(const SeenRecord&, const SeenRecord&) = default;
};

struct SeenEvent {
  std::string node;
  Stamp stamp;
  std::uint32_t boot{};
  std::string title;
  std::optional<Syscall> call;
  std::vector<SeenRecord> records;  // of types that Detail::followed never leaves out
  std::size_t size{};
};

struct Reading {
  std::vector<SeenEvent> events;
  MalformedLines malformed;
  std::uint64_t records_in{};   // that parse_block found, folded ones left out
  std::uint64_t records_out{};  // in events
  std::uint64_t folded{};
  std::uint64_t lines{};
  std::uint64_t bounds{};
};

bool same_call(const std::optional<Syscall>& a, const std::optional<Syscall>& b) {
  if (!a || !b) {
    return !a && !b;
  }
  return a->arch == b->arch && a->number == b->number && a->exit == b->exit && a->pid == b->pid &&
         a->ppid == b->ppid && a->has_exit == b->has_exit && a->success == b->success;
}

SeenEvent note(const Event& event) {
  SeenEvent seen;
  seen.node = event.node;
  seen.stamp = event.stamp;
  seen.boot = event.boot;
  seen.title = event.title();
  if (event.syscall != nullptr) {
    seen.call = *event.syscall;
  }
  for (const Record* record : event.records) {
    expect(record->stamp() == event.stamp && record->node == event.node,
           "an event's records have its name");
    if (record->type != type::kProctitle && record->type != type::kPath &&
        record->type != type::kCwd) {
      seen.records.push_back({record->type, record->line, std::string(record->body)});
    }
  }
  seen.size = event.records.size();
  expect(seen.size > 0, "no event without a record");
  return seen;
}

std::unique_ptr<ParsedBlock> block_of(std::string_view bytes, bool first) {
  auto parsed = std::make_unique<ParsedBlock>();
  parsed->block = std::make_unique<auexfil::input::Block>();
  parsed->block->buffer.assign(bytes.begin(), bytes.end());
  parsed->block->bytes = {parsed->block->buffer.data(), parsed->block->buffer.size()};
  parsed->block->starts_file = first;
  return parsed;
}

/// \param lines_a_block where the text is cut.
Reading read(std::string_view text, Detail detail, std::size_t lines_a_block,
             const Assembler::Options& options) {
  Reading reading;
  Assembler assembler(options, [&](const Event& event) { reading.events.push_back(note(event)); },
                      {});
  bool first = true;
  while (!text.empty()) {
    std::size_t end = 0;
    for (std::size_t i = 0; i < lines_a_block && end < text.size(); ++i) {
      const std::size_t newline = text.find('\n', end);
      end = newline == std::string_view::npos ? text.size() : newline + 1;
    }
    auto parsed = block_of(text.substr(0, end), first);
    parse_block(*parsed, detail);
    for (const Record& record : parsed->records) {
      expect(
          lies_in(record.body, parsed->block->bytes) && lies_in(record.title, parsed->block->bytes),
          "views lie in the block");
      expect(record.line >= 1 && record.line <= parsed->lines, "lines count from 1");
      expect(record.type != type::kSyscall || record.syscall < parsed->syscalls.size(),
             "a SYSCALL has its fields");
    }
    reading.records_in += parsed->records.size();
    reading.folded += parsed->folded;
    reading.lines += parsed->lines;
    assembler.add(std::move(parsed));
    text.remove_prefix(end);
    first = false;
  }
  assembler.finish();
  expect(assembler.events() == reading.events.size(), "events are counted");
  expect(assembler.records() == reading.records_in + reading.folded, "records are counted");
  reading.malformed = assembler.malformed();
  for (const auto& [name, times] : assembler.bounds()) {
    reading.bounds += times;
  }
  for (const SeenEvent& event : reading.events) {
    reading.records_out += event.size;
  }
  expect(reading.records_out + reading.malformed.of(Malformed::late_record).lines +
                 reading.malformed.of(Malformed::duplicate).lines + reading.bounds ==
             reading.records_in,
         "every record is in an event or accounted for");
  return reading;
}

void expect_same(const Reading& a, const Reading& b) {
  expect(a.events.size() == b.events.size(), "the same number of events");
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    const SeenEvent& x = a.events[i];
    const SeenEvent& y = b.events[i];
    expect(x.node == y.node && x.stamp == y.stamp && x.boot == y.boot, "the same events");
    expect(x.title == y.title, "the same titles");
    expect(same_call(x.call, y.call), "the same calls");
    expect(x.records == y.records, "the same records");
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(Malformed::count_); ++i) {
    const auto kind = static_cast<Malformed>(i);
    expect(a.malformed.of(kind).lines == b.malformed.of(kind).lines &&
               a.malformed.of(kind).first_line == b.malformed.of(kind).first_line,
           to_word(kind));  // the same damage
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = auexfil::fuzz::text_of(data, size);
  std::size_t marks = 1;
  for (std::size_t at = text.find("t("); at != std::string_view::npos;
       at = text.find("t(", at + 1)) {
    ++marks;
  }
  // As wide as the input has stamps, so that no event is closed before the end.
  Assembler::Options wide;
  wide.window_events = marks;
  wide.max_nodes = 32;
  const Reading all = read(text, Detail::all, SIZE_MAX, wide);
  std::set<std::tuple<std::string_view, TimeMs, std::uint32_t>> names;
  for (const SeenEvent& event : all.events) {
    expect(names.emplace(event.node, event.stamp.time, event.stamp.serial).second,
           "no event comes twice");
  }
  // A line may hold several records that were glued together, each at least this long.
  expect(all.records_in <= all.lines + size / (sizeof " type= msg=audit(1.1:1)" - 1),
         "no more records than lines");
  expect_same(all, read(text, Detail::followed, SIZE_MAX, wide));
  if (size % 2 == 0) {
    const std::size_t cut = 1 + size / 2 % 5;
    expect_same(all, read(text, Detail::all, cut, wide));
    expect_same(all, read(text, Detail::followed, cut, wide));
  } else {
    // Every bound is hit; read() holds the accounts.
    static_cast<void>(read(text, size / 2 % 2 == 0 ? Detail::all : Detail::followed,
                           1 + size / 4 % 3, {4, 16, 3, 3}));
  }
  return 0;
}
