#include "auexfil/audit/parse_block.hpp"

#include <cstring>

namespace auexfil::audit {
namespace {

/// Where a second record is glued behind the first (a forwarder ate the newline), or npos.
std::size_t find_glued(std::string_view line) {
  constexpr std::string_view kMark = "msg=audit(";
  std::size_t at = line.find(kMark);
  for (;;) {
    at = at == std::string_view::npos ? at : line.find(kMark, at + 1);
    if (at == std::string_view::npos) {
      return at;
    }
    const std::size_t type_at = line.rfind("type=", at);
    if (type_at == std::string_view::npos || type_at == 0 || line.find(' ', type_at) != at - 1 ||
        at + kMark.size() >= line.size() || line[at + kMark.size()] < '0' ||
        line[at + kMark.size()] > '9') {
      continue;
    }
    // Outside quotes only: an argument may hold this text, but then the blank makes it hex.
    const char before = line[type_at - 1];
    std::size_t quotes = 0;
    for (std::size_t i = 0; i < type_at; ++i) {
      quotes += line[i] == '"' ? 1U : 0U;
    }
    if ((before == ' ' || before == '\r') && quotes % 2 == 0 &&
        line.substr(0, type_at).find("msg='") == std::string_view::npos) {
      return type_at;
    }
  }
}

void take_line(ParsedBlock& parsed, std::string_view line, bool cut) {
  Record record;
  Malformed kind{};
  const std::uint32_t file = parsed.block->file;
  switch (parse_line(line, record, kind)) {
    case LineKind::ignored:
      return;
    case LineKind::malformed:
      parsed.damage.note(kind, file, parsed.lines);
      return;
    case LineKind::record:
      break;
  }
  record.line = parsed.lines;
  record.file = file;
  record.cut = cut;
  if (record.type == type::kSyscall) {
    Syscall call;
    if (!parse_syscall(record.body, call)) {
      parsed.damage.note(Malformed::damaged_syscall, file, parsed.lines);
    }
    record.syscall = static_cast<std::uint32_t>(parsed.syscalls.size());
    parsed.syscalls.push_back(call);
  }
  parsed.records.push_back(record);
}

/// How often "t(" stands in the text: once a stamp, rarely elsewhere. Compiles to vector code.
std::size_t count_marks(std::string_view text) {
  std::size_t count = 0;
  const char* const p = text.data();
  for (std::size_t i = 1; i < text.size(); ++i) {
    count += static_cast<std::size_t>(static_cast<unsigned>(p[i] == '(') &
                                      static_cast<unsigned>(p[i - 1] == 't'));
  }
  return count;
}

void take_lines(ParsedBlock& parsed, bool split_glued) {
  const char* p = parsed.block->bytes.data();
  const char* const end = p + parsed.block->bytes.size();
  while (p < end) {
    const auto* const newline =
        static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
    const char* const stop = newline != nullptr ? newline : end;
    ++parsed.lines;
    parsed.ends_file_cut = newline == nullptr;
    std::string_view line(p, static_cast<std::size_t>(stop - p));
    while (split_glued) {
      const std::size_t glued = find_glued(line);
      if (glued == std::string_view::npos) {
        break;
      }
      take_line(parsed, line.substr(0, glued), false);
      line.remove_prefix(glued);
    }
    // A last line without its newline was cut, unless it ends like a whole record does: auditd
    // writes the newline with the record, editors and `head -c` do not.
    take_line(parsed, line, newline == nullptr);
    p = stop + 1;
  }
}

}  // namespace

void parse_block(ParsedBlock& parsed) {
  take_lines(parsed, false);
  if (count_marks(parsed.block->bytes) > parsed.records.size() &&
      parsed.block->bytes.find(" type=") != std::string_view::npos) {
    // Some line may hold more than one record. Rare enough to read such a block once more.
    parsed.records.clear();
    parsed.syscalls.clear();
    parsed.damage = Damage{};
    parsed.lines = 0;
    take_lines(parsed, true);
  }
}

}  // namespace auexfil::audit
