#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace auexfil::input {

/// Who takes what a journal export holds.
class JournalFields {
 public:
  /// Where the value of a field belongs; null: it is not asked for.
  [[nodiscard]] virtual std::string* field(std::string_view name, std::uint64_t line) = 0;
  /// An entry is whole. \param line  that ends it, from 0.
  virtual void end_entry(std::uint64_t line) = 0;
  /// The file ends amid an entry's field.
  virtual void cut(std::uint64_t line) = 0;
  /// A field was too long and is left out. \param is_text  all fields before it are to be
  /// forgotten.
  virtual void too_long(bool is_text) = 0;

 protected:
  ~JournalFields() = default;
};

/// `journalctl -o export`: fields as NAME=VALUE lines, or, where a value holds anything odd, NAME,
/// a newline, its length in 64 bits little-endian, the bytes and a newline; an empty line ends an
/// entry (systemd's Journal Export Format). A length is believed, so that no value is taken for a
/// field.
class JournalExportParser {
 public:
  /// Takes the next bytes, cut anywhere. \param last  the file ends with them.
  void take(std::string_view bytes, bool last, JournalFields& to);

 private:
  [[nodiscard]] bool step(std::string_view& rest, JournalFields& to);
  [[nodiscard]] bool take_value(std::string_view& rest, JournalFields& to);
  void skip(std::string_view& rest);
  void count_lines(std::string_view text);
  void begin_field(std::string_view name, JournalFields& to);
  void end_entry(JournalFields& to);

  std::string buffer_;
  bool is_empty_ = true;          ///< no field of the entry was seen
  std::string* field_ = nullptr;  ///< where the value at hand goes
  bool is_in_value_ = false;      ///< a length comes next
  std::uint64_t to_skip_ = 0;
  std::uint64_t line_ = 0;
};

}  // namespace auexfil::input
