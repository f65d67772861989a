#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/audit/stamp.hpp"

namespace auexfil::facts {

/// Appends a JSON string literal, quotes included. The result is ASCII-safe where it matters:
/// controls, DEL and characters that deceive a reader (C1, bidirectional, zero-width, U+2028) are
/// \uXXXX; other valid UTF-8 passes through. A byte that is not part of valid UTF-8 becomes a lone
/// surrogate \udc80..\udcff (Python's surrogateescape), so that no byte of the log is lost.
void append_json_string(std::string& out, std::string_view text);

/// Writes JSON straight into a caller-owned buffer: no tree, no look-ahead, commas by itself.
/// Calls must nest as JSON does; this is not checked.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  /// A member's name; exactly one value must follow.
  void key(std::string_view name);

  void null() { raw("null"); }
  void boolean(bool value) { raw(value ? "true" : "false"); }
  void string(std::string_view text);
  void number(std::uint64_t value);
  void number(std::int64_t value);
  /// `text` as it stands, which must be a JSON value.
  void raw(std::string_view text);

  void value(bool flag) { boolean(flag); }
  void value(std::string_view text) { string(text); }
  void value(const char* text) { string(text); }
  void value(const std::string& text) { string(text); }
  template <std::integral T>
  void value(T amount) {
    if constexpr (std::unsigned_integral<T>) {
      number(std::uint64_t{amount});
    } else {
      number(std::int64_t{amount});
    }
  }
  /// Unknown is null, never 0 and never "".
  template <typename T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      null();
    }
  }
  template <typename T>
  void value(const std::vector<T>& list) {
    begin_array();
    for (const T& element : list) {
      value(element);
    }
    end_array();
  }

  template <typename T>
  void member(std::string_view name, const T& what) {
    key(name);
    value(what);
  }

  /// Ends the line of a JSON Lines record.
  void end_line() {
    out_.push_back('\n');
    comma_ = false;
  }

 private:
  void separate() {
    if (comma_) {
      out_.push_back(',');
    }
  }
  void open(char bracket) {
    separate();
    out_.push_back(bracket);
    comma_ = false;
  }
  void close(char bracket) {
    out_.push_back(bracket);
    comma_ = true;
  }

  std::string& out_;
  bool comma_ = false;  ///< A value stands before: the next one needs a comma.
};

/// Of the records of JSON lines.
inline constexpr int kSchema = 1;

/// RFC 3339; null for 0, the value of a time that was never set.
void write_time(JsonWriter& json, audit::TimeMs time);
void write_time(JsonWriter& json, std::string_view name, audit::TimeMs time);

}  // namespace auexfil::facts
