#include "auexfil/audit/decode.hpp"
#include "auexfil/input/find_byte.hpp"
#include "cursor.hpp"

namespace auexfil::audit {
namespace {

/// Takes the fields in the kernel's order. Any surprise leaves all of them to the reader of fields.
/// \return where it ended; `out` is as before unless all of it was there.
std::string_view take_in_order(std::string_view tail, Task& out) {
  Cursor c{tail.data(), tail.data() + tail.size()};
  Task task;
  std::uint64_t other = 0;
  const bool whole = c.key("auid=") && c.decimal32(task.auid) && c.key("uid=") &&
                     c.decimal32(task.uid) && c.key("gid=") && c.decimal(other) && c.key("euid=") &&
                     c.decimal(other) && c.key("suid=") && c.decimal(other) && c.key("fsuid=") &&
                     c.decimal(other) && c.key("egid=") && c.decimal(other) && c.key("sgid=") &&
                     c.decimal(other) && c.key("fsgid=") && c.decimal(other) && c.key("tty=") &&
                     c.word(task.tty) && c.key("ses=") && c.decimal32(task.ses) && c.key("comm=") &&
                     c.string(task.comm) && c.key("exe=") && c.string(task.exe);
  if (!whole) {
    return tail;
  }
  if (task.tty == "(none)" || task.tty == "(null)") {
    task.tty = {};
  }
  out = task;
  return {c.p, static_cast<std::size_t>(c.end - c.p)};
}

}  // namespace

void decode_task(std::string_view tail, Task& out) {
  out = Task{};
  while (tail.starts_with(' ')) {
    tail.remove_prefix(1);
  }
  FieldReader reader(take_in_order(tail, out));
  bool has_comm = !out.comm.value.empty();
  bool has_exe = !out.exe.value.empty();
  Field field;
  while (reader.next(field)) {
    const std::string_view key = field.key;
    if (input::is_word(key, "key")) {
      out.has_key = !is_absent(field);
    } else if (input::is_word(key, "auid")) {
      static_cast<void>(parse_number(field.value, out.auid));
    } else if (input::is_word(key, "uid")) {
      static_cast<void>(parse_number(field.value, out.uid));
    } else if (input::is_word(key, "ses")) {
      static_cast<void>(parse_number(field.value, out.ses));
    } else if (input::is_word(key, "tty")) {
      out.tty =
          field.value == "(none)" || field.value == "(null)" ? std::string_view{} : field.value;
    } else if (input::is_word(key, "comm") && !has_comm) {
      has_comm = true;
      out.comm = field;
    } else if (input::is_word(key, "exe") && !has_exe) {
      has_exe = true;
      out.exe = field;
    }
  }
  out.enriched = reader.enriched();
}

}  // namespace auexfil::audit
