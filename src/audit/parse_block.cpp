#include "auexfil/audit/parse_block.hpp"

#include <algorithm>
#include <cstring>

#include "scan_lines.hpp"

namespace auexfil::audit {
namespace {

/// The place of the "node=NAME " that stands right before `type_at`, else `type_at`.
std::size_t start_of_node(std::string_view line, std::size_t type_at) {
  const std::string_view before = line.substr(0, type_at);
  const std::size_t node = before.rfind("node=");
  if (node == std::string_view::npos || node == 0 ||
      (line[node - 1] != ' ' && line[node - 1] != '\r')) {
    return type_at;
  }
  // A name may hold blanks, but no other field stands between it and the type.
  constexpr std::size_t kKey = 5;
  constexpr std::size_t kLongest = 256;
  const std::string_view name = before.substr(node + kKey);
  const bool is_name = name.size() <= kLongest && name.find_first_of("=\"'") == name.npos;
  return is_name ? node : type_at;
}

/// Where a second record is glued behind the first (a forwarder ate the newline), or npos.
/// Linear in the line, which may be a hostile MiB of nothing but marks.
std::size_t find_glued(std::string_view line) {
  constexpr std::string_view kMark = "msg=audit(";
  constexpr std::size_t kMaxType = 64;  // "type=NAME ": no name is near as long
  std::size_t at = line.find(kMark);
  std::size_t quotes = 0;
  std::size_t counted = 0;  // bytes that `quotes` is of
  for (;;) {
    at = at == std::string_view::npos ? at : line.find(kMark, at + 1);
    if (at == std::string_view::npos) {
      return at;
    }
    const std::size_t from = at - std::min(at, kMaxType);
    const std::string_view before_mark = line.substr(from, at - from);
    const std::size_t type = before_mark.rfind("type=");
    if (type == std::string_view::npos || from + type == 0 ||
        before_mark.find(' ', type) != before_mark.size() - 1 || at + kMark.size() >= line.size() ||
        line[at + kMark.size()] < '0' || line[at + kMark.size()] > '9') {
      continue;
    }
    const std::size_t type_at = from + type;
    // Outside quotes only: an argument may hold this text, but then the blank makes it hex.
    const char before = line[type_at - 1];
    for (; counted < type_at; ++counted) {
      quotes += line[counted] == '"' ? 1U : 0U;
    }
    if ((before == ' ' || before == '\r') && quotes % 2 == 0) {
      const bool in_message = line.substr(0, type_at).find("msg='") != std::string_view::npos;
      return in_message ? std::string_view::npos : start_of_node(line, type_at);
    }
  }
}

class BlockParser {
 public:
  BlockParser(ParsedBlock& parsed, Detail detail) : parsed_(parsed), detail_(detail) {}

  /// \param newlines of the block, which lie in parsed.newlines.
  void take_lines(std::size_t newlines, bool split_glued) {
    const std::string_view bytes = parsed_.block->bytes;
    for (std::size_t begin = 0, number = 0; begin < bytes.size(); ++number) {
      const bool is_whole = number < newlines;
      const std::size_t end = is_whole ? parsed_.newlines[number] : bytes.size();
      ++parsed_.lines;
      parsed_.ends_file_cut = !is_whole;
      std::string_view line = bytes.substr(begin, end - begin);
      begin = end + 1;
      node_ = {};
      while (split_glued) {
        const std::size_t glued = find_glued(line);
        if (glued == std::string_view::npos) {
          break;
        }
        take_line(line.substr(0, glued), false);
        line.remove_prefix(glued);
      }
      // auditd writes the newline with the record: a last line without one was cut.
      if (!is_whole || !fold(line)) {
        take_line(line, !is_whole);
      }
    }
  }

