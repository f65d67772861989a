#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "auexfil/audit/malformed_lines.hpp"
#include "auexfil/audit/record.hpp"
#include "auexfil/input/logs.hpp"

namespace auexfil::audit {

/// The records of one block, in the order of its lines. Views are into the block's bytes.
struct ParsedBlock {
  input::BlockPtr block;          ///< Kept alive for the views.
  std::vector<Record> records;    ///< `line` counts from 1 in the block, `file` is the block's.
  std::vector<Syscall> syscalls;  ///< By Record::syscall.
  std::vector<std::uint32_t> newlines;  ///< Scratch: their places in the block.
  MalformedLines malformed;
  std::uint32_t lines{};
  std::uint32_t folded{};  ///< Records left out of `records`, see Detail::followed.
  bool ends_file_cut{};    ///< The last line has no newline.

  void clear() {
    block.reset();
    records.clear();
    syscalls.clear();
    malformed = MalformedLines{};
    lines = 0;
    folded = 0;
    ends_file_cut = false;
  }
};

/// How much of a block is handed on.
enum class Detail : std::uint8_t {
  all,      ///< every record
  followed  ///< what the tracker looks at: a PROCTITLE right behind its SYSCALL is folded into it
            ///< (Record::title), CWD and PATH of calls other than exec are left out
};

/// Finds the lines and records of `parsed.block`. A pure function of the block: blocks may be
/// parsed in any order and on any thread. Nothing is allocated once the vectors have grown.
void parse_block(ParsedBlock& parsed, Detail detail = Detail::all);

enum class LineKind : std::uint8_t {
  record,
  ignored,   ///< empty, comment, "----", "time->…"
  malformed  ///< `kind` says how
};

/// Reads one line (without its newline) into `record` (time, serial, type, node, type_text, body).
/// Accepts every header form of doc/records.md 2 that carries a stamp.
[[nodiscard]] LineKind parse_line(std::string_view line, Record& record, Malformed& kind);

/// The host that the header before a record names. \param record  of that line.
[[nodiscard]] std::string_view host_before(std::string_view line, const Record& record);

/// The stamp of the line before, as text and as numbers: the records of an event stand in a row.
struct StampMemo {
  std::string_view text;  ///< "SEC.MMM:SERIAL)" in the block
  TimeMs time{};
  std::uint32_t serial{};
};

/// The same with a memo, which is used and kept.
[[nodiscard]] LineKind parse_line(std::string_view line, Record& record, Malformed& kind,
                                  StampMemo& memo);

/// Reads the wanted fields of a SYSCALL body. \return false if arch or syscall is missing.
[[nodiscard]] bool parse_syscall(std::string_view body, Syscall& call);

/// The general way of parse_syscall(), which knows no field order. For tests that hold the two
/// against each other.
[[nodiscard]] bool parse_syscall_slowly(std::string_view body, Syscall& call);

}  // namespace auexfil::audit
