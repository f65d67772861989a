#include <charconv>

#include "auexfil/audit/decode.hpp"

namespace auexfil::audit {
namespace {

/// Takes the fields in the kernel's order. Any surprise ends it, and leaves the rest to the reader
/// of fields.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] std::string_view rest() const { return rest_; }

  bool key(std::string_view name) {
    if (!rest_.starts_with(name)) {
      return false;
    }
    rest_.remove_prefix(name.size());
    return true;
  }
  bool number(std::uint32_t& out) {
    const char* const begin = rest_.data();
    const auto [end, error] = std::from_chars(begin, begin + rest_.size(), out);
    return error == std::errc{} && pass(static_cast<std::size_t>(end - begin));
  }
  bool skip_number() {
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] >= '0' && rest_[end] <= '9') {
      ++end;
    }
    return end > 0 && pass(end);
  }
  /// A value of bare characters that cannot be the beginning of anything else.
  bool word(std::string_view& out) {
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] > ' ' && rest_[end] != '#' && rest_[end] != '"') {
      ++end;
    }
    out = rest_.substr(0, end);
    return end > 0 && pass(end);
  }
  bool string(Field& out) {
    if (!rest_.starts_with('"')) {
      out.form = Form::bare;
      return word(out.value);
    }
    std::size_t close = 1;
    while (close < rest_.size() && rest_[close] != '"' && rest_[close] != '\x1d') {
      ++close;
    }
    if (close >= rest_.size() || rest_[close] != '"') {
      return false;
    }
    out.form = Form::quoted;
    out.value = rest_.substr(1, close - 1);
    return pass(close + 1);
  }

 private:
  /// Goes on behind the blank that ends a value.
  bool pass(std::size_t value) {
    if (value >= rest_.size() || rest_[value] != ' ') {
      return false;
    }
    rest_.remove_prefix(value + 1);
    return true;
  }

  std::string_view rest_;
};

/// \return where it ended; `out` is as before unless all of it was there.
std::string_view take_in_order(std::string_view tail, Task& out) {
  Cursor cursor(tail);
  Task task;
  const bool whole = cursor.key("auid=") && cursor.number(task.auid) && cursor.key("uid=") &&
                     cursor.number(task.uid) && cursor.key("gid=") && cursor.skip_number() &&
                     cursor.key("euid=") && cursor.skip_number() && cursor.key("suid=") &&
                     cursor.skip_number() && cursor.key("fsuid=") && cursor.skip_number() &&
                     cursor.key("egid=") && cursor.skip_number() && cursor.key("sgid=") &&
                     cursor.skip_number() && cursor.key("fsgid=") && cursor.skip_number() &&
                     cursor.key("tty=") && cursor.word(task.tty) && cursor.key("ses=") &&
                     cursor.number(task.ses) && cursor.key("comm=") && cursor.string(task.comm) &&
                     cursor.key("exe=") && cursor.string(task.exe);
  if (!whole) {
    return tail;
  }
  if (task.tty == "(none)" || task.tty == "(null)") {
    task.tty = {};
  }
  out = task;
  return cursor.rest();
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
    if (key == "key") {
      out.has_key = !is_absent(field);
    } else if (key == "auid") {
      static_cast<void>(parse_number(field.value, out.auid));
    } else if (key == "uid") {
      static_cast<void>(parse_number(field.value, out.uid));
    } else if (key == "ses") {
      static_cast<void>(parse_number(field.value, out.ses));
    } else if (key == "tty") {
      out.tty =
          field.value == "(none)" || field.value == "(null)" ? std::string_view{} : field.value;
    } else if (key == "comm" && !has_comm) {
      has_comm = true;
      out.comm = field;
    } else if (key == "exe" && !has_exe) {
      has_exe = true;
      out.exe = field;
    }
  }
  out.enriched = reader.enriched();
}

}  // namespace auexfil::audit