 private:
  /// Takes what belongs to the call at hand and needs no reading: its PROCTITLE, which is nearly
  /// every second line, and the paths of an exec behind its first. Told by comparing their
  /// beginning with what it would be.
  bool fold(std::string_view line) {
    if (detail_ != Detail::followed || syscall_at_ >= parsed_.records.size()) {
      return false;
    }
    Record& call = parsed_.records[syscall_at_];
    const std::string_view stamp = memo_.text;
    if (memo_.serial != call.serial || memo_.time != call.time || stamp.empty()) {
      return false;
    }
    const std::string_view node = call.node;
    std::size_t at = 0;
    if (!node.empty()) {
      constexpr std::size_t kKey = 5;
      if (line.compare(0, kKey, "node=") != 0 || line.size() < kKey + node.size() + 1 ||
          line.compare(kKey, node.size(), node) != 0 || line[kKey + node.size()] != ' ') {
        return false;
      }
      at = kKey + node.size() + 1;
    }
    constexpr std::string_view kTitle = "type=PROCTITLE msg=audit(";
    constexpr std::string_view kPath = "type=PATH msg=audit(";
    const bool is_title = line.compare(at, kTitle.size(), kTitle) == 0;
    if (is_title ? !call.title.empty()
                 : !has_path(call) || line.compare(at, kPath.size(), kPath) != 0) {
      return false;
    }
    at += is_title ? kTitle.size() : kPath.size();
    if (line.compare(at, stamp.size(), stamp) != 0 ||
        line.compare(at + stamp.size(), 2, ": ") != 0) {
      return false;
    }
    if (is_title) {
      const std::size_t body = line.find_first_not_of(' ', at + stamp.size() + 2);
      if (body == std::string_view::npos) {
        return false;
      }
      call.title = line.substr(body);
    }
    ++parsed_.folded;
    return true;
  }

  /// Is the record before a path of the exec at hand? Of those nobody asks for but the first.
  [[nodiscard]] bool has_path(const Record& call) const {
    const Record& last = parsed_.records.back();
    return is_exec_ && held_ == 0 && last.type == type::kPath && last.serial == call.serial &&
           last.time == call.time;
  }

  void take_line(std::string_view line, bool cut) {
    Record record;
    Malformed kind{};
    const std::uint32_t file = parsed_.block->file;
    switch (parse_line(line, record, kind, memo_)) {
      case LineKind::ignored:
        return;
      case LineKind::malformed:
        parsed_.malformed.note(cut && kind == Malformed::no_stamp ? Malformed::cut : kind, file,
                               parsed_.lines);
        return;
      case LineKind::record:
        break;
    }
    if (!parsed_.block->node.empty()) {
      record.node = parsed_.block->node;
    } else if (parsed_.block->names_hosts && record.node.empty()) {
      record.node = host_before(line, record);
    }
    // What is glued behind a record is of its host.
    record.node = record.node.empty() ? node_ : record.node;
    node_ = record.node;
    if (line.front() == '\0') {
      parsed_.malformed.note(Malformed::nul_bytes, file, parsed_.lines);
    }
    const bool same_event = record.serial == serial_ && record.time == time_ &&
                            syscall_at_ < parsed_.records.size() &&
                            record.node == parsed_.records[syscall_at_].node;
    if (same_event && detail_ == Detail::followed && !cut) {
      if (record.type == type::kProctitle && parsed_.records[syscall_at_].title.empty() &&
          !record.body.empty()) {
        parsed_.records[syscall_at_].title = record.body;
        ++parsed_.folded;
        return;
      }
    }
    hold_or_drop(record.type, same_event && detail_ == Detail::followed && !cut);
    record.line = parsed_.lines;
    record.file = file;
    record.cut = cut;
    if (cut) {
      parsed_.malformed.note(Malformed::cut, file, parsed_.lines);
    }
    if (record.type == type::kSyscall) {
      Syscall call;
      // Of a cut line the last value may be half a number.
      const std::string_view whole =
          cut ? record.body.substr(0, record.body.rfind(' ')) : record.body;
      if (!parse_syscall(whole, call) || call.pid == 0) {
        parsed_.malformed.note(Malformed::damaged_syscall, file, parsed_.lines);
      }
      record.syscall = static_cast<std::uint32_t>(parsed_.syscalls.size());
      parsed_.syscalls.push_back(call);
      serial_ = record.serial;
      time_ = record.time;
      syscall_at_ = parsed_.records.size();
      is_exec_ = false;
    } else if (record.type == type::kExecve && same_event) {
      is_exec_ = true;
    }
    parsed_.records.push_back(record);
  }

