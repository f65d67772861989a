#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace auexfil::audit {

/// How a value was written; decides how it is decoded (doc/records.md 4: by first byte, never by
/// content).
enum class Form : std::uint8_t {
  bare,    ///< up to the next space
  quoted,  ///< between two ", nothing escaped inside
  message  ///< msg='…': up to the last ' of the raw part
};

struct Field {
  std::string_view key;
  std::string_view value;  ///< Without its quotes.
  Form form = Form::bare;
  bool closed = true;  ///< False when the line ends before the closing quote.
};

/// Walks the key=value tokens of a record's body, in order. Words without '=' are passed over.
/// Ends at byte 0x1D, or at an upper-case key where a forwarder has replaced that byte, or at
/// "#035" and such a key, which is how rsyslog writes it.
/// Source: doc/records.md 3; kernel/auditsc.c audit_log_exit(), auditd-event.c format_enrich().
class FieldReader {
 public:
  explicit FieldReader(std::string_view body) : rest_(body) {}

  /// For LOGIN records of kernels before 3.14 ("old auid=… new auid=…"): the first of each pair is
  /// then handed out as "old-auid" and "old-ses", as later kernels write it.
  FieldReader(std::string_view body, bool old_login) : rest_(body), old_login_(old_login) {}

  /// For the text inside msg='…': an upper-case key is one of the message's own there.
  [[nodiscard]] static FieldReader of_message(std::string_view text) {
    FieldReader reader(text);
    reader.inside_message_ = true;
    return reader;
  }

  [[nodiscard]] bool next(Field& field);

  /// What stands behind the raw part: the enriched fields, or empty.
  [[nodiscard]] std::string_view enriched() const { return enriched_; }

 private:
  const char* end_of_label(const char* at, const char* end) const;
  const char* take_value(const char* at, const char* end, Field& field) const;

  std::string_view rest_;
  std::string_view enriched_;
  bool old_login_ = false;
  bool saw_old_ = false;
  bool inside_message_ = false;
};

/// Walks the enriched part (upper-case keys, SADDR={ … } in one piece).
class EnrichedReader {
 public:
  explicit EnrichedReader(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool next(Field& field);

 private:
  std::string_view rest_;
};

/// The first field of that key outside msg='…'. \return false when there is none.
[[nodiscard]] bool find_field(std::string_view body, std::string_view key, Field& field);

/// Is `(null)` or `(none)` written bare: no value at all?
[[nodiscard]] bool is_absent(const Field& field);

enum class Decoded : std::uint8_t {
  text,    ///< as it stood, or from hex
  absent,  ///< (null)
  damaged  ///< neither quoted nor whole hex: `out` holds the raw text
};

/// Decodes an "untrusted string" of the kernel into bytes (NULs included).
/// Source: kernel/audit.c audit_log_n_untrustedstring().
[[nodiscard]] Decoded decode_string(const Field& field, std::string& out);

/// Is a field of this name such a string? (libaudit's ESCAPED types; EXECVE's aN included.)
[[nodiscard]] bool is_encoded_key(std::string_view key);

/// The one ambiguous field: a bare acct= is plain text or hex (doc/records.md 4).
void decode_acct(const Field& field, std::string& out);

/// Decimal, as the kernel prints %u and %d. \return false unless the whole text is a number; `out`
/// is left alone then.
[[nodiscard]] bool parse_number(std::string_view text, std::uint32_t& out);
[[nodiscard]] bool parse_number(std::string_view text, std::int64_t& out);
/// Hex without 0x.
[[nodiscard]] bool parse_hex(std::string_view text, std::uint64_t& out);

/// Hex digit pairs to bytes. \return false for an odd count or another character.
[[nodiscard]] bool unhex(std::string_view hex, std::string& out);

}  // namespace auexfil::audit