  /// They stand behind each other, with nothing between them but lines that are no records and a
  /// title that was folded.
  [[nodiscard]] std::string_view lines_of_held() const {
    constexpr std::string_view kKey = "type=";
    const Record& first = *(parsed_.records.end() - held_);
    const Record& last = parsed_.records.back();
    const char* const block = parsed_.block->bytes.data();
    const auto type = static_cast<std::size_t>(first.type_text.data() - block);
    const std::size_t begin = type - std::min(type, kKey.size());
    return {block + begin,
            static_cast<std::size_t>(last.body.data() + last.body.size() - block) - begin};
  }

  /// CWD and PATH tell something of an exec, where they are records, and of calls that open and
  /// remove files, where somebody asks for them (Event::for_each_path()). The EXECVE of an exec
  /// stands before them (kernel/auditsc.c audit_log_exit()), but not behind every shipper: so they
  /// are held until the event goes on without one.
  void hold_or_drop(std::uint16_t type, bool same_event) {
    if (same_event && !is_exec_ && (type == type::kPath || type == type::kCwd)) {
      ++held_;
      return;
    }
    if (held_ > 0 && !(same_event && type == type::kExecve)) {
      parsed_.records[syscall_at_].paths = lines_of_held();
      parsed_.records.erase(parsed_.records.end() - held_, parsed_.records.end());
      parsed_.folded += static_cast<std::uint32_t>(held_);
    }
    held_ = 0;
  }

  ParsedBlock& parsed_;
  Detail detail_;
  StampMemo memo_;
  std::string_view node_;  // of the records before in the line at hand
  // The SYSCALL record that came last.
  std::uint32_t serial_ = 0;
  TimeMs time_ = -1;
  std::size_t syscall_at_ = SIZE_MAX;
  bool is_exec_ = false;
  std::ptrdiff_t held_ = 0;  // records at the end that are CWD and PATH of the same event
};

/// Of lines that share a line of the file the place is that line.
void place_lines(ParsedBlock& parsed) {
  const std::vector<std::uint32_t>& continued = parsed.block->continued;
  const auto place = [&](std::uint32_t line) {
    const auto before = std::lower_bound(continued.begin(), continued.end(), line);
    return line - static_cast<std::uint32_t>(before - continued.begin());
  };
  for (Record& record : parsed.records) {
    record.line = place(record.line);
  }
  parsed.malformed.move_lines(place);
  parsed.lines -= static_cast<std::uint32_t>(continued.size());
}

}  // namespace

void parse_block(ParsedBlock& parsed, Detail detail) {
  constexpr std::size_t kRoom = 2048;  // for records, more than what most blocks hold
  const Scanned scanned = scan_lines(parsed.block->bytes, parsed.newlines);
  parsed.records.reserve(std::min(scanned.lines, kRoom));
  BlockParser(parsed, detail).take_lines(scanned.lines, false);
  if (scanned.marks > parsed.records.size() + parsed.folded) {
    // Some line may hold more than one record. Rare enough to read such a block once more.
    input::BlockPtr block = std::move(parsed.block);
    parsed.clear();
    parsed.block = std::move(block);
    BlockParser(parsed, detail).take_lines(scanned.lines, true);
  }
  if (!parsed.block->continued.empty()) {
    place_lines(parsed);
  }
}

}  // namespace auexfil::audit
